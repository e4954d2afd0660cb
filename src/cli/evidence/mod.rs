//! `evidence`: records that prove when files were there, one timestamp for all of them. It asks nobody: the request
//! for a timestamp goes into a file, and its answer comes from one. Records of the service's own documents are shown,
//! verified and written too.

mod kept;
mod words;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use self::kept::KeptArguments;
use super::shown::{Shown, say_json};
use super::sign::write;
use super::{Failure, Outcome, house, values};
use crate::app::Clock;
use crate::config::Config;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::profile::DigestAlgorithm;
use crate::pki::calendar::AlgorithmEnd;
use crate::pki::certificate::Certificate;
use crate::pki::certificate_file::certificates;
use crate::pki::cms::Augmentation;
use crate::pki::digest::{Digest, Hasher};
use crate::pki::evidence::{DigestTree, EvidenceRecord, MAX_RECORD, Renewal};
use crate::pki::path::TrustAnchor;
use crate::pki::revocation::crl::{self, Crl};
use crate::pki::revocation::ocsp::OcspResponse;
use crate::pki::timestamp::{self, TimestampRequest, TimestampToken};
use crate::seal::Limits;
use crate::seal::evidence::{
    CANONICALIZATION, StoredEvidence, XML_HEAD, XmlEvidenceRecord, begins_as_xml, object_digest,
};
use crate::verify::{Indication, RevocationDemand, VerifySettings, verify_evidence};

/// How long ago a timestamp may have been made that is brought as a file.
const OLDEST_MS: i64 = 7 * DAY_MS;

/// By how much the clock of a TSA may be ahead.
const AHEAD_MS: i64 = 300_000;

/// Bytes of a file of certificates or of an answer at most.
const SMALL: usize = 4 << 20;

/// Bytes of a file that a record is over, as far as it has to be read as a whole.
const MAX_FILE: usize = 512 << 20;

/// When nothing failed and something is not known.
const INDETERMINATE: u8 = 3;

/// Options that name preserved documents of the service.
const KEPT: [&str; 2] = ["operation", "external_reference"];

#[derive(Subcommand)]
pub(super) enum Command {
    /// Makes a record for each file, with one timestamp for all of them: in DER (RFC 4998) over octets, or with --format
    /// xml (RFC 6283) over the canonical form of files that are XML.
    ///
    /// Example: chancery evidence make *.pdf --query day.tsq; (a TSA answers); chancery evidence make *.pdf
    /// --answer day.tsr
    Make(MakeArguments),
    /// Says what is in a record, in DER or XML, without believing it: of a file, or of preserved documents of the service.
    ///
    /// Examples: chancery evidence show invoice.pdf.ers; chancery evidence show --operation 7498
    Show(ShowArguments),
    /// Verifies a record, in DER or XML, over its file; several files are one group. Or those of preserved documents of the service, over
    /// the documents as they are kept.
    ///
    /// Examples: chancery evidence verify invoice.pdf.ers invoice.pdf --trust tsa-root.pem --revocation tsa.crl;
    /// chancery evidence verify --operation 7498
    Verify(VerifyEvidenceArguments),
    /// Renews records, each in its syntax, with one timestamp for all of them: before the last one ends, or, with --digest, before
    /// their digests end, which takes the files.
    ///
    /// Example: chancery evidence renew *.ers --query renewal.tsq
    Renew(RenewArguments),
    /// Writes the records of preserved documents of the service into files that anybody can check.
    ///
    /// Example: chancery evidence export --operation 7498 --documents --output proofs
    Export(kept::ExportArguments),
}

#[derive(Args)]
pub(super) struct MakeArguments {
    /// What the records are over.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A file that names more of them, one a line.
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// How they are digested.
    #[arg(long, value_enum, default_value = "sha256")]
    digest: EvidenceDigest,
    /// The syntax of the records.
    #[arg(long, value_enum, default_value = "der")]
    format: EvidenceFormat,
    #[command(flatten)]
    stamp: StampArguments,
    /// Folder for the records; beside the files without it, as NAME.ers, or NAME.ers.xml in XML.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct ShowArguments {
    /// The record.
    #[arg(value_name = "RECORD", required_unless_present_any = KEPT, conflicts_with_all = KEPT)]
    record: Option<PathBuf>,
    #[command(flatten)]
    kept: KeptArguments,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Args)]
