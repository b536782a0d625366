//! What an acknowledgement that came in says of what we sent: 997, 999, TA1 and CONTRL, read to one shape.

use super::words;
use crate::{
    piece::Set,
    place::At,
    tree::{Kind, NodeId, Tree},
};
use serde::{Deserialize, Serialize};

/// The sets that answer ours by control number.
pub const KINDS: [&str; 4] = ["997", "999", "TA1", "CONTRL"];

/// How something of ours was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It arrived and its envelope was read (TA1 A or E, 0083 = 8): nothing is said of the sets.
    Received,
    Accepted,
    AcceptedWithErrors,
    /// Of a group: some of its sets were rejected.
    PartlyAccepted,
    Rejected,
}

impl Verdict {
    /// `received`, `accepted`, `accepted_with_errors`, `partly_accepted`, `rejected`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Received => "received",
            Verdict::Accepted => "accepted",
            Verdict::AcceptedWithErrors => "accepted_with_errors",
            Verdict::PartlyAccepted => "partly_accepted",
            Verdict::Rejected => "rejected",
        }
    }
}

/// What it speaks of as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// ISA13, UNB 0020.
    Interchange,
    /// GS06.
    Group,
}

/// One acknowledgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// One of [`KINDS`].
    pub kind: Box<str>,
    pub about: About,
    /// The control number that we gave, as it was repeated.
    pub control: Box<str>,
    /// Of the whole.
    pub verdict: Verdict,
    pub said: Vec<Said>,
    /// Sets that it names.
    pub sets: Vec<SetAnswer>,
    /// What sets that it doesn't name got.
    pub others: Verdict,
}

/// What it says of one set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAnswer {
    /// `855`, `ORDRSP`.
    pub kind: Box<str>,
    /// ST02, UNH 0062.
    pub control: Box<str>,
    pub verdict: Verdict,
    pub said: Vec<Said>,
}

/// One thing that it finds wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Where in our set; none if it is about the whole.
    pub at: Option<At>,
    /// Which element says it: `AK403`, `TA105`, `0085`.
    pub by: Box<str>,
    pub code: Box<str>,
    /// The value that was read, as it was repeated; empty if none.
    pub found: Box<str>,
    /// What it says in words of its own: an application's advice has no others.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub text: Box<str>,
}

impl Said {
    pub(super) fn whole(by: &str, code: &str) -> Said {
        Said { at: None, by: by.into(), code: code.into(), found: "".into(), text: "".into() }
    }

    /// In words, with what stands at that place in our own set.
    pub fn sentence(&self, ours: Option<&Set>) -> String {
        let by = if &*self.by == "0085" { "element 0085".to_owned() } else { self.by.to_string() };
        let meaning = match &*self.text {
            "" => words::of(&self.by, &self.code).unwrap_or("an error that has no words here"),
            text => text,
        };
        let Some(At::Segment { ordinal, id, element, component, .. }) = &self.at else {
            return format!("{meaning} ({by} = {})", self.code);
        };
        let segment = ours.and_then(|set| segment(&set.tree, *ordinal).map(|id| (&set.tree, id)));
        // Of a segment that is missing it names the one that is not there.
        let segment = segment.filter(|(tree, found)| id.is_empty() || tree.name(*found) == &**id);
        let name = segment.map(|(tree, id)| tree.name(id)).unwrap_or(id);
        let mut place = if name.is_empty() { "a segment".to_owned() } else { name.to_owned() };
        if let Some(element) = element {
            place += &format!("{element:02}");
            place += &component.map_or(String::new(), |component| format!("-{component}"));
            let ours = segment.map(|(tree, id)| text(tree, id, *element, component.unwrap_or(1))).unwrap_or_default();
            match (ours, &*self.found) {
                ("", "") => {}
                (ours, "") => place += &format!(" “{ours}”"),
                ("", found) => place += &format!(" “{found}”"),
                (ours, found) if ours == found => place += &format!(" “{ours}”"),
                (ours, found) => place += &format!(" “{ours}”, read as “{found}”"),
            }
        }
        format!("{place} in segment {ordinal}: {meaning} ({by} = {})", self.code)
    }
}

