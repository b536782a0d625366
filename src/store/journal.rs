//! The journal: each change of state, with when, who and why. Added to, never changed.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::Tenant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// One change of state of one thing.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub tenant: Tenant,
    /// Microseconds since 1970.
    pub at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Uuid>,
    pub stage: &'static str,
    pub state: &'static str,
    pub worker: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
}

impl Step {
    /// A step with nothing filled in but its time and words.
    pub fn new(tenant: Tenant, at: i64, stage: &'static str, state: &'static str, worker: &str) -> Self {
        Step {
            tenant,
            at,
            document: None,
            message: None,
            event: None,
            delivery: None,
            stage,
            state,
            worker: worker.into(),
            cause: None,
        }
    }
    /// Of a document.
    pub fn document(mut self, id: Uuid) -> Self {
        self.document = Some(id);
        self
    }
    /// Of a message.
    pub fn message(mut self, id: Uuid) -> Self {
        self.message = Some(id);
        self
    }
    /// Of a delivery.
    pub fn delivery(mut self, id: Uuid) -> Self {
        self.delivery = Some(id);
        self
    }
    /// Because of this.
    pub fn cause(mut self, cause: Value) -> Self {
        self.cause = Some(cause);
        self
    }
}

/// Adds steps.
pub async fn write(tx: &mut Tx, steps: &[Step]) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into document_steps (tenant, at, document, message, event, delivery, stage, state, worker, cause)
         select r.tenant, r.at, r.document, r.message, r.event, r.delivery, r.stage, r.state, r.worker, r.cause from {rows} where true",
        "tenant uuid, at bigint, document uuid, message uuid, event uuid, delivery uuid, stage text, state text, worker text, cause jsonb" => steps
    )?;
    Ok(())
}

/// A step as it is read back.
#[derive(Debug, Clone, sqlx::FromRow, Serialize, Deserialize)]
pub struct StepRow {
    pub id: i64,
    pub at: i64,
    pub document: Option<Uuid>,
    pub message: Option<Uuid>,
    pub delivery: Option<Uuid>,
    pub stage: String,
    pub state: String,
    pub worker: String,
    #[sqlx(json(nullable))]
    pub cause: Option<Value>,
}

/// A step as people are shown it: one thing's tries, one after the other, are one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Folded<'s, S> {
    pub first: &'s S,
    pub last: &'s S,
    pub times: usize,
}

/// Folds each thing's tries that follow each other. `thing` gives what a step is about, `retried` whether it is a try
/// that failed and will be made again; steps of other things may stand between.
pub fn folded<'s, S, K: PartialEq>(
    steps: &'s [S],
    thing: impl Fn(&'s S) -> K,
    retried: impl Fn(&'s S) -> bool,
) -> Vec<Folded<'s, S>> {
    let mut lines: Vec<Folded<'s, S>> = Vec::with_capacity(steps.len());
    // The last line of each thing; a document's journal has few that are tried again, and at most 1,000 steps.
    let mut open: Vec<(K, usize)> = Vec::new();
    for step in steps {
        let of = thing(step);
        let standing = open.iter().position(|(known, _)| *known == of);
        if retried(step)
            && let Some(at) = standing
        {
            let line = &mut lines[open[at].1];
            line.last = step;
            line.times += 1;
            continue;
        }
        if let Some(at) = standing {
            open.swap_remove(at);
        }
        if retried(step) {
            open.push((of, lines.len()));
        }
        lines.push(Folded { first: step, last: step, times: 1 });
    }
    lines
}

/// All steps of a document, its messages and their deliveries that name the document, oldest first; at most 1,000.
pub async fn of_document(tx: &mut Tx, tenant: Tenant, document: Uuid) -> Result<Vec<StepRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, at, document, message, delivery, stage, state, worker, cause from document_steps
         where tenant = $1 and document = $2 order by id limit 1000";
        tenant, document
    )?)
}

/// All steps of a message, oldest first; at most 1,000.
pub async fn of_message(tx: &mut Tx, tenant: Tenant, message: Uuid) -> Result<Vec<StepRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, at, document, message, delivery, stage, state, worker, cause from document_steps
         where tenant = $1 and message = $2 order by id limit 1000";
        tenant, message
    )?)
}

/// All steps of a delivery, oldest first; at most 1,000.
pub async fn of_delivery(tx: &mut Tx, tenant: Tenant, delivery: Uuid) -> Result<Vec<StepRow>, StoreError> {
    Ok(fetch!(
        tx,
        "select id, at, document, message, delivery, stage, state, worker, cause from document_steps
         where tenant = $1 and delivery = $2 order by id limit 1000";
        tenant, delivery
    )?)
}

/// How many steps there were since an instant, by (stage, state), among a tenant's newest 20,000: the pace of the moment.
pub async fn pace(tx: &mut Tx, tenant: Tenant, since: i64) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(fetch!(
        tx,
        "select s.stage, s.state, count(*) from (select at, stage, state from document_steps where tenant = $1 order by id desc limit 20000) s
         where s.at >= $2 group by s.stage, s.state";
        tenant, since
    )?)
}

/// All steps of several deliveries, oldest first: for a story, or the history of those that die together.
pub async fn of_deliveries(tx: &mut Tx, tenant: Tenant, deliveries: &[Uuid]) -> Result<Vec<StepRow>, StoreError> {
    #[derive(Serialize)]
    struct Id {
        id: Uuid,
    }
    if deliveries.is_empty() {
        return Ok(vec![]);
    }
    let ask: Vec<Id> = deliveries.iter().map(|id| Id { id: *id }).collect();
    Ok(fetch!(
        tx,
        "select s.id, s.at, s.document, s.message, s.delivery, s.stage, s.state, s.worker, s.cause from document_steps s
         join {rows} on s.delivery = r.id where s.tenant = $2 order by s.id",
        "id uuid" => &ask;
        tenant
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_of_one_thing_are_one_line_until_something_else_happens_to_it() {
        let steps = [
            ("a", "retrying", 1),
            ("b", "retrying", 2),
            ("a", "retrying", 3),
            ("a", "dead", 4),
            ("b", "retrying", 5),
            ("a", "retrying", 6),
            ("a", "delivered", 7),
            ("a", "delivered", 8),
        ];
        let lines = folded(&steps, |s| s.0, |s| s.1 == "retrying");
        let shown: Vec<(i32, i32, usize)> = lines.iter().map(|l| (l.first.2, l.last.2, l.times)).collect();
        assert_eq!(shown, [(1, 3, 2), (2, 5, 2), (4, 4, 1), (6, 6, 1), (7, 7, 1), (8, 8, 1)]);
    }
}
