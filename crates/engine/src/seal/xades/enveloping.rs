//! Enveloping signatures (XMLDSIG 1.1, 4.6 and 10): the document is inside a `ds:Object`. XML stays XML:
//! the signature is written around its root element. Anything else becomes base64.

use roxmltree::Document;

use super::template::{SignatureBody, Surroundings, XmlReference};
use super::{Seal, Tags, XadesOrder, attribute, elements, reference, unbroken};
use crate::domain::profile::Canonicalization;
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::domain::xades::{NamedTransform, SignatureTransform, XadesProfile};
use crate::pki::digest::Digest;
use crate::seal::XmlPlan;
use crate::seal::draft::{Draft, Piece};
use crate::seal::inspect::{Content, inspect};
use crate::seal::signer::{base64, lines};
use crate::seal::xml::c14n::canonicalize_within;
use crate::seal::xml::guard::{self, XmlIds};
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::Metered;

/// Type of a reference to a `ds:Object` (XMLDSIG 1.1, 4.4.3.1).
const OBJECT_TYPE: &str = "http://www.w3.org/2000/09/xmldsig#Object";
/// Encoding of a `ds:Object` (XMLDSIG 1.1, 4.5).
const BASE64_ENCODING: &str = "http://www.w3.org/2000/09/xmldsig#base64";

pub(super) fn plan(order: XadesOrder<'_>) -> Result<XmlPlan, Refusal> {
    if order.profile.prefixes.ds.is_empty() {
        let rule =
            "an enveloping signature needs a prefix: the document would inherit the namespace";
        return Err(Refusal::setting("prefixes.ds", rule.to_owned()));
    }
    match inspect(order.document) {
        Content::Empty => Err(Refusal::DocumentEmpty),
        Content::Xml => around_xml(order),
        Content::Pdf | Content::Zip | Content::Other => around_octets(order),
    }
}

fn around_xml(order: XadesOrder<'_>) -> Result<XmlPlan, Refusal> {
    let source = Source::read(order.document)?;
    let mut notes = super::text_notes(guard::check(&source, order.limits)?.longest);
    let tree = guard::parse(&source, order.limits)?;
    let root = tree.root_element().range();
    let signed = elements::signatures(&tree).next().is_some();
    let taken = XmlIds::collect(&tree)?;
    let tags = Tags::new(&order.profile.prefixes)?;
    let names = order.names(None, &taken)?;
    drop(taken);
    let parts = order.parts(&names, &tags);
    let body = SignatureBody::render(&parts)?;

    let transforms = xml_transforms(order.profile)?;
    let object = Object::new(&tags, &names.content, "");
    let end = format!("</{}Signature>", tags.ds());
    let shell = [&*body.opening, &*object.opening, &*object.end, &*end].concat();
    let digest = object_digest(order, &shell, &tree, &transforms)?;
    drop(tree);
    let reference =
        document_reference(order, &names.document_reference, &names.content, transforms, digest);

    let seal = Seal::render(&parts, &body, &Surroundings::default(), reference)?;
    let mut pieces = vec![Piece::Prolog, Piece::Original(0..root.start)];
    for piece in seal.pieces {
        match piece {
            Piece::Seal(text) => match text.strip_suffix(&end) {
                Some(before) => pieces.extend([
                    Piece::Seal([before, &object.opening].concat()),
                    Piece::Original(root.clone()),
                    Piece::Seal([&*object.end, &*end].concat()),
                ]),
                None => pieces.push(Piece::Seal(text)),
            },
            other => pieces.push(other),
        }
    }
    pieces.push(Piece::Original(root.end..source.text().len()));
    let draft = Draft::of(pieces);
    if signed {
        notes.extend(unbroken::check(order, &source, &draft)?);
    }
    let pieces = draft.into_pieces(&source);
    let Seal { to_be_signed, value_id, .. } = seal;
    Ok(XmlPlan { pieces, to_be_signed, value_id, notes })
}

