//! Lists: each filter finds what it should and nothing else, and pages miss and repeat nothing.

use crate::{
    hub::wait::wait_for,
    setup::{On, Setup, acme, order},
};
use crossdock::{canonical::Micros, store::now, tenancy::keys::Scope};
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

const KEY: &str = "northwind-key-0123456789";

/// An interchange of one 850, control number 000000905.
const X12: &str =
    "ISA*00*          *00*          *ZZ*NORTHWIND      *ZZ*ACMEDIST       *260302*1015*U*00401*000000905*0*P*>~
GS*PO*NORTHWIND*ACMEDIST*20260302*1015*905*X*004010~
ST*850*0001~
BEG*00*SA*PO-X**20260302~
PO1*1*24*EA*9.25**VP*BOLT-M8~
CTT*1~
SE*5*0001~
GE*1*905~
IEA*1*000000905~
";

fn names(list: &Value) -> Vec<&str> {
    list["documents"].as_array().expect("rows").iter().filter_map(|d| d["name"].as_str()).collect()
}

async fn filters(on: On) {
    let setup = Setup::new(on).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Read]).await;
    for (name, body) in [
        ("first_100%.json", order("PO-1")),
        ("second.json", order("PO-2")),
        ("empty", String::new()),
        ("order.edi", X12.into()),
    ] {
        let post = setup.client.post(setup.at("/in/northwind-http")).bearer_auth(KEY).header("x-filename", name);
        let answer = post.body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 202);
    }
    let list = wait_for(Duration::from_secs(30), "four documents to end", || async {
        let list = setup.json("/v1/documents", &key).await;
        let open = list["documents"].as_array().is_some_and(|d| d.iter().any(|d| d["state"] == "received"));
        if open { Err(list.to_string()) } else { Ok(list) }
    })
    .await;
    assert_eq!(names(&list), ["order.edi", "empty", "second.json", "first_100%.json"], "newest first");
    let since = Micros(now().0 + 3_600_000_000).rfc3339();
    let hash = list["documents"][2]["sha256"].as_str().expect("a hash")[..12].to_owned();
    for (query, found) in [
        ("state=translated", vec!["order.edi", "second.json", "first_100%.json"]),
        ("state=rejected", vec!["empty"]),
        ("state=refused", vec!["empty"]),
        ("partner=northwind", vec!["order.edi", "empty", "second.json", "first_100%.json"]),
        ("partner=nobody", vec![]),
        ("connection=northwind-http", vec!["order.edi", "empty", "second.json", "first_100%.json"]),
        ("connection=globex-http", vec![]),
        ("type=order", vec!["order.edi", "second.json", "first_100%.json"]),
        ("type=850", vec!["order.edi"]),
        ("number=PO-2", vec!["second.json"]),
        ("number=PO-3", vec![]),
        ("key=po:PO-X", vec!["order.edi"]),
        ("key=PO-X", vec!["order.edi"]),
        ("key=PO-X&number=PO-1", vec![]),
        ("key=store:PO-X", vec![]),
        ("control=000000905", vec!["order.edi"]),
        ("control=000000906", vec![]),
        ("q=SECOND", vec!["second.json"]),
        ("q=100%25", vec!["first_100%.json"]),
        ("q=_1", vec!["first_100%.json"]),
        ("q=%25", vec!["first_100%.json"]),
        (&format!("q={hash}"), vec!["second.json"]),
        (&format!("since={since}"), vec![]),
        (&format!("until={since}"), vec!["order.edi", "empty", "second.json", "first_100%.json"]),
        ("state=translated&number=PO-1&q=first", vec!["first_100%.json"]),
    ] {
        let list = setup.json(&format!("/v1/documents?{query}"), &key).await;
        assert_eq!(names(&list), found, "{query}");
    }
    let id = list["documents"][0]["id"].as_str().expect("an id");
    let shown = setup.json(&format!("/v1/documents/{id}"), &key).await;
    assert_eq!(shown["search_keys"], serde_json::json!({ "po": ["PO-X"] }));
    for (query, word) in [
        ("state=x&colour=red", "colour"),
        ("state=translatd", "translated"),
        ("since=yesterday", "since"),
        ("cursor=abc", "cursor"),
        ("limit=many", "invalid digit"),
    ] {
        let answer = setup.get(&format!("/v1/documents?{query}"), &key).await;
        assert_eq!(answer.status(), 400, "{query}");
        let problem: Value = answer.json().await.expect("JSON");
        assert!(problem["detail"].as_str().is_some_and(|d| d.contains(word)), "{query}: {problem}");
    }
}

#[tokio::test]
async fn filters_sqlite() {
    filters(On::Sqlite).await;
}

#[tokio::test]
async fn filters_postgres() {
    filters(On::Postgres).await;
}

async fn pages_miss_and_repeat_nothing(on: On) {
    let setup = Setup::new(on).await;
    let key = setup.key(acme(), &[Scope::Read]).await;
    for n in 0..25 {
        assert_eq!(setup.post("/in/northwind-http", KEY, format!("body {n}")).await.status(), 202);
    }
    let mut seen = Vec::new();
    let mut query = "limit=4".to_owned();
    loop {
        let page = setup.json(&format!("/v1/documents?{query}"), &key).await;
        seen.extend(
            page["documents"].as_array().expect("rows").iter().filter_map(|d| d["id"].as_str().map(str::to_owned)),
        );
        // What comes in meanwhile stands before the pages and moves none.
        assert_eq!(setup.post("/in/northwind-http", KEY, format!("meanwhile {}", seen.len())).await.status(), 202);
        let Some(next) = page["next"].as_str() else { break };
        query = format!("limit=4&cursor={next}");
    }
    assert_eq!(seen.len(), 25);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 25);
}

#[tokio::test]
async fn pages_miss_and_repeat_nothing_sqlite() {
    pages_miss_and_repeat_nothing(On::Sqlite).await;
}

#[tokio::test]
async fn pages_miss_and_repeat_nothing_postgres() {
    pages_miss_and_repeat_nothing(On::Postgres).await;
}

#[tokio::test]
async fn the_feed_is_read_by_position() {
    let setup = Setup::new(On::Sqlite).await;
    setup.start_stages();
    let key = setup.key(acme(), &[Scope::Read]).await;
    for n in 0..5 {
        assert_eq!(setup.post("/in/northwind-http", KEY, order(&format!("PO-{n}"))).await.status(), 202);
    }
    let all = wait_for(Duration::from_secs(30), "the events of five orders", || async {
        let feed = setup.json("/v1/events?limit=200", &key).await;
        let orders: BTreeSet<String> =
            feed["events"].as_array().into_iter().flatten().map(|e| e["key"].to_string()).collect();
        if orders.len() == 5 { Ok(feed) } else { Err(feed.to_string()) }
    })
    .await;
    let positions = |feed: &Value| {
        feed["events"].as_array().expect("rows").iter().filter_map(|e| e["position"].as_i64()).collect::<Vec<_>>()
    };
    let all = positions(&all);
    assert!(all.windows(2).all(|w| w[0] < w[1]), "{all:?}");
    let mut read = Vec::new();
    let mut after = 0;
    loop {
        let page = setup.json(&format!("/v1/events?limit=2&after={after}"), &key).await;
        read.extend(positions(&page));
        let next = page["next"].as_i64().expect("a number");
        if next == after {
            break;
        }
        after = next;
    }
    assert_eq!(read, all);
}
