//! What a version would change of documents that are kept: told by field before it is published, noted with it, and asked
//! for when it is published.

use crate::{
    rig::{ANN, OWN_850, Rig, both, mapping, order, own_850},
    x12::{interchange, order as body, orders, set},
};
use crossdock::{
    canonical::PartnerId,
    flow::{
        replays::seen::Replayed,
        replays::{self, Comparison, Side},
        translate::covered::{self, Asked},
        versions::{self, VersionError},
    },
    store::{
        blobs, deliveries,
        documents::{self, Search},
        now,
    },
};
use futures_util::FutureExt;
use serde_json::json;
use tokio::sync::watch;

both![
    what_would_change_is_told_by_field,
    publishing_asks_for_a_replay_of_what_would_change,
    what_is_kept_no_more_is_counted,
    what_went_out_is_written_both_ways,
    what_nobody_reads_is_told_over_the_newest_documents,
];

async fn replay(rig: &Rig, before: Side, after: Side, documents: usize, partner: Option<&str>) -> Replayed {
    let asked = Comparison { name: OWN_850, before, after, documents, partner };
    let prepared = replays::prepare(&rig.hub, rig.acme, &asked).await.unwrap();
    prepared.run(&rig.hub, "ann", &watch::channel(0).0).await.unwrap()
}

/// Three orders in two interchanges, one of another format, and what is not to be read.
async fn kept(rig: &mut Rig) {
    rig.start(1, 1).await;
    rig.bring("north-edi", "two.edi", orders(1, &["PO-1", "PO-2"]).as_bytes()).await;
    let unit = interchange(2, &[set("850", 1, &body("PO-3", "PLENTY-1", "3", "Q9"))]);
    rig.bring("north-edi", "three.edi", unit.as_bytes()).await;
    rig.bring("north-a", "four.json", &order("PO-4", &[("PLENTY-1", 1)])).await;
    rig.bring("north-edi", "noise.edi", b"no interchange at all").await;
    rig.quiet().await;
    rig.halt().await;
}

const OTHER: &str = "tables: { uom: { Q9: PK } }
fields:
  number: BEG03 | lower
