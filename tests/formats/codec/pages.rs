//! A document as a page: all that it says and all that is wrong with it stands there, and nothing of it is markup.

use crate::{files, folder, is_golden, named, options};
use crossdock_formats::{Options, piece::Standard, read, render::html, report, sniff};
use std::fs;

fn page(standard: Standard, bytes: &[u8], options: Options) -> String {
    let mut text = String::new();
    let put = &mut |part: &str| {
        text.push_str(part);
        Ok(())
    };
    html::page("a <name>.edi", read(standard, bytes, options), put).expect("memory can be read");
    text
}

/// What a browser would show of it.
fn shown(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<').skip(1) {
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    known.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

#[test]
fn every_fixture_has_a_page_with_its_faults() {
    let (mut seen, mut faults) = (0, 0);
    for path in files(&folder("fixtures")).into_iter().filter(|path| !is_golden(path)) {
        let bytes = fs::read(&path).expect("a fixture");
        let Some(standard) = named(&path).or_else(|| sniff(&bytes)) else { continue };
        let page = page(standard, &bytes, options(&path));
        for tag in ["section", "div", "dl", "h2", "h3", "table", "em"] {
            let (opened, closed) =
                (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
            assert_eq!(opened, closed, "{tag} in {}", path.display());
        }
        let report = report::check("x", Some(standard), &bytes[..], options(&path)).expect("memory can be read");
        let shown = shown(&page);
        for fault in report.all_faults() {
            let sentence: String = fault.sentence.chars().filter(|c| !c.is_control()).collect();
            assert!(shown.contains(&sentence), "{}: {sentence}\n{shown}", path.display());
            faults += 1;
        }
        seen += 1;
    }
    assert!(seen > 120 && faults > 90, "{seen} pages, {faults} faults");
}

#[test]
fn what_came_is_no_markup_and_names_and_codes_are_words() {
    let text = fs::read_to_string(folder("fixtures/x12/4010/850/typical.edi")).expect("a fixture");
    let text = text.replace("12 Harbour Street", "</style><script>alert(\"1\")</script>&amp;");
    let page = page(Standard::X12, text.as_bytes(), Options::default());
    assert!(!page.contains("<script") && !page.contains("<name>") && !page.contains("http"), "{page}");
    assert_eq!(page.matches("</style>").count(), 1);
    assert!(page.contains("&lt;/style&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;"), "{page}");
    let shown = shown(&page);
    for part in
        ["NORTHWIND (ZZ)", "2026-01-05 09:30", "buy order no", "SA single order", "20260112 2026-01-12", "ST ship to"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
