//! Constrained decoding: llguidance, with a tokenizer of the caller's and with limits.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

use llguidance::api::{GrammarWithLexer, ParserLimits, TopLevelGrammar};
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{InferenceCapabilities, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::{json, Value};

use crate::abi::{bytes, guarded, hand_out, Failure, Status, Text};
use crate::limits;

const TEXT_BYTES_MAX: usize = 256 << 10; // of a schema, a regular expression, a grammar, a list of choices
const COMPILE_BYTES_MAX: usize = 256 << 20; // held while it is made
const COMPILE_SECONDS_MAX: f64 = 0.5; // CPU time
const WHITESPACE_MAX: usize = 64; // bytes between two parts of JSON: a line end and the indentation of a deep line
const TOKEN_BYTES_MAX: usize = 512; // longer tokens are never permitted: the trie's depth is limited
const ROW_ITEMS_MAX: usize = 10_000; // of the Earley parser: an object with 2000 optional keys has 8000
const LEXER_STATES_MAX: usize = 20_000; // of 1 to 2 kB each
const STEP_LEXER_FUEL: u64 = 200_000; // of one mask: 14 ms
const STEP_ITEMS_MAX: usize = 50_000; // of one mask: 2.5 ms
const STEP_SECONDS_MAX: f64 = 0.003; // CPU time of a token, in the mean: usual grammars take a tenth of it at most,
const FREE_SECONDS: f64 = 0.5; // after so much in all
const ERROR_BYTES_MAX: usize = 500;
const TOO_DEAR: &str = "the grammar costs too much to follow";

type Encode = unsafe extern "C" fn(*const c_void, *const c_char, usize, *mut u32, usize) -> usize;

#[repr(C)]
pub struct VocabularySource {
    bytes: *const c_char,
    ends: *const usize,
    tokens: usize,
    end_ids: *const u32,
    end_count: usize,
    encode: Encode,
    user: *const c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
#[allow(dead_code)] // made by the caller
pub enum Kind {
    JsonSchema = 0,
    JsonObject = 1,
    Regex = 2,
    Lark = 3,
    Choice = 4,
}

struct Tokens {
    trie: TokTrie,
    encode: Encode,
    user: *const c_void,
}

// SAFETY: `user` is only handed to `encode`, which may be called from any thread.
unsafe impl Send for Tokens {}
unsafe impl Sync for Tokens {}

impl Tokens {
    fn encode_text(&self, text: &str, out: &mut Vec<u32>) {
        let from = out.len();
        out.resize(from + text.len(), 0);
        let size = text.len();
        // SAFETY: the room after `from` is as long as is said.
        let count = unsafe { (self.encode)(self.user, text.as_ptr().cast(), size, out[from..].as_mut_ptr(), size) };
        out.truncate(from + count.min(size));
        // A normaliser may have changed the text: then any tokens that spell it will do.
        if count > size || self.trie.decode_raw(&out[from..]) != text.as_bytes() {
            out.truncate(from);
            out.extend(self.trie.greedy_tokenize(text.as_bytes()));
        }
    }
}

impl TokenizerEnv for Tokens {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, s: &[u8]) -> Vec<u32> {
        let mut out = Vec::new();
        for chunk in s.utf8_chunks() {
            if !chunk.valid().is_empty() {
                self.encode_text(chunk.valid(), &mut out);
            }
            out.extend(self.trie.greedy_tokenize(chunk.invalid()));
        }
        out
    }
}

pub struct Vocabulary {
    factory: ParserFactory,
}

pub struct Grammar {
    matcher: Matcher,
    end_ids: Arc<[u32]>,
    tokens: usize,
    finished: bool,
    steps: u32,
    seconds: f64, // CPU time so far
}

fn syntax(text: impl Into<String>) -> Failure {
    Failure { status: Status::Syntax, line: 0, text: text.into() }
}

/// What llguidance says, without its state, its backtraces and its options.
fn words_of(error: &anyhow::Error) -> String {
    let mut text = format!("{error:#}");
    if text.contains("coerce_one_of") {
        return "oneOf is taken only where its parts visibly exclude each other; use anyOf".into();
    }
    if text.contains("initial_lexer_fuel") {
        return "it is too complex".into();
    }
    if let Some(at) = text.find("\n<") {
        text.truncate(at);
    }
    if text.len() > ERROR_BYTES_MAX {
        let mut at = ERROR_BYTES_MAX;
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.truncate(at);
        text += "...";
    }
    text
}

unsafe fn new_vocabulary(source: &VocabularySource) -> Result<Vocabulary, Failure> {
    let ends = std::slice::from_raw_parts(source.ends, source.tokens);
    let all = bytes(source.bytes, ends.last().copied().unwrap_or(0));
    let end_ids = std::slice::from_raw_parts(source.end_ids, source.end_count);
    let mut from = 0;
    let mut words = Vec::with_capacity(ends.len());
    for &end in ends {
        let word = &all[from..end];
        from = end;
        // 0xff is in no text, and is llguidance's mark of special tokens.
        let is_text = word.len() <= TOKEN_BYTES_MAX && word.first() != Some(&TokTrie::SPECIAL_TOKEN_MARKER);
        words.push(if is_text { word.to_vec() } else { Vec::new() });
    }
    for &id in end_ids {
        words[id as usize].clear();
    }
    let info = TokRxInfo::new(words.len() as u32, end_ids[0]);
    let trie = TokTrie::from(&info, &words).with_eos_tokens(end_ids);
    let tokens = Arc::new(Tokens { trie, encode: source.encode, user: source.user }) as Arc<dyn TokenizerEnv + Sync>;
    let made = ParserFactory::new(&tokens, InferenceCapabilities::default(), &SlicedBiasComputer::general_slices());
    let mut factory = made.map_err(|e| syntax(words_of(&e)))?;
    factory.quiet();
    *factory.limits_mut() = ParserLimits {
        max_items_in_row: ROW_ITEMS_MAX,
        step_lexer_fuel: STEP_LEXER_FUEL,
        step_max_items: STEP_ITEMS_MAX,
        max_lexer_states: LEXER_STATES_MAX,
        verbose_errors: false,
        ..ParserLimits::default()
    };
    Ok(Vocabulary { factory })
}

fn json_schema(mut schema: Value) -> Result<TopLevelGrammar, Failure> {
    if schema == Value::Bool(true) {
        schema = json!({});
    }
    let Some(object) = schema.as_object_mut() else {
        return Err(syntax("a JSON schema must be an object"));
    };
    let options = JsonCompileOptions {
        whitespace_pattern: Some(format!(r"[\x20\x0A\x0D\x09]{{1,{WHITESPACE_MAX}}}")),
        ..JsonCompileOptions::default()
    };
    let options = serde_json::to_value(options).map_err(|e| syntax(e.to_string()))?;
    object.insert("x-guidance".into(), options);
    Ok(TopLevelGrammar::from_json_schema(schema))
}

fn choice(choices: Vec<String>) -> Result<TopLevelGrammar, Failure> {
    if choices.is_empty() || choices.iter().any(|c| c.is_empty()) {
        return Err(syntax("one choice is needed, and none may be empty"));
    }
    let literals: Vec<String> = choices.iter().map(|c| regex_literal(c)).collect();
    Ok(TopLevelGrammar::from_grammar(GrammarWithLexer::from_regex(&literals.join("|"))))
}

fn regex_literal(text: &str) -> String {
    text.chars().map(|c| format!(r"\x{{{:x}}}", c as u32)).collect()
}

fn read(kind: Kind, text: &[u8]) -> Result<TopLevelGrammar, Failure> {
    let words = std::str::from_utf8(text).map_err(|_| syntax("it is not UTF-8"))?;
    let no_json = |e: serde_json::Error| syntax(format!("it is no JSON: {e}"));
    match kind {
        Kind::JsonSchema => json_schema(serde_json::from_str(words).map_err(no_json)?),
        Kind::JsonObject => json_schema(json!({"type": "object"})),
        Kind::Regex => Ok(TopLevelGrammar::from_regex(words)),
        Kind::Lark => Ok(TopLevelGrammar::from_lark(words.to_string())),
        Kind::Choice => choice(serde_json::from_str(words).map_err(no_json)?),
    }
}

fn new_grammar(vocabulary: &Vocabulary, kind: Kind, text: &[u8]) -> Result<Grammar, Failure> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Failure::limit(format!("it has {} bytes; at most {TEXT_BYTES_MAX} are read", text.len())));
    }
    let work = || -> Result<Grammar, Failure> {
        let grammar = read(kind, text)?;
        let parser = vocabulary.factory.create_parser(grammar).map_err(|e| syntax(words_of(&e)))?;
        let trie = vocabulary.factory.tok_env().tok_trie();
        let mut grammar = Grammar {
            matcher: Matcher::new(Ok(parser)),
            end_ids: trie.eos_tokens().into(),
            tokens: trie.vocab_size(),
            finished: false,
            steps: 0,
            seconds: 0.0,
        };
        grammar.matcher.consume_tokens(&[]).map_err(|e| syntax(words_of(&e)))?; // sees what is finished at once
        grammar.finished = grammar.matcher.is_stopped();
        // The first mask is made here: a grammar that permits nothing, or costs too much, is refused, not begun.
        grammar.matcher.compute_mask_or_eos().map_err(|e| grammar.failure(&e))?;
        Ok(grammar)
    };
    limits::within(COMPILE_BYTES_MAX, COMPILE_SECONDS_MAX, work).unwrap_or_else(|by| {
        Err(match by {
            limits::Stopped::Spent => Failure::limit("it takes more time or memory than a grammar may"),
            other => Failure::stopped(other),
        })
    })
}

