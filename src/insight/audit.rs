//! The audit: counts, and what is missing. Documents, messages and deliveries are counted apart; `missing` is no difference
//! of counts but looks from the other side.
//!
//! All of it is one snapshot of the store, and what must stand together is written in one transaction: so a hub at work
//! is not accused. What is only late is looked at twice.

use crate::{
    canonical::{Micros, PartnerId, Stage, Tenant},
    store::{
        Store, StoreError, Tx,
        census::{self, Counter, Stuck, Subscribed, Wanted, Work},
        directory as rows, outbox,
    },
    tenancy::Directory,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};
use uuid::Uuid;

/// What is late is looked at again after so long: on its way from the outbox to a worker, neither row nor lease says so.
const SECOND_LOOK: Duration = Duration::from_secs(1);
/// Numbers read at once where some are missing, and how many of the missing ones are named.
const NUMBERS: i64 = 10_000;
const NAMED: usize = 5;

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
    /// At most 1,000 of each kind.
    pub missing: Vec<Missing>,
    pub ok: bool,
}

/// One thing that is missing.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// One of [`KINDS`].
    pub kind: &'static str,
    pub tenant: String,
    pub id: String,
    pub sentence: String,
    pub remedy: String,
}

/// The kinds of [`Missing`].
pub const KINDS: [&str; 11] = [
    "blob_without_document",
    "document_without_bytes",
    "sets_without_messages",
    "stuck_document",
    "stuck_message",
    "stuck_delivery",
    "waiting_for_nothing",
    "message_without_event",
    "event_without_delivery",
    "number_skipped",
    "expectation_missing",
];

/// Looks at one tenant, or at all. Fails if it can't see every tenant that is configured, and every row: such a look
/// must not say that all is well.
pub async fn audit(
    store: &Store,
    directory: &Directory,
    tenant: Option<Tenant>,
    now: Micros,
) -> Result<Audit, StoreError> {
    let mut tx = store.snapshot().await?;
    let mut look = Look { tenant, now, names: sees_all(&mut tx, directory, tenant).await?, missing: vec![] };
    let documents = counted(census::documents(&mut tx, tenant).await?, &DOCUMENTS);
    let messages = counted(census::messages(&mut tx, tenant).await?, &MESSAGES);
    let deliveries = counted(census::deliveries(&mut tx, tenant).await?, &DELIVERIES);
    look.bytes(&mut tx).await?;
    look.sets(&mut tx).await?;
    look.messages(&mut tx).await?;
    look.events(&mut tx).await?;
    look.numbers(&mut tx).await?;
    look.expectations(&mut tx).await?;
    let mut late = look.late(&mut tx).await?;
    tx.rollback().await?;
    // On the embedded queue the outbox row stands until the work is done, so one look is enough.
    if !late.is_empty() && store.is_distributed() {
        tokio::time::sleep(SECOND_LOOK).await;
        let mut tx = store.snapshot().await?;
        let still: HashSet<(&str, Uuid)> =
            look.late(&mut tx).await?.into_iter().map(|(kind, s)| (kind, s.id)).collect();
        tx.rollback().await?;
        late.retain(|(kind, stuck)| still.contains(&(*kind, stuck.id)));
    }
    for (kind, stuck) in late {
        look.add(
            kind,
            stuck.tenant,
            stuck.id.to_string(),
            "it has not moved for three times its deadline, and nothing is under way to move it".into(),
            "start the hub with its relay, whose sweeper sends it again",
        );
    }
    let mut missing = look.missing;
    missing.sort();
    let ok = missing.is_empty();
    Ok(Audit { documents, messages, deliveries, missing, ok })
}

