//! The reader and writer of PDF before foreign ones: qpdf and hayro-syntax.

mod encrypted;
mod hostile;
pub(crate) mod made;
mod pages;
mod printed;
mod samples;
mod structures;
pub(crate) mod support;
