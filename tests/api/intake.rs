//! `POST /in/{connection}` over real HTTP: what is taken, what is not, and what that costs.

use crate::{
    hub::wait::wait_for,
    setup::{On, Setup, acme, globex},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use crossdock::tenancy::keys::Scope;
use futures_util::{StreamExt, stream};
use hmac::{Hmac, Mac};
use reqwest::{Body, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

const KEY: &str = "northwind-key-0123456789";
/// The bytes of the webhook's secret in the set-up.
const HOOK: &[u8] = b"northwind-hook-secret";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

async fn json(answer: reqwest::Response) -> Value {
    answer.json().await.expect("JSON")
}

async fn a_document_is_kept_and_answered(on: On) {
    let setup = Setup::new(on).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    let body = b"ISA*00*\xff\xfe what is in it is judged later";
    let post = setup
        .client
        .post(setup.at("/in/northwind-http"))
        .bearer_auth(KEY)
        .header("x-filename", "orders/of/today/order.edi");
    let answer = post.body(&body[..]).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()["location"].to_str().expect("text").to_owned();
    let accepted = json(answer).await;
    assert_eq!(accepted["sha256"], sha256(body));
    assert_eq!(accepted.get("duplicate_of"), None);
    assert_eq!(location, format!("/v1/documents/{}", accepted["document"].as_str().expect("an id")));
    let shown = setup.json(&location, &reader).await;
    assert_eq!(
        (&shown["document"]["name"], &shown["document"]["state"]),
        (&Value::from("order.edi"), &Value::from("received"))
    );
    let raw = setup.get(&format!("{location}/raw"), &reader).await;
    assert_eq!(raw.headers()["content-disposition"], "attachment; filename=\"order.edi\"; filename*=UTF-8''order.edi");
    assert_eq!(raw.headers()["x-content-type-options"], "nosniff");
    assert_eq!(raw.bytes().await.expect("bytes").as_ref(), body);

    // The same bytes again: a document of its own, kept and not worked.
    let again = json(setup.post("/in/northwind-http", KEY, &body[..]).await).await;
    assert_ne!(again["document"], accepted["document"]);
    assert_eq!(again["duplicate_of"], accepted["document"]);

    // An API key with the scope `in` opens it as well.
    let other = setup.key(acme(), &[Scope::In]).await;
    assert_eq!(setup.post("/in/northwind-http", &other, "other").await.status(), 202);
}

#[tokio::test]
async fn a_document_is_kept_and_answered_sqlite() {
    a_document_is_kept_and_answered(On::Sqlite).await;
}

#[tokio::test]
async fn a_document_is_kept_and_answered_postgres() {
    a_document_is_kept_and_answered(On::Postgres).await;
}

#[tokio::test]
async fn the_same_idempotency_key_is_the_same_document() {
    let setup = Setup::new(On::Sqlite).await;
    let post = async |key: &str, body: &'static str| {
        let request = setup.client.post(setup.at("/in/northwind-http")).bearer_auth(KEY).header("idempotency-key", key);
        let answer = request.body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 202);
        json(answer).await
    };
    let first = post("po-1", "one").await;
    assert_eq!(post("po-1", "one").await, first);
    // What counts is the id: a sender that says so means the document that is there.
    assert_eq!(post("po-1", "another body").await, first);
    assert_ne!(post("po-2", "two").await["document"], first["document"]);
    let long = "k".repeat(5000);
    assert_eq!(post(&long, "three").await, post(&long, "three").await);
    // Many at once are one.
    let all = stream::iter(0..20).map(|_| post("po-3", "four")).buffer_unordered(20).collect::<Vec<_>>().await;
    assert!(all.iter().all(|answer| answer == &all[0]), "{all:?}");
}

#[tokio::test]
async fn who_may_not_post_is_told_so() {
    let setup = Setup::new(On::Sqlite).await;
    let stranger = setup.key(globex(), &[Scope::In]).await;
    let ours = setup.key(acme(), &[Scope::In]).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    for (path, key, status, code) in [
        ("/in/northwind-http", "", 401, "key_missing"),
        ("/in/northwind-http", "wrong", 401, "key_unknown"),
        ("/in/northwind-http", "globex-key-0123456789", 404, "not_found"),
        ("/in/northwind-http", stranger.as_str(), 404, "not_found"),
        ("/in/northwind-http", reader.as_str(), 403, "scope_missing"),
        ("/in/nobody", "", 401, "key_missing"),
        ("/in/nobody", KEY, 404, "not_found"),
        ("/in/nobody", ours.as_str(), 404, "not_found"),
        ("/in/northwind-drop", ours.as_str(), 404, "not_found"),
        ("/in/northwind-hook", ours.as_str(), 401, "signature_refused"),
    ] {
        let mut request = setup.client.post(setup.at(path)).body("x");
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{path} with `{key}`");
        assert_eq!(json(answer).await["code"], code, "{path} with `{key}`");
    }
    let reader = setup.key(acme(), &[Scope::Read]).await;
    assert_eq!(setup.json("/v1/documents", &reader).await["documents"], Value::Array(vec![]));
}

