//! Is the process alive, and can it work? For load balancers and the person on duty.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use super::Web;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/livez", get(live)).route("/readyz", get(ready))
}

async fn live() -> &'static str {
    "ok"
}

/// 200 when the database answers and a key back-end can sign, else 503; the body says what is wrong
/// in words, without details that belong in the log.
async fn ready(State(web): State<Web>) -> Response {
    let database = web.app.reader.ping().await;
    let keys = web.app.keyring.health().await;
    let keys_ok = keys.iter().any(|backend| backend.state.is_ok());
    let ok = database.is_ok() && keys_ok;
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let say = |ok: bool| if ok { "ok" } else { "not available" };
    let body = json!({
        "status": say(ok),
        "database": say(database.is_ok()),
        "keys": say(keys_ok),
        "operationsInWork": web.app.running.count(),
    });
    (status, Json(body)).into_response()
}
