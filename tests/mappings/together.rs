//! `messages:`: one document, several messages, and several messages, one document.

use super::documents::{context, document};
use crossdock::mapping::{Library, Plan, Written, covered::Covered, explain::Said, samples};
use serde_json::{Value, json};
use std::{fmt::Write, sync::Arc};

const DAY: &str = "mapping: day
from: x12 004010 856
to: despatch_advice/1
claims: { direction: both }
messages: HL[03=S]
fields:
  number: 'HL[03=S]/REF[01=SI].02'
  purpose: \"'original'\"
  issued: { date: BSN03 | date(yyyymmdd) }
  lines:
    each: HL[03=I]
    under: [ 'HL[03=O]' ]
    number: $position
    order: { number: ^PRF01, line: LIN01 }
    item: LIN{UP} | item
    shipped: { value: SN102, unit: SN103 }
  ext: { dock: 'HL[03=S]/N1[01=SF].02' }
write:
  BSN01: '00'
  BSN02: { from: number }
  BSN04: '0900'
  HL[03=S]/N1[01=SF].03: '92'
  HL[03=S]/N1[01=SF].04: { from: number }
";

fn compile(text: &str) -> Arc<Plan> {
    let library = Library::compile(&[("m/mapping.yaml".into(), text.into())]);
    library.unwrap_or_else(|lints| panic!("{text}\n{lints:#?}")).plans()[0].clone()
}

/// An 856 of these segments.
fn notice(body: &str) -> String {
    let count = body.matches('~').count() + 3;
    format!(
        "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
         GS*SH*A*B*20260101*0900*1*X*004010~ST*856*0001~BSN*00*DAY*20260101*0900~{body}SE*{count}*0001~GE*1*1~IEA*1*000000001~"
    )
}

/// What each message of a document says; the faults that refuse one.
fn read(plan: &Plan, bytes: &[u8]) -> Vec<Value> {
    let sets = samples::sets(plan, bytes).unwrap();
    let read = |set: &crossdock::formats::piece::Set| {
        let faults = set.faults.iter().map(|fault| fault.sentence.to_string());
        if !set.accepted() {
            return json!(faults.collect::<Vec<_>>());
        }
        let reading = plan.read(&set.tree, &context());
        let faults: Vec<_> = reading.faults.iter().map(|fault| fault.sentence.to_string()).collect();
        if faults.is_empty() { reading.body.into_value() } else { json!(faults) }
    };
    sets.iter().map(read).collect()
}

fn numbers(messages: &[Value]) -> Vec<String> {
    let line = |line: &Value| line["order"]["number"].as_str().unwrap_or("?").to_owned();
    let lines = |message: &Value| message["lines"].as_array().into_iter().flatten().map(line).collect::<Vec<_>>();
    messages.iter().map(|one| format!("{} {}", one["number"].as_str().unwrap_or("?"), lines(one).join(","))).collect()
}

fn write(plan: &Plan, messages: &[Value]) -> Result<Vec<u8>, Vec<String>> {
    let written = plan.write_together(&messages.iter().collect::<Vec<_>>(), &context());
    let told = |faults: Vec<crossdock::formats::fault::Fault>| {
        faults.iter().map(|fault| format!("{}: {}", fault.place.at, fault.sentence)).collect()
    };
    written.map(|written: Written| document(plan, &written)).map_err(told)
}

#[test]
fn each_message_has_what_stands_below_its_own_loop() {
    let plan = compile(DAY);
    // The levels are mixed, and one item names no parent: it belongs to the shipment before it.
    let body = "HL*1**S~REF*SI*D1~N1*SF*Dock 1~HL*2**S~REF*SI*D2~HL*3*2*O~PRF*P3~HL*4*1*O~PRF*P4~HL*5*3*I~LIN*1*UP*11~SN1**1*EA~\
                HL*6*4*I~LIN*1*UP*22~SN1**2*EA~HL*7**I~LIN**UP*33~SN1**3*EA~CTT*7~";
    let messages = read(&plan, notice(body).as_bytes());
    assert_eq!(numbers(&messages), ["D1 P4,?", "D2 P3"]);
    assert_eq!((&messages[0]["ext"]["dock"], &messages[1]["ext"]["dock"]), (&json!("Dock 1"), &Value::Null));
    assert_eq!(messages[0]["issued"], messages[1]["issued"], "what stands outside is each message's");
}

