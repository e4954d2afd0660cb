//! A report of a verification as people read it, in their language: on a page, as a PDF.

use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::text::hex;
use crate::letters::{Locale, ReportWords, VerdictWords, filled, page_words, report_words};
use crate::seal::print::{PrintedBlock, PrintedDocument, PrintedFact, PrintedLevel, PrintedText};
use crate::verify::{
    AlgorithmFacts, Indication, RevocationFacts, SubIndication, TimestampFacts,
    VerificationFinding, VerificationReport, VerifiedSignature,
};

/// What is told in English whatever the language.
const ENGLISH: &str = "en";
/// Formats that are timestamps and no signatures.
const TIMESTAMPS: [&str; 2] = ["document timestamp", "container timestamp"];

/// What was verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedFile {
    /// How it is called; empty when it is called nothing.
    pub name: String,
    pub sha256: [u8; 32],
}

/// A report in a language.
#[derive(Clone, Debug)]
pub struct ReadableReport {
    pub language: Language,
    pub words: &'static ReportWords,
    pub verdict: ReadableVerdict,
    pub facts: Vec<ReadableFact>,
    pub signatures: Vec<ReadableSignature>,
    /// What was found of the file itself.
    pub details: Vec<String>,
}

/// What a file or a signature comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableVerdict {
    /// `passed`, `indeterminate`, `failed`.
    pub mark: &'static str,
    pub text: &'static str,
    /// Why it does not pass.
    pub why: Option<&'static str>,
    /// As EN 319 102-1 writes it.
    pub indication: String,
}

/// A name and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableFact {
    pub name: &'static str,
    pub texts: Vec<String>,
}

/// One signature, or a timestamp that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableSignature {
    pub heading: String,
    pub verdict: ReadableVerdict,
    pub facts: Vec<ReadableFact>,
    /// Who, at which level and when, where that is all there is room for.
    pub brief: Vec<ReadableFact>,
    /// Findings and notes, in English.
    pub details: Vec<String>,
}

impl ReadableReport {
    /// The report in a language.
    #[must_use]
    pub fn of(report: &VerificationReport, file: &ReportedFile, language: Language) -> Self {
        let words = report_words(language);
        let locale = Locale(language);
        let told = (report.indication, report.sub_indication);
        let mut verdict = verdict(told, &words.whole, words);
        if report.signatures.is_empty() && report.indication == Indication::Failed {
            verdict.text = words.unsigned;
            verdict.why = None;
        }
        let mut facts = Facts::default();
        facts.some(words.file, Some(&file.name).filter(|name| !name.is_empty()));
        facts.one(page_words(language).fingerprint, hex(&file.sha256));
        facts.one(words.at, time(&report.at, locale));
        facts.one(words.indication, verdict.indication.clone());
        let (mut signatures, mut timestamps) = (0, 0);
        let signatures = report.signatures.iter().map(|signature| {
            let (heading, number) = if TIMESTAMPS.contains(&signature.format) {
                (words.timestamp, &mut timestamps)
            } else {
                (words.signature, &mut signatures)
            };
            *number += 1;
            let heading = filled(heading, &[("number", locale.number(*number))]);
            let verdict = self::verdict(report.verdict_on(signature), &words.one, words);
            ReadableSignature {
                heading,
                facts: signature_facts(signature, &verdict.indication, words, locale),
                brief: brief(signature, words, locale),
                verdict,
                details: details(&signature.findings, &signature.notes),
            }
        });
        Self {
            language,
            words,
            signatures: signatures.collect(),
            verdict,
            facts: facts.0,
            details: details(&report.findings, &[]),
        }
    }

    /// As a tagged PDF with its font.
    #[must_use]
    pub fn to_pdf(&self) -> Vec<u8> {
        let words = self.words;
        let mut blocks = vec![PrintedBlock::Heading(PrintedLevel::First, words.title.to_owned())];
        print_verdict(&self.verdict, &mut blocks);
        print_facts(&self.facts, &self.details, words, &mut blocks);
        for signature in &self.signatures {
            blocks.push(PrintedBlock::Heading(PrintedLevel::Second, signature.heading.clone()));
            print_verdict(&signature.verdict, &mut blocks);
            print_facts(&signature.facts, &signature.details, words, &mut blocks);
        }
        blocks.push(PrintedBlock::Paragraph(PrintedText::new(words.footer)));
        let language = self.language.as_str();
        PrintedDocument { title: words.title.to_owned(), language, blocks }.to_pdf()
    }
}

