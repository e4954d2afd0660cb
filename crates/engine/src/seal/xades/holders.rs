//! What holds signatures in documents and nothing else: who signs may leave it out, and who verifies may let it be left
//! out.

use roxmltree::{Document, Node};

use super::location::path_of;
use super::ubl::SIG_NAMESPACE;
use crate::domain::refusal::Refusal;
use crate::domain::xades::{NamedTransform, SignatureTransform, XadesProfile};
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Namespace and local name of elements that hold signatures and nothing of a document (UBL 2.1 and its
/// profile of XAdES; ASiC; OpenDocument).
const HOLDERS: [(&str, &str); 8] = [
    (EXTENSIONS, "UBLExtensions"),
    (EXTENSIONS, "UBLExtension"),
    (EXTENSIONS, "ExtensionContent"),
    (SIG_NAMESPACE, "UBLDocumentSignatures"),
    (
        "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2",
        "SignatureInformation",
    ),
    ("http://uri.etsi.org/02918/v1.2.1#", "XAdESSignatures"),
    ("http://uri.etsi.org/2918/v1.2.1#", "XAdESSignatures"),
    ("urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0", "document-signatures"),
];

/// Texts that say which signature it is.
const LABELS: [(&str, &str); 3] = [
    (EXTENSIONS, "ExtensionURI"),
    ("urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2", "ID"),
    (
        "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2",
        "ReferencedSignatureID",
    ),
];

const EXTENSIONS: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2";

/// Whether a node says something: an element, or a text that is no white space.
#[must_use]
pub fn is_content(node: Node<'_, '_>) -> bool {
    node.is_element()
        || node.is_text() && node.text().is_some_and(|text| !text.trim_ascii().is_empty())
}

/// Whether a node holds signatures, or is a label in what does.
#[must_use]
pub fn is_of_holder(node: Node<'_, '_>) -> bool {
    let is_holder = |node: Node<'_, '_>| HOLDERS.iter().any(|name| is_element(node, *name));
    let is_label = |node: Node<'_, '_>| {
        LABELS.iter().any(|name| is_element(node, *name))
            && node.parent().is_some_and(is_holder)
            && node.children().all(|child| !child.is_element())
    };
    if node.is_text() {
        node.parent().is_some_and(is_label)
    } else {
        is_holder(node) || is_label(node)
    }
}

/// Refuses a document in whose place for signatures, which a profile leaves out, something else stands: nobody would
/// sign it.
///
/// # Errors
/// [`Refusal::PlaceHoldsMore`].
pub(super) fn check_place(tree: &Document<'_>, profile: &XadesProfile) -> Result<(), Refusal> {
    use NamedTransform::{UblNonFinal, UblNonFinalPlain};
    let SignatureTransform::Named(UblNonFinal | UblNonFinalPlain) = profile.signature_transform
    else {
        return Ok(());
    };
    let is_place =
        |node: &Node<'_, '_>| is_element(*node, (SIG_NAMESPACE, "UBLDocumentSignatures"));
    for place in tree.descendants().filter(is_place) {
        let is_more = |node: &Node<'_, '_>| {
            let mut above = node.ancestors().take_while(|above| *above != place);
            is_content(*node)
                && !is_of_holder(*node)
                && !above.any(|above| is_element(above, (DS_NAMESPACE, "Signature")))
        };
        if let Some(more) = place.descendants().find(is_more) {
            let element = if more.is_element() { Some(more) } else { more.parent_element() };
            return Err(Refusal::PlaceHoldsMore { path: element.map(path_of).unwrap_or_default() });
        }
    }
    Ok(())
}
