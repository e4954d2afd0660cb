//! Downloads on their way: they take a place in memory of their own, until the last octet is with the
//! receiver, so that slow receivers keep out other receivers at most and never who has documents
//! sealed.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::Channel;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::units;

/// How long a download waits for its bytes to have a place in memory.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a receiver may take for one piece; about 4 kB/s.
const IDLE: Duration = Duration::from_mins(1);
const PIECE_BYTES: usize = 256 * 1024;
/// Downloads get this part of what requests get.
const SHARE: usize = 4;

/// What RFC 8187 lets a name in a header say as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Room for downloads, beside that of requests.
pub(super) struct Downloads {
    whole: usize,
    free: Arc<Semaphore>,
}

impl Downloads {
    pub(super) fn new(bytes_in_flight: usize) -> Self {
        let whole = units(bytes_in_flight / SHARE).max(1);
        Self { whole, free: Arc::new(Semaphore::new(whole)) }
    }
}

/// Room for a download; free again when it is dropped.
pub(super) struct DownloadPlace(OwnedSemaphorePermit);

impl DownloadPlace {
    /// Waits for room. What is larger than all room takes all of it: such downloads go one by one.
    pub(super) async fn among(downloads: &Downloads, length: u64) -> Option<Self> {
        let wanted = units(usize::try_from(length).unwrap_or(usize::MAX)).min(downloads.whole);
        let permits = u32::try_from(wanted).unwrap_or(u32::MAX);
        let place = Arc::clone(&downloads.free).acquire_many_owned(permits);
        tokio::time::timeout(PATIENCE, place).await.ok().and_then(Result::ok).map(Self)
    }

    /// Gives back what is not needed for so many octets.
    fn shrink(&mut self, length: usize) {
        let surplus = self.0.num_permits().saturating_sub(units(length));
        drop(self.0.split(surplus));
    }
}

/// The answer that is saved as a file. It keeps its place until it is read.
pub(super) fn file(
    name: &str,
    content_type: String,
    bytes: Vec<u8>,
    place: DownloadPlace,
) -> Response {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._ ()".contains(c) { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    // RFC 6266: the second name is for readers that know it.
    let disposition = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    let octets = HeaderValue::from_static("application/octet-stream");
    let length = bytes.len();
    let mut response = body(bytes, place).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(content_type).unwrap_or(octets));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A body that keeps its place until it is read. Who takes nothing for a minute is given up: the bytes
/// and the place are free then, and the connection ends without the rest.
fn body(bytes: Vec<u8>, place: DownloadPlace) -> Body {
    body_within(bytes, place, IDLE)
}

fn body_within(bytes: Vec<u8>, mut place: DownloadPlace, idle: Duration) -> Body {
    place.shrink(bytes.len());
    let (mut pieces, body) = Channel::<Bytes, io::Error>::new(1);
    tokio::spawn(async move {
        for piece in bytes.chunks(PIECE_BYTES) {
            // A copy: what waits in the connection must not hold the whole.
            let taken = pieces.send_data(Bytes::copy_from_slice(piece));
            match tokio::time::timeout(idle, taken).await {
                Ok(Ok(())) => {}
                // The receiver went away.
                Ok(Err(_)) => break,
                Err(_) => {
                    tracing::info!("a download is given up: its receiver takes nothing");
                    pieces.abort(io::ErrorKind::TimedOut.into());
                    break;
                }
            }
        }
        drop(place);
    });
    Body::new(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody waits that long for a place that gets free.
    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn a_download_keeps_its_place_until_it_is_read_or_given_up() -> Result<(), io::Error> {
        let downloads = Downloads::new(8 << 20);
        let all =
            async || tokio::time::timeout(SOON, downloads.free.acquire_many(32)).await.is_ok();
        let place =
            async || DownloadPlace::among(&downloads, 4 << 20).await.ok_or(io::ErrorKind::Other);
        let bytes = vec![7; 1 << 20];

        let read = body_within(bytes.clone(), place().await?, SOON);
        assert_eq!(
            downloads.free.available_permits(),
            16,
            "what the archive was made from is gone"
        );
        let whole = axum::body::to_bytes(read, usize::MAX).await.map_err(io::Error::other)?;
        assert_eq!(whole, bytes);
        assert!(all().await);

        drop(body_within(bytes.clone(), place().await?, SOON));
        assert!(all().await, "the receiver went away");

        let slow = body_within(bytes, place().await?, Duration::from_millis(20));
        assert!(all().await, "given up");
        assert!(
            axum::body::to_bytes(slow, usize::MAX).await.is_err(),
            "not mistaken for the whole"
        );
        Ok(())
    }
}
