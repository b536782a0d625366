//! Reading Rust as text: what is code, what is a comment, what is in a string, what is only for tests.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

/// A Rust file and its text in three cuts. Lines keep their numbers in each: what is cut becomes spaces.
pub struct Source {
    /// From the package root, with `/`: `src/store/outbox.rs`.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Without comments, strings and what is only for tests.
    pub code: String,
    /// Without comments and what is only for tests, strings left in.
    pub with_strings: String,
    /// How many lines are in it that are not only for tests.
    pub lines: usize,
}

impl Source {
    pub fn of(path: &str, text: &str) -> Source {
        let bare = blank(text, true);
        let tests = test_items(&bare);
        let test_lines: usize = tests.iter().map(|item| text[item.clone()].lines().count()).sum();
        Source {
            path: path.to_owned(),
            code: without(&bare, &tests),
            with_strings: without(&blank(text, false), &tests),
            lines: text.lines().count() - test_lines,
            text: text.to_owned(),
        }
    }

    /// Whether the whole file is tests: `tests.rs` or below a folder `tests`.
    pub fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
    }

    /// The line, from 1, of a byte in any of the cuts.
    pub fn line(text: &str, at: usize) -> usize {
        text[..at].matches('\n').count() + 1
    }
}

/// The folder with `Cargo.toml`.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a folder of the package, sorted; none if there is no such folder yet.
pub fn rust_files(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.sort();
    let rust = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.map(|path| Source::of(&relative(&path), &fs::read_to_string(&path).expect("Rust files are UTF-8"))).collect()
}

/// A path from the package root, with `/`.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Comments become spaces and, if asked, what is between quotes, too. Line ends stay.
fn blank(text: &str, strings: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut clear = |from: usize, to: usize| {
        for byte in &mut out[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            clear(at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let end = at + block_comment(rest);
            clear(at, end);
            at = end;
        } else if let Some((open, length)) = string(bytes, at) {
            if strings && length >= 2 * open {
                clear(at + open, at + length - 1);
            }
            at += length;
        } else {
            at += 1;
        }
    }
    // Only whole characters of comments and strings were replaced, each byte by a space.
    String::from_utf8(out).expect("UTF-8 stays UTF-8")
}

/// The length of a block comment, which may hold others.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// If a string, raw string or character begins here: the length of its opening and of the whole.
fn string(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = &bytes[at..];
    let in_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if !in_word {
        let prefix = if rest.starts_with(b"br") || rest.starts_with(b"cr") { 2 } else { usize::from(rest[0] == b'r') };
        let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
        if prefix > 0 && rest.get(prefix + hashes) == Some(&b'"') {
            let open = prefix + hashes + 1;
            let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
            let end = rest[open..].windows(close.len()).position(|window| window == close);
            return Some((open, end.map_or(rest.len(), |end| open + end + close.len())));
        }
    }
    match rest[0] {
        b'"' => Some((1, quoted(rest, b'"'))),
        // A character, and not a lifetime: 'x' or '\…'.
        b'\'' if rest.get(1) == Some(&b'\\') => Some((1, quoted(rest, b'\''))),
        b'\'' => {
            let character = std::str::from_utf8(&rest[1..rest.len().min(5)]);
            let valid = match character {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&rest[1..1 + error.valid_up_to()]).unwrap_or_default(),
            };
            let length = valid.chars().next()?.len_utf8();
            (rest.get(1 + length) == Some(&b'\'')).then_some((1, length + 2))
        }
        _ => None,
    }
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Where what stands under `#[cfg(test)]` is, in code without comments and strings.
fn test_items(code: &str) -> Vec<Range<usize>> {
    const MARK: &str = "#[cfg(test)]";
    let mut items = Vec::new();
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let start = from + found;
        let end = start + MARK.len() + item_length(&code[start + MARK.len()..]);
        items.push(start..end);
        from = end;
    }
    items
}

/// The text with spaces where the items are.
fn without(text: &str, items: &[Range<usize>]) -> String {
    let mut out = text.as_bytes().to_vec();
    for byte in items.iter().flat_map(Clone::clone) {
        if out[byte] != b'\n' {
            out[byte] = b' ';
        }
    }
    String::from_utf8(out).expect("items begin and end between characters")
}

/// Up to the `;` or the closing brace that ends an item, its attributes included.
fn item_length(code: &str) -> usize {
    let (mut depth, mut braced) = (0i32, false);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => {
                braced |= byte == b'{' && depth == 0;
                depth += 1;
            }
            b'}' | b')' | b']' => {
                depth -= 1;
                if byte == b'}' && depth == 0 && braced {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn cuts_comments_strings_and_tests_and_keeps_lines() {
    let text = "let a = \"// no comment \\\" {\"; // gone unwrap()\nlet b = '{'; let c: &'a str = r#\"x \" y\"#;\n\
                /* a /* b */ c */ let d = '\\'';\n#[cfg(test)]\nmod tests {\n    fn x() { y.unwrap() }\n}\nfn after() {}\n\
                #[cfg(test)]\nuse only::here;\nlet é = 'é';\n";
    let source = Source::of("src/x.rs", text);
    assert_eq!(source.code.matches('\n').count(), text.matches('\n').count());
    assert!(!source.code.contains("gone") && !source.code.contains("unwrap") && !source.code.contains("no comment"));
    assert!(source.with_strings.contains("no comment") && source.with_strings.contains("x \" y"));
    assert!(!source.with_strings.contains("unwrap") && !source.with_strings.contains("only::here"));
    assert_eq!(source.lines, text.lines().count() - 6);
    for kept in ["let a", "let b", "let c: &'a str", "let d", "fn after() {}", "let é"] {
        assert!(source.code.contains(kept), "{kept} was cut:\n{}", source.code);
    }
}
