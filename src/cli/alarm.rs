//! `alarm`: list.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::shown::{Column, Shown, Table, column};
use super::{Outcome, house};
use crate::config::Config;
use crate::domain::instant::Instant;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists the alarms that stand; what each means and what to do is in docs/operations.md.
    List {
        /// Those that are over, too.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        shown: Shown,
    },
}

const COLUMNS: &[Column] = &[
    column("name", "NAME"),
    column("raised", "RAISED"),
    column("told", "TOLD").none("nobody"),
    column("over", "OVER"),
    column("content", "CONTENT"),
];

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let Command::List { all, shown } = command;
    let app = house::app_to_look(&config, shown).await?;
    let time = |at: Option<Instant>| json!(at.map(Instant::to_xs_date_time));
    let mut table = Table::new(COLUMNS);
    for alarm in app.reader.alarms().await? {
        if all || alarm.cleared.is_none() {
            table.row([
                json!(alarm.name),
                time(Some(alarm.raised)),
                time(alarm.told),
                time(alarm.cleared),
                json!(alarm.content),
            ]);
        }
    }
    table.show(shown, "No alarms.");
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}