impl Grammar {
    fn failure(&self, error: &anyhow::Error) -> Failure {
        let text = words_of(error);
        if ["too many", "Too many", "too complex", "max is"].iter().any(|s| text.contains(s)) {
            return Failure::limit(format!("{TOO_DEAR}: {text}"));
        }
        if text.contains("NoExtensionBias") {
            return syntax("the grammar permits nothing here");
        }
        Failure { status: Status::Failed, line: 0, text }
    }

    /// One call of the engine's thread, its CPU time counted.
    fn timed<T>(&mut self, work: impl FnOnce(&mut Grammar) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.seconds > FREE_SECONDS + STEP_SECONDS_MAX * f64::from(self.steps) {
            return Err(Failure::limit(format!("{TOO_DEAR}: time")));
        }
        let begin = limits::cpu_seconds();
        let done = work(self);
        self.seconds += limits::cpu_seconds() - begin;
        done
    }

    fn mask(&mut self, out: &mut [u32]) -> Result<(), Failure> {
        out.fill(0);
        if self.finished {
            for &id in self.end_ids.iter() {
                out[id as usize / 32] |= 1 << (id % 32);
            }
            return Ok(());
        }
        let mask = self.matcher.compute_mask_or_eos().map_err(|e| self.failure(&e))?;
        let mask: Vec<u32> = mask.into();
        let words = mask.len().min(out.len());
        out[..words].copy_from_slice(&mask[..words]);
        Ok(())
    }

