//! The story of a business number: the bytes that came, what they meant, what was decided, what went out, and what is next.

use super::{Console, document, layout, picture, session::Session, tell, words, wrong::Wrong};
use crate::{
    canonical::{DocumentId, EventId, MessageId, Tenant},
    flow::{
        acknowledged, letter,
        owed::{self, Owed},
    },
    store::{
        StoreError, closings,
        deliveries::{self, DeliveryRow},
        documents::{self, DocumentRow},
        events::{self, EventRow},
        journal::{self, StepRow},
        messages::{self, MessageRow},
        now,
    },
};
use axum::{
    extract::{Path, Query, State},
    response::Redirect,
};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Documents whose bytes are read for the faults of a story, at most.
const READ: usize = 5;

/// What the search box says.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    number: String,
}

/// `GET /story?number=`: to the story, or to the documents where nobody sent that number.
pub async fn find(
    session: Session,
    State(console): State<Console>,
    Query(asked): Query<Asked>,
) -> Result<Redirect, Wrong> {
    let number = asked.number.trim();
    let mut tx = console.hub.store.read(session.tenant).await?;
    let known = !number.is_empty() && !messages::of_number(&mut tx, session.tenant, number).await?.is_empty();
    tx.rollback().await?;
    let page = if known {
        format!("/story/{}", words::coded(number))
    } else {
        format!("/documents?q={}", words::coded(number))
    };
    Ok(Redirect::to(&page))
}

struct Story {
    messages: Vec<MessageRow>,
    holds: Vec<(MessageId, String, String)>,
    documents: Vec<DocumentRow>,
    events: Vec<EventRow>,
    sent: Vec<DeliveryRow>,
    /// Answers that are still to come or to go.
    owed: Vec<Owed>,
    /// Each time that a delivery died or was sent again.
    lives: Vec<StepRow>,
    /// What of it somebody closed.
    closed: Vec<Uuid>,
    /// The beginnings of documents that hold a faulty set.
    bytes: BTreeMap<DocumentId, Vec<u8>>,
}

async fn load(console: &Console, tenant: Tenant, number: &str) -> Result<Story, StoreError> {
    let mut tx = console.hub.store.read(tenant).await?;
    let rows = messages::of_number(&mut tx, tenant, number).await?;
    let ids: Vec<MessageId> = rows.iter().map(|m| m.id).collect();
    let of: BTreeSet<DocumentId> = rows.iter().map(|m| m.document).collect();
    let of: Vec<DocumentId> = of.into_iter().collect();
    let holds = messages::holds_of(&mut tx, tenant, &ids).await?;
    let mut documents = documents::by_ids(&mut tx, tenant, &of).await?;
    documents.sort_by_key(|d| (d.received_at, d.id));
    let events = events::of_messages(&mut tx, tenant, &ids).await?;
    let event_ids: Vec<EventId> = events.iter().map(|e| e.id).collect();
    let mut sent = deliveries::of_events(&mut tx, tenant, &event_ids).await?;
    sent.extend(acknowledged::of(&mut tx, tenant, &rows).await?);
    let owed = owed::of(&mut tx, &console.hub.directory, tenant, &ids).await?;
    let again: Vec<Uuid> = sent.iter().filter(|d| d.replays > 0).map(|d| d.id.0).collect();
    let mut lives = journal::of_deliveries(&mut tx, tenant, &again).await?;
    let code = |step: &StepRow| step.cause.as_ref().map_or("", |c| words::text(c, "code")).to_owned();
    lives.retain(|step| step.state == "dead" || code(step) == "replayed");
    let reviewed = ids.iter().map(|id| id.0).chain(sent.iter().map(|row| row.id.0)).collect::<Vec<_>>();
    let closed = closings::of(&mut tx, tenant, reviewed).await?.into_iter().map(|closing| closing.id).collect();
    let mut bytes = BTreeMap::new();
    let faulty =
        |d: &&DocumentRow| rows.iter().any(|m| m.document == d.id && !letter::faults(m.faults.as_ref()).is_empty());
    for row in documents.iter().filter(faulty).take(READ) {
        bytes.insert(row.id, document::beginning(&mut tx, tenant, row).await?);
    }
    tx.rollback().await?;
    Ok(Story { messages: rows, holds, documents, events, sent, owed, lives, closed, bytes })
}

