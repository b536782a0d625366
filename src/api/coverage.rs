//! What the newest documents say and no mapping reads.

use super::{
    Api,
    extract::{Query, Reader},
    problem::{Code, Problem},
};
use crate::{
    canonical::{PartnerId, Tenant},
    flow::translate::covered::{self, Asked},
    mapping::{covered::Told, near},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Documents when nobody says how many, and at most.
const DOCUMENTS: u32 = 100;
const MOST: u32 = 1_000;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(coverage))
}

/// Over which documents it is looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// The newest so many that came in: 100, at most 1,000.
    last: Option<u32>,
    /// Only a partner's, by name.
    partner: Option<String>,
    /// Only sets that this mapping reads: `x12/4010/850-order`.
    mapping: Option<String>,
}

/// What was seen in documents that were read again by the mappings that stand.
#[derive(Debug, Serialize, ToSchema)]
struct Coverage {
    documents: usize,
    /// Documents whose bytes are not kept any more.
    gone: usize,
    /// Sets with faults that cost them: nothing maps these.
    faulty: usize,
    /// A mapping each, by name: `mapping`, `sets`, `values`, `read` of these, `unread` (path, sets, times, value, first)
    /// with the most frequent first, and `never_filled` (field, file, line).
    #[schema(value_type = Vec<Object>)]
    mappings: Vec<Told>,
}

/// What the newest documents say and no mapping reads, and what the mappings would read and none of them says.
#[utoipa::path(get, path = "/v1/coverage", tag = "mappings", params(Filter), responses((status = 200, body = Coverage)))]
async fn coverage(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<Coverage>, Problem> {
    let partner = filter.partner.as_deref().map(|name| known(&api, who.tenant, name)).transpose()?;
    let last = filter.last.unwrap_or(DOCUMENTS).min(MOST) as usize;
    let asked = Asked { tenant: who.tenant, partner, mapping: filter.mapping.as_deref(), last };
    let found = covered::coverage(&api.hub, &asked).await?;
    Ok(Json(Coverage {
        documents: found.documents,
        gone: found.gone,
        faulty: found.faulty,
        mappings: found.mappings.into_values().map(|one| one.told()).collect(),
    }))
}

/// A partner of the tenant by its name; the nearest is told where there is none.
fn known(api: &Api, tenant: Tenant, name: &str) -> Result<PartnerId, Problem> {
    let partners = &api.hub.directory.partners;
    let id = PartnerId::named(tenant, name);
    if partners.contains_key(&id) {
        return Ok(id);
    }
    let own = partners.values().filter(|partner| partner.tenant == tenant).map(|partner| partner.name.as_str());
    Err(Problem::new(Code::NotFound, format!("There is no partner `{name}`{}", near::hint(name, own))))
}
