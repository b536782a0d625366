//! Bytes read as fixed width, by a layout that their number chooses: told the same whole and in drops, reported, drawn.
#![no_main]

use crossdock_formats::{fuzz, piece::Standard};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::document(Standard::Fixed, bytes));
