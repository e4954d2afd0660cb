//! Where the signature goes: the default place, or what `signatureLocation` names.
//!
//! A location is a local name (`ExtensionContent`), a `prefix:name` with the prefix as bound at the
//! root element (or, where the root does not bind it, at the element itself), or an absolute path of such names, each with an optional position among its
//! siblings (`/inv:Invoice/ext:UBLExtensions/ext:UBLExtension[2]/ext:ExtensionContent`). A name
//! without prefix matches in any namespace; a leading `//` before a single name is tolerated.
//!
//! An object can also name a namespace, an XPath, a position and which of several matches is meant.
//!
//! An element that already has a `ds:Signature` child is not used unless the profile says so: a sealed
//! document is not sealed twice by mistake. A `ds:Signature` without a signature value, left as a
//! placeholder, is never beside ours, because removing it would change the document and leaving it
//! would make verifiers look at the wrong one.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::elements;
use super::ubl::{self, EXT_NAMESPACE, SAC_NAMESPACE};
use crate::domain::refusal::Refusal;
use crate::domain::xades::{
    ExistingSignatures, LocationElement, Position, SignatureLocation, XadesProfile,
};
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::nodes::{NodeKey, XNode};
use crate::seal::xml::xpath::{Budget, Evaluation, Expression, Value};

/// No sane location is longer.
const MAX_LENGTH: usize = 1000;
/// Candidates named in a refusal.
const MAX_CANDIDATES: usize = 5;

/// Finds the element that a location names.
///
/// # Errors
/// The refusals of the location family, and [`Refusal::XPathTooExpensive`].
pub(super) fn find<'a, 'i>(
    document: &'a Document<'i>,
    location: &SignatureLocation,
    existing: ExistingSignatures,
    budget: &Budget,
) -> Result<Node<'a, 'i>, Refusal> {
    let found = match &location.place {
        LocationElement::Default => return Ok(default_place(document, existing)),
        LocationElement::Path(text) => return named_place(document, text, location),
        LocationElement::Name { name, namespace } => {
            let named =
                |node: &Node<'_, '_>| node.has_tag_name((namespace.as_str(), name.as_str()));
            document.descendants().filter(named).collect()
        }
        LocationElement::XPath { xpath, namespaces } => {
            selected(document, xpath, namespaces, budget)?
        }
    };
    let shown = match &location.place {
        LocationElement::Name { name, .. } => name,
        LocationElement::XPath { xpath, .. } => xpath,
        LocationElement::Default | LocationElement::Path(_) => "",
    };
    choose(document, found, location, shown, |document| missing(document, shown))
}

/// The elements that an XPath selects at the root of the document, in document order.
fn selected<'a, 'i>(
    document: &'a Document<'i>,
    xpath: &str,
    namespaces: &BTreeMap<String, String>,
    budget: &Budget,
) -> Result<Vec<Node<'a, 'i>>, Refusal> {
    let bound: Vec<(&str, &str)> =
        namespaces.iter().map(|(prefix, name)| (&**prefix, &**name)).collect();
    let expression = Expression::parse(xpath, &bound).map_err(|error| error.refusal(xpath))?;
    let evaluation = Evaluation::new(&expression, document, None, budget);
    let value =
        evaluation.at(NodeKey::of(document.root())).map_err(|error| error.refusal(xpath))?;
    let element = |key: &NodeKey| match key.resolve(document) {
        Some(XNode::Tree(node)) if node.is_element() => Some(node),
        _ => None,
    };
    match value {
        Value::Nodes(nodes) => Ok(nodes.iter().filter_map(element).collect()),
        _ => Err(Refusal::XPathInvalid {
            xpath: xpath.chars().take(120).collect(),
            reason: "a location must select elements".to_owned(),
        }),
    }
}

/// The element that a signature gets as its parent, at this position of what a location names.
///
/// # Errors
/// [`Refusal::SettingConflict`] after the root element.
pub(super) fn parent<'a, 'i>(
    target: Node<'a, 'i>,
    position: Position,
) -> Result<Node<'a, 'i>, Refusal> {
    match position {
        Position::FirstChild | Position::LastChild => Ok(target),
        Position::After => target.parent_element().ok_or_else(|| {
            let rule = "nothing can stand after the root element".to_owned();
            Refusal::setting("signatureLocation.position", rule)
        }),
    }
}

