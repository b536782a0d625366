//! Rows of data files: what they become, and what is said about a row that is wrong.

use super::table;
use crate::{
    canonical::Tenant,
    core::{
        Row, RowFault,
        catalog::{Item, Reference},
        inventory::Stock,
        pricing::PriceEntry,
    },
};

fn first<T>(text: &str, read: impl Fn(Row<'_>) -> Result<T, RowFault>) -> Result<T, String> {
    let rows = table(text);
    read(Row { number: 2, values: &rows[0] }).map_err(|fault| fault.to_string())
}

fn item(row: &str) -> Result<Item, String> {
    first(&format!("sku,description,unit,gtin,aliases,units\n{row}"), Item::from_row)
}

fn price(row: &str) -> Result<PriceEntry, String> {
    first(&format!("list,sku,amount,currency,per,unit\n{row}"), |row| PriceEntry::from_row(Tenant::named("acme"), row))
}

#[test]
fn an_item_row_becomes_an_item_with_every_id_that_leads_to_it() {
    let bolt = item("SKU-1, Bolt M8 ,C62,036000291452,northwind:NW-1;acme: A:1,CT=12; PL=480.0").unwrap();
    let refs: Vec<String> = bolt.all_refs().iter().map(|r| format!("{}={}", r.scheme, r.id)).collect();
    let gtins = ["gtin=036000291452", "gtin=0036000291452", "gtin=00036000291452"];
    assert_eq!(refs, [&["sku=SKU-1"], &gtins[..], &["northwind=NW-1", "acme=A:1"]].concat());
    assert_eq!(bolt.description, "Bolt M8");
    let factors = ["C62", "CT", "PL", "KGM"].map(|unit| bolt.factor(unit).map(|factor| factor.to_string()));
    assert_eq!(factors, [Some("1".into()), Some("12".into()), Some("480".into()), None]);
    let bare = first("sku,unit\nSKU-2,MTR", Item::from_row).unwrap();
    assert_eq!((bare.description.as_str(), bare.all_refs().len()), ("", 1));
}

#[test]
fn a_wrong_row_is_named_by_row_and_column() {
    let check = |found: Result<(), String>, expected: &str| assert_eq!(found.unwrap_err(), expected);
    let i = |row| item(row).map(drop);
    check(i(",x,C62,,,"), "row 2, column `sku`: found ``, expected a value");
    check(i("S,x,,,,"), "row 2, column `unit`: found ``, expected a value");
    let digits = "8, 12, 13 or 14 digits, the last of them the check digit";
    check(i("S,x,C62,4006381333932,,"), &format!("row 2, column `gtin`: found `4006381333932`, expected {digits}"));
    check(i("S,x,C62,12é4567,,"), &format!("row 2, column `gtin`: found `12é4567`, expected {digits}"));
    let pairs = "scheme:id pairs, parted by `;`";
    check(i("S,x,C62,,a:1; b,"), &format!("row 2, column `aliases`: found `b`, expected {pairs}"));
    check(i("S,x,C62,,,CT"), "row 2, column `units`: found `CT`, expected other unit=count of C62, parted by `;`");
    let decimal = "a decimal such as 4.20, at least 0.0001";
    check(i("S,x,C62,,,CT=0"), &format!("row 2, column `units`: found `0`, expected {decimal}"));
    check(
        i("S,x,C62,,,CT=1.00001"),
        "row 2, column `units`: found `1.00001`, expected a count with at most four decimals",
    );
    let p = |row| price(row).map(drop);
    check(p("l,S,4.2.0,EUR,,"), "row 2, column `amount`: found `4.2.0`, expected a decimal such as 4.20, at least 0");
    check(p("l,S,-1,EUR,,"), "row 2, column `amount`: found `-1`, expected a decimal such as 4.20, at least 0");
    check(p("l,S,1,eur,,"), "row 2, column `currency`: found `eur`, expected a currency of ISO 4217, such as EUR");
    check(p("l,S,1,EUR,0,"), &format!("row 2, column `per`: found `0`, expected {decimal}"));
    let s = |row: &str| first(&format!("sku,on_hand\n{row}"), |row| Stock::from_row(Tenant::named("a"), row)).map(drop);
    let most = "at most four decimals, at most 900,000,000,000,000";
    check(s("S,0.00001"), &format!("row 2, column `on_hand`: found `0.00001`, expected {most}"));
    check(s("S,1000000000000000"), &format!("row 2, column `on_hand`: found `1000000000000000`, expected {most}"));
    let typo = first("sku,unit,gtn\nS,C62,1", Item::from_row).map(drop);
    let columns = "sku, description, unit, gtin, aliases, units";
    check(typo, &format!("row 2, column `gtn`: found `1`, expected one of the columns {columns}"));
    let reference = first("scheme,value,target\nold,B-8,", Reference::from_row).map(drop);
    check(reference, "row 2, column `target`: found ``, expected a value");
}

#[test]
fn a_price_is_told_exactly_in_another_unit() {
    let check = |row: &str, unit: &str, expected: &str| {
        let bolt = item("SKU-1,Bolt,C62,,,CT=12; PL=480; HALF=0.5").unwrap();
        let price = price(row).unwrap().in_unit(&bolt, bolt.factor(unit).unwrap());
        assert_eq!(price.map_or("none".into(), |p| format!("{}/{}", p.amount, p.per)), expected, "{row} in {unit}");
    };
    check("l,SKU-1,4.20,EUR,,", "C62", "4.20/1");
    check("l,SKU-1,4.20,EUR,,", "CT", "50.4/1");
    check("l,SKU-1,4.20,EUR,100,", "CT", "50.4/100");
    check("l,SKU-1,4.20,EUR,,", "HALF", "2.1/1");
    check("l,SKU-1,10,EUR,,CT", "C62", "10/12");
    check("l,SKU-1,10,EUR,,CT", "PL", "400/1");
    check("l,SKU-1,10,EUR,,KGM", "C62", "none");
    check("l,SKU-1,79228162514264337593543950335,EUR,,", "CT", "none");
}
