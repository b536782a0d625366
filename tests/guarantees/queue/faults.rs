//! What happens to both backings: a restart, a block, the loss of all that the store does not know.

use super::{
    bed::{Backing, Bed, PATIENCE, QUIET, drain, drain_but, next, number, work_off},
    on_both,
};
use crate::hub::wait::wait_until;
use crossdock::canonical::Stage;

on_both![a_restart_loses_nothing, a_block_loses_nothing_and_ends, what_the_queue_forgets_is_sent_again];

async fn a_restart_loses_nothing(backing: Backing) {
    let mut bed = Bed::of_its_own(backing).await;
    bed.push(0..100).await;
    settled_on_disk(&bed).await;
    let mut consumer = bed.consumer(16).await;
    work_off(&bed, &mut consumer, 0..30).await;
    let held = [next(&mut consumer).await, next(&mut consumer).await];
    bed.push_later(200, crossdock::store::now().plus_ms(61_000)).await;
    wait_until(PATIENCE, "the later one to wait", || async { waiting(&bed).await == Some(1) }).await;
    bed.restart().await;
    bed.push(100..150).await;
    // By an old epoch: told to nobody, and harmless.
    let held_numbers = held.each_ref().map(number);
    bed.queue.ack(Vec::from(held)).await;
    let mut consumer = bed.consumer(16).await;
    let unfinished: Vec<u64> = unfinished(&bed, 0..150).await;
    assert!(held_numbers.iter().all(|n| unfinished.contains(n)));
    work_off(&bed, &mut consumer, unfinished).await;
    drain_but(&bed, &mut consumer, 1).await;
}

async fn unfinished(bed: &Bed, numbers: std::ops::Range<u64>) -> Vec<u64> {
    let mut unfinished = Vec::new();
    for n in numbers {
        if bed.effects(n).await == 0 {
            unfinished.push(n);
        }
    }
    unfinished
}

async fn waiting(bed: &Bed) -> Option<u64> {
    bed.queue.standing(Stage::Apply).await.ok().map(|standing| standing.waiting)
}

/// A quorum queue whose name is not on disk yet is lost by a crash; see `what_the_queue_forgets_is_sent_again` for that.
async fn settled_on_disk(bed: &Bed) {
    if let Some(node) = &bed.node {
        for queue in ["cd1.apply", "cd1.retry.apply.1m"] {
            node.settled("/", queue).await;
        }
    }
}

async fn a_block_loses_nothing_and_ends(backing: Backing) {
    let bed = Bed::of_its_own(backing).await;
    let mut consumer = bed.consumer(16).await;
    bed.push(0..10).await;
    let mut taken = vec![next(&mut consumer).await];
    let block = bed.block().await;
    // Taking goes on: nothing of it writes.
    while taken.len() < 10 {
        taken.push(next(&mut consumer).await);
    }
    let writing = async { tokio::join!(bed.work(taken), bed.push(10..1_500)) };
    tokio::pin!(writing);
    let ended = tokio::time::timeout(QUIET * 5, &mut writing).await.is_ok();
    assert_eq!(ended, bed.store.is_distributed(), "a broker's block holds nobody who writes to the store");
    if bed.store.is_distributed() {
        wait_until(PATIENCE, "the block to show", || async { blocked(&bed) == 1 }).await;
        assert!(bed.queue.health().iter().all(|line| line.up), "blocked is not away");
    }
    bed.unblock(block).await;
    if !ended {
        writing.await;
    }
    work_off(&bed, &mut consumer, 10..1_500).await;
    drain(&bed, &mut consumer).await;
    assert_eq!(blocked(&bed), 0);
}

fn blocked(bed: &Bed) -> usize {
    bed.queue.health().iter().filter(|line| line.blocked.is_some()).count()
}

async fn what_the_queue_forgets_is_sent_again(backing: Backing) {
    let mut bed = Bed::of_its_own(backing).await;
    bed.push(0..200).await;
    let mut consumer = bed.consumer(8).await;
    work_off(&bed, &mut consumer, 0..20).await;
    let held = next(&mut consumer).await;
    let lost = number(&held);
    bed.lose_the_queue().await;
    drop(held);
    // The sweeper's part: what the store says is unfinished is sent again. New work comes beside it.
    let unfinished = unfinished(&bed, 0..200).await;
    assert!(unfinished.contains(&lost));
    bed.push(unfinished.clone()).await;
    bed.push(200..250).await;
    let mut consumer = bed.consumer(16).await;
    work_off(&bed, &mut consumer, unfinished.into_iter().chain(200..250)).await;
    drain(&bed, &mut consumer).await;
}
