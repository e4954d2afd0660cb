//! `credential`: import a certificate chain for a key, list, grant, disable.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::shown::{Column, Shown, Table, column};
use super::{Failure, Outcome, house, values};
use crate::config::Config;
use crate::domain::credential::CredentialStatus;
use crate::domain::instant::Instant;
use crate::domain::sources::sources;
use crate::domain::usage::AccessGrant;
use crate::pki::certificate::Chain;
use crate::pki::path;
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
        /// File of the signing certificate and its issuers, in any order: PEM, DER or PKCS#7.
        #[arg(long, value_name = "FILE")]
        chain: PathBuf,
    },
    /// Lists credentials with their validity and access grant.
    List(Shown),
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
    /// Disables a credential: nothing is sealed with it from then on, in any service over the database.
    ///
    /// Example: chancery credential disable --alias acme-2026
    Disable {
        /// Name of the credential.
        #[arg(long)]
        alias: String,
    },
    /// Allows a disabled credential again.
    ///
    /// Example: chancery credential enable --alias acme-2026
    Enable {
        /// Name of the credential.
        #[arg(long)]
        alias: String,
    },
}

const COLUMNS: &[Column] = &[
    column("alias", "ALIAS"),
    column("status", "STATUS"),
    column("backend", "BACK-END"),
    column("kind", "KIND"),
    column("notAfter", "VALID UNTIL"),
    column("grantedUntil", "GRANTED UNTIL"),
    column("", "SIGNATURES"),
    column("signatures", ""),
    column("signaturesGranted", ""),
    column("subject", "SUBJECT"),
];

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match command {
        Command::Import { .. } => house::app(&config).await?,
        Command::List(shown) => return list(&config, shown).await,
        Command::Grant { .. } | Command::Disable { .. } | Command::Enable { .. } => {
            house::app_without_keys(&config).await?
        }
    };
    match command {
        Command::Import { alias, backend, chain: file } => {
            let bytes = std::fs::read(&file)
                .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            let chain =
                path::of_file(&bytes, app.now()).map_err(|error| named_file(&file, &error))?;
            let imported = credentials::import(&app, &alias, &backend, &chain).await;
            let (_, signs) = imported.map_err(|error| {
                if super::is_taken(&error) {
                    format!(
                        "the alias {alias} is taken; choose another with --alias, or see: chancery \
                         credential list"
                    )
                    .into()
                } else {
                    Failure::from(error)
                }
            })?;
            let signing = chain.signing();
            say!("Imported {alias}: {}", signing.subject());
            if let Some(only) = credentials::only_with(signing, signs) {
                say!("Its key signs{only}: name a signatureAlgorithm that it allows.");
            }
            say!("Valid until {}.", signing.not_after().to_xs_date_time());
            for beware in credentials::bewares(&app.calendar, &chain, signs) {
                say!("Beware: {beware}.");
            }
        }
        Command::List(_) => {}
        Command::Grant { alias, until, signatures } => {
            if until.is_some_and(|until| until <= app.now()) {
                return Err("--until must be a day to come".into());
            }
            let grant = usage::grant(&app, &alias, until, signatures).await;
            let grant = grant.map_err(|error| named(&alias, error))?;
            let until = grant.expires.to_xs_date_time();
            say!("{alias} may be used until {until}, for {} signatures.", grant.signatures);
        }
        Command::Disable { alias } => {
            set_status(&app, &alias, CredentialStatus::Disabled).await?;
            say!("{alias} is disabled: nothing is sealed with it from now on.");
        }
        Command::Enable { alias } => {
            set_status(&app, &alias, CredentialStatus::Active).await?;
            say!("{alias} may be used again.");
        }
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn set_status(
    app: &crate::app::App,
    alias: &str,
    status: CredentialStatus,
) -> Result<(), Failure> {
    let set = credentials::set_status(app, alias, status).await;
    set.map_err(|error| named(alias, error))
}

fn named_file(file: &Path, error: &crate::pki::Error) -> Failure {
    format!("{}: {}", file.display(), sources(error)).into()
}

/// What an alias that is unknown means.
fn named(alias: &str, error: crate::workflow::Error) -> Failure {
    match error {
        crate::workflow::Error::NotFound(_) => {
            format!("no credential is called {alias}; see: chancery credential list").into()
        }
        other => other.into(),
    }
}

async fn list(config: &Config, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    let grants = app.reports.access_grants().await?;
    let mut table = Table::new(COLUMNS);
    for credential in app.reader.credentials().await? {
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice))?;
        let signing = chain.signing();
        let grant = grants.iter().find(|(id, _)| *id == credential.id).map(|(_, grant)| grant);
        let used = match grant {
            None => None,
            Some(grant) => {
                Some(app.reports.sealed_with_credential(credential.id, grant.granted).await?)
            }
        };
        let granted = grant.map(|grant| grant.signatures);
        table.row([
            json!(credential.alias),
            json!(credential.status.as_str()),
            json!(credential.backend),
            json!(signing.key_kind().label()),
            json!(signing.not_after().to_xs_date_time()),
            json!(grant.map(|grant| grant.expires.to_xs_date_time())),
            json!(used.zip(granted).map(|(used, granted)| format!("{used} of {granted}"))),
            json!(used),
            json!(granted),
            json!(signing.subject()),
        ]);
    }
    table.show(shown, "No credentials yet; import one with: chancery credential import --help");
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}