pub(super) struct VerifyEvidenceArguments {
    /// The record.
    #[arg(value_name = "RECORD", required_unless_present_any = KEPT, conflicts_with_all = KEPT)]
    record: Option<PathBuf>,
    /// What it is over.
    #[arg(value_name = "FILE", required_unless_present_any = KEPT)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    kept: KeptArguments,
    /// Certificates where trust in time-stamp authorities begins, in PEM or DER; of documents of the service those of its
    /// configuration (verification.trust, revocation.trust) too.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Certificates that may lie between, beside those in the record.
    #[arg(long, value_name = "FILE")]
    certificates: Vec<PathBuf>,
    /// The time for which it is verified, such as 2026-12-31T12:00:00Z; now without it.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Option<Instant>,
    /// Revocation lists and answers of OCSP responders, in DER or PEM.
    #[arg(long, value_name = "FILE")]
    revocation: Vec<PathBuf>,
    /// Does not ask whether certificates were revoked.
    #[arg(long, conflicts_with = "revocation")]
    no_revocation: bool,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Args)]
pub(super) struct RenewArguments {
    /// The records.
    #[arg(required = true, value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// Renews the digests too. Each record NAME.ers or NAME.ers.xml is over the file NAME beside it, or in
    /// --data.
    #[arg(long, value_enum)]
    digest: Option<EvidenceDigest>,
    /// The folder with the files that the records are over; that of each record without it.
    #[arg(long, value_name = "FOLDER", requires = "digest")]
    data: Option<PathBuf>,
    /// Certificates that go with the last timestamp of each record, so that it can be validated when nobody has them
    /// any more; the same files with --query and with --answer.
    #[arg(long, value_name = "FILE")]
    certificates: Vec<PathBuf>,
    /// The same of revocation lists and answers of OCSP responders, in DER or PEM.
    #[arg(long, value_name = "FILE")]
    revocation: Vec<PathBuf>,
    #[command(flatten)]
    stamp: StampArguments,
    /// Folder for the renewed records, which keep their names.
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct StampArguments {
    /// Writes the request for the timestamp here, to be sent to a TSA; nothing else is written.
    #[arg(long, value_name = "FILE")]
    query: Option<PathBuf>,
    /// The answer of a TSA to the request that --query wrote, with the same files.
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EvidenceDigest {
    Sha256,
    Sha384,
    Sha512,
}

/// The syntax of an evidence record.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EvidenceFormat {
    /// RFC 4998, NAME.ers.
    Der,
    /// RFC 6283, NAME.ers.xml.
    Xml,
}

impl EvidenceFormat {
    const fn of(record: &StoredEvidence) -> Self {
        match record {
            StoredEvidence::Der(_) => Self::Der,
            StoredEvidence::Xml(_) => Self::Xml,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Der => "der",
            Self::Xml => "xml",
        }
    }

    /// What a record's name has behind that of its file.
    const fn ending(self) -> &'static str {
        match self {
            Self::Der => ".ers",
            Self::Xml => ".ers.xml",
        }
    }
}

impl From<EvidenceDigest> for DigestAlgorithm {
    fn from(digest: EvidenceDigest) -> Self {
        match digest {
            EvidenceDigest::Sha256 => Self::Sha256,
            EvidenceDigest::Sha384 => Self::Sha384,
            EvidenceDigest::Sha512 => Self::Sha512,
        }
    }
}

pub(super) async fn run(config: &Config, command: Command) -> Outcome {
    match command {
        Command::Make(arguments) => make(config, arguments),
        Command::Show(ShowArguments { record: Some(record), shown, .. }) => {
            show(config, &record, shown)
        }
        Command::Show(ShowArguments { kept, shown, .. }) => kept::show(config, &kept, shown).await,
        Command::Verify(arguments) => match &arguments.record {
            Some(record) => verify(config, &arguments, record),
            None => {
                let settings = settings(config, &arguments)?;
                kept::verify(config, &arguments.kept, (settings, arguments.shown)).await
            }
        },
        Command::Renew(arguments) => renew(config, &arguments),
        Command::Export(arguments) => kept::export(config, &arguments).await,
    }
}

