//! Evaluation of expressions, within a budget of steps.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use roxmltree::{Document, Node};

use super::axes::{along, passes};
use super::expression::{Arithmetic, Expr, Expression, NodeTest, Path, Predicate, Start, Step};
use super::number;
use super::value::Value;
use super::{XPathError, functions};
use crate::seal::Patience;
use crate::seal::xml::nodes::{NodeKey, XNode};

/// Steps that evaluations may still take: one for each node looked at, and one for each
/// [`Budget::OCTETS`] of text that is made, and again where it is read. What is kept meanwhile is
/// bounded with them: no step takes more than some octets of memory.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    left: Cell<u64>,
    patience: Patience,
}

impl Budget {
    /// Less than 50 ms of work, for all expressions on one document together.
    pub const DEFAULT: u64 = 2_000_000;
    /// On top of it: some looks at every node, so that an expression that is linear is not refused
    /// because its document is large. A node takes some 20 octets.
    const PER_OCTET: u64 = 8;
    const OCTETS: usize = 8;
    const NODES: usize = 16;
    /// Steps between two looks at patience: less than a millisecond.
    const ASK: u64 = 1 << 14;

    /// The budget of a document of so many octets.
    #[must_use]
    pub const fn of_document(octets: usize) -> Self {
        Self::new(Self::DEFAULT + Self::PER_OCTET * octets as u64)
    }

    /// A budget of so many steps.
    #[must_use]
    pub const fn new(limit: u64) -> Self {
        Self { limit, left: Cell::new(limit), patience: Patience::ENDLESS }
    }

    /// So many times the steps.
    #[must_use]
    pub fn times(self, looks: u64) -> Self {
        Self { patience: self.patience, ..Self::new(self.limit.saturating_mul(looks)) }
    }

    /// The same steps, as long as there is patience.
    #[must_use]
    pub fn with_patience(self, patience: &Patience) -> Self {
        Self { patience: patience.clone(), ..self }
    }

    /// Steps taken so far.
    #[must_use]
    pub const fn used(&self) -> u64 {
        self.limit - self.left.get()
    }

    pub(crate) fn spend(&self, steps: u64) -> Result<(), XPathError> {
        let before = self.left.get();
        let left = before.checked_sub(steps).ok_or_else(|| self.exceeded())?;
        self.left.set(left);
        if left / Self::ASK < before / Self::ASK {
            self.patience.check()?;
        }
        Ok(())
    }

    pub(crate) fn spend_on_text(&self, octets: usize) -> Result<(), XPathError> {
        self.spend(1 + (octets / Self::OCTETS) as u64)
    }

    /// A step for some nodes that are passed over and not looked at.
    pub(crate) fn spend_on_passing(&self, nodes: usize) -> Result<(), XPathError> {
        self.spend(1 + (nodes / Self::NODES) as u64)
    }

    pub(crate) const fn exceeded(&self) -> XPathError {
        XPathError::TooExpensive { limit: self.limit }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

/// One expression on one document. What does not depend on the context node is evaluated once.
pub struct Evaluation<'e, 'a, 'i> {
    expression: &'e Expression,
    pub(super) document: &'a Document<'i>,
    pub(super) here: Option<NodeKey>,
    pub(super) budget: &'e Budget,
    absolute: RefCell<Vec<Option<Rc<Vec<NodeKey>>>>>,
    identified: OnceCell<HashMap<&'a str, NodeKey>>,
}

/// The context of a (sub)expression (1).
#[derive(Clone, Copy)]
pub(super) struct Context {
    pub(super) node: NodeKey,
    pub(super) position: usize,
    pub(super) size: usize,
}

impl<'e, 'a, 'i> Evaluation<'e, 'a, 'i> {
    /// Prepares to evaluate an expression. `here` is the node that bears it, if it is in this
    /// document.
    #[must_use]
    pub fn new(
        expression: &'e Expression,
        document: &'a Document<'i>,
        here: Option<Node<'_, '_>>,
        budget: &'e Budget,
    ) -> Self {
        Self {
            expression,
            document,
            here: here.map(NodeKey::of),
            budget,
            absolute: RefCell::new(vec![None; expression.absolute_paths]),
            identified: OnceCell::new(),
        }
    }

