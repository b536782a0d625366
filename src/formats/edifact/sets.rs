//! One message: cut out, put into a tree, checked.

use super::{ENDS, Edifact, LONGEST_HEADER};
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

impl<R: BufRead> Edifact<R> {
    pub(super) fn set(&mut self, header: Span) -> io::Result<()> {
        self.tell_strays();
        let Some(syntax) = self.open.as_ref().map(|open| open.syntax) else { return Ok(()) };
        // Read before its bytes may be given up.
        let shown = header.end.min(header.start + LONGEST_HEADER);
        let shown = self.source.slice(header.start, shown);
        let mut unh = Service::read(&shown[..header_end(shown, &syntax)], header, 1, &syntax);
        let limit = self.policy.max_set_bytes;
        let mut collected = self.scratch.collect(&mut self.source, &syntax, header, &ENDS, limit)?;
        let unended = self.unended(&mut collected, &mut unh, &syntax);
        self.at = collected.next;
        let Some(open) = &mut self.open else { return Ok(()) };
        open.sets += 1;
        if let Some(group) = &mut self.group {
            group.sets += 1;
        }
        let set = self.made(&mut collected, &unh, &syntax, unended);
        self.segments += collected.segments;
        self.scratch.spans = std::mem::take(&mut collected.spans);
        self.sets += 1;
        self.queue.push_back(Piece::Set(Box::new(set)));
        Ok(())
    }

    /// What stands behind the header and the trailer of a message without a terminator before it is cut apart from them.
    fn unended(&mut self, set: &mut Collected, unh: &mut Service, syntax: &Syntax) -> Vec<Fault> {
        if set.too_long || syntax.folded {
            return vec![];
        }
        let bytes = self.source.slice(set.start, set.end);
        let mut faults = Vec::new();
        let header = set.spans.first().map_or(0, |(_, end)| *end as usize);
        let found = Some(header).filter(|_| unh.len() > 2).and_then(|header| {
            let [kind, version, release] = unh.components(2);
            let guide = guides::find(Standard::Edifact, &(version + &release), &kind)?;
            seams::of_header(bytes.get(..header)?, 2, syntax, guide)
        });
        if let Some((at, opener)) = found.filter(|(_, opener)| !seams::follows(bytes, set, opener, syntax)) {
            faults.push(seams::behind_header(bytes, set, at, opener, syntax));
            let span = Span { end: set.start + at as u64, ..unh.span };
            *unh = Service::read(&bytes[..at], span, 1, syntax);
        }
        faults.extend(seams::behind_trailer(bytes, set, syntax, &ENDS));
        if !faults.is_empty() {
            self.scratch.forget_cuts();
        }
        faults
    }

    fn made(&mut self, collected: &mut Collected, unh: &Service, syntax: &Syntax, unended: Vec<Fault>) -> Set {
        let (group, open) = (self.group.as_mut().map(|g| &mut g.numbers), self.open.as_mut().map(|o| &mut o.numbers));
        let envelope = if group.is_some() { "group" } else { "interchange" };
        let again = group.or(open).and_then(|seen| seen.again(codes::SET_NUMBER_AGAIN, unh, 1, envelope));
        let [kind, version, release, _, association] = unh.components(2);
        let mut set = Set {
            ordinal: self.sets,
            standard: Standard::Edifact,
            interchange: self.open.as_ref().map(|open| open.ordinal),
            group: self.group.as_ref().map(|g| g.ordinal),
            kind: kind.into(),
            version: (version + &release).into(),
            association: association.into(),
            control: unh.element(1).into(),
            byte: collected.start,
            len: collected.end - collected.start,
            segments: collected.segments,
            tree: Tree::hollow(),
            faults: Vec::new(),
        };
        if collected.too_long {
            set.tree = Tree::new(unh.place());
            set.faults.push(too_long(&set, &self.policy, "UNH"));
            return set;
        }
        let sender = self.group.as_ref().map_or("", |g| &g.sender);
        let guide = self.scratch.guide(&self.policy.of(&set.kind).guides, &set, sender);
        let mut faults = self.told(&mut set, unh, collected, guide);
        let bytes = self.source.slice(collected.start, collected.end);
        let lines = Lines { bytes, syntax, ends: &ENDS, guide };
        if faults.count() > 0
            && let Some(anew) = lines.anew(collected)
        {
            self.scratch.forget_cuts();
            *collected = anew.set;
            self.at = collected.next;
            (set.len, set.segments) = (collected.end - collected.start, collected.segments);
            faults = self.told(&mut set, unh, collected, guide);
            anew.faults.into_iter().for_each(|fault| faults.push(fault));
        } else {
            faults = self.parted(&mut set, unh, collected, guide, faults);
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
        unh: &Service,
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
        let parted = joined.parted(collected, &faults, &mut Anew { reader: self, set, unh, guide });
        let missing = parted.map_or(vec![], |parted| {
            *collected = parted.set;
            parted.faults
        });
        set.segments = collected.segments;
        let mut faults = self.told(set, unh, collected, guide);
        missing.into_iter().for_each(|fault| faults.push(fault));
        faults
    }

    /// Fills the tree of a set, and gives what is wrong with it.
    fn told(&mut self, set: &mut Set, unh: &Service, collected: &Collected, guide: Option<&'static Guide>) -> Faults {
        let Some(open) = &self.open else { return Faults::default() };
        let policy = self.policy.of(&set.kind);
        let charset = policy.edifact_characters.map_or(open.charset, Charset::from);
        let reading = Reading { syntax: &open.syntax, lexis: &open.lexis, charset, edifact: true };
        let bytes = self.source.slice(collected.start, collected.end);
        let (tree, mut faults) = self.scratch.read((bytes, collected), &reading, guide, policy);
        set.tree = tree;
        let syntax = open.syntax;
        self.check(set, unh, collected, &syntax, guide.is_some(), &mut faults);
        faults
    }
}

/// A set that is read once more, cut otherwise.
struct Anew<'a, R> {
    reader: &'a mut Edifact<R>,
    set: &'a mut Set,
    unh: &'a Service,
    guide: Option<&'static Guide>,
}

impl<R: BufRead> Reads for Anew<'_, R> {
    fn bytes(&self, set: &Collected) -> &[u8] {
        self.reader.source.slice(set.start, set.end)
    }

    fn told(&mut self, set: &Collected) -> Faults {
        self.reader.scratch.read_again += set.end - set.start;
        self.reader.told(self.set, self.unh, set, self.guide)
    }
}
