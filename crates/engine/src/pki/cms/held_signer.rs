//! What each signer of a `SignedData` says and whether that is right, for whoever verifies one. Who trusts
//! the certificate is not known here.

use der::asn1::ObjectIdentifier;
use thiserror::Error;

use super::MAX_SIGNERS;
use super::attributes::{SIGNATURE_POLICY, SIGNING_TIME};
use super::countersigning::{COUNTERSIGNATURE, SignerPlace};
use super::ess::{EssFault, names_its_certificate};
use super::existing::Existing;
use super::signer_info::{NO_ATTRIBUTES, SignerFault, SignerInfo, unsigned_values};
use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::pki::asn1_time;
use crate::pki::certificate::Certificate;
use crate::pki::digest::Digest;
use crate::pki::tlv::{self, OBJECT_IDENTIFIER, SEQUENCE};

/// Certificates of one file that are looked at.
const MAX_CERTIFICATES: usize = 64;

/// What is wrong with a signer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum HeldFault {
    /// It cannot be read: why.
    #[error("{0}")]
    Unreadable(&'static str),
    /// It signs the content itself, without signed attributes.
    #[error("it has no signed attributes; such signatures are not looked at")]
    NoAttributes,
    /// A signed attribute that has to be there once, with one value, or says something else than the content.
    #[error("its signed attribute {0} is not there once, or says something else")]
    Attribute(&'static str),
    /// The digest of the content is another one.
    #[error("its message-digest is not the digest of the content")]
    MessageDigest,
    /// What it is over was not given.
    #[error("what it is over was not given")]
    NoContent,
    /// An algorithm that is none of ours, or does not go with the digest of the signer.
    #[error("its algorithm {0} is not known, or not with the digest that it names")]
    Algorithm(String),
    /// The value is not of the certificate's key.
    #[error(
        "the signature value is not of the signing certificate's key over the signed attributes"
    )]
    Value,
    /// The certificate that it names is not there.
    #[error("the certificate that it names as its own is not there")]
    NoCertificate,
    /// The attribute that names its certificate cannot be read.
    #[error("the attribute that names its certificate cannot be read")]
    NameUnreadable,
}

/// What one signer says.
#[derive(Clone, Debug)]
pub struct HeldSigner {
    /// Its certificate, when it is in the file.
    pub certificate: Option<Certificate>,
    /// Whether a signed attribute says that this is its certificate (RFC 5035).
    pub bound: bool,
    /// How it signed, when that is known here.
    pub algorithm: Option<SignatureAlgorithm>,
    /// The digest of its content.
    pub digest: Option<DigestAlgorithm>,
    /// The signing time that it claims.
    pub claimed: Option<Instant>,
    /// Identifier of the signature policy that it names.
    pub policy: Option<ObjectIdentifier>,
    /// Everything that is wrong; nothing when the value is right and over this content.
    pub faults: Vec<HeldFault>,
}

/// Reads every signer of a file, in its order. `digest` gives the digest of what it is over, when that is
/// there.
#[must_use]
pub fn held_signers(
    existing: &Existing,
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
) -> Vec<HeldSigner> {
    let (certificates, over) = (certificates(existing), Some(existing.content_type()));
    existing.signers().iter().map(|der| read(der, over, &certificates, digest)).collect()
}

/// Reads who countersigned the value of a signer, by its number from 0, in their order: one more at most than are looked
/// at.
///
/// # Errors
/// What of the signer cannot be read, as part of a sentence.
pub fn held_countersigners(
    existing: &Existing,
    number: usize,
) -> Result<Vec<HeldSigner>, &'static str> {
    let signer = existing.signer_at(SignerPlace::Signer(number))?;
    let (value, countersigners) = unsigned_values(&signer, COUNTERSIGNATURE)?;
    if countersigners.is_empty() {
        return Ok(Vec::new());
    }
    let certificates = certificates(existing);
    let digest = |algorithm| Some(Digest::of(algorithm, &value));
    let looked_at = countersigners.iter().take(MAX_SIGNERS + 1);
    Ok(looked_at.map(|der| read(der, None, &certificates, &digest)).collect())
}

fn certificates(existing: &Existing) -> Vec<Certificate> {
    let all = existing.certificates().take(MAX_CERTIFICATES);
    all.filter_map(|der| Certificate::from_der(der).ok()).collect()
}

