//! Most lines of an order are like another: the same segments with the same elements in them, the same qualifiers and codes,
//! and other values. How one of them is read is noted, and those that are like it are read by that: no field asks anew where
//! its value stands. It holds for an item
//! - that consists of the same nodes,
//! - in which each text that was compared with something is the same,
//! - whose values are as plain as those of the one noted, and fit the fields.
//!
//! All else that reading goes by (what stands above the item, tables, what the message says already) is the same for all
//! items of a list. An item of which anything was read by the long way (`values`) is not noted, and one with a fault neither.

use super::{
    frames,
    plain::is_plain,
    plan::{Condition, Route},
    provenance::{Again, Begin, Span},
    read::Run,
    seen,
    shape::Shape,
    short::{Through, fits},
};
use crate::{
    canonical::body::{self, Mark, Pattern},
    formats::tree::{Alike, NodeId, Outline},
};
use std::ops::Range;

/// An item of more nodes is not noted.
const MOST_NODES: usize = 256;

/// So many ways to read an item are kept: lines of two or three kinds may come by turns.
const KINDS: usize = 4;

/// After so many items read by notes room is made for all that are left.
const ENOUGH: usize = 16;

/// How items of one list were read.
#[derive(Default)]
pub(super) struct Replays<'a> {
    noted: Vec<Noted<'a>>,
    /// The one that the last item was like, or that was noted last.
    last: usize,
    /// How many were noted, and how many were read by what was noted.
    notes: usize,
    replays: usize,
    texts: Vec<body::Said>,
    spans: Vec<Span>,
}

/// How an item is read, while it is.
pub(super) struct Noting<'a> {
    outline: Outline,
    nodes: Range<u32>,
    /// Something of it can't be read again by notes.
    odd: bool,
    /// Values that were compared with something.
    asked: Vec<NodeId>,
    /// The texts that the message got, in that order.
    said: Vec<Said<'a>>,
    /// Marks of the item's nodes from before.
    marks: [seen::Row; 2],
    body: Mark,
    provenance: Begin,
    faults: usize,
}

struct Said<'a> {
    /// The number of the message's node.
    node: usize,
    /// What the document says, unless the mapping says it by itself.
    from: Option<(NodeId, &'a str, How<'a>)>,
}

/// How a text of the document is one of the message.
#[derive(Clone, Copy)]
pub(super) enum How<'a> {
    AsItStands,
    /// A number in its usual form.
    Number,
    /// Whatever the field takes, through a table or as a date.
    Through(Through, &'a Shape),
}

/// How an item was read.
struct Noted<'a> {
    outline: Outline,
    /// What must stand where.
    asked: Vec<(usize, &'a str)>,
    values: Vec<Value<'a>>,
    /// The first and the last value that is taken as it stands.
    taken: Option<(usize, usize)>,
    pattern: Pattern,
    marks: [seen::Row; 2],
    model: u32,
}

struct Value<'a> {
    at: usize,
    how: How<'a>,
    /// What it was, and what that became in the message.
    was: &'a str,
    said: body::Said,
}

impl<'a> Replays<'a> {
    /// What was noted below another place holds no more: what stands above may be another.
    pub fn forget(&mut self) {
        self.noted.clear();
        self.last = 0;
    }

    /// Reads an item as one before it, if it is like it; else nothing was done. `index`: which of its list, from 0; `nth`:
    /// which of its kind in the document, from 1; `left`: so many are yet to be read.
    pub fn read(&mut self, run: &mut Run<'a>, item: NodeId, (index, nth): (u32, u32), left: usize) -> bool {
        let count = self.noted.len();
        if run.noting.is_some() {
            return false;
        }
        for turn in 0..count {
            let at = (self.last + turn) % count;
            let Some(noted) = self.noted.get(at) else { continue };
            let began = run.body.mark();
            self.texts.clear();
            self.spans.clear();
            let Some(alike) = noted.read(run, item, (&mut self.texts, &mut self.spans)) else {
                run.body.back(began);
                continue;
            };
            run.body.repeat(&noted.pattern, &self.texts);
            run.seen.paste(item, &noted.marks);
            let again = Again { model: noted.model, index, nth, ordinal: alike.ordinal, start: alike.start };
            run.provenance.again(again, &self.spans);
            self.last = at;
            self.replays += 1;
            // The others will be like it, mostly: what has to grow again and again is copied each time.
            if self.replays == ENOUGH {
                let document = run.tree.bytes(run.tree.root());
                // A message has no more than its document, but for objects and ends of lists.
                let most = (run.tree.len() * 2, (document.end - document.start) as usize);
                run.body.reserve_again(began, left, most);
                run.provenance.reserve_again(left, self.spans.len().min(run.tree.len() / left.max(1)));
            }
            return true;
        }
        false
    }

