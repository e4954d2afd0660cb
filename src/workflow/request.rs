//! A sign request in domain words, however it came. What does not live here: wire names, and what
//! becomes of it.

use std::ops::Deref;
use std::sync::Arc;

use super::notify::Receiver;
use crate::domain::document::SealWishes;
use crate::domain::ids::ExternalReference;
use crate::domain::profile::Format;
use crate::domain::refusal::Refusal;
use crate::pki::digest::sha256;
use crate::seal::inspect::{Content, inspect};

/// A sign request.
pub struct SignRequest {
    /// The client's name for the request.
    pub external_reference: ExternalReference,
    /// Shown to people.
    pub description: String,
    /// As asked.
    pub preserve_content: bool,
    /// Who is told when it is finished.
    pub receivers: Vec<Receiver>,
    /// Whether they get the sealed documents with the mail.
    pub attach_documents: bool,
    /// In the order of the request; never empty.
    pub documents: Vec<RequestedDocument>,
    /// The request as releases before this one wrote it down; nothing where the way it came did not
    /// exist then.
    pub earlier: Vec<Earlier>,
}

/// A request as a release before this one wrote it down: in the words of the way it came, a text for
/// each document in the order of the request.
pub struct Earlier(pub Vec<Said>);

/// The text of a document, in parts: what it has in common with others is in memory once.
#[derive(Default)]
pub struct Said {
    /// What is the document's own.
    pub own: Vec<u8>,
    /// What all documents of the request say.
    pub common: Arc<[u8]>,
    /// The content that is no base64, as it came.
    pub content: Option<Arc<[u8]>>,
}

impl Said {
    /// The parts in their order.
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 3] {
        [&self.own, &self.common, self.content.as_deref().unwrap_or_default()]
    }
}

/// One document of a request.
pub struct RequestedDocument {
    /// The client's name for it.
    pub external_reference: ExternalReference,
    /// File name.
    pub name: String,
    /// MIME type as resolved.
    pub content_type: String,
    /// What the client asks.
    pub wishes: SealWishes,
    /// The document; empty when `refusal` says why.
    pub content: DocumentOctets,
    /// Whether it is a ZIP of files that were sent one by one, to be sealed together in one container.
    pub of_files: bool,
    /// Why this document cannot be sealed, found before it was recorded.
    pub refusal: Option<Refusal>,
    /// SHA-256 of what the client sent and we could not read: two such documents are the same only if
    /// this is.
    pub unread: Option<[u8; 32]>,
}

/// The octets of a document with their digest. It is made where they are read, on a thread that may take its
/// time: of many megabytes nobody else has to wait for it.
pub struct DocumentOctets {
    octets: Vec<u8>,
    sha256: [u8; 32],
}

impl DocumentOctets {
    /// These octets, which are digested here.
    #[must_use]
    pub fn new(octets: Vec<u8>) -> Self {
        let sha256 = sha256(&octets);
        Self { octets, sha256 }
    }

    /// These octets, whose SHA-256 was made as they came.
    #[must_use]
    pub const fn digested(octets: Vec<u8>, sha256: [u8; 32]) -> Self {
        Self { octets, sha256 }
    }

    /// SHA-256 of what they were made of, also when they were taken.
    #[must_use]
    pub const fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Takes the octets and leaves none.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.octets)
    }
}

impl Deref for DocumentOctets {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets
    }
}

/// The MIME type of a document. Clients generated from Sign'Stash's own description send all three
/// types in one text; the content decides then. CAdES seals anything, so it takes any type.
///
/// # Errors
/// [`Refusal::ContentTypeUnknown`], or [`Refusal::ContentMismatch`] when the content is another kind.
pub fn content_type(declared: &str, content: &[u8], format: Format) -> Result<String, Refusal> {
    let essence = essence(declared);
    let kind = inspect(content);
    if essence.contains(',') {
        let known =
            |part: &str| matches!(part.trim(), "application/pdf" | "text/xml" | "application/xml");
        if !essence.split(',').all(known) {
            return Err(Refusal::ContentTypeUnknown { value: declared.to_owned() });
        }
        return Ok(match kind {
            Content::Pdf => "application/pdf",
            _ => "application/xml",
        }
        .to_owned());
    }
    let fits = match essence.as_str() {
        "application/xml" | "text/xml" => kind == Content::Xml,
        "application/pdf" => kind == Content::Pdf,
        "application/octet-stream" => true,
        "application/zip" => kind == Content::Zip,
        // a container that gets another seal
        "application/vnd.etsi.asic-e+zip" if format == Format::Xades => kind == Content::Zip,
        other if format == Format::Cades && is_media_type(other) => true,
        _ => return Err(Refusal::ContentTypeUnknown { value: declared.to_owned() }),
    };
    // An empty content was refused before, with a better reason.
    if fits || content.is_empty() {
        Ok(essence)
    } else {
        Err(Refusal::ContentMismatch { declared: essence, found: kind.as_str() })
    }
}

/// A media type without its parameters.
#[must_use]
pub fn essence(declared: &str) -> String {
    declared.split(';').next().unwrap_or(declared).trim().to_ascii_lowercase()
}

/// `type/subtype` (RFC 6838, 4.2).
fn is_media_type(text: &str) -> bool {
    let name = |part: &str| {
        (1..=127).contains(&part.len())
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    text.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}
