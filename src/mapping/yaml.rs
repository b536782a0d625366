//! YAML with places: every key and value of a mapping, a guide or an agreement knows its line and column.

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Error, MessageFormatter, Spanned, UserMessageFormatter, budget::BudgetBreach};
use std::borrow::Cow;

/// A place in a file: line and column from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Spot {
    pub line: u32,
    pub column: u32,
    /// Which of the files that a mapping is made of: 0 its own, then those that it extends.
    pub file: u16,
}

impl Spot {
    /// A place in the file that is being read.
    pub fn new(line: u32, column: u32) -> Spot {
        Spot { line, column, file: 0 }
    }
}

/// A YAML value with its place.
#[derive(Debug, Clone)]
pub struct Yaml {
    pub what: What,
    pub spot: Spot,
}

/// What a YAML value is. Scalars are kept as text: who reads them knows what they are.
#[derive(Debug, Clone)]
pub enum What {
    Null,
    Text(String),
    /// A number with a point, unquoted: YAML has already lost how it was written.
    Float,
    List(Vec<Yaml>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    pub key_spot: Spot,
    pub value: Yaml,
}

impl Yaml {
    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries().iter().find(|e| e.key == key).map(|e| &e.value)
    }

    /// The entries of a map, in the file's order; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.what {
            What::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The same, as part of another of a mapping's files.
    pub fn of_file(mut self, file: u16) -> Yaml {
        self.spot.file = file;
        self.what = match self.what {
            What::List(items) => What::List(items.into_iter().map(|item| item.of_file(file)).collect()),
            What::Map(entries) => What::Map(
                entries
                    .into_iter()
                    .map(|e| Entry { key_spot: Spot { file, ..e.key_spot }, value: e.value.of_file(file), key: e.key })
                    .collect(),
            ),
            other => other,
        };
        self
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Parses one file; a fault has its place and a sentence.
pub fn parse(text: &str) -> Result<Yaml, (Spot, String)> {
    let options =
        serde_saphyr::options! { leading_zero_numbers_as_strings: true, strict_booleans: true, with_snippet: false };
    match serde_saphyr::from_str_with_options::<Spanned<What>>(text, options) {
        Ok(node) => {
            let mut whole = yaml(node);
            let lines: Vec<&str> = text.lines().collect();
            into_quotes(&mut whole, &lines);
            Ok(whole)
        }
        Err(e) => Err((e.location().map(spot).unwrap_or_default(), Words.format_message(&e).into_owned())),
    }
}

/// What is wrong with YAML, in the words of who writes it and not of who parses it.
struct Words;

impl MessageFormatter for Words {
    fn format_message<'e>(&self, error: &'e Error) -> Cow<'e, str> {
        match error {
            Error::DuplicateMappingKey { key: Some(key), .. } => {
                format!("`{key}` stands twice in one object: take one of them away").into()
            }
            Error::DuplicateMappingKey { .. } => "a key stands twice in one object: take one of them away".into(),
            Error::Budget { breach: BudgetBreach::Depth { depth }, .. } => {
                format!("it is nested {depth} deep, which no such file needs").into()
            }
            Error::Budget { .. } => "it is larger than any such file needs to be, or its aliases are".into(),
            other => UserMessageFormatter.format_message(other),
        }
    }
}

/// What is wrong with YAML that was read into something else than [`Yaml`]: what speaks of the parser's own options is
/// said in our words.
pub fn sentence(error: &Error) -> String {
    match error.without_snippet() {
        ours @ (Error::DuplicateMappingKey { .. } | Error::Budget { .. } | Error::BinaryNotUtf8 { .. }) => {
            Words.format_message(ours).into_owned()
        }
        other => without_place(&other.to_string()).to_owned(),
    }
}

/// The parser ends a sentence with its place, which stands before ours.
fn without_place(sentence: &str) -> &str {
    match sentence.rsplit_once(" at line ") {
        Some((before, place)) if place.chars().all(|c| c.is_ascii_digit() || ", column".contains(c)) => before,
        _ => sentence,
    }
}

/// A text in quotes begins behind the quote.
fn into_quotes(yaml: &mut Yaml, lines: &[&str]) {
    match &mut yaml.what {
        What::Text(_) => {
            let line = lines.get((yaml.spot.line as usize).wrapping_sub(1));
            let first = line.and_then(|l| l.chars().nth((yaml.spot.column as usize).wrapping_sub(1)));
            yaml.spot.column += u32::from(matches!(first, Some('"' | '\'')));
        }
        What::List(items) => items.iter_mut().for_each(|i| into_quotes(i, lines)),
        What::Map(entries) => entries.iter_mut().for_each(|e| into_quotes(&mut e.value, lines)),
        What::Null | What::Float => {}
    }
}

fn yaml(node: Spanned<What>) -> Yaml {
    Yaml { spot: spot(node.referenced), what: node.value }
}

fn spot(location: serde_saphyr::Location) -> Spot {
    Spot::new(location.line() as u32, location.column() as u32)
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = What;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_str<E>(self, text: &str) -> Result<What, E> {
        Ok(What::Text(text.to_owned()))
    }
    fn visit_bool<E>(self, value: bool) -> Result<What, E> {
        Ok(What::Text(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<What, E> {
        Ok(What::Text(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<What, E> {
        Ok(What::Text(value.to_string()))
    }
    fn visit_f64<E>(self, _: f64) -> Result<What, E> {
        Ok(What::Float)
    }
    fn visit_unit<E>(self) -> Result<What, E> {
        Ok(What::Null)
    }
    fn visit_none<E>(self) -> Result<What, E> {
        Ok(What::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<What, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Spanned<What>>()? {
            items.push(yaml(item));
        }
        Ok(What::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<What, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((key, value)) = access.next_entry::<Spanned<What>, Spanned<What>>()? {
            let key_spot = spot(key.referenced);
            let What::Text(key) = key.value else {
                return Err(A::Error::custom("a key must be text"));
            };
            entries.push(Entry { key, key_spot, value: yaml(value) });
        }
        Ok(What::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_know_their_line_and_column() {
        let file =
            "mapping: a\nfields:\n  number:  BEG03\n  lines: { each: PO1, number: '01' }\nlist: [007, 1, n, yes]\n";
        let yaml = parse(file).unwrap();
        let fields = yaml.get("fields").unwrap();
        let number = &fields.entries()[0];
        assert_eq!((number.key_spot.line, number.key_spot.column), (3, 3));
        assert_eq!((number.value.spot.line, number.value.spot.column), (3, 12));
        let inner = &fields.get("lines").unwrap().entries()[1];
        assert_eq!((inner.key.as_str(), inner.value.text(), inner.key_spot.line), ("number", Some("01"), 4));
        let What::List(items) = &yaml.get("list").unwrap().what else { panic!() };
        assert_eq!(items.iter().filter_map(Yaml::text).collect::<Vec<_>>(), ["007", "1", "n", "yes"]);
    }

    #[test]
    fn what_is_no_yaml_has_a_place() {
        let (spot, sentence) = parse("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(spot.line >= 2, "{spot:?} {sentence}");
        let (spot, sentence) = parse("a: 1\na: 2\n").unwrap_err();
        assert_eq!((spot.line, sentence.as_str()), (2, "`a` stands twice in one object: take one of them away"));
    }

    #[test]
    fn a_file_may_be_as_deep_as_it_likes_without_harm() {
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