/// Refuses a place that holds a signature, unless the profile seals beside others; and one that holds
/// a placeholder, or is a signature or inside of one, in any case: there is no place in a signature
/// but that of a countersignature.
///
/// # Errors
/// [`Refusal::LocationOccupied`], [`Refusal::LocationPlaceholder`], [`Refusal::LocationInSignature`].
pub(super) fn check_free(
    parent: Node<'_, '_>,
    existing: ExistingSignatures,
) -> Result<(), Refusal> {
    let is_signature = |node: &Node<'_, '_>| node.has_tag_name((DS_NAMESPACE, "Signature"));
    if let Some(signature) = parent.ancestors().filter(is_signature).last() {
        return Err(Refusal::LocationInSignature { path: path_of(signature) });
    }
    let mut signatures =
        parent.children().filter(|child| child.has_tag_name((DS_NAMESPACE, "Signature")));
    if let Some(placeholder) =
        signatures.clone().find(|signature| elements::signature_value(*signature).is_empty())
    {
        return Err(Refusal::LocationPlaceholder { path: path_of(placeholder) });
    }
    let refused = existing == ExistingSignatures::Refuse;
    if signatures.next().is_some() && refused {
        return Err(Refusal::LocationOccupied { path: path_of(parent) });
    }
    Ok(())
}

/// Refuses to choose among the free places of a document whose profile wants one of them and names
/// none: the root, where the seal would go otherwise, is no such place.
///
/// # Errors
/// [`Refusal::PlaceAmbiguous`].
pub(super) fn check_one_place(
    document: &Document<'_>,
    profile: &XadesProfile,
) -> Result<(), Refusal> {
    if !profile.ubl.create_scaffolding
        || profile.signature_location.place != LocationElement::Default
    {
        return Ok(());
    }
    let free: Vec<_> = ubl::signature_informations(document)
        .filter(|element| ubl::signature_child(*element).is_none())
        .collect();
    match free.len() {
        0 | 1 => Ok(()),
        count => Err(Refusal::PlaceAmbiguous { count, candidates: list(&free) }),
    }
}

/// Which of several matches the location means.
fn choose<'a, 'i>(
    document: &'a Document<'i>,
    found: Vec<Node<'a, 'i>>,
    location: &SignatureLocation,
    shown: &str,
    suggest: impl FnOnce(&'a Document<'i>) -> String,
) -> Result<Node<'a, 'i>, Refusal> {
    let shown = || shown.chars().take(200).collect::<String>();
    let total = found.len();
    let mut candidates = found;
    if location.first_empty && !candidates.is_empty() {
        candidates.retain(|node| node.first_element_child().is_none());
        candidates.truncate(1);
        return candidates.pop().ok_or_else(|| Refusal::LocationMissing {
            location: shown(),
            candidates: format!(
                "none of its {total} matches is empty; {}",
                missing(document, &shown())
            ),
        });
    }
    if let Some(index) = location.index
        && total > 0
    {
        return candidates.get(index - 1).copied().ok_or_else(|| Refusal::LocationMissing {
            location: shown(),
            candidates: format!("it has {total} matches, so index {index} is none"),
        });
    }
    match candidates.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::LocationMissing { location: shown(), candidates: suggest(document) }),
        several => Err(Refusal::LocationAmbiguous {
            location: shown(),
            count: several.len(),
            candidates: list(several),
        }),
    }
}

/// The one `sac:SignatureInformation` without a signature; else one that has a signature, so that
/// the document is refused as sealed; else the root.
fn default_place<'a, 'i>(document: &'a Document<'i>, existing: ExistingSignatures) -> Node<'a, 'i> {
    let root = document.root_element();
    let (mut empty, mut occupied) = (Vec::new(), None);
    for element in ubl::signature_informations(document) {
        match ubl::signature_child(element) {
            None => empty.push(element),
            Some(_) => occupied = Some(element),
        }
    }
    match (empty.as_slice(), occupied) {
        ([one], _) => *one,
        ([], Some(occupied)) if existing == ExistingSignatures::Refuse => occupied,
        _ => root,
    }
}

