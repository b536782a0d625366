//! What the core refuses, as faults at the place that the partner wrote: a refusal names a path in the message, and the
//! mapping's provenance turns it into segment, element and bytes.

use crate::{
    canonical::{
        Event, MessageId, Tenant,
        order_response::{LineOutcome, OrderResponse, Outcome},
    },
    core::Refusal,
    flow::letter,
    formats::{
        ack::Taken,
        fault::{Costs, Fault, Layer, Origin as Says, shorten},
        letters::Letters,
        place::{At, Place},
    },
    mapping::Origin,
    store::{
        StoreError, Tx, blobs, documents,
        messages::{Change, MessageRow},
    },
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The most bytes of a document that are read again to quote from them.
const QUOTED: u64 = 4 << 20;
/// A found value is kept as long as a fault keeps one.
const FOUND_CHARS: usize = 80;

/// Why something of a message is not done.
pub struct Why {
    code: String,
    sentence: String,
    expected: String,
    remedy: String,
    path: String,
    costs: Costs,
}

impl Why {
    /// Of a whole message, as its cause keeps it.
    fn of_cause(cause: &Value) -> Why {
        let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
        Why {
            code: text("code"),
            sentence: text("sentence"),
            expected: text("expected"),
            remedy: text("remedy"),
            path: text("path"),
            costs: Costs::Set,
        }
    }
}

/// A refusal as a message's cause keeps it.
pub fn cause(refusal: &Refusal) -> Value {
    json!({"code": refusal.code, "sentence": refusal.sentence, "expected": refusal.expected,
        "remedy": refusal.remedy, "path": refusal.path})
}

/// What the core says of single lines of a message that it took.
#[derive(Default)]
pub struct OfLines {
    pub whys: Vec<Why>,
    /// Not one of its lines stands.
    pub all_refused: bool,
}

impl OfLines {
    /// How the message was taken.
    pub fn taken(&self) -> Taken {
        match self.whys.iter().map(|why| why.costs).max() {
            _ if self.all_refused => Taken::Rejected,
            None => Taken::Accepted,
            Some(Costs::Nothing) => Taken::Changed,
            Some(_) => Taken::Partly,
        }
    }
}

/// A line that was refused costs itself, one that waits for stock or has another price nothing.
pub fn of_lines(events: &[Event]) -> HashMap<MessageId, OfLines> {
    let mut found: HashMap<MessageId, OfLines> = HashMap::new();
    for event in events.iter().filter(|event| event.kind == "order.confirmed" && event.repeats.is_none()) {
        let Ok(response) = serde_json::from_value::<OrderResponse>(event.data.clone()) else { continue };
        let all_refused = response.outcome == Outcome::Rejected;
        let whys = response.lines.into_iter().filter_map(|line| {
            let reason = line.reason?;
            let refused = line.outcome == LineOutcome::Rejected;
            Some(Why {
                code: reason.code,
                sentence: reason.sentence,
                expected: reason.expected.unwrap_or_default(),
                remedy: reason.remedy.unwrap_or_default(),
                path: reason.path.unwrap_or_default(),
                costs: if refused { Costs::Segment } else { Costs::Nothing },
            })
        });
        found.insert(event.message, OfLines { whys: whys.collect(), all_refused });
    }
    found
}

/// Adds to a change what was refused of its message, behind what its set was found to have.
pub async fn add(
    tx: &mut Tx,
    tenant: Tenant,
    change: &mut Change,
    row: &MessageRow,
    of_lines: &[Why],
) -> Result<(), StoreError> {
    let whole = (change.state == "rejected").then(|| change.cause.as_ref().map(Why::of_cause)).flatten();
    let whys: Vec<&Why> = whole.iter().chain(of_lines).collect();
    if whys.is_empty() {
        return Ok(());
    }
    let origins: Vec<Origin> =
        row.provenance.clone().and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default();
    let spots: Vec<Spot<'_>> = whys.iter().map(|why| spot(&origins, &why.path)).collect();
    let quotes = Quotes::read(tx, tenant, row, &spots).await?;
    let mut faults = letter::faults(row.faults.as_ref());
    faults.extend(whys.iter().zip(&spots).map(|(why, spot)| fault(why, spot, row, &quotes)));
    change.faults = Some(json!(faults));
    Ok(())
}

/// What a path leads to.
#[derive(Clone, Copy)]
enum Spot<'a> {
    /// The value that it names, or the first below it.
    Value(&'a Origin<'a>),
    /// The segment of a neighbour: what it names did not come.
    Near(&'a Origin<'a>),
    /// The set.
    Nowhere,
}

