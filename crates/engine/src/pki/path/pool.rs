//! The certificates that paths are built from: trust anchors, and those that may lie between.

use std::collections::{HashMap, HashSet};

use const_oid::AssociatedOid;
use der::Decode;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

use super::validation::PathLink;
use crate::pki::certificate::Certificate;
use crate::pki::extensions::Extensions;
use crate::pki::folded_name::FoldedName;

/// Where trust begins (RFC 5280, 6.1.1 (d)), given as a certificate. Its dates are nobody's to check.
#[derive(Clone, Debug)]
pub struct TrustAnchor {
    certificate: Certificate,
    constrained: bool,
}

impl TrustAnchor {
    /// Trusts name and key of a certificate and nothing else of it, as RFC 5280 does.
    #[must_use]
    pub const fn of(certificate: Certificate) -> Self {
        Self { certificate, constrained: false }
    }

    /// Trusts a certificate within the limits that it has itself: path length, name constraints, policy
    /// constraints, and that it is an authority (RFC 5937).
    #[must_use]
    pub const fn constrained(certificate: Certificate) -> Self {
        Self { certificate, constrained: true }
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether its certificate's own limits count.
    pub(super) const fn is_constrained(&self) -> bool {
        self.constrained
    }
}

/// Certificates to build paths from, each once. What can be read of them is read here, once for many
/// paths.
pub struct CertificatePool {
    anchors: Vec<TrustAnchor>,
    certificates: Vec<PooledCertificate>,
    anchors_by_name: HashMap<FoldedName, Vec<usize>>,
    by_name: HashMap<FoldedName, Vec<usize>>,
}

/// A certificate that was read.
pub(in crate::pki) struct PooledCertificate {
    pub(super) certificate: Certificate,
    pub(super) extensions: Extensions,
    /// Its subject key identifier.
    key_id: Option<Vec<u8>>,
}

impl PooledCertificate {
    fn of(certificate: Certificate) -> Self {
        let (extensions, key_id) = (Extensions::of(&certificate), subject_key(&certificate));
        Self { certificate, extensions, key_id }
    }

    pub(super) const fn link(&self) -> PathLink<'_> {
        PathLink { certificate: &self.certificate, extensions: &self.extensions }
    }

    pub(in crate::pki) const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Whether it may have the key with this identifier: whoever does not say, may.
    pub(in crate::pki) fn may_have_key(&self, key_id: Option<&[u8]>) -> bool {
        self.key_id.as_deref().zip(key_id).is_none_or(|(own, wanted)| own == wanted)
    }
}

impl CertificatePool {
    /// Takes trust anchors, and certificates that may lie between them and others. Order and doubles do
    /// not count.
    #[must_use]
    pub fn new(
        anchors: impl IntoIterator<Item = TrustAnchor>,
        certificates: impl IntoIterator<Item = Certificate>,
    ) -> Self {
        let anchors: Vec<TrustAnchor> = anchors.into_iter().collect();
        let mut there = HashSet::new();
        let certificates: Vec<PooledCertificate> = certificates
            .into_iter()
            .filter(|certificate| there.insert(certificate.fingerprint()))
            .map(PooledCertificate::of)
            .collect();
        let anchors_by_name = by_name(anchors.iter().map(TrustAnchor::certificate));
        let by_name = by_name(certificates.iter().map(PooledCertificate::certificate));
        Self { anchors, certificates, anchors_by_name, by_name }
    }

    /// The trust anchors.
    #[must_use]
    pub fn anchors(&self) -> &[TrustAnchor] {
        &self.anchors
    }

    /// The trust anchors with a name.
    pub(super) fn anchors_named(&self, name: &FoldedName) -> impl Iterator<Item = &TrustAnchor> {
        let named = self.anchors_by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        named.iter().filter_map(|at| self.anchors.get(*at))
    }

    /// The certificates with a subject, and where they are.
    pub(in crate::pki) fn named(&self, name: &FoldedName) -> Vec<(usize, &PooledCertificate)> {
        let named = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let known = |at: &usize| self.certificates.get(*at).map(|known| (*at, known));
        named.iter().filter_map(known).collect()
    }
}

fn by_name<'a>(
    certificates: impl Iterator<Item = &'a Certificate>,
) -> HashMap<FoldedName, Vec<usize>> {
    let mut by_name: HashMap<FoldedName, Vec<usize>> = HashMap::new();
    for (at, certificate) in certificates.enumerate() {
        by_name.entry(certificate.folded_subject().clone()).or_default().push(at);
    }
    by_name
}

/// The identifier that a certificate gives its key (RFC 5280, 4.2.1.2). It only helps to choose, so one
/// that cannot be read is none.
fn subject_key(certificate: &Certificate) -> Option<Vec<u8>> {
    let read = extension::<SubjectKeyIdentifier>(certificate)?;
    Some(read.0.as_bytes().to_vec())
}

/// The identifier of the key that a certificate was signed with, as it says (RFC 5280, 4.2.1.1).
pub(in crate::pki) fn authority_key(certificate: &Certificate) -> Option<Vec<u8>> {
    let read = extension::<AuthorityKeyIdentifier>(certificate)?;
    read.key_identifier.map(|key_id| key_id.as_bytes().to_vec())
}

fn extension<T: AssociatedOid + for<'d> Decode<'d>>(certificate: &Certificate) -> Option<T> {
    let mut extensions = certificate.x509().tbs_certificate().extensions().into_iter().flatten();
    let found = extensions.find(|extension| extension.extn_id == T::OID)?;
    T::from_der(found.extn_value.as_bytes()).ok()
}
