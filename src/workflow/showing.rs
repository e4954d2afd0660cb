//! A document on a page: read as an invoice on a thread of the engine, with the time of a document that is sealed;
//! client services take turns. Whoever asks for it may see it already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::files::File;
use super::portal::{self, Download};
use super::readable_invoice::{InvoiceWish, ShownFile};
use super::{Error, Thing};
use crate::app::{App, patience};
use crate::domain::ids::ClientServiceId;
use crate::domain::language::Language;
use crate::seal::inspect::{Content, inspect};

/// Octets of a document that is read for a page; larger ones are there to be downloaded.
pub const MAX_SHOWN: u64 = 20 << 20;

/// How much room a document takes while it is read: its octets, its text and its tree.
const ROOM: u64 = 6;

const PDF: &str = "application/pdf";

/// Whether there is a page that shows a file, as far as its type tells: whether it is an invoice is seen when
/// somebody looks.
#[must_use]
pub fn is_offered(file: &File) -> bool {
    let essence = file.content_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == PDF
        || essence.ends_with("/xml")
        || essence.ends_with("+xml")
        || essence == "application/pkcs7-mime"
        || essence == "application/vnd.etsi.asic-e+zip"
}

/// Whether a file is a PDF, whose pages a browser shows.
#[must_use]
pub fn is_pdf(file: &File) -> bool {
    file.content_type.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case(PDF))
}

/// Octets that are in memory while a file is read.
#[must_use]
pub const fn octets_of(file: &File) -> u64 {
    if file.length > MAX_SHOWN { 0 } else { file.length.saturating_mul(ROOM) }
}

/// Reads a file for a page in a language. `place` is kept until that ends, whatever becomes of whoever waits for it.
///
/// # Errors
/// [`Error::NotFound`] when its bytes are gone or it has no such part; [`Error::Busy`]; [`Error::Internal`] when the
/// work does not come to an end.
pub async fn show(
    app: &Arc<App>,
    party: ClientServiceId,
    file: &File,
    wish: InvoiceWish,
    language: Language,
    place: impl Send + 'static,
) -> Result<ShownFile, Error> {
    if file.length > MAX_SHOWN {
        return Ok(ShownFile::Unreadable);
    }
    let turn = app.engine.take(party, 1).await.map_err(|_| Error::Busy)?;
    let Download { bytes, .. } = portal::file(app, file).await?;
    let house = Arc::clone(app);
    let thread = tokio::task::spawn_blocking(move || {
        let done = catch_unwind(AssertUnwindSafe(|| {
            let patience = patience::of_document(house.execution.document_ms);
            let limits = house.seal_limits.with_patience(patience);
            ShownFile::of(&bytes, wish, &limits, language)
        }));
        drop((turn, place));
        done.map_err(|_| Error::Internal("the engine panicked over a file to show".into()))
    });
    let patience = Duration::from_millis(app.execution.stuck_ms.max(1));
    match tokio::time::timeout(patience, thread).await {
        Ok(done) => done.map_err(|error| Error::Internal(Box::new(error)))??,
        Err(_) => Err(Error::Internal("a file could not be read in time".into())),
    }
}

/// A PDF for a browser's viewer.
///
/// # Errors
/// [`Error::NotFound`] when its bytes are gone, or are no PDF whatever is said of them.
pub async fn pages(app: &App, file: &File) -> Result<Download, Error> {
    let download = portal::file(app, file).await?;
    if inspect(&download.bytes) != Content::Pdf {
        return Err(Error::NotFound(Thing::Content));
    }
    Ok(download)
}
