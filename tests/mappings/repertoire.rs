//! What a mapping can say of a message: which members it has lines for, and which words, schemes and lengths these allow.
//! Read from the mapping's own text, not from what it was compiled to: it is what a reader of the file would expect.

use crossdock::mapping::{Library, Plan, yaml};
use std::collections::{BTreeMap, HashMap};
use yaml::{What, Yaml};

/// What a line lets a member say.
#[derive(Debug, Clone, PartialEq)]
pub enum Says {
    /// What its shape allows; a text of at most so many characters.
    Any { most: usize, letters: Letters },
    /// One of these.
    Words(Vec<String>),
    /// Ids of these schemes.
    Ids { schemes: Vec<String>, how: Many },
    /// Which item of its list it is.
    Position,
    /// Only read, or computed.
    Nothing,
}

/// How many ids of one list a document can say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Many {
    One,
    OneOfEachScheme,
    All,
}

/// Which letters a text has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Letters {
    Any,
    Upper,
    Lower,
}

/// A member's line.
#[derive(Debug, Clone)]
pub struct Line {
    pub says: Says,
    /// Where it is written: the path's last step.
    pub place: String,
    /// Reading may find a value where nothing was said: a default, a setting, another path, what `write:` says.
    pub filled: bool,
    /// Written only where nothing else stands at its place.
    pub spare: bool,
}

/// All lines of a mapping, by JSON pointer without indexes.
pub struct Repertoire {
    lines: BTreeMap<String, Line>,
}

/// The schemes of an item's ids and a party's, that each standard has a word for.
const X12_ITEMS: &[(&str, &[&str])] = &[
    ("sku", &["VN", "VP", "VC", "SK"]),
    ("buyer", &["BP", "IN", "CB", "PI"]),
    ("mpn", &["MG", "MN", "MF"]),
    ("gtin", &["UK", "UP", "EN", "UI", "UA"]),
];
const EDIFACT_ITEMS: &[(&str, &[&str])] =
    &[("sku", &["SA"]), ("buyer", &["BP", "IN"]), ("mpn", &["MF"]), ("gtin", &["EN", "UP", "SRV"])];
const X12_PARTIES: &[&str] = &["duns", "duns4", "seller", "buyer", "gln", "mutual", "x12:12"];
const EDIFACT_PARTIES: &[&str] = &["gln", "duns", "seller", "buyer", "mutual", "edifact:5", "id"];
const XML_PARTIES: &[&str] = &["gln", "duns", "buyer", "seller", "mutual", "id:0007", "id"];
const OTHER_PARTIES: &[&str] = &["gln", "duns", "buyer"];

impl Repertoire {
    pub fn of(library: &Library, plan: &Plan) -> Repertoire {
        let text = library.resolved(plan.short()).unwrap_or_else(|| panic!("{}", plan.name()));
        let text: Vec<String> = text.into_iter().map(|line| line.text).collect();
        let mapping = yaml::parse(&text.join("\n")).unwrap_or_else(|e| panic!("{}: {e:?}", plan.name()));
        let constants = mapping.get("write").map_or(&[][..], Yaml::entries);
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut reader = Reader {
            standard: text.iter().find_map(|line| line.strip_prefix("from: ")).unwrap_or_default().to_owned(),
            tables: tables(library, plan, &mapping),
            codes: vec![],
            elsewhere: 0,
            constants: constants.iter().map(|entry| last(&entry.key)).collect(),
            lines: BTreeMap::new(),
        };
        reader.object(mapping.get("fields").expect("fields"), "");
        Repertoire { lines: reader.lines }
    }

    pub fn line(&self, pointer: &str) -> Option<&Line> {
        self.lines.get(pointer)
    }

    /// Is there a line for a member, or for one of its members?
    pub fn has(&self, pointer: &str) -> bool {
        let below = format!("{pointer}/");
        self.lines.contains_key(pointer) || self.lines.keys().any(|line| line.starts_with(&below))
    }

    /// Does a member beside this one write to its place, where nothing else does?
    pub fn spare(&self, pointer: &str, place: &str) -> bool {
        let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
        self.members(above).any(|(_, line)| line.spare && line.place == place)
    }

    /// The lines of an object's own members.
    pub fn members<'r>(&'r self, pointer: &str) -> impl Iterator<Item = (&'r str, &'r Line)> + use<'r> {
        let below = format!("{pointer}/");
        self.lines.iter().filter_map(move |(at, line)| {
            Some((at.strip_prefix(&below)?, line)).filter(|(name, _)| !name.contains('/'))
        })
    }
}

/// Value and target.
type Row = (String, String);

