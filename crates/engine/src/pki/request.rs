//! Certification requests (PKCS#10, RFC 2986) in two phases: bytes to sign, then the request.
//! The key is asked by somebody else, in between.

use der::pem::LineEnding;
use der::{Decode as _, Encode as _};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use super::Error;
use super::der_parts::DerParts;
use super::public_key::PublicKey;
use super::signature::{self, SignatureValue};
use super::signed;
use super::tlv::SEQUENCE;
use crate::domain::profile::SignatureAlgorithm;

/// A request whose signature is missing.
#[derive(Clone, Debug)]
pub struct UnsignedRequest {
    info_der: Vec<u8>,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
}

/// A finished request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    der: Vec<u8>,
}

impl UnsignedRequest {
    /// Prepares a request for a subject ([`super::name::parse`]) and its key.
    ///
    /// # Errors
    /// [`Error::NameMalformed`], [`Error::AlgorithmMismatch`], [`Error::Encoding`].
    pub fn new(
        subject: &str,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
    ) -> Result<Self, Error> {
        signature::suits(key.kind(), algorithm)?;
        let info = CertReqInfo {
            version: Version::V1,
            subject: super::name::parse(subject)?,
            public_key: SubjectPublicKeyInfoOwned::from_der(key.spki_der())
                .map_err(Error::PublicKeyMalformed)?,
            attributes: x509_cert::attr::Attributes::default(),
        };
        let info_der = info.to_der().map_err(Error::Encoding)?;
        Ok(Self { info_der, key: key.clone(), algorithm })
    }

    /// The bytes to sign: DER of the CertificationRequestInfo.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.info_der
    }

    /// The algorithm to sign them with.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks the signature value and completes the request.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when the value was not made by the request's own key.
    pub fn finish(self, value: &SignatureValue) -> Result<Request, Error> {
        signature::check_with_key(&self.key, self.algorithm, &self.info_der, value)?;
        Ok(Request {
            der: signed::envelope(&self.info_der, self.key.kind(), self.algorithm, value)?,
        })
    }
}

/// What a request says, and what its key signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// The subject as [`super::name::parse`] reads it.
    pub subject: String,
    pub key: PublicKey,
}

impl ReadRequest {
    /// Reads a request in PEM or DER, and checks that its own key signed it. Attributes are not looked at.
    ///
    /// # Errors
    /// [`Error::RequestMalformed`], [`Error::KeyUnsupported`], [`Error::RsaSize`], [`Error::SignatureInvalid`].
    pub fn of(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = Error::RequestMalformed;
        let der = match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN") => {
                let from = text.find("-----BEGIN").unwrap_or_default();
                let text = text.get(from..).unwrap_or_default().trim_end();
                let (label, der) = der::pem::decode_vec(text.as_bytes())
                    .map_err(|_| wrong("its PEM is damaged"))?;
                if !["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].contains(&label) {
                    return Err(wrong("its PEM says that it is something else"));
                }
                der
            }
            _ => bytes.to_vec(),
        };
        let mut parts = DerParts::of_whole(&der, SEQUENCE).map_err(wrong)?;
        let info = parts.take(SEQUENCE).map_err(wrong)?;
        let signed_der = parts.whole(&info);
        let read =
            CertReq::from_der(&der).map_err(|_| wrong("it is not made of a name and a key"))?;
        let spki = read.info.public_key.to_der().map_err(Error::PublicKeyMalformed)?;
        let key = PublicKey::from_spki_der(&spki)?;
        let algorithm = signed::read_algorithm(&read.algorithm);
        let algorithm = algorithm.ok_or(wrong("its signature algorithm is not known here"))?;
        signed::check(&key, algorithm, signed_der, read.signature.raw_bytes())?;
        Ok(Self { subject: super::name::for_people(&read.info.subject), key })
    }
}

impl Request {
    /// The DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// As certification authorities take it: PEM.
    ///
    /// # Errors
    /// [`Error::Encoding`].
    pub fn to_pem(&self) -> Result<String, Error> {
        der::pem::encode_string("CERTIFICATE REQUEST", LineEnding::LF, &self.der)
            .map_err(|error| Error::Encoding(error.into()))
    }
}
