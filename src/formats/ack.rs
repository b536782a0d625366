//! Acknowledgements: 997, 999, TA1 and CONTRL made from faults, and those that come in read to one shape.
//!
//! Promise: one root fault a cause; what a fault says of its place stands in AK3/AK4, IK3/IK4 and UCS/UCD; counts are
//! made here. Sets are told one by one, so that a group of a million needs no list of them.
//! Called by: `emit`, `flow`. Never: numbers or sends anything; ST, UNH and the envelopes are the writer's.
//! Tried by: tests/formats

mod advice;
mod advised;
mod answer;
mod asked;
mod contrl;
mod functional;
mod interchange;
mod words;

pub use advice::{Advice, Subject, Taken, advice_kind};
pub use advised::{ADVICES, Advised, AdvisedSet, advised};
pub use answer::{About, Answer, KINDS, Said, SetAnswer, Verdict, answer};
pub use asked::{Meant, asked, codes_of};
pub use contrl::Contrl;
pub use functional::{Detail, Form, Functional, functional};
pub use interchange::{is_of_interchange, ta1};
pub use words::answer_with;

use crate::{
    fault::{Costs, Fault},
    piece::{Set, Standard},
    tree::{Kind, NodeId, Tree},
    write::OutSet,
};

/// How a group, a set or an interchange was taken: elements 715, 717 and I17.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckCode {
    Accepted,
    /// Accepted, but errors were noted.
    WithErrors,
    /// Some sets of the group were rejected.
    Partly,
    Rejected,
}

impl AckCode {
    /// `A`, `E`, `P`, `R`.
    pub fn as_str(self) -> &'static str {
        match self {
            AckCode::Accepted => "A",
            AckCode::WithErrors => "E",
            AckCode::Partly => "P",
            AckCode::Rejected => "R",
        }
    }
}

/// What became of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOutcome {
    /// `850`, `ORDERS`.
    pub kind: Box<str>,
    /// `004010`, `D96A`.
    pub version: Box<str>,
    /// UNH S009 0051 (`UN`) and 0057 (`EAN008`); empty in X12.
    pub agency: Box<str>,
    pub association: Box<str>,
    /// ST02, UNH 0062.
    pub control: Box<str>,
    pub accepted: bool,
    pub faults: Vec<Fault>,
    /// What its sender calls it, and where that stands: (`BEG03`, `PO-123`); of a package S020, its parts joined by a colon
    /// (`UNO02`, `1:DRW-4711`).
    pub name: Option<(Box<str>, Box<str>)>,
}

impl From<&Set> for SetOutcome {
    fn from(set: &Set) -> Self {
        let edifact = set.standard == Standard::Edifact;
        SetOutcome {
            kind: set.kind.clone(),
            version: set.version.clone(),
            agency: edifact
                .then(|| agency(&set.tree))
                .flatten()
                .unwrap_or_else(|| if edifact { "UN" } else { "" }.into()),
            association: set.association.clone(),
            control: set.control.clone(),
            accepted: set.accepted(),
            // Only a set that something is said about needs its name.
            name: if set.faults.is_empty() && &*set.kind != "UNO" { None } else { name(set) },
            faults: set.faults.clone(),
        }
    }
}

/// How the sets that were told of so far were taken.
#[derive(Debug, Default)]
struct Counted {
    /// Accepted sets are told of too, not only what is wrong.
    include_accepted: bool,
    received: u32,
    accepted: u32,
    /// Something was found in a set that is accepted.
    with_errors: bool,
}

impl Counted {
    /// Counts a set; gives what must be told of it, nothing if it needs no word.
    fn set<'a>(&mut self, set: &'a SetOutcome) -> Option<Vec<&'a Fault>> {
        self.received += 1;
        self.accepted += u32::from(set.accepted);
        let told = set.told();
        self.with_errors |= set.accepted && !told.is_empty();
        (!set.accepted || self.include_accepted || !told.is_empty()).then_some(told)
    }
}

impl SetOutcome {
    /// What its sender must know. A note costs nothing and is none of the sender's business here; what costs a segment is.
    fn told(&self) -> Vec<&Fault> {
        self.faults.iter().filter(|fault| fault.costs > Costs::Nothing).collect()
    }
}

/// Where the sets that answer each other carry the sender's own number.
pub const NAMES: &[(&str, &str, &str)] = &[
    ("204", "B2", "04"),
    ("210", "B3", "02"),
    ("214", "B10", "01"),
    ("810", "BIG", "02"),
    ("846", "BIA", "03"),
    ("850", "BEG", "03"),
    ("855", "BAK", "03"),
    ("856", "BSN", "02"),
    ("860", "BCH", "03"),
    ("861", "BRA", "01"),
    ("865", "BCA", "03"),
];

fn name(set: &Set) -> Option<(Box<str>, Box<str>)> {
    if set.standard == Standard::Edifact && &*set.kind == "UNO" {
        return package_name(&set.tree);
    }
    let (_, segment, element) = NAMES.iter().find(|(kind, ..)| *kind == &*set.kind)?;
    let value = value(&set.tree, segment, element)?.trim();
    (!value.is_empty()).then(|| (format!("{segment}{element}").into(), value.into()))
}

/// What a set of ours is called: its number, as those that answer it will repeat it.
pub fn name_of(set: &OutSet) -> Option<String> {
    let known = NAMES.iter().find(|(kind, ..)| *kind == set.kind);
    let (id, element) = match known {
        Some((_, segment, element)) => (*segment, element.parse::<usize>().ok()?),
        None => ("BGM", 2),
    };
    let segment = set.segments.iter().find(|segment| segment.id == id)?;
    let value = segment.elements.get(element.checked_sub(1)?)?.first()?.first()?.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn package_name(tree: &Tree) -> Option<(Box<str>, Box<str>)> {
    let reference = tree.named(tree.named(tree.root(), "UNO").next()?, "02").next()?;
    let part = |name: &str| leaf(tree, tree.named(reference, name).next()?);
    Some(("UNO02".into(), format!("{}:{}", part("01")?, part("02")?).into()))
}

fn agency(tree: &Tree) -> Option<Box<str>> {
    let unh = tree.named(tree.root(), "UNH").next()?;
    let type_ = tree.named(unh, "02").next()?;
    leaf(tree, tree.named(type_, "04").next()?).filter(|agency| !agency.is_empty()).map(Into::into)
}

/// An element's value in the first segment of that name under the root.
fn value<'a>(tree: &'a Tree, segment: &str, element: &str) -> Option<&'a str> {
    let found = tree.children(tree.root()).find(|id| tree.kind(*id) == Kind::Segment && tree.name(*id) == segment)?;
    let element = tree.children(found).find(|id| tree.name(*id) == element)?;
    leaf(tree, element)
}

fn leaf(tree: &Tree, id: NodeId) -> Option<&str> {
    tree.value(id)
}

/// A value that any partner's delimiters leave whole: punctuation that is often one becomes a blank.
fn printable(value: &str, most: usize) -> String {
    let safe = |c: char| if c.is_alphanumeric() || " .,-+/()&#'".contains(c) { c } else { ' ' };
    value.chars().take(most).map(safe).collect::<String>().trim().to_owned()
}
