//! Mends what an envelope says of itself: counts, control numbers of trailers, ISA's padding, a missing last terminator.
//!
//! What the partner says with the document is left alone, and so are envelopes that are not whole: a trailer that is missing
//! is not made up, and what is left wrong [`crate::report::check`] tells.

use super::{Delimiters, Element, Item, Segment, Value};
use crate::{
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

    /// Looks for what can't be counted on.
    fn doubt(&mut self, segment: &Segment, delimiters: &Delimiters) {
        let (position, why) = match segment.swallows() {
            _ if delimiters.standard == Standard::X12 && segment.is_torn() => {
                self.torn = true;
                (1, "its data is not as long as it says: nothing is mended from here to the end of the interchange")
            }
            Some(position) => {
                let open = [&mut self.interchange, &mut self.group, &mut self.set];
                open.into_iter().flatten().for_each(|open| open.unsure = true);
                (
                    position,
                    "a terminator is missing in it, where another segment begins at a new line: counts stay as they are",
                )
            }
            None => return,
        };
        let place = self.place(segment, Some(position as u16), segment.offset(position, delimiters));
        self.left = Some(Left { place, why });
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
        self.doubt(segment, delimiters);
        let open = |control: usize, kind: String| {
            Some(Open { control: segment.value(control).into(), kind, count: 0, ..Open::default() })
        };
        match (delimiters.standard, segment.id()) {
            (Standard::X12, b"ISA") => {
                self.pad(segment, delimiters);
                self.interchange = Some(Open { control: segment.value(ISA_CONTROL).into(), ..Open::default() });
            }
            (Standard::X12, b"GS") => (self.group, self.groups) = (open(6, String::new()), self.groups + 1),
            (Standard::X12, b"ST") => self.open_set(open(2, segment.value(1).into())),
            (Standard::X12, b"SE") => self.close_set(segment, delimiters),
            (Standard::X12, b"GE") => self.close_group(segment, delimiters),
            (Standard::X12, b"IEA") => self.close(segment, delimiters),
            (Standard::X12, b"CTT") => self.lines(segment, delimiters, 1),
            (Standard::Edifact, b"UNB") => self.interchange = open(5, String::new()),
            (Standard::Edifact, b"UNG") => (self.group, self.groups) = (open(5, String::new()), self.groups + 1),
            (Standard::Edifact, b"UNH") => self.open_set(open(1, segment.value(2).into())),
            (Standard::Edifact, b"UNO") => {
                self.open_set(None);
            }
            (Standard::Edifact, b"UNT") => self.close_set(segment, delimiters),
            (Standard::Edifact, b"UNE") => self.close_group(segment, delimiters),
            (Standard::Edifact, b"UNZ") => self.close(segment, delimiters),
            // C270: 6069 = 2, number of line items in the message; 6066.
            (Standard::Edifact, b"CNT") if segment.value(1) == "2" => self.lines(segment, delimiters, 2),
            _ => {}
        }
    }

    fn open_set(&mut self, set: Option<Open>) {
        [&mut self.interchange, &mut self.group].into_iter().flatten().for_each(|open| open.count += 1);
        self.set = set.map(|set| Open { count: 1, ..set });
    }

    fn close_set(&mut self, trailer: &mut Segment, delimiters: &Delimiters) {
        if let Some(set) = self.set.take() {
            self.trailer(trailer, delimiters, &set, set.count);
        }
    }

    fn close_group(&mut self, trailer: &mut Segment, delimiters: &Delimiters) {
        if let Some(group) = self.group.take() {
            self.trailer(trailer, delimiters, &group, group.count);
        }
    }

    fn close(&mut self, trailer: &mut Segment, delimiters: &Delimiters) {
        let end = trailer.offset(trailer.elements.len(), delimiters).saturating_sub(1);
        if let Some(interchange) = self.interchange.take() {
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
        if !open.unsure && !trailer.value(1).parse().is_ok_and(|stated| right.contains(&stated)) {
            self.put(trailer, delimiters, 1, count.to_string().into_bytes());
        }
    }

    /// The count of lines in CTT01, or in the second component of CNT.
    fn lines(&mut self, segment: &mut Segment, delimiters: &Delimiters, component: usize) {
        let Some(set) = self.set.as_mut().filter(|set| !set.summed && !set.unsure) else { return };
        set.summed = true;
        let lines = set.lines;
        let known = counted(&set.kind).is_some();
        let stated = segment.elements.get(1).map_or(&[][..], |element| element.component(component));
        let stated = String::from_utf8_lossy(stated).into_owned();
        if !known || stated.is_empty() || stated.parse() == Ok(lines) {
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
