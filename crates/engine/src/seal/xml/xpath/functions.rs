//! The core function library (XPath 1.0, 4) and `here()` (XMLDSIG 6.6.3.1).

use std::rc::Rc;

use super::XPathError;
use super::axes::expanded_name;
use super::evaluate::{Context, Evaluation};
use super::expression::{Expr, ValueType};
use super::number;
use super::translation::Translation;
use super::value::Value;
use crate::seal::xml::XML_NAMESPACE;
use crate::seal::xml::c14n::qualified_name;
use crate::seal::xml::nodes::{NodeKey, XNode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Last,
    Position,
    Count,
    Id,
    LocalName,
    NamespaceUri,
    Name,
    Text,
    Concat,
    StartsWith,
    Contains,
    SubstringBefore,
    SubstringAfter,
    Substring,
    StringLength,
    NormalizeSpace,
    Translate,
    Boolean,
    Not,
    True,
    False,
    Lang,
    Number,
    Sum,
    Floor,
    Ceiling,
    Round,
    Here,
}

/// Name, function, fewest and most arguments, type of the value.
const FUNCTIONS: [(&str, Function, usize, usize, ValueType); 28] = [
    ("last", Function::Last, 0, 0, ValueType::Number),
    ("position", Function::Position, 0, 0, ValueType::Number),
    ("count", Function::Count, 1, 1, ValueType::Number),
    ("id", Function::Id, 1, 1, ValueType::Nodes),
    ("local-name", Function::LocalName, 0, 1, ValueType::Text),
    ("namespace-uri", Function::NamespaceUri, 0, 1, ValueType::Text),
    ("name", Function::Name, 0, 1, ValueType::Text),
    ("string", Function::Text, 0, 1, ValueType::Text),
    ("concat", Function::Concat, 2, usize::MAX, ValueType::Text),
    ("starts-with", Function::StartsWith, 2, 2, ValueType::Boolean),
    ("contains", Function::Contains, 2, 2, ValueType::Boolean),
    ("substring-before", Function::SubstringBefore, 2, 2, ValueType::Text),
    ("substring-after", Function::SubstringAfter, 2, 2, ValueType::Text),
    ("substring", Function::Substring, 2, 3, ValueType::Text),
    ("string-length", Function::StringLength, 0, 1, ValueType::Number),
    ("normalize-space", Function::NormalizeSpace, 0, 1, ValueType::Text),
    ("translate", Function::Translate, 3, 3, ValueType::Text),
    ("boolean", Function::Boolean, 1, 1, ValueType::Boolean),
    ("not", Function::Not, 1, 1, ValueType::Boolean),
    ("true", Function::True, 0, 0, ValueType::Boolean),
    ("false", Function::False, 0, 0, ValueType::Boolean),
    ("lang", Function::Lang, 1, 1, ValueType::Boolean),
    ("number", Function::Number, 0, 1, ValueType::Number),
    ("sum", Function::Sum, 1, 1, ValueType::Number),
    ("floor", Function::Floor, 1, 1, ValueType::Number),
    ("ceiling", Function::Ceiling, 1, 1, ValueType::Number),
    ("round", Function::Round, 1, 1, ValueType::Number),
    ("here", Function::Here, 0, 0, ValueType::Nodes),
];

impl Function {
    pub(super) fn by_name(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, ..)| *known == name).map(|(_, function, ..)| *function)
    }

    pub(super) const fn kind(self) -> ValueType {
        match self {
            Self::Id | Self::Here => ValueType::Nodes,
            Self::LocalName
            | Self::NamespaceUri
            | Self::Name
            | Self::Text
            | Self::Concat
            | Self::SubstringBefore
            | Self::SubstringAfter
            | Self::Substring
            | Self::NormalizeSpace
            | Self::Translate => ValueType::Text,
            Self::StartsWith
            | Self::Contains
            | Self::Boolean
            | Self::Not
            | Self::True
            | Self::False
            | Self::Lang => ValueType::Boolean,
            Self::Last
            | Self::Position
            | Self::Count
            | Self::StringLength
            | Self::Number
            | Self::Sum
            | Self::Floor
            | Self::Ceiling
            | Self::Round => ValueType::Number,
        }
    }

    /// Refuses a wrong number of arguments, and other values where a node-set must be.
    pub(super) fn check(self, name: &str, arguments: &[Expr]) -> Result<(), XPathError> {
        let row = FUNCTIONS.iter().find(|(_, function, ..)| *function == self);
        let (fewest, most) = row.map_or((0, 0), |(_, _, fewest, most, _)| (*fewest, *most));
        if !(fewest..=most).contains(&arguments.len()) {
            let count = arguments.len();
            return Err(XPathError::invalid(format!("{name}() does not take {count} arguments")));
        }
        let of_nodes = matches!(
            self,
            Self::Count | Self::Sum | Self::LocalName | Self::NamespaceUri | Self::Name
        );
        if of_nodes && arguments.iter().any(|argument| argument.kind() != ValueType::Nodes) {
            return Err(XPathError::invalid(format!("{name}() needs a node-set")));
        }
        Ok(())
    }
}

