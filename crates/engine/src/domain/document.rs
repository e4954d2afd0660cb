//! A document: one file inside an operation, its settings and the states it goes through.

use serde_json::{Map, Value};

use super::client_service::Lint;
use super::ids::{DocumentId, ExternalReference, OperationId};
use super::instant::Instant;
use super::level::{Level, LevelWish};
use super::profile::{Expected, Format, Profile};

/// One file inside an operation, without its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub id: DocumentId,
    pub operation: OperationId,
    /// Place in the request, from 0.
    pub position: u32,
    pub external_reference: ExternalReference,
    pub name: String,
    pub content_type: String,
    /// Bytes of the original.
    pub content_length: u64,
    pub received: Instant,
    pub state: DocumentState,
}

/// Where a document stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentState {
    /// Recorded, not sealed yet.
    Received,
    /// Sealed; these bytes never change.
    Sealed { signing_time: Instant, sha256: [u8; 32], length: u64 },
    /// Will never be sealed under this operation; its reference is free again. `reason` is a stable
    /// name ([`super::refusal::Refusal::code`] or one of ours), `detail` a sentence.
    Failed { error: SigningError, reason: String, detail: String },
}

impl DocumentState {
    /// As stored: `RECEIVED`, `SIGNED` or `ERROR_SIGNING`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Received => "RECEIVED",
            Self::Sealed { .. } => "SIGNED",
            Self::Failed { .. } => "ERROR_SIGNING",
        }
    }
}

/// Why a document was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningError {
    /// The request asks for something that cannot be done with this document.
    Configuration,
    /// The sealing certificate cannot be used.
    InvalidCertificate,
    /// The key back-end did not answer until retries ended.
    CertificateServiceGlobal,
    /// No time-stamp authority gave the token that the seal was to have.
    Timestamp,
    /// Our own fault.
    Internal,
}

impl SigningError {
    const ALL: [Self; 5] = [
        Self::Configuration,
        Self::InvalidCertificate,
        Self::CertificateServiceGlobal,
        Self::Timestamp,
        Self::Internal,
    ];

    /// As stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "CONFIGURATION_SIGN_ERROR",
            Self::InvalidCertificate => "INVALID_CERTIFICATE_SIGN_ERROR",
            Self::CertificateServiceGlobal => "CERT_SERVICE_GLOBAL_ERROR",
            Self::Timestamp => "TIMESTAMP_SIGN_ERROR",
            Self::Internal => "SIGN_OPERATION_INTERNAL_ERROR",
        }
    }

    /// The error of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.as_str() == text)
    }
}

/// How one document is sealed: what the client asked for, laid over a profile, when it was accepted.
/// Nothing of it changes afterwards, so that the same bytes can be prepared again after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealSettings {
    /// Name of the profile that the settings come from.
    pub profile: Option<String>,
    pub seal: Profile,
    /// What the seal has when it is released, never less.
    pub level: Level,
    /// Octets that a PDF keeps free beside the value of its seal, for what is added to it above level B.
    pub room: usize,
    /// How the document is looked at before it is sealed.
    pub lint: Lint,
    /// What its profile wants of it then. `None` without a profile, when nothing is looked at, and for
    /// what was accepted before this was kept.
    pub expected: Option<Expected>,
    /// What the client said that had no effect, in sentences for the client.
    pub notes: Vec<String>,
}

impl SealSettings {
    /// The settings without the octets of an image, which nobody is shown.
    #[must_use]
    pub fn without_image(mut self) -> Self {
        if let Profile::Pades(profile) = &mut self.seal
            && let Some(image) = profile.visible.as_mut().and_then(|it| it.image.as_mut())
        {
            image.content = String::new();
        }
        self
    }
}

/// What a client asks for one document, before it is laid over a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealWishes {
    pub format: Format,
    /// Name of a profile; without it that of the client service.
    pub profile: Option<String>,
    /// Settings in particular, by their names in the profile of the format
    /// ([`super::xades::XadesProfile`], [`super::pades::PadesProfile`], [`super::cades::CadesProfile`]).
    pub settings: Map<String, Value>,
    /// How long the seal is to be checked.
    pub level: LevelWish,
    /// What the client said that has no effect, in sentences for the client.
    pub notes: Vec<String>,
}
