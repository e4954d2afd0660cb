//! `verify`: whether the signatures of local files hold. Reads files and nothing else: no database, no key,
//! no network.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::shown::{Shown, say_json};
use super::{Failure, Outcome, house, values};
use crate::app::Clock;
use crate::config::Config;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::outbound::trusted_lists;
use crate::pki::certificate_file;
use crate::pki::path::TrustAnchor;
use crate::seal::Limits;
use crate::verify::trusted_list::{ListFile, ListUse, QualificationFacts, TrustedServices, gather};
use crate::verify::{
    self, CoveredFacts, Indication, NamedRange, RevocationDemand, SignerFacts, VerificationReport,
    VerifiedFile, VerifiedSignature, VerifySettings,
};
use crate::web::report::page;
use crate::workflow::verification::{CheckedFile, DataBeside, ReportForm, WrittenReport};

/// Bytes of a file at most.
const MAX_FILE: u64 = 512 << 20;

/// When nothing failed and something is not known.
const INDETERMINATE: u8 = 3;

#[derive(Args)]
pub(super) struct VerifyArguments {
    /// Signed files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Certificates where trust begins, in PEM or DER; without any no signature passes.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// Certificates that may lie between, beside those in the signed files.
    #[arg(long, value_name = "FILE")]
    certificates: Vec<PathBuf>,
    /// Trusted lists (ETSI TS 119 612), or folders of them, with the list of the lists and its pivots: trust begins
    /// at their services too, and it is said whether a signature is qualified.
    #[arg(long, value_name = "PATH", requires = "list_signers")]
    trusted_lists: Vec<PathBuf>,
    /// Certificates of those who may sign the list of the lists, or, without one, the lists themselves.
    #[arg(long, value_name = "FILE", requires = "trusted_lists")]
    list_signers: Vec<PathBuf>,
    /// The time for which they are verified, such as 2026-12-31T12:00:00Z; now without it.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Option<Instant>,
    /// What a detached signature is over; with one signed file only.
    #[arg(long, value_name = "FILE")]
    detached: Option<PathBuf>,
    /// Revocation lists and answers of OCSP responders, in DER or PEM, beside those in the signed files.
    #[arg(long, value_name = "FILE")]
    revocation: Vec<PathBuf>,
    /// Does not ask whether certificates were revoked.
    #[arg(long, conflicts_with = "revocation")]
    no_revocation: bool,
    /// Another form: `simple-json` (who, when, which level, why not), `xml` (ETSI TS 119 102-2), `html` and `pdf` (for
    /// people); all but the first of one signed file.
    #[arg(long, value_enum, value_name = "FORM", conflicts_with = "json")]
    report: Option<FormArgument>,
    /// The language of a report for people: de, en, es, fr, it or pt.
    #[arg(long, value_name = "LANGUAGE", value_parser = language, requires = "report")]
    language: Option<Language>,
    #[command(flatten)]
    shown: Shown,
}

/// Forms of a report beside lines and the whole of it in JSON.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormArgument {
    SimpleJson,
    Xml,
    Html,
    Pdf,
}

impl FormArgument {
    const fn form(self, language: Language) -> ReportForm {
        match self {
            Self::SimpleJson => ReportForm::Summary,
            Self::Xml => ReportForm::Xml,
            Self::Html => ReportForm::Readable(language),
            Self::Pdf => ReportForm::Pdf(language),
        }
    }
}

fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| "one of de, en, es, fr, it and pt".to_owned())
}

