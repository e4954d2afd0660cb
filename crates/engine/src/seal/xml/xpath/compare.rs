//! Comparisons (XPath 1.0, 3.4).

use std::borrow::Cow;
use std::collections::HashSet;

use super::evaluate::Evaluation;
use super::expression::Comparison;
use super::value::Value;
use super::{XPathError, number};
use crate::seal::xml::nodes::NodeKey;

impl<'a> Evaluation<'_, 'a, '_> {
    /// Node-sets compare by any of their nodes.
    pub(super) fn compare(
        &self,
        left: Value,
        comparison: Comparison,
        right: Value,
    ) -> Result<bool, XPathError> {
        let equality = matches!(comparison, Comparison::Equal | Comparison::Unequal);
        match (left, right) {
            (Value::Nodes(left), Value::Nodes(right)) if equality => {
                self.compare_texts(&left, comparison, &right)
            }
            (Value::Nodes(left), Value::Nodes(right)) => {
                let (left, right) = (self.range(&left)?, self.range(&right)?);
                Ok(match comparison {
                    Comparison::Less => left.0 < right.1,
                    Comparison::LessOrEqual => left.0 <= right.1,
                    Comparison::Greater => left.1 > right.0,
                    _ => left.1 >= right.0,
                })
            }
            (nodes @ Value::Nodes(_), Value::Boolean(boolean)) => {
                let nodes = Value::Boolean(nodes.boolean());
                Ok(compare_plain(&nodes, comparison, &Value::Boolean(boolean)))
            }
            (Value::Boolean(boolean), nodes @ Value::Nodes(_)) => {
                let nodes = Value::Boolean(nodes.boolean());
                Ok(compare_plain(&Value::Boolean(boolean), comparison, &nodes))
            }
            (Value::Nodes(nodes), plain) => {
                self.any(&nodes, |node| compare_plain(&node, comparison, &plain))
            }
            (plain, Value::Nodes(nodes)) => {
                self.any(&nodes, |node| compare_plain(&plain, comparison, &node))
            }
            (left, right) => Ok(compare_plain(&left, comparison, &right)),
        }
    }

    fn any(&self, nodes: &[NodeKey], test: impl Fn(Value) -> bool) -> Result<bool, XPathError> {
        for node in nodes {
            if test(Value::Text(self.string_value(*node)?.into_owned())) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether some pair of nodes has equal, or unequal, string-values.
    fn compare_texts(
        &self,
        left: &[NodeKey],
        comparison: Comparison,
        right: &[NodeKey],
    ) -> Result<bool, XPathError> {
        let mut texts: HashSet<Cow<'a, str>> = HashSet::new();
        for node in left {
            texts.insert(self.string_value(*node)?);
        }
        for node in right {
            let text = self.string_value(*node)?;
            let found = match comparison {
                Comparison::Unequal => texts.len() > 1 || texts.iter().any(|it| *it != text),
                _ => texts.contains(&text),
            };
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The least and greatest number of some nodes; `NaN` when there is none.
    fn range(&self, nodes: &[NodeKey]) -> Result<(f64, f64), XPathError> {
        let mut range = (f64::NAN, f64::NAN);
        for node in nodes {
            let number = number::parse(&self.string_value(*node)?);
            range = (range.0.min(number), range.1.max(number));
        }
        Ok(range)
    }
}

/// Comparison of values that are no node-sets.
fn compare_plain(left: &Value, comparison: Comparison, right: &Value) -> bool {
    let (a, b) = (left.plain_number(), right.plain_number());
    #[expect(clippy::float_cmp, reason = "the standard compares with =")]
    let equal = || match (left, right) {
        (Value::Boolean(_), _) | (_, Value::Boolean(_)) => left.boolean() == right.boolean(),
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => a == b,
    };
    match comparison {
        Comparison::Equal => equal(),
        Comparison::Unequal => !equal(),
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}
