//! What an archive timestamp covers of validation data. Each of the timestamps of a signature covers what those before
//! it cover, so they share it: what many of them cover is there once.

use std::collections::HashSet;
use std::sync::Arc;

use super::digest::sha256;

/// SHA-256 of the DER of certificates, lists, answers and tokens.
#[derive(Clone, Debug, Default)]
pub struct CoveredValues {
    shared: Vec<Arc<HashSet<[u8; 32]>>>,
}

impl CoveredValues {
    /// Takes what others have too.
    pub fn share(&mut self, values: &Arc<HashSet<[u8; 32]>>) {
        if !values.is_empty() {
            self.shared.push(Arc::clone(values));
        }
    }

    /// Whether something is covered, by its DER.
    #[must_use]
    pub fn has(&self, der: &[u8]) -> bool {
        let digest = sha256(der);
        self.shared.iter().any(|values| values.contains(&digest))
    }

    /// How much it is: of two timestamps of which one covers the other, that one has more.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.iter().map(|values| values.len()).sum()
    }
}