/// Verifies every file and says what was found.
pub(super) fn run(config: &Config, arguments: &VerifyArguments) -> Outcome {
    if arguments.detached.is_some() && arguments.files.len() > 1 {
        return Err("--detached goes with one signed file".into());
    }
    let one = arguments.report.filter(|form| *form != FormArgument::SimpleJson);
    if let Some(form) = one.and_then(|form| form.to_possible_value())
        && arguments.files.len() > 1
    {
        return Err(format!("--report {} goes with one signed file", form.get_name()).into());
    }
    let settings = settings(config, arguments)?;
    let form = arguments.report.map(|form| form.form(arguments.language.unwrap_or_default()));
    let mut worst = Indication::Passed;
    let (mut reports, mut summaries, mut text) = (Vec::new(), Vec::new(), None);
    for file in &arguments.files {
        let checked = CheckedFile::of(Some(file.display().to_string()), &read(file)?, &settings);
        worst = worst.max(checked.report.indication);
        let Some(form) = form else {
            if arguments.shown.json {
                let CheckedFile { name: file, report, .. } = checked;
                reports.push(VerifiedFile { file, report });
            } else {
                show(file, &checked.report);
            }
            continue;
        };
        match checked.written(form) {
            WrittenReport::Detailed(report) => reports.push(*report),
            WrittenReport::Summary(summary) => summaries.push(*summary),
            WrittenReport::Xml(xml) => text = Some(xml.into_bytes()),
            WrittenReport::Readable(report) => text = Some(page(&report).into_bytes()),
            WrittenReport::Pdf(pdf) => text = Some(pdf),
        }
    }
    match (form, text) {
        (Some(_), Some(octets)) => put(&octets)?,
        (Some(_), None) => say_json(&json!(summaries)),
        (None, _) if arguments.shown.json => say_json(&json!(reports)),
        (None, _) => {}
    }
    Ok(match worst {
        Indication::Passed => ExitCode::SUCCESS,
        Indication::Failed => ExitCode::FAILURE,
        Indication::Indeterminate => ExitCode::from(INDETERMINATE),
    })
}

fn settings(config: &Config, arguments: &VerifyArguments) -> Result<VerifySettings, Failure> {
    let at = arguments.at.unwrap_or_else(|| Clock::System.now());
    let mut settings = VerifySettings::new(Vec::new(), at);
    settings.calendar = house::calendar(config)?;
    for file in &arguments.trust {
        let certificates = certificate_file::certificates(&read(file)?);
        let certificates = certificates.map_err(|error| named(file, &error))?;
        settings.anchors.extend(certificates.into_iter().map(TrustAnchor::of));
    }
    if arguments.no_revocation {
        settings.revocation = RevocationDemand::NotAsked;
    }
    let mut beside = DataBeside::default();
    for file in &arguments.certificates {
        beside.add_certificates(&read(file)?).map_err(|error| named(file, &error))?;
    }
    for file in &arguments.revocation {
        beside.add_revocation(read(file)?).map_err(|error| named(file, &error))?;
    }
    settings.certificates = beside.certificates;
    settings.lists = beside.lists;
    settings.answers = beside.answers;
    settings.detached = arguments.detached.as_deref().map(read).transpose()?;
    if !arguments.trusted_lists.is_empty() {
        settings.services = Some(Arc::new(services(arguments, at)?));
    }
    Ok(settings)
}

/// What the lists say; which of them are not used is told.
fn services(arguments: &VerifyArguments, at: Instant) -> Result<TrustedServices, Failure> {
    let mut signers = Vec::new();
    for file in &arguments.list_signers {
        let certificates = certificate_file::certificates(&read(file)?);
        signers.extend(certificates.map_err(|error| named(file, &error))?);
    }
    let files: Vec<ListFile> = trusted_lists::read(&arguments.trusted_lists)?
        .into_iter()
        .map(|(name, octets)| ListFile { name, octets })
        .collect();
    let gathered = gather(&files, &signers, at, &Limits::default());
    for standing in &gathered.standings {
        if let (ListUse::Refused | ListUse::Expired, Some(reason)) =
            (standing.used, &standing.reason)
        {
            let word = if standing.used == ListUse::Expired { "expired" } else { "not used" };
            say_wrong!("{}: {word}: {reason}", standing.file);
        }
    }
    if gathered.services.is_empty() {
        return Err("none of the trusted lists can be used".into());
    }
    Ok(gathered.services)
}

/// Writes a report to the standard output.
fn put(octets: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(octets).and_then(|()| out.flush());
    written.map_err(|error| format!("the report cannot be written: {error}").into())
}

/// What is wrong with a file, under its name.
pub(super) fn named(file: &Path, error: &dyn fmt::Display) -> Failure {
    format!("{}: {error}", file.display()).into()
}

/// The octets of a file, unless it is too large.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|error| named(file, &error))?;
    opened.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| named(file, &error))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(named(file, &format_args!("more than {} MiB", MAX_FILE >> 20)));
    }
    Ok(bytes)
}

/// What others wrote moves no cursor.
fn line(indent: usize, label: &str, text: &str) {
    let shown = |letter: char| if letter.is_control() { '\u{FFFD}' } else { letter };
    let text: String = text.chars().map(shown).collect();
    say!("{:indent$}{label:<12} {text}", "");
}

