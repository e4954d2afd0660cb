//! The chain over any node-set: slower than the native one, and right for everything.

use std::cell::OnceCell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::metered::{Metered, too_costly};
use super::{MAX_TRANSFORMS, Selection, impossible, parse};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod};
use crate::domain::refusal::Refusal;
use crate::domain::transform::{Filter, FilterOperation, Transform};
use crate::seal::Limits;
use crate::seal::xml::c14n::canonicalize_nodes;
use crate::seal::xml::nodes::{NodeKey, NodeSet, XNode};
use crate::seal::xml::sink::Sink;
use crate::seal::xml::source::Source;
use crate::seal::xml::xpath::{
    Budget, ElementName, Evaluation, Expression, Known, Value, XPathError,
};
use crate::seal::xml::{DS_NAMESPACE, guard};

/// What a node-set without transform to octets is written with (XMLDSIG 4.4.3.2).
pub(super) const IMPLIED: Canonicalization =
    Canonicalization { method: CanonicalizationMethod::Inclusive, with_comments: false };

/// The signature whose reference is computed, in the document that the reference selects from.
#[derive(Clone, Copy, Default)]
pub struct Present<'a, 'i> {
    /// The `ds:Signature`, for the enveloped transform.
    pub signature: Option<Node<'a, 'i>>,
    /// The `ds:Transforms` of the reference: `here()` is its `ds:XPath`.
    pub transforms: Option<Node<'a, 'i>>,
}

/// What is known about a reference after its octets were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransformOutcome {
    /// Whether the octets depend on `ds:SignedInfo` or `ds:SignatureValue` of the signature itself,
    /// so that no signer could have made it.
    pub covers_itself: bool,
    /// Whether the octets hold no element, attribute or text of the document, so that a signature
    /// over them would say nothing.
    pub covers_nothing: bool,
}

/// Runs a chain on a document in which the signature stands.
///
/// # Errors
/// Transforms that cannot be applied, expressions that are wrong or too expensive, octets that are
/// no document where one is needed.
pub fn general<'a, 'i, S: Sink>(
    present: Present<'a, 'i>,
    start: Selection<'a, 'i>,
    transforms: &[Transform],
    limits: &Limits,
    budget: &Budget,
    sink: &mut S,
) -> Result<TransformOutcome, Refusal> {
    check_length(transforms)?;
    let tree = start.apex.document();
    TransformRun::new(limits, budget).whole(tree, start, present, transforms, sink)
}

/// What of the document went into the octets of a reference.
#[derive(Clone, Debug)]
pub struct SelectedNodes {
    /// The nodes that became octets.
    pub nodes: NodeSet,
    /// Whether these octets were read again, or decoded, so that something of the nodes may not be in what
    /// was digested.
    pub again: bool,
}

/// As [`general`], and gives the nodes of the document that became octets.
///
/// # Errors
/// As [`general`].
pub fn selecting<'a, 'i, S: Sink>(
    present: Present<'a, 'i>,
    start: Selection<'a, 'i>,
    transforms: &[Transform],
    limits: &Limits,
    budget: &Budget,
    sink: &mut S,
) -> Result<SelectedNodes, Refusal> {
    check_length(transforms)?;
    let tree = start.apex.document();
    let selected = OnceCell::new();
    let run = TransformRun { limits, budget, selected: Some(&selected) };
    run.whole(tree, start, present, transforms, sink)?;
    selected.into_inner().ok_or_else(|| impossible("nothing was selected"))
}

/// Runs a chain on octets, as a reference to another resource gives them.
///
/// # Errors
/// As [`general`].
pub fn octets<S: Sink>(
    input: &[u8],
    transforms: &[Transform],
    limits: &Limits,
    budget: &Budget,
    sink: &mut S,
) -> Result<(), Refusal> {
    check_length(transforms)?;
    if transforms.is_empty() {
        sink.write(input);
        return Ok(());
    }
    TransformRun::new(limits, budget).octets(input.to_vec(), transforms, sink)
}

fn check_length(transforms: &[Transform]) -> Result<(), Refusal> {
    if transforms.len() > MAX_TRANSFORMS {
        return Err(impossible(format!("there are more than {MAX_TRANSFORMS}")));
    }
    Ok(())
}

