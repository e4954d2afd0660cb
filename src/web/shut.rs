//! What is said to whoever shows no access token that opens an address, in words that every surface puts
//! into its own dialect.

use crate::domain::refusal::Refusal;
use crate::workflow;
use crate::workflow::tokens::BearerError;

use super::surface::NoCaller;

/// Why an address stays shut.
pub(super) enum Shut {
    /// There is no access token that is good.
    NoToken(TokenFault),
    /// There is one, which does not open this: 403 (RFC 6750, 3.1).
    NoScope(TokenFault),
    /// The client service or its issuer is suspended.
    Suspended(Refusal),
    /// Not the client's cause.
    Failed(workflow::Error),
}

/// What is wrong with an access token.
pub(super) struct TokenFault {
    /// Its name, which does not change.
    pub(super) reason: &'static str,
    /// What to do.
    pub(super) detail: String,
    /// The value of `WWW-Authenticate` (RFC 6750, 3).
    pub(super) challenge: String,
}

impl From<NoCaller> for Shut {
    fn from(error: NoCaller) -> Self {
        let (reason, detail) = match error {
            // RFC 6750, 3.1: who shows nothing is told no error.
            NoCaller::Missing => {
                let detail = "the request has no access token; get one from the token endpoint and send it \
                              as Authorization: Bearer";
                return Self::NoToken(fault("access-token-missing", detail.to_owned(), ""));
            }
            NoCaller::Malformed => (
                "access-token-malformed",
                "what Authorization holds is no access token; send Bearer, one blank, and the token as the \
                 token endpoint gave it",
            ),
            NoCaller::Token(BearerError::Expired) => (
                "access-token-expired",
                "the access token has expired; get a new one from the token endpoint",
            ),
            NoCaller::Token(BearerError::Invalid) => (
                "access-token-invalid",
                "the access token is not valid here; get one from the token endpoint of this service, and \
                 check that its address is the right one",
            ),
            NoCaller::Token(BearerError::Scope(needed)) => {
                let detail = format!("the access token lacks the OAuth scope {needed}; ask for it");
                let more = format!(", error=\"insufficient_scope\", scope=\"{needed}\"");
                return Self::NoScope(fault("oauth-scope-missing", detail, &more));
            }
            NoCaller::Token(BearerError::Suspended(refusal)) => return Self::Suspended(refusal),
            NoCaller::Token(BearerError::Failed(error)) => return Self::Failed(error),
        };
        let more = format!(", error=\"invalid_token\", error_description=\"{detail}\"");
        Self::NoToken(fault(reason, detail.to_owned(), &more))
    }
}

fn fault(reason: &'static str, detail: String, more: &str) -> TokenFault {
    TokenFault { reason, detail, challenge: format!("Bearer realm=\"chancery\"{more}") }
}
