//! Levels T, LT and LTA of CMS signatures that are there (EN 319 122-1, 6.3): a signature timestamp, the validation
//! data of every signer and timestamp among the certificates and the revocation data of the `SignedData`, which
//! nothing signs, and archive timestamps (5.5.3) over all of it.

use crate::domain::level::Level;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::pki::cms::{Augmentation, Existing, HeldSigner, MAX_SIGNERS, held_signers};
use crate::pki::digest::Digest;
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::OcspResponse;
use crate::pki::signature::SignatureValue;
use crate::pki::timestamp::{
    HeldCmsArchive, TimestampToken, archive_imprint, archives_of_signer, held_by_signers,
    signature_value, with_archive, with_signature_timestamp,
};
use crate::pki::validation_data::{CollectedData, ValidationProof};
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::long_term::settings::{LongTermSettings, Raised};

/// Steps of finding out about one signer, as paths count them.
const STEPS: usize = 1_000_000;

/// Steps of finding out what archive timestamps keep, all together.
const ALL_STEPS: usize = 20_000_000;

/// Adds validation data to a CMS signature, for all of its signers or the one with this value; of a detached one with
/// what it signs.
///
/// # Errors
/// As [`crate::seal::long_term::raise`].
pub(in crate::seal) fn raise(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    let sound = SoundCms::read(&document, settings.content)?;
    let mut data = sound.data()?;
    data.add_all(collected)?;
    let (mut proofs, mut is_lta) = (Vec::new(), true);
    let wanted = match only {
        Some(value) => vec![sound.number_of(value)?],
        None => (0..sound.signers.len()).collect(),
    };
    let signers = sound.signers.iter().enumerate();
    for (number, signer) in signers.filter(|(number, _)| wanted.contains(number)) {
        if signer.tokens.is_empty() {
            let (signature, reason) = (words(number), signer.fault.clone());
            return Err(LongTermFault::NoTimestamp { signature, reason });
        }
        let asked = signer.asked();
        let kept = sound.kept(signer, &asked, settings)?;
        is_lta &= kept.first().copied().unwrap_or_default();
        for (certificates, _) in asked.iter().zip(kept).filter(|(_, kept)| !kept) {
            let proof = data.prove(settings.trust, certificates, settings.at, STEPS);
            proofs.push(proof.map_err(|fault| {
                let signature = words(number);
                LongTermFault::Insufficient { signature, fault }
            })?);
        }
    }
    let augmented = sound.existing.augmented(&document, &augmentation(&proofs));
    let augmented = augmented.map_err(broken)?;
    let changed = augmented.is_some();
    let level = if is_lta { Level::Lta } else { Level::Lt };
    let bytes = augmented.unwrap_or(document);
    Ok(Raised { bytes, level, changed, notes: Vec::new() })
}

/// What it takes to validate the signers of a CMS, and what is in it for that.
pub(in crate::seal) struct ProvableCms {
    /// Certificates of a signer with its timestamps, and of each of its archive timestamps.
    pub(in crate::seal) asked: Vec<Vec<Certificate>>,
    pub(in crate::seal) data: CollectedData,
}

/// Reads a CMS signature whose signers are right.
///
/// # Errors
/// As [`raise`].
pub(in crate::seal) fn provable(
    document: &[u8],
    content: Option<&[u8]>,
) -> Result<ProvableCms, LongTermFault> {
    let sound = SoundCms::read(document, content)?;
    let asked = sound.signers.iter().flat_map(SoundSigner::asked);
    let asked = asked.map(|one| one.into_iter().cloned().collect()).collect();
    Ok(ProvableCms { asked, data: sound.data()? })
}

/// The values of all signers whose certificate is there.
///
/// # Errors
/// What cannot be read.
pub(in crate::seal) fn values(document: &[u8]) -> Result<Vec<Vec<u8>>, LongTermFault> {
    let existing = Existing::read(document).map_err(broken)?;
    if existing.signer_count() > MAX_SIGNERS {
        return Err(LongTermFault::TooMany(MAX_SIGNERS));
    }
    let held = held_signers(&existing, &|_| None).into_iter().enumerate();
    let values = held.filter_map(|(number, signer)| {
        let written = signature_value(&existing, number).ok()?;
        let value = SignatureValue::from_der(signer.certificate?.key_kind(), &written).ok()?;
        Some(value.octets().to_vec())
    });
    Ok(values.collect())
}

/// Prepares the one signer of a CMS signature, or the one with this value, for a signature timestamp, which makes level T
/// of it.
///
/// # Errors
/// As [`crate::seal::long_term::stamp`].
pub(in crate::seal) fn stamp(
    document: Vec<u8>,
    content: Option<&[u8]>,
    only: Option<&[u8]>,
) -> Result<CmsStampPlan, LongTermFault> {
    let sound = SoundCms::read(&document, content)?;
    let number = sound.one(only)?;
    let value = signature_value(&sound.existing, number).map_err(broken)?;
    let imprints = DigestAlgorithm::ALL.map(|algorithm| Digest::of(algorithm, &value)).to_vec();
    Ok(CmsStampPlan { existing: sound.existing, document, number, imprints, archive: false })
}

