//! `keys`: generate inside a back-end, list, request a certificate.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::shown::{Column, Shown, Table, column, say_json};
use super::{Failure, Outcome, house};
use crate::config::Config;
use crate::keys::Keyring;
use crate::pki::algorithm::KeyKind;
use crate::pki::calendar::{Calendar, Owner};
use crate::workflow::credentials;
use crate::workflow::quarantine::{self, Released};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Generates a key inside a back-end; in a token it never leaves.
    ///
    /// Example: chancery keys generate --backend hsm --label acme-2026 --kind rsa-3072
    Generate {
        /// Name of the back-end in the configuration.
        #[arg(long)]
        backend: String,
        /// Label of the new key.
        #[arg(long)]
        label: String,
        /// Kind of key.
        #[arg(long, value_enum, default_value = "p-256")]
        kind: KeyChoice,
        #[command(flatten)]
        shown: Shown,
    },
    /// Lists the keys of the back-ends.
    List {
        /// Only this back-end.
        #[arg(long)]
        backend: Option<String>,
        #[command(flatten)]
        shown: Shown,
    },
    /// Releases the key of a credential from quarantine, where it is since it answered with a wrong value,
    /// after a good trial signature. Services go on with what waits for it.
    ///
    /// Example: chancery keys release --credential acme-2026
    Release {
        /// Name of the credential.
        #[arg(long)]
        credential: String,
    },
    /// Prints a certification request (PKCS#10) for a key.
    ///
    /// Example: chancery keys csr --backend hsm --key acme-2026
    /// --subject "CN=ACME Seal,organizationIdentifier=VATPT-505767457,O=ACME,C=PT"
    Csr {
        /// Name of the back-end in the configuration.
        #[arg(long)]
        backend: String,
        /// Label or id of the key.
        #[arg(long)]
        key: String,
        /// Subject, most specific first as in RFC 4514, or as OpenSSL writes it (/C=PT/O=ACME/CN=...).
        /// Types are keywords such as CN, O, OU, C, L, ST, serialNumber, GN, SN, emailAddress and
        /// organizationIdentifier, or dotted numbers.
        #[arg(long)]
        subject: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum KeyChoice {
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
    #[value(name = "p-256")]
    P256,
    #[value(name = "p-384")]
    P384,
    #[value(name = "p-521")]
    P521,
    #[value(name = "secp256k1")]
    Secp256k1,
}

impl From<KeyChoice> for KeyKind {
    fn from(kind: KeyChoice) -> Self {
        match kind {
            KeyChoice::Rsa2048 => Self::Rsa { bits: 2048 },
            KeyChoice::Rsa3072 => Self::Rsa { bits: 3072 },
            KeyChoice::Rsa4096 => Self::Rsa { bits: 4096 },
            KeyChoice::P256 => Self::P256,
            KeyChoice::P384 => Self::P384,
            KeyChoice::P521 => Self::P521,
            KeyChoice::Secp256k1 => Self::Secp256k1,
        }
    }
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    if let Command::Release { credential } = command {
        return release(&config, &credential).await;
    }
    let settings = config.keys.clone();
    let keyring = tokio::task::spawn_blocking(move || Keyring::open(&settings)).await??;
    match command {
        Command::Generate { backend, label, kind, shown } => {
            let calendar = house::calendar(&config)?;
            let key = keyring.generate(&backend, &label, kind.into()).await?;
            let beware = calendar_of_key(&calendar, kind.into());
            if shown.json {
                say_json(&json!({
                    "backend": backend, "label": key.label, "id": key.id, "beware": beware,
                }));
            } else {
                say!("Generated {} in {backend}, id {}.", key.label, key.id);
                if let Some(text) = beware {
                    say!("{text}");
                }
            }
        }
        Command::List { backend, shown } => {
            let names = match backend {
                Some(name) => vec![name],
                None => config.keys.backends.keys().cloned().collect(),
            };
            list(&keyring, names, shown).await?;
        }
        Command::Release { .. } => {}
        Command::Csr { backend, key, subject } => {
            say!("{}", request(&keyring, &backend, &key, &subject).await?.trim_end());
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn release(config: &Config, alias: &str) -> Outcome {
    let app = house::app(config).await?;
    let released = quarantine::release(&app, alias).await;
    app.store.close().await;
    match released? {
        Released::Yes(signs) => {
            say!(
                "Released the key of {alias}; it made a good trial signature ({}).",
                signs.as_str()
            );
        }
        Released::NotInQuarantine(signs) => {
            say!("The key of {alias} is not in quarantine, and signs ({}).", signs.as_str());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What should be known of a kind of key before a certificate is ordered for it.
fn calendar_of_key(calendar: &Calendar, kind: KeyKind) -> Option<String> {
    let verdict = calendar.key(kind, Owner::Signer);
    let name = kind.label();
    if !verdict.named {
        let calendar = calendar.name();
        return Some(format!(
            "Beware: {name} is not in the calendar of algorithms ({calendar}); verifiers that follow it \
             may refuse its seals."
        ));
    }
    let issued = verdict
        .issued_until
        .map(|issued| format!(" certificates for it may be issued until {};", issued.last_day()));
    let ends = verdict.ending.map(|ending| {
        format!(
            " its seals and certificates are accepted until {} ({})",
            ending.last_day(),
            ending.source
        )
    });
    (issued.is_some() || ends.is_some()).then(|| {
        format!(
            "Beware of {name}:{}{}. Longer keys, or p-256, last longer.",
            issued.unwrap_or_default(),
            ends.unwrap_or_default()
        )
    })
}

async fn list(keyring: &Keyring, backends: Vec<String>, shown: Shown) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        column("backend", "BACK-END"),
        column("label", "LABEL"),
        column("kind", "KIND").none("other"),
        column("id", "ID"),
        column("certificateBeside", "CERTIFICATE BESIDE"),
    ];
    let mut table = Table::new(COLUMNS);
    let empty = if backends.is_empty() {
        "No key back-ends are configured; see the [keys] part of: chancery config"
    } else {
        "No keys yet; make one with: chancery keys generate --help"
    };
    for backend in backends {
        for key in keyring.list(&backend).await? {
            table.row([
                json!(backend),
                json!(key.label),
                json!(key.kind.map(KeyKind::label)),
                json!(key.id),
                json!(key.has_certificate),
            ]);
        }
    }
    table.show(shown, empty);
    Ok(())
}

async fn request(
    keyring: &Keyring,
    backend: &str,
    key: &str,
    subject: &str,
) -> Result<String, Failure> {
    let public = Arc::new(keyring.public_key(backend, key).await?);
    Ok(credentials::request(keyring, (backend, &public), subject).await?)
}
