//! Loops that say by number what stands above what: HL of an 856, CPS of a DESADV, both ways.

use super::documents::{context, document, library, reread, sets};
use crossdock::mapping::{Library, Plan};
use serde_json::{Value, json};
use std::sync::Arc;

const SHIP: &str = "mapping: ship
from: x12 004010 856
to: despatch_advice/1
claims: { direction: both }
tables: { purpose: { '00': original }, level: { T: pallet, P: carton } }
fields:
  number: BSN02
  purpose: BSN01 | table(purpose)
  issued: { date: BSN03 | date(yyyymmdd) }
  carrier: { refs: 'HL[03=S]/TD5[02=2].03 | ref(scac)' }
  packages:
    each: HL[03=P,T]
    under: [ 'HL[03=O]', 'HL[03=T]' ]
    id: MAN[01=GM,CP].02 ?? HL01
    parent: ^MAN[01=GM,CP].02 ?? ^HL01
    kind: HL03 | table(level)
  lines:
    each: HL[03=I]
    under: [ 'HL[03=O]', 'HL[03=T]', 'HL[03=P]' ]
    number: LIN01 ?? $position
    order: { number: ^^^PRF01, date: ^^^PRF04 | date(yyyymmdd) }
    package: ^MAN[01=GM,CP].02 ?? ^HL01
    item: LIN{VN,UP} | item
    shipped: { value: SN102, unit: SN103 }
write:
  BSN04: '0900'
";

const DESADV: &str = "mapping: desadv
from: edifact D96A DESADV
to: despatch_advice/1
claims: { direction: both }
fields:
  number: BGM02
  purpose: \"'original'\"
  issued: { date: 'DTM[01=137].01.02 | date(01.03)' }
  packages:
    each: CPS
    under: [ CPS ]
    id: 'PAC/PCI/GIN[01=BJ].02.01 ?? CPS01'
    parent: '^PAC/PCI/GIN[01=BJ].02.01 ?? ^CPS01'
  lines:
    each: CPS/LIN
    number: LIN01 ?? $position
    order: { number: 'RFF[01=ON].01.02' }
    package: '^PAC/PCI/GIN[01=BJ].02.01 ?? ^CPS01'
    item: LIN{EN,SA} | item
    shipped: { value: 'QTY[01=12].01.02', unit: 'QTY[01=12].01.03' }
write:
  BGM01.01: '351'
  CPS/PAC/PCI/PCI01: 33E
";

fn plan(text: &str) -> Arc<Plan> {
    let library = Library::compile(&[("m/mapping.yaml".into(), text.into())]);
    library.unwrap_or_else(|lints| panic!("{lints:#?}")).plans()[0].clone()
}

fn read(plan: &Plan, body: &str) -> Value {
    let count = body.matches('~').count() + 2;
    let text = format!(
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
         GS*SH*A*B*20260101*0900*1*X*004010~ST*856*0001~{body}SE*{count}*0001~GE*1*1~IEA*1*000000001~"
    );
    let sets = sets(plan, text.as_bytes());
    assert!(sets[0].accepted(), "{:#?}", sets[0].faults);
    let reading = plan.read(&sets[0].tree, &context());
    assert_eq!(reading.faults, []);
    reading.body.into_value()
}

const PICK_AND_PACK: &str = "BSN*00*S1*20260105*0900~\
    HL*1**S*1~TD5**2*UPSN~\
    HL*2*1*O*1~PRF*PO-1***20260101~\
    HL*3*2*P*1~MAN*GM*00100000000000000017~\
    HL*4*3*I*0~LIN*1*VN*A-1~SN1**6*EA~\
    HL*5*3*I*0~LIN*2*VN*A-2~SN1**2*EA~\
    HL*6*2*P*1~MAN*GM*00100000000000000024~\
    HL*7*6*I*0~LIN*3*VN*A-3~SN1**1*EA~\
    HL*8*1*O*1~PRF*PO-2***20260102~\
    HL*9*8*I*0~LIN*4*VN*A-4~SN1**9*EA~";

