//! `extends:`: a partner's differences over the mapping below.

use super::{
    documents::{context, library, sets},
    samples::inputs,
};
use crossdock::{
    formats::piece::Standard,
    mapping::{Asked, Library, Plan, samples},
};
use serde_json::Value;
use std::sync::Arc;

const BASE: &str = "mapping: base
from: x12 004010 850
to: order/1
claims: { direction: both, versions: ['004010'] }
tables:
  purpose: { '00': original, '01': cancel }
  uom: uom.csv
fields:
  number: BEG03
  purpose: BEG01 | table(purpose)
  placed: { date: BEG05 | date(yyyymmdd) }
  currency: $tenant.currency
  sold_to: { at: 'N1[01=BY]', name: N102, refs: N104 | party(03) }
  notes: N9/MSG01
  lines:
    each: PO1
    number: PO101
    item: PO1{VN} | item
    quantity: { value: PO102, unit: PO103 | table(uom) }
write:
  BEG02: SA
";

const OWN: &str = "mapping: own
extends: base
claims: { partner: northwind }
tables:
  purpose: { '05': change }
  uom: { PF: PAL }
fields:
  sold_to: { name: N201 }
  notes: ~
  lines:
    number: POT01
    quantity: { unit: PO103 | upper | table(uom) }
  requested_on: DTM[01=002].02 | date(yyyymmdd)
write:
  BEG02: NE
";

const UOM: &str = "value,target\nEA,EA\nPF,EA\n";

fn compile(own: &str) -> Result<Library, Vec<String>> {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let files = [file("base/mapping.yaml", BASE), file("base/uom.csv", UOM), file("own/mapping.yaml", own)];
    Library::compile(&files).map_err(|lints| lints.iter().map(ToString::to_string).collect())
}

fn own() -> Arc<Plan> {
    let text = OWN.replace("number: POT01", "number: PO101 ?? $position");
    compile(&text).unwrap_or_else(|lints| panic!("{lints:#?}")).named("own").unwrap()
}

fn read(segments: &str) -> crossdock::mapping::Reading {
    let head = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
                GS*PO*A*B*20260101*0900*1*X*004010~ST*850*0001~";
    let count = segments.matches('~').count() + 2;
    let text = format!("{head}{segments}SE*{count}*0001~GE*1*1~IEA*1*000000001~");
    let plan = own();
    let sets = sets(&plan, text.as_bytes());
    plan.read(&sets[0].tree, &context())
}

#[test]
fn a_partner_states_its_differences_only() {
    let reading = read(
        "BEG*05*NE*77**20260102~DTM*002*20260105~N9*L1*N~MSG*HELLO~N1*BY*IGNORED*92*4~N2*NAMED HERE~PO1**3*pf***VN*A1~",
    );
    assert_eq!(reading.faults, []);
    assert_eq!(reading.missing, []);
    let body = &reading.body;
    assert_eq!(body["purpose"], "change", "a row of its own, before those below");
    assert_eq!(body["sold_to"]["name"], "NAMED HERE");
    assert_eq!(body["sold_to"]["refs"][0]["id"], "4", "what it doesn't say is from below");
    assert_eq!(body["lines"][0]["number"], "1");
    assert_eq!(body["lines"][0]["quantity"]["unit"], "PAL", "its own row wins over the file's");
    assert_eq!(body["requested_on"], "2026-01-05");
    assert_eq!(body.get("notes"), None, "taken away");
    assert!(reading.unread.iter().any(|path| path.contains("MSG01")), "{:?}", reading.unread);
}

#[test]
fn the_partners_own_is_claimed_for_the_partner() {
    let text = OWN.replace("number: POT01", "number: PO101");
    let library = compile(&text).unwrap_or_else(|lints| panic!("{lints:#?}"));
    let asked = |partner| Asked {
        outbound: false,
        standard: Standard::X12,
        version: "004010",
        kind: "850",
        partner,
        application_sender: None,
    };
    let name = |partner| library.claim(&asked(partner)).unwrap().name().split('@').next().unwrap().to_owned();
    assert_eq!(name(Some("northwind")), "own");
    assert_eq!(name(Some("other")), "base");
    assert_eq!(own().line("/lines/0/quantity/value"), Some(("base/mapping.yaml", 19)));
    assert_eq!(own().line("/lines/4/quantity/unit"), Some(("own/mapping.yaml", 12)));
    assert_eq!(own().line("/sold_to/refs/0/scheme"), Some(("base/mapping.yaml", 13)));
}

