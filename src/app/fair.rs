//! Room that is shared out between parties: turns, threads, octets. What is free goes to whoever would
//! have least of it; a party alone leaves a part for the next one to come; and of one party's own
//! wishes the oldest comes first.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

/// Room that is shared out between parties, in units.
pub struct Fair<P: Party>(Arc<Shared<P>>);

/// What tells parties apart.
pub trait Party: Copy + Eq + Hash + Send + Unpin + 'static {}

impl<P: Copy + Eq + Hash + Send + Unpin + 'static> Party for P {}

/// How room is shared out.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Units there are.
    pub whole: usize,
    /// Of what others leave to it a party leaves one part in so many free for the next one to come: 4 is a
    /// quarter. 0: nothing.
    pub part_left: usize,
    /// Wishes of one party that wait at once, not counting those to grow.
    pub waiting: usize,
}

/// For so long after it had something a party counts as one that may come again at any moment.
const LATELY: Duration = Duration::from_secs(1);

/// A party has as many wishes waiting as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowded;

struct Shared<P: Party> {
    rules: Rules,
    /// The most that a party may have while another one is there, or was lately.
    beside_others: usize,
    /// Where others are looked for too.
    neighbour: Option<Fair<P>>,
    state: Mutex<State<P>>,
    /// Rings when all is free.
    whole: Notify,
}

struct State<P> {
    free: usize,
    next: u64,
    turns: u64,
    /// How many keep everything from being given out.
    closed: usize,
    parties: HashMap<P, Account>,
    /// The two that got or gave back something last, the latest first.
    latest: [Option<(P, Instant)>; 2],
}

/// What a party has, and what it waits for.
#[derive(Default)]
struct Account {
    held: usize,
    /// When it was its turn last, or when it came; counted in halves of turns of all.
    turn: u64,
    /// When it got or gave back something last.
    moved: Option<Instant>,
    waiting: BTreeMap<Position, Wish>,
}

/// Whoever has something and wants more of it comes before who has nothing: it keeps what it has while
/// it waits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    is_new: bool,
    number: u64,
}

struct Wish {
    units: usize,
    granted: oneshot::Sender<()>,
}

impl<P: Party> Clone for Fair<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: Party> Fair<P> {
    /// Room by these rules; there is one unit at least.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self::with_most_beside_others(rules, usize::MAX)
    }

    /// The same; while another party has something, waits for it or had it within the last second, one alone
    /// may have so many units (one wish at least is met).
    #[must_use]
    pub fn with_most_beside_others(rules: Rules, beside_others: usize) -> Self {
        Self::made(rules, beside_others, None)
    }

    /// The same; others are also those who have something in another room, which never looks into this one.
    #[must_use]
    pub fn with_most_beside_others_in(rules: Rules, beside_others: usize, room: &Self) -> Self {
        Self::made(rules, beside_others, Some(room.clone()))
    }

    fn made(rules: Rules, beside_others: usize, neighbour: Option<Self>) -> Self {
        let rules = Rules { whole: rules.whole.max(1), ..rules };
        let state = State {
            free: rules.whole,
            next: 0,
            turns: 0,
            closed: 0,
            parties: HashMap::new(),
            latest: [None, None],
        };
        let (state, whole) = (Mutex::new(state), Notify::new());
        Self(Arc::new(Shared { rules, beside_others, neighbour, state, whole }))
    }

    /// Whether another party has something, waits for it or had it within the last second.
    #[must_use]
    pub fn has_others(&self, party: P) -> bool {
        self.0.lock().has_others(party)
    }

    /// Waits for so many units; more than a party alone may have are as many as that. Who has nothing
    /// yet may have any number that is free.
    ///
    /// # Errors
    /// [`Crowded`], at once.
    pub async fn take(&self, party: P, units: usize) -> Result<Share<P>, Crowded> {
        let units = units.min(self.0.rules.most());
        let (number, waiting) = {
            let mut state = self.0.lock();
            let account = state.parties.get(&party);
            let new =
                account.map_or(0, |account| account.waiting.keys().filter(|it| it.is_new).count());
            if new > 0 && new >= self.0.rules.waiting {
                return Err(Crowded);
            }
            let number = state.next;
            state.next += 1;
            (number, self.0.wish(&mut state, party, Position { is_new: true, number }, units))
        };
        waiting.await;
        Ok(Share { shared: Arc::clone(&self.0), party, number, units })
    }

    /// As [`Fair::take`], at most for so long.
    pub async fn take_within(
        &self,
        party: P,
        units: usize,
        patience: Duration,
    ) -> Option<Share<P>> {
        tokio::time::timeout(patience, self.take(party, units)).await.ok()?.ok()
    }

    /// Units that nobody has.
    #[must_use]
    pub fn free(&self) -> usize {
        self.0.lock().free
    }

    /// Wishes that wait, those to grow included.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().parties.values().map(|account| account.waiting.len()).sum()
    }

    /// Parties that have something or wait for it; of others nothing is kept.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.0.lock().parties.len()
    }

    /// Returns when everything is back; nothing is given out meanwhile.
    pub async fn quiet(&self) {
        let _closed = Closed::new(self);
        loop {
            let whole = self.0.whole.notified();
            if self.0.lock().free == self.0.rules.whole {
                return;
            }
            whole.await;
        }
    }
}

