//! The events of an apply transaction become deliveries, in that same transaction: a webhook for each endpoint that
//! wants the event, a document for each answer that was agreed with the partner.

use super::{
    Emitter,
    advice::{self, Advice},
    document::{self, Draft, Rendered, Rows, Unwritable, Wanted},
    envelopes,
    lookups::Lookups,
};
use crate::{
    canonical::{DeliveryId, DocumentId, Event, PartnerId, Tenant},
    formats::{
        guides,
        piece::{Identity, Standard},
        write::{self, OutSet, X12Envelope},
    },
    mapping::{Asked, Context, Library, Plan, Written},
    store::{
        StoreError, Tx,
        deliveries::{DeliveryRow, NewDelivery, take_sequences},
    },
    tenancy::{
        EndpointInfo, PartnerInfo, TenantInfo,
        directory::{AnswerInfo, matches},
    },
};
use serde_json::{Value, json};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};
use uuid::Uuid;

/// Tables of tables: looking a value up may make a mapping ask for another. Deeper than this is a fault of the mapping's.
pub(super) const ROUNDS: usize = 4;

/// An event and what it was decided about.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub event: &'a Event,
    /// Whose message it was: who gets the answers.
    pub partner: Option<PartnerId>,
    /// The document that the message came in.
    pub document: Option<DocumentId>,
    /// The standard that the message came in: `x12`, `edifact`, `xml`.
    pub came_as: &'a str,
}

