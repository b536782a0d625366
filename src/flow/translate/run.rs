//! One document being read: its interchanges, groups and sets as they come, and how it ends.

use super::{
    reach::Held,
    whose::{Given, SANDBOX, UNKNOWN_RECEIVER, identify},
};
use crate::{
    canonical::DocumentId,
    emit::advice::CameIn,
    formats::{
        ack::{self, AckCode, Contrl, Detail, Form, Functional, SetOutcome},
        codes,
        fault::{Costs, Fault},
        piece::{Fill, Group, GroupEnd, Interchange, InterchangeEnd, Piece, Set, Standard, TextIn},
        report::CutOnce,
        write::Segments,
    },
    mapping::Library,
    store::documents::Work,
    tenancy::{
        Agreement, ConnectionInfo, Directory, Effective, PartnerInfo, TenantInfo,
        agreement::{ApplicationAdvice, BadSetCosts, InterchangeIs},
    },
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, sync::Arc};

/// Faults outside of any set that are kept of one document; a folder of noise must not fill the store.
const KEPT_FAULTS: usize = 100;

/// Whether an interchange's control number is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlNumber {
    NotAsked,
    Wanted,
    Ours,
    Taken { document: DocumentId, content: Option<String> },
}

/// One interchange being read.
pub struct InterchangeRun {
    pub header: Interchange,
    pub partner: Option<Arc<PartnerInfo>>,
    /// What holds for it: its partner's, here and in its standard.
    pub agreement: Option<Arc<Effective>>,
    /// Of one to a receiver that is none of ours: its sender, if the sender is to know.
    pub unrouted: Option<Arc<PartnerInfo>>,
    /// `translated`, `unassigned`, `rejected`, `duplicate` or `sandbox`.
    pub ends: &'static str,
    pub cause: Option<Value>,
    pub duplicate_of: Option<DocumentId>,
    pub number: ControlNumber,
    /// Its number's place in its series counts, and was not looked at yet.
    pub is_to_place: bool,
    hash: Sha256,
    /// Of its sets' kinds, numbers and values, once it was read to its end.
    pub content: Option<String>,
    /// The store has it, under the control number.
    pub content_noted: bool,
    pub first_set: u32,
    /// Where its last byte is, once it was read.
    pub until: Option<u64>,
    pub bad_set: bool,
    /// Its trailer never came, and it is refused: the whole of it may come again, under its number.
    pub is_cut: bool,
    pub to_write: bool,
    /// Of EDIFACT: what will be said of it.
    contrl: Option<Contrl>,
    /// Faults that a TA1 tells.
    around: Vec<Fault>,
    /// Sets were read in it, and one of them is something else than an acknowledgement.
    pub has_sets: bool,
    pub has_business: bool,
}

/// A functional group being read.
pub struct GroupRun {
    pub header: Group,
    pub first_set: u32,
    pub sets: u32,
    /// Of X12: what will be said of it.
    acknowledgement: Functional,
    form: Form,
}

/// A trailer was read: the sets before it may go, or are refused.
pub struct Closing {
    pub from_set: u32,
    pub to_set: u32,
    pub refused: Option<Vec<Fault>>,
}

/// Something to be acknowledged, by its interchange.
pub struct ToAcknowledge {
    pub interchange: u32,
    pub what: Received,
}

