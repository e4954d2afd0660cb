//! A responder's side of RFC 6960: what it was asked, and what it answers.

use der::Encode as _;

use super::{enumerated, extension, generalized, signed_parts};
use crate::domain::instant::Instant;
use crate::domain::profile::SignatureAlgorithm;
use crate::pki::Error;
use crate::pki::certificate::Certificate;
use crate::pki::der_parts::DerParts;
use crate::pki::public_key::PublicKey;
use crate::pki::revocation::ocsp::{
    BASIC_RESPONSE, CertificateId, MAX_QUESTIONS, NONCE, NONCE_LENGTHS, OcspStatus,
};
use crate::pki::revocation::{ListedExtension, each_extension};
use crate::pki::signature::{self, SignatureValue};
use crate::pki::tlv::{OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, context, tlv};

/// Octets of a request at most.
const MAX_REQUEST: usize = 64 * 1024;

/// What a responder says instead of an answer (RFC 6960, 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OcspRefusal {
    MalformedRequest,
    InternalError,
}

/// An answer that says nothing but why.
#[must_use]
pub fn ocsp_refusal(refusal: OcspRefusal) -> Vec<u8> {
    let status = match refusal {
        OcspRefusal::MalformedRequest => 1,
        OcspRefusal::InternalError => 2,
    };
    tlv(SEQUENCE, &[&enumerated(status)])
}

/// What a responder was asked. The signature of a request that has one is not looked at.
#[derive(Clone, Debug)]
pub struct OcspQuestions {
    ids: Vec<CertificateId>,
    nonce: Option<Vec<u8>>,
}

impl OcspQuestions {
    /// Reads a request, the body of an `application/ocsp-request`.
    ///
    /// # Errors
    /// What the requester is told ([`ocsp_refusal`]).
    pub fn read(der: &[u8]) -> Result<Self, OcspRefusal> {
        if der.len() > MAX_REQUEST {
            return Err(OcspRefusal::MalformedRequest);
        }
        Self::parse(der).map_err(|_| OcspRefusal::MalformedRequest)
    }

    fn parse(der: &[u8]) -> Result<Self, &'static str> {
        let mut whole = DerParts::of_whole(der, SEQUENCE)?;
        let tbs = whole.take(SEQUENCE)?;
        whole.optional(context(0))?;
        whole.finish()?;
        let mut parts = whole.inside(&tbs);
        if let Some(version) = parts.optional(context(0))?
            && parts.content(&version) != [2, 1, 0]
        {
            return Err("it has a version that RFC 6960 does not know");
        }
        parts.optional(context(1))?;
        let list = parts.take(SEQUENCE)?;
        let mut list = parts.inside(&list);
        let mut ids = Vec::new();
        while let Some(request) = list.any()? {
            if request.tag != SEQUENCE || ids.len() >= MAX_QUESTIONS {
                return Err("it asks about too many certificates, or one of them is none");
            }
            let mut inside = list.inside(&request);
            ids.push(CertificateId::read(&mut inside)?.ok_or("its digest is not known here")?);
        }
        let mut nonce = None;
        if let Some(wrapped) = parts.optional(context(2))? {
            let mut inside = parts.inside(&wrapped);
            let extensions = inside.take(SEQUENCE)?;
            inside.finish()?;
            each_extension(&inside, &extensions, &mut |found: ListedExtension<'_>| {
                if found.id != NONCE {
                    let words = "it has a critical extension that is not known here";
                    return if found.critical { Err(words) } else { Ok(()) };
                }
                // What was a nonce before RFC 8954 is anything, and given back as it is.
                nonce = Some(found.value.to_vec());
                let mut value = DerParts::of_bytes(found.value);
                let octets = value.take(OCTET_STRING);
                let length = octets.map_or(found.value.len(), |octets| octets.content.len());
                if NONCE_LENGTHS.contains(&length) { Ok(()) } else { Err("its nonce is too long") }
            })?;
        }
        parts.finish()?;
        if ids.is_empty() { Err("it asks nothing") } else { Ok(Self { ids, nonce }) }
    }

    /// The certificates that it asks about.
    #[must_use]
    pub fn ids(&self) -> &[CertificateId] {
        &self.ids
    }
}