fn around_octets(order: XadesOrder<'_>) -> Result<XmlPlan, Refusal> {
    let none = Document::parse("<none/>").map_err(|_| Refusal::DocumentEmpty)?;
    let tags = Tags::new(&order.profile.prefixes)?;
    let names = order.names(None, &XmlIds::collect(&none)?)?;
    let parts = order.parts(&names, &tags);
    let body = SignatureBody::render(&parts)?;
    if matches!(order.profile.signature_transform, SignatureTransform::List(_)) {
        let rule = "a document that is not XML is always taken as base64".to_owned();
        return Err(Refusal::setting("signatureTransform", rule));
    }
    let algorithm = reference::digest_algorithm(order.profile);
    let digest = Digest::of(algorithm, order.document);
    let transforms = vec![Transform::Base64];
    let id = &names.document_reference;
    let reference = document_reference(order, id, &names.content, transforms, digest);

    let mime_type = order.profile.mime_type.as_deref().unwrap_or_default();
    let kind = [attribute("MimeType", mime_type), attribute("Encoding", BASE64_ENCODING)].concat();
    let object = Object::new(&tags, &names.content, &kind);
    let octets = base64(order.document);
    let octets = lines(&octets, order.profile.base64_lines);
    let notes = super::text_notes(octets.len());
    let content = [&*object.opening, &*octets, &*object.end].concat();
    let seal =
        Seal::render_with(&parts, &body, &Surroundings::default(), vec![reference], &content)?;
    let declaration = Piece::Inserted(super::detached::DECLARATION.to_owned());
    let pieces = std::iter::once(declaration).chain(seal.pieces).collect();
    let pieces = Draft::of(pieces).into_new_document();
    let Seal { to_be_signed, value_id, .. } = seal;
    Ok(XmlPlan { pieces, to_be_signed, value_id, notes })
}

/// The tags of a `ds:Object`.
struct Object {
    opening: String,
    end: String,
}

impl Object {
    fn new(tags: &Tags, id: &str, more: &str) -> Self {
        let ds = tags.ds();
        let id = attribute("Id", id);
        Self { opening: format!("<{ds}Object{id}{more}>"), end: format!("</{ds}Object>") }
    }
}

fn document_reference(
    order: XadesOrder<'_>,
    id: &str,
    object: &str,
    transforms: Vec<Transform>,
    digest: Digest,
) -> XmlReference {
    let wanted = order.profile.reference.reference_type.as_deref();
    XmlReference {
        id: id.to_owned(),
        uri: format!("#{object}"),
        reference_type: wanted.unwrap_or(OBJECT_TYPE).to_owned(),
        transforms,
        digest,
    }
}

fn xml_transforms(profile: &XadesProfile) -> Result<Vec<Transform>, Refusal> {
    let canonical = Transform::Canonical {
        canonicalization: profile.canonical_transform,
        inclusive_prefixes: Vec::new(),
    };
    match &profile.signature_transform {
        SignatureTransform::Named(NamedTransform::Enveloped) => Ok(vec![canonical]),
        SignatureTransform::Named(NamedTransform::None) => Ok(Vec::new()),
        SignatureTransform::List(list)
            if matches!(list.as_slice(), [] | [Transform::Canonical { .. }]) =>
        {
            Ok(list.clone())
        }
        _ => {
            let rule = "an enveloping signature can have one canonicalization or none".to_owned();
            Err(Refusal::setting("signatureTransform", rule))
        }
    }
}

/// The digest of the `ds:Object` of a signature around the root element of a document.
fn object_digest(
    order: XadesOrder<'_>,
    shell: &str,
    tree: &Document<'_>,
    transforms: &[Transform],
) -> Result<Digest, Refusal> {
    let shell = guard::parse_text(shell, order.limits)?;
    let object = shell.root_element().first_element_child().unwrap_or(shell.root_element());
    let (canonicalization, prefixes) = match transforms {
        [Transform::Canonical { canonicalization, inclusive_prefixes }] => {
            (*canonicalization, inclusive_prefixes.iter().map(String::as_str).collect())
        }
        _ => (Canonicalization::INCLUSIVE, Vec::new()),
    };
    let mut sink = DigestSink::new(reference::digest_algorithm(order.profile));
    let mut metered = Metered::new(&mut sink, order.budget);
    canonicalize_within(object, tree, canonicalization, &prefixes, &mut metered);
    metered.finish()?;
    Ok(sink.finish())
}
