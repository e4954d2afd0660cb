//! Archive timestamps of CMS signatures (`archive-time-stamp-v3`, EN 319 122-1, 5.5.3): reading those that are there,
//! and preparing for one more.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use der::asn1::ObjectIdentifier;

use super::token::TimestampToken;
use crate::domain::profile::DigestAlgorithm;
use crate::pki::cms::{
    COUNTERSIGNATURE, Existing, HashIndex, ID_SIGNATURE_TIME_STAMP, SignerPlace, unsigned_values,
};
use crate::pki::covered_values::CoveredValues;
use crate::pki::digest::{Digest, sha256};

/// `id-aa-ets-archiveTimestampV3`.
const ARCHIVE_TIME_STAMP: ObjectIdentifier = ObjectIdentifier::new_unwrap("0.4.0.1733.2.4");

/// Archive timestamps of one signer that are looked at.
const MAX_ARCHIVES: usize = 64;

/// An archive timestamp of a signer.
#[derive(Debug)]
pub struct HeldCmsArchive {
    /// Its token, which is over what it has to be over; else why it is none.
    pub token: Result<TimestampToken, String>,
    /// Every certificate, list, answer and token that it covers, and what is in these tokens.
    pub covers: CoveredValues,
}

impl HeldCmsArchive {
    /// Whether it covers something, by the DER.
    #[must_use]
    pub fn has(&self, der: &[u8]) -> bool {
        self.covers.has(der)
    }
}

/// The archive timestamps of a signer, by its number from 0, each before those that cover it. `digest` gives the
/// digest of the content.
///
/// # Errors
/// What of the signer cannot be read, as part of a sentence; when there are more than 64.
pub fn archives_of_signer(
    existing: &Existing,
    number: usize,
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
) -> Result<Vec<HeldCmsArchive>, &'static str> {
    let signer = existing.signers().get(number).ok_or("there is no such signer")?;
    let (_, values) = unsigned_values(signer, ARCHIVE_TIME_STAMP)?;
    if values.len() > MAX_ARCHIVES {
        return Err("it has more than 64 archive timestamps");
    }
    let (mut all, mut inside): (Vec<(Vec<u8>, HeldCmsArchive)>, _) = (Vec::new(), HashMap::new());
    for value in values {
        let held = match read(existing, number, &value, digest, &mut inside) {
            Ok(held) => held,
            Err(reason) => HeldCmsArchive { token: Err(reason), covers: CoveredValues::default() },
        };
        all.push((value, held));
    }
    // one that covers another covers all that it covers, too
    all.sort_by_cached_key(|(value, held)| {
        (
            held.covers.count(),
            held.token.as_ref().ok().map(|token| token.info().gen_time),
            value.clone(),
        )
    });
    Ok(all.into_iter().map(|(_, held)| held).collect())
}

fn read(
    existing: &Existing,
    number: usize,
    value: &[u8],
    digest: &dyn Fn(DigestAlgorithm) -> Option<Digest>,
    inside: &mut InsideTokens,
) -> Result<HeldCmsArchive, String> {
    let token = TimestampToken::from_der(value).map_err(|fault| fault.to_string())?;
    let index = HashIndex::in_token(&Existing::read(value)?)?;
    if index.algorithm() != token.info().imprint.algorithm() {
        return Err("its index has another digest than its imprint".to_owned());
    }
    let content = digest(index.algorithm()).ok_or("what the signature is over was not given")?;
    if index.imprint(existing, number, &content)? != token.info().imprint {
        return Err("it is over something else".to_owned());
    }
    let parts = index.parts(existing, number)?;
    let mut covers = CoveredValues::default();
    let mut own: HashSet<[u8; 32]> =
        parts.certificates.iter().chain(&parts.revocation).map(|der| sha256(der)).collect();
    for (kind, value) in &parts.attributes {
        let named = sha256(value);
        own.insert(named);
        if [ID_SIGNATURE_TIME_STAMP, ARCHIVE_TIME_STAMP].contains(kind) {
            covers.share(inside.entry(named).or_insert_with(|| Arc::new(values_in(value))));
        }
        if *kind == COUNTERSIGNATURE {
            covers.share(inside.entry(named).or_insert_with(|| Arc::new(tokens_in(value))));
        }
    }
    covers.share(&Arc::new(own));
    Ok(HeldCmsArchive { token: Ok(token), covers })
}

