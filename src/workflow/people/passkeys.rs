//! Passkeys (WebAuthn): added, used in place of password and code, as the second step and before what is sensitive,
//! removed. What a browser answers is judged by the library; what is beyond it is judged here: whose the passkey is,
//! that its counter goes forward, and that it stays of one kind.

use passki::{
    AuthenticationCredential, AuthenticationOptions, Passki, PasskiError, RegistrationCredential,
    RegistrationOptions, ResidentKeyRequirement, StoredPasskey, UserVerificationRequirement,
};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use super::challenges::{self, AskedFor};
use super::sessions::{self, EnteredPerson, PersonStay, Stay};
use super::sign_in::{self, SignInProblem};
use super::{Doer, second_factor};
use crate::app::App;
use crate::domain::audit::{Actor, AuditAction};
use crate::domain::ids::{PersonCredentialId, PersonId, SessionId};
use crate::domain::person::{Person, PersonStatus};
use crate::domain::session::{PersonSession, SessionStage};
use crate::store;
use crate::store::people::{KeptPasskey, NewSession, PasskeyUse};
use crate::workflow::Error;

/// Most passkeys of one person.
pub const PASSKEYS_AT_MOST: usize = 20;

/// Most characters of what a passkey is called.
pub const NAME_CHARS: usize = 60;

/// What authenticators show the service as.
const SERVICE: &str = "Chancery";

/// A browser asks for so long.
const PATIENCE_MS: u64 = 300_000;

/// Where flags are in what an authenticator signs, and the one that says whether a passkey may be copied to other
/// devices (WebAuthn 6.1).
const FLAGS: usize = 32;
const COPIED_MAY_BE: u8 = 0x08;
const COPIED_IS: u8 = 0x10;

/// What a browser is asked for.
pub struct AskedPasskey {
    /// For the script: the options of `navigator.credentials`, as JSON.
    pub options: String,
    /// For the form that comes back.
    pub pending: String,
}

/// Why a passkey was not added.
#[derive(Debug)]
pub enum PasskeyProblem {
    /// What the browser sent is not what was asked for, or was asked for too long ago.
    Wrong,
    /// It needs a name, of at most [`NAME_CHARS`] characters.
    Name,
    /// Somebody has it already.
    Known,
    /// There are [`PASSKEYS_AT_MOST`].
    Many,
    /// Not the person's cause.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for PasskeyProblem {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether browsers take passkeys here: they need a name in the address, not a number.
#[must_use]
pub fn are_possible(app: &App) -> bool {
    service(app).is_some()
}

/// Asks for a new passkey. Those that the person has are named, so that no device holds two.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`].
pub async fn ask_new(app: &App, who: &PersonStay) -> Result<Option<AskedPasskey>, Error> {
    let Some(service) = service(app) else { return Ok(None) };
    let person = &who.person;
    let known = stored(&app.reader.passkeys_of(person.id).await?)?;
    let mut options = RegistrationOptions::default();
    options.timeout = PATIENCE_MS;
    options.resident_key = ResidentKeyRequirement::Required;
    options.user_verification = UserVerificationRequirement::Required;
    options.exclude_credentials = Some(&known);
    let handle = user_handle(app, person.id);
    let asked =
        service.start_passkey_registration(&handle, person.address.as_str(), &person.name, options);
    let (mut asked, _) = asked.map_err(Error::internal)?;
    let (challenge, pending) = challenges::ask(app, AskedFor::Adding(who))?;
    // One source of randomness for everything.
    asked.challenge = Passki::base64_encode(&challenge.octets);
    let options = serde_json::to_string(&asked).map_err(Error::internal)?;
    Ok(Some(AskedPasskey { options, pending }))
}

/// Asks for a passkey: any one of this service when somebody signs in, else one of the person's. `None` when there is
/// none to ask for.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`].
pub async fn ask(app: &App, what: AskedFor<'_>) -> Result<Option<AskedPasskey>, Error> {
    let Some(service) = service(app) else { return Ok(None) };
    let known = match what {
        AskedFor::SignIn(_) => Vec::new(),
        AskedFor::Adding(who) | AskedFor::SecondStep(who) | AskedFor::Proof(who) => {
            let known = stored(&app.reader.passkeys_of(who.person.id).await?)?;
            if known.is_empty() {
                return Ok(None);
            }
            known
        }
    };
    let mut options = AuthenticationOptions::default();
    options.timeout = PATIENCE_MS;
    options.user_verification = UserVerificationRequirement::Required;
    let asked = service.start_passkey_authentication(&known, options);
    let (mut asked, _) = asked.map_err(Error::internal)?;
    let (challenge, pending) = challenges::ask(app, what)?;
    asked.challenge = Passki::base64_encode(&challenge.octets);
    let options = serde_json::to_string(&asked).map_err(Error::internal)?;
    Ok(Some(AskedPasskey { options, pending }))
}

/// A passkey as a form brings it.
pub struct ShownPasskey<'a> {
    pub pending: &'a str,
    /// What the browser answered, as JSON.
    pub credential: &'a str,
}

