//! Mappings: which there are, and an editor that shows at each key what a mapping makes of a sample.

use super::{
    Console,
    attempt::{self, Trial},
    document, layout,
    session::Session,
    words,
    wrong::Wrong,
};
use crate::{
    canonical::DocumentId,
    emit::lookups::Lookups,
    flow::versions::{self, By, MAPPING},
    mapping::{Library, Plan},
    store::{
        documents,
        mapping_versions::{self, Files, VersionRow},
    },
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// The largest form of the editor, in bytes: a mapping and a sample, percent-encoded.
pub const FORM_BYTES: usize = 2 << 20;

/// `GET /mappings`
pub async fn page(session: Session, State(console): State<Console>) -> Result<Markup, Wrong> {
    let library = library(&console, &session).await?;
    let mut plans: Vec<&Arc<Plan>> = library.plans().iter().collect();
    plans.sort_by_key(|plan| plan.short().to_owned());
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::Mappings,
        "Mappings",
        html! {
            h1 { "Mappings" }
            div .scroll { table {
                thead { tr { th { "Mapping" } th { "Document" } th { "Message" } th { "Direction" } th { "Partner" } } }
                tbody { @for plan in plans { (row(plan)) } }
            } }
        },
    ))
}

fn row(plan: &Plan) -> Markup {
    let claimed = plan.claimed();
    html! { tr {
        td { a href=(address(plan.short())) { (plan.short()) } }
        td { (claimed.document) } td { code { (plan.message()) } } td { (claimed.direction) }
        td { (claimed.partner.unwrap_or_default()) }
    } }
}

/// What the editor is opened with.
#[derive(Debug, Deserialize)]
pub struct Opened {
    /// A document whose bytes are the sample.
    document: Option<Uuid>,
    /// A version whose text is edited; else the one in force.
    version: Option<i64>,
}

/// What the editor sends.
#[derive(Debug, Deserialize)]
pub struct Edited {
    #[serde(default)]
    csrf: String,
    text: String,
    #[serde(default)]
    sample: String,
    /// Only the result is wanted: the page's script asks at each key.
    part: Option<String>,
    /// All fields are to be shown.
    all: Option<String>,
    /// It is to be kept, and why.
    draft: Option<String>,
    #[serde(default)]
    why: String,
}

/// A mapping in the editor.
struct Open {
    library: Arc<Library>,
    plan: Arc<Plan>,
    /// Its own file.
    path: String,
    text: String,
    sample: String,
}

impl Open {
    /// The mapping in force of a name, without a sample.
    async fn named(console: &Console, session: &Session, name: &str) -> Result<Open, Wrong> {
        let library = library(console, session).await?;
        let plan = library.named(name).ok_or(Wrong::NotFound("mapping"))?;
        let path = plan.files().first().cloned().unwrap_or_default();
        let text = library.files().iter().find(|(known, _)| *known == path).map(|(_, text)| text.clone());
        Ok(Open { path, text: text.ok_or(Wrong::NotFound("mapping"))?, sample: String::new(), library, plan })
    }

    async fn tried(&self, console: &Console, session: &Session, all: bool) -> Result<Markup, Wrong> {
        let currency =
            console.hub.directory.tenants.get(&session.tenant).map_or_else(String::new, |t| t.currency.clone());
        let trial = Trial {
            library: self.library.clone(),
            currency,
            path: self.path.clone(),
            text: self.text.clone(),
            sample: self.sample.clone(),
            all,
            tenant: session.tenant,
            rows: Lookups::default(),
        };
        Ok(attempt::run(trial, &console.hub, session.tenant).await?)
    }
}

/// `GET /mappings/{name}`
pub async fn editor(
    session: Session,
    State(console): State<Console>,
    Path(name): Path<String>,
    Query(opened): Query<Opened>,
) -> Result<Markup, Wrong> {
    let mut open = Open::named(&console, &session, &name).await?;
    if let Some(id) = opened.document {
        open.sample = stored(&console, &session, DocumentId(id)).await?;
    }
    if let Some(number) = opened.version {
        let mut tx = console.hub.store.read(session.tenant).await?;
        let files = mapping_versions::files(&mut tx, session.tenant, &name, number).await?;
        tx.rollback().await?;
        let text = files.and_then(|mut files| files.remove(MAPPING));
        open.text = text.ok_or(Wrong::NotFound("version of this mapping"))?;
    }
    shown(&console, &session, &open).await
}

