//! Events: what the core decided, as a feed that is read by position.

use super::{
    Api,
    extract::{Query, Reader},
    page,
    problem::Problem,
};
use crate::{
    canonical::Micros,
    store::events::{self, EventRow},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(feed))
}

/// An event.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Event {
    /// The `webhook-id` of what is sent.
    pub id: Uuid,
    /// `order.confirmed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its place in the feed, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// The message that caused it.
    pub message: Uuid,
    /// Order is kept by key.
    pub key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Uuid>,
    /// Name of the data's schema.
    pub schema: String,
    pub data: Value,
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Event {
        Event {
            id: row.id.0,
            kind: row.kind,
            position: row.position,
            at: row.at,
            message: row.message.0,
            key: row.key,
            repeats: row.repeats.map(|e| e.0),
            schema: row.schema,
            data: row.data,
        }
    }
}

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct After {
    /// Only events behind this position: `next` of the page before; 0 begins at the first.
    after: Option<i64>,
    /// Events a page: 50, at most 200.
    limit: Option<u32>,
}

/// A page of the feed.
#[derive(Debug, Serialize, ToSchema)]
struct Feed {
    events: Vec<Event>,
    /// Hand it back as `after`; the same again when nothing is new.
    next: i64,
}

/// Events in the order of the feed. No event is ever added behind one that was read.
#[utoipa::path(get, path = "/v1/events", tag = "events", params(After), responses((status = 200, body = Feed)))]
async fn feed(Reader(who): Reader, State(api): State<Api>, Query(from): Query<After>) -> Result<Json<Feed>, Problem> {
    let after = from.after.unwrap_or(0);
    let mut tx = api.hub.store.read(who.tenant).await?;
    let rows = events::feed(&mut tx, who.tenant, after, page::limit(from.limit)).await?;
    tx.rollback().await?;
    let next = rows.last().and_then(|row| row.position).unwrap_or(after);
    Ok(Json(Feed { events: rows.into_iter().map(Event::from).collect(), next }))
}
