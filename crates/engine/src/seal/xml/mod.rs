//! XML as the engines need it: bytes to text, bounds before parsing, one parse, canonical octets.
//!
//! The order is fixed: [`source`] decodes and normalises line ends, [`guard`] bounds
//! what the parser will see, [`guard::parse`] parses once, [`c14n`] canonicalises what was parsed.
//! [`transforms`] runs the transform chain of a reference, with [`xpath`] over sets of [`nodes`].
//! Nothing here ever writes XML back from a tree; documents are only ever spliced.

pub mod c14n;
mod declaration;
pub mod encoding;
pub mod guard;
pub mod nodes;
mod scan;
pub mod sink;
pub mod source;
pub mod transforms;
pub mod uri;
pub mod xpath;

use roxmltree::Node;

/// Namespace of `xml:lang` and its kin; never declared, always bound (Namespaces in XML, 3).
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of XML Signature.
pub const DS_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Whether a node is an element of this namespace and local name. As `Node::has_tag_name`, but compares
/// the local name first, which is the one that usually differs.
#[must_use]
pub fn is_element(node: Node<'_, '_>, (namespace, local): (&str, &str)) -> bool {
    let name = node.tag_name();
    name.name() == local && name.namespace() == Some(namespace)
}
