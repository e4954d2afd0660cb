//! Whether an answer says what was asked (RFC 6960, 3.2 and 4.2.2): about this certificate, by somebody
//! who may say so, and now.

use der::Decode as _;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::request::{CertificateId, OcspRequest};
use super::response::{OcspResponse, OcspStatus, ResponderId, SingleStatus};
use super::{OcspFlaw, oid};
use crate::domain::instant::Instant;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::certificate::Certificate;
use crate::pki::digest::Digest;
use crate::pki::extensions::Extensions;
use crate::pki::public_key::PublicKey;
use crate::pki::signed;

const OCSP_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.9");
const OCSP_NOCHECK: ObjectIdentifier = oid("1.3.6.1.5.5.7.48.1.5");

/// When an answer is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OcspLimits {
    /// The time for which it must be.
    pub at: Instant,
    /// By how much the clocks of others may differ.
    pub skew_ms: i64,
    /// How old an answer may be that does not say until when it is good (RFC 6960, 2.4: newer ones are
    /// always there).
    pub max_age_ms: i64,
    /// Whether an answer to a request with a nonce must have it. Responders that sign beforehand leave it
    /// out; another nonce than the request's is never taken.
    pub nonce_required: bool,
}

impl OcspLimits {
    /// Five minutes between clocks, an hour without nextUpdate; nonces may be missing.
    #[must_use]
    pub const fn at(at: Instant) -> Self {
        Self { at, skew_ms: 300_000, max_age_ms: 3_600_000, nonce_required: false }
    }
}

/// Who signed an answer.
#[derive(Clone, Copy, Debug)]
pub enum OcspResponder<'r> {
    /// Whoever issued the certificate.
    Issuer,
    /// Somebody whom the issuer certified for that.
    Delegated {
        certificate: &'r Certificate,
        /// Whether its own status need not be asked for (id-pkix-ocsp-nocheck, RFC 6960, 4.2.2.2.1).
        /// Otherwise that is left to whoever asks.
        nocheck: bool,
    },
}

/// What an answer says about one certificate.
#[derive(Clone, Copy, Debug)]
pub struct OcspAnswer<'r> {
    pub status: OcspStatus,
    pub responder: OcspResponder<'r>,
    /// When that was known to be so.
    pub this_update: Instant,
    /// By when more will be known.
    pub next_update: Option<Instant>,
    /// When it was signed.
    pub produced_at: Instant,
}