fn named_place<'a, 'i>(
    document: &'a Document<'i>,
    text: &str,
    location: &SignatureLocation,
) -> Result<Node<'a, 'i>, Refusal> {
    let named = Location::parse(text)
        .ok_or_else(|| Refusal::LocationInvalid { location: text.chars().take(200).collect() })?;
    let found = named.matches(document);
    choose(document, found, location, text, |document| {
        match named.unbound_prefix(document.root_element()) {
            Some(prefix) => format!("no element of that name binds the prefix {prefix}"),
            None => suggestions(document, &named),
        }
    })
}

/// One name of a location.
struct Step<'t> {
    prefix: Option<&'t str>,
    local: &'t str,
    /// From 1, among the siblings that match the name.
    position: Option<usize>,
}

impl<'t> Step<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (name, position) = match text.strip_suffix(']') {
            Some(inside) => {
                let (name, number) = inside.split_once('[')?;
                let position = number.parse().ok().filter(|position| *position > 0)?;
                (name, Some(position))
            }
            None => (text, None),
        };
        let (prefix, local) = match name.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None => (None, name),
        };
        (prefix.is_none_or(is_ncname) && is_ncname(local)).then_some(Self {
            prefix,
            local,
            position,
        })
    }

    fn matches_name(&self, element: Node<'_, '_>, root: Node<'_, '_>) -> bool {
        element.is_element()
            && element.tag_name().name() == self.local
            && self.prefix.is_none_or(|prefix| {
                // UBL's signature scaffolding is commonly declared where it stands, not at the root.
                let namespace = root
                    .lookup_namespace_uri(Some(prefix))
                    .or_else(|| element.lookup_namespace_uri(Some(prefix)));
                namespace.is_some() && element.tag_name().namespace() == namespace
            })
    }
}

enum Location<'t> {
    /// An element of this name, anywhere.
    Anywhere(Step<'t>),
    /// From the root, a step for every level.
    Path(Vec<Step<'t>>),
}

impl<'t> Location<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return None;
        }
        match text.strip_prefix("//").or_else(|| text.strip_prefix('/')) {
            Some(path) if !text.starts_with("//") => {
                path.split('/').map(Step::parse).collect::<Option<_>>().map(Self::Path)
            }
            name => Step::parse(name.unwrap_or(text)).map(Self::Anywhere),
        }
    }

    fn steps(&self) -> &[Step<'t>] {
        match self {
            Self::Anywhere(step) => std::slice::from_ref(step),
            Self::Path(steps) => steps,
        }
    }

    fn unbound_prefix(&self, root: Node<'_, '_>) -> Option<&'t str> {
        let mut prefixes = self.steps().iter().filter_map(|step| step.prefix);
        prefixes.find(|prefix| root.lookup_namespace_uri(Some(prefix)).is_none())
    }

    fn matches<'a, 'i>(&self, document: &'a Document<'i>) -> Vec<Node<'a, 'i>> {
        let root = document.root_element();
        match self {
            Self::Anywhere(step) => {
                let all = document.descendants().filter(|node| step.matches_name(*node, root));
                pick(all, step.position)
            }
            Self::Path(steps) => steps.iter().fold(vec![document.root()], |level, step| {
                let children = level.iter().flat_map(|parent| {
                    let named = parent.children().filter(|node| step.matches_name(*node, root));
                    pick(named, step.position)
                });
                children.collect()
            }),
        }
    }
}

fn pick<T>(mut all: impl Iterator<Item = T>, position: Option<usize>) -> Vec<T> {
    match position {
        None => all.collect(),
        Some(position) => all.nth(position - 1).into_iter().collect(),
    }
}

/// NCName as far as a name in a document can differ from it: no white space, no delimiters.
fn is_ncname(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '\u{B7}'))
}

