//! One document: facts, interchanges, messages, what went out, its journal, and its bytes with each fault at its place.

use super::{Console, flow::connection_name, layout, picture, session::Session, story, tell, words, wrong::Wrong};
use crate::{
    canonical::{DocumentId, MessageId, Tenant},
    flow::{
        decided,
        letter::{self, faults},
        mail,
        translate::can_be_given,
    },
    formats::fault::{Decision, Fault},
    store::{
        StoreError, Tx, blobs,
        closings::{self, Closing},
        deliveries,
        documents::{self, DocumentRow},
        events,
        interchanges::{self, InterchangeRow},
        journal::{self, StepRow},
        messages::{self, MessageRow},
    },
};
use axum::{
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Messages shown.
const MESSAGES: i64 = 200;
/// Characters of a `mailto:` address that programs still take (RFC 6068 names no limit; some take 2,000 of an URL).
const MAILTO: usize = 2_000;
/// Bytes of a document that a page unfolds, at most.
pub const SHOWN: u64 = 256 << 10;

/// A path's id. What is no id leads nowhere, as an unknown one does.
fn id(text: &str) -> Result<DocumentId, Wrong> {
    Uuid::try_parse(text).map(DocumentId).map_err(|_| Wrong::NotFound("document"))
}

/// The beginning of a document's bytes; nothing where retention has taken them.
pub async fn beginning(tx: &mut Tx, tenant: Tenant, row: &DocumentRow) -> Result<Vec<u8>, StoreError> {
    let len = u64::try_from(row.size).unwrap_or(0).min(SHOWN);
    if len == 0 { Ok(vec![]) } else { blobs::range(tx, tenant, &row.sha256, 0, len).await }
}

/// `GET /documents/{id}`
pub async fn page(session: Session, State(console): State<Console>, Path(text): Path<String>) -> Result<Markup, Wrong> {
    let (id, tenant) = (id(&text)?, session.tenant);
    let mut tx = console.hub.store.read(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(Wrong::NotFound("document"))?;
    let interchanges = interchanges::of_document(&mut tx, tenant, id).await?;
    let counts = messages::states(&mut tx, tenant, id).await?;
    let mut messages = messages::of_document(&mut tx, tenant, id, -1, MESSAGES).await?;
    // What needs somebody comes first.
    messages.sort_by_key(|m| !tell::can_restart(&m.state));
    let ids: Vec<MessageId> = messages.iter().map(|m| m.id).collect();
    let events = events::of_messages(&mut tx, tenant, &ids).await?;
    let decided: Vec<_> = events.iter().map(|e| e.id).collect();
    let mut sent = deliveries::acknowledgements(&mut tx, tenant, &[id]).await?;
    sent.extend(deliveries::of_events(&mut tx, tenant, &decided).await?);
    let steps = journal::of_document(&mut tx, tenant, id.0).await?;
    let bytes = beginning(&mut tx, tenant, &row).await?;
    let closed = closings::of(&mut tx, tenant, [id.0]).await?.pop();
    let refused = closings::open_refusals(&mut tx, tenant, id).await?.len();
    tx.rollback().await?;
    let mut wrong = faults(row.cause.as_ref());
    let stand = || messages.iter().filter(|m| m.state != "replaced");
    wrong.extend(stand().flat_map(|m| faults(m.faults.as_ref())));
    // What holds a message stands in its cause.
    wrong.extend(stand().flat_map(|m| faults(m.cause.as_ref().and_then(|cause| cause.get("faults")))));
    wrong.extend(interchanges.iter().flat_map(|i| faults(i.cause.as_ref())));
    wrong.sort_by_key(|fault| (fault.place.byte, fault.code.clone()));
    wrong.dedup();
    let told = if wrong.is_empty() { None } else { letter::of(&console.hub, tenant, id).await? };
    let decided = decided::of(&row, &interchanges, &messages);
    let sets: i64 = counts.iter().map(|c| c.1).sum();
    let count = |of: &str| counts.iter().find(|(state, _)| state == of).map_or(0, |(_, n)| *n);
    let shown = documents::called(&row.state, row.cause.as_ref(), count("held"), count("rejected"), count("waiting"));
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::Documents,
        &row.name,
        html! {
            div .head { h1 { (row.name) " " (words::badge(shown)) } a href={ "/documents/" (id) "/raw" } download { "Download" } }
            (state(&console, &session, &row))
            @if row.state == "translated" && messages.iter().any(|m| m.state == "held" && m.partner.is_none()) && interchanges.iter().any(is_strangers) {
                section .card .next { p { "What is held in it for nobody can be given to the partner whose it is." } (give(&console, &session, &row)) }
            }
            (reviewed(&session, &row, closed.as_ref(), refused))
            (facts(&console, &row, &decided))
            section { h2 { "The document" @if !wrong.is_empty() { " " span .badge .bad { (wrong.len()) @if wrong.len() == 1 { " fault" } @else { " faults" } } } }
                (raw_view(&row, &bytes, &wrong)) }
            @if let Some(told) = &told { (letter_view(&console, &session, &row, told)) }
            @if !interchanges.is_empty() { (interchange_table(&console, &interchanges)) }
            section { h2 { "Messages" @for (state, n) in &counts { " " (words::badge(state)) span .muted { " " (n) } } }
                @if messages.is_empty() { p .muted { "None came of it." } } @else { (message_table(&session, &messages)) }
                @if sets > messages.len() as i64 { p .muted { (messages.len()) " of " (sets) "." } } }
            @if !sent.is_empty() { section { h2 { "What went out" } (story::delivery_table(&session, &sent, &events)) } }
            section { h2 { "Journal" } (journal_table(&steps)) }
        },
    ))
}

