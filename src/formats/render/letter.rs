//! A document's faults as a letter to who sent it: which document, what is wrong where, how to mend it, what was accepted.
//!
//! Promise: one point a fault, with the segment as its sender wrote it and the place marked under it; numbers are those
//! that the sender gave. Called by: `flow`, `cli`. Never: greets, guesses, or names a fault of its own.
//! Tried by: the tests below

mod asks;

use super::{Line, lines, shown};
use crate::{
    ack::NAMES,
    codes,
    fault::{Costs, Fault, Layer, shorten},
    letters::Letters,
    place::At,
};
use asks::ask;
use serde::Serialize;

/// Points that a letter has; whoever must read more sends the document anew first.
pub const POINTS: usize = 50;
/// Characters of a segment that are quoted.
const QUOTED: usize = 120;
/// Characters of a name or number that the sender gave.
const NAMED: usize = 40;

/// What a letter is written of.
#[derive(Debug, Clone, Copy)]
pub struct Matter<'a> {
    /// What the document is called.
    pub name: &'a str,
    /// The document, or its beginning: a point whose bytes are not here quotes nothing.
    pub bytes: &'a [u8],
    pub faults: &'a [Fault],
    /// Sets that were taken, and sets that were not.
    pub accepted: usize,
    pub refused: usize,
    /// Sets that wait with us and of which nothing is decided, and why they do: no fault of their sender's.
    pub waiting: usize,
    pub because: &'a [String],
    /// Why it ended as it did, where that is no fault in it: a number that was used before, a test.
    pub cause: Option<Cause<'a>>,
}

/// What became of a document, in words, and what whoever runs the hub is to do about it.
#[derive(Debug, Clone, Copy)]
pub struct Cause<'a> {
    pub sentence: &'a str,
    pub remedy: &'a str,
}

/// A letter, ready to be read or sent.
#[derive(Debug, Clone, Serialize)]
pub struct Letter {
    pub subject: String,
    /// What was accepted of the document.
    pub verdict: String,
    pub points: Vec<Point>,
    /// Faults that are left out.
    pub more: usize,
}

/// One fault.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    pub code: Box<str>,
    /// `850 0001, BEG03 PO-4711, group 17, interchange 000000042`: what its sender calls what it stands in.
    pub of: String,
    /// The segment or line as it was sent, and its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoted>,
    pub byte: u64,
    pub sentence: Box<str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub found: Box<str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub expected: Box<str>,
    pub remedy: Box<str>,
    /// The title of the code's page.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub title: &'static str,
}

/// A part of the document with a mark under it.
#[derive(Debug, Clone, Serialize)]
pub struct Quoted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    pub text: String,
    /// Characters of `text` before the mark, and under it; none where something is missing.
    pub before: usize,
    pub marked: usize,
}

/// Notes, which cost nothing, are none of its sender's business, and neither is what a file of ours says.
fn theirs(fault: &&Fault) -> bool {
    fault.costs > Costs::Nothing && !matches!(fault.place.at, At::File { .. })
}

/// Writes the letter.
pub fn letter(matter: &Matter) -> Letter {
    let mut faults: Vec<&Fault> = matter.faults.iter().filter(theirs).collect();
    faults.sort_by_key(|fault| fault.place.byte);
    let lines = lines(matter.bytes);
    let points: Vec<Point> = faults.iter().take(POINTS).map(|fault| point(matter.bytes, &lines, fault)).collect();
    let n = faults.len();
    let what = if n == 1 { "1 fault".to_owned() } else { format!("{n} faults") };
    let subject = match points.iter().find(|point| !point.of.is_empty()) {
        Some(first) if points.iter().all(|point| point.of == first.of) => format!("{what} in {}", first.of),
        _ if n == 0 && matter.waiting > 0 => format!("{} waits with us", matter.name),
        _ if n == 0 && matter.cause.is_some() => format!("What became of {}", matter.name),
        _ => format!("{what} in {}", matter.name),
    };
    Letter { subject, verdict: verdict(matter), more: n - points.len(), points }
}

