//! Natural groups: what arrived while the last commit ran is committed together. Nobody waits for a timer,
//! and at one connection nothing waits at all.

use super::{Copied, Facts, Limits, Receipt};
use crate::{
    canonical::{ClaimCheck, ConnectionId, DocumentId, Micros, PartnerId, Stage, Tenant},
    store::{
        Store, StoreError, Trouble, blobs,
        documents::{self, Arrival, NewDocument},
        journal::{self, Step},
        now, outbox,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use tokio::sync::{mpsc, oneshot};

/// At most so many documents in one transaction.
const GROUP: usize = 128;
/// A conflict (two intakes of the same content) is tried again so often.
const CONFLICTS: usize = 5;

/// A spooled document that waits for its commit.
pub struct Pending {
    pub facts: Facts,
    pub sha256: String,
    pub size: u64,
    /// The bytes, where they go in with the rows.
    pub small: Option<Arc<Vec<u8>>>,
    pub reply: oneshot::Sender<Result<Receipt, Arc<StoreError>>>,
}

/// Starts the task that commits groups; it ends when every `Intake` is gone.
pub fn start(store: Store, limits: Arc<Limits>) -> mpsc::Sender<Pending> {
    let (sender, mut receiver) = mpsc::channel::<Pending>(4 * GROUP);
    tokio::spawn(async move {
        while let Some(first) = receiver.recv().await {
            let mut group = vec![first];
            while group.len() < GROUP
                && let Ok(next) = receiver.try_recv()
            {
                group.push(next);
            }
            let mut by_tenant: BTreeMap<Tenant, Vec<Pending>> = BTreeMap::new();
            for one in group {
                by_tenant.entry(one.facts.connection.tenant).or_default().push(one);
            }
            for (tenant, group) in by_tenant {
                answer(&store, &limits, tenant, group).await;
            }
        }
    });
    sender
}

async fn answer(store: &Store, limits: &Limits, tenant: Tenant, group: Vec<Pending>) {
    let mut tries = 0;
    let result = loop {
        match commit(store, limits, tenant, &group).await {
            Err(error) if error.trouble() == Trouble::Conflict && tries < CONFLICTS => tries += 1,
            result => break result,
        }
    };
    match result {
        Ok(receipts) => {
            metrics::counter!("crossdock_documents_received_total").increment(receipts.len() as u64);
            for (one, receipt) in group.into_iter().zip(receipts) {
                let _ = one.reply.send(Ok(receipt));
            }
        }
        // One that can't be written must not cost its neighbours: halved until it stands alone.
        Err(error) if error.trouble() != Trouble::Away && group.len() > 1 => {
            tracing::debug!(%error, documents = group.len(), "intake halves a group");
            let mut first = group;
            let second = first.split_off(first.len() / 2);
            Box::pin(answer(store, limits, tenant, first)).await;
            Box::pin(answer(store, limits, tenant, second)).await;
        }
        Err(error) => {
            tracing::warn!(%error, documents = group.len(), "intake could not commit");
            let error = Arc::new(error);
            for one in group {
                let _ = one.reply.send(Err(error.clone()));
            }
        }
    }
}

async fn commit(store: &Store, limits: &Limits, tenant: Tenant, group: &[Pending]) -> Result<Vec<Receipt>, StoreError> {
    let now = now();
    let compressed = compress(group)?;
    let mut tx = store.begin(tenant).await?;
    // Locked first and sorted: of two equal bodies at once the second sees the first's document.
    let wanted: BTreeMap<String, i64> = group.iter().map(|p| (p.sha256.clone(), p.size as i64)).collect();
    let wanted: Vec<(String, i64)> = wanted.into_iter().collect();
    let rows = blobs::lock(&mut tx, tenant, &wanted, now).await?;
    let unsealed: BTreeSet<String> = rows.into_iter().filter(|(_, sealed)| !sealed).map(|(hash, _)| hash).collect();

    let arrivals: Vec<Arrival> = group.iter().enumerate().map(|(n, p)| arrival(n, p, now)).collect();
    let repeated = documents::same_arrivals(&mut tx, tenant, &arrivals).await?;
    let same = documents::same_content(&mut tx, tenant, &arrivals).await?;
    let decided = decide(group, &repeated, &same);

    let needed: BTreeSet<&String> = decided
        .iter()
        .zip(group)
        .filter(|(d, p)| d.is_new && unsealed.contains(&p.sha256))
        .map(|(_, p)| &p.sha256)
        .collect();
    let chunks: Vec<blobs::Chunk> = needed
        .iter()
        .filter_map(|hash| {
            compressed.get(*hash).map(|bytes| blobs::Chunk { sha256: (*hash).clone(), n: 0, bytes: bytes.clone() })
        })
        .collect();
    blobs::write(&mut tx, tenant, &chunks).await?;
    if !needed.is_empty() {
        let hashes: Vec<String> = needed.iter().map(|h| (*h).clone()).collect();
        if blobs::seal(&mut tx, tenant, &hashes, now).await? != hashes.len() as u64 {
            // Its row was cleaned up between its upload and now; the sender still has it, and sends it again.
            return Err(StoreError::Lost("the chunks of a blob"));
        }
    }
    write_documents(&mut tx, limits, tenant, group, &decided, now).await?;
    tx.commit().await?;
    Ok(decided
        .into_iter()
        .zip(group)
        .map(|(d, p)| Receipt {
            document: d.id,
            sha256: d.sha256.unwrap_or_else(|| p.sha256.clone()),
            duplicate_of: d.duplicate_of,
            repeated: !d.is_new,
        })
        .collect())
}

fn compress(group: &[Pending]) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    let mut compressed = HashMap::new();
    for one in group {
        if let Some(bytes) = &one.small
            && !bytes.is_empty()
            && !compressed.contains_key(&one.sha256)
        {
            let packed =
                blobs::compress(bytes).map_err(|e| StoreError::Row(format!("a body can't be compressed: {e}")))?;
            compressed.insert(one.sha256.clone(), packed);
        }
    }
    Ok(compressed)
}

fn arrival(n: usize, pending: &Pending, now: Micros) -> Arrival {
    let facts = &pending.facts;
    Arrival {
        n: n as i64,
        connection: facts.connection.id,
        transport_id: facts.transport_id.clone(),
        name: facts.name.clone(),
        modified_at: facts.modified_at,
        sha256: pending.sha256.clone(),
        since: (facts.duplicates_days > 0).then(|| now.0 - i64::from(facts.duplicates_days) * 86_400_000_000),
        partner: facts.connection.partner,
    }
}

/// What becomes of one arrival.
struct Decided {
    id: DocumentId,
    is_new: bool,
    duplicate_of: Option<DocumentId>,
    /// Of the document that was there already, where it may differ from the bytes at hand.
    sha256: Option<String>,
}

type ArrivalKey = (ConnectionId, String, Option<i64>, String);

fn decide(
    group: &[Pending],
    repeated: &[(i64, DocumentId, String, Option<DocumentId>)],
    same: &[(i64, DocumentId)],
) -> Vec<Decided> {
    let mut decided: Vec<Decided> = Vec::with_capacity(group.len());
    let mut here: HashMap<ArrivalKey, usize> = HashMap::new();
    let mut content: HashMap<(&str, Option<PartnerId>), DocumentId> = HashMap::new();
    for (n, one) in group.iter().enumerate() {
        let facts = &one.facts;
        let key = match &facts.transport_id {
            Some(id) => Some((facts.connection.id, format!("id:{id}"), None, String::new())),
            None => facts.modified_at.map(|at| (facts.connection.id, facts.name.clone(), Some(at), one.sha256.clone())),
        };
        if let Some((_, id, sha256, duplicate_of)) = repeated.iter().find(|r| r.0 == n as i64) {
            decided.push(Decided { id: *id, is_new: false, duplicate_of: *duplicate_of, sha256: Some(sha256.clone()) });
            continue;
        }
        if let Some(first) = key.as_ref().and_then(|k| here.get(k)) {
            let first = &decided[*first];
            decided.push(Decided {
                id: first.id,
                is_new: false,
                duplicate_of: first.duplicate_of,
                sha256: first.sha256.clone(),
            });
            continue;
        }
        if let Some(key) = key {
            here.insert(key, n);
        }
        let id = DocumentId::new();
        let looks = facts.duplicates_days > 0;
        let partner = facts.connection.partner;
        let standing = same.iter().find(|s| s.0 == n as i64).map(|s| s.1);
        let duplicate_of = standing.or_else(|| content.get(&(one.sha256.as_str(), partner)).copied()).filter(|_| looks);
        if duplicate_of.is_none() {
            content.insert((one.sha256.as_str(), partner), id);
            // A shared connection looks at the whole tenant's documents.
            content.entry((one.sha256.as_str(), None)).or_insert(id);
        }
        decided.push(Decided { id, is_new: true, duplicate_of, sha256: None });
    }
    decided
}

async fn write_documents(
    tx: &mut crate::store::Tx,
    limits: &Limits,
    tenant: Tenant,
    group: &[Pending],
    decided: &[Decided],
    now: Micros,
) -> Result<(), StoreError> {
    let mut counts: BTreeMap<ConnectionId, i64> = BTreeMap::new();
    for (d, p) in decided.iter().zip(group).filter(|(d, _)| d.is_new) {
        debug_assert!(d.is_new);
        *counts.entry(p.facts.connection.id).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let wanted: Vec<(ConnectionId, i64)> = counts.into_iter().collect();
    let first = documents::take_sequences(tx, tenant, &wanted).await?;
    let mut next: HashMap<ConnectionId, i64> = wanted.iter().map(|w| w.0).zip(first).collect();
    let mut rows = Vec::new();
    let mut steps = Vec::new();
    let mut work: BTreeSet<ConnectionId> = BTreeSet::new();
    for (d, p) in decided.iter().zip(group).filter(|(d, _)| d.is_new) {
        let connection = p.facts.connection.id;
        let sequence = next.entry(connection).and_modify(|n| *n += 1).or_insert(1);
        // A duplicate whose sender may be owed an answer is read by translate, which ends it.
        let ends = d.duplicate_of.is_some() && !p.facts.answers_duplicates;
        let state = if ends { "duplicate" } else { "received" };
        if !ends {
            work.insert(connection);
        }
        rows.push(NewDocument {
            tenant,
            id: d.id,
            connection,
            sequence: *sequence,
            name: p.facts.name.clone(),
            transport_id: p.facts.transport_id.clone(),
            modified_at: p.facts.modified_at,
            sha256: p.sha256.clone(),
            size: p.size as i64,
            received_at: now.0,
            state,
            duplicate_of: d.duplicate_of,
            partner: p.facts.connection.partner,
            copy_of: p.facts.copy.as_ref().map(|copy| copy.of),
            given_to: p.facts.copy.as_ref().and_then(|copy| copy.given_to),
            given_sender: p.facts.copy.as_ref().and_then(|copy| copy.given_sender.clone()),
            deadline: now.0 + limits.wait_us,
            wait_us: limits.wait_us,
            ended_at: ends.then_some(now.0),
        });
        let step = Step::new(tenant, now.0, "intake", state, &limits.worker).document(d.id.0);
        steps.push(match (d.duplicate_of, &p.facts.copy) {
            (Some(of), _) => step.cause(serde_json::json!({"code": "duplicate/content", "of": of})),
            (None, Some(Copied { of, who, why, edited, .. })) => {
                step.cause(serde_json::json!({"code": "copied", "of": of, "who": who, "why": why, "edited": edited}))
            }
            (None, None) => step,
        });
    }
    documents::insert(tx, &rows).await?;
    journal::write(tx, &steps).await?;
    let claims: Vec<outbox::Row> =
        work.iter().map(|c| outbox::Row::at_once(ClaimCheck::new(tenant, Stage::Translate, vec![c.0]), now)).collect();
    outbox::push(tx, &claims).await
}
