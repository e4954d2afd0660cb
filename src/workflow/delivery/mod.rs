//! Delivers the outbox: leases due messages, makes one try of each, and decides what becomes of it.
//! Sealing never waits for this. What a mail says is in
//! `mail_servers`, what a webhook says in `payload`.

pub mod hooks;
mod payload;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::Error;
use super::mail_servers::{self as mail, Composed};
use super::sources;
use crate::app::{App, Closed};
use crate::domain::delivery::{Ladder, MailAddress, Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EndpointId, EventId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::outbox::{Channel, Message, MessageLease, Next, Target, Way};

/// How soon a message is looked at again that found its way full.
const BUSY_MS: i64 = 250;

/// How soon a mail is looked at again that has no server to go to.
const NO_SERVER_MS: i64 = 5 * 60 * 1000;

const HOUR_MS: i64 = 60 * 60 * 1000;

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

/// The messages of one channel on their way in this process. Each channel has senders of its own, so
/// that endpoints that hang do not hold mails up.
struct Desk {
    channel: Channel,
    senders: Arc<Semaphore>,
    traffic: Arc<Traffic>,
}

impl Desk {
    fn new(app: &App, channel: Channel) -> Self {
        let senders = Arc::new(Semaphore::new(app.delivery.senders.max(1)));
        Self { channel, senders, traffic: Arc::default() }
    }

    /// Returns when every try in work has ended.
    async fn quiet(&self, app: &App) {
        let all = u32::try_from(app.delivery.senders.max(1)).unwrap_or(u32::MAX);
        let _ = self.senders.acquire_many(all).await;
    }
}

/// Delivers what is due until `stop` changes, then waits for tries in work, at most as long as
/// operations are waited for; what is left is tried again by the next start.
pub async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let desks = [Channel::Mail, Channel::Webhook].map(|channel| Desk::new(&app, channel));
    while !*stop.borrow() {
        let mut more = false;
        for desk in &desks {
            match look(&app, desk).await {
                // There may be more that is due, and somebody free to try it.
                Ok(started) => more |= started > 0 && desk.senders.available_permits() > 0,
                Err(error) => {
                    let error = sources(&error);
                    tracing::error!(%error, "due messages could not be looked for");
                }
            }
        }
        if more {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(app.delivery.poll_ms.max(10))) => {}
            () = app.outbox_bell.notified() => {}
            _ = stop.changed() => {}
        }
    }
    let patience = Duration::from_millis(app.execution.drain_ms);
    let [mails, hooks] = &desks;
    let quiet = async { tokio::join!(mails.quiet(&app), hooks.quiet(&app)) };
    if tokio::time::timeout(patience, quiet).await.is_err() {
        tracing::warn!("tries of messages are left; the next start makes them again");
    }
}

/// Delivers everything that is due now and waits for it: tests with a clock of their own.
///
/// # Errors
/// Those of the store.
pub async fn run_due(app: &Arc<App>) -> Result<(), Error> {
    for channel in [Channel::Mail, Channel::Webhook] {
        let desk = Desk::new(app, channel);
        let started = look(app, &desk).await;
        desk.quiet(app).await;
        started?;
    }
    Ok(())
}

/// One look for due messages. Returns how many were set on their way.
async fn look(app: &Arc<App>, desk: &Desk) -> Result<usize, Error> {
    match desk.channel {
        Channel::Mail => rest(app, app.now()).await?,
        Channel::Webhook => hooks::fan_out(app).await?,
    }
    let free = u32::try_from(desk.senders.available_permits()).unwrap_or(u32::MAX);
    if free == 0 {
        return Ok(0);
    }
    let now = app.now();
    let failing = match desk.channel {
        Channel::Mail => HashSet::new(),
        Channel::Webhook => app.reader.failing_endpoints().await?,
    };
    let full = full_ways(app, &desk.traffic, now, &failing);
    let until = lease_end(app);
    let leased = app.store.lease_messages(desk.channel, (now, until), free, &full).await?;
    let (mut started, mut surplus) = (0, Vec::new());
    for (lease, message) in leased {
        let way = way_of(app, &message).await?;
        let permit = Arc::clone(&desk.senders).try_acquire_owned().ok();
        match permit.filter(|_| desk.traffic.on(way) < places(app, way, now, &failing)) {
            Some(permit) => {
                let place = Place::take(app, &desk.traffic, way, permit);
                tokio::spawn(deliver(Arc::clone(app), lease, message, way, place));
                started += 1;
            }
            // More than the way takes came in one look.
            None => surplus.push(lease),
        }
    }
    if !surplus.is_empty() {
        app.store.put_back(&surplus, now.plus_ms(BUSY_MS), None).await?;
    }
    Ok(started)
}

