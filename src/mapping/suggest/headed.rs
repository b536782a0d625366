//! Which field each column of CSV and each member of JSON is, where nobody but its header says so: by the words of the header,
//! by what the values can be, and by what several columns say together. Each is one field at most, the surest first.

use super::{
    columns::{self, decimals},
    headers::{self, Member, Words, is_party, words},
    knowledge::{Known, Step},
    known::Field,
    lists::Each,
    places::{Key, Places},
    propose::{Leaf, Node, Says, Way},
    search::{Scope, Search},
    values::Comparer,
};
use crate::{
    formats::piece::Standard,
    mapping::shape::{self, Member as Shaped, Shape},
};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// Measures of goods, whose unit is not that in which they are sold.
const SIZES: &[&str] = &["gross_weight", "net_weight", "volume", "length", "width", "height"];

/// What a place was taken for.
#[derive(Debug, Clone)]
pub struct Headed {
    /// Canonical names from the message on; `-` where no message says such a thing.
    pub field: Vec<String>,
    pub pipes: Vec<Known>,
    /// 0 to 1.
    pub score: f64,
    pub why: String,
}

/// By class of the group, and place in it.
#[derive(Debug, Default)]
pub struct Headings {
    found: BTreeMap<(String, Key), Headed>,
    /// The class of what the lines are made of.
    pub lines: Option<String>,
}

/// What less speaks for is not said.
const LEAST: f64 = 0.55;
/// What values alone are worth, whatever stands above them.
const BY_VALUES: f64 = 0.62;
/// What it is worth that the rows of a message are found by a column.
const KEYED: f64 = 0.9;
/// How sure a header makes at most: what it is called is no proof.
pub const SURE: f64 = 0.88;
/// How much headers must say together to tell which message it is, and how much more than of another.
const CLEAR: f64 = 3.0;
const CLEAR_OF_THE_NEXT: f64 = 0.7;
/// Words of a part of an address.
const ADDRESS: &[&str] = &["street", "address", "city", "postcode", "region", "country"];

/// A column, or the members of one name.
struct Column<'a> {
    place: (String, Key),
    name: &'a str,
    header: Words,
    around: Words,
    values: Vec<&'a str>,
    /// It says different things within one set.
    varies: bool,
}

/// A field that a column may be.
struct Choice {
    column: usize,
    field: Vec<String>,
    scheme: Option<&'static str>,
    headed: Headed,
}

/// Takes the samples' places for fields.
pub fn headings(search: &Search) -> Headings {
    let own = search.kind.starts_with("xml ");
    if !matches!(search.compare.standard, Standard::Csv | Standard::Json) && !own {
        return Headings::default();
    }
    let lines = lines_of(search);
    let mut columns = gathered(search);
    if search.compare.standard == Standard::Csv {
        inherit(&mut columns);
    }
    let comma = columns.iter().any(|column| columns::has_decimal_comma(&column.values));
    let mut choices = choices(search, &columns, lines.as_deref(), comma);
    choices.sort_by(|a, b| b.headed.score.total_cmp(&a.headed.score));
    let mut headings = Headings { found: BTreeMap::new(), lines };
    let mut fields: BTreeSet<(Vec<String>, Option<&str>)> = BTreeSet::new();
    for Choice { column, field, scheme, headed } in choices {
        let place = &columns[column].place;
        let nothing = field.last().is_some_and(|name| name == "-");
        if !headings.found.contains_key(place) && (nothing || fields.insert((field, scheme))) {
            headings.found.insert(place.clone(), headed);
        }
    }
    headings.by_values(search, &columns, comma, &fields);
    headings
}

/// The message that most of the headers speak of, where they speak of one more than of the others.
pub fn message(compare: Comparer, places: &[Places], kind: &str) -> Option<String> {
    let told = |message: &'static str| -> f64 {
        let search = Search::new(compare, places, message, kind, None);
        let found = headings(&search).found.into_values();
        found.filter(|headed| headed.field.last().is_none_or(|name| name != "-")).map(|headed| headed.score).sum()
    };
    let names = ["order/1", "price_catalogue/1", "inventory_report/1"];
    let mut all: Vec<(f64, &str)> = names.into_iter().map(|name| (told(name), name)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let [(best, name), (next, _), ..] = all[..] else { return None };
    (best >= CLEAR && best >= next + CLEAR_OF_THE_NEXT).then(|| name.to_owned())
}

