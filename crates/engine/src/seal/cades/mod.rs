//! CAdES-BASELINE-B signatures (ETSI EN 319 122-1 V1.3.1, 6.3): a CMS with the document inside, or as
//! a file of its own. `settings` turns settings into what CMS says; `long_term` raises the level of
//! signatures that are there; `asic` uses both for containers.

pub(super) mod long_term;
pub(super) mod settings;

use std::ops::Range;

use super::{Signer, Unfinished};
use crate::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::{CmsRefusal, Refusal};
use crate::pki;
use crate::pki::cms::{
    Countersigned, Existing, ID_DATA, MAX_SIGNERS, SignedAttributeSettings, SignedAttributes,
    Unsigned,
};
use crate::pki::digest::Digest;
use crate::pki::signature::SignatureValue;
use crate::pki::timestamp::{MAX_HELD, TimestampFault, held_by_countersigners, held_by_signers};
use settings::CmsClaims;
pub(super) use settings::policy;

/// Refuses settings that contradict each other, whatever the document.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub fn check_settings(profile: &CadesProfile) -> Result<(), Refusal> {
    CmsClaims::of(profile).map(drop)
}

/// A CMS whose value is missing, and whether the document goes inside.
pub(super) struct CmsDraft {
    pub(super) unsigned: Unsigned,
    attached: bool,
}

impl CmsDraft {
    /// The file, and where the signature stands in it.
    pub(super) fn finish(
        &self,
        document: &[u8],
        value: &SignatureValue,
    ) -> (Vec<u8>, Range<usize>) {
        let file = if self.attached {
            self.unsigned.attached(document, value)
        } else {
            self.unsigned.detached(value)
        };
        let whole = 0..file.len();
        (file, whole)
    }
}

/// Digests the document and puts the attributes together.
pub(super) fn plan(
    document: &[u8],
    profile: &CadesProfile,
    algorithm: SignatureAlgorithm,
    signer: &Signer,
    at: Instant,
) -> Result<Unfinished, Refusal> {
    let claims = CmsClaims::of(profile)?;
    if document.is_empty() {
        return Err(Refusal::DocumentEmpty);
    }
    let signing = CmsSigning { profile, claims: &claims, algorithm, signer, at };
    if profile.existing_signatures == ExistingCmsSignatures::Countersign {
        return countersign(document, signing);
    }
    let attached = profile.packaging == CadesPackaging::Attached;
    let unsigned = match existing(document, profile.existing_signatures)? {
        None => {
            let digest = Digest::of(algorithm.digest(), document);
            let mime_type = profile.mime_type.as_deref().filter(|_| !attached);
            signing.unsigned(&digest, mime_type)?
        }
        Some(existing) => {
            check_open(&existing)?;
            let digest = existing.digest(document, algorithm.digest());
            let digest = digest.ok_or(CmsRefusal::ContentMissing)?;
            let attributes = signing.attributes(&digest, Some(existing.content_type()), None)?;
            let certificates = profile.certificates;
            let identity = signer.identity();
            let unsigned =
                Unsigned::beside(existing.clone(), identity, attributes, algorithm, certificates)
                    .map_err(|error| unusable(&error))?;
            check_unbroken(&existing, document, &unsigned)?;
            unsigned
        }
    };
    Ok(unfinished(unsigned, attached))
}

fn unfinished(unsigned: Unsigned, attached: bool) -> Unfinished {
    Unfinished {
        to_be_signed: unsigned.to_be_signed().to_vec(),
        ending: super::Ending::Cms(CmsDraft { unsigned, attached }),
        notes: Vec::new(),
    }
}

/// Plans a countersignature of the one signer of a document that is a CMS signature, attached or not (EN 319 122-1,
/// 5.2.7).
fn countersign(document: &[u8], signing: CmsSigning<'_>) -> Result<Unfinished, Refusal> {
    let existing = signed(document)?.ok_or(CmsRefusal::NotSigned)?;
    check_signers(&existing)?;
    check_open(&existing)?;
    match existing.signer_count() {
        1 => {}
        0 => return Err(CmsRefusal::NotSigned.into()),
        count => return Err(CmsRefusal::SeveralSigners { count }.into()),
    }
    let signer = Countersigned::of(&existing, 0).map_err(malformed)?;
    let digest = Digest::of(signing.algorithm.digest(), signer.value());
    let attributes = signing.attributes(&digest, None, None)?;
    let (identity, algorithm) = (signing.signer.identity(), signing.algorithm);
    let certificates = signing.profile.certificates;
    let attached = !existing.is_detached();
    let over = (existing.clone(), signer);
    let unsigned = Unsigned::over_signer(over, identity, attributes, algorithm, certificates)
        .map_err(|error| unusable(&error))?;
    check_unbroken(&existing, document, &unsigned)?;
    Ok(unfinished(unsigned, attached))
}

fn malformed(reason: &str) -> CmsRefusal {
    CmsRefusal::Malformed { reason: reason.to_owned() }
}

/// Refuses a signature beside one that more certificates would break (EN 319 122-1, annex A.2).
fn check_open(existing: &Existing) -> Result<(), CmsRefusal> {
    if existing.is_closed().map_err(malformed)? { Err(CmsRefusal::Closed) } else { Ok(()) }
}

