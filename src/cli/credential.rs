//! `credential`: import a certificate chain for a key, list.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Outcome, house};
use crate::config::Config;
use crate::pki::certificate::Chain;
use crate::workflow::credentials;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Imports a certificate chain whose key is in a back-end.
    ///
    /// Example: chancery credential import --alias acme-2026 --backend hsm --chain acme-chain.pem
    Import {
        /// Name for the credential.
        #[arg(long)]
        alias: String,
        /// Name of the key back-end in the configuration.
        #[arg(long)]
        backend: String,
        /// PEM file: signing certificate and its issuers, in any order.
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
    },
    /// Lists credentials with their validity.
    List,
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match command {
        Command::Import { .. } => house::app(&config).await?,
        Command::List => house::app_without_keys(&config).await?,
    };
    match command {
        Command::Import { alias, backend, chain: file } => {
            let pem = std::fs::read(&file)
                .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            let chain =
                Chain::from_pem(&pem).map_err(|error| format!("{}: {error}", file.display()))?;
            credentials::import(&app, &alias, &backend, &chain).await?;
            let signing = chain.signing();
            say!("Imported {alias}: {}", signing.subject());
            say!("Valid until {}.", signing.not_after().to_xs_date_time());
        }
        Command::List => list(&app).await?,
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &crate::app::App) -> Result<(), Failure> {
    let all = app.reader.credentials().await?;
    if all.is_empty() {
        say!("No credentials yet; import one with: chancery credential import --help");
        return Ok(());
    }
    say!("{:<24} {:<16} {:<10} {:<22} SUBJECT", "ALIAS", "BACK-END", "KIND", "VALID UNTIL");
    for credential in all {
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice))?;
        let signing = chain.signing();
        say!(
            "{:<24} {:<16} {:<10} {:<22} {}",
            credential.alias,
            credential.backend,
            signing.key_kind().label(),
            signing.not_after().to_xs_date_time(),
            signing.subject()
        );
    }
    Ok(())
}
