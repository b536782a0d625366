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

/// 503 while the store or the queue is away. Connections that fail are named and only degrade: the others work.
pub async fn ready(State(api): State<Api>) -> Response {
    let store = within(api.hub.store.ping()).await;
    let queue = match &store {
        Ok(()) => queue_answers(&api).await,
        Err(_) => Err("not asked, since the store is away".to_owned()),
    };
    let failing = match &store {
        Ok(()) => within(failing(&api)).await.unwrap_or_default(),
        Err(_) => vec![],
    };
    let is_ready = store.is_ok() && queue.is_ok();
    let status = if !is_ready {
        "away"
    } else if failing.is_empty() {
        "ready"
    } else {
        "degraded"
    };
    let word = |result: Result<(), String>| result.map_or_else(Value::from, |()| Value::from("ok"));
    let failing: Vec<Value> = failing.into_iter().map(|(name, why)| json!({"connection": name, "why": why})).collect();
    let body = json!({"status": status, "store": word(store), "queue": word(queue), "failing": failing});
    (if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(body)).into_response()
}

async fn within<T>(check: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    match tokio::time::timeout(CHECK, check).await {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", CHECK.as_secs())),
    }
}

async fn queue_answers(api: &Api) -> Result<(), String> {
    within(depths(api)).await.map(|_| ())
}

async fn depths(api: &Api) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let mut tx = api.hub.store.system_read().await?;
    let rows = outbox::depth(&mut tx, now()).await?;
    tx.rollback().await?;
    Ok(rows)
}

async fn failing(api: &Api) -> Result<Vec<(String, String)>, StoreError> {
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

/// What Prometheus scrapes. Gauges are read now; where the store is away they keep what they were.
pub async fn metrics(State(api): State<Api>) -> Response {
    if let Ok(rows) = within(depths(&api)).await {
        let by_stage: BTreeMap<&str, (i64, i64)> =
            rows.iter().map(|(stage, n, age)| (stage.as_str(), (*n, *age))).collect();
        for stage in Stage::ALL {
            let (depth, age) = by_stage.get(stage.name()).copied().unwrap_or_default();
            metrics::gauge!("crossdock_queue_depth", "stage" => stage.name()).set(depth as f64);
            metrics::gauge!("crossdock_queue_oldest_seconds", "stage" => stage.name()).set(age as f64 / 1e6);
        }
    }
    if let Ok(failing) = within(failing(&api)).await {
        for connection in api.hub.directory.connections.values() {
            let fails = failing.iter().any(|(name, _)| *name == connection.name);
            metrics::gauge!("crossdock_connection_failing", "connection" => connection.name.clone())
                .set(f64::from(u8::from(fails)));
        }
    }
    if let Ok(count) = within(open_letters(&api)).await {
        metrics::gauge!("crossdock_dead_letters").set(count as f64);
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.metrics.render()).into_response()
}