/// What an acknowledgement speaks of.
pub enum Received {
    /// X12, AK1 to AK9.
    Group { group: Group, form: Form, body: Segments },
    /// X12: the faults that a TA1 tells.
    Interchange { faults: Vec<Fault> },
    /// EDIFACT, UCI to the last UCD.
    Contrl { version: &'static str, body: Segments, code: AckCode },
}

/// One document on its way through translate.
pub struct Run {
    pub work: Work,
    pub tenant: Arc<TenantInfo>,
    pub connection: Arc<ConnectionInfo>,
    pub standard: Standard,
    /// The tenant's mappings of the revision that the document began with.
    pub library: Arc<Library>,
    /// Sets from here on; earlier ones were written by a visit that was cut short.
    pub skip_before: u32,
    pub sets: u32,
    /// Sets of interchanges that a sandbox takes in.
    pub elsewhere: u32,
    pub interchanges: Vec<InterchangeRun>,
    groups: HashMap<u32, GroupRun>,
    /// Groups of the open interchange whose trailers were read.
    ended_groups: Vec<(GroupRun, GroupEnd)>,
    /// What people are told of these groups.
    around: Vec<Fault>,
    cut: CutOnce,
    pub closings: Vec<Closing>,
    pub to_acknowledge: Vec<ToAcknowledge>,
    pub faults: Vec<Fault>,
    /// Numbers of groups and sets that were asked for and are this document's.
    pub held: Vec<Held>,
    /// It is known that not all interchanges end alike, so every set becomes a message.
    pub mixed: bool,
    /// Sets of an interchange that does not end `translated` were passed over.
    pub dropped: bool,
    pub closed: bool,
    /// The reader panicked: our bug, and the document is dead at once.
    pub broken: Option<String>,
}

impl Run {
    pub fn new(
        work: Work,
        tenant: Arc<TenantInfo>,
        connection: Arc<ConnectionInfo>,
        standard: Standard,
        library: Arc<Library>,
        mixed: bool,
    ) -> Run {
        let skip_before = if mixed { 0 } else { work.sets_done as u32 };
        Run {
            work,
            tenant,
            connection,
            standard,
            library,
            skip_before,
            sets: 0,
            elsewhere: 0,
            interchanges: vec![],
            groups: HashMap::new(),
            ended_groups: vec![],
            around: vec![],
            cut: CutOnce::default(),
            closings: vec![],
            to_acknowledge: vec![],
            faults: vec![],
            held: vec![],
            mixed,
            dropped: false,
            closed: false,
            broken: None,
        }
    }

    /// Notes that the reader panicked.
    pub fn broke(&mut self, text: &str) {
        self.broken = Some(text.to_string());
    }

    /// True where trailers can still refuse what came before them.
    fn is_enveloped(&self) -> bool {
        matches!(self.standard, Standard::X12 | Standard::Edifact)
    }

    /// Takes the next piece; a set is given back, to be mapped with its batch.
    pub fn take(&mut self, piece: Piece, directory: &Directory) -> Option<Box<Set>> {
        match piece {
            Piece::Interchange(header) => self.interchange(header, directory),
            Piece::Group(header) => {
                let first_set = self.sets;
                let agreed = self.interchanges.get(header.interchange as usize).and_then(|i| i.agreement.as_ref());
                let lists_all = agreed.is_some_and(|a| a.acknowledge_accepted_sets);
                let detail = agreed.map_or(Detail::Element, |a| a.acknowledge_detail.into());
                let agreed = agreed.and_then(|a| a.acknowledge.form(&header.version));
                let form = agreed.unwrap_or(Form::F997);
                let acknowledgement = Functional::new(form, &header, lists_all).down_to(detail);
                if let Some(contrl) = self.contrl(header.interchange) {
                    contrl.group(&header);
                }
                self.groups.insert(header.ordinal, GroupRun { header, first_set, sets: 0, acknowledgement, form });
            }
            Piece::Set(set) => return self.set(set),
            Piece::GroupEnd(end) => self.group_end(end),
            Piece::InterchangeEnd(end) => self.interchange_end(end),
            // What is wrong in what a sandbox takes in is told there.
            Piece::Fault(_) if self.interchanges.last().is_some_and(|i| i.is_elsewhere() && i.content.is_none()) => {}
            Piece::Fault(fault) => {
                if let Some(open) = self.interchanges.last_mut().filter(|i| i.content.is_none()) {
                    open.contrl.iter_mut().for_each(|contrl| contrl.around(&fault));
                    open.tell(&fault);
                }
                self.cut.between();
                self.note(fault);
            }
        }
        None
    }

    fn contrl(&mut self, interchange: u32) -> Option<&mut Contrl> {
        self.interchanges.get_mut(interchange as usize)?.contrl.as_mut()
    }

    fn note(&mut self, fault: Fault) {
        if self.faults.len() < KEPT_FAULTS {
            self.faults.push(fault);
        }
    }

