//! One set: cut out, put into a tree, checked.

use super::{ENDS, LONGEST_HEADER, X12, group};
use crate::{
    codes,
    edi::{
        collect::Collected,
        envelope::{Service, too_long},
        faults::Faults,
        joined::{Joined, MOST_READ_AGAIN, Reads},
        lines::{Lines, header_end},
        scan::{Span, Syntax},
        scratch::Reading,
        text::Charset,
    },
    guides::Guide,
    piece::{Piece, Set, Standard},
    tree::Tree,
};
use std::io::{self, BufRead};

impl<R: BufRead> X12<R> {
    pub(super) fn set(&mut self, header: Span) -> io::Result<()> {
        self.tell_strays();
        let Some(open) = &mut self.open else { return Ok(()) };
        let syntax = open.syntax;
        // Read before its bytes may be given up.
        let shown = header.end.min(header.start + LONGEST_HEADER);
        let shown = self.source.slice(header.start, shown);
        let st = Service::read(&shown[..header_end(shown, &syntax)], header, 1, &syntax);
        let limit = self.policy.max_set_bytes;
        let mut collected = self.scratch.collect(&mut self.source, &syntax, header, &ENDS, limit)?;
        self.at = collected.next;
        open.sets += 1;
        match &mut self.group {
            Some(group) => group.sets += 1,
            None => open.loose += 1,
        }
        let set = self.made(&mut collected, &st, &syntax);
        self.segments += collected.segments;
        self.scratch.spans = std::mem::take(&mut collected.spans);
        self.sets += 1;
        self.queue.push_back(Piece::Set(Box::new(set)));
        Ok(())
    }

    fn made(&mut self, collected: &mut Collected, st: &Service, syntax: &Syntax) -> Set {
        let again = self.group.as_mut().and_then(|g| g.numbers.again(codes::SET_NUMBER_AGAIN, st, 2, "group"));
        let version = match (st.element(3), &mut self.group) {
            (v, Some(group)) if v.is_empty() => {
                group::not_checked(&mut group.faults);
                group.version.clone()
            }
            (v, _) => v, // ST03, from 005010 on: the implementation's version
        };
        let group = self.group.as_ref();
        let mut set = Set {
            ordinal: self.sets,
            standard: Standard::X12,
            interchange: self.open.as_ref().map(|open| open.ordinal),
            group: group.map(|g| g.ordinal),
            kind: st.element(1).into(),
            version: version.into(),
            association: "".into(),
            control: st.element(2).into(),
            byte: collected.start,
            len: collected.end - collected.start,
            segments: collected.segments,
            tree: Tree::hollow(),
            faults: Vec::new(),
        };
        if collected.too_long {
            set.tree = Tree::new(st.place());
            set.faults.push(too_long(&set, &self.policy, "ST"));
            return set;
        }
        let sender = self.group.as_ref().map_or("", |g| &g.sender);
        let guide = self.scratch.guide(&self.policy.of(&set.kind).guides, &set, sender);
        if let (Some(guide), Some(group)) = (guide, &mut self.group) {
            let differs = group.kind.differs(&set.kind, &guide.functional_id);
            group.faults.extend(differs.and_then(|fault| self.policy.of(&set.kind).strictness.judge(fault)));
        }
        let mut faults = self.told(&mut set, st, collected, guide);
        let bytes = self.source.slice(collected.start, collected.end);
        let lines = Lines { bytes, syntax, ends: &ENDS, guide };
        if faults.count() > 0
            && let Some(anew) = lines.anew(collected)
        {
            self.scratch.forget_cuts();
            *collected = anew.set;
            self.at = collected.next;
            (set.len, set.segments) = (collected.end - collected.start, collected.segments);
            faults = self.told(&mut set, st, collected, guide);
            anew.faults.into_iter().for_each(|fault| faults.push(fault));
        } else {
            faults = self.parted(&mut set, st, collected, guide, faults);
        }
        let uneven = self.scratch.ruler.of_set(&self.source, collected, syntax);
        uneven.into_iter().for_each(|fault| faults.push(fault));
        again.into_iter().for_each(|fault| faults.push(fault));
        set.faults = faults.into_list();
        self.scratch.told_by(&mut set);
        set
    }

    /// What is wrong with a set of which segments may stand as one: cut anew, if that explains it.
    fn parted(
        &mut self,
        set: &mut Set,
        st: &Service,
        collected: &mut Collected,
        guide: Option<&'static Guide>,
        faults: Faults,
    ) -> Faults {
        let Some(syntax) = self.open.as_ref().map(|open| open.syntax) else { return faults };
        let control = set.control.clone();
        let joined = Joined { syntax: &syntax, ends: &ENDS, guide, control: &control };
        let bytes = self.source.slice(collected.start, collected.end);
        if self.scratch.read_again > MOST_READ_AGAIN || !joined.may_be(bytes, collected, &faults) {
            return faults;
        }
        self.scratch.forget_cuts();
        let parted = joined.parted(collected, &faults, &mut Anew { reader: self, set, st, guide });
        let missing = parted.map_or(vec![], |parted| {
            *collected = parted.set;
            parted.faults
        });
        set.segments = collected.segments;
        let mut faults = self.told(set, st, collected, guide);
        missing.into_iter().for_each(|fault| faults.push(fault));
        faults
    }

    /// Fills the tree of a set, and gives what is wrong with it.
    fn told(&mut self, set: &mut Set, st: &Service, collected: &Collected, guide: Option<&'static Guide>) -> Faults {
        let Some(open) = &self.open else { return Faults::default() };
        let bytes = self.source.slice(collected.start, collected.end);
        let policy = self.policy.of(&set.kind);
        let charset = Charset::from(policy.x12_characters);
        let reading = Reading { syntax: &open.syntax, lexis: &open.lexis, charset, edifact: false };
        let (tree, mut faults) = self.scratch.read((bytes, collected), &reading, guide, policy);
        set.tree = tree;
        let syntax = open.syntax;
        self.check(set, st, collected, &syntax, guide.is_some(), &mut faults);
        faults
    }
}

/// A set that is read once more, cut otherwise.
struct Anew<'a, R> {
    reader: &'a mut X12<R>,
    set: &'a mut Set,
    st: &'a Service,
    guide: Option<&'static Guide>,
}

impl<R: BufRead> Reads for Anew<'_, R> {
    fn bytes(&self, set: &Collected) -> &[u8] {
        self.reader.source.slice(set.start, set.end)
    }

    fn told(&mut self, set: &Collected) -> Faults {
        self.reader.scratch.read_again += set.end - set.start;
        self.reader.told(self.set, self.st, set, self.guide)
    }
}
