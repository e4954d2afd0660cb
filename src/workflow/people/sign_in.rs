//! Signing in: password, second step, and both again before what is sensitive. Whoever fails waits, by address and
//! person; nobody is locked out by others.

use secrecy::SecretString;

use super::sessions::{self, EnteredPerson, PersonStay, Stay};
use super::{Doer, passwords, second_factor};
use crate::app::{App, Failed};
use crate::domain::alarm::Alarm;
use crate::domain::audit::{Actor, AuditAction};
use crate::domain::delivery::MailAddress;
use crate::domain::ids::PersonId;
use crate::domain::person::{Person, PersonStatus};
use crate::domain::session::{PersonSession, SessionStage};
use crate::store::people::{NewSession, PersonCredential};
use crate::workflow::Error;

/// Why somebody is not let in.
#[derive(Debug)]
pub enum SignInProblem {
    /// What was shown is not right; nobody learns what of it.
    Wrong,
    /// Too much failed there: the seconds until the next try is looked at.
    Wait(u64),
    /// Not the person's cause.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for SignInProblem {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Lets a person in who shows its password: half, when a second step is owed.
///
/// # Errors
/// [`SignInProblem`]. An unknown address, one of somebody who may not sign in and a wrong password look the same
/// and take the same work.
pub async fn sign_in(
    app: &App,
    address: &str,
    password: &SecretString,
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let name = address.trim().to_lowercase();
    may_try(app, &name, stay)?;
    let known = match MailAddress::parse(&name) {
        Some(address) => app.reader.person_by_address(&address).await?,
        None => None,
    };
    let id = known.as_ref().map_or(PersonId::from_i64(0), |person| person.id);
    let mut credentials = app.reader.person_credentials(id).await?;
    if known.as_ref().is_none_or(|person| person.status != PersonStatus::Active) {
        credentials.clear();
    }
    let right = passwords::is_right(app, password, &credentials).await?;
    let Some(person) = known.filter(|_| right) else {
        note_failure(app, &name, (id, AuditAction::SignInFailed), stay).await?;
        return Err(SignInProblem::Wrong);
    };
    app.people.sign_ins.succeeded(&name, stay.address, app.now());
    let has_second = second_factor::state(&credentials).is_on;
    let stage = if has_second { SessionStage::Half } else { SessionStage::Whole };
    let (token, session) = sessions::new(app, person.id, stage, stay)?;
    let entry =
        doer(person.id, stay).entry(app, AuditAction::SignedIn, person.id, String::new())?;
    let entry = (!has_second).then_some(&entry);
    app.store.open_session(&session, None, entry).await?;
    Ok(EnteredPerson { token, stage })
}

/// Lets a person in who owes the second step and shows a code. The session has another token from then on.
///
/// # Errors
/// [`SignInProblem`].
pub async fn second_step(
    app: &App,
    who: &PersonStay,
    code: &str,
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let person = &who.person;
    let credentials = app.reader.person_credentials(person.id).await?;
    shows_code(app, person, &credentials, code, stay).await?;
    let (token, session) = sessions::new(app, person.id, SessionStage::Whole, stay)?;
    let entry =
        doer(person.id, stay).entry(app, AuditAction::SignedIn, person.id, String::new())?;
    app.store.open_session(&session, Some(who.session.id), Some(&entry)).await?;
    Ok(EnteredPerson { token, stage: SessionStage::Whole })
}

/// Lets a person show again who it is: by password, and by a code when it has an app. The session has another token
/// from then on, and ends when it would have ended.
///
/// # Errors
/// [`SignInProblem`].
pub async fn prove(
    app: &App,
    who: &PersonStay,
    (password, code): (&SecretString, &str),
    stay: &Stay,
) -> Result<EnteredPerson, SignInProblem> {
    let person = &who.person;
    let doer = doer(person.id, stay);
    shows_password(app, person, password, &doer).await?;
    let credentials = app.reader.person_credentials(person.id).await?;
    if second_factor::state(&credentials).is_on {
        shows_code(app, person, &credentials, code, stay).await?;
    }
    let (token, new) = sessions::new(app, person.id, SessionStage::Whole, stay)?;
    let PersonSession { created, ends, .. } = who.session;
    let session = NewSession { session: PersonSession { created, ends, ..new.session }, ..new };
    let entry = doer.entry(app, AuditAction::Proved, person.id, String::new())?;
    app.store.open_session(&session, Some(who.session.id), Some(&entry)).await?;
    Ok(EnteredPerson { token, stage: SessionStage::Whole })
}

/// Whether somebody who is signed in shows the password; a failure counts as one of signing in.
pub(super) async fn shows_password(
    app: &App,
    person: &Person,
    password: &SecretString,
    doer: &Doer,
) -> Result<(), SignInProblem> {
    let Some(address) = doer.address else { return Err(SignInProblem::Wrong) };
    let stay = Stay { address, agent: String::new() };
    let name = person.address.folded();
    may_try(app, &name, &stay)?;
    let credentials = app.reader.person_credentials(person.id).await?;
    if passwords::is_right(app, password, &credentials).await? {
        app.people.sign_ins.succeeded(&name, address, app.now());
        return Ok(());
    }
    note_failure(app, &name, (person.id, AuditAction::ProofFailed), &stay).await?;
    Err(SignInProblem::Wrong)
}

/// Whether a person shows a code. Those who know the password and guess at codes wait for themselves.
async fn shows_code(
    app: &App,
    person: &Person,
    credentials: &[PersonCredential],
    code: &str,
    stay: &Stay,
) -> Result<(), SignInProblem> {
    // No mail address has a blank.
    let name = format!("second step of {}", person.id);
    may_try(app, &name, stay)?;
    if second_factor::take(app, person, credentials, code, &doer(person.id, stay)).await? {
        app.people.sign_ins.succeeded(&name, stay.address, app.now());
        return Ok(());
    }
    note_failure(app, &name, (person.id, AuditAction::SecondFactorFailed), stay).await?;
    Err(SignInProblem::Wrong)
}

pub(super) fn may_try(app: &App, name: &str, stay: &Stay) -> Result<(), SignInProblem> {
    let tried = app.people.sign_ins.may_try(name, stay.address, app.now());
    tried.map_err(SignInProblem::Wait)
}

/// Failed tries as one person within a burst that operators are told of, and of any from one address.
const BURST_OF_PERSON: u32 = 10;
const BURST_FROM_ADDRESS: u32 = 50;

/// Has operators told when they are many: of a person, or from an address.
async fn alarm(app: &App, failed: Failed, person: PersonId, stay: &Stay) -> Result<(), Error> {
    let alarm = |who: String, failures: u32| Alarm::SignInsFailing {
        who,
        failures: u64::from(failures),
        since: failed.since,
        address: stay.address.to_string(),
    };
    if failed.of_alias >= BURST_OF_PERSON
        && let Some(known) = app.reader.person(person).await?
    {
        let alarm = alarm(known.address.as_str().to_owned(), failed.of_alias);
        app.excesses.note(format!("sign-in:{person}/failing"), alarm, None, app.now());
    }
    if failed.from_address >= BURST_FROM_ADDRESS {
        let alarm = alarm(stay.address.to_string(), failed.from_address);
        app.excesses.note("sign-in/failing".to_owned(), alarm, None, app.now());
    }
    Ok(())
}

/// Leaves a trace of what failed: of a person in the audit record, of anybody in the log, the first of a burst and
/// every tenfold.
pub(super) async fn note_failure(
    app: &App,
    name: &str,
    (person, action): (PersonId, AuditAction),
    stay: &Stay,
) -> Result<(), Error> {
    let failed = app.people.sign_ins.failed(name, stay.address, app.now());
    alarm(app, failed, person, stay).await?;
    let telling = [1, 10, 100, 1000, 10_000];
    if telling.contains(&failed.of_alias) || telling.contains(&failed.from_address) {
        let (of_person, from_address) = (failed.of_alias, failed.from_address);
        tracing::warn!(%person, address = %stay.address, of_person, from_address,
            "somebody was not let in to the back office");
    }
    if person.as_i64() != 0 && telling.contains(&failed.of_alias) {
        let doer = Doer { actor: Actor::Stranger, address: Some(stay.address) };
        let detail = format!("{} within a burst", failed.of_alias);
        app.store.record_audit(&doer.entry(app, action, person, detail)?).await?;
    }
    Ok(())
}

fn doer(person: PersonId, stay: &Stay) -> Doer {
    Doer { actor: Actor::Person(person), address: Some(stay.address) }
}
