//! What the newest documents say and no mapping reads, by the mappings that stand.

use super::{documents::DocumentRow, newest::Newest, replay::Side};
use crate::{
    canonical::{PartnerId, Tenant},
    flow::Hub,
    mapping::{Library, Plan, covered::Covered, explain::Said},
    store::StoreError,
};
use std::{collections::BTreeMap, sync::Arc};

/// Over which documents it is looked at.
pub struct Asked<'a> {
    pub tenant: Tenant,
    pub partner: Option<PartnerId>,
    /// Only sets that this mapping reads.
    pub mapping: Option<&'a str>,
    /// The newest so many.
    pub last: usize,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Documents that were read again.
    pub documents: usize,
    /// Documents whose bytes are not kept any more.
    pub gone: usize,
    /// Sets with faults that cost them: nothing maps these.
    pub faulty: usize,
    /// By the mapping's name.
    pub mappings: BTreeMap<String, Covered>,
}

impl Found {
    fn of(&mut self, plan: &Arc<Plan>) -> &mut Covered {
        self.mappings.entry(plan.short().to_owned()).or_insert_with(|| Covered::new(plan.clone()))
    }
}

/// Reads the newest documents again, and writes nothing. Memory is bounded by a set and what is told.
pub async fn coverage(hub: &Hub, asked: &Asked<'_>) -> Result<Found, StoreError> {
    let mut tx = hub.store.read(asked.tenant).await?;
    let library = hub.library.standing(&mut tx, asked.tenant).await?;
    tx.rollback().await?;
    let mut found = Found::default();
    let mut newest = Newest::new(asked.tenant, asked.partner, None);
    for _ in 0..asked.last {
        let Some(row) = newest.next(hub).await? else { break };
        match document(hub, asked, &row, &library, &mut found).await {
            Ok(()) => found.documents += 1,
            Err(StoreError::Gone(_)) => found.gone += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

async fn document(
    hub: &Hub,
    asked: &Asked<'_>,
    row: &DocumentRow,
    library: &Arc<Library>,
    found: &mut Found,
) -> Result<(), StoreError> {
    let Some(mut side) = Side::open(hub, asked.tenant, row, library).await? else { return Ok(()) };
    // The mapping that reads the set at hand, and what its messages say so far.
    let mut set: Option<(Arc<Plan>, Said)> = None;
    loop {
        let next = side.next(hub).await?;
        if next.as_ref().is_none_or(|one| one.split == 0)
            && let Some((plan, said)) = set.take()
        {
            found.of(&plan).set(&row.name, said);
        }
        let Some(one) = next else { return Ok(()) };
        if !one.set.accepted() {
            found.faulty += 1;
            continue;
        }
        let Some(plan) = one.plan.clone().filter(|plan| asked.mapping.is_none_or(|name| name == plan.short())) else {
            continue;
        };
        let (_, said) = set.get_or_insert_with(|| (plan.clone(), Said::default()));
        if let Some(reading) = one.covering(hub, &side.run, asked.tenant, said).await? {
            found.of(&plan).message(&reading);
        }
    }
}
