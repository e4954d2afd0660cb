//! What the certificates of a test authority say of themselves, so that nobody takes them for others. Whether they are
//! taken is not decided here.

use der::asn1::ObjectIdentifier;

use super::certificate::Certificate;
use super::extensions::Extensions;

/// The certificate policy of test authorities: below the number that is kept for examples (RFC 5612), so that nobody
/// else's certificates have it.
pub const TEST_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3161.1");

/// Whether a certificate says that it is of a test authority.
#[must_use]
pub fn is_of_test_authority(certificate: &Certificate) -> bool {
    Extensions::of(certificate).policies.is_some_and(|policies| policies.contains(&TEST_POLICY))
}
