//! Levels T, LT and LTA of XAdES signatures that are there (EN 319 132-1, 6.3): unsigned properties behind
//! those that a signature has. Nothing of the document is written anew, and none of its signatures, which
//! are read again afterwards, is broken by it.
//!
//! [`sound`] holds signatures against what they cover, [`imprint`] says what an archive timestamp is over,
//! [`properties`] reads validation data in them, [`values`](mod@values) writes it.

mod archives;
mod ground;
mod imprint;
mod properties;
mod sound;
mod values;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Namespace, Node};

use super::elements::{self, child};
use super::existing::Outside;
use super::spot::Spot;
use super::tags::XADES_NAMESPACE;
use super::unbroken;
use crate::domain::canonicalization::{Canonicalization, CanonicalizationMethod};
use crate::domain::level::Level;
use crate::domain::profile::DigestAlgorithm;
use crate::domain::refusal::Refusal;
use crate::pki::certificate::Certificate;
use crate::pki::digest::Digest;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::{CollectedData, ValidationProof};
use crate::seal::Limits;
use crate::seal::draft::Piece;
use crate::seal::long_term::fault::LongTermFault;
use crate::seal::long_term::held_seal::HeldSeal;
use crate::seal::long_term::settings::{LongTermSettings, Raised};
use crate::seal::signer::base64;
use crate::seal::xml::c14n::{Subset, canonicalize};
use crate::seal::xml::encoding::Encoding;
use crate::seal::xml::source::Source;
use crate::seal::xml::transforms::Metered;
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, guard};
pub use archives::{HeldXmlArchive, HeldXmlProofs, proofs_of_signature};
use ground::XmlGround;
use imprint::ArchivedOctets;
use properties::collect;
use sound::SoundXmlSignature;
use values::{PropertyTags, XmlValues};

/// Signatures of a document whose level is raised.
const MAX_SIGNATURES: usize = 16;

/// Steps of finding out about one signature, as paths count them.
const STEPS: usize = 1_000_000;

/// Steps of finding out what archive timestamps keep, all together.
const ALL_STEPS: usize = 20_000_000;

/// Exclusive canonicalization.
const METHOD: Canonicalization =
    Canonicalization { method: CanonicalizationMethod::Exclusive, with_comments: false };

/// Adds validation data to every signature of a document, or to the one with this value; of a detached one with what it
/// signs.
///
/// # Errors
/// As [`crate::seal::long_term::raise`].
pub(in crate::seal) fn raise(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    let outside = |_: &str| settings.content;
    raise_these(document, collected, settings, (&outside, only))
}

/// The same with whatever detached signatures sign, by its URI.
///
/// # Errors
/// As [`raise`].
pub(in crate::seal) fn raise_over(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    outside: Outside<'_>,
    only: Option<&[u8]>,
) -> Result<Raised, LongTermFault> {
    raise_these(document, collected, settings, (outside, only))
}

