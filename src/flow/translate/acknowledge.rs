//! Acknowledgements of the groups and interchanges whose trailers a batch has read, written in its commit.

use super::{
    batch::Batch,
    commit::refused,
    run::{InterchangeRun, Received, Run, ToAcknowledge},
    whose::UNKNOWN_RECEIVER,
};
use crate::{
    canonical::{Micros, Tenant},
    emit::{
        acknowledge::{self, Acknowledgement, Says},
        advice::{Advice, CameIn},
    },
    flow::{Hub, emitter, letter},
    formats::{
        ack::{self, AckCode, Contrl as Answer, Taken},
        fault::{Fault, Layer},
        write::{OutSet, Segment},
    },
    store::{
        StoreError, Tx,
        messages::{NewMessage, Refused},
    },
    tenancy::{
        Effective,
        agreement::{Contrl, Ta1},
    },
};
use std::collections::BTreeSet;

/// Writes what is due by agreement. Acknowledgements are not acknowledged themselves, or two partners would acknowledge
/// each other for ever.
/// `refused` are the messages that their mappings refused: their senders are advised, where that is agreed.
pub async fn write(
    hub: &Hub,
    tx: &mut Tx,
    batch: &Batch,
    refused: Vec<Refused>,
    now: Micros,
) -> Result<(), StoreError> {
    let Some(tenant) = batch.runs.first().map(|r| r.tenant.id) else { return Ok(()) };
    let mut said = Vec::new();
    // A document that waits for another's number is read again: how it ends is not known yet.
    for run in batch.runs.iter().filter(|run| run.waits_for_number().is_none()) {
        said.extend(due(run));
    }
    let advices = advices(hub, refused);
    if said.is_empty() && advices.is_empty() {
        return Ok(());
    }
    // Neither is written by a mapping.
    acknowledge::write(tx, &emitter(hub, hub.library.own(), now), tenant, said, advices).await
}

/// What is due of what a document's trailers closed.
fn due(run: &Run) -> Vec<Acknowledgement<'_>> {
    let refused = refused_by_ta1(run);
    let told = |one: &ToAcknowledge| matches!(one.what, Received::Group { .. }) && refused.contains(&one.interchange);
    run.to_acknowledge.iter().filter(|one| !told(one)).filter_map(|one| of(run, one)).collect()
}

/// Writes what is due of a document that was read once more, and nothing else.
pub async fn once_more(hub: &Hub, tx: &mut Tx, run: &Run, now: Micros) -> Result<(), StoreError> {
    acknowledge::write(tx, &emitter(hub, hub.library.own(), now), run.tenant.id, due(run), vec![]).await
}

/// Writes the advices of messages that their mappings refused, alone.
pub async fn advise(
    hub: &Hub,
    tx: &mut Tx,
    tenant: Tenant,
    refused: Vec<Refused>,
    now: Micros,
) -> Result<(), StoreError> {
    let advices = advices(hub, refused);
    if advices.is_empty() {
        return Ok(());
    }
    acknowledge::write(tx, &emitter(hub, hub.library.own(), now), tenant, vec![], advices).await
}

/// The same for a message that was restarted.
pub async fn advise_restarted(hub: &Hub, tx: &mut Tx, row: &NewMessage, now: Micros) -> Result<(), StoreError> {
    advise(hub, tx, row.tenant, refused(row).into_iter().collect(), now).await
}

fn advices(hub: &Hub, refused: Vec<Refused>) -> Vec<Advice<'_>> {
    let advice = |one: Refused| {
        // What an earlier release kept otherwise is not advised of.
        let came_in: CameIn = one.came_in.and_then(|kept| serde_json::from_value(kept).ok())?;
        let mut faults = letter::faults(one.faults.as_ref());
        faults.retain(|fault| fault.layer == Layer::Mapping);
        Some(Advice {
            document: one.document,
            message: one.id,
            place: (one.set_no, one.split),
            partner: hub.directory.partners.get(&one.partner?)?,
            came_in,
            name: one.number.unwrap_or_default(),
            taken: Taken::Rejected,
            faults,
            is_answered: false,
        })
    };
    refused.into_iter().filter_map(advice).collect()
}

