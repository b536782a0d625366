//! Health, readiness and metrics.

use crate::{
    hub::{
        services::{
            foreign::check_metrics,
            proxy::{Mode, Proxy},
            rabbit::Rabbit,
        },
        wait::wait_for,
    },
    setup::{On, Setup, acme, order, serve},
};
use crossdock::{flow::Hub, queue::Queue, signals::METRICS, tenancy::keys::Scope};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path, time::Duration};

#[tokio::test]
async fn ready_until_the_store_is_away() {
    let setup = Setup::new(On::Sqlite).await;
    let ready = setup.client.get(setup.at("/health/ready")).send().await.expect("an answer");
    assert_eq!(ready.status(), 200);
    assert_eq!(ready.json::<Value>().await.expect("JSON")["status"], "ready");
    setup.hub.store.close().await;
    let away = setup.client.get(setup.at("/health/ready")).send().await.expect("an answer");
    assert_eq!(away.status(), 503);
    assert_eq!(away.json::<Value>().await.expect("JSON")["status"], "away");
    let live = setup.client.get(setup.at("/health/live")).send().await.expect("an answer");
    assert_eq!(live.status(), 200);
    // What asks the store is answered with a problem and a time to come again.
    let list = setup.get("/v1/documents", "cdk_any").await;
    assert_eq!(list.status(), 503);
    assert!(list.headers().contains_key("retry-after"));
    assert_eq!(list.json::<Value>().await.expect("JSON")["code"], "store_away");
}

/// The broker goes and comes back: not ready in between, and documents are taken all the same.
#[tokio::test]
async fn ready_again_when_the_broker_is_back() {
    let broker = Rabbit::vhost().await;
    let port = reqwest::Url::parse(broker.url()).expect("a URL").port().unwrap_or(5672);
    let proxy = Proxy::start(port).await;
    let setup = Setup::new(On::Sqlite).await;
    let queue = Queue::rabbit(&proxy.url(broker.url())).await.expect("a broker");
    let url = serve(Hub { queue, ..setup.hub.clone() }).await;
    let ready = async || {
        let answer = setup.client.get(format!("{url}/health/ready")).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    assert_eq!(ready().await, (200, json!({"status": "ready", "store": "ok", "queue": "ok", "failing": []})));
    proxy.set(Mode::Cut);
    let away = wait_for(Duration::from_secs(20), "the hub to notice", || async {
        let (status, body) = ready().await;
        if status == 503 { Ok(body) } else { Err(body.to_string()) }
    })
    .await;
    assert_eq!((&away["status"], &away["store"]), (&json!("away"), &json!("ok")), "{away}");
    assert!(away["queue"].as_str().is_some_and(|why| why.contains("connection is down")), "{away}");
    let post = setup.client.post(format!("{url}/in/northwind-http")).bearer_auth("northwind-key-0123456789");
    assert_eq!(post.body("x").send().await.expect("an answer").status(), 202);
    let metrics = setup.client.get(format!("{url}/metrics")).send().await.expect("an answer");
    assert_eq!(metrics.status(), 200);
    proxy.set(Mode::Pass);
    wait_for(Duration::from_secs(30), "the hub to be ready again", || async {
        let (status, body) = ready().await;
        if status == 200 { Ok(()) } else { Err(body.to_string()) }
    })
    .await;
}

#[tokio::test]
async fn metrics_that_promtool_finds_nothing_wrong_with() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Admin]).await;
    let accepted = setup.post("/in/northwind-http", "northwind-key-0123456789", order("PO-1")).await;
    assert_eq!(accepted.status(), 202);
    // One that is cut short, for its fault.
    let accepted = setup.post("/in/northwind-http", "northwind-key-0123456789", "{ \"number\": ").await;
    assert_eq!(accepted.status(), 202);
    wait_for(Duration::from_secs(30), "a dead letter", || async {
        let dead = setup.json("/v1/dead", &key).await;
        if dead["letters"][0].is_object() { Ok(()) } else { Err(dead.to_string()) }
    })
    .await;
    let answer = setup.client.get(setup.at("/metrics")).send().await.expect("an answer");
    let text = answer.text().await.expect("text");
    check_metrics(&text).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    for line in [
        "crossdock_documents_received_total ",
        "crossdock_messages_ended_total{state=\"applied\"}",
        "crossdock_stage_seconds_bucket{stage=\"translate\",",
        "crossdock_queue_depth{stage=\"apply\"}",
        "crossdock_deliveries_total{",
        "crossdock_connection_failing{connection=\"northwind-drop\"} 0",
        "crossdock_http_requests_total{route=\"/in/{connection}\",method=\"POST\",status=\"202\"}",
        "crossdock_dead_letters 1",
        "crossdock_outbox_rows{stage=\"deliver\"}",
        "crossdock_faults_total{partner=\"northwind\",code=\"",
    ] {
        assert!(text.lines().any(|l| l.starts_with(line)), "no line {line} in\n{text}");
    }
}

/// A metric that is counted anywhere in the sources is in the table, so it has a help text.
#[test]
fn every_metric_has_a_help_text() {
    let known: BTreeSet<&str> = METRICS.iter().map(|(_, name, _)| *name).collect();
    let mut counted = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                for macro_name in ["counter!(", "gauge!(", "histogram!("] {
                    for (at, _) in text.match_indices(macro_name) {
                        let name = text[at + macro_name.len()..].trim_start().strip_prefix('"');
                        counted.extend(name.and_then(|rest| rest.split('"').next()).map(str::to_owned));
                    }
                }
            }
        }
    }
    assert!(counted.len() > 5, "the search has lost its way: {counted:?}");
    let without: Vec<_> = counted.iter().filter(|name| !known.contains(name.as_str())).collect();
    assert!(without.is_empty(), "not in signals::METRICS: {without:?}");
    let never: Vec<_> = known.iter().filter(|name| !counted.contains(**name)).collect();
    assert!(never.is_empty(), "in signals::METRICS and never counted: {never:?}");
}
