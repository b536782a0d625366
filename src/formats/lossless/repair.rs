//! Mends what an envelope says of itself: counts, control numbers of trailers, ISA's padding, a missing last terminator.
//!
//! What the partner says with the document is left alone, and so are envelopes that are not whole: a trailer that is missing
//! is not made up, and what is left wrong [`crate::report::check`] tells. Where a terminator seems to be missing, counts and
//! trailers stay as they are: they are the evidence of it.

use super::{Delimiters, Element, Item, Segment, Value, doubt};
use crate::{
    guides::Guide,
    piece::Standard,
    place::{At, Place},
    totals::counted,
};

/// Something that was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where in the document as it was read.
    pub place: Place,
    pub was: String,
    pub is: String,
}

/// The widths of ISA01 to ISA16, in bytes. X12.5 §3.2
const WIDTHS: [usize; 16] = [2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1];
/// ISA13, which is filled up with zeros before it.
const ISA_CONTROL: usize = 13;

/// What is open, and what was counted in it.
#[derive(Debug, Clone, Default)]
struct Open {
    control: String,
    kind: String,
    count: u64,
    /// Of these, empty segments: a trailer may count them or not.
    empty: u64,
    lines: u64,
    /// A count of lines was seen: only the first one counts lines.
    summed: bool,
    /// Something in it could not be cut into segments.
    unsure: bool,
    /// The guide of a set, if one is compiled in.
    guide: Option<&'static Guide>,
    /// Where other segments may stand within one, the first one of them; and how many of these may be lines.
    seam: Option<Place>,
    seams_of_lines: u64,
}

/// Mends items as they come.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    delimiters: Option<Delimiters>,
    segments: u32,
    /// The segment's number in its set, or in the document outside of sets.
    ordinal: u32,
    interchange: Option<Open>,
    group: Option<Open>,
    set: Option<Open>,
    /// Groups, in which case the interchange counts them and not the sets.
    groups: u64,
    /// GS08, by which the sets' guides are found.
    version: String,
    changes: Vec<Change>,
    /// Data of a wrong length stands in the interchange: what follows may be data, too.
    torn: bool,
    left: Option<Left>,
}

/// What is left as it is, since mending could make it worse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub place: Place,
    pub why: &'static str,
}

impl Repair {
    /// Nothing was read yet.
    pub fn new() -> Repair {
        Repair::default()
    }

    /// Mends an item, and tells what was changed in it.
    pub fn apply(&mut self, item: &mut Item) -> Vec<Change> {
        match item {
            Item::Begin(begin) => {
                self.delimiters = Some(begin.delimiters);
                (self.interchange, self.group, self.set, self.groups) = (None, None, None, 0);
                self.torn = false;
            }
            Item::Text(text) if text.bytes.trim_ascii().is_empty() => {}
            Item::Text(_) => {
                let open = [&mut self.interchange, &mut self.group, &mut self.set];
                open.into_iter().flatten().for_each(|open| open.unsure = true);
            }
            Item::Segment(segment) => {
                if let Some(delimiters) = self.delimiters {
                    self.segment(segment, &delimiters);
                }
            }
        }
        self.changes.sort_by_key(|change| change.place.byte);
        std::mem::take(&mut self.changes)
    }

    /// What the last item made this leave alone, if anything.
    pub fn left(&mut self) -> Option<Left> {
        self.left.take()
    }

    /// Looks for what can't be counted on; true if the segment itself may be two.
    fn doubt(&mut self, segment: &Segment, delimiters: &Delimiters) -> bool {
        let guide = || match segment.id() {
            b"ST" | b"UNH" => doubt::guide(delimiters.standard, segment, &self.version),
            _ => None,
        };
        let (position, why) = match segment.swallows() {
            _ if delimiters.standard == Standard::X12 && segment.is_torn() => {
                self.torn = true;
                (1, "its data is not as long as it says: nothing is mended from here to the end of the interchange")
            }
            Some(position) => (
                position,
                "a terminator is missing in it, where another segment begins at a new line: counts stay as they are",
            ),
            None => match doubt::in_envelope(segment, guide()) {
                Some(seam) if seam.id.is_empty() => {
                    (seam.position, "it has more elements than it may: it and the counts around it stay as they are")
                }
                Some(seam) => (
                    seam.position,
                    "a terminator seems to be missing in it, where a value ends with another segment's id: counts stay as they are",
                ),
                None => return false,
            },
        };
        let open = [&mut self.interchange, &mut self.group, &mut self.set];
        open.into_iter().flatten().for_each(|open| open.unsure = true);
        let place = self.place(segment, Some(position as u16), segment.offset(position, delimiters));
        self.left = Some(Left { place, why });
        true
    }

