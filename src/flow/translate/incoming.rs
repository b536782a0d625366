//! A message on its way in: what it is read from, whose it is, and what it means by what now stands.

use super::{
    meaning::{self, Meaning, Whose},
    run::Run,
};
use crate::{
    canonical::{PartnerId, Tenant},
    emit::{
        advice::CameIn,
        lookups::{Asked, Lookups},
    },
    flow::Hub,
    formats::piece::Set,
    mapping::{Context, Plan, Reading, explain::Said},
    store::StoreError,
    tenancy::PartnerInfo,
};
use std::sync::Arc;

/// A table may lead to what another is asked for, as in `table(a) | table(b)`: so often a message is read at most.
pub const ROUNDS: usize = 4;

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

    /// What it means by its mapping's tables and what is known of the tenant's.
    pub fn meaning(&self, hub: &Hub, run: &Run, rows: &Lookups) -> Meaning {
        match self.whose(hub, run) {
            Some(whose) => {
                meaning::of(&run.library, &self.set, self.plan.as_deref(), &whose, &rows.of(self.partner_id()))
            }
            None => meaning::of_nobody(&self.set),
        }
    }

    /// What it means by what now stands. The tenant's rows are read for all that its mapping looked up, in one query; where
    /// he has some, it is read once more.
    pub async fn meaning_now(&self, hub: &Hub, run: &Run, tenant: Tenant) -> Result<Meaning, StoreError> {
        let mut rows = Lookups::default();
        for _ in 0..ROUNDS {
            let meaning = self.meaning(hub, run, &rows);
            if !answered(&mut rows, hub, tenant).await? {
                return Ok(meaning);
            }
        }
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
        let mut rows = Lookups::default();
        let currency = &run.tenant.currency;
        for _ in 0..ROUNDS {
            let tables = &rows.of(self.partner_id());
            plan.read(&self.set.tree, &Context { tenant_currency: currency, tables });
            if !answered(&mut rows, hub, tenant).await? {
                break;
            }
        }
        let tables = &rows.of(self.partner_id());
        Ok(Some(plan.covering(&self.set.tree, &Context { tenant_currency: currency, tables }, said)))
    }

    fn partner_id(&self) -> Option<PartnerId> {
        self.partner.as_ref().map(|partner| partner.id)
    }
}

/// Reads the tenant's rows of what was looked up; false if he has none.
pub async fn answered(rows: &mut Lookups, hub: &Hub, tenant: Tenant) -> Result<bool, StoreError> {
    let asked = rows.asked();
    if asked.is_empty() {
        return Ok(false);
    }
    read(rows, hub, tenant, [&asked]).await?;
    Ok(rows.answers(&asked))
}

/// Reads the tenant's rows of what messages looked up, in one query.
pub async fn read<'a>(
    rows: &mut Lookups,
    hub: &Hub,
    tenant: Tenant,
    asked: impl IntoIterator<Item = &'a Asked>,
) -> Result<(), StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    rows.read(&mut tx, tenant, asked).await?;
    tx.rollback().await
}
