//! Up to 64 sets of one connection, mapped together and written in one transaction.

use super::{
    incoming::{self, Incoming, ROUNDS},
    meaning::{self, Meaning},
    run::{Closing, Run},
};
use crate::{
    canonical::{MessageId, Micros, PartnerId},
    emit::{
        advice::CameIn,
        lookups::{Asked, Lookups},
    },
    flow::{Hub, letter},
    formats::piece::Set,
    mapping::Provenance,
    store::{StoreError, messages::NewMessage},
};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

/// Sets in one transaction.
pub const SETS: usize = 64;
/// Bytes of sets held before they are written, whatever their number.
pub const BYTES: u64 = 8 << 20;

/// A message waiting for its batch.
pub struct Waiting {
    pub run: usize,
    pub message: Incoming,
}

/// Documents and sets of one connection on their way into one transaction.
#[derive(Default)]
pub struct Batch {
    pub runs: Vec<Run>,
    pub sets: Vec<Waiting>,
    pub bytes: u64,
}

/// A set that was mapped.
pub struct Mapped {
    pub run: usize,
    pub interchange: Option<u32>,
    pub row: NewMessage,
}

impl Batch {
    /// True if it should be written before more is read.
    pub fn is_full(&self) -> bool {
        self.sets.len() >= SETS || self.bytes >= BYTES || self.runs.len() >= 2 * SETS
    }

    /// Adds what a set of the run makes.
    pub fn push(&mut self, hub: &Hub, run: usize, set: Box<Set>) {
        self.bytes += set.len;
        let messages = Incoming::of(hub, &self.runs[run], set);
        self.sets.extend(messages.into_iter().map(|message| Waiting { run, message }));
    }

    /// Maps all sets. What their mappings looked up in tables is asked of the tenant's rows in one query, and those for
    /// which he has some are read once more: his row goes before the mapping's.
    pub async fn map(&mut self, hub: &Hub, now: Micros) -> Result<Vec<Mapped>, StoreError> {
        let waiting = std::mem::take(&mut self.sets);
        self.bytes = 0;
        let mut rows = Lookups::default();
        let read = |waiting: &Waiting, rows: &mut Lookups| (self.meaning(hub, waiting, rows), rows.asked());
        let mut meanings: Vec<(Meaning, Asked)> = waiting.iter().map(|waiting| read(waiting, &mut rows)).collect();
        let tenant = self.runs.first().map(|run| run.tenant.id);
        for _ in 0..ROUNDS {
            let Some(tenant) = tenant.filter(|_| meanings.iter().any(|(_, asked)| !asked.is_empty())) else { break };
            incoming::read(&mut rows, hub, tenant, meanings.iter().map(|(_, asked)| asked)).await?;
            for (waiting, meaning) in waiting.iter().zip(&mut meanings) {
                match rows.answers(&meaning.1) {
                    true => *meaning = read(waiting, &mut rows),
                    false => meaning.1 = Asked::default(),
                }
            }
        }
        Ok(waiting.into_iter().zip(meanings).map(|(w, (m, _))| self.row(hub, w, m, now)).collect())
    }

    fn meaning(&self, hub: &Hub, waiting: &Waiting, rows: &Lookups) -> Meaning {
        waiting.message.meaning(hub, &self.runs[waiting.run], rows)
    }

    fn row(&self, hub: &Hub, waiting: Waiting, meaning: Meaning, now: Micros) -> Mapped {
        let Waiting { run: at, message } = waiting;
        let run = &self.runs[at];
        let partner: Option<PartnerId> = message.partner.as_ref().map(|partner| partner.id);
        let set = &message.set;
        let id = MessageId::of(run.work.id, 0, set.ordinal, message.split);
        let came_in = advisable(message.came_in.as_ref(), &meaning);
        let row = new_message(hub, run.work.id, id, 0, set, partner, meaning, now);
        let (split, as_one) = (i64::from(message.split), run.as_one(set));
        let row = NewMessage { tenant: run.tenant.id, split, came_in, as_one, ..row };
        Mapped { run: at, interchange: set.interchange, row }
    }
}