    /// Notes where a segment of the set may be two; true if it may.
    fn seams(&mut self, segment: &Segment, delimiters: &Delimiters) -> bool {
        let trailer = if delimiters.standard == Standard::X12 { "SE" } else { "UNT" };
        let Some(set) = self.set.as_ref().filter(|set| set.count > 1) else { return false };
        let seams = doubt::in_set(segment, set.guide, trailer, &set.control);
        let Some(first) = seams.first() else { return false };
        let place = self.place(segment, Some(first.position as u16), segment.offset(first.position, delimiters));
        let lines = self.set.as_ref().and_then(|set| counted(&set.kind)).unwrap_or_default();
        if let Some(set) = &mut self.set {
            set.seam.get_or_insert(place);
            set.seams_of_lines += seams.iter().filter(|seam| seam.id == lines).count() as u64;
        }
        seams.iter().any(|seam| seam.id == trailer)
    }

    fn segment(&mut self, segment: &mut Segment, delimiters: &Delimiters) {
        if self.torn {
            return;
        }
        self.segments += 1;
        if let Some(set) = &mut self.set {
            set.count += 1;
            set.empty += u64::from(segment.id().is_empty());
            set.lines += u64::from(counted(&set.kind).is_some_and(|id| id.as_bytes() == segment.id()));
        }
        self.ordinal = self.set.as_ref().map_or(self.segments, |set| u32::try_from(set.count).unwrap_or(u32::MAX));
        let header = [&b"ISA"[..], b"UNB", b"GS", b"UNG", b"ST", b"UNH"].contains(&segment.id());
        let doubted = self.doubt(segment, delimiters);
        let closes = !header && self.seams(segment, delimiters);
        // A control number that may have taken in what follows it is none.
        let open = |control: usize, kind: String| {
            let control = if doubted { String::new() } else { segment.value(control).into() };
            Some(Open { control, kind, count: 0, unsure: doubted, ..Open::default() })
        };
        match (delimiters.standard, segment.id()) {
            (Standard::X12, b"ISA") => {
                self.pad(segment, delimiters);
                let control = segment.value(ISA_CONTROL).into();
                self.interchange = Some(Open { control, unsure: doubted, ..Open::default() });
            }
            (Standard::X12, b"GS") => {
                self.version = segment.value(8).into();
                (self.group, self.groups) = (open(6, String::new()), self.groups + 1);
            }
            (Standard::X12, b"ST") => {
                let guide = doubt::guide(delimiters.standard, segment, &self.version);
                self.open_set(open(2, segment.value(1).into()).map(|set| Open { guide, ..set }));
            }
            (Standard::X12, b"SE") => self.close_set(segment, delimiters, doubted),
            (Standard::X12, b"GE") => self.close_group(segment, delimiters, doubted),
            (Standard::X12, b"IEA") => self.close(segment, delimiters, doubted),
            (Standard::X12, b"CTT") if !doubted && !closes => self.lines(segment, delimiters, 1),
            (Standard::Edifact, b"UNB") => self.interchange = open(5, String::new()),
            (Standard::Edifact, b"UNG") => (self.group, self.groups) = (open(5, String::new()), self.groups + 1),
            (Standard::Edifact, b"UNH") => {
                let guide = doubt::guide(delimiters.standard, segment, "");
                // The number stands before what may not be the header's own.
                let set = Open { control: segment.value(1).into(), kind: segment.value(2).into(), ..Open::default() };
                self.open_set(Some(Open { guide, unsure: doubted, ..set }));
            }
            (Standard::Edifact, b"UNO") => {
                self.open_set(None);
            }
            (Standard::Edifact, b"UNT") => self.close_set(segment, delimiters, doubted),
            (Standard::Edifact, b"UNE") => self.close_group(segment, delimiters, doubted),
            (Standard::Edifact, b"UNZ") => self.close(segment, delimiters, doubted),
            // C270: 6069 = 2, number of line items in the message; 6066.
            (Standard::Edifact, b"CNT") if !doubted && !closes && segment.value(1) == "2" => {
                self.lines(segment, delimiters, 2)
            }
            _ => {}
        }
    }

    fn open_set(&mut self, set: Option<Open>) {
        [&mut self.interchange, &mut self.group].into_iter().flatten().for_each(|open| open.count += 1);
        self.set = set.map(|set| Open { count: 1, ..set });
    }

    /// A trailer that may be two segments is left as it is, here and in the next ones.
    fn close_set(&mut self, trailer: &mut Segment, delimiters: &Delimiters, doubted: bool) {
        if let Some(set) = self.set.take().filter(|_| !doubted) {
            self.trailer(trailer, delimiters, &set, set.count);
        }
    }

    fn close_group(&mut self, trailer: &mut Segment, delimiters: &Delimiters, doubted: bool) {
        if let Some(group) = self.group.take().filter(|_| !doubted) {
            self.trailer(trailer, delimiters, &group, group.count);
        }
    }

