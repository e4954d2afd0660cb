//! How long the engine works on one document, in processor time of the thread that works: what else the
//! machine does changes no verdict.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::seal::Patience;

/// Patience for a document that this thread begins with now.
#[must_use]
pub fn of_document(limit_ms: u64) -> Patience {
    let spent = stopwatch();
    let limit = Duration::from_millis(limit_ms);
    Patience::until(limit_ms, move || spent() > limit)
}

/// How much processor time this thread has used since.
pub fn stopwatch() -> impl Fn() -> Duration + Send + Sync + 'static {
    let begin = thread_time();
    move || thread_time().saturating_sub(begin)
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
