//! One try of one webhook: body, headers, and an answer bounded in time and bytes.

use super::{
    address::{self, Guard, Lookup, Refused, SystemLookup},
    signature::{self, Secret},
};
use crate::{
    canonical::{EventId, Micros, Tenant},
    store::events::EventRow,
    tenancy::EndpointInfo,
};
use reqwest::{Client, StatusCode, Url, header::HeaderMap};
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::{Instant, timeout_at};

/// An answer's body is only shown to people: once the head has come, so long and no longer.
const BODY_WAIT: Duration = Duration::from_secs(1);
/// Idle connections are closed before receivers commonly close them (5 s), so that no try meets a closing one.
const IDLE: Duration = Duration::from_secs(4);
/// So many characters of an answer are kept.
const ANSWER_KEPT: usize = 300;

/// The body of a webhook. `timestamp` is the event's instant, so the bytes are the same at every try.
#[derive(Debug, Serialize, JsonSchema)]
struct Body<'a> {
    id: EventId,
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Micros,
    tenant: Tenant,
    key: &'a str,
    /// Counts from 1 within (endpoint, key): who misses one knows it.
    sequence: i64,
    data: &'a Value,
    schema: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<EventId>,
}

/// The JSON Schema of a webhook's body, whatever it carries.
pub fn schema() -> Schema {
    schema_for!(Body<'static>)
}

/// The bytes that are signed and sent.
pub fn body(event: &EventRow, sequence: i64) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Body {
        id: event.id,
        kind: &event.kind,
        timestamp: event.at,
        tenant: event.tenant,
        key: &event.key,
        sequence,
        data: &event.data,
        schema: &event.schema,
        repeats: event.repeats,
    })
}

/// Bounds of one try.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For connecting, sending, and the answer's head and body together.
    pub timeout: Duration,
    /// Bytes read of the answer's body.
    pub answer_bytes: usize,
}

/// A try that the receiver took (2xx).
#[derive(Debug, Clone, Copy)]
pub struct Taken {
    pub status: u16,
    /// The answer's body was longer, in bytes or time, than is waited for.
    pub cut: bool,
}

/// A try that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// `webhook/timeout`, `webhook/status_503`, …
    pub code: String,
    pub sentence: String,
    pub status: Option<u16>,
    /// How long the receiver wants to be left alone.
    pub retry_after: Option<Duration>,
    /// 410: the receiver wants no more; trying again is pointless.
    pub gone: bool,
    /// The beginning of the answer's body.
    pub answer: Option<String>,
}

impl Failure {
    fn new(code: impl Into<String>, sentence: String) -> Self {
        Failure { code: code.into(), sentence, status: None, retry_after: None, gone: false, answer: None }
    }

    /// As journal, delivery and dead letter keep it.
    pub fn cause(&self) -> Value {
        let mut cause = json!({ "code": self.code, "sentence": self.sentence });
        if let Some(status) = self.status {
            cause["status"] = status.into();
        }
        if let Some(wait) = self.retry_after {
            cause["retry_after_s"] = wait.as_secs().into();
        }
        if let Some(answer) = &self.answer {
            cause["answer"] = answer.as_str().into();
        }
        cause
    }
}

/// Sends webhooks. Redirects are not followed, the environment's proxies not used, and each connection goes to an
/// address that was checked.
pub struct Webhooks {
    outside: Client,
    anywhere: Client,
}

impl Webhooks {
    /// With the system's resolver.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::resolving_by(Arc::new(SystemLookup))
    }

    /// With a resolver of the caller's.
    pub fn resolving_by(lookup: Arc<dyn Lookup>) -> Result<Self, reqwest::Error> {
        Ok(Webhooks { outside: client(lookup.clone(), false)?, anywhere: client(lookup, true)? })
    }

    /// Sends a body once. `now` is the instant of this try.
    pub async fn send(
        &self,
        endpoint: &EndpointInfo,
        id: EventId,
        body: Vec<u8>,
        now: Micros,
        limits: Limits,
    ) -> Result<Taken, Failure> {
        let began = Instant::now();
        let request = self.request(endpoint, id, body, now)?;
        let client = if endpoint.allow_private_addresses { &self.anywhere } else { &self.outside };
        let until = began + limits.timeout;
        let mut response = match timeout_at(until, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(unanswered(&error)),
            Err(_) => {
                return Err(Failure::new(
                    "webhook/timeout",
                    format!("no answer within {} ms", limits.timeout.as_millis()),
                ));
            }
        };
        let (answer, cut) =
            read_bounded(&mut response, until.min(Instant::now() + BODY_WAIT), limits.answer_bytes).await;
        let status = response.status();
        if status.is_success() {
            return Ok(Taken { status: status.as_u16(), cut });
        }
        Err(refusal(status, response.headers(), &answer))
    }

    fn request(
        &self,
        endpoint: &EndpointInfo,
        id: EventId,
        body: Vec<u8>,
        now: Micros,
    ) -> Result<reqwest::Request, Failure> {
        let url: Url = endpoint.url.parse().map_err(|e| {
            Failure::new("webhook/url", format!("`{}` is no URL: {e}; mend the endpoint's `url`", endpoint.url))
        })?;
        if !endpoint.allow_private_addresses {
            check_literal(&url)?;
        }
        let secret = Secret::parse(&endpoint.secret).map_err(|e| Failure::new("webhook/secret", e.to_string()))?;
        let (id, at) = (id.to_string(), now.0.div_euclid(1_000_000));
        self.anywhere
            .post(url)
            .header("content-type", "application/json")
            .header(signature::ID, &id)
            .header(signature::TIMESTAMP, at.to_string())
            .header(signature::SIGNATURE, secret.sign(&id, at, &body))
            .body(body)
            .build()
            .map_err(|e| Failure::new("webhook/url", format!("no request can be made for `{}`: {e}", endpoint.url)))
    }
}

