//! One order of tables, both ways: a partner's own row, the tenant's, the mapping's, and what is said of all values.

use super::{
    documents::{files, root, sets},
    faults::Rows,
};
use crossdock::mapping::{Context, Library, Plan, Written};
use std::sync::Arc;

/// An order mapping of one table; `own` is what a partner's mapping lays over it.
fn plan(own: &str) -> Arc<Plan> {
    let base = "mapping: base
from: json order
to: order/1
claims: { direction: both }
tables:
  uom: { EA: EA, UN: EA, PC: EA, CA: CS, PK: PK }
  status: { D1: delivered, \"*\": unknown }
fields:
  number: number
  purpose: \"'original'\"
  placed: { date: date }
  currency: \"'USD'\"
  lines:
    each: lines
    number: number
    item: sku | ref(sku)
    quantity: { value: quantity, unit: unit | table(uom) }
    ext: { status: status | table(status) }
";
    let own = format!("mapping: own\nextends: base\nclaims: {{ partner: northwind }}\n{own}");
    let files = [("base/mapping.yaml".to_owned(), base.to_owned()), ("own/mapping.yaml".to_owned(), own)];
    let library = Library::compile(&files).unwrap_or_else(|lints| panic!("{lints:#?}"));
    library.named("own").unwrap()
}

/// own rows | the tenant's | unit and status of the document → of the message → of the document that is written back
fn check(own: &str, tenant: &[(&str, &str, &str)], [unit, status]: [&str; 2], expected: [&str; 2], back: [&str; 2]) {
    let plan = plan(own);
    let rows = Rows(tenant.iter().map(|(t, value, to)| (((*t).into(), (*value).into()), (*to).into())).collect());
    let context = Context { tenant_currency: "USD", tables: &rows };
    let text = format!(
        r#"{{"number":"1","date":"2026-03-02","lines":[{{"number":"1","sku":"BOLT","quantity":24,"unit":"{unit}","status":"{status}"}}]}}"#
    );
    let reading = plan.read(&sets(&plan, text.as_bytes())[0].tree, &context);
    assert!(reading.faults.is_empty() && reading.missing.is_empty(), "{unit} {tenant:?}: {reading:#?}");
    let line = &reading.body["lines"][0];
    let read = [&line["quantity"]["unit"], &line["ext"]["status"]].map(|value| value.as_str().unwrap());
    assert_eq!(read, expected, "{unit} {tenant:?}");
    let written = plan.write(&reading.body, &context);
    let line = match &written {
        // The row of all values says of none which it was.
        Err(faults) => return assert_eq!(&back, &["", &*faults[0].found], "{unit} {tenant:?}: {faults:#?}"),
        Ok(Written::Json(document)) => &document["lines"][0],
        Ok(other) => panic!("{other:#?}"),
    };
    assert_eq!([&line["unit"], &line["status"]].map(|value| value.as_str().unwrap()), back, "{unit} {tenant:?}");
}

#[test]
fn the_most_specific_row_holds_both_ways() {
    let replaced = [("uom", "EA", "CS"), ("uom", "ZQ", "EA"), ("uom", "CA", "PK")];
    let of_all = [("status", "QX", "delivered"), ("status", "D1", "late")];
    check("", &[], ["CA", "D1"], ["CS", "delivered"], ["CA", "D1"]);
    // What the tenant's rows give another meaning goes back as it came.
    check("", &replaced, ["EA", "D1"], ["CS", "delivered"], ["EA", "D1"]);
    check("", &replaced, ["ZQ", "D1"], ["EA", "delivered"], ["ZQ", "D1"]);
    check("", &replaced, ["CA", "D1"], ["PK", "delivered"], ["CA", "D1"]);
    // A value that means the same and that nobody gave away, where the first one was.
    check("", &replaced[..1], ["PC", "D1"], ["EA", "delivered"], ["UN", "D1"]);
    // A row for a value of the tenant's own says how that is read, and changes no other partner's words.
    check("", &[("uom", "PF", "EA")], ["PF", "D1"], ["EA", "delivered"], ["EA", "D1"]);
    // The tenant's row goes before what is said of all values.
    check("", &of_all, ["EA", "QX"], ["EA", "delivered"], ["EA", "QX"]);
    check("", &of_all, ["EA", "D1"], ["EA", "late"], ["EA", "D1"]);
    check("", &of_all, ["EA", "ZZ"], ["EA", "unknown"], ["", "unknown"]);
    // A partner's own row goes before the tenant's.
    let own = "tables: { uom: { ZQ: CS, EA: EA } }\n";
    check(own, &replaced, ["ZQ", "D1"], ["CS", "delivered"], ["ZQ", "D1"]);
    check(own, &replaced, ["EA", "D1"], ["EA", "delivered"], ["EA", "D1"]);
    check(own, &replaced, ["CA", "D1"], ["PK", "delivered"], ["CA", "D1"]);
}

/// A partner's mapping names tables of its own, and those of all that stand in a folder above.
#[test]
fn a_table_beside_a_partners_mapping_is_his() {
    let text = |path: &str| format!("tables: {{ uom: {path} }}\n");
    let base = files(&root())
        .into_iter()
        .filter(|(path, _)| path.starts_with("standard/x12/4010/850-order/") || path.ends_with(".csv"));
    for (path, unit) in [("own.csv", "EA"), ("tables/uom.csv", "CS")] {
        let own = format!("mapping: n/850\nextends: x12/4010/850-order\nclaims: {{ partner: n }}\n{}", text(path));
        let files: Vec<(String, String)> = base
            .clone()
            .chain([
                ("partners/n/850/mapping.yaml".into(), own),
                ("partners/n/850/own.csv".into(), "value,target\nEA,EA\n".into()),
            ])
            .collect();
        let plan = Library::compile(&files).unwrap_or_else(|lints| panic!("{lints:#?}")).named("n/850").unwrap();
        let rows = Rows::with("EA", "CS");
        let context = Context { tenant_currency: "USD", tables: &rows };
        let order = super::faults::order("BEG*00*SA*PO-1**20260302~\nPO1*1*24*EA*9.25**VN*BOLT~\n");
        let reading = plan.read(&sets(&plan, &order)[0].tree, &context);
        assert_eq!(reading.body["lines"][0]["quantity"]["unit"], unit, "{path}");
    }
}
