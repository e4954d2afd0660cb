//! What the database need not be asked for again: credentials made ready, clients read a moment ago.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::client_service::ClientService;
use crate::domain::company::Company;
use crate::domain::credential::Credential;
use crate::domain::ids::CredentialId;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::domain::usage::Consumption;
use crate::keys::KeyRef;
use crate::pki::certificate::Chain;
use crate::seal::Signer;

/// A credential ready for work: chain parsed, its text forms made once.
pub struct ReadyCredential {
    /// As stored.
    pub credential: Credential,
    /// Parsed chain.
    pub chain: Arc<Chain>,
    /// Names the key in its back-end.
    pub key: KeyRef,
    /// What the engines need from the chain, made once.
    pub signer: Signer,
}

/// Parsed credentials. A credential's chain never changes, so an entry is good for ever; only its
/// status does, which is why it is asked for separately.
#[derive(Default)]
pub struct Credentials {
    ready: RwLock<HashMap<CredentialId, Arc<ReadyCredential>>>,
}

impl Credentials {
    /// The credential if it is here; whether it may be used is not known here.
    pub fn known(&self, id: CredentialId) -> Option<Arc<ReadyCredential>> {
        self.ready.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Remembers a credential.
    pub fn remember(&self, ready: &Arc<ReadyCredential>) {
        let mut entries = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        entries.insert(ready.credential.id, Arc::clone(ready));
    }
}

/// Who stands behind an access token.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A machine.
    Client(Arc<Client>),
}

/// A client service with its issuer.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client service.
    pub client_service: ClientService,
    /// Its issuer.
    pub issuer: Company,
    /// What the issuer has used of what it has subscribed to.
    pub consumption: Option<Consumption>,
}

impl Client {
    /// What it may see.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        Scope::ClientService(self.client_service.id)
    }
}

/// Clients remembered for a moment, so that not every request asks the database. Suspension takes
/// effect when the moment is over.
#[derive(Default)]
pub struct Clients {
    by_alias: RwLock<HashMap<String, (Instant, Arc<Client>)>>,
}

impl Clients {
    const MOST: usize = 10_000;

    /// The client, if it was read not longer ago than `age_ms`.
    pub fn recent(&self, alias: &str, now: Instant, age_ms: i64) -> Option<Arc<Client>> {
        let entries = self.by_alias.read().unwrap_or_else(PoisonError::into_inner);
        let (seen, client) = entries.get(alias)?;
        (now.unix_ms().abs_diff(seen.unix_ms()) <= age_ms.unsigned_abs())
            .then(|| Arc::clone(client))
    }

    /// Remembers a client as read from the database at `now`.
    pub fn remember(&self, client: &Arc<Client>, now: Instant) {
        let mut entries = self.by_alias.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= Self::MOST {
            entries.clear();
        }
        let alias = client.client_service.alias.as_str().to_owned();
        entries.insert(alias, (now, Arc::clone(client)));
    }
}