fn verdict(indication: Indication, sub: Option<verify::SubIndication>) -> String {
    let sub = sub.map(|sub| format!(" {}", sub.as_str())).unwrap_or_default();
    format!("{}{sub}", indication.as_str())
}

fn show(file: &Path, report: &VerificationReport) {
    let said = verdict(report.indication, report.sub_indication);
    line(0, &said, &format!("{} ({}, at {})", file.display(), report.content, report.at));
    for finding in &report.findings {
        line(2, finding.sub_indication.as_str(), &finding.text);
    }
    for signature in &report.signatures {
        show_signature(signature);
    }
}

fn show_signature(signature: &VerifiedSignature) {
    let level = signature.level.map(|level| format!("-{level}")).unwrap_or_default();
    line(2, "signature", &format!("{} ({}{level})", signature.place, signature.format));
    line(4, "verdict", &verdict(signature.indication, signature.sub_indication));
    for finding in &signature.findings {
        line(4, "because", &format!("{}: {}", finding.sub_indication.as_str(), finding.text));
    }
    let value = match signature.value_holds {
        Some(true) => "is of the signing certificate's key",
        Some(false) => "is not of the signing certificate's key",
        None => "was not checked",
    };
    line(4, "value", value);
    if let Some(signer) = &signature.signer {
        show_signer(signer);
    }
    if let Some(time) = &signature.claimed_time {
        line(4, "claimed", time);
    }
    if let Some(time) = &signature.proven_time {
        line(4, "proven", time);
    }
    for timestamp in &signature.timestamps {
        let words = [&timestamp.time, &timestamp.authority, &timestamp.reason];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        let words = format!("{} ({})", words.join(", "), timestamp.kind);
        line(4, "timestamp", &words);
    }
    if let Some(policy) = &signature.policy {
        line(4, "policy", policy.identifier.as_deref().unwrap_or("implied"));
    }
    let whole = if signature.covers_document { "the whole document" } else { "parts" };
    line(4, "covers", whole);
    for covered in &signature.covered {
        show_covered(covered);
    }
    for part in &signature.not_covered {
        line(6, "not covered", &place(part));
    }
    for algorithm in &signature.algorithms {
        let until = algorithm.until.as_deref().map(|until| format!(" until {until}"));
        let (name, until) = (&algorithm.name, until.unwrap_or_default());
        let ended = if algorithm.accepted { "" } else { ", ended" };
        line(4, "algorithm", &format!("{}: {name}{until}{ended}", algorithm.of));
    }
    for note in &signature.notes {
        line(4, "note", note);
    }
}

fn show_signer(signer: &SignerFacts) {
    line(4, "signer", &format!("{}, serial number {}", signer.subject, signer.serial_number));
    line(4, "path", &signer.path.join(" < "));
    line(4, "trust anchor", signer.trust_anchor.as_deref().unwrap_or("none"));
    if let Some(facts) = &signer.qualification {
        show_qualification(facts);
    }
    for known in &signer.revocation {
        let detail = known.detail.as_deref().map(|it| format!(": {it}")).unwrap_or_default();
        line(4, "revocation", &format!("{}, {}{detail}", known.status, known.subject));
    }
}

fn show_qualification(facts: &QualificationFacts) {
    let conclusion = facts.conclusion.unwrap_or("the signature does not pass");
    let qualified = if facts.qualified_certificate { "qualified" } else { "not qualified" };
    let purpose = facts.purpose.map(|purpose| format!(" for {purpose}")).unwrap_or_default();
    let device = if facts.qualified_device { ", in a qualified device" } else { "" };
    line(4, "qualified", &format!("{conclusion}: certificate {qualified}{purpose}{device}"));
    let words = [&facts.territory, &facts.provider, &facts.service, &facts.status, &facts.since];
    let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
    if !words.is_empty() {
        line(6, "service", &words.join(", "));
    }
    for reason in &facts.reasons {
        line(6, "because", reason);
    }
}

fn show_covered(covered: &CoveredFacts) {
    let digest = covered.digest.unwrap_or("no digest");
    let element = covered.element.as_ref().map(|part| format!(" {}", place(part)));
    let element = element.unwrap_or_default();
    let text = format!("'{}'{element}, {digest}, {}", covered.reference, covered.standing);
    line(6, "reference", &text);
    for part in &covered.left_out {
        line(8, "without", &place(part));
    }
}

fn place(part: &NamedRange) -> String {
    format!("{} (bytes {} to {})", part.name, part.start, part.end)
}
