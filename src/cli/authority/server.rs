//! The authority over HTTP, on this machine.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::answers::{AuthorityAnswer, answer};
use super::issuing::LocalAuthority;

/// Connections at once.
const CONNECTIONS: usize = 64;

/// Octets of a request at most.
const BODY: usize = 64 * 1024;

/// How long a head may take, and a body.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long to wait after the system refused a connection.
const BACK_OFF: Duration = Duration::from_millis(50);

/// Answers until it is aborted.
pub(in crate::cli) fn start(authority: LocalAuthority, listener: TcpListener) -> JoinHandle<()> {
    let authority = Arc::new(authority);
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    tokio::spawn(async move {
        // It is never closed.
        while let Ok(seat) = Arc::clone(&seats).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(BACK_OFF).await;
                continue;
            };
            let authority = Arc::clone(&authority);
            tokio::spawn(async move {
                converse(stream, &authority).await;
                drop(seat);
            });
        }
    })
}

async fn converse(stream: TcpStream, authority: &LocalAuthority) {
    let service = service_fn(|request| async move {
        let answer = answered(authority, request).await;
        Ok::<_, Infallible>(response(answer))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to the test authority ended");
    }
}

async fn answered(authority: &LocalAuthority, request: Request<Incoming>) -> AuthorityAnswer {
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(PATIENCE, Limited::new(body, BODY).collect()).await;
    match body {
        Ok(Ok(body)) => {
            answer(authority, head.method.as_str(), head.uri.path(), &body.to_bytes()).await
        }
        Ok(Err(_)) => AuthorityAnswer::words(413, "a request has 64 KiB at most"),
        Err(_) => AuthorityAnswer::words(408, "the request took too long"),
    }
}

fn response(answer: AuthorityAnswer) -> Response<Full<Bytes>> {
    let built = Response::builder()
        .status(answer.status)
        .header(CONTENT_TYPE, answer.kind)
        .header(CACHE_CONTROL, "no-store")
        .body(Full::new(Bytes::from(answer.body)));
    built.unwrap_or_default()
}
