//! What of an XML document a signature covers: which nodes went into its digests, which bytes these are,
//! and what is left out. Wrapping lives in what is left out, so nothing may be but signatures, what
//! holds them, and bare elements around what is covered.

use roxmltree::{Document, Node, NodeId};

use super::report::{CoveredFacts, NamedRange};
use crate::seal::reading::xml::{By, Covered, CoveredStanding, Held};
use crate::seal::reading::{XADES_NAMESPACE, is_content, is_of_holder, path_of};
use crate::seal::xml::nodes::NodeSet;
use crate::seal::xml::source::Source;
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Parts of a document that one report names.
const MAX_NAMED: usize = 32;

/// Names parts of a document, as many as a report may.
pub(super) struct PartNames<'s, 'd> {
    source: &'s Source<'d>,
    left: usize,
}

impl<'s, 'd> PartNames<'s, 'd> {
    pub(super) const fn new(source: &'s Source<'d>) -> Self {
        Self { source, left: MAX_NAMED }
    }

    /// Names nothing.
    pub(super) const fn none(source: &'s Source<'d>) -> Self {
        Self { source, left: 0 }
    }

    /// The path of an element and its bytes in the original; none when a report names enough.
    fn name(&mut self, node: Node<'_, '_>) -> Option<NamedRange> {
        self.left = self.left.checked_sub(1)?;
        let element = if node.is_element() { Some(node) } else { node.parent_element() };
        let mut name = element.map_or_else(|| "/".to_owned(), path_of);
        if node.is_text() {
            name.push_str("/text()");
        }
        let range = node.range();
        let [start, end] = *self.source.original_offsets(&[range.start, range.end]) else {
            return None;
        };
        let start = if node.is_root() { 0 } else { start };
        Some(NamedRange { name, start, end })
    }
}

/// What a signature covers of its document.
pub(super) struct DocumentCoverage {
    /// Nothing of the document is left out but signatures and what holds them.
    pub(super) whole: bool,
    /// What is left out and may not be.
    pub(super) missing: Vec<NamedRange>,
    /// Elements around what is covered whose names and attributes are not.
    pub(super) around: Vec<String>,
    /// Why it cannot be said.
    pub(super) unknown: Option<&'static str>,
    /// Whether a comment that is not covered parts a text that is.
    pub(super) parted: bool,
}

/// What all references of a signature cover together.
pub(super) fn of_document(
    tree: &Document<'_>,
    held: &Held,
    signatures: &[NodeId],
    names: &mut PartNames<'_, '_>,
) -> DocumentCoverage {
    let mut coverage = DocumentCoverage {
        whole: false,
        missing: Vec::new(),
        around: Vec::new(),
        unknown: None,
        parted: false,
    };
    let mut all = NodeSet::empty(tree);
    for covered in held.covered.iter().filter(|covered| counts(tree, held, covered)) {
        match &covered.selected {
            Some(selected) if selected.again => {
                coverage.unknown = Some("its transforms select again from what they wrote");
            }
            Some(selected) if selected.nodes.has_exceptions() => {
                coverage.unknown = Some("its transforms leave out attributes or namespaces");
            }
            Some(selected) => all = all.union(&selected.nodes),
            None => {}
        }
    }
    if coverage.unknown.is_some() {
        return coverage;
    }
    let own = tree.get_node(held.node);
    coverage.whole = true;
    let mut passed = 0;
    for node in tree.root_element().descendants() {
        let id = node.id().get() as usize;
        let within = |node: Node<'_, '_>| id + node.descendants().len();
        if id < passed {
            continue;
        }
        if all.has(node) {
            coverage.parted |= node.is_text() && is_parted(node, &all);
            continue;
        }
        if signatures.contains(&node.id()) {
            if Some(node) == own {
                for loose in loose_objects(node, &all) {
                    coverage.whole = false;
                    coverage.missing.extend(names.name(loose));
                }
            }
            passed = within(node);
            continue;
        }
        if !is_content(node) || is_of_holder(node) {
            continue;
        }
        let around = node.is_element() && node.descendants().any(|inside| all.has(inside));
        if around && is_bare(node) {
            coverage.around.push(node.tag_name().name().to_owned());
            continue;
        }
        // what is inside of one that says more is looked at too
        passed = if around { passed } else { within(node) };
        coverage.whole = false;
        coverage.missing.extend(names.name(node));
        if names.left == 0 {
            break;
        }
    }
    coverage
}

