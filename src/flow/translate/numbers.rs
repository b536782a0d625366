//! Control numbers of the interchanges that come in: who holds one, and what becomes of one that came before.

use super::{
    batch::Batch,
    reach::Held,
    run::{ControlNumber, InterchangeRun, Run},
};
use crate::{
    canonical::{DocumentId, Micros, Tenant},
    formats::piece::Interchange,
    store::{
        StoreError, Tx, documents,
        interchanges::{self, Given, InSeries},
    },
    tenancy::agreement::{NumberAgain, Tolerance},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of interchanges met in this batch. A number held by another document makes this interchange a duplicate of it,
/// or, with other content, a refused one.
pub async fn take(tx: &mut Tx, tenant: Tenant, batch: &mut Batch, now: Micros) -> Result<(), StoreError> {
    // One question a number, however often it stands in the batch: who comes first asks, the others find it taken.
    let mut askers: BTreeMap<(String, String), Vec<(usize, usize)>> = BTreeMap::new();
    for (r, run) in batch.runs.iter().enumerate() {
        for (i, interchange) in run.interchanges.iter().enumerate() {
            if interchange.number == ControlNumber::Wanted {
                let header = &interchange.header;
                askers.entry((agreement_key(header), header.control.to_string())).or_default().push((r, i));
            }
        }
    }
    let wanted: Vec<interchanges::Wanted> = askers
        .iter()
        .map(|((agreement, control), places)| {
            let (r, i) = places[0];
            let run = &batch.runs[r];
            let days = run.interchanges[i].agreement.as_ref().map_or(0, |a| a.duplicates_days);
            let since = now.0 - i64::from(days) * 86_400_000_000;
            let ordinal = i64::from(run.interchanges[i].header.ordinal);
            let content = run.interchanges[i].content.clone();
            interchanges::Wanted {
                agreement: agreement.clone(),
                control: control.clone(),
                document: run.work.id,
                ordinal,
                since,
                content,
            }
        })
        .collect();
    let answers = interchanges::take_numbers(tx, tenant, &wanted, now).await?;
    for (places, answer) in askers.values().zip(answers) {
        let (r, i) = places[0];
        let (first, later) = match answer {
            interchanges::Number::Ours => {
                let held = &mut batch.runs[r];
                let content = held.interchanges[i].content.clone();
                held.interchanges[i].content_noted = content.is_some();
                (ControlNumber::Ours, ControlNumber::Taken { document: held.work.id, content })
            }
            interchanges::Number::Taken { document, content } => {
                let taken = ControlNumber::Taken { document, content };
                (taken.clone(), taken)
            }
        };
        batch.runs[r].interchanges[i].number = unless_copied(tx, tenant, &batch.runs[r], first).await?;
        for (r, i) in &places[1..] {
            let later = unless_copied(tx, tenant, &batch.runs[*r], later.clone()).await?;
            batch.runs[*r].interchanges[*i].number = later;
        }
    }
    for run in &mut batch.runs {
        run.settle_numbers();
    }
    in_order(tx, tenant, batch).await
}

/// The same for those interchanges of a worked document, by their ordinals, that a person gave to somebody: they ask as if
/// they came now, and all others of the document have asked before. The document was read to its end.
pub async fn take_given(
    tx: &mut Tx,
    tenant: Tenant,
    mut run: Run,
    given: &BTreeSet<i64>,
    now: Micros,
) -> Result<Vec<Given>, StoreError> {
    let is_given = |one: &InterchangeRun| given.contains(&i64::from(one.header.ordinal));
    for other in run.interchanges.iter_mut().filter(|one| !is_given(one)) {
        (other.number, other.is_to_place) = (ControlNumber::NotAsked, false);
    }
    let mut batch = Batch { runs: vec![run], ..Batch::default() };
    take(tx, tenant, &mut batch, now).await?;
    let mut ended = Vec::new();
    for one in batch.runs.iter().flat_map(|run| &run.interchanges).filter(|one| is_given(one)) {
        if one.is_out_of_sequence() {
            let document = batch.runs[0].work.id;
            interchanges::free_number(tx, tenant, &agreement_key(&one.header), &one.header.control, document).await?;
        }
        let (ordinal, cause) = (i64::from(one.header.ordinal), one.cause.clone().unwrap_or_default());
        ended.push(Given { ordinal, ends: one.ends, cause });
    }
    Ok(ended)
}

/// A number that is held by what a document is a copy of is no other's: whoever wanted the copy wants it worked.
async fn unless_copied(
    tx: &mut Tx,
    tenant: Tenant,
    run: &Run,
    number: ControlNumber,
) -> Result<ControlNumber, StoreError> {
    let ControlNumber::Taken { document, .. } = &number else { return Ok(number) };
    let is_copied =
        run.work.copy_of.is_some() && documents::originals(tx, tenant, run.work.id).await?.contains(document);
    Ok(if is_copied { ControlNumber::NotAsked } else { number })
}

/// How a number stands to the last of its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Next,
    /// So many between them did not come.
    Gap(i64),
    Behind,
}

