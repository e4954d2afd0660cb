//! Certification paths (RFC 5280, 6): whether the certificates from one that somebody asks for to a trust
//! anchor hold, which of several paths does, and which chain of a file's certificates is sealed with.
//! Revocation is asked in [`revocation`](super::revocation).

mod building;
pub mod policies;
mod pool;
mod sealing;
mod validation;

pub use super::flaw::{Flaw, PathFinding};
pub(super) use building::find_within;
pub use building::{NoPath, PathSettings, ValidPath, find};
pub use policies::ValidPolicies;
pub use pool::{CertificatePool, TrustAnchor};
pub use sealing::{check_dates, choose, ends_first, examine, of_file};
pub use validation::PolicyDemand;

/// Certificates of a path at most, the trust anchor's not counted.
const MAX_LENGTH: usize = 10;
