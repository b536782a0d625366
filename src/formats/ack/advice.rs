//! 824 and APERAK as we write them: how an application took one set, and what it finds wrong, each with its place.
//! X12 824 (elements 110 and 647), UN/EDIFACT APERAK of D.96A and D.01B.

use super::printable;
use crate::{
    fault::{Fault, Layer},
    guides,
    piece::Standard,
    place::At,
    write::{Element, Segment},
};

/// How an application took a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Accepted,
    /// All of it, but with other terms: another price, a later date.
    Changed,
    /// Some of its lines were refused.
    Partly,
    Rejected,
}

/// The set that an advice is about, by the numbers that its sender gave.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    pub standard: Standard,
    /// `850`, `ORDERS`.
    pub kind: &'a str,
    /// GS08 (`004010`, `005010X220A1`) or the directory (`D96A`).
    pub version: &'a str,
    /// ISA13, UNB 0020.
    pub interchange: &'a str,
    /// GS06; empty in EDIFACT.
    pub group: &'a str,
    /// ST02, UNH 0062.
    pub control: &'a str,
    /// GS02 and GS03; empty in EDIFACT.
    pub applications: [&'a str; 2],
    /// What its sender calls it: the order's number. Empty if it says none that could be read.
    pub name: &'a str,
}

/// What is said of it.
#[derive(Debug, Clone)]
pub struct Advice<'a> {
    pub subject: Subject<'a>,
    pub taken: Taken,
    pub faults: &'a [Fault],
    /// BGN02, BGM 1004: our number of this advice.
    pub number: &'a str,
    /// `YYYYMMDD` and `HHMM`, UTC.
    pub date: &'a str,
    pub time: &'a str,
}

/// The most errors that are told one by one: what D.96A has room for.
const MOST: usize = 999;
/// Element 352: one NTE has so many characters. In an FTX of either directory a line has 70, and there are five.
const NOTE: usize = 80;
const LINE: usize = 70;
const LINES: usize = 5;

/// What an advice about a set of a standard is: `824`, `APERAK`.
pub fn advice_kind(standard: Standard) -> &'static str {
    if standard == Standard::X12 { "824" } else { "APERAK" }
}

