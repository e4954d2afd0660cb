//! The recipe of `MyInvois` (Malaysia), as its published samples have it: what is signed, and how.

use roxmltree::{Document, Node};

use super::form::AuthorityForm;
use super::octets;
use super::serialization::{Serialization, is_blank};
use crate::domain::profile::{Canonicalization, DigestAlgorithm, SignatureAlgorithm};
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::seal::Limits;
use crate::seal::signer::base64;
use crate::seal::xades::ubl::{CAC_NAMESPACE, EXT_NAMESPACE};
use crate::seal::xml::xpath::Budget;

pub(super) const FORM: AuthorityForm = AuthorityForm {
    authority: "MyInvois",
    profile: "myinvois",
    canonicalization: Canonicalization::EXCLUSIVE,
    algorithm: SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
    xpaths: &[
        "not(//ancestor-or-self::ext:UBLExtensions)",
        "not(//ancestor-or-self::cac:Signature)",
    ],
    signature_id: "signature",
    document_id: "id-doc-signed-data",
    properties_id: "id-xades-signed-props",
    indentation: None,
};

/// The octets that the key signs with RSA PKCS#1 v1.5 and SHA-256, and whose digest the first
/// reference has: inclusive Canonical XML (the signature says exclusive) of the document without
/// `ext:UBLExtensions`, `cac:Signature` and every text that is white space only, in leaves too.
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
            || is_blank(node)
    })
}

/// The digest that stands for `xades:SignedProperties`: base64 of the SHA-256 of the element as .NET
/// writes it, without white space between elements.
///
/// # Errors
/// The budget, which pays for that text.
pub fn properties_digest(element: Node<'_, '_>, budget: &Budget) -> Result<String, Refusal> {
    Serialization::DeclarationsLast.sha256(element, budget).map(|digest| base64(&digest))
}

/// The digest that stands for the certificate: base64 of the SHA-256 of its DER.
#[must_use]
pub fn certificate_digest(certificate: &Certificate) -> String {
    base64(&certificate.fingerprint())
}
