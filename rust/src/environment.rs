//! minijinja set up as transformers sets up jinja2.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Value};

use crate::{filters, json, limits, methods, python, source};

const FUEL: u64 = 10_000_000; // instructions: some hundred times a long conversation

fn format(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(s) => out.write_str(s)?,
        None => out.write_str(&python::text(value)?)?,
    }
    Ok(())
}

fn strftime_now(format: &str) -> Result<String, Error> {
    let refused = || Error::new(ErrorKind::InvalidOperation, "strftime_now: a format that cannot be used");
    if format.is_empty() {
        return Ok(String::new());
    }
    let format = std::ffi::CString::new(format).map_err(|_| refused())?;
    let mut buffer = [0u8; 1024];
    // SAFETY: all pointers are to live values; strftime is told how long the buffer is.
    let size = unsafe {
        let now = libc::time(std::ptr::null_mut());
        let mut t: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&now, &mut t).is_null() {
            return Err(refused());
        }
        libc::strftime(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), &t)
    };
    if size == 0 {
        return Err(refused());
    }
    String::from_utf8(buffer[..size].to_vec()).map_err(|_| refused())
}

pub fn new() -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_formatter(format);
    env.set_unknown_method_callback(methods::call);
    env.set_fuel(Some(FUEL));
    env.set_debug(true);
    env.remove_global("debug");
    env.add_function("namespace", limits::namespace);
    env.add_function("raise_exception", |text: &Value| -> Result<Value, Error> {
        Err(crate::abi::raise(python::text(text)?))
    });
    env.add_function("strftime_now", strftime_now);
    env.add_function(source::TICK, limits::tick);
    env.add_function(source::KEEP, limits::keep);
    env.add_filter("tojson", json::tojson);
    filters::add(&mut env);
    Ok(env)
}
