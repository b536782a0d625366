//! The buttons: restart, replay, cancel, add a reference. What they do is `flow`'s.

use super::{Console, session::Session, wrong::Wrong};
use crate::{
    canonical::{DeliveryId, DocumentId, MessageId},
    flow::{
        close, deliver,
        duplicate::{self, By},
        mail,
        operate::{self, Asks, Replayed},
    },
    store::{deliveries, messages},
};
use axum::{
    Form,
    extract::{Path, State},
    response::Redirect,
};
use serde::Deserialize;
use uuid::Uuid;

/// What a button sends.
#[derive(Debug, Deserialize)]
pub struct Act {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    map_again: bool,
    #[serde(default)]
    acknowledge_again: bool,
    #[serde(default)]
    number_again: bool,
}

impl Act {
    fn asks(&self) -> Asks {
        let Act { map_again, acknowledge_again, number_again, .. } = *self;
        Asks { map_again, acknowledge_again, number_again }
    }

    fn allowed(&self, session: &Session) -> Result<&str, Wrong> {
        session.may_change(&self.csrf)?;
        let why = self.why.trim();
        if why.is_empty() || why.len() > 1_000 {
            return Err(Wrong::Field("A reason is wanted: it stands in the journal.".into()));
        }
        Ok(why)
    }
}

/// Back to the page that shows the thing.
type Done = Result<Redirect, Wrong>;

async fn message_page(console: &Console, session: &Session, id: MessageId) -> Done {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let row = messages::get(&mut tx, session.tenant, id).await?;
    tx.rollback().await?;
    let row = row.ok_or(Wrong::NotFound("message"))?;
    Ok(Redirect::to(&match row.number {
        Some(number) => format!("/story/{}", super::words::coded(&number)),
        None => format!("/documents/{}", row.document),
    }))
}

async fn delivery_page(console: &Console, session: &Session, id: DeliveryId) -> Done {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let row = deliveries::get(&mut tx, session.tenant, id).await?;
    tx.rollback().await?;
    let row = row.ok_or(Wrong::NotFound("delivery"))?;
    match (row.message, row.document) {
        (Some(message), _) => message_page(console, session, message).await,
        (None, Some(document)) => Ok(Redirect::to(&format!("/documents/{document}"))),
        (None, None) => Ok(Redirect::to("/dead")),
    }
}

/// `POST /documents/{id}/replay`
pub async fn replay_document(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    operate::replay_document(&console.hub, session.tenant, DocumentId(id), act.asks(), &session.name, why).await?;
    Ok(Redirect::to(&format!("/documents/{id}")))
}

/// What the form that gives a document to a partner sends.
#[derive(Debug, Deserialize)]
pub struct Give {
    partner: String,
    #[serde(flatten)]
    act: Act,
}

/// `POST /documents/{id}/give`
pub async fn give_document(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(give): Form<Give>,
) -> Done {
    let why = give.act.allowed(&session)?;
    operate::give_document(&console.hub, session.tenant, DocumentId(id), &give.partner, &session.name, why).await?;
    Ok(Redirect::to(&format!("/documents/{id}")))
}

/// `POST /documents/{id}/letter`
pub async fn send_letter(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    mail::send(&console.hub, session.tenant, DocumentId(id), &session.name, why).await?;
    Ok(Redirect::to(&format!("/documents/{id}")))
}

/// `POST /messages/{id}/restart`
pub async fn restart(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    let new = operate::restart(&console.hub, session.tenant, MessageId(id), &session.name, why).await?;
    message_page(&console, &session, new).await
}

/// `POST /messages/{id}/cancel`
pub async fn cancel_message(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    operate::cancel_message(&console.hub, session.tenant, MessageId(id), &session.name, why).await?;
    message_page(&console, &session, MessageId(id)).await
}

/// `POST /documents/{id}/duplicate`: to the copy.
pub async fn duplicate_document(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    let copy = duplicate::document(&console.hub, session.tenant, DocumentId(id), None, by).await?;
    Ok(Redirect::to(&format!("/documents/{copy}")))
}

/// `POST /documents/{id}/close`
pub async fn close_document(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    close::document(&console.hub, session.tenant, DocumentId(id), by).await?;
    Ok(Redirect::to(&format!("/documents/{id}")))
}

