//! Memory and time of one piece of work on untrusted input (a rendering, the making of a grammar); nesting of what a
//! template keeps.
//!
//! minijinja counts instructions and recursion. One instruction may still join two strings of any length, so memory is
//! counted where it is handed out: the allocator refuses what goes over the budget of its thread, and the refusal
//! unwinds the rendering instead of ending the program.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

use minijinja::value::{from_args, Kwargs, Tuple, ValueKind, ValueOrKwargs};
use minijinja::{Error, ErrorKind, Value};

const STACK_BYTES: usize = 64 << 20; // of the thread that compiles or renders; pages that are not used cost nothing
const CLOCK_STRIDE: u32 = 1024; // allocations between looks at the clock
const NESTING_MAX: usize = 100; // of a value that a template keeps: each level costs stack when it is dropped
const NAMESPACES_MAX: usize = 1000; // a chain of them costs stack, too
const OPAQUE_MAX: usize = 10_000; // loops, macros and the like that are kept: likewise
const VISITS_MAX: usize = 5_000_000; // of values looked at to keep these limits

pub const OVER_LIMIT: &str = "more than a template may use";

thread_local! {
    static ACTIVE: Cell<bool> = const { Cell::new(false) };
    static LEFT_BYTES: Cell<i64> = const { Cell::new(0) };
    static DEADLINE: Cell<f64> = const { Cell::new(0.0) };
    static UNTIL_CLOCK: Cell<u32> = const { Cell::new(0) };
    static HELD: RefCell<Held> = const { RefCell::new(Held { namespaces: Vec::new(), opaque: 0, visits: 0 }) };
}

struct Held {
    namespaces: Vec<Value>,
    opaque: usize,
    visits: usize,
}

struct Budgeted;

#[global_allocator]
static ALLOCATOR: Budgeted = Budgeted;

pub fn cpu_seconds() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9
}

/// Takes bytes from the budget of this thread; false: there are not so many left, or there is no time left.
fn take(bytes: i64) -> bool {
    if !ACTIVE.get() {
        return true;
    }
    let left = LEFT_BYTES.get() - bytes;
    if left < 0 {
        return false;
    }
    let until = UNTIL_CLOCK.get();
    if until == 0 {
        if cpu_seconds() > DEADLINE.get() {
            return false;
        }
        UNTIL_CLOCK.set(CLOCK_STRIDE);
    } else {
        UNTIL_CLOCK.set(until - 1);
    }
    LEFT_BYTES.set(left);
    true
}

fn give(bytes: i64) {
    if ACTIVE.get() {
        LEFT_BYTES.set(LEFT_BYTES.get() + bytes);
    }
}

// SAFETY: all memory is System's; a refusal is the null pointer, as for memory that there is not.
unsafe impl GlobalAlloc for Budgeted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if take(layout.size() as i64) {
            System.alloc(layout)
        } else {
            std::ptr::null_mut()
        }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if take(layout.size() as i64) {
            System.alloc_zeroed(layout)
        } else {
            std::ptr::null_mut()
        }
    }
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        give(layout.size() as i64);
        System.dealloc(p, layout)
    }
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = size as i64 - layout.size() as i64;
        if more > 0 && !take(more) {
            return std::ptr::null_mut();
        }
        if more < 0 {
            give(-more);
        }
        System.realloc(p, layout, size)
    }
}

/// What the work unwinds with when its budget is spent.
struct Spent;

fn on_refusal(_: Layout) {
    if ACTIVE.replace(false) {
        resume_unwind(Box::new(Spent));
    }
}

pub enum Stopped {
    Spent,
    NoThread,
    Bug(String),
}

/// Runs `work` on a thread with a deep stack and with a budget of memory and of CPU time.
pub fn within<T: Send>(bytes: usize, seconds: f64, work: impl FnOnce() -> T + Send) -> Result<T, Stopped> {
    static HOOKS: std::sync::Once = std::sync::Once::new();
    HOOKS.call_once(|| {
        std::alloc::set_alloc_error_hook(on_refusal);
        std::panic::set_hook(Box::new(|_| {})); // a panic becomes an error with its words
    });
    let body = || {
        LEFT_BYTES.set(bytes as i64);
        DEADLINE.set(cpu_seconds() + seconds);
        UNTIL_CLOCK.set(CLOCK_STRIDE);
        let out = catch_unwind(AssertUnwindSafe(|| {
            ACTIVE.set(true);
            let out = work();
            if !ACTIVE.replace(false) {
                resume_unwind(Box::new(Spent)); // a library on the way caught the first one
            }
            out
        }));
        ACTIVE.set(false);
        let _ = catch_unwind(untie);
        out
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, body);
        let Ok(thread) = thread else { return Err(Stopped::NoThread) };
        match thread.join() {
            Ok(Ok(out)) => Ok(out),
            Ok(Err(payload)) | Err(payload) => Err(if payload.is::<Spent>() {
                Stopped::Spent
            } else if let Some(text) = payload.downcast_ref::<String>() {
                Stopped::Bug(text.clone())
            } else {
                Stopped::Bug((*payload.downcast_ref::<&str>().unwrap_or(&"panic")).into())
            }),
        }
    })
}