/// Evaluates a call whose arguments were checked.
pub(super) fn call(
    evaluation: &Evaluation<'_, '_, '_>,
    function: Function,
    arguments: &[Expr],
    context: Context,
) -> Result<Value, XPathError> {
    Call { evaluation, arguments, context }.value(function)
}

struct Call<'c, 'e, 'a, 'i> {
    evaluation: &'c Evaluation<'e, 'a, 'i>,
    arguments: &'c [Expr],
    context: Context,
}

impl<'a, 'i> Call<'_, '_, 'a, 'i> {
    fn value(&self, function: Function) -> Result<Value, XPathError> {
        Ok(match function {
            Function::Id => self.id()?,
            Function::Here => self.here()?,
            Function::Count
            | Function::Last
            | Function::Position
            | Function::StringLength
            | Function::Number
            | Function::Sum
            | Function::Floor
            | Function::Ceiling
            | Function::Round => Value::Number(self.number_function(function)?),
            Function::Boolean => Value::Boolean(self.argument(0)?.boolean()),
            Function::Not => Value::Boolean(!self.argument(0)?.boolean()),
            Function::True => Value::Boolean(true),
            Function::False => Value::Boolean(false),
            Function::Lang => Value::Boolean(self.lang()?),
            Function::StartsWith => Value::Boolean(self.text(0)?.starts_with(&self.text(1)?)),
            Function::Contains => Value::Boolean(self.text(0)?.contains(&self.text(1)?)),
            _ => Value::Text(self.text_function(function)?),
        })
    }

    fn number_function(&self, function: Function) -> Result<f64, XPathError> {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = |count: usize| count as f64;
        Ok(match function {
            Function::Last => count(self.context.size),
            Function::Position => count(self.context.position),
            Function::Count => count(self.nodes(0)?.len()),
            Function::StringLength => count(self.text_or_context()?.chars().count()),
            Function::Sum => {
                let mut sum = 0.0;
                for node in self.nodes(0)?.iter() {
                    sum += self.evaluation.number_of(&self.evaluation.string_value(*node)?)?;
                }
                sum
            }
            Function::Floor => self.number(0)?.floor(),
            Function::Ceiling => self.number(0)?.ceil(),
            Function::Round => number::round(self.number(0)?),
            _ if self.arguments.is_empty() => {
                self.evaluation.number_of(&self.text_or_context()?)?
            }
            _ => self.number(0)?,
        })
    }

    fn text_function(&self, function: Function) -> Result<String, XPathError> {
        Ok(match function {
            Function::LocalName => self.kept(self.named()?.map_or("", |it| expanded_name(it).1))?,
            Function::NamespaceUri => {
                let namespace = self.named()?.and_then(|node| expanded_name(node).0);
                self.kept(namespace.unwrap_or_default())?
            }
            Function::Name => self.kept(self.named()?.map_or("", written_name))?,
            Function::Concat => {
                let mut whole = String::new();
                for at in 0..self.arguments.len() {
                    whole.push_str(&self.text(at)?);
                }
                whole
            }
            Function::SubstringBefore => {
                let (text, mark) = (self.text(0)?, self.text(1)?);
                text.split_once(&mark).map_or("", |(before, _)| before).to_owned()
            }
            Function::SubstringAfter => {
                let (text, mark) = (self.text(0)?, self.text(1)?);
                text.split_once(&mark).map_or("", |(_, after)| after).to_owned()
            }
            Function::Substring => self.substring()?,
            Function::NormalizeSpace => {
                let text = self.text_or_context()?;
                let mut normal = String::with_capacity(text.len());
                let words = text.split([' ', '\t', '\n', '\r']);
                for word in words.filter(|word| !word.is_empty()) {
                    if !normal.is_empty() {
                        normal.push(' ');
                    }
                    normal.push_str(word);
                }
                normal
            }
            Function::Translate => self.translate()?,
            _ => self.text_or_context()?,
        })
    }

    fn argument(&self, at: usize) -> Result<Value, XPathError> {
        match self.arguments.get(at) {
            Some(argument) => self.evaluation.value(argument, self.context),
            None => Ok(Value::Text(String::new())),
        }
    }

