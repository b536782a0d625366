//! What a document is answered with, whatever it is: it can be written, and our own reader takes it.

use crate::{
    Options,
    ack::{AckCode, Advice, Contrl, Form, Functional, SetOutcome, Subject, Taken, advised, is_of_interchange, ta1},
    fault::{Costs, Fault, Layer},
    piece::{Group, Identity, Interchange, InterchangeEnd, Piece, Set, Standard},
    write::{self, EdifactDelimiters, EdifactEnvelope, OutSet, X12Delimiters, X12Envelope},
};

/// Makes every acknowledgement of a document.
pub fn check(standard: Standard, bytes: &[u8], options: Options) {
    let mut open: Option<(Group, Functional, Functional)> = None;
    let mut interchange: Option<(Interchange, Contrl)> = None;
    let mut around: Vec<Fault> = Vec::new();
    for piece in super::read(standard, bytes, options) {
        match piece {
            Piece::Interchange(header) => {
                let contrl = Contrl::new(&header, !bytes.len().is_multiple_of(3));
                (interchange, around) = (Some((header, contrl)), Vec::new());
            }
            Piece::Group(group) => {
                if let Some((_, contrl)) = &mut interchange {
                    contrl.group(&group);
                }
                let [f997, f999] = [Form::F997, Form::F999].map(|form| Functional::new(form, &group, true));
                open = Some((group, f997, f999));
            }
            Piece::Set(set) => {
                advice(&set, &open, &interchange);
                let outcome = SetOutcome::from(&*set);
                around.extend(outcome.faults.iter().filter(|fault| is_of_interchange(fault)).cloned());
                if let Some((_, contrl)) = &mut interchange {
                    contrl.set(&outcome);
                }
                if let Some((_, f997, f999)) = &mut open {
                    f997.set(&outcome);
                    f999.set(&outcome);
                }
            }
            Piece::GroupEnd(end) => {
                if let Some((_, contrl)) = &mut interchange {
                    contrl.group_end(&end);
                }
                if let Some((group, f997, f999)) = open.take().filter(|_| standard == Standard::X12) {
                    for (form, made) in [(Form::F997, f997), (Form::F999, f999)] {
                        functional(form, &group, made.finish(Some(&end)).0);
                    }
                }
            }
            Piece::InterchangeEnd(end) => {
                around.extend(end.faults.iter().cloned());
                if let Some((header, contrl)) = interchange.take() {
                    whole(standard, &header, contrl, &end, &around);
                }
            }
            Piece::Fault(fault) => {
                if let Some((_, contrl)) = &mut interchange {
                    contrl.around(&fault);
                }
                around.push(fault);
            }
        }
    }
}

/// A group without a number is answered by no 997.
fn functional(form: Form, group: &Group, segments: write::Segments) {
    if group.control.is_empty() {
        return;
    }
    let set = OutSet { kind: form.kind().into(), control: "0001".into(), segments };
    let version = form.version(&group.version);
    readable(Standard::X12, write::x12(&X12Envelope { version, ..envelope() }, &[set]));
}

fn whole(standard: Standard, header: &Interchange, contrl: Contrl, end: &InterchangeEnd, around: &[Fault]) {
    if standard == Standard::X12 {
        let (segment, code) = ta1(header, around, None);
        assert!(code == AckCode::Rejected || around.iter().all(|fault| fault.costs < Costs::Interchange));
        return readable(Standard::X12, write::ta1(&envelope(), &segment));
    }
    let (version, syntax_version) = (contrl.version().to_owned(), contrl.syntax());
    let (segments, _) = contrl.finish(end);
    let set = OutSet { kind: "CONTRL".into(), control: "1".into(), segments };
    let envelope = edifact_envelope(version, syntax_version);
    readable(Standard::Edifact, write::edifact(&envelope, &[set]));
}

