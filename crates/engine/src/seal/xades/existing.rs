//! Signatures that a document holds, read as a verifier reads them: where they stand, what they are made
//! of, and whether what they cover is what they say. Whether a signature value is right, and whose it
//! is, is not looked at here.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::elements::{base64_text, child, signature_value, signatures};
use super::location;
use super::national::Authority;
use super::national::standing::{Hashes, authority};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::algorithm::digest_from_uri;
use crate::pki::digest::Digest;
use crate::seal::Limits;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::transforms::{
    ElementIds, Metered, Present, general, read_method, read_transforms, too_costly,
};
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Signatures of one document that are read.
const MAX_SIGNATURES: usize = 64;
/// References that are computed, of all signatures of one document together.
const MAX_REFERENCES: usize = 256;

/// A signature that a document holds.
#[derive(Clone, Debug)]
pub struct Held {
    /// Where it stands.
    pub path: String,
    /// Its value in base64, without white space.
    pub value: String,
    /// SHA-256 of the canonical `ds:SignedInfo`, which the value signs; else why there is none.
    pub signed_info: Result<Digest, String>,
    /// What it covers: its references, and those of each `ds:Manifest` in it.
    pub covered: Vec<Covered>,
}

/// One thing that a signature covers.
#[derive(Clone, Debug)]
pub struct Covered {
    /// The URI of the reference.
    pub uri: String,
    /// What kind of reference.
    pub by: By,
    /// How it stands.
    pub standing: CoveredStanding,
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

/// Reads every signature that has a value, in document order. What is beyond the limits, or the budget
/// of expressions, is [`CoveredStanding::Unknown`].
#[must_use]
pub fn read(tree: &Document<'_>, limits: &Limits, budget: &Budget) -> Vec<Held> {
    let (hashes, ids) = (Hashes::new(tree, limits, budget), ElementIds::new(tree));
    let mut left = MAX_REFERENCES;
    // the first one too many says so for all of them
    let read = signatures(tree).take(MAX_SIGNATURES + 1).enumerate().map(|(number, signature)| {
        let read = if number >= MAX_SIGNATURES {
            Err(format!("the document holds more than {MAX_SIGNATURES} signatures"))
        } else {
            // passed over for its manifests and whose it is, again for each that holds another
            let passed = budget.spend_on_passing(4 * signature.descendants().len());
            passed.map_err(|error| reason_of(&too_costly(error)))
        };
        let path = location::path_of(signature);
        let value = signature_value(signature);
        if let Err(reason) = read {
            return Held { path, value, signed_info: Err(reason), covered: Vec::new() };
        }
        let authority = authority(signature);
        let (hashes, ids) = (&hashes, &ids);
        let reader = Reader { signature, authority, hashes, ids, limits, budget };
        let covered =
            references(signature).map(|(reference, by)| reader.covered(reference, by, &mut left));
        Held {
            path,
            value,
            covered: covered.collect(),
            signed_info: signed_info(signature, budget),
        }
    });
    read.collect()
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

fn signed_info(signature: Node<'_, '_>, budget: &Budget) -> Result<Digest, String> {
    let signed_info =
        child(signature, DS_NAMESPACE, "SignedInfo").ok_or("it has no ds:SignedInfo")?;
    let method = child(signed_info, DS_NAMESPACE, "CanonicalizationMethod")
        .ok_or("its canonicalization is not named")?;
    let (method, prefixes) = read_method(method).map_err(|refusal| reason_of(&refusal))?;
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let mut sink = DigestSink::new(DigestAlgorithm::Sha256);
    let subset = Subset::subtree(signed_info);
    let mut metered = Metered::new(&mut sink, budget);
    canonicalize(subset, method, &prefixes, &mut metered);
    metered.finish().map_err(|refusal| reason_of(&refusal))?;
    Ok(sink.finish())
}

/// What reading the references of one signature needs.
#[derive(Clone, Copy)]
struct Reader<'r, 'a, 'i> {
    signature: Node<'a, 'i>,
    /// Whose recipe made it.
    authority: Option<Authority>,
    hashes: &'r Hashes<'a, 'i>,
    ids: &'r ElementIds<'a, 'i>,
    limits: &'r Limits,
    budget: &'r Budget,
}

impl<'a, 'i> Reader<'_, 'a, 'i> {
    fn covered(self, reference: Node<'a, 'i>, by: By, left: &mut usize) -> Covered {
        let uri = reference.attribute("URI").unwrap_or_default().to_owned();
        let Some(fewer) = left.checked_sub(1) else {
            let reason = format!("the document has more than {MAX_REFERENCES} signed references");
            return Covered { uri, by, standing: CoveredStanding::Unknown(reason) };
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
            return Covered { uri, by: By::Authority(authority), standing };
        }
        let standing = self
            .standing(reference)
            .unwrap_or_else(|refusal| CoveredStanding::Unknown(reason_of(&refusal)));
        Covered { uri, by, standing }
    }

    /// Whether the digest of a reference is right. What lies outside of the document stays as it is.
    fn standing(self, reference: Node<'a, 'i>) -> Result<CoveredStanding, Refusal> {
        let impossible = |reason: &str| Refusal::TransformImpossible { reason: reason.to_owned() };
        let uri = reference.attribute("URI").ok_or_else(|| impossible("a reference has no URI"))?;
        if !uri.is_empty() && !uri.starts_with('#') {
            return Ok(CoveredStanding::Elsewhere);
        }
        let algorithm = child(reference, DS_NAMESPACE, "DigestMethod")
            .and_then(|method| digest_from_uri(method.attribute("Algorithm")?))
            .ok_or_else(|| impossible("the digest algorithm of a reference is not known"))?;
        let holder = child(reference, DS_NAMESPACE, "Transforms");
        let transforms = holder.map(read_transforms).transpose()?.unwrap_or_default();
        let start = self.ids.dereference(uri)?;
        let present = Present { signature: Some(self.signature), transforms: holder };
        let mut sink = DigestSink::new(algorithm);
        general(present, start, &transforms, self.limits, self.budget, &mut sink)?;
        let wanted = STANDARD.decode(digest_value(reference));
        let right = wanted.is_ok_and(|wanted| wanted == sink.finish().value());
        Ok(if right { CoveredStanding::Right } else { CoveredStanding::Wrong })
    }
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
