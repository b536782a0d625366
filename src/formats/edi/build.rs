//! One set's bytes to its tree and its faults.

mod absent;
mod fill;

use super::{
    faults::Faults,
    index::Needles,
    lengthy,
    scan::{Classes, MOST_PARTS, Raw, Syntax, cut, is_break, meant},
    scratch::Tables,
    structure::{Arrival, Placed, Structure, as_agreed},
    text::{Charset, decode, latin1},
    values,
    window::{Cut, Marked},
};
use crate::{
    codes,
    fault::{Costs, Fault},
    guides::{Checks, ElementSpec, Guide, NO_SPEC, SegmentSpec, pack},
    piece::Policy,
    place::{At, Place},
    tree::{Add, Kind, NodeId, Text, Tree},
};
use std::borrow::Cow;

/// How an interchange's bytes are looked at: made once of its syntax.
pub(crate) struct Lexis {
    pub classes: Classes,
    pub needles: Option<Needles>,
}

impl Lexis {
    pub fn of(syntax: &Syntax) -> Lexis {
        Lexis { classes: Classes::of(syntax), needles: Needles::of(syntax) }
    }
}

/// A set as it was cut out of the document.
pub(crate) struct RawSet<'a> {
    pub bytes: &'a [u8],
    /// Offset of `bytes[0]` in the document.
    pub base: u64,
    /// Segments, from the start of `bytes`, without terminators.
    pub spans: &'a [(u32, u32)],
    /// Its marks, if it was cut out by them.
    pub marked: Marked<'a>,
    pub syntax: &'a Syntax,
    pub lexis: &'a Lexis,
    pub charset: Charset,
    /// Bytes that are no text, from the start of `bytes`: the object of an EDIFACT package.
    pub object: Option<(usize, usize)>,
    pub guide: Option<&'static Guide>,
    pub policy: &'a Policy,
    /// False if the trailer is missing: then nothing else is said to be.
    pub complete: bool,
    /// True if the document ends inside of the last segment: nothing is said of that one.
    pub cut: bool,
    /// EDIFACT: components stand where the guide says nothing, and repeats are written as further positions.
    pub edifact: bool,
}

impl RawSet<'_> {
    /// True if something other than delimiters and blanks stands in a segment.
    fn says_anything(&self, start: u32, end: u32) -> bool {
        let bytes = &self.bytes[start as usize..end as usize];
        bytes.iter().any(|byte| !byte.is_ascii_whitespace() && !self.syntax.is_service(*byte))
    }
}

/// Reads a set: positions by the guide, elements checked, everything kept in the tree.
pub(crate) fn build(raw: &RawSet, tables: &mut Tables) -> (Tree, Faults) {
    let (mut tree, mut faults, right) = attempt(raw, tables);
    if !right {
        // Once more, in which faults come in the order of what has them.
        tables.later.never = true;
        (tree, faults, _) = attempt(raw, tables);
    }
    tables.later.never &= faults.count() > 0;
    (tree, faults)
}

/// The tree, the faults, and whether that is all: not if a value was found wrong behind others that it stands before.
fn attempt(raw: &RawSet, tables: &mut Tables) -> (Tree, Faults, bool) {
    let mut faults = Faults::by(raw.policy.strictness);
    let (text, latin1) = decode(raw, &mut faults);
    let at = At::Segment { ordinal: 1, id: first_id(raw).into(), element: None, component: None, repeat: 1 };
    let place = Place { byte: raw.base, len: raw.bytes.len() as u32, at };
    let names = raw.guide.map(|guide| &guide.plan.names);
    let tree = Tree::sharing(names, std::mem::take(&mut tables.nodes), text, raw.base, place);
    let kept = std::mem::take(&mut tables.structure);
    let structure = raw.guide.map(|guide| Structure::new(guide, raw.policy, kept));
    // Padding is looked for value by value, the long way, and so are decimals that are written out, and characters that
    // another stands for.
    let substitutes = raw.policy.text.substitute.is_some() && !raw.edifact;
    let by_value = raw.policy.strictness.tells_padding()
        || raw.policy.decimals_written_out
        || substitutes
        || raw.policy.fill.is_asked();
    let cuts = if by_value { &[] } else { raw.marked.cuts };
    let spread = usize::from(raw.edifact && raw.syntax.repetition.is_none());
    let checks = raw.guide.and_then(|guide| guide.plan.checks.get(spread));
    let mut builder = Builder { raw, cuts, checks, tree, faults, structure, latin1, wrong: false };
    tables.segments.clear();
    tables.later.begin();
    let mut at = 0;
    while at < raw.spans.len() && !builder.wrong {
        at = builder.quick(at, tables);
        if let Some((start, end)) = raw.spans.get(at) {
            let node = builder.segment(at as u32 + 1, *start, *end, tables);
            node.into_iter().for_each(|node| tables.segments.push(node, builder.tree.number(node)));
        }
        at += 1;
    }
    let right = builder.right(&mut tables.later);
    builder.finish();
    tables.structure = builder.structure.map(Structure::into_kept).unwrap_or_default();
    tables.nodes = builder.tree.settle();
    (builder.tree, builder.faults, right)
}

