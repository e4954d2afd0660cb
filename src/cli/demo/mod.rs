//! `demo`: from nothing to sealed, verified and found-again invoices. It does what an operator and an
//! integrator would do, with the same commands' code and over real HTTP.

mod authority;
mod client;
mod folder;
mod judge;
mod operator;
mod report;
mod sink;
mod tokens;

use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;

use super::{Failure, Outcome, house, serve};
use crate::app::App;
use crate::domain::client_service::{Alias, DocumentReferences, Lint, SecretOverlap, Timestamps};
use crate::domain::level::Level;
use crate::domain::pades::ActiveContent;
use crate::domain::visible::CoordinateOrigin;
use crate::workflow::client_services::{self, NewClientService};
use client::{DemoClient, Mailing};
use folder::{BackEnd, Folder};
use report::DemoPlaces;

/// Tried when no port is asked for.
const USUAL_PORT: u16 = 8480;

/// One batch is told with links only, the other with the documents attached.
const WITH_LINKS: Mailing = Mailing {
    attach: false,
    receivers: &[("ap@customer.example", "en"), ("faturas@cliente.example", "pt")],
};
const WITH_DOCUMENTS: Mailing =
    Mailing { attach: true, receivers: &[("rechnung@kunde.example", "de")] };

const WITH_NOBODY: Mailing = Mailing { attach: false, receivers: &[] };

#[derive(Args)]
pub(super) struct DemoArguments {
    /// Folder for everything the demo makes; made when missing, used again when there.
    #[arg(long, default_value = "demo", value_name = "FOLDER")]
    directory: PathBuf,
    /// Folder of sample documents: FOLDER/*/input.xml.
    #[arg(long, default_value = "samples", value_name = "FOLDER")]
    samples: PathBuf,
    /// Port of the service.
    #[arg(long)]
    port: Option<u16>,
    /// Keep the service in the foreground until Ctrl-C.
    #[arg(long)]
    keep: bool,
}

pub(super) async fn run(arguments: DemoArguments) -> Outcome {
    let folder = Folder::open(&arguments.directory)?;
    // SoftHSM reads the place of its tokens from the environment when its module is loaded, and a
    // process cannot safely change its own environment: so the demo runs in a child.
    if let BackEnd::SoftHsm { .. } = folder.back_end
        && std::env::var_os("SOFTHSM2_CONF").is_none_or(|place| place != *folder.softhsm_conf())
    {
        return in_child(&folder).await;
    }
    let result = play(&folder, &arguments).await;
    if let Err(error) = &result {
        say!("\nThe demo stopped: {}", crate::domain::sources::sources(&**error));
        say!("What was made so far is in {}.", folder.root.display());
        return Ok(ExitCode::FAILURE);
    }
    result
}

async fn in_child(folder: &Folder) -> Outcome {
    let mut child = tokio::process::Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env("SOFTHSM2_CONF", folder.softhsm_conf())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut signals = serve::StopSignals::listen()?;
    loop {
        tokio::select! {
            status = child.wait() => {
                let code = status?.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
                return Ok(ExitCode::from(code));
            }
            // A terminal sends Ctrl-C to both; whoever stops only us gets both stopped.
            () = signals.next() => {
                if let Some(id) = child.id() {
                    let _ = std::process::Command::new("kill").arg(id.to_string()).status();
                }
            }
        }
    }
}

