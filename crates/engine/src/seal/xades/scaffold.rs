//! The signature scaffolding of UBL 2.1, 5.4: `ext:UBLExtensions` down to `sac:SignatureInformation`,
//! and the `cac:Signature` that speaks of it. All of it is written before the document is digested,
//! because the non-final profile signs it.

use std::fmt::Write as _;

use roxmltree::{Document, Node};

use super::location;
use super::spot::Spot;
use super::tags::escaped;
use super::ubl::{
    self, CAC_NAMESPACE, CBC_NAMESPACE, EXT_NAMESPACE, SAC_NAMESPACE, SBC_NAMESPACE, SIG_NAMESPACE,
};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{ExistingSignatures, LocationElement, UblSettings, XadesProfile};
use crate::seal::draft::{Draft, Piece};
use crate::seal::xml::xpath::Budget;

/// Elements before one of which UBL has `cac:Signature`, in the document types that have it.
const AFTER_SIGNATURE: [&str; 18] = [
    "AccountingSupplierParty",
    "SenderParty",
    "BuyerCustomerParty",
    "SellerSupplierParty",
    "DespatchSupplierParty",
    "DeliveryCustomerParty",
    "ConsignorParty",
    "ProviderParty",
    "IssuerParty",
    "AgentParty",
    "ContractingParty",
    "SupplierParty",
    "OriginatorCustomerParty",
    "PayeeParty",
    "ReceiverParty",
    "TransportUserParty",
    "CustomerParty",
    "EndorserParty",
];

/// A document with what was added to it.
pub(super) struct Scaffolded {
    pub(super) draft: Draft,
    /// Whether a `sac:SignatureInformation` was added.
    pub(super) made_place: bool,
}

/// Adds what the profile wants and the document lacks. `None` when nothing is to be added.
///
/// # Errors
/// [`Refusal::ScaffoldingImpossible`] when the document is no UBL document or has no room for it; what
/// is wrong with the location, its absence aside.
pub(super) fn add(
    tree: &Document<'_>,
    profile: &XadesProfile,
    budget: &Budget,
    draft: &Draft,
) -> Result<Option<Scaffolded>, Refusal> {
    let settings = &profile.ubl;
    let mut edits: Vec<(Spot, String)> = Vec::new();
    let mut referenced = None;
    let made_place = settings.create_scaffolding
        && wants_place(tree, profile.existing_signatures)
        && leads_here(tree, profile, budget)?;
    if made_place {
        let root = ubl_root(tree)?;
        let number = ubl::signature_informations(tree).count() + 1;
        let id = pattern(&settings.referenced_signature_id, number, root);
        edits.push(information(root, settings, number, &id));
        referenced = Some(id);
    }
    if settings.add_cac_signature
        && let Some(edit) = cac_signature(tree, settings, referenced)?
    {
        edits.push(edit);
    }
    if edits.is_empty() {
        return Ok(None);
    }
    // From the end to the beginning, so that offsets stay right; of two at the same place the first
    // one comes first.
    edits.reverse();
    edits.sort_by_key(|(spot, _)| std::cmp::Reverse(spot.range.start));
    let mut draft = draft.clone();
    for (spot, text) in edits {
        let (range, pieces) = spot.splice([Piece::Inserted(text)]);
        draft.splice(range, pieces);
    }
    Ok(Some(Scaffolded { draft, made_place }))
}

/// Whether the location may lead to the place to be made: not when it leads elsewhere already.
fn leads_here(
    tree: &Document<'_>,
    profile: &XadesProfile,
    budget: &Budget,
) -> Result<bool, Refusal> {
    let location = &profile.signature_location;
    if location.place == LocationElement::Default {
        return Ok(true);
    }
    match location::find(tree, location, profile.existing_signatures, budget) {
        Ok(target) => {
            Ok(ubl::is_signature_information(location::parent(target, location.position)?))
        }
        Err(Refusal::LocationMissing { .. }) => Ok(true),
        Err(other) => Err(other),
    }
}

/// Refuses to leave a place empty that was made for the seal.
///
/// # Errors
/// [`Refusal::SettingConflict`] when the seal goes elsewhere.
pub(super) fn check_used(parent: Node<'_, '_>) -> Result<(), Refusal> {
    // When a place is made every other one holds a signature.
    if ubl::is_signature_information(parent) && ubl::signature_child(parent).is_none() {
        return Ok(());
    }
    let path = location::path_of(parent);
    let rule = format!(
        "leads to {path}, and the sac:SignatureInformation made for the seal would stay empty; leave it \
         out, or set ubl.createScaffolding to false"
    );
    Err(Refusal::setting("signatureLocation", rule))
}

