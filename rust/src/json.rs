//! The tojson filter as transformers sets it: Python's json.dumps, without escapes for HTML.

use std::fmt::Write;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use crate::python;

const NESTING_MAX: usize = 200;

struct Writer {
    ensure_ascii: bool,
    sort_keys: bool,
    indent: Option<String>,
    comma: String,
    colon: String,
    out: String,
}

fn refuse(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{what} is not JSON serializable"))
}

impl Writer {
    fn string(&mut self, s: &str) {
        let out = &mut self.out;
        out.push('"');
        for c in s.chars() {
            match c {
                '"' => *out += "\\\"",
                '\\' => *out += "\\\\",
                '\n' => *out += "\\n",
                '\r' => *out += "\\r",
                '\t' => *out += "\\t",
                '\u{8}' => *out += "\\b",
                '\u{c}' => *out += "\\f",
                c if (c as u32) < 0x20 || (self.ensure_ascii && (c as u32) > 0x7e) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                c => out.push(c),
            }
        }
        out.push('"');
    }

    fn number(&mut self, v: &Value) {
        self.out += &match python::as_float(v) {
            None => v.to_string(),
            Some(f) if f.is_nan() => "NaN".into(),
            Some(f) if f.is_infinite() => (if f > 0.0 { "Infinity" } else { "-Infinity" }).into(),
            Some(f) => python::float(f),
        };
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            for _ in 0..depth {
                self.out += indent;
            }
        }
    }

    fn key(&mut self, key: &Value) -> Result<(), Error> {
        match key.kind() {
            ValueKind::String => self.string(key.as_str().unwrap_or_default()),
            ValueKind::Bool | ValueKind::None | ValueKind::Number => {
                self.out.push('"');
                self.value(key, 0)?;
                self.out.push('"');
            }
            _ => return Err(refuse(format!("a key of type {}", key.kind()))),
        }
        Ok(())
    }

    fn value(&mut self, v: &Value, depth: usize) -> Result<(), Error> {
        if depth > NESTING_MAX {
            return Err(python::too_deep());
        }
        match v.kind() {
            ValueKind::None => self.out += "null",
            ValueKind::Bool => self.out += if v.is_true() { "true" } else { "false" },
            ValueKind::Number => self.number(v),
            ValueKind::String => self.string(v.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                self.out.push('[');
                let mut count = 0;
                for item in v.try_iter()? {
                    if count > 0 {
                        self.out += &self.comma;
                    }
                    self.line(depth + 1);
                    self.value(&item, depth + 1)?;
                    count += 1;
                }
                if count > 0 {
                    self.line(depth);
                }
                self.out.push(']');
            }
            ValueKind::Map => {
                self.out.push('{');
                let mut keys: Vec<Value> = v.try_iter()?.collect();
                if self.sort_keys {
                    keys.sort();
                }
                for (i, key) in keys.iter().enumerate() {
                    if i > 0 {
                        self.out += &self.comma;
                    }
                    self.line(depth + 1);
                    self.key(key)?;
                    self.out += &self.colon;
                    self.value(&v.get_item(key)?, depth + 1)?;
                }
                if !keys.is_empty() {
                    self.line(depth);
                }
                self.out.push('}');
            }
            kind => return Err(refuse(format!("a value of type {kind}"))),
        }
        Ok(())
    }
}

/// tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)
pub fn tojson(v: &Value, ensure_ascii: Option<bool>, indent: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let indent = match indent.or(kwargs.get("indent")?) {
        None => None,
        Some(v) if v.is_none() => None,
        Some(v) => Some(match v.as_str() {
            Some(s) => s.to_string(),
            None => " ".repeat(usize::try_from(i64::try_from(v)?.clamp(0, 100)).unwrap_or(0)),
        }),
    };
    let (mut comma, mut colon) = (if indent.is_some() { "," } else { ", " }.to_string(), ": ".to_string());
    if let Some(pair) = kwargs.get::<Option<Value>>("separators")?.filter(|v| !v.is_none()) {
        comma = python::text(&pair.get_item_by_index(0)?)?;
        colon = python::text(&pair.get_item_by_index(1)?)?;
    }
    let mut writer = Writer {
        ensure_ascii: ensure_ascii.or(kwargs.get("ensure_ascii")?).unwrap_or(false),
        sort_keys: kwargs.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        indent,
        comma,
        colon,
        out: String::new(),
    };
    kwargs.assert_all_used()?;
    writer.value(v, 0)?;
    Ok(Value::from(writer.out))
}
