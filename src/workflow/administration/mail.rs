//! Mail servers as people meet them: looked at without their passwords, set, taken away and tested.

use secrecy::SecretString;

use super::ChangingPerson;
use crate::app::{App, Circuit};
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject};
use crate::domain::client_service::ClientService;
use crate::domain::delivery::{MailAddress, Tried};
use crate::domain::ids::ClientServiceId;
use crate::domain::instant::HOUR_MS;
use crate::domain::language::Language;
use crate::domain::person::{Permission, Person};
use crate::domain::smtp::SmtpSettings;
use crate::outbound::mail::{Security, Timeouts, may_be_public};
use crate::workflow::acts::Acted;
use crate::workflow::mail_servers::{self, NewServer};
use crate::workflow::{Error, delivery, notify};

/// Test mails that one person sends in an hour at most.
pub const TESTS_AN_HOUR: usize = 20;

/// Entries that are looked through for them.
const LOOKED_THROUGH: u32 = 200;

/// How the way to a server can be protected, as stored: what is usual first.
pub const SECURITIES: [&str; 3] =
    [Security::Starttls.as_str(), Security::Implicit.as_str(), Security::None.as_str()];

/// A server that somebody wishes for a client service.
pub struct WishedServer {
    pub host: String,
    /// `None`: the usual one.
    pub port: Option<u16>,
    /// One of [`SECURITIES`].
    pub security: &'static str,
    pub from: MailAddress,
    pub from_name: String,
    pub username: Option<String>,
    /// `None`: the one that is set.
    pub password: Option<SecretString>,
}

impl WishedServer {
    fn server(self) -> NewServer {
        let (usual, security) =
            (Timeouts::default(), Security::named(self.security).unwrap_or_default());
        NewServer {
            settings: SmtpSettings {
                description: String::new(),
                host: self.host,
                port: self.port.unwrap_or(security.usual_port()),
                security: security.as_str().to_owned(),
                from: self.from,
                from_name: self.from_name,
                username: self.username,
                connect_timeout_ms: usual.connect_ms,
                command_timeout_ms: usual.command_ms,
                write_timeout_ms: usual.write_ms,
                public_only: true,
            },
            password: self.password,
        }
    }
}

