//! `/live`: the flow's picture and the newest documents again and again, as server-sent events.

use super::{Console, flow, session::Session};
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream};
use std::{convert::Infallible, time::Duration};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// A stream ends after this many looks: the browser asks again, and its session is looked at again.
const LOOKS: u32 = 150;

/// `GET /live`. While the store is away it says so and goes on.
pub async fn stream(
    session: Session,
    State(console): State<Console>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stop = console.stop.clone();
    let looks = stream::unfold((console, session, 0), |(console, session, n)| async move {
        if n >= LOOKS {
            return None;
        }
        tokio::time::sleep(EVERY).await;
        let event = look(&console, &session, n).await;
        Some((Ok(event), (console, session, n + 1)))
    });
    Sse::new(futures_util::StreamExt::take_until(looks, stop.cancelled_owned())).keep_alive(KeepAlive::default())
}

/// Picture and documents by turns: the picture moves oftener than people read.
async fn look(console: &Console, session: &Session, n: u32) -> Event {
    let tenant = session.tenant;
    let looked = match n % 2 {
        0 => flow::numbers(console, tenant).await.map(|numbers| ("flow", flow::picture(console, tenant, &numbers))),
        _ => flow::newest(console, tenant).await.map(|table| ("newest", table)),
    };
    match looked {
        Ok((name, markup)) => Event::default().event(name).data(markup.into_string()),
        Err(error) => {
            tracing::warn!(%error, "the live picture can't be read");
            Event::default().event("away").data("the store can't be reached")
        }
    }
}
