//! Reading what one signer signed (`SignerInfo`, RFC 5652, 5.3), and whether its value is right. Whose the
//! certificate is, and who trusts it, is not known here.

use der::Decode as _;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use spki::AlgorithmIdentifierOwned;

use super::RSA_ENCRYPTION;
use super::attributes::{CONTENT_TYPE, MESSAGE_DIGEST};
use super::encoding::digest_of_oid;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::pki::certificate::Certificate;
use crate::pki::digest::Digest;
use crate::pki::public_key::PublicKey;
use crate::pki::signed::{self, ReadAlgorithm};
use crate::pki::tlv::{self, Element, INTEGER, OCTET_STRING, SEQUENCE, SET, context, sorted, tlv};

/// `SubjectKeyIdentifier` (RFC 5280, 4.2.1.2).
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");

/// What [`SignerInfo::read`] says of one that signs the content itself (RFC 5652, 5.4).
pub(in crate::pki) const NO_ATTRIBUTES: &str = "a signer in it has no signed attributes";

/// What is wrong with a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::pki) enum SignerFault {
    /// A signed attribute that has to be there once, with one value, and is not.
    Attribute(&'static str),
    /// content-type says something else than the content is.
    ContentType,
    /// message-digest is not the digest of the content.
    MessageDigest,
    /// An algorithm that is none of ours, or does not go with the digest of the signer.
    Algorithm(String),
    /// The value does not verify with the certificate's key.
    Value,
}

/// A SignerInfo with signed attributes.
pub(in crate::pki) struct SignerInfo {
    identifier: SignerIdentifier,
    digest: ObjectIdentifier,
    /// DER of the signed attributes as a SET OF, which is what the key signed.
    to_be_signed: Vec<u8>,
    attributes: Vec<Attribute>,
    algorithm: AlgorithmIdentifierOwned,
    value: Vec<u8>,
}

enum SignerIdentifier {
    /// DER of the issuer, and of the serial number.
    IssuerAndSerial(Vec<u8>, Vec<u8>),
    SubjectKey(Vec<u8>),
}

struct Attribute {
    kind: ObjectIdentifier,
    values: Vec<Vec<u8>>,
}

