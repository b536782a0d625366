//! The receiver that `listen`, the demo and the chaos tests believe: it tells gaps, repeats and forgeries from the rest.

use super::bench::SECRET;
use crossdock::{
    cli::receiver::{Behaviour, Gap, Options, Receiver},
    emit::signature::{ID, SIGNATURE, Secret, TIMESTAMP},
    store::now,
};
use std::sync::{Arc, Mutex};

async fn post(url: &str, secret: &str, id: &str, sequence: i64) -> u16 {
    let body = format!(r#"{{"id":"{id}","type":"order.placed","key":"order/x/1","sequence":{sequence},"data":{{}}}}"#);
    let at = now().0 / 1_000_000;
    let signature = Secret::parse(secret).unwrap().sign(id, at, body.as_bytes());
    let request = reqwest::Client::new().post(url).header(ID, id).header(TIMESTAMP, at).header(SIGNATURE, signature);
    request.body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn gaps_repeats_and_forgeries_are_told() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let tell = lines.clone();
    let receiver = Receiver::start(Options {
        secret: Some(Secret::parse(SECRET).unwrap()),
        tell: Some(Arc::new(move |line| {
            tell.lock().unwrap().push((line.status, line.taken_before, line.missing.clone(), line.fault.is_some()))
        })),
        ..Options::default()
    })
    .await
    .unwrap();
    let url = receiver.url("/shop");
    assert_eq!(post(&url, SECRET, "a", 1).await, 200);
    assert_eq!(post(&url, SECRET, "d", 4).await, 200);
    assert_eq!(receiver.gaps(), [Gap { path: "/shop".into(), key: "order/x/1".into(), missing: vec![2, 3] }]);
    assert_eq!(post(&url, SECRET, "a", 1).await, 200);
    assert_eq!(post(&url, "somebody else's", "b", 2).await, 401);
    assert_eq!(receiver.gaps()[0].missing, [2, 3], "what is not believed fills no gap");
    assert_eq!(post(&url, SECRET, "b", 2).await, 200);
    assert_eq!(post(&url, SECRET, "c", 3).await, 200);
    assert_eq!((receiver.gaps(), receiver.counts(), receiver.taken().len()), (vec![], (6, 1), 4));
    let expected = [
        (200, 0, vec![], false),
        (200, 0, vec![2, 3], false),
        (200, 1, vec![], false),
        (401, 0, vec![], true),
        (200, 0, vec![], false),
        (200, 0, vec![], false),
    ];
    assert_eq!(*lines.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_seed_refuses_the_same_tries_each_time() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let behaviour = Behaviour { fail_rate: 0.5, seed, status: 503, ..Behaviour::default() };
        let receiver = Receiver::start(Options { behaviour, ..Options::default() }).await.unwrap();
        let mut answers = Vec::new();
        for n in 0..32 {
            answers.push(post(&receiver.url("/"), SECRET, &format!("event-{}", n % 16), 1).await);
        }
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let refused = runs[0].iter().filter(|status| **status == 503).count();
    assert!((8..=24).contains(&refused), "{refused} of 32 at a rate of a half");
}
