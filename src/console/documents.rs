//! Documents: found by what people know of them.

use super::{Console, flow::connection_name, layout, session::Session, words, wrong::Wrong};
use crate::{
    canonical::{ConnectionId, DocumentId, Micros, PartnerId, Tenant},
    flow::export::{self, Lines},
    store::{
        StoreError,
        documents::{self, DocumentRow, Identity, Search},
        messages::{self, Halted},
        now, search_keys,
    },
};
use axum::{
    body::Body,
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::HashMap;
use uuid::Uuid;

const PAGE: usize = 50;
const TIMES: [(&str, &str, i64); 4] = [
    ("1h", "last hour", 3_600),
    ("24h", "last 24 hours", 86_400),
    ("7d", "last 7 days", 604_800),
    ("30d", "last 30 days", 2_592_000),
];

/// What the list is narrowed to; an empty field narrows nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    q: String,
    state: String,
    partner: String,
    connection: String,
    #[serde(rename = "type")]
    kind: String,
    time: String,
    sender: String,
    receiver: String,
    standard: String,
    control: String,
    number: String,
    key: String,
    closed: String,
    cursor: String,
}

const STANDARDS: [&str; 6] = ["x12", "edifact", "xml", "json", "csv", "fixed"];

impl Filter {
    fn search(&self, tenant: Tenant) -> Result<Search, Wrong> {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let seconds = TIMES.iter().find(|t| t.0 == self.time).map(|t| t.2);
        let before = match self.cursor.as_str() {
            "" => None,
            text => Some(cursor(text).ok_or_else(|| Wrong::Field(format!("`{text}` is no place in this list.")))?),
        };
        Ok(Search {
            state: filled(&self.state),
            partner: filled(&self.partner).map(|name| PartnerId::named(tenant, &name)),
            connection: filled(&self.connection).map(|name| ConnectionId::named(&name)),
            set_kind: filled(&self.kind),
            sender: filled(&self.sender).map(|text| Identity::asked(&text)),
            receiver: filled(&self.receiver).map(|text| Identity::asked(&text)),
            standard: filled(&self.standard),
            control: filled(&self.control),
            number: filled(&self.number),
            key: filled(&self.key).map(|key| search_keys::asked(&key)),
            closed: !self.closed.is_empty(),
            since: seconds.map(|s| Micros(now().0 - s * 1_000_000)),
            before,
            ..Search::default()
        })
    }

    /// What is filled in, as an address has it: each with `&` behind it.
    fn query(&self) -> String {
        let fields = [
            ("q", &self.q),
            ("state", &self.state),
            ("partner", &self.partner),
            ("connection", &self.connection),
            ("type", &self.kind),
            ("time", &self.time),
            ("sender", &self.sender),
            ("receiver", &self.receiver),
            ("standard", &self.standard),
            ("control", &self.control),
            ("number", &self.number),
            ("key", &self.key),
            ("closed", &self.closed),
        ];
        let filled = fields.into_iter().filter(|(_, value)| !value.is_empty());
        filled.map(|(name, value)| format!("{name}={}&", words::coded(value))).collect()
    }

    /// The address of the next page.
    fn next(&self, row: &DocumentRow) -> String {
        format!("/documents?{}cursor={}_{}", self.query(), row.received_at, row.id.0.simple())
    }

    /// True if one of the fields is filled in that stand behind the others.
    fn is_narrow(&self) -> bool {
        [&self.sender, &self.receiver, &self.standard, &self.control, &self.number, &self.key, &self.closed]
            .iter()
            .any(|value| !value.is_empty())
    }
}

fn cursor(text: &str) -> Option<(Micros, DocumentId)> {
    let (at, id) = text.split_once('_')?;
    Some((Micros(at.parse().ok()?), DocumentId(Uuid::try_parse(id).ok()?)))
}

