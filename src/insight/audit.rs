//! The audit: counts, and what is missing. Documents, messages and deliveries are counted apart; `missing` is no difference
//! of counts but looks from the other side.

use crate::{
    canonical::{Micros, Tenant},
    store::{
        Store, StoreError, Tx,
        census::{self, Suspect, Work},
    },
    tenancy::{Directory, directory::matches},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};
use uuid::Uuid;

/// Suspects are looked at twice, so far apart: work in hand has moved by then.
const SECOND_LOOK: Duration = Duration::from_millis(300);

/// States of each thing, in the order of the report.
const DOCUMENTS: [&str; 7] = ["received", "retrying", "translated", "unassigned", "rejected", "duplicate", "dead"];
const MESSAGES: [&str; 9] =
    ["pending", "waiting", "held", "retrying", "applied", "rejected", "dead", "cancelled", "replaced"];
const DELIVERIES: [&str; 5] = ["pending", "retrying", "delivered", "dead", "cancelled"];

/// What the audit found.
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    pub documents: BTreeMap<&'static str, i64>,
    pub messages: BTreeMap<&'static str, i64>,
    pub deliveries: BTreeMap<&'static str, i64>,
    pub missing: Vec<Missing>,
    pub ok: bool,
}

/// One thing that is missing.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// `blob_without_document`, `sets_without_messages`, `stuck_document`, `stuck_message`, `stuck_delivery`,
    /// `message_without_event`, `event_without_delivery`, `number_skipped`, `tenant_not_seen`.
    pub kind: &'static str,
    pub tenant: String,
    pub id: String,
    pub sentence: String,
    pub remedy: String,
}

/// Looks at one tenant, or at all. `grace` is the sweeper's wait, which the second look gives a live system.
pub async fn audit(
    store: &Store,
    directory: &Directory,
    tenant: Option<Tenant>,
    now: Micros,
) -> Result<Audit, StoreError> {
    let mut missing = look(store, directory, now).await?;
    if !missing.is_empty() {
        tokio::time::sleep(SECOND_LOOK).await;
        let again: HashSet<Missing> = look(store, directory, crate::store::now()).await?.into_iter().collect();
        missing.retain(|m| again.contains(m));
    }
    let mut tx = store.system_read().await?;
    let count = |rows: Vec<(Tenant, String, i64)>, states: &[&'static str]| {
        let mut counted: BTreeMap<&'static str, i64> = states.iter().map(|s| (*s, 0)).collect();
        let mut total = 0;
        for (of, state, n) in rows.into_iter().filter(|r| tenant.is_none_or(|t| t == r.0)) {
            let _ = of;
            total += n;
            if let Some(known) = states.iter().find(|s| **s == state) {
                *counted.entry(known).or_default() += n;
            }
        }
        counted.insert("total", total);
        counted
    };
    let documents = count(census::documents(&mut tx).await?, &DOCUMENTS);
    let messages = count(census::messages(&mut tx).await?, &MESSAGES);
    let deliveries = count(census::deliveries(&mut tx).await?, &DELIVERIES);
    tx.rollback().await?;
    if let Some(tenant) = tenant {
        let name = name_of(directory, tenant);
        missing.retain(|m| m.tenant == name);
    }
    missing.sort();
    let ok = missing.is_empty();
    Ok(Audit { documents, messages, deliveries, missing, ok })
}

fn name_of(directory: &Directory, tenant: Tenant) -> String {
    directory.tenants.get(&tenant).map_or_else(|| tenant.to_string(), |t| t.name.clone())
}

impl std::hash::Hash for Missing {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.kind, &self.tenant, &self.id).hash(state);
    }
}

async fn look(store: &Store, directory: &Directory, now: Micros) -> Result<Vec<Missing>, StoreError> {
    let mut tx = store.system_read().await?;
    let mut found = Found { directory, missing: vec![] };
    found.tenants(census::tenants(&mut tx).await?);
    for s in census::blobs_without_document(&mut tx).await? {
        found.add(
            "blob_without_document",
            &s,
            "its bytes are sealed, and no document names them",
            "ask its sender whether it was acknowledged, and report it",
        );
    }
    for s in census::documents_without_sets(&mut tx).await? {
        found.add(
            "sets_without_messages",
            &s,
            "it was translated, and its sets and messages do not match in number",
            "replay the document, and report it",
        );
    }
    for s in census::messages_without_event(&mut tx).await? {
        found.add(
            "message_without_event",
            &s,
            "it was applied, and no event says what was decided",
            "report it: this is a bug",
        );
    }
    events(&mut tx, &mut found).await?;
    stuck(&mut tx, &mut found, now).await?;
    numbers(&mut tx, &mut found).await?;
    tx.rollback().await?;
    Ok(found.missing)
}