    fn accept(&mut self, token: u32) -> Result<(), Failure> {
        if self.valid(&[token]) != 1 {
            if self.matcher.is_error() {
                return Err(self.failure(&anyhow::anyhow!(self.matcher.get_error().unwrap_or_default())));
            }
            let text = format!("the grammar does not permit the token {token} here");
            return Err(Failure { status: Status::Failed, line: 0, text });
        }
        if self.finished {
            return Ok(());
        }
        self.matcher.consume_token(token).map_err(|e| self.failure(&e))?;
        self.finished = self.matcher.is_stopped() || self.end_ids.contains(&token);
        self.steps = self.steps.saturating_add(1);
        Ok(())
    }

    fn valid(&mut self, tokens: &[u32]) -> usize {
        if self.finished {
            return tokens.iter().take_while(|t| self.end_ids.contains(t)).count();
        }
        let known = tokens.iter().take_while(|&&t| (t as usize) < self.tokens).count();
        self.matcher.validate_tokens(&tokens[..known]).unwrap_or(0)
    }

    fn forced(&mut self) -> Vec<u32> {
        if self.finished {
            return Vec::new();
        }
        self.matcher.compute_ff_tokens()
    }
}

unsafe fn answer(done: Result<(), Failure>, error: *mut Text) -> Status {
    match done {
        Ok(()) => Status::Ok,
        Err(failure) => {
            hand_out(failure.text, failure.line, error);
            failure.status
        }
    }
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_vocabulary_create(
    source: *const VocabularySource,
    out: *mut *mut Vocabulary,
    error: *mut Text,
) -> Status {
    let made = guarded(|| new_vocabulary(&*source));
    answer(made.map(|v| *out = Box::into_raw(Box::new(v))), error)
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_vocabulary_free(vocabulary: *mut Vocabulary) {
    if !vocabulary.is_null() {
        let _ = guarded(|| Ok(drop(Box::from_raw(vocabulary))));
    }
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_create(
    vocabulary: *const Vocabulary,
    kind: Kind,
    text: *const c_char,
    size: usize,
    out: *mut *mut Grammar,
    error: *mut Text,
) -> Status {
    let made = guarded(|| new_grammar(&*vocabulary, kind, bytes(text, size)));
    answer(made.map(|g| *out = Box::into_raw(Box::new(g))), error)
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_mask(
    grammar: *mut Grammar,
    mask: *mut u32,
    words: usize,
    error: *mut Text,
) -> Status {
    let out = std::slice::from_raw_parts_mut(mask, words);
    answer(guarded(|| (*grammar).timed(|g| g.mask(out))), error)
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_accept(grammar: *mut Grammar, token: u32, error: *mut Text) -> Status {
    answer(guarded(|| (*grammar).timed(|g| g.accept(token))), error)
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_valid(grammar: *mut Grammar, tokens: *const u32, count: usize) -> usize {
    if count == 0 {
        return 0;
    }
    let tokens = std::slice::from_raw_parts(tokens, count);
    guarded(|| (*grammar).timed(|g| Ok(g.valid(tokens)))).unwrap_or(0)
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_forced(grammar: *mut Grammar, tokens: *mut u32, capacity: usize) -> usize {
    let forced = guarded(|| (*grammar).timed(|g| Ok(g.forced()))).unwrap_or_default();
    let count = forced.len().min(capacity);
    std::ptr::copy_nonoverlapping(forced.as_ptr(), tokens, count);
    count
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_finished(grammar: *const Grammar) -> c_int {
    (*grammar).finished as c_int
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_clone(grammar: *const Grammar) -> *mut Grammar {
    let g = &*grammar;
    // deep: the copies share no lock.
    let copy = guarded(|| {
        let (matcher, end_ids) = (g.matcher.deep_clone(), g.end_ids.clone());
        Ok(Box::new(Grammar { matcher, end_ids, ..*g }))
    });
    copy.map_or(std::ptr::null_mut(), Box::into_raw)
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_grammar_free(grammar: *mut Grammar) {
    if !grammar.is_null() {
        let _ = guarded(|| Ok(drop(Box::from_raw(grammar))));
    }
}
