//! Parses arguments, starts the runtime, calls the command.

use std::process::ExitCode;

use clap::Parser as _;
use tikv_jemallocator::Jemalloc;

/// Gives memory back to the system some seconds after it was freed (docs/decisions/0022).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    chancery::cli::run(chancery::cli::Arguments::parse())
}