/// Nothing is given out until it is dropped.
struct Closed<'a, P: Party>(&'a Fair<P>);

impl<'a, P: Party> Closed<'a, P> {
    fn new(fair: &'a Fair<P>) -> Self {
        fair.0.lock().closed += 1;
        Self(fair)
    }
}

impl<P: Party> Drop for Closed<'_, P> {
    fn drop(&mut self) {
        let shared = &self.0.0;
        let mut state = shared.lock();
        state.closed -= 1;
        shared.settle(&mut state);
    }
}

impl Rules {
    /// The most that a party may have of what others leave to it.
    fn share(&self, left: usize) -> usize {
        let kept = if self.part_left == 0 { 0 } else { left.div_ceil(self.part_left) };
        left.saturating_sub(kept).max(1)
    }

    /// The most that a party may ever have.
    fn most(&self) -> usize {
        self.share(self.whole)
    }
}

impl<P: Party> Shared<P> {
    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wish(
        self: &Arc<Self>,
        state: &mut State<P>,
        party: P,
        position: Position,
        units: usize,
    ) -> Waiting<P> {
        let (granted, answer) = oneshot::channel();
        // Who comes anew comes behind whoever waits for longer, and before who had the last turn.
        let new = Account { turn: state.turns.saturating_sub(1), ..Account::default() };
        let account = state.parties.entry(party).or_insert(new);
        account.waiting.insert(position, Wish { units, granted });
        self.settle(state);
        Waiting { shared: Arc::clone(self), party, position, units, answer, over: false }
    }

    /// Gives out what can be given out.
    fn settle(&self, state: &mut State<P>) {
        while state.closed == 0
            && let Some((party, position)) = self.next(state)
            && let Some(account) = state.parties.get_mut(&party)
            && let Some(wish) = account.waiting.remove(&position)
        {
            state.free = state.free.saturating_sub(wish.units);
            account.held += wish.units;
            state.turns += 2;
            account.turn = state.turns;
            account.moved = Some(Instant::now());
            state.moved(party);
            // Who does not wait any more has taken the wish back under the same lock.
            let _ = wish.granted.send(());
        }
    }

    /// Whose turn it is: the party's that would have least, of several the one's whose last turn is
    /// longest ago, if what it wants is free. Who would have more waits for it, so that a large wish is
    /// met some day; who may not have it now is passed over.
    fn next(&self, state: &State<P>) -> Option<(P, Position)> {
        let firsts = state.parties.iter().filter_map(|(party, account)| {
            let (position, wish) = account.waiting.first_key_value()?;
            let after = account.held + wish.units;
            let most =
                || self.rules.share(account.held + state.free).min(self.beside(state, *party));
            let allowed = account.held == 0 || after <= most();
            let rank = (after, account.turn, position.number);
            allowed.then_some((rank, wish.units, *party, *position))
        });
        let (_, units, party, position) = firsts.min_by_key(|(rank, ..)| *rank)?;
        (units <= state.free).then_some((party, position))
    }

    /// The most that a party may have because of others.
    fn beside(&self, state: &State<P>, party: P) -> usize {
        let nearby = || self.neighbour.as_ref().is_some_and(|room| room.has_others(party));
        if self.beside_others < usize::MAX && (state.has_others(party) || nearby()) {
            self.beside_others
        } else {
            usize::MAX
        }
    }

