//! The language, piece by piece: a field's text, a document, the message, and the document written back.

use super::documents::{bytes, context, library, root, sets};
use crossdock::mapping::{Library, Plan};
use serde_json::{Value, json};
use std::sync::Arc;

fn compile(text: &str) -> Arc<Plan> {
    let library = Library::compile(&[("m/mapping.yaml".into(), text.into())]);
    library.unwrap_or_else(|lints| panic!("{text}\n{lints:#?}")).plans()[0].clone()
}

/// A JSON mapping with one more field.
fn json_plan(field: &str) -> Arc<Plan> {
    compile(&format!(
        "mapping: t\nfrom: json order\nto: order/1\nclaims: {{ direction: both }}\n\
         tables: {{ t: {{ a: Alpha, b: Beta, c: Alpha }} }}\n\
         fields:\n  number: number\n  purpose: \"'original'\"\n  placed: {{ date: date }}\n  currency: $tenant.currency\n  {field}\n"
    ))
}

/// field | members of the document beside number and date → message at the pointer | the members written back
fn check(field: &str, document: Value, pointer: &str, expected: Value, back: Value) {
    let plan = json_plan(field);
    let mut whole = json!({ "number": "1", "date": "2026-03-02" });
    whole.as_object_mut().unwrap().extend(document.as_object().unwrap().clone());
    let reading = plan.read(&sets(&plan, whole.to_string().as_bytes())[0].tree, &context());
    assert!(reading.faults.is_empty() && reading.missing.is_empty(), "{field}: {:#?}", reading.faults);
    assert_eq!(reading.body.pointer(pointer), Some(&expected).filter(|e| !e.is_null()), "{field}");
    let mut written: Value = serde_json::from_slice(&bytes(&plan, &reading.body)).unwrap();
    written.as_object_mut().unwrap().retain(|name, _| name != "number" && name != "date");
    assert_eq!(written, back, "{field}");
}

/// A text field, where reading changes nothing else.
fn text(pipes: &str, document: &str, expected: &str, back: &str) {
    check(&format!("ext:\n    x: {pipes}"), json!({ "x": document }), "/ext/x", json!(expected), json!({ "x": back }));
}

#[test]
fn pipes_on_texts() {
    text("x", " as it is ", " as it is ", " as it is ");
    text("x | trim", " a ", "a", "a");
    text("x | upper", "Abc", "ABC", "ABC");
    text("x | lower", "Abc", "abc", "abc");
    text("x | pad(6)", "000042", "42", "000042");
    text("x | pad(6)", "000000", "0", "000000");
    text("x | pad(4, ' ')", "  ab", "ab", "  ab");
    text("x | cut(3)", "abcdef", "abc", "abc");
    text("x | cut(3)", "äöüß", "äöü", "äöü");
    text("x | prefix(UN)", "UN1993", "1993", "UN1993");
    text("x | prefix(UN)", "1993", "1993", "UN1993");
    text("x | table(t)", "b", "Beta", "b");
    text("x | table(t)", "c", "Alpha", "a");
    text("x | trim | lower | table(t)", " B ", "Beta", "b");
}

#[test]
fn alternatives_literals_and_defaults() {
    let a_or_b = "ext: { x: a ?? b }";
    check(a_or_b, json!({ "a": "1", "b": "2" }), "/ext/x", json!("1"), json!({ "a": "1" }));
    check(a_or_b, json!({ "a": " ", "b": "2" }), "/ext/x", json!("2"), json!({ "a": "2" }));
    check("notes: a | default(none)", json!({}), "/notes/0", json!("none"), json!({ "a": ["none"] }));
    // A default alone makes no object: nothing in the document speaks of one.
    check("ext: { x: a | default(none) }", json!({}), "/ext", Value::Null, json!({}));
    check("ext: { x: (a | upper) ?? b }", json!({ "b": "y" }), "/ext/x", json!("y"), json!({ "a": "y" }));
    check("ext: { x: (a | upper) ?? b }", json!({ "a": "y" }), "/ext/x", json!("Y"), json!({ "a": "Y" }));
    // A literal alone says nothing of the document: it makes no object.
    check("ext: { x: \"'fixed'\" }", json!({}), "/ext", Value::Null, json!({}));
}