/// The envelope of a set that its mapping refused, or that the core may still refuse: an acknowledgement tells of all else,
/// and is not advised of itself.
pub fn advisable(came_in: Option<&CameIn>, meaning: &Meaning) -> Option<Value> {
    let may = matches!(meaning.state, "pending" | "held" | "rejected")
        && meaning.mapping.is_some()
        && meaning.kind.as_deref() != Some(meaning::ACKNOWLEDGEMENT);
    came_in.filter(|_| may).map(|came_in| json!(came_in))
}

/// The row of a set that was read.
#[allow(clippy::too_many_arguments)]
pub fn new_message(
    hub: &Hub,
    document: crate::canonical::DocumentId,
    id: MessageId,
    run: i64,
    set: &Set,
    partner: Option<PartnerId>,
    meaning: Meaning,
    now: Micros,
) -> NewMessage {
    let fingerprint = (meaning.state != "pending").then(|| fingerprint(&meaning, partner));
    let ended = matches!(meaning.state, "rejected" | "dead");
    let hold = (meaning.state == "held").then(|| meaning.missing.first()).flatten();
    NewMessage {
        tenant: crate::canonical::Tenant(uuid::Uuid::nil()),
        id,
        document,
        run,
        set_no: i64::from(set.ordinal),
        split: 0,
        interchange: set.interchange.map(i64::from),
        group_no: set.group.map(i64::from),
        standard: set.standard.word(),
        set_kind: meaning.set_kind,
        set_version: set.version.to_string(),
        set_control: set.control.to_string(),
        set_byte: set.byte as i64,
        set_len: set.len as i64,
        mapping: meaning.mapping,
        kind: meaning.kind,
        partner,
        number: meaning.number,
        place: None,
        state: meaning.state,
        released: 0,
        body: meaning.body,
        provenance: kept_provenance(id, &meaning.provenance),
        faults: (!meaning.faults.is_empty()).then(|| json!(meaning.faults)),
        cause: meaning.cause,
        hold_scheme: hold.map(|m| m.table.clone()),
        hold_value: hold.map(|m| m.value.clone()),
        fingerprint,
        created_at: now.0,
        ended_at: ended.then_some(now.0),
        deadline: hub.deadline(now).0,
        wait_us: hub.wait_us(),
        came_in: None,
        as_one: 0,
        search_keys: meaning.search_keys,
    }
}

/// Where a message's values came from, as it is kept. A message without it is as good as any other, but for who asks why a
/// value stands in it: that it could not be kept is told in the log.
fn kept_provenance(id: MessageId, provenance: &Provenance) -> Option<Box<RawValue>> {
    if provenance.is_empty() {
        return None;
    }
    to_raw_value(provenance)
        .inspect_err(|error| tracing::error!(message = %id, %error, "where its values came from can't be kept"))
        .ok()
}

fn fingerprint(meaning: &Meaning, partner: Option<PartnerId>) -> String {
    let worst = letter::worst(&meaning.faults);
    let code = meaning.cause.as_ref().and_then(|c| c["code"].as_str()).or_else(|| worst.map(|f| &*f.code));
    let code = code.unwrap_or_default().to_owned();
    let place = worst.map(|f| format!("{:?}", f.place.at)).unwrap_or_default();
    let partner = partner.map(|p| p.to_string()).unwrap_or_default();
    crate::flow::failure::fingerprint(&["translate", &code, &place, meaning.mapping.as_deref().unwrap_or(""), &partner])
}

/// What the trailers that were read say of a set: `None` none was read yet, `Some(None)` it may go, else why it is refused.
pub fn verdict(closings: &[Closing], set_no: i64) -> Option<Option<&[crate::formats::fault::Fault]>> {
    let covering = closings.iter().filter(|c| i64::from(c.from_set) <= set_no && set_no < i64::from(c.to_set));
    let mut seen = None;
    for closing in covering {
        match &closing.refused {
            Some(faults) => return Some(Some(faults)),
            None => seen = Some(None),
        }
    }
    seen
}