impl SignerInfo {
    /// Reads the DER of one signer.
    ///
    /// # Errors
    /// What is wrong with it, as part of a sentence.
    pub(in crate::pki) fn read(der: &[u8]) -> Result<Self, &'static str> {
        let whole = tlv::read(der, 0, der.len())?;
        let parts = tlv::children(der, &whole)?;
        let mut parts = parts.iter().peekable();
        let mut next = |tag: u8| parts.next_if(|part| part.tag == tag);
        next(INTEGER).ok_or(STRUCTURE)?;
        let identifier = match next(SEQUENCE) {
            Some(named) => issuer_and_serial(der, named).ok_or(STRUCTURE)?,
            // [0] IMPLICIT OCTET STRING
            None => SignerIdentifier::SubjectKey(content(der, next(0x80).ok_or(STRUCTURE)?)),
        };
        let algorithm = |part: Option<&Element>| {
            let octets = der.get(part.ok_or(STRUCTURE)?.whole.clone()).unwrap_or_default();
            AlgorithmIdentifierOwned::from_der(octets).map_err(|_| STRUCTURE)
        };
        let digest = algorithm(next(SEQUENCE))?.oid;
        let signed = next(context(0)).ok_or(NO_ATTRIBUTES)?;
        let attributes = tlv::children(der, signed)?;
        let attributes = attributes.iter().map(|one| attribute(der, one).ok_or(STRUCTURE));
        let attributes = attributes.collect::<Result<Vec<_>, _>>()?;
        let to_be_signed = tlv(SET, &[&content(der, signed)]);
        let algorithm = algorithm(next(SEQUENCE))?;
        let value = content(der, next(OCTET_STRING).ok_or(STRUCTURE)?);
        next(context(1));
        if parts.next().is_some() {
            return Err(STRUCTURE);
        }
        Ok(Self { identifier, digest, to_be_signed, attributes, algorithm, value })
    }

    /// Whether it says that this certificate is its signer's, given by its DER or parsed.
    pub(in crate::pki) fn is_of(&self, certificate: &Certificate) -> bool {
        match &self.identifier {
            SignerIdentifier::IssuerAndSerial(issuer, serial) => {
                issuer == certificate.issuer_der() && serial == certificate.serial_der()
            }
            SignerIdentifier::SubjectKey(wanted) => {
                let mut extensions =
                    certificate.x509().tbs_certificate().extensions().into_iter().flatten();
                let found = extensions.find(|one| one.extn_id == SUBJECT_KEY_IDENTIFIER);
                let found = found.map(|one| <&OctetStringRef>::from_der(one.extn_value.as_bytes()));
                matches!(found, Some(Ok(found)) if found.as_bytes() == wanted.as_slice())
            }
        }
    }

    /// Whether there is such a signed attribute.
    pub(in crate::pki) fn has(&self, kind: ObjectIdentifier) -> bool {
        self.attributes.iter().any(|attribute| attribute.kind == kind)
    }

    /// DER of the value of a signed attribute; `None` unless there is one, with one value.
    pub(in crate::pki) fn value_of(&self, kind: ObjectIdentifier) -> Option<&[u8]> {
        let mut found = self.attributes.iter().filter(|attribute| attribute.kind == kind);
        match (found.next()?.values.as_slice(), found.next()) {
            ([value], None) => Some(value),
            _ => None,
        }
    }

    /// Checks that it signed this content with the key of a certificate (RFC 5652, 5.6). Gives how it
    /// signed; a salt of RSASSA-PSS may have any length.
    ///
    /// # Errors
    /// The first fault.
    pub(in crate::pki) fn check(
        &self,
        content_type: ObjectIdentifier,
        content: &[u8],
        certificate: &Certificate,
    ) -> Result<SignatureAlgorithm, SignerFault> {
        let digest =
            self.digest().ok_or_else(|| SignerFault::Algorithm(self.digest.to_string()))?;
        self.check_content(content_type, &Digest::of(digest, content))?;
        self.check_value(certificate)
    }

    /// The digest of its content, when it is known here.
    pub(in crate::pki) fn digest(&self) -> Option<DigestAlgorithm> {
        digest_of_oid(self.digest)
    }

    /// Identifier of the digest of its content.
    pub(in crate::pki) const fn digest_oid(&self) -> ObjectIdentifier {
        self.digest
    }

    /// Checks that it says that it is over a content of a type, whose digest under [`SignerInfo::digest`] is
    /// given.
    ///
    /// # Errors
    /// The first fault.
    pub(in crate::pki) fn check_content(
        &self,
        content_type: ObjectIdentifier,
        content: &Digest,
    ) -> Result<(), SignerFault> {
        let named = self.value_of(CONTENT_TYPE).ok_or(SignerFault::Attribute("content-type"))?;
        if ObjectIdentifier::from_der(named) != Ok(content_type) {
            return Err(SignerFault::ContentType);
        }
        self.check_digest(content)
    }

    /// Checks that it says that it countersigns a value, whose digest under [`SignerInfo::digest`] is given: then it
    /// has no content-type (RFC 5652, 11.4).
    ///
    /// # Errors
    /// The first fault.
    pub(in crate::pki) fn check_countersigned(&self, value: &Digest) -> Result<(), SignerFault> {
        if self.has(CONTENT_TYPE) {
            return Err(SignerFault::Attribute("content-type"));
        }
        self.check_digest(value)
    }

    fn check_digest(&self, content: &Digest) -> Result<(), SignerFault> {
        let said = self.value_of(MESSAGE_DIGEST).ok_or(SignerFault::Attribute("message-digest"))?;
        let said = <&OctetStringRef>::from_der(said)
            .map_err(|_| SignerFault::Attribute("message-digest"))?;
        let same = Some(content.algorithm()) == self.digest() && said.as_bytes() == content.value();
        if same { Ok(()) } else { Err(SignerFault::MessageDigest) }
    }

    /// Checks the value over the signed attributes with the key of a certificate. Gives how it signed; a salt
    /// of RSASSA-PSS may have any length.
    ///
    /// # Errors
    /// [`SignerFault::Algorithm`], [`SignerFault::Value`].
    pub(in crate::pki) fn check_value(
        &self,
        certificate: &Certificate,
    ) -> Result<SignatureAlgorithm, SignerFault> {
        let digest =
            self.digest().ok_or_else(|| SignerFault::Algorithm(self.digest.to_string()))?;
        let read = self.read_algorithm(digest)?;
        let key = PublicKey::of(certificate);
        certificate
            .allows(read.algorithm())
            .and_then(|()| signed::check(&key, read, &self.to_be_signed, &self.value))
            .map_err(|_| SignerFault::Value)?;
        Ok(read.algorithm())
    }

    /// `rsaEncryption` leaves the digest to the signer (RFC 3370, 3.2); any other algorithm must have the
    /// same (RFC 5652, 5.4).
    fn read_algorithm(&self, digest: DigestAlgorithm) -> Result<ReadAlgorithm, SignerFault> {
        if self.algorithm.oid == RSA_ENCRYPTION {
            return Ok(ReadAlgorithm::Ours(SignatureAlgorithm::RsaPkcs1(digest)));
        }
        signed::read_algorithm(&self.algorithm)
            .filter(|read| read.algorithm().digest() == digest)
            .ok_or_else(|| SignerFault::Algorithm(self.algorithm.oid.to_string()))
    }
}