fn first_id<'a>(raw: &'a RawSet) -> &'a str {
    raw.bytes
        .get(..3)
        .and_then(|id| std::str::from_utf8(id).ok())
        .unwrap_or("")
        .trim_end_matches(|c: char| !c.is_alphanumeric())
}

fn id_of(segment: &[u8], syntax: &Syntax) -> u32 {
    let stop = |b: &u8| *b == syntax.element || Some(*b) == syntax.component;
    let folds = segment.iter().take(6).filter(|byte| syntax.is_fold(**byte)).count();
    let most = 6 + folds;
    let end = segment.iter().take(most).position(stop).unwrap_or(segment.len().min(most));
    let id: Vec<u8> = segment[..end].iter().copied().filter(|byte| !syntax.is_fold(*byte)).collect();
    pack(id.trim_ascii())
}

pub(super) struct Builder<'a> {
    pub raw: &'a RawSet<'a>,
    /// What the marks say of each segment; nothing where the short way is not to be taken.
    pub cuts: &'a [Cut],
    /// What is checked by the guide, as far as the short way does it.
    pub checks: Option<&'static Checks>,
    pub tree: Tree,
    faults: Faults,
    pub structure: Option<Structure>,
    latin1: bool,
    /// A value that waited to be looked at isn't right.
    pub wrong: bool,
}

/// The element being read.
struct Spot<'a> {
    id: &'a str,
    ordinal: u32,
    element: u16,
    component: Option<u16>,
    repeat: u16,
}

