//! Acknowledgements that came in: matched with the sets of ours that they speak of, once.

use super::batch::Work;
use crate::{
    canonical::{
        DeliveryId, DocumentId, Event, EventId, MessageId, Tenant,
        acknowledgement::{AcknowledgedDocument, Acknowledgement},
    },
    core::Refusal,
    flow::translate::meaning::{ACKNOWLEDGEMENT, ADVICE},
    formats::{
        self,
        ack::{About, Answer, Said, Verdict},
        piece::{Piece, Set, Standard},
    },
    store::{
        StoreError, Tx, deliveries, documents, expectations,
        journal::Step,
        messages::{Change, Loaded},
        outbound::{self, SetRow},
    },
    tenancy::PartnerInfo,
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What acknowledgements came to: what is told of them, and which documents they came in.
#[derive(Default)]
pub struct Answered {
    pub events: Vec<Event>,
    pub documents: HashMap<MessageId, DocumentId>,
}

/// What one acknowledgement says of one set of ours.
pub(super) struct Match<'a> {
    pub row: &'a SetRow,
    pub verdict: Verdict,
    pub said: Vec<&'a Said>,
    /// The same in words.
    pub told: Vec<String>,
    /// Something was said of it before; this changes nothing.
    pub again: bool,
}

impl Work<'_> {
    /// Takes the acknowledgements out of a batch and ends them. The others are given back.
    pub async fn take_answers(
        &mut self,
        tx: &mut Tx,
        loaded: Vec<Loaded>,
    ) -> Result<(Vec<Loaded>, Answered), StoreError> {
        let is_answer = |message: &Loaded| matches!(message.kind.as_deref(), Some(ACKNOWLEDGEMENT | ADVICE));
        let (answers, others): (Vec<Loaded>, Vec<Loaded>) = loaded.into_iter().partition(is_answer);
        let mut answered = Answered::default();
        for mut message in answers {
            let directory = self.hub.directory.clone();
            let Some(partner) = message.partner.and_then(|id| directory.partners.get(&id)) else {
                self.hold(&message, "no_partner", "its partner stands in no file any more");
                continue;
            };
            if message.kind.as_deref() == Some(ADVICE) {
                self.take_advice(tx, &mut message, partner, &mut answered).await?;
                continue;
            }
            match message.body.take().map(|body| serde_json::from_str::<Answer>(body.get())) {
                Some(Ok(answer)) => {
                    if let Some(event) = self.answer(tx, &message, partner, &answer).await? {
                        answered.documents.insert(message.id, message.document);
                        answered.events.push(event);
                    }
                }
                Some(Err(error)) => self.die(&message, "body", &format!("its body is no acknowledgement: {error}")),
                None => self.die(&message, "body", "it has no body"),
            }
        }
        Ok((others, answered))
    }

    async fn answer(
        &mut self,
        tx: &mut Tx,
        message: &Loaded,
        partner: &PartnerInfo,
        answer: &Answer,
    ) -> Result<Option<Event>, StoreError> {
        let rows = sets_of(tx, self.tenant, partner, answer).await?;
        let matches = matches(answer, &rows);
        if matches.is_empty() {
            self.refuse(message, &unmatched(answer, partner));
            return Ok(None);
        }
        if matches.iter().all(|m| m.again) {
            self.refuse(message, &again(answer, &matches));
            return Ok(None);
        }
        let matches = in_words(tx, self.tenant, matches).await?;
        // A CONTRL takes the interchange and refuses its messages one by one.
        let whole = whole(&matches);
        let mut said: Vec<String> = answer.said.iter().map(|said| said.sentence(None)).collect();
        said.extend(self.came_by_another(tx, message, partner).await?);
        let data = acknowledgement(partner, &answer.kind, said, whole, &matches);
        self.judge(tx, message, answer, &matches, &data).await?;
        let sentence = format!("{}, of {}", said_of(answer, whole), named(&matches));
        let cause = json!({"code": format!("acknowledgement/{}", whole.as_str()), "sentence": sentence});
        let change = Change::to(message.id, "applied", self.now);
        self.end(message, Change { cause: Some(cause), ended_at: Some(self.now.0), ..change });
        metrics::counter!("crossdock_acknowledgements_total", "partner" => partner.name.clone(), "outcome" => whole.as_str())
            .increment(1);
        Ok(Some(self.event(message, 0, whole, data)))
    }

    /// That it came by another connection than was agreed.
    async fn came_by_another(
        &self,
        tx: &mut Tx,
        message: &Loaded,
        partner: &PartnerInfo,
    ) -> Result<Option<String>, StoreError> {
        let Some(agreed) = &partner.agreement.expect.acknowledgement_by else { return Ok(None) };
        let document = documents::get(tx, self.tenant, message.document).await?;
        let by = document.and_then(|row| self.hub.directory.connections.get(&row.connection));
        Ok(by.filter(|by| by.name != *agreed).map(|by| {
            let told = partner.agreement.told("expect.acknowledgement_by");
            format!("It came by `{}` and was expected by another connection: {told}.", by.name)
        }))
    }

    /// Writes what is said of each set, and what it comes to for the delivery that all of them went out in.
    async fn judge(
        &mut self,
        tx: &mut Tx,
        message: &Loaded,
        answer: &Answer,
        matches: &[Match<'_>],
        data: &Acknowledgement,
    ) -> Result<(), StoreError> {
        let Some(delivery) = matches.first().map(|one| one.row.delivery) else { return Ok(()) };
        let verdicts: Vec<outbound::Verdict> =
            matches.iter().filter(|m| !m.again && m.verdict != Verdict::Received).map(Match::judged).collect();
        outbound::judge(tx, self.tenant, message.id, &verdicts, self.now).await?;
        if &*answer.kind == "TA1" || answer.verdict == Verdict::Received {
            outbound::note_received(tx, self.tenant, delivery, message.id).await?;
        }
        let whole = whole(matches);
        if whole != Verdict::Received {
            expectations::meet(tx, self.tenant, delivery, message.id, self.now).await?;
        }
        self.note(tx, message, whole, matches, data).await
    }

    /// What is said of the sets of a delivery, at the delivery, at each that it carried, and in the journal.
    pub(super) async fn note(
        &mut self,
        tx: &mut Tx,
        message: &Loaded,
        whole: Verdict,
        matches: &[Match<'_>],
        data: &Acknowledgement,
    ) -> Result<(), StoreError> {
        let Some(delivery) = matches.first().map(|one| one.row.delivery) else { return Ok(()) };
        outbound::note_answer(tx, self.tenant, delivery, whole.as_str(), &json!(data)).await?;
        // Of those that went out in its interchange each has its own.
        for one in matches.iter().filter(|one| one.row.id != delivery.0 && !one.again) {
            let of = DeliveryId(one.row.id);
            outbound::note_answer(tx, self.tenant, of, one.verdict.as_str(), &json!(data.only(of))).await?;
        }
        let told: Vec<&str> = matches.iter().flat_map(|m| &m.told).map(String::as_str).collect();
        let told = told.join("; ");
        if matches!(whole, Verdict::Rejected | Verdict::PartlyAccepted) {
            tracing::warn!(%delivery, by = %message.id, told, "a partner rejected a document of ours");
        }
        let cause = json!({"code": format!("acknowledgement/{}", whole.as_str()), "sentence": told});
        let step = Step::new(self.tenant, self.now.0, ACKNOWLEDGEMENT, whole.as_str(), &self.hub.worker);
        self.steps.push(step.delivery(delivery.0).message(message.id.0).cause(cause));
        Ok(())
    }

    pub(super) fn event(&self, message: &Loaded, ordinal: u32, whole: Verdict, data: Acknowledgement) -> Event {
        let (kind, schema) = match whole {
            Verdict::Received => RECEIVED,
            Verdict::Accepted | Verdict::AcceptedWithErrors => ACCEPTED,
            Verdict::PartlyAccepted | Verdict::Rejected => REJECTED,
        };
        Event {
            id: EventId::of(message.id, ordinal),
            kind: kind.into(),
            at: self.now,
            tenant: self.tenant,
            message: message.id,
            key: format!("{ACKNOWLEDGEMENT}/{}/{}", data.partner, data.interchange),
            repeats: None,
            schema: schema.into(),
            data: json!(data),
        }
    }
}

const RECEIVED: (&str, &str) = ("acknowledgement.received", "acknowledgement/1");
const ACCEPTED: (&str, &str) = ("acknowledgement.accepted", "acknowledgement/1");
const REJECTED: (&str, &str) = ("acknowledgement.rejected", "acknowledgement/1");

impl Match<'_> {
    pub(super) fn judged(&self) -> outbound::Verdict {
        let said = self.said.iter().zip(&self.told);
        let said = said.map(|(said, words)| json!({"by": said.by, "code": said.code, "sentence": words}));
        outbound::Verdict { id: self.row.id, verdict: self.verdict.as_str(), said: Value::Array(said.collect()) }
    }
}

