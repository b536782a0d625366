//! The files that the hub was started with, as far as they are the tenant's: what `crossdock export` writes.

use super::{Api, extract::Admin, mappings::sees, problem::Problem};
use crate::{
    canonical::Tenant,
    mapping::{Library, standard::is_built_in},
    tenancy::{Directory, export},
};
use axum::{Json, extract::State};
use serde::Serialize;
use std::{collections::BTreeSet, path::Path};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(files))
}

/// The configuration files of a tenant.
#[derive(Debug, Serialize, ToSchema)]
struct Written {
    /// Mappings with their tables, and guides that agreements name, without what comes with every hub.
    mappings: Vec<File>,
    /// The tenant's file, those of its partners, and the agreement for everyone.
    connectors: Vec<File>,
    /// Files of connectors that are not told, since a secret in them can't be told apart from the rest.
    left_out: Vec<String>,
}

/// A file as it was written.
#[derive(Debug, Serialize, ToSchema)]
struct File {
    /// From the folder of mappings or of connectors on.
    path: String,
    text: String,
    /// Variables that stand for what may be a secret and was written out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<String>,
}

/// The files that the hub was started with: of the tenant, and of mappings that it sees. Where a secret was written out, a
/// variable stands.
#[utoipa::path(get, path = "/v1/files", tag = "partners", responses((status = 200, body = Written)))]
async fn files(Admin(who): Admin, State(api): State<Api>) -> Result<Json<Written>, Problem> {
    let settings = &api.hub.settings;
    let (found, left_out) = export::files(&api.hub.directory, who.tenant);
    let connectors = found.into_iter().map(|file| File {
        path: below(&settings.connectors, &file.path),
        text: file.text,
        withheld: file.withheld,
    });
    let left_out = left_out.iter().map(|path| below(&settings.connectors, path)).collect();
    Ok(Json(Written { mappings: mappings(&api, who.tenant), connectors: connectors.collect(), left_out }))
}

/// The hub's own mappings that a tenant sees, with the tables that they name, and the guides that its agreements name.
fn mappings(api: &Api, tenant: Tenant) -> Vec<File> {
    let library = api.hub.library.own();
    let seen = library.plans().iter().filter(|plan| sees(api, tenant, plan));
    let mut paths: BTreeSet<&str> = seen.flat_map(|plan| library.paths_of(plan)).collect();
    let guides = guides(&api.hub.directory, tenant);
    paths.extend(files_named(library, &guides));
    let own = library.files().iter().filter(|(path, _)| paths.contains(path.as_str()));
    let own = own.map(|(path, text)| (below(&api.hub.settings.mappings, path), text));
    own.filter(|(path, text)| !is_built_in(path, text))
        .map(|(path, text)| File { path, text: text.clone(), withheld: vec![] })
        .collect()
}

fn guides(directory: &Directory, tenant: Tenant) -> BTreeSet<&str> {
    let partners = directory.partners.values().filter(|partner| partner.tenant == tenant).map(|partner| &partner.terms);
    let own = directory.tenants.get(&tenant).map(|tenant| &tenant.terms);
    let agreed = partners.chain(own).flat_map(|terms| terms.all());
    agreed.flat_map(|(_, agreed)| agreed.guides.iter().map(String::as_str)).collect()
}

fn files_named<'l>(library: &'l Library, names: &BTreeSet<&str>) -> impl Iterator<Item = &'l str> {
    let paths = library.files().iter().map(|(path, _)| path.as_str());
    paths.filter(|path| {
        Path::new(path).file_name().and_then(|name| name.to_str()).is_some_and(|name| names.contains(name))
    })
}

/// A path from a folder on; one that is not in it is as it is.
fn below(folder: &Path, path: &str) -> String {
    Path::new(path).strip_prefix(folder).map_or_else(|_| path.to_owned(), |path| path.display().to_string())
}