/// By a sender who is nobody that is known.
fn is_strangers(row: &InterchangeRow) -> bool {
    let code = row.cause.as_ref().map_or("", |cause| words::text(cause, "code"));
    row.ends.as_deref() == Some("unassigned") && can_be_given(code)
}

/// Whose it is, as a person says: this document alone is read as that partner's.
fn give(console: &Console, session: &Session, row: &DocumentRow) -> Markup {
    let partners = console.hub.directory.partners.values().filter(|info| info.tenant == session.tenant);
    let mut names: Vec<&str> = partners.map(|info| &*info.name).collect();
    names.sort_unstable();
    html! {
        @if session.may_operate && !names.is_empty() {
            form #give .act method="post" action={ "/documents/" (row.id) "/give" } {
                input type="hidden" name="csrf" value=(session.csrf);
                select name="partner" aria-label="Partner" required {
                    option value="" { "Partner" }
                    @for name in names { option value=(name) { (name) } }
                }
                input type="text" name="why" placeholder="Reason" aria-label="Reason to give it to a partner" maxlength="200" required;
                button type="submit" { "Give to partner" }
            }
        }
    }
}

fn state(console: &Console, session: &Session, row: &DocumentRow) -> Markup {
    html! {
        @if row.cause.is_some() || matches!(row.state.as_str(), "dead" | "rejected" | "unassigned") {
            section .card .next {
                p { (words::cause(row.cause.as_ref())) }
                @if matches!(row.state.as_str(), "dead" | "rejected" | "unassigned") {
                    (layout::asking(session, &format!("/documents/{}/replay", row.id), "Restart", true, &[layout::ACKNOWLEDGE_AGAIN]))
                }
                @let code = row.cause.as_ref().map_or("", |cause| words::text(cause, "code"));
                @if row.state == "unassigned" && can_be_given(code) { (give(console, session, row)) }
            }
        }
        @if row.state == "translated" && session.may_operate {
            details #replay { summary { "Replay" }
                p .muted { "What of it is rejected, held or dead is mapped again by what now stands. Its acknowledgements are written once more only where that is asked." }
                (layout::asking(session, &format!("/documents/{}/replay", row.id), "Restart", false, &[layout::ACKNOWLEDGE_AGAIN])) }
        }
        @if let Some(first) = row.duplicate_of { p { "The same content as " a href={ "/documents/" (first) } { (words::short(first)) } "; kept and not applied." } }
    }
}

