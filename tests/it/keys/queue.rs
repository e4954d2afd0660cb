//! What waits for lanes, and whose turn it is.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use chancery::domain::ids::ClientServiceId;
use chancery::keys::pkcs11::queue::{MessageQueue, Whom};

const HOUSE: Whom = None;

const ONE: Whom = Some(ClientServiceId::from_i64(1));
const OTHER: Whom = Some(ClientServiceId::from_i64(2));

#[tokio::test]
async fn each_party_has_its_turn() {
    let queue = MessageQueue::new(100);
    for number in 0..4 {
        queue.put(ONE, ('a', number)).await.unwrap();
    }
    for (party, letter) in [(OTHER, 'b'), (HOUSE, 'c')] {
        for number in 0..2 {
            queue.put(party, (letter, number)).await.unwrap();
        }
    }
    assert_eq!(queue.waiting(), 8);
    let taken: Vec<_> = std::iter::from_fn(|| queue.try_take()).collect();
    let order = [('a', 0), ('b', 0), ('c', 0), ('a', 1), ('b', 1), ('c', 1), ('a', 2), ('a', 3)];
    assert_eq!(taken, order);
    assert_eq!(queue.parties(), 0, "nothing is kept of who has nothing here");
}

#[tokio::test]
async fn who_has_no_room_waits_and_keeps_nobody_else_out() {
    let queue = MessageQueue::new(2);
    for number in 0..2 {
        queue.put(ONE, number).await.unwrap();
    }
    let mut third = pin!(queue.put(ONE, 2));
    let mut waker = Context::from_waker(Waker::noop());
    assert!(third.as_mut().poll(&mut waker).is_pending(), "there is no room");
    queue.put(OTHER, 10).await.unwrap();
    assert!(third.as_mut().poll(&mut waker).is_pending());
    assert_eq!(queue.try_take(), Some(0));
    third.await.unwrap();
    let rest: Vec<_> = std::iter::from_fn(|| queue.try_take()).collect();
    assert_eq!(rest, [10, 1, 2]);
}

#[tokio::test]
async fn the_end_is_heard_by_all_who_wait() {
    let queue = Arc::new(MessageQueue::new(1));
    let takers: Vec<_> = (0..2)
        .map(|_| {
            let own = Arc::clone(&queue);
            std::thread::spawn(move || own.take())
        })
        .collect();
    queue.put(HOUSE, 1).await.unwrap();
    queue.close();
    let mut taken: Vec<_> = takers.into_iter().map(|it| it.join().unwrap()).collect();
    taken.sort_unstable();
    assert_eq!(taken, [None, Some(1)]);
    assert!(queue.is_closed() && queue.put(HOUSE, 2).await.is_err());

    // Who waits for room.
    let full = Arc::new(MessageQueue::new(1));
    full.put(HOUSE, 1).await.unwrap();
    let own = Arc::clone(&full);
    let waits = tokio::spawn(async move { own.put(HOUSE, 2).await });
    tokio::task::yield_now().await;
    full.close();
    assert!(waits.await.unwrap().is_err());
}
