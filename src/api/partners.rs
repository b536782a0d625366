//! What was settled with a partner.

use super::{
    Api,
    extract::{Path, Query, Reader},
    problem::{Code, Problem},
};
use crate::{
    canonical::PartnerId,
    formats::piece::Standard,
    mapping::near::nearest,
    tenancy::{
        kinds::Kinds,
        outline::{self, Outline},
        shown::{self, Asked, InForce},
    },
};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(agreement)).routes(routes!(list))
}

/// A tenant as the files have it that the hub was started with.
#[derive(Debug, Serialize, ToSchema)]
struct Outlined {
    /// What is stated of the tenant itself.
    #[schema(value_type = Object)]
    tenant: Value,
    /// Partners by their names: identities, price list, answers.
    #[schema(value_type = Object)]
    partners: Value,
    /// Connections by their names: whose each is, its transport and its settings; `(set)` of what may be a secret.
    #[schema(value_type = Object)]
    connections: Value,
}

/// The tenant's partners and connections, as the files state them that the hub was started with. No secret is shown.
#[utoipa::path(get, path = "/v1/partners", tag = "partners", responses((status = 200, body = Outlined)))]
async fn list(Reader(who): Reader, State(api): State<Api>) -> Result<Json<Outlined>, Problem> {
    let found = outline::of(&api.hub.directory, who.tenant).ok_or_else(|| Problem::not_found("tenant"))?;
    let Outline { tenant, partners, connections } = found;
    Ok(Json(Outlined { tenant: json!(tenant), partners: json!(partners), connections: json!(connections) }))
}

/// Where the agreement is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Where {
    /// As it holds on this connection; without it, where no connection differs
    connection: Option<String>,
    /// As it holds in `x12` or `edifact`; without it, the one that the kind or the partner's first identity belongs to
    #[param(value_type = Option<String>)]
    standard: Option<Standard>,
    /// As it holds for one kind of message: `850`, `ORDERS`
    kind: Option<String>,
    /// Only what is not built in
    #[serde(default)]
    stated: bool,
}

/// What was settled with a partner, as it holds somewhere: the same as `crossdock agreement show --json` prints.
#[derive(Debug, Serialize, ToSchema)]
struct Agreement {
    partner: String,
    /// `x12` or `edifact`.
    #[schema(value_type = String)]
    standard: Standard,
    settings: Vec<Setting>,
}

/// A setting in force.
#[derive(Debug, Serialize, ToSchema)]
struct Setting {
    /// `acknowledge`, `delimiters.element`.
    setting: &'static str,
    /// As a file would state it; `(set)` of what may be a password.
    value: Value,
    /// What is built in.
    default: Value,
    /// Where it is stated; none if it is built in.
    from: Option<Stated>,
}

/// A line of a configuration file.
#[derive(Debug, Serialize, ToSchema)]
struct Stated {
    /// `hub`, `tenant`, `partner` or `connection`; `sandbox` of what follows from being one.
    layer: &'static str,
    file: String,
    line: u32,
    column: u32,
}

impl From<InForce> for Setting {
    fn from(one: InForce) -> Setting {
        let InForce { setting, value, default, from } = one;
        let from = from.map(|shown::Stated { layer, file, line, column }| Stated { layer, file, line, column });
        Setting { setting, value, default, from }
    }
}

/// Every setting in force with a partner, and the file and line that it comes from.
#[utoipa::path(
    get, path = "/v1/partners/{name}/agreement", tag = "partners",
    params(("name" = String, Path, description = "The partner, as its file names it"), Where),
    responses((status = 200, body = Agreement))
)]
async fn agreement(
    Reader(who): Reader,
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(asked): Query<Where>,
) -> Result<Json<Agreement>, Problem> {
    let directory = &api.hub.directory;
    let Some(partner) = directory.partners.get(&PartnerId::named(who.tenant, &name)) else {
        let own = directory.partners.values().filter(|partner| partner.tenant == who.tenant);
        let near = nearest(&name, own.map(|partner| &*partner.name));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Err(Problem::new(Code::NotFound, format!("your tenant has no partner {name}{near}")));
    };
    if let Some(other) = asked.standard.filter(|standard| !matches!(standard, Standard::X12 | Standard::Edifact)) {
        let detail = format!("`standard` is x12 or edifact: nothing is agreed of {} alone", other.word());
        return Err(Problem::new(Code::RequestInvalid, detail));
    }
    let mut tx = api.hub.store.read(who.tenant).await?;
    let library = api.hub.library.standing(&mut tx, who.tenant).await;
    tx.rollback().await?;
    let library = library?;
    let asked = Asked {
        connection: asked.connection.as_deref(),
        standard: asked.standard,
        kind: asked.kind.as_deref(),
        stated: asked.stated,
        kinds: &Kinds::of(&library),
    };
    let shown = shown::of(directory, partner, &asked).map_err(|why| Problem::new(Code::RequestInvalid, why))?;
    let settings = shown.settings.into_iter().map(Setting::from).collect();
    Ok(Json(Agreement { partner: shown.partner, standard: shown.standard, settings }))
}
