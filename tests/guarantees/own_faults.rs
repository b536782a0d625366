//! What a mapping itself makes wrong is no partner's fault: the set is held, nobody is told, and it goes on once the mapping is
//! mended.

use crate::{
    rig::{self, ANN, Backing, OWN_850, Rig, both, own_850},
    x12::orders,
};
use crossdock::{
    flow::{
        operate,
        versions::{self, VersionError},
    },
    mapping::{self, Library},
    store::messages::MessageRow,
};
use std::sync::LazyLock;

both![
    what_a_mapping_can_not_compute_waits_for_the_mapping,
    what_a_document_lacks_besides_is_its_own_fault,
    a_name_that_is_nearly_there_is_nobodys_fault_yet,
    a_mapping_that_is_not_done_holds_what_it_is_for,
    a_draft_that_is_not_done_is_refused_and_never_published,
];

fn cause<'a>(message: &'a MessageRow, key: &str) -> &'a str {
    message.cause.as_ref().and_then(|cause| cause[key].as_str()).unwrap_or_default()
}

/// Fails for an order that asks for no date.
const ASKS: &str = "fields:\n  ext:\n    weekday: { cel: \"requested_on + ' at the dock'\" }\n";
const MENDED: &str =
    "fields:\n  ext:\n    weekday: { cel: \"requested_on != null ? requested_on + ' at the dock' : ''\" }\n";

