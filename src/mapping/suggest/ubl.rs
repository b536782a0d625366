//! What UBL's documents have, where its parties stand, and what its elements mean (`ubl.txt`): UBL has no guide of ours, and a
//! sample shows little of what the next document brings.

use std::{collections::HashMap, sync::LazyLock};

/// A member of a message in some documents: `Invoice`, `CreditNote`.
struct Row {
    member: Vec<&'static str>,
    documents: Vec<&'static str>,
    path: Vec<&'static str>,
}

/// The table, taken apart.
struct Table {
    /// What may stand right below a document or a line.
    children: HashMap<&'static str, Vec<&'static str>>,
    parties: Vec<Row>,
    meanings: Vec<Row>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { children: HashMap::new(), parties: Vec::new(), meanings: Vec::new() };
    for row in include_str!("ubl.txt").lines().filter(|row| !row.starts_with('#')) {
        let Some((left, right)) = row.split_once(": ") else { continue };
        match left.split(' ').collect::<Vec<_>>()[..] {
            ["has", name] => _ = table.children.insert(name, right.split(' ').collect()),
            ["is", member, "in", documents] => table.parties.push(made(member, documents, right)),
            ["says", member, "in", documents] => table.meanings.push(made(member, documents, right)),
            _ => {}
        }
    }
    table
});

fn made(member: &'static str, documents: &'static str, path: &'static str) -> Row {
    let split = |text: &'static str, mark| text.split(mark).collect();
    Row { member: split(member, '.'), documents: split(documents, ','), path: split(path, '/') }
}

/// The namespaces of its aggregates, and of the texts in them.
const AGGREGATE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
const BASIC: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

/// The namespaces of the names that the table's paths are made of.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let parties = TABLE.parties.iter().flat_map(|row| row.path.iter().map(|name| (*name, AGGREGATE)));
    let meanings = TABLE
        .meanings
        .iter()
        .filter_map(|row| row.path.split_last())
        .flat_map(|(last, above)| above.iter().map(|name| (*name, AGGREGATE)).chain([(*last, BASIC)]));
    parties.chain(meanings)
}

/// True if a document may have such a path; of a document that the table doesn't have nothing is known.
pub fn leads<'s>(document: &str, path: impl Iterator<Item = &'s str>) -> bool {
    let mut above = document;
    for (depth, name) in path.enumerate() {
        match TABLE.children.get(above) {
            Some(children) if !children.contains(&name) => return false,
            None if depth == 0 => return false,
            _ => {}
        }
        above = name;
    }
    true
}

/// Where a party of the message stands.
pub fn party(document: &str, member: &str) -> Option<&'static [&'static str]> {
    let mut rows = TABLE.parties.iter();
    let row = rows.find(|row| row.member == [member] && row.documents.contains(&document))?;
    Some(&row.path)
}

/// Whose a path is, where it leads to a party of the table.
pub fn whose<'s>(document: &str, path: impl Iterator<Item = &'s str> + Clone) -> Option<&'static str> {
    let leads = |row: &&Row| {
        row.documents.contains(&document) && row.path.iter().copied().eq(path.clone().take(row.path.len()))
    };
    TABLE.parties.iter().find(leads).and_then(|row| row.member.first().copied())
}

/// What elements mean a member; `field`: from the message on.
pub fn meanings(document: &str, field: &[String]) -> Vec<&'static [&'static str]> {
    let fits = |row: &&Row| row.documents.contains(&document) && row.member.iter().eq(field.iter());
    TABLE.meanings.iter().filter(fits).map(|row| row.path.as_slice()).collect()
}
