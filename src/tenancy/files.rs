//! The configuration files: one a tenant, one a partner. Read at start, linted as a whole.

use super::stray::{self, About};
use crate::mapping::yaml::{self, Spot};
use schemars::JsonSchema;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

/// A fault in a configuration file, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {sentence}")]
pub struct Lint {
    pub file: String,
    pub line: u64,
    pub column: u64,
    pub sentence: String,
}

/// A file of `connectors/`: a partner's if it says `partner:`, a tenant's if it says `tenant:`, else the hub's.
#[derive(Debug, Clone)]
pub enum File {
    Hub,
    Tenant(Box<TenantFile>),
    Partner(Box<PartnerFile>),
}

/// What the hub's own file says: an agreement for everyone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct HubFile {
    #[serde(rename = "agreement")]
    _agreement: IgnoredAny,
}

/// What a tenant's file says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantFile {
    /// Its name.
    pub tenant: String,
    /// ISO 4217; what an order without a currency is in.
    #[serde(default = "usd")]
    pub currency: String,
    /// Our own identities: `x12/ZZ/ACMEDIST`. What comes must name one as its receiver; the first is the sender of what goes.
    #[serde(default)]
    pub identities: Vec<String>,
    /// Receivers of webhooks.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Shared connections, whose documents are told apart by their identities.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// What holds for all of its partners; read apart, with places.
    #[serde(default, rename = "agreement")]
    #[schemars(with = "Option<Map<String, Value>>")]
    _agreement: Option<IgnoredAny>,
    /// The tenant whose sandbox this one is: its agreements may have their test interchanges taken in here.
    #[serde(default)]
    pub sandbox_of: Option<String>,
    /// CSV files of master data, relative to the folder that holds `connectors/`.
    #[serde(default)]
    pub data: Vec<String>,
}

fn usd() -> String {
    "USD".into()
}

fn default_tenant() -> String {
    "default".into()
}

/// What a partner's file says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartnerFile {
    /// Whose partner it is.
    #[serde(default = "default_tenant")]
    pub tenant: String,
    /// Its name, unique in the tenant.
    pub partner: String,
    /// What it is called in envelopes: `x12/ZZ/NORTHWIND`, `edifact/14/4012345000009`. The first of a standard is the
    /// receiver of what goes.
    #[serde(default)]
    pub identities: Vec<String>,
    /// The price list that its orders are held against.
    #[serde(default)]
    pub price_list: Option<String>,
    /// It is there for tests: agreements may have their test interchanges taken in by its connections (`sandbox`), as its own,
    /// and what goes out to it is a test.
    #[serde(default)]
    pub for_tests: bool,
    /// Its own ways in and out.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// What was settled with it; read apart, with places.
    #[serde(default, rename = "agreement")]
    #[schemars(with = "Option<Map<String, Value>>")]
    _agreement: Option<IgnoredAny>,
    /// Events that go to it as documents.
    #[serde(default)]
    pub answers: Vec<Answer>,
}

/// A way in or out. What else it says belongs to its transport, which lints it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Connection {
    /// Unique in the hub.
    pub name: String,
    /// `http`, `folder` and the others that the hub has; each brings settings of its own.
    pub transport: String,
    /// What CSV and JSON that come here are: `csv orders`, `json order`.
    #[serde(default)]
    pub expects: Option<String>,
    /// Bearer key of `POST /in/{name}`.
    #[serde(default)]
    pub key: Option<String>,
    /// Secret of signed webhooks that come in.
    #[serde(default)]
    pub secret: Option<String>,
    /// What differs here from the partner's agreement; read apart, with places.
    #[serde(default, rename = "agreement")]
    #[schemars(with = "Option<Map<String, Value>>")]
    _agreement: Option<IgnoredAny>,
    #[serde(flatten)]
    #[schemars(skip)]
    pub transport_settings: Map<String, Value>,
}

/// A webhook receiver.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Unique in the tenant.
    pub name: String,
    /// Where the webhooks go: https:// or http://.
    pub url: String,
    /// `whsec_` and base64, or any text.
    pub secret: String,
    /// `order.*`, `order.confirmed`, `*`.
    #[serde(default = "all_events")]
    pub events: Vec<String>,
    /// Loopback and private addresses are refused unless this says otherwise.
    #[serde(default)]
    pub allow_private_addresses: bool,
    /// Delays between tries in milliseconds; the last one repeats. None: the hub's own.
    #[serde(default)]
    pub retry_ms: Option<Vec<u64>>,
    /// After so long since the first failure it is dead. None: the hub's own.
    #[serde(default)]
    pub budget_ms: Option<u64>,
    /// Time for head and body of an answer. None: the hub's own.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
}

fn all_events() -> Vec<String> {
    vec!["*".into()]
}

/// An event that goes out as a document.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// `order.confirmed`.
    pub event: String,
    /// `x12 004010 855`, `edifact D96A ORDRSP`, `ubl 2.1 OrderResponse`.
    #[serde(rename = "as")]
    pub form: String,
    /// The connection it leaves by.
    pub by: String,
}

/// Reads one file; what is wrong with its shape, each with its place.
pub fn parse(file: &str, text: &str) -> Result<File, Vec<Lint>> {
    let whole = yaml::parse(text).map_err(|(Spot { line, column, .. }, sentence)| {
        vec![Lint { file: file.into(), line: u64::from(line.max(1)), column: u64::from(column.max(1)), sentence }]
    })?;
    let strays = stray::keys(file, &whole);
    if !strays.is_empty() {
        return Err(strays);
    }
    let read = match About::of(&whole) {
        About::Partner => serde_saphyr::from_str(text).map(|f| File::Partner(Box::new(f))),
        About::Hub => serde_saphyr::from_str::<HubFile>(text).map(|_| File::Hub),
        About::Tenant => serde_saphyr::from_str(text).map(|f| File::Tenant(Box::new(f))),
    };
    read.map_err(|error| vec![lint(file, &error)])
}

fn lint(file: &str, error: &serde_saphyr::Error) -> Lint {
    let place = error.location();
    Lint {
        file: file.into(),
        line: place.as_ref().map_or(1, |l| l.line()),
        column: place.as_ref().map_or(1, |l| l.column()),
        sentence: yaml::sentence(error),
    }
}

/// Replaces `${NAME}` by what `value` says; an unknown name is the error.
pub fn fill(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        filled.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('}') else {
            return Err(format!("`{text}` opens ${{ and does not close it"));
        };
        let name = &rest[start + 2..start + end];
        match value(name) {
            Some(value) => filled.push_str(&value),
            None => return Err(format!("the environment has no {name}; set it, or write the value in its place")),
        }
        rest = &rest[start + end + 1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_key_that_stands_twice_is_told_in_words_of_the_file() {
        let text = "tenant: acme\npartner: north\nagreement: { acknowledge: '997', acknowledge: '999' }\n";
        let told = parse("north.yaml", text).unwrap_err()[0].to_string();
        assert!(told.starts_with("north.yaml:3:34: `acknowledge` stands twice"), "{told}");
        let told = parse("acme.yaml", "tenant: acme\ntenant: globex\n").unwrap_err()[0].to_string();
        assert!(told.starts_with("acme.yaml:2:1: `tenant` stands twice"), "{told}");
    }
}