fn print_verdict(verdict: &ReadableVerdict, blocks: &mut Vec<PrintedBlock>) {
    let sentence = |text: &str| PrintedBlock::Paragraph(PrintedText::new(text));
    blocks.push(sentence(verdict.text));
    blocks.extend(verdict.why.map(sentence));
}

fn print_facts(
    facts: &[ReadableFact],
    details: &[String],
    words: &ReportWords,
    blocks: &mut Vec<PrintedBlock>,
) {
    let mut printed: Vec<PrintedFact> = facts
        .iter()
        .map(|fact| PrintedFact {
            name: fact.name.to_owned(),
            texts: fact.texts.iter().map(PrintedText::new).collect(),
        })
        .collect();
    if !details.is_empty() {
        let texts =
            details.iter().map(|text| PrintedText { text: text.clone(), language: Some(ENGLISH) });
        printed.push(PrintedFact { name: words.details.to_owned(), texts: texts.collect() });
    }
    blocks.push(PrintedBlock::Facts(printed));
}

/// Facts of which those that say nothing are left out.
#[derive(Default)]
struct Facts(Vec<ReadableFact>);

impl Facts {
    fn all(&mut self, name: &'static str, texts: Vec<String>) {
        if !texts.is_empty() {
            self.0.push(ReadableFact { name, texts });
        }
    }

    fn one(&mut self, name: &'static str, text: impl Into<String>) {
        self.all(name, vec![text.into()]);
    }

    fn some(&mut self, name: &'static str, text: Option<impl Into<String>>) {
        self.all(name, text.into_iter().map(Into::into).collect());
    }
}

fn signature_facts(
    signature: &VerifiedSignature,
    indication: &str,
    words: &'static ReportWords,
    locale: Locale,
) -> Vec<ReadableFact> {
    let mut facts = Facts::default();
    facts.one(words.indication, indication);
    let is_timestamp = TIMESTAMPS.contains(&signature.format);
    facts.some(words.level, (!is_timestamp).then(|| signature.format_and_level()));
    facts.one(words.place, &signature.place);
    if let Some(signer) = &signature.signer {
        facts.one(words.signed_by, &signer.subject);
        facts.one(words.issued_by, &signer.issuer);
        let (from, until) = (day(&signer.not_before, locale), day(&signer.not_after, locale));
        facts.one(words.validity, filled(words.from_until, &[("from", from), ("until", until)]));
        facts.one(words.trust_anchor, signer.trust_anchor.as_deref().unwrap_or(words.nobody));
        let qualification = signer.qualification.as_ref();
        facts.some(words.qualification, qualification.and_then(|facts| facts.conclusion));
    }
    facts.some(words.claimed, signature.claimed_time.as_ref().map(|at| time(at, locale)));
    facts.some(words.proven, signature.proven_time.as_ref().map(|at| time(at, locale)));
    let stamped = signature.timestamps.iter().map(|facts| stamped(facts, words, locale));
    facts.all(words.timestamps, stamped.collect());
    let covers = if signature.covers_document { words.covers_all } else { words.covers_parts };
    facts.one(words.coverage, covers);
    if let Some(signer) = &signature.signer {
        let known = signer.revocation.iter().map(|facts| revocation(facts, words));
        facts.all(words.revocation, known.collect());
    }
    // what holds of all issuers at once has no name
    let named = signature.algorithms.iter().filter(|facts| facts.name != "all");
    let algorithms = named.map(|facts| algorithm(facts, words, locale));
    facts.all(words.algorithms, algorithms.collect());
    facts.0
}