fn counted(rows: Vec<(String, i64)>, states: &[&'static str]) -> BTreeMap<&'static str, i64> {
    let mut counted: BTreeMap<&'static str, i64> = states.iter().map(|s| (*s, 0)).collect();
    counted.insert("total", rows.iter().map(|r| r.1).sum());
    for (state, n) in rows {
        if let Some(known) = states.iter().find(|s| **s == state) {
            counted.insert(known, n);
        }
    }
    counted
}

/// The names of the tenants in the store. An error if one that is configured, or the one asked for, is not seen, or if
/// the database shows this role only some rows of a table.
async fn sees_all(
    tx: &mut Tx,
    directory: &Directory,
    tenant: Option<Tenant>,
) -> Result<HashMap<Tenant, String>, StoreError> {
    let seen: HashMap<Tenant, String> = rows::tenants(tx).await?.into_iter().collect();
    let unseen: Vec<String> = directory
        .tenants
        .values()
        .filter(|t| !seen.contains_key(&t.id))
        .map(|t| t.name.clone())
        .chain(tenant.filter(|t| !seen.contains_key(t)).map(|t| t.to_string()))
        .collect();
    if !unseen.is_empty() {
        return Err(StoreError::Setup(format!(
            "the audit does not see the tenants {unseen:?}, so it can't say that nothing is missing; start the hub once \
             with these files, or mend the rights of the role crossdock_system with `crossdock migrate`"
        )));
    }
    let hidden = census::hidden(tx).await?;
    if !hidden.is_empty() {
        return Err(StoreError::Setup(format!(
            "the audit does not see all rows of {hidden:?}, so it can't say that nothing is missing; mend the policies \
             of row-level security with `crossdock migrate`"
        )));
    }
    Ok(seen)
}

struct Look {
    tenant: Option<Tenant>,
    now: Micros,
    names: HashMap<Tenant, String>,
    missing: Vec<Missing>,
}

impl Look {
    fn add(&mut self, kind: &'static str, tenant: Tenant, id: String, sentence: String, remedy: &str) {
        let tenant = self.names.get(&tenant).cloned().unwrap_or_else(|| tenant.to_string());
        self.missing.push(Missing { kind, tenant, id, sentence, remedy: remedy.into() });
    }

    async fn bytes(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        for (tenant, hash) in census::blobs_without_document(tx, self.tenant).await? {
            let sentence = "its bytes are sealed, and no document names them".into();
            let remedy = "ask its sender whether it was acknowledged, and report it: this is a bug";
            self.add("blob_without_document", tenant, hash, sentence, remedy);
        }
        for s in census::documents_without_bytes(tx, self.tenant).await? {
            let sentence = "its raw bytes are not there, and no retention let them go".into();
            let remedy = "ask its sender to send it again, and report it: this is a bug, or somebody deleted them";
            self.add("document_without_bytes", s.tenant, s.id.to_string(), sentence, remedy);
        }
        Ok(())
    }

    async fn sets(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        for s in census::documents_without_messages(tx, self.tenant).await? {
            let sets = s.sets.map_or("an unknown number of".into(), |n| n.to_string());
            let doubled = if s.doubled == 0 { String::new() } else { format!(", {} of them twice", s.doubled) };
            let sentence = format!("it was translated with {sets} sets, and messages stand for {}{doubled}", s.there);
            let remedy = "send the document again, and report it: this is a bug";
            self.add("sets_without_messages", s.tenant, s.id.to_string(), sentence, remedy);
        }
        Ok(())
    }

    async fn messages(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        for s in census::messages_without_event(tx, self.tenant).await? {
            let sentence = "it was applied, and no event says what was decided".into();
            self.add("message_without_event", s.tenant, s.id.to_string(), sentence, "report it: this is a bug");
        }
        for s in census::messages_waiting_for_nothing(tx, self.tenant).await? {
            let sentence = "it waits, and nothing unfinished of its key stands before it".into();
            let remedy = "start the hub with its relay, whose sweeper lets it go, and report it: this is a bug";
            self.add("waiting_for_nothing", s.tenant, s.id.to_string(), sentence, remedy);
        }
        Ok(())
    }

    async fn events(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let subscriptions = census::subscriptions(tx, self.tenant).await?;
        let wanted: Vec<Wanted> = subscriptions.iter().flat_map(patterns).collect();
        // An event that two patterns of one subscription match is one event.
        let mut told: HashSet<(Uuid, Uuid)> = HashSet::new();
        for one in census::events_without_delivery(tx, &wanted).await? {
            if told.insert((one.id, one.subscription)) {
                let sentence = format!(
                    "{} was made while the subscription {} stood, and no delivery carries it",
                    one.kind, one.subscription
                );
                self.add(
                    "event_without_delivery",
                    one.tenant,
                    one.id.to_string(),
                    sentence,
                    "report it: this is a bug",
                );
            }
        }
        Ok(())
    }

    /// Every number that was taken is borne by a document: interchanges by their number, and as many groups.
    async fn numbers(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let counters = census::counters(tx, self.tenant).await?;
        for counter in &counters {
            let Some(name) = counter.scope.strip_suffix("/isa") else { continue };
            let partner = PartnerId::named(counter.tenant, name);
            let (there, lowest) = census::numbered(tx, counter.tenant, partner).await?;
            let first = counter.first.or_else(|| lowest.and_then(|n| n.parse().ok())).unwrap_or(counter.next);
            let taken = counter.next - first;
            if taken != there {
                let named = skipped(tx, counter, partner, first).await?;
                let sentence =
                    format!("{taken} control numbers were taken for {name}, and {there} documents bear one{named}");
                self.add("number_skipped", counter.tenant, counter.scope.clone(), sentence, SKIPPED);
            }
            let groups = counters.iter().find(|c| c.tenant == counter.tenant && c.scope == format!("{name}/gs"));
            if let Some(groups) = groups
                && let (Some(began), Some(first)) = (groups.first, counter.first)
                && groups.next - began != counter.next - first
            {
                let sentence = format!(
                    "{} group numbers were taken for {name}, and {} interchange numbers",
                    groups.next - began,
                    counter.next - first
                );
                self.add("number_skipped", counter.tenant, groups.scope.clone(), sentence, SKIPPED);
            }
        }
        Ok(())
    }

    /// A document that waits for its acknowledgement would wait for ever if nothing said until when.
    async fn expectations(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        for s in census::waiting_for_no_batch(tx, self.tenant).await? {
            let sentence = "it waits for others to go out with, and stands in no batch".into();
            self.add("stuck_delivery", s.tenant, s.id.to_string(), sentence, "replay it, and report it: this is a bug");
        }
        for s in census::waiting_without_expectation(tx, self.tenant).await? {
            let sentence = "it waits for its acknowledgement, and nothing says until when".into();
            self.add("expectation_missing", s.tenant, s.id.to_string(), sentence, "report it: this is a bug");
        }
        Ok(())
    }

    async fn late(&self, tx: &mut Tx) -> Result<Vec<(&'static str, Stuck)>, StoreError> {
        let mut late = Vec::new();
        for (work, stage, kind) in [
            (Work::Documents, Stage::Translate, "stuck_document"),
            (Work::Messages, Stage::Apply, "stuck_message"),
            (Work::Deliveries, Stage::Deliver, "stuck_delivery"),
        ] {
            let found = census::stuck(tx, work, self.tenant, self.now).await?;
            let asked: Vec<Uuid> = found.iter().map(|s| s.claim).collect();
            let named = outbox::named(tx, stage, &asked).await?;
            late.extend(found.into_iter().filter(|s| !named.contains(&s.claim)).map(|s| (kind, s)));
        }
        Ok(late)
    }
}

const SKIPPED: &str = "report it: this is a bug; the partner may ask for the number that never came";

fn patterns(subscribed: &Subscribed) -> Vec<Wanted> {
    let one = |pattern: &String| {
        // As `tenancy::directory::matches`: a star at the end stands for anything.
        let begins = pattern.strip_suffix('*').map(str::to_owned);
        Wanted {
            tenant: subscribed.tenant,
            subscription: subscribed.id,
            partner: subscribed.partner.filter(|_| subscribed.kind == "answer"),
            elsewhere: subscribed.elsewhere.clone(),
            from_at: subscribed.from_at,
            until_at: subscribed.until_at,
            whole: begins.is_none().then(|| pattern.clone()),
            length: begins.as_ref().map(|b| b.chars().count() as i64),
            begins,
        }
    };
    subscribed.events.iter().map(one).collect()
}

/// `; missing: 000000003, 000000007`, of numbers that never began again.
async fn skipped(tx: &mut Tx, counter: &Counter, partner: PartnerId, first: i64) -> Result<String, StoreError> {
    let (mut missing, mut expected, mut after) = (Vec::new(), first, String::new());
    loop {
        let page = census::numbers(tx, counter.tenant, partner, &after, NUMBERS).await?;
        for number in page.iter().filter_map(|n| n.parse::<i64>().ok()) {
            // The count came round: what is below the expected one says nothing.
            missing.extend((expected..number.min(counter.next)).take(NAMED));
            expected = expected.max(number + 1);
        }
        match page.last() {
            Some(last) if missing.len() < NAMED => after.clone_from(last),
            _ => break,
        }
    }
    missing.extend((expected..counter.next).take(NAMED));
    missing.truncate(NAMED);
    let named: Vec<String> = missing.iter().map(|n| format!("{n:09}")).collect();
    Ok(if named.is_empty() { String::new() } else { format!("; missing: {}", named.join(", ")) })
}
