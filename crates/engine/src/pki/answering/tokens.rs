//! A TSA's side of RFC 3161: what it was asked, and the token or the refusal that it answers.

use der::asn1::{AnyRef, IntRef, ObjectIdentifier};
use der::{Decode as _, Encode as _, Sequence, Tag};
use x509_cert::ext::Extensions;

use super::unsigned;
use crate::domain::instant::Instant;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::xades::Certificates;
use crate::pki::Error;
use crate::pki::certificate::Certificate;
use crate::pki::cms::{Identity, SignedAttributeSettings, SignedAttributes, Unsigned};
use crate::pki::digest::Digest;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::{self, SignatureValue};
use crate::pki::timestamp::{ID_CT_TST_INFO, MessageImprint, PkiFailure};
use crate::pki::tlv::{BIT_STRING, INTEGER, SEQUENCE, UTF8_STRING, tlv};

/// `granted` (RFC 3161, 2.4.2).
const GRANTED: [u8; 3] = [INTEGER, 1, 0];

/// `rejection`.
const REJECTION: [u8; 3] = [INTEGER, 1, 2];

/// `TimeStampReq` as anybody may write it.
#[derive(Sequence)]
struct WrittenQuery<'a> {
    version: u8,
    imprint: MessageImprint,
    #[asn1(optional = "true")]
    policy: Option<ObjectIdentifier>,
    #[asn1(optional = "true")]
    nonce: Option<IntRef<'a>>,
    #[asn1(default = "Default::default")]
    cert_req: bool,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// `TSTInfo` as we write it.
#[derive(Sequence)]
struct WrittenInfo<'a> {
    version: u8,
    policy: ObjectIdentifier,
    imprint: MessageImprint,
    serial_number: AnyRef<'a>,
    gen_time: AnyRef<'a>,
    accuracy: WrittenAccuracy,
    #[asn1(optional = "true")]
    nonce: Option<IntRef<'a>>,
}

#[derive(Sequence)]
struct WrittenAccuracy {
    seconds: u32,
}

/// What a TSA was asked: an imprint of SHA-256, SHA-384 or SHA-512, without extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampQuery {
    imprint: Digest,
    policy: Option<ObjectIdentifier>,
    /// Content of the INTEGER.
    nonce: Option<Vec<u8>>,
    wants_certificates: bool,
}

impl TimestampQuery {
    /// Reads a request, the body of an `application/timestamp-query` (RFC 3161, 3.4).
    ///
    /// # Errors
    /// What the requester is told ([`timestamp_rejection`]).
    pub fn read(der: &[u8]) -> Result<Self, PkiFailure> {
        let read = WrittenQuery::from_der(der).map_err(|_| PkiFailure::BadDataFormat)?;
        if read.version != 1 {
            return Err(PkiFailure::BadRequest);
        }
        if read.extensions.is_some_and(|extensions| !extensions.is_empty()) {
            return Err(PkiFailure::UnacceptedExtension);
        }
        let imprint = read.imprint.digest().map_err(|_| PkiFailure::BadAlg)?;
        if imprint.algorithm() == DigestAlgorithm::Sha1 {
            return Err(PkiFailure::BadAlg);
        }
        let nonce = read.nonce.map(|nonce| nonce.as_bytes().to_vec());
        Ok(Self { imprint, policy: read.policy, nonce, wants_certificates: read.cert_req })
    }

    /// The policy that is asked for.
    #[must_use]
    pub const fn policy(&self) -> Option<ObjectIdentifier> {
        self.policy
    }
}

/// What goes into a token beside what was asked for.
#[derive(Clone, Copy, Debug)]
pub struct TokenOrder<'a> {
    /// The TSA, with its chain.
    pub identity: &'a Identity,
    /// Its certificate.
    pub certificate: &'a Certificate,
    /// How its key signs.
    pub algorithm: SignatureAlgorithm,
    /// The TSA's policy.
    pub policy: ObjectIdentifier,
    /// Big-endian; no other token of the TSA has it.
    pub serial: &'a [u8],
    /// The time.
    pub at: Instant,
    /// By how many seconds it may be off.
    pub accuracy_seconds: u32,
}

