//! The signature of a container (EN 319 162-1, 4.4.3.2): detached, one reference for every file, inside
//! `asic:XAdESSignatures`.

use roxmltree::Document;

use super::detached::DECLARATION;
use super::parts::Parts;
use super::template::{SignatureBody, Surroundings, XmlReference};
use super::{Seal, Tags, XadesOrder};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{NamedTransform, SignatureTransform};
use crate::seal::XmlPlan;
use crate::seal::asic::file::ContainerFile;
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::guard::XmlIds;

/// Namespace of ASiC.
pub(in crate::seal) const NAMESPACE: &str = "http://uri.etsi.org/02918/v1.2.1#";

pub(super) fn plan(order: XadesOrder<'_>, files: &[ContainerFile]) -> Result<XmlPlan, Refusal> {
    check_transforms(&order.profile.signature_transform)?;
    let opening = format!("<asic:XAdESSignatures xmlns:asic=\"{NAMESPACE}\">");
    let closing = "</asic:XAdESSignatures>";
    let text = [&*opening, closing].concat();
    let root = Document::parse(&text).map_err(|_| Refusal::DocumentEmpty)?;
    let tags = Tags::new(&order.profile.prefixes)?;
    let names = order.names(None, &XmlIds::collect(&root)?)?;
    let id = |number: usize| match names.document_reference.as_str() {
        "" => String::new(),
        id => format!("{id}-{number}"),
    };
    let described: Vec<(String, String)> =
        files.iter().zip(1..).map(|(file, number)| (id(number), file.media_type.clone())).collect();
    if let Some((taken, _)) = described.iter().find(|(id, _)| names.has(id)) {
        let rule = format!("'{taken}' would be the Id of two parts of the signature");
        return Err(Refusal::setting("ids", rule));
    }
    let parts = Parts { files: &described, ..order.parts(&names, &tags) };
    let body = SignatureBody::render(&parts)?;
    let kind = order.profile.reference.reference_type.clone().unwrap_or_default();
    let references = files.iter().zip(&described).map(|(file, (id, _))| XmlReference {
        id: id.clone(),
        uri: file.uri(),
        reference_type: kind.clone(),
        transforms: Vec::new(),
        digest: file.digest.clone(),
    });
    let context = Surroundings::of(root.root_element());
    let seal = Seal::render_with(&parts, &body, &context, references.collect(), "")?;
    let before = Piece::Inserted([DECLARATION, &opening].concat());
    let after = Piece::Inserted(closing.to_owned());
    let pieces = std::iter::once(before).chain(seal.pieces).chain(std::iter::once(after));
    let pieces = Draft::of(pieces.collect()).into_new_document();
    let Seal { to_be_signed, value_id, .. } = seal;
    Ok(XmlPlan { pieces, to_be_signed, value_id, notes: Vec::new() })
}

/// Files are digested as they are, whatever is in them.
fn check_transforms(transform: &SignatureTransform) -> Result<(), Refusal> {
    match transform {
        SignatureTransform::Named(NamedTransform::Enveloped | NamedTransform::None) => Ok(()),
        SignatureTransform::List(list) if list.is_empty() => Ok(()),
        _ => {
            let rule = "the files of a container have no transforms".to_owned();
            Err(Refusal::setting("signatureTransform", rule))
        }
    }
}
