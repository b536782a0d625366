//! Cross-references: what a partner's value means here. Adding one lets go what was held for it.

use super::{
    Api,
    extract::{Json as Given, Operator, Query, Reader},
    page,
    problem::{Code, Problem},
};
use crate::{
    canonical::{PartnerId, Tenant},
    flow::{operate, references::partner_named},
    store::entities::{self, CrossReference, EVERYONE},
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(remove))
}

/// A cross-reference.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reference {
    /// The table of the mappings: `uom`.
    scheme: String,
    /// As the partner writes it.
    value: String,
    /// What it means here.
    target: String,
    /// The partner that it holds for alone, and then goes before what holds for all; without one, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
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
    let partner = for_whom(&api, who.tenant, new.partner.as_deref())?;
    let row = CrossReference { scheme: new.scheme, value: new.value, partner, target: new.target };
    let restarted = operate::put_reference(&api.hub, who.tenant, &row, &who.name).await?;
    Ok(Json(Added { restarted: restarted.into_iter().map(|m| m.0).collect() }))
}

/// The partner of a name, else all of them.
fn for_whom(api: &Api, tenant: Tenant, name: Option<&str>) -> Result<PartnerId, Problem> {
    match name {
        Some(name) => Ok(partner_named(&api.hub, tenant, name)?.id),
        None => Ok(EVERYONE),
    }
}

/// Which are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Filter {
    /// Only those of a table: `uom`.
    scheme: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// References a page: 50, at most 200.
    limit: Option<u32>,
}

/// A page of references.
#[derive(Debug, Serialize, ToSchema)]
struct References {
    references: Vec<Reference>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// The tenant's cross-references, by table and value.
#[utoipa::path(get, path = "/v1/references", tag = "references", params(Filter), responses((status = 200, body = References)))]
async fn list(
    Reader(who): Reader,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Json<References>, Problem> {
    // No scheme and no value holds a control character.
    let after = after(filter.cursor.as_deref().unwrap_or("\n\n")).ok_or_else(|| {
        Problem::new(Code::RequestInvalid, "that is no cursor; hand back `next` of the page before as it is")
    })?;
    let limit = page::limit(filter.limit);
    let scheme = filter.scheme.as_deref().filter(|scheme| !scheme.is_empty());
    let mut tx = api.hub.store.read(who.tenant).await?;
    let mut rows = entities::all_cross_references(&mut tx, who.tenant, scheme, after, limit + 1).await?;
    tx.rollback().await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| format!("{}\n{}\n{}", last.scheme, last.value, last.partner.0));
    // A partner whose file is gone is told by its id.
    let named = |id: PartnerId| match api.hub.directory.partner_name(id) {
        "" => id.0.to_string(),
        name => name.to_owned(),
    };
    let references = rows.into_iter().map(|row| Reference {
        scheme: row.scheme,
        value: row.value,
        target: row.target,
        partner: (row.partner != EVERYONE).then(|| named(row.partner)),
    });
    Ok(Json(References { references: references.collect(), next }))
}

/// Scheme, value and partner of the last one of a page.
fn after(cursor: &str) -> Option<(&str, &str, PartnerId)> {
    let (scheme, rest) = cursor.split_once('\n')?;
    let (value, partner) = rest.split_once('\n')?;
    let partner = if partner.is_empty() { EVERYONE } else { PartnerId(partner.parse().ok()?) };
    Some((scheme, value, partner))
}

/// Which one is taken away, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Removal {
    /// The table of the mappings: `uom`.
    scheme: String,
    /// As the partner writes it.
    value: String,
    /// The partner that it holds for alone; without one, that which holds for all.
    #[serde(default)]
    partner: Option<String>,
    /// For the journal.
    #[serde(default)]
    why: String,
}

/// Takes a cross-reference away, and gives what it was. What was read by it stays; values that come from now on are held.
#[utoipa::path(post, path = "/v1/references/remove", tag = "references", request_body = Removal, responses((status = 200, body = Reference)))]
async fn remove(
    Operator(who): Operator,
    State(api): State<Api>,
    Given(gone): Given<Removal>,
) -> Result<Json<Reference>, Problem> {
    let Removal { scheme, value, partner, why } = gone;
    let whose = for_whom(&api, who.tenant, partner.as_deref())?;
    let target = operate::remove_reference(&api.hub, who.tenant, whose, (&scheme, &value), &who.name, &why).await?;
    Ok(Json(Reference { scheme, value, target, partner }))
}
