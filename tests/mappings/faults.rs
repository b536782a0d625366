//! What reading says of values it can't take: code, place, sentence, remedy; what a miss says, and what the tenant's
//! own rows do.

use super::documents::{context, library, sets};
use crossdock::{
    formats::fault::{Costs, Fault, Layer},
    mapping::{Context, Plan, Reading, Tables, Written},
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

const HEAD: &str = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260302*0915*U*00401*000000101*0*T*>~\n\
                    GS*PO*A*B*20260302*0915*101*X*004010~\n";

pub fn order(body: &str) -> Vec<u8> {
    let count = body.lines().count() + 2;
    format!("{HEAD}ST*850*0001~\n{body}SE*{count}*0001~\nGE*1*101~\nIEA*1*000000101~\n").into_bytes()
}

fn plan(name: &str) -> Arc<Plan> {
    library().named(name).unwrap()
}

fn read(plan: &Plan, bytes: &[u8]) -> Reading {
    plan.read(&sets(plan, bytes)[0].tree, &context())
}

/// code | bytes at the place | sentence
fn told(bytes: &[u8], fault: &Fault) -> String {
    let from = fault.place.byte as usize;
    let text = String::from_utf8_lossy(&bytes[from..from + fault.place.len as usize]);
    assert_eq!((fault.layer, fault.costs), (Layer::Mapping, Costs::Set));
    assert!(!fault.remedy.is_empty());
    format!("{} | {text} | {}", fault.code, fault.sentence)
}

fn check(name: &str, bytes: &[u8], expected: &[&str]) {
    let reading = read(&plan(name), bytes);
    let faults: Vec<String> = reading.faults.iter().map(|f| told(bytes, f)).collect();
    assert_eq!(faults, expected);
    assert_eq!(reading.body, Value::Null);
}

#[test]
fn values_that_cannot_be_read_are_named_with_their_place() {
    let body = "BEG*00*SA*PO-1**20260230~\nDTM*002*soon~\nPO1*1*24*EA*9.25**VN*BOLT~\nPO1*2*many*EA**VN*NUT~\n";
    let body = body.replace("EA**VN*NUT", "EA***VN*NUT");
    check(
        "x12/4010/850-order",
        &order(&body),
        &[
            "mapping/bad_date | 20260230 | BEG05 in segment 2: `20260230` is not a date of the form yyyymmdd",
            "mapping/bad_date | soon | DTM[01=002,106].02 in segment 3: `soon` is not a date of the form yyyymmdd",
            "mapping/bad_number | many | PO1[2]/PO102 in segment 5: `many` is not a number of at most 28 digits",
        ],
    );
}

#[test]
fn a_currency_that_is_read_is_one() {
    let of =
        |currency: &str| order(&format!("BEG*00*SA*PO-1**20260302~\nCUR*BY*{currency}~\nPO1*1*24*EA*9.25**VN*BOLT~\n"));
    assert_eq!(read(&plan("x12/4010/850-order"), &of("CHF")).body["currency"], "CHF");
    let told = "mapping/bad_value | EUX | CUR[01=BY].02 in segment 3: `EUX` is not a currency of ISO 4217, such as EUR";
    check("x12/4010/850-order", &of("EUX"), &[told]);
}

#[test]
fn a_day_of_the_month_is_one() {
    let of = |day: &str| {
        let terms = format!("ITD*09*3***********{day}~\n");
        order(&format!("BEG*00*SA*PO-1**20260302~\n{terms}PO1*1*24*EA*9.25**VN*BOLT~\n"))
    };
    for day in ["1", "15", "31"] {
        let reading = read(&plan("x12/4010/850-order"), &of(day));
        assert_eq!(reading.body["payment_terms"][0]["due_day_of_month"].to_string(), day, "{:#?}", reading.faults);
    }
    for day in ["0", "32", "99"] {
        let told = format!(
            "mapping/bad_number | {day} | ITD[1]/ITD13 in segment 3: `{day}` is not a whole number from 1 to 31"
        );
        check("x12/4010/850-order", &of(day), &[&told]);
    }
    let reading = read(&plan("x12/4010/850-order"), &of("31"));
    let mut message = reading.body.into_value();
    message["payment_terms"][0]["due_day_of_month"] = 32.into();
    let why = plan("x12/4010/850-order").is_no_message(&message);
    assert_eq!(
        why,
        ["it is no order/1: payment_terms[0].due_day_of_month: `32` is no day of a month: it is one from 1 to 31"]
    );
}

#[test]
fn what_is_missing_is_named_where_it_should_stand() {
    let body = "BEG*00*SA*PO-1**20260302~\nPO1*1***9.25**VN*BOLT~\n";
    let bytes = order(body);
    let reading = read(&plan("x12/4010/850-order"), &bytes);
    let faults: Vec<String> = reading.faults.iter().map(|f| told(&bytes, f)).collect();
    assert_eq!(
        faults,
        [
            "mapping/missing |  | PO1[1]/PO102 is missing in segment 3",
            "mapping/missing |  | PO1[1]/PO103 is missing in segment 3",
        ]
    );
    let (again, line) = reading.faults[0].remedy.split_once("; ").unwrap();
    assert_eq!(again, "send the document again with it: it gives `/lines/0/quantity/value`");
    assert!(
        line.starts_with("where the mapping means another, mend standard/x12/4010/850-order/mapping.yaml:"),
        "{line}"
    );
    let crossdock::formats::place::At::Segment { ordinal, element, .. } = &reading.faults[0].place.at else { panic!() };
    assert_eq!((*ordinal, *element), (3, Some(2)));
    let csv = b"order_number,order_date,line,sku,quantity\nA,2026-03-02,1,BOLT,\n";
    check("csv/orders", csv, &["mapping/missing |  | row[1]/quantity is missing in line 2"]);
    check(
        "json/order",
        br#"{"number":"A","lines":[{"sku":"B","quantity":1}]}"#,
        &["mapping/missing |  | date is missing at /date"],
    );
}

#[test]
fn one_bad_row_of_csv_costs_its_order_and_no_other() {
    let csv = b"order_number,order_date,line,sku,quantity,unit\nA,2026-03-02,1,BOLT,5,EA\nB,02.03.2026,1,BOLT,x,EA\n";
    let plan = plan("csv/orders");
    let sets = sets(&plan, csv);
    assert!(plan.read(&sets[0].tree, &context()).faults.is_empty());
    let faults: Vec<String> = plan.read(&sets[1].tree, &context()).faults.iter().map(|f| told(csv, f)).collect();
    assert_eq!(
        faults,
        [
            "mapping/bad_date | 02.03.2026 | order_date in line 3: `02.03.2026` is not a date of the form yyyy-mm-dd",
            "mapping/bad_number | x | row[1]/quantity in line 3: `x` is not a number of at most 28 digits",
        ]
    );
}

/// A tenant's rows.
#[derive(Default)]
pub struct Rows(pub HashMap<(String, String), String>);

impl Tables for Rows {
    fn get(&self, table: &str, value: &str) -> Option<String> {
        self.0.get(&(table.to_owned(), value.to_owned())).cloned()
    }
    fn inverse(&self, table: &str, target: &str) -> Vec<String> {
        let of = self.0.iter().filter(|((t, _), to)| t == table && *to == target);
        let mut values: Vec<String> = of.map(|((_, value), _)| value.clone()).collect();
        values.sort_unstable();
        values
    }
}

impl Rows {
    pub fn with(value: &str, target: &str) -> Rows {
        Rows(HashMap::from([(("uom".to_owned(), value.to_owned()), target.to_owned())]))
    }
}

#[test]
fn a_unit_that_nobody_mapped_is_a_miss_and_the_tenants_row_mends_it() {
    let bytes = order("BEG*00*SA*PO-1**20260302~\nPO1*1*24*PF*9.25**VN*BOLT~\nPO1*2*1*PF*9.25**VN*NUT~\n");
    let plan = plan("x12/4010/850-order");
    let reading = read(&plan, &bytes);
    assert_eq!(reading.body, Value::Null);
    assert!(reading.faults.is_empty());
    assert_eq!(reading.missing.len(), 2, "each line that waits is named");
    let miss = &reading.missing[0];
    assert_eq!((miss.table.as_str(), miss.value.as_str()), ("uom", "PF"));
    assert_eq!(
        told(&bytes, &miss.fault),
        "mapping/no_reference | PF | PO1[1]/PO103 in segment 3: `PF` is not in the table uom"
    );
    let remedy = "add it with `crossdock reference add uom PF TARGET`; what waits for it then goes on";
    assert_eq!(&*miss.fault.remedy, remedy);

    let tables = Rows::with("PF", "XPX");
    let own = Context { tenant_currency: "USD", tables: &tables };
    let set = &sets(&plan, &bytes)[0];
    let reading = plan.read(&set.tree, &own);
    assert!(reading.missing.is_empty() && reading.faults.is_empty());
    assert_eq!(reading.body["lines"][0]["quantity"]["unit"], "XPX");
    assert_eq!(unit(&plan, &reading.body, &own), "PF", "and written back as it came");
}

/// PO103 of the first line.
fn unit(plan: &Plan, body: &Value, context: &Context) -> String {
    let Written::Segments(segments) = plan.write(body, context).unwrap() else { panic!() };
    let line = segments.iter().find(|s| s.id == "PO1").unwrap();
    line.elements[2][0][0].clone()
}

#[test]
fn a_tenants_row_wins_over_the_mappings_and_changes_no_other_partners_words() {
    let bytes = order("BEG*00*SA*PO-1**20260302~\nPO1*1*24*CA*9.25**VN*BOLT~\n");
    let plan = plan("x12/4010/850-order");
    let set = &sets(&plan, &bytes)[0];
    let ours = Rows::with("CA", "CT");
    let reading = plan.read(&set.tree, &Context { tenant_currency: "USD", tables: &ours });
    assert_eq!(reading.body["lines"][0]["quantity"]["unit"], "CT");
    // PF → EA says how to read PF; what counts as EA is still written EA.
    let pallet = Rows::with("PF", "EA");
    let context = Context { tenant_currency: "USD", tables: &pallet };
    let bytes = order("BEG*00*SA*PO-1**20260302~\nPO1*1*24*PF*9.25**VN*BOLT~\n");
    let reading = plan.read(&sets(&plan, &bytes)[0].tree, &context);
    assert_eq!(reading.body["lines"][0]["quantity"]["unit"], "EA");
    assert_eq!(unit(&plan, &reading.body, &context), "EA");
}

#[test]
fn what_nobody_reads_is_told_once() {
    let bytes = order(
        "BEG*00*SA*PO-1**20260302~\nREF*ZZ*X~\nPO1*1*24*EA*9.25**VN*BOLT*ZZ*Q~\nPO4**6*OZ~\nPO1*2*24*EA*9.25**VN*BOLT*ZZ*R~\nPO4**7*OZ~\n",
    );
    let reading = read(&plan("x12/4010/850-order"), &bytes);
    assert_eq!(reading.unread, ["REF01", "REF02", "PO108", "PO109", "PO1/PO402", "PO1/PO403"]);
    assert!(reading.faults.is_empty());
}

#[test]
fn a_literal_can_not_say_another_value() {
    let plan = plan("ubl/order");
    let sample = std::fs::read(super::documents::root().join("standard/ubl/order/samples/basic.in.xml")).unwrap();
    let mut body = read(&plan, &sample).body.into_value();
    body["purpose"] = "cancel".into();
    let faults = plan.write(&body, &context()).unwrap_err();
    assert_eq!(&*faults[0].code, "mapping/cannot_say");
    assert_eq!(&*faults[0].sentence, "/purpose is `cancel`, and this document can only say `original`");
}

#[test]
fn an_empty_or_strange_tree_is_read_without_harm() {
    use crossdock::formats::tree::Tree;
    for plan in library().plans() {
        let reading = plan.read(&Tree::default(), &context());
        assert_eq!(reading.body, Value::Null, "{}", plan.name());
        assert!(!reading.faults.is_empty(), "{}", plan.name());
        for message in
            [Value::Null, serde_json::json!([]), serde_json::json!({"lines": [1, {}], "number": [], "ext": 7})]
        {
            // Segments or faults, but never a panic.
            _ = plan.write(&message, &context());
        }
    }
}

#[test]
fn a_row_that_leads_where_the_field_can_not_go_is_to_blame() {
    let plan = plan("x12/4010/850-order");
    let rows = Rows(HashMap::from([(("order_purpose".to_owned(), "00".to_owned()), "orignal".to_owned())]));
    let bytes = order("BEG*00*SA*PO-1**20260302~\nPO1*1*24*EA*9.25**VN*BOLT~\n");
    let reading = plan.read(&sets(&plan, &bytes)[0].tree, &Context { tenant_currency: "USD", tables: &rows });
    let faults: Vec<String> = reading.faults.iter().map(|f| told(&bytes, f)).collect();
    assert_eq!(
        faults,
        [
            "mapping/bad_value | 00 | BEG01 in segment 2: the table order_purpose leads from `00` to `orignal`, which is not one of original, change, cancel"
        ]
    );
    assert_eq!(&*reading.faults[0].remedy, "correct it with `crossdock reference add order_purpose 00 TARGET`");
}

/// What no guide knows and something that is nearly called so stands for: nobody can tell whose slip it is.
#[test]
fn a_name_that_is_nearly_there_and_unread_is_held_by_the_mappings_line() {
    let mapping = |number: &str| {
        let text = format!(
            "mapping: t\nfrom: json order\nto: order/1\nclaims: {{ direction: in }}\nfields:\n  number: {number}\n  \
             purpose: \"'original'\"\n  currency: \"'USD'\"\n  placed: {{ date: date | date(iso) }}\n  ext: {{ x: name }}\n"
        );
        let library = crossdock::mapping::Library::compile(&[("m/mapping.yaml".into(), text)]).unwrap();
        library.plans()[0].clone()
    };
    let tell = |number: &str, document: &str| {
        let plan = mapping(number);
        let reading = read(&plan, document.as_bytes());
        let [fault] = reading.faults.as_slice() else { panic!("{:#?}", reading.faults) };
        (crossdock::mapping::is_own(fault), fault.place.at.to_string(), fault.sentence.to_string())
    };
    let whole = r#"{"number":"J1","date":"2026-01-02","name":"x"}"#;
    let near = "numbr is missing at /numbr; `number` stands there, and no line reads it".to_owned();
    assert_eq!(tell("numbr", whole), (true, "m/mapping.yaml:6".to_owned(), near));
    // What a line reads is no slip, and neither is what is called otherwise: that is the sender's.
    let lacking = r#"{"nummer":"","date":"2026-01-02","name":"x"}"#;
    for (number, document) in [("nam", whole), ("reference", whole), ("number", lacking)] {
        let (own, place, sentence) = tell(number, document);
        assert_eq!((own, place.as_str()), (false, &*format!("/{number}")), "{sentence}");
    }
}

/// An order without lines, or a line without an item, may be meant so; not where what was to be read stands there unread.
#[test]
fn an_empty_list_beside_a_name_that_is_nearly_its_own_is_held() {
    let plan = plan("json/order");
    let tell = |line: &str, document: serde_json::Value| {
        let text = document.to_string().replace("\"lines\"", line);
        let reading = read(&plan, text.as_bytes());
        let faults = reading.faults.iter().map(|fault| {
            assert!(crossdock::mapping::is_own(fault), "{fault:#?}");
            fault.sentence.to_string()
        });
        faults.collect::<Vec<_>>()
    };
    let order = |line: serde_json::Value| {
        serde_json::json!({
            "number": "K-1", "date": "2026-11-30", "currency": "USD", "buyer": { "id": "SHOP" }, "lines": [line.clone(), line]
        })
    };
    let line = |sku: &str| order(serde_json::json!({ "line": 1, sku: "BOLT-M8", "quantity": 24, "unit": "EA" }));
    assert_eq!(tell("\"lines\"", line("sku")), Vec::<String>::new());
    assert_eq!(
        tell("\"line\"", line("sku")),
        ["nothing is called `lines` in the document; `line` stands there, and no line reads it"]
    );
    // Once, and not once a line.
    assert_eq!(
        tell("\"lines\"", line("sk")),
        ["nothing is called `sku` at /lines/0; `sk` stands there, and no line reads it"]
    );
    // A line that says no item at all, by any name: what it means is the core's to say.
    assert_eq!(tell("\"lines\"", line("description")), Vec::<String>::new());
}
