//! Every route with no key, with another tenant's key, and with a key that lacks the scope.

use crate::setup::{On, Setup, acme, globex, order};
use crossdock::{
    api::{OPEN, openapi},
    canonical::Tenant,
    store::documents::{self, Search},
    tenancy::keys::{self, Scope},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Things of acme, one of each kind.
struct Things {
    ids: BTreeMap<&'static str, String>,
    admin: String,
}

impl Things {
    /// Lets the hub make them: an order comes in, is translated and applied, and its webhook dies.
    async fn make(setup: &Setup) -> Things {
        setup.start_stages();
        let admin = setup.key(acme(), &[Scope::Admin]).await;
        let response = setup.post("/in/northwind-http", "northwind-key-0123456789", order("PO-1")).await;
        assert_eq!(response.status(), 202);
        let accepted: Value = response.json().await.expect("JSON");
        let letter = crate::hub::wait::wait_for(Duration::from_secs(30), "a dead letter", || async {
            let dead = setup.json("/v1/dead", &admin).await;
            let story = setup.get("/v1/story/PO-1", &admin).await.text().await.unwrap_or_default();
            dead["letters"][0]["id"].as_str().map(str::to_owned).ok_or(story)
        })
        .await;
        let story = setup.json("/v1/story/PO-1", &admin).await;
        assert_eq!(
            setup
                .post("/v1/mappings", &admin, body("/v1/mappings").replace("northwind/order", "acme/order"))
                .await
                .status(),
            201
        );
        let ids = BTreeMap::from([
            ("/v1/documents", accepted["document"].as_str().expect("an id").to_owned()),
            ("/v1/messages", story["messages"][0]["id"].as_str().expect("an id").to_owned()),
            ("/v1/deliveries", story["deliveries"][0]["id"].as_str().expect("an id").to_owned()),
            ("/v1/dead", letter),
            ("/v1/mappings", "acme%2Forder".to_owned()),
            // Nothing is expected of northwind: of an expectation that there is, the store's own tests tell.
            ("/v1/expectations", uuid::Uuid::nil().to_string()),
            ("/v1/partners", "northwind".to_owned()),
            ("/v1/story", "PO-1".to_owned()),
            ("/in", "northwind-http".to_owned()),
        ]);
        Things { ids, admin }
    }

    /// A path of the description with acme's things in it.
    fn path(&self, template: &str) -> String {
        let Some((before, rest)) = template.split_once("/{") else { return template.to_owned() };
        let id = self.ids.get(before).unwrap_or_else(|| panic!("no thing for {template}: add one to this test"));
        let after = rest.split_once('}').map_or("", |(_, after)| after);
        format!("{before}/{id}{after}").replace("{version}", "1")
    }
}

/// Method, template of the path, and whether things are named in it.
fn documented() -> Vec<(Method, String)> {
    let described: Value = serde_json::from_str(&openapi::describe()).expect("JSON");
    let mut routes = Vec::new();
    for (path, item) in described["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            routes.push((method.to_uppercase().parse().expect("a method"), path.clone()));
        }
    }
    assert!(routes.len() > 15, "the description has lost routes: {routes:?}");
    routes
}

fn body(template: &str) -> String {
    match template {
        "/v1/references/remove" => json!({"scheme": "uom", "value": "owned"}).to_string(),
        "/v1/references" => json!({"scheme": "uom", "value": "zz", "target": "EA"}).to_string(),
        "/in/{connection}" => order("PO-2"),
        "/v1/mappings" => {
            let text = "mapping: northwind/order\nextends: json/order\nclaims: { partner: northwind }\n";
            json!({"files": {"mapping.yaml": text}, "why": "by the test"}).to_string()
        }
        "/v1/documents/{id}/give" => json!({"partner": "northwind"}).to_string(),
        "/v1/mappings/{name}/replay" => json!({"after": {"version": 1}}).to_string(),
        _ => "{}".into(),
    }
}

