//! The chain on a document in which the signature does not stand yet.

use roxmltree::{Document, Node};

use super::chain::{IMPLIED, Present, TransformRun, is_named, is_signature, leaves_out_later};
use super::metered::too_costly;
use super::{MAX_TRANSFORMS, Metered, Selection, impossible, nothing_selected, parse};
use crate::domain::refusal::Refusal;
use crate::domain::transform::{FilterOperation, Transform};
use crate::seal::Limits;
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::nodes::NodeSet;
use crate::seal::xml::sink::Sink;
use crate::seal::xml::xpath::{Budget, ElementName, Known};

/// Where the signature will stand: as a child of this element.
#[derive(Clone, Copy)]
pub struct SignatureParent<'a, 'i> {
    /// The parent of the future `ds:Signature`.
    pub parent: Node<'a, 'i>,
}

/// Runs a chain as if the signature stood at its place; `None` when that cannot be decided without
/// the signature: then put one there, and ask [`super::general`].
///
/// # Errors
/// Inside of `Some`: [`Refusal::ReferenceCoversItself`] when the signature would be among the
/// selected nodes, [`Refusal::TransformImpossible`] when nothing would, and what transforms after a
/// canonicalization refuse.
pub fn native<'a, 'i, S: Sink>(
    tree: &'a Document<'i>,
    start: Selection<'a, 'i>,
    transforms: &[Transform],
    place: SignatureParent<'a, 'i>,
    (limits, budget): (&Limits, &Budget),
    sink: &mut S,
) -> Option<Result<(), Refusal>> {
    if transforms.len() > MAX_TRANSFORMS {
        return Some(Err(impossible(format!("there are more than {MAX_TRANSFORMS}"))));
    }
    let chain = TransformRun::new(limits, budget);
    let mut plan = Plan {
        tree,
        chain,
        place,
        without: Vec::new(),
        names: Vec::new(),
        covers: place.parent.ancestors().any(|ancestor| ancestor == start.apex),
        nothing: false,
    };
    let ends = |transform: &Transform| {
        matches!(transform, Transform::Canonical { .. } | Transform::Base64)
    };
    let filters = transforms.iter().position(ends).unwrap_or(transforms.len());
    let (filters, rest) = transforms.split_at(filters);
    for transform in filters {
        match plan.apply(transform)? {
            Ok(()) => {}
            Err(refusal) => return Some(Err(refusal)),
        }
    }
    Some(plan.write(start, rest, sink))
}

struct Plan<'a, 'i, 'b> {
    tree: &'a Document<'i>,
    chain: TransformRun<'b>,
    place: SignatureParent<'a, 'i>,
    /// What is left out.
    without: Vec<Node<'a, 'i>>,
    /// Elements that are left out by their names.
    names: Vec<ElementName>,
    /// Whether the future signature is selected.
    covers: bool,
    /// Whether no node is selected at all.
    nothing: bool,
}

impl<'a, 'i> Plan<'a, 'i, '_> {
    fn apply(&mut self, transform: &Transform) -> Option<Result<(), Refusal>> {
        match transform {
            Transform::Enveloped => self.covers = false,
            Transform::XPath { xpath, namespaces } => {
                let known = match parse(xpath, namespaces) {
                    Ok(expression) => expression.known(),
                    Err(refusal) => return Some(Err(refusal)),
                };
                match known? {
                    Known::Outside(name) => return Some(self.leave_out_all(&name)),
                    Known::OutsideMine(name) => self.leave_out_mine(&name)?,
                    Known::Every(_) => return None,
                }
            }
            Transform::XPathFilter2 { filters } => {
                for filter in filters {
                    let known = match parse(&filter.xpath, &filter.namespaces) {
                        Ok(expression) => expression.known(),
                        Err(refusal) => return Some(Err(refusal)),
                    };
                    let (FilterOperation::Subtract, Known::Every(name)) =
                        (filter.operation, known?)
                    else {
                        return None;
                    };
                    if let Err(refusal) = self.leave_out_all(&name) {
                        return Some(Err(refusal));
                    }
                }
            }
            Transform::Canonical { .. } | Transform::Base64 => return None,
        }
        Some(Ok(()))
    }

    fn leave_out_all(&mut self, name: &ElementName) -> Result<(), Refusal> {
        // as often as a filter names it, it is left out once
        if self.names.contains(name) {
            return Ok(());
        }
        self.chain.spend_on_sets(self.tree).map_err(too_costly)?;
        self.names.push(name.clone());
        self.without.extend(self.tree.descendants().filter(|node| is_named(*node, name)));
        let around = self.place.parent.ancestors().any(|ancestor| is_named(ancestor, name));
        if around || is_signature(name) {
            self.covers = false;
        }
        Ok(())
    }

    /// `None` for elements inside of the future signature.
    fn leave_out_mine(&mut self, name: &ElementName) -> Option<()> {
        if is_signature(name) {
            self.covers = false;
            return Some(());
        }
        let inside = ["SignedInfo", "Reference", "Transforms", "Transform"];
        if name.namespace.as_deref() == Some(DS_NAMESPACE) && inside.contains(&&*name.local) {
            return None;
        }
        match self.place.parent.ancestors().find(|ancestor| is_named(*ancestor, name)) {
            Some(mine) => {
                self.without.push(mine);
                self.covers = false;
            }
            None => self.nothing = true,
        }
        Some(())
    }

    fn write<S: Sink>(
        self,
        start: Selection<'a, 'i>,
        rest: &[Transform],
        sink: &mut S,
    ) -> Result<(), Refusal> {
        let chain = self.chain;
        let top = if start.apex.is_root() { self.tree.root_element() } else { start.apex };
        if self.nothing || top.ancestors().any(|ancestor| self.without.contains(&ancestor)) {
            return Err(nothing_selected());
        }
        let later = rest.split_first().is_some_and(|(canonical, rest)| {
            matches!(canonical, Transform::Canonical { .. })
                && leaves_out_later(rest, Some(self.place.parent))
        });
        if self.covers && !later {
            return Err(Refusal::ReferenceCoversItself);
        }
        let (canonicalization, prefixes, rest) = match rest.split_first() {
            None => (IMPLIED, &[] as &[String], rest),
            Some((Transform::Canonical { canonicalization, inclusive_prefixes }, rest)) => {
                (*canonicalization, &**inclusive_prefixes, rest)
            }
            Some(_) => {
                let mut nodes = NodeSet::subtree(start.apex);
                self.without.iter().for_each(|left_out| nodes.remove_subtree(*left_out));
                let nobody = Present::default();
                return chain.nodes(self.tree, nodes, nobody, (0, rest), sink).map(|_| ());
            }
        };
        let prefixes: Vec<&str> = prefixes.iter().map(|prefix| &**prefix).collect();
        let mut subset = Subset::subtree(start.apex).without_all(self.without);
        if !start.comments {
            subset = subset.without_comments();
        }
        if rest.is_empty() {
            let mut sink = Metered::new(sink, chain.budget);
            canonicalize(subset, canonicalization, &prefixes, &mut sink);
            return sink.finish();
        }
        let mut octets = Vec::new();
        let mut metered = Metered::new(&mut octets, chain.budget);
        canonicalize(subset, canonicalization, &prefixes, &mut metered);
        metered.finish()?;
        chain.octets(octets, rest, sink)
    }
}
