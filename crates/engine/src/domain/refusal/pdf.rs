//! Why a PDF is not sealed.

use thiserror::Error;

/// The cause lies in the PDF, or in where and how a signature is wanted in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PdfRefusal {
    // ---- the file ----
    #[error("the document is not a PDF: no %PDF- header within its first 1024 bytes")]
    NotPdf,
    #[error("the PDF is cut off: {what}; send the whole file")]
    Truncated { what: String },
    #[error("the PDF is damaged: {what}; save it anew with the program that made it")]
    Damaged { what: String },
    #[error("the PDF needs a password to be opened; send it without one")]
    PasswordNeeded,
    #[error("the PDF is encrypted with {what}, which cannot be read; send it without encryption")]
    EncryptionUnsupported { what: String },
    #[error("objects of the PDF refer to each other in a circle: {what}")]
    Circle { what: String },
    #[error("the PDF nests {what} deeper than {limit} levels")]
    TooDeep { what: &'static str, limit: usize },
    #[error("the PDF has more than {limit} objects")]
    TooManyObjects { limit: usize },
    #[error("the PDF unpacks to more than {limit} bytes where it has to be read")]
    TooMuchData { limit: usize },
    #[error(
        "reading the PDF takes more than {limit} bytes of memory; save it anew with fewer objects"
    )]
    TooMuchMemory { limit: usize },
    #[error("reading the PDF takes more than {limit} steps")]
    TooExpensive { limit: u64 },
    #[error(
        "the document takes more than {limit_ms} ms of work; send a simpler one, or ask the operator for more time"
    )]
    TimeUsedUp { limit_ms: u64 },

    // ---- what it permits ----
    #[error("the permissions of the encrypted PDF do not allow {what}; {remedy}")]
    Forbidden { what: &'static str, remedy: String },
    #[error(
        "the PDF is certified so that nothing may be changed (DocMDP, P 1); a further signature would break the certification"
    )]
    CertifiedNoChanges,
    #[error("an earlier signature locks {field}; {remedy}")]
    FieldLocked { field: String, remedy: String },
    #[error("the PDF has a signature already; only the first one can certify it")]
    CertificationTooLate,
    #[error("the PDF is an XFA form, which a signature breaks; send the printed form")]
    XfaForm,
    #[error("the PDF contains {what}, which the client service does not allow")]
    ActiveContent { what: String },
    #[error(
        "an earlier signature of the PDF does not cover what it shows: {what}; send the unsigned document"
    )]
    Shadowed { what: String },

    // ---- where the signature is wanted ----
    #[error("the PDF has no pages")]
    NoPages,
    #[error("page {page} does not exist; the PDF has {pages}")]
    PageMissing { page: i32, pages: usize },
    #[error("the PDF has no signature field '{field}'; {candidates}")]
    FieldMissing { field: String, candidates: String },
    #[error("the field '{field}' is no signature field")]
    FieldKind { field: String },
    #[error("the signature field '{field}' is already signed")]
    FieldSigned { field: String },
    #[error("the signature field '{field}' has no rectangle to draw in")]
    FieldInvisible { field: String },
    #[error("the signature field '{field}' demands {what}; meet it or name another field")]
    FieldDemands { field: String, what: String },
    #[error("the word '{word}' is not on any page as text")]
    PlaceholderMissing { word: String },
    #[error("the area of the signature is not inside page {page}, which is {width} by {height}")]
    AreaOutside { page: usize, width: String, height: String },

    // ---- what it is to look like ----
    #[error("the template cannot be used: {reason}")]
    TemplateInvalid { reason: String },
    #[error("the font has no character U+{code:04X}; leave it out of the text")]
    CharacterMissing { code: u32 },
    #[error("the text does not fit into the area even at {size} points; enlarge the area")]
    TextTooLong { size: String },
    #[error("the image cannot be read: {reason}")]
    ImageUnreadable { reason: String },
    #[error("the image is too large: {reason}")]
    ImageTooLarge { reason: String },
    #[error("the appearance has {size} bytes; the limit is {limit}")]
    AppearanceTooLarge { size: usize, limit: usize },
}

impl PdfRefusal {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPdf => "pdf-none",
            Self::Truncated { .. } => "pdf-truncated",
            Self::Damaged { .. } => "pdf-damaged",
            Self::PasswordNeeded => "pdf-password-needed",
            Self::EncryptionUnsupported { .. } => "pdf-encryption-unsupported",
            Self::Circle { .. } => "pdf-circle",
            Self::TooDeep { .. } => "pdf-too-deep",
            Self::TooManyObjects { .. } => "pdf-too-many-objects",
            Self::TooMuchData { .. } => "pdf-too-much-data",
            Self::TooMuchMemory { .. } => "pdf-too-much-memory",
            Self::TooExpensive { .. } => "pdf-too-expensive",
            Self::TimeUsedUp { .. } => "time-used-up",
            Self::Forbidden { .. } => "pdf-forbidden",
            Self::CertifiedNoChanges => "pdf-certified",
            Self::FieldLocked { .. } => "pdf-field-locked",
            Self::CertificationTooLate => "pdf-certification-too-late",
            Self::XfaForm => "pdf-xfa",
            Self::ActiveContent { .. } => "pdf-active-content",
            Self::Shadowed { .. } => "pdf-shadowed",
            Self::NoPages => "pdf-no-pages",
            Self::PageMissing { .. } => "pdf-page-missing",
            Self::FieldMissing { .. } => "pdf-field-missing",
            Self::FieldKind { .. } => "pdf-field-kind",
            Self::FieldSigned { .. } => "pdf-field-signed",
            Self::FieldInvisible { .. } => "pdf-field-invisible",
            Self::FieldDemands { .. } => "pdf-field-demands",
            Self::PlaceholderMissing { .. } => "pdf-placeholder-missing",
            Self::AreaOutside { .. } => "pdf-area-outside",
            Self::TemplateInvalid { .. } => "pdf-template-invalid",
            Self::CharacterMissing { .. } => "pdf-character-missing",
            Self::TextTooLong { .. } => "pdf-text-too-long",
            Self::ImageUnreadable { .. } => "pdf-image-unreadable",
            Self::ImageTooLarge { .. } => "pdf-image-too-large",
            Self::AppearanceTooLarge { .. } => "pdf-appearance-too-large",
        }
    }
}
