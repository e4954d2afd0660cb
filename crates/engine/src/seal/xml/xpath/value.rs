//! The four types of value and the conversions between them (XPath 1.0, 3.2 to 3.5, 4.2 to 4.4).

use std::rc::Rc;

use super::number;
use crate::seal::xml::nodes::NodeKey;

/// What an expression evaluates to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nodes in document order, none twice.
    Nodes(Rc<Vec<NodeKey>>),
    /// A truth value.
    Boolean(bool),
    /// A double.
    Number(f64),
    /// A string.
    Text(String),
}

impl Value {
    /// The function `boolean` (4.3).
    #[must_use]
    pub fn boolean(&self) -> bool {
        match self {
            Self::Nodes(nodes) => !nodes.is_empty(),
            Self::Boolean(boolean) => *boolean,
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Text(text) => !text.is_empty(),
        }
    }

    pub(super) fn nodes(nodes: Vec<NodeKey>) -> Self {
        Self::Nodes(Rc::new(nodes))
    }

    /// The number of a value that is no node-set.
    pub(super) fn plain_number(&self) -> f64 {
        match self {
            Self::Nodes(_) => f64::NAN,
            Self::Boolean(boolean) => f64::from(u8::from(*boolean)),
            Self::Number(number) => *number,
            Self::Text(text) => number::parse(text),
        }
    }

    /// The string of a value that is no node-set.
    pub(super) fn plain_text(self) -> String {
        match self {
            Self::Nodes(_) => String::new(),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Number(number) => number::format(number),
            Self::Text(text) => text,
        }
    }
}
