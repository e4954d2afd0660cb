//! Comparisons (XPath 1.0, 3.4).

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

use super::XPathError;
use super::evaluate::Evaluation;
use super::expression::Comparison;
use super::value::Value;
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
                self.compare_plain(
                    &Plain::new(nodes),
                    comparison,
                    &Plain::new(Value::Boolean(boolean)),
                )
            }
            (Value::Boolean(boolean), nodes @ Value::Nodes(_)) => {
                let nodes = Value::Boolean(nodes.boolean());
                self.compare_plain(
                    &Plain::new(Value::Boolean(boolean)),
                    comparison,
                    &Plain::new(nodes),
                )
            }
            (Value::Nodes(nodes), plain) => {
                let plain = Plain::new(plain);
                self.any(&nodes, |node| self.compare_plain(&node, comparison, &plain))
            }
            (plain, Value::Nodes(nodes)) => {
                let plain = Plain::new(plain);
                self.any(&nodes, |node| self.compare_plain(&plain, comparison, &node))
            }
            (left, right) => self.compare_plain(&Plain::new(left), comparison, &Plain::new(right)),
        }
    }

    fn any(
        &self,
        nodes: &[NodeKey],
        test: impl Fn(Plain) -> Result<bool, XPathError>,
    ) -> Result<bool, XPathError> {
        for node in nodes {
            if test(Plain::new(Value::Text(self.string_value(*node)?.into_owned())))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The number of a value, made once.
    fn plain_number(&self, plain: &Plain) -> Result<f64, XPathError> {
        if let Some(known) = plain.number.get() {
            return Ok(*known);
        }
        let number = match &plain.value {
            Value::Text(text) => self.number_of(text)?,
            other => other.plain_number(),
        };
        Ok(*plain.number.get_or_init(|| number))
    }

    fn compare_plain(
        &self,
        left: &Plain,
        comparison: Comparison,
        right: &Plain,
    ) -> Result<bool, XPathError> {
        let equality = matches!(comparison, Comparison::Equal | Comparison::Unequal);
        let same = match (&left.value, &right.value) {
            (Value::Boolean(_), _) | (_, Value::Boolean(_)) => {
                Some(left.value.boolean() == right.value.boolean())
            }
            (Value::Text(left), Value::Text(right)) => {
                self.budget.spend_on_text(left.len().min(right.len()))?;
                Some(left == right)
            }
            _ => None,
        };
        if let Some(same) = same.filter(|_| equality) {
            return Ok(same == (comparison == Comparison::Equal));
        }
        let (a, b) = (self.plain_number(left)?, self.plain_number(right)?);
        #[expect(clippy::float_cmp, reason = "the standard compares with =")]
        Ok(match comparison {
            Comparison::Equal => a == b,
            Comparison::Unequal => a != b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
        })
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
            let number = self.number_of(&self.string_value(*node)?)?;
            range = (range.0.min(number), range.1.max(number));
        }
        Ok(range)
    }
}

/// A value that is no node-set, with its number once it was asked for.
struct Plain {
    value: Value,
    number: OnceCell<f64>,
}

impl Plain {
    const fn new(value: Value) -> Self {
        Self { value, number: OnceCell::new() }
    }
}
