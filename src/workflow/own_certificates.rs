//! Sees whether our own sealing certificates were revoked, as whoever issued them says. One that was is not sealed with
//! any more, by no process over the database.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::validation_data::collect;
use super::{Error, credentials};
use crate::app::{App, ReadyCredential};
use crate::domain::alarm::Alarm;
use crate::domain::credential::CredentialStatus;
use crate::domain::sources::sources;
use crate::pki::certificate::Certificate;

/// Looks until `stop` changes. Errors are logged and the next look comes in time.
pub async fn watch(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let looked = tokio::select! {
            looked = look(&app) => looked,
            _ = stop.changed() => return,
        };
        if let Err(error) = looked {
            tracing::error!(error = %sources(&error), "sealing certificates cannot be looked after");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(app.evidence.own_ms)) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Asks about the certificates of all credentials that may be used, where it is said what they must lead to. When it
/// returns, none of those that were revoked may be.
///
/// # Errors
/// The database does not answer; a fault of ours.
pub async fn look(app: &App) -> Result<(), Error> {
    if app.evidence.trust.is_empty() {
        return Ok(());
    }
    for ready in credentials::active(app).await? {
        let others: Vec<Certificate> = ready.chain.certificates().skip(1).cloned().collect();
        let signer = [ready.chain.signing().clone()];
        match collect(app, None, &signer, &others).await? {
            Err(none) if none.revoked => revoked(app, &ready, &none.words).await?,
            Err(none) => tracing::debug!(credential = %ready.credential.alias, words = %none.words,
                "it is not known whether a sealing certificate was revoked"),
            Ok(_) => {}
        }
    }
    Ok(())
}

/// Stops the use of a credential whose certificate was revoked, and has operators told.
///
/// # Errors
/// The database does not answer.
pub(super) async fn revoked(app: &App, ready: &ReadyCredential, words: &str) -> Result<(), Error> {
    let (alias, since) = (ready.credential.alias.clone(), app.now());
    tracing::error!(credential = %alias, error = words, "a sealing certificate was revoked");
    let name = format!("revoked:{alias}/certificate");
    let alarm = Alarm::CredentialRevoked { alias, since, last_words: words.to_owned() };
    app.excesses.note(name, alarm, None, since);
    let disabled = CredentialStatus::Disabled;
    app.store.set_credential_status(ready.credential.id, disabled, None).await?;
    Ok(())
}
