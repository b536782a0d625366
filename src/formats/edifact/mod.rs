//! Reads UN/EDIFACT, syntax 1 to 4: interchanges, groups, messages. ISO 9735-1 (syntax), ISO 9735-2 (batch).
//!
//! Promise: constant memory but for one message; a fault costs what it makes unreadable and no more.
//! Called by: `reader`. Never: decides what a partner may send.
//! Tried by: tests/formats

mod header;
mod message;
mod package;
mod periods;
mod sets;
mod una;
mod unb;

pub(crate) use una::{begins, default, header, header_within, is_single_byte, repetition, single_byte};

use crate::{
    codes, disguise,
    edi::{
        between::{PassedOver, skip_padding},
        build::Lexis,
        collect::{Collected, Ends, id_of},
        envelope::{Service, Statement, TERMINATOR, check_trailer, file_place, nor, nothing_there, outside, unguided},
        faults::Faults,
        further::further,
        hierarchy,
        lines::of_envelope,
        scan::{Found, Span, Syntax, segment, skip_rest},
        scratch::Scratch,
        seen::Seen,
        strays::{Headless, Strays, Words},
        text::Charset,
    },
    fault::Fault,
    piece::{Characters, Group, GroupEnd, Identity, Interchange, InterchangeEnd, Piece, Policy, Set, Standard},
    place::{At, Place},
    source::Source,
    totals,
};
use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

const ENDS: Ends = Ends::of(b"UNT", &[b"UNH", b"UNG", b"UNE", b"UNZ", b"UNB", b"UNA", b"UNO"], &[]);

/// How much of a set's header is looked at.
const LONGEST_HEADER: u64 = 600;
const WORDS: Words = Words { set: "message", header: "UNH", trailer: "UNT", between: "UNH, UNO, UNG, UNE or UNZ" };

/// An interchange that is open.
struct Open {
    ordinal: u32,
    syntax: Syntax,
    lexis: Lexis,
    charset: Charset,
    /// That UNB is in UTF-8 and says otherwise: told at the end, once it is known what was agreed.
    in_utf8: Option<Fault>,
    control: String,
    groups: u32,
    sets: u32,
    /// Messages and groups without their headers.
    headless: Headless,
    headless_groups: u32,
    /// UNG 0048 so far.
    group_numbers: Seen,
    /// UNH 0062 outside of groups so far.
    numbers: Seen,
    faults: Vec<Fault>,
}

/// A group that is open.
struct OpenGroup {
    ordinal: u32,
    control: String,
    /// 0040.
    sender: String,
    sets: u32,
    /// Sets without their header.
    headless: Headless,
    /// UNH 0062 so far.
    numbers: Seen,
    faults: Vec<Fault>,
}

