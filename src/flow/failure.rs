//! What a failure costs: sorted by what it is, never by how often alone.

use crate::{
    canonical::Micros,
    config::FlowSettings,
    store::{StoreError, Trouble},
};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Full jitter between nothing and a delay that doubles with each try (AWS Architecture Blog, "Exponential Backoff And Jitter"),
/// with a floor of a tenth so that a retry never spins.
pub fn delay_ms(settings: &FlowSettings, tries: i64) -> i64 {
    let doubled = settings.retry_first_ms.saturating_mul(1 << tries.clamp(0, 20)).min(settings.retry_max_ms) as i64;
    let floor = (doubled / 10).max(1);
    rand::random_range(floor..=doubled.max(floor))
}

/// When a thing that failed for the `tries`th time is tried again; nothing once its budget is spent.
pub fn next_try(settings: &FlowSettings, now: Micros, first_failed: Micros, tries: i64) -> Option<Micros> {
    let due = now.plus_ms(delay_ms(settings, tries));
    (due.0 - first_failed.0 <= settings.retry_budget_ms as i64 * 1_000).then_some(due)
}

/// What groups failures: the same stage, code, place and mapping give the same fingerprint.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    crate::store::deliveries::hex(&hash.finalize()[..8])
}

/// The text of a caught panic.
pub fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_string())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".into())
}

/// Waits while the store is away: longer each time, at most 5 s.
pub struct Patience {
    tries: u32,
}

impl Patience {
    pub fn new() -> Self {
        Patience { tries: 0 }
    }

    /// Waits, and says so the first time.
    pub async fn wait(&mut self, stage: &'static str, error: &(dyn std::fmt::Display + Sync)) {
        if self.tries == 0 {
            tracing::warn!(stage, %error, "the store or the broker is away; what is held is kept, and work goes on when it is back");
        }
        let longest = (50u64 << self.tries.min(7)).min(5_000);
        self.tries += 1;
        tokio::time::sleep(Duration::from_millis(rand::random_range(longest / 2..=longest))).await;
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::new()
    }
}

/// True if the work itself is not to blame and the same work may be done again at once.
pub fn is_conflict(error: &StoreError) -> bool {
    error.trouble() == Trouble::Conflict
}

/// True if the store can't be reached.
pub fn is_away(error: &StoreError) -> bool {
    error.trouble() == Trouble::Away
}
