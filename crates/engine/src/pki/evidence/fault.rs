//! What can be wrong with an evidence record.

use thiserror::Error;

use crate::pki::timestamp::TimestampFault;

/// Why an evidence record cannot be made, read, or does not hold.
#[derive(Debug, Error)]
pub enum EvidenceFault {
    #[error("it is no evidence record (RFC 4998): {0}")]
    NoRecord(&'static str),
    #[error("it is no evidence record (RFC 6283): {0}")]
    NoXmlRecord(String),
    #[error("it has more than {0} octets")]
    TooLarge(usize),
    #[error("it has more than {0} timestamps")]
    TooMany(usize),
    #[error("it has more than {0} chains of timestamps")]
    TooManyChains(usize),
    #[error("it has more than {0} digests")]
    TooManyDigests(usize),
    #[error("its version is {0}, and only 1 is known")]
    Version(u8),
    #[error("it is over what was encrypted, which is not looked at")]
    Encrypted,
    #[error("its digest algorithm {0} is not known here")]
    Algorithm(String),
    #[error("its canonicalization method {0} is not known here")]
    Canonicalization(String),
    #[error(
        "the data are XML whose canonical form (RFC 6283, 4.1.2) is not to be had: {0}; a record in DER is over octets"
    )]
    NotCanonical(String),
    #[error("the timestamps of chain {chain} use different digests (RFC 4998, 5.2)")]
    Mixed { chain: usize },
    #[error("timestamp {stamp} of chain {chain}: {fault}")]
    Token { chain: usize, stamp: usize, fault: Box<TimestampFault> },
    #[error("timestamp {stamp} of chain {chain} is not over {what}")]
    NotOver { chain: usize, stamp: usize, what: &'static str },
    #[error("timestamp {stamp} of chain {chain} is older than the one before it")]
    Order { chain: usize, stamp: usize },
    #[error("there is nothing that it is to be over")]
    Nothing,
    #[error(
        "the record was renewed, and its renewals are over what it is in DER (RFC 4998, 5.2): it is no record in XML"
    )]
    RenewedInDer,
    #[error(
        "the data begin as XML, of which a record in XML is over the canonical form (RFC 6283, 4.1.2), and this one is \
         over their octets"
    )]
    OverOctets,
    #[error("the digest is not in the tree")]
    NotInTree,
    #[error("the token is not over the root of the tree")]
    NotRoot,
    #[error("renewing it under another digest takes the data that it is over")]
    DataNeeded,
    #[error("a digest has another algorithm than the tree")]
    Digests,
}
