//! What trusted lists say, as last read; who may sign them, and the way to fetch them.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::instant::Instant;
use crate::outbound::trusted_lists::{Config, ListDoor};
use crate::pki::certificate::Certificate;
use crate::verify::trusted_list::{ListStanding, ListUse, TrustedServices};

/// The trusted lists of an installation that uses any.
pub struct TrustedLists {
    pub config: Config,
    /// Who may sign the list of the lists.
    pub signers: Vec<Certificate>,
    /// None where nothing is fetched.
    pub door: Option<ListDoor>,
    held: RwLock<Arc<HeldLists>>,
}

/// What was read last.
#[derive(Clone, Debug, Default)]
pub struct HeldLists {
    /// None before lists were read.
    pub services: Option<Arc<TrustedServices>>,
    /// What became of every file.
    pub standings: Vec<ListStanding>,
    /// When the folder was read.
    pub read_at: Option<Instant>,
    /// When everything was fetched last.
    pub fetched_at: Option<Instant>,
    /// What could not be fetched or was not taken the last time: what, and why.
    pub troubles: Vec<(String, String)>,
}

impl HeldLists {
    /// Whether somebody has to look after them: a list that counts has expired, or none counts.
    #[must_use]
    pub fn is_troubled(&self) -> bool {
        let expired = |standing: &ListStanding| standing.used == ListUse::Expired;
        let none = self.services.as_ref().is_none_or(|services| services.is_empty());
        none || self.standings.iter().any(expired)
    }
}

impl TrustedLists {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(config: Config, signers: Vec<Certificate>, door: Option<ListDoor>) -> Self {
        Self { config, signers, door, held: RwLock::default() }
    }

    /// Where lists are.
    #[must_use]
    pub const fn folder(&self) -> &PathBuf {
        &self.config.folder
    }

    /// What was read last.
    #[must_use]
    pub fn held(&self) -> Arc<HeldLists> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what was read now.
    pub fn hold(&self, held: HeldLists) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held);
    }
}
