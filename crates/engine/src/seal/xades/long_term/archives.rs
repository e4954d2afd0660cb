//! Archive timestamps of XAdES as verifiers read them (EN 319 132-1, 5.5.2): whether each is over what it has to be
//! over, and which validation data that is. Whether anybody trusts their TSAs is not known here.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::ground::XmlGround;
use super::imprint::ArchivedOctets;
use super::properties::{XADES_141_NAMESPACE, child_elements, collect, each_value};
use crate::domain::canonicalization::{Canonicalization, CanonicalizationMethod};
use crate::pki::covered_values::CoveredValues;
use crate::pki::digest::sha256;
use crate::pki::timestamp::TimestampToken;
use crate::pki::validation_data::CollectedData;
use crate::seal::Limits;
use crate::seal::xades::elements::{base64_text, child};
use crate::seal::xades::existing::Outside;
use crate::seal::xades::tags::XADES_NAMESPACE;
use crate::seal::xml::sink::DigestSink;
use crate::seal::xml::transforms::read_method;
use crate::seal::xml::xpath::Budget;
use crate::seal::xml::{DS_NAMESPACE, is_element};

/// Archive timestamps of one signature that are looked at.
pub(super) const MAX_ARCHIVES: usize = 64;

/// What a timestamp without a method is canonicalized with (EN 319 132-1, 4.5).
const DEFAULT: Canonicalization =
    Canonicalization { method: CanonicalizationMethod::Inclusive, with_comments: false };

/// An archive timestamp in a signature.
#[derive(Debug)]
pub struct HeldXmlArchive {
    /// Its token, which is over what it has to be over; else why it is none.
    pub token: Result<TimestampToken, String>,
    /// Every certificate, list and answer that it covers.
    pub covers: CoveredValues,
}

/// What a signature holds for whoever validates it when nobody can be asked any more.
#[derive(Debug, Default)]
pub struct HeldXmlProofs {
    /// Validation data in whatever of its parts.
    pub data: CollectedData,
    /// In the order of the document, each over those before it.
    pub archives: Vec<HeldXmlArchive>,
    /// How many there are that are not looked at: of before XAdES 1.4.1, or too many.
    pub others: usize,
}

/// Reads the validation data and the archive timestamps of a signature.
#[must_use]
pub fn proofs_of_signature(
    signature: Node<'_, '_>,
    limits: &Limits,
    budget: &Budget,
    outside: Outside<'_>,
) -> HeldXmlProofs {
    let unsigned = child_elements(signature, DS_NAMESPACE, "Object")
        .find_map(|object| child(object, XADES_NAMESPACE, "QualifyingProperties"))
        .and_then(|all| child(all, XADES_NAMESPACE, "UnsignedProperties"))
        .and_then(|all| child(all, XADES_NAMESPACE, "UnsignedSignatureProperties"));
    let mut proofs = HeldXmlProofs {
        data: collect(signature, unsigned, None).unwrap_or_default(),
        ..HeldXmlProofs::default()
    };
    let Some(unsigned) = unsigned else { return proofs };
    let ground = XmlGround { limits, budget, outside };
    let (mut covers, mut since): (_, HashSet<[u8; 32]>) =
        (CoveredValues::default(), HashSet::new());
    each_value(signature, None, &mut |der| {
        since.insert(sha256(der));
    });
    for property in unsigned.children().filter(Node::is_element) {
        if is_element(property, (XADES_NAMESPACE, "ArchiveTimeStamp")) {
            proofs.others += 1;
        } else if is_element(property, (XADES_141_NAMESPACE, "ArchiveTimeStamp")) {
            if proofs.archives.len() < MAX_ARCHIVES {
                let token = token(property, signature, unsigned, &ground);
                covers.share(&Arc::new(std::mem::take(&mut since)));
                proofs.archives.push(HeldXmlArchive { token, covers: covers.clone() });
            } else {
                proofs.others += 1;
            }
        }
        each_value(signature, Some(property), &mut |der| {
            since.insert(sha256(der));
        });
    }
    proofs
}

/// The token of an archive timestamp, which is over what stands before it.
///
/// # Errors
/// Why it is none, as part of a sentence.
pub(super) fn token<'a, 'i>(
    property: Node<'a, 'i>,
    signature: Node<'a, 'i>,
    unsigned: Node<'a, 'i>,
    ground: &XmlGround<'_, '_>,
) -> Result<TimestampToken, String> {
    let mut tokens = child_elements(property, XADES_NAMESPACE, "EncapsulatedTimeStamp");
    let (Some(token), None) = (tokens.next(), tokens.next()) else {
        return Err("there is not one EncapsulatedTimeStamp".to_owned());
    };
    if child(property, XADES_NAMESPACE, "Include").is_some() {
        return Err("it names what it is over (EN 319 132-1, 5.5.2.3)".to_owned());
    }
    let token = STANDARD.decode(base64_text(token)).map_err(|_| "it is not base64".to_owned())?;
    let token = TimestampToken::from_der(&token).map_err(|fault| fault.to_string())?;
    let method = match child(property, DS_NAMESPACE, "CanonicalizationMethod") {
        Some(method) => read_method(method).map_err(|refusal| refusal.to_string())?,
        None => (DEFAULT, Vec::new()),
    };
    let octets = ArchivedOctets { signature, unsigned, before: Some(property), method };
    let imprint = &token.info().imprint;
    let mut sink = DigestSink::new(imprint.algorithm());
    octets.write(ground, &mut sink).map_err(|refusal| refusal.to_string())?;
    if sink.finish() == *imprint { Ok(token) } else { Err("it is over something else".to_owned()) }
}
