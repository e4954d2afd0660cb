//! Delivers the outbox: leases due messages, makes one try of each, and decides what becomes of it.
//! Sealing never waits for this. What a mail says is in `mail`, what a webhook says in `webhooks`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::Error;
use super::execute::chain;
use super::mail::{self, Composed};
use crate::app::App;
use crate::domain::delivery::{Ladder, MailAddress, Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::{Message, MessageLease, Next, Target};

/// How soon a message is looked at again that found its way busy.
const BUSY_MS: i64 = 250;

/// How soon a mail is looked at again that has no server to go to.
const NO_SERVER_MS: i64 = 5 * 60 * 1000;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A way that messages take: tries on it are limited together, and fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    /// The mail server of a client service, or the installation's.
    Mail(Option<ClientServiceId>),
    /// An endpoint.
    Hook(EndpointId),
}

/// Messages on their way in this process.
#[derive(Default)]
struct Traffic {
    ways: Mutex<HashMap<Way, usize>>,
}

impl Traffic {
    fn on(&self, way: Way) -> usize {
        self.lock().get(&way).copied().unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Way, usize>> {
        self.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message on its way; gives its place back when it is dropped, also by a panic.
struct Place {
    app: Arc<App>,
    traffic: Arc<Traffic>,
    way: Way,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn take(
        app: &Arc<App>,
        traffic: &Arc<Traffic>,
        way: Way,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        *traffic.lock().entry(way).or_default() += 1;
        Self { app: Arc::clone(app), traffic: Arc::clone(traffic), way, _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut ways = self.traffic.lock();
        if let Some(count) = ways.get_mut(&self.way) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                ways.remove(&self.way);
            }
        }
        drop(ways);
        self.app.outbox_bell.notify_one();
    }
}

/// Delivers what is due until `stop` changes, then waits for tries in work, at most as long as
/// operations are waited for; what is left is tried again by the next start.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let senders = app.delivery.senders.max(1);
    let permits = Arc::new(Semaphore::new(senders));
    let traffic = Arc::new(Traffic::default());
    while !*stop.borrow() {
        let busy = match look(&app, &permits, &traffic).await {
            Ok(busy) => busy,
            Err(error) => {
                tracing::error!(error = %chain(&error), "due messages could not be looked for");
                false
            }
        };
        let pause = if busy { BUSY_MS.unsigned_abs() } else { app.delivery.poll_ms.max(10) };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            () = app.outbox_bell.notified() => {}
            _ = stop.changed() => {}
        }
    }
    let patience = Duration::from_millis(app.execution.drain_ms);
    let all = u32::try_from(senders).unwrap_or(u32::MAX);
    if tokio::time::timeout(patience, permits.acquire_many(all)).await.is_err() {
        tracing::warn!("tries of messages are left; the next start makes them again");
    }
}

/// Delivers everything that is due now and waits for it: tests with a clock of their own.
///
/// # Errors
/// Those of the store.
pub async fn run_due(app: &Arc<App>) -> Result<(), Error> {
    let senders = app.delivery.senders.max(1);
    let permits = Arc::new(Semaphore::new(senders));
    let traffic = Arc::new(Traffic::default());
    let busy = look(app, &permits, &traffic).await;
    let all = u32::try_from(senders).unwrap_or(u32::MAX);
    let _ = permits.acquire_many(all).await;
    busy.map(|_| ())
}

/// One look for due messages. Returns whether some found their way busy.
async fn look(
    app: &Arc<App>,
    permits: &Arc<Semaphore>,
    traffic: &Arc<Traffic>,
) -> Result<bool, Error> {
    let free = u32::try_from(permits.available_permits()).unwrap_or(u32::MAX);
    if free == 0 {
        return Ok(false);
    }
    let now = app.now();
    let mut busy = false;
    for (lease, message) in app.store.lease_messages(now, lease_end(app), free).await? {
        let way = way_of(app, &message).await?;
        match passable(app, traffic, way, now) {
            Passable::Yes => {
                let Ok(permit) = Arc::clone(permits).try_acquire_owned() else {
                    app.store.put_back(&[lease], now, None).await?;
                    continue;
                };
                let place = Place::take(app, traffic, way, permit);
                tokio::spawn(deliver(Arc::clone(app), lease, message, way, place));
            }
            Passable::Busy => {
                busy = true;
                app.store.put_back(&[lease], now.plus_ms(BUSY_MS), None).await?;
            }
            Passable::Rests(until, words) => {
                if now >= given_up_at(app, &message) {
                    let event = EventId::from_i64(app.random_id()?);
                    app.store.give_up(lease, &words, event, now).await?;
                } else {
                    app.store.put_back(&[lease], until, Some(&words)).await?;
                }
            }
        }
    }
    Ok(busy)
}

enum Passable {
    Yes,
    Busy,
    Rests(Instant, String),
}

/// Whether a way takes one more message. One that was found closed rests, and then takes one to see.
fn passable(app: &App, traffic: &Traffic, way: Way, now: Instant) -> Passable {
    let on = traffic.on(way);
    if let Way::Mail(account) = way
        && let Some(circuit) = app.circuits.of(account)
    {
        return if now < circuit.rests_until {
            Passable::Rests(circuit.rests_until, circuit.words)
        } else if on > 0 {
            Passable::Busy
        } else {
            Passable::Yes
        };
    }
    if on >= app.delivery.senders_per_way.max(1) { Passable::Busy } else { Passable::Yes }
}

