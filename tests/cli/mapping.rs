//! `crossdock mapping`: faults under their lines, samples that give what was reviewed, what mappings there are.

use super::call::{Called, Folder, command};

const OWN: &str = "mapping: northwind/850-order
extends: x12/4010/850-order
claims: { partner: northwind }
fields:
  ext: { season: 'REF[01=19].02' }
";

const ORDER: &str =
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~
GS*PO*A*B*20260101*0900*1*X*004010~
ST*850*0001~
BEG*00*NE*77**20260102~
REF*19*SPRING~
N1*BY*Northwind*92*STORE4~
PO1*1*3*EA*2.50**VN*A1~
SE*6*0001~
GE*1*1~
IEA*1*000000001~
";

fn call(folder: &Folder, arguments: &[&str]) -> Called {
    let output = command(folder.path()).arg("mapping").args(arguments).output().unwrap();
    Called {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn with(text: &str) -> Folder {
    let folder = Folder::new();
    folder.write("mappings/partners/northwind/850-order/mapping.yaml", text);
    folder
}

#[test]
fn lint_shows_each_fault_under_its_line() {
    let folder = with(&OWN.replace("REF[01=19].02", "REV[01=19].02"));
    let called = call(&folder, &["lint"]);
    assert_eq!(called.code, 1, "{called:?}");
    let expected =
        "mappings/partners/northwind/850-order/mapping.yaml:5:19: REV is not in the guide of 850 004010; nearest REF
  5 |   ext: { season: 'REV[01=19].02' }
    |                   ^

1 fault
";
    assert_eq!(called.out.trim_start_matches("./"), expected);
    for (from, to, sentence) in [
        ("  ext:", "  number: BEG03 | uper\n  ext:", "`uper` is no pipe; nearest upper"),
        ("extends: x12/4010/850-order", "extends: northwind/850-order", "goes round in a circle"),
        ("extends: x12/4010/850-order", "extends: x12/4010/850-ordr", "nearest x12/4010/850-order"),
        ("claims: { partner: northwind }\n", "", "claims the same"),
        ("  ext:", "  requested_on: DTM02\n  ext:", "a date needs its format"),
        ("  ext:", "  purpose: BEG01 | table(purpse)\n  ext:", "is not named under `tables:`"),
        ("  ext:", "  totals: { lines: { cel: 'size(lins)' } }\n  ext:", "nearest lines"),
    ] {
        let text = OWN.replace(from, to);
        let called = call(&with(&text), &["lint", "mappings"]);
        assert_eq!(called.code, 1, "{text}{called:?}");
        assert!(called.out.contains(sentence) && called.out.contains("^\n"), "{text}{}", called.out);
    }
    let called = call(&with(OWN), &["lint"]);
    assert_eq!((called.code, called.out.lines().last()), (0, Some("1 mapping in mappings, no fault")), "{called:?}");
    let called = call(&with(&OWN.replace("REF[", "REV[")), &["lint", "--json"]);
    assert_eq!(called.json()[0]["line"], 5, "{called:?}");
    assert_eq!(call(&Folder::new(), &["lint"]).code, 2);
}

#[test]
fn a_file_that_is_no_text_hides_no_other_fault() {
    let folder = with(&OWN.replace("REF[01=19]", "REV[01=19]"));
    folder.write("mappings/tables/ware.csv", b"value,target\n1,caf\xe9\n");
    folder.write("mappings/partners/b/850/mapping.yaml", b"mapping: b/850\nextends: northwind/850-order # \xfc\n");
    let called = call(&folder, &["lint"]);
    assert_eq!(called.code, 1, "{called:?}");
    let told: Vec<&str> = called.out.lines().filter(|line| line.contains(".csv:") || line.contains(".yaml:")).collect();
    let expected = [
        "mappings/partners/b/850/mapping.yaml:2:32: byte 46 (hex FC) is no UTF-8: save the file as UTF-8; as ISO 8859-1 the byte is `ü`",
        "mappings/partners/northwind/850-order/mapping.yaml:5:19: REV is not in the guide of 850 004010; nearest REF",
        "mappings/tables/ware.csv:2:6: byte 18 (hex E9) is no UTF-8: save the file as UTF-8; as ISO 8859-1 the byte is `é`",
    ];
    assert_eq!(told, expected, "{}", called.out);
}

#[test]
fn samples_are_tried_shown_and_blessed() {
    let folder = with(OWN);
    folder.write("mappings/partners/northwind/850-order/samples/first.in.edi", ORDER);
    let called = call(&folder, &["test"]);
    assert_eq!(called.code, 1, "{called:?}");
    assert!(called.out.contains("first.out.json is not there"), "{}", called.out);
    assert_eq!(call(&folder, &["test", "--bless"]).code, 0);
    assert_eq!(call(&with(OWN), &["test"]).code, 2, "nothing tried is not all right");
    let called = call(&folder, &["test", "mappings/partners"]);
    assert_eq!(called.code, 0, "{called:?}");
    assert!(called.out.starts_with("1 sample, 0 not as reviewed, 0 mappings without one"), "{}", called.out);
    folder.write("mappings/partners/northwind/850-order/samples/first.in.edi", ORDER.replace("SPRING", "SUMMER"));
    let called = call(&folder, &["test"]);
    assert_eq!(called.code, 1, "{called:?}");
    assert!(
        called.out.contains("-      \"season\": \"SPRING\"") && called.out.contains("+      \"season\": \"SUMMER\""),
        "{}",
        called.out
    );
    let told = call(&folder, &["test", "--json"]).json();
    assert_eq!(told[0]["result"], "differs");
}

#[test]
fn mappings_are_listed_and_one_is_shown_line_by_line() {
    let folder = with(OWN);
    let called = call(&folder, &["show"]);
    assert_eq!(called.code, 0, "{called:?}");
    let own = called.out.lines().find(|line| line.starts_with("northwind/850-order")).unwrap();
    assert!(own.contains("x12 004010 850") && own.contains("order/1") && own.ends_with("northwind"), "{own}");
    let called = call(&folder, &["show", "northwind/850-order"]);
    assert!(called.out.contains("/ext/season") && called.out.contains("850-order/mapping.yaml:5"), "{}", called.out);
    let number = called.out.lines().find(|line| line.starts_with("/number")).unwrap();
    assert!(number.ends_with("number: BEG03"), "what is below is shown with its own line: {number}");
    let called = call(&folder, &["show", "northwind/850-ordr"]);
    assert_eq!(called.code, 2);
    assert!(called.err.contains("did you mean northwind/850-order?"), "{}", called.err);
}

#[test]
fn coverage_lists_what_nobody_reads_and_what_nobody_says() {
    let folder = with(OWN);
    folder.write("inbox/a.edi", ORDER);
    folder.write("inbox/b.edi", ORDER.replace("~\nN1*BY", "~\nCSH*SC~\nN1*BY").replace("SE*6", "SE*7"));
    let called = call(&folder, &["coverage", "inbox", "--partner", "northwind", "--json"]);
    assert_eq!(called.code, 0, "{called:?}");
    let told: serde_json::Value = serde_json::from_str(&called.out).unwrap();
    assert!(told["mapping"].as_str().unwrap().starts_with("northwind/850-order@"), "{told}");
    assert_eq!(told["sets"], 2);
    let fob = told["unread"].as_array().unwrap().iter().find(|one| one["path"] == "CSH01").unwrap();
    assert_eq!((&fob["sets"], &fob["value"]), (&1.into(), &"SC".into()), "{told}");
    let empty: Vec<&str> =
        told["never_filled"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert!(empty.contains(&"/ship_to/name") && !empty.contains(&"/ext/season"), "{empty:?}");
    let table = call(&folder, &["coverage", "inbox/b.edi", "--partner", "northwind"]);
    assert!(table.out.contains("CSH01") && table.out.contains("NO DOCUMENT SAYS"), "{}", table.out);
    folder.write("inbox/c.edi", ORDER.replace("SE*6", "SE*9"));
    let faulty = call(&folder, &["coverage", "inbox"]);
    assert_eq!(faulty.code, 1, "{faulty:?}");
    assert!(faulty.err.contains("crossdock check"), "{}", faulty.err);
}

#[test]
fn a_mapping_is_proposed_that_lints_clean_and_reads_what_is_wanted() {
    let folder = Folder::new();
    folder.write("order.edi", ORDER);
    let bare = call(&folder, &["suggest", "order.edi", "--name", "northwind/850-order"]);
    assert_eq!(bare.code, 0, "{bare:?}");
    assert!(bare.out.contains("number: BEG03"), "{}", bare.out);
    let body = command(folder.path()).args(["translate", "order.edi"]).output().unwrap().stdout;
    folder.write("order.json", &body);
    let pair = call(&folder, &["suggest", "order.edi", "--like", "order.json", "--without", "x12/4010/850-order"]);
    assert_eq!(pair.code, 0, "{pair:?}");
    folder.write("mappings/partners/northwind/850-order/mapping.yaml", pair.out.replace("in }", "in, partner: nw }"));
    let lint = call(&folder, &["lint"]);
    assert_eq!(lint.code, 0, "{lint:?}\n{}", pair.out);
    let read = command(folder.path()).args(["translate", "order.edi", "--mapping", "proposed"]).output().unwrap();
    let (wanted, got): (serde_json::Value, serde_json::Value) =
        (serde_json::from_slice(&body).unwrap(), serde_json::from_slice(&read.stdout).unwrap());
    for field in ["number", "placed", "sold_to", "lines"] {
        assert_eq!(got[field], wanted[field], "{field}\n{}", pair.out);
    }
    let lines = call(&folder, &["suggest", "order.edi", "--like", "order.json", "--json"]).json();
    let number = lines.iter().find(|line| line["field"] == "/number").unwrap();
    assert!(number["evidence"].as_str().unwrap().contains("BEG03 = \"77\""), "{number}");

    for (arguments, code, sentence) in [
        (&["suggest", "order.edi", "--to", "ordr/1"][..], 1, "nearest order/1"),
        (&["suggest", "order.edi", "--without", "x12/4010/850-ordr"], 2, "did you mean x12/4010/850-order?"),
        (&["suggest", "order.edi", "--like", "a", "--like", "b"], 2, "once a sample"),
        (&["suggest", "none.edi"], 2, "none.edi can't be opened"),
    ] {
        let called = call(&folder, arguments);
        assert!(called.code == code && called.err.contains(sentence), "{arguments:?} {called:?}");
    }
}

const MESSAGE: &str = r#"{ "number": "PO-1", "purpose": "original", "placed": { "date": "2026-03-02" }, "currency": "USD",
  "sold_to": { "refs": [], "name": "Northwind" }, "ext": { "free": "to say" },
  "lines": [{ "number": "1", "item": [{ "scheme": "sku", "id": "BOLT" }], "quantity": { "value": "1", "unit": "EA" } }] }"#;

#[test]
fn a_message_that_is_written_is_one_to_its_last_member() {
    let folder = Folder::new();
    let write = |text: String| {
        folder.write("m.json", text);
        let arguments = ["translate", "m.json", "--mapping", "x12/4010/850-order", "--write"];
        let output = command(folder.path()).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = write(MESSAGE.to_owned());
    assert!(code == 0 && out.contains("BEG*00*SA*PO-1"), "{out}{err}");
    let (code, out, err) = write(
        MESSAGE
            .replace("\"sold_to\"", "\"shipto\": {}, \"sold_to\"")
            .replace("\"quantity\"", "\"prise\": {}, \"quantity\""),
    );
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    let told: Vec<&str> = err.lines().collect();
    assert_eq!(
        told,
        [
            "message 1, /shipto: no member of order/1 is called so; nearest ship_to",
            "message 1, /lines/0/prise: no member of order/1 is called so; nearest price",
        ]
    );
    let (code, _, err) = write(MESSAGE.replace("\"1\", \"unit\"", "\"many\", \"unit\""));
    assert!(code == 1 && err.starts_with("message 1, it is no order/1: lines[0].quantity.value: "), "{err}");
    let (code, out, err) = write("[]".to_owned());
    assert!(code == 2 && out.is_empty() && err.contains("m.json holds no message: there is nothing to write"), "{err}");
}

#[test]
fn a_schema_takes_what_translate_takes() {
    let folder = Folder::new();
    for (name, open) in [("order/1", 1), ("transport_order/1", 1), ("acknowledgement/1", 0)] {
        let output = command(folder.path()).args(["schema", name, "--json"]).output().unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let parts = schema["$defs"].as_object().into_iter().flat_map(|parts| parts.values()).chain([&schema]);
        let objects: Vec<_> = parts.filter(|part| part["properties"].is_object()).collect();
        assert!(!objects.is_empty());
        objects.iter().for_each(|part| assert_eq!(part["additionalProperties"], false, "{name}: {part:#}"));
        let free = objects.iter().filter(|part| part["properties"]["ext"]["additionalProperties"] == true).count();
        assert!(free >= open, "{name}: extension fields are free: {schema:#}");
    }
}

#[test]
fn what_a_mapping_that_is_extended_does_otherwise_is_no_option_that_is_lost() {
    let folder = Folder::new();
    let rows = "order_number,order_date,currency,buyer,line,sku,quantity,unit\nA1,2026-01-01,EUR,K1,1,X,2,EA\n";
    folder.write("orders.csv", rows);
    let new = |more: &[&str]| {
        let arguments = ["new", "northwind/orders", "--from", "orders.csv", "--as", "csv orders"];
        call(&folder, &[&arguments, more].concat())
    };
    let written = || folder.path().join("mappings/partners/northwind/orders/mapping.yaml").exists();
    for (more, words) in [
        (["--by", "buyer"], "rows of one `order_number` are a document there, and --by buyer would be lost"),
        (["--to", "order_change/1"], "it makes order/1 of them, and --to order_change/1 would be lost"),
    ] {
        let called = new(&more);
        assert!(called.code == 2 && called.err.contains(words), "{called:?}");
        assert!(called.err.contains("--without csv/orders to begin a mapping of its own") && !written(), "{called:?}");
    }
    assert_eq!(new(&["--by", "order_number", "--to", "order/1"]).code, 0);
    assert!(written());
}

#[test]
fn what_two_folders_say_otherwise_is_told_whole() {
    let folder = with(OWN);
    let own = OWN.replace("fields:\n", "fields:\n  bill_to: { at: 'N1[01=BT]', name: N102 }\n");
    let rule = "require:\n  - { rule: \"currency == 'USD'\", say: in dollars only, at: CUR02 }\n";
    folder.write("old/mapping.yaml", &own);
    folder.write(
        "new/mapping.yaml",
        own.replace("N1[01=BT]", "N1[01=BY]").replace("northwind }", "northwind, versions: ['005010'] }") + rule,
    );
    // A sample that lies on both sides is tried once.
    for side in ["old", "new"] {
        folder.write(&format!("{side}/samples/first.in.edi"), ORDER);
    }
    let called = call(&folder, &["diff", "old", "new", "--json"]);
    assert_eq!(called.code, 0, "{called:?}");
    let told: Vec<serde_json::Value> = called.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row =
        |field: &str| told.iter().find(|row| row["field"] == field).unwrap_or_else(|| panic!("{field}: {told:#?}"));
    assert_eq!(
        (&row("/bill_to at")["before"], &row("/bill_to at")["after"]),
        (&"N1[01=BT]".into(), &"N1[01=BY]".into())
    );
    assert_eq!(row("claims.versions")["after"], "[ \"005010\" ]");
    // Behind the rule that the standard mapping has.
    assert_eq!(row("require 2")["before"], "nothing");
    let samples: Vec<_> = told.iter().filter(|row| row["sample"] == "first.in.edi").collect();
    let [refused] = &samples[..] else { panic!("one row: {samples:#?}") };
    // What one side refuses has no fields that become nothing.
    assert_eq!((&refused["field"], &refused["before"]), (&"(message)".into(), &"is read".into()));
    let why = refused["after"].as_str().unwrap();
    assert!(why.starts_with("is refused: ") && why.contains("in dollars only"), "{why}");
    let asked = call(&folder, &["diff", "northwind/850-order", "new"]);
    assert!(
        asked.code == 2 && asked.err.contains("`northwind/850-order` is no folder, and so the hub is asked"),
        "{asked:?}"
    );
}

#[test]
fn a_document_of_several_messages_is_proposed_as_such() {
    let folder = Folder::new();
    let order = |number: &str, sku: &str, quantity: &str| serde_json::json!({ "ref": number, "rows": [{ "article": sku, "amount": quantity }] });
    let day = serde_json::json!({ "issued": "2026-03-02", "orders": [order("A-1", "BOLT", "12"), order("A-2", "NUT", "30")] });
    folder.write("day.json", day.to_string());
    let message = |number: &str, sku: &str, quantity: &str| {
        serde_json::json!({
            "number": number, "purpose": "original", "placed": { "date": "2026-03-02" }, "currency": "EUR", "sold_to": {},
            "lines": [{ "number": "1", "item": [{ "scheme": "sku", "id": sku }], "quantity": { "value": quantity, "unit": "EA" } }],
        })
    };
    let wanted = [message("A-1", "BOLT", "12"), message("A-2", "NUT", "30")];
    folder.write("day.like.json", serde_json::json!(wanted).to_string());
    let called = call(&folder, &["suggest", "day.json", "--as", "json day-orders", "--like", "day.like.json"]);
    assert_eq!(called.code, 0, "{called:?}");
    for line in ["messages: orders\n", "number: orders/ref ", "each: orders/rows ", "date: issued | date(iso) "] {
        assert!(called.out.contains(line), "{line}: {}", called.out);
    }
    // In another order they are not each one's.
    folder.write("day.like.json", serde_json::json!([&wanted[1], &wanted[0]]).to_string());
    let called = call(&folder, &["suggest", "day.json", "--as", "json day-orders", "--like", "day.like.json"]);
    assert!(called.code == 2 && called.err.contains("holds 1 sets and day.like.json 2 messages"), "{called:?}");
}

/// No guide knows what a CSV or a JSON document has: the samples beside a mapping do.
#[test]
fn lint_warns_of_what_the_samples_nearly_have() {
    let folder = Folder::new();
    let mapping = |date: &str, sku: &str| {
        format!(
            "mapping: zz/csv\nfrom: csv zzorders\nto: order/1\nclaims: {{ partner: zz, direction: in }}\nsets: {{ by: order }}\n\
             fields:\n  number: order\n  purpose: \"'original'\"\n  currency: \"'USD'\"\n  placed: {{ date: {date} | date(yyyymmdd) }}\n  \
             lines: {{ each: row, number: $position, item: {sku} | ref(sku), quantity: {{ value: qty, unit: \"'EA'\" }}, description: text }}\n"
        )
    };
    folder.write("mappings/zz/csv/samples/one.in.csv", "order,date,sku,qty\nA1,20260102,X,5\n");
    folder.write("mappings/zz/csv/mapping.yaml", mapping("date", "sku"));
    let called = call(&folder, &["lint"]);
    assert_eq!((called.code, called.out.as_str()), (0, "1 mapping in mappings, no fault\n"), "{called:?}");
    folder.write("mappings/zz/csv/mapping.yaml", mapping("dte", "skuu"));
    let called = call(&folder, &["lint"]);
    assert_eq!(called.code, 0, "{called:?}");
    for told in [
        "mapping.yaml:10:19: warning: the sample beside the mapping has no `dte`; nearest `row/date`, which no line reads\n",
        "mapping.yaml:11:48: warning: the sample beside the mapping has no `skuu`; nearest `row/sku`, which no line reads\n",
        "\n1 mapping in mappings, no fault, 2 warnings\n",
    ] {
        assert!(called.out.contains(told), "{told} is not in\n{}", called.out);
    }
    let told = call(&folder, &["lint", "--json"]).json();
    assert_eq!((told.len(), &told[0]["weight"]), (2, &serde_json::json!("warning")), "{told:?}");
}
