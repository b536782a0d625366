//! The commands that ask: a running hub by its address and key, or the store that a killed one left.

use crate::{
    call::{Called, Folder, call, command, run},
    documents::{ORDER, faulty},
    hub::wait::wait_blocking,
};
use crossdock::{
    canonical::Tenant,
    store::{self, interchanges},
};
use serde_json::{Value, json};
use std::{
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(60);

const ACME: &str = "tenant: acme
identities: [x12/ZZ/ACMEDIST]
data: [data/items.csv, data/prices.csv, data/stock.csv]
endpoints:
  - { name: shop, url: 'http://127.0.0.1:1/', secret: geheim, events: [order.confirmed], allow_private_addresses: true, retry_ms: [20], budget_ms: 60, timeout_ms: 500 }
";
const NORTHWIND: &str = "tenant: acme
partner: northwind
identities: [x12/ZZ/NORTHWIND]
price_list: standard
connections: [{ name: northwind-drop, transport: folder, path: drop/northwind, settle_ms: 1 }]
agreement: { acknowledge: '997' }
answers: [{ event: order.confirmed, as: x12 004010 855, by: northwind-drop }]
";

/// Files of a hub with two tenants.
pub fn files() -> Folder {
    let folder = Folder::new();
    folder.write("connectors/tenants/acme.yaml", ACME);
    folder.write("connectors/tenants/globex.yaml", "tenant: globex\nidentities: [x12/ZZ/GLOBEX]\n");
    folder.write("connectors/resellers/northwind.yaml", NORTHWIND);
    folder.write("data/items.csv", "sku,description,unit\nBOLT-M8,Bolt M8,EA\n");
    folder.write("data/prices.csv", "list,sku,amount,currency\nstandard,BOLT-M8,4.20,USD\n");
    folder.write("data/stock.csv", "sku,on_hand\nBOLT-M8,100\n");
    folder
}

/// A hub's process; killed with its value.
pub struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Folder) -> Serving {
    serve_with(folder, &[])
}

/// Starts a hub with variables, and waits until it can be asked.
pub fn serve_with(folder: &Folder, variables: &[(&str, &str)]) -> Serving {
    let hub = folder.path().join("crossdock-data/hub.json");
    let _ = std::fs::remove_file(&hub);
    let log = std::fs::File::create(folder.path().join("serve.log")).unwrap();
    let mut serve = command(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]).envs(variables.iter().copied()).stderr(log);
    let mut child = Serving(serve.spawn().unwrap());
    wait_blocking(PATIENCE, "the hub's address", || {
        let log = || std::fs::read_to_string(folder.path().join("serve.log")).unwrap();
        assert!(child.0.try_wait().unwrap().is_none(), "the hub ended: {}", log());
        hub.exists()
    });
    child
}

/// A document into the partner's folder, complete at once.
pub fn drop_in(folder: &Path, name: &str, text: &str) {
    let target = folder.join("drop/northwind/in");
    std::fs::create_dir_all(&target).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
    std::fs::rename(folder.join(name), target.join(name)).unwrap();
}

pub fn order(control: &str, number: &str) -> String {
    ORDER.replace("000000001", control).replace("PO123", number)
}

pub fn ok(called: Called) -> Called {
    assert_eq!(called.code, 0, "{called:?}");
    called
}

/// Waits for a document of a state and gives it.
pub fn ended(folder: &Path, name: &str, state: &str) -> Value {
    let mut found = Value::Null;
    wait_blocking(PATIENCE, &format!("{name} to be {state}"), || {
        let listed = ok(call(folder, &format!("documents list --state {state} --find {name} --json"))).json();
        found = listed.into_iter().find(|d| d["name"] == name).unwrap_or_default();
        !found.is_null()
    });
    found
}

pub fn messages(folder: &Path, document: &Value, state: &str) -> Vec<Value> {
    let mut found = Vec::new();
    wait_blocking(PATIENCE, &format!("a message to be {state}"), || {
        let mut whole =
            ok(call(folder, &format!("documents show {} --json", document["id"].as_str().unwrap()))).json().remove(0);
        let Value::Array(all) = whole["messages"].take() else { panic!("{whole}") };
        found = all.into_iter().filter(|m| m["state"] == state).collect();
        !found.is_empty()
    });
    found
}

