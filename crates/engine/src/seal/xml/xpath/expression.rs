//! A parsed expression: names resolved, types checked, nesting bounded.

use super::functions::Function;
use super::translation::Translation;
use super::{XPathError, parser};

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Expression {
    pub(super) root: Expr,
    /// How many absolute paths there are; each has the same value wherever it is evaluated.
    pub(super) absolute_paths: usize,
}

impl Expression {
    /// Bytes of an expression.
    pub const MAX_LENGTH: usize = 16 * 1024;
    /// Parentheses, predicates and function calls inside each other.
    pub const MAX_DEPTH: usize = 48;

    /// Parses an expression. `namespaces` are the prefixes that it may use, with their names; `xml`
    /// is known.
    ///
    /// # Errors
    /// [`XPathError::Invalid`].
    pub fn parse(text: &str, namespaces: &[(&str, &str)]) -> Result<Self, XPathError> {
        parser::parse(text, namespaces)
    }
}

/// Operands that can be many are lists, so that depth comes from nesting only.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// Two or more, until one is true.
    Or(Vec<Expr>),
    /// Two or more, until one is false.
    And(Vec<Expr>),
    /// Equalities and comparisons of one level, from left to right.
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    /// Sums or products of one level, from left to right.
    Calculate(Box<Expr>, Vec<(Arithmetic, Expr)>),
    Negate(Box<Expr>),
    Union(Vec<Expr>),
    Path(Path),
    Filter(Box<Expr>, Vec<Predicate>),
    Call(Function, Vec<Expr>),
    /// `translate` between two literals.
    Translate(Box<Expr>, Translation),
    Literal(String),
    Number(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Clone, Debug)]
pub(super) struct Path {
    pub(super) start: Start,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) enum Start {
    Context,
    /// The root of the document; the number is the path's own.
    Root(usize),
    Nodes(Box<Expr>),
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: NodeTest,
    pub(super) predicates: Vec<Predicate>,
}

#[derive(Clone, Debug)]
pub(super) struct Predicate(pub(super) Expr);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Namespace,
    Parent,
    Preceding,
    PrecedingSibling,
    Itself,
}

impl Axis {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "ancestor" => Self::Ancestor,
            "ancestor-or-self" => Self::AncestorOrSelf,
            "attribute" => Self::Attribute,
            "child" => Self::Child,
            "descendant" => Self::Descendant,
            "descendant-or-self" => Self::DescendantOrSelf,
            "following" => Self::Following,
            "following-sibling" => Self::FollowingSibling,
            "namespace" => Self::Namespace,
            "parent" => Self::Parent,
            "preceding" => Self::Preceding,
            "preceding-sibling" => Self::PrecedingSibling,
            "self" => Self::Itself,
            _ => return None,
        })
    }
}

/// A node test (2.3), with its namespace resolved.
#[derive(Clone, Debug)]
pub(super) enum NodeTest {
    Node,
    Text,
    Comment,
    Instruction(Option<String>),
    /// Any node of the axis' principal type.
    Any,
    AnyIn(String),
    Name {
        namespace: Option<String>,
        local: String,
    },
}

/// The four types (1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueType {
    Nodes,
    Boolean,
    Number,
    Text,
}

impl Expr {
    /// The type of the value, which is known without evaluating: there are no variables.
    pub(super) const fn kind(&self) -> ValueType {
        match self {
            Self::Or(_) | Self::And(_) | Self::Compare(..) => ValueType::Boolean,
            Self::Calculate(..) | Self::Negate(_) | Self::Number(_) => ValueType::Number,
            Self::Union(_) | Self::Path(_) | Self::Filter(..) => ValueType::Nodes,
            Self::Literal(_) | Self::Translate(..) => ValueType::Text,
            Self::Call(function, _) => function.kind(),
        }
    }
}