fn make(config: &Config, arguments: MakeArguments) -> Outcome {
    let algorithm = DigestAlgorithm::from(arguments.digest);
    let mut files = arguments.files;
    if let Some(list) = &arguments.list {
        let text = std::fs::read_to_string(list).map_err(|error| about(list, &error))?;
        files.extend(text.lines().filter(|line| !line.is_empty()).map(PathBuf::from));
    }
    if files.is_empty() {
        return Err("name the files that the records are to be over, or a --list of them".into());
    }
    let format = arguments.format;
    let digests = files.iter().map(|file| match format {
        EvidenceFormat::Der => digest(file, algorithm),
        EvidenceFormat::Xml => canonical_digest(file, algorithm),
    });
    let digests = digests.collect::<Result<Vec<Digest>, Failure>>()?;
    let tree = DigestTree::new(algorithm, digests.iter().cloned())?;
    let Some(token) = stamped(&arguments.stamp, &tree)? else {
        say!("It is for {} files with {} different contents.", files.len(), tree.len());
        return Ok(ExitCode::SUCCESS);
    };
    for (file, digest) in files.iter().zip(&digests) {
        let record = match format {
            EvidenceFormat::Der => EvidenceRecord::first(&tree, digest, &token)?.to_der(),
            EvidenceFormat::Xml => {
                XmlEvidenceRecord::first(&tree, digest, &token)?.octets().to_vec()
            }
        };
        let name = record_name(file, format);
        let beside = || file.parent().map(Path::to_path_buf).unwrap_or_default();
        let folder = arguments.output.clone().unwrap_or_else(beside);
        write(&folder.join(name), &record)?;
    }
    let time = token.info().gen_time.to_rfc3339();
    say!("{} records prove that their files were there at {time}.", files.len());
    say_ending(config, &token)
}

fn record_name(file: &Path, format: EvidenceFormat) -> String {
    format!("{}{}", file.file_name().unwrap_or_default().to_string_lossy(), format.ending())
}

fn renew(config: &Config, arguments: &RenewArguments) -> Outcome {
    let renewal = arguments.digest.map_or(Renewal::Time, |digest| Renewal::Hash(digest.into()));
    let limits = Limits::default();
    let (lists, answers) = revocation(&arguments.revocation)?;
    let mut between = Vec::new();
    for file in &arguments.certificates {
        let found = certificates(&read(file, SMALL)?).map_err(|error| about(file, &error))?;
        between.extend(found);
    }
    let more = Augmentation {
        certificates: between.iter().map(Certificate::der).collect(),
        lists: lists.iter().map(Crl::der).collect(),
        answers: answers.iter().map(OcspResponse::der).collect(),
    };
    let mut records = Vec::new();
    let mut leaves = Vec::new();
    let mut by_digest: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &arguments.records {
        let record = StoredEvidence::read(&read(file, MAX_RECORD)?);
        let record = record.map_err(|fault| about(file, &fault))?;
        let data = match renewal {
            Renewal::Time => None,
            Renewal::Hash(_) => Some(data_of(file, arguments.data.as_deref())?),
        };
        let octets = data.as_ref().map(|data| read(data, MAX_FILE)).transpose()?;
        // a record is not renewed over something that it is not over
        if let (Some(octets), Some(data)) = (&octets, &data) {
            let over = record.tokens(&[octets], &limits).map(drop);
            over.map_err(|fault| about(file, &format!("over {}: {fault}", data.display())))?;
        }
        let record = record.with_validation_data(&more).map_err(|fault| about(file, &fault))?;
        let leaf = record.leaf(renewal, octets.as_deref(), &limits);
        let leaf = leaf.map_err(|fault| about(file, &fault))?;
        by_digest.entry(leaf.algorithm().as_str()).or_default().push(file.display().to_string());
        leaves.push(leaf);
        records.push((file, record, data));
    }
    let mut kinds = by_digest.values();
    if let (Some(_), Some(others)) = (kinds.next(), kinds.next()) {
        let some: Vec<&str> = others.iter().take(3).map(String::as_str).collect();
        let some = some.join(", ");
        return Err(format!(
            "these records have another digest than others; renew them apart: {some}"
        )
        .into());
    }
    let algorithm = leaves.first().map(Digest::algorithm).ok_or("there is no record")?;
    let tree = DigestTree::new(algorithm, leaves)?;
    let Some(token) = stamped(&arguments.stamp, &tree)? else {
        say!("It is for {} records.", records.len());
        return Ok(ExitCode::SUCCESS);
    };
    let count = records.len();
    for (file, record, data) in records {
        let octets = data.map(|data| read(&data, MAX_FILE)).transpose()?;
        let renewed = record.renewed(renewal, octets.as_deref(), (&tree, &token), &limits);
        let renewed = renewed.map_err(|fault| about(file, &fault))?;
        let name = file.file_name().unwrap_or_default();
        write(&arguments.output.join(name), &renewed.octets())?;
    }
    say!("{count} records are renewed at {}.", token.info().gen_time.to_rfc3339());
    say_ending(config, &token)
}

