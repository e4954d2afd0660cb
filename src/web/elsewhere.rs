//! Work that takes a while, on a thread of its own, so that others are answered meanwhile.

use tokio::task::JoinError;

use crate::app::{Fair, Party, priority};

/// Does `work` on a thread of its own, in a turn of the party's. Whoever waits for it may go away: the turn
/// and what is `held` for it stay taken until it ends.
///
/// # Errors
/// It panicked.
pub async fn elsewhere<P: Party, T: Send + 'static, H: Send + 'static>(
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
