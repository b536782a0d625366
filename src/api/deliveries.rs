//! Deliveries: one event to one endpoint, or one outbound document to one partner.

use super::{
    Api,
    documents::Step,
    extract::{Json as Given, Operator, Path, Reader},
    messages::{Reason, Replay},
    problem::{Code, Problem},
};
use crate::{
    canonical::{DeliveryId, EventId, Micros},
    flow::{
        deliver::{self, Refused},
        operate,
    },
    store::{
        deliveries::{self, DeliveryRow},
        events::{self, EventRow},
        journal,
    },
};
use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(replay)).routes(routes!(cancel))
}

/// A delivery.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Delivery {
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Uuid>,
    /// `order.confirmed`: of the event that it carries or answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// `webhook`, `document`, `acknowledgement` or `letter`.
    pub kind: String,
    /// The endpoint's or the connection's name.
    pub target: String,
    /// `pending`, `delivered`, `retrying`, `dead` or `cancelled`.
    pub state: String,
    /// The file's name, of what goes out as a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The control number of an outbound interchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<String>,
    /// Counts within endpoint and key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
    pub tries: i64,
    pub replays: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Micros>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Micros>,
    /// How the partner took a document, as far as it has said so or is to say so: `waiting`, `overdue`, `received`,
    /// `accepted`, `accepted_with_errors`, `partly_accepted` or `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<String>,
    /// The delivery whose interchange carries this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_by: Option<Uuid>,
    /// The delivery in whose place it goes, by an operator's will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again_of: Option<Uuid>,
    /// What it said, as `acknowledgement/1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
}

impl Delivery {
    /// With the type of its event, which is among these if it has one.
    pub fn of(row: DeliveryRow, events: &[EventRow]) -> Delivery {
        let event = events.iter().find(|e| Some(e.id) == row.event);
        Delivery {
            event_type: event.map(|e| e.kind.clone()),
            id: row.id.0,
            event: row.event.map(|e| e.0),
            document: row.document.map(|d| d.0),
            message: row.message.map(|m| m.0),
            kind: row.kind,
            target: row.target,
            state: row.state,
            name: row.name,
            control: row.control,
            sequence: row.sequence,
            cause: row.cause,
            tries: row.tries,
            replays: row.replays,
            due: row.due.map(Micros),
            created_at: Micros(row.created_at),
            ended_at: row.ended_at.map(Micros),
            acknowledged: row.acknowledged,
            carried_by: row.carried_by.map(|d| d.0),
            again_of: row.again_of.map(|d| d.0),
            answer: row.answer,
        }
    }
}

/// A delivery and its tries.
#[derive(Debug, Serialize, ToSchema)]
struct Whole {
    delivery: Delivery,
    steps: Vec<Step>,
}

/// One delivery with its steps.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}", tag = "deliveries",
    params(("id" = Uuid, Path, description = "The delivery")), responses((status = 200, body = Whole))
)]
async fn show(Reader(who): Reader, State(api): State<Api>, Path(id): Path<Uuid>) -> Result<Json<Whole>, Problem> {
    let mut tx = api.hub.store.read(who.tenant).await?;
    let row =
        deliveries::get(&mut tx, who.tenant, DeliveryId(id)).await?.ok_or_else(|| Problem::not_found("delivery"))?;
    let of: Vec<EventId> = row.event.into_iter().collect();
    let events = events::load(&mut tx, who.tenant, &of).await?;
    let steps = journal::of_delivery(&mut tx, who.tenant, id).await?;
    tx.rollback().await?;
    Ok(Json(Whole { delivery: Delivery::of(row, &events), steps: steps.into_iter().map(Step::from).collect() }))
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        match refused {
            Refused::Unknown(_) => Problem::not_found("delivery"),
            Refused::State { .. } | Refused::Carried(_) | Refused::Replaced(_) | Refused::NotSo(_) => {
                Problem::new(Code::WrongState, refused.to_string())
            }
            Refused::StillUnwritable(_) => Problem::new(Code::SetUnreadable, refused.to_string()),
            Refused::Store(error) => error.into(),
        }
    }
}

/// What goes out.
#[derive(Debug, Serialize, ToSchema)]
struct SentAgain {
    /// The same, or another that was made for its place.
    delivery: Uuid,
}

/// Sends a dead, cancelled or delivered one again, under the same event id: the same bytes under the same control number,
/// unless it is to be mapped or numbered again. Then another goes in its place, and the first stays as it ended.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/replay", tag = "deliveries",
    params(("id" = Uuid, Path, description = "The delivery")), request_body = Replay,
    responses((status = 200, body = SentAgain))
)]
async fn replay(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(replay): Given<Replay>,
) -> Result<Json<SentAgain>, Problem> {
    let (id, asks) = (DeliveryId(id), replay.asks());
    let sent = operate::replay_delivery(&api.hub, who.tenant, id, asks, &who.name, &replay.why).await?;
    Ok(Json(SentAgain { delivery: sent.0 }))
}

/// Ends a delivery that is not delivered: nobody tries it again.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/cancel", tag = "deliveries",
    params(("id" = Uuid, Path, description = "The delivery")), request_body = Reason,
    responses((status = 204, description = "Cancelled"))
)]
async fn cancel(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    deliver::cancel(&api.hub, who.tenant, DeliveryId(id), &who.name, &reason.why).await?;
    Ok(StatusCode::NO_CONTENT)
}
