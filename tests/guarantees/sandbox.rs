//! `test_indicator: sandbox`: test interchanges are taken in anew by another connection, once, and nothing of them is worked
//! or answered where they came in.

use crate::{
    rig::{ACME, Backing, NORTHWIND, Rig, connection, on_both},
    x12::orders,
};
use crossdock::{
    canonical::{ClaimCheck, DocumentId, Stage, Tenant},
    config::Settings,
    insight::audit::audit,
    store::{
        deliveries,
        interchanges::{self, InterchangeRow},
        now, outbox,
    },
    tenancy::Directory,
};

on_both![
    by_another_tenant,
    by_another_partner,
    taken_once_whatever_dies_in_between,
    of_edifact,
    a_long_one,
    a_test_leaves_no_gap
];

const TEST_TENANT: &str = "
tenant: acmetest
sandbox_of: acme
identities: [x12/ZZ/ACMEDIST]
data: [items.csv, prices.csv, stock.csv]
";
const TEST_PARTNER: &str = "
tenant: acmetest
partner: northwind
identities: [x12/ZZ/NORTHWIND]
price_list: standard
connections:
  - { name: test-edi, transport: http, key: test-edi-key-0123456789 }
  - { name: test-drop, transport: folder, path: north-test }
agreement: { acknowledge: '997' }
answers: [{ event: order.confirmed, as: x12 004010 855, by: test-drop }]
";

fn north() -> String {
    let agreed = "agreement: { acknowledge: '997', ta1: always, test_indicator: sandbox, sandbox: test-edi }";
    NORTHWIND.replace("agreement: { acknowledge: '997' }", agreed)
}

fn test_orders(control: u32, numbers: &[&str]) -> String {
    orders(control, numbers).replace("*0*P*", "*0*T*")
}

async fn with_test_tenant(backing: Backing) -> Rig {
    Rig::with(backing, &[ACME, &north(), TEST_TENANT, TEST_PARTNER], Settings::default()).await
}

/// The document that an interchange became in its sandbox.
async fn there(rig: &Rig, document: DocumentId, interchange: u32) -> (DocumentId, bool) {
    let mut facts = rig.facts("test-edi", "x");
    facts.transport_id = Some(format!("sandbox/{document}/{interchange}"));
    let receipt = rig.hub.intake.take(&b"not the bytes"[..], facts).await.unwrap();
    (receipt.document(), receipt.repeated())
}

async fn interchanges_of(rig: &Rig, document: DocumentId) -> Vec<InterchangeRow> {
    let mut tx = rig.hub.store.read(rig.acme).await.unwrap();
    let rows = interchanges::of_document(&mut tx, rig.acme, document).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}

/// The acknowledgements of a document.
async fn answers(rig: &Rig, tenant: Tenant, document: DocumentId) -> Vec<String> {
    let mut tx = rig.hub.store.read(tenant).await.unwrap();
    let written = deliveries::acknowledgements(&mut tx, tenant, &[document]).await.unwrap();
    tx.rollback().await.unwrap();
    written.into_iter().map(|d| String::from_utf8(d.content.expect("its bytes")).unwrap()).collect()
}

async fn count(rig: &Rig, what: &str, tenant: Tenant) -> i64 {
    rig.place.number(&format!("select count(*) from {what} and tenant = {}", rig.place.id(tenant.0))).await
}

async fn all_is_well(rig: &Rig) {
    let found = audit(&rig.hub.store, &rig.hub.directory, None, now()).await.unwrap();
    assert_eq!(found.missing, []);
}