    /// The value at a context node, at position 1 of 1.
    ///
    /// # Errors
    /// [`XPathError::TooExpensive`]; [`XPathError::Invalid`] for `here()` where no node is here.
    pub fn at(&self, node: NodeKey) -> Result<Value, XPathError> {
        self.value(&self.expression.root, Context { node, position: 1, size: 1 })
    }

    /// The string-value of a value (4.2).
    ///
    /// # Errors
    /// [`XPathError::TooExpensive`].
    pub fn text(&self, value: Value) -> Result<String, XPathError> {
        match value {
            Value::Nodes(nodes) => match nodes.first() {
                Some(first) => self.string_value(*first).map(Cow::into_owned),
                None => Ok(String::new()),
            },
            number @ Value::Number(_) => {
                // as many digits as a double has
                self.budget.spend(20)?;
                Ok(number.plain_text())
            }
            plain => Ok(plain.plain_text()),
        }
    }

    pub(super) fn number(&self, value: Value) -> Result<f64, XPathError> {
        match value {
            Value::Nodes(_) => self.number_of(&self.text(value)?),
            Value::Text(text) => self.number_of(&text),
            plain => Ok(plain.plain_number()),
        }
    }

    /// The number that a text says. Many digits are many times the work.
    pub(super) fn number_of(&self, text: &str) -> Result<f64, XPathError> {
        const FEW: usize = 19;
        const MANY: u64 = 1000;
        self.budget.spend_on_text(text.len())?;
        if text.len() > FEW {
            self.budget.spend(MANY)?;
        }
        Ok(number::parse(text))
    }

    /// The string-value of a node (5).
    pub(super) fn string_value(&self, key: NodeKey) -> Result<Cow<'a, str>, XPathError> {
        let text = match key.resolve(self.document) {
            Some(XNode::Attribute(_, attribute)) => Cow::Borrowed(attribute.value()),
            Some(XNode::Namespace(_, _, name)) => Cow::Borrowed(name),
            Some(XNode::Tree(node)) if node.is_element() || node.is_root() => {
                return self.text_of_descendants(node);
            }
            Some(XNode::Tree(node)) => Cow::Borrowed(match node.pi() {
                Some(pi) => pi.value.unwrap_or_default(),
                None => node.text().unwrap_or_default(),
            }),
            None => Cow::Borrowed(""),
        };
        self.budget.spend_on_text(text.len())?;
        Ok(text)
    }