/// `POST /mappings/{name}`: what the text makes of the sample. Nothing is changed by it, unless it is to be kept as a
/// draft.
pub async fn tried(
    session: Session,
    State(console): State<Console>,
    Path(name): Path<String>,
    Form(edited): Form<Edited>,
) -> Result<Response, Wrong> {
    session.is_own(&edited.csrf)?;
    let mut open = Open::named(&console, &session, &name).await?;
    // A form's lines end with CRLF, those of the script with LF.
    (open.text, open.sample) = (edited.text.replace("\r\n", "\n"), edited.sample.replace("\r\n", "\n"));
    if edited.draft.is_some() {
        session.may_change(&edited.csrf)?;
        let mut files: Files = open.library.files_of(&open.plan).into_iter().collect();
        files.insert(MAPPING.to_owned(), open.text);
        let by = By { who: &session.name, why: &edited.why };
        let drafted = versions::draft(&console.hub, session.tenant, &files, by).await?;
        return Ok(Redirect::to(&format!("{}#versions", address(&drafted.name))).into_response());
    }
    Ok(match edited.part {
        Some(_) => open.tried(&console, &session, edited.all.is_some()).await?.into_response(),
        None => shown(&console, &session, &open).await?.into_response(),
    })
}

/// The mappings in force.
async fn library(console: &Console, session: &Session) -> Result<Arc<Library>, Wrong> {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let library = console.hub.library.standing(&mut tx, session.tenant).await;
    tx.rollback().await?;
    Ok(library?)
}

/// The bytes of a document of the tenant, as far as a page shows them.
async fn stored(console: &Console, session: &Session, id: DocumentId) -> Result<String, Wrong> {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let row = documents::get(&mut tx, session.tenant, id).await?.ok_or(Wrong::NotFound("document"))?;
    let bytes = document::beginning(&mut tx, session.tenant, &row).await?;
    tx.rollback().await?;
    Ok(attempt::decoded(&bytes))
}

/// The page of a mapping.
pub fn address(name: &str) -> String {
    format!("/mappings/{}", words::coded(name).replace("%2F", "/"))
}

async fn shown(console: &Console, session: &Session, open: &Open) -> Result<Markup, Wrong> {
    let Open { library, plan, text, sample, .. } = open;
    let tried = open.tried(console, session, false).await?;
    let mut tx = console.hub.store.read(session.tenant).await?;
    let known = mapping_versions::list(&mut tx, session.tenant, Some(plan.short())).await?;
    tx.rollback().await?;
    let below = plan.files().iter().skip(1).filter_map(|file| {
        let text = library.files().iter().find(|(known, _)| known == file)?;
        crate::mapping::name_of(&text.1)
    });
    Ok(layout::page(
        console,
        session,
        layout::Tab::Mappings,
        plan.short(),
        html! {
            div .head {
                h1 { (plan.short()) }
                p .muted { (plan.claimed().document) " as " code { (plan.message()) }
                    @for name in below { ", extends " a href=(address(name)) { (name) } }
                    @if plan.reads() { ". " a href={ "/coverage?mapping=" (words::coded(plan.short())) } { "What nobody reads" } } }
            }
            form #editor method="post" action=(address(plan.short())) {
                input type="hidden" name="csrf" value=(session.csrf);
                div .panes {
                    section .pane aria-label="Sample" { div .head { label for="sample" { "Sample" } }
                        textarea #sample name="sample" spellcheck="false" autocomplete="off" wrap="off" placeholder="Paste a document" { "\n" (sample) } }
                    section .pane aria-label="Mapping" { div .head { label for="text" { "Mapping" } span #took .muted {} }
                        div .numbered { pre #lines aria-hidden="true" {}
                            textarea #text name="text" spellcheck="false" autocomplete="off" wrap="off" { "\n" (text) } } }
                    section .pane aria-label="Result" { div .head { h2 { "Result" } noscript { button type="submit" { "Try it" } } }
                        div #result tabindex="0" { (tried) } }
                }
                @if session.may_operate { div .act {
                    input type="text" name="why" placeholder="Reason" aria-label="Reason to save a draft" maxlength="200";
                    button type="submit" name="draft" value="1" { "Save as draft" }
                } }
            }
            @if !known.is_empty() { (version_table(&known)) }
            script src="/editor.js" defer {}
        },
    ))
}

fn version_table(known: &[VersionRow]) -> Markup {
    html! { section #versions { h2 { "Versions" } div .scroll { table {
        thead { tr { th { "Version" } th { "State" } th { "Author" } th { "Reason" } th { "Next" } th .num { "Drafted" } } }
        tbody { @for one in known { tr {
            td { a href={ (address(&one.name)) "?version=" (one.version) } { (one.version) } }
            td { (words::badge(&one.state)) } td { (one.author) } td { (one.reason) }
            td { @if let Some(next) = next(one) { code { (next) } } }
            td .num { (words::when(one.created_at.0)) }
        } } }
    } } } }
}

/// What is done next with a version, as a command.
fn next(one: &VersionRow) -> Option<String> {
    let called = format!("{}@{}", one.name, one.version);
    match (one.state.as_str(), &one.replayed) {
        ("draft", _) => Some(format!("crossdock mapping review {called}")),
        ("reviewed", None) => Some(format!("crossdock mapping diff {0} {called} --replay 500", one.name)),
        ("reviewed", Some(_)) => Some(format!("crossdock mapping publish {called}")),
        _ => None,
    }
}
