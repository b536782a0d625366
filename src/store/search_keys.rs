//! Business values that documents are found by beside their numbers, as agreements want them.

use super::{
    StoreError, Tx,
    messages::NewMessage,
    sql::{exec, fetch},
};
use crate::canonical::{DocumentId, MessageId, Tenant};
use serde::Serialize;

/// A value of a set, by the name that the agreement gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, sqlx::FromRow)]
pub struct SearchKey {
    pub name: String,
    pub value: String,
}

#[derive(Serialize)]
struct Row<'a> {
    tenant: Tenant,
    message: MessageId,
    document: DocumentId,
    name: &'a str,
    value: &'a str,
}

/// What is looked for by `store:0042`: a name is as agreements take it, so that a value with a colon is one all the same (`:a:b` has no name).
pub fn asked(text: &str) -> (Option<String>, String) {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    match text.split_once(':') {
        Some(("", value)) => (None, value.to_owned()),
        Some((name, value)) if is_name(name) => (Some(name.to_owned()), value.to_owned()),
        _ => (None, text.to_owned()),
    }
}

/// Writes the keys of messages; those that stand are left as they are.
pub(super) async fn insert(tx: &mut Tx, messages: &[NewMessage]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for message in messages {
        rows.extend(message.search_keys.iter().map(|key| Row {
            tenant: message.tenant,
            message: message.id,
            document: message.document,
            name: &key.name,
            value: &key.value,
        }));
    }
    if rows.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into search_keys (tenant, message, document, name, value) select r.tenant, r.message, r.document, r.name, r.value
         from {rows} where true on conflict (message, name, value) do nothing",
        "tenant uuid, message uuid, document uuid, name text, value text" => &rows
    )?;
    Ok(())
}

/// The keys of a document, each once, by name and value; at most so many.
pub async fn of_document(
    tx: &mut Tx,
    tenant: Tenant,
    document: DocumentId,
    limit: i64,
) -> Result<Vec<SearchKey>, StoreError> {
    Ok(fetch!(
        tx,
        "select distinct name, value from search_keys where tenant = $1 and document = $2 order by name, value limit $3";
        tenant, document, limit
    )?)
}
