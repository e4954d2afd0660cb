//! Room in memory for octets of requests and answers, shared out between those whose octets they are.

use std::time::Duration;

use crate::app::{Crowded, Fair, Party, Rules, Share};

/// Octets are counted in units of so many.
const UNIT: usize = 64 * 1024;

/// Who has a place leaves this part of the room to the next one to come: a quarter.
const PART_LEFT: usize = 4;

/// Wishes for a place of one party that wait at once.
const WAITING: usize = 256;

/// Room for octets.
pub struct OctetRoom<P: Party> {
    units: Fair<P>,
    /// How long a place is waited for.
    patience: Duration,
}

/// A place in the room; free again when it is dropped.
pub struct OctetPlace<P: Party> {
    share: Share<P>,
    patience: Duration,
}

impl<P: Party> OctetRoom<P> {
    /// Room for so many octets; a place is waited for as long as `patience` says.
    #[must_use]
    pub fn new(octets: usize, patience: Duration) -> Self {
        let rules = Rules { whole: octets.div_ceil(UNIT), part_left: PART_LEFT, waiting: WAITING };
        Self { units: Fair::new(rules), patience }
    }

    /// Waits for a place for so many octets; `None` when none got free in time. What is larger than one
    /// may have takes all that one may have: such places are taken one by one.
    pub async fn place(&self, party: P, octets: u64) -> Option<OctetPlace<P>> {
        let units = units(usize::try_from(octets).unwrap_or(usize::MAX));
        let share = self.units.take_within(party, units, self.patience).await?;
        Some(OctetPlace { share, patience: self.patience })
    }

    /// Octets that there is room for.
    #[must_use]
    pub fn spare(&self) -> usize {
        self.units.free() * UNIT
    }
}

impl<P: Party> OctetPlace<P> {
    /// Makes the place one for so many octets at least.
    ///
    /// # Errors
    /// [`Crowded`] when there is no room for them in time.
    pub(super) async fn hold(&mut self, octets: usize) -> Result<(), Crowded> {
        self.share.grow(units(octets), self.patience).await
    }

    /// Gives back what is not needed for so many octets.
    pub(super) fn shrink(&mut self, octets: usize) {
        self.share.shrink(units(octets));
    }
}

fn units(octets: usize) -> usize {
    octets.div_ceil(UNIT).max(1)
}
