//! What a caller may see. Every read of operations takes one.

use std::collections::BTreeSet;

use super::ids::ClientServiceId;

/// The part of the house a caller may see. Something outside of it does not exist for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The operations of one client service.
    ClientService(ClientServiceId),
    /// Everything: the command line of the installation.
    Installation,
}

impl Scope {
    /// The client service a query must be limited to, if any.
    #[must_use]
    pub const fn client_service(self) -> Option<ClientServiceId> {
        match self {
            Self::ClientService(id) => Some(id),
            Self::Installation => None,
        }
    }
}

/// The client services whose operations a look is about. What is of another does not exist for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceSet {
    /// Of all of them.
    All,
    /// Of these.
    Of(BTreeSet<ClientServiceId>),
}

impl ServiceSet {
    /// Whether a client service is one of them.
    #[must_use]
    pub fn holds(&self, client_service: ClientServiceId) -> bool {
        match self {
            Self::All => true,
            Self::Of(some) => some.contains(&client_service),
        }
    }

    /// Whether nobody is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Of(some) => some.is_empty(),
        }
    }

    /// Those that are in both.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, other) => other.clone(),
            (own, Self::All) => own,
            (Self::Of(own), Self::Of(other)) => {
                Self::Of(own.intersection(other).copied().collect())
            }
        }
    }
}

impl From<Scope> for ServiceSet {
    fn from(scope: Scope) -> Self {
        scope.client_service().map_or(Self::All, |one| Self::Of(BTreeSet::from([one])))
    }
}
