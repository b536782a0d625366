//! A queue that hangs: a broker killed within a second or two of a quorum queue's declaration may come back with the
//! queue's name and without the process that carries it (RabbitMQ 3.10.8, about one start in ten when several processes
//! had declared at once). It is declared, bound and counted as ever, and yet no publish to it is confirmed and no consumer
//! of it begins, for good. One such queue holds up all work, since the relay waits for its confirms.
//!
//! It is deleted and declared anew. Nothing is lost by it: what is unfinished is a state in the store, and the sweeper
//! sends again what was in it.

use super::{
    link::{Link, Live},
    topology,
};
use crate::queue::QueueError;
use lapin::options::{BasicGetOptions, BasicNackOptions, QueueDeleteOptions};
use std::time::Duration;

/// A queue that gives no answer for so long hangs, if the broker answers.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// The broker tries for some time to reach what carries a queue before it deletes the name alone.
const DELETION: Duration = Duration::from_secs(30);

/// What a queue says to a question that only what carries it can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulse {
    Beats,
    Missing,
    Silent,
}

/// A queue gave no answer by the connection of this epoch: asks by a later one, and makes it anew if it is silent there,
/// too. Several processes may do so at once: whoever comes second finds that it answers. What goes wrong with it is met
/// again by whoever uses the queue next.
pub(super) async fn mend(link: &Link, queue: &str, epoch: u64) {
    if let Err(error) = try_to_mend(link, queue, epoch).await {
        tracing::debug!(queue, %error, "a queue that gave no answer could not be made anew; it is tried again");
    }
}

async fn try_to_mend(link: &Link, queue: &str, epoch: u64) -> Result<(), QueueError> {
    let live = link.anew(epoch).await?;
    match pulse(link, &live, queue).await? {
        Pulse::Beats => return Ok(()),
        Pulse::Missing => {}
        Pulse::Silent => {
            let channel = link.channel(&live).await?;
            let deletion = channel.queue_delete(queue.into(), QueueDeleteOptions::default());
            let deleted = tokio::time::timeout(DELETION, deletion).await;
            let answered = matches!(deleted, Ok(Ok(_)));
            tracing::error!(
                queue,
                answered,
                "the broker answers and a queue of it does not, as after a crash while it was young: it is deleted and \
                 declared anew, and the sweeper sends again what was in it"
            );
            metrics::counter!("crossdock_queues_made_anew_total").increment(1);
        }
    }
    let channel = link.channel(&live).await?;
    link.call(&live, "declare", topology::declare(&channel)).await
}

/// Takes a message and puts it back, since counts and declarations are answered by the broker without the queue.
pub(super) async fn pulse(link: &Link, live: &Live, queue: &str) -> Result<Pulse, QueueError> {
    let channel = link.channel(live).await?;
    let got = tokio::time::timeout(ANSWER, channel.basic_get(queue.into(), BasicGetOptions::default())).await;
    match got {
        Ok(Ok(taken)) => {
            if let Some(message) = taken {
                let back = BasicNackOptions { requeue: true, multiple: false };
                link.call(live, "basic.nack", message.acker.nack(back)).await?;
            }
            Ok(Pulse::Beats)
        }
        Ok(Err(error)) if live.connection.status().connected() => {
            tracing::debug!(queue, %error, "a queue can't be asked");
            Ok(Pulse::Missing)
        }
        Ok(Err(error)) => Err(QueueError::Broker(error.to_string())),
        // A blocked connection hears nothing of what it asks for.
        Err(_) if live.connection.status().blocked() || !live.connection.status().connected() => Ok(Pulse::Beats),
        Err(_) => Ok(Pulse::Silent),
    }
}
