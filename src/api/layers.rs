//! What stands around every handler: time, panics, measures, and what is asked for at no path.

use super::problem::{Code, Problem, bug};
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

/// Until the head of an answer; a body that streams may take longer.
const ANSWER: Duration = Duration::from_secs(30);

/// Ends a handler that takes too long. Not around intake, which has a pace of its own.
pub async fn timeout(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            Code::TookTooLong,
            format!("no answer within {} s; whether it was done can be looked up", ANSWER.as_secs()),
        )
        .retry_after(5)
        .into_response(),
    }
}

/// A panic costs one request.
pub async fn catch_panic(request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let text = crate::flow::failure::panic_text(&*panic);
            bug(&std::io::Error::other(format!("panic: {text}"))).into_response()
        }
    }
}

/// Counts and times requests by route; what matches none is counted together, so that labels stay few.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |p| p.as_str().to_owned());
    let method = request.method().as_str().to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::histogram!("crossdock_http_request_seconds", "route" => route.clone())
        .record(began.elapsed().as_secs_f64());
    metrics::counter!("crossdock_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response
}

/// An unknown path under `/v1`.
pub async fn nothing_there() -> Problem {
    Problem::new(Code::NotFound, "there is no such path; /v1/openapi.json lists them")
}

/// A known path with a method that it doesn't take.
pub async fn other_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "/v1/openapi.json lists what each path takes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::Body, middleware, routing::get};
    use tower_service::Service;

    #[tokio::test]
    async fn a_panic_costs_one_request() {
        async fn broken() -> &'static str {
            panic!("on purpose")
        }
        let mut router: Router = Router::new().route("/broken", get(broken)).route("/fine", get(|| async { "fine" }));
        router = router.layer(middleware::from_fn(catch_panic));
        let mut ask =
            async |path: &str| router.call(Request::builder().uri(path).body(Body::empty()).unwrap()).await.unwrap();
        let answer = ask("/broken").await;
        assert_eq!(answer.status(), 500);
        let text = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(problem["code"], "bug");
        assert!(!problem.to_string().contains("on purpose"), "the cause is the log's");
        assert_eq!(ask("/fine").await.status(), 200);
    }
}
