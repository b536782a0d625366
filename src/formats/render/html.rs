//! A document as one readable page: no script, nothing from elsewhere, everything that came escaped.
//!
//! Loops are nested, elements go by the guides' labels, codes that are met most are spelled out, and each fault stands
//! where it is. The page is written as the document is read: memory holds one set of it.

use super::words;
use crate::{
    fault::{Costs, Fault},
    guides::{self, ElementSpec, Guide, Guides, SegmentSpec},
    piece::{Group, Interchange, Piece, Set, Standard},
    place::At,
    reader::Reader,
    tree::{Kind, NodeId, Tree},
};
use std::io;

/// The page's own.
const STYLE: &str = include_str!("page.css");

/// Writes a document's page, part by part; gives the number of faults that refuse or lose something: none where
/// `report::Report::accepted` holds. An error is the input's, or the writer's own.
pub fn page(name: &str, document: Reader, put: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<usize> {
    page_by(name, document, &Guides::default(), put)
}

/// The same, in the words of partners' guides where one is for a set; `document` is read by them, too.
pub fn page_by(
    name: &str,
    document: Reader,
    guides: &Guides,
    put: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<usize> {
    let mut page = Page {
        out: String::new(),
        repeats: false,
        guides: guides.clone(),
        application: "".into(),
        refused: 0,
        faults: 0,
        sets: 0,
    };
    page.raw(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>",
    );
    page.text(name);
    page.raw("</title><style>");
    page.raw(STYLE);
    page.raw("</style><body><header><h1>");
    page.text(name);
    page.raw("</h1></header>\n");
    for piece in document {
        page.piece(&piece?);
        put(&page.out)?;
        page.out.clear();
    }
    let (sets, faults, refused) = (page.sets, page.faults, page.refused);
    let class = if refused > 0 { "no" } else { "ok" };
    let told = match (faults, refused) {
        (0, _) => "nothing wrong was found".to_owned(),
        (notes, 0) => format!("nothing is refused or lost, notes: {notes}"),
        (all, refused) => format!("faults that refuse or lose something: {refused}, notes: {}", all - refused),
    };
    page.raw(&format!("<footer class={class}>Documents: {sets}; {told}</footer></body></html>\n"));
    put(&page.out)?;
    Ok(refused)
}

struct Page {
    out: String,
    /// EDIFACT of syntax 4 and X12: an element that repeats stands at one position.
    repeats: bool,
    guides: Guides,
    /// The application that sent the group which is read.
    application: Box<str>,
    refused: usize,
    faults: usize,
    sets: usize,
}

impl Page {
    fn raw(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// What came from outside: no character of it is markup, and what can't be seen is shown.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                '\n' => self.out.push('\n'),
                '\0'..='\x1f' => self.out.extend(char::from_u32(0x2400 + u32::from(c))),
                // Marks that turn the direction of text could make it look like another.
                '\u{7f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => self.out.push('\u{fffd}'),
                other => self.out.push(other),
            }
        }
    }

    fn row(&mut self, name: &str, value: &str) {
        if !value.trim().is_empty() {
            self.raw("<tr><th>");
            self.raw(name);
            self.raw("<td>");
            self.text(value);
        }
    }

    fn piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Interchange(header) => self.interchange(header),
            Piece::Group(header) => self.group(header),
            Piece::Set(set) => self.set(set),
            Piece::GroupEnd(end) => end.faults.iter().for_each(|fault| self.around(fault)),
            Piece::InterchangeEnd(end) => end.faults.iter().for_each(|fault| self.around(fault)),
            Piece::Fault(fault) => self.around(fault),
        }
    }

    /// A fault around the sets: what is lost there is no note, though every set may stand.
    fn around(&mut self, fault: &Fault) {
        self.fault(fault, fault.costs > Costs::Nothing);
    }

    fn interchange(&mut self, header: &Interchange) {
        self.application = "".into();
        self.repeats = header.standard == Standard::X12 || header.version.ends_with(":4");
        let party = |p: &crate::piece::Identity| match p.qualifier.is_empty() {
            true => p.id.to_string(),
            false => format!("{} ({})", p.id, p.qualifier),
        };
        self.raw("<h2>Interchange ");
        self.text(&header.control);
        self.raw("</h2><table>");
        self.row("from", &party(&header.sender));
        self.row("to", &party(&header.receiver));
        self.row("made", &format!("{} {}", day(&header.date), clock(&header.time)));
        self.row("version", &header.version);
        self.row("use", if header.test { "test" } else { "production" });
        self.raw("</table>\n");
    }

    fn group(&mut self, header: &Group) {
        self.application = header.sender.clone();
        self.raw("<h3>Group ");
        let party = format!("{} → {}", header.sender, header.receiver);
        self.text(&format!("{} · {} · {party} · {}", header.control, header.functional_id, header.version));
        self.raw("</h3>\n");
    }

    fn set(&mut self, set: &Set) {
        self.sets += 1;
        self.raw("<section><h2>");
        let what = [&*set.kind, &set.version, &set.control].join(" ");
        self.text(if what.trim().is_empty() { "Document" } else { what.trim() });
        self.raw(if set.accepted() {
            " <span class=ok>fine in itself</span>"
        } else {
            " <span class=no>refused</span>"
        });
        self.raw("</h2>\n");
        let mut faults: Vec<&Fault> = set.faults.iter().collect();
        faults.sort_by_key(|fault| (fault.place.byte, fault.place.len));
        let by = (&*set.version, &*set.association, &*self.application);
        let guide = self.guides.find(set.standard, by, &set.kind);
        let mut drawn = Drawn { page: self, set, guide, faults, next: 0 };
        drawn.below(set.tree.root());
        drawn.until(u64::MAX);
        self.raw("</section>\n");
    }

    /// As `check` tells it.
    fn fault(&mut self, fault: &Fault, refuses: bool) {
        self.faults += 1;
        self.refused += usize::from(refuses);
        self.raw(if refuses { "<div class=\"f r\"><p><b>" } else { "<div class=f><p><b>" });
        self.text(&format!("{} {}", fault.code, fault.place.at));
        self.raw("</b> ");
        self.text(&fault.sentence);
        for (name, value) in [("found", &fault.found), ("expected", &fault.expected), ("next", &fault.remedy)] {
            if !value.is_empty() {
                self.raw("<p>");
                self.raw(name);
                self.raw(": ");
                self.text(value);
            }
        }
        self.raw("</div>\n");
    }
}

