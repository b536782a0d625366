//! Documents that go out once more in another delivery's place: written anew by what now stands, under a new number, or both.

use super::{
    Emitter,
    document::{Of, Rendered, Rows, Unwritable, number_sets},
    fanout,
    numbers::{Given, Numbers, numbered},
};
use crate::{
    canonical::{DeliveryId, Event, Tenant},
    formats::lossless::{Item, Reader, Writer},
    store::{
        StoreError, Tx,
        deliveries::{DeliveryRow, NewDelivery, hex},
        outbound::{self, NewSet, SetRow},
    },
    tenancy::{PartnerInfo, agreement::ControlNumbers},
};
use serde_json::Value;

/// How a document goes out once more; at least one of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How {
    /// Written anew from its event, by the mapping and the agreement that now stand.
    pub map: bool,
    /// Under new control numbers.
    pub number: bool,
}

/// Writes the delivery that goes in the place of one, and gives its id. `cause` says who wanted it.
pub async fn write(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    row: &DeliveryRow,
    event: Option<&Event>,
    how: How,
    cause: Value,
) -> Result<Result<DeliveryId, Unwritable>, StoreError> {
    let id = DeliveryId::again(row.id, row.replays);
    let sets = outbound::of_deliveries(tx, tenant, &[row.id]).await?;
    let of = Of { tenant, delivery: id, message: row.message, target: &row.target, now: emit.now };
    let written = match (how.map, event) {
        (true, Some(event)) => mapped(tx, emit, (row, &sets), event, how, &of).await?,
        (true, None) => Err(cannot(row, "no event stands behind it: send it again as it is")),
        (false, _) => renumbered(tx, emit, (row, &sets), &of).await?,
    };
    let (partner, rendered) = match written {
        Ok(written) => written,
        Err(unwritable) => return Ok(Err(unwritable)),
    };
    let waits = rendered.waits(&row.kind, partner, &row.target);
    let delivery = NewDelivery {
        tenant,
        id,
        event: row.event,
        document: row.document,
        message: row.message,
        subscription: row.subscription,
        partner: Some(partner.id),
        kind: if row.kind == "acknowledgement" { "acknowledgement" } else { "document" },
        target: row.target.clone(),
        state: "pending",
        name: Some(rendered.name),
        content: Some(hex(&rendered.bytes)),
        control: rendered.control,
        sequence: None,
        cause: Some(cause),
        acknowledged: waits.as_ref().map(|_| "waiting"),
        again_of: Some(row.id),
        created_at: emit.now.0,
        deadline: emit.deadline.0,
        wait_us: emit.wait_us,
    };
    let (sets, expectations) = (rendered.sets, waits.into_iter().collect());
    let rows = Rows { deliveries: vec![delivery], sets, expectations, ..Rows::default() };
    rows.write_alone(tx, emit, tenant).await?;
    Ok(Ok(id))
}

fn cannot(row: &DeliveryRow, why: &str) -> Unwritable {
    Unwritable::new("again", &row.target, why.into())
}

type Written<'a> = Result<(&'a PartnerInfo, Rendered), Unwritable>;

/// By what now stands; under the numbers that it bore, unless new ones are wanted.
async fn mapped<'a>(
    tx: &mut Tx,
    emit: &Emitter<'a>,
    (row, sets): (&DeliveryRow, &[SetRow]),
    event: &Event,
    how: How,
    of: &Of<'_>,
) -> Result<Written<'a>, StoreError> {
    let (partner, draft) = match fanout::draft_again(tx, emit, of.tenant, row, event).await? {
        Ok(drafted) => drafted,
        Err(unwritable) => return Ok(Err(unwritable)),
    };
    if how.number && !draft.is_numbered() {
        return Ok(Err(cannot(row, UNNUMBERED)));
    }
    let rendered = match sets.first().filter(|_| !how.number && draft.is_numbered()) {
        Some(set) => {
            let given = Given {
                interchange: set.interchange_no as u64,
                group: set.group_no as u64,
                // A set that is the only one of its group bears what its draft says, or the number that it was given.
                first_set: Some(set.set_no).filter(|_| Given::longest(numbers_of(partner)).first_set.is_some()),
            };
            draft.rendered(of, partner, &given, &of.alone())
        }
        None => number_sets(tx, of, partner, &draft, &of.alone()).await?,
    };
    Ok(rendered.map(|rendered| (partner, rendered)))
}

const UNNUMBERED: &str = "it bears no control number that could be another: send it again as it is";

fn numbers_of(partner: &PartnerInfo) -> &ControlNumbers {
    &partner.agreement.control_numbers
}