/// How a delivery was taken, by what is said of its sets now and was said before.
pub(super) fn whole(matches: &[Match<'_>]) -> Verdict {
    let of = |one: &Match<'_>| match (one.again, one.row.verdict.as_deref()) {
        (true, Some("rejected")) => Verdict::Rejected,
        (true, Some("accepted_with_errors")) => Verdict::AcceptedWithErrors,
        (true, Some(_)) => Verdict::Accepted,
        _ => one.verdict,
    };
    let worst = matches.iter().map(of).max().unwrap_or(Verdict::Received);
    let all_rejected = matches.iter().all(|one| of(one) == Verdict::Rejected);
    if worst == Verdict::Rejected && !all_rejected { Verdict::PartlyAccepted } else { worst }
}

pub(super) fn acknowledgement(
    partner: &PartnerInfo,
    by: &str,
    said: Vec<String>,
    whole: Verdict,
    matches: &[Match<'_>],
) -> Acknowledgement {
    let documents = matches.iter().map(|one| AcknowledgedDocument {
        delivery: DeliveryId(one.row.id),
        kind: one.row.kind.clone(),
        control: one.row.set_control.clone(),
        answers: one.row.message,
        outcome: one.verdict.as_str().into(),
        said: one.told.clone(),
    });
    Acknowledgement {
        by: by.to_owned(),
        partner: partner.name.clone(),
        interchange: format!("{:09}", matches.first().map_or(0, |m| m.row.interchange_no)),
        outcome: whole.as_str().into(),
        said,
        documents: documents.collect(),
    }
}

async fn sets_of(
    tx: &mut Tx,
    tenant: Tenant,
    partner: &PartnerInfo,
    answer: &Answer,
) -> Result<Vec<SetRow>, StoreError> {
    // What we number is a number; anything else is not ours.
    let Some(number) = partner.agreement.control_numbers.number(&answer.control) else { return Ok(vec![]) };
    let standard = if &*answer.kind == "CONTRL" { "edifact" } else { "x12" };
    match answer.about {
        About::Interchange => outbound::lock_interchange(tx, tenant, partner.id, standard, number).await,
        About::Group => outbound::lock_group(tx, tenant, partner.id, standard, number).await,
    }
}

/// What an acknowledgement says of each set of ours that it covers.
fn matches<'a>(answer: &'a Answer, rows: &'a [SetRow]) -> Vec<Match<'a>> {
    rows.iter()
        .map(|row| {
            let named = answer.sets.iter().find(|set| row.is_named(&set.control));
            // What refuses the whole refuses each, whatever is said below.
            let verdict = match named {
                Some(set) if answer.verdict != Verdict::Rejected => set.verdict,
                _ => answer.others,
            };
            let mut said: Vec<&Said> = named.map_or(vec![], |set| set.said.iter().collect());
            said.extend(
                (named.is_none() || verdict != Verdict::Accepted).then_some(&answer.said).into_iter().flatten(),
            );
            let again = match verdict {
                Verdict::Received => row.received_by.is_some(),
                _ => row.verdict.is_some(),
            };
            Match { row, verdict, said, told: vec![], again }
        })
        .collect()
}

/// Says in words what was found, with what stands at that place in what we sent.
pub(super) async fn in_words<'a>(
    tx: &mut Tx,
    tenant: Tenant,
    mut matches: Vec<Match<'a>>,
) -> Result<Vec<Match<'a>>, StoreError> {
    let mut asked: Vec<DeliveryId> = matches.iter().filter(|m| !m.said.is_empty()).map(|m| m.row.delivery).collect();
    asked.dedup();
    let sent = if asked.is_empty() { vec![] } else { deliveries::load(tx, tenant, &asked).await? };
    for one in &mut matches {
        let bytes = sent.iter().find(|row| row.id == one.row.delivery).and_then(|row| row.content.as_deref());
        let ours = if one.said.is_empty() { None } else { bytes.and_then(|bytes| set(one.row, bytes)) };
        one.told = one.said.iter().map(|said| said.sentence(ours.as_deref())).collect();
    }
    Ok(matches)
}

