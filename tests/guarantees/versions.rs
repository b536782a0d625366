//! Versions of mappings: nothing is read by one before it is published, what was begun ends with what it began with, and
//! one step leads back.

use crate::{
    rig::{ANN, OWN_850, PATIENCE, Rig, both, own_850},
    x12::orders,
};
use crossdock::{
    canonical::{DocumentId, Tenant},
    flow::{
        probe::{Point, Probe},
        versions::{self, By, VersionError},
    },
    store::mapping_versions::{self, Files, Revision},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

both![
    what_was_begun_ends_with_what_it_began_with,
    a_version_is_published_when_it_was_reviewed_and_replayed,
    a_step_back_is_one_step,
    of_two_who_publish_at_once_one_is_told,
    a_fault_is_told_and_nothing_kept,
    tenants_have_versions_of_their_own,
];

const BOB: By = By { who: "bob", why: "" };

/// Northwind's differences: the field that a version is known by.
fn known_by(field: &str) -> Files {
    own_850(&format!("fields:\n  ext:\n    {field}: REF[01=ZZ].02\n"))
}

async fn force(rig: &Rig, version: i64) -> Revision {
    let by = By { who: "bob", why: "by the test" };
    versions::publish(&rig.hub, rig.acme, OWN_850, version, by, true).await.unwrap()
}

/// The name and hash of the mapping that stands for northwind's 850.
async fn standing(rig: &Rig, tenant: Tenant) -> Option<String> {
    let mut tx = rig.hub.store.read(tenant).await.unwrap();
    let library = rig.hub.library.standing(&mut tx, tenant).await.unwrap();
    tx.rollback().await.unwrap();
    library.named(OWN_850).map(|plan| plan.name().to_owned())
}

/// The mappings that read a document's sets.
async fn read_by(rig: &Rig, id: DocumentId) -> BTreeSet<String> {
    rig.messages_of(id).await.into_iter().map(|m| m.mapping.expect("a mapping")).collect()
}

/// Two of the batches that translate writes, and some more.
const SETS: usize = 150;

async fn what_was_begun_ends_with_what_it_began_with(mut rig: Rig) {
    force(&rig, rig.draft(&known_by("season")).await).await;
    let first = standing(&rig, rig.acme).await.expect("it stands");
    let second = rig.draft(&known_by("campaign")).await;
    // A worker stops within the second batch of the long document, until the other version is published.
    let (there, reached) = mpsc::channel();
    let (go_on, gate) = mpsc::channel::<()>();
    let (mapped, gate) = (AtomicUsize::new(0), Mutex::new(gate));
    let opened = Arc::new(AtomicUsize::new(0));
    let opens = opened.clone();
    rig.hub.probe = Probe::new(move |point, _| {
        if point == Point::Read {
            opens.fetch_add(1, Ordering::SeqCst);
        }
        if point == Point::Map && mapped.fetch_add(1, Ordering::SeqCst) == 70 {
            there.send(()).unwrap();
            // What else waits on this thread goes on meanwhile: it may hold the store's one writer.
            let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
            tokio::task::block_in_place(|| gate.recv_timeout(PATIENCE)).unwrap();
        }
    });
    let numbers: Vec<String> = (0..SETS).map(|n| format!("PO-{n}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let long = rig.bring("north-edi", "long.edi", orders(1, &numbers).as_bytes()).await;
    rig.start(1, 1).await;
    tokio::task::spawn_blocking(move || reached.recv_timeout(PATIENCE).unwrap()).await.unwrap();
    // The worker is told to stop: it ends when that batch is written, and who takes its work up begins from the store.
    let hub = rig.hub.clone();
    let acme = rig.acme;
    let publish = async move {
        let by = By { who: "bob", why: "by the test" };
        versions::publish(&hub, acme, OWN_850, second, by, true).await.unwrap();
        go_on.send(()).unwrap();
    };
    tokio::join!(rig.halt(), publish);
    let later = rig.bring("north-edi", "later.edi", orders(2, &["PO-LATER"]).as_bytes()).await;
    rig.start(1, 1).await;
    rig.quiet().await;
    rig.halt().await;
    assert_eq!(rig.messages_of(long).await.len(), SETS);
    assert!(opened.load(Ordering::SeqCst) > 2, "the long one was cut short and taken up again");
    assert_eq!(read_by(&rig, long).await, BTreeSet::from([first.clone()]), "all of it by one version");
    let now = standing(&rig, rig.acme).await.expect("it stands");
    assert_ne!(now, first);
    assert_eq!(read_by(&rig, later).await, BTreeSet::from([now]));
}

async fn a_version_is_published_when_it_was_reviewed_and_replayed(rig: Rig) {
    let (hub, acme) = (&rig.hub, rig.acme);
    let version = rig.draft(&known_by("season")).await;
    assert_eq!(standing(&rig, acme).await, None, "a draft reads nothing");
    let same = versions::draft(hub, acme, &known_by("season"), ANN).await.unwrap_err();
    assert!(same.to_string().contains("northwind/850-order@1 already, which is draft"), "{same}");
    let refused = versions::publish(hub, acme, OWN_850, version, BOB, false).await.unwrap_err();
    assert!(matches!(&refused, VersionError::Refused(why) if why.contains("is a draft")), "{refused}");
    let row = versions::review(hub, acme, OWN_850, version, BOB).await.unwrap();
    assert_eq!((row.author.as_str(), row.reviewed_by.as_deref()), ("ann", Some("bob")));
    let refused = versions::publish(hub, acme, OWN_850, version, BOB, false).await.unwrap_err();
    assert!(matches!(&refused, VersionError::Refused(why) if why.contains("was not replayed")), "{refused}");
    let refused = versions::publish(hub, acme, OWN_850, version, BOB, true).await.unwrap_err();
    assert!(matches!(&refused, VersionError::Invalid(why) if why.contains("needs a reason")), "{refused}");
    assert_eq!(standing(&rig, acme).await, None, "and nothing was published");
    let published = force(&rig, version).await;
    assert_eq!((published.revision, published.how.as_str()), (1, "forced"));
    assert!(standing(&rig, acme).await.is_some());
    // The journal says who, why, and that it was forced.
    let said = |what: &str| {
        let like = format!("%{what}%");
        format!(
            "select count(*) from document_steps where stage = 'mapping' and state = 'published' and cast(cause as text) like '{like}'"
        )
    };
    for what in ["mapping/forced", "by the test", "bob", OWN_850] {
        assert_eq!(rig.place.number(&said(what)).await, 1, "{what}");
    }
    for state in ["draft", "reviewed"] {
        let steps = format!("select count(*) from document_steps where stage = 'mapping' and state = '{state}'");
        assert_eq!(rig.place.number(&steps).await, 1, "{state}");
    }
    let again = versions::publish(hub, acme, OWN_850, version, BOB, false).await.unwrap_err();
    assert!(again.to_string().contains("is published already"), "{again}");
}

async fn a_step_back_is_one_step(rig: Rig) {
    let (hub, acme) = (&rig.hub, rig.acme);
    let none = versions::roll_back(hub, acme, OWN_850, None, BOB).await.unwrap_err();
    assert!(matches!(none, VersionError::NotFound(_)), "{none}");
    let mut stood = vec![standing(&rig, acme).await];
    for field in ["season", "campaign", "promotion"] {
        force(&rig, rig.draft(&known_by(field)).await).await;
        stood.push(standing(&rig, acme).await);
    }
    assert_eq!(stood.iter().collect::<BTreeSet<_>>().len(), 4, "{stood:?}");
    // Each step leads one further down, and not back to where the last one came from.
    for expected in stood.iter().rev().skip(1) {
        let back = versions::roll_back(hub, acme, OWN_850, None, ANN).await.unwrap();
        assert_eq!(back.how, "rolled_back");
        assert_eq!(standing(&rig, acme).await, *expected);
    }
    let end = versions::roll_back(hub, acme, OWN_850, None, ANN).await.unwrap_err();
    assert!(end.to_string().contains("nothing is below it"), "{end}");
    // And to any that was published once.
    let back = versions::roll_back(hub, acme, OWN_850, Some(2), ANN).await.unwrap();
    assert_eq!((back.version, back.was), (Some(2), None));
    assert_eq!(standing(&rig, acme).await, stood[2]);
    let never = rig.draft(&known_by("never")).await;
    let refused = versions::roll_back(hub, acme, OWN_850, Some(never), ANN).await.unwrap_err();
    assert!(refused.to_string().contains("was never published"), "{refused}");
}

async fn of_two_who_publish_at_once_one_is_told(rig: Rig) {
    let (hub, acme) = (&rig.hub, rig.acme);
    let (one, two) = (rig.draft(&known_by("season")).await, rig.draft(&known_by("campaign")).await);
    let by = |who| By { who, why: "at once" };
    let both = tokio::join!(
        versions::publish(hub, acme, OWN_850, one, by("cy"), true),
        versions::publish(hub, acme, OWN_850, two, by("dee"), true),
    );
    let mut tx = hub.store.read(acme).await.unwrap();
    let history = mapping_versions::history(&mut tx, acme, Some(OWN_850)).await.unwrap();
    tx.rollback().await.unwrap();
    match both {
        // One after the other: the later one knew of the first.
        (Ok(_), Ok(_)) => assert_eq!(history.len(), 2),
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => {
            assert_eq!(history.len(), 1);
            let told = format!("{} made {OWN_850}@{} stand", won.who, won.version.unwrap());
            assert!(matches!(&lost, VersionError::Refused(why) if why.contains(&told)), "{lost}");
        }
        (Err(one), Err(two)) => panic!("{one}; {two}"),
    }
}

async fn a_fault_is_told_and_nothing_kept(rig: Rig) {
    let (hub, acme) = (&rig.hub, rig.acme);
    let mut files = known_by("season");
    files.get_mut("mapping.yaml").unwrap().push_str("  numbr: BEG03\n");
    let faulty = versions::draft(hub, acme, &files, ANN).await.unwrap_err();
    let VersionError::Faulty(faults) = &faulty else { panic!("{faulty}") };
    let told: Vec<(&str, u32, u32)> = faults.iter().map(|f| (f.file.as_str(), f.line, f.column)).collect();
    assert_eq!(told, [("mapping.yaml", 7, 3)], "{faulty}");
    assert!(faulty.to_string().contains("number"), "the nearest known name: {faulty}");
    for (files, word) in [
        (Files::new(), "`mapping.yaml` is not among the files"),
        (Files::from([("../mapping.yaml".into(), String::new())]), "no path below"),
        (Files::from([("mapping.yaml".into(), "from: x12 004010 850\n".into())]), "names no mapping"),
    ] {
        let invalid = versions::draft(hub, acme, &files, ANN).await.unwrap_err();
        assert!(matches!(&invalid, VersionError::Invalid(why) if why.contains(word)), "{invalid}");
    }
    let no_reason = versions::draft(hub, acme, &known_by("season"), BOB).await.unwrap_err();
    assert!(no_reason.to_string().contains("needs a reason"), "{no_reason}");
    assert_eq!(rig.place.number("select count(*) from mapping_versions").await, 0);
}

async fn tenants_have_versions_of_their_own(rig: Rig) {
    force(&rig, rig.draft(&known_by("season")).await).await;
    assert!(standing(&rig, rig.acme).await.is_some());
    assert_eq!(standing(&rig, rig.globex).await, None);
    let missing = versions::publish(&rig.hub, rig.globex, OWN_850, 1, BOB, false).await.unwrap_err();
    assert!(matches!(missing, VersionError::NotFound(_)), "{missing}");
    // The same name with other files is another version 1.
    let version = versions::draft(&rig.hub, rig.globex, &known_by("theirs"), ANN).await.unwrap().version;
    assert_eq!(version, 1);
    let by = By { who: "eve", why: "theirs" };
    versions::publish(&rig.hub, rig.globex, OWN_850, 1, by, true).await.unwrap();
    let (ours, theirs) = (standing(&rig, rig.acme).await, standing(&rig, rig.globex).await);
    assert!(ours.is_some() && theirs.is_some() && ours != theirs, "{ours:?} {theirs:?}");
}
