//! Guides: which loops, segments and elements a set of a standard has. Data, made from facts, compiled in.
//!
//! Promise: a guide is parsed once, when it is first asked for, and no other with it; its facts are those of
//! `tools/make-guides`, for every set of the versions that it knows.
//! Called by: the X12 and EDIFACT readers, `render`. Never: reads a file, carries a standard's prose.
//! Tried by: tests/formats/guides.rs

mod checks;
mod codes;
mod delta;
mod impossible;
mod library;
mod own;
mod parse;
mod plan;
mod table;

pub(crate) use checks::{CODED, Check, Checks, DAY, NOTHING, OTHER, Shape, UNKNOWN, bucket};
pub use codes::Codes;
pub use delta::{Applies, Change, Remark, Usage, Weight, position};
pub use own::Guides;
pub(crate) use plan::{NO_SPEC, Plan, Slot, pack};
pub(crate) use table::Table;

use crate::piece::Standard;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

/// A guide of one set and version.
#[derive(Debug)]
pub struct Guide {
    pub standard: Standard,
    /// `850`, `ORDERS`.
    pub kind: Box<str>,
    /// `004010`, `D96A`.
    pub version: Box<str>,
    /// GS01; empty for EDIFACT.
    pub functional_id: Box<str>,
    /// Made from the facts, and not gone through by people with samples in hand.
    pub generated: bool,
    pub parts: Vec<Part>,
    /// The segments it uses, by id.
    pub segments: BTreeMap<Box<str>, Arc<SegmentSpec>>,
    /// Every segment id of the version, used here or not.
    pub known: Arc<str>,
    /// What a partner's guide has taken out of the standard's: by part, its segments' ids, the first one first.
    pub forbidden: Vec<Vec<Box<str>>>,
    /// The file of a partner's guide, by which faults name it.
    pub file: Option<Box<str>>,
    /// What a partner's guide says of its own, the last part of each path: `CUR`, `PO104`, `REF04-2`.
    pub changed: BTreeSet<Box<str>>,
    pub(crate) plan: Plan,
}

impl Guide {
    /// The guide in words: a partner's by its file, if that is known.
    pub fn words(&self) -> Box<str> {
        self.file.as_ref().map_or("the partner's guide".into(), |file| format!("the guide {file}").into())
    }

    /// True if a partner's guide says something of its own about a segment, or about an element of it.
    pub fn changes(&self, segment: &str, element: Option<u16>) -> bool {
        let Some(position) = element else { return self.changed.contains(segment) };
        let path = format!("{segment}{position:02}");
        self.changed
            .iter()
            .any(|changed| changed.strip_prefix(&*path).is_some_and(|c| c.is_empty() || c.starts_with('-')))
    }

    /// True if the standard's version has such a segment, in this set or another.
    pub fn knows(&self, segment: &str) -> bool {
        self.known.split(' ').any(|id| id == segment)
    }
}

/// A segment or a loop at its place.
#[derive(Debug, Clone)]
pub enum Part {
    Segment {
        id: Box<str>,
        mandatory: bool,
        max: Option<u32>,
    },
    /// X12: named by its first segment; EDIFACT: `SG2`. Its first part is the segment that opens it.
    Loop {
        name: Box<str>,
        mandatory: bool,
        max: Option<u32>,
        parts: Vec<Part>,
    },
}

/// What elements a segment has.
#[derive(Debug, Default)]
pub struct SegmentSpec {
    pub label: Box<str>,
    pub elements: Vec<ElementSpec>,
    /// Syntax notes, X12: `P0304`.
    pub notes: Vec<Relation>,
}

/// One element's position.
#[derive(Debug, Clone)]
pub struct ElementSpec {
    /// X12 element number, EDIFACT element or composite (`C507`).
    pub reference: Arc<str>,
    pub label: Arc<str>,
    pub mandatory: bool,
    pub repeats: u32,
    /// Components of a composite, else empty.
    pub components: Arc<[ElementSpec]>,
    /// Syntax notes between the components, X12.
    pub notes: Arc<[Relation]>,
    /// `AN`, `ID`, `N2`, `R`, `DT`, `TM`; EDIFACT `an`, `n`, `a`; empty for a composite.
    pub kind: Arc<str>,
    pub class: Class,
    /// In characters; of numbers without sign, point and exponent.
    pub min: u32,
    /// 0: no limit.
    pub max: u32,
    /// Values allowed; empty if free.
    pub codes: Arc<Codes>,
}

/// What characters an element takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// X12 AN and ID, EDIFACT an.
    Text,
    /// EDIFACT a.
    Alpha,
    /// X12 Nn: digits with an implied point.
    Whole,
    /// X12 R: a decimal with an explicit point, may have an exponent.
    Real,
    /// EDIFACT n: digits, sign, decimal mark.
    Numeric,
    Date,
    Time,
    Binary,
    Composite,
    /// A partner's guide has no use for it.
    Unused,
}

/// How the presence of elements hangs together: X12's syntax notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// P: all or none.
    Paired,
    /// R: at least one.
    Required,
    /// E: at most one.
    Exclusive,
    /// C: if the first, then all others.
    Conditional,
    /// L: if the first, then at least one other.
    List,
}

/// A syntax note: `P0304`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub kind: RelationKind,
    /// Positions from 1.
    pub positions: Vec<u8>,
    pub text: Box<str>,
}

/// A version of a standard, and what has been read of it.
struct Shelf {
    folder: &'static library::Folder,
    dictionary: OnceLock<Option<parse::Dictionary>>,
    /// By kind; found in the texts when the version is first asked for.
    books: OnceLock<BTreeMap<&'static str, Book>>,
}

