//! Acks. A delivery belongs to the channel it came by, its lane: when that is gone an ack is void and dropped, since the
//! claim check comes again.
//!
//! Acks that leave no gap are told as one (`multiple`). Two acks of a lane never overlap, or the second could name a tag
//! that the first has covered, for which the broker closes the channel (406).

use super::link::{Link, Live};
use lapin::{
    Acker, Channel,
    options::{BasicAckOptions, BasicNackOptions},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// A channel that consumes, and the tags that came by it and are not settled. It closes when its taker and all its
/// deliveries are gone, and what is unsettled then is delivered again.
pub(super) struct Lane {
    pub channel: Channel,
    link: Link,
    live: Live,
    unsettled: Mutex<BTreeSet<u64>>,
    telling: tokio::sync::Mutex<()>,
}

/// A claim check's way back to the broker.
pub(crate) struct Delivery {
    lane: Arc<Lane>,
    tag: u64,
    acker: Acker,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({}, epoch {})", self.tag, self.lane.live.epoch)
    }
}

impl Lane {
    pub fn new(channel: Channel, link: Link, live: Live) -> Lane {
        Lane { channel, link, live, unsettled: Mutex::default(), telling: tokio::sync::Mutex::default() }
    }

    /// True while its channel stands.
    pub fn stands(&self) -> bool {
        self.channel.status().connected() && self.live.connection.status().connected()
    }

    /// The connection that it is of.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// True while a delivery of it is in hand.
    pub fn has_unsettled(&self) -> bool {
        !self.unsettled().is_empty()
    }

    /// Notes a delivery.
    pub fn delivered(self: &Arc<Lane>, tag: u64, acker: Acker) -> Delivery {
        self.unsettled().insert(tag);
        Delivery { lane: self.clone(), tag, acker }
    }

    fn unsettled(&self) -> std::sync::MutexGuard<'_, BTreeSet<u64>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ack(&self, deliveries: BTreeMap<u64, Acker>) {
        let _one_at_a_time = self.telling.lock().await;
        let gap = self.unsettled().iter().find(|tag| !deliveries.contains_key(tag)).copied().unwrap_or(u64::MAX);
        // All that came before the gap is settled by now or in hand here.
        let whole: Vec<u64> = deliveries.range(..gap).map(|(tag, _)| *tag).collect();
        for (tag, acker) in &deliveries {
            let covered = whole.last().is_some_and(|last| tag < last);
            if !covered && self.stands() {
                let multiple = whole.len() > 1 && whole.last() == Some(tag);
                let told = self.link.call(&self.live, "basic.ack", acker.ack(BasicAckOptions { multiple })).await;
                if let Err(error) = told {
                    tracing::debug!(%error, "an ack could not be told; its claim check comes again");
                }
            }
        }
        let mut unsettled = self.unsettled();
        for tag in deliveries.keys() {
            unsettled.remove(tag);
        }
    }

    async fn give_back(&self, deliveries: BTreeMap<u64, Acker>) {
        let _one_at_a_time = self.telling.lock().await;
        for (tag, acker) in &deliveries {
            if self.stands() {
                let requeue = BasicNackOptions { requeue: true, multiple: false };
                let told = self.link.call(&self.live, "basic.nack", acker.nack(requeue)).await;
                if let Err(error) = told {
                    tracing::debug!(%error, "a claim check could not be given back; it comes again");
                }
            }
            self.unsettled().remove(tag);
        }
    }
}

/// What is told of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Done,
    Back,
}

/// Tells the broker, lane by lane. In a task of its own: a caller that is cut short must not leave half of it untold.
pub(crate) async fn tell(word: Word, deliveries: Vec<Delivery>) {
    let mut by_lane: Vec<(Arc<Lane>, BTreeMap<u64, Acker>)> = Vec::new();
    for Delivery { lane, tag, acker } in deliveries {
        match by_lane.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &lane)) {
            Some((_, tags)) => drop(tags.insert(tag, acker)),
            None => by_lane.push((lane, BTreeMap::from([(tag, acker)]))),
        }
    }
    let telling = tokio::spawn(async move {
        for (lane, tags) in by_lane {
            match word {
                Word::Done => lane.ack(tags).await,
                Word::Back => lane.give_back(tags).await,
            }
        }
    });
    let _ = telling.await;
}
