//! A document being put together from its own bytes and what we insert. The original is never
//! written anew: whatever is not inserted is copied, byte for byte, once.
//!
//! While it grows, a draft is text: offsets are those of [`Draft::text`], which parsers read. In the
//! end it becomes [`Pieces`]: byte ranges of the original, and inserted text in the encoding of the
//! document.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::xml::encoding::Encoding;
use super::xml::source::Source;

/// A document in the making.
#[derive(Clone)]
pub struct Draft {
    pieces: Vec<Piece>,
}

/// A part of a draft.
#[derive(Clone)]
pub enum Piece {
    /// Byte order mark and XML declaration of the original, which parsers do not see.
    Prolog,
    /// A range of [`Source::text`].
    Original(Range<usize>),
    /// What we write around the seal.
    Inserted(String),
    /// Part of the seal.
    Seal(String),
    /// The signature value, inside the seal.
    Value,
    /// Unsigned properties, inside the seal: nothing of them is there while it grows.
    Unsigned,
    /// What follows from the signature value, outside of the seal.
    Late(Late),
}

/// Text that is made of the signature value. Nothing signed may cover it.
#[derive(Clone)]
pub struct Late(Arc<dyn Fn(&str) -> String + Send + Sync>);

impl Late {
    /// Keeps how the text is made; it is called with the base64 of the value.
    #[must_use]
    pub fn new(text: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(text))
    }
}

impl Piece {
    /// Bytes of its text.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Original(range) => range.len(),
            Self::Inserted(text) | Self::Seal(text) => text.len(),
            Self::Prolog | Self::Value | Self::Unsigned | Self::Late(_) => 0,
        }
    }
}

impl Draft {
    /// The original as it is.
    #[must_use]
    pub fn original(source: &Source<'_>) -> Self {
        Self { pieces: vec![Piece::Prolog, Piece::Original(0..source.text().len())] }
    }

    /// A document that does not contain the original.
    pub(super) const fn of(pieces: Vec<Piece>) -> Self {
        Self { pieces }
    }

    /// The text as it is now, without a signature value.
    #[must_use]
    pub fn text<'a>(&'a self, source: &'a Source<'_>) -> Cow<'a, str> {
        if let [Piece::Prolog, Piece::Original(range)] = self.pieces.as_slice()
            && range.len() == source.text().len()
        {
            return Cow::Borrowed(source.text());
        }
        let length = self.pieces.iter().map(Piece::length).sum();
        let mut text = String::with_capacity(length);
        for piece in &self.pieces {
            match piece {
                Piece::Prolog | Piece::Value | Piece::Unsigned | Piece::Late(_) => {}
                Piece::Original(range) => {
                    text.push_str(source.text().get(range.clone()).unwrap_or_default());
                }
                Piece::Inserted(inserted) | Piece::Seal(inserted) => text.push_str(inserted),
            }
        }
        Cow::Owned(text)
    }

    /// Replaces a range of the text by other pieces. The range must lie inside one piece.
    pub fn splice(&mut self, range: Range<usize>, new: impl IntoIterator<Item = Piece>) {
        let mut start = 0;
        let mut at = self.pieces.len();
        for (position, piece) in self.pieces.iter().enumerate() {
            let length = piece.length();
            if length > 0 && start + length >= range.end {
                at = position;
                break;
            }
            start += length;
        }
        let Some(piece) = self.pieces.get(at).cloned() else {
            self.pieces.extend(new);
            return;
        };
        let (from, to) = (range.start.saturating_sub(start), range.end.saturating_sub(start));
        let (head, tail) = match &piece {
            Piece::Original(whole) => (
                Piece::Original(whole.start..whole.start + from),
                Piece::Original(whole.start + to..whole.end),
            ),
            Piece::Inserted(text) => halves(text, from, to, Piece::Inserted),
            Piece::Seal(text) => halves(text, from, to, Piece::Seal),
            Piece::Prolog | Piece::Value | Piece::Unsigned | Piece::Late(_) => return,
        };
        let pieces = std::iter::once(head).chain(new).chain(std::iter::once(tail));
        let pieces = pieces.filter(|piece| match piece {
            Piece::Prolog | Piece::Value | Piece::Unsigned | Piece::Late(_) => true,
            other => other.length() > 0,
        });
        self.pieces.splice(at..=at, pieces);
    }

    /// What the document is made of in bytes.
    #[must_use]
    pub fn into_pieces(self, source: &Source<'_>) -> Pieces {
        let offsets: Vec<usize> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Original(range) => Some([range.start, range.end]),
                _ => None,
            })
            .flatten()
            .collect();
        let mut offsets = source.original_offsets(&offsets).into_iter();
        let mut next = || offsets.next().unwrap_or_default();
        let encoding = source.encoding();
        let encode = |text: String| encoding.encode(&text).into_owned();
        let pieces = self
            .pieces
            .into_iter()
            .map(|piece| match piece {
                Piece::Prolog => BytePiece::Original(0..source.body()),
                Piece::Original(_) => {
                    let start = next();
                    BytePiece::Original(start..next())
                }
                Piece::Inserted(text) => BytePiece::Inserted(encode(text)),
                Piece::Seal(text) => BytePiece::Seal(encode(text)),
                Piece::Value => BytePiece::Value,
                Piece::Unsigned => BytePiece::Unsigned,
                Piece::Late(late) => BytePiece::Late(late),
            })
            .collect();
        Pieces { pieces, encoding }
    }

    /// As [`Draft::into_pieces`], for a document of our own in UTF-8, where no original is.
    pub(super) fn into_new_document(self) -> Pieces {
        let pieces = self.pieces.into_iter().map(|piece| match piece {
            Piece::Prolog | Piece::Original(_) => BytePiece::Inserted(Vec::new()),
            Piece::Inserted(text) => BytePiece::Inserted(text.into_bytes()),
            Piece::Seal(text) => BytePiece::Seal(text.into_bytes()),
            Piece::Value => BytePiece::Value,
            Piece::Unsigned => BytePiece::Unsigned,
            Piece::Late(late) => BytePiece::Late(late),
        });
        Pieces { pieces: pieces.collect(), encoding: Encoding::Utf8 }
    }
}