/// Reads one; `None` if it is none, or names nothing that it could be about.
pub fn answer(set: &Set) -> Option<Answer> {
    let segments = segments(&set.tree);
    let answer = match &*set.kind {
        "997" | "999" => functional(&set.tree, &set.kind, &segments),
        "TA1" => interchange(&set.tree, &segments),
        "CONTRL" => contrl(&set.tree, &segments),
        _ => None,
    };
    answer.filter(|answer| !answer.control.is_empty())
}

fn functional(tree: &Tree, kind: &str, segments: &[NodeId]) -> Option<Answer> {
    let mut answer = blank(kind, About::Group);
    let mut ended = false;
    let mut last: Option<At> = None;
    for id in segments {
        let at = |element| text(tree, *id, element, 1);
        match tree.name(*id) {
            "AK1" => answer.control = at(2).into(),
            "AK2" => answer.sets.push(SetAnswer {
                kind: at(1).into(),
                control: at(2).into(),
                verdict: Verdict::Accepted,
                said: vec![],
            }),
            name @ ("AK3" | "IK3") => {
                let place = At::Segment {
                    ordinal: number(at(2)).unwrap_or(0),
                    id: at(1).into(),
                    element: None,
                    component: None,
                    repeat: 0,
                };
                last = Some(place.clone());
                let set = answer.sets.last_mut()?;
                let said = (4..=8).map(at).filter(|code| !code.is_empty());
                set.said.extend(said.map(|code| Said { at: Some(place.clone()), ..Said::whole(&by(name, 4), code) }));
            }
            name @ ("AK4" | "IK4") => {
                let set = answer.sets.last_mut()?;
                // 8 says no more than that an AK4 follows.
                if set.said.last().is_some_and(|said| &*said.code == "8" && said.at == last) {
                    set.said.pop();
                }
                let said = Said { found: at(4).into(), ..Said::whole(&by(name, 3), at(3)) };
                set.said.push(Said { at: last.as_ref().map(|place| within(place, tree, *id)), ..said });
            }
            name @ ("AK5" | "IK5") => {
                let set = answer.sets.last_mut()?;
                set.verdict = taken(at(1))?;
                set.said.extend(codes(tree, *id, name, 2));
            }
            "AK9" => {
                answer.verdict = taken(at(1))?;
                answer.said.extend(codes(tree, *id, "AK9", 5));
                ended = true;
            }
            _ => {}
        }
    }
    let names_refused = answer.sets.iter().any(|set| set.verdict == Verdict::Rejected);
    answer.others = match answer.verdict {
        Verdict::PartlyAccepted if names_refused => Verdict::Accepted,
        // Some were refused, and it does not say which: somebody must look.
        Verdict::PartlyAccepted => Verdict::Rejected,
        Verdict::AcceptedWithErrors if !answer.sets.is_empty() => Verdict::Accepted,
        verdict => verdict,
    };
    ended.then_some(answer)
}

fn interchange(tree: &Tree, segments: &[NodeId]) -> Option<Answer> {
    let id = *segments.first()?;
    let mut answer = blank("TA1", About::Interchange);
    answer.control = text(tree, id, 1, 1).into();
    answer.verdict = if text(tree, id, 4, 1) == "R" { Verdict::Rejected } else { Verdict::Received };
    answer.others = answer.verdict;
    let note = text(tree, id, 5, 1);
    answer.said.extend((!["", "000"].contains(&note)).then(|| Said::whole("TA105", note)));
    Some(answer)
}

fn contrl(tree: &Tree, segments: &[NodeId]) -> Option<Answer> {
    let mut answer = blank("CONTRL", About::Interchange);
    let mut place: Option<At> = None;
    for id in segments {
        let at = |element, component| text(tree, *id, element, component);
        match tree.name(*id) {
            "UCI" => {
                answer.control = at(1, 1).into();
                answer.verdict = action(at(4, 1))?;
                answer.others = answer.verdict;
                answer.said.extend(error(at(5, 1)));
            }
            // We send one group at most: its verdict is that of its messages which are not named.
            "UCF" => {
                answer.others = action(at(4, 1))?;
                answer.said.extend(error(at(5, 1)));
            }
            "UCM" => answer.sets.push(SetAnswer {
                kind: at(2, 1).into(),
                control: at(1, 1).into(),
                verdict: action(at(3, 1))?,
                said: error(at(4, 1)).into_iter().collect(),
            }),
            "UCS" => {
                let ordinal = number(at(1, 1)).unwrap_or(0);
                let found = At::Segment { ordinal, id: "".into(), element: None, component: None, repeat: 0 };
                place = Some(found.clone());
                let said = error(at(2, 1)).map(|said| Said { at: Some(found), ..said });
                answer.sets.last_mut()?.said.extend(said);
            }
            "UCD" => {
                let said = error(at(1, 1)).map(|said| Said { at: place.as_ref().map(|p| below(p, tree, *id)), ..said });
                answer.sets.last_mut()?.said.extend(said);
            }
            _ => {}
        }
    }
    Some(answer)
}

