//! What a mapping leaves unread of the newest documents, and what it would read and none of them says.

use super::{Console, layout, mappings::address, session::Session, wrong::Wrong};
use crate::{
    flow::translate::covered::{self, Asked},
    formats::fault::shorten,
    mapping::covered::Told,
};
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

/// The newest so many documents: what a page can wait for.
const LAST: usize = 100;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// Of which mapping.
#[derive(Debug, Deserialize)]
pub struct Of {
    mapping: String,
}

/// `GET /coverage?mapping=NAME`
pub async fn page(session: Session, State(console): State<Console>, Query(of): Query<Of>) -> Result<Markup, Wrong> {
    let asked = Asked { tenant: session.tenant, partner: None, mapping: Some(&of.mapping), last: LAST };
    let mut found = covered::coverage(&console.hub, &asked).await?;
    let told = found.mappings.remove(&of.mapping).map(|one| one.told());
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::Mappings,
        "What nobody reads",
        html! {
            div .head { h1 { "What nobody reads" }
                p .muted { "By " a href=(address(&of.mapping)) { (of.mapping) } " in the newest " (found.documents) " documents"
                    @if found.gone > 0 { "; of " (found.gone) " more the bytes are not kept" } } }
            @match told {
                Some(told) => (shown(&told)),
                None => p .empty { "This mapping reads none of them." },
            }
        },
    ))
}

fn shown(told: &Told) -> Markup {
    html! {
        p { (told.read) " of " (told.values) " values are read, in " (told.sets) @if told.sets == 1 { " set." } @else { " sets." } }
        @if told.unread.is_empty() { p .empty { "Nothing is left unread." } }
        @else { div .scroll { table {
            thead { tr { th { "Path" } th .num { "Sets" } th .num { "Times" } th { "First" } th { "At" } } }
            tbody { @for one in &told.unread { tr {
                td { code { (one.path) } } td .num { (one.sets) } td .num { (one.times) }
                td { (shorten(&one.value, SHOWN)) } td { (one.first) }
            } } }
        } } }
        @if !told.never_filled.is_empty() {
            h2 { "What none of them says" }
            div .scroll { table {
                thead { tr { th { "Field" } th { "Read by" } } }
                tbody { @for one in &told.never_filled { tr {
                    td { code { (one.field) } } td { (one.file) ":" (one.line) }
                } } }
            } }
        }
    }
}
