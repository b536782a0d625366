//! Faults in connections' settings: each with its place, and what was probably meant.

use crossdock::{
    connectors::{TRANSPORTS, lint::lint},
    tenancy::Directory,
};

fn faults(connections: &str) -> Vec<String> {
    let tenant = ("tenants/acme.yaml".to_owned(), "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n".to_owned());
    let partner = ("resellers/northwind.yaml".to_owned(), format!("tenant: acme\npartner: northwind\n{connections}"));
    let files = [tenant, partner];
    let directory = Directory::compile(&files, &|_| None).unwrap_or_else(|faults| panic!("{faults:?}"));
    lint(&directory, &files).iter().map(ToString::to_string).collect()
}

#[test]
fn settings_that_are_right() {
    let all = "connections:
  - { name: drop, transport: folder, path: drop/northwind, settle_ms: 10 }
  - { name: post, transport: http, key: 0123456789abcdef }
  - { name: hook, transport: webhook, secret: whsec_0123456789abcdef }
answers: [{ event: order.confirmed, as: x12 004010 855, by: drop }]
";
    assert_eq!(faults(all), [""; 0]);
}

#[test]
fn a_tenants_currency_is_one() {
    let compile = |currency: &str| {
        let text = format!("tenant: acme\ncurrency: {currency}\nidentities: [x12/ZZ/ACMEDIST]\n");
        Directory::compile(&[("tenants/acme.yaml".to_owned(), text)], &|_| None).map(drop)
    };
    assert!(compile("CHF").is_ok());
    let told: Vec<String> = compile("EURO").unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["tenants/acme.yaml:2:11: `EURO` is not a currency of ISO 4217, such as EUR"]);
}

#[test]
fn each_fault_has_its_place_and_a_remedy() {
    for (connections, fault) in [
        (
            "connections:\n  - { name: drop, transport: folder, path: a, setle_ms: 10 }\n",
            "resellers/northwind.yaml:4:47: `setle_ms` is no setting of a folder connection; did you mean `settle_ms`? There are path, poll_ms, settle_ms, name, transport, expects, key, secret",
        ),
        (
            "connections:\n  - name: drop\n    transport: foldr\n    path: a\n",
            "resellers/northwind.yaml:5:16: `foldr` is no transport; did you mean `folder`? There are folder, http, webhook",
        ),
        (
            "connections:\n  - { name: drop, transport: folder }\n",
            "resellers/northwind.yaml:4:13: connection `drop`: missing field `path`",
        ),
        (
            "connections:\n  - { name: drop, transport: folder, path: a, key: 0123456789abcdef }\n",
            "resellers/northwind.yaml:4:13: connection `drop`: a folder has no key and no secret; who may write into it is the file system's matter",
        ),
        (
            "connections:\n  - { name: post, transport: http, key: short }\n",
            "resellers/northwind.yaml:4:13: connection `post`: the key has 5 characters; at least 16, so that nobody guesses it",
        ),
        (
            "connections:\n  - { name: hook, transport: webhook }\n",
            "resellers/northwind.yaml:4:13: connection `hook`: a webhook needs a `secret`: `whsec_` and base64, or any text",
        ),
        (
            "connections:\n  - { name: a-drop, transport: folder, path: a }\n  - { name: b-drop, transport: folder, path: a }\n",
            "resellers/northwind.yaml:5:40: the folder `a` belongs to `a-drop` already; each connection has its own",
        ),
        (
            "connections:\n  - { name: post, transport: http, key: 0123456789abcdef }\nanswers: [{ event: order.confirmed, as: x12 004010 855, by: post }]\n",
            "resellers/northwind.yaml:5:57: the answer 855 of `northwind` leaves by `post`, and sending by http is not built yet; let it leave by a folder",
        ),
        (
            "connections:\n  - { name: drop, transport: folder, path: a }\nagreement:\n  acknowledge_by: drob\n",
            "resellers/northwind.yaml:6:3: `drob` is no connection of `northwind`; did you mean `drop`? There are drop",
        ),
        (
            "connections:\n  - { name: post, transport: http, key: 0123456789abcdef }\nagreement: { sets: { TA1: { acknowledge_by: post } } }\n",
            "resellers/northwind.yaml:5:29: acknowledgements for `northwind` leave by `post`, and sending by http is not built yet; let them leave by a folder",
        ),
    ] {
        assert_eq!(faults(connections), [fault], "{connections}");
    }
}

#[test]
fn every_transport_describes_its_settings() {
    for entry in TRANSPORTS {
        let schema = (entry.schema)();
        assert_eq!(schema["additionalProperties"], false, "{} takes unknown fields", entry.name);
        assert!(schema["description"].is_string(), "{} says nothing of itself", entry.name);
        for (field, about) in schema["properties"].as_object().into_iter().flatten() {
            assert!(about["description"].is_string(), "{}.{field} has no doc text", entry.name);
        }
    }
}

#[test]
fn a_connection_expects_what_a_mapping_reads() {
    let partner = "tenant: acme
partner: northwind
connections:
  - { name: post, transport: http, key: 0123456789abcdef, expects: csv ordres }
  - { name: hook, transport: webhook, secret: whsec_0123456789abcdef, expects: json order }
";
    let files = [
        ("tenants/acme.yaml".to_owned(), "tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n".to_owned()),
        ("resellers/northwind.yaml".to_owned(), partner.to_owned()),
    ];
    let directory = Directory::compile(&files, &|_| None).unwrap();
    let library = crossdock::mapping::Library::compile(&crossdock::mapping::standard::with(vec![])).unwrap();
    let found = crossdock::connectors::lint::expectations(&directory, &files, &|partner| library.expectable(partner));
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "resellers/northwind.yaml:4:68: `csv ordres` is no document that a mapping reads; did you mean `csv orders`? There are csv orders, csv price-list, csv stock-list, cxml orderrequest, json easypost-tracker, json order, json return, json shippo-track, json shopify-order, json shopify-return, ubl creditnote, ubl despatchadvice, ubl freightinvoice, ubl instructionforreturns, ubl inventoryreport, ubl invoice, ubl order, ubl ordercancellation, ubl orderchange, ubl orderresponse, ubl receiptadvice, ubl remittanceadvice, ubl stockavailabilityreport; or add a mapping that claims it"
        ]
    );
}