#[test]
fn what_is_written_together_is_read_as_it_was() {
    let plan = compile(DAY);
    let body = "HL*1**S~REF*SI*D1~N1*SF*Dock 1~HL*2*1*O~PRF*P1~HL*3*2*I~LIN*1*UP*11~SN1**1*EA~HL*4**S~REF*SI*D2~N1*SF*Dock 1~\
                HL*5*4*O~PRF*P1~HL*6*5*I~LIN*1*UP*11~SN1**1*EA~HL*7*4*O~PRF*P2~HL*8*7*I~LIN*2*UP*22~SN1**2*EA~CTT*8~";
    let messages = read(&plan, notice(body).as_bytes());
    let bytes = write(&plan, &messages).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap().replace('\n', "");
    // Loops that say the same are each message's own, and so is what `write:` takes from it.
    assert_eq!(text.matches("PRF*P1~").count(), 2, "{text}");
    assert!(text.contains("HL*4**S*1~REF*SI*D2~N1*SF*Dock 1*92*D2~") && text.contains("HL*5*4*O*1~PRF*P1~"), "{text}");
    assert!(text.contains("BSN*00*D1*20260101"), "what all of them share is the first's: {text}");
    assert_eq!(read(&plan, &bytes), messages);
    // One alone is a document as any other mapping writes it.
    assert_eq!(read(&plan, &write(&plan, &messages[1..]).unwrap()), messages[1..]);
}

#[test]
fn what_they_share_must_be_the_same() {
    let plan = compile(DAY);
    let one = |number: &str, date: &str| json!({ "number": number, "purpose": "original", "issued": { "date": date }, "lines": [] });
    let faults = write(&plan, &[one("D1", "2026-01-01"), one("D2", "2026-01-02")]).unwrap_err();
    assert_eq!(
        faults,
        [
            "/1/issued/date: /1/issued/date is \"2026-01-02\", and in the first message \"2026-01-01\": the document says it once"
        ]
    );
    assert!(write(&plan, &[one("D1", "2026-01-01"), one("D2", "2026-01-01")]).is_ok());
}

#[test]
fn without_such_a_loop_there_is_one_message() {
    let plan = compile(DAY);
    let messages = read(&plan, notice("HL*1**O~PRF*P1~CTT*1~").as_bytes());
    assert_eq!(messages.len(), 1);
    assert!(messages[0][0].as_str().unwrap().contains("REF[01=SI].02 is missing"), "{messages:#?}");
}

#[test]
fn a_document_of_too_many_messages_is_refused_whole() {
    let plan = compile(DAY);
    let body = |many: usize| {
        let mut body = String::new();
        (1..=many).for_each(|n| write!(body, "HL*{n}**S~REF*SI*{n}~HL*X{n}*{n}*I~LIN**UP*1~SN1**1*EA~").unwrap());
        notice(&format!("{body}CTT*{}~", 2 * many))
    };
    let messages = read(&plan, body(1_000).as_bytes());
    assert_eq!((messages.len(), &messages[999]["number"]), (1_000, &json!("1000")));
    let refused = read(&plan, body(1_001).as_bytes());
    assert_eq!(refused, [json!(["the document makes 1001 messages, one for each HL"])]);
}

#[test]
fn xml_and_json() {
    let orders = "to: order/1
claims: { direction: both }
fields:
  number: AT/number
  purpose: \"'original'\"
  placed: { date: day }
  currency: $tenant.currency
  lines: { each: AT/line, number: $position, item: sku | ref(sku), quantity: { value: quantity, unit: \"'EA'\" } }
";
    let json = compile(&format!("mapping: t\nfrom: json orders\nmessages: orders\n{}", orders.replace("AT", "orders")));
    let xml = compile(&format!(
        "mapping: t\nfrom: xml orders\nroot: Orders\nmessages: Order\n{}",
        orders.replace("AT", "Order")
    ));
    let text = r#"{"day":"2026-03-02","orders":[{"number":"1","line":[{"sku":"a","quantity":"2"}]},{"number":"2","line":[{"sku":"a","quantity":"3"}]}]}"#;
    let messages = read(&json, text.as_bytes());
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1]["lines"][0]["quantity"]["value"], "3");
    assert_eq!(messages[0]["placed"], messages[1]["placed"]);
    let written: Value = serde_json::from_slice(&write(&json, &messages).unwrap()).unwrap();
    assert_eq!(written, serde_json::from_str::<Value>(text).unwrap());
    let paths = ["/placed/date day", "/number orders/1/number", "/lines/0/quantity/value orders/1/line/0/quantity"];
    assert_eq!(paths_of_the_second(&json, text), paths);

    let text = "<Orders><day>2026-03-02</day><Order><number>1</number><line><sku>a</sku><quantity>2</quantity></line></Order>\
                <Order><number>2</number><line><sku>a</sku><quantity>3</quantity></line></Order></Orders>";
    assert_eq!(read(&xml, text.as_bytes()), messages);
    let paths = ["/placed/date day", "/number Order[2]/number", "/lines/0/quantity/value Order[2]/line[1]/quantity"];
    assert_eq!(paths_of_the_second(&xml, text), paths);
    assert_eq!(read(&xml, &write(&xml, &messages).unwrap()), messages);
}

