//! Where a certificate says that more is told of it: OCSP responders, revocation lists, the certificate of its
//! issuer (RFC 5280, 4.2.1.13, 4.2.1.15 and 4.2.2.1). Who goes there is elsewhere; nothing is known of what is
//! there.

use const_oid::AssociatedOid as _;
use der::Decode as _;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{AuthorityInfoAccessSyntax, CrlDistributionPoints};

use super::certificate::Certificate;

/// Addresses of a kind that are read of one certificate.
const MAX_PLACES: usize = 8;

/// Octets of an address.
const MAX_LENGTH: usize = 2000;

const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
const FRESHEST_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.46");

/// Addresses of HTTP in a certificate, each kind in its order; those of other protocols are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusPlaces {
    /// OCSP responders.
    pub responders: Vec<String>,
    /// Complete revocation lists.
    pub lists: Vec<String>,
    /// Lists of what changed since these.
    pub deltas: Vec<String>,
    /// Certificates of the issuer.
    pub issuers: Vec<String>,
}

impl StatusPlaces {
    /// Those of a certificate. An extension that cannot be read names none.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let mut places = Self::default();
        for extension in certificate.x509().tbs_certificate().extensions().into_iter().flatten() {
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                AuthorityInfoAccessSyntax::OID => places.read_access(value),
                CrlDistributionPoints::OID => read_points(&mut places.lists, value),
                FRESHEST_CRL => read_points(&mut places.deltas, value),
                _ => {}
            }
        }
        places
    }

    fn read_access(&mut self, value: &[u8]) {
        let Ok(access) = AuthorityInfoAccessSyntax::from_der(value) else { return };
        for described in &access.0 {
            match described.access_method {
                OCSP => note(&mut self.responders, &described.access_location),
                CA_ISSUERS => note(&mut self.issuers, &described.access_location),
                _ => {}
            }
        }
    }
}

/// The addresses of distribution points. Of several names of one point each leads to the same list.
fn read_points(places: &mut Vec<String>, value: &[u8]) {
    let Ok(points) = CrlDistributionPoints::from_der(value) else { return };
    for DistributionPoint { distribution_point, .. } in &points.0 {
        if let Some(DistributionPointName::FullName(names)) = distribution_point {
            for name in names {
                note(places, name);
            }
        }
    }
}

fn note(places: &mut Vec<String>, name: &GeneralName) {
    let GeneralName::UniformResourceIdentifier(uri) = name else { return };
    let uri = uri.as_str();
    let scheme = uri.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_http = scheme.is_some_and(|scheme| matches!(scheme.as_str(), "http" | "https"));
    if is_http && uri.len() <= MAX_LENGTH && places.len() < MAX_PLACES {
        places.push(uri.to_owned());
    }
}
