//! Versions of a tenant's mappings: drafted, reviewed, published, rolled back.

use super::{
    Api,
    extract::{Json as Given, Operator, Path, Reader},
    messages::Reason,
    problem::{Code, Problem},
};
use crate::{
    canonical::{Micros, Tenant},
    flow::versions::{self, By, VersionError},
    mapping::{Plan, near, versions::Changed},
    store::mapping_versions::{self, Files, Revision, VersionRow},
};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The largest body of a draft: its files, written as JSON.
pub(super) const DRAFT_BYTES: usize = 2 * versions::BYTES;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list, draft))
        .routes(routes!(of_name))
        .routes(routes!(show))
        .routes(routes!(review))
        .routes(routes!(publish))
        .routes(routes!(roll_back))
        .layer(DefaultBodyLimit::max(DRAFT_BYTES))
}

/// A version of a mapping.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// As the mapping calls itself.
    name: String,
    version: i64,
    /// Of its files: SHA-256 in hex.
    hash: String,
    /// `draft`, `reviewed`, `published` (it stands) or `retired` (it stood once).
    state: String,
    author: String,
    /// Why it was made.
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Micros,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewed_by: Option<String>,
    /// What the reviewer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    reviewed_at: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    published_at: Option<Micros>,
    /// What it was replayed over, and which mappings that compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    replayed: Option<Value>,
}

impl From<VersionRow> for Version {
    fn from(row: VersionRow) -> Version {
        Version {
            name: row.name,
            version: row.version,
            hash: row.hash,
            state: row.state,
            author: row.author,
            reason: row.reason,
            created_at: row.created_at,
            reviewed_by: row.reviewed_by,
            review: row.review,
            reviewed_at: row.reviewed_at,
            published_by: row.published_by,
            published_at: row.published_at,
            replayed: row.replayed,
        }
    }
}

/// One publication of a mapping, or one step back.
#[derive(Debug, Serialize, ToSchema)]
struct Published {
    /// Counts all that the tenant's mappings ever became; documents are read with the one that they began with.
    revision: i64,
    name: String,
    /// The version that stands by it; none is the hub's own file.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// The version that stood before.
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<i64>,
    who: String,
    why: String,
    /// `published`, `forced` (without review or replay) or `rolled_back`.
    how: String,
    #[schema(value_type = String, format = DateTime)]
    at: Micros,
}

impl From<Revision> for Published {
    fn from(row: Revision) -> Published {
        let Revision { revision, name, version, was, who, why, how, at } = row;
        Published { revision, name, version, was, who, why, how, at }
    }
}

/// A mapping of which the tenant has versions.
#[derive(Debug, Serialize, ToSchema)]
struct Mapping {
    name: String,
    /// The version that stands; none is the hub's own file.
    #[serde(skip_serializing_if = "Option::is_none")]
    stands: Option<i64>,
    /// The newest first.
    versions: Vec<Version>,
    /// What was published and rolled back, the newest first.
    history: Vec<Published>,
}

fn mapping(name: String, versions: Vec<VersionRow>, history: Vec<Revision>) -> Mapping {
    Mapping {
        name,
        stands: history.first().and_then(|newest| newest.version),
        versions: versions.into_iter().map(Version::from).collect(),
        history: history.into_iter().map(Published::from).collect(),
    }
}

/// Mappings of which the tenant has versions.
#[derive(Debug, Serialize, ToSchema)]
struct Mappings {
    mappings: Vec<Mapping>,
}

/// The mappings of which the tenant has versions, with them and what was published of them. All others are the hub's own.
#[utoipa::path(get, path = "/v1/mappings", tag = "mappings", responses((status = 200, body = Mappings)))]
async fn list(Reader(who): Reader, State(api): State<Api>) -> Result<Json<Mappings>, Problem> {
    let mut tx = api.hub.store.read(who.tenant).await?;
    let rows = mapping_versions::list(&mut tx, who.tenant, None).await?;
    let history = mapping_versions::history(&mut tx, who.tenant, None).await?;
    tx.rollback().await?;
    let mut by_name: BTreeMap<String, (Vec<VersionRow>, Vec<Revision>)> = BTreeMap::new();
    for row in rows {
        by_name.entry(row.name.clone()).or_default().0.push(row);
    }
    for row in history {
        by_name.entry(row.name.clone()).or_default().1.push(row);
    }
    let all = by_name.into_iter().map(|(name, (versions, history))| mapping(name, versions, history));
    Ok(Json(Mappings { mappings: all.collect() }))
}

/// The versions of one mapping, and what was published of them.
#[utoipa::path(get, path = "/v1/mappings/{name}", tag = "mappings",
    params(("name" = String, Path, description = "As the mapping calls itself, percent-encoded: `northwind%2F850-order`.")),
    responses((status = 200, body = Mapping)))]
