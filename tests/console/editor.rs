//! The editor of mappings: what a key changes is seen at once, faults stand at their lines, fields lead to their bytes.

use super::{PATIENCE, enter, picture, sees};
use crate::{
    hub::{services::Browser, wait::wait_until},
    setup::{Setup, acme, globex},
};
use serde_json::{Value, json};
use std::time::Instant;

const LINES: usize = 100;
/// From a key to the result that is drawn, the middle of all that are typed, on a machine that does [`yardstick`] in
/// `YARD_MS`. A slower one, or one that others use at the same time, has as much more.
const GOAL_MS: f64 = 100.0;
const YARD_MS: f64 = 20.0;

fn order() -> String {
    let head =
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *261102*0900*U*00401*000000901*0*T*>~
GS*PO*NORTHWIND*ACMEDIST*20261102*0900*9*X*004010~
ST*850*0001~
BEG*00*SA*PO-E1**20261102~
REF*DP*TOOLS~
N1*ST*Store 12*92*STORE12~
";
    let lines: String =
        (1..=LINES).map(|n| format!("PO1*{n}*{}*EA*{n}.25**VN*BOLT-{n:02}*BP*B{n}~\n", n * 2)).collect();
    format!("{head}{lines}CTT*{LINES}~\nSE*{}*0001~\nGE*1*9~\nIEA*1*000000901~\n", LINES + 6)
}

async fn value(browser: &Browser, script: &str) -> Value {
    browser.execute(script, json!([])).await.unwrap()
}

async fn answers(browser: &Browser) -> u64 {
    let count = value(browser, "return Number(document.getElementById('editor').dataset.answers ?? 0)").await;
    count.as_u64().unwrap_or_default()
}

/// Waits for one more answer than there were.
async fn answered(browser: &Browser, before: u64) {
    wait_until(PATIENCE, "the editor has an answer", || async { answers(browser).await > before }).await
}

/// Puts a text into a field as if it had been pasted.
async fn paste(browser: &Browser, field: &str, text: &str) {
    let before = answers(browser).await;
    let script = "const [id, text] = arguments; const area = document.getElementById(id); area.value = text; \
                  area.dispatchEvent(new Event('input', { bubbles: true }))";
    browser.execute(script, json!([field, text])).await.unwrap();
    answered(browser, before).await;
}