/// Where some values of a document's second message stand, by the mapping's words.
fn paths_of_the_second(plan: &Plan, text: &str) -> Vec<String> {
    let sets = samples::sets(plan, text.as_bytes()).unwrap();
    let told = plan.explain(&sets[1].tree, &context());
    let fields = ["/placed/date", "/amount", "/number", "/lines/0/quantity/value", "/lines/0/document/number"];
    let made = |field: &&str| told.fields.iter().find(|made| made.field == **field);
    fields.iter().filter_map(made).map(|made| format!("{} {}", made.field, made.at)).collect()
}

#[test]
fn where_each_value_stands_is_told_of_the_whole_document() {
    let plan = compile(DAY);
    let text =
        notice("HL*1**S~REF*SI*D1~HL*2**S~REF*SI*D2~HL*3*2*O~PRF*P9~HL*4*3*I~LIN*1*UP*77~SN1**5*EA~MEA**WT*9~CTT*4~");
    let sets = samples::sets(&plan, text.as_bytes()).unwrap();
    let told = plan.explain(&sets[1].tree, &context());
    let at = |field: &str| told.fields.iter().find(|made| made.field == field).unwrap().bytes.clone().unwrap();
    let text_at = |field: &str| &text[at(field).start as usize..at(field).end as usize];
    assert_eq!((text_at("/number"), text_at("/lines/0/item/0/id")), ("D2", "77"));
    let unread: Vec<&str> = told.coverage.unread.iter().map(|one| one.value.as_str()).collect();
    assert!(unread.contains(&"WT") && !unread.contains(&"D1"), "the other message's are not this one's: {unread:?}");
}

