//! `sign`: local files through the same workflow as the service.

mod sources;

use std::collections::HashMap;
use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use self::sources::{STANDARD_INPUT, SealInput, SealInputs};
use super::client_service::LintLevel;
use super::shown::{Column, Shown, Table, column};
use super::{Failure, Outcome, client_service, house};
use crate::app::{App, Client};
use crate::config::Config;
use crate::domain::client_service::Lint;
use crate::domain::document::{DocumentState, SealWishes};
use crate::domain::ids::ExternalReference;
use crate::domain::level::LevelWish;
use crate::domain::profile::Format;
use crate::domain::refusal::Refusal;
use crate::domain::scope::Scope;
use crate::domain::text::hex;
use crate::pki::digest::sha256;
use crate::seal::inspect::{Content, inspect};
use crate::workflow::fingerprint::of_json;
use crate::workflow::packing::{FilePacker, MOST_FILES};
use crate::workflow::request::{
    DocumentOctets, Earlier, RequestedDocument, Said, SignRequest, content_type,
};
use crate::workflow::settings::Packaged;
use crate::workflow::{accept, operations};

/// A progress bar is shown from this many files on.
const MANY: usize = 10;

/// Files in work at once.
const AT_ONCE: usize = 16;

/// How long one file is waited for.
const PATIENCE: Duration = Duration::from_mins(5);

#[derive(Args)]
pub(super) struct SignArguments {
    /// Files to seal: XML with XAdES, PDF with PAdES, anything with CAdES. A folder stands for the XML
    /// and PDF files in it and in its folders (with --format for those of that format), - for standard
    /// input, whose seal goes to standard output.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Alias of the client service in whose name they are sealed; not needed when there is only one.
    #[arg(long)]
    client_service: Option<String>,
    /// Folder for the sealed files. Without it they lie beside the originals, as NAME.sealed.xml,
    /// NAME.sealed.pdf, NAME.EXT.p7m, NAME.EXT.p7s or NAME.asice; a CMS signature that is countersigned as
    /// NAME.sealed.EXT.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Name of the document that comes from standard input; without it document.xml, document.pdf or
    /// document.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Puts all files into one ASiC-E container of this name under one seal, XAdES without --format. Each is
    /// called there as its file, those of folders with their path in the folder.
    #[arg(long, value_name = "FILE")]
    container: Option<PathBuf>,
    /// Format of the seals; without it XAdES for XML and PAdES for PDF.
    #[arg(long, value_enum, ignore_case = true)]
    format: Option<SealFormat>,
    /// Parent of the signature in XML: a local name, a prefixed name or an absolute path.
    #[arg(long)]
    location: Option<String>,
    /// Seal profile, as the list of `chancery profile list` names it; that of the client service
    /// without it.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// How the files are looked at before they are sealed; as the client service says without it.
    #[arg(long, value_enum, ignore_case = true, value_name = "LEVEL")]
    lint: Option<LintLevel>,
    /// Further settings as JSON, with the names of advancedSignatureInfo.
    #[arg(long, value_name = "JSON")]
    settings: Option<String>,
    #[command(flatten)]
    shown: Shown,
}

impl SignArguments {
    fn wishes(&self, format: Format) -> Result<SealWishes, Failure> {
        let mut settings: Map<String, Value> = match &self.settings {
            None => Map::new(),
            Some(json) => serde_json::from_str(json)
                .map_err(|error| format!("--settings is not a JSON object: {error}"))?,
        };
        if let Some(location) = &self.location
            && format == Format::Xades
        {
            settings.insert("signatureLocation".to_owned(), Value::String(location.clone()));
        }
        if self.container.is_some() {
            settings.entry("packaging").or_insert_with(|| Value::String("ASIC_E".to_owned()));
        }
        Ok(SealWishes {
            format,
            profile: self.profile.clone(),
            settings,
            level: LevelWish::Usual,
            notes: Vec::new(),
        })
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum SealFormat {
    Xades,
    Pades,
    Cades,
}

impl SealFormat {
    const fn format(self) -> Format {
        match self {
            Self::Xades => Format::Xades,
            Self::Pades => Format::Pades,
            Self::Cades => Format::Cades,
        }
    }
}

/// Something to seal, and how.
struct Errand {
    source: SealInput,
    /// The document's name.
    name: String,
    target: Target,
    wishes: SealWishes,
    /// Whether it is a ZIP of what is to be in one container.
    of_files: bool,
}

/// Where a seal goes.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Target {
    File(PathBuf),
    StandardOutput,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::StandardOutput => f.write_str("standard output"),
        }
    }
}

