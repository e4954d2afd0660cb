//! The end of the process in its time, whatever else happens: a PKCS#11 module can hang in a call, in the end of a
//! session, and in what it does when the process unloads it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A thread that ends the process when its time is over, if nothing else has by then.
pub(super) struct LastResort {
    all_is_well: Arc<AtomicBool>,
}

impl LastResort {
    /// Has the process ended at this time.
    pub(super) fn at(end: Instant) -> Self {
        let all_is_well = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&all_is_well);
        let work = move || {
            std::thread::sleep(end.saturating_duration_since(Instant::now()));
            tracing::warn!(
                "something does not let the process end, such as a PKCS#11 module that hangs; it is ended"
            );
            // Nothing that is done at the end is done: that is where it may hang.
            signal_hook::low_level::exit(i32::from(!told.load(Ordering::Relaxed)));
        };
        let thread = std::thread::Builder::new().name("last-resort".to_owned());
        if let Err(error) = thread.spawn(work) {
            tracing::warn!(%error, "the end of the process is not watched over");
        }
        Self { all_is_well }
    }

    /// Notes that nothing is left to do but to end: it is no failure any more if that takes too long.
    pub(super) fn note_all_is_well(&self) {
        self.all_is_well.store(true, Ordering::Relaxed);
    }
}