async fn of_name(
    Reader(who): Reader,
    State(api): State<Api>,
    Path(name): Path<String>,
) -> Result<Json<Mapping>, Problem> {
    let mut tx = api.hub.store.read(who.tenant).await?;
    let rows = mapping_versions::list(&mut tx, who.tenant, Some(&name)).await?;
    let history = mapping_versions::history(&mut tx, who.tenant, Some(&name)).await?;
    tx.rollback().await?;
    if rows.is_empty() {
        return Err(unknown(&api, who.tenant, &name).await?);
    }
    Ok(Json(mapping(name, rows, history)))
}

/// True of the hub's own mappings that a tenant sees: one that claims a partner is a thing of those who have that partner.
pub(super) fn sees(api: &Api, tenant: Tenant, plan: &Plan) -> bool {
    let mut partners = api.hub.directory.partners.values().filter(|partner| partner.tenant == tenant);
    plan.claimed().partner.is_none_or(|name| partners.any(|partner| partner.name == name))
}

/// Of a name there is no version: what was meant, and how one begins.
async fn unknown(api: &Api, tenant: Tenant, name: &str) -> Result<Problem, Problem> {
    let mut tx = api.hub.store.read(tenant).await?;
    let kept = mapping_versions::list(&mut tx, tenant, None).await?;
    tx.rollback().await?;
    let own = api.hub.library.own();
    let begin = "a version begins as a draft: `crossdock mapping draft FOLDER --reason …`";
    if own.named(name).is_some_and(|plan| sees(api, tenant, &plan)) {
        let sentence = format!("of `{name}` the hub's own file stands, and your tenant has no version of it; {begin}");
        return Ok(Problem::new(Code::NotFound, sentence));
    }
    let plans = own.plans().iter().filter(|plan| sees(api, tenant, plan)).map(|plan| plan.short());
    let near = near::hint(name, kept.iter().map(|row| row.name.as_str()).chain(plans));
    Ok(Problem::new(Code::NotFound, format!("there is no mapping `{name}` in your tenant{near}; {begin}")))
}

/// Of a name there is no such version, among those that there are.
async fn no_version(api: &Api, tenant: Tenant, name: &str, number: i64) -> Result<Problem, Problem> {
    let mut tx = api.hub.store.read(tenant).await?;
    let kept = mapping_versions::list(&mut tx, tenant, Some(name)).await?;
    tx.rollback().await?;
    if kept.is_empty() {
        return unknown(api, tenant, name).await;
    }
    let known: Vec<String> = kept.iter().map(|row| format!("{} ({})", row.version, row.state)).collect();
    let sentence = format!("of `{name}` there is no version {number} in your tenant; there are {}", known.join(", "));
    Ok(Problem::new(Code::NotFound, sentence))
}

/// A version with its files.
#[derive(Debug, Serialize, ToSchema)]
struct Whole {
    /// None of the hub's own file.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    /// Path from the mapping's folder to text: `mapping.yaml`, and the tables that it names.
    files: BTreeMap<String, String>,
}

/// One version, with its files; 0 is the hub's own file, where it has one of that name.
#[utoipa::path(get, path = "/v1/mappings/{name}/{version}", tag = "mappings",
    params(("name" = String, Path, description = "The mapping's name, percent-encoded."), ("version" = i64, Path, description = "The version's number.")),
    responses((status = 200, body = Whole)))]
async fn show(
    Reader(who): Reader,
    State(api): State<Api>,
    Path((name, number)): Path<(String, i64)>,
) -> Result<Json<Whole>, Problem> {
    if number == 0 {
        let own = api.hub.library.own();
        let Some(plan) = own.named(&name).filter(|plan| sees(&api, who.tenant, plan)) else {
            return Err(unknown(&api, who.tenant, &name).await?);
        };
        return Ok(Json(Whole { version: None, files: own.files_of(&plan).into_iter().collect() }));
    }
    let mut tx = api.hub.store.read(who.tenant).await?;
    let row = mapping_versions::get(&mut tx, who.tenant, &name, number).await?;
    let files = mapping_versions::files(&mut tx, who.tenant, &name, number).await?;
    tx.rollback().await?;
    match (row, files) {
        (Some(row), Some(files)) => Ok(Json(Whole { version: Some(row.into()), files })),
        _ => Err(no_version(&api, who.tenant, &name, number).await?),
    }
}

/// A new version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// Path from the mapping's folder to text: `mapping.yaml`, and the tables that it names. At most 2 MiB together.
    files: Files,
    /// Why it is made.
    why: String,
}