/// Who closed it; or the ways to close it, and to work a copy of it.
fn reviewed(session: &Session, row: &DocumentRow, closed: Option<&Closing>, refused: usize) -> Markup {
    let is_worked = row.state == "translated";
    let ended = !matches!(row.state.as_str(), "received" | "retrying");
    let waits = matches!(row.state.as_str(), "rejected" | "unassigned" | "dead") || is_worked && row.cause.is_some();
    let path = |what: &str| format!("/documents/{}/{what}", row.id);
    html! {
        @if let Some(first) = row.copy_of { p { "A copy of " a href={ "/documents/" (first) } { (words::short(first)) } ", worked by itself." } }
        @if let Some(Closing { at, who, why, .. }) = closed { p #closed { "Closed by " (who) " " (words::when(at.0)) ": " (why) } }
        @if session.may_operate && (refused > 0 || waits && closed.is_none()) {
            details #close { summary { "Review and close" }
                p .muted { "It stays as it ended, and leaves the lists of what waits for somebody." }
                (layout::button(session, &path("close"), "Review and close", false)) }
        }
        @if session.may_operate && ended {
            details #duplicate { summary { "Duplicate and retry" }
                p .muted { "A copy is worked by itself, by what now stands, under the numbers that it bears. This one stays as it ended." }
                (layout::button(session, &path("duplicate"), "Duplicate and retry", false)) }
        }
    }
}

fn facts(console: &Console, row: &DocumentRow, decided: &BTreeSet<Decision>) -> Markup {
    html! {
        dl .facts .card {
            dt { "Received" } dd { (words::when(row.received_at)) }
            dt { "Connection" } dd { (connection_name(console, row.connection)) ", place " (row.sequence) }
            dt { "Partner" } dd { @if row.partner.is_some() { (words::partner(&console.hub.directory, row.partner)) } @else { "nobody known" } @if row.given_to.is_some() { span .muted { ", as somebody said" } } }
            @if let Some(partner) = row.partner.and_then(|id| console.hub.directory.partners.get(&id)) {
                @if !partner.agreement.contacts.is_empty() { dt { "Contacts" } dd { (partner.agreement.contacts.join(", ")) } }
            }
            @if let Some(standard) = &row.standard { dt { "Standard" } dd { (standard) } }
            @if let Some(identity) = &row.identity { dt { "Identity" } dd { code { (identity) } } }
            dt { "Size" } dd { (words::size(row.size)) @if let Some(sets) = row.sets { ", " (sets) @if sets == 1 { " set" } @else { " sets" } } }
            @for one in decided {
                dt { "Agreed" } dd { code { (one.setting) ": " (one.value) } " " span .muted { (one.layer) @if !one.place.is_empty() { ", " (one.place) } } }
            }
            @if row.tries > 0 { dt { "Tries" } dd { (row.tries) } }
            @if let Some(due) = row.due { dt { "Next try" } dd { (words::when(due)) } }
            dt { "SHA-256" } dd { code .hash { (row.sha256) } }
            dt { "Id" } dd { code { (row.id) } }
        }
    }
}

fn raw_view(row: &DocumentRow, bytes: &[u8], wrong: &[Fault]) -> Markup {
    let cut = row.size > bytes.len() as i64;
    html! {
        @if bytes.is_empty() && row.size > 0 { p .muted { "Its bytes were kept as long as the agreement says." } }
        (picture::picture(bytes, 0..bytes.len(), wrong))
        @if cut && !bytes.is_empty() { p .muted { "The first " (words::size(bytes.len() as i64)) " of " (words::size(row.size)) " are shown; the download has all." } }
    }
}

/// The letter to the partner, folded: to be copied, opened in the reader's own mail program, or sent by the hub.
fn letter_view(console: &Console, session: &Session, row: &DocumentRow, told: &letter::Told) -> Markup {
    let by_mail = mail::reachable(&console.hub, row.partner).is_ok();
    let text = told.letter.text();
    // A contact may be a telephone number, too.
    let to: Vec<&str> = told.contacts.iter().map(String::as_str).filter(|contact| contact.contains('@')).collect();
    let mailto = format!(
        "mailto:{}?subject={}&body={}",
        to.iter().map(|address| words::coded(address).replace("%40", "@")).collect::<Vec<_>>().join(","),
        words::coded(&told.letter.subject),
        words::coded(&text.replace('\n', "\r\n"))
    );
    html! {
        details #letter {
            summary { "Letter to the partner" }
            p {
                button #copy-letter type="button" data-copies="letter-text" { "Copy" } " "
                // Mail programs and browsers cut longer addresses.
                @if !to.is_empty() && mailto.len() <= MAILTO { a #mail-letter href=(mailto) { "Mail to " (to.join(", ")) } }
            }
            @if by_mail { (layout::button(session, &format!("/documents/{}/letter", row.id), "Send", false)) }
            pre #letter-text tabindex="0" { (text) }
        }
    }
}

