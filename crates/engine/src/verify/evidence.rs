//! Whether an evidence record proves that data were there (RFC 4998, 5.3; RFC 6283, 4.3): every timestamp has to be over
//! what it is to be over, its authority trusted and its algorithms good when the next timestamp took over, the last
//! one's now.

use serde::Serialize;

use super::VerifySettings;
use super::indication::{Indication, SubIndication, VerificationFinding, conclude};
use super::trust::{self, Asked, Questions, TrustTimes, ValidationData};
use crate::domain::instant::Instant;
use crate::pki::calendar::Owner;
use crate::pki::certificate::Certificate;
use crate::pki::evidence::EvidenceFault;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::seal::evidence::{ProofKind, StoredEvidence};

/// By how much the clock of a TSA may be ahead.
const SKEW_MS: i64 = 300_000;

/// The verdict on an evidence record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceReport {
    pub indication: Indication,
    /// Why it is not `TOTAL-PASSED`.
    pub sub_indication: Option<SubIndication>,
    /// The time for which it was verified.
    pub at: String,
    /// When the data were there, once it passes: what the first timestamp says.
    pub proven_time: Option<String>,
    /// The oldest first.
    pub chains: Vec<EvidenceChainFacts>,
    /// Why it does not pass.
    pub findings: Vec<VerificationFinding>,
}

/// Timestamps over each other with one digest.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceChainFacts {
    pub digest: &'static str,
    /// The oldest first.
    pub timestamps: Vec<EvidenceStampFacts>,
}

/// A timestamp of an evidence record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceStampFacts {
    pub time: String,
    /// Subject of the TSA's certificate.
    pub authority: String,
    /// When it had to be good: when the next one took over, else the time of verification.
    pub until: String,
    pub holds: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// Verifies an evidence record, in DER or XML, over data; several are a group that the record is over as one.
#[must_use]
pub fn verify_evidence(record: &[u8], data: &[&[u8]], settings: &VerifySettings) -> EvidenceReport {
    let mut report = EvidenceReport {
        indication: Indication::Indeterminate,
        sub_indication: None,
        at: settings.at.to_rfc3339(),
        proven_time: None,
        chains: Vec::new(),
        findings: Vec::new(),
    };
    match StoredEvidence::read(record).and_then(|record| {
        let tokens = record.tokens(data, &settings.limits)?;
        Ok((record, tokens))
    }) {
        Ok((record, tokens)) => judge(&record, &tokens, settings, &mut report),
        Err(fault) => {
            let finding = VerificationFinding::new(sub_of(&fault), fault.to_string());
            report.findings.push(finding);
        }
    }
    (report.indication, report.sub_indication) = conclude(&report.findings);
    if report.indication != Indication::Passed {
        report.proven_time = None;
    }
    report
}

const fn sub_of(fault: &EvidenceFault) -> SubIndication {
    match fault {
        EvidenceFault::NotOver { .. } => SubIndication::HashFailure,
        EvidenceFault::Nothing => SubIndication::SignedDataNotFound,
        EvidenceFault::Order { .. } => SubIndication::SigConstraintsFailure,
        EvidenceFault::Algorithm(_) | EvidenceFault::Canonicalization(_) => {
            SubIndication::CryptoConstraintsFailure
        }
        EvidenceFault::Encrypted | EvidenceFault::NotCanonical(_) => SubIndication::Generic,
        EvidenceFault::NoRecord(_)
        | EvidenceFault::NoXmlRecord(_)
        | EvidenceFault::RenewedInDer
        | EvidenceFault::OverOctets
        | EvidenceFault::TooManyDigests(_)
        | EvidenceFault::TooLarge(_)
        | EvidenceFault::TooMany(_)
        | EvidenceFault::TooManyChains(_)
        | EvidenceFault::Version(_)
        | EvidenceFault::Mixed { .. }
        | EvidenceFault::Token { .. }
        | EvidenceFault::NotInTree
        | EvidenceFault::NotRoot
        | EvidenceFault::DataNeeded
        | EvidenceFault::Digests => SubIndication::FormatFailure,
    }
}

