//! The reference to the document: what it points to, its transforms, its digest.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::XadesOrder;
use super::location;
use super::parts::Parts;
use super::spot::Spot;
use super::template::{self, SignatureBody, Surroundings, XmlReference};
use super::ubl::SIG_NAMESPACE;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::transform::{Filter, FilterOperation, Transform};
use crate::domain::xades::{
    self, ExistingSignatures, NamedTransform, ReferenceKind, SignatureTransform, XadesLevel,
    XadesProfile,
};
use crate::pki::digest::Digest;
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::guard;
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::{
    Present, SignatureParent, dereference, general, native, nothing_selected,
};
use crate::seal::xml::{DS_NAMESPACE, XML_NAMESPACE};

/// The reference to the document, its digest still to come.
///
/// # Errors
/// A URI that points to nothing.
pub(super) fn undigested(
    order: XadesOrder<'_>,
    parts: &Parts<'_>,
    tree: &Document<'_>,
) -> Result<XmlReference, Refusal> {
    let profile = order.profile;
    Ok(XmlReference {
        id: parts.names.document_reference.clone(),
        uri: uri(order, tree)?,
        reference_type: profile.reference.reference_type.clone().unwrap_or_default(),
        transforms: transforms(profile),
        digest: Digest::of(digest_algorithm(profile), b""),
    })
}

