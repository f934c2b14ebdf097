//! Methods of Python's strings, lists and dictionaries that minijinja's own collection lacks or has in part.

use minijinja::value::{from_args, Kwargs, Tuple, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn refuse(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, text.into())
}

fn list<'a>(parts: impl IntoIterator<Item = &'a str>) -> Value {
    Value::from(parts.into_iter().map(Value::from).collect::<Vec<_>>())
}

/// split and rsplit
fn split(s: &str, args: &[Value], from_right: bool) -> Result<Value, Error> {
    let (sep, limit, kwargs): (Option<Value>, Option<i64>, Kwargs) = from_args(args)?;
    let sep = sep.or(kwargs.get("sep")?).filter(|v| !v.is_none());
    let limit = limit.or(kwargs.get("maxsplit")?).filter(|&n| n >= 0).map_or(usize::MAX, |n| n as usize);
    kwargs.assert_all_used()?;
    let Some(sep) = sep else {
        let mut out = Vec::new();
        let mut rest = if from_right { s.trim_end_matches(is_space) } else { s.trim_start_matches(is_space) };
        while !rest.is_empty() {
            let at = if from_right { rest.rfind(is_space) } else { rest.find(is_space) };
            let Some(at) = at.filter(|_| out.len() < limit) else {
                out.push(rest); // with its blanks, where the limit is what ends the splitting
                break;
            };
            let (left, right) = rest.split_at(at);
            if from_right {
                out.push(right.trim_start_matches(is_space));
                rest = left.trim_end_matches(is_space);
            } else {
                out.push(left);
                rest = right.trim_start_matches(is_space);
            }
        }
        if from_right {
            out.reverse();
        }
        return Ok(list(out));
    };
    let sep = sep
        .as_str()
        .filter(|s| !s.is_empty())
        .ok_or_else(|| refuse("split: the separator must be a string that is not empty"))?;
    let limit = limit.saturating_add(1);
    if from_right {
        let mut out: Vec<&str> = s.rsplitn(limit, sep).collect();
        out.reverse();
        return Ok(list(out));
    }
    Ok(list(s.splitn(limit, sep)))
}

fn splitlines(s: &str, keep_ends: bool) -> Value {
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = s.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_end =
            matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if !is_end {
            continue;
        }
        let mut end = at + c.len_utf8();
        if c == '\r' && chars.next_if(|&(_, c)| c == '\n').is_some() {
            end += 1;
        }
        out.push(&s[start..if keep_ends { end } else { at }]);
        start = end;
    }
    if start < s.len() {
        out.push(&s[start..]);
    }
    list(out)
}

fn pad(s: &str, args: &[Value], left: fn(usize, usize) -> usize) -> Result<Value, Error> {
    let (width, fill): (i64, Option<&str>) = from_args(args)?;
    let size = s.chars().count();
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(size);
    let before = left(missing, size + missing);
    let fill = fill.unwrap_or(" ");
    Ok(Value::from(format!("{}{s}{}", fill.repeat(before), fill.repeat(missing - before))))
}

