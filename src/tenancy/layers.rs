//! An agreement is layers: built in, the hub's, the tenant's, the partner's, the connection's. Each states only what
//! differs, and the later one wins, setting by setting. Within a layer a standard's block wins over what stands beside
//! it, and what is said of one kind of message over both.

use super::{
    Agreement,
    catalogue::{self, Level, Setting},
    files::{Lint, fill},
};
use crate::{
    canonical::ConnectionId,
    formats::{fault::Decision, piece::Standard},
    mapping::{
        near::nearest,
        yaml::{Entry, Spot, What, Yaml},
    },
};
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Deref,
    sync::Arc,
};

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    BuiltIn,
    /// A file's line, and whose layer it is: `the tenant`.
    File {
        layer: &'static str,
        file: Arc<str>,
        line: u32,
        column: u32,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::BuiltIn => f.write_str("built in"),
            Origin::File { file, line, .. } => write!(f, "{file}:{line}"),
        }
    }
}

/// The settings in force, each with where it comes from.
#[derive(Debug, Clone)]
pub struct Effective {
    agreement: Agreement,
    origins: BTreeMap<String, Origin>,
}

impl Deref for Effective {
    type Target = Agreement;

    fn deref(&self) -> &Agreement {
        &self.agreement
    }
}

impl Effective {
    /// Where the value of a key comes from.
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::BuiltIn)
    }

    /// True if a file states the key.
    pub fn is_stated(&self, key: &str) -> bool {
        matches!(self.origin(key), Origin::File { .. })
    }

    /// `wrong_counts: tolerated (connectors/north.yaml:12)`: which setting had an effect, for people.
    pub fn told(&self, key: &str) -> String {
        let value = match self.value(key) {
            Value::String(text) => text,
            other => other.to_string(),
        };
        format!("`{key}: {value}` ({})", self.origin(key))
    }

    /// The same for what is kept with a document. What may be a password is not told.
    pub fn decision(&self, key: &str) -> Decision {
        let value = match self.value(key) {
            _ if super::shown::SECRET.contains(&key) => "(set)".to_owned(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let (layer, place) = match self.origin(key) {
            Origin::BuiltIn => ("built in", String::new()),
            origin @ Origin::File { layer, .. } => (*layer, origin.to_string()),
        };
        Decision { setting: key.into(), value: value.into(), layer: layer.into(), place: place.into() }
    }

    /// The value of a key, as a file would state it.
    pub fn value(&self, key: &str) -> Value {
        let whole = serde_json::to_value(&self.agreement).unwrap_or_default();
        key.split('.').fold(whole, |value, step| value.get(step).cloned().unwrap_or_default())
    }
}

/// One statement of a layer.
#[derive(Debug, Clone)]
struct Stated {
    setting: &'static Setting,
    value: Value,
    spot: Spot,
    standard: Option<Standard>,
    /// `850`, `ORDERS`.
    kind: Option<Box<str>>,
}

/// What one file says of an agreement, for all that it covers or for one connection.
#[derive(Debug, Clone)]
pub struct Layer {
    name: &'static str,
    file: Arc<str>,
    stated: Vec<Stated>,
    /// The kinds that its `sets` name, also where nothing is said of one.
    kinds: Vec<(Spot, Box<str>)>,
}

/// Which layer is read, and how deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Hub,
    Tenant,
    Partner,
    Connection,
}

/// The layer of who is a sandbox: what of an agreement follows from that.
const SANDBOX: &str = "the sandbox";

impl Whose {
    fn name(self) -> &'static str {
        match self {
            Whose::Hub => "the hub",
            Whose::Tenant => "the tenant",
            Whose::Partner => "the partner",
            Whose::Connection => "the connection",
        }
    }
}

impl Layer {
    /// What holds for a sandbox where nothing else is agreed: what goes out is a test. Its place is the line that makes it one.
    pub fn of_sandbox(path: &str, (line, column): (u64, u64)) -> Layer {
        let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let setting = catalogue::find("test_indicator");
        let stated = setting.map(|setting| Stated {
            setting,
            value: "send".into(),
            spot: Spot::new(number(line), number(column)),
            standard: None,
            kind: None,
        });
        Layer { name: SANDBOX, file: path.into(), stated: stated.into_iter().collect(), kinds: Vec::new() }
    }