fn over(what: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("{OVER_LIMIT}: {what}"))
}

/// Called at the start of each round of a loop and of each macro: loops whose work allocates nothing end, too.
pub fn tick() -> Result<bool, Error> {
    if cpu_seconds() > DEADLINE.get() {
        return Err(over("time"));
    }
    Ok(false)
}

/// Python's namespace(), counted.
pub fn namespace(defaults: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let mut pairs = Vec::new();
    if let Some(defaults) = defaults {
        for key in defaults.try_iter()? {
            let item = defaults.get_item(&key)?;
            pairs.push((key, keep(item)?));
        }
    }
    for key in kwargs.args() {
        pairs.push((Value::from(key), keep(kwargs.get(key)?)?));
    }
    let (defaults,): (Option<ValueOrKwargs>,) = from_args(&[Value::from_pairs(pairs)])?;
    let out = minijinja::functions::namespace(defaults)?;
    HELD.with_borrow_mut(|held| {
        if held.namespaces.len() == NAMESPACES_MAX {
            return Err(over("namespaces"));
        }
        held.namespaces.push(out.clone());
        Ok(out)
    })
}

/// What `set` stores: lazy values become lists, as they are in Python, and nesting is limited.
pub fn keep(value: Value) -> Result<Value, Error> {
    Ok(kept(&value, 0)?.unwrap_or(value))
}

/// None: the value may be kept as it is.
fn kept(value: &Value, depth: usize) -> Result<Option<Value>, Error> {
    let kind = value.kind();
    if !matches!(kind, ValueKind::Seq | ValueKind::Map | ValueKind::Iterable | ValueKind::Plain) {
        return Ok(None);
    }
    HELD.with_borrow_mut(|held| {
        held.visits += 1;
        if held.visits > VISITS_MAX {
            Err(over("work"))
        } else {
            Ok(())
        }
    })?;
    if depth > NESTING_MAX {
        return Err(over("nesting"));
    }
    let type_name = value.as_object().map_or("", |o| o.type_name());
    if kind == ValueKind::Map && type_name.ends_with("Namespace") {
        return Ok(None); // counted where it was made; it may hold itself
    }
    if kind == ValueKind::Plain || (kind == ValueKind::Map && !type_name.contains("IndexMap<")) {
        return HELD.with_borrow_mut(|held| {
            held.opaque += 1;
            if held.opaque > OPAQUE_MAX {
                Err(over("loops and macros kept"))
            } else {
                Ok(None)
            }
        });
    }
    let mut changed = kind == ValueKind::Iterable;
    if kind == ValueKind::Map {
        let mut pairs = Vec::new();
        for key in value.try_iter()? {
            let item = value.get_item(&key)?;
            let new = kept(&item, depth + 1)?;
            changed |= new.is_some();
            pairs.push((key, new.unwrap_or(item)));
        }
        return Ok(changed.then(|| Value::from_pairs(pairs)));
    }
    let mut items = Vec::new();
    for item in value.try_iter()? {
        let new = kept(&item, depth + 1)?;
        changed |= new.is_some();
        items.push(new.unwrap_or(item));
    }
    Ok(changed.then(|| if value.is_tuple() { Value::from(Tuple::from(items)) } else { Value::from(items) }))
}

/// Namespaces that hold themselves would never be freed: empties what holds more than plain values.
fn untie() {
    let namespaces = HELD.with_borrow_mut(|held| std::mem::take(&mut held.namespaces));
    let mut source = String::new();
    let mut tied = Vec::new();
    for namespace in namespaces {
        let before = source.len();
        for key in namespace.try_iter().into_iter().flatten() {
            let Ok(item) = namespace.get_item(&key) else { continue };
            let Some(name) = key.as_str().filter(|name| is_name(name)) else { continue };
            if item.as_object().is_some() {
                source += &format!("{{% set n{}.{name} = none %}}", tied.len());
            }
        }
        if source.len() > before {
            tied.push((format!("n{}", tied.len()), namespace));
        }
    }
    if !tied.is_empty() {
        let _ = minijinja::Environment::empty().render_str(&source, Value::from_pairs(tied));
    }
}

fn is_name(s: &str) -> bool {
    s.bytes().all(|c| c == b'_' || c.is_ascii_alphanumeric()) && s.bytes().next().is_some_and(|c| !c.is_ascii_digit())
}
