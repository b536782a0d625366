//! Outbound documents: drafted and tried before control numbers are taken, so that none is lost on what can't be written.

use super::{
    Emitter, batch, fingerprint,
    numbers::{Given, Numbers, numbered, take_numbers},
};
use crate::{
    canonical::{ConnectionId, DeliveryId, DocumentId, EventId, MessageId, Micros, Stage, Tenant},
    formats::{
        ack,
        fault::Fault,
        piece::Standard,
        write::{self, EdifactEnvelope, OutSet, X12Envelope},
    },
    store::{
        StoreError, Tx,
        batches::{self, CARRIED, NewBatched},
        deliveries::{self, NewDelivery, NewLetter, hex},
        expectations::{self, NewExpectation},
        journal::{self, Step},
        outbound::{self, NewSet},
        outbox,
    },
    tenancy::{Effective, PartnerInfo, agreement::ControlNumbers},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// The only set of its group: X12.6 wants ST02 unique within the group.
const SET_CONTROL: &str = "0001";

/// A document that lacks only its control numbers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Draft {
    X12 {
        envelope: Box<X12Envelope>,
        sets: Vec<OutSet>,
    },
    /// An interchange of a TA1 and nothing else.
    Ta1 {
        envelope: Box<X12Envelope>,
        segment: write::Segment,
    },
    Edifact {
        envelope: Box<EdifactEnvelope>,
        sets: Vec<OutSet>,
    },
    /// One document without envelope, and so without control numbers.
    Xml {
        /// `ubl OrderResponse`.
        kind: String,
        bytes: Vec<u8>,
    },
}

/// Why a document can't be written. It ends as a dead delivery, and the events stand.
#[derive(Debug, Clone)]
pub struct Unwritable {
    pub code: String,
    pub sentence: String,
    /// Where in mapping or segment: part of the fingerprint.
    pub place: String,
    pub faults: Vec<Fault>,
}

impl Unwritable {
    /// One without a place in the document.
    pub fn new(code: &str, place: &str, sentence: String) -> Self {
        Unwritable { code: code.into(), sentence, place: place.into(), faults: vec![] }
    }

    /// One that mapping or writer found.
    pub fn by_faults(place: &str, faults: Vec<Fault>) -> Self {
        let (code, sentence) = match faults.first() {
            Some(first) => (first.code.to_string(), first.sentence.to_string()),
            None => ("mapping/unsaid".to_owned(), format!("{place} can't write it and does not say why")),
        };
        Unwritable { code, sentence, place: place.into(), faults }
    }

    /// As delivery and dead letter keep it.
    pub fn cause(&self) -> Value {
        // Its receiver was never asked: what is to be mended is ours, or what made the message.
        let remedy = match self.faults.first().map(|fault| fault.remedy.trim_end_matches('.')) {
            Some(remedy) if !remedy.is_empty() => format!("{remedy}; then replay: it is written anew"),
            _ => "mend what the reason names, then replay: it is written anew".to_owned(),
        };
        json!({ "code": self.code, "sentence": self.sentence, "remedy": remedy, "faults": self.faults })
    }
}

impl Draft {
    /// Of segments and an envelope whose numbers are still to come. Tried with the partner's longest number, so that
    /// rendering it later can't fail.
    pub fn tried(self, partner: &PartnerInfo) -> Result<Draft, Unwritable> {
        let range = &partner.agreement.control_numbers;
        self.render(range, &Given::longest(range)).map(|_| self)
    }

    /// One X12 set in its envelope.
    pub fn x12(kind: &str, segments: impl Into<write::Segments>, envelope: X12Envelope) -> Draft {
        let set = OutSet { kind: kind.into(), control: SET_CONTROL.into(), segments: segments.into() };
        Draft::X12 { envelope: Box::new(envelope), sets: vec![set] }
    }

    fn render(&self, numbers: &ControlNumbers, given: &Given) -> Result<Vec<u8>, Unwritable> {
        let Given { interchange, group, .. } = *given;
        let x12 = |envelope: &X12Envelope| X12Envelope {
            interchange_control: interchange,
            group_control: group,
            ..envelope.clone()
        };
        let written = match self {
            Draft::X12 { envelope, sets } => write::x12(&x12(envelope), &given.numbered(numbers, sets)),
            Draft::Ta1 { envelope, segment } => write::ta1(&x12(envelope), segment),
            Draft::Edifact { envelope, sets } => {
                let control = numbers.reference(&numbered(interchange));
                let mut envelope = EdifactEnvelope { control, ..(**envelope).clone() };
                envelope.group.iter_mut().for_each(|header| header.control = group.to_string());
                write::edifact(&envelope, &given.numbered(numbers, sets))
            }
            Draft::Xml { bytes, .. } => Ok(bytes.clone()),
        };
        written.map_err(|fault| Unwritable::by_faults(self.kind(), vec![fault]))
    }

