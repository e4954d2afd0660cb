//! What settings may not say together, decided before a document is looked at.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::domain::claims::{Policy, ProductionPlace};
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::domain::xades::{
    ExistingSignatures, KeyInfoPart, LocationElement, Packaging, ReferenceKind, ReferenceSettings,
    SignatureInput, SignatureLocation, SignatureTransform, SignatureValueEncoding,
    SigningCertificateVersion, SigningTimeFormat, XadesLevel, XadesProfile,
};
use crate::seal::xml::transforms::MAX_FILTERS;
use crate::seal::xml::uri::is_absolute;

/// Refuses settings that contradict each other or the level they claim.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub(super) fn check(profile: &XadesProfile) -> Result<(), Refusal> {
    references(profile)?;
    lists(profile)?;
    texts(profile)?;
    without_effect(profile)?;
    transforms(profile)?;
    namespaces(profile)?;
    match profile.xades_level {
        XadesLevel::None => plain(profile)?,
        XadesLevel::Bes | XadesLevel::Epes => extended(profile)?,
        XadesLevel::B => {
            extended(profile)?;
            baseline(profile)?;
        }
    }
    packaging(profile)?;
    // In a container a signature stands beside others in a file of its own.
    let beside = profile.packaging == Packaging::AsicE
        && profile.existing_signatures == ExistingSignatures::Parallel;
    if profile.packaging != Packaging::Enveloped
        && (profile.ubl.create_scaffolding
            || profile.ubl.add_cac_signature
            || (profile.existing_signatures != ExistingSignatures::Refuse && !beside))
    {
        let rule =
            "UBL scaffolding and existing signatures need ENVELOPED; PARALLEL is for ASIC_E too";
        return conflict("packaging", rule);
    }
    if profile.signature_input != SignatureInput::SignedInfo
        && profile.packaging != Packaging::Enveloped
    {
        return conflict("packaging", "this signatureInput needs ENVELOPED");
    }
    Ok(())
}

/// Refuses what a request says although a countersignature does nothing with it. What only a profile
/// says is meant for its seals, and is no reason.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub(super) fn check_said(profile: &XadesProfile, said: &Map<String, Value>) -> Result<(), Refusal> {
    if profile.existing_signatures != ExistingSignatures::Countersign {
        return Ok(());
    }
    let says = |value: Option<&Value>| {
        value.is_some_and(|it| !matches!(it.as_str(), Some("DEFAULT")) && !it.is_null())
    };
    if says(said.get("signatureTransform")) {
        return conflict("signatureTransform", OF_COUNTERSIGNATURE);
    }
    let member = |group, name| said.get(group).and_then(|group: &Value| group.get(name));
    for (path, name) in
        [("reference.uri", "uri"), ("reference.element", "element"), ("reference.type", "type")]
    {
        if says(member("reference", name)) {
            return conflict(path, OF_COUNTERSIGNATURE);
        }
    }
    for (path, name) in
        [("ubl.createScaffolding", "createScaffolding"), ("ubl.addCacSignature", "addCacSignature")]
    {
        if member("ubl", name) == Some(&Value::Bool(true)) {
            return conflict(path, "a countersignature goes into the signature that is there");
        }
    }
    Ok(())
}

/// What the reference of a countersignature is.
const OF_COUNTERSIGNATURE: &str =
    "a countersignature signs the value of the signature that is there, and nothing else";

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

/// Entries of a list.
const MAX_ITEMS: usize = 20;

/// Lists that nobody needs longer.
fn lists(profile: &XadesProfile) -> Result<(), Refusal> {
    if profile.key_info.key_value && !profile.key_info.order.contains(&KeyInfoPart::KeyValue) {
        return conflict("keyInfo.order", "must name KEY_VALUE when keyValue is asked for");
    }
    let lengths =
        [("claimedRoles", profile.claimed_roles.len()), ("commitments", profile.commitments.len())];
    for (path, length) in lengths {
        if length > MAX_ITEMS {
            return conflict(path, "at most 20 entries");
        }
    }
    Ok(())
}

/// Texts that a schema or a reader would refuse.
fn texts(profile: &XadesProfile) -> Result<(), Refusal> {
    if profile.claimed_roles.iter().any(|role| role.trim().is_empty()) {
        return conflict("claimedRoles", "a role must not be empty");
    }
    if profile.commitments.iter().any(|commitment| commitment.identifier.trim().is_empty()) {
        return conflict("commitments", "each needs an identifier");
    }
    if profile.production_place == Some(ProductionPlace::default()) {
        return conflict("productionPlace", "say a city, country or other part of it");
    }
    let policy = profile.policy.as_ref();
    let qualifiers = [
        ("policy.qualifier", policy.and_then(|policy| policy.qualifier.as_deref())),
        ("dataObjectFormat.qualifier", profile.data_object_format.qualifier.as_deref()),
    ];
    for (path, qualifier) in qualifiers {
        if qualifier.is_some_and(|it| !matches!(it, "OIDAsURN" | "OIDAsURI")) {
            return conflict(path, "must be OIDAsURN or OIDAsURI");
        }
    }
    let hash = policy.and_then(|policy| policy.hash.as_ref());
    if hash.is_some_and(|hash| hash.value.is_empty() || STANDARD.decode(&hash.value).is_err()) {
        return conflict("policy.hash.value", "must be base64, as published");
    }
    let of_properties = Some(super::properties::SIGNED_PROPERTIES_TYPE);
    for (path, settings) in [
        ("reference.type", &profile.reference),
        ("keyInfoReference.type", &profile.key_info_reference),
    ] {
        if settings.reference_type.as_deref() == of_properties {
            return conflict(path, "this type is for the reference to the signed properties");
        }
    }
    Ok(())
}

