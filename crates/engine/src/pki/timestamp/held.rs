//! The timestamps that signatures hold already (EN 319 122-1, 5.3; EN 319 132-1, 5.3): each with what holds
//! of it.

use super::fault::TimestampFault;
use super::token::TimestampToken;
use crate::pki::cms::{Existing, ID_SIGNATURE_TIME_STAMP, SignerPlace, unsigned_values};

/// Timestamps of all signatures of one file that are looked at.
pub const MAX_HELD: usize = 64;

/// The signature timestamps of one signature.
#[derive(Debug)]
pub struct HeldTimestamps {
    /// Which signature, as people find it.
    pub signature: String,
    /// Each token over this signature, in its order; else why one is none.
    pub timestamps: Vec<Result<TimestampToken, TimestampFault>>,
}

/// The timestamps of each signer of a CMS that has some, in the order of signers.
///
/// # Errors
/// [`TimestampFault::NotFound`] when a signer cannot be read, [`TimestampFault::TooMany`] for more than
/// [`MAX_HELD`].
pub fn held_by_signers(existing: &Existing) -> Result<Vec<HeldTimestamps>, TimestampFault> {
    let signers = existing.signers().iter().zip(0..);
    held(signers.map(|(signer, number)| (SignerPlace::Signer(number), signer.as_slice())))
}

/// The timestamps of each who countersigned a signer of a CMS and has some.
///
/// # Errors
/// As [`held_by_signers`]; signers that cannot be read were countersigned by nobody.
pub fn held_by_countersigners(existing: &Existing) -> Result<Vec<HeldTimestamps>, TimestampFault> {
    let mut all = Vec::new();
    for of in 0..existing.signer_count() {
        let found = existing.countersigners(of).unwrap_or_default().into_iter().zip(0..);
        all.extend(found.map(|(der, number)| (SignerPlace::Countersigner { of, number }, der)));
    }
    held(all.iter().map(|(place, der)| (*place, der.as_slice())))
}

fn held<'a>(
    signers: impl Iterator<Item = (SignerPlace, &'a [u8])>,
) -> Result<Vec<HeldTimestamps>, TimestampFault> {
    let mut left = MAX_HELD;
    let mut all = Vec::new();
    for (place, signer) in signers {
        let (value, tokens) = unsigned_values(signer, ID_SIGNATURE_TIME_STAMP)
            .map_err(|reason| TimestampFault::NotFound(reason.to_owned()))?;
        if tokens.is_empty() {
            continue;
        }
        left = left.checked_sub(tokens.len()).ok_or(TimestampFault::TooMany(MAX_HELD))?;
        let timestamps = tokens.iter().map(|token| TimestampToken::over(token, &value)).collect();
        all.push(HeldTimestamps { signature: place.to_string(), timestamps });
    }
    Ok(all)
}
