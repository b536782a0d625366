//! Reads X12: interchanges, groups, sets. X12.5 (interchange), X12.6 (groups, sets, segments).
//!
//! Promise: constant memory but for one set; a fault costs what it makes unreadable and no more.
//! Called by: `reader`. Never: decides what a partner may send.
//! Tried by: tests/formats

mod group;
mod header;
mod isa;
mod sets;
mod ta1;

pub(crate) use header::is_version;
pub(crate) use isa::{begins, header, header_within};

use crate::{
    codes, disguise,
    edi::{
        between::{PassedOver, next_header, skip_padding},
        build::Lexis,
        collect::{Collected, Ends, id_of},
        envelope::{Service, Statement, TERMINATOR, check_trailer, file_place, nor, nothing_there, outside, unguided},
        faults::Faults,
        fold,
        further::further,
        hierarchy,
        lines::of_envelope,
        ruler::Ruler,
        scan::{Found, Span, Syntax, segment, skip_rest},
        scratch::Scratch,
        seen::Seen,
        strays::{Headless, Strays, Words},
    },
    fault::Fault,
    piece::{Group, GroupEnd, Identity, Interchange, InterchangeEnd, Isa11, Piece, Policy, Set, Standard},
    place::{At, Place},
    source::Source,
    totals,
};
use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

const ENDS: Ends = Ends::of(b"SE", &[b"ST", b"GS", b"GE", b"IEA", b"ISA"], &[b"BIN", b"BDS"]);

/// How much of a set's header is looked at.
const LONGEST_HEADER: u64 = 600;
const WORDS: Words = Words { set: "set", header: "ST", trailer: "SE", between: "ST, GS, GE, TA1 or IEA" };

/// An interchange that is open.
struct Open {
    ordinal: u32,
    syntax: Syntax,
    lexis: Lexis,
    /// ISA11 as its version has it, and where it could separate repetitions.
    isa11: [Option<u8>; 2],
    control: String,
    version: String,
    groups: u32,
    /// Groups without their header.
    headless_groups: u32,
    /// Sets outside of any group since the last trailer of one: each says so.
    loose: u32,
    sets: u32,
    /// GS06 so far.
    numbers: Seen,
    faults: Vec<Fault>,
}

/// A group that is open.
struct OpenGroup {
    ordinal: u32,
    control: String,
    version: String,
    /// GS02.
    sender: String,
    /// GS01.
    kind: group::Kind,
    sets: u32,
    /// Sets without their header.
    headless: Headless,
    /// ST02 so far.
    numbers: Seen,
    faults: Vec<Fault>,
}

pub(crate) struct X12<R> {
    source: Source<R>,
    policy: Policy,
    queue: VecDeque<Piece>,
    /// Where the document goes on.
    at: u64,
    open: Option<Open>,
    group: Option<OpenGroup>,
    interchanges: u32,
    groups: u32,
    sets: u32,
    /// Segments of the document so far.
    segments: u32,
    /// Segments that stand outside of any set, up to here.
    strays: Option<Strays>,
    scratch: Scratch,
    done: bool,
    #[cfg(any(test, feature = "fuzz"))]
    long_way: bool,
}

impl<R: BufRead> X12<R> {
    pub fn new(input: R, policy: Policy) -> Self {
        X12 {
            source: Source::new(input),
            policy,
            queue: VecDeque::new(),
            at: 0,
            open: None,
            group: None,
            interchanges: 0,
            groups: 0,
            sets: 0,
            segments: 0,
            strays: None,
            scratch: Scratch::default(),
            done: false,
            #[cfg(any(test, feature = "fuzz"))]
            long_way: false,
        }
    }

    /// Reads every segment the long way, for the test that both ways agree.
    #[cfg(any(test, feature = "fuzz"))]
    pub fn long_way(mut self, long_way: bool) -> Self {
        self.long_way = long_way;
        self
    }

