//! The queues, embedded and RabbitMQ: one suite on both, and what only a broker can do to us.

mod bed;
mod broker;
mod check;
mod claims;
mod faults;
mod retries;
mod suspects;

/// Runs each test on both backings: `embedded::NAME` and `rabbitmq::NAME`.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod embedded {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::queue::bed::Backing::Embedded).await })*
        }
        mod rabbitmq {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name(crate::queue::bed::Backing::Rabbit).await })*
        }
    };
}
use on_both;
