//! The signature timestamps that a document holds (EN 319 132-1, 5.3), read as a verifier reads them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use super::elements::{base64_text, child, signatures};
use super::location;
use super::tags::XADES_NAMESPACE;
use crate::domain::canonicalization::{Canonicalization, CanonicalizationMethod};
use crate::pki::timestamp::{HeldTimestamps, MAX_HELD, TimestampFault, TimestampToken};
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::transforms::{Metered, read_method};
use crate::seal::xml::xpath::Budget;

/// What a timestamp without a method is canonicalized with (5.1.4.4.1).
const DEFAULT: Canonicalization =
    Canonicalization { method: CanonicalizationMethod::Inclusive, with_comments: false };

/// The timestamps of every signature that has a value and some of them, in document order.
///
/// # Errors
/// [`TimestampFault::TooMany`] for more than [`MAX_HELD`] in the document.
pub fn timestamps(
    tree: &Document<'_>,
    budget: &Budget,
) -> Result<Vec<HeldTimestamps>, TimestampFault> {
    let mut left = MAX_HELD;
    let mut all = Vec::new();
    for signature in signatures(tree) {
        let timestamps = of_signature(signature, &mut left, budget)?;
        if !timestamps.is_empty() {
            all.push(HeldTimestamps { signature: location::path_of(signature), timestamps });
        }
    }
    Ok(all)
}

/// The timestamps of one signature, of which so many are left to be looked at.
///
/// # Errors
/// [`TimestampFault::TooMany`].
pub fn of_signature(
    signature: Node<'_, '_>,
    left: &mut usize,
    budget: &Budget,
) -> Result<Vec<Result<TimestampToken, TimestampFault>>, TimestampFault> {
    let found: Vec<Node<'_, '_>> = elements(signature).take(left.saturating_add(1)).collect();
    *left = left.checked_sub(found.len()).ok_or(TimestampFault::TooMany(MAX_HELD))?;
    Ok(found.into_iter().map(|one| read(signature, one, budget)).collect())
}

/// Every `xades:SignatureTimeStamp` in a signature's own properties.
fn elements<'a, 'i>(signature: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    let inside = |parent: Node<'a, 'i>, namespace: &'static str, name: &'static str| {
        parent.children().filter(move |child| child.has_tag_name((namespace, name)))
    };
    inside(signature, DS_NAMESPACE, "Object")
        .flat_map(move |object| inside(object, XADES_NAMESPACE, "QualifyingProperties"))
        .flat_map(move |all| inside(all, XADES_NAMESPACE, "UnsignedProperties"))
        .flat_map(move |all| inside(all, XADES_NAMESPACE, "UnsignedSignatureProperties"))
        .flat_map(move |all| inside(all, XADES_NAMESPACE, "SignatureTimeStamp"))
}

fn read(
    signature: Node<'_, '_>,
    element: Node<'_, '_>,
    budget: &Budget,
) -> Result<TimestampToken, TimestampFault> {
    let missing = |reason: &str| TimestampFault::NotFound(reason.to_owned());
    let mut tokens = element
        .children()
        .filter(|child| child.has_tag_name((XADES_NAMESPACE, "EncapsulatedTimeStamp")));
    let (Some(token), None) = (tokens.next(), tokens.next()) else {
        return Err(missing("there is not one EncapsulatedTimeStamp (EN 319 132-1, 6.3 n)"));
    };
    let token = STANDARD.decode(base64_text(token)).map_err(|_| missing("it is not base64"))?;
    let value = child(signature, DS_NAMESPACE, "SignatureValue")
        .ok_or_else(|| missing("there is no ds:SignatureValue"))?;
    let unknown =
        |refusal: crate::domain::refusal::Refusal| TimestampFault::NotFound(refusal.to_string());
    let (method, prefixes) = match child(element, DS_NAMESPACE, "CanonicalizationMethod") {
        Some(method) => read_method(method).map_err(unknown)?,
        None => (DEFAULT, Vec::new()),
    };
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    let mut octets = Vec::new();
    let mut metered = Metered::new(&mut octets, budget);
    canonicalize(Subset::subtree(value), method, &prefixes, &mut metered);
    metered.finish().map_err(unknown)?;
    TimestampToken::over(&token, &octets)
}
