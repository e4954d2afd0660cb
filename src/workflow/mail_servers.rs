//! Mail servers of client services: set, taken away, and which one a mail goes over.

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{Error, Thing};
use crate::app::App;
use crate::domain::audit::AuditEntry;
use crate::domain::ids::ClientServiceId;
use crate::domain::outbox::Message;
use crate::domain::smtp::SmtpSettings;
use crate::outbound::mail::{Account, AccountKey, Login, Security};
use crate::store::smtp_accounts::SmtpAccount;

/// A server to send over.
pub struct Server {
    /// Whose it is.
    pub account: Account,
    /// Which of its connections may be used.
    pub key: AccountKey,
}

/// Whose mail server a message goes over: that of its client service when it has one, else the
/// installation's (`None`).
pub(super) async fn account_of(
    app: &App,
    message: &Message,
) -> Result<Option<ClientServiceId>, Error> {
    let Some(service) = message.client_service else { return Ok(None) };
    Ok(app.reader.smtp_account(service).await?.map(|_| service))
}

/// The revision of a mail server's settings; `None` when it is not there any more.
pub(super) async fn revision_of(
    app: &App,
    account: Option<ClientServiceId>,
) -> Result<Option<i64>, Error> {
    match account {
        Some(service) => Ok(app.reader.smtp_account(service).await?.map(|found| found.revision)),
        None => Ok(app.mail.account.as_ref().map(|_| 0)),
    }
}

/// What letters call a mail server: the alias of the client service whose it is, `Chancery` for the
/// installation's.
#[must_use]
pub(super) fn account_name(alias: Option<&str>) -> String {
    alias.unwrap_or("Chancery").to_owned()
}

/// The server of a client service, or the installation's; `None` when neither is set up.
///
/// # Errors
/// [`Error::Internal`] when the stored password cannot be opened.
pub async fn server(
    app: &App,
    client_service: Option<ClientServiceId>,
) -> Result<Option<Server>, Error> {
    if let Some(service) = client_service
        && let Some(stored) = app.reader.smtp_account(service).await?
    {
        let key = AccountKey { id: service.as_i64(), revision: stored.revision };
        return Ok(Some(Server { account: account(app, service, stored)?, key }));
    }
    let key = AccountKey { id: 0, revision: 0 };
    Ok(app.mail.account.clone().map(|account| Server { account, key }))
}

/// Where the password of a client service's mail server is kept.
pub(super) fn place_of_password(service: ClientServiceId) -> Vec<u8> {
    format!("smtp_account.password_sealed/{service}").into_bytes()
}

fn account(app: &App, service: ClientServiceId, stored: SmtpAccount) -> Result<Account, Error> {
    let SmtpAccount { settings, password_sealed, .. } = stored;
    let security = Security::named(&settings.security).unwrap_or_default();
    let mut account = Account::new(&settings.host, settings.port, security, settings.from);
    account.from_name = settings.from_name;
    account.public_only = settings.public_only;
    account.timeouts.connect_ms = settings.connect_timeout_ms;
    account.timeouts.command_ms = settings.command_timeout_ms;
    account.timeouts.write_ms = settings.write_timeout_ms;
    if let Some(username) = settings.username {
        let sealed = password_sealed.unwrap_or_default();
        let plain = app
            .kek
            .open(&place_of_password(service), &sealed)
            .map_err(|error| Error::Internal(Box::new(error)))?;
        let text = std::str::from_utf8(&plain).map_err(|error| Error::Internal(Box::new(error)))?;
        account.login = Some(Login { username, password: SecretString::from(text) });
    }
    // What the machine trusts and is called is the same for every server.
    if let Some(own) = &app.mail.account {
        account.ca_pem.clone_from(&own.ca_pem);
        account.ehlo_name.clone_from(&own.ehlo_name);
        // Signed when the installation's key is for the domain it is sent from.
        account.dkim = own.dkim.clone().filter(|key| key.is_for(account.from.domain()));
    }
    Ok(account)
}

/// What is changed about the mail server of a client service.
pub struct NewServer {
    /// Everything but the password.
    pub settings: SmtpSettings,
    /// The password; `None` keeps the one that is there, when there is one.
    pub password: Option<SecretString>,
}

/// Sets the mail server of a client service, from the next mail on.
///
/// # Errors
/// [`Error::NotFound`] when there is no such client service; [`Error::Refused`] when the settings
/// cannot be used.
pub async fn set_server(app: &App, alias: &str, new: &NewServer) -> Result<(), Error> {
    let service = app
        .reader
        .client_service_by_alias(alias)
        .await?
        .ok_or(Error::NotFound(Thing::ClientService))?;
    set_server_by(app, service.id, new, None).await?;
    Ok(())
}

/// The same as somebody's deed; returns whether it was not done before.
///
/// # Errors
/// [`Error::Refused`] when the settings cannot be used; from the database.
pub(super) async fn set_server_by(
    app: &App,
    service: ClientServiceId,
    new: &NewServer,
    entry: Option<&AuditEntry>,
) -> Result<bool, Error> {
    use secrecy::ExposeSecret as _;
    check_server(&new.settings)?;
    let place = place_of_password(service);
    let sealed = match (&new.password, &new.settings.username) {
        (_, None) => None,
        (None, Some(_)) => {
            app.reader.smtp_account(service).await?.and_then(|known| known.password_sealed)
        }
        (Some(password), Some(_)) => {
            let plain = Zeroizing::new(password.expose_secret().as_bytes().to_vec());
            let sealed = app.kek.seal(app.random.octets()?, &place, &plain);
            Some(sealed.map_err(|error| Error::Internal(Box::new(error)))?)
        }
    };
    if new.settings.username.is_some() && sealed.is_none() {
        return Err(refused("password", "given, as there is a user name".to_owned()));
    }
    let (settings, now) = (&new.settings, app.now());
    Ok(app.store.set_smtp_account(service, settings, sealed.as_deref(), now, entry).await?)
}

fn refused(path: &str, expected: String) -> Error {
    Error::Refused(crate::domain::refusal::Refusal::MemberInvalid {
        path: path.to_owned(),
        expected,
    })
}

fn check_server(settings: &SmtpSettings) -> Result<(), Error> {
    let host = &settings.host;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if host.is_empty() || host.len() > 253 || !host.chars().all(plain) {
        return Err(refused("host", "the name or the address of a mail server".to_owned()));
    }
    let Some(security) = Security::named(&settings.security) else {
        return Err(refused("security", "starttls, implicit or none".to_owned()));
    };
    if settings.port == 0 {
        return Err(refused("port", format!("a port, usually {}", security.usual_port())));
    }
    let range = 100..=3_600_000;
    let timeouts =
        [settings.connect_timeout_ms, settings.command_timeout_ms, settings.write_timeout_ms];
    if !timeouts.iter().all(|ms| range.contains(ms)) {
        return Err(refused("timeouts", "100 to 3600000 milliseconds".to_owned()));
    }
    Ok(())
}

/// Takes the mail server of a client service away: the installation's is used again. Returns whether
/// there was one.
///
/// # Errors
/// [`Error::NotFound`] when there is no such client service.
pub async fn reset_server(app: &App, alias: &str) -> Result<bool, Error> {
    let service = app
        .reader
        .client_service_by_alias(alias)
        .await?
        .ok_or(Error::NotFound(Thing::ClientService))?;
    Ok(app.store.reset_smtp_account(service.id, None).await?)
}
