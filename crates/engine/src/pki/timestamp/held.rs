//! The timestamps that signatures hold already (EN 319 122-1, 5.3; EN 319 132-1, 5.3): each with what holds
//! of it.

use super::fault::TimestampFault;
use super::token::TimestampToken;
use crate::pki::cms::{Existing, ID_SIGNATURE_TIME_STAMP, unsigned_values};

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
    let mut left = MAX_HELD;
    let mut all = Vec::new();
    for (signer, number) in existing.signers().iter().zip(1_usize..) {
        let (value, tokens) = unsigned_values(signer, ID_SIGNATURE_TIME_STAMP)
            .map_err(|reason| TimestampFault::NotFound(reason.to_owned()))?;
        if tokens.is_empty() {
            continue;
        }
        left = left.checked_sub(tokens.len()).ok_or(TimestampFault::TooMany(MAX_HELD))?;
        let timestamps = tokens.iter().map(|token| TimestampToken::over(token, &value)).collect();
        all.push(HeldTimestamps { signature: format!("signer {number}"), timestamps });
    }
    Ok(all)
}
