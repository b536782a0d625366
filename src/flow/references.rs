//! What a partner's values mean here, as a person says: added, changed and taken away, each a journal row or a restart's reason.

use super::{
    Hub,
    operate::{OperateError, restart},
};
use crate::{
    canonical::{MessageId, PartnerId, Tenant},
    mapping::near,
    store::{
        entities::{self, CrossReference, EVERYONE},
        journal::{self, Step},
        messages, now,
    },
    tenancy::PartnerInfo,
};
use serde_json::json;
use std::sync::Arc;

/// The tenant's partner of a name.
///
/// Errors: there is none, and the nearest is told.
pub fn partner_named<'h>(hub: &'h Hub, tenant: Tenant, name: &str) -> Result<&'h Arc<PartnerInfo>, OperateError> {
    let known = || hub.directory.partners.values().filter(|info| info.tenant == tenant);
    known().find(|info| info.name == name).ok_or_else(|| {
        let near = near::hint(name, known().map(|info| &*info.name));
        OperateError::Partner(format!("there is no partner `{name}`{near}"))
    })
}

/// Takes a cross-reference away: values that come from now on are held again, what was read by it stays. Gives its target.
/// One that holds for a partner alone is another than that for [`EVERYONE`].
///
/// Errors: there is none, and the nearest that there is of the scheme is told.
pub async fn remove_reference(
    hub: &Hub,
    tenant: Tenant,
    partner: PartnerId,
    (scheme, value): (&str, &str),
    who: &str,
    why: &str,
) -> Result<String, OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let Some(target) = entities::remove_cross_reference(&mut tx, tenant, partner, scheme, value).await? else {
        let known = entities::all_cross_references(&mut tx, tenant, Some(scheme), ("", "", EVERYONE), 1_000).await?;
        tx.rollback().await?;
        return Err(OperateError::NoReference(none(hub, partner, (scheme, value), &known)));
    };
    let mut cause = json!({"code": "reference/removed", "scheme": scheme, "value": value, "target": target, "who": who, "why": why});
    if partner != EVERYONE {
        cause["partner"] = hub.directory.partner_name(partner).into();
    }
    let step = Step::new(tenant, now().0, "reference", "removed", &hub.worker).cause(cause);
    journal::write(&mut tx, &[step]).await?;
    tx.commit().await?;
    Ok(target)
}

/// That there is no such reference; for whom there is one of the value, else the nearest value.
fn none(hub: &Hub, partner: PartnerId, (scheme, value): (&str, &str), known: &[CrossReference]) -> String {
    let whom = |partner: PartnerId| match partner == EVERYONE {
        true => "for all partners".to_owned(),
        false => format!("for {}", hub.directory.partner_name(partner)),
    };
    let others: Vec<String> = known.iter().filter(|row| row.value == value).map(|row| whom(row.partner)).collect();
    let also = match others.as_slice() {
        [] => near::hint(value, known.iter().map(|row| row.value.as_str())),
        others => format!("; there is one {}", others.join(", and one ")),
    };
    let of = if partner == EVERYONE && others.is_empty() { String::new() } else { format!(" {}", whom(partner)) };
    format!("there is no reference {scheme} {value}{of}{also}")
}

/// Adds a cross-reference that holds for all partners, and restarts what was held for it. Gives the messages that stand now.
pub async fn add_reference(
    hub: &Hub,
    tenant: Tenant,
    scheme: &str,
    value: &str,
    target: &str,
    who: &str,
) -> Result<Vec<MessageId>, OperateError> {
    let row = CrossReference { scheme: scheme.into(), value: value.into(), partner: EVERYONE, target: target.into() };
    put_reference(hub, tenant, &row, who).await
}

/// Adds a cross-reference, or changes its target, and restarts what was held for it by those for whom it holds. Gives the
/// messages that stand now.
pub async fn put_reference(
    hub: &Hub,
    tenant: Tenant,
    row: &CrossReference,
    who: &str,
) -> Result<Vec<MessageId>, OperateError> {
    let CrossReference { scheme, value, target, .. } = row;
    let mut tx = hub.store.begin(tenant).await?;
    let library = hub.library.standing(&mut tx, tenant).await?;
    if let Some(why) = library.is_no_table(scheme).or_else(|| library.refuses(scheme, target)) {
        return Err(OperateError::Scheme(why));
    }
    entities::upsert_cross_references(&mut tx, tenant, std::slice::from_ref(row)).await?;
    let held = messages::held_for(&mut tx, tenant, row).await?;
    tx.commit().await?;
    let why = format!("the reference {scheme} {value} → {target} was added");
    let mut restarted = Vec::with_capacity(held.len());
    for message in held {
        match restart(hub, tenant, message.id, who, &why).await {
            Ok(id) => restarted.push(id),
            // Somebody else restarted or cancelled it in the same moment.
            Err(OperateError::State { .. }) => {}
            Err(OperateError::Store(error)) if crate::flow::failure::is_conflict(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(restarted)
}
