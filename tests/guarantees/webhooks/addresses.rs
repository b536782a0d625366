//! Webhooks go to checked addresses only, and to the very address that was checked.

use super::{
    bench::{Backing, Bench, endpoint, quick, receiver},
    on_both,
};
use crossdock::emit::address::Lookup;
use futures_util::future::BoxFuture;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

on_both!(a_private_address_is_refused, a_name_that_leads_inside_is_refused, a_name_is_resolved_once_a_connection);

/// A resolver whose answers change from call to call; the last one stays.
struct Changing {
    answers: Vec<Vec<SocketAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Changing {
    fn new(answers: &[&[&str]]) -> Arc<Changing> {
        let answers =
            answers.iter().map(|a| a.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()).collect();
        Arc::new(Changing { answers, asked: Mutex::default() })
    }
}

impl Lookup for Changing {
    fn lookup(&self, host: &str) -> BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(host.to_owned());
        let answer = self.answers[(asked.len() - 1).min(self.answers.len() - 1)].clone();
        Box::pin(async move { Ok(answer) })
    }
}

const GUARDED: &str = "retry_ms: [50], budget_ms: 150, timeout_ms: 2000";

async fn a_private_address_is_refused(backing: Backing) {
    let receiver = receiver().await;
    let mut bench = Bench::open(backing, &[endpoint("shop", &receiver.url("/shop"), GUARDED)]).await;
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "dead").await;
    let cause = row.cause.unwrap();
    assert_eq!(cause["code"], "webhook/address");
    assert_eq!(
        cause["sentence"],
        "not sent: 127.0.0.1 leads to 127.0.0.1, a loopback address; set `allow_private_addresses: true` on the endpoint if that is meant"
    );
    assert_eq!(receiver.counts(), (0, 0));
}

async fn a_name_that_leads_inside_is_refused(backing: Backing) {
    let receiver = receiver().await;
    let url = format!("http://hooks.example:{}/shop", receiver.port());
    let mut bench = Bench::open(backing, &[endpoint("shop", &url, GUARDED)]).await;
    let inside = Changing::new(&[&["127.0.0.1"], &["::ffff:127.0.0.1"], &["10.0.0.1", "169.254.169.254"], &["::1"]]);
    bench.resolve_by(inside.clone());
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "dead").await;
    let codes: Vec<String> =
        bench.steps(row.id).await.into_iter().filter_map(|s| s.cause?["code"].as_str().map(str::to_owned)).collect();
    assert!(codes.len() >= 2 && codes.iter().all(|c| c == "webhook/address"), "{codes:?}");
    assert_eq!(inside.asked.lock().unwrap().len() as i64, row.tries, "each try looks the name up anew, once");
    assert_eq!(receiver.counts(), (0, 0));
}

/// The check and the connection use one answer: a name whose second answer is another (DNS rebinding) gets nothing
/// sent to the second.
async fn a_name_is_resolved_once_a_connection(backing: Backing) {
    let (wanted, other) = (receiver().await, receiver().await);
    let url = format!("http://hooks.example:{}/shop", wanted.port());
    let mut bench = Bench::open(backing, &[quick("shop", &url)]).await;
    // 127.0.0.2 is another address of this machine, on which nobody listens.
    let changing = Changing::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    bench.resolve_by(changing.clone());
    bench.start();
    let event = bench.tell_one("order/northwind/PO1").await;
    let row = bench.until(bench.delivery(event, "shop"), "delivered").await;
    assert_eq!((row.tries, changing.asked.lock().unwrap().as_slice()), (1, ["hooks.example".to_owned()].as_slice()));
    assert_eq!((wanted.counts(), other.counts()), ((1, 0), (0, 0)));
}