/// Digests a reference to a document in which the signature does not stand yet, `parent` is where it
/// will. False when the transforms need it there: then ask [`Site::with_signature`].
///
/// # Errors
/// Transforms that cannot be done, or that select the signature itself, or nothing.
pub(super) fn digest(
    order: XadesOrder<'_>,
    tree: &Document<'_>,
    parent: Node<'_, '_>,
    reference: &mut XmlReference,
) -> Result<bool, Refusal> {
    let start = dereference(tree, &reference.uri)?;
    let mut sink = DigestSink::new(reference.digest.algorithm());
    let (transforms, within) = (&reference.transforms, (order.limits, order.budget));
    match native(tree, start, transforms, SignatureParent { parent }, within, &mut sink) {
        Some(result) => {
            result?;
            let digest = sink.finish();
            // The digest of no octets at all: what is left after all transforms is nothing.
            if digest == reference.digest {
                return Err(nothing_selected());
            }
            reference.digest = digest;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// The URI of the reference: as said, or of the element that is named.
fn uri(order: XadesOrder<'_>, tree: &Document<'_>) -> Result<String, Refusal> {
    let settings = &order.profile.reference;
    match (&settings.element, &settings.uri) {
        (None, None) => Ok(String::new()),
        (None, Some(uri)) if uri.is_empty() || uri.starts_with('#') => Ok(uri.clone()),
        (None, Some(_)) => {
            let rule = "must be empty, #xpointer(/) or # and an Id in the document";
            Err(Refusal::setting("reference.uri", rule.to_owned()))
        }
        (Some(_), Some(_)) => {
            let rule = "say either element or uri".to_owned();
            Err(Refusal::setting("reference.element", rule))
        }
        (Some(location), None) if location.place == xades::LocationElement::Default => {
            let rule = "name an element: a path, a localName or an xpath".to_owned();
            Err(Refusal::setting("reference.element", rule))
        }
        (Some(location), None) => {
            let element = location::find(tree, location, ExistingSignatures::Refuse, order.budget)?;
            let id = id_of(element).ok_or_else(|| {
                let path = location::path_of(element);
                Refusal::setting("reference.element", format!("{path} has no Id attribute"))
            })?;
            let same = |node: &Node<'_, '_>| has_id(*node, id);
            if tree.descendants().filter(same).count() > 1 {
                let path = location::path_of(element);
                let rule = format!("the Id of {path} is that of another element too");
                return Err(Refusal::setting("reference.element", rule));
            }
            Ok(format!("#{id}"))
        }
    }
}

/// Characters of the values that are tried in place of the signature's: fewer than P-256 gives, and
/// more than RSA with 8192 bits.
const SHORT_VALUE: usize = 64;
const LONG_VALUE: usize = 1400;

/// Where a document is about to be sealed.
pub(super) struct Site<'s> {
    pub(super) order: XadesOrder<'s>,
    pub(super) source: &'s Source<'s>,
    pub(super) draft: &'s Draft,
    pub(super) spot: &'s Spot,
}

impl Site<'_> {
    /// The digest over the document with a whole signature in it; only what depends on this digest
    /// is made up.
    ///
    /// # Errors
    /// Transforms that cannot be done, or that select the signature itself, or nothing.
    pub(super) fn before_value(
        &self,
        parts: &Parts<'_>,
        body: &SignatureBody,
        context: &Surroundings,
        reference: &XmlReference,
    ) -> Result<Digest, Refusal> {
        let references = template::references(parts, body, context, vec![reference.clone()])?;
        let signed_info = template::signed_info_text(parts, &references);
        let pieces = super::around_value(parts, body, &signed_info, "");
        let digest = self.with_signature(pieces, &"A".repeat(SHORT_VALUE), reference)?;
        if digest == reference.digest {
            return Err(nothing_selected());
        }
        Ok(digest)
    }

    /// Refuses transforms whose octets are others once the signature is finished: the same digest
    /// must come out with the final text and another value.
    ///
    /// # Errors
    /// [`Refusal::TransformImpossible`], [`Refusal::XPathTooExpensive`].
    pub(super) fn check_final(
        &self,
        seal: &[Piece],
        reference: &XmlReference,
    ) -> Result<(), Refusal> {
        let digest = self.with_signature(seal.to_vec(), &"z".repeat(LONG_VALUE), reference)?;
        if digest != reference.digest {
            let reason = "what they select depends on the digests or the value of the signature";
            return Err(Refusal::TransformImpossible { reason: reason.to_owned() });
        }
        Ok(())
    }

    /// The digest over the document with a signature of this value in it.
    fn with_signature(
        &self,
        mut pieces: Vec<Piece>,
        value: &str,
        reference: &XmlReference,
    ) -> Result<Digest, Refusal> {
        for piece in &mut pieces {
            if matches!(piece, Piece::Value) {
                *piece = Piece::Seal(value.to_owned());
            }
        }
        let mut draft = self.draft.clone();
        let (range, pieces) = self.spot.splice(pieces);
        let at = range.start + pieces.first().map_or(0, Piece::length);
        draft.splice(range, pieces);
        let text = draft.text(self.source);
        let tree = guard::parse_text(&text, self.order.limits)?;
        let signature = tree
            .descendants()
            .find(|node| node.is_element() && node.range().start == at)
            .ok_or(Refusal::ReferenceCoversItself)?;
        let present =
            Present { signature: Some(signature), transforms: self.transforms(signature) };
        let start = dereference(&tree, &reference.uri)?;
        let mut sink = DigestSink::new(reference.digest.algorithm());
        let XadesOrder { limits, budget, .. } = self.order;
        let outcome = general(present, start, &reference.transforms, limits, budget, &mut sink)?;
        if outcome.covers_itself {
            return Err(Refusal::ReferenceCoversItself);
        }
        if outcome.covers_nothing {
            return Err(nothing_selected());
        }
        Ok(sink.finish())
    }

    /// `ds:Transforms` of the reference to the document.
    fn transforms<'t, 'j>(&self, signature: Node<'t, 'j>) -> Option<Node<'t, 'j>> {
        let profile = self.order.profile;
        let number = profile
            .reference_order
            .iter()
            .filter(|kind| {
                profile.xades_level != XadesLevel::None || **kind != ReferenceKind::SignedProperties
            })
            .position(|kind| *kind == ReferenceKind::Document)?;
        let child = |node: &Node<'t, 'j>, name: &str| node.has_tag_name((DS_NAMESPACE, name));
        let signed_info = signature.children().find(|node| child(node, "SignedInfo"))?;
        let reference =
            signed_info.children().filter(|node| child(node, "Reference")).nth(number)?;
        reference.children().find(|node| child(node, "Transforms"))
    }
}

/// Whether some attribute that verifiers take for an identifier has this value.
fn has_id(element: Node<'_, '_>, id: &str) -> bool {
    let mut attributes = element.attributes();
    attributes.any(|it| matches!(it.name(), "Id" | "ID" | "id") && it.value() == id)
}

/// The value of an attribute that verifiers take for an identifier.
fn id_of<'a>(element: Node<'a, '_>) -> Option<&'a str> {
    let names = ["Id", "ID", "id"];
    names
        .iter()
        .find_map(|name| element.attribute(*name))
        .or_else(|| element.attribute((XML_NAMESPACE, "id")))
}

/// The XPath texts of UBL 2.1, 5.4.
const UBL_NON_FINAL: &str = "count(ancestor-or-self::sig:UBLDocumentSignatures | \
    here()/ancestor::sig:UBLDocumentSignatures[1]) > \
    count(ancestor-or-self::sig:UBLDocumentSignatures)";
const UBL_NON_FINAL_PLAIN: &str = "not(ancestor-or-self::sig:UBLDocumentSignatures)";
const UBL_FINAL: &str = "count(ancestor-or-self::ds:Signature | \
    here()/ancestor::ds:Signature[1]) > count(ancestor-or-self::ds:Signature)";
const NO_SIGNATURE: &str = "not(ancestor-or-self::ds:Signature)";
const EVERY_SIGNATURE: &str = "/descendant::ds:Signature";

/// The transforms of the document that a profile asks for.
pub(super) fn transforms(profile: &XadesProfile) -> Vec<Transform> {
    let canonical = Transform::Canonical {
        canonicalization: profile.canonical_transform,
        inclusive_prefixes: Vec::new(),
    };
    let bound =
        |prefix: &str, namespace: &str| BTreeMap::from([(prefix.to_owned(), namespace.to_owned())]);
    let xpath = |text: &str, prefix: &str, namespace: &str| Transform::XPath {
        xpath: text.to_owned(),
        namespaces: bound(prefix, namespace),
    };
    let first = match &profile.signature_transform {
        SignatureTransform::List(list) => return list.clone(),
        SignatureTransform::Named(NamedTransform::None) => return Vec::new(),
        SignatureTransform::Named(NamedTransform::Enveloped) => Transform::Enveloped,
        SignatureTransform::Named(NamedTransform::UblNonFinal) => {
            xpath(UBL_NON_FINAL, "sig", SIG_NAMESPACE)
        }
        SignatureTransform::Named(NamedTransform::UblNonFinalPlain) => {
            xpath(UBL_NON_FINAL_PLAIN, "sig", SIG_NAMESPACE)
        }
        SignatureTransform::Named(NamedTransform::UblFinal) => xpath(UBL_FINAL, "ds", DS_NAMESPACE),
        SignatureTransform::Named(NamedTransform::XPath) => xpath(NO_SIGNATURE, "ds", DS_NAMESPACE),
        SignatureTransform::Named(NamedTransform::XPath2Filter) => Transform::XPathFilter2 {
            filters: vec![Filter {
                operation: FilterOperation::Subtract,
                xpath: EVERY_SIGNATURE.to_owned(),
                namespaces: bound("ds", DS_NAMESPACE),
            }],
        },
    };
    vec![first, canonical]
}

/// The digest of the document that a profile asks for.
pub(super) fn digest_algorithm(profile: &XadesProfile) -> DigestAlgorithm {
    profile.reference.digest_algorithm.unwrap_or(profile.digest_algorithm)
}
