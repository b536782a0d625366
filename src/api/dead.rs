//! Dead letters: what needs a person, and its replay.

use super::{
    Api,
    extract::{Json as Given, Operator, Path, Query, Reader},
    messages::Replay,
    page,
    problem::Problem,
};
use crate::{
    canonical::Micros,
    flow::operate::{self, Replayed},
    store::deliveries::{self, Letter},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(replay))
}

/// A dead letter.
#[derive(Debug, Serialize, ToSchema)]
struct DeadLetter {
    id: Uuid,
    /// `document`, `message` or `delivery`.
    thing: String,
    thing_id: Uuid,
    stage: String,
    code: String,
    /// The same cause gives the same fingerprint.
    fingerprint: String,
    reason: Value,
    /// Each try: when, what happened.
    history: Value,
    tries: i64,
    #[schema(value_type = String, format = DateTime)]
    died_at: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Micros>,
    /// `replayed`, `cancelled` or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_how: Option<String>,
}

impl From<Letter> for DeadLetter {
    fn from(row: Letter) -> DeadLetter {
        DeadLetter {
            id: row.id,
            thing: row.thing,
            thing_id: row.thing_id,
            stage: row.stage,
            code: row.code,
            fingerprint: row.fingerprint,
            reason: row.reason,
            history: row.history,
            tries: row.tries,
            died_at: row.died_at,
            ended_at: row.ended_at,
            ended_how: row.ended_how,
        }
    }
}

/// What the list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only letters of one cause.
    fingerprint: Option<String>,
    /// Those that somebody closed, and not those that are open.
    closed: Option<bool>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Letters a page: 50, at most 200.
    limit: Option<u32>,
}

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
struct DeadLetters {
    letters: Vec<DeadLetter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Open dead letters, or those that somebody closed, newest first.
#[utoipa::path(get, path = "/v1/dead", tag = "dead letters", params(Filter), responses((status = 200, body = DeadLetters)))]
async fn list(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<DeadLetters>, Problem> {
    let first = (Micros(i64::MAX), Uuid::max());
    let before = filter.cursor.as_deref().map(page::read_cursor).transpose()?.unwrap_or(first);
    let limit = page::limit(filter.limit);
    let mut tx = api.hub.store.read(who.tenant).await?;
    let (fingerprint, closed) = (filter.fingerprint.as_deref(), filter.closed.unwrap_or(false));
    let rows = deliveries::letters_page(&mut tx, who.tenant, before, fingerprint, closed, limit + 1).await?;
    tx.rollback().await?;
    let (rows, next) = page::cut(rows, limit, |row| (row.died_at.0, row.id));
    Ok(Json(DeadLetters { letters: rows.into_iter().map(DeadLetter::from).collect(), next }))
}

/// One dead letter with its history.
#[utoipa::path(
    get, path = "/v1/dead/{id}", tag = "dead letters",
    params(("id" = Uuid, Path, description = "The letter")), responses((status = 200, body = DeadLetter))
)]
async fn show(Reader(who): Reader, State(api): State<Api>, Path(id): Path<Uuid>) -> Result<Json<DeadLetter>, Problem> {
    let mut tx = api.hub.store.read(who.tenant).await?;
    let row = deliveries::letter(&mut tx, who.tenant, id).await?;
    tx.rollback().await?;
    row.map(|row| Json(row.into())).ok_or_else(|| Problem::not_found("dead letter"))
}

/// What goes on after a replay: one of them.
#[derive(Debug, Default, Serialize, ToSchema)]
struct GoesOn {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Uuid>,
    /// The message that stands in the old one's place.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Uuid>,
}

/// Replays what a letter is about: a document is read again, a message mapped again, a delivery sent again.
#[utoipa::path(
    post, path = "/v1/dead/{id}/replay", tag = "dead letters",
    params(("id" = Uuid, Path, description = "The letter")), request_body = Replay, responses((status = 200, body = GoesOn))
)]
async fn replay(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(replay): Given<Replay>,
) -> Result<Json<GoesOn>, Problem> {
    let goes_on = match operate::replay_letter(&api.hub, who.tenant, id, replay.asks(), &who.name, &replay.why).await? {
        Replayed::Document(id) => GoesOn { document: Some(id.0), ..GoesOn::default() },
        Replayed::Message(id) => GoesOn { message: Some(id.0), ..GoesOn::default() },
        Replayed::Delivery(id) => GoesOn { delivery: Some(id.0), ..GoesOn::default() },
    };
    Ok(Json(goes_on))
}
