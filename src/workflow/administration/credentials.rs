//! Credentials as people meet them: what their certificates say and how long they hold, whether their keys sign; tried,
//! disabled, asked for anew, and renewed by two people: one proposes a certificate, another one confirms it.

use std::sync::Arc;

use super::ChangingPerson;
use crate::app::App;
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject, WrittenReason};
use crate::domain::client_service::Alias;
use crate::domain::credential::{Credential, CredentialStatus};
use crate::domain::ids::{ClientServiceId, CredentialId, PersonId, RenewalId};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::person::{Permission, PersonStatus};
use crate::domain::profile::SignatureAlgorithm;
use crate::domain::renewal::{CredentialRenewal, RenewalState};
use crate::domain::sources::sources;
use crate::domain::usage::AccessGrant;
use crate::keys::KeyRef;
use crate::pki::certificate::Chain;
use crate::pki::path::{self, ends_first};
use crate::pki::public_key::PublicKey;
use crate::store;
use crate::workflow::acts::Acted;
use crate::workflow::readiness::{self, KeyState};
use crate::workflow::{Error, Thing, credentials};

/// Entries of the audit record that a sheet has.
const ENTRIES: u32 = 20;

/// Renewals that a sheet has.
const RENEWALS: u32 = 20;

/// What a chain of certificates says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainFacts {
    pub subject: String,
    pub issuer: String,
    /// Decimal.
    pub serial: String,
    /// Of the key.
    pub kind: String,
    pub ends: Instant,
    /// The subject of the certificate of the chain that ends first, and when.
    pub first_end: (String, Instant),
}

impl ChainFacts {
    pub(super) fn of(chain: &Chain) -> Self {
        let (signing, first) = (chain.signing(), ends_first(chain));
        Self {
            subject: signing.subject(),
            issuer: signing.issuer(),
            serial: signing.serial_decimal(),
            kind: signing.key_kind().label(),
            ends: signing.not_after(),
            first_end: (first.subject(), first.not_after()),
        }
    }

    /// Whole days until the first certificate ends; 0 when one has.
    #[must_use]
    pub const fn days_left(&self, now: Instant) -> u64 {
        let left = self.first_end.1.unix_ms().saturating_sub(now.unix_ms());
        if left > 0 { left.unsigned_abs() / DAY_MS.unsigned_abs() } else { 0 }
    }
}

/// A credential in a list.
pub struct CredentialLine {
    pub credential: Credential,
    /// `None` when its certificates cannot be read.
    pub facts: Option<ChainFacts>,
    /// Whether its key signs, as far as this process knows.
    pub key: KeyState,
    /// How many client services seal with it.
    pub services: usize,
}

/// One credential, as a whole.
pub struct CredentialSheet {
    pub credential: Credential,
    pub facts: Option<ChainFacts>,
    /// What the calendar of algorithms has against it, in English.
    pub calendar: Vec<String>,
    pub key: KeyState,
    /// Why its key does not sign, in the words of who was asked.
    pub key_words: String,
    /// Number and alias of those that seal with it.
    pub services: Vec<(ClientServiceId, String)>,
    /// What the authority permits, and how much of it is used.
    pub grant: Option<(AccessGrant, u64)>,
    /// The newest first.
    pub renewals: Vec<(CredentialRenewal, Option<ChainFacts>)>,
    /// The newest first.
    pub entries: Vec<AuditEntry>,
}

