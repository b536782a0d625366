//! Master data: what comes into the store, and what is said about rows that are wrong.

use crate::call::Folder;
use crossdock::{
    canonical::{Tenant, parts::Ref},
    cli::data::{Loaded, load},
    core::catalog::Item,
    store::{self, Store, entities, stock},
    tenancy::Directory,
};
use std::time::Duration;

async fn store(folder: &Folder) -> Store {
    let options = store::Options {
        url: folder.path().join("hub.db").display().to_string(),
        connections: 2,
        acquire: Duration::from_secs(10),
    };
    store::migrate(&options).await.unwrap();
    store::open(&options).await.unwrap()
}

fn directory(data: &str) -> Directory {
    let text = format!("tenant: acme\nidentities: [x12/ZZ/ACMEDIST]\ndata: [{data}]\n");
    Directory::compile(&[("connectors/tenants/acme.yaml".into(), text)], &|_| None).unwrap()
}

const ITEMS: &str = "sku,description,unit,gtin,aliases,units\nBOLT-M8,Bolt M8,C62,4006381333931,northwind:NW-1,CT=12\nNUT-M8,Nut,C62,,,\n";
const PRICES: &str = "list,sku,amount,currency\nstandard,BOLT-M8,4.20,USD\nstandard,NUT-M8,0.07,USD\n";
const STOCK: &str = "sku,on_hand\nBOLT-M8,100\nNUT-M8,12.5\n";
const REFERENCES: &str = "scheme,value,target\nuom,EA,C62\nlakeside,L-77,NUT-M8\n";
const ALL: &str = "data/stock.csv, data/items.csv, data/prices.csv, data/references.csv";

#[tokio::test]
async fn the_four_files_become_rows_and_only_stock_is_left_as_it_moved() {
    let folder = Folder::new();
    let store = store(&folder).await;
    for (name, text) in [
        ("data/items.csv", ITEMS),
        ("data/prices.csv", PRICES),
        ("data/stock.csv", STOCK),
        ("data/references.csv", REFERENCES),
    ] {
        folder.write(name, text);
    }
    let directory = directory(ALL);
    directory.write(&store).await.unwrap();
    let first = load(&store, &directory, folder.path()).await.unwrap();
    assert_eq!(first, Loaded { items: 2, prices: 2, stock: 2, references: 2, changed: 6 });

    let acme = Tenant::named("acme");
    let (bolt, nut) = (Item::id(acme, "BOLT-M8"), Item::id(acme, "NUT-M8"));
    let mut tx = store.begin(acme).await.unwrap();
    let ids =
        [("gtin", "4006381333931"), ("northwind", "NW-1"), ("lakeside", "L-77"), ("sku", "NUT-M8"), ("uom", "EA")];
    let ids = ids.map(|(scheme, id)| Ref { scheme: scheme.into(), id: id.into() });
    let mut led: Vec<(String, uuid::Uuid)> =
        entities::resolve(&mut tx, acme, "item", &ids).await.unwrap().into_iter().map(|(s, _, id)| (s, id)).collect();
    led.sort();
    assert_eq!(led, [("gtin".into(), bolt), ("lakeside".into(), nut), ("northwind".into(), bolt), ("sku".into(), nut)]);
    let crossed = entities::cross_references(&mut tx, acme, &[("uom".into(), "EA".into())]).await.unwrap();
    assert_eq!(crossed[0].target, "C62");
    stock::change(&mut tx, acme, &[stock::Change { item: nut, reserved: 25_000 }]).await.unwrap();
    tx.commit().await.unwrap();

    folder.write("data/items.csv", ITEMS.replace("Bolt M8,C62", "Bolt M8 zinc,C62"));
    let again = load(&store, &directory, folder.path()).await.unwrap();
    assert_eq!(again.changed, 1);
    let mut tx = store.begin(acme).await.unwrap();
    let kept = stock::load(&mut tx, acme, &[nut]).await.unwrap();
    assert_eq!((kept[0].on_hand, kept[0].reserved), (125_000, 25_000));
    let item = entities::peek(&mut tx, acme, &[("item", bolt)]).await.unwrap().remove(0);
    assert!(item.version == 2 && item.body.contains("Bolt M8 zinc"), "{item:?}");
}

/// What `load` says about one items, prices or stock file beside good ones; nothing of it may stand afterwards.
async fn faults(name: &str, text: &str) -> Vec<String> {
    let folder = Folder::new();
    let store = store(&folder).await;
    folder.write("items.csv", ITEMS);
    folder.write(name, text);
    let directory = directory(&if name == "items.csv" { name.into() } else { format!("items.csv, {name}") });
    directory.write(&store).await.unwrap();
    let faults = load(&store, &directory, folder.path()).await.unwrap_err();
    let acme = Tenant::named("acme");
    let mut tx = store.read(acme).await.unwrap();
    assert!(entities::peek(&mut tx, acme, &[("item", Item::id(acme, "NUT-M8"))]).await.unwrap().is_empty());
    faults.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_is_wrong_is_named_by_file_row_and_column_and_nothing_is_written() {
    let found = faults("items.csv", "sku,unit,gtin\nA,C62,\nNUT-M8,,\nA,C62,\nB,C62,12\n").await;
    assert_eq!(
        found,
        [
            "items.csv:3:8: row 3, column `unit`: found ``, expected a value",
            "items.csv:4:1: row 4, column `sku`: found `A`, expected each once; row 2 has it already",
            "items.csv:5:7: row 5, column `gtin`: found `12`, expected 8, 12, 13 or 14 digits, the last of them the check digit",
        ]
    );
    let found = faults("prices.csv", "list,sku,amount,currency\nstandard,BOLT-M9,1,USD\n").await;
    assert_eq!(
        found,
        ["prices.csv:2:10: row 2, column `sku`: found `BOLT-M9`, expected the SKU of an item that the tenant has"]
    );
    let found = faults("stock.csv", "sku,on_hand\nNUT-M8,1\nNUT-M8\n").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("stock.csv:3:1: ") && found[0].contains("on_hand"), "{found:?}");
    let found = faults("other.csv", "a,b\n1,2\n").await;
    assert!(found[0].starts_with("other.csv:1:1: neither name nor header say what it holds"), "{found:?}");
    let found = faults("more-stock.csv", "").await;
    assert!(found[0].starts_with("more-stock.csv:1:1: "), "{found:?}");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_a_fault_and_one_with_only_a_header_is_empty() {
    let folder = Folder::new();
    let store = store(&folder).await;
    folder.write("items.csv", ITEMS);
    folder.write("stock.csv", "sku,on_hand\n");
    let some = directory("items.csv, stock.csv");
    some.write(&store).await.unwrap();
    assert_eq!(load(&store, &some, folder.path()).await.unwrap().stock, 0);
    let found = load(&store, &directory("items.csv, gone.csv"), folder.path()).await.unwrap_err();
    assert!(found[0].file == "gone.csv" && found[0].sentence.contains("can't open"), "{found:?}");
}
