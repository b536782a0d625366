//! `check`, `translate`, `explain`: documents without a hub.

use crate::call::{Called, Folder, call, command, run};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    path::Path,
    process::Stdio,
};

pub const ORDER: &str = "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260131*0800*U*00401*000000001*0*P*>~\n\
GS*PO*NORTHWIND*ACMEDIST*20260131*0800*1*X*004010~\nST*850*0001~\nBEG*00*SA*PO123**20260131~\n\
PO1*1*10*EA*4.20**VN*BOLT-M8~\nCTT*1~\nSE*5*0001~\nGE*1*1~\nIEA*1*000000001~\n";

/// As [`ORDER`], with a quantity that is no number.
pub fn faulty() -> String {
    ORDER.replace("PO1*1*10*EA", "PO1*1*ten*EA")
}

pub fn given(folder: &Path, words: &str, input: &[u8]) -> Called {
    let mut child = command(folder)
        .args(words.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    Called {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn check_says_what_is_in_a_document_and_what_is_wrong_where() {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    folder.write("bad.edi", faulty());
    let good = call(folder.path(), "check good.edi");
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    assert!(
        good.out.contains("nothing wrong was found") && good.out.contains("1 set (850 004010), accepted"),
        "{}",
        good.out
    );
    let bad = call(folder.path(), "check bad.edi");
    assert_eq!(bad.code, 1);
    assert!(bad.out.contains("PO1*1*ten*EA") && bad.out.contains("^^^ E0307 refuses the set"), "{}", bad.out);

    let letter = call(folder.path(), "check bad.edi --letter");
    assert_eq!(letter.code, 1);
    assert!(
        letter.out.starts_with(
            "1 fault in 850 0001, BEG03 PO123, group 1, interchange 000000001 from NORTHWIND to ACMEDIST\n"
        ),
        "{}",
        letter.out
    );
    assert!(letter.out.contains("    PO1*1*ten*EA*4.20**VN*BOLT-M8~\n          ^^^\n"), "{}", letter.out);

    folder.write("cut.edi", ORDER.replace("IEA*1*000000001~\n", ""));
    let cut = call(folder.path(), "check cut.edi");
    assert_eq!(cut.code, 1);
    assert!(cut.out.contains("1 set (850 004010), which stands, but what is around it is not whole"), "{}", cut.out);

    let both = call(folder.path(), "check good.edi bad.edi --json");
    let [good, bad] = &both.json()[..] else { panic!("{both:?}") };
    assert_eq!(both.code, 1);
    assert_eq!(good["file"], "good.edi");
    assert_eq!(
        good["sets"],
        json!([{
            "type": "850", "version": "004010", "control": "0001", "interchange_control": "000000001", "group_control": "1",
            "accepted": true, "faults": []
        }])
    );
    assert_eq!((&good["standard"], &good["faults"]), (&json!("x12"), &json!([])));
    let fault = &bad["sets"][0]["faults"][0];
    let keys: Vec<&str> = fault.as_object().unwrap().keys().map(String::as_str).collect();
    for key in ["code", "layer", "sentence", "byte", "segment", "path", "found", "expected", "origin"] {
        assert!(keys.contains(&key), "{key} is not in {keys:?}");
    }
    assert_eq!(
        (&fault["code"], &fault["segment"], &fault["path"], &fault["found"]),
        (&json!("E0307"), &json!(3), &json!("PO102"), &json!("ten"))
    );
    assert_eq!(fault["byte"], json!(faulty().find("ten").unwrap()));
}

#[test]
fn check_reads_standard_input_goes_on_behind_a_file_that_is_not_there_and_refuses_what_is_no_document() {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    folder.write("letter.txt", "Dear supplier,\n");
    folder.write("empty", "");
    let piped = given(folder.path(), "check - --json", faulty().as_bytes());
    assert_eq!((piped.code, piped.json()[0]["file"].as_str()), (1, Some("-")));
    let missing = call(folder.path(), "check nowhere.edi good.edi --json");
    assert_eq!((missing.code, missing.json().len()), (2, 1));
    assert!(missing.err.contains("nowhere.edi can't be opened"), "{}", missing.err);
    for name in ["letter.txt", "empty"] {
        let called = call(folder.path(), &format!("check {name} --json"));
        assert_eq!((called.code, called.json()[0]["faults"].as_array().map(Vec::len)), (1, Some(1)), "{called:?}");
    }
    assert_eq!(call(folder.path(), "check .").code, 2);
}

#[test]
fn check_reads_csv_by_its_name_or_as_it_is_told() {
    let folder = Folder::new();
    folder.write("orders.csv", "order,sku\nA,1\nA,2\nB,3\nB\n");
    let rows = call(folder.path(), "check orders.csv --json");
    assert_eq!((rows.code, rows.json()[0]["sets"].as_array().map(Vec::len)), (1, Some(4)));
    let sets = call(folder.path(), "check orders.csv --by order --json").json().remove(0);
    let accepted: Vec<(&str, bool)> = sets["sets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["control"].as_str().unwrap(), s["accepted"].as_bool().unwrap()))
        .collect();
    assert_eq!(accepted, [("A", true), ("B", false)]);
    let told = given(folder.path(), "check - --as csv --delimiter ; --json", b"a;b\n1;2\n");
    assert_eq!((told.code, told.json()[0]["standard"].as_str()), (0, Some("csv")));
}

/// More than is held in memory: read as a stream, its faults told in words.
#[test]
fn check_streams_what_is_large() {
    let folder = Folder::new();
    let mut large = String::from("order,note\n");
    let row = format!("A,{}\n", "x".repeat(1000));
    while large.len() < 33 << 20 {
        large.push_str(&row);
    }
    large.push_str("B\n");
    folder.write("large.csv", &large);
    let called = call(folder.path(), "check large.csv --by order");
    assert_eq!(called.code, 1);
    assert!(called.out.contains(&format!("byte {}", large.len() - 1)) && called.out.len() < 2000, "{}", called.out);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = Folder::new();
    let mut good = String::from("sku\n");
    good.push_str(&"A\n".repeat(20_000));
    folder.write("rows.csv", good);
    for words in ["check rows.csv --json", "explain", "config describe"] {
        let mut child = command(folder.path())
            .args(words.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0u8; 1];
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut first).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{words}: {output:?}");
    }
}

#[test]
fn translate_gives_canonical_json_and_which_bytes_said_so() {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    let plain = call(folder.path(), "translate good.edi");
    assert_eq!((plain.code, plain.err.as_str()), (0, ""));
    let body = plain.json().remove(0);
    assert_eq!(
        (&body["number"], &body["lines"][0]["quantity"]),
        (&json!("PO123"), &json!({"value": "10", "unit": "EA"}))
    );
    let named = call(folder.path(), "translate good.edi --mapping x12/4010/850-order");
    assert_eq!(named.out, plain.out);

    let explained = call(folder.path(), "translate good.edi --explain --json").json().remove(0);
    let from: &Vec<Value> = explained["from"].as_array().unwrap();
    let number = from.iter().find(|f| f["field"] == "/number").unwrap();
    assert_eq!(
        *number,
        json!({"field": "/number", "value": "PO123", "at": "BEG03", "byte": ORDER.find("PO123").unwrap(), "len": 5, "text": "PO123",
            "mapping": {"file": number["mapping"]["file"], "line": number["mapping"]["line"], "built_in": true}})
    );
    let file = number["mapping"]["file"].as_str().unwrap();
    let yaml = std::fs::read_to_string(format!("{}/mappings/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let line = number["mapping"]["line"].as_u64().unwrap();
    assert_eq!(yaml.lines().nth(line as usize - 1), Some("  number: BEG03"));
    // A constant has a line and no bytes.
    let per = from.iter().find(|f| f["field"] == "/lines/0/price/per").unwrap();
    assert_eq!((&per["byte"], per["mapping"]["line"].is_u64()), (&Value::Null, true), "{per}");
    let table = call(folder.path(), "translate good.edi --explain");
    assert!(table.out.contains("/lines/0/quantity/value") && table.out.contains("PO1[1]/PO102"), "{}", table.out);
}

#[test]
fn what_is_written_is_explained_value_by_value() {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    folder.write("order.json", call(folder.path(), "translate good.edi").out);
    let named = "translate order.json --mapping x12/4010/850-order --write --explain";
    let told = call(folder.path(), &format!("{named} --json")).json().remove(0);
    let (document, values) = (told["document"].as_str().unwrap(), told["values"].as_array().unwrap());
    for value in values {
        let (byte, len) = (value["byte"].as_u64().unwrap() as usize, value["len"].as_u64().unwrap() as usize);
        assert_eq!(&document[byte..byte + len], value["text"].as_str().unwrap());
        assert!(value["mapping"]["line"].is_u64(), "{value}");
    }
    let number = values.iter().find(|value| value["path"] == "BEG03").unwrap();
    assert_eq!(number["fields"], json!(["/number"]), "{number}");
    let kind = values.iter().find(|value| value["path"] == "PO106").unwrap();
    assert_eq!(kind["fields"], json!([]), "{kind}");
    let table = call(folder.path(), named);
    assert!(table.out.contains("/lines/0/quantity/value") && table.out.contains("the mapping's own"), "{}", table.out);
}

#[test]
fn translate_shows_faults_at_their_place_and_takes_tables() {
    let folder = Folder::new();
    folder.write("bad.edi", faulty());
    folder.write("unit.edi", ORDER.replace("*EA*", "*Q9*"));
    let bad = call(folder.path(), "translate bad.edi");
    assert_eq!((bad.code, bad.out.as_str()), (1, ""));
    assert!(bad.err.contains("^^^ E0307"), "{}", bad.err);
    let unknown = call(folder.path(), "translate unit.edi");
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("Q9"), "{}", unknown.err);
    folder.write("units.csv", "value,target\nQ9,EA\n");
    let known = call(folder.path(), "translate unit.edi --table uom=units.csv");
    assert_eq!((known.code, known.json()[0]["lines"][0]["quantity"]["unit"].as_str()), (0, Some("EA")));
    let wrong = call(folder.path(), "translate unit.edi --mapping x12/4010/850-ordr");
    assert_eq!(
        (wrong.code, wrong.err.trim()),
        (2, "error: there is no mapping `x12/4010/850-ordr`; did you mean x12/4010/850-order?")
    );
}

#[test]
fn translate_names_what_no_mapping_claims_and_what_could_read_it() {
    let folder = Folder::new();
    folder.write("order.json", "{\"number\": \"PO-1\"}");
    folder.write("orders.csv", "order_number,sku\nPO-1,BOLT\n");
    folder.write("note.xml", "<Note xmlns=\"urn:x\"><ID>1</ID></Note>");
    folder.write(
        "invoice.edi",
        ORDER.replace("ST*850*", "ST*810*").replace("BEG*00*SA*PO123**20260131", "BIG*20260131*INV-1"),
    );
    folder.write("empty.edi", "");
    folder.write("blank.edi", " \r\n");
    for (file, says) in [
        ("order.json", &["order.json is json, which does not say itself", "--mapping", "json/order"][..]),
        ("orders.csv", &["orders.csv is csv, which does not say itself", "csv/orders"]),
        ("note.xml", &["note.xml: no mapping claims xml urn:x Note, which is the set at byte 0", "ubl/order"]),
        ("empty.edi", &["empty.edi is empty: there is nothing to translate"]),
        ("blank.edi", &["blank.edi holds nothing but spaces and line ends"]),
    ] {
        let called = call(folder.path(), &format!("translate {file}"));
        assert_eq!(called.code, 2, "{file}: {}{}", called.out, called.err);
        for part in says {
            assert!(called.err.contains(part), "{file}: “{}” should say “{part}”", called.err);
        }
    }
    folder.write("message.json", "{\"order_number\": \"1\", \"lines\": []}");
    let called = call(folder.path(), "translate message.json --mapping x12/4010/855-order-response --write");
    assert!(called.code == 1 && !called.err.contains(", :"), "{}", called.err);
}

#[test]
fn translate_writes_the_document_of_canonical_json() {
    let folder = Folder::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("mappings/standard/x12/4010/855-order-response/samples");
    let answer = std::fs::read_to_string(samples.join("parts.in.json")).unwrap();
    folder.write("answer.json", &answer);
    let written = call(
        folder.path(),
        "translate answer.json --mapping x12/4010/855-order-response --write --sender ZZ/ACMEDIST --receiver ZZ/NORTHWIND",
    );
    // An ACK has room for a reason's code, and none for its sentence.
    let lost = [1, 2, 3].map(|line| format!("note: message 1, /lines/{line}/reason/sentence"));
    let told: Vec<&str> = written.err.lines().filter_map(|note| note.split(": no line of x12").next()).collect();
    assert_eq!((written.code, told), (0, lost.iter().map(String::as_str).collect()));
    assert!(
        written.out.starts_with("ISA*00*          *00*          *ZZ*ACMEDIST       *ZZ*NORTHWIND      *"),
        "{}",
        written.out
    );
    folder.write("answer.edi", &written.out);
    assert_eq!(call(folder.path(), "check answer.edi").code, 0);
    let back = call(folder.path(), "translate answer.edi --mapping x12/4010/855-order-response").json().remove(0);
    assert_eq!(back["order_number"], serde_json::from_str::<Value>(&answer).unwrap()["order_number"]);
    folder.write("half.json", "{\"order_number\": \"1\"");
    assert_eq!(call(folder.path(), "translate half.json --mapping x12/4010/855-order-response --write").code, 2);
}

#[test]
fn a_mapping_of_the_folder_is_linted_with_its_place() {
    let folder = Folder::new();
    folder.write("good.edi", ORDER);
    folder.write(
        "mappings/partners/own/mapping.yaml",
        "mapping: own\nfrom: x12 004010 850\nto: order/1\nfields:\n  number: BEG99\n",
    );
    let called = call(folder.path(), "translate good.edi");
    assert_eq!(called.code, 2);
    assert!(called.err.contains("mappings/partners/own/mapping.yaml:5:"), "{}", called.err);
}

#[test]
fn explain_has_a_page_for_each_kind_of_code() {
    let folder = Folder::new();
    for (code, words) in [
        ("E0107", "count of segments"),
        ("e0107", "count of segments"),
        ("0107", "count of segments"),
        ("order/unknown", "order/unknown"),
        ("key_missing", "401"),
    ] {
        let called = call(folder.path(), &format!("explain {code}"));
        assert!(called.code == 0 && called.out.contains(words), "{called:?}");
    }
    let unknown = call(folder.path(), "explain E01O7");
    assert_eq!((unknown.code, unknown.err.contains("did you mean E01")), (2, true), "{unknown:?}");
    for (segment, answer) in [("AK4", "997"), ("ik304", "999"), ("UCD", "CONTRL")] {
        let called = call(folder.path(), &format!("explain {segment}"));
        assert!(called.code == 2 && called.err.contains(&format!("a segment of the {answer}")), "{called:?}");
    }
    // What partners and standards call a fault leads to it.
    for (asked, said) in [
        ("024", &["TA105 (I18) = 024", "E0113"][..]),
        ("AK403=7", &["AK403/IK403 (723) = 7", "E0310"]),
        ("ik403=7", &["AK403/IK403 (723) = 7", "E0310"]),
        ("718/5", &["AK502/IK502 (718) = 5"]),
        ("0085/12", &["0085 = 12", "E0308"]),
        ("AK905=5", &["# E0109"]),
        ("620/I4", &["AK304/IK304 (720) = I4"]),
        ("AK501=R", &["AK501/IK501 (717) = R: the set is rejected", "AK502"]),
        ("AK901=P", &["AK901 (715) = P", "in part"]),
        ("TA104=R", &["TA104 (I17) = R", "TA105"]),
        ("AK304=8", &["AK304/IK304 (720) = 8", "AK403"]),
        ("TA105=025", &["TA105 (I18) = 025", "envelope/control_number"]),
        ("TA105=018", &["envelope/out_of_sequence", "# E0122"]),
        ("UCI=4", &["UCI04/UCF04/UCM03 (0083) = 4"]),
    ] {
        let called = call(folder.path(), &format!("explain {asked}"));
        assert!(called.code == 0 && said.iter().all(|said| called.out.contains(said)), "{asked}: {called:?}");
    }
    let told = call(folder.path(), "explain 0085/12 --json").json();
    assert!(told[0]["faults"].as_array().is_some_and(|codes| codes.contains(&"E0308".into())), "{told:?}");
    for asked in ["AK403=99", "717/Q", "AK777=1", "999/1"] {
        let called = call(folder.path(), &format!("explain {asked}"));
        assert!(called.code == 2 && !called.err.contains("did you mean"), "{asked}: {called:?}");
    }
    let list = run(command(folder.path()).arg("explain"));
    assert!(list.out.lines().count() > 60, "{}", list.out);
}

#[test]
fn explain_tells_programs_what_partners_are_told() {
    let folder = Folder::new();
    let page = call(folder.path(), "explain E0306 --json").json().remove(0);
    assert_eq!((&page["of"], &page["edifact"]), (&"document".into(), &"39".into()), "{page}");
    assert_eq!(page["x12"], "AK403/IK403 (723) = 5");
    let all = run(command(folder.path()).args(["explain", "--json"])).json();
    assert!(
        all.len() > 60 && all.iter().any(|page| page["of"] == "api") && all.iter().any(|page| page["of"] == "core")
    );
}
