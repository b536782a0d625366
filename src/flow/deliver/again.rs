//! What people do with deliveries: send again, give up.

use crate::{
    canonical::{ClaimCheck, DeliveryId, Event, Stage, Tenant},
    emit::{
        again::{self, How},
        fanout,
    },
    flow::{Hub, emitter},
    store::{
        StoreError, Tx, batches, closings,
        deliveries::{self, DeliveryRow},
        events, expectations,
        journal::{self, Step},
        now, outbound,
        outbox::{self, Row},
    },
};
use serde_json::json;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("there is no delivery {0}")]
    Unknown(DeliveryId),
    #[error("the delivery is {state}; {remedy}")]
    State { state: String, remedy: &'static str },
    #[error("it goes out in the interchange of delivery {0}: replay or cancel that one")]
    Carried(DeliveryId),
    #[error("it was replaced by delivery {0}: replay that one")]
    Replaced(DeliveryId),
    /// It can't be done with this one; the sentence tells why and what to do.
    #[error("{0}")]
    NotSo(String),
    #[error("the document still can't be written: {0}")]
    StillUnwritable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends a dead, cancelled or delivered one again, under the same event id; its dead letter is closed. A document
/// that could not be rendered is rendered now.
pub async fn replay(hub: &Hub, tenant: Tenant, id: DeliveryId, who: &str, why: &str) -> Result<(), Refused> {
    let mut tx = hub.store.begin(tenant).await?;
    let now = now();
    let row = deliveries::get(&mut tx, tenant, id).await?.ok_or(Refused::Unknown(id))?;
    if let Some(by) = row.carried_by {
        return Err(Refused::Carried(by));
    }
    if row.kind != "webhook" && row.content.is_none() {
        render(hub, &mut tx, tenant, &row).await?;
    }
    if !deliveries::replay(&mut tx, tenant, id, hub.deadline(now)).await? {
        return Err(Refused::State {
            state: row.state,
            remedy: "it is under way already; cancel it first if it must not go",
        });
    }
    deliveries::close_letters(&mut tx, tenant, id.0, "replayed", now).await?;
    reopen(&mut tx, tenant, id).await?;
    if row.kind == "document" {
        // It goes out under the same number, so what is said of it now counts.
        outbound::forget_verdicts(&mut tx, tenant, id).await?;
        let awaited = expectations::again(&mut tx, tenant, id).await?;
        deliveries::await_acknowledgement(&mut tx, tenant, id, awaited).await?;
        batches::again(&mut tx, tenant, id, awaited).await?;
    }
    // The row begins anew; how it had ended stands here.
    let cause = json!({ "code": "replayed", "who": who, "why": why, "was": row.state, "ended": row.cause });
    journal::write(&mut tx, &[step(hub, tenant, &row, "pending", cause)]).await?;
    outbox::push(&mut tx, &[Row::at_once(ClaimCheck::new(tenant, Stage::Deliver, vec![id.0]), now)]).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends what ended in another delivery's place: written anew, or under a new control number. The first stays as it ended,
/// but that a dead one is given up. Gives the id that it goes out under, which is the same where neither is asked for, or
/// where it was never written: then it is written now and takes its first number.
pub async fn send_again(
    hub: &Hub,
    tenant: Tenant,
    id: DeliveryId,
    how: How,
    who: &str,
    why: &str,
) -> Result<DeliveryId, Refused> {
    let mut tx = hub.store.begin(tenant).await?;
    let now = now();
    let row = deliveries::get(&mut tx, tenant, id).await?.ok_or(Refused::Unknown(id))?;
    let is_document = matches!(row.kind.as_str(), "document" | "acknowledgement");
    if !(how.map || how.number) || is_document && row.content.is_none() {
        tx.rollback().await?;
        replay(hub, tenant, id, who, why).await?;
        return Ok(id);
    }
    if !is_document {
        return Err(Refused::NotSo(format!("a {} is neither mapped nor numbered: send it again as it is", row.kind)));
    }
    if let Some(by) = row.carried_by {
        return Err(Refused::Carried(by));
    }
    not_replaced(&mut tx, tenant, id, None).await?;
    let event = match row.event.filter(|_| how.map) {
        Some(event) => events::load(&mut tx, tenant, &[event]).await?.pop().map(Event::from),
        None => None,
    };
    let library = hub.library.standing(&mut tx, tenant).await?;
    let said = |key: &str, other: DeliveryId| json!({ "code": "replayed", "who": who, "why": why, key: other, "map_again": how.map, "number_again": how.number });
    let emit = emitter(hub, &library, now);
    let new = match again::write(&mut tx, &emit, tenant, &row, event.as_ref(), how, said("of", id)).await? {
        Ok(new) => new,
        Err(unwritable) if unwritable.code == "again" => return Err(Refused::NotSo(unwritable.sentence)),
        Err(unwritable) => return Err(Refused::StillUnwritable(unwritable.sentence)),
    };
    let mut cause = said("by", new);
    cause["was"] = json!(row.state);
    cause["ended"] = json!(row.cause);
    if !deliveries::give_way(&mut tx, tenant, &row, &cause).await? {
        return Err(Refused::State {
            state: row.state,
            remedy: "it is under way already; cancel it first if it must not go",
        });
    }
    // Its row is locked now: who replaced it in the same moment has committed, or waits and finds this one.
    not_replaced(&mut tx, tenant, id, Some(new)).await?;
    deliveries::close_letters(&mut tx, tenant, id.0, "replayed", now).await?;
    expectations::drop_of(&mut tx, tenant, id).await?;
    let ends = if row.state == "dead" { "cancelled" } else { ended(&row.state) };
    journal::write(&mut tx, &[step(hub, tenant, &row, ends, cause)]).await?;
    tx.commit().await?;
    Ok(new)
}

/// One goes in a delivery's place at most: each waits for an acknowledgement of its own.
async fn not_replaced(tx: &mut Tx, tenant: Tenant, id: DeliveryId, but: Option<DeliveryId>) -> Result<(), Refused> {
    match deliveries::replaced_by(tx, tenant, id, but).await? {
        Some(by) => Err(Refused::Replaced(by)),
        None => Ok(()),
    }
}

/// What goes out once more is nobody's to close any more, nor is what is expected of its partner.
async fn reopen(tx: &mut Tx, tenant: Tenant, id: DeliveryId) -> Result<(), StoreError> {
    closings::reopen(tx, tenant, id.0).await?;
    for expected in expectations::of_delivery(tx, tenant, id).await? {
        closings::reopen(tx, tenant, expected.id).await?;
    }
    Ok(())
}

/// The state of one that ended, as the journal says it.
fn ended(state: &str) -> &'static str {
    if state == "delivered" { "delivered" } else { "cancelled" }
}

/// Ends a delivery that is not delivered: nobody tries it again.
pub async fn cancel(hub: &Hub, tenant: Tenant, id: DeliveryId, who: &str, why: &str) -> Result<(), Refused> {
    end(hub, tenant, id, "cancelled", who, why).await
}

/// The same, by what it is called: cancelled, or closed.
pub async fn end(hub: &Hub, tenant: Tenant, id: DeliveryId, how: &str, who: &str, why: &str) -> Result<(), Refused> {
    let mut tx = hub.store.begin(tenant).await?;
    let now = now();
    let row = deliveries::get(&mut tx, tenant, id).await?.ok_or(Refused::Unknown(id))?;
    if let Some(by) = row.carried_by {
        return Err(Refused::Carried(by));
    }
    batches::take_out(&mut tx, tenant, id).await?;
    let cause = json!({ "code": how, "who": who, "sentence": why, "was": row.state, "ended": row.cause });
    if !deliveries::cancel(&mut tx, tenant, id, &cause, now).await? {
        return Err(Refused::State { state: row.state, remedy: "only what is not delivered yet can be cancelled" });
    }
    deliveries::close_letters(&mut tx, tenant, id.0, how, now).await?;
    expectations::drop_of(&mut tx, tenant, id).await?;
    let change = deliveries::Change::to(id, "cancelled", cause.clone(), now);
    batches::follow(&mut tx, tenant, &[change]).await?;
    deliveries::await_acknowledgement(&mut tx, tenant, id, false).await?;
    journal::write(&mut tx, &[step(hub, tenant, &row, "cancelled", cause)]).await?;
    tx.commit().await?;
    Ok(())
}

async fn render(hub: &Hub, tx: &mut Tx, tenant: Tenant, row: &DeliveryRow) -> Result<(), Refused> {
    let event = match row.event {
        Some(event) => events::load(tx, tenant, &[event]).await?.pop().map(Event::from),
        None => None,
    };
    let Some(event) = event else {
        return Err(Refused::StillUnwritable(
            "an acknowledgement is made with its document; send the document again".into(),
        ));
    };
    let library = hub.library.standing(tx, tenant).await?;
    match fanout::render_again(tx, &emitter(hub, &library, now()), tenant, row, &event).await? {
        Ok(rendered) => {
            let control = rendered.control.as_deref();
            Ok(deliveries::fill(tx, tenant, row.id, &rendered.name, &rendered.bytes, control).await?)
        }
        Err(unwritable) => Err(Refused::StillUnwritable(unwritable.sentence)),
    }
}

fn step(hub: &Hub, tenant: Tenant, row: &DeliveryRow, state: &'static str, cause: serde_json::Value) -> Step {
    let mut step =
        Step::new(tenant, now().0, Stage::Deliver.name(), state, &hub.worker).delivery(row.id.0).cause(cause);
    step.document = row.document.map(|d| d.0);
    step.message = row.message.map(|m| m.0);
    step.event = row.event.map(|e| e.0);
    step
}
