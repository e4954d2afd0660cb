//! The grammar of XPath 1.0 (2 and 3), from the loosest operator to the tightest.

use super::XPathError;
use super::expression::{
    Arithmetic, Axis, Comparison, Expr, Expression, NodeTest, Path, Predicate, Start, Step,
    ValueType,
};
use super::functions::Function;
use super::lexer::{XPathToken, is_ncname, tokens};
use super::translation::Translation;
use crate::seal::xml::XML_NAMESPACE;

pub(super) fn parse(text: &str, namespaces: &[(&str, &str)]) -> Result<Expression, XPathError> {
    if text.len() > Expression::MAX_LENGTH {
        let limit = Expression::MAX_LENGTH;
        return Err(XPathError::invalid(format!("it is longer than {limit} bytes")));
    }
    if let Some((prefix, _)) = namespaces.iter().find(|(prefix, _)| !is_ncname(prefix)) {
        return Err(XPathError::invalid(format!("'{prefix}' is no namespace prefix")));
    }
    let mut parser =
        Parser { tokens: tokens(text)?, at: 0, namespaces, depth: 0, absolute_paths: 0 };
    let root = parser.expression()?;
    match parser.peek() {
        None => Ok(Expression { root, absolute_paths: parser.absolute_paths }),
        Some(token) => Err(unexpected(Some(token))),
    }
}

struct Parser<'t, 'n> {
    tokens: Vec<XPathToken<'t>>,
    at: usize,
    namespaces: &'n [(&'n str, &'n str)],
    depth: usize,
    absolute_paths: usize,
}

