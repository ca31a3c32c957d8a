#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cedula_fuzz::openid4vp(bytes));
