//! The HTTP client of the tests.

use std::sync::Once;

/// A client without a proxy. reqwest has no TLS provider of its own, so the process gets one here.
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Another one is there already if the test started the hub itself: that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_secs(60))
        .build()
        .expect("a client without options to get wrong")
}

/// Runs a future from where nobody can await, such as `drop`, and waits for it.
pub fn block_on(work: impl Future<Output = ()> + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            // Cleaning up must not hang a test run.
            let _ = tokio::time::timeout(std::time::Duration::from_secs(20), work).await;
        });
    });
    let _ = thread.join();
}
