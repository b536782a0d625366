//! The heart of `queues check`: what it finds, and the remedy that it names.

use super::bed::{Backing, Bed, PATIENCE, next, work_off};
use crate::hub::wait::wait_for;
use crossdock::queue::{
    Queue,
    rabbitmq::{Broker, Management, QueueState},
};
use lapin::{
    Connection, ConnectionProperties,
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable},
};
use std::sync::Arc;

fn broker(bed: &Bed) -> Arc<Broker> {
    match &bed.queue {
        Queue::Rabbit(broker) => broker.clone(),
        Queue::Embedded(_) => panic!("a bed with a broker"),
    }
}

async fn check(bed: &Bed) -> Vec<QueueState> {
    broker(bed).check(None).await.unwrap()
}

fn faulty(states: &[QueueState]) -> Vec<(&str, &str, &str)> {
    states
        .iter()
        .filter_map(|s| Some((s.name.as_str(), s.fault.as_deref()?, s.remedy.as_deref().unwrap_or("no remedy"))))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finds_nothing_where_nothing_is_wrong() {
    let bed = Bed::new(Backing::Rabbit).await;
    let states = check(&bed).await;
    assert_eq!(states.len(), 16, "3 work queues, 12 retry queues, the dead queue");
    assert!(faulty(&states).is_empty(), "{states:?}");
    assert!(states.iter().all(|s| s.ready == Some(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finds_what_is_missing_other_and_waited_for_by_nobody() {
    let bed = Bed::new(Backing::Rabbit).await;
    let vhost = bed.vhost.as_ref().unwrap();
    for queue in ["cd1.retry.apply.1s", "cd1.deliver"] {
        vhost.management().delete(&format!("/api/queues/{}/{queue}", vhost.name())).await.unwrap();
    }
    let connection = Connection::connect(&bed.amqp, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("cd1.deliver".into(), durable, arguments).await.unwrap();
    bed.push(0..3).await;
    bed.empty_outbox().await;
    let states = check(&bed).await;
    let faults = faulty(&states);
    let of = |queue: &str| faults.iter().find(|f| f.0 == queue).unwrap_or_else(|| panic!("{queue}: {faults:?}"));
    assert!(of("cd1.retry.apply.1s").1.contains("not there"), "{faults:?}");
    assert!(of("cd1.deliver").1.contains("other arguments"), "{faults:?}");
    assert!(of("cd1.deliver").2.contains("delete cd1.deliver"), "{faults:?}");
    assert!(of("cd1.apply").1.contains("3 claim checks wait"), "{faults:?}");
    assert!(of("cd1.apply").2.contains("start a worker"), "{faults:?}");
    assert_eq!(faults.len(), 3, "{faults:?}");
    // It declared nothing.
    assert!(faulty(&check(&bed).await).iter().any(|f| f.0 == "cd1.retry.apply.1s"));
    let mut consumer = bed.consumer(4).await;
    work_off(&bed, &mut consumer, 0..3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_what_is_taken_by_the_management_api() {
    let bed = Bed::new(Backing::Rabbit).await;
    let vhost = bed.vhost.as_ref().unwrap();
    let management = Management { url: vhost.management().url(), vhost: vhost.name().to_owned() };
    bed.push(0..5).await;
    let mut consumer = bed.consumer(2).await;
    let held = next(&mut consumer).await;
    let states = wait_for(PATIENCE, "the management API to count", || async {
        let states = broker(&bed).check(Some(&management)).await.map_err(|e| e.to_string())?;
        let apply = states.iter().find(|s| s.name == "cd1.apply").ok_or("no row")?;
        if (apply.ready, apply.unsettled) == (Some(3), Some(2)) { Ok(states) } else { Err(format!("{apply:?}")) }
    })
    .await;
    assert!(faulty(&states).is_empty(), "{states:?}");
    bed.work(vec![held]).await;
    let wrong = Management { url: "http://127.0.0.1:1".into(), vhost: "x".into() };
    let error = broker(&bed).check(Some(&wrong)).await.unwrap_err().to_string();
    assert!(error.contains("management API"), "{error}");
}
