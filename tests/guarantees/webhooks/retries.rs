//! Signed, tried again, dead, replayed, cancelled.

use super::{
    bench::{Backing, Bench, SECRET, endpoint, event, quick, receiver},
    on_both,
};
use crate::hub::services::foreign::verify_webhook;
use crossdock::{cli::receiver::Behaviour, emit::signature, flow::deliver};
use serde_json::{Value, json};

on_both!(
    signed_as_standard_webhooks_say,
    refused_three_times_and_taken_the_fourth,
    dead_after_its_budget_and_replayed_under_the_same_id,
    retry_after_is_obeyed_in_full,
    retry_after_beyond_the_budget_is_the_end,
    gone_is_the_end,
    what_is_cancelled_is_not_tried_again,
);

async fn signed_as_standard_webhooks_say(backing: Backing) {
    let receiver = receiver().await;
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let told = event(
        bench.tenant,
        "order.placed",
        "order/northwind/PO1",
        json!({ "name": "Čapek & Söhne", "amount": "9.25" }),
    );
    let at = told.at;
    let id = bench.tell(vec![told], None).await[0];
    bench.until(bench.delivery(id, "shop"), "delivered").await;

    let seen = receiver.of("/shop", &id.to_string()).unwrap();
    let id = id.to_string();
    let headers = [
        (signature::ID, id.as_str()),
        (signature::TIMESTAMP, &seen.last.timestamp),
        (signature::SIGNATURE, &seen.last.signature),
    ];
    verify_webhook(SECRET, &headers, &seen.last.body).unwrap();
    verify_webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &headers, &seen.last.body).unwrap_err();
    verify_webhook(SECRET, &headers, b"{}").unwrap_err();

    let body: Value = serde_json::from_slice(&seen.last.body).unwrap();
    let expected = json!({
        "id": id, "type": "order.placed", "timestamp": at.rfc3339(), "tenant": bench.tenant, "key": "order/northwind/PO1",
        "sequence": 1, "data": { "name": "Čapek & Söhne", "amount": "9.25" }, "schema": "order_placed/1",
    });
    assert_eq!(body, expected);
}

async fn refused_three_times_and_taken_the_fourth(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { fail_first: 3, status: 503, ..Behaviour::default() });
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "delivered").await;
    assert_eq!((row.tries, row.cause), (4, None));

    let seen = receiver.of("/shop", &event.to_string()).unwrap();
    assert_eq!((seen.refused, seen.taken, seen.same_body), (3, 1, true));
    let steps = bench.steps(row.id).await;
    let told: Vec<(&str, Option<i64>, Option<i64>)> = steps
        .iter()
        .map(|s| {
            let cause = s.cause.as_ref();
            (s.state.as_str(), cause.and_then(|c| c["try"].as_i64()), cause.and_then(|c| c["status"].as_i64()))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("pending", None, None),
            ("retrying", Some(1), Some(503)),
            ("retrying", Some(2), Some(503)),
            ("retrying", Some(3), Some(503)),
            ("delivered", Some(4), Some(200))
        ]
    );
    bench.until_settled().await;
}

async fn dead_after_its_budget_and_replayed_under_the_same_id(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { fail_first: u32::MAX, ..Behaviour::default() });
    let settings = "allow_private_addresses: true, retry_ms: [20, 50], budget_ms: 300";
    let mut bench = Bench::open(backing, &[endpoint("shop", &receiver.url("/shop"), settings)]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let delivery = bench.delivery(event, "shop");
    let dead = bench.until(delivery, "dead").await;
    let cause = dead.cause.unwrap();
    assert_eq!(cause["code"], "webhook/status_500");
    assert_eq!(cause["why_no_more"], "it has failed for 300 ms, which is the budget");

    let letters = bench.letters().await;
    let [letter] = letters.as_slice() else { panic!("one dead letter expected: {letters:?}") };
    assert_eq!((letter.thing.as_str(), letter.thing_id, letter.tries), ("delivery", delivery.0, dead.tries));
    assert_eq!(letter.reason["sentence"], "the receiver answered 500 Internal Server Error");
    let history = letter.history.as_array().unwrap();
    assert_eq!(history.len() as i64, dead.tries + 1, "pending, then each try");
    assert_eq!(
        (history[0]["state"].as_str(), history.last().unwrap()["state"].as_str()),
        (Some("pending"), Some("dead"))
    );
    bench.until_settled().await;

    receiver.behave("/shop", Behaviour::default());
    deliver::replay(&bench.hub, bench.tenant, delivery, "operator", "it works again").await.unwrap();
    let row = bench.until(delivery, "delivered").await;
    assert_eq!((row.replays, row.tries, row.cause), (1, 1, None));
    let seen = receiver.of("/shop", &event.to_string()).unwrap();
    assert_eq!((seen.taken, seen.refused as i64, seen.same_body), (1, dead.tries, true));
    assert_eq!(bench.letter(letter.id).await.ended_how.as_deref(), Some("replayed"));
    assert!(bench.letters().await.is_empty());
}

async fn retry_after_is_obeyed_in_full(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave(
        "/shop",
        Behaviour { fail_first: 1, status: 429, retry_after: Some("2".into()), ..Behaviour::default() },
    );
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "delivered").await;
    let steps = bench.steps(row.id).await;
    let waited = steps.last().unwrap().at - row.first_failed_at.unwrap();
    assert!((2_000_000..5_000_000).contains(&waited), "Retry-After said 2 s, the next try came after {waited} µs");
    assert_eq!(row.tries, 2);
}

async fn retry_after_beyond_the_budget_is_the_end(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave(
        "/shop",
        Behaviour { fail_first: 9, status: 503, retry_after: Some("3600".into()), ..Behaviour::default() },
    );
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "dead").await;
    assert_eq!(row.tries, 1);
    let why = row.cause.unwrap()["why_no_more"].as_str().unwrap().to_owned();
    assert!(
        why.starts_with("the receiver wants to be left alone until ")
            && why.ends_with("the budget of 20 s ends before"),
        "{why}"
    );
}

async fn gone_is_the_end(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { fail_first: 9, status: 410, ..Behaviour::default() });
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "dead").await;
    assert_eq!((row.tries, row.cause.unwrap()["code"].as_str()), (1, Some("webhook/gone")));
    assert_eq!(bench.letters().await[0].code, "webhook/gone");
    bench.until_settled().await;
    assert_eq!(receiver.counts(), (1, 0));
}

async fn what_is_cancelled_is_not_tried_again(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { fail_first: u32::MAX, ..Behaviour::default() });
    let settings = "allow_private_addresses: true, retry_ms: [500], budget_ms: 60000";
    let mut bench = Bench::open(backing, &[endpoint("shop", &receiver.url("/shop"), settings)]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let delivery = bench.delivery(event, "shop");
    bench.until(delivery, "retrying").await;
    deliver::cancel(&bench.hub, bench.tenant, delivery, "operator", "the order was wrong").await.unwrap();
    bench.until_settled().await;
    let row = bench.get(delivery).await;
    assert_eq!(
        (row.state.as_str(), row.cause.unwrap()["sentence"].as_str()),
        ("cancelled", Some("the order was wrong"))
    );
    let last = bench.steps(delivery).await.pop().unwrap();
    assert_eq!(last.state, "cancelled", "nothing is said of it after that");
    let again = deliver::cancel(&bench.hub, bench.tenant, delivery, "operator", "twice").await;
    assert!(matches!(again, Err(deliver::Refused::State { .. })), "{again:?}");
}
