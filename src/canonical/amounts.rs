//! Quantities and amounts: decimals, never floats, and the scaled integers the database guards.
//!
//! What stands at a type is shown to people who read JSON (`crossdock schema`), so examples of Rust stand here.
//!
//! ```
//! use crossdock::canonical::amounts::{Amount, Quantity, QUANTITY_SCALE, unscaled};
//!
//! let ordered = Quantity { value: "12.5".parse()?, unit: "KGM".into() };
//! // As the database keeps it, and back; nothing is rounded on the way.
//! assert_eq!(ordered.scaled(), Some(125_000));
//! assert_eq!(unscaled(125_000, QUANTITY_SCALE), ordered.value);
//! // A fifth decimal has no place there: it is refused, and not cut off.
//! assert_eq!(Quantity { value: "0.00001".parse()?, ..ordered }.scaled(), None);
//!
//! // Money travels as text, so that no reader makes a float of it.
//! let price = Amount { amount: "0.10".parse()?, currency: "USD".into() };
//! assert_eq!(serde_json::to_string(&price)?, r#"{"amount":"0.10","currency":"USD"}"#);
//! // Decimals, so that three dimes are thirty cents (as floats they are not).
//! assert_eq!(price.amount + price.amount + price.amount, "0.30".parse()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use rust_decimal::{Decimal, prelude::ToPrimitive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Quantities stand in the database in 10⁻⁴ of their unit.
pub const QUANTITY_SCALE: u32 = 4;

/// How many of which unit (UN/ECE Recommendation 20: `EA` each, which is also what is counted as `C62`; `CT` carton, `KGM`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    pub value: Decimal,
    pub unit: String,
}

impl Quantity {
    /// The value in 10⁻⁴ of the unit; `None` if it has more than four decimals or does not fit.
    pub fn scaled(&self) -> Option<i64> {
        scaled(self.value, QUANTITY_SCALE)
    }
}

/// An amount of money with its currency (ISO 4217).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    pub amount: Decimal,
    pub currency: String,
}

/// `value × 10^scale` as an integer, if it is one and fits.
pub fn scaled(value: Decimal, scale: u32) -> Option<i64> {
    let shifted = value.checked_mul(Decimal::from(10i64.pow(scale)))?;
    if shifted.fract().is_zero() { shifted.to_i64() } else { None }
}

/// The decimal of a scaled integer.
pub fn unscaled(value: i64, scale: u32) -> Decimal {
    Decimal::new(value, scale).normalize()
}
