//! Letters by mail about what was refused: owed in the transaction that refuses, written by the sweeper once all of the
//! document is decided, and sent as any delivery is, with retries and dead letters.

use super::{Hub, letter, operate::OperateError};
use crate::{
    canonical::{ClaimCheck, DeliveryId, DocumentId, Micros, PartnerId, Stage, Tenant},
    store::{
        StoreError, Tx,
        deliveries::{self, NewDelivery, hex},
        documents,
        journal::{self, Step},
        letters::{self, Owed},
        now, outbox,
    },
    tenancy::{PartnerInfo, agreement::Mail},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Documents told of in one mail; of the others their names are.
const DOCUMENTS: usize = 20;
/// Names of such others.
const NAMES: usize = 100;
/// Documents looked at in one round and tenant.
const ROUND: i64 = 10_000;
/// So long a document waits for messages of it that others hold up, in milliseconds.
const LATE_MS: i64 = 600_000;

/// Notes that letters are owed about what these steps refuse, if anybody of the tenant's partners gets such.
pub async fn owe(hub: &Hub, tx: &mut Tx, tenant: Tenant, steps: &[Step], now: Micros) -> Result<(), StoreError> {
    let refused =
        steps.iter().filter(|step| step.state == "rejected" || step.stage == "translate" && passed_over(step));
    let mut documents: Vec<Uuid> = refused.filter_map(|step| step.document).collect();
    documents.sort();
    documents.dedup();
    if documents.is_empty() || hub.settings.mail.url.is_empty() {
        return Ok(());
    }
    let wanted = |partner: &PartnerInfo| partner.tenant == tenant && partner.agreement.mail == Mail::OnRefusal;
    match hub.directory.partners.values().any(|partner| wanted(partner)) {
        true => letters::owe(tx, tenant, &documents, now).await,
        false => Ok(()),
    }
}

/// Partners whose agreement wants letters that nobody can send, since no mail server is set: `acme/northwind`.
pub fn unsent(hub: &Hub) -> Vec<String> {
    if !hub.settings.mail.url.is_empty() {
        return vec![];
    }
    let wanting = hub.directory.partners.values().filter(|partner| partner.agreement.mail == Mail::OnRefusal);
    let named = |partner: &std::sync::Arc<PartnerInfo>| {
        let tenant = hub.directory.tenants.get(&partner.tenant).map(|tenant| &*tenant.name).unwrap_or_default();
        format!("{tenant}/{}", partner.name)
    };
    let mut named: Vec<String> = wanting.map(named).collect();
    named.sort();
    named
}

/// A document of which a part was no set, and told.
fn passed_over(step: &Step) -> bool {
    step.state == "translated" && step.message.is_none() && step.cause.is_some()
}

/// Writes the letters whose time has come. Gives how many mails go out.
pub async fn write(hub: &Hub) -> Result<usize, StoreError> {
    let mut tx = hub.store.system_read().await?;
    let tenants = letters::owing(&mut tx).await?;
    tx.rollback().await?;
    let mut mails = 0;
    for tenant in tenants {
        let mut tx = hub.store.read(tenant).await?;
        let now = now();
        let every = i64::try_from(hub.settings.mail.every_ms).unwrap_or(i64::MAX / 1_000_000);
        let since = now.plus_ms(-every);
        let owed = letters::owed(&mut tx, tenant, now.plus_ms(-LATE_MS), since, ROUND).await?;
        tx.rollback().await?;
        let mut by_partner: BTreeMap<Option<PartnerId>, Vec<Owed>> = BTreeMap::new();
        owed.into_iter().for_each(|one| by_partner.entry(one.partner).or_default().push(one));
        for (partner, owed) in by_partner {
            mails += to_partner(hub, tenant, partner, &owed).await?;
        }
    }
    Ok(mails)
}

/// One mail to each of a partner's addresses about all that is owed to it.
async fn to_partner(hub: &Hub, tenant: Tenant, partner: Option<PartnerId>, owed: &[Owed]) -> Result<usize, StoreError> {
    let now = now();
    let documents: Vec<DocumentId> = owed.iter().map(|one| one.document).collect();
    let info = partner.and_then(|id| hub.directory.partners.get(&id)).filter(|info| info.tenant == tenant);
    let wanted = info.filter(|info| info.agreement.mail == Mail::OnRefusal && !hub.settings.mail.url.is_empty());
    let Some(info) = wanted else {
        // It was wanted when it was refused, and is no longer.
        let mut tx = hub.store.begin(tenant).await?;
        letters::settle(&mut tx, tenant, &documents).await?;
        return tx.commit().await.map(|()| 0);
    };
    let (subject, text) = composed(hub, tenant, owed).await?;
    let mut tx = hub.store.begin(tenant).await?;
    if letters::settle(&mut tx, tenant, &documents).await?.len() < documents.len() {
        return tx.rollback().await.map(|()| 0);
    }
    letters::written(&mut tx, tenant, info.id, now).await?;
    let mail = Outgoing { documents: &documents, addresses: addresses(info), subject, text };
    let rows = mail.push(hub, &mut tx, tenant, now, |row| json!({ "code": "letter", "to": row.target })).await?;
    tx.commit().await?;
    Ok(rows.len())
}

/// Who is named twice gets one.
fn addresses(info: &PartnerInfo) -> BTreeSet<String> {
    info.agreement.addresses().map(|address| address.to_string()).collect()
}

/// Why nobody can be written to about a partner's documents, if so; else to whom.
pub fn reachable(hub: &Hub, partner: Option<PartnerId>) -> Result<BTreeSet<String>, String> {
    let Some(info) = partner.and_then(|id| hub.directory.partners.get(&id)) else {
        return Err("the document is no known partner's, so there is nobody to write to".into());
    };
    if hub.settings.mail.url.is_empty() {
        return Err("no mail server is set: say `mail.url` in the hub's settings, or send the letter by hand".into());
    }
    let addresses = addresses(info);
    match addresses.is_empty() {
        true => Err(format!("the agreement of {} has no mail address among its `contacts`", info.name)),
        false => Ok(addresses),
    }
}

/// Sends the letter about a document now, to each address that the agreement names, because a person wants it: whatever
/// `mail` says there. Gives the deliveries. If a letter was owed about it, this is that one.
pub async fn send(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    who: &str,
    why: &str,
) -> Result<Vec<(DeliveryId, String)>, OperateError> {
    let mut tx = hub.store.read(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    tx.rollback().await?;
    let addresses = reachable(hub, row.partner).map_err(OperateError::Refused)?;
    let told = letter::of(hub, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    // Of what its envelope was refused for the letter says why, without a point.
    if told.letter.points.is_empty() && !matches!(&*row.state, "rejected" | "duplicate") {
        return Err(OperateError::Refused("no fault was found in the document, so there is nothing to write".into()));
    }
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    letters::settle(&mut tx, tenant, &[id]).await?;
    if let Some(partner) = row.partner {
        letters::written(&mut tx, tenant, partner, now).await?;
    }
    let mail = Outgoing { documents: &[id], addresses, subject: told.letter.subject.clone(), text: told.letter.text() };
    let cause = |row: &NewDelivery| json!({ "code": "letter", "to": row.target, "who": who, "why": why });
    let rows = mail.push(hub, &mut tx, tenant, now, cause).await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| (row.id, row.target)).collect())
}

/// A mail about documents, to be written as a delivery an address.
struct Outgoing<'a> {
    documents: &'a [DocumentId],
    addresses: BTreeSet<String>,
    subject: String,
    text: String,
}

