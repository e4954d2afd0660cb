//! Signatures that a document holds already: sealing beside them must not break them, and a
//! countersignature (EN 319 132-1, 5.2.7) goes into one of them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::location;
use super::reference::digest_algorithm;
use super::spot::Spot;
use super::tags::XADES_NAMESPACE;
use super::template::{Body, Context, Reference};
use super::{Job, Seal, Tags, ubl};
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::domain::xades::{Place, Position};
use crate::pki::algorithm::digest_from_uri;
use crate::seal::Plan;
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::c14n::{Subset, canonicalize, qualified_name};
use crate::seal::xml::guard::{self, Ids};
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::{Present, dereference, general, read_transforms};
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Type of a reference to a countersigned signature (EN 319 132-1, 5.2.7.1).
const COUNTERSIGNED_TYPE: &str = "http://uri.etsi.org/01903#CountersignedSignature";

/// Signatures of one document that are checked, and references of each.
const MAX_CHECKED: usize = 16;

/// Refuses a seal that breaks a signature which the original holds: every reference whose digest was
/// right before must be right afterwards. One that was wrong before is none of our business.
///
/// # Errors
/// [`Refusal::WouldBreakSignature`] with the place of the signature in the original;
/// [`Refusal::SignatureUncheckable`] for one that cannot be computed, and for more than are checked;
/// [`Refusal::XPathTooExpensive`].
pub(super) fn check_unbroken(
    job: Job<'_>,
    source: &Source<'_>,
    sealed: &Draft,
) -> Result<(), Refusal> {
    let before = held(job, &guard::parse(source, job.limits)?)?;
    let text = sealed.text(source);
    // A tree is several times as large as its document, so there is one at a time.
    let after = guard::parse_text(&text, job.limits)?;
    // Sealing only adds elements, so those that were there keep their order and their values.
    let mut rest = signatures(&after);
    for Held { path, value, right } in before {
        let broken = || Refusal::WouldBreakSignature { path: path.clone() };
        let same = rest.find(|other| signature_value(*other) == value).ok_or_else(broken)?;
        for (was_right, reference) in right.iter().zip(references(same)) {
            match was_right.then(|| holds(job, reference, same)).transpose() {
                Ok(None | Some(true)) => {}
                Err(expensive @ Refusal::XPathTooExpensive { .. }) => return Err(expensive),
                Ok(Some(false)) | Err(_) => return Err(broken()),
            }
        }
    }
    Ok(())
}

/// A signature that a document holds.
struct Held {
    path: String,
    value: String,
    /// Whether the digest of each reference is right.
    right: Vec<bool>,
}

fn held(job: Job<'_>, tree: &Document<'_>) -> Result<Vec<Held>, Refusal> {
    let mut all = Vec::new();
    for (number, signature) in signatures(tree).enumerate() {
        let path = location::path_of(signature);
        let uncheckable = |reason| Refusal::SignatureUncheckable { path: path.clone(), reason };
        if number >= MAX_CHECKED {
            return Err(uncheckable(format!(
                "the document holds more than {MAX_CHECKED} signatures"
            )));
        }
        if references(signature).count() > MAX_CHECKED {
            return Err(uncheckable(format!("it has more than {MAX_CHECKED} references")));
        }
        let right = references(signature).map(|reference| {
            holds(job, reference, signature).map_err(|problem| match problem {
                expensive @ Refusal::XPathTooExpensive { .. } => expensive,
                other => uncheckable(reason_of(&other)),
            })
        });
        let right = right.collect::<Result<_, _>>()?;
        all.push(Held { value: signature_value(signature), path, right });
    }
    Ok(all)
}

/// Why a reference cannot be computed, without advice for one who could change it.
fn reason_of(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TransformImpossible { reason } | Refusal::XPathInvalid { reason, .. } => {
            reason.clone()
        }
        other => other.to_string(),
    }
}

/// The signatures that have a value.
pub(super) fn signatures<'a, 'i: 'a>(tree: &'a Document<'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    let all = tree.descendants().filter(|node| is_element(*node, (DS_NAMESPACE, "Signature")));
    all.filter(|signature| !signature_value(*signature).is_empty())
}

