//! What the authority answers to each request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::Failure;
use super::issuing::LocalAuthority;
use super::register::{IssuedCertificate, IssuerName, Register, serial};
use crate::domain::instant::{DAY_MS, Instant};
use crate::pki::answering::{
    ListOrder, OcspQuestions, OcspRefusal, RevokedEntry, TimestampQuery, TokenOrder, ToldStatus,
    UnsignedList, UnsignedOcspAnswer, UnsignedTimestamp, ocsp_refusal, timestamp_rejection,
};
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::cms::Identity;
use crate::pki::revocation::ocsp::{CertificateId, OcspStatus};
use crate::pki::test_marker::TEST_POLICY;
use crate::pki::timestamp::PkiFailure;

/// How long an answer of the responder is good, and a list.
const ANSWER_MS: i64 = DAY_MS;
const LIST_MS: i64 = 10 * DAY_MS;

/// By how many seconds a token may be off.
const ACCURACY_SECONDS: u32 = 1;

/// An answer: status, type and body.
pub(super) struct AuthorityAnswer {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) body: Vec<u8>,
}

impl AuthorityAnswer {
    const fn good(kind: &'static str, body: Vec<u8>) -> Self {
        Self { status: 200, kind, body }
    }

    pub(super) fn words(status: u16, words: &str) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: format!("{words}\n").into_bytes() }
    }
}

/// Answers a request. What goes wrong inside is said without details and logged.
pub(super) async fn answer(
    authority: &LocalAuthority,
    method: &str,
    path: &str,
    body: &[u8],
) -> AuthorityAnswer {
    let made = match (method, path) {
        ("POST", "/tsa") => timestamp(authority, body).await,
        ("POST", "/ocsp") => ocsp(authority, body).await,
        ("GET", "/tsa") | (_, "/ocsp") => Ok(AuthorityAnswer::words(405, "use POST")),
        ("GET", "/root.crl") => list(authority, IssuerName::Root).await,
        ("GET", "/issuing.crl") => list(authority, IssuerName::Issuing).await,
        ("GET", "/root.cer") => Ok(certificate(authority.root())),
        ("GET", "/issuing.cer") => Ok(certificate(&authority.issuing)),
        ("GET", "/") => Ok(AuthorityAnswer::words(
            200,
            "A test authority. /tsa /ocsp /root.crl /issuing.crl /root.cer /issuing.cer",
        )),
        ("GET", path) => match path.strip_prefix("/ocsp/").and_then(in_path) {
            Some(request) => ocsp(authority, &request).await,
            None => Ok(AuthorityAnswer::words(404, "nothing is here")),
        },
        _ => Ok(AuthorityAnswer::words(404, "nothing is here")),
    };
    made.unwrap_or_else(|error| {
        let error = crate::domain::sources::sources(&*error);
        tracing::error!(error = %error, path, "the test authority could not answer");
        match path {
            "/tsa" => rejection(PkiFailure::SystemFailure),
            "/ocsp" => refusal(OcspRefusal::InternalError),
            _ => AuthorityAnswer::words(500, "it could not be answered"),
        }
    })
}

/// A request in the path of GET: base64, its special characters escaped (RFC 6960, A.1).
fn in_path(path: &str) -> Option<Vec<u8>> {
    let text = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
    STANDARD.decode(text.as_bytes()).ok()
}

fn certificate(certificate: &Certificate) -> AuthorityAnswer {
    AuthorityAnswer::good("application/pkix-cert", certificate.der().to_vec())
}

fn rejection(failure: PkiFailure) -> AuthorityAnswer {
    AuthorityAnswer::good("application/timestamp-reply", timestamp_rejection(failure))
}

fn refusal(refusal: OcspRefusal) -> AuthorityAnswer {
    AuthorityAnswer::good("application/ocsp-response", ocsp_refusal(refusal))
}