    fn close(&mut self, trailer: &mut Segment, delimiters: &Delimiters, doubted: bool) {
        let end = trailer.offset(trailer.elements.len(), delimiters).saturating_sub(1);
        if let Some(interchange) = self.interchange.take().filter(|_| !doubted) {
            // UNZ 0036 counts messages where there are no groups.
            let groups = delimiters.standard == Standard::X12 || self.groups > 0;
            let count = if groups { self.groups } else { interchange.count };
            self.trailer(trailer, delimiters, &interchange, count);
        }
        if !trailer.terminated {
            let place = self.place(trailer, None, end);
            // A release character at the document's end released nothing: before the terminator it would.
            let dangling = trailer.take_dangling(delimiters);
            let was = dangling.map_or(String::new(), |release| char::from(release).into());
            self.changes.push(Change { place, was, is: char::from(delimiters.segment).into() });
            trailer.terminated = true;
        }
    }

    /// A trailer's count and control number.
    fn trailer(&mut self, trailer: &mut Segment, delimiters: &Delimiters, open: &Open, count: u64) {
        // The last one first: then the offsets of those before it are still those of the document.
        if !open.control.is_empty() && trailer.value(2) != open.control {
            self.put(trailer, delimiters, 2, open.control.clone().into_bytes());
        }
        let right = count - open.empty..=count;
        let stated = trailer.value(1).parse::<u64>().ok();
        if let Some(place) = open.seam.clone().filter(|_| stated.is_some_and(|stated| stated > count)) {
            let why = "a terminator may be missing in it, where a value ends with another segment's id and more segments are \
                       counted than are there: counts stay as they are";
            self.left = Some(Left { place, why });
        } else if !open.unsure && !stated.is_some_and(|stated| right.contains(&stated)) {
            self.put(trailer, delimiters, 1, count.to_string().into_bytes());
        }
    }

    /// The count of lines in CTT01, or in the second component of CNT.
    fn lines(&mut self, segment: &mut Segment, delimiters: &Delimiters, component: usize) {
        let Some(set) = self.set.as_mut().filter(|set| !set.summed && !set.unsure) else { return };
        set.summed = true;
        let (lines, seams) = (set.lines, set.seams_of_lines);
        let known = counted(&set.kind).is_some();
        let stated = segment.elements.get(1).map_or(&[][..], |element| element.component(component));
        let stated = String::from_utf8_lossy(stated).into_owned();
        if !known || stated.is_empty() || stated.parse() == Ok(lines) {
            return;
        }
        // A line may stand within another segment; the set's trailer says what is made of it.
        if seams > 0 && stated.parse::<u64>().is_ok_and(|stated| stated > lines) {
            return;
        }
        if component == 1 {
            return self.put(segment, delimiters, 1, lines.to_string().into_bytes());
        }
        if let Some(Element::Components(values)) = segment.elements.get_mut(1) {
            values[component - 1] = Value { bytes: lines.to_string().into_bytes(), written: None };
            let place = self.place(segment, Some(1), segment.offset(1, delimiters));
            self.changes.push(Change { place, was: stated, is: lines.to_string() });
        }
    }

    /// Makes ISA's elements as wide as they must be, where they are not; one that has too much stays as it is.
    fn pad(&mut self, isa: &mut Segment, delimiters: &Delimiters) {
        if isa.elements.len() != WIDTHS.len() + 1 {
            return;
        }
        let before = isa.clone();
        for (position, width) in (1..).zip(WIDTHS) {
            let stands = before.elements[position].first();
            let value = stands.trim_ascii_end();
            if value.len() > width {
                let place = self.place(&before, Some(position as u16), before.offset(position, delimiters));
                self.left = Some(Left { place, why: "it is longer than its element of ISA may be, and is not cut" });
            }
            if stands.len() == width || value.len() > width || position == WIDTHS.len() {
                continue;
            }
            let fill = width - value.len();
            let zeros = position == ISA_CONTROL && value.iter().all(u8::is_ascii_digit);
            let padded = match zeros {
                true => [&vec![b'0'; fill], value].concat(),
                false => [value, &vec![b' '; fill]].concat(),
            };
            let place = self.place(&before, Some(position as u16), before.offset(position, delimiters));
            self.changes.push(Change { place, was: text(stands), is: text(&padded) });
            isa.set(position, &padded);
        }
    }

    fn put(&mut self, segment: &mut Segment, delimiters: &Delimiters, position: usize, value: Vec<u8>) {
        let was = segment.elements.get(position).map_or(String::new(), |element| text(element.first()));
        let place = self.place(segment, Some(position as u16), segment.offset(position, delimiters));
        segment.set(position, &value);
        self.changes.push(Change { place, was, is: text(&value) });
    }

    fn place(&self, segment: &Segment, element: Option<u16>, offset: u64) -> Place {
        let id = String::from_utf8_lossy(segment.id()).into();
        let at = At::Segment { ordinal: self.ordinal, id, element, component: None, repeat: 1 };
        Place { byte: segment.byte + offset, len: 0, at }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
