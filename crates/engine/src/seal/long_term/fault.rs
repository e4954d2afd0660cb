//! Why the level of a seal cannot be raised.

use thiserror::Error;

use crate::domain::refusal::{PdfRefusal, Refusal};
use crate::pki::path::NoPath;
use crate::pki::validation_data::{DataFault, Insufficient, LackingData};

/// Why a seal stays as it is. Nothing was added to it then.
#[derive(Debug, Error)]
pub enum LongTermFault {
    #[error("levels are raised of XML, PDF, CMS and ASiC containers; this is {0}")]
    Format(&'static str),
    #[error(
        "the CMS signature has an archive timestamp of before version 3 or an evidence record, which more data \
         would break"
    )]
    Archived,
    #[error(
        "{signature} stands in a signature that an archive timestamp covers, so that nothing is added to it; its level \
         is that of the signature around it"
    )]
    ArchivedAround { signature: String },
    #[error("the signature is detached, and what it signs is missing")]
    ContentMissing,
    #[error("there is no seal in it")]
    NoSeal,
    #[error("{signature} is not right, so that nothing is added to it: {reason}")]
    Broken { signature: String, reason: String },
    #[error(
        "{signature} is one of {sub_filter}; the levels of PAdES are for ETSI.CAdES.detached \
         (EN 319 142-1, 6.3)"
    )]
    NotPades { signature: String, sub_filter: String },
    #[error("{signature} {what}; the levels of XAdES are for others (EN 319 132-1, 6.3)")]
    NotXades { signature: String, what: &'static str },
    /// A timestamp is over one signature of a document.
    #[error("it has {0} signatures, each of which gets a timestamp of its own")]
    Several(usize),
    /// It is not of level T.
    #[error("{signature} has no timestamp that holds{}", .reason.as_deref().map(|it| format!(": {it}")).unwrap_or_default())]
    NoTimestamp { signature: String, reason: Option<String> },
    #[error("{signature}: {fault}")]
    Insufficient { signature: String, fault: Insufficient },
    /// A token for something else.
    #[error("the timestamp is over something else than this document as it is prepared for one")]
    NotOver,
    #[error("the TSA of the timestamp, {subject}, is none of those that are trusted: {found}")]
    NotTrusted { subject: String, found: NoPath },
    #[error("the token has {needed} octets; there is room for {room}")]
    NoRoom { needed: usize, room: usize },
    #[error("it has more than {0} signatures")]
    TooMany(usize),
    #[error("the validation data cannot be taken")]
    Data(#[from] DataFault),
    #[error(transparent)]
    Pdf(#[from] PdfRefusal),
    #[error(transparent)]
    Xml(#[from] Refusal),
}

impl LongTermFault {
    /// For whom validation data are missing, when that is what is the matter.
    #[must_use]
    pub fn lacking(&self) -> Option<&LackingData> {
        match self {
            Self::Insufficient { fault: Insufficient::NoPath { lacking, .. }, .. } => Some(lacking),
            _ => None,
        }
    }
}
