//! Faults in the connections' settings, each with its place in the file.

use super::{Entry, TRANSPORTS, transport};
use crate::tenancy::{
    ConnectionInfo, Directory, PartnerInfo,
    files::Lint,
    layers::Origin,
    stated::{Place, Stated},
};
use serde_json::Value;
use std::collections::BTreeMap;
use strsim::damerau_levenshtein;

/// What is wrong with the connections of a directory. `files` are the (path, text) that it was compiled from.
pub fn lint(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let mut faults = Vec::new();
    let mut connections: Vec<&ConnectionInfo> = directory.connections.values().map(|c| &**c).collect();
    connections.sort_by(|a, b| a.name.cmp(&b.name));
    let mut paths: BTreeMap<&str, &str> = BTreeMap::new();
    let stated = Stated::read(files);
    for connection in &connections {
        let fault = |word: &str, sentence: String| at(files, &connection.name, word, sentence);
        let Some(entry) = transport(&connection.transport) else {
            let known: Vec<&str> = TRANSPORTS.iter().map(|t| t.name).collect();
            faults.push(fault(&connection.transport, unknown("transport", &connection.transport, &known)));
            continue;
        };
        let unknown_fields = unknown_fields(entry, connection);
        if unknown_fields.is_empty()
            && let Err(sentence) = (entry.check)(connection)
        {
            faults.push(fault(&connection.name, format!("connection `{}`: {sentence}", connection.name)));
        }
        faults.extend(unknown_fields.into_iter().map(|(word, sentence)| {
            match stated.key_of_connection(&connection.name, &word) {
                Some(Place { file, line, column }) => Lint { file, line: line.into(), column: column.into(), sentence },
                None => fault(&word, sentence),
            }
        }));
        if let Some(path) = connection.settings.get("path").and_then(Value::as_str)
            && let Some(other) = paths.insert(path, &connection.name)
        {
            faults.push(fault(
                &format!("path: {path}"),
                format!("the folder `{path}` belongs to `{other}` already; each connection has its own"),
            ));
        }
    }
    faults.extend(answers_that_cannot_leave(directory, files));
    faults.extend(acknowledgements(directory));
    faults
}

/// Connections that expect what no mapping reads. `known` gives what a partner's connection can expect.
pub fn expectations<'k>(
    directory: &Directory,
    files: &[(String, String)],
    known: &dyn Fn(Option<&str>) -> Vec<&'k str>,
) -> Vec<Lint> {
    let mut faults = Vec::new();
    for connection in directory.connections.values() {
        let Some(expects) = connection.expects.as_deref().filter(|e| !e.is_empty()) else { continue };
        let known = known(connection.partner.map(|id| directory.partner_name(id)));
        if !known.contains(&expects) {
            let sentence = format!(
                "{}; or add a mapping that claims it",
                unknown("document that a mapping reads", expects, &known)
            );
            faults.push(at(files, &connection.name, expects, sentence));
        }
    }
    faults.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    faults
}

fn answers_that_cannot_leave(directory: &Directory, files: &[(String, String)]) -> Vec<Lint> {
    let mut faults = Vec::new();
    for partner in directory.partners.values() {
        for answer in &partner.answers {
            if let Some(connection) = directory.connections.get(&answer.by)
                && let Some(entry) = transport(&connection.transport)
                && !entry.sends
            {
                let sentence = format!(
                    "the answer {} of `{}` leaves by `{}`, and sending by {} is not built yet; let it leave by a folder",
                    answer.kind, partner.name, connection.name, entry.name
                );
                faults.push(at(files, &partner.name, &format!("by: {}", connection.name), sentence));
            }
        }
    }
    faults
}