/// What is told of one certificate.
#[derive(Clone, Copy, Debug)]
pub struct ToldStatus<'a> {
    pub id: &'a CertificateId,
    pub status: OcspStatus,
}

/// An answer whose signature is missing.
#[derive(Clone, Debug)]
pub struct UnsignedOcspAnswer {
    tbs: Vec<u8>,
    certificate: Vec<u8>,
    key: PublicKey,
    algorithm: SignatureAlgorithm,
}

impl UnsignedOcspAnswer {
    /// Prepares the bytes to sign of an answer by a responder with this certificate, good until `next_update`. It
    /// has the nonce of the questions.
    ///
    /// # Errors
    /// [`Error::AlgorithmMismatch`], [`Error::ValidityRange`], [`Error::Encoding`].
    pub fn new(
        questions: &OcspQuestions,
        told: &[ToldStatus<'_>],
        responder: &Certificate,
        algorithm: SignatureAlgorithm,
        (now, next_update): (Instant, Instant),
    ) -> Result<Self, Error> {
        let key = PublicKey::of(responder);
        signature::suits(key.kind(), algorithm)?;
        let this_update = generalized(now)?;
        let next_update = tlv(context(0), &[&generalized(next_update)?]);
        let mut singles = Vec::new();
        for ToldStatus { id, status } in told {
            let single = [&id.to_der(), &status_der(status)?, &this_update, &next_update];
            singles.extend(tlv(SEQUENCE, &single.map(Vec::as_slice)));
        }
        let name = responder.x509().tbs_certificate().subject().to_der();
        let responder_id = tlv(context(1), &[&name.map_err(Error::Encoding)?]);
        let nonce = questions.nonce.as_ref().map(|nonce| {
            let extensions = tlv(SEQUENCE, &[&extension(NONCE, false, nonce)]);
            tlv(context(1), &[&extensions])
        });
        let singles = tlv(SEQUENCE, &[&singles]);
        let nonce = nonce.unwrap_or_default();
        let tbs = tlv(SEQUENCE, &[&responder_id, &this_update, &singles, &nonce]);
        Ok(Self { tbs, certificate: responder.der().to_vec(), key, algorithm })
    }

    /// The bytes to sign: DER of the ResponseData.
    #[must_use]
    pub fn to_be_signed(&self) -> &[u8] {
        &self.tbs
    }

    /// The algorithm to sign them with.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Checks the signature value with the responder's key and completes the answer, with the responder's
    /// certificate in it.
    ///
    /// # Errors
    /// [`Error::SignatureInvalid`] when another key made the value.
    pub fn finish(self, value: &SignatureValue) -> Result<Vec<u8>, Error> {
        let parts = signed_parts(&self.tbs, (&self.key, self.algorithm), value)?;
        let certificates = tlv(context(0), &[&tlv(SEQUENCE, &[&self.certificate])]);
        let basic = tlv(SEQUENCE, &[&parts, &certificates]);
        let kind = tlv(OBJECT_IDENTIFIER, &[BASIC_RESPONSE.as_bytes()]);
        let bytes = tlv(SEQUENCE, &[&kind, &tlv(OCTET_STRING, &[&basic])]);
        Ok(tlv(SEQUENCE, &[&enumerated(0), &tlv(context(0), &[&bytes])]))
    }
}

/// `CertStatus`.
fn status_der(status: &OcspStatus) -> Result<Vec<u8>, Error> {
    Ok(match status {
        OcspStatus::Good => vec![0x80, 0],
        OcspStatus::Unknown => vec![0x82, 0],
        OcspStatus::Revoked(revocation) => {
            let reason =
                revocation.reason.map(|reason| tlv(context(0), &[&enumerated(reason.code())]));
            let at = generalized(revocation.at)?;
            tlv(context(1), &[&at, &reason.unwrap_or_default()])
        }
    })
}