/// The signature value of a signer, and DER of the values of one of its unsigned attributes. Signed
/// attributes may be missing.
///
/// # Errors
/// What is wrong with it, as part of a sentence.
pub(in crate::pki) fn unsigned_values(
    der: &[u8],
    kind: ObjectIdentifier,
) -> Result<(Vec<u8>, Vec<Vec<u8>>), &'static str> {
    let (mut parts, _) = apart(der)?;
    let value = parts.pop().filter(|last| last.tag == OCTET_STRING).ok_or(STRUCTURE)?;
    let all = unsigned_attributes(der)?.into_iter().filter(|(found, _)| *found == kind);
    Ok((content(der, &value), all.flat_map(|(_, values)| values).collect()))
}

/// Kind and DER of the values of an unsigned attribute.
pub(super) type UnsignedAttribute = (ObjectIdentifier, Vec<Vec<u8>>);

/// The unsigned attributes of a signer: kind and DER of the values of each, in their order.
///
/// # Errors
/// As [`unsigned_values`].
pub(super) fn unsigned_attributes(der: &[u8]) -> Result<Vec<UnsignedAttribute>, &'static str> {
    let (_, unsigned) = apart(der)?;
    let read =
        |one: &Element| attribute(der, one).map(|one| (one.kind, one.values)).ok_or(STRUCTURE);
    unsigned.iter().map(read).collect()
}

/// The fields of a signer up to its signature value, with their tags and lengths: all but its unsigned attributes.
///
/// # Errors
/// As [`unsigned_values`].
pub(super) fn signed_fields(der: &[u8]) -> Result<&[u8], &'static str> {
    let (parts, _) = apart(der)?;
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Err(STRUCTURE) };
    der.get(first.whole.start..last.whole.end).ok_or(STRUCTURE)
}

/// The unsigned attributes of a signer, each whole.
///
/// # Errors
/// As [`unsigned_values`].
pub(super) fn unsigned_elements(der: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let (_, unsigned) = apart(der)?;
    let octets = |one: &Element| der.get(one.whole.clone()).unwrap_or_default().to_vec();
    Ok(unsigned.iter().map(octets).collect())
}

