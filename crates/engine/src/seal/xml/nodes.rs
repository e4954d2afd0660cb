//! Nodes of the XPath data model (XPath 1.0, 5) over a parsed tree, and sets of them.
//!
//! The tree has no objects for attributes and namespaces in scope, so a node is named by a
//! [`NodeKey`]: the id of a tree node, or of the owner with the number of the attribute or namespace.
//! Keys compare in document order.

use std::iter::once;

use roxmltree::{Attribute, Document, Node, NodeId};

use super::XML_NAMESPACE;

/// One node of a document; ordered as the document is (XPath 1.0, 5): an element, its namespace
/// nodes, its attributes, its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeKey(u64);

/// What a [`NodeKey`] stands for.
#[derive(Clone, Copy)]
pub enum XNode<'a, 'i> {
    /// Root, element, text, comment or processing instruction.
    Tree(Node<'a, 'i>),
    /// An attribute and its owner.
    Attribute(Node<'a, 'i>, Attribute<'a, 'i>),
    /// A namespace in scope of an element: owner, prefix (empty for the default) and name.
    Namespace(Node<'a, 'i>, &'a str, &'a str),
}

impl NodeKey {
    const CLASS: u32 = 24;
    const NAMESPACE: u64 = 1 << Self::CLASS;
    const ATTRIBUTE: u64 = 2 << Self::CLASS;
    const INDEX: u64 = Self::NAMESPACE - 1;
    /// The prefix `xml`, which no element has to declare.
    const XML: u64 = Self::INDEX;

    /// The key of a node of the tree.
    #[must_use]
    pub fn of(node: Node<'_, '_>) -> Self {
        Self::from_id(node.id().get())
    }

    const fn from_id(id: u32) -> Self {
        Self((id as u64) << 32)
    }

    /// The key of the tree node itself, or of the owner of an attribute or namespace.
    #[must_use]
    pub const fn owner(self) -> Self {
        Self(self.0 >> 32 << 32)
    }

    /// Whether this is an attribute or namespace.
    #[must_use]
    pub const fn is_owned(self) -> bool {
        self.0 & (Self::NAMESPACE | Self::ATTRIBUTE) != 0
    }

    /// The node of this key, `None` for a key of some other document.
    #[must_use]
    pub fn resolve<'a, 'i>(self, document: &'a Document<'i>) -> Option<XNode<'a, 'i>> {
        let owner = document.get_node(NodeId::new(self.id()))?;
        let index = usize::try_from(self.0 & Self::INDEX).unwrap_or(usize::MAX);
        if self.0 & Self::ATTRIBUTE != 0 {
            return owner.attributes().nth(index).map(|it| XNode::Attribute(owner, it));
        }
        if self.0 & Self::NAMESPACE != 0 {
            if self.0 & Self::INDEX == Self::XML {
                return Some(XNode::Namespace(owner, "xml", XML_NAMESPACE));
            }
            let binding = owner.namespaces().nth(index)?;
            let prefix = binding.name().unwrap_or_default();
            return Some(XNode::Namespace(owner, prefix, binding.uri()));
        }
        Some(XNode::Tree(owner))
    }

    fn id(self) -> u32 {
        u32::try_from(self.0 >> 32).unwrap_or(u32::MAX)
    }

    fn numbered(owner: Node<'_, '_>, class: u64, index: usize) -> Self {
        let index = u64::try_from(index).unwrap_or(Self::INDEX).min(Self::INDEX);
        Self(Self::of(owner).0 | class | index)
    }
}

/// The attributes of an element.
pub fn attribute_keys(element: Node<'_, '_>) -> impl Iterator<Item = NodeKey> {
    (0..element.attributes().len())
        .map(move |index| NodeKey::numbered(element, NodeKey::ATTRIBUTE, index))
}

/// The namespace nodes of an element, `xml` included (XPath 1.0, 5.4); none for other nodes.
pub fn namespace_keys<'a>(element: Node<'a, '_>) -> impl Iterator<Item = NodeKey> + 'a {
    let declared = element
        .namespaces()
        .enumerate()
        .filter(|(_, binding)| !binding.uri().is_empty() && binding.name() != Some("xml"))
        .map(move |(index, _)| NodeKey::numbered(element, NodeKey::NAMESPACE, index));
    let xml = NodeKey(NodeKey::of(element).0 | NodeKey::NAMESPACE | NodeKey::XML);
    declared.chain(once(xml).filter(move |_| element.is_element()))
}

/// A set of nodes of one document: a bit for each node of the tree, and the attributes and
/// namespaces that are in without their owner, or out although their owner is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
    /// Sorted.
    exceptions: Vec<NodeKey>,
}

impl NodeSet {
    /// No node.
    #[must_use]
    pub fn empty(document: &Document<'_>) -> Self {
        let nodes = document.descendants().len();
        Self { words: vec![0; nodes.div_ceil(64)], exceptions: Vec::new() }
    }

    /// Every node.
    #[must_use]
    pub fn all(document: &Document<'_>) -> Self {
        Self::subtree(document.root())
    }

    /// A node and everything in it, attributes and namespaces included.
    #[must_use]
    pub fn subtree(apex: Node<'_, '_>) -> Self {
        let mut set = Self::empty(apex.document());
        set.fill(apex, true);
        set
    }

