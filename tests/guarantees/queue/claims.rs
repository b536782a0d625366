//! A claim check from its commit to its settling.

use super::{
    bed::{Backing, Bed, PATIENCE, next, nothing, number, work_off},
    on_both,
};
use crossdock::store::{now, outbox};
use std::collections::{BTreeMap, BTreeSet};

on_both![
    comes_after_the_commit_and_not_before,
    a_transaction_rolled_back_gives_none,
    a_row_that_commits_late_is_not_stepped_over,
    comes_again_when_the_consumer_dies,
    given_back_comes_again,
    delivered_twice_works_once,
    a_single_consumer_sees_the_order_of_the_outbox,
    consumers_share,
    a_prefetch_bounds_what_one_holds,
    poison_among_healthy_ones,
    what_is_no_claim_check_does_not_go_round,
    counts_stand_as_they_are,
    what_is_done_after_the_consumer_stopped_is_settled,
];

async fn comes_after_the_commit_and_not_before(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    let mut tx = bed.store.begin(bed.tenant).await.unwrap();
    outbox::push(&mut tx, &[outbox::Row::at_once(bed.claim(1), now())]).await.unwrap();
    nothing(&mut consumer).await;
    tx.commit().await.unwrap();
    let taken = next(&mut consumer).await;
    assert_eq!(number(&taken), 1);
    assert_eq!(taken.claim, bed.claim(1));
    assert!(!taken.redelivered);
    bed.work(vec![taken]).await;
    bed.empty().await;
    nothing(&mut consumer).await;
}

async fn a_transaction_rolled_back_gives_none(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    let mut tx = bed.store.begin(bed.tenant).await.unwrap();
    outbox::push(&mut tx, &[outbox::Row::at_once(bed.claim(1), now())]).await.unwrap();
    tx.rollback().await.unwrap();
    bed.push([2]).await;
    let taken = next(&mut consumer).await;
    assert_eq!(number(&taken), 2);
    bed.work(vec![taken]).await;
    nothing(&mut consumer).await;
}

async fn a_row_that_commits_late_is_not_stepped_over(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    let mut late = bed.store.begin(bed.tenant).await.unwrap();
    outbox::push(&mut late, &[outbox::Row::at_once(bed.claim(1), now())]).await.unwrap();
    if bed.store.is_distributed() {
        // SQLite has one writer: there the second could not begin.
        bed.push(2..500).await;
        work_off(&bed, &mut consumer, 2..500).await;
        late.commit().await.unwrap();
    } else {
        late.commit().await.unwrap();
        bed.push(2..500).await;
        work_off(&bed, &mut consumer, 2..500).await;
        assert_eq!(bed.effects(1).await, 1);
        return;
    }
    work_off(&bed, &mut consumer, [1]).await;
    bed.empty().await;
}

async fn comes_again_when_the_consumer_dies(backing: Backing) {
    let bed = Bed::new(backing).await;
    bed.push(1..=5).await;
    let mut consumer = bed.consumer(3).await;
    let held = [next(&mut consumer).await, next(&mut consumer).await];
    assert_eq!(held.each_ref().map(number), [1, 2]);
    drop(held);
    drop(consumer);
    let mut another = bed.consumer(8).await;
    work_off(&bed, &mut another, 1..=5).await;
    bed.empty().await;
}

async fn given_back_comes_again(backing: Backing) {
    let bed = Bed::new(backing).await;
    bed.push(1..=3).await;
    let mut consumer = bed.consumer(8).await;
    let first = next(&mut consumer).await;
    assert_eq!(number(&first), 1);
    bed.queue.give_back(vec![first]).await;
    let came = work_off(&bed, &mut consumer, 1..=3).await;
    assert_eq!(came, BTreeMap::from([(1, 1), (2, 1), (3, 1)]));
    bed.empty().await;
}

/// The worker commits and dies before it can tell: the claim check comes again and finds its work done.
async fn delivered_twice_works_once(backing: Backing) {
    let bed = Bed::new(backing).await;
    bed.push([1]).await;
    // The same work is sent again by the sweeper, which can't know.
    bed.push([1]).await;
    let mut consumer = bed.consumer(8).await;
    let (first, second) = (next(&mut consumer).await, next(&mut consumer).await);
    assert_eq!((number(&first), number(&second)), (1, 1));
    bed.work(vec![first]).await;
    bed.work(vec![second]).await;
    assert_eq!(bed.effects(1).await, 1);
    bed.empty().await;
    nothing(&mut consumer).await;
}

async fn a_single_consumer_sees_the_order_of_the_outbox(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(16).await;
    for hundred in 0..10 {
        bed.push(hundred * 100..(hundred + 1) * 100).await;
    }
    let mut came = Vec::new();
    while came.len() < 1_000 {
        let mut taken = vec![next(&mut consumer).await];
        taken.extend(consumer.more(15).await.unwrap());
        came.extend(taken.iter().map(number));
        bed.work(taken).await;
    }
    assert!(came.iter().copied().eq(0..1_000), "{came:?}");
}

