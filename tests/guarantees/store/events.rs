//! Events and their places in the feed.

use super::rows;
use crate::rig::{Rig, both};
use crossdock::{
    canonical::{DocumentId, EventId, MessageId},
    store::{events, now},
};
use serde_json::json;

both![events_are_read_back, places_have_no_gap];

async fn events_are_read_back(rig: Rig) {
    let acme = rig.acme;
    let message = MessageId::of(DocumentId::new(), 0, 0, 0);
    let data = json!({"lines": [{"n": "1", "x": null}]});
    let mut first = rows::event(acme, message, 0, "order.placed", &data);
    let mut second = rows::event(acme, message, 1, "order.confirmed", &data);
    second.repeats = Some(first.id);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    (first.position, second.position) = (Some(8), Some(9));
    events::insert(&mut tx, &[second.clone(), first.clone()]).await.unwrap();
    let of = events::of_message(&mut tx, acme, message).await.unwrap();
    assert_eq!(of.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(), ["order.placed", "order.confirmed"]);
    assert_eq!((&of[0].data, of[1].repeats), (&data, Some(first.id)));
    assert_eq!(
        events::of_messages(&mut tx, acme, &[message, MessageId::of(DocumentId::new(), 0, 0, 0)]).await.unwrap().len(),
        2
    );
    assert_eq!(events::load(&mut tx, acme, &[first.id, EventId::of(message, 9)]).await.unwrap()[0].id, first.id);
    let feed = events::feed(&mut tx, acme, 8, 10).await.unwrap();
    assert_eq!(feed.iter().map(|e| e.id).collect::<Vec<_>>(), [second.id], "behind the place");
    tx.commit().await.unwrap();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let again = events::insert(&mut tx, &[first]).await.unwrap_err();
    assert_eq!(again.trouble(), crossdock::store::Trouble::Conflict, "{again}");
}

async fn places_have_no_gap(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let data = json!({});
    let message = MessageId::of(DocumentId::new(), 0, 0, 0);
    let mut rows: Vec<_> = (0..5).map(|n| rows::event(acme, message, n, "order.placed", &data)).collect();
    for (n, row) in rows.iter_mut().enumerate() {
        row.at = now().0 - n as i64;
    }
    let mut tx = store.begin(acme).await.unwrap();
    events::insert(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.system().await.unwrap();
    assert_eq!(events::place(&mut tx, 3).await.unwrap(), 3);
    tx.commit().await.unwrap();
    let mut tx = store.system().await.unwrap();
    assert_eq!(events::place(&mut tx, 3).await.unwrap(), 2);
    tx.rollback().await.unwrap();
    let mut tx = store.system().await.unwrap();
    assert_eq!(events::place(&mut tx, 3).await.unwrap(), 2, "a rollback gives the places back");
    assert_eq!(events::place(&mut tx, 3).await.unwrap(), 0);
    assert_eq!(events::take_positions(&mut tx, 2).await.unwrap(), 6);
    tx.commit().await.unwrap();
    let mut tx = store.read(acme).await.unwrap();
    let feed = events::feed(&mut tx, acme, 0, 10).await.unwrap();
    assert_eq!(feed.iter().map(|e| e.position.unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(feed.windows(2).all(|pair| pair[0].at <= pair[1].at), "oldest first");
    tx.rollback().await.unwrap();
}
