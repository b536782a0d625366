//! Numbers of groups and sets that came before in other interchanges, where the agreement looks back so far.
//!
//! What came before is a fault of its group or set before either is taken, so that acknowledgement and verdict follow as from
//! what the reader finds. Pieces wait until there are some, since one transaction asks for all of them. A number is its
//! document's as soon as it was asked for: read once more, the document finds it its own.

use super::{
    batch::{BYTES, SETS},
    numbers::agreement_key,
    run::{InterchangeRun, Run},
};
use crate::{
    canonical::DocumentId,
    flow::Hub,
    formats::{
        fault::Fault,
        piece::{Group, GroupEnd, Piece, Set, Severity},
    },
    store::{
        StoreError, documents,
        interchanges::{self, Number, Wanted},
        now,
    },
    tenancy::agreement::{Reach, Tolerance},
};
use std::collections::{BTreeMap, HashMap};

/// Pieces of a document that wait to be asked for.
#[derive(Default)]
pub struct Ahead {
    pieces: Vec<Piece>,
    bytes: u64,
    /// The group that is open.
    group: Option<Group>,
    /// Groups whose number came before, until their trailers.
    again: HashMap<u32, Fault>,
}

/// A number that was asked for and is its document's: it is given back where its interchange was not worked.
pub struct Held {
    pub interchange: usize,
    pub agreement: String,
    pub control: String,
}

impl Ahead {
    /// Takes the next piece, or the document's end, and gives those that may be taken now.
    pub async fn next(&mut self, hub: &Hub, run: &mut Run, piece: Option<Piece>) -> Result<Vec<Piece>, StoreError> {
        let ends = matches!(piece, None | Some(Piece::Interchange(_) | Piece::InterchangeEnd(_)));
        let looks = run.interchanges.last().is_some_and(looks);
        if let Some(Piece::Set(set)) = &piece {
            self.bytes += set.len;
        }
        self.pieces.extend(piece);
        if looks && !ends && self.pieces.len() < SETS && self.bytes < BYTES {
            return Ok(vec![]);
        }
        self.bytes = 0;
        if looks {
            self.ask(hub, run).await?;
        }
        Ok(std::mem::take(&mut self.pieces))
    }

    /// Asks for the numbers of all that wait, first of groups: in one that is refused for its own, those of sets are not taken.
    async fn ask(&mut self, hub: &Hub, run: &mut Run) -> Result<(), StoreError> {
        let at = run.interchanges.len() - 1;
        let mut pieces = std::mem::take(&mut self.pieces);
        let mut groups = Asked::default();
        for (n, piece) in pieces.iter().enumerate() {
            if let Piece::Group(group) = piece {
                groups.group(n, group, &run.interchanges[at]);
            }
        }
        for (n, before) in groups.answers(hub, run, at).await? {
            if let Piece::Group(group) = &pieces[n] {
                let severity = run.interchanges[at].agreement.as_ref().map(|agreed| agreed.checks.group_numbers.into());
                let standard = run.interchanges[at].header.standard;
                let fault = group.number_again(standard, &before, severity.unwrap_or(Severity::Ignore));
                self.again.extend(fault.map(|fault| (group.ordinal, fault)));
            }
        }
        let mut sets = Asked::default();
        for (n, piece) in pieces.iter_mut().enumerate() {
            match piece {
                Piece::Group(group) => self.group = Some(group.clone()),
                Piece::GroupEnd(end) => self.close(end),
                Piece::Set(set) if !self.is_refused(set) => {
                    let group = self.group.as_ref().filter(|group| Some(group.ordinal) == set.group);
                    sets.set(n, set, group, &run.interchanges[at], severity(run, set));
                }
                _ => {}
            }
        }
        for (n, before) in sets.answers(hub, run, at).await? {
            if let Piece::Set(set) = &mut pieces[n] {
                let fault = set.number_again(&before, severity(run, set));
                set.faults.splice(0..0, fault);
            }
        }
        self.pieces = pieces;
        Ok(())
    }

    fn is_refused(&self, set: &Set) -> bool {
        let of = set.group.and_then(|group| self.again.get(&group));
        of.is_some_and(|fault| fault.costs >= crate::formats::fault::Costs::Set)
    }

    /// The group's trailer tells of its number, unless it came before in the same interchange, of which the reader told.
    fn close(&mut self, end: &mut GroupEnd) {
        let Some(fault) = self.again.remove(&end.ordinal) else { return };
        if !end.faults.iter().any(|known| known.code == fault.code) {
            end.faults.insert(0, fault);
        }
    }
}

