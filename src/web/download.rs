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
    let octets = HeaderValue::from_static("application/octet-stream");
    let content_type = HeaderValue::try_from(content_type).unwrap_or(octets);
    named(web, ("attachment", name), content_type, bytes, place)
}

/// The answer that the browser shows with what it has for its type. It keeps its place until it is read.
pub(super) fn shown<P: Party>(
    web: &Web,
    name: &str,
    content_type: &'static str,
    bytes: Vec<u8>,
    place: OctetPlace<P>,
) -> Response {
    named(web, ("inline", name), HeaderValue::from_static(content_type), bytes, place)
}

fn named<P: Party>(
    web: &Web,
    (disposition, name): (&str, &str),
    content_type: HeaderValue,
    bytes: Vec<u8>,
    place: OctetPlace<P>,
) -> Response {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._ ()".contains(c) { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let encoded = utf8_percent_encode(name, PLAIN);
    // RFC 6266: the second name is for readers that know it.
    let disposition = format!("{disposition}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    let mut response = large(web, bytes, place);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
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

/// The octets in pieces, each taken within `idle`, or the rest is given up. The place is made as large as they
/// are, and free again when the last piece is taken or nobody takes any more.
pub fn body_within<P: Party>(bytes: Vec<u8>, mut place: OctetPlace<P>, idle: Duration) -> Body {
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
