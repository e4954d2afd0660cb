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
//! Whether somebody trusts the tokens' authorities is not known here.

mod fault;
mod record;
mod tree;

pub use fault::EvidenceFault;
pub use record::{ArchiveStamp, EvidenceChain, EvidenceRecord, MAX_RECORD, Renewal};
pub use tree::{BLOCK, DigestTree};
