//! What a hub tells those who watch it: at an address of its own, and the same by API and command line.

use crate::{
    asking::{drop_in, ended, files, messages, order, serve_with},
    call::{Folder, command, run},
    hub::{
        services::{http, postgres::Postgres, rabbit::Rabbit},
        wait::wait_for,
    },
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::{
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// What must never be, put there past the hub's rules: a set of which no message came, and a message that nothing moves.
const PLANTS: [&str; 2] = [
    "update documents set sets = sets + 1 where name = 'one.edi'",
    "update messages set state = 'pending', deadline = 1, wait_us = 1 where number = 'PO-2'",
];

#[tokio::test(flavor = "multi_thread")]
async fn api_and_command_line_tell_the_same_audit_on_sqlite() {
    let folder = files();
    // The sweeper would mend what is planted.
    let urls = [("CROSSDOCK_FLOW__SWEEP_EVERY_MS", "3600000")];
    let file = format!("sqlite:{}", folder.path().join("crossdock-data/crossdock.db").display());
    the_same_audit(folder, &urls, async || {
        let mut link = SqliteConnection::connect(&file).await.unwrap();
        sqlx::query("pragma busy_timeout = 10000").execute(&mut link).await.unwrap();
        for plant in PLANTS {
            assert_eq!(link.execute(AssertSqlSafe(plant)).await.unwrap().rows_affected(), 1, "{plant}");
        }
        link.close().await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn api_and_command_line_tell_the_same_audit_on_postgresql() {
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    let urls = [
        ("CROSSDOCK_DATABASE_URL", database.url()),
        ("CROSSDOCK_AMQP_URL", vhost.url()),
        ("CROSSDOCK_FLOW__SWEEP_EVERY_MS", "3600000"),
    ];
    the_same_audit(files(), &urls, async || {
        let mut owner = PgConnection::connect(database.url()).await.unwrap();
        for plant in PLANTS {
            assert_eq!(owner.execute(AssertSqlSafe(plant)).await.unwrap().rows_affected(), 1, "{plant}");
        }
        owner.close().await.unwrap();
    })
    .await;
}

async fn the_same_audit(folder: Folder, urls: &[(&str, &str)], plant: impl AsyncFnOnce()) {
    let at = folder.path();
    let hub = tokio::task::block_in_place(|| {
        let hub = serve_with(&folder, urls);
        drop_in(at, "one.edi", &order("000000001", "PO-1"));
        drop_in(at, "two.edi", &order("000000002", "PO-2"));
        for name in ["one.edi", "two.edi"] {
            messages(at, &ended(at, name, "translated"), "applied");
        }
        hub
    });
    plant().await;
    let whole = by_command(at, urls, "audit --json");
    assert_eq!(kinds(&whole), ["sets_without_messages", "stuck_message"], "{whole:#}");
    assert_eq!(whole["ok"], false);
    for tenant in ["acme", "globex"] {
        let by_api = by_api(at, tenant).await;
        assert_eq!(by_api, by_command(at, urls, &format!("audit --json --tenant {tenant}")), "{tenant}");
        let missing = if tenant == "acme" { whole["missing"].clone() } else { Value::Array(vec![]) };
        assert_eq!((&by_api["missing"], &by_api["ok"]), (&missing, &(tenant != "acme").into()));
    }
    drop(hub);
}

fn kinds(audit: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        audit["missing"].as_array().unwrap().iter().filter_map(|missing| missing["kind"].as_str()).collect();
    kinds.sort();
    kinds
}

fn by_command(at: &Path, urls: &[(&str, &str)], words: &str) -> Value {
    tokio::task::block_in_place(|| {
        let called = run(command(at).envs(urls.iter().copied()).args(words.split_whitespace()));
        let told = called.json().remove(0);
        assert_eq!(called.code, i32::from(told["ok"] == false), "{called:?}");
        told
    })
}

/// By the address and the key that the hub left for the command line.
async fn by_api(at: &Path, tenant: &str) -> Value {
    let hub: Value =
        serde_json::from_str(&std::fs::read_to_string(at.join("crossdock-data/hub.json")).unwrap()).unwrap();
    let ask = http::client().get(format!("{}/v1/audit", hub["url"].as_str().unwrap()));
    let answer = ask.bearer_auth(hub["keys"][tenant].as_str().unwrap()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a role with an address for metrics and health, and gives that address, as the hub tells it.
async fn with_signals(folder: &Folder, role: &str) -> (Running, String) {
    let log = folder.path().join("serve.log");
    let mut serve = command(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--role", role]).env("CROSSDOCK_LISTEN_SIGNALS", "127.0.0.1:0");
    serve.stdout(Stdio::null()).stderr(std::fs::File::create(&log).unwrap());
    let running = Running(serve.spawn().unwrap());
    let url = wait_for(PATIENCE, "the address of metrics and health", || async {
        let text = std::fs::read_to_string(&log).map_err(|e| e.to_string())?;
        let told = text.lines().find_map(|line| line.strip_prefix("Metrics and health at "));
        told.map(str::to_owned).ok_or(text)
    })
    .await;
    (running, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_health_have_an_address_of_their_own_and_nothing_else_is_there() {
    let (folder, client) = (files(), http::client());
    let (_running, url) = with_signals(&folder, "all").await;
    let get = async |path: &str| client.get(format!("{url}{path}")).send().await.unwrap();
    let metrics = get("/metrics").await;
    assert_eq!(metrics.status(), 200);
    assert!(metrics.text().await.unwrap().contains("\n# TYPE crossdock_"));
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(get(path).await.status(), 200, "{path}");
    }
    let described: Value = serde_json::from_str(include_str!("../../docs/reference/openapi.json")).unwrap();
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert!(paths.len() > 10, "{paths:?}");
    let pages = ["/", "/login", "/documents", "/dead", "/live", "/v1/openapi.json", "/v1/errors/E0307"];
    for path in paths.iter().map(|path| path.as_str()).chain(pages) {
        let path = path.replace(['{', '}'], "");
        assert_eq!(get(&path).await.status(), 404, "GET {path}");
        let post = client.post(format!("{url}{path}")).bearer_auth("x").body("x").send().await.unwrap();
        assert_eq!(post.status(), 404, "POST {path}");
    }
}

/// Those that answer no API are watched there, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_an_api_answers_metrics_and_health() {
    let folder = files();
    let (_running, url) = with_signals(&folder, "worker").await;
    for path in ["/metrics", "/health/live", "/health/ready"] {
        let answer = http::client().get(format!("{url}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    assert!(!folder.path().join("crossdock-data/hub.json").exists(), "there is no API to be found by");
}
