//! Credentials: imported once their key is found, and made ready for work.

use std::sync::Arc;

use super::{Error, Thing};
use crate::app::{App, ReadyCredential};
use crate::domain::credential::{Credential, CredentialStatus};
use crate::domain::ids::CredentialId;
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::refusal::Refusal;
use crate::domain::sources::sources;
use crate::keys::{ErrorClass, KeyRef, Keyring, ToBeSigned};
use crate::pki::calendar::{Calendar, Owner};
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::path::ends_first;
use crate::pki::public_key::PublicKey;
use crate::pki::request::UnsignedRequest;
use crate::seal::Signer;

/// Records a credential after its key has proved that it signs, and says with which algorithm it did.
///
/// # Errors
/// [`Error::Refused`] when the chain does not hold now or its key never signs,
/// [`Error::Unavailable`] when the key is not there or the back-end does not answer.
pub async fn import(
    app: &App,
    alias: &str,
    backend: &str,
    chain: &Chain,
) -> Result<(Credential, SignatureAlgorithm), Error> {
    let signs = check_new(app, backend, chain).await?;
    let credential = Credential {
        id: CredentialId::from_i64(app.next_id()),
        alias: alias.to_owned(),
        backend: backend.to_owned(),
        chain_der: chain.certificates().map(|certificate| certificate.der().to_vec()).collect(),
        status: CredentialStatus::Active,
        created: app.now(),
    };
    app.store.add_credential(&credential).await?;
    Ok((credential, signs))
}

/// Whether a chain holds now and its key signs; says with which algorithm it did.
///
/// # Errors
/// As [`import`].
pub(super) async fn check_new(
    app: &App,
    backend: &str,
    chain: &Chain,
) -> Result<SignatureAlgorithm, Error> {
    Signer::new(chain).check_at(app.now())?;
    let certificate = Arc::new(chain.signing().clone());
    prove(app, &KeyRef { backend: backend.to_owned(), certificate }).await
}

/// Lets a key sign something that means nothing; says what it signed with.
///
/// # Errors
/// [`Error::Refused`] when it never will, [`Error::Unavailable`] when it is not there or the back-end
/// does not answer.
pub async fn prove(app: &App, key: &KeyRef) -> Result<SignatureAlgorithm, Error> {
    app.keyring.prove(key).await.map_err(of_key)
}

fn of_key(error: crate::keys::Error) -> Error {
    match error.class() {
        ErrorClass::Final => Refusal::CertificateUnusable { reason: refuses(&error) }.into(),
        _ => Error::Unavailable("the key", Box::new(error)),
    }
}

/// A certification request (PEM) for a key, signed by it.
///
/// # Errors
/// [`Error::Refused`] when the subject is none, or the key never signs; [`Error::Unavailable`] when it does not now.
pub async fn request(
    keyring: &Keyring,
    (backend, key): (&str, &Arc<PublicKey>),
    subject: &str,
) -> Result<String, Error> {
    let unsigned = UnsignedRequest::new(subject, key, key.kind().default_signature());
    let unsigned = unsigned.map_err(|error| Refusal::MemberInvalid {
        path: "the subject".to_owned(),
        expected: format!("a name as in RFC 4514 ({})", sources(&error)),
    })?;
    let item = ToBeSigned::new(unsigned.algorithm(), unsigned.to_be_signed());
    let mut values = keyring.sign_with_public_key(backend, key, vec![item]).await.into_iter();
    let value = values.next().ok_or(Error::NotFound(Thing::Credential))?.map_err(of_key)?;
    let made = unsigned.finish(&value).map_err(Error::internal)?;
    made.to_pem().map_err(Error::internal)
}

/// What is said of a key that never signs what it was asked for.
#[must_use]
pub fn refuses(error: &crate::keys::Error) -> String {
    format!("its key refuses to sign: {}", sources(error))
}

/// Sets whether a credential may be used; from now on, for every process.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this alias.
pub async fn set_status(app: &App, alias: &str, status: CredentialStatus) -> Result<(), Error> {
    let credential =
        app.reader.credential_by_alias(alias).await?.ok_or(Error::NotFound(Thing::Credential))?;
    app.store.set_credential_status(credential.id, status, None).await?;
    Ok(())
}

