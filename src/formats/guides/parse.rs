//! The text form of guides and dictionaries.
//!
//! A guide: `guide x12 004010 850 PO`, then a part a line, two blanks a level: `seg BEG M 1`, `loop N1 O 200`,
//! `-` for no limit, `#` for a comment. The head of one that nobody has gone through ends with `generated`, and has
//! `-` for the functional id if there is none.
//! A dictionary, fields by tabs: `K` ids of all segments; `S` segment and `C` composite: id, label, positions
//! (`353:M`, `C040:O:5` with repeats), syntax notes; `E` element: id, label, type, least and most length, codes.

use super::{Class, Codes, ElementSpec, Guide, Part, Plan, Relation, RelationKind, SegmentSpec};
use crate::piece::Standard;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What is wrong in a guide's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}: {text}")]
pub struct BadGuide {
    pub line: usize,
    pub what: &'static str,
    pub text: Box<str>,
}

/// The segments and elements of one version: where they stand in its text. What a guide needs is read with it, since a
/// version has thousands, and tens of thousands of codes.
#[derive(Debug)]
pub(super) struct Dictionary {
    /// By kind of line (`S`, `C`, `E`) and id: the line's number and its fields behind the id.
    lines: HashMap<(&'static str, &'static str), (usize, &'static str)>,
    known: Arc<str>,
}

/// Finds the lines of a dictionary.
pub(super) fn dictionary(text: &'static str) -> Result<Dictionary, BadGuide> {
    let (mut lines, mut known) = (HashMap::with_capacity(4096), "");
    for (line, text) in text.lines().enumerate().filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let (kind, rest) = text.split_once('\t').unwrap_or((text, ""));
        match kind {
            "K" => known = rest,
            "S" | "C" | "E" => {
                let (id, rest) = rest.split_once('\t').unwrap_or((rest, ""));
                lines.insert((kind, id), (line, rest));
            }
            _ => return Err(bad(line, "begins with none of K, S, C, E", text)),
        }
    }
    Ok(Dictionary { lines, known: known.into() })
}

/// Reads specs out of a dictionary; each element once.
struct Specs<'a> {
    dictionary: &'a Dictionary,
    elements: HashMap<&'static str, ElementSpec>,
}

impl Dictionary {
    fn specs(&self) -> Specs<'_> {
        Specs { dictionary: self, elements: HashMap::new() }
    }

    /// The ids of all segments, parted by blanks.
    pub(super) fn known(&self) -> &str {
        &self.known
    }

    /// The elements of a segment, in this set or not; none if the version has no such segment.
    pub(super) fn segment(&self, id: &str) -> Option<Arc<SegmentSpec>> {
        self.specs().segment(id).ok().flatten()
    }
}

impl Specs<'_> {
    fn segment(&mut self, id: &str) -> Result<Option<Arc<SegmentSpec>>, BadGuide> {
        let Some((line, [label, positions, notes, ..])) = self.line("S", id) else { return Ok(None) };
        let elements = self.positions(line, positions)?;
        let notes = relations(notes).ok_or_else(|| bad(line, "bad notes", notes))?;
        Ok(Some(Arc::new(SegmentSpec { label: label.into(), elements, notes })))
    }

    fn line(&self, kind: &'static str, id: &str) -> Option<(usize, [&'static str; 5])> {
        let (line, fields) = self.dictionary.lines.get(&(kind, id))?;
        let mut fields = fields.split('\t');
        Some((*line, std::array::from_fn(|_| fields.next().unwrap_or_default())))
    }

    fn positions(&mut self, line: usize, text: &'static str) -> Result<Vec<ElementSpec>, BadGuide> {
        let words = text.split(' ').filter(|word| !word.is_empty());
        words.map(|word| self.position(line, word)).collect()
    }

    /// `353:M`, `C040:O:5`.
    fn position(&mut self, line: usize, word: &'static str) -> Result<ElementSpec, BadGuide> {
        let mut parts = word.split(':');
        let id = parts.next().unwrap_or_default();
        let mandatory = parts.next() == Some("M");
        let repeats = parts.next().map_or(Some(1), |n| n.parse().ok()).ok_or_else(|| bad(line, "bad repeats", word))?;
        let spec = match self.elements.get(id) {
            Some(spec) => spec.clone(),
            None => {
                let spec = self.read(line, id)?;
                self.elements.insert(id, spec.clone());
                spec
            }
        };
        Ok(ElementSpec { mandatory, repeats, ..spec })
    }

    fn read(&mut self, line: usize, id: &'static str) -> Result<ElementSpec, BadGuide> {
        if let Some((line, fields)) = self.line("E", id) {
            return element(id, fields).ok_or_else(|| bad(line, "not an element", id));
        }
        let (line, [label, positions, notes, ..]) =
            self.line("C", id).ok_or_else(|| bad(line, "no such element", id))?;
        let components = self.positions(line, positions)?;
        let notes = relations(notes).ok_or_else(|| bad(line, "bad notes", notes))?;
        let kind = (Class::Composite, "");
        Ok(ElementSpec { components: components.into(), notes: notes.into(), ..plain(id, label, kind, 0, 0) })
    }
}

