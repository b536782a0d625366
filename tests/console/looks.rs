//! What the eye and the keyboard need: contrast in both colour schemes, a focus that is seen, an order that makes sense.

use super::{enter, is_at, sees};
use crate::{
    hub::services::{Browser, browser::keys as key},
    setup::{Setup, acme},
};
use serde_json::{Value, json};

/// Every text that is shown with less than 4.5 : 1 against what lies behind it. WCAG 2.2 §1.4.3 (contrast, minimum).
const FAINT: &str = r#"
    const parse = (text) => { const n = text.match(/[\d.]+/g).map(Number); return { rgb: n.slice(0, 3), a: n[3] ?? 1 }; };
    const over = (top, under) => top.rgb.map((v, i) => v * top.a + under[i] * (1 - top.a));
    const light = (rgb) => {
      const [r, g, b] = rgb.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      const layers = [];
      for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
      return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
    };
    const faint = [];
    let seen = 0;
    for (const element of document.body.querySelectorAll("*")) {
      const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      const filled = element.matches("input, select") && (element.value || element.placeholder);
      if (!(own || filled) || !element.checkVisibility({ checkVisibilityCSS: true })) continue;
      const part = filled && !element.value && element.placeholder ? "::placeholder" : undefined;
      const under = behind(element);
      const ink = over(parse(getComputedStyle(element, part).color), under);
      const [high, low] = [light(ink), light(under)].sort((a, b) => b - a);
      const ratio = (high + 0.05) / (low + 0.05);
      seen += 1;
      if (ratio < 4.5) faint.push(`${element.tagName}.${element.className} “${element.textContent.slice(0, 30)}” ${ratio.toFixed(2)}`);
    }
    return { seen, faint };
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_can_be_read_in_light_and_dark_and_breaks_no_policy() {
    let setup = Setup::new().await;
    setup.send_orders().await;
    let browser = Browser::open().await;
    browser.prefer_dark(true).await.unwrap();
    browser.goto(&setup.at("/login")).await.unwrap();
    readable(&browser, "/login").await;
    enter(&setup, &browser, acme(), "/").await;
    let found = |page: &str, start: &str| {
        let at = page.find(&format!("href=\"{start}")).expect("a link") + 6;
        page[at..].split('"').next().unwrap_or_default().to_owned()
    };
    let cookie = setup.login(&setup.key(acme(), "read").await).await;
    let document = found(&setup.get("/documents", &cookie).await.1, "/documents/");
    let letter = found(&setup.get("/dead", &cookie).await.1, "/dead/");
    let pages = [
        "/",
        "/documents",
        "/documents?q=nothing-like-it",
        &document,
        "/story/PO-C1",
        "/dead",
        &letter,
        "/mappings",
        "/mappings/x12/4010/850-order",
        "/coverage?mapping=x12%2F4010%2F850-order",
    ];
    for page in pages {
        browser.goto(&setup.at(page)).await.unwrap();
        for dark in [false, true] {
            browser.prefer_dark(dark).await.unwrap();
            readable(&browser, page).await;
        }
        for width in [390, 1200] {
            browser.resize(width, 800).await.unwrap();
            let over = "return document.documentElement.scrollWidth - innerWidth";
            let over = browser.execute(over, json!([])).await.unwrap();
            assert!(over.as_f64().is_some_and(|over| over <= 0.0), "{page} is {over} px too wide at {width}");
        }
    }
    let complaints = complaints(&browser).await;
    assert!(complaints.is_empty(), "the browser's console is silent: {complaints:?}");
    // What somebody smuggled in would not run, and would be heard of here.
    let smuggled = "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); return window.ran ?? false";
    assert_eq!(browser.execute(smuggled, json!([])).await.unwrap(), false);
    let heard = self::complaints(&browser).await;
    assert!(heard.iter().any(|c| c.contains("Content Security Policy")), "{heard:?}");
}

/// Errors and warnings; Chromium's hints to authors are none.
async fn complaints(browser: &Browser) -> Vec<String> {
    let lines = browser.console().await.unwrap();
    lines.into_iter().filter(|line| line.starts_with("SEVERE") || line.starts_with("WARNING")).collect()
}

async fn readable(browser: &Browser, page: &str) {
    let told = browser.execute(FAINT, json!([])).await.unwrap();
    assert!(told["seen"].as_u64().is_some_and(|n| n >= 4), "{page}: {told}");
    assert_eq!(told["faint"], json!([]), "{page}");
}

/// Where the focus is, whether it is seen, and where it stands among all that can have it.
const FOCUS: &str = r#"
    const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']")]
      .filter((e) => e.checkVisibility({ checkVisibilityCSS: true }));
    const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
    return {
      at: all.indexOf(e), of: all.length, what: `${e.tagName} ${e.id} ${e.textContent.slice(0, 30)}`,
      seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.bottom > 0 && box.top >= 0 && box.top < innerHeight,
    };
"#;

async fn focus(browser: &Browser) -> Value {
    browser.execute(FOCUS, json!([])).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tab_goes_through_a_page_in_its_order_and_is_always_seen() {
    let setup = Setup::new().await;
    setup.send_orders().await;
    let browser = Browser::open().await;
    enter(&setup, &browser, acme(), "/story/PO-C1").await;
    sees(&browser, "Send again").await;
    let count = focus(&browser).await["of"].as_u64().unwrap();
    assert!(count >= 12, "{count}");
    for n in 0..count {
        browser.press(key::TAB).await.unwrap();
        let now = focus(&browser).await;
        assert_eq!((now["at"].as_u64(), &now["seen"]), (Some(n), &json!(true)), "step {n}: {now}");
    }

    // The first stop leads past the head of the page.
    browser.goto(&setup.at("/documents")).await.unwrap();
    browser.press(key::TAB).await.unwrap();
    assert!(focus(&browser).await["what"].as_str().is_some_and(|w| w.contains("Skip")));
    browser.press(key::ENTER).await.unwrap();
    let on = browser.execute("return document.activeElement.id", json!([])).await.unwrap();
    assert_eq!(on, "main");
    browser.press(key::TAB).await.unwrap();
    assert_eq!(browser.execute("return document.activeElement.id", json!([])).await.unwrap(), "find");
    browser.press(&format!("PO-C1{}", key::ENTER)).await.unwrap();
    is_at(
        &browser,
        "/documents?q=PO-C1&state=&partner=&connection=&type=&time=&sender=&receiver=&standard=&control=&number=&key=",
    )
    .await;
    // The keys are told, and told off again.
    browser.press("?").await.unwrap();
    sees(&browser, "this list").await;
    browser.press(key::ESCAPE).await.unwrap();
    let open = browser.execute("return document.getElementById('help').open", json!([])).await.unwrap();
    assert_eq!(open, false);
}