/// Why a certificate was not proposed, or not activated.
#[derive(Debug, thiserror::Error)]
pub enum RenewalProblem {
    /// The text has no certificates that make a chain.
    #[error("no chain of certificates can be made of this: {0}")]
    Unreadable(String),
    /// It is the chain that is there.
    #[error("these are the certificates that seal already")]
    Same,
    /// The name cannot be, or is taken.
    #[error("the name cannot be used")]
    Alias,
    /// Another proposal waits.
    #[error("another proposal waits")]
    Waiting,
    /// It was confirmed, refused or taken back before.
    #[error("it does not wait any more")]
    Over,
    /// Who proposed it is who wants to confirm it.
    #[error("somebody else has to confirm it")]
    Own,
    /// Not the caller's cause, or there is no such thing.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<store::Error> for RenewalProblem {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Every credential, by name.
///
/// # Errors
/// From the database.
pub async fn list(app: &App) -> Result<Vec<CredentialLine>, Error> {
    let services = app.reader.client_services().await?;
    let mut all = app.reader.credentials().await?;
    all.sort_by_cached_key(|it| it.alias.to_lowercase());
    let line = |credential: Credential| {
        let chain = read(&credential);
        CredentialLine {
            facts: chain.as_ref().map(ChainFacts::of),
            key: chain.map_or(KeyState::Failing, |chain| key_state(app, &credential, &chain).0),
            services: services.iter().filter(|it| it.credential == Some(credential.id)).count(),
            credential,
        }
    };
    Ok(all.into_iter().map(line).collect())
}

/// The credential of that name.
///
/// # Errors
/// [`Error::NotFound`]; from the database.
pub async fn find(app: &App, alias: &str) -> Result<Credential, Error> {
    app.reader.credential_by_alias(alias).await?.ok_or(Error::NotFound(Thing::Credential))
}

/// One credential, as a whole.
///
/// # Errors
/// [`Error::NotFound`]; from the database.
pub async fn sheet(app: &App, alias: &str) -> Result<CredentialSheet, Error> {
    let credential = find(app, alias).await?;
    let chain = read(&credential);
    let (key, key_words) = match &chain {
        Some(chain) => key_state(app, &credential, chain),
        None => (KeyState::Failing, String::new()),
    };
    let calendar = chain.as_ref().map(|chain| {
        credentials::bewares(&app.calendar, chain, chain.signing().default_signature())
    });
    let services = app.reader.client_services().await?.into_iter();
    let services = services.filter(|it| it.credential == Some(credential.id));
    let renewals = app.reader.renewals_of(credential.id, RENEWALS).await?;
    let renewals = renewals.into_iter().map(|renewal| {
        let facts = chain_of(&renewal.chain_der).as_ref().map(ChainFacts::of);
        (renewal, facts)
    });
    let grants = app.reports.access_grants().await?;
    let grant = match grants.into_iter().find(|(id, _)| *id == credential.id) {
        None => None,
        Some((id, grant)) => {
            let used = app.reports.sealed_with_credential(id, grant.granted).await?;
            Some((grant, used))
        }
    };
    Ok(CredentialSheet {
        grant,
        facts: chain.as_ref().map(ChainFacts::of),
        calendar: calendar.unwrap_or_default(),
        key,
        key_words,
        services: services.map(|it| (it.id, it.alias.as_str().to_owned())).collect(),
        renewals: renewals.collect(),
        entries: app.reader.audit_about(AuditSubject::Credential(credential.id), ENTRIES).await?,
        credential,
    })
}

fn read(credential: &Credential) -> Option<Chain> {
    chain_of(&credential.chain_der)
}

pub(super) fn chain_of(ders: &[Vec<u8>]) -> Option<Chain> {
    Chain::from_ders(ders.iter().map(Vec::as_slice)).ok()
}

fn key_of(credential: &Credential, chain: &Chain) -> KeyRef {
    let certificate = Arc::new(chain.signing().clone());
    KeyRef { backend: credential.backend.clone(), certificate }
}

/// Whether a key signs, and why it does not.
fn key_state(app: &App, credential: &Credential, chain: &Chain) -> (KeyState, String) {
    let (state, proof) = readiness::state_of(app, &key_of(credential, chain));
    (state, proof.failing.map(|failing| failing.words).unwrap_or_default())
}

/// Lets the key of a credential sign something that means nothing; says with which algorithm it did.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Refused`] and [`Error::Unavailable`] when it did not; from the database.
pub async fn try_key(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
) -> Result<SignatureAlgorithm, Error> {
    let chain = read(credential).ok_or(Error::NotFound(Thing::Credential))?;
    let tried = credentials::prove(app, &key_of(credential, &chain)).await;
    let detail = match &tried {
        Ok(signs) => format!("{}: {}", credential.alias, signs.as_str()),
        Err(error) => {
            format!("{}: {}", credential.alias, sources(error))
        }
    };
    let about = AuditSubject::Credential(credential.id);
    let entry = doer.entry(app, AuditAction::CredentialTried, about, detail);
    app.store.record_deed(&entry).await?;
    tried
}

/// Disables a credential, or allows it again; from now on, for every process.
///
/// # Errors
/// From the database.
pub async fn set_status(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
    status: CredentialStatus,
    reason: &WrittenReason,
) -> Result<Acted<()>, Error> {
    let action = match status {
        CredentialStatus::Active => AuditAction::CredentialEnabled,
        CredentialStatus::Disabled => AuditAction::CredentialDisabled,
    };
    let detail = format!("{}: {}", credential.alias, reason.as_str());
    let entry = doer.entry(app, action, AuditSubject::Credential(credential.id), detail);
    let done = app.store.set_credential_status(credential.id, status, Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}

/// Writes down what the authority permits from now on: until when, and for how many signatures.
///
/// # Errors
/// From the database.
pub async fn grant(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
    (until, signatures): (Instant, u64),
) -> Result<Acted<()>, Error> {
    let grant = AccessGrant { granted: app.now(), expires: until, signatures };
    let until = until.to_xs_date_time();
    let detail = format!("{}: until {until}, signatures: {signatures}", credential.alias);
    let about = AuditSubject::Credential(credential.id);
    let entry = doer.entry(app, AuditAction::CredentialGranted, about, detail);
    let done = app.store.set_access_grant(credential.id, &grant, Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}

/// A certification request (PEM) for the key of a credential, signed by it.
///
/// # Errors
/// [`Error::Refused`] when the subject is none or the key never signs, [`Error::Unavailable`] when it does not now; from
/// the database.
pub async fn request(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
    subject: &str,
) -> Result<String, Error> {
    let chain = read(credential).ok_or(Error::NotFound(Thing::Credential))?;
    let public = Arc::new(PublicKey::of(chain.signing()));
    let made = credentials::request(&app.keyring, (&credential.backend, &public), subject).await?;
    let detail = format!("{}: {subject}", credential.alias);
    let about = AuditSubject::Credential(credential.id);
    let entry = doer.entry(app, AuditAction::CredentialRequested, about, detail);
    app.store.record_deed(&entry).await?;
    Ok(made)
}

/// Proposes renewed certificates in place of those of a credential: under a name of their own, with a key of the same
/// back-end, which signs a trial. Nothing seals with them until somebody else confirms it.
///
/// # Errors
/// [`RenewalProblem`].
pub async fn propose(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
    (alias, file): (&str, &[u8]),
) -> Result<Acted<RenewalId>, RenewalProblem> {
    let alias = Alias::parse(alias.trim()).map_err(|_| RenewalProblem::Alias)?;
    let chain = path::of_file(file, app.now());
    let chain = chain.map_err(|error| RenewalProblem::Unreadable(sources(&error)))?;
    let renewal = CredentialRenewal {
        id: RenewalId::from_i64(app.next_id()),
        credential: credential.id,
        alias: alias.as_str().to_owned(),
        chain_der: chain.certificates().map(|it| it.der().to_vec()).collect(),
        state: RenewalState::Open,
        proposed_by: doer.person,
        proposed: app.now(),
        decided_by: None,
        decided: None,
    };
    if renewal.chain_der == credential.chain_der {
        return Err(RenewalProblem::Same);
    }
    if app.reader.credential_by_alias(alias.as_str()).await?.is_some() {
        return Err(RenewalProblem::Alias);
    }
    credentials::check_new(app, &credential.backend, &chain).await?;
    let subject = chain.signing().subject();
    let detail = format!("{} by {}: {subject}", credential.alias, renewal.alias);
    let about = AuditSubject::Credential(credential.id);
    let entry = doer.entry(app, AuditAction::RenewalProposed, about, detail);
    match app.store.propose_renewal(&renewal, &entry).await {
        Ok(true) => Ok(Acted::Done(renewal.id)),
        Ok(false) => Ok(Acted::Before),
        Err(store::Error::Exists { .. }) => Err(RenewalProblem::Waiting),
        Err(error) => Err(error.into()),
    }
}

/// Confirms what somebody else proposed: the certificates become a credential, and what sealed with the one before seals
/// with it from now on. What was accepted before keeps the one before, which stays as it is.
///
/// # Errors
/// [`RenewalProblem`].
pub async fn confirm(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
    id: RenewalId,
) -> Result<Acted<String>, RenewalProblem> {
    let renewal = open_renewal(app, credential, id).await?;
    if renewal.proposed_by == doer.person {
        return Err(RenewalProblem::Own);
    }
    let chain = chain_of(&renewal.chain_der);
    let chain = chain.ok_or(Error::NotFound(Thing::Credential))?;
    // What held when it was proposed may not any more.
    credentials::check_new(app, &credential.backend, &chain).await?;
    let new = Credential {
        id: CredentialId::from_i64(app.next_id()),
        alias: renewal.alias.clone(),
        backend: credential.backend.clone(),
        chain_der: renewal.chain_der.clone(),
        status: CredentialStatus::Active,
        created: app.now(),
    };
    let detail = format!("{} by {}", credential.alias, renewal.alias);
    let about = AuditSubject::Credential(credential.id);
    let entry = doer.entry(app, AuditAction::RenewalConfirmed, about, detail);
    let decided = (doer.person, app.now());
    match app.store.confirm_renewal(&renewal, decided, &new, &entry).await {
        Ok(Some(true)) => Ok(Acted::Done(new.alias)),
        Ok(Some(false)) => Err(RenewalProblem::Over),
        Ok(None) => Ok(Acted::Before),
        Err(store::Error::Exists { .. }) => Err(RenewalProblem::Alias),
        Err(error) => Err(error.into()),
    }
}

/// Refuses what somebody proposed, or takes back what one proposed oneself.
///
/// # Errors
/// [`RenewalProblem`].
pub async fn refuse(
    app: &App,
    doer: ChangingPerson<'_>,
    credential: &Credential,
    id: RenewalId,
) -> Result<Acted<()>, RenewalProblem> {
    let renewal = open_renewal(app, credential, id).await?;
    let detail = format!("{} by {}", credential.alias, renewal.alias);
    let about = AuditSubject::Credential(credential.id);
    let entry = doer.entry(app, AuditAction::RenewalRefused, about, detail);
    match app.store.refuse_renewal(&renewal, (doer.person, app.now()), &entry).await? {
        Some(true) => Ok(Acted::Done(())),
        Some(false) => Err(RenewalProblem::Over),
        None => Ok(Acted::Before),
    }
}

async fn open_renewal(
    app: &App,
    credential: &Credential,
    id: RenewalId,
) -> Result<CredentialRenewal, RenewalProblem> {
    let found = app.reader.renewal(id).await?.filter(|it| it.credential == credential.id);
    Ok(found.ok_or(Error::NotFound(Thing::Credential))?)
}

/// Whether somebody but this person is there to confirm what it proposes.
///
/// # Errors
/// From the database.
pub async fn has_second(app: &App, person: PersonId) -> Result<bool, Error> {
    let everybody = app.reader.people().await?;
    Ok(everybody.iter().any(|it| {
        it.id != person
            && it.status == PersonStatus::Active
            && it.may(Permission::ManageCredentials)
    }))
}
