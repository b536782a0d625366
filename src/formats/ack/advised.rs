//! 824 and APERAK that came in: what a partner's application says of sets that we sent, read to one shape.

use super::{
    Verdict,
    answer::{self, Said},
};
use crate::{
    piece::Set,
    place::At,
    tree::{NodeId, Tree},
};
use serde::{Deserialize, Serialize};

/// The sets that answer ours by what an application makes of them.
pub const ADVICES: [&str; 2] = ["824", "APERAK"];

/// So many sets are told of in one, and so many errors of a set, and no more: whoever sends more makes work and no sense.
const MOST: usize = 1_000;
const MOST_NAMES: usize = 20;

/// One 824 or APERAK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advised {
    /// One of [`ADVICES`].
    pub kind: Box<str>,
    /// BGN02, BGM 1004: the partner's number of it.
    pub number: Box<str>,
    pub of: Vec<AdvisedSet>,
}

/// What it says of one set, or of a whole group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisedSet {
    /// ISA13, UNB 0020, as it was repeated; empty if it is not.
    pub interchange: Box<str>,
    /// GS06.
    pub group: Box<str>,
    /// ST02, UNH 0062; empty if all sets are meant.
    pub control: Box<str>,
    /// OTI10: `855`; empty if it is not said.
    pub kind: Box<str>,
    /// Numbers of documents: the one that is meant, or that it answers. The first is the most likely one.
    pub names: Vec<Box<str>>,
    pub verdict: Verdict,
    pub said: Vec<Said>,
}

/// Reads one; `None` if it is none, names nothing that it could be about or more than a thousand sets, or does not say how
/// they were taken. Of each set a thousand errors are kept.
pub fn advised(set: &Set) -> Option<Advised> {
    let segments = answer::segments(&set.tree);
    let of = match &*set.kind {
        "824" => x12(&set.tree, &segments)?,
        "APERAK" => vec![edifact(&set.tree, &segments)?],
        _ => return None,
    };
    let first = |name: &str| segments.iter().find(|id| set.tree.name(**id) == name);
    let number = first("BGN").or(first("BGM")).map_or("", |id| answer::text(&set.tree, *id, 2, 1));
    let named = |one: &AdvisedSet| !(one.group.is_empty() && one.interchange.is_empty() && one.names.is_empty());
    (!of.is_empty() && of.iter().all(named)).then(|| Advised { kind: set.kind.clone(), number: number.into(), of })
}

/// One a set: items of one set (IA, IE, IR) are told together.
fn x12(tree: &Tree, segments: &[NodeId]) -> Option<Vec<AdvisedSet>> {
    let mut found: Vec<AdvisedSet> = vec![];
    let mut open: Option<usize> = None;
    for id in segments {
        let at = |element| answer::text(tree, *id, element, 1);
        match tree.name(*id) {
            "OTI" => {
                let one = oti(at)?;
                let same = |other: &AdvisedSet| {
                    !one.control.is_empty() && (&other.group, &other.control) == (&one.group, &one.control)
                };
                open = Some(match found.iter().position(same) {
                    Some(at) => {
                        found[at].verdict = both(found[at].verdict, one.verdict);
                        let names =
                            one.names.into_iter().filter(|name| !found[at].names.contains(name)).collect::<Vec<_>>();
                        found[at].names.extend(names);
                        found[at].names.truncate(MOST_NAMES);
                        at
                    }
                    None if found.len() == MOST => return None,
                    None => {
                        found.push(one);
                        found.len() - 1
                    }
                });
            }
            "REF" => {
                let value = at(2);
                if let Some(open) = open.filter(|open| !value.is_empty() && found[*open].names.len() < MOST_NAMES) {
                    found[open].names.push(value.into());
                }
            }
            "TED" => {
                if let Some(open) = open.filter(|open| found[*open].said.len() < MOST) {
                    found[open].said.push(ted(tree, *id));
                }
            }
            "NTE" => {
                if let Some(said) = open.and_then(|open| found[open].said.last_mut()) {
                    add(said, at(2));
                }
            }
            _ => {}
        }
    }
    Some(found)
}

fn oti<'a>(at: impl Fn(u16) -> &'a str) -> Option<AdvisedSet> {
    let code = at(1);
    let verdict = match code.get(1..)? {
        "A" => Verdict::Accepted,
        "C" | "E" => Verdict::AcceptedWithErrors,
        "P" => Verdict::PartlyAccepted,
        // An item refused does not refuse the whole set.
        "R" if code.starts_with('I') => Verdict::PartlyAccepted,
        "R" => Verdict::Rejected,
        _ => return None,
    };
    // Of a batch or a group no single set is meant.
    let control = if code.starts_with(['B', 'G']) { "" } else { at(9) };
    let names = [at(3)].into_iter().filter(|name| !name.is_empty()).map(Into::into).collect();
    let (group, kind) = (at(8).into(), at(10).into());
    Some(AdvisedSet { interchange: "".into(), group, control: control.into(), kind, names, verdict, said: vec![] })
}

