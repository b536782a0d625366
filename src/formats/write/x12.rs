//! Writes X12: ISA, GS, sets, GE, IEA, with counts and padding made here. X12.5 §3, X12.6 §3.

use super::{
    OutSet, Segment, Segments, Spot, X12Envelope, check_id,
    out::{Ending, Out},
    room,
    segments::{Begins, Packed, is_usual},
    too_long, whole,
};
use crate::{codes, fault::Fault, x12::is_version};
use std::io;

/// One interchange with one group of sets.
pub fn x12(envelope: &X12Envelope, sets: &[OutSet]) -> Result<Vec<u8>, Fault> {
    let out = Out::kept(room(sets, &envelope.delimiters.line_end));
    whole(x12_into(envelope, sets, out))
}

/// The same, given on as it is written: 64 kB of it are held. Of what can't be written a part has been given on before
/// that is known.
pub fn x12_to(envelope: &X12Envelope, sets: &[OutSet], into: &mut dyn io::Write) -> io::Result<Result<(), Fault>> {
    Ok(x12_into(envelope, sets, Out::given(into))?.map(drop))
}

fn x12_into<'a>(envelope: &'a X12Envelope, sets: &[OutSet], out: Out<'a>) -> io::Result<Result<Vec<u8>, Fault>> {
    let mut writer = Writer::new(envelope, out);
    match writer.interchange(sets) {
        Ok(()) => writer.out.end().map(Ok),
        Err(fault) => Ok(Err(fault)),
    }
}

/// One interchange with a TA1 and no group.
pub fn ta1(envelope: &X12Envelope, ta1: &Segment) -> Result<Vec<u8>, Fault> {
    let mut writer = Writer::new(envelope, Out::kept(512));
    writer.check_delimiters()?;
    writer.isa()?;
    for segment in Segments::from(vec![ta1.clone()]).packed() {
        writer.segment(segment)?;
    }
    let control = writer.interchange_control()?;
    writer.plain("IEA", &["0", &control])?;
    whole(writer.out.end().map(Ok))
}

/// What is said, or else what is usual.
fn or<'a>(said: &'a str, usual: &'a str) -> &'a str {
    if said.is_empty() { usual } else { said }
}

struct Writer<'a> {
    envelope: &'a X12Envelope,
    out: Out<'a>,
    /// Segments so far.
    ordinal: u32,
    /// By byte: ASCII that stands for itself, so that most values are copied after one look.
    plain: [bool; 256],
    /// True if all usual bytes are plain: most segments are copied unread.
    copies: bool,
    ending: Ending,
}

impl<'a> Writer<'a> {
    fn new(envelope: &'a X12Envelope, out: Out<'a>) -> Self {
        let ending = Ending::of(envelope.delimiters.segment, &envelope.delimiters.line_end);
        let mut writer = Writer { envelope, out, ordinal: 0, plain: [false; 256], copies: false, ending };
        writer.plain = std::array::from_fn(|byte| byte < 128 && writer.stands(char::from(byte as u8)));
        writer.copies = (0..=u8::MAX).all(|byte| !is_usual(byte) || writer.plain[usize::from(byte)]);
        writer
    }

    fn interchange(&mut self, sets: &[OutSet]) -> Result<(), Fault> {
        let envelope = self.envelope;
        self.check_delimiters()?;
        self.isa()?;
        let group = envelope.group_control.to_string();
        // Element 373 has a century from 004010 on.
        let date = match envelope.header.short_group_date || envelope.version.as_str() < "004010" {
            true => envelope.date.get(2..).unwrap_or(""),
            false => &envelope.date,
        };
        let parties = [&*envelope.functional_id, &envelope.application_sender, &envelope.application_receiver];
        let [functional_id, sender, receiver] = parties;
        let agency = or(&envelope.header.agency, "X");
        self.plain("GS", &[functional_id, sender, receiver, date, &envelope.time, &group, agency, &envelope.version])?;
        for set in sets {
            let first = self.ordinal;
            self.plain("ST", &[&set.kind, &set.control, self.implementation()])?;
            for segment in set.segments.packed() {
                self.segment(segment)?;
            }
            let count = (self.ordinal - first + 1).to_string();
            self.plain("SE", &[&count, &set.control])?;
        }
        self.plain("GE", &[&sets.len().to_string(), &group])?;
        let control = self.interchange_control()?;
        self.plain("IEA", &["1", &control])?;
        Ok(())
    }

