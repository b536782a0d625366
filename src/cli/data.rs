//! Master data: the CSV files that a tenant's `data:` names, read at start and written as rows.
//!
//! A tenant's files are one transaction: a fault anywhere in them leaves what stood. Items and prices are brought to
//! what the files say; stock is opened only where no row stands, since the hub itself moves it from then on.

use crate::{
    canonical::Tenant,
    core::{
        Row, RowFault,
        catalog::{Item, Reference},
        inventory::Stock,
        pricing::PriceEntry,
    },
    formats::{
        self,
        piece::{Piece, Standard},
        place::{At, Place},
        tree::Tree,
    },
    store::{
        Store, StoreError, Tx,
        entities::{self, CrossReference, EVERYONE, RefRow, Save},
        stock::{self, StockRow},
    },
    tenancy::{Directory, TenantInfo, files::Lint},
};
use anyhow::Context;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::File,
    io::BufReader,
    path::Path,
};
use uuid::Uuid;

/// Rows that travel in one statement.
const BATCH: usize = 500;
/// So many faults of a file are named; who has more has one cause.
const MOST_FAULTS: usize = 20;

/// What was read, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Loaded {
    pub items: u64,
    pub prices: u64,
    pub stock: u64,
    pub references: u64,
    /// Items and prices that were new or differed, and stock that was opened.
    pub changed: u64,
}

/// What a file holds. The order is the order of writing: prices, stock and references name items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Items,
    Prices,
    Stock,
    References,
}

impl Holds {
    /// By the file's name (`items.csv`, `items-2026.csv`), else by a column that only one kind has.
    fn of(path: &Path, header: &[String]) -> Option<Holds> {
        let name = path.file_stem().map(|s| s.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
        let word = name.split(['-', '_', '.']).next().unwrap_or_default();
        match word {
            "items" => return Some(Holds::Items),
            "prices" => return Some(Holds::Prices),
            "stock" => return Some(Holds::Stock),
            "references" => return Some(Holds::References),
            _ => {}
        }
        let has = |column: &str| header.iter().any(|name| name == column);
        [("on_hand", Holds::Stock), ("amount", Holds::Prices), ("target", Holds::References), ("sku", Holds::Items)]
            .into_iter()
            .find(|(column, _)| has(column))
            .map(|(_, holds)| holds)
    }
}

/// Reads the files of all tenants and writes their rows. `base` is the folder that holds `connectors/`.
pub async fn load(store: &Store, directory: &Directory, base: &Path) -> Result<Loaded, Vec<Lint>> {
    let mut loaded = Loaded::default();
    let mut faults = Vec::new();
    for tenant in directory.tenants.values().filter(|t| !t.data.is_empty()) {
        match of_tenant(store, tenant, base, &mut loaded).await {
            Ok(mut wrong) => faults.append(&mut wrong),
            Err(error) => {
                let sentence = format!("the master data of `{}` can't be written: {error}", tenant.name);
                faults.push(Lint { file: tenant.data.join(", "), line: 1, column: 1, sentence });
            }
        }
    }
    if faults.is_empty() { Ok(loaded) } else { Err(faults) }
}

/// Data files that tenants name and that can't be opened, or don't say what they hold: what can be told of them without a
/// store. `base` is the folder that holds `connectors/`.
pub fn unreadable(directory: &Directory, base: &Path) -> Vec<Lint> {
    directory.tenants.values().flat_map(|tenant| sorted(tenant, base).1).collect()
}

async fn of_tenant(
    store: &Store,
    tenant: &TenantInfo,
    base: &Path,
    loaded: &mut Loaded,
) -> Result<Vec<Lint>, StoreError> {
    let (files, mut faults) = sorted(tenant, base);
    let mut tx = store.begin(tenant.id).await?;
    for (holds, name) in files {
        let mut file =
            DataFile { tenant: tenant.id, name, holds, seen: HashMap::new(), refs: HashMap::new(), faults: vec![] };
        file.write(&mut tx, base, loaded).await?;
        faults.append(&mut file.faults);
    }
    if faults.is_empty() {
        tx.commit().await?
    } else {
        tx.rollback().await?
    }
    Ok(faults)
}

/// The files with what they hold, in the order of writing; those that can't be read or recognised are faults.
fn sorted<'a>(tenant: &'a TenantInfo, base: &Path) -> (Vec<(Holds, &'a str)>, Vec<Lint>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for name in &tenant.data {
        match header(&base.join(name)) {
            Ok(header) => match Holds::of(Path::new(name), &header) {
                Some(holds) => files.push((holds, name.as_str())),
                None => faults.push(Lint {
                    file: name.clone(),
                    line: 1,
                    column: 1,
                    sentence: format!(
                        "neither name nor header say what it holds; name it items, prices, stock or references, \
                         or give it their columns ({}; {}; {}; {})",
                        Item::COLUMNS.join(","),
                        PriceEntry::COLUMNS.join(","),
                        Stock::COLUMNS.join(","),
                        Reference::COLUMNS.join(","),
                    ),
                }),
            },
            Err(error) => faults.push(Lint { file: name.clone(), line: 1, column: 1, sentence: format!("{error:#}") }),
        }
    }
    files.sort_by_key(|(holds, _)| *holds);
    (files, faults)
}