    /// Begins to note how an item is read, if that may be of use. `left`: so many items are yet to be read.
    pub fn begin(&mut self, run: &mut Run<'a>, item: NodeId, left: usize) -> bool {
        // Where hardly any is like another, notes are a waste.
        let useless = left < 3 || self.notes > KINDS + self.replays / 4;
        if useless || run.noting.is_some() || run.base.is_none() || run.seen.is_logged() {
            return false;
        }
        let Some(outline) = run.tree.outline(item, MOST_NODES) else { return false };
        self.notes += 1;
        let count = outline.count();
        run.noting = Some(Box::new(Noting {
            nodes: item.0..item.0 + count as u32,
            outline,
            odd: false,
            asked: Vec::with_capacity(16),
            said: Vec::with_capacity(16),
            marks: run.seen.cut(item, count),
            body: run.body.mark(),
            provenance: run.provenance.begin(),
            faults: run.told_of(),
        }));
        true
    }

    /// The item has been read. `kept`: the list has it.
    pub fn end(&mut self, run: &mut Run<'a>, kept: bool) {
        let Some(noting) = run.noting.take() else { return };
        let item = NodeId(noting.nodes.start);
        let marks = run.seen.cut(item, noting.outline.count());
        run.seen.paste(item, &noting.marks);
        run.seen.paste(item, &marks);
        let whole = kept && !noting.odd && noting.faults == run.told_of();
        let Some(noted) = (if whole { noting.noted(run, marks) } else { None }) else { return };
        self.texts.reserve(noted.values.len());
        self.spans.reserve(noted.values.len());
        if self.noted.len() < KINDS {
            self.last = self.noted.len();
            self.noted.push(noted);
        } else {
            self.last = (self.last + 1) % KINDS;
            self.noted[self.last] = noted;
        }
    }
}

impl<'a> Noted<'a> {
    /// Takes the texts of an item that is like this one, and where they stand.
    #[inline]
    fn read(
        &self,
        run: &mut Run<'a>,
        item: NodeId,
        (texts, spans): (&mut Vec<body::Said>, &mut Vec<Span>),
    ) -> Option<Alike<'a>> {
        let alike = run.tree.alike(item, &self.outline)?;
        if self.asked.iter().any(|(at, text)| alike.text(*at) != *text) {
            return None;
        }
        // All of them are copied at once, with what stands between them.
        let (from, laid) = match self.taken {
            Some((first, last)) => {
                let ((from, _), (start, len)) = (alike.span(first), alike.span(last));
                (from, run.body.lay(alike.between(from, start + len)))
            }
            None => (0, 0),
        };
        for value in &self.values {
            let (start, len) = alike.span(value.at);
            let text = alike.between(start, start + len);
            let taken = || (laid + start.wrapping_sub(from) as usize, len);
            texts.push(match value.how {
                How::AsItStands if is_plain(text) => taken(),
                How::Number if fits(text, &Shape::Decimal, Through::Nothing) => taken(),
                How::Through(..) if text == value.was => value.said,
                How::Through(through, shape) if is_plain(text) => run.said_again(text, through, shape)?,
                _ => return None,
            });
            spans.push((start.checked_sub(alike.start)?.try_into().ok()?, len.try_into().ok()?));
        }
        Some(alike)
    }
}