/// Name → rows: of files, of the mapping, or of several parts.
fn tables(library: &Library, plan: &Plan, mapping: &Yaml) -> HashMap<String, Vec<Row>> {
    let mut found = HashMap::new();
    for table in mapping.get("tables").map_or(&[][..], Yaml::entries) {
        let parts: Vec<&Yaml> = match &table.value.what {
            What::List(parts) => parts.iter().collect(),
            _ => vec![&table.value],
        };
        let mut all: Vec<Row> = Vec::new();
        for part in parts {
            let rows: Vec<Row> = match part.text() {
                Some(name) => rows(library, plan, name),
                None => {
                    part.entries().iter().map(|e| (e.key.clone(), e.value.text().unwrap_or_default().into())).collect()
                }
            };
            // The first row of a target is what is written.
            for (value, target) in rows.into_iter().filter(|(value, target)| value != "*" && !target.is_empty()) {
                if !all.iter().any(|(_, known)| *known == target) {
                    all.push((value, target));
                }
            }
        }
        found.insert(table.key.clone(), all);
    }
    found
}

/// A table's file: the one of that name that stands nearest to the mapping.
fn rows(library: &Library, plan: &Plan, name: &str) -> Vec<Row> {
    let shared = |path: &str| path.bytes().zip(plan.files()[0].bytes()).take_while(|(a, b)| a == b).count();
    let files = library.files().iter().filter(|(path, _)| path == name || path.ends_with(&format!("/{name}")));
    let (_, text) = files.max_by_key(|(path, _)| shared(path)).unwrap_or_else(|| panic!("no table {name}"));
    let rows = text.lines().skip_while(|line| *line != "value,target").skip(1).filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once(',')).map(|(v, t)| (v.to_owned(), t.to_owned())).collect()
}

struct Reader {
    standard: String,
    tables: HashMap<String, Vec<Row>>,
    /// What the places around allow at an element: `N1[01=BT,ST]`.
    codes: Vec<(String, Vec<String>)>,
    /// How many of the places around are read from another, too, where the first is not there: `at: A ?? B`.
    elsewhere: usize,
    /// The places that `write:` writes.
    constants: Vec<String>,
    lines: BTreeMap<String, Line>,
}

/// The mapping's own words that stand beside members.
const KEYS: &[&str] = &["at", "each", "under", "repeat"];

impl Reader {
    fn object(&mut self, yaml: &Yaml, at: &str) {
        // `at` may be a member's name, too.
        let place = yaml.get("each").is_some() || yaml.get("date").is_none();
        let around = yaml.get("each").or(yaml.get("at")).and_then(Yaml::text).filter(|_| place).unwrap_or_default();
        let elsewhere = usize::from(around.contains("??"));
        self.elsewhere += elsewhere;
        self.codes.push(codes(around));
        for entry in yaml.entries() {
            if !(place && KEYS.contains(&entry.key.as_str())) {
                self.member(&entry.value, &format!("{at}/{}", entry.key));
            }
        }
        self.codes.pop();
        self.elsewhere -= elsewhere;
    }

    fn member(&mut self, yaml: &Yaml, pointer: &str) {
        match &yaml.what {
            What::Text(text) => self.says(&[text], pointer, false),
            What::List(parts) => {
                let parts: Vec<&str> = parts.iter().filter_map(Yaml::text).collect();
                self.says(&parts, pointer, false);
            }
            What::Map(_) => match (yaml.get("read").and_then(Yaml::text), yaml.get("cel"), yaml.get("write")) {
                (Some(text), _, Some(how)) => self.says(&[text], pointer, how.text() == Some("where_empty")),
                (Some(_), ..) | (_, Some(_), _) => {
                    let line = Line { says: Says::Nothing, place: String::new(), filled: true, spare: false };
                    self.lines.insert(pointer.to_owned(), line);
                }
                _ => self.object(yaml, pointer),
            },
            What::Null | What::Float => {}
        }
    }

    fn says(&mut self, formulas: &[&str], pointer: &str, spare: bool) {
        let parts: Vec<(Says, String, bool)> = formulas.iter().map(|text| self.formula(text)).collect();
        let filled = self.elsewhere > 0 || parts.iter().any(|(.., filled)| *filled);
        let place = parts[0].1.clone();
        let mut all = parts.into_iter().map(|(says, ..)| says);
        let mut says = all.next().expect("a formula");
        for more in all {
            if let (Says::Ids { schemes, .. }, Says::Ids { schemes: others, .. }) = (&mut says, more) {
                schemes.extend(others);
            }
        }
        if let Says::Ids { schemes, .. } = &mut says {
            schemes.sort();
            schemes.dedup();
        }
        self.lines.insert(pointer.to_owned(), Line { says, place, filled, spare });
    }