#[tokio::test]
async fn too_large_is_said_before_it_is_read_and_after() {
    let setup = Setup::with(On::Sqlite, |settings| settings.intake.max_bytes = 1 << 20).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    // Said by Content-Length.
    let answer = setup.post("/in/northwind-http", KEY, vec![b'x'; (1 << 20) + 1]).await;
    assert_eq!(answer.status(), 413);
    let problem = json(answer).await;
    assert_eq!(problem["code"], "too_large");
    assert!(problem["detail"].as_str().expect("text").contains("1048576"), "{problem}");
    // Not said: chunked, and found out on the way.
    let chunks = stream::iter(0..20).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 100 << 10]));
    let answer = setup.post("/in/northwind-http", KEY, Body::wrap_stream(chunks)).await;
    assert_eq!(answer.status(), 413);
    // The limit itself fits.
    assert_eq!(setup.post("/in/northwind-http", KEY, vec![b'x'; 1 << 20]).await.status(), 202);
    assert_eq!(setup.json("/v1/documents", &reader).await["documents"].as_array().expect("rows").len(), 1);
    assert_eq!(
        std::fs::read_dir(setup.hub.settings.data.join("spool")).expect("the spool").count(),
        0,
        "left in the spool"
    );
}

/// Memory of this process in bytes: the most it ever had, or has now.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let kb =
        status.lines().find_map(|l| l.strip_prefix(line)).and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
    kb.expect("a number") * 1024
}