/// What would be accepted and then do nothing.
fn without_effect(profile: &XadesProfile) -> Result<(), Refusal> {
    let location = &profile.signature_location;
    if location.first_empty && location.index.is_some() {
        return conflict("signatureLocation", "say index or firstEmpty, not both");
    }
    if location.place == LocationElement::Default
        && (location.first_empty || location.index.is_some())
    {
        return conflict("signatureLocation", "index and firstEmpty choose among named places");
    }
    let v1 = profile.signing_certificate.version == SigningCertificateVersion::V1;
    let street = profile.production_place.as_ref().is_some_and(|it| it.street_address.is_some());
    if v1 && street {
        return conflict("productionPlace.streetAddress", "version 1 has no place for it");
    }
    let format = &profile.data_object_format;
    let of_identifier = format.qualifier.is_some() || format.identifier_description.is_some();
    if format.identifier.is_none() && of_identifier {
        return conflict("dataObjectFormat.identifier", "its qualifier and description need it");
    }
    if let Some(policy) = &profile.policy
        && policy.identifier.is_empty()
        && *policy != Policy::default()
    {
        return conflict("policy.identifier", "the rest of the policy needs it");
    }
    let key_info = profile.reference_order.contains(&ReferenceKind::KeyInfo);
    if !key_info && profile.key_info_reference != ReferenceSettings::default() {
        return conflict("keyInfoReference", "there is none; name KEY_INFO in referenceOrder");
    }
    Ok(())
}

/// The number of filters, and the order: the enveloped transform may only be applied to a node-set of
/// the document that holds the signature (XMLDSIG 1.1, 6.6.4); octets hold no signature that it could
/// leave out.
fn transforms(profile: &XadesProfile) -> Result<(), Refusal> {
    let SignatureTransform::List(list) = &profile.signature_transform else { return Ok(()) };
    let filters = list.iter().filter_map(|transform| match transform {
        Transform::XPathFilter2 { filters } => Some(filters.len()),
        _ => None,
    });
    for count in filters {
        if !(1..=MAX_FILTERS).contains(&count) {
            let rule = format!("XPATH_FILTER2 needs 1 to {MAX_FILTERS} filters");
            return conflict("signatureTransform", &rule);
        }
    }
    let ends = |transform: &Transform| {
        matches!(transform, Transform::Canonical { .. } | Transform::Base64)
    };
    if list.iter().skip_while(|transform| !ends(transform)).any(|it| *it == Transform::Enveloped) {
        let rule = "ENVELOPED must come before the first CANONICAL or BASE64";
        return conflict("signatureTransform", rule);
    }
    Ok(())
}

/// Namespace names that XPath expressions are given: canonicalization allows no others in the
/// `ds:XPath` that declares them, and no element has another.
fn namespaces(profile: &XadesProfile) -> Result<(), Refusal> {
    if let LocationElement::XPath { namespaces, .. } = &profile.signature_location.place {
        absolute("signatureLocation", namespaces)?;
    }
    if let Some(element) = &profile.reference.element
        && let LocationElement::XPath { namespaces, .. } = &element.place
    {
        absolute("reference.element", namespaces)?;
    }
    let SignatureTransform::List(list) = &profile.signature_transform else { return Ok(()) };
    for transform in list {
        match transform {
            Transform::XPath { namespaces, .. } => absolute("signatureTransform", namespaces)?,
            Transform::XPathFilter2 { filters } => {
                for filter in filters {
                    absolute("signatureTransform", &filter.namespaces)?;
                }
            }
            Transform::Enveloped | Transform::Canonical { .. } | Transform::Base64 => {}
        }
    }
    Ok(())
}

fn absolute(path: &'static str, namespaces: &BTreeMap<String, String>) -> Result<(), Refusal> {
    match namespaces.iter().find(|(_, name)| !is_absolute(name)) {
        None => Ok(()),
        Some((prefix, name)) => {
            let shown: String = name.chars().take(120).collect();
            let rule = format!(
                "namespaces binds the prefix '{prefix}' to '{shown}', which is no absolute URI"
            );
            conflict(path, &rule)
        }
    }
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
    if profile.signature_value_encoding != SignatureValueEncoding::Raw {
        return conflict("signatureValueEncoding", "xadesLevel B needs RAW (XMLDSIG 1.1, 6.4.3)");
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
