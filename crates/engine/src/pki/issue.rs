//! Issuing certificates (RFC 5280) in two phases: bytes to sign, then the certificate. Serial
//! numbers and times are arguments; the issuer's key is asked by somebody else, in between.

use core::time::Duration;

use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{
    ID_AD_CA_ISSUERS, ID_AD_OCSP, ID_KP_OCSP_SIGNING, ID_KP_TIME_STAMPING,
};
use const_oid::db::rfc5912::ID_CE_SUBJECT_KEY_IDENTIFIER;
use der::asn1::{Ia5String, Null, ObjectIdentifier, OctetString};
use der::{DateTime, Decode as _, Encode as _, Sequence};
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{CertificatePolicies, PolicyInformation};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CrlDistributionPoints, ExtendedKeyUsage, FreshestCrl, KeyUsage, KeyUsages,
    SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use super::Error;
use super::certificate::Certificate;
use super::digest::sha256;
use super::public_key::PublicKey;
use super::signature::{self, SignatureValue};
use super::signed;
use super::status_places::StatusPlaces;
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;

/// Whoever issued the certificate says that its status need not be asked for (RFC 6960, 4.2.2.2.1).
const ID_PKIX_OCSP_NOCHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");

/// What a certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateProfile {
    /// Trust anchor: signs certificates and revocation lists.
    Root,
    /// Issuer of signing certificates, below which no further issuer is allowed.
    Intermediate,
    /// Signing certificate of a company's seal.
    Seal,
    /// Certificate of a time-stamp authority (RFC 3161, 2.3).
    TimestampAuthority,
    /// Certificate of an OCSP responder for the certificates of its issuer, whose own status need not be asked for
    /// (RFC 6960, 4.2.2.2.1).
    Responder,
}

/// Everything that goes into a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// RFC 4514, most specific first: `CN=Example Seal,O=Example,C=TR`.
    pub subject: &'a str,
    /// The key that is certified.
    pub key: &'a PublicKey,
    /// Who issues; `None` when the key signs its own certificate.
    pub issuer: Option<&'a Certificate>,
    /// How the issuer's key signs.
    pub algorithm: SignatureAlgorithm,
    /// First instant of validity, cut to whole seconds.
    pub not_before: Instant,
    /// Last instant of validity, cut to whole seconds.
    pub not_after: Instant,
    /// Big-endian and random. At most 8 bytes are recommended: Debian's libxml2 refuses more than
    /// 24 decimal digits in `ds:X509SerialNumber`.
    pub serial: &'a [u8],
    pub profile: &'a CertificateProfile,
    /// Certificate policies that it is issued under, as dotted object identifiers; may be empty.
    pub policies: &'a [String],
    /// Where its issuer tells more of it; may be empty.
    pub places: &'a StatusPlaces,
}

/// A certificate whose signature is missing.
#[derive(Clone, Debug)]
pub struct UnsignedCertificate {
    tbs_der: Vec<u8>,
    issuer_key: PublicKey,
    algorithm: SignatureAlgorithm,
}

impl UnsignedCertificate {
    /// Prepares the bytes to sign.
    ///
    /// # Errors
    /// [`Error::NameMalformed`], [`Error::SerialInvalid`], [`Error::ValidityEmpty`],
    /// [`Error::ValidityRange`], [`Error::OidMalformed`], [`Error::AlgorithmMismatch`] when the
    /// issuer's key cannot sign so, [`Error::Encoding`].
    pub fn new(order: Order<'_>) -> Result<Self, Error> {
        let issuer_key = order.issuer.map_or_else(|| order.key.clone(), PublicKey::of);
        signature::suits(issuer_key.kind(), order.algorithm)?;
        if order.not_after <= order.not_before {
            return Err(Error::ValidityEmpty);
        }
        let subject = super::name::parse(order.subject)?;
        let issuer = order.issuer.map_or_else(
            || subject.clone(),
            |issuer| issuer.x509().tbs_certificate().subject().clone(),
        );
        let tbs = TbsCertificate {
            version: Version::V3,
            serial: serial(order.serial)?,
            algorithm: signed::algorithm_identifier(order.algorithm)?,
            issuer,
            validity: Validity::new(time(order.not_before)?, time(order.not_after)?),
            subject,
            key: SubjectPublicKeyInfoOwned::from_der(order.key.spki_der())
                .map_err(Error::PublicKeyMalformed)?,
            extensions: extensions(&order)?,
        };
        let tbs_der = tbs.to_der().map_err(Error::Encoding)?;
        Ok(Self { tbs_der, issuer_key, algorithm: order.algorithm })
    }

