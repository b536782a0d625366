//! The HTTP interface: documents in, and the API under `/v1`.
//!
//! Promise: a document is answered 202 only after its commit; a key sees its own tenant's things, and what belongs to
//! others looks like nothing; every error is an RFC 9457 problem with a code that has a page.
//! Called by: `cli` (serves the router). Calls: `store` (reads), `intake`, `flow` (operations), `tenancy`, `insight`.
//! Never: decides what operations do, names the console, reads the environment.
//! Tried by: tests/api

pub mod audit;
pub mod coverage;
pub mod dead;
pub mod deliveries;
pub mod documents;
pub mod events;
pub mod expectations;
pub mod extract;
pub mod files;
pub mod health;
pub mod intake;
pub mod layers;
pub mod letter;
pub mod mappings;
pub mod messages;
pub mod openapi;
pub mod page;
pub mod partners;
pub mod problem;
pub mod raw;
pub mod references;
pub mod replays;
pub mod reviews;
pub mod story;

use crate::flow::Hub;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{any, get},
};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;

/// The largest body of a request that is no document, in bytes.
pub const BODY_BYTES: usize = 64 << 10;

/// What every handler gets. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    pub hub: Hub,
    metrics: PrometheusHandle,
    /// One for each document that may be received at once.
    receiving: Arc<Semaphore>,
    openapi: Arc<str>,
}

/// All routes of the API; `metrics` renders what [`crate::signals::metrics`] records.
pub fn router(hub: Hub, metrics: PrometheusHandle) -> Router {
    let (routes, description) = documented().split_for_parts();
    let receiving = Arc::new(Semaphore::new(hub.settings.intake.concurrent));
    let api = Api { hub, metrics, receiving, openapi: openapi::text(description).into() };
    let documents_in = intake::routes().split_for_parts().0;
    routes
        .layer(middleware::from_fn(layers::timeout))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .merge(documents_in)
        .route("/v1/openapi.json", get(openapi::get))
        .route("/v1/errors/{code}", get(problem::page))
        .route("/v1/{*rest}", any(layers::nothing_there))
        .merge(open_routes())
        .method_not_allowed_fallback(layers::other_method)
        .layer(middleware::from_fn(layers::catch_panic))
        .layer(middleware::from_fn(layers::measure))
        .with_state(api)
}

/// Metrics and health alone, for an address of their own.
pub fn signals_router(hub: Hub, metrics: PrometheusHandle) -> Router {
    let receiving = Arc::new(Semaphore::new(0));
    open_routes().with_state(Api { hub, metrics, receiving, openapi: "".into() })
}

/// Paths that need no key and stand in no description. The test that walks every route has the same list.
pub const OPEN: &[&str] = &["/metrics", "/health/live", "/health/ready", "/v1/openapi.json", "/v1/errors/{code}"];

fn open_routes() -> Router<Api> {
    Router::new()
        .route("/metrics", get(health::metrics))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
}

/// Every route that needs a key, with its description, but [`intake`]'s.
fn documented() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .merge(documents::routes())
        .merge(raw::routes())
        .merge(letter::routes())
        .merge(messages::routes())
        .merge(story::routes())
        .merge(dead::routes())
        .merge(deliveries::routes())
        .merge(expectations::routes())
        .merge(partners::routes())
        .merge(files::routes())
        .merge(references::routes())
        .merge(reviews::routes())
        .merge(mappings::routes())
        .merge(replays::routes())
        .merge(coverage::routes())
        .merge(events::routes())
        .merge(audit::routes())
}
