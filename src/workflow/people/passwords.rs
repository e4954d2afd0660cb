//! Passwords: which ones are taken (NIST SP 800-63B: long ones, without rules of composition), how they are hashed
//! and compared.

use std::collections::BTreeSet;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::person::{Person, PersonCredentialKind};
use crate::store::people::PersonCredential;
use crate::workflow::Error;

/// Characters that a password has at least and at most.
pub const CHARS: (usize, usize) = (12, 128);

/// Characters that are left at least without what whoever guesses tries first, and how many of them differ.
const OWN_CHARS: (usize, usize) = (8, 5);

/// What whoever guesses tries first.
const COMMON: &[&str] = &[
    "administrador",
    "administrator",
    "contraseña",
    "contrasena",
    "motdepasse",
    "qwertyuiop",
    "1234567890",
    "0987654321",
    "iloveyou",
    "passwort",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "princess",
    "sunshine",
    "bienvenue",
    "benvenuto",
    "bemvindo",
    "welcome",
    "willkommen",
    "abcdefgh",
    "football",
    "123456789",
    "12345678",
    "chancery",
    "letmein",
    "geheim",
    "qwertz",
    "qwerty",
    "azerty",
    "asdfgh",
    "abc123",
    "123123",
    "123456",
    "abcdef",
    "dragon",
    "monkey",
    "invoice",
    "factura",
    "fatura",
    "facture",
    "fattura",
    "rechnung",
    "senha",
    "admin",
    "12345",
    "1234",
];

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    Short,
    Long,
    /// Little more than the person's own name or mail address.
    Personal,
    /// Little more than what whoever guesses tries first.
    Simple,
}

/// Whether a person can have a password.
///
/// # Errors
/// [`PasswordProblem`].
pub fn judge(app: &App, password: &SecretString, person: &Person) -> Result<(), PasswordProblem> {
    let about = [person.name.as_str(), person.address.as_str(), app.issuer.as_str()];
    judge_for(password.expose_secret(), &about)
}

/// Whether a password can be that of somebody about whom this is known.
///
/// # Errors
/// [`PasswordProblem`].
pub fn judge_for(password: &str, about: &[&str]) -> Result<(), PasswordProblem> {
    let plain = plain(password);
    let count = plain.chars().count();
    if count < CHARS.0 {
        return Err(PasswordProblem::Short);
    }
    if count > CHARS.1 {
        return Err(PasswordProblem::Long);
    }
    let folded = Zeroizing::new(plain.to_lowercase());
    let mut personal: Vec<String> = about
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() >= 3)
        .map(str::to_lowercase)
        .collect();
    personal.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let left = without(&folded, personal.iter().map(String::as_str));
    if left.chars().count() < OWN_CHARS.0 {
        return Err(PasswordProblem::Personal);
    }
    let left = without(&left, COMMON.iter().copied());
    let differing: BTreeSet<char> = left.chars().collect();
    if left.chars().count() < OWN_CHARS.0 || differing.len() < OWN_CHARS.1 || is_run(&folded) {
        return Err(PasswordProblem::Simple);
    }
    Ok(())
}

/// The hash of a password as it is kept, under a salt of its own.
///
/// # Errors
/// [`Error::Busy`] when too many are hashed; [`Error::Internal`].
pub(super) async fn hashed(app: &App, password: &SecretString) -> Result<Vec<u8>, Error> {
    let plain = plain(password.expose_secret());
    let salt = app.random.octets::<16>()?;
    let config = &app.people.config;
    let (memory, passes) = (config.hash_memory_kib, config.hash_passes);
    let turn = app.people.turn_to_hash().await.ok_or(Error::Busy)?;
    let hashing = tokio::task::spawn_blocking(move || {
        let params = Params::new(memory, passes, 1, None).map_err(|error| error.to_string())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: Result<PasswordHash, _> = argon2.hash_password_with_salt(plain.as_bytes(), &salt);
        drop(turn);
        hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
    });
    let hash = hashing.await.map_err(Error::internal)?;
    Ok(hash.map_err(|words| Error::Internal(words.into()))?.into_bytes())
}

/// Whether a password is the one of a person with these credentials. It takes as long when there is none.
///
/// # Errors
/// [`Error::Busy`] when too many are hashed; [`Error::Internal`].
pub(super) async fn is_right(
    app: &App,
    password: &SecretString,
    credentials: &[PersonCredential],
) -> Result<bool, Error> {
    let kept = credentials.iter().find(|it| it.kind == PersonCredentialKind::Password);
    let Some(kept) = kept else {
        hashed(app, password).await?;
        return Ok(false);
    };
    let hash = std::str::from_utf8(&kept.value).map_err(Error::internal)?.to_owned();
    let plain = plain(password.expose_secret());
    let turn = app.people.turn_to_hash().await.ok_or(Error::Busy)?;
    let comparing = tokio::task::spawn_blocking(move || {
        let parsed = PasswordHash::new(&hash).map_err(|error| error.to_string())?;
        let right = Argon2::default().verify_password(plain.as_bytes(), &parsed).is_ok();
        drop(turn);
        Ok::<bool, String>(right)
    });
    let right = comparing.await.map_err(Error::internal)?;
    right.map_err(|words| Error::Internal(words.into()))
}

/// The same text however a keyboard spells it (NIST SP 800-63B, 5.1.1.2: NFKC).
fn plain(password: &str) -> Zeroizing<String> {
    // Long ones are refused by their length, whatever they become.
    Zeroizing::new(password.chars().take(2 * CHARS.1).nfkc().collect())
}

fn without<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Zeroizing<String> {
    let mut left = Zeroizing::new(text.to_owned());
    for word in words {
        *left = left.replace(word, "");
    }
    left
}

/// Whether each character is followed by the same, the next or the one before, all the way.
fn is_run(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let mut steps = codes.windows(2).filter_map(|pair| match pair {
        [first, second] => Some(second - first),
        _ => None,
    });
    let Some(first) = steps.next() else { return true };
    first.abs() <= 1 && steps.all(|step| step == first)
}
