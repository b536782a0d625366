//! What only a broker can do to us: connections cut and stalled, confirms that never come, channels closed, consumers
//! cancelled, queues deleted, a claim check that kills its workers; and the relay's lock.

use super::bed::{Backing, Bed, PATIENCE, drain, next, nothing, number, work_off};
use crate::hub::{
    services::{Mode, Proxy, Rabbit},
    wait::{wait_for, wait_until},
};
use crossdock::{
    canonical::Stage,
    queue::{Queue, QueueError},
    store::{now, outbox},
};
use sqlx::Connection;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_cut_again_and_again_lose_nothing() {
    let node = Rabbit::start().await;
    let proxy = Proxy::start(node.port()).await;
    let url = proxy.url(&node.url());
    let bed = Bed::through(node, url).await;
    let mut consumer = bed.consumer(16).await;
    for round in 0..10u64 {
        bed.push(round * 100..round * 100 + 50).await;
        let connections = proxy.taken();
        proxy.cut();
        bed.push(round * 100 + 50..(round + 1) * 100).await;
        work_off(&bed, &mut consumer, round * 100..(round + 1) * 100).await;
        wait_until(PATIENCE, "both connections anew", || async { proxy.taken() >= connections + 2 }).await;
    }
    drain(&bed, &mut consumer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_confirm_costs_a_second_publish() {
    let node = Rabbit::start().await;
    let proxy = Proxy::start(node.port()).await;
    let url = proxy.url(&node.url());
    let bed = Bed::through(node, url).await;
    let mut consumer = bed.consumer(16).await;
    bed.push([0]).await;
    work_off(&bed, &mut consumer, [0]).await;
    drain(&bed, &mut consumer).await;
    // Published, and the confirm vanishes: the row must stay until it is confirmed for sure.
    proxy.set(Mode::DropReplies);
    bed.push(1..=20).await;
    let node = bed.node.as_ref().unwrap();
    wait_for(PATIENCE, "the broker to have them", || async {
        let (ready, taken) = node.management().queue("/", "cd1.apply").await?;
        if ready + taken >= 20 { Ok(()) } else { Err(format!("{ready} + {taken}")) }
    })
    .await;
    let mut tx = bed.store.system_read().await.unwrap();
    assert_eq!(outbox::depth(&mut tx, now()).await.unwrap()[0].1, 20, "unconfirmed rows stay");
    tx.rollback().await.unwrap();
    proxy.cut();
    proxy.set(Mode::Pass);
    work_off(&bed, &mut consumer, 1..=20).await;
    drain(&bed, &mut consumer).await;
    assert_eq!(bed.effects(20).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_connection_is_given_up_and_made_anew() {
    let node = Rabbit::start().await;
    let proxy = Proxy::start(node.port()).await;
    let url = proxy.url(&node.url());
    let bed = Bed::through(node, url).await;
    let mut consumer = bed.consumer(16).await;
    bed.push([0]).await;
    work_off(&bed, &mut consumer, [0]).await;
    proxy.set(Mode::Stall);
    bed.push(1..=200).await;
    wait_until(PATIENCE, "the stall to be noticed", || async { bed.queue.health().iter().any(|line| !line.up) }).await;
    proxy.set(Mode::Pass);
    work_off(&bed, &mut consumer, 1..=200).await;
    drain(&bed, &mut consumer).await;
    assert!(bed.queue.health().iter().all(|line| line.up));
}

/// The broker closes a channel whose consumer holds a delivery too long; the connection stays, and nobody tells the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_closed_by_the_broker_is_made_anew_and_old_acks_are_void() {
    let node = Rabbit::start_with("consumer_timeout = 2000", "{channel_tick_interval, 500}").await;
    let bed = Bed::on(node).await;
    let mut consumer = bed.consumer(4).await;
    bed.push(0..3).await;
    let old = next(&mut consumer).await;
    let again = loop {
        let taken = next(&mut consumer).await;
        if taken.redelivered && number(&taken) == number(&old) {
            break taken;
        }
        bed.work(vec![taken]).await;
    };
    // By the old channel's tag this would settle something else, or close the new channel.
    bed.work(vec![old]).await;
    bed.push(3..6).await;
    work_off(&bed, &mut consumer, 3..6).await;
    bed.work(vec![again]).await;
    drain(&bed, &mut consumer).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_deleted_behind_our_back_is_declared_again() {
    let bed = Bed::new(Backing::Rabbit).await;
    let mut consumer = bed.consumer(4).await;
    bed.push([0]).await;
    work_off(&bed, &mut consumer, [0]).await;
    let vhost = bed.vhost.as_ref().unwrap();
    vhost.management().delete(&format!("/api/queues/{}/cd1.apply", vhost.name())).await.unwrap();
    // Cancelled by the broker; what is published finds no queue, comes back and stays in the outbox.
    bed.push(1..50).await;
    work_off(&bed, &mut consumer, 1..50).await;
    drain(&bed, &mut consumer).await;
}

/// A queue whose broker was killed while it was young may hang for good: the relay waits for its confirms, and with it all
/// stages. It is made anew, and what was in it is the sweeper's to send again; a consumer that could not begin does as much.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_hangs_is_made_anew() {
    let bed = Bed::of_its_own(Backing::Rabbit).await;
    let mut consumer = bed.consumer(16).await;
    bed.push(0..20).await;
    work_off(&bed, &mut consumer, 0..20).await;
    let node = bed.node.as_ref().unwrap();
    for queue in ["cd1.apply", "cd1.deliver"] {
        node.hang(queue).await;
    }
    let Queue::Rabbit(broker) = &bed.queue else { panic!("a broker") };
    let states = broker.check(None).await.unwrap();
    let silent: Vec<&str> = states.iter().filter(|s| s.fault.is_some()).map(|s| s.name.as_str()).collect();
    assert_eq!(silent, ["cd1.apply", "cd1.deliver"], "{states:?}");
    // Nothing is published to this one: it is found by who wants to take from it.
    let mut delivering = bed.queue.consumer(Stage::Deliver, 4).await.unwrap();
    let taking = tokio::spawn(async move { delivering.next().await.map(|taken| number(&taken)) });
    bed.push(20..60).await;
    work_off(&bed, &mut consumer, 20..60).await;
    drain(&bed, &mut consumer).await;
    wait_for(PATIENCE, "no queue to hang", || async {
        let states = broker.check(None).await.map_err(|e| e.to_string())?;
        if states.iter().all(|s| s.fault.is_none()) { Ok(()) } else { Err(format!("{states:?}")) }
    })
    .await;
    taking.abort();
}

/// Died by the delivery limit: suspect, since it was in hand at many crashes. It is tried alone, and by nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_in_hand_at_many_crashes_is_tried_alone() {
    let bed = Bed::new(Backing::Rabbit).await;
    let mut suspects = bed.queue.suspects().await.unwrap();
    bed.push([1]).await;
    let mut consumer = bed.consumer(4).await;
    let mut times = 0;
    loop {
        let taken = tokio::select! {
            taken = next(&mut consumer) => taken,
            suspect = next(&mut suspects) => {
                assert_eq!(suspect.claim, bed.claim(1));
                let why = suspect.suspect.as_ref().expect("it says why it is here");
                assert_eq!((why.reason.as_str(), why.queue.as_str()), ("delivery_limit", "cd1.apply"));
                assert_eq!(suspect.deliveries, 0, "the dead queue counts anew");
                // Given back, it stays here and does not go round.
                bed.queue.give_back(vec![suspect]).await;
                break;
            }
        };
        assert_eq!(taken.deliveries, times, "the broker's count");
        times += 1;
        bed.queue.give_back(vec![taken]).await;
    }
    assert_eq!(times, 61, "delivered once, and 60 times again");
    bed.push([2]).await;
    let healthy = next(&mut consumer).await;
    assert_eq!(number(&healthy), 2);
    bed.work(vec![healthy]).await;
    let alone = next(&mut suspects).await;
    bed.work(vec![alone]).await;
    assert_eq!(bed.effects(1).await, 1);
    bed.empty().await;
    nothing(&mut suspects).await;
}

/// Two relays on one store: the second waits, and takes over when the first one's session is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_relay_at_a_time_and_another_when_it_is_gone() {
    let mut bed = Bed::new(Backing::Rabbit).await;
    let mut consumer = bed.consumer(16).await;
    bed.push([0]).await;
    let came = work_off(&bed, &mut consumer, [0]).await;
    assert_eq!(came[&0], 1);
    let (first, first_stop) = {
        let stop = tokio_util::sync::CancellationToken::new();
        let relay = crossdock::flow::relay::run(bed.store.clone(), bed.queue.clone(), stop.clone());
        (tokio::spawn(relay), stop)
    };
    bed.push(1..100).await;
    let came = work_off(&bed, &mut consumer, 1..100).await;
    assert!(came.values().all(|times| *times == 1), "only one of them publishes: {came:?}");
    bed.stop_relay().await;
    bed.push(100..200).await;
    work_off(&bed, &mut consumer, 100..200).await;
    // Its sessions are ended by the server: it begins anew by itself.
    let mut owner = sqlx::PgConnection::connect(&bed.options.url).await.unwrap();
    let ended: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert!(ended > 0);
    wait_for(PATIENCE, "the store to be back", || async { bed.store.ping().await.map_err(|e| e.to_string()) }).await;
    bed.push(200..300).await;
    work_off(&bed, &mut consumer, 200..300).await;
    drain(&bed, &mut consumer).await;
    first_stop.cancel();
    first.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_at_the_start_is_waited_for() {
    let node = Rabbit::start().await;
    let proxy = Proxy::start(node.port()).await;
    proxy.set(Mode::Refuse);
    let url = proxy.url(&node.url());
    let bed = Bed::through(node, url).await;
    let health = bed.queue.health();
    assert!(health.len() == 2 && health.iter().all(|line| line.down.is_some()), "{health:?}");
    let mut consumer = bed.consumer(4).await;
    bed.push(0..10).await;
    assert!(matches!(bed.queue.standing(Stage::Apply).await, Err(QueueError::Broker(_))));
    // The event feed needs no broker.
    let mut owner = sqlx::PgConnection::connect(&bed.options.url).await.unwrap();
    sqlx::query(
        "insert into events (tenant, id, message, ordinal, kind, key, at, schema, data)
         values ($1, $1, $1, 0, 'order.confirmed', 'k', 0, 'order_response/1', '{}')",
    )
    .bind(bed.tenant.0)
    .execute(&mut owner)
    .await
    .unwrap();
    wait_for(PATIENCE, "the event to have its place in the feed", || async {
        let mut owner = sqlx::PgConnection::connect(&bed.options.url).await.map_err(|e| e.to_string())?;
        let asked = sqlx::query_scalar::<_, i64>("select count(*) from events where position is null");
        let unplaced = asked.fetch_one(&mut owner).await.map_err(|e| e.to_string())?;
        if unplaced == 0 { Ok(()) } else { Err(format!("{unplaced} events without a place")) }
    })
    .await;
    proxy.set(Mode::Pass);
    work_off(&bed, &mut consumer, 0..10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_broker_refuses_is_told_at_once() {
    let vhost = Rabbit::vhost().await;
    let mut wrong = reqwest::Url::parse(vhost.url()).unwrap();
    wrong.set_password(Some("not the password")).unwrap();
    for (url, word) in
        [(wrong.as_str(), "ACCESS_REFUSED"), (&format!("{}x", vhost.url()), "vhost"), ("http://127.0.0.1", "amqp_url")]
    {
        let began = std::time::Instant::now();
        let error = Queue::rabbit(url).await.err().unwrap_or_else(|| panic!("{word}: refused")).to_string();
        assert!(error.contains(word), "{error}");
        assert!(!error.contains("not the password") && began.elapsed() < Duration::from_secs(20));
    }
}
