//! Receivers that drip, flood, hang, redirect or die: each costs itself a bounded time and nobody else anything.

use super::{
    bench::{Backing, Bench, endpoint, event, quick, receiver},
    on_both,
};
use crate::hub::wait::wait_for;
use crossdock::cli::receiver::{Behaviour, Odd};
use serde_json::json;
use std::time::{Duration, Instant};

on_both!(
    a_dripping_body_is_cut,
    a_body_without_end_is_cut,
    a_head_that_never_comes_is_cut,
    a_head_without_end_is_cut,
    a_redirect_is_not_followed,
    a_slow_receiver_blocks_nobody_else,
    nobody_there,
);

async fn a_dripping_body_is_cut(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { odd: Odd::Drip { every_ms: 50 }, ..Behaviour::default() });
    receiver.behave("/bad", Behaviour { odd: Odd::Drip { every_ms: 50 }, fail_first: 1, ..Behaviour::default() });
    let mut bench =
        Bench::open(backing, &[quick("shop", &receiver.url("/shop")), quick("bad", &receiver.url("/bad"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    // What the head said counts, whatever the body does.
    for (endpoint, tries) in [("shop", 1), ("bad", 2)] {
        let row = bench.until(bench.delivery(event, endpoint), "delivered").await;
        assert_eq!(row.tries, tries);
        let last = bench.steps(row.id).await.pop().unwrap().cause.unwrap();
        assert_eq!(last["answer"], "cut");
        let ms = last["ms"].as_i64().unwrap();
        assert!((900..4_000).contains(&ms), "the body was waited for {ms} ms");
    }
}

async fn a_body_without_end_is_cut(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { odd: Odd::Flood, fail_first: 1, ..Behaviour::default() });
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "delivered").await;
    let steps = bench.steps(row.id).await;
    let refused = steps.iter().find(|s| s.state == "retrying").unwrap().cause.clone().unwrap();
    assert_eq!(refused["answer"].as_str().unwrap(), "x".repeat(300), "only its beginning is kept");
    let ms: Vec<i64> = steps.iter().filter_map(|s| s.cause.as_ref()?["ms"].as_i64()).collect();
    assert!(ms.iter().all(|ms| *ms < 900), "bytes cut it before time did: {ms:?} ms");
}

async fn a_head_that_never_comes_is_cut(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/shop", Behaviour { odd: Odd::Hang, ..Behaviour::default() });
    let settings = "allow_private_addresses: true, retry_ms: [60000], timeout_ms: 300";
    let mut bench = Bench::open(backing, &[endpoint("shop", &receiver.url("/shop"), settings)]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "retrying").await;
    let cause = row.cause.unwrap();
    assert_eq!(
        (cause["code"].as_str(), cause["sentence"].as_str()),
        (Some("webhook/timeout"), Some("no answer within 300 ms"))
    );
    let ms = bench.steps(row.id).await.pop().unwrap().cause.unwrap()["ms"].as_i64().unwrap();
    assert!((300..2_000).contains(&ms), "{ms} ms");
}

/// A head that goes on for ever, as fast as it is read.
async fn a_head_without_end_is_cut(backing: Backing) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/shop", listener.local_addr().unwrap());
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = sent.clone();
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            tokio::spawn(head_without_end(peer, count.clone()));
        }
    });
    let settings = "allow_private_addresses: true, retry_ms: [60000], timeout_ms: 60000";
    let mut bench = Bench::open(backing, &[endpoint("shop", &url, settings)]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "retrying").await;
    assert_eq!(row.cause.unwrap()["code"], "webhook/broken_off", "by its size, not by its time");
    let sent = sent.load(std::sync::atomic::Ordering::Relaxed);
    assert!(sent < 16 << 20, "{sent} bytes of head were taken");
}

/// Answers what it was asked: bytes that come before the request are another fault.
async fn head_without_end(mut peer: tokio::net::TcpStream, sent: std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    if !matches!(peer.read(&mut [0; 4096]).await, Ok(1..)) {
        return;
    }
    let mut line = b"HTTP/1.1 200 OK\r\n".to_vec();
    while peer.write_all(&line).await.is_ok() {
        sent.fetch_add(line.len(), std::sync::atomic::Ordering::Relaxed);
        line = format!("x-{}: {}\r\n", line.len(), "y".repeat(1_000)).into_bytes();
    }
}

async fn a_redirect_is_not_followed(backing: Backing) {
    let receiver = receiver().await;
    let elsewhere = receiver.url("/elsewhere");
    receiver.behave(
        "/shop",
        Behaviour { fail_first: 1, status: 307, location: Some(elsewhere.clone()), ..Behaviour::default() },
    );
    let mut bench = Bench::open(backing, &[quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "delivered").await;
    let refused = bench.steps(row.id).await.into_iter().find(|s| s.state == "retrying").unwrap().cause.unwrap();
    assert_eq!(refused["code"], "webhook/redirect");
    assert!(refused["sentence"].as_str().unwrap().contains(&elsewhere), "{refused}");
    assert!(receiver.of("/elsewhere", &event.to_string()).is_none());
}

async fn a_slow_receiver_blocks_nobody_else(backing: Backing) {
    let receiver = receiver().await;
    receiver.behave("/hung", Behaviour { odd: Odd::Hang, ..Behaviour::default() });
    let hung = endpoint("hung", &receiver.url("/hung"), "allow_private_addresses: true, timeout_ms: 60000");
    let mut bench = Bench::open(backing, &[hung, quick("shop", &receiver.url("/shop"))]).await;
    bench.start();
    let events: Vec<_> =
        (0..200).map(|n| event(bench.tenant, "order.placed", &format!("order/x/{n}"), json!({}))).collect();
    let began = Instant::now();
    let ids = bench.tell(events, None).await;
    for id in &ids {
        bench.until(bench.delivery(*id, "shop"), "delivered").await;
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    let hung: Vec<_> = receiver.seen().into_iter().filter(|s| s.path == "/hung").collect();
    assert!(hung.len() <= 8, "at once to one target: {}", hung.len());
    assert_eq!(bench.get(bench.delivery(ids[0], "hung")).await.state, "pending");
    // Stopping does not wait for the hung one, and loses none.
    let began = Instant::now();
    bench.stop().await;
    assert!(began.elapsed() < Duration::from_secs(9), "stopped after {:?}", began.elapsed());
    receiver.behave("/hung", Behaviour::default());
    bench.start();
    for id in &ids {
        bench.until(bench.delivery(*id, "hung"), "delivered").await;
    }
    bench.until_settled().await;
}

async fn nobody_there(backing: Backing) {
    let receiver = receiver().await;
    let (url, port) = (receiver.url("/shop"), receiver.port());
    receiver.stop();
    wait_for(Duration::from_secs(5), "the port to be closed", || async {
        match tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
            Ok(_) => Err("it still takes connections".to_owned()),
            Err(_) => Ok(()),
        }
    })
    .await;
    let mut bench = Bench::open(backing, &[quick("shop", &url)]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "retrying").await;
    let cause = row.cause.unwrap();
    assert_eq!(cause["code"], "webhook/connect");
    assert!(cause["sentence"].as_str().unwrap().contains("Connection refused"), "{cause}");
}
