//! The words that operators know, and the small pieces that every page is made of.

use crate::{
    canonical::{Micros, PartnerId},
    store::now,
    tenancy::Directory,
};
use maud::{Markup, html};
use serde_json::Value;

/// The screen word of a state, and how it looks: `good`, `busy`, `wait`, `bad`, `off`.
pub fn word(state: &str) -> (&'static str, &'static str) {
    match state {
        "translated" | "applied" => ("Completed", "good"),
        "delivered" => ("Delivered", "good"),
        "received" | "pending" => ("Processing", "busy"),
        "retrying" => ("Retry", "wait"),
        "waiting" => ("Waiting", "wait"),
        "held" => ("Held", "wait"),
        "unassigned" => ("Unassigned", "wait"),
        "rejected" => ("Failed", "bad"),
        "refused" => ("Refused", "bad"),
        "dead" => ("Dead letter", "bad"),
        "duplicate" => ("Duplicate", "off"),
        "sandbox" => ("In the sandbox", "off"),
        "cancelled" => ("Cancelled", "off"),
        "replaced" => ("Replaced", "off"),
        "accepted" | "accepted_with_errors" => ("Accepted", "good"),
        "partly_accepted" => ("Partly accepted", "bad"),
        "warned" => ("Due soon", "wait"),
        "overdue" => ("Overdue", "bad"),
        _ => ("Unknown", "off"),
    }
}

/// How a partner took a document of ours, or is to say so.
pub fn acknowledged(state: &str) -> Markup {
    let (word, look) = match state {
        "waiting" => ("Waiting for acknowledgement", "wait"),
        "overdue" => ("Acknowledgement overdue", "bad"),
        "received" => ("Received", "good"),
        "accepted" => ("Accepted", "good"),
        "accepted_with_errors" => ("Accepted with errors", "wait"),
        "partly_accepted" => ("Partly accepted", "bad"),
        "rejected" => ("Rejected", "bad"),
        _ => ("Unknown", "off"),
    };
    html! { span .badge .(look) title=(state) { (word) } }
}

/// A state as a badge.
pub fn badge(state: &str) -> Markup {
    let (word, look) = word(state);
    html! { span .badge .(look) title=(state) { (word) } }
}

/// How long ago, with the exact instant in the title; the script keeps it right.
pub fn when(at: i64) -> Markup {
    let exact = Micros(at).rfc3339();
    html! { time datetime=(exact) title=(exact) { (ago(now().0 - at)) } }
}

fn ago(us: i64) -> String {
    let seconds = us / 1_000_000;
    match seconds {
        i64::MIN..0 => format!("in {}", span(-seconds)),
        0..5 => "just now".to_owned(),
        _ => format!("{} ago", span(seconds)),
    }
}

fn span(seconds: i64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A number of bytes.
pub fn size(bytes: i64) -> String {
    match bytes {
        ..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} kB", bytes / 1_024),
        _ => format!("{} MB", bytes / 1_048_576),
    }
}

/// A partner's name; its id where no file names it any more.
pub fn partner(directory: &Directory, id: Option<PartnerId>) -> String {
    let Some(id) = id else { return String::new() };
    directory.partners.get(&id).map_or_else(|| id.to_string(), |p| p.name.clone())
}

/// A member of a JSON object as text; empty where it is none.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What a cause says: its sentence, else its code.
pub fn reason(cause: Option<&Value>) -> String {
    let Some(cause) = cause else { return String::new() };
    let said = [text(cause, "sentence"), text(cause, "why"), text(cause, "code")];
    said.into_iter().find(|s| !s.is_empty()).unwrap_or_default().to_owned()
}

/// A cause with its remedy.
pub fn cause(cause: Option<&Value>) -> Markup {
    let Some(value) = cause else { return html! {} };
    let remedy = text(value, "remedy");
    html! {
        (reason(cause))
        @if !remedy.is_empty() { " " span .muted { (remedy) } }
        @if !text(value, "was").is_empty() { (before(value)) }
    }
}

/// What it was before somebody acted, and why: it must not be forgotten when the state is another one.
fn before(cause: &Value) -> Markup {
    let ended = reason(cause.get("ended"));
    html! { " " span .before { "before: " (badge(text(cause, "was"))) @if !ended.is_empty() { " " (ended) } } }
}

/// The first eight characters of an id.
pub fn short(id: impl std::fmt::Display) -> String {
    id.to_string().chars().take(8).collect()
}

/// A value inside a path or a query.
pub fn coded(value: &str) -> String {
    let mut coded = String::new();
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => coded.push(char::from(byte)),
            other => coded.push_str(&format!("%{other:02X}")),
        }
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_say_them() {
        assert_eq!(ago(2_000_000), "just now");
        assert_eq!(ago(61_000_000), "1 min ago");
        assert_eq!(ago(-7_200_000_000), "in 2 h");
    }

    #[test]
    fn a_number_with_a_slash_stays_one_part_of_a_path() {
        assert_eq!(coded("PO/1 ü"), "PO%2F1%20%C3%BC");
    }
}