/// Refuses a signature beside others that keeps not all of them.
fn check_unbroken(
    existing: &Existing,
    document: &[u8],
    unsigned: &Unsigned,
) -> Result<(), Refusal> {
    let broken = |what: String| Refusal::WouldBreakSignature {
        path: "the document's root".to_owned(),
        what,
    };
    let value = SignatureValue::new(vec![0]);
    let file = if existing.is_detached() {
        unsigned.detached(&value)
    } else {
        unsigned.attached(document, &value)
    };
    let after = Existing::read(&file).map_err(|reason| broken(reason.to_owned()))?;
    existing.lost_in(document, &after, &file).map_or(Ok(()), |what| Err(broken(what)))
}

/// One signature and how it is made.
#[derive(Clone, Copy)]
pub(super) struct CmsSigning<'a> {
    pub(super) profile: &'a CadesProfile,
    pub(super) claims: &'a CmsClaims,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) signer: &'a Signer,
    pub(super) at: Instant,
}

impl CmsSigning<'_> {
    /// A signature over plain data.
    ///
    /// # Errors
    /// What cannot be written.
    pub(super) fn unsigned(
        self,
        digest: &Digest,
        mime_type: Option<&str>,
    ) -> Result<Unsigned, Refusal> {
        let attributes = self.attributes(digest, Some(ID_DATA), mime_type)?;
        let certificates = self.profile.certificates;
        Unsigned::new(self.signer.identity(), attributes, self.algorithm, certificates)
            .map_err(|error| unusable(&error))
    }

    fn attributes(
        self,
        message_digest: &Digest,
        content_type: Option<der::asn1::ObjectIdentifier>,
        mime_type: Option<&str>,
    ) -> Result<SignedAttributes, Refusal> {
        SignedAttributes::new(&SignedAttributeSettings {
            identity: self.signer.identity(),
            message_digest,
            content_type,
            certificate_digest: self.algorithm.digest(),
            issuer_serial: false,
            signing_time: Some(self.at),
            policy: self.claims.policy.as_ref(),
            commitments: &self.claims.commitments,
            claimed_roles: &self.profile.claimed_roles,
            place: self.claims.place.as_ref(),
            mime_type,
        })
        .map_err(|error| unusable(&error))
    }
}

/// The signature that a document is, when another is to stand beside it.
fn existing(
    document: &[u8],
    existing: ExistingCmsSignatures,
) -> Result<Option<Existing>, CmsRefusal> {
    match existing {
        ExistingCmsSignatures::Refuse
            if is_signed_data_as_text(document) || Existing::is_signed_data(document) =>
        {
            Err(CmsRefusal::Signed)
        }
        ExistingCmsSignatures::Refuse | ExistingCmsSignatures::Wrap => Ok(None),
        ExistingCmsSignatures::Parallel | ExistingCmsSignatures::Countersign => {
            let existing = signed(document)?;
            existing.as_ref().map_or(Ok(()), check_signers)?;
            Ok(existing)
        }
    }
}

/// The signature that a document is.
fn signed(document: &[u8]) -> Result<Option<Existing>, CmsRefusal> {
    if is_signed_data_as_text(document) {
        return Err(malformed("it is written as base64; send its bytes"));
    }
    if !Existing::is_signed_data(document) {
        return Ok(None);
    }
    Existing::read(document).map(Some).map_err(malformed)
}

/// Refuses signers beside which a seal could not be verified: one that cannot be read, or too many of them.
fn check_signers(existing: &Existing) -> Result<(), CmsRefusal> {
    let too_many = |what, most: usize| CmsRefusal::TooManyInside { what, limit: most - 1 };
    if existing.signer_count() >= MAX_SIGNERS {
        return Err(too_many("signers", MAX_SIGNERS));
    }
    existing.check_signers().map_err(malformed)?;
    let mut countersigners = 0;
    for number in 0..existing.signer_count() {
        countersigners += existing.countersigners(number).map_err(malformed)?.len();
        if countersigners >= MAX_SIGNERS {
            return Err(too_many("countersigners", MAX_SIGNERS));
        }
    }
    for held in [held_by_signers(existing), held_by_countersigners(existing)] {
        let held = held.map_err(|fault| match fault {
            TimestampFault::TooMany(most) => too_many("timestamps", most),
            other => malformed(&other.to_string()),
        })?;
        let timestamps: usize = held.iter().map(|one| one.timestamps.len()).sum();
        if timestamps >= MAX_HELD {
            return Err(too_many("timestamps", MAX_HELD));
        }
    }
    Ok(())
}

/// Whether a document is a CMS signature in base64, with or without PEM lines around it.
fn is_signed_data_as_text(document: &[u8]) -> bool {
    use base64::Engine as _;
    const LABELS: [&[u8]; 2] = [b"-----BEGIN PKCS7-----", b"-----BEGIN CMS-----"];
    if LABELS.iter().any(|label| document.starts_with(label)) {
        return true;
    }
    // 24 characters are 18 bytes: tag, length and identifier.
    let start: Vec<u8> = document
        .iter()
        .take(64)
        .copied()
        .filter(|octet| !octet.is_ascii_whitespace())
        .take(24)
        .collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(start);
    decoded.is_ok_and(|octets| Existing::is_signed_data(&octets))
}

pub(super) fn unusable(error: &pki::Error) -> Refusal {
    Refusal::CertificateUnusable { reason: error.to_string() }
}
