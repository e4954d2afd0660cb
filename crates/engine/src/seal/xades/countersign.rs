//! A countersignature (EN 319 132-1, 5.2.7) goes into a signature that is there, and signs its value.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::elements::{child, signatures};
use super::reference::digest_algorithm;
use super::spot::Spot;
use super::tags::XADES_NAMESPACE;
use super::template::{SignatureBody, Surroundings, XmlReference};
use super::{Seal, Tags, XadesOrder, location, ubl, unbroken};
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::domain::xades::{LocationElement, Position};
use crate::seal::XmlPlan;
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::c14n::{Subset, canonicalize, qualified_name};
use crate::seal::xml::guard::XmlIds;
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::Metered;

/// Type of a reference to a countersigned signature (EN 319 132-1, 5.2.7.1).
const COUNTERSIGNED_TYPE: &str = "http://uri.etsi.org/01903#CountersignedSignature";

/// Plans a countersignature of the one signature that the location names, or that the document has.
///
/// # Errors
/// No such signature or more than one; one that is not XAdES or whose value has no Id.
pub(super) fn plan(
    order: XadesOrder<'_>,
    source: &Source<'_>,
    tree: &Document<'_>,
) -> Result<XmlPlan, Refusal> {
    let profile = order.profile;
    if profile.signature_location.position != Position::LastChild {
        let rule = "a countersignature has its place in the signature".to_owned();
        return Err(Refusal::setting("signatureLocation.position", rule));
    }
    let ids = XmlIds::collect(tree)?;
    let target = target(order, tree)?;
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
    let names = order.names(ubl::signature_uri(tree), &ids)?;
    let parts = order.parts(&names, &tags);
    let body = SignatureBody::render(&parts)?;
    let canonicalization = profile.canonical_transform;
    let mut sink = DigestSink::new(digest_algorithm(profile));
    let mut metered = Metered::new(&mut sink, order.budget);
    canonicalize(Subset::subtree(value).without_comments(), canonicalization, &[], &mut metered);
    metered.finish()?;
    let reference = XmlReference {
        id: names.document_reference.clone(),
        uri: format!("#{id}"),
        reference_type: COUNTERSIGNED_TYPE.to_owned(),
        transforms: vec![Transform::Canonical { canonicalization, inclusive_prefixes: Vec::new() }],
        digest: sink.finish(),
    };
    let holder = Holder::of(properties);
    let context = Surroundings::of(holder.element);
    let seal = Seal::render(&parts, &body, &context, reference)?;
    let (range, pieces) = holder.splice(seal.pieces);
    let mut draft = Draft::original(source);
    draft.splice(range, pieces);
    let notes = unbroken::check(order, source, &draft)?;
    let Seal { to_be_signed, value_id, .. } = seal;
    Ok(XmlPlan { pieces: draft.into_pieces(source), to_be_signed, value_id, notes })
}

fn target<'a, 'i>(order: XadesOrder<'_>, tree: &'a Document<'i>) -> Result<Node<'a, 'i>, Refusal> {
    let within = match order.profile.signature_location.place {
        LocationElement::Default => tree.root_element(),
        _ => {
            let XadesOrder { profile, budget, .. } = order;
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
