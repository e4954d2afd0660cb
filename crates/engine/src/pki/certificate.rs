//! Certificates and chains, parsed once and kept with their DER.

use std::ops::Range;

use const_oid::db::rfc4519;
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, ID_RSASSA_PSS, RSA_ENCRYPTION};
use der::asn1::{ObjectIdentifier, UintRef};
use der::{Decode as _, Encode as _, Reader as _, SliceReader};

use super::Error;
use super::algorithm::{EcCurve, KeyKind, suits};
use super::asn1_time;
use super::digest::{Digest, sha256};
use super::folded_name::FoldedName;
use super::name;
use super::places::Places;
use super::pss::{self, PssRestriction};
use super::tlv;
use crate::domain::instant::Instant;
use crate::domain::name_style::NameStyle;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::xades::Certificates;

/// A parsed X.509 certificate (RFC 5280) together with its exact DER.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    spki_der: Vec<u8>,
    tbs: Range<usize>,
    issuer: Range<usize>,
    serial: Range<usize>,
    subject_name: FoldedName,
    issuer_name: FoldedName,
    key_kind: KeyKind,
    pss: Option<PssRestriction>,
    not_before: Instant,
    not_after: Instant,
}

/// Bytes of a certificate at most: what is read of its names takes much more.
const MAX_LENGTH: usize = 256 << 10;

