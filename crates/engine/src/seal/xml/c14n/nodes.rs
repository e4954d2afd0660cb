//! Any node-set: membership is asked of every element, attribute and namespace.
//!
//! What an omitted element has of namespaces and attributes in the node-set is written all the same,
//! where its tag would stand (Canonical XML 2.3): the octets need not be well-formed.

use roxmltree::{Document, Node, NodeType};

use super::{
    Attribute, inherited_past, merge_inherited, prefix_of, qualified_name, sort_attributes,
    write_attribute, write_declaration, write_leaf,
};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};
use crate::seal::xml::XML_NAMESPACE;
use crate::seal::xml::nodes::{NodeSet, XNode, attribute_keys, namespace_keys};
use crate::seal::xml::sink::Sink;

pub(super) fn write<S: Sink>(
    document: &Document<'_>,
    nodes: &NodeSet,
    canonicalization: Canonicalization,
    inclusive_prefixes: &[&str],
    sink: &mut S,
) {
    let mut writer = Writer {
        document,
        nodes,
        method: canonicalization.method,
        comments: canonicalization.with_comments,
        inclusive_prefixes,
        root_start: document.root_element().range().start,
        sink,
        axes: Vec::new(),
        used: Vec::new(),
        frames: Vec::new(),
    };
    // Attributes and namespaces can be in without their element; nothing else is outside of the span.
    let (all, span) = if nodes.has_exceptions() {
        (Some(document.descendants()), None)
    } else {
        (None, Some(nodes.span(document)))
    };
    let mut open: Vec<Node<'_, '_>> = Vec::new();
    for node in all.into_iter().flatten().chain(span.into_iter().flatten()) {
        if writer.sink.is_full() {
            return;
        }
        while open.last().is_some_and(|last| Some(*last) != node.parent()) {
            open.pop().into_iter().for_each(|element| writer.end_tag(element));
        }
        if node.is_element() {
            writer.start_tag(node);
            open.push(node);
        } else if node.node_type() != NodeType::Root && nodes.has(node) {
            write_leaf(node, writer.comments, writer.root_start, writer.sink);
        }
    }
    while let Some(element) = open.pop() {
        writer.end_tag(element);
    }
}

struct Writer<'a, 'i, 's, S> {
    document: &'a Document<'i>,
    nodes: &'s NodeSet,
    method: CanonicalizationMethod,
    comments: bool,
    inclusive_prefixes: &'s [&'s str],
    root_start: usize,
    sink: &'s mut S,
    /// Namespace nodes in the node-set of each open output element, as (prefix, name).
    axes: Vec<(&'a str, &'a str)>,
    /// Prefixes that open output elements visibly use, each with its name if the namespace node is
    /// in the node-set (Exclusive XML Canonicalization 1.0, 3).
    used: Vec<(&'a str, Option<&'a str>)>,
    frames: Vec<Frame>,
}

/// Where an output element begins in `axes` and `used`.
struct Frame {
    axes: usize,
    used: usize,
}

