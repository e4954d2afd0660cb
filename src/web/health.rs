//! Is the process alive, and can it work? For load balancers and the person on duty.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tokio::sync::Mutex;

use super::Web;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready))
}

async fn live() -> &'static str {
    "ok"
}

/// Readiness as last looked at. Anybody may ask; tokens and database are asked once in a while.
pub(super) type Readiness = Mutex<Option<(Instant, Ready)>>;

/// What is ready.
#[derive(Clone, Copy)]
pub(super) struct Ready {
    database: bool,
    keys: bool,
}

/// How long a look is good for.
const FRESH: Duration = Duration::from_secs(2);

async fn look(web: &Web) -> Ready {
    // Held while looking, so that many who ask at once look once.
    let mut last = web.readiness.lock().await;
    match *last {
        Some((seen, ready)) if seen.elapsed() < FRESH => ready,
        _ => {
            let database = web.app.reader.ping().await.is_ok();
            let back_ends = web.app.keyring.health().await;
            let keys = back_ends.iter().any(|backend| backend.state.is_ok());
            let ready = Ready { database, keys };
            *last = Some((Instant::now(), ready));
            ready
        }
    }
}

/// 200 when the database answers and a key back-end can sign, else 503; the body says what is wrong
/// in words, without details that belong in the log.
async fn ready(State(web): State<Web>) -> Response {
    let Ready { database, keys } = look(&web).await;
    let ok = database && keys;
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let say = |ok: bool| if ok { "ok" } else { "not available" };
    let body = json!({
        "status": say(ok),
        "database": say(database),
        "keys": say(keys),
        "operationsInWork": web.app.running.count(),
    });
    (status, Json(body)).into_response()
}
