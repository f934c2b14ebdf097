//! What yun takes from Rust, behind the C interface in include/yun_bridge.h.
//!
//! A chat template is run by minijinja. What is here makes it speak as Python's jinja2 does when transformers calls it
//! (`python`, `json`, `methods`, `filters`), and keeps a template, which is untrusted code, within limits (`source`,
//! `limits`).
//!
//! Constrained decoding is llguidance's; `grammar` gives it a tokenizer and limits.
#![feature(alloc_error_hook)]

mod abi;
mod environment;
mod filters;
mod grammar;
mod json;
mod limits;
mod methods;
mod python;
mod source;