async fn play(folder: &Folder, arguments: &DemoArguments) -> Outcome {
    let listener = listen(arguments.port).await?;
    let address = listener.local_addr()?;
    let mail_port = sink::start(&folder.mails()).await?;
    let beside = authority::DemoAuthority::start(folder, arguments.port.is_none()).await?;
    let config = folder.write_config(address, mail_port, &beside.settings())?;
    crate::telemetry::start(&config.log);
    match &folder.back_end {
        BackEnd::SoftHsm { module } => {
            say!("1. Keys: a SoftHSM token through PKCS#11 ({})", module.display());
            folder.ensure_token(module)?;
        }
        BackEnd::Software => {
            say!(
                "1. Keys: software keys, as SoftHSM was not installed when this folder was begun."
            );
            say!("   For a token: apt-get install softhsm2, and remove the folder.");
        }
    }
    let app = house::app(&config).await?;
    let anchor = beside.ensure(&app, folder).await?;
    let place = match &folder.back_end {
        BackEnd::SoftHsm { .. } => "inside the token",
        BackEnd::Software => "as files in the demo's folder",
    };
    say!("   RSA-3072 and P-256 keys were made {place}; certificates come from a test authority");
    say!("   with TSA, OCSP responder and revocation lists at {}.", beside.url);

    say!("2. Service: {}", app.issuer);
    let rsa = ensure_client_service(&app, "demo-rsa", authority::RSA).await?;
    let ec = ensure_client_service(&app, "demo-ec", authority::EC).await?;
    let operator = operator::ensure(&app).await?;
    let beside_it = DemoPlaces { anchor: &anchor, authority: &beside.url, operator: &operator };
    report::write_json(folder, &app.issuer, &rsa, &beside_it)?;
    let issuer = app.issuer.clone();
    let service = serve::start(app, config.web, listener);

    let documents = client::samples(&arguments.samples)?;
    let lasting = client::lasting(&documents);
    say!("3. Sealing {} sample invoices over HTTP, once with each key:", documents.len());
    let mut results = Vec::new();
    let mut clients = Vec::new();
    for (name, (alias, secret), documents, mail) in [
        ("RSA-3072", &rsa, &documents, &WITH_LINKS),
        ("P-256", &ec, &documents, &WITH_DOCUMENTS),
        ("lasting", &ec, &lasting, &WITH_NOBODY),
    ] {
        let client = DemoClient::log_in(&issuer, alias, secret).await?;
        let batch = client.seal_with_time_out(name, documents, mail).await?;
        say!("   {name}: {}", batch.story());
        results.push(batch);
        clients.push(client);
    }

    say!("   lasting: one of each format at level LTA.");

    say!("4. Verifying every result with xmlsec1, pdfsig and openssl (not ours):");
    let verdicts = judge::verify(folder, &anchor, &results);
    say!("5. Mails to the receivers, over SMTP into a local sink:");
    let mut mailed = true;
    for (client, batch) in clients.iter().zip(&results) {
        for (receiver, status) in client.mails_end(batch.operation).await? {
            say!("   {receiver}: {status}");
            mailed &= status != "SENDING_FAILED";
        }
    }
    let mails = sink::mails(&folder.mails())?.len();
    say!("   {mails} mails are in {}", folder.mails().display());
    let good = report::write(folder, &issuer, &results, &verdicts)? && mailed && mails > 0;
    if arguments.keep {
        say!("The back office is at {}: sign in as {}", operator.page, operator.address);
        say!("with the password {}.", operator.password.expose_secret());
        say!("The service stays at {issuer} until Ctrl-C.");
        serve::StopSignals::listen()?.next().await;
    }
    service.stop().await?;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    if let Some(port) = port {
        return TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
            format!("port {port} cannot be used ({error}); choose with PORT=n").into()
        });
    }
    match TcpListener::bind(("127.0.0.1", USUAL_PORT)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Ok(TcpListener::bind(("127.0.0.1", 0)).await?),
    }
}

/// The client service with this alias and a secret of it that works.
async fn ensure_client_service(
    app: &Arc<App>,
    alias: &str,
    credential: &str,
) -> Result<(String, SecretString), Failure> {
    let credential = app
        .reader
        .credential_by_alias(credential)
        .await?
        .ok_or("the credential just imported is gone")?;
    if app.reader.client_service_by_alias(alias).await?.is_some() {
        client_services::assign(app, alias, credential.id).await?;
        let secret = client_services::rotate_secret(app, alias, SecretOverlap::UntilNext).await?;
        return Ok((alias.to_owned(), secret));
    }
    let new = NewClientService {
        alias: Some(Alias::parse(alias)?),
        issuer_name: "Demo Company, Lda".to_owned(),
        issuer_vat: "505767457".to_owned(),
        issuer_country: "PRT".to_owned(),
        credential: Some(credential.id),
        document_references: DocumentReferences::Unique,
        profile: None,
        allow_sha1: false,
        lint: Lint::None,
        signature_template: None,
        active_content: ActiveContent::Warn,
        coordinate_origin: CoordinateOrigin::TopLeft,
        level: Level::B,
        timestamps: Timestamps::Wait,
        language: None,
    };
    let (_, secret) = client_services::create(app, new).await?;
    Ok((alias.to_owned(), secret))
}
