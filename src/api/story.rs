//! A business number's whole life: the bytes that came, what they meant, what was decided, what went out, what is late,
//! and what a person can do next.

use super::{
    Api,
    deliveries::Delivery,
    documents::{Document, with_halted},
    events::Event,
    extract::{Path, Reader},
    messages::Message,
    problem::Problem,
};
use crate::{
    canonical::{DocumentId, EventId, MessageId, Micros},
    flow::{
        acknowledged, letter,
        owed::{self, Owed},
    },
    store::{closings, deliveries, documents, events, messages, now},
};
use axum::{Json, extract::State};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show))
}

/// All that is known of a business number.
#[derive(Debug, Serialize, ToSchema)]
struct Story {
    number: String,
    /// Oldest first.
    documents: Vec<Document>,
    /// In their order; a number that several partners use has all of theirs.
    messages: Vec<Message>,
    events: Vec<Event>,
    /// Webhooks, outbound documents and acknowledgements.
    deliveries: Vec<Delivery>,
    late: Vec<Late>,
    next: Vec<Action>,
}

/// Something that should have happened by now.
#[derive(Debug, Serialize, ToSchema, PartialEq, Eq)]
struct Late {
    /// `message`, `delivery` or `expectation`.
    thing: &'static str,
    id: Uuid,
    sentence: String,
    #[schema(value_type = String, format = DateTime)]
    since: Micros,
}

/// What a person can do.
#[derive(Debug, Serialize, ToSchema, PartialEq, Eq)]
struct Action {
    /// In words, with the reason.
    sentence: String,
    method: &'static str,
    path: String,
    /// The body to send; `null` where a person must fill it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    body: Option<serde_json::Value>,
}

/// The whole life of a business number, such as a purchase order's.
#[utoipa::path(
    get, path = "/v1/story/{number}", tag = "stories",
    params(("number" = String, Path, description = "A purchase order's number")), responses((status = 200, body = Story))
)]
async fn show(Reader(who): Reader, State(api): State<Api>, Path(number): Path<String>) -> Result<Json<Story>, Problem> {
    let tenant = who.tenant;
    let mut tx = api.hub.store.read(tenant).await?;
    let rows = messages::of_number(&mut tx, tenant, &number).await?;
    if rows.is_empty() {
        return Err(Problem::not_found("number"));
    }
    let ids: Vec<MessageId> = rows.iter().map(|m| m.id).collect();
    let of: BTreeSet<DocumentId> = rows.iter().map(|m| m.document).collect();
    let of: Vec<DocumentId> = of.into_iter().collect();
    let holds = messages::holds_of(&mut tx, tenant, &ids).await?;
    let mut documents = documents::by_ids(&mut tx, tenant, &of).await?;
    let events = events::of_messages(&mut tx, tenant, &ids).await?;
    let event_ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
    let mut sent = deliveries::of_events(&mut tx, tenant, &event_ids).await?;
    sent.extend(acknowledged::of(&mut tx, tenant, &rows).await?);
    let owed = owed::of(&mut tx, &api.hub.directory, tenant, &ids).await?;
    let reviewed = ids.iter().map(|id| id.0).chain(sent.iter().map(|row| row.id.0)).collect::<Vec<_>>();
    let closed = closings::of(&mut tx, tenant, reviewed).await?;
    let is_open = |id: Uuid| closed.iter().all(|closing| closing.id != id);
    documents.sort_by_key(|d| (d.received_at, d.id));
    let directory = &api.hub.directory;
    let mut documents: Vec<Document> = documents.into_iter().map(|row| Document::of(row, directory)).collect();
    with_halted(&mut tx, tenant, &mut documents).await?;
    tx.rollback().await?;
    let messages: Vec<Message> = rows.into_iter().map(|row| Message::of(row, directory)).collect();
    let deliveries: Vec<Delivery> = sent.into_iter().map(|row| Delivery::of(row, &events)).collect();
    let patience = api.hub.wait_us();
    let now = now();
    let late = messages.iter().filter_map(|m| late_message(m, now, patience));
    let late = late.chain(deliveries.iter().filter(|d| is_open(d.id)).filter_map(|d| late_delivery(d, now, patience)));
    let late = late.chain(owed.iter().filter_map(late_answer)).collect();
    let next = messages.iter().filter(|m| is_open(m.id)).filter_map(|m| next_of_message(m, &holds));
    let next = next.chain(deliveries.iter().filter_map(next_of_delivery)).chain(owed.iter().map(next_of_answer));
    let next = next.chain(documents.iter().filter_map(next_of_document)).collect();
    Ok(Json(Story {
        number,
        documents,
        messages,
        events: events.into_iter().map(Event::from).collect(),
        deliveries,
        late,
        next,
    }))
}

/// Unfinished past what the sweeper waits, measured from when it was due, else from when it began.
fn overdue(state: &str, began: Micros, due: Option<Micros>, now: Micros, patience: i64) -> Option<Micros> {
    let since = due.unwrap_or(began);
    (matches!(state, "pending" | "retrying") && now.0 - since.0 > patience).then_some(since)
}