async fn ask(setup: &Setup, method: &Method, path: &str, template: &str, key: Option<&str>) -> reqwest::Response {
    let mut request = setup.client.request(method.clone(), setup.at(path));
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    if method == Method::POST {
        request = request.body(body(template));
    }
    request.send().await.expect("an answer")
}

/// Lists have no thing in their path: a stranger's are empty.
fn is_empty(answer: &Value) -> bool {
    match answer {
        Value::Array(rows) => rows.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Number(n) => n.as_i64() == Some(0),
        Value::Bool(ok) => *ok,
        Value::Null => true,
        Value::String(_) => false,
    }
}

async fn every_route_keeps_tenants_apart(on: On) {
    let setup = Setup::new(on).await;
    let things = Things::make(&setup).await;
    let stranger = setup.key(globex(), &Scope::ALL).await;
    let owned = json!({"scheme": "uom", "value": "owned", "target": "EA"});
    assert_eq!(setup.post("/v1/references", &things.admin, owned.to_string()).await.status(), StatusCode::OK);
    for (method, template) in documented() {
        let path = things.path(&template);
        let answer = ask(&setup, &method, &path, &template, None).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path} without a key");
        assert_problem(answer, "key_missing").await;
        let answer = ask(&setup, &method, &path, &template, Some("cdk_unknown")).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path} with an unknown key");
        assert_problem(answer, "key_unknown").await;

        let answer = ask(&setup, &method, &path, &template, Some(&stranger)).await;
        if method == Method::POST && template == "/v1/mappings" {
            // A name is the tenant's own: a stranger's draft is a first version among the stranger's things.
            assert_eq!(answer.status(), StatusCode::CREATED, "{method} {path} with another tenant's key");
            assert_eq!(answer.json::<Value>().await.expect("JSON")["version"], 1);
        } else if template.contains('{') || template == "/v1/references/remove" {
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path} with another tenant's key");
            assert_problem(answer, "not_found").await;
        } else {
            assert_eq!(answer.status(), StatusCode::OK, "{method} {path} with another tenant's key");
            if template.ends_with(".csv") || template.ends_with(".jsonl") {
                let lines = answer.text().await.expect("text");
                assert_eq!(lines.lines().filter(|line| !line.starts_with("received_at,")).count(), 0, "{lines}");
                continue;
            }
            let answer: Value = answer.json().await.expect("JSON");
            if template == "/v1/partners" {
                // Who asks is shown the own connections, and none of acme's.
                assert!(answer["partners"] == json!({}) && !answer.to_string().contains("northwind"), "{answer}");
                continue;
            }
            if template == "/v1/files" {
                let told = answer.to_string();
                assert!(
                    told.contains("tenant: globex") && !told.contains("northwind") && !told.contains("acme"),
                    "{answer}"
                );
                assert!(!told.contains("globex-key-0123456789") && told.contains("${GLOBEX_HTTP_KEY}"), "{answer}");
                continue;
            }
            assert!(is_empty(&answer), "{method} {path} with another tenant's key gave {answer}");
        }
    }
    // Nothing of the stranger's requests was done, and the owner sees the things that the stranger asked for.
    for (method, template) in documented().into_iter().filter(|(method, _)| method == Method::GET) {
        let path = things.path(&template);
        let answer = ask(&setup, &method, &path, &template, Some(&things.admin)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path} with its owner's key");
    }
    assert_eq!(setup.json("/v1/references", &things.admin).await["references"], json!([owned]));
    let story = setup.json("/v1/story/PO-1", &things.admin).await;
    let dead = setup.json(&format!("/v1/deliveries/{}", things.ids["/v1/deliveries"]), &things.admin).await;
    assert_eq!(dead["delivery"]["state"], "dead", "{story}");
    assert_eq!(documents_of(&setup, globex()).await, 0);
}

#[tokio::test]
async fn every_route_keeps_tenants_apart_sqlite() {
    every_route_keeps_tenants_apart(On::Sqlite).await;
}

#[tokio::test]
async fn every_route_keeps_tenants_apart_postgres() {
    every_route_keeps_tenants_apart(On::Postgres).await;
}

