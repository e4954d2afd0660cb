//! What the URI of a same-document reference selects (XMLDSIG 1.1, 4.4.3.3).

use std::cell::OnceCell;
use std::collections::HashMap;

use roxmltree::{Document, Node};

use super::{impossible, shorten};
use crate::domain::refusal::Refusal;

/// What a reference selects before its transforms.
#[derive(Clone, Copy)]
pub struct Selection<'a, 'i> {
    pub(super) apex: Node<'a, 'i>,
    pub(super) comments: bool,
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

    /// The element, or the root of the document.
    #[must_use]
    pub const fn apex(&self) -> Node<'a, 'i> {
        self.apex
    }

    /// Comments included: `URI="#xpointer(...)"`.
    #[must_use]
    pub const fn with_comments(self) -> Self {
        Self { comments: true, ..self }
    }
}

/// What a same-document reference selects (XMLDSIG 4.4.3.3): `""`, `#id`, `#xpointer(/)` or
/// `#xpointer(id('x'))`. Identifiers are `Id`, `ID`, `xml:id` and `id`, since each of them is one to some
/// reader: what two elements bear selects neither. Of many references, ask [`ElementIds::dereference`].
///
/// # Errors
/// [`Refusal::TransformImpossible`] for every other URI and for an identifier that is not there;
/// [`Refusal::IdDuplicate`].
pub fn dereference<'a, 'i>(
    tree: &'a Document<'i>,
    uri: &str,
) -> Result<Selection<'a, 'i>, Refusal> {
    ElementIds::new(tree).dereference(uri)
}

/// The elements of a document by their identifiers, which are collected in one pass when the first is asked
/// for.
pub struct ElementIds<'a, 'i> {
    tree: &'a Document<'i>,
    collected: OnceCell<HashMap<&'a str, Bearer<'a, 'i>>>,
}

/// Who has an identifier.
enum Bearer<'a, 'i> {
    One(Node<'a, 'i>),
    Several,
}

impl<'a, 'i> ElementIds<'a, 'i> {
    /// None is collected yet.
    #[must_use]
    pub const fn new(tree: &'a Document<'i>) -> Self {
        Self { tree, collected: OnceCell::new() }
    }

    /// As [`dereference`].
    ///
    /// # Errors
    /// As [`dereference`].
    pub fn dereference(&self, uri: &str) -> Result<Selection<'a, 'i>, Refusal> {
        if uri.is_empty() {
            return Ok(Selection::document(self.tree));
        }
        let Some(fragment) = uri.strip_prefix('#') else {
            return Err(impossible(format!(
                "the reference '{}' leaves the document",
                shorten(uri)
            )));
        };
        let Some(pointer) = fragment.strip_prefix("xpointer(") else {
            return self.element(fragment).map(Selection::element);
        };
        if pointer == "/)" {
            return Ok(Selection::document(self.tree).with_comments());
        }
        let id = pointer.strip_prefix("id(").and_then(|rest| rest.strip_suffix("))")).and_then(
            |quoted| {
                let quote = quoted.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
                quoted.strip_prefix(quote)?.strip_suffix(quote)
            },
        );
        match id {
            Some(id) => Ok(Selection::element(self.element(id)?).with_comments()),
            None => Err(impossible(format!("the XPointer '{}' is not known", shorten(uri)))),
        }
    }

    fn element(&self, id: &str) -> Result<Node<'a, 'i>, Refusal> {
        match self.collected.get_or_init(|| bearers(self.tree)).get(id) {
            Some(Bearer::One(element)) => Ok(*element),
            Some(Bearer::Several) => Err(Refusal::IdDuplicate { id: shorten(id) }),
            None => Err(impossible(format!(
                "the reference names the Id '{}', which is not there",
                shorten(id)
            ))),
        }
    }
}

fn bearers<'a, 'i>(tree: &'a Document<'i>) -> HashMap<&'a str, Bearer<'a, 'i>> {
    let mut bearers = HashMap::new();
    for element in tree.descendants() {
        for attribute in element.attributes() {
            if !matches!(attribute.name(), "Id" | "ID" | "id") {
                continue;
            }
            let bearer = bearers.entry(attribute.value()).or_insert(Bearer::One(element));
            // an element may say its identifier twice
            if !matches!(bearer, Bearer::One(first) if *first == element) {
                *bearer = Bearer::Several;
            }
        }
    }
    bearers
}
