//! Settings, from defaults, file, variables and flags, each with where it came from.
//!
//! Order: defaults, then `crossdock.toml` (or `--config`), then `CROSSDOCK_…`, then flags. A nested key's variable has a
//! double underscore: `CROSSDOCK_FLOW__RETRY_FIRST_MS`. What nobody knows is an error, with the nearest that is known.

use crate::{config::Settings, emit::mail::Post};
use anyhow::{Context, anyhow, bail};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use toml::{Spanned, de::DeTable, de::DeValue};

/// The file that is read when none is named.
pub const FILE: &str = "crossdock.toml";
/// Variables that begin as ours do and are no settings: who asks a hub, and what single commands take.
pub const OTHER_VARIABLES: &[&str] =
    &["CROSSDOCK_CONFIG", "CROSSDOCK_URL", "CROSSDOCK_KEY", "CROSSDOCK_LISTEN_SECRET", "CROSSDOCK_MANAGEMENT_URL"];
const PREFIX: &str = "CROSSDOCK_";
/// Settings whose values are paths; in a file they start from the file's folder.
const PATHS: &[&str] = &["data", "connectors", "mappings"];
/// Settings that may hold a password.
const SECRETS: &[&str] = &["database_url", "amqp_url", "mail.url"];

/// What every command that needs settings takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Settings")]
pub struct Flags {
    /// Settings file [default: crossdock.toml, if there is one]
    #[arg(long, value_name = "FILE", env = "CROSSDOCK_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder of the embedded store and of the running hub's address and key
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder of tenants' and partners' files
    #[arg(long, value_name = "DIR")]
    pub connectors: Option<PathBuf>,
    /// Folder of mappings of your own
    #[arg(long, value_name = "DIR")]
    pub mappings: Option<PathBuf>,
    /// Any other setting: --set flow.apply_workers=4 (`crossdock config describe` lists them)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// `serve --listen`; the other commands listen nowhere.
    #[arg(skip)]
    pub listen: Option<String>,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File { path: PathBuf, line: usize },
    Variable(String),
    Flag(String),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => f.write_str(name),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// The settings in force.
#[derive(Debug, Clone)]
pub struct Effective {
    pub settings: Settings,
    /// By key, as `flow.apply_workers`.
    pub origins: BTreeMap<String, Origin>,
}

/// Loads by flags, this process's environment and the files they name.
pub fn load(flags: &Flags) -> anyhow::Result<Effective> {
    load_from(
        flags,
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    )
}

/// As [`load`], with the variables given.
pub fn load_from(flags: &Flags, variables: impl IntoIterator<Item = (String, String)>) -> anyhow::Result<Effective> {
    let mut layers = Layers::new()?;
    let path = flags.config.clone().unwrap_or_else(|| FILE.into());
    match std::fs::read_to_string(&path) {
        Ok(text) => layers.file(&path, &text)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && flags.config.is_none() => {}
        Err(error) => return Err(error).with_context(|| format!("the settings file {} can't be read", path.display())),
    }
    let mut variables: Vec<(String, String)> =
        variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect();
    variables.sort();
    for (name, value) in variables {
        layers.variable(&name, &value)?;
    }
    for (key, path) in [("data", &flags.data), ("connectors", &flags.connectors), ("mappings", &flags.mappings)] {
        if let Some(path) = path {
            layers.put(key, Value::from(path.display().to_string()), Origin::Flag(format!("--{key}")))?;
        }
    }
    if let Some(listen) = &flags.listen {
        layers.put("listen", Value::from(listen.as_str()), Origin::Flag("--listen".into()))?;
    }
    for pair in &flags.set {
        layers.flag(pair, "--set")?;
    }
    layers.done()
}

/// Values by dotted key, the later over the earlier.
struct Layers {
    values: BTreeMap<String, Value>,
    origins: BTreeMap<String, Origin>,
}

impl Layers {
    fn new() -> anyhow::Result<Layers> {
        let mut values = BTreeMap::new();
        flatten("", serde_json::to_value(Settings::default())?, &mut values);
        let origins = values.keys().map(|key| (key.clone(), Origin::Default)).collect();
        Ok(Layers { values, origins })
    }

