//! What is done to the hub, at random moments while documents come in.

use super::{
    Size,
    hub::wait::wait_until,
    hubs::{Backing, Hubs},
    send::Sender,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

#[derive(Debug, Clone, Copy)]
enum Blow {
    KillHub,
    KillBroker,
    WipeBroker,
    KillDatabase,
    Cut,
}

/// Deals all blows, spread over the documents: each waits until its share of them is acknowledged, and a random moment more.
pub async fn blow(hubs: &Hubs, sender: &Sender, size: Size, seed: u64, began: Instant) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut blows = Vec::new();
    blows.extend(std::iter::repeat_n(Blow::KillHub, size.hub_kills));
    blows.extend(std::iter::repeat_n(Blow::KillBroker, size.broker_kills));
    blows.extend(std::iter::repeat_n(Blow::WipeBroker, size.broker_wipes));
    blows.extend(std::iter::repeat_n(Blow::KillDatabase, size.database_kills));
    blows.extend(std::iter::repeat_n(Blow::Cut, size.cuts));
    blows.shuffle(&mut random);
    let count = blows.len();
    for (n, blow) in blows.into_iter().enumerate() {
        let share = sender.total * n / (count + 1);
        // A partner may be held up by the blow before: the storm does not wait for it for ever.
        let reached = wait_until(Duration::from_secs(60), "documents to be acknowledged between two blows", || async {
            hubs.revive();
            sender.acknowledged.load(Ordering::Relaxed) >= share
        });
        reached.await;
        let moment = random.random_range(0..400);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        let done = deal(hubs, blow, &mut random).await;
        println!(
            "{:>6.1} after {:>4} documents: {done}",
            began.elapsed().as_secs_f32(),
            sender.acknowledged.load(Ordering::Relaxed)
        );
    }
    hubs.revive();
}

async fn deal(hubs: &Hubs, blow: Blow, random: &mut StdRng) -> String {
    match (blow, &hubs.backing) {
        (Blow::KillHub, _) => {
            let n = random.random_range(0..hubs.count());
            format!("kill -9 {}", hubs.kill_and_restart(n))
        }
        (Blow::KillBroker, Backing::Distributed { rabbit, .. }) => {
            rabbit.kill9();
            rabbit.restart().await;
            "kill -9 RabbitMQ".into()
        }
        (Blow::WipeBroker, Backing::Distributed { rabbit, .. }) => {
            rabbit.wipe_data_folder().await;
            "RabbitMQ's data folder deleted".into()
        }
        (Blow::KillDatabase, Backing::Distributed { postgres, .. }) => {
            postgres.kill9();
            postgres.restart().await;
            "kill -9 PostgreSQL".into()
        }
        (Blow::Cut, Backing::Distributed { to_postgres, to_rabbit, .. }) => {
            to_postgres.cut();
            to_rabbit.cut();
            "all connections cut".into()
        }
        (blow, Backing::Embedded) => format!("{blow:?} does not apply here"),
    }
}
