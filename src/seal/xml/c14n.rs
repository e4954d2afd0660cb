//! Canonical XML 1.0 and 1.1 and Exclusive XML Canonicalization 1.0, streamed into a [`Sink`], so
//! that a digest is computed while canonicalizing and nothing is buffered.
//!
//! A [`Subset`] is the whole document or one subtree, with or without comments, minus at most one
//! subtree (the enveloped-signature transform, XMLDSIG 6.6.4). These are the node-sets that
//! signature references select; node-sets with other holes are not supported.
//!
//! Comments: the algorithm decides (`#WithComments`), but a reference with `URI=""` or `URI="#id"`
//! selects a node-set without comment nodes in the first place (XMLDSIG 4.4.3.3), so that even
//! `#WithComments` prints none there. [`Subset::without_comments`] says that.
//!
//! The input must have been guarded: recursion is not used, but lists of attributes and namespaces
//! per element are searched linearly.

use std::borrow::Cow;

use roxmltree::{Document, Node, NodeType};

use super::sink::{Sink, write_attribute_value, write_markup, write_text};
use super::{XML_NAMESPACE, uri};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};

/// What is canonicalized.
#[derive(Clone, Copy)]
pub struct Subset<'a, 'i> {
    apex: Node<'a, 'i>,
    without: Option<Node<'a, 'i>>,
    comments: bool,
}

impl<'a, 'i> Subset<'a, 'i> {
    /// The whole document, comments and processing instructions around the root included.
    #[must_use]
    pub fn document(document: &'a Document<'i>) -> Self {
        Self { apex: document.root(), without: None, comments: true }
    }

    /// An element and everything in it.
    #[must_use]
    pub const fn subtree(apex: Node<'a, 'i>) -> Self {
        Self { apex, without: None, comments: true }
    }

    /// Leaves out one element and everything in it.
    #[must_use]
    pub const fn without(self, subtree: Node<'a, 'i>) -> Self {
        Self { without: Some(subtree), ..self }
    }

    /// Leaves out comment nodes, as every same-document reference by `""` or `#id` does.
    #[must_use]
    pub const fn without_comments(self) -> Self {
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
    let mut writer = Writer {
        source: subset.apex.document().input_text(),
        root_start: subset.apex.document().root_element().range().start,
        subset,
        method: canonicalization.method,
        comments: subset.comments && canonicalization.with_comments,
        inclusive_prefixes,
        sink,
        rendered: Vec::with_capacity(16),
        frames: Vec::with_capacity(16),
        declarations: Vec::with_capacity(16),
        attributes: Vec::with_capacity(16),
    };
    writer.walk();
}

/// The `xml:*` attributes that an element whose ancestors are outside of the node-set takes from
/// them, as (local name, value), unsorted: the nearest of each name for Canonical XML 1.0 (2.4);
/// `xml:lang`, `xml:space` and the joined `xml:base` for 1.1 (2.4); none for exclusive.
#[must_use]
pub fn inherited_xml_attributes<'a>(
    parent: Option<Node<'a, '_>>,
    method: CanonicalizationMethod,
) -> Vec<(&'a str, Cow<'a, str>)> {
    let mut found: Vec<(&'a str, Cow<'a, str>)> = Vec::new();
    if method == CanonicalizationMethod::Exclusive {
        return found;
    }
    let joins_base = method == CanonicalizationMethod::Inclusive11;
    for ancestor in parent.iter().flat_map(Node::ancestors) {
        for attribute in ancestor.attributes() {
            if attribute.namespace() != Some(XML_NAMESPACE) {
                continue;
            }
            let name = attribute.name();
            if joins_base && !matches!(name, "lang" | "space" | "base") {
                continue;
            }
            match found.iter_mut().find(|(known, _)| *known == name) {
                None => found.push((name, Cow::Borrowed(attribute.value()))),
                Some((_, value)) if joins_base && name == "base" => {
                    *value = Cow::Owned(uri::join(attribute.value(), value));
                }
                Some(_) => {}
            }
        }
    }
    found.retain(|(name, value)| !(joins_base && *name == "base" && value.is_empty()));
    found
}

/// The qualified name of an element as its start tag has it.
#[must_use]
pub fn qualified_name<'a>(element: Node<'a, '_>) -> &'a str {
    let source = element.document().input_text();
    let local = element.tag_name().name();
    // The parser hands out slices of its input: the local name ends where the qualified name does.
    let end = (local.as_ptr() as usize + local.len()).wrapping_sub(source.as_ptr() as usize);
    source.get(element.range().start + 1..end).unwrap_or(local)
}

