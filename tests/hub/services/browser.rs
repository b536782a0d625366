//! A real Chromium by chromedriver, over plain HTTP (W3C WebDriver).

use super::{
    http::{block_on, client},
    port::free_port,
    process::{self, Folder},
};
use crate::hub::wait::wait_for;
use base64::Engine;
use serde_json::{Value, json};
use std::{process::Command, sync::Mutex, time::Duration};

/// The key under which an element's id comes. W3C WebDriver §11 (web element identifier).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that are no characters. W3C WebDriver §17.4.2 (normalised key values).
pub mod keys {
    pub const TAB: &str = "\u{E004}";
    pub const ENTER: &str = "\u{E007}";
    pub const ESCAPE: &str = "\u{E00C}";
    pub const SPACE: &str = "\u{E00D}";
    pub const LEFT: &str = "\u{E012}";
    pub const UP: &str = "\u{E013}";
    pub const RIGHT: &str = "\u{E014}";
    pub const DOWN: &str = "\u{E015}";
}

/// One browser with one page; closed when dropped. Commands that fail are an `Err` that says what chromedriver said.
pub struct Browser {
    client: reqwest::Client,
    /// `…/session/ID`
    session: String,
}

impl Browser {
    /// A headless window of 1200 × 800 by the driver at `TEST_WEBDRIVER_URL`, else by one that this test binary shares.
    pub async fn open() -> Browser {
        let driver = match std::env::var("TEST_WEBDRIVER_URL") {
            Ok(url) => url.trim_end_matches('/').to_owned(),
            Err(_) => own_driver().await,
        };
        let client = client();
        let arguments = [
            "--headless",
            "--no-sandbox", // wanted when root runs it; it loads nothing but our own pages
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--window-size=1200,800",
            // Chromium then ends with the driver that holds the other end of the pipe, even if that is killed.
            "--remote-debugging-pipe",
        ];
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        }}});
        let answer = command(client.post(format!("{driver}/session")).json(&wanted)).await;
        let answer = answer.unwrap_or_else(|error| panic!("no browser from {driver}: {error}"));
        let id = answer["sessionId"].as_str().unwrap_or_else(|| panic!("no session id in {answer}"));
        Browser { client, session: format!("{driver}/session/{id}") }
    }

    /// Loads a page and waits for its `load` event.
    pub async fn goto(&self, url: &str) -> Result<(), String> {
        self.post("/url", json!({ "url": url })).await.map(|_| ())
    }

    /// Runs a function body in the page and returns what it returns. `arguments` are its `arguments`.
    pub async fn execute(&self, script: &str, arguments: Value) -> Result<Value, String> {
        self.post("/execute/sync", json!({ "script": script, "args": arguments })).await
    }

    /// The window as a PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>, String> {
        let answer = command(self.client.get(format!("{}/screenshot", self.session))).await?;
        let text = answer.as_str().ok_or("the screenshot is no string")?;
        base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())
    }

    /// Clicks the first element of a CSS selector, as a pointer would: what is hidden or covered is an error.
    pub async fn click(&self, css: &str) -> Result<(), String> {
        let element = self.find(css).await?;
        self.post(&format!("/element/{element}/click"), json!({})).await.map(|_| ())
    }

    /// Types into the first element of a CSS selector.
    pub async fn type_into(&self, css: &str, text: &str) -> Result<(), String> {
        let element = self.find(css).await?;
        self.post(&format!("/element/{element}/value"), json!({ "text": text })).await.map(|_| ())
    }

    /// The visible text of the first element of a CSS selector.
    pub async fn text(&self, css: &str) -> Result<String, String> {
        let element = self.find(css).await?;
        let answer = command(self.client.get(format!("{}/element/{element}/text", self.session))).await?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    /// Presses keys one after the other, wherever the focus is: characters and [`keys`].
    pub async fn press(&self, text: &str) -> Result<(), String> {
        let strokes =
            text.chars().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })));
        let actions =
            json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes.collect::<Vec<_>>() }] });
        self.post("/actions", actions).await.map(|_| ())
    }

    /// What the person at the screen prefers: `prefers-color-scheme`.
    pub async fn prefer_dark(&self, dark: bool) -> Result<(), String> {
        let scheme = if dark { "dark" } else { "light" };
        let parameters = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": parameters });
        self.post("/goog/cdp/execute", body).await.map(|_| ())
    }

    pub async fn resize(&self, width: u32, height: u32) -> Result<(), String> {
        self.post("/window/rect", json!({ "width": width, "height": height })).await.map(|_| ())
    }

    /// What the page wrote to its console since the last call, errors of loading included: `SEVERE: …`.
    pub async fn console(&self) -> Result<Vec<String>, String> {
        let answer = self.post("/se/log", json!({ "type": "browser" })).await?;
        let lines = answer.as_array().into_iter().flatten();
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        Ok(lines.map(|line| format!("{}: {}", text(line, "level"), text(line, "message"))).collect())
    }

    async fn find(&self, css: &str) -> Result<String, String> {
        let found = self.post("/element", json!({ "using": "css selector", "value": css })).await?;
        found[ELEMENT].as_str().map(str::to_owned).ok_or_else(|| format!("no element id in {found}"))
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        command(self.client.post(format!("{}{path}", self.session)).json(&body)).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let session = self.session.clone();
        block_on(async move {
            let _ = client().delete(session).send().await;
        });
    }
}

/// Sends a WebDriver command and takes `value` out of the answer.
async fn command(request: reqwest::RequestBuilder) -> Result<Value, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    let status = response.status();
    let mut answer: Value = response.json().await.map_err(|error| error.to_string())?;
    let value = answer["value"].take();
    if status.is_success() {
        return Ok(value);
    }
    Err(format!("{}: {}", value["error"].as_str().unwrap_or("error"), value["message"].as_str().unwrap_or_default()))
}

/// A chromedriver of this test binary's own.
async fn own_driver() -> String {
    static URL: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    URL.get_or_init(|| async {
        let (folder, port) = (Folder::new("chromedriver"), free_port());
        let log = folder.path().join("log");
        let mut driver = Command::new("chromedriver");
        driver.arg(format!("--port={port}")).env("TMPDIR", folder.path());
        process::log_to(&mut driver, &log);
        let driver = Mutex::new(process::spawn(driver));
        let url = format!("http://127.0.0.1:{port}");
        let status = format!("{url}/status");
        wait_for(Duration::from_secs(30), "chromedriver to be ready", || async {
            let answer = command(client().get(&status)).await?;
            if answer["ready"] == true { Ok(()) } else { Err(answer.to_string()) }
        })
        .await;
        process::at_exit(move || {
            if let Ok(mut driver) = driver.lock() {
                process::kill_tree(&mut driver);
            }
            drop(folder);
        });
        url
    })
    .await
    .clone()
}
