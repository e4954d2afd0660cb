//! The transform chain of a reference: from what its URI selects to the octets that are digested
//! (XMLDSIG 1.1, 4.4.3).
//!
//! [`mod@native`] works on a document in which the signature does not stand yet, for the transforms that
//! can be decided without it; [`general`] works on any document in which the signature stands.

mod chain;
mod metered;
mod native;
mod read;
mod write;

use roxmltree::{Document, Node};

pub use chain::{Present, TransformOutcome, general, octets};
pub use metered::Metered;
pub(in crate::seal) use metered::too_costly;
pub use native::{SignatureParent, native};
pub use read::{read_method, read_transforms};
pub use write::write_transforms;

use super::XML_NAMESPACE;
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

/// What a reference selects before its transforms.
#[derive(Clone, Copy)]
pub struct Selection<'a, 'i> {
    apex: Node<'a, 'i>,
    comments: bool,
}

impl<'a, 'i> Selection<'a, 'i> {
    /// The whole document without comments: `URI=""`.
    #[must_use]
    pub fn document(tree: &'a Document<'i>) -> Self {
        Self { apex: tree.root(), comments: false }
    }

    /// An element without comments: `URI="#id"`.
    #[must_use]
    pub const fn element(element: Node<'a, 'i>) -> Self {
        Self { apex: element, comments: false }
    }

    /// Comments included: `URI="#xpointer(...)"`.
    #[must_use]
    pub const fn with_comments(self) -> Self {
        Self { comments: true, ..self }
    }
}

/// What a same-document reference selects (XMLDSIG 4.4.3.3): `""`, `#id`, `#xpointer(/)` or
/// `#xpointer(id('x'))`. Identifiers are `Id`, `ID` and `xml:id`, and, where none of these matches,
/// `id`.
///
/// # Errors
/// [`Refusal::TransformImpossible`] for every other URI and for an identifier that is not there;
/// [`Refusal::IdDuplicate`].
pub fn dereference<'a, 'i>(
    tree: &'a Document<'i>,
    uri: &str,
) -> Result<Selection<'a, 'i>, Refusal> {
    if uri.is_empty() {
        return Ok(Selection::document(tree));
    }
    let Some(fragment) = uri.strip_prefix('#') else {
        return Err(impossible(format!("the reference '{}' leaves the document", shorten(uri))));
    };
    let Some(pointer) = fragment.strip_prefix("xpointer(") else {
        return element_by_id(tree, fragment).map(Selection::element);
    };
    if pointer == "/)" {
        return Ok(Selection::document(tree).with_comments());
    }
    let id =
        pointer.strip_prefix("id(").and_then(|rest| rest.strip_suffix("))")).and_then(|quoted| {
            let quote = quoted.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
            quoted.strip_prefix(quote)?.strip_suffix(quote)
        });
    match id {
        Some(id) => Ok(Selection::element(element_by_id(tree, id)?).with_comments()),
        None => Err(impossible(format!("the XPointer '{}' is not known", shorten(uri)))),
    }
}

fn element_by_id<'a, 'i>(tree: &'a Document<'i>, id: &str) -> Result<Node<'a, 'i>, Refusal> {
    let with = |loose: bool| {
        tree.descendants().filter(move |node| {
            node.attributes().any(|attribute| {
                let strict = matches!(attribute.name(), "Id" | "ID")
                    || (attribute.name() == "id" && attribute.namespace() == Some(XML_NAMESPACE));
                attribute.value() == id && (strict || (loose && attribute.name() == "id"))
            })
        })
    };
    for loose in [false, true] {
        let mut found = with(loose);
        match (found.next(), found.next()) {
            (Some(element), None) => return Ok(element),
            (Some(_), Some(_)) => return Err(Refusal::IdDuplicate { id: shorten(id) }),
            (None, _) => {}
        }
    }
    Err(impossible(format!("the reference names the Id '{}', which is not there", shorten(id))))
}

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
