//! What went back to the sender of messages: the acknowledgements of their groups and interchanges, their advices, and
//! the letters about their documents. Others of the same document are none of theirs.

use crate::{
    canonical::{DeliveryId, DocumentId, MessageId, Tenant},
    emit::acknowledge,
    store::{
        StoreError, Tx,
        deliveries::{self, DeliveryRow},
        documents,
        messages::MessageRow,
    },
};
use std::collections::BTreeSet;

/// Oldest first.
pub async fn of(tx: &mut Tx, tenant: Tenant, messages: &[MessageRow]) -> Result<Vec<DeliveryRow>, StoreError> {
    let documents: BTreeSet<DocumentId> = messages.iter().map(|row| row.document).collect();
    let documents: Vec<DocumentId> = documents.into_iter().collect();
    let rows = documents::by_ids(tx, tenant, &documents).await?;
    let again = |id: DocumentId| rows.iter().find(|row| row.id == id).map_or(0, |row| row.acknowledged_again);
    let ids_of =
        |row: &MessageRow| acknowledge::ids_of_set(row.document, row.interchange, row.group_no, again(row.document));
    let asked: BTreeSet<DeliveryId> = messages.iter().flat_map(ids_of).collect();
    let asked: Vec<DeliveryId> = asked.into_iter().collect();
    let mut sent = if asked.is_empty() { vec![] } else { deliveries::load(tx, tenant, &asked).await? };
    let told: BTreeSet<MessageId> = messages.iter().map(|row| row.id).collect();
    let own = |row: &DeliveryRow| row.kind == "letter" || row.message.is_some_and(|message| told.contains(&message));
    sent.extend(deliveries::acknowledgements(tx, tenant, &documents).await?.into_iter().filter(own));
    sent.sort_by_key(|row| (row.created_at, row.id));
    Ok(sent)
}