    /// One step: puts at least one piece into the queue, or goes on in the document, or is done.
    fn step(&mut self) -> io::Result<()> {
        self.scratch.ruler.pass(&self.source, self.at);
        self.source.release(self.at);
        let Some(open) = &self.open else { return self.between() };
        let syntax = open.syntax;
        let span = match segment(&mut self.source, &syntax, self.at, self.policy.max_set_bytes)? {
            Found::Segment(span) => span,
            Found::TooLong { start, next } => {
                if *id_of(self.source.excerpt(start, 8)?.as_bytes(), &syntax) == *b"ST" {
                    return self.set(Span { start, end: next, next, terminated: false });
                }
                self.tell_strays();
                let sentence =
                    format!("The segment at byte {start} stands outside of any set and is too long to be read.");
                let found = self.source.excerpt(start, 40)?;
                let place = file_place(start, next - start);
                self.queue.push_back(Piece::Fault(outside(place, &sentence, &found, WORDS.between)));
                self.scratch.window.forget();
                self.at = skip_rest(&mut self.source, &syntax, next, self.policy.max_set_bytes)?;
                return Ok(());
            }
            Found::End => {
                self.at = self.source.end();
                self.close_group(None);
                self.close(None);
                return Ok(());
            }
        };
        let id = id_of(self.source.slice(span.start, span.end), &syntax).into_owned();
        match &*id {
            b"ST" => return self.set(span),
            b"ISA" => {
                // A new header: what was open has no trailer. The next step reads it, its delimiters may be others.
                self.at = span.start;
                self.close_group(None);
                self.close(None);
                return Ok(());
            }
            b"GS" | b"IEA" => {
                self.at = span.start;
                self.close_group(None);
            }
            _ => {}
        }
        self.segments += 1;
        let span = match &*id {
            b"GS" | b"GE" | b"IEA" | b"TA1" => self.ended(span, &syntax),
            _ => span,
        };
        self.even(span, &syntax);
        self.at = span.next;
        let service = Service::read(self.source.slice(span.start, span.end), span, self.segments, &syntax);
        match &*service.id() {
            "GS" => self.open_group(&service),
            "GE" => self.close_group(Some(&service)),
            "IEA" => self.close(Some(&service)),
            "TA1" => self.acknowledgement(&service),
            "" => {}
            _ => match &mut self.strays {
                Some(row) => row.add(&service),
                row => *row = Some(Strays::of(&service, &WORDS)),
            },
        }
        Ok(())
    }

    /// A segment of the envelope, which the line behind it may have lost for want of a terminator.
    fn ended(&mut self, span: Span, syntax: &Syntax) -> Span {
        let bytes = self.source.slice(span.start, span.end);
        let Some((span, fault)) = of_envelope(bytes, span, self.segments, syntax, &ENDS) else { return span };
        self.open.iter_mut().for_each(|open| open.faults.push(fault.clone()));
        span
    }

    /// Tells of a segment outside of sets in which a line of another length ends.
    fn even(&mut self, span: Span, syntax: &Syntax) {
        let fault = self.scratch.ruler.of_envelope(&self.source, span, self.segments, syntax);
        self.open.iter_mut().for_each(|open| open.faults.extend(fault.clone()));
    }

    /// Between interchanges: finds the next header.
    fn between(&mut self) -> io::Result<()> {
        let at = skip_padding(&mut self.source, self.at)?;
        if self.source.from(at).is_empty() {
            self.done = true;
            if self.interchanges == 0 {
                self.queue.push_back(Piece::Fault(nothing_there(at)));
            }
            return Ok(());
        }
        match self.source.from(at) {
            [b'I', b'S', b'A', next, ..] if !next.is_ascii_alphanumeric() => self.header(at),
            b"ISA" => self.header(at),
            cut if isa::begins_cut(cut) => self.header(at),
            _ => self.stray(at),
        }
    }

    /// Bytes where a header should be: the next `ISA` is looked for.
    fn stray(&mut self, start: u64) -> io::Result<()> {
        let over = PassedOver::read(&mut self.source, start, b"ISA", isa::isa_follows)?;
        let (len, end) = (over.len(), over.end());
        let fault = match (over.found, self.interchanges) {
            (None, 0) => {
                let sentence = "There is no X12 interchange in it: no ISA was found.";
                let shown = self.source.excerpt(start, 120)?;
                let fault = Fault::new(codes::NO_DOCUMENT, file_place(start, len), sentence)
                    .expected("ISA, the header of an X12 interchange")
                    .found(&shown);
                disguise::told(fault, over.first())
            }
            (Some(_), 0) => over.told(format!("{len} bytes before the first ISA were passed over."), "ISA", true),
            _ => {
                let sentence = format!("{len} bytes behind an interchange belong to none and were passed over.");
                over.told(sentence, "ISA or the end", false)
            }
        };
        self.queue.push_back(Piece::Fault(fault));
        self.at = end;
        self.done = over.found.is_none();
        Ok(())
    }

