//! The one transaction that makes a batch true: numbers taken, messages with their places, claim checks,
//! acknowledgements, documents' states, journal.

use super::{
    batch::{Batch, Mapped, verdict},
    numbers,
    run::{ControlNumber, Run},
};
use crate::{
    canonical::{ConnectionId, Micros, Stage, Tenant},
    flow::{Hub, letter, mail, probe::Point},
    store::{
        StoreError, Tx, directory, documents,
        expectations::{self, NewExpectation},
        interchanges,
        journal::{self, Step},
        keys::{self, Key},
        messages, now, outbox,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long a translate lease lasts, in microseconds of the database's clock.
pub const LEASE_US: i64 = 30_000_000;

/// What a commit found out that changes what must be done next.
#[derive(Debug, Default)]
pub struct Outcome {
    /// A document must be read again with every set as a message.
    pub again_mixed: Vec<crate::canonical::DocumentId>,
    /// A document waits until then; those behind it wait too.
    pub held_back: Option<Micros>,
}

/// Writes a batch. On an error nothing of it was written, and the same batch may be written again.
pub async fn write(hub: &Hub, batch: &mut Batch, mapped: &[Mapped], epoch: i64) -> Result<Outcome, StoreError> {
    let now = now();
    let Some(first) = batch.runs.first() else { return Ok(Outcome::default()) };
    let (tenant, connection) = (first.tenant.id, first.connection.id);
    let mut tx = hub.store.begin(tenant).await?;
    numbers::take(&mut tx, tenant, batch, now).await?;
    let mut writer = Writer::new(hub, tenant, now);
    let as_one = super::as_one::lock_read(&mut tx, tenant, batch).await?;
    let rows = writer.rows(batch, mapped);
    writer.insert(&mut tx, rows).await?;
    writer.close_earlier(&mut tx, batch, mapped).await?;
    let refused = std::mem::take(&mut writer.refused);
    crate::flow::translate::acknowledge::write(hub, &mut tx, batch, refused, now).await?;
    writer.interchanges(&mut tx, batch).await?;
    writer.let_go(&mut tx, &as_one).await?;
    writer.documents(&mut tx, batch).await?;
    journal::write(&mut tx, &writer.steps).await?;
    mail::owe(hub, &mut tx, tenant, &writer.steps, now).await?;
    outbox::push(&mut tx, &writer.claims).await?;
    // Last, since it locks the connection's row, which every intake of this connection wants: a lost lease undoes it all.
    directory::still_leased(&mut tx, tenant, connection, epoch, LEASE_US).await?;
    batch.runs.iter().for_each(|run| hub.probe.pass(Point::Translated, run.work.id.0));
    tx.commit().await?;
    Ok(writer.outcome)
}

/// Ends the first document in line, which alone made its worker panic outside of what guards each set.
pub async fn bury_first(
    hub: &Hub,
    tenant: Tenant,
    connection: ConnectionId,
    epoch: i64,
    text: &str,
) -> Result<(), StoreError> {
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let Some(work) = documents::work(&mut tx, tenant, connection, 1).await?.into_iter().next() else {
        return tx.rollback().await;
    };
    let cause = json!({
        "code": "panic",
        "sentence": format!("its translation panicked: {text}"),
        "remedy": "this is a bug of the hub: report it, then replay the document",
    });
    tracing::error!(document = %work.id, panic = text, "a document is dead");
    let writer = Writer::new(hub, tenant, now);
    let change = documents::Change {
        id: work.id,
        state: "dead",
        cause: Some(cause.clone()),
        duplicate_of: None,
        partner: None,
        standard: None,
        identity: None,
        sets: None,
        tries: work.tries,
        due: None,
        first_failed_at: work.first_failed_at,
        ended_at: Some(now.0),
        deadline: hub.deadline(now).0,
        mapping_revision: None,
    };
    crate::store::deliveries::bury(&mut tx, &[writer.document_letter(&change)]).await?;
    let step = Step::new(tenant, now.0, "translate", "dead", &hub.worker).document(work.id.0).cause(cause);
    journal::write(&mut tx, &[step]).await?;
    documents::change(&mut tx, tenant, &[change]).await?;
    directory::still_leased(&mut tx, tenant, connection, epoch, LEASE_US).await?;
    tx.commit().await
}

/// What one transaction writes.
pub(super) struct Writer<'a> {
    pub hub: &'a Hub,
    pub tenant: Tenant,
    pub now: Micros,
    pub steps: Vec<Step>,
    pub claims: Vec<outbox::Row>,
    /// Messages that their mapping refused, and whose trailer was read: their senders are advised.
    pub refused: Vec<messages::Refused>,
    outcome: Outcome,
}

impl<'a> Writer<'a> {
    pub fn new(hub: &'a Hub, tenant: Tenant, now: Micros) -> Self {
        Writer { hub, tenant, now, steps: vec![], claims: vec![], refused: vec![], outcome: Outcome::default() }
    }

    /// The rows of the batch's sets: those of interchanges that do not end `translated` only where each set must become a
    /// message, and each as the trailers that were read say.
    fn rows(&mut self, batch: &mut Batch, mapped: &[Mapped]) -> Vec<messages::NewMessage> {
        let mut rows = Vec::with_capacity(mapped.len());
        for one in mapped {
            let run = &mut batch.runs[one.run];
            let mut row = one.row.clone();
            let interchange = one.interchange.and_then(|n| run.interchanges.get(n as usize));
            if let Some(interchange) = interchange
                && interchange.ends != "translated"
            {
                if !run.is_mixed() {
                    run.dropped = true;
                    continue;
                }
                if interchange.ends != "unassigned" {
                    row.state = "rejected";
                    row.cause = interchange.cause.clone();
                    row.ended_at = Some(self.now.0);
                }
                // What is not worked, or nobody's, is not advised of.
                row.came_in = None;
                row.as_one = 0;
            } else if run.connection.partner.is_none() && interchange.is_none() {
                run.dropped = true;
                continue;
            }
            match verdict(&run.closings, row.set_no) {
                Some(Some(faults)) if row.state != "rejected" => {
                    row.state = "rejected";
                    row.faults = Some(json!(faults));
                    row.ended_at = Some(self.now.0);
                }
                Some(None) => row.released = 1,
                _ => {}
            }
            rows.push(row);
        }
        rows
    }

    /// Gives the rows their places, writes them, and claims those that may go.
    async fn insert(&mut self, tx: &mut Tx, mut rows: Vec<messages::NewMessage>) -> Result<(), StoreError> {
        let mut counts: BTreeMap<Key, i64> = BTreeMap::new();
        for row in &rows {
            if let Some(key) = row.key() {
                *counts.entry(key).or_default() += 1;
            }
        }
        let wanted: Vec<(&Key, i64)> = counts.iter().map(|(k, n)| (k, *n)).collect();
        let first = keys::take_places(tx, self.tenant, &wanted).await?;
        let mut next: BTreeMap<&Key, i64> = wanted.iter().map(|w| w.0).zip(first).collect();
        for row in &mut rows {
            if let Some(key) = row.key()
                && let Some(place) = next.get_mut(&key)
            {
                row.place = Some(*place);
                *place += 1;
            }
        }
        messages::insert(tx, &rows).await?;
        self.expect_answers(tx, &rows).await?;
        let mut go = Vec::new();
        for row in &rows {
            self.step(row);
            self.refused.extend(refused(row));
            if row.state == "pending" && row.released == 1 && row.as_one == 0 {
                go.push(row.id.0);
            }
        }
        self.claims.extend(outbox::claims(self.tenant, Stage::Apply, &go, self.now));
        let dead: Vec<_> = rows.iter().filter(|r| r.state == "dead").map(|r| self.letter(r)).collect();
        crate::store::deliveries::bury(tx, &dead).await
    }

    /// What came in and is to be answered by when.
    async fn expect_answers(&self, tx: &mut Tx, rows: &[messages::NewMessage]) -> Result<(), StoreError> {
        let mut expected = Vec::new();
        for row in rows.iter().filter(|row| !matches!(row.state, "rejected" | "dead")) {
            let (Some(partner), Some(number)) = (row.partner, &row.number) else { continue };
            let Some(info) = self.hub.directory.partners.get(&partner) else { continue };
            let expect = &info.agreement.expect;
            for due in expect.answers.iter().filter(|due| due.to == row.set_kind) {
                let name = format!("{}/{number}/{}", due.to, due.with);
                let day = due.before.and_then(|of| day_of(row.body.as_ref()?, of.member()));
                // A day that is past is due at once.
                let within_us = day.map_or(due.within.us(), |day| day.0.saturating_sub(self.now.0).max(1));
                let new = NewExpectation {
                    tenant: self.tenant,
                    id: crate::canonical::ids::expectation(partner.0, &name),
                    kind: "answer",
                    owes: "us",
                    partner,
                    message: row.id,
                    number: Some(number.clone()),
                    wants: Some(due.with.clone()),
                    delivery: None,
                    within_us,
                    warn_us: expect.warn_us(within_us),
                    since: None,
                    due_at: None,
                    look_at: None,
                    created_at: self.now.0,
                };
                expected.push(new.begun(self.now));
            }
        }
        expectations::insert(tx, &expected).await
    }

    fn step(&mut self, row: &messages::NewMessage) {
        let step = Step::new(self.tenant, self.now.0, "translate", row.state, &self.hub.worker)
            .document(row.document.0)
            .message(row.id.0);
        let code = row
            .cause
            .as_ref()
            .map(|c| c["code"].clone())
            .or_else(|| letter::why(None, row.faults.as_ref()).map(|f| f["code"].clone()));
        self.steps.push(match (row.state, code) {
            ("pending", _) | (_, None) => step,
            (_, Some(code)) => step.cause(json!({"code": code})),
        });
        if row.state == "rejected" {
            let code = row
                .faults
                .as_ref()
                .and_then(|f| f.get(0))
                .and_then(|f| f["code"].as_str())
                .unwrap_or("other")
                .to_string();
            let partner = row.partner.map(|p| self.hub.directory.partner_name(p).to_string()).unwrap_or_default();
            metrics::counter!("crossdock_faults_total", "partner" => partner, "code" => code).increment(1);
        }
    }

    fn letter(&self, row: &messages::NewMessage) -> crate::store::deliveries::NewLetter {
        crate::store::deliveries::NewLetter {
            tenant: self.tenant,
            id: uuid::Uuid::now_v7(),
            thing: "message",
            thing_id: row.id.0,
            stage: "translate",
            code: "panic".into(),
            fingerprint: row.fingerprint.clone().unwrap_or_default(),
            reason: row.cause.clone().unwrap_or(Value::Null),
            history: json!([{"at": self.now, "try": 1, "what": row.cause.as_ref().map(|c| &c["sentence"])}]),
            tries: 1,
            died_at: self.now.0,
        }
    }

    fn document_letter(&self, change: &documents::Change) -> crate::store::deliveries::NewLetter {
        let told = |name: &str| change.cause.as_ref().and_then(|c| c[name].as_str()).unwrap_or_default().to_string();
        let (code, tries) = (told("code"), change.tries.max(1));
        let partner = change.partner.map(|p| p.to_string()).unwrap_or_default();
        crate::store::deliveries::NewLetter {
            tenant: self.tenant,
            id: uuid::Uuid::now_v7(),
            thing: "document",
            thing_id: change.id.0,
            stage: "translate",
            fingerprint: crate::flow::failure::fingerprint(&["translate", &code, &partner]),
            code,
            reason: change.cause.clone().unwrap_or(Value::Null),
            history: json!([{"at": self.now, "try": tries, "what": told("sentence")}]),
            tries,
            died_at: self.now.0,
        }
    }

    async fn interchanges(&mut self, tx: &mut Tx, batch: &mut Batch) -> Result<(), StoreError> {
        let (mut rows, mut contents) = (Vec::new(), Vec::new());
        for run in &mut batch.runs {
            for interchange in run.interchanges.iter_mut().filter(|i| i.to_write) {
                interchange.to_write = false;
                let h = &interchange.header;
                rows.push(interchanges::Row {
                    tenant: self.tenant,
                    document: run.work.id,
                    ordinal: i64::from(h.ordinal),
                    partner: interchange.partner.as_ref().map(|p| p.id),
                    standard: h.standard.word(),
                    sender: format!("{}/{}", h.sender.qualifier, h.sender.id),
                    receiver: format!("{}/{}", h.receiver.qualifier, h.receiver.id),
                    sender_id: h.sender.id.to_string(),
                    receiver_id: h.receiver.id.to_string(),
                    control: h.control.to_string(),
                    version: h.version.to_string(),
                    test: i64::from(h.test),
                    at: run.work.received_at,
                    ends: interchange.ends,
                    cause: interchange.cause.clone(),
                    whole: i64::from(interchange.content.is_some()),
                });
                if let (ControlNumber::Ours, Some(content), false) =
                    (&interchange.number, &interchange.content, interchange.content_noted)
                {
                    contents.push(interchanges::Content {
                        agreement: numbers::agreement_key(h),
                        control: h.control.to_string(),
                        document: run.work.id,
                        content: content.clone(),
                    });
                }
            }
        }
        interchanges::note_contents(tx, self.tenant, &contents).await?;
        interchanges::write(tx, &rows).await
    }

    /// Closes the documents that were read to their end, and notes how far an open one has come.
    async fn documents(&mut self, tx: &mut Tx, batch: &mut Batch) -> Result<(), StoreError> {
        let (mut changes, mut dead) = (Vec::new(), Vec::new());
        for run in &mut batch.runs {
            run.closings.clear();
            run.to_acknowledge.clear();
            if !run.closed {
                run.skip_before = run.skip_before.max(run.sets);
                let deadline = self.hub.deadline(self.now);
                let (sets, revision) = (i64::from(run.sets), run.work.mapping_revision);
                documents::advance(tx, self.tenant, run.work.id, sets, revision, deadline).await?;
                continue;
            }
            if run.dropped && run.is_mixed() && !run.mixed {
                self.outcome.again_mixed.push(run.work.id);
                continue;
            }
            if let Some(holder) = run.waits_for_number() {
                let change = self.hold_back(run, holder);
                dead.extend((change.state == "dead").then(|| self.document_letter(&change)));
                changes.push(change);
                continue;
            }
            numbers::give_back(tx, self.tenant, run).await?;
            let (state, cause, duplicate_of) = run.end();
            let passed_over = state == "translated" && cause.is_some();
            if state == "rejected" || passed_over {
                // Unreadable as a whole, or in part: there is no message that could be counted.
                let named = |id| self.hub.directory.partner_name(id).to_string();
                let partner = run.connection.partner.map(named).unwrap_or_default();
                let code = cause.as_ref().and_then(|c| c["code"].as_str()).unwrap_or("other").to_string();
                metrics::counter!("crossdock_faults_total", "partner" => partner, "code" => code).increment(1);
            }
            if matches!(state, "rejected" | "unassigned") || passed_over {
                let told = |name: &str| cause.as_ref().and_then(|c| c[name].as_str()).unwrap_or_default();
                let (code, why) = (told("code"), told("sentence"));
                tracing::warn!(document = %run.work.id, name = run.work.name, state, code, why, "a document ended");
            }
            let told = cause.clone().or_else(|| super::sandbox::told(run));
            self.steps.push(self.document_step(run, state, told));
            let change = documents::Change {
                id: run.work.id,
                state,
                cause,
                duplicate_of,
                partner: run
                    .interchanges
                    .iter()
                    .find_map(|i| i.partner.as_ref().map(|p| p.id))
                    .or(run.connection.partner),
                standard: Some(run.standard.word().to_string()),
                identity: run.identity(),
                sets: (state == "translated").then_some(i64::from(run.sets - run.elsewhere)),
                tries: run.work.tries,
                due: None,
                first_failed_at: None,
                ended_at: Some(self.now.0),
                deadline: self.hub.deadline(self.now).0,
                mapping_revision: Some(run.work.mapping_revision),
            };
            dead.extend((state == "dead").then(|| self.document_letter(&change)));
            changes.push(change);
            metrics::counter!("crossdock_documents_ended_total", "state" => state).increment(1);
        }
        crate::store::deliveries::bury(tx, &dead).await?;
        let changed = documents::change(tx, self.tenant, &changes).await?;
        if changed == changes.len() as u64 { Ok(()) } else { Err(StoreError::Lost("a document's state")) }
    }

    fn document_step(&self, run: &Run, state: &'static str, cause: Option<Value>) -> Step {
        let step = Step::new(self.tenant, self.now.0, "translate", state, &self.hub.worker).document(run.work.id.0);
        match cause {
            Some(cause) => step.cause(json!({"code": cause["code"], "sentence": cause["sentence"]})),
            None => step,
        }
    }

    /// Its control number is held by a document that is itself still being read: this one waits, and those behind it.
    fn hold_back(&mut self, run: &Run, holder: crate::canonical::DocumentId) -> documents::Change {
        let first_failed = Micros(run.work.first_failed_at.unwrap_or(self.now.0));
        let tries = run.work.tries + 1;
        let due = crate::flow::failure::next_try(&self.hub.settings.flow, self.now, first_failed, tries);
        let state = if due.is_some() { "retrying" } else { "dead" };
        let cause = json!({
            "code": "interchange/number_in_work",
            "sentence": format!("its control number belongs to document {holder}, which is not read to its end"),
            "remedy": "look at that document first; then replay this one",
        });
        self.steps.push(self.document_step(run, state, Some(cause.clone())));
        if let Some(due) = due {
            self.outcome.held_back = Some(self.outcome.held_back.map_or(due, |d| d.min(due)));
        }
        documents::Change {
            id: run.work.id,
            state,
            cause: Some(cause),
            duplicate_of: None,
            partner: None,
            standard: None,
            identity: run.identity(),
            sets: None,
            tries,
            due: due.map(|d| d.0),
            first_failed_at: Some(first_failed.0),
            ended_at: due.is_none().then_some(self.now.0),
            deadline: due.map_or(self.hub.deadline(self.now).0, |d| self.hub.deadline(d).0),
            mapping_revision: Some(run.work.mapping_revision),
        }
    }
}

/// A message that its mapping refused and that its trailer did not.
pub(super) fn refused(row: &messages::NewMessage) -> Option<messages::Refused> {
    (row.state == "rejected" && row.released == 1 && row.came_in.is_some()).then(|| messages::Refused {
        id: row.id,
        document: row.document,
        set_no: row.set_no,
        split: row.split,
        partner: row.partner,
        number: row.number.clone(),
        faults: row.faults.clone(),
        came_in: row.came_in.clone(),
    })
}

/// The beginning of a day that a message names: its own, else the earliest of its lines'.
fn day_of(body: &Value, member: &str) -> Option<Micros> {
    let day = |of: &Value| of[member].as_str()?.parse::<jiff::civil::Date>().ok();
    let of_lines = || body["lines"].as_array().into_iter().flatten().filter_map(day).min();
    let start = jiff::tz::TimeZone::UTC.to_timestamp(day(body).or_else(of_lines)?.at(0, 0, 0, 0)).ok()?;
    Some(Micros(start.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_messages_own_or_the_earliest_of_its_lines() {
        let day = |body: Value| day_of(&body, "requested_on").map(|at| at.to_string());
        let lines = json!([{"requested_on": "2026-03-09"}, {}, {"requested_on": "2026-03-04"}]);
        let own = json!({"requested_on": "2026-03-06", "lines": lines});
        assert!(day(own).is_some_and(|at| at.starts_with("2026-03-06T00:00:00")));
        assert!(day(json!({ "lines": lines })).is_some_and(|at| at.starts_with("2026-03-04T00:00:00")));
        assert_eq!(day(json!({"requested_on": "soon", "lines": []})), None);
        assert_eq!(day(json!({})), None);
    }
}
