//! `fmt`, `convert`, `render`: documents written anew, without a hub.

use crate::{
    call::{Folder, call},
    documents::{ORDER, given},
};

#[test]
fn fmt_lays_out_mends_and_says_so() {
    let folder = Folder::new();
    let folded = ORDER.replace("~\n", "~");
    folder.write("folded.edi", &folded);
    folder.write("wrong.edi", folded.replace("SE*5*0001", "SE*7*0001"));
    folder.write("prose.txt", "no interchange");
    assert_eq!(call(folder.path(), "fmt folded.edi").out, ORDER);
    let piped = given(folder.path(), "fmt --fold -", ORDER.as_bytes());
    assert_eq!((piped.code, piped.out.as_str()), (0, folded.as_str()));

    let mended = call(folder.path(), "fmt --repair wrong.edi");
    assert_eq!((mended.code, mended.out.as_str()), (0, ORDER));
    let byte = folded.find("5*0001").unwrap();
    assert_eq!(mended.err, format!("wrong.edi: byte {byte} SE01: was “7”, is “5”\n"));
    let untouched = call(folder.path(), "fmt --keep wrong.edi");
    assert_eq!((untouched.out.as_str(), untouched.err.as_str()), (&*folded.replace("SE*5*0001", "SE*7*0001"), ""));

    let check = call(folder.path(), "fmt --check --repair --keep folded.edi wrong.edi");
    assert_eq!((check.code, check.out.as_str()), (1, "wrong.edi\n"));
    let in_place = call(folder.path(), "fmt --repair --in-place folded.edi wrong.edi");
    assert_eq!((in_place.code, in_place.out.as_str()), (0, ""));
    for name in ["folded.edi", "wrong.edi"] {
        assert_eq!(std::fs::read_to_string(folder.path().join(name)).unwrap(), ORDER);
    }
    let prose = call(folder.path(), "fmt --in-place prose.txt");
    assert_eq!(prose.code, 2);
    assert!(prose.err.contains("prose.txt has no X12 or EDIFACT interchange"), "{}", prose.err);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}

/// Binary data holds what looks like segments; lines of one length cut segments anywhere.
#[test]
fn fmt_keeps_binary_data_and_makes_cut_segments_whole() {
    let folder = Folder::new();
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile");
    for (name, told) in
        [("binary-by-length", 0), ("edifact-package", 0), ("folded-80-crlf", 2), ("edifact-folded-80", 1)]
    {
        std::fs::copy(fixtures.join(format!("{name}.edi")), folder.path().join("in.edi")).unwrap();
        for how in ["", "--fold", "--repair"] {
            let laid = call(folder.path(), &format!("fmt {how} in.edi -o out.edi"));
            assert_eq!((laid.code, laid.err.lines().count()), (0, told), "{name} {how}: {}", laid.err);
            assert_eq!(
                laid.err.contains("in.edi: byte 0: the interchange was cut into lines"),
                told > 0,
                "{}",
                laid.err
            );
            let checked = call(folder.path(), "check out.edi");
            assert_eq!(checked.code, 0, "{name} {how}: {}", checked.out);
        }
    }
}

