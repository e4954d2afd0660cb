//! The recipe of ZATCA (Saudi Arabia), as its published samples have it: what is digested, and how.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::form::AuthorityForm;
use super::octets;
use super::qr;
use super::serialization::Serialization;
use crate::domain::profile::{
    Canonicalization, CanonicalizationMethod, DigestAlgorithm, SignatureAlgorithm,
};
use crate::domain::refusal::Refusal;
use crate::pki::digest::sha256;
use crate::seal::Limits;
use crate::seal::signer::base64;
use crate::seal::xades::ubl::{CAC_NAMESPACE, EXT_NAMESPACE};
use crate::seal::xml::xpath::Budget;

pub(super) const FORM: AuthorityForm = AuthorityForm {
    authority: "ZATCA",
    profile: "zatca-simplified",
    canonicalization: Canonicalization {
        method: CanonicalizationMethod::Inclusive11,
        with_comments: false,
    },
    algorithm: SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha256),
    xpaths: &[
        "not(//ancestor-or-self::ext:UBLExtensions)",
        "not(//ancestor-or-self::cac:Signature)",
        "not(//ancestor-or-self::cac:AdditionalDocumentReference[cbc:ID='QR'])",
    ],
    signature_id: "signature",
    document_id: "invoiceSignedData",
    properties_id: "xadesSignedProperties",
    indentation: Some(20),
};

/// The octets whose SHA-256 is the invoice digest: Canonical XML 1.1 of the document without
/// `ext:UBLExtensions`, `cac:Signature` and the QR reference. White space around them stays. The key
/// signs the 32 octets of that digest, with ECDSA and SHA-256 once more.
///
/// # Errors
/// The budget; nothing else that a document within the limits causes.
pub fn signed_octets(
    tree: &Document<'_>,
    limits: &Limits,
    budget: &Budget,
) -> Result<Vec<u8>, Refusal> {
    octets::without(tree, (limits, budget), |node| {
        node.has_tag_name((EXT_NAMESPACE, "UBLExtensions"))
            || node.has_tag_name((CAC_NAMESPACE, "Signature"))
            || qr::is_reference(node)
    })
}

/// The digest that stands for `xades:SignedProperties`: base64 of the hexadecimal SHA-256 of the
/// element as dom4j writes it, white space and all.
///
/// # Errors
/// The budget, which pays for that text.
pub fn properties_digest(element: Node<'_, '_>, budget: &Budget) -> Result<String, Refusal> {
    Serialization::DeclarationsFirst.sha256(element, budget).map(|digest| base64_of_hex(&digest))
}

/// The digest that stands for the certificate: base64 of the hexadecimal SHA-256 of its base64.
#[must_use]
pub fn certificate_digest(certificate_base64: &str) -> String {
    base64_of_hex(&sha256(certificate_base64.as_bytes()))
}

fn base64_of_hex(digest: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for octet in digest {
        let _ = write!(hex, "{octet:02x}");
    }
    base64(hex.as_bytes())
}
