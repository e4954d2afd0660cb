//! What the demo leaves: `demo.json` for programs, `report.md` and a few words for people.

use std::fmt::Write as _;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::super::Failure;
use super::client::Batch;
use super::folder::Folder;
use super::judge::DemoVerdict;
use super::operator::DemoOperator;

/// What is there beside the service.
pub(super) struct DemoPlaces<'d> {
    pub(super) anchor: &'d Path,
    /// Address of the test authority.
    pub(super) authority: &'d str,
    pub(super) operator: &'d DemoOperator,
}

/// Writes `demo.json`.
pub(super) fn write_json(
    folder: &Folder,
    base: &str,
    (alias, secret): &(String, SecretString),
    &DemoPlaces { anchor, authority, operator }: &DemoPlaces<'_>,
) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&json!({
        "base_url": base,
        "token_url": format!("{base}/oauth2/token"),
        "client_id": alias,
        "client_secret": secret.expose_secret(),
        "trust_anchor": anchor,
        "authority_url": authority,
        "tsa_url": format!("{authority}/tsa"),
        "ocsp_url": format!("{authority}/ocsp"),
        "crl_url": format!("{authority}/issuing.crl"),
        "backoffice_url": operator.page,
        "operator": operator.json(),
        "database": folder.database(),
        "mail_folder": folder.mails(),
    }))?;
    let file = folder.root.join("demo.json");
    if file.exists() {
        std::fs::remove_file(&file)?;
    }
    Ok(super::super::house::write_secret(&file, text.as_bytes())?)
}

/// Writes `report.md` and says how it went. Returns whether everything was sealed and verified.
pub(super) fn write(
    folder: &Folder,
    base: &str,
    batches: &[Batch],
    verdicts: &[DemoVerdict],
) -> Result<bool, Failure> {
    let good = verdicts.iter().filter(|verdict| verdict.good).count();
    let all = verdicts.len();
    let mut text =
        format!("# The demo\n\n{good} of {all} seals verified by xmlsec1, pdfsig and openssl.\n\n");
    for batch in batches {
        let _ = writeln!(text, "- {}: {}", batch.key, batch.story());
    }
    let _ = writeln!(text, "\n| File | verdict |\n|---|---|");
    for verdict in verdicts {
        let name = verdict.file.file_name().unwrap_or_default().to_string_lossy();
        let _ = writeln!(text, "| {name} | {} |", verdict.words);
    }
    let _ = writeln!(text, "\nThe service was at {base}; `demo.json` has what a client needs.");
    std::fs::write(folder.root.join("report.md"), text)?;

    say!("\n{good} of {all} seals verified by xmlsec1, pdfsig and openssl.");
    say!("Look at {}:", folder.root.display());
    say!("  sealed/     the sealed invoices");
    say!("  mails/      the mails as the sink took them");
    say!("  report.md   what happened");
    say!("  authority/  the test authority; chancery authority serve --directory starts it again");
    say!(
        "  demo.json   addresses and secrets: of the client service, and of the back office's operator"
    );
    say!("  chancery.toml   the configuration, for the other commands (--config)");
    Ok(good == all && all > 0)
}