/// The same bytes, but for their control numbers.
async fn renumbered<'a>(
    tx: &mut Tx,
    emit: &Emitter<'a>,
    (row, sets): (&DeliveryRow, &[SetRow]),
    of: &Of<'_>,
) -> Result<Written<'a>, StoreError> {
    let partner = row.partner.and_then(|id| emit.directory.partners.get(&id));
    let Some(partner) = partner else {
        return Ok(Err(cannot(row, "no file names its partner any more; put it back and replay, or cancel")));
    };
    let (Some(bytes), Some(_)) = (&row.content, &row.control) else { return Ok(Err(cannot(row, UNNUMBERED))) };
    if sets.iter().any(|set| set.id != row.id.0) {
        let why = format!("it carries {} documents under one number: send it again as it is", sets.len());
        return Ok(Err(cannot(row, &why)));
    }
    let mut numbers = Numbers::default();
    numbers.take(tx, of.tenant, partner, 1, sets.len() as i64).await?;
    let given = match numbers.next(partner, sets.len() as i64) {
        Ok(given) => given,
        Err(unwritable) => return Ok(Err(unwritable)),
    };
    let range = numbers_of(partner);
    let (bytes, control) = match with_numbers(bytes, &given, range) {
        Ok(written) => written,
        Err(error) => return Err(StoreError::Row(format!("delivery {} can't be read again: {error}", row.id))),
    };
    let kind = row.name.as_deref().and_then(|name| name.split('-').next()).unwrap_or("document");
    let short = of.delivery.0.simple().to_string();
    let name = format!("{kind}-{control}-{}.edi", &short[..8]);
    let sets = sets.iter().map(|set| set_under(set, of, &given, range)).collect();
    Ok(Ok((partner, Rendered { name, bytes, control: Some(control), sets })))
}

fn set_under(set: &SetRow, of: &Of<'_>, given: &Given, range: &ControlNumbers) -> NewSet {
    let set_control = set_number(given, range).unwrap_or_else(|| set.set_control.clone());
    NewSet {
        tenant: of.tenant,
        id: of.delivery.0,
        delivery: of.delivery,
        partner: set.partner,
        standard: if set.standard == "edifact" { "edifact" } else { "x12" },
        kind: set.kind.clone(),
        interchange_no: given.interchange as i64,
        group_no: given.group as i64,
        set_no: range.set_number(&set_control).unwrap_or(set.set_no),
        set_control,
        message: set.message,
        name: set.name.clone(),
        created_at: of.now.0,
    }
}

/// Its set's number, where sets have a series that goes on: a set alone keeps the one that it has in its group.
fn set_number(given: &Given, range: &ControlNumbers) -> Option<String> {
    given.first_set.map(|first| range.set_reference(&format!("{:04}", range.of_sets().wrap(first))))
}

/// An interchange of one group and one set, or none, under other numbers; and what its own is, as it is written.
fn with_numbers(bytes: &[u8], given: &Given, range: &ControlNumbers) -> std::io::Result<(Vec<u8>, String)> {
    let number = numbered(given.interchange);
    let (group, set) = (given.group.to_string(), set_number(given, range));
    let reference = range.reference(&number);
    let (mut out, mut writer, mut control) = (Vec::with_capacity(bytes.len()), Writer::new(), number.clone());
    for item in Reader::new(bytes) {
        let mut item = item?;
        if let Item::Segment(segment) = &mut item {
            let (position, value) = match segment.id() {
                b"ISA" => (13, Some(&number)),
                b"IEA" => (2, Some(&number)),
                b"UNB" => {
                    control.clone_from(&reference);
                    (5, Some(&reference))
                }
                b"UNZ" => (2, Some(&reference)),
                b"GS" => (6, Some(&group)),
                b"UNG" => (5, Some(&group)),
                b"GE" | b"UNE" => (2, Some(&group)),
                b"UNH" => (1, set.as_ref()),
                b"ST" | b"SE" | b"UNT" => (2, set.as_ref()),
                _ => (0, None),
            };
            if let Some(value) = value {
                segment.set(position, value.as_bytes());
            }
        }
        writer.put(&item, &mut out);
    }
    Ok((out, control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_change_and_nothing_else_does() {
        let x12 = "ISA*00*          *00*          *ZZ*ACMEDIST       *ZZ*NORTHWIND      *260131*0800*U*00401*000000007*0*P*>~\nGS*PR*A*N*20260131*0800*3*X*004010~\nST*855*0001~BAK*00*AD*7*20260131~SE*3*0001~\nGE*1*3~IEA*1*000000007~\n";
        let given = Given { interchange: 12, group: 5, first_set: None };
        let (out, control) = with_numbers(x12.as_bytes(), &given, &ControlNumbers::default()).unwrap();
        let expected =
            x12.replace("000000007", "000000012").replace("*0800*3*", "*0800*5*").replace("GE*1*3", "GE*1*5");
        assert_eq!((String::from_utf8(out).unwrap(), &*control), (expected, "000000012"));
        let running = Given { first_set: Some(44), ..given };
        let (out, _) = with_numbers(x12.as_bytes(), &running, &ControlNumbers::default()).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("ST*855*0044~") && out.contains("SE*3*0044~"), "{out}");
        let edifact = "UNA:+.? 'UNB+UNOC:3+A:14+N:14+260131:0800+000000007++ORDRSP'UNG+ORDRSP+A+N+260131:0800+3+UN+D:96A'UNH+1+ORDRSP:D:96A:UN'BGM+231+7?+8+4'UNT+3+1'UNE+1+3'UNZ+1+000000007'";
        let range = ControlNumbers { prefix: Some("A".into()), ..ControlNumbers::default() };
        let given = Given { interchange: 12, group: 5, first_set: None };
        let (out, control) = with_numbers(edifact.as_bytes(), &given, &range).unwrap();
        let expected =
            edifact.replace("000000007", "A000000012").replace("+3+UN+", "+5+UN+").replace("UNE+1+3", "UNE+1+5");
        assert_eq!((String::from_utf8(out).unwrap(), &*control), (expected, "A000000012"));
    }
}