const COLUMNS: &[Column] =
    &[column("file", "FILE"), column("sealed", "SEALED"), column("error", "ERROR")];

pub(super) async fn run(config: Config, arguments: SignArguments) -> Outcome {
    if arguments.container.is_some() && arguments.files.iter().any(|file| is_standard_input(file)) {
        return Err("standard input has no name in a container; name a file".into());
    }
    let to_output =
        arguments.output.is_none() && arguments.files.iter().any(|file| is_standard_input(file));
    if to_output && arguments.files.len() > 1 {
        return Err("standard input beside files needs a folder for the seals: --output".into());
    }
    if to_output && arguments.shown.json {
        return Err("the seal goes to standard output; --json needs --output beside it".into());
    }
    let app = house::app(&config).await?;
    let mut client = client(&app, arguments.client_service.as_deref()).await?;
    if let Some(level) = arguments.lint {
        client.client_service.lint = level.into();
    }
    let client = Arc::new(client);
    let format = arguments.format.map(SealFormat::format);
    let SealInputs { all, passed_over } =
        sources::gather(&arguments.files, format, app.limits.document_bytes)?;
    if passed_over > 0 {
        say_wrong!("{passed_over} files in folders were passed over: seals, or of another kind.");
    }
    let errands = match &arguments.container {
        Some(container) => {
            vec![contained(&arguments, container, all, app.limits.document_bytes)?]
        }
        None => errands(&app, &client, &arguments, all)?,
    };
    let bar = if errands.len() >= MANY {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {per_sec} {eta} left")?;
        ProgressBar::new(errands.len() as u64).with_style(style)
    } else {
        ProgressBar::hidden()
    };

    let (mut sealed, mut failed) = (0_usize, 0_usize);
    let mut table = Table::new(COLUMNS);
    let mut in_work = JoinSet::new();
    let mut errands = errands.into_iter();
    loop {
        while in_work.len() < AT_ONCE
            && let Some(errand) = errands.next()
        {
            let (app, client) = (Arc::clone(&app), Arc::clone(&client));
            in_work.spawn(async move {
                let (file, target) = (errand.source.file.clone(), errand.target.clone());
                let result = seal(&app, &client, errand).await;
                (file, target, result)
            });
        }
        let Some(done) = in_work.join_next().await else { break };
        let (file, target, result) = done?;
        bar.inc(1);
        let (at, error) = match result {
            Ok(()) => {
                sealed += 1;
                if bar.is_hidden() && !to_output && !arguments.shown.json {
                    say!("{} -> {target}", file.display());
                }
                (json!(target.to_string()), Value::Null)
            }
            Err(error) => {
                failed += 1;
                let text = crate::domain::sources::sources(&*error);
                bar.suspend(|| say_wrong!("{}: {text}", file.display()));
                (Value::Null, json!(text))
            }
        };
        table.row([json!(file.display().to_string()), at, error]);
    }
    bar.finish();
    if arguments.shown.json {
        table.show(arguments.shown, "");
    } else if !to_output {
        say!("{sealed} sealed, {failed} failed.");
    }
    app.store.close().await;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn is_standard_input(file: &Path) -> bool {
    file == Path::new(STANDARD_INPUT)
}

async fn client(app: &App, alias: Option<&str>) -> Result<Client, Failure> {
    let client_service = match alias {
        Some(alias) => client_service::named(app, alias).await?,
        None => {
            let mut all = app.reader.client_services().await?;
            match (all.pop(), all.is_empty()) {
                (Some(only), true) => only,
                (None, _) => {
                    return Err(
                        "no client service yet; see: chancery client-service create --help".into(),
                    );
                }
                (Some(_), false) => {
                    return Err(
                        "there are several client services; name one with --client-service".into(),
                    );
                }
            }
        }
    };
    let issuer = app.reader.company(client_service.issuer).await?.ok_or("the issuer is gone")?;
    Ok(Client { client_service, issuer, consumption: None })
}

/// Everything with its settings and the place of its seal. Nothing is begun when two would end in the
/// same place.
fn errands(
    app: &App,
    client: &Client,
    arguments: &SignArguments,
    sources: Vec<SealInput>,
) -> Result<Vec<Errand>, Failure> {
    let mut taken = HashMap::new();
    let mut errands = Vec::with_capacity(sources.len());
    for source in sources {
        if sources::is_sealed(&source.file) {
            say_wrong!("{}: left out, its name says that it is sealed", source.file.display());
            continue;
        }
        let format = match arguments.format {
            Some(format) => format.format(),
            None if source.kind == Content::Pdf => Format::Pades,
            None => Format::Xades,
        };
        let wishes = arguments.wishes(format)?;
        let name = document_name(arguments, &source);
        let sealed = target_name(app, client, Path::new(&name), &wishes);
        let target = match &arguments.output {
            Some(folder) => Target::File(folder.join(&source.below).join(sealed)),
            None if source.is_standard_input() => Target::StandardOutput,
            None if source.content.is_some() => {
                let file = source.file.display();
                let words = "is no file, so beside it is no place for a seal: name a folder with \
                             --output, or give it as standard input (-)";
                return Err(format!("{file} {words}").into());
            }
            None => Target::File(source.file.with_file_name(sealed)),
        };
        if let Some(other) = taken.insert(target.clone(), source.file.clone()) {
            let (one, two) = (other.display(), source.file.display());
            return Err(format!("{one} and {two} would both become {target}").into());
        }
        if target == Target::StandardOutput
            && source.kind != Content::Xml
            && std::io::stdout().is_terminal()
        {
            return Err("the seal is not text: send it to a file (> FILE), or use --output".into());
        }
        errands.push(Errand { source, name, target, wishes, of_files: false });
    }
    Ok(errands)
}

/// Everything as one container, which is sealed once.
fn contained(
    arguments: &SignArguments,
    container: &Path,
    mut sources: Vec<SealInput>,
    limit: usize,
) -> Result<Errand, Failure> {
    let format = arguments.format.map_or(Format::Xades, SealFormat::format);
    if format == Format::Pades {
        return Err("a container has XAdES or CAdES seals; --format xades or cades".into());
    }
    if sources.len() > MOST_FILES {
        let many = sources.len();
        let words = format!("a container has at most {MOST_FILES} files, and these are {many}");
        return Err(words.into());
    }
    let names: Vec<String> = sources.iter().map(SealInput::name_within).collect();
    let inside: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut packer = FilePacker::new(&inside, limit).map_err(|(number, refusal)| {
        let file = sources.get(number).map(|source| source.file.display().to_string());
        format!("{}: {refusal}", file.unwrap_or_default())
    })?;
    for (source, name) in sources.iter_mut().zip(&names) {
        let content = source.read(limit);
        let content = content.map_err(|error| format!("{}: {error}", source.file.display()))?;
        packer.add(name, &content)?;
    }
    let name = container.file_name().ok_or("--container needs the name of a file")?;
    let target = match &arguments.output {
        Some(folder) => folder.join(name),
        None => container.to_owned(),
    };
    Ok(Errand {
        source: SealInput::packed(container, packer.finish()),
        name: name.to_string_lossy().into_owned(),
        target: Target::File(target),
        wishes: arguments.wishes(format)?,
        of_files: true,
    })
}

/// What a document is called: as its file, and standard input as it is told.
fn document_name(arguments: &SignArguments, source: &SealInput) -> String {
    if source.is_standard_input() {
        let usual = match source.kind {
            Content::Xml => "document.xml",
            Content::Pdf => "document.pdf",
            _ => "document",
        };
        return arguments.name.clone().unwrap_or_else(|| usual.to_owned());
    }
    source.file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What the sealed file is called. Settings that cannot be resolved are complained about later.
fn target_name(app: &App, client: &Client, file: &Path, wishes: &SealWishes) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let whole = file.file_name().unwrap_or_default().to_string_lossy();
    match crate::workflow::settings::packaging(app, client, wishes) {
        Packaged::Xml => format!("{stem}.sealed.xml"),
        Packaged::Pdf => format!("{stem}.sealed.pdf"),
        Packaged::Cms => format!("{whole}.p7m"),
        Packaged::DetachedCms => format!("{whole}.p7s"),
        Packaged::Countersigned => {
            let extension = file.extension().unwrap_or_default().to_string_lossy();
            format!("{stem}.sealed.{extension}")
        }
        Packaged::Container => format!("{stem}.asice"),
    }
}

fn deliver(target: &Target, sealed: &[u8]) -> Result<(), Failure> {
    match target {
        Target::File(file) => write(file, sealed),
        Target::StandardOutput => {
            let mut output = std::io::stdout().lock();
            let written = output.write_all(sealed).and_then(|()| output.flush());
            Ok(written.map_err(|error| format!("standard output cannot be written: {error}"))?)
        }
    }
}

/// Writes a seal: beside and renamed, so that a file of that name is whole or not there; never over
/// other content.
pub(super) fn write(target: &Path, sealed: &[u8]) -> Result<(), Failure> {
    match std::fs::read(target) {
        Ok(there) if there == sealed => return Ok(()),
        Ok(_) => {
            let place = target.display();
            return Err(format!("{place} is there already with other content; move it away").into());
        }
        Err(_) => {}
    }
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
    }
    let mut temporary = target.as_os_str().to_owned();
    temporary.push(format!(".{}.part", std::process::id()));
    std::fs::write(&temporary, sealed)
        .and_then(|()| std::fs::rename(&temporary, target))
        .map_err(|error| format!("{} cannot be written: {error}", target.display()).into())
}

