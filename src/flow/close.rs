//! Review and close: a person has looked at what was refused, is dead or overdue, and leaves it there. It keeps its state,
//! leaves the lists of what waits for somebody, and is found among what was closed. What goes on again is open again.

use super::{
    deliver,
    duplicate::By,
    operate::{self, OperateError, Replayed},
};
use crate::{
    canonical::{DeliveryId, DocumentId, MessageId, Tenant},
    flow::Hub,
    store::{
        Tx,
        closings::{self, Closed},
        deliveries::{self, DeliveryRow},
        documents::{self, DocumentRow},
        expectations::{self, ExpectationRow},
        journal::{self, Step},
        messages, now,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

/// What is told of it in the journal.
const CLOSED: &str = "closed";

/// Closes a document that is rejected, unassigned or dead, or of which messages are refused or a part was passed over; the
/// refused messages with it. Gives how many these are.
///
/// Errors: no reason; there is nothing to close, or it is closed.
pub async fn document(hub: &Hub, tenant: Tenant, id: DocumentId, by: By<'_>) -> Result<usize, OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    let by = by.with_reason()?;
    let refused = closings::open_refusals(&mut tx, tenant, id).await?;
    let waits = match row.state.as_str() {
        "rejected" | "unassigned" | "dead" => true,
        "translated" => row.cause.is_some() || !refused.is_empty(),
        _ => false,
    };
    if !waits {
        return Err(not_open(&row.state, "a document that is rejected, unassigned, dead or partly refused"));
    }
    let closed = |id: Uuid, thing| Closed { tenant, id, thing, at: now().0, who: by.who, why: by.why };
    if closings::close(&mut tx, &[closed(id.0, "document")]).await? == 0 && refused.is_empty() {
        return Err(not_open(CLOSED, "a document that nobody closed"));
    }
    let rows: Vec<Closed> = refused.iter().map(|id| closed(*id, "message")).collect();
    closings::close(&mut tx, &rows).await?;
    deliveries::close_letters(&mut tx, tenant, id.0, CLOSED, now()).await?;
    let steps = std::iter::once(step(hub, tenant, "operate", document_state(&row), cause(by)).document(id.0));
    let of_messages = refused
        .iter()
        .map(|message| step(hub, tenant, "operate", "rejected", cause(by)).document(id.0).message(*message));
    journal::write(&mut tx, &steps.chain(of_messages).collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(refused.len())
}

/// Closes a message that is rejected; one that is dead is taken out of the way with it, since others wait behind it.
///
/// Errors: as [`document`].
pub async fn message(hub: &Hub, tenant: Tenant, id: MessageId, by: By<'_>) -> Result<(), OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let row = messages::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("message"))?;
    let by = by.with_reason()?;
    tx.rollback().await?;
    match row.state.as_str() {
        "dead" => operate::end_message(hub, tenant, id, CLOSED, by.who, by.why).await?,
        "rejected" => {}
        state => return Err(not_open(state, "a rejected or dead message")),
    }
    let mut tx = hub.store.begin(tenant).await?;
    let closed = Closed { tenant, id: id.0, thing: "message", at: now().0, who: by.who, why: by.why };
    if closings::close(&mut tx, &[closed]).await? == 0 {
        return Err(not_open(CLOSED, "a message that nobody closed"));
    }
    if row.state == "rejected" {
        let step = step(hub, tenant, "operate", "rejected", cause(by)).document(row.document.0).message(id.0);
        journal::write(&mut tx, &[step]).await?;
    }
    Ok(tx.commit().await?)
}

/// Closes a delivery that is dead, which is given up with it; or that its partner refused, or did not acknowledge in time.
///
/// Errors: as [`document`].
pub async fn delivery(hub: &Hub, tenant: Tenant, id: DeliveryId, by: By<'_>) -> Result<(), OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let row = deliveries::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("delivery"))?;
    let by = by.with_reason()?;
    tx.rollback().await?;
    let taken = row.acknowledged.as_deref();
    let is_refused = matches!(taken, Some("overdue" | "rejected" | "partly_accepted" | "accepted_with_errors"));
    match row.state.as_str() {
        "dead" => deliver::end(hub, tenant, id, CLOSED, by.who, by.why).await?,
        "delivered" if is_refused => {}
        state => {
            let allowed = "a delivery that is dead, overdue, or refused by its partner,";
            return Err(not_open(taken.unwrap_or(state), allowed));
        }
    }
    let mut tx = hub.store.begin(tenant).await?;
    if close_sent(&mut tx, tenant, &row, by).await? == 0 {
        return Err(not_open(CLOSED, "a delivery that nobody closed"));
    }
    if row.state != "dead" {
        let mut step = step(hub, tenant, "deliver", "delivered", cause(by)).delivery(id.0);
        (step.document, step.message) = (row.document.map(|id| id.0), row.message.map(|id| id.0));
        journal::write(&mut tx, &[step]).await?;
    }
    Ok(tx.commit().await?)
}

/// A delivery, and what was expected of its partner.
async fn close_sent(tx: &mut Tx, tenant: Tenant, row: &DeliveryRow, by: By<'_>) -> Result<u64, OperateError> {
    let closed = |id: Uuid, thing| Closed { tenant, id, thing, at: now().0, who: by.who, why: by.why };
    let expected = expectations::of_delivery(tx, tenant, row.id).await?;
    let late = expected.iter().filter(|one| is_late(one)).map(|one| closed(one.id, "expectation"));
    let rows: Vec<Closed> = std::iter::once(closed(row.id.0, "delivery")).chain(late).collect();
    Ok(closings::close(tx, &rows).await?)
}

fn is_late(row: &ExpectationRow) -> bool {
    matches!(row.state.as_str(), "overdue" | "warned")
}

/// Closes what is overdue, or soon is: nobody waits for it any more. What comes all the same is taken.
///
/// Errors: as [`document`].
pub async fn expectation(hub: &Hub, tenant: Tenant, id: Uuid, by: By<'_>) -> Result<(), OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let row = expectations::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("expectation"))?;
    let by = by.with_reason()?;
    if !is_late(&row) {
        return Err(not_open(&row.state, "what is overdue, or due soon,"));
    }
    let closed = |id: Uuid, thing| Closed { tenant, id, thing, at: now().0, who: by.who, why: by.why };
    let sent = row.delivery.filter(|_| row.state == "overdue").map(|id| closed(id.0, "delivery"));
    if closings::close(&mut tx, &[closed(id, "expectation")]).await? == 0 {
        return Err(not_open(CLOSED, "what nobody closed"));
    }
    closings::close(&mut tx, &sent.into_iter().collect::<Vec<_>>()).await?;
    let mut cause = cause(by);
    cause["expectation"] = json!(id);
    let mut step = step(hub, tenant, "operate", "overdue", cause).message(row.message.0);
    step.delivery = row.delivery.map(|id| id.0);
    journal::write(&mut tx, &[step]).await?;
    Ok(tx.commit().await?)
}

/// Closes what a dead letter is about, and so the letter.
///
/// Errors: as of what it is about.
pub async fn letter(hub: &Hub, tenant: Tenant, id: Uuid, by: By<'_>) -> Result<Replayed, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let letter = deliveries::letter(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("dead letter"))?;
    tx.rollback().await?;
    if letter.ended_at.is_some() {
        return Err(not_open(&letter.ended_how.unwrap_or_default(), "an open dead letter"));
    }
    Ok(match letter.thing.as_str() {
        "document" => {
            let id = DocumentId(letter.thing_id);
            document(hub, tenant, id, by).await?;
            Replayed::Document(id)
        }
        "message" => {
            let id = MessageId(letter.thing_id);
            message(hub, tenant, id, by).await?;
            Replayed::Message(id)
        }
        _ => {
            let id = DeliveryId(letter.thing_id);
            delivery(hub, tenant, id, by).await?;
            Replayed::Delivery(id)
        }
    })
}

fn not_open(state: &str, allowed: &'static str) -> OperateError {
    OperateError::State { state: state.into(), allowed, done: "closed" }
}

fn cause(by: By<'_>) -> Value {
    json!({"code": CLOSED, "who": by.who, "why": by.why})
}

fn step(hub: &Hub, tenant: Tenant, stage: &'static str, state: &'static str, cause: Value) -> Step {
    Step::new(tenant, now().0, stage, state, &hub.worker).cause(cause)
}

fn document_state(row: &DocumentRow) -> &'static str {
    documents::STATES.into_iter().find(|state| *state == row.state).unwrap_or("translated")
}