    fn kind(&self) -> &str {
        match self {
            Draft::X12 { .. } | Draft::Edifact { .. } => self.sets().first().map_or("", |set| &set.kind),
            Draft::Ta1 { .. } => "TA1",
            Draft::Xml { kind, .. } => kind.split_whitespace().last().unwrap_or("document"),
        }
    }

    fn standard(&self) -> Standard {
        match self {
            Draft::X12 { .. } | Draft::Ta1 { .. } => Standard::X12,
            Draft::Edifact { .. } => Standard::Edifact,
            Draft::Xml { .. } => Standard::Xml,
        }
    }

    /// What is agreed of its kind on the connection that it leaves by.
    pub(super) fn agreed<'p>(&self, partner: &'p PartnerInfo, target: &str) -> &'p Arc<Effective> {
        partner.terms.of(ConnectionId::named(target), self.standard(), self.kind())
    }

    pub(super) fn sets(&self) -> &[OutSet] {
        match self {
            Draft::X12 { sets, .. } | Draft::Edifact { sets, .. } => sets,
            Draft::Ta1 { .. } | Draft::Xml { .. } => &[],
        }
    }

    /// What drafts must have in common to go out together: all of the envelope but its instant, and the kind of set.
    pub fn like(&self) -> Option<String> {
        let mut envelope = match self {
            Draft::X12 { envelope, .. } => json!(envelope),
            Draft::Edifact { envelope, .. } => json!(envelope),
            Draft::Ta1 { .. } | Draft::Xml { .. } => return None,
        };
        envelope["date"] = Value::Null;
        envelope["time"] = Value::Null;
        Some(format!("{}\n{envelope}", self.kind()))
    }

    /// The sets of all drafts in the envelope of this one, numbered from 1, as of now.
    pub fn merged<'a>(&self, all: impl Iterator<Item = &'a Draft>, emit: &Emitter<'_>) -> Draft {
        let sets = all.flat_map(Draft::sets).zip(1..).map(|(set, n): (&OutSet, u32)| {
            let control = if matches!(self, Draft::X12 { .. }) { format!("{n:04}") } else { n.to_string() };
            OutSet { control, ..set.clone() }
        });
        let sets = sets.collect();
        let (date, time) = emit.now.envelope();
        match self {
            Draft::X12 { envelope, .. } => {
                let time = emit.now.time_of_day(envelope.time.len());
                Draft::X12 { envelope: Box::new(X12Envelope { date, time, ..(**envelope).clone() }), sets }
            }
            Draft::Edifact { envelope, .. } => {
                Draft::Edifact { envelope: Box::new(EdifactEnvelope { date, time, ..(**envelope).clone() }), sets }
            }
            Draft::Ta1 { .. } | Draft::Xml { .. } => self.clone(),
        }
    }

    pub(super) fn is_numbered(&self) -> bool {
        !matches!(self, Draft::Xml { .. })
    }
}

/// A document on its way to its row.
pub struct Wanted<'a> {
    pub id: DeliveryId,
    pub event: Option<EventId>,
    pub document: Option<DocumentId>,
    pub message: Option<MessageId>,
    pub subscription: Option<Uuid>,
    /// `document` or `acknowledgement`.
    pub kind: &'static str,
    /// The connection's name.
    pub target: String,
    pub partner: &'a PartnerInfo,
    pub draft: Result<Draft, Unwritable>,
}

/// Name, bytes and control number of a rendered document.
pub struct Rendered {
    pub name: String,
    pub bytes: Vec<u8>,
    pub control: Option<String>,
    /// Its sets, by the numbers that an answer will name.
    pub sets: Vec<NewSet>,
}

impl Rendered {
    /// That the partner is to acknowledge it, if that was agreed.
    pub fn waits(&self, kind: &str, partner: &PartnerInfo, target: &str) -> Option<NewExpectation> {
        self.sets.first().filter(|_| kind == "document").and_then(|set| waits(set, partner, target))
    }
}

/// Rows of deliveries, of their sets, and of those among them that died before they lived.
#[derive(Default)]
pub struct Rows {
    pub deliveries: Vec<NewDelivery>,
    pub letters: Vec<NewLetter>,
    pub sets: Vec<NewSet>,
    pub expectations: Vec<NewExpectation>,
    /// Those that wait for others.
    pub batched: Vec<NewBatched>,
}

