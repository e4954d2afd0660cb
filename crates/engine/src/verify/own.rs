//! A seal of ours before it is released: whether it can be read again, is of the certificate that it was to be
//! of, is over the document, whole, and has what was added to it. Path and algorithms are not looked at: what is
//! wrong with them is known before a key is used. At levels LT and LTA paths and revocation are, with nothing but
//! what is in the file, as that is what these levels promise.

use std::ops::Range;

use thiserror::Error;

use super::report::VerifiedSignature;
use super::timestamps::{TIMESTAMP_OF_CONTAINER, TIMESTAMP_OF_DOCUMENT};
use super::trust::Questions;
use super::xml::{self, Beside, OwnPlace, OwnXml};
use super::{RevocationDemand, SubIndication, VerifySettings, asic, cms, pdf, verify};
use crate::domain::cades::CadesPackaging;
use crate::domain::instant::Instant;
use crate::domain::level::Level;
use crate::domain::profile::Profile;
use crate::domain::text::hex;
use crate::domain::transform::Transform;
use crate::domain::xades::{
    Packaging, ReferenceKind, SignatureInput, SignatureTransform, XadesLevel, XadesProfile,
};
use crate::pki::calendar::Calendar;
use crate::pki::certificate::Certificate;
use crate::pki::path::TrustAnchor;
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
    let settings = settings(made.at, limits, made.signature.len());
    check(file, made, None, &Questions::of_own(&settings, made.certificate))
}

/// Nobody is trusted, and nothing asked. The seal has no more than so many octets.
fn settings(at: Instant, limits: &Limits, octets: usize) -> VerifySettings {
    VerifySettings {
        anchors: Vec::new(),
        certificates: Vec::new(),
        at,
        revocation: RevocationDemand::NotAsked,
        lists: Vec::new(),
        answers: Vec::new(),
        calendar: Calendar::empty(),
        limits: with_seal(limits, octets),
        detached: None,
        services: None,
    }
}

/// With its value, where the seal does not stand any more where it was written.
fn check(
    file: &[u8],
    made: &MadeSeal<'_>,
    value: Option<&[u8]>,
    questions: &Questions<'_>,
) -> Result<(), OwnSealFault> {
    let signatures = signatures(file, made, value, questions).map_err(OwnSealFault)?;
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

/// A seal as it was made and then raised to level LT or LTA.
#[derive(Clone, Debug)]
pub struct RaisedSeal<'s> {
    /// What was asked for.
    pub profile: &'s Profile,
    /// What it is over, when that is another file.
    pub beside: Option<&'s [u8]>,
    /// What was made before it was raised.
    pub facts: &'s SealFacts,
    /// The level that it was raised to.
    pub level: Level,
    /// What its certificate and those of its timestamps lead to.
    pub trust: &'s [TrustAnchor],
    /// When it is to hold.
    pub now: Instant,
}

/// What does not change of a seal when it is raised.
#[derive(Clone, Debug)]
pub struct SealFacts {
    certificate: Certificate,
    at: Instant,
    value: Vec<u8>,
    /// Octets of the file with the seal, before anything was added to it.
    length: usize,
}

impl SealFacts {
    /// Those of a seal that is to be raised.
    #[must_use]
    pub fn of(sealed: &Sealed) -> Self {
        Self {
            certificate: sealed.certificate().clone(),
            at: sealed.signing_time(),
            value: sealed.value().octets().to_vec(),
            length: sealed.bytes().len(),
        }
    }

    /// The signature value, by which a seal is found again.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The seal at level T, where it was written.
    #[must_use]
    pub const fn made<'s>(
        &'s self,
        profile: &'s Profile,
        signature: Range<usize>,
        beside: Option<&'s [u8]>,
    ) -> MadeSeal<'s> {
        let (certificate, at) = (&self.certificate, self.at);
        MadeSeal { profile, signature, beside, certificate, at, level: Level::T }
    }
}

