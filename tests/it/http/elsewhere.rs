//! Work on threads of its own, whoever waits for it.

use std::sync::{Arc, mpsc};

use chancery::app::{Fair, Rules};
use chancery::web::elsewhere::elsewhere;

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
