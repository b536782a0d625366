//! Real services for tests: PostgreSQL, RabbitMQ, a browser, a mail server, a proxy that breaks connections, foreign programs.
//!
//! Promise: what `start()` gives is ready; its port survives `restart()`; dropped, or with the test process dead, it is
//! gone. Shared ones are those that the `TEST_` variables name (tests/run sets them); without them a private one is
//! started, once a test binary.
//! Called by: the test binaries. Needs the Debian packages that tests/run installs.
//! Never: needs root, touches a system instance, binds anything but loopback.
//! Tried by: tests/services

pub mod browser;
pub mod foreign;
pub mod http;
pub mod mail;
pub mod port;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod rabbit;
pub mod rabbit_management;

pub use browser::Browser;
pub use port::free_port;
pub use postgres::{Database, Postgres};
pub use proxy::{Mode, Proxy};
pub use rabbit::Rabbit;
pub use rabbit_management::{Management, Vhost};
