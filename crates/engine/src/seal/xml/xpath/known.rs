//! Expressions that real signatures use and that can be decided without evaluating them at every
//! node. Recognised by what was parsed: white space and prefixes do not matter.

use super::expression::{
    Axis, Comparison, Expr, Expression, NodeTest, Path, Predicate, Start, Step,
};
use super::functions::Function;

/// The expanded name of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementName {
    /// Namespace name, `None` for none.
    pub namespace: Option<String>,
    /// Local name.
    pub local: String,
}

/// An expression of a well-known form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// True for nodes outside of every element of a name: `not(ancestor-or-self::N)`, or
    /// `count(ancestor-or-self::N) = 0`.
    Outside(ElementName),
    /// True for nodes outside of the nearest element of a name around the expression itself:
    /// `count(ancestor-or-self::N | here()/ancestor::N[1]) > count(ancestor-or-self::N)` (OASIS UBL
    /// 2.1, 5.4, and XMLDSIG 6.6.4). True for none when there is no such element.
    OutsideMine(ElementName),
    /// All elements of a name: `/descendant::N` or `//N`.
    Every(ElementName),
}

impl Expression {
    /// The well-known form that this expression has.
    #[must_use]
    pub fn known(&self) -> Option<Known> {
        match &self.root {
            Expr::Call(Function::Not, arguments) => match arguments.as_slice() {
                [Expr::Path(path)] => ancestor_or_self(path).map(Known::Outside),
                _ => None,
            },
            Expr::Compare(left, rest) => {
                let [(comparison, right)] = rest.as_slice() else { return None };
                compared(left, *comparison, right)
            }
            Expr::Path(path) => every(path).map(Known::Every),
            _ => None,
        }
    }
}

fn compared(left: &Expr, comparison: Comparison, right: &Expr) -> Option<Known> {
    let counted = count(left)?;
    match (counted, comparison, right) {
        (Expr::Path(path), Comparison::Equal, Expr::Number(0.0)) => {
            ancestor_or_self(path).map(Known::Outside)
        }
        (Expr::Union(parts), Comparison::Greater, right) => {
            let ([Expr::Path(first), Expr::Path(second)], Expr::Path(all)) =
                (parts.as_slice(), count(right)?)
            else {
                return None;
            };
            let name = ancestor_or_self(all)?;
            let other =
                if ancestor_or_self(first)? == name { nearest_here(second)? } else { return None };
            (name == other).then_some(Known::OutsideMine(name))
        }
        _ => None,
    }
}

fn count(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Call(Function::Count, arguments) => arguments.first(),
        _ => None,
    }
}

fn ancestor_or_self(path: &Path) -> Option<ElementName> {
    match (&path.start, path.steps.as_slice()) {
        (Start::Context, [step]) => plain(step, Axis::AncestorOrSelf),
        _ => None,
    }
}

/// `here()/ancestor::N[1]`
fn nearest_here(path: &Path) -> Option<ElementName> {
    let (Start::Nodes(start), [step]) = (&path.start, path.steps.as_slice()) else { return None };
    let first = matches!(step.predicates.as_slice(), [Predicate(Expr::Number(1.0))]);
    let here = matches!(&**start, Expr::Call(Function::Here, _));
    (first && here && step.axis == Axis::Ancestor).then(|| name(step))?
}

fn every(path: &Path) -> Option<ElementName> {
    match (&path.start, path.steps.as_slice()) {
        (Start::Root(_), [step]) => plain(step, Axis::Descendant),
        (Start::Root(_), [down, step]) => {
            let down = down.axis == Axis::DescendantOrSelf
                && matches!(down.test, NodeTest::Node)
                && down.predicates.is_empty();
            if down { plain(step, Axis::Child) } else { None }
        }
        _ => None,
    }
}

fn plain(step: &Step, axis: Axis) -> Option<ElementName> {
    (step.axis == axis && step.predicates.is_empty()).then(|| name(step))?
}

fn name(step: &Step) -> Option<ElementName> {
    match &step.test {
        NodeTest::Name { namespace, local } => {
            Some(ElementName { namespace: namespace.clone(), local: local.clone() })
        }
        _ => None,
    }
}