#[test]
fn what_stands_above_a_line_is_read_by_number() {
    let plan = plan(SHIP);
    let body = read(&plan, PICK_AND_PACK);
    let line = |n: usize| {
        let l = &body["lines"][n];
        (l["number"].as_str(), l["order"]["number"].as_str(), l["package"].as_str())
    };
    assert_eq!(line(0), (Some("1"), Some("PO-1"), Some("00100000000000000017")));
    assert_eq!(line(1), (Some("2"), Some("PO-1"), Some("00100000000000000017")));
    assert_eq!(line(2), (Some("3"), Some("PO-1"), Some("00100000000000000024")));
    assert_eq!(line(3), (Some("4"), Some("PO-2"), None));
    assert_eq!(body["packages"][1], json!({ "id": "00100000000000000024", "kind": "carton" }));
    assert_eq!(body["carrier"]["refs"][0]["id"], "UPSN");
}

#[test]
fn pallets_hold_cartons() {
    let plan = plan(SHIP);
    let body = read(
        &plan,
        "BSN*00*S1*20260105*0900~HL*1**S*1~HL*2*1*O*1~PRF*PO-1~HL*3*2*T*1~MAN*GM*T1~HL*4*3*P*1~MAN*GM*P1~\
         HL*5*4*I*0~LIN**VN*A-1~SN1**6*EA~HL*6*3*P*1~MAN*GM*P2~HL*7*6*I*0~LIN**VN*A-2~SN1**6*EA~",
    );
    assert_eq!(
        body["packages"],
        json!([
            { "id": "T1", "kind": "pallet" },
            { "id": "P1", "parent": "T1", "kind": "carton" },
            { "id": "P2", "parent": "T1", "kind": "carton" },
        ])
    );
    assert_eq!(body["lines"][1]["package"], "P2");
    assert_eq!(body["lines"][1]["order"]["number"], "PO-1");
    let written = plan.write(&body, &context()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(reread(&plan, &document(&plan, &written)), body);
}

/// The segments of a written document, without the envelope.
fn written(plan: &Plan, body: &Value) -> String {
    let written = plan.write(body, &context()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let bytes = document(plan, &written);
    assert_eq!(&reread(plan, &bytes), body, "read again it is the same");
    let text = String::from_utf8(bytes).unwrap().replace('\n', "");
    let (from, to) = if text.starts_with("ISA") { ("BSN*", "SE*") } else { ("CPS+", "UNT+") };
    let start = text.find(from).unwrap();
    text[start..start + text[start..].find(to).unwrap()].to_owned()
}

#[test]
fn lines_are_written_below_their_order_and_package() {
    let plan = plan(SHIP);
    let body = read(&plan, PICK_AND_PACK);
    assert_eq!(written(&plan, &body), PICK_AND_PACK);
}

/// [`SHIP`], whose packages have names within the message and marks of their own. `package`: how far up one is from a line.
fn keyed(under: &str, order: &str, package: &str) -> Arc<Plan> {
    let key = |up: &str| format!("{{ read: '({up}MAN[01=GM].02 | sscc) ?? {up}HL01', write: key }}");
    let id = format!("id: {}\n    refs: MAN[01=GM].02 | sscc(00) | ref(sscc)", key(""));
    let text = SHIP
        .replace("id: MAN[01=GM,CP].02 ?? HL01", &id)
        .replace("parent: ^MAN[01=GM,CP].02 ?? ^HL01", &format!("parent: {}", key("^")))
        .replace("package: ^MAN[01=GM,CP].02 ?? ^HL01", &format!("package: {}", key(package)))
        .replace("under: [ 'HL[03=O]', 'HL[03=T]', 'HL[03=P]' ]", under)
        .replace("^^^PRF", order);
    plan(&text)
}

fn packed(packages: Value, lines: &[(&str, &str)]) -> Value {
    let line = |(package, order): &(&str, &str)| {
        json!({ "number": "1", "order": { "number": order }, "package": package,
                "item": [{ "scheme": "sku", "id": "A" }], "shipped": { "value": "1", "unit": "EA" } })
    };
    json!({ "number": "S1", "purpose": "original", "issued": { "date": "2026-01-05" }, "packages": packages,
            "lines": lines.iter().map(line).collect::<Vec<_>>() })
}

/// The segments from the first HL on.
fn loops(plan: &Plan, body: &Value) -> String {
    let bytes = document(plan, &plan.write(body, &context()).unwrap_or_else(|faults| panic!("{faults:#?}")));
    let text = String::from_utf8(bytes).unwrap().replace('\n', "");
    text[text.find("HL*").unwrap()..text.find("SE*").unwrap()].to_owned()
}

#[test]
fn a_package_is_found_by_its_name_and_marked_by_its_code_alone() {
    let plan = keyed("under: [ 'HL[03=O]', 'HL[03=P,T]' ]", "^^PRF", "^");
    let sscc = json!([{ "scheme": "sscc", "id": "340123450000000018" }]);
    let packages = json!([{ "id": "P1", "kind": "carton", "refs": sscc }, { "id": "P2", "kind": "carton" }]);
    let body = packed(packages, &[("P1", "PO-1"), ("P2", "PO-1"), ("P1", "PO-1")]);
    assert_eq!(
        loops(&plan, &body),
        "HL*1**O*1~PRF*PO-1~HL*2*1*P*1~MAN*GM*00340123450000000018~HL*3*2*I*0~LIN*1*VN*A~SN1**1*EA~\
         HL*4*2*I*0~LIN*1*VN*A~SN1**1*EA~HL*5*1*P*1~HL*6*5*I*0~LIN*1*VN*A~SN1**1*EA~"
    );
    let again = reread(&plan, &document(&plan, &plan.write(&body, &context()).unwrap()));
    assert_eq!(again["packages"][0], json!({ "id": "340123450000000018", "kind": "carton", "refs": sscc }));
    assert_eq!(again["packages"][1], json!({ "id": "5", "kind": "carton" }), "the number of its HL");
    assert_eq!(
        (&again["lines"][0]["package"], &again["lines"][2]["package"]),
        (&again["packages"][0]["id"], &again["packages"][1]["id"])
    );
}

#[test]
fn a_package_of_two_orders_is_refused_or_stands_above_them() {
    let body = packed(json!([{ "id": "P1", "kind": "carton" }]), &[("P1", "PO-1"), ("P1", "PO-2")]);
    let faults = keyed("under: [ 'HL[03=O]', 'HL[03=P,T]' ]", "^^PRF", "^").write(&body, &context()).unwrap_err();
    assert_eq!((&*faults[0].code, &*faults[0].found), ("mapping/cannot_say", "P1"), "{faults:#?}");
    let above = keyed("under: [ 'HL[03=P,T]', 'HL[03=O]' ]", "^PRF", "^^");
    assert_eq!(
        loops(&above, &body),
        "HL*1**P*1~HL*2*1*O*1~PRF*PO-1~HL*3*2*I*0~LIN*1*VN*A~SN1**1*EA~HL*4*1*O*1~PRF*PO-2~HL*5*4*I*0~LIN*1*VN*A~SN1**1*EA~"
    );
}

#[test]
fn a_package_that_holds_goods_of_two_orders_stands_below_each() {
    let plan = plan(SHIP);
    let line = |number: &str, order: &str| {
        json!({ "number": number, "order": { "number": order }, "package": "P1",
                "item": [{ "scheme": "sku", "id": "A" }], "shipped": { "value": "1", "unit": "EA" } })
    };
    let body = json!({
        "number": "S1", "purpose": "original", "issued": { "date": "2026-01-05" },
        "packages": [{ "id": "P1", "kind": "carton" }],
        "lines": [line("1", "PO-1"), line("2", "PO-2"), line("3", "PO-1")],
    });
    let bytes = document(&plan, &plan.write(&body, &context()).unwrap());
    let text = String::from_utf8(bytes.clone()).unwrap().replace('\n', "");
    let start = text.find("HL*").unwrap();
    assert_eq!(
        &text[start..text.find("SE*").unwrap()],
        "HL*1**O*1~PRF*PO-1~HL*2*1*P*1~MAN*GM*P1~HL*3*2*I*0~LIN*1*VN*A~SN1**1*EA~HL*4*2*I*0~LIN*3*VN*A~SN1**1*EA~\
         HL*5**O*1~PRF*PO-2~HL*6*5*P*1~MAN*GM*P1~HL*7*6*I*0~LIN*2*VN*A~SN1**1*EA~"
    );
    let orders: Vec<Value> =
        reread(&plan, &bytes)["lines"].as_array().unwrap().iter().map(|l| l["order"]["number"].clone()).collect();
    assert_eq!(orders, ["PO-1", "PO-1", "PO-2"]);
}

#[test]
fn a_circle_of_parents_ends() {
    let plan = plan(SHIP);
    let text = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
         GS*SH*A*B*20260101*0900*1*X*004010~ST*856*0001~BSN*00*S1*20260105*0900~HL*1*2*P*1~HL*2*1*I~LIN**VN*A~SN1**1*EA~\
         SE*7*0001~GE*1*1~IEA*1*000000001~";
    let sets = sets(&plan, text.as_bytes());
    let reading = plan.read(&sets[0].tree, &context());
    assert_eq!(reading.body["lines"][0]["package"], "1");
}

#[test]
fn an_edifact_shipment_lies_in_packages_by_number() {
    let plan = plan(DESADV);
    let body = json!({
        "number": "D1", "purpose": "original", "issued": { "date": "2026-01-05" },
        "packages": [{ "id": "T1" }, { "id": "P1", "parent": "T1" }, { "id": "P2", "parent": "T1" }],
        "lines": [
            { "number": "1", "order": { "number": "PO-1" }, "package": "P1",
              "item": [{ "scheme": "sku", "id": "A" }], "shipped": { "value": "1", "unit": "PCE" } },
            { "number": "2", "order": { "number": "PO-2" }, "package": "P1",
              "item": [{ "scheme": "sku", "id": "B" }], "shipped": { "value": "2", "unit": "PCE" } },
            { "number": "3", "order": { "number": "PO-1" }, "package": "P2",
              "item": [{ "scheme": "sku", "id": "C" }], "shipped": { "value": "3", "unit": "PCE" } },
        ],
    });
    assert_eq!(
        written(&plan, &body),
        "CPS+1'PAC'PCI+33E'GIN+BJ+T1'CPS+2+1'PAC'PCI+33E'GIN+BJ+P1'\
         LIN+1++A:SA'QTY+12:1:PCE'RFF+ON:PO-1'LIN+2++B:SA'QTY+12:2:PCE'RFF+ON:PO-2'\
         CPS+3+1'PAC'PCI+33E'GIN+BJ+P2'LIN+3++C:SA'QTY+12:3:PCE'RFF+ON:PO-1'"
    );
}

/// Lines of an 856's loops: `HL*4*2*P*1`, with a mark for a package, and for an item its line.
fn told(loops: &str) -> String {
    let segments = |one: &str| {
        let parts: Vec<&str> = one.split('*').collect();
        match parts[3] {
            "S" => format!("{one}~TD5**2*ODFL~DTM*011*20261124~N1*ST*Store*92*12~"),
            "O" => format!("{one}~PRF*PO-{}~", parts[1]),
            "I" => format!("{one}~LIN*{}*VN*A~SN1**1*EA~", parts[1]),
            _ => format!("{one}~MAN*GM*{:020}~", 340_987_650_000_000_000_u64 + parts[1].parse::<u64>().unwrap()),
        }
    };
    loops.split_whitespace().map(segments).collect()
}

#[test]
fn packages_and_lines_of_a_shipment_keep_their_order_and_what_stands_above_them() {
    let plan = library().named("x12/4010/856-despatch").unwrap();
    for loops in [
        // A carton without lines before one with lines.
        "HL*1**S*1 HL*2*1*O*1 HL*3*2*P*0 HL*4*2*P*1 HL*5*4*I*0",
        // Between two of an order, and behind the last of another.
        "HL*1**S*1 HL*2*1*O*1 HL*3*2*P*1 HL*4*3*I*0 HL*5*2*P*0 HL*6*2*P*1 HL*7*6*I*0 \
         HL*8*1*O*1 HL*9*8*P*1 HL*10*9*I*0 HL*11*8*P*0",
        // Below the shipment, where no line lies in any, and orders with and without packages.
        "HL*1**S*1 HL*2*1*P*0 HL*3*1*T*1 HL*4*3*P*0 HL*5*1*O*1 HL*6*5*I*0",
        "HL*1**S*1 HL*2*1*O*1 HL*3*2*I*0 HL*4*1*O*1 HL*5*4*P*1 HL*6*5*I*0 HL*7*1*O*1 HL*8*7*I*0",
        // A carton in a carton; an empty pallet that holds empty cartons.
        "HL*1**S*1 HL*2*1*O*1 HL*3*2*P*1 HL*4*3*P*1 HL*5*4*I*0 HL*6*2*T*1 HL*7*6*P*0 HL*8*6*P*0 HL*9*2*P*1 HL*10*9*I*0",
        // Lines beside cartons, in a pallet and below an order.
        "HL*1**S*1 HL*2*1*O*1 HL*3*2*I*0 HL*4*2*T*1 HL*5*4*I*0 HL*6*4*P*1 HL*7*6*I*0 HL*8*4*I*0 HL*9*2*I*0",
    ] {
        let body = read(&plan, &format!("BSN*00*SH1*20261124*0915*0001~{}", told(loops)));
        let text = written(&plan, &body);
        let again: Vec<&str> = text.split('~').filter(|segment| segment.starts_with("HL*")).collect();
        assert_eq!(again, loops.split_whitespace().collect::<Vec<_>>(), "{body:#}");
    }
}

#[test]
fn a_package_that_lies_in_a_package_of_its_kind_is_read_so() {
    let plan = library().named("x12/4010/856-despatch").unwrap();
    let loops = told("HL*1**S*1 HL*2*1*O*1 HL*3*2*P*1 HL*4*3*P*1 HL*5*4*I*0");
    let body = read(&plan, &format!("BSN*00*SH1*20261124*0915*0001~{loops}"));
    assert_eq!(body["packages"][1]["parent"], body["packages"][0]["id"]);
    assert_eq!(body["packages"][0].get("parent"), None);
    assert_eq!(body["lines"][0]["package"], body["packages"][1]["id"]);
}

#[test]
fn packages_that_lie_in_each_other_are_refused() {
    let plan = library().named("x12/4010/856-despatch").unwrap();
    let package = |id: &str, parent: &str| json!({ "id": id, "parent": parent, "kind": "carton" });
    for (packages, at) in [
        (json!([package("P1", "P1")]), "/packages/0/id"),
        (json!([package("P1", "P2"), package("P2", "P1")]), "/packages/1"),
    ] {
        let faults = plan.write(&packed(packages, &[("P1", "PO-1")]), &context()).map(|_| ()).unwrap_err();
        assert_eq!(
            faults[0].sentence.as_ref(),
            format!("{at} would lie in itself, or in what lies in it"),
            "{faults:#?}"
        );
        assert_eq!(faults[0].place.at.to_string(), at);
    }
}

#[test]
fn packages_of_an_edifact_shipment_keep_their_order() {
    let plan = plan(DESADV);
    let line = |number: &str, package: &str| {
        json!({ "number": number, "order": { "number": "PO-1" }, "package": package,
                "item": [{ "scheme": "sku", "id": "A" }], "shipped": { "value": "1", "unit": "PCE" } })
    };
    let body = json!({
        "number": "D1", "purpose": "original", "issued": { "date": "2026-01-05" },
        "packages": [{ "id": "T1" }, { "id": "T2" }, { "id": "P1", "parent": "T1" }, { "id": "P2", "parent": "T2" }, { "id": "P3", "parent": "T1" }],
        "lines": [line("1", "P1"), line("2", "P2"), line("3", "P3")],
    });
    let text = written(&plan, &body);
    let loops: Vec<&str> = text.split('\'').filter(|segment| segment.starts_with("CPS")).collect();
    assert_eq!(loops, ["CPS+1", "CPS+2", "CPS+3+1", "CPS+4+2", "CPS+5+1"]);
}

/// SDQ: stores and quantities, ten in a segment.
mod repeated {
    use super::*;

    const ORDER: &str = "mapping: order
from: x12 004010 850
to: order/1
claims: { direction: both }
fields:
  number: BEG03
  purpose: \"'original'\"
  placed: { date: BEG05 | date(yyyymmdd) }
  currency: $tenant.currency
  sold_to: { at: 'N1[01=BY]', name: N102 }
  lines:
    each: PO1
    number: PO101
    item: PO1{VN} | item
    quantity: { value: PO102, unit: PO103 }
    schedules:
      each: SDQ
      repeat: 03/2
      ship_to: { refs: SDQ03 | party(SDQ02) }
      quantity: { value: SDQ04, unit: SDQ01 }
write: { BEG01: '00', BEG02: SA }
";

    fn body(stores: &[(&str, &str, &str)]) -> Value {
        let schedules: Vec<Value> = stores
            .iter()
            .map(|(scheme, id, value)| {
                json!({ "quantity": { "value": value, "unit": "EA" }, "ship_to": { "refs": [{ "scheme": scheme, "id": id }] } })
            })
            .collect();
        let line = json!({ "number": "1", "item": [{ "scheme": "sku", "id": "A" }],
            "quantity": { "value": "12", "unit": "EA" }, "schedules": schedules });
        json!({ "number": "7", "purpose": "original", "placed": { "date": "2026-01-05" }, "currency": "EUR",
            "sold_to": { "name": "N" }, "lines": [line] })
    }

    fn sdq(body: &Value) -> Vec<String> {
        let plan = plan(ORDER);
        let bytes = document(&plan, &plan.write(body, &context()).unwrap_or_else(|faults| panic!("{faults:#?}")));
        assert_eq!(&reread(&plan, &bytes), body);
        let text = String::from_utf8(bytes).unwrap().replace('\n', "");
        text.split('~').filter(|s| s.starts_with("SDQ")).map(str::to_owned).collect()
    }

    #[test]
    fn items_stand_behind_each_other_in_a_segment() {
        assert_eq!(sdq(&body(&[("buyer", "S1", "5"), ("buyer", "S2", "7")])), ["SDQ*EA*92*S1*5*S2*7"]);
        let other = body(&[("buyer", "S1", "5"), ("gln", "4012345000009", "7")]);
        assert_eq!(sdq(&other), ["SDQ*EA*92*S1*5", "SDQ*EA*UL*4012345000009*7"]);
    }

    #[test]
    fn a_segment_that_is_full_is_followed_by_another() {
        let names: Vec<String> = (1..=12).map(|n| format!("S{n}")).collect();
        let stores: Vec<_> = names.iter().map(|name| ("buyer", name.as_str(), "1")).collect();
        let told = sdq(&body(&stores));
        assert_eq!(told.len(), 2);
        assert!(told[0].ends_with("*S10*1"), "{}", told[0]);
        assert_eq!(told[1], "SDQ*EA*92*S11*1*S12*1");
    }

    const RECEIPT: &str = "mapping: receipt
from: x12 004010 861
to: receiving_advice/1
claims: { direction: both }
fields:
  number: BRA01
  issued: { date: BRA02 | date(yyyymmdd) }
  purpose: \"'original'\"
  lines:
    each: RCD
    number: RCD01
    item: LIN{VN} | item
    received: { value: RCD02, unit: RCD03.01 }
    differences: { each: ., repeat: 06/3, quantity: { value: RCD06, unit: RCD07.01 }, what: \"RCD08 | table(what)\" }
    lots: { each: ., number: \"REF[01=LT].02\" }
tables: { what: { '01': damaged, '02': short } }
write: { BRA03: '00', BRA04: '1', DTM01: '050', DTM02: '20260105' }
";

    fn receipt(differences: &[(&str, &str)], lot: Option<&str>) -> Value {
        let of = |(what, value): &(&str, &str)| json!({ "what": what, "quantity": { "value": value, "unit": "EA" } });
        let mut line = json!({ "number": "1", "item": [{ "scheme": "sku", "id": "A" }], "received": { "value": "9", "unit": "EA" } });
        if !differences.is_empty() {
            line["differences"] = differences.iter().map(of).collect();
        }
        if let Some(lot) = lot {
            line["lots"] = json!([{ "number": lot }]);
        }
        json!({ "number": "7", "purpose": "original", "issued": { "date": "2026-01-05" }, "lines": [line] })
    }

    #[test]
    fn a_segment_says_several_items_of_itself() {
        let plan = plan(RECEIPT);
        for (differences, lot, said) in [
            (&[][..], None, "RCD*1*9*EA"),
            (&[("short", "2")], Some("L1"), "RCD*1*9*EA***2*EA*02"),
            (&[("damaged", "1"), ("short", "2")], None, "RCD*1*9*EA***1*EA*01*2*EA*02"),
        ] {
            let body = receipt(differences, lot);
            let bytes = document(&plan, &plan.write(&body, &context()).unwrap_or_else(|faults| panic!("{faults:#?}")));
            assert_eq!(reread(&plan, &bytes), body);
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(&format!("{said}~")), "{text}");
        }
    }

    #[test]
    fn more_items_than_a_segment_has_room_for_are_told() {
        let six = [("short", "1"); 6];
        let faults = plan(RECEIPT).write(&receipt(&six, None), &context()).unwrap_err();
        assert_eq!(&*faults[0].code, "mapping/no_room");
        assert_eq!(&*faults[0].sentence, "/lines/0/differences has 6 items, and there is room for 5");
    }
}
