//! Webhooks and outbound documents, with real sockets, on both combinations of store and queue: signed, retried, dead and replayed, bounded, in
//! sequence, and never to an address that they must not go to.

mod addresses;
mod bench;
mod documents;
mod hostile;
mod retries;
mod stage;

/// Runs each test on SQLite with the embedded queue and on PostgreSQL with RabbitMQ.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::webhooks::bench::Backing::Lite).await })*
        }
        mod rabbitmq {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::webhooks::bench::Backing::Pg).await })*
        }
    };
}
use on_both;
