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

/// How slowly a sender may send.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// At most so long without a byte.
    pub idle: Duration,
    /// A body may take so long whatever its size …
    pub grace: Duration,
    /// … and after that a second for so many bytes.
    pub bytes_a_second: u64,
}

/// What every document that is posted gets.
pub const PACE: Pace = Pace { idle: Duration::from_secs(30), grace: Duration::from_secs(60), bytes_a_second: 16 << 10 };

/// Of a refused body so much is taken off the wire, for so long.
const DRAIN_BYTES: u64 = 64 << 20;
const DRAIN: Duration = Duration::from_secs(10);

/// A request's body.
pub struct Paced {
    body: BodyDataStream,
    pace: Pace,
    began: Instant,
    received: u64,
    patience: Pin<Box<Sleep>>,
}

impl Paced {
    /// Starts the clock.
    pub fn new(body: Body, pace: Pace) -> Paced {
        let patience = Box::pin(tokio::time::sleep(pace.idle));
        Paced { body: body.into_data_stream(), pace, began: Instant::now(), received: 0, patience }
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
                let latest =
                    self.began + self.pace.grace + Duration::from_secs(self.received / self.pace.bytes_a_second);
                let until = latest.min(Instant::now() + self.pace.idle);
                self.patience.as_mut().reset(until);
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(io::Error::other(error)))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if self.patience.as_mut().poll(cx).is_ready() => Poll::Ready(Some(Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("after {} bytes nothing came for {:?}, or too little for long", self.received, self.pace.idle),
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

    const SHORT: Pace =
        Pace { idle: Duration::from_millis(100), grace: Duration::from_millis(400), bytes_a_second: 1 << 20 };

    async fn cut(every: Duration) -> (u64, Duration) {
        let began = Instant::now();
        let mut paced = Paced::new(drip(every), SHORT);
        loop {
            match paced.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                    return (paced.received, began.elapsed());
                }
                None => panic!("it has no end"),
            }
        }
    }

    #[tokio::test]
    async fn silence_is_cut_after_the_idle_time() {
        let (received, took) = cut(Duration::from_secs(3600)).await;
        assert_eq!(received, 0);
        assert!(took >= SHORT.idle && took < SHORT.grace, "{took:?}");
    }

    #[tokio::test]
    async fn a_drip_is_cut_after_the_grace() {
        let (received, took) = cut(Duration::from_millis(20)).await;
        assert!(received > 1 && took >= SHORT.grace, "{received} bytes in {took:?}");
    }
}
