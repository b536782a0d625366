//! The buttons: restart, replay, cancel, add a reference. What they do is `flow`'s.

use super::{Console, session::Session, wrong::Wrong};
use crate::{
    canonical::{DeliveryId, DocumentId, MessageId, Tenant},
    flow::{
        Hub, close, deliver,
        duplicate::{self, By},
        mail,
        operate::{self, Asks, Replayed},
    },
    store::{deliveries, messages},
};
use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Path, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use uuid::Uuid;

/// What a button's form sends.
#[derive(Debug, Deserialize)]
struct Act {
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
    /// Whose a document is to be.
    #[serde(default)]
    partner: String,
}

/// A button that was pressed by who may, with a reason.
pub struct Button {
    console: Console,
    session: Session,
    /// Of the thing that it stands beside.
    id: Uuid,
    why: String,
    asks: Asks,
    partner: String,
}

impl FromRequest<Console> for Button {
    type Rejection = Response;
    async fn from_request(request: Request, console: &Console) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let told = IntoResponse::into_response;
        let session = Session::from_request_parts(&mut parts, console).await.map_err(told)?;
        let Path(id) = Path::from_request_parts(&mut parts, console).await.map_err(IntoResponse::into_response)?;
        let Form(act) = Form::<Act>::from_request(Request::from_parts(parts, body), console)
            .await
            .map_err(IntoResponse::into_response)?;
        session.may_change(&act.csrf).map_err(told)?;
        let why = act.why.trim().to_owned();
        if why.is_empty() || why.len() > 1_000 {
            return Err(told(Wrong::Field("A reason is wanted: it stands in the journal.".into())));
        }
        let Act { map_again, acknowledge_again, number_again, partner, .. } = act;
        let asks = Asks { map_again, acknowledge_again, number_again };
        Ok(Button { console: console.clone(), session, id, why, asks, partner })
    }
}

impl Button {
    fn hub(&self) -> &Hub {
        &self.console.hub
    }

    fn tenant(&self) -> Tenant {
        self.session.tenant
    }

    fn who(&self) -> &str {
        &self.session.name
    }

    fn by(&self) -> By<'_> {
        By { who: &self.session.name, why: &self.why }
    }
}

/// Back to the page that shows the thing.
type Done = Result<Redirect, Wrong>;

async fn message_page(button: &Button, id: MessageId) -> Done {
    message_page_of(&button.console, &button.session, id).await
}

async fn message_page_of(console: &Console, session: &Session, id: MessageId) -> Done {
    let mut tx = console.hub.store.read(session.tenant).await?;
    let row = messages::get(&mut tx, session.tenant, id).await?;
    tx.rollback().await?;
    let row = row.ok_or(Wrong::NotFound("message"))?;
    Ok(Redirect::to(&match row.number {
        Some(number) => format!("/story/{}", super::words::coded(&number)),
        None => format!("/documents/{}", row.document),
    }))
}

async fn delivery_page(button: &Button, id: DeliveryId) -> Done {
    let mut tx = button.hub().store.read(button.tenant()).await?;
    let row = deliveries::get(&mut tx, button.tenant(), id).await?;
    tx.rollback().await?;
    let row = row.ok_or(Wrong::NotFound("delivery"))?;
    match (row.message, row.document) {
        (Some(message), _) => message_page(button, message).await,
        (None, Some(document)) => document_page(document),
        (None, None) => Ok(Redirect::to("/dead")),
    }
}

fn document_page(id: DocumentId) -> Done {
    Ok(Redirect::to(&format!("/documents/{id}")))
}

/// `POST /documents/{id}/replay`
pub async fn replay_document(button: Button) -> Done {
    let id = DocumentId(button.id);
    operate::replay_document(button.hub(), button.tenant(), id, button.asks, button.who(), &button.why).await?;
    document_page(id)
}

/// `POST /documents/{id}/give`
pub async fn give_document(button: Button) -> Done {
    let id = DocumentId(button.id);
    operate::give_document(button.hub(), button.tenant(), id, &button.partner, button.who(), &button.why).await?;
    document_page(id)
}

/// `POST /documents/{id}/letter`
pub async fn send_letter(button: Button) -> Done {
    let id = DocumentId(button.id);
    mail::send(button.hub(), button.tenant(), id, button.who(), &button.why).await?;
    document_page(id)
}