/// Whether a credential may be used now, whatever is remembered of it.
///
/// # Errors
/// [`Error::Refused`] when it may not.
pub async fn check_status(app: &App, id: CredentialId) -> Result<(), Error> {
    match app.reader.credential_status(id).await? {
        Some(CredentialStatus::Active) => Ok(()),
        Some(CredentialStatus::Disabled) => Err(Refusal::CredentialDisabled.into()),
        None => Err(Refusal::NoCredential.into()),
    }
}

/// The credential with its chain parsed, from memory when it was used before. Whether it may be used is
/// asked every time: who disables one means now.
///
/// # Errors
/// [`Error::Refused`] when it is disabled or its certificate cannot be used.
pub async fn ready(app: &App, id: CredentialId) -> Result<Arc<ReadyCredential>, Error> {
    check_status(app, id).await?;
    if let Some(ready) = app.credentials.known(id) {
        return Ok(ready);
    }
    let credential =
        app.reader.credential(id).await?.ok_or(Error::Refused(Refusal::NoCredential))?;
    made_ready(app, credential)
}

/// A credential with its chain parsed, remembered; whether it may be used is not asked.
///
/// # Errors
/// [`Error::Refused`] when its certificate cannot be used.
pub(super) fn made_ready(app: &App, credential: Credential) -> Result<Arc<ReadyCredential>, Error> {
    if let Some(ready) = app.credentials.known(credential.id) {
        return Ok(ready);
    }
    let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice))
        .map_err(|error| Refusal::CertificateUnusable { reason: error.to_string() })?;
    let key = KeyRef {
        backend: credential.backend.clone(),
        certificate: Arc::new(chain.signing().clone()),
    };
    let signer = Signer::new(&chain);
    let ready = Arc::new(ReadyCredential { credential, chain: Arc::new(chain), key, signer });
    app.credentials.remember(&ready);
    Ok(ready)
}

/// Every credential that may be used, with its chain parsed. One whose certificate cannot be used is left
/// out.
///
/// # Errors
/// When the database cannot be asked.
pub(super) async fn active(app: &App) -> Result<Vec<Arc<ReadyCredential>>, Error> {
    let all = app.reader.credentials().await?;
    let active = all.into_iter().filter(|it| it.status == CredentialStatus::Active);
    Ok(active.filter_map(|credential| made_ready(app, credential).ok()).collect())
}

/// The chain of a credential, whatever its status: what was sealed with it stays so.
///
/// # Errors
/// [`Error::NotFound`] when it is gone.
pub async fn chain(app: &App, id: CredentialId) -> Result<Arc<Chain>, Error> {
    if let Some(ready) = app.credentials.known(id) {
        return Ok(Arc::clone(&ready.chain));
    }
    let credential = app.reader.credential(id).await?.ok_or(Error::NotFound(Thing::Credential))?;
    let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice));
    Ok(Arc::new(chain.map_err(|error| Error::Internal(Box::new(error)))?))
}

/// What the calendar of algorithms has against a chain.
#[must_use]
pub fn bewares(calendar: &Calendar, chain: &Chain, signs: SignatureAlgorithm) -> Vec<String> {
    let (signing, mut all) = (chain.signing(), Vec::new());
    let key = signing.key_kind().label();
    if !calendar.key(signing.key_kind(), Owner::Signer).named {
        all.push(format!("{key} is not in the calendar of algorithms ({})", calendar.name()));
    }
    if let Some(issued) = calendar.issued_too_late(signing) {
        all.push(format!(
            "certificates for {key} were to be issued until {} ({})",
            issued.last_day(),
            issued.source
        ));
    }
    if let Some(ending) = calendar.chain(chain, signs)
        && ending.until < ends_first(chain).not_after()
    {
        all.push(format!(
            "{} is accepted until {} ({}), the certificate is valid longer",
            ending.what,
            ending.last_day(),
            ending.source
        ));
    }
    all
}

/// What is said of a key that does not sign with the usual algorithm of its kind.
#[must_use]
pub fn only_with(signing: &Certificate, signs: SignatureAlgorithm) -> Option<String> {
    let usual = signing.default_signature();
    (signs != usual).then(|| format!(" with {}, not with {}", signs.setting(), usual.setting()))
}