/// What is wrong with a set, told by an advice: nothing is wrong with that.
fn advice(set: &Set, open: &Option<(Group, Functional, Functional)>, interchange: &Option<(Interchange, Contrl)>) {
    let (true, Some((header, _))) = (matches!(set.standard, Standard::X12 | Standard::Edifact), interchange) else {
        return;
    };
    assert!(advised(set).is_none_or(|read| !read.of.is_empty()));
    let group = open.as_ref().map(|(group, ..)| group);
    let named = |of: fn(&Group) -> &str| group.map_or("", of);
    let subject = Subject {
        standard: set.standard,
        kind: &set.kind,
        version: &set.version,
        interchange: &header.control,
        group: named(|group| &group.control),
        control: &set.control,
        applications: [named(|group| &group.sender), named(|group| &group.receiver)],
        name: &header.receiver.id,
    };
    let (taken, number) = (Taken::Rejected, "3F0A61B2C7D4");
    let advice = Advice { subject, taken, faults: &set.faults, number, date: "20260105", time: "0930" };
    let out = |control: &str| OutSet {
        kind: advice.kind().into(),
        control: control.into(),
        segments: advice.segments().into(),
    };
    let version = advice.version().to_owned();
    let written = match set.standard {
        Standard::X12 => write::x12(&X12Envelope { functional_id: "AG".into(), version, ..envelope() }, &[out("0001")]),
        _ => write::edifact(&edifact_envelope(version, 3), &[out("1")]),
    };
    let bytes = written.unwrap_or_else(|fault| panic!("an advice can't be written: {}", fault.sentence));
    for piece in super::read(set.standard, &bytes[..], Options::default()) {
        if let Piece::Set(read) = piece {
            assert!(read.accepted(), "{:#?} in our own {}", read.faults, String::from_utf8_lossy(&bytes));
            // A set that names itself nowhere can be told to nobody.
            let named = !subject_is_nameless(&advice.subject);
            assert!(advised(&read).is_some() || !named, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

fn subject_is_nameless(subject: &Subject) -> bool {
    subject.standard == Standard::Edifact
        && [subject.name, subject.interchange, subject.control].iter().all(|name| name.trim().is_empty())
}

fn edifact_envelope(version: String, syntax_version: u8) -> EdifactEnvelope {
    let identity = |id: &str| Identity { qualifier: "14".into(), id: id.into() };
    EdifactEnvelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        syntax: "UNOC".into(),
        syntax_version,
        control: "1".into(),
        application_reference: String::new(),
        acknowledgement_requested: false,
        test: false,
        version,
        association: String::new(),
        date: "20260105".into(),
        time: "0930".into(),
        una: true,
        header: Default::default(),
        group: None,
        delimiters: EdifactDelimiters::default(),
    }
}

/// What was written is read without a fault of bytes or envelopes.
fn readable(standard: Standard, written: Result<Vec<u8>, Fault>) {
    let bytes = match written {
        Ok(bytes) => bytes,
        Err(fault) => panic!("an answer can't be written: {}", fault.sentence),
    };
    let mut sets = 0;
    for piece in super::read(standard, &bytes[..], Options::default()) {
        let faults = match piece {
            Piece::Set(set) => {
                sets += 1;
                set.faults
            }
            Piece::GroupEnd(end) => end.faults,
            Piece::InterchangeEnd(end) => end.faults,
            Piece::Fault(fault) => vec![fault],
            _ => vec![],
        };
        let broken = faults.iter().find(|fault| matches!(fault.layer, Layer::Byte | Layer::Envelope));
        assert!(broken.is_none(), "{broken:?} in our own {}", String::from_utf8_lossy(&bytes));
    }
    assert!(sets == 1 || (sets == 0 && standard == Standard::X12), "{sets} sets in {bytes:?}");
}

fn envelope() -> X12Envelope {
    let identity = |id: &str| Identity { qualifier: "ZZ".into(), id: id.into() };
    X12Envelope {
        sender: identity("ACMEDIST"),
        receiver: identity("NORTHWIND"),
        application_sender: "ACMEDIST".into(),
        application_receiver: "NORTHWIND".into(),
        functional_id: "FA".into(),
        version: "004010".into(),
        interchange_control: 1,
        group_control: 1,
        test: false,
        date: "20260105".into(),
        time: "0930".into(),
        header: Default::default(),
        delimiters: X12Delimiters::default(),
    }
}
