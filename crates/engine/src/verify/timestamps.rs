//! Signature timestamps: which of them prove when a signature was there (EN 319 102-1, 5.4 and 5.5.4).

use super::VerifySettings;
use super::indication::SubIndication;
use super::report::{CoveredFacts, NamedRange, TimestampFacts, VerifiedSignature};
use super::trust::{self, Questions, TrustTimes, ValidationData};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::calendar::Owner;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::digest::Digest;
use crate::pki::timestamp::{TimestampFault, TimestampToken};

/// By how much the clock of a TSA may be ahead.
const SKEW_MS: i64 = 300_000;

/// Judges the timestamps of a signature; gives the earliest time that one proves. One that does not hold by
/// itself is a finding; one whose TSA is not trusted proves nothing, and is told.
pub(super) fn examine(
    tokens: &[Result<TimestampToken, TimestampFault>],
    data: &ValidationData,
    questions: &Questions<'_>,
    signature: &mut VerifiedSignature,
) -> Option<Instant> {
    let mut proven: Option<Instant> = None;
    for token in tokens {
        let facts = match token {
            Err(fault) => {
                let text = format!("a signature timestamp does not hold: {fault}");
                signature.find(SubIndication::SigConstraintsFailure, text);
                let reason = Some(fault.to_string());
                TimestampFacts { time: None, authority: None, holds: false, reason }
            }
            Ok(token) => {
                let reason = untrusted(token, data, questions);
                let time = token.info().gen_time;
                match &reason {
                    None => proven = Some(proven.map_or(time, |earlier| earlier.min(time))),
                    Some(reason) => {
                        let text = format!("a signature timestamp proves nothing: {reason}");
                        signature.notes.push(text);
                    }
                }
                TimestampFacts {
                    time: Some(time.to_rfc3339()),
                    authority: Some(token.certificate().subject()),
                    holds: reason.is_none(),
                    reason,
                }
            }
        };
        signature.timestamps.push(facts);
    }
    signature.proven_time = proven.map(Instant::to_rfc3339);
    proven
}

/// What a timestamp is over that is a signature of its own.
pub(super) struct TimestampedFile<'t> {
    pub(super) format: &'static str,
    /// What it is called.
    pub(super) reference: &'t str,
    pub(super) range: NamedRange,
    pub(super) digest: &'t dyn Fn(DigestAlgorithm) -> Digest,
}

/// Judges a timestamp over a file (EN 319 142-1, 5.4.3; EN 319 162-1, 4.3.3.4).
pub(super) fn of_file(
    token: Result<&[u8], &str>,
    over: &TimestampedFile<'_>,
    questions: &Questions<'_>,
) -> VerifiedSignature {
    let mut signature = VerifiedSignature::new(String::new(), over.format);
    let read = token
        .map_err(str::to_owned)
        .and_then(|der| TimestampToken::from_der(der).map_err(|fault| fault.to_string()));
    let token = match read {
        Ok(token) => token,
        Err(reason) => {
            signature.find(SubIndication::FormatFailure, format!("its token: {reason}"));
            return signature;
        }
    };
    let imprint = &token.info().imprint;
    let right = (over.digest)(imprint.algorithm()) == *imprint;
    signature.value_holds = Some(true);
    signature.covers_document = right;
    signature.claimed_time = Some(token.info().gen_time.to_rfc3339());
    signature.covered.push(CoveredFacts {
        reference: over.reference.to_owned(),
        standing: if right { "right" } else { "wrong" },
        reason: None,
        digest: Some(imprint.algorithm().as_str()),
        element: Some(over.range.clone()),
        left_out: Vec::new(),
    });
    if !right {
        signature.find(SubIndication::HashFailure, "its imprint is not the digest of the file");
    }
    if let Some(reason) = untrusted(&token, &ValidationData::default(), questions) {
        signature.find(SubIndication::NoCertificateChainFound, reason);
    }
    signature
}

/// Why a token that holds by itself proves nothing.
fn untrusted(
    token: &TimestampToken,
    data: &ValidationData,
    questions: &Questions<'_>,
) -> Option<String> {
    let settings = questions.settings;
    let (at, time) = (settings.at, token.info().gen_time);
    if time > at.plus_ms(SKEW_MS) {
        return Some(format!("it says {}, which is still to come", time.to_rfc3339()));
    }
    let inside = token.certificates().filter_map(|der| Certificate::from_der(der).ok());
    let mut data = data.clone();
    data.certificates.extend(inside.take(trust::MAX_CERTIFICATES));
    let times = TrustTimes { at, proven: None };
    let examined = trust::examine(token.certificate(), &data, questions, times);
    if let Some(finding) = examined.findings.first() {
        return Some(format!("its TSA is not trusted: {}", finding.text));
    }
    ended(token, examined.chain.as_ref(), settings)
}

/// An algorithm of a token that ended.
fn ended(
    token: &TimestampToken,
    chain: Option<&Chain>,
    settings: &VerifySettings,
) -> Option<String> {
    let (calendar, kind) = (&settings.calendar, token.certificate().key_kind());
    let algorithm = token.signature_algorithm();
    let imprint: DigestAlgorithm = token.info().imprint.algorithm();
    let ends = [
        calendar.key(kind, Owner::Timestamping).ending,
        calendar.signature(kind, algorithm),
        calendar.digest(imprint),
        chain.and_then(|chain| calendar.issuers(chain)),
    ];
    let ended = ends.into_iter().flatten().find(|end| end.until < settings.at)?;
    Some(format!("{} ended on {} ({})", ended.what, ended.last_day(), ended.source))
}