    /// Reads the `agreement:` of a file; what is wrong goes to `faults`, and is not in the layer.
    /// `secret` gives what `${NAME}` stands for.
    pub fn read(path: &str, whose: Whose, block: &Yaml, secret: Secrets, faults: &mut Vec<Lint>) -> Layer {
        let mut layer = Layer { name: whose.name(), file: path.into(), stated: Vec::new(), kinds: Vec::new() };
        let mut reading = Reading { whose, secret, faults, layer: &mut layer, standard: None, kind: None };
        reading.block(block);
        layer.stated.sort_by_key(|stated| (stated.kind.is_some(), stated.standard.is_some()));
        layer
    }
}

impl Layer {
    fn origin(&self, stated: &Stated) -> Origin {
        let Spot { line, column, .. } = stated.spot;
        Origin::File { layer: self.name, file: self.file.clone(), line, column }
    }
}

/// What a name of the environment stands for.
pub type Secrets<'a> = &'a dyn Fn(&str) -> Option<String>;

struct Reading<'a> {
    whose: Whose,
    secret: Secrets<'a>,
    faults: &'a mut Vec<Lint>,
    layer: &'a mut Layer,
    standard: Option<Standard>,
    kind: Option<Box<str>>,
}

impl Reading<'_> {
    fn fault(&mut self, spot: Spot, sentence: String) {
        let (line, column) = (u64::from(spot.line), u64::from(spot.column));
        self.faults.push(Lint { file: self.layer.file.to_string(), line, column, sentence });
    }

    fn block(&mut self, block: &Yaml) {
        match &block.what {
            What::Map(entries) => entries.iter().for_each(|entry| self.entry(entry)),
            What::Null => {}
            _ => self.fault(block.spot, "an agreement is a table of settings, such as `acknowledge: '997'`".into()),
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let outermost = self.standard.is_none() && self.kind.is_none();
        match entry.key.as_str() {
            "x12" if outermost => self.standard_block(entry, Standard::X12),
            "edifact" if outermost => self.standard_block(entry, Standard::Edifact),
            "sets" if outermost => {
                for of_kind in entry.value.entries() {
                    if let Some(sentence) = super::kinds::no_set(&of_kind.key) {
                        self.fault(of_kind.key_spot, sentence);
                    }
                    self.layer.kinds.push((of_kind.key_spot, of_kind.key.as_str().into()));
                    self.kind = Some(of_kind.key.as_str().into());
                    self.block(&of_kind.value);
                }
                self.kind = None;
            }
            key => match catalogue::find(key) {
                Some(setting) => self.setting(setting, entry),
                None if !catalogue::keys(key).is_empty() => self.table(entry),
                None => self.unknown(key, "", entry.key_spot),
            },
        }
    }

    fn standard_block(&mut self, entry: &Entry, standard: Standard) {
        self.standard = Some(standard);
        self.block(&entry.value);
        self.standard = None;
    }

    fn table(&mut self, entry: &Entry) {
        if !matches!(entry.value.what, What::Map(_)) {
            let keys = catalogue::keys(&entry.key).join(", ");
            self.fault(entry.value.spot, format!("`{}` is a table of {keys}", entry.key));
        }
        for inner in entry.value.entries() {
            match catalogue::find(&format!("{}.{}", entry.key, inner.key)) {
                Some(setting) => self.setting(setting, inner),
                None => self.unknown(&inner.key, &entry.key, inner.key_spot),
            }
        }
    }

    fn unknown(&mut self, key: &str, table: &str, spot: Spot) {
        let mut known = catalogue::keys(table);
        if table.is_empty() {
            known.extend(["x12", "edifact", "sets"]);
        }
        let near = match nearest(key, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known.join(", ")),
        };
        let of = if table.is_empty() { "an agreement" } else { table };
        self.fault(spot, format!("`{key}` is no setting of {of}; {near}"));
    }

    fn setting(&mut self, setting: &'static Setting, entry: &Entry) {
        let key = &setting.key;
        if let (Some(own), Some(here)) = (setting.standard, self.standard)
            && own != here
        {
            return self.fault(entry.key_spot, format!("`{key}` means something in {own:?} only, not in {here:?}"));
        }
        if let Some(sentence) = self.too_deep(setting) {
            return self.fault(entry.key_spot, sentence);
        }
        let value = catalogue::value(setting, &entry.value);
        let Some(value) = value.filter(|value| fits(key, value)) else {
            if let Some((spot, sentence)) = catalogue::misfit(setting, &entry.value) {
                return self.fault(spot, sentence);
            }
            let said = entry.value.text().map_or("that".into(), |text| format!("`{text}`"));
            let near = entry.value.text().and_then(|text| nearest(text, setting.words.iter().map(String::as_str)));
            let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let sentence = format!("`{key}` can't be {said}: it is {}{near}", setting.takes);
            return self.fault(entry.value.spot, sentence);
        };
        let value = match value.as_str().map(|text| fill(text, self.secret)) {
            Some(Ok(filled)) => Value::String(filled),
            Some(Err(sentence)) => return self.fault(entry.value.spot, sentence),
            None => value,
        };
        let (standard, kind) = (self.standard, self.kind.clone());
        self.layer.stated.push(Stated { setting, value, spot: entry.key_spot, standard, kind });
    }

    /// A setting that takes no effect where it stands is an error and not a silence.
    fn too_deep(&self, setting: &Setting) -> Option<String> {
        let key = &setting.key;
        match () {
            () if self.kind.is_some() && setting.level < Level::Set => {
                Some(format!("`{key}` can't differ by kind of message; state it beside `sets`"))
            }
            () if self.whose == Whose::Connection && setting.level < Level::Connection => {
                Some(format!("`{key}` holds for the partner as a whole; state it in the partner's `agreement`"))
            }
            () if self.standard.is_some() && setting.level < Level::Connection => {
                Some(format!("`{key}` holds for all standards; state it beside the block"))
            }
            () => None,
        }
    }
}