#[test]
fn convert_makes_json_and_the_document_again() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("orders.csv", "order_number,sku\n1,A\n");
    folder.write("ubl.xml", "<Order/>");
    folder.write("order.json", "{\"order\": 1}");
    let json = call(folder.path(), "convert order.edi");
    assert_eq!((json.code, json.err.as_str()), (0, ""));
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value[0]["interchange"][1]["group"][1]["set"][0], serde_json::json!(["ST", "850", "0001"]));
    let back = given(folder.path(), "convert -", json.out.as_bytes());
    assert_eq!((back.code, back.out.as_str(), back.err.as_str()), (0, ORDER, ""));

    let to_file = call(folder.path(), "convert order.edi --to json -o order.edi.json");
    assert_eq!((to_file.code, to_file.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(folder.path().join("order.edi.json")).unwrap(), json.out);
    let wrong = json.out.replace("\"850\"", "850");
    let line = wrong.lines().position(|line| line.contains("850,")).unwrap() + 1;
    let told = given(folder.path(), "convert --to edi -o back.edi -", wrong.as_bytes());
    let path = "/0/interchange/1/group/1/set/0/1";
    assert_eq!(told.code, 2);
    assert!(told.err.contains(&format!("-, line {line}, {path}: found 850, expected a string")), "{}", told.err);
    assert!(!folder.path().join("back.edi").exists());

    for name in ["orders.csv", "ubl.xml", "order.json --to json"] {
        let other = call(folder.path(), &format!("convert {name}"));
        assert_eq!((other.code, other.out.as_str()), (2, ""), "{name}");
        assert!(other.err.contains("has no X12 or EDIFACT interchange"), "{name}: {}", other.err);
    }
    let other = call(folder.path(), "convert order.json");
    assert!(other.err.contains("line 1, the document: found an object, expected a list"), "{}", other.err);
}

#[test]
fn render_makes_a_page() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("wrong.edi", ORDER.replace("SE*5*0001", "SE*7*0001"));
    folder.write("prose.txt", "no document");
    let page = call(folder.path(), "render order.edi");
    assert_eq!((page.code, page.err.as_str()), (0, ""));
    assert!(page.out.starts_with("<!doctype html>") && page.out.trim_end().ends_with("</html>"), "{}", page.out);
    let wrong = call(folder.path(), "render wrong.edi -o wrong.html");
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""));
    assert!(std::fs::read_to_string(folder.path().join("wrong.html")).unwrap().contains("E0107"));
    let prose = call(folder.path(), "render prose.txt -o prose.html");
    assert_eq!((prose.code, folder.path().join("prose.html").exists()), (2, false));
    assert!(prose.err.contains("begins like no format that can be told"), "{}", prose.err);
}

/// What is lost around sets that stand is no note: `render` ends as `check` does.
#[test]
fn a_page_ends_as_the_check_does() {
    let folder = Folder::new();
    let isa = ORDER.lines().next().unwrap();
    let iea = ORDER.lines().last().unwrap();
    for (name, text, code) in [
        ("whole.edi", ORDER.to_owned(), 0),
        ("isa-only.edi", format!("{isa}\n"), 1),
        ("isa-twice.edi", format!("{isa}\n{ORDER}"), 1),
        ("iea-twice.edi", format!("{ORDER}{iea}\n"), 1),
    ] {
        folder.write(name, text);
        let checked = call(folder.path(), &format!("check {name}"));
        let rendered = call(folder.path(), &format!("render {name} -o {name}.html"));
        assert_eq!((checked.code, rendered.code), (code, code), "{name}: {checked:?} {rendered:?}");
    }
}

/// A page says a partner's document by the partner's guide, and lines of fixed width by their layout.
#[test]
fn render_reads_by_a_guide_and_by_a_layout() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    folder.write("own.yaml", "extends: x12/004010/850\nchange: { BEG: { label: our order }, REF: required }\n");
    let page = call(folder.path(), "render order.edi --guide own.yaml");
    assert!(page.code == 1 && page.out.contains("our order"), "{page:?}");
    assert!(page.out.contains("by the guide own.yaml"), "{page:?}");
    let plain = call(folder.path(), "render order.edi");
    assert!(plain.code == 0 && !plain.out.contains("our order"), "{plain:?}");

    folder
        .write("layout.yaml", "layout: { records: { order: { opens: set, fields: { number: 1-8, city: 9-20 } } } }\n");
    folder.write("orders.txt", "PO-77001Springfield \n");
    let page = call(folder.path(), "render orders.txt --layout layout.yaml");
    assert!(page.code == 0 && page.out.contains("PO-77001") && page.out.contains("Springfield"), "{page:?}");
    assert_eq!(call(folder.path(), "render orders.txt").code, 2);

    // The codes that are met most have words beside them.
    let shown = call(folder.path(), "guide show ORDERS/CUX/01-1");
    assert!(shown.out.contains("2  reference currency"), "{shown:?}");
}
