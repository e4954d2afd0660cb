//! The XAdES signatures of a document, each held against what it covers, with its timestamps: who adds to
//! them must know first that they are right. Whether anybody trusts them is not known here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::archives::{self, MAX_ARCHIVES};
use super::ground::XmlGround;
use super::properties::{XADES_141_NAMESPACE, child_elements, key_info};
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::pki::digest::Digest;
use crate::pki::public_key::PublicKey;
use crate::pki::signature::{CheckedValue, SignatureValue};
use crate::pki::timestamp::{MAX_HELD, TimestampToken};
use crate::pki::to_be_signed::ToBeSigned;
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::xades::elements::{child, signature_value};
use crate::seal::xades::existing::{CoveredStanding, Held, read_with};
use crate::seal::xades::named_certificate::NamedCertificate;
use crate::seal::xades::tags::XADES_NAMESPACE;
use crate::seal::xades::timestamps::of_signature;
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// A signature that is right.
pub(super) struct SoundXmlSignature<'a, 'i> {
    /// The `ds:Signature`.
    pub(super) node: Node<'a, 'i>,
    /// Where it stands.
    pub(super) path: String,
    pub(super) qualifying: Node<'a, 'i>,
    pub(super) signer: Certificate,
    /// Those signature timestamps that hold.
    pub(super) timestamps: Vec<TimestampToken>,
    /// Why the first one that does not hold does not.
    pub(super) fault: Option<String>,
    /// Its archive timestamps, in their order; all of them hold.
    pub(super) archives: Vec<SoundArchive<'a, 'i>>,
}

/// An archive timestamp that holds (EN 319 132-1, 5.5.2).
pub(super) struct SoundArchive<'a, 'i> {
    /// The `xades141:ArchiveTimeStamp`.
    pub(super) node: Node<'a, 'i>,
    pub(super) token: TimestampToken,
}

impl<'a, 'i> SoundXmlSignature<'a, 'i> {
    /// As people find it.
    pub(super) fn words(&self) -> String {
        words(&self.path)
    }

    /// What holds its unsigned signature properties, when that is there.
    pub(super) fn unsigned(&self) -> Option<Node<'a, 'i>> {
        let all = child(self.qualifying, XADES_NAMESPACE, "UnsignedProperties")?;
        child(all, XADES_NAMESPACE, "UnsignedSignatureProperties")
    }
}

/// Reads all of a document, in document order, or the one with a value, which may be a countersignature.
///
/// # Errors
/// [`LongTermFault::Broken`] for one that is not right, [`LongTermFault::NotXades`],
/// [`LongTermFault::ContentMissing`].
pub(super) fn read<'a, 'i>(
    tree: &'a Document<'i>,
    ground: &XmlGround<'_, '_>,
    only: Option<&[u8]>,
) -> Result<Vec<SoundXmlSignature<'a, 'i>>, LongTermFault> {
    let mut all = Vec::new();
    let reading = (ground.limits, ground.budget);
    let is_wanted = |node: Node<'_, '_>| {
        only.is_none_or(|only| {
            STANDARD.decode(signature_value(node)).is_ok_and(|value| value == only)
        })
    };
    read_with(tree, reading, (&is_wanted, ground.outside), &mut |held| {
        // what was selected is large, so that one signature is looked at after the other
        let node = tree.get_node(held.node);
        all.extend(node.map(|node| sound(node, &held, ground, only.is_some())));
    });
    all.into_iter().collect()
}

fn words(path: &str) -> String {
    format!("the signature at {path}")
}