    fn nodes(&self, at: usize) -> Result<Rc<Vec<NodeKey>>, XPathError> {
        match self.arguments.get(at) {
            Some(argument) => self.evaluation.nodes(argument, self.context),
            None => Ok(Rc::default()),
        }
    }

    /// The text of an argument. Whoever asks reads it, which is paid for too.
    fn text(&self, at: usize) -> Result<String, XPathError> {
        let text = self.evaluation.text(self.argument(at)?)?;
        self.evaluation.budget.spend_on_text(text.len())?;
        Ok(text)
    }

    fn kept(&self, text: &str) -> Result<String, XPathError> {
        self.evaluation.budget.spend_on_text(text.len())?;
        Ok(text.to_owned())
    }

    fn number(&self, at: usize) -> Result<f64, XPathError> {
        self.evaluation.number(self.argument(at)?)
    }

    fn text_or_context(&self) -> Result<String, XPathError> {
        if self.arguments.is_empty() {
            let text = self.evaluation.string_value(self.context.node)?;
            return self.kept(&text);
        }
        self.text(0)
    }

    /// The first node of the argument, or the context node.
    fn named(&self) -> Result<Option<XNode<'a, 'i>>, XPathError> {
        let key = if self.arguments.is_empty() {
            Some(self.context.node)
        } else {
            self.nodes(0)?.first().copied()
        };
        Ok(key.and_then(|key| key.resolve(self.evaluation.document)))
    }

    fn id(&self) -> Result<Value, XPathError> {
        let texts = match self.argument(0)? {
            Value::Nodes(nodes) => {
                let texts = nodes.iter().map(|node| self.evaluation.string_value(*node));
                texts.map(|text| text.map(Into::into)).collect::<Result<Vec<String>, _>>()?
            }
            plain => vec![self.evaluation.text(plain)?],
        };
        let mut found = Vec::new();
        for id in texts.iter().flat_map(|text| text.split([' ', '\t', '\n', '\r'])) {
            self.evaluation.budget.spend(1)?;
            found.extend(self.evaluation.identified(id)?);
        }
        found.sort_unstable();
        found.dedup();
        Ok(Value::nodes(found))
    }

    fn here(&self) -> Result<Value, XPathError> {
        let Some(here) = self.evaluation.here else {
            return Err(XPathError::invalid(
                "here() has no meaning: the expression is not in the document that is filtered",
            ));
        };
        Ok(Value::nodes(vec![here]))
    }

    /// Characters whose position, from 1, lies in the rounded range (4.2).
    fn substring(&self) -> Result<String, XPathError> {
        let text = self.text(0)?;
        let from = number::round(self.number(1)?);
        let to = match self.arguments.len() {
            3 => from + number::round(self.number(2)?),
            _ => f64::INFINITY,
        };
        let within = |position: f64| position >= from && position < to;
        let mut position = 0.0;
        Ok(text
            .chars()
            .filter(|_| {
                position += 1.0;
                within(position)
            })
            .collect())
    }

    fn translate(&self) -> Result<String, XPathError> {
        let (text, from, to) = (self.text(0)?, self.text(1)?, self.text(2)?);
        // the table is another one each time
        self.evaluation.budget.spend((2 * from.len() + text.len()) as u64)?;
        Ok(Translation::new(&from, &to).apply(&text))
    }

    /// Whether the nearest `xml:lang` is a language or a kind of it (4.3).
    fn lang(&self) -> Result<bool, XPathError> {
        let wanted = self.text(0)?;
        let node = match self.context.node.resolve(self.evaluation.document) {
            Some(XNode::Tree(node)) => node,
            Some(XNode::Attribute(owner, _) | XNode::Namespace(owner, ..)) => owner,
            None => return Ok(false),
        };
        for ancestor in node.ancestors() {
            self.evaluation.budget.spend(1 + (ancestor.attributes().len() / 8) as u64)?;
            if let Some(lang) = ancestor.attribute((XML_NAMESPACE, "lang")) {
                let start = lang.get(..wanted.len());
                let rest = lang.get(wanted.len()..).unwrap_or_default();
                return Ok(start.is_some_and(|start| start.eq_ignore_ascii_case(&wanted))
                    && (rest.is_empty() || rest.starts_with('-')));
            }
        }
        Ok(false)
    }
}

/// The name as it stands in the document (4.1, `name`).
fn written_name<'a>(node: XNode<'a, '_>) -> &'a str {
    match node {
        XNode::Tree(element) if element.is_element() => qualified_name(element),
        XNode::Attribute(owner, attribute) => {
            owner.document().input_text().get(attribute.range_qname()).unwrap_or(attribute.name())
        }
        other => expanded_name(other).1,
    }
}
