//! A message on its way in: what it is read from, whose it is, and what it means by what now stands.

use super::{
    meaning::{self, Meaning, Rows, Whose},
    run::Run,
};
use crate::{
    canonical::Tenant,
    emit::advice::CameIn,
    flow::Hub,
    formats::piece::Set,
    mapping::{Context, Missing, Plan, Reading, explain::Said},
    store::{StoreError, entities},
    tenancy::PartnerInfo,
};
use std::{collections::BTreeSet, sync::Arc};

/// What one message is read from: a set, or the part of one whose mapping makes several messages of it.
pub struct Incoming {
    pub set: Box<Set>,
    /// Which of the set's messages it is, from 0.
    pub split: u32,
    pub partner: Option<Arc<PartnerInfo>>,
    /// The mapping that reads it, if one claims it.
    pub plan: Option<Arc<Plan>>,
    /// Its envelope, where an advice may be owed for it.
    pub came_in: Option<CameIn>,
    /// GS02, UNG 0040.
    application_sender: Option<String>,
}

impl Incoming {
    /// The messages that a set makes, while its group is open. Whose it is and what reads it is found once for all of them.
    pub fn of(hub: &Hub, run: &Run, set: Box<Set>) -> Vec<Incoming> {
        let partner = run.partner_of(&set).cloned().or_else(|| {
            let owner = set.interchange.is_none().then_some(run.connection.partner).flatten()?;
            hub.directory.partners.get(&owner).cloned()
        });
        let (application_sender, came_in) = (run.application_sender(&set), run.came_in(&set));
        let mut whole = Incoming { set, split: 0, partner, plan: None, came_in, application_sender };
        whole.plan = whole.whose(hub, run).and_then(|whose| meaning::plan(&run.library, &whole.set, &whose));
        let Some(plan) = whole.plan.clone().filter(|plan| plan.splits()) else { return vec![whole] };
        let Incoming { set, partner, came_in, application_sender, .. } = whole;
        let part = |(split, set)| Incoming {
            set: Box::new(set),
            split,
            partner: partner.clone(),
            plan: Some(plan.clone()),
            came_in: came_in.clone(),
            application_sender: application_sender.clone(),
        };
        (0..).zip(plan.split(*set)).map(part).collect()
    }

    fn whose<'a>(&'a self, hub: &'a Hub, run: &'a Run) -> Option<Whose<'a>> {
        let partner = self.partner.as_ref()?;
        Some(Whose {
            partner: &partner.name,
            agreement: partner.terms.of(run.connection.id, self.set.standard, &self.set.kind),
            currency: &run.tenant.currency,
            expects: run.connection.expects.as_deref(),
            application_sender: self.application_sender.as_deref(),
            document: run.work.id,
            probe: &hub.probe,
        })
    }

    /// What it means by its mapping's own tables and these rows.
    pub fn meaning(&self, hub: &Hub, run: &Run, rows: &Rows) -> Meaning {
        match self.whose(hub, run) {
            Some(whose) => meaning::of(&run.library, &self.set, self.plan.as_deref(), &whose, rows),
            None => meaning::of_nobody(&self.set),
        }
    }

    /// What it means by what now stands; the tenant's rows are read where the mapping's own tables miss a value.
    pub async fn meaning_now(&self, hub: &Hub, run: &Run, tenant: Tenant) -> Result<Meaning, StoreError> {
        let mut rows = Rows::default();
        let meaning = self.meaning(hub, run, &rows);
        if meaning.missing.is_empty() {
            return Ok(meaning);
        }
        rows.fill(hub, tenant, &meaning.missing).await?;
        Ok(self.meaning(hub, run, &rows))
    }

    /// How much of it its mapping reads, by what now stands. Nothing of a set that nobody's mapping claims.
    pub async fn covering(
        &self,
        hub: &Hub,
        run: &Run,
        tenant: Tenant,
        said: &mut Said,
    ) -> Result<Option<Reading>, StoreError> {
        let Some(plan) = &self.plan else { return Ok(None) };
        let mut rows = Rows::default();
        let currency = &run.tenant.currency;
        let reading = plan.read(&self.set.tree, &Context { tenant_currency: currency, tables: &rows });
        if !reading.missing.is_empty() {
            rows.fill(hub, tenant, &reading.missing).await?;
        }
        Ok(Some(plan.covering(&self.set.tree, &Context { tenant_currency: currency, tables: &rows }, said)))
    }
}

impl Rows {
    /// Reads the tenant's rows of what tables lack, in one query.
    pub async fn fill(
        &mut self,
        hub: &Hub,
        tenant: Tenant,
        missing: impl IntoIterator<Item = &Missing>,
    ) -> Result<(), StoreError> {
        let asked: BTreeSet<(String, String)> =
            missing.into_iter().map(|one| (one.table.clone(), one.value.clone())).collect();
        let asked: Vec<(String, String)> = asked.into_iter().collect();
        let mut tx = hub.store.read(tenant).await?;
        for found in entities::cross_references(&mut tx, tenant, &asked).await? {
            self.put(found.scheme, found.value, found.target);
        }
        tx.rollback().await
    }
}
