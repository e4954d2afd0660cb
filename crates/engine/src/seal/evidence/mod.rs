//! Evidence records in XML (RFC 6283), and either syntax behind one name. The tree, what its timestamps have to be over
//! one after the other, and the limits are those of `pki/evidence`; what is digested is different: of XML its canonical
//! form, and of the record itself its elements as they stand.
//!
//! ```text
//! XmlEvidenceRecord::first(tree, digest, token) ─► text       digest = object_digest(data)
//! record.leaf(renewal, data) ─► DigestTree ─ root() ─► TSA ─► record.renewed(renewal, data, tree, token)
//! StoredEvidence::read(octets) ─ tokens(data) ─► the tokens, each over what it has to be over
//! ```
//!
//! A record is never written from a tree of nodes: what is there stays as it is, and a renewal is put behind it.

mod object;
mod parts;
mod read;
mod stored;
mod write;
mod xml_record;

pub use object::{CANONICALIZATION, XML_HEAD, begins_as_xml, object_digest};
pub use parts::{ProofKind, ProofValue, XmlArchiveStamp, XmlEvidenceChain};
pub use stored::StoredEvidence;
pub use xml_record::XmlEvidenceRecord;