fn raise_these(
    document: Vec<u8>,
    collected: CollectedData,
    settings: &LongTermSettings<'_>,
    (outside, only): (Outside<'_>, Option<&[u8]>),
) -> Result<Raised, LongTermFault> {
    let limits = settings.limits;
    let read = reading(&document, limits, (outside, only), |source, _, signatures| {
        let mut data = collected;
        for signature in signatures {
            data.add_all(collect(signature.node, signature.unsigned(), None)?)?;
        }
        let (mut insertions, mut is_lta) = (Vec::new(), true);
        for signature in signatures {
            let needed = needed(signature, &data, settings)?;
            is_lta &= needed.signature.is_none();
            let own = collect(signature.node, signature.unsigned(), None)?;
            let Some(unsigned) = signature.unsigned() else { continue };
            insertions.push(Insertion::at(
                source,
                &Spot::last_child(unsigned),
                properties_of(&needed, &own, unsigned),
            ));
        }
        insertions.retain(|insertion| !insertion.is_nothing());
        let mut all = signatures
            .first()
            .into_iter()
            .flat_map(|one| elements::signatures(one.node.document()));
        Ok((insertions, is_lta, all.nth(1).is_some()))
    });
    let (added, is_lta, are_several) = read?;
    let level = if is_lta { Level::Lta } else { Level::Lt };
    if added.is_empty() {
        return Ok(Raised { bytes: document, level, changed: false, notes: Vec::new() });
    }
    let bytes = inserted(&document, &added);
    // whatever else covers the properties of a signature would be broken by more of them
    reading(&bytes, limits, (outside, only), |_, _, _| Ok(()))?;
    if only.is_some() && are_several {
        unbroken::check_others(&document, &bytes, limits)?;
    }
    Ok(Raised { bytes, level, changed: true, notes: Vec::new() })
}

/// Whether there are signatures in a document, and all of them are right.
///
/// # Errors
/// As [`raise`].
pub(in crate::seal) fn check(
    document: &[u8],
    limits: &Limits,
    outside: Outside<'_>,
) -> Result<(), LongTermFault> {
    reading(document, limits, (outside, None), |_, _, _| Ok(()))
}

/// All signatures, in the order of the document.
///
/// # Errors
/// What the reader refuses.
pub(in crate::seal) fn seals(
    document: &[u8],
    limits: &Limits,
) -> Result<Vec<HeldSeal>, LongTermFault> {
    let source = Source::read(document)?;
    guard::check(&source, limits)?;
    let tree = guard::parse(&source, limits)?;
    let held = |signature: Node<'_, '_>| {
        let value = STANDARD.decode(elements::signature_value(signature)).ok()?;
        Some(HeldSeal {
            value,
            is_countersignature: sound::is_countersignature(signature),
            is_archived_around: sound::is_archived_around(signature),
        })
    };
    let seals: Vec<HeldSeal> = elements::signatures(&tree).filter_map(held).collect();
    if seals.len() > MAX_SIGNATURES {
        Err(LongTermFault::TooMany(MAX_SIGNATURES))
    } else {
        Ok(seals)
    }
}

/// Prepares the one signature of a document, or the one with this value, for a signature timestamp, which makes level T
/// of it.
///
/// # Errors
/// As [`crate::seal::long_term::stamp`].
pub(in crate::seal) fn stamp(
    document: Vec<u8>,
    limits: &Limits,
    outside: Outside<'_>,
    only: Option<&[u8]>,
) -> Result<XmlStampPlan, LongTermFault> {
    let these = (outside, only);
    let (insertion, octets) = reading(&document, limits, these, |source, ground, signatures| {
        let signature = sole(signatures)?;
        let mut octets = Vec::new();
        if let Some(value) = child(signature.node, DS_NAMESPACE, "SignatureValue") {
            let mut sink = Metered::new(&mut octets, ground.budget);
            canonicalize(Subset::subtree(value), METHOD, &[], &mut sink);
            sink.finish()?;
        }
        let (spot, around) = place(signature.qualifying);
        let [before, after] = PropertyTags::within(signature.qualifying).signature_timestamp();
        let [outer_before, outer_after] = around;
        let around = [outer_before + &before, after + &outer_after];
        Ok((Insertion::around(source, &spot, around), octets))
    })?;
    Ok(XmlStampPlan { document, insertion, octets })
}

/// Prepares the one signature of a document, or the one with this value, for an archive timestamp over all of it.
///
/// # Errors
/// As [`Raised::archive`].
pub(in crate::seal) fn archive(
    document: Vec<u8>,
    limits: &Limits,
    outside: Outside<'_>,
    only: Option<&[u8]>,
) -> Result<XmlStampPlan, LongTermFault> {
    let these = (outside, only);
    let (insertion, octets) = reading(&document, limits, these, |source, ground, signatures| {
        let signature = sole(signatures)?;
        let unsigned = signature.unsigned().ok_or_else(|| no_timestamp(signature))?;
        let method = (METHOD, Vec::new());
        let over = ArchivedOctets { signature: signature.node, unsigned, before: None, method };
        let mut octets = Vec::new();
        over.write(ground, &mut octets)?;
        let around = PropertyTags::within(unsigned).archive_timestamp();
        Ok((Insertion::around(source, &Spot::last_child(unsigned), around), octets))
    })?;
    Ok(XmlStampPlan { document, insertion, octets })
}

/// A document that lacks the token of a timestamp.
pub(in crate::seal) struct XmlStampPlan {
    document: Vec<u8>,
    insertion: Insertion,
    /// What the token is over.
    octets: Vec<u8>,
}

impl XmlStampPlan {
    /// What the token has to be over.
    pub(in crate::seal) fn imprint(&self, algorithm: DigestAlgorithm) -> Digest {
        Digest::of(algorithm, &self.octets)
    }

    /// The document with the token.
    ///
    /// # Errors
    /// [`LongTermFault::NotOver`].
    pub(in crate::seal) fn attach(self, token: &TimestampToken) -> Result<Vec<u8>, LongTermFault> {
        if !token.is_over(&self.octets) {
            return Err(LongTermFault::NotOver);
        }
        let insertion = self.insertion.with(&base64(token.der()));
        Ok(inserted(&self.document, &[insertion]))
    }
}

/// Reads a document with its signatures, or the one with a value; all that are read are right.
fn reading<T>(
    document: &[u8],
    limits: &Limits,
    (outside, only): (Outside<'_>, Option<&[u8]>),
    look: impl FnOnce(
        &Source<'_>,
        &XmlGround<'_, '_>,
        &[SoundXmlSignature<'_, '_>],
    ) -> Result<T, LongTermFault>,
) -> Result<T, LongTermFault> {
    let source = Source::read(document)?;
    guard::check(&source, limits)?;
    let tree = guard::parse(&source, limits)?;
    let budget = Budget::of_document(document.len()).with_patience(&limits.patience);
    let ground = XmlGround { limits, budget: &budget, outside };
    let signatures = sound::read(&tree, &ground, only)?;
    if signatures.is_empty() {
        return Err(LongTermFault::NoSeal);
    }
    if signatures.len() > MAX_SIGNATURES {
        return Err(LongTermFault::TooMany(MAX_SIGNATURES));
    }
    look(&source, &ground, &signatures)
}

fn sole<'s, 'a, 'i>(
    signatures: &'s [SoundXmlSignature<'a, 'i>],
) -> Result<&'s SoundXmlSignature<'a, 'i>, LongTermFault> {
    match signatures {
        [one] => Ok(one),
        several => Err(LongTermFault::Several(several.len())),
    }
}