struct Book {
    text: &'static str,
    guide: OnceLock<Option<Guide>>,
}

impl Shelf {
    fn books(&self) -> &BTreeMap<&'static str, Book> {
        self.books.get_or_init(|| {
            let texts = self.folder.reviewed.iter().copied().chain(heads(self.folder.generated));
            texts.map(|(kind, text)| (kind, Book { text, guide: OnceLock::new() })).collect()
        })
    }

    fn dictionary(&self) -> Option<&parse::Dictionary> {
        self.dictionary.get_or_init(|| parse::dictionary(self.folder.dictionary).ok()).as_ref()
    }

    fn guide(&self, kind: &str) -> Option<&Guide> {
        let book = self.books().get(kind)?;
        book.guide.get_or_init(|| parse::guide(book.text, self.dictionary()?).ok()).as_ref()
    }
}

/// Cuts guides that stand one behind the other: kind and text.
fn heads(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let starts: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), "\nguide ").map(|at| at + 1).collect();
    let from = std::iter::once(0).chain(starts.clone());
    let texts = from.zip(starts.into_iter().chain([text.len()])).map(|(from, to)| &text[from..to]);
    texts.filter_map(|text| Some((text.split(' ').nth(3)?.lines().next()?, text)))
}

fn shelves() -> &'static [Shelf] {
    static SHELVES: OnceLock<Vec<Shelf>> = OnceLock::new();
    SHELVES.get_or_init(|| {
        let shelf = |folder| Shelf { folder, dictionary: OnceLock::new(), books: OnceLock::new() };
        library::LIBRARY.iter().map(shelf).collect()
    })
}

fn shelf(standard: Standard, version: &str, kind: &str) -> Option<&'static Shelf> {
    let family = match standard {
        Standard::X12 => "x12",
        Standard::Edifact => "edifact",
        _ => return None,
    };
    let version = match (standard, kind) {
        // CONTRL belongs to the syntax, not to a directory: partners write D:3, 2:1, 4:1 and more. ISO 9735-4.
        (Standard::Edifact, "CONTRL") if version.starts_with('4') || version == "v4" => "v4",
        (Standard::Edifact, "CONTRL") => "v3",
        (Standard::X12, _) => version.get(..6).unwrap_or(version),
        _ => version,
    };
    shelves().iter().find(|s| s.folder.name.strip_prefix(family).and_then(|n| n.strip_prefix('/')) == Some(version))
}

/// The guide of a set in a version (`004010`, also with an industry suffix as in `004010VICS`), if one is compiled in.
pub fn find(standard: Standard, version: &str, kind: &str) -> Option<&'static Guide> {
    shelf(standard, version, kind)?.guide(kind)
}

/// A version without an industry's suffix, if it is written as its standard writes versions: `004030` of `004030VICS`,
/// `D97A`.
pub fn base_version(standard: Standard, version: &str) -> Option<&str> {
    match standard {
        Standard::X12 => version.get(..6).filter(|six| six.bytes().all(|byte| byte.is_ascii_digit())),
        Standard::Edifact => {
            let plain = version.bytes().all(|byte| byte.is_ascii_alphanumeric());
            (plain && version.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(version)
        }
        _ => None,
    }
}

/// The guide of a kind of set whose version is the nearest before one that has none, else the first behind it:
/// `x12/004010/850` for 004030.
pub fn nearest(standard: Standard, version: &str, kind: &str) -> Option<String> {
    // Directories of UN/EDIFACT are of a year in two digits, the first one of 1988: D96A stands before D01B.
    let order = |version: &str| match (standard, version.get(1..2)) {
        (Standard::Edifact, Some(decade)) if decade < "8" => format!("1{}", version.get(1..).unwrap_or_default()),
        (Standard::Edifact, _) => format!("0{}", version.get(1..).unwrap_or_default()),
        _ => version.to_owned(),
    };
    let family = format!("{}/", standard.word());
    let of_kind = list().filter(|(_, known)| *known == kind).filter_map(|(shelf, _)| shelf.strip_prefix(&*family));
    let (before, behind): (Vec<_>, Vec<_>) = of_kind.partition(|known| order(known) <= order(version));
    let by_order = |known: &&&str| order(known);
    let nearest = before.iter().max_by_key(by_order).or_else(|| behind.iter().min_by_key(by_order))?;
    Some(format!("{family}{nearest}/{kind}"))
}

/// True if a guide that is compiled in, of whatever version, is about sets of this kind.
pub fn knows(standard: Standard, kind: &str) -> bool {
    let family = standard.word();
    let mut shelves = shelves().iter().filter(|s| s.folder.name.starts_with(family));
    shelves.any(|shelf| shelf.books().contains_key(kind))
}

/// What elements a segment has in a version, whether a set uses it or the envelope only.
pub fn segment(standard: Standard, version: &str, id: &str) -> Option<Arc<SegmentSpec>> {
    shelf(standard, version, "")?.dictionary()?.segment(id)
}

/// The ids of the segments of every version that is compiled in; one that several have comes several times.
pub fn segment_ids() -> impl Iterator<Item = &'static str> {
    shelves().iter().filter_map(Shelf::dictionary).flat_map(|dictionary| dictionary.known().split(' '))
}

/// What elements a segment has, in each version of each standard that knows it.
pub fn segments(id: &str) -> impl Iterator<Item = Arc<SegmentSpec>> {
    shelves().iter().filter_map(Shelf::dictionary).filter_map(move |dictionary| dictionary.segment(id))
}

/// Every guide that is compiled in: standard and version (`x12/004010`), kind.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str)> {
    shelves().iter().flat_map(|s| s.books().keys().map(|kind| (s.folder.name, *kind)))
}
