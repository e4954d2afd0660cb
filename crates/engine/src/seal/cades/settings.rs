//! Settings of a CAdES signature as CMS says them, and what they may not say together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::asn1::ObjectIdentifier;

use crate::domain::cades::{CadesPackaging, CadesProfile, ExistingCmsSignatures};
use crate::domain::claims::{Commitment, HashValue, Policy, ProductionPlace};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::digest_from_uri;
use crate::pki::cms::{SignaturePolicy, SignerLocation, digest_oid};

/// What a signature claims beside who signed what and when.
pub(in crate::seal) struct CmsClaims {
    pub(in crate::seal) policy: Option<SignaturePolicy>,
    pub(in crate::seal) commitments: Vec<ObjectIdentifier>,
    pub(in crate::seal) place: Option<SignerLocation>,
}

/// Entries of a list.
const MAX_ITEMS: usize = 20;

impl CmsClaims {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`Refusal::SettingConflict`].
    pub(in crate::seal) fn of(profile: &CadesProfile) -> Result<Self, Refusal> {
        let refused = match (profile.existing_signatures, profile.packaging) {
            (ExistingCmsSignatures::Parallel, CadesPackaging::Detached) => {
                Some("PARALLEL needs the packaging ATTACHED or ASIC_E")
            }
            (ExistingCmsSignatures::Countersign, CadesPackaging::Detached) => Some(
                "COUNTERSIGN needs the packaging ATTACHED, of a detached signature too: it goes into the signature that \
                 is there",
            ),
            (ExistingCmsSignatures::Countersign, CadesPackaging::AsicE) => Some(
                "a signature in a container is not countersigned; ask for PARALLEL, which puts another one beside it",
            ),
            _ => None,
        };
        if let Some(rule) = refused {
            return conflict("existingSignatures", rule);
        }
        if let (Some(digest), Some(signature)) =
            (profile.digest_algorithm, profile.signature_algorithm)
            && digest != signature.digest()
        {
            let rule = "must be the digest of the signatureAlgorithm (RFC 5652, 5.4)";
            return conflict("digestAlgorithm", rule);
        }
        if profile.claimed_roles.iter().any(|role| role.trim().is_empty()) {
            return conflict("claimedRoles", "a role must not be empty");
        }
        let lengths = [
            ("claimedRoles", profile.claimed_roles.len()),
            ("commitments", profile.commitments.len()),
        ];
        for (path, length) in lengths {
            if length > MAX_ITEMS {
                return conflict(path, "at most 20 entries");
            }
        }
        Ok(Self {
            policy: profile.policy.as_ref().map(policy).transpose()?,
            commitments: profile.commitments.iter().map(commitment).collect::<Result<_, _>>()?,
            place: profile.production_place.as_ref().map(place).transpose()?,
        })
    }
}

/// A signature policy; its hash is written as published and never computed.
///
/// # Errors
/// [`Refusal::SettingConflict`].
pub(in crate::seal) fn policy(policy: &Policy) -> Result<SignaturePolicy, Refusal> {
    let identifier = oid(&policy.identifier).ok_or_else(|| {
        let rule = "must be an object identifier like 1.2.3.4 or urn:oid:1.2.3.4";
        Refusal::setting("policy.identifier", rule.to_owned())
    })?;
    if policy.qualifier.is_some() {
        return conflict("policy.qualifier", "only XML signatures have it");
    }
    if policy.description.is_some() {
        return conflict("policy.description", "only XML signatures have it");
    }
    let Some(HashValue { algorithm, value }) = &policy.hash else {
        return conflict("policy.hash", "a policy needs its published hash");
    };
    let known = DigestAlgorithm::parse(algorithm).or_else(|| digest_from_uri(algorithm));
    let hash_algorithm = known.map(digest_oid).or_else(|| oid(algorithm)).ok_or_else(|| {
        let rule = "name SHA1, SHA256, SHA384, SHA512 or an object identifier";
        Refusal::setting("policy.hash.algorithm", rule.to_owned())
    })?;
    let hash = STANDARD.decode(value).ok().filter(|hash| !hash.is_empty()).ok_or_else(|| {
        Refusal::setting("policy.hash.value", "must be base64, as published".to_owned())
    })?;
    let uri = policy.spuri.clone();
    if uri.as_ref().is_some_and(|uri| !uri.is_ascii()) {
        return conflict("policy.spuri", "must be ASCII; escape other characters");
    }
    Ok(SignaturePolicy { identifier, hash_algorithm, hash, uri })
}

/// The commitment types of EN 319 132-1, Annex C, and the identifiers of EN 319 122-1 for them.
const COMMITMENTS: [(&str, &str); 6] = [
    ("ProofOfOrigin", "1.2.840.113549.1.9.16.6.1"),
    ("ProofOfReceipt", "1.2.840.113549.1.9.16.6.2"),
    ("ProofOfDelivery", "1.2.840.113549.1.9.16.6.3"),
    ("ProofOfSender", "1.2.840.113549.1.9.16.6.4"),
    ("ProofOfApproval", "1.2.840.113549.1.9.16.6.5"),
    ("ProofOfCreation", "1.2.840.113549.1.9.16.6.6"),
];

fn commitment(commitment: &Commitment) -> Result<ObjectIdentifier, Refusal> {
    if commitment.description.is_some() {
        return conflict("commitments", "only XML signatures have a description");
    }
    let identifier = commitment.identifier.trim();
    let name = identifier.strip_prefix("http://uri.etsi.org/01903/v1.2.2#");
    let known = COMMITMENTS.into_iter().find(|(known, _)| Some(*known) == name);
    known.map_or_else(|| oid(identifier), |(_, identifier)| oid(identifier)).ok_or_else(|| {
        let rule = format!(
            "'{identifier}' is neither an object identifier nor a commitment of ETSI like \
             http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin"
        );
        Refusal::setting("commitments", rule)
    })
}

/// Street, postal code with city and province become the lines of the postal address, which has no
/// parts; the city is the locality.
fn place(place: &ProductionPlace) -> Result<SignerLocation, Refusal> {
    let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let lines = [&place.street_address, &place.postal_code, &place.state_or_province];
    let location = SignerLocation {
        country: said(&place.country),
        locality: said(&place.city),
        postal_address: lines.into_iter().filter_map(said).collect(),
    };
    if location == SignerLocation::default() {
        return conflict("productionPlace", "say a city, country or other part of it");
    }
    Ok(location)
}

fn oid(text: &str) -> Option<ObjectIdentifier> {
    let text = text.strip_prefix("urn:oid:").unwrap_or(text);
    ObjectIdentifier::new(text).ok()
}

fn conflict<T>(path: &'static str, rule: &str) -> Result<T, Refusal> {
    Err(Refusal::setting(path, rule.to_owned()))
}
