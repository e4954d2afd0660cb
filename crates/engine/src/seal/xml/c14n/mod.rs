//! Canonical XML 1.0 and 1.1 and Exclusive XML Canonicalization 1.0, streamed into a [`Sink`], so
//! that a digest is computed while canonicalizing and nothing is buffered.
//!
//! A [`Subset`] is the whole document or one subtree, with or without comments, minus any number of
//! subtrees: the node-sets that most signature references select, and the fast path. Every other
//! node-set is a [`NodeSet`] and goes through [`canonicalize_nodes`].
//!
//! Comments: the algorithm decides (`#WithComments`), but a reference with `URI=""` or `URI="#id"`
//! selects a node-set without comment nodes in the first place (XMLDSIG 4.4.3.3), so that even
//! `#WithComments` prints none there. [`Subset::without_comments`] says that.
//!
//! The input must have been guarded: recursion is not used, but lists of attributes and namespaces
//! per element are searched linearly. What the two writers share is marked `#[inline]`: it runs for
//! every element, and calls between files cost the fast path a sixth.

mod nodes;
mod subtree;

use std::borrow::Cow;

use roxmltree::{Document, Node, NodeId, NodeType};

use super::nodes::NodeSet;
use super::sink::{Sink, write_attribute_value, write_markup, write_text};
use super::{XML_NAMESPACE, uri};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};

/// What is canonicalized.
#[derive(Clone)]
pub struct Subset<'a, 'i> {
    apex: Node<'a, 'i>,
    without: Vec<NodeId>,
    comments: bool,
}

impl<'a, 'i> Subset<'a, 'i> {
    /// The whole document, comments and processing instructions around the root included.
    #[must_use]
    pub fn document(document: &'a Document<'i>) -> Self {
        Self::subtree(document.root())
    }

    /// An element and everything in it.
    #[must_use]
    pub const fn subtree(apex: Node<'a, 'i>) -> Self {
        Self { apex, without: Vec::new(), comments: true }
    }

    /// Leaves out one element and everything in it.
    #[must_use]
    pub fn without(mut self, subtree: Node<'a, 'i>) -> Self {
        self.without.push(subtree.id());
        self
    }

    /// Leaves out elements and everything in them, in whatever order they come.
    #[must_use]
    pub fn without_all(mut self, subtrees: impl IntoIterator<Item = Node<'a, 'i>>) -> Self {
        self.without.extend(subtrees.into_iter().map(|subtree| subtree.id()));
        self
    }

    /// Leaves out comment nodes, as every same-document reference by `""` or `#id` does.
    #[must_use]
    pub fn without_comments(self) -> Self {
        Self { comments: false, ..self }
    }
}

/// Writes the canonical form of a subset.
///
/// `inclusive_prefixes` is the `PrefixList` of exclusive canonicalization, `#default` for the
/// default namespace; the other methods ignore it.
pub fn canonicalize<'a, S: Sink>(
    subset: Subset<'a, '_>,
    canonicalization: Canonicalization,
    inclusive_prefixes: &'a [&'a str],
    sink: &mut S,
) {
    subtree::write(subset, canonicalization, inclusive_prefixes, sink);
}

/// Writes the canonical form of an element without content, as if the root element of a document, but
/// no comment in it, were its content. The element must not be in a default namespace: a root
/// without one would be in it too.
pub fn canonicalize_within<'a, 'i, S: Sink>(
    outer: Node<'a, 'i>,
    document: &'a Document<'i>,
    canonicalization: Canonicalization,
    inclusive_prefixes: &'a [&'a str],
    sink: &mut S,
) {
    let root = document.root_element();
    subtree::write_within(outer, root, canonicalization, inclusive_prefixes, sink);
}

