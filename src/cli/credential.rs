//! `credential`: import a certificate chain for a key, list, grant, disable.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Outcome, house, values};
use crate::config::Config;
use crate::domain::credential::CredentialStatus;
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::usage::AccessGrant;
use crate::pki::algorithm::KeyKind;
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

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match command {
        Command::Import { .. } => house::app(&config).await?,
        Command::List
        | Command::Grant { .. }
        | Command::Disable { .. }
        | Command::Enable { .. } => house::app_without_keys(&config).await?,
    };
    match command {
        Command::Import { alias, backend, chain: file } => {
            let pem = std::fs::read(&file)
                .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
            let chain =
                Chain::from_pem(&pem).map_err(|error| format!("{}: {error}", file.display()))?;
            let (_, signs) = credentials::import(&app, &alias, &backend, &chain).await?;
            let signing = chain.signing();
            say!("Imported {alias}: {}", signing.subject());
            if let Some(only) = only_with(signing.key_kind(), signs) {
                say!("Its key signs{only}: name a signatureAlgorithm that it allows.");
            }
            say!("Valid until {}.", signing.not_after().to_xs_date_time());
        }
        Command::List => list(&app).await?,
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

/// What an alias that is unknown means.
fn named(alias: &str, error: crate::workflow::Error) -> Failure {
    match error {
        crate::workflow::Error::NotFound(_) => {
            format!("no credential is called {alias}; see: chancery credential list").into()
        }
        other => other.into(),
    }
}

/// What is said of a key that does not sign with the usual algorithm of its kind.
pub(super) fn only_with(kind: KeyKind, signs: SignatureAlgorithm) -> Option<String> {
    let usual = kind.default_signature();
    (signs != usual).then(|| format!(" with {}, not with {}", signs.setting(), usual.setting()))
}

async fn list(app: &crate::app::App) -> Result<(), Failure> {
    let all = app.reader.credentials().await?;
    if all.is_empty() {
        say!("No credentials yet; import one with: chancery credential import --help");
        return Ok(());
    }
    let grants = app.reports.access_grants().await?;
    say!(
        "{:<24} {:<9} {:<16} {:<10} {:<22} {:<22} {:<24} SUBJECT",
        "ALIAS",
        "STATUS",
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
                let used = app.reports.sealed_with_credential(credential.id, grant.granted).await?;
                (grant.expires.to_xs_date_time(), format!("{used} of {}", grant.signatures))
            }
        };
        say!(
            "{:<24} {:<9} {:<16} {:<10} {:<22} {granted_until:<22} {signatures:<24} {}",
            credential.alias,
            credential.status.as_str(),
            credential.backend,
            signing.key_kind().label(),
            signing.not_after().to_xs_date_time(),
            signing.subject()
        );
    }
    Ok(())
}
