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
use crate::domain::level::Level;
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
use crate::seal::long_term::{
    ArchivePlan, LongTermFault, LongTermSettings, Raised, WhichSeals, in_turn, raise_of, seals,
    stamp_of,
};

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
    /// Raises one of several signatures: its number among those that `chancery verify` tells of, from 1, but for
    /// timestamps. Without it all of them are raised. Those of a PDF are raised together.
    #[arg(long, value_name = "NUMBER")]
    signature: Option<usize>,
    /// Writes the request for the timestamp here, to be sent to a TSA; the document is not written. Where each of several
    /// signatures gets one, their requests are called FILE, then NAME.2.EXT and so on.
    #[arg(long, value_name = "FILE", conflicts_with = "answer")]
    query: Option<PathBuf>,
    /// The answer of a TSA to the request that --query wrote, with the same document and files; the answers to several in
    /// the order of the requests.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    answer: Vec<PathBuf>,
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
    let asks = arguments.query.is_some() || !arguments.answer.is_empty();
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
    let settings = LongTermSettings { trust: &trust, at: now, limits: &limits, content };
    let document = ExtendedFile { file, bytes: document, settings, to };
    let which = document.which(arguments.signature)?;
    let stamped = document.stamped(&which)?;
    if to == RaisedLevel::Lt {
        let raised = document.raised(&data(arguments)?, &which)?;
        return finish(arguments, &raised, None);
    }
    let collected = if to == RaisedLevel::T { CollectedData::default() } else { data(arguments)? };
    if let Some(query) = &arguments.query {
        return document.ask(query, &document.prepared(&collected, &which)?, &stamped);
    }
    let prepared = document.prepared(&collected, &which)?;
    let (raised, ending) = document.answered(config, prepared, &stamped, &arguments.answer)?;
    finish(arguments, &raised, ending.as_ref())
}

/// A document that is raised, and with what.
struct ExtendedFile<'a> {
    file: &'a Path,
    bytes: Vec<u8>,
    settings: LongTermSettings<'a>,
    to: RaisedLevel,
}

