//! A reserved place in a document that is filled exactly once. Every byte around it stays.

use std::ops::Range;

use super::xml::encoding::Encoding;

/// A place in the original bytes.
pub(super) enum Gap {
    /// Before the byte at this offset.
    At(usize),
    /// At the `/>` of an empty-element tag, which becomes `>` content `</name>`.
    EmptyElement { slash: usize, name: String },
}

impl Gap {
    /// The document with the gap filled, and where the filling stands in it. What is inserted is
    /// written in the document's encoding.
    pub(super) fn fill(
        self,
        document: &[u8],
        encoding: Encoding,
        filling: &[&str],
    ) -> (Vec<u8>, Range<usize>) {
        let (offset, taken, opening, closing) = match &self {
            Self::At(offset) => (*offset, "", "", String::new()),
            Self::EmptyElement { slash, name } => (*slash, "/>", ">", format!("</{name}>")),
        };
        let filling: Vec<_> = filling.iter().map(|piece| encoding.encode(piece)).collect();
        let length: usize = filling.iter().map(|piece| piece.len()).sum();
        let (opening, closing) = (encoding.encode(opening), encoding.encode(&closing));
        let (before, after) = document.split_at(offset.min(document.len()));
        let after = after.get(encoding.encode(taken).len()..).unwrap_or_default();
        let added = opening.len() + length + closing.len();
        let mut filled = Vec::with_capacity(document.len() + added);
        filled.extend_from_slice(before);
        filled.extend_from_slice(&opening);
        let start = filled.len();
        for piece in filling {
            filled.extend_from_slice(&piece);
        }
        let end = filled.len();
        filled.extend_from_slice(&closing);
        filled.extend_from_slice(after);
        (filled, start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Gap};

    #[test]
    fn fills_before_a_byte() {
        let (filled, range) = Gap::At(3).fill(b"<a></a>", Encoding::Utf8, &["x", "yz"]);
        assert_eq!(filled, b"<a>xyz</a>");
        assert_eq!(range, 3..6);
    }

    #[test]
    fn opens_an_empty_element() {
        let gap = Gap::EmptyElement { slash: 9, name: "p:a".to_owned() };
        let (filled, range) = gap.fill(b"<p:a b='' />", Encoding::Utf8, &["xyz"]);
        assert_eq!(filled, b"<p:a b=''>xyz</p:a>>");
        assert_eq!(range, 10..13);
    }
}
