//! Keys that answered with a wrong value: what one process finds all others know, until an operator
//! releases the key.

use std::collections::BTreeSet;

use super::{Error, Thing, credentials};
use crate::app::App;
use crate::domain::profile::SignatureAlgorithm;

/// Records what this process found, and takes over what is recorded.
///
/// # Errors
/// When the database cannot be asked; keys that were found stay in quarantine here.
pub(super) async fn share(app: &App) -> Result<(), Error> {
    let found = app.keyring.to_be_quarantined();
    for key in &found {
        app.store.quarantine_key(*key, app.now()).await?;
    }
    app.keyring.note_quarantined(&found);
    let recorded: BTreeSet<[u8; 32]> =
        app.reader.quarantined_keys().await?.into_iter().map(|it| it.key).collect();
    app.keyring.set_quarantined(recorded);
    Ok(())
}

/// What became of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The key signed the trial with this algorithm, and is used from now on by every process.
    Yes(SignatureAlgorithm),
    /// It was not in quarantine, and signed the trial.
    NotInQuarantine(SignatureAlgorithm),
}

/// Releases the key of a credential after it has made a good trial signature. One that did not stays in
/// quarantine.
///
/// # Errors
/// [`Error::NotFound`] when there is no such credential; [`Error::Refused`] and [`Error::Unavailable`]
/// when its key did not make a good signature.
pub async fn release(app: &App, alias: &str) -> Result<Released, Error> {
    let found = app.reader.credential_by_alias(alias).await?;
    let credential = found.ok_or(Error::NotFound(Thing::Credential))?;
    let ready = credentials::made_ready(app, credential)?;
    let signs = credentials::prove(app, &ready.key).await?;
    if !app.store.release_key(ready.key.name().1).await? {
        return Ok(Released::NotInQuarantine(signs));
    }
    tracing::warn!(credential = alias, backend = %ready.key.backend, algorithm = signs.as_str(),
        "audit: an operator released a key from quarantine; it made a good trial signature");
    Ok(Released::Yes(signs))
}
