//! A seal of ours before it is released: whether it can be read again, is of the certificate that it was to be
//! of, is over the document, whole, and has what was added to it. Path and algorithms are not looked at: what is
//! wrong with them is known before a key is used.

use std::ops::Range;

use thiserror::Error;

use super::report::VerifiedSignature;
use super::trust::Questions;
use super::xml::{self, Beside, OwnXml};
use super::{RevocationDemand, SubIndication, VerifySettings, asic, cms, pdf};
use crate::domain::cades::CadesPackaging;
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::profile::Profile;
use crate::domain::text::hex;
use crate::domain::transform::Transform;
use crate::domain::xades::{
    ExistingSignatures, Packaging, ReferenceKind, SignatureInput, SignatureTransform, XadesLevel,
    XadesProfile,
};
use crate::pki::calendar::Calendar;
use crate::pki::certificate::Certificate;
use crate::seal::{Limits, Sealed};

/// Why a seal must not be released. For operators: it is a fault of ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct OwnSealFault(String);

/// A seal as it was made.
#[derive(Clone, Debug)]
pub struct MadeSeal<'s> {
    /// What was asked for.
    pub profile: &'s Profile,
    /// Where it stands in its file.
    pub signature: Range<usize>,
    /// What it is over, when that is another file.
    pub beside: Option<&'s [u8]>,
    /// Whose key signed.
    pub certificate: &'s Certificate,
    /// When.
    pub at: Instant,
    /// What was added to it.
    pub level: Level,
}

impl<'s> MadeSeal<'s> {
    /// The seal of a document, by a profile.
    #[must_use]
    pub fn of(sealed: &'s Sealed, profile: &'s Profile) -> Self {
        Self {
            profile,
            signature: sealed.signature(),
            beside: sealed.beside(),
            certificate: sealed.certificate(),
            at: sealed.signing_time(),
            level: sealed.level(),
        }
    }
}

/// Reads a sealed file again and verifies our seal in it. When it returns, a verifier that trusts the certificate
/// finds what was asked for.
///
/// # Errors
/// [`OwnSealFault`].
pub fn check_own(file: &[u8], made: &MadeSeal<'_>, limits: &Limits) -> Result<(), OwnSealFault> {
    let settings = VerifySettings {
        anchors: Vec::new(),
        certificates: Vec::new(),
        at: made.at,
        revocation: RevocationDemand::NotAsked,
        lists: Vec::new(),
        answers: Vec::new(),
        calendar: Calendar::empty(),
        limits: with_seal(limits, made.signature.len()),
        detached: None,
        services: None,
    };
    let questions = Questions::of_own(&settings, made.certificate);
    let signatures = signatures(file, made, &questions).map_err(OwnSealFault)?;
    if signatures.is_empty() {
        return Err(OwnSealFault("the seal is not found where it was written".to_owned()));
    }
    let fault = signatures.iter().find_map(|signature| fault(signature, made));
    fault.map_or(Ok(()), |fault| Err(OwnSealFault(fault)))
}

/// Octets that a node of a seal takes at least: `<a/>`.
const NODE_OCTETS: usize = 4;

/// What a document may ask that is sealed already: what it might before, and what a seal of so many octets brings.
fn with_seal(limits: &Limits, octets: usize) -> Limits {
    Limits {
        depth: limits.depth + 32,
        nodes: limits.nodes + octets / NODE_OCTETS + 1000,
        attributes: limits.attributes + 8,
        namespace_bindings: limits.namespace_bindings + 32,
        ..limits.clone()
    }
}