/// The class of groups that the lines are made of: rows, or what is called so, else what there are several of.
fn lines_of(search: &Search) -> Option<String> {
    if search.compare.standard == Standard::Csv {
        return Some("row".into());
    }
    let groups = search.places.iter().flat_map(|places| &places.groups);
    let classes: BTreeSet<&str> = groups.map(|group| group.class.as_str()).filter(|class| !class.is_empty()).collect();
    let points = |class: &&str| {
        let name = class.rsplit('/').next().unwrap_or_default();
        let called = words(name).iter().any(|word| matches!(word.as_str(), "line" | "item"));
        u32::from(called) * 2 + u32::from(search.repeats(class) > 1)
    };
    let best = classes.into_iter().filter(|class| points(class) > 0);
    // Of two the outer one.
    best.max_by_key(|class| (points(class), std::cmp::Reverse(class.len()))).map(str::to_owned)
}

fn gathered<'a>(search: &'a Search) -> Vec<Column<'a>> {
    let mut columns: Vec<Column> = Vec::new();
    for places in search.places {
        let mut said: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for value in &places.values {
            let class = places.groups[value.group].class.as_str();
            if search.compare.standard == Standard::Csv && class.is_empty() {
                continue;
            }
            let place = (class.to_owned(), value.key.clone());
            let at = columns.iter().position(|column| column.place == place).unwrap_or_else(|| {
                columns.extend(column(search, place, places, value.group));
                columns.len() - 1
            });
            let Some(column) = columns.get_mut(at) else { continue };
            column.values.push(value.text.trim());
            let said = said.entry(at).or_default();
            said.insert(value.text.trim());
            column.varies |= said.len() > 1;
        }
    }
    columns
}

fn column<'a>(search: &Search, place: (String, Key), places: &'a Places, group: usize) -> Option<Column<'a>> {
    let value = places.at(group, &place.1)?;
    let mut around: Vec<&str> = match search.compare.standard {
        Standard::Csv => vec![],
        _ => places.chain(group).into_iter().map(|group| places.groups[group].name.as_str()).collect(),
    };
    let name = match &value.key {
        Key::Named(name) => name.as_str(),
        _ => around.pop()?,
    };
    let around = around.iter().flat_map(|name| words(name)).collect();
    Some(Column { place, name, header: words(name), around, values: Vec::new(), varies: false })
}

/// `Delivery address street`, `ZIP`, `City`: what stands beside an address is of the same party.
fn inherit(columns: &mut [Column]) {
    let mut whose: Option<String> = None;
    for column in columns {
        let is_part = column.header.iter().any(|word| ADDRESS.contains(&word.as_str()));
        let own = column.header.iter().find(|word| is_party(word)).cloned();
        let named = own.is_some() && column.header.contains("name");
        match (is_part || named, own) {
            (false, _) => whose = None,
            (true, Some(own)) => whose = Some(own),
            (true, None) => column.around.extend(whose.clone()),
        }
    }
}

/// The shape that a member's path leads to, through lists.
fn shape_of(message: &str, path: &[&str]) -> Option<&'static Shape> {
    let mut here = shape::message(message)?;
    for name in path {
        let inner = match here {
            Shape::List(item) => item,
            shape => shape,
        };
        here = &inner.member(name)?.shape;
    }
    Some(here)
}

fn choices(search: &Search, columns: &[Column], lines: Option<&str>, comma: bool) -> Vec<Choice> {
    let mut found = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        for member in headers::members(search.message) {
            found.extend(choice(search, (number, column), member, lines, comma));
        }
    }
    found
}

fn choice(
    search: &Search,
    (number, column): (usize, &Column),
    member: &Member,
    lines: Option<&str>,
    comma: bool,
) -> Option<Choice> {
    let of_line = member.path.first() == Some(&"lines");
    let csv = search.compare.standard == Standard::Csv;
    let class = column.place.0.as_str();
    let in_line = lines.is_some_and(|lines| class == lines || class.starts_with(&format!("{lines}/")));
    if csv && !of_line && column.varies || !csv && of_line != in_line {
        return None;
    }
    // Rows of one value are a message: what else would be its number?
    let keyed = csv && member.path == ["number"] && search.by == Some(column.name);
    let called = member.called(&column.header, &column.around).max(if keyed { KEYED } else { 0.0 });
    if called < LEAST {
        return None;
    }
    let field: Vec<String> = member.path.iter().map(|name| (*name).to_owned()).collect();
    let (pipes, mut score) = match member.path.last() {
        Some(&"-") => (vec![], called),
        _ => {
            let shape = shape_of(search.message, &member.path)?;
            let asked = columns::Asked { path: &member.path, shape, scheme: scheme(member), comma };
            let fit = columns::fits(&column.values, &asked, search.compare.knowledge)?;
            (fit.pipes, called * fit.factor)
        }
    };
    // Who a party is, where its header does not say whether by name or by number: a name has blanks or no digits.
    let codes = column.values.iter().all(|value| is_code(value));
    let says = |words: &[&str]| words.iter().any(|word| column.header.contains(*word));
    let (own, name) = (member.scheme == Some("own"), member.path.ends_with(&["name"]));
    if own && !codes && !says(&["number", "code"]) || name && codes && !says(&["name", "description"]) {
        score *= 0.5;
    }
    // What a row says of itself stands with its line, though it may be the same in all rows of a small sample.
    let twin = csv
        && !of_line
        && headers::members(search.message)
            .any(|other| other.path.first() == Some(&"lines") && other.path[1..] == member.path[..]);
    score *= if twin { 0.9 } else { 1.0 };
    if score < LEAST {
        return None;
    }
    let why = format!("`{}` is called so, and its values are such", column.name);
    let headed = Headed { field: field.clone(), pipes, score: score.min(1.0), why };
    Some(Choice { column: number, field, scheme: member.scheme, headed })
}