#[test]
fn coverage_looks_at_what_the_hub_keeps() {
    let folder = files();
    let serving = serve(&folder);
    let none = call(folder.path(), "mapping coverage --last 9");
    assert!(none.code == 2 && none.err.contains("nothing was looked at"), "{none:?}");
    drop_in(
        folder.path(),
        "one.edi",
        &order("000000001", "PO-1").replace("~\nPO1", "~\nCSH*SC~\nPO1").replace("SE*5", "SE*6"),
    );
    drop_in(folder.path(), "two.edi", &order("000000002", "PO-2"));
    ended(folder.path(), "one.edi", "translated");
    ended(folder.path(), "two.edi", "translated");
    let told = ok(call(folder.path(), "mapping coverage --last 9 --partner northwind --json")).json().remove(0);
    assert_eq!(told["sets"], 2, "{told}");
    let fob = told["unread"].as_array().unwrap().iter().find(|one| one["path"] == "CSH01").unwrap();
    assert_eq!((&fob["value"], &fob["first"]), (&"SC".into(), &"CSH01 in one.edi".into()), "{told}");
    let other = call(folder.path(), "mapping coverage --last 9 --partner nortwind --tenant acme");
    assert!(other.code == 2 && other.err.contains("no partner `nortwind`; nearest northwind"), "{other:?}");
    drop(serving);
    let table = ok(call(folder.path(), "mapping coverage --last 1 --mapping x12/4010/850-order --tenant acme"));
    assert!(table.out.contains("1 set, ") && table.out.contains("NO DOCUMENT SAYS"), "{}", table.out);
}