/// An attribute about to be written; `prefix` is empty or `xml` or as in the source.
struct Attribute<'a> {
    namespace: &'a str,
    prefix: &'a str,
    local: &'a str,
    value: Cow<'a, str>,
}

struct Writer<'a, 'i, 's, S> {
    source: &'a str,
    /// Where the root element begins.
    root_start: usize,
    subset: Subset<'a, 'i>,
    method: CanonicalizationMethod,
    comments: bool,
    inclusive_prefixes: &'a [&'a str],
    sink: &'s mut S,
    /// Namespace declarations written by the open elements, as (prefix, name).
    rendered: Vec<(&'a str, &'a str)>,
    /// Length of `rendered` before each open element.
    frames: Vec<usize>,
    declarations: Vec<(&'a str, &'a str)>,
    attributes: Vec<Attribute<'a>>,
}

impl<'a, 'i, S: Sink> Writer<'a, 'i, '_, S> {
    fn walk(&mut self) {
        let apex = self.subset.apex;
        let mut current = apex;
        loop {
            let entered = self.enter(current);
            if entered && let Some(child) = current.first_child() {
                current = child;
                continue;
            }
            if entered {
                self.leave(current);
            }
            // Up until there is something to the right.
            loop {
                if current == apex {
                    return;
                }
                if let Some(sibling) = current.next_sibling() {
                    current = sibling;
                    break;
                }
                let Some(parent) = current.parent() else { return };
                self.leave(parent);
                current = parent;
            }
        }
    }

    /// Writes what stands before the children; says whether the children are wanted.
    fn enter(&mut self, node: Node<'a, 'i>) -> bool {
        match node.node_type() {
            NodeType::Root => return true,
            NodeType::Element => {
                if self.subset.without == Some(node) {
                    return false;
                }
                self.start_tag(node);
                return true;
            }
            NodeType::Text => write_text(node.text().unwrap_or_default(), self.sink),
            NodeType::Comment if self.comments => {
                let text = node.text().unwrap_or_default();
                self.around_root(node, |sink| {
                    sink.write(b"<!--");
                    write_markup(text, sink);
                    sink.write(b"-->");
                });
            }
            NodeType::Comment => {}
            NodeType::PI => {
                let Some(pi) = node.pi() else { return false };
                self.around_root(node, |sink| {
                    sink.write(b"<?");
                    sink.write(pi.target.as_bytes());
                    if let Some(value) = pi.value {
                        sink.write(b" ");
                        write_markup(value, sink);
                    }
                    sink.write(b"?>");
                });
            }
        }
        false
    }

    fn leave(&mut self, node: Node<'a, 'i>) {
        if node.is_element() {
            self.sink.write(b"</");
            self.sink.write(qualified_name(node).as_bytes());
            self.sink.write(b">");
            self.rendered.truncate(self.frames.pop().unwrap_or(0));
        }
    }

    /// Line feeds between the root and what stands around it (Canonical XML 1.0, 2.3).
    fn around_root(&mut self, node: Node<'a, 'i>, write: impl FnOnce(&mut S)) {
        let outside = node.parent().is_some_and(|parent| parent.is_root());
        let after = outside && node.range().start > self.root_start;
        if after {
            self.sink.write(b"\n");
        }
        write(self.sink);
        if outside && !after {
            self.sink.write(b"\n");
        }
    }

    fn start_tag(&mut self, element: Node<'a, 'i>) {
        let name = qualified_name(element);
        self.sink.write(b"<");
        self.sink.write(name.as_bytes());
        self.frames.push(self.rendered.len());
        self.collect_attributes(element);
        if self.method == CanonicalizationMethod::Exclusive {
            self.declare_used(element, name);
        } else {
            self.declare_all(element);
        }
        self.write_declarations();
        self.write_attributes();
        self.sink.write(b">");
    }

    fn collect_attributes(&mut self, element: Node<'a, 'i>) {
        self.attributes.clear();
        for attribute in element.attributes() {
            let name = self.source.get(attribute.range_qname()).unwrap_or(attribute.name());
            self.attributes.push(Attribute {
                namespace: attribute.namespace().unwrap_or_default(),
                prefix: prefix_of(name),
                local: attribute.name(),
                value: Cow::Borrowed(attribute.value()),
            });
        }
        if element == self.subset.apex && self.method != CanonicalizationMethod::Exclusive {
            self.inherit(element);
        }
        if self.attributes.len() > 1 {
            self.attributes.sort_by(|a, b| (a.namespace, a.local).cmp(&(b.namespace, b.local)));
        }
    }

    /// The `xml:*` attributes of ancestors outside of the subset, at its apex.
    fn inherit(&mut self, apex: Node<'a, 'i>) {
        for (local, value) in inherited_xml_attributes(apex.parent(), self.method) {
            let own = self
                .attributes
                .iter_mut()
                .find(|own| own.namespace == XML_NAMESPACE && own.local == local);
            match own {
                None => self.attributes.push(Attribute {
                    namespace: XML_NAMESPACE,
                    prefix: "xml",
                    local,
                    value,
                }),
                Some(own)
                    if local == "base" && self.method == CanonicalizationMethod::Inclusive11 =>
                {
                    own.value = Cow::Owned(uri::join(&value, &own.value));
                }
                Some(_) => {}
            }
        }
        if self.method == CanonicalizationMethod::Inclusive11 {
            self.attributes.retain(|attribute| {
                !(attribute.namespace == XML_NAMESPACE
                    && attribute.local == "base"
                    && attribute.value.is_empty())
            });
        }
    }

    /// Inclusive: every binding in scope that the output ancestors did not write already.
    fn declare_all(&mut self, element: Node<'a, 'i>) {
        if element != self.subset.apex && shares_bindings(element) {
            return;
        }
        let mut default = "";
        for binding in element.namespaces() {
            let prefix = binding.name().unwrap_or_default();
            if prefix.is_empty() {
                default = binding.uri();
            } else {
                self.declare(prefix, binding.uri());
            }
        }
        self.declare("", default);
    }

    /// Exclusive: the bindings that this element and its attributes use (Exclusive XML
    /// Canonicalization 1.0, 3), and those of the prefix list as inclusive does.
    fn declare_used(&mut self, element: Node<'a, 'i>, name: &'a str) {
        let namespace = element.tag_name().namespace().unwrap_or_default();
        if prefix_of(name) != "xml" {
            self.declare(prefix_of(name), namespace);
        }
        let attributes = std::mem::take(&mut self.attributes);
        for attribute in &attributes {
            if !attribute.prefix.is_empty() && attribute.prefix != "xml" {
                self.declare(attribute.prefix, attribute.namespace);
            }
        }
        self.attributes = attributes;
        for listed in self.inclusive_prefixes {
            if *listed == "#default" {
                self.declare("", element.default_namespace().unwrap_or_default());
            } else if let Some(namespace) = element.lookup_namespace_uri(Some(listed))
                && *listed != "xml"
            {
                self.declare(listed, namespace);
            }
        }
    }

    /// Notes a declaration unless the nearest output ancestor that declares the prefix, or this
    /// element, says the same; an undeclared default namespace is the same as an empty one.
    fn declare(&mut self, prefix: &'a str, namespace: &'a str) {
        let known = self.rendered.iter().rev().find(|(known, _)| *known == prefix);
        let known = known.map_or("", |(_, namespace)| *namespace);
        if known != namespace && !self.declarations.iter().any(|(noted, _)| *noted == prefix) {
            self.declarations.push((prefix, namespace));
        }
    }

    fn write_declarations(&mut self) {
        if self.declarations.len() > 1 {
            self.declarations.sort_unstable();
        }
        for (prefix, namespace) in self.declarations.drain(..) {
            self.sink.write(b" xmlns");
            if !prefix.is_empty() {
                self.sink.write(b":");
                self.sink.write(prefix.as_bytes());
            }
            self.sink.write(b"=\"");
            write_attribute_value(namespace, self.sink);
            self.sink.write(b"\"");
            self.rendered.push((prefix, namespace));
        }
    }

    fn write_attributes(&mut self) {
        for attribute in &self.attributes {
            self.sink.write(b" ");
            if !attribute.prefix.is_empty() {
                self.sink.write(attribute.prefix.as_bytes());
                self.sink.write(b":");
            }
            self.sink.write(attribute.local.as_bytes());
            self.sink.write(b"=\"");
            write_attribute_value(&attribute.value, self.sink);
            self.sink.write(b"\"");
        }
    }
}

fn prefix_of(qualified_name: &str) -> &str {
    qualified_name.split_once(':').map_or("", |(prefix, _)| prefix)
}

/// Whether an element has the very bindings of its parent, so that nothing can be new. The parser
/// keeps each distinct binding once, so identity suffices.
fn shares_bindings(element: Node<'_, '_>) -> bool {
    element.parent().is_some_and(|parent| {
        let (own, inherited) = (element.namespaces(), parent.namespaces());
        own.len() == inherited.len() && own.zip(inherited).all(|(a, b)| std::ptr::eq(a, b))
    })
}
