//! What a record may ask of its readers, in whatever syntax it is written.

use super::fault::EvidenceFault;

/// Octets of a record at most.
pub const MAX_RECORD: usize = 8 << 20;

/// Timestamps of a record at most.
pub const MAX_STAMPS: usize = 200;

/// Chains of a record at most: each is over all that came before it, which is digested again for it.
pub const MAX_CHAINS: usize = 32;

/// Digests in all trees of a record at most.
pub const MAX_DIGESTS: usize = 50_000;

/// Whether a record with so many timestamps in so many chains may get another timestamp, in a chain of its own or not: one
/// that could not be read any more is not made.
///
/// # Errors
/// [`EvidenceFault::TooMany`], [`EvidenceFault::TooManyChains`].
pub const fn check_renewal(
    (stamps, chains): (usize, usize),
    in_new_chain: bool,
) -> Result<(), EvidenceFault> {
    if stamps >= MAX_STAMPS {
        return Err(EvidenceFault::TooMany(MAX_STAMPS));
    }
    if in_new_chain && chains >= MAX_CHAINS {
        return Err(EvidenceFault::TooManyChains(MAX_CHAINS));
    }
    Ok(())
}

/// How much of a record may still be read.
pub struct RecordRoom {
    chains: usize,
    stamps: usize,
    digests: usize,
}

impl RecordRoom {
    /// That of a record, before anything of it was read.
    #[must_use]
    pub const fn of_record() -> Self {
        Self { chains: MAX_CHAINS, stamps: MAX_STAMPS, digests: MAX_DIGESTS }
    }

    /// Takes one more chain.
    ///
    /// # Errors
    /// [`EvidenceFault::TooManyChains`].
    pub fn chain(&mut self) -> Result<(), EvidenceFault> {
        let left = self.chains.checked_sub(1);
        self.chains = left.ok_or(EvidenceFault::TooManyChains(MAX_CHAINS))?;
        Ok(())
    }

    /// Takes one more timestamp.
    ///
    /// # Errors
    /// [`EvidenceFault::TooMany`].
    pub fn stamp(&mut self) -> Result<(), EvidenceFault> {
        let left = self.stamps.checked_sub(1);
        self.stamps = left.ok_or(EvidenceFault::TooMany(MAX_STAMPS))?;
        Ok(())
    }

    /// Takes one more digest of a tree.
    ///
    /// # Errors
    /// [`EvidenceFault::TooManyDigests`].
    pub fn digest(&mut self) -> Result<(), EvidenceFault> {
        let left = self.digests.checked_sub(1);
        self.digests = left.ok_or(EvidenceFault::TooManyDigests(MAX_DIGESTS))?;
        Ok(())
    }
}
