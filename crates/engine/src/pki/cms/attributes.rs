//! The signed attributes of CAdES and PAdES signatures (ETSI EN 319 122-1, 5).

use der::asn1::{ObjectIdentifier, UtcTime};
use der::{DateTime, Encode as _};

use super::encoding::{attribute, digest_algorithm, oid};
use super::identity::Identity;
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::Error;
use crate::pki::digest::Digest;
use crate::pki::tlv::{IA5_STRING, OCTET_STRING, SEQUENCE, SET, UTF8_STRING, context, sorted, tlv};

pub(super) const CONTENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(super) const MESSAGE_DIGEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(super) const SIGNING_TIME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
pub(super) const SIGNATURE_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.15");
const POLICY_URI: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.5.1");
const COMMITMENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.16");
const SIGNER_LOCATION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.17");
const SIGNER_ATTRIBUTES_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.19122.1.1");
/// X.520 `name`: what claimed roles are written as by those who write them.
const NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.41");
const MIME_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1733.2.1");

/// What a signature says about itself, all of it signed.
#[derive(Clone, Copy, Debug)]
pub struct SignedAttributeSettings<'a> {
    /// Who signs.
    pub identity: &'a Identity,
    /// Digest of the content.
    pub message_digest: &'a Digest,
    /// Type of the content: `id-data` but for content that somebody else put into a CMS; none of a countersignature
    /// (RFC 5652, 11.4).
    pub content_type: Option<ObjectIdentifier>,
    /// Digest of the signing certificate. With SHA-1 the attribute is version 1 (RFC 2634, 5.4).
    pub certificate_digest: DigestAlgorithm,
    /// Issuer and serial number in the signing-certificate attribute. They are a hint only, which
    /// `SignerInfo` gives as well (EN 319 122-1, 5.2.2.3).
    pub issuer_serial: bool,
    /// The signing-time attribute: CAdES has it, PAdES must not (EN 319 142-1, 6.3).
    pub signing_time: Option<Instant>,
    pub policy: Option<&'a SignaturePolicy>,
    /// Commitment types (EN 319 122-1, 5.2.3).
    pub commitments: &'a [ObjectIdentifier],
    pub claimed_roles: &'a [String],
    pub place: Option<&'a SignerLocation>,
    /// Media type of the content, where the content is not inside (EN 319 122-1, 5.2.5.2).
    pub mime_type: Option<&'a str>,
}

/// A signature policy (EN 319 122-1, 5.2.9) with its hash as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturePolicy {
    pub identifier: ObjectIdentifier,
    pub hash_algorithm: ObjectIdentifier,
    pub hash: Vec<u8>,
    /// Where it can be had; ASCII.
    pub uri: Option<String>,
}

/// Where the signature was made, as claimed (EN 319 122-1, 5.2.5.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SignerLocation {
    pub country: Option<String>,
    pub locality: Option<String>,
    /// At most six lines.
    pub postal_address: Vec<String>,
}

/// Signed attributes: DER, in the order of DER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedAttributes {
    set: Vec<u8>,
}

impl SignedAttributes {
    /// Puts the attributes together.
    ///
    /// # Errors
    /// [`Error::ValidityRange`] for a signing time that DER cannot say.
    pub fn new(settings: &SignedAttributeSettings<'_>) -> Result<Self, Error> {
        let value = tlv(OCTET_STRING, &[settings.message_digest.value()]);
        let mut attributes = vec![
            attribute(MESSAGE_DIGEST, &[value]),
            settings
                .identity
                .signing_certificate(settings.certificate_digest, settings.issuer_serial),
        ];
        if let Some(content_type) = settings.content_type {
            attributes.push(attribute(CONTENT_TYPE, &[oid(content_type)]));
        }
        if let Some(at) = settings.signing_time {
            attributes.push(attribute(SIGNING_TIME, &[time(at)?]));
        }
        if let Some(policy) = settings.policy {
            attributes.push(attribute(SIGNATURE_POLICY, &[signature_policy(policy)]));
        }
        if !settings.commitments.is_empty() {
            let values = settings.commitments.iter().map(|it| tlv(SEQUENCE, &[&oid(*it)]));
            attributes.push(attribute(COMMITMENT_TYPE, &values.collect::<Vec<_>>()));
        }
        if !settings.claimed_roles.is_empty() {
            attributes.push(attribute(SIGNER_ATTRIBUTES_V2, &[roles(settings.claimed_roles)]));
        }
        if let Some(place) = settings.place {
            attributes.push(attribute(SIGNER_LOCATION, &[signer_location(place)]));
        }
        if let Some(mime_type) = settings.mime_type {
            attributes.push(attribute(MIME_TYPE, &[text(mime_type)]));
        }
        Ok(Self { set: tlv(SET, &[&sorted(attributes).concat()]) })
    }

    /// The octets that the key signs: the attributes as a SET OF (RFC 5652, 5.4).
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.set
    }

    /// The same as `SignerInfo` carries it, under `[0]`.
    pub(super) fn implicit(&self) -> Vec<u8> {
        let mut octets = self.set.clone();
        if let Some(tag) = octets.first_mut() {
            *tag = context(0);
        }
        octets
    }
}

/// DirectoryString and other texts.
fn text(text: &str) -> Vec<u8> {
    tlv(UTF8_STRING, &[text.as_bytes()])
}

/// UTCTime to 2049, GeneralizedTime from then on (RFC 5652, 11.3).
fn time(at: Instant) -> Result<Vec<u8>, Error> {
    let seconds = u64::try_from(at.unix_ms().div_euclid(1000)).map_err(|_| Error::ValidityRange)?;
    let at = DateTime::from_unix_duration(core::time::Duration::from_secs(seconds))
        .map_err(|_| Error::ValidityRange)?;
    let der = if at.year() < 2050 {
        UtcTime::from_date_time(at).and_then(|time| time.to_der())
    } else {
        der::asn1::GeneralizedTime::from_date_time(at).to_der()
    };
    der.map_err(Error::Encoding)
}

fn signature_policy(policy: &SignaturePolicy) -> Vec<u8> {
    let hash = tlv(OCTET_STRING, &[&policy.hash]);
    let hash = tlv(SEQUENCE, &[&digest_algorithm(policy.hash_algorithm), &hash]);
    let qualifiers = policy.uri.as_ref().map(|uri| {
        let uri = tlv(IA5_STRING, &[uri.as_bytes()]);
        tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&oid(POLICY_URI), &uri])])
    });
    let qualifiers = qualifiers.unwrap_or_default();
    tlv(SEQUENCE, &[&oid(policy.identifier), &hash, &qualifiers])
}

/// SignerAttributeV2 with claimed attributes (EN 319 122-1, 5.2.6.1); its module has explicit tags.
fn roles(roles: &[String]) -> Vec<u8> {
    let roles: Vec<u8> = roles.iter().flat_map(|role| attribute(NAME, &[text(role)])).collect();
    tlv(SEQUENCE, &[&tlv(context(0), &[&tlv(SEQUENCE, &[&roles])])])
}

fn signer_location(place: &SignerLocation) -> Vec<u8> {
    let part = |number: u8, value: Option<Vec<u8>>| {
        value.map(|value| tlv(context(number), &[&value])).unwrap_or_default()
    };
    let lines: Vec<u8> = place.postal_address.iter().flat_map(|line| text(line)).collect();
    let lines = (!lines.is_empty()).then(|| tlv(SEQUENCE, &[&lines]));
    let country = part(0, place.country.as_deref().map(text));
    let locality = part(1, place.locality.as_deref().map(text));
    tlv(SEQUENCE, &[&country, &locality, &part(2, lines)])
}
