//! Advices that came in, 824 and APERAK: matched with the sets of ours that a partner's application speaks of, once. They
//! stand over what was acknowledged before: a document may be accepted by a translator and refused by an application.

use super::{
    answers::{Answered, Match, acknowledgement, in_words, named, whole},
    batch::Work,
};
use crate::{
    canonical::{Event, Tenant},
    core::Refusal,
    formats::ack::{Advised, AdvisedSet, Verdict},
    store::{
        StoreError, Tx, expectations,
        messages::{Change, Loaded},
        outbound::{self, SetRow},
    },
    tenancy::PartnerInfo,
};
use serde_json::json;
use uuid::Uuid;

impl Work<'_> {
    /// Ends an advice.
    pub(super) async fn take_advice(
        &mut self,
        tx: &mut Tx,
        message: &mut Loaded,
        partner: &PartnerInfo,
        answered: &mut Answered,
    ) -> Result<(), StoreError> {
        match message.body.take().map(|body| serde_json::from_str::<Advised>(body.get())) {
            Some(Ok(advised)) => {
                let events = self.advice(tx, message, partner, &advised).await?;
                if !events.is_empty() {
                    answered.documents.insert(message.id, message.document);
                    answered.events.extend(events);
                }
            }
            Some(Err(error)) => self.die(message, "body", &format!("its body is no advice: {error}")),
            None => self.die(message, "body", "it has no body"),
        }
        Ok(())
    }

    async fn advice(
        &mut self,
        tx: &mut Tx,
        message: &Loaded,
        partner: &PartnerInfo,
        advised: &Advised,
    ) -> Result<Vec<Event>, StoreError> {
        let (mut events, mut done, mut not): (Vec<Event>, Vec<String>, Vec<Refusal>) = Default::default();
        for of in &advised.of {
            let says = Says { by: &advised.kind, of };
            let (rows, meant) = sets_of(tx, self.tenant, partner, &says).await?;
            let matches = says.of_each(&rows, &meant);
            let of_these: Vec<&Match<'_>> = matches.iter().filter(|one| meant.contains(&one.row.id)).collect();
            if of_these.is_empty() {
                not.push(says.unmatched(partner));
                continue;
            }
            if of_these.iter().all(|one| one.again) {
                not.push(says.again(&of_these));
                continue;
            }
            let matches = in_words(tx, self.tenant, matches).await?;
            let all = whole(&matches);
            // It may speak of one set of many: the others still wait.
            if matches.iter().all(|one| meant.contains(&one.row.id) || one.row.verdict.is_some()) {
                let delivery = matches[0].row.delivery;
                expectations::meet(tx, self.tenant, delivery, message.id, self.now).await?;
            }
            let matches: Vec<Match<'_>> = matches.into_iter().filter(|one| meant.contains(&one.row.id)).collect();
            let data = acknowledgement(partner, says.by, vec![], all, &matches);
            let verdicts: Vec<outbound::Verdict> =
                matches.iter().filter(|one| !one.again).map(|one| of_set(one.judged())).collect();
            outbound::advise(tx, self.tenant, message.id, &verdicts, self.now).await?;
            self.note(tx, message, all, &matches, &data).await?;
            metrics::counter!("crossdock_acknowledgements_total", "partner" => partner.name.clone(), "outcome" => all.as_str())
                .increment(1);
            done.push(format!("{}, which is {}", says.sentence(), named(&matches)));
            events.push(self.event(message, u32::try_from(events.len()).unwrap_or(u32::MAX), all, data));
        }
        let Some(first) = events.first() else {
            if let Some(refusal) = not.first() {
                self.refuse(message, refusal);
            }
            return Ok(events);
        };
        // What of it leads nowhere stands beside what counts.
        done.extend(not.into_iter().map(|refusal| refusal.sentence));
        let outcome = first.data["outcome"].as_str().unwrap_or_default();
        let cause = json!({"code": format!("advice/{outcome}"), "sentence": done.join("; ")});
        let change = Change::to(message.id, "applied", self.now);
        self.end(message, Change { cause: Some(cause), ended_at: Some(self.now.0), ..change });
        Ok(events)
    }
}

/// A set is accepted or not: of what is accepted in part somebody must look at the rest.
fn of_set(verdict: outbound::Verdict) -> outbound::Verdict {
    match verdict.verdict {
        "partly_accepted" => outbound::Verdict { verdict: "rejected", ..verdict },
        _ => verdict,
    }
}