/// Octets, and the transforms that they still go through.
type Rest<'t> = (Vec<u8>, &'t [Transform]);

/// What every step of a chain needs.
#[derive(Clone, Copy)]
pub(super) struct TransformRun<'b> {
    pub(super) limits: &'b Limits,
    pub(super) budget: &'b Budget,
    /// Takes what of the first document becomes octets.
    selected: Option<&'b OnceCell<SelectedNodes>>,
}

impl<'b> TransformRun<'b> {
    pub(super) const fn new(limits: &'b Limits, budget: &'b Budget) -> Self {
        Self { limits, budget, selected: None }
    }

    /// From what a reference selects of a document.
    fn whole<'a, 'i, S: Sink>(
        self,
        tree: &'a Document<'i>,
        start: Selection<'a, 'i>,
        present: Present<'a, 'i>,
        transforms: &[Transform],
        sink: &mut S,
    ) -> Result<TransformOutcome, Refusal> {
        self.spend_on_sets(tree).map_err(too_costly)?;
        let mut nodes = NodeSet::subtree(start.apex);
        if !start.comments {
            nodes.remove_comments(tree);
        }
        self.nodes(tree, nodes, present, (0, transforms), sink)
    }

    fn select(self, nodes: NodeSet, again: bool) {
        if let Some(selected) = self.selected {
            // of several documents the first is the one that is signed
            let _ = selected.set(SelectedNodes { nodes, again });
        }
    }

    /// Goes on with a node-set; `at` is the number of the first of these transforms.
    pub(super) fn nodes<S: Sink>(
        self,
        tree: &Document<'_>,
        nodes: NodeSet,
        present: Present<'_, '_>,
        (at, transforms): (usize, &[Transform]),
        sink: &mut S,
    ) -> Result<TransformOutcome, Refusal> {
        match self.to_octets(tree, nodes, present, (at, transforms), sink)? {
            (outcome, None) => Ok(outcome),
            (outcome, Some((octets, rest))) => self.octets(octets, rest, sink).map(|()| outcome),
        }
    }

    /// Goes on until there are octets: written, or with the transforms that they still go through.
    fn to_octets<'t, S: Sink>(
        self,
        tree: &Document<'_>,
        mut nodes: NodeSet,
        present: Present<'_, '_>,
        (mut at, mut transforms): (usize, &'t [Transform]),
        sink: &mut S,
    ) -> Result<(TransformOutcome, Option<Rest<'t>>), Refusal> {
        while let Some((transform, rest)) = transforms.split_first() {
            self.spend_on_pass(&nodes)?;
            match transform {
                // In a document made of octets no signature holds the reference
                // (docs/divergences.md).
                Transform::Enveloped => {
                    present.signature.into_iter().for_each(|mine| nodes.remove_subtree(mine));
                }
                Transform::XPath { xpath, namespaces } => {
                    let expression = parse(xpath, namespaces)?;
                    let here = here(present, at, 0);
                    nodes = self.filter(tree, &nodes, here, &expression, xpath)?;
                }
                Transform::XPathFilter2 { filters } => {
                    let kept = self.filter2(tree, filters, |number| here(present, at, number))?;
                    nodes = nodes.intersect(&kept);
                }
                Transform::Canonical { canonicalization, inclusive_prefixes } => {
                    let mut outcome = outcome(tree, present, &nodes);
                    outcome.covers_itself &= !leaves_out_later(rest, present.signature);
                    let prefixes: Vec<&str> = inclusive_prefixes.iter().map(|it| &**it).collect();
                    if rest.is_empty() {
                        let mut sink = Metered::new(sink, self.budget);
                        canonicalize_nodes(tree, &nodes, *canonicalization, &prefixes, &mut sink);
                        self.select(nodes, false);
                        return sink.finish().map(|()| (outcome, None));
                    }
                    let mut octets = Vec::new();
                    let mut sink = Metered::new(&mut octets, self.budget);
                    canonicalize_nodes(tree, &nodes, *canonicalization, &prefixes, &mut sink);
                    sink.finish()?;
                    self.select(nodes, true);
                    return Ok((outcome, Some((octets, rest))));
                }
                Transform::Base64 => {
                    let outcome = outcome(tree, present, &nodes);
                    let texts =
                        tree.descendants().filter(|node| node.is_text() && nodes.has(*node));
                    let encoded: String = texts.filter_map(|node| node.text()).collect();
                    // of elements inside of it nothing but their texts is left
                    let mut elements =
                        tree.descendants().filter(|node| node.is_element() && nodes.has(*node));
                    let again = !rest.is_empty() || elements.nth(1).is_some();
                    self.select(nodes, again);
                    return Ok((outcome, Some((decode(encoded.as_bytes())?, rest))));
                }
            }
            transforms = rest;
            at += 1;
        }
        self.spend_on_pass(&nodes)?;
        let mut sink = Metered::new(sink, self.budget);
        canonicalize_nodes(tree, &nodes, IMPLIED, &[], &mut sink);
        sink.finish()?;
        let outcome = outcome(tree, present, &nodes);
        self.select(nodes, false);
        Ok((outcome, None))
    }

