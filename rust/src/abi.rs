//! The C interface of templates, and what the other interfaces share with it.

use std::cell::RefCell;
use std::ffi::c_char;
use std::panic::{catch_unwind, AssertUnwindSafe};

use minijinja::{Environment, Error, ErrorKind, Value};

use crate::limits::{self, Stopped};
use crate::{environment, source};

const COMPILE_BYTES_MAX: usize = 256 << 20; // held while a template is compiled
const RENDER_BYTES_MAX: usize = 256 << 20; // held while it runs: its variables, values and output
const CPU_SECONDS_MAX: f64 = 2.0; // of one compilation or rendering
const OUTPUT_BYTES_MAX: usize = 64 << 20;
const TEMPLATE: &str = "chat";

#[repr(C)]
#[derive(Clone, Copy, PartialEq)]
pub enum Status {
    Ok = 0,
    Syntax = 1,
    Failed = 2,
    Raised = 3,
    Limit = 4,
}

#[repr(C)]
pub struct Text {
    data: *mut c_char,
    size: usize,
    line: usize,
}

pub struct Template {
    environment: Environment<'static>,
}

pub struct Failure {
    pub status: Status,
    pub line: usize,
    pub text: String,
}

thread_local! {
    static RAISED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The error that raise_exception ends a rendering with.
pub fn raise(text: String) -> Error {
    RAISED.set(Some(text));
    Error::new(ErrorKind::InvalidOperation, "raise_exception")
}

impl Failure {
    pub fn limit(text: impl Into<String>) -> Failure {
        Failure { status: Status::Limit, line: 0, text: text.into() }
    }

    fn of(error: Error) -> Failure {
        if let Some(text) = RAISED.take() {
            return Failure { status: Status::Raised, line: error.line().unwrap_or(0), text };
        }
        let detail = error.detail().unwrap_or_default();
        let is_limit = error.kind() == ErrorKind::OutOfFuel
            || [limits::OVER_LIMIT, "too large", "too many elements", "recursion limit"]
                .iter()
                .any(|s| detail.contains(s));
        let status = match error.kind() {
            _ if is_limit => Status::Limit,
            ErrorKind::SyntaxError | ErrorKind::BadEscape => Status::Syntax,
            _ => Status::Failed,
        };
        let text = match error.kind() {
            ErrorKind::SyntaxError | ErrorKind::InvalidOperation if !detail.is_empty() => detail.to_string(),
            kind if detail.is_empty() => kind.to_string(),
            kind => format!("{kind}: {detail}"),
        };
        Failure { status, line: error.line().unwrap_or(0), text }
    }

    pub fn stopped(by: Stopped) -> Failure {
        match by {
            Stopped::Spent => Failure::limit(format!("{}: memory or time", limits::OVER_LIMIT)),
            Stopped::NoThread => Failure { status: Status::Failed, line: 0, text: "no thread to run it on".into() },
            Stopped::Bug(text) => {
                Failure { status: Status::Failed, line: 0, text: format!("the bridge panicked: {text}") }
            }
        }
    }
}

fn compile(source: &[u8]) -> Result<Template, Failure> {
    let Ok(source) = std::str::from_utf8(source) else {
        return Err(Failure { status: Status::Syntax, line: 0, text: "the template is not UTF-8".into() });
    };
    let source = source::prepare(source).map_err(|refusal| Failure {
        status: if refusal.is_limit { Status::Limit } else { Status::Syntax },
        line: refusal.line,
        text: refusal.text,
    })?;
    let mut environment = environment::new().map_err(Failure::of)?;
    limits::within(COMPILE_BYTES_MAX, CPU_SECONDS_MAX, move || match environment.add_template_owned(TEMPLATE, source) {
        Ok(()) => Ok(Template { environment }),
        Err(error) => Err(Failure::of(error)),
    })
    .unwrap_or_else(|by| Err(Failure::stopped(by)))
}

fn render(template: &Template, context: &[u8]) -> Result<String, Failure> {
    let work = || -> Result<String, Failure> {
        let context: Value = serde_json::from_slice(context).map_err(|e| Failure {
            status: Status::Failed,
            line: 0,
            text: format!("the variables are no JSON: {e}"),
        })?;
        let out = template.environment.get_template(TEMPLATE).and_then(|t| t.render(context)).map_err(Failure::of)?;
        if out.len() > OUTPUT_BYTES_MAX {
            return Err(Failure::limit(format!("{}: {} bytes of output", limits::OVER_LIMIT, out.len())));
        }
        Ok(out)
    };
    limits::within(RENDER_BYTES_MAX, CPU_SECONDS_MAX, work).unwrap_or_else(|by| Err(Failure::stopped(by)))
}

/// # Safety
/// `out` is null or writable.
pub unsafe fn hand_out(text: String, line: usize, out: *mut Text) {
    if !out.is_null() {
        let text = text.into_bytes().into_boxed_slice();
        let size = text.len();
        *out = Text { data: Box::into_raw(text).cast(), size, line };
    }
}

pub unsafe fn bytes<'a>(data: *const c_char, size: usize) -> &'a [u8] {
    if size == 0 {
        return &[];
    }
    std::slice::from_raw_parts(data.cast(), size)
}

pub fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Failure::stopped(Stopped::Bug("panic".into()))))
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_template_create(
    source: *const c_char,
    size: usize,
    out: *mut *mut Template,
    error: *mut Text,
) -> Status {
    match guarded(|| compile(bytes(source, size))) {
        Ok(template) => {
            *out = Box::into_raw(Box::new(template));
            Status::Ok
        }
        Err(failure) => {
            hand_out(failure.text, failure.line, error);
            failure.status
        }
    }
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_template_render(
    template: *const Template,
    context: *const c_char,
    size: usize,
    out: *mut Text,
) -> Status {
    match guarded(|| render(&*template, bytes(context, size))) {
        Ok(text) => {
            hand_out(text, 0, out);
            Status::Ok
        }
        Err(failure) => {
            hand_out(failure.text, failure.line, out);
            failure.status
        }
    }
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_template_free(template: *mut Template) {
    if !template.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(template))));
    }
}

/// # Safety
/// As include/yun_bridge.h says.
#[no_mangle]
pub unsafe extern "C" fn yun_text_free(text: *mut Text) {
    if !text.is_null() && !(*text).data.is_null() {
        drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut((*text).data.cast::<u8>(), (*text).size)));
        (*text).data = std::ptr::null_mut();
        (*text).size = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features() {
        let file: serde_json::Value = serde_json::from_str(include_str!("../../tests/chat/features.json")).unwrap();
        let context = &file["context"];
        let mut variables = context["variables"].as_object().unwrap().clone();
        for name in ["messages", "tools", "add_generation_prompt"] {
            variables.insert(name.into(), context[name].clone());
        }
        variables.insert("documents".into(), serde_json::Value::Null);
        let context = serde_json::to_vec(&variables).unwrap();
        let mut wrong = 0;
        for case in file["cases"].as_array().unwrap() {
            let got = compile(case["template"].as_str().unwrap().as_bytes()).and_then(|t| render(&t, &context));
            let want = case["output"].as_str();
            let (ok, got) = match got {
                Ok(text) => (want == Some(&text), text),
                Err(f) => (want.is_none(), format!("ERROR {} {}", f.line, f.text)),
            };
            if !ok {
                wrong += 1;
                println!("\n{}\n   {}\n  want {:?}\n  got  {:?}", case["name"], case["template"], want, got);
            }
        }
        assert_eq!(wrong, 0);
    }
}
