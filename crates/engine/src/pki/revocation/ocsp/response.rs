//! Answers (RFC 6960, 4.2), read within bounds. Nothing is known yet of who signed them.

use std::ops::Range;

use der::Decode as _;
use der::asn1::ObjectIdentifier;
use spki::AlgorithmIdentifierOwned;
use x509_cert::name::Name;

use super::request::CertificateId;
use super::{BASIC_RESPONSE, MAX_QUESTIONS, MAX_RESPONSE, NONCE, OcspError};
use crate::domain::instant::Instant;
use crate::pki::asn1_time;
use crate::pki::certificate::Certificate;
use crate::pki::der_parts::DerParts;
use crate::pki::folded_name::FoldedName;
use crate::pki::revocation::extension_list::{ListedExtension, each};
use crate::pki::revocation::{Revocation, RevocationReason};
use crate::pki::tlv::{
    BIT_STRING, ENUMERATED, Element, GENERALIZED_TIME, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE,
    context,
};

/// Certificates of responders in one answer that are looked at.
const MAX_CERTIFICATES: usize = 20;

/// Extensions of answers that are understood, whether critical or not (RFC 6960, 4.4): the nonce,
/// references to lists, archive cutoff, and that certificates never issued are called revoked.
const UNDERSTOOD: [ObjectIdentifier; 4] = [
    NONCE,
    super::oid("1.3.6.1.5.5.7.48.1.3"),
    super::oid("1.3.6.1.5.5.7.48.1.6"),
    super::oid("1.3.6.1.5.5.7.48.1.9"),
];

const GOOD: u8 = 0x80;
const UNKNOWN: u8 = 0x82;

/// What an answer says of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcspStatus {
    /// Not revoked, as far as the responder knows.
    Good,
    Revoked(Revocation),
    /// The responder does not know the certificate.
    Unknown,
}

/// An answer that was read from beginning to end.
#[derive(Clone, Debug)]
pub struct OcspResponse {
    der: Vec<u8>,
    pub(super) tbs: Range<usize>,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    pub(super) value: Range<usize>,
    pub(super) responder: ResponderId,
    pub(super) produced_at: Instant,
    pub(super) singles: Vec<SingleStatus>,
    pub(super) nonce: Option<Vec<u8>>,
    pub(super) unknown_critical: Option<ObjectIdentifier>,
    pub(super) certificates: Vec<Certificate>,
}

/// Who says that it answers.
#[derive(Clone, Debug)]
pub(super) enum ResponderId {
    Name(FoldedName),
    /// SHA-1 of its public key.
    Key(Vec<u8>),
}

/// What is said of one certificate.
#[derive(Clone, Debug)]
pub(super) struct SingleStatus {
    /// `None` when it is named by a digest that we do not have.
    pub(super) id: Option<CertificateId>,
    pub(super) status: OcspStatus,
    pub(super) this_update: Instant,
    pub(super) next_update: Option<Instant>,
    pub(super) unknown_critical: Option<ObjectIdentifier>,
}

impl OcspResponse {
    /// Reads an answer, the body of an `application/ocsp-response`. Certificates in it that cannot be read
    /// are passed over.
    ///
    /// # Errors
    /// [`OcspError::TooLarge`], [`OcspError::Malformed`], [`OcspError::Refused`] with what the responder
    /// says instead, [`OcspError::OtherType`].
    pub fn read(der: Vec<u8>) -> Result<Self, OcspError> {
        if der.len() > MAX_RESPONSE {
            return Err(OcspError::TooLarge(der.len()));
        }
        let basic = Self::successful(&der)?;
        Self::basic(der, &basic).map_err(OcspError::Malformed)
    }

    /// The DER as given.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// When it was signed.
    #[must_use]
    pub const fn produced_at(&self) -> Instant {
        self.produced_at
    }