async fn consumers_share(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumers = [bed.consumer(4).await, bed.consumer(4).await, bed.consumer(4).await];
    bed.push(0..300).await;
    // Each holds what it took, so no one can take it all.
    let mut held = Vec::new();
    for consumer in &mut consumers {
        for _ in 0..4 {
            held.push(next(consumer).await);
        }
    }
    let first: BTreeSet<u64> = held.iter().map(number).collect();
    assert_eq!(first.len(), 12, "nothing is in two hands");
    bed.work(held).await;
    let [one, two, three] = &mut consumers;
    let mut came = BTreeMap::new();
    while came.len() < 288 {
        let taken = tokio::select! { t = next(one) => t, t = next(two) => t, t = next(three) => t };
        *came.entry(number(&taken)).or_insert(0) += 1;
        bed.work(vec![taken]).await;
    }
    assert!(came.iter().all(|(number, times)| *times == 1 && !first.contains(number)), "{came:?}");
    bed.empty().await;
}

async fn a_prefetch_bounds_what_one_holds(backing: Backing) {
    let bed = Bed::new(backing).await;
    bed.push(0..20).await;
    let mut greedy = bed.consumer(5).await;
    let held = next(&mut greedy).await;
    let mut other = bed.consumer(20).await;
    work_off(&bed, &mut other, 5..20).await;
    bed.work(vec![held]).await;
    work_off(&bed, &mut greedy, 1..5).await;
    bed.empty().await;
}

/// A worker dies of one claim check and takes what it holds with it, five times; then it knows, and writes its end. The
/// others are done all the same, none is lost with its holder.
async fn poison_among_healthy_ones(backing: Backing) {
    const POISON: u64 = 7;
    let bed = Bed::new(backing).await;
    bed.push(0..40).await;
    let mut waiting: BTreeSet<u64> = (0..40).collect();
    let mut deaths = 0;
    let mut consumer = bed.consumer(4).await;
    while !waiting.is_empty() {
        let mut taken = vec![next(&mut consumer).await];
        taken.extend(consumer.more(3).await.unwrap());
        if taken.iter().any(|one| number(one) == POISON) && deaths < 5 {
            deaths += 1;
            drop(taken);
            consumer = bed.consumer(4).await;
            continue;
        }
        for one in &taken {
            waiting.remove(&number(one));
        }
        bed.work(taken).await;
    }
    assert_eq!(deaths, 5);
    bed.empty().await;
}

async fn what_is_no_claim_check_does_not_go_round(backing: Backing) {
    let bed = Bed::new(backing).await;
    let mut consumer = bed.consumer(8).await;
    bed.push_nonsense("\"not a claim check\"").await;
    bed.push_nonsense(
        "{\"v\": 9, \"tenant\": \"00000000-0000-0000-0000-000000000001\", \"kind\": \"apply\", \"ids\": []}",
    )
    .await;
    bed.push_nonsense("{\"v\": 1, \"kind\": \"apply\"}").await;
    bed.push([1]).await;
    let taken = next(&mut consumer).await;
    assert_eq!(number(&taken), 1);
    bed.work(vec![taken]).await;
    bed.empty().await;
    nothing(&mut consumer).await;
}

async fn counts_stand_as_they_are(backing: Backing) {
    use crossdock::canonical::Stage;
    let bed = Bed::new(backing).await;
    bed.push(0..10).await;
    bed.push_later(100, now().plus_ms(60_500)).await;
    let counted = |ready, waiting| {
        let bed = &bed;
        crate::hub::wait::wait_for(PATIENCE, "the counts", move || async move {
            let standing = bed.queue.standing(Stage::Apply).await.map_err(|e| e.to_string())?;
            let good = standing.ready == ready && standing.waiting == waiting;
            if good { Ok(standing) } else { Err(format!("{standing:?}, not {ready} and {waiting}")) }
        })
    };
    counted(10, 1).await;
    let mut consumer = bed.consumer(4).await;
    let taken = next(&mut consumer).await;
    let standing = counted(6, 1).await;
    assert!(standing.unsettled.is_none_or(|n| n == 4), "{standing:?}");
    assert!(standing.consumers.is_none_or(|n| n == 1), "{standing:?}");
    bed.work(vec![taken]).await;
    work_off(&bed, &mut consumer, 1..10).await;
    counted(0, 1).await;
}

/// A stage that is told to stop lets its consumer go and ends the work in hand.
async fn what_is_done_after_the_consumer_stopped_is_settled(backing: Backing) {
    let bed = Bed::new(backing).await;
    bed.push(1..=6).await;
    let mut consumer = bed.consumer(4).await;
    let in_hand = vec![next(&mut consumer).await, next(&mut consumer).await];
    drop(consumer);
    let mut another = bed.consumer(8).await;
    // What the first one had not pulled goes to the other while the first still works.
    let came = work_off(&bed, &mut another, 3..=6).await;
    assert!(!came.contains_key(&1) && !came.contains_key(&2), "{came:?}");
    bed.work(in_hand).await;
    nothing(&mut another).await;
    bed.empty().await;
}