/// What was taken, and what waits: nothing of that is to be sent again.
fn verdict(matter: &Matter) -> String {
    let because = match matter.because {
        [] => String::new(),
        all => format!(": {}", all.join("; ")),
    };
    let because = because.trim_end_matches('.');
    let sets = match matter.waiting {
        1 => "1 set waits with us and need".to_owned(),
        n => format!("{n} sets wait with us and need"),
    };
    let waits = format!("{sets} not be sent again{because}.");
    // Of faults in it each says for itself what it costs.
    if let Some(cause) = matter.cause.filter(|_| !matter.faults.iter().any(|fault| theirs(&fault))) {
        let ended = match (matter.accepted + matter.refused, matter.waiting) {
            (0, 0) => String::new(),
            (0, _) => format!("{waits} "),
            (_, 0) => format!("{} ", counted(matter)),
            _ => format!("{} {waits} ", counted(matter)),
        };
        return ended + &caused(cause);
    }
    match (matter.accepted + matter.refused, matter.waiting) {
        (_, 0) => decided(matter),
        (0, _) if matter.faults.iter().all(|fault| !theirs(&fault)) => waits,
        _ => format!("{} {waits}", decided(matter)),
    }
}

/// How many sets were taken, of what is not all that came.
fn counted(matter: &Matter) -> String {
    let sets = |n: usize, what: &str| format!("{n} {} {what}.", if n == 1 { "set was" } else { "sets were" });
    match (matter.accepted, matter.refused) {
        (n, 0) => sets(n, "accepted"),
        _ => decided(matter),
    }
}

/// A cause in a sentence, and what its reader can do: remedies speak to whoever runs the hub, and what these are to ask the
/// sender for is the sender's.
fn caused(cause: Cause) -> String {
    let asked = |to: &str| {
        ["partner", "sender"].iter().find_map(|who| cause.remedy.strip_prefix(&*format!("ask the {who} {to} ")))
    };
    let own = |remedy: &str| remedy.split(", or ").next().unwrap_or_default().to_owned();
    let mend = match (asked("to"), asked("for"), cause.remedy.strip_prefix("nothing: ")) {
        (Some(to), ..) => format!(" To mend it: {}.", own(to)),
        (_, Some(what), _) => format!(" To mend it: send {}.", own(what).replace(", and for ", ", and ")),
        (.., Some(since)) => format!(" Nothing needs to be done: {since}."),
        _ => String::new(),
    };
    let mut sentence = cause.sentence.trim_end_matches('.').chars();
    let first = sentence.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.{mend}", sentence.as_str())
}

fn decided(matter: &Matter) -> String {
    let sets = |n: usize| if n == 1 { "1 set".to_owned() } else { format!("{n} sets") };
    let lost = matter.faults.iter().any(|fault| fault.costs > Costs::Nothing);
    // The core takes an order and refuses lines of it: nothing around it is wrong.
    let only_lines = matter.faults.iter().all(|fault| fault.costs <= Costs::Nothing || fault.layer == Layer::Core);
    match (matter.accepted, matter.refused) {
        (n, 0) if n > 0 && lost && only_lines => format!("{} could be taken, but for what follows.", sets(n)),
        (n, 0) if n > 0 && lost => format!("{} could be taken; what is around is not whole.", sets(n)),
        (0, 0) => "Nothing of it could be taken.".into(),
        (0, 1) => "Nothing of it was accepted: its only set is refused.".into(),
        (0, n) => format!("Nothing of it was accepted: all {n} sets are refused."),
        (n, 0) if matter.waiting > 0 => {
            format!("{} accepted.", if n == 1 { "1 set was".into() } else { format!("{n} sets were") })
        }
        (n, 0) => format!("All of it was accepted: {}.", sets(n)),
        (n, refused) => {
            let was = if n == 1 { "was" } else { "were" };
            let others = if refused == 1 { "the other one" } else { "the others" };
            format!("{n} of {} sets {was} accepted; send only {others} again.", n + refused)
        }
    }
}

fn point(bytes: &[u8], lines: &[Line], fault: &Fault) -> Point {
    let at = fault.place.byte as usize;
    let line = lines.partition_point(|line| line.start <= at).checked_sub(1).filter(|_| at <= bytes.len());
    Point {
        code: fault.code.clone(),
        of: line.map(|line| named(bytes, lines, line)).unwrap_or_default(),
        quoted: line.and_then(|line| quoted(bytes, lines[line], fault)),
        byte: fault.place.byte,
        sentence: fault.sentence.clone(),
        found: fault.found.clone(),
        expected: fault.expected.clone(),
        remedy: ask(fault),
        title: codes::row(&fault.code).map_or("", |row| row.title),
    }
}