fn child<'a, 'i>(parent: Node<'a, 'i>, namespace: &str, name: &str) -> Option<Node<'a, 'i>> {
    parent.children().find(|child| child.has_tag_name((namespace, name)))
}

/// The signature value without white space; empty for a placeholder.
pub(super) fn signature_value(signature: Node<'_, '_>) -> String {
    child(signature, DS_NAMESPACE, "SignatureValue").map(base64_text).unwrap_or_default()
}

/// The text of an element, comments and white space left out.
fn base64_text(element: Node<'_, '_>) -> String {
    let texts = element.descendants().filter(Node::is_text).filter_map(|node| node.text());
    texts.flat_map(str::split_ascii_whitespace).collect()
}

fn references<'a, 'i>(signature: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    let signed_info = child(signature, DS_NAMESPACE, "SignedInfo");
    signed_info
        .into_iter()
        .flat_map(|signed_info| signed_info.children())
        .filter(|child| child.has_tag_name((DS_NAMESPACE, "Reference")))
}

/// Whether the digest of a reference is right. What lies outside of the document stays as it is.
///
/// # Errors
/// What cannot be computed.
fn holds(job: Job<'_>, reference: Node<'_, '_>, signature: Node<'_, '_>) -> Result<bool, Refusal> {
    let impossible = |reason: &str| Refusal::TransformImpossible { reason: reason.to_owned() };
    let uri = reference.attribute("URI").ok_or_else(|| impossible("a reference has no URI"))?;
    if !uri.is_empty() && !uri.starts_with('#') {
        return Ok(true);
    }
    let algorithm = child(reference, DS_NAMESPACE, "DigestMethod")
        .and_then(|method| digest_from_uri(method.attribute("Algorithm")?))
        .ok_or_else(|| impossible("the digest algorithm of a reference is not known"))?;
    let wanted = child(reference, DS_NAMESPACE, "DigestValue").map(base64_text).unwrap_or_default();
    let holder = child(reference, DS_NAMESPACE, "Transforms");
    let transforms = holder.map(read_transforms).transpose()?.unwrap_or_default();
    let start = dereference(reference.document(), uri)?;
    let present = Present { signature: Some(signature), transforms: holder };
    let mut sink = DigestSink::new(algorithm);
    general(present, start, &transforms, job.limits, job.budget, &mut sink)?;
    Ok(STANDARD.decode(wanted).is_ok_and(|wanted| wanted == sink.finish().value()))
}

/// Plans a countersignature of the one signature that the location names, or that the document has.
///
/// # Errors
/// No such signature or more than one; one that is not XAdES or whose value has no Id.
pub(super) fn countersign(
    job: Job<'_>,
    source: &Source<'_>,
    tree: &Document<'_>,
) -> Result<Plan, Refusal> {
    let profile = job.profile;
    if profile.signature_location.position != Position::LastChild {
        let rule = "a countersignature has its place in the signature".to_owned();
        return Err(Refusal::setting("signatureLocation.position", rule));
    }
    let ids = Ids::collect(tree)?;
    let target = target(job, tree)?;
    let unusable = |rule: &str| {
        let path = location::path_of(target);
        Refusal::setting("existingSignatures", format!("the signature at {path} {rule}"))
    };
    let value = child(target, DS_NAMESPACE, "SignatureValue");
    let value = value.ok_or_else(|| unusable("has no value"))?;
    let id = value.attribute("Id").ok_or_else(|| {
        unusable("cannot be countersigned: its ds:SignatureValue has no Id to refer to")
    })?;
    let properties = target
        .children()
        .filter(|object| object.has_tag_name((DS_NAMESPACE, "Object")))
        .find_map(|object| child(object, XADES_NAMESPACE, "QualifyingProperties"))
        .ok_or_else(|| unusable("is no XAdES signature, only those hold countersignatures"))?;

    let tags = Tags::new(&profile.prefixes)?;
    let names = job.names(ubl::signature_uri(tree), &ids)?;
    let parts = job.parts(&names, &tags);
    let body = Body::render(&parts)?;
    let canonicalization = profile.canonical_transform;
    let mut sink = DigestSink::new(digest_algorithm(profile));
    canonicalize(Subset::subtree(value).without_comments(), canonicalization, &[], &mut sink);
    let reference = Reference {
        id: names.document_reference.clone(),
        uri: format!("#{id}"),
        reference_type: COUNTERSIGNED_TYPE.to_owned(),
        transforms: vec![Transform::Canonical { canonicalization, inclusive_prefixes: Vec::new() }],
        digest: sink.finish(),
    };
    let holder = Holder::of(properties);
    let context = Context::of(holder.element);
    let seal = Seal::render(&parts, &body, &context, reference)?;
    let (range, pieces) = holder.splice(seal.pieces);
    let mut draft = Draft::original(source);
    draft.splice(range, pieces);
    check_unbroken(job, source, &draft)?;
    Ok(Plan { pieces: draft.into_pieces(source), to_be_signed: seal.to_be_signed })
}