/// True if an agreement can hold the value.
fn fits(key: &str, value: &Value) -> bool {
    let mut whole = serde_json::to_value(Agreement::default()).unwrap_or_default();
    put(&mut whole, key, value);
    serde_json::from_value::<Agreement>(whole).is_ok()
}

fn put(whole: &mut Value, key: &str, value: &Value) {
    let mut at = whole;
    for step in key.split('.') {
        let Some(next) = at.get_mut(step) else { return };
        at = next;
    }
    *at = value.clone();
}

/// What is built in for one standard only.
const PACKS: &[(Standard, &str, &str)] = &[
    (Standard::Edifact, "checks.separators", "reject"),
    (Standard::Edifact, "delimiters.element", "+"),
    (Standard::Edifact, "delimiters.component", ":"),
    (Standard::Edifact, "delimiters.repetition", "*"),
    (Standard::Edifact, "delimiters.segment", "'"),
];

/// All layers over each other, as seen by one standard and kind of message.
fn resolve(layers: &[&Layer], standard: Option<Standard>, kind: Option<&str>) -> Effective {
    let mut whole = serde_json::to_value(Agreement::default()).unwrap_or_default();
    let mut origins = BTreeMap::new();
    for (_, key, value) in PACKS.iter().filter(|(own, _, _)| Some(*own) == standard) {
        put(&mut whole, key, &Value::from(*value));
    }
    for layer in layers {
        for stated in &layer.stated {
            let holds = stated.standard.is_none_or(|own| Some(own) == standard)
                && stated.kind.as_deref().is_none_or(|own| Some(own) == kind);
            if holds {
                put(&mut whole, &stated.setting.key, &stated.value);
                origins.insert(stated.setting.key.clone(), layer.origin(stated));
            }
        }
    }
    // What a sandbox takes in it works itself, whatever its tenant has done with tests elsewhere.
    let of_sandbox = layers.first().filter(|layer| layer.name == SANDBOX && whole["test_indicator"] == "sandbox");
    for (layer, stated) in of_sandbox.into_iter().flat_map(|layer| layer.stated.iter().map(move |one| (layer, one))) {
        put(&mut whole, &stated.setting.key, &stated.value);
        origins.insert(stated.setting.key.clone(), layer.origin(stated));
    }
    // Each value was tried when its layer was read.
    Effective { agreement: serde_json::from_value(whole).unwrap_or_default(), origins }
}