    fn header(&mut self, at: u64) -> io::Result<()> {
        self.segments += 1;
        let place = |offset: usize, element| {
            let at_ = At::Segment { ordinal: self.segments, id: "ISA".into(), element, component: None, repeat: 1 };
            Place { byte: at + offset as u64, len: 0, at: at_ }
        };
        let isa = match isa::read(self.source.from(at)) {
            Ok(isa) => isa,
            Err((offset, why)) => {
                let shown = self.source.excerpt(at, isa::LENGTH)?;
                let sentence = format!("The header ISA can't be read: {why} (byte {}).", at + offset as u64);
                let fault = Fault::new(codes::HEADER, place(offset, None), sentence).found(&shown);
                self.queue
                    .push_back(Piece::Fault(fault.expected("ISA with 16 elements, 106 bytes with its terminator")));
                // Nothing can be cut without delimiters: on to the next header, if there is one.
                self.interchanges += 1;
                self.at = at + 3;
                return self.skip_unreadable();
            }
        };
        let mut faults = Vec::new();
        // Longer for an element that is too long: that is told of it.
        if !isa.fixed && (!isa.padded || isa.overlong.is_empty()) {
            let sentence = format!("The header ISA at byte {at} has {} bytes instead of 106.", isa.len);
            let fault = Fault::new(codes::PADDING, place(0, None), sentence).found(&format!("{} bytes", isa.len));
            faults.push(fault.expected("106 bytes: elements padded with blanks"));
        }
        faults.extend(header::faults(&isa, at, place));
        if let Some(line) = isa.line {
            faults.push(fold::note(line, place(0, None)));
        }
        faults.extend(isa.spoilt.iter().map(|spoilt| fold::spoilt_fault(spoilt, place(0, None))));
        self.scratch.ruler = Ruler::new(isa.line, self.source.from(at), at);
        self.at = at + isa.len as u64;
        self.begin(at, isa, faults);
        Ok(())
    }

    /// Looks at an interchange's bytes by its delimiters from here on.
    fn look(&mut self, syntax: &Syntax) -> Lexis {
        let lexis = Lexis::of(syntax);
        self.scratch.window.begin(lexis.needles);
        #[cfg(any(test, feature = "fuzz"))]
        if self.long_way {
            self.scratch.window.begin(None);
        }
        lexis
    }

    /// Passes over an interchange whose header can't be read.
    fn skip_unreadable(&mut self) -> io::Result<()> {
        let next = next_header(&mut self.source, self.at, b"ISA", isa::isa_follows)?;
        self.done = next.is_none();
        self.at = next.unwrap_or(self.source.end());
        Ok(())
    }

    fn begin(&mut self, byte: u64, isa: isa::Isa, faults: Vec<Fault>) {
        let identity =
            |n: usize| Identity { qualifier: isa.elements[n].as_str().into(), id: isa.elements[n + 1].as_str().into() };
        self.queue.push_back(Piece::Interchange(Interchange {
            ordinal: self.interchanges,
            standard: Standard::X12,
            sender: identity(4),
            receiver: identity(6),
            control: isa.elements[12].as_str().into(),
            date: isa.elements[8].as_str().into(),
            time: isa.elements[9].as_str().into(),
            version: isa.elements[11].as_str().into(),
            test: isa.elements[14] == "T",
            acknowledgement_requested: isa.elements[13] == "1",
            security: std::array::from_fn(|n| isa.elements[n].as_str().into()),
            byte,
        }));
        let [.., version, control, _, _, _] = isa.elements;
        let ordinal = self.interchanges;
        self.interchanges += 1;
        let isa11 = [isa.syntax.repetition, isa.repetition];
        let lexis = self.look(&isa.syntax);
        let (syntax, numbers, (groups, headless_groups, loose, sets)) =
            (isa.syntax, Seen::default(), Default::default());
        self.open = Some(Open {
            ordinal,
            syntax,
            lexis,
            isa11,
            control,
            version,
            groups,
            headless_groups,
            loose,
            sets,
            numbers,
            faults,
        });
    }