/// A signer over a content of a type, or over the value of another.
fn read(
    der: &[u8],
    over: Option<ObjectIdentifier>,
    certificates: &[Certificate],
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
) -> HeldSigner {
    match SignerInfo::read(der) {
        Ok(signer) => held(&signer, over, certificates, digest),
        Err(NO_ATTRIBUTES) => HeldSigner::faulty(HeldFault::NoAttributes),
        Err(reason) => HeldSigner::faulty(HeldFault::Unreadable(reason)),
    }
}

fn held(
    signer: &SignerInfo,
    over: Option<ObjectIdentifier>,
    certificates: &[Certificate],
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
) -> HeldSigner {
    let mut held = HeldSigner {
        certificate: None,
        bound: false,
        algorithm: None,
        digest: signer.digest(),
        claimed: signer.value_of(SIGNING_TIME).and_then(time),
        policy: signer.value_of(SIGNATURE_POLICY).and_then(policy),
        faults: Vec::new(),
    };
    let content = held.digest.map(digest);
    match (held.digest, content) {
        (Some(_), Some(Some(content))) => {
            let checked = match over {
                Some(content_type) => signer.check_content(content_type, &content),
                None => signer.check_countersigned(&content),
            };
            held.faults.extend(checked.err().map(fault));
        }
        (Some(_), _) => held.faults.push(HeldFault::NoContent),
        (None, _) => held.faults.push(HeldFault::Algorithm(signer.digest_oid().to_string())),
    }
    let possible = certificates.iter().filter(|certificate| signer.is_of(certificate));
    let mut named = Err(EssFault::Nowhere);
    for certificate in possible {
        let this = names_its_certificate(signer, certificate);
        if held.certificate.is_none() || this.is_ok() {
            (held.certificate, named) = (Some(certificate.clone()), this);
        }
        if this.is_ok() {
            break;
        }
    }
    let Some(certificate) = &held.certificate else {
        held.faults.push(HeldFault::NoCertificate);
        return held;
    };
    match named {
        Ok(()) => held.bound = true,
        Err(EssFault::Nowhere) => {}
        Err(EssFault::Unreadable) => held.faults.push(HeldFault::NameUnreadable),
        Err(EssFault::Other) => held.faults.push(HeldFault::NoCertificate),
    }
    match signer.check_value(certificate) {
        Ok(algorithm) => held.algorithm = Some(algorithm),
        Err(found) => held.faults.push(fault(found)),
    }
    held
}

impl HeldSigner {
    /// Its certificate, when nothing is wrong with it and it covers which certificate that is.
    ///
    /// # Errors
    /// What is wrong, as part of a sentence.
    pub fn right(self) -> Result<Certificate, String> {
        if let Some(fault) = self.faults.first() {
            return Err(fault.to_string());
        }
        let own = self.certificate.filter(|_| self.bound);
        own.ok_or_else(|| "it does not cover which certificate is its own".to_owned())
    }

    /// As [`HeldSigner::right`], of one whose content may be missing: then nobody says what it is over.
    ///
    /// # Errors
    /// As [`HeldSigner::right`].
    pub fn right_but_for_content(mut self) -> Result<Certificate, String> {
        self.faults.retain(|fault| *fault != HeldFault::NoContent);
        self.right()
    }

    fn faulty(fault: HeldFault) -> Self {
        Self {
            certificate: None,
            bound: false,
            algorithm: None,
            digest: None,
            claimed: None,
            policy: None,
            faults: vec![fault],
        }
    }
}

fn fault(fault: SignerFault) -> HeldFault {
    match fault {
        SignerFault::Attribute(name) => HeldFault::Attribute(name),
        SignerFault::ContentType => HeldFault::Attribute("content-type"),
        SignerFault::MessageDigest => HeldFault::MessageDigest,
        SignerFault::Algorithm(name) => HeldFault::Algorithm(name),
        SignerFault::Value => HeldFault::Value,
    }
}

fn time(value: &[u8]) -> Option<Instant> {
    asn1_time::read(value, &tlv::read(value, 0, value.len()).ok()?)
}

/// `SignaturePolicyId` begins with the identifier (EN 319 122-1, 5.2.9).
fn policy(value: &[u8]) -> Option<ObjectIdentifier> {
    let whole = tlv::read(value, 0, value.len()).ok().filter(|whole| whole.tag == SEQUENCE)?;
    let parts = tlv::children(value, &whole).ok()?;
    let identifier = parts.first().filter(|part| part.tag == OBJECT_IDENTIFIER)?;
    ObjectIdentifier::from_bytes(value.get(identifier.content.clone())?).ok()
}
