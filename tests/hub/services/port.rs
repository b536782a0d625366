//! Free ports that stay free while a server restarts.

use rand::Rng;
use std::{collections::HashSet, net::TcpListener, sync::Mutex};

/// Below the range (from 32768) from which the kernel takes ports for outgoing connections. A port asked from the
/// kernel comes from that range: while its server is down, a client that keeps reconnecting can be given the very port
/// it connects to, is then connected to itself, and the server cannot come back.
const RANGE: std::ops::Range<u16> = 10_000..32_000;

/// A loopback port that nobody listens on and that this process has not given out before.
///
/// # Panics
/// If there is none.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    let mut given = GIVEN.lock().expect("nobody panics while holding it");
    let given = given.get_or_insert_default();
    let mut random = rand::rng();
    for _ in 0..1_000 {
        let port = random.random_range(RANGE);
        if !given.contains(&port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            given.insert(port);
            return port;
        }
    }
    panic!("no free port in {RANGE:?} after 1,000 tries");
}