fn no_timestamp(signature: &SoundXmlSignature<'_, '_>) -> LongTermFault {
    let (signature, reason) = (signature.words(), signature.fault.clone());
    LongTermFault::NoTimestamp { signature, reason }
}

/// What of a signature is to be provable from now on.
struct NeededProofs<'d> {
    /// Of its signer and its signature timestamps; none when an archive timestamp keeps them.
    signature: Option<[ValidationProof<'d>; 2]>,
    /// Of archive timestamps that no later one keeps.
    archives: Vec<ValidationProof<'d>>,
}

/// Finds paths for all who signed something of a signature: at the time of a later archive timestamp over
/// all that this takes, or now.
fn needed<'d>(
    signature: &SoundXmlSignature<'_, '_>,
    data: &'d CollectedData,
    settings: &LongTermSettings<'_>,
) -> Result<NeededProofs<'d>, LongTermFault> {
    if signature.timestamps.is_empty() {
        return Err(no_timestamp(signature));
    }
    let prove = |asked: &[&Certificate]| {
        data.prove(settings.trust, asked, settings.at, STEPS)
            .map_err(|fault| LongTermFault::Insufficient { signature: signature.words(), fault })
    };
    let kept = kept(signature, settings)?;
    let authorities = authorities(signature);
    let is_kept = kept.first().copied().unwrap_or_default();
    let of_signature =
        if is_kept { None } else { Some([prove(&[&signature.signer])?, prove(&authorities)?]) };
    let mut archives = Vec::new();
    for (archive, kept) in signature.archives.iter().zip(kept.into_iter().skip(1)) {
        if !kept {
            archives.push(prove(&[archive.token.certificate()])?);
        }
    }
    Ok(NeededProofs { signature: of_signature, archives })
}

fn authorities<'s>(signature: &'s SoundXmlSignature<'_, '_>) -> Vec<&'s Certificate> {
    signature.timestamps.iter().map(TimestampToken::certificate).collect()
}

/// Whether the signature with its timestamps, and then each of its archive timestamps, is kept by a later archive
/// timestamp: all that is needed stands before that, and was right at its time.
fn kept(
    signature: &SoundXmlSignature<'_, '_>,
    settings: &LongTermSettings<'_>,
) -> Result<Vec<bool>, LongTermFault> {
    let mut first = authorities(signature);
    first.push(&signature.signer);
    let mut asked = vec![first];
    asked.extend(signature.archives.iter().map(|archive| vec![archive.token.certificate()]));
    let steps = STEPS.min(ALL_STEPS / (asked.len() * asked.len()));
    let mut kept = vec![false; asked.len()];
    for (later, earlier) in signature.archives.iter().zip(1..) {
        let before = collect(signature.node, signature.unsigned(), Some(later.node))?;
        let at = later.token.info().gen_time;
        for (signers, kept) in asked.iter().zip(&mut kept).take(earlier) {
            settings.limits.patience.check().map_err(Refusal::from)?;
            *kept = *kept || before.prove(settings.trust, signers, at, steps).is_ok();
        }
    }
    Ok(kept)
}

