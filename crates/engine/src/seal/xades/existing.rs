//! Signatures that a document holds, read as a verifier reads them: where they stand, what they are made
//! of, and whether what they cover is what they say. Whether a signature value is right, and whose it
//! is, is not looked at here.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, NodeId};

use super::elements::{base64_text, child, signature_value, signatures};
use super::location;
use super::national::Authority;
use super::national::standing::{Hashes, authority};
use crate::domain::profile::{DigestAlgorithm, SignatureAlgorithm};
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::{digest_from_uri, signature_uri};
use crate::pki::digest::Digest;
use crate::seal::Limits;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::transforms::{
    ElementIds, Metered, Present, SelectedNodes, Selection, octets, read_method, read_transforms,
    selecting, too_costly,
};
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Signatures of one document that are read.
const MAX_SIGNATURES: usize = 64;
/// References that are computed, of all signatures of one document together.
const MAX_REFERENCES: usize = 256;
/// The same of references to what lies outside, such as the files of a container.
const MAX_OUTSIDE: usize = 4096;

/// A signature that a document holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// The element.
    pub node: NodeId,
    /// Where it stands.
    pub path: String,
    /// Its value in base64, without white space.
    pub value: String,
    /// URI of the signature method; empty without one.
    pub method: String,
    /// The signature method, when it is one of ours.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Whose recipe made it, when it is none of XML Signature.
    pub recipe: Option<&'static str>,
    /// Digest of the canonical `ds:SignedInfo`, which the value signs, under the digest of the signature
    /// method, else SHA-256; else why there is none.
    pub signed_info: Result<Digest, String>,
    /// What it covers: its references, and those of each `ds:Manifest` in it.
    pub covered: Vec<Covered>,
}

impl Held {
    /// Whether a reference of `ds:SignedInfo` that is right covers all of an element, of a signature that was
    /// read with what it selects ([`read_with`]).
    #[must_use]
    pub fn covers(&self, element: Node<'_, '_>) -> bool {
        let own = |covered: &&Covered| {
            covered.by == By::SignedInfo && covered.standing == CoveredStanding::Right
        };
        self.covered.iter().filter(own).filter_map(|covered| covered.selected.as_ref()).any(
            |selected| {
                !selected.again
                    && !selected.nodes.has_exceptions()
                    && element
                        .descendants()
                        .all(|node| node.is_comment() || selected.nodes.has(node))
            },
        )
    }
}

/// One thing that a signature covers.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The `ds:Reference`.
    pub node: NodeId,
    /// The URI of the reference.
    pub uri: String,
    /// What kind of reference.
    pub by: By,
    /// How it stands.
    pub standing: CoveredStanding,
    /// How it was digested, when that is known here.
    pub digest: Option<DigestAlgorithm>,
    /// The element that the URI names, or the root of the document.
    pub apex: Option<NodeId>,
    /// What of the document was digested, of what can be computed.
    pub selected: Option<SelectedNodes>,
}

/// Where the digest of something covered is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A reference of `ds:SignedInfo` (XMLDSIG 1.1, 4.4.3).
    SignedInfo,
    /// A reference of a `ds:Manifest` (5.1).
    Manifest,
    /// A hash that an authority computes in its own way, whatever transforms are named.
    Authority(&'static str),
}

/// Whether something covered is what the signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoveredStanding {
    /// Its digest is the one that is written.
    Right,
    /// Its digest is another one.
    Wrong,
    /// It lies outside of the document.
    Elsewhere,
    /// It cannot be computed: why.
    Unknown(String),
}

impl fmt::Display for Covered {
    /// As part of a sentence: `its reference '#a'`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri: String = self.uri.chars().take(120).collect();
        match self.by {
            By::SignedInfo => write!(f, "its reference '{uri}'"),
            By::Manifest => write!(f, "the reference '{uri}' of its ds:Manifest"),
            By::Authority(name) => write!(f, "its hash for {name} ('{uri}')"),
        }
    }
}

/// What lies outside of a document, by the URI that names it.
pub type Outside<'r> = &'r dyn Fn(&str) -> Option<&'r [u8]>;

/// Reads every signature that has a value, in document order. What is beyond the limits, or the budget
/// of expressions, is [`CoveredStanding::Unknown`].
#[must_use]
pub fn read(tree: &Document<'_>, limits: &Limits, budget: &Budget) -> Vec<Held> {
    let mut all = Vec::new();
    read_with(tree, (limits, budget), (&|_| true, &|_| None), &mut |mut held| {
        held.covered.iter_mut().for_each(|covered| covered.selected = None);
        all.push(held);
    });
    all
}

