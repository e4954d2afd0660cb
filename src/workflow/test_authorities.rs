//! What of this service is of a test authority, by the marker in its certificates: credentials that may be used,
//! time-stamp authorities, trust anchors.

use super::{Error, credentials};
use crate::app::App;
use crate::pki::path::TrustAnchor;
use crate::pki::test_marker::is_of_test_authority;

/// Names credentials and settings, as operators know them: `credential demo-ec`, `timestamp.authorities.test`,
/// `revocation.trust`.
///
/// # Errors
/// When the database cannot be asked.
pub async fn found(app: &App) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for ready in credentials::active(app).await? {
        if ready.chain.certificates().any(is_of_test_authority) {
            found.push(format!("credential {}", ready.credential.alias));
        }
    }
    let authorities = app.authorities.all().filter(|authority| authority.is_for_tests());
    found.extend(
        authorities.map(|authority| format!("timestamp.authorities.{}", authority.tsa.name())),
    );
    let settings = [
        ("revocation", &app.evidence.trust, &app.evidence.certificates),
        ("verification", &app.trust.anchors, &app.trust.certificates),
    ];
    for (section, anchors, certificates) in settings {
        let anchors = anchors.iter().map(TrustAnchor::certificate);
        if anchors.chain(certificates).any(is_of_test_authority) {
            found.push(format!("{section}.trust"));
        }
    }
    Ok(found)
}
