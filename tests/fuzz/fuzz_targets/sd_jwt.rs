#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cedula_fuzz::sd_jwt(bytes));
