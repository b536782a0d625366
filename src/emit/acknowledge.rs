//! Functional acknowledgements on their way out: envelope, control numbers and delivery of what the codec's
//! `ack` module has said about a group. Written in the commit that has read the group's trailer.

use super::{
    Emitter,
    advice::{self, Advice},
    document::{self, Draft, Rows, Wanted},
    envelopes,
};
use crate::{
    canonical::{DeliveryId, DocumentId, Stage, Tenant},
    formats::{
        ack::Form,
        piece::{Group, Identity, Interchange},
        write::{EdifactEnvelope, OutSet, Segment, Segments, X12Envelope},
    },
    store::{
        StoreError, Tx, deliveries,
        journal::{self, Step},
    },
    tenancy::{Agreement, ConnectionInfo, Directory, PartnerInfo, agreement::AcknowledgeAs},
};
use serde_json::json;
use std::collections::HashSet;

/// What is said about one group or one interchange of a document.
#[derive(Debug)]
pub struct Acknowledgement<'a> {
    pub document: DocumentId,
    pub partner: &'a PartnerInfo,
    /// The connection that the document came in by.
    pub came_by: &'a ConnectionInfo,
    pub interchange: &'a Interchange,
    /// How often it was asked for once more: each time is another.
    pub again: i64,
    pub says: Says<'a>,
}