    fn interchange(&mut self, header: Interchange, directory: &Directory) {
        let (partner, mut ends, mut cause) =
            identify(&header, &self.tenant, &self.connection, Given::of(&self.work).to(&header), directory);
        let agreement = partner.as_ref().map(|p| p.terms.of(self.connection.id, header.standard, "").clone());
        let duplicate_of = self.work.duplicate_of.filter(|_| matches!(ends, "translated" | SANDBOX));
        if let Some(of) = duplicate_of {
            (ends, cause) = ("duplicate", Some(super::faults::same_content(of, agreement.as_deref())));
        }
        let lists_all = agreement.as_ref().is_some_and(|a| a.acknowledge_accepted_sets);
        let holds = agreement.as_ref().is_some_and(|a| a.duplicates_days > 0);
        let asks = ends == "translated" && holds;
        // One that is refused, or that a sandbox takes in, came all the same: the next one leaves no gap.
        let counts = matches!(ends, "translated" | "rejected" | SANDBOX) && holds;
        self.interchanges.push(InterchangeRun {
            first_set: self.sets,
            until: None,
            contrl: (header.standard == Standard::Edifact).then(|| Contrl::new(&header, lists_all)),
            around: vec![],
            has_sets: false,
            has_business: false,
            is_to_place: counts && agreement.as_ref().is_some_and(|a| a.out_of_sequence.counts()),
            unrouted: self.unrouted(&header, cause.as_ref(), directory),
            header,
            partner,
            agreement,
            ends,
            cause,
            duplicate_of,
            number: if asks { ControlNumber::Wanted } else { ControlNumber::NotAsked },
            hash: Sha256::new(),
            content: None,
            content_noted: false,
            bad_set: false,
            is_cut: false,
            to_write: true,
        });
    }

    /// The sender of an interchange that is not for us, where its agreement has that answered.
    fn unrouted(&self, header: &Interchange, cause: Option<&Value>, directory: &Directory) -> Option<Arc<PartnerInfo>> {
        let is_unrouted = cause.is_some_and(|cause| cause["code"] == UNKNOWN_RECEIVER);
        let sender = directory.partner_of(self.tenant.id, header.standard, &header.sender).filter(|_| is_unrouted)?;
        let is_theirs = self.connection.partner.is_none_or(|owner| owner == sender.id);
        let agreed = sender.terms.of(self.connection.id, header.standard, "");
        (is_theirs && agreed.acknowledge_unrouted).then(|| sender.clone())
    }

    fn set(&mut self, mut set: Box<Set>) -> Option<Box<Set>> {
        self.sets = self.sets.max(set.ordinal + 1);
        if self.interchange_of(&set).is_some_and(InterchangeRun::is_elsewhere) {
            self.elsewhere += 1;
            return None;
        }
        if let Some(partner) = self.partner_of(&set) {
            let agreed = partner.terms.of(self.connection.id, set.standard, &set.kind);
            super::faults::by_agreement(&mut set.faults, agreed);
        }
        self.cut.set(&set.faults);
        let accepted = set.accepted();
        if let Some(interchange) = set.interchange.and_then(|n| self.interchanges.get_mut(n as usize)) {
            interchange.bad_set |= !accepted;
            set.faults.iter().for_each(|fault| interchange.tell(fault));
            interchange.has_sets = true;
            interchange.has_business |= !is_acknowledgement(&set.kind);
            // An answer to an answer would be answered for ever.
            if let (Some(contrl), true) = (&mut interchange.contrl, &*set.kind != "CONTRL") {
                contrl.set(&SetOutcome::from(&*set));
            }
            digest(&mut interchange.hash, &set);
        }
        if let Some(group) = set.group.and_then(|n| self.groups.get_mut(&n)) {
            group.sets += 1;
            group.acknowledgement.set(&SetOutcome::from(&*set));
        }
        if !self.is_enveloped() {
            self.closings.push(Closing { from_set: set.ordinal, to_set: set.ordinal + 1, refused: None });
        }
        Some(set)
    }

    fn interchange_of(&self, set: &Set) -> Option<&InterchangeRun> {
        set.interchange.and_then(|n| self.interchanges.get(n as usize))
    }

