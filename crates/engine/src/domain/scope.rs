//! What a caller may see. Every read of operations takes one.

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
