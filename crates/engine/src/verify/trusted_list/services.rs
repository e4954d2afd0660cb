//! Where trust begins at a time, by all lists that are used.

use super::read::{ListedService, ServiceState, TrustedList};
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;

/// Types of services whose certificates begin trust: issuers of certificates and of timestamps (TS 119 612, 5.5.1).
const BEGINNING: [&str; 7] = [
    "Svctype/CA/QC",
    "Svctype/CA/PKC",
    "Svctype/NationalRootCA-QC",
    "Svctype/TSA",
    "Svctype/TSA/QTST",
    "Svctype/TSA/TSS-QC",
    "Svctype/TSA/TSS-AdESQCandQES",
];

/// What every type and status begins with.
const TYPES: &str = "http://uri.etsi.org/TrstSvc/";
const STATUSES: &str = "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/";

/// 2016-07-01 in Brussels: from then on a status is one of Regulation (EU) 910/2014.
pub(super) const EIDAS: Instant = Instant::from_unix_ms(1_467_324_000_000);

/// The services of all lists that are used.
#[derive(Clone, Debug, Default)]
pub struct TrustedServices {
    lists: Vec<UsedList>,
}

/// A list whose signature holds.
#[derive(Clone, Debug)]
pub(super) struct UsedList {
    pub(super) list: TrustedList,
    /// Until when it says what is so; without end for a list that is closed.
    pub(super) until: Option<Instant>,
}

/// A service and the list that it is in.
#[derive(Clone, Copy)]
pub(super) struct FoundService<'a> {
    pub(super) territory: &'a str,
    pub(super) service: &'a ListedService,
}

impl TrustedServices {
    pub(super) const fn new(lists: Vec<UsedList>) -> Self {
        Self { lists }
    }

    /// Whether no list is used.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Certificates of services that may have issued one of these, or are one of these, and begin trust at a time:
    /// their service was granted or recognised then, by a list that had not expired. Each within the limits that it
    /// has itself (RFC 5937), as a list names a key of an authority for timestamps beside one that issues
    /// certificates.
    pub(in crate::verify) fn anchors(&self, of: &[&Certificate], at: Instant) -> Vec<TrustAnchor> {
        let mut anchors: Vec<TrustAnchor> = Vec::new();
        let is_wanted = |certificate: &Certificate| {
            of.iter()
                .any(|it| it.is_issued_by_name_of(certificate) || it.der() == certificate.der())
        };
        for found in self.at(at) {
            let Some(state) = found.service.at(at) else { continue };
            if !begins_trust(state, at) {
                continue;
            }
            for certificate in found.service.certificates.iter().filter(|it| is_wanted(it)) {
                if anchors.iter().all(|known| known.certificate().der() != certificate.der()) {
                    anchors.push(TrustAnchor::constrained(certificate.clone()));
                }
            }
        }
        anchors
    }

    /// Services of the lists that say what is so at a time.
    fn at(&self, at: Instant) -> impl Iterator<Item = FoundService<'_>> {
        let current = move |used: &&UsedList| used.until.is_none_or(|until| at <= until);
        self.lists.iter().filter(current).flat_map(|used| {
            let territory = used.list.territory.as_str();
            used.list.services.iter().map(move |service| FoundService { territory, service })
        })
    }

    /// Services with the name and key of a certificate, by the lists that say what is so at a time.
    pub(super) fn with_key(&self, certificate: &Certificate, at: Instant) -> Vec<FoundService<'_>> {
        let same = |it: &Certificate| {
            it.spki_der() == certificate.spki_der() && it.has_subject_of(certificate)
        };
        self.at(at).filter(|found| found.service.certificates.iter().any(same)).collect()
    }

    /// Lists that had expired at a time: territory, and when.
    #[must_use]
    pub fn expired(&self, at: Instant) -> Vec<(&str, Instant)> {
        let ended = |used: &UsedList| used.until.filter(|until| *until < at);
        let all = self.lists.iter();
        all.filter_map(|used| Some((used.list.territory.as_str(), ended(used)?))).collect()
    }
}

fn begins_trust(state: &ServiceState, at: Instant) -> bool {
    let kind = state.kind.strip_prefix(TYPES).unwrap_or_default();
    BEGINNING.contains(&kind) && (is_granted(state, at) || is_recognised(state))
}

/// Whether a status means that a service is a qualified one (TS 119 615, 4.4; before 2016-07-01 by Directive
/// 1999/93/EC).
pub(super) fn is_granted(state: &ServiceState, at: Instant) -> bool {
    match status(state) {
        "granted" => true,
        "undersupervision" | "supervisionincessation" | "accredited" => at < EIDAS,
        _ => false,
    }
}

/// Services that are not qualified are recognised by their state.
fn is_recognised(state: &ServiceState) -> bool {
    matches!(status(state), "recognisedatnationallevel" | "setbynationallaw")
}

/// The last part of a status.
pub(super) fn status(state: &ServiceState) -> &str {
    state.status.strip_prefix(STATUSES).unwrap_or("another")
}

/// Whether a service issues qualified certificates.
pub(super) fn issues_qualified(state: &ServiceState) -> bool {
    state.kind.strip_prefix(TYPES) == Some("Svctype/CA/QC")
}
