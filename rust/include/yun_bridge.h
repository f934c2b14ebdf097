// C interface of the Rust library in rust/: no panic and no unwinding passes it.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum yun_status {
  YUN_OK = 0,
  YUN_SYNTAX = 1,  // the template cannot be read
  YUN_FAILED = 2,  // it failed while it ran
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

#ifdef __cplusplus
}
#endif
