//! The one test binary.

mod keys;
mod support;
