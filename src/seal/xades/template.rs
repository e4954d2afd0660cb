//! `ds:Signature` as text: names, context, `ds:SignedInfo`, `ds:KeyInfo` (XMLDSIG 1.1, 4).
//!
//! The small parts that are digested are rendered inside a wrapper element that carries what the
//! final place hands down, parsed, and canonicalized by the same code as the document.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::properties::{self, SIGNED_PROPERTIES_TYPE, XADES_NAMESPACE, escaped};
use crate::domain::instant::Instant;
use crate::domain::profile::{CanonicalizationMethod, XadesProfile};
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::{canonicalization_uri, digest_uri, signature_uri};
use crate::pki::certificate::Certificate;
use crate::pki::digest::{Digest, Hasher};
use crate::seal::Signer;
use crate::seal::signer::base64;
use crate::seal::xml::c14n::{Subset, canonicalize, inherited_xml_attributes};
use crate::seal::xml::guard::Ids;
use crate::seal::xml::sink::{DigestSink, Sink};
use crate::seal::xml::{DS_NAMESPACE, XML_NAMESPACE};

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// The Ids inside one signature.
pub(super) struct Names {
    pub(super) signature: String,
    pub(super) reference: String,
    pub(super) signed_properties: String,
}

impl Names {
    /// Names that follow from what is sealed, by whom and when, and that no Id of the document
    /// begins with.
    pub(super) fn new(
        content: &Digest,
        at: Instant,
        certificate: &Certificate,
        taken: &Ids<'_>,
    ) -> Self {
        let mut attempt = 0_u32;
        loop {
            let mut hasher = Hasher::new(content.algorithm());
            hasher.update(content.value());
            hasher.update(&at.unix_ms().to_be_bytes());
            hasher.update(&certificate.fingerprint());
            hasher.update(&attempt.to_be_bytes());
            let digest = hasher.finish();
            let stem =
                digest.value().iter().take(16).fold(String::from("seal-"), |mut stem, octet| {
                    let _ = write!(stem, "{octet:02x}");
                    stem
                });
            if taken.any_starts_with(&stem) && attempt < u32::MAX {
                attempt += 1;
                continue;
            }
            return Self {
                reference: format!("{stem}-document"),
                signed_properties: format!("{stem}-properties"),
                signature: stem,
            };
        }
    }
}

/// What the place of the signature hands down to it, as a start tag of a wrapper element.
pub(super) struct Context(String);

impl Context {
    /// The namespaces in scope at the parent and the `xml:*` attributes that the method inherits.
    /// Exclusive canonicalization takes nothing from outside that the signature does not declare.
    ///
    /// # Errors
    /// Values of `xml:base` that verifiers join differently under Canonical XML 1.1.
    pub(super) fn of(
        parent: Node<'_, '_>,
        method: CanonicalizationMethod,
    ) -> Result<Self, Refusal> {
        if method == CanonicalizationMethod::Inclusive11 && has_disputed_bases(parent) {
            return Err(Refusal::CanonicalizationUnsupported {
                what: "an xml:base that is empty or ends in '.' or '..'".to_owned(),
                remedy: "use exclusive canonicalization or write the attribute out",
            });
        }
        let mut tag = String::from("<context");
        if method != CanonicalizationMethod::Exclusive {
            for binding in parent.namespaces() {
                let _ = match binding.name() {
                    Some(prefix) => write!(tag, " xmlns:{prefix}=\"{}\"", escaped(binding.uri())),
                    None => write!(tag, " xmlns=\"{}\"", escaped(binding.uri())),
                };
            }
            for (local, value) in inherited_xml_attributes(Some(parent), method) {
                let _ = write!(tag, " xml:{local}=\"{}\"", escaped(&value));
            }
        }
        tag.push('>');
        Ok(Self(tag))
    }

    /// Canonicalizes the deepest first element of a fragment that stands in this context.
    fn canonicalize<S: Sink>(
        &self,
        (opening, part, closing): (&str, &str, &str),
        depth: usize,
        profile: &XadesProfile,
        sink: &mut S,
    ) -> Result<(), Refusal> {
        let text = [&*self.0, opening, part, closing, "</context>"].concat();
        let unsupported = || Refusal::CanonicalizationUnsupported {
            what: "the place of the signature".to_owned(),
            remedy: "use exclusive canonicalization or another signatureLocation",
        };
        let document = Document::parse(&text).map_err(|_| unsupported())?;
        let mut apex = document.root_element();
        for _ in 0..depth {
            apex = apex.first_element_child().ok_or_else(unsupported)?;
        }
        let subset = Subset::subtree(apex).without_comments();
        canonicalize(subset, profile.canonicalization, &[], sink);
        Ok(())
    }
}