/// Prepares the one signer of a CMS signature, or the one with this value, for an archive timestamp. It is over all of
/// the signature but its other signers (EN 319 122-1, 5.5.3).
///
/// # Errors
/// As [`Raised::archive`].
pub(in crate::seal) fn archive(
    document: Vec<u8>,
    content: Option<&[u8]>,
    only: Option<&[u8]>,
) -> Result<CmsStampPlan, LongTermFault> {
    let sound = SoundCms::read(&document, content)?;
    let number = sound.one(only)?;
    let mut imprints = Vec::new();
    for algorithm in DigestAlgorithm::ALL {
        let digest = content_digest(&sound.existing, &document, content, algorithm);
        let digest = digest.ok_or(LongTermFault::ContentMissing)?;
        imprints.push(archive_imprint(&sound.existing, number, &digest).map_err(broken)?);
    }
    Ok(CmsStampPlan { existing: sound.existing, document, number, imprints, archive: true })
}

/// A CMS signature that lacks the token of a timestamp.
pub(in crate::seal) struct CmsStampPlan {
    document: Vec<u8>,
    existing: Existing,
    /// Of the signer, from 0.
    number: usize,
    /// What the token has to be over, under every digest.
    imprints: Vec<Digest>,
    /// Whether it is to be over all of it.
    archive: bool,
}

impl CmsStampPlan {
    /// What the token has to be over.
    pub(in crate::seal) fn imprint(&self, algorithm: DigestAlgorithm) -> Digest {
        let mut imprints = self.imprints.iter();
        let found = imprints.find(|imprint| imprint.algorithm() == algorithm).cloned();
        // all of them are there
        found.unwrap_or_else(|| Digest::of(algorithm, &[]))
    }

    /// The signature with the token.
    ///
    /// # Errors
    /// [`LongTermFault::NotOver`].
    pub(in crate::seal) fn attach(self, token: &TimestampToken) -> Result<Vec<u8>, LongTermFault> {
        if !self.imprints.contains(&token.info().imprint) {
            return Err(LongTermFault::NotOver);
        }
        let with = if self.archive { with_archive } else { with_signature_timestamp };
        with(&self.existing, &self.document, self.number, token).map_err(broken)
    }
}

fn broken(reason: &'static str) -> LongTermFault {
    let signature = "the CMS signature".to_owned();
    LongTermFault::Broken { signature, reason: reason.to_owned() }
}

fn words(number: usize) -> String {
    format!("signer {}", number + 1)
}

fn content_digest(
    existing: &Existing,
    document: &[u8],
    content: Option<&[u8]>,
    algorithm: DigestAlgorithm,
) -> Option<Digest> {
    let beside = || content.map(|content| Digest::of(algorithm, content));
    existing.digest(document, algorithm).or_else(beside)
}

/// A CMS signature whose signers are right.
struct SoundCms {
    existing: Existing,
    signers: Vec<SoundSigner>,
}

/// A signer who is right.
struct SoundSigner {
    certificate: Certificate,
    /// Those signature timestamps that hold.
    tokens: Vec<TimestampToken>,
    /// Why another one does not hold.
    fault: Option<String>,
    /// The archive timestamps with what they cover, each before those that cover it; all of them hold.
    archives: Vec<(TimestampToken, HeldCmsArchive)>,
}

impl SoundCms {
    fn read(document: &[u8], content: Option<&[u8]>) -> Result<Self, LongTermFault> {
        let existing = Existing::read(document).map_err(broken)?;
        if existing.signer_count() > MAX_SIGNERS {
            return Err(LongTermFault::TooMany(MAX_SIGNERS));
        }
        if existing.is_closed().map_err(broken)? {
            return Err(LongTermFault::Archived);
        }
        if existing.is_detached() && content.is_none() {
            return Err(LongTermFault::ContentMissing);
        }
        let digest = |algorithm| content_digest(&existing, document, content, algorithm);
        let held = held_signers(&existing, &digest).into_iter().map(HeldSigner::right);
        let mut signers = Vec::new();
        for (number, certificate) in held.enumerate() {
            let wrong = |reason| LongTermFault::Broken { signature: words(number), reason };
            let certificate = certificate.map_err(wrong)?;
            let archives = archives_of_signer(&existing, number, &digest);
            let mut sound = Vec::new();
            for archive in archives.map_err(|reason| wrong(reason.to_owned()))? {
                let token = archive.token.clone();
                let token = token
                    .map_err(|why| wrong(format!("an archive timestamp does not hold: {why}")))?;
                sound.push((token, archive));
            }
            let (tokens, fault) = (Vec::new(), None);
            signers.push(SoundSigner { certificate, tokens, fault, archives: sound });
        }
        if signers.is_empty() {
            return Err(LongTermFault::NoSeal);
        }
        let held = held_by_signers(&existing).map_err(|fault| LongTermFault::Broken {
            signature: "a timestamp of the CMS signature".to_owned(),
            reason: fault.to_string(),
        })?;
        for one in held {
            let mut all = signers.iter_mut().enumerate();
            let found = all.find(|(number, _)| words(*number) == one.signature);
            let Some((_, signer)) = found else { continue };
            for timestamp in one.timestamps {
                match timestamp {
                    Ok(token) => signer.tokens.push(token),
                    Err(wrong) => signer.fault = Some(wrong.to_string()),
                }
            }
        }
        Ok(Self { existing, signers })
    }