#[test]
fn a_hub_is_asked_while_it_runs_and_its_store_when_it_was_killed() {
    let folder = files();
    let at = folder.path();
    let mut hub = serve(&folder);
    drop_in(at, "good.edi", &order("000000001", "PO-1"));
    drop_in(at, "bad.edi", &faulty().replace("000000001", "000000002").replace("PO123", "PO-2"));
    drop_in(at, "unit.edi", &order("000000003", "PO-3").replace("*EA*", "*Q9*"));
    drop_in(at, "stranger.edi", &order("000000004", "PO-4").replace("NORTHWIND", "STRANGERS"));
    let good = ended(at, "good.edi", "translated");
    let (bad, unit) = (ended(at, "bad.edi", "translated"), ended(at, "unit.edi", "translated"));
    let stranger = ended(at, "stranger.edi", "unassigned");

    // Found by what people know of them.
    assert_eq!(
        (&good["tenant"], &good["partner"], &good["connection"]),
        (&"acme".into(), &"northwind".into(), &"northwind-drop".into())
    );
    for words in [
        "--number PO-1",
        "--control 000000001",
        "--find good",
        "--partner northwind --type 850 --number PO-1 --since 1h --tenant acme",
    ] {
        let found = ok(call(at, &format!("documents list {words} --json"))).json();
        assert_eq!((found.len(), &found[0]["id"]), (1, &good["id"]), "{words}");
    }
    assert!(ok(call(at, "documents list --until 2020-01-01 --json")).out.is_empty());
    assert_eq!(ok(call(at, "documents list --limit 1 --json")).json().len(), 1);
    assert_eq!(call(at, "documents list --tenant nobody").code, 2);

    // Its bytes, its story, its faults where they stand.
    let id = |document: &Value| document["id"].as_str().unwrap().to_owned();
    assert_eq!(ok(call(at, &format!("documents raw {}", id(&good)))).out, order("000000001", "PO-1"));
    messages(at, &bad, "rejected");
    let shown = ok(call(at, &format!("documents show {}", id(&bad))));
    assert!(shown.out.contains("PO1*1*ten*EA") && shown.out.contains("^^^ E0307"), "{}", shown.out);
    let letter = ok(call(at, &format!("documents letter {}", id(&bad))));
    assert!(letter.out.starts_with("1 fault in 850 0001, BEG03 PO-2"), "{}", letter.out);
    assert!(letter.out.contains("PO1*1*ten*EA") && letter.out.contains("To mend it: "), "{}", letter.out);
    messages(at, &good, "applied");
    let story = ok(call(at, "story PO-1 --json")).json().remove(0);
    assert_eq!((&story["tenant"], story["messages"].as_array().map(Vec::len)), (&"acme".into(), Some(1)));
    let told = ok(call(at, "story PO-1"));
    assert!(told.out.contains("order.confirmed") && told.out.contains("1 line in USD"), "{}", told.out);
    assert_eq!(call(at, "story PO-0").code, 2);
    // What the webhook says stands beside it.
    let shown = ok(call(at, &format!("documents show {} --json", id(&good)))).json().remove(0);
    let carried: Vec<&Value> = shown["deliveries"].as_array().unwrap().iter().map(|d| &d["event_type"]).collect();
    assert!(carried.contains(&&json!("order.confirmed")), "{carried:?}");
    let shown = ok(call(at, &format!("documents show {}", id(&good)))).out;
    assert!(shown.contains("EVENT") && shown.contains("order.confirmed"), "{shown}");
    // An order that its faults refused is found by its number too.
    let refused = ok(call(at, "story PO-2"));
    assert!(refused.out.contains("rejected") && refused.out.contains("PO102"), "{}", refused.out);

    // What was translated and did not go through is no success.
    let list = ok(call(at, "documents list --state refused")).out;
    assert!(list.contains(&id(&bad)) && list.contains("1 message refused"), "{list}");
    assert!(!list.contains("translated") && !list.contains(&id(&good)) && !list.contains(&id(&unit)), "{list}");

    // What is held goes on when its reference is there; the story says how.
    let held = messages(at, &unit, "held").remove(0);
    let list = ok(call(at, "documents list --state held")).out;
    assert!(list.contains(&id(&unit)) && list.contains("Held until"), "{list}");
    assert!(list.contains("crossdock reference add uom Q9 TARGET") && !list.contains("translated"), "{list}");
    let shown = ok(call(at, &format!("documents show {}", id(&unit)))).out;
    assert!(shown.contains("next      add it with `crossdock reference add uom Q9 TARGET`"), "{shown}");
    assert!(shown.contains("is not in the table uom") && shown.contains("PO103"), "{shown}");
    assert!(!shown.contains("fault, drawn below"), "what holds it is no fault of the partner's: {shown}");
    let dead = ok(call(at, "dead list")).err;
    assert!(dead.contains("1 document is held") && dead.contains("documents list --state held"), "{dead}");
    let next = ok(call(at, "story PO-3"));
    assert!(next.out.contains("crossdock reference add uom Q9 TARGET --tenant acme"), "{}", next.out);
    let several = call(at, "reference add uom Q9 EA");
    assert_eq!((several.code, several.err.trim()), (2, "error: say which tenant: --tenant acme or --tenant globex"));
    let unknown = call(at, "reference add nonsense Q9 EA --tenant acme");
    assert_eq!(unknown.code, 2, "{}{}", unknown.out, unknown.err);
    assert!(
        unknown.err.contains("`nonsense` is no table of any mapping") && unknown.err.contains("uom"),
        "{}",
        unknown.err
    );
    assert!(ok(call(at, "reference list")).out.contains("no cross-reference was added"));
    let added = ok(call(at, "reference add uom Q9 EA --tenant acme --json")).json().remove(0);
    assert_eq!(added["restarted"].as_array().map(Vec::len), Some(1));
    let applied = messages(at, &unit, "applied").remove(0);
    assert_eq!(
        (&applied["id"], applied["run"].as_i64()),
        (&added["restarted"][0], held["run"].as_i64().map(|r| r + 1))
    );

    let row = json!({"scheme": "uom", "value": "Q9", "target": "EA", "tenant": "acme"});
    assert_eq!(ok(call(at, "reference list uom --json")).json(), std::slice::from_ref(&row));
    let near = call(at, "reference remove uom Q99 --tenant acme");
    assert!(near.code == 2 && near.err.contains("nearest Q9"), "{near:?}");
    assert_eq!(ok(call(at, "reference remove uom Q9 --tenant acme --json")).json(), [row]);
    assert!(ok(call(at, "reference list --json")).out.is_empty());
    let added = ok(call(at, "reference add uom Q9 CT --tenant acme --partner northwind")).out;
    assert_eq!(added, "uom Q9 → CT for northwind; 0 held for it go on\n");
    let listed = ok(call(at, "reference list")).out;
    let row: Vec<&str> = listed.lines().last().unwrap_or_default().split_whitespace().collect();
    assert_eq!(row, ["uom", "Q9", "CT", "northwind", "acme"], "{listed}");
    let all = call(at, "reference remove uom Q9 --tenant acme");
    assert!(all.code == 2 && all.err.contains("for all partners; there is one for northwind"), "{all:?}");
    let gone = ok(call(at, "reference remove uom Q9 --tenant acme --partner northwind")).out;
    assert_eq!(gone, "uom Q9 → CT for northwind is taken away\n");

    // An endpoint that is down: by cause, tried first, then replayed.
    let mut groups = Vec::new();
    wait_blocking(PATIENCE, "two dead letters of one cause", || {
        groups = ok(call(at, "dead list --json")).json();
        groups.len() == 1 && groups[0]["count"] == 2
    });
    let cause = groups[0]["fingerprint"].as_str().unwrap().to_owned();
    let beginning: String = cause.chars().take(6).collect();
    assert_eq!(ok(call(at, &format!("dead show {beginning} --json"))).json().len(), 2);
    let sample = groups[0]["sample"].as_str().unwrap();
    assert!(ok(call(at, &format!("dead show {sample}"))).out.contains(&cause));
    for whole in [beginning.as_str(), sample] {
        let shown = ok(call(at, &format!("dead show {whole}"))).out;
        assert!(shown.contains("2 deliveries"), "show counts what list counts: {shown}");
        assert_eq!(shown.contains("the one that was asked for"), whole == sample, "{shown}");
    }
    let grouped = ok(call(at, &format!("dead replay {beginning} --dry-run"))).out;
    assert_eq!(grouped.matches("would replay").count(), 1, "by cause, not by letter: {grouped}");
    assert!(grouped.contains("would replay 2 deliveries"), "{grouped}");
    let dry = ok(call(at, &format!("dead replay {beginning} --dry-run --json")));
    assert_eq!(dry.json().len(), 2);
    assert_eq!(ok(call(at, "dead list --json")).json()[0]["count"], 2, "a dry run changed something");
    let replayed = ok(call(at, &format!("dead replay {beginning} --json"))).json();
    assert!(replayed.len() == 2 && replayed.iter().all(|r| r["error"].is_null()), "{replayed:?}");
    wait_blocking(PATIENCE, "both to be dead again", || {
        ok(call(at, "dead list --json")).json().first().is_some_and(|g| g["count"] == 2)
    });

    // The books balance, and the queues are taken from.
    let audit = ok(call(at, "audit --json")).json().remove(0);
    assert_eq!(
        (&audit["documents"]["total"], &audit["documents"]["unassigned"], &audit["missing"], &audit["ok"]),
        (&4.into(), &1.into(), &Value::Array(vec![]), &true.into())
    );
    assert!(ok(call(at, "audit")).out.contains("Nothing is missing."));
    assert_eq!(call(at, "audit --tenant nobody").code, 2);
    let queues = ok(call(at, "queues check --json")).json();
    let names: Vec<&str> = queues.iter().map(|q| q["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["translate", "translate later", "apply", "apply later", "deliver", "deliver later"]);

    // By address and key, and refused without one.
    let known: Value =
        serde_json::from_str(&std::fs::read_to_string(at.join("crossdock-data/hub.json")).unwrap()).unwrap();
    let away = Folder::new();
    let far = |key: &str| {
        run(command(away.path()).env("CROSSDOCK_URL", known["url"].as_str().unwrap()).env("CROSSDOCK_KEY", key).args([
            "documents",
            "list",
            "--json",
        ]))
    };
    assert_eq!(ok(far(known["keys"]["acme"].as_str().unwrap())).json().len(), 4);
    assert_eq!(ok(far(known["keys"]["globex"].as_str().unwrap())).json().len(), 0);
    let stranger_key = far("cdk_0");
    assert_eq!((stranger_key.code, stranger_key.err.contains("key")), (2, true), "{stranger_key:?}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(at.join("crossdock-data/hub.json")).unwrap().permissions().mode() & 0o777, 0o600);

    // Killed: the store answers the same, and takes what changes it, once the hub's lock is gone.
    let asked = ["documents list --json", "story PO-1 --json", "dead list --letters --json"];
    let by_hub = asked.map(|words| ok(call(at, words)).out);
    hub.0.kill().unwrap();
    hub.0.wait().unwrap();
    let by_store = asked.map(|words| ok(call(at, words)).out);
    assert_eq!(by_hub, by_store);
    assert_eq!(ok(call(at, &format!("documents raw {}", id(&good)))).out, order("000000001", "PO-1"));
    let given = call(at, &format!("documents give {} --to nortwind", id(&stranger)));
    assert!(given.code == 2 && given.err.contains("nearest northwind"), "{given:?}");
    ok(call(at, &format!("documents replay {} --why mended", id(&stranger))));
    assert_eq!(ended(at, "stranger.edi", "received")["id"], stranger["id"]);
    let rejected = messages(at, &bad, "rejected").remove(0);
    ok(call(at, &format!("messages cancel {} --why gone", rejected["id"].as_str().unwrap())));
    assert_eq!(messages(at, &bad, "cancelled").remove(0)["id"], rejected["id"]);
    let queues = call(at, "queues check");
    assert!(queues.code == 1 && queues.out.contains("no hub works on crossdock-data"), "{queues:?}");
    let again = call(at, &format!("messages cancel {}", rejected["id"].as_str().unwrap()));
    assert_eq!(again.code, 2, "{again:?}");
    skip_a_number(at);
    let found = call(at, "audit");
    assert!(found.code == 1 && found.out.contains("number_skipped"), "{found:?}");
}

/// Takes an outbound control number that no document carries.
fn skip_a_number(folder: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = store::Options {
            url: folder.join("crossdock-data/crossdock.db").display().to_string(),
            connections: 1,
            acquire: PATIENCE,
        };
        let store = store::open(&options).await.unwrap();
        let acme = Tenant::named("acme");
        let mut tx = store.begin(acme).await.unwrap();
        interchanges::take_control_numbers(&mut tx, acme, "northwind/isa", 1, 1).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
    });
}

#[test]
fn a_lock_that_another_holds_keeps_changes_out_and_reading_in() {
    let folder = files();
    let at = folder.path();
    let hub = serve(&folder);
    // Without its address nobody can ask it, and it holds the lock.
    std::fs::remove_file(at.join("crossdock-data/hub.json")).unwrap();
    assert_eq!(call(at, "documents list").code, 0);
    let change = call(at, "reference add uom X PK --tenant acme");
    assert!(change.code == 2 && change.err.contains("another hub works on"), "{change:?}");
    let second = run(command(at).args(["serve", "--listen", "127.0.0.1:0"]));
    assert!(second.code == 2 && second.err.contains("another hub works on"), "{second:?}");
    drop(hub);
    assert_eq!(call(at, "reference add uom X PK --tenant acme").code, 0);
}

/// A changed file says what will hold, and a hub works by what it was started with.
#[test]
fn what_the_running_hub_has_otherwise_than_the_files_is_told() {
    let folder = files();
    let at = folder.path();
    let stands = ok(call(at, "agreement show northwind --json"));
    assert_eq!(stands.err, "");
    let hub = serve(&folder);
    assert_eq!(ok(call(at, "agreement show northwind")).err, "");
    folder.write("connectors/hub.yaml", "agreement: { duplicates_days: 7 }\n");
    let shown = ok(call(at, "agreement show northwind"));
    let note = "still has duplicates_days 30: it is started anew to have 7";
    assert!(shown.err.contains(note) && shown.err.lines().count() == 1, "{shown:?}");
    drop(hub);
    assert_eq!(ok(call(at, "agreement show northwind")).err, "");
    // What is stated no more is told, too, where only what is stated is shown.
    let hub = serve(&folder);
    std::fs::remove_file(at.join("connectors/hub.yaml")).unwrap();
    let shown = ok(call(at, "agreement show northwind --stated"));
    assert!(shown.err.contains("still has duplicates_days 7: it is started anew to have 30"), "{shown:?}");
    assert!(!shown.out.contains("duplicates_days"), "{shown:?}");
    drop(hub);
}

#[test]
fn a_hub_ends_when_it_is_told_to() {
    let folder = files();
    let mut hub = serve(&folder);
    let told = std::process::Command::new("kill").args(["-TERM", &hub.0.id().to_string()]).status().unwrap();
    assert!(told.success());
    let mut code = None;
    wait_blocking(Duration::from_secs(10), "the hub to end", || {
        code = hub.0.try_wait().unwrap();
        code.is_some()
    });
    assert!(code.unwrap().success());
    assert!(!folder.path().join("crossdock-data/hub.json").exists());
}

#[test]
fn where_there_is_no_hub_and_no_store_it_is_said() {
    let folder = Folder::new();
    let called = call(folder.path(), "documents list");
    assert!(called.code == 2 && called.err.contains("there is no store in crossdock-data"), "{called:?}");
    let made = ok(call(folder.path(), "migrate"));
    assert!(made.out.contains("is up to date"));
    assert_eq!(ok(call(folder.path(), "documents list --json")).out, "");
    assert!(ok(call(folder.path(), "migrate --print-roles")).out.contains("create role crossdock_tenant"));
    let faulty = files();
    faulty.write("connectors/resellers/northwind.yaml", NORTHWIND.replace("tenant: acme", "tenant: acne"));
    let called = run(command(faulty.path()).args(["serve"]).stdout(Stdio::piped()));
    assert!(called.code == 2 && called.err.contains("northwind.yaml:1:"), "{called:?}");
}
