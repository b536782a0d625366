//! Chromium by chromedriver, on a page served here.

use crate::hub::services::{Browser, browser::keys};
use axum::{Router, response::Html, routing::get};
use serde_json::json;

const PAGE: &str = r#"<!doctype html><html lang="en"><title>A page</title>
<style>body { background: rgb(255, 255, 255) } @media (prefers-color-scheme: dark) { body { background: rgb(0, 0, 0) } }</style>
<input id="first"><input id="second"><button onclick="document.title = first.value + '/' + second.value">Go</button>
<p>Some <b>bold</b> text</p><script>console.error('a planted error')</script></html>"#;

async fn serve() -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let app = Router::new().route("/", get(|| async { Html(PAGE) }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn reads_types_presses_clicks_and_looks() {
    let (url, browser) = (serve().await, Browser::open().await);
    browser.goto(&url).await.unwrap();
    assert_eq!(browser.text("p").await.unwrap(), "Some bold text");

    browser.type_into("#first", "one").await.unwrap();
    browser.press(&format!("{}two", keys::TAB)).await.unwrap();
    browser.click("button").await.unwrap();
    assert_eq!(browser.execute("return document.title", json!([])).await.unwrap(), "one/two");
    browser.press(keys::TAB).await.unwrap();
    browser.press(&format!("{}{}", keys::TAB, keys::ENTER)).await.unwrap();

    let background = "return getComputedStyle(document.body).backgroundColor";
    browser.prefer_dark(true).await.unwrap();
    assert_eq!(browser.execute(background, json!([])).await.unwrap(), "rgb(0, 0, 0)");
    browser.prefer_dark(false).await.unwrap();
    assert_eq!(browser.execute(background, json!([])).await.unwrap(), "rgb(255, 255, 255)");

    let picture = browser.screenshot().await.unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "no PNG: {:?}", &picture[..8.min(picture.len())]);
    let console = browser.console().await.unwrap();
    assert!(console.iter().any(|line| line.contains("a planted error")), "{console:?}");

    let missing = browser.click("#nowhere").await;
    assert!(missing.as_ref().is_err_and(|error| error.contains("no such element")), "{missing:?}");
}
