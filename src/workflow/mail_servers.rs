//! What a mail says and over which server it goes.

use std::collections::HashMap;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::files::{self, Contents, File};
use super::templates::TemplateKind;
use super::{Error, alarms, notify, portal, templates};
use crate::app::App;
use crate::domain::delivery::MailAddress;
use crate::domain::document::{Document, SealSettings};
use crate::domain::ids::{ClientServiceId, DocumentId, MessageId, OperationId};
use crate::domain::language::Language;
use crate::domain::outbox::{Message, MessageKind, Target};
use crate::domain::scope::Scope;
use crate::domain::smtp::SmtpSettings;
use crate::letters::{self, Rendered};
use crate::outbound::mail::{Account, AccountKey, Attachment, Letter, Login, Security};
use crate::store::smtp_accounts::SmtpAccount;

/// A server to send over.
pub struct Server {
    /// Whose it is.
    pub account: Account,
    /// Which of its connections may be used.
    pub key: AccountKey,
}

/// A mail ready to be tried, or why there is none.
pub enum Composed {
    /// These bytes, over this server.
    Ready {
        /// Over which server.
        server: Box<Server>,
        /// As they go out; the same at every try.
        bytes: Vec<u8>,
        /// Whether documents are attached.
        attached: bool,
    },
    /// Nobody has set up a server; the words say so.
    NoServer(String),
    /// It can never be written; the words say why.
    Never(String),
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

/// Writes a message as a mail.
pub(super) async fn compose(
    app: &App,
    message: &Message,
    address: &MailAddress,
    language: Option<Language>,
) -> Result<Composed, Error> {
    let server = match server(app, message.client_service).await {
        Ok(Some(server)) => server,
        Ok(None) => {
            let words = "no mail server is set up; the operator sets one in [mail] or with \
                         chancery mail set";
            return Ok(Composed::NoServer(words.to_owned()));
        }
        // The key file is another one: the operator has to act, and the mail waits.
        Err(Error::Internal(error)) => {
            let words = "the password of the mail server cannot be opened with the key in \
                         secrets.key_file; set it again with chancery mail set";
            tracing::error!(message = %message.id, %error, "{words}");
            return Ok(Composed::NoServer(words.to_owned()));
        }
        Err(other) => return Err(other),
    };
    let letter = match message.kind {
        MessageKind::Notification | MessageKind::Resend => {
            notification(app, message, address).await?
        }
        MessageKind::Test => Ok(test_letter(app, message, language).await?),
        MessageKind::Alarm => alarm_letter(message, language),
        MessageKind::Event => Err("an event is no mail".to_owned()),
    };
    let written = match letter {
        Ok(written) => written,
        Err(words) => return Ok(Composed::Never(words)),
    };
    let attached = !written.attachments.is_empty();
    let mail_id = message.mail_id.clone().unwrap_or_default();
    let host = mail_id.rsplit_once('@').map_or("", |(_, host)| host);
    let list = if written.list.is_empty() { "operators" } else { &written.list };
    let from_name = if server.account.from_name.is_empty() {
        written.from_name
    } else {
        server.account.from_name.clone()
    };
    let letter = Letter {
        from: server.account.from.clone(),
        from_name,
        reply_to: None,
        to: address.clone(),
        to_name: String::new(),
        subject: written.rendered.subject,
        text: written.rendered.text,
        html: Some(written.rendered.html).filter(|html| !html.is_empty()),
        attachments: written.attachments,
        list_id: format!("{list}.{host}"),
        message_id: mail_id,
        date: message.released.unwrap_or(message.created),
        language: written.language.as_str().to_owned(),
    };
    Ok(match server.account.compose(&letter) {
        Ok(bytes) => Composed::Ready { server: Box::new(server), bytes, attached },
        Err(words) => Composed::Never(words),
    })
}

/// A letter before it is a mail.
struct Written {
    rendered: Rendered,
    language: Language,
    from_name: String,
    list: String,
    attachments: Vec<Attachment>,
}

/// The letter about an operation, or why there can be none.
async fn notification(
    app: &App,
    message: &Message,
    address: &MailAddress,
) -> Result<Result<Written, String>, Error> {
    let Some((operation, service)) = message.operation.zip(message.client_service) else {
        return Ok(Err("its operation is gone".to_owned()));
    };
    let found = app.reader.operation(Scope::Installation, operation).await?;
    let found = found.ok_or(Error::NotFound)?;
    let service = app.reader.client_service(service).await?.ok_or(Error::NotFound)?;
    let issuer = app.reader.company(service.issuer).await?.ok_or(Error::NotFound)?;
    let documents = app.reader.documents(operation).await?;
    let language = templates::language_of(app, message).await?;
    let files = files::list(&documents);
    let who = portal::sealer(app, found.credential).await?;
    let listed = listed(&documents, &files, &who);
    let too_large = message.attach
        && (message.links_only
            || files.iter().map(|file| file.length).sum::<u64>()
                > app.delivery.attachment_limit_bytes);
    let attachments = if message.attach && !too_large {
        match attachments(app, operation, files).await? {
            Some(attachments) => attachments,
            None => return Ok(Err("the contents are no longer stored".to_owned())),
        }
    } else {
        Vec::new()
    };
    let facts = letters::Notification {
        language,
        receiver: address.as_str().to_owned(),
        issuer: letters::Issuer {
            name: issuer.name.clone(),
            vat_number: issuer.vat_number.clone(),
        },
        operation: letters::Operation {
            id: operation.to_string(),
            reference: found.external_reference.as_str().to_owned(),
            description: found.description.clone(),
        },
        document_count: listed.len(),
        documents: listed,
        link: notify::link(app, message).zip(message.link_expires),
        attached: !attachments.is_empty(),
        too_large,
    };
    let values = letters::Values::of(&facts);
    let kind = TemplateKind::Notification;
    let rendered = templates::write(app, service.id, kind, language, &values).await?;
    Ok(Ok(Written {
        rendered,
        language,
        from_name: issuer.name,
        list: service.alias.as_str().to_owned(),
        attachments,
    }))
}

/// The sealed documents under the names that they are attached and downloaded with. What failed is
/// told to the sender, not to receivers.
fn listed(
    documents: &[(Document, SealSettings)],
    files: &[File],
    who: &portal::Sealer,
) -> Vec<letters::ListedDocument> {
    let references: HashMap<DocumentId, &str> = documents
        .iter()
        .map(|(document, _)| (document.id, document.external_reference.as_str()))
        .collect();
    let sealed = files.iter().filter(|file| !file.is_original());
    sealed
        .map(|file| letters::ListedDocument {
            name: file.name.clone(),
            reference: references.get(&file.document).copied().unwrap_or_default().to_owned(),
            content_type: file.content_type.clone(),
            size_bytes: file.length,
            sealed: Some(letters::Sealed {
                by: who.name.clone(),
                organization: who.organization.clone(),
                at: file.signing_time,
            }),
        })
        .collect()
}

async fn attachments(
    app: &App,
    operation: OperationId,
    files: Vec<File>,
) -> Result<Option<Vec<Attachment>>, Error> {
    let bytes = Contents::read(app, operation, &files).await?;
    let attachments = files.into_iter().map(|file| {
        let bytes = bytes.of(&file)?;
        Some(Attachment { file_name: file.name, content_type: file.content_type, bytes })
    });
    Ok(attachments.collect())
}

fn alarm_letter(message: &Message, language: Option<Language>) -> Result<Written, String> {
    let language = language.unwrap_or_default();
    let content = message.content.as_deref().unwrap_or_default();
    let rendered = alarms::letter(content, language).ok_or("this version knows no such alarm")?;
    Ok(Written {
        rendered,
        language,
        from_name: "Chancery".to_owned(),
        list: String::new(),
        attachments: Vec::new(),
    })
}

async fn test_letter(
    app: &App,
    message: &Message,
    language: Option<Language>,
) -> Result<Written, Error> {
    let account = match account_of(app, message).await? {
        Some(service) => {
            let service = app.reader.client_service(service).await?.ok_or(Error::NotFound)?;
            account_name(Some(service.alias.as_str()))
        }
        None => account_name(None),
    };
    let language = language.unwrap_or_default();
    let test = letters::TestMail { account, sent: message.created };
    Ok(Written {
        rendered: letters::test_mail(language, &test),
        language,
        from_name: "Chancery".to_owned(),
        list: String::new(),
        attachments: Vec::new(),
    })
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
    use secrecy::ExposeSecret as _;
    let service = app.reader.client_service_by_alias(alias).await?.ok_or(Error::NotFound)?;
    check_server(&new.settings)?;
    let place = place_of_password(service.id);
    let sealed = match (&new.password, &new.settings.username) {
        (_, None) => None,
        (None, Some(_)) => {
            app.reader.smtp_account(service.id).await?.and_then(|known| known.password_sealed)
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
    app.store.set_smtp_account(service.id, &new.settings, sealed.as_deref(), app.now()).await?;
    Ok(())
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
    let service = app.reader.client_service_by_alias(alias).await?.ok_or(Error::NotFound)?;
    Ok(app.store.reset_smtp_account(service.id).await?)
}

/// Makes one try of a test mail at once and says how it went; nothing is tried again. `None`: no
/// server is set up.
///
/// # Errors
/// [`Error::NotFound`] when there is no such client service.
pub async fn test(
    app: &App,
    client_service: Option<ClientServiceId>,
    to: &MailAddress,
    language: Language,
) -> Result<Option<crate::domain::delivery::Tried>, Error> {
    let id = MessageId::from_i64(app.next_id());
    let target = Target::Mail { address: to.clone(), language: Some(language) };
    let message = Message {
        client_service,
        mail_id: Some(notify::mail_id(app)?),
        ..Message::due(id, MessageKind::Test, target, app.now())
    };
    match compose(app, &message, to, Some(language)).await? {
        Composed::Ready { server, bytes, .. } => {
            Ok(Some(app.mail.mailer.send(&server.account, server.key, to, &bytes).await))
        }
        Composed::NoServer(_) => Ok(None),
        Composed::Never(words) => Ok(Some(crate::domain::delivery::Tried::new(
            crate::domain::delivery::Verdict::Never,
            "compose",
            &words,
        ))),
    }
}