/// `POST /documents/{id}/duplicate`: to the copy.
pub async fn duplicate_document(button: Button) -> Done {
    let id = DocumentId(button.id);
    document_page(duplicate::document(button.hub(), button.tenant(), id, None, button.by()).await?)
}

/// `POST /documents/{id}/close`
pub async fn close_document(button: Button) -> Done {
    let id = DocumentId(button.id);
    close::document(button.hub(), button.tenant(), id, button.by()).await?;
    document_page(id)
}

/// `POST /messages/{id}/restart`
pub async fn restart(button: Button) -> Done {
    let id = MessageId(button.id);
    let new = operate::restart(button.hub(), button.tenant(), id, button.who(), &button.why).await?;
    message_page(&button, new).await
}

/// `POST /messages/{id}/cancel`
pub async fn cancel_message(button: Button) -> Done {
    let id = MessageId(button.id);
    operate::cancel_message(button.hub(), button.tenant(), id, button.who(), &button.why).await?;
    message_page(&button, id).await
}

/// `POST /messages/{id}/duplicate`: to the copy of its set.
pub async fn duplicate_message(button: Button) -> Done {
    let id = MessageId(button.id);
    document_page(duplicate::message(button.hub(), button.tenant(), id, button.by()).await?)
}

/// `POST /messages/{id}/close`
pub async fn close_message(button: Button) -> Done {
    let id = MessageId(button.id);
    close::message(button.hub(), button.tenant(), id, button.by()).await?;
    message_page(&button, id).await
}

/// `POST /expectations/{id}/close`
pub async fn close_expectation(button: Button) -> Done {
    close::expectation(button.hub(), button.tenant(), button.id, button.by()).await?;
    Ok(Redirect::to("/overdue"))
}

/// `POST /deliveries/{id}/replay`
pub async fn replay_delivery(button: Button) -> Done {
    let id = DeliveryId(button.id);
    let sent =
        operate::replay_delivery(button.hub(), button.tenant(), id, button.asks, button.who(), &button.why).await?;
    delivery_page(&button, sent).await
}

/// `POST /deliveries/{id}/cancel`
pub async fn cancel_delivery(button: Button) -> Done {
    let id = DeliveryId(button.id);
    deliver::cancel(button.hub(), button.tenant(), id, button.who(), &button.why).await?;
    delivery_page(&button, id).await
}

/// `POST /dead/{id}/duplicate`: to the copy of what it is about.
pub async fn duplicate_letter(button: Button) -> Done {
    document_page(duplicate::letter(button.hub(), button.tenant(), button.id, button.by()).await?)
}

/// `POST /dead/{id}/close`
pub async fn close_letter(button: Button) -> Done {
    close::letter(button.hub(), button.tenant(), button.id, button.by()).await?;
    Ok(Redirect::to(&format!("/dead/{}", button.id)))
}

/// `POST /dead/{id}/replay`
pub async fn replay_letter(button: Button) -> Done {
    let (hub, id) = (button.hub(), button.id);
    match operate::replay_letter(hub, button.tenant(), id, button.asks, button.who(), &button.why).await? {
        Replayed::Document(id) => document_page(id),
        Replayed::Message(id) => message_page(&button, id).await,
        Replayed::Delivery(id) => delivery_page(&button, id).await,
    }
}

/// `POST /dead/{id}/cancel`: ends the message or delivery that the letter is about. A document can only be replayed.
pub async fn cancel_letter(button: Button) -> Done {
    let (hub, tenant, who, why) = (button.hub(), button.tenant(), button.who(), &button.why);
    let mut tx = hub.store.read(tenant).await?;
    let letter = deliveries::letter(&mut tx, tenant, button.id).await?;
    tx.rollback().await?;
    let letter = letter.ok_or(Wrong::NotFound("dead letter"))?;
    match letter.thing.as_str() {
        "message" => operate::cancel_message(hub, tenant, MessageId(letter.thing_id), who, why).await?,
        "delivery" => deliver::cancel(hub, tenant, DeliveryId(letter.thing_id), who, why).await?,
        _ => return Err(Wrong::Refused("a document's letter can be replayed and not cancelled".into())),
    }
    Ok(Redirect::to(&format!("/dead/{}", button.id)))
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
    message_page_of(&console, &session, MessageId(new.message)).await
}