/// What it says.
#[derive(Debug)]
pub enum Says<'a> {
    /// 997 or 999: AK1 to AK9.
    Group { group: &'a Group, form: Form, segments: Segments },
    /// TA1.
    Interchange(Segment),
    /// CONTRL: UCI to the last UCD, in the interchange's own syntax. `version` as the envelope takes it (`D3`).
    Contrl { set: OutSet, version: &'static str },
}

const OF_GROUP: &str = "997";
const TA1: &str = "ta1";
const CONTRL: &str = "contrl";

fn id(document: DocumentId, what: &str, ordinal: i64, again: i64) -> DeliveryId {
    let name = if again > 0 { format!("{what}/{ordinal}/{again}") } else { format!("{what}/{ordinal}") };
    DeliveryId::acknowledgement(document, &name)
}

/// The ids that acknowledgements of a set bear, if there are any: those of its group and of its interchange, each as often
/// as they were asked for once more.
pub fn ids_of_set(document: DocumentId, interchange: Option<i64>, group: Option<i64>, again: i64) -> Vec<DeliveryId> {
    let of_interchange = interchange.into_iter().flat_map(|ordinal| [(TA1, ordinal), (CONTRL, ordinal)]);
    let of_group = group.map(|ordinal| (OF_GROUP, ordinal));
    let all = of_interchange.chain(of_group);
    all.flat_map(|(what, ordinal)| (0..=again).map(move |again| id(document, what, ordinal, again))).collect()
}

/// Writes acknowledgements, and advices with them: pending deliveries to where the agreement says, or where the document came
/// from (or, if that way has no way back, to the partner's first folder). One that was written before is left as it is and takes no number.
pub async fn write(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    said: Vec<Acknowledgement<'_>>,
    advices: Vec<Advice<'_>>,
) -> Result<(), StoreError> {
    let ids: Vec<DeliveryId> = said.iter().map(Acknowledgement::id).collect();
    let known: HashSet<DeliveryId> = match ids.is_empty() {
        true => HashSet::new(),
        false => deliveries::load(tx, tenant, &ids).await?.into_iter().map(|d| d.id).collect(),
    };
    let mut wanted = Vec::new();
    let mut unsent = Vec::new();
    for one in said.into_iter().filter(|a| !known.contains(&a.id())) {
        let by = one.agreement(one.kind()).acknowledge_by.as_deref();
        match way_back(emit.directory, one.partner, one.came_by, by) {
            Some(connection) => wanted.push(one.wanted(emit, connection.name.clone())),
            None => unsent.push(unsent_step(emit, tenant, one.document, &one.named(), one.partner)),
        }
    }
    wanted.extend(advice::wanted(tx, emit, tenant, advices).await?);
    let mut rows = Rows::default();
    document::number(tx, emit, tenant, wanted, &mut rows).await?;
    rows.write(tx, emit, tenant).await?;
    journal::write(tx, &unsent).await
}

impl<'a> Acknowledgement<'a> {
    /// One a group, whichever form was agreed; one TA1 and one CONTRL an interchange.
    fn id(&self) -> DeliveryId {
        match &self.says {
            Says::Group { group, .. } => id(self.document, OF_GROUP, group.ordinal.into(), self.again),
            Says::Interchange(_) => id(self.document, TA1, self.interchange.ordinal.into(), self.again),
            Says::Contrl { .. } => id(self.document, CONTRL, self.interchange.ordinal.into(), self.again),
        }
    }

    fn kind(&self) -> &'static str {
        match &self.says {
            Says::Group { form, .. } => form.kind(),
            Says::Interchange(_) => "TA1",
            Says::Contrl { .. } => "CONTRL",
        }
    }

    /// What people call it.
    fn named(&self) -> String {
        match &self.says {
            Says::Group { group, form, .. } => format!("{} for group {}", form.kind(), group.control),
            Says::Interchange(_) => format!("TA1 for interchange {}", self.interchange.control),
            Says::Contrl { .. } => format!("CONTRL for interchange {}", self.interchange.control),
        }
    }

    fn wanted(self, emit: &Emitter<'_>, target: String) -> Wanted<'a> {
        Wanted {
            id: self.id(),
            event: None,
            document: Some(self.document),
            message: None,
            subscription: None,
            kind: "acknowledgement",
            target,
            partner: self.partner,
            draft: self.draft(emit).tried(self.partner),
        }
    }

    /// It goes back the way it came: who was addressed answers, under the names that were used.
    fn draft(&self, emit: &Emitter<'_>) -> Draft {
        let version = &self.interchange.version;
        match &self.says {
            Says::Group { group, form, segments } => {
                let envelope = X12Envelope {
                    application_sender: group.receiver.to_string(),
                    application_receiver: group.sender.to_string(),
                    version: form.version(&group.version),
                    ..self.envelope(emit, form.kind())
                };
                Draft::x12(form.kind(), segments.clone(), self.named_as_agreed(envelope))
            }
            // ISA12 is made of the version: `00401` is that of 004010.
            Says::Interchange(segment) => {
                let envelope = X12Envelope { version: format!("{version}0"), ..self.envelope(emit, "TA1") };
                Draft::Ta1 { envelope: Box::new(self.named_as_agreed(envelope)), segment: segment.clone() }
            }
            Says::Contrl { set, version: of_contrl } => {
                let parties = self.parties(emit);
                let agreement = self.agreement("CONTRL");
                let envelope = envelopes::edifact_envelope(emit, agreement, parties, syntax(version), [of_contrl, ""]);
                // CONTRL is of the interchange that it answers, and stands in no group.
                let envelope = EdifactEnvelope { group: None, ..envelope };
                let envelope = edifact_as_agreed(envelope, agreement);
                Draft::Edifact { envelope: Box::new(envelope), sets: vec![set.clone()] }
            }
        }
    }

    fn parties<'e>(&'e self, emit: &'e Emitter<'_>) -> [&'e Identity; 2] {
        parties(emit, self.partner, self.agreement(self.kind()), self.interchange)
    }

    fn named_as_agreed(&self, envelope: X12Envelope) -> X12Envelope {
        x12_as_agreed(envelope, self.agreement(self.kind()))
    }

    /// What was agreed of such an answer where the document came in.
    fn agreement(&self, kind: &str) -> &Agreement {
        self.partner.terms.of(self.came_by.id, self.interchange.standard, kind)
    }

    fn envelope(&self, emit: &Emitter<'_>, kind: &str) -> X12Envelope {
        let agreement = self.agreement(kind);
        let (date, _) = emit.now.envelope();
        let [sender, receiver] = self.parties(emit).map(Identity::clone);
        X12Envelope {
            sender,
            receiver,
            application_sender: String::new(),
            application_receiver: String::new(),
            functional_id: "FA".into(),
            version: String::new(),
            interchange_control: 0,
            group_control: 0,
            test: envelopes::is_test(agreement),
            date,
            time: envelopes::x12_time(emit, agreement),
            header: envelopes::x12_answer_header(agreement),
            delimiters: envelopes::delimiters(agreement),
        }
    }
}

