//! A document as JSON and back, byte for byte; JSON that is edited, and JSON that is wrong.

use crate::{
    corpora::corpora,
    files, folder, is_golden,
    lossless::{document, written},
};
use crossdock_formats::lossless::{
    Item, Reader, Writer,
    json::{Error, ToJson, Wrong, read},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{fs, path::Path};

fn to_json(items: impl IntoIterator<Item = Item>) -> String {
    let (mut to, mut out) = (ToJson::new(), Vec::new());
    items.into_iter().for_each(|item| to.put(&item, &mut out));
    to.finish(&mut out);
    String::from_utf8(out).expect("JSON is text")
}

fn of_bytes(bytes: &[u8]) -> String {
    to_json(Reader::new(bytes).map(|item| item.expect("memory can be read")))
}

fn to_bytes(json: &str) -> Result<Vec<u8>, Wrong> {
    let (mut writer, mut out) = (Writer::new(), Vec::new());
    let read = read(json.as_bytes(), |item| {
        writer.put(item, &mut out);
        Ok(())
    });
    match read {
        Ok(()) => Ok(out),
        Err(Error::Wrong(wrong)) => Err(wrong),
        Err(Error::Io(error)) => panic!("memory can be read: {error}"),
    }
}

fn there_and_back(path: &Path) {
    let bytes = fs::read(path).expect("a file");
    let json = of_bytes(&bytes);
    let shape: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    schema_holds(&shape).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let back = to_bytes(&json).unwrap_or_else(|wrong| panic!("{}: {wrong}", path.display()));
    assert!(back == bytes, "{} is not what it was:\n{}", path.display(), String::from_utf8_lossy(&back));
    // Printed anew, with its members sorted, as `jq -S` and Python's `sort_keys` do.
    let again = to_bytes(&serde_json::to_string_pretty(&sorted(&shape)).expect("JSON"));
    assert!(again.as_ref() == Ok(&bytes), "{}: {:?}", path.display(), again.err());
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn every_fixture_comes_back_byte_for_byte() {
    let all = files(&folder("fixtures"));
    all.iter().filter(|path| !is_golden(path)).for_each(|path| there_and_back(path));
}

/// Lines of any length, wherever they cut header, delimiters, data and characters; and headers that are hardly any.
#[test]
fn what_is_cut_anywhere_comes_back_byte_for_byte() {
    let fixtures = [
        "x12/4010/850/typical.edi",
        "hostile/terminator-of-several-bytes.edi",
        "hostile/isa11-is-separator.edi",
        "hostile/isa11-caret-501.edi",
        "hostile/binary-by-length.edi",
        "hostile/edifact-release.edi",
        "hostile/edifact-unoy.edi",
        "hostile/edifact-unoe.edi",
    ];
    for name in fixtures {
        let bytes = fs::read(folder("fixtures").join(name)).expect("a fixture");
        let whole: Vec<u8> = bytes.into_iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
        for width in (16..=40).chain([52, 53, 80, 104, 105, 106]) {
            let folded = [whole.chunks(width).collect::<Vec<_>>().join(&b"\n"[..]), b"\n".to_vec()].concat();
            assert_eq!(to_bytes(&of_bytes(&folded)).as_ref(), Ok(&folded), "{name} at {width}");
        }
    }
    let header =
        "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260105*0930*U*00401*000000001*0*P";
    for text in [
        // A break that is one of the header's own ten characters.
        format!(
            "{}*>~\nGS*PO*A*B*20260105*0930*1*X*004010~\nIEA*1*000000001~\n",
            header.replace("00*          *ZZ*N", "00*\n         *ZZ*N").replace("*U*", "***")
        ),
        format!("{header}*\r\nGS*PO*A*B*20260105*0930*1*X*004010\r\nGE*0*1\r\nIEA*1*000000001\r\n"),
        format!("{header}*\r\nREF*A\r\nIEA*0*000000001\r\n"),
        format!("{header}**GS*PO*A*B*20260105*0930*1*X*004010*GE*0*1*"),
        format!("{header}** ~GS*PO*A*B*20260105*0930*1*X*004010~GE*0*1~"),
        format!("{header}*> ~GS*PO*A*B*20260105*0930*1*X*004010~GE*0*1~"),
        "UNB+UNOC:?4+A:14+B:14+20260105:0930+78'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+78'".to_owned(),
        "UNB+UNO?::4+A:14+B:14+20260105:0930+78'UNH+1+ORDERS:D:96A:UN'RFF+A*B'UNT+2+1'UNZ+1+78'".to_owned(),
        "UNB+UNOC*X:4+A:14+B:14+20260105:0930+78'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+78'".to_owned(),
        format!(
            "{}*~GS*PO*A*B*20260105*0930*1*X*004010~IEA*1*1~",
            header.replace("ZZ*NORTHWIND ", "ZNORTHWIND  ").replace("*U*", "***")
        ),
        "UNB+UNOCREF1'\n:4+A:14+B:14+20260105:0930+78'UNH+1+ORDERS:D:96A:UN'UNT+2+1'".to_owned(),
    ] {
        assert_eq!(to_bytes(&of_bytes(text.as_bytes())), Ok(text.into_bytes()));
    }
    let data = include_bytes!("samples/folded-binary.edi");
    assert_eq!(to_bytes(&of_bytes(data)), Ok(data.to_vec()));
}

#[test]
fn every_document_of_the_corpora_comes_back_byte_for_byte() {
    let Some(folder) = corpora() else { return };
    let all = files(&folder);
    all.iter().for_each(|path| there_and_back(path));
    assert!(all.len() > 250, "{} files", all.len());
}

proptest! {
    #[test]
    fn whatever_items_there_are_come_back(made in document()) {
        let json = to_json(made.clone());
        let shape: Value = serde_json::from_str(&json).expect("JSON");
        prop_assert_eq!(schema_holds(&shape), Ok(()));
        prop_assert_eq!(to_bytes(&json), Ok(written(&made)));
    }

    #[test]
    fn noise_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..400, cut in 0usize..60) {
        prop_assert_eq!(to_bytes(&of_bytes(&bytes)), Ok(bytes.clone()));
        let mut mixed = SAMPLE.as_bytes().to_vec();
        let at = at.min(mixed.len());
        mixed.splice(at..at + cut.min(mixed.len() - at), bytes);
        prop_assert_eq!(to_bytes(&of_bytes(&mixed)), Ok(mixed.clone()));
    }

    /// Whatever the JSON is, there is an answer, and what is taken is of the schema's shape.
    #[test]
    fn spoiled_json_is_told_and_never_a_panic(at in 0usize..1200, cut in 0usize..9, text in "[\\[\\]{}\",:a-z0-9 ]{0,6}") {
        let mut json: Vec<char> = of_bytes(SAMPLE.as_bytes()).chars().collect();
        let at = at.min(json.len());
        json.splice(at..(at + cut).min(json.len()), text.chars());
        let json: String = json.into_iter().collect();
        match to_bytes(&json) {
            Ok(_) => prop_assert!(serde_json::from_str::<Value>(&json).is_ok()),
            Err(wrong) => prop_assert!(!wrong.expected.is_empty() && !wrong.found.is_empty() && wrong.line > 0, "{wrong}"),
        }
    }
}

const SAMPLE: &str = "\u{feff}note\nISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*^*00501*000000001*0*P*>~\n\
GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*005010~\nST*850*0001~\nBEG*00*SA*PO-1**20260131~  \nREF*CO*A>B^C>>~\nSE*4*0001~\n\
GE*1*1~\nIEA*1*000000001~\nUNA:+,? '\nUNB+UNOC:3+A:14+B:14+260131:0800+1'\nUNH+1+ORDERS:D:96A:UN'\nFTX+AAI+++It?'s 4?+4 and ?x??'\n\
UNT+3+1'\nUNZ+1+1'";

/// The shape that the page and the schema tell.
#[test]
fn the_shape() {
    let json: Value = serde_json::from_str(&of_bytes(SAMPLE.as_bytes())).expect("JSON");
    assert_eq!(
        json,
        json!([
            {"text": "\u{feff}note\n"},
            {"standard": "x12", "delimiters": {"element": "*", "component": ">", "repetition": "^", "segment": "~", "line_end": "\n"},
             "interchange": [
                ["ISA", "00", "          ", "00", "          ", "ZZ", "NORTHWIND      ", "ZZ", "ACMEDIST       ", "260131", "0800", "^", "00501", "000000001", "0", "P", ">"],
                {"group": [
                    ["GS", "PO", "NORTHWIND", "ACMEDIST", "20260131", "0800", "1", "X", "005010"],
                    {"set": [
                        ["ST", "850", "0001"],
                        {"segment": ["BEG", "00", "SA", "PO-1", "", "20260131"], "after": "  \n"},
                        ["REF", "CO", {"repeats": [["A", "B"], ["C", "", ""]]}],
                        ["SE", "4", "0001"]
                    ]},
                    ["GE", "1", "1"]
                ]},
                ["IEA", "1", "000000001"]
            ]},
            {"standard": "edifact", "delimiters": {"element": "+", "component": ":", "release": "?", "segment": "'", "line_end": "\n", "una": ":+,? '", "encoding": "latin1"},
             "interchange": [
                ["UNB", ["UNOC", "3"], ["A", "14"], ["B", "14"], ["260131", "0800"], "1"],
                {"set": [
                    ["UNH", "1", ["ORDERS", "D", "96A", "UN"]],
                    ["FTX", "AAI", "", "", {"value": "It's 4+4 and x?", "written": "It?'s 4?+4 and ?x??"}],
                    ["UNT", "3", "1"]
                ]},
                {"segment": ["UNZ", "1", "1"], "after": ""}
            ]}
        ])
    );
}

/// A value is set by its path, and what must be released is.
#[test]
fn an_edited_value_is_written() {
    let mut json: Value = serde_json::from_str(&of_bytes(SAMPLE.as_bytes())).expect("JSON");
    json[1]["interchange"][1]["group"][1]["set"][1]["segment"][3] = "PO-2".into();
    json[2]["interchange"][1]["set"][1][4] = "5+5 — Grüße".replace('—', "-").into();
    let bytes = to_bytes(&json.to_string()).expect("it is of the shape");
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    assert!(text.contains("BEG*00*SA*PO-2**20260131~  \n"), "{text}");
    assert!(text.contains("FTX+AAI+++5?+5 - Grüße'"), "UNOC is ISO 8859-1: {text}");
}

#[test]
fn what_is_not_of_the_shape_is_told_with_its_path() {
    let base: Value = serde_json::from_str(&of_bytes(SAMPLE.as_bytes())).expect("JSON");
    let with = |pointer: &str, value: Value| {
        let mut json = base.clone();
        *json.pointer_mut(pointer).expect("it is there") = value;
        json.to_string()
    };
    let beg = "/1/interchange/1/group/1/set/1/segment/3";
    let rows = [
        ("{}".to_owned(), "", "an object", "a list"),
        ("7".to_owned(), "", "7", "a list"),
        ("[[\"ST\"]]".to_owned(), "/0", "a list", "an object with `standard`"),
        ("[{}]".to_owned(), "/0", "an empty object", "an object with `standard`"),
        ("[{\"interchange\":[]}]".to_owned(), "/0/interchange", "segments", "`delimiters` before them"),
        (
            "[{\"standard\":\"x13\",\"delimiters\":{},\"interchange\":[]}]".to_owned(),
            "/0/interchange",
            "“x13”",
            "\"x12\" or \"edifact\"",
        ),
        (with("/1/delimiters/element", json!("**")), "/1/interchange", "“**”", "one byte"),
        (with("/1/delimiters/segment", json!(null)), "/1/interchange", "null", "a string, or a list of bytes"),
        (with("/2/delimiters/una", json!(":+")), "/2/interchange", "“:+”", "six characters"),
        (with("/2/delimiters/encoding", json!("utf-7")), "/2/interchange", "“utf-7”", "\"latin1\""),
        (with(beg, json!(7)), beg, "7", "a string"),
        (with(beg, json!("PO*1")), beg, "“PO*1”", "no delimiter in a value"),
        (
            with(beg, json!(["A", {"value": 7}])),
            "/1/interchange/1/group/1/set/1/segment/3/1",
            "{\"value\":7}",
            "a string",
        ),
        (with(beg, json!({"repeats": "A"})), beg, "{\"repeats\":\"A\"}", "`repeats` with a list"),
        (
            with("/1/interchange/1/group/1/set/1/segment/0", json!(7)),
            "/1/interchange/1/group/1/set/1/segment/0",
            "7",
            "a string",
        ),
        (
            with("/1/interchange/1/group/1/set/1/after", json!(7)),
            "/1/interchange/1/group/1/set/1/after",
            "7",
            "what stands behind",
        ),
        (with("/1/interchange/1/group/1/set", json!({})), "/1/interchange/1/group/1/set", "an object", "a list"),
        (with("/1/interchange/2", json!("IEA")), "/1/interchange/2", "“IEA”", "a segment"),
        (with("/1/interchange/2", json!({"sett": []})), "/1/interchange/2", "`sett`", "an object with `segment`"),
        (
            with("/2/interchange/1/set/1/4/value", json!("other")),
            "/2/interchange/1/set/1/4",
            "{\"value\":\"other\"",
            "leave it out",
        ),
        (with("/2/interchange/1/set/1/1", json!("€")), "/2/interchange/1/set/1/1", "“€”", "ISO 8859-1"),
        (with("/0/text", json!(null)), "/0", "{\"text\":null}", "`text`"),
    ];
    for (json, path, found, expected) in rows {
        let wrong = to_bytes(&json).expect_err(&json);
        assert!(
            wrong.path == path && wrong.found.starts_with(found) && wrong.expected.contains(expected),
            "{path}, {found}, {expected}: {wrong}"
        );
    }
    let cut = of_bytes(SAMPLE.as_bytes());
    let wrong = to_bytes(&cut[..cut.find("REF").expect("it is there")]).expect_err("it is cut");
    assert_eq!((wrong.path.as_str(), wrong.found.as_str()), ("/1/interchange/1/group/1/set/2", "the end of the file"));
    let line = cut[..cut.find("REF").expect("it is there")].lines().count();
    assert_eq!(wrong.line, line, "{wrong}");
}

/// What says its delimiters twice and differs would be read as something else once it is written: it is none, and both are
/// named.
#[test]
fn delimiters_that_contradict_each_other_are_told() {
    let base: Value = serde_json::from_str(&of_bytes(SAMPLE.as_bytes())).expect("JSON");
    let of = |pointer: &str| base.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")).clone();
    assert_eq!((of("/1/delimiters/element"), of("/2/standard")), (json!("*"), json!("edifact")));
    let rows: &[(&str, Value, &str, &[&str])] = &[
        ("/1/interchange/0/16", json!("|"), "/1/interchange/0/16", &["ISA16 “|”", "`component` “>”"]),
        ("/1/interchange/0/16", json!(""), "/1/interchange/0/16", &["ISA16 “”", "`component` “>”"]),
        ("/1/delimiters/component", json!("*"), "/1/interchange", &["“*”", "`element`", "`component`"]),
        ("/1/delimiters/segment", json!("*"), "/1/interchange", &["“*”", "`element`", "`segment`"]),
        ("/1/delimiters/repetition", json!("|"), "/1/interchange/0/11", &["ISA11 “^”", "`repetition` “|”"]),
        ("/1/interchange/0/12", json!("00401"), "/1/interchange/0/11", &["ISA11 “^”", "`repetition` “^”"]),
        ("/1/delimiters/release", json!("?"), "/1/interchange", &["`release` “?”"]),
        ("/1/delimiters/una", json!(":+.? '"), "/1/interchange", &["`una`"]),
        ("/1/delimiters/line_end", json!("X"), "/1/interchange", &["`line_end` “X”"]),
        ("/2/delimiters/after_una", json!("X"), "/2/interchange", &["`after_una` “X”"]),
        ("/2/delimiters/component", json!("|"), "/2/interchange", &["`component` “|”", "`una` names “:”"]),
        ("/2/delimiters/una", json!(":+.! '"), "/2/interchange", &["`release` “?”", "`una` names “!”"]),
        ("/2/delimiters/repetition", json!("*"), "/2/interchange/0/1", &["version “3”", "`repetition` “*”"]),
    ];
    for (pointer, value, path, named) in rows {
        let mut json = base.clone();
        let (above, name) = pointer.rsplit_once('/').expect("a pointer");
        match json.pointer_mut(above) {
            Some(Value::Object(object)) => drop(object.insert(name.into(), value.clone())),
            Some(Value::Array(list)) => list[name.parse::<usize>().expect("a place")] = value.clone(),
            other => panic!("{other:?}"),
        }
        let wrong = to_bytes(&json.to_string()).expect_err(path);
        assert!(wrong.path == *path && named.iter().all(|named| wrong.found.contains(named)), "{path}: {wrong}");
    }
}

/// What UNB names and `encoding` says must be one character set, and text of another one is no value: a reader would see
/// other characters.
#[test]
fn character_sets_that_contradict_each_other_are_told() {
    let base: Value = serde_json::from_str(&of_bytes(SAMPLE.as_bytes())).expect("JSON");
    let note = "/2/interchange/1/set/1/4";
    let with = |encoding: Option<&str>, identifier: &str, text: Value| {
        let mut json = base.clone();
        let delimiters = json.pointer_mut("/2/delimiters").and_then(Value::as_object_mut).expect("delimiters");
        delimiters.remove("encoding");
        delimiters.extend(encoding.map(|said| ("encoding".into(), said.into())));
        *json.pointer_mut("/2/interchange/0/1/0").expect("UNB01-1") = identifier.into();
        *json.pointer_mut(note).expect("FTX04") = text;
        to_bytes(&json.to_string())
    };
    for (encoding, identifier, text, bytes) in [
        (Some("latin1"), "UNOC", json!("Grüße"), &b"Gr\xFC\xDFe"[..]),
        (None, "UNOY", json!("Grüße"), "Grüße".as_bytes()),
        (None, "UNOD", json!({"latin1": "£ód\u{bc}"}), b"\xA3\xF3d\xBC"),
        (None, "UNOD", json!("Lodz"), b"Lodz"),
    ] {
        let written = with(encoding, identifier, text).unwrap_or_else(|wrong| panic!("{identifier}: {wrong}"));
        assert!(written.windows(bytes.len()).any(|part| part == bytes), "{identifier}");
        assert_eq!(to_bytes(&of_bytes(&written)).as_ref(), Ok(&written), "{identifier}");
    }
    let header = "/2/interchange/0/1";
    for (encoding, identifier, path, found, expected) in [
        (None, "UNOC", header, "UNB01-1 “UNOC”", "`encoding`: \"latin1\""),
        (Some("latin1"), "UNOY", header, "UNB01-1 “UNOY”", "no `encoding`"),
        (Some("latin1"), "UNOD", header, "UNB01-1 “UNOD”", "{\"latin1\": …}"),
        (None, "UNOD", note, "“Łódź” in UNOD", "{\"latin1\": …}"),
    ] {
        let wrong = with(encoding, identifier, json!("Łódź")).expect_err(identifier);
        let is = wrong.path == path && wrong.found.contains(found) && wrong.expected.contains(expected);
        assert!(is, "{identifier}: {wrong}");
    }
    // What is UTF-8 by chance, of a set of single bytes, comes back as it was.
    let chance = with(None, "UNOE", json!({"latin1": "\u{c3}\u{bc}"})).expect("bytes");
    let told = of_bytes(&chance);
    assert!(told.contains("{\"latin1\":\"\u{c3}\u{bc}\"}"), "{told}");
    assert_eq!(to_bytes(&told), Ok(chance));
}

/// The published schema, as far as it is used: one answer or the place that breaks it.
fn schema_holds(value: &Value) -> Result<(), String> {
    let text = fs::read_to_string(folder("docs/reference/convert.schema.json")).expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    holds(&schema, &schema, value, "")
}

fn holds(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let Some(rules) = schema.as_object() else { return Ok(()) };
    for (rule, says) in rules {
        let broken = || Err(format!("{at}: {rule} {says} is broken by {value}"));
        match &**rule {
            "$schema" | "$id" | "title" | "description" | "$defs" | "examples" => {}
            "$ref" => {
                let pointer = says.as_str().and_then(|name| name.strip_prefix('#')).expect("a reference within");
                holds(root, root.pointer(pointer).expect("it is defined"), value, at)?;
            }
            "type" => {
                let right = match says.as_str().expect("one type") {
                    "string" => value.is_string(),
                    "array" => value.is_array(),
                    "object" => value.is_object(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64(),
                    other => panic!("{other}"),
                };
                if !right {
                    return broken();
                }
            }
            "enum" => {
                if !says.as_array().expect("a list").contains(value) {
                    return broken();
                }
            }
            "oneOf" => {
                let all = says.as_array().expect("a list");
                let fit = all.iter().filter(|one| holds(root, one, value, at).is_ok()).count();
                if fit != 1 {
                    return Err(format!("{at}: {fit} of {} fit {value}", all.len()));
                }
            }
            "prefixItems" => {
                for (n, one) in says.as_array().expect("a list").iter().enumerate() {
                    value.get(n).map_or(Ok(()), |item| holds(root, one, item, &format!("{at}/{n}")))?;
                }
            }
            "items" => {
                let skip = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (n, item) in value.as_array().into_iter().flatten().enumerate().skip(skip) {
                    holds(root, says, item, &format!("{at}/{n}"))?;
                }
            }
            "minItems" => {
                if value.as_array().is_some_and(|list| (list.len() as u64) < says.as_u64().expect("a number")) {
                    return broken();
                }
            }
            "maximum" => {
                if value.as_u64() > says.as_u64() {
                    return broken();
                }
            }
            "required" => {
                let mut all = says.as_array().expect("a list").iter().map(|name| name.as_str().expect("a name"));
                if let Some(name) = all.find(|name| value.get(name).is_none()) {
                    return Err(format!("{at}: {name} is missing in {value}"));
                }
            }
            "properties" => {
                for (name, one) in says.as_object().expect("an object") {
                    value.get(name).map_or(Ok(()), |member| holds(root, one, member, &format!("{at}/{name}")))?;
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().expect("properties");
                let mut names = value.as_object().into_iter().flatten().map(|(name, _)| name);
                if let Some(name) = names.find(|name| !known.contains_key(*name)) {
                    return Err(format!("{at}: {name} is not known"));
                }
            }
            other => panic!("the schema says {other}, which this test doesn't read"),
        }
    }
    Ok(())
}

#[test]
fn the_schema_refuses_what_is_refused() {
    for json in [
        json!({}),
        json!([["ST"]]),
        json!([{"interchange": []}]),
        json!([{"text": 7}]),
        json!([{"text": "", "set": []}]),
    ] {
        assert!(schema_holds(&json).is_err(), "{json}");
    }
}