/// Writes the deliveries of a transaction's events, which it has written already, and its advices: control numbers of
/// both are taken together, so that all transactions lock the counters in one order. All of one tenant.
///
/// A document that can't be rendered does not fail the transaction: its delivery is written dead, with the faults,
/// and takes no control number.
pub async fn write_deliveries(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    events: &[Told<'_>],
    advices: Vec<Advice<'_>>,
) -> Result<(), StoreError> {
    let Some(info) = emit.directory.tenants.get(&tenant) else { return Ok(()) };
    let mut rows = Rows { deliveries: webhooks(tx, emit, info, events).await?, ..Rows::default() };
    let answers = wanted_answers(emit, events);
    let mut wanted = advice::wanted(tx, emit, tenant, advices).await?;
    if !answers.is_empty() {
        let drafts = draft_all(tx, emit, info, &answers).await?;
        wanted.extend(answers.iter().zip(drafts).map(|(one, draft)| one.wanted(emit, draft)));
    }
    if !wanted.is_empty() {
        document::number(tx, emit, tenant, wanted, &mut rows).await?;
    }
    rows.write(tx, emit, tenant).await
}

async fn webhooks(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: &TenantInfo,
    events: &[Told<'_>],
) -> Result<Vec<NewDelivery>, StoreError> {
    let mut wanted: Vec<(&Told<'_>, &Arc<EndpointInfo>)> = Vec::new();
    let mut counts: BTreeMap<(Uuid, &str), i64> = BTreeMap::new();
    for told in events {
        for endpoint in tenant.endpoints.iter().filter(|e| matches(&e.events, &told.event.kind)) {
            wanted.push((told, endpoint));
            *counts.entry((endpoint.id.0, told.event.key.as_str())).or_default() += 1;
        }
    }
    let ask: Vec<(Uuid, String, i64)> =
        counts.iter().map(|((endpoint, key), n)| (*endpoint, (*key).to_owned(), *n)).collect();
    let first = take_sequences(tx, tenant.id, &ask).await?;
    let mut next: BTreeMap<(Uuid, &str), i64> = counts.into_keys().zip(first).collect();
    let mut rows = Vec::with_capacity(wanted.len());
    for (told, endpoint) in wanted {
        let event = told.event;
        let place = next
            .get_mut(&(endpoint.id.0, event.key.as_str()))
            .ok_or_else(|| StoreError::Row("no sequence was taken".into()))?;
        let sequence = *place;
        *place += 1;
        rows.push(NewDelivery {
            tenant: tenant.id,
            id: DeliveryId::of(event.id, &endpoint.id.to_string()),
            event: Some(event.id),
            document: told.document,
            message: Some(event.message),
            subscription: Some(endpoint.id.0),
            partner: None,
            kind: "webhook",
            target: endpoint.name.clone(),
            state: "pending",
            name: None,
            content: None,
            control: None,
            sequence: Some(sequence),
            cause: None,
            acknowledged: None,
            again_of: None,
            created_at: emit.now.0,
            deadline: emit.deadline.0,
            wait_us: emit.wait_us,
        });
    }
    Ok(rows)
}

/// An event that goes to its partner as a document.
struct Answer<'a> {
    told: Told<'a>,
    partner: &'a PartnerInfo,
    answer: &'a AnswerInfo,
}

/// True if a document goes to the partner for an event about what came in a standard.
pub fn is_answered(partner: &PartnerInfo, event: &Event, came_as: &str) -> bool {
    partner.answers.iter().any(|answer| wants(partner, answer, event, came_as))
}

fn wants(partner: &PartnerInfo, answer: &AnswerInfo, event: &Event, came_as: &str) -> bool {
    matches(std::slice::from_ref(&answer.event), &event.kind) && partner.answers_by(answer, came_as)
}

fn wanted_answers<'a>(emit: &Emitter<'a>, events: &[Told<'a>]) -> Vec<Answer<'a>> {
    let mut wanted = Vec::new();
    for told in events {
        let Some(partner) = told.partner.and_then(|id| emit.directory.partners.get(&id)) else { continue };
        for answer in &partner.answers {
            if wants(partner, answer, told.event, told.came_as) {
                wanted.push(Answer { told: *told, partner, answer });
            }
        }
    }
    wanted
}

impl<'a> Answer<'a> {
    fn wanted(&self, emit: &Emitter<'a>, draft: Result<Draft, Unwritable>) -> Wanted<'a> {
        let event = self.told.event;
        Wanted {
            id: DeliveryId::of(event.id, &self.answer.id.to_string()),
            event: Some(event.id),
            document: self.told.document,
            message: Some(event.message),
            subscription: Some(self.answer.id),
            kind: "document",
            target: emit.directory.connections.get(&self.answer.by).map(|c| c.name.clone()).unwrap_or_default(),
            partner: self.partner,
            draft,
        }
    }
}

/// Drafts all; what a mapping asked of the tenant's tables is read for all of them at once, then they are drafted again.
async fn draft_all(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: &TenantInfo,
    answers: &[Answer<'_>],
) -> Result<Vec<Result<Draft, Unwritable>>, StoreError> {
    let mut lookups = Lookups::default();
    for _ in 0..ROUNDS {
        let drafts = answers.iter().map(|a| draft(emit, tenant, a.partner, a.answer, a.told.event, &lookups)).collect();
        if !lookups.read_asked(tx, tenant.id).await? {
            return Ok(drafts);
        }
    }
    Ok(answers.iter().map(|a| draft(emit, tenant, a.partner, a.answer, a.told.event, &lookups)).collect())
}

/// The mapping that writes an answer, if one claims it.
pub(super) fn claim(library: &Library, partner: &PartnerInfo, answer: &AnswerInfo) -> Option<Arc<Plan>> {
    library.claim(&asked(partner, answer))
}

fn asked<'a>(partner: &'a PartnerInfo, answer: &'a AnswerInfo) -> Asked<'a> {
    Asked {
        outbound: true,
        standard: answer.standard,
        version: &answer.version,
        kind: &answer.kind,
        partner: Some(&partner.name),
        application_sender: None,
    }
}

/// What the mapping that claims an answer writes for an event.
pub(super) fn written(
    library: &Library,
    tenant: &TenantInfo,
    partner: &PartnerInfo,
    answer: &AnswerInfo,
    event: &Event,
    lookups: &Lookups,
) -> Result<(Arc<Plan>, Written), Unwritable> {
    let form = format!("{} {} {}", answer.standard.word(), answer.version, answer.kind);
    let plan = claim(library, partner, answer).ok_or_else(|| match library.unfit_for(&asked(partner, answer)) {
        Some(unfit) => Unwritable::new("mapping/unfit", &form, format!("{}; {}", unfit.sentence(), unfit.remedy())),
        None => Unwritable::new(
            "no_mapping",
            &form,
            format!("no mapping writes {form} for {}; add one that claims it, then replay", partner.name),
        ),
    })?;
    if plan.message() != event.schema {
        let sentence = format!(
            "{} writes {}, and {} carries {}; let the answer name another event",
            plan.name(),
            plan.message(),
            event.kind,
            event.schema
        );
        return Err(Unwritable::new("mapping/other_message", plan.name(), sentence));
    }
    let context = Context { tenant_currency: &tenant.currency, tables: &lookups.of(Some(partner.id)) };
    let data = with_seller(&event.data, tenant, answer.standard);
    let written = plan.write(&data, &context).map_err(|faults| Unwritable::by_faults(plan.name(), faults))?;
    Ok((plan, written))
}

fn draft(
    emit: &Emitter<'_>,
    tenant: &TenantInfo,
    partner: &PartnerInfo,
    answer: &AnswerInfo,
    event: &Event,
    lookups: &Lookups,
) -> Result<Draft, Unwritable> {
    let (plan, written) = written(emit.library, tenant, partner, answer, event, lookups)?;
    let draft = match (written, answer.standard) {
        (Written::Segments(segments), Standard::X12) => {
            Draft::x12(&answer.kind, segments, envelope(emit, tenant, partner, answer)?)
        }
        (Written::Segments(segments), Standard::Edifact) => {
            let parties = parties(tenant, partner, answer.standard)?;
            let agreement = partner.terms.of(answer.by, answer.standard, &answer.kind);
            let guides = emit.library.guides(&agreement.guides);
            let of_guide = || guides.association(&answer.version, &answer.kind);
            let association = agreement.unb_out.association.as_deref().or_else(of_guide).unwrap_or_default();
            let version = [answer.version.as_str(), association];
            let syntax = agreement.unb_out.syntax.parts();
            let envelope = envelopes::edifact_envelope(emit, agreement, parties, syntax, version);
            let envelope = envelopes::edifact_parties(envelope, agreement);
            let set = OutSet { kind: answer.kind.clone(), control: "1".into(), segments: segments.into() };
            Draft::Edifact { envelope: Box::new(envelope), sets: vec![set] }
        }
        (Written::Tree(tree), Standard::Xml) => {
            let bytes = write::xml(&tree).map_err(|fault| Unwritable::by_faults(plan.name(), vec![fault]))?;
            Draft::Xml { kind: answer.kind.clone(), bytes }
        }
        _ => {
            let sentence = format!("{} does not write what an answer is made of", plan.name());
            return Err(Unwritable::new("mapping/no_document", plan.name(), sentence));
        }
    };
    draft.tried(partner)
}

/// The data with who answers, by the tenant's name and identity, if it does not say so itself.
fn with_seller<'a>(data: &'a Value, tenant: &TenantInfo, standard: Standard) -> Cow<'a, Value> {
    if !data.is_object() || !data["seller"].is_null() {
        return Cow::Borrowed(data);
    }
    // UBL has no envelope and so no identities of its own: the one that names us in EDIFACT is a GLN too.
    let identity = tenant.identity(standard).or_else(|| tenant.identity(Standard::Edifact));
    let refs: Vec<Value> = identity.map(party_ref).into_iter().collect();
    let mut data = data.clone();
    data["seller"] = json!({ "refs": refs, "name": tenant.name });
    Cow::Owned(data)
}

/// An identity as a party's id. 0007 says 14 for GS1 and 1 for Dun & Bradstreet; ISO 6523 numbers and X12 say others.
fn party_ref(identity: &Identity) -> Value {
    let scheme = match &*identity.qualifier {
        "14" | "UL" => "gln",
        "1" | "01" => "duns",
        _ => "mutual",
    };
    json!({ "scheme": scheme, "id": identity.id })
}

/// Ours and the partner's identity.
fn parties<'a>(
    tenant: &'a TenantInfo,
    partner: &'a PartnerInfo,
    standard: Standard,
) -> Result<[&'a Identity; 2], Unwritable> {
    let who = |found: Option<&'a Identity>, name: &str| {
        found.ok_or_else(|| {
            let word = standard.word();
            let sentence = format!("{name} has no {word} identity; add one to `identities`, then replay");
            Unwritable::new("no_identity", name, sentence)
        })
    };
    Ok([who(tenant.identity(standard), &tenant.name)?, who(partner.identity(standard), &partner.name)?])
}

fn envelope(
    emit: &Emitter<'_>,
    tenant: &TenantInfo,
    partner: &PartnerInfo,
    answer: &AnswerInfo,
) -> Result<X12Envelope, Unwritable> {
    let agreement = partner.terms.of(answer.by, answer.standard, &answer.kind);
    let guide = guides::find(Standard::X12, &answer.version, &answer.kind).ok_or_else(|| {
        Unwritable::new(
            "no_guide",
            &answer.kind,
            format!("no guide of x12 {} {} is built in", answer.version, answer.kind),
        )
    })?;
    let [sender, receiver] = parties(tenant, partner, Standard::X12)?.map(Identity::clone);
    let (date, _) = emit.now.envelope();
    let envelope = X12Envelope {
        application_sender: sender.id.to_string(),
        application_receiver: receiver.id.to_string(),
        sender,
        receiver,
        functional_id: guide.functional_id.to_string(),
        version: answer.version.clone(),
        interchange_control: 0,
        group_control: 0,
        test: envelopes::is_test(agreement),
        date,
        time: envelopes::x12_time(emit, agreement),
        header: envelopes::x12_header(agreement),
        delimiters: envelopes::delimiters(agreement),
    };
    Ok(envelopes::x12_parties(envelope, agreement))
}

/// Renders a document anew that could not be rendered when its event was written: the mapping, the agreement or a
/// table was mended since. Takes control numbers, if it can be.
pub async fn render_again(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    row: &DeliveryRow,
    event: &Event,
) -> Result<Result<Rendered, Unwritable>, StoreError> {
    match draft_again(tx, emit, tenant, row, event).await? {
        Ok((partner, draft)) => {
            let of =
                document::Of { tenant, delivery: row.id, message: row.message, target: &row.target, now: emit.now };
            document::number_one(tx, &of, partner, &draft).await
        }
        Err(unwritable) => Ok(Err(unwritable)),
    }
}

/// The document that a delivery carries, drafted by what now stands, and whose it is.
pub(super) async fn draft_again<'a>(
    tx: &mut Tx,
    emit: &Emitter<'a>,
    tenant: Tenant,
    row: &DeliveryRow,
    event: &Event,
) -> Result<Result<(&'a PartnerInfo, Draft), Unwritable>, StoreError> {
    let found = emit
        .directory
        .partners
        .values()
        .filter(|p| p.tenant == tenant)
        .find_map(|p| p.answers.iter().find(|a| Some(a.id) == row.subscription).map(|a| (&**p, a)));
    let (Some(info), Some((partner, answer))) = (emit.directory.tenants.get(&tenant), found) else {
        return Ok(Err(Unwritable::new(
            "no_answer",
            &row.target,
            format!("no partner's file names this answer by {} any more", row.target),
        )));
    };
    let told = Told { event, partner: Some(partner.id), document: row.document, came_as: "" };
    let answers = [Answer { told, partner, answer }];
    let nothing = || Err(Unwritable::new("no_answer", &row.target, "nothing was drafted".into()));
    let draft = draft_all(tx, emit, info, &answers).await?.pop().unwrap_or_else(nothing);
    Ok(draft.map(|draft| (partner, draft)))
}
