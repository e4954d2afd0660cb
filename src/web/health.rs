//! Is the process alive, and can it work? For load balancers and the person on duty.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::Semaphore;

use super::Web;
use crate::store::alarms::Backlog;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready))
}

async fn live() -> &'static str {
    "ok"
}

/// Readiness as last looked at. Anybody may ask; tokens and database are asked once in a while, and
/// never a second time while the first does not answer.
#[derive(Default)]
pub(super) struct Readiness {
    seen: Mutex<Option<(Instant, Ready)>>,
    looking: Turn,
}

/// What is ready.
#[derive(Clone, Copy, Default)]
struct Ready {
    database: bool,
    keys: bool,
    /// `None` when the database did not say.
    backlog: Option<Backlog>,
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

/// How long an answer waits for a look.
const PATIENCE: Duration = Duration::from_secs(2);

async fn look(web: &Web) -> Ready {
    let fresh = || {
        let seen = web.readiness.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.filter(|(at, _)| at.elapsed() < FRESH).map(|(_, ready)| ready)
    };
    if let Some(ready) = fresh() {
        return ready;
    }
    if let Ok(turn) = web.readiness.looking.0.clone().try_acquire_owned() {
        let web = web.clone();
        // In a task of its own: whoever asked may give up, the look ends once.
        tokio::spawn(async move {
            let database = web.app.reader.ping().await.is_ok();
            let backlog = web.app.reports.backlog().await.ok();
            let back_ends = web.app.keyring.health().await;
            let keys = back_ends.iter().any(|backend| backend.state.is_ok());
            let seen = Some((Instant::now(), Ready { database, keys, backlog }));
            *web.readiness.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
            drop(turn);
        });
    }
    let _ = tokio::time::timeout(PATIENCE, web.readiness.looking.0.acquire()).await;
    fresh().unwrap_or_default()
}

/// 200 when the database answers and a key back-end can sign, else 503; the body says what is wrong
/// in words, without details that belong in the log. What only delays mails or operations degrades.
async fn ready(State(web): State<Web>) -> Response {
    let Ready { database, keys, backlog } = look(&web).await;
    let ok = database && keys;
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let say = |ok: bool| if ok { "ok" } else { "not available" };
    let app = &web.app;
    let age_ms = |oldest: Option<crate::domain::instant::Instant>| {
        oldest.map_or(0, |at| app.now().unix_ms().saturating_sub(at.unix_ms()).max(0))
    };
    let messages_ms = age_ms(backlog.and_then(|it| it.oldest_message));
    let operations_ms = age_ms(backlog.and_then(|it| it.oldest_operation));
    let closed = app.circuits.all().len();
    // Sealing goes on, so balancers should send requests here all the same.
    let degraded = closed > 0
        || messages_ms > app.alarms.queue_age_ms
        || operations_ms > app.alarms.operation_age_ms;
    let body = json!({
        "status": if ok && degraded { "degraded" } else { say(ok) },
        "database": say(database),
        "keys": say(keys),
        "operationsInWork": app.running.count(),
        "mailServersClosed": closed,
        "oldestMessageSeconds": messages_ms / 1000,
        "oldestOperationSeconds": operations_ms / 1000,
    });
    (status, Json(body)).into_response()
}
