//! Claim checks: what travels through a queue in place of a body.

use super::Tenant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// At most so many ids travel in one claim check.
pub const CLAIM_IDS: usize = 64;

/// A stage with a queue of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Ids: one connection.
    Translate,
    /// Ids: messages.
    Apply,
    /// Ids: deliveries.
    Deliver,
}

impl Stage {
    /// All stages in the order of the way.
    pub const ALL: [Stage; 3] = [Stage::Translate, Stage::Apply, Stage::Deliver];

    /// Its name in routing keys, queues, metrics and the store.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Translate => "translate",
            Stage::Apply => "apply",
            Stage::Deliver => "deliver",
        }
    }

    /// The stage of a name.
    pub fn named(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// Ids of one tenant for one stage; under 4 kB. Bodies are in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimCheck {
    /// Version of this shape.
    pub v: u8,
    pub tenant: Tenant,
    pub kind: Stage,
    pub ids: Vec<Uuid>,
    /// Which delivery it is, from 0; enters no id.
    #[serde(rename = "try", default)]
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl ClaimCheck {
    /// A first claim check.
    pub fn new(tenant: Tenant, kind: Stage, ids: Vec<Uuid>) -> Self {
        ClaimCheck { v: 1, tenant, kind, ids, attempt: 0, traceparent: None }
    }
}
