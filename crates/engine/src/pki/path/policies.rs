//! The policies that a path is valid for: the graph of RFC 9618, 5, which holds each policy once a
//! certificate, where the tree of RFC 5280, 6.1.2 can grow without bounds. Qualifiers are left to
//! whoever shows them.

use std::collections::{BTreeMap, BTreeSet};

use der::asn1::ObjectIdentifier;

use crate::pki::step_budget::{Spent, StepBudget};

/// `anyPolicy` (RFC 5280, 4.2.1.4).
pub const ANY_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

/// The policies that a path is valid for, by their names in the domain of its trust anchor: the
/// user-constrained-policy-set (RFC 9618, 5.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidPolicies {
    /// Whether every policy is valid.
    pub any: bool,
    /// Those that are valid by name.
    pub named: BTreeSet<ObjectIdentifier>,
}

impl ValidPolicies {
    /// Whether none is valid.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.any && self.named.is_empty()
    }
}

/// The graph, certificate by certificate from the trust anchor's side.
pub struct PolicyGraph {
    done: Vec<Depth>,
    /// What the next certificate is expected to say.
    expected: Depth,
}

/// The nodes of one certificate.
#[derive(Default)]
struct Depth {
    /// Whether there is a node of anyPolicy.
    any: bool,
    /// Policies with their parents among the nodes before; without parents it is anyPolicy there.
    nodes: BTreeMap<ObjectIdentifier, BTreeSet<ObjectIdentifier>>,
}

impl Default for PolicyGraph {
    fn default() -> Self {
        Self::new()
    }
}

impl PolicyGraph {
    /// Before the first certificate any policy is expected.
    #[must_use]
    pub const fn new() -> Self {
        let expected = Depth { any: true, nodes: BTreeMap::new() };
        Self { done: Vec::new(), expected }
    }

    /// Takes the policies of a certificate (RFC 5280, 6.1.3 (d) and (e)).
    ///
    /// # Errors
    /// [`Spent`].
    pub fn certificate(
        &mut self,
        policies: Option<&[ObjectIdentifier]>,
        any_allowed: bool,
        budget: &StepBudget,
    ) -> Result<(), Spent> {
        let mut depth = std::mem::take(&mut self.expected);
        let policies: BTreeSet<ObjectIdentifier> =
            policies.unwrap_or_default().iter().copied().collect();
        budget.spend(policies.len() + depth.nodes.len())?;
        let expected_any = depth.any;
        if !policies.contains(&ANY_POLICY) || !any_allowed {
            depth.nodes.retain(|policy, _| policies.contains(policy));
            depth.any = false;
        }
        if expected_any {
            for policy in policies.into_iter().filter(|policy| *policy != ANY_POLICY) {
                depth.nodes.entry(policy).or_default();
            }
        }
        self.done.push(depth);
        Ok(())
    }

    /// Whether no policy is left: the tree of RFC 5280 would be NULL.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.done.last().is_none_or(|depth| !depth.any && depth.nodes.is_empty())
    }

    /// Takes the mappings of the same certificate, none of which names anyPolicy (RFC 5280, 6.1.4 (b)).
    ///
    /// # Errors
    /// [`Spent`].
    pub fn map(
        &mut self,
        mappings: &[(ObjectIdentifier, ObjectIdentifier)],
        allowed: bool,
        budget: &StepBudget,
    ) -> Result<(), Spent> {
        let Some(depth) = self.done.last_mut() else { return Ok(()) };
        budget.spend(mappings.len() + depth.nodes.len())?;
        let mapped: BTreeSet<ObjectIdentifier> = mappings.iter().map(|(from, _)| *from).collect();
        let mut expected = Depth { any: depth.any, nodes: BTreeMap::new() };
        if allowed {
            if depth.any {
                for policy in &mapped {
                    depth.nodes.entry(*policy).or_default();
                }
            }
            for (from, to) in mappings.iter().filter(|(from, _)| depth.nodes.contains_key(from)) {
                expected.nodes.entry(*to).or_default().insert(*from);
            }
        } else {
            depth.nodes.retain(|policy, _| !mapped.contains(policy));
        }
        for policy in depth.nodes.keys().filter(|policy| !mapped.contains(*policy)) {
            expected.nodes.entry(*policy).or_default().insert(*policy);
        }
        self.expected = expected;
        Ok(())
    }

    /// What is valid of the policies that somebody accepts; `None` accepts any (RFC 9618, 5.5 and 5.6).
    #[must_use]
    pub fn valid(&self, accepted: Option<&BTreeSet<ObjectIdentifier>>) -> ValidPolicies {
        let Some(last) = self.done.last() else { return ValidPolicies::default() };
        let mut reached: BTreeSet<ObjectIdentifier> = last.nodes.keys().copied().collect();
        let mut named = BTreeSet::new();
        for depth in self.done.iter().rev() {
            let mut above = BTreeSet::new();
            for (policy, parents) in depth.nodes.iter().filter(|node| reached.contains(node.0)) {
                if parents.is_empty() {
                    named.insert(*policy);
                } else {
                    above.extend(parents);
                }
            }
            reached = above;
        }
        let Some(accepted) = accepted else { return ValidPolicies { any: last.any, named } };
        named.retain(|policy| accepted.contains(policy));
        if last.any {
            named.extend(accepted);
        }
        ValidPolicies { any: false, named }
    }
}