/// The names in the certificate instead of all of its subject, and the time that counts.
fn brief(
    signature: &VerifiedSignature,
    words: &'static ReportWords,
    locale: Locale,
) -> Vec<ReadableFact> {
    let mut facts = Facts::default();
    let name = Some(&signature.objects.name).filter(|name| !name.is_empty());
    let subject = signature.signer.as_ref().map(|signer| &signer.subject);
    facts.some(words.signed_by, name.or(subject));
    facts.some(words.organization, signature.objects.organization.as_ref());
    facts.one(words.level, signature.format_and_level());
    match (&signature.proven_time, &signature.claimed_time) {
        (Some(at), _) => facts.one(words.proven, time(at, locale)),
        (None, Some(at)) => facts.one(words.claimed, time(at, locale)),
        (None, None) => {}
    }
    facts.0
}

fn stamped(facts: &TimestampFacts, words: &ReportWords, locale: Locale) -> String {
    let [holds, not] = words.stamped;
    let at = facts.time.as_ref().map(|at| time(at, locale)).unwrap_or_default();
    let authority = facts.authority.clone().unwrap_or_default();
    filled(if facts.holds { holds } else { not }, &[("time", at), ("authority", authority)])
}

fn revocation(facts: &RevocationFacts, words: &ReportWords) -> String {
    let words = &words.revoked;
    let status = match facts.status {
        "good" => words.good,
        "revoked" => words.revoked,
        "not asked" => words.not_asked,
        _ => words.unknown,
    };
    format!("{}: {status}", facts.subject)
}

fn algorithm(facts: &AlgorithmFacts, words: &ReportWords, locale: Locale) -> String {
    let until = facts.until.as_ref().map(|until| day(&format!("{until}T00:00:00Z"), locale));
    let said = match until {
        _ if !facts.accepted => words.ended.to_owned(),
        Some(until) => filled(words.until, &[("date", until)]),
        None => return facts.name.clone(),
    };
    format!("{}: {said}", facts.name)
}

/// What was found, in the order in which it was.
fn details(findings: &[VerificationFinding], notes: &[String]) -> Vec<String> {
    findings.iter().map(|finding| &finding.text).chain(notes).cloned().collect()
}

fn verdict(
    told: (Indication, Option<SubIndication>),
    words: &VerdictWords,
    all: &ReportWords,
) -> ReadableVerdict {
    let (mark, text) = match told.0 {
        Indication::Passed => ("passed", words.passed),
        Indication::Indeterminate => ("indeterminate", words.indeterminate),
        Indication::Failed => ("failed", words.failed),
    };
    let why = told.1.map(|sub| reason(sub, all));
    ReadableVerdict { mark, text, why, indication: as_written(told) }
}

fn as_written((indication, sub): (Indication, Option<SubIndication>)) -> String {
    let sub = sub.map(|sub| format!(", {}", sub.as_str())).unwrap_or_default();
    format!("{}{sub}", indication.as_str())
}

const fn reason(sub: SubIndication, words: &ReportWords) -> &'static str {
    let words = &words.reasons;
    match sub {
        SubIndication::FormatFailure => words.format,
        SubIndication::HashFailure => words.hash,
        SubIndication::SigCryptoFailure => words.value,
        SubIndication::NotYetValid => words.not_yet_valid,
        SubIndication::SignedDataNotFound => words.not_there,
        SubIndication::NoSigningCertificateFound => words.no_certificate,
        SubIndication::SigConstraintsFailure => words.constraints,
        SubIndication::CryptoConstraintsFailure => words.algorithm,
        SubIndication::CryptoConstraintsFailureNoPoe => words.algorithm_ended,
        SubIndication::NoCertificateChainFound => words.no_path,
        SubIndication::ChainConstraintsFailure => words.not_for_signing,
        SubIndication::CertificateChainGeneralFailure => words.path,
        SubIndication::RevokedNoPoe => words.revoked,
        SubIndication::RevokedCaNoPoe => words.issuer_revoked,
        SubIndication::OutOfBoundsNoPoe => words.out_of_bounds,
        SubIndication::TryLater => words.try_later,
        SubIndication::Generic => words.generic,
    }
}

/// A time of the report as the language writes it.
fn time(at: &str, locale: Locale) -> String {
    Instant::parse_rfc3339(at).map_or_else(|| at.to_owned(), |at| locale.time(at))
}

fn day(at: &str, locale: Locale) -> String {
    Instant::parse_rfc3339(at).map_or_else(|| at.to_owned(), |at| locale.day(at))
}
