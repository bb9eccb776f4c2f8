#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::ipdeny(bytes, checks::Ways::One);
});
