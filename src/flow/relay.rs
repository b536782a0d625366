//! The relay: outbox rows to the broker, one relay at a time, and the event feed's places.
//!
//! A row is deleted after its own confirm. Pages go on from the last row that was read, so that rows just deleted are not
//! walked over again and again; but a row that was committed late stands below that mark, so often, and whenever a page
//! is short, it begins again at the oldest row that stands.

use crate::{
    canonical::Micros,
    flow::failure::Patience,
    queue::{
        Queue, QueueError,
        rabbitmq::{Broker, Message, Published},
    },
    store::{
        Store, StoreError, events, now,
        outbox::{self, Delay, Waiting},
        session::RelaySession,
        timers,
    },
};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Rows published in one round, events placed, timers woken.
const PAGE: i64 = 500;
/// How long to wait at most for the database's word that rows were written.
const IDLE: Duration = Duration::from_millis(250);
/// So often a look begins at the oldest row.
const FROM_THE_OLDEST: Duration = Duration::from_millis(250);
/// How long another process that relays is left alone before its lock is tried again.
const ANOTHER: Duration = Duration::from_millis(500);
/// A session that does not answer for so long is lost, and maybe another's.
const SESSION: Duration = Duration::from_secs(5);
/// Told to stop, a round in hand may take so long; cut short, its rows are published again.
const LAST_ROUND: Duration = Duration::from_secs(3);
/// A retry may come so much early for the time that its row waited for the relay.
const SLACK_MS: i64 = 250;

/// Relays until told to stop. On the embedded queue there is nothing to relay.
pub async fn run(store: Store, queue: Queue, stop: CancellationToken) -> Result<(), QueueError> {
    let Queue::Rabbit(broker) = queue else { return Ok(()) };
    let mut patience = Patience::new();
    while !stop.is_cancelled() {
        match RelaySession::open(&store).await {
            Ok(Some(session)) => {
                let mut relay = Relay { store: &store, broker: &broker, session, mark: Mark::default() };
                let Err(error) = relay.work(&stop, &mut patience).await else { return Ok(()) };
                patience.wait("relay", &error).await;
            }
            Ok(None) => pause(&stop, ANOTHER).await,
            Err(error) => patience.wait("relay", &error).await,
        }
    }
    Ok(())
}

async fn pause(stop: &CancellationToken, long: Duration) {
    let _ = stop.run_until_cancelled(tokio::time::sleep(long)).await;
}

/// Where the next page begins.
#[derive(Default)]
struct Mark {
    after: i64,
    oldest: Option<Instant>,
}

struct Relay<'a> {
    store: &'a Store,
    broker: &'a Broker,
    session: RelaySession,
    mark: Mark,
}

/// What a round came to.
enum Round {
    /// Published, or moved something; there may be more.
    Done,
    Nothing,
    /// The broker took less than it was given.
    Refused,
}

