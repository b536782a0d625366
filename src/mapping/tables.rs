//! Code tables: CSV files with the header `value,target`, or a few rows in the mapping itself.

use super::{Tables, yaml::Spot};
use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

/// The value of the row that speaks of all values without a row; as a target it is the value itself.
pub const ANY: &str = "*";

/// Reading asks for each value: mappings are no place for keys that are made to collide, and a short hash will do.
type Rows = HashMap<String, String, BuildHasherDefault<Fnv>>;

/// FNV-1a (RFC 9923).
#[derive(Debug, Clone)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01B3));
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// A table, both ways. Where several values lead to one target, the first row is what writing takes.
#[derive(Debug, Clone, Default)]
pub struct Table {
    pub name: String,
    forward: Rows,
    /// Those of a partner's own mapping; few have one.
    partners: Rows,
    backward: HashMap<String, String>,
    pub rows: Vec<Row>,
}

/// A row, and where it is said.
#[derive(Debug, Clone)]
pub struct Row {
    pub value: String,
    pub target: String,
    pub spot: Spot,
    /// The table's own file; none of a row that stands in a mapping.
    pub file: Option<Arc<str>>,
    /// Said by a mapping that is one partner's.
    pub of_partner: bool,
}

impl Table {
    /// An empty table.
    pub fn new(name: &str) -> Self {
        Table { name: name.to_owned(), ..Table::default() }
    }

    /// Adds a row; false if the value has one already.
    pub fn add(&mut self, row: Row) -> bool {
        if self.forward.contains_key(&row.value) {
            return false;
        }
        self.forward.insert(row.value.clone(), row.target.clone());
        if row.of_partner && row.value != ANY {
            self.partners.insert(row.value.clone(), row.target.clone());
        }
        if row.value != ANY {
            self.backward.entry(row.target.clone()).or_insert_with(|| row.value.clone());
        }
        self.rows.push(row);
        true
    }

    /// Puts another's rows, which stand in a file, behind its own; where both have a value, its own row stays.
    pub fn below(&mut self, other: Table, file: &str, of_partner: bool) {
        let file: Arc<str> = file.into();
        for row in other.rows {
            self.add(Row { file: Some(file.clone()), of_partner, ..row });
        }
    }

    /// Has it the same rows as another, in the same lines?
    pub fn says_as(&self, other: &Table) -> bool {
        let rows = |table: &Table| -> Vec<_> {
            table.rows.iter().map(|row| (row.spot.line, row.value.clone(), row.target.clone())).collect()
        };
        self.rows.len() == other.rows.len() && rows(self) == rows(other)
    }

    /// The target of a value: by a partner's own row, by the tenant's, by the rest.
    pub fn read<'t>(&'t self, value: &str, tenant: &dyn Tables) -> Option<Cow<'t, str>> {
        if let Some(target) = self.partners.get(value) {
            return Some(Cow::Borrowed(target));
        }
        tenant.get(&self.name, value).map(Cow::Owned).or_else(|| self.get(value))
    }

    /// The value that a target is written as: among those that are read as it, the one of the most specific row. A tenant's row
    /// for a value that the mapping has none for (`PF → EA`) says how PF is read, and not that all that counts as EA goes out as
    /// PF: it is taken where the mapping has no value for the target, or the tenant has given that another meaning.
    pub fn write(&self, target: &str, tenant: &dyn Tables) -> Option<String> {
        let own = self.inverse(target);
        let mut partners = self.rows.iter().filter(|row| row.of_partner && row.target == target && row.value != ANY);
        if let Some(row) = partners.next() {
            return Some(row.value.clone());
        }
        let theirs: Vec<String> = tenant.inverse(&self.name, target);
        let theirs: Vec<String> = theirs.into_iter().filter(|value| !self.partners.contains_key(value)).collect();
        let elsewhere = |value: &&String| self.row(value).is_some_and(|other| other != target);
        if let Some(value) = theirs.iter().find(elsewhere) {
            return Some(value.clone());
        }
        let stands = |value: &str| tenant.get(&self.name, value).is_none_or(|now| now == target);
        if let Some(value) = own.filter(|value| stands(value)) {
            return Some(value.to_owned());
        }
        let others = self.rows.iter().filter(|row| row.target == target && row.value != ANY);
        theirs.into_iter().next().or_else(|| others.map(|row| &row.value).find(|value| stands(value)).cloned())
    }

    /// The target of a value, as the mapping has it.
    pub fn get(&self, value: &str) -> Option<Cow<'_, str>> {
        let found = self.forward.get(value).filter(|_| value != ANY).or_else(|| self.forward.get(ANY))?;
        Some(if found == ANY { Cow::Owned(value.to_owned()) } else { Cow::Borrowed(found) })
    }

    /// The target of the value's own row.
    pub fn row(&self, value: &str) -> Option<&str> {
        self.forward.get(value).filter(|_| value != ANY).map(String::as_str)
    }

    /// Does a value without a row stay as it is (`*` leads to `*`)? Then a target without one does, too.
    pub fn passes(&self) -> bool {
        self.forward.get(ANY).is_some_and(|target| target == ANY)
    }

    /// The first value that leads to a target, as the mapping has it.
    pub fn inverse(&self, target: &str) -> Option<&str> {
        self.backward.get(target).map(String::as_str)
    }
}