/// Who answers whom: who was addressed the one who wrote, unless other names were agreed and there are some.
pub(super) fn parties<'e>(
    emit: &'e Emitter<'_>,
    partner: &'e PartnerInfo,
    agreement: &Agreement,
    interchange: &'e Interchange,
) -> [&'e Identity; 2] {
    let Interchange { sender, receiver, standard, .. } = interchange;
    if agreement.acknowledge_as == AcknowledgeAs::Addressed {
        return [receiver, sender];
    }
    let ours = emit.directory.tenants.get(&partner.tenant).and_then(|tenant| tenant.identity(*standard));
    [ours.unwrap_or(receiver), partner.identity(*standard).unwrap_or(sender)]
}

/// ISA05 to ISA08, GS02 and GS03 of a business document, where that was agreed.
pub(super) fn x12_as_agreed(envelope: X12Envelope, agreement: &Agreement) -> X12Envelope {
    match agreement.acknowledge_as {
        AcknowledgeAs::Addressed => envelope,
        AcknowledgeAs::Agreed => envelopes::x12_names(envelope, agreement),
    }
}

/// S001 to S003 of a business document, where that was agreed.
pub(super) fn edifact_as_agreed(envelope: EdifactEnvelope, agreement: &Agreement) -> EdifactEnvelope {
    match agreement.acknowledge_as {
        AcknowledgeAs::Addressed => envelope,
        AcknowledgeAs::Agreed => envelopes::edifact_names(envelope, agreement),
    }
}

/// 0001 and 0002 of an interchange, as far as we write them.
pub fn syntax(version: &str) -> (&str, u8) {
    let (charset, version) = version.split_once(':').unwrap_or((version, "3"));
    let charset = if matches!(charset.as_bytes(), [b'U', b'N', b'O', b'A'..=b'L' | b'Y']) { charset } else { "UNOC" };
    let version = version.bytes().next().filter(|digit| (b'1'..=b'4').contains(digit)).map_or(3, |digit| digit - b'0');
    (charset, version)
}

/// Where it goes: by the connection that was agreed, else the way that the document came, or the partner's first folder.
pub(super) fn way_back<'a>(
    directory: &'a Directory,
    partner: &PartnerInfo,
    came_by: &'a ConnectionInfo,
    agreed: Option<&str>,
) -> Option<&'a ConnectionInfo> {
    if let Some(name) = agreed {
        return directory.connection(name).map(|connection| &**connection);
    }
    if came_by.transport == "folder" {
        return Some(came_by);
    }
    let mut own = partner.connections.iter().filter_map(|id| directory.connections.get(id));
    own.find(|c| c.transport == "folder").map(|c| &**c)
}

/// That something can't go back, in the journal.
pub(super) fn unsent_step(
    emit: &Emitter<'_>,
    tenant: Tenant,
    document: DocumentId,
    what: &str,
    partner: &PartnerInfo,
) -> Step {
    let sentence = format!(
        "no {what}: {} has no folder to put it into; give it a `folder` connection, name one by `acknowledge_by`, or let its agreement ask for none",
        partner.name
    );
    Step::new(tenant, emit.now.0, Stage::Deliver.name(), "unsent", emit.worker)
        .document(document.0)
        .cause(json!({ "code": "acknowledge/no_way_back", "sentence": sentence }))
}
