//! `extend`: seals that are there get a higher level. It asks nobody: validation data come from files, and a
//! timestamp in an answer that somebody else fetched.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::sign::write;
use super::{Failure, Outcome, house};
use crate::app::Clock;
use crate::config::Config;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::pki::calendar::AlgorithmEnd;
use crate::pki::certificate::Certificate;
use crate::pki::certificate_file::certificates;
use crate::pki::path::TrustAnchor;
use crate::pki::revocation::crl;
use crate::pki::timestamp::{self, TimestampRequest, TimestampToken};
use crate::pki::validation_data::CollectedData;
use crate::seal::Limits;
use crate::seal::long_term::{LongTermSettings, Raised, raise, stamp};

/// Octets of a token that there is room for: with the chain of its TSA it has up to about 8,000.
const ROOM: usize = 16 * 1024;

/// How long ago a timestamp may have been made that is brought as a file.
const OLDEST_MS: i64 = 7 * DAY_MS;

/// By how much the clock of a TSA may be ahead.
const AHEAD_MS: i64 = 300_000;

/// Bytes of a file of certificates or of an answer at most.
const SMALL: usize = 4 << 20;

#[derive(Args)]
pub(super) struct ExtendArguments {
    /// The sealed XML or PDF, a CMS signature (p7m, p7s), or an ASiC container.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// T: with a timestamp. LT: of level T, with the validation data of all signatures and timestamps in it.
    /// LTA: with an archive timestamp over them, too; one that has it gets another.
    #[arg(long, value_enum, ignore_case = true, value_name = "LEVEL")]
    to: RaisedLevel,
    /// Certificates of those who are trusted: issuers of seals and of TSAs.
    #[arg(long, required = true, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Revocation lists (PEM or DER) and answers of OCSP responders (DER).
    #[arg(long, value_name = "FILE", num_args = 1..)]
    revocation: Vec<PathBuf>,
    /// Certificates between those that are trusted and those in the document.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    certificates: Vec<PathBuf>,
    /// What a detached signature signs.
    #[arg(long, value_name = "FILE")]
    detached: Option<PathBuf>,
    /// Writes the request for the timestamp here, to be sent to a TSA; the document is not written.
    #[arg(long, value_name = "FILE", conflicts_with = "answer")]
    query: Option<PathBuf>,
    /// The answer of a TSA to the request that --query wrote, with the same document and files.
    #[arg(long, value_name = "FILE")]
    answer: Option<PathBuf>,
    /// Where the document goes; beside the original as NAME.t.EXT, NAME.lt.EXT or NAME.lta.EXT without it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RaisedLevel {
    T,
    Lt,
    Lta,
}

pub(super) fn run(config: &Config, arguments: &ExtendArguments) -> Outcome {
    let (to, file) = (arguments.to, &arguments.file);
    let asks = arguments.query.is_some() || arguments.answer.is_some();
    if (to == RaisedLevel::Lt) == asks {
        let words = "a timestamp (--to t, --to lta) is asked for with --query and then brought with \
                     --answer; --to lt needs none";
        return Err(words.into());
    }
    let (now, limits) = (Clock::System.now(), Limits::default());
    let trust: Vec<TrustAnchor> =
        all_certificates(&arguments.trust)?.into_iter().map(TrustAnchor::of).collect();
    let most = config.limits.document_bytes;
    let document = read(file, most)?;
    let content = arguments.detached.as_deref().map(|file| read(file, most)).transpose()?;
    let content = content.as_deref();
    let plan = if to == RaisedLevel::T {
        stamp(document, ROOM, &limits, content)
    } else {
        let settings = LongTermSettings { trust: &trust, at: now, limits: &limits, content };
        let raised = raise(document, data(arguments)?, &settings);
        let raised = raised.map_err(|fault| about(file, &sources(&fault)))?;
        if to == RaisedLevel::Lt {
            return finish(arguments, &raised, None);
        }
        raised.archive(ROOM, &limits, content)
    };
    let plan = plan.map_err(|fault| about(file, &sources(&fault)))?;
    let request = TimestampRequest::new(plan.imprint(DigestAlgorithm::Sha256), None, None)?;
    if let Some(query) = &arguments.query {
        plan.notes().iter().for_each(|note| say_wrong!("{}: {note}", file.display()));
        write(query, &request.to_der()?)?;
        say!("The request for a timestamp is in {}.", query.display());
        return Ok(ExitCode::SUCCESS);
    }
    let answer = arguments.answer.as_ref().ok_or("there is no answer")?;
    let token = token(answer, &request, now)?;
    let ending = house::calendar(config)?.timestamp(&token);
    let raised = plan.attach(&token, &trust).map_err(|fault| about(answer, &fault))?;
    finish(arguments, &raised, Some(&ending))
}

/// What was collected in files.
fn data(arguments: &ExtendArguments) -> Result<CollectedData, Failure> {
    let mut data = CollectedData::default();
    for certificate in all_certificates(&arguments.certificates)? {
        data.add_certificate(certificate)?;
    }
    for file in &arguments.revocation {
        let bytes = read(file, crl::MAX_LENGTH)?;
        data.add_revocation(&bytes).map_err(|fault| about(file, &fault))?;
    }
    Ok(data)
}

/// Writes the document, and says what was done to it.
fn finish(arguments: &ExtendArguments, raised: &Raised, ending: Option<&AlgorithmEnd>) -> Outcome {
    let file = &arguments.file;
    raised.notes.iter().for_each(|note| say_wrong!("{}: {note}", file.display()));
    if !raised.changed && arguments.output.is_none() {
        say!("{}: nothing was missing, it has level {}", file.display(), raised.level);
        return Ok(ExitCode::SUCCESS);
    }
    let level = raised.level.as_str().to_ascii_lowercase();
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    let beside = || file.with_extension(format!("{level}.{extension}"));
    let target = arguments.output.clone().unwrap_or_else(beside);
    write(&target, &raised.bytes)?;
    say!("{} -> {}: level {}", file.display(), target.display(), raised.level);
    if let Some(ending) = ending {
        let (last, AlgorithmEnd { what, source, .. }) = (ending.last_day(), ending);
        say!("Raise it to LTA before {last}: then {what} ends ({source}).");
    }
    Ok(ExitCode::SUCCESS)
}

/// The token in an answer that was fetched within the last days.
fn token(
    answer: &Path,
    request: &TimestampRequest,
    now: Instant,
) -> Result<TimestampToken, Failure> {
    let token = timestamp::check(&read(answer, SMALL)?, request, now, OLDEST_MS)
        .map_err(|fault| about(answer, &fault))?;
    if token.info().gen_time > now.plus_ms(AHEAD_MS) {
        return Err(about(answer, &"its time is still to come"));
    }
    Ok(token)
}

fn all_certificates(files: &[PathBuf]) -> Result<Vec<Certificate>, Failure> {
    let mut all = Vec::new();
    for file in files {
        let found = certificates(&read(file, SMALL)?).map_err(|error| about(file, &error))?;
        all.extend(found);
    }
    Ok(all)
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