async fn by_another_tenant(backing: Backing) {
    let mut rig = with_test_tenant(backing).await;
    let test = Tenant::named("acmetest");
    rig.start(2, 2).await;
    // A test, and behind it one that is none.
    let text = test_orders(1, &["PO-1", "PO-2"]) + &orders(2, &["PO-3"]);
    let document = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    rig.stand("PO-3", &["applied"]).await;
    rig.quiet().await;
    let row = rig.document(document).await;
    assert_eq!((row.state.as_str(), row.cause, row.sets), ("translated", None, Some(1)));
    let rows = interchanges_of(&rig, document).await;
    let ends: Vec<_> = rows.iter().map(|row| row.ends.as_deref().unwrap()).collect();
    assert_eq!(ends, ["sandbox", "translated"]);
    let cause = rows[0].cause.clone().unwrap();
    assert_eq!((&cause["code"], &cause["decided_by"]["value"]), (&"sandbox/taken".into(), &"sandbox".into()));
    let (taken, repeated) = there(&rig, document, 0).await;
    assert!(repeated, "it was taken in");
    assert!(!cause.to_string().contains(&taken.to_string()), "another tenant's id is not told: {cause}");
    // Nothing of it here.
    assert_eq!(count(&rig, "messages where number in ('PO-1', 'PO-2')", rig.acme).await, 0);
    assert_eq!(count(&rig, "events where kind = 'order.confirmed'", rig.acme).await, 1);
    let here = answers(&rig, rig.acme, document).await;
    assert!(
        here.iter().all(|answer| !answer.contains("AK1*PO*1~")
            && !answer.contains("TA1*000000001*")
            && answer.contains("*0*P*")),
        "{here:?}"
    );
    assert_eq!(here.len(), 2, "a TA1 and a 997 of the other interchange: {here:?}");
    // All of it there, and its answers are tests.
    assert_eq!(count(&rig, "messages where number in ('PO-1', 'PO-2') and state = 'applied'", test).await, 2);
    let reserved =
        format!("select cast(sum(reserved) as bigint) / 10000 from stock where tenant = {}", rig.place.id(test.0));
    assert_eq!(rig.place.number(&reserved).await, 2);
    let answered = answers(&rig, test, taken).await;
    assert_eq!(answered.len(), 1, "{answered:?}");
    assert!(answered[0].contains("*0*T*") && answered[0].contains("AK1*PO*1~"), "{answered:?}");
    assert_eq!(count(&rig, "deliveries where kind = 'document' and target like '%test-drop%'", test).await, 2);
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn by_another_partner(backing: Backing) {
    let partner = "
tenant: acme
partner: northtest
for_tests: true
identities: [x12/ZZ/NORTHTEST]
price_list: standard
connections:
  - { name: test-edi, transport: http, key: test-edi-key-0123456789 }
  - { name: test-drop, transport: folder, path: north-test }
agreement: { acknowledge: '997' }
answers: [{ event: order.confirmed, as: x12 004010 855, by: test-drop }]
";
    let mut rig = Rig::with(backing, &[ACME, &north(), partner], Settings::default()).await;
    rig.start(2, 2).await;
    let document = rig.bring("north-edi", "a.edi", test_orders(1, &["PO-1"]).as_bytes()).await;
    rig.stand("PO-1", &["applied"]).await;
    rig.quiet().await;
    let message = rig.messages("PO-1").await.remove(0);
    let theirs = rig.hub.directory.connection("test-edi").unwrap().partner;
    assert_eq!((message.partner, theirs.is_some()), (theirs, true), "by the connection, whatever the envelope says");
    let rows = interchanges_of(&rig, document).await;
    let cause = rows[0].cause.clone().unwrap();
    assert_eq!(cause["as"], message.document.to_string(), "in the same tenant it is told");
    assert!(answers(&rig, rig.acme, document).await.is_empty());
    let answered = answers(&rig, rig.acme, message.document).await;
    assert!(answered.len() == 1 && answered[0].contains("*0*T*"), "{answered:?}");
    // What is no test is worked as ever, and so is what the sandbox itself is sent.
    rig.bring("north-edi", "b.edi", orders(2, &["PO-2"]).as_bytes()).await;
    rig.bring("test-edi", "c.edi", test_orders(3, &["PO-3"]).as_bytes()).await;
    rig.stand("PO-2", &["applied"]).await;
    rig.stand("PO-3", &["applied"]).await;
    assert_eq!(rig.messages("PO-2").await[0].partner, Some(rig.northwind));
    rig.halt().await;
    all_is_well(&rig).await;
}

async fn taken_once_whatever_dies_in_between(backing: Backing) {
    let mut rig = with_test_tenant(backing).await;
    let test = Tenant::named("acmetest");
    let text = test_orders(1, &["PO-1"]);
    let document = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    // As a process leaves it that died when the sandbox had it and nothing was written here.
    let mut facts = rig.facts("test-edi", "a.edi");
    facts.transport_id = Some(format!("sandbox/{document}/0"));
    let before = rig.hub.intake.take(text.as_bytes(), facts).await.unwrap().document();
    rig.start(1, 1).await;
    rig.quiet().await;
    assert_eq!(rig.document(document).await.state, "translated");
    // As one that died behind the commit, and whose claim check comes again.
    let again =
        format!("update documents set state = 'received', sets_done = 0 where id = {}", rig.place.id(document.0));
    rig.place.sql(&again).await.unwrap();
    let mut tx = rig.hub.store.begin(rig.acme).await.unwrap();
    let claim = ClaimCheck::new(rig.acme, Stage::Translate, vec![connection("north-edi").0]);
    outbox::push(&mut tx, &[outbox::Row::at_once(claim, now())]).await.unwrap();
    tx.commit().await.unwrap();
    rig.quiet().await;
    assert_eq!(rig.document(document).await.state, "translated");
    assert_eq!(there(&rig, document, 0).await, (before, true));
    assert_eq!(count(&rig, "documents where 1 = 1", test).await, 1);
    assert_eq!(count(&rig, "messages where state = 'applied'", test).await, 1);
    // The same content once more is a duplicate here already.
    let copy = rig.bring("north-edi", "b.edi", text.as_bytes()).await;
    rig.quiet().await;
    assert_eq!(rig.document(copy).await.state, "duplicate");
    assert_eq!(count(&rig, "documents where 1 = 1", test).await, 1);
    rig.halt().await;
    all_is_well(&rig).await;
}

/// What a sandbox took in came all the same, in its turn or out of it, alone or several at once: what follows leaves no
/// gap, and what is missing is told without it.
async fn a_test_leaves_no_gap(backing: Backing) {
    let north = north().replace("test_indicator", "out_of_sequence: { gap: reject, behind: reject }, test_indicator");
    let mut rig = Rig::with(backing, &[ACME, &north, TEST_TENANT, TEST_PARTNER], Settings::default()).await;
    rig.start(1, 1).await;
    let order = |control: u32, kind: char| match kind {
        'T' => test_orders(control, &[&format!("PO-{control}")]),
        _ => orders(control, &[&format!("PO-{control}-{kind}")]),
    };
    for (name, numbers, ends, says) in [
        ("a", &[(401, 'P')][..], &["translated"][..], ""),
        ("b", &[(402, 'T')], &["sandbox"], ""),
        ("c", &[(403, 'P')], &["translated"], ""),
        ("d", &[(404, 'P')], &["translated"], ""),
        ("e", &[(405, 'T'), (406, 'T')], &["sandbox", "sandbox"], ""),
        ("f", &[(407, 'P')], &["translated"], ""),
        // Out of its turn, and 408 behind it; 409 does not come again.
        ("g", &[(409, 'T')], &["sandbox"], ""),
        ("h", &[(410, 'P')], &["rejected"], "1 number between is missing"),
        ("i", &[(408, 'P')], &["translated"], ""),
        ("j", &[(410, 'P')], &["translated"], ""),
        // With a test in one file, before it and behind it; the number of one that was worked long ago.
        ("k", &[(412, 'P'), (411, 'T')], &["translated", "sandbox"], ""),
        ("l", &[(401, 'T')], &["sandbox"], ""),
        ("m", &[(413, 'P')], &["translated"], ""),
    ] {
        let text: String = numbers.iter().map(|(control, kind)| order(*control, *kind)).collect();
        let document = rig.bring("north-edi", &format!("{name}.edi"), text.as_bytes()).await;
        rig.quiet().await;
        let rows = interchanges_of(&rig, document).await;
        let ended: Vec<_> = rows.iter().map(|row| row.ends.as_deref().unwrap_or_default()).collect();
        assert_eq!(ended, ends, "{name}: {rows:?}");
        let told = rows[0].cause.clone().filter(|cause| cause["code"] != "sandbox/taken");
        let told = told.map(|cause| cause["sentence"].to_string()).unwrap_or_default();
        assert!(told.contains(says) && told.is_empty() == says.is_empty(), "{name}: {told}");
    }
    rig.halt().await;
    all_is_well(&rig).await;
}

/// UNB 0035 = 1, with its UNA: the delimiters go along.
async fn of_edifact(backing: Backing) {
    let identities = |text: &str, own: &str| text.replace("identities: [", &format!("identities: [edifact/14/{own}, "));
    let (acme, test) = (identities(ACME, "4000002000004"), identities(TEST_TENANT, "4000002000004"));
    let agreed = "agreement: { contrl: always, test_indicator: sandbox, sandbox: test-edi }";
    let north = identities(NORTHWIND, "4012345000009").replace("agreement: { acknowledge: '997' }", agreed);
    let partner = identities(TEST_PARTNER, "4012345000009").replace("acknowledge: '997'", "contrl: always");
    let mut rig = Rig::with(backing, &[&acme, &north, &test, &partner], Settings::default()).await;
    let test = Tenant::named("acmetest");
    rig.start(1, 1).await;
    let text = "UNA;*.? 'UNB*UNOC;3*4012345000009;14*4000002000004;14*261102;0915*7******1'\nUNH*1*ORDERS;D;96A;UN;EAN008'\n\
        BGM*220*E-1*9'\nDTM*137;20261102;102'\nNAD*BY*4012345000009;;9'\nCUX*2;USD;9'\nLIN*1'\nPIA*5*PLENTY-1;SA'\n\
        QTY*21;4;PCE'\nPRI*AAA;2.50'\nUNS*S'\nCNT*2;1'\nUNT*12*1'\nUNZ*1*7'\n";
    let document = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    rig.quiet().await;
    assert_eq!(interchanges_of(&rig, document).await[0].ends.as_deref(), Some("sandbox"));
    assert!(answers(&rig, rig.acme, document).await.is_empty());
    assert_eq!(count(&rig, "messages where number = 'E-1' and state = 'applied'", test).await, 1);
    let (taken, _) = there(&rig, document, 0).await;
    let answered = answers(&rig, test, taken).await;
    assert!(answered.len() == 1 && answered[0].contains("CONTRL") && answered[0].contains("++++++1'"), "{answered:?}");
    rig.halt().await;
    all_is_well(&rig).await;
}

/// Its bytes go over a stretch at a time.
async fn a_long_one(backing: Backing) {
    let mut rig = with_test_tenant(backing).await;
    let test = Tenant::named("acmetest");
    rig.start(1, 1).await;
    let text = test_orders(1, &["PO-1"]).replace("GE*1*1~\n", &format!("GE*1*1~{}\n", "\n".repeat(2_500_000)));
    let document = rig.bring("north-edi", "a.edi", text.as_bytes()).await;
    rig.quiet().await;
    let (taken, _) = there(&rig, document, 0).await;
    let size = format!("select size from documents where id = {}", rig.place.id(taken.0));
    let whole = text.trim_end().len() as i64;
    assert!((whole..=whole + 1).contains(&rig.place.number(&size).await), "all of its bytes");
    assert_eq!(count(&rig, "messages where state = 'applied'", test).await, 1);
    rig.halt().await;
}

/// South trades in earnest: whatever other files name its connection, what comes there is whose its envelope says, and what
/// goes out is no test.
#[test]
fn one_partners_file_changes_no_others() {
    let south = "
tenant: acme
partner: south
identities: [x12/ZZ/SOUTH]
connections: [{ name: south-drop, transport: folder, path: south }]
";
    let compiled = |north: &str, south: &str| {
        let files = [ACME, north, south];
        let files: Vec<(String, String)> =
            files.iter().enumerate().map(|(n, text)| (format!("{n}.yaml"), (*text).to_owned())).collect();
        Directory::compile(&files, &|_| None)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    let for_tests = south.replace("partner: south", "partner: south\nfor_tests: true");
    let named = |agreed: &str| NORTHWIND.replace("acknowledge: '997'", &format!("acknowledge: '997', {agreed}"));
    // Named in passing: it takes nothing in, and that is told where it stands, whosever it is.
    for south in [south, for_tests.as_str()] {
        let told = compiled(&named("sandbox: south-drop"), south).map(drop).unwrap_err();
        assert!(told.starts_with("1.yaml:") && told.contains("`sandbox` takes nothing in without"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    // Named in earnest: only south's own file can say that it is for tests.
    let north = named("test_indicator: sandbox, sandbox: south-drop");
    let told = compiled(&north, south).map(drop).unwrap_err();
    assert!(told.starts_with("1.yaml:") && told.contains("its file must say `for_tests: true`"), "{told}");
    let directory = compiled(&north, &for_tests).unwrap_or_else(|told| panic!("{told}"));
    assert!(directory.takes_tests(directory.connection("south-drop").unwrap()));
    assert!(!directory.takes_tests(directory.connection("north-edi").unwrap()));
    // Named for all, and in force for nobody but one that takes tests itself: a name alone makes no sandbox.
    let acme = format!("{ACME}agreement: {{ sandbox: south-drop }}\n");
    let safe = "{ test_indicator: sandbox, sandbox: safe }";
    let north = NORTHWIND.replace("{ acknowledge: '997' }", safe);
    let (south, tests) = (format!("{south}agreement: {safe}\n"), for_tests.replace("south", "safe-tests"));
    let tests = tests.replace("safe-tests-drop", "safe").replace("x12/ZZ/SOUTH", "x12/ZZ/SAFE");
    let files = [("a", acme), ("n", north), ("s", south), ("t", tests)];
    let files: Vec<(String, String)> = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let directory = Directory::compile(&files, &|_| None).unwrap_or_else(|faults| panic!("{faults:?}"));
    let takes = |name: &str| directory.takes_tests(directory.connection(name).unwrap());
    assert_eq!((takes("south-drop"), takes("safe")), (false, true));
}

#[test]
fn a_sandbox_is_somebody_elses_and_says_so() {
    let silent = TEST_TENANT.replace("sandbox_of: acme\n", "");
    let of_another = TEST_TENANT.replace("sandbox_of: acme\n", "sandbox_of: globex\n");
    let of_itself = TEST_TENANT.replace("sandbox_of: acme\n", "sandbox_of: acmetest\n");
    let own = north().replace("sandbox: test-edi", "sandbox: north-edi");
    for (north, tenant, says) in [
        (north(), silent, "does not say `sandbox_of: acme`"),
        (north(), of_another, "no file describes the tenant that `sandbox_of` names"),
        (north(), of_itself, "a tenant is no sandbox of its own"),
        (own, TEST_TENANT.to_owned(), "`north-edi` keeps no tests apart"),
    ] {
        let files = [ACME, &north, &tenant, TEST_PARTNER];
        let files: Vec<(String, String)> =
            files.iter().enumerate().map(|(n, text)| (format!("{n}.yaml"), (*text).to_owned())).collect();
        let Err(faults) = Directory::compile(&files, &|_| None) else { panic!("nobody said: {says}") };
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|fault| fault.contains(says)), "{told:?} should say {says}");
        assert!(faults.iter().all(|fault| fault.line > 1), "each has its place: {told:?}");
    }
}
