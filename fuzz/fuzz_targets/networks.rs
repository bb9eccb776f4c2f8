#![no_main]

mod keep;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| -> libfuzzer_sys::Corpus {
    checks::networks(bytes);
    keep::keep(bytes)
});
