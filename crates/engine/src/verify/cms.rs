//! CMS: CAdES and plain signatures with signed attributes, attached and detached.

use super::existence::{ArchiveProof, Existence};
use super::indication::{SubIndication, VerificationFinding};
use super::report::{CoveredFacts, NamedRange, PolicyFacts, VerificationReport, VerifiedSignature};
use super::signer::{self, SaidOfSigner};
use super::timestamps::{self, HeldArchive};
use super::trust::{Questions, ValidationData};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::cms::{
    HeldFault, HeldSigner, MAX_SIGNERS, SignerPlace, held_countersigners, held_signers,
};
use crate::pki::digest::Digest;
use crate::pki::timestamp::{HeldCmsArchive, HeldTimestamps, TimestampFault, TimestampToken};
use crate::seal::reading::{
    Existing, cms_archives, cms_timestamps, cms_timestamps_of_countersigners,
};

/// Verifies every signer of a CMS file, with what is beside it.
pub(super) fn verify(
    file: &[u8],
    beside: Option<&[u8]>,
    questions: &Questions<'_>,
) -> VerificationReport {
    let at = questions.settings.at.to_rfc3339();
    let report = |signatures, findings| VerificationReport::new("CMS", at, signatures, findings);
    let existing = match Existing::read(file) {
        Ok(existing) => existing,
        Err(reason) => {
            let finding = VerificationFinding::new(SubIndication::FormatFailure, reason);
            return report(Vec::new(), vec![finding]);
        }
    };
    let mut findings = Vec::new();
    let inside = existing.digest(file, DigestAlgorithm::Sha256);
    if let (Some(inside), Some(beside)) = (&inside, beside)
        && Digest::of(DigestAlgorithm::Sha256, beside) != *inside
    {
        let text = "the file that was given beside it is another one than the content inside";
        findings.push(VerificationFinding::new(SubIndication::SignedDataNotFound, text));
    }
    let digest = |algorithm| {
        let beside = || beside.map(|beside| Digest::of(algorithm, beside));
        existing.digest(file, algorithm).or_else(beside)
    };
    let content = match existing.content_ranges() {
        Some(ranges) => {
            let start = ranges.first().map_or(0, |range| range.start);
            let end = ranges.last().map_or(start, |range| range.end);
            let range = NamedRange { name: "content".to_owned(), start, end };
            CmsContent { range: Some(range), ..CmsContent::new("content") }
        }
        None => CmsContent::new("detached content"),
    };
    let mut signatures = signers(&existing, &digest, &content, ["CAdES", "CMS"], questions);
    signatures.extend(countersigners(&existing, &digest, &content, ["CAdES", "CMS"], questions));
    report(signatures, findings)
}

/// What the signers are over, for the report, and what there is beside them.
pub(super) struct CmsContent<'c> {
    pub(super) name: String,
    pub(super) range: Option<NamedRange>,
    /// The signing time that is claimed elsewhere than in a signed attribute.
    pub(super) claimed: Option<Instant>,
    /// How what it stands for was digested, beside itself.
    pub(super) digests: Vec<DigestAlgorithm>,
    /// Validation data elsewhere than in the CMS.
    pub(super) data: Option<&'c ValidationData>,
    /// Archive timestamps over the CMS that hold, the earliest first.
    pub(super) archives: &'c [ArchiveProof],
}

impl CmsContent<'_> {
    pub(super) fn new(name: &str) -> Self {
        let name = name.to_owned();
        Self { name, range: None, claimed: None, digests: Vec::new(), data: None, archives: &[] }
    }
}

