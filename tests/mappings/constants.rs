//! What a mapping says by itself is held to what stands there: a field's type and words, an element's length and codes.

use super::documents::{context, document, library, sets};
use crossdock::{
    formats::place::At,
    mapping::{Library, Plan, explain::Looked},
};
use serde_json::{Value, json};
use std::sync::Arc;

const HEAD: &str = "mapping: t
from: x12 004010 850
to: order/1
claims: { direction: both }
fields:
  number: BEG03
  purpose: \"'original'\"
  placed: { date: BEG05 | date(yyyymmdd) }
  currency: \"'USD'\"
";

fn compile(text: &str) -> Result<Arc<Plan>, Vec<String>> {
    match Library::compile(&[("m/mapping.yaml".into(), text.into())]) {
        Ok(library) => Ok(library.plans()[0].clone()),
        Err(lints) => Err(lints.iter().map(|l| format!("{}:{}: {}", l.line, l.column, l.sentence)).collect()),
    }
}

/// HEAD with one line in another's place, or one more → what lint says.
fn check(from: &str, to: &str, expected: &[&str]) {
    let text = match from {
        "" => format!("{HEAD}{to}\n"),
        from => HEAD.replace(from, to),
    };
    assert_eq!(compile(&text).err().unwrap_or_default(), expected, "{text}");
}

#[test]
fn constants_are_held_to_the_fields_type() {
    check("", "  totals: { lines: 3, amount: 12.5 }", &["10:31: put quotes around a number with a point"]);
    check("", "  requested_on: \"'2026-03-02'\"", &[]);
    let unit = "`unit` takes a unit; units are codes of UN/ECE Recommendation 20 (EA, CT, KGM)";
    check(
        "",
        "  lines: { each: PO1, quantity: { value: PO102, unit: \"PO103 ?? 'EACH'\" } }",
        &[
            "10:10: order/1 needs `number`, and nothing gives it",
            "10:10: order/1 needs `item`, and nothing gives it",
            &format!("10:56: `EACH` can't stand here: {unit}"),
        ],
    );
    check(
        "'original'",
        "'orignal'",
        &["7:13: `orignal` can't stand here: `purpose` takes one of original, change, cancel; nearest original"],
    );
    let currency = "takes a currency of ISO 4217, such as EUR";
    check("\"'USD'\"", "5", &[&format!("9:13: `5` can't stand here: `currency` {currency}")]);
    check(
        "\"'USD'\"",
        "CUR02 ?? 'usd' | default(DOLLARS)",
        &[
            &format!("9:13: `usd` can't stand here: `currency` {currency}; nearest USD"),
            &format!("9:13: `DOLLARS` can't stand here: `currency` {currency}"),
        ],
    );
    check("\"'USD'\"", "CUR02 ?? 'usd' | upper", &[]);
    check("\"'USD'\"", "(CUR02 ?? 'usd' | upper) ?? 'EUR'", &[]);
    check(
        "",
        "  requested_on: \"DTM02 ?? '20260302' | date(yyyymmdd)\"",
        &["10:18: `20260302` can't stand here: `requested_on` takes a date of the form yyyy-mm-dd"],
    );
    check(
        "",
        "  totals: { lines: \"'1.5'\", amount: \"'much'\" }",
        &[
            "10:21: `1.5` can't stand here: `lines` takes a whole number from 0 to 4294967295",
            "10:38: `much` can't stand here: `amount` takes a number of at most 28 digits",
        ],
    );
    check(
        "",
        "  totals: { amount: $tenant.currency }",
        &["10:21: `$tenant.currency` is a currency, and `amount` takes a decimal number"],
    );
    check(
        "'original'\"",
        "x' ?? $position\"".replace("x'", "BEG01").as_str(),
        &[
            "7:13: BEG01 is a code of the guide's list, and `purpose` takes one of original, change, cancel: let a table \
             lead there, `BEG01 | table(…)`",
            "7:13: `$position` is a number, and `purpose` takes one of original, change, cancel",
        ],
    );
    check("BEG03", "BEG03 | cut(0)", &["6:19: cut takes a number of characters, from 1"]);
}

#[test]
fn rows_of_tables_are_held_to_it() {
    let text = HEAD
        .replace("fields:", "tables: { p: { a: original, b: orignal }, n: numbers.csv }\nfields:")
        .replace("\"'original'\"", "BEG01 | table(p)");
    let text = format!("{text}  totals: {{ amount: CTT02 | table(n) }}\n");
    let table = "value,target\nA,1\nB,two\n*,*\n";
    let files = [("m/mapping.yaml".into(), text), ("m/numbers.csv".into(), table.into())];
    let told: Vec<String> = Library::compile(&files).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "m/mapping.yaml:8:12: table p (line 5) leads to `orignal`; one of original, change, cancel is expected; nearest original",
            "m/mapping.yaml:11:21: table n (m/numbers.csv:3) leads to `two`; a number of at most 28 digits is expected",
        ]
    );
}