/// Reads a file again whose seal was raised, and verifies that as a stranger would who trusts the anchors, asks
/// nobody, and has nothing but the file. When it returns, our seal and its timestamps hold, it has the level, and it
/// covers what its profile wants covered. Other signatures of a CMS are right; in XML and containers they were read
/// again when the seal was raised, or left as they were, and of a PDF our seal covers all that was there before.
///
/// # Errors
/// [`OwnSealFault`].
pub fn check_raised(
    file: &[u8],
    raised: &RaisedSeal<'_>,
    limits: &Limits,
) -> Result<(), OwnSealFault> {
    let settings = VerifySettings {
        // the level is what asks for revocation data; of the last archive timestamp nobody has any yet
        anchors: raised.trust.to_vec(),
        ..settings(raised.now, limits, file.len())
    };
    let facts = raised.facts;
    let questions = Questions::of_raised(&settings, &facts.certificate);
    let made = MadeSeal {
        profile: raised.profile,
        signature: 0..facts.length,
        beside: raised.beside,
        certificate: &facts.certificate,
        at: facts.at,
        level: raised.level,
    };
    check(file, &made, Some(&facts.value), &questions)
}

/// A seal of ours that was released before, and raised since.
#[derive(Clone, Debug)]
pub struct KeptSeal<'s> {
    /// What was asked for.
    pub profile: &'s Profile,
    /// What it is over, when that is another file.
    pub beside: Option<&'s [u8]>,
    /// SHA-256 of the certificate whose key signed.
    pub certificate: [u8; 32],
    /// When.
    pub at: Instant,
    /// The level that it was raised to.
    pub level: Level,
    /// What its certificate and those of its timestamps lead to.
    pub trust: &'s [TrustAnchor],
    /// When it is to hold.
    pub now: Instant,
}

/// Reads a file with such a seal again, as a stranger would who has nothing but the file. When it returns, the value of
/// our seal holds, it is over what it says, and it has the level.
///
/// # Errors
/// [`OwnSealFault`].
pub fn check_kept(file: &[u8], kept: &KeptSeal<'_>, limits: &Limits) -> Result<(), OwnSealFault> {
    let settings = VerifySettings {
        anchors: kept.trust.to_vec(),
        detached: kept.beside.map(<[u8]>::to_vec),
        ..settings(kept.now, limits, file.len())
    };
    let (fingerprint, claimed) = (hex(&kept.certificate), kept.at.to_rfc3339());
    let is_counter = kept.profile.is_countersignature();
    let is_ours = |signature: &&VerifiedSignature| {
        let signer = signature.signer.as_ref();
        signer.is_some_and(|signer| signer.fingerprint == fingerprint)
            && signature.claimed_time.as_ref().is_none_or(|time| *time == claimed)
            && signature.format != TIMESTAMP_OF_DOCUMENT
            && signature.format != TIMESTAMP_OF_CONTAINER
            && signature.is_countersignature == is_counter
    };
    let report = verify(file, &settings);
    let mut ours: Vec<&VerifiedSignature> = report.signatures.iter().filter(is_ours).collect();
    if kept.profile.is_beside_in_container() {
        // ours is the last one; those before it may be of the same certificate and time
        ours.drain(..ours.len().saturating_sub(1));
    }
    if ours.is_empty() {
        return Err(OwnSealFault("the seal is not found in the file".to_owned()));
    }
    for signature in ours {
        let of = |standing: &str| standing == "right" || (is_counter && standing == "elsewhere");
        let covers = signature.covered.iter().all(|covered| of(covered.standing));
        if signature.value_holds != Some(true) || !covers {
            return Err(OwnSealFault("it does not hold any more".to_owned()));
        }
        let level = signature.level.and_then(Level::parse);
        if level.is_none_or(|level| level < kept.level) {
            return Err(less(signature, kept.level));
        }
    }
    Ok(())
}

/// What is said of a seal that has not its level.
fn less(signature: &VerifiedSignature, wanted: Level) -> OwnSealFault {
    let of_timestamps = signature.timestamps.iter().find_map(|one| one.reason.as_deref());
    let reason = of_timestamps.map(|reason| format!(": {reason}")).unwrap_or_default();
    let found = signature.level.unwrap_or("none");
    OwnSealFault(format!("by what is in the file it has level {found} and not {wanted}{reason}"))
}