fn client(lookup: Arc<dyn Lookup>, allow_private: bool) -> Result<Client, reqwest::Error> {
    // The first caller in the process installs it; later ones find it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("crossdock/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(8)
        .dns_resolver(Arc::new(Guard { lookup, allow_private }))
        .build()
}

/// An address written in the URL is not resolved, so it is checked here. The URL's parser has turned other spellings
/// (`0x7f.1`, `2130706433`) into the plain one.
fn check_literal(url: &Url) -> Result<(), Failure> {
    let host = url.host_str().unwrap_or_default();
    let Some(address) = literal(host) else { return Ok(()) };
    address::checked(host, [SocketAddr::new(address, 0)]).map(|_| ()).map_err(|refused| address_refused(&refused))
}

/// The address that a host is, where it is one and no name.
fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The host of a URL and what it is, where it can be told without a resolver that no webhook may go there.
pub(super) fn private_host(url: &str) -> Option<(String, &'static str)> {
    let url: Url = url.parse().ok()?;
    let host = url.host_str()?;
    // RFC 6761 §6.3: every name under localhost is the loopback address.
    let loopback = host == "localhost" || host.ends_with(".localhost");
    let address = if loopback { Some(std::net::Ipv4Addr::LOCALHOST.into()) } else { literal(host) };
    Some((host.to_owned(), address::forbidden(address?)?))
}

fn address_refused(refused: &Refused) -> Failure {
    Failure::new("webhook/address", format!("not sent: {refused}"))
}

/// Reads until the end, the limit or the instant. A body that drips is left where it is.
async fn read_bounded(response: &mut reqwest::Response, until: Instant, limit: usize) -> (Vec<u8>, bool) {
    let mut got = Vec::new();
    while got.len() < limit {
        match timeout_at(until, response.chunk()).await {
            Ok(Ok(Some(chunk))) => got.extend_from_slice(&chunk[..chunk.len().min(limit - got.len())]),
            Ok(Ok(None)) => return (got, false),
            Ok(Err(_)) | Err(_) => return (got, true),
        }
    }
    (got, true)
}

/// No answer came: where it failed, in words.
fn unanswered(error: &reqwest::Error) -> Failure {
    let mut deepest: &dyn Error = error;
    while let Some(source) = deepest.source() {
        if let Some(refused) = source.downcast_ref::<Refused>() {
            return address_refused(refused);
        }
        deepest = source;
    }
    let code = if error.is_connect() { "webhook/connect" } else { "webhook/broken_off" };
    let what = if error.is_connect() { "no connection" } else { "the connection ended before an answer" };
    Failure::new(code, format!("{what}: {deepest}"))
}

/// An answer that is not 2xx. All but 410 are tried again, other 4xx too: a receiver that is set up wrongly says 401 or
/// 404 until somebody mends it, and what was made meanwhile must not be lost to it.
fn refusal(status: StatusCode, headers: &HeaderMap, answer: &[u8]) -> Failure {
    let number = status.as_u16();
    let mut failure = Failure::new(format!("webhook/status_{number}"), format!("the receiver answered {status}"));
    if status == StatusCode::GONE {
        failure.code = "webhook/gone".into();
        failure.gone = true;
        failure.sentence += ": it wants no more; take the endpoint out of its file, or replay once it is back";
    } else if status.is_redirection() {
        failure.code = "webhook/redirect".into();
        let to = headers.get("location").and_then(|l| l.to_str().ok()).unwrap_or("nowhere");
        failure.sentence +=
            &format!(", to {}; redirects are not followed: write the final address as `url`", clean(to.as_bytes()));
    } else if status.is_client_error() && !matches!(number, 408 | 425 | 429) {
        failure.sentence += ": it does not want this request as it is; look at its address, path and secret";
    }
    failure.status = Some(number);
    failure.retry_after =
        headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| retry_after(v, SystemTime::now()));
    failure.answer = Some(clean(answer)).filter(|text| !text.is_empty());
    failure
}

// RFC 9110 §10.2.3: seconds, or a date in one of three forms.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit mean for ever.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX)).min(u64::from(u32::MAX))));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(now).unwrap_or_default())
}

/// A foreign text for people: short, without control characters.
fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(ANSWER_KEPT).collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_any_http_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777 - 90);
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::from(u32::MAX))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(90)),
            ("Sun Nov  6 08:49:37 1994", Some(90)),
            ("Sat, 06 Nov 1993 08:49:37 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(retry_after(text, now).map(|d| d.as_secs()), seconds, "{text:?}");
        }
    }

    #[test]
    fn addresses_written_in_other_ways_are_seen_through() {
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1:80/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::1]:8080/x",
            "http://0177.0.0.1",
        ] {
            let fault = check_literal(&url.parse().unwrap()).unwrap_err();
            assert_eq!(fault.code, "webhook/address", "{url}");
        }
        assert!(check_literal(&"https://example.com/".parse().unwrap()).is_ok());
        assert!(check_literal(&"https://[2606:4700::1111]/".parse().unwrap()).is_ok());
    }

    #[test]
    fn foreign_text_is_short_and_without_control_characters() {
        assert_eq!(clean(b"\x1b[31mred\r\n\0ok "), "[31mred   ok");
        assert_eq!(clean(&vec![b'x'; 10_000]).len(), ANSWER_KEPT);
    }
}