pub(crate) struct Edifact<R> {
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

impl<R: BufRead> Edifact<R> {
    pub fn new(input: R, policy: Policy) -> Self {
        Edifact {
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
        let (syntax, charset) = (open.syntax, open.charset);
        let span = match segment(&mut self.source, &syntax, self.at, self.policy.max_set_bytes)? {
            Found::Segment(span) => span,
            Found::TooLong { start, next } => {
                if *id_of(self.source.excerpt(start, 8)?.as_bytes(), &syntax) == *b"UNH" {
                    return self.set(Span { start, end: next, next, terminated: false });
                }
                self.tell_strays();
                let sentence =
                    format!("The segment at byte {start} stands outside of any message and is too long to be read.");
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
            b"UNH" => return self.set(span),
            b"UNO" => return self.package(span),
            b"UNA" | b"UNB" => {
                // A new header: what was open has no trailer. The next step reads it, its characters may be others.
                self.at = span.start;
                self.close_group(None);
                self.close(None);
                return Ok(());
            }
            b"UNG" | b"UNZ" => {
                self.at = span.start;
                self.close_group(None);
            }
            _ => {}
        }
        self.segments += 1;
        let span = match &*id {
            b"UNG" | b"UNE" | b"UNZ" => self.ended(span, &syntax),
            _ => span,
        };
        self.even(span, &syntax);
        self.at = span.next;
        let service = Service::read(self.source.slice(span.start, span.end), span, self.segments, &syntax);
        let service = service.in_charset(charset);
        match &*service.id() {
            "UNG" => self.open_group(&service),
            "UNE" => self.close_group(Some(&service)),
            "UNZ" => self.close(Some(&service)),
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

    /// Tells of a segment outside of messages in which a line of another length ends.
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
        let seen = self.source.from(at);
        match una::header_follows(seen) || una::uncut(seen).is_some() {
            true => self.header(at),
            false => self.stray(at),
        }
    }

    /// Bytes where a header should be: the next UNA or UNB is looked for.
    fn stray(&mut self, start: u64) -> io::Result<()> {
        let over = PassedOver::read(&mut self.source, start, b"UN", una::header_follows)?;
        let (len, end) = (over.len(), over.end());
        let fault = match (over.found, self.interchanges) {
            (None, 0) => {
                let sentence = "There is no EDIFACT interchange in it: neither UNA nor UNB was found.";
                let shown = self.source.excerpt(start, 120)?;
                let fault = Fault::new(codes::NO_DOCUMENT, file_place(start, len), sentence)
                    .expected("UNA or UNB, the header of an EDIFACT interchange")
                    .found(&shown);
                disguise::told(fault, over.first())
            }
            (Some(_), 0) => {
                over.told(format!("{len} bytes before the first UNA or UNB were passed over."), "UNA or UNB", true)
            }
            _ => {
                let sentence = format!("{len} bytes behind an interchange belong to none and were passed over.");
                over.told(sentence, "UNB or the end", false)
            }
        };
        self.queue.push_back(Piece::Fault(fault));
        self.at = end;
        self.done = over.found.is_none();
        Ok(())
    }

    fn begin(&mut self, byte: u64, unb: &Service, syntax: Syntax, faults: Vec<Fault>) {
        let identity = |n: usize| Identity { qualifier: unb.component(n, 2).into(), id: unb.component(n, 1).into() };
        let ordinal = self.interchanges - 1;
        let version = format!("{}:{}", unb.component(1, 1), unb.component(1, 2));
        self.queue.push_back(Piece::Interchange(Interchange {
            ordinal,
            standard: Standard::Edifact,
            sender: identity(2),
            receiver: identity(3),
            control: unb.element(5).into(),
            date: unb.component(4, 1).into(),
            time: unb.component(4, 2).into(),
            version: version.trim_end_matches(':').into(),
            test: unb.element(11) == "1",
            acknowledgement_requested: unb.element(9) == "1",
            security: [unb.component(6, 2), unb.component(6, 1), unb.element(7), unb.element(10)].map(Into::into),
            byte,
        }));
        let charset = una::charset(&unb.component(1, 1));
        let (lexis, control) = (Lexis::of(&syntax), unb.element(5));
        self.scratch.window.begin(lexis.needles);
        #[cfg(any(test, feature = "fuzz"))]
        if self.long_way {
            self.scratch.window.begin(None);
        }
        let (numbers, group_numbers) = Default::default();
        let (groups, sets, headless, headless_groups) = Default::default();
        self.open = Some(Open {
            ordinal,
            syntax,
            lexis,
            charset,
            in_utf8: unb::in_utf8(unb),
            control,
            groups,
            sets,
            headless,
            headless_groups,
            numbers,
            group_numbers,
            faults,
        });
    }

    fn open_group(&mut self, ung: &Service) {
        let Some(open) = &mut self.open else { return };
        if ung.lacks(5) && ung.span.terminated {
            let sentence = format!("The group header at byte {} has no reference (0048).", ung.span.start);
            open.faults.push(Fault::new(codes::GROUP_HEADER, ung.place_of(5), sentence).expected("a group reference"));
        }
        open.groups += 1;
        let group = Group {
            interchange: open.ordinal,
            ordinal: self.groups,
            functional_id: ung.element(1).into(),
            sender: ung.component(2, 1).into(),
            receiver: ung.component(3, 1).into(),
            qualifiers: [2, 3].map(|n| ung.component(n, 2).into()),
            control: ung.element(5).into(),
            version: format!("{}{}", ung.component(7, 1), ung.component(7, 2)).into(),
            byte: ung.span.start,
            segment: ung.ordinal,
        };
        let sender = ung.component(2, 1);
        let again = open.group_numbers.again(codes::GROUP_NUMBER_AGAIN, ung, 5, "interchange");
        self.group = Some(OpenGroup {
            ordinal: group.ordinal,
            control: ung.element(5),
            sender,
            sets: 0,
            headless: Headless::default(),
            numbers: Seen::default(),
            faults: again
                .and_then(|fault| self.policy.strictness.judge(fault))
                .into_iter()
                .chain(further(ung))
                .collect(),
        });
        self.groups += 1;
        self.queue.push_back(Piece::Group(group));
    }

    fn close_group(&mut self, une: Option<&Service>) {
        self.tell_strays();
        let Some(mut group) = self.group.take() else {
            if let (Some(une), Some(open)) = (une, &mut self.open) {
                open.headless_groups += 1;
                let sentence = format!("UNE at byte {} closes a group that isn't open.", une.span.start);
                let fault = outside(une.place(), &sentence, "UNE", "UNG before it");
                let fault = fault.remedy("Look whether the group header UNG is missing before the sets.");
                self.queue.push_back(Piece::Fault(fault));
            }
            return;
        };
        let mut faults = std::mem::take(&mut group.faults);
        if let Some(trailer) = une {
            let count = Statement { code: codes::GROUP_COUNT, trailer, position: 1, what: "messages in the group" };
            let control = Statement { code: codes::GROUP_CONTROL, trailer, position: 2, what: "" };
            faults.extend(count.count(group.sets..=group.sets + group.headless.sets, &self.policy));
            faults.extend(control.control(&group.control, "UNG05", &self.policy));
            faults.extend(further(trailer));
        } else {
            let (at, nor) = (self.at, self.nor(false));
            let sentence = format!("The group {} has no trailer UNE{nor} before byte {at}.", group.control);
            faults.push(Fault::new(codes::NO_GROUP_TRAILER, self.here("UNE"), sentence).expected("UNE"));
        }
        let stated = une.map_or(String::new(), |une| une.element(1)).into();
        let OpenGroup { ordinal, sets, headless, .. } = group;
        let Headless { sets: headless, numbers: headless_numbers } = headless;
        let end = GroupEnd { ordinal, sets, headless, headless_numbers, stated, faults };
        self.queue.push_back(Piece::GroupEnd(end));
    }

    fn close(&mut self, unz: Option<&Service>) {
        self.tell_strays();
        let Some(mut open) = self.open.take() else { return };
        if self.policy.edifact_characters != Some(Characters::Utf8) {
            open.faults.extend(open.in_utf8.take().and_then(|fault| self.policy.strictness.judge(fault)));
        }
        if let Some(trailer) = unz {
            // 0036 counts groups where there are any, else messages.
            let (counted, what) = match open.groups {
                0 if open.headless_groups == 0 => {
                    (open.sets..=open.sets + open.headless.sets, "messages in the interchange")
                }
                groups => (groups..=groups + open.headless_groups, "groups in the interchange"),
            };
            let count = Statement { code: codes::INTERCHANGE_COUNT, trailer, position: 1, what };
            let control = Statement { code: codes::INTERCHANGE_CONTROL, trailer, position: 2, what: "" };
            open.faults.extend(count.count(counted, &self.policy));
            open.faults.extend(control.control(&open.control, "UNB05", &self.policy));
            open.faults.extend(further(trailer));
            if !trailer.span.terminated {
                let sentence = format!("The last segment, UNZ at byte {}, has no terminator.", trailer.span.start);
                let place = Place { byte: trailer.span.end, len: 0, ..trailer.place() };
                open.faults.push(Fault::new(codes::UNTERMINATED, place, sentence).expected(TERMINATOR));
            }
        } else {
            let sentence = format!("The interchange {} has no trailer UNZ before byte {}.", open.control, self.at);
            open.faults.push(Fault::new(codes::NO_INTERCHANGE_TRAILER, self.here("UNZ"), sentence).expected("UNZ"));
        }
        let Open { ordinal, groups, sets, headless, faults, .. } = open;
        let Headless { sets: headless, numbers: headless_numbers } = headless;
        let byte = self.at;
        let end = InterchangeEnd { ordinal, groups, sets, headless, headless_numbers, faults, byte };
        self.queue.push_back(Piece::InterchangeEnd(end));
    }

    /// Tells of the segments outside of sets up to here.
    fn tell_strays(&mut self) {
        let Some(mut row) = self.strays.take() else { return };
        match (&mut self.group, &mut self.open) {
            (Some(group), _) => group.headless.add(&mut row),
            (None, open) => open.iter_mut().for_each(|open| open.headless.add(&mut row)),
        }
        self.queue.push_back(Piece::Fault(row.told()));
    }

    /// Header, trailer and totals of a message.
    fn check(
        &self,
        set: &Set,
        unh: &Service,
        collected: &Collected,
        syntax: &Syntax,
        guided: bool,
        faults: &mut Faults,
    ) {
        let policy = self.policy.of(&set.kind);
        for position in [1, 2] {
            if unh.lacks(position) {
                faults.forget(&unh.place_of(position), codes::MISSING_ELEMENT);
                let sentence = format!("UNH{position:02} is missing in the message header at byte {}.", set.byte);
                faults.push(
                    Fault::new(codes::SET_HEADER, unh.place_of(position), sentence).expected("UNH+1+ORDERS:D:96A:UN"),
                );
            }
        }
        if !guided {
            // What says no version is not said to be of an unknown one; a guide would tell it itself.
            let fault = message::identifier(unh).or_else(|| unguided(set, unh.place_of(2)));
            fault.into_iter().for_each(|fault| faults.push(fault));
        }
        hierarchy::check(&set.tree, &self.scratch.build.segments, faults);
        let missing = |id: &str| faults.tell_of(id);
        let totals: Vec<_> = totals::check(set, &self.scratch.build.segments, policy.totals, missing).collect();
        totals.into_iter().for_each(|fault| faults.push(fault));
        periods::check(&set.tree, &self.scratch.build.segments).into_iter().for_each(|fault| faults.push(fault));
        let Some((start, end)) = collected.spans.last().filter(|_| collected.closed) else {
            let (at, nor) = (self.at, self.nor(self.group.is_some()));
            let sentence = format!("The message {} has no trailer UNT{nor} before byte {at}.", set.control);
            let ordinal = collected.segments + 1;
            let at = At::Segment { ordinal, id: "UNT".into(), element: None, component: None, repeat: 1 };
            faults
                .push(Fault::new(codes::CUT_SET, Place { byte: collected.end, len: 0, at }, sentence).expected("UNT"));
            return;
        };
        let (start, end) = (collected.start + u64::from(*start), collected.start + u64::from(*end));
        let span = Span { start, end, next: end, terminated: !collected.unterminated };
        let trailer = &Service::read(self.source.slice(start, end), span, collected.segments, syntax);
        // Empty segments may be counted or not.
        let count = faults.segments(self.scratch.build.segments.len(), collected.segments);
        let segments = (count, "segments from UNH to UNT");
        check_trailer((unh, 1), trailer, segments, policy, faults);
    }

    /// What else has no trailer here, in words: what comes next says so.
    fn nor(&self, group: bool) -> String {
        match self.source.from(self.at).trim_ascii_start() {
            [] | [b'U', b'N', b'A' | b'B', ..] => nor(group.then_some("UNE"), Some("UNZ")),
            [b'U', b'N', b'G' | b'Z', ..] => nor(group.then_some("UNE"), None),
            _ => String::new(),
        }
    }

    /// Where a trailer should stand: behind the last segment that was read.
    fn here(&self, id: &str) -> Place {
        let at = At::Segment { ordinal: self.segments + 1, id: id.into(), element: None, component: None, repeat: 1 };
        Place { byte: self.at, len: 0, at }
    }
}

impl<R: BufRead> crate::reader::Pieces for Edifact<R> {
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
        self.policy = policy;
        self.scratch.forget_guide();
    }
}