async fn timestamp(authority: &LocalAuthority, body: &[u8]) -> Result<AuthorityAnswer, Failure> {
    let query = match TimestampQuery::read(body) {
        Ok(query) if query.policy().is_none_or(|policy| policy == TEST_POLICY) => query,
        Ok(_) => return Ok(rejection(PkiFailure::UnacceptedPolicy)),
        Err(failure) => return Ok(rejection(failure)),
    };
    let tsa = &authority.tsa;
    let chain = vec![tsa.clone(), authority.issuing.clone(), authority.root().clone()];
    let unsigned = UnsignedTimestamp::new(
        &query,
        &TokenOrder {
            identity: &Identity::new(&Chain::new(chain)?),
            certificate: tsa,
            algorithm: tsa.default_signature(),
            policy: TEST_POLICY,
            serial: &authority.serial()?,
            at: authority.now(),
            accuracy_seconds: ACCURACY_SECONDS,
        },
    )?;
    let value = authority.sign(tsa, (unsigned.algorithm(), unsigned.to_be_signed())).await?;
    Ok(AuthorityAnswer::good("application/timestamp-reply", unsigned.finish(&value)?))
}

async fn ocsp(authority: &LocalAuthority, body: &[u8]) -> Result<AuthorityAnswer, Failure> {
    let questions = match OcspQuestions::read(body) {
        Ok(questions) => questions,
        Err(refused) => return Ok(refusal(refused)),
    };
    let register = authority.register()?;
    let told = questions.ids().iter();
    let told: Vec<_> =
        told.map(|id| ToldStatus { id, status: status(authority, &register, id) }).collect();
    let now = authority.now();
    let responder = &authority.responder;
    let unsigned = UnsignedOcspAnswer::new(
        &questions,
        &told,
        responder,
        responder.default_signature(),
        (now, now.plus_ms(ANSWER_MS)),
    )?;
    let value = authority.sign(responder, (unsigned.algorithm(), unsigned.to_be_signed())).await?;
    Ok(AuthorityAnswer::good("application/ocsp-response", unsigned.finish(&value)?))
}

/// What became of a certificate of the issuing authority. Those that it did not issue are not known.
fn status(authority: &LocalAuthority, register: &Register, id: &CertificateId) -> OcspStatus {
    if !id.is_of(&authority.issuing) {
        return OcspStatus::Unknown;
    }
    let asked = serial(id.serial());
    let mut issued = register.certificates.iter();
    let known = issued.find(|it| it.issuer == IssuerName::Issuing && it.serial == asked);
    match known.map(IssuedCertificate::revocation) {
        None => OcspStatus::Unknown,
        Some(None) => OcspStatus::Good,
        Some(Some(revocation)) => OcspStatus::Revoked(revocation),
    }
}

async fn list(authority: &LocalAuthority, issuer: IssuerName) -> Result<AuthorityAnswer, Failure> {
    let certificate = match issuer {
        IssuerName::Root => authority.root(),
        IssuerName::Issuing => &authority.issuing,
    };
    let register = authority.register()?;
    let revoked = register.certificates.iter().filter(|entry| entry.issuer == issuer);
    let revoked = revoked.filter_map(|entry| {
        let revocation = entry.revocation()?;
        Some(RevokedEntry { serial: entry.serial_octets(), revocation })
    });
    let revoked: Vec<RevokedEntry> = revoked.collect();
    let now: Instant = authority.now();
    let unsigned = UnsignedList::new(&ListOrder {
        issuer: certificate,
        algorithm: certificate.default_signature(),
        // Each is made for who asks: milliseconds only go up.
        number: u64::try_from(now.unix_ms())?,
        this_update: now,
        next_update: now.plus_ms(LIST_MS),
        revoked: &revoked,
    })?;
    let message = (unsigned.algorithm(), unsigned.to_be_signed());
    let value = authority.sign(certificate, message).await?;
    Ok(AuthorityAnswer::good("application/pkix-crl", unsigned.finish(&value)?))
}
