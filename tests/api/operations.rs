//! What operators do by HTTP: references, restarts, cancellations, replays; and the story that tells them to.

use crate::{
    hub::wait::wait_for,
    setup::{On, Setup, acme, globex},
};
use crossdock::tenancy::keys::Scope;
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "northwind-key-0123456789";
const SOON: Duration = Duration::from_secs(30);

/// An order in a unit that no table knows.
fn order_in(number: &str, unit: &str) -> String {
    json!({
        "number": number, "date": "2026-03-02", "currency": "USD", "buyer": { "id": "SHOP-9" },
        "lines": [{ "line": 1, "sku": "BOLT-M8", "quantity": 24, "unit": unit, "price": "9.25" }],
    })
    .to_string()
}

async fn story(setup: &Setup, number: &str, key: &str, state: &str) -> Value {
    wait_for(SOON, &format!("a message of {number} to be {state}"), || async {
        let answer = setup.get(&format!("/v1/story/{number}"), key).await;
        let story: Value = answer.json().await.expect("JSON");
        let is_there = story["messages"].as_array().is_some_and(|m| m.iter().any(|m| m["state"] == state));
        if is_there { Ok(story) } else { Err(story.to_string()) }
    })
    .await
}

async fn post(setup: &Setup, path: &str, key: &str, body: Value) -> (u16, Value) {
    let answer = setup.post(path, key, body.to_string()).await;
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn what_is_held_is_let_go(on: On) {
    let setup = Setup::new(on).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Read, Scope::Operate]).await;
    assert_eq!(setup.post("/in/northwind-http", KEY, order_in("PO-H", "barrel-x")).await.status(), 202);
    let held = story(&setup, "PO-H", &key, "held").await;
    assert_eq!(held["late"][0]["thing"], "message", "{held}");
    // Its document was translated; who looks for what is held finds it, with the reason and what lets it go.
    let found = setup.json("/v1/documents?state=held", &key).await;
    let document = &found["documents"][0];
    assert_eq!((&document["state"], &document["held"]["messages"]), (&json!("translated"), &json!(1)), "{found}");
    let remedy = document["held"]["cause"]["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("crossdock reference add uom"), "{found}");
    assert_eq!(document["held"]["cause"]["faults"][0]["found"], "BARREL-X", "{found}");
    let next = &held["next"][0];
    assert_eq!((next["method"].as_str(), next["path"].as_str()), (Some("POST"), Some("/v1/references")), "{held}");
    // A person fills in the target.
    let mut body = next["body"].clone();
    body["target"] = "EA".into();
    let (status, added) = post(&setup, "/v1/references", &key, body).await;
    assert_eq!(status, 200, "{added}");
    let restarted = added["restarted"][0].as_str().expect("a message").to_owned();
    let applied = story(&setup, "PO-H", &key, "applied").await;
    let states: Vec<&str> =
        applied["messages"].as_array().expect("rows").iter().filter_map(|m| m["state"].as_str()).collect();
    assert_eq!(states, ["replaced", "applied"], "{applied}");
    assert_eq!(setup.json("/v1/documents?state=held", &key).await, json!({"documents": []}));
    assert_eq!(applied["messages"][0]["replaced_by"], restarted);
    assert_eq!(applied["documents"].as_array().expect("rows").len(), 1);
    assert!(applied["events"].as_array().is_some_and(|e| !e.is_empty()), "{applied}");
    let message = setup.json(&format!("/v1/messages/{restarted}"), &key).await;
    assert_eq!(message["body"]["number"], "PO-H");
    // It is done: neither restart nor cancellation is for it.
    for done in ["restart", "cancel"] {
        let (status, problem) =
            post(&setup, &format!("/v1/messages/{restarted}/{done}"), &key, json!({"why": "x"})).await;
        assert_eq!((status, problem["code"].as_str()), (409, Some("wrong_state")), "{done}: {problem}");
    }
}

