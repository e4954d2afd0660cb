//! Why a file is not sealed with CAdES, or not put into a container.

use thiserror::Error;

/// The cause lies in an existing CMS signature or container, or in what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CmsRefusal {
    #[error("the CMS signature that is there cannot be read: {reason}")]
    Malformed { reason: String },
    #[error(
        "the document is a CMS signature already; send the unsigned document, or ask for existingSignatures PARALLEL, COUNTERSIGN or WRAP"
    )]
    Signed,
    #[error(
        "the document is no CMS signature, so that there is nothing to countersign; send the signed document, or leave existingSignatures out"
    )]
    NotSigned,
    #[error(
        "the CMS signature that is there has {count} signers, and a countersignature is over the value of one; ask for existingSignatures PARALLEL"
    )]
    SeveralSigners { count: usize },
    #[error(
        "the seal would break the CMS signature that is there: an archive timestamp of before version 3, or an evidence record, is over all of its certificates; ask for existingSignatures WRAP"
    )]
    Closed,
    #[error(
        "the CMS signature that is there has no content to sign beside it; send the document itself"
    )]
    ContentMissing,
    #[error(
        "the CMS signature that is there has more than the {limit} {what} beside which a seal can be verified; ask for existingSignatures WRAP"
    )]
    TooManyInside { what: &'static str, limit: usize },
    #[error("the container cannot be read: {reason}")]
    ContainerMalformed { reason: String },
    #[error("the container has no files to seal")]
    ContainerEmpty,
    #[error("the container has the name '{name}' twice; give every file its own")]
    ContainerNameRepeated { name: String },
    #[error("the container has a file named '{name}', which cannot be kept: {reason}")]
    ContainerName { name: String, reason: &'static str },
    #[error("the container has more than {limit} files")]
    ContainerTooManyFiles { limit: usize },
    #[error("the container unpacks to more than {limit} bytes")]
    ContainerTooLarge { limit: usize },
    #[error(
        "the document takes more than {limit_ms} ms of work; send a simpler one, or ask the operator for more time"
    )]
    TimeUsedUp { limit_ms: u64 },
    #[error(
        "the container is sealed already; send the unsealed files, or ask for existingSignatures PARALLEL"
    )]
    ContainerSealed,
    #[error("no other seal can be put into the container: {reason}")]
    ContainerKind { reason: String },
    #[error("'{name}' in the container is not right, so that no seal is put beside it: {reason}")]
    ContainerSignature { name: String, reason: String },
    #[error("the container has more than the {limit} {what} beside which a seal can be verified")]
    ContainerFull { what: &'static str, limit: usize },
}

impl CmsRefusal {
    /// Stable name of the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "cms-malformed",
            Self::Signed => "cms-signed",
            Self::NotSigned => "cms-not-signed",
            Self::SeveralSigners { .. } => "cms-several-signers",
            Self::Closed => "would-break-signature",
            Self::ContentMissing => "cms-content-missing",
            Self::TooManyInside { .. } => "cms-too-many-inside",
            Self::ContainerMalformed { .. } => "container-malformed",
            Self::ContainerEmpty => "container-empty",
            Self::ContainerNameRepeated { .. } => "container-name-repeated",
            Self::ContainerName { .. } => "container-name",
            Self::ContainerTooManyFiles { .. } => "container-too-many-files",
            Self::ContainerTooLarge { .. } => "container-too-large",
            Self::TimeUsedUp { .. } => "time-used-up",
            Self::ContainerSealed => "container-sealed",
            Self::ContainerKind { .. } => "container-kind",
            Self::ContainerSignature { .. } => "container-signature-wrong",
            Self::ContainerFull { .. } => "container-full",
        }
    }
}
