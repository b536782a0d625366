//! Whose a document is, as a person says: where its sender is nobody who is known.

use super::{
    Hub,
    operate::{self, Asks, OperateError},
    translate,
};
use crate::{
    canonical::{DocumentId, Tenant},
    mapping::near,
    store::{
        Tx, documents, interchanges,
        journal::{self, Step},
        messages, now,
    },
};
use serde_json::{Value, json};

/// Messages that are mapped again at once: each reads the document up to its set.
const AT_ONCE: i64 = 500;

/// Says whose an unassigned document is, and has it read as theirs; of one in which others are known, what is nobody's.
/// Holds for this document alone, also when it is read again: what comes next by the same identity is for the partner's
/// `identities` to say.
pub async fn give_document(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    partner: &str,
    who: &str,
    why: &str,
) -> Result<(), OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    let known = || hub.directory.partners.values().filter(|info| info.tenant == tenant);
    let Some(info) = known().find(|info| info.name == partner) else {
        let near = near::hint(partner, known().map(|info| &*info.name));
        return Err(OperateError::Partner(format!("there is no partner `{partner}`{near}")));
    };
    let of_nobody = messages::of_nobody(&mut tx, tenant, id, AT_ONCE).await?;
    let is_beside = row.state == "translated" && !of_nobody.is_empty();
    if !is_beside {
        let what = "an unassigned document, or one with messages of nobody,";
        operate::allowed(&row.state, &["unassigned"], what, "given to a partner")?;
    }
    for_its_sender(&mut tx, tenant, &row, is_beside).await?;
    documents::give(&mut tx, tenant, id, info.id).await?;
    let cause = json!({"code": "given", "to": info.name, "who": who, "why": why, "was": row.state, "ended": row.cause});
    if !is_beside {
        return operate::begin_anew(hub, tx, tenant, &row, Asks::default(), cause).await;
    }
    let step = Step::new(tenant, now().0, "operate", "translated", &hub.worker).document(id.0).cause(cause);
    journal::write(&mut tx, &[step]).await?;
    tx.commit().await?;
    let why = format!("given to {}: {why}", info.name);
    for message in of_nobody {
        match operate::restart(hub, tenant, message, who, &why).await {
            // Somebody else restarted or cancelled it in the same moment.
            Ok(_) | Err(OperateError::State { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Who is given what a receiver or a connection leaves unassigned is not helped.
async fn for_its_sender(
    tx: &mut Tx,
    tenant: Tenant,
    row: &documents::DocumentRow,
    is_beside: bool,
) -> Result<(), OperateError> {
    let causes: Vec<Value> = match is_beside {
        false => row.cause.clone().into_iter().collect(),
        true => {
            let all = interchanges::of_document(tx, tenant, row.id).await?;
            all.into_iter()
                .filter(|one| one.ends.as_deref() == Some("unassigned"))
                .filter_map(|one| one.cause)
                .collect()
        }
    };
    let said = |cause: &Value, key: &str| cause[key].as_str().unwrap_or_default().to_owned();
    if causes.iter().any(|cause| translate::can_be_given(&said(cause, "code"))) {
        return Ok(());
    }
    let cause = causes.first().cloned().unwrap_or_default();
    Err(OperateError::Refused(format!(
        "its sender is not what leaves it unassigned: {}; {}",
        said(&cause, "sentence"),
        said(&cause, "remedy")
    )))
}
