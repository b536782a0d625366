//! Cross-references: for all of a tenant's partners, or for one of them alone.

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig, on_both},
    x12::{interchange, order, set},
};
use crossdock::{
    canonical::{MessageId, PartnerId},
    config::Settings,
    flow::operate::{self, OperateError},
    store::entities::{CrossReference, EVERYONE},
};

on_both![what_holds_for_one_partner_is_nothing_to_others, what_holds_for_one_partner_goes_before_what_holds_for_all,];

const SOUTHWIND: &str = "
tenant: acme
partner: southwind
identities: [x12/ZZ/SOUTHWIND]
price_list: standard
connections:
  - { name: south-edi, transport: http, key: south-edi-key-0123456789 }
";

async fn hub(backing: Backing) -> Rig {
    let mut rig = Rig::with(backing, &[ACME, NORTHWIND, SOUTHWIND], Settings::default()).await;
    rig.start(1, 1).await;
    rig
}

async fn bring(rig: &Rig, connection: &str, control: u32, number: &str, unit: &str) {
    let text = interchange(control, &[set("850", 1, &order(number, "PLENTY-1", "4", unit))]);
    let text = if connection == "south-edi" { text.replace("*NORTHWIND", "*SOUTHWIND") } else { text };
    rig.bring(connection, &format!("{number}.edi"), text.as_bytes()).await;
    rig.quiet().await;
}

async fn put(rig: &Rig, partner: PartnerId, value: &str, target: &str) -> Vec<MessageId> {
    let row = CrossReference { scheme: "uom".into(), value: value.into(), partner, target: target.into() };
    let restarted = operate::put_reference(&rig.hub, rig.acme, &row, "ann").await.unwrap();
    rig.quiet().await;
    restarted
}

async fn state(rig: &Rig, number: &str) -> String {
    rig.messages(number).await.pop().unwrap().state
}

/// The unit that the order's only line was read in.
async fn unit(rig: &Rig, number: &str) -> String {
    let id = rig.messages(number).await.pop().unwrap().id;
    let body = rig.message(id).await.body.unwrap();
    body["lines"][0]["quantity"]["unit"].as_str().unwrap_or_default().to_owned()
}

async fn what_holds_for_one_partner_is_nothing_to_others(backing: Backing) {
    let mut rig = hub(backing).await;
    let northwind = PartnerId::named(rig.acme, "northwind");
    bring(&rig, "north-edi", 1, "PO-1", "Q9").await;
    bring(&rig, "south-edi", 1, "PO-2", "Q9").await;
    assert_eq!((state(&rig, "PO-1").await, state(&rig, "PO-2").await), ("held".into(), "held".into()));
    assert_eq!(put(&rig, northwind, "Q9", "EA").await.len(), 1);
    assert_eq!((state(&rig, "PO-1").await, state(&rig, "PO-2").await), ("applied".into(), "held".into()));
    assert_eq!(put(&rig, EVERYONE, "Q9", "EA").await.len(), 1, "the other one's");
    assert_eq!(state(&rig, "PO-2").await, "applied");
    // Each is taken away by itself.
    let remove = async |partner| operate::remove_reference(&rig.hub, rig.acme, partner, ("uom", "Q9"), "ann", "").await;
    assert_eq!(remove(EVERYONE).await.unwrap(), "EA");
    let gone = remove(EVERYONE).await;
    let told = "there is no reference uom Q9 for all partners; there is one for northwind";
    assert!(matches!(&gone, Err(OperateError::NoReference(why)) if why == told), "{gone:?}");
    bring(&rig, "north-edi", 2, "PO-3", "Q9").await;
    bring(&rig, "south-edi", 2, "PO-4", "Q9").await;
    assert_eq!((state(&rig, "PO-3").await, state(&rig, "PO-4").await), ("applied".into(), "held".into()));
    assert_eq!(remove(northwind).await.unwrap(), "EA");
    rig.halt().await;
}

async fn what_holds_for_one_partner_goes_before_what_holds_for_all(backing: Backing) {
    let mut rig = hub(backing).await;
    put(&rig, EVERYONE, "Q9", "PK").await;
    put(&rig, PartnerId::named(rig.acme, "northwind"), "Q9", "EA").await;
    bring(&rig, "north-edi", 1, "PO-1", "Q9").await;
    bring(&rig, "south-edi", 1, "PO-2", "Q9").await;
    assert_eq!((unit(&rig, "PO-1").await, unit(&rig, "PO-2").await), ("EA".into(), "PK".into()));
    rig.halt().await;
}