impl Advice<'_> {
    /// `824`, `APERAK`.
    pub fn kind(&self) -> &'static str {
        advice_kind(self.subject.standard)
    }

    /// The version that it is written in: that of what it is about, or the nearest that there is a guide for.
    pub fn version(&self) -> &'static str {
        let said = self.subject.version;
        match self.subject.standard {
            Standard::X12 if said >= "005010" => "005010",
            Standard::X12 => "004010",
            // D.96A to D.99B begin with a nine, D.00A and later do not.
            _ if said.starts_with("D0") || said.starts_with("D1") || said.starts_with("D2") => "D01B",
            _ => "D96A",
        }
    }

    /// From BGN or BGM on: the writer makes ST and SE, UNH and UNT.
    pub fn segments(&self) -> Vec<Segment> {
        match self.subject.standard {
            Standard::X12 => self.x12(),
            _ => self.edifact(),
        }
    }

    fn x12(&self) -> Vec<Segment> {
        let Subject { kind, version, interchange, group, control, applications, name, .. } = &self.subject;
        let code = match self.taken {
            Taken::Accepted => "TA",
            Taken::Changed => "TC",
            Taken::Partly => "TP",
            Taken::Rejected => "TR",
        };
        // 127 is mandatory: of a set without a name its number, or that of what it came in.
        let mut numbers = [name, control, group, interchange].into_iter().map(|number| printable(number, 30));
        let name = numbers.next().unwrap_or_default();
        let number = numbers.find(|number| !number.is_empty()).unwrap_or_else(|| "0".into());
        let (qualifier, reference) = match (name.is_empty(), *kind) {
            (true, _) => ("TN", number),
            (_, "850" | "855" | "860" | "865") => ("PO", name),
            (_, "810") => ("IV", name),
            (_, "856") => ("SI", name),
            _ => ("TN", name),
        };
        // 142 and 124 have 2 to 15 characters.
        let application = |id: &str| Some(printable(id, 15)).filter(|id| long(id, 2)).unwrap_or_default();
        let [from, to] = applications.map(application);
        // 329 has 4 to 9 characters, and needs the group's number beside it; 143 has three.
        let control = printable(control, 9);
        let numbers = is_number(group, 1..=9) && long(&control, 4);
        let (group, control) = if numbers { ((*group).to_owned(), control) } else { Default::default() };
        let kind = Some(printable(kind, 3)).filter(|kind| long(kind, 3)).unwrap_or_default();
        let version = printable(version, 12);
        let oti =
            [code, qualifier, &reference, &from, &to, "", "", &group, &control, &kind, &version].map(str::to_owned);
        let mut segments = vec![
            Segment::plain("BGN", ["11", self.number, self.date, self.time]),
            Segment { id: "OTI".into(), elements: oti.into_iter().map(one).collect() },
        ];
        for fault in self.faults.iter().take(MOST) {
            segments.push(self.ted(fault));
            let notes = chunks(&printable(&words(fault), usize::MAX), NOTE);
            segments.extend(notes.into_iter().map(|note| Segment::plain("NTE", ["ERN".to_owned(), note])));
        }
        segments
    }

    fn ted(&self, fault: &Fault) -> Segment {
        let short = fault.code.strip_prefix("mapping/").unwrap_or(&fault.code);
        let short = printable(&short.replace(['/', '_'], " "), 60);
        let mut elements = vec![one(code_647(&fault.code)), one(short)];
        if let At::Segment { ordinal, id, element, component, .. } = &fault.place.at {
            elements.push(one(Some(printable(id, 3)).filter(|id| long(id, 2)).unwrap_or_default()));
            elements.push(one(if *ordinal < 1_000_000 { ordinal.to_string() } else { String::new() }));
            let element = element.filter(|element| *element < 100);
            let mut position: Vec<String> = element.iter().map(u16::to_string).collect();
            if self.version() >= "005010" && element.is_some() {
                position.extend(component.filter(|n| *n < 100).map(|component| component.to_string()));
            }
            elements.push(vec![position]);
            elements.push(one(element.map_or(String::new(), |element| self.reference(id, element, *component))));
            elements.push(one(printable(&fault.found, 99)));
        }
        Segment { id: "TED".into(), elements }
    }

    /// The standard's number of an element (725); empty if no guide knows it.
    fn reference(&self, segment: &str, element: u16, component: Option<u16>) -> String {
        let Some(guide) = guides::find(Standard::X12, self.version(), self.subject.kind) else { return String::new() };
        let spec = guide.segments.get(segment).and_then(|spec| spec.elements.get(usize::from(element).checked_sub(1)?));
        let part = spec.and_then(|spec| spec.components.get(usize::from(component?).checked_sub(1)?));
        let reference = part.map(|part| &part.reference).or(spec.map(|spec| &spec.reference));
        let reference = reference.map(ToString::to_string).unwrap_or_default();
        if is_number(&reference, 1..=4) { reference } else { String::new() }
    }

    fn edifact(&self) -> Vec<Segment> {
        let Subject { interchange, control, name, .. } = &self.subject;
        // 1225 and 4343 say the same: who reads only one of them reads it.
        let (function, response) = match self.taken {
            Taken::Accepted => ("29", "AP"),
            Taken::Changed => ("34", "CA"),
            Taken::Partly => ("30", "CA"),
            Taken::Rejected => ("27", "RE"),
        };
        // D.96A has no code for it.
        let document = if self.version() == "D01B" { "305" } else { "" };
        let mut segments = vec![
            Segment::plain("BGM", [document, self.number, function, response]),
            composed("DTM", ["137", &format!("{}{}", self.date, self.time), "203"]),
        ];
        let named = [("ACW", name), ("ACE", interchange), ("AGO", control)];
        let named = named.iter().map(|(qualifier, value)| (qualifier, cut(&letters(value), 35)));
        segments.extend(
            named.filter(|(_, value)| !value.is_empty()).map(|(qualifier, value)| composed("RFF", [qualifier, &value])),
        );
        for fault in self.faults.iter().take(MOST) {
            segments.push(composed("ERC", [short(&fault.code), "", "ZZZ"]));
            segments.push(text(&words(fault)));
            if let At::Segment { ordinal, .. } = &fault.place.at {
                // 1156 is a line's number of six digits at most.
                let line = if *ordinal < 1_000_000 { ordinal.to_string() } else { String::new() };
                segments.push(composed("RFF", ["ACD", &cut(&letters(&fault.place.at.to_string()), 35), &line]));
                let found = cut(&letters(&fault.found), LINE);
                segments.extend((!found.is_empty()).then(|| text(&found)));
            }
        }
        segments
    }
}

