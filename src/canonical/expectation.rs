//! `expectation/1`: something that should have come, or gone, by now or soon.

use super::{DeliveryId, Micros};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who owes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owes {
    Partner,
    Us,
}

/// What is told of an expectation that is due soon or overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    pub expectation: Uuid,
    /// `warned` or `overdue`.
    pub state: String,
    pub owes: Owes,
    /// The partner's name.
    pub partner: String,
    /// Of acknowledgements: the document of ours that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
    /// Of answers: the number that is to be answered, and the kind of set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<String>,
    pub since: Micros,
    pub due_at: Micros,
    /// The same in words.
    pub sentence: String,
}