/// Whether there is no place to take yet. A place that holds a signature is left to the location,
/// which refuses it by name, unless the profile seals beside others.
fn wants_place(tree: &Document<'_>, existing: ExistingSignatures) -> bool {
    let places = || ubl::signature_informations(tree);
    if places().any(|place| ubl::signature_child(place).is_none()) {
        return false;
    }
    let occupied = places().next().is_some();
    !occupied || existing == ExistingSignatures::Parallel
}

fn ubl_root<'a, 'i>(tree: &'a Document<'i>) -> Result<Node<'a, 'i>, Refusal> {
    let root = tree.root_element();
    if ubl::is_ubl(root) {
        return Ok(root);
    }
    let name = root.tag_name().name();
    Err(Refusal::ScaffoldingImpossible {
        reason: format!("the root element {name} is not in a UBL document namespace"),
    })
}

/// The missing part of the way to `sac:SignatureInformation`, and where it goes.
fn information<'a, 'i>(
    root: Node<'a, 'i>,
    settings: &UblSettings,
    number: usize,
    referenced: &str,
) -> (Spot, String) {
    let child = |parent: Node<'a, 'i>, namespace, name| {
        parent.children().find(|child| child.has_tag_name((namespace, name)))
    };
    let mut writer = Writer::at(root);
    let Some(extensions) = child(root, EXT_NAMESPACE, "UBLExtensions") else {
        let indent = indentation(root);
        writer.text.push_str(indent);
        writer.element(EXT_NAMESPACE, "ext", "UBLExtensions", |writer| {
            writer.extension(settings, number, referenced);
        });
        return (Spot::first_child(root), writer.text);
    };
    let signatures = extensions
        .descendants()
        .find(|node| node.has_tag_name((SIG_NAMESPACE, "UBLDocumentSignatures")));
    if let Some(signatures) = signatures {
        writer.at = signatures;
        writer.signature_information(settings, number, referenced);
        return (Spot::last_child(signatures), writer.text);
    }
    let empty = extensions.children().find_map(|extension| {
        let content = child(extension, EXT_NAMESPACE, "ExtensionContent")?;
        let uri = child(extension, EXT_NAMESPACE, "ExtensionURI").and_then(|uri| uri.text());
        let free = uri.is_none_or(|uri| uri.trim() == settings.extension_uri);
        (free && content.first_element_child().is_none()).then_some(content)
    });
    if let Some(content) = empty {
        writer.at = content;
        writer.document_signatures(settings, number, referenced);
        return (Spot::last_child(content), writer.text);
    }
    writer.at = extensions;
    writer.extension(settings, number, referenced);
    (Spot::last_child(extensions), writer.text)
}

/// A `cac:Signature` for a document without one.
fn cac_signature(
    tree: &Document<'_>,
    settings: &UblSettings,
    referenced: Option<String>,
) -> Result<Option<(Spot, String)>, Refusal> {
    let root = ubl_root(tree)?;
    let children = || root.children().filter(Node::is_element);
    if children().any(|child| child.has_tag_name((CAC_NAMESPACE, "Signature"))) {
        return Ok(None);
    }
    let number = ubl::signature_informations(tree).count().max(1);
    let id = referenced.unwrap_or_else(|| pattern(&settings.referenced_signature_id, number, root));
    if id.is_empty() {
        let rule = "must not be empty when a cac:Signature is added".to_owned();
        return Err(Refusal::setting("ubl.referencedSignatureId", rule));
    }
    let before = children().find(|child| {
        child.tag_name().namespace() == Some(CAC_NAMESPACE)
            && AFTER_SIGNATURE.contains(&child.tag_name().name())
    });
    let Some(before) = before else {
        let reason = "no party element shows where cac:Signature goes in this document".to_owned();
        return Err(Refusal::ScaffoldingImpossible { reason });
    };
    let mut writer = Writer::at(root);
    writer.element(CAC_NAMESPACE, "cac", "Signature", |writer| {
        writer.value(CBC_NAMESPACE, "cbc", "ID", &id);
        writer.value(CBC_NAMESPACE, "cbc", "SignatureMethod", &settings.extension_uri);
    });
    writer.text.push_str(indentation(root));
    Ok(Some((Spot::before(before), writer.text)))
}