#[test]
fn each_value_of_a_document_has_the_line_that_looks_at_it() {
    let head = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
                GS*PO*A*B*20260101*0900*1*X*004010~ST*850*0001~";
    let body = "BEG*00*NE*77**20260102~N1*BY*NAME*92*4~PO1*1*3*EA***VN*A1~SE*5*0001~GE*1*1~IEA*1*000000001~";
    let plan = own();
    let document = format!("{head}{body}");
    let sets = sets(&plan, document.as_bytes());
    let explained = plan.explain(&sets[0].tree, &context());
    assert_eq!(explained.reading.faults, []);
    let told: Vec<String> = explained
        .values
        .iter()
        .filter_map(|value| {
            let text = &document[value.bytes.start as usize..value.bytes.end as usize];
            let line = value.line?;
            Some(format!("{} {text} {}:{}", value.place, &line.file[..4], line.line))
        })
        .collect();
    let expected = [
        "BEG01 00 base:10",
        "BEG02 NE own/:15",
        "BEG03 77 base:9",
        "BEG05 20260102 base:11",
        "N101 BY base:13",
        "N103 92 base:13",
        "N104 4 base:13",
        "PO101 1 own/:11",
        "PO102 3 base:19",
        "PO103 EA own/:12",
        "PO106 VN base:18",
        "PO107 A1 base:18",
    ];
    assert_eq!(told, expected);
}

