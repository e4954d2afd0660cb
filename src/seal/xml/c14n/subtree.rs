//! The fast path: a document or subtree, minus subtrees.

use roxmltree::{Node, NodeId, NodeType};

use super::{
    Attribute, Subset, inherited_xml_attributes, merge_inherited, prefix_of, qualified_name,
    shares_bindings, sort_attributes, write_attribute, write_declaration, write_leaf,
};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};
use crate::seal::xml::sink::{Sink, write_text};

pub(super) fn write<'a, S: Sink>(
    subset: Subset<'a, '_>,
    canonicalization: Canonicalization,
    inclusive_prefixes: &'a [&'a str],
    sink: &mut S,
) {
    let document = subset.apex.document();
    let mut without = subset.without;
    without.sort_unstable_by_key(|left_out| std::cmp::Reverse(left_out.get()));
    let mut writer = Writer {
        source: document.input_text(),
        root_start: document.root_element().range().start,
        apex: subset.apex,
        without,
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

struct Writer<'a, 'i, 's, S> {
    source: &'a str,
    /// Where the root element begins.
    root_start: usize,
    apex: Node<'a, 'i>,
    /// What is left out and not yet passed, the next one last.
    without: Vec<NodeId>,
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
        let apex = self.apex;
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
            NodeType::Root => true,
            NodeType::Element if self.is_left_out(node) => false,
            NodeType::Element => {
                self.start_tag(node);
                true
            }
            NodeType::Text => {
                write_text(node.text().unwrap_or_default(), self.sink);
                false
            }
            NodeType::Comment | NodeType::PI => {
                write_leaf(node, self.comments, self.root_start, self.sink);
                false
            }
        }
    }

    /// The walk and the list are both in document order.
    fn is_left_out(&mut self, element: Node<'a, 'i>) -> bool {
        while let Some(next) = self.without.last() {
            if next.get() > element.id().get() {
                return false;
            }
            if *next == element.id() {
                return true;
            }
            self.without.pop();
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
        let source = self.source;
        for own in element.attributes() {
            self.attributes.push(Attribute::new(&own, source));
        }
        if element == self.apex && self.method != CanonicalizationMethod::Exclusive {
            let inherited = inherited_xml_attributes(element.parent(), self.method);
            merge_inherited(&mut self.attributes, inherited, self.method, |_| false);
        }
        sort_attributes(&mut self.attributes);
    }

    /// Inclusive: every binding in scope that the output ancestors did not write already.
    fn declare_all(&mut self, element: Node<'a, 'i>) {
        if element != self.apex && shares_bindings(element) {
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
            write_declaration(prefix, namespace, self.sink);
            self.rendered.push((prefix, namespace));
        }
    }

    fn write_attributes(&mut self) {
        for attribute in &self.attributes {
            write_attribute(attribute, self.sink);
        }
    }
}
