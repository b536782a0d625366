//! Expectations: what should come from partners, or go to them, by when.

use super::{
    Api,
    extract::{Query, Reader},
    page,
    problem::Problem,
};
use crate::{
    canonical::Micros,
    store::expectations::{self, ExpectationRow, STATES},
    tenancy::Directory,
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Something that is expected.
#[derive(Debug, Serialize, ToSchema)]
struct Expectation {
    id: Uuid,
    /// `acknowledgement` of a document of ours, or `answer` to a number.
    kind: String,
    /// Who owes it: `partner` or `us`.
    owes: String,
    partner: String,
    /// The message that it goes back to.
    message: Uuid,
    /// Of answers: what is to be answered, and the kind of set that answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wants: Option<String>,
    /// Of acknowledgements: the document of ours that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Uuid>,
    /// `waiting`, `warned`, `overdue`, `met`, `late` (met after it was overdue) or `dropped`.
    state: String,
    /// When its time began; not yet, if the document did not go out yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    met_at: Option<Micros>,
}

impl Expectation {
    fn of(row: ExpectationRow, directory: &Directory) -> Expectation {
        Expectation {
            id: row.id,
            kind: row.kind,
            owes: row.owes,
            partner: directory.partner_name(row.partner).to_owned(),
            message: row.message.0,
            number: row.number,
            wants: row.wants,
            delivery: row.delivery.map(|d| d.0),
            state: row.state,
            since: row.since,
            due_at: row.due_at,
            met_at: row.met_at,
        }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// `overdue` unless another is asked for: `waiting`, `warned`, `met`, `late`, `dropped`.
    state: Option<String>,
    /// Those that somebody closed, and not the others.
    closed: Option<bool>,
    /// How many: 50, at most 200.
    limit: Option<u32>,
}

/// Expectations in one state, those that were due first.
#[utoipa::path(
    get, path = "/v1/expectations", tag = "deliveries", params(Filter), responses((status = 200, body = Vec<Expectation>))
)]
async fn list(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Vec<Expectation>>, Problem> {
    let state = page::state(filter.state, &STATES)?.unwrap_or_else(|| "overdue".into());
    let mut tx = api.hub.store.read(who.tenant).await?;
    let (closed, limit) = (filter.closed.unwrap_or(false), page::limit(filter.limit));
    let rows = expectations::in_state(&mut tx, who.tenant, &state, closed, limit).await?;
    tx.rollback().await?;
    Ok(Json(rows.into_iter().map(|row| Expectation::of(row, &api.hub.directory)).collect()))
}
