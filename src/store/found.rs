//! Documents as people look for them: by what is known of them, newest first, a page at a time.

use super::{
    StoreError, Tx,
    documents::{DocumentRow, HELD, REFUSED, WAITING, escape_like},
    sql::fetch,
};
use crate::canonical::{ConnectionId, DocumentId, Micros, PartnerId, Tenant};

/// An identity that an interchange's envelope says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub id: String,
    /// Qualifier and id (`ZZ/NORTHWIND`), where both are known.
    pub whole: Option<String>,
}

impl Identity {
    /// As people write it: `NORTHWIND`, `ZZ/NORTHWIND`, or with its standard, as partners' files do (`x12/ZZ/NORTHWIND`).
    pub fn asked(text: &str) -> Identity {
        let text = text.strip_prefix("x12/").or_else(|| text.strip_prefix("edifact/")).unwrap_or(text);
        match text.split_once('/') {
            Some((_, id)) => Identity { id: id.to_owned(), whole: Some(text.to_owned()) },
            None => Identity { id: text.to_owned(), whole: None },
        }
    }
}

/// What a list of documents is narrowed to; `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub state: Option<String>,
    pub partner: Option<PartnerId>,
    pub connection: Option<ConnectionId>,
    /// The kind of a set in it (`850`, `ORDERS`), or of a message (`order`).
    pub set_kind: Option<String>,
    /// A business number of a message in it.
    pub number: Option<String>,
    /// A search key of a message in it, of any name or of one.
    pub key: Option<(Option<String>, String)>,
    /// The control number of an interchange in it.
    pub control: Option<String>,
    /// Who sent an interchange in it, and to whom.
    pub sender: Option<Identity>,
    pub receiver: Option<Identity>,
    /// What its first bytes are: `x12`, `edifact`, `xml`, `json`, `csv`, `fixed`.
    pub standard: Option<String>,
    /// Only what somebody closed; else a state that waits for somebody is that of what nobody closed.
    pub closed: bool,
    pub since: Option<Micros>,
    pub until: Option<Micros>,
    /// Part of its name, of an identity read in it, or its hash's beginning.
    pub text: Option<String>,
    /// Only those behind this one: (received_at, id) of the page before.
    pub before: Option<(Micros, DocumentId)>,
}

impl Search {
    /// 1: only what is closed. 0: only what is not. Else both: who asks for all is shown all.
    fn closing(&self) -> Option<i64> {
        let waits = ["rejected", "unassigned", "dead", HELD, REFUSED];
        match self.state.as_deref() {
            _ if self.closed => Some(1),
            Some(state) if waits.contains(&state) => Some(0),
            _ => None,
        }
    }
}

macro_rules! searched {
    ($from:literal, $narrowed:expr, $order:literal) => {
        concat!(
            "select d.id, d.connection, d.sequence, d.name, d.sha256, d.size, d.received_at, d.state, d.cause, d.duplicate_of, d.partner, d.given_to, d.given_sender, d.acknowledged_again, d.copy_of, d.standard, d.identity, d.sets, d.tries, d.due, d.ended_at
             from ", $from, " where d.tenant = $1 and ($2 is null or d.state = $2 or $2 = 'held' and exists (select 1 from messages m where m.document = d.id and m.tenant = d.tenant and m.state = 'held')
                    or $2 = 'waiting' and exists (select 1 from messages m where m.document = d.id and m.tenant = d.tenant and m.state = 'waiting')
                    or $2 = 'refused' and (d.state = 'rejected' or d.state = 'translated' and d.cause is not null or exists (select 1 from messages m where m.document = d.id and m.tenant = d.tenant and m.state = 'rejected'
                        and ($22 = 1 or not exists (select 1 from closed c where c.tenant = m.tenant and c.id = m.id)))))
                and ($3 is null or d.partner = $3) and ($4 is null or d.connection = $4)
                and d.received_at >= $5 and d.received_at < $6
                and (d.received_at < $7 or (d.received_at = $7 and d.id < $8))
                and ($9 is null or lower(d.name) like $9 escape '\\' or lower(d.identity) like $9 escape '\\' or d.sha256 like $10 escape '\\')
                and ($11 is null or exists (select 1 from messages m where m.document = d.id and m.tenant = d.tenant and (m.set_kind = $11 or m.kind = $11)))
                and (($12 is null and $17 is null and $18 is null and $19 is null and $20 is null) or exists (select 1 from interchanges o where o.document = d.id and o.tenant = d.tenant
                    and ($12 is null or o.control = $12) and ($17 is null or o.sender_id = $17) and ($18 is null or o.sender = $18)
                    and ($19 is null or o.receiver_id = $19) and ($20 is null or o.receiver = $20)))
                and ($21 is null or d.standard = $21)
                and ($22 is null or ($22 = 1 and exists (select 1 from closed c where c.tenant = d.tenant and c.id = d.id)) or ($22 = 0 and not exists (select 1 from closed c where c.tenant = d.tenant and c.id = d.id)))",
            $narrowed,
            " order by ", $order, " limit $14"
        )
    };
    ($narrowed:literal) => {
        searched!("documents d", $narrowed, "d.received_at desc, d.id desc")
    };
}

