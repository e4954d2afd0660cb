//! People of the back office: invited, changed, disabled. How they show who they are is in `passwords`,
//! `passkeys`, `second_factor` and `account`, how they come in in `invitations` and `sign_in`, how long they stay in `sessions`.

pub mod account;
pub mod challenges;
pub mod filters;
pub mod invitations;
pub mod passkeys;
pub mod passwords;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;

use std::net::IpAddr;

use super::{Error, Thing};
use crate::app::{App, RandomFailed};
use crate::domain::audit::{Actor, AuditAction, AuditEntry};
use crate::domain::client_service::ClientService;
use crate::domain::company::Company;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::PersonId;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::person::{
    Person, PersonCredentialKind, PersonStatus, Rights, Role, Sight, Theme,
};
use crate::store;
use crate::store::people::NewInvitation;

/// Most companies and client services that one person is given.
pub const SEEN_AT_MOST: usize = 500;

/// Who does something, and from where.
#[derive(Clone, Debug)]
pub struct Doer {
    pub actor: Actor,
    /// `None` for the command line.
    pub address: Option<IpAddr>,
}

impl Doer {
    /// Whoever has the command line.
    #[must_use]
    pub const fn command() -> Self {
        Self { actor: Actor::Command, address: None }
    }

    /// What the audit record says of something that is done to a person.
    fn entry(
        &self,
        app: &App,
        action: AuditAction,
        person: PersonId,
        detail: String,
    ) -> Result<AuditEntry, RandomFailed> {
        Ok(AuditEntry {
            id: app.random_id()?,
            at: app.now(),
            actor: self.actor,
            action,
            person,
            about: None,
            detail,
            address: self.address.map(|address| address.to_string()),
        })
    }
}

/// Somebody who is to be invited.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub address: MailAddress,
    pub name: String,
    pub language: Language,
    pub role: Role,
    pub rights: Rights,
    /// Counts for roles that do not see everything.
    pub sight: Sight,
}

/// Somebody who was invited.
pub struct InvitedPerson {
    pub person: Person,
    /// The address that opens the invitation, once.
    pub link: String,
    pub expires: Instant,
    /// Whether a mail brings it.
    pub mailed: bool,
}

/// Why nothing was done to a person.
#[derive(Debug, thiserror::Error)]
pub enum PersonProblem {
    /// Somebody has this mail address already.
    #[error("a person with this mail address is there already")]
    Known,
    /// The role sees only what it is given, and nothing that exists was.
    #[error("a person of this role needs at least one company or client service to see")]
    Blind,
    /// Nobody would be left who manages people.
    #[error("nobody would be left who is active and manages people")]
    Last,
    /// Not the caller's cause, or there is no such person.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<store::Error> for PersonProblem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Exists { .. } => Self::Known,
            error => Self::Failed(error.into()),
        }
    }
}

impl From<RandomFailed> for PersonProblem {
    fn from(error: RandomFailed) -> Self {
        Self::Failed(error.into())
    }
}

/// Invites somebody. When this returns the invitation is on disk, and its mail on its way where there is one.
///
/// # Errors
/// [`PersonProblem`].
pub async fn invite(
    app: &App,
    new: NewPerson,
    doer: &Doer,
) -> Result<InvitedPerson, PersonProblem> {
    let person = Person {
        id: PersonId::from_i64(app.next_id()),
        address: new.address,
        name: new.name,
        language: new.language,
        theme: Theme::System,
        role: new.role,
        rights: new.role.rights(new.rights),
        sight: seen(app, new.role, new.sight).await?,
        status: PersonStatus::Invited,
        created: app.now(),
    };
    let made = invitations::make(app, &person)?;
    let entry = doer.entry(app, AuditAction::PersonInvited, person.id, words(&person))?;
    let invitation = NewInvitation { invitation: &made.invitation, message: made.message.as_ref() };
    app.store.add_person(&person, &invitation, &entry).await?;
    app.outbox_bell.notify_one();
    tracing::info!(person = %person.id, role = person.role.as_str(), "a person was invited");
    Ok(made.invited(app, person))
}

/// What of a person can be changed by others.
#[derive(Clone, Debug)]
pub struct PersonChange {
    pub name: String,
    pub language: Language,
    pub role: Role,
    pub rights: Rights,
    pub sight: Sight,
}

/// Changes a person; what it sees and may do follows at its next request.
///
/// # Errors
/// [`PersonProblem`].
pub async fn change(
    app: &App,
    id: PersonId,
    change: PersonChange,
    doer: &Doer,
) -> Result<(), PersonProblem> {
    let before = find(app, id).await?;
    let person = Person {
        name: change.name,
        language: change.language,
        role: change.role,
        rights: change.role.rights(change.rights),
        sight: seen(app, change.role, change.sight).await?,
        ..before
    };
    let entry = doer.entry(app, AuditAction::PersonChanged, id, words(&person))?;
    keeps_one(app.store.change_person(&person, keep_one(doer), &entry).await?)
}

