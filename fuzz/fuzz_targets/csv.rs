//! Bytes read as CSV: told the same whole and in drops, reported, drawn, answered.
#![no_main]

use crossdock_formats::{fuzz, piece::Standard};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::document(Standard::Csv, bytes));