/// A draft that was kept.
#[derive(Debug, Serialize, ToSchema)]
struct Drafted {
    name: String,
    version: i64,
    /// The mappings that would read or write otherwise if it stood: itself, and those that extend it.
    changes: Vec<Changes>,
    /// Drafts that it extends and that must be published before it, as in `northwind/850-order@1`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    publish_first: Vec<String>,
}

/// A mapping before and after, by name and hash of all that it is made of.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changes {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl From<Changed> for Changes {
    fn from(changed: Changed) -> Changes {
        let called = |plan: Option<std::sync::Arc<Plan>>| plan.map(|plan| plan.name().to_owned());
        Changes { name: changed.name, before: called(changed.before), after: called(changed.after) }
    }
}

/// Keeps a draft of a mapping, under the name that it gives itself and the next number. One by which the tenant's mappings
/// would have a fault is refused with 422: file, line, column and sentence of each. What it extends may be a draft, too.
#[utoipa::path(post, path = "/v1/mappings", tag = "mappings", request_body = Draft, responses((status = 201, body = Drafted)))]
async fn draft(
    Operator(who): Operator,
    State(api): State<Api>,
    Given(new): Given<Draft>,
) -> Result<(StatusCode, Json<Drafted>), Problem> {
    let by = By { who: &who.name, why: &new.why };
    let versions::Drafted { name, version, changed, before } =
        versions::draft(&api.hub, who.tenant, &new.files, by).await?;
    let changes = changed.into_iter().map(Changes::from).collect();
    let publish_first = before.iter().map(versions::Below::called).collect();
    Ok((StatusCode::CREATED, Json(Drafted { name, version, changes, publish_first })))
}

/// Notes that a draft was reviewed, and by whom. That it was by its author is seen, and not forbidden.
#[utoipa::path(post, path = "/v1/mappings/{name}/{version}/review", tag = "mappings", request_body = Reason,
    params(("name" = String, Path, description = "The mapping's name, percent-encoded."), ("version" = i64, Path, description = "The version's number.")),
    responses((status = 200, body = Version)))]
async fn review(
    Operator(who): Operator,
    State(api): State<Api>,
    Path((name, number)): Path<(String, i64)>,
    Given(reason): Given<Reason>,
) -> Result<Json<Version>, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    Ok(Json(versions::review(&api.hub, who.tenant, &name, number, by).await?.into()))
}

/// Why a version is published, and whether without what is asked of it first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Publish {
    #[serde(default)]
    why: String,
    /// Publish it without review or replay; it takes a reason, and is kept in the journal as forced.
    #[serde(default)]
    force: bool,
}

/// Publishes a version: documents that begin from now on are read with it, those under way end with what they began with.
/// It must be reviewed, and replayed against the very mappings that it would change.
#[utoipa::path(post, path = "/v1/mappings/{name}/{version}/publish", tag = "mappings", request_body = Publish,
    params(("name" = String, Path, description = "The mapping's name, percent-encoded."), ("version" = i64, Path, description = "The version's number.")),
    responses((status = 200, body = Published)))]
async fn publish(
    Operator(who): Operator,
    State(api): State<Api>,
    Path((name, number)): Path<(String, i64)>,
    Given(asked): Given<Publish>,
) -> Result<Json<Published>, Problem> {
    let by = By { who: &who.name, why: &asked.why };
    Ok(Json(versions::publish(&api.hub, who.tenant, &name, number, by, asked.force).await?.into()))
}

/// Where a mapping is taken back to, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RollBack {
    #[serde(default)]
    why: String,
    /// A version that was published once; 0 is the hub's own file. Without it the one that stood before.
    #[serde(default)]
    to: Option<i64>,
}

/// Takes a mapping back to the version that stood before, in one step.
#[utoipa::path(post, path = "/v1/mappings/{name}/rollback", tag = "mappings", request_body = RollBack,
    params(("name" = String, Path, description = "The mapping's name, percent-encoded.")),
    responses((status = 200, body = Published)))]
async fn roll_back(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(name): Path<String>,
    Given(asked): Given<RollBack>,
) -> Result<Json<Published>, Problem> {
    let by = By { who: &who.name, why: &asked.why };
    Ok(Json(versions::roll_back(&api.hub, who.tenant, &name, asked.to, by).await?.into()))
}

impl From<VersionError> for Problem {
    fn from(error: VersionError) -> Problem {
        match error {
            VersionError::NotFound(_) => Problem::new(Code::NotFound, format!("{error} in your tenant")),
            VersionError::Invalid(sentence) => Problem::new(Code::RequestInvalid, sentence),
            VersionError::Faulty(_) => Problem::new(Code::MappingFaulty, error.to_string()),
            VersionError::Before(..) => Problem::new(Code::WrongState, error.to_string()),
            VersionError::Refused(sentence) => Problem::new(Code::WrongState, sentence),
            VersionError::Store(error) => error.into(),
        }
    }
}