    fn give_back(&self, state: &mut State<P>, party: P, units: usize) {
        if let Some(account) = state.parties.get_mut(&party) {
            account.held = account.held.saturating_sub(units);
            account.moved = Some(Instant::now());
            if account.held == 0 && account.waiting.is_empty() {
                state.parties.remove(&party);
            }
        }
        if units > 0 {
            state.moved(party);
        }
        state.free += units;
        self.settle(state);
        if state.free == self.rules.whole {
            self.whole.notify_waiters();
        }
    }
}

impl<P: Party> State<P> {
    fn moved(&mut self, party: P) {
        if self.latest[0].is_none_or(|(latest, _)| latest != party) {
            self.latest.swap(0, 1);
        }
        self.latest[0] = Some((party, Instant::now()));
    }

    /// Whether another party is there, or was lately.
    fn has_others(&self, party: P) -> bool {
        let lately = |(other, at): &(P, Instant)| *other != party && at.elapsed() < LATELY;
        self.latest.iter().flatten().any(lately) || self.parties.keys().any(|it| *it != party)
    }
}

/// A wish that waits; taken back when it is dropped.
struct Waiting<P: Party> {
    shared: Arc<Shared<P>>,
    party: P,
    position: Position,
    units: usize,
    answer: oneshot::Receiver<()>,
    over: bool,
}

impl<P: Party> Waiting<P> {
    /// Whether this wish to grow has to be given up for others: the youngest of the party that has most,
    /// when nothing of the party's has moved for so long. One at a time: what it gives back may be enough.
    fn gives_way(&self, patience: Duration) -> bool {
        let mut state = self.shared.lock();
        let growing = state.parties.values_mut().filter_map(|account| {
            let (youngest, _) = account.waiting.iter().rfind(|(it, _)| !it.is_new)?;
            Some((account.held, youngest.number, account))
        });
        let Some((_, number, account)) = growing.max_by_key(|(held, number, _)| (*held, *number))
        else {
            return true;
        };
        let moved = account.moved.is_some_and(|moved| moved.elapsed() < patience);
        if moved || number != self.position.number {
            return false;
        }
        account.moved = Some(Instant::now());
        true
    }
}

impl<P: Party> Future for Waiting<P> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let granted = Pin::new(&mut self.answer).poll(context).map(|_| ());
        self.over = granted.is_ready();
        granted
    }
}

impl<P: Party> Drop for Waiting<P> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.shared.lock();
        let account = state.parties.get_mut(&self.party);
        let waited = account.is_some_and(|it| it.waiting.remove(&self.position).is_some());
        // It was granted and nobody heard of it, or it was in others' way.
        let units = if waited { 0 } else { self.units };
        self.shared.give_back(&mut state, self.party, units);
    }
}

/// What a party has; free again when it is dropped.
pub struct Share<P: Party> {
    shared: Arc<Shared<P>>,
    party: P,
    number: u64,
    units: usize,
}

impl<P: Party> Share<P> {
    /// How many units it is.
    #[must_use]
    pub const fn units(&self) -> usize {
        self.units
    }

    /// Makes it so many units at least, and waits for them. Those that wait to grow keep what they have;
    /// when nothing comes for `patience` one of them has to give way, or all might wait for each other: the
    /// youngest of the party that has most.
    ///
    /// # Errors
    /// [`Crowded`]: it has to give way.
    pub async fn grow(&mut self, units: usize, patience: Duration) -> Result<(), Crowded> {
        let units = units.min(self.shared.rules.most());
        let Some(more) = units.checked_sub(self.units).filter(|more| *more > 0) else {
            return Ok(());
        };
        let position = Position { is_new: false, number: self.number };
        let mut waiting = {
            let mut state = self.shared.lock();
            self.shared.wish(&mut state, self.party, position, more)
        };
        while tokio::time::timeout(patience, &mut waiting).await.is_err() {
            if waiting.gives_way(patience) {
                return Err(Crowded);
            }
        }
        self.units = units;
        Ok(())
    }

    /// Gives back what is above so many units.
    pub fn shrink(&mut self, units: usize) {
        let less = self.units.saturating_sub(units);
        if less > 0 {
            self.units = units;
            self.shared.give_back(&mut self.shared.lock(), self.party, less);
        }
    }
}

impl<P: Party> Drop for Share<P> {
    fn drop(&mut self) {
        self.shared.give_back(&mut self.shared.lock(), self.party, self.units);
    }
}