/// Whether a reference adds to what is covered: those of manifests do only where the manifest is covered.
fn counts(tree: &Document<'_>, held: &Held, covered: &Covered) -> bool {
    if covered.standing != CoveredStanding::Right {
        return false;
    }
    match covered.by {
        By::SignedInfo => true,
        By::Authority(_) => false,
        By::Manifest => {
            let manifest = tree.get_node(covered.node).and_then(|node| node.parent());
            manifest.is_some_and(|manifest| held.covers(manifest))
        }
    }
}

/// Whether an element says nothing by its own attributes.
fn is_bare(element: Node<'_, '_>) -> bool {
    const SILENT: [&str; 6] =
        ["Id", "ID", "id", "version", "schemaLocation", "noNamespaceSchemaLocation"];
    element.attributes().all(|attribute| SILENT.contains(&attribute.name()))
}

/// Objects in a signature that it does not cover, where strangers could keep another document: all but
/// qualifying properties (EN 319 132-1, 4.3).
fn loose_objects<'a, 'i>(signature: Node<'a, 'i>, all: &NodeSet) -> Vec<Node<'a, 'i>> {
    let known = ["SignedInfo", "SignatureValue", "KeyInfo"];
    let is_known =
        |child: Node<'_, '_>| known.iter().any(|name| is_element(child, (DS_NAMESPACE, name)));
    let is_properties = |child: Node<'_, '_>| {
        is_element(child, (DS_NAMESPACE, "Object"))
            && child
                .children()
                .filter(|inner| is_content(*inner))
                .all(|inner| is_element(inner, (XADES_NAMESPACE, "QualifyingProperties")))
    };
    let is_whole =
        |child: Node<'_, '_>| child.descendants().all(|node| !is_content(node) || all.has(node));
    signature
        .children()
        .filter(|child| is_content(*child))
        .filter(|child| !is_known(*child) && !is_properties(*child) && !is_whole(*child))
        .collect()
}

/// Whether a comment that is not covered follows a text, and more of the text follows it.
fn is_parted(text: Node<'_, '_>, all: &NodeSet) -> bool {
    let comment = text.next_sibling().filter(|next| next.is_comment() && !all.has(*next));
    let after = comment.and_then(|comment| comment.next_sibling());
    after.is_some_and(|after| after.is_text() && is_content(after) && is_content(text))
}

/// What a report says of one reference.
pub(super) fn facts(
    tree: &Document<'_>,
    covered: &Covered,
    names: &mut PartNames<'_, '_>,
) -> CoveredFacts {
    let (standing, reason) = match &covered.standing {
        CoveredStanding::Right => ("right", None),
        CoveredStanding::Wrong => ("wrong", None),
        CoveredStanding::Elsewhere => ("elsewhere", None),
        CoveredStanding::Unknown(reason) => ("unknown", Some(reason.clone())),
    };
    let apex = covered.apex.and_then(|apex| tree.get_node(apex));
    let mut left_out = Vec::new();
    if let (Some(apex), Some(selected)) = (apex, &covered.selected) {
        let nodes = &selected.nodes;
        let outermost = |node: &Node<'_, '_>| {
            node.is_element()
                && !nodes.has(*node)
                && node.parent().is_none_or(|parent| parent.is_root() || nodes.has(parent))
        };
        left_out.extend(apex.descendants().filter(outermost).map_while(|node| names.name(node)));
    }
    CoveredFacts {
        reference: covered.uri.chars().take(200).collect(),
        standing,
        reason,
        digest: covered.digest.map(crate::domain::profile::DigestAlgorithm::as_str),
        element: apex.and_then(|apex| names.name(apex)),
        left_out,
    }
}
