//! The one test binary.

mod seal;
