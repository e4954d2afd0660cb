//! What the certificate of a TSA must be (RFC 3161, 2.3), whoever issued it.

use const_oid::AssociatedOid as _;
use const_oid::db::rfc5280::ID_KP_TIME_STAMPING;
use der::Decode as _;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use super::fault::TimestampFault;
use crate::domain::instant::Instant;
use crate::pki::certificate::Certificate;
use crate::pki::extensions::{Extensions, purpose_name};

/// Checks that a certificate is for timestamps only, and was valid when a token says that it was made.
///
/// # Errors
/// Those of [`TimestampFault`] about extensions, purposes, usages and dates.
pub(super) fn check(certificate: &Certificate, gen_time: Instant) -> Result<(), TimestampFault> {
    purpose(certificate)?;
    let subject = || certificate.subject();
    let extensions = Extensions::of(certificate);
    extensions.check(certificate).map_err(TimestampFault::Unverifiable)?;
    if let Some(usage) = &extensions.key_usage
        && !usage.digital_signature()
        && !usage.non_repudiation()
    {
        let usages = extensions.usage_names();
        return Err(TimestampFault::Usage { subject: subject(), usages });
    }
    let made = || gen_time.to_rfc3339();
    if gen_time < certificate.not_before() {
        let not_before = certificate.not_before().to_rfc3339();
        return Err(TimestampFault::NotYetValid {
            subject: subject(),
            not_before,
            gen_time: made(),
        });
    }
    if gen_time > certificate.not_after() {
        let not_after = certificate.not_after().to_rfc3339();
        return Err(TimestampFault::Expired { subject: subject(), not_after, gen_time: made() });
    }
    Ok(())
}

fn purpose(certificate: &Certificate) -> Result<(), TimestampFault> {
    let subject = || certificate.subject();
    let extensions = certificate.x509().tbs_certificate().extensions().into_iter().flatten();
    let mut found = extensions.filter(|one| one.extn_id == ExtendedKeyUsage::OID);
    let extension =
        found.next().ok_or_else(|| TimestampFault::PurposeMissing { subject: subject() })?;
    let purposes = match ExtendedKeyUsage::from_der(extension.extn_value.as_bytes()) {
        Ok(ExtendedKeyUsage(purposes)) if found.next().is_none() => purposes,
        _ => {
            let purposes = "not readable".to_owned();
            return Err(TimestampFault::Purpose { subject: subject(), purposes });
        }
    };
    if purposes != [ID_KP_TIME_STAMPING] {
        let names: Vec<String> = purposes.iter().map(purpose_name).collect();
        let purposes = names.join(", ");
        return Err(TimestampFault::Purpose { subject: subject(), purposes });
    }
    if !extension.critical {
        return Err(TimestampFault::PurposeNotCritical { subject: subject() });
    }
    Ok(())
}