fn blank(kind: &str, about: About) -> Answer {
    Answer {
        kind: kind.into(),
        about,
        control: "".into(),
        verdict: Verdict::Received,
        said: vec![],
        sets: vec![],
        others: Verdict::Received,
    }
}

/// Elements 715 and 717. M, W and X are refusals for want of authentication, assurance or decryption.
fn taken(code: &str) -> Option<Verdict> {
    Some(match code {
        "A" => Verdict::Accepted,
        "E" => Verdict::AcceptedWithErrors,
        "P" => Verdict::PartlyAccepted,
        "R" | "M" | "W" | "X" => Verdict::Rejected,
        _ => return None,
    })
}

/// Element 0083.
fn action(code: &str) -> Option<Verdict> {
    Some(match code {
        "4" => Verdict::Rejected,
        "7" => Verdict::Accepted,
        "8" => Verdict::Received,
        _ => return None,
    })
}

fn error(code: &str) -> Option<Said> {
    (!code.is_empty()).then(|| Said::whole("0085", code))
}

fn codes(tree: &Tree, id: NodeId, segment: &str, first: u16) -> Vec<Said> {
    let codes = (first..first + 5).map(|element| text(tree, id, element, 1)).filter(|code| !code.is_empty());
    codes.map(|code| Said::whole(&by(segment, first), code)).collect()
}

fn by(segment: &str, element: u16) -> String {
    format!("{segment}{element:02}")
}

/// AK401, C030: element, component and repetition by their positions.
fn within(place: &At, tree: &Tree, ak4: NodeId) -> At {
    let part = |component| number(text(tree, ak4, 1, component)).and_then(|n| u16::try_from(n).ok());
    let At::Segment { ordinal, id, .. } = place else { return place.clone() };
    At::Segment {
        ordinal: *ordinal,
        id: id.clone(),
        element: part(1),
        component: part(2),
        repeat: part(3).unwrap_or(0),
    }
}

/// UCD's S011: the segment's tag is counted as position 1.
fn below(place: &At, tree: &Tree, ucd: NodeId) -> At {
    let part = |component| number(text(tree, ucd, 2, component)).and_then(|n| u16::try_from(n).ok());
    let At::Segment { ordinal, id, .. } = place else { return place.clone() };
    let element = part(1).map(|position| position.saturating_sub(1)).filter(|position| *position > 0);
    At::Segment { ordinal: *ordinal, id: id.clone(), element, component: part(2), repeat: part(3).unwrap_or(0) }
}

fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// All segments in document order.
pub(super) fn segments(tree: &Tree) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut open = vec![tree.root()];
    while let Some(id) = open.pop() {
        match tree.kind(id) {
            Kind::Segment => found.push(id),
            _ => {
                let below: Vec<NodeId> = tree.children(id).collect();
                open.extend(below.into_iter().rev());
            }
        }
    }
    found
}

fn segment(tree: &Tree, wanted: u32) -> Option<NodeId> {
    segments(tree).into_iter().find(|id| matches!(tree.place(*id).at, At::Segment { ordinal, .. } if ordinal == wanted))
}

/// A component of a segment's element, both from 1; of a repeated element the first. Empty if it is not there.
pub(super) fn text(tree: &Tree, segment: NodeId, element: u16, component: u16) -> &str {
    let Some(mut node) = child(tree, segment, element) else { return "" };
    if let Some(first) = tree.children(node).next()
        && tree.kind(first) == Kind::Repeat
    {
        node = first;
    }
    match tree.value(node) {
        Some(value) if component == 1 => value.trim(),
        Some(_) => "",
        None => child(tree, node, component).and_then(|id| tree.value(id)).unwrap_or("").trim(),
    }
}

fn child(tree: &Tree, id: NodeId, position: u16) -> Option<NodeId> {
    let name = format!("{position:02}");
    tree.children(id).find(|child| tree.name(*child) == name)
}
