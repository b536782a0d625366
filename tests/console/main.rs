//! The console in a real Chromium, on a real hub on SQLite: what a person sees, and what the keys and buttons do.

mod dead;
mod editor;
mod held;
#[path = "../hub/mod.rs"]
mod hub;
mod live;
mod looks;
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

/// Types a key into the login form, once the form is ready for it: who types before loses letters.
async fn type_key(setup: &Setup, browser: &Browser, tenant: crossdock::canonical::Tenant) {
    wait_until(PATIENCE, "the cursor stands in the form", || async {
        let field = browser.execute("return document.activeElement.localName", json!([])).await;
        field.is_ok_and(|name| name == "input")
    })
    .await;
    browser.press(&format!("{}{}", setup.key(tenant, "admin").await, key::ENTER)).await.unwrap();
}

/// Logs a browser in by the form, with every right, and is then at a path.
async fn enter(setup: &Setup, browser: &Browser, tenant: crossdock::canonical::Tenant, path: &str) {
    browser.goto(&setup.at("/login")).await.unwrap();
    type_key(setup, browser, tenant).await;
    is_at(browser, "/").await;
    browser.goto(&setup.at(path)).await.unwrap();
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
    type_key(&setup, &browser, acme()).await;
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
    let marks = "return [...document.querySelectorAll('mark')].map(m => m.previousSibling.textContent + m.textContent)";
    let marks = browser.execute(marks, json!([])).await.unwrap();
    // The other set could be read, and its item is one that the core doesn't know.
    let expected = json!(["PO1*1*2*EA*1.25**VN*BOLT-01", "PO1*1*12x"]);
    assert_eq!(marks, expected, "each is marked where it stands, and nothing that looks alike");
    let (start, len) = setup.fault_place("0002").await;
    let bytes = setup::orders();
    assert_eq!(&bytes[start..start + len], "12x", "the bytes of the document at the fault's place");
    assert!(bytes[..start].ends_with("PO1*1*"));
    let faults = "return [...document.querySelectorAll('.fault')].map(f => f.innerText)";
    let faults = browser.execute(faults, json!([])).await.unwrap();
    let fault = faults[1].as_str().unwrap_or_else(|| panic!("two faults: {faults}"));
    assert!(fault.contains("PO102") && fault.contains("found") && fault.contains("expected"), "{fault}");
    picture(&browser, "document.png").await;
    assert!(!browser.text("body").await.unwrap().contains("To mend it"), "the letter is folded");
    browser.click("#letter summary").await.unwrap();
    sees(&browser, "To mend it").await;
    let letter = browser.text("#letter-text").await.unwrap();
    assert!(
        letter.contains("850 0002") && letter.contains("interchange 000000777") && letter.contains("PO102"),
        "{letter}"
    );
    assert!(
        letter.contains("PO1*1*12x*") && letter.contains("^^^"),
        "the segment as it was sent, with a mark: {letter}"
    );
    assert!(letter.contains("1 of 2 sets was accepted"), "{letter}");
    let mail = "return decodeURIComponent(document.getElementById('mail-letter').href)";
    let mail = browser.execute(mail, json!([])).await.unwrap();
    let begins = "mailto:edi@northwind.example?subject=2 faults in ";
    assert!(mail.as_str().is_some_and(|mail| mail.starts_with(begins)), "{mail}");
    browser.click("#copy-letter").await.unwrap();
    sees(&browser, "Copied").await;

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
        browser.text(".timeline").await.is_ok_and(|t| t.contains("Webhook to shop Delivered"))
    })
    .await;
    // What it had died of, and who sent it again and why, is not forgotten.
    let told = browser.text(".timeline").await.unwrap();
    assert!(told.contains("503") && told.contains("sent again by") && told.contains(": the shop is back"), "{told}");

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

/// An id that nothing has.
const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

#[tokio::test]
async fn a_session_sees_its_own_tenant_and_forms_need_their_token() {
    let setup = Setup::new().await;
    setup.send_orders().await;
    let own = setup.login(&setup.key(acme(), "read operate").await).await;
    let page = setup.get("/documents?q=000000777", &own).await;
    let document =
        page.1.split("href=\"/documents/").find_map(|p| p.get(..36).filter(|id| id.contains('-'))).expect("a row");
    let (status, shown) = setup.get(&format!("/documents/{document}"), &own).await;
    assert_eq!(status, 200);
    assert!(shown.contains("Contacts") && shown.contains("edi@northwind.example, +1 555 0100"), "{shown}");

    let other = setup.login(&setup.key(globex(), "read operate").await).await;
    for path in ["", "/raw"] {
        assert_eq!(setup.get(&format!("/documents/{document}{path}"), &other).await.0, 404);
    }
    let dead = setup.get("/dead", &own).await.1;
    let letter = dead.split("href=\"/dead/").nth(1).and_then(|p| p.get(..36)).expect("a dead letter");
    assert_eq!(setup.get(&format!("/dead/{letter}"), &own).await.0, 200);
    for path in [format!("/documents/{document}"), format!("/dead/{letter}"), "/story/PO-C1".to_owned()] {
        let (status, text) = setup.get(&path, &other).await;
        assert_eq!(status, 404, "{path}");
        // The same words as for what nobody has.
        let nobody = path.replace(document, NOBODY).replace(letter, NOBODY).replace("PO-C1", "PO-NONE");
        assert_eq!(text, setup.get(&nobody, &other).await.1, "{path}");
    }
    for page in ["/", "/documents", "/documents?q=PO-C1", "/documents?q=000000777", "/dead"] {
        let (status, text) = setup.get(page, &other).await;
        assert_eq!(status, 200);
        assert!(!text.contains(document) && !text.contains(letter) && !text.contains("northwind"), "{page}: {text}");
    }
    let csrf = setup.csrf(&other).await;
    for path in
        [format!("/documents/{document}/replay"), format!("/dead/{letter}/replay"), format!("/dead/{letter}/cancel")]
    {
        assert_eq!(setup.post(&path, &other, &[("csrf", &csrf), ("why", "x")]).await, 404, "{path}");
        // Another session's token is none.
        assert_eq!(setup.post(&path, &own, &[("csrf", &csrf), ("why", "x")]).await, 403, "{path}");
    }

    let some = "01a20eff-2a10-72bd-8ff3-66825d338145";
    for path in [
        format!("/documents/{document}/replay"),
        format!("/dead/{letter}/replay"),
        format!("/dead/{letter}/cancel"),
        format!("/messages/{some}/restart"),
        format!("/messages/{some}/cancel"),
        format!("/deliveries/{some}/replay"),
        format!("/deliveries/{some}/cancel"),
        "/logout".to_owned(),
    ] {
        for fields in [vec![("why", "x")], vec![("csrf", ""), ("why", "x")], vec![("csrf", "cdk_wrong"), ("why", "x")]]
        {
            assert_eq!(setup.post(&path, &own, &fields).await, 403, "{path} {fields:?}");
        }
    }
    let reference = [("scheme", "uom"), ("value", "ZX"), ("target", "EA"), ("message", some)];
    assert_eq!(setup.post("/references", &own, &reference).await, 403);
    assert_eq!(setup.get("/documents", "").await.0, 303, "nobody is logged in");
    assert_eq!(setup.try_login(&setup.key(acme(), "in").await).await.0, 403, "a key without `read`");
    assert_eq!(setup.try_login("cdk_no_key").await.0, 401);
}
