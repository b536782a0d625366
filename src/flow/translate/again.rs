//! One set of a document, read again from its raw bytes, for a restart.

use super::{
    Source, SourceError,
    batch::advisable,
    meaning::{self, Meaning, Rows, Whose},
    open_row,
    run::Run,
};
use crate::{
    canonical::{PartnerId, Tenant},
    emit::advice::CameIn,
    flow::Hub,
    formats::piece::Set,
    mapping::{Context, Missing, Plan, Reading, explain::Coverage},
    store::{StoreError, documents::DocumentRow, entities},
    tenancy::PartnerInfo,
};
use std::{collections::BTreeSet, sync::Arc};

/// A set as it reads now, and what it means by what now stands.
pub struct Again {
    pub set: Box<Set>,
    pub partner: Option<PartnerId>,
    pub meaning: Meaning,
    /// Its envelope, where an advice may be owed for it.
    pub came_in: Option<serde_json::Value>,
}

/// Reads the `set_no`th set of a document and maps it: of several messages that it makes the `split`th, both from 0.
/// Nothing if the document has no such set any more, or its mapping makes fewer messages of it.
pub async fn read(
    hub: &Hub,
    document: &DocumentRow,
    tenant: Tenant,
    (set_no, split): (u32, u32),
) -> Result<Option<Again>, StoreError> {
    let Some((mut source, mut run)) = open_row(hub, tenant, document).await? else { return Ok(None) };
    let Some((set, sender, came_in)) = find(hub, &mut source, &mut run, set_no).await? else { return Ok(None) };
    let mut messages = split_set(hub, &run, set, sender.as_deref());
    if split as usize >= messages.len() {
        return Ok(None);
    }
    let set = messages.swap_remove(split as usize);
    let read = read_set(hub, &run, &set, sender.as_deref());
    let partner = read.partner.as_ref().map(|partner| partner.id);
    let meaning = read.meaning(hub, tenant).await?;
    let came_in = advisable(came_in.as_ref(), &meaning);
    let came_in = partner.and(came_in);
    Ok(Some(Again { set, partner, meaning, came_in }))
}

/// A set of a document that is read once more, with whose it is and the mapping that reads it.
pub struct Read<'a> {
    run: &'a Run,
    set: &'a Set,
    sender: Option<&'a str>,
    pub partner: Option<Arc<PartnerInfo>>,
    pub plan: Option<Arc<Plan>>,
}

/// Finds whose a set is, and by what it is read. `sender` is GS02 of its group.
pub fn read_set<'a>(hub: &Hub, run: &'a Run, set: &'a Set, sender: Option<&'a str>) -> Read<'a> {
    let partner = run.partner_of(set).cloned().or_else(|| {
        let owner = set.interchange.is_none().then_some(run.connection.partner).flatten()?;
        hub.directory.partners.get(&owner).cloned()
    });
    let mut read = Read { run, set, sender, partner, plan: None };
    read.plan = read.whose(hub).and_then(|whose| meaning::plan(&run.library, set, &whose));
    read
}

/// A set as it is read for each message that its mapping makes of it.
pub fn split_set(hub: &Hub, run: &Run, set: Box<Set>, sender: Option<&str>) -> Vec<Box<Set>> {
    match read_set(hub, run, &set, sender).plan.filter(|plan| plan.splits()) {
        Some(plan) => plan.split(*set).into_iter().map(Box::new).collect(),
        None => vec![set],
    }
}

impl Read<'_> {
    fn whose<'h>(&'h self, hub: &'h Hub) -> Option<Whose<'h>> {
        let partner = self.partner.as_ref()?;
        Some(Whose {
            partner: &partner.name,
            agreement: partner.terms.of(self.run.connection.id, self.set.standard, &self.set.kind),
            currency: &self.run.tenant.currency,
            expects: self.run.connection.expects.as_deref(),
            application_sender: self.sender,
            document: self.run.work.id,
            probe: &hub.probe,
        })
    }

    /// What it means by what now stands; the tenant's rows are read where the mapping's own tables miss a value.
    pub async fn meaning(&self, hub: &Hub, tenant: Tenant) -> Result<Meaning, StoreError> {
        let Some(whose) = self.whose(hub) else { return Ok(meaning::of_nobody(self.set)) };
        let mut rows = Rows::default();
        let meaning = meaning::of(&self.run.library, self.set, &whose, &rows);
        if meaning.missing.is_empty() {
            return Ok(meaning);
        }
        fill(hub, tenant, &meaning.missing, &mut rows).await?;
        Ok(meaning::of(&self.run.library, self.set, &whose, &rows))
    }

    /// How much of it its mapping reads, by what now stands. Nothing of a set that nobody's mapping claims.
    pub async fn coverage(&self, hub: &Hub, tenant: Tenant) -> Result<Option<(Reading, Coverage)>, StoreError> {
        let Some(plan) = &self.plan else { return Ok(None) };
        let mut rows = Rows::default();
        let currency = &self.run.tenant.currency;
        let seen = plan.coverage(&self.set.tree, &Context { tenant_currency: currency, tables: &rows });
        if seen.0.missing.is_empty() {
            return Ok(Some(seen));
        }
        fill(hub, tenant, &seen.0.missing, &mut rows).await?;
        Ok(Some(plan.coverage(&self.set.tree, &Context { tenant_currency: currency, tables: &rows })))
    }
}

/// Reads the tenant's rows of what tables lack, in one query.
pub async fn fill(hub: &Hub, tenant: Tenant, missing: &[Missing], rows: &mut Rows) -> Result<(), StoreError> {
    let asked: BTreeSet<(String, String)> = missing.iter().map(|m| (m.table.clone(), m.value.clone())).collect();
    let asked: Vec<(String, String)> = asked.into_iter().collect();
    let mut tx = hub.store.read(tenant).await?;
    for found in entities::cross_references(&mut tx, tenant, &asked).await? {
        rows.put(found.scheme, found.value, found.target);
    }
    tx.rollback().await
}

async fn find(
    hub: &Hub,
    source: &mut Source,
    run: &mut Run,
    set_no: u32,
) -> Result<Option<(Box<Set>, Option<String>, Option<CameIn>)>, StoreError> {
    while let Some(piece) = source.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(SourceError::Store(error)) => return Err(error),
            Err(SourceError::Panic(text)) => return Err(StoreError::Row(format!("the reader panicked: {text}"))),
        };
        if let Some(set) = run.take(piece, &hub.directory)
            && set.ordinal == set_no
        {
            let sender = run.application_sender(&set);
            let came_in = run.came_in(&set);
            return Ok(Some((set, sender, came_in)));
        }
    }
    Ok(None)
}