fn without_lines(told: &str) -> String {
    let mut parts = told.split("mapping.yaml:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |told, part| told + "mapping.yaml" + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[test]
fn the_sum_is_one_mapping_that_reads_the_same() {
    let library = library();
    let mut extending = 0;
    for (plan, input) in inputs(&library) {
        let lines = library.resolved(plan.short()).unwrap();
        let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        let alone = library.attempt(&plan.files()[0], &text).unwrap_or_else(|wrong| panic!("{wrong:#?}\n{text}"));
        assert_eq!(alone.files().len(), 1);
        extending += usize::from(plan.files().len() > 1);
        let sample = samples::sample(&plan, input.file_name().unwrap().to_str().unwrap()).unwrap();
        let bytes = std::fs::read(&input).unwrap();
        let told = |plan: &Plan| match sample.writes {
            true => samples::write(plan, &serde_json::from_slice(&bytes).unwrap(), &context()),
            false => samples::read(plan, &bytes, &context()),
        };
        // A fault of writing names the mapping's line, and the sum has others.
        let told = |plan: &Plan| told(plan).map(|told| without_lines(&told));
        assert_eq!(told(&alone), told(&plan), "{}", input.display());
    }
    assert!(extending > 0, "no sample is of a mapping that extends another");
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    let told = |own: &str| compile(own).err().unwrap_or_default();
    assert_eq!(told(OWN), ["own/mapping.yaml:11:13: POT is not in PO1 of the guide of 850 004010; nearest PO1"]);
    let other = OWN.replace("number: POT01", "number: PO101");
    assert_eq!(told(&other), [] as [&str; 0]);
    let with = |from: &str, to: &str| told(&other.replace(from, to));
    assert_eq!(
        with("extends: base", "extends: bse"),
        ["own/mapping.yaml:2:10: there is no mapping `bse` to extend; nearest base"]
    );
    // It hides nothing else that is wrong.
    let mut two = told(&OWN.replace("extends: base", "extends: bse"));
    two.sort_unstable();
    assert_eq!(
        two,
        [
            "own/mapping.yaml:11:13: POT is not in PO1 of the guide of 850 004010; nearest PO1",
            "own/mapping.yaml:2:10: there is no mapping `bse` to extend; nearest base",
        ]
    );
    assert_eq!(
        with("extends: base", "extends: own"),
        ["own/mapping.yaml:2:10: `extends:` goes round in a circle: own → own"]
    );
    assert_eq!(
        with("extends: base", "extends: [base]"),
        ["own/mapping.yaml:2:10: `extends:` takes the name of a mapping, as in `extends: x12/4010/850-order`"]
    );
    assert_eq!(
        with("notes: ~", "notess: ~"),
        ["own/mapping.yaml:9:3: `notess: ~` takes away what is not there below; nearest notes"]
    );
    // The base's own line is told as the base's, and an own line without claims of its own as a tie.
    let tie = with("claims: { partner: northwind }\n", "");
    assert_eq!(
        tie,
        ["own/mapping.yaml:1:1: base/mapping.yaml claims the same, 850: say a partner, a version or a direction apart"]
    );
}

#[test]
fn a_circle_of_three_is_shown_whole() {
    let file = |name: &str, base: &str| (format!("{name}/mapping.yaml"), format!("mapping: {name}\nextends: {base}\n"));
    let lints = Library::compile(&[file("a", "b"), file("b", "c"), file("c", "b")]).unwrap_err();
    let told: Vec<String> = lints.iter().map(ToString::to_string).collect();
    let expected = [
        "b/mapping.yaml:2:10: `extends:` goes round in a circle: c → b → c",
        "c/mapping.yaml:2:10: `extends:` goes round in a circle: b → c → b",
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_hash_changes_with_what_is_below() {
    let name = |base: &str| {
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let own = OWN.replace("number: POT01", "number: PO101");
        let files = [file("base/mapping.yaml", base), file("base/uom.csv", UOM), file("own/mapping.yaml", &own)];
        Library::compile(&files).unwrap().named("own").unwrap().name().to_owned()
    };
    assert_ne!(name(BASE), name(&BASE.replace("BEG02: SA", "BEG02: RL")));
}

/// What is computed, and the rules of a partner: on a document, by a whole mapping.
mod computed {
    use super::*;

    const RULES: &str = "mapping: own
extends: base
claims: { partner: northwind }
fields:
  totals: { lines: { cel: size(lines) }, amount: { cel: 'lines.map(l, l.quantity.value * 2).sum()' } }
  lines: { ext: { double: { cel: \"string(this.quantity.value * 2) + ' of ' + string(size(lines))\" } } }
require:
  - { rule: number != '13', at: BEG03, say: 13 is no number of ours, code: app/13 }
  - { each: lines, rule: this.quantity.value < 100, say: a line is of less than 100 }
write:
  CTT01: { cel: size(lines) }
";

    fn order(number: &str, quantity: &str) -> String {
        let head = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
                    GS*PO*A*B*20260101*0900*1*X*004010~ST*850*0001~";
        format!(
            "{head}BEG*00*SA*{number}**20260102~N1*BY*X~PO1*1*1.5*EA***VN*A1~PO1*2*{quantity}*EA***VN*A2~SE*6*0001~GE*1*1~IEA*1*000000001~"
        )
    }

    fn read(number: &str, quantity: &str) -> (Value, Vec<(String, String)>) {
        let plan = compile(RULES).unwrap_or_else(|lints| panic!("{lints:#?}")).named("own").unwrap();
        let sets = sets(&plan, order(number, quantity).as_bytes());
        let reading = plan.read(&sets[0].tree, &context());
        let told = reading.faults.iter().map(|f| (format!("{} {}", f.code, f.place.at), f.sentence.to_string()));
        (reading.body.clone().into_value(), told.collect())
    }

    #[test]
    fn fields_are_computed_from_the_message() {
        let (body, told) = read("12", "2");
        assert_eq!(told, []);
        assert_eq!(body["totals"], serde_json::json!({ "lines": 2, "amount": "7.0" }));
        assert_eq!(body["lines"][1]["ext"]["double"], "4 of 2");
    }

    #[test]
    fn a_rule_that_does_not_hold_names_its_place() {
        let (body, told) = read("13", "100");
        assert_eq!(body, Value::Null);
        let expected = [
            ("app/13 BEG03", "13 is no number of ours in segment 2"),
            ("mapping/rule PO101", "a line is of less than 100 in segment 5"),
        ];
        assert_eq!(told, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    #[test]
    fn what_can_not_be_computed_names_the_line_of_the_mapping() {
        let text = RULES
            .replace("cel: size(lines) }, amount", "cel: 'size(lines.filter(l, l.price.amount > 0))' }, amount")
            .replace("this.quantity.value < 100", "this.price.amount > 0");
        let plan = compile(&text).unwrap_or_else(|lints| panic!("{lints:#?}")).named("own").unwrap();
        let sets = sets(&plan, order("12", "2").as_bytes());
        let reading = plan.read(&sets[0].tree, &context());
        let told: Vec<(&str, &str, &str)> =
            reading.faults.iter().map(|f| (&*f.code, &*f.sentence, &*f.remedy)).collect();
        let why = "`l.price.amount` is not there; ask first with has(…)";
        let expected = [
            (
                "mapping/not_computed",
                &*format!("/totals/lines can't be computed: {why}"),
                "correct the expression at own/mapping.yaml:5, then restart the message, or have the document sent again with what it needs",
            ),
            (
                "mapping/not_computed",
                "the rule can't be judged: `this.price.amount` is not there; ask first with has(…) (a line is of less than 100) in segment 4",
                "correct the rule at own/mapping.yaml:9, then restart the message",
            ),
            (
                "mapping/not_computed",
                "the rule can't be judged: `this.price.amount` is not there; ask first with has(…) (a line is of less than 100) in segment 5",
                "correct the rule at own/mapping.yaml:9, then restart the message",
            ),
        ];
        assert_eq!(told, expected);
    }
}

#[test]
fn what_stands_wrong_in_a_partners_file_is_told_there_and_hides_nothing() {
    let own = "mapping: own\nextends: base\nclaims: { partner: northwind }\n";
    let told = |rest: &str| compile(&format!("{own}{rest}")).unwrap_err();
    // A row of its own table, not the line of the file below that asks the table.
    assert_eq!(
        told("tables: { purpose: { '05': chnge } }\n"),
        [
            "own/mapping.yaml:4:22: the row leads to `chnge`, and `purpose` takes one of original, change, cancel; nearest change"
        ]
    );
    assert_eq!(
        told("tables:\nfields:\n  number:\n"),
        [
            "own/mapping.yaml:4:1: `tables:` says nothing: `tables: ~` takes away what stands below, and without this line that stays",
            "own/mapping.yaml:6:3: `number:` says nothing: `number: ~` takes away what stands below, and without this line that stays",
        ]
    );
    assert_eq!(
        told("fields: { notse: ~, currency: 5, ext: { t: , u: BEG13 } }\n"),
        [
            "own/mapping.yaml:4:11: `notse: ~` takes away what is not there below; nearest notes",
            "own/mapping.yaml:4:31: `5` can't stand here: `currency` takes a currency of ISO 4217, such as EUR",
            "own/mapping.yaml:4:42: a path is expected here, with pipes if need be",
            "own/mapping.yaml:4:49: BEG13 is not in the guide of 850 004010; nearest BEG12",
        ]
    );
    assert_eq!(
        told(
            "fields:\n  lines:\n    each: PO9\n    nmber: PO101\n    quantity: { unit: PO103 | table(umo) }\n    ext: { a: { cel: this.nmber } }\n"
        ),
        [
            "own/mapping.yaml:6:11: PO9 is not in the guide of 850 004010; nearest PO1",
            "own/mapping.yaml:7:5: `nmber` is no field of order/1 here; nearest number",
            "own/mapping.yaml:8:37: the table `umo` is not named under `tables:`; nearest uom",
            "own/mapping.yaml:9:27: `nmber` is no field here; nearest number",
        ]
    );
}
