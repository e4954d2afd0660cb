//! What settings may not say together, decided before a document is looked at.

use crate::domain::refusal::Refusal;
use crate::domain::xades::{
    ExistingSignatures, KeyInfoPart, Packaging, ReferenceKind, SignatureInput, SignatureLocation,
    SigningCertificateVersion, SigningTimeFormat, XadesLevel, XadesProfile,
};

/// Refuses settings that contradict each other or the level they claim.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting below `advancedSignatureInfo`.
pub(super) fn check(profile: &XadesProfile) -> Result<(), Refusal> {
    references(profile)?;
    lists(profile)?;
    match profile.xades_level {
        XadesLevel::None => plain(profile)?,
        XadesLevel::Bes | XadesLevel::Epes => extended(profile)?,
        XadesLevel::B => {
            extended(profile)?;
            baseline(profile)?;
        }
    }
    packaging(profile)?;
    if profile.packaging != Packaging::Enveloped
        && (profile.ubl.create_scaffolding
            || profile.ubl.add_cac_signature
            || profile.existing_signatures != ExistingSignatures::Refuse)
    {
        return conflict("packaging", "UBL scaffolding and existing signatures need ENVELOPED");
    }
    if profile.signature_input != SignatureInput::SignedInfo
        && profile.packaging != Packaging::Enveloped
    {
        return conflict("packaging", "this signatureInput needs ENVELOPED");
    }
    Ok(())
}

fn references(profile: &XadesProfile) -> Result<(), Refusal> {
    let order = &profile.reference_order;
    let repeated =
        order.iter().enumerate().any(|(at, kind)| order.iter().take(at).any(|k| k == kind));
    if repeated || !order.contains(&ReferenceKind::Document) {
        return conflict("referenceOrder", "must name DOCUMENT, and each kind at most once");
    }
    if profile.reference.transforms.is_some() {
        let rule = "the transforms of the document are said in signatureTransform";
        return conflict("reference.transforms", rule);
    }
    let own = [
        ("keyInfoReference", &profile.key_info_reference),
        ("signedPropertiesReference", &profile.signed_properties_reference),
    ];
    for (path, settings) in own {
        if settings.uri.is_some() || settings.element.is_some() {
            return conflict(path, "uri and element follow from what it refers to");
        }
    }
    Ok(())
}

/// What has no meaning where the signature is not inside the document.
fn packaging(profile: &XadesProfile) -> Result<(), Refusal> {
    if profile.packaging == Packaging::Enveloped {
        return Ok(());
    }
    if profile.signature_location != SignatureLocation::default() {
        return conflict(
            "signatureLocation",
            "only ENVELOPED signatures have a place in the document",
        );
    }
    if profile.reference.element.is_some() {
        return conflict("reference.element", "only ENVELOPED signatures refer to an element");
    }
    if profile.packaging == Packaging::Enveloping && profile.reference.uri.is_some() {
        return conflict("reference.uri", "an enveloping signature refers to the object it holds");
    }
    Ok(())
}

/// What a plain XML signature has no room for.
fn plain(profile: &XadesProfile) -> Result<(), Refusal> {
    let rule = "needs XAdES properties; ask for xadesLevel BES, EPES or B";
    if profile.policy.is_some() {
        return conflict("policy", rule);
    }
    if !profile.claimed_roles.is_empty() {
        return conflict("claimedRoles", rule);
    }
    if profile.production_place.is_some() {
        return conflict("productionPlace", rule);
    }
    if !profile.commitments.is_empty() {
        return conflict("commitments", rule);
    }
    Ok(())
}

/// Lists that nobody needs longer.
fn lists(profile: &XadesProfile) -> Result<(), Refusal> {
    if profile.key_info.key_value && !profile.key_info.order.contains(&KeyInfoPart::KeyValue) {
        return conflict("keyInfo.order", "must name KEY_VALUE when keyValue is asked for");
    }
    const MAX_ITEMS: usize = 20;
    let lengths =
        [("claimedRoles", profile.claimed_roles.len()), ("commitments", profile.commitments.len())];
    for (path, length) in lengths {
        if length > MAX_ITEMS {
            return conflict(path, "at most 20 entries");
        }
    }
    Ok(())
}

/// What XAdES needs at any level.
fn extended(profile: &XadesProfile) -> Result<(), Refusal> {
    if !profile.reference_order.contains(&ReferenceKind::SignedProperties) {
        return conflict("referenceOrder", "must name SIGNED_PROPERTIES unless xadesLevel is NONE");
    }
    if profile.ids.signed_properties.is_empty() {
        return conflict("ids.signedProperties", "must not be empty, a reference points to it");
    }
    if profile.ids.signature.is_empty() {
        return conflict("ids.signature", "must not be empty, xades:QualifyingProperties names it");
    }
    if profile.data_object_format.include && profile.reference.id.as_deref() == Some("") {
        return conflict("reference.id", "must not be empty, xades:DataObjectFormat names it");
    }
    if profile.xades_level == XadesLevel::Epes && profile.policy.is_none() {
        return conflict("policy", "xadesLevel EPES needs a policy");
    }
    let signed_key_info = profile.reference_order.contains(&ReferenceKind::KeyInfo);
    if profile.signing_certificate.version == SigningCertificateVersion::None && !signed_key_info {
        let rule =
            "NONE needs KEY_INFO in referenceOrder: something signed must name the certificate";
        return conflict("signingCertificate.version", rule);
    }
    Ok(())
}

/// EN 319 132-1 V1.3.1, 6.3, table 2.
fn baseline(profile: &XadesProfile) -> Result<(), Refusal> {
    if profile.signing_certificate.version != SigningCertificateVersion::V2 {
        return conflict("signingCertificate.version", "xadesLevel B needs V2; use BES for V1");
    }
    if profile.signing_time_format != SigningTimeFormat::Utc {
        return conflict("signingTimeFormat", "xadesLevel B needs UTC");
    }
    let format = &profile.data_object_format;
    if !format.include || format.mime_type.as_deref() == Some("") {
        return conflict("dataObjectFormat", "xadesLevel B needs it with a mimeType");
    }
    let type_of_properties = profile.signed_properties_reference.reference_type.as_deref();
    if !matches!(type_of_properties, None | Some(super::properties::SIGNED_PROPERTIES_TYPE)) {
        return conflict("signedPropertiesReference.type", "xadesLevel B fixes it");
    }
    if profile.ids.target.is_some() {
        return conflict("ids.target", "xadesLevel B needs the signature's Id");
    }
    if profile.signature_input != SignatureInput::SignedInfo {
        return conflict("xadesLevel", "such a signatureInput is no XAdES signature; use BES");
    }
    Ok(())
}

fn conflict(path: &'static str, rule: &str) -> Result<(), Refusal> {
    Err(Refusal::setting(path, rule.to_owned()))
}