require:
  - { rule: \"number != 'po-2'\", say: 'PO-2 is not taken' }";

async fn what_would_change_is_told_by_field(mut rig: Rig) {
    kept(&mut rig).await;
    let rows = rig.place.number("select count(*) from messages").await;
    let version = rig.draft(&own_850(OTHER)).await;
    let seen = replay(&rig, Side::Standing, Side::Version(version), 500, None).await;
    assert_eq!((seen.documents, seen.sets, seen.gone), (2, 3, 0), "{seen:?}");
    assert_eq!((seen.changed_documents, seen.changed_sets), (2, 3), "{seen:?}");
    assert_eq!((seen.newly_fail, seen.newly_succeed), (1, 1), "PO-2 is refused, PO-3 has its unit: {seen:?}");
    let number = seen.fields.iter().find(|f| f.field == "/number").expect("the number");
    assert_eq!((number.documents, number.values), (1, 1), "of PO-1: {number:?}");
    let one = number.examples.iter().find(|e| e.number.as_deref() == Some("po-1")).expect("an example");
    assert_eq!((&one.before, &one.after), (&Some(json!("PO-1")), &Some(json!("po-1"))));
    assert_eq!((one.name.as_str(), one.at.as_deref()), ("two.edi", Some("BEG03")));
    let refused = seen.outcomes.iter().find(|o| o.after.state == "refused").expect("an outcome");
    assert_eq!((refused.set, refused.before.state.as_str()), (2, "read"));
    assert!(refused.after.why.as_deref().is_some_and(|why| why.contains("PO-2 is not taken")), "{refused:?}");
    let held = seen.outcomes.iter().find(|o| o.before.state == "held").expect("PO-3 waited for its unit");
    assert_eq!(held.after.state, "read");
    // The other way round, and with itself.
    let back = replay(&rig, Side::Version(version), Side::Version(0), 500, None).await;
    assert_eq!((back.newly_fail, back.newly_succeed, back.changed_sets), (1, 1, 3), "{back:?}");
    let same = replay(&rig, Side::Version(version), Side::Files(own_850(OTHER)), 500, None).await;
    assert_eq!((same.documents, same.sets), (0, 0), "nothing differs, so nothing is read: {same:?}");
    // Of only one document, the newest; of a partner's; of files that say otherwise.
    assert_eq!(replay(&rig, Side::Standing, Side::Version(version), 1, None).await.sets, 1);
    assert_eq!(replay(&rig, Side::Standing, Side::Version(version), 9, Some("northwind")).await.documents, 2);
    let nobody = Comparison {
        name: OWN_850,
        before: Side::Standing,
        after: Side::Version(1),
        documents: 9,
        partner: Some("no"),
    };
    assert!(matches!(replays::prepare(&rig.hub, rig.acme, &nobody).await, Err(VersionError::NotFound(_))));
    let none = Comparison { documents: 0, partner: None, ..nobody };
    assert!(matches!(replays::prepare(&rig.hub, rig.acme, &none).await, Err(VersionError::Invalid(_))));
    // The tenant's rows are used as translate uses them.
    flow_reference(&rig).await;
    let seen = replay(&rig, Side::Standing, Side::Version(version), 500, None).await;
    assert!(seen.outcomes.iter().all(|o| o.before.state != "held"), "{:?}", seen.outcomes);
    assert!(seen.fields.iter().any(|f| f.field == "/number" && f.documents == 2), "of PO-3, too: {seen:?}");
    // Nothing of it is written but the note.
    assert_eq!(rig.place.number("select count(*) from messages where run = 0").await, rows);
}

async fn flow_reference(rig: &Rig) {
    crossdock::flow::operate::add_reference(&rig.hub, rig.acme, "uom", "Q9", "PK", "ann").await.unwrap();
}

async fn what_nobody_reads_is_told_over_the_newest_documents(mut rig: Rig) {
    rig.start(1, 1).await;
    let mut with_more = body("PO-3", "PLENTY-1", "3", "Q9");
    with_more.insert(2, "CSH*SC".into());
    rig.bring("north-edi", "two.edi", orders(1, &["PO-1", "PO-2"]).as_bytes()).await;
    rig.bring("north-edi", "three.edi", interchange(2, &[set("850", 1, &with_more)]).as_bytes()).await;
    rig.bring("north-a", "four.json", &order("PO-4", &[("PLENTY-1", 1)])).await;
    rig.bring("north-edi", "noise.edi", b"no interchange at all").await;
    rig.quiet().await;
    rig.halt().await;
    let over = async |rig: &Rig, tenant, last, partner: Option<&str>| {
        let partner = partner.map(|name| PartnerId::named(tenant, name));
        let asked = Asked { tenant, partner, mapping: Some("x12/4010/850-order"), last };
        let mut found = covered::coverage(&rig.hub, &asked).await.unwrap();
        (found.documents, found.mappings.remove("x12/4010/850-order").map(|one| one.told()))
    };
    let (documents, told) = over(&rig, rig.acme, 500, None).await;
    let told = told.expect("two documents of it");
    assert_eq!((documents, told.sets), (4, 3), "the others are of other mappings: {told:?}");
    let [one] = &told.unread[..] else { panic!("CSH01 alone: {told:?}") };
    assert_eq!((one.path.as_str(), one.sets, one.times, one.value.as_str()), ("CSH01", 1, 1, "SC"));
    assert!(one.first.contains("three.edi"), "{one:?}");
    assert_eq!(told.read, told.values - 1);
    let empty: Vec<&str> = told.never_filled.iter().map(|one| one.field.as_str()).collect();
    assert!(empty.contains(&"/ship_to/name") && !empty.contains(&"/lines/price/amount"), "{empty:?}");
    // Of fewer documents, of a partner, of another tenant.
    assert_eq!(over(&rig, rig.acme, 1, None).await.0, 1);
    assert!(over(&rig, rig.acme, 500, Some("northwind")).await.1.is_some_and(|told| told.sets == 3));
    assert_eq!(over(&rig, rig.acme, 500, Some("southwind")).await.0, 0);
    assert!(over(&rig, rig.globex, 500, None).await.1.is_none());
    // A unit that only the tenant's own row knows is no reason to see less.
    flow_reference(&rig).await;
    assert!(over(&rig, rig.acme, 500, None).await.1.is_some_and(|told| told.sets == 3));
}

async fn publishing_asks_for_a_replay_of_what_would_change(mut rig: Rig) {
    kept(&mut rig).await;
    let (hub, acme) = (&rig.hub, rig.acme);
    let first = rig.draft(&own_850(OTHER)).await;
    versions::review(hub, acme, OWN_850, first, ANN).await.unwrap();
    // Of something else than what stands, and one that was cut short: neither counts.
    replay(&rig, Side::Version(0), Side::Version(first), 500, None).await;
    let asked =
        Comparison { name: OWN_850, before: Side::Standing, after: Side::Version(first), documents: 9, partner: None };
    let prepared = replays::prepare(hub, acme, &asked).await.unwrap();
    let begun = prepared.run(hub, "ann", &watch::channel(0).0).now_or_never();
    assert!(begun.is_none(), "it waits for the store, and goes no further");
    let refused = versions::publish(hub, acme, OWN_850, first, ANN, false).await.unwrap_err();
    assert!(refused.to_string().contains("was not replayed"), "{refused}");
    replay(&rig, Side::Standing, Side::Version(first), 500, None).await;
    let second = rig.draft(&own_850("fields:\n  number: BEG03 | upper")).await;
    versions::review(hub, acme, OWN_850, second, ANN).await.unwrap();
    replay(&rig, Side::Standing, Side::Version(second), 500, None).await;
    let published = versions::publish(hub, acme, OWN_850, first, ANN, false).await.unwrap();
    assert_eq!(published.how, "published");
    // The second one was replayed against what stood before.
    let refused = versions::publish(hub, acme, OWN_850, second, ANN, false).await.unwrap_err();
    assert!(refused.to_string().contains("against other mappings than those that stand now"), "{refused}");
    let seen = replay(&rig, Side::Standing, Side::Version(second), 500, None).await;
    assert!(seen.fields.iter().any(|f| f.field == "/number"), "{seen:?}");
    let published = versions::publish(hub, acme, OWN_850, second, ANN, false).await.unwrap();
    assert_eq!((published.was, published.how.as_str()), (Some(first), "published"));
}

async fn what_is_kept_no_more_is_counted(mut rig: Rig) {
    kept(&mut rig).await;
    let version = rig.draft(&own_850(OTHER)).await;
    let by = Search { text: Some("three.edi".into()), ..Search::default() };
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let hash = vec![documents::search(&mut tx, rig.acme, &by, 9).await.unwrap()[0].sha256.clone()];
    blobs::remove(&mut tx, rig.acme, &hash).await.unwrap();
    documents::note_raw_removed(&mut tx, rig.acme, &hash, now()).await.unwrap();
    tx.commit().await.unwrap();
    let seen = replay(&rig, Side::Standing, Side::Version(version), 500, None).await;
    assert_eq!((seen.documents, seen.gone), (1, 1), "{seen:?}");
}

async fn what_went_out_is_written_both_ways(mut rig: Rig) {
    kept(&mut rig).await;
    let answers = "select count(*) from deliveries where kind = 'document'";
    assert_eq!(rig.place.number(answers).await, 3, "PO-1, PO-2 and PO-4 were answered by an 855");
    let text = "mapping: northwind/855\nextends: x12/4010/855-order-response\nclaims: { direction: out, partner: northwind }\nwrite:\n  BAK01: \"06\"\n";
    let versions::Drafted { name, version, .. } =
        versions::draft(&rig.hub, rig.acme, &mapping(text), ANN).await.unwrap();
    let asked = |documents| Comparison {
        name: &name,
        before: Side::Standing,
        after: Side::Version(version),
        documents,
        partner: None,
    };
    let run = async |documents| {
        let prepared = replays::prepare(&rig.hub, rig.acme, &asked(documents)).await.unwrap();
        prepared.run(&rig.hub, "ann", &watch::channel(0).0).await.unwrap()
    };
    assert_eq!(run(1).await.documents, 1, "the newest");
    let seen = run(500).await;
    assert_eq!((seen.documents, seen.changed_documents, seen.newly_fail), (3, 3, 0), "{seen:?}");
    let fields: Vec<(&str, usize)> = seen.fields.iter().map(|f| (f.field.as_str(), f.documents)).collect();
    assert_eq!(fields, [("/BAK/BAK01", 3)], "{seen:?}");
    let one = &seen.fields[0].examples[0];
    assert_eq!((&one.before, &one.after), (&Some(json!("00")), &Some(json!("06"))));
    assert_eq!(rig.place.number(answers).await, 3, "nothing is sent");
    versions::review(&rig.hub, rig.acme, &name, version, ANN).await.unwrap();
    versions::publish(&rig.hub, rig.acme, &name, version, ANN, false).await.unwrap();
    rig.start(1, 1).await;
    rig.bring("north-edi", "later.edi", orders(7, &["PO-7"]).as_bytes()).await;
    rig.quiet().await;
    rig.halt().await;
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let sent = deliveries::to_target(&mut tx, rig.acme, "north-drop").await.unwrap();
    tx.rollback().await.unwrap();
    let sent =
        sent.iter().filter_map(|d| d.content.as_deref()).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let by_new = sent.filter(|text| text.contains("BAK*06*")).count();
    assert_eq!(by_new, 1, "what goes out is written by what stands");
}