    /// The certificates that it brings.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Where the BasicOCSPResponse stands in an answer with the status successful.
    fn successful(der: &[u8]) -> Result<Element, OcspError> {
        let wrong = OcspError::Malformed;
        let mut parts = DerParts::of_whole(der, SEQUENCE).map_err(wrong)?;
        let status = parts.take(ENUMERATED).map_err(wrong)?;
        let refused = |said| Err(OcspError::Refused(said));
        match parts.content(&status) {
            [0] => {}
            [1] => return refused("malformedRequest"),
            [2] => return refused("internalError"),
            [3] => return refused("tryLater"),
            [5] => return refused("sigRequired"),
            [6] => return refused("unauthorized"),
            _ => return Err(wrong("its status is none of RFC 6960")),
        }
        let bytes = parts.take(context(0)).map_err(wrong)?;
        parts.finish().map_err(wrong)?;
        let mut parts = parts.inside(&bytes);
        let bytes = parts.take(SEQUENCE).map_err(wrong)?;
        parts.finish().map_err(wrong)?;
        let mut parts = parts.inside(&bytes);
        let kind = parts.take(OBJECT_IDENTIFIER).map_err(wrong)?;
        let basic = parts.take(OCTET_STRING).map_err(wrong)?;
        parts.finish().map_err(wrong)?;
        match ObjectIdentifier::from_bytes(parts.content(&kind)) {
            Ok(BASIC_RESPONSE) => Ok(basic),
            Ok(other) => Err(OcspError::OtherType(other)),
            Err(_) => Err(wrong("its type is no identifier")),
        }
    }

    fn basic(der: Vec<u8>, octets: &Element) -> Result<Self, &'static str> {
        let mut whole = DerParts::of(&der, octets);
        let basic = whole.take(SEQUENCE)?;
        whole.finish()?;
        let mut signed = whole.inside(&basic);
        let tbs = signed.take(SEQUENCE)?;
        let algorithm = signed.take(SEQUENCE)?;
        let algorithm = AlgorithmIdentifierOwned::from_der(signed.whole(&algorithm))
            .map_err(|_| "its signature algorithm is none")?;
        let value = signed.take(BIT_STRING)?;
        let value = match signed.content(&value) {
            [0, ..] => value.content.start + 1..value.content.end,
            _ => return Err("its signature is no whole number of bytes"),
        };
        let mut certificates = Vec::new();
        if let Some(wrapped) = signed.optional(context(0))? {
            let mut inside = signed.inside(&wrapped);
            let list = inside.take(SEQUENCE)?;
            inside.finish()?;
            let mut list = inside.inside(&list);
            while let Some(certificate) = list.any()? {
                if certificates.len() < MAX_CERTIFICATES {
                    certificates.extend(Certificate::from_der(list.whole(&certificate)).ok());
                }
            }
        }
        signed.finish()?;
        let mut parts = signed.inside(&tbs);
        if let Some(version) = parts.optional(context(0))?
            && parts.content(&version) != [2, 1, 0]
        {
            return Err("it has a version that RFC 6960 does not know");
        }
        let responder = ResponderId::read(&mut parts)?;
        let produced_at = time(&der, &mut parts)?;
        let singles = singles(&der, &mut parts)?;
        let (mut nonce, mut unknown_critical) = (None, None);
        if let Some(wrapped) = parts.optional(context(1))? {
            see_extensions(&parts, &wrapped, &mut |extension| {
                if extension.id == NONCE {
                    nonce = Some(read_nonce(extension.value));
                }
                unknown_critical = unknown_critical.or(not_understood(&extension));
                Ok(())
            })?;
        }
        parts.finish()?;
        let tbs = tbs.whole;
        Ok(Self {
            der,
            tbs,
            algorithm,
            value,
            responder,
            produced_at,
            singles,
            nonce,
            unknown_critical,
            certificates,
        })
    }
}