fn of<'a>(run: &'a Run, one: &'a ToAcknowledge) -> Option<Acknowledgement<'a>> {
    let interchange = run.interchanges.get(one.interchange as usize).filter(|i| !i.is_elsewhere())?;
    let partner = interchange.partner.as_ref().or(interchange.unrouted.as_ref())?;
    let agreement = partner.terms.of(run.connection.id, interchange.header.standard, "");
    Some(Acknowledgement {
        document: run.work.id,
        partner,
        came_by: &run.connection,
        interchange: &interchange.header,
        again: run.work.acknowledged_again,
        says: says(interchange, agreement, &one.what)?,
    })
}

/// The interchanges that a TA1 refuses as a whole. Of their groups nothing is said: element 716 has no reason for that, so
/// a 997 could say no more than that the group was refused, and X12 wants none of an interchange that was not taken. Where
/// no TA1 is agreed, the 997 is all that the partner reads.
fn refused_by_ta1(run: &Run) -> BTreeSet<u32> {
    let refuses = |one: &ToAcknowledge| {
        let Received::Interchange { faults } = &one.what else { return None };
        let interchange = run.interchanges.get(one.interchange as usize)?;
        let (_, code) = ta1(interchange, interchange.agreement.as_deref()?, faults)?;
        (code == AckCode::Rejected).then_some(one.interchange)
    };
    run.to_acknowledge.iter().filter_map(refuses).collect()
}

/// The TA1 of an interchange, if one is due by agreement.
fn ta1(interchange: &InterchangeRun, agreement: &Effective, faults: &[Fault]) -> Option<(Segment, AckCode)> {
    let header = &interchange.header;
    let (segment, code) = ack::ta1(header, faults, refusal(interchange).map(|(ta1, _)| ta1));
    let due = match agreement.ta1 {
        Ta1::Never => false,
        Ta1::OnError => code != AckCode::Accepted,
        Ta1::Always => true,
        Ta1::WhenAsked => header.acknowledgement_requested,
    };
    // An interchange of answers is not answered; one without sets is.
    let answerable = interchange.has_business || !interchange.has_sets;
    (due && answerable && !header.control.is_empty()).then_some((segment, code))
}

/// What is due by agreement; none if nothing is.
fn says<'a>(interchange: &InterchangeRun, agreement: &Effective, what: &'a Received) -> Option<Says<'a>> {
    match what {
        Received::Group { group, form, body } => {
            // AK1 names the group by its control number.
            let answerable = &*group.functional_id != "FA" && !group.control.is_empty();
            let due = interchange.ends == "translated" && agreement.acknowledge.form(&group.version) == Some(*form);
            (due && answerable).then(|| Says::Group { group, form: *form, segments: body.clone() })
        }
        Received::Interchange { faults } => ta1(interchange, agreement, faults).map(|(ta1, _)| Says::Interchange(ta1)),
        Received::Contrl { version, body, code } => {
            let header = &interchange.header;
            let (body, code) = match refusal(interchange) {
                Some((_, contrl)) => (Answer::refused(header, contrl), AckCode::Rejected),
                None => (body.clone(), *code),
            };
            let due = match agreement.contrl {
                Contrl::None => false,
                Contrl::OnError => code != AckCode::Accepted,
                Contrl::Always => true,
            };
            let answerable = interchange.has_business || !interchange.has_sets;
            let set = OutSet { kind: "CONTRL".into(), control: "1".into(), segments: body };
            (due && answerable && !header.control.is_empty()).then_some(Says::Contrl { set, version })
        }
    }
}

/// Why an interchange is not worked though it can be read: TA105 (I18) and 0085.
fn refusal(interchange: &InterchangeRun) -> Option<(&'static str, &'static str)> {
    let said = |what: &str| interchange.cause.as_ref().and_then(|cause| cause[what].as_str());
    match interchange.ends {
        "duplicate" => Some(("025", "26")),
        "unassigned" if said("code") == Some(UNKNOWN_RECEIVER) => Some(("009", "7")),
        "rejected" if said("code") == Some("envelope/test_refused") => Some(("020", "25")),
        "rejected" if interchange.is_out_of_sequence() => Some(("018", "12")),
        "rejected" if said("code") == Some("envelope/security") => {
            let known = ["010", "011", "012", "013"];
            Some((known.into_iter().find(|ta1| said("ta1") == Some(ta1)).unwrap_or(""), "12"))
        }
        // The same number with other content: to its sender it is a number that came before.
        "rejected" => Some(("025", "26")),
        _ => None,
    }
}