fn sound<'a, 'i>(
    node: Node<'a, 'i>,
    held: &Held,
    ground: &XmlGround<'_, '_>,
    may_countersign: bool,
) -> Result<SoundXmlSignature<'a, 'i>, LongTermFault> {
    let signature = || words(&held.path);
    let broken = |reason: String| LongTermFault::Broken { signature: signature(), reason };
    let other = |what: &'static str| LongTermFault::NotXades { signature: signature(), what };
    ground.limits.patience.check().map_err(Refusal::from)?;
    if held.recipe.is_some() {
        return Err(other("is made by a recipe of an authority"));
    }
    if !may_countersign && is_countersignature(node) {
        return Err(other("is a countersignature"));
    }
    if is_archived_around(node) {
        return Err(other("is a countersignature, and an archive timestamp around it covers it"));
    }
    for covered in &held.covered {
        match &covered.standing {
            CoveredStanding::Right => {}
            CoveredStanding::Wrong => return Err(broken(format!("{covered}: has another digest"))),
            CoveredStanding::Elsewhere => return Err(LongTermFault::ContentMissing),
            CoveredStanding::Unknown(reason) => return Err(broken(format!("{covered}: {reason}"))),
        }
    }
    let objects = child_elements(node, DS_NAMESPACE, "Object");
    let mut qualifying =
        objects.flat_map(|object| child_elements(object, XADES_NAMESPACE, "QualifyingProperties"));
    let (Some(qualifying), None) = (qualifying.next(), qualifying.next()) else {
        return Err(other("has not one xades:QualifyingProperties"));
    };
    let properties = child(qualifying, XADES_NAMESPACE, "SignedProperties")
        .filter(|properties| held.covers(*properties))
        .and_then(|properties| child(properties, XADES_NAMESPACE, "SignedSignatureProperties"))
        .ok_or_else(|| broken("it does not cover its xades:SignedProperties".to_owned()))?;
    let named = NamedCertificate::of(properties)
        .ok_or_else(|| other("does not name its certificate (xades:SigningCertificateV2)"))?;
    let signer = key_info(node).find(|certificate| named.is(certificate)).ok_or_else(|| {
        broken("the certificate that it names as its own is not there".to_owned())
    })?;
    check_value(held, &signer).map_err(broken)?;
    let (mut timestamps, mut fault) = (Vec::new(), None);
    let found = of_signature(node, &mut MAX_HELD.clone(), ground.budget);
    for found in found.map_err(|fault| broken(fault.to_string()))? {
        match found {
            Ok(token) => timestamps.push(token),
            Err(wrong) => fault = fault.or_else(|| Some(wrong.to_string())),
        }
    }
    let mut sound = SoundXmlSignature {
        node,
        path: held.path.clone(),
        qualifying,
        signer,
        timestamps,
        fault,
        archives: Vec::new(),
    };
    let unsigned = sound.unsigned();
    for property in unsigned.into_iter().flat_map(|unsigned| unsigned.children()) {
        if is_element(property, (XADES_NAMESPACE, "ArchiveTimeStamp")) {
            return Err(other("has an archive timestamp of before XAdES 1.4.1"));
        }
        if is_element(property, (XADES_141_NAMESPACE, "ArchiveTimeStamp")) {
            if sound.archives.len() >= MAX_ARCHIVES {
                return Err(LongTermFault::TooMany(MAX_ARCHIVES));
            }
            let all = unsigned.unwrap_or(property);
            let token = archives::token(property, node, all, ground).map_err(|reason| {
                broken(format!("an archive timestamp does not hold: {reason}"))
            })?;
            sound.archives.push(SoundArchive { node: property, token });
        }
    }
    Ok(sound)
}

/// Whether a signature is a countersignature (EN 319 132-1, 5.2.7).
pub(super) fn is_countersignature(node: Node<'_, '_>) -> bool {
    let parent = node.parent_element();
    parent.is_some_and(|above| is_element(above, (XADES_NAMESPACE, "CounterSignature")))
}

/// Whether a signature is a countersignature that an archive timestamp of the signature around it covers: more
/// properties in it would break that (EN 319 132-1, 5.5.2.2).
pub(super) fn is_archived_around(node: Node<'_, '_>) -> bool {
    let counters =
        node.ancestors().filter(|above| is_element(*above, (XADES_NAMESPACE, "CounterSignature")));
    let mut later = counters.flat_map(|counter| counter.next_siblings().skip(1));
    later.any(|property| {
        [XADES_NAMESPACE, XADES_141_NAMESPACE]
            .iter()
            .any(|namespace| is_element(property, (namespace, "ArchiveTimeStamp")))
    })
}

/// The value is of the certificate's key over `ds:SignedInfo`.
fn check_value(held: &Held, signer: &Certificate) -> Result<(), String> {
    let algorithm =
        held.algorithm.ok_or_else(|| "its signature method is not known here".to_owned())?;
    let digest: Digest = held.signed_info.clone()?;
    let octets = STANDARD.decode(&held.value).unwrap_or_default();
    let value = SignatureValue::of_key(signer.key_kind(), octets);
    signer
        .allows(algorithm)
        .and_then(|()| ToBeSigned::of_digest(algorithm, digest))
        .and_then(|item| CheckedValue::new(&PublicKey::of(signer), &item, value))
        .map(drop)
        .map_err(|error| error.to_string())
}