/// Milliseconds of work that has nothing to do with the editor: some for the browser, some for this process.
async fn yardstick(browser: &Browser) -> f64 {
    let script = "const began = performance.now(); const rows = '<tr><td><button>a</button></td><td>b</td></tr>'.repeat(250); \
                  const at = document.createElement('div'); \
                  for (let n = 0; n < 10; n++) at.innerHTML = `<table><tbody>${rows}</tbody></table>`; \
                  return performance.now() - began";
    let in_browser = value(browser, script).await.as_f64().unwrap();
    let began = Instant::now();
    let sum = (0..1_000_000u64).fold(0u64, |sum, n| sum.rotate_left(5) ^ std::hint::black_box(n));
    std::hint::black_box(sum);
    in_browser + began.elapsed().as_secs_f64() * 1_000.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_answered_at_once_for_an_order_of_a_hundred_lines() {
    let setup = Setup::alone().await;
    let browser = Browser::open().await;
    browser.resize(1600, 1000).await.unwrap();
    enter(&setup, &browser, acme(), "/mappings").await;
    sees(&browser, "x12/4010/850-order").await;
    browser.click("a[href='/mappings/x12/4010/850-order']").await.unwrap();
    sees(&browser, "Result").await;
    let order = order();
    paste(&browser, "sample", &order).await;
    let result = browser.text("#result").await.unwrap();
    assert!(result.contains("PO-E1") && result.contains("911 fields"), "{result}");

    // A comment typed at the end of the first line, key by key.
    let end = "const t = document.getElementById('text'); const at = t.value.indexOf('\\n'); t.focus(); t.setSelectionRange(at, at)";
    value(&browser, end).await;
    let (mut took, mut yards) = (Vec::new(), Vec::new());
    for letter in " # typed by hand".chars() {
        yards.push(yardstick(&browser).await);
        let before = answers(&browser).await;
        browser.press(&letter.to_string()).await.unwrap();
        answered(&browser, before).await;
        took.push(
            value(&browser, "return Number(document.getElementById('editor').dataset.took)").await.as_f64().unwrap(),
        );
    }
    took.sort_by(f64::total_cmp);
    yards.sort_by(f64::total_cmp);
    let (middle, yard) = (took[took.len() / 2], yards[yards.len() / 2]);
    eprintln!(
        "a key to its result, {LINES} lines: {middle:.0} ms in the middle, {:.0} to {:.0}; the yardstick {yard:.0} ms",
        took[0],
        took[took.len() - 1]
    );
    let slower = (yard / YARD_MS).max(1.0);
    assert!(middle < GOAL_MS * slower, "a machine {slower:.1} times slower: {took:?}");
    picture(&browser, "editor.png").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_stand_at_their_lines_and_fields_lead_to_their_bytes() {
    let setup = Setup::new().await;
    let browser = Browser::open().await;
    enter(&setup, &browser, acme(), "/mappings/x12/4010/850-order").await;
    sees(&browser, "the mapping has no fault").await;
    paste(&browser, "sample", &order()).await;

    let text = value(&browser, "return document.getElementById('text').value").await;
    let text = text.as_str().unwrap().to_owned();
    let line = 1 + text.lines().position(|line| line == "  number: BEG03").unwrap();
    paste(&browser, "text", &text.replace("  number: BEG03", "  number: BEG33")).await;
    let told = browser.text("#result").await.unwrap();
    assert!(told.contains("Faulty") && told.contains(&format!("{line}:11")) && told.contains("BEG33"), "{told}");
    let marked = value(&browser, "return document.querySelector('#lines .bad').textContent.trim()").await;
    assert_eq!(marked, line.to_string());
    browser.click("#result .jump").await.unwrap();
    let at = value(
        &browser,
        "const t = document.getElementById('text'); return t.value.slice(t.selectionStart, t.selectionStart + 5)",
    )
    .await;
    assert_eq!(at, "BEG33");

    paste(&browser, "text", &text.replace("  number: BEG03", "  number: BEG03 | cut(4)")).await;
    let told = browser.text("#result").await.unwrap();
    assert!(told.contains("Reads") && told.contains("PO-E") && !told.contains("PO-E1"), "{told}");
    // What nobody reads is listed, too.
    paste(&browser, "text", &text).await;
    let before = answers(&browser).await;
    browser.click("#result .more").await.unwrap();
    answered(&browser, before).await;
    let jump = "[...document.querySelectorAll('.made .jump')].find((j) => j.textContent === '/lines/98/item/0/id')";
    value(&browser, &format!("{jump}.click()")).await;
    let chosen = "const s = document.getElementById('sample'); return s.value.slice(s.selectionStart, s.selectionEnd)";
    assert_eq!(value(&browser, chosen).await, "BOLT-99");
    let line = "const t = document.getElementById('text'); return t.value.slice(t.selectionStart, t.selectionEnd)";
    let line = value(&browser, line).await;
    assert!(line.as_str().is_some_and(|line| line.contains("item:")), "{line}");
    assert_eq!(browser.console().await.unwrap().iter().filter(|c| c.starts_with("SEVERE")).count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_kept_for_its_tenant_alone() {
    let setup = Setup::new().await;
    let browser = Browser::open().await;
    enter(&setup, &browser, acme(), "/mappings/x12/4010/850-order").await;
    sees(&browser, "the mapping has no fault").await;
    let text = value(&browser, "return document.getElementById('text').value").await;
    paste(&browser, "text", &format!("{}# ours\n", text.as_str().unwrap())).await;
    browser.type_into("input[name=why]", "a note of our own").await.unwrap();
    browser.click("button[name=draft]").await.unwrap();
    sees(&browser, "a note of our own").await;
    sees(&browser, "crossdock mapping review x12/4010/850-order@1").await;
    browser.click("#versions a").await.unwrap();
    wait_until(PATIENCE, "the draft's text is shown", || async {
        let script = "return location.search + document.getElementById('text').value.endsWith('# ours\\n')";
        browser.execute(script, json!([])).await.is_ok_and(|shown| shown == "?version=1true")
    })
    .await;

    let other = setup.login(&setup.key(globex(), "read operate").await).await;
    let (status, page) = setup.get("/mappings/x12/4010/850-order", &other).await;
    assert_eq!(status, 200);
    assert!(!page.contains("a note of our own"), "{page}");
    assert_eq!(setup.get("/mappings/x12/4010/850-order?version=1", &other).await.0, 404);
    assert_eq!(setup.get("/mappings/no/such", &other).await.0, 404);
    // A key that may only read tries, and keeps nothing.
    let reader = setup.login(&setup.key(globex(), "read").await).await;
    let csrf = setup.csrf(&reader).await;
    let tried = [("csrf", csrf.as_str()), ("text", "mapping%3A%20x"), ("part", "1")];
    assert_eq!(setup.post("/mappings/x12/4010/850-order", &reader, &tried).await, 200);
    let kept = [("csrf", csrf.as_str()), ("text", "mapping%3A%20x"), ("draft", "1"), ("why", "x")];
    assert_eq!(setup.post("/mappings/x12/4010/850-order", &reader, &kept).await, 403);
    assert_eq!(setup.post("/mappings/x12/4010/850-order", &reader, &[("csrf", "no"), ("text", "x")]).await, 403);
}
