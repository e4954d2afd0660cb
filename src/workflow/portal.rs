//! The receiver's page: what a link opens, its downloads, and the first opening, which tells the
//! sender that the mail was received.

use std::collections::HashSet;

use super::files::{self, File, file_name};
use super::{Error, Thing, credentials, notify, templates};
use crate::app::App;
use crate::domain::company::Company;
use crate::domain::ids::{CredentialId, DocumentId, EventId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::operation::Operation;
use crate::domain::outbox::Message;
use crate::domain::scope::Scope;

/// What a link leads to.
pub enum Link {
    /// Its documents.
    Good(Box<OpenedDocuments>),
    /// It was good until then.
    Expired { until: Instant, language: Language },
}

/// The documents behind a good link.
pub struct OpenedDocuments {
    pub message: Message,
    pub operation: Operation,
    pub issuer: Company,
    pub language: Language,
    pub expires: Instant,
    /// Who sealed them; the credential that was pinned with the operation.
    pub sealer: Sealer,
    /// What there is to look at, in the order of the request.
    pub files: Vec<File>,
    /// Documents whose sealed bytes are still kept.
    pub kept: HashSet<DocumentId>,
}

/// Who seals with a credential, as the certificate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealer {
    /// Common name.
    pub name: String,
    pub organization: Option<String>,
}

/// A file to be saved.
pub struct Download {
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Finds what a link leads to. Nothing is recorded.
///
/// # Errors
/// [`Error::NotFound`] for what is no link of ours and for one that was revoked.
pub async fn open(app: &App, token: &str) -> Result<Link, Error> {
    let (message, good) = match notify::open_link(app, token).await? {
        notify::OpenedLink::Message(message) => (message, true),
        notify::OpenedLink::Expired(message) => (message, false),
    };
    let language = templates::language_of(app, &message).await?;
    let expires = message.link_expires.ok_or(Error::NotFound(Thing::Link))?;
    if !good {
        return Ok(Link::Expired { until: expires, language });
    }
    let id = message.operation.ok_or(Error::NotFound(Thing::Operation))?;
    let operation = app.reader.operation(Scope::Installation, id).await?;
    let operation = operation.ok_or(Error::NotFound(Thing::Operation))?;
    let service = app.reader.client_service(operation.client_service).await?;
    let issuer = match service {
        Some(service) => app.reader.company(service.issuer).await?,
        None => None,
    };
    let issuer = issuer.ok_or(Error::NotFound(Thing::Company))?;
    let sealer = sealer(app, operation.credential).await?;
    let files = files::list(&app.reader.documents_shown(id).await?);
    let kept = app.contents.kept(id).await?;
    Ok(Link::Good(Box::new(OpenedDocuments {
        message: *message,
        operation,
        issuer,
        language,
        expires,
        sealer,
        files,
        kept,
    })))
}

/// Records that the receiver opened the link; only the first time matters.
///
/// # Errors
/// When the database cannot be asked.
pub async fn received(app: &App, opening: &OpenedDocuments) -> Result<(), Error> {
    if opening.message.opened.is_some() {
        return Ok(());
    }
    let event = EventId::from_i64(app.random_id()?);
    if app.store.record_opening(opening.message.id, event, app.now()).await? {
        tracing::info!(operation = %opening.operation.id, message = %opening.message.id, "received");
    }
    Ok(())
}

/// Who seals with a credential. A credential that may not be used any more still has its name.
///
/// # Errors
/// When the database cannot be asked.
pub async fn sealer(app: &App, credential: CredentialId) -> Result<Sealer, Error> {
    let chain = match credentials::chain(app, credential).await {
        Ok(chain) => chain,
        Err(Error::NotFound(_)) => return Ok(Sealer::default()),
        Err(error) => return Err(error),
    };
    let signing = chain.signing();
    Ok(Sealer { name: signing.common_name(), organization: signing.organization() })
}

impl OpenedDocuments {
    /// Whether the bytes of a file are still kept.
    #[must_use]
    pub fn keeps(&self, file: &File) -> bool {
        self.kept.contains(&file.document)
    }

    /// How many octets a receiver would get with all files in one archive; `None` when there is
    /// nothing to put together, or too much.
    #[must_use]
    pub fn archive_length(&self) -> Option<u64> {
        let kept: Vec<&File> = self.files.iter().filter(|file| self.keeps(file)).collect();
        (kept.len() > 1).then(|| files::archive_length(kept)).flatten()
    }
}

/// One file.
///
/// # Errors
/// [`Error::NotFound`] when its bytes are gone.
pub async fn file(app: &App, file: &File) -> Result<Download, Error> {
    let bytes = if file.is_original() {
        app.contents.original(file.document).await?
    } else {
        app.contents.sealed(file.document).await?
    };
    Ok(Download {
        name: file.name.clone(),
        content_type: file.content_type.clone(),
        bytes: bytes.ok_or(Error::NotFound(Thing::Content))?,
    })
}

/// All files that are kept, in one ZIP.
///
/// # Errors
/// [`Error::NotFound`] when [`OpenedDocuments::archive_length`] knows none.
pub async fn archive(app: &App, opening: &OpenedDocuments) -> Result<Download, Error> {
    opening.archive_length().ok_or(Error::NotFound(Thing::Content))?;
    let bytes = files::pack(app, &opening.operation, opening.files.clone()).await?;
    let reference = file_name(opening.operation.external_reference.as_str());
    Ok(Download {
        name: format!("{reference}.zip"),
        content_type: "application/zip".to_owned(),
        bytes,
    })
}

/// The language a page speaks when it knows nobody: that of the browser, as far as we have it.
#[must_use]
pub fn language_wished(accept_language: &str) -> Option<Language> {
    accept_language.split(',').find_map(|range| Language::parse(range.split(';').next()?))
}