#[test]
fn lists_of_texts() {
    let both = json!(["a", "b"]);
    check("notes: notes", json!({ "notes": ["a", "b"] }), "/notes", both.clone(), json!({ "notes": ["a", "b"] }));
    check("notes: notes", json!({ "notes": "a" }), "/notes", json!(["a"]), json!({ "notes": ["a"] }));
    check("notes: notes | split('; ')", json!({ "notes": "a; b" }), "/notes", both.clone(), json!({ "notes": "a; b" }));
    check(
        "notes: texts/text",
        json!({ "texts": [{ "text": "a" }, { "text": "b" }] }),
        "/notes",
        both,
        json!({
            "texts": [{ "text": "a" }, { "text": "b" }]
        }),
    );
}

#[test]
fn numbers() {
    let amount = "totals: { amount: sum }";
    for (document, expected) in [(json!(12.5), "12.5"), (json!("0012,50"), "12.50"), (json!(-1), "-1")] {
        check(amount, json!({ "sum": document }), "/totals/amount", json!(expected), json!({ "sum": expected }));
    }
    let implied = "totals: { amount: sum | decimal(2) }";
    check(implied, json!({ "sum": "1250" }), "/totals/amount", json!("12.50"), json!({ "sum": "1250" }));
    check(implied, json!({ "sum": "12.5" }), "/totals/amount", json!("12.5"), json!({ "sum": "1250" }));
    check("totals: { lines: n }", json!({ "n": "3" }), "/totals/lines", json!(3), json!({ "n": "3" }));
}

#[test]
fn conditions_and_levels() {
    let parties =
        json!({ "parties": [{ "role": "ship", "id": "S" }, { "role": "buyer", "id": "B", "name": "Buyer" }] });
    let field = "sold_to: { at: 'parties[role=buyer]', refs: id | ref(buyer), name: name }";
    check(
        field,
        parties.clone(),
        "/sold_to/name",
        json!("Buyer"),
        json!({
            "parties": [{ "role": "buyer", "id": "B", "name": "Buyer" }]
        }),
    );
    check(
        "ext: { x: 'parties[role=ship]/id' }",
        parties,
        "/ext/x",
        json!("S"),
        json!({
            "parties": [{ "role": "ship", "id": "S" }]
        }),
    );
    let nested = "lines: { each: groups*/lines, number: n ?? $position, item: ^sku | ref(sku), quantity: { value: q, unit: ^^unit } }";
    let document = json!({ "unit": "EA", "groups": [
        { "sku": "A", "lines": [{ "n": "1", "q": "5" }, { "q": "6" }] },
        { "sku": "B", "lines": [{ "n": "9", "q": "7" }] },
    ] });
    let plan = json_plan(nested);
    let mut whole = json!({ "number": "1", "date": "2026-03-02" });
    whole.as_object_mut().unwrap().extend(document.as_object().unwrap().clone());
    let reading = plan.read(&sets(&plan, whole.to_string().as_bytes())[0].tree, &context());
    let lines: Vec<_> = reading.body["lines"].as_array().unwrap().iter().collect();
    let short =
        |l: &&Value| format!("{}/{}/{}", l["number"], l["item"][0]["id"], l["quantity"]["unit"]).replace('"', "");
    assert_eq!(lines.iter().map(short).collect::<Vec<_>>(), ["1/A/EA", "2/A/EA", "9/B/EA"]);
    let places: Vec<_> = reading.provenance.iter().filter(|o| o.field == "/lines/2/quantity/value").collect();
    assert_eq!(places[0].at, "groups/1/lines/0/q");
    super::documents::written_back(&plan, &reading.body);
}

#[test]
fn a_json_pointer_begins_at_the_root() {
    let field = "lines: { each: lines, number: n, item: sku | ref(sku), quantity: { value: q, unit: /unit }, requested_on: /when/day }";
    let document =
        json!({ "unit": "EA", "when": { "day": "2026-04-01" }, "lines": [{ "n": "1", "sku": "A", "q": "5" }] });
    check(field, document.clone(), "/lines/0/requested_on", json!("2026-04-01"), document);
}