/// What is in force by connection, standard and kind of message, for one partner or for a tenant's unknown senders.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Where neither connection nor standard matters.
    pub whole: Arc<Effective>,
    by_connection: HashMap<Option<ConnectionId>, Vec<OfStandard>>,
    /// The kinds that `sets` name, with their file and place.
    named: Vec<(Arc<str>, Spot, Box<str>)>,
}

#[derive(Debug, Clone)]
struct OfStandard {
    standard: Option<Standard>,
    general: Arc<Effective>,
    kinds: BTreeMap<Box<str>, Arc<Effective>>,
}

impl Terms {
    /// Puts layers over each other: those of the whole, outermost first, then one connection's.
    pub fn new(layers: &[&Layer], connections: &[(ConnectionId, &Layer)]) -> Terms {
        let mut by_connection = HashMap::new();
        let none = (None, None);
        let own = connections.iter().map(|(id, layer)| (Some(*id), Some(*layer)));
        for (id, layer) in own.chain([none]) {
            let all: Vec<&Layer> = layers.iter().copied().chain(layer).collect();
            by_connection.insert(id, of_standards(&all));
        }
        let all = layers.iter().copied().chain(connections.iter().map(|(_, layer)| *layer));
        let named =
            all.flat_map(|layer| layer.kinds.iter().map(|(spot, kind)| (layer.file.clone(), *spot, kind.clone())));
        Terms { named: named.collect(), whole: Arc::new(resolve(layers, None, None)), by_connection }
    }

    /// The kinds that some layer's `sets` name: the file, the place and the kind.
    pub fn named(&self) -> impl Iterator<Item = (&str, Spot, &str)> {
        self.named.iter().map(|(file, spot, kind)| (&**file, *spot, &**kind))
    }

    /// What holds for one kind of message of a standard on a connection; `""` is a message of no kind that differs.
    pub fn of(&self, connection: ConnectionId, standard: Standard, kind: &str) -> &Arc<Effective> {
        let all = self.by_connection.get(&Some(connection)).or_else(|| self.by_connection.get(&None));
        let of = all.into_iter().flatten().find(|of| of.standard.is_none_or(|own| own == standard));
        of.map_or(&self.whole, |of| of.kinds.get(kind).unwrap_or(&of.general))
    }

    /// The kinds of messages that some layer speaks of.
    pub fn kinds(&self, connection: ConnectionId, standard: Standard) -> impl Iterator<Item = (&str, &Arc<Effective>)> {
        let all = self.by_connection.get(&Some(connection)).or_else(|| self.by_connection.get(&None));
        let of = all.into_iter().flatten().find(move |of| of.standard.is_none_or(|own| own == standard));
        of.into_iter().flat_map(|of| of.kinds.iter().map(|(kind, effective)| (&**kind, effective)))
    }

    /// Everything that is in force somewhere, for lint.
    pub fn all(&self) -> impl Iterator<Item = (Option<Standard>, &Arc<Effective>)> {
        let of = self.by_connection.values().flatten();
        of.flat_map(|of| std::iter::once(&of.general).chain(of.kinds.values()).map(|one| (of.standard, one)))
    }
}

fn of_standards(layers: &[&Layer]) -> Vec<OfStandard> {
    let kinds: BTreeSet<&str> = layers.iter().flat_map(|l| l.stated.iter().filter_map(|s| s.kind.as_deref())).collect();
    let of = |standard: Option<Standard>| OfStandard {
        standard,
        general: Arc::new(resolve(layers, standard, None)),
        kinds: kinds.iter().map(|kind| ((*kind).into(), Arc::new(resolve(layers, standard, Some(kind))))).collect(),
    };
    vec![of(Some(Standard::X12)), of(Some(Standard::Edifact)), of(None)]
}
