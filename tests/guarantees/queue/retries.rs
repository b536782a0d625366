//! Claim checks for later.

use super::{
    bed::{Backing, Bed, next, nothing, number},
    on_both,
};
use crossdock::{
    canonical::Stage,
    store::{now, outbox},
};

on_both![later_ones_wait_and_grow, what_is_far_away_waits_in_the_store, far_ones_come_each_at_its_own_time];

/// Who wakes early goes round again; under a second is early enough.
const EARLY_ENOUGH_MS: i64 = 1_000;

async fn later_ones_wait_and_grow(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    // What is set up with the first message takes its time on a busy machine, and is none of what is measured.
    bed.push([9]).await;
    let first = next(&mut consumer).await;
    bed.work(vec![first]).await;
    // The one that is due first counts from its own push, so that a slow machine does not take it before the next is pushed.
    let mut due = Vec::new();
    for (n, ms) in [(3, 11_500), (2, 2_600), (1, 1_050)] {
        let at = now().plus_ms(ms);
        due.push((n, at));
        bed.push_later(n, at).await;
    }
    let began = now();
    bed.push([0]).await;
    let is_first = now().0 < due[2].1.0;
    let mut done = Vec::new();
    let mut rounds = 0;
    while done.len() < 4 {
        let taken = next(&mut consumer).await;
        let came = now();
        rounds += 1;
        let due = due.iter().find(|(n, _)| *n == number(&taken)).map_or(began, |(_, due)| *due);
        let early_ms = (due.0 - came.0) / 1_000;
        if early_ms >= EARLY_ENOUGH_MS {
            bed.push_later(number(&taken), due).await;
        } else {
            // From the queue of the next longer wait the second would come 7.4 s late.
            assert!(early_ms > -7_000, "{} came {} ms late", number(&taken), -early_ms);
            done.push(number(&taken));
        }
        bed.work(vec![taken]).await;
    }
    if is_first {
        assert_eq!(done[0], 0, "{done:?}");
    }
    done.retain(|n| *n > 0);
    assert_eq!(done, [1, 2, 3]);
    // One that is due in 1 s is not taken at once, and each takes a round or two more, not a hundred.
    assert!(rounds <= 12, "{rounds} rounds");
    bed.empty().await;
    nothing(&mut consumer).await;
}

/// Over ten minutes no message waits in a broker.
async fn what_is_far_away_waits_in_the_store(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    bed.push_later(1, now().plus_ms(11 * 60_000)).await;
    bed.push([2]).await;
    let taken = next(&mut consumer).await;
    assert_eq!(number(&taken), 2);
    bed.work(vec![taken]).await;
    nothing(&mut consumer).await;
    let standing = bed.queue.standing(Stage::Apply).await.unwrap();
    let waiting = if bed.store.is_distributed() { 0 } else { 1 };
    assert_eq!((standing.ready, standing.waiting), (0, waiting));
    let mut tx = bed.store.system_read().await.unwrap();
    let rows = outbox::depth(&mut tx, now()).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(rows.len() as u64, waiting, "on PostgreSQL it is a timer and no outbox row: {rows:?}");
    bed.let_time_pass().await;
    let taken = next(&mut consumer).await;
    assert_eq!(taken.claim, bed.claim(1));
    bed.work(vec![taken]).await;
    bed.empty().await;
}

/// Of several that are far away only those come whose time is there, once each; the others stay where they are.
async fn far_ones_come_each_at_its_own_time(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    let began = now();
    for minutes in [11, 180, 3 * 24 * 60] {
        bed.push_later(minutes, began.plus_ms(minutes as i64 * 60_000)).await;
    }
    nothing(&mut consumer).await;
    for minutes in [11, 180] {
        let past = began.plus_ms((minutes + 1) * 60_000).0;
        bed.let_pass(&format!("<= {past}")).await;
        let taken = next(&mut consumer).await;
        assert_eq!(taken.claim, bed.claim(minutes as u64));
        bed.work(vec![taken]).await;
        nothing(&mut consumer).await;
    }
    assert_eq!([bed.effects(11).await, bed.effects(180).await, bed.effects(3 * 24 * 60).await], [1, 1, 0]);
    bed.let_pass(">= 0").await;
    let taken = next(&mut consumer).await;
    assert_eq!(taken.claim, bed.claim(3 * 24 * 60));
    bed.work(vec![taken]).await;
    bed.empty().await;
}