impl Builder<'_> {
    /// Reads a segment, and gives its node; an empty one has none.
    fn segment(&mut self, ordinal: u32, start: u32, end: u32, tables: &mut Tables) -> Option<NodeId> {
        let (raw, elements) = (self.raw, &mut tables.elements);
        let ids = || {
            let spans = raw.spans.iter();
            spans.map(|(start, end)| id_of(&raw.bytes[*start as usize..*end as usize], raw.syntax)).collect()
        };
        let plain = self.plain_id(ordinal, start);
        let id = &*plain.map_or_else(|| self.long_id(start, end, elements), Cow::Borrowed);
        let arrival = Arrival { id, ordinal, byte: raw.base + u64::from(start), start, len: end - start, ids: &ids };
        let nameless = id.is_empty();
        if nameless && !raw.says_anything(start, end) {
            let sentence = format!("Segment {ordinal} is empty.");
            self.faults.push(Fault::new(codes::EMPTY_SEGMENT, arrival.place(), sentence).expected("a segment"));
            return None;
        }
        if plain.is_none() && !nameless {
            self.blanks_around(&arrival, elements);
        }
        let cut = raw.cut && ordinal as usize == raw.spans.len();
        let placed = match &mut self.structure {
            _ if nameless && !cut => self.nameless(&arrival),
            Some(structure) if !cut => structure.place(&arrival, &mut self.tree, &mut self.faults),
            _ => Placed::UNKNOWN,
        };
        // A set of millions of such segments is refused, and its tree would take forty times their bytes.
        if placed.spec == NO_SPEC && self.faults.are_enough() {
            self.faults.leave_out();
            return None;
        }
        let name = if placed.name == u32::MAX { self.tree.intern(arrival.id()) } else { placed.name };
        let clean = self.clean(ordinal, placed.spec, &mut tables.later);
        let (span, rows) = ((start, end - start), clean.unwrap_or_default());
        let node = NodeId(self.tree.nodes().segment(name, span, ordinal, placed.parent.0, rows));
        if clean.is_none() {
            if plain.is_some() {
                self.long_id(start, end, elements);
            }
            self.elements(node, &arrival, self.spec(placed.spec), elements);
        }
        Some(node)
    }

    /// Reads the elements of a segment, whose place is known, the long way.
    pub(super) fn long_elements(&mut self, node: NodeId, ordinal: u32, spec: u32, elements: &mut Vec<Raw>) {
        let Some((start, end)) = self.raw.spans.get(ordinal as usize - 1).copied() else { return };
        let id = &*self.long_id(start, end, elements);
        let (byte, len) = (self.raw.base + u64::from(start), end - start);
        let arrival = Arrival { id, ordinal, byte, start, len, ids: &Vec::new };
        self.elements(node, &arrival, self.spec(spec), elements);
    }

    fn spec(&self, spec: u32) -> Option<&'static SegmentSpec> {
        self.raw.guide.and_then(|guide| guide.plan.specs.get(spec as usize)).map(|spec| &**spec)
    }

    /// Splits a segment into elements, and gives its id.
    fn long_id(&self, start: u32, end: u32, elements: &mut Vec<Raw>) -> Cow<'static, [u8]> {
        let bytes = self.raw.bytes;
        self.raw.lexis.classes.elements(bytes, start as usize, end as usize, elements);
        let id_end = elements[0].end as usize;
        let tag = &bytes[start as usize..id_end];
        // EDIFACT: the tag may carry explicit nesting (`RFF:1`). ISO 9735-1 §8.3
        let tag = match elements[0].components {
            true => &tag[..cut(tag, self.raw.syntax.component.unwrap_or(0), self.raw.syntax)[0].1],
            false => tag,
        };
        let mut tag = tag.trim_ascii().to_vec();
        tag.retain(|byte| !self.raw.syntax.is_fold(*byte));
        if let Some(data) = lengthy::position(&tag).filter(|data| !self.raw.edifact && *data < elements.len()) {
            elements.truncate(data + 1);
            elements[data] = Raw { start: elements[data].start, end, odd: true, ..Raw::default() };
        }
        let id = String::from_utf8_lossy(&tag);
        Cow::Owned(id.get(..id.len().min(12)).unwrap_or("?").as_bytes().to_vec())
    }

    fn elements(&mut self, node: NodeId, segment: &Arrival, spec: Option<&SegmentSpec>, elements: &[Raw]) {
        let mut present = 0u128;
        let mut seen = spec.map(|spec| Positions::over(spec, self.raw.edifact && self.raw.syntax.repetition.is_none()));
        for (position, raw) in (1..=u16::MAX).zip(&elements[1..]) {
            let known = seen.as_mut().map(|seen| seen.next());
            if raw.start == raw.end {
                continue;
            }
            present |= 1u128.checked_shl(u32::from(position)).unwrap_or(0);
            let mut spot =
                Spot { id: segment.id(), ordinal: segment.ordinal, element: position, component: None, repeat: 1 };
            if let Some(None) = known {
                self.too_many_elements(&spot, raw, spec.map_or(0, |s| s.elements.len()));
                seen = None;
            }
            self.element(node, &mut spot, raw, known.flatten());
        }
        if let Some(raw) = elements.get(MOST_PARTS) {
            let (id, ordinal) = (segment.id(), segment.ordinal);
            let spot = Spot { id, ordinal, element: u16::MAX - 1, component: None, repeat: 1 };
            self.beyond(codes::TOO_MANY_ELEMENTS, &spot, raw);
        }
        if let Some(spec) = spec {
            self.absent(segment, spec, elements, present);
        }
        self.separators(segment, spec, elements);
        self.length_said(segment, elements);
    }

    /// A segment with data and without an id is one that nobody knows: taken for an empty one its data would be lost.
    fn nameless(&mut self, segment: &Arrival) -> Placed {
        let end = segment.start + segment.len;
        let data = String::from_utf8_lossy(&self.raw.bytes[segment.start as usize..end as usize]);
        let sentence = format!("Segment {} has data and no id: what it is nobody can tell.", segment.ordinal);
        let fault = Fault::new(codes::UNKNOWN_SEGMENT, segment.place(), sentence).found(&data);
        let fault = fault.expected("a segment's id before its first separator").remedy(
            "Put the segment's id before its first separator. A terminator inside a value looks like this, too.",
        );
        match &mut self.structure {
            Some(structure) => structure.nameless(segment, fault, &mut self.faults),
            None => {
                let told = as_agreed(fault, self.raw.policy.unknown_segments);
                told.into_iter().for_each(|fault| self.faults.push(fault));
                Placed::UNKNOWN
            }
        }
    }

    /// A note if an id is padded.
    fn blanks_around(&mut self, segment: &Arrival, elements: &[Raw]) {
        let blank = |at: u32| self.raw.bytes.get(at as usize).is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        if elements.first().is_some_and(|id| id.end > id.start && blank(id.end - 1)) {
            let sentence = format!("The id of segment {} ({}) has blanks behind it.", segment.ordinal, segment.id());
            let fault = Fault::new(codes::PADDED_ID, segment.place(), sentence);
            self.faults.push(fault.found(&format!("{} ", segment.id())).expected(segment.id()));
        }
    }

    /// BIN and BDS say how many bytes they hold.
    fn length_said(&mut self, segment: &Arrival, elements: &[Raw]) {
        let Some(position) = lengthy::position(segment.id).filter(|_| !self.raw.edifact) else { return };
        let Some([stated, data]) = elements.get(position - 1..=position) else { return };
        let text = String::from_utf8_lossy(&self.raw.bytes[stated.start as usize..stated.end as usize]);
        let there = data.end - data.start;
        let said = text.trim().parse::<i64>();
        if said == Ok(there.into()) || text.trim().is_empty() {
            return;
        }
        // By a guide, what is no number has a fault of its own.
        if said.is_ok() || self.structure.is_none() {
            let id = segment.id();
            let spot = Spot { id, ordinal: segment.ordinal, element: position as u16, component: None, repeat: 1 };
            let sentence = format!("{id}{:02} says {text} bytes, and {there} stand there.", position - 1);
            let fault = Fault::new(codes::WRONG_LENGTH, self.place(&spot, data), sentence);
            self.faults.push(fault.found(&there.to_string()).expected(format!("{text} bytes")));
        }
        let data = &self.raw.bytes[data.start as usize..(segment.start + segment.len) as usize];
        let swallowed = memchr::memchr_iter(self.raw.syntax.segment, data).count();
        self.faults.torn(segment.ordinal, swallowed as u32);
    }

    fn element(&mut self, parent: NodeId, spot: &mut Spot, raw: &Raw, spec: Option<&ElementSpec>) {
        let simple = spec.is_some_and(|spec| spec.components.is_empty());
        let name = self.position_name(spot.element);
        let node = self.tree.add(parent, Add { name, ..add(Kind::Element, spot.element, raw) });
        let separator = self.raw.syntax.repetition.filter(|_| raw.repeats);
        let Some(separator) = separator else {
            return self.composite(node, spot, raw, spec, simple);
        };
        let parts = cut(&self.raw.bytes[raw.start as usize..raw.end as usize], separator, self.raw.syntax);
        if let Some(spec) = spec.filter(|spec| parts.len() > spec.repeats as usize) {
            let name = name_of(spot);
            let sentence = format!("{name} in segment {} stands there {} times.", spot.ordinal, parts.len());
            let found = String::from_utf8_lossy(&self.raw.bytes[raw.start as usize..raw.end as usize]);
            let fault = Fault::new(codes::TOO_MANY_REPEATS, self.place(spot, raw), sentence).found(&found);
            self.faults.push(fault.expected(format!("at most {}", spec.repeats)));
        }
        if parts.len() > MOST_PARTS {
            self.beyond(codes::TOO_MANY_REPEATS, spot, raw);
        }
        for (repeat, (start, end)) in (1..=u16::MAX).zip(parts).filter(|(_, (start, end))| start < end) {
            let part = Raw { start: raw.start + start as u32, end: raw.start + end as u32, repeats: false, ..*raw };
            spot.repeat = repeat;
            let name = self.position_name(repeat);
            let run = self.tree.add(node, Add { name, ..add(Kind::Repeat, repeat, &part) });
            self.composite(run, spot, &part, spec, simple);
        }
    }

    /// An element, or one repeat of it: a leaf, or components below it.
    fn composite(&mut self, node: NodeId, spot: &mut Spot, raw: &Raw, spec: Option<&ElementSpec>, simple: bool) {
        let separator = self.raw.syntax.component.filter(|_| raw.components);
        let bytes = &self.raw.bytes[raw.start as usize..raw.end as usize];
        let parts = separator.map(|separator| cut(bytes, separator, self.raw.syntax)).unwrap_or_default();
        if parts.len() < 2 {
            self.leaf(node, spot, raw, spec.map(|spec| spec.components.first().unwrap_or(spec)));
            // A value alone is the first component, and what else must be there is missing.
            if let Some(spec) = spec.filter(|_| !simple) {
                self.absent_components(spot, raw, spec, (1 << 1, &[(0, bytes.len())]));
            }
            return;
        }
        if simple {
            if !self.raw.edifact {
                let before = self.faults.count();
                self.leaf(node, spot, raw, spec);
                // What is wrong with the value for its sake is one fault.
                match self.faults.count() > before {
                    true => self.faults.say_too(before, " The component separator stands in it."),
                    false => self.separator_in_value(spot, raw),
                }
                return;
            }
            self.separator_in_value(spot, raw);
        }
        let (mut present, mut beyond) = (0u128, false);
        if parts.len() > MOST_PARTS {
            self.beyond(codes::TOO_MANY_COMPONENTS, spot, raw);
        }
        for (position, (start, end)) in (1..=u16::MAX).zip(&parts).filter(|(_, (start, end))| start < end) {
            let part =
                Raw { start: raw.start + *start as u32, end: raw.start + *end as u32, components: false, ..*raw };
            present |= 1u128.checked_shl(u32::from(position)).unwrap_or(0);
            spot.component = Some(position);
            let known = spec.filter(|_| !simple).map(|s| s.components.get(usize::from(position) - 1));
            // What stands behind the first one too many is too many for the same reason.
            if let Some(None) = known
                && !std::mem::replace(&mut beyond, true)
            {
                self.too_many_components(spot, &part, spec.map_or(0, |s| s.components.len()));
            }
            let name = self.position_name(position);
            let leaf = self.tree.add(node, Add { name, ..add(Kind::Component, position, &part) });
            self.leaf(leaf, spot, &part, known.flatten());
        }
        spot.component = None;
        if let Some(spec) = spec.filter(|_| !simple) {
            self.absent_components(spot, raw, spec, (present, &parts));
        }
    }

    /// More parts than are counted: the rest is part of the last, and that costs the set whatever was agreed.
    fn beyond(&mut self, code: &'static str, spot: &Spot, raw: &Raw) {
        let sentence =
            format!("{} in segment {}: only the first {MOST_PARTS} parts are told apart.", name_of(spot), spot.ordinal);
        let fault = Fault::new(code, self.place(spot, raw), sentence).found("more");
        self.faults.push_as_it_is(fault.expected(format!("at most {MOST_PARTS}")));
    }

    fn leaf(&mut self, node: NodeId, spot: &Spot, raw: &Raw, spec: Option<&ElementSpec>) {
        let apart = raw.released || (self.latin1 && raw.odd);
        let value: Cow<str> = if apart { Cow::Owned(self.text_of(raw)) } else { Cow::Borrowed("") };
        let (value, apart) = match self.instead(raw, apart.then_some(&*value)) {
            Some(instead) => (Cow::Owned(instead), true),
            None => (value, apart),
        };
        match apart {
            true => self.tree.set_value(node, &value),
            false => self.tree.set_raw(node, raw.start, raw.end - raw.start),
        }
        let Some(spec) = spec else { return };
        let value = if apart { &*value } else { self.tree.raw(raw.start, raw.end - raw.start) };
        let implied = self.raw.policy.decimals_written_out.then(|| values::implied(value, spec)).flatten();
        // Its length is that of its digits: noughts that stand for decimals are ours.
        let digits = implied.as_ref().map(|_| value.replacen('.', "", 1));
        let value = digits.as_deref().unwrap_or(value);
        let meant = self.as_meant(raw, value);
        if let Some(wrong) = values::check(meant.as_deref().unwrap_or(value), spec) {
            let name = name_of(spot);
            let shown = crate::fault::shorten(value, 40);
            let sentence = format!("{name} in segment {} {}: “{shown}”.", spot.ordinal, wrong.says);
            let fault = Fault::new(wrong.code, self.place(spot, raw), sentence).found(value);
            self.faults.push(fault.expected(format!("{}, {}", described(spec), wrong.expected)));
        } else if let Some(fault) = self.zeros(spot, raw, value, spec) {
            self.faults.push_as_it_is(fault);
        } else if self.raw.policy.strictness.tells_padding()
            && let Some(expected) = values::unpadded(value, spec)
        {
            let sentence = format!("{} in segment {} is padded: “{value}”.", name_of(spot), spot.ordinal);
            let fault = Fault::new(codes::PADDED_VALUE, self.place(spot, raw), sentence).found(value);
            self.faults.push(fault.expected(format!("“{expected}”")));
        }
        if let Some(implied) = implied {
            self.tree.set_value(node, &implied);
        }
    }

    /// A value in UTF-8 that is read in another set, of which is told already: what its bytes became in place of letters are
    /// no control characters.
    fn as_meant(&self, raw: &Raw, value: &str) -> Option<String> {
        let turned = |c: char| ('\u{80}'..='\u{9F}').contains(&c);
        let single = self.latin1 && self.raw.charset.single().is_some();
        if !single || !value.contains(turned) || !self.faults.has(codes::OUTSIDE_REPERTOIRE) {
            return None;
        }
        let bytes = self.raw.bytes.get(raw.start as usize..raw.end as usize)?;
        std::str::from_utf8(bytes).ok().map(|_| value.replace(turned, "?"))
    }

    /// A value of X12 in the characters that were agreed on, if it is another then.
    fn instead(&self, raw: &Raw, value: Option<&str>) -> Option<String> {
        let text = self.raw.policy.text;
        if self.raw.edifact || text.substitute.is_none() {
            return None;
        }
        let reserved = |c: char| u8::try_from(c).is_ok_and(|byte| self.raw.syntax.is_service(byte));
        text.instead(value.unwrap_or_else(|| self.tree.raw(raw.start, raw.end - raw.start)), reserved)
    }

    /// A value that isn't its bytes: released characters, another character set.
    fn text_of(&self, raw: &Raw) -> String {
        let bytes = &self.raw.bytes[raw.start as usize..raw.end as usize];
        // The end of a line may stand inside of a character.
        let bytes: Cow<[u8]> = match self.raw.syntax.folded {
            true => bytes.iter().copied().filter(|byte| !is_break(*byte)).collect(),
            false => bytes.into(),
        };
        let bytes = &*bytes;
        let text = match (self.latin1, std::str::from_utf8(bytes), self.raw.charset) {
            (false, Ok(text), _) => text.to_owned(),
            (_, _, Charset::Utf8) => String::from_utf8_lossy(bytes).into_owned(),
            (_, _, Charset::Of(encoding)) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            _ => latin1(bytes),
        };
        if raw.released { meant(&text, self.raw.syntax) } else { text }
    }

    fn too_many_elements(&mut self, spot: &Spot, raw: &Raw, most: usize) {
        let sentence =
            format!("{} in segment {} is one too many: {} has {most} elements.", name_of(spot), spot.ordinal, spot.id);
        let fault = Fault::new(codes::TOO_MANY_ELEMENTS, self.place(spot, raw), sentence);
        let found = self.tree.raw(raw.start, raw.end - raw.start).to_owned();
        self.faults.push(fault.found(&found).expected(format!("at most {most} elements")));
    }

    fn too_many_components(&mut self, spot: &Spot, raw: &Raw, most: usize) {
        let sentence =
            format!("{} in segment {} is one too many: there are {most} components.", name_of(spot), spot.ordinal);
        let fault = Fault::new(codes::TOO_MANY_COMPONENTS, self.place(spot, raw), sentence);
        let found = self.tree.raw(raw.start, raw.end - raw.start).to_owned();
        self.faults.push(fault.found(&found).expected(format!("at most {most} components")));
    }

    fn separator_in_value(&mut self, spot: &Spot, raw: &Raw) {
        let sentence = format!(
            "{} in segment {} is a simple element, and the component separator stands in it.",
            name_of(spot),
            spot.ordinal
        );
        let costs = if self.raw.edifact { Costs::Set } else { Costs::Nothing };
        let found = self.tree.raw(raw.start, raw.end - raw.start).to_owned();
        let fault = Fault::new(codes::SEPARATOR_IN_VALUE, self.place(spot, raw), sentence).found(&found).costs(costs);
        let fault = match (self.raw.syntax.release, self.raw.syntax.component) {
            (Some(release), Some(component)) => {
                let [release, component] = [release, component].map(char::from);
                let expected = format!("one value: {release}{component} for a {component} in it");
                fault.expected(expected).remedy(
                    "A separator in data stands behind a release character. Leave out what isn't part of the value.",
                )
            }
            _ => fault.expected("one value"),
        };
        self.faults.push(fault);
    }

    fn finish(&mut self) {
        let Some(structure) = self.structure.as_mut().filter(|_| self.raw.complete) else { return };
        let Some((start, end)) = self.raw.spans.last() else { return };
        let id: &[u8] = if self.raw.edifact { b"UNT" } else { b"SE" };
        let (ordinal, byte) = (self.raw.spans.len() as u32, self.raw.base + u64::from(*start));
        structure
            .finish(&Arrival { id, ordinal, byte, start: *start, len: end - start, ids: &Vec::new }, &mut self.faults);
    }

    fn place(&self, spot: &Spot, raw: &Raw) -> Place {
        let Spot { id, ordinal, element, component, repeat } = *spot;
        let at = At::Segment { ordinal, id: id.into(), element: Some(element), component, repeat };
        Place { byte: self.raw.base + u64::from(raw.start), len: raw.end - raw.start, at }
    }

    fn position_name(&mut self, position: u16) -> u32 {
        if position < 100 { u32::from(position) } else { self.tree.intern(&position.to_string()) }
    }
}

