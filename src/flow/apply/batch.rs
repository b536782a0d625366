//! One apply transaction: lock the keys, load what the core names, decide in memory, write by table.

use super::{
    Part, advices,
    answers::Answered,
    as_one::{self, InTheWay},
    faults::{self, OfLines},
    world::{self, StockLock},
};
use crate::{
    canonical::{ClaimCheck, DocumentId, Event, MessageId, Micros, Stage, Tenant, order::Order},
    core::{self, Command, Refusal, Stop, World},
    emit::fanout::{self, Told},
    flow::{Hub, emitter, failure, mail, probe::Point},
    queue::Taken,
    store::{
        StoreError, Trouble, Tx,
        deliveries::{self, NewLetter},
        events,
        journal::{self, Step},
        keys::{self, Key},
        messages::{self, Change, Loaded},
        now, outbox,
    },
};
use serde_json::json;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Applies messages; all or nothing. `taken` ends with the transaction.
pub async fn apply(
    hub: &Hub,
    tenant: Tenant,
    part: &Part,
    taken: &[Taken],
    stock_lock: StockLock,
) -> Result<(), StoreError> {
    let found = once(hub, tenant, part, taken, stock_lock, None).await?;
    if found.is_some() {
        // Now that it is known what stands in the way of an interchange, nothing more of it is decided.
        once(hub, tenant, part, taken, stock_lock, found).await?;
    }
    Ok(())
}

/// Gives what stands in the way of an interchange that is applied as one, having written nothing.
async fn once(
    hub: &Hub,
    tenant: Tenant,
    part: &Part,
    taken: &[Taken],
    stock_lock: StockLock,
    found: Option<InTheWay>,
) -> Result<Option<InTheWay>, StoreError> {
    let (now, ids) = (now(), part.ids.as_slice());
    let mut tx = hub.store.begin(tenant).await?;
    let mut loaded = messages::load(&mut tx, tenant, ids).await?;
    for lost in ids.iter().filter(|id| !loaded.iter().any(|m| m.id == **id)) {
        tracing::error!(message = %lost, %tenant, "a claim check names a message that its tenant does not have");
        metrics::counter!("crossdock_claims_lost_total", "stage" => "apply").increment(1);
    }
    let mut work = Work::new(hub, tenant, now);
    let preserved = work.one_interchange(&mut loaded);
    loaded.retain(|m| work.is_due(m));
    let mut gathered = match preserved {
        Some(of) => work.gather(&mut tx, of, part.as_one, found, &mut loaded).await?,
        None => Default::default(),
    };
    loaded.sort_by_key(|m| (m.created_at, m.document, m.set_no, m.split, m.run));
    let locked: BTreeSet<Key> = loaded.iter().chain(&gathered.refused).filter_map(Loaded::key).collect();
    let locked: Vec<Key> = locked.into_iter().collect();
    keys::lock(&mut tx, tenant, &locked).await?;
    work.not_behind(&mut tx, &mut gathered, &mut loaded).await?;
    work.refuse_along(&mut tx, &gathered).await?;
    let loaded = work.without_waiting(&mut tx, loaded).await?;
    let (loaded, answered) = work.take_answers(&mut tx, loaded).await?;
    let (commands, mut loaded) = work.commands(loaded);
    let mut world = World::default();
    world::load(&mut tx, tenant, &commands, &mut world, stock_lock).await?;
    let events = work.decide(&mut world, &commands, &loaded);
    if let Some(found) = work.in_the_way(&gathered) {
        tx.rollback().await?;
        return Ok(Some(found));
    }
    loaded.append(&mut gathered.refused);
    let changes = world.changed().map_err(|e| StoreError::Row(e.to_string()))?;
    world::save(&mut tx, tenant, changes.entities).await?;
    work.write(&mut tx, events, &commands, &loaded, answered).await?;
    work.go_on(&mut tx, &gathered).await?;
    world::reserve(&mut tx, tenant, &changes.stock).await?;
    hub.queue.settle(&mut tx, taken).await?;
    ids.iter().for_each(|id| hub.probe.pass(Point::Applied, id.0));
    tx.commit().await?;
    Ok(None)
}

