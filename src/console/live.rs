//! `/live`: the flow's picture and the newest documents as they change, as server-sent events.
//!
//! However many pages are open, a tenant is looked at once a second by one task, which ends with the last page.

use super::{Console, flow, session::Session};
use crate::canonical::Tenant;
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt, stream};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::MissedTickBehavior};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// A stream ends after this long: the browser asks again, and its session is looked at again.
const LONGEST: Duration = Duration::from_secs(300);

/// What all pages of a tenant show at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Frame {
    /// Nobody has looked yet.
    Nothing,
    Parts {
        flow: Arc<str>,
        newest: Arc<str>,
    },
    /// The store can't be reached.
    Away,
}

/// One channel for each tenant of which a page is open.
#[derive(Debug, Default)]
pub struct Sampler {
    channels: Mutex<HashMap<Tenant, watch::Sender<Frame>>>,
    looks: AtomicU64,
}

impl Sampler {
    fn channels(&self) -> MutexGuard<'_, HashMap<Tenant, watch::Sender<Frame>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it has looked at the store.
    pub fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }

    /// Joins those who watch a tenant; the first one starts the task that looks.
    fn watch(&self, console: &Console, tenant: Tenant) -> watch::Receiver<Frame> {
        let mut channels = self.channels();
        if let Some(sender) = channels.get(&tenant) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(Frame::Nothing);
        channels.insert(tenant, sender.clone());
        tokio::spawn(look_on(console.clone(), tenant, sender));
        receiver
    }

    /// Ends a channel, unless somebody joined meanwhile: joining holds the same lock.
    fn is_over(&self, tenant: Tenant, sender: &watch::Sender<Frame>) -> bool {
        let mut channels = self.channels();
        let over = sender.receiver_count() == 0;
        if over {
            channels.remove(&tenant);
        }
        over
    }
}

/// Looks every second while anybody watches.
async fn look_on(console: Console, tenant: Tenant, sender: watch::Sender<Frame>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = console.stop.cancelled() => return,
            () = sender.closed() => if console.sampler.is_over(tenant, &sender) { return },
            _ = ticks.tick() => {
                console.sampler.looks.fetch_add(1, Ordering::Relaxed);
                let frame = look(&console, tenant).await;
                sender.send_if_modified(|last| {
                    let changed = !is_alike(last, &frame);
                    if changed {
                        *last = frame;
                    }
                    changed
                });
            }
        }
    }
}

async fn look(console: &Console, tenant: Tenant) -> Frame {
    let looked = async {
        let numbers = flow::numbers(console, tenant).await?;
        let newest = flow::newest(console, tenant).await?;
        Ok::<_, crate::store::StoreError>((flow::picture(console, tenant, &numbers), newest))
    };
    match looked.await {
        Ok((flow, newest)) => Frame::Parts { flow: flow.into_string().into(), newest: newest.into_string().into() },
        Err(error) => {
            tracing::warn!(%error, "the live picture can't be read");
            Frame::Away
        }
    }
}

/// True if two frames differ in nothing but how long ago something was, which the page's script counts by itself.
fn is_alike(one: &Frame, other: &Frame) -> bool {
    match (one, other) {
        (Frame::Parts { flow, newest }, Frame::Parts { flow: flow2, newest: newest2 }) => {
            without_ages(flow) == without_ages(flow2) && without_ages(newest) == without_ages(newest2)
        }
        _ => one == other,
    }
}

/// Markup without the words inside its `time` elements; their instants stay.
fn without_ages(markup: &str) -> String {
    let mut parts = markup.split("<time ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
        let after = rest.split_once("</time>").map_or("", |(_, after)| after);
        all + tag + after
    })
}

/// `GET /live`. While the store is away it says so and goes on.
pub async fn stream(
    session: Session,
    State(console): State<Console>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut watching = console.sampler.watch(&console, session.tenant);
    watching.mark_changed();
    let frames = stream::unfold(watching, |mut watching| async move {
        watching.changed().await.ok()?;
        let frame = watching.borrow_and_update().clone();
        Some((stream::iter(events(frame).into_iter().map(Ok)), watching))
    });
    let frames = frames.flatten();
    let end = async move {
        tokio::select! {
            () = console.stop.cancelled() => {}
            () = tokio::time::sleep(LONGEST) => {}
        }
    };
    Sse::new(frames.take_until(end)).keep_alive(KeepAlive::default())
}

fn events(frame: Frame) -> Vec<Event> {
    match frame {
        Frame::Nothing => vec![],
        Frame::Away => vec![Event::default().event("away").data("the store can't be reached")],
        Frame::Parts { flow, newest } => {
            vec![Event::default().event("flow").data(flow), Event::default().event("newest").data(newest)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ages_make_no_difference() {
        let at = |instant: &str, age: &str| format!("<p><time datetime=\"{instant}\">{age}</time> a</p>");
        assert_eq!(without_ages(&at("1", "3 s ago")), without_ages(&at("1", "4 s ago")));
        assert_ne!(without_ages(&at("1", "3 s ago")), without_ages(&at("2", "3 s ago")));
        assert_ne!(without_ages("<p>1</p>"), without_ages("<p>2</p>"));
    }
}
