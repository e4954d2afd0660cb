//! How long the engine works on one document, in processor time of the thread that works: what else the
//! machine does changes no verdict.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::seal::Patience;

/// Patience for a document that is begun with now.
#[must_use]
pub fn of_document(limit_ms: u64) -> Patience {
    let spent = stopwatch();
    let limit = Duration::from_millis(limit_ms);
    Patience::until(limit_ms, move || spent() > limit)
}

/// How much processor time has been used since: that of the threads that ask, one after the other. What a thread did before
/// it asked the first time was for somebody else.
pub fn stopwatch() -> impl Fn() -> Duration + Send + Sync + 'static {
    let spent = Mutex::new(Spent::begin(Duration::ZERO));
    move || spent.lock().unwrap_or_else(PoisonError::into_inner).so_far()
}

struct Spent {
    thread: ThreadId,
    /// What this thread had used when it came.
    begin: Duration,
    /// What others used before it.
    before: Duration,
    /// When it was last asked.
    last: Duration,
}

impl Spent {
    fn begin(before: Duration) -> Self {
        Self { thread: thread::current().id(), begin: thread_time(), before, last: before }
    }

    fn so_far(&mut self) -> Duration {
        if self.thread != thread::current().id() {
            *self = Self::begin(self.last);
        }
        let own = thread_time().saturating_sub(self.begin);
        self.last = self.before.saturating_add(own);
        self.last
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
