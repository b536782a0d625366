//! What people decide about what ended: work a copy of it, or close it and leave it as it is.

use super::{
    Api,
    extract::{Json as Given, Operator, Path},
    messages::Reason,
    problem::{Code, Problem},
};
use crate::{
    canonical::{DeliveryId, DocumentId, MessageId},
    flow::{
        close,
        duplicate::{self, By},
    },
};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// The largest document that can be given edited; a larger one is sent in by its connection.
pub const EDITED_BYTES: usize = 16 << 20;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    let edited = OpenApiRouter::new().routes(routes!(duplicate_document));
    OpenApiRouter::new()
        .merge(edited.layer(DefaultBodyLimit::max(EDITED_BYTES / 3 * 4 + 65_536)))
        .routes(routes!(duplicate_message))
        .routes(routes!(duplicate_letter))
        .routes(routes!(close_document))
        .routes(routes!(close_message))
        .routes(routes!(close_delivery))
        .routes(routes!(close_expectation))
        .routes(routes!(close_letter))
}

/// A copy that is to be worked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Duplicate {
    /// Why; it must be said.
    #[serde(default)]
    why: String,
    /// Other bytes than its own, in base64 (RFC 4648): at most 16 MiB.
    edited: Option<String>,
}

/// The new document.
#[derive(Debug, Serialize, ToSchema)]
struct Copy {
    document: Uuid,
}

impl From<DocumentId> for Json<Copy> {
    fn from(id: DocumentId) -> Self {
        Json(Copy { document: id.0 })
    }
}

/// Takes a copy of a document in as a new one, edited or as it is, and works it by itself. The first stays as it ended; the
/// copy is no duplicate of it, whatever numbers it bears.
#[utoipa::path(
    post, path = "/v1/documents/{id}/duplicate", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")), request_body = Duplicate,
    responses((status = 200, body = Copy))
)]
async fn duplicate_document(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(asked): Given<Duplicate>,
) -> Result<Json<Copy>, Problem> {
    let edited = asked.edited.as_deref().map(|text| STANDARD.decode(text.trim())).transpose();
    let edited =
        edited.map_err(|error| Problem::new(Code::RequestInvalid, format!("`edited` is no base64: {error}")))?;
    let by = By { who: &who.name, why: &asked.why };
    Ok(duplicate::document(&api.hub, who.tenant, DocumentId(id), edited, by).await?.into())
}

/// Takes the set of a message in as a document of its own, alone in its envelope, and works it. The first stays as it ended.
#[utoipa::path(
    post, path = "/v1/messages/{id}/duplicate", tag = "messages",
    params(("id" = Uuid, Path, description = "The message")), request_body = Reason,
    responses((status = 200, body = Copy))
)]
async fn duplicate_message(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<Json<Copy>, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    Ok(duplicate::message(&api.hub, who.tenant, MessageId(id), by).await?.into())
}

/// Takes what a letter is about in as a new document and works it: a document, or the set of a message. The letter stays open.
#[utoipa::path(
    post, path = "/v1/dead/{id}/duplicate", tag = "dead letters",
    params(("id" = Uuid, Path, description = "The letter")), request_body = Reason,
    responses((status = 200, body = Copy))
)]
async fn duplicate_letter(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<Json<Copy>, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    Ok(duplicate::letter(&api.hub, who.tenant, id, by).await?.into())
}

/// Closes a document that is rejected, unassigned or dead, or of which a part is refused, with its refused messages: it keeps
/// its state and waits for nobody any more. A replay opens it again.
#[utoipa::path(
    post, path = "/v1/documents/{id}/close", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")), request_body = Reason,
    responses((status = 204, description = "Closed"))
)]
async fn close_document(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    close::document(&api.hub, who.tenant, DocumentId(id), by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes a rejected message; a dead one is taken out of the way, and what waits behind it goes on.
#[utoipa::path(
    post, path = "/v1/messages/{id}/close", tag = "messages",
    params(("id" = Uuid, Path, description = "The message")), request_body = Reason,
    responses((status = 204, description = "Closed"))
)]
async fn close_message(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    close::message(&api.hub, who.tenant, MessageId(id), by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes a delivery that is dead, overdue, or refused by its partner. Nobody waits for it any more.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/close", tag = "deliveries",
    params(("id" = Uuid, Path, description = "The delivery")), request_body = Reason,
    responses((status = 204, description = "Closed"))
)]
async fn close_delivery(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    close::delivery(&api.hub, who.tenant, DeliveryId(id), by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes what is overdue, or due soon: an acknowledgement, or an answer. What comes all the same is taken.
#[utoipa::path(
    post, path = "/v1/expectations/{id}/close", tag = "deliveries",
    params(("id" = Uuid, Path, description = "The expectation")), request_body = Reason,
    responses((status = 204, description = "Closed"))
)]
async fn close_expectation(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    close::expectation(&api.hub, who.tenant, id, by).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes what a letter is about, and so the letter.
#[utoipa::path(
    post, path = "/v1/dead/{id}/close", tag = "dead letters",
    params(("id" = Uuid, Path, description = "The letter")), request_body = Reason,
    responses((status = 204, description = "Closed"))
)]
async fn close_letter(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<StatusCode, Problem> {
    let by = By { who: &who.name, why: &reason.why };
    close::letter(&api.hub, who.tenant, id, by).await?;
    Ok(StatusCode::NO_CONTENT)
}