#[tokio::test]
async fn references_are_listed_and_taken_away() {
    let setup = Setup::new(On::Sqlite).await;
    let key = setup.key(acme(), &[Scope::Read, Scope::Operate]).await;
    let other = setup.key(globex(), &[Scope::Read, Scope::Operate]).await;
    for (scheme, value) in [("uom", "barrel-x"), ("uom", "barrel-y"), ("order_purpose", "99")] {
        let target = if scheme == "uom" { "EA" } else { "cancel" };
        let body = json!({"scheme": scheme, "value": value, "target": target});
        assert_eq!(post(&setup, "/v1/references", &key, body).await.0, 200);
    }
    let page = setup.json("/v1/references?limit=2", &key).await;
    let value = |row: &Value| row["value"].as_str().unwrap_or_default().to_owned();
    let values: Vec<String> = page["references"].as_array().expect("rows").iter().map(value).collect();
    assert_eq!(values, ["99", "barrel-x"], "{page}");
    let next = page["next"].as_str().expect("a cursor").replace('\n', "%0A");
    let page = setup.json(&format!("/v1/references?limit=2&cursor={next}"), &key).await;
    assert_eq!(page, json!({"references": [{"scheme": "uom", "value": "barrel-y", "target": "EA"}]}));
    let page = setup.json("/v1/references?scheme=order_purpose", &key).await;
    assert_eq!(page["references"].as_array().map(Vec::len), Some(1), "{page}");
    // Another tenant has none of them, and takes none away.
    assert_eq!(setup.json("/v1/references", &other).await, json!({"references": []}));
    let gone = json!({"scheme": "uom", "value": "barrel-x", "why": "it was wrong"});
    assert_eq!(post(&setup, "/v1/references/remove", &other, gone.clone()).await.0, 404);
    let (status, was) = post(&setup, "/v1/references/remove", &key, gone.clone()).await;
    assert_eq!((status, &was["target"]), (200, &json!("EA")), "{was}");
    let (status, problem) = post(&setup, "/v1/references/remove", &key, gone).await;
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(status == 404 && detail.contains("nearest barrel-y"), "{problem}");
    // One partner's alone stands beside that which holds for all, and pages tell them apart.
    let own = json!({"scheme": "uom", "value": "barrel-y", "target": "PK", "partner": "northwind"});
    assert_eq!(post(&setup, "/v1/references", &key, own.clone()).await.0, 200);
    let page = setup.json("/v1/references?limit=1&scheme=uom", &key).await;
    assert_eq!(page["references"], json!([{"scheme": "uom", "value": "barrel-y", "target": "EA"}]));
    let next = page["next"].as_str().expect("a cursor").replace('\n', "%0A");
    let page = setup.json(&format!("/v1/references?limit=1&scheme=uom&cursor={next}"), &key).await;
    assert_eq!(page, json!({"references": [own]}));
    let unknown = json!({"scheme": "uom", "value": "barrel-y", "target": "PK", "partner": "nortwind"});
    let (status, problem) = post(&setup, "/v1/references", &key, unknown.clone()).await;
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(status == 400 && detail.contains("there is no partner `nortwind`; nearest northwind"), "{problem}");
    let gone = json!({"scheme": "uom", "value": "barrel-y", "partner": "northwind"});
    let (status, was) = post(&setup, "/v1/references/remove", &key, gone).await;
    assert_eq!((status, &was), (200, &own), "that for all stays");
    assert_eq!(setup.json("/v1/references?scheme=uom", &key).await["references"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn what_is_held_is_let_go_sqlite() {
    what_is_held_is_let_go(On::Sqlite).await;
}

#[tokio::test]
async fn what_is_held_is_let_go_postgres() {
    what_is_held_is_let_go(On::Postgres).await;
}

#[tokio::test]
async fn a_held_message_is_cancelled_with_who_and_why() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Read, Scope::Operate]).await;
    assert_eq!(setup.post("/in/northwind-http", KEY, order_in("PO-C", "barrel-x")).await.status(), 202);
    let held = story(&setup, "PO-C", &key, "held").await;
    let id = held["messages"][0]["id"].as_str().expect("an id").to_owned();
    let (status, problem) = post(&setup, &format!("/v1/messages/{id}/cancel"), &key, json!({"because": "x"})).await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("request_invalid")));
    assert!(problem["detail"].as_str().is_some_and(|d| d.contains("because") && d.contains("why")), "{problem}");
    let (status, _) = post(&setup, &format!("/v1/messages/{id}/cancel"), &key, json!({"why": "sent by mistake"})).await;
    assert_eq!(status, 204);
    let message = setup.json(&format!("/v1/messages/{id}"), &key).await;
    assert_eq!(message["message"]["state"], "cancelled");
    let last = message["steps"].as_array().and_then(|s| s.last()).cloned().unwrap_or_default();
    assert_eq!(
        (&last["cause"]["why"], &last["cause"]["who"]),
        (&json!("sent by mistake"), &json!("[Read, Operate]")),
        "{message}"
    );
    let (status, _) = post(&setup, "/v1/references", &key, json!({"scheme": " ", "value": "x", "target": "EA"})).await;
    assert_eq!(status, 400);
    let reference = json!({"scheme": "uoms", "value": "x", "target": "EA"});
    let (status, problem) = post(&setup, "/v1/references", &key, reference).await;
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(status == 400 && detail.contains("nearest uom") && detail.contains("the tables are"), "{problem}");
    // A word that the field would refuse is refused before it is kept.
    let word = json!({"scheme": "order_purpose", "value": "99", "target": "cancle"});
    let (status, problem) = post(&setup, "/v1/references", &key, word).await;
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(status == 400 && detail.contains("nearest cancel"), "{problem}");
    let large = json!({"why": "x".repeat(70 << 10)});
    let (status, problem) = post(&setup, &format!("/v1/messages/{id}/cancel"), &key, large).await;
    assert_eq!((status, problem["code"].as_str()), (413, Some("too_large")));
}

