//! Messages that wait for a lane, shared out between those whom they are signed for: lanes take one of each in
//! turn. Who has a single one waits for one of each other, not for all that came before.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::lock;
use crate::domain::ids::ClientServiceId;

/// Whom something is signed for; `None` is the service itself.
pub type Whom = Option<ClientServiceId>;

/// What waits. Lanes are threads and block; those who bring something do not.
pub struct MessageQueue<T> {
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
pub struct QueueClosed;

impl<T> MessageQueue<T> {
    /// A queue in which `most` of each party wait at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let state =
            State { parties: HashMap::new(), turns: VecDeque::new(), waiting: 0, closed: false };
        Self { state: Mutex::new(state), bell: Condvar::new(), most }
    }

    /// Brings something, once there is room for it.
    ///
    /// # Errors
    /// [`QueueClosed`].
    pub async fn put(&self, whom: Whom, item: T) -> Result<(), QueueClosed> {
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
    pub fn take(&self) -> Option<T> {
        let open = |state: &mut State<T>| state.waiting == 0 && !state.closed;
        let waited = self.bell.wait_while(lock(&self.state), open);
        waited.unwrap_or_else(PoisonError::into_inner).next()
    }

    /// Takes something if it is there.
    pub fn try_take(&self) -> Option<T> {
        lock(&self.state).next()
    }

    /// Nothing more is brought from now on; what is there is still taken.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        for line in state.parties.values() {
            line.room.close();
        }
        drop(state);
        self.bell.notify_all();
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// How much waits.
    #[must_use]
    pub fn waiting(&self) -> usize {
        lock(&self.state).waiting
    }

    /// How many parties have something here or wait for room; of others nothing is kept.
    #[must_use]
    pub fn parties(&self) -> usize {
        lock(&self.state).parties.len()
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
