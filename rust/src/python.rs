//! Values as Python writes them: str() and repr().

use std::fmt::Write;

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

const NESTING_MAX: usize = 200; // of a value that is written

pub fn too_deep() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{}: nesting", crate::limits::OVER_LIMIT))
}

/// A floating-point number as Python's repr has it: the shortest digits that read back, an exponent from 1e16 on and
/// below 1e-4.
pub fn float(v: f64) -> String {
    if v.is_nan() {
        return "nan".into();
    }
    if v.is_infinite() {
        return if v > 0.0 { "inf" } else { "-inf" }.into();
    }
    let text = format!("{v:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if v != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let mut out = v.to_string();
    if !out.contains('.') {
        out += ".0";
    }
    out
}

/// None where the value is no floating-point number.
pub fn as_float(v: &Value) -> Option<f64> {
    if v.kind() != ValueKind::Number || v.is_integer() {
        return None;
    }
    f64::try_from(v.clone()).ok()
}

/// Whether Python's repr shows a character as it is. Rust's table of what can be printed is made of the same Unicode
/// categories; after a letter it leaves marks alone.
fn is_printable(c: char) -> bool {
    matches!(c, ' ' | '\'' | '"') || ['a', c].iter().collect::<String>().escape_debug().nth(1) == Some(c)
}

fn write_string(s: &str, out: &mut String) {
    let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in s.chars() {
        match c {
            '\\' => *out += "\\\\",
            '\n' => *out += "\\n",
            '\r' => *out += "\\r",
            '\t' => *out += "\\t",
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => {
                let code = c as u32;
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

fn write_repr(v: &Value, depth: usize, out: &mut String) -> Result<(), Error> {
    if depth > NESTING_MAX {
        return Err(too_deep());
    }
    match v.kind() {
        ValueKind::Undefined => *out += "Undefined",
        ValueKind::String => write_string(v.as_str().unwrap_or_default(), out),
        ValueKind::Number => match as_float(v) {
            Some(f) => *out += &float(f),
            None => write!(out, "{v}")?,
        },
        ValueKind::Seq | ValueKind::Iterable => {
            let (open, close) = if v.is_tuple() { ('(', ')') } else { ('[', ']') };
            out.push(open);
            let mut count = 0;
            for item in v.try_iter()? {
                if count > 0 {
                    *out += ", ";
                }
                write_repr(&item, depth + 1, out)?;
                count += 1;
            }
            if v.is_tuple() && count == 1 {
                out.push(',');
            }
            out.push(close);
        }
        ValueKind::Map => {
            out.push('{');
            for (i, key) in v.try_iter()?.enumerate() {
                if i > 0 {
                    *out += ", ";
                }
                write_repr(&key, depth + 1, out)?;
                *out += ": ";
                write_repr(&v.get_item(&key)?, depth + 1, out)?;
            }
            out.push('}');
        }
        _ => write!(out, "{v}")?,
    }
    Ok(())
}

/// Python's str().
pub fn text(v: &Value) -> Result<String, Error> {
    let mut out = String::new();
    match v.kind() {
        ValueKind::Undefined => {}
        ValueKind::String => out += v.as_str().unwrap_or_default(),
        _ => write_repr(v, 0, &mut out)?,
    }
    Ok(out)
}