fn open(path: &Path) -> anyhow::Result<BufReader<File>> {
    Ok(BufReader::new(File::open(path).with_context(|| format!("can't open {}", path.display()))?))
}

/// The names of the columns; none of a file that has no row to tell them.
fn header(path: &Path) -> anyhow::Result<Vec<String>> {
    for piece in formats::read(Standard::Csv, open(path)?, formats::Options::default()) {
        if let Piece::Set(set) = piece.with_context(|| format!("can't read {}", path.display()))? {
            return Ok(values(&set.tree).into_keys().collect());
        }
    }
    Ok(vec![])
}

/// A row's values by column.
fn values(tree: &Tree) -> BTreeMap<String, String> {
    tree.children(tree.root())
        .flat_map(|row| tree.children(row))
        .map(|field| (tree.name(field).to_owned(), tree.value(field).unwrap_or_default().to_owned()))
        .collect()
}

/// The place of a column in its row, as an editor counts.
fn column(tree: &Tree, set_byte: u64, name: &str) -> u64 {
    let fields = tree.children(tree.root()).flat_map(|row| tree.children(row));
    fields.into_iter().find(|field| tree.name(*field) == name).map_or(1, |field| tree.place(field).byte - set_byte + 1)
}

fn line(place: &Place) -> u64 {
    match &place.at {
        At::Row { line, .. } => *line,
        _ => 1,
    }
}

/// What a row became.
enum Made {
    Item(Item),
    Price(PriceEntry),
    Stock(Uuid, Stock),
    Reference(Reference),
}

/// A row that was read, with what is needed to name it again.
struct Read {
    line: u64,
    column: u64,
    /// What its file calls the item, where it names one.
    sku: String,
    made: Made,
}

struct DataFile<'a> {
    tenant: Tenant,
    name: &'a str,
    holds: Holds,
    /// Natural keys and the line that has them.
    seen: HashMap<String, u64>,
    /// Ids that lead to items: (scheme, value) → item.
    refs: HashMap<(String, String), Uuid>,
    faults: Vec<Lint>,
}