/// The line, or the part of a long one around the fault, and where in it the fault stands.
fn quoted(bytes: &[u8], line: Line, fault: &Fault) -> Option<Quoted> {
    let at = (fault.place.byte as usize).clamp(line.start, line.end);
    let from = if line.end - line.start > QUOTED { at.saturating_sub(QUOTED / 2).max(line.start) } else { line.start };
    let to = (from + QUOTED).min(line.end);
    let letters = Letters::of(bytes);
    let text = shown(letters, bytes.get(from..to)?).trim_end().to_owned();
    let until = (at + fault.place.len as usize).clamp(at, to.max(at));
    let count = |range: std::ops::Range<usize>| bytes.get(range).map_or(0, |part| shown(letters, part).chars().count());
    Some(Quoted { number: line.number, text, before: count(from..at), marked: count(at..until) })
}

/// What the sender calls the set, group and interchange that a line stands in: read backwards from it.
fn named(bytes: &[u8], lines: &[Line], line: usize) -> String {
    let mut parts: [Option<String>; 4] = [const { None }; 4];
    let in_a_set = lines[line].number.is_some();
    let [set, number, group, interchange] = &mut parts;
    for at in (0..=line).rev() {
        let elements = elements(&bytes[lines[at].start..lines[at].end]);
        let element = |n: usize| elements.get(n).map(|e| e.trim()).filter(|e| !e.is_empty());
        let name = |n: usize| shorten(element(n).unwrap_or_default(), NAMED);
        match element(0) {
            Some("ST") if in_a_set && set.is_none() && group.is_none() => {
                *set = Some(format!("{} {}", name(1), name(2)).trim().to_owned());
                *number = business_number(bytes, &lines[at..], element(1).unwrap_or_default());
            }
            Some("UNH") if in_a_set && set.is_none() => {
                let kind = element(2).unwrap_or_default().split(':').next().unwrap_or_default();
                *set = Some(format!("{} {}", shorten(kind, NAMED), name(1)).trim().to_owned());
                *number = business_number(bytes, &lines[at..], kind);
            }
            Some("GS") if group.is_none() => *group = element(6).map(|_| format!("group {}", name(6))),
            Some("UNG") if group.is_none() => *group = element(5).map(|_| format!("group {}", name(5))),
            Some("ISA") => {
                *interchange =
                    element(13).map(|_| format!("interchange {}{}", name(13), between(element(6), element(8))));
                break;
            }
            Some("UNB") => {
                let party = |n: usize| element(n).and_then(|party| party.split(':').next());
                *interchange = element(5).map(|_| format!("interchange {}{}", name(5), between(party(2), party(3))));
                break;
            }
            _ => {}
        }
    }
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Sender and receiver, as far as the header names them.
fn between(sender: Option<&str>, receiver: Option<&str>) -> String {
    let told = |word: &str, party: Option<&str>| {
        party.map_or(String::new(), |party| format!(" {word} {}", shorten(party, NAMED)))
    };
    told("from", sender) + &told("to", receiver)
}

/// The number that the sender gave the set's business: BEG03, BGM02. It stands near the set's beginning.
fn business_number(bytes: &[u8], set: &[Line], kind: &str) -> Option<String> {
    let (id, nth) = match NAMES.iter().find(|(of, ..)| *of == kind) {
        Some((_, id, nth)) => (*id, nth.parse::<usize>().ok()?),
        None => ("BGM", 2),
    };
    set.iter().take(4).find_map(|line| {
        let elements = elements(bytes.get(line.start..line.end)?);
        let number = elements.get(nth)?.trim();
        (elements[0] == id && !number.is_empty()).then(|| format!("{id}{nth:02} {}", shorten(number, NAMED)))
    })
}

/// A segment's elements as they were sent; the delimiter is what follows the segment's id. No name has line ends in it:
/// they are those of a document cut into lines, but where one is the delimiter.
fn elements(segment: &[u8]) -> Vec<String> {
    let id = segment.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let mut whole = segment[..segment.len().saturating_sub(1)].to_vec();
    if !segment.get(id).is_some_and(is_break) {
        whole.retain(|byte| !is_break(byte));
    }
    let text = shown(Letters::of(segment), &whole);
    match segment.get(id).filter(|b| b.is_ascii()) {
        Some(delimiter) if (2..=3).contains(&id) => text.split(char::from(*delimiter)).map(str::to_owned).collect(),
        _ => vec![],
    }
}

impl Letter {
    /// Plain text, for an e-mail.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n\n{}\n", self.subject, self.verdict);
        for (n, point) in self.points.iter().enumerate() {
            out.push_str(&format!("\n{}. {}\n", n + 1, point.head()));
            if let Some(quoted) = &point.quoted {
                out.push_str(&format!("\n{}\n", quoted.picture("    ")));
            }
            for line in point.lines() {
                out.push_str(&format!("   {line}\n"));
            }
        }
        out.push_str(&self.rest());
        out
    }

    /// The same as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n\n{}\n", plain(&self.subject), plain(&self.verdict));
        for (n, point) in self.points.iter().enumerate() {
            out.push_str(&format!("\n## {}. {}\n\n", n + 1, plain(&point.head())));
            if let Some(quoted) = &point.quoted {
                // Indented, so that no run of backquotes in the data ends it.
                out.push_str(&format!("{}\n\n", quoted.picture("    ")));
            }
            for line in point.lines() {
                out.push_str(&format!("- {}\n", plain(&line)));
            }
        }
        out.push_str(&self.rest());
        out
    }

    fn rest(&self) -> String {
        if self.more == 0 { String::new() } else { format!("\n{} more are not told here.\n", self.more) }
    }
}