async fn seal(app: &Arc<App>, client: &Client, errand: Errand) -> Result<(), Failure> {
    let Errand { mut source, name, target, wishes, of_files } = errand;
    let content = source.read(app.limits.document_bytes)?;
    let limit = app.limits.document_bytes;
    if content.len() > limit {
        return Err(Refusal::DocumentTooLarge { size: content.len(), limit }.into());
    }
    let declared = match (inspect(&content), wishes.format) {
        (_, Format::Pades) | (Content::Pdf, Format::Cades) => "application/pdf",
        (Content::Xml, _) => "application/xml",
        (Content::Zip, _) => "application/zip",
        (_, Format::Cades) => "application/octet-stream",
        (found, Format::Xades) => {
            let declared = "application/xml".to_owned();
            return Err(Refusal::ContentMismatch { declared, found: found.as_str() }.into());
        }
    };
    let content_type = content_type(declared, &content, wishes.format)?;
    // The reference is made of name, place and content: sealing the same file again finds the same
    // seal, as a repeated request does.
    let mut key = sha256(&content).to_vec();
    key.extend_from_slice(&words(&wishes));
    if wishes.format != Format::Xades {
        key.extend_from_slice(wishes.format.as_str().as_bytes());
    }
    // Looked at more closely, a file may end otherwise.
    if client.client_service.lint != Lint::None {
        key.extend_from_slice(client.client_service.lint.as_str().as_bytes());
    }
    let digest = hex(&sha256(&key));
    let short: String = name.chars().take(200).collect();
    let reference = ExternalReference::parse(&format!("cli:{short}:{digest:.16}"))?;
    let request = SignRequest {
        external_reference: reference.clone(),
        description: "sealed on the command line".to_owned(),
        preserve_content: false,
        receivers: Vec::new(),
        attach_documents: false,
        documents: vec![RequestedDocument {
            external_reference: reference,
            name,
            content_type,
            wishes,
            content: DocumentOctets::new(content),
            of_files,
            refusal: None,
            unread: None,
        }],
        // The command never said more than is in the request.
        earlier: vec![Earlier(vec![Said::default()])],
    };
    let accepted = accept::accept(app, client, request, None).await?;
    operations::wait(app, accepted.operation, PATIENCE).await?;
    let scope = Scope::ClientService(client.client_service.id);
    let found = operations::find(app, scope, accepted.operation).await?;
    let mut detail = found.detail(app).await?;
    detail.read_contents(app).await?;
    let (document, _) = detail.documents.first().ok_or("the operation has no document")?;
    match (&document.state, detail.sealed.get(&document.id)) {
        (DocumentState::Sealed { .. }, Some(sealed)) => deliver(&target, sealed),
        (DocumentState::Failed { detail, .. }, _) => Err(detail.clone().into()),
        _ => Err("it was recorded but the key has not answered yet; run the command again".into()),
    }
}

/// What a seal is asked to be, in words that no release writes otherwise. Without settings they are
/// those of the first release, whose seals are found again.
#[must_use]
pub fn words(wishes: &SealWishes) -> Vec<u8> {
    let profile = wishes.profile.as_ref();
    let profile = profile.map_or_else(|| "None".to_owned(), |name| format!("Some(\"{name}\")"));
    let mut words = profile.into_bytes();
    if wishes.settings.is_empty() {
        words.extend_from_slice(b"{}");
    } else {
        words.extend_from_slice(&of_json(&Value::Object(wishes.settings.clone())));
    }
    words
}
