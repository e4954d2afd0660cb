//! What a page shows, and whoever reads the document for it.

use std::rc::Rc;

use crate::domain::refusal::PdfRefusal;
use crate::seal::pdf::object::{Indirect, Object, Reference, Stream};

/// Whoever reads the document.
pub trait Objects {
    /// The object of that name, decrypted; `None` when there is none.
    ///
    /// # Errors
    /// As the reader finds.
    fn get(&self, reference: Reference) -> Result<Option<Indirect>, PdfRefusal>;

    /// As [`Self::get`], null when there is none; of a stream the dictionary alone.
    ///
    /// # Errors
    /// As the reader finds.
    fn head(&self, reference: Reference) -> Result<Object, PdfRefusal> {
        Ok(match self.get(reference)? {
            None => Object::Null,
            Some(Indirect::Object(object)) => object,
            Some(Indirect::Stream(stream)) => Object::Dictionary(stream.dictionary),
        })
    }

    /// The data of a stream, decrypted already, with all filters undone.
    ///
    /// # Errors
    /// As the reader finds; beyond its limits [`PdfRefusal::TooMuchData`].
    fn decode(&self, stream: &Stream) -> Result<Vec<u8>, PdfRefusal>;

    /// Bytes that a search for text may copy out of the document.
    fn room(&self) -> usize {
        DATA_LIMIT
    }

    /// Whether the search may go on.
    ///
    /// # Errors
    /// [`PdfRefusal::TimeUsedUp`].
    fn go_on(&self) -> Result<(), PdfRefusal> {
        Ok(())
    }
}

/// Bytes that a search for text copies out of any document.
const DATA_LIMIT: usize = 128 << 20;

/// What a page shows.
#[derive(Clone, Debug)]
pub struct PageContent {
    /// Value of `/Contents`.
    pub contents: Object,
    /// Value of `/Resources`, inherited if need be (ISO 32000-1, 7.7.3.4).
    pub resources: Rc<Object>,
}