/// `GET /documents`
pub async fn page(
    session: Session,
    State(console): State<Console>,
    Query(filter): Query<Filter>,
) -> Result<Response, Wrong> {
    let tenant = session.tenant;
    // An id leads to its document at once.
    if let Ok(id) = Uuid::try_parse(filter.q.trim()) {
        return Ok(Redirect::to(&format!("/documents/{id}")).into_response());
    }
    let (mut rows, how) = find(&console, tenant, &filter).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|last| filter.next(last));
    let halted = halted(&console, tenant, &rows).await?;
    let page = layout::page(
        &console,
        &session,
        layout::Tab::Documents,
        "Documents",
        html! {
            h1 { "Documents" }
            (form(&console, tenant, &filter))
            @if let Some(how) = how { p .muted { (how) } }
            @if rows.is_empty() {
                p .empty { "Nothing here. " a href="/documents" { "Show all documents" } "." }
            } @else { (table(&console, &rows, &halted)) }
            nav .pager aria-label="Pages of the list" {
                @if !filter.cursor.is_empty() { a href="/documents" { "Newest" } }
                @if let Some(next) = next { a rel="next" href=(next) { "Older" } }
                @if !rows.is_empty() {
                    a #csv href={ "/documents.csv?" (filter.query()) } download { "All as CSV" }
                    a href={ "/documents.jsonl?" (filter.query()) } download { "All as JSON lines" }
                }
            }
        },
    );
    Ok(page.into_response())
}

/// `GET /documents.csv`: all that the list would show, page after page.
pub async fn csv(session: Session, console: State<Console>, filter: Query<Filter>) -> Result<Response, Wrong> {
    exported(session, console, filter, Lines::Csv).await
}

/// `GET /documents.jsonl`
pub async fn json_lines(session: Session, console: State<Console>, filter: Query<Filter>) -> Result<Response, Wrong> {
    exported(session, console, filter, Lines::Json).await
}

async fn exported(
    session: Session,
    State(console): State<Console>,
    Query(filter): Query<Filter>,
    lines: Lines,
) -> Result<Response, Wrong> {
    let (search, _, _) = found(&console, session.tenant, &filter).await?;
    let (media, name) = match lines {
        Lines::Csv => ("text/csv; charset=utf-8", "documents.csv"),
        Lines::Json => ("application/x-ndjson", "documents.jsonl"),
    };
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    let search = Search { before: None, ..search };
    let body = Body::from_stream(export::documents(console.hub.clone(), session.tenant, search, lines));
    Ok((headers, body).into_response())
}

async fn find(console: &Console, tenant: Tenant, filter: &Filter) -> Result<(Vec<DocumentRow>, Option<String>), Wrong> {
    let (_, rows, how) = found(console, tenant, filter).await?;
    Ok((rows, how))
}

/// The search that leads somewhere, what it finds, and what was taken for what.
type Found = (Search, Vec<DocumentRow>, Option<String>);

/// What is typed may be an order's number, a control number, a partner, or part of a name: the first that leads somewhere.
async fn found(console: &Console, tenant: Tenant, filter: &Filter) -> Result<Found, Wrong> {
    let plain = filter.search(tenant)?;
    let limit = PAGE as i64 + 1;
    let text = filter.q.trim().to_owned();
    let mut tx = console.hub.store.read(tenant).await?;
    if text.is_empty() {
        let rows = documents::search(&mut tx, tenant, &plain, limit).await?;
        tx.rollback().await?;
        return Ok((plain, rows, None));
    }
    let partner = PartnerId::named(tenant, &text);
    let mut ways = vec![
        ("business number", Search { number: Some(text.clone()), ..plain.clone() }),
        ("search key", Search { key: Some(search_keys::asked(&text)), ..plain.clone() }),
        ("control number", Search { control: Some(text.clone()), ..plain.clone() }),
    ];
    if console.hub.directory.partners.contains_key(&partner) {
        ways.push(("partner", Search { partner: Some(partner), ..plain.clone() }));
    }
    ways.push(("name, identity or hash", Search { text: Some(text.clone()), ..plain.clone() }));
    for (name, search) in ways {
        let rows: Result<Vec<DocumentRow>, StoreError> = documents::search(&mut tx, tenant, &search, limit).await;
        let rows = rows?;
        if !rows.is_empty() {
            tx.rollback().await?;
            return Ok((search, rows, Some(format!("Found by {name}."))));
        }
    }
    tx.rollback().await?;
    Ok((
        Search { text: Some(text.clone()), ..plain },
        vec![],
        Some(format!("No business number, search key, control number, partner, name or hash is like “{text}”.")),
    ))
}

