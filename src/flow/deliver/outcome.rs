//! How a batch of deliveries ended, written in one transaction: states, journal, dead letters, retries, settled claim checks.

use super::{
    attempt::Trouble,
    policy::{self, Failed, Next, Policy},
};
use crate::{
    canonical::{ClaimCheck, DeliveryId, DocumentId, EventId, MessageId, Micros, Stage, Tenant, claim::CLAIM_IDS},
    emit::fingerprint,
    flow::Hub,
    queue::Taken,
    store::{
        StoreError, Tx, batches,
        deliveries::{self, Change, NewLetter},
        expectations,
        journal::{self, Step, StepRow},
        now,
        outbox::{self, Row},
    },
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use uuid::Uuid;

const STAGE: &str = Stage::Deliver.name();
/// Retries whose instants lie this close together share a claim check, of the latest of them.
const TOGETHER_US: i64 = 100_000;

/// What of a delivery outlives its try.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: DeliveryId,
    pub kind: String,
    pub target: String,
    pub tries: i64,
    pub first_failed_at: Option<Micros>,
    pub event: Option<EventId>,
    pub document: Option<DocumentId>,
    pub message: Option<MessageId>,
    pub policy: Policy,
}

/// What became of it.
#[derive(Debug)]
pub enum Fate {
    /// Nothing was to do: ended before, under way already, or unknown.
    Passed,
    /// Not now: its claim check comes again at that instant, its state stays.
    Later {
        due: Micros,
        /// How often its lane was too long for it.
        times_away: u32,
    },
    Delivered(Value),
    Failed(Trouble),
}

/// A delivery that is through with this stage, for now.
#[derive(Debug)]
pub struct Ended {
    /// The claim check that brought it, by this process's own count.
    pub claim: u64,
    pub tenant: Tenant,
    pub facts: Facts,
    pub fate: Fate,
    /// How long the try took.
    pub took: Duration,
    /// When it was taken from the queue.
    pub taken_at: Instant,
}

/// An outcome decided: what the rows say.
struct Verdict<'a> {
    ended: &'a Ended,
    change: Change,
    journal: Value,
    /// Of those that died.
    code: Option<&'a str>,
}

/// Writes outcomes of one tenant and settles the claim checks that end with them. Gives what was counted, by
/// (outcome, kind).
pub async fn write(
    hub: &Hub,
    tenant: Tenant,
    ended: &[Ended],
    settled: &[Taken],
) -> Result<Vec<(&'static str, String)>, StoreError> {
    let now = now();
    let verdicts: Vec<Verdict> = ended.iter().filter_map(|e| verdict(hub, e, now)).collect();
    let mut tx = hub.store.begin(tenant).await?;
    let changes: Vec<Change> = verdicts.iter().map(|v| v.change.clone()).collect();
    let changed: HashSet<DeliveryId> = deliveries::change(&mut tx, tenant, &changes).await?.into_iter().collect();
    // What somebody else has ended meanwhile stays as it is: no journal, no retry, no dead letter of ours.
    let standing: Vec<&Verdict> = verdicts.iter().filter(|v| changed.contains(&v.change.id)).collect();
    let steps: Vec<Step> = standing.iter().map(|v| step(hub, tenant, v, now)).collect();
    journal::write(&mut tx, &steps).await?;
    bury(&mut tx, tenant, &standing, now).await?;
    let sent = standing.iter().filter(|v| v.change.state == "delivered" && v.ended.facts.kind == "document");
    let sent: Vec<DeliveryId> = sent.map(|v| v.change.id).collect();
    let documents = standing.iter().filter(|v| v.ended.facts.kind != "webhook").map(|v| v.change.clone());
    batches::follow(&mut tx, tenant, &documents.collect::<Vec<_>>()).await?;
    expectations::delivered(&mut tx, tenant, &sent, now).await?;
    let due = standing.iter().filter_map(|v| v.change.due.map(|due| (Micros(due), 0, v.change.id.0)));
    let later = ended.iter().filter_map(|e| match e.fate {
        Fate::Later { due, times_away } => Some((due, times_away, e.facts.id.0)),
        _ => None,
    });
    outbox::push(&mut tx, &rows(tenant, due.chain(later).collect(), now)).await?;
    hub.queue.settle(&mut tx, settled).await?;
    tx.commit().await?;
    Ok(standing.iter().map(|v| (v.change.state, v.ended.facts.kind.clone())).collect())
}

