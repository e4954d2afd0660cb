//! The records of preserved documents of the service.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::{EvidenceFormat, words};
use crate::app::App;
use crate::cli::shown::{Shown, say_json};
use crate::cli::sign::write;
use crate::cli::{Failure, Outcome, client_service, house};
use crate::config::Config;
use crate::domain::ids::{ExternalReference, OperationId};
use crate::domain::scope::Scope;
use crate::domain::sources::sources;
use crate::seal::evidence::StoredEvidence;
use crate::verify::{Indication, VerifySettings, verify_evidence};
use crate::workflow::preservation::{self, EvidenceFile, KeptDocument};
use crate::workflow::{Error, Thing};

#[derive(Args)]
pub(in crate::cli) struct KeptArguments {
    /// Documents of this operation of the service.
    #[arg(long, value_name = "ID", conflicts_with = "external_reference")]
    operation: Option<OperationId>,
    /// The same, by the client's name for the request.
    #[arg(long, value_name = "REFERENCE", requires = "client_service")]
    external_reference: Option<String>,
    /// Alias of the client service.
    #[arg(long, value_name = "ALIAS", requires = "external_reference")]
    client_service: Option<String>,
    /// Of these the one with this reference.
    #[arg(long, value_name = "REFERENCE")]
    document: Option<String>,
}

#[derive(Args)]
#[group(skip)]
pub(in crate::cli) struct ExportArguments {
    #[command(flatten)]
    kept: KeptArguments,
    /// Writes the documents beside their records too.
    #[arg(long)]
    documents: bool,
    /// The syntax of the records. In XML (RFC 6283) only those that were never renewed are to be had, of documents whose
    /// octets are what such a record digests.
    #[arg(long, value_enum, default_value = "der")]
    format: EvidenceFormat,
    /// Folder for the files, each NAME.ers, or NAME.ers.xml in XML.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
}