impl Outgoing<'_> {
    async fn push(
        self,
        hub: &Hub,
        tx: &mut Tx,
        tenant: Tenant,
        now: Micros,
        cause: impl Fn(&NewDelivery) -> serde_json::Value,
    ) -> Result<Vec<NewDelivery>, StoreError> {
        let delivery = |address: String| NewDelivery {
            tenant,
            id: DeliveryId(Uuid::now_v7()),
            event: None,
            document: self.documents.first().copied(),
            message: None,
            subscription: None,
            partner: None,
            kind: "letter",
            target: address,
            state: "pending",
            name: Some(self.subject.clone()),
            content: Some(hex(self.text.as_bytes())),
            control: None,
            sequence: None,
            cause: None,
            acknowledged: None,
            again_of: None,
            created_at: now.0,
            deadline: hub.deadline(now).0,
            wait_us: hub.wait_us(),
        };
        let rows: Vec<NewDelivery> = self.addresses.into_iter().map(delivery).collect();
        deliveries::insert(tx, &rows).await?;
        let step = |document: &DocumentId, row: &NewDelivery| {
            let step = Step::new(tenant, now.0, "deliver", "pending", &hub.worker);
            step.document(document.0).delivery(row.id.0).cause(cause(row))
        };
        // By these each of the documents knows its letters.
        let steps: Vec<Step> =
            self.documents.iter().flat_map(|document| rows.iter().map(|row| step(document, row))).collect();
        journal::write(tx, &steps).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
        outbox::push(tx, &[outbox::Row::at_once(ClaimCheck::new(tenant, Stage::Deliver, ids), now)]).await?;
        Ok(rows)
    }
}

/// Subject and text of one mail about several documents.
async fn composed(hub: &Hub, tenant: Tenant, owed: &[Owed]) -> Result<(String, String), StoreError> {
    let mut told = Vec::new();
    for one in owed.iter().take(DOCUMENTS) {
        match letter::of(hub, tenant, one.document).await {
            Ok(Some(letter)) => told.push((letter.letter.subject.clone(), letter.letter.text())),
            Ok(None) => {}
            Err(StoreError::Gone(_)) => told.push((one.name.clone(), format!("{} was refused.\n", one.name))),
            Err(error) => return Err(error),
        }
    }
    let subject = match &*told {
        [(subject, _)] if owed.len() == 1 => subject.clone(),
        _ => format!("{} documents that were refused, or parts of them", owed.len()),
    };
    let rule = format!("\n{}\n\n", "-".repeat(72));
    let mut text = told.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(&rule);
    let others: Vec<&str> = owed.iter().skip(DOCUMENTS).map(|one| &*one.name).collect();
    if !others.is_empty() {
        let more = others.len().saturating_sub(NAMES);
        let named = others[..others.len() - more].join(", ");
        let and = if more > 0 { format!(", and {more} more") } else { String::new() };
        text.push_str(&format!("{rule}Also refused, in whole or in part: {named}{and}.\n"));
    }
    Ok((subject, text))
}
