//! The proxy: each mode, seen from both ends.

use crate::hub::{
    services::{Mode, Proxy},
    wait::wait_until,
};
use std::{io::ErrorKind, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

const SOON: Duration = Duration::from_secs(10);
/// Long enough to say that nothing comes.
const NOTHING: Duration = Duration::from_millis(200);

/// Answers each byte with the next one, and tells what it got and how each connection ended.
async fn counterpart() -> (u16, mpsc::UnboundedReceiver<Result<u8, ErrorKind>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                loop {
                    match stream.read_u8().await {
                        Ok(byte) => {
                            let _ = told.send(Ok(byte));
                            let _ = stream.write_u8(byte + 1).await;
                        }
                        Err(error) => return told.send(Err(error.kind())),
                    }
                }
            });
        }
    });
    (port, heard)
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap()
}

/// How a read ends: the byte, or the kind of the error.
async fn read(stream: &mut TcpStream) -> Result<u8, ErrorKind> {
    timeout(SOON, stream.read_u8()).await.expect("an answer or an end").map_err(|error| error.kind())
}

#[tokio::test]
async fn passes_then_stalls_without_loss() {
    let (port, mut heard) = counterpart().await;
    let proxy = Proxy::start(port).await;
    let mut stream = connect(&proxy).await;
    stream.write_u8(1).await.unwrap();
    assert_eq!(read(&mut stream).await, Ok(2));
    assert_eq!(heard.recv().await, Some(Ok(1)));

    proxy.set(Mode::Stall);
    stream.write_u8(10).await.unwrap();
    assert!(timeout(NOTHING, heard.recv()).await.is_err(), "a byte went through while stalled");
    proxy.set(Mode::Pass);
    assert_eq!(read(&mut stream).await, Ok(11));
}

#[tokio::test]
async fn a_cut_is_a_reset_at_both_ends() {
    let (port, mut heard) = counterpart().await;
    let proxy = Proxy::start(port).await;
    let mut stream = connect(&proxy).await;
    stream.write_u8(1).await.unwrap();
    assert_eq!(read(&mut stream).await, Ok(2));

    proxy.cut();
    assert_eq!(read(&mut stream).await, Err(ErrorKind::ConnectionReset));
    assert_eq!(heard.recv().await, Some(Ok(1)));
    assert_eq!(heard.recv().await, Some(Err(ErrorKind::ConnectionReset)));

    let mut next = connect(&proxy).await;
    next.write_u8(5).await.unwrap();
    assert_eq!(read(&mut next).await, Ok(6), "only what was open is cut");

    proxy.set(Mode::Cut);
    assert_eq!(read(&mut next).await, Err(ErrorKind::ConnectionReset));
    let mut refused = connect(&proxy).await;
    assert_eq!(read(&mut refused).await, Err(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn refuses_new_connections_only() {
    let (port, _heard) = counterpart().await;
    let proxy = Proxy::start(port).await;
    let mut open = connect(&proxy).await;
    wait_until(SOON, "the proxy to have taken it", || async { proxy.taken() == 1 }).await;
    proxy.set(Mode::Refuse);
    let mut refused = connect(&proxy).await;
    assert_eq!(read(&mut refused).await, Err(ErrorKind::ConnectionReset));
    open.write_u8(1).await.unwrap();
    assert_eq!(read(&mut open).await, Ok(2));
    assert_eq!(proxy.taken(), 1);
}

#[tokio::test]
async fn drops_replies_but_passes_requests() {
    let (port, mut heard) = counterpart().await;
    let proxy = Proxy::start(port).await;
    let mut stream = connect(&proxy).await;
    proxy.set(Mode::DropReplies);
    stream.write_u8(7).await.unwrap();
    assert_eq!(heard.recv().await, Some(Ok(7)), "the request arrived");
    assert!(timeout(NOTHING, stream.read_u8()).await.is_err(), "a reply came through");
}

#[tokio::test]
async fn an_orderly_end_and_much_data_pass() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap().port()).await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        stream.write_all(&all).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let sent: Vec<u8> = (0..8_000_000u32).map(|n| (n % 251) as u8).collect();
    let (mut from, mut to) = connect(&proxy).await.into_split();
    let wanted = sent.clone();
    let writer = tokio::spawn(async move {
        to.write_all(&sent).await.unwrap();
        to.shutdown().await.unwrap();
    });
    let mut got = Vec::new();
    timeout(SOON, from.read_to_end(&mut got)).await.unwrap().unwrap();
    assert!(got == wanted, "{} bytes of {} came back, or others", got.len(), wanted.len());
    writer.await.unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn ends_with_its_connections_when_dropped() {
    let (port, _heard) = counterpart().await;
    let proxy = Proxy::start(port).await;
    let at = proxy.port();
    let mut stream = connect(&proxy).await;
    stream.write_u8(1).await.unwrap();
    assert_eq!(read(&mut stream).await, Ok(2));
    drop(proxy);
    assert_eq!(read(&mut stream).await, Err(ErrorKind::ConnectionReset));
    wait_until(SOON, "the port to be free", || async { TcpStream::connect(("127.0.0.1", at)).await.is_err() }).await;
}
