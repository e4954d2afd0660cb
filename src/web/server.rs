//! Listens, answers, and stops cleanly: no new requests, those in work are answered.

use std::net::SocketAddr;

use axum::ServiceExt;
use axum::extract::Request;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::Layer as _;
use tower::util::MapRequestLayer;

use super::{Web, paths, router};

/// Serves on a bound socket until `stop` changes; returns when every request in work is answered.
pub async fn serve(
    web: Web,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<()> {
    // Outside of the router, because routing looks at the path.
    let tidy = MapRequestLayer::new(|mut request: Request| {
        *request.uri_mut() = paths::tidy(request.uri().clone());
        request
    });
    let service = tidy.layer(router(web));
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(service);
    axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            let _ = stop.changed().await;
        })
        .await
}
