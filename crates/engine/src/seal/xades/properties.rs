//! `xades:SignedProperties` (EN 319 132-1, 5.2; the version 1 forms as in TS 101 903).

use std::fmt::Write as _;

use super::parts::Parts;
use super::tags::{attribute, escaped, issuer_and_serial};
use crate::domain::claims::{Commitment, HashValue, Policy, ProductionPlace};
use crate::domain::instant::Instant;
use crate::domain::refusal::Refusal;
use crate::domain::xades::{SigningCertificateVersion, SigningTimeFormat};
use crate::pki::algorithm::digest_uri;
use crate::seal::signer::base64;

/// Type of the reference to the signed properties (EN 319 132-1, 4.4.2).
pub(super) const SIGNED_PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";

/// Renders the signed properties in the order of the schema.
///
/// # Errors
/// Settings that cannot be written.
pub(super) fn signed_properties(parts: &Parts<'_>) -> Result<String, Refusal> {
    let profile = parts.profile;
    let xades = parts.tags.xades();
    let v1 = profile.signing_certificate.version == SigningCertificateVersion::V1;
    let mut text = String::with_capacity(1500);
    let id = attribute("Id", &parts.names.signed_properties);
    let time = signing_time(parts.at, profile.signing_time_format);
    let _ = write!(
        text,
        "<{xades}SignedProperties{id}><{xades}SignedSignatureProperties>\
         <{xades}SigningTime>{time}</{xades}SigningTime>"
    );
    signing_certificate(parts, &mut text)?;
    if let Some(policy) = &profile.policy {
        signature_policy(policy, parts, &mut text)?;
    }
    if let Some(place) = &profile.production_place {
        production_place(place, v1, xades, &mut text);
    }
    if !profile.claimed_roles.is_empty() {
        claimed_roles(&profile.claimed_roles, v1, xades, &mut text);
    }
    let _ = write!(text, "</{xades}SignedSignatureProperties>");
    let before = text.len();
    let _ = write!(text, "<{xades}SignedDataObjectProperties>");
    let opened = text.len();
    data_object_formats(parts, &mut text);
    for commitment in &profile.commitments {
        commitment_type(commitment, xades, &mut text);
    }
    if text.len() == opened {
        text.truncate(before);
    } else {
        let _ = write!(text, "</{xades}SignedDataObjectProperties>");
    }
    let _ = write!(text, "</{xades}SignedProperties>");
    Ok(text)
}

/// `xs:dateTime` as the profile wants it.
pub(super) fn signing_time(at: Instant, format: SigningTimeFormat) -> String {
    match format {
        SigningTimeFormat::Utc => at.to_xs_date_time(),
        SigningTimeFormat::NoZone => at.to_xs_date_time().trim_end_matches('Z').to_owned(),
        SigningTimeFormat::OffsetMinutes(minutes) => {
            let local = at.plus_ms(i64::from(minutes) * 60_000).to_xs_date_time();
            format!("{}{format}", local.trim_end_matches('Z'))
        }
    }
}

