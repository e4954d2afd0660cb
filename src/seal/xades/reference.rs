//! The reference to the document: what it points to, its transforms, its digest.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::Job;
use super::location;
use super::spot::Spot;
use super::template::{self, Body, Parts, Reference};
use super::ubl::SIG_NAMESPACE;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::transform::{Filter, FilterOperation, Transform};
use crate::domain::xades::{
    self, ExistingSignatures, NamedTransform, SignatureTransform, XadesProfile,
};
use crate::pki::digest::Digest;
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::guard;
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::{Place, Present, dereference, general, native};
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, XML_NAMESPACE};

/// Where a document is about to be sealed.
pub(super) struct Site<'s, 'a, 'i> {
    pub(super) job: Job<'s>,
    pub(super) source: &'s Source<'s>,
    pub(super) tree: &'a Document<'i>,
    pub(super) draft: &'s Draft,
    pub(super) parent: Node<'a, 'i>,
    pub(super) spot: &'s Spot,
}

impl Site<'_, '_, '_> {
    /// The reference to the document, digested.
    ///
    /// # Errors
    /// A URI that points to nothing, transforms that cannot be done, or that select the signature
    /// itself.
    pub(super) fn reference(&self, parts: &Parts<'_>, body: &Body) -> Result<Reference, Refusal> {
        let profile = self.job.profile;
        let settings = &profile.reference;
        let mut reference = Reference {
            id: parts.names.document_reference.clone(),
            uri: self.uri()?,
            reference_type: settings.reference_type.clone().unwrap_or_default(),
            transforms: transforms(profile),
            digest: Digest::of(digest_algorithm(profile), b""),
        };
        let start = dereference(self.tree, &reference.uri)?;
        let place = Place { parent: self.parent };
        let mut sink = DigestSink::new(digest_algorithm(profile));
        let limits = self.job.limits;
        match native(self.tree, start, &reference.transforms, place, limits, &mut sink) {
            Some(result) => {
                result?;
                reference.digest = sink.finish();
            }
            None => reference.digest = self.with_signature(parts, body, &reference)?,
        }
        Ok(reference)
    }

    /// The digest over the document with the signature in it, empty where it depends on the digest.
    fn with_signature(
        &self,
        parts: &Parts<'_>,
        body: &Body,
        reference: &Reference,
    ) -> Result<Digest, Refusal> {
        let signed_info = template::signed_info_text(parts, std::slice::from_ref(reference));
        let pieces = super::around_value(parts, body, &signed_info, "");
        let mut draft = self.draft.clone();
        let (range, pieces) = self.spot.splice(pieces);
        let at = range.start + pieces.first().map_or(0, Piece::length);
        draft.splice(range, pieces);
        let text = draft.text(self.source);
        let tree = guard::parse_text(&text, self.job.limits)?;
        let signature = tree
            .descendants()
            .find(|node| node.is_element() && node.range().start == at)
            .ok_or(Refusal::ReferenceCoversItself)?;
        let transforms =
            signature.descendants().find(|node| node.has_tag_name((DS_NAMESPACE, "Transforms")));
        let present = Present { signature: Some(signature), transforms };
        let start = dereference(&tree, &reference.uri)?;
        let mut sink = DigestSink::new(reference.digest.algorithm());
        let budget = Budget::default();
        let limits = self.job.limits;
        let outcome = general(present, start, &reference.transforms, limits, &budget, &mut sink)?;
        if outcome.covers_itself {
            return Err(Refusal::ReferenceCoversItself);
        }
        Ok(sink.finish())
    }

    /// The URI of the reference: as said, or of the element that is named.
    fn uri(&self) -> Result<String, Refusal> {
        let settings = &self.job.profile.reference;
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
            (Some(location), None) if location.place == xades::Place::Default => {
                let rule = "name an element: a path, a localName or an xpath".to_owned();
                Err(Refusal::setting("reference.element", rule))
            }
            (Some(location), None) => {
                let element = location::find(self.tree, location, ExistingSignatures::Refuse)?;
                let id = id_of(element).ok_or_else(|| {
                    let path = location::path_of(element);
                    Refusal::setting("reference.element", format!("{path} has no Id attribute"))
                })?;
                Ok(format!("#{id}"))
            }
        }
    }
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