/// `POST /messages/{id}/duplicate`: to the copy of its set.
pub async fn duplicate_message(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    let copy = duplicate::message(&console.hub, session.tenant, MessageId(id), by).await?;
    Ok(Redirect::to(&format!("/documents/{copy}")))
}

/// `POST /messages/{id}/close`
pub async fn close_message(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    close::message(&console.hub, session.tenant, MessageId(id), by).await?;
    message_page(&console, &session, MessageId(id)).await
}

/// `POST /expectations/{id}/close`
pub async fn close_expectation(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    close::expectation(&console.hub, session.tenant, id, by).await?;
    Ok(Redirect::to("/overdue"))
}

/// `POST /dead/{id}/duplicate`: to the copy of what it is about.
pub async fn duplicate_letter(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    let copy = duplicate::letter(&console.hub, session.tenant, id, by).await?;
    Ok(Redirect::to(&format!("/documents/{copy}")))
}

/// `POST /dead/{id}/close`
pub async fn close_letter(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let by = By { who: &session.name, why: act.allowed(&session)? };
    close::letter(&console.hub, session.tenant, id, by).await?;
    Ok(Redirect::to(&format!("/dead/{id}")))
}

/// `POST /deliveries/{id}/replay`
pub async fn replay_delivery(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    let (hub, id) = (&console.hub, DeliveryId(id));
    let sent = operate::replay_delivery(hub, session.tenant, id, act.asks(), &session.name, why).await?;
    delivery_page(&console, &session, sent).await
}

/// `POST /deliveries/{id}/cancel`
pub async fn cancel_delivery(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    deliver::cancel(&console.hub, session.tenant, DeliveryId(id), &session.name, why).await?;
    delivery_page(&console, &session, DeliveryId(id)).await
}

/// `POST /dead/{id}/replay`
pub async fn replay_letter(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    match operate::replay_letter(&console.hub, session.tenant, id, act.asks(), &session.name, why).await? {
        Replayed::Document(id) => Ok(Redirect::to(&format!("/documents/{id}"))),
        Replayed::Message(id) => message_page(&console, &session, id).await,
        Replayed::Delivery(id) => delivery_page(&console, &session, id).await,
    }
}

/// `POST /dead/{id}/cancel`: ends the message or delivery that the letter is about. A document can only be replayed.
pub async fn cancel_letter(
    session: Session,
    State(console): State<Console>,
    Path(id): Path<Uuid>,
    Form(act): Form<Act>,
) -> Done {
    let why = act.allowed(&session)?;
    let mut tx = console.hub.store.read(session.tenant).await?;
    let letter = deliveries::letter(&mut tx, session.tenant, id).await?;
    tx.rollback().await?;
    let letter = letter.ok_or(Wrong::NotFound("dead letter"))?;
    let (hub, tenant, who) = (&console.hub, session.tenant, &session.name);
    match letter.thing.as_str() {
        "message" => operate::cancel_message(hub, tenant, MessageId(letter.thing_id), who, why).await?,
        "delivery" => deliver::cancel(hub, tenant, DeliveryId(letter.thing_id), who, why).await?,
        _ => return Err(Wrong::Refused("a document's letter can be replayed and not cancelled".into())),
    }
    Ok(Redirect::to(&format!("/dead/{id}")))
}

/// What the form for a reference sends.
#[derive(Debug, Deserialize)]
pub struct Reference {
    #[serde(default)]
    csrf: String,
    scheme: String,
    value: String,
    target: String,
    /// The message that asked for it: its page comes next.
    message: Uuid,
}

/// `POST /references`
pub async fn add_reference(session: Session, State(console): State<Console>, Form(new): Form<Reference>) -> Done {
    session.may_change(&new.csrf)?;
    let (scheme, value, target) = (new.scheme.trim(), new.value.as_str(), new.target.trim());
    for (name, text) in [("scheme", scheme), ("value", value), ("meaning", target)] {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            return Err(Wrong::Field(format!("The {name} is empty or holds control characters.")));
        }
    }
    operate::add_reference(&console.hub, session.tenant, scheme, value, target, &session.name).await?;
    message_page(&console, &session, MessageId(new.message)).await
}