/// A document by each of its interchanges that fit, in the order of an index; of several in one document by its first. Whose
/// interchanges are most of all, or hardly any, is found as quickly.
macro_rules! by_side {
    ($side:literal, $first:literal) => {
        searched!(
            "interchanges i cross join documents d",
            concat!(
                " and i.tenant = $1 and d.id = i.document and ", $side,
                " and i.at >= $5 and i.at < $6 and (i.at < $7 or (i.at = $7 and i.document < $8)) and $13 is null and $15 is null and $16 is null
                  and not exists (select 1 from interchanges e where e.document = i.document and e.tenant = i.tenant and e.ordinal < i.ordinal and ", $first, ")"
            ),
            "i.at desc, i.document desc"
        )
    };
}

/// The id, and all of it where that is known.
fn parts(side: &Option<Identity>) -> (Option<&str>, Option<&str>) {
    side.as_ref().map(|side| (Some(side.id.as_str()), side.whole.as_deref())).unwrap_or_default()
}

/// Documents, newest first, a page at a time.
pub async fn search(tx: &mut Tx, tenant: Tenant, by: &Search, limit: i64) -> Result<Vec<DocumentRow>, StoreError> {
    let (state, kind, control, number) =
        (by.state.as_deref(), by.set_kind.as_deref(), by.control.as_deref(), by.number.as_deref());
    let since = by.since.map_or(i64::MIN, |at| at.0);
    let until = by.until.map_or(i64::MAX, |at| at.0);
    let (at, id) = by.before.unwrap_or((Micros(i64::MAX), DocumentId(uuid::Uuid::max())));
    let plain = by.text.as_deref().map(|text| escape_like(&text.to_lowercase()));
    let (part, start) = (plain.as_ref().map(|p| format!("%{p}%")), plain.as_ref().map(|p| format!("{p}%")));
    let key = by.key.as_ref().map(|(name, value)| (name.as_deref(), Some(value.as_str())));
    let (name, value) = key.unwrap_or_default();
    let ((sender, from), (receiver, to)) = (parts(&by.sender), parts(&by.receiver));
    let (standard, closing) = (by.standard.as_deref(), by.closing());
    macro_rules! run {
        ($text:expr) => {
            fetch!(
                tx,
                $text;
                tenant, state, by.partner, by.connection, since, until, at, id, part.as_deref(), start.as_deref(), kind, control, number, limit, value, name, sender, from, receiver, to, standard, closing
            )
        };
    }
    macro_rules! found {
        ($narrowed:literal) => {
            run!(searched!($narrowed))
        };
    }
    // Numbers and search keys lead to few rows by indexes of their own, so they are not among the optional ones.
    let rows = match (number.is_some(), value.is_some()) {
        (false, false) if closing == Some(1) => {
            found!(
                " and $13 is null and $15 is null and $16 is null and d.id in (select c.id from closed c where c.tenant = $1 and c.thing = 'document')"
            )
        }
        (false, false) if matches!(state, Some(HELD | WAITING)) => {
            found!(
                " and $13 is null and $15 is null and $16 is null and d.id in (select m.document from messages m where m.tenant = $1 and m.state in ('held', 'waiting'))"
            )
        }
        (false, false) if state == Some(REFUSED) => {
            found!(
                " and $13 is null and $15 is null and $16 is null and (d.state = 'rejected' or d.state = 'translated' and d.cause is not null or d.id in (select m.document from messages m where m.tenant = $1 and m.state = 'rejected'))"
            )
        }
        (false, false) if control.is_some() => {
            found!(
                " and $13 is null and $15 is null and $16 is null and d.id in (select i.document from interchanges i where i.tenant = $1 and i.control = $12)"
            )
        }
        (false, false) if sender.is_some() => run!(by_side!("i.sender_id = $17", "e.sender_id = $17")),
        (false, false) if receiver.is_some() => run!(by_side!("i.receiver_id = $19", "e.receiver_id = $19")),
        (false, false) => found!(" and $13 is null and $15 is null and $16 is null"),
        (true, false) => {
            found!(
                " and d.id in (select m.document from messages m where m.tenant = $1 and m.number = $13) and $15 is null and $16 is null"
            )
        }
        (false, true) => {
            found!(
                " and d.id in (select k.document from search_keys k where k.tenant = $1 and k.value = $15 and ($16 is null or k.name = $16)) and $13 is null"
            )
        }
        (true, true) => {
            found!(
                " and d.id in (select k.document from search_keys k join messages m on m.id = k.message
                    where k.tenant = $1 and k.value = $15 and ($16 is null or k.name = $16) and m.number = $13)"
            )
        }
    };
    Ok(rows?)
}
