//! What is owed for messages and until when: for stories, wherever they are told, and for alerts.

use crate::{
    canonical::{MessageId, Micros, Tenant},
    store::{
        StoreError, Tx,
        expectations::{self, ExpectationRow},
    },
    tenancy::Directory,
};
use uuid::Uuid;

/// An answer that is still to come, or to go.
#[derive(Debug)]
pub struct Owed {
    pub id: Uuid,
    pub due_at: Micros,
    pub is_late: bool,
    pub sentence: String,
}

/// What is owed for messages, what is due first before the rest.
pub async fn of(
    tx: &mut Tx,
    directory: &Directory,
    tenant: Tenant,
    messages: &[MessageId],
) -> Result<Vec<Owed>, StoreError> {
    let rows = expectations::open_answers(tx, tenant, messages).await?;
    let owed = |row: ExpectationRow| {
        let due_at = row.due_at?;
        let is_late = row.state == "overdue";
        let sentence = sentence(&row, directory.partner_name(row.partner), &row.state, due_at);
        Some(Owed { id: row.id, due_at, is_late, sentence })
    };
    Ok(rows.into_iter().filter_map(owed).collect())
}

/// `our 855 for PO-1 to northwind is overdue: it was due at …`.
pub fn sentence(row: &ExpectationRow, partner: &str, state: &str, due_at: Micros) -> String {
    let what = match (&row.wants, &row.number) {
        (Some(wants), Some(number)) if row.owes == "us" => format!("our {wants} for {number} to {partner}"),
        (Some(wants), Some(number)) => format!("{partner}'s {wants} for {number}"),
        _ => format!("{partner}'s acknowledgement of a document of ours"),
    };
    let word = match state {
        "overdue" => "is overdue: it was due at",
        "warned" => "is due soon: at",
        _ => "is due at",
    };
    format!("{what} {word} {due_at}")
}
