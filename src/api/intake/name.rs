//! The name of a posted document, as its sender calls it.

use crate::canonical::Micros;
use axum::http::{HeaderMap, header};

/// Longer names are cut.
const NAME_CHARS: usize = 200;

/// From `Content-Disposition`, else `X-Filename`; nothing if neither holds a name.
pub fn of(headers: &HeaderMap) -> Option<String> {
    let disposition =
        headers.get(header::CONTENT_DISPOSITION).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let plain = headers.get("x-filename").map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    disposition.as_deref().and_then(filename).or(plain).map(|name| clean(&name)).filter(|name| !name.is_empty())
}

/// For a document without a name.
pub fn without(transport: &str, now: Micros) -> String {
    format!("{transport}-{}", now.rfc3339().replace([':', '-'], ""))
}

/// RFC 6266 §4.3: `filename*` before `filename`.
fn filename(disposition: &str) -> Option<String> {
    let mut plain = None;
    for part in parts(disposition) {
        let Some((name, value)) = part.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if name.eq_ignore_ascii_case("filename*") {
            // RFC 8187 §3.2: charset'language'percent-encoded.
            let mut pieces = value.splitn(3, '\'');
            if let (Some(charset), Some(_), Some(coded)) = (pieces.next(), pieces.next(), pieces.next())
                && charset.eq_ignore_ascii_case("utf-8")
            {
                return Some(percent_decoded(coded));
            }
        } else if name.eq_ignore_ascii_case("filename") {
            plain = Some(unquoted(value));
        }
    }
    plain
}

/// Cut at semicolons that are in no quoted string.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (n, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&text[start..n]);
                start = n + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else { return value.to_owned() };
    let mut text = String::new();
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            text.push(c);
            escaped = false;
        }
    }
    text
}

fn percent_decoded(coded: &str) -> String {
    let bytes = coded.as_bytes();
    let (mut plain, mut n) = (Vec::with_capacity(bytes.len()), 0);
    let digit = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    while n < bytes.len() {
        match (bytes[n], digit(n + 1), digit(n + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                n += 3;
            }
            (byte, _, _) => {
                plain.push(byte);
                n += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// The last part of a path, without control characters, of a bounded length.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(disposition: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_DISPOSITION, disposition.parse().unwrap());
        of(&headers)
    }

    #[test]
    fn names() {
        for (header, name) in [
            ("attachment; filename=order.edi", Some("order.edi")),
            ("attachment; filename=\"a; \\\"b\\\".edi\"", Some("a; \"b\".edi")),
            ("attachment; filename=\"plain.edi\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.edi", Some("grüße.edi")),
            ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"C:\\\\drop\\\\o.edi\"", Some("o.edi")),
            ("attachment; filename*=UTF-8''a%00%0Ab", Some("ab")),
            ("attachment; filename*=UTF-8''50%", Some("50%")),
            ("attachment; filename=\"/\"", None),
            ("attachment", None),
        ] {
            assert_eq!(named(header).as_deref(), name, "{header}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(clean(&"ä".repeat(500)).chars().count(), NAME_CHARS);
    }
}