    /// Nodes, given in document order, and everything in them; of an attribute or namespace, only
    /// itself.
    #[must_use]
    pub fn expanded(document: &Document<'_>, keys: &[NodeKey]) -> Self {
        let mut set = Self::empty(document);
        let mut covered = 0;
        for key in keys {
            if u64::from(key.id()) < covered {
                continue;
            }
            match key.resolve(document) {
                Some(XNode::Tree(node)) => covered = set.fill(node, true),
                Some(_) => set.exceptions.push(*key),
                None => {}
            }
        }
        set
    }

    /// Takes out a node of the tree with its attributes and namespaces, and everything in it.
    pub fn remove_subtree(&mut self, apex: Node<'_, '_>) {
        let start = u64::from(apex.id().get());
        let end = self.fill(apex, false);
        self.exceptions.retain(|key| !(start..end).contains(&u64::from(key.id())));
    }

    /// Takes out every comment.
    pub fn remove_comments(&mut self, document: &Document<'_>) {
        let comments: Vec<NodeId> =
            self.span(document).filter(Node::is_comment).map(|node| node.id()).collect();
        for comment in comments {
            self.set(u64::from(comment.get()), false);
        }
    }

    /// Whether a node is in.
    #[must_use]
    pub fn contains(&self, key: NodeKey) -> bool {
        let owner = self.has_owner(key);
        owner != (key.is_owned() && self.exceptions.binary_search(&key).is_ok())
    }

    /// Whether a node of the tree is in.
    #[must_use]
    pub fn has(&self, node: Node<'_, '_>) -> bool {
        self.has_owner(NodeKey::of(node))
    }

    /// The nodes of the tree from about the first that is in to about the last: there is none outside.
    pub fn span<'a, 'i>(
        &self,
        document: &'a Document<'i>,
    ) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
        let is_used = |word: &u64| *word != 0;
        let first = self.words.iter().position(is_used).unwrap_or(self.words.len());
        let last = self.words.iter().rposition(is_used).map_or(0, |last| last + 1);
        let id = |word: usize| u32::try_from(64 * word).unwrap_or(u32::MAX);
        (id(first)..id(last)).map_while(|id| document.get_node(NodeId::new(id)))
    }

    /// How many entries a pass over the set looks at, whatever is in it.
    #[must_use]
    pub const fn passed(&self) -> usize {
        64 * self.words.len() + self.exceptions.len()
    }

    /// Whether some attribute or namespace is in or out unlike its owner.
    #[must_use]
    pub fn has_exceptions(&self) -> bool {
        !self.exceptions.is_empty()
    }

    /// The nodes of this set that are also in the other.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & b)
    }

    /// The nodes of this set that are not in the other.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & !b)
    }

    /// The nodes of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a | b)
    }

    /// The nodes that a test lets through, which is asked in document order.
    ///
    /// # Errors
    /// The test's; and `too_many` when more than `limit` attributes and namespaces part from their
    /// owners.
    pub fn filter<E>(
        &self,
        document: &Document<'_>,
        limit: usize,
        too_many: impl FnOnce() -> E,
        mut test: impl FnMut(NodeKey) -> Result<bool, E>,
    ) -> Result<Self, E> {
        let mut kept = Self::empty(document);
        for node in document.descendants() {
            let key = NodeKey::of(node);
            let (was_in, keeps) = (self.has(node), self.has(node) && test(key)?);
            kept.set(u64::from(node.id().get()), keeps);
            if !node.is_element() || (!was_in && self.exceptions.is_empty()) {
                continue;
            }
            for owned in namespace_keys(node).chain(attribute_keys(node)) {
                let keeps_owned = self.contains(owned) && test(owned)?;
                if keeps_owned != keeps {
                    kept.exceptions.push(owned);
                }
            }
            if kept.exceptions.len() > limit {
                return Err(too_many());
            }
        }
        Ok(kept)
    }

    fn combine(&self, other: &Self, op: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(a, b)| op(*a, *b)).collect();
        let mut combined = Self { words, exceptions: Vec::new() };
        let mut keys = [&*self.exceptions, &*other.exceptions].concat();
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| {
            let is_in = op(u64::from(self.contains(*key)), u64::from(other.contains(*key))) & 1;
            (is_in == 1) != combined.has_owner(*key)
        });
        combined.exceptions = keys;
        combined
    }

    /// Answers the id that follows the subtree.
    fn fill(&mut self, apex: Node<'_, '_>, is_in: bool) -> u64 {
        let start = u64::from(apex.id().get());
        let end = start + apex.descendants().len() as u64;
        for id in start..end {
            self.set(id, is_in);
        }
        end
    }

    fn has_owner(&self, key: NodeKey) -> bool {
        let id = key.id();
        self.words.get((id / 64) as usize).is_some_and(|word| word >> (id % 64) & 1 == 1)
    }

    fn set(&mut self, id: u64, is_in: bool) {
        let word = usize::try_from(id / 64).ok().and_then(|at| self.words.get_mut(at));
        let Some(word) = word else { return };
        if is_in {
            *word |= 1 << (id % 64);
        } else {
            *word &= !(1 << (id % 64));
        }
    }
}