/// Who gave a partner its number: a customer's is the seller's, a supplier's the buyer's; a place's is its own.
fn scheme(member: &Member) -> Option<&'static str> {
    match (member.scheme, member.path.first()) {
        (Some("own"), Some(&("seller" | "ship_to" | "bill_to"))) => Some("buyer"),
        (Some("own"), _) => Some("seller"),
        (scheme, _) => scheme,
    }
}

fn is_code(value: &str) -> bool {
    !value.contains(char::is_whitespace) && value.chars().any(|c| c.is_ascii_digit())
}

impl Headings {
    /// What stands at a place: absolute steps and key.
    pub fn at(&self, steps: &[Step], key: &Key) -> Option<&Headed> {
        let class = steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join("/");
        let class = if class.is_empty() && self.lines.as_deref() == Some("row") { "row".to_owned() } else { class };
        self.found.get(&(class, key.clone()))
    }

    /// The places of one class, with what they are.
    pub fn of_class<'s>(&'s self, class: &'s str) -> impl Iterator<Item = (&'s Key, &'s Headed)> {
        self.found.iter().filter(move |((own, _), _)| own == class).map(|((_, key), headed)| (key, headed))
    }

    /// What values say whatever their header: an item number with its check digit, and a quantity beside price and amount.
    fn by_values(
        &mut self,
        search: &Search,
        columns: &[Column],
        comma: bool,
        fields: &BTreeSet<(Vec<String>, Option<&str>)>,
    ) {
        let Some(lines) = self.lines.clone() else { return };
        let names = |path: &[&str]| path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let has = |path: &[&str], scheme| fields.contains(&(names(path), scheme));
        let open: Vec<&Column> = columns
            .iter()
            .filter(|column| column.place.0 == lines && !self.found.contains_key(&column.place))
            .collect();
        let mut say = |column: &Column, path: &[&str], pipes: Vec<Known>, why: &str| {
            let headed = Headed { field: names(path), pipes, score: BY_VALUES, why: why.to_owned() };
            self.found.insert(column.place.clone(), headed);
        };
        let gtins = |column: &&&Column| {
            let values: BTreeSet<&str> = column.values.iter().copied().collect();
            values.len() > 1 && values.into_iter().all(columns::is_gtin)
        };
        if let Some(column) = open.iter().find(gtins).filter(|_| !has(&["lines", "item"], Some("gtin"))) {
            let pipes = vec![Known::Text("ref(gtin)".into())];
            say(column, &["lines", "item"], pipes, "each value has the check digit of a GTIN");
        }
        let (quantity, price) = (["lines", "quantity", "value"], ["lines", "price", "amount"]);
        if shape_of(search.message, &quantity).is_none() || has(&quantity, None) || has(&price, None) {
            return;
        }
        let amounts: Vec<(&Column, Vec<Decimal>, Vec<Known>)> = open
            .into_iter()
            .filter_map(|column| {
                let numbers = decimals(&column.values, comma)?;
                Some((column, numbers, columns::number(&column.values, comma)?))
            })
            .collect();
        let Some([one, other, amount]) = product(&amounts) else { return };
        let whole = |numbers: &[Decimal]| numbers.iter().all(|n| n.fract().is_zero());
        let (quantities, prices) = if whole(&one.1) { (one, other) } else { (other, one) };
        let why = format!("with `{}` it makes `{}` in each row", prices.0.name, amount.0.name);
        say(quantities.0, &quantity, quantities.2.clone(), &why);
        let why = format!("with `{}` it makes `{}` in each row", quantities.0.name, amount.0.name);
        say(prices.0, &price, prices.2.clone(), &why);
        say(amount.0, &["lines", "-"], vec![], "quantity by price");
    }
}

