//! Certificates, digests and signature values: bytes in, words out. No IO, no clock.
//! What lives here stands on one ASN.1 generation (x509-cert 0.3, der 0.8) and on aws-lc-rs.

pub mod algorithm;
pub mod answering;
pub mod asn1_time;
pub mod audit_chain;
pub mod calendar;
pub mod certificate;
pub mod certificate_file;
pub mod cms;
pub mod covered_values;
mod der_parts;
pub mod digest;
pub mod envelope;
pub mod evidence;
mod extensions;
mod flaw;
pub mod folded_name;
pub mod issue;
pub mod jose;
pub mod name;
mod names_allowed;
pub mod path;
mod places;
mod pss;
pub mod public_key;
pub mod request;
pub mod revocation;
pub mod signature;
mod signed;
pub mod statements;
pub mod status_places;
pub mod step_budget;
pub mod test_marker;
pub mod timestamp;
pub mod tlv;
pub mod to_be_signed;
pub mod validation_data;
pub mod webhook_signature;

use thiserror::Error;

/// What can be wrong with public key material.
#[derive(Debug, Error)]
pub enum Error {
    #[error("not a DER certificate")]
    CertificateMalformed(#[source] der::Error),
    #[error("this is no file of certificates: it is {0}")]
    NotCertificates(String),
    #[error("no certificate given")]
    ChainEmpty,
    #[error("{subject} was not issued by {issuer}, which follows it in the chain")]
    ChainBroken { subject: String, issuer: String },
    #[error(
        "the certificate of {issuer}, which issued {subject}, is missing in the file; there is instead: \
         {strangers}"
    )]
    ChainMissing { subject: String, issuer: String, strangers: String },
    #[error(
        "the file has certificates that are not of the chain of {signing}; take out: {strangers}"
    )]
    ChainStrangers { signing: String, strangers: String },
    #[error("the file has several certificates that could be the signing one; leave one of: {0}")]
    SigningAmbiguous(String),
    #[error(
        "key algorithm {0} is not supported; use RSA (2048 to 8192 bits) or EC P-256, P-384, P-521, \
         secp256k1"
    )]
    KeyUnsupported(String),
    #[error("RSA key has {0} bits; use 2048 to 8192")]
    RsaSize(usize),
    #[error("the key of the certificate cannot make {0} signatures")]
    AlgorithmMismatch(&'static str),
    #[error("the signature value does not verify with the certificate's key")]
    SignatureInvalid,
    #[error("the certificate has validity dates outside of the supported range")]
    ValidityRange,
    #[error("not a DER SubjectPublicKeyInfo")]
    PublicKeyMalformed(#[source] der::Error),
    #[error(
        "{name:?} is not a distinguished name: {reason}; write it like CN=Example Seal,O=Example,C=TR"
    )]
    NameMalformed { name: String, reason: String },
    #[error("a serial number has 1 to 20 bytes and is not zero")]
    SerialInvalid,
    #[error("a certificate ends after it begins")]
    ValidityEmpty,
    #[error("{0:?} is not an object identifier; write it like 1.2.3.4")]
    OidMalformed(String),
    #[error("this is no certification request (PKCS#10): {0}")]
    RequestMalformed(&'static str),
    #[error("the structure cannot be encoded as DER")]
    Encoding(#[source] der::Error),
}