/// Changes how pages look to a person and speak to it.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn set_preferences(
    app: &App,
    person: &Person,
    (language, theme): (Language, Theme),
    doer: &Doer,
) -> Result<(), Error> {
    let person = Person { language, theme, ..person.clone() };
    let detail = format!("{}, {}", language.as_str(), theme.as_str());
    let entry = doer.entry(app, AuditAction::PersonChanged, person.id, detail)?;
    app.store.change_person(&person, false, &entry).await?;
    Ok(())
}

/// Ends a person's sessions and invitations, and lets it sign in no more.
///
/// # Errors
/// [`PersonProblem`].
pub async fn disable(app: &App, id: PersonId, doer: &Doer) -> Result<(), PersonProblem> {
    find(app, id).await?;
    let entry = doer.entry(app, AuditAction::PersonDisabled, id, String::new())?;
    keeps_one(app.store.disable_person(id, keep_one(doer), app.now(), &entry).await?)
}

/// Lets a disabled person sign in again, as before.
///
/// # Errors
/// [`PersonProblem`].
pub async fn enable(app: &App, id: PersonId, doer: &Doer) -> Result<(), PersonProblem> {
    find(app, id).await?;
    let credentials = app.reader.person_credentials(id).await?;
    let has_password = credentials.iter().any(|it| it.kind == PersonCredentialKind::Password);
    let status = if has_password { PersonStatus::Active } else { PersonStatus::Invited };
    let entry = doer.entry(app, AuditAction::PersonEnabled, id, String::new())?;
    Ok(app.store.enable_person(id, status, &entry).await?)
}

/// Takes password, app and recovery codes from a person, ends its sessions, and invites it anew.
///
/// # Errors
/// [`PersonProblem`].
pub async fn reset(app: &App, id: PersonId, doer: &Doer) -> Result<InvitedPerson, PersonProblem> {
    let person = find(app, id).await?;
    let made = invitations::make(app, &person)?;
    let entry = doer.entry(app, AuditAction::PersonReset, id, String::new())?;
    let invitation = NewInvitation { invitation: &made.invitation, message: made.message.as_ref() };
    keeps_one(app.store.reset_person(id, keep_one(doer), &invitation, &entry).await?)?;
    app.outbox_bell.notify_one();
    Ok(made.invited(app, Person { status: PersonStatus::Invited, ..person }))
}

/// The person with this id.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find(app: &App, id: PersonId) -> Result<Person, Error> {
    app.reader.person(id).await?.ok_or(Error::NotFound(Thing::Person))
}

/// The person with this mail address.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn find_by_address(app: &App, address: &MailAddress) -> Result<Person, Error> {
    app.reader.person_by_address(address).await?.ok_or(Error::NotFound(Thing::Person))
}

/// What a person who does not see everything can be given.
pub struct Given {
    pub companies: Vec<Company>,
    pub client_services: Vec<ClientService>,
}

/// Everything that can be given.
///
/// # Errors
/// [`Error::Unavailable`] or [`Error::Internal`] of the database.
pub async fn given(app: &App) -> Result<Given, Error> {
    Ok(Given {
        companies: app.reader.companies().await?,
        client_services: app.reader.client_services().await?,
    })
}

/// Of what a role is to see, that which exists.
async fn seen(app: &App, role: Role, sight: Sight) -> Result<Sight, PersonProblem> {
    if role.sees_everything() {
        return Ok(Sight::Everything);
    }
    let Sight::Of { mut companies, mut client_services } = sight else {
        return Err(PersonProblem::Blind);
    };
    let given = given(app).await?;
    companies.retain(|id| given.companies.iter().any(|it| it.id == *id));
    client_services.retain(|id| given.client_services.iter().any(|it| it.id == *id));
    companies.truncate(SEEN_AT_MOST);
    client_services.truncate(SEEN_AT_MOST);
    let sight = Sight::Of { companies, client_services };
    if sight.is_blind() { Err(PersonProblem::Blind) } else { Ok(sight) }
}

/// The command line makes the first one who manages people, and another one when there is none.
const fn keep_one(doer: &Doer) -> bool {
    !matches!(doer.actor, Actor::Command)
}

const fn keeps_one(done: bool) -> Result<(), PersonProblem> {
    if done { Ok(()) } else { Err(PersonProblem::Last) }
}

/// A person in the audit record.
fn words(person: &Person) -> String {
    let sight = match &person.sight {
        Sight::Everything => "everything".to_owned(),
        Sight::Of { companies, client_services } => {
            let ids = companies.iter().map(ToString::to_string);
            let services = client_services.iter().map(|id| format!("client service {id}"));
            ids.map(|id| format!("company {id}")).chain(services).collect::<Vec<_>>().join(", ")
        }
    };
    format!(
        "{} <{}>, {}, {}, sees {sight}",
        person.name,
        person.address,
        person.role.as_str(),
        person.rights.as_str()
    )
}