impl<'a, 'i, S: Sink> Writer<'a, 'i, '_, S> {
    fn start_tag(&mut self, element: Node<'a, 'i>) {
        let is_in = self.nodes.has(element);
        if !is_in && !self.nodes.has_exceptions() {
            return;
        }
        let name = qualified_name(element);
        let axis = self.axis(element);
        let attributes = self.attributes(element, is_in);
        let exclusive = self.method == CanonicalizationMethod::Exclusive;
        let used = if exclusive && is_in { used_prefixes(name, &attributes) } else { Vec::new() };
        let declarations = self.declarations(&axis, &used, is_in);
        if is_in {
            self.sink.write(b"<");
            self.sink.write(name.as_bytes());
            self.frames.push(Frame { axes: self.axes.len(), used: self.used.len() });
            self.used.extend(used.iter().map(|prefix| (*prefix, lookup(&axis, prefix))));
            self.axes.extend(&axis);
        }
        for (prefix, namespace) in declarations {
            write_declaration(prefix, namespace, self.sink);
        }
        for attribute in &attributes {
            write_attribute(attribute, self.sink);
        }
        if is_in {
            self.sink.write(b">");
        }
    }

    fn end_tag(&mut self, element: Node<'a, 'i>) {
        if !self.nodes.has(element) {
            return;
        }
        self.sink.write(b"</");
        self.sink.write(qualified_name(element).as_bytes());
        self.sink.write(b">");
        if let Some(frame) = self.frames.pop() {
            self.axes.truncate(frame.axes);
            self.used.truncate(frame.used);
        }
    }

    /// The namespace nodes of an element that are in the node-set, but for `xml`.
    fn axis(&self, element: Node<'a, 'i>) -> Vec<(&'a str, &'a str)> {
        namespace_keys(element)
            .filter(|key| self.nodes.contains(*key))
            .filter_map(|key| match key.resolve(self.document)? {
                XNode::Namespace(_, prefix, namespace) if prefix != "xml" => {
                    Some((prefix, namespace))
                }
                _ => None,
            })
            .collect()
    }

    /// The attributes in the node-set, and what an element without its parent inherits.
    ///
    /// Canonical XML 1.1 writes `xml:lang`, `xml:space` and `xml:base` of an element in the node-set
    /// even where the attribute is not in it: 2.4 reads otherwise, but the vectors of its interop
    /// test and other implementations have it so (docs/divergences.md).
    fn attributes(&self, element: Node<'a, 'i>, is_in: bool) -> Vec<Attribute<'a>> {
        let source = self.document.input_text();
        let keeps = is_in && self.method == CanonicalizationMethod::Inclusive11;
        let mut attributes: Vec<_> = attribute_keys(element)
            .zip(element.attributes())
            .filter(|(key, own)| self.nodes.contains(*key) || (keeps && is_inheritable(own)))
            .map(|(_, attribute)| Attribute::new(&attribute, source))
            .collect();
        let parent = element.parent_element().filter(|parent| !self.nodes.has(*parent));
        if is_in && parent.is_some() && self.method != CanonicalizationMethod::Exclusive {
            let inherited = inherited_past(parent, self.method, |node| self.nodes.has(node));
            let own = |local: &str| element.has_attribute((XML_NAMESPACE, local));
            merge_inherited(&mut attributes, inherited, self.method, own);
        }
        sort_attributes(&mut attributes);
        attributes
    }

    /// What is declared at an element, sorted.
    fn declarations(
        &self,
        axis: &[(&'a str, &'a str)],
        used: &[&'a str],
        is_in: bool,
    ) -> Vec<(&'a str, &'a str)> {
        let outer = self.frames.last().map_or(0, |frame| frame.axes);
        let outer = self.axes.get(outer..).unwrap_or_default();
        let mut declarations: Vec<(&str, &str)> = axis
            .iter()
            .filter(|(prefix, namespace)| {
                if self.is_inclusive(prefix) {
                    lookup(outer, prefix) != Some(*namespace)
                } else {
                    used.contains(prefix) && self.last_use(prefix) != Some(*namespace)
                }
            })
            .copied()
            .collect();
        let undeclares = is_in
            && lookup(axis, "").is_none()
            && if self.is_inclusive("") {
                lookup(outer, "").is_some()
            } else {
                used.contains(&"") && self.last_use("").is_some()
            };
        if undeclares {
            declarations.push(("", ""));
        }
        declarations.sort_unstable();
        declarations
    }

    /// Whether a prefix is treated as in inclusive canonicalization.
    fn is_inclusive(&self, prefix: &str) -> bool {
        let listed = if prefix.is_empty() { "#default" } else { prefix };
        self.method != CanonicalizationMethod::Exclusive
            || self.inclusive_prefixes.contains(&listed)
    }

    /// The name of a prefix at the nearest output ancestor that visibly uses the prefix.
    fn last_use(&self, prefix: &str) -> Option<&'a str> {
        self.used.iter().rev().find(|(used, _)| *used == prefix)?.1
    }
}

/// Whether an attribute is one that Canonical XML 1.1 hands down (2.4).
fn is_inheritable(attribute: &roxmltree::Attribute<'_, '_>) -> bool {
    attribute.namespace() == Some(XML_NAMESPACE)
        && matches!(attribute.name(), "lang" | "space" | "base")
}

/// Prefixes that an element and its attributes in the node-set use; empty for the default namespace.
fn used_prefixes<'a>(name: &'a str, attributes: &[Attribute<'a>]) -> Vec<&'a str> {
    let of_attributes = attributes.iter().map(|attribute| attribute.prefix);
    let mut used: Vec<&str> = of_attributes.filter(|prefix| !prefix.is_empty()).collect();
    used.push(prefix_of(name));
    used
}

fn lookup<'a>(axis: &[(&'a str, &'a str)], prefix: &str) -> Option<&'a str> {
    axis.iter().find(|(known, _)| *known == prefix).map(|(_, namespace)| *namespace)
}
