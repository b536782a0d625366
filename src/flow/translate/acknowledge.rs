//! Functional acknowledgements of the groups whose trailers a batch has read, written in its commit.

use super::{batch::Batch, run::Run};
use crate::{
    canonical::Micros,
    emit::acknowledge::{Acknowledgement, functional_997},
    flow::{Hub, emitter},
    formats::{piece::Group, write::OutSet},
    store::{StoreError, Tx},
    tenancy::agreement::Acknowledge,
};

/// Writes the 997s that are due by agreement. A group of functional acknowledgements is not acknowledged itself, or two
/// partners would acknowledge each other for ever.
pub async fn write(hub: &Hub, tx: &mut Tx, batch: &Batch, now: Micros) -> Result<(), StoreError> {
    let Some(tenant) = batch.runs.first().map(|r| r.tenant.id) else { return Ok(()) };
    let mut said = Vec::new();
    for run in &batch.runs {
        for one in run.to_acknowledge.iter().filter(|one| is_due(run, one.interchange, &one.group)) {
            let interchange = &run.interchanges[one.interchange as usize];
            let Some(partner) = &interchange.partner else { continue };
            said.push(Acknowledgement {
                document: run.work.id,
                partner,
                came_by: &run.connection,
                interchange: &interchange.header,
                group: &one.group,
                set: OutSet { kind: "997".into(), control: "0001".into(), segments: one.body.clone() },
            });
        }
    }
    if said.is_empty() { Ok(()) } else { functional_997(tx, &emitter(hub, now), tenant, said).await }
}

/// A GS that was cut before its control number and version can't be answered: AK1 names what is not there.
fn is_due(run: &Run, interchange: u32, group: &Group) -> bool {
    run.interchanges.get(interchange as usize).is_some_and(|i| {
        i.ends == "translated"
            && &*group.functional_id != "FA"
            && !group.control.is_empty()
            && !group.version.is_empty()
            && i.partner.as_ref().is_some_and(|p| p.agreement.acknowledge == Acknowledge::Functional997)
    })
}