fn target<'a, 'i>(job: Job<'_>, tree: &'a Document<'i>) -> Result<Node<'a, 'i>, Refusal> {
    let within = match job.profile.signature_location.place {
        Place::Default => tree.root_element(),
        _ => {
            let Job { profile, budget, .. } = job;
            location::find(tree, &profile.signature_location, profile.existing_signatures, budget)?
        }
    };
    let counter = |signature: &Node<'_, '_>| {
        signature.ancestors().any(|up| up.has_tag_name((XADES_NAMESPACE, "CounterSignature")))
    };
    let found: Vec<_> = signatures(tree)
        .filter(|signature| signature.ancestors().any(|up| up == within))
        .filter(|signature| *signature == within || !counter(signature))
        .collect();
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::LocationMissing {
            location: location::path_of(within),
            candidates: "there is no signature to countersign".to_owned(),
        }),
        several => Err(Refusal::LocationAmbiguous {
            location: location::path_of(within),
            count: several.len(),
            candidates: location::list(several),
        }),
    }
}

/// The element that takes `xades:CounterSignature`, and the elements that are missing on the way.
struct Holder<'a, 'i> {
    element: Node<'a, 'i>,
    missing: &'static [&'static str],
    /// The prefix that the signature's own properties have, with its colon.
    prefix: String,
}

impl<'a, 'i> Holder<'a, 'i> {
    fn of(properties: Node<'a, 'i>) -> Self {
        let prefix = qualified_name(properties).split_once(':');
        let prefix = prefix.map(|(prefix, _)| format!("{prefix}:")).unwrap_or_default();
        let Some(unsigned) = child(properties, XADES_NAMESPACE, "UnsignedProperties") else {
            let missing =
                &["UnsignedProperties", "UnsignedSignatureProperties", "CounterSignature"];
            return Self { element: properties, missing, prefix };
        };
        match child(unsigned, XADES_NAMESPACE, "UnsignedSignatureProperties") {
            Some(element) => Self { element, missing: &["CounterSignature"], prefix },
            None => {
                let missing = &["UnsignedSignatureProperties", "CounterSignature"];
                Self { element: unsigned, missing, prefix }
            }
        }
    }

    fn splice(&self, seal: Vec<Piece>) -> (std::ops::Range<usize>, Vec<Piece>) {
        let prefix = &self.prefix;
        let (mut opening, mut closing) = (String::new(), String::new());
        for name in self.missing {
            let _ = write!(opening, "<{prefix}{name}>");
        }
        for name in self.missing.iter().rev() {
            let _ = write!(closing, "</{prefix}{name}>");
        }
        let pieces = std::iter::once(Piece::Inserted(opening))
            .chain(seal)
            .chain(std::iter::once(Piece::Inserted(closing)));
        // xades:UnsignedSignatureProperties comes before xades:UnsignedDataObjectProperties.
        let position = match self.element.tag_name().name() {
            "UnsignedProperties" => Position::FirstChild,
            _ => Position::LastChild,
        };
        Spot::at(self.element, position).splice(pieces)
    }
}