impl OcspResponse {
    /// What it says about a certificate, whose issuer's is given, in answer to a request.
    ///
    /// # Errors
    /// [`OcspFlaw`]: then it says nothing.
    pub fn check_answer(
        &self,
        request: &OcspRequest,
        certificate: &Certificate,
        issuer: &Certificate,
        limits: &OcspLimits,
    ) -> Result<OcspAnswer<'_>, OcspFlaw> {
        match (request.nonce(), &self.nonce) {
            (Some(sent), Some(received)) if sent != received => return Err(OcspFlaw::NonceDiffers),
            (Some(_), None) if limits.nonce_required => return Err(OcspFlaw::NonceMissing),
            _ => {}
        }
        self.check(certificate, issuer, limits)
    }

    /// The same without a request, as of an answer that was kept.
    ///
    /// # Errors
    /// [`OcspFlaw`]: then it says nothing.
    pub fn check(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        limits: &OcspLimits,
    ) -> Result<OcspAnswer<'_>, OcspFlaw> {
        let single = self.single(certificate, issuer).ok_or(OcspFlaw::OtherCertificate)?;
        if let Some(oid) = self.unknown_critical.or(single.unknown_critical) {
            return Err(OcspFlaw::UnknownCritical(oid));
        }
        self.check_dates(single, limits)?;
        let responder = self.responder(issuer, limits)?;
        Ok(OcspAnswer {
            status: single.status,
            responder,
            this_update: single.this_update,
            next_update: single.next_update,
            produced_at: self.produced_at,
        })
    }

    /// Whether it says anything about a certificate, true or not.
    pub(in crate::pki::revocation) fn is_about(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> bool {
        self.single(certificate, issuer).is_some()
    }

    /// The newest that is said of a certificate.
    fn single(&self, certificate: &Certificate, issuer: &Certificate) -> Option<&SingleStatus> {
        let ids = DigestAlgorithm::ALL.map(|digest| CertificateId::of(certificate, issuer, digest));
        let about = |single: &&SingleStatus| single.id.as_ref().is_some_and(|id| ids.contains(id));
        self.singles.iter().filter(about).max_by_key(|single| single.this_update)
    }

    fn check_dates(&self, single: &SingleStatus, limits: &OcspLimits) -> Result<(), OcspFlaw> {
        let latest = limits.at.plus_ms(limits.skew_ms);
        let earliest = limits.at.plus_ms(-limits.skew_ms);
        let SingleStatus { this_update, next_update, .. } = single;
        if let Some(ahead) = [*this_update, self.produced_at].into_iter().find(|it| *it > latest) {
            return Err(OcspFlaw::NotYet(ahead.to_xs_date_time()));
        }
        let signed_before = self.produced_at.plus_ms(limits.skew_ms) < *this_update;
        if signed_before || next_update.is_some_and(|next| next < *this_update) {
            return Err(OcspFlaw::Dates);
        }
        match next_update {
            Some(next) if *next < earliest => Err(OcspFlaw::Stale(next.to_xs_date_time())),
            None if this_update.plus_ms(limits.max_age_ms) < earliest => {
                Err(OcspFlaw::TooOld(this_update.to_xs_date_time()))
            }
            _ => Ok(()),
        }
    }

    /// RFC 6960, 4.2.2.2: the issuer itself, or whom it certified directly for that.
    fn responder(
        &self,
        issuer: &Certificate,
        limits: &OcspLimits,
    ) -> Result<OcspResponder<'_>, OcspFlaw> {
        let algorithm = signed::read_algorithm(&self.algorithm)
            .ok_or(OcspFlaw::Uncheckable(self.algorithm.oid))?;
        let is_signed = |by: &Certificate| {
            let part = |range: &std::ops::Range<usize>| self.der().get(range.clone());
            let (tbs, value) = (part(&self.tbs), part(&self.value));
            let (tbs, value) = (tbs.unwrap_or_default(), value.unwrap_or_default());
            signed::check(&PublicKey::of(by), algorithm, tbs, value).is_ok()
        };
        let named = self.responder.is(issuer);
        if named && is_signed(issuer) {
            return Ok(OcspResponder::Issuer);
        }
        let mut flaw = if named { OcspFlaw::NotSigned } else { OcspFlaw::ResponderUnknown };
        for certificate in self.certificates.iter().filter(|it| self.responder.is(it)) {
            let allowed = if is_signed(certificate) {
                self.check_delegated(certificate, issuer, limits)
            } else {
                Err(OcspFlaw::NotSigned)
            };
            match allowed {
                Ok(()) => {
                    let nocheck = extension(certificate, OCSP_NOCHECK).is_some();
                    return Ok(OcspResponder::Delegated { certificate, nocheck });
                }
                Err(found) => flaw = found,
            }
        }
        Err(flaw)
    }

    fn check_delegated(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        limits: &OcspLimits,
    ) -> Result<(), OcspFlaw> {
        let responder = || certificate.subject();
        let algorithm = signed::read_algorithm(certificate.x509().signature_algorithm());
        let is_issued = certificate.is_issued_by_name_of(issuer)
            && algorithm.is_some_and(|algorithm| {
                let value = certificate.x509().signature().raw_bytes();
                let key = PublicKey::of(issuer);
                signed::check(&key, algorithm, certificate.tbs_der(), value).is_ok()
            });
        if !is_issued {
            let issuer = issuer.subject();
            return Err(OcspFlaw::ResponderOfOthers { responder: responder(), issuer });
        }
        let purposes = extension(certificate, oid("2.5.29.37"))
            .and_then(|value| ExtendedKeyUsage::from_der(value).ok());
        if !purposes.is_some_and(|purposes| purposes.0.contains(&OCSP_SIGNING)) {
            return Err(OcspFlaw::NotForOcsp(responder()));
        }
        let extensions = Extensions::of(certificate);
        if extensions.check(certificate).is_err() {
            return Err(OcspFlaw::ResponderExtension(responder()));
        }
        if extensions.key_usage.is_some_and(|usage| !usage.digital_signature()) {
            return Err(OcspFlaw::KeyUsage(responder()));
        }
        let valid = |at: Instant| certificate.not_before() <= at && at <= certificate.not_after();
        if !valid(self.produced_at) || !valid(limits.at) {
            return Err(OcspFlaw::ResponderNotValid(responder()));
        }
        Ok(())
    }
}

impl ResponderId {
    fn is(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => name == certificate.folded_subject(),
            Self::Key(key) => {
                let own = Digest::of(DigestAlgorithm::Sha1, certificate.public_key_bits());
                own.value() == key.as_slice()
            }
        }
    }
}

/// The value of an extension.
fn extension(certificate: &Certificate, id: ObjectIdentifier) -> Option<&[u8]> {
    let mut extensions = certificate.x509().tbs_certificate().extensions().into_iter().flatten();
    extensions.find(|extension| extension.extn_id == id).map(|it| it.extn_value.as_bytes())
}