/// Marks a message that alone made its transaction fail: dead at once if a rule of the database was broken, else it is
/// tried again until its budget is spent.
pub async fn fail(
    hub: &Hub,
    tenant: Tenant,
    id: MessageId,
    error: &StoreError,
    taken: &[Taken],
) -> Result<(), StoreError> {
    let now = now();
    let mut tx = hub.store.begin(tenant).await?;
    let mut work = Work::new(hub, tenant, now);
    if let Some(message) = work.culprit(&mut tx, id).await? {
        let first = Micros(message.first_failed_at.unwrap_or(now.0));
        let retry = if error.trouble() == Trouble::Conflict {
            failure::next_try(&hub.settings.flow, now, first, message.tries + 1)
        } else {
            None
        };
        match retry {
            Some(due) => work.retry(&message, first, due, error),
            None if matches!(error, StoreError::Panic(_)) => work.die(&message, "panic", &error.to_string()),
            None => work.die(&message, "store", &error.to_string()),
        }
        messages::change(&mut tx, tenant, &work.changes).await?;
        deliveries::bury(&mut tx, &work.letters).await?;
        work.others_see(&mut tx, &message).await?;
        journal::write(&mut tx, &work.steps).await?;
        outbox::push(&mut tx, &work.claims).await?;
    }
    hub.queue.settle(&mut tx, taken).await?;
    tx.commit().await
}

/// True of a message of an interchange that is applied as one.
pub async fn goes_with_others(hub: &Hub, tenant: Tenant, id: MessageId) -> Result<bool, StoreError> {
    let mut tx = hub.store.read(tenant).await?;
    let loaded = messages::load(&mut tx, tenant, &[id]).await?;
    tx.rollback().await?;
    Ok(loaded.iter().any(|message| message.interchange_as_one().is_some()))
}

/// The code of a message that waits for an earlier one of its number.
const BEHIND: &str = "waiting";

/// What one transaction decided so far.
pub(super) struct Work<'a> {
    pub hub: &'a Hub,
    pub tenant: Tenant,
    pub now: Micros,
    pub changes: Vec<Change>,
    pub steps: Vec<Step>,
    pub claims: Vec<outbox::Row>,
    pub letters: Vec<NewLetter>,
    /// Keys whose next message may go.
    pub ended: BTreeSet<Key>,
    /// Keys of which a message in this batch is dead or held, and by which: those behind it wait.
    blocked: HashMap<Key, MessageId>,
    /// Messages that others wait for behind them.
    blockers: BTreeSet<MessageId>,
}

impl<'a> Work<'a> {
    fn new(hub: &'a Hub, tenant: Tenant, now: Micros) -> Self {
        Work {
            hub,
            tenant,
            now,
            changes: vec![],
            steps: vec![],
            claims: vec![],
            letters: vec![],
            ended: BTreeSet::new(),
            blocked: HashMap::new(),
            blockers: BTreeSet::new(),
        }
    }
}

