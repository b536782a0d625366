//! Conditions that say what may not stand somewhere (`[01!=BY]`), that nothing does (`''`), or that it is what the message
//! says (`$currency`): read, written, and what lint wants of them.

use super::documents::{bytes, context, document, reread, sets};
use crossdock::mapping::{Library, Plan};
use serde_json::{Value, json};
use std::sync::Arc;

const HEAD: &str = "mapping: t
from: edifact D96A INVOIC
to: invoice/1
claims: { direction: both }
tables: { kind: { \"380\": debit }, role: { BY: sold_to, SU: seller, \"*\": \"*\" } }
fields:
  kind: BGM01.01 | table(kind)
  purpose: \"'original'\"
  number: BGM02
  issued: DTM[01=137].01.02 | when(01.03)
  seller: { at: 'NAD[01=SU]', name: NAD04.01 }
";

const CURRENCY: &str = "  currency: CUX[01=2].01.02 ?? $tenant.currency\n";
const GROSS: &str = "  totals: { gross: \"MOA[01=77][01.03='',$currency].01.02\" }\n";
const REST: &str = "write: { UNS01: S }\n";

fn lints(text: &str) -> Vec<String> {
    match Library::compile(&[("m/mapping.yaml".into(), text.into())]) {
        Ok(_) => vec![],
        Err(lints) => lints.into_iter().map(|lint| format!("{}: {}", lint.line, lint.sentence)).collect(),
    }
}

fn plan(fields: &str) -> Arc<Plan> {
    let text = format!("{HEAD}{CURRENCY}{fields}{REST}");
    let library = Library::compile(&[("m/mapping.yaml".into(), text.clone())]);
    library.unwrap_or_else(|lints| panic!("{text}\n{lints:#?}")).plans()[0].clone()
}

/// An invoice with these segments before and behind its line.
fn invoic(head: &str, summary: &str) -> Vec<u8> {
    let set = format!(
        "UNH+1+INVOIC:D:96A:UN'BGM+380+1'DTM+137:20260302:102'{head}NAD+SU+++Wolf'CUX+2:EUR:4'LIN+1'UNS+S'{summary}"
    );
    let count = set.matches('\'').count() + 1;
    format!("UNB+UNOC:3+A:14+B:14+260302:1000+1'{set}UNT+{count}+1'UNZ+1+1'").into_bytes()
}

fn read(plan: &Plan, bytes: &[u8]) -> Result<(Value, Vec<String>), String> {
    let reading = plan.read(&sets(plan, bytes)[0].tree, &context());
    let told = reading.faults.iter().chain(reading.missing.iter().map(|missing| &missing.fault)).next();
    match told {
        Some(fault) => Err(fault.sentence.to_string()),
        None => Ok((reading.body.into_value(), reading.unread)),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\n', "")
}

#[test]
fn an_amount_is_taken_in_the_currency_of_the_message_wherever_it_stands() {
    let plan = plan(GROSS);
    let yen = "MOA+77:16320:JPY'";
    for (summary, gross) in [
        (format!("{yen}MOA+77:102:EUR'"), "102"),
        (format!("MOA+77:102:EUR'{yen}"), "102"),
        (format!("{yen}MOA+77:103'"), "103"),
    ] {
        let (body, unread) = read(&plan, &invoic("", &summary)).unwrap();
        assert_eq!(body["totals"]["gross"], gross, "{summary}");
        assert!(unread.iter().any(|path| path.contains("MOA")), "the second one is told: {unread:?}");
        let written = bytes(&plan, &body);
        assert!(text(&written).contains(&format!("MOA+77:{gross}'")), "{}", text(&written));
        assert_eq!(reread(&plan, &written), body);
    }
    let why = read(&plan, &invoic("", yen)).unwrap_err();
    assert!(why.starts_with("MOA01.03 is `JPY`, and `EUR` is wanted in segment 8"), "{why}");
}

#[test]
fn what_the_message_says_is_written_where_it_stands_first() {
    let plan = plan("  totals: { gross: \"MOA[01=77][01.03=$currency].01.02\" }\n");
    let (body, _) = read(&plan, &invoic("", "MOA+77:1:USD'MOA+77:2'MOA+77:3:EUR'")).unwrap();
    assert_eq!(body["totals"]["gross"], "3");
    assert!(text(&bytes(&plan, &body)).contains("MOA+77:3:EUR'"));
    assert_eq!(reread(&plan, &bytes(&plan, &body)), body);
}

#[test]
fn a_second_currency_is_kept_by_a_line_of_its_own() {
    let other = "  ext: { other: \"MOA[01=77][01.03!='',$currency].01.02\", code: \"MOA[01=77][01.03!='',$currency].01.03\" }\n";
    let plan = plan(&format!("{GROSS}{other}"));
    let (body, unread) = read(&plan, &invoic("", "MOA+77:16320:JPY'MOA+77:102:EUR'")).unwrap();
    assert_eq!((&body["ext"]["other"], &body["ext"]["code"]), (&json!("16320"), &json!("JPY")));
    assert!(!unread.iter().any(|path| path.contains("MOA")), "{unread:?}");
    let written = bytes(&plan, &body);
    assert!(text(&written).contains("MOA+77:102'MOA+77:16320:JPY'"), "{}", text(&written));
    assert_eq!(reread(&plan, &written), body);
    // What would be read as something else is refused with its member.
    let mut wrong = body.clone();
    wrong["ext"]["code"] = json!("EUR");
    let faults = plan.write(&wrong, &context()).unwrap_err();
    assert!(faults[0].sentence.contains("`EUR`, which ") && faults[0].sentence.contains("MOA01.03"), "{faults:#?}");
    assert_eq!(&*faults[0].code, "mapping/cannot_say");
    wrong["ext"].as_object_mut().unwrap().remove("code");
    let faults = plan.write(&wrong, &context()).unwrap_err();
    assert!(faults[0].sentence.starts_with("nothing would stand in"), "{faults:#?}");
}

#[test]
fn all_but_some_are_read_and_written_with_what_a_line_says_of_them() {
    let others = "  other_parties: { each: 'NAD[01!=BY,SU]', role: NAD01 | table(role), party: { name: NAD04.01 } }\n";
    let plan = plan(&format!("{GROSS}{others}"));
    let (body, unread) = read(&plan, &invoic("NAD+BY+++Bode'NAD+FW+++Falk'NAD+ZZZ+++Zorn'", "MOA+77:1'")).unwrap();
    let names: Vec<_> = body["other_parties"].as_array().unwrap().iter().map(|one| &one["party"]["name"]).collect();
    assert_eq!(names, ["Falk", "Zorn"]);
    assert!(unread.iter().any(|path| path.contains("NAD")), "who was left out is told: {unread:?}");
    let written = bytes(&plan, &body);
    assert_eq!(reread(&plan, &written), body);
    let mut wrong = body.clone();
    wrong["other_parties"][1]["role"] = json!("seller");
    let faults = plan.write(&wrong, &context()).unwrap_err();
    assert!(faults[0].sentence.contains("`SU`"), "{faults:#?}");
    let place = format!("{:?}", faults[0].place);
    assert!(place.contains("/other_parties/1/role"), "{place}");
}

#[test]
fn names_of_json_and_xml_can_be_left_out_too() {
    let json = "mapping: t\nfrom: json order\nto: order/1\nclaims: { direction: both }\nfields:\n  number: number\n  \
                purpose: \"'original'\"\n  placed: { date: date }\n  currency: currency\n  \
                ext: { x: \"refs[kind!=A,B]/id\", y: \"refs[kind='']/id\", z: \"sums[in=$currency]/sum\" }\n";
    let library =
        Library::compile(&[("m/mapping.yaml".into(), json.into())]).unwrap_or_else(|lints| panic!("{lints:#?}"));
    let plan = library.plans()[0].clone();
    let refs = json!([{ "kind": "A", "id": "1" }, { "kind": "C", "id": "2" }, { "id": "3" }]);
    let sums = json!([{ "in": "JPY", "sum": "900" }, { "in": "USD", "sum": "9" }]);
    let sent = json!({ "number": "1", "date": "2026-03-02", "currency": "USD", "refs": refs, "sums": sums });
    let (body, _) = read(&plan, sent.to_string().as_bytes()).unwrap();
    assert_eq!(body["ext"], json!({ "x": "2", "y": "3", "z": "9" }));
    let written: Value = serde_json::from_slice(&bytes(&plan, &body)).unwrap();
    assert_eq!(written["sums"], json!([{ "in": "USD", "sum": "9" }]));
}

#[test]
fn lint_wants_what_is_compared_and_what_is_written() {
    let whole = |currency: &str, fields: &str| lints(&format!("{HEAD}{currency}{fields}{REST}"));
    assert_eq!(whole(CURRENCY, GROSS), Vec::<String>::new());
    assert_eq!(
        lints(&format!("{HEAD}{GROSS}{CURRENCY}{REST}")),
        ["12: `$currency` is not read yet: put the line of `currency:` above this one"]
    );
    assert_eq!(
        whole(CURRENCY, &GROSS.replace("$currency", "$curency")),
        ["13: `$curency` is no text of the message that a line says without a pipe; nearest $currency"]
    );
    assert_eq!(
        whole(CURRENCY, &GROSS.replace("'',$currency", "$number,$currency")),
        ["13: a condition compares with one member of the message"]
    );
    let piped = CURRENCY.replace("?? $tenant.currency", "| upper");
    assert!(whole(&piped, GROSS)[0].contains("without a pipe"), "{:?}", whole(&piped, GROSS));
    // Of what is only told apart by what it isn't, somebody has to say what it is.
    let nobody = "  ship_to: { at: 'NAD[01!=BY,SU]', name: NAD04.01 }\n";
    let told = whole(CURRENCY, &format!("{GROSS}{nobody}"));
    assert!(told.len() == 1 && told[0].starts_with("14: what may not stand in NAD01 is said here"), "{told:?}");
    let before = nobody.replace("'NAD[01!=BY,SU]'", "'NAD[01=ST] ?? NAD[01!=BY,SU]'");
    assert_eq!(whole(CURRENCY, &format!("{GROSS}{before}")), Vec::<String>::new());
    let only_read = "  ext: { who: { read: 'NAD[01!=BY,SU].04.01' } }\n";
    assert_eq!(whole(CURRENCY, &format!("{GROSS}{only_read}")), Vec::<String>::new());
    let code = whole(CURRENCY, &format!("{GROSS}  ext: {{ who: {{ read: 'NAD[01!=B@].04.01' }} }}\n"));
    assert!(code[0].contains("`B@` is no code of NAD01"), "{code:?}");
}

#[test]
fn a_document_that_is_written_is_the_one_that_was_read() {
    let plan = plan(GROSS);
    let (body, _) = read(&plan, &invoic("", "MOA+77:102:EUR'")).unwrap();
    let written = plan.write(&body, &context()).unwrap();
    assert_eq!(read(&plan, &document(&plan, &written).clone()).unwrap().0, body);
}
