//! Random canonical messages, made from their JSON Schemas: plausible values, and the same ones for the same seed.

use super::repertoire::{Letters, Many, Repertoire, Says};
use crossdock::canonical::messages::{self, MESSAGES, Message};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A random message of a name. Optional members come and go; a member with a default is always there, as it is when
/// a message is written; lists hold one to three items; extension fields are texts.
pub fn message(name: &str, seed: u64) -> Value {
    let message = messages::named(name).unwrap_or_else(|| panic!("{name} is no canonical message"));
    of_schema(message.schema().as_value(), seed, None)
}

/// A random message of what a mapping can say: no other members, words, schemes and lengths. Extension fields, and half
/// of the other texts, say what was seen in them before.
pub fn said(name: &str, seed: u64, said: &Said) -> Value {
    let message = messages::named(name).unwrap_or_else(|| panic!("{name} is no canonical message"));
    of_schema(message.schema().as_value(), seed, Some(said))
}

fn of_schema(root: &Value, seed: u64, said: Option<&Said>) -> Value {
    let random = StdRng::seed_from_u64(seed);
    Maker { root, random, within: String::new(), said, path: String::new(), position: 0, unit: None }.value(root, "")
}

/// What a mapping can say.
pub struct Said {
    pub repertoire: Repertoire,
    pub seen: Seen,
    /// Letters that no text can have: X12's delimiters, which nothing escapes.
    pub unsaid: &'static str,
}

/// What a mapping's samples say, by pointer without indexes.
#[derive(Default)]
pub struct Seen {
    pub texts: BTreeMap<String, Vec<String>>,
    pub objects: BTreeMap<String, usize>,
    /// How many of the objects have a member.
    pub members: BTreeMap<String, usize>,
}

impl Seen {
    fn texts(&self, at: &str) -> &[String] {
        self.texts.get(at).map_or(&[][..], Vec::as_slice)
    }

    /// Does a member stand in each sample that could have it? It may be one that no document is without.
    fn always(&self, at: &str) -> bool {
        let above = at.rsplit_once('/').map_or("", |(above, _)| above);
        self.members.get(at).is_some_and(|count| self.objects.get(above) == Some(count))
    }
}

struct Maker<'a> {
    root: &'a Value,
    random: StdRng,
    /// The record whose members are being made.
    within: String,
    said: Option<&'a Said>,
    /// Pointer without indexes to what is being made.
    path: String,
    /// Of the list's item, from 1.
    position: usize,
    /// What a line is counted in.
    unit: Option<String>,
}

