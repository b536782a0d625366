//! What is overdue: acknowledgements that partners owe, and answers.

use super::{Console, layout, session::Session, words, wrong::Wrong};
use crate::{
    canonical::{MessageId, Micros},
    store::{
        expectations::{self, ExpectationRow},
        messages,
    },
};
use axum::extract::State;
use maud::{Markup, html};
use std::collections::HashMap;

/// Rows shown.
const ROWS: i64 = 200;

/// `GET /overdue`
pub async fn page(session: Session, State(console): State<Console>) -> Result<Markup, Wrong> {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let mut rows = expectations::in_state(&mut tx, session.tenant, "overdue", false, ROWS).await?;
    rows.extend(expectations::in_state(&mut tx, session.tenant, "warned", false, ROWS).await?);
    let mut numbers: HashMap<MessageId, String> = HashMap::new();
    for row in &rows {
        if let Some(number) = messages::get(&mut tx, session.tenant, row.message).await?.and_then(|m| m.number) {
            numbers.insert(row.message, number);
        }
    }
    tx.rollback().await?;
    Ok(layout::page(
        &console,
        &session,
        layout::Tab::None,
        "Overdue",
        html! {
            h1 { "Overdue" }
            @if rows.is_empty() { p .empty { "Nothing is overdue, and nothing is due soon." } }
            @else { (table(&console, &session, &rows, &numbers)) }
        },
    ))
}

fn table(
    console: &Console,
    session: &Session,
    rows: &[ExpectationRow],
    numbers: &HashMap<MessageId, String>,
) -> Markup {
    html! {
        div .scroll { table {
            thead { tr { th { "What" } th { "Number" } th { "Partner" } th { "State" } th .num { "Since" } th .num { "Due" } th { "Next" } } }
            tbody { @for row in rows { tr {
                td { (what(row)) }
                td .nowrap { @if let Some(number) = numbers.get(&row.message) { a href={ "/story/" (words::coded(number)) } { (number) } } }
                td { (words::partner(&console.hub.directory, Some(row.partner))) }
                td { @if row.state == "overdue" { span .badge .bad { "Overdue" } } @else { span .badge .wait { "Due soon" } } }
                td .num { (words::when(row.since.unwrap_or(row.created_at).0)) }
                td .num { @if let Some(Micros(due)) = row.due_at { (words::when(due)) } }
                td { @if session.may_operate { details { summary { "Review and close" } (layout::button(session, &format!("/expectations/{}/close", row.id), "Close", false)) } } }
            } } }
        } }
    }
}

fn what(row: &ExpectationRow) -> String {
    match (&row.wants, row.owes.as_str()) {
        (Some(wants), "us") => format!("our {wants}"),
        (Some(wants), _) => format!("the partner's {wants}"),
        (None, _) => "the partner's acknowledgement".to_owned(),
    }
}
