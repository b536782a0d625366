//! Whose a document is, as a person says: where its sender is nobody who is known.

use super::{
    Hub,
    operate::{self, Asks, OperateError},
    references::partner_named,
    translate,
};
use crate::{
    canonical::{DocumentId, MessageId, Tenant},
    formats::piece::Standard,
    store::{
        Tx,
        documents::{self, DocumentRow},
        interchanges::{self, Given, InterchangeRow},
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
    let info = partner_named(hub, tenant, partner)?;
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
    let by = By { who, why };
    if is_beside {
        tx.rollback().await?;
        return give_part(hub, tenant, row, info, by).await;
    }
    documents::give(&mut tx, tenant, id, info.id).await?;
    let cause = given(&row, info, by);
    operate::begin_anew(hub, tx, tenant, &row, Asks::default(), cause).await
}

/// Who gives it, and why.
#[derive(Clone, Copy)]
struct By<'a> {
    who: &'a str,
    why: &'a str,
}

fn given(row: &DocumentRow, to: &PartnerInfo, by: By<'_>) -> Value {
    json!({"code": "given", "to": to.name, "who": by.who, "why": by.why, "was": row.state, "ended": row.cause})
}

/// Gives what of a worked document is nobody's. Its interchanges ask for their control numbers as if they came now, so that
/// one that was worked before is a duplicate; the others of the document have theirs.
async fn give_part(
    hub: &Hub,
    tenant: Tenant,
    row: DocumentRow,
    to: &PartnerInfo,
    by: By<'_>,
) -> Result<(), OperateError> {
    let (id, told) = (row.id, given(&row, to, by));
    let row = DocumentRow { given_to: Some(to.id), ..row };
    let run = translate::again::as_given(hub, &row, tenant).await?;
    let mut tx = hub.store.begin(tenant).await?;
    let ordinals: BTreeSet<i64> = of_one_sender(&mut tx, tenant, id).await?.iter().map(|one| one.ordinal).collect();
    let messages = messages::of_nobody(&mut tx, tenant, id, AT_ONCE).await?;
    let mut ended = match run {
        Some(run) => translate::take_given(&mut tx, tenant, run, &ordinals, now()).await?,
        None => vec![],
    };
    if ended.iter().any(|one| one.ends == translate::SANDBOX) {
        tx.rollback().await?;
        return Err(OperateError::Refused(format!(
            "it is a test, and the agreement with {} has tests taken in by a sandbox: bring the interchange as a file of its own, \
             and give that",
            to.name
        )));
    }
    ended.iter_mut().for_each(|one| one.cause = cause_of(one, to, by));
    documents::give(&mut tx, tenant, id, to.id).await?;
    journal::write(
        &mut tx,
        &[Step::new(tenant, now().0, "operate", "translated", &hub.worker).document(id.0).cause(told)],
    )
    .await?;
    interchanges::give(&mut tx, tenant, id, to.id, &ended).await?;
    tx.commit().await?;
    for (message, interchange) in messages {
        let ends = ended.iter().find(|one| Some(one.ordinal) == interchange && one.ends != "translated");
        begin_or_end(hub, tenant, message, ends, to, by).await?;
    }
    if ended.iter().any(|one| one.ends == "translated") {
        // The others of the document were answered when it came.
        let told = json!({"code": "given", "sentence": "what was given is acknowledged as was agreed", "who": by.who});
        let step = Step::new(tenant, now().0, "operate", "translated", &hub.worker).document(id.0).cause(told);
        translate::again::acknowledge(hub, &row, tenant, step).await?;
    }
    Ok(())
}

/// What is worked is so since it was given, whatever its number tells besides; what isn't says why not.
fn cause_of(one: &Given, to: &PartnerInfo, by: By<'_>) -> Value {
    if one.ends != "translated" {
        return one.cause.clone();
    }
    let sentence = format!("it was given to {} by {}: {}", to.name, by.who, by.why);
    let besides = one.cause["sentence"].as_str().map(|said| format!("; {said}")).unwrap_or_default();
    let sentence = format!("{}{besides}", sentence.trim_end_matches([':', ' ']));
    json!({"code": translate::GIVEN, "sentence": sentence, "to": to.name})
}

/// Has a message of what was given mapped again; one of an interchange that is not worked ends with it.
async fn begin_or_end(
    hub: &Hub,
    tenant: Tenant,
    message: MessageId,
    not_worked: Option<&Given>,
    to: &PartnerInfo,
    by: By<'_>,
) -> Result<(), OperateError> {
    let done = match not_worked {
        None => {
            let why = format!("given to {}: {}", to.name, by.why);
            operate::restart(hub, tenant, message, by.who, &why).await.map(drop)
        }
        Some(Given { cause, .. }) => {
            let said = |key: &str| cause[key].as_str().unwrap_or_default();
            operate::end_message(hub, tenant, message, said("code"), by.who, said("sentence")).await
        }
    };
    match done {
        // Somebody else restarted or cancelled it in the same moment.
        Err(OperateError::State { .. }) => Ok(()),
        done => done,
    }
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
    row: &DocumentRow,
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
async fn for_its_sender(tx: &mut Tx, tenant: Tenant, row: &DocumentRow, is_beside: bool) -> Result<(), OperateError> {
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
