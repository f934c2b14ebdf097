//! The source of a template, made ready for minijinja.
//!
//! Line ends become line feeds, as in jinja2. `{% generation %}`, which transformers adds to Jinja, becomes a block
//! that is always taken; a tuple in `{{ }}` gets its brackets. What `set` stores goes through `limits::keep`, and each round
//! of a loop and each macro begins with `limits::tick`. No line is added and no blank changes.

pub const KEEP: &str = "__yun_keep";
pub const TICK: &str = "__yun_tick";

const SOURCE_BYTES_MAX: usize = 128 << 10; // the longest known are of some 20 kB
const TAG_BYTES_MAX: usize = 16 << 10; // of one tag, without its strings: the compiler recurses over its operators
const ELIF_MAX: usize = 1000; // the compiler recurses over them

pub struct Refusal {
    pub line: usize,
    pub text: String,
    pub is_limit: bool,
}

struct Tag {
    code_end: usize, // before the sign that strips blanks, if there is one
    end: usize,
    equals: Option<usize>, // of the first `=` outside brackets
    is_tuple: bool,        // a comma outside brackets
    bytes: usize,
}

/// Finds the end of the tag whose code begins at `from`; None: it has none.
fn tag_end(source: &str, from: usize, close: &str) -> Option<Tag> {
    let bytes = source.as_bytes();
    let (mut at, mut open, mut equals, mut is_tuple, mut counted) = (from, 0usize, None, false, 0);
    while at < bytes.len() {
        if open == 0 && source[at..].starts_with(close) {
            let signed = at > from && matches!(bytes[at - 1], b'-' | b'+');
            return Some(Tag {
                code_end: at - signed as usize,
                end: at + close.len(),
                equals,
                is_tuple,
                bytes: counted,
            });
        }
        counted += 1;
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += 1 + (bytes[at] == b'\\') as usize;
                }
            }
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b',' if open == 0 => is_tuple = true,
            b'=' if open == 0 && equals.is_none() => equals = Some(at),
            _ => {}
        }
        at += 1;
        while at < bytes.len() && !source.is_char_boundary(at) {
            at += 1;
        }
    }
    None
}

/// The end of `{% raw %}` that begins at `from`, as the end of its closing tag.
fn raw_end(source: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = source[at..].find("{%") {
        at += found + 2;
        let code = source[at..].trim_start_matches(['-', '+']).trim_start();
        if let Some(rest) = code.strip_prefix("endraw") {
            let rest = rest.trim_start().trim_start_matches(['-', '+']);
            if rest.starts_with("%}") {
                return Some(source.len() - rest.len() + 2);
            }
        }
    }
    None
}

pub fn prepare(source: &str) -> Result<String, Refusal> {
    if source.len() > SOURCE_BYTES_MAX {
        let text = format!("a template of {} bytes: at most {SOURCE_BYTES_MAX} are read", source.len());
        return Err(Refusal { line: 0, text, is_limit: true });
    }
    let source = &source.replace("\r\n", "\n").replace('\r', "\n");
    let refuse = |at: usize, is_limit: bool, text: String| Refusal {
        line: source[..at].matches('\n').count() + 1,
        text,
        is_limit,
    };
    if let Some(at) = source.find("__yun_") {
        return Err(refuse(at, false, "names that begin with __yun_ are taken".into()));
    }
    let mut out = String::with_capacity(source.len() + source.len() / 4);
    let (mut at, mut elifs) = (0, 0);
    while let Some(found) = source[at..].find('{') {
        let start = at + found;
        let kind = source.as_bytes().get(start + 1);
        let close = match kind {
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            Some(b'#') => "#}",
            _ => {
                out += &source[at..=start];
                at = start + 1;
                continue;
            }
        };
        out += &source[at..start];
        at = start;
        if close == "#}" {
            let Some(end) = source[start..].find(close) else { break };
            at = start + end + 2;
            out += &source[start..at];
            continue;
        }
        let signs = source[start + 2..].starts_with(['-', '+']) as usize;
        let code = start + 2 + signs;
        let Some(tag) = tag_end(source, code, close) else { break };
        if tag.bytes > TAG_BYTES_MAX {
            return Err(refuse(start, true, format!("a tag of {} bytes: at most {TAG_BYTES_MAX} are read", tag.bytes)));
        }
        at = tag.end;
        let inner = if tag.code_end < code { "" } else { &source[code..tag.code_end] };
        let word: &str = inner.trim_start();
        let word = &word[..word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len())];
        let whole = &source[start..tag.end];
        if close == "}}" {
            if tag.is_tuple {
                out += &format!("{}({inner}){}", &source[start..code], &source[tag.code_end..tag.end]);
            } else {
                out += whole;
            }
            continue;
        }
        match word {
            "raw" if inner.trim() == "raw" => {
                let Some(end) = raw_end(source, tag.end) else {
                    return Err(refuse(start, false, "unclosed raw block".into()));
                };
                out += &source[start..end];
                at = end;
            }
            "generation" if inner.trim() == word => out += &whole.replacen("generation", "if true", 1),
            "endgeneration" if inner.trim() == word => out += &whole.replacen("endgeneration", "endif", 1),
            "for" | "macro" => {
                let tail = &source[tag.code_end..tag.end];
                out += whole;
                out += &format!("{{% if {TICK}() %}}{{% endif {tail}");
            }
            "set" => match tag.equals.filter(|&e| !source[code..e].contains('|')) {
                Some(equals) => {
                    out += &source[start..=equals];
                    out += &format!(" {KEEP}(({}", &source[equals + 1..tag.code_end]);
                    out += &format!(")) {}", &source[tag.code_end..tag.end]);
                }
                None => out += whole,
            },
            "elif" => {
                elifs += 1;
                if elifs > ELIF_MAX {
                    return Err(refuse(start, true, format!("more than {ELIF_MAX} elif")));
                }
                out += whole;
            }
            "include" | "import" | "from" | "extends" => {
                return Err(refuse(start, false, format!("'{word}' has no place in a chat template")));
            }
            _ => out += whole,
        }
    }
    out += &source[at..];
    Ok(out)
}
