//! Messages that wait for a lane, shared out between those whom they are signed for: lanes take one of each in
//! turn. Who has a single one waits for one of each other, not for all that came before.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lock;
use crate::domain::ids::ClientServiceId;

/// Whom something is signed for; `None` is the service itself.
pub(super) type Whom = Option<ClientServiceId>;

/// What waits. Lanes are threads and block; those who bring something do not.
pub(super) struct MessageQueue<T> {
    state: Mutex<State<T>>,
    /// Rings when something came, and at the end.
    bell: Condvar,
    /// How much of one party may wait.
    most: usize,
}

struct State<T> {
    parties: HashMap<Whom, Line<T>>,
    /// Those that have something here, the next one first.
    turns: VecDeque<Whom>,
    waiting: usize,
    closed: bool,
}

/// What waits of one party.
struct Line<T> {
    items: VecDeque<(T, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// The queue is closed.
#[derive(Debug)]
pub(super) struct QueueClosed;

impl<T> MessageQueue<T> {
    /// A queue in which `most` of each party wait at most.
    pub(super) fn new(most: usize) -> Self {
        let state =
            State { parties: HashMap::new(), turns: VecDeque::new(), waiting: 0, closed: false };
        Self { state: Mutex::new(state), bell: Condvar::new(), most }
    }

    /// Brings something, once there is room for it.
    ///
    /// # Errors
    /// [`QueueClosed`].
    pub(super) async fn put(&self, whom: Whom, item: T) -> Result<(), QueueClosed> {
        let room = {
            let mut state = lock(&self.state);
            if state.closed {
                return Err(QueueClosed);
            }
            let line = state.parties.entry(whom).or_insert_with(|| Line {
                items: VecDeque::new(),
                room: Arc::new(Semaphore::new(self.most)),
            });
            Arc::clone(&line.room)
        };
        let place = Arc::clone(&room).acquire_owned().await.map_err(|_| QueueClosed)?;
        let mut state = lock(&self.state);
        if state.closed {
            return Err(QueueClosed);
        }
        let line =
            state.parties.entry(whom).or_insert_with(|| Line { items: VecDeque::new(), room });
        line.items.push_back((item, place));
        let first = line.items.len() == 1;
        state.waiting += 1;
        if first {
            state.turns.push_back(whom);
        }
        drop(state);
        self.bell.notify_one();
        Ok(())
    }

    /// Waits for something and takes it; `None` when the queue is closed and empty. Blocks.
    pub(super) fn take(&self) -> Option<T> {
        let open = |state: &mut State<T>| state.waiting == 0 && !state.closed;
        let waited = self.bell.wait_while(lock(&self.state), open);
        waited.unwrap_or_else(PoisonError::into_inner).next()
    }

    /// Takes something if it is there.
    pub(super) fn try_take(&self) -> Option<T> {
        lock(&self.state).next()
    }

    /// Nothing more is brought from now on; what is there is still taken.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        for line in state.parties.values() {
            line.room.close();
        }
        drop(state);
        self.bell.notify_all();
    }

    /// Whether it is closed.
    pub(super) fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        lock(&self.state).waiting
    }
}

impl<T> State<T> {
    /// The oldest of the party whose turn it is.
    fn next(&mut self) -> Option<T> {
        let whom = self.turns.pop_front()?;
        let line = self.parties.get_mut(&whom)?;
        let (item, place) = line.items.pop_front()?;
        drop(place);
        self.waiting -= 1;
        if !line.items.is_empty() {
            self.turns.push_back(whom);
        } else if Arc::strong_count(&line.room) == 1 {
            // Nobody waits for room in it.
            self.parties.remove(&whom);
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(queue.len(), 8);
        let taken: Vec<_> = std::iter::from_fn(|| queue.try_take()).collect();
        let order =
            [('a', 0), ('b', 0), ('c', 0), ('a', 1), ('b', 1), ('c', 1), ('a', 2), ('a', 3)];
        assert_eq!(taken, order);
        assert!(lock(&queue.state).parties.is_empty(), "nothing is kept of who has nothing here");
    }

    #[tokio::test]
    async fn who_has_no_room_waits_and_keeps_nobody_else_out() {
        let queue = Arc::new(MessageQueue::new(2));
        for number in 0..2 {
            queue.put(ONE, number).await.unwrap();
        }
        let own = Arc::clone(&queue);
        let third = tokio::spawn(async move { own.put(ONE, 2).await });
        while Arc::strong_count(&lock(&queue.state).parties[&ONE].room) < 4 {
            tokio::task::yield_now().await;
        }
        queue.put(OTHER, 10).await.unwrap();
        assert!(!third.is_finished());
        assert_eq!(queue.try_take(), Some(0));
        third.await.unwrap().unwrap();
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
}
