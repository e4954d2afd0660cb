//! Where the signature goes: the default place, or what `signatureLocation` names.
//!
//! A location is a local name (`ExtensionContent`), a `prefix:name` with the prefix as bound at the
//! root element (or, where the root does not bind it, at the element itself), or an absolute path of such names, each with an optional position among its
//! siblings (`/inv:Invoice/ext:UBLExtensions/ext:UBLExtension[2]/ext:ExtensionContent`). A name
//! without prefix matches in any namespace; a leading `//` before a single name is tolerated.
//!
//! The signature becomes the last child of that element. An element that already has a
//! `ds:Signature` child is never used: a sealed document is not sealed twice, and a `ds:Signature`
//! without a signature value, left as a placeholder, is refused too, because removing it would change the
//! document and leaving it would make verifiers look at the wrong one.

use roxmltree::{Document, Node};

use crate::domain::profile::SignatureLocation;
use crate::domain::refusal::Refusal;
use crate::seal::gap::Gap;
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::c14n::qualified_name;
use crate::seal::xml::source::Source;

/// Namespace of `sac:SignatureInformation` (UBL 2.1, 5.4).
const SAC_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2";
/// Namespace of `ext:ExtensionContent`.
const EXT_NAMESPACE: &str =
    "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2";

/// No sane location is longer.
const MAX_LENGTH: usize = 1000;
/// Candidates named in a refusal.
const MAX_CANDIDATES: usize = 5;

/// Finds the element whose last child the signature becomes.
///
/// # Errors
/// The refusals of the location family.
pub(super) fn find<'a, 'i>(
    document: &'a Document<'i>,
    location: &SignatureLocation,
) -> Result<Node<'a, 'i>, Refusal> {
    let parent = match location {
        SignatureLocation::Default => default_place(document),
        SignatureLocation::Inside(text) => named_place(document, text)?,
    };
    match signature_child(parent) {
        None => Ok(parent),
        Some(signature) if !has_value(signature) => {
            Err(Refusal::LocationPlaceholder { path: path_of(signature) })
        }
        Some(_) => Err(Refusal::LocationOccupied { path: path_of(parent) }),
    }
}

/// The gap before the end tag of an element, or at the end of its empty-element tag.
pub(super) fn gap(source: &Source<'_>, parent: Node<'_, '_>) -> Gap {
    let text = source.text().get(parent.range()).unwrap_or_default();
    let start = parent.range().start;
    if text.ends_with("/>") {
        Gap::EmptyElement {
            slash: source.original_offset(start + text.len() - 2),
            name: qualified_name(parent).to_owned(),
        }
    } else {
        // The last `</` of an element begins its own end tag.
        let end_tag = text.rfind("</").unwrap_or(text.len());
        Gap::At(source.original_offset(start + end_tag))
    }
}

/// The one `sac:SignatureInformation` without a signature; else one that has a signature, so that
/// the document is refused as sealed; else the root.
fn default_place<'a, 'i>(document: &'a Document<'i>) -> Node<'a, 'i> {
    let root = document.root_element();
    let (mut empty, mut occupied) = (Vec::new(), None);
    for element in document.descendants() {
        if element.has_tag_name((SAC_NAMESPACE, "SignatureInformation")) {
            match signature_child(element) {
                None => empty.push(element),
                Some(_) => occupied = Some(element),
            }
        }
    }
    match (empty.as_slice(), occupied) {
        ([one], _) => *one,
        ([], Some(occupied)) => occupied,
        _ => root,
    }
}

fn signature_child<'a, 'i>(element: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    element.children().find(|child| child.has_tag_name((DS_NAMESPACE, "Signature")))
}

/// Whether a `ds:Signature` has a signature value; a skeleton of elements is still a placeholder.
fn has_value(signature: Node<'_, '_>) -> bool {
    let mut children = signature.children();
    let value = children.find(|child| child.has_tag_name((DS_NAMESPACE, "SignatureValue")));
    value.and_then(|value| value.text()).is_some_and(|text| !text.trim().is_empty())
}

fn named_place<'a, 'i>(document: &'a Document<'i>, text: &str) -> Result<Node<'a, 'i>, Refusal> {
    let shown = || text.chars().take(200).collect::<String>();
    let location =
        Location::parse(text).ok_or_else(|| Refusal::LocationInvalid { location: shown() })?;
    let root = document.root_element();
    let found = location.matches(document);
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Refusal::LocationMissing {
            location: shown(),
            candidates: match location.unbound_prefix(root) {
                Some(prefix) => format!("no element of that name binds the prefix {prefix}"),
                None => suggestions(document, &location),
            },
        }),
        several => Err(Refusal::LocationAmbiguous {
            location: shown(),
            count: several.len(),
            candidates: list(several),
        }),
    }
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
        let root = path_of(document.root_element());
        format!("leave it out to use the last place in {root}")
    } else {
        format!("possible places: {}", list(&places))
    }
}

fn list(elements: &[Node<'_, '_>]) -> String {
    let paths: Vec<_> = elements.iter().take(MAX_CANDIDATES).map(|one| path_of(*one)).collect();
    paths.join(", ")
}

/// An absolute path that [`Location::parse`] understands and that matches just this element:
/// prefixes as bound at the root, positions where siblings share the name.
fn path_of(element: Node<'_, '_>) -> String {
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