/// Adds a passkey under a name. Returns recovery codes for who had none; they are never shown again.
///
/// # Errors
/// [`PasskeyProblem`].
pub async fn add(
    app: &App,
    who: &PersonStay,
    shown: &ShownPasskey<'_>,
    name: &str,
    doer: &Doer,
) -> Result<Vec<String>, PasskeyProblem> {
    let person = &who.person;
    let name = name.trim();
    let (service, challenge) = service(app)
        .zip(challenges::asked(app, AskedFor::Adding(who), shown.pending))
        .ok_or(PasskeyProblem::Wrong)?;
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(char::is_control) {
        return Err(PasskeyProblem::Name);
    }
    if app.reader.passkeys_of(person.id).await?.len() >= PASSKEYS_AT_MOST {
        return Err(PasskeyProblem::Many);
    }
    let answer: RegistrationCredential =
        serde_json::from_str(shown.credential).map_err(|_| PasskeyProblem::Wrong)?;
    let mut options = RegistrationOptions::default();
    options.user_verification = UserVerificationRequirement::Required;
    let handle = user_handle(app, person.id);
    let asked =
        service.start_passkey_registration(&handle, person.address.as_str(), &person.name, options);
    let (_, mut state) = asked.map_err(Error::internal)?;
    state.challenge = challenge.octets.to_vec();
    let registered = service.finish_passkey_registration(&answer, &state).map_err(|problem| {
        tracing::warn!(person = %person.id, %problem, "a new passkey was not taken");
        PasskeyProblem::Wrong
    })?;
    let passkey = KeptPasskey {
        id: PersonCredentialId::from_i64(app.random_id()?),
        person: person.id,
        handle: registered.credential_id.clone(),
        name: name.to_owned(),
        value: serde_json::to_vec(&registered).map_err(Error::internal)?,
        counter: registered.counter.into(),
        created: app.now(),
        seen: None,
    };
    let kept = app.reader.person_credentials(person.id).await?;
    let (codes, recovery) = if second_factor::state(&kept).recovery_codes == 0 {
        second_factor::recovery_codes(app, person.id)?
    } else {
        (Vec::new(), Vec::new())
    };
    let entry = doer.entry(app, AuditAction::PasskeyAdded, person.id, name.to_owned())?;
    match app.store.add_passkey(&passkey, &recovery, &challenge.answered(), &entry).await {
        Ok(true) => Ok(codes),
        // The form came twice: the first one added it.
        Ok(false) => Ok(Vec::new()),
        Err(store::Error::Exists { .. }) => Err(PasskeyProblem::Known),
        Err(error) => Err(error.into()),
    }
}

