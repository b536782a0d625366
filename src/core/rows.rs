//! Rows of a tenant's data files, already split into header and value; the shell reads the files.

use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// A row of a CSV file, by column name.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// As a person counts lines in an editor: the header is 1.
    pub number: u64,
    pub values: &'a BTreeMap<String, String>,
}

/// What is wrong in a row, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column `{column}`: found `{found}`, expected {expected}")]
pub struct RowFault {
    pub row: u64,
    pub column: String,
    pub found: String,
    pub expected: String,
}

impl<'a> Row<'a> {
    /// Refuses columns that nobody reads: a misspelt header would otherwise be silently empty.
    pub(super) fn only(&self, columns: &[&str]) -> Result<(), RowFault> {
        match self.values.iter().find(|(name, _)| !columns.contains(&name.as_str())) {
            Some((name, value)) => Err(self.fault(name, value, format!("one of the columns {}", columns.join(", ")))),
            None => Ok(()),
        }
    }

    /// The value, trimmed; `None` if the column is missing or empty.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        self.values.get(column).map(|v| v.trim()).filter(|v| !v.is_empty())
    }

    /// The value, trimmed, which must be there.
    pub(super) fn need(&self, column: &str) -> Result<&'a str, RowFault> {
        self.get(column).ok_or_else(|| self.fault(column, "", "a value".into()))
    }

    /// A decimal with a point and no separators of thousands, at least `least`.
    pub(super) fn decimal(&self, column: &str, text: &str, least: Decimal) -> Result<Decimal, RowFault> {
        let expected = || format!("a decimal such as 4.20, at least {least}");
        let value = Decimal::from_str_exact(text).map_err(|_| self.fault(column, text, expected()))?;
        if value < least { Err(self.fault(column, text, expected())) } else { Ok(value) }
    }

    pub(super) fn fault(&self, column: &str, found: &str, expected: String) -> RowFault {
        RowFault { row: self.number, column: column.to_owned(), found: found.to_owned(), expected }
    }
}