impl Work<'_> {
    /// Passes over what is done already, and sends round again what woke too early.
    pub fn is_due(&mut self, message: &Loaded) -> bool {
        match message.state.as_str() {
            "pending" => true,
            "retrying" => match message.due.filter(|due| *due > self.now.0 + 1_000_000) {
                Some(due) => {
                    let claim = ClaimCheck::new(self.tenant, Stage::Apply, vec![message.id.0]);
                    self.claims.push(outbox::Row::later(claim, self.now, Micros(due)));
                    false
                }
                None => true,
            },
            _ => false,
        }
    }

    fn step(&self, message: &Loaded, state: &'static str) -> Step {
        Step::new(self.tenant, self.now.0, "apply", state, &self.hub.worker)
            .document(message.document.0)
            .message(message.id.0)
    }

    /// Messages behind an unfinished one of their key wait. One before it in this very batch does not
    /// hold back, unless it turns out to be dead or held.
    async fn without_waiting(&mut self, tx: &mut Tx, loaded: Vec<Loaded>) -> Result<Vec<Loaded>, StoreError> {
        let ids: Vec<MessageId> = loaded.iter().map(|m| m.id).collect();
        let mut earlier: HashMap<MessageId, Vec<MessageId>> = HashMap::new();
        for (message, before) in messages::earlier(tx, self.tenant, &ids).await? {
            earlier.entry(message).or_default().push(before);
        }
        let mut goes: HashSet<MessageId> = HashSet::new();
        let mut kept = Vec::with_capacity(loaded.len());
        for message in loaded {
            // An interchange that is applied as one was looked at as a whole.
            let before = earlier.get(&message.id).filter(|_| message.as_one == 0);
            let blocker = before.and_then(|before| before.iter().find(|b| !goes.contains(b)));
            if let Some(blocker) = blocker {
                self.wait(&message, *blocker);
            } else {
                goes.insert(message.id);
                kept.push(message);
            }
        }
        Ok(kept)
    }

    pub fn wait(&mut self, message: &Loaded, blocker: MessageId) {
        let cause = json!({
            "code": BEHIND,
            "sentence": "an earlier message of its number is not done",
            "remedy": "nothing here: it goes on by itself once that one is restarted, cancelled or refused",
            "for": blocker,
        });
        self.blockers.insert(blocker);
        self.steps.push(self.step(message, "waiting").cause(cause.clone()));
        self.changes
            .push(Change { cause: Some(cause), ..Change::to(message.id, "waiting", self.hub.deadline(self.now)) });
    }

    /// Says of what waits which message that is for, of which document, and how it stands when this is committed.
    async fn name_blockers(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let blockers: Vec<MessageId> = self.blockers.iter().copied().collect();
        if blockers.is_empty() {
            return Ok(());
        }
        for one in keys::named(tx, self.tenant, &blockers).await? {
            let state =
                self.changes.iter().find(|change| change.id == one.id).map_or(&*one.state, |change| change.state);
            let (message, stands) =
                (as_one::called(&one.set_kind, &one.set_control, one.number.as_deref()), as_one::said(state));
            let sentence = format!(
                "{message} of document {} {stands}, and messages of one number are worked in their order",
                one.name
            );
            let changed = self.changes.iter_mut().filter_map(|change| change.cause.as_mut());
            for cause in changed.chain(self.steps.iter_mut().filter_map(|step| step.cause.as_mut())) {
                if cause["code"] == BEHIND && cause["for"] == json!(one.id) {
                    cause["sentence"] = sentence.as_str().into();
                    cause["document"] = json!(one.document);
                }
            }
        }
        Ok(())
    }

    /// True if a message of its key in this batch turned out to hold those behind it back: then it waits.
    fn is_blocked(&mut self, message: &Loaded) -> bool {
        match message.key().and_then(|key| self.blocked.get(&key).copied()) {
            Some(blocker) => {
                self.wait(message, blocker);
                true
            }
            None => false,
        }
    }

    fn block(&mut self, message: &Loaded) {
        if let Some(key) = message.key() {
            self.blocked.insert(key, message.id);
        }
    }

    /// Commands for the core; a message without a readable body, or of a partner that no file names any more, ends here.
    fn commands(&mut self, loaded: Vec<Loaded>) -> (Vec<Command>, Vec<Loaded>) {
        let mut commands = Vec::with_capacity(loaded.len());
        let mut kept = Vec::with_capacity(loaded.len());
        for mut message in loaded {
            if self.is_blocked(&message) {
                continue;
            }
            let Some(partner) = message.partner.and_then(|p| self.hub.directory.partners.get(&p)) else {
                self.hold(&message, "no_partner", "its partner stands in no file any more");
                continue;
            };
            match message.body.take().map(|body| serde_json::from_str::<Order>(body.get())) {
                Some(Ok(order)) => {
                    commands.push(Command {
                        message: message.id,
                        tenant: self.tenant,
                        partner: partner.id,
                        partner_name: partner.name.clone(),
                        price_list: partner.price_list.clone(),
                        now: self.now,
                        order,
                    });
                    kept.push(message);
                }
                Some(Err(error)) => self.die(&message, "body", &format!("its body is no order/1: {error}")),
                None => self.die(&message, "body", "it has no body"),
            }
        }
        (commands, kept)
    }

    /// Decides each in order on the world that the ones before it made. A panic names its message and costs only that.
    fn decide(&mut self, world: &mut World, commands: &[Command], loaded: &[Loaded]) -> Vec<Event> {
        let mut events = Vec::new();
        for (command, message) in commands.iter().zip(loaded) {
            if self.is_blocked(message) {
                continue;
            }
            let decided = catch_unwind(AssertUnwindSafe(|| {
                self.hub.probe.pass(Point::Decide, message.id.0);
                core::decide(world, command)
            }));
            match decided {
                Ok(Ok(decision)) => {
                    events.extend(world.apply(decision));
                    self.end(
                        message,
                        Change { ended_at: Some(self.now.0), ..Change::to(message.id, "applied", self.now) },
                    );
                }
                Ok(Err(Stop::Refused(refusal))) => self.refuse(message, &refusal),
                Ok(Err(Stop::Broken(why))) => self.die(message, "invariant", &why),
                Err(panic) => self.die(message, "panic", &failure::panic_text(&*panic)),
            }
        }
        events
    }

    pub fn end(&mut self, message: &Loaded, change: Change) {
        let step = self.step(message, change.state);
        self.steps.push(match &change.cause {
            Some(cause) => step.cause(cause.clone()),
            None => step,
        });
        metrics::counter!("crossdock_messages_ended_total", "state" => change.state).increment(1);
        self.changes.push(change);
        self.ended.extend(message.key());
    }

    pub fn refuse(&mut self, message: &Loaded, refusal: &Refusal) {
        let cause = faults::cause(refusal);
        let fingerprint = failure::fingerprint(&[
            "apply",
            refusal.code,
            &refusal.path,
            &message.partner.map(|p| p.to_string()).unwrap_or_default(),
        ]);
        let change = Change {
            cause: Some(cause),
            fingerprint: Some(fingerprint),
            ended_at: Some(self.now.0),
            ..Change::to(message.id, "rejected", self.now)
        };
        let partner = message.partner.map(|p| self.hub.directory.partner_name(p).to_string()).unwrap_or_default();
        metrics::counter!("crossdock_faults_total", "partner" => partner, "code" => refusal.code).increment(1);
        self.end(message, change);
    }

    pub fn hold(&mut self, message: &Loaded, code: &str, sentence: &str) {
        let cause = json!({"code": code, "sentence": sentence, "remedy": "restart it when the cause is gone"});
        self.steps.push(self.step(message, "held").cause(cause.clone()));
        self.changes.push(Change { cause: Some(cause), ..Change::to(message.id, "held", self.now) });
        self.block(message);
    }

    fn retry(&mut self, message: &Loaded, first: Micros, due: Micros, error: &StoreError) {
        let cause = json!({"code": "store", "sentence": error.to_string(), "remedy": "nothing: it is tried again"});
        self.steps.push(self.step(message, "retrying").cause(cause.clone()));
        self.changes.push(Change {
            cause: Some(cause),
            tries: message.tries + 1,
            due: Some(due.0),
            first_failed_at: Some(first.0),
            ..Change::to(message.id, "retrying", self.hub.deadline(due))
        });
        self.claims.push(outbox::Row::later(
            ClaimCheck::new(self.tenant, Stage::Apply, vec![message.id.0]),
            self.now,
            due,
        ));
    }

    /// Dead at once: our bug, or a broken invariant. It holds its key back until somebody mends or cancels it.
    pub fn die(&mut self, message: &Loaded, code: &str, why: &str) {
        tracing::error!(message = %message.id, code, why, "a message is dead");
        self.block(message);
        let fingerprint =
            failure::fingerprint(&["apply", code, why, &message.partner.map(|p| p.to_string()).unwrap_or_default()]);
        let cause = json!({"code": code, "sentence": why, "remedy": "report it with the fingerprint; then restart or cancel the message"});
        self.steps.push(self.step(message, "dead").cause(cause.clone()));
        self.changes.push(Change {
            cause: Some(cause.clone()),
            fingerprint: Some(fingerprint.clone()),
            tries: message.tries + 1,
            ended_at: Some(self.now.0),
            ..Change::to(message.id, "dead", self.now)
        });
        self.letters.push(NewLetter {
            tenant: self.tenant,
            id: uuid::Uuid::now_v7(),
            thing: "message",
            thing_id: message.id.0,
            stage: "apply",
            code: code.into(),
            fingerprint,
            reason: cause,
            history: json!([{"at": self.now, "try": message.tries + 1, "what": why}]),
            tries: message.tries + 1,
            died_at: self.now.0,
        });
    }

    /// Writes states, events with what must go out for them, journal, and the claim checks of messages that were waiting.
    async fn write(
        &mut self,
        tx: &mut Tx,
        mut decided: Vec<Event>,
        commands: &[Command],
        loaded: &[Loaded],
        answered: Answered,
    ) -> Result<(), StoreError> {
        decided.extend(answered.events);
        let of_lines = faults::of_lines(&decided);
        self.place_refusals(tx, &of_lines).await?;
        let advices = advices::owed(self.hub, &self.changes, loaded, &of_lines, &decided);
        self.name_blockers(tx).await?;
        messages::change(tx, self.tenant, &self.changes).await?;
        let first = if self.hub.store.is_distributed() || decided.is_empty() {
            None
        } else {
            Some(events::take_positions(tx, decided.len() as i64).await?)
        };
        let rows: Vec<events::NewEvent> = decided
            .iter()
            .enumerate()
            .map(|(n, e)| events::NewEvent {
                tenant: e.tenant,
                id: e.id,
                position: first.map(|f| f + n as i64),
                message: e.message,
                ordinal: ordinal(&decided[..n], e.message),
                kind: &e.kind,
                key: &e.key,
                at: e.at.0,
                schema: &e.schema,
                repeats: e.repeats,
                data: &e.data,
            })
            .collect();
        events::insert(tx, &rows).await?;
        let told: Vec<Told> = decided.iter().map(|event| told(event, commands, loaded, &answered.documents)).collect();
        let library = self.hub.library.standing(tx, self.tenant).await?;
        fanout::write_deliveries(tx, &emitter(self.hub, &library, self.now), self.tenant, &told, advices).await?;
        deliveries::bury(tx, &self.letters).await?;
        let ended: Vec<Key> = self.ended.iter().cloned().collect();
        let freed = messages::release(tx, self.tenant, &ended, self.hub.deadline(self.now)).await?;
        for id in &freed {
            self.steps.push(
                Step::new(self.tenant, self.now.0, "apply", "pending", &self.hub.worker)
                    .message(id.0)
                    .cause(json!({"code": "released"})),
            );
        }
        let freed: Vec<uuid::Uuid> = freed.into_iter().map(|m| m.0).collect();
        self.claims.extend(outbox::claims(self.tenant, Stage::Apply, &freed, self.now));
        journal::write(tx, &self.steps).await?;
        mail::owe(self.hub, tx, self.tenant, &self.steps, self.now).await?;
        outbox::push(tx, &self.claims).await
    }

    /// What the core refuses becomes faults of the message, at the place that the partner wrote.
    async fn place_refusals(&mut self, tx: &mut Tx, of_lines: &HashMap<MessageId, OfLines>) -> Result<(), StoreError> {
        for change in &mut self.changes {
            let of_lines = of_lines.get(&change.id).map_or(&[][..], |of| &of.whys);
            if change.state != "rejected" && of_lines.is_empty() {
                continue;
            }
            let Some(row) = messages::get(tx, self.tenant, change.id).await? else { continue };
            faults::add(tx, self.tenant, change, &row, of_lines).await?;
        }
        Ok(())
    }
}

/// An event with whose message it was and which document that came in.
fn told<'a>(
    event: &'a Event,
    commands: &[Command],
    loaded: &'a [Loaded],
    answered: &HashMap<MessageId, DocumentId>,
) -> Told<'a> {
    let at = commands.iter().position(|c| c.message == event.message);
    let message = at.and_then(|n| loaded.get(n));
    Told {
        event,
        partner: at.map(|n| commands[n].partner),
        document: message.map(|m| m.document).or_else(|| answered.get(&event.message).copied()),
        came_as: message.map_or("", |m| m.standard.as_str()),
    }
}

fn ordinal(before: &[Event], message: MessageId) -> i64 {
    before.iter().filter(|e| e.message == message).count() as i64
}
