//! Advices on their way out: an 824 or APERAK tells how the mapping and the core took a document of the partner's. Drafted
//! in the transaction of the verdict; envelope, way and control numbers are those of the acknowledgements.

use super::{
    Emitter,
    acknowledge::{edifact_as_agreed, parties, syntax, unsent_step, way_back, x12_as_agreed},
    document::{Draft, Wanted},
    envelopes,
};
use crate::{
    canonical::{ConnectionId, DeliveryId, DocumentId, MessageId, Tenant},
    formats::{
        ack::{self, Subject, Taken},
        fault::Fault,
        piece::{Group, Interchange, Standard},
        write::{OutSet, X12Envelope},
    },
    store::{
        StoreError, Tx, deliveries,
        journal::{self, Step},
    },
    tenancy::{ConnectionInfo, Effective, PartnerInfo, agreement::ApplicationAdvice},
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What is known of a set's envelope when it is read, and needed to tell its sender later how it was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CameIn {
    pub connection: ConnectionId,
    pub interchange: Interchange,
    /// Of X12.
    pub group: Option<Group>,
    /// `850`, `ORDERS`.
    pub kind: String,
    /// `004010`, `D96A`.
    pub version: String,
    /// ST02, UNH 0062.
    pub control: String,
}

/// How one message was taken.
#[derive(Debug)]
pub struct Advice<'a> {
    pub document: DocumentId,
    pub message: MessageId,
    /// Its set in the document, and which of the set's messages it is.
    pub place: (i64, i64),
    pub partner: &'a PartnerInfo,
    pub came_in: CameIn,
    /// What its sender calls it.
    pub name: String,
    pub taken: Taken,
    pub faults: Vec<Fault>,
    /// Another document tells the partner the same: a line's refusal stands in the answer to the order.
    pub is_answered: bool,
}

impl Advice<'_> {
    /// True if it is owed by agreement.
    fn is_due(&self) -> bool {
        let agreed =
            self.partner.terms.of(self.came_in.connection, self.came_in.interchange.standard, &self.came_in.kind);
        match agreed.application_advice {
            ApplicationAdvice::None => false,
            ApplicationAdvice::OnError => self.is_error() && !self.is_answered,
            ApplicationAdvice::Always => true,
        }
    }

    /// True where the sender has something to mend. An order with another price than ours is held, and nothing of it is
    /// reserved; one that waits for stock has nothing wrong.
    fn is_error(&self) -> bool {
        match self.taken {
            Taken::Accepted => false,
            Taken::Changed => self.faults.iter().any(|fault| &*fault.code == "order/price"),
            Taken::Partly | Taken::Rejected => true,
        }
    }

    /// One a message and verdict: who restarts a message tells the partner what is new, and nothing twice.
    fn id(&self) -> DeliveryId {
        let taken = match self.taken {
            Taken::Accepted => "accepted",
            Taken::Changed => "changed",
            Taken::Partly => "partly",
            Taken::Rejected => "rejected",
        };
        let set = match self.place {
            (set, 0) => set.to_string(),
            (set, split) => format!("{set}.{split}"),
        };
        DeliveryId::acknowledgement(self.document, &format!("advice/{set}/{taken}"))
    }
}

/// Those that are owed and were not written before, drafted.
pub async fn wanted<'a>(
    tx: &mut Tx,
    emit: &Emitter<'a>,
    tenant: Tenant,
    advices: Vec<Advice<'a>>,
) -> Result<Vec<Wanted<'a>>, StoreError> {
    let due: Vec<Advice<'a>> = advices.into_iter().filter(Advice::is_due).collect();
    if due.is_empty() {
        return Ok(vec![]);
    }
    let ids: Vec<DeliveryId> = due.iter().map(Advice::id).collect();
    let known: HashSet<DeliveryId> = deliveries::load(tx, tenant, &ids).await?.into_iter().map(|d| d.id).collect();
    let (mut wanted, mut unsent) = (Vec::new(), Vec::new());
    for one in due.into_iter().filter(|one| !known.contains(&one.id())) {
        let came_by = emit.directory.connections.get(&one.came_in.connection);
        let by = one.agreement().acknowledge_by.as_deref();
        match came_by.and_then(|came_by| way_back(emit.directory, one.partner, came_by, by)) {
            Some(way) => wanted.push(one.wanted(emit, way)),
            None => {
                let what = format!("advice of {} {}", one.came_in.kind, one.came_in.control);
                unsent.push(unsent_step(emit, tenant, one.document, &what, one.partner));
            }
        }
    }
    journal::write(tx, &unsent.into_iter().collect::<Vec<Step>>()).await?;
    Ok(wanted)
}

impl<'a> Advice<'a> {
    /// What was agreed of such an advice where the document came in.
    fn agreement(&self) -> &'a Effective {
        let standard = self.came_in.interchange.standard;
        self.partner.terms.of(self.came_in.connection, standard, ack::advice_kind(standard))
    }

    fn wanted(self, emit: &Emitter<'_>, way: &ConnectionInfo) -> Wanted<'a> {
        Wanted {
            id: self.id(),
            event: None,
            document: Some(self.document),
            message: Some(self.message),
            subscription: None,
            kind: "acknowledgement",
            target: way.name.clone(),
            partner: self.partner,
            draft: self.draft(emit).tried(self.partner),
        }
    }

    fn draft(&self, emit: &Emitter<'_>) -> Draft {
        let CameIn { interchange, group, kind, version, control, .. } = &self.came_in;
        let part = |of: fn(&Group) -> &str| group.as_ref().map_or("", of);
        let (date, time) = emit.now.envelope();
        let number = self.id().0.simple().to_string()[..12].to_uppercase();
        let advice = ack::Advice {
            subject: Subject {
                standard: interchange.standard,
                kind,
                version,
                interchange: &interchange.control,
                group: part(|group| &group.control),
                control,
                applications: [part(|group| &group.sender), part(|group| &group.receiver)],
                name: &self.name,
            },
            taken: self.taken,
            faults: &self.faults,
            number: &number,
            date: &date,
            time: &time,
        };
        let agreement = self.agreement();
        let [from, to] = parties(emit, self.partner, agreement, interchange);
        if interchange.standard != Standard::X12 {
            let form = [advice.version(), ""];
            let mut envelope =
                envelopes::edifact_envelope(emit, agreement, [from, to], syntax(&interchange.version), form);
            // Its sentences are ours: what a partner's character set lacks of them is no reason to say nothing.
            envelope.header.transliterate = true;
            let set = OutSet { kind: advice.kind().into(), control: "1".into(), segments: advice.segments().into() };
            let envelope = Box::new(edifact_as_agreed(envelope, agreement));
            return Draft::Edifact { envelope, sets: vec![set] };
        }
        let envelope = X12Envelope {
            sender: from.clone(),
            receiver: to.clone(),
            application_sender: part(|group| &group.receiver).to_owned(),
            application_receiver: part(|group| &group.sender).to_owned(),
            functional_id: "AG".into(),
            version: advice.version().into(),
            interchange_control: 0,
            group_control: 0,
            test: envelopes::is_test(agreement),
            header: envelopes::x12_answer_header(agreement),
            delimiters: envelopes::delimiters(agreement),
            date: date.clone(),
            time: envelopes::x12_time(emit, agreement),
        };
        Draft::x12(advice.kind(), advice.segments(), x12_as_agreed(envelope, agreement))
    }
}