    /// Whose set it is.
    pub fn partner_of(&self, set: &Set) -> Option<&Arc<PartnerInfo>> {
        self.interchange_of(set).and_then(|i| i.partner.as_ref())
    }

    /// GS02 of a set's group, while the group is open.
    pub fn application_sender(&self, set: &Set) -> Option<String> {
        set.group.and_then(|n| self.groups.get(&n)).map(|g| g.header.sender.to_string())
    }

    /// The envelope of a set whose sender may have to be advised of how it is taken, while its group is open.
    pub fn came_in(&self, set: &Set) -> Option<CameIn> {
        let partner = self.partner_of(set)?;
        let agreed = partner.terms.of(self.connection.id, set.standard, &set.kind);
        if agreed.application_advice == ApplicationAdvice::None || !set.accepted() {
            return None;
        }
        let interchange = self.interchanges.get(set.interchange? as usize)?;
        let group = set.group.and_then(|n| self.groups.get(&n)).map(|group| group.header.clone());
        Some(CameIn {
            connection: self.connection.id,
            interchange: interchange.header.clone(),
            group,
            kind: set.kind.to_string(),
            version: set.version.to_string(),
            control: set.control.to_string(),
        })
    }

    /// Whether a set goes with its whole interchange: 0 by itself, 2 where a bad one costs all of them, else 1.
    pub fn as_one(&self, set: &Set) -> i64 {
        let interchange = self.interchange_of(set);
        let is_answer = ack::KINDS.contains(&&*set.kind) || ack::ADVICES.contains(&&*set.kind);
        match interchange.filter(|interchange| interchange.is_preserved() && !is_answer) {
            None => 0,
            Some(interchange) if bad_set_costs(interchange) == BadSetCosts::Interchange => 2,
            Some(_) => 1,
        }
    }

    /// What the interchange's own trailer says is still unknown: until then nothing of the group goes or is acknowledged.
    fn group_end(&mut self, mut end: GroupEnd) {
        if let Some(group) = self.groups.remove(&end.ordinal) {
            let interchange = self.interchanges.get(group.header.interchange as usize);
            if let Some(agreed) = interchange.and_then(|i| i.agreement.as_ref()) {
                super::faults::by_agreement(&mut end.faults, agreed);
            }
            if let Some(contrl) = self.contrl(group.header.interchange) {
                contrl.group_end(&end);
            }
            self.around.extend(self.cut.told(&end.faults));
            self.ended_groups.push((group, end));
        }
    }

    fn interchange_end(&mut self, mut end: InterchangeEnd) {
        let sets = self.sets;
        let Some(interchange) = self.interchanges.get_mut(end.ordinal as usize) else { return };
        if let Some(agreed) = &interchange.agreement {
            super::faults::by_agreement(&mut end.faults, agreed);
        }
        if interchange.is_preserved() {
            super::faults::not_whole(&mut end.faults, interchange.agreement.as_deref());
        }
        interchange.until = Some(end.byte);
        interchange.content = Some(crate::store::deliveries::hex(&std::mem::take(&mut interchange.hash).finalize()));
        if interchange.is_elsewhere() {
            interchange.to_write = true;
            self.around.clear();
            self.ended_groups.clear();
            return;
        }
        let mut refused = costs_set(&end.faults);
        if refused.is_empty() && interchange.bad_set && bad_set_costs(interchange) == BadSetCosts::Interchange {
            refused.push(super::faults::interchange_refused(&interchange.header, interchange.agreement.as_deref()));
        }
        interchange.is_cut = !refused.is_empty() && end.faults.iter().any(super::faults::is_cut);
        interchange.to_write = true;
        let mut around = std::mem::take(&mut self.around);
        around.extend(self.cut.told(&end.faults));
        for (group, mut group_end) in std::mem::take(&mut self.ended_groups) {
            let (from_set, to_set) = (group.first_set, group.first_set + group.sets);
            let of_group = costs_set(&group_end.faults);
            if !of_group.is_empty() {
                self.closings.push(Closing { from_set, to_set, refused: Some(of_group) });
            }
            // A partner whose interchange is refused must not read that its group was accepted.
            group_end.faults.extend(refused.iter().cloned());
            if interchange.contrl.is_none() && is_whole(&group.header, &group_end) {
                let (body, _) = group.acknowledgement.finish(Some(&group_end));
                let what = Received::Group { group: group.header, form: group.form, body };
                self.to_acknowledge.push(ToAcknowledge { interchange: end.ordinal, what });
            }
        }
        let what = interchange.received(&end, &refused);
        self.to_acknowledge.push(ToAcknowledge { interchange: end.ordinal, what });
        // An interchange that stands says what was wrong around its sets: no message could.
        if interchange.cause.is_none() && !around.is_empty() {
            interchange.cause = Some(super::faults::cause_of(&around));
        }
        let refused = (!refused.is_empty()).then_some(refused);
        self.closings.push(Closing { from_set: interchange.first_set, to_set: sets, refused });
        for fault in around {
            self.note(fault);
        }
    }