    /// True of what is written as it is.
    fn stands(&self, c: char) -> bool {
        !self.reserves(c) && self.envelope.header.letters.repertoire.has(c)
    }

    /// True of what no value may have in it.
    fn reserves(&self, c: char) -> bool {
        let d = &self.envelope.delimiters;
        let delimiter = c == d.element || c == d.component || c == d.segment || (self.repeats() && c == d.repetition);
        delimiter || c.is_control()
    }

    /// Repetition separators came with 00402.
    fn repeats(&self) -> bool {
        self.envelope.version.as_str() >= "004020"
    }

    /// ST03, element 1705: from 005010 on, and only where GS08 names an implementation guide (`005010X231A1`).
    fn implementation(&self) -> &'a str {
        let version = self.envelope.version.as_str();
        if version >= "005010" && version.get(6..7) == Some("X") { version } else { "" }
    }

    fn check_delimiters(&self) -> Result<(), Fault> {
        let d = &self.envelope.delimiters;
        let mut all = vec![d.element, d.component, d.segment];
        all.extend(self.repeats().then_some(d.repetition));
        let twice = all.iter().enumerate().find(|(n, c)| all[..*n].contains(c)).map(|(_, c)| *c);
        let bad =
            twice.or(all.into_iter().find(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || *c == ' ' || *c == '\0'));
        let Some(bad) = bad else { return Ok(()) };
        let sentence = format!(
            "The delimiters can't be used: “{}” is used twice, or is no ASCII punctuation.",
            bad.escape_default()
        );
        Err(self
            .spot("ISA", None)
            .fault(codes::CANT_WRITE, sentence)
            .expected("four different characters of punctuation"))
    }

    fn interchange_control(&self) -> Result<String, Fault> {
        let control = format!("{:09}", self.envelope.interchange_control);
        if control.len() > 9 { Err(too_long(self.spot("ISA", Some(13)), &control, 9)) } else { Ok(control) }
    }

    fn isa(&mut self) -> Result<(), Fault> {
        let e = self.envelope;
        let version = match e.header.version.as_str() {
            // An answer takes the version of what it answers, whatever that said.
            "" => e.version.get(..5).filter(|version| is_version(version)).unwrap_or("00401").to_owned(),
            said => said.to_owned(),
        };
        let standard = if self.repeats() { e.delimiters.repetition.to_string() } else { "U".into() };
        let date = e.date.get(2..8).unwrap_or("").to_owned();
        let fields: [(&str, usize); 15] = [
            (&e.header.authorization[0], 2),
            (&e.header.authorization[1], 10),
            (&e.header.security[0], 2),
            (&e.header.security[1], 10),
            (&e.sender.qualifier, 2),
            (&e.sender.id, 15),
            (&e.receiver.qualifier, 2),
            (&e.receiver.id, 15),
            (&date, 6),
            (e.time.get(..4).unwrap_or(""), 4),
            (&standard, 1),
            (&version, 5),
            (&self.interchange_control()?, 9),
            (if e.header.acknowledgement_requested { "1" } else { "0" }, 1),
            (or(&e.header.usage, if e.test { "T" } else { "P" }), 1),
        ];
        let mut isa = String::from("ISA");
        for (position, (value, width)) in (1u16..).zip(fields) {
            let spot = self.spot("ISA", Some(position));
            if value.chars().count() > width || !value.is_ascii() {
                return Err(too_long(spot, value, width));
            }
            let value = if position == 11 { value.to_owned() } else { self.clean(value, spot)? };
            isa.push(e.delimiters.element);
            isa.push_str(&format!("{value:<width$}"));
        }
        isa.push(e.delimiters.element);
        isa.push(e.delimiters.component);
        self.out.extend_from_slice(isa.as_bytes());
        self.end();
        Ok(())
    }

    fn segment(&mut self, segment: Packed) -> Result<(), Fault> {
        let d = &self.envelope.delimiters;
        let [element, component, repetition] = [d.element, d.component, d.repetition].map(|c| c as u8);
        if !(self.copies && segment.copied(element, component, &mut self.out)) {
            let spot = self.spot(segment.id(), None);
            check_id(spot.id, spot)?;
            self.out.extend_from_slice(spot.id.as_bytes());
            let mut position = 0u16;
            for (begins, value) in segment.values() {
                position = position.saturating_add(u16::from(begins == Begins::Element));
                let spot = Spot { element: Some(position), ..spot };
                if begins == Begins::Repeat && !self.repeats() {
                    return Err(self.cant_repeat(spot));
                }
                self.out.push(begins.with([element, component, repetition]));
                self.value(value, spot)?;
            }
        }
        self.end();
        Ok(())
    }

    /// A segment of plain elements.
    fn plain(&mut self, id: &str, elements: &[&str]) -> Result<(), Fault> {
        let spot = self.spot(id, None);
        self.out.extend_from_slice(id.as_bytes());
        let last = elements.iter().rposition(|element| !element.is_empty()).map_or(0, |last| last + 1);
        for (position, element) in (1u16..).zip(&elements[..last]) {
            self.out.push(self.envelope.delimiters.element as u8);
            self.value(element, Spot { element: Some(position), ..spot })?;
        }
        self.end();
        Ok(())
    }

    fn value(&mut self, value: &str, spot: Spot) -> Result<(), Fault> {
        if value.bytes().all(|byte| self.plain[usize::from(byte)]) {
            self.out.extend_from_slice(value.as_bytes());
        } else {
            let cleaned = self.clean(value, spot)?;
            self.out.extend_from_slice(cleaned.as_bytes());
        }
        Ok(())
    }

    fn cant_repeat(&self, spot: Spot) -> Fault {
        let sentence = format!("{} is repeated, and version {} can't say that.", spot.name(), self.envelope.version);
        spot.fault(codes::CANT_WRITE, sentence).expected("one value")
    }

    /// A value without characters that the repertoire doesn't have, or that the envelope reserves.
    fn clean(&self, value: &str, spot: Spot) -> Result<String, Fault> {
        let letters = &self.envelope.header.letters;
        let said = letters.said(value).map_err(|c| {
            let (name, shown) = (letters.repertoire.name(), crate::fault::shorten(value, 40));
            let sentence = format!("{} would be “{shown}”, and X12's {name} character set has no “{c}”.", spot.name());
            let fault = spot.fault(codes::CANT_WRITE, sentence).found(value);
            let remedy = "Change the value, or agree on a larger set of characters or on one that stands for others (`text_out`).";
            fault.expected(format!("characters of the {name} set")).remedy(remedy)
        })?;
        let value = &*said;
        let reserved = |c: char| self.reserves(c);
        match (value.chars().find(|c| reserved(*c)), self.envelope.delimiters.replacement) {
            (None, _) => Ok(value.to_owned()),
            (Some(_), Some(instead)) if !reserved(instead) => {
                Ok(value.chars().map(|c| if reserved(c) { instead } else { c }).collect())
            }
            (Some(c), _) => {
                let sentence = format!(
                    "{} would be “{}”, which contains “{}”.",
                    spot.name(),
                    crate::fault::shorten(value, 40),
                    c.escape_default()
                );
                Err(spot
                    .fault(codes::DELIMITER_IN_DATA, sentence)
                    .found(value)
                    .expected("a value without delimiters and control characters"))
            }
        }
    }

    fn end(&mut self) {
        self.out.end_segment(&self.ending);
        self.ordinal += 1;
    }

    fn spot<'b>(&self, id: &'b str, element: Option<u16>) -> Spot<'b> {
        Spot { id, ordinal: self.ordinal + 1, element, byte: self.out.written() }
    }
}
