//! The short way to ids, each with what kind it is of.

use super::{
    frames::container,
    plain::{There, fulfils, position, said},
    plan::{Alternative, Formula, Leaf, Pairs, Pipe},
    provenance::{Behind, Path, Spelled},
    read::Run,
    replay::{How, Noting, note, note_own},
    short::{Through, is_near},
    words,
};
use crate::{
    canonical::body::{ITEM, Packed},
    formats::tree::{self, NodeId},
};
use smallvec::SmallVec;

/// A segment, the number of its frame, and what that and the path are called.
type Whence = (NodeId, usize, (u32, Path));

impl<'a> Run<'a> {
    /// Adds the ids of a list of them, and counts them; else nothing was done.
    pub(super) fn short_ids(&mut self, formula: &'a Formula, count: &mut u32) -> bool {
        let before = (self.body.mark(), self.provenance.begin().entries, *count);
        let done = match &*formula.pipes {
            [Pipe::Item] => self.pairs(formula, count),
            [Pipe::Ref(scheme)] => self.of_kind(formula, scheme, count),
            _ => None,
        };
        if done.is_none() {
            self.body.back(before.0);
            self.provenance.truncate(before.1);
            *count = before.2;
        }
        done.is_some()
    }

    /// The id at a place that says by itself which kind it is of.
    fn of_kind(&mut self, formula: &'a Formula, scheme: &str, count: &mut u32) -> Option<()> {
        let short = formula.short.filter(|short| short.through == Through::Ref)?;
        match self.find(formula, short) {
            There::It((plain, route, level)) => {
                let spelled = Spelled { item: self.item, pointer: self.pointer, behind: Behind::Id(*count) };
                self.taken(&plain, spelled, (route, level));
                add_id(&mut self.body, &mut self.noting, scheme, plain.leaf);
                *count += 1;
                Some(())
            }
            There::Nothing => short.says_all().then_some(()),
            There::Odd => None,
        }
    }

    /// All pairs of a kind and an id of the frame's own segment, or of those right below it.
    fn pairs(&mut self, formula: &'a Formula, count: &mut u32) -> Option<()> {
        let [Alternative::Route(route)] = &*formula.alternatives else { return None };
        let (Leaf::Pairs(pairs), level) = (&route.leaf, self.level(route)) else { return None };
        if !is_near(route)
            || route.refuses.is_some()
            || self.seen.is_logged()
            || level == 0 && self.program.messages.is_some()
        {
            return None;
        }
        self.ask_all(route, level);
        let frame = self.frames.get(level).filter(|frame| !frame.absent && frame.nth.is_none())?;
        let from = (frame.label, Path::Pair(route.number));
        let Some(step) = route.steps.first() else { return self.ids(pairs, (frame.container, level, from), count) };
        let children: SmallVec<[NodeId; 8]> = frame.slot(route.slot).iter().map(|(_, child)| *child).collect();
        for child in children {
            let segment = container(self.tree, child);
            match fulfils(self.tree, segment, &step.conditions, &mut self.seen) {
                There::It(()) => self.ids(pairs, (segment, level, from), count)?,
                There::Nothing => {}
                There::Odd => return None,
            }
        }
        Some(())
    }

    /// Adds the ids that a segment says; none if anything is odd about them. What was marked then is marked by the long way, too.
    fn ids(&mut self, pairs: &'a Pairs, from: Whence, count: &mut u32) -> Option<()> {
        let (tree, standard, (segment, level, from)) = (self.tree, self.program.standard, from);
        let last = tree.last_position(segment);
        let frame = self.frames.get_mut(level)?;
        let place = || self.provenance.segment(tree, segment);
        let place = self.base.and_then(|base| Some((base, frame.place_of(segment, place)?)));
        for (qualifier, id) in &pairs.places {
            let (qualifier, at) = (position(qualifier)?, position(id)?);
            if qualifier.0 > last {
                continue;
            }
            let (tag, leaf) = match (said(tree, segment, qualifier), said(tree, segment, at)) {
                (There::It(tag), There::It(leaf)) => (tag, leaf),
                (There::Odd, _) | (_, There::Odd) => return None,
                _ => continue,
            };
            self.asked(tag.node);
            let Some(scheme) = self.recalled.scheme(pairs, tag.text, standard) else { continue };
            self.seen.see(tag.node);
            self.seen.see(leaf.node);
            let spelled = Spelled { item: self.item, pointer: self.pointer, behind: Behind::Id(*count) };
            self.provenance.element(tree, place, (segment, at.0, leaf), spelled, from);
            add_id(&mut self.body, &mut self.noting, scheme, leaf);
            *count += 1;
        }
        Some(())
    }
}

fn add_id<'a>(body: &mut Packed, noting: &mut Option<Box<Noting<'a>>>, scheme: &str, leaf: tree::Leaf<'a>) {
    let began = body.mark();
    body.object(ITEM);
    note_own(noting, body.count());
    body.text(words::SCHEME, scheme);
    note(noting, body.count(), (leaf.node, leaf.text), How::AsItStands);
    body.text(words::ID, leaf.text);
    body.close(began);
}