impl DataFile<'_> {
    async fn write(&mut self, tx: &mut Tx, base: &Path, loaded: &mut Loaded) -> Result<(), StoreError> {
        let reader = match open(&base.join(self.name)) {
            Ok(reader) => reader,
            Err(error) => {
                self.fault(1, 1, format!("{error:#}"));
                return Ok(());
            }
        };
        let mut batch = Vec::with_capacity(BATCH);
        for piece in formats::read(Standard::Csv, reader, formats::Options::default()) {
            match piece {
                Ok(piece) => batch.extend(self.read(piece)),
                Err(error) => self.fault(1, 1, format!("can't be read any further: {error}")),
            }
            if self.faults.len() >= MOST_FAULTS {
                self.fault(1, 1, format!("more than {MOST_FAULTS} faults; the rest of the file was not looked at"));
                return Ok(());
            }
            if batch.len() == BATCH {
                self.store(tx, &mut batch, loaded).await?;
            }
        }
        self.store(tx, &mut batch, loaded).await
    }

    fn fault(&mut self, line: u64, column: u64, sentence: String) {
        self.faults.push(Lint { file: self.name.into(), line, column, sentence });
    }

    fn read(&mut self, piece: Piece) -> Option<Read> {
        let set = match piece {
            Piece::Set(set) => set,
            // A header without rows says that there is nothing, which is fine; a file without a byte is not.
            Piece::Fault(fault) if &*fault.code == "E0001" && fault.place.byte > 0 => return None,
            Piece::Fault(fault) => {
                self.fault(line(&fault.place), 1, fault.sentence.into());
                return None;
            }
            _ => return None,
        };
        let number = line(&set.tree.place(set.tree.root()));
        if !set.faults.is_empty() {
            for fault in &set.faults {
                self.fault(line(&fault.place), 1, fault.sentence.to_string());
            }
            return None;
        }
        let values = values(&set.tree);
        match self.make(Row { number, values: &values }) {
            Ok((key_column, made)) => {
                let sku = values.get("sku").map(|v| v.trim().to_owned()).unwrap_or_default();
                Some(Read { line: number, column: column(&set.tree, set.byte, key_column), sku, made })
            }
            Err(fault) => {
                self.fault(number, column(&set.tree, set.byte, &fault.column), fault.to_string());
                None
            }
        }
    }

    /// Turns a row into what it means, each natural key once; gives the column that names the thing.
    fn make(&mut self, row: Row<'_>) -> Result<(&'static str, Made), RowFault> {
        let (key, column, made) = match self.holds {
            Holds::Items => {
                let item = Item::from_row(row)?;
                (item.sku.clone(), "sku", Made::Item(item))
            }
            Holds::Prices => {
                let price = PriceEntry::from_row(self.tenant, row)?;
                (format!("{}/{}", price.list, price.item), "sku", Made::Price(price))
            }
            Holds::Stock => {
                let (item, stock) = Stock::from_row(self.tenant, row)?;
                (item.to_string(), "sku", Made::Stock(item, stock))
            }
            Holds::References => {
                let reference = Reference::from_row(row)?;
                (format!("{}\u{1f}{}", reference.scheme, reference.value), "value", Made::Reference(reference))
            }
        };
        if let Some(before) = self.seen.insert(key, row.number) {
            let found = row.values.get(column).map(|v| v.trim().to_owned()).unwrap_or_default();
            return Err(RowFault {
                row: row.number,
                column: column.into(),
                found,
                expected: format!("each once; row {before} has it already"),
            });
        }
        if let Made::Item(item) = &made {
            self.leads_to_one(item, row.number)?;
        }
        Ok((column, made))
    }

    /// An id that leads to two items leads to none.
    fn leads_to_one(&mut self, item: &Item, number: u64) -> Result<(), RowFault> {
        let id = Item::id(self.tenant, &item.sku);
        for r in item.all_refs() {
            let column = if r.scheme == "gtin" { "gtin" } else { "aliases" };
            let found = format!("{}:{}", r.scheme, r.id);
            if self.refs.insert((r.scheme, r.id), id).is_some_and(|earlier| earlier != id) {
                return Err(RowFault {
                    row: number,
                    column: column.into(),
                    found,
                    expected: "an id that leads to one item; an earlier row has it too".into(),
                });
            }
        }
        Ok(())
    }

    async fn store(&mut self, tx: &mut Tx, batch: &mut Vec<Read>, loaded: &mut Loaded) -> Result<(), StoreError> {
        let rows = std::mem::take(batch);
        match self.holds {
            Holds::Items => self.items(tx, rows, loaded).await,
            Holds::Prices => self.prices(tx, rows, loaded).await,
            Holds::Stock => self.stock(tx, rows, loaded).await,
            Holds::References => self.references(tx, rows, loaded).await,
        }
    }

    async fn items(&mut self, tx: &mut Tx, rows: Vec<Read>, loaded: &mut Loaded) -> Result<(), StoreError> {
        loaded.items += rows.len() as u64;
        let (mut saves, mut refs) = (Vec::with_capacity(rows.len()), BTreeMap::new());
        for row in &rows {
            let Made::Item(item) = &row.made else { continue };
            let id = Item::id(self.tenant, &item.sku);
            saves.push(save("item", id, item)?);
            refs.extend(item.all_refs().into_iter().map(|r| ((r.scheme, r.id), id)));
        }
        loaded.changed += entities::upsert(tx, self.tenant, &saves).await?;
        entities::upsert_refs(tx, self.tenant, &item_refs(refs)).await
    }

    async fn prices(&mut self, tx: &mut Tx, rows: Vec<Read>, loaded: &mut Loaded) -> Result<(), StoreError> {
        loaded.prices += rows.len() as u64;
        let mut saves = Vec::with_capacity(rows.len());
        for row in self.of_items(tx, rows).await? {
            let Made::Price(price) = &row.made else { continue };
            saves.push(save("price", PriceEntry::id(self.tenant, &price.list, price.item), price)?);
        }
        loaded.changed += entities::upsert(tx, self.tenant, &saves).await?;
        Ok(())
    }

    async fn stock(&mut self, tx: &mut Tx, rows: Vec<Read>, loaded: &mut Loaded) -> Result<(), StoreError> {
        loaded.stock += rows.len() as u64;
        let rows = self.of_items(tx, rows).await?.into_iter().filter_map(|row| match row.made {
            Made::Stock(item, stock) => Some(StockRow { item, on_hand: stock.on_hand, reserved: stock.reserved }),
            _ => None,
        });
        loaded.changed += stock::open(tx, self.tenant, &rows.collect::<Vec<_>>()).await?;
        Ok(())
    }

    /// Rows whose item stands; the others are faults: a price for a misspelt SKU would never be found.
    async fn of_items(&mut self, tx: &mut Tx, rows: Vec<Read>) -> Result<Vec<Read>, StoreError> {
        let standing = standing(tx, self.tenant, rows.iter().map(|row| row.sku.as_str())).await?;
        let (good, bad): (Vec<Read>, Vec<Read>) =
            rows.into_iter().partition(|row| standing.contains(&Item::id(self.tenant, &row.sku)));
        for row in bad {
            let fault = RowFault {
                row: row.line,
                column: "sku".into(),
                found: row.sku,
                expected: "the SKU of an item that the tenant has".into(),
            };
            self.fault(row.line, row.column, fault.to_string());
        }
        Ok(good)
    }

    /// Each is a row of the mappings' tables; one whose target is a SKU leads to that item too.
    async fn references(&mut self, tx: &mut Tx, rows: Vec<Read>, loaded: &mut Loaded) -> Result<(), StoreError> {
        loaded.references += rows.len() as u64;
        let references: Vec<Reference> = rows
            .into_iter()
            .filter_map(|row| match row.made {
                Made::Reference(reference) => Some(reference),
                _ => None,
            })
            .collect();
        let standing = standing(tx, self.tenant, references.iter().map(|r| r.target.as_str())).await?;
        let led = references
            .iter()
            .map(|r| r.item(self.tenant))
            .filter(|(_, id)| standing.contains(id))
            .map(|(r, id)| ((r.scheme, r.id), id));
        entities::upsert_refs(tx, self.tenant, &item_refs(led.collect())).await?;
        let crossed: Vec<CrossReference> = references
            .into_iter()
            .map(|r| CrossReference { scheme: r.scheme, value: r.value, partner: EVERYONE, target: r.target })
            .collect();
        entities::upsert_cross_references(tx, self.tenant, &crossed).await
    }
}

/// The items that stand, of some SKUs.
async fn standing(tx: &mut Tx, tenant: Tenant, skus: impl Iterator<Item = &str>) -> Result<HashSet<Uuid>, StoreError> {
    let ids: HashSet<Uuid> = skus.map(|sku| Item::id(tenant, sku)).collect();
    let keys: Vec<(&str, Uuid)> = ids.into_iter().map(|id| ("item", id)).collect();
    Ok(entities::peek(tx, tenant, &keys).await?.into_iter().map(|row| row.id).collect())
}

fn item_refs(refs: BTreeMap<(String, String), Uuid>) -> Vec<RefRow> {
    refs.into_iter().map(|((scheme, value), id)| RefRow { kind: "item".into(), scheme, value, id }).collect()
}

fn save(kind: &str, id: Uuid, body: &impl serde::Serialize) -> Result<Save, StoreError> {
    let body = serde_json::value::to_raw_value(body)
        .map_err(|e| StoreError::Row(format!("{kind} {id} can't be written: {e}")))?;
    Ok(Save { kind: kind.into(), id, version: 1, body })
}
