//! Coverage-guided: `cargo fuzz run --features coverage commands`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sfund_fuzz::run("commands", bytes));
