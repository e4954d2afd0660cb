//! What of UBL a signature has to know (UBL 2.1, 5.4): namespaces and the elements around it. Names
//! go by namespace, never by prefix.

use roxmltree::{Document, Node};

use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Namespace of `ext:UBLExtensions`.
pub(in crate::seal) const EXT_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2";
/// Namespace of `sig:UBLDocumentSignatures`.
pub(in crate::seal) const SIG_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2";
/// Namespace of `sac:SignatureInformation`.
pub(in crate::seal) const SAC_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2";
/// Namespace of `sbc:ReferencedSignatureID`.
pub(in crate::seal) const SBC_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2";
/// Namespace of `cac:Signature`.
pub(in crate::seal) const CAC_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
/// Namespace of `cbc:ID`.
pub(in crate::seal) const CBC_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";

const DOCUMENT_NAMESPACES: &str = "urn:oasis:names:specification:ubl:schema:xsd:";

/// Whether an element is the root of a UBL document.
pub(in crate::seal) fn is_ubl(root: Node<'_, '_>) -> bool {
    root.tag_name().namespace().is_some_and(|namespace| {
        namespace
            .strip_prefix(DOCUMENT_NAMESPACES)
            .and_then(|rest| rest.strip_prefix(root.tag_name().name()))
            .is_some_and(|version| version.starts_with("-2"))
    })
}

/// Every `sac:SignatureInformation`.
pub(in crate::seal) fn signature_informations<'a, 'i: 'a>(
    tree: &'a Document<'i>,
) -> impl Iterator<Item = Node<'a, 'i>> {
    tree.descendants().filter(|node| is_signature_information(*node))
}

/// Whether a node is a `sac:SignatureInformation`.
pub(in crate::seal) fn is_signature_information(node: Node<'_, '_>) -> bool {
    is_element(node, (SAC_NAMESPACE, "SignatureInformation"))
}

/// The `ds:Signature` child of an element.
pub(in crate::seal) fn signature_child<'a, 'i>(element: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    element.children().find(|child| child.has_tag_name((DS_NAMESPACE, "Signature")))
}

/// What the first `cac:Signature` of a UBL document refers to, without `#`:
/// `cac:DigitalSignatureAttachment/cac:ExternalReference/cbc:URI`.
pub(in crate::seal) fn signature_uri(tree: &Document<'_>) -> Option<String> {
    let steps = [
        (CAC_NAMESPACE, "Signature"),
        (CAC_NAMESPACE, "DigitalSignatureAttachment"),
        (CAC_NAMESPACE, "ExternalReference"),
        (CBC_NAMESPACE, "URI"),
    ];
    let uri = steps.iter().try_fold(tree.root_element(), |parent, step| {
        parent.children().find(|child| child.has_tag_name(*step))
    })?;
    let text = uri.text()?.trim();
    let id = text.strip_prefix('#').unwrap_or(text);
    (!id.is_empty()).then(|| id.to_owned())
}