/// True if numbers of the interchange are looked for in others.
fn looks(interchange: &InterchangeRun) -> bool {
    let agreed = interchange.agreement.as_ref().filter(|_| interchange.ends == "translated");
    agreed.is_some_and(|a| a.duplicates_days > 0 && [a.number_reach.groups, a.number_reach.sets].contains(&Reach::Days))
}

/// How a set of its kind is taken whose number came before.
fn severity(run: &Run, set: &Set) -> Severity {
    let agreed = run.partner_of(set).map(|partner| partner.terms.of(run.connection.id, set.standard, &set.kind));
    agreed.map_or(Severity::Ignore, |agreed| agreed.checks.set_numbers.into())
}

/// One question.
struct Question {
    /// The series of numbers, and the number.
    key: (String, String),
    /// Which piece asks it.
    piece: usize,
    ordinal: i64,
}

#[derive(Default)]
struct Asked {
    questions: Vec<Question>,
}

impl Asked {
    fn group(&mut self, piece: usize, group: &Group, interchange: &InterchangeRun) {
        let Some(agreed) = &interchange.agreement else { return };
        if agreed.number_reach.groups != Reach::Days || agreed.checks.group_numbers == Tolerance::Ignore {
            return;
        }
        let Group { functional_id, sender, receiver, control, .. } = group;
        let series = format!("{}/group/{functional_id}/{sender}/{receiver}", agreement_key(&interchange.header));
        self.add(piece, series, control, group.ordinal);
    }

    fn set(
        &mut self,
        piece: usize,
        set: &Set,
        group: Option<&Group>,
        interchange: &InterchangeRun,
        severity: Severity,
    ) {
        let reaches = interchange.agreement.as_ref().is_some_and(|agreed| agreed.number_reach.sets == Reach::Days);
        if !reaches || severity == Severity::Ignore || set.has_number_again() {
            return;
        }
        let (sender, receiver) = group.map_or(("", ""), |group| (&*group.sender, &*group.receiver));
        let series = format!("{}/set/{}/{sender}/{receiver}", agreement_key(&interchange.header), set.kind);
        self.add(piece, series, &set.control, set.ordinal);
    }

    fn add(&mut self, piece: usize, series: String, control: &str, ordinal: u32) {
        if !control.is_empty() {
            self.questions.push(Question { key: (series, control.to_owned()), piece, ordinal: i64::from(ordinal) });
        }
    }

    /// The pieces whose number came before, with where.
    async fn answers(self, hub: &Hub, run: &mut Run, interchange: usize) -> Result<Vec<(usize, String)>, StoreError> {
        let days = run.interchanges[interchange].agreement.as_ref().map_or(0, |agreed| agreed.duplicates_days);
        let (document, now) = (run.work.id, now());
        let mut first: BTreeMap<&(String, String), usize> = BTreeMap::new();
        let mut again = Vec::new();
        for question in &self.questions {
            if first.contains_key(&question.key) {
                again.push((question.piece, told(document, document)));
            } else {
                first.insert(&question.key, question.piece);
            }
        }
        let asks = |question: &&Question| first.get(&question.key) == Some(&question.piece);
        let wanted = self.questions.iter().filter(asks).map(|question| Wanted {
            agreement: question.key.0.clone(),
            control: question.key.1.clone(),
            document,
            ordinal: question.ordinal,
            since: now.0 - i64::from(days) * 86_400_000_000,
            content: None,
        });
        let wanted: Vec<Wanted> = wanted.collect();
        if wanted.is_empty() {
            return Ok(again);
        }
        let mut tx = hub.store.begin(run.tenant.id).await?;
        let answers = interchanges::take_numbers(&mut tx, run.tenant.id, &wanted, now).await?;
        let originals = match run.work.copy_of {
            Some(_) => documents::originals(&mut tx, run.tenant.id, document).await?,
            None => vec![],
        };
        tx.commit().await?;
        for (one, answer) in wanted.into_iter().zip(answers) {
            let piece = first.get(&(one.agreement.clone(), one.control.clone())).copied();
            match answer {
                Number::Ours => run.held.push(Held { interchange, agreement: one.agreement, control: one.control }),
                Number::Taken { document: of, .. } if originals.contains(&of) => {}
                Number::Taken { document: of, .. } => again.extend(piece.map(|piece| (piece, told(document, of)))),
            }
        }
        Ok(again)
    }
}

/// Where a number came before.
fn told(here: DocumentId, of: DocumentId) -> String {
    if here == of { "the same document".to_owned() } else { format!("document {of}") }
}