    fn file(&mut self, path: &Path, text: &str) -> anyhow::Result<()> {
        let place = |at: usize| format!("{}:{}", path.display(), line_of(text, at));
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            anyhow!("{}: {}", place(at), error.message())
        })?;
        let mut found = Vec::new();
        entries("", table.get_ref(), &mut found);
        for (key, at, value) in found {
            let line = line_of(text, at);
            let mut value = match value {
                Some(value) => value,
                None => bail!("{}: `{key}` holds a value of no kind that a setting has", place(at)),
            };
            if let (true, Some(relative)) = (PATHS.contains(&key.as_str()), value.as_str()) {
                let base = path.parent().unwrap_or(Path::new(""));
                value = Value::from(base.join(relative).display().to_string());
            }
            self.put(&key, value, Origin::File { path: path.into(), line })?;
        }
        Ok(())
    }

    fn variable(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        if OTHER_VARIABLES.contains(&name) {
            return Ok(());
        }
        let key = name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase().replace("__", ".");
        let Some(now) = self.values.get(&key) else {
            let known =
                self.values.keys().map(|key| variable_of(key)).chain(OTHER_VARIABLES.iter().map(|v| v.to_string()));
            bail!(
                "the variable {name} is no setting, and those that begin with CROSSDOCK_ are the hub's own{}",
                meant(nearest(name, known))
            );
        };
        let value = typed(now, text).with_context(|| format!("the variable {name}"))?;
        self.put(&key, value, Origin::Variable(name.into()))
    }

    fn flag(&mut self, pair: &str, flag: &str) -> anyhow::Result<()> {
        let (key, text) = pair.split_once('=').ok_or_else(|| anyhow!("{flag} {pair}: write {flag} key=value"))?;
        let value = match self.values.get(key) {
            Some(now) => typed(now, text).with_context(|| format!("{flag} {key}"))?,
            None => Value::Null,
        };
        self.put(key, value, Origin::Flag(format!("{flag} {key}")))
    }

    /// Puts a value over what stood; refuses what no setting is called, and what its type does not hold.
    fn put(&mut self, key: &str, value: Value, origin: Origin) -> anyhow::Result<()> {
        let Some(stood) = self.values.get_mut(key) else {
            bail!("{origin}: there is no setting `{key}`{}", meant(nearest(key, self.values.keys().cloned())));
        };
        let before = std::mem::replace(stood, value);
        if let Err(error) = self.settings() {
            let shown = self.values.insert(key.into(), before.clone()).unwrap_or_default();
            bail!("{origin}: `{key}` can't be {shown}: {error}; its default is {before}");
        }
        self.origins.insert(key.into(), origin);
        Ok(())
    }

    fn settings(&self) -> Result<Settings, serde_json::Error> {
        let mut nested = Map::new();
        for (key, value) in &self.values {
            match key.split_once('.') {
                None => drop(nested.insert(key.clone(), value.clone())),
                Some((table, key)) => {
                    let table = nested.entry(table).or_insert_with(|| Value::Object(Map::new()));
                    if let Some(table) = table.as_object_mut() {
                        table.insert(key.into(), value.clone());
                    }
                }
            }
        }
        serde_json::from_value(Value::Object(nested))
    }

    fn done(self) -> anyhow::Result<Effective> {
        let settings = self.settings()?;
        let said = |key: &str| format!("{key} is set ({})", self.origins.get(key).unwrap_or(&Origin::Default));
        match (settings.database_url.is_empty(), settings.amqp_url.is_empty()) {
            (false, true) => bail!(
                "{} and amqp_url is not: PostgreSQL goes with RabbitMQ, SQLite with the embedded queue",
                said("database_url")
            ),
            (true, false) => bail!(
                "{} and database_url is not: RabbitMQ goes with PostgreSQL, the embedded queue with SQLite",
                said("amqp_url")
            ),
            _ => {}
        }
        let timeout = Duration::from_millis(settings.deliver.timeout_ms);
        Post::new(&settings.mail, timeout)
            .map_err(|wrong| anyhow!("{wrong} ({})", self.origins.get(wrong.setting).unwrap_or(&Origin::Default)))?;
        Ok(Effective { settings, origins: self.origins })
    }
}

