//! Conditions that say what may not stand somewhere (`[01!=BY]`), that nothing does (`''`), or that it is what the message
//! says (`$currency`): read, written, and what lint wants of them.

use super::documents::{bytes, context, document, library, reread, root, sets};
use crossdock::{
    formats::letters::Letters,
    mapping::{Library, Plan},
};
use serde_json::{Value, json};
use std::{fs, sync::Arc};

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
fn an_amount_that_is_there_in_another_currency_alone_is_refused_where_the_mapping_says_so() {
    let net = "  totals: { gross: \"MOA[01=77].01.02\", net: \"MOA[01=125][01.03='',$currency ?? refuse].01.02\" }\n";
    let code = "  ext: { net_in: \"MOA[01=125][01.03='',$currency].01.03\" }\n";
    let plan = plan(&format!("{net}{code}"));
    for (summary, amount, said) in [
        ("MOA+125:9:USD'MOA+125:102:EUR'", Some("102"), Some("EUR")),
        ("MOA+125:9:USD'MOA+125:102'", Some("102"), None),
        ("MOA+125:102'MOA+125:9:USD'", Some("102"), None),
        // An amount that is none is in no currency.
        ("MOA+125::USD'", None, None),
        ("MOA+79:9:USD'", None, None),
    ] {
        let (body, _) = read(&plan, &invoic("", &format!("{summary}MOA+77:122'"))).unwrap();
        assert_eq!((body["totals"]["net"].as_str(), body["ext"]["net_in"].as_str()), (amount, said), "{summary}");
        assert_eq!(reread(&plan, &bytes(&plan, &body)), body);
    }
    let set = invoic("", "MOA+77:122'MOA+125:9:USD'MOA+125:8:JPY'");
    let reading = plan.read(&sets(&plan, &set)[0].tree, &context());
    assert_eq!(reading.faults.len(), 1, "{:#?}", reading.faults);
    let fault = &reading.faults[0];
    assert_eq!(&*fault.sentence, "MOA01.03 is `USD`, and `EUR` is wanted in segment 9");
    assert_eq!((&*fault.code, &*fault.found, &*fault.expected), ("mapping/bad_value", "USD", "EUR"));
    assert!(fault.remedy.contains("mend m/mapping.yaml:13"), "{}", fault.remedy);
}

#[test]
fn a_loops_own_segment_an_element_of_xml_and_an_object_may_refuse_too() {
    let taxes =
        "  taxes: { each: SG50, kind: \"'vat'\", amount: \"MOA[01=124][01.03='',$currency ?? refuse].01.02\" }\n";
    let plan = plan(&format!("  totals: {{ gross: \"MOA[01=77].01.02\" }}\n{taxes}"));
    let why = read(&plan, &invoic("", "MOA+77:1'TAX+7+VAT'MOA+124:5'TAX+7+VAT'MOA+124:5:USD'")).unwrap_err();
    assert_eq!(why, "MOA01.03 is `USD`, and `EUR` is wanted in segment 12");
    let named = |from: &str, more: &str, path: &str| {
        format!(
            "mapping: t\nfrom: {from}\nto: order/1\n{more}claims: {{ direction: in }}\nfields:\n  number: number\n  purpose: \
             \"'original'\"\n  placed: {{ date: date }}\n  currency: currency\n  totals: {{ amount: \"{path}\" }}\n"
        )
    };
    let of = |text: String, sent: &[u8]| {
        let library = Library::compile(&[("m/mapping.yaml".into(), text)]).unwrap_or_else(|lints| panic!("{lints:#?}"));
        let plan = library.plans()[0].clone();
        read(&plan, sent).map(|(body, _)| body["totals"]["amount"].as_str().map(str::to_owned))
    };
    let xml = |amounts: &str| {
        let text = named("xml order", "root: Order\n", "Amount[@in=$currency ?? refuse]");
        of(
            text,
            format!("<Order><number>1</number><date>2026-03-02</date><currency>EUR</currency>{amounts}</Order>")
                .as_bytes(),
        )
    };
    assert_eq!(xml("<Amount in='USD'>9</Amount><Amount in='EUR'>8</Amount>"), Ok(Some("8".into())));
    assert_eq!(xml(""), Ok(None));
    assert_eq!(
        xml("<Amount in='USD'>9</Amount>").unwrap_err(),
        "/@in is `USD`, and `EUR` is wanted at /Order/Amount/@in"
    );
    assert_eq!(xml("<Amount>9</Amount>").unwrap_err(), "/@in says nothing, and `EUR` is wanted at /Order/Amount");
    let json = |sums: Value| {
        let text = named("json order", "", "sums[in='',$currency ?? refuse]/sum");
        let sent = json!({ "number": "1", "date": "2026-03-02", "currency": "USD", "sums": sums });
        of(text, sent.to_string().as_bytes())
    };
    assert_eq!(json(json!([{ "in": "EUR", "sum": 9 }, { "sum": 8 }])), Ok(Some("8".into())));
    assert_eq!(
        json(json!([{ "in": "EUR", "sum": 9 }])).unwrap_err(),
        "/in is `EUR`, and `USD` is wanted at /sums/0/in"
    );
}

