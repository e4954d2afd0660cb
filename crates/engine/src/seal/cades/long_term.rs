//! Levels T, LT and LTA of CMS signatures that are there (EN 319 122-1, 6.3): a signature timestamp, the validation
//! data of every signer and timestamp among the certificates and the revocation data of the `SignedData`, which
//! nothing signs, and archive timestamps (5.5.3) over all of it.

use crate::domain::level::Level;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::pki::cms::{
    Augmentation, Existing, HeldSigner, MAX_SIGNERS, SignerPlace, held_countersigners, held_signers,
};
use crate::pki::digest::Digest;
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::OcspResponse;
use crate::pki::signature::SignatureValue;
use crate::pki::timestamp::{
    HeldCmsArchive, TimestampToken, archive_imprint, archives_of_signer, held_by_countersigners,
    held_by_signers, is_countersigner_archived, signature_value, with_archive,
    with_signature_timestamp,
};
use crate::pki::validation_data::{CollectedData, ValidationProof};
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::long_term::held_seal::HeldSeal;
use crate::seal::long_term::settings::{LongTermSettings, Raised};

/// Steps of finding out about one signer, as paths count them.
const STEPS: usize = 1_000_000;

/// Steps of finding out what archive timestamps keep, all together.
const ALL_STEPS: usize = 20_000_000;