#[test]
fn what_an_expression_gives_is_held_to_it() {
    let cel = |field: &str, expression: &str, expected: &[&str]| {
        check("", &format!("  {field}: {{ cel: \"{expression}\" }}"), expected);
    };
    let date = "it gives a currency of ISO 4217, such as EUR, and the field takes a date";
    cel("requested_on", "currency", &[&format!("10:25: {date}")]);
    cel("requested_on", "placed.date", &[]);
    cel("requested_on", "'soon'", &["10:25: it gives `soon`, and the field takes a date of the form yyyy-mm-dd"]);
    let words = "and the field takes one of original, change, cancel";
    let purpose = HEAD.replace("  purpose: \"'original'\"\n", "");
    for (expression, expected) in [
        ("'banana'", Some(format!("9:20: it gives `banana`, {words}"))),
        ("number == '1' ? 'change' : 'orignal'", Some(format!("9:20: it gives `orignal`, {words}; nearest original"))),
        ("'can' + 'cel'", None),
        ("number", None),
        ("number == '1' ? 'change' : 'cancel'", None),
    ] {
        let text = format!("{purpose}  purpose: {{ cel: \"{expression}\" }}\n");
        let expected: Vec<String> = expected.into_iter().collect();
        assert_eq!(compile(&text).err().unwrap_or_default(), expected, "{text}");
    }
    let whole = "10:28: it gives `1.5`, and the field takes a whole number from 0 to 4294967295";
    check("", "  totals: { lines: { cel: \"1.5\" } }", &[whole]);
    check("", "  totals: { lines: { cel: \"size(notes) > 1 ? 1 : 2\" } }", &[]);
    check(
        "",
        "  ext: { k: { cel: \"size(notes)\" } }",
        &["10:21: `size(notes)` is a number, and the field takes text; as a text: string(size(notes))"],
    );
    check("", "  ext: { k: { cel: \"string(size(notes))\" } }", &[]);
    let sides = "both sides of `? :` are of one type; a number as a text: string(…)";
    let two = format!("10:39: `1` is a number, and `'y'` is text: {sides}");
    check("", "  ext: { k: { cel: \"size(notes) > 1 ? 1 : 'y'\" } }", &[&two]);
}

#[test]
fn rules_that_ask_nothing_are_told() {
    let rule =
        |rule: &str, expected: &[&str]| check("", &format!("require: [{{ rule: \"{rule}\", say: no }}]"), expected);
    rule("1/0 == 1", &["10:20: this can't be computed: a division by zero"]);
    rule("number != '' || size('a') == 1", &[]);
    rule("size('a') == 1", &["10:20: this is true whatever the message says: a rule asks something of the message"]);
    let words = "`purpose` is one of original, change, cancel, and never `orignal`; nearest original";
    rule("purpose == 'orignal'", &[&format!("10:20: {words}")]);
    rule("'orignal' != purpose", &[&format!("10:20: {words}")]);
    rule("number == '1' || purpose in ['change', 'orignal']", &[&format!("10:37: {words}")]);
    rule("purpose in ['change', 'cancel'] && purpose != ''", &[]);
    rule(
        "currency == 'EURO'",
        &["10:20: `currency` is a currency of ISO 4217, such as EUR, and never `EURO`; nearest EUR"],
    );
    rule("placed.date == '20260302'", &["10:20: `placed.date` is a date of the form yyyy-mm-dd, and never `20260302`"]);
    rule(
        "number.matches('^4')",
        &[
            "10:27: `matches` is no function here: patterns are not taken; ask with `startsWith`, `endsWith`, `contains`, `size` or `in ['a', 'b']`, or by a table",
        ],
    );
    let code = "a rule's code is words with a stroke between them, as in app/IA";
    let with = |code: &str| format!("require: [{{ rule: \"number != ''\", say: no, code: {code} }}]");
    check("", &with("5"), &[&format!("10:50: {code}")]);
    check("", &with("[app/IA]"), &[&format!("10:50: {code}")]);
    check("", &with("app/IA"), &[]);
}