/// Text in which Markdown finds nothing of its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_[]<>#|".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl Point {
    fn head(&self) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!(" {}", self.title) };
        let of = if self.of.is_empty() { String::new() } else { format!(" ({})", self.of) };
        format!("{}{title}{of}", self.code)
    }

    fn lines(&self) -> Vec<String> {
        let number = self.quoted.as_ref().and_then(|quoted| quoted.number);
        let place = number.map_or_else(|| format!("Byte {}: ", self.byte), |n| format!("Segment {n}: "));
        // A sentence that begins with the segment has said where.
        let place = if self.sentence.starts_with("Segment ") { String::new() } else { place };
        let mut lines = vec![format!("{place}{}", self.sentence)];
        if !self.found.is_empty() && !self.sentence.contains(&*self.found) {
            lines.push(format!("Found: {}", self.found));
        }
        if !self.expected.is_empty() && !self.sentence.contains(&*self.expected) {
            lines.push(format!("Expected: {}", self.expected));
        }
        if !self.remedy.is_empty() {
            lines.push(format!("To mend it: {}", self.remedy));
        }
        lines
    }
}

impl Quoted {
    /// The text, and a line under it with the mark.
    fn picture(&self, indent: &str) -> String {
        let mark = "^".repeat(self.marked.max(1));
        format!("{indent}{}\n{indent}{}{mark}", self.text, " ".repeat(self.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, report};

    const ORDER: &str = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000042*0*P*>~\
        GS*PO*NORTHWIND*ACMEDIST*20260131*0800*17*X*004010~ST*850*0001~BEG*00*SA*PO123**20260131~\
        PO1*1*ten*EA*4.20**VN*BOLT-M8~CTT*1~SE*5*0001~GE*1*17~IEA*1*000000042~";

    fn of(text: &str, accepted: usize, refused: usize) -> Letter {
        let report = report::check("order.edi", None, text.as_bytes(), Options::default()).unwrap();
        let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
        letter(&Matter {
            name: "order.edi",
            bytes: text.as_bytes(),
            faults: &faults,
            accepted,
            refused,
            waiting: 0,
            because: &[],
            cause: None,
        })
    }

    /// Megabytes in one value, wherever it stands, make neither a letter nor a picture that nobody can read.
    #[test]
    fn what_is_too_long_to_be_read_is_cut() {
        let long = "X9".repeat(500_000);
        let places = [
            ("SA*PO123", "SA*{}"),
            ("SE*5*0001", "SE*5*{}"),
            ("SE*5*", "SE*{}*"),
            ("ST*850*0001", "ST*850*{}"),
            ("ST*850*", "ST*{}*"),
            ("GE*1*17", "GE*1*{}"),
            ("GE*1*", "GE*{}*"),
            ("IEA*1*000000042", "IEA*1*{}"),
            ("IEA*1*", "IEA*{}*"),
            ("*0800*17*", "*0800*{}*"),
            ("CTT*1", "CTT*{}"),
        ];
        for (at, instead) in places {
            let text = ORDER.replacen(at, &instead.replace("{}", &long), 1);
            let report = report::check("order.edi", None, text.as_bytes(), Options::default()).unwrap();
            let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
            let picture = crate::render::terminal("order.edi", text.as_bytes(), &faults, false);
            let letter = of(&text, 0, 1).text();
            assert!(letter.contains("To mend it: "), "{at}: {letter}");
            assert!(letter.len() < 6_000, "{at}: a letter of {} bytes", letter.len());
            assert!(picture.len() < 8_000, "{at}: a picture of {} bytes", picture.len());
        }
    }

    #[test]
    fn a_letter_names_what_its_reader_sent() {
        let letter = of(ORDER, 0, 1);
        assert_eq!(letter.points.len(), 1, "{letter:#?}");
        assert_eq!(
            letter.subject,
            "1 fault in 850 0001, BEG03 PO123, group 17, interchange 000000042 from NORTHWIND to ACMEDIST"
        );
        assert_eq!(letter.verdict, "Nothing of it was accepted: its only set is refused.");
        let text = letter.text();
        assert!(text.contains("    PO1*1*ten*EA*4.20**VN*BOLT-M8~\n          ^^^\n"), "{text}");
        assert!(text.contains("Segment 3: PO102"), "{text}");
        assert!(text.contains("To mend it: "), "{text}");
        assert!(letter.markdown().starts_with("# 1 fault in 850 0001, BEG03 PO123"), "{}", letter.markdown());
    }

    /// Whichever width it is cut by, but where a line ends within a segment's id.
    #[test]
    fn a_letter_about_a_folded_document_names_what_was_meant() {
        let whole: Vec<u8> = ORDER.bytes().filter(|byte| *byte != b'\n').collect();
        let plain = of(std::str::from_utf8(&whole).expect("ASCII"), 0, 1).subject;
        let mut cut = 0;
        for width in 40..=100 {
            let lines: Vec<&[u8]> = whole.chunks(width).collect();
            let ids = [&b"ISA"[..], b"GS", b"ST", b"BEG"];
            let within = |id: &&[u8], at: usize| (1..=id.len()).any(|n| (at + n).is_multiple_of(width));
            if ids.iter().any(|id| memchr::memmem::find_iter(&whole, id).any(|at| within(id, at))) {
                continue;
            }
            let letter = of(&String::from_utf8_lossy(&lines.join(&b'\n')), 0, 1);
            assert_eq!(letter.subject, plain, "{width}");
            cut += 1;
        }
        assert!(cut > 20, "{cut}");
    }

    #[test]
    fn a_letter_needs_no_bytes_and_no_faults() {
        let report = report::check("order.edi", None, ORDER.as_bytes(), Options::default()).unwrap();
        let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
        let gone = letter(&Matter {
            name: "a",
            bytes: b"",
            faults: &faults,
            accepted: 0,
            refused: 1,
            waiting: 0,
            because: &[],
            cause: None,
        });
        assert!(gone.points[0].quoted.is_none() && gone.subject == "1 fault in a", "{gone:#?}");
        let none = letter(&Matter {
            name: "a",
            bytes: ORDER.as_bytes(),
            faults: &[],
            accepted: 2,
            refused: 0,
            waiting: 0,
            because: &[],
            cause: None,
        });
        assert_eq!(none.text(), "0 faults in a\n\nAll of it was accepted: 2 sets.\n");
    }

    #[test]
    fn an_order_whose_lines_are_refused_is_whole_around_them() {
        let report = report::check("order.edi", None, ORDER.as_bytes(), Options::default()).unwrap();
        let mut faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
        let of = |faults: &[Fault]| {
            letter(&Matter {
                name: "a",
                bytes: ORDER.as_bytes(),
                faults,
                accepted: 1,
                refused: 0,
                waiting: 0,
                because: &[],
                cause: None,
            })
            .verdict
        };
        assert_eq!(of(&faults), "1 set could be taken; what is around is not whole.");
        (faults[0].layer, faults[0].costs) = (Layer::Core, Costs::Segment);
        assert_eq!(of(&faults), "1 set could be taken, but for what follows.");
    }

    #[test]
    fn what_is_no_fault_in_it_is_told_in_words() {
        let used = "interchange control number 42 was used before, with other content";
        let of = |(sentence, remedy), faults: &[Fault], accepted, refused, waiting| {
            let cause = Some(Cause { sentence, remedy });
            let (bytes, because) = (ORDER.as_bytes(), &[][..]);
            letter(&Matter { name: "a.edi", bytes, faults, accepted, refused, waiting, because, cause }).text()
        };
        let again = (used, "ask the partner to send it again under a new control number");
        let sentence = "Interchange control number 42 was used before, with other content.";
        let mend = "To mend it: send it again under a new control number.";
        assert_eq!(of(again, &[], 0, 0, 0), format!("What became of a.edi\n\n{sentence} {mend}\n"));
        assert_eq!(of(again, &[], 1, 0, 0), format!("What became of a.edi\n\n1 set was accepted. {sentence} {mend}\n"));
        let gap = ("1 number between is missing", "ask the partner for what is missing, and for this one behind it");
        let told = of(gap, &[], 0, 0, 0);
        assert!(told.ends_with("is missing. To mend it: send what is missing, and this one behind it.\n"), "{told}");
        // What only whoever runs the hub can do is none of the sender's business.
        let refused = (
            "the agreement refuses tests",
            "ask the partner to send it as production, or let the agreement accept tests",
        );
        let told = of(refused, &[], 0, 0, 0);
        assert!(told.ends_with("refuses tests. To mend it: send it as production.\n"), "{told}");
        let sandbox =
            ("it is a test, and the connection `trial` took it in", "nothing here: look at the document there");
        let told = of(sandbox, &[], 0, 0, 0);
        assert!(told.ends_with("\n\nIt is a test, and the connection `trial` took it in.\n"), "{told}");
        let same = ("the same content came before", "nothing: it was worked the first time");
        let told = of(same, &[], 0, 0, 0);
        assert!(told.ends_with("came before. Nothing needs to be done: it was worked the first time.\n"), "{told}");
        assert!(of(same, &[], 0, 0, 1).starts_with("a.edi waits with us\n\n1 set waits with us"));
        // Faults say for themselves what they cost.
        let report = report::check("order.edi", None, ORDER.as_bytes(), Options::default()).unwrap();
        let faults: Vec<Fault> = report.all_faults().into_iter().cloned().collect();
        assert!(!of(again, &faults, 0, 1, 0).contains("used before"));
    }

    #[test]
    fn what_is_quoted_is_no_markdown() {
        let letter = of(&ORDER.replace("*ten*", "*`_x*"), 0, 1);
        assert!(
            letter.markdown().lines().filter(|l| l.starts_with('-')).all(|l| !l.contains(" `")),
            "{}",
            letter.markdown()
        );
    }

    #[test]
    fn what_waits_with_us_is_no_fault_of_its_senders() {
        let because = ["nobody has said what the unit ZZ means.".to_owned()];
        let of = |accepted, waiting| {
            let (bytes, faults) = (ORDER.as_bytes(), &[][..]);
            letter(&Matter {
                name: "a.edi",
                bytes,
                faults,
                accepted,
                refused: 0,
                waiting,
                because: &because,
                cause: None,
            })
        };
        assert_eq!(
            of(0, 1).text(),
            "a.edi waits with us\n\n1 set waits with us and need not be sent again: nobody has said what the unit ZZ means.\n"
        );
        assert_eq!(
            of(2, 3).verdict,
            "2 sets were accepted. 3 sets wait with us and need not be sent again: nobody has said what the unit ZZ means."
        );
    }
}
