//! Dead letters: grouped by cause, and one with its history, its replay and its end.

use super::{Console, layout, session::Session, tell, words, wrong::Wrong};
use crate::{
    canonical::{DeliveryId, Micros},
    store::deliveries::{self, DeliveryRow, Letter},
};
use axum::extract::{Path, State};
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Letters that are grouped: the newest.
const GROUPED: i64 = 1_000;
/// Letters of a group that are listed.
const LISTED: usize = 20;

/// `GET /dead`
pub async fn list(session: Session, State(console): State<Console>) -> Result<Markup, Wrong> {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let first = (Micros(i64::MAX), Uuid::max());
    let letters = deliveries::letters_page(&mut tx, session.tenant, first, None, false, GROUPED).await?;
    tx.rollback().await?;
    let mut groups: BTreeMap<&str, Vec<&Letter>> = BTreeMap::new();
    for letter in &letters {
        groups.entry(&letter.fingerprint).or_default().push(letter);
    }
    let mut groups: Vec<Vec<&Letter>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::Dead,
        "Dead letters",
        html! {
            h1 { "Dead letters" }
            @if groups.is_empty() { p .empty { "No dead letters. Everything that could be done was done." } }
            @if letters.len() as i64 == GROUPED { p .muted { "The newest " (GROUPED) "; older ones come when these are done." } }
            @for group in &groups { (told_group(group)) }
        },
    ))
}

/// Letters of one cause, newest first; there is at least one.
fn told_group(group: &[&Letter]) -> Markup {
    let (Some(newest), Some(oldest)) = (group.first(), group.last()) else { return html! {} };
    html! {
        section .card .group {
            div .head { h2 { span .badge .bad { (group.len()) } " " (newest.code) " " span .muted { "in " (newest.stage) } }
                span .muted { "first " (words::when(oldest.died_at.0)) ", last " (words::when(newest.died_at.0)) } }
            p { (words::reason(Some(&newest.reason))) }
            p { b { "Mend: " } (mend(newest)) }
            details open[group.len() <= 3] {
                summary { "Letters" }
                ul { @for letter in group.iter().take(LISTED) {
                    li { a href={ "/dead/" (letter.id) } { (letter.thing) " " (words::short(letter.thing_id)) } " " span .muted { (letter.tries) " tries, " (words::when(letter.died_at.0)) } }
                } }
                @if group.len() > LISTED { p .muted { "and " (group.len() - LISTED) " more" } }
            }
        }
    }
}

/// The letter's own remedy, else what goes for its kind.
fn mend(letter: &Letter) -> String {
    let own = words::text(&letter.reason, "remedy");
    if !own.is_empty() {
        return own.to_owned();
    }
    match letter.thing.as_str() {
        "delivery" => "see that the receiver answers, then replay: it gets the same event under the same id",
        "message" => "mend what the reason names (mapping, reference, data), then replay: it is mapped again",
        _ => "mend what the reason names, then replay: the document is read again from its bytes",
    }
    .to_owned()
}

/// `GET /dead/{id}`
pub async fn page(session: Session, State(console): State<Console>, Path(text): Path<String>) -> Result<Markup, Wrong> {
    let id = Uuid::try_parse(&text).map_err(|_| Wrong::NotFound("dead letter"))?;
    let mut tx = console.hub.store.read(session.tenant).await?;
    let letter = deliveries::letter(&mut tx, session.tenant, id).await?;
    let letter = letter.ok_or(Wrong::NotFound("dead letter"))?;
    let delivery = match letter.thing.as_str() {
        "delivery" => deliveries::get(&mut tx, session.tenant, DeliveryId(letter.thing_id)).await?,
        _ => None,
    };
    tx.rollback().await?;
    let is_open = letter.ended_at.is_none();
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::Dead,
        "Dead letter",
        html! {
            h1 { "Dead letter of a " (letter.thing) " "
                @match &letter.ended_how { Some(how) => span .badge .good { (how) }, None => span .badge .bad { "open" } } }
            section .card .next {
                p { (words::reason(Some(&letter.reason))) }
                p { b { "Mend: " } (mend(&letter)) }
                @if is_open {
                    (layout::asking(&session, &format!("/dead/{id}/replay"), "Replay", true, questions(&letter, delivery.as_ref())))
                    @if letter.thing != "delivery" { details { summary { "or work a copy of it, and leave this as it is" } (layout::button(&session, &format!("/dead/{id}/duplicate"), "Duplicate and retry", false)) } }
                    details { summary { "or leave it as it is" } (layout::button(&session, &format!("/dead/{id}/close"), "Review and close", false)) }
                    @if letter.thing != "document" { details { summary { "or give it up" } (layout::button(&session, &format!("/dead/{id}/cancel"), "Cancel", false)) } }
                }
            }
            dl .facts .card {
                dt { "Died" } dd { (words::when(letter.died_at.0)) " in " (letter.stage) " after " (letter.tries) " tries" }
                dt { "Code" } dd { code { (letter.code) } }
                dt { "Fingerprint" } dd { code { (letter.fingerprint) } }
                dt { (letter.thing) } dd { @if letter.thing == "document" { a href={ "/documents/" (letter.thing_id) } { (letter.thing_id) } } @else { code { (letter.thing_id) } } }
                @if let Some(ended) = letter.ended_at { dt { "Ended" } dd { (words::when(ended.0)) } }
            }
            section { h2 { "History" } (history(&letter.history)) }
        },
    ))
}

/// What the replay of a letter is asked.
fn questions(letter: &Letter, delivery: Option<&DeliveryRow>) -> &'static [layout::Question] {
    match (letter.thing.as_str(), delivery) {
        ("document", _) => &[layout::ACKNOWLEDGE_AGAIN],
        (_, Some(delivery)) => tell::questions(delivery),
        _ => &[],
    }
}

fn history(history: &Value) -> Markup {
    let tries = history.as_array().map(Vec::as_slice).unwrap_or_default();
    html! {
        @if tries.is_empty() { p .muted { "It died at once." } }
        ol .history { @for one in tries {
            li { @match words::text(one, "state") { "" => "", state => { (words::badge(state)) " " } } (said(one)) " " (at(one)) }
        } }
    }
}

fn at(one: &Value) -> Markup {
    let value = one.get("at");
    let instant = value.and_then(|at| serde_json::from_value::<Micros>(at.clone()).ok());
    html! { @if let Some(instant) = instant { (words::when(instant.0)) } }
}

fn said(one: &Value) -> Markup {
    let own = [words::reason(Some(one)), words::text(one, "what").to_owned()].into_iter().find(|s| !s.is_empty());
    let cause = one.get("cause");
    let who = cause.map_or("", |c| words::text(c, "who"));
    html! {
        @match own { Some(own) => (own), None => (words::cause(cause)) }
        @if !who.is_empty() { span .muted { " by " (who) } }
    }
}
