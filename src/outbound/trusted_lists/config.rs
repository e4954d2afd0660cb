//! Which trusted lists are used, and where they come from.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::Deserialize;

/// Trusted lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The folder where lists are, and where those are kept that are fetched; empty when none are used.
    pub folder: PathBuf,
    /// Files of certificates of those who may sign the list of the lists, or, without one, the lists themselves.
    pub signers: Vec<PathBuf>,
    /// Address of the list of the lists; empty when nothing is fetched.
    pub lotl: String,
    /// Territories whose lists are fetched; all without any.
    pub territories: Vec<String>,
    /// Milliseconds between two looks at the folder and, with an address, at the lists of others.
    pub refresh_ms: u64,
    /// Milliseconds from the beginning to the end of fetching one list.
    pub timeout_ms: u64,
    /// Networks outside of the public internet that lists may be fetched from.
    pub allow_networks: Vec<IpNet>,
}

impl Config {
    /// Whether any lists are used.
    #[must_use]
    pub fn is_used(&self) -> bool {
        !self.folder.as_os_str().is_empty()
    }
}