pub(super) async fn show(config: &Config, kept: &KeptArguments, shown: Shown) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    let mut all = Vec::new();
    for document in documents(&app, kept).await? {
        let found = record(&app, &document).await?;
        let (id, reference) = (document.id.as_i64(), document.external_reference.as_str());
        let name = format!("document {id} ({reference})");
        match found {
            Ok(file) => {
                let stored = StoredEvidence::Der(file.record);
                let chains = words::facts(&stored, &app.calendar);
                if !shown.json {
                    words::say_facts(&name, &chains);
                }
                all.push(
                    json!({ "documentId": id, "externalReference": reference, "chains": chains }),
                );
            }
            Err(reason) => {
                if !shown.json {
                    say!("{name}: {reason}");
                }
                all.push(
                    json!({ "documentId": id, "externalReference": reference, "reason": reason }),
                );
            }
        }
    }
    if shown.json {
        say_json(&json!(all));
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn verify(
    config: &Config,
    kept: &KeptArguments,
    (mut settings, shown): (VerifySettings, Shown),
) -> Outcome {
    let app = house::app_to_look(config, shown).await?;
    settings.anchors.extend(app.trust.anchors.iter().chain(&app.evidence.trust).cloned());
    let between = app.trust.certificates.iter().chain(&app.evidence.certificates);
    settings.certificates.extend(between.cloned());
    let mut worst = Indication::Passed;
    let mut all = Vec::new();
    for document in documents(&app, kept).await? {
        let (id, reference) = (document.id.as_i64(), document.external_reference.as_str());
        let name = format!("document {id} ({reference})");
        match record(&app, &document).await? {
            Ok(file) => {
                let der = file.record.to_der();
                let report = verify_evidence(&der, &[&file.content], &settings);
                worst = match (worst, report.indication) {
                    (Indication::Failed, _) | (_, Indication::Failed) => Indication::Failed,
                    (Indication::Passed, other) => other,
                    (Indication::Indeterminate, _) => Indication::Indeterminate,
                };
                if !shown.json {
                    words::say_report(&name, &report);
                }
                all.push(
                    json!({ "documentId": id, "externalReference": reference, "report": report }),
                );
            }
            Err(reason) => {
                if worst == Indication::Passed {
                    worst = Indication::Indeterminate;
                }
                if !shown.json {
                    say!("{name}: {reason}");
                }
                all.push(
                    json!({ "documentId": id, "externalReference": reference, "reason": reason }),
                );
            }
        }
    }
    if shown.json {
        say_json(&json!(all));
    }
    app.store.close().await;
    Ok(super::code(worst))
}

pub(super) async fn export(config: &Config, arguments: &ExportArguments) -> Outcome {
    let app = house::app_to_look(config, Shown { json: false }).await?;
    let folder = &arguments.output;
    if !folder.is_dir() {
        return Err(format!("there is no folder {}; make it first", folder.display()).into());
    }
    let mut left = false;
    for document in documents(&app, &arguments.kept).await? {
        let found = match record(&app, &document).await? {
            Ok(file) => in_format(&app, file, arguments.format).await?,
            Err(reason) => Err(reason),
        };
        match found {
            Ok((file, octets)) => {
                let ending = arguments.format.ending();
                let target = folder.join(format!("{}{ending}", document.name));
                write(&target, &octets)?;
                say!("{}", target.display());
                if arguments.documents {
                    let target = folder.join(&document.name);
                    write(&target, &file.content)?;
                    say!("{}", target.display());
                }
            }
            Err(reason) => {
                left = true;
                say_wrong!("{}: {reason}", document.external_reference.as_str());
            }
        }
    }
    app.store.close().await;
    Ok(if left { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The documents that are named, each with a name that no other of its operation has.
async fn documents(app: &App, kept: &KeptArguments) -> Result<Vec<KeptDocument>, Failure> {
    let operation = match (kept.operation, &kept.external_reference, &kept.client_service) {
        (Some(id), ..) => id,
        (None, Some(reference), Some(alias)) => by_reference(app, reference, alias).await?,
        _ => {
            return Err(
                "name an operation: --operation ID, or --external-reference REFERENCE with \
                        --client-service ALIAS"
                    .into(),
            );
        }
    };
    let all = preservation::kept_documents(app, operation).await.map_err(|error| -> Failure {
        match error {
            Error::NotFound(_) => format!("there is no operation {operation}").into(),
            error => error.into(),
        }
    })?;
    let wanted = |document: &KeptDocument| {
        kept.document.as_deref().is_none_or(|it| document.external_reference.as_str() == it)
    };
    let all: Vec<KeptDocument> = all.into_iter().filter(wanted).collect();
    if all.is_empty() {
        return Err(format!("operation {operation} has no sealed document that this names").into());
    }
    Ok(all)
}

async fn by_reference(app: &App, reference: &str, alias: &str) -> Result<OperationId, Failure> {
    let service = client_service::named(app, alias).await?;
    let unknown = || format!("{alias} has no operation with the reference '{reference}'");
    let parsed = ExternalReference::parse(reference)?;
    let scope = Scope::ClientService(service.id);
    Ok(app.reader.operation_by_reference(scope, &parsed).await?.ok_or_else(unknown)?)
}

/// The record of a document, or why there is none.
async fn record(
    app: &App,
    document: &KeptDocument,
) -> Result<Result<EvidenceFile, String>, Failure> {
    let found = async {
        let found = preservation::find_evidence(app, Scope::Installation, document.id).await?;
        found.record(app).await
    };
    match found.await {
        Ok(file) => Ok(Ok(file)),
        Err(Error::Refused(refusal)) => Ok(Err(refusal.to_string())),
        Err(Error::NotFound(Thing::Content)) => Ok(Err("its bytes are no longer kept".to_owned())),
        Err(Error::NotFound(_)) => {
            Ok(Err("its integrity is not promised (preserveContent was false)".to_owned()))
        }
        Err(error @ Error::Internal(_)) => Ok(Err(sources(&error))),
        Err(error) => Err(error.into()),
    }
}

/// A record in a syntax, or why there is none.
async fn in_format(
    app: &App,
    file: EvidenceFile,
    format: EvidenceFormat,
) -> Result<Result<(EvidenceFile, Vec<u8>), String>, Failure> {
    if format == EvidenceFormat::Der {
        let octets = file.record.to_der();
        return Ok(Ok((file, octets)));
    }
    match file.in_xml(app).await {
        Ok(octets) => Ok(Ok((file, octets))),
        Err(Error::Refused(refusal)) => Ok(Err(refusal.to_string())),
        Err(error) => Err(error.into()),
    }
}
