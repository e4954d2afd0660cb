//! The one test binary. With it the library itself is built.

// `cfg(test)` is always set here; saying so gives clippy's allowances for tests to helpers too
#[cfg(test)]
mod faults;
