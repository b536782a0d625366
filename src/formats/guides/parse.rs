//! The text form of guides and dictionaries.
//!
//! A guide: `guide x12 004010 850 PO`, then a part a line, two blanks a level: `seg BEG M 1`, `loop N1 O 200`,
//! `-` for no limit, `#` for a comment.
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

/// The segments and elements of one version.
#[derive(Debug)]
pub(super) struct Dictionary {
    segments: HashMap<Box<str>, Arc<SegmentSpec>>,
    known: Arc<str>,
}

/// Reads a dictionary. Elements stand behind the segments that use them, so lines are gathered first.
pub(super) fn dictionary(text: &str) -> Result<Dictionary, BadGuide> {
    let mut elements = HashMap::new();
    let (mut composites, mut segments, mut known) = (Vec::new(), Vec::new(), "");
    for (line, text) in text.lines().enumerate().filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let mut fields = text.split('\t');
        let kind = fields.next().unwrap_or_default();
        let fields: [&str; 6] = std::array::from_fn(|_| fields.next().unwrap_or_default());
        match kind {
            "K" => known = fields[0],
            "S" => segments.push((line, fields)),
            "C" => composites.push((line, fields)),
            "E" => {
                elements.insert(fields[0], element(fields).ok_or_else(|| bad(line, "not an element", text))?);
            }
            _ => return Err(bad(line, "begins with none of K, S, C, E", text)),
        }
    }
    for (line, [id, label, positions, notes, ..]) in composites {
        let components = positions_of(positions, &elements).ok_or_else(|| bad(line, "bad positions", positions))?;
        let notes = relations(notes).ok_or_else(|| bad(line, "bad notes", notes))?;
        let kind = (Class::Composite, "");
        let spec = ElementSpec { components: components.into(), notes: notes.into(), ..plain(id, label, kind, 0, 0) };
        elements.insert(id, spec);
    }
    let mut specs = HashMap::with_capacity(segments.len());
    for (line, [id, label, positions, notes, ..]) in segments {
        let elements = positions_of(positions, &elements).ok_or_else(|| bad(line, "bad positions", positions))?;
        let notes = relations(notes).ok_or_else(|| bad(line, "bad notes", notes))?;
        specs.insert(id.into(), Arc::new(SegmentSpec { label: label.into(), elements, notes }));
    }
    Ok(Dictionary { segments: specs, known: known.into() })
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
    gather(&parts, dictionary, &mut segments);
    let standard = if *standard == "x12" { Standard::X12 } else { Standard::Edifact };
    Ok(Guide {
        standard,
        kind: (*kind).into(),
        version: (*version).into(),
        functional_id: functional_id.first().copied().unwrap_or("").into(),
        plan: Plan::of(standard, &parts, &segments),
        parts,
        segments,
        known: dictionary.known.clone(),
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

fn gather(parts: &[Part], dictionary: &Dictionary, into: &mut BTreeMap<Box<str>, Arc<SegmentSpec>>) {
    for part in parts {
        match part {
            Part::Loop { parts, .. } => gather(parts, dictionary, into),
            Part::Segment { id, .. } => {
                if let Some(spec) = dictionary.segments.get(id) {
                    into.insert(id.clone(), spec.clone());
                }
            }
        }
    }
}

fn element([id, label, kind, min, max, codes]: [&str; 6]) -> Option<ElementSpec> {
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

fn positions_of(text: &str, elements: &HashMap<&str, ElementSpec>) -> Option<Vec<ElementSpec>> {
    let position = |word: &str| {
        let mut parts = word.split(':');
        let spec = elements.get(parts.next()?)?;
        let mandatory = parts.next()? == "M";
        let repeats = parts.next().map_or(Some(1), |n| n.parse().ok())?;
        Some(ElementSpec { mandatory, repeats, ..spec.clone() })
    };
    text.split(' ').filter(|word| !word.is_empty()).map(position).collect()
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
