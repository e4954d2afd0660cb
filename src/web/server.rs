//! Listens, answers, and stops cleanly: no new requests, those in work are answered.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::Version;
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::connections::{self, AtWork, ConnectionsConfig, Line, Paced, Pulse, Seat, Seats};
use super::{Web, paths, router};

/// How long to wait after the system refused a connection: for a start, and at most.
const BACK_OFF: Duration = Duration::from_millis(10);
const BACK_OFF_AT_MOST: Duration = Duration::from_secs(1);

/// Requests at once on one connection of HTTP/2.
const STREAMS: u32 = 100;

/// Of an answer on such a connection so much is handed over at once, whatever the client takes of it.
const OFFERED_BYTES: usize = 16 * 1024;

/// What is said to who finds no seat.
const NO_SEAT: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n\
    content-length: 0\r\n\r\n";

/// What all connections share.
struct House {
    router: Router,
    protocol: Protocol,
    limits: ConnectionsConfig,
    seats: Arc<Seats>,
    stop: watch::Receiver<bool>,
}

/// Serves on a bound socket until `stop` changes; returns when every request in work is answered, or
/// when the time is over in which the process has to stop.
///
/// # Errors
/// The process may not open enough files.
pub async fn serve(
    web: Web,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let limits = web.config.connections.clone();
    let most = limits.room(connections::descriptors()).map_err(io::Error::other)?;
    let app = Arc::clone(&web.app);
    let house = Arc::new(House {
        protocol: Protocol::new(&limits, web.config.http2),
        seats: Seats::new(most, limits.most_per_address, web.config.proxies.clone()),
        router: router(web),
        limits,
        stop: stop.clone(),
    });
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept(&house, &listener, &mut connections) => {}
        _ = stop.changed() => {}
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout_at(app.stopping.until(), all).await.is_err() {
        tracing::warn!(left = connections.len(), "connections did not end in time and are closed");
        connections.shutdown().await;
    }
    Ok(())
}

/// What connections speak.
enum Protocol {
    /// HTTP/1.1 alone.
    One(http1::Builder),
    /// HTTP/2 too, when a connection begins with its preface.
    Both(Box<auto::Builder<TokioExecutor>>),
}

impl Protocol {
    fn new(limits: &ConnectionsConfig, http2: bool) -> Self {
        if !http2 {
            let mut builder = http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                // The pulse knows a head that is slow from a connection that rests.
                .header_read_timeout(None)
                .max_headers(limits.headers)
                .max_header_size(limits.head_bytes())
                // Of a body no more is read ahead.
                .max_buf_size(2 * limits.head_bytes());
            return Self::One(builder);
        }
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_headers(limits.headers)
            .max_buf_size(limits.head_bytes());
        let head = u32::try_from(limits.head_bytes()).unwrap_or(u32::MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            // Whoever is gone while its request is in work does not answer.
            .keep_alive_interval(limits.head())
            .keep_alive_timeout(limits.answer_idle())
            .max_header_list_size(head);
        Self::Both(Box::new(builder))
    }
}

/// Takes connections in; never returns.
async fn accept(house: &Arc<House>, listener: &TcpListener, connections: &mut JoinSet<()>) {
    let mut back_off = BACK_OFF;
    let mut full = false;
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_of_one(&error) => continue,
            Err(error) => {
                // Said once, until it is over.
                if back_off == BACK_OFF {
                    tracing::error!(%error, "no connection can be accepted");
                }
                tokio::time::sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF_AT_MOST);
                continue;
            }
        };
        back_off = BACK_OFF;
        while connections.try_join_next().is_some() {}
        let pulse = Pulse::new();
        let Some(seat) = house.seats.take(peer.ip(), &pulse).await else {
            if !full {
                tracing::warn!(%peer, open = connections.len(), "there is no room for a connection");
            }
            full = true;
            let _ = socket.try_write(NO_SEAT);
            continue;
        };
        full = false;
        connections.spawn(connection(Arc::clone(house), socket, peer, pulse, seat));
    }
}

/// Whether only this connection is concerned.
fn is_of_one(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Answers what comes over a connection, until it ends or has to.
async fn connection(
    house: Arc<House>,
    socket: TcpStream,
    peer: SocketAddr,
    pulse: Arc<Pulse>,
    seat: Seat,
) {
    let _ = socket.set_nodelay(true);
    let line = TokioIo::new(Line::new(socket, Arc::clone(&pulse)));
    let (own, felt) = (Arc::clone(&house), Arc::clone(&pulse));
    let answer =
        service_fn(move |request| answer(Arc::clone(&own), Arc::clone(&felt), peer, request));
    match &house.protocol {
        Protocol::One(builder) => {
            let served = builder.serve_connection(line, answer);
            until_over(&house, &pulse, served, http1::Connection::graceful_shutdown).await;
        }
        Protocol::Both(builder) => {
            let served = builder.serve_connection(line, answer);
            until_over(&house, &pulse, served, auto::Connection::graceful_shutdown).await;
        }
    }
    // The socket is closed before another connection takes its place.
    drop(seat);
}

/// Serves a connection until it ends, or has to: it takes too long, or makes place.
async fn until_over<C: Future>(
    house: &House,
    pulse: &Pulse,
    served: C,
    shut_down: impl Fn(Pin<&mut C>),
) {
    let mut stop = house.stop.clone();
    let (mut served, mut over) = (pin!(served), pin!(pulse.ended(&house.limits)));
    let mut stopping = false;
    loop {
        tokio::select! {
            _ = served.as_mut() => return,
            () = over.as_mut() => return,
            _ = stop.changed(), if !stopping => {
                stopping = true;
                shut_down(served.as_mut());
            }
        }
    }
}

async fn answer(
    house: Arc<House>,
    pulse: Arc<Pulse>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let at_work = pulse.begin(request.version() == Version::HTTP_2);
    let mut request = request.map(|body| Body::new(Paced::new(body, &house.limits)));
    // Before the router, because routing looks at the path.
    *request.uri_mut() = paths::tidy(request.uri().clone());
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = house.router.clone().oneshot(request).await?;
    at_work.offers();
    Ok(response.map(|body| Body::new(Answer { body, rest: Bytes::new(), at_work })))
}

/// An answer on its way; its request is in work until it is out.
struct Answer {
    body: Body,
    /// What was not handed over yet of a frame.
    rest: Bytes,
    at_work: AtWork,
}

impl hyper::body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.at_work.shared {
            return Pin::new(&mut self.body).poll_frame(context);
        }
        while self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(octets) => self.rest = octets,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Poll::Pending => {
                    self.at_work.owes();
                    return Poll::Pending;
                }
                ended @ Poll::Ready(_) => return ended,
            }
        }
        self.at_work.offers();
        let length = self.rest.len().min(OFFERED_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let mut hint = self.body.size_hint();
        let upper = hint.upper().map(|upper| upper.saturating_add(rest));
        if let Some(upper) = upper {
            hint.set_upper(upper);
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}
