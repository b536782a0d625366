//! An interchange made of the bytes, written, read, written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| crossdock_formats::fuzz::roundtrip(bytes));