/// Lets what is due on closed ways rest, and gives up what waited there too long. A circuit goes with
/// the server that it is about: one that was changed or taken away holds nothing back.
async fn rest(app: &App, now: Instant) -> Result<(), Error> {
    for (account, circuit) in app.circuits.all() {
        let way = Way::Mail(account);
        if mail::revision_of(app, account).await? != Some(circuit.revision) {
            app.circuits.close(account);
            app.store.wake_way(way, circuit.rests_until, now).await?;
            continue;
        }
        if now >= circuit.rests_until {
            // Whoever waited would have looked since: nobody does, and nobody knows.
            if now >= circuit.rests_until.plus_ms(HOUR_MS) {
                app.circuits.close(account);
            }
            continue;
        }
        let released = now.plus_ms(-give_up_ms(app));
        for lease in app.store.lease_overdue(way, released, (now, lease_end(app))).await? {
            let event = EventId::from_i64(app.random_id()?);
            app.store.give_up(lease, &circuit.words, event, now).await?;
        }
        app.store.rest_way(way, now, circuit.rests_until, &circuit.words).await?;
    }
    Ok(())
}

/// How many messages may be on a way at once: none while it rests, and one when that is over, to see.
/// An endpoint that has taken nothing over lately gets one at a time too.
fn places(app: &App, way: Way, now: Instant, failing: &HashSet<EndpointId>) -> usize {
    let circuit = match way {
        Way::Mail(account) => app.circuits.of(account),
        Way::Hook(endpoint) if failing.contains(&endpoint) => return 1,
        Way::Hook(_) => None,
    };
    match circuit {
        Some(circuit) if now < circuit.rests_until => 0,
        Some(_) => 1,
        None => app.delivery.senders_per_way.max(1),
    }
}

/// The ways that take no more at present. Endpoints that fail have half of the senders together: those
/// that work never wait for all of them.
fn full_ways(
    app: &App,
    traffic: &Traffic,
    now: Instant,
    failing: &HashSet<EndpointId>,
) -> Vec<Way> {
    let ways: Vec<(Way, usize)> = traffic.lock().iter().map(|(way, on)| (*way, *on)).collect();
    let fails = |way: &Way| matches!(way, Way::Hook(endpoint) if failing.contains(endpoint));
    let failing_now: usize = ways.iter().filter(|(way, _)| fails(way)).map(|(_, on)| on).sum();
    let resting =
        if failing_now >= app.delivery.senders.div_ceil(2) { failing } else { &HashSet::new() };
    let full = ways.into_iter().filter(|(way, on)| *on >= places(app, *way, now, failing));
    let resting = resting.iter().map(|endpoint| Way::Hook(*endpoint));
    full.map(|(way, _)| way).chain(resting).collect()
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
        tracing::error!(message = %id, error = %sources(&error), "delivery stopped");
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
                tracing::debug!(message = %lease.message, error = %sources(&error), "not renewed");
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
        (Target::Webhook { .. }, _) => hooks::deliver(app, lease, message).await,
        (Target::Mail { .. }, Way::Hook(_)) => Ok(()),
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
        let closed = Closed { account, revision: server.key.revision };
        let circuit = app.circuits.found_closed(closed, now, rest, &tried.reply);
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
    record(app, lease, &tried, &next, event).await
}

/// Writes down how a try ended, however long the database is away: a message that was taken over and
/// not written down would be sent again.
pub(super) async fn record(
    app: &App,
    lease: MessageLease,
    tried: &Tried,
    next: &Next,
    event: EventId,
) -> Result<(), Error> {
    let mut wait = Duration::from_millis(100);
    loop {
        match app.store.record_try(lease, tried, next, event, app.now()).await {
            Err(error @ crate::store::Error::Unavailable(_)) => {
                tracing::warn!(error = %sources(&error), "a try is written down later");
            }
            done => return Ok(done?),
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

/// What becomes of a message after a try that says something about its receiver: so many failed before
/// it. `smaller`: the same can be said in a smaller message.
#[must_use]
pub fn next_step(
    ladder: &Ladder,
    failed_before: u32,
    tried: &Tried,
    smaller: bool,
    now: Instant,
    random: u16,
) -> Next {
    match tried.verdict {
        Verdict::Accepted => Next::Sent,
        Verdict::TooLarge if smaller => Next::Again { at: now, counted: false, links_only: true },
        Verdict::Never | Verdict::TooLarge => Next::Failed,
        Verdict::Later | Verdict::Relay => {
            match ladder.wait_ms(failed_before.saturating_add(1), random) {
                None => Next::Failed,
                Some(wait) => {
                    let wait = wait.max(tried.wait_ms.unwrap_or_default());
                    Next::Again { at: now.plus_ms(wait), counted: true, links_only: false }
                }
            }
        }
    }
}

/// When a message is given up whose way stays closed.
fn given_up_at(app: &App, message: &Message) -> Instant {
    message.released.unwrap_or(message.created).plus_ms(give_up_ms(app))
}

fn give_up_ms(app: &App) -> i64 {
    app.delivery.give_up_hours.saturating_mul(HOUR_MS)
}

fn lease_end(app: &App) -> Instant {
    app.now().plus_ms(app.delivery.lease_ms)
}
