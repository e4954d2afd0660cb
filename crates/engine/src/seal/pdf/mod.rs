//! The file format of PDF (ISO 32000-1 and 32000-2): objects, the structure of the bytes that hold
//! them, and incremental updates behind those bytes. What a signature is, is not known here.
//!
//! [`PdfFile::open`] reads the cross-reference sections and no object it does not need; every other
//! object is read when it is asked for. [`Increment`] collects changed and new objects and writes
//! the update. `docs/decisions/0010` says why this is not a library.

mod budget;
mod crypt;
mod file;
mod filters;
mod increment;
mod indirect;
mod lexer;
pub mod object;
mod object_stream;
mod pages;
mod positions;
mod predictor;
mod repair;
mod xref;

pub use budget::PdfLimits;
pub use crypt::{Access, Permissions};
pub use file::PdfFile;
pub use increment::{Increment, Update};
pub(in crate::seal) use lexer::{is_regular, is_white};
pub use pages::{Page, Pages, Rectangle};
pub(in crate::seal) use positions::ObjectPosition;
pub use xref::SectionKind;

use crate::domain::refusal::PdfRefusal;

fn damaged(what: impl Into<String>) -> PdfRefusal {
    PdfRefusal::Damaged { what: what.into() }
}