#[test]
fn csv_columns_by_header_and_by_number() {
    let plan = compile(
        "mapping: t\nfrom: csv orders\nto: order/1\nclaims: { direction: in }\nsets: { by: \"Order No\" }\none_way: true\n\
         fields:\n  number: \"\\\"Order No\\\"\"\n  purpose: \"'original'\"\n  placed: { date: \"#2 | date(dd.mm.yyyy)\" }\n  \
         currency: $tenant.currency\n  lines: { each: row, number: $position, item: \"#3 | ref(sku)\", quantity: { value: Qty, unit: \"'EA'\" } }\n",
    );
    let csv = b"Order No,Date,Item,Qty\nA,02.03.2026,BOLT,5\nA,,NUT,6\n";
    let reading = plan.read(&sets(&plan, csv)[0].tree, &context());
    assert!(reading.faults.is_empty(), "{:#?}", reading.faults);
    assert_eq!(reading.body["placed"]["date"], "2026-03-02");
    assert_eq!(reading.body["lines"][1]["item"][0]["id"], "NUT");
    assert_eq!(reading.body["lines"][1]["number"], "2");
    let two_ways = "mapping: t\nfrom: csv orders\nto: order/1\nclaims: { direction: in }\nsets: { by: a }\nfields: { number: '#1' }\n";
    let lints = Library::compile(&[("m/mapping.yaml".into(), two_ways.into())]).unwrap_err();
    assert!(lints.iter().any(|l| l.sentence.contains("one_way")), "{lints:?}");
}

#[test]
fn fixed_width_by_records_and_columns() {
    let head = "mapping: t\nfrom: fixed orders\nto: order/1\nclaims: { direction: in }\n";
    let rest = "fields:\n  number: order_number\n  purpose: \"'original'\"\n  placed: { date: placed | date(yyyymmdd) }\n  \
                currency: $tenant.currency\n  notes: line/note/text\n  lines:\n    each: line\n    number: no | pad(3)\n    \
                item: sku | ref(sku)\n    quantity: { value: quantity | decimal(1), unit: \"'EA'\" }\n    ext: { buyer: ^buyer }\n";
    let layout = "layout:\n  kind: 1\n  records:\n    head: { is: H, opens: set, fields: { order_number: 2-7, placed: 8-15, buyer: 16-20 } }\n    \
                  line: { is: L, under: head, fields: { no: 2-4, sku: 5-12, quantity: 13-17 } }\n    \
                  note: { is: N, under: line, fields: { text: 2-30 } }\n";
    let plan = compile(&format!("{head}{layout}{rest}"));
    let text = b"HPO-1  20260302BUYER\nL001BOLT-M8 00240\nNlong ones\nL002NUT     00015\n";
    let reading = plan.read(&sets(&plan, text)[0].tree, &context());
    assert!(reading.faults.is_empty() && reading.unread.is_empty(), "{:#?} {:?}", reading.faults, reading.unread);
    assert_eq!(reading.body["number"], "PO-1");
    assert_eq!(reading.body["placed"]["date"], "2026-03-02");
    assert_eq!(reading.body["notes"], json!(["long ones"]));
    assert_eq!(reading.body["lines"][0]["quantity"]["value"], "24.0");
    assert_eq!(reading.body["lines"][1]["item"][0]["id"], "NUT");
    assert_eq!(reading.body["lines"][1]["quantity"]["value"], "1.5");
    assert_eq!(reading.body["lines"][1]["ext"]["buyer"], "BUYER");
    let from = reading.provenance.iter().find(|o| o.field == "/lines/1/item/0/id").unwrap();
    assert_eq!(&text[from.bytes.start as usize..from.bytes.end as usize], b"NUT");
    for (without, said) in [
        (format!("{head}{rest}"), "says where the fields stand"),
        (format!("{head}{layout}{rest}").replace(": in }", ": both }"), "not written yet"),
    ] {
        let lints = Library::compile(&[("m/mapping.yaml".into(), without)]).unwrap_err();
        assert!(lints.iter().any(|l| l.sentence.contains(said)), "{lints:?}");
    }
}

/// What `write:` says of a place makes nothing read but what it would say itself: another carrier beside the load's, or a
/// number where there only has to be one (`[04=*]`), is told.
#[test]
fn what_write_would_say_otherwise_is_unread() {
    let plan = library().named("x12/4010/204-transport-order").expect("a mapping of the packs");
    let unread = |carrier: &str| {
        let set = format!("ST*204*0001~B2**SCAC**LOAD-1**PP~B2A*00~MS3*{carrier}*B**J~S5*1*CL~N1*SF*Acme~SE*7*0001~");
        let text = format!(
            "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261102*0915*U*00401*000000001*0*P*>~\
             GS*SM*A*B*20261102*0915*1*X*004010~{set}GE*1*1~IEA*1*000000001~"
        );
        plan.read(&sets(&plan, text.as_bytes())[0].tree, &context()).unread
    };
    assert_eq!(unread("SCAC"), [""; 0], "the load's own");
    assert_eq!(unread("OTHR"), ["MS301"]);
}

