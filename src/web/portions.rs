//! The body of a form as its reader gets it: a little at a time, and before there is a part only so much as
//! a head may have. By itself the reader keeps whatever comes until it finds a part.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use http_body_util::Limited;
use hyper::body::Frame;

/// What may stand before the first part, or in the head of one.
pub(super) const HEAD_BYTES: usize = 16 * 1024;

/// The reader gets no more at once.
const PORTION_BYTES: usize = 16 * 1024;

/// The most that the reader keeps: what is left of a portion, and a head, in a buffer that grows by
/// doubling.
pub(super) const KEPT_BYTES: usize = 2 * (PORTION_BYTES + HEAD_BYTES);

/// More came than a head may have, and no part.
#[derive(Debug, thiserror::Error)]
#[error("there are more than {HEAD_BYTES} octets before a part, or in its headers")]
pub(super) struct HeadTooLarge;

/// How many octets more the reader may get.
#[derive(Clone, Default)]
pub(super) struct Allowance(Arc<Mutex<usize>>);

impl Allowance {
    /// From here on a part has to be found.
    pub(super) fn head(&self) {
        *self.left() = HEAD_BYTES;
    }

    /// What comes is taken out as it comes.
    pub(super) fn content(&self) {
        *self.left() = usize::MAX;
    }

    /// As many of so many as are left.
    fn take(&self, wanted: usize) -> usize {
        let mut left = self.left();
        let taken = wanted.min(*left);
        *left -= taken;
        taken
    }

    fn left(&self) -> MutexGuard<'_, usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body in portions. After each the reader has to look at it: it would go on taking as long as there is
/// something.
pub(super) struct Portions<'a> {
    body: Limited<&'a mut Body>,
    allowance: Allowance,
    rest: Bytes,
    looks: bool,
}

impl<'a> Portions<'a> {
    pub(super) fn new(body: Limited<&'a mut Body>, allowance: Allowance) -> Self {
        Self { body, allowance, rest: Bytes::new(), looks: false }
    }
}

impl HttpBody for Portions<'_> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if std::mem::take(&mut self.looks) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                // Trailers say nothing of a form.
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let wanted = self.rest.len().min(PORTION_BYTES);
        let length = self.allowance.take(wanted);
        if length == 0 {
            return Poll::Ready(Some(Err(HeadTooLarge.into())));
        }
        self.looks = true;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }
}
