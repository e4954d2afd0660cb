//! The thirteen axes (XPath 1.0, 2.2), each in its own direction, and node tests (2.3).

use roxmltree::{Document, Node, NodeId};

use super::expression::{Axis, NodeTest};
use crate::seal::xml::nodes::{NodeKey, XNode, attribute_keys, namespace_keys};

/// The nodes of an axis in proximity order: reverse axes come backwards.
pub(super) fn along<'a, 'i>(
    document: &'a Document<'i>,
    from: XNode<'a, 'i>,
    key: NodeKey,
    axis: Axis,
) -> Box<dyn Iterator<Item = NodeKey> + 'a> {
    match from {
        XNode::Tree(node) => along_tree(document, node, axis),
        XNode::Attribute(owner, _) | XNode::Namespace(owner, ..) => {
            along_owned(document, owner, key, axis)
        }
    }
}

fn along_tree<'a, 'i>(
    document: &'a Document<'i>,
    node: Node<'a, 'i>,
    axis: Axis,
) -> Box<dyn Iterator<Item = NodeKey> + 'a> {
    let start = node.id().get();
    match axis {
        Axis::Ancestor => Box::new(node.ancestors().skip(1).map(NodeKey::of)),
        Axis::AncestorOrSelf => Box::new(node.ancestors().map(NodeKey::of)),
        Axis::Attribute => Box::new(attribute_keys(node)),
        Axis::Child => Box::new(node.children().map(NodeKey::of)),
        Axis::Descendant => Box::new(node.descendants().skip(1).map(NodeKey::of)),
        Axis::DescendantOrSelf => Box::new(node.descendants().map(NodeKey::of)),
        Axis::Following => {
            let end = node.id().get_usize() + node.descendants().len();
            Box::new(document.descendants().skip(end).map(NodeKey::of))
        }
        Axis::FollowingSibling => Box::new(node.next_siblings().skip(1).map(NodeKey::of)),
        Axis::Namespace => Box::new(namespace_keys(node)),
        Axis::Parent => Box::new(node.parent().into_iter().map(NodeKey::of)),
        Axis::Preceding => Box::new(preceding(document, start)),
        Axis::PrecedingSibling => Box::new(node.prev_siblings().skip(1).map(NodeKey::of)),
        Axis::Itself => Box::new(std::iter::once(NodeKey::of(node))),
    }
}

/// From an attribute or namespace: it has a parent but is nobody's child or sibling (5.3, 5.4).
fn along_owned<'a, 'i>(
    document: &'a Document<'i>,
    owner: Node<'a, 'i>,
    key: NodeKey,
    axis: Axis,
) -> Box<dyn Iterator<Item = NodeKey> + 'a> {
    match axis {
        Axis::Ancestor => Box::new(owner.ancestors().map(NodeKey::of)),
        Axis::AncestorOrSelf => {
            Box::new(std::iter::once(key).chain(owner.ancestors().map(NodeKey::of)))
        }
        Axis::DescendantOrSelf | Axis::Itself => Box::new(std::iter::once(key)),
        Axis::Following => {
            let after = owner.id().get_usize() + 1;
            Box::new(document.descendants().skip(after).map(NodeKey::of))
        }
        Axis::Parent => Box::new(std::iter::once(NodeKey::of(owner))),
        Axis::Preceding => Box::new(preceding(document, owner.id().get())),
        Axis::Attribute
        | Axis::Child
        | Axis::Descendant
        | Axis::FollowingSibling
        | Axis::Namespace
        | Axis::PrecedingSibling => Box::new(std::iter::empty()),
    }
}

/// What ends before a node begins, the last first.
fn preceding<'a>(document: &'a Document<'_>, start: u32) -> impl Iterator<Item = NodeKey> + 'a {
    (0..start)
        .rev()
        .filter_map(|id| document.get_node(NodeId::new(id)))
        .filter(move |node| node.id().get_usize() + node.descendants().len() <= start as usize)
        .map(NodeKey::of)
}

/// Whether a node on an axis passes a test.
pub(super) fn passes(node: XNode<'_, '_>, axis: Axis, test: &NodeTest) -> bool {
    let principal = match (axis, node) {
        (Axis::Attribute, XNode::Attribute(..)) | (Axis::Namespace, XNode::Namespace(..)) => true,
        (Axis::Attribute | Axis::Namespace, _) => false,
        (_, XNode::Tree(node)) => node.is_element(),
        _ => false,
    };
    match (test, node) {
        (NodeTest::Node, _) => true,
        (NodeTest::Text, XNode::Tree(node)) => node.is_text(),
        (NodeTest::Comment, XNode::Tree(node)) => node.is_comment(),
        (NodeTest::Instruction(target), XNode::Tree(node)) => {
            node.pi().is_some_and(|pi| target.as_ref().is_none_or(|target| pi.target == target))
        }
        (NodeTest::Text | NodeTest::Comment | NodeTest::Instruction(_), _) => false,
        (NodeTest::Any, _) => principal,
        (NodeTest::AnyIn(namespace), _) => principal && expanded_name(node).0 == Some(namespace),
        (NodeTest::Name { namespace, local }, _) => {
            let name = || expanded_name(node);
            principal && name().1 == local && name().0 == namespace.as_deref()
        }
    }
}

/// Namespace and local part of the expanded name (5); empty where there is none.
pub(super) fn expanded_name<'a>(node: XNode<'a, '_>) -> (Option<&'a str>, &'a str) {
    match node {
        XNode::Tree(node) if node.is_element() => {
            (node.tag_name().namespace().filter(|name| !name.is_empty()), node.tag_name().name())
        }
        XNode::Tree(node) => (None, node.pi().map_or("", |pi| pi.target)),
        XNode::Attribute(_, attribute) => (attribute.namespace(), attribute.name()),
        XNode::Namespace(_, prefix, _) => (None, prefix),
    }
}
