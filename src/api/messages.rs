//! Messages: what the sets of documents mean; restarted or cancelled by an operator.

use super::{
    Api,
    deliveries::Delivery,
    documents::{Step, partner_name},
    events::Event,
    extract::{Json as Given, Operator, Path, Reader},
    problem::Problem,
};
use crate::{
    canonical::{EventId, MessageId, Micros},
    flow::operate,
    store::{
        deliveries, events, journal,
        messages::{self, MessageRow},
    },
    tenancy::Directory,
};
use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(restart)).routes(routes!(cancel))
}

/// A message without its body.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    pub id: Uuid,
    pub document: Uuid,
    /// Raised by each restart.
    pub run: i64,
    /// The set's number in the document, from 0.
    pub set: i64,
    pub standard: String,
    /// `850`, `ORDERS`.
    pub set_kind: String,
    pub set_version: String,
    pub set_control: String,
    /// Where the set's bytes are in the document.
    pub byte: i64,
    pub len: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// The canonical kind: `order`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The business number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its place among the messages of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<i64>,
    /// `pending`, `applied`, `waiting`, `held`, `retrying`, `rejected`, `dead`, `cancelled` or `replaced`.
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Uuid>,
    pub tries: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Micros>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Micros>,
}

impl Message {
    /// A row with the names that the files give.
    pub fn of(row: MessageRow, directory: &Directory) -> Message {
        Message {
            id: row.id.0,
            document: row.document.0,
            run: row.run,
            set: row.set_no,
            standard: row.standard,
            set_kind: row.set_kind,
            set_version: row.set_version,
            set_control: row.set_control,
            byte: row.set_byte,
            len: row.set_len,
            mapping: row.mapping,
            kind: row.kind,
            partner: row.partner.map(|id| partner_name(directory, id)),
            number: row.number,
            place: row.place,
            state: row.state,
            cause: row.cause,
            faults: row.faults,
            fingerprint: row.fingerprint,
            replaced_by: row.replaced_by.map(|m| m.0),
            tries: row.tries,
            due: row.due.map(Micros),
            created_at: Micros(row.created_at),
            ended_at: row.ended_at.map(Micros),
        }
    }
}

/// A message with its body and what came of it.
#[derive(Debug, Serialize, ToSchema)]
struct Whole {
    message: Message,
    /// The canonical message.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
    /// Where in the document each field came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<Value>,
    events: Vec<Event>,
    deliveries: Vec<Delivery>,
    steps: Vec<Step>,
}

/// One message: its body, events, deliveries and steps.
#[utoipa::path(
    get, path = "/v1/messages/{id}", tag = "messages",
    params(("id" = Uuid, Path, description = "The message")), responses((status = 200, body = Whole))
)]
async fn show(Reader(who): Reader, State(api): State<Api>, Path(id): Path<Uuid>) -> Result<Json<Whole>, Problem> {
    let id = MessageId(id);
    let mut tx = api.hub.store.read(who.tenant).await?;
    let mut row = messages::get(&mut tx, who.tenant, id).await?.ok_or_else(|| Problem::not_found("message"))?;
    let events = events::of_message(&mut tx, who.tenant, id).await?;
    let ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
    let sent = deliveries::of_events(&mut tx, who.tenant, &ids).await?;
    let steps = journal::of_message(&mut tx, who.tenant, id.0).await?;
    tx.rollback().await?;
    Ok(Json(Whole {
        body: row.body.take(),
        provenance: row.provenance.take(),
        message: Message::of(row, &api.hub.directory),
        deliveries: sent.into_iter().map(|row| Delivery::of(row, &events)).collect(),
        events: events.into_iter().map(Event::from).collect(),
        steps: steps.into_iter().map(Step::from).collect(),
    }))
}

/// Why an operator does it; kept in the journal.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    #[serde(default)]
    pub why: String,
}

/// Why an operator does it again, and what of it: nothing beside, unless it says so.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    #[serde(default)]
    pub why: String,
    /// Of what goes out: written anew by the mapping and the agreement that now stand, and not the same bytes again.
    #[serde(default)]
    pub map_again: bool,
    /// Of a document that came in: acknowledged once more, also what was acknowledged before.
    #[serde(default)]
    pub acknowledge_again: bool,
    /// Of what goes out: under new control numbers, and not those that it bore.
    #[serde(default)]
    pub number_again: bool,
}

impl Replay {
    /// What it asks.
    pub fn asks(&self) -> operate::Asks {
        let Replay { map_again, acknowledge_again, number_again, .. } = *self;
        operate::Asks { map_again, acknowledge_again, number_again }
    }
}

/// The message that stands in the old one's place.
#[derive(Debug, Serialize, ToSchema)]
struct Restarted {
    message: Uuid,
}

/// Maps a rejected, held or dead message again, with what now stands.
#[utoipa::path(
    post, path = "/v1/messages/{id}/restart", tag = "messages",
    params(("id" = Uuid, Path, description = "The message")), request_body = Reason,
    responses((status = 200, body = Restarted))
)]
async fn restart(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<Json<Restarted>, Problem> {
    let message = operate::restart(&api.hub, who.tenant, MessageId(id), &who.name, &reason.why).await?;
    Ok(Json(Restarted { message: message.0 }))
}

/// Takes a rejected, held or dead message out of the way; what waits behind it goes on.
#[utoipa::path(
    post, path = "/v1/messages/{id}/cancel", tag = "messages",
    params(("id" = Uuid, Path, description = "The message")), request_body = Reason,
    responses((status = 204, description = "Cancelled"))
)]
async fn cancel(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    operate::cancel_message(&api.hub, who.tenant, MessageId(id), &who.name, &reason.why).await?;
    Ok(StatusCode::NO_CONTENT)
}