fn string(state: &mut State, value: &Value, s: &str, method: &str, args: &[Value]) -> Result<Value, Error> {
    let is_bare = args.first().is_none_or(|v| v.is_none());
    match method {
        "split" => split(s, args, false),
        "rsplit" => split(s, args, true),
        "splitlines" => {
            let (keep, kwargs): (Option<bool>, Kwargs) = from_args(args)?;
            Ok(splitlines(s, keep.or(kwargs.get("keepends")?).unwrap_or(false)))
        }
        "strip" if is_bare => Ok(Value::from(s.trim_matches(is_space))),
        "lstrip" if is_bare => Ok(Value::from(s.trim_start_matches(is_space))),
        "rstrip" if is_bare => Ok(Value::from(s.trim_end_matches(is_space))),
        "partition" | "rpartition" => {
            let (sep,): (&str,) = from_args(args)?;
            if sep.is_empty() {
                return Err(refuse("empty separator"));
            }
            let found = if method == "partition" { s.split_once(sep) } else { s.rsplit_once(sep) };
            let (a, b, c) = match found {
                Some((a, c)) => (a, sep, c),
                None if method == "partition" => (s, "", ""),
                None => ("", "", s),
            };
            Ok(Value::from(Tuple::from([Value::from(a), Value::from(b), Value::from(c)])))
        }
        "join" => {
            let (parts,): (Value,) = from_args(args)?;
            let mut out = String::new();
            for (i, part) in parts.try_iter()?.enumerate() {
                if i > 0 {
                    out += s;
                }
                out += part.as_str().ok_or_else(|| refuse(format!("join: item {i} is no string")))?;
            }
            Ok(Value::from(out))
        }
        "removeprefix" => {
            let (part,): (&str,) = from_args(args)?;
            Ok(Value::from(s.strip_prefix(part).unwrap_or(s)))
        }
        "removesuffix" => {
            let (part,): (&str,) = from_args(args)?;
            Ok(Value::from(s.strip_suffix(part).unwrap_or(s)))
        }
        "index" | "rindex" => {
            let found = unknown_method_callback(state, value, if method == "index" { "find" } else { "rfind" }, args)?;
            if found == Value::from(-1) {
                Err(refuse("substring not found"))
            } else {
                Ok(found)
            }
        }
        "find" | "rfind" | "count" | "startswith" | "endswith" if args.len() > 1 && args.len() <= 3 => {
            let (what, start, end): (Value, Option<Value>, Option<Value>) = from_args(args)?;
            let part = minijinja_slice(value, start.clone(), end)?;
            let found = call(state, &part, method, &[what])?;
            match i64::try_from(found.clone()) {
                Ok(at) if method.ends_with("find") && at >= 0 => {
                    let start = start.map_or(0, |v| i64::try_from(v).unwrap_or(0));
                    let size = s.chars().count() as i64;
                    Ok(Value::from(at + if start < 0 { (size + start).max(0) } else { start }))
                }
                _ => Ok(found),
            }
        }
        "count" if args.first().and_then(|v| v.as_str()) == Some("") => Ok(Value::from(s.chars().count() + 1)),
        "ljust" => pad(s, args, |_, _| 0),
        "rjust" => pad(s, args, |missing, _| missing),
        "center" => pad(s, args, |missing, width| missing / 2 + (missing & width & 1)),
        "zfill" => {
            let (width,): (i64,) = from_args(args)?;
            let (sign, digits) = s.split_at(s.starts_with(['-', '+']) as usize);
            let missing = usize::try_from(width).unwrap_or(0).saturating_sub(s.chars().count());
            Ok(Value::from(format!("{sign}{}{digits}", "0".repeat(missing))))
        }
        "title" => {
            let (mut out, mut in_word) = (String::new(), false);
            for c in s.chars() {
                if in_word {
                    out.extend(c.to_lowercase())
                } else {
                    out.extend(c.to_uppercase())
                }
                in_word = c.is_alphabetic();
            }
            Ok(Value::from(out))
        }
        "swapcase" => {
            let mut out = String::new();
            for c in s.chars() {
                if c.is_uppercase() {
                    out.extend(c.to_lowercase())
                } else {
                    out.extend(c.to_uppercase())
                }
            }
            Ok(Value::from(out))
        }
        _ => unknown_method_callback(state, value, method, args),
    }
}

fn minijinja_slice(value: &Value, start: Option<Value>, end: Option<Value>) -> Result<Value, Error> {
    let s = value.as_str().unwrap_or_default();
    let size = s.chars().count() as i64;
    let place = |v: Option<Value>, absent: i64| -> Result<usize, Error> {
        let n = match v {
            Some(v) if !v.is_none() => i64::try_from(v)?,
            _ => absent,
        };
        Ok(if n < 0 { (size + n).max(0) } else { n.min(size) } as usize)
    };
    let (start, end) = (place(start, 0)?, place(end, size)?);
    Ok(Value::from(s.chars().skip(start).take(end.saturating_sub(start)).collect::<String>()))
}

pub fn call(state: &mut State, value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    if let Some(s) = value.as_str() {
        return string(state, value, s, method, args);
    }
    let is_sequence = matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable);
    if is_sequence && method == "index" {
        let (what,): (Value,) = from_args(args)?;
        return match value.try_iter()?.position(|v| v == what) {
            Some(at) => Ok(Value::from(at)),
            None => Err(refuse("the value is not in the list")),
        };
    }
    unknown_method_callback(state, value, method, args)
}
