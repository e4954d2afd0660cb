//! Calls that leave the house for whoever asks, such as tests: so many in an hour for each client
//! service.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::ids::ClientServiceId;
use crate::domain::instant::{HOUR_MS, Instant};

/// Calls of one kind in the current hour.
pub(super) struct Hourly {
    most: u32,
    windows: Mutex<HashMap<ClientServiceId, (Instant, u32)>>,
}

impl Hourly {
    /// Tests of one kind that a client service may ask for in an hour.
    pub(super) const TESTS: u32 = 20;

    /// At most so many in an hour.
    #[must_use]
    pub(super) fn new(most: u32) -> Self {
        Self { most, windows: Mutex::default() }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// The seconds until the next one is answered; this one was not counted.
    pub(super) fn take(&self, service: ClientServiceId, now: Instant) -> Result<(), u64> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, calls) = windows.entry(service).or_insert((now, 0));
        // A clock that was put back begins anew, too.
        if !(*begun..begun.plus_ms(HOUR_MS)).contains(&now) {
            (*begun, *calls) = (now, 0);
        }
        if *calls < self.most {
            *calls += 1;
            return Ok(());
        }
        let left_ms = begun.plus_ms(HOUR_MS).unix_ms() - now.unix_ms();
        Err(left_ms.unsigned_abs().div_ceil(1000))
    }
}