impl ExtendedFile<'_> {
    fn about(&self, fault: &LongTermFault) -> Failure {
        about(self.file, &sources(fault))
    }

    /// What is raised, one after the other: all of it, or one signature by its number.
    fn which(&self, number: Option<usize>) -> Result<Vec<WhichSeals>, Failure> {
        let limits = self.settings.limits;
        let level = match self.to {
            RaisedLevel::T => Level::T,
            RaisedLevel::Lt => Level::Lt,
            RaisedLevel::Lta => Level::Lta,
        };
        let Some(number) = number else {
            return in_turn(&self.bytes, level, limits).map_err(|fault| self.about(&fault));
        };
        let all = seals(&self.bytes, limits).map_err(|fault| self.about(&fault))?;
        let count = all.len();
        let one = number.checked_sub(1).and_then(|at| all.into_iter().nth(at));
        let one = one.ok_or_else(|| {
            let words = match count {
                0 => "its signatures are raised together; leave out --signature".to_owned(),
                _ => format!("it has no signature {number}, but 1 to {count}"),
            };
            about(self.file, &words)
        })?;
        Ok(vec![WhichSeals::WithValue(one.value)])
    }

    /// Those that get a timestamp: of several for level T who has none that holds, for LTA who stands in no other one, whose
    /// archive timestamp is over both.
    fn stamped(&self, which: &[WhichSeals]) -> Result<Vec<WhichSeals>, Failure> {
        if which.len() < 2 || self.to == RaisedLevel::Lt {
            return Ok(which.to_vec());
        }
        if self.to == RaisedLevel::Lta {
            let all = seals(&self.bytes, self.settings.limits);
            let mut all = all.map_err(|fault| self.about(&fault))?;
            all.retain(|seal| !seal.is_countersignature);
            let outer: Vec<_> =
                all.into_iter().map(|seal| WhichSeals::WithValue(seal.value)).collect();
            return Ok(which.iter().filter(|one| outer.contains(one)).cloned().collect());
        }
        let lacks = |one: &&WhichSeals| {
            let none = CollectedData::default();
            let raised = raise_of(self.bytes.clone(), none, &self.settings, one);
            // what else is wrong is told when it is stamped
            !matches!(raised, Ok(_) | Err(LongTermFault::Insufficient { .. }))
        };
        let left: Vec<_> = which.iter().filter(lacks).cloned().collect();
        let words =
            "each of its signatures has a timestamp; name one with --signature to add another";
        if left.is_empty() { Err(about(self.file, &words)) } else { Ok(left) }
    }

    /// The document with validation data.
    fn raised(&self, data: &CollectedData, which: &[WhichSeals]) -> Result<Raised, Failure> {
        let mut all: Option<Raised> = None;
        for one in which {
            let bytes = all.as_ref().map_or(&self.bytes, |raised| &raised.bytes).clone();
            let raised = raise_of(bytes, data.clone(), &self.settings, one);
            let raised = raised.map_err(|fault| self.about(&fault))?;
            all = Some(match all {
                None => raised,
                Some(before) => Raised {
                    level: before.level.min(raised.level),
                    changed: before.changed || raised.changed,
                    notes: [before.notes, raised.notes].concat(),
                    bytes: raised.bytes,
                },
            });
        }
        all.ok_or_else(|| about(self.file, &"there is no signature to raise"))
    }

    /// The document as it is prepared for timestamps.
    fn prepared(&self, data: &CollectedData, which: &[WhichSeals]) -> Result<Raised, Failure> {
        if self.to == RaisedLevel::Lta {
            return self.raised(data, which);
        }
        let bytes = self.bytes.clone();
        Ok(Raised { bytes, level: Level::B, changed: false, notes: Vec::new() })
    }

    /// Prepares it for the timestamp of one, and what is asked of a TSA for that.
    fn plan(
        &self,
        raised: Raised,
        one: &WhichSeals,
    ) -> Result<(ArchivePlan, TimestampRequest), Failure> {
        let LongTermSettings { limits, content, .. } = self.settings;
        let plan = match self.to {
            RaisedLevel::Lta => raised.archive_of(ROOM, limits, content, one),
            _ => stamp_of(raised.bytes, ROOM, limits, content, one),
        };
        let plan = plan.map_err(|fault| self.about(&fault))?;
        let request = TimestampRequest::new(plan.imprint(DigestAlgorithm::Sha256), None, None)?;
        Ok((plan, request))
    }

    /// Writes the requests for timestamps.
    fn ask(&self, query: &Path, prepared: &Raised, which: &[WhichSeals]) -> Outcome {
        for (one, number) in which.iter().zip(1..) {
            let Raised { level, changed, .. } = *prepared;
            let raised =
                Raised { bytes: prepared.bytes.clone(), level, changed, notes: Vec::new() };
            let (plan, request) = self.plan(raised, one)?;
            let notes = prepared.notes.iter().filter(|_| number == 1).chain(plan.notes());
            notes.for_each(|note| say_wrong!("{}: {note}", self.file.display()));
            let query = numbered(query, number);
            write(&query, &request.to_der()?)?;
            say!("The request for a timestamp is in {}.", query.display());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The document with the timestamps in answers, and what ends first that they stand on.
    fn answered(
        &self,
        config: &Config,
        mut raised: Raised,
        which: &[WhichSeals],
        answers: &[PathBuf],
    ) -> Result<(Raised, Option<AlgorithmEnd>), Failure> {
        if answers.len() != which.len() {
            let (needed, brought) = (which.len(), answers.len());
            let words = format!(
                "it takes {needed} timestamps, one for each signature, and {brought} were brought with --answer"
            );
            return Err(about(self.file, &words));
        }
        let calendar = house::calendar(config)?;
        let mut ending: Option<AlgorithmEnd> = None;
        for (one, answer) in which.iter().zip(answers) {
            let (plan, request) = self.plan(raised, one)?;
            let token = token(answer, &request, self.settings.at)?;
            let ends = calendar.timestamp(&token);
            if ending.as_ref().is_none_or(|first| ends.until < first.until) {
                ending = Some(ends);
            }
            let attached = plan.attach(&token, self.settings.trust, self.settings.limits);
            raised = attached.map_err(|fault| about(answer, &fault))?;
        }
        Ok((raised, ending))
    }
}

/// What the file for one of several requests is called.
fn numbered(file: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return file.to_owned();
    }
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    file.with_extension(format!("{number}.{extension}"))
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
