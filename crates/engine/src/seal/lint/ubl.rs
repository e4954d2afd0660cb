//! Rules of UBL and of what is built on it. Names go by namespace, never by prefix.

use std::cell::LazyCell;
use std::collections::HashSet;

use roxmltree::Node;

use super::look::{Look, Mistake, is_signature, shown, text};
use crate::seal::xades::ubl::{
    CAC_NAMESPACE, CBC_NAMESPACE, EXT_NAMESPACE, SAC_NAMESPACE, SBC_NAMESPACE, SIG_NAMESPACE,
};

/// Name of [`scaffolding`], which also holds for UBL documents without a profile.
pub(super) const SCAFFOLDING: &str = "ubl-scaffolding";

const ENVELOPED: &str = "urn:oasis:names:specification:ubl:dsig:enveloped";
const ENVELOPED_XADES: &str = "urn:oasis:names:specification:ubl:dsig:enveloped:xades";

/// Every `ext:ExtensionContent`, one for each `ext:UBLExtension`.
pub(super) fn extension_contents<'a, 'i>(
    look: &Look<'a, 'i>,
) -> Result<Vec<Node<'a, 'i>>, Mistake> {
    let Some(extensions) = Look::down(look.root(), &[(EXT_NAMESPACE, "UBLExtensions")]) else {
        return Ok(Vec::new());
    };
    Look::children(extensions, (EXT_NAMESPACE, "UBLExtension"))
        .map(|extension| {
            let mut contents = Look::children(extension, (EXT_NAMESPACE, "ExtensionContent"));
            match (contents.next(), contents.next()) {
                (Some(content), None) => Ok(content),
                (None, _) => Err(Mistake::at(
                    extension,
                    "ext:ExtensionContent is missing; write exactly one",
                )),
                (Some(_), Some(second)) => {
                    let detail =
                        "a second ext:ExtensionContent; write an ext:UBLExtension for each";
                    Err(Mistake::at(second, detail))
                }
            }
        })
        .collect()
}

/// Refuses a place that holds an element.
pub(super) fn require_empty(place: Node<'_, '_>, what: &str) -> Result<(), Mistake> {
    match place.first_element_child() {
        None => Ok(()),
        Some(child) => {
            let name = child.tag_name().name();
            Err(Mistake::at(child, format!("{what} and must be empty, but holds {}", shown(name))))
        }
    }
}

/// The elements around signatures (UBL 2.1, 5.4, and the modules for extensions and signatures).
pub(super) fn scaffolding(look: &Look<'_, '_>) -> Result<(), Mistake> {
    let root = look.root();
    for (at, child) in root.children().filter(Node::is_element).enumerate() {
        if at > 0 && child.has_tag_name((EXT_NAMESPACE, "UBLExtensions")) {
            let detail = "ext:UBLExtensions must be the first child of the root, and only once";
            return Err(Mistake::at(child, detail));
        }
    }
    for content in extension_contents(look)? {
        let mut children = content.children().filter(Node::is_element);
        if let (Some(_), Some(second)) = (children.next(), children.next()) {
            let detail =
                "ext:ExtensionContent has a second child; write an ext:UBLExtension for each";
            return Err(Mistake::at(second, detail));
        }
    }
    let mut containers = 0;
    // Looked for when a signature first refers to one.
    let named: LazyCell<HashSet<&str>, _> = LazyCell::new(|| {
        Look::children(root, (CAC_NAMESPACE, "Signature"))
            .filter_map(|signature| Look::down(signature, &[(CBC_NAMESPACE, "ID")]))
            .map(text)
            .collect()
    });
    for element in look.elements() {
        let name = element.tag_name();
        let theirs = [Some(SIG_NAMESPACE), Some(SAC_NAMESPACE)].contains(&name.namespace());
        match (name.name(), name.namespace()) {
            ("UBLDocumentSignatures", Some(SIG_NAMESPACE)) => {
                containers += 1;
                container(element, containers)?;
            }
            ("SignatureInformation", Some(SAC_NAMESPACE)) => {
                information(element, |id| named.contains(id))?;
            }
            ("SignatureInformation", other) => {
                return Err(Mistake::at(element, misplaced(other)));
            }
            ("UBLDocumentSignatures", _) => {
                let detail = format!(
                    "UBLDocumentSignatures is in the namespace {} instead of {SIG_NAMESPACE}",
                    shown(name.namespace().unwrap_or("(none)"))
                );
                return Err(Mistake::at(element, detail));
            }
            (local, _) if theirs => {
                let detail = format!("UBL has no {} in its signature modules", shown(local));
                return Err(Mistake::at(element, detail));
            }
            _ => {}
        }
    }
    Ok(())
}

