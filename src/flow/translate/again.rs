//! One set of a document, read again from its raw bytes, for a restart.

use super::{Source, SourceError, batch::advisable, incoming::Incoming, meaning::Meaning, open_row, run::Run};
use crate::{
    canonical::{PartnerId, Tenant},
    flow::Hub,
    formats::piece::Set,
    store::{StoreError, documents::DocumentRow},
};

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
    let Some(set) = find(hub, &mut source, &mut run, set_no).await? else { return Ok(None) };
    let mut messages = Incoming::of(hub, &run, set);
    if split as usize >= messages.len() {
        return Ok(None);
    }
    let message = messages.swap_remove(split as usize);
    let meaning = message.meaning_now(hub, &run, tenant).await?;
    let partner = message.partner.as_ref().map(|partner| partner.id);
    let came_in = partner.and(advisable(message.came_in.as_ref(), &meaning));
    Ok(Some(Again { set: message.set, partner, meaning, came_in }))
}

async fn find(hub: &Hub, source: &mut Source, run: &mut Run, set_no: u32) -> Result<Option<Box<Set>>, StoreError> {
    while let Some(piece) = source.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(SourceError::Store(error)) => return Err(error),
            Err(SourceError::Panic(text)) => return Err(StoreError::Row(format!("the reader panicked: {text}"))),
        };
        if let Some(set) = run.take(piece, &hub.directory).filter(|set| set.ordinal == set_no) {
            return Ok(Some(set));
        }
    }
    Ok(None)
}
