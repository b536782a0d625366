//! The raw document unfolded, a segment or row a line, with each fault under its place.

use crate::formats::{
    fault::{Costs, Fault},
    letters::Letters,
    render::{self, Line},
};
use maud::{Markup, html};
use std::ops::Range;

/// Lines shown of a document, at most.
const LINES: usize = 400;
/// Bytes shown of a line, at most.
const WIDTH: usize = 2_000;
/// Lines around a fault that are shown where the whole is long.
const AROUND: usize = 5;
/// A document with faults is folded beyond this many lines, so that the faults are seen at once.
const FOLDED: usize = 40;
/// Lines at the beginning that stay unfolded: the envelope's.
const HEAD: usize = 4;

/// A document's bytes, and the characters that they are in.
type Shown<'a> = (&'a [u8], Letters);

/// The lines of a document's beginning that touch `only`. Faults of what was cut off stand below.
pub fn picture(bytes: &[u8], only: Range<usize>, faults: &[Fault]) -> Markup {
    let lines: Vec<Line> =
        render::lines(bytes).into_iter().filter(|line| line.start < only.end && line.end > only.start).collect();
    let at = |fault: &Fault| lines.partition_point(|line| line.start as u64 <= fault.place.byte).saturating_sub(1);
    let (within, beyond): (Vec<&Fault>, Vec<&Fault>) =
        faults.iter().partition(|f| !lines.is_empty() && f.place.byte <= bytes.len() as u64);
    let mut placed: Vec<(usize, &Fault)> = within.into_iter().map(|f| (at(f), f)).collect();
    placed.sort_by_key(|(line, fault)| (*line, fault.place.byte));
    let near = |n: usize| placed.iter().any(|(l, _)| n.abs_diff(*l) <= AROUND);
    let head = if placed.is_empty() { LINES } else { HEAD };
    let shown = |n: usize| n < head || near(n) || lines.len() <= if placed.is_empty() { LINES } else { FOLDED };
    let bytes = (bytes, Letters::of(bytes));
    let mut rows = Vec::new();
    let mut folded: Vec<&Line> = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        if !shown(n) || rows.len() > LINES * 2 {
            folded.push(line);
            continue;
        }
        if !folded.is_empty() {
            rows.push(fold(bytes, &std::mem::take(&mut folded)));
        }
        let here: Vec<&Fault> = placed.iter().filter(|(l, _)| *l == n).map(|(_, f)| *f).collect();
        rows.push(row(bytes, line, &here));
    }
    if !folded.is_empty() {
        rows.push(fold(bytes, &folded));
    }
    html! {
        div .raw role="group" aria-label="The document, a segment a line" tabindex="0" {
            @for row in rows { (row) }
            @if lines.is_empty() { p .muted { "There are no bytes to show." } }
            @for fault in beyond { (words(fault)) }
        }
    }
}

/// Lines without a fault, to be unfolded; only told where they are too many for a page.
fn fold(bytes: Shown, lines: &[&Line]) -> Markup {
    let n = lines.len();
    html! {
        @if n > LINES { div .gap { "… " (n) " lines are not shown; the download has them" } } @else {
            details .fold {
                summary .gap { (n) @if n == 1 { " line" } @else { " lines" } " without a fault" }
                @for line in lines { (row(bytes, line, &[])) }
            }
        }
    }
}

fn row(bytes: Shown, line: &Line, faults: &[&Fault]) -> Markup {
    let end = line.end.min(line.start + WIDTH);
    html! {
        div .line .marked[!faults.is_empty()] {
            span .no aria-hidden="true" { @if let Some(number) = line.number { (number) } }
            code { (marked(bytes, line.start, end, faults)) @if end < line.end { span .muted { "…" } } }
        }
        @for fault in faults { (words(fault)) }
    }
}

/// A line's text with the places of its faults marked; where two overlap the first counts.
fn marked((bytes, letters): Shown, start: usize, end: usize, faults: &[&Fault]) -> Markup {
    let mut parts = Vec::new();
    let mut at = start;
    for fault in faults {
        let from = usize::try_from(fault.place.byte).unwrap_or(end).clamp(at, end);
        let to = from.saturating_add(fault.place.len as usize).clamp(from, end);
        parts.push((false, text(letters, &bytes[at..from])));
        parts.push((true, text(letters, &bytes[from..to])));
        at = to;
    }
    parts.push((false, text(letters, &bytes[at..end])));
    html! {
        @for (is_fault, text) in parts {
            @if is_fault { mark { @if text.is_empty() { "▲" } @else { (text) } } } @else { (text) }
        }
    }
}

/// Bytes as text of one line: what can't be shown is a dot.
fn text(letters: Letters, bytes: &[u8]) -> String {
    let text = letters.text(bytes);
    let shown = text.trim_end_matches(['\r', '\n']).chars();
    shown.map(|c| if c.is_control() || c == char::REPLACEMENT_CHARACTER { '·' } else { c }).collect()
}

/// What is wrong: where, found, expected, what to do.
pub fn words(fault: &Fault) -> Markup {
    let place = fault.place.at.to_string();
    html! {
        div .fault .warn[fault.costs <= Costs::Segment] {
            p { b { (fault.code) } @if !place.is_empty() { " " span .place { (place) } } " " (fault.sentence) }
            dl .facts {
                @if !fault.found.is_empty() { dt { "found" } dd { code { (fault.found) } } }
                @if !fault.expected.is_empty() { dt { "expected" } dd { (fault.expected) } }
                @if !fault.remedy.is_empty() { dt { "next" } dd { (fault.remedy) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::place::{At, Place};

    fn fault(byte: u64, len: u32) -> Fault {
        Fault::new("E0307", Place { byte, len, at: At::Node { path: "x".into() } }, "It is wrong.").found("12x")
    }

    #[test]
    fn a_fault_is_marked_where_it_stands_and_nothing_is_taken_as_markup() {
        let shown = picture(b"a<b>\nc12xd\n", 0..11, &[fault(6, 3)]).into_string();
        assert!(shown.contains("a&lt;b&gt;"), "{shown}");
        assert!(shown.contains("c<mark>12x</mark>d"), "{shown}");
    }

    #[test]
    fn letters_are_shown_in_the_characters_of_the_document() {
        let bytes = b"UNB+UNOC:3+A'\nNAD+BY+++S\xFCd'\n";
        let shown = picture(bytes, 0..bytes.len(), &[fault(23, 3)]).into_string();
        assert!(shown.contains("<mark>Süd</mark>"), "{shown}");
    }

    #[test]
    fn places_beyond_the_bytes_break_nothing() {
        for (byte, len) in [(0, 0), (3, u32::MAX), (u64::MAX, u32::MAX), (1_000, 1)] {
            picture(b"abc\n", 0..4, &[fault(byte, len), fault(byte, len)]).into_string();
            picture(b"", 0..0, &[fault(byte, len)]).into_string();
        }
    }

    #[test]
    fn a_long_document_is_cut_and_keeps_its_fault() {
        let long = "row\n".repeat(5_000) + "12x\n";
        let shown = picture(long.as_bytes(), 0..long.len(), &[fault(20_000, 3)]).into_string();
        assert!(shown.contains("<mark>12x</mark>") && shown.contains("lines are not shown"), "the end is there");
        assert!(shown.len() < 100_000);
    }
}
