//! The console: pages for people, rendered here, without a build step and without anything from elsewhere.
//!
//! Promise: a session made from an API key sees its own tenant's things, and what belongs to others looks like nothing; every
//! change is a POST with the session's token; the pages can be read without their script.
//! Called by: `cli` (serves the router beside the API). Calls: `store` (reads), `flow` (operations), `tenancy`, `formats` (pictures).
//! Never: decides what operations do, names the API, runs anything from another host.
//! Tried by: tests/console

pub mod act;
pub mod assets;
pub mod attempt;
pub mod coverage;
pub mod dead;
pub mod document;
pub mod documents;
pub mod flow;
pub mod layout;
pub mod live;
pub mod mappings;
pub mod overdue;
pub mod picture;
pub mod session;
pub mod story;
pub mod tell;
pub mod words;
pub mod wrong;

use crate::flow::Hub;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, header},
    middleware,
    response::Response,
    routing::{get, post},
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The largest form, in bytes.
const FORM_BYTES: usize = 16 << 10;

/// Nothing is loaded but from here, nothing inline runs, nobody frames a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page gets. Cheap to clone.
#[derive(Clone)]
pub struct Console {
    pub hub: Hub,
    pub sessions: Arc<session::Sessions>,
    /// Looks for all open pages.
    pub sampler: Arc<live::Sampler>,
    /// Ends the streams of `/live`, which would hold the process otherwise.
    pub stop: CancellationToken,
}

impl Console {
    /// A console without sessions, on which nobody looks yet.
    pub fn new(hub: Hub, stop: CancellationToken) -> Console {
        Console { hub, sessions: Arc::default(), sampler: Arc::default(), stop }
    }
}

/// All pages.
pub fn router(console: Console) -> Router {
    Router::new()
        .route("/", get(flow::page))
        .route("/live", get(live::stream))
        .route("/documents", get(documents::page))
        .route("/documents.csv", get(documents::csv))
        .route("/documents.jsonl", get(documents::json_lines))
        .route("/documents/{id}", get(document::page))
        .route("/documents/{id}/raw", get(document::raw))
        .route("/documents/{id}/replay", post(act::replay_document))
        .route("/documents/{id}/duplicate", post(act::duplicate_document))
        .route("/documents/{id}/close", post(act::close_document))
        .route("/documents/{id}/give", post(act::give_document))
        .route("/documents/{id}/letter", post(act::send_letter))
        .route("/story", get(story::find))
        .route("/story/{number}", get(story::page))
        .route("/messages/{id}/restart", post(act::restart))
        .route("/messages/{id}/duplicate", post(act::duplicate_message))
        .route("/messages/{id}/close", post(act::close_message))
        .route("/messages/{id}/cancel", post(act::cancel_message))
        .route("/deliveries/{id}/replay", post(act::replay_delivery))
        .route("/deliveries/{id}/cancel", post(act::cancel_delivery))
        .route("/references", post(act::add_reference))
        .route("/overdue", get(overdue::page))
        .route("/mappings", get(mappings::page))
        .route("/coverage", get(coverage::page))
        .route(
            "/mappings/{*name}",
            get(mappings::editor).post(mappings::tried).layer(DefaultBodyLimit::max(mappings::FORM_BYTES)),
        )
        .route("/editor.js", get(assets::editor))
        .route("/dead", get(dead::list))
        .route("/dead/{id}", get(dead::page))
        .route("/dead/{id}/replay", post(act::replay_letter))
        .route("/dead/{id}/duplicate", post(act::duplicate_letter))
        .route("/dead/{id}/close", post(act::close_letter))
        .route("/expectations/{id}/close", post(act::close_expectation))
        .route("/dead/{id}/cancel", post(act::cancel_letter))
        .route("/login", get(session::login_page).post(session::login))
        .route("/logout", post(session::logout))
        .route("/console.css", get(assets::style))
        .route("/console.js", get(assets::script))
        .fallback(wrong::no_page)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(middleware::map_response(guard))
        .with_state(console)
}

/// Headers that keep a page to itself.
async fn guard(mut response: Response) -> Response {
    const HEADERS: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
