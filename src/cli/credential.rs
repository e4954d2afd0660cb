//! `credential`: import a certificate chain for a key, list, grant.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Outcome, house, values};
use crate::config::Config;
use crate::domain::instant::Instant;
use crate::domain::usage::AccessGrant;
use crate::pki::certificate::Chain;
use crate::workflow::{credentials, usage};

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
    /// Lists credentials with their validity and access grant.
    List,
    /// Records that the authority has permitted the use of a credential's key, so that people are told
    /// before the permission ends.
    ///
    /// Example: chancery credential grant --alias acme-2026
    Grant {
        /// Name of the credential.
        #[arg(long)]
        alias: String,
        /// Last day; 60 days from now when absent.
        #[arg(long, value_name = "DATE", value_parser = values::last_instant)]
        until: Option<Instant>,
        /// For how many signatures.
        #[arg(long, default_value_t = AccessGrant::SIGNATURES)]
        signatures: u64,
    },
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match command {
        Command::Import { .. } => house::app(&config).await?,
        Command::List | Command::Grant { .. } => house::app_without_keys(&config).await?,
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
        Command::Grant { alias, until, signatures } => {
            if until.is_some_and(|until| until <= app.now()) {
                return Err("--until must be a day to come".into());
            }
            let grant =
                usage::grant(&app, &alias, until, signatures).await.map_err(
                    |error| match error {
                        crate::workflow::Error::NotFound => Failure::from(format!(
                            "no credential is called {alias}; see: chancery credential list"
                        )),
                        other => other.into(),
                    },
                )?;
            let until = grant.expires.to_xs_date_time();
            say!("{alias} may be used until {until}, for {} signatures.", grant.signatures);
        }
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
    let grants = app.reader.access_grants().await?;
    say!(
        "{:<24} {:<16} {:<10} {:<22} {:<22} {:<24} SUBJECT",
        "ALIAS",
        "BACK-END",
        "KIND",
        "VALID UNTIL",
        "GRANTED UNTIL",
        "SIGNATURES"
    );
    for credential in all {
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice))?;
        let signing = chain.signing();
        let grant = grants.iter().find(|(id, _)| *id == credential.id).map(|(_, grant)| grant);
        let (granted_until, signatures) = match grant {
            None => ("-".to_owned(), "-".to_owned()),
            Some(grant) => {
                let used = app.reader.sealed_with_credential(credential.id, grant.granted).await?;
                (grant.expires.to_xs_date_time(), format!("{used} of {}", grant.signatures))
            }
        };
        say!(
            "{:<24} {:<16} {:<10} {:<22} {granted_until:<22} {signatures:<24} {}",
            credential.alias,
            credential.backend,
            signing.key_kind().label(),
            signing.not_after().to_xs_date_time(),
            signing.subject()
        );
    }
    Ok(())
}
