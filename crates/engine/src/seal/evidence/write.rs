//! Writes the elements of a record, without any white space between them: canonical forms depend on it.

use std::fmt::Write as _;

use super::parts::{ERS_NAMESPACE, ProofValue, XmlArchiveStamp, XmlEvidenceChain};
use crate::pki::algorithm::{canonicalization_uri, digest_uri};
use crate::seal::signer::base64;

/// A record of chains.
pub(super) fn record(chains: &[XmlEvidenceChain]) -> String {
    let written: String =
        chains.iter().zip(1..).map(|(one, order)| chain("", one, order)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EvidenceRecord xmlns=\"{ERS_NAMESPACE}\" Version=\"1.0\">\
         <ArchiveTimeStampSequence>{written}</ArchiveTimeStampSequence></EvidenceRecord>\n"
    )
}

/// `ArchiveTimeStampChain`; `prefix` stands before each name, with its colon.
pub(super) fn chain(prefix: &str, chain: &XmlEvidenceChain, order: usize) -> String {
    let stamps: String =
        chain.stamps.iter().zip(1..).map(|(one, order)| stamp(prefix, one, order)).collect();
    let digest = digest_uri(chain.algorithm);
    let canonicalization = canonicalization_uri(chain.canonicalization);
    format!(
        "<{prefix}ArchiveTimeStampChain Order=\"{order}\"><{prefix}DigestMethod Algorithm=\"{digest}\"/>\
         <{prefix}CanonicalizationMethod Algorithm=\"{canonicalization}\"/>{stamps}\
         </{prefix}ArchiveTimeStampChain>"
    )
}

/// `ArchiveTimeStamp`.
pub(super) fn stamp(prefix: &str, stamp: &XmlArchiveStamp, order: usize) -> String {
    let mut text = format!("<{prefix}ArchiveTimeStamp Order=\"{order}\">");
    if !stamp.path.lists.is_empty() {
        let _ = write!(text, "<{prefix}HashTree>");
        for (list, order) in stamp.path.lists.iter().zip(1..) {
            let _ = write!(text, "<{prefix}Sequence Order=\"{order}\">");
            for value in list {
                let _ =
                    write!(text, "<{prefix}DigestValue>{}</{prefix}DigestValue>", base64(value));
            }
            let _ = write!(text, "</{prefix}Sequence>");
        }
        let _ = write!(text, "</{prefix}HashTree>");
    }
    let token = base64(&stamp.path.token);
    let _ = write!(
        text,
        "<{prefix}TimeStamp><{prefix}TimeStampToken Type=\"RFC3161\">{token}</{prefix}TimeStampToken>"
    );
    text += &proofs(prefix, &stamp.proofs);
    let _ = write!(text, "</{prefix}TimeStamp></{prefix}ArchiveTimeStamp>");
    text
}

/// `CryptographicInformationList`, or nothing.
pub(super) fn proofs(prefix: &str, values: &[ProofValue]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let mut text = format!("<{prefix}CryptographicInformationList>");
    for (value, order) in values.iter().zip(1..) {
        let (kind, value) = (value.kind.as_str(), base64(&value.der));
        let _ = write!(
            text,
            "<{prefix}CryptographicInformation Order=\"{order}\" Type=\"{kind}\">{value}\
             </{prefix}CryptographicInformation>"
        );
    }
    let _ = write!(text, "</{prefix}CryptographicInformationList>");
    text
}
