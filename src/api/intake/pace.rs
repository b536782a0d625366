//! A body with a pace: who sends nothing for a while, or too little for long, frees the place for another.

use axum::body::{Body, BodyDataStream, Bytes};
use futures_util::{Stream, StreamExt};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep};

/// At most so long without a byte.
const IDLE: Duration = Duration::from_secs(30);
/// A body may take so long whatever its size …
const GRACE: Duration = Duration::from_secs(60);
/// … and after that a second for so many bytes.
const BYTES_A_SECOND: u64 = 16 << 10;
/// Of a refused body so much is taken off the wire, for so long.
const DRAIN_BYTES: u64 = 64 << 20;
const DRAIN: Duration = Duration::from_secs(10);

/// A request's body.
pub struct Paced {
    body: BodyDataStream,
    began: Instant,
    received: u64,
    patience: Pin<Box<Sleep>>,
}

impl Paced {
    /// Starts the clock.
    pub fn new(body: Body) -> Paced {
        Paced { body: body.into_data_stream(), began: Instant::now(), received: 0, patience: Box::pin(tokio::time::sleep(IDLE)) }
    }

    /// Reads on and forgets, within bounds.
    pub async fn drain(mut self) {
        let mut left = DRAIN_BYTES;
        let all = async {
            while let Some(Ok(bytes)) = self.body.next().await {
                left = left.saturating_sub(bytes.len() as u64);
                if left == 0 {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(DRAIN, all).await;
    }
}

impl Stream for Paced {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self.body.poll_next_unpin(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                self.received += bytes.len() as u64;
                let latest = self.began + GRACE + Duration::from_secs(self.received / BYTES_A_SECOND);
                let until = latest.min(Instant::now() + IDLE);
                self.patience.as_mut().reset(until);
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(io::Error::other(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if self.patience.as_mut().poll(cx).is_ready() => Poll::Ready(Some(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("after {} bytes nothing came for {} s, or too little for long", self.received, IDLE.as_secs()),
            )))),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    /// A body that gives one byte each so often, for ever.
    fn drip(every: Duration) -> Body {
        Body::from_stream(stream::unfold((), move |()| async move {
            tokio::time::sleep(every).await;
            Some((Ok::<_, io::Error>(Bytes::from_static(b"x")), ()))
        }))
    }

    async fn read(body: Body) -> (u64, Duration, io::ErrorKind) {
        let began = Instant::now();
        let mut paced = Paced::new(body);
        loop {
            match paced.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return (paced.received, began.elapsed(), error.kind()),
                None => panic!("it has no end"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_cut_after_the_idle_time() {
        let (received, took, kind) = read(drip(Duration::from_secs(31))).await;
        assert_eq!((received, took.as_secs(), kind), (0, 30, io::ErrorKind::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drip_is_cut_after_the_grace() {
        let (received, took, kind) = read(drip(Duration::from_secs(7))).await;
        assert_eq!((received, took.as_secs(), kind), (8, 60, io::ErrorKind::TimedOut));
    }
}
