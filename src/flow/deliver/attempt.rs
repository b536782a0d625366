//! One try of one delivery, whatever its kind.

use super::{Senders, policy::Policy};
use crate::{
    canonical::{EventId, outgoing::Outgoing},
    config::DeliverSettings,
    emit::{
        mail::{ByMail, NotTaken},
        webhook::{self, Limits},
    },
    store::{deliveries::DeliveryRow, events::EventRow, now},
    tenancy::{Directory, EndpointInfo},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// What is to be done.
#[derive(Debug)]
pub enum Work {
    /// The body is written when the delivery is loaded: while it waits in its lane it costs its bytes and no tree.
    Webhook {
        endpoint: Arc<EndpointInfo>,
        event: EventId,
        key: String,
        body: Vec<u8>,
    },
    Document(Outgoing),
    Letter(ByMail),
}

/// A try that failed, with all that journal and policy need.
#[derive(Debug, Clone)]
pub struct Trouble {
    pub code: String,
    pub cause: Value,
    pub retry_after: Option<Duration>,
    pub is_final: bool,
}

impl Trouble {
    /// One that trying again can't mend.
    pub fn last(code: &str, sentence: String) -> Self {
        Trouble {
            code: code.into(),
            cause: json!({ "code": code, "sentence": sentence }),
            retry_after: None,
            is_final: true,
        }
    }
}

impl Work {
    /// What a delivery's row asks for; trouble if nobody can do it.
    pub fn of(
        row: &mut DeliveryRow,
        event: Option<EventRow>,
        directory: &Directory,
        tenant: crate::canonical::Tenant,
    ) -> Result<Work, Trouble> {
        if row.kind == "webhook" {
            let event = event
                .ok_or_else(|| Trouble::last("bug/no_event", "the delivery's event is not in the store".into()))?;
            let endpoints = directory.tenants.get(&tenant).map(|t| t.endpoints.as_slice()).unwrap_or_default();
            let endpoint = endpoints.iter().find(|e| Some(e.id.0) == row.subscription).cloned().ok_or_else(|| {
                Trouble::last(
                    "webhook/no_endpoint",
                    format!("no file names the endpoint `{}` any more; put it back and replay, or cancel", row.target),
                )
            })?;
            let body = webhook::body(&event, row.sequence.unwrap_or(0))
                .map_err(|e| Trouble::last("bug/body", format!("the event can't be written as JSON: {e}")))?;
            return Ok(Work::Webhook { endpoint, event: event.id, key: event.key, body });
        }
        if row.kind == "letter" {
            let (Some(subject), Some(text)) = (row.name.clone(), row.content.take()) else {
                return Err(Trouble::last("bug/no_content", "the delivery has no letter to send".into()));
            };
            let text = String::from_utf8_lossy(&text).into_owned();
            return Ok(Work::Letter(ByMail { delivery: row.id, to: row.target.clone(), subject, text }));
        }
        let connection = directory.connection(&row.target).filter(|c| c.tenant == tenant).ok_or_else(|| {
            Trouble::last(
                "document/no_connection",
                format!("no file names the connection `{}` any more; put it back and replay, or cancel", row.target),
            )
        })?;
        match (row.name.clone(), row.content.take()) {
            (Some(name), Some(bytes)) => {
                Ok(Work::Document(Outgoing { delivery: row.id, tenant, connection: connection.id, name, bytes }))
            }
            _ => Err(Trouble::last("bug/no_content", "the delivery has no document to send".into())),
        }
    }

    /// What keeps an order among deliveries of a target.
    pub fn key(&self) -> String {
        match self {
            Work::Webhook { key, .. } => key.clone(),
            Work::Document(out) => out.delivery.to_string(),
            Work::Letter(letter) => letter.delivery.to_string(),
        }
    }

    /// How often it is tried.
    pub fn policy(&self, settings: &DeliverSettings) -> Policy {
        let endpoint = match self {
            Work::Webhook { endpoint, .. } => Some(endpoint),
            Work::Document(_) | Work::Letter(_) => None,
        };
        Policy {
            retry_ms: endpoint.and_then(|e| e.retry_ms.clone()).unwrap_or_else(|| settings.retry_ms.clone()),
            budget_ms: endpoint.and_then(|e| e.budget_ms).unwrap_or(settings.budget_ms),
        }
    }

    /// Tries once; what a success should say in the journal.
    pub async fn attempt(self, senders: &Senders, settings: &DeliverSettings) -> Result<Value, Trouble> {
        match self {
            Work::Webhook { endpoint, event, body, .. } => {
                send_webhook(&endpoint, event, body, senders, settings).await
            }
            Work::Document(out) => send_document(&out, senders, settings).await,
            Work::Letter(letter) => send_letter(&letter, senders, settings).await,
        }
    }
}

async fn send_webhook(
    endpoint: &EndpointInfo,
    event: EventId,
    body: Vec<u8>,
    senders: &Senders,
    settings: &DeliverSettings,
) -> Result<Value, Trouble> {
    let limits = Limits {
        timeout: Duration::from_millis(endpoint.timeout_ms.unwrap_or(settings.timeout_ms)),
        answer_bytes: settings.answer_bytes,
    };
    match senders.webhooks.send(endpoint, event, body, now(), limits).await {
        Ok(taken) if taken.cut => Ok(json!({ "status": taken.status, "answer": "cut" })),
        Ok(taken) => Ok(json!({ "status": taken.status })),
        Err(failure) => Err(Trouble {
            cause: failure.cause(),
            code: failure.code,
            retry_after: failure.retry_after,
            is_final: failure.gone,
        }),
    }
}

async fn send_document(out: &Outgoing, senders: &Senders, settings: &DeliverSettings) -> Result<Value, Trouble> {
    let limit = Duration::from_millis(settings.timeout_ms);
    match tokio::time::timeout(limit, senders.documents.send(out)).await {
        Ok(Ok(sent)) => Ok(json!({ "to": sent.to })),
        Ok(Err(error)) => Err(Trouble {
            cause: json!({ "code": error.code, "sentence": error.sentence }),
            code: error.code,
            retry_after: error.retry_after,
            is_final: !error.transient,
        }),
        Err(_) => Err(Trouble {
            code: "document/timeout".into(),
            cause: json!({ "code": "document/timeout", "sentence": format!("not sent within {} ms", settings.timeout_ms) }),
            retry_after: None,
            is_final: false,
        }),
    }
}

async fn send_letter(letter: &ByMail, senders: &Senders, settings: &DeliverSettings) -> Result<Value, Trouble> {
    let Some(post) = &senders.post else {
        let sentence = "no mail server is set any more: set mail.url and mail.from and replay it, or cancel it";
        return Err(Trouble::last("mail/not_set", sentence.into()));
    };
    let sent = tokio::time::timeout(Duration::from_millis(settings.timeout_ms), post.send(letter)).await;
    match sent.unwrap_or_else(|_| Err(NotTaken::late(letter, settings.timeout_ms))) {
        Ok(answer) => Ok(json!({ "to": letter.to, "answer": answer })),
        Err(failure) => Err(Trouble {
            cause: json!({ "code": failure.code, "sentence": failure.sentence }),
            code: failure.code,
            retry_after: None,
            is_final: failure.is_final,
        }),
    }
}