impl ResponderId {
    fn read(parts: &mut DerParts<'_>) -> Result<Self, &'static str> {
        if let Some(name) = parts.optional(context(1))? {
            let name = Name::from_der(parts.content(&name))
                .map_err(|_| "the name of its responder is none")?;
            return Ok(Self::Name(FoldedName::of(&name)));
        }
        let key = parts.take(context(2))?;
        let mut inside = parts.inside(&key);
        let key = inside.take(OCTET_STRING)?;
        inside.finish()?;
        Ok(Self::Key(inside.content(&key).to_vec()))
    }
}

fn singles(der: &[u8], parts: &mut DerParts<'_>) -> Result<Vec<SingleStatus>, &'static str> {
    let list = parts.take(SEQUENCE)?;
    let mut list = parts.inside(&list);
    let mut singles = Vec::new();
    while let Some(single) = list.any()? {
        if single.tag != SEQUENCE || singles.len() >= MAX_QUESTIONS {
            return Err("it is about too many certificates, or one of them is none");
        }
        let mut inside = list.inside(&single);
        let id = CertificateId::read(&mut inside)?;
        let status = status(der, &mut inside)?;
        let this_update = time(der, &mut inside)?;
        let next_update = match inside.optional(context(0))? {
            Some(wrapped) => Some(only_time(der, &inside, &wrapped)?),
            None => None,
        };
        let mut unknown_critical = None;
        if let Some(wrapped) = inside.optional(context(1))? {
            see_extensions(&inside, &wrapped, &mut |extension| {
                unknown_critical = unknown_critical.or(not_understood(&extension));
                Ok(())
            })?;
        }
        inside.finish()?;
        singles.push(SingleStatus { id, status, this_update, next_update, unknown_critical });
    }
    Ok(singles)
}

fn status(der: &[u8], parts: &mut DerParts<'_>) -> Result<OcspStatus, &'static str> {
    if parts.optional(GOOD)?.is_some() {
        return Ok(OcspStatus::Good);
    }
    if parts.optional(UNKNOWN)?.is_some() {
        return Ok(OcspStatus::Unknown);
    }
    let revoked = parts.take(context(1))?;
    let mut inside = parts.inside(&revoked);
    let at = time(der, &mut inside)?;
    let mut reason = None;
    if let Some(wrapped) = inside.optional(context(0))? {
        let mut wrapped = inside.inside(&wrapped);
        let code = wrapped.take(ENUMERATED)?;
        wrapped.finish()?;
        let [code] = wrapped.content(&code) else { return Err("a reason is none") };
        reason = Some(RevocationReason::from_code(*code).ok_or("a reason is none of RFC 5280")?);
    }
    inside.finish()?;
    Ok(OcspStatus::Revoked(Revocation { at, reason, invalid_since: None }))
}

fn see_extensions<'a>(
    parts: &DerParts<'a>,
    wrapped: &Element,
    see: &mut dyn FnMut(ListedExtension<'a>) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut inside = parts.inside(wrapped);
    let list = inside.take(SEQUENCE)?;
    inside.finish()?;
    each(&inside, &list, see)
}

fn not_understood(extension: &ListedExtension<'_>) -> Option<ObjectIdentifier> {
    (extension.critical && !UNDERSTOOD.contains(&extension.id)).then_some(extension.id)
}

/// The octets of a nonce. Before RFC 8954 it was anything; then that is taken as it is.
fn read_nonce(value: &[u8]) -> Vec<u8> {
    let mut whole = DerParts::of_bytes(value);
    match whole.take(OCTET_STRING) {
        Ok(nonce) if whole.finish().is_ok() => whole.content(&nonce).to_vec(),
        _ => value.to_vec(),
    }
}

fn time(der: &[u8], parts: &mut DerParts<'_>) -> Result<Instant, &'static str> {
    let element = parts.take(GENERALIZED_TIME)?;
    asn1_time::read(der, &element).ok_or("one of its dates is none")
}

fn only_time(der: &[u8], parts: &DerParts<'_>, wrapped: &Element) -> Result<Instant, &'static str> {
    let mut inside = parts.inside(wrapped);
    let at = time(der, &mut inside)?;
    inside.finish()?;
    Ok(at)
}