    /// Goes on with octets; they are parsed where nodes are needed (XMLDSIG 4.4.3.2). Of several parses
    /// one tree is there at a time.
    pub(super) fn octets<S: Sink>(
        self,
        mut input: Vec<u8>,
        mut transforms: &[Transform],
        sink: &mut S,
    ) -> Result<(), Refusal> {
        loop {
            let next = match transforms.split_first() {
                None => {
                    sink.write(&input);
                    None
                }
                Some((Transform::Base64, rest)) => Some((decode(&input)?, rest)),
                Some(_) => {
                    self.budget.spend_on_text(2 * input.len()).map_err(too_costly)?;
                    let source = Source::read(&input)?;
                    guard::check(&source, self.limits)?;
                    let tree = guard::parse(&source, self.limits)?;
                    let all = NodeSet::all(&tree);
                    let nobody = Present::default();
                    self.to_octets(&tree, all, nobody, (0, transforms), sink)?.1
                }
            };
            let Some((octets, rest)) = next else { return Ok(()) };
            (input, transforms) = (octets, rest);
        }
    }

    /// The XPath transform (XMLDSIG 6.6.3).
    fn filter(
        self,
        tree: &Document<'_>,
        nodes: &NodeSet,
        here: Option<Node<'_, '_>>,
        expression: &Expression,
        xpath: &str,
    ) -> Result<NodeSet, Refusal> {
        self.spend_on_sets(tree).map_err(|error| error.refusal(xpath))?;
        match (expression.known(), here) {
            (Some(Known::Outside(name)), _) => {
                return Ok(nodes.subtract(&NodeSet::expanded(tree, &all_named(tree, &name))));
            }
            (Some(Known::OutsideMine(name)), Some(here)) => {
                let mine = here.ancestors().skip(1).find(|node| is_named(*node, &name));
                return Ok(match mine {
                    Some(mine) => nodes.subtract(&NodeSet::subtree(mine)),
                    None => NodeSet::empty(tree),
                });
            }
            _ => {}
        }
        let evaluation = Evaluation::new(expression, tree, here, self.budget);
        nodes
            .filter(
                tree,
                MAX_EXCEPTIONS,
                || self.budget.exceeded(),
                |key| evaluation.at(key).map(|value| value.boolean()),
            )
            .map_err(|error| error.refusal(xpath))
    }

