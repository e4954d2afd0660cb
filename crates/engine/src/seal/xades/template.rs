//! `ds:Signature` as text, and what of it is digested (XMLDSIG 1.1, 4).
//!
//! The small parts that are digested are rendered inside a wrapper element that carries what the
//! final place hands down, parsed, and canonicalized by the same code as the document.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::parts::Parts;
use super::properties::SIGNED_PROPERTIES_TYPE;
use super::tags::{attribute, escaped};
use crate::domain::profile::{Canonicalization, CanonicalizationMethod, DigestAlgorithm};
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::domain::xades::{ReferenceKind, ReferenceSettings, XadesLevel, XadesProfile};
use crate::pki::algorithm::{canonicalization_uri, digest_uri, signature_uri};
use crate::pki::digest::Digest;
use crate::seal::signer::base64;
use crate::seal::xml::XML_NAMESPACE;
use crate::seal::xml::c14n::{Subset, canonicalize, inherited_xml_attributes};
use crate::seal::xml::sink::{DigestSink, Sink};
use crate::seal::xml::transforms::write_transforms;

/// What the place of the signature hands down to it: taken from the tree once, so that the tree can
/// go.
#[derive(Default)]
pub(super) struct Surroundings {
    /// The namespaces in scope at the parent, as prefix (empty for the default) and name.
    namespaces: Vec<(String, String)>,
    /// The `xml:*` attributes that Canonical XML 1.0 inherits, and 1.1.
    inclusive: Vec<(String, String)>,
    inclusive11: Vec<(String, String)>,
    /// Whether nobody knows for sure what 1.1 inherits.
    disputed_bases: bool,
}

impl Surroundings {
    /// The context of a child of an element. A signature that is the root has the default one.
    pub(super) fn of(parent: Node<'_, '_>) -> Self {
        let inherited = |method| -> Vec<(String, String)> {
            let all = inherited_xml_attributes(Some(parent), method).into_iter();
            all.map(|(local, value)| (local.to_owned(), value.into_owned())).collect()
        };
        let bindings = parent.namespaces().filter(|binding| binding.name() != Some("xml"));
        Self {
            namespaces: bindings
                .map(|it| (it.name().unwrap_or_default().to_owned(), it.uri().to_owned()))
                .collect(),
            inclusive: inherited(CanonicalizationMethod::Inclusive),
            inclusive11: inherited(CanonicalizationMethod::Inclusive11),
            disputed_bases: has_disputed_bases(parent),
        }
    }

    /// The start tag of a wrapper element: the namespaces in scope at the parent and the `xml:*`
    /// attributes that the method inherits. Exclusive canonicalization takes nothing from outside
    /// that the signature does not declare, but for the prefixes it is told to.
    fn wrapper(
        &self,
        method: CanonicalizationMethod,
        prefixes: &[&str],
    ) -> Result<String, Refusal> {
        let mut tag = String::from("<context");
        let inherited: &[(String, String)] = match method {
            CanonicalizationMethod::Exclusive => &[],
            CanonicalizationMethod::Inclusive => &self.inclusive,
            CanonicalizationMethod::Inclusive11 => &self.inclusive11,
        };
        if method == CanonicalizationMethod::Inclusive11 && self.disputed_bases {
            return Err(Refusal::CanonicalizationUnsupported {
                what: "an xml:base that is empty or ends in '.' or '..'".to_owned(),
                remedy: "use exclusive canonicalization or write the attribute out",
            });
        }
        if method != CanonicalizationMethod::Exclusive || !prefixes.is_empty() {
            for (prefix, namespace) in &self.namespaces {
                let colon = if prefix.is_empty() { "" } else { ":" };
                let _ = write!(tag, " xmlns{colon}{prefix}=\"{}\"", escaped(namespace));
            }
        }
        for (local, value) in inherited {
            let _ = write!(tag, " xml:{local}=\"{}\"", escaped(value));
        }
        tag.push('>');
        Ok(tag)
    }

