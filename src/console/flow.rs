//! The first page: the way as a picture, with counts, rates and what needs a person; below it the newest documents.

use super::{Console, documents, layout, session::Session, words, wrong::Wrong};
use crate::{
    canonical::{ConnectionId, Micros, Tenant},
    store::{
        StoreError,
        census::{self, Work},
        deliveries, directory, documents as rows, expectations, journal,
        messages::{self, MessageRow},
        now, outbox,
    },
};
use axum::extract::State;
use maud::{Markup, html};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Documents below the picture.
const NEWEST: i64 = 12;
/// Held messages that the page names.
const HELD: i64 = 5;
/// Open dead letters are counted up to this many.
const LETTERS: i64 = 200;

type Counts = BTreeMap<String, i64>;

/// What the picture shows of one tenant.
pub struct Numbers {
    documents: Counts,
    messages: Counts,
    deliveries: Counts,
    /// Steps of the last minute by (stage, state).
    pace: BTreeMap<(String, String), i64>,
    /// Claim checks in the outbox by stage, of the whole hub.
    depth: BTreeMap<String, i64>,
    failing: BTreeMap<String, String>,
    letters: i64,
    late: usize,
    overdue: i64,
    held: Vec<MessageRow>,
}

/// Reads the numbers of a tenant.
pub async fn numbers(console: &Console, tenant: Tenant) -> Result<Numbers, StoreError> {
    let now = now();
    let own = |rows: Vec<(String, i64)>| -> Counts { rows.into_iter().collect() };
    let mut tx = console.hub.store.system_read().await?;
    let documents = own(census::documents(&mut tx, Some(tenant)).await?);
    let messages = own(census::messages(&mut tx, Some(tenant)).await?);
    let sent = own(census::deliveries(&mut tx, Some(tenant)).await?);
    let depth = outbox::depth(&mut tx, now).await?.into_iter().map(|(stage, n, _)| (stage, n)).collect();
    let failing = directory::failing_now(&mut tx).await?.into_iter().filter(|f| f.0 == tenant).map(|f| (f.1, f.2));
    let failing = failing.collect();
    let mut late = 0;
    for work in [Work::Documents, Work::Messages, Work::Deliveries] {
        late += census::stuck(&mut tx, work, Some(tenant), now).await?.len();
    }
    tx.rollback().await?;
    let mut tx = console.hub.store.read(tenant).await?;
    let pace = journal::pace(&mut tx, tenant, now.0 - 60_000_000).await?;
    let first = (Micros(i64::MAX), Uuid::max());
    let letters = deliveries::letters_page(&mut tx, tenant, first, None, false, LETTERS).await?.len() as i64;
    let overdue = expectations::overdue(&mut tx, tenant).await?;
    let held = messages::in_state(&mut tx, tenant, "held", HELD).await?;
    tx.rollback().await?;
    let pace = pace.into_iter().map(|(stage, state, n)| ((stage, state), n)).collect();
    Ok(Numbers { documents, messages, deliveries: sent, pace, depth, failing, letters, late, overdue, held })
}

impl Numbers {
    fn rate(&self, stage: &str, states: &[&str]) -> i64 {
        states.iter().filter_map(|s| self.pace.get(&(stage.to_owned(), (*s).to_owned()))).sum()
    }
}

/// `GET /`
pub async fn page(session: Session, State(console): State<Console>) -> Result<Markup, Wrong> {
    let numbers = numbers(&console, session.tenant).await?;
    let newest = newest(&console, session.tenant).await?;
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::Flow,
        "Flow",
        html! {
            h1 .sr { "Flow" }
            div #flow data-live { (picture(&console, session.tenant, &numbers)) }
            section aria-labelledby="newest-title" {
                div .head { h2 #newest-title { "Newest documents" } a href="/documents" { "All documents" } }
                div #newest { (newest) }
            }
        },
    ))
}

/// The newest documents as a table.
pub async fn newest(console: &Console, tenant: Tenant) -> Result<Markup, StoreError> {
    let mut tx = console.hub.store.read(tenant).await?;
    let rows = rows::search(&mut tx, tenant, &rows::Search::default(), NEWEST).await?;
    tx.rollback().await?;
    let halted = documents::halted(console, tenant, &rows).await?;
    Ok(documents::table(console, &rows, &halted))
}

/// The picture; `/live` sends it again.
pub fn picture(console: &Console, tenant: Tenant, numbers: &Numbers) -> Markup {
    let pending = |counts: &Counts, states: &[&str]| states.iter().filter_map(|s| counts.get(*s)).sum::<i64>();
    html! {
        (needs(numbers))
        div .flow role="group" aria-label="The way of a document" {
            (connections(console, tenant, numbers))
            (stage("Received", numbers.rate("intake", &["received"]), None,
                &[("received", pending(&numbers.documents, &["received"])), ("retrying", pending(&numbers.documents, &["retrying"]))], "/documents?state="))
            (stage("Translate", numbers.rate("translate", &["translated", "rejected", "unassigned", "duplicate"]), numbers.depth.get("translate"),
                &listed(&numbers.documents, &["translated", "unassigned", "rejected", "duplicate", "dead"]), "/documents?state="))
            (stage("Apply", numbers.rate("apply", &["applied", "rejected"]), numbers.depth.get("apply"),
                &listed(&numbers.messages, &["applied", "pending", "waiting", "held", "retrying", "rejected", "dead", "cancelled"]), ""))
            (stage("Deliver", numbers.rate("deliver", &["delivered"]), numbers.depth.get("deliver"),
                &listed(&numbers.deliveries, &["delivered", "pending", "retrying", "dead", "cancelled"]), ""))
            (targets(console, tenant))
        }
    }
}

