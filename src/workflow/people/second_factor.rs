//! The second step of signing in: codes of an app (TOTP, RFC 6238), and recovery codes for when it is gone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use totp_rs::{Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::Doer;
use crate::app::{App, RandomFailed};
use crate::domain::audit::AuditAction;
use crate::domain::ids::{PersonCredentialId, PersonId};
use crate::domain::person::{Person, PersonCredentialKind};
use crate::store::people::{NewCredential, PersonCredential};
use crate::workflow::Error;

/// Recovery codes that a person has at once.
const RECOVERY_CODES: usize = 10;

/// Octets of one: 80 bits, sixteen letters and digits.
const RECOVERY_OCTETS: usize = 10;

/// Octets of an app's secret (RFC 4226, 4: 160 bits are recommended).
const SECRET_OCTETS: usize = 20;

/// What apps show the service as.
const ISSUER: &str = "Chancery";

/// An app that is about to be set up.
pub struct NewApp {
    /// For who cannot scan: the secret in base32.
    pub key: String,
    /// What is scanned.
    pub url: String,
    /// The secret as a form carries it: sealed, for this person alone.
    pub pending: String,
}

/// How a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactorState {
    /// Whether the person has an app or a passkey.
    pub is_on: bool,
    /// Whether the person has an app.
    pub has_app: bool,
    /// Passkeys of the person.
    pub passkeys: usize,
    /// Recovery codes that are not spent.
    pub recovery_codes: usize,
}

/// Why an app was not set up.
#[derive(Debug)]
pub enum CodeProblem {
    /// The code is not that of the app now, or the form is of another person or key.
    Wrong,
    /// Not the person's cause.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for CodeProblem {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// A new secret for a person's app. Nothing is recorded.
///
/// # Errors
/// [`Error::Internal`].
pub fn begin(app: &App, person: &Person) -> Result<NewApp, Error> {
    let octets = Zeroizing::new(app.random.octets::<SECRET_OCTETS>()?);
    let nonce = app.random.octets::<12>()?;
    let sealed = app.kek.seal(nonce, &pending_for(person.id), &*octets).map_err(Error::internal)?;
    let totp = totp(&*octets, person)?;
    let url = totp.to_url().map_err(|error| Error::Internal(error.to_string().into()))?;
    let key = Secret::new(octets.to_vec().into()).to_base32();
    Ok(NewApp { key, url, pending: URL_SAFE_NO_PAD.encode(sealed) })
}

/// The secret that a form carries, as it is kept, when a code of it is shown.
pub(super) fn checked(
    app: &App,
    person: &Person,
    pending: &str,
    code: &str,
) -> Result<NewCredential, CodeProblem> {
    let sealed = URL_SAFE_NO_PAD.decode(pending).map_err(|_| CodeProblem::Wrong)?;
    let opened = app.kek.open(&pending_for(person.id), &sealed);
    let octets = opened.map_err(|_| CodeProblem::Wrong)?;
    let step = step(app, &octets, person, code)?.ok_or(CodeProblem::Wrong)?;
    let id = PersonCredentialId::from_i64(app.random_id()?);
    let nonce = app.random.octets::<12>()?;
    let value = app.kek.seal(nonce, &sealed_for(id), &octets).map_err(Error::internal)?;
    Ok(NewCredential { id, kind: PersonCredentialKind::Totp, value, last_step: step })
}

/// New recovery codes, for the person and as they are kept.
pub(super) fn recovery_codes(
    app: &App,
    person: PersonId,
) -> Result<(Vec<String>, Vec<NewCredential>), RandomFailed> {
    let (mut codes, mut kept) = (Vec::new(), Vec::new());
    for _ in 0..RECOVERY_CODES {
        let octets = app.random.octets::<RECOVERY_OCTETS>()?;
        let code = Secret::new(octets.to_vec().into()).to_base32();
        kept.push(NewCredential {
            id: PersonCredentialId::from_i64(app.random_id()?),
            kind: PersonCredentialKind::Recovery,
            value: recovery_hash(app, person, &code).to_vec(),
            last_step: 0,
        });
        codes.push(grouped(&code));
    }
    Ok((codes, kept))
}

/// Whether a person with these credentials has a second step.
#[must_use]
pub fn state(credentials: &[PersonCredential]) -> SecondFactorState {
    let of = |kind| credentials.iter().filter(move |it| it.kind == kind && !it.used).count();
    let has_app = of(PersonCredentialKind::Totp) > 0;
    let passkeys = of(PersonCredentialKind::Passkey);
    SecondFactorState {
        is_on: has_app || passkeys > 0,
        has_app,
        passkeys,
        recovery_codes: of(PersonCredentialKind::Recovery),
    }
}

/// Takes a code of the app, or a recovery code, each once. Returns whether it was one.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`].
pub(super) async fn take(
    app: &App,
    person: &Person,
    credentials: &[PersonCredential],
    shown: &str,
    doer: &Doer,
) -> Result<bool, Error> {
    let shown: String = shown.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    for kept in credentials.iter().filter(|it| it.kind == PersonCredentialKind::Totp) {
        let octets = app.kek.open(&sealed_for(kept.id), &kept.value).map_err(Error::internal)?;
        if let Some(step) = step(app, &octets, person, &shown)? {
            return Ok(app.store.take_step(kept.id, step).await?);
        }
    }
    let hash = recovery_hash(app, person.id, &shown.to_ascii_uppercase());
    let recovery = credentials
        .iter()
        .find(|it| it.kind == PersonCredentialKind::Recovery && it.value.ct_eq(&hash).into());
    let Some(recovery) = recovery else { return Ok(false) };
    let entry = doer.entry(app, AuditAction::RecoveryCodeUsed, person.id, String::new())?;
    Ok(app.store.spend_recovery_code(recovery.id, app.now(), &entry).await?)
}

/// What the secret of an app is sealed for.
pub(crate) fn sealed_for(id: PersonCredentialId) -> Vec<u8> {
    format!("person_credential.value/{id}").into_bytes()
}

fn pending_for(person: PersonId) -> Vec<u8> {
    format!("pending second factor of person {person}").into_bytes()
}

/// The time step whose code this is: the present one, the one before, or the one after.
fn step(app: &App, secret: &[u8], person: &Person, code: &str) -> Result<Option<i64>, Error> {
    let seconds = u64::try_from(app.now().unix_ms().div_euclid(1000)).unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    let step = totp(secret, person)?.check(&code, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: &[u8], person: &Person) -> Result<Totp, Error> {
    let secret = Secret::new(secret.to_vec().into());
    let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER));
    let totp = builder.with_account_name(person.address.as_str()).build();
    totp.map_err(|error| Error::Internal(error.to_string().into()))
}

fn recovery_hash(app: &App, person: PersonId, code: &str) -> [u8; 32] {
    let person = person.as_i64().to_be_bytes();
    app.people.recovery_key.hmac_sha256(&[&person[..], code.as_bytes()].concat())
}

/// As people read it: four letters or digits at a time.
fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + code.len() / 4);
    for (at, letter) in code.to_ascii_lowercase().chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}
