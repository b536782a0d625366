//! Whose a document is, as a person says: where its sender is nobody who is known.

use super::{
    Hub,
    duplicate::By,
    operate::{self, Asks, OperateError},
    references::partner_named,
    translate,
};
use crate::{
    canonical::{DocumentId, MessageId, Tenant},
    formats::piece::Standard,
    mapping::near,
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

/// What can be given.
const WHAT: &str = "an unassigned document, or one with messages of nobody,";

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
    give_of_sender(hub, tenant, id, To { partner, sender: None }, By { who, why }).await
}

/// Whose it is; and what of it, if only what one sender sent that nobody is known by: `x12/ZZ/NORTHWIND`.
#[derive(Clone, Copy)]
pub struct To<'a> {
    pub partner: &'a str,
    pub sender: Option<&'a str>,
}

/// The same; where several senders are nobody who is known, of one of them.
pub async fn give_of_sender(
    hub: &Hub,
    tenant: Tenant,
    id: DocumentId,
    To { partner, sender }: To<'_>,
    by: By<'_>,
) -> Result<(), OperateError> {
    let mut tx = hub.store.begin(tenant).await?;
    let row = documents::get(&mut tx, tenant, id).await?.ok_or(OperateError::NotFound("document"))?;
    let info = partner_named(hub, tenant, partner)?;
    let mut of_nobody = messages::of_nobody(&mut tx, tenant, id, AT_ONCE).await?;
    let is_beside = row.state == "translated" && !of_nobody.is_empty();
    if !is_beside {
        operate::allowed(&row.state, &["unassigned"], WHAT, "given to a partner")?;
    }
    for_its_sender(&mut tx, tenant, &row, is_beside).await?;
    let nobodys = of_one_sender(&mut tx, tenant, &row, sender).await?;
    if is_beside {
        let is_given = |ordinal: i64| nobodys.iter().any(|one| one.ordinal == ordinal);
        of_nobody.retain(|(_, interchange)| interchange.is_none_or(is_given));
        one_by_one(info, &row, &nobodys, of_nobody.len())?;
        tx.rollback().await?;
        return give_part(hub, tenant, row, (info, sender), by).await;
    }
    documents::give(&mut tx, tenant, id, info.id, sender).await?;
    let cause = given(&row, info, by);
    operate::begin_anew(hub, tx, tenant, &row, Asks::default(), cause).await
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
    (to, sender): (&PartnerInfo, Option<&str>),
    by: By<'_>,
) -> Result<(), OperateError> {
    let (id, told) = (row.id, given(&row, to, by));
    let row = DocumentRow { given_to: Some(to.id), given_sender: sender.map(str::to_owned), ..row };
    let run = translate::again::as_given(hub, &row, tenant).await?;
    let mut tx = hub.store.begin(tenant).await?;
    // Whoever gives it in the same moment waits here, and finds nothing left.
    documents::give(&mut tx, tenant, id, to.id, sender).await?;
    let all = interchanges::of_document(&mut tx, tenant, id).await?;
    let all = all.into_iter().filter(|one| is_nobodys(one) && sender.is_none_or(|sender| sender_of(one) == sender));
    let ordinals: BTreeSet<i64> = all.map(|one| one.ordinal).collect();
    let mut messages = messages::of_nobody(&mut tx, tenant, id, AT_ONCE).await?;
    messages.retain(|(_, interchange)| interchange.is_none_or(|one| ordinals.contains(&one)));
    if ordinals.is_empty() {
        tx.rollback().await?;
        return operate::allowed(&row.state, &["unassigned"], WHAT, "given to a partner");
    }
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

fn is_nobodys(one: &InterchangeRow) -> bool {
    let code = one.cause.as_ref().and_then(|cause| cause["code"].as_str()).unwrap_or_default();
    one.ends.as_deref() == Some("unassigned") && translate::can_be_given(code)
}

fn sender_of(one: &InterchangeRow) -> String {
    format!("{}/{}", one.standard, one.sender)
}

/// The interchanges of a document that are nobody's, of one sender: where several are not known, somebody says which.
async fn of_one_sender(
    tx: &mut Tx,
    tenant: Tenant,
    row: &DocumentRow,
    sender: Option<&str>,
) -> Result<Vec<InterchangeRow>, OperateError> {
    let mut all = interchanges::of_document(tx, tenant, row.id).await?;
    all.retain(is_nobodys);
    let senders: BTreeSet<String> = all.iter().map(sender_of).collect();
    if senders.is_empty() {
        return Ok(all);
    }
    let named = senders.iter().map(String::as_str).collect::<Vec<_>>().join(" and ");
    let of_another = row.given_sender.as_deref().filter(|before| sender != Some(*before));
    let why = match sender {
        _ if of_another.is_some() => format!(
            "what {} sent of it was given before, and a document is given of one sender: add {named} to the `identities` of \
             their partners and restart what is held, or bring it as a file of its own",
            of_another.unwrap_or_default()
        ),
        Some(sender) if !senders.contains(sender) => {
            let near = near::hint(sender, senders.iter().map(String::as_str));
            format!("nothing of it is nobody's that {sender} sent{near}; there is what {named} sent")
        }
        None if senders.len() > 1 => format!(
            "it has interchanges of {} senders that nobody is known by, {named}, and is given of one of them: say which \
             (`crossdock documents give --sender`), or add each to the `identities` of its partner and replay the document",
            senders.len()
        ),
        _ => {
            all.retain(|one| sender.is_none_or(|sender| sender_of(one) == sender));
            return Ok(all);
        }
    };
    Err(OperateError::Refused(why))
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
