//! Detached signatures (XMLDSIG 1.1, 10): a file of its own that names the document.

use roxmltree::Document;

use super::template::{SignatureBody, Surroundings, XmlReference};
use super::{Seal, Tags, XadesOrder, reference};
use crate::domain::refusal::Refusal;
use crate::domain::transform::Transform;
use crate::domain::xades::{NamedTransform, SignatureTransform};
use crate::pki::digest::Digest;
use crate::seal::XmlPlan;
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::guard::{self, XmlIds};
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::Metered;

/// What a signature file begins with.
pub(super) const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

pub(super) fn plan(order: XadesOrder<'_>) -> Result<XmlPlan, Refusal> {
    if order.document.is_empty() {
        return Err(Refusal::DocumentEmpty);
    }
    let settings = &order.profile.reference;
    let uri = match &settings.uri {
        Some(uri) if !uri.is_empty() && !uri.starts_with('#') => uri.clone(),
        _ => {
            let rule = "a detached signature needs the name of the document".to_owned();
            return Err(Refusal::setting("reference.uri", rule));
        }
    };
    let (transforms, digest) = digest(order)?;
    let none = Document::parse("<none/>").map_err(|_| Refusal::DocumentEmpty)?;
    let tags = Tags::new(&order.profile.prefixes)?;
    let names = order.names(None, &XmlIds::collect(&none)?)?;
    let parts = order.parts(&names, &tags);
    let body = SignatureBody::render(&parts)?;
    let reference = XmlReference {
        id: names.document_reference.clone(),
        uri,
        reference_type: settings.reference_type.clone().unwrap_or_default(),
        transforms,
        digest,
    };
    let seal = Seal::render(&parts, &body, &Surroundings::default(), reference)?;
    let declaration = Piece::Inserted(DECLARATION.to_owned());
    let pieces = std::iter::once(declaration).chain(seal.pieces).collect();
    let pieces = Draft::of(pieces).into_new_document();
    let Seal { to_be_signed, value_id, .. } = seal;
    Ok(XmlPlan { pieces, to_be_signed, value_id, notes: Vec::new() })
}

/// Without transforms the octets of the file are digested as they are; a canonicalization reads them
/// as XML, comments included (XMLDSIG 1.1, 4.4.3.3 drops them for same-document references only).
fn digest(order: XadesOrder<'_>) -> Result<(Vec<Transform>, Digest), Refusal> {
    let algorithm = reference::digest_algorithm(order.profile);
    let list = match &order.profile.signature_transform {
        SignatureTransform::Named(NamedTransform::Enveloped | NamedTransform::None) => Vec::new(),
        SignatureTransform::List(list) => list.clone(),
        SignatureTransform::Named(_) => return Err(unsuitable()),
    };
    match list.as_slice() {
        [] => Ok((list, Digest::of(algorithm, order.document))),
        [Transform::Canonical { canonicalization, inclusive_prefixes }] => {
            let source = Source::read(order.document)?;
            guard::check(&source, order.limits)?;
            let tree = guard::parse(&source, order.limits)?;
            let prefixes: Vec<&str> = inclusive_prefixes.iter().map(String::as_str).collect();
            let mut sink = DigestSink::new(algorithm);
            let mut metered = Metered::new(&mut sink, order.budget);
            canonicalize(Subset::document(&tree), *canonicalization, &prefixes, &mut metered);
            metered.finish()?;
            let digest = sink.finish();
            Ok((list, digest))
        }
        _ => Err(unsuitable()),
    }
}

fn unsuitable() -> Refusal {
    let rule = "a detached signature can have one canonicalization or none".to_owned();
    Refusal::setting("signatureTransform", rule)
}
