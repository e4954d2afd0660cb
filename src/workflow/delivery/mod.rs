//! Delivers the outbox: leases due messages and starts a try of each. Sealing never waits for this. How
//! a try goes on is in `mail` and `hooks`, what becomes of its message in `tries`.

pub mod hooks;
pub mod letters;
pub mod mail;
mod payload;
mod tries;

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{Error, lease, mail_servers};
use crate::app::App;
use crate::domain::ids::{ClientServiceId, EndpointId, EventId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Channel, Message, MessageLease, Target, Way};
use crate::domain::sources::sources;

/// How soon a message is looked at again that found its way full.
const BUSY_MS: i64 = 250;

const HOUR_MS: i64 = 60 * 60 * 1000;

/// Messages on their way in this process.
#[derive(Default)]
struct Traffic {
    on: Mutex<OnTheirWay>,
}

/// How many there are, by way and by client service.
#[derive(Default)]
struct OnTheirWay {
    ways: HashMap<Way, usize>,
    services: HashMap<ClientServiceId, usize>,
}

impl Traffic {
    fn on(&self, way: Way) -> usize {
        self.lock().ways.get(&way).copied().unwrap_or_default()
    }

    fn of(&self, service: Option<ClientServiceId>) -> usize {
        service.and_then(|id| self.lock().services.get(&id).copied()).unwrap_or_default()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, OnTheirWay> {
        self.on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message on its way; the way has room again when it is dropped, also by a panic.
struct OnItsWay {
    app: Arc<App>,
    traffic: Arc<Traffic>,
    way: Way,
    service: Option<ClientServiceId>,
    _permit: OwnedSemaphorePermit,
}

impl OnItsWay {
    fn start(
        app: &Arc<App>,
        traffic: &Arc<Traffic>,
        (way, service): (Way, Option<ClientServiceId>),
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let mut on = traffic.lock();
        *on.ways.entry(way).or_default() += 1;
        if let Some(service) = service {
            *on.services.entry(service).or_default() += 1;
        }
        drop(on);
        let (app, traffic) = (Arc::clone(app), Arc::clone(traffic));
        Self { app, traffic, way, service, _permit: permit }
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let mut on = self.traffic.lock();
        one_less(&mut on.ways, &self.way);
        if let Some(service) = self.service {
            one_less(&mut on.services, &service);
        }
        drop(on);
        self.app.outbox_bell.notify_one();
    }
}

fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
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

    /// Whether a client service with so many webhooks on their way gets another sender: while there are more
    /// free than it has. One alone gets half of them, and whoever comes finds some; mails share their servers
    /// and are told apart there.
    fn has_share(&self, on: usize) -> bool {
        match self.channel {
            Channel::Mail => true,
            Channel::Webhook => on == 0 || on < self.senders.available_permits(),
        }
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
    let [mails, hooks] = &desks;
    let quiet = async { tokio::join!(mails.quiet(&app), hooks.quiet(&app)) };
    if tokio::time::timeout_at(app.stopping.work_until(), quiet).await.is_err() {
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
        Channel::Mail => rest(app, app.steady_now()).await?,
        Channel::Webhook => hooks::fan_out(app).await?,
    }
    let free = u32::try_from(desk.senders.available_permits()).unwrap_or(u32::MAX);
    if free == 0 {
        return Ok(0);
    }
    let now = app.steady_now();
    let failing = match desk.channel {
        Channel::Mail => HashSet::new(),
        Channel::Webhook => app.reader.failing_endpoints().await?,
    };
    let mut full = full_ways(app, &desk.traffic, now, &failing);
    full.extend(ways_of_busy(app, desk).await?);
    let until = lease_end(app);
    let leased = app.store.lease_messages(desk.channel, (now, until), free, &full).await?;
    let (mut started, mut surplus) = (0, Vec::new());
    for (lease, message) in leased {
        let way = way_of(app, &message).await?;
        let service = message.client_service;
        let room = desk.traffic.on(way) < places(app, way, now, &failing)
            && desk.has_share(desk.traffic.of(service));
        let permit = Arc::clone(&desk.senders).try_acquire_owned().ok();
        match permit.filter(|_| room) {
            Some(permit) => {
                let started_here = OnItsWay::start(app, &desk.traffic, (way, service), permit);
                tokio::spawn(deliver(Arc::clone(app), lease, message, way, started_here));
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

/// The endpoints of client services that have their share of the senders.
async fn ways_of_busy(app: &App, desk: &Desk) -> Result<Vec<Way>, Error> {
    let services = desk.traffic.lock().services.clone();
    let mut ways = Vec::new();
    for (service, _) in services.into_iter().filter(|(_, on)| !desk.has_share(*on)) {
        let endpoints = app.reader.endpoints(service).await?;
        ways.extend(endpoints.iter().map(|endpoint| Way::Hook(endpoint.id)));
    }
    Ok(ways)
}

/// Lets what is due on closed ways rest, and gives up what waited there too long. A circuit goes with
/// the server that it is about: one that was changed or taken away holds nothing back.
async fn rest(app: &App, now: Instant) -> Result<(), Error> {
    for (account, circuit) in app.circuits.all() {
        let way = Way::Mail(account);
        if mail_servers::revision_of(app, account).await? != Some(circuit.revision) {
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
        let released = now.plus_ms(-tries::give_up_ms(app));
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
    let ways: Vec<(Way, usize)> = traffic.lock().ways.iter().map(|(way, on)| (*way, *on)).collect();
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
        Target::Mail { .. } => Ok(Way::Mail(mail_servers::account_of(app, message).await?)),
    }
}

async fn deliver(
    app: Arc<App>,
    lease: MessageLease,
    message: Message,
    way: Way,
    on_its_way: OnItsWay,
) {
    let id = lease.message;
    let renew = || app.store.renew_message(lease, lease_end(&app));
    let work = try_once(&app, lease, &message, way);
    if let Err(error) = lease::kept(app.delivery.lease_ms, renew, work).await {
        // The lease runs out and the message is taken up again.
        tracing::error!(message = %id, error = %sources(&error), "delivery stopped");
    }
    drop(on_its_way);
}

async fn try_once(
    app: &Arc<App>,
    lease: MessageLease,
    message: &Message,
    way: Way,
) -> Result<(), Error> {
    match (&message.target, way) {
        (Target::Mail { address, language }, Way::Mail(account)) => {
            mail::deliver(app, lease, message, (address, *language), account).await
        }
        (Target::Webhook { .. }, _) => hooks::deliver(app, lease, message).await,
        (Target::Mail { .. }, Way::Hook(_)) => Ok(()),
    }
}

fn lease_end(app: &App) -> Instant {
    app.steady_now().plus_ms(app.delivery.lease_ms)
}