impl<'a> Noting<'a> {
    /// What was noted, if the item can be read again by that.
    fn noted(self, run: &mut Run<'a>, marks: [seen::Row; 2]) -> Option<Noted<'a>> {
        let Noting { outline, nodes, asked, said, body, provenance, .. } = self;
        let row = |node: NodeId| nodes.contains(&node.0).then(|| (node.0 - nodes.start) as usize);
        // What stands elsewhere is the same for all items.
        let mut texts = Vec::with_capacity(asked.len());
        for (at, node) in asked.into_iter().filter_map(|node| Some((row(node)?, node))) {
            let text = run.tree.value(node).filter(|_| outline.is_leaf(at))?;
            if !texts.contains(&(at, text)) {
                texts.push((at, text));
            }
        }
        let count = said.len();
        let (mut values, mut inside) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut own = Vec::with_capacity(count);
        for Said { node, from } in said {
            let Some((leaf, was, how)) = from else {
                own.push((node, None));
                continue;
            };
            inside.push(row(leaf).is_some());
            let Some(at) = row(leaf) else {
                own.push((node, None));
                continue;
            };
            if !outline.is_leaf(at) {
                return None;
            }
            own.push((node, Some(values.len())));
            let said = run.body.text_of(node).unwrap_or_default();
            values.push(Value { at, how, was, said });
        }
        // Of what was taken back the place is another's now: that came later.
        let by = |node: usize| own.iter().rev().find(|(known, _)| *known == node).map(|(_, value)| *value);
        let known = |node: usize| run.body.text_of(node).is_none() || by(node).is_some();
        if !(body.nodes()..run.body.count()).all(known) {
            return None;
        }
        let pattern = run.body.pattern(body, |node| by(node).flatten());
        let alike = run.tree.alike(NodeId(nodes.start), &outline)?;
        let model = run.provenance.model(provenance, inside.into(), (alike.ordinal, run.base?))?;
        let plain = || values.iter().filter(|value| !matches!(value.how, How::Through(..))).map(|value| value.at);
        let taken = plain().min().zip(plain().max());
        Some(Noted { outline, asked: texts, values, taken, pattern, marks, model })
    }
}

impl How<'_> {
    pub fn of(through: Through, shape: &Shape) -> How<'_> {
        match (through, shape) {
            (Through::Nothing | Through::Lines, Shape::Text) => How::AsItStands,
            (Through::Nothing, Shape::Decimal) => How::Number,
            _ => How::Through(through, shape),
        }
    }
}

/// Notes a text of the message: which value of the document it is.
#[inline]
pub(super) fn note<'a>(noting: &mut Option<Box<Noting<'a>>>, node: usize, value: (NodeId, &'a str), how: How<'a>) {
    if let Some(noting) = noting {
        noting.said.push(Said { node, from: Some((value.0, value.1, how)) });
    }
}

/// Notes a text of the message that the mapping says by itself, or that follows from what was asked.
#[inline]
pub(super) fn note_own(noting: &mut Option<Box<Noting>>, node: usize) {
    if let Some(noting) = noting {
        noting.said.push(Said { node, from: None });
    }
}

impl<'a> Run<'a> {
    /// What is read now can't be read again by notes.
    pub(super) fn odd(&mut self) {
        if let Some(noting) = &mut self.noting {
            noting.odd = true;
        }
    }

    /// Notes that a segment is asked something.
    #[inline]
    pub(super) fn ask(&mut self, segment: NodeId, conditions: &'a [Condition]) {
        let Some(noting) = &mut self.noting else { return };
        noting.asked.extend(conditions.iter().filter_map(|one| frames::leaf(self.tree, segment, &one.leaf)));
    }

    /// The same of each segment that a route may lead to from its frame.
    #[inline]
    pub(super) fn ask_all(&mut self, route: &'a Route, level: usize) {
        if self.noting.is_none() {
            return;
        }
        let Some(step) = route.steps.first().filter(|step| !step.conditions.is_empty()) else { return };
        let Some(frame) = self.frames.get(level) else { return };
        let segments: Vec<NodeId> = frame.slot(route.slot).iter().map(|(_, child)| *child).collect();
        for child in segments {
            self.ask(frames::container(self.tree, child), &step.conditions);
        }
    }

    /// Notes that a value is compared with something.
    #[inline]
    pub(super) fn asked(&mut self, node: NodeId) {
        if let Some(noting) = &mut self.noting {
            noting.asked.push(node);
        }
    }

    /// Another value where a table or a date was.
    fn said_again(&mut self, text: &'a str, through: Through, shape: &Shape) -> Option<body::Said> {
        let said = self.recalled.said(text, through, self.program, self.context.tables)?;
        if !fits(said, shape, through) {
            return None;
        }
        Some((self.body.lay(said), said.len() as u32))
    }

    /// How much was told of that is wrong or missing.
    fn told_of(&self) -> usize {
        self.faults.len() + self.missing.len() + self.astray.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Context, Library, NoTables, standard};
    use crate::formats::{self, piece::Piece};

    const BOLT: &str = "PO1**24*EA*9.25*PE*VN*BOLT-1*UP*012345678905~PID*F****Bolt M8 x 40~";
    const NUT: &str = "PO1*2*400*CA*11*PE*VN*NUT-8~";

