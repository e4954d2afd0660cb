//! The unsigned properties that raise the level of a XAdES signature, as they are written.

use roxmltree::{Namespace, Node};

use super::properties::XADES_141_NAMESPACE;
use crate::pki::certificate::Certificate;
use crate::pki::validation_data::{CollectedData, ValidationProof};
use crate::seal::signer::base64;
use crate::seal::xades::tags::XADES_NAMESPACE;
use crate::seal::xml::DS_NAMESPACE;

/// Exclusive canonicalization: what is over a property does not depend on what stands around the signature.
pub(super) const METHOD: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// A prefix with its colon, and how it is declared where it is not yet in scope.
struct PropertyTag {
    prefix: String,
    declaration: String,
}

impl PropertyTag {
    fn within(element: Node<'_, '_>, namespace: &str, usual: &str) -> Self {
        let known = element.namespaces().find(|binding| binding.uri() == namespace);
        let (prefix, declaration) = match known.map(Namespace::name) {
            Some(Some(prefix)) => (format!("{prefix}:"), String::new()),
            Some(None) => (String::new(), String::new()),
            None => (format!("{usual}:"), format!(" xmlns:{usual}=\"{namespace}\"")),
        };
        Self { prefix, declaration }
    }
}

/// How properties are written.
pub(super) struct PropertyTags {
    ds: PropertyTag,
    xades: PropertyTag,
    xades_141: PropertyTag,
}

impl PropertyTags {
    /// Of what stands in an element: with the prefixes that are in scope there.
    pub(super) fn within(element: Node<'_, '_>) -> Self {
        Self {
            ds: PropertyTag::within(element, DS_NAMESPACE, "ds"),
            xades: PropertyTag::within(element, XADES_NAMESPACE, "xades"),
            xades_141: PropertyTag::within(element, XADES_141_NAMESPACE, "xades141"),
        }
    }

    /// What stands around the token of a signature timestamp (EN 319 132-1, 5.3).
    pub(super) fn signature_timestamp(&self) -> [String; 2] {
        let name = format!("{}SignatureTimeStamp", self.xades.prefix);
        self.timestamp(&name, "")
    }

    /// What stands around the token of an archive timestamp (5.5.2).
    pub(super) fn archive_timestamp(&self) -> [String; 2] {
        let PropertyTag { prefix, declaration } = &self.xades_141;
        self.timestamp(&format!("{prefix}ArchiveTimeStamp"), declaration)
    }

    fn timestamp(&self, name: &str, declaration: &str) -> [String; 2] {
        let Self { ds, xades, .. } = self;
        let declarations = [declaration, &xades.declaration, &ds.declaration].concat();
        let method = format!("{}CanonicalizationMethod", ds.prefix);
        let token = format!("{}EncapsulatedTimeStamp", xades.prefix);
        [
            format!("<{name}{declarations}><{method} Algorithm=\"{METHOD}\"/><{token}>"),
            format!("</{token}></{name}>"),
        ]
    }

    /// `xades:CertificateValues` (5.4.2); nothing when there are none.
    pub(super) fn certificate_values(&self, values: &XmlValues<'_>) -> String {
        self.certificates(values, &self.xades.declaration)
    }

    /// `xades:RevocationValues` (5.4.3); nothing when there are none.
    pub(super) fn revocation_values(&self, values: &XmlValues<'_>) -> String {
        self.revocation(values, &self.xades.declaration)
    }

    /// `xades141:TimeStampValidationData` (5.5.1); nothing when there are none.
    pub(super) fn validation_data(&self, values: &XmlValues<'_>) -> String {
        let PropertyTag { prefix, declaration } = &self.xades_141;
        let declarations = [declaration.as_str(), &self.xades.declaration].concat();
        let all = [self.certificates(values, ""), self.revocation(values, "")].concat();
        element(&format!("{prefix}TimeStampValidationData"), &declarations, &all)
    }

    fn certificates(&self, values: &XmlValues<'_>, declaration: &str) -> String {
        let all = self.encapsulated("EncapsulatedX509Certificate", &values.certificates);
        self.holder("CertificateValues", declaration, &all)
    }

    fn revocation(&self, values: &XmlValues<'_>, declaration: &str) -> String {
        let lists = self.encapsulated("EncapsulatedCRLValue", &values.lists);
        let answers = self.encapsulated("EncapsulatedOCSPValue", &values.answers);
        let all = [self.holder("CRLValues", "", &lists), self.holder("OCSPValues", "", &answers)];
        self.holder("RevocationValues", declaration, &all.concat())
    }

    fn encapsulated(&self, name: &str, values: &[&[u8]]) -> String {
        values.iter().map(|der| self.holder(name, "", &base64(der))).collect()
    }

    fn holder(&self, name: &str, declaration: &str, content: &str) -> String {
        element(&format!("{}{name}", self.xades.prefix), declaration, content)
    }
}

/// An element, unless there is nothing in it.
fn element(name: &str, declarations: &str, content: &str) -> String {
    match content {
        "" => String::new(),
        content => format!("<{name}{declarations}>{content}</{name}>"),
    }
}

/// DER of validation data, each once.
#[derive(Default)]
pub(super) struct XmlValues<'p> {
    pub(super) certificates: Vec<&'p [u8]>,
    pub(super) lists: Vec<&'p [u8]>,
    pub(super) answers: Vec<&'p [u8]>,
}

impl<'p> XmlValues<'p> {
    /// What a proof rests on and is not yet known.
    pub(super) fn missing(proof: &'p ValidationProof<'_>, known: &CollectedData) -> Self {
        let missing = |der: &&[u8]| !known.has(der);
        let certificates = proof.certificates.iter().map(Certificate::der);
        let lists = proof.lists.iter().map(|list| list.der());
        let answers = proof.answers.iter().map(|answer| answer.der());
        Self {
            certificates: certificates.filter(missing).collect(),
            lists: lists.filter(missing).collect(),
            answers: answers.filter(missing).collect(),
        }
    }

    /// The same without what stands in another.
    pub(super) fn without(mut self, other: &XmlValues<'_>) -> Self {
        self.certificates.retain(|der| !other.certificates.contains(der));
        self.lists.retain(|der| !other.lists.contains(der));
        self.answers.retain(|der| !other.answers.contains(der));
        self
    }

    /// Both together.
    pub(super) fn and(mut self, other: Self) -> Self {
        let other = other.without(&self);
        self.certificates.extend(other.certificates);
        self.lists.extend(other.lists);
        self.answers.extend(other.answers);
        self
    }
}
