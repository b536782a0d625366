//! What a version of a mapping would change of documents that are kept, as it is found out.

use super::{
    Api,
    extract::{Json as Given, Operator, Path},
    mappings::Changes,
    problem::Problem,
};
use crate::{
    flow::{
        replays::{self, Comparison, Prepared, Side},
        versions::VersionError,
    },
    store::mapping_versions::Files,
};
use axum::{
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{convert::Infallible, pin::pin};
use tokio::sync::{mpsc, watch};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Documents when nobody says how many, and at most.
const DOCUMENTS: u32 = 500;
const MOST: u32 = 100_000;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(replay)).layer(DefaultBodyLimit::max(2 * super::mappings::DRAFT_BYTES))
}

/// One side: a version by its number (0 is the hub's own file), or files; neither is what stands.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Compared {
    version: Option<i64>,
    files: Option<Files>,
}

impl From<Compared> for Side {
    fn from(compared: Compared) -> Side {
        match (compared.files, compared.version) {
            (Some(files), _) => Side::Files(files),
            (None, Some(version)) => Side::Version(version),
            (None, None) => Side::Standing,
        }
    }
}

/// What is compared over which documents.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Replay {
    #[serde(default)]
    before: Compared,
    after: Compared,
    /// The newest so many that one of the changed mappings reads: 500, at most 100,000.
    documents: Option<u32>,
    /// Only a partner's, by name.
    partner: Option<String>,
}

/// Reads the newest documents by both mappings, and tells by field what would be otherwise. Of what stands and a version,
/// the outcome is kept with the version: publishing asks for it.
///
/// A JSON object a line: `{"changes": […]}` at first, `{"read": n, "of": n}` as it goes on, and `{"replayed": {…}}` at the
/// end, or `{"problem": "…"}`. Who goes away ends it, and nothing is kept.
#[utoipa::path(post, path = "/v1/mappings/{name}/replay", tag = "mappings", request_body = Replay,
    params(("name" = String, Path, description = "The mapping's name, percent-encoded.")),
    responses((status = 200, content_type = "application/x-ndjson", body = String)))]
async fn replay(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(name): Path<String>,
    Given(asked): Given<Replay>,
) -> Result<Response, Problem> {
    let documents = asked.documents.unwrap_or(DOCUMENTS).min(MOST) as usize;
    let comparison = Comparison {
        name: &name,
        before: asked.before.into(),
        after: asked.after.into(),
        documents,
        partner: asked.partner.as_deref(),
    };
    let prepared = replays::prepare(&api.hub, who.tenant, &comparison).await?;
    let (lines, told) = mpsc::channel(16);
    tokio::spawn(async move { run(&api, &prepared, &who.name, documents, &lines).await });
    let body = futures_util::stream::unfold(told, async |mut told: mpsc::Receiver<Value>| {
        let line = told.recv().await?;
        Some((Ok::<Bytes, Infallible>(format!("{line}\n").into()), told))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(body)).into_response())
}

/// Tells as it goes on. Who goes away takes the receiver with them: then it ends where it is.
async fn run(api: &Api, prepared: &Prepared, who: &str, of: usize, lines: &mpsc::Sender<Value>) {
    let changes: Vec<Changes> = prepared.changed.iter().cloned().map(Changes::from).collect();
    if lines.send(json!({ "changes": changes })).await.is_err() {
        return;
    }
    let (progress, mut read) = watch::channel(0);
    let mut work = pin!(prepared.run(&api.hub, who, &progress));
    let last = loop {
        tokio::select! {
            done = &mut work => break done,
            Ok(()) = read.changed() => {
                let read = *read.borrow_and_update();
                if lines.send(json!({"read": read, "of": of})).await.is_err() {
                    return;
                }
            }
        }
    };
    let last = match last {
        Ok(replayed) => json!({ "replayed": replayed }),
        Err(VersionError::Store(error)) => json!({ "problem": Problem::from(error).detail }),
        Err(error) => json!({ "problem": error.to_string() }),
    };
    // Nobody may be there any more to hear it: it is noted with the version all the same.
    let _ = lines.send(last).await;
}