    /// What a formula says, where it is written, and whether reading may find more than was written.
    fn formula(&self, text: &str) -> (Says, String, bool) {
        let (head, mut pipes) = parts(text);
        let alternatives: Vec<&str> = head.split("??").map(str::trim).collect();
        let literal = |a: &&&str| a.starts_with(['\'', '$']) || a.parse::<f64>().is_ok();
        let mut path = alternatives.iter().find(|a| !literal(a)).copied().unwrap_or_default();
        let inner;
        if let Some(group) = path.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            let (own, own_pipes) = parts(group);
            pipes.splice(0..0, own_pipes);
            inner = own;
            path = inner.split("??").next().unwrap_or_default().trim();
        }
        let place = path.rsplit(['/', '^']).next().unwrap_or_default().to_owned();
        let defaulted = pipes.iter().any(|pipe| pipe.starts_with("default("));
        // `BSN03 | when(04)`, where BSN04 is written in any case.
        let segment = place.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let beside = |pipe: &String| {
            let leaves = pipe.strip_prefix("when(").map(|rest| rest.trim_end_matches(')').split(','));
            leaves.into_iter().flatten().any(|leaf: &str| self.constants.contains(&format!("{segment}{}", leaf.trim())))
        };
        let written = self.constants.contains(&place)
            || self.codes.iter().any(|(at, _)| *at == place)
            || pipes.iter().any(beside);
        let filled = alternatives.len() > 1 || defaulted || path.is_empty() || written;
        let mut says = match alternatives[0] {
            "$position" => Says::Position,
            "$tenant.currency" => Says::Words(vec!["EUR".into()]),
            word if path.is_empty() => Says::Words(vec![word.trim_matches('\'').to_owned()]),
            _ => Says::Any { most: 35, letters: Letters::Any },
        };
        for pipe in &pipes {
            self.pipe(pipe, path, &mut says);
        }
        (says, place, filled)
    }

    fn pipe(&self, pipe: &str, path: &str, says: &mut Says) {
        let (name, argument) =
            pipe.split_once('(').map_or((pipe, ""), |(name, rest)| (name, rest.trim_end_matches(')')));
        match (name, &mut *says) {
            ("table", _) => {
                let allowed = self.codes.iter().rev().find(|(at, _)| at == path).map(|(_, codes)| codes);
                let said = self.tables[argument].iter();
                let said = said.filter(|(value, _)| allowed.is_none_or(|codes| codes.contains(value)));
                let words: Vec<String> = said.map(|(_, target)| target.clone()).collect();
                // A table that only takes some values away lets all others through.
                if !words.is_empty() {
                    *says = Says::Words(words);
                }
            }
            ("cut", Says::Any { most, .. }) => *most = (*most).min(argument.parse().unwrap()),
            // A text may run on into the places behind: so long that it takes two of them.
            ("lines", Says::Any { most, .. }) => *most = 60,
            ("upper", Says::Any { letters, .. }) => *letters = Letters::Upper,
            ("lower", Says::Any { letters, .. }) => *letters = Letters::Lower,
            ("ref", _) => *says = Says::Ids { schemes: vec![argument.to_owned()], how: Many::OneOfEachScheme },
            ("party", _) if path.contains('*') => *says = Says::Ids { schemes: self.parties(), how: Many::All },
            ("party", _) => *says = Says::Ids { schemes: self.parties(), how: Many::One },
            ("item", _) => *says = Says::Ids { schemes: self.items(path), how: Many::All },
            _ => {}
        }
    }

    fn parties(&self) -> Vec<String> {
        let schemes = match self.standard.split(' ').next() {
            Some("x12") => X12_PARTIES,
            Some("edifact") => EDIFACT_PARTIES,
            Some("ubl" | "cxml" | "xml") => XML_PARTIES,
            _ => OTHER_PARTIES,
        };
        schemes.iter().map(|s| (*s).to_owned()).collect()
    }

    fn items(&self, path: &str) -> Vec<String> {
        let known = if self.standard.starts_with("x12") { X12_ITEMS } else { EDIFACT_ITEMS };
        let qualifiers = path.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map_or("*", |(q, _)| q);
        let said = |qualifier: &&str| qualifiers == "*" || qualifiers.split(',').any(|q| q.trim() == *qualifier);
        let said = known.iter().filter(|(_, all)| all.iter().any(&said)).map(|(scheme, _)| (*scheme).to_owned());
        said.collect()
    }
}

/// `N1[01=BT,ST]`: at N101 may stand BT and ST.
fn codes(place: &str) -> (String, Vec<String>) {
    let last = place.rsplit('/').next().unwrap_or_default();
    let said = last.strip_suffix(']').and_then(|rest| rest.split_once('['));
    let said = said.and_then(|(segment, condition)| Some((segment, condition.split_once('=')?)));
    match said {
        Some((segment, (element, codes))) if codes != "*" && !codes.contains('[') => {
            (format!("{segment}{element}"), codes.split(',').map(str::to_owned).collect())
        }
        _ => (String::new(), vec![]),
    }
}

/// What stands before the pipes, and the pipes; marks within brackets and quotes divide nothing.
fn parts(text: &str) -> (String, Vec<String>) {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0, false);
    for c in text.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(_) if c == '|' && depth == 0 && !quoted => parts.push(String::new()),
            Some(part) => part.push(c),
            None => {}
        }
    }
    let mut parts = parts.into_iter().map(|part| part.trim().to_owned());
    (parts.next().unwrap_or_default(), parts.collect())
}