/// OIOUBL's own sample does this; its here() then finds nothing and its digest does not verify.
fn misplaced(namespace: Option<&str>) -> String {
    let said = shown(namespace.unwrap_or("(none)"));
    let advice = if namespace == Some(SIG_NAMESPACE) {
        "; that is OIOUBL's mistake: write sig:UBLDocumentSignatures and in it \
         sac:SignatureInformation"
    } else {
        ""
    };
    format!("SignatureInformation is in the namespace {said} instead of {SAC_NAMESPACE}{advice}")
}

/// `sig:UBLDocumentSignatures`: its place, and the URI of its extension.
fn container(element: Node<'_, '_>, count: usize) -> Result<(), Mistake> {
    if count > 1 {
        let detail =
            "a second sig:UBLDocumentSignatures; put every sac:SignatureInformation into one";
        return Err(Mistake::at(element, detail));
    }
    let content = element
        .parent_element()
        .filter(|parent| parent.has_tag_name((EXT_NAMESPACE, "ExtensionContent")));
    let Some(content) = content else {
        let detail = "sig:UBLDocumentSignatures must stand directly in ext:ExtensionContent";
        return Err(Mistake::at(element, detail));
    };
    let uri = content
        .parent_element()
        .and_then(|extension| Look::down(extension, &[(EXT_NAMESPACE, "ExtensionURI")]));
    if let Some(uri) = uri.filter(|uri| ![ENVELOPED, ENVELOPED_XADES].contains(&text(*uri))) {
        let detail = format!("{} is not {ENVELOPED} or {ENVELOPED_XADES}", shown(text(uri)));
        return Err(Mistake::at(uri, detail));
    }
    let stranger = element
        .children()
        .find(|child| child.is_element() && child.tag_name().name() != "SignatureInformation");
    match stranger {
        None => Ok(()),
        Some(stranger) => {
            let name = shown(stranger.tag_name().name());
            let detail = format!(
                "sig:UBLDocumentSignatures holds {name}; only sac:SignatureInformation may stand there"
            );
            Err(Mistake::at(stranger, detail))
        }
    }
}

/// `sac:SignatureInformation`: its place, its children in order, and what it refers to. `is_named` says
/// whether a `cac:Signature` has an identifier.
fn information(element: Node<'_, '_>, is_named: impl FnOnce(&str) -> bool) -> Result<(), Mistake> {
    let in_container = element
        .parent_element()
        .is_some_and(|parent| parent.has_tag_name((SIG_NAMESPACE, "UBLDocumentSignatures")));
    if !in_container {
        let detail = "sac:SignatureInformation must stand in sig:UBLDocumentSignatures";
        return Err(Mistake::at(element, detail));
    }
    let place = |child: Node<'_, '_>| {
        if child.has_tag_name((CBC_NAMESPACE, "ID")) {
            Some(1)
        } else if child.has_tag_name((SBC_NAMESPACE, "ReferencedSignatureID")) {
            Some(2)
        } else if is_signature(child) {
            Some(3)
        } else {
            None
        }
    };
    let mut last = 0;
    for child in element.children().filter(Node::is_element) {
        match place(child) {
            Some(place) if place > last => last = place,
            _ => {
                let name = shown(child.tag_name().name());
                let detail = format!(
                    "{name} must not stand here: cbc:ID, sbc:ReferencedSignatureID and ds:Signature \
                     follow each other in this order, each at most once"
                );
                return Err(Mistake::at(child, detail));
            }
        }
    }
    let Some(reference) = Look::down(element, &[(SBC_NAMESPACE, "ReferencedSignatureID")]) else {
        return Ok(());
    };
    if is_named(text(reference)) {
        return Ok(());
    }
    let detail = format!("no cac:Signature has the cbc:ID {}", shown(text(reference)));
    Err(Mistake::at(reference, detail))
}

