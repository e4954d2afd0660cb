//! The qualifying properties of a XAdES signature (EN 319 132-1, 5.2): what of them is covered by it, and
//! what they say of its signer.

use roxmltree::Node;

use super::indication::SubIndication;
use super::report::{PolicyFacts, VerifiedSignature};
use crate::domain::instant::Instant;
use crate::seal::reading::xml::{CoveredStanding, Held};
use crate::seal::reading::{NamedCertificate, XADES_NAMESPACE, child};
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Type of the reference to signed properties (EN 319 132-1, 4.4.2).
const SIGNED_PROPERTIES_TYPE: &str = "http://uri.etsi.org/01903#SignedProperties";

/// What the properties of a signature say.
pub(super) struct QualifyingProperties {
    /// The signing time that is claimed.
    pub(super) claimed: Option<Instant>,
    /// `CertDigest` of the signing certificate, when it is named.
    pub(super) certificate: Option<NamedCertificate>,
}

/// Reads the qualifying properties of a signature; none for a plain one. Finds what makes them doubtful:
/// more than one, or signed ones that the signature does not cover.
pub(super) fn read<'a, 'i>(
    node: Node<'a, 'i>,
    held: &Held,
    signature: &mut VerifiedSignature,
) -> Option<QualifyingProperties> {
    let is_properties =
        |child: &Node<'a, 'i>| is_element(*child, (XADES_NAMESPACE, "QualifyingProperties"));
    let objects = node.children().filter(|child| is_element(*child, (DS_NAMESPACE, "Object")));
    let mut all = objects.flat_map(|object| object.children()).filter(is_properties);
    let Some(qualifying) = all.next() else {
        refer_to_properties(node, None, signature);
        return None;
    };
    if all.next().is_some() {
        let text = "it has qualifying properties more than once (EN 319 132-1, 4.4.1)";
        signature.find(SubIndication::SigConstraintsFailure, text);
    }
    if let Some(target) = qualifying.attribute("Target")
        && target.strip_prefix('#') != node.attribute("Id")
    {
        let text = "its qualifying properties say that they are of another signature (Target)";
        signature.notes.push(text.to_owned());
    }
    let named = |name: &'static str| {
        qualifying.children().filter(move |child| is_element(*child, (XADES_NAMESPACE, name)))
    };
    let mut signed = named("SignedProperties");
    let Some(properties) = signed.next() else {
        refer_to_properties(node, None, signature);
        let text = "it has no signed properties, so that nothing says whose it is";
        signature.find(SubIndication::SigConstraintsFailure, text);
        return Some(QualifyingProperties { claimed: None, certificate: None });
    };
    if signed.next().is_some() {
        let text = "it has signed properties more than once";
        signature.find(SubIndication::SigConstraintsFailure, text);
    }
    refer_to_properties(node, Some(properties), signature);
    if !held.covers(properties) {
        let unknown = held.covered.iter().find_map(|covered| match &covered.standing {
            CoveredStanding::Unknown(reason) => Some(format!("; {covered}: {reason}")),
            _ => None,
        });
        let text = format!(
            "it does not cover its signed properties, so that anybody may have written them{}",
            unknown.unwrap_or_default()
        );
        signature.find(SubIndication::SigConstraintsFailure, text);
    }
    let of_signature = child(properties, XADES_NAMESPACE, "SignedSignatureProperties");
    let claimed = of_signature.and_then(|all| claimed(all, signature));
    if claimed.is_none() {
        let text = "it has no signing time that can be read (EN 319 132-1, 5.2.1)";
        signature.find(SubIndication::SigConstraintsFailure, text);
    }
    signature.claimed_time = claimed.map(Instant::to_rfc3339);
    signature.policy = of_signature.and_then(policy);
    let certificate = of_signature.and_then(NamedCertificate::of);
    if certificate.is_none() {
        let text = "it does not name its signing certificate (EN 319 132-1, 5.2.2)";
        signature.find(SubIndication::SigConstraintsFailure, text);
    }
    Some(QualifyingProperties { claimed, certificate })
}

/// Whatever says that it refers to signed properties must refer to those of this signature.
fn refer_to_properties(
    node: Node<'_, '_>,
    properties: Option<Node<'_, '_>>,
    signature: &mut VerifiedSignature,
) {
    let signed_info = child(node, DS_NAMESPACE, "SignedInfo");
    let references = signed_info.into_iter().flat_map(|signed_info| signed_info.children());
    let typed = references.filter(|reference| {
        is_element(*reference, (DS_NAMESPACE, "Reference"))
            && reference.attribute("Type") == Some(SIGNED_PROPERTIES_TYPE)
    });
    let id = properties.and_then(|properties| properties.attribute("Id"));
    for reference in typed {
        let named = reference.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
        if named.is_none() || named != id {
            let text = "its reference to signed properties leads to something else";
            signature.find(SubIndication::SigConstraintsFailure, text);
        }
    }
}

fn claimed(of_signature: Node<'_, '_>, signature: &mut VerifiedSignature) -> Option<Instant> {
    let mut times = of_signature
        .children()
        .filter(|child| is_element(*child, (XADES_NAMESPACE, "SigningTime")));
    let time = times.next()?;
    if times.next().is_some() {
        signature.find(SubIndication::SigConstraintsFailure, "it has more than one signing time");
    }
    let text: String =
        time.descendants().filter(Node::is_text).filter_map(|it| it.text()).collect();
    let text = text.trim();
    // a time without a zone is taken for UTC, as DSS does
    Instant::parse_rfc3339(text).or_else(|| Instant::parse_rfc3339(&format!("{text}Z")))
}

fn policy(of_signature: Node<'_, '_>) -> Option<PolicyFacts> {
    let holder = child(of_signature, XADES_NAMESPACE, "SignaturePolicyIdentifier")?;
    let identifier = child(holder, XADES_NAMESPACE, "SignaturePolicyId")
        .and_then(|policy| child(policy, XADES_NAMESPACE, "SigPolicyId"))
        .and_then(|policy| child(policy, XADES_NAMESPACE, "Identifier"))
        .and_then(|identifier| identifier.text())
        .map(|text| text.trim().chars().take(500).collect());
    Some(PolicyFacts { identifier })
}
