//! A TCP proxy that breaks connections in the ways that networks do.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
};

/// What the proxy does with what comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything passes both ways.
    Pass,
    /// Nothing passes and nothing is lost: it goes on where it was after the next `Pass`.
    Stall,
    /// Open connections are reset (not closed in order), and so is each new one.
    Cut,
    /// Open connections go on, new ones are reset.
    Refuse,
    /// Requests pass, answers vanish: the lost confirm, the lost reply to a commit. What vanished does not come again,
    /// so a connection that saw this mode is of no use afterwards: `cut` it.
    DropReplies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    mode: Mode,
    /// Raised by `cut`; a connection that began under a smaller number is reset.
    cuts: u64,
}

/// Listens on a loopback port of its own and connects to `target` for each connection taken. Ends, with all its
/// connections, when dropped.
pub struct Proxy {
    port: u16,
    state: watch::Sender<State>,
    taken: Arc<AtomicU64>,
}

impl Proxy {
    /// A proxy to a loopback port, in mode `Pass`. It lives on the runtime that calls this.
    pub async fn start(target: u16) -> Proxy {
        let listener =
            TcpListener::bind(("127.0.0.1", super::free_port())).await.expect("a port that was free just now");
        let port = listener.local_addr().expect("a bound listener").port();
        let (state, watched) = watch::channel(State { mode: Mode::Pass, cuts: 0 });
        let taken = Arc::new(AtomicU64::new(0));
        tokio::spawn(accept(listener, target, watched, taken.clone()));
        Proxy { port, state, taken }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same address with this proxy's port in it.
    pub fn url(&self, target: &str) -> String {
        let mut url = reqwest::Url::parse(target).unwrap_or_else(|error| panic!("{target}: {error}"));
        url.set_host(Some("127.0.0.1")).expect("a URL with a host");
        url.set_port(Some(self.port)).expect("a URL with a host");
        url.into()
    }

    pub fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    /// Resets the connections that are open now; the mode stays.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }

    /// How many connections were taken so far, refused ones not counted.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }
}

async fn accept(listener: TcpListener, target: u16, mut state: watch::Receiver<State>, taken: Arc<AtomicU64>) {
    loop {
        let client = tokio::select! {
            // The proxy was dropped.
            gone = state.wait_for(|_| false) => { let _ = gone; return }
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => client,
                Err(_) => continue,
            },
        };
        let began = *state.borrow();
        if matches!(began.mode, Mode::Refuse | Mode::Cut) {
            let _ = client.set_zero_linger();
            continue;
        }
        taken.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(serve(client, target, state.clone(), began.cuts));
    }
}

async fn serve(mut client: TcpStream, target: u16, state: watch::Receiver<State>, cuts: u64) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)).await else {
        let _ = client.set_zero_linger();
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ended = tokio::try_join!(
        pump(from_client, to_server, state.clone(), cuts, false),
        pump(from_server, to_client, state, cuts, true),
    );
    if ended.is_err() {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Moves bytes one way until their end; an error is a connection to reset.
async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut state: watch::Receiver<State>,
    cuts: u64,
    replies: bool,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            cut = until_cut(state.clone(), cuts) => return Err(cut),
            read = from.read(&mut buffer) => read?,
        };
        // What was read is held back while stalled, then the mode of that moment decides.
        let stalled = state.wait_for(|state| state.mode != Mode::Stall || state.cuts != cuts).await;
        let mode = stalled.map_err(|_| dropped())?.mode;
        if replies && mode == Mode::DropReplies && read > 0 {
            continue;
        }
        let moved = async { if read == 0 { to.shutdown().await } else { to.write_all(&buffer[..read]).await } };
        tokio::select! {
            cut = until_cut(state.clone(), cuts) => return Err(cut),
            moved = moved => moved?,
        }
        if read == 0 {
            return Ok(());
        }
    }
}

async fn until_cut(mut state: watch::Receiver<State>, cuts: u64) -> io::Error {
    let _ = state.wait_for(|state| state.mode == Mode::Cut || state.cuts != cuts).await;
    dropped()
}

fn dropped() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut by the proxy")
}