struct Found<'a> {
    directory: &'a Directory,
    missing: Vec<Missing>,
}

impl Found<'_> {
    fn add(&mut self, kind: &'static str, suspect: &Suspect, sentence: &str, remedy: &str) {
        let tenant = name_of(self.directory, suspect.tenant);
        self.missing.push(Missing {
            kind,
            tenant,
            id: suspect.id.clone(),
            sentence: sentence.into(),
            remedy: remedy.into(),
        });
    }

    /// An audit that can't see every tenant must not say that all is well.
    fn tenants(&mut self, seen: i64) {
        let known = self.directory.tenants.len() as i64;
        if seen < known {
            self.missing.push(Missing {
                kind: "tenant_not_seen",
                tenant: String::new(),
                id: format!("{seen} of {known}"),
                sentence: format!("{known} tenants are configured, and this look saw {seen}"),
                remedy: "run it as the hub does, under the role crossdock_system".into(),
            });
        }
    }
}

async fn events(tx: &mut Tx, found: &mut Found<'_>) -> Result<(), StoreError> {
    let suspects = census::events_without_delivery(tx).await?;
    if suspects.is_empty() {
        return Ok(());
    }
    let patterns: HashMap<Uuid, Vec<String>> =
        census::patterns(tx).await?.into_iter().map(|(id, p)| (id, p.0)).collect();
    for (tenant, event, kind, subscription) in suspects {
        if patterns.get(&subscription).is_some_and(|p| matches(p, &kind)) {
            let suspect = Suspect { tenant, id: event.to_string() };
            found.add(
                "event_without_delivery",
                &suspect,
                &format!("{kind} was made while the subscription {subscription} stood, and no delivery carries it"),
                "report it: this is a bug",
            );
        }
    }
    Ok(())
}

async fn stuck(tx: &mut Tx, found: &mut Found<'_>, now: Micros) -> Result<(), StoreError> {
    let mut claimed = None;
    for (work, kind) in
        [(Work::Documents, "stuck_document"), (Work::Messages, "stuck_message"), (Work::Deliveries, "stuck_delivery")]
    {
        let suspects = census::stuck(tx, work, now).await?;
        if suspects.is_empty() {
            continue;
        }
        if claimed.is_none() {
            claimed = Some(census::claimed(tx).await?);
        }
        let Some(claimed) = &claimed else { continue };
        for s in suspects {
            let Ok(id) = s.id.parse::<Uuid>() else { continue };
            let has_claim = match work {
                // A claim check of the stage names the connection; its lease says that somebody is at it.
                Work::Documents => census::connection_of(tx, id)
                    .await?
                    .is_some_and(|(connection, leased)| leased > 0 || claimed.contains(&connection)),
                _ => claimed.contains(&id),
            };
            if !has_claim {
                found.add(
                    kind,
                    &s,
                    "it has not moved for three times its deadline, and nothing is under way to move it",
                    "start the hub with its relay, whose sweeper sends it again",
                );
            }
        }
    }
    Ok(())
}

async fn numbers(tx: &mut Tx, found: &mut Found<'_>) -> Result<(), StoreError> {
    let borne: HashMap<(Tenant, Uuid), i64> =
        census::numbered(tx).await?.into_iter().map(|(t, p, n)| ((t, p), n)).collect();
    let taken: HashMap<(Tenant, String), i64> =
        census::numbers(tx).await?.into_iter().map(|(t, s, n)| ((t, s), n)).collect();
    for partner in found.directory.partners.values() {
        let first = i64::from(partner.agreement.control_numbers.first);
        let Some(next) = taken.get(&(partner.tenant, format!("{}/isa", partner.name))) else { continue };
        let there = borne.get(&(partner.tenant, partner.id.0)).copied().unwrap_or(0);
        if next - first != there {
            let suspect = Suspect { tenant: partner.tenant, id: format!("{}/isa", partner.name) };
            let sentence = format!(
                "{} control numbers were given to `{}`, and {there} documents bear one",
                next - first,
                partner.name
            );
            found.missing.push(Missing {
                kind: "number_skipped",
                tenant: name_of(found.directory, suspect.tenant),
                id: suspect.id,
                sentence,
                remedy: "report it; the partner may ask for the number that never came".into(),
            });
        }
    }
    Ok(())
}