/// The file that a record is over: its own name without `.ers` or `.ers.xml`.
fn data_of(record: &Path, folder: Option<&Path>) -> Result<PathBuf, Failure> {
    let name = record.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let ends = [EvidenceFormat::Xml, EvidenceFormat::Der].map(EvidenceFormat::ending);
    let Some(name) = ends.iter().find_map(|end| name.strip_suffix(end)) else {
        let wrong = "its name does not end in .ers or .ers.xml, so that nobody knows its file";
        return Err(about(record, &wrong));
    };
    let folder = folder.or_else(|| record.parent()).unwrap_or_else(|| Path::new(""));
    Ok(folder.join(name))
}

fn say_ending(config: &Config, token: &TimestampToken) -> Outcome {
    let ending = house::calendar(config)?.timestamp(token);
    let (last, AlgorithmEnd { what, source, .. }) = (ending.last_day(), &ending);
    say!("Renew them before {last}: then {what} ends ({source}).");
    Ok(ExitCode::SUCCESS)
}

/// The token over the root of a tree; none when the request for it was written.
fn stamped(
    arguments: &StampArguments,
    tree: &DigestTree,
) -> Result<Option<TimestampToken>, Failure> {
    let request = TimestampRequest::new(tree.root()?, None, None)?;
    if let Some(query) = &arguments.query {
        write(query, &request.to_der()?)?;
        say!("The request for a timestamp is in {}.", query.display());
        return Ok(None);
    }
    let answer = arguments.answer.as_ref().ok_or("there is no answer")?;
    let now = Clock::System.now();
    let token = timestamp::check(&read(answer, SMALL)?, &request, now, OLDEST_MS)
        .map_err(|fault| about(answer, &fault))?;
    if token.info().gen_time > now.plus_ms(AHEAD_MS) {
        return Err(about(answer, &"its time is still to come"));
    }
    Ok(Some(token))
}

fn show(config: &Config, record: &Path, shown: Shown) -> Outcome {
    let read = StoredEvidence::read(&read(record, MAX_RECORD)?);
    let read = read.map_err(|fault| about(record, &fault))?;
    let chains = words::facts(&read, &house::calendar(config)?);
    if shown.json {
        let format = EvidenceFormat::of(&read).as_str();
        let file = record.display().to_string();
        say_json(&json!({ "file": file, "format": format, "chains": chains }));
    } else {
        words::say_facts(&record.display().to_string(), &chains);
    }
    Ok(ExitCode::SUCCESS)
}

