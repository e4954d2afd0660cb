//! Bytes that are put down ahead of the transaction that refers to them, some at a time: whoever wants to
//! write meanwhile comes in between.

use std::sync::Arc;

use super::Contents;
use crate::domain::ids::ParcelId;
use crate::domain::instant::Instant;
use crate::store::contents::{Bytes, ContentChange};
use crate::store::pieces::Span;
use crate::store::{Result, Store};

/// Octets of contents that a transaction of a fact writes itself: what invoices usually have needs no other.
pub const TOGETHER_OCTETS: usize = 128 << 10;
/// Octets of contents that are put down in one transaction at most. It takes some milliseconds.
pub const PORTION_OCTETS: usize = 64 << 10;
/// Pieces of contents that a transaction writes at most.
pub const PORTION_CONTENTS: usize = 25;

/// A place for contents that are put down ahead.
#[derive(Clone, Copy)]
pub struct Ahead {
    /// Fresh; nothing is in it.
    pub parcel: ParcelId,
    /// Until then somebody refers to what is put down, or it is swept.
    pub until: Instant,
}

/// What goes into one transaction: pieces, in order.
pub type Portion<'a> = Vec<&'a [u8]>;

impl Contents {
    /// Whether contents are more than the transaction that refers to them should write.
    #[must_use]
    pub fn are_many(&self, changes: &[ContentChange]) -> bool {
        match self {
            Self::Database(_) => {
                let here = || changes.iter().filter_map(here);
                here().count() > PORTION_CONTENTS
                    || here().map(|bytes| bytes.len()).sum::<usize>() > TOGETHER_OCTETS
            }
        }
    }

    /// Puts the bytes of contents down, each portion in a turn; they are in the place then. All of them
    /// have to go into one transaction, or they are given up with [`Store::give_up_pieces`].
    ///
    /// # Errors
    /// [`crate::store::Error::Swept`], and what the database says; what was put down is swept in time.
    pub async fn put_ahead<F: Future>(
        &self,
        store: &Store,
        changes: Vec<ContentChange>,
        place: Ahead,
        turn: impl Fn() -> F,
    ) -> Result<Vec<ContentChange>> {
        let bytes: Vec<Arc<Vec<u8>>> = changes.iter().filter_map(here).cloned().collect();
        let mut first = 1;
        for portion in portions(&bytes) {
            let turn = turn().await;
            store.put_pieces(place.parcel, first, &portion, place.until).await?;
            drop(turn);
            first = first.saturating_add(count(portion.len()));
        }
        let mut next = 1_u32;
        let lie = |change: ContentChange| match here(&change) {
            None => change,
            Some(bytes) => {
                let first = next;
                next = next.saturating_add(count(pieces(bytes).count()));
                let span = Span { parcel: place.parcel, first, last: next.saturating_sub(1) };
                change.with_bytes(Bytes::Ahead(span))
            }
        };
        Ok(changes.into_iter().map(lie).collect())
    }
}

/// Bytes that are still to be written. Of nothing there is nothing to put down.
fn here(change: &ContentChange) -> Option<&Arc<Vec<u8>>> {
    match change.bytes() {
        Some(Bytes::Here(bytes)) if !bytes.is_empty() => Some(bytes),
        Some(Bytes::Here(_) | Bytes::Ahead(_)) | None => None,
    }
}

fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.chunks(PORTION_OCTETS)
}

/// Contents cut into what one transaction writes each. Nothing is left out, and the order stays.
pub fn portions(contents: &[Arc<Vec<u8>>]) -> impl Iterator<Item = Portion<'_>> {
    let mut rest = contents.iter().flat_map(|bytes| pieces(bytes)).peekable();
    std::iter::from_fn(move || {
        let mut portion = Vec::new();
        let mut octets = 0;
        while let Some(piece) = rest.next_if(|piece| {
            let fits = portion.len() < PORTION_CONTENTS && octets + piece.len() <= PORTION_OCTETS;
            portion.is_empty() || fits
        }) {
            octets += piece.len();
            portion.push(piece);
        }
        (!portion.is_empty()).then_some(portion)
    })
}

fn count(pieces: usize) -> u32 {
    u32::try_from(pieces).unwrap_or(u32::MAX)
}