/// As [`read`], one signature after the other of those that are asked for, with what lies outside of the document.
pub fn read_with(
    tree: &Document<'_>,
    (limits, budget): (&Limits, &Budget),
    (wanted, outside): (&dyn Fn(Node<'_, '_>) -> bool, Outside<'_>),
    each: &mut dyn FnMut(Held),
) {
    let (hashes, ids) = (Hashes::new(tree, limits, budget), ElementIds::new(tree));
    let mut left = [MAX_REFERENCES, MAX_OUTSIDE];
    // the first one too many says so for all of them
    let wanted = signatures(tree).filter(|signature| wanted(*signature));
    for (number, signature) in wanted.take(MAX_SIGNATURES + 1).enumerate() {
        let read = if number >= MAX_SIGNATURES {
            Err(format!("the document holds more than {MAX_SIGNATURES} signatures"))
        } else {
            // passed over for its manifests and whose it is, again for each that holds another
            let passed = budget.spend_on_passing(4 * signature.descendants().len());
            passed.map_err(|error| reason_of(&too_costly(error)))
        };
        let path = location::path_of(signature);
        let value = signature_value(signature);
        let method = method_of(signature).unwrap_or_default().to_owned();
        let algorithm =
            SignatureAlgorithm::ALL.into_iter().find(|known| signature_uri(*known) == method);
        let mut held = Held {
            node: signature.id(),
            path,
            value,
            method,
            algorithm,
            recipe: None,
            signed_info: Err(String::new()),
            covered: Vec::new(),
        };
        if let Err(reason) = read {
            held.signed_info = Err(reason);
            each(held);
            continue;
        }
        let authority = authority(signature);
        held.recipe = authority.map(Authority::name);
        let (hashes, ids) = (&hashes, &ids);
        let reader = Reader { signature, authority, hashes, ids, outside, limits, budget };
        let covered =
            references(signature).map(|(reference, by)| reader.covered(reference, by, &mut left));
        held.covered = covered.collect();
        let digest = algorithm.map_or(DigestAlgorithm::Sha256, SignatureAlgorithm::digest);
        held.signed_info = signed_info(signature, digest, budget);
        each(held);
    }
}

/// Whether the URI of a reference leads out of the document.
#[must_use]
pub fn is_outside(uri: &str) -> bool {
    !uri.is_empty() && !uri.starts_with('#')
}

/// Whether a `ds:Transform` is a canonicalization that is known here.
#[must_use]
pub fn is_canonicalization(transform: Node<'_, '_>) -> bool {
    read_method(transform).is_ok()
}

fn method_of<'a>(signature: Node<'a, '_>) -> Option<&'a str> {
    let signed_info = child(signature, DS_NAMESPACE, "SignedInfo")?;
    child(signed_info, DS_NAMESPACE, "SignatureMethod")?.attribute("Algorithm")
}

/// The references of a signature, then those of the manifests in it; not those of signatures in it.
fn references<'a, 'i>(signature: Node<'a, 'i>) -> impl Iterator<Item = (Node<'a, 'i>, By)> {
    let is_reference = |node: &Node<'a, 'i>| node.has_tag_name((DS_NAMESPACE, "Reference"));
    let own = child(signature, DS_NAMESPACE, "SignedInfo")
        .into_iter()
        .flat_map(|signed_info| signed_info.children())
        .filter(is_reference)
        .map(|reference| (reference, By::SignedInfo));
    let mut inner_until = 0;
    let manifests = signature.descendants().skip(1).filter(move |node| {
        let id = node.id().get() as usize;
        if id >= inner_until && is_element(*node, (DS_NAMESPACE, "Signature")) {
            inner_until = id + node.descendants().len();
        }
        id >= inner_until && is_element(*node, (DS_NAMESPACE, "Manifest"))
    });
    let listed = manifests
        .flat_map(|manifest| manifest.children())
        .filter(is_reference)
        .map(|reference| (reference, By::Manifest));
    own.chain(listed)
}

fn signed_info(
    signature: Node<'_, '_>,
    digest: DigestAlgorithm,
    budget: &Budget,
) -> Result<Digest, String> {
    let signed_info =
        child(signature, DS_NAMESPACE, "SignedInfo").ok_or("it has no ds:SignedInfo")?;
    let method = child(signed_info, DS_NAMESPACE, "CanonicalizationMethod")
        .ok_or("its canonicalization is not named")?;
    let (method, prefixes) = read_method(method).map_err(|refusal| reason_of(&refusal))?;
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let mut sink = DigestSink::new(digest);
    let subset = Subset::subtree(signed_info);
    let mut metered = Metered::new(&mut sink, budget);
    canonicalize(subset, method, &prefixes, &mut metered);
    metered.finish().map_err(|refusal| reason_of(&refusal))?;
    Ok(sink.finish())
}

/// What reading the references of one signature needs.
#[derive(Clone, Copy)]
struct Reader<'r, 'o, 'a, 'i> {
    signature: Node<'a, 'i>,
    /// Whose recipe made it.
    authority: Option<Authority>,
    hashes: &'r Hashes<'a, 'i>,
    ids: &'r ElementIds<'a, 'i>,
    outside: Outside<'o>,
    limits: &'r Limits,
    budget: &'r Budget,
}

impl<'a, 'i> Reader<'_, '_, 'a, 'i> {
    fn covered(self, reference: Node<'a, 'i>, by: By, left: &mut [usize; 2]) -> Covered {
        let mut covered = Covered {
            node: reference.id(),
            uri: reference.attribute("URI").unwrap_or_default().to_owned(),
            by,
            standing: CoveredStanding::Elsewhere,
            digest: digest_of(reference),
            apex: None,
            selected: None,
        };
        let [inside, outside] = left;
        let (left, limit) = if is_outside(&covered.uri) {
            (outside, MAX_OUTSIDE)
        } else {
            (inside, MAX_REFERENCES)
        };
        let Some(fewer) = left.checked_sub(1) else {
            let reason = format!("the document has more than {limit} signed references");
            return Covered { standing: CoveredStanding::Unknown(reason), ..covered };
        };
        *left = fewer;
        let national = self.authority.and_then(|authority| {
            let wanted = self.hashes.wanted(authority, self.signature, reference)?;
            Some((authority.name(), wanted))
        });
        if let Some((authority, wanted)) = national {
            let standing = match wanted {
                Ok(wanted) if wanted == digest_value(reference) => CoveredStanding::Right,
                Ok(_) => CoveredStanding::Wrong,
                Err(refusal) => CoveredStanding::Unknown(reason_of(&refusal)),
            };
            return Covered { by: By::Authority(authority), standing, ..covered };
        }
        let standing = self.standing(reference, &mut covered);
        covered.standing =
            standing.unwrap_or_else(|refusal| CoveredStanding::Unknown(reason_of(&refusal)));
        covered
    }

    /// Whether the digest of a reference is right. What lies outside of the document and is not given stays
    /// as it is.
    fn standing(
        self,
        reference: Node<'a, 'i>,
        covered: &mut Covered,
    ) -> Result<CoveredStanding, Refusal> {
        let impossible = |reason: &str| Refusal::TransformImpossible { reason: reason.to_owned() };
        let uri = reference.attribute("URI").ok_or_else(|| impossible("a reference has no URI"))?;
        let outside = if is_outside(uri) { (self.outside)(uri) } else { None };
        if is_outside(uri) && outside.is_none() {
            return Ok(CoveredStanding::Elsewhere);
        }
        let algorithm = covered
            .digest
            .ok_or_else(|| impossible("the digest algorithm of a reference is not known"))?;
        let holder = child(reference, DS_NAMESPACE, "Transforms");
        let transforms = holder.map(read_transforms).transpose()?.unwrap_or_default();
        let mut sink = DigestSink::new(algorithm);
        match outside {
            Some(file) => {
                self.budget.spend_on_text(file.len()).map_err(too_costly)?;
                octets(file, &transforms, self.limits, self.budget, &mut sink)?;
            }
            None => {
                let start: Selection<'a, 'i> = self.ids.dereference(uri)?;
                covered.apex = Some(start.apex().id());
                let present = Present { signature: Some(self.signature), transforms: holder };
                let (limits, budget) = (self.limits, self.budget);
                let selected = selecting(present, start, &transforms, limits, budget, &mut sink)?;
                covered.selected = Some(selected);
            }
        }
        let wanted = STANDARD.decode(digest_value(reference));
        let right = wanted.is_ok_and(|wanted| wanted == sink.finish().value());
        Ok(if right { CoveredStanding::Right } else { CoveredStanding::Wrong })
    }
}

fn digest_of(reference: Node<'_, '_>) -> Option<DigestAlgorithm> {
    let method = child(reference, DS_NAMESPACE, "DigestMethod")?;
    digest_from_uri(method.attribute("Algorithm")?)
}

fn digest_value(reference: Node<'_, '_>) -> String {
    child(reference, DS_NAMESPACE, "DigestValue").map(base64_text).unwrap_or_default()
}

/// Why a reference cannot be computed, without advice for one who could change it.
fn reason_of(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TransformImpossible { reason } | Refusal::XPathInvalid { reason, .. } => {
            reason.clone()
        }
        Refusal::XPathTooExpensive { limit, .. } => {
            format!("the expressions on this document take more than {limit} steps")
        }
        other => other.to_string(),
    }
}