fn interchange_table(console: &Console, rows: &[InterchangeRow]) -> Markup {
    html! {
        section { h2 { "Interchanges" }
            div .scroll { table {
                thead { tr { th { "Control number" } th { "End" } th { "Sender" } th { "Receiver" } th { "Partner" } th { "Version" } } }
                tbody { @for row in rows { tr {
                    td { code { (row.control) } @if row.test != 0 { " " span .badge .off { "Test" } } }
                    td { @if let Some(ends) = &row.ends { (words::badge(ends)) } " " (words::cause(row.cause.as_ref())) }
                    td .nowrap { code { (row.sender) } } td .nowrap { code { (row.receiver) } }
                    td { (words::partner(&console.hub.directory, row.partner)) }
                    td .nowrap { (row.standard) " " (row.version) }
                } } }
            } }
        }
    }
}

fn message_table(session: &Session, rows: &[MessageRow]) -> Markup {
    html! {
        div .scroll { table {
            thead { tr { th .num { "Set" } th { "Type" } th { "Number" } th { "State" } th { "Why" } th { "Next" } } }
            tbody { @for row in rows { tr {
                td .num { (row.set_no + 1) @if row.run > 0 { span .muted title="restarted" { " ↻" (row.run) } } }
                td .nowrap { (row.set_kind) " " code { (row.set_control) } }
                td .nowrap { @if let Some(number) = &row.number { a href={ "/story/" (words::coded(number)) } { (number) } } }
                td { (words::badge(&row.state)) }
                td { (tell::why(row)) }
                td { @if tell::can_restart(&row.state) { (layout::button(session, &format!("/messages/{}/restart", row.id), "Restart", false)) } }
            } } }
        } }
    }
}

/// Steps, oldest first; a thing's tries, one after the other, in one row.
pub fn journal_table(steps: &[StepRow]) -> Markup {
    let thing = |step: &StepRow| (step.delivery, step.message, step.document);
    let lines = journal::folded(steps, thing, |step| step.state == "retrying");
    html! {
        details open[lines.len() <= 30] {
            summary { (steps.len()) @if steps.len() == 1 { " step" } @else { " steps" } }
            div .scroll { table {
                thead { tr { th { "When" } th { "Stage" } th { "State" } th { "Of" } th { "Why" } th { "By" } } }
                tbody { @for line in &lines { @let step = line.last; tr {
                    td .nowrap { (words::when(line.first.at)) }
                    td { (step.stage) } td { (words::badge(&step.state)) }
                    td .muted { (of(step)) }
                    td {
                        @if line.times > 1 { (line.times) " times until " (words::when(step.at)) ", last: " }
                        (words::cause(step.cause.as_ref()))
                    }
                    td .muted { @if let Some(who) = step.cause.as_ref().map(|c| words::text(c, "who")).filter(|w| !w.is_empty()) { (who) } @else { (step.worker) } }
                } } }
            } }
        }
    }
}

fn of(step: &StepRow) -> String {
    match (step.delivery, step.message) {
        (Some(id), _) => format!("delivery {}", words::short(id)),
        (None, Some(id)) => format!("message {}", words::short(id)),
        (None, None) => "document".to_owned(),
    }
}

/// `GET /documents/{id}/raw`: the bytes as they came.
pub async fn raw(
    session: Session,
    State(console): State<Console>,
    Path(text): Path<String>,
) -> Result<Response, Wrong> {
    let (id, tenant) = (id(&text)?, session.tenant);
    let mut tx = console.hub.store.read(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(Wrong::NotFound("document"))?;
    let chunks = blobs::written(&mut tx, tenant, &row.sha256).await?;
    tx.rollback().await?;
    let size = u64::try_from(row.size).unwrap_or(0);
    if (chunks as u64) < size.div_ceil(blobs::CHUNK as u64) {
        return Err(Wrong::Refused("Its bytes were kept as long as the partner's agreement says".into()));
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = row.name.chars().map(plain).collect();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let stretches = blobs::stretches(console.hub.store.clone(), tenant, row.sha256, 0..size);
    Ok((headers, Body::from_stream(stretches)).into_response())
}