#[test]
fn what_is_no_such_loop_is_told() {
    let told = |messages: &str| {
        let text = DAY.replace("messages: HL[03=S]", messages);
        let wrong = Library::compile(&[("m/mapping.yaml".into(), text)]).unwrap_err();
        wrong
            .iter()
            .map(|lint| format!("{}:{}: {}", lint.line, lint.column, lint.sentence))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(told("messages: HX[03=S]"), "5:11: HX is not in the guide of 856 004010");
    assert_eq!(
        told("messages: HL[03=S]/LIN"),
        "5:11: `messages:` takes a loop that stands right below the document, as HL[03=S] does"
    );
    assert_eq!(
        told("messages: HL[03=S] | trim"),
        "5:11: `messages:` takes one path: to the loop that a message has one of, as in HL[03=S]"
    );
    assert_eq!(told("messages: BSN02"), "5:11: `BSN02` is no loop or segment of its own");
    let csv = "mapping: t\nfrom: csv orders\nto: order/1\nsets: { by: n }\nmessages: row\nfields: { number: n }\n";
    let wrong = Library::compile(&[("m/mapping.yaml".into(), csv.into())]).unwrap_err();
    assert!(
        wrong.iter().any(|lint| lint.line == 5 && lint.sentence.contains("`messages:` is for the others")),
        "{wrong:#?}"
    );
}

const PAYMENTS: &str = "mapping: payments
from: x12 004010 820
to: remittance/1
claims: { direction: both }
messages: ENT
fields:
  number: ENT04
  purpose: \"'original'\"
  issued: { date: BPR16 | date(yyyymmdd) }
  direction: \"'credit'\"
  currency: $tenant.currency
  amount: BPR02
  notes: NTE*.02
  lines: { each: ENT/RMR, document: { number: RMR02 }, paid: RMR04, ext: { entity: ^ENT01 } }
write:
  BPR01: I
  BPR03: C
  BPR04: CHK
  ENT02: 2J
  ENT03: FI
  NTE/NTE01: GEN
  ENT/RMR/RMR01: IV
";

#[test]
fn what_stands_in_the_loop_goes_into_it_and_lists_outside_are_written_once() {
    let plan = compile(PAYMENTS);
    let text = "ISA*00*          *00*          *ZZ*A              *ZZ*B              *260101*0900*U*00401*000000001*0*T*>~\
                GS*RA*A*B*20260101*0900*1*X*004010~ST*820*0001~BPR*I*700*C*CHK************20260105~NTE*GEN*Call first~\
                ENT*1*2J*FI*ONE~RMR*IV*INV-1**100~ENT*2*2J*FI*TWO~RMR*IV*INV-2**250~RMR*IV*INV-3**350~SE*9*0001~GE*1*1~IEA*1*000000001~";
    let messages = read(&plan, text.as_bytes());
    let paths = ["/amount BPR02", "/number ENT[2]/ENT04", "/lines/0/document/number ENT[2]/RMR[1]/RMR02"];
    assert_eq!(paths_of_the_second(&plan, text), paths);
    let lines = |message: &Value| message["lines"].as_array().map_or(0, Vec::len);
    assert_eq!(
        (&messages[0]["number"], lines(&messages[0]), lines(&messages[1])),
        (&json!("ONE"), 1, 2),
        "{messages:#?}"
    );
    let bytes = write(&plan, &messages).unwrap();
    let written = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!((written.matches("NTE*").count(), written.matches("ENT*").count()), (1, 2), "{written}");
    assert_eq!(read(&plan, &bytes), messages);
    let mut other = messages.clone();
    other[1]["notes"] = json!(["Call last"]);
    let faults = write(&plan, &other).unwrap_err();
    assert!(faults[0].starts_with("/1/notes: /1/notes is [\"Call last\"], and in the first message "), "{faults:?}");
    other[1].as_object_mut().unwrap().remove("notes");
    assert!(write(&plan, &other).is_err(), "reading would give it the first one's");
}

#[test]
fn two_loops_of_which_a_message_has_one_are_refused() {
    let once = compile(&DAY.replace("messages:", "once:"));
    let body = "HL*1**S~REF*SI*D1~HL*2*1*I~LIN**UP*1~SN1**1*EA~HL*3**S~REF*SI*D2~HL*4*3*I~LIN**UP*2~SN1**2*EA~CTT*4~";
    let refused = read(&once, notice(body).as_bytes());
    let sentence = refused[0][0].as_str().unwrap();
    assert!(sentence.contains("the document has 2 HL S, and a message is made of one"), "{refused:#?}");
    assert_eq!(read(&compile(DAY), notice(body).as_bytes()).len(), 2, "`messages:` makes one of each");
}

#[test]
fn what_stands_outside_is_covered_once_a_document() {
    let plan = compile(DAY);
    let body = |outside: &str| format!("{outside}HL*1**S~MEA**WT*9~REF*SI*D1~HL*2**S~MEA**WT*8~REF*SI*D2~CTT*2~");
    let covered = |outside: &str| {
        let mut said = Said::default();
        let mut covered = Covered::new(plan.clone());
        for set in samples::sets(&plan, notice(&body(outside)).as_bytes()).unwrap() {
            covered.message(&plan.covering(&set.tree, &context(), &mut said));
        }
        covered.set("day.edi", said);
        covered.told()
    };
    let (without, with) = (covered(""), covered("DTM*011*20260101~"));
    assert_eq!((with.sets, with.values - without.values, with.read), (1, 2, without.read), "{with:#?}");
    let told: Vec<_> = with.unread.iter().map(|one| (one.path.as_str(), one.sets, one.times)).collect();
    for one in [("DTM02", 1, 1), ("HL/MEA03", 1, 2)] {
        assert!(told.contains(&one), "{one:?} in {told:?}");
    }
    let empty = |field: &str| with.never_filled.iter().any(|empty| empty.field == field);
    assert!(!empty("/number") && empty("/ext/dock"), "{with:#?}");
}

#[test]
fn what_write_adds_outside_of_the_loops_is_the_firsts() {
    let plan = compile(&format!(
        "{DAY}  DTM01: '011'\n  DTM/DTM02: {{ from: issued.date | date(yyyymmdd) }}\n  DTM/DTM03: {{ from: number }}\n"
    ));
    let one = |number: &str| json!({ "number": number, "purpose": "original", "issued": { "date": "2026-01-01" }, "lines": [] });
    let text = String::from_utf8(write(&plan, &[one("0901"), one("0902")]).unwrap()).unwrap();
    assert!(text.contains("DTM*011*20260101*0901~"), "{text}");
}
