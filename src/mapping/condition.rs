//! What a path asks of a segment, element or object before it takes a value from it: `[01=ST]`, `[01!=BY]`,
//! `[01.03='',$currency]`.

use super::plan::Leaf;

/// Any value, as a condition.
pub const ANYTHING: &str = "*";

/// `[01=ST]`: one of the values must stand there; the first is what is written. `[01=*]`: any value.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub leaf: Leaf,
    /// `!=`: none of them may stand there. Nothing is written by it.
    pub not: bool,
    /// Empty: nothing stands there (`''`).
    pub values: Vec<String>,
    /// `$currency`: what the message says is one of the values, too.
    pub compared: Option<Compared>,
    /// Where there is no such place at all, it holds as where nothing stands in it. Of an element of XML it doesn't: one
    /// without a text is there.
    pub absent: bool,
}

/// A member of the message, as one of a condition's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// In the program's list of them.
    pub member: usize,
    /// It stands before the others: it is what is written.
    pub first: bool,
}

/// What the message says, of the members that conditions compare with; none of what it doesn't say.
pub type Known = Vec<Option<Box<str>>>;

impl Condition {
    /// `[01=ST]`, and no more than that.
    pub fn is_plain(&self) -> bool {
        !self.not && self.compared.is_none() && !self.values.iter().any(String::is_empty)
    }

    /// Does a value fulfil it? Empty: nothing stands there.
    #[inline]
    pub fn holds(&self, value: &str, known: &[Option<Box<str>>]) -> bool {
        (self.names(value) || self.compared.is_some_and(|one| said(one, known) == Some(value))) != self.not
    }

    /// Is it one of the values that stand in the mapping?
    #[inline]
    pub fn names(&self, value: &str) -> bool {
        self.values.iter().any(|v| v == value || v == ANYTHING && !value.is_empty())
    }

    /// Does it hold where there is no such place?
    #[inline]
    pub fn holds_without(&self) -> bool {
        (self.absent && self.names_nothing()) != self.not
    }

    /// What it says that is to be written; none where it leaves that to others.
    pub fn writes<'a>(&'a self, known: &'a [Option<Box<str>>]) -> Option<&'a str> {
        if self.not {
            return None;
        }
        match self.compared {
            Some(one) if one.first => said(one, known),
            _ => {
                let writes = |value: &&str| *value != ANYTHING && !(self.absent && value.is_empty());
                self.values.first().map(String::as_str).filter(writes)
            }
        }
    }

    /// Does it hold only where a value stands, and doesn't say which? Somebody else has to write one then.
    pub fn wants_another(&self) -> bool {
        self.not && self.absent && self.names_nothing()
    }

    fn names_nothing(&self) -> bool {
        self.values.iter().any(String::is_empty)
    }
}

fn said(one: Compared, known: &[Option<Box<str>>]) -> Option<&str> {
    known.get(one.member)?.as_deref()
}