    /// The document's end, once every piece was read: state, cause, and the document that it duplicates.
    pub fn end(&self) -> (&'static str, Option<Value>, Option<DocumentId>) {
        if let Some(text) = &self.broken {
            let cause = json!({
                "code": "panic",
                "sentence": format!("the reader panicked: {text}"),
                "remedy": "this is a bug of the hub: report it, then replay the document",
            });
            return ("dead", Some(cause), None);
        }
        if let Some(of) = self.work.duplicate_of {
            let agreed = self.interchanges.iter().find_map(|interchange| interchange.agreement.as_deref());
            return ("duplicate", Some(super::faults::same_content(of, agreed)), Some(of));
        }
        if !self.is_enveloped() {
            return self.end_without_envelope();
        }
        let Some(first) = self.own().next().or(self.interchanges.first()) else {
            return ("rejected", Some(super::faults::cause_of(&self.faults)), None);
        };
        if first.is_elsewhere() {
            return ("translated", self.passed_over(), None);
        }
        if first.ends != "translated" && self.own().all(|i| i.ends == first.ends) {
            return (first.ends, first.cause.clone(), first.duplicate_of);
        }
        // Nothing but an envelope with something wrong in it: cut short, most likely. Whoever sent it is waiting.
        if self.sets == 0 && !self.faults.is_empty() {
            return ("rejected", Some(super::faults::cause_of(&self.faults)), None);
        }
        ("translated", self.passed_over(), None)
    }

    fn end_without_envelope(&self) -> (&'static str, Option<Value>, Option<DocumentId>) {
        if self.connection.partner.is_none() {
            let cause = json!({
                "code": "unassigned/connection",
                "sentence": format!("a {} document says nowhere who sent it, and the connection `{}` belongs to no one partner", self.standard.word(), self.connection.name),
                "remedy": "give the partner a connection of its own",
            });
            return ("unassigned", Some(cause), None);
        }
        if self.sets == 0 {
            return ("rejected", Some(super::faults::cause_of(&self.faults)), None);
        }
        ("translated", self.passed_over(), None)
    }

    /// What of a document whose sets were read was not: rows without a header, another document behind it.
    fn passed_over(&self) -> Option<Value> {
        let is_lost = |fault: &Fault| fault.costs > Costs::Nothing;
        self.faults.iter().any(is_lost).then(|| super::faults::cause_of(&self.faults))
    }

    /// True if an interchange of another end stands beside these, so that each set must become a message.
    pub fn is_mixed(&self) -> bool {
        self.mixed || self.own().next().is_some_and(|first| self.own().any(|i| i.ends != first.ends))
    }

    /// Its interchanges but for those that a sandbox takes in.
    fn own(&self) -> impl Iterator<Item = &InterchangeRun> {
        self.interchanges.iter().filter(|interchange| !interchange.is_elsewhere())
    }

    /// Who sent it and to whom, for people who look for it.
    pub fn identity(&self) -> Option<String> {
        self.interchanges.first().map(|i| {
            let h = &i.header;
            format!(
                "{}/{}/{} → {}/{}",
                h.standard.word(),
                h.sender.qualifier,
                h.sender.id,
                h.receiver.qualifier,
                h.receiver.id
            )
        })
    }
}

impl InterchangeRun {
    /// A sandbox takes it in: nothing of it is worked, told or answered here.
    pub fn is_elsewhere(&self) -> bool {
        self.ends == SANDBOX
    }

