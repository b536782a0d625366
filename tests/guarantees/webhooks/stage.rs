//! The stage itself: sequence, claim checks that come twice, unknown ones, a store that goes away.

use super::{
    bench::{Backing, Bench, event, quick, receiver, tenant_file},
    on_both,
};
use crate::hub::services::{Postgres, Proxy, proxy::Mode};
use crossdock::{
    canonical::{ClaimCheck, Stage},
    cli::receiver::Behaviour,
    store::{now, outbox},
};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

on_both!(
    nothing_is_missing_in_any_keys_sequence,
    of_one_key_an_honest_receiver_gets_the_order,
    a_claim_check_that_comes_again_changes_nothing,
    a_claim_check_of_nothing_is_settled,
    an_endpoint_that_left_its_file_is_dead,
);

async fn nothing_is_missing_in_any_keys_sequence(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { fail_rate: 0.3, seed: 7, ..Behaviour::default() });
    let mut bench =
        Bench::open(backing, &[quick("shop", &receiver.url("/shop")), quick("erp", &receiver.url("/erp"))]).await;
    bench.start();
    let mut ids = Vec::new();
    for batch in 0..6 {
        let events = (0..50)
            .map(|n| event(bench.tenant, "order.placed", &format!("order/x/{}", n % 10), json!({ "batch": batch })))
            .collect();
        ids.extend(bench.tell(events, None).await);
    }
    for id in &ids {
        for endpoint in ["shop", "erp"] {
            bench.until(bench.delivery(*id, endpoint), "delivered").await;
        }
    }
    bench.until_settled().await;
    assert_eq!(receiver.gaps(), []);
    assert_eq!(receiver.taken().len(), 300);
    let mut highest: BTreeMap<(String, String), i64> = BTreeMap::new();
    for seen in receiver.seen() {
        let highest = highest.entry((seen.path, seen.key)).or_default();
        *highest = (*highest).max(seen.sequence);
    }
    assert_eq!(highest.len(), 20);
    assert!(highest.values().all(|n| *n == 30), "{highest:?}");
    assert_eq!(receiver.counts().1, 0, "every signature fitted");
}

async fn of_one_key_an_honest_receiver_gets_the_order(backing: Backing) {
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let tell = lines.clone();
    let receiver = crossdock::cli::receiver::Receiver::start(crossdock::cli::receiver::Options {
        tell: Some(std::sync::Arc::new(move |line| tell.lock().unwrap().push((line.key.clone(), line.sequence)))),
        ..Default::default()
    })
    .await
    .unwrap();
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    let events =
        (0..200).map(|n| event(bench.tenant, "order.placed", &format!("order/x/{}", n % 4), json!({}))).collect();
    let ids = bench.tell(events, None).await;
    bench.start();
    for id in ids {
        bench.until(bench.delivery(id, "shop"), "delivered").await;
    }
    let mut next: BTreeMap<String, i64> = BTreeMap::new();
    for (key, sequence) in lines.lock().unwrap().iter() {
        let next = next.entry(key.clone()).or_insert(1);
        assert_eq!(sequence, next, "in {key}");
        *next += 1;
    }
}

async fn a_claim_check_that_comes_again_changes_nothing(backing: Backing) {
    let receiver = receiver().await;
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    let event = bench.tell_one("order/northwind/PO1").await;
    let delivery = bench.delivery(event, "shop");
    publish(&bench, vec![delivery.0; 3], 5).await;
    bench.start();
    bench.until(delivery, "delivered").await;
    bench.until_settled().await;
    publish(&bench, vec![delivery.0], 5).await;
    bench.until_settled().await;
    let states: Vec<String> = bench.steps(delivery).await.into_iter().map(|s| s.state).collect();
    assert_eq!(states, ["pending", "delivered"]);
    assert_eq!(receiver.counts(), (1, 0));
    assert_eq!(bench.get(delivery).await.tries, 1);
}

async fn a_claim_check_of_nothing_is_settled(backing: Backing) {
    let receiver = receiver().await;
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    publish(&bench, vec![Uuid::from_u128(7)], 1).await;
    publish(&bench, vec![], 1).await;
    let event = bench.tell_one("order/northwind/PO1").await;
    bench.start();
    bench.until(bench.delivery(event, "shop"), "delivered").await;
    bench.until_settled().await;
}

async fn an_endpoint_that_left_its_file_is_dead(backing: Backing) {
    let receiver = receiver().await;
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    let event = bench.tell_one("order/northwind/PO1").await;
    bench.reconfigure(&[("tenant.yaml", tenant_file(""))]).await;
    bench.start();
    let row = bench.until(bench.delivery(event, "shop"), "dead").await;
    assert_eq!(row.cause.unwrap()["code"], "webhook/no_endpoint");
    bench.stop().await;

    bench.reconfigure(&[("tenant.yaml", tenant_file(&quick("shop", &receiver.url("/shop"))))]).await;
    bench.start();
    crossdock::flow::deliver::replay(&bench.hub, bench.tenant, row.id, "operator", "it works again").await.unwrap();
    bench.until(row.id, "delivered").await;
}

async fn publish(bench: &Bench, ids: Vec<Uuid>, times: usize) {
    let claim = ClaimCheck::new(bench.tenant, Stage::Deliver, ids);
    let rows: Vec<outbox::Row> = (0..times).map(|_| outbox::Row::at_once(claim.clone(), now())).collect();
    let mut tx = bench.hub.store.begin(bench.tenant).await.unwrap();
    outbox::push(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
}

/// What was sent while the store was away is written when it is back; nothing is lost, and what was held is not sent
/// a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_goes_away_costs_a_delay() {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { slow: Duration::from_millis(300), ..Behaviour::default() });
    let database = Postgres::database().await;
    let port = reqwest::Url::parse(database.url()).unwrap().port().unwrap();
    let proxy = Proxy::start(port).await;
    let url = proxy.url(database.url());
    let mut bench = Bench::on(
        Some(&url),
        Some(database),
        None,
        &[("tenant.yaml", tenant_file(&quick("shop", &receiver.url("/shop"))))],
    )
    .await;
    let events = (0..40).map(|n| event(bench.tenant, "order.placed", &format!("order/x/{n}"), json!({}))).collect();
    let ids = bench.tell(events, None).await;
    bench.start();
    crate::hub::wait::wait_until(Duration::from_secs(20), "the first requests", || async { receiver.counts().0 >= 8 })
        .await;
    proxy.set(Mode::Cut);
    crate::hub::wait::wait_until(Duration::from_secs(20), "eight answers that can't be written", || async {
        receiver.taken().len() >= 8
    })
    .await;
    proxy.set(Mode::Pass);
    for id in &ids {
        bench.until(bench.delivery(*id, "shop"), "delivered").await;
    }
    bench.until_settled().await;
    assert_eq!(receiver.taken().len(), 40);
    let twice: Vec<String> = receiver.seen().into_iter().filter(|s| s.taken > 1).map(|s| s.id).collect();
    assert_eq!(twice, Vec::<String>::new(), "sent twice although this process knew better");
}