fn verdict<'a>(hub: &Hub, ended: &'a Ended, now: Micros) -> Option<Verdict<'a>> {
    let facts = &ended.facts;
    let mut change = Change {
        id: facts.id,
        state: "delivered",
        cause: None,
        fingerprint: None,
        tries: facts.tries + 1,
        due: None,
        first_failed_at: facts.first_failed_at.map(|at| at.0),
        ended_at: Some(now.0),
        deadline: hub.deadline(now).0,
    };
    let note = json!({ "try": facts.tries + 1, "ms": ended.took.as_millis() as u64 });
    match &ended.fate {
        Fate::Passed | Fate::Later { .. } => None,
        Fate::Delivered(detail) => Some(Verdict { ended, change, journal: joined(note, detail), code: None }),
        Fate::Failed(trouble) => {
            let failed = Failed {
                is_final: trouble.is_final,
                retry_after: trouble.retry_after,
                earlier_tries: facts.tries,
                first_failed_at: facts.first_failed_at,
            };
            change.first_failed_at = Some(facts.first_failed_at.unwrap_or(now).0);
            let mut cause = trouble.cause.clone();
            let mut code = None;
            match policy::next(&facts.policy, &failed, now, rand::random()) {
                Next::Retry { due } => {
                    change.state = "retrying";
                    change.due = Some(due.0);
                    change.ended_at = None;
                    change.deadline = hub.deadline(due).0;
                }
                Next::Dead { why } => {
                    change.state = "dead";
                    change.fingerprint = Some(fingerprint(STAGE, &trouble.code, &facts.target));
                    if let Some(why) = why {
                        cause["why_no_more"] = why.into();
                    }
                    code = Some(trouble.code.as_str());
                }
            }
            change.cause = Some(cause.clone());
            Some(Verdict { ended, change, journal: joined(note, &cause), code })
        }
    }
}

fn joined(mut note: Value, more: &Value) -> Value {
    if let (Some(note), Some(more)) = (note.as_object_mut(), more.as_object()) {
        note.extend(more.clone());
    }
    note
}

fn step(hub: &Hub, tenant: Tenant, verdict: &Verdict<'_>, now: Micros) -> Step {
    let facts = &verdict.ended.facts;
    let mut step = Step::new(tenant, now.0, STAGE, verdict.change.state, &hub.worker)
        .delivery(facts.id.0)
        .cause(verdict.journal.clone());
    step.document = facts.document.map(|d| d.0);
    step.message = facts.message.map(|m| m.0);
    step.event = facts.event.map(|e| e.0);
    step
}

/// A dead letter each, with every step that the journal has of it, this last one too.
async fn bury(tx: &mut Tx, tenant: Tenant, standing: &[&Verdict<'_>], now: Micros) -> Result<(), StoreError> {
    let dead: Vec<&&Verdict> = standing.iter().filter(|v| v.code.is_some()).collect();
    let ids: Vec<Uuid> = dead.iter().map(|v| v.change.id.0).collect();
    let mut history: HashMap<Uuid, Vec<Value>> = HashMap::new();
    for step in journal::of_deliveries(tx, tenant, &ids).await? {
        if let Some(delivery) = step.delivery {
            history.entry(delivery).or_default().push(remembered(&step));
        }
    }
    let letters: Vec<NewLetter> = dead
        .iter()
        .map(|v| NewLetter {
            tenant,
            id: Uuid::now_v7(),
            thing: "delivery",
            thing_id: v.change.id.0,
            stage: STAGE,
            code: v.code.unwrap_or_default().to_owned(),
            fingerprint: v.change.fingerprint.clone().unwrap_or_default(),
            reason: v.change.cause.clone().unwrap_or_default(),
            history: history.remove(&v.change.id.0).unwrap_or_default().into(),
            tries: v.change.tries,
            died_at: now.0,
        })
        .collect();
    deliveries::bury(tx, &letters).await
}

fn remembered(step: &StepRow) -> Value {
    json!({ "at": Micros(step.at), "state": step.state, "cause": step.cause })
}

/// Claim checks for what comes again, by (when, how often sent away, which): those that are due about together in one,
/// at the latest instant of theirs.
fn rows(tenant: Tenant, mut due: Vec<(Micros, u32, Uuid)>, now: Micros) -> Vec<Row> {
    due.sort();
    let mut rows = Vec::new();
    let mut rest = due.as_slice();
    while let Some((first, ..)) = rest.first() {
        let near = rest.iter().take(CLAIM_IDS).take_while(|(at, ..)| at.0 - first.0 <= TOGETHER_US).count();
        let (group, after) = rest.split_at(near);
        let latest = group.last().map_or(*first, |(at, ..)| *at);
        let mut claim = ClaimCheck::new(tenant, Stage::Deliver, group.iter().map(|(.., id)| *id).collect());
        claim.attempt = group.iter().map(|(_, times, _)| *times).max().unwrap_or(0);
        rows.push(Row::later(claim, now, latest));
        rest = after;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_about_together_shares_a_claim_check() {
        let id = |n: u128| Uuid::from_u128(n);
        let mut due: Vec<(Micros, u32, Uuid)> = (0..70).map(|n| (Micros(10_000_000), 0, id(n))).collect();
        due.extend([(Micros(10_050_000), 3, id(70)), (Micros(11_000_000), 0, id(71))]);
        let rows = rows(Tenant::named("t"), due, Micros(9_000_000));
        let shape: Vec<(usize, i64, u32)> = rows.iter().map(|r| (r.claim.ids.len(), r.due, r.claim.attempt)).collect();
        assert_eq!(shape, [(64, 10_000_000, 0), (7, 10_050_000, 3), (1, 11_000_000, 0)]);
    }
}
