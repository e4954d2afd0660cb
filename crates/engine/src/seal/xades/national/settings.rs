//! What an authority fixes, so that no setting can say otherwise.

use super::Authority;
use super::signature::SIGNATURE_PROPERTIES_TYPE;
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{
    Base64Lines, Certificates, DataObjectFormat, ExistingSignatures, IdPatterns, KeyInfoSettings,
    Position, Prefixes, ReferenceKind, ReferenceSettings, SignatureTransform,
    SignatureValueEncoding, SigningCertificate, SigningCertificateVersion, XadesLevel,
    XadesProfile,
};
use crate::pki::algorithm::KeyKind;
use crate::seal::Signer;

/// Refuses a key that the authority does not take.
///
/// # Errors
/// [`Refusal::CertificateUnusable`]; a setting that asks for another algorithm.
pub(super) fn check_key(
    authority: Authority,
    signer: &Signer,
    algorithm: SignatureAlgorithm,
) -> Result<(), Refusal> {
    let kind = signer.certificate().key_kind();
    let (fits, wanted) = match authority {
        Authority::Zatca => (kind == KeyKind::Secp256k1, "on the curve secp256k1"),
        Authority::MyInvois => (matches!(kind, KeyKind::Rsa { .. }), "of RSA"),
    };
    let form = authority.form();
    if !fits {
        let (key, name) = (kind.label(), form.authority);
        let reason = format!("its key is {key}, and {name} takes keys {wanted} only");
        return Err(Refusal::CertificateUnusable { reason });
    }
    if algorithm != form.algorithm {
        let rule = format!("{} fixes {}", form.authority, form.algorithm.setting());
        return Err(Refusal::setting("signatureAlgorithm", rule));
    }
    Ok(())
}

/// Refuses settings that ask for anything but what the authority fixes. Free are the place, the UBL
/// scaffolding, how the issuer's name is spelled and how the time is written.
///
/// # Errors
/// [`Refusal::SettingConflict`] with the path of the setting.
pub(super) fn check(authority: Authority, profile: &XadesProfile) -> Result<(), Refusal> {
    let form = authority.form();
    let says = |path: &'static str, right: bool| {
        if right {
            return Ok(());
        }
        let (name, built_in) = (form.authority, form.profile);
        let rule =
            format!("{name} fixes it; ask for the profile {built_in} and leave this setting out");
        Err(Refusal::setting(path, rule))
    };
    let encoding = match authority {
        Authority::Zatca => SignatureValueEncoding::Der,
        Authority::MyInvois => SignatureValueEncoding::Raw,
    };
    says("xadesLevel", profile.xades_level == XadesLevel::Bes)?;
    says("signatureLocation.position", profile.signature_location.position == Position::LastChild)?;
    says("existingSignatures", profile.existing_signatures == ExistingSignatures::Refuse)?;
    says("canonicalTransform", profile.canonical_transform == form.canonicalization)?;
    says("signatureTransform", profile.signature_transform == SignatureTransform::default())?;
    says("digestAlgorithm", profile.digest_algorithm == DigestAlgorithm::Sha256)?;
    says("signatureValueEncoding", profile.signature_value_encoding == encoding)?;
    says("policy", profile.policy.is_none())?;
    says("claimedRoles", profile.claimed_roles.is_empty())?;
    says("productionPlace", profile.production_place.is_none())?;
    says("commitments", profile.commitments.is_empty())?;
    says("prefixes", profile.prefixes == Prefixes::default())?;
    says("base64Wrap", profile.base64_lines == Base64Lines::One)?;
    let format = DataObjectFormat { include: false, ..DataObjectFormat::default() };
    says("dataObjectFormat", profile.data_object_format == format)?;
    let key_info =
        KeyInfoSettings { certificates: Certificates::Signer, ..KeyInfoSettings::default() };
    says("keyInfo", profile.key_info == key_info)?;
    let certificate = SigningCertificate {
        version: SigningCertificateVersion::V1,
        name_style: profile.signing_certificate.name_style.clone(),
        ..SigningCertificate::default()
    };
    says("signingCertificate", profile.signing_certificate == certificate)?;
    let order = [ReferenceKind::Document, ReferenceKind::SignedProperties];
    says("referenceOrder", profile.reference_order == order)?;
    let document =
        ReferenceSettings { id: Some(form.document_id.to_owned()), ..ReferenceSettings::default() };
    says("reference", profile.reference == document)?;
    says("keyInfoReference", profile.key_info_reference == ReferenceSettings::default())?;
    let properties = ReferenceSettings {
        reference_type: Some(SIGNATURE_PROPERTIES_TYPE.to_owned()),
        transforms: Some(Vec::new()),
        ..ReferenceSettings::default()
    };
    says("signedPropertiesReference", profile.signed_properties_reference == properties)?;
    let ids = IdPatterns {
        signature: form.signature_id.to_owned(),
        signed_info: String::new(),
        signature_value: String::new(),
        key_info: String::new(),
        object: String::new(),
        qualifying_properties: String::new(),
        signed_properties: form.properties_id.to_owned(),
        target: Some(form.signature_id.to_owned()),
    };
    says("ids", profile.ids == ids)
}