/// The document with another currency at one of its amounts: which one goes by the number.
fn elsewhere(text: &str, number: usize) -> Option<String> {
    let xml = text.trim_start().starts_with('<');
    let marks = if xml { [" currencyID=\"", "Money currency=\""] } else { ["MOA+", "\nMOA+"] };
    let mark = marks.into_iter().find(|mark| text.contains(mark))?;
    let (at, _) = text.match_indices(mark).nth(number)?;
    let from = at + mark.len();
    let code = match xml {
        true => from,
        false => from + text[from..].find('\'')?,
    };
    Some(match xml {
        true => format!("{}CZK{}", &text[..code], &text[code + 3..]),
        // One that says its currency has another one.
        false if text[from..code].matches(':').count() > 1 => format!("{}CZK{}", &text[..code - 3], &text[code..]),
        false => format!("{}:CZK{}", &text[..code], &text[code..]),
    })
}

#[test]
fn an_amount_in_another_currency_is_taken_for_the_documents_by_no_pack() {
    let packs = [
        ("edifact/d96a/invoic", "edi", 10),
        ("edifact/d96a/orders", "edi", 3),
        ("edifact/d96a/ordchg", "edi", 2),
        ("edifact/d96a/ordrsp-in", "edi", 2),
        ("edifact/d01b/invoic", "edi", 10),
        ("edifact/d01b/orders", "edi", 2),
        ("edifact/d01b/ordrsp-in", "edi", 1),
        ("cxml/order-request", "xml", 3),
        ("ubl/invoice", "xml", 10),
        ("ubl/credit-note", "xml", 8),
        ("ubl/order", "xml", 4),
        ("ubl/order-change", "xml", 3),
        ("ubl/order-response-in", "xml", 2),
        ("ubl/freight-invoice", "xml", 6),
        ("ubl/remittance-advice", "xml", 3),
    ];
    let library = library();
    for (name, extension, least) in packs {
        let plan = library.named(name).unwrap();
        let mut refused = 0;
        for sample in ["typical", "hard"] {
            let path = root().join(format!("standard/{name}/samples/{sample}.in.{extension}"));
            let text = Letters::of(&fs::read(&path).unwrap()).text(&fs::read(&path).unwrap()).into_owned();
            for changed in (0..).map_while(|number| elsewhere(&text, number)) {
                let set = &sets(&plan, changed.as_bytes())[0];
                let reading = plan.read(&set.tree, &context());
                let told = reading.faults.iter().any(|fault| fault.sentence.contains("`CZK`"));
                let is_amount = |path: &String| ["MOA", "Amount", "Money"].iter().any(|name| path.contains(name));
                let unread = reading.unread.iter().any(is_amount);
                assert!(told || unread, "{name} {sample}: {:#?}\n{changed}", reading.faults);
                refused += usize::from(told);
            }
        }
        assert!(refused >= least, "{name}: {refused}");
    }
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
        whole(CURRENCY, &GROSS.replace("'',$currency", "$currency,$currency")),
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
fn lint_tells_where_a_document_may_be_refused() {
    let whole = |fields: &str| lints(&format!("{HEAD}{CURRENCY}{fields}{REST}"));
    let gross = |path: &str| whole(&format!("  totals: {{ gross: \"{path}\" }}\n"));
    assert_eq!(gross("MOA[01=77][01.03='',$currency ?? refuse].01.02"), Vec::<String>::new());
    let at = |text: &str| format!("13: {text}");
    assert_eq!(
        gross("MOA[01=77][01.03=EUR ?? USD].01.02"),
        [at("`USD` is not expected here: behind ?? in a condition stands `refuse`, as in [01.03=$currency ?? refuse]")]
    );
    assert_eq!(
        gross("MOA[01=77 ?? refuse][01.03=EUR ?? refuse].01.02"),
        [at("one condition of a path says `?? refuse`, and another one does here")]
    );
    assert_eq!(
        gross("NAD[01=SU ?? refuse]/RFF[01=VA].01.02 | decimal"),
        [at("`?? refuse` stands in the last step of a path, beside the value")]
    );
    assert_eq!(
        whole(&format!("{GROSS}  ship_to: {{ at: 'NAD[01=ST ?? refuse]', name: NAD04.01 }}\n")),
        ["14: `?? refuse` is for a path to a value, and this one leads to a loop"]
    );
    assert_eq!(
        lints(&format!("{HEAD}{CURRENCY}{GROSS}write: {{ UNS01: S, 'MOA[01=9 ?? refuse].01.03': EUR }}\n")),
        ["14: `?? refuse` is for what is read, and this line writes"]
    );
}

#[test]
fn a_condition_that_never_holds_is_told() {
    let path = |conditions: &str| {
        let text = format!("{HEAD}{CURRENCY}  totals: {{ gross: \"MOA{conditions}.01.02\" }}\n{REST}");
        match Library::compile(&[("m/mapping.yaml".into(), text)]) {
            Ok(_) => vec![],
            Err(lints) => lints.into_iter().map(|lint| format!("{}: {}", lint.column, lint.sentence)).collect(),
        }
    };
    for both in [
        "[01=77][01.03='']",
        "[01=77,79][01!=79]",
        "[01=*][01=77]",
        "[01.03!=''][01.03=*]",
        "[01.03=EUR][01.03='',$currency]",
        "[01.03=$currency][01.03!=USD]",
        "[01=77][01.03=EUR]",
    ] {
        assert!(!path(both).iter().any(|told| told.contains("both")), "{both}: {:?}", path(both));
    }
    let never = |told: &str, element: &str| {
        format!(
            "`[{told}]` and a condition before it can't both hold of one {element}: name the element that is meant, or put the \
             values into one condition, as in [{element}=A,B]"
        )
    };
    for (both, column, told, element) in [
        ("[01=79][01='']", 32, "01=''", "01"),
        ("[01=79][01.01=77]", 32, "01.01=77", "01.01"),
        ("[01=77][C516.01=79]", 32, "C516.01=79", "C516.01"),
        ("[01=79][01!=79,77]", 32, "01!=79,77", "01"),
        ("[01.03!=''][01.03='']", 36, "01.03=''", "01.03"),
        ("[01.03=*][01.03='']", 34, "01.03=''", "01.03"),
        ("[01.03=$currency][01.03!='',$currency]", 42, "01.03!='',$currency", "01.03"),
    ] {
        assert_eq!(path(both), [format!("{column}: {}", never(told, element))], "{both}");
    }
    let lacks = "lacks a value: write [01.03=''] where nothing may stand there, [01.03=*] where anything may";
    assert_eq!(path("[01=79][01.03=]"), [format!("32: `[01.03=]` {lacks}")]);
    assert_eq!(path("[01=79][01.03=EUR,]"), [format!("32: `[01.03=EUR,]` {lacks}")]);
    assert_eq!(
        path("[01=79][01.03=$number]"),
        [
            "32: `$number` is no currency, and 01.03 (Currency, coded) takes a currency; it may be compared with $currency"
        ]
    );
    assert_eq!(
        path("[01=$currency]"),
        [
            "25: `$currency` is no code, and 01 (Monetary amount type qualifier) takes one of its codes; name the value itself"
        ]
    );
}

#[test]
fn places_of_one_object_mean_the_same_by_the_same_path() {
    let whole = |fields: &str| lints(&format!("{HEAD}{CURRENCY}{GROSS}{fields}{REST}"));
    let place = |at: &str, name: &str| whole(&format!("  ship_to: {{ at: '{at}', name: {name} }}\n"));
    assert_eq!(place("NAD[01=ST] ?? NAD[01=DP]", "\"04.01\""), Vec::<String>::new());
    assert_eq!(place("NAD[01=ST] ?? TDT[01=20]", "NAD08"), ["14: NAD is not in SG9 of the guide of INVOIC D96A"]);
    let told = place("NAD[01=ST] ?? TDT[01=20]", "'[05.01!=A].08'");
    let means = "14: `[05.01!=A].08` is Postcode identification (NAD[05.01!=A].08) in the first place of `at:`, and Transport \
                 identification (TDT[05.01!=A].08) in another one: give each a field of its own, or take the value by a path with \
                 both (NAD… ?? TDT…)";
    assert_eq!(told, [means]);
}

#[test]
fn a_document_that_is_written_is_the_one_that_was_read() {
    let plan = plan(GROSS);
    let (body, _) = read(&plan, &invoic("", "MOA+77:102:EUR'")).unwrap();
    let written = plan.write(&body, &context()).unwrap();
    assert_eq!(read(&plan, &document(&plan, &written).clone()).unwrap().0, body);
}
