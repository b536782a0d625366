//! `acknowledgement/1`: what a partner said of documents of ours.

use super::{DeliveryId, MessageId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One acknowledgement that was matched with what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// `997`, `999`, `TA1`, `CONTRL`; of an application `824`, `APERAK`.
    pub by: String,
    /// The partner's name.
    pub partner: String,
    /// The interchange's control number, as we gave it.
    pub interchange: String,
    /// Of the whole: `received`, `accepted`, `accepted_with_errors`, `partly_accepted`, `rejected`.
    pub outcome: String,
    /// What is wrong with the whole, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<String>,
    pub documents: Vec<AcknowledgedDocument>,
}

impl Acknowledgement {
    /// What it says of one document alone.
    pub fn only(&self, delivery: DeliveryId) -> Acknowledgement {
        let documents = self.documents.iter().filter(|one| one.delivery == delivery);
        Acknowledgement { documents: documents.cloned().collect(), ..self.clone() }
    }
}

/// A document of ours that it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgedDocument {
    /// Its delivery; of a batch its own, and not the one that carried it.
    pub delivery: DeliveryId,
    /// `855`.
    pub kind: String,
    /// ST02, UNH 0062.
    pub control: String,
    /// The message that it had answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<MessageId>,
    /// `received`, `accepted`, `accepted_with_errors`, `rejected`.
    pub outcome: String,
    /// What is wrong with it, in words, with the place in our document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<String>,
}
