//! Where the status of a certificate is told: distribution points in certificates (RFC 5280, 4.2.1.13),
//! and what a list is about (5.2.5).

use std::collections::HashSet;

use const_oid::AssociatedOid as _;
use der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::CrlDistributionPoints;
use x509_cert::ext::pkix::crl::dp::{DistributionPoint, IssuingDistributionPoint};
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::reason::ReasonSet;
use crate::pki::certificate::Certificate;
use crate::pki::folded_name::FoldedName;

/// Distribution points of a certificate that are looked at.
const MAX_POINTS: usize = 100;

/// A name of a distribution point, to be compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum PointName {
    Directory(FoldedName),
    /// DER of any other.
    Other(Vec<u8>),
}

impl PointName {
    fn of(name: &GeneralName) -> Self {
        match name {
            GeneralName::DirectoryName(name) => Self::Directory(FoldedName::of(name)),
            // What was read can be written.
            other => Self::Other(other.to_der().unwrap_or_default()),
        }
    }
}

/// A distribution point of a certificate.
pub(super) struct Point {
    /// Its names, or those of who issues its list.
    names: HashSet<PointName>,
    pub(super) reasons: ReasonSet,
    /// Who issues its list, when it is not the issuer of the certificate.
    issuers: Option<Vec<FoldedName>>,
}

impl Point {
    /// Those of a certificate, and the one that is implied: every list of its issuer that is for all of
    /// its certificates (RFC 5280, 6.3.3). An extension that cannot be read names none.
    pub(super) fn of(certificate: &Certificate) -> Vec<Self> {
        let mut extensions =
            certificate.x509().tbs_certificate().extensions().into_iter().flatten();
        let found = extensions.find(|it| it.extn_id == CrlDistributionPoints::OID);
        let named = found
            .and_then(|it| CrlDistributionPoints::from_der(it.extn_value.as_bytes()).ok())
            .map(|points| points.0)
            .unwrap_or_default();
        let issuer = certificate.folded_issuer();
        let implied = Self {
            names: HashSet::from([PointName::Directory(issuer.clone())]),
            reasons: ReasonSet::ALL,
            issuers: None,
        };
        let named = named.iter().take(MAX_POINTS).map(|point| Self::read(point, issuer));
        named.chain([implied]).collect()
    }

    fn read(point: &DistributionPoint, issuer: &FoldedName) -> Self {
        let issuers = point.crl_issuer.as_ref();
        let directory = |name: &GeneralName| match name {
            GeneralName::DirectoryName(name) => Some(FoldedName::of(name)),
            _ => None,
        };
        let by: Option<Vec<FoldedName>> =
            issuers.map(|names| names.iter().filter_map(directory).collect());
        let names = match (&point.distribution_point, issuers) {
            (Some(name), _) => {
                let before = by.as_ref().and_then(|names| names.first()).unwrap_or(issuer);
                names_of(name, before)
            }
            (None, Some(issuers)) => issuers.iter().map(PointName::of).collect(),
            (None, None) => HashSet::new(),
        };
        Self { names, reasons: ReasonSet::of(point.reasons.as_ref()), issuers: by }
    }

    /// Whether a list of this issuer can be the one of the point (RFC 5280, 6.3.3 (b)(1)).
    pub(super) fn is_issued_by(
        &self,
        list_issuer: &FoldedName,
        scope: &ListScope,
        certificate_issuer: &FoldedName,
    ) -> bool {
        match &self.issuers {
            Some(issuers) => scope.indirect && issuers.contains(list_issuer),
            None => list_issuer == certificate_issuer,
        }
    }

    /// Whether a list is for this point by name (RFC 5280, 6.3.3 (b)(2)(i)).
    pub(super) fn is_named_by(&self, scope: &ListScope) -> bool {
        scope.names.as_ref().is_none_or(|names| self.names.iter().any(|name| names.contains(name)))
    }
}

/// The kinds of certificates that a list is about: of these extensions at most one may be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListedKinds {
    All,
    Users,
    Authorities,
    Attributes,
}

/// What a list is about.
#[derive(Clone, Debug)]
pub(super) struct ListScope {
    names: Option<HashSet<PointName>>,
    kinds: ListedKinds,
    pub(super) indirect: bool,
    pub(super) reasons: ReasonSet,
}

impl ListScope {
    /// All certificates of its issuer.
    pub(super) const fn everything() -> Self {
        Self { names: None, kinds: ListedKinds::All, indirect: false, reasons: ReasonSet::ALL }
    }

    /// What an issuingDistributionPoint says; `None` when it cannot be read or contradicts itself.
    pub(super) fn read(der: &[u8], issuer: &FoldedName) -> Option<Self> {
        let read = IssuingDistributionPoint::from_der(der).ok()?;
        let kinds = [
            (read.only_contains_user_certs, ListedKinds::Users),
            (read.only_contains_ca_certs, ListedKinds::Authorities),
            (read.only_contains_attribute_certs, ListedKinds::Attributes),
        ];
        let mut only = kinds.iter().filter(|(said, _)| *said).map(|(_, kinds)| *kinds);
        let kinds = only.next().unwrap_or(ListedKinds::All);
        if only.next().is_some() {
            return None;
        }
        Some(Self {
            names: read.distribution_point.as_ref().map(|name| names_of(name, issuer)),
            kinds,
            indirect: read.indirect_crl,
            reasons: ReasonSet::of(read.only_some_reasons.as_ref()),
        })
    }

    /// Whether it is about certificates of this kind (RFC 5280, 6.3.3 (b)(2)(ii) to (iv)).
    pub(super) const fn has(&self, authority: bool) -> bool {
        match self.kinds {
            ListedKinds::All => true,
            ListedKinds::Users => !authority,
            ListedKinds::Authorities => authority,
            ListedKinds::Attributes => false,
        }
    }
}

fn names_of(name: &DistributionPointName, before: &FoldedName) -> HashSet<PointName> {
    match name {
        DistributionPointName::FullName(names) => names.iter().map(PointName::of).collect(),
        DistributionPointName::NameRelativeToCRLIssuer(rdn) => {
            HashSet::from([PointName::Directory(before.with(rdn))])
        }
    }
}