async fn what_a_mapping_can_not_compute_waits_for_the_mapping(mut rig: Rig) {
    rig.publish(&own_850(ASKS)).await;
    let id = rig.bring("north-edi", "one.edi", orders(1, &["PO-1"]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.quiet().await;
    let held = rig.messages_of(id).await.remove(0);
    assert_eq!((held.state.as_str(), cause(&held, "code")), ("held", "mapping/not_computed"), "{held:?}");
    assert!(cause(&held, "sentence").starts_with("/ext/weekday can't be computed: "), "{held:?}");
    let remedy = cause(&held, "remedy");
    assert!(remedy.contains("mapping.yaml:6") && remedy.contains("restart the message"), "{remedy}");
    assert_eq!(rig.document(id).await.state, "translated");
    // The 997 speaks of syntax, and no advice of the mapping's fault went out beside it.
    assert_eq!(rig.place.number("select count(*) from deliveries where name like '%824%'").await, 0);

    rig.publish(&own_850(MENDED)).await;
    operate::restart(&rig.hub, rig.acme, held.id, "ann", "mended").await.unwrap();
    rig.stand("PO-1", &["replaced", "applied"]).await;
    assert_eq!(rig.message(held.id).await.state, "replaced");
    rig.halt().await;
}

async fn what_a_document_lacks_besides_is_its_own_fault(mut rig: Rig) {
    rig.publish(&own_850(&format!("{ASKS}require:\n  - {{ rule: \"number != 'PO-1'\", say: 'PO-1 is not taken' }}\n")))
        .await;
    let id = rig.bring("north-edi", "one.edi", orders(1, &["PO-1"]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.quiet().await;
    let refused = rig.messages_of(id).await.remove(0);
    assert_eq!(refused.state, "rejected", "{refused:?}");
    let faults = refused.faults.as_ref().unwrap();
    let codes: Vec<&str> = faults.as_array().unwrap().iter().filter_map(|fault| fault["code"].as_str()).collect();
    assert_eq!(codes, ["mapping/not_computed", "mapping/rule"]);
    rig.halt().await;
}

/// Whether the partner misspelt it or the mapping, only a person can tell: the message is held, and no letter goes out.
async fn a_name_that_is_nearly_there_is_nobodys_fault_yet(mut rig: Rig) {
    let reading = |number: &str| {
        rig::mapping(&format!(
            "mapping: northwind/json\nextends: json/order\nclaims: {{ direction: in, partner: northwind }}\n\
             fields: {{ number: {number} }}\n"
        ))
    };
    rig.publish(&reading("numbr")).await;
    let id = rig.bring("north-a", "one.json", &rig::order("PO-1", &[("PLENTY-1", 1)])).await;
    rig.start(1, 1).await;
    rig.quiet().await;
    let held = rig.messages_of(id).await.remove(0);
    assert_eq!((held.state.as_str(), cause(&held, "code")), ("held", "mapping/missing"), "{held:?}");
    assert!(cause(&held, "sentence").contains("`number` stands there, and no line reads it"), "{held:?}");
    assert!(cause(&held, "remedy").contains("mapping.yaml:4"), "{held:?}");
    rig.publish(&reading("number")).await;
    operate::restart(&rig.hub, rig.acme, held.id, "ann", "mended").await.unwrap();
    rig.stand("PO-1", &["applied"]).await;
    assert_eq!(rig.message(held.id).await.state, "replaced");
    rig.halt().await;
}

/// The hub's own files, and one that nobody has finished.
fn not_done() -> Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
        let open = own_850("fields: { requested_on: $todo }\n").remove("mapping.yaml").unwrap();
        let files = mapping::standard::with(vec![("partners/northwind/mapping.yaml".into(), open)]);
        Library::compile(&files).unwrap_or_else(|faults| panic!("{faults:?}"))
    });
    LIBRARY.clone()
}

async fn a_mapping_that_is_not_done_holds_what_it_is_for(mut rig: Rig) {
    rig.hub.library = not_done().into();
    let id = rig.bring("north-edi", "one.edi", orders(1, &["PO-1"]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.quiet().await;
    let held = rig.messages_of(id).await.remove(0);
    assert_eq!((held.state.as_str(), cause(&held, "code")), ("held", "mapping/open"), "{held:?}");
    let sentence = cause(&held, "sentence");
    assert!(sentence.starts_with(&format!("the mapping {OWN_850} is not done: ")), "{sentence}");
    assert!(sentence.contains("partners/northwind/mapping.yaml:4") && sentence.contains("requested_on"), "{sentence}");
    assert!(cause(&held, "remedy").contains("crossdock mapping lint"), "{held:?}");

    // Somebody has said it: a version of the name stands in the place of the file.
    rig.publish(&own_850("fields: { requested_on: 'DTM[01=002].02 | date(yyyymmdd)' }\n")).await;
    operate::restart(&rig.hub, rig.acme, held.id, "ann", "said").await.unwrap();
    rig.stand("PO-1", &["applied"]).await;
    rig.halt().await;
}

async fn a_draft_that_is_not_done_is_refused_and_never_published(rig: Rig) {
    let open = own_850("fields: { requested_on: $todo }\n");
    let refused = versions::draft(&rig.hub, rig.acme, &open, ANN).await.unwrap_err();
    let VersionError::Faulty(faults) = &refused else { panic!("{refused}") };
    assert_eq!((faults.len(), faults[0].line), (1, 4), "{refused}");
    assert!(refused.to_string().contains("`requested_on` is open (`$todo`)"), "{refused}");
    assert_eq!(rig.place.number("select count(*) from mapping_versions").await, 0);
    // A draft that another release kept: it is looked at again before it stands.
    let version = rig.draft(&own_850("fields: { notes: ~ }\n")).await;
    let opened = "replace(cast(files as text), 'notes: ~', 'requested_on: $todo')";
    let opened = match rig.place.backing {
        Backing::Pg => format!("cast({opened} as jsonb)"),
        Backing::Lite => opened.to_owned(),
    };
    assert_eq!(rig.place.sql(&format!("update mapping_versions set files = {opened}")).await.unwrap(), 1);
    let refused = versions::publish(&rig.hub, rig.acme, OWN_850, version, ANN, true).await.unwrap_err();
    assert!(matches!(&refused, VersionError::Faulty(_)) && refused.to_string().contains("is open"), "{refused}");
    assert_eq!(rig.place.number("select count(*) from mapping_versions where state = 'published'").await, 0);
}