#[tokio::test]
async fn a_dead_delivery_is_replayed_and_dies_again() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Read, Scope::Operate]).await;
    assert_eq!(setup.post("/in/northwind-http", KEY, crate::setup::order("PO-D")).await.status(), 202);
    let letter = dead(&setup, &key, &[]).await;
    let id = letter["id"].as_str().expect("an id").to_owned();
    assert_eq!(letter["thing"], "delivery");
    let shown = setup.json(&format!("/v1/dead/{id}"), &key).await;
    assert_eq!(shown["id"], id);
    let told = story(&setup, "PO-D", &key, "applied").await;
    assert!(
        told["next"]
            .as_array()
            .is_some_and(|n| n.iter().any(|n| n["path"].as_str().is_some_and(|p| p.ends_with("/replay")))),
        "{told}"
    );
    // Nobody listens still: it goes out again, and dies again with a letter of its own.
    let (status, goes_on) =
        post(&setup, &format!("/v1/dead/{id}/replay"), &key, json!({"why": "the shop is back"})).await;
    assert_eq!(status, 200, "{goes_on}");
    assert_eq!(goes_on["delivery"], letter["thing_id"]);
    let (status, problem) = post(&setup, &format!("/v1/dead/{id}/replay"), &key, json!({})).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("wrong_state")));
    wait_for(SOON, "the same delivery to be dead again", || async {
        let list = setup.json("/v1/dead", &key).await;
        let letters = list["letters"].as_array().cloned().unwrap_or_default();
        let again = letters.iter().any(|l| l["thing_id"] == letter["thing_id"] && l["id"] != letter["id"]);
        if again { Ok(()) } else { Err(list.to_string()) }
    })
    .await;
    let delivery = setup.json(&format!("/v1/deliveries/{}", letter["thing_id"].as_str().expect("an id")), &key).await;
    assert_eq!(delivery["delivery"]["replays"], 1, "{delivery}");
    // Given up: its letter is closed, and it is dead no more.
    let path = format!("/v1/deliveries/{}/cancel", letter["thing_id"].as_str().expect("an id"));
    let (status, problem) = post(&setup, &path, &key, json!({"why": "the shop is gone"})).await;
    assert_eq!(status, 204, "{problem}");
    let list = setup.json("/v1/dead", &key).await;
    assert!(
        list["letters"].as_array().is_some_and(|l| l.iter().all(|l| l["thing_id"] != letter["thing_id"])),
        "{list}"
    );
}

