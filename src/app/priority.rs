//! The priority of threads that calculate: on few cores, who answers, writes and signs comes before them.

use std::cell::Cell;

/// By how much a thread is nicer than the process (nice(2)): it gets a third of the processor time that others
/// get who want it at the same time, and all that nobody else wants.
pub const NICER: i32 = 5;

thread_local! {
    static IS_LOWERED: Cell<bool> = const { Cell::new(false) };
}

/// Lowers the priority of this thread, for as long as it lives. Where the system does not allow it the thread
/// goes on as it is.
pub fn lower() {
    if !IS_LOWERED.replace(true) {
        // Of this thread alone, on Linux.
        let _ = rustix::process::nice(NICER);
    }
}