/// What two say of one set.
fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one.min(other), one.max(other)) {
        (Verdict::Rejected, Verdict::Rejected) => Verdict::Rejected,
        (_, Verdict::Rejected) => Verdict::PartlyAccepted,
        (_, worst) => worst,
    }
}

fn ted(tree: &Tree, id: NodeId) -> Said {
    let at = |element, component| answer::text(tree, id, element, component);
    let number = |element, component| at(element, component).parse().ok();
    let place = number(4, 1).map(|ordinal| At::Segment {
        ordinal,
        id: at(3, 1).into(),
        element: number(5, 1).and_then(|n| u16::try_from(n).ok()),
        component: number(5, 2).and_then(|n| u16::try_from(n).ok()),
        repeat: 0,
    });
    Said { at: place, found: at(7, 1).into(), text: at(2, 1).into(), ..Said::whole("TED01", at(1, 1)) }
}

fn edifact(tree: &Tree, segments: &[NodeId]) -> Option<AdvisedSet> {
    let mut one = AdvisedSet {
        interchange: "".into(),
        group: "".into(),
        control: "".into(),
        kind: "".into(),
        names: vec![],
        verdict: Verdict::Received,
        said: vec![],
    };
    let mut verdict = None;
    for id in segments {
        let at = |element, component| answer::text(tree, *id, element, component);
        let full = one.said.len() == MOST;
        match (tree.name(*id), one.said.last_mut()) {
            ("BGM", _) => verdict = response(at(4, 1)).or(function(at(3, 1))),
            ("ERC", _) if full => break,
            ("ERC", _) => one.said.push(Said::whole("ERC01", at(1, 1))),
            ("RFF", Some(said)) => said.at = place(at(1, 2), at(1, 3)).or(said.at.take()),
            // In the group of a reference stands what was found there.
            ("FTX", Some(said)) if said.at.is_some() && said.found.is_empty() => said.found = at(4, 1).into(),
            ("FTX", Some(said)) => (1..=5).for_each(|n| add(said, at(4, n))),
            ("RFF", None) => reference(&mut one, at(1, 1), at(1, 2)),
            ("DOC", None) => reference(&mut one, "DM", at(2, 1)),
            _ => {}
        }
    }
    // Where nothing else says how it was taken, errors refuse it.
    let by_errors = if one.said.is_empty() { Verdict::Accepted } else { Verdict::Rejected };
    one.verdict = verdict.unwrap_or(by_errors);
    Some(one)
}

/// 1153: what was referred to, most likely first.
fn reference(one: &mut AdvisedSet, qualifier: &str, value: &str) {
    if value.is_empty() || one.names.len() == MOST_NAMES {
        return;
    }
    match qualifier {
        "ACE" => one.interchange = value.into(),
        "AGO" => one.control = value.into(),
        _ => {}
    }
    // ACE and AGO are used for document numbers, too.
    match qualifier {
        "ACW" | "DM" => one.names.insert(0, value.into()),
        _ => one.names.push(value.into()),
    }
}

/// `QTY01-2`, and which segment of the message that is.
fn place(text: &str, ordinal: &str) -> Option<At> {
    let (id, rest) = (text.get(..3)?, text.get(3..)?);
    let (element, component) = match rest.split_once('-') {
        Some((element, component)) => (element, component.parse().ok()),
        None => (rest, None),
    };
    Some(At::Segment {
        ordinal: ordinal.trim().parse().ok()?,
        id: id.into(),
        element: element.parse().ok(),
        component,
        repeat: 0,
    })
}

/// Element 4343.
fn response(code: &str) -> Option<Verdict> {
    Some(match code {
        "AB" | "AD" | "AP" => Verdict::Accepted,
        "AC" | "AI" | "CA" => Verdict::AcceptedWithErrors,
        "RE" => Verdict::Rejected,
        _ => return None,
    })
}

/// Element 1225.
fn function(code: &str) -> Option<Verdict> {
    Some(match code {
        "29" | "32" | "44" => Verdict::Accepted,
        "28" | "30" | "34" | "45" => Verdict::AcceptedWithErrors,
        "48" => Verdict::PartlyAccepted,
        "10" | "12" | "27" => Verdict::Rejected,
        _ => return None,
    })
}

fn add(said: &mut Said, words: &str) {
    if words.is_empty() {
        return;
    }
    let before = if said.text.is_empty() { String::new() } else { format!("{} ", said.text) };
    said.text = format!("{before}{words}").into();
}