/// `digits`: how many the number was written with. Counting begins anew where the element is full, and, since many count
/// to less, after nines alone.
fn order(last: i64, number: i64, digits: usize) -> Order {
    let span = 10_i64.pow(digits.clamp(9, 14) as u32);
    let nines = last > 9 && last.to_string().bytes().all(|digit| digit == b'9');
    // 0 is hardly ever counted with, so 1 follows the highest, too.
    let ahead = (number - last).rem_euclid(span) - i64::from(number < last && number > 0);
    match ahead {
        _ if nines && number <= 1 => Order::Next,
        1 => Order::Next,
        ahead if ahead > 1 && ahead < span / 2 => Order::Gap(ahead - 1),
        _ => Order::Behind,
    }
}

/// Numbers that are ours now and whose order counts: each is held against the last of its series, in the order in which
/// they came.
async fn in_order(tx: &mut Tx, tenant: Tenant, batch: &mut Batch) -> Result<(), StoreError> {
    let (mut places, mut rows) = (Vec::new(), Vec::new());
    for (r, run) in batch.runs.iter_mut().enumerate() {
        for (i, interchange) in run.interchanges.iter_mut().enumerate() {
            let comes = interchange.number == ControlNumber::Ours || interchange.only_came();
            if !std::mem::take(&mut interchange.is_to_place) || !comes {
                continue;
            }
            if let Some(number) = counted(&interchange.header) {
                let (agreement, control) = (agreement_key(&interchange.header), interchange.header.control.to_string());
                rows.push(InSeries { agreement, control, follows: None });
                places.push((r, i, number));
            }
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut stands: BTreeMap<String, i64> = BTreeMap::new();
    for (row, last) in rows.iter().zip(interchanges::lock_series(tx, tenant, &rows).await?) {
        stands.insert(row.agreement.clone(), last);
    }
    let known = interchanges::placed(tx, tenant, &rows).await?;
    for ((row, (r, i, number)), known) in rows.iter_mut().zip(places).zip(known) {
        let Some(stand) = stands.get_mut(&row.agreement) else { continue };
        let only_came = batch.runs[r].interchanges[i].only_came();
        // What only came holds no number: the one that does has its place by itself.
        let follows = known.filter(|_| !only_came).unwrap_or(*stand);
        row.follows = (!only_came).then_some(follows);
        let order = match follows {
            // The last one was refused, since its number is free: this is the same, mended.
            _ if follows == number && !only_came => Order::Next,
            0.. => order(follows, number, row.control.len()),
            _ => Order::Next,
        };
        if only_came {
            *stand = if order == Order::Next { number } else { *stand };
            continue;
        }
        let order = match order {
            Order::Gap(missing) => without_tests(tx, tenant, batch, row, missing).await?,
            order => order,
        };
        let is_refused = batch.runs[r].interchanges[i].judge(order, follows);
        if known.is_none() && !is_refused && order != Order::Behind {
            *stand = number;
        }
    }
    let stands: Vec<(String, i64)> = stands.into_iter().collect();
    rows.retain(|row| row.follows.is_some());
    interchanges::place(tx, tenant, &rows, &stands).await
}

/// A gap of more numbers than these is not looked through for tests.
const LOOKED_THROUGH: i64 = 1_000;

/// A gap before a number, but for what sandboxes took in of it: tests came, whenever that was.
async fn without_tests(
    tx: &mut Tx,
    tenant: Tenant,
    batch: &Batch,
    row: &InSeries,
    missing: i64,
) -> Result<Order, StoreError> {
    let number: i64 = row.control.trim().parse().unwrap_or_default();
    if missing > LOOKED_THROUGH || number <= missing {
        return Ok(Order::Gap(missing));
    }
    let (between, width) = (number - missing..number, row.control.len());
    let asked: BTreeSet<String> =
        between.clone().flat_map(|number| [number.to_string(), format!("{number:0width$}")]).collect();
    let asked: Vec<String> = asked.into_iter().collect();
    let there = interchanges::taken_as_tests(tx, tenant, &row.agreement, &asked).await?;
    let mut came: BTreeSet<i64> = there.iter().filter_map(|control| control.trim().parse().ok()).collect();
    // What is in the same commit has no row yet.
    let here = batch.runs.iter().flat_map(|run| &run.interchanges).filter(|one| one.is_elsewhere());
    let here = here.filter(|one| agreement_key(&one.header) == row.agreement);
    came.extend(here.filter_map(|one| counted(&one.header)).filter(|number| between.contains(number)));
    let lost = missing - came.len() as i64;
    Ok(if lost == 0 { Order::Next } else { Order::Gap(lost) })
}

/// ISA13, or a 0020 that is a number.
fn counted(header: &Interchange) -> Option<i64> {
    let control = header.control.trim();
    control.parse().ok().filter(|_| control.bytes().all(|byte| byte.is_ascii_digit()) && control.len() <= 14)
}

/// Gives the numbers back of interchanges that were refused for their place alone, or since their end never came: they may
/// come again when it is their turn, or whole. Of each that was not worked, those of its groups and sets may come again
/// in another.
pub async fn give_back(tx: &mut Tx, tenant: Tenant, run: &Run) -> Result<(), StoreError> {
    let is_worked =
        |held: &&Held| run.interchanges.get(held.interchange).is_some_and(|i| i.ends == "translated" && !i.is_cut);
    for held in run.held.iter().filter(|held| !is_worked(held)) {
        interchanges::free_number(tx, tenant, &held.agreement, &held.control, run.work.id).await?;
    }
    for interchange in run.interchanges.iter().filter(|i| i.is_out_of_sequence() || i.is_cut) {
        let header = &interchange.header;
        interchanges::free_number(tx, tenant, &agreement_key(header), &header.control, run.work.id).await?;
    }
    Ok(())
}

/// The cause of an interchange whose number came before its turn or behind it.
pub const OUT_OF_SEQUENCE: &str = "envelope/out_of_sequence";

impl InterchangeRun {
    /// True if it came, and its number was not asked for: refused before that, for its test indicator, say, or a sandbox's.
    fn only_came(&self) -> bool {
        self.number == ControlNumber::NotAsked && (self.ends == "rejected" || self.is_elsewhere())
    }

    /// True if it is refused for its number's place.
    pub fn is_out_of_sequence(&self) -> bool {
        self.ends == "rejected" && self.cause.as_ref().is_some_and(|cause| cause["code"] == OUT_OF_SEQUENCE)
    }

    /// Takes its number's place as was agreed; true if it is refused for it.
    fn judge(&mut self, order: Order, last: i64) -> bool {
        let Some(agreement) = &self.agreement else { return false };
        let (control, agreed) = (&self.header.control, &agreement.out_of_sequence);
        let (key, tolerance, why) = match order {
            Order::Next => return false,
            Order::Gap(missing) => {
                let (numbers, verb) = if missing == 1 { ("number", "is") } else { ("numbers", "are") };
                let why = format!("{missing} {numbers} between {verb} missing");
                ("out_of_sequence.gap", agreed.gap, why)
            }
            Order::Behind => ("out_of_sequence.behind", agreed.behind, "it counts back".to_owned()),
        };
        let (outcome, remedy) = match tolerance {
            Tolerance::Ignore => return false,
            Tolerance::Warn => ("it was worked all the same", "look whether something got lost on its way"),
            Tolerance::Reject if order == Order::Behind => {
                ("it was not worked", "ask the partner to send it again under its next control number")
            }
            Tolerance::Reject => {
                ("it was not worked", "ask the partner for what is missing, and for this one behind it")
            }
        };
        let is_refused = tolerance == Tolerance::Reject;
        self.ends = if is_refused { "rejected" } else { self.ends };
        self.to_write = true;
        self.cause = Some(json!({
            "code": OUT_OF_SEQUENCE,
            "sentence": format!("interchange control number {control} came after {last}: {why}; {outcome}"),
            "remedy": remedy,
            "agreement": agreement.told(key),
            "decided_by": agreement.decision(key),
            "byte": self.header.byte,
        }));
        is_refused
    }
}

/// Whose series of control numbers it belongs to.
pub fn agreement_key(header: &Interchange) -> String {
    let (s, r) = (&header.sender, &header.receiver);
    format!("{}/{}/{}/{}/{}", header.standard.word(), s.qualifier, s.id, r.qualifier, r.id)
}

impl Run {
    /// An interchange whose number another document holds is its duplicate, or refused, once both were read to their ends.
    pub fn settle_numbers(&mut self) {
        for interchange in &mut self.interchanges {
            let ControlNumber::Taken { document, content: theirs } = &interchange.number else { continue };
            let document = *document;
            let control = &interchange.header.control;
            let again = interchange.agreement.as_ref().map_or(NumberAgain::Reject, |a| a.number_again);
            let same = theirs.is_some() && *theirs == interchange.content;
            let (ends, code, sentence, remedy) = if same || interchange.content.is_none() || theirs.is_none() {
                let sentence =
                    format!("interchange {control} came before, with the same content, in document {document}");
                ("duplicate", "duplicate/control_number", sentence, "nothing: it was worked the first time")
            } else if again == NumberAgain::Accept {
                let sentence = format!(
                    "interchange control number {control} was used before, with other content, in document {document}; it was worked all the same"
                );
                ("translated", "envelope/control_number", sentence, "nothing: the agreement accepts it")
            } else if again == NumberAgain::Ignore {
                let sentence = format!(
                    "interchange control number {control} was used before, with other content, in document {document}; it was not worked"
                );
                ("duplicate", "envelope/control_number", sentence, "nothing: the agreement has it ignored")
            } else {
                let sentence = format!(
                    "interchange control number {control} was used before, with other content, in document {document}"
                );
                (
                    "rejected",
                    "envelope/control_number",
                    sentence,
                    "ask the partner to send it again under a new control number",
                )
            };
            if interchange.ends != ends {
                interchange.to_write = true;
            }
            interchange.ends = ends;
            interchange.duplicate_of = (ends == "duplicate").then_some(document);
            let mut cause = json!({"code": code, "sentence": sentence, "remedy": remedy, "of": document, "byte": interchange.header.byte});
            if let Some(agreement) = &interchange.agreement {
                let is_other = code == "envelope/control_number";
                let key = if is_other { "number_again" } else { "duplicates_days" };
                cause["decided_by"] = json!(agreement.decision(key));
                if is_other {
                    cause["agreement"] = agreement.told(key).into();
                }
            }
            interchange.cause = Some(cause);
        }
    }

    /// The document that holds a number of ours and was not read to its end: nobody can tell yet whether they are the same.
    pub fn waits_for_number(&self) -> Option<DocumentId> {
        self.interchanges.iter().find_map(|i| match &i.number {
            ControlNumber::Taken { document, content: None } => Some(*document),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_up_and_begin_anew() {
        for (last, number, digits, found) in [
            (1, 2, 9, Order::Next),
            (1, 4, 9, Order::Gap(2)),
            (4, 3, 9, Order::Behind),
            (4, 4, 9, Order::Behind),
            (999_999_999, 1, 9, Order::Next),
            (999_999_999, 0, 9, Order::Next),
            (999_999_999, 2, 9, Order::Gap(1)),
            (999_999_990, 5, 9, Order::Gap(13)),
            (5, 999_999_990, 9, Order::Behind),
            (9_999, 1, 9, Order::Next),
            (9_999, 10_000, 9, Order::Next),
            (9_998, 1, 9, Order::Behind),
            (99_999_999_999_999, 1, 14, Order::Next),
            (9, 1, 9, Order::Behind),
        ] {
            assert_eq!(order(last, number, digits), found, "{number} after {last}");
        }
    }
}
