//! Invoices as people read them: what is shown is what is in the document, nothing of it is dropped without a word,
//! and nothing in it can do anything.

mod holders;
mod hostile;
mod samples;
mod support;