impl Relay<'_> {
    /// Round after round until told to stop; fails when the store or the session is lost.
    async fn work(&mut self, stop: &CancellationToken, patience: &mut Patience) -> Result<(), StoreError> {
        let mut refused = 0u32;
        while !stop.is_cancelled() {
            let Some(ended) = self.round_or_stop(stop).await else { return Ok(()) };
            match ended? {
                Round::Done => refused = 0,
                Round::Nothing => {
                    refused = 0;
                    let _ = stop.run_until_cancelled(self.session.wait(IDLE)).await;
                }
                Round::Refused => {
                    refused += 1;
                    let longest = 100u64 << refused.min(4);
                    pause(stop, Duration::from_millis(rand::random_range(longest / 2..=longest))).await;
                }
            }
            *patience = Patience::new();
        }
        Ok(())
    }

    /// A round; nothing if it was cut short because it was told to stop.
    async fn round_or_stop(&mut self, stop: &CancellationToken) -> Option<Result<Round, StoreError>> {
        let round = self.round();
        tokio::pin!(round);
        tokio::select! {
            ended = &mut round => return Some(ended),
            () = stop.cancelled() => {}
        }
        tokio::time::timeout(LAST_ROUND, round).await.ok()
    }

    async fn round(&mut self) -> Result<Round, StoreError> {
        let ours = tokio::time::timeout(SESSION, self.session.is_ours()).await;
        ours.map_err(|_| StoreError::Lost("the relay's session"))??;
        let moved = self.move_what_is_due().await?;
        let rows = self.page().await?;
        if rows.is_empty() {
            return Ok(if moved { Round::Done } else { Round::Nothing });
        }
        let now = now();
        let messages: Vec<Message> = rows.iter().map(|row| message(row, now)).collect();
        let published = match self.publish(&messages).await? {
            Ok(published) => published,
            // Closed: nobody publishes any more, and the rows stay.
            Err(error) => {
                tracing::debug!(%error, "the relay has no queue");
                return Ok(Round::Refused);
            }
        };
        let mut tx = self.store.system().await?;
        outbox::delete(&mut tx, &published.confirmed).await?;
        tx.commit().await?;
        metrics::counter!("crossdock_published_total").increment(published.confirmed.len() as u64);
        if published.confirmed.len() == messages.len() {
            return Ok(Round::Done);
        }
        // What was not confirmed is met again from the oldest row on.
        self.mark = Mark::default();
        let (nacked, returned) = (published.nacked, published.returned);
        if published.trouble.is_some() || returned > 0 {
            tracing::warn!(
                nacked,
                returned,
                trouble = published.trouble,
                "the broker did not take every claim check; they are published again"
            );
        }
        Ok(Round::Refused)
    }

    /// Publishes. While the broker is away or blocks, timers and the feed go on.
    async fn publish(&self, messages: &[Message]) -> Result<Result<Published, QueueError>, StoreError> {
        let publishing = self.broker.publish(messages);
        tokio::pin!(publishing);
        loop {
            match tokio::time::timeout(IDLE, &mut publishing).await {
                Ok(published) => return Ok(published),
                Err(_) => {
                    self.move_what_is_due().await?;
                }
            }
        }
    }

    /// Wakes timers that are due, and gives committed events their places in the feed. False if there was nothing.
    async fn move_what_is_due(&self) -> Result<bool, StoreError> {
        let mut tx = self.store.system().await?;
        let woken = timers::take_due(&mut tx, now(), PAGE).await?;
        let placed = events::place(&mut tx, PAGE).await?;
        tx.commit().await?;
        Ok(woken > 0 || placed > 0)
    }

    async fn page(&mut self) -> Result<Vec<Waiting>, StoreError> {
        let mut tx = self.store.system_read().await?;
        let mut rows = vec![];
        if self.mark.oldest.is_some_and(|at| at.elapsed() < FROM_THE_OLDEST) {
            rows = outbox::oldest(&mut tx, self.mark.after, PAGE).await?;
        }
        if rows.is_empty() {
            rows = outbox::oldest(&mut tx, 0, PAGE).await?;
            self.mark.oldest = Some(Instant::now());
        }
        tx.rollback().await?;
        self.mark.after = rows.last().map_or(0, |row| row.id);
        Ok(rows)
    }
}

/// A row as a message: by the retry queue that fits what remains until it is due, whatever time it waited here.
fn message(row: &Waiting, now: Micros) -> Message {
    let remaining_ms = (row.due - now.0) / 1_000 + SLACK_MS;
    let delay = row.delay.as_ref().and_then(|_| Delay::fitting(remaining_ms)).map(Delay::name);
    let attempt = row.claim.get("try").and_then(serde_json::Value::as_u64).unwrap_or(0);
    let reason = match (&row.delay, attempt) {
        (Some(_), _) => "retry",
        (None, 0) => "work",
        (None, _) => "again",
    };
    Message { id: row.id, stage: row.stage.clone(), delay, body: row.claim.to_string().into_bytes(), attempt, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::{ClaimCheck, Stage, Tenant};
    use crate::store::outbox::Row;

    fn waiting(remaining_ms: i64, now: Micros) -> Waiting {
        let claim = ClaimCheck::new(Tenant::named("acme"), Stage::Apply, vec![]);
        let row = Row::later(claim, now, now.plus_ms(remaining_ms));
        Waiting {
            id: 1,
            tenant: row.tenant,
            stage: row.stage.into(),
            delay: row.delay.map(Into::into),
            due: row.due,
            claim: serde_json::json!(row.claim),
            written_at: row.written_at,
        }
    }

    /// No hop is longer than what remains, so nothing is late by it; what is due within a second goes at once; and from
    /// any delay the hops end, so nothing goes round for ever.
    #[test]
    fn hops_end_in_time_and_never_behind_it() {
        let begin = Micros(1_800_000_000_000_000);
        for remaining in [0, 999, 1_000, 9_999, 10_000, 59_999, 60_000, 599_999, 600_000, 601_000, 86_400_000] {
            let (mut left, mut hops) = (remaining, 0);
            while let Some(delay) = message(&waiting(left, begin), begin).delay {
                let long = Delay::ALL.into_iter().find(|d| d.name() == delay).expect("a retry queue").ms();
                assert!(long <= left + SLACK_MS, "{remaining}: a hop of {long} ms with {left} ms left");
                left -= long;
                hops += 1;
            }
            assert!(left < 1_000, "{remaining}: it would come {left} ms early");
            assert!(hops <= 160, "{remaining}: {hops} hops");
        }
    }
}
