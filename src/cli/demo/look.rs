//! Looking at how far something has come, until it has.

use crate::{
    canonical::{ConnectionId, DocumentId, Tenant},
    flow::Hub,
    formats::{
        self, Options,
        piece::{Piece, Standard},
    },
    store::{StoreError, deliveries, documents, messages},
};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// The longest that anything in the story may take.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A document and its messages by state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub id: Option<DocumentId>,
    pub state: String,
    pub messages: BTreeMap<String, i64>,
}

impl Seen {
    /// `translated: 49 applied, 1 rejected`.
    pub fn words(&self) -> String {
        if self.state.is_empty() {
            return "nothing yet".into();
        }
        let messages: Vec<String> = self.messages.iter().map(|(state, n)| format!("{n} {state}")).collect();
        if messages.is_empty() { self.state.clone() } else { format!("{}: {}", self.state, messages.join(", ")) }
    }
}

/// How a document stands.
pub async fn document(hub: &Hub, tenant: Tenant, id: DocumentId) -> Result<Seen, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let Some(row) = documents::get(&mut tx, tenant, id).await? else { return Ok(Seen::default()) };
    let messages = messages::states(&mut tx, tenant, id).await?.into_iter().collect();
    tx.rollback().await?;
    Ok(Seen { id: Some(id), state: row.state, messages })
}

/// The newest document of a name on a connection.
pub async fn named(hub: &Hub, tenant: Tenant, connection: &str, name: &str) -> Result<Option<DocumentId>, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let found = documents::named(&mut tx, tenant, ConnectionId::named(connection), name).await?;
    tx.rollback().await?;
    Ok(found)
}

/// Deliveries of a target by state: of a whole tenant.
pub async fn deliveries_to(
    hub: &Hub,
    tenant: Tenant,
    target: &str,
) -> Result<Vec<deliveries::DeliveryRow>, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let rows = deliveries::to_target(&mut tx, tenant, target).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Sets of an outbound kind in a folder: each as its segments' elements, by the order number it answers (`855`) or the
/// group's control number (`997`).
pub fn outbound(folder: &Path, kind: &str) -> Vec<Vec<Vec<String>>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return vec![] };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Ok(bytes) = std::fs::read(entry.path()) else { continue };
        for piece in formats::read(Standard::X12, bytes.as_slice(), Options::default()).flatten() {
            if let Piece::Set(set) = piece
                && &*set.kind == kind
            {
                found.push(segments(&set.tree));
            }
        }
    }
    found
}

/// The segments of a set in order, each with its id and its elements at their positions.
fn segments(tree: &formats::tree::Tree) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut stack = vec![tree.root()];
    while let Some(id) = stack.pop() {
        if tree.kind(id) == formats::tree::Kind::Segment {
            let mut elements = vec![tree.name(id).to_string()];
            for child in tree.children(id) {
                let position: usize = tree.name(child).parse().unwrap_or(elements.len());
                elements.resize(elements.len().max(position + 1), String::new());
                elements[position] = tree.value(child).unwrap_or_default().to_string();
            }
            found.push(elements);
        } else {
            let children: Vec<_> = tree.children(id).collect();
            stack.extend(children.into_iter().rev());
        }
    }
    found
}

/// The line outcomes of the 855 that answers an order (`IA`, `IB`, …), in order.
pub fn answers(folder: &Path, order: &str) -> Vec<Vec<String>> {
    outbound(folder, "855")
        .into_iter()
        .filter(|set| set.iter().any(|s| s[0] == "BAK" && s.get(3).is_some_and(|n| n == order)))
        .map(|set| set.iter().filter(|s| s[0] == "ACK").filter_map(|s| s.get(1).cloned()).collect())
        .collect()
}

/// AK901 of the 997 for a group's control number.
pub fn acknowledged(folder: &Path, group: u64) -> Option<String> {
    outbound(folder, "997")
        .into_iter()
        .find(|set| set.iter().any(|s| s[0] == "AK1" && s.get(2).is_some_and(|n| n.parse() == Ok(group))))
        .and_then(|set| set.iter().find(|s| s[0] == "AK9").and_then(|s| s.get(1).cloned()))
}