/// Whether an `xml:base` is empty, or ends in a dot segment and has to be joined with another:
/// libxml2 and Canonical XML 1.1, 2.4, do not agree about the result (docs/divergences.md).
fn has_disputed_bases(parent: Node<'_, '_>) -> bool {
    let bases = || parent.ancestors().filter_map(|node| node.attribute((XML_NAMESPACE, "base")));
    let joined = bases().count() > 1;
    let dotted = |base: &str| matches!(base.rsplit('/').next(), Some("." | ".."));
    bases().any(|base| base.is_empty() || (joined && dotted(base)))
}

/// Everything a signature is rendered from.
pub(super) struct Parts<'a> {
    pub(super) profile: &'a XadesProfile,
    pub(super) signer: &'a Signer,
    pub(super) at: Instant,
    /// Digest of the document.
    pub(super) reference: &'a Digest,
    pub(super) names: &'a Names,
    pub(super) context: &'a Context,
}

/// A signature but for its value and `ds:KeyInfo`.
pub(super) struct Rendered {
    /// From `<ds:Signature` to `<ds:SignatureValue>`.
    pub(super) before: String,
    /// From `<ds:Object>` to `</ds:Signature>`.
    pub(super) tail: String,
    /// Canonical `ds:SignedInfo`.
    pub(super) to_be_signed: Vec<u8>,
}

/// Renders the signed properties, digests them in place, and renders and canonicalizes
/// `ds:SignedInfo` over both digests.
pub(super) fn render(parts: &Parts<'_>) -> Result<Rendered, Refusal> {
    let Parts { profile, names, context, .. } = parts;
    let signature =
        format!("<ds:Signature xmlns:ds=\"{DS_NAMESPACE}\" Id=\"{}\">", names.signature);
    let object = format!(
        "<ds:Object><xades:QualifyingProperties xmlns:xades=\"{XADES_NAMESPACE}\" Target=\"#{}\">",
        names.signature
    );
    let object_end = "</xades:QualifyingProperties></ds:Object></ds:Signature>";
    let properties = properties::signed_properties(parts);

    let mut sink = DigestSink::new(profile.digest);
    let opening = format!("{signature}{object}");
    context.canonicalize((&opening, &properties, object_end), 4, profile, &mut sink)?;

    let signed_info = signed_info(parts, &sink.finish());
    let mut to_be_signed = Vec::with_capacity(signed_info.len() + 512);
    let place = (&*signature, &*signed_info, "</ds:Signature>");
    context.canonicalize(place, 2, profile, &mut to_be_signed)?;
    Ok(Rendered {
        before: [&*signature, &signed_info, "<ds:SignatureValue>"].concat(),
        tail: [&*object, &properties, object_end].concat(),
        to_be_signed,
    })
}

/// `ds:SignedInfo` with a reference to the document and one to the signed properties.
fn signed_info(parts: &Parts<'_>, properties: &Digest) -> String {
    let Names { reference, signed_properties, .. } = parts.names;
    let method = canonicalization_uri(parts.profile.canonicalization);
    let signature = signature_uri(parts.profile.signature);
    let digest = digest_uri(parts.profile.digest);
    let document_value = base64(parts.reference.value());
    let properties_value = base64(properties.value());
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{method}\"/>\
         <ds:SignatureMethod Algorithm=\"{signature}\"/>\
         <ds:Reference Id=\"{reference}\" URI=\"\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform Algorithm=\"{method}\"/>\
         </ds:Transforms><ds:DigestMethod Algorithm=\"{digest}\"/>\
         <ds:DigestValue>{document_value}</ds:DigestValue></ds:Reference>\
         <ds:Reference Type=\"{SIGNED_PROPERTIES_TYPE}\" URI=\"#{signed_properties}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{method}\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"{digest}\"/>\
         <ds:DigestValue>{properties_value}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
}

/// What follows the signature value: `ds:KeyInfo` with the whole chain, signing certificate first.
/// It is the same for every seal of a credential.
pub(in crate::seal) fn key_info(certificates: impl Iterator<Item = String>) -> String {
    let mut text = String::from("</ds:SignatureValue><ds:KeyInfo><ds:X509Data>");
    for certificate in certificates {
        let _ = write!(text, "<ds:X509Certificate>{certificate}</ds:X509Certificate>");
    }
    text.push_str("</ds:X509Data></ds:KeyInfo>");
    text
}