/// Writes the canonical form of any node-set of a document: Canonical XML 2.3 and 2.4, Exclusive XML
/// Canonicalization 3.
pub fn canonicalize_nodes<S: Sink>(
    document: &Document<'_>,
    nodes: &NodeSet,
    canonicalization: Canonicalization,
    inclusive_prefixes: &[&str],
    sink: &mut S,
) {
    nodes::write(document, nodes, canonicalization, inclusive_prefixes, sink);
}

/// The `xml:*` attributes that an element whose ancestors are outside of the node-set takes from
/// them, as (local name, value), unsorted: the nearest of each name for Canonical XML 1.0 (2.4);
/// `xml:lang`, `xml:space` and the joined `xml:base` for 1.1 (2.4); none for exclusive.
#[must_use]
pub fn inherited_xml_attributes<'a>(
    parent: Option<Node<'a, '_>>,
    method: CanonicalizationMethod,
) -> Vec<(&'a str, Cow<'a, str>)> {
    inherited_past(parent, method, |_| false)
}

/// As [`inherited_xml_attributes`], where 1.1 looks only up to an ancestor that is in the node-set.
fn inherited_past<'a, 'i>(
    parent: Option<Node<'a, 'i>>,
    method: CanonicalizationMethod,
    is_in_set: impl Fn(Node<'a, 'i>) -> bool,
) -> Vec<(&'a str, Cow<'a, str>)> {
    let mut found: Vec<(&'a str, Cow<'a, str>)> = Vec::new();
    if method == CanonicalizationMethod::Exclusive {
        return found;
    }
    let is_11 = method == CanonicalizationMethod::Inclusive11;
    let ancestors = parent.iter().flat_map(Node::ancestors);
    for ancestor in ancestors.take_while(|ancestor| !(is_11 && is_in_set(*ancestor))) {
        for attribute in ancestor.attributes() {
            if attribute.namespace() != Some(XML_NAMESPACE) {
                continue;
            }
            let name = attribute.name();
            if is_11 && !matches!(name, "lang" | "space" | "base") {
                continue;
            }
            match found.iter_mut().find(|(known, _)| *known == name) {
                None => found.push((name, Cow::Borrowed(attribute.value()))),
                Some((_, value)) if is_11 && name == "base" => {
                    *value = Cow::Owned(uri::join(attribute.value(), value));
                }
                Some(_) => {}
            }
        }
    }
    found.retain(|(name, value)| !(is_11 && *name == "base" && value.is_empty()));
    found
}

/// The qualified name of an element as its start tag has it.
#[must_use]
#[inline]
pub fn qualified_name<'a>(element: Node<'a, '_>) -> &'a str {
    let source = element.document().input_text();
    let local = element.tag_name().name();
    // The parser hands out slices of its input: the local name ends where the qualified name does.
    let end = (local.as_ptr() as usize + local.len()).wrapping_sub(source.as_ptr() as usize);
    source.get(element.range().start + 1..end).unwrap_or(local)
}

/// An attribute about to be written; `prefix` is empty or `xml` or as in the source.
#[derive(Clone)]
struct Attribute<'a> {
    namespace: &'a str,
    prefix: &'a str,
    local: &'a str,
    value: Cow<'a, str>,
}

impl<'a> Attribute<'a> {
    #[inline]
    fn new(attribute: &roxmltree::Attribute<'a, '_>, source: &'a str) -> Self {
        let name = source.get(attribute.range_qname()).unwrap_or_default();
        Self {
            namespace: attribute.namespace().unwrap_or_default(),
            prefix: prefix_of(name),
            local: attribute.name(),
            value: Cow::Borrowed(attribute.value()),
        }
    }

    fn is_xml(&self, local: &str) -> bool {
        self.namespace == XML_NAMESPACE && self.local == local
    }
}