fn one(value: impl Into<String>) -> Element {
    vec![vec![value.into()]]
}

fn composed<const N: usize>(id: &str, components: [&str; N]) -> Segment {
    Segment { id: id.into(), elements: vec![vec![components.map(str::to_owned).to_vec()]] }
}

/// FTX+AAO: an error in free text.
fn text(words: &str) -> Segment {
    let mut lines = chunks(&letters(words), LINE);
    lines.truncate(LINES);
    Segment { id: "FTX".into(), elements: vec![one("AAO"), one(""), one(""), vec![lines]] }
}

/// What the sender reads: of what a mapping finds, what was found where and what should have been. Its tables, and the
/// fields that it fills, are ours.
fn words(fault: &Fault) -> String {
    let at = &fault.place.at;
    if let (Layer::Mapping, At::Segment { ordinal, element: Some(_), .. }) = (fault.layer, at) {
        match (&*fault.code, &*fault.found, &*fault.expected) {
            ("mapping/missing", ..) => return format!("{at} is missing in segment {ordinal}"),
            ("mapping/no_reference", found, _) => {
                return format!("{found} at {at} in segment {ordinal} has no agreed meaning");
            }
            (_, "", _) | (_, _, "") => {}
            (_, found, expected) => return format!("{found} at {at} in segment {ordinal} is not {expected}"),
        }
    }
    if fault.layer == Layer::Mapping {
        return without_paths(fault.sentence.trim().trim_end_matches('.'));
    }
    let sentence = fault.sentence.trim().trim_end_matches('.');
    match &*fault.expected {
        "" => sentence.to_owned(),
        expected => format!("{sentence}. Expected: {expected}"),
    }
}

/// A sentence in which a mapping's paths are places as people say them: brackets are lost in many a character set, and a
/// partner doesn't know paths. `LIN[1]/QTY[01=21].01.02 is missing` is `QTY01-2 of the QTY 21 is missing`.
fn without_paths(sentence: &str) -> String {
    let (mut said, mut rest) = (String::new(), sentence);
    while let Some(bracket) = rest.find('[') {
        let start = rest[..bracket].rfind(|c: char| c.is_whitespace() || c == '`').map_or(0, |at| at + 1);
        let mut depth = 0;
        let ends = |c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth <= 0 && (c.is_whitespace() || matches!(c, '`' | ',' | ';'))
        };
        let end = rest[bracket..].find(ends).map_or(rest.len(), |at| bracket + at);
        said += &rest[..start];
        said += &place_of(&rest[start..end]).unwrap_or_else(|| rest[start..end].to_owned());
        rest = &rest[end..];
    }
    said + rest
}

/// The last step of a path: its segment and position, and what it is told by.
fn place_of(path: &str) -> Option<String> {
    let mut depth = 0;
    let ends = |c: char| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        c == '/' && depth == 0
    };
    let last = path.split(ends).last()?;
    let id_len = last.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(last.len());
    let (id, rest) = last.split_at(id_len);
    if !id.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    let behind = rest.rfind(']').map_or(rest, |at| &rest[at + 1..]);
    let numbers: Option<Vec<u16>> = behind.split('.').filter(|part| !part.is_empty()).map(|n| n.parse().ok()).collect();
    let position = match numbers?.as_slice() {
        [] => String::new(),
        [element] => format!("{element:02}"),
        [element, component, ..] => format!("{element:02}-{component}"),
    };
    // `[1]` only counts.
    let told_by = rest.split('[').skip(1).filter_map(|part| part.split_once(']')?.0.split_once('='));
    let values: Vec<&str> = told_by.map(|(_, value)| value.trim_matches(['\'', '"', ' '])).collect();
    Some(match (position.as_str(), values.is_empty()) {
        (_, true) => format!("{id}{position}"),
        ("", false) => format!("{id} {}", values.join(" ")),
        _ => format!("{id}{position} of the {id} {}", values.join(" ")),
    })
}