async fn dead(setup: &Setup, key: &str, but: &[&str]) -> Value {
    wait_for(SOON, "a dead letter", || async {
        let list = setup.json("/v1/dead", key).await;
        let found = list["letters"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|l| l["id"].as_str().is_some_and(|id| !but.contains(&id)));
        found.cloned().ok_or_else(|| list.to_string())
    })
    .await
}

/// Whom to tell stands beside each document of the partner, the refused one above all, and beside nobody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_document_says_whom_to_tell() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let (ours, theirs) = (setup.key(acme(), &[Scope::Read]).await, setup.key(globex(), &[Scope::Read]).await);
    for (connection, key, sender) in [("northwind-http", KEY, &ours), ("globex-http", "globex-key-0123456789", &theirs)]
    {
        let answer = setup.post(&format!("/in/{connection}"), key, "{ \"number\": ").await;
        assert_eq!(answer.status(), 202);
        let taken: Value = answer.json().await.expect("JSON");
        let path = format!("/v1/documents/{}", taken["document"].as_str().expect("an id"));
        let whole = wait_for(SOON, "the document to be refused", || async {
            let whole = setup.json(&path, sender).await;
            match whole["document"]["state"].as_str() {
                Some("rejected" | "unassigned") => Ok(whole),
                state => Err(format!("{state:?}")),
            }
        })
        .await;
        match connection {
            "northwind-http" => {
                assert_eq!(whole["document"]["state"], "rejected", "{whole}");
                assert_eq!(whole["contacts"], json!(["edi@northwind.example", "+1 555 0100"]), "{whole}");
            }
            _ => assert_eq!(whole.get("contacts"), None, "{whole}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_worked_and_what_is_closed_is_found_among_it() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Read, Scope::Operate]).await;
    assert_eq!(setup.post("/in/northwind-http", KEY, "{ \"number\": ").await.status(), 202);
    let rejected = wait_for(SOON, "a rejected document", || async {
        let found = setup.json("/v1/documents?state=rejected", &key).await;
        found["documents"][0]["id"].as_str().map(str::to_owned).ok_or(found.to_string())
    })
    .await;
    let path = |what: &str| format!("/v1/documents/{rejected}/{what}");
    // Neither is done without a reason.
    for what in ["close", "duplicate"] {
        let (status, problem) = post(&setup, &path(what), &key, json!({})).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("request_invalid")), "{problem}");
    }
    let (status, problem) = post(&setup, &path("duplicate"), &key, json!({"why": "x", "edited": "no base64!"})).await;
    assert_eq!((status, problem["code"].as_str()), (400, Some("request_invalid")), "{problem}");
    let edited = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, order_in("PO-D", "EA"));
    let (status, copy) =
        post(&setup, &path("duplicate"), &key, json!({"why": "as they meant it", "edited": edited})).await;
    assert_eq!(status, 200, "{copy}");
    story(&setup, "PO-D", &key, "applied").await;
    let shown = setup.json(&format!("/v1/documents/{}", copy["document"].as_str().expect("an id")), &key).await;
    assert_eq!(shown["document"]["copy_of"], json!(rejected), "{shown}");
    let (status, done) = post(&setup, &path("close"), &key, json!({"why": "worked as a copy"})).await;
    assert_eq!((status, done), (204, Value::Null));
    assert_eq!(setup.json("/v1/documents?state=rejected", &key).await["documents"], json!([]));
    let closed = setup.json("/v1/documents?closed=true", &key).await;
    let closed = &closed["documents"][0];
    assert_eq!((&closed["id"], &closed["closed"]["why"]), (&json!(rejected), &json!("worked as a copy")), "{closed}");
    // The list as a file: the copy, and what it is a copy of.
    let text = setup.get("/v1/documents.csv?standard=json", &key).await.text().await.expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() == 3 && lines[0].starts_with("received_at,id,") && lines[1].contains(",json,"), "{text}");
    let text = setup.get("/v1/documents.jsonl?closed=true", &key).await.text().await.expect("text");
    let line: Value = serde_json::from_str(text.trim_end()).expect("one line of JSON");
    assert_eq!((&line["id"], &line["state"]), (&json!(rejected), &json!("rejected")));
    let wrong = setup.get("/v1/documents?standard=jason", &key).await;
    assert_eq!(wrong.status(), 400);
}