async fn documents_of(setup: &Setup, tenant: Tenant) -> usize {
    let mut tx = setup.hub.store.read(tenant).await.expect("a transaction");
    let rows = documents::search(&mut tx, tenant, &Search::default(), 10).await.expect("rows");
    tx.rollback().await.expect("given back");
    rows.len()
}

async fn assert_problem(answer: reqwest::Response, code: &str) {
    let headers = answer.headers().clone();
    let status = answer.status().as_u16();
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(
        (problem["code"].as_str(), problem["status"].as_u64()),
        (Some(code), Some(u64::from(status))),
        "{problem}"
    );
    assert_eq!(problem["type"], format!("/v1/errors/{code}"));
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    if status == 401 {
        assert_eq!(headers["www-authenticate"], "Bearer");
    }
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say() {
    let setup = Setup::new(On::Sqlite).await;
    let nil = uuid::Uuid::nil();
    for (method, path, scope) in [
        (Method::GET, "/v1/documents".to_owned(), Scope::Read),
        (Method::GET, "/v1/audit".to_owned(), Scope::Read),
        (Method::GET, "/v1/files".to_owned(), Scope::Admin),
        (Method::GET, "/v1/events".to_owned(), Scope::Read),
        (Method::POST, format!("/v1/messages/{nil}/restart"), Scope::Operate),
        (Method::POST, format!("/v1/messages/{nil}/cancel"), Scope::Operate),
        (Method::POST, format!("/v1/deliveries/{nil}/replay"), Scope::Operate),
        (Method::POST, format!("/v1/dead/{nil}/replay"), Scope::Operate),
        (Method::POST, "/v1/references".to_owned(), Scope::Operate),
        (Method::POST, "/in/northwind-http".to_owned(), Scope::In),
    ] {
        for given in Scope::ALL {
            let key = setup.key(acme(), &[given]).await;
            let answer = ask(&setup, &method, &path, &path, Some(&key)).await;
            let may = given == scope || given == Scope::Admin;
            assert_eq!(answer.status() == StatusCode::FORBIDDEN, !may, "{method} {path} with `{}`", given.name());
            if !may {
                assert_problem(answer, "scope_missing").await;
            }
        }
    }
}

#[tokio::test]
async fn a_replaced_key_stops_working() {
    let setup = Setup::new(On::Sqlite).await;
    let old = keys::generate();
    keys::put(&setup.hub.store, acme(), "shop", &old, &[Scope::Read]).await.expect("a key");
    assert_eq!(setup.get("/v1/documents", &old).await.status(), 200);
    keys::put(&setup.hub.store, acme(), "shop", &keys::generate(), &[Scope::Read]).await.expect("a key");
    assert_problem(setup.get("/v1/documents", &old).await, "key_unknown").await;
}

/// What needs no key is a list, and nothing on it tells of a tenant's things.
#[tokio::test]
async fn what_is_open_tells_nothing_of_tenants() {
    let setup = Setup::new(On::Sqlite).await;
    Things::make(&setup).await;
    for path in OPEN {
        let path = path.replace("{code}", "not_found");
        let answer = setup.client.get(setup.at(&path)).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{path}");
        let text = answer.text().await.expect("text");
        for secret in ["PO-1", "northwind-key", "BOLT-M8", "SHOP-9"] {
            assert!(!text.contains(secret), "{path} tells {secret}");
        }
    }
    // Anything else under /v1 needs a key, or is nothing.
    for path in ["/v1", "/v1/", "/v1/nothing", "/v1/documents/", "/v1/documents/x/y/z"] {
        let status = setup.client.get(setup.at(path)).send().await.expect("an answer").status();
        assert!(matches!(status.as_u16(), 401 | 404), "{path}: {status}");
    }
    let other = setup.client.delete(setup.at("/v1/documents")).send().await.expect("an answer");
    assert_eq!(other.status(), 405);
    assert_problem(other, "method_not_allowed").await;
}
