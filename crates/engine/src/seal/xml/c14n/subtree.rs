//! The fast path: a document or subtree, minus subtrees.

use std::ops::Range;

use roxmltree::{Node, NodeId, NodeType, StringStorage};

use super::{
    Attribute, Subset, inherited_xml_attributes, merge_inherited, prefix_of, qualified_name,
    shares_bindings, sort_attributes, write_attribute, write_declaration, write_leaf,
};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};
use crate::seal::xml::sink::{Sink, is_plain_attribute, is_plain_text, write_text};

pub(super) fn write<'a, S: Sink>(
    subset: Subset<'a, '_>,
    canonicalization: Canonicalization,
    inclusive_prefixes: &'a [&'a str],
    sink: &mut S,
) {
    let mut writer = Writer::new(subset, canonicalization, inclusive_prefixes, sink);
    writer.walk();
    writer.end_run();
}

pub(super) fn write_within<'a, 'i, S: Sink>(
    outer: Node<'a, 'i>,
    root: Node<'a, 'i>,
    canonicalization: Canonicalization,
    inclusive_prefixes: &'a [&'a str],
    sink: &mut S,
) {
    let subset = Subset::subtree(outer).without_comments();
    let mut writer = Writer::new(subset, canonicalization, inclusive_prefixes, sink);
    writer.start_tag(outer);
    writer.end_run();
    writer.within = true;
    writer.go_to(root);
    writer.walk();
    writer.end_run();
    writer.go_to(outer);
    writer.leave(outer);
    writer.end_run();
}

struct Writer<'a, 'i, 's, S> {
    source: &'a str,
    /// Where the root element begins.
    root_start: usize,
    apex: Node<'a, 'i>,
    /// Whether the apex stands in an element that is written too.
    within: bool,
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
    /// Octets of the source that are canonical as they stand, and not yet written: most of most
    /// documents, so that they go to the sink many at a time.
    run: Range<usize>,
}

impl<'a, 'i, 's, S: Sink> Writer<'a, 'i, 's, S> {
    fn new(
        subset: Subset<'a, 'i>,
        canonicalization: Canonicalization,
        inclusive_prefixes: &'a [&'a str],
        sink: &'s mut S,
    ) -> Self {
        let document = subset.apex.document();
        let mut without = subset.without;
        without.sort_unstable_by_key(|left_out| std::cmp::Reverse(left_out.get()));
        Self {
            source: document.input_text(),
            root_start: document.root_element().range().start,
            apex: subset.apex,
            within: false,
            without,
            method: canonicalization.method,
            comments: subset.comments && canonicalization.with_comments,
            inclusive_prefixes,
            sink,
            rendered: Vec::with_capacity(16),
            frames: Vec::with_capacity(16),
            declarations: Vec::with_capacity(16),
            attributes: Vec::with_capacity(16),
            run: 0..0,
        }
    }

    /// Goes on with an element, maybe of another document. Nothing may have been put off.
    fn go_to(&mut self, element: Node<'a, 'i>) {
        let document = element.document();
        self.source = document.input_text();
        self.root_start = document.root_element().range().start;
        self.apex = element;
    }

    /// Whether an element may have to take attributes from ancestors that are not written.
    fn inherits(&self, element: Node<'a, 'i>) -> bool {
        element == self.apex && !self.within && self.method != CanonicalizationMethod::Exclusive
    }

    fn walk(&mut self) {
        let apex = self.apex;
        let mut current = apex;
        loop {
            if self.sink.is_full() {
                return;
            }
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
                self.text(node);
                false
            }
            NodeType::Comment | NodeType::PI => {
                self.end_run();
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
        if !node.is_element() {
            return;
        }
        let name = qualified_name(node);
        let end = node.range().end;
        let start = end.saturating_sub(name.len() + 3);
        // Only `</name>` ends so: with white space in it, or as `<name/>`, this is not where it begins.
        if self.source.as_bytes().get(start..).is_some_and(|tag| tag.starts_with(b"</")) {
            self.as_it_stands(start..end);
        } else {
            self.end_run();
            self.sink.write(b"</");
            self.sink.write(name.as_bytes());
            self.sink.write(b">");
        }
        self.rendered.truncate(self.frames.pop().unwrap_or(0));
    }

    fn text(&mut self, node: Node<'a, 'i>) {
        let text = node.text().unwrap_or_default();
        match node.text_storage() {
            Some(StringStorage::Borrowed(_)) if is_plain_text(text) => {
                // As in `qualified_name`: the parser hands out slices of its input.
                let start = (text.as_ptr() as usize).wrapping_sub(self.source.as_ptr() as usize);
                self.as_it_stands(start..start.wrapping_add(text.len()));
            }
            _ => {
                self.end_run();
                write_text(text, self.sink);
            }
        }
    }

    /// Writes octets of the source, later if more may follow them.
    #[inline]
    fn as_it_stands(&mut self, octets: Range<usize>) {
        if self.run.end == octets.start {
            self.run.end = octets.end;
        } else {
            self.end_run();
            self.run = octets;
        }
    }

    /// Writes what was put off; must come before every other write.
    fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        self.sink.write(self.source.as_bytes().get(run).unwrap_or_default());
    }

    /// Where the start tag of an element ends that needs no declaration, if it is canonical as it
    /// stands: a blank before each attribute and none elsewhere, double quotes, nothing to escape.
    fn canonical_tag(&self, element: Node<'a, 'i>, name: &str) -> Option<usize> {
        let source = self.source.as_bytes();
        let mut end = element.range().start + 1 + name.len();
        // Of several attributes, the order would have to be right too.
        let mut attributes = element.attributes();
        if let Some(attribute) = attributes.next() {
            let (range, value) = (attribute.range(), attribute.range_value());
            let canonical = range.start == end + 1
                && source.get(end) == Some(&b' ')
                && value.start == attribute.range_qname().end + 2
                && source.get(value.end) == Some(&b'"')
                && matches!(attribute.value_storage(), StringStorage::Borrowed(_))
                && is_plain_attribute(attribute.value());
            if !canonical || attributes.next().is_some() {
                return None;
            }
            end = range.end;
        }
        (source.get(end) == Some(&b'>')).then_some(end + 1)
    }

    fn start_tag(&mut self, element: Node<'a, 'i>) {
        let name = qualified_name(element);
        self.frames.push(self.rendered.len());
        self.collect_attributes(element);
        if self.method == CanonicalizationMethod::Exclusive {
            self.declare_used(element, name);
        } else {
            self.declare_all(element);
        }
        if self.declarations.is_empty()
            && !self.inherits(element)
            && let Some(end) = self.canonical_tag(element, name)
        {
            self.as_it_stands(element.range().start..end);
            return;
        }
        self.end_run();
        self.sink.write(b"<");
        self.sink.write(name.as_bytes());
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
        if self.inherits(element) {
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
