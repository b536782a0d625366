//! Refusals: why something was not done, where in the message, and what would make it pass.

use crate::canonical::parts::Reason;

/// Why a whole order or one of its lines is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {sentence} {remedy}")]
pub struct Refusal {
    /// One of `CODES`.
    pub code: &'static str,
    /// What was found and what was expected.
    pub sentence: String,
    /// What should stand there, in few words.
    pub expected: String,
    /// What would make it pass.
    pub remedy: String,
    /// JSON pointer (RFC 6901) into the canonical message; provenance turns it into segment and byte.
    pub path: String,
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Reason {
        Reason {
            code: refusal.code.to_owned(),
            sentence: refusal.sentence,
            expected: Some(refusal.expected),
            remedy: Some(refusal.remedy),
            path: Some(refusal.path),
        }
    }
}

/// Why there is no decision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The core refuses the whole message: it ends `rejected` with this code.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// What is stored contradicts itself: the message ends `dead`, since trying again cannot help.
    #[error("broken invariant: {0}")]
    Broken(String),
}

/// One refusal code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeRow {
    pub code: &'static str,
    /// Whether it refuses the whole message or one line (or part of a line) of it.
    pub whole: bool,
    pub means: &'static str,
}

const fn whole(code: &'static str, means: &'static str) -> CodeRow {
    CodeRow { code, whole: true, means }
}

const fn line(code: &'static str, means: &'static str) -> CodeRow {
    CodeRow { code, whole: false, means }
}

/// Every code that the core gives, for the API, the console and the reference page.
pub const CODES: &[CodeRow] = &[
    whole("not_built", "The purpose of the message is not built yet."),
    whole("order/no_number", "The order has no number."),
    whole("order/no_lines", "An original order has no lines."),
    whole("order/line_number", "A line has no number, or two lines have the same: an answer could not name it."),
    whole("order/number_taken", "An order of this number stands with other content."),
    whole("order/closed", "The order of this number was cancelled."),
    whole("order/unknown", "No order of this number stands that could be cancelled."),
    line("order/unknown_item", "None of the line's item ids leads to an item of the catalogue."),
    line("order/unit", "The item is not sold in the line's unit and has no conversion for it."),
    line(
        "order/quantity",
        "The quantity is not positive, or finer than 1/10,000 of its or the item's base unit, or too large.",
    ),
    line("order/no_price", "The partner has no price list, or the list has no price for the item."),
    line("order/currency", "The order's currency is not that of the partner's price."),
    line("order/price", "The price sent is not the partner's; the answer carries ours and nothing is reserved."),
    line("stock/short", "There is less in stock than ordered; the rest is backordered."),
];
