//! Waiting for a condition, with a deadline and an error that says what was awaited. The only place that sleeps.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How long between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until `condition` holds, looking every 20 ms.
///
/// # Panics
/// After `deadline`, with `what` in the message.
pub async fn wait_until<F>(deadline: Duration, what: &str, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    wait_for(deadline, what, || {
        let held = condition();
        async move { if held.await { Ok(()) } else { Err("not yet".to_owned()) } }
    })
    .await
}

/// Waits until `attempt` gives a value and returns it. Its last error is shown when the deadline passes.
///
/// # Panics
/// After `deadline`, with `what` and the last error in the message. One attempt that hangs is cut off then, too.
pub async fn wait_for<T, F>(deadline: Duration, what: &str, mut attempt: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let began = Instant::now();
    let mut last = "an attempt did not end".to_owned();
    loop {
        let left = deadline.saturating_sub(began.elapsed());
        match tokio::time::timeout(left, attempt()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(error)) => last = error,
            Err(_) => panic!("waited {deadline:?} for {what}: {last}"),
        }
        assert!(began.elapsed() < deadline, "waited {deadline:?} for {what}: {last}");
        tokio::time::sleep(LOOK).await;
    }
}

/// The same for code that isn't async.
///
/// # Panics
/// After `deadline`, with `what` in the message.
pub fn wait_blocking(deadline: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < deadline, "waited {deadline:?} for {what}");
        std::thread::sleep(LOOK);
    }
}
