#![no_main]
#![expect(dead_code, unused_imports, reason = "each target feeds one of the bodies")]

#[path = "../../crates/engine/tests/it/seal/bodies/mod.rs"]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = bodies::invoices(bytes);
});