/// What is in tokens, by the digests of these: read once, however many archive timestamps cover it.
type InsideTokens = HashMap<[u8; 32], Arc<HashSet<[u8; 32]>>>;

fn values_in(token: &[u8]) -> HashSet<[u8; 32]> {
    let Ok(token) = Existing::read(token) else { return HashSet::new() };
    let revocation = token.revocation().unwrap_or_default();
    token.certificates().map(sha256).chain(revocation.iter().map(|der| sha256(der))).collect()
}

/// Whether an archive timestamp of a signer, by its number from 0, covers who countersigned it, by the DER: then nothing
/// may be added to that.
///
/// # Errors
/// What of the signer cannot be read, as part of a sentence.
pub fn is_countersigner_archived(
    existing: &Existing,
    number: usize,
    countersigner: &[u8],
) -> Result<bool, &'static str> {
    let signer = existing.signer_at(SignerPlace::Signer(number))?;
    let (_, archives) = unsigned_values(&signer, ARCHIVE_TIME_STAMP)?;
    let mut indexes = archives.iter().filter_map(|token| {
        let token = Existing::read(token).ok()?;
        HashIndex::in_token(&token).ok()
    });
    Ok(indexes.any(|index| index.has_attribute(COUNTERSIGNATURE, countersigner)))
}

/// The timestamps of who countersigned, with what is in them.
fn tokens_in(countersigner: &[u8]) -> HashSet<[u8; 32]> {
    let found = unsigned_values(countersigner, ID_SIGNATURE_TIME_STAMP);
    let tokens = found.map(|(_, tokens)| tokens).unwrap_or_default();
    tokens.iter().flat_map(|token| values_in(token).into_iter().chain([sha256(token)])).collect()
}

/// What a token has to be over that is to be an archive timestamp of a signer, by its number from 0. `content` is the
/// digest of its content.
///
/// # Errors
/// What of the signature cannot be read, as part of a sentence.
pub fn archive_imprint(
    existing: &Existing,
    number: usize,
    content: &Digest,
) -> Result<Digest, &'static str> {
    HashIndex::of(existing, number, content.algorithm())?.imprint(existing, number, content)
}

/// The file of a signature with an archive timestamp at a signer, which was asked for with [`archive_imprint`].
///
/// # Errors
/// What of the signature or the token cannot be read, as part of a sentence.
pub fn with_archive(
    existing: &Existing,
    bytes: &[u8],
    number: usize,
    token: &TimestampToken,
) -> Result<Vec<u8>, &'static str> {
    let index = HashIndex::of(existing, number, token.info().imprint.algorithm())?;
    let indexed = Existing::read(token.der())?.with_unsigned(
        token.der(),
        SignerPlace::Signer(0),
        index.attribute(),
    )?;
    existing.with_unsigned(bytes, SignerPlace::Signer(number), (ARCHIVE_TIME_STAMP, &indexed))
}

/// The file of a signature with a signature timestamp at a signer, or at who countersigned it.
///
/// # Errors
/// What of the signature cannot be read, as part of a sentence.
pub fn with_signature_timestamp(
    existing: &Existing,
    bytes: &[u8],
    place: SignerPlace,
    token: &TimestampToken,
) -> Result<Vec<u8>, &'static str> {
    existing.with_unsigned(bytes, place, (ID_SIGNATURE_TIME_STAMP, token.der()))
}

/// The value of a signer, or of who countersigned it, which a signature timestamp is over.
///
/// # Errors
/// What of the signature cannot be read, as part of a sentence.
pub fn signature_value(existing: &Existing, place: SignerPlace) -> Result<Vec<u8>, &'static str> {
    Ok(unsigned_values(&existing.signer_at(place)?, ID_SIGNATURE_TIME_STAMP)?.0)
}
