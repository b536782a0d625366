//! `extends:`: a partner's file states its differences, and the mapping that it extends gives the rest.
//!
//! Laid over each other key by key: an object's members are laid over the members below, a text or a list takes the
//! place of what is below, `~` takes it away. A table's own rows come before those of the file below.

use super::{
    near::{hint, nearest},
    yaml::{self, Entry, Spot, What, Yaml},
};
use std::collections::HashMap;

/// What is wrong in one of several files: (file, place, sentence).
pub type FileWrong = (String, Spot, String);

/// Keys of an object that says how a value is made: two of them never stand side by side, so one replaces the other.
const MAKES: &[&str] = &["read", "cel", "count", "sum", "first", "from"];

/// A mapping with what it extends laid under it.
#[derive(Debug)]
pub struct Resolved {
    pub yaml: Yaml,
    /// Names of the files that it is made of; a [`Spot`] names one by its number.
    pub files: Vec<String>,
    /// Their texts, its own first.
    pub texts: Vec<String>,
    /// What is wrong with how they are laid over each other: the rest can be looked at all the same.
    pub wrong: Vec<FileWrong>,
    /// So many of the files, its own first, are one partner's: one that claims him, and what extends that.
    pub partners: u16,
}

impl Resolved {
    /// A file that extends nothing.
    pub fn alone(file: &str, text: &str) -> Result<Resolved, Vec<FileWrong>> {
        let yaml = yaml::parse(text).map_err(|(spot, sentence)| vec![(file.to_owned(), spot, sentence)])?;
        let partners = u16::from(is_partners(&yaml));
        Ok(Resolved { yaml, files: vec![file.to_owned()], texts: vec![text.to_owned()], wrong: vec![], partners })
    }
}

/// All mapping files, found by the names of their mappings.
pub struct Sources<'a> {
    named: HashMap<&'a str, &'a (String, String)>,
}

impl<'a> Sources<'a> {
    /// Of (path, text); those that name no mapping can't be extended.
    pub fn new(files: impl Iterator<Item = &'a (String, String)>) -> Sources<'a> {
        let named = files.filter_map(|file| Some((name_of(&file.1)?, file)));
        // The first of a name; that there are two is told elsewhere.
        let mut found = HashMap::new();
        named.for_each(|(name, file)| _ = found.entry(name).or_insert(file));
        Sources { named: found }
    }

    /// A file, with all that it extends laid under it.
    pub fn resolve(&self, file: &str, text: &str) -> Result<Resolved, Vec<FileWrong>> {
        let mut chain = vec![Resolved::alone(file, text)?];
        let mut names = vec![name_of(text).unwrap_or_default().to_owned()];
        let mut astray = Vec::new();
        while let Some((name, spot)) = chain.last().and_then(|own| base_of(&own.yaml)) {
            let at = chain.last().map_or(file, |own| &own.files[0]).to_owned();
            let wrong = |sentence| Err(vec![(at.clone(), spot, sentence)]);
            let Some(name) = name else {
                return wrong("`extends:` takes the name of a mapping, as in `extends: x12/4010/850-order`".to_owned());
            };
            if names.contains(&name) {
                let way = names.iter().skip_while(|n| **n != name).chain([&name]);
                let way: Vec<&str> = way.map(String::as_str).collect();
                return wrong(format!("`extends:` goes round in a circle: {}", way.join(" → ")));
            }
            let found = self.named.get_key_value(name.as_str()).or_else(|| {
                let others = self.named.keys().copied().filter(|known| !names.iter().any(|own| own == known));
                self.named.get_key_value(nearest(&name, others)?)
            });
            let Some((meant, (path, text))) = found else {
                return wrong(format!("there is no mapping `{name}` to extend"));
            };
            if *meant != name {
                // What else is wrong shows beside the one that was meant.
                astray.push((at, spot, format!("there is no mapping `{name}` to extend; nearest {meant}")));
            }
            chain.push(Resolved::alone(path, text)?);
            names.push((*meant).to_owned());
        }
        let mut resolved = laid(chain)?;
        resolved.wrong.extend(astray);
        Ok(resolved)
    }
}

/// The bottom first, each next one laid over it.
fn laid(chain: Vec<Resolved>) -> Result<Resolved, Vec<FileWrong>> {
    let mut files = Vec::new();
    let mut texts = Vec::new();
    let mut layers = Vec::new();
    let mut partners = 0;
    for (number, one) in (0u16..).zip(chain) {
        if one.partners > 0 {
            partners = number + 1;
        }
        files.extend(one.files);
        texts.extend(one.texts);
        layers.push(one.yaml.of_file(number));
    }
    let mut laying = Layers { texts, wrong: Vec::new() };
    let mut below: Option<Yaml> = None;
    for mut own in layers.into_iter().rev() {
        if let What::Map(entries) = &mut own.what {
            entries.retain(|e| e.key != "extends");
        }
        below = Some(match below {
            None => own,
            Some(below) => laying.over(below, own, &[]),
        });
    }
    let Layers { texts, wrong } = laying;
    let wrong: Vec<FileWrong> =
        wrong.into_iter().map(|(spot, why)| (files[usize::from(spot.file)].clone(), spot, why)).collect();
    match below {
        Some(yaml) => Ok(Resolved { yaml, files, texts, wrong, partners }),
        None => Err(wrong),
    }
}

/// Files that are being laid over each other.
struct Layers {
    /// Their texts, by the number that a [`Spot`] has.
    texts: Vec<String>,
    wrong: Vec<(Spot, String)>,
}

impl Layers {
    /// Lays one value over another.
    fn over(&mut self, below: Yaml, own: Yaml, path: &[&str]) -> Yaml {
        let spot = own.spot;
        match (below.what, own.what) {
            (What::Map(under), What::Map(entries)) if !(makes(&under) || makes(&entries)) => {
                Yaml { what: What::Map(self.members(under, entries, path)), spot }
            }
            (What::List(mut under), What::List(items)) if path == ["require"] => {
                under.extend(items);
                Yaml { what: What::List(under), spot }
            }
            // A table's rows before the rows, or the file, below.
            (under @ (What::Text(_) | What::List(_)), What::Map(rows)) if path.len() == 2 && path[0] == "tables" => {
                let mut parts = vec![Yaml { what: What::Map(rows), spot }];
                match under {
                    What::List(items) => parts.extend(items),
                    one => parts.push(Yaml { what: one, spot: below.spot }),
                }
                Yaml { what: What::List(parts), spot }
            }
            (_, what) => Yaml { what, spot },
        }
    }

