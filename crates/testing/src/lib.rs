//! What the tests of several packages share: foreign judges, keys and certificates, documents to try,
//! hostile clients, the engine in one line. It panics where a test would.

#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests fail by panicking, and say what they left out"
)]

pub mod alarms;
pub mod changes;
pub mod cost;
pub mod hostile;
#[cfg(feature = "hostile_clients")]
pub mod hostile_clients;
pub mod judges;
pub mod long_pdf;
pub mod openssl;
pub mod pdf_judges;
pub mod pdfs;
pub mod ports;
pub mod python;
pub mod sealing;
pub mod status_authority;
pub mod tsa;
pub mod tsa_server;

/// Counts what is allocated, in a test binary that makes it its allocator.
pub use peak_alloc::PeakAlloc;