/// Adds the `xml:*` attributes of ancestors outside of the node-set to those of an element; `own`
/// says whether the element itself has one of a name, written or not.
fn merge_inherited<'a>(
    attributes: &mut Vec<Attribute<'a>>,
    inherited: Vec<(&'a str, Cow<'a, str>)>,
    method: CanonicalizationMethod,
    own: impl Fn(&str) -> bool,
) {
    for (local, value) in inherited {
        let joins = local == "base" && method == CanonicalizationMethod::Inclusive11;
        match attributes.iter_mut().find(|attribute| attribute.is_xml(local)) {
            Some(written) if joins => {
                written.value = Cow::Owned(uri::join(&value, &written.value));
            }
            Some(_) => {}
            None if own(local) => {}
            None => {
                let inherited = Attribute { namespace: XML_NAMESPACE, prefix: "xml", local, value };
                attributes.push(inherited);
            }
        }
    }
    if method == CanonicalizationMethod::Inclusive11 {
        attributes.retain(|attribute| !(attribute.is_xml("base") && attribute.value.is_empty()));
    }
}

#[inline]
fn sort_attributes(attributes: &mut [Attribute<'_>]) {
    if attributes.len() > 1 {
        attributes.sort_by(|a, b| (a.namespace, a.local).cmp(&(b.namespace, b.local)));
    }
}

#[inline]
fn write_attribute<S: Sink>(attribute: &Attribute<'_>, sink: &mut S) {
    sink.write(b" ");
    if !attribute.prefix.is_empty() {
        sink.write(attribute.prefix.as_bytes());
        sink.write(b":");
    }
    sink.write(attribute.local.as_bytes());
    sink.write(b"=\"");
    write_attribute_value(&attribute.value, sink);
    sink.write(b"\"");
}

#[inline]
fn write_declaration<S: Sink>(prefix: &str, namespace: &str, sink: &mut S) {
    sink.write(b" xmlns");
    if !prefix.is_empty() {
        sink.write(b":");
        sink.write(prefix.as_bytes());
    }
    sink.write(b"=\"");
    write_attribute_value(namespace, sink);
    sink.write(b"\"");
}

/// Writes a text, comment or processing instruction; comments only when asked for.
#[inline]
fn write_leaf<S: Sink>(node: Node<'_, '_>, comments: bool, root_start: usize, sink: &mut S) {
    match node.node_type() {
        NodeType::Text => write_text(node.text().unwrap_or_default(), sink),
        NodeType::Comment if comments => around_root(node, root_start, sink, |sink| {
            sink.write(b"<!--");
            write_markup(node.text().unwrap_or_default(), sink);
            sink.write(b"-->");
        }),
        NodeType::PI => {
            let Some(pi) = node.pi() else { return };
            around_root(node, root_start, sink, |sink| {
                sink.write(b"<?");
                sink.write(pi.target.as_bytes());
                if let Some(value) = pi.value {
                    sink.write(b" ");
                    write_markup(value, sink);
                }
                sink.write(b"?>");
            });
        }
        NodeType::Root | NodeType::Element | NodeType::Comment => {}
    }
}

/// Line feeds between the root and what stands around it (Canonical XML 1.0, 2.3).
fn around_root<S: Sink>(
    node: Node<'_, '_>,
    root_start: usize,
    sink: &mut S,
    write: impl FnOnce(&mut S),
) {
    let outside = node.parent().is_some_and(|parent| parent.is_root());
    let after = outside && node.range().start > root_start;
    if after {
        sink.write(b"\n");
    }
    write(sink);
    if outside && !after {
        sink.write(b"\n");
    }
}

#[inline]
fn prefix_of(qualified_name: &str) -> &str {
    qualified_name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// Whether an element has the very bindings of its parent, so that nothing can be new. The parser
/// keeps each distinct binding once, so identity suffices.
#[inline]
fn shares_bindings(element: Node<'_, '_>) -> bool {
    element.parent().is_some_and(|parent| {
        let (own, inherited) = (element.namespaces(), parent.namespaces());
        own.len() == inherited.len() && own.zip(inherited).all(|(a, b)| std::ptr::eq(a, b))
    })
}