#[test]
fn unmapped_may_reject_or_be_ignored() {
    let of = |policy: &str| {
        compile(&format!(
            "mapping: t\nfrom: json order\nto: order/1\nclaims: {{ direction: in }}\nunmapped: {policy}\n\
             fields: {{ number: number, purpose: \"'original'\", placed: {{ date: date }}, currency: $tenant.currency }}\n"
        ))
    };
    let document = br#"{"number":"1","date":"2026-03-02","gift":true,"deep":{"er":[1,2]}}"#;
    let read = |policy: &str| {
        let plan = of(policy);
        plan.read(&sets(&plan, document)[0].tree, &context())
    };
    let (warn, ignore, reject) = (read("warn"), read("ignore"), read("reject"));
    assert_eq!(warn.unread, ["gift", "deep/er"]);
    assert!(warn.body.is_object() && ignore.unread.is_empty() && ignore.body.is_object());
    assert_eq!(reject.body, Value::Null);
    assert_eq!(&*reject.faults[0].sentence, "gift at /gift: nothing reads it");
}

#[test]
fn null_makes_no_item_and_no_object() {
    let field = "sold_to: { at: buyer, name: name, contacts: { each: people, name: who } }";
    let both = json!({ "buyer": { "name": "N", "people": null } });
    check(field, both, "/sold_to", json!({ "name": "N" }), json!({ "buyer": { "name": "N" } }));
    check(field, json!({ "buyer": null }), "/sold_to", json!({}), json!({}));
}

#[test]
fn an_xml_element_is_made_where_the_one_above_stands_and_items_share_it() {
    let plan = compile(
        "mapping: t\nfrom: ubl DespatchAdvice\nto: despatch_advice/1\nclaims: { direction: both }\nroot: D\n\
         fields:\n  number: ID\n  purpose: \"'original'\"\n  issued: { date: Date }\n\
         \x20 tracking: Shipment/Tracking\n  packages: { each: Shipment/Unit, id: ID }\n\
         write: { Shipment/Kind: 'road', Nobody/Kind: 'x' }\n",
    );
    let body = json!({ "number": "1", "purpose": "original", "issued": { "date": "2026-03-02" }, "tracking": "T",
        "packages": [{ "id": "A" }, { "id": "B" }] });
    let text = String::from_utf8(bytes(&plan, &body)).unwrap();
    let flat: String = text.lines().skip(1).map(str::trim).collect();
    let shipment =
        "<Shipment><Tracking>T</Tracking><Unit><ID>A</ID></Unit><Unit><ID>B</ID></Unit><Kind>road</Kind></Shipment>";
    assert_eq!(flat, format!("<D><ID>1</ID><Date>2026-03-02</Date>{shipment}</D>"));
    assert_eq!(plan.read(&sets(&plan, text.as_bytes())[0].tree, &context()).body, body);
}

/// What happened to a load, as JSON.
fn statuses() -> Arc<Plan> {
    compile(
        "mapping: t\nfrom: json status\nto: transport_status/1\nclaims: { direction: both }\n\
         tables: { s: { D1: delivered, \"*\": unknown }, kind: { TL: trailer, \"*\": \"*\" } }\n\
         fields:\n  number: number\n  issued: issued | when(iso)\n  lines:\n    each: events\n    code: code\n    \
         status: { read: code | table(s), write: where_empty }\n    at: when | when(iso)\n    \
         equipment: { kind: kind | table(kind) }\n",
    )
}

