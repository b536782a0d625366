//! What is true: entities with their versions, references, stock.

use crate::rig::{Rig, both};
use crossdock::{
    canonical::{PartnerId, parts::Ref},
    store::{
        StoreError, Trouble,
        entities::{self, CrossReference, EVERYONE, RefRow, Save},
        messages, now,
        stock::{self, StockRow},
    },
};
use serde_json::value::RawValue;
use uuid::Uuid;

both![
    entities_have_versions,
    master_data_is_put_in_its_place,
    references_lead_somewhere,
    cross_references_both_ways,
    stock_is_never_oversold,
    of_two_reservations_at_once_one_waits,
];

fn entity(kind: &str, id: Uuid, version: i64, body: &str) -> Save {
    Save { kind: kind.into(), id, version, body: RawValue::from_string(body.into()).unwrap() }
}

async fn entities_have_versions(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut tx = store.begin(acme).await.unwrap();
    let body = r#"{"price":"0.10","n":12345678901234567890123,"deep":[{"ü":null}]}"#;
    entities::save(&mut tx, acme, &[entity("order", a, 1, body), entity("order", b, 1, "{}")]).await.unwrap();
    let loaded =
        entities::load(&mut tx, acme, &[("order", a), ("order", b), ("order", Uuid::from_u128(9))]).await.unwrap();
    assert_eq!(loaded.iter().map(|e| (e.id, e.version)).collect::<Vec<_>>(), [(a, 1), (b, 1)], "in the one order");
    let (was, is): (serde_json::Value, serde_json::Value) =
        (serde_json::from_str(body).unwrap(), serde_json::from_str(&loaded[0].body).unwrap());
    assert_eq!(is["price"], was["price"]);
    assert!(loaded[0].body.contains("12345678901234567890123"), "no digit is lost: {}", loaded[0].body);
    entities::save(&mut tx, acme, &[entity("order", a, 2, "{}")]).await.unwrap();
    tx.commit().await.unwrap();
    for (version, why) in
        [(2, "it has that version already"), (1, "it was made already"), (5, "it has another version")]
    {
        let mut tx = store.begin(acme).await.unwrap();
        let lost = entities::save(&mut tx, acme, &[entity("order", a, version, "{}")]).await.unwrap_err();
        assert!(matches!(lost, StoreError::Lost(_)), "{why}: {lost}");
        assert_eq!(lost.trouble(), Trouble::Conflict);
        tx.rollback().await.unwrap();
    }
}