fn signing_certificate(parts: &Parts<'_>, text: &mut String) -> Result<(), Refusal> {
    let settings = &parts.profile.signing_certificate;
    let (ds, xades) = (parts.tags.ds(), parts.tags.xades());
    let version = match settings.version {
        SigningCertificateVersion::None => return Ok(()),
        SigningCertificateVersion::V1 => "",
        SigningCertificateVersion::V2 => "V2",
    };
    let algorithm = settings.digest_algorithm.unwrap_or(parts.profile.digest_algorithm);
    let method = digest_uri(algorithm);
    let how_many = parts.signer.chain().count(settings.certificates);
    let _ = write!(text, "<{xades}SigningCertificate{version}>");
    for (position, certificate) in parts.signer.chain().certificates().take(how_many).enumerate() {
        let digest = parts.signer.certificate_digest(position, algorithm);
        let _ = write!(
            text,
            "<{xades}Cert><{xades}CertDigest><{ds}DigestMethod Algorithm=\"{method}\"/>\
             <{ds}DigestValue>{digest}</{ds}DigestValue></{xades}CertDigest>"
        );
        if settings.version == SigningCertificateVersion::V1 {
            let (issuer, serial) = issuer_and_serial(certificate, &settings.name_style)?;
            let _ = write!(
                text,
                "<{xades}IssuerSerial><{ds}X509IssuerName>{issuer}</{ds}X509IssuerName>\
                 <{ds}X509SerialNumber>{serial}</{ds}X509SerialNumber></{xades}IssuerSerial>"
            );
        } else if settings.issuer_serial {
            let serial = base64(&certificate.issuer_serial_der());
            let _ = write!(text, "<{xades}IssuerSerialV2>{serial}</{xades}IssuerSerialV2>");
        }
        let _ = write!(text, "</{xades}Cert>");
    }
    let _ = write!(text, "</{xades}SigningCertificate{version}>");
    Ok(())
}

/// EN 319 132-1, 5.2.9. Nothing is computed: authorities publish the hash as a literal, and some of
/// them published a wrong one.
fn signature_policy(policy: &Policy, parts: &Parts<'_>, text: &mut String) -> Result<(), Refusal> {
    let (ds, xades) = (parts.tags.ds(), parts.tags.xades());
    let _ = write!(text, "<{xades}SignaturePolicyIdentifier>");
    if policy.identifier.is_empty() {
        let _ = write!(text, "<{xades}SignaturePolicyImplied/>");
    } else {
        let qualifier = attribute("Qualifier", policy.qualifier.as_deref().unwrap_or_default());
        let identifier = escaped(&policy.identifier);
        let _ = write!(
            text,
            "<{xades}SignaturePolicyId><{xades}SigPolicyId>\
             <{xades}Identifier{qualifier}>{identifier}</{xades}Identifier>"
        );
        optional(policy.description.as_deref(), xades, "Description", text);
        let HashValue { algorithm, value } = policy.hash.as_ref().ok_or_else(|| {
            let rule = "a policy with an identifier needs its published hash".to_owned();
            Refusal::setting("policy.hash", rule)
        })?;
        let method = published_digest_uri(algorithm)?;
        let value = escaped(value);
        let _ = write!(
            text,
            "</{xades}SigPolicyId><{xades}SigPolicyHash><{ds}DigestMethod Algorithm=\"{method}\"/>\
             <{ds}DigestValue>{value}</{ds}DigestValue></{xades}SigPolicyHash>"
        );
        if let Some(uri) = &policy.spuri {
            let uri = escaped(uri);
            let _ = write!(
                text,
                "<{xades}SigPolicyQualifiers><{xades}SigPolicyQualifier><{xades}SPURI>{uri}\
                 </{xades}SPURI></{xades}SigPolicyQualifier></{xades}SigPolicyQualifiers>"
            );
        }
        let _ = write!(text, "</{xades}SignaturePolicyId>");
    }
    let _ = write!(text, "</{xades}SignaturePolicyIdentifier>");
    Ok(())
}

/// The URI of a digest algorithm that is only written: any name we know, or a URI as it is.
fn published_digest_uri(algorithm: &str) -> Result<String, Refusal> {
    let known = match algorithm {
        "SHA1" => "http://www.w3.org/2000/09/xmldsig#sha1",
        "SHA256" => "http://www.w3.org/2001/04/xmlenc#sha256",
        "SHA384" => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "SHA512" => "http://www.w3.org/2001/04/xmlenc#sha512",
        uri if uri.contains(':') => return Ok(escaped(uri)),
        other => {
            let rule = format!(
                "'{other}' is no digest algorithm; name SHA1, SHA256, SHA384, SHA512 or a URI"
            );
            return Err(Refusal::setting("policy.hash.algorithm", rule));
        }
    };
    Ok(known.to_owned())
}