impl Search<'_> {
    fn class_of(&self, scope: &Scope) -> String {
        let path = scope.frames.last().map_or(&[][..], Vec::as_slice);
        path.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join("/")
    }

    /// A list of which a line has one item, where a column makes it: a price, a stock.
    pub(super) fn headed_list(&self, scope: &Scope, name: &str, field: &[String], members: &[Shaped]) -> Option<Node> {
        let class = self.class_of(scope);
        let columns = self.headings.of_class(&class).filter(|(_, headed)| headed.field.starts_with(field));
        let columns: Vec<(&Key, &Headed)> = columns.filter(|_| scope.bare).collect();
        let makes = |headed: &Headed| headed.field.last().is_some_and(|name| name == "amount" || name == "value");
        let (column, main) = columns.iter().find(|(_, headed)| makes(headed))?;
        let leaf = |key: &Key, headed: &Headed| {
            let way = Way { own: vec![], up: 1, steps: vec![], key: key.clone(), every: false };
            let says = Says::Ways { ways: vec![way], otherwise: vec![], pipes: headed.pipes.clone() };
            let name = headed.field.last().cloned().unwrap_or_default();
            Leaf { name, says, confidence: headed.score * SURE, why: headed.why.clone(), unseen: false }
        };
        let found = columns.iter().map(|(key, headed)| (headed.field[field.len()..].to_vec(), leaf(key, headed)));
        let mut found: BTreeMap<Vec<String>, Leaf> = found.collect();
        let mut frames = scope.frames.clone();
        frames.extend(scope.frames.last().cloned());
        let inner = Scope { names: field.to_vec(), frames, targets: vec![], bare: true };
        let each = Each {
            steps: vec![],
            under: vec![],
            column: Some(column.text()),
            groups: vec![],
            unseen: false,
            confidence: main.score * SURE,
            evidence: format!("a line has one of them, where `{}` says something", column.text()),
        };
        let members = self.nest(&inner, members, &[], &mut Vec::new(), &mut found);
        Some(Node::Each { name: name.to_owned(), each, members })
    }

    /// A quantity that says no unit of its own is in the unit of its line.
    pub(super) fn share_unit(&self, scope: &Scope, fields: &[Field], found: &mut BTreeMap<Vec<String>, Leaf>) {
        let class = self.class_of(scope);
        let unit = |headed: &Headed| headed.field.last().is_some_and(|name| name == "unit");
        let Some((key, headed)) = self.headings.of_class(&class).find(|(_, headed)| unit(headed)) else { return };
        for (names, _) in fields.iter().filter(|(names, _)| names.last().is_some_and(|name| name == "unit")) {
            let Some((_, above)) = names.split_last() else { continue };
            let value = [above, &["value".to_owned()]].concat();
            let size = above.last().is_some_and(|name| SIZES.contains(&name.as_str()));
            if size || found.contains_key(names) || !found.contains_key(&value) {
                continue;
            }
            let way = Way { own: vec![], up: 0, steps: vec![], key: key.clone(), every: false };
            let says = Says::Ways { ways: vec![way], otherwise: vec![], pipes: headed.pipes.clone() };
            let why = "the unit of the line, since it has none of its own".to_owned();
            found.insert(names.clone(), Leaf { name: "unit".into(), says, confidence: BY_VALUES, why, unseen: false });
        }
    }
}

type Numbers<'a> = (&'a Column<'a>, Vec<Decimal>, Vec<Known>);

/// Three columns of which two make the third in every row, and one of the two is whole and the other not.
fn product<'a>(columns: &'a [Numbers<'a>]) -> Option<[&'a Numbers<'a>; 3]> {
    let is_one = |numbers: &[Decimal]| numbers.iter().all(|n| *n == Decimal::ONE);
    let whole = |numbers: &[Decimal]| numbers.iter().all(|n| n.fract().is_zero());
    for (at, one) in columns.iter().enumerate() {
        for other in &columns[at + 1..] {
            if is_one(&one.1) || is_one(&other.1) || whole(&one.1) == whole(&other.1) || one.1.len() < 2 {
                continue;
            }
            let makes = |third: &&Numbers| {
                let rows = one.1.iter().zip(&other.1).zip(&third.1);
                let same = |((a, b), c): ((&Decimal, &Decimal), &Decimal)| {
                    a.checked_mul(*b).is_some_and(|product| product.round_dp(2) == c.round_dp(2))
                };
                third.1.len() == one.1.len() && other.1.len() == one.1.len() && rows.into_iter().all(same)
            };
            if let Some(third) = columns.iter().find(makes) {
                return Some([one, other, third]);
            }
        }
    }
    None
}
