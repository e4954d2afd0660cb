//! XPath 1.0 over the parsed tree, with the function `here()` of XML Signature (XMLDSIG 6.6.3.1).
//!
//! An [`Expression`] is parsed once, with the namespaces that its prefixes mean; types are checked
//! then. [`Evaluation`] evaluates it at nodes of one document. Every node that is looked at takes a
//! step from a [`Budget`], and so do some octets of text that are made or read, so that an expression can
//! be refused for what it costs, but never hangs.
//! Variables are refused: nothing binds any in XML Signature.

mod axes;
mod compare;
mod evaluate;
mod expression;
mod functions;
mod known;
mod lexer;
mod number;
mod parser;
mod translation;
mod value;

use thiserror::Error;

pub use evaluate::{Budget, Evaluation};
pub use expression::Expression;
pub use known::{ElementName, Known};
pub use value::Value;

use crate::domain::refusal::Refusal;
use crate::seal::TimeUsedUp;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum XPathError {
    /// It is no XPath 1.0, names a prefix, function or variable that is not there, or has an operand
    /// of the wrong type.
    #[error("{reason}")]
    Invalid { reason: String },
    /// The budget is used up.
    #[error("more than {limit} steps")]
    TooExpensive { limit: u64 },
    /// The time of the document is.
    #[error("more than {limit_ms} ms")]
    TimeUsedUp { limit_ms: u64 },
}

impl From<TimeUsedUp> for XPathError {
    fn from(TimeUsedUp { limit_ms }: TimeUsedUp) -> Self {
        Self::TimeUsedUp { limit_ms }
    }
}

impl XPathError {
    fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid { reason: reason.into() }
    }

    /// The refusal of the document or settings that brought the expression.
    #[must_use]
    pub fn refusal(self, xpath: &str) -> Refusal {
        let xpath = excerpt(xpath);
        match self {
            Self::Invalid { reason } => Refusal::XPathInvalid { xpath, reason },
            Self::TooExpensive { limit } => Refusal::XPathTooExpensive { xpath, limit },
            Self::TimeUsedUp { limit_ms } => Refusal::TimeUsedUp { limit_ms },
        }
    }
}

/// Foreign text inside a sentence of ours.
fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 120;
    let text: Vec<&str> = text.split_ascii_whitespace().collect();
    let text = text.join(" ");
    if text.chars().nth(MAX_CHARS).is_none() {
        return text;
    }
    text.chars().take(MAX_CHARS).chain("...".chars()).collect()
}
