//! Elements of the signatures that a tree holds, found by name.

use roxmltree::{Document, Node};

use crate::seal::xml::{DS_NAMESPACE, is_element};

/// The signatures that have a value.
pub(super) fn signatures<'a, 'i: 'a>(tree: &'a Document<'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    let all = tree.descendants().filter(|node| is_element(*node, (DS_NAMESPACE, "Signature")));
    all.filter(|signature| !signature_value(*signature).is_empty())
}

/// The first child of a name.
#[must_use]
pub fn child<'a, 'i>(parent: Node<'a, 'i>, namespace: &str, name: &str) -> Option<Node<'a, 'i>> {
    parent.children().find(|child| child.has_tag_name((namespace, name)))
}

/// The signature value without white space; empty for a placeholder.
pub(super) fn signature_value(signature: Node<'_, '_>) -> String {
    child(signature, DS_NAMESPACE, "SignatureValue").map(base64_text).unwrap_or_default()
}

/// The text of an element, comments and white space left out.
#[must_use]
pub fn base64_text(element: Node<'_, '_>) -> String {
    let texts = element.descendants().filter(Node::is_text).filter_map(|node| node.text());
    texts.flat_map(str::split_ascii_whitespace).collect()
}