    fn text_of_descendants(&self, node: Node<'a, 'i>) -> Result<Cow<'a, str>, XPathError> {
        self.budget.spend(node.descendants().len() as u64)?;
        let mut texts = node.descendants().filter(Node::is_text).filter_map(|node| node.text());
        let Some(first) = texts.next() else { return Ok(Cow::Borrowed("")) };
        self.budget.spend_on_text(first.len())?;
        let mut whole = Cow::Borrowed(first);
        for text in texts {
            self.budget.spend_on_text(text.len())?;
            whole.to_mut().push_str(text);
        }
        Ok(whole)
    }

    /// The first element with an Id attribute of this value: `Id`, `ID`, `id` or `xml:id`, since
    /// there is no document type that declares one.
    pub(super) fn identified(&self, id: &str) -> Result<Option<NodeKey>, XPathError> {
        if self.identified.get().is_none() {
            self.budget.spend(self.document.descendants().len() as u64)?;
        }
        let map = self.identified.get_or_init(|| {
            let mut map = HashMap::new();
            for element in self.document.descendants() {
                let ids = element.attributes().filter(|it| matches!(it.name(), "Id" | "ID" | "id"));
                for attribute in ids {
                    map.entry(attribute.value()).or_insert(NodeKey::of(element));
                }
            }
            map
        });
        Ok(map.get(id).copied())
    }

    pub(super) fn value(&self, expr: &Expr, context: Context) -> Result<Value, XPathError> {
        self.budget.spend(1)?;
        match expr {
            Expr::Or(operands) => {
                for operand in operands {
                    if self.value(operand, context)?.boolean() {
                        return Ok(Value::Boolean(true));
                    }
                }
                Ok(Value::Boolean(false))
            }
            Expr::And(operands) => {
                for operand in operands {
                    if !self.value(operand, context)?.boolean() {
                        return Ok(Value::Boolean(false));
                    }
                }
                Ok(Value::Boolean(true))
            }
            Expr::Compare(first, rest) => {
                let mut left = self.value(first, context)?;
                for (comparison, operand) in rest {
                    let right = self.value(operand, context)?;
                    left = Value::Boolean(self.compare(left, *comparison, right)?);
                }
                Ok(left)
            }
            Expr::Calculate(first, rest) => self.calculate(first, rest, context),
            Expr::Negate(operand) => {
                Ok(Value::Number(-self.number(self.value(operand, context)?)?))
            }
            Expr::Union(parts) => self.union(parts, context),
            Expr::Path(path) => self.path(path, context).map(Value::Nodes),
            Expr::Filter(inner, predicates) => self.filtered(inner, predicates, context),
            Expr::Call(function, arguments) => functions::call(self, *function, arguments, context),
            Expr::Literal(text) => {
                self.budget.spend_on_text(text.len())?;
                Ok(Value::Text(text.clone()))
            }
            Expr::Translate(text, translation) => {
                let text = self.text(self.value(text, context)?)?;
                self.budget.spend(text.len() as u64)?;
                Ok(Value::Text(translation.apply(&text)))
            }
            Expr::Number(number) => Ok(Value::Number(*number)),
        }
    }

    /// The nodes of an expression that is known to be a node-set.
    pub(super) fn nodes(
        &self,
        expr: &Expr,
        context: Context,
    ) -> Result<Rc<Vec<NodeKey>>, XPathError> {
        match self.value(expr, context)? {
            Value::Nodes(nodes) => Ok(nodes),
            _ => Err(XPathError::invalid("a node-set is needed")),
        }
    }

    fn calculate(
        &self,
        first: &Expr,
        rest: &[(Arithmetic, Expr)],
        context: Context,
    ) -> Result<Value, XPathError> {
        let mut left = self.number(self.value(first, context)?)?;
        for (arithmetic, operand) in rest {
            let right = self.number(self.value(operand, context)?)?;
            left = match arithmetic {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
                Arithmetic::Modulo => {
                    // one step for each bit between the exponents
                    self.budget.spend(100)?;
                    left % right
                }
            };
        }
        Ok(Value::Number(left))
    }

    fn union(&self, parts: &[Expr], context: Context) -> Result<Value, XPathError> {
        let mut all = Vec::new();
        for part in parts {
            let nodes = self.nodes(part, context)?;
            self.budget.spend(nodes.len() as u64)?;
            all.extend_from_slice(&nodes);
        }
        sort(&mut all);
        Ok(Value::nodes(all))
    }

    fn filtered(
        &self,
        inner: &Expr,
        predicates: &[Predicate],
        context: Context,
    ) -> Result<Value, XPathError> {
        let nodes = self.nodes(inner, context)?;
        if predicates.is_empty() {
            return Ok(Value::Nodes(nodes));
        }
        let mut kept = nodes.as_ref().clone();
        for predicate in predicates {
            kept = self.keep(kept, predicate)?;
        }
        Ok(Value::nodes(kept))
    }

    fn path(&self, path: &Path, context: Context) -> Result<Rc<Vec<NodeKey>>, XPathError> {
        let slot = match &path.start {
            Start::Root(slot) => Some(*slot),
            Start::Context | Start::Nodes(_) => None,
        };
        if let Some(known) = slot.and_then(|slot| self.absolute.borrow().get(slot)?.clone()) {
            return Ok(known);
        }
        let mut nodes = match &path.start {
            Start::Context => Rc::new(vec![context.node]),
            Start::Root(_) => Rc::new(vec![NodeKey::of(self.document.root())]),
            Start::Nodes(expr) => self.nodes(expr, context)?,
        };
        for step in &path.steps {
            nodes = Rc::new(self.step(&nodes, step)?);
        }
        if let Some(known) = slot.and_then(|slot| {
            Some(self.absolute.borrow_mut().get_mut(slot)?.insert(nodes.clone()).clone())
        }) {
            return Ok(known);
        }
        Ok(nodes)
    }

    /// The nodes of a step from every node of a set, in document order.
    fn step(&self, from: &[NodeKey], step: &Step) -> Result<Vec<NodeKey>, XPathError> {
        // Beyond this, what was found is cleared of doubles, so that memory stays bounded by the
        // size of the document.
        let mut crowded = 65_536;
        let mut found = Vec::new();
        for key in from {
            self.budget.spend(1)?;
            if step.predicates.is_empty() {
                self.candidates(*key, step, usize::MAX, &mut found)?;
            } else {
                let wanted = first_only(&step.predicates);
                let mut candidates = Vec::new();
                self.candidates(*key, step, wanted, &mut candidates)?;
                for predicate in &step.predicates {
                    candidates = self.keep(candidates, predicate)?;
                }
                found.append(&mut candidates);
            }
            if found.len() > crowded {
                sort(&mut found);
                crowded = found.len() * 2 + 65_536;
            }
        }
        sort(&mut found);
        Ok(found)
    }

    /// The first so many nodes of an axis that pass the test, in proximity order.
    fn candidates(
        &self,
        key: NodeKey,
        step: &Step,
        wanted: usize,
        found: &mut Vec<NodeKey>,
    ) -> Result<(), XPathError> {
        let Some(node) = key.resolve(self.document) else { return Ok(()) };
        let mut missing = wanted;
        for candidate in along(self.document, node, key, step.axis) {
            self.budget.spend(1)?;
            let passes = matches!(step.test, NodeTest::Node)
                || candidate
                    .resolve(self.document)
                    .is_some_and(|candidate| passes(candidate, step.axis, &step.test));
            if passes {
                found.push(candidate);
                missing -= 1;
                if missing == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// What a predicate lets through (2.4).
    fn keep(&self, nodes: Vec<NodeKey>, predicate: &Predicate) -> Result<Vec<NodeKey>, XPathError> {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (at, node) in nodes.into_iter().enumerate() {
            let position = at + 1;
            let keeps = match self.value(&predicate.0, Context { node, position, size })? {
                #[expect(clippy::float_cmp, reason = "the standard compares with =")]
                #[expect(clippy::cast_precision_loss, reason = "positions are far below 2^52")]
                Value::Number(number) => number == position as f64,
                other => other.boolean(),
            };
            if keeps {
                kept.push(node);
            }
        }
        Ok(kept)
    }
}

/// How many candidates suffice: `[3]` needs three.
fn first_only(predicates: &[Predicate]) -> usize {
    match predicates.first() {
        Some(Predicate(Expr::Number(number))) if *number >= 1.0 && *number < 1e9 => {
            #[expect(clippy::cast_possible_truncation, reason = "between 1 and a milliard")]
            #[expect(clippy::cast_sign_loss, reason = "between 1 and a milliard")]
            let wanted = number.ceil() as usize;
            wanted
        }
        _ => usize::MAX,
    }
}

/// Document order, none twice.
fn sort(nodes: &mut Vec<NodeKey>) {
    if !nodes.is_sorted_by(|a, b| a < b) {
        nodes.sort_unstable();
        nodes.dedup();
    }
}
