//! `authority`: a test authority for this machine alone. A root, an issuing authority, a TSA (RFC 3161), an OCSP
//! responder (RFC 6960), revocation lists and certificates of issuers over HTTP, so that every level can be tried
//! without a network. Its certificates say that they are for tests ([`crate::pki::test_marker`]).

mod answers;
mod issuing;
mod paper;
mod register;
pub(super) mod server;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;

pub(super) use issuing::{LocalAuthority, Wish};
pub(super) use paper::write_pem;

use super::shown::{Column, Shown, Table, column, say_json};
use super::{Failure, Outcome, serve};
use crate::config::Config;
use crate::pki::request::ReadRequest;
use crate::pki::revocation::RevocationReason;

/// Where it listens when nobody says.
const USUAL_ADDRESS: &str = "127.0.0.1:8490";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Runs a test authority on this machine until Ctrl-C: a TSA, an OCSP responder, revocation lists. Its keys and
    /// certificates are made at the first start. Refused beside a service that is reached from elsewhere.
    ///
    /// Example: chancery authority serve --directory test-authority
    Serve {
        #[command(flatten)]
        place: AuthorityPlace,
        /// Address and port, on this machine. It goes into certificates, so a folder keeps that of its first start.
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<SocketAddr>,
    },
    /// Issues a sealing certificate for a certification request, and prints it with its chain.
    ///
    /// Example: chancery keys csr --backend hsm --key trial --subject "CN=Trial,O=ACME,C=PT" |
    /// chancery authority issue --alias trial - > trial.pem
    Issue {
        #[command(flatten)]
        place: AuthorityPlace,
        /// Name for it, to be revoked by.
        #[arg(long)]
        alias: String,
        /// How many days it is valid.
        #[arg(long, default_value = "1095", value_parser = clap::value_parser!(u16).range(1..=2900))]
        days: u16,
        /// File with the request (PKCS#10); - is the standard input.
        #[arg(value_name = "FILE")]
        request: PathBuf,
    },
    /// Revokes a certificate from now on: responder and lists say so at once.
    ///
    /// Example: chancery authority revoke trial --reason keyCompromise
    Revoke {
        #[command(flatten)]
        place: AuthorityPlace,
        /// Its alias or its serial number in hexadecimal; tsa, ocsp and issuing are those of the authority itself.
        #[arg(value_name = "ALIAS|SERIAL")]
        which: String,
        /// Why, by the names of RFC 5280.
        #[arg(long, default_value = "unspecified", value_parser = reason)]
        reason: RevocationReason,
        #[command(flatten)]
        shown: Shown,
    },
    /// Lists what the authority issued, and says whether it runs.
    Status {
        #[command(flatten)]
        place: AuthorityPlace,
        #[command(flatten)]
        shown: Shown,
    },
}

/// Where an authority is.
#[derive(Args)]
pub(super) struct AuthorityPlace {
    /// Folder of the authority.
    #[arg(long, default_value = "test-authority", value_name = "FOLDER")]
    directory: PathBuf,
}

const COLUMNS: &[Column] = &[
    column("alias", "ALIAS"),
    column("serial", "SERIAL"),
    column("status", "STATUS"),
    column("revokedAt", ""),
    column("reason", ""),
    column("notAfter", "VALID UNTIL"),
    column("issuer", "ISSUER"),
    column("subject", "SUBJECT"),
];

