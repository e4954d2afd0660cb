//! `operation`: end.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Outcome, house};
use crate::config::Config;
use crate::domain::ids::OperationId;
use crate::workflow::{Error, execute};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Ends an operation that is not finished: its documents that are not sealed yet fail
    /// (ended-by-operator), and may be sent again. What is sealed stays so, and its receivers are told.
    ///
    /// Example: chancery operation end 7498
    End {
        /// Its id, as clients and the log know it.
        id: i64,
    },
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let Command::End { id } = command;
    let app = house::app_without_keys(&config).await?;
    let id = OperationId::from_i64(id);
    let ended = execute::end(&app, id).await.map_err(|error| -> Failure {
        match error {
            Error::NotFound(_) => format!(
                "there is no operation {id} in the database at {}; look at the id in the client's answer \
                 or in the log",
                config.store.place()
            )
            .into(),
            error => error.into(),
        }
    })?;
    match ended {
        None => say!("Operation {id} was finished already; nothing was changed."),
        Some(0) => say!("Operation {id} is ended. Every document had ended before."),
        Some(1) => say!("Operation {id} is ended. One document failed (ended-by-operator)."),
        Some(many) => say!("Operation {id} is ended. {many} documents failed (ended-by-operator)."),
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}