/// Takes control numbers for the drafts that stand, without a gap, and renders them; the others give dead rows.
pub async fn number(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    wanted: Vec<Wanted<'_>>,
    rows: &mut Rows,
) -> Result<(), StoreError> {
    let wanted = batch::hold(emit, tenant, wanted, rows);
    let mut numbers = take_numbers(tx, tenant, &wanted).await?;
    for one in wanted {
        let rendered = match &one.draft {
            Err(unwritable) => Err(unwritable.clone()),
            Ok(draft) => {
                let of = Of { tenant, delivery: one.id, message: one.message, target: &one.target, now: emit.now };
                numbers.rendered(one.partner, draft, &of, &of.alone())
            }
        };
        let mut row = row(emit, tenant, &one);
        match rendered {
            Ok(rendered) => {
                let waits = rendered.waits(one.kind, one.partner, &one.target);
                row.acknowledged = waits.as_ref().map(|_| "waiting");
                row.name = Some(rendered.name);
                row.content = Some(hex(&rendered.bytes));
                row.control = rendered.control;
                rows.expectations.extend(waits);
                rows.sets.extend(rendered.sets);
            }
            Err(unwritable) => {
                row.state = "dead";
                row.cause = Some(unwritable.cause());
                rows.letters.push(letter(emit, tenant, one.id, &unwritable));
            }
        }
        rows.deliveries.push(row);
    }
    Ok(())
}

/// What a rendered document belongs to.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    pub tenant: Tenant,
    pub delivery: DeliveryId,
    /// The message that it answers.
    pub message: Option<MessageId>,
    /// The name of the connection that it leaves by.
    pub target: &'a str,
    pub now: Micros,
}

/// What a set of an interchange is known by, and the message that it answers.
pub(super) type SetId = (DeliveryId, Option<MessageId>);

impl Of<'_> {
    pub(super) fn alone(&self) -> [SetId; 1] {
        [(self.delivery, self.message)]
    }
}

impl Draft {
    /// `ids` in the order of the sets.
    pub(super) fn rendered(
        &self,
        of: &Of<'_>,
        partner: &PartnerInfo,
        given: &Given,
        ids: &[SetId],
    ) -> Result<Rendered, Unwritable> {
        let numbers = &partner.agreement.control_numbers;
        let bytes = self.render(numbers, given)?;
        let Given { interchange, group, .. } = *given;
        let short = of.delivery.0.simple().to_string();
        let (kind, short) = (self.kind(), &short[..8]);
        if !self.is_numbered() {
            return Ok(Rendered { name: format!("{kind}-{short}.xml"), bytes, control: None, sets: Vec::new() });
        }
        let (standard, control) = match self {
            Draft::Edifact { .. } => ("edifact", numbers.reference(&numbered(interchange))),
            _ => ("x12", numbered(interchange)),
        };
        let sets = given.numbered(numbers, self.sets());
        let sets = sets.iter().zip(ids).map(|(set, (id, message))| NewSet {
            tenant: of.tenant,
            id: id.0,
            delivery: of.delivery,
            partner: partner.id,
            standard,
            kind: set.kind.to_string(),
            interchange_no: interchange as i64,
            group_no: group as i64,
            set_no: numbers.set_number(&set.control).unwrap_or(0),
            set_control: set.control.to_string(),
            message: *message,
            name: ack::name_of(set),
            created_at: of.now.0,
        });
        let sets = sets.collect();
        Ok(Rendered { name: format!("{kind}-{control}-{short}.edi"), bytes, control: Some(control), sets })
    }
}

/// Numbers and renders one draft, and notes its numbers.
pub async fn number_one(
    tx: &mut Tx,
    of: &Of<'_>,
    partner: &PartnerInfo,
    draft: &Draft,
) -> Result<Result<Rendered, Unwritable>, StoreError> {
    let rendered = number_sets(tx, of, partner, draft, &of.alone()).await?;
    if let Ok(rendered) = &rendered {
        outbound::insert(tx, &rendered.sets).await?;
        if let Some(waits) = rendered.waits("document", partner, of.target) {
            expectations::insert(tx, std::slice::from_ref(&waits)).await?;
            deliveries::await_acknowledgement(tx, of.tenant, of.delivery, true).await?;
        }
    }
    Ok(rendered)
}