#[tokio::test]
async fn fifty_megabytes_stream_through_in_bounded_memory() {
    const CHUNK: usize = 256 << 10;
    const CHUNKS: u64 = 200;
    let setup = Setup::new(On::Sqlite).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    // Bytes that don't compress, or the store's part would be no test.
    let chunk = |n: u64| {
        let mut state = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut bytes = Vec::with_capacity(CHUNK);
        while bytes.len() < CHUNK {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes
    };
    let mut hash = Sha256::new();
    (0..CHUNKS).for_each(|n| hash.update(chunk(n)));
    let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let before = memory("VmRSS:");
    let body = Body::wrap_stream(stream::iter(0..CHUNKS).map(move |n| Ok::<_, std::io::Error>(chunk(n))));
    let answer = setup.post("/in/northwind-http", KEY, body).await;
    assert_eq!(answer.status(), 202);
    let accepted = json(answer).await;
    assert_eq!(accepted["sha256"], hash);
    let raw = format!("/v1/documents/{}/raw", accepted["document"].as_str().expect("an id"));
    let mut got = Sha256::new();
    let mut stream = setup.get(&raw, &reader).await.bytes_stream();
    while let Some(bytes) = stream.next().await {
        got.update(bytes.expect("bytes"));
    }
    assert_eq!(got.finalize().iter().map(|b| format!("{b:02x}")).collect::<String>(), hash);
    // The peak is the whole binary's, whose other tests run beside: it is bounded all the same, far below two bodies.
    let grown = memory("VmHWM:").saturating_sub(before);
    println!("peak above the start: {} MB for a body of {} MB", grown >> 20, (CHUNK as u64 * CHUNKS) >> 20);
    assert!(grown < 100 << 20, "{} MB for a body of 50 MB", grown >> 20);
}

/// A client that has a place: it asks whether it may send (RFC 9110 §10.1.1), is told so once its body is read, sends a part
/// of it, and then nothing. The answer, if it is another one.
fn begin(setup: &Setup, connection: &str, key: &str, length: usize) -> Result<TcpStream, String> {
    let address = setup.url.trim_start_matches("http://");
    let mut client = TcpStream::connect(address).expect("connected");
    client.set_read_timeout(Some(Duration::from_secs(30))).expect("a time-out");
    let head = format!(
        "POST /in/{connection} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-length: {length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    );
    client.write_all(head.as_bytes()).expect("written");
    let mut said = Vec::new();
    while !said.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).map_err(|error| format!("{error} behind {}", String::from_utf8_lossy(&said)))?;
        said.push(byte[0]);
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    if !said.starts_with("HTTP/1.1 100 ") {
        return Err(said);
    }
    client.write_all(b"part").expect("written");
    Ok(client)
}

fn status(mut client: TcpStream) -> String {
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_fill_the_places_and_others_are_told_to_come_again() {
    let setup = Setup::with(On::Sqlite, |settings| settings.intake.concurrent = 2).await;
    let mut first = begin(&setup, "northwind-http", KEY, 8).expect("a place");
    let second = begin(&setup, "northwind-http", KEY, 8).expect("the other place");
    let busy = setup.post("/in/northwind-http", KEY, "quick").await;
    assert_eq!(busy.status(), 503);
    assert_eq!(busy.headers()["retry-after"], "1");
    assert_eq!(json(busy).await["code"], "busy");
    // One ends in order, one goes away: both places are free again.
    first.write_all(b"rest").expect("written");
    let first = tokio::task::spawn_blocking(move || status(first)).await.expect("an answer");
    assert_eq!(first, "HTTP/1.1 202 Accepted");
    drop(second);
    let begun = || async { begin(&setup, "northwind-http", KEY, 8) };
    let keep = wait_for(Duration::from_secs(20), "a place to be free", begun).await;
    wait_for(Duration::from_secs(20), "the other place to be free", || async {
        let answer = setup.post("/in/northwind-http", KEY, "quick again").await;
        if answer.status() == 202 { Ok(()) } else { Err(answer.status().to_string()) }
    })
    .await;
    drop(keep);
    // Of the one that went away nothing was kept.
    let reader = setup.key(acme(), &[Scope::Read]).await;
    let documents = setup.json("/v1/documents", &reader).await;
    let sizes: Vec<i64> =
        documents["documents"].as_array().expect("rows").iter().filter_map(|d| d["size"].as_i64()).collect();
    assert!(!sizes.contains(&4), "{documents}");
}

#[tokio::test]
async fn a_store_that_is_away_is_answered_503() {
    let setup = Setup::with(On::Sqlite, |settings| settings.store.acquire_ms = 500).await;
    setup.hub.store.close().await;
    let answer = setup.post("/in/northwind-http", KEY, "x").await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(json(answer).await["code"], "store_away");
}

fn sign(secret: &[u8], id: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any key will do");
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn seconds() -> i64 {
    crossdock::store::now().0 / 1_000_000
}

async fn hook(setup: &Setup, id: &str, at: i64, signature: &str, body: &str) -> reqwest::Response {
    let request = setup.client.post(setup.at("/in/northwind-hook"));
    let request =
        request.header("webhook-id", id).header("webhook-timestamp", at).header("webhook-signature", signature);
    request.body(body.to_owned()).send().await.expect("an answer")
}

#[tokio::test]
async fn a_signed_webhook_is_taken_once() {
    let setup = Setup::new(On::Sqlite).await;
    let now = seconds();
    let body = "{\"number\":\"W-1\"}";
    let first = hook(&setup, "msg_1", now, &sign(HOOK, "msg_1", now, body), body).await;
    assert_eq!(first.status(), 202);
    let first = json(first).await;
    let again = hook(&setup, "msg_1", now + 1, &sign(HOOK, "msg_1", now + 1, body), body).await;
    assert_eq!(again.status(), 202);
    assert_eq!(json(again).await, first, "the same id is the same document");
    for (what, answer) in [
        ("another body", hook(&setup, "msg_2", now, &sign(HOOK, "msg_2", now, body), "{}").await),
        ("another id", hook(&setup, "msg_3", now, &sign(HOOK, "msg_2", now, body), body).await),
        ("another secret", hook(&setup, "msg_2", now, &sign(b"other", "msg_2", now, body), body).await),
        ("an old timestamp", hook(&setup, "msg_2", now - 400, &sign(HOOK, "msg_2", now - 400, body), body).await),
        ("no signature", hook(&setup, "msg_2", now, "", body).await),
    ] {
        assert_eq!(answer.status(), 401, "{what}");
        assert_eq!(json(answer).await["code"], "signature_refused", "{what}");
    }
    let large = "x".repeat((1 << 20) + 1);
    let answer = hook(&setup, "msg_4", now, &sign(HOOK, "msg_4", now, &large), &large).await;
    assert_eq!(answer.status(), 413);
    let reader = setup.key(acme(), &[Scope::Read]).await;
    assert_eq!(setup.json("/v1/documents", &reader).await["documents"].as_array().expect("rows").len(), 1);
}
