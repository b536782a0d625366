//! Where a fault of the finished document stands: the member of the message that a place was made for, and the line of
//! the mapping that writes it, or would write what is lacking there.

use super::{
    explain::Line,
    out::{By, Out, OutId, OutLeaf},
    plan::{Block, Field, Formula, Leaf, Program, Repeat, Source, Step, spots},
    yaml::Spot,
};
use std::cell::OnceCell;

/// What is not written.
pub enum Lack {
    /// Of the segment.
    Element { element: u16, component: u16 },
    /// Below the loop: which of its guide's parts.
    Part(usize),
}

/// A member of the message, and the line that writes it.
pub struct Origin<'a> {
    /// Of a list its nearest item, where one is known; empty: the message.
    pub pointer: String,
    pub line: Option<Line<'a>>,
}

/// What was written, and by what.
pub struct Places<'a> {
    pub out: &'a Out,
    pub program: &'a Program,
    /// All places that the mapping's lines write to, once one is asked for.
    known: OnceCell<Vec<Place<'a>>>,
}

impl<'a> Places<'a> {
    pub fn new(out: &'a Out, program: &'a Program) -> Places<'a> {
        Places { out, program, known: OnceCell::new() }
    }

    /// What a node was made for; of a segment that says several items, what stands nearest to an element.
    pub fn origin(&self, id: OutId, element: Option<u16>) -> Origin<'a> {
        let mut here = id;
        while here != 0 {
            if let Some(pointer) = self.member(here, element) {
                let spot = spots(&self.program.fields, &pointer).first().copied().or_else(|| self.rule(id));
                let item = self.item(pointer);
                return Origin { pointer: item, line: spot.map(|spot| self.program.placed(spot)) };
            }
            here = self.out.node(here).parent;
        }
        Origin { pointer: String::new(), line: self.rule(id).map(|spot| self.program.placed(spot)) }
    }

    /// The pointer to what is lacking, as far as it is known, and what a sentence on it says besides.
    pub fn lacking(&self, id: OutId, lacks: &[Lack]) -> (String, String) {
        let near = lacks.iter().find_map(|lack| match lack {
            Lack::Element { element, .. } => Some(*element),
            Lack::Part(_) => None,
        });
        let Origin { mut pointer, line } = self.origin(id, near);
        let of = |pointer: &str| if pointer.is_empty() { "the message".to_owned() } else { pointer.to_owned() };
        let more = match (lacks.iter().find_map(|lack| self.would_write(id, lack)), line) {
            (Some((member, spot)), _) => {
                pointer = above_both(pointer, &member);
                let begin = format!("{}/", without_indexes(&pointer));
                let member = member.strip_prefix(&begin).map_or(member.clone(), |inner| inner.replace('/', "."));
                format!(": of {} {} would write {member} there", of(&pointer), self.program.placed(spot))
            }
            (None, Some(line)) => format!(": {line} writes it of {}", of(&pointer)),
            (None, None) => String::new(),
        };
        (pointer, more)
    }

    /// The member that a node's own leaves are of, else those of all that stands below it.
    fn member(&self, id: OutId, element: Option<u16>) -> Option<String> {
        let node = self.out.node(id);
        let of_member = |leaf: &'a OutLeaf| match &leaf.by {
            By::Member(pointer) => Some((&leaf.leaf, &**pointer)),
            _ => None,
        };
        let own: Vec<(&Leaf, &str)> = node.leaves.iter().filter_map(of_member).collect();
        let distance = |leaf: &Leaf| match (leaf, element) {
            // What is lacking stands more often before what an item says than behind it.
            (Leaf::Element { element: at, .. }, Some(wanted)) => (at.abs_diff(wanted), *at < wanted),
            _ => (u16::MAX, true),
        };
        let nearest = own.iter().min_by_key(|(leaf, _)| distance(leaf)).filter(|_| element.is_some());
        if let Some((_, pointer)) = nearest.filter(|(_, pointer)| self.item((*pointer).to_owned()) != **pointer) {
            return Some((*pointer).to_owned());
        }
        let own = own.into_iter().map(|(_, pointer)| pointer.to_owned()).reduce(shared);
        own.or_else(|| node.children.iter().filter_map(|child| self.member(*child, None)).reduce(shared))
    }

    /// A pointer up to the last of its items; several messages have a number before all else.
    fn item(&self, mut pointer: String) -> String {
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        if let Some(last) = steps.iter().skip(1).rposition(|step| is_index(step)) {
            let end = steps[..last + 2].iter().map(|step| step.len() + 1).sum::<usize>();
            pointer.truncate(end);
        }
        pointer
    }

    /// The line of `write:` that says something in a segment.
    fn rule(&self, id: OutId) -> Option<Spot> {
        self.out.node(id).leaves.iter().find_map(|leaf| match leaf.by {
            By::Rule(spot) => Some(spot),
            _ => None,
        })
    }

    /// The member that a line of the mapping would write there (its pointer without indexes), and that line.
    fn would_write(&self, id: OutId, lack: &Lack) -> Option<(String, Spot)> {
        let above = |id: &OutId| Some(self.out.node(*id).parent).filter(|parent| *parent != 0);
        let mut way: Vec<OutId> = std::iter::successors(Some(id).filter(|id| *id != 0), above).collect();
        way.reverse();
        let leads =
            |path: &[&Step]| path.len() == way.len() && way.iter().zip(path).all(|(id, step)| self.out.is(*id, step));
        let is_it = |place: &Place| match (lack, place.leaf, place.path.split_last()) {
            (Lack::Element { element, component }, Some(leaf), _) => {
                leads(&place.path) && place.says(leaf, *element, *component)
            }
            (Lack::Part(at), _, _) => {
                // A line may lead deeper: what it writes makes all above it.
                place.path.get(way.len()).is_some_and(|step| step.order as usize == *at)
                    && leads(&place.path[..way.len()])
            }
            _ => false,
        };
        let known = self.known.get_or_init(|| {
            let mut known = Vec::new();
            gather(&self.program.fields, &mut vec![Frame { path: Vec::new(), repeat: None }], "", &mut known);
            known
        });
        known.iter().find(|place| is_it(place)).map(|place| (place.member.clone(), place.spot))
    }
}

