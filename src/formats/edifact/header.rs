//! The interchange header, UNA and UNB, and what becomes of one that can't be read.

use super::{ENDS, Edifact, una, unb};
use crate::{
    codes,
    edi::{
        between::next_header,
        envelope::Service,
        fold,
        further::further,
        lines::of_envelope,
        ruler::Ruler,
        scan::{Found, segment, skip_filler},
    },
    fault::{Costs, Fault, shorten},
    piece::Piece,
    place::{At, Place},
};
use std::io::{self, BufRead};

/// How much of a header must be read before it is judged.
const REACH: usize = 600;

/// How far behind UNA the UNB of the same interchange begins.
const NEAR: usize = 20;

impl<R: BufRead> Edifact<R> {
    /// Reads UNA and UNB, and opens the interchange.
    pub(super) fn header(&mut self, byte: u64) -> io::Result<()> {
        self.interchanges += 1;
        let seen = self.source.from(byte);
        let (head, len) = una::uncut(seen).unwrap_or_else(|| {
            let len = seen.len().min(una::LENGTH as usize);
            (seen[..len].to_vec(), len)
        });
        let (mut syntax, mut reserved, mut at) = (una::default(&head), Some(b'*'), byte);
        let mut odd = Vec::new();
        if head.starts_with(b"UNA") {
            match una::read(&head) {
                Ok(said) => (syntax, reserved, odd) = (said.syntax, said.reserved, said.odd),
                Err(wrong) => {
                    // The UNB behind it is of the same interchange: what its characters mean isn't known.
                    let near = &self.source.from(at)[..self.source.from(at).len().min(NEAR)];
                    let skip = memchr::memmem::find(near, b"UNB").unwrap_or(0) as u64 + 3;
                    return self.unusable(at, skip, wrong);
                }
            }
            at = skip_filler(&mut self.source, at + len as u64)?;
        }
        let line = fold::line(self.source.from(byte), &syntax);
        syntax.folded = line.is_some();
        let span = match segment(&mut self.source, &syntax, at, REACH * 4)? {
            Found::Segment(span) => span,
            Found::TooLong { start, .. } => return self.unreadable(start, 3, "UNB has no end"),
            Found::End => return self.unreadable(byte, 3, "nothing follows UNA"),
        };
        self.segments += 1;
        let cut = of_envelope(self.source.slice(span.start, span.end), span, self.segments, &syntax, &ENDS);
        let (span, unended) = cut.map_or((span, None), |(span, fault)| (span, Some(fault)));
        let unb = Service::read(self.source.slice(span.start, span.end), span, self.segments, &syntax);
        if &*unb.id() != "UNB" {
            let separator = char::from(syntax.element);
            let why = match unb.id().starts_with("UNB") {
                true => format!("the separator behind UNB is not “{separator}”, and no UNA says what it is"),
                false => "UNB doesn't follow UNA".to_owned(),
            };
            let skip = if span.start > byte { 0 } else { 3 };
            return self.unreadable(span.start, skip, &why);
        }
        if unb.len() < 5 || !span.terminated {
            let why = if span.terminated { "UNB has fewer than five elements" } else { "UNB has no terminator" };
            return self.unreadable(span.start, 3, why);
        }
        let charset = una::charset(&unb.component(1, 1));
        let unb = unb.in_charset(charset);
        let repeats = unb.component(1, 2).starts_with('4');
        if repeats {
            syntax.repetition = reserved;
        }
        let odd = odd.iter().filter(|odd| repeats || odd.is != una::Role::Repetition).map(|odd| told(odd, byte));
        let odd: Vec<Fault> = odd.collect();
        self.at = span.next;
        self.scratch.ruler = Ruler::new(line, self.source.from(byte), byte);
        let line = line.map(|line| fold::note(line, unb.place()));
        let spoilt = fold::spoilt(self.source.from(byte), &syntax);
        let spoilt = spoilt.map(|spoilt| fold::spoilt_fault(&spoilt, unb.place()));
        let faults = odd.into_iter().chain(line).chain(spoilt).chain(unb::faults(&unb)).chain(further(&unb));
        self.begin(byte, &unb, syntax, faults.chain(unended).collect());
        Ok(())
    }

    /// UNA whose characters can't be used, at the first of them that can't.
    fn unusable(&mut self, at: u64, skip: u64, wrong: Option<una::Odd>) -> io::Result<()> {
        match wrong {
            Some(odd) => {
                let why = format!("“{}” at byte {} {}", shown(odd.character), at + odd.offset as u64, odd.why);
                self.unreadable(at, skip, &why)
            }
            None => self.unreadable(at, skip, "UNA doesn't name six service characters"),
        }
    }

    /// A header that can't be read costs its interchange: the next one is looked for.
    fn unreadable(&mut self, at: u64, skip: u64, why: &str) -> io::Result<()> {
        let shown = self.source.excerpt(at, 100)?;
        let una = self.source.from(at).starts_with(b"UNA");
        let (id, expected) = match una {
            true => ("UNA", "UNA and six characters, all different, such as UNA:+.? ', or no UNA at all"),
            false => ("UNB", "UNB with syntax, sender, recipient, date and control reference"),
        };
        let place =
            At::Segment { ordinal: self.segments.max(1), id: id.into(), element: None, component: None, repeat: 1 };
        let sentence = format!("The interchange header at byte {at} can't be read: {why}.");
        let fault = Fault::new(codes::HEADER, Place { byte: at, len: 0, at: place }, sentence).found(&shown);
        self.queue.push_back(Piece::Fault(fault.expected(expected)));
        let next = next_header(&mut self.source, at + skip, b"UN", una::header_follows)?;
        self.done = next.is_none();
        self.at = next.unwrap_or(self.source.end());
        Ok(())
    }
}

/// A character of UNA's that is read as one that isn't there, or that cuts numbers.
fn told(odd: &una::Odd, una: u64) -> Fault {
    let (character, byte) = (shown(odd.character), una + odd.offset as u64);
    let at = At::Segment { ordinal: 1, id: "UNA".into(), element: None, component: None, repeat: 1 };
    let sentence = format!("“{character}” at byte {byte}, in UNA, {}.", odd.why);
    let mark = "a point or a comma that nothing else is";
    let (costs, expected, remedy) = match (odd.is, odd.character) {
        (una::Role::Decimal, b'.' | b',') => (
            Costs::Segment,
            mark,
            "Ask the sender for other service characters, such as UNA:+.? ', or none: a number that has this one in it is cut in two.",
        ),
        (una::Role::Decimal, _) => (
            Costs::Nothing,
            mark,
            "Nothing is lost by it where numbers have a point or a comma. Ask the sender to name the one that they have.",
        ),
        _ => (
            Costs::Nothing,
            "a character of its own, such as *, or a blank",
            "No repeats are separated in this interchange. Ask the sender for a character that nothing else is.",
        ),
    };
    let fault = Fault::new(codes::DELIMITER, Place { byte, len: 1, at }, sentence).costs(costs);
    fault.found(&character).expected(expected).remedy(remedy)
}

/// A character as a sentence shows it.
fn shown(byte: u8) -> String {
    if byte.is_ascii() { shorten(&char::from(byte).to_string(), 1) } else { format!("{byte:#04X}") }
}
