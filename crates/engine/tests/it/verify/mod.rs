//! Our own verification: our seals pass, nothing that was changed or wrapped does, and others' files are
//! told of as they are.

mod asic;
pub(crate) mod beside;
pub(crate) mod cms;
mod der;
pub(crate) mod evidence;
mod foreign;
mod forged;
mod forms;
mod long_term;
mod mutations;
mod own;
pub(crate) mod own_raised;
pub(crate) mod packed;
mod pdf;
mod revocation;
mod seals;
mod support;
mod trust;
pub(crate) mod trusted_lists;
mod wrapping;
pub(crate) mod xml_evidence;
