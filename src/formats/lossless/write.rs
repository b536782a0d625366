//! Items to bytes.

use super::{Delimiters, Element, Item, Segment, Value};
use crate::piece::Standard;

/// Writes items one after the other; the delimiters are those of the interchange that has begun.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    delimiters: Option<Delimiters>,
}

impl Writer {
    /// Nothing has begun yet.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// The delimiters that hold now.
    pub fn delimiters(&self) -> Option<&Delimiters> {
        self.delimiters.as_ref()
    }

    /// Appends an item's bytes. A segment before any interchange has no delimiters and is written as its values.
    pub fn put(&mut self, item: &Item, out: &mut Vec<u8>) {
        match item {
            Item::Begin(begin) => {
                self.delimiters = Some(begin.delimiters);
                if let Some(una) = begin.una {
                    out.extend_from_slice(b"UNA");
                    out.extend_from_slice(&una);
                }
                out.extend_from_slice(&begin.after);
            }
            Item::Text(text) => out.extend_from_slice(&text.bytes),
            Item::Segment(segment) => match &self.delimiters {
                Some(delimiters) => segment.write(delimiters, out),
                None => segment.elements.iter().for_each(|element| out.extend_from_slice(element.first())),
            },
        }
    }
}

impl Segment {
    /// Appends its bytes, with its terminator and what stands behind it.
    pub fn write(&self, delimiters: &Delimiters, out: &mut Vec<u8>) {
        self.write_parts(self.elements.len(), delimiters, out);
        if self.terminated {
            out.push(delimiters.segment);
            out.extend_from_slice(delimiters.syntax().rest());
        }
        out.extend_from_slice(&self.after);
    }

    /// Offset of an element's first byte from the segment's, as it is written.
    pub fn offset(&self, position: usize, delimiters: &Delimiters) -> u64 {
        let mut before = Vec::new();
        self.write_parts(position.min(self.elements.len()), delimiters, &mut before);
        before.len() as u64 + u64::from(position > 0)
    }

    fn write_parts(&self, elements: usize, delimiters: &Delimiters, out: &mut Vec<u8>) {
        // ISA names the delimiters, and names them as they are. X12.5 §3.2
        let plain = delimiters.standard == Standard::X12 && self.id() == b"ISA";
        for (n, element) in self.elements[..elements].iter().enumerate() {
            if n > 0 {
                out.push(delimiters.element);
            }
            match element {
                Element::Plain(value) if plain => out.extend_from_slice(value.written.as_ref().unwrap_or(&value.bytes)),
                Element::Plain(value) => value.write(delimiters, out),
                Element::Components(values) => components(values, delimiters, out),
                Element::Repeats(repeats) => {
                    for (n, values) in repeats.iter().enumerate() {
                        if n > 0 {
                            out.extend(delimiters.repetition);
                        }
                        components(values, delimiters, out);
                    }
                }
            }
        }
    }
}

fn components(values: &[Value], delimiters: &Delimiters, out: &mut Vec<u8>) {
    for (n, value) in values.iter().enumerate() {
        if n > 0 {
            out.extend(delimiters.component);
        }
        value.write(delimiters, out);
    }
}

impl Value {
    fn write(&self, delimiters: &Delimiters, out: &mut Vec<u8>) {
        match (&self.written, delimiters.release) {
            (Some(written), _) => out.extend_from_slice(written),
            (None, Some(release)) => released(&self.bytes, release, delimiters, out),
            (None, None) => out.extend_from_slice(&self.bytes),
        }
    }
}

/// A value with a release character before each that is reserved. ISO 9735-1 §5.
pub(super) fn released(bytes: &[u8], release: u8, delimiters: &Delimiters, out: &mut Vec<u8>) {
    for byte in bytes {
        if delimiters.reserves(*byte) {
            out.push(release);
        }
        out.push(*byte);
    }
}
