//! Duplicate and retry: what ended is worked once more as a new document, as it came or edited. The first stays as it ended.

use super::operate::OperateError;
use crate::{
    canonical::{DocumentId, MessageId, Tenant},
    flow::Hub,
    formats::lossless::{Item, Reader, Segment, Writer},
    intake::{Copied, Facts, NotTaken},
    store::{
        Store, StoreError, blobs,
        deliveries::{self, Letter},
        documents::{self, DocumentRow, STATES},
        journal::{self, Step},
        messages, now,
    },
};
use futures_util::{Stream, StreamExt};
use serde_json::json;
use std::{
    io::{self, Cursor},
    pin::pin,
};
use tokio_util::io::StreamReader;
use uuid::Uuid;

/// A document of which one message is copied is held in memory: larger ones are copied as a whole.
const HELD: i64 = 64 << 20;

/// Who wants it, and why.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    pub who: &'a str,
    pub why: &'a str,
}

impl By<'_> {
    /// Errors: there is no reason.
    pub fn with_reason(self) -> Result<Self, OperateError> {
        if self.why.trim().is_empty() { Err(OperateError::NoReason) } else { Ok(self) }
    }
}

/// Takes a document in once more, by the connection that it came by; with other bytes, if some are given. Of its first it is
/// no duplicate, whatever numbers it bears, since it says of which it is a copy.
///
/// Errors: no reason; it is still worked; its bytes are gone and no others are given.
pub async fn document(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    edited: Option<Vec<u8>>,
    by: By<'_>,
) -> Result<DocumentId, OperateError> {
    let row = ended(hub, tenant, id, edited.is_none()).await?;
    let by = by.with_reason()?;
    take(hub, tenant, &row, edited, None, by).await
}

/// Takes the set of a message in once more, alone in its envelope: others of the same document are none of its concern.
///
/// Errors: no reason; its document is still worked, or its bytes are gone; others stand in it and can't be told apart by an
/// envelope.
pub async fn message(hub: &Hub, tenant: Tenant, id: MessageId, by: By<'_>) -> Result<DocumentId, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let message = messages::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("message"))?;
    tx.rollback().await?;
    let by = by.with_reason()?;
    let row = ended(hub, tenant, message.document, true).await?;
    if row.sets == Some(1) {
        return take(hub, tenant, &row, None, Some(id), by).await;
    }
    let is_edi = matches!(row.standard.as_deref(), Some("x12" | "edifact"));
    if !is_edi || row.size > HELD {
        let sets = row.sets.unwrap_or_default();
        return Err(OperateError::Refused(format!(
            "it stands in a document of {sets} sets from which it can't be taken alone: duplicate the document {}, edited to this one",
            row.id
        )));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(row.size).unwrap_or(0));
    let mut parts = pin!(raw(hub.store.clone(), tenant, &row));
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(OperateError::Store)?);
    }
    let set = message.set_byte as u64..(message.set_byte + message.set_len) as u64;
    let alone = alone(&bytes, set).map_err(|error| OperateError::Unreadable(error.to_string()))?;
    take(hub, tenant, &row, Some(alone), Some(id), by).await
}

/// Takes what a dead letter is about in once more. A delivery is sent again under a new number instead.
///
/// Errors: as of what it is about.
pub async fn letter(hub: &Hub, tenant: Tenant, id: Uuid, by: By<'_>) -> Result<DocumentId, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let letter: Letter = deliveries::letter(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("dead letter"))?;
    tx.rollback().await?;
    match letter.thing.as_str() {
        "document" => document(hub, tenant, DocumentId(letter.thing_id), None, by).await,
        "message" => message(hub, tenant, MessageId(letter.thing_id), by).await,
        _ => Err(OperateError::Refused(
            "what goes out is no document of a partner's: replay it, under a new number if it is to be another".into(),
        )),
    }
}

async fn ended(hub: &Hub, tenant: Tenant, id: DocumentId, as_it_is: bool) -> Result<DocumentRow, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    let gone = documents::raw_removed_at(&mut tx, tenant, id).await?;
    tx.rollback().await?;
    if matches!(row.state.as_str(), "received" | "retrying") {
        let (allowed, done) = ("a document that ended", "duplicated");
        return Err(OperateError::State { state: row.state, allowed, done });
    }
    match gone.filter(|_| as_it_is) {
        Some(at) => Err(OperateError::Unreadable(format!(
            "its raw bytes were removed at {at}, as the agreement's `retention_days` says"
        ))),
        None => Ok(row),
    }
}