    fn open_group(&mut self, gs: &Service) {
        let Some(open) = &mut self.open else { return };
        open.faults.extend(group::missing(gs));
        open.faults.extend(group::other_version(gs, &open.version));
        let own =
            group::no_version(gs).into_iter().chain(group::number(gs)).chain(group::values(gs)).chain(further(gs));
        open.groups += 1;
        open.loose = 0;
        let group = Group {
            interchange: open.ordinal,
            ordinal: self.groups,
            functional_id: gs.element(1).into(),
            sender: gs.element(2).into(),
            receiver: gs.element(3).into(),
            qualifiers: Default::default(),
            control: gs.element(6).into(),
            version: gs.element(8).into(),
            byte: gs.span.start,
            segment: gs.ordinal,
        };
        let [sender, control, version] = [2, 6, 8].map(|n| gs.element(n));
        let again = open.numbers.again(codes::GROUP_NUMBER_AGAIN, gs, 6, "interchange");
        self.group = Some(OpenGroup {
            ordinal: group.ordinal,
            control,
            version,
            sender,
            sets: 0,
            headless: Headless::default(),
            numbers: Seen::default(),
            kind: group::Kind::of(gs),
            faults: own.chain(again.and_then(|fault| self.policy.strictness.judge(fault))).collect(),
        });
        self.groups += 1;
        self.queue.push_back(Piece::Group(group));
    }

    fn close_group(&mut self, ge: Option<&Service>) {
        self.tell_strays();
        let Some(mut group) = self.group.take() else {
            if let (Some(ge), Some(open)) = (ge, &mut self.open) {
                open.headless_groups += 1;
                if std::mem::take(&mut open.loose) > 0 {
                    return;
                }
                let sentence = format!("GE at byte {} closes a group that isn't open.", ge.span.start);
                let fault = outside(ge.place(), &sentence, "GE", "GS before it");
                let fault = fault.remedy("Look whether the group header GS is missing before the sets.");
                self.queue.push_back(Piece::Fault(fault));
            }
            return;
        };
        let mut faults = std::mem::take(&mut group.faults);
        if let Some(trailer) = ge {
            let count = Statement { code: codes::GROUP_COUNT, trailer, position: 1, what: "sets in the group" };
            let control = Statement { code: codes::GROUP_CONTROL, trailer, position: 2, what: "" };
            faults.extend(count.count(group.sets..=group.sets + group.headless.sets, &self.policy));
            faults.extend(control.control(&group.control, "GS06", &self.policy));
            faults.extend(further(trailer));
        } else {
            let (at, nor) = (self.at, self.nor(false));
            let sentence = format!("The group {} has no trailer GE{nor} before byte {at}.", group.control);
            faults.push(Fault::new(codes::NO_GROUP_TRAILER, self.here("GE"), sentence).expected("GE"));
        }
        let stated = ge.map_or(String::new(), |ge| ge.element(1)).into();
        let OpenGroup { ordinal, sets, headless, .. } = group;
        let Headless { sets: headless, numbers: headless_numbers } = headless;
        let end = GroupEnd { ordinal, sets, headless, headless_numbers, stated, faults };
        self.queue.push_back(Piece::GroupEnd(end));
    }

    fn close(&mut self, iea: Option<&Service>) {
        self.tell_strays();
        let Some(mut open) = self.open.take() else { return };
        if let Some(trailer) = iea {
            let count =
                Statement { code: codes::INTERCHANGE_COUNT, trailer, position: 1, what: "groups in the interchange" };
            let control = Statement { code: codes::INTERCHANGE_CONTROL, trailer, position: 2, what: "" };
            let counted = count.count(open.groups..=open.groups + open.headless_groups, &self.policy);
            open.faults.extend(counted.map(|fault| ta1::alone(fault, trailer, open.answers_alone())));
            open.faults.extend(control.control(&open.control, "ISA13", &self.policy));
            open.faults.extend(further(trailer));
            open.faults.extend(self.unterminated(trailer.span, "IEA"));
        } else {
            let sentence = format!("The interchange {} has no trailer IEA before byte {}.", open.control, self.at);
            open.faults.push(Fault::new(codes::NO_INTERCHANGE_TRAILER, self.here("IEA"), sentence).expected("IEA"));
        }
        let Open { ordinal, groups, sets, faults, .. } = open;
        // Sets stand in groups: what has no header outside of them is told as a segment there.
        let (headless, headless_numbers) = Default::default();
        let byte = self.at;
        let end = InterchangeEnd { ordinal, groups, sets, headless, headless_numbers, faults, byte };
        self.queue.push_back(Piece::InterchangeEnd(end));
    }

    fn unterminated(&self, span: Span, id: &str) -> Option<Fault> {
        if span.terminated {
            return None;
        }
        let sentence = format!("The last segment, {id} at byte {}, has no terminator.", span.start);
        let at = At::Segment { ordinal: self.segments, id: id.into(), element: None, component: None, repeat: 1 };
        Some(Fault::new(codes::UNTERMINATED, Place { byte: span.end, len: 0, at }, sentence).expected(TERMINATOR))
    }

