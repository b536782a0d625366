//! The core's tests, and the shop that they run in: a store in memory that does with the core what the shell does.

mod properties;
mod replay;
mod rows;
mod rules;
mod stories;

use super::{
    Changes, Command, EntityKey, Kind, Row, Stop, World,
    catalog::{Item, Reference},
    decide,
    inventory::Stock,
    more_needs, needs,
    pricing::PriceEntry,
};
use crate::canonical::{
    Date, DocumentId, Event, MessageId, Micros, PartnerId, Quantity, Tenant, amounts,
    order::{Order, OrderLine, Placed},
    parts::{Party, Price, Purpose, Ref},
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use uuid::Uuid;

const ITEMS: &str = "sku,description,unit,gtin,aliases,units
SKU-1,Bolt M8,C62,4006381333931,northwind:NW-1; acme:A-1,CT=12; PL=480
SKU-2,Rope,MTR,,,
SKU-3,Never priced,C62,,,
SKU-4,Priced by carton,C62,,,CT=12";

const PRICES: &str = "list,sku,amount,currency,per,unit
standard,SKU-1,4.20,EUR,,
standard,SKU-2,0.35,EUR,100,
standard,SKU-4,10.00,EUR,,CT
dollars,SKU-1,5.00,USD,,";

/// 2026-03-04T05:06:07Z.
const NOW: Micros = Micros(1_772_600_767_000_000);

/// A table of text as rows by header.
fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| header.iter().zip(line.split(',')).map(|(h, v)| (h.to_string(), v.to_string())).collect();
    lines.map(row).collect()
}

/// What a store holds of one tenant.
#[derive(Debug, Clone)]
struct Shop {
    tenant: Tenant,
    refs: BTreeMap<Ref, Uuid>,
    entities: BTreeMap<EntityKey, (i64, String)>,
    stock: BTreeMap<Uuid, Stock>,
    events: Vec<Event>,
    messages: u32,
}

impl Shop {
    /// The catalogue and prices above, and this stock: `SKU-1,100`.
    fn with(stock: &[&str]) -> Shop {
        let tenant = Tenant::named("acme");
        let (refs, entities, events) = (BTreeMap::new(), BTreeMap::new(), vec![]);
        let mut shop = Shop { tenant, refs, entities, stock: BTreeMap::new(), events, messages: 0 };
        for values in table(ITEMS) {
            let item = Item::from_row(Row { number: 2, values: &values }).unwrap();
            let id = Item::id(tenant, &item.sku);
            shop.refs.extend(item.all_refs().into_iter().map(|reference| (reference, id)));
            shop.keep(Kind::Item, id, serde_json::to_string(&item).unwrap());
        }
        for values in table(PRICES) {
            let price = PriceEntry::from_row(tenant, Row { number: 2, values: &values }).unwrap();
            let id = PriceEntry::id(tenant, &price.list, price.item);
            shop.keep(Kind::Price, id, serde_json::to_string(&price).unwrap());
        }
        for values in table(&format!("sku,on_hand\n{}", stock.join("\n"))) {
            let (item, stock) = Stock::from_row(tenant, Row { number: 2, values: &values }).unwrap();
            shop.stock.insert(item, stock);
        }
        for values in table("scheme,value,target\nold,B-8,SKU-1\nold,LOST,SKU-99") {
            let (reference, item) = Reference::from_row(Row { number: 2, values: &values }).unwrap().item(tenant);
            shop.refs.insert(reference, item);
        }
        shop
    }

    fn keep(&mut self, kind: Kind, id: Uuid, body: String) {
        self.entities.insert(EntityKey { kind, id }, (1, body));
    }

    fn command(&mut self, partner: &str, order: Order) -> Command {
        self.messages += 1;
        Command {
            message: MessageId::of(DocumentId(Uuid::nil()), 0, self.messages, 0),
            tenant: self.tenant,
            partner: PartnerId::named(self.tenant, partner),
            partner_name: partner.into(),
            price_list: match partner {
                "dollar" => Some("dollars".into()),
                "nolist" => None,
                _ => Some("standard".into()),
            },
            now: NOW,
            order,
        }
    }

    /// Loads no more than what the core named.
    fn load(&self, commands: &[Command]) -> World {
        let mut world = World::default();
        let first = needs(commands);
        for reference in first.refs {
            self.refs.get(reference).inspect(|item| world.put_ref(reference.clone(), **item));
        }
        let put = |world: &mut World, kind, id| {
            let key = EntityKey { kind, id };
            self.entities.get(&key).inspect(|(version, body)| world.put(key, *version, body).unwrap());
        };
        first.orders.into_iter().for_each(|id| put(&mut world, Kind::Order, id));
        let more = more_needs(commands, &world);
        more.items.into_iter().for_each(|id| put(&mut world, Kind::Item, id));
        more.prices.into_iter().for_each(|id| put(&mut world, Kind::Price, id));
        for item in more.stock {
            self.stock.get(&item).inspect(|stock| world.put_stock(item, **stock));
        }
        world
    }

    /// Saves as the database does: versions and the guard on stock are checked, not believed.
    fn save(&mut self, changes: Changes) {
        for change in changes.entities {
            let standing = self.entities.get(&change.key).map(|(version, _)| *version);
            assert_eq!(standing, change.expected, "another version stands");
            self.entities.insert(change.key, (standing.unwrap_or(0) + 1, change.body));
        }
        for change in changes.stock {
            let stock = self.stock.get_mut(&change.item).expect("a stock row to change");
            assert_eq!((*stock, change.delta == 0), (change.before, false));
            stock.reserved += change.delta;
            assert!((0..=stock.on_hand).contains(&stock.reserved), "CHECK (0 <= reserved <= on_hand): {stock:?}");
        }
    }

    /// One apply transaction.
    fn batch(&mut self, commands: &[Command]) -> Vec<Result<Vec<Event>, Stop>> {
        let mut world = self.load(commands);
        let results: Vec<_> =
            commands.iter().map(|c| decide(&world, c).map(|decision| world.apply(decision))).collect();
        self.save(world.changed().unwrap());
        self.events.extend(results.iter().flatten().flatten().cloned());
        results
    }

    fn send(&mut self, partner: &str, order: Order) -> Result<Vec<Event>, Stop> {
        let command = self.command(partner, order);
        self.batch(&[command]).remove(0)
    }

    fn stock_of(&self, sku: &str) -> Stock {
        self.stock.get(&Item::id(self.tenant, sku)).copied().unwrap_or_default()
    }
}

fn order(number: &str, purpose: Purpose, lines: Vec<OrderLine>) -> Order {
    let placed = Placed { date: Date(jiff::civil::date(2026, 3, 4)), at: None };
    Order { lines, ..Order::new(number.into(), purpose, placed, "EUR".into(), Party::default()) }
}

/// A line of a SKU, or of `scheme:id`, or of several with `|` between.
fn line(number: usize, item: &str, value: Decimal, unit: &str, price: Option<Price>) -> OrderLine {
    let reference = |text: &str| {
        let (scheme, id) = text.split_once(':').unwrap_or(("sku", text));
        Ref { scheme: scheme.into(), id: id.into() }
    };
    let item = item.split('|').filter(|text| !text.is_empty()).map(reference).collect();
    let quantity = Quantity { value, unit: unit.into() };
    OrderLine { price, ..OrderLine::new(number.to_string(), item, quantity) }
}

fn plain(scaled: i64) -> Decimal {
    amounts::unscaled(scaled, amounts::QUANTITY_SCALE)
}
