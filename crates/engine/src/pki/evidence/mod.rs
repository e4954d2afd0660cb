//! Evidence records (RFC 4998): one timestamp over many documents, each of which can prove by itself that it was
//! there, renewed before the timestamp or the digests end.
//!
//! ```text
//! DigestTree::new(digests) ─ root() ─► TSA ─► EvidenceRecord::first(tree, digest, token)     one for each document
//! record.leaf(renewal, data) ─► DigestTree ─ root() ─► TSA ─► record.renewed(renewal, data, tree, token)
//! EvidenceRecord::read(der) ─ tokens(data) ─► the tokens, each over what it has to be over
//! ```
//!
//! Records of a tree that is too large for the memory are put together: `DigestTree::reduced_in_block`, `ArchiveStamp::new`,
//! `EvidenceRecord::of`.
//!
//! The same in XML (RFC 6283) is `seal/evidence`, which canonicalizes; [`follow()`] and [`RecordRoom`] serve both.
//!
//! Whether somebody trusts the tokens' authorities is not known here.

mod fault;
mod follow;
mod record;
mod room;
mod tree;

pub use fault::EvidenceFault;
pub use follow::{FollowedChain, FollowedDigests, StampPath, follow};
pub use record::{ArchiveStamp, EvidenceChain, EvidenceRecord, Renewal};
pub use room::{MAX_CHAINS, MAX_DIGESTS, MAX_RECORD, MAX_STAMPS, RecordRoom, check_renewal};
pub use tree::{BLOCK, DigestTree, node};
