//! Envelopes of what goes out, as the agreement has them.

use super::Emitter;
use crate::{
    formats::{
        piece::Identity,
        write::{
            EdifactDelimiters, EdifactEnvelope, UnbHeader, UngHeader, X12Delimiters, X12Envelope, X12Header, X12Letters,
        },
    },
    tenancy::{
        Agreement,
        agreement::{Agency, DecimalMark, GroupDate, IsaOut, Letters, TestIndicator, Una, Usage},
    },
};

/// The envelope of one EDIFACT message to a partner. `syntax` is 0001 and 0002.
pub fn edifact_envelope(
    emit: &Emitter<'_>,
    agreement: &Agreement,
    [sender, receiver]: [&Identity; 2],
    (syntax, syntax_version): (&str, u8),
    [version, association]: [&str; 2],
) -> EdifactEnvelope {
    let (date, time) = emit.now.envelope();
    let (u, d) = (&agreement.unb_out, &agreement.delimiters);
    let group = u.group.then(|| UngHeader {
        sender: application([&u.group_sender, &u.group_sender_qualifier], sender),
        receiver: application([&u.group_receiver, &u.group_receiver_qualifier], receiver),
        control: String::new(),
        password: u.group_password.clone().unwrap_or_default(),
    });
    EdifactEnvelope {
        group,
        sender: sender.clone(),
        receiver: receiver.clone(),
        syntax: syntax.into(),
        syntax_version,
        control: String::new(),
        application_reference: u.application_reference.clone().unwrap_or_default(),
        acknowledgement_requested: false,
        test: is_test(agreement),
        version: version.into(),
        association: association.into(),
        date,
        time,
        una: u.una == Una::Always,
        header: UnbHeader {
            password: u.password.clone().unwrap_or_default(),
            password_qualifier: u.password_qualifier.clone().unwrap_or_default(),
            priority: u.priority.clone().unwrap_or_default(),
            agreement: u.agreement.clone().unwrap_or_default(),
            transliterate: u.letters == Letters::Transliterate,
            substitute: u.substitute,
            routing: [String::new(), String::new()],
            holds_repertoire: false,
        },
        delimiters: EdifactDelimiters {
            element: d.element,
            component: d.component,
            repetition: d.repetition,
            segment: d.segment,
            line_end: d.line_end.text().into(),
            decimal: if u.decimal_mark == DecimalMark::Comma { ',' } else { '.' },
            ..EdifactDelimiters::default()
        },
    }
}

/// S006 or S007: who was agreed, else the party of UNB; a qualifier belongs to the id that is stated with it.
fn application([id, qualifier]: [&Option<String>; 2], party: &Identity) -> Identity {
    let own = if id.is_some() { "" } else { &*party.qualifier };
    Identity { id: id.as_deref().unwrap_or(&party.id).into(), qualifier: qualifier.as_deref().unwrap_or(own).into() }
}

/// The parties of a business document of EDIFACT as the agreement names them, with its syntax; and that a CONTRL is asked for.
pub fn edifact_parties(envelope: EdifactEnvelope, agreement: &Agreement) -> EdifactEnvelope {
    let acknowledgement_requested = agreement.unb_out.acknowledgement_request;
    let envelope = edifact_names(envelope, agreement);
    let header = UnbHeader { holds_repertoire: true, ..envelope.header };
    EdifactEnvelope { acknowledgement_requested, header, ..envelope }
}

/// The names and the syntax alone: S001 to S003, and S006 and S007 where they are the same.
pub fn edifact_names(envelope: EdifactEnvelope, agreement: &Agreement) -> EdifactEnvelope {
    let u = &agreement.unb_out;
    let party = |own: &Identity, qualifier: &Option<String>, id: &Option<String>| Identity {
        qualifier: qualifier.as_deref().map_or(own.qualifier.clone(), Into::into),
        id: id.as_deref().map_or(own.id.clone(), Into::into),
    };
    let sender = party(&envelope.sender, &u.sender_qualifier, &u.sender);
    let receiver = party(&envelope.receiver, &u.receiver_qualifier, &u.receiver);
    let routing = [&u.sender_routing, &u.receiver_routing].map(|said| said.clone().unwrap_or_default());
    let (syntax, syntax_version) = u.syntax.parts();
    let group = envelope.group.map(|group| UngHeader {
        sender: application([&u.group_sender, &u.group_sender_qualifier], &sender),
        receiver: application([&u.group_receiver, &u.group_receiver_qualifier], &receiver),
        ..group
    });
    EdifactEnvelope {
        sender,
        receiver,
        syntax: syntax.into(),
        syntax_version,
        group,
        header: UnbHeader { routing, ..envelope.header },
        ..envelope
    }
}

