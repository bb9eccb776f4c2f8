#![no_main]

mod keep;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| -> libfuzzer_sys::Corpus {
    checks::list(bytes);
    keep::keep(bytes)
});