/// Whether a signer is another one with more unsigned attributes at most.
///
/// # Errors
/// As [`unsigned_values`].
pub(super) fn extends(der: &[u8], other: &[u8]) -> Result<bool, &'static str> {
    if signed_fields(der)? != signed_fields(other)? {
        return Ok(false);
    }
    let all = unsigned_elements(der)?;
    Ok(unsigned_elements(other)?.iter().all(|one| all.contains(one)))
}

/// The DER of a signer with another value of an unsigned attribute, by its number from 0 among those of this kind.
///
/// # Errors
/// As [`unsigned_values`]; when there is no such value.
pub(super) fn with_other_value(
    der: &[u8],
    (kind, number): (ObjectIdentifier, usize),
    other: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let (mut all, mut left) = (unsigned_elements(der)?, Some(number));
    let in_order = all.is_sorted();
    for ((_, mut values), element) in
        unsigned_attributes(der)?.into_iter().zip(&mut all).filter(|((of, _), _)| *of == kind)
    {
        let Some(at) = left else { break };
        match values.get_mut(at) {
            Some(value) => {
                *value = other.to_vec();
                *element = super::encoding::attribute(kind, &values);
                left = None;
            }
            None => left = at.checked_sub(values.len()),
        }
    }
    if left.is_some() {
        return Err("there is no such value");
    }
    let all = if in_order { sorted(all) } else { all };
    Ok(tlv(SEQUENCE, &[signed_fields(der)?, &tlv(context(1), &[&all.concat()])]))
}

/// The DER of a signer with one more unsigned attribute, of one value.
///
/// # Errors
/// As [`unsigned_values`].
pub(super) fn with_unsigned(
    der: &[u8],
    kind: ObjectIdentifier,
    value: &[u8],
) -> Result<Vec<u8>, &'static str> {
    let mut all = unsigned_elements(der)?;
    let in_order = all.is_sorted();
    all.push(super::encoding::attribute(kind, &[value.to_vec()]));
    let all = if in_order { sorted(all) } else { all };
    Ok(tlv(SEQUENCE, &[signed_fields(der)?, &tlv(context(1), &[&all.concat()])]))
}

const STRUCTURE: &str = "a signer in it has not the structure of a SignerInfo";

/// The fields of a signer, and its unsigned attributes.
fn apart(der: &[u8]) -> Result<(Vec<Element>, Vec<Element>), &'static str> {
    let whole = tlv::read(der, 0, der.len())?;
    let mut parts = tlv::children(der, &whole)?;
    let unsigned = parts.pop_if(|last| last.tag == context(1));
    let unsigned = unsigned.map(|unsigned| tlv::children(der, &unsigned)).transpose()?;
    Ok((parts, unsigned.unwrap_or_default()))
}

fn content(der: &[u8], element: &Element) -> Vec<u8> {
    der.get(element.content.clone()).unwrap_or_default().to_vec()
}

fn issuer_and_serial(der: &[u8], element: &Element) -> Option<SignerIdentifier> {
    let parts = tlv::children(der, element).ok()?;
    let [issuer, serial] = parts.as_slice() else { return None };
    let octets = |part: &Element| Some(der.get(part.whole.clone())?.to_vec());
    Some(SignerIdentifier::IssuerAndSerial(octets(issuer)?, octets(serial)?))
}

fn attribute(der: &[u8], element: &Element) -> Option<Attribute> {
    let parts = tlv::children(der, element).ok()?;
    let [kind, values] = parts.as_slice() else { return None };
    let kind = ObjectIdentifier::from_der(der.get(kind.whole.clone())?).ok()?;
    let values = tlv::children(der, values).ok().filter(|_| values.tag == SET)?;
    let values = values.iter().map(|value| Some(der.get(value.whole.clone())?.to_vec()));
    Some(Attribute { kind, values: values.collect::<Option<_>>()? })
}