/// Adds validation data to a CMS signature, for all of its signers or the one with this value, who may have countersigned
/// another; of a detached one with what it signs.
///
/// # Errors
/// As [`crate::seal::long_term::raise`].
pub(in crate::seal) fn raise(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    let sound = SoundCms::read(&document, settings.content, only)?;
    let mut data = sound.data()?;
    data.add_all(collected)?;
    let (mut proofs, mut is_lta) = (Vec::new(), true);
    for signer in sound.raised(only)? {
        if signer.tokens.is_empty() {
            let (signature, reason) = (signer.place.to_string(), signer.fault.clone());
            return Err(LongTermFault::NoTimestamp { signature, reason });
        }
        let asked = signer.asked();
        let kept = sound.kept(signer, &asked, settings)?;
        is_lta &= kept.first().copied().unwrap_or_default();
        for (certificates, _) in asked.iter().zip(kept).filter(|(_, kept)| !kept) {
            let proof = data.prove(settings.trust, certificates, settings.at, STEPS);
            proofs.push(proof.map_err(|fault| {
                let signature = signer.place.to_string();
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
    let sound = SoundCms::read(document, content, None)?;
    let asked = sound.signers.iter().flat_map(SoundSigner::asked);
    let asked = asked.map(|one| one.into_iter().cloned().collect()).collect();
    Ok(ProvableCms { asked, data: sound.data()? })
}

/// The signers whose certificate is there, and behind them who countersigned one of them.
///
/// # Errors
/// What cannot be read.
pub(in crate::seal) fn seals(document: &[u8]) -> Result<Vec<HeldSeal>, LongTermFault> {
    let existing = Existing::read(document).map_err(broken)?;
    if existing.signer_count() > MAX_SIGNERS {
        return Err(LongTermFault::TooMany(MAX_SIGNERS));
    }
    let signers = held_signers(&existing, &|_| None).into_iter().enumerate();
    let mut all: Vec<_> = signers.map(|(of, held)| (SignerPlace::Signer(of), held)).collect();
    for of in 0..existing.signer_count() {
        let over = held_countersigners(&existing, of).map_err(broken)?;
        for (number, countersigner) in over.into_iter().enumerate() {
            all.push((SignerPlace::Countersigner { of, number }, countersigner));
        }
    }
    if all.len() > 2 * MAX_SIGNERS {
        return Err(LongTermFault::TooMany(2 * MAX_SIGNERS));
    }
    let mut seals = Vec::new();
    for (place, signer) in all {
        let Some(certificate) = signer.certificate else { continue };
        let written = signature_value(&existing, place).map_err(broken)?;
        let Ok(value) = SignatureValue::from_der(certificate.key_kind(), &written) else {
            continue;
        };
        let is_countersignature = matches!(place, SignerPlace::Countersigner { .. });
        seals.push(HeldSeal {
            value: value.octets().to_vec(),
            is_countersignature,
            is_archived_around: is_countersignature && is_archived(&existing, place)?,
        });
    }
    Ok(seals)
}

/// Whether an archive timestamp covers who countersigned a signer: more in it would break that.
fn is_archived(existing: &Existing, place: SignerPlace) -> Result<bool, LongTermFault> {
    let der = existing.signer_at(place).map_err(broken)?;
    is_countersigner_archived(existing, place.signer(), &der).map_err(broken)
}

/// Prepares the one signer of a CMS signature, or the one with this value, who may have countersigned another, for a
/// signature timestamp, which makes level T of it.
///
/// # Errors
/// As [`crate::seal::long_term::stamp`].
pub(in crate::seal) fn stamp(
    document: Vec<u8>,
    content: Option<&[u8]>,
    only: Option<&[u8]>,
) -> Result<CmsStampPlan, LongTermFault> {
    let sound = SoundCms::read(&document, content, only)?;
    let place = sound.one(only)?.place;
    if matches!(place, SignerPlace::Countersigner { .. }) && is_archived(&sound.existing, place)? {
        return Err(LongTermFault::ArchivedAround { signature: place.to_string() });
    }
    let value = signature_value(&sound.existing, place).map_err(broken)?;
    let imprints = DigestAlgorithm::ALL.map(|algorithm| Digest::of(algorithm, &value)).to_vec();
    Ok(CmsStampPlan { existing: sound.existing, document, place, imprints, archive: false })
}

/// Prepares the one signer of a CMS signature, or the one with this value, for an archive timestamp. It is over all of
/// the signature but its other signers (EN 319 122-1, 5.5.3): that of who countersigned a signer is one of the signer.
///
/// # Errors
/// As [`Raised::archive`].
pub(in crate::seal) fn archive(
    document: Vec<u8>,
    content: Option<&[u8]>,
    only: Option<&[u8]>,
) -> Result<CmsStampPlan, LongTermFault> {
    let sound = SoundCms::read(&document, content, only)?;
    let place = SignerPlace::Signer(sound.one(only)?.place.signer());
    let mut imprints = Vec::new();
    for algorithm in DigestAlgorithm::ALL {
        let digest = content_digest(&sound.existing, &document, content, algorithm);
        let digest = digest.ok_or(LongTermFault::ContentMissing)?;
        imprints.push(archive_imprint(&sound.existing, place.signer(), &digest).map_err(broken)?);
    }
    Ok(CmsStampPlan { existing: sound.existing, document, place, imprints, archive: true })
}

/// A CMS signature that lacks the token of a timestamp.
pub(in crate::seal) struct CmsStampPlan {
    document: Vec<u8>,
    existing: Existing,
    /// Whose it is to be.
    place: SignerPlace,
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
        let (existing, document) = (&self.existing, &self.document);
        let with = if self.archive {
            with_archive(existing, document, self.place.signer(), token)
        } else {
            with_signature_timestamp(existing, document, self.place, token)
        };
        with.map_err(broken)
    }
}

fn broken(reason: &'static str) -> LongTermFault {
    let signature = "the CMS signature".to_owned();
    LongTermFault::Broken { signature, reason: reason.to_owned() }
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
    /// Those of the content, and behind them who countersigned one of them and is asked for.
    signers: Vec<SoundSigner>,
}

/// A signer who is right.
struct SoundSigner {
    place: SignerPlace,
    certificate: Certificate,
    /// Those signature timestamps that hold.
    tokens: Vec<TimestampToken>,
    /// Why another one does not hold.
    fault: Option<String>,
    /// The archive timestamps with what they cover, each before those that cover it; all of them hold.
    archives: Vec<(TimestampToken, HeldCmsArchive)>,
}

impl SoundCms {
    /// Reads one with its signers, or for the one with a value.
    fn read(
        document: &[u8],
        content: Option<&[u8]>,
        only: Option<&[u8]>,
    ) -> Result<Self, LongTermFault> {
        let existing = Existing::read(document).map_err(broken)?;
        if existing.signer_count() > MAX_SIGNERS {
            return Err(LongTermFault::TooMany(MAX_SIGNERS));
        }
        if existing.is_closed().map_err(broken)? {
            return Err(LongTermFault::Archived);
        }
        let countersigner = match only {
            Some(value) => countersigner_of(&existing, value)?,
            None => None,
        };
        let digest = |algorithm| content_digest(&existing, document, content, algorithm);
        let lacks_content = existing.is_detached() && content.is_none();
        // a countersignature is over a value, whatever that is over
        if lacks_content && countersigner.is_none() {
            return Err(LongTermFault::ContentMissing);
        }
        // without the content nobody can say whether they are over it
        let archives = |number| {
            if lacks_content { Ok(Vec::new()) } else { archives(&existing, number, &digest) }
        };
        let mut signers = Vec::new();
        for (number, held) in held_signers(&existing, &digest).into_iter().enumerate() {
            let place = SignerPlace::Signer(number);
            let right = if lacks_content { held.right_but_for_content() } else { held.right() };
            let certificate = right.map_err(|reason| wrong(place, reason))?;
            signers.push(SoundSigner::new(place, certificate, archives(number)?));
        }
        if signers.is_empty() {
            return Err(LongTermFault::NoSeal);
        }
        if let Some((place, held)) = countersigner {
            let certificate = held.right().map_err(|reason| wrong(place, reason))?;
            let der = existing.signer_at(place).map_err(broken)?;
            let mut over = archives(place.signer())?;
            over.retain(|(_, archive)| archive.has(&der));
            signers.push(SoundSigner::new(place, certificate, over));
        }
        for held in [held_by_signers(&existing), held_by_countersigners(&existing)] {
            let held = held.map_err(|fault| LongTermFault::Broken {
                signature: "a timestamp of the CMS signature".to_owned(),
                reason: fault.to_string(),
            })?;
            for one in held {
                let found = signers.iter_mut().find(|it| it.place.to_string() == one.signature);
                let Some(signer) = found else { continue };
                for timestamp in one.timestamps {
                    match timestamp {
                        Ok(token) => signer.tokens.push(token),
                        Err(wrong) => signer.fault = Some(wrong.to_string()),
                    }
                }
            }
        }
        Ok(Self { existing, signers })
    }

    /// The signers that are raised: those of the content, or the one with a value.
    fn raised(&self, only: Option<&[u8]>) -> Result<Vec<&SoundSigner>, LongTermFault> {
        match only {
            Some(value) => Ok(vec![self.with_value(value)?]),
            None => Ok(self.signers.iter().collect()),
        }
    }

    /// The one signer, or the one with a value.
    fn one(&self, only: Option<&[u8]>) -> Result<&SoundSigner, LongTermFault> {
        match (only, self.signers.as_slice()) {
            (Some(value), _) => self.with_value(value),
            (None, [one]) => Ok(one),
            (None, several) => Err(LongTermFault::Several(several.len())),
        }
    }

    /// The signer with a value.
    fn with_value(&self, value: &[u8]) -> Result<&SoundSigner, LongTermFault> {
        let is_it = |signer: &&SoundSigner| {
            has_value(&self.existing, signer.place, &signer.certificate, value)
        };
        self.signers.iter().find(is_it).ok_or(LongTermFault::NoSeal)
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

/// Who countersigned a signer with a value, and where.
fn countersigner_of(
    existing: &Existing,
    value: &[u8],
) -> Result<Option<(SignerPlace, HeldSigner)>, LongTermFault> {
    for of in 0..existing.signer_count() {
        let all = held_countersigners(existing, of).map_err(broken)?;
        for (number, held) in all.into_iter().enumerate() {
            let place = SignerPlace::Countersigner { of, number };
            let certificate = held.certificate.as_ref();
            if certificate.is_some_and(|it| has_value(existing, place, it, value)) {
                return Ok(Some((place, held)));
            }
        }
    }
    Ok(None)
}

/// Whether a value, as its key makes it, is that of a signer.
fn has_value(
    existing: &Existing,
    place: SignerPlace,
    certificate: &Certificate,
    value: &[u8],
) -> bool {
    let written = signature_value(existing, place).unwrap_or_default();
    SignatureValue::from_der(certificate.key_kind(), &written)
        .is_ok_and(|written| written.octets() == value)
}

/// The archive timestamps of a signer with what they cover; all of them hold.
fn archives(
    existing: &Existing,
    number: usize,
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
) -> Result<Vec<(TimestampToken, HeldCmsArchive)>, LongTermFault> {
    let place = SignerPlace::Signer(number);
    let archives = archives_of_signer(existing, number, digest);
    let archives = archives.map_err(|reason| wrong(place, reason.to_owned()))?;
    let sound = archives.into_iter().map(|archive| match &archive.token {
        Ok(token) => Ok((token.clone(), archive)),
        Err(why) => Err(wrong(place, format!("an archive timestamp does not hold: {why}"))),
    });
    sound.collect()
}

fn wrong(place: SignerPlace, reason: String) -> LongTermFault {
    LongTermFault::Broken { signature: place.to_string(), reason }
}

impl SoundSigner {
    const fn new(
        place: SignerPlace,
        certificate: Certificate,
        archives: Vec<(TimestampToken, HeldCmsArchive)>,
    ) -> Self {
        Self { place, certificate, tokens: Vec::new(), fault: None, archives }
    }

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