fn spot<'a>(origins: &'a [Origin<'a>], path: &str) -> Spot<'a> {
    let mut at = path;
    while !at.is_empty() {
        let below = |field: &str| field.strip_prefix(at).is_some_and(|rest| rest.starts_with('/'));
        let exact = origins.iter().find(|origin| origin.field == at);
        if let Some(origin) = exact.or_else(|| origins.iter().find(|origin| below(&origin.field))) {
            return if at.len() == path.len() { Spot::Value(origin) } else { Spot::Near(origin) };
        }
        at = at.rsplit_once('/').map_or("", |(above, _)| above);
    }
    Spot::Nowhere
}

fn fault(why: &Why, spot: &Spot<'_>, row: &MessageRow, quotes: &Quotes) -> Fault {
    let (place, found) = match spot {
        Spot::Value(origin) => (of_value(origin), quotes.of(origin, row)),
        Spot::Near(origin) => (of_segment(origin), String::new()),
        Spot::Nowhere => (of_set(row), String::new()),
    };
    Fault {
        code: why.code.as_str().into(),
        layer: Layer::Core,
        place,
        found: shorten(&found, FOUND_CHARS).into(),
        expected: why.expected.as_str().into(),
        sentence: why.sentence.as_str().into(),
        remedy: why.remedy.as_str().into(),
        origin: Says::Agreement,
        costs: why.costs,
        decided_by: None,
    }
}

fn of_value(origin: &Origin) -> Place {
    let at = match &origin.place {
        Some(place) => place.clone().into(),
        None => At::Node { path: origin.at.as_ref().into() },
    };
    let len = origin.bytes.end.saturating_sub(origin.bytes.start);
    Place { byte: origin.bytes.start, len: u32::try_from(len).unwrap_or(u32::MAX), at }
}

fn of_segment(origin: &Origin) -> Place {
    let mut place = of_value(origin);
    place.len = 0;
    match &mut place.at {
        At::Segment { element, component, .. } => (*element, *component) = (None, None),
        At::Row { column, .. } => *column = None,
        At::Node { .. } | At::File { .. } => {}
    }
    place
}

fn of_set(row: &MessageRow) -> Place {
    let at = match row.standard.as_str() {
        standard @ ("x12" | "edifact") => {
            let id = if standard == "x12" { "ST" } else { "UNH" };
            At::Segment { ordinal: 1, id: id.into(), element: None, component: None, repeat: 1 }
        }
        _ => At::Node { path: "".into() },
    };
    Place { byte: u64::try_from(row.set_byte).unwrap_or(0), len: 0, at }
}

/// The bytes around what is to be quoted.
struct Quotes {
    from: u64,
    bytes: Vec<u8>,
}

impl Quotes {
    /// None where they are not kept any more, or lie too far apart: then the message's own values are quoted.
    async fn read(tx: &mut Tx, tenant: Tenant, row: &MessageRow, spots: &[Spot<'_>]) -> Result<Quotes, StoreError> {
        let ranges = spots.iter().filter_map(|spot| match spot {
            Spot::Value(origin) => Some(origin.bytes.clone()),
            _ => None,
        });
        let (from, to) = ranges.fold((u64::MAX, 0), |(from, to), range| (range.start.min(from), range.end.max(to)));
        let nothing = Quotes { from: 0, bytes: vec![] };
        if to <= from || to - from > QUOTED {
            return Ok(nothing);
        }
        let Some(document) = documents::get(tx, tenant, row.document).await? else { return Ok(nothing) };
        match blobs::range(tx, tenant, &document.sha256, from, to - from).await {
            Ok(bytes) => Ok(Quotes { from, bytes }),
            Err(StoreError::Gone(_)) => Ok(nothing),
            Err(error) => Err(error),
        }
    }

    fn of(&self, origin: &Origin, row: &MessageRow) -> String {
        let at = |byte: u64| byte.checked_sub(self.from).and_then(|at| usize::try_from(at).ok());
        let range = at(origin.bytes.start).zip(at(origin.bytes.end));
        if let Some(bytes) = range.and_then(|(start, end)| self.bytes.get(start..end)).filter(|b| !b.is_empty()) {
            let text = Letters::of(bytes).text(bytes);
            return if row.standard == "edifact" { released(&text) } else { text.into_owned() };
        }
        match row.body.as_ref().and_then(|body| body.pointer(&origin.field)) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }
}

/// Without the release characters: `?+` says a plus.
fn released(text: &str) -> String {
    let mut chars = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        plain.push(if c == '?' { chars.next().unwrap_or(c) } else { c });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Spot as Of;

    fn origin(field: &str, byte: u64) -> Origin<'_> {
        let place = Of::Segment { segment: byte as u32, id: "PO1".into(), element: Some(2), component: None };
        Origin { field: field.into(), bytes: byte..byte + 3, at: "PO102".into(), place: Some(place) }
    }

    #[test]
    fn a_path_leads_to_its_own_value_or_near_it_and_never_to_another() {
        let origins = [
            origin("/number", 3),
            origin("/lines/10/item/0/id", 10),
            origin("/lines/1/quantity/value", 20),
            origin("/lines/1/item/0/id", 25),
        ];
        let led = |path: &str| match spot(&origins, path) {
            Spot::Value(origin) => format!("value {}", origin.bytes.start),
            Spot::Near(origin) => format!("near {}", origin.bytes.start),
            Spot::Nowhere => "nowhere".into(),
        };
        assert_eq!(led("/lines/1/quantity/value"), "value 20");
        assert_eq!(led("/lines/1/item"), "value 25");
        assert_eq!(led("/lines/1/price"), "near 20");
        assert_eq!(led("/lines/2/price"), "near 10", "of the lines, the first that came");
        assert_eq!(led("/currency"), "nowhere");
        assert_eq!(led(""), "nowhere", "not the first value of all");
        let Place { len, at, .. } = of_segment(&origins[2]);
        assert_eq!((len, at.to_string().as_str()), (0, "PO1"));
    }
}