/// What an advice says of one set of ours, or of one group.
struct Says<'a> {
    /// `824`, `APERAK`.
    by: &'a str,
    of: &'a AdvisedSet,
}

/// The sets of the interchange that it speaks of, and which of them it means: by control numbers, if it repeats them, else
/// by the number of the document or of what that answers.
async fn sets_of(
    tx: &mut Tx,
    tenant: Tenant,
    partner: &PartnerInfo,
    says: &Says<'_>,
) -> Result<(Vec<SetRow>, Vec<Uuid>), StoreError> {
    let (of, standard) = (says.of, if says.by == "824" { "x12" } else { "edifact" });
    // What we number is a number; anything else is not ours.
    let ours = partner.agreement.control_numbers.number(&of.interchange);
    let rows = match (of.group.trim().parse::<i64>().ok(), ours) {
        (Some(group), _) => outbound::lock_group(tx, tenant, partner.id, standard, group).await?,
        (None, Some(number)) => outbound::lock_interchange(tx, tenant, partner.id, standard, number).await?,
        (None, None) => vec![],
    };
    let meant: Vec<Uuid> = rows.iter().filter(|row| of_number(of, row)).map(|row| row.id).collect();
    if !meant.is_empty() {
        return Ok((rows, meant));
    }
    for name in &of.names {
        if let Some((delivery, meant)) = outbound::named(tx, tenant, partner.id, standard, (&of.kind, name)).await? {
            return Ok((outbound::lock_delivery(tx, tenant, delivery).await?, meant));
        }
    }
    Ok((vec![], vec![]))
}

fn of_number(of: &AdvisedSet, row: &SetRow) -> bool {
    (of.control.is_empty() || row.is_named(&of.control)) && (of.kind.is_empty() || *of.kind == *row.kind)
}

impl<'a> Says<'a> {
    /// What it says of each set of the interchange: of those that it doesn't mean nothing.
    fn of_each(&self, rows: &'a [SetRow], meant: &[Uuid]) -> Vec<Match<'a>> {
        let one = |row: &'a SetRow| match meant.contains(&row.id) {
            true => Match {
                row,
                verdict: self.of.verdict,
                said: self.of.said.iter().collect(),
                told: vec![],
                again: row.advised_by.is_some(),
            },
            false => Match { row, verdict: Verdict::Received, said: vec![], told: vec![], again: true },
        };
        rows.iter().map(one).collect()
    }

    /// `the 824 says “rejected” of set 0001 in group 12 (PO-7)`.
    fn sentence(&self) -> String {
        let AdvisedSet { group, interchange, control, names, .. } = self.of;
        let set = if control.is_empty() { String::new() } else { format!("set {control} in ") };
        let names = names.iter().map(|name| &**name).collect::<Vec<_>>().join(", ");
        let about = match (&**group, &**interchange) {
            ("", "") => names,
            ("", interchange) => format!("{set}interchange {interchange} ({names})"),
            (group, _) if names.is_empty() => format!("{set}group {group}"),
            (group, _) => format!("{set}group {group} ({names})"),
        };
        format!("the {} says “{}” of {about}", self.by, self.of.verdict.as_str().replace('_', " "))
    }

    fn unmatched(&self, partner: &PartnerInfo) -> Refusal {
        Refusal {
            code: "advice/unmatched",
            sentence: format!("{}, and nothing went out to {} under such a number", self.sentence(), partner.name),
            expected: format!("a number of a document that went out to {}", partner.name),
            remedy: "ask the partner which document is meant; if it answers another system of yours, nothing is to do"
                .into(),
            path: String::new(),
        }
    }

    fn again(&self, matches: &[&Match<'_>]) -> Refusal {
        let before = matches.iter().find_map(|one| {
            let said = one.row.verdict.as_deref().unwrap_or_default().replace('_', " ");
            Some(format!(" by message {}, as “{said}”", one.row.advised_by?))
        });
        Refusal {
            code: "duplicate/advice",
            sentence: format!(
                "{}, which was advised of before{}; nothing changes",
                self.sentence(),
                before.unwrap_or_default()
            ),
            expected: "one advice of a document".into(),
            remedy: "nothing, if they say the same; else ask the partner which one counts".into(),
            path: String::new(),
        }
    }
}
