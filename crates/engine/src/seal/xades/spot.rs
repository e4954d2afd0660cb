//! A spot in the text of a document: where something is inserted, and what the tags around it need.

use std::ops::Range;

use roxmltree::Node;

use crate::domain::xades::Position;
use crate::seal::draft::Piece;
use crate::seal::xml::c14n::qualified_name;

/// Where something is inserted. `before` and `after` open an empty-element tag: `<a/>` becomes
/// `<a>`, the insertion, `</a>`.
#[derive(Debug)]
pub struct Spot {
    /// What is replaced in the text: nothing, the `/>` of an empty element, or a content.
    pub range: Range<usize>,
    before: &'static str,
    after: String,
}

impl Spot {
    /// The spot at a position of an element.
    #[must_use]
    pub fn at(element: Node<'_, '_>, position: Position) -> Self {
        match position {
            Position::FirstChild => Self::first_child(element),
            Position::LastChild => Self::last_child(element),
            Position::After => Self::between(element.range().end),
        }
    }

    /// Before the end tag of an element.
    pub(super) fn last_child(element: Node<'_, '_>) -> Self {
        let text = text_of(element);
        if text.ends_with("/>") {
            return Self::in_empty(element);
        }
        // The last `</` of an element begins its own end tag.
        let end_tag = text.rfind("</").unwrap_or(text.len());
        Self::between(element.range().start + end_tag)
    }

    /// After the start tag of an element.
    pub(super) fn first_child(element: Node<'_, '_>) -> Self {
        let text = text_of(element);
        let length = start_tag_length(text);
        if text.get(..length).is_some_and(|tag| tag.ends_with("/>")) {
            return Self::in_empty(element);
        }
        Self::between(element.range().start + length)
    }

    /// In place of everything in an element.
    #[must_use]
    pub fn content(element: Node<'_, '_>) -> Self {
        let mut spot = Self::first_child(element);
        if spot.before.is_empty() {
            spot.range.end = Self::last_child(element).range.end;
        }
        spot
    }

    /// Before an element.
    pub(super) fn before(element: Node<'_, '_>) -> Self {
        Self::between(element.range().start)
    }

    const fn between(offset: usize) -> Self {
        Self { range: offset..offset, before: "", after: String::new() }
    }

    fn in_empty(element: Node<'_, '_>) -> Self {
        let end = element.range().end;
        let after = format!("</{}>", qualified_name(element));
        Self { range: end.saturating_sub(2)..end, before: ">", after }
    }

    /// The range to replace, and what with: the insertion between what its tags need.
    pub(super) fn splice(
        &self,
        inserted: impl IntoIterator<Item = Piece>,
    ) -> (Range<usize>, Vec<Piece>) {
        let mut pieces = vec![Piece::Inserted(self.before.to_owned())];
        pieces.extend(inserted);
        pieces.push(Piece::Inserted(self.after.clone()));
        (self.range.clone(), pieces)
    }
}

fn text_of<'a>(element: Node<'a, '_>) -> &'a str {
    element.document().input_text().get(element.range()).unwrap_or_default()
}

/// Length of the start tag at the beginning of a text: up to the first `>` outside of quotes.
fn start_tag_length(text: &str) -> usize {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}
