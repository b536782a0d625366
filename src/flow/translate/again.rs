//! One set of a document, read again from its raw bytes, for a restart.

use super::{
    Source, SourceError,
    batch::advisable,
    meaning::{self, Meaning, Rows, Whose},
    open_row,
    run::Run,
};
use crate::{
    canonical::PartnerId,
    emit::advice::CameIn,
    flow::Hub,
    formats::piece::Set,
    store::{StoreError, Tx, documents::DocumentRow, entities},
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

/// Reads the `set_no`th set of a document and maps it. Nothing if the document has no such set any more.
pub async fn read(
    hub: &Hub,
    document: &DocumentRow,
    tenant: crate::canonical::Tenant,
    set_no: u32,
) -> Result<Option<Again>, StoreError> {
    let Some((mut source, mut run)) = open_row(hub, tenant, document).await? else { return Ok(None) };
    let Some((set, sender, came_in)) = find(hub, &mut source, &mut run, set_no).await? else { return Ok(None) };
    let partner = run.partner_of(&set).cloned().or_else(|| {
        let owner = set.interchange.is_none().then_some(run.connection.partner).flatten()?;
        hub.directory.partners.get(&owner).map(Arc::clone)
    });
    let Some(partner) = partner else {
        let meaning = meaning::of_nobody(&set);
        return Ok(Some(Again { set, partner: None, meaning, came_in: None }));
    };
    let whose = Whose {
        partner: &partner.name,
        agreement: partner.terms.of(run.connection.id, set.standard, &set.kind),
        currency: &run.tenant.currency,
        expects: run.connection.expects.as_deref(),
        application_sender: sender.as_deref(),
        document: document.id,
        probe: &hub.probe,
    };
    let mut rows = Rows::default();
    let mut meaning = meaning::of(&run.library, &set, &whose, &rows);
    if !meaning.missing.is_empty() {
        let mut tx = hub.store.read(tenant).await?;
        fill(&mut tx, tenant, &meaning, &mut rows).await?;
        tx.rollback().await?;
        meaning = meaning::of(&run.library, &set, &whose, &rows);
    }
    let came_in = advisable(came_in.as_ref(), &meaning);
    Ok(Some(Again { set, partner: Some(partner.id), meaning, came_in }))
}

async fn fill(
    tx: &mut Tx,
    tenant: crate::canonical::Tenant,
    meaning: &Meaning,
    rows: &mut Rows,
) -> Result<(), StoreError> {
    let asked: BTreeSet<(String, String)> =
        meaning.missing.iter().map(|m| (m.table.clone(), m.value.clone())).collect();
    let asked: Vec<(String, String)> = asked.into_iter().collect();
    for found in entities::cross_references(tx, tenant, &asked).await? {
        rows.put(found.scheme, found.value, found.target);
    }
    Ok(())
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