#[test]
fn what_write_says_is_held_to_the_guide() {
    let write = |line: &str, expected: &[&str]| check("", &format!("write:\n  {line}"), expected);
    write("BEG02: SA", &[]);
    write("BEG02: SALE", &["11:10: `SALE` has 4 characters, and BEG02 takes exactly 2 characters"]);
    let told = |line: &str| {
        let told = compile(&format!("{HEAD}write:\n  {line}\n")).unwrap_err();
        assert_eq!(told.len(), 1, "{told:?}");
        told[0].clone()
    };
    assert!(told("BEG02: 99").starts_with("11:10: `99` is not in the code list of element 92, and BEG02 takes "));
    assert_eq!(told("BEG05: soon"), "11:10: `soon` is not a date, and BEG05 takes CCYYMMDD");
    assert_eq!(told("BEG05: '20260230'"), "11:11: `20260230` is a date that doesn't exist, and BEG05 takes CCYYMMDD");
    assert!(
        told("CTT01: many").starts_with("11:10: `many` is not a whole number, and CTT01 takes "),
        "{}",
        told("CTT01: many")
    );
    assert!(told("PO1/PO103: { instead: EACH }").starts_with("11:25: `EACH` has 4 characters, and PO1/PO103 takes"));
    let edifact = "mapping: e\nfrom: edifact D96A ORDERS\nto: order/1\nclaims: { direction: both }\nfields: { number: C }\n\
                   write: { BGM.C002.01: 'ORDER' }\n";
    let told = compile(edifact).unwrap_err();
    assert!(
        told.iter().any(|l| l.ends_with("`ORDER` has 5 characters, and BGM.C002.01 takes at most 3 characters")),
        "{told:#?}"
    );
}

#[test]
fn a_value_that_write_computes_and_that_can_not_stand_there_has_its_line() {
    let text = format!("{HEAD}write:\n  BEG02: SA\n  BEG04: {{ cel: \"number + number + number + number\" }}\n");
    let plan = compile(&text).unwrap_or_else(|told| panic!("{told:#?}"));
    let message = json!({ "number": "PO-47114711", "purpose": "original", "currency": "USD", "placed": { "date": "2026-03-02" } });
    let faults = plan.write(&message, &context()).unwrap_err();
    let fault = faults.iter().find(|fault| &*fault.code == "mapping/too_long").unwrap_or_else(|| panic!("{faults:#?}"));
    assert_eq!(fault.place.at, At::File { name: "m/mapping.yaml".into(), line: 12 });
    assert!(fault.sentence.ends_with("m/mapping.yaml:12 writes it"), "{}", fault.sentence);
    assert_eq!(&*fault.remedy, "correct what `write:` says at m/mapping.yaml:12");
}

/// What writing says of the 850 above with some lines more, of a message with other members.
fn refused(lines: &str, members: &[(&str, Value)]) -> Vec<(String, At, String)> {
    let plan = compile(&format!("{HEAD}{lines}")).unwrap_or_else(|told| panic!("{told:#?}"));
    let mut message =
        json!({ "number": "PO-1", "purpose": "original", "currency": "USD", "placed": { "date": "2026-03-02" } });
    members.iter().for_each(|(name, value)| message[*name] = value.clone());
    let faults = plan.write(&message, &context()).err().unwrap_or_default();
    let told = faults.into_iter().map(|f| (f.code.to_string(), f.place.at, f.sentence.to_string()));
    told.filter(|(code, ..)| code != "mapping/not_written").collect()
}

#[test]
fn what_a_mapping_computes_and_the_code_list_does_not_have_is_never_written() {
    let line = At::File { name: "m/mapping.yaml".into(), line: 11 };
    let told = refused("write:\n  BEG02: { cel: \"size(number) > 3 ? 'QQ' : 'SA'\" }\n", &[]);
    assert_eq!((told.len(), &told[0].0[..], &told[0].1), (1, "mapping/cannot_say", &line), "{told:#?}");
    let start = "`QQ` is not in the code list of element 92, and BEG02 takes ";
    assert!(told[0].2.starts_with(start) && told[0].2.ends_with(": m/mapping.yaml:11 writes it"), "{}", told[0].2);

    let told = refused("write:\n  BEG02: { from: currency }\n", &[]);
    assert_eq!((&told[0].0[..], &told[0].1), ("mapping/too_long", &line));
    assert!(told[0].2.ends_with(": m/mapping.yaml:11 writes it from currency"), "{}", told[0].2);

    let told = refused("write:\n  BEG02: SA\n  BEG05: { cel: \"'2026-03-02'\" }\n", &[("placed", Value::Null)]);
    assert_eq!(told[0].2, "`2026-03-02` is not a date, and BEG05 takes CCYYMMDD: m/mapping.yaml:12 writes it");
}