/// A set as far as it is drawn.
struct Drawn<'a> {
    page: &'a mut Page,
    set: &'a Set,
    guide: Option<&'static Guide>,
    /// In document order.
    faults: Vec<&'a Fault>,
    next: usize,
}

impl Drawn<'_> {
    /// A fault of the set: one that costs a segment of it lets the set stand.
    fn fault(&mut self, fault: &Fault) {
        self.page.fault(fault, fault.costs > Costs::Segment);
    }

    /// Draws the faults that stand before a byte.
    fn until(&mut self, byte: u64) {
        while let Some(fault) = self.faults.get(self.next).copied().filter(|fault| fault.place.byte < byte) {
            self.fault(fault);
            self.next += 1;
        }
    }

    /// Draws what is missing in front of a segment, and what is left of those before it.
    fn missing(&mut self, start: u64) {
        self.until(start);
        let before = |fault: &&Fault| {
            let whole = matches!(fault.place.at, At::Segment { element: None, .. });
            fault.place.byte == start && fault.place.len == 0 && whole
        };
        while let Some(fault) = self.faults.get(self.next).copied().filter(before) {
            self.fault(fault);
            self.next += 1;
        }
    }

    fn below(&mut self, node: NodeId) {
        let tree: &Tree = &self.set.tree;
        for child in tree.children(node) {
            match tree.kind(child) {
                Kind::Segment => self.segment(child),
                Kind::Loop => {
                    self.missing(tree.bytes(child).start);
                    self.page.raw("<section><h3>");
                    self.page.text(tree.name(child));
                    self.page.raw("</h3>\n");
                    self.below(child);
                    self.page.raw("</section>\n");
                }
                _ if tree.children(child).next().is_some() => {
                    self.page.raw("<section><h3>");
                    self.page.text(tree.name(child));
                    self.page.raw("</h3>");
                    if let Some(text) = tree.value(child).filter(|text| !text.trim().is_empty()) {
                        self.page.raw("<dl><dt><dd>");
                        self.page.text(text);
                        self.page.raw("</dl>");
                    }
                    self.below(child);
                    self.page.raw("</section>\n");
                    self.until(tree.bytes(child).end);
                }
                _ => {
                    self.page.raw("<dl><dt>");
                    self.page.text(tree.name(child));
                    self.page.raw("<dd>");
                    self.page.text(tree.value(child).unwrap_or(""));
                    self.page.raw("</dl>\n");
                    self.until(tree.bytes(child).end);
                }
            }
        }
    }

    fn segment(&mut self, node: NodeId) {
        let tree: &Tree = &self.set.tree;
        self.missing(tree.bytes(node).start);
        let id = tree.name(node);
        let spec = self.guide.and_then(|guide| guide.segments.get(id).cloned());
        let spec = spec.or_else(|| guides::segment(self.set.standard, &self.set.version, id));
        self.page.raw("<div class=s>");
        if let At::Segment { ordinal, .. } = tree.place(node).at {
            self.page.raw(&format!("<span class=n>{ordinal}</span>"));
        }
        self.page.raw("<b>");
        self.page.text(id);
        self.page.raw("</b><i>");
        self.page.text(spec.as_deref().map_or("", |spec| &spec.label));
        self.page.raw("</i><dl>");
        for element in tree.children(node) {
            let At::Segment { element: Some(position), .. } = tree.place(element).at else { continue };
            let known = spec.as_deref().and_then(|spec| at(spec, position, self.page.repeats));
            self.element(element, &format!("{position:02}"), known);
        }
        self.page.raw("</dl></div>\n");
        self.until(tree.bytes(node).end);
    }

    /// An element, or what it is made of.
    fn element(&mut self, node: NodeId, name: &str, spec: Option<&ElementSpec>) {
        let tree: &Tree = &self.set.tree;
        let mut parts = tree.children(node).peekable();
        if parts.peek().is_none() {
            // One value where a composite may stand is its first component.
            let spec = spec.map(|spec| spec.components.first().unwrap_or(spec));
            return self.value(name, tree.value(node).unwrap_or(""), spec);
        }
        for part in parts {
            match tree.kind(part) {
                Kind::Repeat => self.element(part, name, spec),
                _ => {
                    let At::Segment { component: Some(n), .. } = tree.place(part).at else { continue };
                    let known = spec.and_then(|spec| spec.components.get(usize::from(n) - 1));
                    self.value(&format!("{name}-{n}"), tree.value(part).unwrap_or(""), known);
                }
            }
        }
    }

    fn value(&mut self, name: &str, value: &str, spec: Option<&ElementSpec>) {
        self.page.raw("<dt>");
        self.page.text(name);
        self.page.raw(" ");
        self.page.text(spec.map_or("", |spec| &spec.label));
        self.page.raw("<dd>");
        self.page.text(value);
        let code = spec.and_then(|spec| words::of(self.set.standard, &spec.reference, value.trim()));
        let is_day = spec.is_some_and(|spec| spec.class == guides::Class::Date);
        let said = code.map(str::to_owned).or_else(|| Some(day(value)).filter(|day| is_day && day != value));
        if let Some(said) = said {
            self.page.raw(" <em>");
            self.page.text(&said);
            self.page.raw("</em>");
        }
    }
}

/// What stands at a position. Before syntax 4 an EDIFACT element that repeats takes a position for each time.
fn at(spec: &SegmentSpec, position: u16, repeats: bool) -> Option<&ElementSpec> {
    let mut last = 0;
    spec.elements.iter().find(|element| {
        last += if repeats { 1 } else { element.repeats.max(1) };
        last >= u32::from(position)
    })
}

/// `20260105` and `260105` as `2026-01-05`; what is neither as it is.
fn day(text: &str) -> String {
    match text.as_bytes() {
        digits if !digits.iter().all(u8::is_ascii_digit) => text.to_owned(),
        [_, _, _, _, _, _] => format!("20{}-{}-{}", &text[..2], &text[2..4], &text[4..]),
        [_, _, _, _, _, _, _, _] => format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]),
        _ => text.to_owned(),
    }
}

fn clock(text: &str) -> String {
    match text.as_bytes() {
        [_, _, _, _, ..] if text.bytes().all(|b| b.is_ascii_digit()) => format!("{}:{}", &text[..2], &text[2..4]),
        _ => text.to_owned(),
    }
}
