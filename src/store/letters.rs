//! Letters that are owed to partners' contacts: about which documents, and when they were last written to.

use super::{
    StoreError, Tx,
    sql::{exec, fetch},
};
use crate::canonical::{DocumentId, Micros, PartnerId, Tenant};
use serde::Serialize;
use uuid::Uuid;

#[derive(Serialize)]
struct Ask {
    id: Uuid,
}

fn asked(ids: impl IntoIterator<Item = Uuid>) -> Vec<Ask> {
    ids.into_iter().map(|id| Ask { id }).collect()
}

/// Notes that a letter is owed about documents; what stands is left as it is.
pub async fn owe(tx: &mut Tx, tenant: Tenant, documents: &[Uuid], now: Micros) -> Result<(), StoreError> {
    if documents.is_empty() {
        return Ok(());
    }
    exec!(
        tx,
        "insert into letters_owed (tenant, document, since) select d.tenant, d.id, $3 from documents d join {rows} on d.id = r.id
         where d.tenant = $2 on conflict (document) do nothing",
        "id uuid" => &asked(documents.iter().copied());
        tenant, now.0
    )?;
    Ok(())
}

/// Tenants of which any letter is owed.
pub async fn owing(tx: &mut Tx) -> Result<Vec<Tenant>, StoreError> {
    let found: Vec<(Tenant,)> = fetch!(tx, "select distinct tenant from letters_owed")?;
    Ok(found.into_iter().map(|(tenant,)| tenant).collect())
}

/// A document that a letter is owed about.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Owed {
    pub document: DocumentId,
    pub partner: Option<PartnerId>,
    pub name: String,
}

/// The oldest documents that a letter is owed about and of which all is decided: they have ended, and none of their messages
/// is on its way. What was owed before `late` waits no longer for messages. Partners that were written to behind `since` are
/// passed over: who is refused often holds up nobody's letter.
pub async fn owed(
    tx: &mut Tx,
    tenant: Tenant,
    late: Micros,
    since: Micros,
    limit: i64,
) -> Result<Vec<Owed>, StoreError> {
    Ok(fetch!(
        tx,
        "select o.document, d.partner, d.name from letters_owed o join documents d on d.id = o.document and d.tenant = o.tenant
         where o.tenant = $1 and d.ended_at is not null
            and (o.since < $2 or not exists (select 1 from messages m where m.tenant = o.tenant and m.document = o.document and m.state in ('pending', 'waiting', 'retrying')))
            and not exists (select 1 from letters_written w where w.tenant = o.tenant and w.partner = d.partner and w.at > $3)
         order by o.since, o.document limit $4";
        tenant, late.0, since.0, limit
    )?)
}

/// Strikes documents from what is owed; gives those that stood there.
pub async fn settle(tx: &mut Tx, tenant: Tenant, documents: &[DocumentId]) -> Result<Vec<DocumentId>, StoreError> {
    if documents.is_empty() {
        return Ok(vec![]);
    }
    let found: Vec<(DocumentId,)> = fetch!(
        tx,
        "delete from letters_owed where tenant = $2 and document in (select r.id from {rows}) returning document",
        "id uuid" => &asked(documents.iter().map(|id| id.0));
        tenant
    )?;
    Ok(found.into_iter().map(|(document,)| document).collect())
}

/// Notes that a partner's contacts are written to now.
pub async fn written(tx: &mut Tx, tenant: Tenant, partner: PartnerId, now: Micros) -> Result<(), StoreError> {
    exec!(
        tx,
        "insert into letters_written (tenant, partner, at) values ($1, $2, $3) on conflict (tenant, partner) do update set at = excluded.at";
        tenant, partner, now.0
    )?;
    Ok(())
}