#[test]
fn a_date_with_its_time_and_zone() {
    let plan = statuses();
    let instant = "2026-07-14T13:30:00.000000Z";
    let whole = json!({ "date": "2026-07-14", "time": "09:30:00", "zone": "-04:00", "at": instant });
    let document = json!({ "number": "1", "issued": "2026-07-14", "events": [
        { "code": "D1", "when": "2026-07-14T09:30:00-04:00" }, { "code": "ZZ", "when": "2026-07-14 09:30" },
    ] });
    let reading = plan.read(&sets(&plan, document.to_string().as_bytes())[0].tree, &context());
    assert!(reading.faults.is_empty(), "{:#?}", reading.faults);
    assert_eq!(reading.body["issued"], json!({ "date": "2026-07-14" }));
    assert_eq!(reading.body["lines"][0]["at"], whole);
    assert_eq!(reading.body["lines"][1]["at"], json!({ "date": "2026-07-14", "time": "09:30:00" }));
    let origins = reading.provenance.iter().filter(|o| o.field == "/lines/0/at/date");
    assert_eq!(origins.count(), 1);
    let back: Value = serde_json::from_slice(&bytes(&plan, &reading.body)).unwrap();
    assert_eq!(back["events"][0], document["events"][0]);
    assert_eq!(back["events"][1]["when"], "2026-07-14T09:30:00");

    let bad = json!({ "number": "1", "events": [{ "code": "D1", "when": "2026-07-14T29:30:00" }] });
    let told = plan.read(&sets(&plan, bad.to_string().as_bytes())[0].tree, &context()).faults;
    assert_eq!(told.iter().map(|f| &*f.code).collect::<Vec<_>>(), ["mapping/bad_date"]);
}

#[test]
fn values_without_a_row_and_what_is_written_where_nothing_else_is() {
    let plan = statuses();
    let read = |document: &Value| plan.read(&sets(&plan, document.to_string().as_bytes())[0].tree, &context()).body;
    let events = json!([
        { "code": "D1", "when": "2026-07-14", "kind": "TL" }, { "code": "ZZ", "when": "2026-07-14", "kind": "CZ" },
    ]);
    let document = json!({ "number": "1", "issued": "2026-07-14", "events": events });
    let body = read(&document);
    let seen = |line: usize| (body["lines"][line]["status"].clone(), body["lines"][line]["equipment"]["kind"].clone());
    assert_eq!(seen(0), (json!("delivered"), json!("trailer")));
    assert_eq!(seen(1), (json!("unknown"), json!("CZ")), "the code's own row is `*`");
    let back: Value = serde_json::from_slice(&bytes(&plan, &body)).unwrap();
    assert_eq!(back, document);
    // Without a code the status says it; where there is one, it stays.
    let mut ours = body.clone().into_value();
    ours["lines"][0].as_object_mut().unwrap().remove("code");
    ours["lines"][1]["status"] = "delivered".into();
    let back: Value = serde_json::from_slice(&bytes(&plan, &ours)).unwrap();
    assert_eq!(back, document);
}

#[test]
fn what_no_line_writes_is_told_or_refuses() {
    let of = |policy: &str| {
        compile(&format!(
            "mapping: t\nfrom: json order\nto: order/1\nclaims: {{ direction: both }}\none_way: true\n{policy}\
             fields: {{ number: number, purpose: \"'original'\", placed: {{ date: date }}, currency: $tenant.currency, \
             ship_to: {{ at: to, name: name }}, lines: {{ each: rows, number: $position, item: \"sku | ref(sku)\", quantity: {{ value: count, unit: {{ read: \"'EA'\" }} }} }} }}\n\
             write: {{ terms: {{ from: number }} }}\n"
        ))
    };
    let message = json!({
        "number": "1", "purpose": "original", "placed": { "date": "2026-03-02" }, "currency": "EUR",
        "ship_to": { "name": "N", "address": { "city": "Dayton" }, "refs": [] }, "release": null,
        "allowances_charges": [{ "kind": "charge" }],
        "lines": [
            { "number": "1", "item": [], "quantity": { "value": "1" } },
            { "number": "2", "item": [], "quantity": { "value": "1", "unit": "EA" }, "notes": ["x"] },
        ],
    });
    let left = ["/ship_to/address", "/allowances_charges", "/lines/1/notes"];
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    let expected = sorted(left.map(str::to_owned).to_vec());
    let warn = of("");
    assert_eq!(sorted(warn.unwritten(&message)), expected);
    assert_eq!(warn.write(&message, &context()).err(), None);
    assert!(of("unwritten: ignore\n").unwritten(&message).is_empty());
    let faults = of("unwritten: reject\n").write(&message, &context()).unwrap_err();
    assert_eq!(faults.len(), 3, "{faults:#?}");
    let sentences: Vec<&str> = faults.iter().map(|fault| &*fault.sentence).collect();
    assert!(sentences.contains(&"/ship_to/address is in the message, and no line of t writes it"), "{sentences:?}");
    assert!(faults.iter().all(|fault| &*fault.code == "mapping/unwritten"));
}