/// The specs of a segment's positions in order; with `spread` a repeat takes a position of its own (EDIFACT up to syntax 3).
struct Positions<'a> {
    specs: std::slice::Iter<'a, ElementSpec>,
    current: Option<&'a ElementSpec>,
    left: u32,
    spread: bool,
}

impl<'a> Positions<'a> {
    fn over(spec: &'a SegmentSpec, spread: bool) -> Self {
        Positions { specs: spec.elements.iter(), current: None, left: 0, spread }
    }

    fn next(&mut self) -> Option<&'a ElementSpec> {
        if self.left == 0 {
            self.current = self.specs.next();
            self.left = self.current.map_or(0, |spec| if self.spread { spec.repeats } else { 1 });
        }
        self.left = self.left.saturating_sub(1);
        self.current
    }
}

fn add(kind: Kind, position: u16, raw: &Raw) -> Add {
    Add {
        kind,
        name: u32::from(position.min(99)),
        start: raw.start,
        len: raw.end - raw.start,
        extra: u32::from(position),
        text: Text::None,
    }
}

/// `PO102`, `REF04-2`, and from the second repeat on `REF04[2]-1`.
fn name_of(spot: &Spot) -> String {
    let mut name = format!("{}{:02}", spot.id, spot.element);
    if spot.repeat > 1 {
        name.push_str(&format!("[{}]", spot.repeat));
    }
    if let Some(component) = spot.component {
        name.push_str(&format!("-{component}"));
    }
    name
}

/// `element 324 (buy order no)`.
fn described(spec: &ElementSpec) -> String {
    match spec.label.is_empty() {
        true => format!("element {}", spec.reference),
        false => format!("element {} ({})", spec.reference, spec.label),
    }
}
