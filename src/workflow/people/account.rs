//! What people do with their own account: another password, another app for codes, other recovery codes.

use secrecy::SecretString;

use super::Doer;
use super::passwords::{self, PasswordProblem};
use super::second_factor::{self, CodeProblem};
use super::sessions::PersonStay;
use super::sign_in::{self, SignInProblem};
use crate::app::App;
use crate::domain::audit::AuditAction;
use crate::domain::ids::PersonCredentialId;
use crate::domain::person::PersonCredentialKind;
use crate::store::people::NewCredential;
use crate::workflow::Error;

/// Why a password was not changed.
#[derive(Debug)]
pub enum ChangeProblem {
    /// The one that was shown is not the person's, or has to wait.
    Current(SignInProblem),
    /// Another one is needed.
    New(PasswordProblem),
}

impl<E: Into<Error>> From<E> for ChangeProblem {
    fn from(error: E) -> Self {
        Self::Current(SignInProblem::Failed(error.into()))
    }
}

/// Changes the password of a person who shows the one before. The person's other sessions end.
///
/// # Errors
/// [`ChangeProblem`].
pub async fn change_password(
    app: &App,
    who: &PersonStay,
    current: &SecretString,
    new: &SecretString,
    doer: &Doer,
) -> Result<(), ChangeProblem> {
    passwords::judge(app, new, &who.person).map_err(ChangeProblem::New)?;
    let shown = sign_in::shows_password(app, &who.person, current, doer).await;
    shown.map_err(ChangeProblem::Current)?;
    let credential = NewCredential {
        id: PersonCredentialId::from_i64(app.random_id()?),
        kind: PersonCredentialKind::Password,
        value: passwords::hashed(app, new).await?,
        last_step: 0,
    };
    let id = who.person.id;
    let entry = doer.entry(app, AuditAction::PasswordChanged, id, String::new())?;
    app.store.change_password((id, who.session.id), &credential, app.now(), &entry).await?;
    Ok(())
}

/// Sets the app of a person who shows a code of it, and makes recovery codes: they are returned here and never again.
/// The person's other sessions end.
///
/// # Errors
/// [`CodeProblem`].
pub async fn set_second_factor(
    app: &App,
    who: &PersonStay,
    (pending, code): (&str, &str),
    doer: &Doer,
) -> Result<Vec<String>, CodeProblem> {
    let id = who.person.id;
    let secret = second_factor::checked(app, &who.person, pending, code)?;
    let (codes, mut new) = second_factor::recovery_codes(app, id)?;
    new.push(secret);
    let entry = doer.entry(app, AuditAction::SecondFactorSet, id, String::new())?;
    app.store.set_second_factor((id, who.session.id), &new, app.now(), &entry).await?;
    Ok(codes)
}

/// Makes recovery codes in place of those before: they are returned here and never again.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`].
pub async fn renew_recovery_codes(
    app: &App,
    who: &PersonStay,
    doer: &Doer,
) -> Result<Vec<String>, Error> {
    let id = who.person.id;
    let (codes, new) = second_factor::recovery_codes(app, id)?;
    let entry = doer.entry(app, AuditAction::RecoveryCodesMade, id, String::new())?;
    app.store.set_recovery_codes(id, &new, app.now(), &entry).await?;
    Ok(codes)
}
