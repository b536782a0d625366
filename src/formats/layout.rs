//! How a file of fixed width is laid out: records by their type, fields by their columns.

use std::ops::Range;

/// A layout. Columns count characters from 1 in what people write, and from 0 here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Where a record says of which kind it is; `None`: there is one kind.
    pub kind_at: Option<Range<u32>>,
    /// A record is so many characters, with or without a line end behind it; `None`: a record is a line.
    pub length: Option<u32>,
    pub records: Vec<RecordSpec>,
}

/// One kind of record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordSpec {
    /// What mappings call it.
    pub name: Box<str>,
    /// What stands where a record says its kind, without blanks around it.
    pub is: Box<str>,
    pub place: RecordPlace,
    pub fields: Vec<FieldSpec>,
}

/// Where a record stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordPlace {
    /// It opens a set.
    Set,
    /// Below the last record of another kind, by its index in the layout.
    Under(usize),
    /// Outside of sets: a file's header, a trailer. It is known, and not read.
    Outside,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    pub name: Box<str>,
    pub columns: Range<u32>,
}

impl Layout {
    /// The kind of a record by what it says, if the layout has it.
    pub(crate) fn kind(&self, record: &str) -> Option<usize> {
        let Some(at) = &self.kind_at else { return (!self.records.is_empty()).then_some(0) };
        let said = cut(record, at).map_or("", |bytes| record[bytes].trim());
        self.records.iter().position(|r| &*r.is == said)
    }
}

/// The bytes of some columns, as far as the record reaches; `None` if it ends before them.
pub(crate) fn cut(record: &str, columns: &Range<u32>) -> Option<Range<usize>> {
    let (from, to) = (columns.start as usize, columns.end as usize);
    if record.is_ascii() {
        return (from < record.len()).then(|| from..to.min(record.len()));
    }
    let mut starts = record.char_indices().map(|(at, _)| at);
    let start = starts.nth(from)?;
    // Behind the first, `to - from - 1` further on.
    let end = starts.nth((to - from).saturating_sub(1)).unwrap_or(record.len());
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn columns_count_characters() {
        assert_eq!(cut("abcdef", &(1..3)), Some(1..3));
        assert_eq!(cut("abc", &(1..9)), Some(1..3));
        assert_eq!(cut("abc", &(3..4)), None);
        assert_eq!(cut("aébc", &(1..2)), Some(1..3));
        assert_eq!(cut("aébc", &(2..4)), Some(3..5));
        assert_eq!(cut("é", &(0..1)), Some(0..2));
        assert_eq!(cut("é", &(1..2)), None);
    }
}
