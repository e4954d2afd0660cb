//! Delivers the outbox: leases due messages and starts a try of each. Sealing never waits for this. Whose
//! mails are tried is in `shares`, how a try goes on in `mail` and `hooks`, what becomes of its message in
//! `tries`.

pub mod hooks;
pub mod letters;
pub mod mail;
mod payload;
pub mod shares;
mod traffic;
mod tries;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use self::shares::MailRoom;
use self::traffic::{OnItsWay, Traffic};
use super::{Error, lease, mail_servers};
use crate::app::App;
use crate::domain::ids::{EndpointId, EventId};
use crate::domain::instant::{HOUR_MS, Instant};
use crate::domain::outbox::{Channel, Message, MessageLease, Target, Way};
use crate::domain::sources::sources;

/// How soon a message is looked at again that found its way full.
const BUSY_MS: i64 = 250;

/// How many messages of a closed way are given up in one look.
const GIVEN_UP: usize = 100;

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
    /// free than it has. One alone gets half of them, and whoever comes finds some.
    fn has_share(&self, on: usize) -> bool {
        on == 0 || on < self.senders.available_permits()
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
                Ok(again) => more |= again,
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
        let looked = async {
            while hooks::fan_out(app).await? {}
            look(app, &desk).await
        };
        let looked = looked.await;
        desk.quiet(app).await;
        looked?;
    }
    Ok(())
}

/// One look for due messages: some events become messages, some messages are set on their way. Returns whether
/// another look would find more to do at once.
async fn look(app: &Arc<App>, desk: &Desk) -> Result<bool, Error> {
    let (unfanned, started) = match desk.channel {
        Channel::Mail => (false, look_for_mails(app, desk).await?),
        Channel::Webhook => (hooks::fan_out(app).await?, look_for_hooks(app, desk).await?),
    };
    // There may be more that is due, and somebody free to try it.
    Ok(unfanned || (started > 0 && desk.senders.available_permits() > 0))
}

/// The present, at which what is on its way here is leased: after the database was away for longer than a lease
/// it would be leased once more, and sent twice.
async fn now_with_ours_kept(app: &App, desk: &Desk) -> Result<Instant, Error> {
    let now = app.steady_now();
    let overdue = desk.traffic.lock().overdue(now);
    if !overdue.is_empty() {
        let until = lease_end(app);
        app.store.renew_messages(&overdue, until).await?;
        desk.traffic.lock().renewed(&overdue, until);
    }
    Ok(now)
}

/// Returns how many were set on their way.
async fn look_for_mails(app: &Arc<App>, desk: &Desk) -> Result<usize, Error> {
    let now = now_with_ours_kept(app, desk).await?;
    rest(app, now).await?;
    let free = desk.senders.available_permits();
    if free == 0 {
        return Ok(0);
    }
    let due = app.reader.due_mailers(now).await?;
    if due.is_empty() {
        return Ok(0);
    }
    let shares = {
        let mut traffic = desk.traffic.lock();
        traffic.meet(&due);
        let senders = app.delivery.senders.max(1);
        let room = MailRoom { senders, free, on: &traffic.on, turns: &traffic.turns };
        shares::share_out(&room, |way| places(app, way, now, &HashSet::new()), &due)
    };
    if shares.is_empty() {
        return Ok(0);
    }
    let counts: Vec<_> =
        shares.iter().map(|(mailer, count)| (mailer.client_service, *count)).collect();
    let until = lease_end(app);
    let leased = app.store.lease_mails(&counts, (now, until)).await?;
    let mut started = 0;
    for (lease, message) in leased {
        let whose = shares.iter().find(|(it, _)| it.client_service == message.client_service);
        let permit = Arc::clone(&desk.senders).try_acquire_owned().ok();
        // Only looks take senders, and no more was leased than there were.
        if let (Some((mailer, _)), Some(permit)) = (whose, permit) {
            start(app, desk, (lease, until, message), mailer.way, permit);
            started += 1;
        }
    }
    Ok(started)
}

