//! One set: cut out, put into a tree, checked.

use super::{ENDS, LONGEST_HEADER, X12, group};
use crate::{
    codes,
    edi::{
        collect::Collected,
        envelope::{Service, too_long},
        faults::Faults,
        joined::{Joined, Reads},
        lines::{Lines, header_end},
        scan::{Span, Syntax},
        scratch::Reading,
        seams,
        text::Charset,
    },
    fault::Fault,
    guides::{self, Guide},
    piece::{Piece, Set, Standard},
    tree::Tree,
};
use std::io::{self, BufRead};

impl<R: BufRead> X12<R> {
    pub(super) fn set(&mut self, header: Span) -> io::Result<()> {
        self.tell_strays();
        let Some(syntax) = self.open.as_ref().map(|open| open.syntax) else { return Ok(()) };
        // Read before its bytes may be given up.
        let shown = header.end.min(header.start + LONGEST_HEADER);
        let shown = self.source.slice(header.start, shown);
        let mut st = Service::read(&shown[..header_end(shown, &syntax)], header, 1, &syntax);
        let limit = self.policy.max_set_bytes;
        let mut collected = self.scratch.collect(&mut self.source, &syntax, header, &ENDS, limit)?;
        let unended = self.unended(&mut collected, &mut st, &syntax);
        self.at = collected.next;
        let Some(open) = &mut self.open else { return Ok(()) };
        open.sets += 1;
        match &mut self.group {
            Some(group) => group.sets += 1,
            None => open.loose += 1,
        }
        let set = self.made(&mut collected, &st, &syntax, unended);
        self.segments += collected.segments;
        self.scratch.spans = std::mem::take(&mut collected.spans);
        self.sets += 1;
        self.queue.push_back(Piece::Set(Box::new(set)));
        Ok(())
    }

    /// What stands behind the header and the trailer of a set without a terminator before it is cut apart from them.
    fn unended(&mut self, set: &mut Collected, st: &mut Service, syntax: &Syntax) -> Vec<Fault> {
        if set.too_long || syntax.folded {
            return vec![];
        }
        let bytes = self.source.slice(set.start, set.end);
        let mut faults = Vec::new();
        let header = set.spans.first().map_or(0, |(_, end)| *end as usize);
        let found = Some(header).filter(|_| st.len() > 2).and_then(|header| {
            // ST03, which names a version, may be what the next segment goes on with.
            let group = self.group.as_ref().map_or("", |group| &group.version);
            let mut versions = [st.element(3), group.to_owned()].into_iter();
            let guide = versions.find_map(|version| guides::find(Standard::X12, &version, &st.text(1)))?;
            seams::of_header(bytes.get(..header)?, 2, syntax, guide)
        });
        if let Some((at, opener)) = found.filter(|(_, opener)| !seams::follows(bytes, set, opener, syntax)) {
            faults.push(seams::behind_header(bytes, set, at, opener, syntax));
            let span = Span { end: set.start + at as u64, ..st.span };
            *st = Service::read(&bytes[..at], span, 1, syntax);
        }
        faults.extend(seams::behind_trailer(bytes, set, syntax, &ENDS));
        if !faults.is_empty() {
            self.scratch.forget_cuts();
        }
        faults
    }

    fn made(&mut self, collected: &mut Collected, st: &Service, syntax: &Syntax, unended: Vec<Fault>) -> Set {
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
        unended.into_iter().chain(uneven).for_each(|fault| faults.push(fault));
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
        let joined =
            Joined { syntax: &syntax, ends: &ENDS, guide, control: &control, read_again: self.scratch.read_again };
        let bytes = self.source.slice(collected.start, collected.end);
        if !joined.may_be(bytes, collected, &faults) {
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