/// Our signature; of several signers of a CMS all that say that they are it, and of one that was raised the others
/// too. A container is made with its seal, or ours is the last one in it and left the others as they were.
fn signatures(
    file: &[u8],
    made: &MadeSeal<'_>,
    value: Option<&[u8]>,
    questions: &Questions<'_>,
) -> Result<Vec<VerifiedSignature>, String> {
    let is_container = match made.profile {
        Profile::Xades(profile) => profile.packaging == Packaging::AsicE,
        Profile::Cades(profile) => profile.packaging == CadesPackaging::AsicE,
        Profile::Pades(_) => false,
    };
    let report = match made.profile {
        profile if profile.is_beside_in_container() => asic::newest(file, questions),
        _ if is_container => asic::verify(file, questions),
        Profile::Xades(profile) => {
            let outside = |_: &str| made.beside;
            let place = match value {
                Some(value) => OwnPlace::WithValue(value.to_vec()),
                None => OwnPlace::At(made.signature.clone()),
            };
            let beside = Beside {
                outside: &outside,
                octets: made.beside.map_or(0, <[u8]>::len),
                is_container: false,
                own: Some(OwnXml { place, whole: covers_all(profile) }),
            };
            let verified = xml::signatures(file, questions, &beside);
            let verified = verified.map_err(|refusal| refusal.to_string())?;
            return Ok(verified.into_iter().map(|verified| verified.signature).collect());
        }
        Profile::Pades(_) => {
            let found = match value {
                Some(_) => pdf::raised(file, made.signature.end, questions),
                None => pdf::last(file, questions),
            };
            return found.map_err(|refusal| refusal.to_string());
        }
        Profile::Cades(_) => cms::verify(file, made.beside, questions),
    };
    if let Some(finding) = report.findings.first() {
        return Err(finding.text.clone());
    }
    let own = |signature: &VerifiedSignature| is_container || is_own(signature, made);
    let (own, others): (Vec<_>, Vec<_>) = report.signatures.into_iter().partition(own);
    // what a detached signature is over that ours is a countersignature of was not given
    let may_lack_content = made.profile.is_countersignature();
    let is_right = |other: &VerifiedSignature| {
        let covers = other.covered.iter().all(|covered| {
            covered.standing == "right" || (may_lack_content && covered.standing == "elsewhere")
        });
        other.value_holds == Some(true) && covers
    };
    if value.is_some() && !others.iter().all(is_right) {
        return Err("another signature of the file does not hold any more".to_owned());
    }
    Ok(own)
}

/// Whether a signer of a CMS, or who countersigned one where that is asked for, says that it is ours.
fn is_own(signature: &VerifiedSignature, made: &MadeSeal<'_>) -> bool {
    if signature.is_countersignature != made.profile.is_countersignature() {
        return false;
    }
    let claimed = made.at.to_rfc3339();
    let same_time = signature.claimed_time.as_ref().is_none_or(|time| *time == claimed);
    same_time && is_of(signature, made.certificate)
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
    if signature.format == TIMESTAMP_OF_CONTAINER || signature.format == TIMESTAMP_OF_DOCUMENT {
        let right = signature.value_holds == Some(true) && signature.covers_document;
        return (!right).then(|| "its archive timestamp does not hold".to_owned());
    }
    let bound = signature.signer.as_ref().is_some_and(|signer| signer.bound);
    let level = signature.level.and_then(Level::parse);
    let demands = [
        (signature.value_holds == Some(true), "its value was not checked"),
        (is_of(signature, made.certificate), "it is of another certificate"),
        (bound || !names_signer(made.profile), "it does not say whose it is"),
        (
            signature.covers_document || made.profile.is_countersignature(),
            "it does not cover the document",
        ),
    ];
    if let Some((_, text)) = demands.iter().find(|(holds, _)| !holds) {
        return Some((*text).to_owned());
    }
    if made.level == Level::B || level.is_some_and(|level| level >= made.level) {
        return None;
    }
    if made.level == Level::T {
        return Some("its timestamp is not in it".to_owned());
    }
    Some(less(signature, made.level).0)
}

/// Whether the signatures of a profile name their certificate.
fn names_signer(profile: &Profile) -> bool {
    match profile {
        Profile::Xades(profile) => profile.xades_level != XadesLevel::None,
        Profile::Pades(_) | Profile::Cades(_) => true,
    }
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