/// A reason as people name it, those of lists of changes excepted.
fn reason(name: &str) -> Result<RevocationReason, String> {
    let known = RevocationReason::named(name);
    let known = known.filter(|reason| *reason != RevocationReason::RemoveFromCrl);
    known.ok_or_else(|| {
        "use a name of RFC 5280, 5.3.1: unspecified, keyCompromise, cACompromise, affiliationChanged, \
         superseded, cessationOfOperation, certificateHold, privilegeWithdrawn or aACompromise"
            .to_owned()
    })
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    match command {
        Command::Serve { place, listen } => {
            refuse_beside_a_service_for_others(&config)?;
            run_server(&place.directory, listen).await
        }
        Command::Issue { place, alias, days, request } => {
            refuse_beside_a_service_for_others(&config)?;
            let authority = LocalAuthority::open(&place.directory).await?;
            let request = ReadRequest::of(&read(&request)?)?;
            let wish = Wish { alias: &alias, subject: &request.subject, key: &request.key, days };
            let chain = authority.issue(wish).await?;
            let pem: Result<String, Failure> = chain.certificates().map(paper::pem).collect();
            say!("{}", pem?.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Revoke { place, which, reason, shown } => {
            let authority = LocalAuthority::open(&place.directory).await?;
            let revoked = authority.revoke(&which, reason)?;
            if shown.json {
                say_json(&json!({ "alias": revoked.alias, "serial": revoked.serial,
                    "reason": reason.name() }));
            } else {
                say!("{} ({}) is revoked: {}.", revoked.alias, revoked.serial, reason.name());
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Status { place, shown } => status(&place.directory, shown).await,
    }
}

/// Nobody else is to take these certificates for others: a service that is reached from elsewhere is none for tests.
fn refuse_beside_a_service_for_others(config: &Config) -> Result<(), Failure> {
    config.web.for_this_machine().map_err(|setting| {
        format!(
            "a test authority is not for production: by {} the service is reached from other machines ({setting}). \
             Name a configuration for tests with --config",
            config.origin
        )
        .into()
    })
}

async fn run_server(directory: &Path, listen: Option<SocketAddr>) -> Outcome {
    let known = LocalAuthority::address_of(directory)?;
    let address = match (known, listen) {
        (Some(known), Some(wanted)) if known != wanted => {
            return Err(format!(
                "the certificates in {} name {known}: leave --listen out, or take another --directory",
                directory.display()
            )
            .into());
        }
        (Some(known), _) => known,
        (None, Some(wanted)) => wanted,
        (None, None) => USUAL_ADDRESS.parse()?,
    };
    if !address.ip().is_loopback() {
        return Err(format!(
            "{address}: a test authority listens on this machine only, as on 127.0.0.1"
        )
        .into());
    }
    let listener = TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; another port for a new folder: --listen 127.0.0.1:PORT")
    })?;
    let authority = LocalAuthority::make(directory, listener.local_addr()?).await?;
    let url = authority.url().to_owned();
    say!("A test authority answers at {url}. Its certificates prove nothing to anybody.");
    say!("{}", settings(&authority, &url));
    let mut signals = serve::StopSignals::listen()?;
    let server = server::start(authority, listener);
    signals.next().await;
    server.abort();
    Ok(ExitCode::SUCCESS)
}

/// What a configuration says to use it.
pub(super) fn settings(authority: &LocalAuthority, url: &str) -> String {
    let [root, issuing] =
        ["root.pem", "issuing.pem"].map(|name| authority.file(name).display().to_string());
    format!(
        "[timestamp.authorities.test]\nurl = \"{url}/tsa\"\ntrust_file = {root:?}\n\n\
         [revocation]\ntrust = [{root:?}]\nallow_networks = [\"127.0.0.0/8\", \"::1/128\"]\n\n\
         [revocation.issuers.test-root]\ncertificate_file = {root:?}\nlists = [\"{url}/root.crl\"]\n\n\
         [revocation.issuers.test-issuing]\ncertificate_file = {issuing:?}\n\
         responders = [\"{url}/ocsp\"]\nlists = [\"{url}/issuing.crl\"]\n\n\
         [verification]\ntrust = [{root:?}]\n"
    )
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()).into())
}

async fn status(directory: &Path, shown: Shown) -> Outcome {
    let authority = LocalAuthority::open(directory).await?;
    let register = authority.register()?;
    let running = tokio::net::TcpStream::connect(authority.address()).await.is_ok();
    let mut table = Table::new(COLUMNS);
    for entry in &register.certificates {
        let revoked = entry.revoked.as_ref();
        table.row([
            json!(entry.alias),
            json!(entry.serial),
            json!(if revoked.is_some() { "revoked" } else { "good" }),
            json!(revoked.map(|it| it.at.clone())),
            json!(revoked.map(|it| it.reason.clone())),
            json!(entry.not_after),
            json!(entry.issuer.as_str()),
            json!(entry.subject),
        ]);
    }
    let url = authority.url();
    if shown.json {
        say_json(&json!({ "url": url, "tsa": format!("{url}/tsa"), "ocsp": format!("{url}/ocsp"),
            "running": running, "certificates": table.objects() }));
    } else {
        say!("{url}: {}", if running { "runs" } else { "does not run; chancery authority serve" });
        table.show(shown, "It issued nothing.");
    }
    Ok(ExitCode::SUCCESS)
}