    /// The bytes to sign: DER of the TBSCertificate.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.tbs_der
    }

    /// The algorithm to sign them with.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks the signature value with the issuer's key and completes the certificate.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when another key made the value.
    pub fn finish(self, value: &SignatureValue) -> Result<Certificate, Error> {
        signature::check_with_key(&self.issuer_key, self.algorithm, &self.tbs_der, value)?;
        let kind = self.issuer_key.kind();
        Certificate::from_der(&signed::envelope(&self.tbs_der, kind, self.algorithm, value)?)
    }
}

/// TBSCertificate (RFC 5280, 4.1). Our own because x509-cert lets nobody fill in theirs without a
/// signer that holds the key.
#[derive(Sequence)]
struct TbsCertificate {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    version: Version,
    serial: SerialNumber,
    algorithm: AlgorithmIdentifierOwned,
    issuer: Name,
    validity: Validity,
    subject: Name,
    key: SubjectPublicKeyInfoOwned,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

fn serial(bytes: &[u8]) -> Result<SerialNumber, Error> {
    if bytes.len() > 20 || bytes.iter().all(|byte| *byte == 0) {
        return Err(Error::SerialInvalid);
    }
    SerialNumber::new(bytes).map_err(|_| Error::SerialInvalid)
}

fn time(instant: Instant) -> Result<Time, Error> {
    let seconds =
        u64::try_from(instant.unix_ms().div_euclid(1000)).map_err(|_| Error::ValidityRange)?;
    let date_time = DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_err(|_| Error::ValidityRange)?;
    // GeneralizedTime here; x509-cert turns it into UTCTime up to 2049 (RFC 5280, 4.1.2.5).
    Ok(Time::from(date_time))
}

fn extensions(order: &Order<'_>) -> Result<Vec<Extension>, Error> {
    let (constraints, usages) = match order.profile {
        CertificateProfile::Root => (
            BasicConstraints { ca: true, path_len_constraint: None },
            KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        ),
        CertificateProfile::Intermediate => (
            BasicConstraints { ca: true, path_len_constraint: Some(0) },
            KeyUsages::KeyCertSign | KeyUsages::CRLSign,
        ),
        CertificateProfile::Seal => (
            BasicConstraints { ca: false, path_len_constraint: None },
            KeyUsages::DigitalSignature | KeyUsages::NonRepudiation,
        ),
        CertificateProfile::TimestampAuthority | CertificateProfile::Responder => (
            BasicConstraints { ca: false, path_len_constraint: None },
            KeyUsages::DigitalSignature.into(),
        ),
    };
    let mut extensions = vec![
        extension(true, &constraints)?,
        extension(true, &KeyUsage(usages))?,
        extension(false, &SubjectKeyIdentifier(key_identifier(order.key)?))?,
    ];
    if let Some(issuer) = order.issuer {
        let key_identifier = Some(issuer_key_identifier(issuer)?);
        let authority = AuthorityKeyIdentifier { key_identifier, ..Default::default() };
        extensions.push(extension(false, &authority)?);
    }
    match order.profile {
        CertificateProfile::TimestampAuthority => {
            extensions.push(extension(true, &ExtendedKeyUsage(vec![ID_KP_TIME_STAMPING]))?);
        }
        CertificateProfile::Responder => {
            extensions.push(extension(false, &ExtendedKeyUsage(vec![ID_KP_OCSP_SIGNING]))?);
            let extn_value = OctetString::new(Null.to_der().map_err(Error::Encoding)?);
            let extn_value = extn_value.map_err(Error::Encoding)?;
            extensions.push(Extension {
                extn_id: ID_PKIX_OCSP_NOCHECK,
                critical: false,
                extn_value,
            });
        }
        _ => {}
    }
    if !order.policies.is_empty() {
        extensions.push(extension(false, &certificate_policies(order.policies)?)?);
    }
    extensions.extend(places(order.places)?);
    Ok(extensions)
}

fn extension<T: AssociatedOid + der::Encode>(
    critical: bool,
    value: &T,
) -> Result<Extension, Error> {
    let der = value.to_der().map_err(Error::Encoding)?;
    let extn_value = OctetString::new(der).map_err(Error::Encoding)?;
    Ok(Extension { extn_id: T::OID, critical, extn_value })
}

/// Where more is told of a certificate (RFC 5280, 4.2.1.13, 4.2.1.15 and 4.2.2.1).
fn places(places: &StatusPlaces) -> Result<Vec<Extension>, Error> {
    let described = |method, addresses: &[String]| {
        let each = addresses.iter().map(move |address| {
            Ok(AccessDescription { access_method: method, access_location: uri(address)? })
        });
        each.collect::<Result<Vec<_>, Error>>()
    };
    let mut access = described(ID_AD_OCSP, &places.responders)?;
    access.extend(described(ID_AD_CA_ISSUERS, &places.issuers)?);
    let mut extensions = Vec::new();
    if !access.is_empty() {
        extensions.push(extension(false, &AuthorityInfoAccessSyntax(access))?);
    }
    if !places.lists.is_empty() {
        extensions.push(extension(false, &CrlDistributionPoints(points(&places.lists)?))?);
    }
    if !places.deltas.is_empty() {
        extensions.push(extension(false, &FreshestCrl(points(&places.deltas)?))?);
    }
    Ok(extensions)
}

/// Distribution points, each with one address.
fn points(addresses: &[String]) -> Result<Vec<DistributionPoint>, Error> {
    let point = |address: &String| {
        let names = vec![uri(address)?];
        let distribution_point = Some(DistributionPointName::FullName(names));
        Ok(DistributionPoint { distribution_point, reasons: None, crl_issuer: None })
    };
    addresses.iter().map(point).collect()
}

fn uri(address: &str) -> Result<GeneralName, Error> {
    Ia5String::new(address).map(GeneralName::UniformResourceIdentifier).map_err(Error::Encoding)
}

/// Leftmost 160 bits of SHA-256 over the public key bits (RFC 7093, 2, method 1).
fn key_identifier(key: &PublicKey) -> Result<OctetString, Error> {
    let digest = sha256(key.bits());
    OctetString::new(digest.get(..20).unwrap_or_default()).map_err(Error::Encoding)
}

/// What the issuer calls its key, or what we would call it when it has no such extension.
pub(super) fn issuer_key_identifier(issuer: &Certificate) -> Result<OctetString, Error> {
    let named = issuer
        .x509()
        .tbs_certificate()
        .extensions()
        .into_iter()
        .flatten()
        .find(|extension| extension.extn_id == ID_CE_SUBJECT_KEY_IDENTIFIER);
    match named {
        Some(extension) => SubjectKeyIdentifier::from_der(extension.extn_value.as_bytes())
            .map(|identifier| identifier.0)
            .map_err(Error::CertificateMalformed),
        None => key_identifier(&PublicKey::of(issuer)),
    }
}

fn certificate_policies(policies: &[String]) -> Result<CertificatePolicies, Error> {
    policies
        .iter()
        .map(|text| {
            let policy_identifier =
                ObjectIdentifier::new(text).map_err(|_| Error::OidMalformed(text.clone()))?;
            Ok(PolicyInformation { policy_identifier, policy_qualifiers: None })
        })
        .collect::<Result<Vec<_>, Error>>()
        .map(CertificatePolicies)
}