/// `GET /story/{number}`
pub async fn page(
    session: Session,
    State(console): State<Console>,
    Path(number): Path<String>,
) -> Result<Markup, Wrong> {
    let story = load(&console, session.tenant, &number).await?;
    if story.messages.is_empty() {
        return Err(Wrong::NotFound("number"));
    }
    let next = tell::next(&story.messages, &story.holds, &story.sent, &story.closed);
    let late = story.late(console.hub.wait_us());
    let partner = words::partner(&console.hub.directory, story.messages.first().and_then(|m| m.partner));
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::None,
        &number,
        html! {
            div .head { h1 { (number) " " @if let Some(last) = story.messages.last() { (words::badge(&last.state)) } }
                @if !partner.is_empty() { span .muted { "from " (partner) } } }
            @if let Some(next) = &next { (next.show(&session)) }
            @if !late.is_empty() {
                section .card .late aria-labelledby="late-title" { h2 #late-title { "Late" } ul { @for line in &late { li { (line) } } } }
            }
            @for document in story.documents.iter().filter(|d| d.state == "translated" && d.cause.is_some()) {
                p .bad { "A part of " a href={ "/documents/" (document.id) } { (document.name) } " was passed over: " (words::cause(document.cause.as_ref())) }
            }
            @for owed in story.owed.iter().filter(|owed| !owed.is_late) { p { (owed.sentence) } }
            @if next.is_none() && late.is_empty() && story.is_done() { p .muted { "Nothing is late, and nothing is left to do." } }
            ol .timeline {
                @for document in &story.documents { (told_document(&story, document)) }
            }
        },
    ))
}

impl Story {
    /// No answer is owed, and of no document was a part passed over.
    fn is_done(&self) -> bool {
        let is_passed_over = |row: &DocumentRow| row.state == "translated" && row.cause.is_some();
        self.owed.is_empty() && !self.documents.iter().any(is_passed_over)
    }

    /// The kind of the event that a delivery carries.
    fn event(&self, row: &DeliveryRow) -> Option<&str> {
        self.events.iter().find(|e| Some(e.id) == row.event).map(|e| e.kind.as_str())
    }

    fn late(&self, patience: i64) -> Vec<Markup> {
        let now = now().0;
        let messages = self.messages.iter().filter(|m| tell::is_late(&m.state, m.created_at, m.due, now, patience)).map(|m| {
            html! { "The " (m.set_kind) " " (m.set_control) " " (words::badge(&m.state)) " since " (words::when(m.created_at)) ": " (tell::why(m)) }
        });
        let sent = self.sent.iter().filter(|d| tell::is_late(&d.state, d.created_at, d.due, now, patience)).map(|d| {
            html! { "The " (d.kind) " " @if let Some(event) = self.event(d) { "of " (event) " " } "to " (d.target) " " (words::badge(&d.state)) " since " (words::when(d.created_at)) ": " (words::reason(d.cause.as_ref())) }
        });
        let unanswered = self.sent.iter().filter(|d| d.acknowledged.as_deref() == Some("overdue") && !self.closed.contains(&d.id.0)).map(|d| {
            html! { "The " (d.kind) " to " (d.target) " " (words::acknowledged("overdue")) " since it went out " (words::when(d.ended_at.unwrap_or(d.created_at))) }
        });
        let owed = self.owed.iter().filter(|owed| owed.is_late).map(|owed| html! { (owed.sentence) });
        messages.chain(sent).chain(unanswered).chain(owed).collect()
    }
}

fn told_document(story: &Story, row: &DocumentRow) -> Markup {
    html! {
        li .step .bytes {
            h3 { "Bytes " (words::badge(&row.state)) " " (words::when(row.received_at)) }
            p { a href={ "/documents/" (row.id) } { (row.name) } span .muted { " · " (words::size(row.size)) @if let Some(sets) = row.sets { " · " (sets) @if sets == 1 { " set" } @else { " sets" } } } }
        }
        @for message in story.messages.iter().filter(|m| m.document == row.id) { (told_message(story, message)) }
        @for delivery in story.sent.iter().filter(|d| d.document == Some(row.id) && d.event.is_none()) { (told_delivery(story, delivery)) }
    }
}