async fn master_data_is_put_in_its_place(rig: Rig) {
    let acme = rig.acme;
    let a = Uuid::from_u128(1);
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    assert_eq!(entities::upsert(&mut tx, acme, &[entity("thing", a, 1, r#"{"n":1}"#)]).await.unwrap(), 1);
    assert_eq!(entities::upsert(&mut tx, acme, &[entity("thing", a, 1, r#"{"n":1}"#)]).await.unwrap(), 0, "the same");
    assert_eq!(entities::upsert(&mut tx, acme, &[entity("thing", a, 1, r#"{"n":2}"#)]).await.unwrap(), 1);
    let seen = entities::peek(&mut tx, acme, &[("thing", a)]).await.unwrap();
    assert_eq!((seen[0].version, seen[0].body.replace(' ', "")), (2, r#"{"n":2}"#.to_owned()));
    tx.commit().await.unwrap();
}

async fn references_lead_somewhere(rig: Rig) {
    let acme = rig.acme;
    let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let row = |id| RefRow { kind: "item".into(), scheme: "gtin".into(), value: "0401".into(), id };
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    entities::upsert_refs(&mut tx, acme, &[row(a)]).await.unwrap();
    entities::upsert_refs(&mut tx, acme, &[row(b)]).await.unwrap();
    let ask = [Ref { scheme: "gtin".into(), id: "0401".into() }, Ref { scheme: "sku".into(), id: "0401".into() }];
    let found = entities::resolve(&mut tx, acme, "item", &ask).await.unwrap();
    assert_eq!(found, [("gtin".to_owned(), "0401".to_owned(), b)], "text of digits stays text; the newer stands");
    assert_eq!(entities::resolve(&mut tx, acme, "party", &ask).await.unwrap(), []);
    tx.commit().await.unwrap();
}

async fn cross_references_both_ways(rig: Rig) {
    let acme = rig.acme;
    let of = |partner, target: &str| CrossReference {
        scheme: "uom".into(),
        value: "BX".into(),
        partner,
        target: target.into(),
    };
    let row = |target: &str| of(EVERYONE, target);
    let another = PartnerId::named(acme, "another");
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let held = messages::NewMessage {
        state: "held",
        hold_scheme: Some("uom".into()),
        hold_value: Some("BX".into()),
        ..super::rows::message(&rig, crossdock::canonical::DocumentId::new(), 0, 0, None, 0)
    };
    messages::insert(&mut tx, std::slice::from_ref(&held)).await.unwrap();
    assert_eq!(entities::answered_holds(&mut tx, acme, 10).await.unwrap(), []);
    entities::upsert_cross_references(&mut tx, acme, &[of(another, "PK")]).await.unwrap();
    assert_eq!(entities::answered_holds(&mut tx, acme, 10).await.unwrap(), [], "what holds for another is no answer");
    entities::upsert_cross_references(&mut tx, acme, &[row("CS")]).await.unwrap();
    entities::upsert_cross_references(&mut tx, acme, &[row("BOX")]).await.unwrap();
    let ask = [("uom".to_owned(), "BX".to_owned()), ("uom".to_owned(), "BX".to_owned()), ("x".into(), "BX".into())];
    let found = entities::cross_references(&mut tx, acme, &ask).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|row| (row.partner, row.target)).collect();
    found.sort();
    assert_eq!(found, [(EVERYONE, "BOX".to_owned()), (another, "PK".to_owned())]);
    let back = entities::cross_references_to(&mut tx, acme, &[("uom".into(), "BOX".into())]).await.unwrap();
    assert_eq!((back.len(), back[0].value.as_str(), back[0].partner), (1, "BX", EVERYONE));
    entities::upsert_cross_references(&mut tx, acme, &[of(rig.northwind, "BOX")]).await.unwrap();
    assert_eq!(entities::answered_holds(&mut tx, acme, 10).await.unwrap(), [held.id], "once");
    let other = messages::NewMessage {
        hold_value: Some("BY".into()),
        ..super::rows::message(&rig, held.document, 0, 1, None, 0)
    };
    let other = messages::NewMessage { state: "held", hold_scheme: Some("uom".into()), ..other };
    messages::insert(&mut tx, &[other]).await.unwrap();
    let of = messages::halted_of(&mut tx, acme, &[held.document]).await.unwrap();
    let of: Vec<_> = of.iter().map(|held| (held.document, held.held, held.causes)).collect();
    assert_eq!(of, [(held.document, 2, 2)], "two messages, for two values");
    let all = entities::all_cross_references(&mut tx, acme, Some("uom"), ("", "", EVERYONE), 10).await.unwrap();
    assert_eq!((all.len(), all[0].partner), (3, EVERYONE));
    let last = all[2].partner;
    let behind = entities::all_cross_references(&mut tx, acme, None, ("uom", "BX", EVERYONE), 10).await.unwrap();
    assert_eq!((behind.len(), behind[1].partner), (2, last), "a page begins behind the one before");
    let behind = entities::all_cross_references(&mut tx, acme, None, ("uom", "BX", last), 10).await.unwrap();
    assert!(behind.is_empty(), "a page begins behind the last");
    tx.commit().await.unwrap();
    // What is another's looks like nothing.
    let mut tx = rig.hub.store.begin(rig.globex).await.unwrap();
    assert!(
        entities::all_cross_references(&mut tx, rig.globex, None, ("", "", EVERYONE), 10).await.unwrap().is_empty()
    );
    assert!(messages::halted_of(&mut tx, rig.globex, &[held.document]).await.unwrap().is_empty());
    assert_eq!(entities::remove_cross_reference(&mut tx, rig.globex, EVERYONE, "uom", "BX").await.unwrap(), None);
    tx.commit().await.unwrap();
    let mut tx = rig.hub.store.begin(acme).await.unwrap();
    let gone = entities::remove_cross_reference(&mut tx, acme, EVERYONE, "uom", "BX").await.unwrap();
    assert_eq!(gone.as_deref(), Some("BOX"));
    let left = entities::remove_cross_reference(&mut tx, acme, another, "uom", "BX").await.unwrap();
    assert_eq!(left.as_deref(), Some("PK"), "a partner's own stays until it is taken away");
    assert_eq!(entities::remove_cross_reference(&mut tx, acme, EVERYONE, "uom", "BX").await.unwrap(), None);
    tx.commit().await.unwrap();
}

async fn stock_is_never_oversold(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let row = |item, on_hand| StockRow { item, on_hand, reserved: 0 };
    let mut tx = store.begin(acme).await.unwrap();
    assert_eq!(stock::open(&mut tx, acme, &[row(a, 10), row(b, 5)]).await.unwrap(), 2);
    assert_eq!(stock::open(&mut tx, acme, &[row(a, 99)]).await.unwrap(), 0, "only where no row stands");
    let change = |item, reserved| stock::Change { item, reserved };
    stock::change(&mut tx, acme, &[change(a, 10), change(b, 2)]).await.unwrap();
    let loaded = stock::load(&mut tx, acme, &[a, b, Uuid::from_u128(3)]).await.unwrap();
    let mut peeked = stock::peek(&mut tx, acme, &[a, b, Uuid::from_u128(3)]).await.unwrap();
    peeked.sort_by_key(|row| row.item);
    assert_eq!(peeked, loaded);
    assert_eq!(loaded.iter().map(|s| s.reserved).collect::<Vec<_>>(), [10, 2]);
    tx.commit().await.unwrap();
    for changes in
        [vec![change(a, 1)], vec![change(b, -3)], vec![change(b, 1), change(a, 1)], vec![change(Uuid::from_u128(3), 1)]]
    {
        let mut tx = store.begin(acme).await.unwrap();
        let lost = stock::change(&mut tx, acme, &changes).await;
        assert!(matches!(lost, Err(StoreError::Lost(_))), "{changes:?}: {lost:?}");
        tx.rollback().await.unwrap();
    }
    // Even SQL of somebody else's can't.
    let error = rig.place.sql("update stock set reserved = on_hand + 1").await.unwrap_err();
    assert!(error.to_string().contains("stock_never_oversold"), "{error}");
    assert_eq!(StoreError::Sql(error).trouble(), Trouble::Rule);
}

async fn of_two_reservations_at_once_one_waits(rig: Rig) {
    let (store, acme) = (&rig.hub.store, rig.acme);
    let item = Uuid::from_u128(1);
    let mut tx = store.begin(acme).await.unwrap();
    stock::open(&mut tx, acme, &[StockRow { item, on_hand: 1, reserved: 0 }]).await.unwrap();
    tx.commit().await.unwrap();
    let reserve = |store: crossdock::store::Store| async move {
        let mut tx = store.begin(acme).await?;
        let free = stock::load(&mut tx, acme, &[item]).await?.first().is_some_and(|s| s.reserved < s.on_hand);
        if free {
            stock::change(&mut tx, acme, &[stock::Change { item, reserved: 1 }]).await?;
        }
        tx.commit().await?;
        Ok::<bool, StoreError>(free)
    };
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(reserve(store.clone()))).collect();
    let mut got = 0;
    for task in tasks {
        got += usize::from(task.await.unwrap().unwrap());
    }
    assert_eq!(got, 1);
    let _ = now();
}