fn judge(
    record: &StoredEvidence,
    tokens: &[Vec<TimestampToken>],
    settings: &VerifySettings,
    report: &mut EvidenceReport,
) {
    let questions = Questions::new(settings);
    // what is in one token may say something of the others' authorities
    let mut data = ValidationData::default();
    tokens.iter().flatten().for_each(|token| data.add_token(token));
    data.add_collected(&beside(record));
    let mut later = tokens.iter().flatten().map(|token| token.info().gen_time).skip(1);
    let chains = record.chains().into_iter().map(|chain| chain.algorithm).zip(tokens);
    let mut starts = tokens
        .iter()
        .skip(1)
        .map(|chain| chain.first().map_or(settings.at, |token| token.info().gen_time));
    for (algorithm, tokens) in chains {
        let mut facts = EvidenceChainFacts { digest: algorithm.as_str(), timestamps: Vec::new() };
        for token in tokens {
            let time = token.info().gen_time;
            report.proven_time.get_or_insert_with(|| time.to_rfc3339());
            let next = later.next();
            let wrong = untrusted(token, next, (&questions, &data));
            facts.timestamps.push(EvidenceStampFacts {
                time: time.to_rfc3339(),
                authority: token.certificate().subject(),
                until: next.unwrap_or(settings.at).to_rfc3339(),
                holds: wrong.is_none(),
                reason: wrong.as_ref().map(|finding| finding.text.clone()),
            });
            report.findings.extend(wrong);
        }
        // the digests of a chain carry until the next chain begins
        let until = starts.next().unwrap_or(settings.at);
        let ending = settings.calendar.digest(algorithm);
        if let Some(end) = ending.filter(|end| end.until < until) {
            let text = format!(
                "{} ended on {} ({}), and the record goes on with it until {}",
                end.what,
                end.last_day(),
                end.source,
                until.to_rfc3339()
            );
            let sub = SubIndication::CryptoConstraintsFailureNoPoe;
            report.findings.push(VerificationFinding::new(sub, text));
        }
        report.chains.push(facts);
    }
}

/// What a record has beside its tokens. What is none of what it should be is passed over: it helps nobody.
fn beside(record: &StoredEvidence) -> CollectedData {
    let mut data = CollectedData::default();
    for value in record.proofs() {
        let _ = match value.kind {
            ProofKind::Certificate => match Certificate::from_der(&value.der) {
                Ok(certificate) => data.add_certificate(certificate),
                Err(_) => Ok(()),
            },
            ProofKind::List | ProofKind::Answer => data.add_revocation(&value.der),
        };
    }
    data
}

/// Why a token that is over what it has to be over proves nothing. `next` is when another one took over.
fn untrusted(
    token: &TimestampToken,
    next: Option<Instant>,
    (questions, data): (&Questions<'_>, &ValidationData),
) -> Option<VerificationFinding> {
    let settings = questions.settings;
    let time = token.info().gen_time;
    if time > settings.at.plus_ms(SKEW_MS) {
        let text = format!("a timestamp says {}, which is still to come", time.to_rfc3339());
        return Some(VerificationFinding::new(SubIndication::SigConstraintsFailure, text));
    }
    let times = TrustTimes { at: settings.at, proven: next };
    let asked = Asked { data, times, alone: false, revocation: settings.revocation };
    let examined = trust::examine(token.certificate(), asked, questions);
    if let Some(finding) = examined.findings.into_iter().next() {
        let text = format!("the timestamp of {}: {}", time.to_rfc3339(), finding.text);
        return Some(VerificationFinding::new(finding.sub_indication, text));
    }
    let (calendar, kind) = (&settings.calendar, token.certificate().key_kind());
    let ends = [
        calendar.key(kind, Owner::Timestamping).ending,
        calendar.signature(kind, token.signature_algorithm()),
        examined.chain.as_ref().and_then(|chain| calendar.issuers(chain)),
    ];
    let counting = next.unwrap_or(settings.at);
    let end = ends.into_iter().flatten().find(|end| end.until < counting)?;
    let text = format!(
        "the timestamp of {}: {} ended on {} ({})",
        time.to_rfc3339(),
        end.what,
        end.last_day(),
        end.source
    );
    Some(VerificationFinding::new(SubIndication::CryptoConstraintsFailureNoPoe, text))
}