fn told_message(story: &Story, row: &MessageRow) -> Markup {
    let faults = letter::faults(row.faults.as_ref());
    let (from, to) = (row.set_byte.max(0) as usize, row.set_byte.saturating_add(row.set_len).max(0) as usize);
    html! {
        li .step .said .(words::word(&row.state).1) {
            h3 { (row.set_kind) " " code { (row.set_control) } " " (words::badge(&row.state)) " " (words::when(row.created_at)) @if row.run > 0 { span .muted { " restarted ↻" (row.run) } } }
            p { (tell::why(row)) @if let Some(mapping) = &row.mapping { " " span .muted { "by " code { (mapping) } } } }
            @if !faults.is_empty() && row.state != "replaced" && let Some(bytes) = story.bytes.get(&row.document) {
                (picture::picture(bytes, from..to, &faults))
            }
        }
        @for event in story.events.iter().filter(|e| e.message == row.id) {
            li .step .event {
                h3 { (event.kind) " " (words::when(event.at.0)) }
                p { (tell::meaning(&event.kind, &event.data)) @if event.repeats.is_some() { span .muted { " (the same answer again)" } } }
                (tell::promises(&event.data))
            }
            @for delivery in story.sent.iter().filter(|d| d.event == Some(event.id)) { (told_delivery(story, delivery)) }
        }
    }
}

fn told_delivery(story: &Story, row: &DeliveryRow) -> Markup {
    html! {
        li .step .sent .(words::word(&row.state).1) {
            h3 { (kind(&row.kind)) " to " (row.target) " " (words::badge(&row.state)) " "
                @if let Some(taken) = &row.acknowledged { (words::acknowledged(taken)) " " }
                (words::when(row.ended_at.unwrap_or(row.created_at))) }
            @for sentence in tell::said(row) { p .bad { (sentence) } }
            @if row.name.is_some() || row.tries > 1 || row.cause.is_some() {
                p { @if let Some(name) = &row.name { code { (name) } " " }
                    @if row.tries > 1 { span .muted { (row.tries) " tries " } }
                    (words::cause(row.cause.as_ref())) }
            }
            @for step in story.lives.iter().filter(|s| s.delivery == Some(row.id.0)) { (told_life(step)) }
        }
    }
}

/// That it died and why, or that somebody sent it again and why.
fn told_life(step: &StepRow) -> Markup {
    let said = step.cause.as_ref().map(|cause| (words::text(cause, "who"), words::text(cause, "why")));
    html! {
        p .life {
            @if step.state == "dead" { (words::badge("dead")) " " (words::reason(step.cause.as_ref())) }
            @else { "sent again" @if let Some((who, why)) = said { " by " (who) @if !why.is_empty() { ": " (why) } } }
            " " (words::when(step.at))
        }
    }
}

fn kind(kind: &str) -> &str {
    match kind {
        "webhook" => "Webhook",
        "document" => "Answer",
        "acknowledgement" => "Acknowledgement",
        "letter" => "Letter",
        other => other,
    }
}

/// Deliveries as a table.
pub fn delivery_table(session: &Session, rows: &[DeliveryRow], events: &[EventRow]) -> Markup {
    let event = |row: &DeliveryRow| events.iter().find(|e| Some(e.id) == row.event).map_or("", |e| &*e.kind);
    html! {
        details open[rows.len() <= 20] {
            summary { (rows.len()) @if rows.len() == 1 { " delivery" } @else { " deliveries" } }
            div .scroll { table {
                thead { tr { th { "Kind" } th { "Event" } th { "To" } th { "State" } th { "Name" } th .num { "Tries" } th { "Why" } th .num { "When" } th { "Next" } } }
                tbody { @for row in rows { tr {
                    td { (kind(&row.kind)) } td { (event(row)) } td { (row.target) }
                    td { (words::badge(&row.state)) @if let Some(taken) = &row.acknowledged { " " (words::acknowledged(taken)) } }
                    td { @if let Some(name) = &row.name { code { (name) } } }
                    td .num { (row.tries) }
                    td { (words::cause(row.cause.as_ref())) @for sentence in tell::said(row) { p { (sentence) } } }
                    td .num { (words::when(row.ended_at.unwrap_or(row.created_at))) }
                    td { @if session.may_operate && tell::can_send_again(row) { details { summary { "Send again" } (tell::send_again(session, row, false)) } } }
                } } }
            } }
        }
    }
}