/// Numbers and renders an interchange, and takes no number if it can't be written.
pub async fn number_sets(
    tx: &mut Tx,
    of: &Of<'_>,
    partner: &PartnerInfo,
    draft: &Draft,
    ids: &[SetId],
) -> Result<Result<Rendered, Unwritable>, StoreError> {
    let range = &partner.agreement.control_numbers;
    if let Err(unwritable) = draft.render(range, &Given::longest(range)) {
        return Ok(Err(unwritable));
    }
    let mut numbers = Numbers::default();
    if draft.is_numbered() {
        numbers.take(tx, of.tenant, partner, 1, draft.sets().len() as i64).await?;
    }
    Ok(numbers.rendered(partner, draft, of, ids))
}

/// That the partner is to acknowledge a set of ours, if that was agreed. Its time begins when it is delivered.
fn waits(set: &NewSet, partner: &PartnerInfo, target: &str) -> Option<NewExpectation> {
    let standard = if set.standard == Standard::Edifact.word() { Standard::Edifact } else { Standard::X12 };
    let expect = &partner.terms.of(ConnectionId::named(target), standard, &set.kind).expect;
    let within = expect.acknowledgement?;
    Some(NewExpectation {
        tenant: set.tenant,
        id: crate::canonical::ids::expectation(set.delivery.0, "acknowledgement"),
        kind: "acknowledgement",
        owes: "partner",
        partner: partner.id,
        message: set.message?,
        number: None,
        wants: None,
        delivery: Some(set.delivery),
        within_us: within.us(),
        warn_us: expect.warn_us(within.us()),
        since: None,
        due_at: None,
        look_at: None,
        created_at: set.created_at,
    })
}

pub(super) fn row(emit: &Emitter<'_>, tenant: Tenant, one: &Wanted<'_>) -> NewDelivery {
    NewDelivery {
        tenant,
        id: one.id,
        event: one.event,
        document: one.document,
        message: one.message,
        subscription: one.subscription,
        partner: Some(one.partner.id),
        kind: one.kind,
        target: one.target.clone(),
        state: "pending",
        name: None,
        content: None,
        control: None,
        sequence: None,
        cause: None,
        acknowledged: None,
        again_of: None,
        created_at: emit.now.0,
        deadline: emit.deadline.0,
        wait_us: emit.wait_us,
    }
}

pub(super) fn letter(emit: &Emitter<'_>, tenant: Tenant, id: DeliveryId, unwritable: &Unwritable) -> NewLetter {
    NewLetter {
        tenant,
        id: Uuid::now_v7(),
        thing: "delivery",
        thing_id: id.0,
        stage: Stage::Deliver.name(),
        code: unwritable.code.clone(),
        fingerprint: fingerprint(Stage::Deliver.name(), &unwritable.code, &unwritable.place),
        reason: unwritable.cause(),
        history: json!([]),
        tries: 0,
        died_at: emit.now.0,
    }
}

impl Rows {
    /// Writes deliveries, dead letters, journal, and the claim checks of what is pending; lets batches go that are full.
    pub async fn write(mut self, tx: &mut Tx, emit: &Emitter<'_>, tenant: Tenant) -> Result<(), StoreError> {
        let batched = std::mem::take(&mut self.batched);
        self.write_alone(tx, emit, tenant).await?;
        batches::insert(tx, &batched).await?;
        batch::flush_full(tx, emit, tenant, &batched).await
    }

    /// The same, of what waits for nothing.
    pub async fn write_alone(self, tx: &mut Tx, emit: &Emitter<'_>, tenant: Tenant) -> Result<(), StoreError> {
        if self.deliveries.is_empty() {
            return Ok(());
        }
        deliveries::insert(tx, &self.deliveries).await?;
        outbound::insert(tx, &self.sets).await?;
        expectations::insert(tx, &self.expectations).await?;
        deliveries::bury(tx, &self.letters).await?;
        let goes = |delivery: &&NewDelivery| delivery.state == "pending" && delivery.deadline != CARRIED;
        let pending: Vec<Uuid> = self.deliveries.iter().filter(goes).map(|d| d.id.0).collect();
        outbox::push(tx, &outbox::claims(tenant, Stage::Deliver, &pending, emit.now)).await?;
        let steps: Vec<Step> = self.deliveries.iter().map(|d| step(emit, d)).collect();
        journal::write(tx, &steps).await
    }
}

fn step(emit: &Emitter<'_>, delivery: &NewDelivery) -> Step {
    let mut step = Step::new(delivery.tenant, emit.now.0, Stage::Deliver.name(), delivery.state, emit.worker)
        .delivery(delivery.id.0);
    step.document = delivery.document.map(|d| d.0);
    step.message = delivery.message.map(|m| m.0);
    step.event = delivery.event.map(|e| e.0);
    step.cause = delivery.cause.clone();
    step
}
