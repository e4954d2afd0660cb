//! The XML engine before foreign judges: xmlsec1, libxml2, bergshamra.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "clippy.toml allows these in test functions; here their helpers are functions too"
)]

mod c14n;
mod hostile;
mod independent;
mod location;
mod nasty;
mod properties;
mod refusals;
mod samples;
mod speed;
mod support;
