//! Is the process alive, and can it work? For load balancers and the person on duty.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::Web;
use super::connections::among;
use super::portal::rate;
use crate::app::{App, Availability, HeldLists, TimeAuthority, TrustedLists};
use crate::workflow::preservation::{self, Overdue};
use crate::workflow::readiness::{self, KeyState, Readiness};
use crate::workflow::trusted_lists;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready))
}

async fn live() -> &'static str {
    "ok"
}

/// Readiness as last looked at. Anybody may ask; the database is asked once in a while, and never a second
/// time while the first does not answer. Keys are never asked: probes and signatures tell.
#[derive(Default)]
pub(super) struct SeenReadiness {
    seen: Mutex<Option<(Instant, Arc<Readiness>)>>,
    looking: Turn,
}

/// One who may look at a time.
struct Turn(Arc<Semaphore>);

impl Default for Turn {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// How long a look is good for.
const FRESH: Duration = Duration::from_secs(2);

/// How long an answer waits for a look; then the last one counts, if it is not older than this.
const PATIENCE: Duration = Duration::from_secs(2);
const STALE: Duration = Duration::from_secs(15);

/// Whether the service is ready, as looked at a moment ago at most.
pub(super) async fn look(web: &Web) -> Arc<Readiness> {
    let seen_within = |age: Duration| {
        let seen = web.readiness.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = seen.as_ref().filter(|(at, _)| at.elapsed() < age);
        fresh.map(|(_, ready)| Arc::clone(ready))
    };
    if let Some(ready) = seen_within(FRESH) {
        return ready;
    }
    if let Ok(turn) = web.readiness.looking.0.clone().try_acquire_owned() {
        let web = web.clone();
        // In a task of its own: whoever asked may give up, the look ends once.
        tokio::spawn(async move {
            let seen = Arc::new(readiness::look(&web.app).await);
            // What it saw holds from its end on: however long it took, it does not begin as an old one.
            let seen = Some((Instant::now(), seen));
            *web.readiness.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
            drop(turn);
        });
    }
    let _ = tokio::time::timeout(PATIENCE, web.readiness.looking.0.acquire()).await;
    seen_within(STALE).unwrap_or_default()
}

/// What proxies write into requests.
const FORWARDED: [&str; 6] =
    ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/// Whether names and numbers are for whoever asks: from this machine, past no proxy, or from a network in
/// `web.monitors`. To others they would tell what customers do.
fn may_know(web: &Web, peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let here = peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let direct = !FORWARDED.iter().any(|name| headers.contains_key(*name));
    let origin = rate::origin(peer, headers, &web.config.proxies);
    (here && direct) || among(&web.config.monitors, origin)
}

/// 200 when the database takes writes and a key signs, else 503; the body says what is wrong in words,
/// without details that belong in the log. What stops some keys, or only delays mails or operations,
/// degrades. Details are for those only who [`may_know`].
async fn ready(
    State(web): State<Web>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    let seen = look(&web).await;
    let Readiness { writes, clock, keys, backlog, back_ends, credentials, for_tests, overdue } =
        &*seen;
    let leaving = web.app.stopping.is_leaving();
    let ok = *writes && *clock && *keys && !leaving;
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let say = |ok: bool| if ok { "ok" } else { "not available" };
    let app = &web.app;
    let age_ms = |oldest: Option<crate::domain::instant::Instant>,
                  now: crate::domain::instant::Instant| {
        oldest.map_or(0, |at| now.unix_ms().saturating_sub(at.unix_ms()).max(0))
    };
    let messages_ms = age_ms(backlog.and_then(|it| it.oldest_message), app.steady_now());
    let operations_ms = age_ms(backlog.and_then(|it| it.oldest_operation), app.now());
    let closed = app.circuits.all().len();
    let authorities: Vec<Value> =
        app.authorities.all().map(|it| authority(it, app.now())).collect();
    let away = app.authorities.all().any(|it| it.away().is_some());
    let sources = app.evidence.all();
    let untold = sources.iter().any(|source| source.available.away().is_some());
    let sources: Vec<Value> = sources
        .iter()
        .map(|source| {
            let mut told = available(&source.available, app.now());
            told.insert("address".to_owned(), json!(source.place.url));
            Value::Object(told)
        })
        .collect();
    let mut troubled =
        back_ends.iter().map(|it| it.state).chain(credentials.iter().map(|it| it.state));
    let lists = app.trusted_lists.as_ref().map(TrustedLists::held);
    let lists_troubled = lists.as_ref().is_some_and(|held| held.is_troubled());
    // Sealing goes on, so balancers should send requests here all the same.
    let degraded = closed > 0
        || away
        || untold
        || lists_troubled
        || overdue.is_some_and(|it| it != Overdue::default())
        || (!for_tests.is_empty() && !app.is_for_this_machine)
        || troubled.any(|state| state != KeyState::Ok)
        || messages_ms > app.alarms.queue_age_ms
        || operations_ms > app.alarms.operation_age_ms;
    let back_ends = back_ends.iter().map(|it| {
        json!({ "name": it.name, "kind": it.kind, "state": it.state.as_str(),
            "provenSecondsAgo": seconds_ago(it.proven), "failingSeconds": seconds_ago(it.failing) })
    });
    let credentials = credentials.iter().map(|it| {
        json!({ "alias": it.alias, "backEnd": it.back_end, "state": it.state.as_str(),
            "provenSecondsAgo": seconds_ago(it.proven), "failingSeconds": seconds_ago(it.failing) })
    });
    let mut body = Map::new();
    let mut tell = |members: Value| {
        if let Value::Object(members) = members {
            body.extend(members);
        }
    };
    tell(json!({
        "status": if leaving {
            "stopping"
        } else if ok && degraded {
            "degraded"
        } else {
            say(ok)
        },
        "database": say(*writes),
        "clock": if *clock { "ok" } else { "differs from the database's" },
        "keys": say(*keys),
    }));
    if may_know(&web, peer, &headers) {
        tell(json!({
            "backEnds": back_ends.collect::<Vec<Value>>(),
            "credentials": credentials.collect::<Vec<Value>>(),
            "timestampAuthorities": authorities,
            "revocationSources": sources,
            "ofTestAuthorities": for_tests,
            "trustedLists": lists.as_ref().map(|held| lists_shown(held, app.now())),
            "preservation": preservation_shown(app, *overdue),
            "operationsInWork": app.running.count(),
            "mailServersClosed": closed,
            "oldestMessageSeconds": messages_ms / 1000,
            "oldestOperationSeconds": operations_ms / 1000,
        }));
    }
    (status, Json(body)).into_response()
}

/// How a time-stamp authority is, by what it answered when it was asked last.
fn authority(authority: &TimeAuthority, now: crate::domain::instant::Instant) -> Value {
    let mut told = available(authority.available(), now);
    told.insert("name".to_owned(), json!(authority.tsa.name()));
    Value::Object(told)
}

/// How somebody is, by what they answered when they were asked last.
fn available(available: &Availability, now: crate::domain::instant::Instant) -> Map<String, Value> {
    let away = available.away();
    let failing_ms = away.as_ref().map(|away| now.unix_ms().saturating_sub(away.since.unix_ms()));
    let state = match (away, available.proven()) {
        (Some(_), _) => "failing",
        (None, Some(_)) => "ok",
        (None, None) => "unproven",
    };
    let mut told = Map::new();
    told.insert("state".to_owned(), json!(state));
    told.insert("provenSecondsAgo".to_owned(), json!(seconds_ago(available.proven())));
    let failing = failing_ms.map(|ms| ms.max(0) / 1000);
    told.insert("failingSeconds".to_owned(), json!(failing));
    told
}

/// Whether preserved documents have their evidence, and what is renewed.
fn preservation_shown(app: &App, overdue: Option<Overdue>) -> Value {
    let state = match overdue {
        _ if !preservation::is_on(app) => "off",
        None => "unknown",
        Some(overdue) if overdue == Overdue::default() => "ok",
        Some(_) => "overdue",
    };
    let overdue = overdue.unwrap_or_default();
    json!({
        "state": state,
        "evidenceMissingSince": overdue.evidence.map(crate::domain::instant::Instant::to_rfc3339),
        "notRenewedEnds": overdue.renewal.map(crate::domain::instant::Instant::to_rfc3339),
    })
}

/// What trusted lists are used, and how old they are.
fn lists_shown(held: &HeldLists, now: crate::domain::instant::Instant) -> Value {
    let troubles = held.troubles.iter();
    let troubles = troubles.map(|(whose, reason)| json!({ "territory": whose, "reason": reason }));
    json!({
        "readSecondsAgo": trusted_lists::age_seconds(held.read_at, now),
        "fetchedSecondsAgo": trusted_lists::age_seconds(held.fetched_at, now),
        "lists": held.standings,
        "troubles": troubles.collect::<Vec<Value>>(),
    })
}

/// `null` when it never was.
fn seconds_ago(at: Option<Instant>) -> Option<u64> {
    at.map(|at| at.elapsed().as_secs())
}
