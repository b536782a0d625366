//! Faults of a document that can't be written: where in the message, and by which line of the mapping.

use super::documents::{context, library, reread, root};
use crossdock::{formats::fault::Fault, mapping::Plan};
use serde_json::{Value, json};
use std::fs;

/// The message of one of a mapping's samples.
fn sample(plan: &Plan, folder: &str, name: &str) -> Value {
    let bytes = fs::read(root().join(folder).join("samples").join(name)).unwrap();
    reread(plan, &bytes)
}

fn refused(plan: &Plan, body: &Value) -> Vec<Fault> {
    plan.write(body, &context()).map(|_| ()).unwrap_err()
}

fn place(fault: &Fault) -> String {
    fault.place.at.to_string()
}

/// The line that holds the last of some texts, each behind the one before it, as faults name it.
fn line(folder: &str, texts: &[&str]) -> String {
    let file = format!("{folder}/mapping.yaml");
    let said = fs::read_to_string(root().join(&file)).unwrap();
    let mut lines = (1..).zip(said.lines());
    let next =
        |text: &&str| lines.find(|(_, line)| line.contains(text)).unwrap_or_else(|| panic!("{file} has no {text}")).0;
    format!("{file}:{} (built in)", texts.iter().map(next).last().unwrap_or(0))
}

#[test]
fn a_schedule_without_a_store_is_named_with_its_line() {
    let library = library();
    for (name, sample_of) in [("850-order", "typical.in.edi"), ("860-order", "change.in.edi")] {
        let folder = format!("standard/x12/4010/{name}");
        let plan = library.named(&format!("x12/4010/{name}")).unwrap();
        let mut body = sample(&plan, &folder, sample_of);
        let last = body["lines"].as_array().unwrap().len() - 1;
        let quantity = json!({ "value": "2", "unit": "EA" });
        let store = json!({ "ship_to": { "refs": [{ "scheme": "buyer", "id": "S1" }] }, "quantity": quantity });
        let of_a_day = json!({ "quantity": quantity, "requested_on": "2026-12-01" });
        let schedules = line(&folder, &["each: SDQ"]);

        body["lines"][last]["schedules"] = json!([of_a_day]);
        let faults = refused(&plan, &body);
        let mandatory =
            faults.iter().find(|fault| &*fault.expected == "SDQ03").unwrap_or_else(|| panic!("{faults:#?}"));
        let pointer = format!("/lines/{last}/schedules/0");
        assert_eq!(
            (&*mandatory.code, place(mandatory), &*mandatory.sentence),
            (
                "mapping/not_written",
                pointer.clone(),
                &*format!(
                    "SDQ03 is mandatory, and nothing writes it: of {pointer} {schedules} would write ship_to.refs there"
                )
            )
        );
        assert!(faults.iter().all(|fault| place(fault) == pointer), "{faults:#?}");

        // Both stand in one segment, and the second is the one that lacks its store.
        body["lines"][last]["schedules"] = json!([store, of_a_day]);
        let faults = refused(&plan, &body);
        let pointer = format!("/lines/{last}/schedules/1");
        assert!(faults.iter().all(|fault| place(fault) == pointer), "{faults:#?}");
        assert!(
            faults[0].sentence.ends_with(&format!("of {pointer} {schedules} would write ship_to.refs there")),
            "{faults:#?}"
        );
    }
}

#[test]
fn a_carton_of_two_orders_is_named_with_the_line_that_puts_it_into_the_second() {
    let folder = "standard/x12/4010/856-despatch";
    let plan = library().named("x12/4010/856-despatch").unwrap();
    let mut body = sample(&plan, folder, "typical.in.edi");
    let line_of = |order: &str| {
        json!({ "number": "1", "order": { "number": order }, "package": "P1",
                "item": [{ "scheme": "sku", "id": "A" }], "shipped": { "value": "1", "unit": "EA" } })
    };
    body["packages"] = json!([{ "id": "P1", "kind": "carton" }]);
    body["lines"] = json!([line_of("PO-1"), line_of("PO-1"), line_of("PO-2")]);
    let faults = refused(&plan, &body);
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!((&*faults[0].code, &*place(&faults[0])), ("mapping/cannot_say", "/lines/2/package"));
    let named = line(folder, &["package: { read:"]);
    assert!(
        faults[0].sentence.contains(&format!("for /packages/0/id and for /lines/2/package (named in {named})")),
        "{faults:#?}"
    );
}

#[test]
fn what_is_lacking_or_too_much_is_named_with_its_member() {
    let folder = "standard/x12/4010/850-order";
    let plan = library().named("x12/4010/850-order").unwrap();
    let body = sample(&plan, folder, "typical.in.edi");
    let told = |member: &str, value: Value| {
        let mut body = body.clone();
        body[member] = value;
        let faults = refused(&plan, &body);
        faults.iter().map(|fault| (place(fault), fault.sentence.to_string())).collect::<Vec<_>>()
    };
    let charges = vec![json!({ "kind": "charge", "amount": "1.00" }); 26];
    let by = line(folder, &["  allowances_charges:", "each:"]);
    assert_eq!(
        told("allowances_charges", charges.into()),
        [(
            "/allowances_charges/25".to_owned(),
            format!(
                "SAC may stand 25 times in the document, and 26 would be written: no room is left for \
                 /allowances_charges/25, which {by} writes there"
            )
        )]
    );

    // A segment that nothing of the message stands in is of what stands below it.
    let by = line(folder, &["  ship_to:", "name: N102"]);
    let faults = told("ship_to", json!({ "address": { "street": "Pier 4", "city": "Norfolk" } }));
    assert_eq!(faults.len(), 1, "{faults:#?}");
    assert_eq!(faults[0].0, "/ship_to");
    let why = "N1 would break its note R0203: what must stand together is not all written";
    assert_eq!(faults[0].1, format!("{why}: of /ship_to {by} would write name there"));

    // The message as a whole lacks it, and the line that would write it is named.
    let faults = told("lines", json!([]));
    let by = line(folder, &["    each: PO1"]);
    let lacks =
        format!("PO1 is mandatory in the document, and nothing writes it: of the message {by} would write lines there");
    assert!(faults.contains(&(String::new(), lacks)), "{faults:#?}");
}
