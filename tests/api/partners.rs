//! What was settled with a partner: each value in force, and where it comes from.

use crate::setup::{NORTHWIND, On, Setup, acme, globex};
use crossdock::tenancy::keys::Scope;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_is_shown_with_its_places() {
    let setup = Setup::new(On::Sqlite).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    let path = "/v1/partners/northwind/agreement";
    let shown = setup.json(path, &reader).await;
    assert_eq!((&shown["partner"], &shown["standard"]), (&json!("northwind"), &json!("x12")));
    let of = |shown: &Value, key: &str| {
        let settings = shown["settings"].as_array().expect("settings").clone();
        settings.into_iter().find(|one| one["setting"] == key).unwrap_or(Value::Null)
    };
    let line = NORTHWIND.lines().position(|line| line.starts_with("agreement:")).expect("it stands there") + 1;
    assert_eq!(
        of(&shown, "contacts"),
        json!({
            "setting": "contacts", "value": ["edi@northwind.example", "+1 555 0100"], "default": [],
            "from": { "layer": "partner", "file": "northwind.yaml", "line": line, "column": 14 },
        })
    );
    assert_eq!(
        of(&shown, "delimiters.element"),
        json!({ "setting": "delimiters.element", "value": "*", "default": "*", "from": null })
    );
    assert_eq!(of(&shown, "contrl"), Value::Null, "a setting of EDIFACT in an agreement of X12");
    for kind in ["?kind=ORDERS", "?standard=edifact"] {
        let shown = setup.json(&format!("{path}{kind}"), &reader).await;
        assert_eq!((&of(&shown, "delimiters.element")["value"], &shown["standard"]), (&json!("+"), &json!("edifact")));
    }
    let stated = setup.json(&format!("{path}?stated=true&connection=northwind-http"), &reader).await;
    let names: Vec<&Value> = stated["settings"].as_array().expect("settings").iter().map(|s| &s["setting"]).collect();
    assert_eq!(names, ["search_keys", "contacts"], "{stated}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_told_with_the_nearest() {
    let setup = Setup::new(On::Sqlite).await;
    let reader = setup.key(acme(), &[Scope::Read]).await;
    for (path, status, says) in [
        ("/v1/partners/nortwind/agreement", 404, "did you mean northwind?"),
        ("/v1/partners/northwind/agreement?connection=northwind-htp", 400, "did you mean northwind-http?"),
        ("/v1/partners/northwind/agreement?connection=globex-http", 400, "no connection globex-http"),
        ("/v1/partners/northwind/agreement?kind=85O", 400, "did you mean `850`?"),
        ("/v1/partners/northwind/agreement?standard=json", 400, "x12 or edifact"),
        ("/v1/partners/northwind/agreement?standrad=x12", 400, "standrad"),
    ] {
        let answer = setup.get(path, &reader).await;
        let told = (answer.status().as_u16(), answer.text().await.expect("a problem"));
        assert!(told.0 == status && told.1.contains(says), "{path}: {told:?}");
    }
    let other = setup.key(globex(), &[Scope::Read]).await;
    let answer = setup.get("/v1/partners/northwind/agreement", &other).await;
    assert_eq!(answer.status(), 404, "another tenant's partner looks like nothing");
}