impl<'t> Parser<'t, '_> {
    fn peek(&self) -> Option<XPathToken<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self) -> Option<XPathToken<'t>> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn take_symbol(&mut self, symbol: &'static str) -> bool {
        let found = self.peek() == Some(XPathToken::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), XPathError> {
        if self.take_symbol(symbol) {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "the end".to_owned(), describe);
        Err(XPathError::invalid(format!("'{symbol}' is missing before {found}")))
    }

    /// Production 14; every nesting comes through here.
    fn expression(&mut self) -> Result<Expr, XPathError> {
        self.depth += 1;
        if self.depth > Expression::MAX_DEPTH {
            let limit = Expression::MAX_DEPTH;
            return Err(XPathError::invalid(format!("it is nested deeper than {limit} levels")));
        }
        let mut any = vec![self.and()?];
        while self.peek() == Some(XPathToken::Operator("or")) {
            self.at += 1;
            any.push(self.and()?);
        }
        self.depth -= 1;
        Ok(one_or(any, Expr::Or))
    }

    fn and(&mut self) -> Result<Expr, XPathError> {
        let mut all = vec![self.comparison(true)?];
        while self.peek() == Some(XPathToken::Operator("and")) {
            self.at += 1;
            all.push(self.comparison(true)?);
        }
        Ok(one_or(all, Expr::And))
    }

    /// Equalities bind looser than the four comparisons.
    fn comparison(&mut self, equality: bool) -> Result<Expr, XPathError> {
        let operand =
            |parser: &mut Self| if equality { parser.comparison(false) } else { parser.sum(true) };
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some(XPathToken::Symbol(symbol)) = self.peek() {
            let comparison = match (symbol, equality) {
                ("=", true) => Comparison::Equal,
                ("!=", true) => Comparison::Unequal,
                ("<", false) => Comparison::Less,
                ("<=", false) => Comparison::LessOrEqual,
                (">", false) => Comparison::Greater,
                (">=", false) => Comparison::GreaterOrEqual,
                _ => break,
            };
            self.at += 1;
            rest.push((comparison, operand(self)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Compare(Box::new(first), rest) })
    }

    /// Sums bind looser than products.
    fn sum(&mut self, sum: bool) -> Result<Expr, XPathError> {
        let operand = |parser: &mut Self| if sum { parser.sum(false) } else { parser.unary() };
        let first = operand(self)?;
        let mut rest = Vec::new();
        while let Some(token) = self.peek() {
            let arithmetic = match (token, sum) {
                (XPathToken::Symbol("+"), true) => Arithmetic::Add,
                (XPathToken::Symbol("-"), true) => Arithmetic::Subtract,
                (XPathToken::Operator("*"), false) => Arithmetic::Multiply,
                (XPathToken::Operator("div"), false) => Arithmetic::Divide,
                (XPathToken::Operator("mod"), false) => Arithmetic::Modulo,
                _ => break,
            };
            self.at += 1;
            rest.push((arithmetic, operand(self)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Calculate(Box::new(first), rest) })
    }

    fn unary(&mut self) -> Result<Expr, XPathError> {
        let mut signs = 0_usize;
        while self.take_symbol("-") {
            signs += 1;
        }
        let operand = self.union()?;
        Ok(match signs {
            0 => operand,
            odd if odd % 2 == 1 => Expr::Negate(Box::new(operand)),
            _ => Expr::Negate(Box::new(Expr::Negate(Box::new(operand)))),
        })
    }

    fn union(&mut self) -> Result<Expr, XPathError> {
        let mut parts = vec![self.path()?];
        while self.take_symbol("|") {
            parts.push(self.path()?);
        }
        if parts.len() > 1 && parts.iter().any(|part| part.kind() != ValueType::Nodes) {
            return Err(XPathError::invalid("an operand of '|' is no node-set"));
        }
        Ok(one_or(parts, Expr::Union))
    }

    /// Production 19: a location path, or a filter expression and perhaps steps from it.
    fn path(&mut self) -> Result<Expr, XPathError> {
        let Some(primary) = self.primary()? else { return self.location_path() };
        let mut expr = primary;
        let predicates = self.predicates()?;
        let continues = matches!(self.peek(), Some(XPathToken::Symbol("/" | "//")));
        if (continues || !predicates.is_empty()) && expr.kind() != ValueType::Nodes {
            return Err(XPathError::invalid("only a node-set can be filtered or stepped from"));
        }
        if !predicates.is_empty() {
            expr = Expr::Filter(Box::new(expr), predicates);
        }
        if !continues {
            return Ok(expr);
        }
        let mut steps = Vec::new();
        self.steps_after_slash(&mut steps)?;
        Ok(Expr::Path(Path { start: Start::Nodes(Box::new(expr)), steps }))
    }

    /// Production 15; `None` where a location path stands.
    fn primary(&mut self) -> Result<Option<Expr>, XPathError> {
        let expr = match self.peek() {
            Some(XPathToken::Symbol("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                // Parentheses end a path: predicates after them count in document order.
                if matches!(inner, Expr::Path(_)) {
                    Expr::Filter(Box::new(inner), Vec::new())
                } else {
                    inner
                }
            }
            Some(XPathToken::Literal(text)) => {
                self.at += 1;
                Expr::Literal(text.to_owned())
            }
            Some(XPathToken::Number(number)) => {
                self.at += 1;
                Expr::Number(number)
            }
            Some(XPathToken::Function(prefix, name)) if !is_node_type(prefix, name) => {
                self.at += 1;
                self.call(prefix, name)?
            }
            _ => return Ok(None),
        };
        Ok(Some(expr))
    }

    fn call(&mut self, prefix: Option<&str>, name: &str) -> Result<Expr, XPathError> {
        // The standard has here() in no namespace; some write it with one.
        let function = Function::by_name(name).filter(|_| prefix.is_none()).ok_or_else(|| {
            let prefix = prefix.map(|prefix| format!("{prefix}:")).unwrap_or_default();
            XPathError::invalid(format!("there is no function {prefix}{name}()"))
        })?;
        self.expect("(")?;
        let mut arguments = Vec::new();
        if !self.take_symbol(")") {
            loop {
                arguments.push(self.expression()?);
                if !self.take_symbol(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        function.check(name, &arguments)?;
        if function == Function::Translate
            && let [_, Expr::Literal(from), Expr::Literal(to)] = arguments.as_slice()
        {
            let translation = Translation::new(from, to);
            if let Some(text) = arguments.into_iter().next() {
                return Ok(Expr::Translate(Box::new(text), translation));
            }
            return Err(unexpected(None));
        }
        Ok(Expr::Call(function, arguments))
    }

    fn location_path(&mut self) -> Result<Expr, XPathError> {
        let mut steps = Vec::new();
        let start = match self.peek() {
            Some(XPathToken::Symbol("//")) => {
                self.steps_after_slash(&mut steps)?;
                self.absolute()
            }
            Some(XPathToken::Symbol("/")) => {
                let next = self.tokens.get(self.at + 1).copied();
                if next.is_some_and(begins_step) {
                    self.steps_after_slash(&mut steps)?;
                } else {
                    self.at += 1;
                }
                self.absolute()
            }
            _ => {
                steps.push(self.step()?);
                self.steps_after_slash(&mut steps)?;
                Start::Context
            }
        };
        Ok(Expr::Path(Path { start, steps }))
    }

    const fn absolute(&mut self) -> Start {
        self.absolute_paths += 1;
        Start::Root(self.absolute_paths - 1)
    }

    /// Any number of `/step` and `//step`.
    fn steps_after_slash(&mut self, steps: &mut Vec<Step>) -> Result<(), XPathError> {
        loop {
            if self.take_symbol("//") {
                let axis = Axis::DescendantOrSelf;
                steps.push(Step { axis, test: NodeTest::Node, predicates: Vec::new() });
            } else if !self.take_symbol("/") {
                return Ok(());
            }
            steps.push(self.step()?);
        }
    }

    fn step(&mut self) -> Result<Step, XPathError> {
        let abbreviated = |axis| Step { axis, test: NodeTest::Node, predicates: Vec::new() };
        if self.take_symbol(".") {
            return Ok(abbreviated(Axis::Itself));
        }
        if self.take_symbol("..") {
            return Ok(abbreviated(Axis::Parent));
        }
        let axis = if self.take_symbol("@") {
            Axis::Attribute
        } else if let Some(XPathToken::Axis(name)) = self.peek() {
            self.at += 1;
            self.expect("::")?;
            Axis::by_name(name)
                .ok_or_else(|| XPathError::invalid(format!("there is no axis {name}")))?
        } else {
            Axis::Child
        };
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn test(&mut self) -> Result<NodeTest, XPathError> {
        let test = match self.take() {
            Some(XPathToken::Wildcard(None)) => NodeTest::Any,
            Some(XPathToken::Wildcard(Some(prefix))) => NodeTest::AnyIn(self.namespace(prefix)?),
            Some(XPathToken::Name(prefix, local)) => {
                let namespace = prefix.map(|prefix| self.namespace(prefix)).transpose()?;
                NodeTest::Name { namespace, local: local.to_owned() }
            }
            Some(XPathToken::Function(prefix, name)) if is_node_type(prefix, name) => {
                self.expect("(")?;
                let test = match (name, self.peek()) {
                    ("processing-instruction", Some(XPathToken::Literal(target))) => {
                        self.at += 1;
                        NodeTest::Instruction(Some(target.to_owned()))
                    }
                    ("processing-instruction", _) => NodeTest::Instruction(None),
                    ("text", _) => NodeTest::Text,
                    ("comment", _) => NodeTest::Comment,
                    _ => NodeTest::Node,
                };
                self.expect(")")?;
                test
            }
            other => return Err(unexpected(other)),
        };
        Ok(test)
    }

    fn predicates(&mut self) -> Result<Vec<Predicate>, XPathError> {
        let mut predicates = Vec::new();
        while self.take_symbol("[") {
            predicates.push(Predicate(self.expression()?));
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn namespace(&self, prefix: &str) -> Result<String, XPathError> {
        if prefix == "xml" {
            return Ok(XML_NAMESPACE.to_owned());
        }
        let known = self.namespaces.iter().find(|(known, _)| *known == prefix);
        known.map(|(_, namespace)| (*namespace).to_owned()).ok_or_else(|| {
            XPathError::invalid(format!("the namespace prefix '{prefix}' is not declared"))
        })
    }
}

fn is_node_type(prefix: Option<&str>, name: &str) -> bool {
    prefix.is_none() && matches!(name, "comment" | "text" | "processing-instruction" | "node")
}

fn begins_step(token: XPathToken<'_>) -> bool {
    match token {
        XPathToken::Symbol(symbol) => matches!(symbol, "." | ".." | "@"),
        XPathToken::Name(..) | XPathToken::Wildcard(_) | XPathToken::Axis(_) => true,
        XPathToken::Function(prefix, name) => is_node_type(prefix, name),
        XPathToken::Operator(_) | XPathToken::Literal(_) | XPathToken::Number(_) => false,
    }
}

/// The only operand, or the operator over all.
fn one_or(mut operands: Vec<Expr>, operator: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match operands.pop() {
        Some(only) if operands.is_empty() => only,
        Some(last) => {
            operands.push(last);
            operator(operands)
        }
        None => operator(operands),
    }
}

fn unexpected(token: Option<XPathToken<'_>>) -> XPathError {
    XPathError::invalid(token.map_or_else(
        || "it ends too early".to_owned(),
        |token| format!("{} is not expected there", describe(token)),
    ))
}

fn describe(token: XPathToken<'_>) -> String {
    match token {
        XPathToken::Symbol(text) | XPathToken::Operator(text) => format!("'{text}'"),
        XPathToken::Literal(text) => format!("the literal '{text}'"),
        XPathToken::Number(number) => format!("the number {number}"),
        XPathToken::Name(_, name) | XPathToken::Function(_, name) | XPathToken::Axis(name) => {
            format!("'{name}'")
        }
        XPathToken::Wildcard(_) => "'*'".to_owned(),
    }
}