fn late_message(message: &Message, now: Micros, patience: i64) -> Option<Late> {
    let since = match message.state.as_str() {
        "held" | "dead" | "waiting" => message.created_at,
        state => overdue(state, message.created_at, message.due, now, patience)?,
    };
    let sentence = match message.state.as_str() {
        "held" => format!("{} is held: {}", what(message), reason(message.cause.as_ref())),
        "dead" => format!("{} is dead: {}", what(message), reason(message.cause.as_ref())),
        "waiting" => format!("{} waits: {}", what(message), reason(message.cause.as_ref())),
        state => format!("{} has been {state} for long", what(message)),
    };
    Some(Late { thing: "message", id: message.id, sentence, since })
}

fn late_delivery(delivery: &Delivery, now: Micros, patience: i64) -> Option<Late> {
    let since = match delivery.state.as_str() {
        "dead" => delivery.ended_at.unwrap_or(delivery.created_at),
        "delivered" if delivery.acknowledged.as_deref() == Some("overdue") => {
            delivery.ended_at.unwrap_or(delivery.created_at)
        }
        state => overdue(state, delivery.created_at, delivery.due, now, patience)?,
    };
    let sentence = match delivery.state.as_str() {
        "delivered" => format!("the {} to {} is not acknowledged in time", delivery.kind, delivery.target),
        "dead" => format!("the {} to {} is dead: {}", delivery.kind, delivery.target, reason(delivery.cause.as_ref())),
        state => format!("the {} to {} has been {state} for long", delivery.kind, delivery.target),
    };
    Some(Late { thing: "delivery", id: delivery.id, sentence, since })
}

fn late_answer(owed: &Owed) -> Option<Late> {
    let late = || Late { thing: "expectation", id: owed.id, sentence: owed.sentence.clone(), since: owed.due_at };
    owed.is_late.then(late)
}

/// Nobody can do it with a request: what is owed is shown, and when.
fn next_of_answer(owed: &Owed) -> Action {
    let state = if owed.is_late { "overdue" } else { "waiting" };
    let path = format!("/v1/expectations?state={state}");
    Action { sentence: owed.sentence.clone(), method: "GET", path, body: None }
}

fn what(message: &Message) -> String {
    format!("the {} {}", message.set_kind, message.set_control)
}

fn reason(cause: Option<&serde_json::Value>) -> String {
    let field = |name: &str| cause.and_then(|c| c.get(name)).and_then(|v| v.as_str());
    field("sentence").or_else(|| field("code")).unwrap_or("no reason was noted").to_owned()
}

fn next_of_message(message: &Message, holds: &[(MessageId, String, String)]) -> Option<Action> {
    let hold = holds.iter().find(|h| h.0.0 == message.id);
    match (message.state.as_str(), hold) {
        ("held", Some((_, scheme, value))) => Some(Action {
            sentence: format!("say what `{value}` means as a {scheme}: what is held for it goes on by itself"),
            method: "POST",
            path: "/v1/references".into(),
            body: Some(serde_json::json!({"scheme": scheme, "value": value, "target": null})),
        }),
        ("held" | "rejected" | "dead", _) => Some(Action {
            sentence: match unknown_value(message) {
                Some(remedy) => remedy.to_owned(),
                None => format!(
                    "when the cause is gone, restart {}: {}",
                    what(message),
                    reason(letter::why(message.cause.as_ref(), message.faults.as_ref()))
                ),
            },
            method: "POST",
            path: format!("/v1/messages/{}/restart", message.id),
            body: Some(serde_json::json!({"why": ""})),
        }),
        _ => None,
    }
}

/// Of a document that was worked but for a part that nobody could read.
fn next_of_document(document: &Document) -> Option<Action> {
    let cause = document.cause.as_ref().filter(|_| document.state == "translated")?;
    let remedy = cause["remedy"].as_str().map(|remedy| format!(" {remedy}")).unwrap_or_default();
    Some(Action {
        sentence: format!("a part of {} was passed over: {}{remedy}", document.name, reason(Some(cause))),
        method: "GET",
        path: format!("/v1/documents/{}", document.id),
        body: None,
    })
}

/// What to do for a message that is refused because a table has no row for what it says.
fn unknown_value(message: &Message) -> Option<&str> {
    let faults = message.faults.as_ref().and_then(serde_json::Value::as_array)?;
    faults.iter().find(|fault| fault["code"] == "mapping/no_reference")?["remedy"].as_str()
}

fn next_of_delivery(delivery: &Delivery) -> Option<Action> {
    (delivery.state == "dead").then(|| Action {
        sentence: match delivery.cause.as_ref().and_then(|cause| cause["remedy"].as_str()) {
            Some(remedy) => remedy.to_owned(),
            None => format!("when {} works again, send the {} again", delivery.target, delivery.kind),
        },
        method: "POST",
        path: format!("/v1/deliveries/{}/replay", delivery.id),
        body: Some(serde_json::json!({"why": ""})),
    })
}