fn listed(counts: &Counts, states: &'static [&'static str]) -> Vec<(&'static str, i64)> {
    states.iter().map(|s| (*s, counts.get(*s).copied().unwrap_or(0))).collect()
}

fn stage(name: &str, rate: i64, depth: Option<&i64>, states: &[(&str, i64)], link: &str) -> Markup {
    html! {
        section .stage aria-label=(name) {
            h2 { (name) }
            p .rate { b { (rate) } span { " / min" } }
            ul .states {
                @for (at, (state, n)) in states.iter().enumerate() {
                    @let (word, look) = words::word(state);
                    @if at == 0 || *n > 0 {
                        li .(look) {
                            @if link.is_empty() { span { (word) } } @else { a href={ (link) (state) } { (word) } }
                            span .num { (n) }
                        }
                    }
                }
                @if let Some(depth) = depth { li .off title="Claim checks in the outbox, of the whole hub" { span { "In queue" } span .num { (depth) } } }
            }
        }
    }
}

fn connections(console: &Console, tenant: Tenant, numbers: &Numbers) -> Markup {
    let mut own: Vec<_> = console.hub.directory.connections.values().filter(|c| c.tenant == tenant).collect();
    own.sort_by(|a, b| a.name.cmp(&b.name));
    html! {
        section .stage .ends aria-label="Connections" {
            h2 { "Connections" }
            ul {
                @for connection in own {
                    @let why = numbers.failing.get(&connection.name);
                    li .bad[why.is_some()] {
                        a href={ "/documents?connection=" (words::coded(&connection.name)) } { (connection.name) }
                        span .muted { (connection.transport) }
                        @if let Some(why) = why { span .why { "failing: " (why) } }
                    }
                }
            }
        }
    }
}

fn targets(console: &Console, tenant: Tenant) -> Markup {
    let directory = &console.hub.directory;
    let endpoints = directory.tenants.get(&tenant).map(|t| t.endpoints.as_slice()).unwrap_or_default();
    let mut partners: Vec<_> =
        directory.partners.values().filter(|p| p.tenant == tenant && !p.answers.is_empty()).collect();
    partners.sort_by(|a, b| a.name.cmp(&b.name));
    html! {
        section .stage .ends aria-label="Endpoints and partners" {
            h2 { "Endpoints, partners" }
            ul {
                @for endpoint in endpoints { li { span { (endpoint.name) } span .muted { "webhook" } } }
                @for partner in partners {
                    li { a href={ "/documents?partner=" (words::coded(&partner.name)) } { (partner.name) }
                        span .muted { (kinds(&partner.answers)) } }
                }
            }
        }
    }
}

fn kinds(answers: &[crate::tenancy::directory::AnswerInfo]) -> String {
    answers.iter().map(|a| a.kind.as_str()).collect::<Vec<_>>().join(", ")
}

/// What needs a person, in one row; said also when there is nothing.
fn needs(numbers: &Numbers) -> Markup {
    let unassigned = numbers.documents.get("unassigned").copied().unwrap_or(0);
    let held = numbers.messages.get("held").copied().unwrap_or(0);
    let more = if numbers.letters >= LETTERS { "+" } else { "" };
    html! {
        div .needs role="status" {
            (need("Dead letters", &format!("{}{more}", numbers.letters), numbers.letters > 0, "bad", Some("/dead")))
            (need("Held messages", &held.to_string(), held > 0, "wait", None))
            (need("Unassigned", &unassigned.to_string(), unassigned > 0, "wait", Some("/documents?state=unassigned")))
            (need("Late", &numbers.late.to_string(), numbers.late > 0, "bad", None))
            (need("Overdue", &numbers.overdue.to_string(), numbers.overdue > 0, "bad", Some("/overdue")))
            (need("Failing connections", &numbers.failing.len().to_string(), !numbers.failing.is_empty(), "bad", None))
        }
        @if !numbers.held.is_empty() {
            ul .heldlist aria-label="Held messages" {
                @for message in &numbers.held {
                    li {
                        (words::badge("held")) " "
                        @match &message.number {
                            Some(number) => a href={ "/story/" (words::coded(number)) } { (number) },
                            None => a href={ "/documents/" (message.document) } { (message.set_kind) " " (message.set_control) },
                        }
                        " " (words::reason(message.cause.as_ref())) " " span .muted { (words::when(message.created_at)) }
                    }
                }
            }
        }
    }
}

fn need(name: &str, count: &str, open: bool, look: &'static str, link: Option<&str>) -> Markup {
    let inner = html! { b .num { (count) } span { (name) } };
    html! {
        @match link {
            Some(link) => a .need .(if open { look } else { "calm" }) href=(link) { (inner) },
            None => span .need .(if open { look } else { "calm" }) { (inner) },
        }
    }
}

/// The name of a connection; its id where no file names it any more.
pub fn connection_name(console: &Console, id: ConnectionId) -> String {
    console.hub.directory.connections.get(&id).map_or_else(|| id.to_string(), |c| c.name.clone())
}