impl Certificate {
    /// Parses DER and checks that the key is one we can work with. One of more than 256 KiB is not read.
    ///
    /// # Errors
    /// [`Error::CertificateMalformed`], [`Error::ValidityRange`], [`Error::KeyUnsupported`],
    /// [`Error::RsaSize`].
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        if der.len() > MAX_LENGTH {
            return Err(Error::CertificateMalformed(der::ErrorKind::Overlength.into()));
        }
        let places = Places::of(der).map_err(Error::CertificateMalformed)?;
        let dates =
            asn1_time::read(der, &places.not_before).zip(asn1_time::read(der, &places.not_after));
        let (not_before, not_after) = dates.ok_or(Error::ValidityRange)?;
        let readable = places.readable(der, [not_before, not_after]);
        let parsed =
            x509_cert::Certificate::from_der(&readable).map_err(Error::CertificateMalformed)?;
        let tbs = parsed.tbs_certificate();
        let spki = tbs.subject_public_key_info();
        let key_kind = key_kind(spki)?;
        let pss = pss::restriction(&spki.algorithm)?;
        let spki_der = spki.to_der().map_err(Error::CertificateMalformed)?;
        let (subject_name, issuer_name) =
            (FoldedName::of(tbs.subject()), FoldedName::of(tbs.issuer()));
        let Places { tbs, serial, issuer, .. } = places;
        let der = der.to_vec();
        Ok(Self {
            der,
            parsed,
            spki_der,
            tbs,
            issuer,
            serial,
            subject_name,
            issuer_name,
            key_kind,
            pss,
            not_before,
            not_after,
        })
    }

    /// The DER as given.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Digest of the DER: `xades:CertDigest`, fingerprints.
    #[must_use]
    pub fn digest(&self, algorithm: DigestAlgorithm) -> Digest {
        Digest::of(algorithm, &self.der)
    }

    /// SHA-256 fingerprint of the DER.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.der)
    }

    /// What kind of key it holds.
    #[must_use]
    pub const fn key_kind(&self) -> KeyKind {
        self.key_kind
    }

    /// Whether its key may make such signatures. A key of id-RSASSA-PSS makes no others, and with
    /// parameters only those with its digest and a salt of at least its length (RFC 4055, 1.2 and 3.1).
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`].
    pub fn allows(&self, algorithm: SignatureAlgorithm) -> Result<(), Error> {
        suits(self.key_kind, algorithm)?;
        match self.pss {
            Some(restriction) if !restriction.allows(algorithm) => {
                Err(Error::AlgorithmMismatch(algorithm.as_str()))
            }
            _ => Ok(()),
        }
    }

    /// The algorithm used when a profile names none.
    #[must_use]
    pub const fn default_signature(&self) -> SignatureAlgorithm {
        match self.pss {
            Some(restriction) => SignatureAlgorithm::RsaPss(restriction.usual_digest()),
            None => self.key_kind.default_signature(),
        }
    }

    /// Whether its key is one of id-RSASSA-PSS.
    pub(super) const fn is_pss(&self) -> bool {
        self.pss.is_some()
    }

    /// What its issuer signed: DER of the TBSCertificate.
    pub(super) fn tbs_der(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    /// The issuer's name, as the certificate has it: DER of a Name.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        self.der.get(self.issuer.clone()).unwrap_or_default()
    }

    /// The serial number, as the certificate has it: DER of an INTEGER.
    #[must_use]
    pub fn serial_der(&self) -> &[u8] {
        self.der.get(self.serial.clone()).unwrap_or_default()
    }

    /// DER of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// Content of the subjectPublicKey bit string: an RSAPublicKey, or an uncompressed EC point.
    #[must_use]
    pub fn public_key_bits(&self) -> &[u8] {
        self.parsed.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes()
    }

    /// First instant of validity.
    #[must_use]
    pub const fn not_before(&self) -> Instant {
        self.not_before
    }

    /// Last instant of validity.
    #[must_use]
    pub const fn not_after(&self) -> Instant {
        self.not_after
    }

    /// Subject, as people read it.
    #[must_use]
    pub fn subject(&self) -> String {
        name::for_people(self.parsed.tbs_certificate().subject())
    }

    /// The subject's common name; the whole subject when it has none.
    #[must_use]
    pub fn common_name(&self) -> String {
        let subject = self.parsed.tbs_certificate().subject();
        name::first_value(subject, rfc4519::COMMON_NAME).unwrap_or_else(|| self.subject())
    }

    /// The organization in the subject, when it says one.
    #[must_use]
    pub fn organization(&self) -> Option<String> {
        let subject = self.parsed.tbs_certificate().subject();
        name::first_value(subject, rfc4519::ORGANIZATION_NAME)
    }

    /// Issuer, as people read it.
    #[must_use]
    pub fn issuer(&self) -> String {
        name::for_people(self.parsed.tbs_certificate().issuer())
    }

    /// Subject as `ds:X509SubjectName` wants it.
    ///
    /// # Errors
    /// [`Error::Encoding`], which no parsed certificate causes.
    pub fn subject_name(&self, style: &NameStyle) -> Result<String, Error> {
        name::to_text(self.parsed.tbs_certificate().subject(), style)
    }

    /// Issuer as `ds:X509IssuerName` wants it.
    ///
    /// # Errors
    /// [`Error::Encoding`], which no parsed certificate causes.
    pub fn issuer_name(&self, style: &NameStyle) -> Result<String, Error> {
        name::to_text(self.parsed.tbs_certificate().issuer(), style)
    }

    /// Serial number as `ds:X509SerialNumber` wants it: a decimal integer of any length (RFC 5280,
    /// 4.1.2.2 allows 20 bytes). Negative ones, which it forbids, are written as such.
    #[must_use]
    pub fn serial_decimal(&self) -> String {
        decimal(self.parsed.tbs_certificate().serial_number().as_bytes())
    }

    /// DER of IssuerSerial (RFC 5035, 5.4.1.2) over this certificate's issuer and serial number, octet for
    /// octet as it has them: the content of `xades:IssuerSerialV2` and of `issuerSerial` in ESSCertIDv2.
    #[must_use]
    pub fn issuer_serial_der(&self) -> Vec<u8> {
        let directory_name = tlv::tlv(tlv::context(4), &[self.issuer_der()]);
        let names = tlv::tlv(tlv::SEQUENCE, &[&directory_name]);
        tlv::tlv(tlv::SEQUENCE, &[&names, self.serial_der()])
    }

    /// The parsed structure, for what has no accessor here; dates before 1970 it does not have.
    #[must_use]
    pub const fn x509(&self) -> &x509_cert::Certificate {
        &self.parsed
    }

    /// Whether subject and issuer are the same name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.is_issued_by_name_of(self)
    }

    /// Whether the other has the name of its issuer.
    #[must_use]
    pub fn is_issued_by_name_of(&self, other: &Self) -> bool {
        self.issuer_name == other.subject_name
    }

    /// Whether the other has its subject.
    #[must_use]
    pub fn has_subject_of(&self, other: &Self) -> bool {
        self.subject_name == other.subject_name
    }

    /// The subject, to be compared.
    pub(super) const fn folded_subject(&self) -> &FoldedName {
        &self.subject_name
    }

    /// The issuer, to be compared.
    pub(super) const fn folded_issuer(&self) -> &FoldedName {
        &self.issuer_name
    }
}

/// A signing certificate and its issuers, each issued (by name) by the next. Never empty.
#[derive(Clone, Debug)]
pub struct Chain {
    signing: Certificate,
    issuers: Vec<Certificate>,
}

impl Chain {
    /// Builds a chain from certificates in order, signing certificate first.
    ///
    /// # Errors
    /// [`Error::ChainEmpty`], or [`Error::ChainBroken`] when an issuer name does not match.
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, Error> {
        for pair in certificates.windows(2) {
            let [subject, issuer] = pair else { continue };
            if !subject.is_issued_by_name_of(issuer) {
                let (subject, issuer) = (subject.subject(), issuer.subject());
                return Err(Error::ChainBroken { subject, issuer });
            }
        }
        let mut certificates = certificates.into_iter();
        let signing = certificates.next().ok_or(Error::ChainEmpty)?;
        Ok(Self { signing, issuers: certificates.collect() })
    }

    /// Parses DER certificates in order.
    ///
    /// # Errors
    /// As [`Certificate::from_der`] and [`Chain::new`].
    pub fn from_ders<'a>(ders: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Error> {
        Self::new(ders.into_iter().map(Certificate::from_der).collect::<Result<_, _>>()?)
    }

    /// The signing certificate.
    #[must_use]
    pub const fn signing(&self) -> &Certificate {
        &self.signing
    }

    /// Signing certificate first, then its issuers.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.signing).chain(&self.issuers)
    }

    /// How many of the certificates, from the signing certificate on, a choice means.
    #[must_use]
    pub fn count(&self, which: Certificates) -> usize {
        let root = self.issuers.last().is_some_and(Certificate::is_self_issued);
        match which {
            Certificates::Signer => 1,
            Certificates::Chain => 1 + self.issuers.len(),
            Certificates::ChainWithoutRoot => 1 + self.issuers.len() - usize::from(root),
        }
    }
}

pub(super) fn key_kind(spki: &spki::SubjectPublicKeyInfoOwned) -> Result<KeyKind, Error> {
    if [RSA_ENCRYPTION, ID_RSASSA_PSS].contains(&spki.algorithm.oid) {
        let bits = rsa_modulus_bits(spki.subject_public_key.raw_bytes())
            .map_err(Error::CertificateMalformed)?;
        return if (2048..=8192).contains(&bits) {
            Ok(KeyKind::Rsa { bits })
        } else {
            Err(Error::RsaSize(bits))
        };
    }
    if spki.algorithm.oid == ID_EC_PUBLIC_KEY {
        let curve: Option<ObjectIdentifier> =
            spki.algorithm.parameters.as_ref().and_then(|parameters| parameters.decode_as().ok());
        match curve {
            Some(oid) => {
                return EcCurve::from_oid(oid)
                    .map(EcCurve::key_kind)
                    .ok_or_else(|| Error::KeyUnsupported(format!("EC curve {oid}")));
            }
            None => return Err(Error::KeyUnsupported("EC with explicit parameters".to_owned())),
        }
    }
    Err(Error::KeyUnsupported(spki.algorithm.oid.to_string()))
}

/// A big-endian two's complement integer in decimal.
fn decimal(octets: &[u8]) -> String {
    let negative = octets.first().is_some_and(|first| *first >= 0x80);
    let mut magnitude = octets.to_vec();
    if negative {
        let mut carry = true;
        for octet in magnitude.iter_mut().rev() {
            (*octet, carry) = (!*octet).overflowing_add(u8::from(carry));
        }
    }
    let mut digits = Vec::new();
    while magnitude.iter().any(|octet| *octet != 0) {
        let mut remainder = 0_u16;
        for octet in &mut magnitude {
            let dividend = (remainder << 8) | u16::from(*octet);
            // The quotient fits: the remainder is below 10.
            *octet = u8::try_from(dividend / 10).unwrap_or_default();
            remainder = dividend % 10;
        }
        digits.push(char::from_digit(u32::from(remainder), 10).unwrap_or('0'));
    }
    if digits.is_empty() {
        digits.push('0');
    }
    let sign = negative.then_some('-');
    sign.into_iter().chain(digits.into_iter().rev()).collect()
}

/// Bits of the modulus of a PKCS#1 RSAPublicKey (RFC 8017, A.1.1).
fn rsa_modulus_bits(rsa_public_key: &[u8]) -> Result<usize, der::Error> {
    let mut reader = SliceReader::new(rsa_public_key)?;
    reader.sequence(|sequence| {
        let modulus: UintRef<'_> = sequence.decode()?;
        let _exponent: UintRef<'_> = sequence.decode()?;
        let bytes = modulus.as_bytes();
        let leading = bytes.first().map_or(0, |byte| byte.leading_zeros() as usize);
        Ok(bytes.len() * 8 - leading)
    })
}
