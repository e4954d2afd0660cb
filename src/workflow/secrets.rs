//! Whether the key of this installation opens what lies in its database.

use super::delivery::hooks;
use super::people::second_factor;
use super::{Error, mail_servers};
use crate::app::App;
use crate::pki::envelope;
use crate::store::sealed_secrets::SecretPlace;

/// How many sealed secrets there are, and those that do not open, each with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    pub count: usize,
    /// The words name the secret and its owner, never what is in it.
    pub closed: Vec<(SecretPlace, envelope::Error)>,
}

/// Tries to open every sealed secret.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn look(app: &App) -> Result<Secrets, Error> {
    let all = app.reader.sealed_secrets().await?;
    let mut secrets = Secrets { count: all.len(), closed: Vec::new() };
    for (place, sealed) in all {
        let context = match &place {
            SecretPlace::MailPassword { client_service, .. } => {
                mail_servers::place_of_password(*client_service)
            }
            SecretPlace::Webhook { id, .. } => hooks::sealed_for(*id),
            SecretPlace::SecondFactor { id, .. } => second_factor::sealed_for(*id),
        };
        if let Err(error) = app.kek.open(&context, &sealed) {
            secrets.closed.push((place, error));
        }
    }
    Ok(secrets)
}

/// A secret that does not open, and what to do.
#[must_use]
pub fn words(place: &SecretPlace, error: envelope::Error) -> String {
    match place {
        SecretPlace::MailPassword { alias, .. } => format!(
            "the mail password of {alias} does not open: {error}; or set it again with chancery mail \
             set"
        ),
        SecretPlace::Webhook { url, .. } => format!(
            "a signing secret of {url} does not open: {error}; or make a new one with chancery \
             webhook rotate"
        ),
        SecretPlace::SecondFactor { address, .. } => format!(
            "the secret of the app of {address} does not open: {error}; or invite the person anew with \
             chancery person reset"
        ),
    }
}