/// Why a passkey was not removed.
#[derive(Debug)]
pub enum RemovalProblem {
    /// It is the last second step of somebody who needs one.
    Last,
    /// Not the person's cause, or there is no such passkey.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for RemovalProblem {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Removes a passkey; the person's other sessions end. Whoever needs a second step keeps one.
///
/// # Errors
/// [`RemovalProblem`].
pub async fn remove(
    app: &App,
    who: &PersonStay,
    passkey: &KeptPasskey,
    doer: &Doer,
) -> Result<(), RemovalProblem> {
    let id = who.person.id;
    let state = second_factor::state(&app.reader.person_credentials(id).await?);
    if app.people.config.second_factor && !state.has_app && state.passkeys <= 1 {
        return Err(RemovalProblem::Last);
    }
    let entry = doer.entry(app, AuditAction::PasskeyRemoved, id, passkey.name.clone())?;
    app.store.remove_passkey((id, who.session.id), passkey.id, &entry).await?;
    Ok(())
}

/// Lets somebody in who shows a passkey: it stands for password and code.
///
/// # Errors
/// [`SignInProblem`]. Unknown passkeys, removed ones and those of people who may not sign in look the same.
pub async fn sign_in(
    app: &App,
    browser: &str,
    shown: &ShownPasskey<'_>,
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let right = shows(app, AskedFor::SignIn(browser), shown, stay).await?;
    enter(app, &right, (AuditAction::SignedIn, None), stay).await
}

/// Lets a person in who owes the second step and shows a passkey.
///
/// # Errors
/// [`SignInProblem`].
pub async fn second_step(
    app: &App,
    who: &PersonStay,
    shown: &ShownPasskey<'_>,
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let right = shows(app, AskedFor::SecondStep(who), shown, stay).await?;
    enter(app, &right, (AuditAction::SignedIn, Some(&who.session)), stay).await
}

/// Lets a person show again who it is by a passkey alone. The session ends when it would have ended.
///
/// # Errors
/// [`SignInProblem`].
pub async fn prove(
    app: &App,
    who: &PersonStay,
    shown: &ShownPasskey<'_>,
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let right = shows(app, AskedFor::Proof(who), shown, stay).await?;
    enter(app, &right, (AuditAction::Proved, Some(&who.session)), stay).await
}

/// A passkey that was shown rightly.
struct RightPasskey {
    person: PersonId,
    name: String,
    used: PasskeyUse,
    answered: store::people::AnsweredChallenge,
}

/// Opens the session of who showed a passkey.
async fn enter(
    app: &App,
    right: &RightPasskey,
    (action, before): (AuditAction, Option<&PersonSession>),
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let (token, new) = sessions::new(app, right.person, SessionStage::Whole, stay)?;
    let session = match (action, before) {
        // Showing again who one is makes no session longer.
        (AuditAction::Proved, Some(before)) => NewSession {
            session: PersonSession { created: before.created, ends: before.ends, ..new.session },
            ..new
        },
        _ => new,
    };
    let instead_of: Option<SessionId> = before.map(|session| session.id);
    let doer = Doer { actor: Actor::Person(right.person), address: Some(stay.address) };
    let entry = doer.entry(app, action, right.person, format!("by passkey: {}", right.name))?;
    let opened = app
        .store
        .open_session_by_passkey(&right.used, &right.answered, (&session, instead_of), &entry)
        .await?;
    // Somebody else answered this challenge, or used this passkey, in the same moment.
    if !opened {
        return Err(SignInProblem::Wrong);
    }
    Ok(EnteredPerson { token, stage: SessionStage::Whole })
}

/// Whether a passkey is shown rightly: one of this person's, where somebody is signed in. Whoever fails waits.
async fn shows(
    app: &App,
    what: AskedFor<'_>,
    shown: &ShownPasskey<'_>,
    stay: &Stay,
) -> Result<RightPasskey, SignInProblem> {
    let owner = match what {
        AskedFor::SignIn(_) => None,
        AskedFor::Adding(who) | AskedFor::SecondStep(who) | AskedFor::Proof(who) => {
            Some(who.person.id)
        }
    };
    let answer: Option<AuthenticationCredential> = serde_json::from_str(shown.credential).ok();
    let handle = answer.as_ref().and_then(|it| Passki::base64_decode(&it.raw_id).ok());
    let kept = match &handle {
        Some(handle) => app.reader.passkey(handle).await?,
        None => None,
    };
    let kept = kept.filter(|kept| owner.is_none_or(|owner| owner == kept.person));
    // No mail address has a blank.
    let name = match owner.or(kept.as_ref().map(|kept| kept.person)) {
        Some(person) => format!("passkey of {person}"),
        None => "passkey of nobody".to_owned(),
    };
    sign_in::may_try(app, &name, stay)?;
    let person = match &kept {
        Some(kept) => app.reader.person(kept.person).await?,
        None => None,
    };
    let person = person.filter(|person| person.status == PersonStatus::Active);
    let judged = match (answer, kept, &person) {
        (Some(answer), Some(kept), Some(person)) => {
            judge(app, (what, shown.pending), &answer, (&kept, person))
        }
        _ => Err(Refused::Unknown),
    };
    match judged {
        Ok(right) => {
            app.people.sign_ins.succeeded(&name, stay.address, app.now());
            Ok(right)
        }
        Err(refused) => {
            tracing::warn!(address = %stay.address, %refused, "a passkey was not taken");
            let of = person.map_or(PersonId::from_i64(0), |person| person.id);
            if let (Refused::Counter { .. }, true) = (&refused, of.as_i64() != 0) {
                let doer = Doer { actor: Actor::Stranger, address: Some(stay.address) };
                let entry =
                    doer.entry(app, AuditAction::PasskeyRefused, of, refused.to_string())?;
                app.store.record_audit(&entry).await?;
            }
            let action = match what {
                AskedFor::SecondStep(_) => AuditAction::SecondFactorFailed,
                AskedFor::Proof(_) => AuditAction::ProofFailed,
                AskedFor::SignIn(_) | AskedFor::Adding(_) => AuditAction::SignInFailed,
            };
            sign_in::note_failure(app, &name, (of, action), stay).await?;
            Err(SignInProblem::Wrong)
        }
    }
}

/// Why a passkey is not taken; for log and audit record.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("nobody who may sign in has it, or what was sent is none")]
    Unknown,
    #[error("the challenge was not asked here, or too long ago")]
    Challenge,
    #[error("it is not of the person it says")]
    Owner,
    #[error("its counter went from {before} to {now}: it may have been copied")]
    Counter { before: i64, now: i64 },
    #[error("whether it may be copied to other devices has changed")]
    Copied,
    #[error("{0}")]
    Library(#[from] PasskiError),
    #[error("what is kept of it cannot be read")]
    Kept(#[from] serde_json::Error),
}

fn judge(
    app: &App,
    (what, pending): (AskedFor<'_>, &str),
    answer: &AuthenticationCredential,
    (kept, person): (&KeptPasskey, &Person),
) -> Result<RightPasskey, Refused> {
    let service = service(app).ok_or(Refused::Unknown)?;
    let challenge = challenges::asked(app, what, pending).ok_or(Refused::Challenge)?;
    let mut known: StoredPasskey = serde_json::from_slice(&kept.value)?;
    // The library looks at the counter before the signature: whoever has no key could have one noted as copied. The
    // counter is looked at below.
    known.counter = 0;
    let mut options = AuthenticationOptions::default();
    options.user_verification = UserVerificationRequirement::Required;
    let (_, mut state) =
        service.start_passkey_authentication(std::slice::from_ref(&known), options)?;
    state.challenge = challenge.octets.to_vec();
    let right = service.finish_passkey_authentication(answer, &state, &known)?;
    // WebAuthn 7.2, step 6: whoever was not known before has to be named, and is the one whose passkey it is.
    let named = right.user_handle.as_deref();
    let handle = user_handle(app, person.id);
    let is_owner = named.map(|named| bool::from(named.ct_eq(&handle)));
    if !is_owner.unwrap_or(!matches!(what, AskedFor::SignIn(_))) {
        return Err(Refused::Owner);
    }
    let signed = Passki::base64_decode(&answer.response.authenticator_data)?;
    let flags = signed.get(FLAGS).copied().unwrap_or_default();
    if (flags & COPIED_MAY_BE != 0) != known.be {
        return Err(Refused::Copied);
    }
    let counter = i64::from(right.counter);
    if counter <= kept.counter && (counter, kept.counter) != (0, 0) {
        return Err(Refused::Counter { before: kept.counter, now: counter });
    }
    known.counter = right.counter;
    known.bs = flags & COPIED_IS != 0;
    let value = serde_json::to_vec(&known)?;
    Ok(RightPasskey {
        person: person.id,
        name: kept.name.clone(),
        used: PasskeyUse { id: kept.id, value, counter },
        answered: challenge.answered(),
    })
}

/// Whether a passkey is on one device alone, as it said last.
#[must_use]
pub fn is_copied(passkey: &KeptPasskey) -> bool {
    let kept: Option<Value> = serde_json::from_slice(&passkey.value).ok();
    kept.and_then(|kept| kept.get("bs")?.as_bool()).unwrap_or_default()
}

fn stored(kept: &[KeptPasskey]) -> Result<Vec<StoredPasskey>, Error> {
    let read = |passkey: &KeptPasskey| serde_json::from_slice(&passkey.value);
    kept.iter().map(read).collect::<Result<_, _>>().map_err(Error::internal)
}

/// The service as browsers know it: by the host of its public address, unless that is a number (WebAuthn 5.1.2).
fn service(app: &App) -> Option<Passki> {
    let (scheme, behind) = app.issuer.split_once("://")?;
    let authority = behind.split('/').next()?.to_ascii_lowercase();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority.as_str(), None),
    };
    if host.is_empty() || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok() {
        return None;
    }
    let usual = if scheme == "https" { "443" } else { "80" };
    let origin = match port.filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    Some(Passki::new(host, &[origin], SERVICE))
}

/// What authenticators know a person by: it says nothing to others.
fn user_handle(app: &App, person: PersonId) -> [u8; 32] {
    app.people.passkey_key.hmac_sha256(&person.as_i64().to_be_bytes())
}
