//! RabbitMQ: private and shared.

use crate::hub::{
    services::{Rabbit, Vhost, rabbit::ready},
    wait::{wait_for, wait_until},
};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

async fn connect(url: &str) -> Connection {
    Connection::connect(url, ConnectionProperties::default()).await.unwrap()
}

/// A durable quorum queue with `messages` confirmed persistent messages in it.
async fn fill(channel: &Channel, queue: &str, messages: u32) {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(queue.into(), durable, arguments).await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    for number in 0..messages {
        publish(channel, queue, number).await;
    }
}

async fn publish(channel: &Channel, queue: &str, number: u32) {
    let properties = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let body = number.to_be_bytes();
    let confirm =
        channel.basic_publish("".into(), queue.into(), options, &body, properties).await.unwrap().await.unwrap();
    assert!(confirm.is_ack(), "{confirm:?}");
}

/// Waits for a count, since a quorum queue's is low for a moment after a restart.
async fn holds(url: &str, queue: &str, wanted: u32) {
    wait_for(SOON, &format!("{wanted} messages in {queue}"), || async {
        match ready(url, queue).await? {
            count if count == wanted => Ok(()),
            count => Err(format!("{count} ready")),
        }
    })
    .await;
}

#[tokio::test]
async fn confirmed_messages_survive_kill_and_are_gone_after_a_wipe() {
    let rabbit = Rabbit::start().await;
    let channel = connect(&rabbit.url()).await.create_channel().await.unwrap();
    fill(&channel, "kept", 0).await;
    rabbit.settled("/", "kept").await;
    fill(&channel, "kept", 50).await;
    rabbit.kill9();
    wait_until(SOON, "the client to see the kill", || async { !channel.status().connected() }).await;

    rabbit.restart().await;
    holds(&rabbit.url(), "kept", 50).await;

    rabbit.wipe_data_folder().await;
    let gone = ready(&rabbit.url(), "kept").await;
    assert!(gone.as_ref().is_err_and(|error| error.contains("NOT_FOUND") || error.contains("404")), "{gone:?}");
    let channel = connect(&rabbit.url()).await.create_channel().await.unwrap();
    fill(&channel, "kept", 3).await;
    holds(&rabbit.url(), "kept", 3).await;

    // An orderly restart keeps them, too.
    rabbit.settled("/", "kept").await;
    rabbit.restart().await;
    holds(&rabbit.url(), "kept", 3).await;
}

#[tokio::test]
async fn publishers_can_be_blocked_and_connections_closed() {
    let rabbit = Rabbit::start().await;
    let vhost = rabbit.fresh_vhost().await;
    let channel = connect(vhost.url()).await.create_channel().await.unwrap();
    fill(&channel, "work", 1).await;

    rabbit.block_publishers().await;
    let options = BasicPublishOptions::default();
    // Sent, but its confirm doesn't come while the broker blocks.
    let sent =
        channel.basic_publish("".into(), "work".into(), options, b"x", BasicProperties::default()).await.unwrap();
    let mut confirm = std::pin::pin!(sent);
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut confirm).await.is_err(), "confirmed while blocked");
    rabbit.unblock_publishers().await;
    assert!(tokio::time::timeout(SOON, confirm).await.expect("a confirm after the alarm").unwrap().is_ack());

    rabbit.close_connections(vhost.name()).await;
    wait_until(SOON, "the client to see that it was closed", || async { !channel.status().connected() }).await;
}

#[tokio::test]
async fn vhosts_are_apart_and_deleted_with_their_value() {
    let (one, other): (Vhost, Vhost) = (Rabbit::vhost().await, Rabbit::vhost().await);
    let channel = connect(one.url()).await.create_channel().await.unwrap();
    fill(&channel, "work", 2).await;
    assert!(ready(other.url(), "work").await.is_err(), "the other vhost has the queue, too");
    wait_for(SOON, "the management API to count", || async {
        match one.management().queue(one.name(), "work").await? {
            (2, 0) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;

    let path = format!("/api/vhosts/{}", one.name());
    assert!(other.management().get(&path).await.is_ok());
    drop(one); // with a connection open
    let left = other.management().get(&path).await;
    assert!(left.as_ref().is_err_and(|error| error.contains("404")), "{left:?}");
}
