//! Opening the books: what the partners saw acknowledged against what the hub holds and what the receiver got.

use super::{
    Size,
    hub::wait::wait_for,
    hubs::{Backing, Hubs, ITEMS},
    send::Acknowledged,
};
use crossdock::{
    canonical::{DocumentId, Tenant},
    core::catalog::Item,
    store::{self, documents, events, messages, stock},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

fn audit(hubs: &Hubs) -> Option<(i32, Value)> {
    let mut command = hubs.command(&hubs.data());
    let out = command.args(["audit", "--json"]).output().ok()?;
    let report = serde_json::from_slice(&out.stdout).ok()?;
    Some((out.status.code().unwrap_or(-1), report))
}

/// Waits until nothing is under way any more.
pub async fn settle(hubs: &Hubs, patience: Duration) {
    wait_for(patience, "everything to end", || async {
        hubs.revive();
        let Some((_, report)) = audit(hubs) else { return Err("the audit does not answer".to_string()) };
        let open =
            |what: &str, states: &[&str]| states.iter().map(|s| report[what][*s].as_i64().unwrap_or(1)).sum::<i64>();
        let done = open("documents", &["received", "retrying"]) == 0
            && open("messages", &["pending", "waiting", "retrying"]) == 0
            && open("deliveries", &["pending", "retrying"]) == 0;
        if done { Ok(()) } else { Err(format!("{report:#}")) }
    })
    .await;
}

/// Balances everything; the hub is stopped for it.
pub async fn balance(hubs: Hubs, ledger: &[Acknowledged], size: Size) {
    assert_eq!(ledger.len(), size.documents, "documents acknowledged");
    let (code, report) = audit(&hubs).expect("the audit answers");
    assert_eq!((code, &report["missing"]), (0, &serde_json::json!([])), "audit: {report:#}");
    hubs.stop();
    let url = match &hubs.backing {
        Backing::Embedded => hubs.data().join("crossdock.db").display().to_string(),
        Backing::Distributed { postgres, .. } => postgres.url(),
    };
    let options = store::Options { url, connections: 4, acquire: Duration::from_secs(10) };
    let store = store::open(&options).await.expect("the store opens");
    let tenant = Tenant::named("acme");
    let mut tx = store.read(tenant).await.expect("a read");
    let mut wrong = Vec::new();
    let mut due: BTreeSet<String> = BTreeSet::new();
    let mut reserved: BTreeMap<usize, i64> = BTreeMap::new();
    let cancelled: BTreeSet<&str> = ledger.iter().filter(|a| a.cancels).map(|a| a.order.as_str()).collect();
    for one in ledger {
        let id: DocumentId = one.document.parse().expect("a document id");
        let Some(document) = documents::get(&mut tx, tenant, id).await.expect("a read") else {
            wrong.push(format!("{} ({}) was acknowledged and is not there", one.document, one.order));
            continue;
        };
        let rows = messages::of_document(&mut tx, tenant, id, -1, 10).await.expect("a read");
        let states: Vec<&str> = rows.iter().map(|r| r.state.as_str()).collect();
        if document.state != "translated" || states != ["applied"] {
            let causes: Vec<_> = rows.iter().map(|r| (&r.cause, &r.faults)).collect();
            wrong.push(format!(
                "{} ({}{}) is {} with {states:?}: {:?} {causes:?}",
                one.document,
                one.order,
                if one.cancels { ", cancel" } else { "" },
                document.state,
                document.cause
            ));
            continue;
        }
        let told = events::of_message(&mut tx, tenant, rows[0].id).await.expect("a read");
        let kinds: Vec<&str> = told.iter().map(|e| e.kind.as_str()).collect();
        let expected: &[&str] = if one.cancels { &["order.cancelled"] } else { &["order.placed", "order.confirmed"] };
        if kinds != expected {
            wrong.push(format!("{} said {kinds:?} instead of {expected:?}", one.order));
        }
        due.extend(told.iter().map(|e| e.id.to_string()));
        if !one.cancels && !cancelled.contains(one.order.as_str()) {
            *reserved.entry(one.item).or_default() += one.quantity * 10_000;
        }
    }
    for n in 0..ITEMS {
        let rows = stock::load(&mut tx, tenant, &[Item::id(tenant, &format!("SKU-{n}"))]).await.expect("a read");
        let (is, should) = (rows.first().map_or(0, |r| r.reserved), reserved.get(&n).copied().unwrap_or(0));
        if is != should {
            wrong.push(format!("SKU-{n}: {is} reserved, {should} ordered and not cancelled"));
        }
    }
    tx.rollback().await.expect("an end");
    let got = hubs.receiver.taken();
    wrong.extend(due.difference(&got).map(|id| format!("the event {id} never reached the receiver")));
    wrong.extend(hubs.receiver.gaps().iter().map(|gap| format!("a gap in the receiver's sequence: {gap:?}")));
    assert!(
        wrong.is_empty(),
        "{} entries do not balance:\n{}",
        wrong.len(),
        wrong.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
}
