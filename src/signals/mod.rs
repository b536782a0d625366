//! Signals: logs with document ids, metrics with their help.
//!
//! Promise: each metric is in one table with a help text; no label holds a secret or a document's content.
//! Called by: `cli` (starts both), `api` (`/metrics`). Calls: nothing but `config`.
//! Never: decides anything, keeps anything.
//! Tried by: tests/api/health.rs (promtool)

use crate::config::LogSettings;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// Every metric of the hub: kind, name, help. Labels: `stage`, `state`, `partner` (its name in the files), `code`,
/// `outcome`, `kind`, `route`, `method`, `status`, `connection`.
pub const METRICS: &[(Kind, &str, &str)] = &[
    (Kind::Counter, "crossdock_documents_received_total", "Documents that intake has committed."),
    (Kind::Counter, "crossdock_documents_ended_total", "Documents that have ended, by the state they ended in."),
    (Kind::Counter, "crossdock_messages_ended_total", "Messages that have ended, by the state they ended in."),
    (Kind::Counter, "crossdock_faults_total", "Faults found in documents, by partner and code."),
    (Kind::Counter, "crossdock_deliveries_total", "Tries to deliver, by kind and outcome."),
    (
        Kind::Counter,
        "crossdock_claims_lost_total",
        "Claim checks whose work could not be found, by stage. Above zero is a bug.",
    ),
    (
        Kind::Counter,
        "crossdock_acknowledgements_total",
        "Acknowledgements of what we sent that were matched with it, by partner and outcome.",
    ),
    (
        Kind::Counter,
        "crossdock_deadlines_total",
        "Warnings and alerts about acknowledgements and answers that are due, by partner and kind.",
    ),
    (Kind::Counter, "crossdock_published_total", "Claim checks that the broker has confirmed."),
    (
        Kind::Counter,
        "crossdock_queues_made_anew_total",
        "Queues of the broker that did not answer while it did, and were deleted and declared anew.",
    ),
    (Kind::Counter, "crossdock_swept_total", "Claim checks that the sweeper has sent again, by stage."),
    (
        Kind::Counter,
        "crossdock_waiting_for_nothing_total",
        "Messages that waited with nothing before them. Above zero is a bug.",
    ),
    (
        Kind::Counter,
        "crossdock_holds_forgotten_total",
        "Messages held for a reference that stands. Above zero is a bug.",
    ),
    (Kind::Counter, "crossdock_folder_files_total", "Files met in watched folders, by outcome: taken or refused."),
    (Kind::Counter, "crossdock_http_requests_total", "Requests answered, by route, method and status."),
    (Kind::Histogram, "crossdock_stage_seconds", "Time of a batch in a stage, in seconds."),
    (
        Kind::Histogram,
        "crossdock_http_request_seconds",
        "Time from a request to the head of its answer, in seconds, by route.",
    ),
    (Kind::Gauge, "crossdock_queue_depth", "Claim checks that could be taken now, by stage."),
    (Kind::Gauge, "crossdock_queue_waiting", "Claim checks for later, by stage."),
    (
        Kind::Gauge,
        "crossdock_outbox_rows",
        "Claim checks in the outbox, by stage; on the embedded queue the same ones.",
    ),
    (
        Kind::Gauge,
        "crossdock_outbox_oldest_seconds",
        "Age of the oldest claim check in the outbox, in seconds, by stage.",
    ),
    (Kind::Gauge, "crossdock_connection_failing", "1 for each connection that fails now."),
    (
        Kind::Gauge,
        "crossdock_folder_passed_over",
        "Links, pipes and folders that lie in a watched folder and are not taken, by connection.",
    ),
    (Kind::Gauge, "crossdock_dead_letters", "Dead letters that nobody has replayed or cancelled."),
];

/// Bounds of the histograms' buckets, in seconds.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Why signals could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SignalsError {
    #[error("log.filter `{0}` can't be read: {1}")]
    Filter(String, tracing_subscriber::filter::ParseError),
    #[error("log.format is `{0}`; `text` or `json`")]
    Format(String),
    #[error("logs are set up already")]
    LogsTwice,
    #[error("metrics: {0}")]
    Metrics(#[from] BuildError),
}

/// Starts the logs, to standard error. Once a process.
pub fn logs(settings: &LogSettings) -> Result<(), SignalsError> {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.filter)
        .map_err(|e| SignalsError::Filter(settings.filter.clone(), e))?;
    let to = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.format.as_str() {
        "text" => to.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        "json" => to.json().flatten_event(true).try_init(),
        other => return Err(SignalsError::Format(other.into())),
    };
    started.map_err(|_| SignalsError::LogsTwice)
}

/// Installs the recorder, describes every metric, and gives what renders them. The same again when called again.
pub fn metrics() -> Result<PrometheusHandle, SignalsError> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    static FIRST: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = FIRST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), BUCKETS)?;
    let handle = builder.install_recorder()?;
    for (kind, name, help) in METRICS {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, *help),
            Kind::Histogram => metrics::describe_histogram!(*name, *help),
        }
    }
    Ok(HANDLE.get_or_init(|| handle).clone())
}