/// Verifies the signers of a CMS over a content whose digests are given. The formats are of those with a
/// signed reference to their certificate, and of others.
pub(super) fn signers(
    existing: &Existing,
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
    content: &CmsContent<'_>,
    formats: [&'static str; 2],
    questions: &Questions<'_>,
) -> Vec<VerifiedSignature> {
    let mut data = ValidationData::default();
    data.add_cms(existing);
    if let Some(beside) = content.data {
        data.add(beside);
    }
    let timestamps = cms_timestamps(existing);
    let mut verified = Vec::new();
    for (held, number) in held_signers(existing, digest).into_iter().zip(1_usize..) {
        let place = SignerPlace::Signer(number - 1).to_string();
        let [advanced, plain] = formats;
        let format = if held.bound { advanced } else { plain };
        let mut signature = VerifiedSignature::new(place.clone(), format);
        let tokens: &[Result<TimestampToken, TimestampFault>] = match &timestamps {
            Ok(all) => {
                let own = all.iter().find(|one| one.signature == place);
                own.map(|one| one.timestamps.as_slice()).unwrap_or_default()
            }
            Err(fault) => {
                signature.find(SubIndication::SigConstraintsFailure, fault.to_string());
                &[]
            }
        };
        if number > MAX_SIGNERS {
            let text = format!("more than {MAX_SIGNERS} signers are not looked at");
            signature.find(SubIndication::Generic, text);
            verified.push(signature.concluded());
            break;
        }
        one(&held, content, &mut signature);
        if let Some(certificate) = &held.certificate {
            for token in tokens.iter().flatten() {
                data.add_token(token);
            }
            signature.level = held.bound.then_some("B");
            let said = SaidOfSigner {
                certificate,
                bound: held.bound,
                claimed: held.claimed.or(content.claimed),
                algorithm: held.algorithm,
                digests: held.digest.into_iter().chain(content.digests.iter().copied()).collect(),
                timestamps: tokens,
            };
            let archives = match cms_archives(existing, number - 1, digest) {
                Ok(_) if questions.by_itself(certificate) => Vec::new(),
                Ok(archives) => archives,
                Err(reason) => {
                    signature.find(SubIndication::SigConstraintsFailure, reason);
                    Vec::new()
                }
            };
            let held = |HeldCmsArchive { token, covers }| HeldArchive { token, covers };
            let archives = archives.into_iter().map(held).collect();
            let mut proofs = timestamps::archives(archives, &data, questions, &mut signature);
            proofs.extend_from_slice(content.archives);
            let existence = Existence { data: &data, archives: &proofs };
            signer::judge(said, &existence, questions, &mut signature);
        }
        verified.push(signature.concluded());
    }
    verified
}

/// Verifies who countersigned the signers of a CMS: over their values, which is what a countersignature covers
/// (RFC 5652, 11.4). An archive timestamp of a signer covers those that were there.
pub(super) fn countersigners(
    existing: &Existing,
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
    content: &CmsContent<'_>,
    formats: [&'static str; 2],
    questions: &Questions<'_>,
) -> Vec<VerifiedSignature> {
    let mut verified = Vec::new();
    for number in 0..MAX_SIGNERS {
        // one that cannot be read is told of as a signer
        let Ok(all) = held_countersigners(existing, number) else { continue };
        if all.is_empty() {
            continue;
        }
        let over = CountersignedSigner::of(existing, number, digest, content);
        for (counter, held) in all.into_iter().enumerate() {
            let place = SignerPlace::Countersigner { of: number, number: counter };
            let [advanced, plain] = formats;
            let format = if held.bound { advanced } else { plain };
            let mut signature = VerifiedSignature::new(place.to_string(), format);
            if verified.len() >= MAX_SIGNERS {
                let text = format!("more than {MAX_SIGNERS} countersigners are not looked at");
                signature.find(SubIndication::Generic, text);
                verified.push(signature.concluded());
                return verified;
            }
            over.judge(place, &held, questions, &mut signature);
            verified.push(signature.concluded());
        }
    }
    verified
}

/// A signer that was countersigned, with what there is to know about who did.
struct CountersignedSigner<'c> {
    existing: &'c Existing,
    content: &'c CmsContent<'c>,
    data: ValidationData,
    timestamps: Result<Vec<HeldTimestamps>, TimestampFault>,
    /// Its archive timestamps.
    archives: Vec<HeldCmsArchive>,
}

impl<'c> CountersignedSigner<'c> {
    /// A signer, by its number from 0.
    fn of(
        existing: &'c Existing,
        number: usize,
        digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
        content: &'c CmsContent<'c>,
    ) -> Self {
        let mut data = ValidationData::default();
        data.add_cms(existing);
        content.data.into_iter().for_each(|beside| data.add(beside));
        let timestamps = cms_timestamps_of_countersigners(existing);
        // why they cannot be read is told of at the signer
        let archives = cms_archives(existing, number, digest).unwrap_or_default();
        Self { existing, content, data, timestamps, archives }
    }

    fn judge(
        &self,
        place: SignerPlace,
        held: &HeldSigner,
        questions: &Questions<'_>,
        signature: &mut VerifiedSignature,
    ) {
        let over = format!("the value of {}", SignerPlace::Signer(place.signer()));
        one(held, &CmsContent::new(&over), signature);
        (signature.covers_document, signature.is_countersignature) = (false, true);
        signature.notes.push(format!("it is a countersignature over {over}"));
        let tokens: &[Result<TimestampToken, TimestampFault>] = match &self.timestamps {
            Ok(all) => {
                let own = all.iter().find(|one| one.signature == place.to_string());
                own.map(|one| one.timestamps.as_slice()).unwrap_or_default()
            }
            Err(fault) => {
                signature.find(SubIndication::SigConstraintsFailure, fault.to_string());
                &[]
            }
        };
        let Some(certificate) = &held.certificate else { return };
        signature.level = held.bound.then_some("B");
        let mut data = self.data.clone();
        tokens.iter().flatten().for_each(|token| data.add_token(token));
        let mut proofs = Vec::new();
        if !questions.by_itself(certificate) {
            let archives = self.archives_over(place);
            proofs = timestamps::archives(archives, &data, questions, signature);
            proofs.extend_from_slice(self.content.archives);
        }
        let said = SaidOfSigner {
            certificate,
            bound: held.bound,
            claimed: held.claimed,
            algorithm: held.algorithm,
            digests: held.digest.into_iter().collect(),
            timestamps: tokens,
        };
        signer::judge(said, &Existence { data: &data, archives: &proofs }, questions, signature);
    }

    /// The archive timestamps that cover who countersigned.
    fn archives_over(&self, place: SignerPlace) -> Vec<HeldArchive> {
        let Ok(der) = self.existing.signer_at(place) else { return Vec::new() };
        let over = self.archives.iter().filter(|archive| archive.has(&der));
        let held = |archive: &HeldCmsArchive| HeldArchive {
            token: archive.token.clone(),
            covers: archive.covers.clone(),
        };
        over.map(held).collect()
    }
}

fn one(held: &HeldSigner, content: &CmsContent<'_>, signature: &mut VerifiedSignature) {
    signature.claimed_time = held.claimed.or(content.claimed).map(Instant::to_rfc3339);
    signature.policy =
        held.policy.map(|policy| PolicyFacts { identifier: Some(policy.to_string()) });
    signature.value_holds = held.certificate.as_ref().map(|_| held.algorithm.is_some());
    let mut standing = "right";
    for fault in &held.faults {
        match fault {
            HeldFault::MessageDigest => standing = "wrong",
            HeldFault::NoContent => standing = "elsewhere",
            HeldFault::Unreadable(_) | HeldFault::NoAttributes | HeldFault::Attribute(_) => {
                standing = "unknown";
            }
            _ => {}
        }
        signature.find(told(fault), fault.to_string());
    }
    signature.covers_document = standing == "right";
    signature.covered.push(CoveredFacts {
        reference: content.name.clone(),
        standing,
        reason: None,
        digest: held.digest.map(DigestAlgorithm::as_str),
        element: content.range.clone(),
        left_out: Vec::new(),
    });
}

const fn told(fault: &HeldFault) -> SubIndication {
    match fault {
        HeldFault::Unreadable(_) | HeldFault::Attribute(_) => SubIndication::FormatFailure,
        HeldFault::NoAttributes => SubIndication::Generic,
        HeldFault::MessageDigest => SubIndication::HashFailure,
        HeldFault::NoContent => SubIndication::SignedDataNotFound,
        HeldFault::Algorithm(_) => SubIndication::CryptoConstraintsFailure,
        HeldFault::Value => SubIndication::SigCryptoFailure,
        HeldFault::NoCertificate => SubIndication::NoSigningCertificateFound,
        HeldFault::NameUnreadable => SubIndication::SigConstraintsFailure,
    }
}