/// Reads a table file. Lines that begin with `#` are comments, and blank lines are nothing.
pub fn parse(name: &str, text: &str) -> Result<Table, Vec<(Spot, String)>> {
    let mut table = Table::new(name);
    let mut wrong = Vec::new();
    let mut header = false;
    for (line, row) in (1u32..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let spot = Spot::new(line, 1);
        if row.trim().is_empty() || row.starts_with('#') {
            continue;
        }
        let cells = cells(row);
        match cells.as_slice() {
            [value, target] if !header && value == "value" && target == "target" => header = true,
            _ if !header => {
                wrong.push((spot, "the first row must be `value,target`".into()));
                return Err(wrong);
            }
            [value, target] if !value.is_empty() && !target.is_empty() => {
                if !table.add(Row { value: value.clone(), target: target.clone(), spot, file: None, of_partner: false })
                {
                    wrong.push((spot, format!("`{value}` stands in an earlier row already")));
                }
            }
            other => wrong.push((spot, format!("a row has a value and a target; this one has {} cells", other.len()))),
        }
    }
    if !header {
        wrong.push((Spot::new(1, 1), "the table is empty; its first row must be `value,target`".into()));
    }
    if wrong.is_empty() { Ok(table) } else { Err(wrong) }
}

/// The cells of one row; quotes as in RFC 4180 §2, but a cell does not go over a line's end.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = row.chars().peekable();
    while let Some(c) = chars.next() {
        let cell = cells.last_mut();
        match (c, cell) {
            ('"', Some(cell)) if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => cells.push(String::new()),
            (c, Some(cell)) => cell.push(c),
            (_, None) => {}
        }
    }
    cells.into_iter().map(|c| c.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_both_ways() {
        let table = parse("uom", "# units\nvalue,target\nEA,EA\nPC,EA\n\n\"a,\"\"b\",X\n").unwrap();
        assert_eq!(table.get("PC").as_deref(), Some("EA"));
        assert_eq!(table.inverse("EA"), Some("EA"), "the first row is what writing takes");
        assert_eq!(table.get("a,\"b").as_deref(), Some("X"));
        assert_eq!(table.get("PF"), None);
    }

    #[test]
    fn a_row_may_speak_of_all_other_values() {
        let of = |text| parse("t", text).unwrap();
        let known = of("value,target\nD1,delivered\n*,unknown\n");
        assert_eq!(known.get("D1").as_deref(), Some("delivered"));
        assert_eq!(known.get("ZZ").as_deref(), Some("unknown"));
        assert_eq!((known.inverse("unknown"), known.passes()), (None, false), "no value says it");
        let kept = of("value,target\nTL,trailer\n*,*\n");
        assert_eq!(kept.get("CZ").as_deref(), Some("CZ"));
        assert_eq!((kept.inverse("trailer"), kept.passes()), (Some("TL"), true));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let lines = |text| parse("t", text).unwrap_err().into_iter().map(|(s, _)| s.line).collect::<Vec<_>>();
        assert_eq!(lines("a,b\nEA,EA\n"), [1]);
        assert_eq!(lines("value,target\nEA,EA\nEA,C62\nx\ny,\n"), [3, 4, 5]);
        assert_eq!(lines(""), [1]);
    }
}