/// What evidence is verified with.
fn settings(
    config: &Config,
    arguments: &VerifyEvidenceArguments,
) -> Result<VerifySettings, Failure> {
    let at = arguments.at.unwrap_or_else(|| Clock::System.now());
    let mut settings = VerifySettings::new(Vec::new(), at);
    settings.calendar = house::calendar(config)?;
    for file in &arguments.trust {
        let found = certificates(&read(file, SMALL)?).map_err(|error| about(file, &error))?;
        settings.anchors.extend(found.into_iter().map(TrustAnchor::of));
    }
    for file in &arguments.certificates {
        let found = certificates(&read(file, SMALL)?).map_err(|error| about(file, &error))?;
        settings.certificates.extend(found);
    }
    if arguments.no_revocation {
        settings.revocation = RevocationDemand::NotAsked;
    }
    (settings.lists, settings.answers) = revocation(&arguments.revocation)?;
    Ok(settings)
}

/// Revocation lists and answers of OCSP responders.
fn revocation(files: &[PathBuf]) -> Result<(Vec<Crl>, Vec<OcspResponse>), Failure> {
    let (mut lists, mut answers) = (Vec::new(), Vec::new());
    for file in files {
        let bytes = read(file, crl::MAX_LENGTH)?;
        let der = match der::pem::decode_vec(&bytes) {
            Ok((_, der)) => der,
            Err(_) => bytes,
        };
        match (OcspResponse::read(der.clone()), Crl::read(der)) {
            (Ok(answer), _) => answers.push(answer),
            (Err(_), Ok(list)) => lists.push(list),
            (Err(_), Err(error)) => return Err(about(file, &error)),
        }
    }
    Ok((lists, answers))
}

fn verify(config: &Config, arguments: &VerifyEvidenceArguments, record: &Path) -> Outcome {
    let settings = settings(config, arguments)?;
    let data = arguments.files.iter().map(|file| read(file, MAX_FILE));
    let data = data.collect::<Result<Vec<Vec<u8>>, Failure>>()?;
    let data: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
    let report = verify_evidence(&read(record, MAX_RECORD)?, &data, &settings);
    if arguments.shown.json {
        let file = record.display().to_string();
        say_json(&json!({ "file": file, "report": report }));
    } else {
        words::say_report(&record.display().to_string(), &report);
    }
    Ok(code(report.indication))
}

fn code(indication: Indication) -> ExitCode {
    match indication {
        Indication::Passed => ExitCode::SUCCESS,
        Indication::Failed => ExitCode::FAILURE,
        Indication::Indeterminate => ExitCode::from(INDETERMINATE),
    }
}

/// The digest of a file, however large.
fn digest(file: &Path, algorithm: DigestAlgorithm) -> Result<Digest, Failure> {
    let mut opened = std::fs::File::open(file).map_err(|error| about(file, &error))?;
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = opened.read(&mut buffer).map_err(|error| about(file, &error))?;
        let Some(octets) = buffer.get(..count).filter(|octets| !octets.is_empty()) else {
            return Ok(hasher.finish());
        };
        hasher.update(octets);
    }
}

/// What a record in XML has of a file: of XML the digest of its canonical form.
fn canonical_digest(file: &Path, algorithm: DigestAlgorithm) -> Result<Digest, Failure> {
    let mut head = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| about(file, &error))?;
    opened.take(XML_HEAD as u64).read_to_end(&mut head).map_err(|error| about(file, &error))?;
    if !begins_as_xml(&head) {
        return digest(file, algorithm);
    }
    let octets = read(file, MAX_FILE)?;
    let digest = object_digest(algorithm, CANONICALIZATION, &octets, &Limits::default());
    digest.map_err(|fault| about(file, &fault))
}

/// A file of at most so many bytes.
fn read(file: &Path, most: usize) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    let opened = std::fs::File::open(file);
    opened
        .and_then(|opened| opened.take(most as u64 + 1).read_to_end(&mut content))
        .map_err(|error| about(file, &format!("cannot be read: {error}")))?;
    if content.len() > most {
        return Err(about(file, &format!("has more than {most} bytes")));
    }
    Ok(content)
}

fn about(file: &Path, what: &dyn std::fmt::Display) -> Failure {
    format!("{}: {what}", file.display()).into()
}
