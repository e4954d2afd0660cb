//! Timestamps: which of them prove when a signature was there (EN 319 102-1, 5.4, 5.5.4 and 5.6).

use super::VerifySettings;
use super::existence::{ArchiveProof, Existence};
use super::indication::SubIndication;
use super::objects::SeenObject;
use super::report::{CoveredFacts, NamedRange, TimestampFacts, VerifiedSignature};
use super::trust::{Questions, ValidationData};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::calendar::Owner;
use crate::pki::certificate::Chain;
use crate::pki::covered_values::CoveredValues;
use crate::pki::digest::Digest;
use crate::pki::timestamp::{TimestampFault, TimestampToken};

/// By how much the clock of a TSA may be ahead.
const SKEW_MS: i64 = 300_000;

/// What a timestamp over a revision of a PDF is called in a report.
pub(super) const TIMESTAMP_OF_DOCUMENT: &str = "document timestamp";

/// What a timestamp over a file of a container is called there.
pub(super) const TIMESTAMP_OF_CONTAINER: &str = "container timestamp";

/// What a timestamp in a signature is called in a report, and for people.
#[derive(Clone, Copy)]
pub(super) enum TimestampKind {
    Signature,
    Archive,
}

impl TimestampKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Archive => "archive",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Signature => "a signature timestamp",
            Self::Archive => "an archive timestamp",
        }
    }
}

/// Judges the timestamps of a signature; gives those that prove something. One that does not hold by itself is a
/// finding; one whose TSA is not trusted proves nothing, and is told.
pub(super) fn examine<'t>(
    tokens: &'t [Result<TimestampToken, TimestampFault>],
    existence: &Existence<'_>,
    questions: &Questions<'_>,
    signature: &mut VerifiedSignature,
) -> Vec<&'t TimestampToken> {
    let mut proving = Vec::new();
    for token in tokens {
        let judged = token.as_ref().map_err(ToString::to_string);
        let holds = one(TimestampKind::Signature, judged, existence, questions, signature);
        proving.extend(token.as_ref().ok().filter(|_| holds));
    }
    proving
}

/// Judges one timestamp of a signature, which is told why it holds not, and gives whether it proves something.
fn one(
    kind: TimestampKind,
    token: Result<&TimestampToken, String>,
    existence: &Existence<'_>,
    questions: &Questions<'_>,
    signature: &mut VerifiedSignature,
) -> bool {
    let facts = match token {
        Err(reason) => {
            let text = format!("{} does not hold: {reason}", kind.words());
            signature.find(SubIndication::SigConstraintsFailure, text);
            let reason = Some(reason);
            TimestampFacts {
                kind: kind.name(),
                time: None,
                authority: None,
                holds: false,
                reason,
                token: None,
            }
        }
        Ok(token) => {
            let reason = untrusted(token, existence, questions);
            if let Some(reason) = &reason {
                signature.notes.push(format!("{} proves nothing: {reason}", kind.words()));
            }
            TimestampFacts {
                kind: kind.name(),
                time: Some(token.info().gen_time.to_rfc3339()),
                authority: Some(token.certificate().subject()),
                holds: reason.is_none(),
                reason,
                token: Some(SeenObject::of(token.der())),
            }
        }
    };
    let holds = facts.holds;
    signature.timestamps.push(facts);
    holds
}

/// An archive timestamp in a signature.
pub(super) struct HeldArchive {
    /// Its token, which is over what it has to be over, or why it is none.
    pub(super) token: Result<TimestampToken, String>,
    /// The validation data that it covers.
    pub(super) covers: CoveredValues,
}

/// Judges the archive timestamps of a signature, each of which covers those before it; gives those that hold, the
/// earliest first.
pub(super) fn archives(
    held: Vec<HeldArchive>,
    data: &ValidationData,
    questions: &Questions<'_>,
    signature: &mut VerifiedSignature,
) -> Vec<ArchiveProof> {
    let (mut proofs, mut told) = (Vec::new(), Vec::new());
    for HeldArchive { token, covers } in held.into_iter().rev() {
        let existence = Existence { data, archives: &proofs };
        let judged = token.as_ref().map_err(Clone::clone);
        let holds = one(TimestampKind::Archive, judged, &existence, questions, signature);
        told.extend(signature.timestamps.pop());
        if let Some(token) = token.ok().filter(|_| holds) {
            let data = data.only(&|der| covers.has(der));
            proofs.insert(0, ArchiveProof { at: token.info().gen_time, data });
        }
    }
    signature.timestamps.extend(told.into_iter().rev());
    proofs
}

/// What a timestamp is over that is a signature of its own.
pub(super) struct TimestampedFile<'t> {
    pub(super) format: &'static str,
    /// What it is called.
    pub(super) reference: &'t str,
    pub(super) range: NamedRange,
    pub(super) digest: &'t dyn Fn(DigestAlgorithm) -> Digest,
}

/// Judges a timestamp over a file (EN 319 142-1, 5.4.3; EN 319 162-1, 4.3.3.4); gives the time that it proves.
pub(super) fn of_file(
    token: Result<&[u8], &str>,
    over: &TimestampedFile<'_>,
    existence: &Existence<'_>,
    questions: &Questions<'_>,
) -> (VerifiedSignature, Option<Instant>) {
    let mut signature = VerifiedSignature::new(String::new(), over.format);
    let read = token
        .map_err(str::to_owned)
        .and_then(|der| TimestampToken::from_der(der).map_err(|fault| fault.to_string()));
    let token = match read {
        Ok(token) => token,
        Err(reason) => {
            signature.find(SubIndication::FormatFailure, format!("its token: {reason}"));
            return (signature, None);
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
    let reason = untrusted(&token, existence, questions);
    let holds = right && reason.is_none();
    if let Some(reason) = reason {
        signature.find(SubIndication::NoCertificateChainFound, reason);
    }
    (signature, holds.then_some(token.info().gen_time))
}

/// Why a token that holds by itself proves nothing.
fn untrusted(
    token: &TimestampToken,
    existence: &Existence<'_>,
    questions: &Questions<'_>,
) -> Option<String> {
    let time = token.info().gen_time;
    // an archive timestamp over it was made later
    let counting = existence.since(None).unwrap_or(questions.settings.at);
    if time > counting.plus_ms(SKEW_MS) {
        return Some(format!("it says {}, which is still to come", time.to_rfc3339()));
    }
    let mut data = existence.data.clone();
    data.add_token(token);
    let examined =
        Existence { data: &data, ..*existence }.examine(token.certificate(), None, questions);
    if let Some(finding) = examined.findings.first() {
        return Some(format!("its TSA is not trusted: {}", finding.text));
    }
    ended(token, examined.chain.as_ref(), questions.settings, counting)
}

/// An algorithm of a token that ended before a time.
fn ended(
    token: &TimestampToken,
    chain: Option<&Chain>,
    settings: &VerifySettings,
    at: Instant,
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
    let ended = ends.into_iter().flatten().find(|end| end.until < at)?;
    Some(format!("{} ended on {} ({})", ended.what, ended.last_day(), ended.source))
}
