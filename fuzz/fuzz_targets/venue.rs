//! Coverage-guided: `cargo fuzz run --features coverage venue`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sfund_fuzz::run("venue", bytes));