/// Reads a guide with its version's dictionary.
pub(super) fn guide(text: &str, dictionary: &Dictionary) -> Result<Guide, BadGuide> {
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#')).peekable();
    let (line, head) = lines.next().ok_or_else(|| bad(0, "empty", ""))?;
    let words: Vec<&str> = head.split(' ').collect();
    let [_, standard, version, kind, functional_id @ ..] = &words[..] else {
        return Err(bad(line, "not `guide STANDARD VERSION KIND`", head));
    };
    let parts = level(&mut lines, 0)?;
    let mut segments = BTreeMap::new();
    gather(&parts, &mut dictionary.specs(), &mut segments)?;
    let standard = if *standard == "x12" { Standard::X12 } else { Standard::Edifact };
    Ok(Guide {
        standard,
        kind: (*kind).into(),
        version: (*version).into(),
        functional_id: functional_id.first().copied().filter(|id| *id != "-").unwrap_or("").into(),
        generated: functional_id.get(1) == Some(&"generated"),
        plan: Plan::of(standard, &parts, &segments),
        parts,
        segments,
        known: dictionary.known.clone(),
        forbidden: Vec::new(),
        file: None,
        changed: Default::default(),
    })
}

type Lines<'a, I> = std::iter::Peekable<I>;

fn level<'a, I: Iterator<Item = (usize, &'a str)>>(
    lines: &mut Lines<'a, I>,
    depth: usize,
) -> Result<Vec<Part>, BadGuide> {
    let mut parts = Vec::new();
    while let Some((number, line)) = lines.peek().copied() {
        let indent = line.len() - line.trim_start().len();
        if indent < depth * 2 {
            break;
        }
        lines.next();
        let words: Vec<&str> = line.split_whitespace().collect();
        let [what, name, usage, most] = words[..] else { return Err(bad(number, "not four words", line)) };
        let max = match most {
            "-" => None,
            most => Some(most.parse().map_err(|_| bad(number, "bad limit", line))?),
        };
        let (name, mandatory) = (name.into(), usage == "M");
        parts.push(match what {
            "seg" => Part::Segment { id: name, mandatory, max },
            "loop" => Part::Loop { name, mandatory, max, parts: level(lines, depth + 1)? },
            _ => return Err(bad(number, "neither seg nor loop", line)),
        });
    }
    Ok(parts)
}

fn gather(parts: &[Part], specs: &mut Specs, into: &mut BTreeMap<Box<str>, Arc<SegmentSpec>>) -> Result<(), BadGuide> {
    for part in parts {
        match part {
            Part::Loop { parts, .. } => gather(parts, specs, into)?,
            Part::Segment { id, .. } if into.contains_key(id) => {}
            Part::Segment { id, .. } => {
                if let Some(spec) = specs.segment(id)? {
                    into.insert(id.clone(), spec);
                }
            }
        }
    }
    Ok(())
}

fn element(id: &str, [label, kind, min, max, codes]: [&str; 5]) -> Option<ElementSpec> {
    let class = match kind {
        "AN" | "ID" | "an" => Class::Text,
        "a" => Class::Alpha,
        "n" => Class::Numeric,
        "R" => Class::Real,
        "DT" => Class::Date,
        "TM" => Class::Time,
        "B" => Class::Binary,
        kind if kind.starts_with('N') => Class::Whole,
        _ => return None,
    };
    let spec = plain(id, label, (class, kind), min.parse().ok()?, max.parse().ok()?);
    Some(ElementSpec { codes: Arc::new(Codes::parse(codes)), ..spec })
}

fn plain(id: &str, label: &str, (class, kind): (Class, &str), min: u32, max: u32) -> ElementSpec {
    ElementSpec {
        reference: id.into(),
        label: label.into(),
        mandatory: false,
        repeats: 1,
        components: [].into(),
        notes: [].into(),
        kind: kind.into(),
        class,
        min,
        max,
        codes: Arc::default(),
    }
}

fn relations(text: &str) -> Option<Vec<Relation>> {
    text.split(' ').filter(|word| !word.is_empty()).map(relation).collect()
}

fn relation(text: &str) -> Option<Relation> {
    let kind = match text.as_bytes().first()? {
        b'P' => RelationKind::Paired,
        b'R' => RelationKind::Required,
        b'E' => RelationKind::Exclusive,
        b'C' => RelationKind::Conditional,
        b'L' => RelationKind::List,
        _ => return None,
    };
    let pair = |pair: &[u8]| std::str::from_utf8(pair).ok()?.parse().ok();
    let positions = text.as_bytes()[1..].chunks(2).map(pair).collect::<Option<Vec<u8>>>()?;
    Some(Relation { kind, positions, text: text.into() })
}

fn bad(line: usize, what: &'static str, text: &str) -> BadGuide {
    BadGuide { line: line + 1, what, text: text.into() }
}