    /// Tells of the segments outside of sets up to here.
    fn tell_strays(&mut self) {
        let Some(mut row) = self.strays.take() else { return };
        self.group.iter_mut().for_each(|group| group.headless.add(&mut row));
        self.queue.push_back(Piece::Fault(row.told()));
    }

    /// Header, trailer and totals of a set.
    fn check(
        &self,
        set: &Set,
        st: &Service,
        collected: &Collected,
        syntax: &Syntax,
        guided: bool,
        faults: &mut Faults,
    ) {
        let policy = self.policy.of(&set.kind);
        for position in [1, 2] {
            if st.lacks(position) {
                faults.forget(&st.place_of(position), codes::MISSING_ELEMENT);
                let sentence = format!("ST{position:02} is missing in the set header at byte {}.", set.byte);
                faults.push(Fault::new(codes::SET_HEADER, st.place_of(position), sentence).expected("ST*850*0001"));
            }
        }
        if self.group.is_none() {
            let sentence = format!("The set at byte {} stands outside of any group.", set.byte);
            faults
                .push(Fault::new(codes::SET_OUTSIDE_GROUP, st.place(), sentence).found("ST").expected("GS before it"));
        }
        if !guided {
            unguided(set, st.place_of(1)).into_iter().for_each(|fault| faults.push(fault));
        }
        hierarchy::check(&set.tree, &self.scratch.build.segments, faults);
        let missing = |id: &str| faults.tell_of(id);
        let totals: Vec<_> = totals::check(set, &self.scratch.build.segments, policy.totals, missing).collect();
        totals.into_iter().for_each(|fault| faults.push(fault));
        let Some((start, end)) = collected.spans.last().filter(|_| collected.closed) else {
            let (at, nor) = (self.at, self.nor(self.group.is_some()));
            let sentence = format!("The set {} has no trailer SE{nor} before byte {at}.", set.control);
            let ordinal = collected.segments + 1;
            let at = At::Segment { ordinal, id: "SE".into(), element: None, component: None, repeat: 1 };
            faults.push(Fault::new(codes::CUT_SET, Place { byte: collected.end, len: 0, at }, sentence).expected("SE"));
            return;
        };
        let (start, end) = (collected.start + u64::from(*start), collected.start + u64::from(*end));
        let span = Span { start, end, next: end, terminated: !collected.unterminated };
        let trailer = &Service::read(self.source.slice(start, end), span, collected.segments, syntax);
        // Empty segments may be counted or not.
        let count = faults.segments(self.scratch.build.segments.len(), collected.segments);
        let segments = (count, "segments from ST to SE");
        check_trailer((st, 2), trailer, segments, policy, faults);
    }

    /// What else has no trailer here, in words: what comes next says so.
    fn nor(&self, group: bool) -> String {
        match self.source.from(self.at).trim_ascii_start() {
            [] | [b'I', b'S', b'A', ..] => nor(group.then_some("GE"), Some("IEA")),
            [b'G', b'S', ..] | [b'I', b'E', b'A', ..] => nor(group.then_some("GE"), None),
            _ => String::new(),
        }
    }

    /// Where a trailer should stand: behind the last segment that was read.
    fn here(&self, id: &str) -> Place {
        let at = At::Segment { ordinal: self.segments + 1, id: id.into(), element: None, component: None, repeat: 1 };
        Place { byte: self.at, len: 0, at }
    }
}

impl<R: BufRead> crate::reader::Pieces for X12<R> {
    fn next(&mut self) -> Option<io::Result<Piece>> {
        loop {
            if let Some(piece) = self.queue.pop_front() {
                return Some(Ok(piece));
            }
            if self.done {
                return None;
            }
            if let Err(error) = self.step() {
                self.done = true;
                return Some(Err(error));
            }
        }
    }

    fn set_policy(&mut self, policy: Policy) {
        if let Some(open) = &self.open {
            let repetition = match policy.isa11 {
                Isa11::ByVersion => open.isa11[0],
                Isa11::StandardId => None,
                Isa11::RepetitionSeparator => open.isa11[1],
            };
            let syntax = Syntax { repetition, ..open.syntax };
            if repetition != open.syntax.repetition {
                let lexis = self.look(&syntax);
                if let Some(open) = &mut self.open {
                    (open.syntax, open.lexis) = (syntax, lexis);
                }
            }
        }
        self.policy = policy;
        self.scratch.forget_guide();
    }
}
