//! Interchanges that are preserved: none of their messages is applied before all of them can be.
//!
//! A claim check that names one of them has the whole interchange looked at, under the lock of its row: what is in the way
//! makes all of them wait, what was refused may cost them all, and else the first 128 are decided in one transaction. What
//! the core says of one of these may stand in the way of all: then nothing is written, and the transaction is made once
//! more, knowing that.

use super::batch::Work;
use crate::{
    canonical::{ClaimCheck, MessageId, Stage},
    formats::piece::Standard,
    store::{
        StoreError, Tx,
        as_one::{self, AsOne, Member},
        deliveries::NewLetter,
        documents,
        journal::Step,
        keys::{self, Key},
        messages::{self, Change, Loaded},
        outbox,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The code of a message that was refused for another one of its interchange.
pub const REFUSED: &str = "interchange/refused";
/// The code of one that waits for another one of its interchange.
pub const WAITING: &str = "interchange/waiting";

/// One message that stands in the way of its whole interchange, and what was to be written of it.
pub(super) struct InTheWay {
    of: AsOne,
    change: Change,
    steps: Vec<Step>,
    letters: Vec<NewLetter>,
}

/// What of a preserved interchange a transaction takes.
#[derive(Default)]
pub(super) struct Gathered {
    of: Option<AsOne>,
    /// Those that are to be decided, in their order.
    goes: Vec<MessageId>,
    costs_all: bool,
    /// There are more behind them.
    more: bool,
    /// Those that end here without the core, and the one that costs them.
    pub refused: Vec<Loaded>,
    culprit: Option<Member>,
}

impl Work<'_> {
    /// Takes the messages of preserved interchanges out of a batch, and gives the interchange that is looked at now. Those
    /// of others get claim checks of their own: a transaction takes one.
    pub fn one_interchange(&mut self, loaded: &mut Vec<Loaded>) -> Option<AsOne> {
        let first = loaded.iter().filter_map(Loaded::interchange_as_one).min()?;
        let mut seen = BTreeSet::from([first]);
        for message in loaded.iter() {
            if message.as_one > 0 && message.state == "retrying" {
                // Woken too early it is sent round again.
                self.is_due(message);
            }
            if message.interchange_as_one().is_some_and(|of| seen.insert(of)) {
                self.claim(message.id);
            }
        }
        loaded.retain(|message| message.interchange_as_one().is_none());
        Some(first)
    }

    fn claim(&mut self, id: MessageId) {
        let claim = ClaimCheck::new(self.tenant, Stage::Apply, vec![id.0]);
        self.claims.push(outbox::Row::at_once(claim, self.now));
    }

    /// Looks at an interchange, and adds to a batch what of it may go. `found` is what stood in the way when this was tried
    /// before.
    pub async fn gather(
        &mut self,
        tx: &mut Tx,
        of: AsOne,
        limit: usize,
        found: Option<InTheWay>,
        loaded: &mut Vec<Loaded>,
    ) -> Result<Gathered, StoreError> {
        let mut gathered = Gathered::default();
        // Its trailer can still refuse it, or is being carried out: who does that writes another claim check.
        if !as_one::lock(tx, self.tenant, of).await? {
            return Ok(gathered);
        }
        gathered.of = Some(of);
        if let Some(found) = found.filter(|found| found.of == of)
            && self.set_aside(tx, found, &mut gathered).await?
        {
            return Ok(gathered);
        }
        if gathered.culprit.is_none() {
            gathered.culprit = as_one::culprit(tx, self.tenant, of, REFUSED).await?;
        }
        if let Some(culprit) = gathered.culprit.as_ref().map(|culprit| culprit.id) {
            let mut along = self.first(tx, of, &["pending", "waiting", "held"], limit, &mut gathered.more).await?;
            along.retain(|message| message.id != culprit);
            gathered.refused.extend(along);
            return Ok(gathered);
        }
        if let Some(blocker) = as_one::blocker(tx, self.tenant, of, self.now.plus_ms(1_000)).await? {
            self.all_wait(tx, of, &blocker, said(&blocker.state)).await?;
            return Ok(gathered);
        }
        let mut goes = self.first(tx, of, &["pending", "waiting", "retrying"], limit, &mut gathered.more).await?;
        gathered.goes = goes.iter().map(|message| message.id).collect();
        gathered.costs_all = goes.iter().any(|message| message.as_one == 2);
        as_one::take_up(tx, self.tenant, &gathered.goes, self.hub.deadline(self.now)).await?;
        // They stand together in the batch, also one that was restarted since.
        let created_at = goes.iter().map(|message| message.created_at).min().unwrap_or_default();
        goes.iter_mut().for_each(|message| message.created_at = created_at);
        loaded.extend(goes);
        Ok(gathered)
    }

    async fn first(
        &self,
        tx: &mut Tx,
        of: AsOne,
        states: &[&'static str],
        limit: usize,
        more: &mut bool,
    ) -> Result<Vec<Loaded>, StoreError> {
        let mut ids = as_one::first(tx, self.tenant, of, states, limit as i64 + 1).await?;
        *more = ids.len() > limit;
        ids.truncate(limit);
        let mut loaded = messages::load(tx, self.tenant, &ids).await?;
        loaded.sort_by_key(|message| (message.set_no, message.split, message.run));
        Ok(loaded)
    }

    /// Writes down what was found of a message that stands in the way. True if all others wait for it.
    async fn set_aside(&mut self, tx: &mut Tx, found: InTheWay, gathered: &mut Gathered) -> Result<bool, StoreError> {
        let id = found.change.id;
        let standing = messages::load(tx, self.tenant, &[id]).await?.pop();
        let is_open = |message: &Loaded| matches!(message.state.as_str(), "pending" | "waiting" | "retrying");
        let Some(message) = standing.filter(is_open) else { return Ok(false) };
        let Some(mut member) = as_one::member(tx, self.tenant, id).await? else { return Ok(false) };
        as_one::take_up(tx, self.tenant, &[id], self.hub.deadline(self.now)).await?;
        member.state = found.change.state.into();
        let is_refused = found.change.state == "rejected";
        self.changes.push(found.change);
        self.steps.extend(found.steps);
        self.letters.extend(found.letters);
        if is_refused {
            self.ended.extend(message.key());
            gathered.culprit = Some(member);
            gathered.refused.push(message);
            return Ok(false);
        }
        self.all_wait(tx, found.of, &member, said(&member.state)).await?;
        Ok(true)
    }

    /// All others of an interchange wait for one.
    async fn all_wait(&mut self, tx: &mut Tx, of: AsOne, one: &Member, stands: &str) -> Result<(), StoreError> {
        let mut cause = json!({
            "code": WAITING,
            "sentence": format!("{} of its interchange {stands}, and its messages are applied as one", named(one)),
            "remedy": "nothing here: it goes on by itself once that one is restarted, cancelled or refused",
            "for": one.id,
        });
        self.decided(tx, of, one, "interchange", &mut cause).await?;
        let waits = as_one::wait(tx, self.tenant, of, one.id, &cause).await?;
        let step = |id: &MessageId| {
            let step = Step::new(self.tenant, self.now.0, "apply", "waiting", &self.hub.worker);
            step.document(of.document.0).message(id.0).cause(cause.clone())
        };
        let steps: Vec<Step> = waits.iter().map(step).collect();
        self.steps.extend(steps);
        Ok(())
    }

    /// Adds the setting that says so, as far as it still does.
    async fn decided(
        &self,
        tx: &mut Tx,
        of: AsOne,
        one: &Member,
        key: &str,
        cause: &mut Value,
    ) -> Result<(), StoreError> {
        let partner = one.partner.and_then(|id| self.hub.directory.partners.get(&id));
        let document = documents::get(tx, self.tenant, of.document).await?;
        if let (Some(partner), Some(document)) = (partner, document) {
            let standard = if one.standard == "edifact" { Standard::Edifact } else { Standard::X12 };
            cause["decided_by"] = json!(partner.terms.of(document.connection, standard, "").decision(key));
        }
        Ok(())
    }

    /// What goes must not stand behind a message of another document: then all of it waits, and nothing of it goes. The
    /// keys are locked.
    pub async fn not_behind(
        &mut self,
        tx: &mut Tx,
        gathered: &mut Gathered,
        loaded: &mut Vec<Loaded>,
    ) -> Result<(), StoreError> {
        let Some(of) = gathered.of.filter(|_| !gathered.goes.is_empty()) else { return Ok(()) };
        let is_own = |message: &&Loaded| message.interchange_as_one() == Some(of);
        let keys: BTreeSet<Key> = loaded.iter().filter(is_own).filter_map(Loaded::key).collect();
        let lowest = as_one::lowest(tx, self.tenant, &keys.into_iter().collect::<Vec<_>>()).await?;
        // Of two interchanges that stand behind each other the one that came first goes, or neither ever would.
        let before =
            |low: &as_one::Lowest| AsOne::of(low.document, low.interchange, low.as_one).is_none_or(|other| other < of);
        let key =
            |low: &as_one::Lowest| Key { partner: low.partner, kind: low.kind.clone(), number: low.number.clone() };
        let blocked = |message: &&Loaded| {
            let own = message.key()?;
            lowest.iter().filter(|low| before(low)).find(|low| key(low) == own)
        };
        let Some((behind, low)) = loaded.iter().filter(is_own).find_map(|m| Some((m, blocked(&m)?))) else {
            return Ok(());
        };
        let Some(member) = as_one::member(tx, self.tenant, behind.id).await? else { return Ok(()) };
        self.wait(behind, low.id);
        let before = keys::named(tx, self.tenant, &[low.id]).await?.pop();
        let stands = before.map_or_else(
            || said("waiting").to_owned(),
            |one| {
                let message = called(&one.set_kind, &one.set_control, one.number.as_deref());
                format!("waits for {message} of document {}", one.name)
            },
        );
        self.all_wait(tx, of, &member, &stands).await?;
        if let Some(other) = AsOne::of(low.document, low.interchange, low.as_one) {
            let id = as_one::wake(tx, self.tenant, other, self.hub.deadline(self.now)).await?;
            id.into_iter().for_each(|id| self.claim(id));
        }
        loaded.retain(|message| message.interchange_as_one() != Some(of));
        (gathered.goes, gathered.more) = (vec![], false);
        Ok(())
    }

    /// What the core said of one message that keeps all others of its interchange from being applied now.
    pub fn in_the_way(&self, gathered: &Gathered) -> Option<InTheWay> {
        let of = gathered.of.filter(|_| gathered.goes.len() > 1)?;
        let stops = |change: &&Change| match change.state {
            "rejected" => gathered.costs_all,
            state => state != "applied",
        };
        let mut own = self.changes.iter().filter(|change| gathered.goes.contains(&change.id));
        let change = own.find(stops)?.clone();
        let steps = self.steps.iter().filter(|step| step.message == Some(change.id.0)).cloned().collect();
        let letters = self.letters.iter().filter(|letter| letter.thing_id == change.id.0).cloned().collect();
        Some(InTheWay { of, change, steps, letters })
    }

    /// Ends those that another one costs.
    pub async fn refuse_along(&mut self, tx: &mut Tx, gathered: &Gathered) -> Result<(), StoreError> {
        let (Some(of), Some(culprit)) = (gathered.of, &gathered.culprit) else { return Ok(()) };
        let along: Vec<&Loaded> = gathered.refused.iter().filter(|message| message.id != culprit.id).collect();
        let ids: Vec<MessageId> = along.iter().map(|message| message.id).collect();
        as_one::take_up(tx, self.tenant, &ids, self.hub.deadline(self.now)).await?;
        let mut cause = json!({
            "code": REFUSED,
            "sentence": format!("{} of its interchange is refused, and the agreement says that a bad set costs the whole interchange", named(culprit)),
            "remedy": "mend what refuses that one and restart it, then this one; or ask for the interchange once more, mended, under a new control number",
            "path": "",
            "for": culprit.id,
        });
        self.decided(tx, of, culprit, "bad_set_costs", &mut cause).await?;
        for message in along {
            let change = Change::to(message.id, "rejected", self.now);
            self.end(message, Change { cause: Some(cause.clone()), ended_at: Some(self.now.0), ..change });
        }
        Ok(())
    }

    /// The message that made its transaction fail: of an interchange that is applied as one, the first that was taken.
    pub async fn culprit(&mut self, tx: &mut Tx, id: MessageId) -> Result<Option<Loaded>, StoreError> {
        let named = messages::load(tx, self.tenant, &[id]).await?.pop();
        let Some(of) = named.as_ref().and_then(Loaded::interchange_as_one) else {
            return Ok(named.filter(|message| matches!(message.state.as_str(), "pending" | "retrying")));
        };
        as_one::lock(tx, self.tenant, of).await?;
        let first = self.first(tx, of, &["pending", "waiting", "retrying"], 1, &mut false).await?.pop();
        let ids: Vec<MessageId> = first.iter().map(|message| message.id).collect();
        as_one::take_up(tx, self.tenant, &ids, self.hub.deadline(self.now)).await?;
        Ok(first)
    }

    /// The others of a failed message's interchange are told.
    pub async fn others_see(&mut self, tx: &mut Tx, failed: &Loaded) -> Result<(), StoreError> {
        if let Some(of) = failed.interchange_as_one()
            && let Some(id) = as_one::wake(tx, self.tenant, of, self.hub.deadline(self.now)).await?
        {
            self.claim(id);
        }
        Ok(())
    }

    /// Has what is left of the interchange looked at again.
    pub async fn go_on(&mut self, tx: &mut Tx, gathered: &Gathered) -> Result<(), StoreError> {
        let Some(of) = gathered.of.filter(|_| gathered.more) else { return Ok(()) };
        let next = as_one::wake(tx, self.tenant, of, self.hub.deadline(self.now)).await?;
        let next: Vec<uuid::Uuid> = next.into_iter().map(|id| id.0).collect();
        outbox::push(tx, &outbox::claims(self.tenant, Stage::Apply, &next, self.now)).await
    }
}

/// `the 850 0002 (PO-2)`.
fn named(one: &Member) -> String {
    called(&one.set_kind, &one.set_control, one.number.as_deref())
}

/// The same of its parts.
pub(super) fn called(kind: &str, control: &str, number: Option<&str>) -> String {
    let number = number.map_or_else(String::new, |number| format!(" ({number})"));
    format!("{} {control}", format_args!("the {kind}")).trim_end().to_owned() + &number
}

pub(super) fn said(state: &str) -> &'static str {
    match state {
        "held" => "is held",
        "dead" => "is dead",
        "retrying" => "is tried again later",
        "waiting" => "waits for an earlier message of its number",
        _ => "is not done",
    }
}
