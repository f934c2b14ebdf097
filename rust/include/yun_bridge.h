// C interface of the Rust library in rust/: no panic and no unwinding passes it.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum yun_status {
  YUN_OK = 0,
  YUN_SYNTAX = 1,  // the template or grammar cannot be read
  YUN_FAILED = 2,  // it failed while it ran; a token that a grammar does not permit
  YUN_RAISED = 3,  // its own raise_exception; the text is what it said
  YUN_LIMIT = 4,   // fuel, time, memory, recursion, nesting or size
} yun_status;

/// Text made by the bridge, UTF-8, not terminated. Released with yun_text_free.
typedef struct yun_text {
  char* data;
  size_t size;
  size_t line;  // of an error in the template, from 1; 0: not known
} yun_text;

typedef struct yun_template yun_template;

/// Compiles a template; *out is set on YUN_OK alone, and released with yun_template_free.
/// thread: any
yun_status yun_template_create(const char* source, size_t size, yun_template** out, yun_text* error);

/// Renders with `context`, a JSON object of the template's variables; `out` is the text or the error.
/// thread: any, several at once with one template
yun_status yun_template_render(const yun_template* self, const char* context, size_t size, yun_text* out);

void yun_template_free(yun_template* self);
void yun_text_free(yun_text* text);

/// What grammars need of a tokenizer; shared by all grammars of a model.
typedef struct yun_vocabulary yun_vocabulary;
/// The state of one constrained answer.
typedef struct yun_grammar yun_grammar;

/// Tokens of a text (UTF-8), special tokens not looked for: writes up to `capacity` ids, returns how many there are.
/// thread: any, several at once
typedef size_t (*yun_encode)(const void* user, const char* text, size_t size, uint32_t* ids, size_t capacity);

typedef struct yun_vocabulary_source {
  const char* bytes;   // of all tokens, one after the other
  const size_t* ends;  // [tokens], where each ends; an empty one is never permitted
  size_t tokens;
  const uint32_t* end_ids;  // [end_count >= 1], below `tokens`: they end an answer, and are text for no grammar
  size_t end_count;
  yun_encode encode;
  const void* user;  // outlives the vocabulary and its grammars
} yun_vocabulary_source;

typedef enum yun_grammar_kind {
  YUN_JSON_SCHEMA = 0,
  YUN_JSON_OBJECT = 1,  // any object; the text is not read
  YUN_REGEX = 2,        // of the whole answer
  YUN_LARK = 3,
  YUN_CHOICE = 4,  // a JSON array of strings, one of which is the answer
} yun_grammar_kind;

/// Copies what `source` points to. thread: any
yun_status yun_vocabulary_create(const yun_vocabulary_source* source, yun_vocabulary** out, yun_text* error);
void yun_vocabulary_free(yun_vocabulary* self);

/// Makes a grammar, in bounded time and memory, in its first state. thread: any, several at once with one vocabulary
yun_status yun_grammar_create(const yun_vocabulary* vocabulary, yun_grammar_kind kind, const char* text, size_t size,
                              yun_grammar** out, yun_text* error);

// One grammar: one thread at a time.

/// Sets the bits of the tokens that may follow. shapes: mask [words], words = (tokens + 31) / 32
yun_status yun_grammar_mask(yun_grammar* self, uint32_t* mask, size_t words, yun_text* error);
/// YUN_FAILED: the token is not permitted, the state stays.
yun_status yun_grammar_accept(yun_grammar* self, uint32_t token, yun_text* error);
/// How many of the tokens are permitted, in order.
size_t yun_grammar_valid(yun_grammar* self, const uint32_t* tokens, size_t count);
/// Tokens that must follow: writes up to `capacity`, returns how many were written.
size_t yun_grammar_forced(yun_grammar* self, uint32_t* tokens, size_t capacity);
/// 1: nothing but an end token may follow.
int yun_grammar_finished(const yun_grammar* self);
/// Null on failure.
yun_grammar* yun_grammar_clone(const yun_grammar* self);
void yun_grammar_free(yun_grammar* self);

#ifdef __cplusplus
}
#endif