/// Agreements that let acknowledgements leave or come by a connection that the partner does not have, or that nothing leaves
/// by.
pub fn acknowledgements(directory: &Directory) -> Vec<Lint> {
    let mut faults: Vec<Lint> = Vec::new();
    for partner in directory.partners.values() {
        for (_, agreed) in partner.terms.all() {
            let by = [
                ("acknowledge_by", &agreed.acknowledge_by),
                ("expect.acknowledgement_by", &agreed.expect.acknowledgement_by),
            ];
            for (key, name) in by {
                let (Some(name), Origin::File { file, line, column, .. }) = (name, agreed.origin(key)) else {
                    continue;
                };
                let leaves = key == "acknowledge_by";
                let Some(sentence) = no_way(directory, partner, name, leaves) else { continue };
                let lint = Lint { file: file.to_string(), line: (*line).into(), column: (*column).into(), sentence };
                if !faults.contains(&lint) {
                    faults.push(lint);
                }
            }
        }
    }
    faults.sort_by(|a, b| (&a.file, a.line, a.column, &a.sentence).cmp(&(&b.file, b.line, b.column, &b.sentence)));
    faults
}

/// Why an acknowledgement can't come by a connection, or leave by it.
fn no_way(directory: &Directory, partner: &PartnerInfo, name: &str, leaves: bool) -> Option<String> {
    let own = || directory.connections.values().filter(|c| partner.is_reached_by(c));
    match own().find(|c| c.name == *name).map(|c| transport(&c.transport)) {
        None => {
            let mut known: Vec<&str> = own().map(|c| &*c.name).collect();
            known.sort_unstable();
            Some(unknown(&format!("connection of `{}`", partner.name), name, &known))
        }
        Some(Some(entry)) if leaves && !entry.sends => Some(format!(
            "acknowledgements for `{}` leave by `{name}`, and sending by {} is not built yet; let them leave by a folder",
            partner.name, entry.name
        )),
        // A transport that nobody knows is told where the connection stands.
        Some(_) => None,
    }
}

fn unknown_fields(entry: &Entry, connection: &ConnectionInfo) -> Vec<(String, String)> {
    let schema = (entry.schema)();
    let own: Vec<String> = schema["properties"].as_object().map(|p| p.keys().cloned().collect()).unwrap_or_default();
    let mut known: Vec<&str> = own.iter().map(String::as_str).collect();
    known.extend(["name", "transport", "expects", "key", "secret"]);
    let what = format!("setting of a {} connection", entry.name);
    connection.settings.keys().filter(|k| !own.contains(k)).map(|k| (k.clone(), unknown(&what, k, &known))).collect()
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("`{word}` is no {what}; did you mean `{near}`? There are {}", known.join(", ")),
        None => format!("`{word}` is no {what}; there are {}", known.join(", ")),
    }
}

/// The known word with the fewest edits, if they are few.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let edits = known.iter().map(|k| (damerau_levenshtein(word, k), *k));
    edits.min().filter(|(n, k)| *n <= k.len().div_ceil(3).max(2)).map(|(_, k)| k)
}

/// A fault at the first place of `word` behind the place where `owner` is named.
fn at(files: &[(String, String)], owner: &str, word: &str, sentence: String) -> Lint {
    for (path, text) in files {
        let Some(start) = named(text, owner) else { continue };
        let byte = text[start..].find(word).map_or(start, |n| start + n);
        let line_start = text[..byte].rfind('\n').map_or(0, |n| n + 1);
        let line = text[..byte].bytes().filter(|b| *b == b'\n').count() as u64 + 1;
        let column = text[line_start..byte].chars().count() as u64 + 1;
        return Lint { file: path.clone(), line, column, sentence };
    }
    Lint { file: files.first().map(|f| f.0.clone()).unwrap_or_default(), line: 1, column: 1, sentence }
}

/// Where a file says `name: owner` or `partner: owner`.
fn named(text: &str, owner: &str) -> Option<usize> {
    text.match_indices(owner).map(|(n, _)| n).find(|n| {
        let before = text[..*n].trim_end_matches([' ', '"', '\'']);
        let after = text[n + owner.len()..].chars().next();
        (before.ends_with("name:") || before.ends_with("partner:"))
            && after.is_none_or(|c| !c.is_alphanumeric() && c != '-' && c != '_')
    })
}