async fn way_of(app: &App, message: &Message) -> Result<Way, Error> {
    match message.target {
        Target::Webhook { endpoint, .. } => Ok(Way::Hook(endpoint)),
        Target::Mail { .. } => Ok(Way::Mail(mail::account_of(app, message).await?)),
    }
}

async fn deliver(app: Arc<App>, lease: MessageLease, message: Message, way: Way, place: Place) {
    let id = lease.message;
    if let Err(error) = with_heartbeat(&app, lease, try_once(&app, lease, &message, way)).await {
        // The lease runs out and the message is taken up again.
        tracing::error!(message = %id, error = %chain(&error), "delivery stopped");
    }
    drop(place);
}

/// Keeps the lease while a try goes on.
async fn with_heartbeat(
    app: &App,
    lease: MessageLease,
    work: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let period = Duration::from_millis((app.delivery.lease_ms / 3).max(1).unsigned_abs());
    let heartbeat = async {
        loop {
            tokio::time::sleep(period).await;
            if let Err(error) = app.store.renew_message(lease, lease_end(app)).await {
                tracing::debug!(message = %lease.message, error = %chain(&error), "not renewed");
            }
        }
    };
    tokio::select! {
        result = work => result,
        () = heartbeat => Ok(()),
    }
}

async fn try_once(
    app: &Arc<App>,
    lease: MessageLease,
    message: &Message,
    way: Way,
) -> Result<(), Error> {
    match (&message.target, way) {
        (Target::Mail { address, language }, Way::Mail(account)) => {
            try_mail(app, lease, message, (address, *language), account).await
        }
        _ => Ok(()),
    }
}

async fn try_mail(
    app: &App,
    lease: MessageLease,
    message: &Message,
    (address, language): (&MailAddress, Option<Language>),
    account: Option<ClientServiceId>,
) -> Result<(), Error> {
    let event = EventId::from_i64(app.random_id()?);
    let (server, bytes, attached) = match mail::compose(app, message, address, language).await? {
        Composed::Ready { server, bytes, attached } => (server, bytes, attached),
        Composed::NoServer(words) => {
            let now = app.now();
            if now >= given_up_at(app, message) {
                return Ok(app.store.give_up(lease, &words, event, now).await?);
            }
            tracing::warn!(message = %lease.message, %words, "a mail waits");
            return Ok(app
                .store
                .put_back(&[lease], now.plus_ms(NO_SERVER_MS), Some(&words))
                .await?);
        }
        Composed::Never(words) => {
            tracing::warn!(message = %lease.message, %words, "a mail cannot be written");
            return Ok(app.store.give_up(lease, &words, event, app.now()).await?);
        }
    };
    if app.store.begin_attempts(&[lease], app.now()).await?.is_empty() {
        return Ok(());
    }
    let tried = app.mail.mailer.send(&server.account, server.key, address, &bytes).await;
    let now = app.now();
    let next = if tried.verdict == Verdict::Relay {
        let rest = (app.delivery.rest_ms, app.delivery.rest_at_most_ms);
        let circuit = app.circuits.found_closed(account, now, rest, &tried.reply);
        tracing::warn!(server = %server.account.host, phase = tried.phase, reply = %tried.reply,
            failures = circuit.failures, "the mail server refuses everybody");
        if now >= given_up_at(app, message) {
            Next::Failed
        } else {
            Next::Again { at: circuit.rests_until, counted: false, links_only: false }
        }
    } else {
        app.circuits.close(account);
        let random = u16::from_be_bytes(app.random.octets()?);
        next_step(&app.delivery.mail_ladder(), message.tries, &tried, attached, now, random)
    };
    tracing::info!(message = %lease.message, verdict = tried.verdict.as_str(), phase = tried.phase,
        reply = %tried.reply, "a mail was tried");
    Ok(app.store.record_try(lease, &tried, &next, event, now).await?)
}

/// What becomes of a message after a try that says something about its receiver: `tries` failed before
/// it. `smaller`: the same can be said in a smaller message.
#[must_use]
pub fn next_step(
    ladder: &Ladder,
    tries: u32,
    tried: &Tried,
    smaller: bool,
    now: Instant,
    random: u16,
) -> Next {
    match tried.verdict {
        Verdict::Accepted => Next::Sent,
        Verdict::TooLarge if smaller => Next::Again { at: now, counted: false, links_only: true },
        Verdict::Never | Verdict::TooLarge => Next::Failed,
        Verdict::Later | Verdict::Relay => match ladder.wait_ms(tries.saturating_add(1), random) {
            None => Next::Failed,
            Some(wait) => {
                let wait = wait.max(tried.wait_ms.unwrap_or_default());
                Next::Again { at: now.plus_ms(wait), counted: true, links_only: false }
            }
        },
    }
}

/// When a message is given up whose way stays closed.
fn given_up_at(app: &App, message: &Message) -> Instant {
    let since = message.released.unwrap_or(message.created);
    since.plus_ms(app.delivery.give_up_hours.saturating_mul(HOUR_MS))
}

fn lease_end(app: &App) -> Instant {
    app.now().plus_ms(app.delivery.lease_ms)
}
