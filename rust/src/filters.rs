//! Filters and tests where minijinja's differ from jinja2's.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use crate::python;

fn default(v: Value, other: Option<Value>, boolean: Option<bool>, kwargs: Kwargs) -> Result<Value, Error> {
    let other = other.or(kwargs.get("default_value")?);
    let boolean = boolean.or(kwargs.get("boolean")?).unwrap_or(false);
    kwargs.assert_all_used()?;
    let is_missing = v.is_undefined() || (boolean && !v.is_true());
    Ok(if is_missing { other.unwrap_or_else(|| Value::from("")) } else { v })
}

/// Python's float() of a number or of text.
fn number(v: &Value) -> Option<f64> {
    match v.as_str() {
        Some(s) => s.trim().replace('_', "").parse().ok(),
        None => f64::try_from(v.clone()).ok().filter(|_| !v.is_none()),
    }
}

fn int(v: &Value, other: Option<Value>, base: Option<u32>, kwargs: Kwargs) -> Result<Value, Error> {
    let other = other.or(kwargs.get("default")?).unwrap_or(Value::from(0));
    let base = base.or(kwargs.get("base")?).unwrap_or(10);
    kwargs.assert_all_used()?;
    if v.is_integer() {
        return Ok(v.clone());
    }
    if v.kind() == ValueKind::Bool {
        return Ok(Value::from(v.is_true() as i64));
    }
    if let Some(s) = v.as_str() {
        let mut s = s.trim().to_ascii_lowercase().replace('_', "");
        let prefix = match base {
            16 => "0x",
            8 => "0o",
            2 => "0b",
            _ => "",
        };
        s = s.strip_prefix(prefix).unwrap_or(&s).to_string();
        if let Ok(n) = i128::from_str_radix(&s, base.clamp(2, 36)) {
            return Ok(Value::from(n));
        }
    }
    Ok(match number(v) {
        Some(f) if f.is_finite() && f.abs() < 1e38 => Value::from(f.trunc() as i128),
        _ => other,
    })
}

fn float(v: &Value, other: Option<Value>) -> Value {
    number(v).map_or(other.unwrap_or(Value::from(0.0)), Value::from)
}

fn replace(v: &Value, old: &Value, new: &Value, count: Option<i64>) -> Result<String, Error> {
    let (s, old, new) = (python::text(v)?, python::text(old)?, python::text(new)?);
    Ok(match count.and_then(|n| usize::try_from(n).ok()) {
        Some(n) => s.replacen(&old, &new, n),
        None => s.replace(&old, &new),
    })
}

fn indent(
    v: &Value,
    width: Option<Value>,
    first: Option<bool>,
    blank: Option<bool>,
    kwargs: Kwargs,
) -> Result<String, Error> {
    let width = width.or(kwargs.get("width")?).unwrap_or(Value::from(4));
    let first = first.or(kwargs.get("first")?).unwrap_or(false);
    let blank = blank.or(kwargs.get("blank")?).unwrap_or(false);
    kwargs.assert_all_used()?;
    let by = match width.as_str() {
        Some(s) => s.to_string(),
        None => " ".repeat(usize::try_from(width).map_err(|_| Error::from(ErrorKind::InvalidOperation))?),
    };
    let s = python::text(v)?;
    let mut out = String::new();
    for (i, line) in s.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        if if i == 0 { first } else { blank || !line.is_empty() } {
            out += &by;
        }
        out += line;
    }
    Ok(out)
}

fn escape(v: &Value) -> Result<String, Error> {
    let mut out = String::new();
    for c in python::text(v)?.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&#34;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    Ok(out)
}

pub fn add(env: &mut Environment) {
    env.add_filter("e", escape);
    env.add_filter("escape", escape);
    env.add_filter("default", default);
    env.add_filter("d", default);
    env.add_filter("int", int);
    env.add_filter("float", float);
    env.add_filter("replace", replace);
    env.add_filter("indent", indent);
    env.add_filter("safe", |v: Value| v);
    env.add_filter("string", |v: &Value| python::text(v));
    env.add_filter("wordcount", minijinja_contrib::filters::wordcount);
    env.add_test("iterable", |v: &Value| !v.is_none() && v.try_iter().is_ok());
    env.add_test("callable", |v: &Value| v.kind() == ValueKind::Plain);
    env.add_test("sequence", |v: &Value| {
        matches!(v.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map | ValueKind::Undefined)
    });
}
