//! Random canonical messages, made from their JSON Schemas: plausible values, and the same ones for the same seed.

use crossdock::canonical::messages::{self, MESSAGES, Message};
use rand::{Rng, SeedableRng, rngs::StdRng};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// A random message of a name. Optional members come and go; a member with a default is always there, as it is when
/// a message is written; lists hold one to three items; extension fields are texts.
pub fn message(name: &str, seed: u64) -> Value {
    let message = messages::named(name).unwrap_or_else(|| panic!("{name} is no canonical message"));
    of_schema(message.schema().as_value(), seed)
}

fn of_schema(root: &Value, seed: u64) -> Value {
    Maker { root, random: StdRng::seed_from_u64(seed), within: String::new() }.value(root, "")
}

struct Maker<'a> {
    root: &'a Value,
    random: StdRng,
    /// The record whose members are being made.
    within: String,
}

impl Maker<'_> {
    fn value(&mut self, schema: &Value, name: &str) -> Value {
        if let Some(of) = schema["$ref"].as_str().and_then(|of| of.strip_prefix("#/$defs/")) {
            if name == "pack" {
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
        if name == "purpose" && self.random.random_bool(0.5) {
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
                let most = if name == "equipment" { 2 } else { 4 };
                (0..self.random.random_range(1..most)).map(|_| self.value(&schema["items"], name)).collect()
            }
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
            if always || self.random.random_bool(0.4) {
                made.insert(name.clone(), self.value(member, name));
            }
        }
        made.into()
    }

    /// Money has at most two decimals, as most currencies do.
    fn decimal(&mut self, name: &str) -> String {
        let (most, scale) = match name {
            "per" => return self.one_of(&["1", "100", "1000"]),
            "percent" | "discount_percent" => (10_000, 2),
            "value" | "rate" | "exchange_rate" => (10_000_000, 3),
            _ => (10_000_000, 2),
        };
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
