//! What a mail says: the letter about an operation with its documents or links, of an alarm, of an invitation, of a test.

use std::collections::HashMap;

use crate::app::App;
use crate::domain::alarm::Alarm;
use crate::domain::delivery::MailAddress;
use crate::domain::document::{Document, SealSettings};
use crate::domain::ids::{DocumentId, OperationId};
use crate::domain::language::Language;
use crate::domain::outbox::{Message, MessageKind};
use crate::domain::scope::Scope;
use crate::letters::{self, Rendered};
use crate::outbound::mail::{Attachment, Letter};
use crate::workflow::files::{self, File, FileBytes};
use crate::workflow::mail_servers::{self, Server};
use crate::workflow::people::invitations;
use crate::workflow::templates::{self, TemplateKind};
use crate::workflow::{Error, Thing, notify, portal};

/// A mail ready to be tried, or why there is none.
pub(super) enum Composed {
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

/// Writes a message as a mail.
pub(super) async fn compose(
    app: &App,
    message: &Message,
    address: &MailAddress,
    language: Option<Language>,
) -> Result<Composed, Error> {
    let server = match server_of(app, message).await? {
        Ok(server) => server,
        Err(words) => return Ok(Composed::NoServer(words)),
    };
    let letter = match message.kind {
        MessageKind::Notification | MessageKind::Resend => {
            notification(app, message, address).await?
        }
        MessageKind::Test => Ok(test_letter(app, message, language).await?),
        MessageKind::Alarm => alarm_letter(message, language),
        MessageKind::Invitation => invitation_letter(app, message, language).await?,
        MessageKind::Event => Err("an event is no mail".to_owned()),
    };
    match letter {
        Ok(written) => Ok(addressed(server, message, address, written)),
        Err(words) => Ok(Composed::Never(words)),
    }
}

/// Writes a letter that is given as a mail.
pub(super) async fn compose_given(
    app: &App,
    message: &Message,
    address: &MailAddress,
    (rendered, from_name, language): (Rendered, String, Language),
) -> Result<Composed, Error> {
    match server_of(app, message).await? {
        Ok(server) => {
            let (list, attachments) = (String::new(), Vec::new());
            let draft = Draft { rendered, language, from_name, list, attachments };
            Ok(addressed(server, message, address, draft))
        }
        Err(words) => Ok(Composed::NoServer(words)),
    }
}

/// The server that a message goes over, or why there is none.
async fn server_of(app: &App, message: &Message) -> Result<Result<Server, String>, Error> {
    match mail_servers::server(app, message.client_service).await {
        Ok(Some(server)) => Ok(Ok(server)),
        Ok(None) => {
            let words = "no mail server is set up; the operator sets one in [mail] or with \
                         chancery mail set";
            Ok(Err(words.to_owned()))
        }
        // The key file is another one: the operator has to act, and the mail waits.
        Err(Error::Internal(error)) => {
            let words = "the password of the mail server cannot be opened with the key in \
                         secrets.key_file; set it again with chancery mail set";
            tracing::error!(message = %message.id, %error, "{words}");
            Ok(Err(words.to_owned()))
        }
        Err(other) => Err(other),
    }
}

fn addressed(server: Server, message: &Message, address: &MailAddress, written: Draft) -> Composed {
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
    match server.account.compose(&letter) {
        Ok(bytes) => Composed::Ready { server: Box::new(server), bytes, attached },
        Err(words) => Composed::Never(words),
    }
}

/// A letter before it is a mail.
struct Draft {
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
) -> Result<Result<Draft, String>, Error> {
    let Some((operation, service)) = message.operation.zip(message.client_service) else {
        return Ok(Err("its operation is gone".to_owned()));
    };
    let found = app.reader.operation(Scope::Installation, operation).await?;
    let found = found.ok_or(Error::NotFound(Thing::Operation))?;
    let service =
        app.reader.client_service(service).await?.ok_or(Error::NotFound(Thing::ClientService))?;
    let issuer =
        app.reader.company(service.issuer).await?.ok_or(Error::NotFound(Thing::Company))?;
    let documents = app.reader.documents_shown(operation).await?;
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
        operation: letters::LetterOperation {
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
    Ok(Ok(Draft {
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
            sealed: Some(letters::LetterSeal {
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
    let bytes = FileBytes::read(app, operation, &files).await?;
    let attachments = files.into_iter().map(|file| {
        let bytes = bytes.of(&file)?;
        Some(Attachment { file_name: file.name, content_type: file.content_type, bytes })
    });
    Ok(attachments.collect())
}

fn alarm_letter(message: &Message, language: Option<Language>) -> Result<Draft, String> {
    let language = language.unwrap_or_default();
    let content = message.content.as_deref().unwrap_or_default();
    let rendered = alarm(content, language).ok_or("this version knows no such alarm")?;
    Ok(Draft {
        rendered,
        language,
        from_name: "Chancery".to_owned(),
        list: String::new(),
        attachments: Vec::new(),
    })
}

/// The letter of an invitation, unless it opens nothing any more.
async fn invitation_letter(
    app: &App,
    message: &Message,
    language: Option<Language>,
) -> Result<Result<Draft, String>, Error> {
    let Some((invitation, person)) = invitations::of_message(app, message).await? else {
        return Ok(Err("the invitation opens nothing any more".to_owned()));
    };
    let language = language.unwrap_or_default();
    let letter = letters::InvitationLetter {
        name: person.name,
        address: person.address.as_str().to_owned(),
        link: invitations::link(app, &invitation),
        expires: invitation.expires,
    };
    Ok(Ok(Draft {
        rendered: letters::invitation(language, &letter),
        language,
        from_name: "Chancery".to_owned(),
        list: String::new(),
        attachments: Vec::new(),
    }))
}

async fn test_letter(
    app: &App,
    message: &Message,
    language: Option<Language>,
) -> Result<Draft, Error> {
    let account = match mail_servers::account_of(app, message).await? {
        Some(service) => {
            let service = app
                .reader
                .client_service(service)
                .await?
                .ok_or(Error::NotFound(Thing::ClientService))?;
            mail_servers::account_name(Some(service.alias.as_str()))
        }
        None => mail_servers::account_name(None),
    };
    let language = language.unwrap_or_default();
    let test = letters::TestMail { account, sent: message.created };
    Ok(Draft {
        rendered: letters::test_mail(language, &test),
        language,
        from_name: "Chancery".to_owned(),
        list: String::new(),
        attachments: Vec::new(),
    })
}

/// The letter of an alarm message, from its content; `None` when that is no alarm of this version.
#[must_use]
pub fn alarm(content: &str, language: Language) -> Option<Rendered> {
    let alarm: Alarm = serde_json::from_str(content).ok()?;
    Some(letters::alarm(language, &alarm))
}
