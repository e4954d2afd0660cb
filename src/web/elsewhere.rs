//! Work that takes a while, on a thread of its own, so that others are answered meanwhile.

use tokio::task::JoinError;

use crate::app::{Fair, Party, priority};

/// Does `work` on a thread of its own, in a turn of the party's. Whoever waits for it may go away: the turn
/// and what is `held` for it stay taken until it ends.
///
/// # Errors
/// It panicked.
pub(super) async fn elsewhere<P: Party, T: Send + 'static, H: Send + 'static>(
    turns: &Fair<P>,
    party: P,
    held: H,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<(T, H), JoinError> {
    let turn = turns.take(party, 1).await;
    tokio::task::spawn_blocking(move || {
        priority::lower();
        let done = work();
        drop(turn);
        (done, held)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;
    use crate::app::Rules;

    #[tokio::test]
    async fn who_goes_away_frees_nothing_that_is_in_use() {
        let turns = Fair::new(Rules { whole: 2, part_left: 0, waiting: 1 });
        let place = Arc::new(());
        let (own, held) = (turns.clone(), Arc::clone(&place));
        let (begun, begins) = mpsc::sync_channel(1);
        let (go_on, waits) = mpsc::sync_channel::<()>(1);
        let waiting = tokio::spawn(async move {
            let work = move || (begun.send(()), waits.recv());
            elsewhere(&own, 'a', held, work).await.map(|_| ())
        });
        let free = || turns.free() == 2 && Arc::strong_count(&place) == 1;
        while begins.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        waiting.abort();
        assert!(waiting.await.is_err(), "nobody waits any more");
        assert!(turns.free() == 1 && Arc::strong_count(&place) == 2, "the work goes on");
        drop(go_on);
        while !free() {
            tokio::task::yield_now().await;
        }
    }
}
