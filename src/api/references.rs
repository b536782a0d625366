//! Cross-references: what a partner's value means here. Adding one lets go what was held for it.

use super::{
    Api,
    extract::{Json as Given, Operator},
    problem::{Code, Problem},
};
use crate::flow::operate;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(add))
}

/// A cross-reference.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reference {
    /// The table of the mappings: `uom`.
    scheme: String,
    /// As the partner writes it.
    value: String,
    /// What it means here.
    target: String,
}

/// What was held for it and now goes on.
#[derive(Debug, Serialize, ToSchema)]
struct Added {
    /// The messages that stand in the held ones' places.
    restarted: Vec<Uuid>,
}

/// Adds a cross-reference, or changes its target, and restarts what was held for it.
#[utoipa::path(post, path = "/v1/references", tag = "references", request_body = Reference, responses((status = 200, body = Added)))]
async fn add(
    Operator(who): Operator,
    State(api): State<Api>,
    Given(new): Given<Reference>,
) -> Result<Json<Added>, Problem> {
    for (name, text) in [("scheme", &new.scheme), ("value", &new.value), ("target", &new.target)] {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(Problem::new(Code::RequestInvalid, format!("`{name}` is empty or holds control characters")));
        }
    }
    let restarted =
        operate::add_reference(&api.hub, who.tenant, &new.scheme, &new.value, &new.target, &who.name).await?;
    Ok(Json(Added { restarted: restarted.into_iter().map(|m| m.0).collect() }))
}