    /// Its messages are applied as one.
    pub fn is_preserved(&self) -> bool {
        let agreed = self.agreement.as_ref().is_some_and(|a| a.interchange == InterchangeIs::Preserve);
        agreed && self.ends == "translated"
    }

    /// Keeps what a TA1 may have to tell.
    fn tell(&mut self, fault: &Fault) {
        if ack::is_of_interchange(fault) && self.around.len() < KEPT_FAULTS {
            self.around.push(fault.clone());
        }
    }

    /// What its acknowledgement will say, at its end. `refused` may hold a reason that only the agreement knows.
    fn received(&mut self, end: &InterchangeEnd, refused: &[Fault]) -> Received {
        match self.contrl.take() {
            None => {
                end.faults.iter().for_each(|fault| self.tell(fault));
                Received::Interchange { faults: std::mem::take(&mut self.around) }
            }
            Some(contrl) => {
                let mut end = end.clone();
                end.faults.extend(refused.iter().filter(|fault| codes::row(&fault.code).is_none()).cloned());
                let version = contrl.version();
                let (body, code) = contrl.finish(&end);
                Received::Contrl { version, body, code }
            }
        }
    }
}

/// False of a GS that was cut before its version: its control number may be cut, too, and AK1 names it. One that is whole
/// and says no version has a fault of its own, and its sender reads it.
fn is_whole(group: &Group, end: &GroupEnd) -> bool {
    !group.version.is_empty() || end.faults.iter().any(|fault| &*fault.code == "E0103")
}

/// True of the sets that answer others.
fn is_acknowledgement(kind: &str) -> bool {
    ["997", "999", "TA1", "CONTRL"].contains(&kind)
}

/// Those that refuse what they are about.
fn costs_set(faults: &[Fault]) -> Vec<Fault> {
    faults.iter().filter(|fault| fault.costs >= Costs::Set).cloned().collect()
}

fn bad_set_costs(interchange: &InterchangeRun) -> BadSetCosts {
    interchange.agreement.as_ref().map_or(BadSetCosts::Set, |a| a.bad_set_costs)
}

/// Its reading policy, by what was agreed.
pub fn policy(agreement: Option<&Agreement>, library: &Library, max_set_bytes: usize) -> crate::formats::piece::Policy {
    let mut policy = crate::formats::piece::Policy { max_set_bytes, ..Default::default() };
    if let Some(agreement) = agreement {
        policy.counts = agreement.wrong_counts.into();
        policy.totals = agreement.control_totals.into();
        policy.unknown_segments = agreement.unknown_segments.into();
        policy.strictness = agreement.strictness();
        policy.decimals_written_out = !agreement.implied_decimals;
        policy.x12_characters = agreement.x12_characters.into();
        policy.edifact_characters = agreement.edifact_characters.map(Into::into);
        policy.fill = Fill {
            leading_zeros: agreement.fill.leading_zeros.into(),
            trailing_zeros: agreement.fill.trailing_zeros.into(),
            trailing_separators: agreement.fill.trailing_separators.into(),
        };
        policy.text =
            TextIn { repertoire: agreement.text_in.repertoire.into(), substitute: agreement.text_in.substitute };
        policy.isa11 = agreement.isa_in.isa11.into();
        policy.guides = library.guides(&agreement.guides);
    }
    policy
}

/// Adds what a set says to its interchange's content hash: kinds, numbers, names and values, not line ends.
fn digest(hash: &mut Sha256, set: &Set) {
    hash.update(set.kind.as_bytes());
    hash.update([1]);
    hash.update(set.control.as_bytes());
    let tree = &set.tree;
    let mut stack = vec![tree.root()];
    while let Some(id) = stack.pop() {
        if let Some(value) = tree.value(id) {
            hash.update(value.as_bytes());
            hash.update([2]);
        }
        hash.update([3]);
        stack.extend(tree.children(id));
    }
}
