//! What the files of connectors make of a tenant, without what was agreed and without a secret: who its partners are, by which
//! ways they come and what goes back to them. To be held against what a hub was started with.

use super::{ConnectionInfo, Directory};
use crate::{canonical::Tenant, formats::piece::Standard};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Settings of a connection that may be secrets, by what their names hold.
pub const SECRETS: [&str; 5] = ["key", "secret", "password", "passphrase", "token"];

/// A tenant as its files have it.
#[derive(Debug, Serialize)]
pub struct Outline {
    /// What is stated of the tenant itself, by its name in the file.
    pub tenant: BTreeMap<String, Value>,
    pub partners: BTreeMap<String, BTreeMap<String, Value>>,
    /// By their names: whose each is, and its settings.
    pub connections: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The outline of a tenant; nothing if no file names it.
pub fn of(directory: &Directory, tenant: Tenant) -> Option<Outline> {
    let info = directory.tenants.get(&tenant)?;
    let ids = |all: &[(Standard, crate::formats::piece::Identity)]| {
        let mut all: Vec<String> =
            all.iter().map(|(standard, one)| format!("{}/{}/{}", standard.word(), one.qualifier, one.id)).collect();
        all.sort_unstable();
        json!(all)
    };
    let mut endpoints = BTreeMap::new();
    for endpoint in &info.endpoints {
        let (events, private) = (&endpoint.events, endpoint.allow_private_addresses);
        let host = endpoint.url.split(['?', '#']).next().unwrap_or_default();
        let (retry, budget, timeout) = (&endpoint.retry_ms, endpoint.budget_ms, endpoint.timeout_ms);
        let stated = json!({
            "url": host, "events": events, "allow_private_addresses": private,
            "retry_ms": retry, "budget_ms": budget, "timeout_ms": timeout,
        });
        endpoints.insert(endpoint.name.clone(), stated);
    }
    let sandbox_of = info.sandbox_of.and_then(|of| directory.tenants.get(&of)).map(|of| of.name.as_str());
    let own = BTreeMap::from([
        ("currency".to_owned(), json!(info.currency)),
        ("identities".to_owned(), ids(&info.identities)),
        ("data".to_owned(), json!(info.data)),
        ("endpoints".to_owned(), json!(endpoints)),
        ("sandbox_of".to_owned(), json!(sandbox_of)),
    ]);
    let mut partners = BTreeMap::new();
    for partner in directory.partners.values().filter(|partner| partner.tenant == tenant) {
        let by = |id| directory.connections.get(&id).map_or("", |connection| connection.name.as_str());
        let mut answers: Vec<String> = partner
            .answers
            .iter()
            .map(|one| {
                format!("{} as {} {} {} by {}", one.event, one.standard.word(), one.version, one.kind, by(one.by))
            })
            .collect();
        answers.sort_unstable();
        let stated = BTreeMap::from([
            ("identities".to_owned(), ids(&partner.identities)),
            ("price_list".to_owned(), json!(partner.price_list)),
            ("for_tests".to_owned(), json!(partner.for_tests)),
            ("answers".to_owned(), json!(answers)),
        ]);
        partners.insert(partner.name.clone(), stated);
    }
    let connections = directory.connections.values().filter(|connection| connection.tenant == tenant);
    let connections = connections.map(|one| (one.name.clone(), connection(directory, one))).collect();
    Some(Outline { tenant: own, partners, connections })
}

fn connection(directory: &Directory, one: &ConnectionInfo) -> BTreeMap<String, Value> {
    let partner = one.partner.map(|id| directory.partner_name(id).to_owned());
    let mut stated = BTreeMap::from([
        ("partner".to_owned(), json!(partner)),
        ("transport".to_owned(), json!(one.transport)),
        ("expects".to_owned(), json!(one.expects)),
    ]);
    stated.extend(one.settings.iter().map(|(name, value)| (name.clone(), without_secrets(name, value))));
    stated
}

/// A setting as it may be shown: what is named like a secret is not, however deep it stands.
fn without_secrets(name: &str, value: &Value) -> Value {
    let name = name.to_ascii_lowercase();
    match value {
        Value::Object(members) => {
            let shown = members.iter().map(|(name, value)| (name.clone(), without_secrets(name, value)));
            Value::Object(shown.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| without_secrets(&name, item)).collect(),
        Value::Null => Value::Null,
        _ if SECRETS.iter().any(|secret| name.contains(secret)) => "(set)".into(),
        Value::String(text) => {
            match text.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1))) {
                Some((scheme, rest)) => format!("{scheme}://(set)@{rest}").into(),
                None => value.clone(),
            }
        }
        other => other.clone(),
    }
}

