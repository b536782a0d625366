//! What follows a failed try: pure, so that a table of cases tries it.

use crate::canonical::Micros;
use std::time::Duration;

/// How often, how long.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Delays between tries in milliseconds; the last one repeats.
    pub retry_ms: Vec<u64>,
    /// So long after the first failure it is dead.
    pub budget_ms: u64,
}

/// A failure, as far as it matters for what follows.
#[derive(Debug, Clone, Copy)]
pub struct Failed {
    /// Trying again can't help.
    pub is_final: bool,
    pub retry_after: Option<Duration>,
    /// Tries before this one since the delivery was made or replayed.
    pub earlier_tries: i64,
    pub first_failed_at: Option<Micros>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Retry {
        due: Micros,
    },
    /// The sentence says why no more tries are made, if the failure itself doesn't.
    Dead {
        why: Option<String>,
    },
}

/// Decides. `jitter` is uniform in 0..1: the delay is full jitter's, but at least a tenth of the whole, so that a
/// receiver in trouble is never hit again at once. The last try is made at the end of the budget.
pub fn next(policy: &Policy, failed: &Failed, now: Micros, jitter: f64) -> Next {
    if failed.is_final {
        return Next::Dead { why: None };
    }
    let end = failed.first_failed_at.unwrap_or(now).plus_ms(policy.budget_ms.min(i64::MAX as u64) as i64);
    if now >= end {
        return Next::Dead { why: Some(format!("it has failed for {}, which is the budget", words(policy.budget_ms))) };
    }
    let asked = Micros(
        now.0.saturating_add(failed.retry_after.map_or(0, |wait| wait.as_micros().min(i64::MAX as u128) as i64)),
    );
    if asked > end {
        let why = format!(
            "the receiver wants to be left alone until {asked}, and the budget of {} ends before",
            words(policy.budget_ms)
        );
        return Next::Dead { why: Some(why) };
    }
    let whole = nth(&policy.retry_ms, failed.earlier_tries);
    let wait_us = (whole as f64 * 1_000.0 * jitter.clamp(0.1, 1.0)) as i64;
    let due = Micros(now.0.saturating_add(wait_us)).max(asked).min(end);
    Next::Retry { due }
}

fn nth(delays: &[u64], n: i64) -> u64 {
    let n = usize::try_from(n).unwrap_or(0);
    delays.get(n).or(delays.last()).copied().unwrap_or(1_000)
}

fn words(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        10_000..600_000 => format!("{} s", ms / 1_000),
        600_000..14_400_000 => format!("{} minutes", ms / 60_000),
        _ => format!("{} hours", ms / 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_000_000_000);

    fn policy() -> Policy {
        Policy { retry_ms: vec![200, 500, 1_000], budget_ms: 5_000 }
    }

    fn failed(earlier_tries: i64, first_ms_ago: Option<i64>, retry_after_s: Option<u64>) -> Failed {
        Failed {
            is_final: false,
            retry_after: retry_after_s.map(Duration::from_secs),
            earlier_tries,
            first_failed_at: first_ms_ago.map(|ms| NOW.plus_ms(-ms)),
        }
    }

    #[test]
    fn what_follows_a_failure() {
        // tries before, ms since the first failure, Retry-After in s, jitter -> ms until the next try, or dead
        let cases = [
            (0, None, None, 1.0, Some(200)),
            (1, Some(200), None, 1.0, Some(500)),
            (2, Some(700), None, 1.0, Some(1_000)),
            (9, Some(700), None, 1.0, Some(1_000)),
            (0, None, None, 0.5, Some(100)),
            (0, None, None, 0.0, Some(20)),
            (3, Some(4_600), None, 1.0, Some(400)),
            (3, Some(4_999), None, 1.0, Some(1)),
            (3, Some(5_000), None, 1.0, None),
            (3, Some(9_000), None, 1.0, None),
            (0, None, Some(3), 1.0, Some(3_000)),
            (2, Some(700), Some(0), 1.0, Some(1_000)),
            (0, None, Some(5), 1.0, Some(5_000)),
            (0, None, Some(6), 1.0, None),
            (0, None, Some(u64::MAX), 1.0, None),
        ];
        for (tries, since, after, jitter, expected) in cases {
            let got = match next(&policy(), &failed(tries, since, after), NOW, jitter) {
                Next::Retry { due } => Some((due.0 - NOW.0) / 1_000),
                Next::Dead { .. } => None,
            };
            assert_eq!(got, expected, "tries {tries}, since {since:?}, Retry-After {after:?}, jitter {jitter}");
        }
    }

    #[test]
    fn a_final_failure_needs_no_budget() {
        let failed = Failed { is_final: true, ..failed(0, None, None) };
        assert_eq!(next(&policy(), &failed, NOW, 1.0), Next::Dead { why: None });
    }

    #[test]
    fn a_policy_without_delays_still_waits() {
        let policy = Policy { retry_ms: vec![], budget_ms: u64::MAX };
        assert_eq!(next(&policy, &failed(0, None, None), NOW, 1.0), Next::Retry { due: NOW.plus_ms(1_000) });
    }
}