    /// XPath Filter 2.0 (3.2): the filter that the input node-set is intersected with.
    fn filter2<'h>(
        self,
        tree: &Document<'_>,
        filters: &[Filter],
        here: impl Fn(usize) -> Option<Node<'h, 'h>>,
    ) -> Result<NodeSet, Refusal> {
        let mut kept = NodeSet::all(tree);
        for (number, filter) in filters.iter().enumerate() {
            let expression = parse(&filter.xpath, &filter.namespaces)?;
            let evaluation = Evaluation::new(&expression, tree, here(number), self.budget);
            let root = NodeKey::of(tree.root());
            let selected = evaluation.at(root).map_err(|error| error.refusal(&filter.xpath))?;
            let Value::Nodes(selected) = selected else {
                return Err(impossible(format!("'{}' selects no nodes", filter.xpath)));
            };
            // Each may have to declare all namespaces that are in scope.
            for key in selected.iter() {
                self.spend_on_axis(tree, *key).map_err(|error| error.refusal(&filter.xpath))?;
            }
            let selected = NodeSet::expanded(tree, &selected);
            self.spend_on_sets(tree).map_err(|error| error.refusal(&filter.xpath))?;
            kept = match filter.operation {
                FilterOperation::Intersect => kept.intersect(&selected),
                FilterOperation::Subtract => kept.subtract(&selected),
                FilterOperation::Union => kept.union(&selected),
            };
        }
        Ok(kept)
    }

    /// A pass over a set of nodes, in it or not.
    fn spend_on_pass(self, nodes: &NodeSet) -> Result<(), Refusal> {
        self.budget.spend_on_passing(nodes.passed()).map_err(too_costly)
    }

    /// A pass over all nodes or all names.
    pub(super) fn spend_on_sets(self, tree: &Document<'_>) -> Result<(), XPathError> {
        self.budget.spend_on_passing(tree.descendants().len())
    }

    fn spend_on_axis(self, tree: &Document<'_>, key: NodeKey) -> Result<(), XPathError> {
        let Some(XNode::Tree(node)) = key.resolve(tree) else { return Ok(()) };
        let octets = node.namespaces().map(|binding| 16 + binding.uri().len()).sum();
        self.budget.spend_on_text(octets)
    }
}

/// Attributes and namespaces that a filter may part from their elements: 32 MB.
const MAX_EXCEPTIONS: usize = 4_000_000;

/// The element that bears the expression of a transform, for `here()`.
fn here<'a, 'i>(present: Present<'a, 'i>, transform: usize, filter: usize) -> Option<Node<'a, 'i>> {
    let transforms = present.transforms?;
    let transform = transforms.children().filter(Node::is_element).nth(transform)?;
    transform.children().filter(|child| child.tag_name().name() == "XPath").nth(filter)
}

pub(super) fn is_named(node: Node<'_, '_>, name: &ElementName) -> bool {
    node.is_element()
        && node.tag_name().name() == name.local
        && node.tag_name().namespace().filter(|it| !it.is_empty()) == name.namespace.as_deref()
}

fn all_named(tree: &Document<'_>, name: &ElementName) -> Vec<NodeKey> {
    tree.descendants().filter(|node| is_named(*node, name)).map(NodeKey::of).collect()
}

fn outcome(tree: &Document<'_>, present: Present<'_, '_>, nodes: &NodeSet) -> TransformOutcome {
    let covers_itself = present.signature.is_some_and(|signature| {
        signature
            .children()
            .filter(|child| {
                child.has_tag_name((DS_NAMESPACE, "SignedInfo"))
                    || child.has_tag_name((DS_NAMESPACE, "SignatureValue"))
            })
            .flat_map(|child| child.descendants())
            .any(|node| nodes.has(node))
    });
    let is_content = |node: Node<'_, '_>| node.is_element() || node.is_text();
    let covers_nothing = !nodes.has_exceptions()
        && !nodes.span(tree).any(|node| is_content(node) && nodes.has(node));
    TransformOutcome { covers_itself, covers_nothing }
}

/// Whether a recognised filter after a canonicalization leaves out an element and what is in it.
pub(super) fn leaves_out_later(rest: &[Transform], element: Option<Node<'_, '_>>) -> bool {
    let leaves_out = |name: &ElementName| {
        is_signature(name)
            || element.iter().flat_map(Node::ancestors).any(|ancestor| is_named(ancestor, name))
    };
    rest.iter()
        .take_while(|transform| {
            !matches!(transform, Transform::Canonical { .. } | Transform::Base64)
        })
        .any(|transform| match transform {
            Transform::XPath { xpath, namespaces } => {
                let known = parse(xpath, namespaces).ok().and_then(|it| it.known());
                matches!(known, Some(Known::Outside(name)) if leaves_out(&name))
            }
            _ => false,
        })
}

pub(super) fn is_signature(name: &ElementName) -> bool {
    name.namespace.as_deref() == Some(DS_NAMESPACE) && name.local == "Signature"
}

/// RFC 2045, 6.8: characters outside of the alphabet are skipped.
fn decode(encoded: &[u8]) -> Result<Vec<u8>, Refusal> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let kept: Vec<u8> = encoded.iter().copied().filter(is_base64).collect();
    STANDARD.decode(kept).map_err(|error| impossible(format!("the text is no base64: {error}")))
}