/// What ISA and GS say by agreement beside who and when, in business documents and in acknowledgements.
pub fn x12_header(agreement: &Agreement) -> X12Header {
    let IsaOut { isa01, isa02, isa03, isa04, isa12, .. } = &agreement.isa_out;
    let own = X12Header::default();
    let pair = |[qualifier, value]: [String; 2], said: [&Option<String>; 2]| {
        [said[0].clone().unwrap_or(qualifier), said[1].clone().unwrap_or(value)]
    };
    X12Header {
        authorization: pair(own.authorization, [isa01, isa02]),
        security: pair(own.security, [isa03, isa04]),
        version: isa12.clone().unwrap_or_default(),
        acknowledgement_requested: false,
        short_group_date: agreement.gs_out.date == GroupDate::Yymmdd,
        letters: X12Letters {
            repertoire: agreement.text_out.repertoire.into(),
            transliterate: agreement.text_out.letters == Letters::Transliterate,
            substitute: agreement.text_out.substitute,
        },
        usage: agreement.isa_out.isa15.map_or("", Usage::code).to_owned(),
        agency: if agreement.gs_out.gs07 == Agency::T { "T" } else { "" }.to_owned(),
    }
}

/// The same of what answers a partner: what it repeats of theirs, and our sentences, are no reason to say nothing.
pub fn x12_answer_header(agreement: &Agreement) -> X12Header {
    let header = x12_header(agreement);
    let substitute = header.letters.substitute.or(Some(' '));
    X12Header { letters: X12Letters { transliterate: true, substitute, ..header.letters }, ..header }
}

/// GS05, in the digits that were agreed.
pub fn x12_time(emit: &Emitter<'_>, agreement: &Agreement) -> String {
    emit.now.time_of_day(agreement.gs_out.time.digits())
}

/// The parties of a business document, as the agreement names them, and their applications.
pub fn x12_parties(envelope: X12Envelope, agreement: &Agreement) -> X12Envelope {
    let header = X12Header { acknowledgement_requested: agreement.isa_out.isa14, ..envelope.header.clone() };
    let g = &agreement.gs_out;
    let functional_id = g.gs01.clone().unwrap_or_else(|| envelope.functional_id.clone());
    let version = g.gs08.clone().unwrap_or_else(|| envelope.version.clone());
    X12Envelope { header, functional_id, version, ..x12_names(envelope, agreement) }
}

/// The names alone: ISA05 to ISA08, GS02 and GS03.
pub fn x12_names(envelope: X12Envelope, agreement: &Agreement) -> X12Envelope {
    let (i, g) = (&agreement.isa_out, &agreement.gs_out);
    let party = |own: Identity, qualifier: &Option<String>, id: &Option<String>| Identity {
        qualifier: qualifier.as_deref().map_or(own.qualifier, Into::into),
        id: id.as_deref().map_or(own.id, Into::into),
    };
    let sender = party(envelope.sender, &i.isa05, &i.isa06);
    let receiver = party(envelope.receiver, &i.isa07, &i.isa08);
    X12Envelope {
        application_sender: g.gs02.clone().unwrap_or_else(|| sender.id.to_string()),
        application_receiver: g.gs03.clone().unwrap_or_else(|| receiver.id.to_string()),
        sender,
        receiver,
        ..envelope
    }
}

/// The agreement's delimiters.
pub fn delimiters(agreement: &Agreement) -> X12Delimiters {
    let d = &agreement.delimiters;
    X12Delimiters {
        element: d.element,
        component: d.component,
        repetition: d.repetition,
        segment: d.segment,
        replacement: d.replacement,
        line_end: d.line_end.text().into(),
    }
}

/// True if what goes out says T.
pub fn is_test(agreement: &Agreement) -> bool {
    agreement.test_indicator == TestIndicator::Send
}
