//! `crossdock config describe`: the settings as a commented file, and as a page, made from the docs of `config.rs`.

use super::settings::variable_of;
use crate::config::Settings;
use serde_json::Value;
use std::fmt::Write;

/// One setting, as its struct describes it.
struct Setting {
    key: String,
    doc: String,
    default: Value,
}

/// A table of the file, or what stands before the first one.
struct Section {
    name: Option<String>,
    doc: String,
    settings: Vec<Setting>,
}

fn sections() -> Vec<Section> {
    let schema = schemars::schema_for!(Settings).to_value();
    let defaults = serde_json::to_value(Settings::default()).unwrap_or_default();
    let mut sections = vec![Section { name: None, doc: String::new(), settings: vec![] }];
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let inner =
            property["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")).map(|name| &schema["$defs"][name]);
        match inner {
            None => sections[0].settings.push(setting(name, property, &defaults[name])),
            Some(table) => {
                let settings = table["properties"].as_object().into_iter().flatten();
                sections.push(Section {
                    name: Some(name.clone()),
                    doc: text(table),
                    settings: settings.map(|(key, property)| setting(key, property, &defaults[name][key])).collect(),
                });
            }
        }
    }
    sections
}

fn setting(key: &str, property: &Value, default: &Value) -> Setting {
    Setting { key: key.into(), doc: text(property), default: default.clone() }
}

fn text(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

impl Section {
    fn full_key(&self, key: &str) -> String {
        self.name.as_ref().map_or(key.to_owned(), |name| format!("{name}.{key}"))
    }
}

/// A value as TOML writes it: ours are strings, whole numbers and lists of them, which JSON writes alike.
pub fn toml_value(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// The commented file: every setting with its default, none of them set.
pub fn file() -> String {
    let mut out = String::from(
        "# Crossdock's settings. Each line shows a default; take the # away to set another value.\n\
         # Order: defaults, this file (crossdock.toml, or --config), variables (CROSSDOCK_LISTEN, CROSSDOCK_FLOW__APPLY_WORKERS), flags.\n\
         # Paths start from this file's folder. `crossdock serve --print-config` shows what is in force, and why.\n",
    );
    for section in sections() {
        if let Some(name) = &section.name {
            let _ = write!(out, "\n# {}\n[{name}]\n", section.doc);
        }
        for setting in &section.settings {
            let _ = write!(out, "\n{}#{} = {}\n", comment(&setting.doc), setting.key, toml_value(&setting.default));
        }
    }
    out
}

fn comment(doc: &str) -> String {
    wrapped(doc, 100).into_iter().map(|line| format!("# {line}\n")).collect()
}

/// A text in lines of at most `width` characters, where its words allow.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < width) {
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The reference page, `docs/reference/configuration.md`.
pub fn page() -> String {
    let mut out = String::from(
        "# Settings\n\n\
         Made from `src/config.rs` by its test; don't edit it here. `crossdock config describe` prints the same as a file to start from, \
         and `crossdock serve --print-config` what is in force and where each value came from.\n\n\
         Order: defaults, then `crossdock.toml` (or `--config FILE`), then variables, then flags (`--set KEY=VALUE` for any of them). \
         A key or a `CROSSDOCK_…` variable that nobody knows is an error. Paths in the file start from the file's folder.\n",
    );
    for section in sections() {
        match &section.name {
            Some(name) => drop(write!(out, "\n## `[{name}]`\n\n{}\n", section.doc)),
            None => out.push_str("\n## Outside of tables\n"),
        }
        out.push_str("\n| key | default | variable | |\n|---|---|---|---|\n");
        for setting in &section.settings {
            let variable = variable_of(&section.full_key(&setting.key));
            let doc = setting.doc.replace('|', "\\|");
            let _ = writeln!(out, "| `{}` | `{}` | `{variable}` | {doc} |", setting.key, toml_value(&setting.default));
        }
    }
    out
}
