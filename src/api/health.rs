//! Health and metrics, for those who watch the hub; no key, and nothing of a tenant but names of connections.

use super::Api;
use crate::{
    canonical::Stage,
    store::{StoreError, deliveries, directory, now, outbox},
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// A check that takes longer has failed.
const CHECK: Duration = Duration::from_secs(3);

/// The process answers.
pub async fn live() -> Json<Value> {
    Json(json!({"status": "live"}))
}

/// 503 while the store or the queue is away. What only degrades is named: connections that fail, a broker that
/// takes nothing for now; the others work.
pub async fn ready(State(api): State<Api>) -> Response {
    let store = within(api.hub.store.ping()).await;
    let queue = queue_is_there(&api);
    let mut failing: Vec<Value> = match &store {
        Ok(()) => within(failing_connections(&api)).await.unwrap_or_default(),
        Err(_) => vec![],
    }
    .into_iter()
    .map(|(name, why)| json!({"connection": name, "why": why}))
    .collect();
    let blocked = api.hub.queue.health().into_iter().filter_map(|line| line.blocked.map(|why| (line.name, why)));
    failing.extend(blocked.map(|(line, why)| json!({"broker": line, "why": why})));
    let is_ready = store.is_ok() && queue.is_ok();
    let status = if !is_ready {
        "away"
    } else if failing.is_empty() {
        "ready"
    } else {
        "degraded"
    };
    let word = |result: Result<(), String>| result.map_or_else(Value::from, |()| Value::from("ok"));
    let body = json!({"status": status, "store": word(store), "queue": word(queue), "failing": failing});
    (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

/// The embedded queue is the store's own.
fn queue_is_there(api: &Api) -> Result<(), String> {
    let down = api.hub.queue.health().into_iter().filter(|line| !line.up);
    let down: Vec<String> = down
        .map(|line| match line.down {
            Some((since, why)) => {
                format!("the broker's {} connection is down for {} s: {why}", line.name, since.as_secs())
            }
            None => format!("the broker's {} connection is down", line.name),
        })
        .collect();
    if down.is_empty() { Ok(()) } else { Err(down.join("; ")) }
}

async fn within<T, E: std::fmt::Display>(check: impl Future<Output = Result<T, E>>) -> Result<T, String> {
    match tokio::time::timeout(CHECK, check).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", CHECK.as_secs())),
    }
}

async fn outbox_rows(api: &Api) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let mut tx = api.hub.store.system_read().await?;
    let rows = outbox::depth(&mut tx, now()).await?;
    tx.rollback().await?;
    Ok(rows)
}

async fn failing_connections(api: &Api) -> Result<Vec<(String, String)>, StoreError> {
    let mut tx = api.hub.store.system_read().await?;
    let rows = directory::failing_now(&mut tx).await?;
    tx.rollback().await?;
    // Connections that no file names any more fail nobody.
    let known = |name: &str| api.hub.directory.connection(name).is_some();
    Ok(rows.into_iter().filter(|(_, name, _)| known(name)).map(|(_, name, why)| (name, why)).collect())
}

async fn open_letters(api: &Api) -> Result<i64, StoreError> {
    let mut tx = api.hub.store.system_read().await?;
    let count = deliveries::open_letters(&mut tx).await?;
    tx.rollback().await?;
    Ok(count)
}

/// What Prometheus scrapes. Gauges are read now; those of a part that is away keep what they were.
pub async fn metrics(State(api): State<Api>) -> Response {
    if let Ok(rows) = within(outbox_rows(&api)).await {
        let by_stage: BTreeMap<&str, (i64, i64)> =
            rows.iter().map(|(stage, n, age)| (stage.as_str(), (*n, *age))).collect();
        for stage in Stage::ALL {
            let (rows, age) = by_stage.get(stage.name()).copied().unwrap_or_default();
            metrics::gauge!("crossdock_outbox_rows", "stage" => stage.name()).set(rows as f64);
            metrics::gauge!("crossdock_outbox_oldest_seconds", "stage" => stage.name()).set(age as f64 / 1e6);
        }
    }
    for stage in Stage::ALL {
        // The first that can't be told: the others would be waited for in vain.
        let Ok(standing) = within(api.hub.queue.standing(stage)).await else { break };
        metrics::gauge!("crossdock_queue_depth", "stage" => stage.name()).set(standing.ready as f64);
        metrics::gauge!("crossdock_queue_waiting", "stage" => stage.name()).set(standing.waiting as f64);
    }
    if let Ok(failing) = within(failing_connections(&api)).await {
        for connection in api.hub.directory.connections.values() {
            let fails = failing.iter().any(|(name, _)| *name == connection.name);
            let gauge = metrics::gauge!("crossdock_connection_failing", "connection" => connection.name.clone());
            gauge.set(f64::from(u8::from(fails)));
        }
    }
    if let Ok(count) = within(open_letters(&api)).await {
        metrics::gauge!("crossdock_dead_letters").set(count as f64);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.metrics.render()).into_response()
}
