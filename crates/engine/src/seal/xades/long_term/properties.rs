//! What a XAdES signature holds of validation data, in whatever of its parts (EN 319 132-1, 5.4 and 5.5.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use crate::pki::certificate::Certificate;
use crate::pki::cms::Existing;
use crate::pki::validation_data::{CollectedData, DataFault};
use crate::seal::xades::elements::{base64_text, child};
use crate::seal::xades::tags::XADES_NAMESPACE;
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Namespace of what XAdES 1.4.1 added.
pub(super) const XADES_141_NAMESPACE: &str = "http://uri.etsi.org/01903/v1.4.1#";

/// The children of a name.
pub(super) fn child_elements<'a, 'i>(
    parent: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    parent.children().filter(move |child| is_element(*child, (namespace, name)))
}

/// The certificates in the `ds:KeyInfo` of a signature that can be read, in their order.
pub(super) fn key_info(signature: Node<'_, '_>) -> impl Iterator<Item = Certificate> {
    child(signature, DS_NAMESPACE, "KeyInfo")
        .into_iter()
        .flat_map(|key_info| child_elements(key_info, DS_NAMESPACE, "X509Data"))
        .flat_map(|x509| child_elements(x509, DS_NAMESPACE, "X509Certificate"))
        .filter_map(|node| Certificate::from_der(&octets(node)?).ok())
}

/// What is in `ds:KeyInfo`, in the unsigned properties before one of them (none: in all), and in the
/// timestamps among them. What is none of what it should be is passed over: it helps nobody.
///
/// # Errors
/// [`DataFault::TooMany`].
pub(super) fn collect(
    signature: Node<'_, '_>,
    unsigned: Option<Node<'_, '_>>,
    before: Option<Node<'_, '_>>,
) -> Result<CollectedData, DataFault> {
    let mut data = CollectedData::default();
    for certificate in key_info(signature) {
        data.add_certificate(certificate)?;
    }
    let properties = unsigned.into_iter().flat_map(|unsigned| unsigned.children());
    let earlier = properties.take_while(|property| Some(*property) != before);
    let mut fault = Ok(());
    for property in earlier {
        each_in(property, &mut |kind, der| {
            let added = match kind {
                ValueKind::Certificate => add_certificate(der, &mut data),
                ValueKind::Revocation => add_revocation(der, &mut data),
            };
            fault = std::mem::replace(&mut fault, Ok(())).and(added);
        });
    }
    fault.map(|()| data)
}

/// Every value of validation data in one unsigned property, or without one in `ds:KeyInfo`, as DER.
pub(super) fn each_value(
    signature: Node<'_, '_>,
    property: Option<Node<'_, '_>>,
    show: &mut dyn FnMut(&[u8]),
) {
    match property {
        None => key_info(signature).for_each(|certificate| show(certificate.der())),
        Some(property) => each_in(property, &mut |_, der| show(der)),
    }
}

/// What a value of validation data is.
#[derive(Clone, Copy)]
enum ValueKind {
    Certificate,
    Revocation,
}

fn each_in(property: Node<'_, '_>, show: &mut dyn FnMut(ValueKind, &[u8])) {
    let elements = property.descendants().filter(Node::is_element);
    for node in elements.filter(|node| node.tag_name().namespace() == Some(XADES_NAMESPACE)) {
        let kind = match node.tag_name().name() {
            "EncapsulatedX509Certificate" => Some(ValueKind::Certificate),
            "EncapsulatedCRLValue" | "EncapsulatedOCSPValue" => Some(ValueKind::Revocation),
            "EncapsulatedTimeStamp" => None,
            _ => continue,
        };
        let Some(octets) = octets(node) else { continue };
        if let Some(kind) = kind {
            show(kind, &octets);
            continue;
        }
        let Ok(token) = Existing::read(&octets) else { continue };
        token.certificates().for_each(|der| show(ValueKind::Certificate, der));
        for der in token.revocation().unwrap_or_default() {
            show(ValueKind::Revocation, &der);
        }
    }
}

fn add_certificate(der: &[u8], data: &mut CollectedData) -> Result<(), DataFault> {
    Certificate::from_der(der).map_or(Ok(()), |certificate| data.add_certificate(certificate))
}

fn add_revocation(der: &[u8], data: &mut CollectedData) -> Result<(), DataFault> {
    match data.add_revocation(der) {
        Err(DataFault::TooMany) => Err(DataFault::TooMany),
        _ => Ok(()),
    }
}

fn octets(node: Node<'_, '_>) -> Option<Vec<u8>> {
    STANDARD.decode(base64_text(node)).ok()
}
