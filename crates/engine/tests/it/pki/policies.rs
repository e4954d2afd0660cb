//! What the policies of a path cost that is made to be costly.

use std::collections::BTreeSet;

use chancery_engine::pki::path::policies::{ANY_POLICY, PolicyGraph};
use chancery_engine::pki::step_budget::{Spent, StepBudget};
use der::asn1::ObjectIdentifier;

fn policy(number: u32) -> ObjectIdentifier {
    ObjectIdentifier::new(&format!("1.2.{number}")).unwrap_or(ANY_POLICY)
}

/// The attack that RFC 9618 is about: every policy is mapped to every one, in every certificate. The
/// tree would have 20^8 leaves.
#[test]
fn many_mappings_cost_what_they_weigh() -> Result<(), Spent> {
    let policies: Vec<ObjectIdentifier> = (0..20).map(policy).collect();
    let mappings: Vec<_> =
        policies.iter().flat_map(|from| policies.iter().map(|to| (*from, *to))).collect();
    let (mut graph, budget) = (PolicyGraph::new(), StepBudget::of(10_000));
    for _ in 0..8 {
        graph.certificate(Some(&policies), true, &budget)?;
        graph.map(&mappings, true, &budget)?;
    }
    graph.certificate(Some(&policies), true, &budget)?;
    assert_eq!(graph.valid(None).named.len(), 20);
    let accepted = BTreeSet::from([policy(7), policy(99)]);
    assert_eq!(graph.valid(Some(&accepted)).named, BTreeSet::from([policy(7)]));
    let poor = StepBudget::of(1000);
    graph.map(&mappings, true, &poor)?;
    graph.certificate(Some(&policies), true, &poor)?;
    graph.map(&mappings, true, &poor)?;
    assert_eq!(graph.map(&mappings, true, &poor), Err(Spent));
    Ok(())
}
