#![no_main]
#![expect(dead_code, unused_imports, reason = "each target feeds one of the bodies")]

#[path = "../../crates/engine/tests/it/seal/bodies/mod.rs"]
mod bodies;
mod panics;

libfuzzer_sys::fuzz_target!(init: panics::let_others_panic(), |bytes: &[u8]| {
    let _ = bodies::fonts(bytes);
});