/// The properties that a signature lacks. There may be one each with the values of the signature itself
/// (6.3, table 2); what comes later stands with that of timestamps.
fn properties_of(needed: &NeededProofs<'_>, own: &CollectedData, unsigned: Node<'_, '_>) -> String {
    let tags = PropertyTags::within(unsigned);
    let mut text = String::new();
    let mut later = XmlValues::default();
    if let Some([signer, authorities]) = &needed.signature {
        let mut values = XmlValues::missing(signer, own);
        let mut others = XmlValues::missing(authorities, own).without(&values);
        if child(unsigned, XADES_NAMESPACE, "CertificateValues").is_none() {
            text += &tags.certificate_values(&values);
            values.certificates.clear();
        }
        if child(unsigned, XADES_NAMESPACE, "RevocationValues").is_none() {
            text += &tags.revocation_values(&values);
            values.lists.clear();
            values.answers.clear();
        }
        others = values.and(others);
        later = later.and(others);
    }
    for proof in &needed.archives {
        later = later.and(XmlValues::missing(proof, own));
    }
    text + &tags.validation_data(&later)
}

/// Where an unsigned signature property goes, and the elements around it that are not yet there.
fn place(qualifying: Node<'_, '_>) -> (Spot, [String; 2]) {
    let tag = |element: Node<'_, '_>, name: &str| {
        let known = element.namespaces().find(|binding| binding.uri() == XADES_NAMESPACE);
        match known.and_then(Namespace::name) {
            Some(prefix) => format!("{prefix}:{name}"),
            None => name.to_owned(),
        }
    };
    let around = |names: &[String]| {
        let open = names.iter().flat_map(|name| ["<", name, ">"]).collect();
        let close = names.iter().rev().flat_map(|name| ["</", name, ">"]).collect();
        [open, close]
    };
    let inner = tag(qualifying, "UnsignedSignatureProperties");
    let Some(all) = child(qualifying, XADES_NAMESPACE, "UnsignedProperties") else {
        let outer = tag(qualifying, "UnsignedProperties");
        return (Spot::last_child(qualifying), around(&[outer, inner]));
    };
    match child(all, XADES_NAMESPACE, "UnsignedSignatureProperties") {
        Some(unsigned) => (Spot::last_child(unsigned), around(&[])),
        // it comes before those of data objects
        None => (Spot::first_child(all), around(&[inner])),
    }
}

/// Text that is put into a document.
struct Insertion {
    /// Bytes of the document that it replaces.
    range: Range<usize>,
    /// Before and behind what comes later.
    around: [String; 2],
    encoding: Encoding,
}

impl Insertion {
    fn at(source: &Source<'_>, spot: &Spot, text: String) -> Self {
        Self::around(source, spot, [text, String::new()])
    }

    fn around(source: &Source<'_>, spot: &Spot, [before, after]: [String; 2]) -> Self {
        let (range, pieces) = spot.splice([Piece::Inserted(before)]);
        let mut texts = pieces.into_iter().filter_map(|piece| match piece {
            Piece::Inserted(text) => Some(text),
            _ => None,
        });
        let before = texts.by_ref().take(2).collect();
        let after = std::iter::once(after).chain(texts).collect();
        let range = source.original_offset(range.start)..source.original_offset(range.end);
        Self { range, around: [before, after], encoding: source.encoding() }
    }

    fn is_nothing(&self) -> bool {
        self.range.is_empty() && self.around.iter().all(String::is_empty)
    }

    /// With what comes between.
    fn with(mut self, text: &str) -> Self {
        let [before, _] = &mut self.around;
        before.push_str(text);
        self
    }
}

/// A document with what is put into it.
fn inserted(document: &[u8], insertions: &[Insertion]) -> Vec<u8> {
    let mut insertions: Vec<&Insertion> = insertions.iter().collect();
    insertions.sort_by_key(|insertion| insertion.range.start);
    let mut bytes = Vec::new();
    let mut at = 0;
    for Insertion { range, around, encoding } in insertions {
        bytes.extend_from_slice(document.get(at..range.start).unwrap_or_default());
        for text in around {
            bytes.extend_from_slice(&encoding.encode(text));
        }
        at = range.end;
    }
    bytes.extend_from_slice(document.get(at..).unwrap_or_default());
    bytes
}