    /// The number of the one signer, or of the one with a value, from 0.
    fn one(&self, only: Option<&[u8]>) -> Result<usize, LongTermFault> {
        match (only, self.signers.len()) {
            (Some(value), _) => self.number_of(value),
            (None, 1) => Ok(0),
            (None, several) => Err(LongTermFault::Several(several)),
        }
    }

    /// The number of the signer with a value, from 0.
    fn number_of(&self, value: &[u8]) -> Result<usize, LongTermFault> {
        let is_it = |(number, signer): &(usize, &SoundSigner)| {
            let written = signature_value(&self.existing, *number).unwrap_or_default();
            SignatureValue::from_der(signer.certificate.key_kind(), &written)
                .is_ok_and(|written| written.octets() == value)
        };
        let found = self.signers.iter().enumerate().find(is_it);
        found.map(|(number, _)| number).ok_or(LongTermFault::NoSeal)
    }

    /// What is in it and in its timestamps.
    fn data(&self) -> Result<CollectedData, LongTermFault> {
        let mut data = CollectedData::default();
        let add = |data: &mut CollectedData, cms: &Existing| {
            for der in cms.certificates() {
                if let Ok(certificate) = Certificate::from_der(der) {
                    let _ = data.add_certificate(certificate);
                }
            }
            for der in cms.revocation()? {
                // what is none helps nobody
                let _ = data.add_revocation(&der);
            }
            Ok(())
        };
        add(&mut data, &self.existing).map_err(broken)?;
        for signer in &self.signers {
            for token in signer.tokens.iter().chain(signer.archives.iter().map(|(token, _)| token))
            {
                Existing::read(token.der()).and_then(|cms| add(&mut data, &cms)).map_err(broken)?;
            }
        }
        Ok(data)
    }

    /// Whether the signer with its timestamps, and then each of its archive timestamps, is kept by a later archive
    /// timestamp: all that is needed is covered by that, and was right at its time.
    fn kept(
        &self,
        signer: &SoundSigner,
        asked: &[Vec<&Certificate>],
        settings: &LongTermSettings<'_>,
    ) -> Result<Vec<bool>, LongTermFault> {
        let steps = STEPS.min(ALL_STEPS / (asked.len() * asked.len()));
        let mut kept = vec![false; asked.len()];
        let all = self.data()?;
        for ((token, archive), earlier) in signer.archives.iter().zip(1..) {
            let mut before = CollectedData::default();
            let certificates = all.certificates().iter().filter(|one| archive.has(one.der()));
            certificates.cloned().try_for_each(|one| before.add_certificate(one))?;
            let lists = all.lists().iter().map(Crl::der);
            let answers = all.answers().iter().map(OcspResponse::der);
            for der in lists.chain(answers).filter(|der| archive.has(der)) {
                before.add_revocation(der)?;
            }
            for (certificates, kept) in asked.iter().zip(&mut kept).take(earlier) {
                settings.limits.patience.check().map_err(Refusal::from)?;
                let at = token.info().gen_time;
                *kept = *kept || before.prove(settings.trust, certificates, at, steps).is_ok();
            }
        }
        Ok(kept)
    }
}

impl SoundSigner {
    /// Whose certificates have to be provable: of the signer and its timestamps, then of each archive timestamp.
    fn asked(&self) -> Vec<Vec<&Certificate>> {
        let authorities = self.tokens.iter().map(TimestampToken::certificate);
        let mut asked = vec![std::iter::once(&self.certificate).chain(authorities).collect()];
        asked.extend(self.archives.iter().map(|(token, _)| vec![token.certificate()]));
        asked
    }
}

fn augmentation<'p>(proofs: &'p [ValidationProof<'_>]) -> Augmentation<'p> {
    Augmentation {
        certificates: proofs.iter().flat_map(|it| &it.certificates).map(Certificate::der).collect(),
        lists: proofs.iter().flat_map(|it| &it.lists).map(|list| list.der()).collect(),
        answers: proofs.iter().flat_map(|it| &it.answers).map(|answer| answer.der()).collect(),
    }
}
