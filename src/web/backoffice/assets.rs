//! Style and scripts of every page. They are the same for everybody and hold no secret, so that they are packed for
//! browsers that unpack; pages are not, which hold what a person may see beside what an address says.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::frame::{HTMX, KEYS, PASSKEYS, STYLE};

/// One of them, as it is and packed.
struct OfficeAsset {
    kind: &'static str,
    text: &'static str,
    /// Empty where packing failed.
    packed: Bytes,
}

static STYLE_SHEET: LazyLock<OfficeAsset> =
    LazyLock::new(|| OfficeAsset::of("text/css; charset=utf-8", STYLE));
static HTMX_SCRIPT: LazyLock<OfficeAsset> = LazyLock::new(|| OfficeAsset::of(SCRIPT, HTMX));
static KEYS_SCRIPT: LazyLock<OfficeAsset> = LazyLock::new(|| OfficeAsset::of(SCRIPT, KEYS));
static PASSKEYS_SCRIPT: LazyLock<OfficeAsset> = LazyLock::new(|| OfficeAsset::of(SCRIPT, PASSKEYS));

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) async fn style(headers: HeaderMap) -> Response {
    STYLE_SHEET.answer(&headers)
}

pub(super) async fn htmx(headers: HeaderMap) -> Response {
    HTMX_SCRIPT.answer(&headers)
}

pub(super) async fn keys(headers: HeaderMap) -> Response {
    KEYS_SCRIPT.answer(&headers)
}

pub(super) async fn passkeys(headers: HeaderMap) -> Response {
    PASSKEYS_SCRIPT.answer(&headers)
}

impl OfficeAsset {
    fn of(kind: &'static str, text: &'static str) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let packed = gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish());
        Self { kind, text, packed: packed.unwrap_or_default().into() }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let unpacks = accepts_gzip(headers) && !self.packed.is_empty();
        let own = Bytes::from_static(self.text.as_bytes());
        let octets = if unpacks { self.packed.clone() } else { own };
        let mut response = octets.into_response();
        let about = response.headers_mut();
        let mut say = |name: HeaderName, value| about.insert(name, HeaderValue::from_static(value));
        say(header::CONTENT_TYPE, self.kind);
        say(header::CACHE_CONTROL, "public, max-age=3600");
        say(header::VARY, "accept-encoding");
        if unpacks {
            say(header::CONTENT_ENCODING, "gzip");
        }
        response
    }
}

/// Whether gzip is named, and not with a weight of nothing (RFC 9110, 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut codings = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.split(','));
    codings.any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let mut weights = parts.filter_map(|part| part.strip_prefix("q="));
        named && weights.all(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}
