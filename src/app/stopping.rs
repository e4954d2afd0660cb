//! Stopping: who hears of it when, and until when what has ended.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How far the process is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum StopStage {
    /// Not at all.
    Working,
    /// It is not ready any more, and does everything that it is asked all the same.
    Leaving,
    /// Nothing new is begun.
    Closing,
    /// Nobody waits for operations any more.
    Waited,
}

/// The end of a process, told in stages.
pub struct Stopping {
    stage: watch::Sender<StopStage>,
    began: OnceLock<Instant>,
    whole: Duration,
}

impl Stopping {
    /// Of a process that stops in so many milliseconds all in all.
    #[must_use]
    pub fn within(whole_ms: u64) -> Self {
        Self {
            stage: watch::Sender::new(StopStage::Working),
            began: OnceLock::new(),
            whole: Duration::from_millis(whole_ms),
        }
    }

    /// The process is not ready any more; from now on its time counts.
    pub fn leave(&self) {
        self.began.get_or_init(Instant::now);
        self.reach(StopStage::Leaving);
    }

    /// Nothing new is begun from now on.
    pub fn close(&self) {
        self.leave();
        self.reach(StopStage::Closing);
    }

    /// Nobody waits for operations from now on.
    pub fn end_waits(&self) {
        self.reach(StopStage::Waited);
    }

    /// Whether the process is on its way out: no new requests should be sent here.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        *self.stage.borrow() >= StopStage::Leaving
    }

    /// Returns when nothing new is to be begun; else never.
    pub async fn closing(&self) {
        self.reached(StopStage::Closing).await;
    }

    /// Returns when nobody waits for operations any more; else never.
    pub async fn waited(&self) {
        self.reached(StopStage::Waited).await;
    }

    /// Until when work may go on: a fifth of the time is for what comes behind it.
    #[must_use]
    pub fn work_until(&self) -> Instant {
        *self.began.get_or_init(Instant::now) + self.whole / 5 * 4
    }

    /// Until when connections, loops and the database may take: a tenth of the time is for what belongs to none of
    /// them, such as sessions with tokens.
    #[must_use]
    pub fn until(&self) -> Instant {
        *self.began.get_or_init(Instant::now) + self.whole / 10 * 9
    }

    /// When the process has ended.
    #[must_use]
    pub fn end(&self) -> Instant {
        *self.began.get_or_init(Instant::now) + self.whole
    }

    fn reach(&self, stage: StopStage) {
        self.stage.send_if_modified(|now| {
            let later = stage > *now;
            *now = stage.max(*now);
            later
        });
    }

    async fn reached(&self, stage: StopStage) {
        // The sender is ours, so this fails never.
        let _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }
}
