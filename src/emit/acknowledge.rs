//! Functional acknowledgements on their way out: envelope, control numbers and delivery of what the codec's
//! `ack` module has said about a group. Written in the commit that has read the group's trailer.

use super::{
    Emitter,
    document::{self, Draft, Rows, Wanted},
};
use crate::{
    canonical::{DeliveryId, DocumentId, Stage, Tenant},
    formats::{
        piece::{Group, Interchange},
        write::{OutSet, X12Envelope},
    },
    store::{
        StoreError, Tx, deliveries,
        journal::{self, Step},
    },
    tenancy::{ConnectionInfo, Directory, PartnerInfo},
};
use serde_json::json;
use std::collections::HashSet;

/// What is said about one group of a document.
#[derive(Debug)]
pub struct Acknowledgement<'a> {
    pub document: DocumentId,
    pub partner: &'a PartnerInfo,
    /// The connection that the document came in by.
    pub came_by: &'a ConnectionInfo,
    pub interchange: &'a Interchange,
    pub group: &'a Group,
    /// AK1 to AK9.
    pub set: OutSet,
}

/// Writes 997s, one a group: pending deliveries to where the document came from (or, if that way has no way back, to
/// the partner's first folder). One that was written before is left as it is and takes no number.
pub async fn functional_997(
    tx: &mut Tx,
    emit: &Emitter<'_>,
    tenant: Tenant,
    said: Vec<Acknowledgement<'_>>,
) -> Result<(), StoreError> {
    let ids: Vec<DeliveryId> = said.iter().map(Acknowledgement::id).collect();
    let known: HashSet<DeliveryId> = match ids.is_empty() {
        true => HashSet::new(),
        false => deliveries::load(tx, tenant, &ids).await?.into_iter().map(|d| d.id).collect(),
    };
    let mut wanted = Vec::new();
    let mut unsent = Vec::new();
    for one in said.into_iter().filter(|a| !known.contains(&a.id())) {
        match way_back(emit.directory, one.partner, one.came_by) {
            Some(connection) => wanted.push(one.wanted(emit, connection.name.clone())),
            None => unsent.push(unsent_step(emit, tenant, &one)),
        }
    }
    let mut rows = Rows::default();
    document::number(tx, emit, tenant, wanted, &mut rows).await?;
    rows.write(tx, emit, tenant).await?;
    journal::write(tx, &unsent).await
}

impl<'a> Acknowledgement<'a> {
    fn id(&self) -> DeliveryId {
        DeliveryId::acknowledgement(self.document, &format!("997/{}", self.group.ordinal))
    }

    fn wanted(self, emit: &Emitter<'_>, target: String) -> Wanted<'a> {
        let (date, time) = emit.now.envelope();
        // It goes back the way it came: who was addressed answers, under the names that were used.
        let envelope = X12Envelope {
            sender: self.interchange.receiver.clone(),
            receiver: self.interchange.sender.clone(),
            application_sender: self.group.receiver.to_string(),
            application_receiver: self.group.sender.to_string(),
            functional_id: "FA".into(),
            version: self.group.version.to_string(),
            interchange_control: 0,
            group_control: 0,
            test: document::is_test(&self.partner.agreement),
            date,
            time,
            delimiters: document::delimiters(&self.partner.agreement),
        };
        Wanted {
            id: self.id(),
            event: None,
            document: Some(self.document),
            message: None,
            subscription: None,
            kind: "acknowledgement",
            target,
            partner: self.partner,
            draft: Draft::tried(&self.set.kind, self.set.segments, envelope, &self.partner.agreement),
        }
    }
}

fn way_back<'a>(
    directory: &'a Directory,
    partner: &PartnerInfo,
    came_by: &'a ConnectionInfo,
) -> Option<&'a ConnectionInfo> {
    if came_by.transport == "folder" {
        return Some(came_by);
    }
    let mut own = partner.connections.iter().filter_map(|id| directory.connections.get(id));
    own.find(|c| c.transport == "folder").map(|c| &**c)
}

fn unsent_step(emit: &Emitter<'_>, tenant: Tenant, one: &Acknowledgement<'_>) -> Step {
    let sentence = format!(
        "no 997 for group {}: {} has no folder to put it into; give it a `folder` connection, or `acknowledge: none`",
        one.group.control, one.partner.name
    );
    Step::new(tenant, emit.now.0, Stage::Deliver.name(), "unsent", emit.worker)
        .document(one.document.0)
        .cause(json!({ "code": "acknowledge/no_way_back", "sentence": sentence }))
}
