//! Taking in large requests: a place for each, and the rest of those that are refused.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::Web;
use super::room::OctetPlace;
use super::surface::NoBody;
use crate::app::Share;
use crate::domain::ids::ClientServiceId;

/// How much of a refused body is taken in (at least; up to the body limit), and for how long.
const HEAR_OUT_BYTES: usize = 16 * 1024 * 1024;
const HEAR_OUT: Duration = Duration::from_secs(10);

/// Waits for a place for the request, and one for its octets, which grows as they come: what a client
/// says it will send takes nothing from others.
///
/// # Errors
/// [`NoBody`].
pub(super) async fn place(
    web: &Web,
    headers: &HeaderMap,
    party: ClientServiceId,
) -> Result<(Share<ClientServiceId>, OctetPlace<ClientServiceId>), NoBody> {
    let limit = web.config.body_limit_bytes;
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        return Err(NoBody::TooLarge(limit));
    }
    let request = web.requests.take_within(party, 1, web.place_wait()).await;
    let request = request.ok_or(NoBody::NoRoom)?;
    let bytes = web.bytes.place(party, 0).await.ok_or(NoBody::NoRoom)?;
    Ok((request, bytes))
}

/// Takes in the rest of a body that nobody wants, within limits, and throws it away. Most clients send
/// all before they listen: closing the connection earlier would reset it, and the answer with it.
pub(super) async fn hear_out(web: &Web, body: &mut Body) {
    let mut left = web.config.body_limit_bytes.max(HEAR_OUT_BYTES);
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    let _ = tokio::time::timeout(HEAR_OUT, rest).await;
}