fn pattern(pattern: &str, number: usize, root: Node<'_, '_>) -> String {
    pattern.replace("{n}", &number.to_string()).replace("{root}", root.tag_name().name())
}

/// The white space before the first child element.
fn indentation<'a>(root: Node<'a, '_>) -> &'a str {
    let first = root.first_child().filter(Node::is_text).and_then(|text| text.text());
    first.filter(|text| text.bytes().all(|byte| byte.is_ascii_whitespace())).unwrap_or_default()
}

/// Writes elements with the prefixes in scope, and with declarations of their own where there is
/// none.
pub(super) struct Writer<'a, 'i> {
    pub(super) text: String,
    at: Node<'a, 'i>,
    /// Prefixes declared by the open elements.
    declared: Vec<&'static str>,
}

impl<'a, 'i> Writer<'a, 'i> {
    /// Writes what is to stand inside an element.
    pub(super) const fn at(at: Node<'a, 'i>) -> Self {
        Self { text: String::new(), at, declared: Vec::new() }
    }

    /// The prefix to use for a namespace, and its declaration when it needs one.
    fn name(&self, namespace: &str, usual: &str) -> (String, String) {
        if self.declared.contains(&usual) {
            return (format!("{usual}:"), String::new());
        }
        // what an open element of ours declares means something else than around it
        let mut known = self
            .at
            .namespaces()
            .filter(|binding| binding.uri() == namespace)
            .filter_map(roxmltree::Namespace::name);
        match known.find(|prefix| !self.declared.contains(prefix)) {
            Some(prefix) => (format!("{prefix}:"), String::new()),
            None => (format!("{usual}:"), format!(" xmlns:{usual}=\"{namespace}\"")),
        }
    }

    /// An element; `usual` is its prefix where the namespace has none.
    pub(super) fn element(
        &mut self,
        namespace: &str,
        usual: &'static str,
        local: &str,
        content: impl FnOnce(&mut Self),
    ) {
        self.element_with((namespace, usual, local), "", content);
    }

    /// As [`Writer::element`], with attributes as they are written.
    pub(super) fn element_with(
        &mut self,
        (namespace, usual, local): (&str, &'static str, &str),
        attributes: &str,
        content: impl FnOnce(&mut Self),
    ) {
        let (prefix, declaration) = self.name(namespace, usual);
        let _ = write!(self.text, "<{prefix}{local}{declaration}{attributes}>");
        let outside = self.declared.len();
        if !declaration.is_empty() {
            self.declared.push(usual);
        }
        content(self);
        self.declared.truncate(outside);
        let _ = write!(self.text, "</{prefix}{local}>");
    }

    /// An element with text.
    pub(super) fn value(&mut self, namespace: &str, usual: &'static str, local: &str, value: &str) {
        let value = escaped(value);
        self.element(namespace, usual, local, |writer| writer.text.push_str(&value));
    }

    fn extension(&mut self, settings: &UblSettings, number: usize, referenced: &str) {
        self.element(EXT_NAMESPACE, "ext", "UBLExtension", |writer| {
            if !settings.extension_uri.is_empty() {
                writer.value(EXT_NAMESPACE, "ext", "ExtensionURI", &settings.extension_uri);
            }
            writer.element(EXT_NAMESPACE, "ext", "ExtensionContent", |writer| {
                writer.document_signatures(settings, number, referenced);
            });
        });
    }

    fn document_signatures(&mut self, settings: &UblSettings, number: usize, referenced: &str) {
        self.element(SIG_NAMESPACE, "sig", "UBLDocumentSignatures", |writer| {
            writer.signature_information(settings, number, referenced);
        });
    }

    fn signature_information(&mut self, settings: &UblSettings, number: usize, referenced: &str) {
        let id = settings.signature_information_id.replace("{n}", &number.to_string());
        self.element(SAC_NAMESPACE, "sac", "SignatureInformation", |writer| {
            if !id.is_empty() {
                writer.value(CBC_NAMESPACE, "cbc", "ID", &id);
            }
            if !referenced.is_empty() && settings.add_cac_signature {
                writer.value(SBC_NAMESPACE, "sbc", "ReferencedSignatureID", referenced);
            }
        });
    }
}
