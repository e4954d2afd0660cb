//! Our own typed ids. A client's references are never ids: they are [`ExternalReference`]s.

use std::fmt;
use std::str::FromStr;

use super::refusal::Refusal;

/// Largest id we give out: 2^53 - 1, the largest integer every JSON reader keeps exactly.
pub const MAX_ID: i64 = (1 << 53) - 1;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a stored value.
            #[must_use]
            pub const fn from_i64(value: i64) -> Self {
                Self(value)
            }

            /// The value as stored and shown.
            #[must_use]
            pub const fn as_i64(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

typed_id!(
    /// An accepted request.
    OperationId
);
typed_id!(
    /// One document inside an operation.
    DocumentId
);
typed_id!(
    /// Pieces of contents that were put down together.
    ParcelId
);
typed_id!(
    /// The renewal of a credential.
    RenewalId
);
typed_id!(
    /// A machine that calls us.
    ClientServiceId
);
typed_id!(
    /// A company: an issuer or a partner.
    CompanyId
);
typed_id!(
    /// A certificate chain with the handle of its key.
    CredentialId
);
typed_id!(
    /// One run of the service, from its start to its end.
    ProcessId
);
typed_id!(
    /// A message in the outbox.
    MessageId
);
typed_id!(
    /// A place that wants events.
    EndpointId
);
typed_id!(
    /// A fact that webhooks tell.
    EventId
);
typed_id!(
    /// Preserved documents that share the timestamps of their evidence records.
    EvidenceGroupId
);

typed_id!(
    /// Somebody who may sign in to the back office.
    PersonId
);
typed_id!(
    /// Something that a person did. Drawn before it is done, so that it is done once however often it is asked for.
    ActId
);
typed_id!(
    /// Something that is done to many operations, one after the other.
    BulkId
);
typed_id!(
    /// Something by which a person shows who it is.
    PersonCredentialId
);
typed_id!(
    /// A person's stay, from signing in to the end.
    SessionId
);
typed_id!(
    /// A link by which a person sets its password.
    InvitationId
);

/// The client's own name for a request or a document: 1 to 255 printable characters, kept exactly
/// as sent (spaces, `/`, `:` and non-ASCII included).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalReference(String);

impl ExternalReference {
    /// Longest reference, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Accepts a reference as sent by a client.
    ///
    /// # Errors
    /// [`Refusal::ReferenceInvalid`] when it is empty, too long, blank, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let reason = if text.trim().is_empty() {
            "it is empty"
        } else if text.chars().count() > Self::MAX_CHARS {
            "it is longer than 255 characters"
        } else if text.chars().any(char::is_control) {
            "it holds a control character"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Refusal::ReferenceInvalid { reason })
    }

    /// Wraps a stored value.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The reference as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
