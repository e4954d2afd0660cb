//! Large answers on their way: they keep their place in memory until the last octet is with the receiver,
//! and who does not read is given up.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::channel::Channel;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Web;
use super::room::OctetPlace;
use crate::app::Party;

/// The receiver has to take one piece in the time that an answer may wait; about 1 kB/s.
const PIECE_BYTES: usize = 64 * 1024;

/// What RFC 8187 lets a name in a header say as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The answer that is saved as a file. It keeps its place until it is read.
pub(super) fn file<P: Party>(
    web: &Web,
    name: &str,
    content_type: String,
    bytes: Vec<u8>,
    place: OctetPlace<P>,
) -> Response {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._ ()".contains(c) { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    // RFC 6266: the second name is for readers that know it.
    let disposition = format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    let octets = HeaderValue::from_static("application/octet-stream");
    let mut response = large(web, bytes, place);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::try_from(content_type).unwrap_or(octets));
    if let Ok(disposition) = HeaderValue::try_from(disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// A large answer. It keeps its place until it is read; who takes nothing for a while is given up: the
/// bytes and the place are free then, and the connection ends without the rest.
pub(super) fn large<P: Party>(web: &Web, bytes: Vec<u8>, place: OctetPlace<P>) -> Response {
    let length = bytes.len();
    let mut response =
        body_within(bytes, place, web.config.connections.answer_idle()).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn body_within<P: Party>(bytes: Vec<u8>, mut place: OctetPlace<P>, idle: Duration) -> Body {
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
                    tracing::info!("an answer is given up: its receiver takes nothing");
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
    use crate::web::room::OctetRoom;

    /// Nobody waits that long for a place that gets free.
    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn an_answer_keeps_its_place_until_it_is_read_or_given_up() -> Result<(), io::Error> {
        let room = OctetRoom::new(8 << 20, SOON);
        let place = async || room.place('a', 4 << 20).await.ok_or(io::ErrorKind::Other);
        let free = async || {
            while room.spare() < 8 << 20 {
                tokio::task::yield_now().await;
            }
        };
        let all = async || tokio::time::timeout(SOON, free()).await.is_ok();
        let bytes = vec![7; 1 << 20];

        let read = body_within(bytes.clone(), place().await?, SOON);
        assert_eq!(room.spare(), 7 << 20, "what the archive was made from is gone");
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
