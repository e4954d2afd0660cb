//! The lanes of a token, and who looks after them: a lane that does not come back from the module is left
//! alone and another takes its place, up to a bound. Beyond it the token is out of service until calls
//! come back.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::lanes::{Counts, Lane, Post, QueuedMessage};
use super::lock;
use super::queue::MessageQueue;
use super::token::Token;
use crate::keys::{Error, RsaMechanism};

/// How often is looked after lanes at most.
const LOOK: Duration = Duration::from_millis(250);

/// What lanes are made of, and those that are at work.
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) token: Arc<Token>,
    pub(super) preferred: RsaMechanism,
    pub(super) messages: Arc<MessageQueue<QueuedMessage>>,
    /// Lanes at work when all is well. Together with threads that are stuck there are never more than
    /// twice as many.
    pub(super) sessions: usize,
    /// How long one step of a message may take: opening a session, finding the key, one signature.
    pub(super) longest: Duration,
    pub(super) counts: Counts,
    pub(super) lanes: Mutex<Lanes>,
}

/// Lanes at work.
pub(super) struct Lanes {
    posts: Vec<Arc<Post>>,
    number: usize,
    /// Every lane drops its own when it is done with the module; `None` when no lane is to be made any more.
    done: Option<SyncSender<Infallible>>,
}

impl Lanes {
    pub(super) const fn new(done: SyncSender<Infallible>) -> Self {
        Self { posts: Vec::new(), number: 0, done: Some(done) }
    }
}

impl Pool {
    /// Starts the lanes and the thread that looks after them.
    ///
    /// # Errors
    /// [`Error::Threads`].
    pub(super) fn start(self) -> Result<Arc<Self>, Error> {
        let pool = Arc::new(self);
        pool.fill(&mut lock(&pool.lanes)).map_err(Error::Threads)?;
        let looks_after = Arc::clone(&pool);
        let every = (pool.longest / 4).min(LOOK);
        let work = move || {
            while !looks_after.messages.is_closed() {
                std::thread::sleep(every);
                looks_after.look();
            }
        };
        let thread = std::thread::Builder::new().name(format!("lanes-{}", pool.name));
        thread.spawn(work).map_err(Error::Threads)?;
        Ok(pool)
    }

    /// Whether so many calls hang that nothing is asked any more.
    pub(super) fn is_out_of_service(&self) -> bool {
        self.stuck() >= self.most()
    }

    /// Threads that do not come back from the module.
    pub(super) fn stuck(&self) -> usize {
        self.counts.stuck.load(Ordering::Relaxed)
    }

    /// Makes no further lanes.
    pub(super) fn end(&self) {
        lock(&self.lanes).done = None;
    }

    const fn most(&self) -> usize {
        self.sessions * 2
    }

    /// Leaves lanes alone that do not come back, and makes new ones.
    fn look(&self) {
        let mut lanes = lock(&self.lanes);
        let before = lanes.posts.len();
        lanes.posts.retain(|post| !post.leave(self.longest, &self.counts.stuck));
        let left = before - lanes.posts.len();
        if left > 0 {
            let (stuck, most) = (self.stuck(), self.most());
            tracing::error!(backend = %self.name, left, stuck, most,
                "calls of the PKCS#11 module do not return; their threads are left alone");
        }
        if let Err(error) = self.fill(&mut lanes) {
            tracing::error!(backend = %self.name, %error, "a lane cannot be started");
        }
        if lanes.posts.is_empty() {
            while let Some(queued) = self.messages.try_take() {
                // The caller may have gone meanwhile.
                let _ = queued.reply.send(Err(Error::OutOfService));
            }
        }
    }

    fn fill(&self, lanes: &mut Lanes) -> std::io::Result<()> {
        while lanes.posts.len() < self.sessions && lanes.posts.len() + self.stuck() < self.most() {
            let Some(done) = lanes.done.clone() else { return Ok(()) };
            let post = Arc::new(Post::default());
            let (token, counts) = (Arc::clone(&self.token), self.counts.clone());
            let lane = Lane::new(token, self.preferred, Arc::clone(&post), counts);
            let messages = Arc::clone(&self.messages);
            let work = move || {
                lane.run(&messages);
                drop(done);
            };
            let name = format!("lane-{}-{}", self.name, lanes.number);
            std::thread::Builder::new().name(name).spawn(work)?;
            lanes.number += 1;
            lanes.posts.push(post);
        }
        Ok(())
    }
}