fn halves(text: &str, from: usize, to: usize, make: fn(String) -> Piece) -> (Piece, Piece) {
    let head = text.get(..from).unwrap_or_default();
    let tail = text.get(to..).unwrap_or_default();
    (make(head.to_owned()), make(tail.to_owned()))
}

/// What a sealed document is made of. Only the signature value is missing, and what follows from it.
pub struct Pieces {
    pieces: Vec<BytePiece>,
    encoding: Encoding,
}

enum BytePiece {
    Original(Range<usize>),
    Inserted(Vec<u8>),
    Seal(Vec<u8>),
    Value,
    Unsigned,
    Late(Late),
}

/// A document as it is once its signature value is there.
pub struct Filled {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Where the seal stands.
    pub seal: Range<usize>,
    /// What comes from the original: where it stands, and where it stood.
    copied: Vec<(Range<usize>, usize)>,
}

impl Filled {
    /// Whether the original is part of the document.
    pub(super) fn holds_original(&self) -> bool {
        !self.copied.is_empty()
    }

    /// Where a byte stood in the original; for an inserted one, where it was inserted.
    pub(super) fn original_offset(&self, at: usize) -> usize {
        let before = self.copied.iter().rev().find(|(range, _)| range.start <= at);
        before.map_or(0, |(range, start)| start + (at - range.start).min(range.len()))
    }
}

impl Pieces {
    /// The document with its signature value, and with what was added unsigned to the signature.
    #[must_use]
    pub fn fill(&self, original: &[u8], value: &str, unsigned: &str) -> Filled {
        let late: Vec<Vec<u8>> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                BytePiece::Late(Late(text)) => {
                    Some(self.encoding.encode(&text(value)).into_owned())
                }
                _ => None,
            })
            .collect();
        let value = self.encoding.encode(value);
        let unsigned = self.encoding.encode(unsigned);
        let length = self.pieces.iter().map(|piece| match piece {
            BytePiece::Original(range) => range.len(),
            BytePiece::Inserted(bytes) | BytePiece::Seal(bytes) => bytes.len(),
            BytePiece::Value => value.len(),
            BytePiece::Unsigned => unsigned.len(),
            BytePiece::Late(_) => 0,
        });
        let late_length: usize = late.iter().map(Vec::len).sum();
        let mut late = late.iter();
        let mut filled = Vec::with_capacity(length.sum::<usize>() + late_length);
        let mut seal: Option<Range<usize>> = None;
        let mut copied = Vec::new();
        for piece in &self.pieces {
            let start = filled.len();
            let of_seal = match piece {
                BytePiece::Original(range) => {
                    filled.extend_from_slice(original.get(range.clone()).unwrap_or_default());
                    copied.push((start..filled.len(), range.start));
                    false
                }
                BytePiece::Inserted(bytes) => {
                    filled.extend_from_slice(bytes);
                    false
                }
                BytePiece::Seal(bytes) => {
                    filled.extend_from_slice(bytes);
                    true
                }
                BytePiece::Value => {
                    filled.extend_from_slice(&value);
                    true
                }
                BytePiece::Unsigned => {
                    filled.extend_from_slice(&unsigned);
                    true
                }
                BytePiece::Late(_) => {
                    filled.extend_from_slice(late.next().map_or(&[], Vec::as_slice));
                    false
                }
            };
            if of_seal {
                let first = seal.as_ref().map_or(start, |seal| seal.start);
                seal = Some(first..filled.len());
            }
        }
        Filled { bytes: filled, seal: seal.unwrap_or_default(), copied }
    }
}
