//! A document's faults as a letter to the partner that sent it.

use super::{
    Api,
    extract::{Json as Given, Operator, Path, Reader},
    messages::Reason,
    problem::Problem,
};
use crate::{
    canonical::DocumentId,
    flow::{letter, mail},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(write, send))
}

/// A letter to the partner: which document, what is wrong where, how to mend it, what was accepted.
#[derive(Debug, Serialize, ToSchema)]
struct Letter {
    subject: String,
    /// What was accepted of the document.
    verdict: String,
    /// The whole letter as plain text.
    text: String,
    /// The same as Markdown.
    markdown: String,
    /// Up to 50 faults: `code`, `of`, `quoted` (the segment as it was sent, with the mark's place), `byte`, `sentence`,
    /// `found`, `expected`, `remedy`, `title`.
    #[schema(value_type = Vec<Object>)]
    points: Value,
    /// Whom the agreement names for it.
    contacts: Vec<String>,
}

/// The letter about a document: JSON, or plain text or Markdown where `Accept` asks for `text/plain` or `text/markdown`.
#[utoipa::path(
    get, path = "/v1/documents/{id}/letter", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")),
    responses((status = 200, content((Letter = "application/json"), (String = "text/plain"), (String = "text/markdown"))))
)]
async fn write(
    Reader(who): Reader,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let told = letter::of(&api.hub, who.tenant, DocumentId(id)).await?.ok_or_else(|| Problem::not_found("document"))?;
    let letter::Told { letter, contacts } = told;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = accepts.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    let wanted = { wanted }.find(|one| ["application/json", "text/plain", "text/markdown"].contains(one));
    Ok(match wanted {
        Some("text/plain") => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], letter.text()).into_response(),
        Some("text/markdown") => {
            ([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], letter.markdown()).into_response()
        }
        _ => Json(Letter {
            text: letter.text(),
            markdown: letter.markdown(),
            points: serde_json::to_value(&letter.points).unwrap_or_default(),
            subject: letter.subject,
            verdict: letter.verdict,
            contacts,
        })
        .into_response(),
    })
}

/// A letter that is under way.
#[derive(Debug, Serialize, ToSchema)]
struct Sent {
    /// One for each address.
    letters: Vec<To>,
}

#[derive(Debug, Serialize, ToSchema)]
struct To {
    delivery: Uuid,
    address: String,
}

/// Sends the letter about a document now, by mail, to each address among the agreement's contacts.
#[utoipa::path(
    post, path = "/v1/documents/{id}/letter", tag = "documents",
    params(("id" = Uuid, Path, description = "The document")), request_body = Reason,
    responses((status = 200, body = Sent))
)]
async fn send(
    Operator(who): Operator,
    State(api): State<Api>,
    Path(id): Path<Uuid>,
    Given(reason): Given<Reason>,
) -> Result<Json<Sent>, Problem> {
    let sent = mail::send(&api.hub, who.tenant, DocumentId(id), &who.name, &reason.why).await?;
    let letters = sent.into_iter().map(|(delivery, address)| To { delivery: delivery.0, address }).collect();
    Ok(Json(Sent { letters }))
}