/// `cac:Signature/cac:DigitalSignatureAttachment/cac:ExternalReference/cbc:URI` is `#` and the Id of
/// the seal.
pub(super) fn cac_signature_uri(look: &Look<'_, '_>) -> Result<(), Mistake> {
    let Some(seal) = look.seal else { return Ok(()) };
    let id = seal.attribute("Id").unwrap_or_default();
    let Some(signature) = Look::down(look.root(), &[(CAC_NAMESPACE, "Signature")]) else {
        return Err(Mistake::at(look.root(), "cac:Signature is missing"));
    };
    let uri = Look::down(
        signature,
        &[
            (CAC_NAMESPACE, "DigitalSignatureAttachment"),
            (CAC_NAMESPACE, "ExternalReference"),
            (CBC_NAMESPACE, "URI"),
        ],
    );
    let Some(uri) = uri else {
        let detail = format!(
            "cac:DigitalSignatureAttachment/cac:ExternalReference/cbc:URI is missing; write #{id}"
        );
        return Err(Mistake::at(signature, detail));
    };
    if text(uri).strip_prefix('#') == Some(id) {
        return Ok(());
    }
    let detail = format!("{} is not #{id}, the Id of the seal", shown(text(uri)));
    Err(Mistake::at(uri, detail))
}

/// PEPPOL-EN16931-R008 for all but signatures, whose empty elements XML Signature demands.
pub(super) fn no_empty_elements(look: &Look<'_, '_>) -> Result<(), Mistake> {
    let empty = |element: &Node<'_, '_>| {
        !element.children().any(|child| {
            child.is_element()
                || child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty())
        })
    };
    match look.elements().find(empty) {
        None => Ok(()),
        Some(element) => Err(Mistake::at(element, "the element is empty; fill it or leave it out")),
    }
}

/// UBL-TR: the first extension waits for the seal, and `cac:Signature` names the taxpayer.
pub(super) fn turkey(look: &Look<'_, '_>) -> Result<(), Mistake> {
    let contents = extension_contents(look)?;
    let Some(first) = contents.first() else {
        let detail = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent is missing; the seal \
                      goes there";
        return Err(Mistake::at(look.root(), detail));
    };
    require_empty(*first, "the first extension is the place of the seal")?;
    let mut signatures = Look::children(look.root(), (CAC_NAMESPACE, "Signature"));
    let first = signatures.next();
    if let Some(second) = signatures.next() {
        return Err(Mistake::at(second, "a second cac:Signature; there may be one"));
    }
    let Some(signature) = first else { return Ok(()) };
    let Some(id) = Look::down(signature, &[(CBC_NAMESPACE, "ID")]) else {
        return Err(Mistake::at(signature, "cbc:ID with schemeID VKN_TCKN is missing"));
    };
    if id.attribute("schemeID") != Some("VKN_TCKN") {
        return Err(Mistake::at(id, "schemeID must be VKN_TCKN"));
    }
    if !matches!(id.text().unwrap_or_default().chars().count(), 10 | 11) {
        let detail = "a tax number (VKN) has 10 characters, an identity number (TCKN) 11";
        return Err(Mistake::at(id, detail));
    }
    Ok(())
}

/// ZATCA: the values around the seal that it fixes, and the references whose digests it chains.
pub(super) fn zatca(look: &Look<'_, '_>) -> Result<(), Mistake> {
    const NAME: &str = "urn:oasis:names:specification:ubl:signature:Invoice";
    let root = look.root();
    let Some(signature) = Look::down(root, &[(CAC_NAMESPACE, "Signature")]) else {
        return Err(Mistake::at(root, "cac:Signature is missing"));
    };
    for (name, value) in [("ID", NAME), ("SignatureMethod", ENVELOPED_XADES)] {
        match Look::down(signature, &[(CBC_NAMESPACE, name)]) {
            Some(element) if text(element) == value => {}
            Some(element) => {
                let detail = format!("{} is not {value}", shown(text(element)));
                return Err(Mistake::at(element, detail));
            }
            None => {
                return Err(Mistake::at(
                    signature,
                    format!("cbc:{name} is missing; write {value}"),
                ));
            }
        }
    }
    for wanted in ["ICV", "PIH"] {
        let found = Look::children(root, (CAC_NAMESPACE, "AdditionalDocumentReference"))
            .filter_map(|reference| Look::down(reference, &[(CBC_NAMESPACE, "ID")]))
            .any(|id| text(id) == wanted);
        if !found {
            let detail = format!("cac:AdditionalDocumentReference with cbc:ID {wanted} is missing");
            return Err(Mistake::at(root, detail));
        }
    }
    Ok(())
}