    /// How many values of an order of these lines were read by notes, and how many it has.
    fn read(library: &Library, lines: &[&str]) -> (usize, usize) {
        let envelope = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0915*U*00401*000000101*0*T*>~";
        let head =
            "GS*PO*A*B*20260302*0915*101*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260302~N1*ST*Store 12*92*STORE12~";
        let tail = format!("CTT*{}~SE*9*0001~GE*1*101~IEA*1*000000101~", lines.len());
        read_by(library, "x12/4010/850-order", &[envelope, head, &lines.concat(), &tail].concat(), lines.len())
    }

    fn read_by(library: &Library, mapping: &str, document: &str, lines: usize) -> (usize, usize) {
        let plan = library.named(mapping).unwrap();
        let mut sets = formats::read(plan.standard(), document.as_bytes(), plan.options());
        let set = sets.find_map(|piece| if let Ok(Piece::Set(set)) = piece { Some(set) } else { None });
        let reading = plan.read(&set.unwrap().tree, &Context { tenant_currency: "EUR", tables: &NoTables });
        assert!(reading.faults.is_empty(), "{:?}", reading.faults);
        assert_eq!(reading.body["lines"].as_array().map(Vec::len), Some(lines));
        (reading.provenance.said_again(), reading.provenance.len())
    }

    #[test]
    fn lines_like_one_before_are_read_by_notes() {
        let numbered = |line: &str| line.replace("PO1**", "PO1*1*");
        let (bolt, steel) = (numbered(BOLT), numbered(BOLT).replace("BOLT-1", "B-8-STEEL").replace("9.25", "10"));
        let other = [
            bolt.replace("VN*", "ZZ*"),
            bolt.replace("PID*F", "PID*X"),
            bolt.replace("24*", " 24*"),
            bolt.replace("*PE*VN", "**VN"),
            bolt.replace("9.25", "09.25"),
        ];
        let library = Library::compile(&standard::with(vec![])).unwrap();
        let (_, one) = read(&library, &[&bolt]);
        let (_, two) = read(&library, &[&bolt, &steel]);
        let each = two - one;
        assert_eq!(each, 8, "its number, price with basis, quantity with unit, two ids and a description");
        assert_eq!(read(&library, &[&bolt, &steel, &bolt, &steel]), (3 * each, one + 3 * each));
        let (_, nut) = read(&library, &[&bolt, NUT]);
        let turns = read(&library, &[&bolt, NUT, &steel, NUT, &bolt, NUT, &steel, NUT]);
        assert_eq!(turns, (3 * each + 3 * (nut - one), one + 3 * each + 4 * (nut - one)));
        for other in &other {
            let (again, _) = read(&library, &[&bolt, &steel, other, &bolt]);
            assert_eq!(again, 2 * each, "{other}");
        }
        assert_eq!(read(&library, &[BOLT, BOLT, BOLT, BOLT]).0, 0, "the line's number is counted, and not read");
    }

    #[test]
    fn components_dates_with_their_code_and_ids_of_other_segments_are_noted_too() {
        let line = |number: usize| {
            format!(
                "LIN+{number}++0409876511001{number}:SRV'PIA+1+BOLT-{number}:SA+HN-{number}:IN'IMD+F++:::Bolt M{number}'\
                 QTY+21:{number}4:PCE'DTM+2:2026032{number}:102'PRI+AAA:9.{number}5'RFF+CT:CT-{number}'"
            )
        };
        let order = |lines: &[String]| {
            let head = "UNB+UNOC:3+A:14+B:14+260302:0915+1'UNH+1+ORDERS:D:01B:UN:EAN010'BGM+220+PO-1+9'DTM+137:20260302:102'\
                        NAD+BY+4098765000010::9'CUX+2:EUR:9'";
            let count = lines.concat().matches('\'').count() + 6;
            [head, &lines.concat(), &format!("UNS+S'UNT+{count}+1'UNZ+1+1'")].concat()
        };
        let library = Library::compile(&standard::with(vec![])).unwrap();
        let read = |lines: &[String]| read_by(&library, "edifact/d01b/orders", &order(lines), lines.len());
        let lines: Vec<String> = (1..7).map(line).collect();
        let (two, three) = (read(&lines[..2]).1, read(&lines[..3]).1);
        let each = three - two;
        assert_eq!(each, 10, "its number, three ids, quantity with unit, description, date, price and contract");
        assert_eq!(read(&lines), (5 * each, two + 4 * each));
        let mut other = lines.clone();
        other[2] = other[2].replace(":102", ":203");
        other[3] = other[3].replace("CT:", "XX:");
        other[4] = other[4].replace(":SA", ":ZZZ");
        assert_eq!(read(&other).0, 2 * each, "the lines with the same qualifiers");
    }
}