impl Maker<'_> {
    fn value(&mut self, schema: &Value, name: &str) -> Value {
        if let Some(made) = self.of_line(schema) {
            return made;
        }
        if let Some(of) = schema["$ref"].as_str().and_then(|of| of.strip_prefix("#/$defs/")) {
            if name == "pack" && self.said.is_none() {
                // Whole pieces lie in a package.
                return json!({ "value": self.random.random_range(1..1_000).to_string(), "unit": "EA" });
            }
            if let Some(made) = self.usual(of, name) {
                return made;
            }
            let outer = std::mem::replace(&mut self.within, of.to_owned());
            let made = self.value(&self.root["$defs"][of], name);
            self.within = outer;
            return made;
        }
        // Most documents are sent for the first time.
        if name == "purpose" && self.said.is_none() && self.random.random_bool(0.5) {
            return "original".into();
        }
        for choice in ["anyOf", "oneOf"] {
            let real = schema[choice].as_array().into_iter().flatten().filter(|of| of["type"] != "null");
            let real: Vec<&Value> = real.collect();
            if !real.is_empty() {
                let at = self.random.random_range(0..real.len());
                return self.value(real[at], name);
            }
        }
        if schema["const"].is_string() {
            return schema["const"].clone();
        }
        if let Some(words) = schema["enum"].as_array() {
            return words[self.random.random_range(0..words.len())].clone();
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|of| *of != "null").collect(),
            of => of.as_str().into_iter().collect(),
        };
        match types.as_slice() {
            ["object"] if schema["properties"].is_object() => self.object(schema),
            ["object"] => json!({ "said": self.text("said") }),
            // A load travels in one trailer.
            ["array"] => {
                let one = name == "equipment" || name == "seals" && self.said.is_some();
                let most = if one || self.said.is_some() && self.random.random_bool(0.6) { 2 } else { 4 };
                let count = self.random.random_range(1..most);
                let item = |nth| {
                    self.position = nth;
                    if name == "lines" {
                        self.unit = None;
                    }
                    self.value(&schema["items"], name)
                };
                let mut items: Vec<Value> = (1..=count).map(item).filter(|made| !is_empty(made)).collect();
                items.dedup();
                items.into()
            }
            ["integer"] if name.ends_with("day_of_month") => self.random.random_range(1..=31).into(),
            ["integer"] => self.random.random_range(1..1_000).into(),
            ["string", "number"] => self.decimal(name).into(),
            ["string"] => match schema["format"].as_str() {
                Some("date") => self.date().into(),
                Some("date-time") => format!("{}T{}:00.000000Z", self.date(), self.clock()).into(),
                Some("uuid") => uuid::Uuid::from_u128(self.random.random()).to_string().into(),
                _ => self.text(name).into(),
            },
            // Mappings read no booleans: a set of words says more.
            _ => panic!("{name} takes what no mapping can make: {schema:#}"),
        }
    }

    /// What is nearly always said alike: a carrier's code, what a line is counted in, what is weighed.
    fn usual(&mut self, of: &str, name: &str) -> Option<Value> {
        if self.said.is_some() {
            return None;
        }
        if (of, self.within.as_str()) == ("Ref", "Carrier") {
            return Some(json!({ "scheme": "scac", "id": self.one_of(&["SAIA", "ODFL"]) }));
        }
        let unit = match name {
            "packages" => "PK",
            "gross_weight" | "net_weight" | "billed_weight" => "KGM",
            "volume" => "MTQ",
            "temperature" | "flashpoint" => "CEL",
            "shipped" | "ordered" | "short" | "expected" | "damaged"
                if matches!(&*self.within, "ShippedLine" | "TransferLine") =>
            {
                "EA"
            }
            _ => return None,
        };
        let value = self.random.random_range(1..1_000).to_string();
        (of == "Quantity").then(|| json!({ "value": value, "unit": unit }))
    }

    fn object(&mut self, schema: &Value) -> Value {
        let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().flat_map(Value::as_str).collect();
        let mut made = Map::new();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            // What has a default is written even if nobody sent it.
            // A tax without its amount says nothing.
            let always = required.contains(&name.as_str())
                || !member["default"].is_null()
                || (self.within.as_str(), name.as_str()) == ("Tax", "amount");
            let above = self.path.len();
            self.path = format!("{}/{name}", self.path);
            if self.wanted(required.contains(&name.as_str()), always) {
                let value = self.value(member, name);
                if required.contains(&name.as_str()) || !is_empty(&value) {
                    made.insert(name.clone(), value);
                }
            }
            self.path.truncate(above);
        }
        self.leave_out_spare(&mut made, &required);
        // Nobody says the second line of an address without the first, or a rate without what it is for.
        for (one, other) in [("street", "additional_street"), ("rate", "rate_basis"), ("rate_basis", "rate")] {
            if self.said.is_some() && !made.contains_key(one) {
                made.remove(other);
            }
        }
        made.into()
    }

    /// Is a member to be made? A mapping's own are, if it has a line for them.
    fn wanted(&mut self, required: bool, always: bool) -> bool {
        let Some(said) = self.said else { return always || self.random.random_bool(0.4) };
        let nothing = said.repertoire.line(&self.path).is_some_and(|line| line.says == Says::Nothing);
        // A document does not say what is filled in where nothing stands.
        let filled = said.repertoire.line(&self.path).is_some_and(|line| line.filled);
        let chance = if said.seen.always(&self.path) { 0.98 } else { 0.25 };
        required || said.repertoire.has(&self.path) && !nothing && (always || filled || self.random.random_bool(chance))
    }

    /// Of two members that stand at one place a message says one.
    fn leave_out_spare(&self, made: &mut Map<String, Value>, required: &[&str]) {
        let Some(said) = self.said else { return };
        let members: Vec<_> = said.repertoire.members(&self.path).collect();
        for (name, line) in members.iter().filter(|(_, line)| line.spare) {
            let others = members.iter().filter(|(other, one)| other != name && one.place == line.place);
            for (other, _) in others.filter(|(other, _)| made.contains_key(*other)).copied().collect::<Vec<_>>() {
                made.remove(if required.contains(name) { other } else { name });
            }
        }
    }

    /// What the mapping's line lets it say.
    fn of_line(&mut self, schema: &Value) -> Option<Value> {
        let said = self.said?;
        if schema["type"] == "object" && schema["properties"].is_null() {
            return Some(self.extension(said));
        }
        let word = match &said.repertoire.line(&self.path)?.says {
            Says::Words(words) => match self.unit.clone().filter(|unit| words.contains(unit)) {
                Some(unit) if self.path.ends_with("/unit") => unit,
                _ => words[self.random.random_range(0..words.len())].clone(),
            },
            Says::Position => self.position.to_string(),
            Says::Ids { schemes, how } => return Some(self.ids(schemes, *how)),
            Says::Any { .. } | Says::Nothing => return None,
        };
        if self.path.starts_with("/lines/") && self.path.ends_with("/unit") {
            self.unit.get_or_insert_with(|| word.clone());
        }
        let number = schema["type"] == "integer" || schema["type"][0] == "integer";
        Some(if number { word.parse::<u32>().unwrap().into() } else { word.into() })
    }

    fn extension(&mut self, said: &Said) -> Value {
        let mut made = Map::new();
        for (name, _) in said.repertoire.members(&self.path) {
            let seen = said.seen.texts(&format!("{}/{name}", self.path));
            if !seen.is_empty() && self.random.random_bool(0.4) {
                made.insert(name.to_owned(), seen[self.random.random_range(0..seen.len())].clone().into());
            }
        }
        made.into()
    }

    fn ids(&mut self, schemes: &[String], how: Many) -> Value {
        let chosen: Vec<&String> = match how {
            Many::One => vec![&schemes[self.random.random_range(0..schemes.len())]],
            Many::OneOfEachScheme if schemes.len() < 3 => vec![&schemes[self.random.random_range(0..schemes.len())]],
            _ => schemes.iter().filter(|_| self.random.random_bool(0.5)).collect(),
        };
        chosen.into_iter().map(|scheme| json!({ "scheme": scheme, "id": self.id(scheme) })).collect()
    }

    fn id(&mut self, scheme: &str) -> String {
        let digits = match scheme {
            "gtin" => [8, 12, 13, 14][self.random.random_range(0..4)],
            "gln" | "duns4" => 13,
            "duns" => 9,
            "scac" => return self.one_of(&["SAIA", "ODFL"]),
            _ => {
                let begins = self.one_of(&["A", "PO-", "7", "N.7/"]);
                return format!("{begins}{}", self.random.random_range(1..1_000_000));
            }
        };
        format!("{:01$}", self.random.random_range(0..10u64.pow(digits)), digits as usize)
    }

    /// Money has at most two decimals, as most currencies do.
    fn decimal(&mut self, name: &str) -> String {
        let (most, scale) = match name {
            // Whole pieces lie in a package.
            "value" if self.path.ends_with("/pack/value") => (1_000, 0),
            "per" => return self.one_of(&["1", "100", "1000"]),
            "percent" | "discount_percent" => (10_000, 2),
            "value" | "rate" | "exchange_rate" => (10_000_000, 3),
            _ => (10_000_000, 2),
        };
        // Many documents count whole pieces only.
        let scale = if self.said.is_some() && self.random.random_bool(0.7) { 0 } else { scale };
        Decimal::new(self.random.random_range(1..most), self.random.random_range(0..=scale)).normalize().to_string()
    }

    fn date(&mut self) -> String {
        let (year, month, day) =
            (self.random.random_range(2001..2069), self.random.random_range(1..13), self.random.random_range(1..29));
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn clock(&mut self) -> String {
        format!("{:02}:{:02}", self.random.random_range(0..24), self.random.random_range(0..60))
    }

    /// A text as stands in a member of that name.
    fn text(&mut self, name: &str) -> String {
        let Some(said) = self.said else { return self.usual_text(name) };
        let seen = said.seen.texts(&self.path);
        let text = match name {
            _ if !seen.is_empty() && self.random.random_bool(0.5) => {
                seen[self.random.random_range(0..seen.len())].clone()
            }
            "name" | "city" | "street" | "additional_street" | "description" | "sentence" | "notes" => {
                self.any_text(said)
            }
            _ => self.usual_text(name),
        };
        let Some(Says::Any { most, letters }) = said.repertoire.line(&self.path).map(|line| &line.says) else {
            return text;
        };
        // Where there is room for it, a text runs on.
        let text =
            if *most > 35 && self.random.random_bool(0.3) { format!("{text} {}", self.any_text(said)) } else { text };
        let text: String = text.chars().take(*most).collect();
        match letters {
            Letters::Any => text.trim().to_owned(),
            Letters::Upper => text.trim().to_uppercase(),
            Letters::Lower => text.trim().to_lowercase(),
        }
    }

    /// Letters that each format has to escape, and some that need more than a byte; no blanks at its ends.
    fn any_text(&mut self, said: &Said) -> String {
        let letters: Vec<char> =
            "ABcdeXyz0189&<>\"',;?+:*~^/. -éü".chars().filter(|c| !said.unsaid.contains(*c)).collect();
        let count = self.random.random_range(1..24);
        let inner: String = (0..count).map(|_| letters[self.random.random_range(0..letters.len())]).collect();
        format!("N{inner}o")
    }

    fn usual_text(&mut self, name: &str) -> String {
        // Words that documentation names, where a code of the standard's may stand too.
        let words: &[&str] = match (self.within.as_str(), name) {
            ("Tax", "kind") => &["vat", "gst", "sales"],
            ("Package", "kind") => &["pallet", "carton"],
            ("Equipment", "kind") => &["trailer", "container"],
            ("AllowanceCharge", "code") => &["freight", "handling", "discount"],
            ("AllowanceCharge", "settled") => &["off_invoice", "bill_back"],
            ("PaymentTerms", "code") => &["net", "discount", "end_of_month"],
            ("PaymentTerms", "from") => &["invoice_date", "delivery", "receipt"],
            ("", "structure") => &["pick_and_pack", "standard"],
            (
                "Milestone" | "Stop" | "WarehouseLine" | "ShippedLine" | "TransferLine" | "FreightLine" | "LoadLine",
                "number",
            ) => &["1", "2", "3", "14"],
            ("Reason", "code") => &["AA"],
            ("OtherParty", "role") => &["manufacturer"],
            ("DeliveryTerms", "code") => &["FCA", "EXW"],
            ("Contact", "role") => &["IC"],
            ("Equipment", "owner") => &["SAIA", "MSCU"],
            ("AdjustmentLine", "from_status" | "to_status") => &["damaged", "quarantined"],
            ("WarehouseLine" | "TransferLine", "stock_status") => &["01", "02"],
            ("DangerousGoods", "number") => &["1263", "1993"],
            ("DangerousGoods", "class") => &["3", "8"],
            ("DangerousGoods", "packing_group") => &["II", "III"],
            ("RemittanceLine", "kind") => &["invoice", "credit"],
            ("", "means") => &["ach", "cheque", "wire"],
            ("Milestone", "code") => &["X1", "D1", "AF", "SD"],
            _ => &[],
        };
        if !words.is_empty() {
            return self.one_of(words);
        }
        match name {
            "currency" | "tax_currency" => self.one_of(&["USD", "EUR", "CAD", "GBP"]),
            "unit" => self.one_of(&["EA", "CT", "KGM", "LTR"]),
            "country" | "country_of_origin" => self.one_of(&["US", "DE", "CA", "NL"]),
            "region" => self.one_of(&["OH", "GA", "CA", "TX"]),
            "scheme" => self.one_of(&["sku", "gtin", "duns", "buyer", "gln"]),
            "time" => self.clock(),
            "zone" => self.one_of(&["+01:00", "-05:00", "LT"]),
            "postcode" => format!("{:05}", self.random.random_range(0..100_000)),
            // What counts lines is a number in most standards.
            "number" if self.within.ends_with("Line") => self.random.random_range(1..1_000).to_string(),
            "line" | "package" | "parent" | "stop" | "pick_up" | "drop_off" => {
                self.random.random_range(1..1_000).to_string()
            }
            "name" | "city" | "street" | "additional_street" | "description" | "sentence" | "notes" => self.words(),
            _ => format!("{}{}", self.one_of(&["A", "PO-", "X", "N7"]), self.random.random_range(1..1_000_000)),
        }
    }

    fn words(&mut self) -> String {
        let words: Vec<String> = (0..self.random.random_range(1..4))
            .map(|_| self.one_of(&["Bolt", "Harbour", "North", "Steel", "Dock", "Blue", "Widget", "12"]))
            .collect();
        words.join(" ")
    }

    fn one_of(&mut self, words: &[&str]) -> String {
        words[self.random.random_range(0..words.len())].to_owned()
    }
}

/// An object or a list of nothing: no document says it.
pub fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.is_empty()) || value.as_array().is_some_and(Vec::is_empty)
}

/// Every member is there in some, and every message reads back to what was written.
#[test]
fn random_messages_are_read_and_written_back_equal() {
    for Message { name, .. } in MESSAGES {
        for seed in 0..200 {
            let body = message(name, seed);
            let again =
                messages::rewritten(name, &body).unwrap_or_else(|e| panic!("{name}, seed {seed}: {e}\n{body:#}"));
            assert_eq!(body, again, "{name}, seed {seed}");
        }
    }
}

#[test]
fn the_same_seed_makes_the_same_message() {
    for Message { name, .. } in MESSAGES {
        assert_eq!(message(name, 7), message(name, 7));
        assert_ne!(message(name, 7), message(name, 8));
    }
}