/// What the smallest of EDIFACT's character sets has, if letters may be transliterated.
fn letters(text: &str) -> String {
    let fits = |c: char| (c.is_alphanumeric() && u32::from(c) < 0x100) || " .,-()/=':+?".contains(c);
    let read = |c: char| match c {
        ';' => ',',
        '[' | '{' => '(',
        ']' | '}' => ')',
        c if fits(c) => c,
        _ => ' ',
    };
    text.chars().map(read).collect()
}

fn cut(text: &str, most: usize) -> String {
    text.trim().chars().take(most).collect()
}

/// Cut at blanks where there are some, into pieces of so many characters at most.
fn chunks(text: &str, most: usize) -> Vec<String> {
    let mut pieces: Vec<String> = vec![];
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for part in letters.chunks(most) {
            let part: String = part.iter().collect();
            match pieces.last_mut().filter(|last| last.chars().count() + 1 + part.chars().count() <= most) {
                Some(last) => *last += &format!(" {part}"),
                None => pieces.push(part),
            }
        }
    }
    pieces
}

fn long(text: &str, least: usize) -> bool {
    text.chars().count() >= least
}

fn is_number(text: &str, digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Element 647 for a code of ours.
fn code_647(code: &str) -> &'static str {
    match code {
        "order/unknown_item" => "Q",
        "order/unit" => "H",
        "order/quantity" => "P",
        "order/price" | "order/no_price" => "MN",
        "order/no_number" | "order/unknown" | "order/closed" => "MB",
        "order/number_taken" => "006",
        "order/no_lines" | "mapping/missing" => "007",
        "not_built" => "T",
        "stock/short" => "024",
        "mapping/contradiction" => "011",
        code if code.starts_with("mapping/") || code.starts_with("order/") => "848",
        _ => "024",
    }
}

/// Element 9321, which has eight characters and no list: our code's last word.
fn short(code: &str) -> &str {
    match code {
        "order/unknown_item" => "ITEM",
        "order/number_taken" => "NUMBER",
        "order/line_number" => "LINE",
        "mapping/no_reference" => "NOREF",
        "mapping/contradiction" => "DIFFERS",
        "order/no_number" => "NONUMBER",
        "order/no_lines" => "NOLINES",
        "order/no_price" => "NOPRICE",
        "order/price" => "PRICE",
        "order/unit" => "UNIT",
        "order/currency" => "CURRENCY",
        "order/quantity" => "QUANTITY",
        "order/unknown" => "UNKNOWN",
        "order/closed" => "CLOSED",
        "stock/short" => "SHORT",
        "mapping/missing" => "MISSING",
        code if code.starts_with("mapping/") => "VALUE",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_said_as_places() {
        for (sentence, said) in [
            ("LIN[1]/QTY[01=21].01.02 is missing in segment 7", "QTY01-2 of the QTY 21 is missing in segment 7"),
            ("PO1[2]/REF[01=DP].02 is missing in segment 9", "REF02 of the REF DP is missing in segment 9"),
            ("N1[01='S T'] is missing", "N1 S T is missing"),
            ("N1[01=ST]/N4[2].01, or PO1[1]/PO102", "N401, or PO102"),
            ("a list [1, 2] of 3", "a list [1, 2] of 3"),
            ("PO102 is missing", "PO102 is missing"),
        ] {
            assert_eq!(without_paths(sentence), said);
        }
        assert_eq!(letters("sent; the list (a) [b] {c}"), "sent, the list (a) (b) (c)");
    }

    #[test]
    fn text_is_cut_at_blanks_and_never_too_long() {
        assert_eq!(chunks("aa bb cc dd", 5), ["aa bb", "cc dd"]);
        assert_eq!(chunks("abcdefghijkl m", 5), ["abcde", "fghij", "kl m"]);
        assert_eq!(chunks("  ", 5), [""; 0]);
    }
}
