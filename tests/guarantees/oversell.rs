//! Many partners at once for the last pieces: never more is promised than is there.

use crate::rig::{ACME, GLOBEX, Rig, both, order};
use crossdock::{
    config::Settings,
    insight::audit::audit,
    store::{entities, now, stock},
};

/// Partners, each with a connection of its own, and orders of one piece.
const PARTNERS: usize = 8;
const ORDERS: usize = 1_000;
/// Pieces there are (`HUNDRED` in the rig), in the store's 10⁻⁴.
const THERE: i64 = 100;
const PIECE: i64 = 10_000;

fn files() -> Vec<String> {
    let partner = |n| {
        format!(
            "tenant: acme\npartner: buyer-{n}\nprice_list: standard\nconnections:\n  - {{ name: way-{n}, transport: http, key: way-{n}-key-0123456789, expects: json order }}\n"
        )
    };
    [ACME.to_owned(), GLOBEX.to_owned()].into_iter().chain((0..PARTNERS).map(partner)).collect()
}

both![a_hundred_pieces_for_a_thousand_orders];

async fn a_hundred_pieces_for_a_thousand_orders(rig: Rig) {
    let backing = rig.place.backing;
    drop(rig);
    let files = files();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut rig = Rig::with(backing, &files, Settings::default()).await;
    rig.start(4, 8).await;
    let takes = (0..PARTNERS).map(|p| {
        let rig = &rig;
        async move {
            for n in 0..ORDERS / PARTNERS {
                let bytes = order(&format!("PO-{p}-{n}"), &[("HUNDRED", 1)]);
                rig.bring(&format!("way-{p}"), &format!("{n}.json"), &bytes).await;
            }
        }
    });
    futures_util::future::join_all(takes).await;
    rig.quiet().await;
    rig.halt().await;
    assert_eq!(rig.place.number("select count(*) from messages where state = 'applied'").await, ORDERS as i64);

    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let ask = [crossdock::canonical::parts::Ref { scheme: "sku".into(), id: "HUNDRED".into() }];
    let item = entities::resolve(&mut tx, rig.acme, "item", &ask).await.unwrap()[0].2;
    let left = stock::load(&mut tx, rig.acme, &[item]).await.unwrap()[0];
    tx.rollback().await.unwrap();
    assert_eq!((left.on_hand, left.reserved), (THERE * PIECE, THERE * PIECE));

    let (accepted, backordered) = answered(&rig).await;
    assert_eq!((accepted, backordered), (THERE, ORDERS as i64 - THERE), "what was told to the partners");
    let audit = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(audit.missing, []);
}

/// Pieces that the answers call accepted, and backordered.
async fn answered(rig: &Rig) -> (i64, i64) {
    let (mut accepted, mut backordered, mut answers) = (0, 0, 0);
    for p in 0..PARTNERS {
        for n in 0..ORDERS / PARTNERS {
            let message = &rig.messages(&format!("PO-{p}-{n}")).await[0];
            let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
            let events = crossdock::store::events::of_message(&mut tx, rig.acme, message.id).await.unwrap();
            tx.rollback().await.unwrap();
            for event in events.iter().filter(|e| e.kind == "order.confirmed") {
                answers += 1;
                for line in event.data["lines"].as_array().unwrap() {
                    let pieces: i64 = line["quantity"]["value"].as_str().unwrap().parse().unwrap();
                    match line["outcome"].as_str().unwrap() {
                        "accepted" => accepted += pieces,
                        "backordered" => backordered += pieces,
                        other => panic!("{other}"),
                    }
                }
            }
        }
    }
    assert_eq!(answers, ORDERS, "each order has one answer");
    (accepted, backordered)
}
