//! The live parts: they change without a reload, and cost one look a second however many pages are open.

use super::{PATIENCE, enter, sees};
use crate::{
    hub::{services::Browser, wait::wait_until},
    setup::{Setup, acme},
};
use crossdock::console::Console;
use futures_util::StreamExt;
use serde_json::json;
use std::{cell::Cell, time::Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_appears_on_an_open_page() {
    let setup = Setup::new().await;
    let browser = Browser::open().await;
    enter(&setup, &browser, acme(), "/").await;
    sees(&browser, "0\nDead letters").await;
    assert!(!browser.text("#newest").await.unwrap().contains("http-"), "nothing came yet");
    browser.execute("window.loadedOnce = true", json!([])).await.unwrap();
    setup.send_orders().await;
    wait_until(
        PATIENCE,
        "the open page shows the document, an order of which was refused, and the dead letter",
        || async {
            let newest = browser.text("#newest").await.unwrap_or_default();
            let needs = browser.text(".needs .bad").await.unwrap_or_default();
            newest.contains("Refused") && needs.contains("Dead letters")
        },
    )
    .await;
    assert_eq!(browser.execute("return window.loadedOnce", json!([])).await.unwrap(), true, "it was not loaded again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_open_pages_cost_one_look_a_second_and_none_when_closed() {
    let setup = Setup::new().await;
    let console = Console::new(setup.hub(), CancellationToken::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = format!("http://{}", listener.local_addr().expect("an address"));
    let pages = crossdock::console::router(console.clone());
    tokio::spawn(async move { axum::serve(listener, pages).await });
    let cookie = setup.login_at(&at, &setup.key(acme(), "read").await).await;

    let client = reqwest::Client::new();
    let mut open = Vec::new();
    for _ in 0..100 {
        let answer = client.get(format!("{at}/live")).header("cookie", &cookie).send().await.expect("a stream");
        assert_eq!(answer.status(), 200);
        open.push(answer.bytes_stream());
    }
    for stream in &mut open {
        let first = stream.next().await.expect("an event").expect("bytes");
        assert!(String::from_utf8_lossy(&first).contains("event: flow"), "each page gets the frame");
    }
    let (began, before) = (Instant::now(), console.sampler.looks());
    wait_until(PATIENCE, "three more looks", || async { console.sampler.looks() >= before + 3 }).await;
    let looks = console.sampler.looks() - before;
    let most = began.elapsed().as_secs() + 2;
    assert!(looks <= most, "{looks} looks in {:?} for 100 pages", began.elapsed());

    drop(open);
    let last = Cell::new((console.sampler.looks(), Instant::now()));
    wait_until(PATIENCE, "nobody looks for three seconds", || async {
        let looks = console.sampler.looks();
        if looks != last.get().0 {
            last.set((looks, Instant::now()));
        }
        last.get().1.elapsed().as_secs() >= 3
    })
    .await;
}