/// Our signature; of several signers of a CMS all that say that they are it.
fn signatures(
    file: &[u8],
    made: &MadeSeal<'_>,
    questions: &Questions<'_>,
) -> Result<Vec<VerifiedSignature>, String> {
    let is_container = match made.profile {
        Profile::Xades(profile) => profile.packaging == Packaging::AsicE,
        Profile::Cades(profile) => profile.packaging == CadesPackaging::AsicE,
        Profile::Pades(_) => false,
    };
    let report = match made.profile {
        _ if is_container => asic::verify(file, questions),
        Profile::Xades(profile) => {
            let outside = |_: &str| made.beside;
            let beside = Beside {
                outside: &outside,
                octets: made.beside.map_or(0, <[u8]>::len),
                is_container: false,
                own: Some(OwnXml { at: made.signature.clone(), whole: covers_all(profile) }),
            };
            let verified = xml::signatures(file, questions, &beside);
            let verified = verified.map_err(|refusal| refusal.to_string())?;
            return Ok(verified.into_iter().map(|verified| verified.signature).collect());
        }
        Profile::Pades(_) => {
            return pdf::last(file, questions).map_err(|refusal| refusal.to_string());
        }
        Profile::Cades(_) => cms::verify(file, made.beside, questions),
    };
    if let Some(finding) = report.findings.first() {
        return Err(finding.text.clone());
    }
    let claimed = made.at.to_rfc3339();
    let is_own = |signature: &VerifiedSignature| {
        let same_time = signature.claimed_time.as_ref().is_none_or(|time| *time == claimed);
        is_container || same_time && is_of(signature, made.certificate)
    };
    Ok(report.signatures.into_iter().filter(is_own).collect())
}

fn is_of(signature: &VerifiedSignature, certificate: &Certificate) -> bool {
    let fingerprint = hex(&certificate.fingerprint());
    signature.signer.as_ref().is_some_and(|signer| signer.fingerprint == fingerprint)
}

/// What is wrong with our signature.
fn fault(signature: &VerifiedSignature, made: &MadeSeal<'_>) -> Option<String> {
    // an authority's recipe is not looked at, but for what it covers
    let by_recipe = matches!(made.profile, Profile::Xades(profile)
        if profile.signature_input != SignatureInput::SignedInfo);
    let mut findings = signature
        .findings
        .iter()
        .filter(|finding| !(by_recipe && finding.sub_indication == SubIndication::Generic));
    if let Some(finding) = findings.next() {
        return Some(finding.text.clone());
    }
    if by_recipe {
        let right = signature.covered.iter().all(|covered| covered.standing == "right");
        return (!right).then(|| "what it covers is not what it says".to_owned());
    }
    let bound = signature.signer.as_ref().is_some_and(|signer| signer.bound);
    let demands = [
        (signature.value_holds == Some(true), "its value was not checked"),
        (is_of(signature, made.certificate), "it is of another certificate"),
        (bound || !names_signer(made.profile), "it does not say whose it is"),
        (
            signature.covers_document || is_countersignature(made.profile),
            "it does not cover the document",
        ),
        (made.level < Level::T || signature.level == Some("T"), "its timestamp is not in it"),
    ];
    demands.iter().find(|(holds, _)| !holds).map(|(_, text)| (*text).to_owned())
}

/// Whether the signatures of a profile name their certificate.
fn names_signer(profile: &Profile) -> bool {
    match profile {
        Profile::Xades(profile) => profile.xades_level != XadesLevel::None,
        Profile::Pades(_) | Profile::Cades(_) => true,
    }
}

fn is_countersignature(profile: &Profile) -> bool {
    matches!(profile, Profile::Xades(profile)
        if profile.existing_signatures == ExistingSignatures::Countersign)
}

/// Whether a profile wants everything covered but signatures and what holds them. One that says which element, or
/// selects by expressions of its own, may want less.
fn covers_all(profile: &XadesProfile) -> bool {
    let selects = |transform: &Transform| {
        matches!(transform, Transform::XPath { .. } | Transform::XPathFilter2 { .. })
    };
    let by_expression = match &profile.signature_transform {
        SignatureTransform::Named(_) => false,
        SignatureTransform::List(all) => all.iter().any(selects),
    };
    let reference = &profile.reference;
    let by_element = reference.element.is_some()
        || reference.uri.as_ref().is_some_and(|uri| uri.starts_with('#'));
    profile.reference_order.contains(&ReferenceKind::Document) && !by_expression && !by_element
}