/// Takes bytes in, the first one's or others, and notes at the first what came of it.
async fn take(
    hub: &Hub,
    tenant: Tenant,
    row: &DocumentRow,
    edited: Option<Vec<u8>>,
    message: Option<MessageId>,
    by: By<'_>,
) -> Result<DocumentId, OperateError> {
    let Some(connection) = hub.directory.connections.get(&row.connection).filter(|c| c.tenant == tenant) else {
        let why = "it came by a connection that no file names any more: put it back, then duplicate it";
        return Err(OperateError::Refused(why.into()));
    };
    let (who, why) = (by.who.to_owned(), by.why.to_owned());
    let facts = Facts {
        connection: connection.clone(),
        name: row.name.clone(),
        transport_id: None,
        modified_at: None,
        duplicates_days: 0,
        answers_duplicates: false,
        copy: Some(Copied {
            of: row.id,
            given_to: row.given_to,
            given_sender: row.given_sender.clone(),
            who,
            why,
            edited: edited.is_some(),
        }),
    };
    let receipt = match &edited {
        Some(bytes) => hub.intake.take(bytes.as_slice(), facts).await,
        None => {
            let parts = raw(hub.store.clone(), tenant, row);
            let parts = parts.map(|part| part.map(Cursor::new).map_err(io::Error::other));
            hub.intake.take(StreamReader::new(pin!(parts)), facts).await
        }
    };
    let copy = receipt.map_err(|error| match error {
        NotTaken::Store(error) => OperateError::Refused(format!("the copy could not be kept: {error}; try it again")),
        error => OperateError::Refused(error.to_string()),
    })?;
    let copy = copy.document();
    let state = STATES.into_iter().find(|state| *state == row.state).unwrap_or("translated");
    let cause = json!({"code": "duplicated", "who": by.who, "why": by.why, "as": copy, "edited": edited.is_some()});
    let mut step = Step::new(tenant, now().0, "operate", state, &hub.worker).document(row.id.0).cause(cause);
    step.message = message.map(|id| id.0);
    let mut tx = hub.store.begin(tenant).await?;
    journal::write(&mut tx, &[step]).await?;
    tx.commit().await?;
    Ok(copy)
}

/// A document's bytes, a chunk when the one before was taken.
fn raw(store: Store, tenant: Tenant, row: &DocumentRow) -> impl Stream<Item = Result<Vec<u8>, StoreError>> + use<> {
    blobs::stretches(store, tenant, row.sha256.clone(), 0..u64::try_from(row.size).unwrap_or(0))
}

/// One set of a document in its group and its interchange, whose trailers count it alone.
fn alone(bytes: &[u8], set: std::ops::Range<u64>) -> io::Result<Vec<u8>> {
    let (mut interchange, mut group, mut body) = (Vec::new(), None, Vec::new());
    let mut ends = false;
    for item in Reader::new(bytes) {
        let item = item?;
        match &item {
            Item::Begin(_) if body.is_empty() => (interchange, group) = (vec![item], None),
            Item::Segment(segment) => {
                let within = set.contains(&segment.byte);
                match segment.id() {
                    _ if within => body.push(item),
                    b"ISA" | b"UNB" if body.is_empty() => interchange.push(item),
                    b"GS" | b"UNG" if body.is_empty() => group = Some(item),
                    b"GE" | b"UNE" if !body.is_empty() => body.push(counted(segment, group.is_some())),
                    b"IEA" | b"UNZ" if !body.is_empty() => {
                        body.push(counted(segment, true));
                        ends = true;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        if ends {
            break;
        }
    }
    if body.is_empty() || !ends {
        return Err(io::Error::other("its set or the end of its interchange is not found in the document's bytes"));
    }
    let (mut writer, mut out) = (Writer::new(), Vec::new());
    interchange.iter().chain(&group).chain(&body).for_each(|item| writer.put(item, &mut out));
    Ok(out)
}

fn counted(trailer: &Segment, is_needed: bool) -> Item {
    let mut trailer = trailer.clone();
    if is_needed {
        trailer.set(1, b"1");
    }
    Item::Segment(trailer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_taken_with_its_envelope_and_no_other() {
        let isa = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000007*0*P*>~\n";
        let set = |n: u8| format!("ST*850*000{n}~\nBEG*00*SA*PO-{n}**20260131~\nSE*3*000{n}~\n");
        let group =
            |n: u8, sets: &str, count: u8| format!("GS*PO*N*A*20260131*0800*{n}*X*004010~\n{sets}GE*{count}*{n}~\n");
        let all =
            format!("{isa}{}{}IEA*2*000000007~\n", group(1, &set(1), 1), group(2, &(set(2) + &set(3) + &set(4)), 3));
        let at = all.find("ST*850*0003").unwrap() as u64;
        let alone = alone(all.as_bytes(), at..at + set(3).len() as u64).unwrap();
        let expected = format!("{isa}{}IEA*1*000000007~\n", group(2, &set(3), 1));
        assert_eq!(String::from_utf8(alone).unwrap(), expected);
        let edifact = "UNB+UNOC:3+A:14+N:14+260131:0800+7'UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'UNT+3+1'UNH+2+ORDERS:D:96A:UN'BGM+220+PO-2+9'UNT+3+2'UNZ+2+7'";
        let [at, end] = ["UNH+2", "UNZ"].map(|from| edifact.find(from).unwrap() as u64);
        let alone = super::alone(edifact.as_bytes(), at..end).unwrap();
        let expected = "UNB+UNOC:3+A:14+N:14+260131:0800+7'UNH+2+ORDERS:D:96A:UN'BGM+220+PO-2+9'UNT+3+2'UNZ+1+7'";
        assert_eq!(String::from_utf8(alone).unwrap(), expected);
    }
}