/// Why a server was not set.
#[derive(Debug, thiserror::Error)]
pub enum ServerProblem {
    /// A password that was set for one server does not go to another.
    #[error("the password has to be given")]
    PasswordNeeded,
    /// Who sets it does not manage the installation, and the address is one of the house.
    #[error("the address is not on the public internet")]
    NotPublic,
    /// The settings cannot be used, or it is not the caller's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Why there was no test mail.
#[derive(Debug, thiserror::Error)]
pub enum TestProblem {
    /// It was sent when the same form came before.
    #[error("it was sent before")]
    Before,
    /// [`TESTS_AN_HOUR`] were sent.
    #[error("too many test mails")]
    TooMany,
    /// The address is none that is written to, or it is not the caller's cause.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Records that somebody sends a test mail, unless these are too many, or it was before.
pub(super) async fn admit(
    app: &App,
    doer: ChangingPerson<'_>,
    service: Option<&ClientService>,
    to: &MailAddress,
) -> Result<(), TestProblem> {
    if service.is_some() {
        notify::check_address(app, to).map_err(Error::from)?;
    }
    let since = app.now().plus_ms(-HOUR_MS);
    let entries = app.reader.audit_of(doer.person, LOOKED_THROUGH).await.map_err(Error::from)?;
    let lately = |it: &&AuditEntry| it.action == AuditAction::MailTested && it.at > since;
    if entries.iter().filter(lately).count() >= TESTS_AN_HOUR {
        return Err(TestProblem::TooMany);
    }
    let whose = service.map_or("the installation", |it| it.alias.as_str());
    let detail = format!("{whose}: to {to}");
    let entry = match service {
        Some(service) => {
            let about = AuditSubject::ClientService(service.id);
            doer.entry(app, AuditAction::MailTested, about, detail)
        }
        None => doer.entry_of(app, (AuditAction::MailTested, None), detail),
    };
    let is_new = app.store.record_deed(&entry).await.map_err(Error::from)?;
    if is_new { Ok(()) } else { Err(TestProblem::Before) }
}

/// The mail server that the mails of a client service, or of the installation, go over; never its password.
#[derive(Clone, Debug)]
pub struct ServerSheet {
    pub host: String,
    pub port: u16,
    pub security: String,
    pub from: MailAddress,
    pub from_name: String,
    pub username: Option<String>,
    /// Whether it is the client service's own.
    pub own: bool,
    /// Whether it is connected to on the public internet alone.
    pub public_only: bool,
    /// What is kept of an own server.
    pub settings: Option<SmtpSettings>,
    /// The DNS record that receivers look up, when mails are signed.
    pub dkim: Option<(String, String)>,
    /// When it was found closed for everybody, as this process knows.
    pub circuit: Option<Circuit>,
}

/// The server that mails go over; `None`: none is set up, and they wait.
///
/// # Errors
/// [`Error::Internal`] when the stored password cannot be opened; from the database.
pub async fn sheet(
    app: &App,
    service: Option<ClientServiceId>,
) -> Result<Option<ServerSheet>, Error> {
    let Some(server) = mail_servers::server(app, service).await? else { return Ok(None) };
    let account = server.account;
    let own = server.key.id != 0;
    let stored = match service.filter(|_| own) {
        Some(id) => app.reader.smtp_account(id).await?.map(|it| it.settings),
        None => None,
    };
    let circuit = app.circuits.of(service.filter(|_| own));
    Ok(Some(ServerSheet {
        dkim: account.dkim.as_ref().and_then(|dkim| dkim.record().ok()),
        port: account.port,
        security: account.security.as_str().to_owned(),
        from: account.from,
        from_name: account.from_name,
        username: account.login.map(|login| login.username),
        host: account.host,
        public_only: account.public_only,
        own,
        settings: stored,
        circuit: circuit.filter(|it| it.revision == server.key.revision),
    }))
}

/// Sets the mail server of a client service, from the next mail on. A password that is not given stays, as long as it
/// goes to the same server for the same user. Who does not manage the installation names servers of the public internet
/// alone, but may keep another one that was set before.
///
/// # Errors
/// [`ServerProblem`].
pub async fn set(
    app: &App,
    (doer, person): (ChangingPerson<'_>, &Person),
    service: &ClientService,
    wish: WishedServer,
) -> Result<Acted<()>, ServerProblem> {
    let before = app.reader.smtp_account(service.id).await.map_err(Error::from)?;
    let mut new = wish.server();
    let old = before.as_ref().map(|it| &it.settings);
    if let Some(old) = old {
        // The form says nothing of these.
        new.settings.description.clone_from(&old.description);
        new.settings.connect_timeout_ms = old.connect_timeout_ms;
        new.settings.command_timeout_ms = old.command_timeout_ms;
        new.settings.write_timeout_ms = old.write_timeout_ms;
    }
    let wish = &new.settings;
    let place = |it: &SmtpSettings| (it.host.clone(), it.port, it.security.clone());
    let same_place = old.is_some_and(|old| place(old) == place(wish));
    new.settings.public_only = if same_place && old.is_some_and(|old| !old.public_only) {
        false
    } else {
        !person.may(Permission::ManageCompanies)
    };
    let wish = &new.settings;
    if wish.public_only && !may_be_public(&wish.host) {
        return Err(ServerProblem::NotPublic);
    }
    let same_login = same_place && old.is_some_and(|old| old.username == wish.username);
    let kept = before.as_ref().is_some_and(|it| it.password_sealed.is_some());
    if wish.username.is_some() && new.password.is_none() && !(same_login && kept) {
        return Err(ServerProblem::PasswordNeeded);
    }
    let password = match (&wish.username, &new.password) {
        (None, _) => "no password",
        (Some(_), None) => "the same password",
        (Some(_), Some(_)) => "a new password",
    };
    let detail = format!(
        "{}: {} -> {}, {password}",
        service.alias.as_str(),
        old.map_or_else(|| "the installation's".to_owned(), told),
        told(wish)
    );
    let about = AuditSubject::ClientService(service.id);
    let entry = doer.entry(app, AuditAction::MailServerSet, about, detail);
    let done = mail_servers::set_server_by(app, service.id, &new, Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}

/// Takes the mail server of a client service away: the installation's is used again.
///
/// # Errors
/// From the database.
pub async fn take_away(
    app: &App,
    doer: ChangingPerson<'_>,
    service: &ClientService,
) -> Result<(), Error> {
    let Some(before) = app.reader.smtp_account(service.id).await? else { return Ok(()) };
    let detail =
        format!("{}: {} -> the installation's", service.alias.as_str(), told(&before.settings));
    let about = AuditSubject::ClientService(service.id);
    let entry = doer.entry(app, AuditAction::MailServerTakenAway, about, detail);
    app.store.reset_smtp_account(service.id, Some(&entry)).await?;
    Ok(())
}

/// Sends a test mail over the server of a client service, or the installation's, once and at once; it is recorded before.
/// `None`: no server is set up.
///
/// # Errors
/// [`TestProblem`].
pub async fn test(
    app: &App,
    doer: ChangingPerson<'_>,
    service: Option<&ClientService>,
    (to, language): (&MailAddress, Language),
) -> Result<Option<Tried>, TestProblem> {
    admit(app, doer, service, to).await?;
    Ok(delivery::mail::test(app, service.map(|it| it.id), to, language).await?)
}

/// What the audit record says of a server.
fn told(server: &SmtpSettings) -> String {
    let name = server.username.as_ref().map(|name| format!(", user {name}")).unwrap_or_default();
    let SmtpSettings { host, port, security, from, from_name, .. } = server;
    let called = if from_name.is_empty() { String::new() } else { format!(" ({from_name})") };
    format!("{host}:{port} {security}, from {from}{called}{name}")
}
