//! A token: a TSTInfo that one certificate signed (RFC 3161, 2.4.2), which holds by itself.

use der::asn1::ObjectIdentifier;

use super::authority;
use super::fault::TimestampFault;
use super::info::TstInfo;
use crate::domain::profile::SignatureAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::cms::{EssFault, Existing, SignerFault, SignerInfo, names_its_certificate};
use crate::pki::digest::Digest;
use crate::pki::tlv;

/// `id-ct-TSTInfo`.
pub(in crate::pki) const ID_CT_TST_INFO: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A timestamp token that holds by itself. Whether its TSA is trusted is not known here: that is a
/// question about [`TimestampToken::certificate`].
#[derive(Clone, Debug)]
pub struct TimestampToken {
    der: Vec<u8>,
    info: TstInfo,
    certificate: Certificate,
    certificates: Vec<Vec<u8>>,
    algorithm: SignatureAlgorithm,
}

impl TimestampToken {
    /// Reads a token that was kept. What is returned is one SignedData in DER over a TSTInfo, with one
    /// signer, whose value verifies with a certificate inside; the signed attributes are over this TSTInfo
    /// and name that certificate; the certificate is one of a TSA and was valid at the time that the token
    /// says.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn from_der(der: &[u8]) -> Result<Self, TimestampFault> {
        if der.len() > super::MAX_TOKEN {
            let limit = super::MAX_TOKEN;
            return Err(TimestampFault::TooLarge { octets: der.len(), limit });
        }
        let whole = tlv::read(der, 0, der.len()).map_err(TimestampFault::NotToken)?;
        tlv::check_der(der, &whole).map_err(TimestampFault::NotToken)?;
        let read = Existing::read(der).map_err(TimestampFault::NotToken)?;
        if read.content_type() != ID_CT_TST_INFO {
            return Err(TimestampFault::ContentType(read.content_type()));
        }
        let [signer] = read.signers() else {
            return Err(TimestampFault::Signers(read.signers().len()));
        };
        let content = read.content(der).ok_or(TimestampFault::NotToken("it has no content"))?;
        let info = TstInfo::from_der(content)?;
        let signer = SignerInfo::read(signer).map_err(TimestampFault::NotToken)?;
        let certificate = certificate_of(&signer, &read)?;
        let algorithm = signer
            .check(ID_CT_TST_INFO, content, &certificate)
            .map_err(|fault| unsigned(fault, &certificate))?;
        names_its_certificate(&signer, &certificate)
            .map_err(|fault| unnamed(fault, &certificate))?;
        authority::check(&certificate, info.gen_time)?;
        let certificates = read.certificates().map(<[u8]>::to_vec).collect();
        Ok(Self { der: der.to_vec(), info, certificate, certificates, algorithm })
    }

    /// Reads a token that stands in a signature, where it has to be over these octets.
    ///
    /// # Errors
    /// As [`TimestampToken::from_der`]; [`TimestampFault::NotOver`].
    pub fn over(der: &[u8], octets: &[u8]) -> Result<Self, TimestampFault> {
        let token = Self::from_der(der)?;
        if token.is_over(octets) { Ok(token) } else { Err(TimestampFault::NotOver) }
    }

    /// The token as the TSA made it: a ContentInfo (RFC 5652, 3).
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says.
    #[must_use]
    pub const fn info(&self) -> &TstInfo {
        &self.info
    }

    /// Whether it is over these octets.
    #[must_use]
    pub fn is_over(&self, octets: &[u8]) -> bool {
        Digest::of(self.info.imprint.algorithm(), octets) == self.info.imprint
    }

    /// The certificate of the TSA, which signed it.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// DER of all certificates in it, that of the TSA too.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().map(Vec::as_slice)
    }

    /// How the TSA signed it; of RSASSA-PSS the salt may have another length.
    #[must_use]
    pub const fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }
}

/// The certificate that a signer says is its own: of several with one issuer and serial number the one that
/// it names by its digest. Others may have keys that are not supported here.
fn certificate_of(signer: &SignerInfo, read: &Existing) -> Result<Certificate, TimestampFault> {
    let (mut possible, mut unusable) = (None, None);
    for der in read.certificates() {
        match Certificate::from_der(der) {
            Ok(certificate) if signer.is_of(&certificate) => {
                if names_its_certificate(signer, &certificate).is_ok() {
                    return Ok(certificate);
                }
                possible = possible.or(Some(certificate));
            }
            Ok(_) => {}
            Err(error) => unusable = unusable.or(Some(error)),
        }
    }
    let missing =
        || unusable.map_or(TimestampFault::CertificateMissing, TimestampFault::Certificate);
    possible.ok_or_else(missing)
}

fn unsigned(fault: SignerFault, certificate: &Certificate) -> TimestampFault {
    match fault {
        SignerFault::Attribute(name) => TimestampFault::Attribute(name),
        SignerFault::ContentType => TimestampFault::AttributeContentType,
        SignerFault::MessageDigest => TimestampFault::MessageDigest,
        SignerFault::Algorithm(name) => TimestampFault::Algorithm(name),
        SignerFault::Value => TimestampFault::Signature { subject: certificate.subject() },
    }
}

fn unnamed(fault: EssFault, certificate: &Certificate) -> TimestampFault {
    match fault {
        EssFault::Nowhere => TimestampFault::SigningCertificateMissing,
        EssFault::Unreadable => TimestampFault::SigningCertificateUnreadable,
        EssFault::Other => TimestampFault::SigningCertificate { subject: certificate.subject() },
    }
}