/// A token whose signature is missing.
#[derive(Clone, Debug)]
pub struct UnsignedTimestamp {
    info: Vec<u8>,
    cms: Unsigned,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
}

impl UnsignedTimestamp {
    /// Prepares the bytes to sign of a token for what was asked.
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`], [`Error::ValidityRange`], [`Error::Encoding`].
    pub fn new(query: &TimestampQuery, order: &TokenOrder<'_>) -> Result<Self, Error> {
        let key = PublicKey::of(order.certificate);
        signature::suits(key.kind(), order.algorithm)?;
        let serial = unsigned(order.serial);
        let gen_time = gen_time(order.at)?;
        let info = WrittenInfo {
            version: 1,
            policy: order.policy,
            imprint: MessageImprint::new(&query.imprint).map_err(Error::Encoding)?,
            serial_number: AnyRef::from_der(&serial).map_err(Error::Encoding)?,
            gen_time: AnyRef::new(Tag::GeneralizedTime, gen_time.as_bytes())
                .map_err(Error::Encoding)?,
            accuracy: WrittenAccuracy { seconds: order.accuracy_seconds },
            nonce: query.nonce.as_deref().map(IntRef::new).transpose().map_err(Error::Encoding)?,
        };
        let info = info.to_der().map_err(Error::Encoding)?;
        let attributes = SignedAttributes::new(&SignedAttributeSettings {
            identity: order.identity,
            message_digest: &Digest::of(order.algorithm.digest(), &info),
            content_type: Some(ID_CT_TST_INFO),
            certificate_digest: DigestAlgorithm::Sha256,
            issuer_serial: false,
            signing_time: Some(order.at),
            policy: None,
            commitments: &[],
            claimed_roles: &[],
            place: None,
            mime_type: None,
        })?;
        let certificates = query.wants_certificates.then_some(Certificates::ChainWithoutRoot);
        let cms = Unsigned::over(
            ID_CT_TST_INFO,
            order.identity,
            attributes,
            order.algorithm,
            certificates,
        )?;
        Ok(Self { info, cms, key, algorithm: order.algorithm })
    }

    /// The bytes to sign: the signed attributes (RFC 5652, 5.4).
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        self.cms.to_be_signed()
    }

    /// The algorithm to sign them with.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks the signature value with the TSA's key and completes the answer: a `TimeStampResp` in DER that grants
    /// the request.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when another key made the value.
    pub fn finish(self, value: &SignatureValue) -> Result<Vec<u8>, Error> {
        signature::check_with_key(&self.key, self.algorithm, self.to_be_signed(), value)?;
        let token = self.cms.attached(&self.info, value);
        Ok(tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&GRANTED]), &token]))
    }
}

/// A `TimeStampResp` in DER that rejects a request, and why.
#[must_use]
pub fn timestamp_rejection(failure: PkiFailure) -> Vec<u8> {
    let text = tlv(SEQUENCE, &[&tlv(UTF8_STRING, &[failure.to_string().as_bytes()])]);
    // A named bit list ends with its last bit that is set (X.690, 11.2.2).
    let bit = usize::from(failure.bit());
    let mut octets = vec![0_u8; bit / 8 + 1];
    if let Some(last) = octets.last_mut() {
        *last = 0x80 >> (bit % 8);
    }
    let unused = u8::try_from(7 - bit % 8).unwrap_or_default();
    let failures = tlv(BIT_STRING, &[&[unused], &octets]);
    tlv(SEQUENCE, &[&tlv(SEQUENCE, &[&REJECTION, &text, &failures])])
}

/// GeneralizedTime with a fraction that has no zero at its end (RFC 3161, 2.4.2): `20261130081500.25Z`.
fn gen_time(at: Instant) -> Result<String, Error> {
    let seconds = super::generalized(at)?;
    let digits = seconds.get(2..16).and_then(|digits| std::str::from_utf8(digits).ok());
    let digits = digits.ok_or(Error::ValidityRange)?;
    let fraction = format!(".{:03}", at.unix_ms().rem_euclid(1000));
    Ok(format!("{digits}{}Z", fraction.trim_end_matches('0').trim_end_matches('.')))
}
