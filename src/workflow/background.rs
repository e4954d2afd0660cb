//! The loops of a process: unfinished operations are taken up (after a crash, after a lost lease, or when
//! it is time to try again), messages delivered, alarms looked for, keys probed, our certificates looked after, the
//! database kept in order, trusted lists read again, preserved documents looked after, sets of operations done.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

use super::{
    alarms, bulk, clock, delivery, execute, housekeeping, own_certificates, preservation, proving,
    trusted_lists,
};
use crate::app::App;
use crate::domain::ids::OperationId;
use crate::domain::sources::sources;
use crate::store::leases::Lease;

/// One of the loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    /// Executes operations that nobody executes.
    TakeUp,
    /// Delivers messages.
    Deliver,
    /// Looks for what people are to be told.
    Alarms,
    /// Sees that keys sign.
    Prove,
    /// Sees whether our certificates were revoked.
    Certificates,
    /// Keeps the database in order.
    Keep,
    /// Keeps trusted lists up to date.
    Lists,
    /// Looks after preserved documents.
    Preserve,
    /// Does to many operations what people want.
    Bulk,
}

/// The loops at work.
pub struct Loops {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts every loop but those left out.
#[must_use]
pub fn start_loops(app: &Arc<App>, left_out: &[Loop]) -> Loops {
    let (stop, stopped) = watch::channel(false);
    let all = [
        Loop::TakeUp,
        Loop::Deliver,
        Loop::Alarms,
        Loop::Prove,
        Loop::Certificates,
        Loop::Keep,
        Loop::Lists,
        Loop::Preserve,
        Loop::Bulk,
    ];
    let started = all.into_iter().filter(|one| !left_out.contains(one));
    let tasks = started
        .map(|one| {
            let (app, stopped) = (Arc::clone(app), stopped.clone());
            match one {
                Loop::TakeUp => tokio::spawn(take_up(app, stopped)),
                Loop::Deliver => tokio::spawn(delivery::run(app, stopped)),
                Loop::Alarms => tokio::spawn(alarms::watch(app, stopped)),
                Loop::Prove => tokio::spawn(proving::watch(app, stopped)),
                Loop::Certificates => tokio::spawn(own_certificates::watch(app, stopped)),
                Loop::Keep => tokio::spawn(housekeeping::keep(app, stopped)),
                Loop::Lists => tokio::spawn(trusted_lists::watch(app, stopped)),
                Loop::Preserve => tokio::spawn(preservation::watch(app, stopped)),
                Loop::Bulk => tokio::spawn(bulk::watch(app, stopped)),
            }
        })
        .collect();
    Loops { stop, tasks }
}

impl Loops {
    /// Changes when the loops are to end: for others that end with them.
    #[must_use]
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Lets the loops end, and whoever ends with them, without waiting for it.
    pub fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Ends the loops, and the operations and tries in work. What is not finished in its time is given
    /// back, and whoever waits for it is let go. Returns how many operations that are.
    ///
    /// # Errors
    /// A loop panicked.
    pub async fn stop(self, app: &App) -> Result<usize, JoinError> {
        app.stopping.close();
        self.tell_to_stop();
        let left = drain(app).await;
        app.stopping.end_waits();
        let ended = async {
            for task in self.tasks {
                task.await?;
            }
            Ok(())
        };
        // Whatever a loop still does, nobody waits for it.
        tokio::time::timeout_at(app.stopping.until(), ended).await.unwrap_or(Ok(()))?;
        Ok(left)
    }
}

/// Takes up due operations until `stop` changes. Errors are logged and the next look comes in time.
async fn take_up(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let period = Duration::from_millis(app.execution.poll_ms.max(10));
    let mut watch = clock::Watch::default();
    loop {
        watch.look(&app).await;
        if let Err(error) = look(&app).await {
            tracing::error!(error = %sources(&error), "unfinished operations could not be looked for");
        }
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = app.take_up_bell.notified() => {}
            _ = stop.changed() => return,
        }
    }
}

/// Operations of one client service that were taken up and wait for their turn: no more are taken up then.
const QUEUED: usize = 4;

/// Takes up what is due, as much as there are turns, of each client service that has not enough of it in
/// the queue: what one has waiting must not keep another's from its turn.
async fn look(app: &Arc<App>) -> Result<(), super::Error> {
    let free = u32::try_from(app.executors.free()).unwrap_or(u32::MAX);
    if free == 0 {
        return Ok(());
    }
    let now = app.steady_now();
    let until = now.plus_ms(app.execution.lease_ms);
    // Nobody waits longer: what is due still later was written by a clock that went ahead.
    let ladder = app.execution.retry_ladder_ms.iter().copied().max().unwrap_or_default();
    let longest = ladder.max(app.execution.lease_ms).saturating_add(clock::MOST_APART_MS);
    let due = (now, now.plus_ms(longest));
    let crowded = app.running.crowded(QUEUED);
    // Whose lease ran out while it is in work here goes on by itself: another attempt would be in its way.
    let in_work: Vec<OperationId> = app.running.all().into_iter().map(|(id, _)| id).collect();
    let but = (crowded.as_slice(), in_work.as_slice());
    for (lease, party) in app.store.lease_due(app.process, due, until, (free, but)).await? {
        tracing::info!(operation = %lease.operation, attempt = lease.attempt, "taken up again");
        execute::take_up(app, lease, app.running.queue(party));
    }
    Ok(())
}

/// Waits until nothing is in work in this process, as long as there is time, and gives back what is.
/// Returns how many operations that are.
async fn drain(app: &App) -> usize {
    let _ = tokio::time::timeout_at(app.stopping.work_until(), app.executors.quiet()).await;
    let left = app.running.all();
    let leases: Vec<Lease> =
        left.into_iter().map(|(operation, attempt)| Lease { operation, attempt }).collect();
    if leases.is_empty() {
        return 0;
    }
    let released = app.store.release_leases(&leases, app.steady_now());
    match tokio::time::timeout_at(app.stopping.until(), released).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(error = %sources(&error), "leases were not given back, and run out");
        }
        Err(_) => tracing::warn!("leases were not given back in time, and run out"),
    }
    leases.len()
}
