//! `POST /in/{connection}`: a document comes in.

use super::{
    Api,
    extract::{Path, bearer},
    problem::{Code, Problem},
};
use crate::{
    canonical::ConnectionId,
    emit::signature,
    intake::{Facts, NotTaken, Receipt},
    store::now,
    tenancy::{
        ConnectionInfo,
        keys::{self, Scope},
    },
};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio_util::io::StreamReader;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

mod name;
mod pace;
use pace::{PACE, Paced};

/// A webhook's body is held until its signature is checked, so it is bounded closer than a document.
const WEBHOOK_BYTES: u64 = 1 << 20;
/// A longer transport id is kept as its hash.
const ID_BYTES: usize = 200;

/// Routes of this file.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(post))
}

/// What a sender is told: the bytes are kept, whatever they turn out to be.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// The document that holds the bytes.
    pub document: Uuid,
    /// Their hash, in hex.
    pub sha256: String,
    /// The earlier document of the same content: this one is kept and not worked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<Uuid>,
}

/// Takes a document.
///
/// The body is the document's bytes, whatever they are: what is in them shows later, under the document. Answered
/// after the commit. A connection with the transport `http` takes its own key, or an API key with the scope `in`;
/// `webhook` takes a Standard Webhooks signature. The same `Idempotency-Key` (or `webhook-id`) again is answered with
/// the same document. The name comes from `Content-Disposition` or `X-Filename`.
#[utoipa::path(
    post, path = "/in/{connection}", tag = "documents in",
    params(
        ("connection" = String, Path, description = "The connection's name"),
        ("Idempotency-Key" = Option<String>, Header, description = "The sender's id of this document"),
        ("X-Filename" = Option<String>, Header, description = "The document's name"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 202, body = Accepted, description = "Kept"))
)]
async fn post(State(api): State<Api>, Path(connection): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let mut body = Paced::new(body, PACE);
    match receive(&api, &connection, &headers, &mut body).await {
        Ok(receipt) => accepted(&receipt),
        Err(problem) => {
            // Who is still sending reads the answer only if what it sends is taken off the wire.
            tokio::spawn(body.drain());
            problem.into_response()
        }
    }
}

fn accepted(receipt: &Receipt) -> Response {
    let document = receipt.document().0;
    let told =
        Accepted { document, sha256: receipt.sha256().into(), duplicate_of: receipt.duplicate_of().map(|d| d.0) };
    (StatusCode::ACCEPTED, [(header::LOCATION, format!("/v1/documents/{document}"))], Json(told)).into_response()
}

async fn receive(api: &Api, connection: &str, headers: &HeaderMap, body: &mut Paced) -> Result<Receipt, Problem> {
    let connection = admitted(api, connection, headers).await?;
    let is_webhook = connection.transport == "webhook";
    let limit = if is_webhook { WEBHOOK_BYTES.min(api.hub.intake.max_bytes()) } else { api.hub.intake.max_bytes() };
    let said = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if said.is_some_and(|length| length > limit) {
        return Err(NotTaken::TooLarge { limit }.into());
    }
    let Ok(_slot) = api.receiving.try_acquire() else {
        let busy = "as many documents are being received as the hub takes at once (`intake.concurrent`); send it again";
        return Err(Problem::new(Code::Busy, busy).retry_after(1));
    };
    let id = text(headers, if is_webhook { signature::ID } else { "idempotency-key" });
    let facts = Facts {
        copy: None,
        duplicates_days: api.hub.directory.duplicates_days(&connection),
        answers_duplicates: api.hub.directory.answers_duplicates(&connection),
        name: name::of(headers).unwrap_or_else(|| name::without(&connection.transport, now())),
        transport_id: id.filter(|id| !id.is_empty()).map(short),
        modified_at: None,
        connection: connection.clone(),
    };
    if is_webhook {
        let bytes = signed(&connection, headers, body, limit).await?;
        return Ok(api.hub.intake.take(bytes.as_slice(), facts).await?);
    }
    Ok(api.hub.intake.take(StreamReader::new(body), facts).await?)
}

/// The connection, if the caller may post to it. Who shows nothing that is known learns nothing of its existence.
async fn admitted(api: &Api, name: &str, headers: &HeaderMap) -> Result<Arc<ConnectionInfo>, Problem> {
    let connection = api.hub.directory.connections.get(&ConnectionId::named(name));
    if let Some(connection) = connection
        && connection.transport == "webhook"
    {
        // Its signature is checked when the body is there.
        return Ok(connection.clone());
    }
    let token = bearer(headers).ok_or_else(|| {
        let detail = "send `Authorization: Bearer` and the connection's own key (`key:` in its file), or an API key with the scope `in`";
        Problem::new(Code::KeyMissing, detail)
    })?;
    let hash = keys::hash(token);
    if let Some(connection) = connection
        && connection.transport == "http"
        && connection.key.as_deref().is_some_and(|key| keys::hash(key) == hash)
    {
        return Ok(connection.clone());
    }
    let holder = keys::holder(&api.hub.store, token).await?;
    let holder = holder.ok_or_else(|| stranger(api, name, &hash))?;
    let connection =
        connection.filter(|c| c.tenant == holder.tenant).ok_or_else(|| Problem::not_found("connection"))?;
    if connection.transport != "http" {
        let detail = format!(
            "the connection `{name}` is a {}; documents are posted to http and webhook connections",
            connection.transport
        );
        return Err(Problem::new(Code::NotFound, detail));
    }
    if !holder.may(Scope::In) {
        return Err(Problem::new(Code::ScopeMissing, format!("the key `{}` lacks the scope `in`", holder.name)));
    }
    Ok(connection.clone())
}

/// What a caller is told whose key opens nothing here. Who has another connection's key has the name wrong, and may be told
/// the right one: it is the caller's own. Whether the name that was asked for exists is told to nobody.
fn stranger(api: &Api, name: &str, hash: &str) -> Problem {
    let own =
        |c: &&Arc<ConnectionInfo>| c.transport == "http" && c.key.as_deref().is_some_and(|k| keys::hash(k) == hash);
    match api.hub.directory.connections.values().find(own) {
        Some(own) => {
            let detail = format!("the key is that of the connection `{}`, and not of one `{name}`", own.name);
            Problem::new(Code::NotFound, format!("{detail}; post to /in/{}", own.name))
        }
        None => Problem::new(Code::KeyUnknown, "it is neither the connection's key nor a known API key"),
    }
}

/// The body of a webhook whose signature fits.
async fn signed(
    connection: &ConnectionInfo,
    headers: &HeaderMap,
    body: &mut Paced,
    limit: u64,
) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let read = StreamReader::new(body).take(limit + 1).read_to_end(&mut bytes).await;
    read.map_err(NotTaken::Sender)?;
    if bytes.len() as u64 > limit {
        return Err(NotTaken::TooLarge { limit }.into());
    }
    let given = signature::Given {
        id: text(headers, signature::ID),
        timestamp: text(headers, signature::TIMESTAMP),
        signature: text(headers, signature::SIGNATURE),
    };
    let secret = signature::Secret::parse(connection.secret.as_deref().unwrap_or_default());
    let refused = |why: String| Problem::new(Code::SignatureRefused, why);
    let secret = secret.map_err(|fault| refused(format!("the hub's own settings: {fault}")))?;
    secret.verify(&given, &bytes, now().0 / 1_000_000).map_err(|why| refused(why.to_string()))?;
    Ok(bytes)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn short(id: &str) -> String {
    if id.len() <= ID_BYTES { id.to_owned() } else { format!("sha256:{}", keys::hash(id)) }
}
