//! HTTP: documents that are posted to `POST /in/{connection}`, with a key or, as a webhook, with a signature.
//! The requests themselves are the API's; here are the settings. Sending by them is not built yet.

use super::{Hub, Sent, Transport, Way, Wrong};
use crate::{canonical::outgoing::Outgoing, tenancy::ConnectionInfo};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

/// Nothing besides the fields that every connection has.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// Documents posted with the connection's `key`, or with an API key of its tenant that has the scope `in`.
pub struct Http;

impl Transport for Http {
    const NAME: &'static str = "http";
    const SENDS: bool = false;
    type Settings = NoSettings;

    fn check(connection: &ConnectionInfo, _: &NoSettings) -> Result<(), String> {
        match (&connection.key, &connection.secret) {
            (_, Some(_)) => Err("`secret` signs webhooks; an http connection has a `key`, or be a webhook".into()),
            (Some(key), _) if key.len() < 16 => Err(short("key", key)),
            _ => Ok(()),
        }
    }
    fn open(_: Way, _: NoSettings, _: Hub) -> Result<Self, Wrong> {
        Ok(Http)
    }
    async fn run(&self, _: CancellationToken) {}
    async fn send(&self, _: &Outgoing) -> Result<Sent, Wrong> {
        Err(Wrong::NotBuilt(Self::NAME))
    }
}

/// Documents posted as Standard Webhooks, signed with the connection's `secret`; the `webhook-id` tells them apart.
pub struct Webhook;

impl Transport for Webhook {
    const NAME: &'static str = "webhook";
    const SENDS: bool = false;
    type Settings = NoSettings;

    fn check(connection: &ConnectionInfo, _: &NoSettings) -> Result<(), String> {
        match (&connection.key, &connection.secret) {
            (Some(_), _) => Err("a webhook has a `secret` and no `key`".into()),
            (_, None) => Err("a webhook needs a `secret`: `whsec_` and base64, or any text".into()),
            (_, Some(secret)) if secret.len() < 16 => Err(short("secret", secret)),
            _ => Ok(()),
        }
    }
    fn open(_: Way, _: NoSettings, _: Hub) -> Result<Self, Wrong> {
        Ok(Webhook)
    }
    async fn run(&self, _: CancellationToken) {}
    async fn send(&self, _: &Outgoing) -> Result<Sent, Wrong> {
        Err(Wrong::NotBuilt(Self::NAME))
    }
}

fn short(what: &str, value: &str) -> String {
    format!("the {what} has {} characters; at least 16, so that nobody guesses it", value.len())
}
