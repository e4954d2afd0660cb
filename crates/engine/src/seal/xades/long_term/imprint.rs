//! What an archive timestamp of XAdES is over (EN 319 132-1, 5.5.2.2): what the signature refers to, the
//! signature, its unsigned properties so far, and its other objects.

use roxmltree::Node;

use super::ground::XmlGround;
use super::properties::child_elements;
use crate::domain::canonicalization::Canonicalization;
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::seal::xades::elements::child;
use crate::seal::xades::tags::XADES_NAMESPACE;
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::sink::Sink;
use crate::seal::xml::transforms::{
    ElementIds, Metered, Present, general, octets, read_transforms,
};

/// The octets of one archive timestamp.
pub(super) struct ArchivedOctets<'a, 'i> {
    /// The `ds:Signature`.
    pub(super) signature: Node<'a, 'i>,
    /// Its `xades:UnsignedSignatureProperties`.
    pub(super) unsigned: Node<'a, 'i>,
    /// The archive timestamp itself; none when it comes behind all properties.
    pub(super) before: Option<Node<'a, 'i>>,
    /// How what has to be canonicalized is, with the prefixes of exclusive canonicalization.
    pub(super) method: (Canonicalization, Vec<String>),
}

impl<'a, 'i> ArchivedOctets<'a, 'i> {
    /// Writes them.
    ///
    /// # Errors
    /// What cannot be computed, or costs too much.
    pub(super) fn write<S: Sink>(
        &self,
        ground: &XmlGround<'_, '_>,
        sink: &mut S,
    ) -> Result<(), Refusal> {
        let signed_info = child(self.signature, DS_NAMESPACE, "SignedInfo");
        let ids = ElementIds::new(self.signature.document());
        let references = signed_info
            .into_iter()
            .flat_map(|signed_info| child_elements(signed_info, DS_NAMESPACE, "Reference"));
        for reference in references {
            self.reference(reference, &ids, ground, sink)?;
        }
        for name in ["SignedInfo", "SignatureValue", "KeyInfo"] {
            if let Some(part) = child(self.signature, DS_NAMESPACE, name) {
                self.element(part, ground, sink)?;
            }
        }
        let properties = self.unsigned.children().filter(Node::is_element);
        for property in properties.take_while(|property| Some(*property) != self.before) {
            self.element(property, ground, sink)?;
        }
        for object in child_elements(self.signature, DS_NAMESPACE, "Object") {
            if child(object, XADES_NAMESPACE, "QualifyingProperties").is_none() {
                self.element(object, ground, sink)?;
            }
        }
        Ok(())
    }

    fn element<S: Sink>(
        &self,
        element: Node<'_, '_>,
        ground: &XmlGround<'_, '_>,
        sink: &mut S,
    ) -> Result<(), Refusal> {
        let (method, prefixes) = &self.method;
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let mut metered = Metered::new(sink, ground.budget);
        canonicalize(Subset::subtree(element), *method, &prefixes, &mut metered);
        metered.finish()
    }

    fn reference<S: Sink>(
        &self,
        reference: Node<'a, 'i>,
        ids: &ElementIds<'a, 'i>,
        ground: &XmlGround<'_, '_>,
        sink: &mut S,
    ) -> Result<(), Refusal> {
        let uri = reference.attribute("URI").unwrap_or_default();
        let holder = child(reference, DS_NAMESPACE, "Transforms");
        let mut transforms = holder.map(read_transforms).transpose()?.unwrap_or_default();
        let (limits, budget) = (ground.limits, ground.budget);
        if !uri.is_empty() && !uri.starts_with('#') {
            let content = (ground.outside)(uri).unwrap_or_default();
            return octets(content, &transforms, limits, budget, sink);
        }
        let last = transforms.last();
        if !matches!(last, Some(Transform::Canonical { .. } | Transform::Base64)) {
            let (canonicalization, inclusive_prefixes) = self.method.clone();
            transforms.push(Transform::Canonical { canonicalization, inclusive_prefixes });
        }
        let present = Present { signature: Some(self.signature), transforms: holder };
        let start = ids.dereference(uri)?;
        general(present, start, &transforms, limits, budget, sink).map(drop)
    }
}