fn production_place(place: &ProductionPlace, v1: bool, xades: &str, text: &mut String) {
    let version = if v1 { "" } else { "V2" };
    let _ = write!(text, "<{xades}SignatureProductionPlace{version}>");
    optional(place.city.as_deref(), xades, "City", text);
    if !v1 {
        optional(place.street_address.as_deref(), xades, "StreetAddress", text);
    }
    optional(place.state_or_province.as_deref(), xades, "StateOrProvince", text);
    optional(place.postal_code.as_deref(), xades, "PostalCode", text);
    optional(place.country.as_deref(), xades, "CountryName", text);
    let _ = write!(text, "</{xades}SignatureProductionPlace{version}>");
}

fn claimed_roles(roles: &[String], v1: bool, xades: &str, text: &mut String) {
    let version = if v1 { "" } else { "V2" };
    let _ = write!(text, "<{xades}SignerRole{version}><{xades}ClaimedRoles>");
    for role in roles {
        optional(Some(role), xades, "ClaimedRole", text);
    }
    let _ = write!(text, "</{xades}ClaimedRoles></{xades}SignerRole{version}>");
}

/// EN 319 132-1, 5.2.4, for the document, or for every file of a container.
fn data_object_formats(parts: &Parts<'_>, text: &mut String) {
    let format = &parts.profile.data_object_format;
    if !format.include {
        return;
    }
    for (reference, media_type) in parts.files {
        data_object_format(
            parts,
            reference,
            format.mime_type.as_deref().or(Some(media_type)),
            text,
        );
    }
    if parts.files.is_empty() {
        let media_type = format.mime_type.as_deref().or(parts.profile.mime_type.as_deref());
        let reference = &parts.names.document_reference;
        data_object_format(parts, reference, media_type.or(Some("text/xml")), text);
    }
}

fn data_object_format(
    parts: &Parts<'_>,
    reference: &str,
    media_type: Option<&str>,
    text: &mut String,
) {
    let format = &parts.profile.data_object_format;
    let xades = parts.tags.xades();
    let _ = write!(text, "<{xades}DataObjectFormat ObjectReference=\"#{reference}\">");
    optional(format.description.as_deref(), xades, "Description", text);
    if let Some(identifier) = &format.identifier {
        let qualifier = attribute("Qualifier", format.qualifier.as_deref().unwrap_or_default());
        let identifier = escaped(identifier);
        let _ = write!(
            text,
            "<{xades}ObjectIdentifier><{xades}Identifier{qualifier}>{identifier}</{xades}Identifier>"
        );
        optional(format.identifier_description.as_deref(), xades, "Description", text);
        let _ = write!(text, "</{xades}ObjectIdentifier>");
    }
    optional(media_type, xades, "MimeType", text);
    optional(format.encoding.as_deref(), xades, "Encoding", text);
    let _ = write!(text, "</{xades}DataObjectFormat>");
}

/// EN 319 132-1, 5.2.3, for everything that is signed.
fn commitment_type(commitment: &Commitment, xades: &str, text: &mut String) {
    let identifier = escaped(&commitment.identifier);
    let _ = write!(
        text,
        "<{xades}CommitmentTypeIndication><{xades}CommitmentTypeId>\
         <{xades}Identifier>{identifier}</{xades}Identifier>"
    );
    optional(commitment.description.as_deref(), xades, "Description", text);
    let _ = write!(
        text,
        "</{xades}CommitmentTypeId><{xades}AllSignedDataObjects/></{xades}CommitmentTypeIndication>"
    );
}

/// An element with text, unless there is none.
fn optional(value: Option<&str>, xades: &str, name: &str, text: &mut String) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        let value = escaped(value);
        let _ = write!(text, "<{xades}{name}>{value}</{xades}{name}>");
    }
}
