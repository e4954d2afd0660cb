//! `xades:SignedProperties` of the B level (EN 319 132-1, 6.3, table 2).

use std::fmt::Write as _;

use super::template::{Names, Parts};
use crate::pki::algorithm::digest_uri;
use crate::seal::xml::sink::write_attribute_value;

/// Namespace of XAdES; `xades:` in everything we write.
pub(super) const XADES_NAMESPACE: &str = "http://uri.etsi.org/01903/v1.3.2#";
/// Type of the reference to the signed properties (EN 319 132-1, 4.4.2).
pub(super) const SIGNED_PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";

/// Renders the signed properties: `SigningTime` (5.2.1) in UTC, `SigningCertificateV2` (5.2.2)
/// without issuer and serial and without URI, as table 2 i) and j) ask, and `DataObjectFormat`
/// (5.2.4) for the one signed data object.
pub(super) fn signed_properties(parts: &Parts<'_>) -> String {
    let Names { signed_properties, reference, .. } = parts.names;
    let time = parts.at.to_xs_date_time();
    let digest = digest_uri(parts.profile.digest);
    let certificate = parts.signer.certificate_digest(parts.profile.digest);
    let mut text = String::with_capacity(800);
    let _ = write!(
        text,
        "<xades:SignedProperties Id=\"{signed_properties}\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{time}</xades:SigningTime>\
         <xades:SigningCertificateV2><xades:Cert><xades:CertDigest>\
         <ds:DigestMethod Algorithm=\"{digest}\"/><ds:DigestValue>{certificate}</ds:DigestValue>\
         </xades:CertDigest></xades:Cert></xades:SigningCertificateV2>\
         </xades:SignedSignatureProperties><xades:SignedDataObjectProperties>\
         <xades:DataObjectFormat ObjectReference=\"#{reference}\"><xades:MimeType>{}</xades:MimeType>\
         </xades:DataObjectFormat></xades:SignedDataObjectProperties></xades:SignedProperties>",
        escaped(&parts.profile.mime_type),
    );
    text
}

/// Text that may stand in an attribute value or in content.
pub(super) fn escaped(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    write_attribute_value(text, &mut octets);
    String::from_utf8(octets).unwrap_or_default()
}
