//! Words of trusted lists: namespaces, and the texts of elements.

use roxmltree::Node;

/// Namespace of trusted lists.
pub(super) const TSL: &str = "http://uri.etsi.org/02231/v2#";
/// Namespace of qualifiers.
pub(super) const EXTENSION: &str =
    "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";
/// Letters of a name or an address that are kept.
const MAX_TEXT: usize = 500;

/// The text of an element, shortened to what anybody reads.
pub(super) fn text(node: Node<'_, '_>) -> String {
    let all: String =
        node.descendants().filter(Node::is_text).filter_map(|text| text.text()).collect();
    cut(all.trim())
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
