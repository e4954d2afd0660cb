//! The transform chain of a reference: from what its URI selects to the octets that are digested
//! (XMLDSIG 1.1, 4.4.3).
//!
//! [`mod@native`] works on a document in which the signature does not stand yet, for the transforms that
//! can be decided without it; [`general`] works on any document in which the signature stands.

mod chain;
mod metered;
mod native;
mod read;
mod select;
mod write;

pub use chain::{Present, SelectedNodes, TransformOutcome, general, octets, selecting};
pub use metered::Metered;
pub(in crate::seal) use metered::too_costly;
pub use native::{SignatureParent, native};
pub use read::{read_method, read_transforms};
pub use select::{ElementIds, Selection, dereference};
pub use write::write_transforms;

use super::xpath::{Expression, XPathError};
use crate::domain::refusal::Refusal;

/// Transforms of one reference.
pub const MAX_TRANSFORMS: usize = 16;
/// Filters of one XPath Filter 2.0 transform.
pub const MAX_FILTERS: usize = 16;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const BASE64: &str = "http://www.w3.org/2000/09/xmldsig#base64";
const XPATH: &str = "http://www.w3.org/TR/1999/REC-xpath-19991116";
const XPATH_FILTER2: &str = "http://www.w3.org/2002/06/xmldsig-filter2";
const XSLT: &str = "http://www.w3.org/TR/1999/REC-xslt-19991116";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// Parses an expression with namespaces as settings have them.
fn parse(
    xpath: &str,
    namespaces: &std::collections::BTreeMap<String, String>,
) -> Result<Expression, Refusal> {
    let namespaces: Vec<(&str, &str)> =
        namespaces.iter().map(|(prefix, name)| (&**prefix, &**name)).collect();
    Expression::parse(xpath, &namespaces).map_err(|error: XPathError| error.refusal(xpath))
}

/// The refusal of transforms that leave out the whole document.
#[must_use]
pub fn nothing_selected() -> Refusal {
    impossible("nothing of the document would be sealed, because all of it is left out")
}

fn impossible(reason: impl Into<String>) -> Refusal {
    Refusal::TransformImpossible { reason: reason.into() }
}

/// Foreign text inside a sentence of ours.
fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}
