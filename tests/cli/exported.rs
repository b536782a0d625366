//! What a hub has, written as files: `plan` has nothing to do with them, whatever the store is.

use crate::{
    asking::{files, ok, serve_with},
    call::{Called, Folder, command, run},
    hub::services::{postgres::Postgres, rabbit::Rabbit},
};
use std::{collections::BTreeMap, path::Path};

const OWN: &str = "mapping: northwind/850-order
extends: x12/4010/850-order
claims: { partner: northwind }
tables: { season: season.csv }
fields:
  ext: { season: 'REF[01=19].02 | table(season)' }
";
const LIST: &str = "mapping: northwind/csv-orders
extends: csv/orders
claims: { partner: northwind }
";
const GLOBEX: &str = "mapping: other/850-order\nextends: x12/4010/850-order\nclaims: { partner: other }\n";
const GUIDE: &str = "extends: x12/004010/850\n";

/// Files with all that `plan` and `apply` take: a mapping with a table, one that is published over, a guide, the agreement
/// for everyone, what another tenant has, and secrets.
fn written() -> Folder {
    let folder = files();
    folder.write("mappings/partners/northwind/850/mapping.yaml", OWN);
    folder.write("mappings/partners/northwind/850/season.csv", "value,target\nSPRING,spring\n");
    folder.write("mappings/partners/northwind/list/mapping.yaml", LIST);
    folder.write("mappings/partners/other/850/mapping.yaml", GLOBEX);
    folder.write("mappings/guides/northwind-850.yaml", GUIDE);
    folder.write("connectors/everyone.yaml", "# for all\nagreement: { duplicates_days: 40 }\n");
    folder.write("connectors/resellers/other.yaml", "tenant: globex\npartner: other\nidentities: [x12/ZZ/OTHER]\n");
    let north = folder.path().join("connectors/resellers/northwind.yaml");
    let text = std::fs::read_to_string(&north).unwrap();
    let text = text.replace("{ acknowledge: '997' }", "{ acknowledge: '997', guides: [northwind-850.yaml] }");
    std::fs::write(
        north,
        text.replace(
            "settle_ms: 1 }]",
            "settle_ms: 1 }\n  , { name: northwind-http, transport: http, key: '${NORTH_KEY}' }]",
        ),
    )
    .unwrap();
    folder
}

/// All files below a folder.
fn all(root: &Path) -> BTreeMap<String, String> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(root).unwrap().display().to_string();
                    _ = found.insert(name, std::fs::read_to_string(&path).unwrap());
                }
            }
        }
    }
    found
}

