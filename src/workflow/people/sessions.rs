//! Sessions: opened, found by their tokens, ended. Of a token only the hash is kept; what a form carries is made from
//! it, so that no form is good in another session.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::Doer;
use crate::app::{App, RandomFailed};
use crate::domain::audit::AuditAction;
use crate::domain::ids::{PersonId, SessionId};
use crate::domain::person::{Person, PersonStatus};
use crate::domain::session::{PersonSession, SessionStage};
use crate::pki::digest::sha256;
use crate::store::people::NewSession;
use crate::workflow::Error;

/// So long a person has for the second step.
const HALF_MS: i64 = 10 * 60_000;

/// When something was asked for last is remembered no more often than that.
const NOTED_MS: i64 = 60_000;

/// Characters of what a browser says of itself that are kept.
const AGENT_CHARS: usize = 200;

/// Where a session is begun.
#[derive(Clone, Debug)]
pub struct Stay {
    pub address: IpAddr,
    /// What the browser says of itself.
    pub agent: String,
}

/// Somebody who was let in, or half in.
pub struct EnteredPerson {
    /// What the browser shows from now on.
    pub token: SecretString,
    pub stage: SessionStage,
}

/// Somebody in a session that is not over.
#[derive(Clone, Debug)]
pub struct PersonStay {
    pub session: PersonSession,
    pub person: Person,
}

impl PersonStay {
    /// Whether the person showed a moment ago who it is.
    #[must_use]
    pub fn is_proved(&self, app: &App) -> bool {
        app.now() < self.session.proved.plus_ms(app.people.config.proof_ms)
    }
}

/// A session that is not on disk yet, and its token.
pub(super) fn new(
    app: &App,
    person: PersonId,
    stage: SessionStage,
    stay: &Stay,
) -> Result<(SecretString, NewSession), RandomFailed> {
    let token = URL_SAFE_NO_PAD.encode(app.random.octets::<32>()?);
    let now = app.now();
    let life_ms = match stage {
        SessionStage::Half => HALF_MS.min(app.people.config.session_ms),
        SessionStage::Whole => app.people.config.session_ms,
    };
    let printable = |c: &char| !c.is_control();
    let session = PersonSession {
        id: SessionId::from_i64(app.random_id()?),
        person,
        stage,
        created: now,
        seen: now,
        proved: now,
        ends: now.plus_ms(life_ms),
        address: stay.address.to_string(),
        agent: stay.agent.chars().filter(printable).take(AGENT_CHARS).collect(),
    };
    let token_sha256 = sha256(token.as_bytes());
    Ok((SecretString::from(token), NewSession { session, token_sha256 }))
}

/// Who shows a token; `None` when the session is over, or never was. That it was asked for is remembered.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn current(app: &App, token: &SecretString) -> Result<Option<PersonStay>, Error> {
    let now = app.now();
    let idle_ms = app.people.config.idle_ms;
    let session = app.reader.session(sha256(token.expose_secret().as_bytes())).await?;
    let Some(session) = session.filter(|it| !it.is_over(now, idle_ms)) else { return Ok(None) };
    let person = app.reader.person(session.person).await?;
    let Some(person) = person.filter(|it| it.status == PersonStatus::Active) else {
        return Ok(None);
    };
    if now >= session.seen.plus_ms(NOTED_MS.min(idle_ms / 4)) {
        app.store.note_session(session.id, now).await?;
    }
    Ok(Some(PersonStay { session, person }))
}

/// What every form of a session carries.
#[must_use]
pub fn form_token(app: &App, token: &SecretString) -> String {
    let code = app.people.form_key.hmac_sha256(token.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(code)
}

/// Whether a form is one of this session.
#[must_use]
pub fn is_form_of(app: &App, token: &SecretString, shown: &str) -> bool {
    form_token(app, token).as_bytes().ct_eq(shown.as_bytes()).into()
}

/// The sessions of a person that are not over, the newest first.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn list(app: &App, person: PersonId) -> Result<Vec<PersonSession>, Error> {
    let mut sessions = app.reader.sessions_of(person).await?;
    sessions.retain(|session| !session.is_over(app.now(), app.people.config.idle_ms));
    Ok(sessions)
}

/// Ends the session itself: the person signs out.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn sign_out(app: &App, who: &PersonStay, doer: &Doer) -> Result<(), Error> {
    let entry = doer.entry(app, AuditAction::SignedOut, who.person.id, String::new())?;
    Ok(app.store.end_session(who.person.id, who.session.id, &entry).await?)
}

/// Ends another session of the person's, if it is one.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn end(app: &App, who: &PersonStay, id: SessionId, doer: &Doer) -> Result<(), Error> {
    let entry = doer.entry(app, AuditAction::SessionEnded, who.person.id, String::new())?;
    Ok(app.store.end_session(who.person.id, id, &entry).await?)
}

/// Ends every session of the person's but this one.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn end_others(app: &App, who: &PersonStay, doer: &Doer) -> Result<(), Error> {
    let entry = doer.entry(app, AuditAction::OtherSessionsEnded, who.person.id, String::new())?;
    Ok(app.store.end_other_sessions(who.person.id, who.session.id, &entry).await?)
}

/// Forgets answered challenges and sessions that have ended, by idling or otherwise at the latest when their time is over.
///
/// # Errors
/// As the store.
pub(in crate::workflow) async fn sweep(app: &App) -> crate::store::Result<()> {
    if app.reader.has_ended_sessions(app.now()).await? {
        app.store.sweep_sessions(app.now()).await?;
    }
    if app.reader.has_ended_challenges(app.now()).await? {
        app.store.sweep_challenges(app.now()).await?;
    }
    Ok(())
}
