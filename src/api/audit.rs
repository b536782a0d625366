//! The audit of the caller's tenant: counts, and what is missing.

use super::{Api, extract::Reader, problem::Problem};
use crate::{
    insight::audit::{self, Audit},
    store::now,
};
use axum::{Json, extract::State};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(report))
}

/// Counts by state, and what is missing.
#[derive(Debug, Serialize, ToSchema)]
struct Report {
    documents: BTreeMap<&'static str, i64>,
    messages: BTreeMap<&'static str, i64>,
    deliveries: BTreeMap<&'static str, i64>,
    missing: Vec<Missing>,
    /// True if nothing is missing.
    ok: bool,
}

/// One thing that is missing.
#[derive(Debug, Serialize, ToSchema)]
struct Missing {
    /// `stuck_message`, `event_without_delivery`, …
    kind: &'static str,
    tenant: String,
    id: String,
    sentence: String,
    remedy: String,
}

impl From<Audit> for Report {
    fn from(audit: Audit) -> Report {
        let missing = audit.missing.into_iter();
        Report {
            documents: audit.documents,
            messages: audit.messages,
            deliveries: audit.deliveries,
            missing: missing
                .map(|m| Missing { kind: m.kind, tenant: m.tenant, id: m.id, sentence: m.sentence, remedy: m.remedy })
                .collect(),
            ok: audit.ok,
        }
    }
}

/// The audit. It looks from the other side: what should be there and isn't.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", responses((status = 200, body = Report)))]
async fn report(Reader(who): Reader, State(api): State<Api>) -> Result<Json<Report>, Problem> {
    let found = audit::audit(&api.hub.store, &api.hub.directory, Some(who.tenant), now()).await?;
    Ok(Json(found.into()))
}