/// Where a line of the mapping writes.
struct Place<'a> {
    /// What it writes: a pointer without indexes.
    member: String,
    spot: Spot,
    path: Vec<&'a Step>,
    leaf: Option<&'a Leaf>,
    repeat: Option<Repeat>,
}

impl Place<'_> {
    fn says(&self, leaf: &Leaf, element: u16, component: u16) -> bool {
        let Leaf::Element { element: at, component: inner } = leaf else { return false };
        let same = match self.repeat {
            Some(Repeat { first, size, .. }) if *at >= first && element >= first => {
                (element - first) % size.max(1) == (at - first) % size.max(1)
            }
            _ => *at == element,
        };
        same && component.max(1) == (*inner).max(1)
    }
}

/// A place in which fields stand, from the root down.
struct Frame<'a> {
    path: Vec<&'a Step>,
    repeat: Option<Repeat>,
}

/// All places that fields write to.
fn gather<'a>(fields: &'a [Field], frames: &mut Vec<Frame<'a>>, at: &str, known: &mut Vec<Place<'a>>) {
    for field in fields {
        let member = format!("{at}/{}", field.name);
        let formulas = match &field.source {
            Source::Value(formula) | Source::Spare(formula) => std::slice::from_ref(formula),
            Source::List(formulas) => formulas,
            Source::Object(inner) => {
                gather(inner, frames, &member, known);
                continue;
            }
            Source::At(blocks) => {
                blocks.iter().take(1).for_each(|block| gather_below(block, frames, &member, known));
                continue;
            }
            Source::Each(block) => {
                gather_below(block, frames, &member, known);
                continue;
            }
            Source::Key(..) | Source::ReadOnly(_) | Source::Computed(_) => continue,
        };
        for (_, route) in formulas.iter().filter_map(Formula::destination) {
            let frame = &frames[(frames.len() - 1).saturating_sub(route.up)];
            let path = frame.path.iter().copied().chain(&route.steps).collect();
            let repeat = frame.repeat.filter(|_| route.steps.is_empty());
            known.push(Place { member: member.clone(), spot: field.spot, path, leaf: Some(&route.leaf), repeat });
        }
    }
}

fn gather_below<'a>(block: &'a Block, frames: &mut Vec<Frame<'a>>, member: &str, known: &mut Vec<Place<'a>>) {
    let level = (frames.len() - 1).saturating_sub(block.up);
    let aside = frames.split_off(level + 1);
    let below = |path: &[&'a Step], step: &'a Step| path.iter().copied().chain([step]).collect::<Vec<_>>();
    for walk in &block.under {
        let path = below(&frames[level].path, &walk.step);
        frames.push(Frame { path, repeat: None });
    }
    for (nth, walk) in block.walk.iter().enumerate() {
        let above = if nth == 0 { level } else { frames.len() - 1 };
        let path = below(&frames[above].path, &walk.step);
        frames.push(Frame { path, repeat: None });
    }
    let own = frames.len() - 1;
    let outer = std::mem::replace(&mut frames[own].repeat, block.repeat);
    let path = frames[own].path.clone();
    known.push(Place { member: member.to_owned(), spot: block.spot, path, leaf: None, repeat: None });
    gather(&block.fields, frames, member, known);
    frames[own].repeat = outer;
    frames.truncate(level + 1);
    frames.extend(aside);
}

/// What a pointer leads through on the way to what it shares with a member (a pointer without indexes); the pointer itself
/// where that is nothing.
fn above_both(pointer: String, member: &str) -> String {
    let mut steps = member.split('/');
    let same = |step: &&str| is_index(step) || steps.next() == Some(*step);
    let both = pointer.split('/').take_while(same).collect::<Vec<_>>().join("/");
    if both.is_empty() { pointer } else { both }
}

/// The longest pointer that both begin with.
fn shared(a: String, b: String) -> String {
    let both = a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).map(|(step, _)| step);
    both.collect::<Vec<_>>().join("/")
}

fn is_index(step: &str) -> bool {
    step.parse::<usize>().is_ok()
}

fn without_indexes(pointer: &str) -> String {
    pointer.split('/').filter(|step| !is_index(step)).collect::<Vec<_>>().join("/")
}