impl Effective {
    /// Each key with its value, without passwords, and where it came from.
    pub fn lines(&self) -> anyhow::Result<Vec<(String, Value, String)>> {
        let mut values = BTreeMap::new();
        flatten("", serde_json::to_value(&self.settings)?, &mut values);
        // Keys outside of tables first, as a file must have them.
        let mut lines: Vec<(String, Value, String)> = values
            .into_iter()
            .map(|(key, value)| {
                let origin = self.origins.get(&key).unwrap_or(&Origin::Default).to_string();
                let value = match value.as_str().filter(|_| SECRETS.contains(&key.as_str())) {
                    Some(url) => Value::from(masked(url)),
                    None => value,
                };
                (key, value, origin)
            })
            .collect();
        lines.sort_by_key(|(key, ..)| (key.contains('.'), key.clone()));
        Ok(lines)
    }
}

/// `postgres://hub:secret@db/crossdock` without its password.
pub fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.into() };
    // RFC 3986 §3.2: the authority ends at the first `/`, `?` or `#`; a password may hold an `@` that nobody escaped.
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let at = rest[..end].rfind('@').or_else(|| rest.rfind('@'));
    match at.and_then(|at| Some((rest[..at].split_once(':')?.0, at))) {
        Some((user, at)) => format!("{scheme}://{user}:***{}", &rest[at..]),
        None => url.into(),
    }
}

/// The variable of a key.
pub fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// A text as a value of the type that the setting has now.
fn typed(now: &Value, text: &str) -> anyhow::Result<Value> {
    Ok(match now {
        Value::Number(_) => {
            Value::from(text.trim().parse::<u64>().map_err(|_| anyhow!("`{text}` is no whole number"))?)
        }
        Value::Bool(_) => {
            Value::from(text.trim().parse::<bool>().map_err(|_| anyhow!("`{text}` is neither true nor false"))?)
        }
        Value::Array(_) => {
            let parts = text
                .trim()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .split(',')
                .map(str::trim)
                .filter(|p| !p.is_empty());
            let numbers: Result<Vec<u64>, _> = parts.map(str::parse::<u64>).collect();
            Value::from(numbers.map_err(|_| anyhow!("`{text}` is no list of whole numbers such as 1000,5000"))?)
        }
        _ => Value::from(text),
    })
}

fn flatten(prefix: &str, value: Value, into: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) => members.into_iter().for_each(|(key, value)| {
            let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            flatten(&key, value, into);
        }),
        value => drop(into.insert(prefix.into(), value)),
    }
}

/// The leaves of a file with the offset of each; a value that JSON doesn't have is none.
fn entries(prefix: &str, table: &DeTable<'_>, into: &mut Vec<(String, usize, Option<Value>)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) => entries(&key, inner, into),
            _ => into.push((key, name.span().start, plain(value))),
        }
    }
}

fn plain(value: &Spanned<DeValue<'_>>) -> Option<Value> {
    Some(match value.get_ref() {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => Value::from(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Boolean(is) => Value::from(*is),
        DeValue::Array(items) => Value::Array(items.iter().map(plain).collect::<Option<_>>()?),
        _ => return None,
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

fn meant(nearest: Option<String>) -> String {
    nearest.map_or_else(String::new, |known| format!("; did you mean `{known}`?"))
}

/// The known word that is least edits away; none if all are far.
pub fn nearest(word: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    let far = word.chars().count() / 2 + 1;
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, &k), k))
        .filter(|(d, _)| *d <= far)
        .min()
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        for (url, is) in [
            ("", ""),
            ("postgres://hub:se:cret@db:5432/x?a=b@c", "postgres://hub:***@db:5432/x?a=b@c"),
            ("amqp://guest:p@ss@rabbit/%2f", "amqp://guest:***@rabbit/%2f"),
            ("amqp://guest:a/b@rabbit", "amqp://guest:***@rabbit"),
            ("postgres://hub@db/x", "postgres://hub@db/x"),
            ("postgres://db:5432/x", "postgres://db:5432/x"),
        ] {
            assert_eq!(masked(url), is);
        }
    }

    #[test]
    fn the_nearest_is_near() {
        let known = || ["data", "flow.apply_workers", "flow.translate_workers"].map(String::from);
        assert_eq!(nearest("flow.aply_worker", known()).as_deref(), Some("flow.apply_workers"));
        assert_eq!(nearest("apply_workers", known()).as_deref(), Some("flow.apply_workers"));
        assert_eq!(nearest("dtaa", ["dta", "data"].map(String::from)).as_deref(), Some("data"));
        assert_eq!(nearest("zzzz", known()), None);
    }
}
