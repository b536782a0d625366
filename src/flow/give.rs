//! Whose a document is, as a person says: where its sender is nobody who is known.

use super::{
    Hub,
    operate::{self, Asks, OperateError},
    translate,
};
use crate::{
    canonical::{DocumentId, Tenant},
    formats::piece::Standard,
    mapping::near,
    store::{
        Tx, documents,
        interchanges::{self, InterchangeRow},
        journal::{self, Step},
        messages, now,
    },
    tenancy::{
        PartnerInfo,
        agreement::{BadSetCosts, InterchangeIs},
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
    let nobodys = of_one_sender(&mut tx, tenant, id).await?;
    if is_beside {
        one_by_one(info, &row, &nobodys, of_nobody.len())?;
    }
    documents::give(&mut tx, tenant, id, info.id).await?;
    let cause = json!({"code": "given", "to": info.name, "who": who, "why": why, "was": row.state, "ended": row.cause});
    if !is_beside {
        return operate::begin_anew(hub, tx, tenant, &row, Asks::default(), cause).await;
    }
    let step = Step::new(tenant, now().0, "operate", "translated", &hub.worker).document(id.0).cause(cause);
    journal::write(&mut tx, &[step]).await?;
    let sentence = format!("it was given to {} by {who}: {why}", info.name);
    let given = json!({"code": translate::GIVEN, "sentence": sentence.trim_end_matches([':', ' ']), "to": info.name});
    interchanges::give(&mut tx, tenant, id, info.id, &given).await?;
    tx.commit().await?;
    let why = format!("given to {}: {why}", info.name);
    for message in of_nobody {
        match operate::restart(hub, tenant, message, who, &why).await {
            // Somebody else restarted or cancelled it in the same moment.
            Ok(_) | Err(OperateError::State { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    // The others of the document were answered when it came.
    let row = documents::DocumentRow { given_to: Some(info.id), ..row };
    let told = json!({"code": "given", "sentence": "what was given is acknowledged as was agreed", "who": who});
    let step = Step::new(tenant, now().0, "operate", "translated", &hub.worker).document(id.0).cause(told);
    translate::again::acknowledge(hub, &row, tenant, step).await?;
    Ok(())
}

/// The interchanges of a document that are nobody's. A document is given as a whole: where several senders are not known,
/// nobody can say whose all of it is.
async fn of_one_sender(tx: &mut Tx, tenant: Tenant, id: DocumentId) -> Result<Vec<InterchangeRow>, OperateError> {
    let is_nobodys = |one: &InterchangeRow| {
        let code = one.cause.as_ref().and_then(|cause| cause["code"].as_str()).unwrap_or_default();
        one.ends.as_deref() == Some("unassigned") && translate::can_be_given(code)
    };
    let mut all = interchanges::of_document(tx, tenant, id).await?;
    all.retain(is_nobodys);
    let senders: BTreeSet<String> = all.iter().map(|one| format!("{}/{}", one.standard, one.sender)).collect();
    if senders.len() < 2 {
        return Ok(all);
    }
    let named: Vec<&str> = senders.iter().map(String::as_str).collect();
    Err(OperateError::Refused(format!(
        "it has interchanges of {} senders that nobody is known by, {}, and a document is given as a whole: add each to the \
         `identities` of its partner and replay the document, or bring each sender's interchanges as a file of their own",
        named.len(),
        named.join(" and ")
    )))
}

/// What is given of a worked document is mapped again message by message: by an agreement that takes an interchange as
/// one, or has a bad set cost all of it, that would be something else than what was settled.
fn one_by_one(
    partner: &PartnerInfo,
    row: &documents::DocumentRow,
    nobodys: &[InterchangeRow],
    messages: usize,
) -> Result<(), OperateError> {
    let standard = if nobodys.iter().any(|one| one.standard == "edifact") { Standard::Edifact } else { Standard::X12 };
    let agreed = partner.terms.of(row.connection, standard, "");
    let key = match (agreed.interchange, agreed.bad_set_costs) {
        _ if messages < 2 => return Ok(()),
        (InterchangeIs::Preserve, _) => "interchange",
        (_, BadSetCosts::Interchange) => "bad_set_costs",
        _ => return Ok(()),
    };
    Err(OperateError::Refused(format!(
        "the agreement with {} takes its interchange as a whole ({}), and the rest of this document is worked: bring the \
         interchange as a file of its own, and give that",
        partner.name,
        agreed.told(key)
    )))
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