    /// Canonicalizes the element at a depth below the wrapper, first children all the way, of a
    /// fragment that stands in this context.
    fn canonicalize<S: Sink>(
        &self,
        (opening, part, closing): (&str, &str, &str),
        depth: usize,
        (canonicalization, prefixes): (Canonicalization, &[&str]),
        sink: &mut S,
    ) -> Result<(), Refusal> {
        let wrapper = self.wrapper(canonicalization.method, prefixes)?;
        let text = [&*wrapper, opening, part, closing, "</context>"].concat();
        let unsupported = || Refusal::CanonicalizationUnsupported {
            what: "the place of the signature".to_owned(),
            remedy: "use exclusive canonicalization or another signatureLocation",
        };
        let document = Document::parse(&text).map_err(|_| unsupported())?;
        let mut apex = document.root_element();
        for _ in 0..depth {
            apex = apex.first_element_child().ok_or_else(unsupported)?;
        }
        canonicalize(Subset::subtree(apex).without_comments(), canonicalization, prefixes, sink);
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

/// A signature without its references, `ds:SignedInfo` and value.
pub(super) struct SignatureBody {
    /// `<ds:Signature ...>`.
    pub(super) opening: String,
    /// `<ds:KeyInfo>...</ds:KeyInfo>`.
    pub(super) key_info: String,
    /// `<ds:Object><xades:QualifyingProperties ...>` and its end; empty for a plain signature.
    pub(super) object: (String, String),
    /// `<xades:SignedProperties>...`; empty for a plain signature.
    pub(super) properties: String,
}

impl SignatureBody {
    pub(super) fn render(parts: &Parts<'_>) -> Result<Self, Refusal> {
        let Parts { profile, names, tags, signer, .. } = parts;
        let (ds, xades) = (tags.ds(), tags.xades());
        let mut opening = format!("<{ds}Signature{}", tags.declare_ds());
        let plain = profile.xades_level == XadesLevel::None;
        if profile.prefixes.xades_at_signature && !plain {
            opening.push_str(&tags.declare_xades());
        }
        let _ = write!(opening, "{}>", attribute("Id", &names.signature));
        let key_info = super::key_info::render(profile, signer, tags, &names.key_info)?;
        if plain {
            let object = (String::new(), String::new());
            return Ok(Self { opening, key_info, object, properties: String::new() });
        }
        let object_id = attribute("Id", &names.object);
        let declared =
            if profile.prefixes.xades_at_signature { String::new() } else { tags.declare_xades() };
        let id = attribute("Id", &names.qualifying_properties);
        let target = escaped(&names.target);
        let object_opening = format!(
            "<{ds}Object{object_id}><{xades}QualifyingProperties{declared}{id} Target=\"{target}\">"
        );
        let object_end = format!("</{xades}QualifyingProperties></{ds}Object>");
        let properties = super::properties::signed_properties(parts)?;
        Ok(Self { opening, key_info, object: (object_opening, object_end), properties })
    }
}

/// One `ds:Reference` with its digest.
#[derive(Clone)]
pub(super) struct XmlReference {
    pub(super) id: String,
    pub(super) uri: String,
    pub(super) reference_type: String,
    pub(super) transforms: Vec<Transform>,
    pub(super) digest: Digest,
}

/// Canonicalization, transforms and digest of a reference to a part of the signature itself.
struct OwnReference {
    canonicalization: Canonicalization,
    inclusive_prefixes: Vec<String>,
    transforms: Vec<Transform>,
    digest: DigestAlgorithm,
}

impl OwnReference {
    fn resolve(
        profile: &XadesProfile,
        settings: &ReferenceSettings,
        path: &'static str,
    ) -> Result<Self, Refusal> {
        let canonicalization = profile.canonical_transform;
        let transforms = settings.transforms.clone().unwrap_or_else(|| {
            vec![Transform::Canonical { canonicalization, inclusive_prefixes: Vec::new() }]
        });
        let digest = settings.digest_algorithm.unwrap_or(profile.digest_algorithm);
        // Without a transform a verifier uses Canonical XML 1.0 (XMLDSIG 1.1, 4.4.3.2).
        let (canonicalization, inclusive_prefixes) = match transforms.as_slice() {
            [] => (Canonicalization::INCLUSIVE, Vec::new()),
            [Transform::Canonical { canonicalization, inclusive_prefixes }] => {
                (*canonicalization, inclusive_prefixes.clone())
            }
            _ => {
                let rule = "at most one transform, a canonicalization".to_owned();
                return Err(Refusal::setting(path, rule));
            }
        };
        Ok(Self { canonicalization, inclusive_prefixes, transforms, digest })
    }

    fn digest(
        &self,
        context: &Surroundings,
        place: (&str, &str, &str),
        depth: usize,
    ) -> Result<Digest, Refusal> {
        let prefixes: Vec<&str> = self.inclusive_prefixes.iter().map(String::as_str).collect();
        let mut sink = DigestSink::new(self.digest);
        context.canonicalize(place, depth, (self.canonicalization, &prefixes), &mut sink)?;
        Ok(sink.finish())
    }
}

/// The references to `ds:KeyInfo` and `xades:SignedProperties` that the profile wants, in order; the
/// references to the documents are put where they belong among them.
pub(super) fn references(
    parts: &Parts<'_>,
    body: &SignatureBody,
    context: &Surroundings,
    documents: Vec<XmlReference>,
) -> Result<Vec<XmlReference>, Refusal> {
    let Parts { profile, names, tags, .. } = parts;
    let end = format!("</{}Signature>", tags.ds());
    let mut references = Vec::with_capacity(documents.len() + 2);
    let mut documents = documents;
    for kind in &profile.reference_order {
        let (own, id, target, usual_type, settings) = match kind {
            ReferenceKind::Document => {
                references.append(&mut documents);
                continue;
            }
            ReferenceKind::KeyInfo => {
                let settings = &profile.key_info_reference;
                let own = OwnReference::resolve(profile, settings, "keyInfoReference.transforms")?;
                let place = (&*body.opening, &*body.key_info, &*end);
                let digest = own.digest(context, place, 2)?;
                ((own, digest), &names.key_info_reference, &names.key_info, "", settings)
            }
            ReferenceKind::SignedProperties if profile.xades_level == XadesLevel::None => continue,
            ReferenceKind::SignedProperties => {
                let settings = &profile.signed_properties_reference;
                let path = "signedPropertiesReference.transforms";
                let own = OwnReference::resolve(profile, settings, path)?;
                let opening = [&*body.opening, &*body.object.0].concat();
                let closing = [&*body.object.1, &*end].concat();
                let digest = own.digest(context, (&opening, &body.properties, &closing), 4)?;
                let id = &names.signed_properties_reference;
                ((own, digest), id, &names.signed_properties, SIGNED_PROPERTIES_TYPE, settings)
            }
        };
        let (own, digest) = own;
        references.push(XmlReference {
            id: id.clone(),
            uri: format!("#{target}"),
            reference_type: settings.reference_type.as_deref().unwrap_or(usual_type).to_owned(),
            transforms: own.transforms,
            digest,
        });
    }
    Ok(references)
}

/// `ds:SignedInfo` and its canonical octets at the final place.
pub(super) fn signed_info(
    parts: &Parts<'_>,
    body: &SignatureBody,
    context: &Surroundings,
    references: &[XmlReference],
) -> Result<(String, Vec<u8>), Refusal> {
    let text = signed_info_text(parts, references);
    let mut octets = Vec::with_capacity(text.len() + 512);
    let end = format!("</{}Signature>", parts.tags.ds());
    let place = (&*body.opening, &*text, &*end);
    context.canonicalize(place, 2, (parts.profile.canonical_transform, &[]), &mut octets)?;
    Ok((text, octets))
}

/// `ds:SignedInfo` over some references.
pub(super) fn signed_info_text(parts: &Parts<'_>, references: &[XmlReference]) -> String {
    let Parts { profile, names, tags, .. } = parts;
    let ds = tags.ds();
    let method = canonicalization_uri(profile.canonical_transform);
    let signature = signature_uri(parts.algorithm);
    let mut text = String::with_capacity(2000);
    let _ = write!(
        text,
        "<{ds}SignedInfo{}><{ds}CanonicalizationMethod Algorithm=\"{method}\"/>\
         <{ds}SignatureMethod Algorithm=\"{signature}\"/>",
        attribute("Id", &names.signed_info)
    );
    for reference in references {
        let _ = write!(
            text,
            "<{ds}Reference{}{} URI=\"{}\">{}<{ds}DigestMethod Algorithm=\"{}\"/>\
             <{ds}DigestValue>{}</{ds}DigestValue></{ds}Reference>",
            attribute("Id", &reference.id),
            attribute("Type", &reference.reference_type),
            escaped(&reference.uri),
            transforms(&reference.transforms, ds),
            digest_uri(reference.digest.algorithm()),
            base64(reference.digest.value()),
        );
    }
    let _ = write!(text, "</{ds}SignedInfo>");
    text
}

/// `ds:Transforms`, unless there are none.
fn transforms(list: &[Transform], ds: &str) -> String {
    if list.is_empty() { String::new() } else { write_transforms(list, ds.trim_end_matches(':')) }
}
