//! `audit`: verify.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::shown::{Shown, column, show_card};
use super::{Outcome, house};
use crate::config::Config;
use crate::domain::text::{hex, sha256_of_hex};
use crate::workflow::audit::{self, ChainReport, Misfit};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Says whether the chain over the audit record is whole: every entry is as it was chained, none is missing and none
    /// came in between. Ends with 1 when it is not, and names the first entry that does not fit.
    ///
    /// Examples: chancery audit verify; chancery audit verify --head
    /// 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    Verify {
        /// A head that an earlier verification said and that was kept elsewhere: it must be the hash of an entry.
        #[arg(long, value_name = "SHA-256", value_parser = head)]
        head: Option<[u8; 32]>,
        #[command(flatten)]
        shown: Shown,
    },
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let Command::Verify { head, shown } = command;
    let app = house::app_to_look(&config, shown).await?;
    let report = audit::verify(&app, head).await?;
    show(&report, shown);
    app.store.close().await;
    Ok(if report.misfit.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(report: &ChainReport, shown: Shown) {
    let (place, entry) = match report.misfit {
        Some(Misfit::Changed { place } | Misfit::Missing { place }) => (Some(place), None),
        Some(Misfit::Inserted { id }) => (None, Some(id)),
        Some(Misfit::Headless | Misfit::NotKept) | None => (None, None),
    };
    let head = column("head", "head:").none("there is no entry");
    let misfit = column("misfit", "what is wrong:").none("nothing");
    show_card(
        shown,
        [
            (column("whole", "whole:"), json!(report.misfit.is_none())),
            (column("entries", "entries that fit:"), json!(report.entries)),
            (head, json!(report.head.map(|head| hex(&head)))),
            (misfit, json!(report.misfit.map(Misfit::as_str))),
            (column("place", "at place:"), json!(place)),
            (column("entry", "number of the entry:"), json!(entry)),
            (column("keptAt", "place of the head that was kept:"), json!(report.kept_at)),
        ],
    );
}

fn head(text: &str) -> Result<[u8; 32], String> {
    sha256_of_hex(text).ok_or_else(|| "64 hexadecimal digits are needed".to_owned())
}