fn goes_round(urls: &[(&str, &str)]) {
    let folder = written();
    let call = |words: &str| -> Called {
        let mut command = command(folder.path());
        command.envs(urls.iter().copied()).env("NORTH_KEY", "north-key-0123456789");
        run(command.args(words.split_whitespace()).args(["--tenant", "acme"]))
    };
    let with_key = [urls, &[("NORTH_KEY", "north-key-0123456789")]].concat();
    let hub = serve_with(&folder, &with_key);
    // One version stands in place of the hub's own file, and one of which it has none.
    folder.write("new/850/mapping.yaml", OWN.replace("season: 'REF", "time_of_year: 'REF"));
    folder.write("new/850/season.csv", "value,target\nSPRING,early\n");
    folder.write(
        "new/856/mapping.yaml",
        "mapping: northwind/856\nextends: x12/4010/856-despatch\nclaims: { partner: northwind }\n",
    );
    ok(call("mapping draft new --reason season"));
    for name in ["northwind/850-order", "northwind/856"] {
        ok(call(&format!("mapping publish {name} --force --reason now")));
    }
    let exported = ok(call("export out/mappings out/connectors"));
    let told = "out/connectors/tenants/acme.yaml: set SHOP_SECRET, which stands for a secret";
    assert!(exported.out.contains(told), "{exported:?}");
    let (mappings, connectors) = (all(&folder.path().join("out/mappings")), all(&folder.path().join("out/connectors")));
    let names: Vec<&str> = mappings.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "guides/northwind-850.yaml",
            "northwind/856/mapping.yaml",
            "partners/northwind/850/mapping.yaml",
            "partners/northwind/850/season.csv",
            "partners/northwind/list/mapping.yaml",
        ],
        "nothing that comes with the hub, and nothing of another tenant's"
    );
    assert_eq!(mappings["partners/northwind/850/season.csv"], "value,target\nSPRING,early\n", "as it was published");
    let names: Vec<&str> = connectors.keys().map(String::as_str).collect();
    assert_eq!(names, ["everyone.yaml", "resellers/northwind.yaml", "tenants/acme.yaml"]);
    let whole = connectors.values().map(String::as_str).collect::<String>();
    assert!(!whole.contains("geheim") && !whole.contains("north-key"), "{whole}");
    assert_eq!(connectors["everyone.yaml"], "# for all\nagreement: { duplicates_days: 40 }\n", "with its remarks");

    // A variable is wanted as by a start.
    let unset = call("plan out/mappings out/connectors");
    assert!(unset.code == 1 && unset.out.contains("acme.yaml:5:") && unset.out.contains("no SHOP_SECRET"), "{unset:?}");
    let plan = |words: &str| -> Called {
        let mut command = command(folder.path());
        command.envs(urls.iter().copied()).envs([("NORTH_KEY", "north-key-0123456789"), ("SHOP_SECRET", "geheim")]);
        run(command.args(words.split_whitespace()).args(["--tenant", "acme"]))
    };
    let nothing = ok(plan("plan out/mappings out/connectors"));
    assert!(nothing.out.contains("3 mappings, nothing to do\n"), "{nothing:?}");
    let last = "1 partner of acme in the files of connectors, which the hub reads when it starts\n";
    assert!(nothing.out.ends_with(last), "{nothing:?}");
    // What is there and says something else stays, but for what is published.
    folder.write("out/connectors/everyone.yaml", "agreement: { duplicates_days: 50 }\n");
    folder.write("out/mappings/northwind/856/mapping.yaml", "mapping: northwind/856\nextends: x12/4010/856-despatch\n");
    let again = call("export out/mappings out/connectors");
    let left = "out/connectors/everyone.yaml: left as it is, and says something else than the hub's own\n";
    assert!(again.code == 1 && again.out.contains(left) && !again.out.contains("tenants/acme.yaml"), "{again:?}");
    assert_eq!(all(&folder.path().join("out/mappings")), mappings);
    let differs = plan("plan out/mappings out/connectors");
    assert!(
        differs.code == 1 && differs.out.contains("duplicates_days 40 → 50 (out/connectors/everyone.yaml:1)"),
        "{differs:?}"
    );

    // The store and the files beside it tell the same once the hub is gone.
    drop(hub);
    ok(call("export later/mappings later/connectors"));
    assert_eq!(all(&folder.path().join("later/mappings")), mappings);
    assert_eq!(all(&folder.path().join("later/connectors")), connectors);
}

#[test]
fn what_is_exported_is_what_the_hub_has_on_sqlite() {
    goes_round(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_what_the_hub_has_on_postgresql() {
    let (database, vhost) = (Postgres::database().await, Rabbit::vhost().await);
    let urls = [("CROSSDOCK_DATABASE_URL", database.url().to_owned()), ("CROSSDOCK_AMQP_URL", vhost.url().to_owned())];
    tokio::task::spawn_blocking(move || {
        let urls: Vec<(&str, &str)> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
        goes_round(&urls);
    })
    .await
    .unwrap();
}

#[test]
fn connectors_alone_are_exported_and_planned_where_all_mappings_come_with_the_hub() {
    let folder = files();
    let hub = serve_with(&folder, &[]);
    let call = |words: &str| run(command(folder.path()).env("SHOP_SECRET", "geheim").args(words.split_whitespace()));
    ok(call("export out/mappings out/connectors --tenant acme"));
    let plan = ok(call("plan out/mappings out/connectors --tenant acme"));
    assert!(plan.out.starts_with("0 mappings, nothing to do\n"), "{plan:?}");
    let none = call("plan out/mappings --tenant acme");
    assert!(none.code == 2 && none.err.contains("there is no mapping.yaml below out/mappings"), "{none:?}");
    drop(hub);
}
