//! Answering HTTP: connections are accepted until the hub stops, and each request's head must come in time.

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// From the first byte that could be received to the end of the head; a kept connection may also be idle for so long. Who
/// sends a head byte by byte holds a socket no longer. Bodies have a pace of their own (`api/intake/pace.rs`).
const HEAD: Duration = Duration::from_secs(20);
/// Requests in hand when the hub stops have so long to end.
const STOP: Duration = Duration::from_secs(8);

/// Serves until `stop`, then lets the requests in hand end.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    serve_within(listener, router, stop, HEAD).await;
}

async fn serve_within(listener: TcpListener, router: Router, stop: CancellationToken, head: Duration) {
    let open = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head);
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Out of descriptors, mostly: the connections in hand end, and then there are some again.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP, open.shutdown()).await.is_err() {
        tracing::warn!("requests were still in hand; they are cut off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_head_that_does_not_end_is_cut_off_and_others_are_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(|| async { "there" }));
        let head = Duration::from_millis(300);
        let served = tokio::spawn(serve_within(listener, router, stop.clone(), head));

        let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        let mut quick = tokio::net::TcpStream::connect(address).await.unwrap();
        quick.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        quick.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("there"), "{answer}");

        let mut rest = Vec::new();
        let cut = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)).await;
        assert!(cut.is_ok(), "the slow one is still connected");
        assert!(!String::from_utf8_lossy(&rest).contains(" 200 "), "{rest:?}");

        stop.cancel();
        served.await.unwrap();
    }
}
