//! PAdES: PDFs of every kind sealed with software keys, and what foreign readers say of the result.

mod appearance;
mod changes;
mod fields;
pub(crate) mod files;
mod hidden;
pub(crate) mod images;
mod inline;
mod large;
mod pictures;
mod placeholder;
mod placement;
mod refusals;
mod sealing;
mod standing;
pub(crate) mod support;
mod template;
