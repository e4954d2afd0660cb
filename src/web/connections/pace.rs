//! Bodies on their way in. A client has some time for free and has to send at a pace after it; time in
//! which nobody reads is not counted. Whoever sends a body in very many small pieces is read with rests: a piece
//! costs the same whether it has one octet or thousands.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use super::ConnectionsConfig;

/// A piece of so many octets or more costs no rest.
const PIECE: u64 = 64;

/// After so many pieces too many nothing is read for a moment.
const PIECES: u64 = 256;

/// The moment.
const REST: Duration = Duration::from_millis(10);

/// A body that ends with an error when its client is too slow.
pub(in crate::web) struct Paced {
    body: Incoming,
    grace: Duration,
    bytes_per_second: u64,
    received: u64,
    /// Pieces until the next rest; what was received brings more.
    pieces: u64,
    resting: Option<Pin<Box<Sleep>>>,
    /// For how long the client was waited for, before now.
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Whether it was waited for long enough.
    given_up: bool,
}

impl Paced {
    pub(in crate::web) fn new(body: Incoming, limits: &ConnectionsConfig) -> Self {
        Self {
            body,
            grace: Duration::from_millis(limits.body_grace_ms),
            bytes_per_second: limits.body_bytes_per_second.max(1),
            received: 0,
            pieces: PIECES,
            resting: None,
            waited: Duration::ZERO,
            waiting: None,
            given_up: false,
        }
    }

    /// A piece of so many octets came.
    fn count(&mut self, octets: u64) {
        self.received += octets;
        let brought = octets / PIECE;
        self.pieces = self.pieces.saturating_add(brought).min(PIECES).saturating_sub(1);
        if self.pieces == 0 {
            self.pieces = PIECES;
            self.resting = Some(Box::pin(tokio::time::sleep(REST)));
        }
    }

    /// How long the client may be waited for in all, for what it has sent so far.
    fn allowed(&self) -> Duration {
        let sent = self.received.saturating_mul(1000) / self.bytes_per_second;
        self.grace.saturating_add(Duration::from_millis(sent))
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.given_up {
            return Poll::Ready(None);
        }
        if let Some(rest) = &mut this.resting {
            ready!(rest.as_mut().poll(context));
            this.resting = None;
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            if let Some((since, _)) = this.waiting.take() {
                this.waited += since.elapsed();
            }
            let length =
                frame.as_ref().and_then(|frame| Some(frame.as_ref().ok()?.data_ref()?.len()));
            let length = length.and_then(|length| u64::try_from(length).ok());
            this.count(length.unwrap_or_default());
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let left = this.allowed().saturating_sub(this.waited);
        let (_, over) = this.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(tokio::time::sleep_until(now + left)))
        });
        ready!(over.as_mut().poll(context));
        this.given_up = true;
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.given_up || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
