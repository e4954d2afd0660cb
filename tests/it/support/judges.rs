//! The foreign judges, over what the shared authority sealed.

use std::path::PathBuf;

pub(crate) use chancery_testing::judges::*;

use super::authority::AUTHORITY;

/// Runs `xmlsec1 --verify` over files sealed by the shared authority.
pub(crate) fn xmlsec_verify(files: &[PathBuf], extra: &[&str]) -> Result<(), String> {
    xmlsec_verify_under(AUTHORITY.root(), files, extra)
}

/// Asks signxml about files sealed by the shared authority.
pub(crate) fn signxml_verify(files: &[PathBuf]) -> Result<(), String> {
    signxml_verify_under(AUTHORITY.root(), files)
}