fn form(console: &Console, tenant: Tenant, filter: &Filter) -> Markup {
    let directory = &console.hub.directory;
    let mut partners: Vec<&str> =
        directory.partners.values().filter(|p| p.tenant == tenant).map(|p| p.name.as_str()).collect();
    let mut connections: Vec<&str> =
        directory.connections.values().filter(|c| c.tenant == tenant).map(|c| c.name.as_str()).collect();
    partners.sort_unstable();
    connections.sort_unstable();
    let states = documents::ASKED.map(|s| (s, words::word(s).0));
    html! {
        form .filters method="get" action="/documents" {
            input #find type="search" name="q" value=(filter.q) placeholder="Number, search key, control number, file name, id, partner" aria-label="Find documents" spellcheck="false";
            (select("state", "State", &filter.state, states.into_iter()))
            (select("partner", "Partner", &filter.partner, partners.into_iter().map(|p| (p, p))))
            (select("connection", "Connection", &filter.connection, connections.into_iter().map(|c| (c, c))))
            input type="text" name="type" value=(filter.kind) placeholder="Type: 850" aria-label="Type of set" size="9";
            (select("time", "Time", &filter.time, TIMES.into_iter().map(|t| (t.0, t.1))))
            button .primary type="submit" { "Find" }
            details #more open[filter.is_narrow()] { summary { "More" }
                input type="text" name="sender" value=(filter.sender) placeholder="Sender: ZZ/NORTHWIND" aria-label="Sender's identity" spellcheck="false";
                input type="text" name="receiver" value=(filter.receiver) placeholder="Receiver: ZZ/ACMEDIST" aria-label="Receiver's identity" spellcheck="false";
                (select("standard", "Standard", &filter.standard, STANDARDS.into_iter().map(|s| (s, s))))
                input type="text" name="control" value=(filter.control) placeholder="Control number" aria-label="Control number" spellcheck="false";
                input type="text" name="number" value=(filter.number) placeholder="Business number" aria-label="Business number" spellcheck="false";
                input type="text" name="key" value=(filter.key) placeholder="Search key: store:0042" aria-label="Search key" spellcheck="false";
                label { input type="checkbox" name="closed" value="true" checked[!filter.closed.is_empty()]; " Closed" }
            }
        }
    }
}

fn select<'a>(name: &str, label: &str, chosen: &str, options: impl Iterator<Item = (&'a str, &'a str)>) -> Markup {
    html! {
        select name=(name) aria-label=(label) {
            option value="" { (label) ": any" }
            @for (value, shown) in options { option value=(value) selected[value == chosen] { (shown) } }
        }
    }
}

/// What of a document is held or refused, of those of which anything is.
pub type HaltedOf = HashMap<DocumentId, Halted>;

/// Which of the documents have messages that are held or refused.
pub async fn halted(console: &Console, tenant: Tenant, rows: &[DocumentRow]) -> Result<HaltedOf, StoreError> {
    let ids: Vec<DocumentId> = rows.iter().map(|row| row.id).collect();
    let mut tx = console.hub.store.read(tenant).await?;
    let halted = messages::halted_of(&mut tx, tenant, &ids).await?;
    tx.rollback().await?;
    Ok(halted.into_iter().map(|halted| (halted.document, halted)).collect())
}

fn called<'a>(row: &'a DocumentRow, halted: Option<&Halted>) -> &'a str {
    let (held, refused, waiting) = halted.map_or((0, 0, 0), |halted| (halted.held, halted.refused, halted.waiting));
    documents::called(&row.state, row.cause.as_ref(), held, refused, waiting)
}

/// Documents as a table. What is translated and not applied, since messages of it are held, is shown as held.
pub fn table(console: &Console, rows: &[DocumentRow], halted: &HaltedOf) -> Markup {
    html! {
        div .scroll {
            table .documents {
                thead { tr { th { "Document" } th { "State" } th { "Partner" } th { "Connection" } th { "Standard" } th .num { "Sets" } th .num { "Size" } th .num { "Received" } } }
                tbody {
                    @for row in rows {
                        @let waits = halted.get(&row.id);
                        tr {
                            td { a href={ "/documents/" (row.id) } { (row.name) }
                                @if let Some(cause) = waits.and_then(|halted| halted.cause.as_ref()).or(row.cause.as_ref()) { div .why { (words::cause(Some(cause))) } }
                                @if let Some(more) = waits.map(|halted| halted.causes - 1).filter(|more| *more > 0) { div .why { "and " (more) (if more == 1 { " other reason" } else { " other reasons" }) } } }
                            td { (words::badge(called(row, waits))) }
                            td { (words::partner(&console.hub.directory, row.partner)) }
                            td { (connection_name(console, row.connection)) }
                            td { (row.standard.as_deref().unwrap_or("")) }
                            td .num { @if let Some(sets) = row.sets { (sets) } }
                            td .num { (words::size(row.size)) }
                            td .num { (words::when(row.received_at)) }
                        }
                    }
                }
            }
        }
    }
}