/// What may have been meant: the same name in other case or namespace, else the usual places.
fn suggestions(document: &Document<'_>, location: &Location<'_>) -> String {
    let wanted = location.steps().last().map_or("", |step| step.local);
    let elements = || document.descendants().filter(Node::is_element);
    let near: Vec<_> = elements()
        .filter(|element| element.tag_name().name().eq_ignore_ascii_case(wanted))
        .take(MAX_CANDIDATES)
        .collect();
    if !near.is_empty() {
        return format!("similar: {}", list(&near));
    }
    let places: Vec<_> = elements()
        .filter(|element| {
            element.has_tag_name((SAC_NAMESPACE, "SignatureInformation"))
                || element.has_tag_name((EXT_NAMESPACE, "ExtensionContent"))
        })
        .take(MAX_CANDIDATES)
        .collect();
    if places.is_empty() {
        missing(document, wanted)
    } else {
        format!("possible places: {}", list(&places))
    }
}

/// What to do when nothing of the document is the place: the location may come from a profile, so that the
/// client cannot leave it out.
fn missing(document: &Document<'_>, wanted: &str) -> String {
    let root = path_of(document.root_element());
    if wanted.contains("ExtensionContent") {
        let has = |node: Node<'_, '_>| node.has_tag_name((EXT_NAMESPACE, "UBLExtensions"));
        return if document.root_element().children().any(has) {
            "add an ext:UBLExtension with an empty ext:ExtensionContent as first child of \
             ext:UBLExtensions"
                .to_owned()
        } else {
            format!(
                "add ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent, empty, as first child of \
                 {root} (ext is {EXT_NAMESPACE})"
            )
        };
    }
    format!("add such an element, or name another, as '{root}' for the last place in the document")
}

/// What the client should know of a place that the schema of UBL does not have: under it a signature
/// stands in `ext:ExtensionContent`, which has one child.
pub(super) fn schema_notes(parent: Node<'_, '_>) -> Vec<String> {
    let root = parent.document().root_element();
    let is_content = |node: &Node<'_, '_>| node.has_tag_name((EXT_NAMESPACE, "ExtensionContent"));
    let mut notes = Vec::new();
    if is_content(&parent)
        && let Some(other) = parent.first_element_child()
    {
        notes.push(format!(
            "the seal stands in {} beside {}, and the schema of UBL allows one child there; send it empty",
            path_of(parent),
            path_of(other)
        ));
    } else if ubl::is_ubl(root) && !parent.ancestors().any(|above| is_content(&above)) {
        notes.push(format!(
            "the seal stands in {}, where the schema of UBL has no place for a signature, so that the \
             sealed document is not valid under it; ask for the profile ubl, or for that of its country",
            path_of(parent)
        ));
    }
    notes
}

pub(super) fn list(elements: &[Node<'_, '_>]) -> String {
    let paths: Vec<_> = elements.iter().take(MAX_CANDIDATES).map(|one| path_of(*one)).collect();
    paths.join(", ")
}

/// An absolute path that [`Location::parse`] understands and that matches just this element:
/// prefixes as bound at the root, positions where siblings share the name.
#[must_use]
pub fn path_of(element: Node<'_, '_>) -> String {
    const MAX_CHARS: usize = 500;
    let root = element.document().root_element();
    let mut steps: Vec<_> =
        element.ancestors().filter(Node::is_element).map(|node| step_of(node, root)).collect();
    steps.reverse();
    let path = format!("/{}", steps.join("/"));
    if path.chars().count() > MAX_CHARS {
        return path.chars().take(MAX_CHARS).chain("...".chars()).collect();
    }
    path
}

fn step_of(element: Node<'_, '_>, root: Node<'_, '_>) -> String {
    let local = element.tag_name().name();
    let namespace = element.tag_name().namespace();
    let prefix = root
        .namespaces()
        .filter(|binding| Some(binding.uri()) == namespace)
        .find_map(roxmltree::Namespace::name);
    let step = Step { prefix, local, position: None };
    let siblings = element.parent().into_iter().flat_map(|parent| parent.children());
    let (mut count, mut position) = (0_usize, 0_usize);
    for sibling in siblings.filter(|sibling| step.matches_name(*sibling, root)) {
        count += 1;
        if sibling == element {
            position = count;
        }
    }
    let name = prefix.map_or_else(|| local.to_owned(), |prefix| format!("{prefix}:{local}"));
    if count > 1 { format!("{name}[{position}]") } else { name }
}
