//! All settings, with their docs, defaults and limits. `crossdock config describe` prints this page as a commented file.
//!
//! Order: defaults, then `crossdock.toml`, then `CROSSDOCK_…` variables, then flags; `cli/settings.rs` does it.
//! `docs/reference/configuration.md` is made from what stands here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The hub's settings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where the embedded store, the spool and the local address and key stand.
    pub data: PathBuf,
    /// PostgreSQL, as an owner with CREATEROLE. Empty: the embedded store. Needs `amqp_url`, and the other way round.
    pub database_url: String,
    /// RabbitMQ. Empty: the embedded queue.
    pub amqp_url: String,
    /// Address of API and console.
    pub listen: String,
    /// An address of its own for `/metrics` and `/health`, in every role; those that answer no API have no other. Empty:
    /// they stand beside the API.
    pub listen_signals: String,
    /// Folder of tenants' and partners' files.
    pub connectors: PathBuf,
    /// Folder of mappings; those that come with the hub need no folder.
    pub mappings: PathBuf,
    pub store: StoreSettings,
    pub intake: IntakeSettings,
    pub flow: FlowSettings,
    pub deliver: DeliverSettings,
    pub mail: MailSettings,
    pub log: LogSettings,
}

/// The store.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// Connections for tenants' work (PostgreSQL), readers (SQLite).
    pub connections: u32,
    /// How long to wait for a free connection.
    pub acquire_ms: u64,
}

/// Intake.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct IntakeSettings {
    /// The largest document taken, in bytes.
    pub max_bytes: u64,
    /// The largest transaction set read, in bytes; it may have a segment for each 16 of them.
    pub max_set_bytes: usize,
    /// Requests being received at once; more are answered 503.
    pub concurrent: usize,
}

/// Translate and apply.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FlowSettings {
    /// Translate workers of this process.
    pub translate_workers: usize,
    /// Apply workers of this process.
    pub apply_workers: usize,
    /// Work that has not moved for so long is published again by the sweeper; doubled each time.
    pub sweep_after_ms: u64,
    /// How often the sweeper looks.
    pub sweep_every_ms: u64,
    /// A transient failure of a stage is tried again for so long, then the thing is dead.
    pub retry_budget_ms: u64,
    /// The first retry's delay; each later one is twice as long, with full jitter, at most `retry_max_ms`.
    pub retry_first_ms: u64,
    /// The longest delay between two tries of a stage.
    pub retry_max_ms: u64,
}

/// Delivery of webhooks and outbound documents.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverSettings {
    /// Delays between tries; the last one repeats until the budget is spent.
    pub retry_ms: Vec<u64>,
    /// So long after the first failure a delivery is dead.
    pub budget_ms: u64,
    /// Time for head and body of an answer.
    pub timeout_ms: u64,
    /// Bytes read of an answer's body; the rest is not waited for.
    pub answer_bytes: usize,
    /// Deliveries at work at once in this process.
    pub concurrent: usize,
}

/// Letters by mail to partners' contacts, where their agreement says `mail: on_refusal`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// The mail server: `smtps://user:password@mail.example.com`, or `smtp://…:587?tls=required` for STARTTLS. Empty: no letter
    /// is sent, and none kept for later.
    pub url: String,
    /// Who they are from: `Acme EDI <edi@acme.example>`. Goes with `url`.
    pub from: String,
    /// A partner's contacts get a letter at once, and the next one not before so long: it tells of all that was refused
    /// meanwhile.
    pub every_ms: u64,
}

/// Logs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `text` or `json`.
    pub format: String,
    /// As `RUST_LOG`: `info`, `crossdock=debug`.
    pub filter: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            data: "crossdock-data".into(),
            database_url: String::new(),
            amqp_url: String::new(),
            listen: "127.0.0.1:8400".into(),
            listen_signals: String::new(),
            connectors: "connectors".into(),
            mappings: "mappings".into(),
            store: StoreSettings::default(),
            intake: IntakeSettings::default(),
            flow: FlowSettings::default(),
            deliver: DeliverSettings::default(),
            mail: MailSettings::default(),
            log: LogSettings::default(),
        }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        StoreSettings { connections: 12, acquire_ms: 10_000 }
    }
}

impl Default for IntakeSettings {
    fn default() -> Self {
        IntakeSettings { max_bytes: 2 << 30, max_set_bytes: 16 << 20, concurrent: 256 }
    }
}

impl Default for FlowSettings {
    fn default() -> Self {
        FlowSettings {
            translate_workers: 2,
            apply_workers: 2,
            sweep_after_ms: 60_000,
            sweep_every_ms: 5_000,
            retry_budget_ms: 600_000,
            retry_first_ms: 500,
            retry_max_ms: 60_000,
        }
    }
}

impl Default for DeliverSettings {
    fn default() -> Self {
        DeliverSettings {
            retry_ms: vec![5_000, 30_000, 120_000, 600_000, 1_800_000, 7_200_000],
            budget_ms: 86_400_000,
            timeout_ms: 15_000,
            answer_bytes: 16 << 10,
            concurrent: 64,
        }
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        MailSettings { url: String::new(), from: String::new(), every_ms: 900_000 }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        LogSettings { format: "text".into(), filter: "info".into() }
    }
}