#[test]
fn a_value_of_the_message_that_can_not_stand_there_names_its_member_and_the_line_that_writes_it() {
    let (head, lines) = (HEAD.lines(), "  ext: { order_type: BEG02 }\n");
    let own = |member: &str| At::Node { path: member.into() };
    let told = refused(lines, &[("ext", json!({ "order_type": "SALE" }))]);
    assert_eq!((told.len(), &told[0].0[..], &told[0].1), (1, "mapping/too_long", &own("/ext/order_type")));
    let end = format!(": it is /ext/order_type, which m/mapping.yaml:{} writes there", head.clone().count() + 1);
    let start = "`SALE` has 4 characters, and BEG02 takes exactly 2 characters";
    assert_eq!(told[0].2, format!("{start}{end}"));
    // A code that the message brings goes back as it came: the list may be older than it.
    assert!(refused(lines, &[("ext", json!({ "order_type": "QQ" }))]).is_empty());

    let long = "4711".repeat(6);
    let told = refused("write:\n  BEG02: SA\n", &[("number", json!(long))]);
    let at = head.clone().position(|line| line.trim_start().starts_with("number:")).unwrap() + 1;
    let sentence = format!(
        "`{long}` has 24 characters, and BEG03 takes at most 22 characters: it is /number, which m/mapping.yaml:{at} writes there"
    );
    assert_eq!(told, [("mapping/too_long".to_owned(), own("/number"), sentence)]);
}

#[test]
fn what_write_says_is_explained_as_the_mappings_own() {
    let library = library();
    let plan = library.named("x12/4010/850-order").unwrap();
    let message: Value = serde_json::from_str(MESSAGE).unwrap();
    let wrote = plan.write(&message, &context()).unwrap();
    let bytes = document(&plan, &wrote);
    let told = |message: &Value| {
        let sets = sets(&plan, &bytes);
        let explained = plan.explain_written(&sets[0].tree, &context(), message);
        let value = explained.values.iter().find(|value| value.place.to_string() == "BEG02").unwrap();
        (value.fields.clone(), library.said(value.line.unwrap().file, value.line.unwrap().line).to_owned())
    };
    assert_eq!(told(&message), (vec![], "BEG02: \"SA\"".to_owned()));
    let mut said = message.clone();
    said["kind"] = "standard".into();
    assert_eq!(told(&said), (vec!["/kind".to_owned()], "kind: BEG02 | table(order_kind)".to_owned()));
}

#[test]
fn what_a_place_is_only_read_for_did_not_write_it() {
    let library = library();
    let plan = library.named("x12/4010/855-order-response").unwrap();
    let sample = "mappings/standard/x12/4010/855-order-response/samples/parts.in.json";
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(sample)).unwrap();
    let message: Value = serde_json::from_str(&text).unwrap();
    let bytes = document(&plan, &plan.write(&message, &context()).unwrap());
    let explained = plan.explain_written(&sets(&plan, &bytes)[0].tree, &context(), &message);
    let reason = |value: &&Looked| value.fields.iter().any(|field| field.ends_with("/reason/code"));
    let reasons: Vec<&Looked> = explained.values.iter().filter(reason).collect();
    assert_eq!(reasons.len(), 3);
    assert!(reasons.iter().all(|value| value.fields.len() == 1), "a sentence was not written: {reasons:?}");
}

const MESSAGE: &str = r#"{ "number": "PO-1", "purpose": "original", "placed": { "date": "2026-03-02" }, "currency": "USD",
  "sold_to": { "refs": [], "name": "Northwind" },
  "lines": [{ "number": "1", "item": [{ "scheme": "sku", "id": "BOLT" }], "quantity": { "value": "1", "unit": "EA" } }] }"#;

#[test]
fn what_no_message_of_the_name_has_is_not_left_out_without_a_word() {
    let plan = library().named("x12/4010/850-order").unwrap();
    let message: Value = serde_json::from_str(MESSAGE).unwrap();
    assert_eq!(plan.is_no_message(&message), [""; 0]);
    let mut other = message.clone();
    other["shipto"] = json!({ "name": "Store 4" });
    other["ext"] = json!({ "anything": "goes" });
    other["lines"][0]["prise"] = json!({ "amount": "1" });
    other["lines"][0]["item"][0]["schema"] = json!("sku");
    assert_eq!(
        plan.is_no_message(&other),
        [
            "/lines/0/item/0/schema: an id has `scheme` and `id`; nearest scheme",
            "/lines/0/prise: no member of order/1 is called so; nearest price",
            "/shipto: no member of order/1 is called so; nearest ship_to",
        ]
    );
    let mut wrong = message;
    wrong["lines"][0]["quantity"]["value"] = json!("many");
    let told = plan.is_no_message(&wrong);
    assert!(told.len() == 1 && told[0].starts_with("it is no order/1: lines[0].quantity.value: "), "{told:?}");
}
