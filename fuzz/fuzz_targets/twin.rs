//! X12 and EDIFACT read the short way and the long way: the same trees, the same faults.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| crossdock_formats::fuzz::twin(bytes));
