//! `alarm`: list.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Outcome, house};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists the alarms that stand; what each means and what to do is in docs/operations.md.
    List {
        /// Those that are over, too.
        #[arg(long)]
        all: bool,
    },
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = house::app_without_keys(&config).await?;
    let Command::List { all } = command;
    let mut alarms = app.reader.alarms().await?;
    alarms.retain(|alarm| all || alarm.cleared.is_none());
    if alarms.is_empty() {
        say!("No alarms.");
    } else {
        say!("{:<40} {:<22} {:<22} {:<22} CONTENT", "NAME", "RAISED", "TOLD", "OVER");
    }
    for alarm in alarms {
        let time = |at: Option<crate::domain::instant::Instant>, none: &str| {
            at.map_or_else(|| none.to_owned(), crate::domain::instant::Instant::to_xs_date_time)
        };
        say!(
            "{:<40} {:<22} {:<22} {:<22} {}",
            alarm.name,
            alarm.raised.to_xs_date_time(),
            time(alarm.told, "nobody"),
            time(alarm.cleared, "-"),
            alarm.content
        );
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}
