//! Parses arguments, starts the runtime, calls the command.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    chancery::cli::run(chancery::cli::Arguments::parse())
}