#[test]
fn what_is_only_read_is_told_where_no_other_line_says_it() {
    let of = |policy: &str| {
        compile(&format!(
            "mapping: t\nfrom: json order\nto: order/1\nclaims: {{ direction: both }}\n{policy}fields: {{ number: number, purpose: \
             \"'original'\", placed: {{ date: date }}, currency: $tenant.currency, ship_to: {{ name: to, refs: to | ref(id) }}, \
             bill_to: {{ refs: billed | ref(id), name: {{ read: to }} }}, lines: {{ each: rows, number: no, item: \"sku | ref(sku)\", notes: note, quantity: \
             {{ value: count, unit: unit }}, ext: {{ a: no, why: {{ read: note }} }} }} }}\n"
        ))
    };
    let line = |number: &str, why: &str| {
        json!({ "number": number, "item": [{ "scheme": "sku", "id": "A" }], "notes": ["late"], "ext": { "a": number, "why": why },
            "quantity": { "value": "1", "unit": "EA" } })
    };
    let message = |bill_to: &str, why: &str| {
        json!({ "number": "1", "purpose": "original", "placed": { "date": "2026-03-02" }, "currency": "EUR",
            "sold_to": {}, "ship_to": { "name": "Nord", "refs": [{ "scheme": "id", "id": "Nord" }] }, "bill_to": { "name": bill_to, "refs": [{ "scheme": "id", "id": "7" }] },
            "lines": [line("1", "late"), line("2", why)] })
    };
    let plan = of("");
    let lost = |message: &Value| {
        let written = plan.write(message, &context()).unwrap();
        plan.lost(&[message], &written, &context()).remove(0)
    };
    assert_eq!(lost(&message("Nord", "late")), Vec::<String>::new(), "another line says it");
    assert_eq!(lost(&message("Süd", "no steel")), ["/bill_to/name", "/lines/1/ext/why"]);
    let faults = of("unwritten: reject\n").write(&message("Nord", "no steel"), &context()).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!(&*faults[0].code, "mapping/unwritten");
    assert!(faults[0].sentence.starts_with("/lines/1/ext/why is in the message"), "{}", faults[0].sentence);
    // The reason's sentence of an 855: an ACK has room for a code.
    let plan = library().named("x12/4010/855-order-response").unwrap();
    let sample = "standard/x12/4010/855-order-response/samples/parts.in.json";
    let answer: Value = serde_json::from_slice(&std::fs::read(root().join(sample)).unwrap()).unwrap();
    let written = plan.write(&answer, &context()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let lost = plan.lost(&[&answer], &written, &context()).remove(0);
    assert_eq!(lost, [1, 2, 3].map(|line| format!("/lines/{line}/reason/sentence")));
}

#[test]
fn a_loop_without_the_one_below_it_is_an_item_where_that_was_said() {
    let of = |each: &str| {
        compile(&format!(
            "mapping: t\nfrom: x12 004010 855\nto: order_response/1\nclaims: {{ direction: in }}\none_way: true\n\
             tables: {{ line: {{ IA: accepted, IR: rejected }} }}\n\
             fields: {{ order_number: BAK03, our_number: BAK03, outcome: \"'accepted'\", placed: BAK04 | date(yyyymmdd), \
             lines: {{ each: {each}, number: ^PO101, item: '^PO1{{VN}} | item', outcome: \"(ACK01 | table(line)) ?? 'accepted'\", \
             quantity: {{ value: ACK02 ?? ^PO102, unit: ACK03 ?? ^PO103 }} }} }}\n"
        ))
    };
    let body = "BAK*00*AC*PO-1*20261102~PO1*1*5*EA*9**VN*A~ACK*IA*3*EA~ACK*IR*2*EA~PO1*2*7*EA*9**VN*B~CTT*2~";
    let text = format!(
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
         GS*PR*A*B*20260101*0900*1*X*004010~ST*855*0001~{body}SE*8*0001~GE*1*1~IEA*1*000000001~"
    );
    let lines = |each: &str| {
        let plan = of(each);
        let reading = plan.read(&sets(&plan, text.as_bytes())[0].tree, &context());
        assert_eq!(reading.faults, []);
        let line = |line: &Value| {
            format!("{} {} {}", line["number"], line["outcome"], line["quantity"]["value"]).replace('"', "")
        };
        reading.body["lines"].as_array().unwrap().iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(lines("PO1/ACK"), ["1 accepted 3", "1 rejected 2"]);
    assert_eq!(lines("PO1/ACK?"), ["1 accepted 3", "1 rejected 2", "2 accepted 7"]);
    for wrong in ["PO1?", "\"PO1/ACK ?? PO1\""] {
        let text = format!(
            "mapping: t\nfrom: x12 004010 855\nto: order_response/1\nclaims: {{ direction: in }}\n\
            fields: {{ lines: {{ each: {wrong}, number: PO101 }} }}\n"
        );
        assert!(Library::compile(&[("m/mapping.yaml".into(), text)]).is_err(), "{wrong}");
    }
}

#[test]
fn a_star_behind_qualifiers_takes_all_others() {
    let of = |pairs: &str| {
        compile(&format!(
            "mapping: t\nfrom: x12 004010 850\nto: order/1\nclaims: {{ direction: both }}\n\
             fields: {{ number: BEG03, purpose: \"'original'\", placed: {{ date: BEG05 | date(yyyymmdd) }}, \
             currency: $tenant.currency, lines: {{ each: PO1, number: PO101, item: 'PO1{pairs} | item', \
             quantity: {{ value: PO102, unit: PO103 }} }} }}\nwrite: {{ BEG01: \"00\", BEG02: SA }}\n"
        ))
    };
    let text = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
                GS*PO*A*B*20260101*0900*1*X*004010~ST*850*0001~BEG*00*SA*PO-1**20261102~\
                PO1*1*5*EA***LT*L7*VN*A~PO1*2*5*EA***SK*B*MF*C~SE*5*0001~GE*1*1~IEA*1*000000001~";
    let told = |pairs: &str| {
        let plan = of(pairs);
        let reading = plan.read(&sets(&plan, text.as_bytes())[0].tree, &context());
        assert_eq!(reading.faults, [], "{pairs}");
        let id = |id: &Value| format!("{}={}", id["scheme"].as_str().unwrap(), id["id"].as_str().unwrap());
        let ids = |line: &Value| line["item"].as_array().into_iter().flatten().map(id).collect::<Vec<_>>().join(" ");
        let read = reading.body["lines"].as_array().unwrap().iter().map(ids).collect::<Vec<_>>().join(", ");
        let written = bytes(&plan, &reading.body);
        let written = String::from_utf8_lossy(&written).into_owned();
        let lines = written.split('~').filter(|segment| segment.trim().starts_with("PO1"));
        let ids = |line: &str| line.split('*').skip(6).collect::<Vec<_>>().join("*");
        (read, lines.map(ids).collect::<Vec<_>>().join(", "))
    };
    let two = |read: &str, written: &str| (read.to_owned(), written.to_owned());
    assert_eq!(told("{VP,VN}"), two("sku=A, ", "VP*A, "));
    assert_eq!(told("{VP,VN,*}"), two("x12:LT=L7 sku=A, sku=B mpn=C", "LT*L7*VP*A, VP*B*MG*C"));
    assert_eq!(told("{*}"), two("x12:LT=L7 sku=A, sku=B mpn=C", "LT*L7*VN*A, VN*B*MG*C"));
}

#[test]
fn a_comma_that_may_part_thousands_is_no_number_until_the_mapping_says_so() {
    let quantity = |pipe: &str, text: &str| {
        let plan = compile(&format!(
            "mapping: t\nfrom: json order\nto: order/1\nclaims: {{ direction: in }}\none_way: true\n\
             fields: {{ number: number, purpose: \"'original'\", placed: {{ date: date }}, currency: $tenant.currency, \
             lines: {{ each: rows, number: $position, item: \"sku | ref(sku)\", quantity: {{ value: \"count{pipe}\", unit: \"'EA'\" }} }} }}\n"
        ));
        let document = json!({ "number": "1", "date": "2026-03-02", "rows": [{ "count": text }] }).to_string();
        let reading = plan.read(&sets(&plan, document.as_bytes())[0].tree, &context());
        match reading.faults.first() {
            Some(fault) => format!("{} {}", fault.code, fault.found),
            None => reading.body["lines"][0]["quantity"]["value"].as_str().unwrap_or_default().to_owned(),
        }
    };
    for (pipe, text, expected) in [
        ("", "1,250", "mapping/bad_number 1,250"),
        ("", "1,25", "1.25"),
        ("", "1e2", "100"),
        (" | number('.')", "1,250", "1250"),
        (" | number(',')", "1,250", "1.250"),
        (" | number(',')", "1.250,5", "1250.5"),
        (" | number('.')", "12,50", "mapping/bad_number 12,50"),
    ] {
        assert_eq!(quantity(pipe, text), expected, "{text}{pipe}");
    }
}

#[test]
fn a_text_on_a_line_of_its_own_is_read_without_its_indentation() {
    let plan = compile(
        "mapping: t\nfrom: xml orders\nroot: Order\nto: order/1\nclaims: { direction: in }\n\
         fields:\n  number: ID\n  purpose: \"'original'\"\n  placed: { date: Day }\n  currency: $tenant.currency\n  notes: Note\n",
    );
    let text =
        b"<Order><ID>\n   U-1\n  </ID><Day>2026-03-02</Day><Note> as it is </Note><Note>\n one\n two\n</Note></Order>";
    let reading = plan.read(&sets(&plan, text)[0].tree, &context());
    assert_eq!(reading.faults, []);
    assert_eq!((&reading.body["number"], &reading.body["notes"]), (&json!("U-1"), &json!([" as it is ", "one\n two"])));
}

#[test]
fn a_number_without_its_sign_is_below_zero_where_a_member_says_so() {
    let plan = |below: &str| {
        format!(
            "mapping: t\nfrom: json remittance\nto: remittance/1\nclaims: {{ direction: both }}\nfields:\n  number: number\n  \
             purpose: \"'original'\"\n  issued: {{ date: day }}\n  currency: currency\n  amount: sum\n  direction: \"'credit'\"\n  \
             lines: {{ each: lines, kind: kind, document: {{ number: of }}, paid: {{ read: paid, below_zero: {below} }} }}\n"
        )
    };
    let compiled = compile(&plan("{ kind: [credit] }"));
    let document = |paid: &str| {
        json!({ "number": "1", "day": "2026-03-02", "currency": "EUR", "sum": "7.00", "lines": [
            { "kind": "invoice", "of": "a", "paid": "10.00" }, { "kind": "credit", "of": "b", "paid": paid },
            { "kind": "invoice", "of": "c", "paid": "-1.00" } ] })
    };
    let read = |paid: &str| {
        let set = sets(&compiled, document(paid).to_string().as_bytes()).remove(0);
        let reading = compiled.read(&set.tree, &context());
        assert_eq!(reading.faults, []);
        reading.body.into_value()
    };
    let paid = |body: &Value| -> Vec<String> {
        body["lines"].as_array().unwrap().iter().map(|line| line["paid"].as_str().unwrap().to_owned()).collect()
    };
    let body = read("3.00");
    assert_eq!(paid(&body), ["10.00", "-3.00", "-1.00"]);
    assert_eq!(paid(&read("-3.00")), ["10.00", "-3.00", "-1.00"], "who sends the sign is read alike");
    assert_eq!(paid(&read("0.00"))[1], "0.00");
    let written: Value = serde_json::from_slice(&bytes(&compiled, &body)).unwrap();
    assert_eq!(written, document("3.00"));
    let mut above = body;
    above["lines"][1]["paid"] = json!("3.00");
    let faults = compiled.write(&above, &context()).unwrap_err();
    assert_eq!(&*faults[0].sentence, "/lines/1/paid is `3.00`, and this document can only say it below zero");

    let lint = |below: &str| {
        let wrong = Library::compile(&[("m/mapping.yaml".into(), plan(below))]).unwrap_err();
        wrong[0].sentence.clone()
    };
    assert_eq!(lint("{ kin: [credit] }"), "`kin` is no member beside the field; nearest kind");
    let whole =
        plan("{ kind: [credit] }").replace("amount: sum", "amount: { read: sum, below_zero: { direction: credits } }");
    let wrong = Library::compile(&[("m/mapping.yaml".into(), whole)]).unwrap_err();
    assert_eq!(wrong[0].sentence, "`credits` is no word of `direction`; nearest credit");
    assert_eq!(lint("credit"), "`below_zero:` names a member beside the field and its words: { kind: [credit] }");
}
