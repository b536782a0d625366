//! A mapping with all that it extends, as one text: where each line comes from stands beside it.

use super::{
    Library,
    extends::{Resolved, Sources},
    library::{find, is_mapping, plain},
    yaml::{Entry, Spot, What, Yaml},
};
use std::collections::HashMap;

/// A line of the sum.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    pub text: String,
    /// Where it is said.
    pub file: String,
    pub line: u32,
}

impl Library {
    /// A mapping laid over what it extends, as one mapping that extends nothing: YAML that compiles to the same.
    pub fn resolved(&self, name: &str) -> Option<Vec<Line>> {
        let path = self.named(name)?.files().first()?.clone();
        let (_, text) = self.files().iter().find(|(known, _)| *known == path)?;
        let sources = Sources::new(self.files().iter().filter(|(file, _)| is_mapping(file)));
        let mut resolved = sources.resolve(&path, text).ok().filter(|resolved| resolved.wrong.is_empty())?;
        self.find_tables(&mut resolved);
        let mut lines = Vec::new();
        members(&resolved.yaml, 0, &mut lines);
        let line = |(text, spot): (String, Spot)| Line {
            text,
            file: resolved.files.get(usize::from(spot.file)).cloned().unwrap_or_default(),
            line: spot.line,
        };
        Some(lines.into_iter().map(line).collect())
    }
}

/// Keys whose lines are told otherwise: by field, by place, by row.
const TOLD: &[&str] = &["mapping", "extends", "fields", "write", "tables"];
/// Keys of an object or a list of the message that say where it stands.
const PLACES: &[&str] = &["at", "each", "under", "repeat", "below_zero"];

impl Library {
    /// What a mapping says, with all that it extends, besides its fields' own lines: its head and rules (`claims.versions`,
    /// `require 1`), and where objects and lists of the message stand (`/lines each`).
    pub fn frame(&self, name: &str) -> Vec<(String, String)> {
        let path = self.named(name).and_then(|plan| plan.files().first().cloned()).unwrap_or_default();
        let Some((_, text)) = self.files().iter().find(|(known, _)| *known == path) else { return vec![] };
        let sources = Sources::new(self.files().iter().filter(|(file, _)| is_mapping(file)));
        let Ok(resolved) = sources.resolve(&path, text) else { return vec![] };
        let mut found = Vec::new();
        for entry in resolved.yaml.entries().iter().filter(|entry| !TOLD.contains(&entry.key.as_str())) {
            head(&entry.key, &entry.value, &mut found);
        }
        resolved.yaml.get("fields").into_iter().for_each(|fields| places("", fields, &mut found));
        found
    }

    /// A table that a file below names stands beside that file: the sum names it from the root of the mappings.
    fn find_tables(&self, resolved: &mut Resolved) {
        let texts: HashMap<String, &str> =
            self.files().iter().map(|(path, text)| (plain(path), text.as_str())).collect();
        let What::Map(entries) = &mut resolved.yaml.what else { return };
        let tables =
            entries.iter_mut().filter(|entry| entry.key == "tables").flat_map(|entry| match &mut entry.value.what {
                What::Map(tables) => tables.as_mut_slice(),
                _ => &mut [],
            });
        for table in tables {
            let parts = match &mut table.value.what {
                What::List(parts) => parts.iter_mut().collect(),
                _ => vec![&mut table.value],
            };
            for part in parts {
                let (What::Text(name), 1..) = (&mut part.what, part.spot.file) else { continue };
                let file = resolved.files.get(usize::from(part.spot.file)).map_or("", String::as_str);
                if let Some((whole, _)) = find(&texts, file, name) {
                    *name = whole;
                }
            }
        }
    }
}

fn head(key: &str, yaml: &Yaml, found: &mut Vec<(String, String)>) {
    match &yaml.what {
        What::Map(entries) => entries.iter().for_each(|one| head(&format!("{key}.{}", one.key), &one.value, found)),
        What::List(items) if items.iter().any(|item| !item.entries().is_empty()) => {
            let rules = (1..).zip(items).map(|(nth, item)| (format!("{key} {nth}"), in_a_line(item)));
            found.extend(rules);
        }
        _ => found.push((key.to_owned(), in_a_line(yaml))),
    }
}

fn places(field: &str, yaml: &Yaml, found: &mut Vec<(String, String)>) {
    for entry in yaml.entries() {
        match PLACES.contains(&entry.key.as_str()) && !field.is_empty() {
            true => found.push((format!("{field} {}", entry.key), in_a_line(&entry.value))),
            false => places(&format!("{field}/{}", entry.key), &entry.value, found),
        }
    }
}

fn in_a_line(yaml: &Yaml) -> String {
    let all = |parts: Vec<String>, [open, close]: [&str; 2]| format!("{open} {} {close}", parts.join(", "));
    match &yaml.what {
        What::Text(text) => scalar(text),
        What::Null | What::Float => "~".into(),
        What::List(items) => all(items.iter().map(in_a_line).collect(), ["[", "]"]),
        What::Map(entries) => {
            let entry = |one: &Entry| format!("{}: {}", scalar(&one.key), in_a_line(&one.value));
            all(entries.iter().map(entry).collect(), ["{", "}"])
        }
    }
}

fn members(yaml: &Yaml, indent: usize, lines: &mut Vec<(String, Spot)>) {
    for entry in yaml.entries() {
        let key = format!("{:indent$}{}:", "", scalar(&entry.key));
        value(key, &entry.value, entry.key_spot, indent, lines);
    }
}

/// What stands behind a key or a dash: in its line, or below it.
fn value(head: String, yaml: &Yaml, spot: Spot, indent: usize, lines: &mut Vec<(String, Spot)>) {
    match &yaml.what {
        What::Text(text) => lines.push((format!("{head} {}", scalar(text)), spot)),
        What::Null | What::Float => lines.push((format!("{head} ~"), spot)),
        What::Map(entries) if entries.is_empty() => lines.push((format!("{head} {{}}"), spot)),
        What::List(items) if items.is_empty() => lines.push((format!("{head} []"), spot)),
        What::Map(_) => {
            lines.push((head, spot));
            members(yaml, indent + 2, lines);
        }
        What::List(items) => {
            lines.push((head, spot));
            for item in items {
                let dash = format!("{:1$}-", "", indent + 2);
                match &item.what {
                    // Its first member stands behind the dash.
                    What::Map(entries) if !entries.is_empty() => {
                        let first = lines.len();
                        members(item, indent + 4, lines);
                        lines[first].0.replace_range(indent + 2..indent + 3, "-");
                    }
                    _ => value(dash, item, item.spot, indent + 2, lines),
                }
            }
        }
    }
}

/// A text as YAML reads it back: plain where that is safe within a line of its own, else in double quotes (JSON's).
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '^' || c == '$' || c == '/');
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./^$()[]= |?+,".contains(c);
    let word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    let plain = begins && text.chars().all(safe) && !text.ends_with(' ') && !word;
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