/// What of one outline another has otherwise: (`partner northwind`, setting, there, here), a thing that only one has with no
/// setting.
pub fn differences(there: &Value, here: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    members("tenant", "", &there["tenant"], &here["tenant"], &mut found);
    let things = [
        ("endpoint", &there["tenant"]["endpoints"], &here["tenant"]["endpoints"]),
        ("partner", &there["partners"], &here["partners"]),
        ("connection", &there["connections"], &here["connections"]),
    ];
    for (kind, there, here) in things {
        let mut names: Vec<&String> =
            [there, here].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            match (there.get(name), here.get(name)) {
                (Some(was), Some(is)) => members(kind, name, was, is, &mut found),
                (was, is) => found.push(Difference::new(kind, name, "", was.is_some().into(), is.is_some().into())),
            }
        }
    }
    found
}

fn members(kind: &'static str, name: &str, there: &Value, here: &Value, found: &mut Vec<Difference>) {
    let mut keys: Vec<&String> = [there, here].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    // Endpoints are things of their own.
    keys.retain(|key| kind != "tenant" || *key != "endpoints");
    for key in keys {
        let (was, is) = (there.get(key).unwrap_or(&Value::Null), here.get(key).unwrap_or(&Value::Null));
        if was != is {
            found.push(Difference::new(kind, name, key, was.clone(), is.clone()));
        }
    }
}

/// Something that is otherwise.
#[derive(Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `tenant`, `endpoint`, `partner` or `connection`.
    pub kind: &'static str,
    /// Its name; none of the tenant.
    pub name: String,
    /// The setting; none where the thing is new or gone.
    pub setting: String,
    /// As the hub has it; true or false where the thing is there or not.
    pub there: Value,
    /// As the files have it.
    pub here: Value,
}

impl Difference {
    fn new(kind: &'static str, name: &str, setting: &str, there: Value, here: Value) -> Difference {
        Difference { kind, name: name.into(), setting: setting.into(), there, here }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(partner: &str) -> Value {
        of_files("tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\n", partner)
    }

    fn of_files(tenant: &str, partner: &str) -> Value {
        let files = [("tenants/acme.yaml".to_owned(), tenant.to_owned()), ("p.yaml".to_owned(), partner.to_owned())];
        let directory = Directory::compile(&files, &|_| Some("hunter2-hunter2-hunter2".into())).unwrap();
        json!(of(&directory, Tenant::named("acme")).unwrap())
    }

    #[test]
    fn what_is_otherwise_is_told_and_no_secret() {
        let file = "tenant: acme\npartner: northwind\nidentities: [x12/ZZ/NORTHWIND]\nconnections:\n  - { name: north-drop, transport: folder, path: drop/north }\n  - { name: north-http, transport: http, key: '${KEY}' }\n";
        let was = outline(file);
        assert!(!was.to_string().contains("hunter2"), "{was}");
        assert_eq!(differences(&was, &was), []);
        let is = outline(
            &file
                .replace("drop/north", "drop/n")
                .replace("north-http", "north-in")
                .replace("x12/ZZ/NORTHWIND", "x12/01/123456789"),
        );
        let told: Vec<String> = differences(&was, &is)
            .into_iter()
            .map(|one| format!("{} {} {}: {} → {}", one.kind, one.name, one.setting, one.there, one.here))
            .collect();
        assert_eq!(
            told,
            [
                r#"partner northwind identities: ["x12/ZZ/NORTHWIND"] → ["x12/01/123456789"]"#,
                r#"connection north-drop path: "drop/north" → "drop/n""#,
                "connection north-http : true → false",
                "connection north-in : false → true",
            ]
        );
    }

    #[test]
    fn what_is_otherwise_of_an_endpoint_or_a_partner_for_tests_is_told_by_its_setting() {
        let tenant =
            "tenant: acme\nendpoints:\n  - { name: shop, url: 'https://shop.example/', secret: whsec_c2VjcmV0 }\n";
        let partner = "tenant: acme\npartner: northwind\n";
        let was = of_files(tenant, partner);
        let is = of_files(
            &tenant.replace("c2VjcmV0 }", "c2VjcmV0, timeout_ms: 900 }"),
            &format!("{partner}for_tests: true\n"),
        );
        let told: Vec<String> = differences(&was, &is)
            .into_iter()
            .map(|one| format!("{} {} {}: {} → {}", one.kind, one.name, one.setting, one.there, one.here))
            .collect();
        assert_eq!(told, ["endpoint shop timeout_ms: null → 900", "partner northwind for_tests: false → true"]);
    }
}