    fn members(&mut self, mut under: Vec<Entry>, own: Vec<Entry>, path: &[&str]) -> Vec<Entry> {
        for entry in own {
            let at = under.iter().position(|e| e.key == entry.key);
            match (at, &entry.value.what) {
                (Some(_), What::Null) if !self.said(entry.value.spot) => {
                    let key = &entry.key;
                    let sentence = format!(
                        "`{key}:` says nothing: `{key}: ~` takes away what stands below, and without this line that stays"
                    );
                    self.wrong.push((entry.key_spot, sentence));
                }
                (Some(at), What::Null) => drop(under.remove(at)),
                (None, What::Null) if self.said(entry.value.spot) => {
                    let near = hint(&entry.key, under.iter().map(|e| e.key.as_str()));
                    self.wrong
                        .push((entry.key_spot, format!("`{}: ~` takes away what is not there below{near}", entry.key)));
                }
                (Some(at), _) => {
                    let place = &mut under[at];
                    let inner: Vec<&str> = path.iter().copied().chain([entry.key.as_str()]).collect();
                    let below = std::mem::replace(&mut place.value, Yaml { what: What::Null, spot: entry.value.spot });
                    place.value = self.over(below, entry.value, &inner);
                    place.key_spot = entry.key_spot;
                }
                (None, _) => under.push(entry),
            }
        }
        under
    }

    /// Does anything stand where a value is nothing, as in `notes: ~`?
    fn said(&self, spot: Spot) -> bool {
        let text = self.texts.get(usize::from(spot.file)).map_or("", String::as_str);
        let line = text.lines().nth((spot.line as usize).saturating_sub(1)).unwrap_or_default();
        let rest: String = line.chars().skip((spot.column as usize).saturating_sub(1)).take(4).collect();
        rest.starts_with('~') || rest.eq_ignore_ascii_case("null")
    }
}

/// Does a file claim documents of one partner, or of one of his applications?
fn is_partners(yaml: &Yaml) -> bool {
    let claims = yaml.get("claims");
    claims.is_some_and(|claims| claims.get("partner").or(claims.get("application_sender")).is_some())
}

fn makes(entries: &[Entry]) -> bool {
    matches!(entries, [one] if MAKES.contains(&one.key.as_str()))
}

/// What `mapping:` says, without reading the file as YAML: a file that can't be read has its name too.
pub fn name_of(text: &str) -> Option<&str> {
    let said = text.lines().find_map(|line| line.strip_prefix("mapping:"))?;
    let name = said.split(" #").next()?.trim().trim_matches(['"', '\'']);
    (!name.is_empty()).then_some(name)
}

/// What `extends:` says of a file's text; none where it says nothing, or can't be read.
pub fn extended(text: &str) -> Option<String> {
    base_of(&yaml::parse(text).ok()?)?.0
}

/// What a file extends, and where it says so; without a name if that is no text.
fn base_of(yaml: &Yaml) -> Option<(Option<String>, Spot)> {
    let base = yaml.get("extends")?;
    Some((base.text().map(str::to_owned), base.spot))
}
