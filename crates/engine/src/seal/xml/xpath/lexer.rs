//! Tokens of XPath 1.0 (3.7).

use super::XPathError;

/// One token; names are slices of the expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum XPathToken<'t> {
    /// Punctuation and symbolic operators, by their text.
    Symbol(&'static str),
    /// `and`, `or`, `div`, `mod` or `*` where an operator stands.
    Operator(&'static str),
    Literal(&'t str),
    Number(f64),
    /// `name` or `prefix:name`.
    Name(Option<&'t str>, &'t str),
    /// `prefix:*`, or `*` without prefix.
    Wildcard(Option<&'t str>),
    /// A name before `(`, which is neither an axis nor a path.
    Function(Option<&'t str>, &'t str),
    /// A name before `::`.
    Axis(&'t str),
}

/// Longer ones first.
const SYMBOLS: [&str; 20] = [
    "..", "::", "//", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=",
    "<", ">",
];
const OPERATOR_NAMES: [&str; 4] = ["and", "or", "mod", "div"];

/// Cuts an expression into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<XPathToken<'_>>, XPathError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_space();
        if lexer.rest().is_empty() {
            return Ok(tokens);
        }
        let token = lexer.next(tokens.last())?;
        tokens.push(token);
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let trimmed = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
        self.at = self.text.len() - trimmed.len();
    }

    fn next(&mut self, before: Option<&XPathToken<'t>>) -> Result<XPathToken<'t>, XPathError> {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        if let quote @ ('"' | '\'') = first {
            let inside = rest.get(1..).unwrap_or_default();
            let Some((literal, _)) = inside.split_once(quote) else {
                return Err(XPathError::invalid("a string literal is not closed"));
            };
            self.at += literal.len() + 2;
            return Ok(XPathToken::Literal(literal));
        }
        let after_dot = rest.strip_prefix('.').unwrap_or_default();
        if first.is_ascii_digit() || after_dot.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(self.number());
        }
        let operator_stands = before.is_some_and(ends_operand);
        if first == '*' {
            self.at += 1;
            return Ok(if operator_stands {
                XPathToken::Operator("*")
            } else {
                XPathToken::Wildcard(None)
            });
        }
        if first == '$' {
            return Err(XPathError::invalid("it has a variable, and nothing binds variables"));
        }
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            self.at += symbol.len();
            return Ok(XPathToken::Symbol(symbol));
        }
        let Some(name) = self.ncname() else {
            return Err(XPathError::invalid(format!(
                "the character '{first}' means nothing there"
            )));
        };
        if operator_stands {
            let known = OPERATOR_NAMES.iter().find(|operator| **operator == name);
            return known
                .map(|operator| XPathToken::Operator(operator))
                .ok_or_else(|| XPathError::invalid(format!("an operator is missing at '{name}'")));
        }
        Ok(self.name(name))
    }

    /// What a name is depends on what follows it (3.7).
    fn name(&mut self, name: &'t str) -> XPathToken<'t> {
        let mut prefix = None;
        let mut local = name;
        let rest = self.rest();
        if rest.starts_with(':') && !rest.starts_with("::") {
            let start = self.at;
            self.at += 1;
            if self.rest().starts_with('*') {
                self.at += 1;
                return XPathToken::Wildcard(Some(name));
            }
            match self.ncname() {
                Some(second) => (prefix, local) = (Some(name), second),
                None => self.at = start,
            }
        }
        let following = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
        if following.starts_with('(') {
            return XPathToken::Function(prefix, local);
        }
        if following.starts_with("::") && prefix.is_none() {
            return XPathToken::Axis(local);
        }
        XPathToken::Name(prefix, local)
    }

    fn number(&mut self) -> XPathToken<'t> {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = digits(rest);
        if rest.get(length..).is_some_and(|tail| tail.starts_with('.')) {
            length += 1;
            length += digits(rest.get(length..).unwrap_or_default());
        }
        self.at += length;
        XPathToken::Number(super::number::parse(rest.get(..length).unwrap_or_default()))
    }

    fn ncname(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let name = rest.get(..end)?;
        let starts = name.chars().next().is_some_and(is_name_start);
        starts.then(|| {
            self.at += end;
            name
        })
    }
}

/// Whether a prefix or local name can be written (Namespaces in XML, production 4).
pub(super) fn is_ncname(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name)
}

/// Whether `*` and names after this token are operators.
const fn ends_operand(before: &XPathToken<'_>) -> bool {
    match before {
        XPathToken::Symbol(symbol) => matches!(symbol.as_bytes(), b")" | b"]" | b"." | b".."),
        XPathToken::Operator(_) | XPathToken::Function(..) | XPathToken::Axis(_) => false,
        XPathToken::Literal(_)
        | XPathToken::Number(_)
        | XPathToken::Name(..)
        | XPathToken::Wildcard(_) => true,
    }
}

const fn is_name_start(c: char) -> bool {
    matches!(c,
        '_' | 'A'..='Z' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

const fn is_name(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
