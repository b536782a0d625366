//! The console in a real Chromium, on a real hub on SQLite: what a person sees, and what the keys and buttons do.

#[path = "../hub/mod.rs"]
mod hub;
mod setup;

use hub::{
    services::{Browser, browser::keys as key},
    wait::wait_until,
};
use serde_json::json;
use setup::{Setup, acme, globex};
use std::{sync::atomic::Ordering, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until the page's text holds these words.
async fn sees(browser: &Browser, words: &str) {
    wait_until(PATIENCE, &format!("the page shows `{words}`"), || async {
        browser.text("body").await.is_ok_and(|text| text.contains(words))
    })
    .await
}

async fn path(browser: &Browser) -> String {
    let path = browser.execute("return location.pathname + location.search", json!([])).await;
    path.ok().and_then(|p| p.as_str().map(str::to_owned)).unwrap_or_default()
}

async fn is_at(browser: &Browser, wanted: &str) {
    wait_until(PATIENCE, &format!("the address is {wanted}"), || async { path(browser).await == wanted }).await
}

async fn picture(browser: &Browser, name: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).expect("a folder of our own");
    std::fs::write(folder.join(name), browser.screenshot().await.expect("a picture")).expect("written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_finds_a_fault_and_replays_a_dead_letter_by_keyboard() {
    let setup = Setup::new().await;
    setup.send_orders().await;
    let browser = Browser::open().await;
    browser.goto(&setup.at("/documents")).await.unwrap();
    is_at(&browser, "/login?next=/documents").await;
    browser.press(&format!("{}{}", setup.key(acme(), "admin").await, key::ENTER)).await.unwrap();
    is_at(&browser, "/documents").await;
    browser.press("gf").await.unwrap();
    is_at(&browser, "/").await;
    sees(&browser, "Newest documents").await;
    wait_until(PATIENCE, "the picture is live", || async {
        let live = browser.execute("return document.documentElement.dataset.live", json!([])).await;
        live.is_ok_and(|l| l == "on")
    })
    .await;
    picture(&browser, "flow-light.png").await;

    browser.goto(&setup.at("/documents?q=000000777")).await.unwrap();
    sees(&browser, "Found by control number").await;
    browser.click("tbody a").await.unwrap();
    sees(&browser, "What went out").await;
    assert_eq!(browser.text("mark").await.unwrap(), "12x", "the fault is marked where it stands");
    let fault = browser.text(".fault").await.unwrap();
    assert!(fault.contains("PO102") && fault.contains("found") && fault.contains("expected"), "{fault}");
    picture(&browser, "document.png").await;

    browser.press("/PO-C1").await.unwrap();
    browser.press(key::ENTER).await.unwrap();
    is_at(&browser, "/story/PO-C1").await;
    sees(&browser, "order.confirmed").await;
    picture(&browser, "story.png").await;

    browser.press("gx").await.unwrap();
    is_at(&browser, "/dead").await;
    picture(&browser, "dead.png").await;
    browser.click(".group li a").await.unwrap();
    sees(&browser, "History").await;
    setup.is_up.store(true, Ordering::SeqCst);
    browser.type_into(".next input[name=why]", "the shop is back").await.unwrap();
    browser.press(key::ENTER).await.unwrap();
    is_at(&browser, "/story/PO-C1").await;
    wait_until(PATIENCE, "the replayed webhook is delivered", || async {
        let _ = browser.goto(&setup.at("/story/PO-C1")).await;
        browser.text(".timeline").await.is_ok_and(|t| t.contains("webhook to shop Delivered"))
    })
    .await;

    browser.goto(&setup.at("/")).await.unwrap();
    browser.prefer_dark(true).await.unwrap();
    let background = "return getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.execute(background, json!([])).await.unwrap(), "rgb(18, 22, 28)");
    picture(&browser, "flow-dark.png").await;
    browser.click("#theme").await.unwrap();
    assert_eq!(browser.execute(background, json!([])).await.unwrap(), "rgb(246, 247, 249)");
    let complaints = browser.console().await.unwrap();
    assert!(!complaints.iter().any(|c| c.contains("Content Security Policy")), "{complaints:?}");
}

#[tokio::test]
async fn a_session_sees_its_own_tenant_and_forms_need_their_token() {
    let setup = Setup::new().await;
    setup.send_orders().await;
    let own = setup.login(&setup.key(acme(), "read operate").await).await;
    let page = setup.get("/documents?q=000000777", &own).await;
    let document =
        page.1.split("href=\"/documents/").find_map(|p| p.get(..36).filter(|id| id.contains('-'))).expect("a row");
    assert_eq!(setup.get(&format!("/documents/{document}"), &own).await.0, 200);

    let other = setup.login(&setup.key(globex(), "read operate").await).await;
    for path in ["", "/raw"] {
        assert_eq!(setup.get(&format!("/documents/{document}{path}"), &other).await.0, 404);
    }
    assert_eq!(setup.get("/story/PO-C1", &other).await.0, 404);
    assert!(!setup.get("/", &other).await.1.contains("orders.edi"));

    for csrf in ["", "cdk_wrong"] {
        let sent = setup.post(&format!("/documents/{document}/replay"), &own, &[("csrf", csrf), ("why", "x")]).await;
        assert_eq!(sent, 403, "{csrf:?}");
    }
    assert_eq!(setup.get("/documents", "").await.0, 303, "nobody is logged in");
    assert_eq!(setup.try_login(&setup.key(acme(), "in").await).await.0, 403, "a key without `read`");
    assert_eq!(setup.try_login("cdk_no_key").await.0, 401);
}
