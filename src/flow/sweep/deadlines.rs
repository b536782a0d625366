//! Deadlines: what is due soon is warned of, what is overdue is an alert. State, event and what must go out for it are one
//! transaction, so that an alert is neither lost nor doubled.

use crate::{
    canonical::{
        Event, EventId, Micros, Tenant,
        expectation::{Expected, Owes},
    },
    emit::fanout::{self, Told},
    flow::{Hub, emitter, owed},
    store::{
        StoreError, Tx, events,
        expectations::{self, ExpectationRow},
        journal::{self, Step},
        now,
    },
};
use serde_json::json;

/// Expectations in one transaction.
const AT_ONCE: i64 = 200;
/// Behind all that apply wrote for the same message.
const ORDINAL: i64 = 1_000;

/// Tells what is due. Gives how many alerts and warnings there were.
pub async fn tell(hub: &Hub) -> Result<usize, StoreError> {
    let mut tx = hub.store.system_read().await?;
    let due = expectations::tenants_due(&mut tx, now()).await?;
    tx.rollback().await?;
    let mut told = 0;
    for tenant in due {
        loop {
            let some = of_tenant(hub, tenant).await?;
            told += some;
            if (some as i64) < AT_ONCE {
                break;
            }
        }
    }
    Ok(told)
}

async fn of_tenant(hub: &Hub, tenant: Tenant) -> Result<usize, StoreError> {
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let due = expectations::lock_due(&mut tx, tenant, now, AT_ONCE).await?;
    let (rows, told): (Vec<expectations::Told>, Vec<Event>) =
        due.iter().map(|row| alert(hub, tenant, row, now)).unzip();
    expectations::told(&mut tx, tenant, &rows).await?;
    write_events(hub, &mut tx, tenant, &told, now).await?;
    let steps = due.iter().zip(rows.iter().zip(&told));
    let steps: Vec<Step> = steps.map(|(row, (said, event))| step(hub, tenant, row, said.state, event)).collect();
    journal::write(&mut tx, &steps).await?;
    tx.commit().await?;
    for event in &told {
        let partner = event.data["partner"].as_str().unwrap_or_default().to_owned();
        let sentence = event.data["sentence"].as_str().unwrap_or_default();
        tracing::warn!(kind = event.kind, expectation = %event.data["expectation"], sentence, "a deadline");
        metrics::counter!("crossdock_deadlines_total", "partner" => partner, "kind" => event.kind.clone()).increment(1);
    }
    Ok(told.len())
}

fn alert(hub: &Hub, tenant: Tenant, row: &ExpectationRow, now: Micros) -> (expectations::Told, Event) {
    let due_at = row.due_at.unwrap_or(now);
    let (state, look_at, what) =
        if now < due_at { ("warned", Some(due_at.0), "due_soon") } else { ("overdue", None, "overdue") };
    let partner = hub.directory.partner_name(row.partner).to_owned();
    let data = Expected {
        expectation: row.id,
        state: state.into(),
        owes: if row.owes == "us" { Owes::Us } else { Owes::Partner },
        sentence: owed::sentence(row, &partner, state, due_at),
        partner,
        delivery: row.delivery,
        number: row.number.clone(),
        wants: row.wants.clone(),
        since: row.since.unwrap_or(row.created_at),
        due_at,
    };
    let event = Event {
        id: EventId::of_expectation(row.id, &format!("{state}/{}", due_at.0)),
        kind: format!("{}.{what}", row.kind),
        at: now,
        tenant,
        message: row.message,
        key: format!("expectation/{}", row.id),
        repeats: None,
        schema: "expectation/1".into(),
        data: json!(data),
    };
    (expectations::Told { id: row.id, state, look_at }, event)
}

async fn write_events(hub: &Hub, tx: &mut Tx, tenant: Tenant, told: &[Event], now: Micros) -> Result<(), StoreError> {
    if told.is_empty() {
        return Ok(());
    }
    let first = match hub.store.is_distributed() {
        true => None,
        false => Some(events::take_positions(tx, told.len() as i64).await?),
    };
    let rows: Vec<events::NewEvent> = told
        .iter()
        .enumerate()
        .map(|(n, e)| events::NewEvent {
            tenant,
            id: e.id,
            position: first.map(|f| f + n as i64),
            message: e.message,
            ordinal: ORDINAL,
            kind: &e.kind,
            key: &e.key,
            at: e.at.0,
            schema: &e.schema,
            repeats: None,
            data: &e.data,
        })
        .collect();
    events::insert(tx, &rows).await?;
    let told: Vec<Told> = told.iter().map(|event| Told { event, partner: None, document: None, came_as: "" }).collect();
    let library = hub.library.standing(tx, tenant).await?;
    fanout::write_deliveries(tx, &emitter(hub, &library, now), tenant, &told, vec![]).await
}

fn step(hub: &Hub, tenant: Tenant, row: &ExpectationRow, state: &'static str, event: &Event) -> Step {
    let cause = json!({"code": event.kind, "sentence": event.data["sentence"]});
    let step = Step::new(tenant, event.at.0, "deadline", state, &hub.worker).message(row.message.0).cause(cause);
    match row.delivery {
        Some(delivery) => step.delivery(delivery.0),
        None => step,
    }
}
