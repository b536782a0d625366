//! `translate --write` of several messages: what goes into one document, what into one interchange, and what is told.

use super::call::{Called, Folder, call};
use serde_json::Value;
use std::{fs, path::Path};

/// A sample of the mappings that come with the hub.
fn sample(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings").join(path)).unwrap()
}

/// The same message under other numbers, a file each.
fn files(folder: &Folder, message: &str, numbers: &[&str]) -> String {
    let mut names = Vec::new();
    for number in numbers {
        let mut message: Value = serde_json::from_str(message).unwrap();
        message["number"] = (*number).into();
        folder.write(&format!("{number}.json"), message.to_string());
        names.push(format!("{number}.json"));
    }
    names.join(" ")
}

fn write(folder: &Folder, files: &str, mapping: &str, more: &str) -> Called {
    call(folder.path(), &format!("translate {files} --mapping {mapping} --write {more}"))
}

#[test]
fn sets_go_into_one_interchange() {
    let folder = Folder::new();
    for (mapping, sample_of, envelope, set) in [
        ("x12/4010/810-invoice", "standard/x12/4010/810-invoice/samples/to-a-reseller.in.json", "ISA*", "ST*810*"),
        ("edifact/d96a/desadv", "standard/edifact/d96a/desadv/samples/to-a-reseller.in.json", "UNB+", "UNH+"),
        ("edifact/d96a/invoic", "standard/edifact/d96a/invoic/samples/to-a-reseller.in.json", "UNB+", "UNH+"),
    ] {
        let files = files(&folder, &sample(sample_of), &["A-1", "A-2", "A-3"]);
        let called = write(&folder, &files, mapping, "");
        assert_eq!(called.code, 0, "{mapping}: {}", called.err);
        let count = |text: &str| called.out.matches(text).count();
        assert_eq!((count(envelope), count(set)), (1, 3), "{mapping}: {}", called.out);
        let told = write(&folder, &files, mapping, "--explain --json").json();
        let of: Vec<&str> = told.iter().map(|one| one["from"].as_str().unwrap()).collect();
        assert_eq!(of, ["message 1 (A-1.json)", "message 2 (A-2.json)", "message 3 (A-3.json)"]);
        let number = |one: &Value, wanted: &str| {
            let values = one["values"].as_array().unwrap();
            values.iter().any(|value| value["text"] == wanted && value["fields"][0] == "/number")
        };
        for (one, wanted) in told.iter().zip(["A-1", "A-2", "A-3"]) {
            assert!(number(one, wanted), "{mapping}: {one}");
        }
    }
}

#[test]
fn where_each_has_a_loop_all_go_into_one_document() {
    let folder = Folder::new();
    folder.write("day.edi", sample("partners/fairhaven-paints/856-despatch/samples/typical.in.edi"));
    let mapping = "fairhaven-paints/856-despatch";
    let read = call(folder.path(), &format!("translate day.edi --mapping {mapping}")).json();
    assert!(read.len() > 1, "{read:#?}");
    let names: Vec<String> = (0..read.len()).map(|nth| format!("{nth}.json")).collect();
    read.iter().zip(&names).for_each(|(message, name)| _ = folder.write(name, message.to_string()));
    let files = names.join(" ");
    let called = write(&folder, &files, mapping, "");
    assert_eq!(called.code, 0, "{}", called.err);
    let count = |text: &str| called.out.matches(text).count();
    assert_eq!((count("ST*856*"), count("**S*1~")), (1, read.len()), "{}", called.out);
    folder.write("again.edi", &called.out);
    assert_eq!(call(folder.path(), &format!("translate again.edi --mapping {mapping}")).json(), read);
    // Each value of the one document has the message that it came from.
    let told = write(&folder, &files, mapping, "--explain --json").json();
    assert_eq!(told.len(), read.len());
    for ((one, message), name) in told.iter().zip(&read).zip(&names) {
        assert!(one["from"].as_str().unwrap().ends_with(&format!("({name})")), "{one}");
        let values = one["values"].as_array().unwrap();
        let number = values.iter().find(|value| value["fields"][0] == "/number").unwrap();
        assert_eq!(number["text"], message["number"]);
    }
    // What the document says once must be the same, and who says it otherwise is named.
    let mut other = read[1].clone();
    other["issued"]["date"] = "2026-12-24".into();
    folder.write("1.json", other.to_string());
    let called = write(&folder, &files, mapping, "");
    assert_eq!((called.code, called.out.as_str()), (1, ""));
    assert!(called.err.starts_with("message 2 (1.json), ") && called.err.contains("issued"), "{}", called.err);
}

#[test]
fn orders_of_csv_stand_under_one_header_and_xml_is_one_message_a_document() {
    let folder = Folder::new();
    let order = r#"{ "purpose": "original", "placed": { "date": "2026-03-02" }, "currency": "USD", "sold_to": { "refs": [], "name": "Northwind" },
        "lines": [{ "number": "1", "item": [{ "scheme": "sku", "id": "BOLT" }], "quantity": { "value": "1", "unit": "EA" } }] }"#;
    let files = files(&folder, order, &["P-1", "P-2"]);
    let called = write(&folder, &files, "csv/orders", "");
    assert_eq!(called.code, 0, "{}", called.err);
    assert_eq!(called.out.lines().count(), 3, "{}", called.out);
    folder.write("orders.csv", &called.out);
    let read = call(folder.path(), "translate orders.csv --mapping csv/orders").json();
    let numbers: Vec<&str> = read.iter().map(|order| order["number"].as_str().unwrap()).collect();
    assert_eq!(numbers, ["P-1", "P-2"]);

    let called = write(&folder, &files, "cxml/order-request", "");
    assert_eq!((called.code, called.out.as_str()), (1, ""));
    assert!(called.err.contains("2 messages make 2 documents by cxml/order-request"), "{}", called.err);
    let invoice = sample("standard/ubl/invoice/samples/to-a-reseller.in.json");
    let several = self::files(&folder, &invoice, &["I-1", "I-2"]);
    let called = write(&folder, &several, "ubl/invoice", "");
    assert!(called.code == 1 && called.err.contains("`messages:`"), "{}", called.err);
    let called = write(&folder, "I-1.json", "ubl/invoice", "");
    assert_eq!((called.code, called.out.matches("<cbc:ID>I-1<").count()), (0, 1), "{}", called.out);
}

#[test]
fn a_file_without_a_message_is_named() {
    let folder = Folder::new();
    folder.write("none.json", "[]");
    folder.write("blank.json", " ");
    let order = sample("standard/x12/4010/810-invoice/samples/to-a-reseller.in.json");
    let file = files(&folder, &order, &["B-1"]);
    let called = write(&folder, &format!("{file} none.json"), "x12/4010/810-invoice", "");
    assert!(called.code == 2 && called.err.contains("none.json holds no message"), "{}", called.err);
    let called = write(&folder, &format!("{file} blank.json"), "x12/4010/810-invoice", "");
    assert!(called.code == 2 && called.err.contains("blank.json holds nothing but spaces"), "{}", called.err);
}