/// A set out of what we sent.
fn set(row: &SetRow, bytes: &[u8]) -> Option<Box<Set>> {
    let standard = if row.standard == "x12" { Standard::X12 } else { Standard::Edifact };
    let pieces = formats::read(standard, bytes, formats::Options::default());
    pieces.flatten().find_map(|piece| match piece {
        Piece::Set(set) if *set.control == *row.set_control => Some(set),
        _ => None,
    })
}

/// `the 997 says “accepted” of group 12`.
fn said_of(answer: &Answer, verdict: Verdict) -> String {
    let about = match answer.about {
        About::Interchange => "interchange",
        About::Group => "group",
    };
    let said = verdict.as_str().replace('_', " ");
    format!("the {} says “{said}” of {about} {}", answer.kind, answer.control)
}

/// `855 0001 in interchange 000000012`.
pub(super) fn named(matches: &[Match<'_>]) -> String {
    let named: Vec<String> = matches.iter().take(5).map(|m| format!("{} {}", m.row.kind, m.row.set_control)).collect();
    let more = if matches.len() > 5 { format!(" and {} more", matches.len() - 5) } else { String::new() };
    let interchange = matches.first().map_or(0, |m| m.row.interchange_no);
    format!("{}{more} in interchange {interchange:09}", named.join(", "))
}

fn unmatched(answer: &Answer, partner: &PartnerInfo) -> Refusal {
    Refusal {
        code: "acknowledgement/unmatched",
        sentence: format!(
            "{}, and nothing went out to {} under that number",
            said_of(answer, answer.verdict),
            partner.name
        ),
        expected: format!("the control number of a document that went out to {}", partner.name),
        remedy: "ask the partner which document is meant; if it answers another system of yours, nothing is to do"
            .into(),
        path: String::new(),
    }
}

fn again(answer: &Answer, matches: &[Match<'_>]) -> Refusal {
    let before = matches.iter().find_map(|m| {
        let by = m.row.verdict_by.or(m.row.received_by)?;
        Some((by, m.row.verdict.as_deref().unwrap_or("received").replace('_', " ")))
    });
    let before = before.map(|(by, said)| format!(" by message {by}, as “{said}”")).unwrap_or_default();
    Refusal {
        code: "duplicate/acknowledgement",
        sentence: format!(
            "{}, which was acknowledged before{before}; nothing changes",
            said_of(answer, answer.verdict)
        ),
        expected: "one acknowledgement of a document".into(),
        remedy: "nothing, if they say the same; else ask the partner which one counts".into(),
        path: String::new(),
    }
}
