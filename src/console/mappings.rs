//! Mappings: which there are, and an editor that shows at each key what a mapping makes of a sample.

use super::{Console, attempt, document, layout, session::Session, words, wrong::Wrong};
use crate::{
    canonical::DocumentId,
    formats::{
        generate::{Shape, generate},
        guides,
        piece::Standard,
    },
    mapping::{Library, Plan},
    store::documents,
};
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// The largest form of the editor, in bytes: a mapping and a sample, percent-encoded.
pub const FORM_BYTES: usize = 2 << 20;
/// Lines of a sample that is made where there is none.
const LINES: u32 = 5;

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
        td { a href={ "/mappings/" (plan.short()) } { (plan.short()) } }
        td { (claimed.document) } td { code { (plan.message()) } } td { (claimed.direction) }
        td { (claimed.partner.unwrap_or_default()) }
    } }
}

/// What the editor is opened with.
#[derive(Debug, Deserialize)]
pub struct Opened {
    /// A document whose bytes are the sample.
    document: Option<Uuid>,
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
}

/// `GET /mappings/{name}`
pub async fn editor(
    session: Session,
    State(console): State<Console>,
    Path(name): Path<String>,
    Query(opened): Query<Opened>,
) -> Result<Markup, Wrong> {
    let library = library(&console, &session).await?;
    let plan = library.named(&name).ok_or(Wrong::NotFound("mapping"))?;
    let own = own(&library, &plan).ok_or(Wrong::NotFound("mapping"))?;
    let sample = match opened.document {
        Some(id) => stored(&console, &session, DocumentId(id)).await?,
        None => made(&plan),
    };
    let (path, text) = (own.0.clone(), own.1.clone());
    let tried = attempt::run(&console, library.clone(), path, text.clone(), sample.clone()).await;
    Ok(shown(&console, &session, &library, &plan, &text, &sample, tried))
}

/// `POST /mappings/{name}`: what the text makes of the sample. Nothing is changed by it.
pub async fn tried(
    session: Session,
    State(console): State<Console>,
    Path(name): Path<String>,
    Form(edited): Form<Edited>,
) -> Result<Response, Wrong> {
    session.is_own(&edited.csrf)?;
    let library = library(&console, &session).await?;
    let plan = library.named(&name).ok_or(Wrong::NotFound("mapping"))?;
    let own = own(&library, &plan).ok_or(Wrong::NotFound("mapping"))?;
    // A form's lines end with CRLF, those of the script with LF.
    let (text, sample) = (edited.text.replace("\r\n", "\n"), edited.sample.replace("\r\n", "\n"));
    let tried = attempt::run(&console, library.clone(), own.0.clone(), text.clone(), sample.clone()).await;
    Ok(match edited.part {
        Some(_) => tried.into_response(),
        None => shown(&console, &session, &library, &plan, &text, &sample, tried).into_response(),
    })
}

/// The mappings in force.
async fn library(console: &Console, session: &Session) -> Result<Arc<Library>, Wrong> {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let library = console.hub.library.standing(&mut tx, session.tenant).await;
    tx.rollback().await?;
    Ok(library?)
}

/// A mapping's own file: (path, text).
fn own<'l>(library: &'l Library, plan: &Plan) -> Option<&'l (String, String)> {
    let path = plan.files().first()?;
    library.files().iter().find(|(known, _)| known == path)
}

/// The bytes of a document of the tenant, as far as a page shows them.
async fn stored(console: &Console, session: &Session, id: DocumentId) -> Result<String, Wrong> {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let row = documents::get(&mut tx, session.tenant, id).await?.ok_or(Wrong::NotFound("document"))?;
    let bytes = document::beginning(&mut tx, session.tenant, &row).await?;
    tx.rollback().await?;
    Ok(attempt::decoded(&bytes))
}

/// A document by the guide, where the standard has guides; the reader pastes others.
fn made(plan: &Plan) -> String {
    let (kind, version) = plan.document();
    if !matches!(plan.standard(), Standard::X12 | Standard::Edifact) {
        return String::new();
    }
    let shape = Shape { lines: Some(LINES), ..Shape::default() };
    let guide = guides::find(plan.standard(), version, kind);
    let chunks = guide.and_then(|guide| generate(guide, 1, shape).ok()).into_iter().flatten();
    attempt::decoded(&chunks.flat_map(|chunk| chunk.bytes).collect::<Vec<u8>>())
}

fn shown(
    console: &Console,
    session: &Session,
    library: &Library,
    plan: &Plan,
    text: &str,
    sample: &str,
    tried: Markup,
) -> Markup {
    let below = plan.files().iter().skip(1).filter_map(|file| {
        let text = library.files().iter().find(|(known, _)| known == file)?;
        crate::mapping::name_of(&text.1)
    });
    layout::page(
        console,
        session,
        layout::Tab::Mappings,
        plan.short(),
        html! {
            div .head {
                h1 { (plan.short()) }
                p .muted { (plan.claimed().document) " as " code { (plan.message()) }
                    @for name in below { ", extends " a href={ "/mappings/" (name) } { (name) } } }
            }
            form #editor method="post" action={ "/mappings/" (words::coded_path(plan.short())) } {
                input type="hidden" name="csrf" value=(session.csrf);
                div .panes {
                    section .pane aria-label="Sample" { div .head { label for="sample" { "Sample" } }
                        textarea #sample name="sample" spellcheck="false" autocomplete="off" wrap="off" placeholder="Paste a document" { "\n" (sample) } }
                    section .pane aria-label="Mapping" { div .head { label for="text" { "Mapping" } span #took .muted {} }
                        div .numbered { pre #lines aria-hidden="true" {}
                            textarea #text name="text" spellcheck="false" autocomplete="off" wrap="off" { "\n" (text) } } }
                    section .pane aria-label="Result" aria-live="polite" { div .head { h2 { "Result" } noscript { button type="submit" { "Try it" } } }
                        div #result { (tried) } }
                }
            }
            script src="/editor.js" defer {}
        },
    )
}