/// Returns how many were set on their way.
async fn look_for_hooks(app: &Arc<App>, desk: &Desk) -> Result<usize, Error> {
    let free = u32::try_from(desk.senders.available_permits()).unwrap_or(u32::MAX);
    if free == 0 {
        return Ok(0);
    }
    let now = now_with_ours_kept(app, desk).await?;
    let failing = app.reader.failing_endpoints().await?;
    let mut full = full_endpoints(app, &desk.traffic, now, &failing);
    full.extend(endpoints_of_busy(app, desk).await?);
    let until = lease_end(app);
    let leased = app.store.lease_hooks((now, until), free, &full).await?;
    let (mut started, mut surplus) = (0, Vec::new());
    for (lease, message) in leased {
        let Target::Webhook { endpoint, .. } = message.target else { continue };
        let way = Way::Hook(endpoint);
        let room = {
            let traffic = desk.traffic.lock();
            let on_way = traffic.ways().get(&way).copied().unwrap_or_default();
            let services = traffic.services();
            let of_service = message.client_service.and_then(|id| services.get(&id).copied());
            on_way < places(app, way, now, &failing)
                && desk.has_share(of_service.unwrap_or_default())
        };
        let permit = Arc::clone(&desk.senders).try_acquire_owned().ok();
        match permit.filter(|_| room) {
            Some(permit) => {
                start(app, desk, (lease, until, message), way, permit);
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

fn start(
    app: &Arc<App>,
    desk: &Desk,
    (lease, until, message): (MessageLease, Instant, Message),
    way: Way,
    permit: OwnedSemaphorePermit,
) {
    let key = (way, message.client_service);
    let on_its_way = OnItsWay::start(app, &desk.traffic, key, (lease, until), permit);
    tokio::spawn(deliver(Arc::clone(app), lease, message, way, on_its_way));
}

/// The endpoints of client services that have their share of the senders.
async fn endpoints_of_busy(app: &App, desk: &Desk) -> Result<Vec<EndpointId>, Error> {
    let services = desk.traffic.lock().services();
    let mut busy = Vec::new();
    for (service, _) in services.into_iter().filter(|(_, on)| !desk.has_share(*on)) {
        let endpoints = app.reader.endpoints(service).await?;
        busy.extend(endpoints.iter().map(|endpoint| endpoint.id));
    }
    Ok(busy)
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
        let mut events = [EventId::from_i64(0); GIVEN_UP];
        for event in &mut events {
            *event = EventId::from_i64(app.random_id()?);
        }
        app.store.give_up_overdue(way, (released, now), &circuit.words, &events).await?;
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

/// The endpoints that take no more at present. Those that fail have half of the senders together: those
/// that work never wait for all of them.
fn full_endpoints(
    app: &App,
    traffic: &Traffic,
    now: Instant,
    failing: &HashSet<EndpointId>,
) -> Vec<EndpointId> {
    let ways = traffic.lock().ways();
    let all: Vec<(EndpointId, usize)> = ways
        .into_iter()
        .filter_map(|(way, on)| match way {
            Way::Hook(endpoint) => Some((endpoint, on)),
            Way::Mail(_) => None,
        })
        .collect();
    let failing_now: usize =
        all.iter().filter(|(id, _)| failing.contains(id)).map(|(_, on)| on).sum();
    let resting =
        if failing_now >= app.delivery.senders.div_ceil(2) { failing } else { &HashSet::new() };
    let full = all.into_iter().filter(|(id, on)| *on >= places(app, Way::Hook(*id), now, failing));
    full.map(|(id, _)| id).chain(resting.iter().copied()).collect()
}

async fn deliver(
    app: Arc<App>,
    lease: MessageLease,
    message: Message,
    way: Way,
    on_its_way: OnItsWay,
) {
    let id = lease.message;
    let renew = || async {
        let until = lease_end(&app);
        app.store.renew_messages(&[lease], until).await?;
        on_its_way.renewed(until);
        Ok(())
    };
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
