//! Request bodies: taken in within limits, and read as JSON. What is in them belongs to the surfaces.

use std::fmt::{self, Write as _};
use std::marker::PhantomData;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Web;
use super::portions::HeadTooLarge;
use super::room::OctetPlace;
use super::surface::{NoBody, Surface};
use crate::app::Crowded;
use crate::domain::ids::ClientServiceId;
use crate::domain::refusal::Refusal;

/// The body of a request, at most so many octets, with its place.
pub(super) struct Body<S, const LIMIT: usize>(
    pub(super) Bytes,
    #[expect(dead_code, reason = "kept as long as the body")] OctetPlace<ClientServiceId>,
    PhantomData<fn() -> S>,
);

impl<S: Surface, const LIMIT: usize> FromRequest<Web> for Body<S, LIMIT> {
    type Rejection = S::Problem;

    async fn from_request(request: Request, web: &Web) -> Result<Self, S::Problem> {
        let (parts, mut body) = request.into_parts();
        // The caller's, who is known by now; else of one who has nothing.
        let nobody = ClientServiceId::from_i64(0);
        let whose = parts.extensions.get::<ClientServiceId>().copied().unwrap_or(nobody);
        let mut place = web.bytes.place(whose, 0).await.ok_or(NoBody::NoRoom)?;
        let bytes = read(web, &parts.headers, &mut body, LIMIT, &mut place).await?;
        Ok(Self(bytes, place, PhantomData))
    }
}

impl<S, const LIMIT: usize> Body<S, LIMIT> {
    /// Whether nothing was said.
    pub(super) fn is_blank(&self) -> bool {
        self.0.iter().all(u8::is_ascii_whitespace)
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// The refusal that names the member.
    pub(super) fn object<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Refusal> {
        object(&self.0)
    }
}

/// Takes a body of JSON in, without the byte order mark that some put before it (RFC 8259, 8.1). The
/// place grows with what comes.
///
/// # Errors
/// [`NoBody`]; what was not read of the body is left.
pub(super) async fn read(
    web: &Web,
    headers: &HeaderMap,
    body: &mut axum::body::Body,
    limit: usize,
    place: &mut OctetPlace<ClientServiceId>,
) -> Result<Bytes, NoBody> {
    unpacked(headers)?;
    let patience = Duration::from_millis(web.config.request_timeout_ms);
    let collected = tokio::time::timeout(patience, collect(body, limit, place)).await;
    text(headers, collected.unwrap_or(Err(NoBody::Unfinished))?)
}

/// Whether a body is as it is, under no coding.
///
/// # Errors
/// [`NoBody::Coding`].
pub(super) fn unpacked(headers: &HeaderMap) -> Result<(), NoBody> {
    let codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let codings = codings.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    let other = |coding: &&str| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity");
    match codings.map(str::trim).find(other) {
        None => Ok(()),
        Some(coding) => Err(NoBody::Coding(shown(coding))),
    }
}

/// The text without its byte order mark. JSON is UTF-8 whatever is said about it (RFC 8259, 8.1), so
/// another charset may be named for what is the same in it: ASCII.
fn text(headers: &HeaderMap, bytes: Bytes) -> Result<Bytes, NoBody> {
    if let [0xfe, 0xff, ..] | [0xff, 0xfe, ..] = &bytes[..] {
        return Err(NoBody::Charset("UTF-16".to_owned()));
    }
    let mark = bytes.starts_with(b"\xef\xbb\xbf");
    let text = if mark { bytes.slice(3..) } else { bytes };
    let Some(charset) = charset(headers) else { return Ok(text) };
    let utf8 = ["utf-8", "utf8", "us-ascii", "ascii"].contains(&charset.as_str());
    let wide = ["utf-16", "utf-32", "ucs-2", "ucs-4"].iter().any(|it| charset.starts_with(it));
    if utf8 || (!wide && text.is_ascii()) {
        Ok(text)
    } else {
        Err(NoBody::Charset(shown(&charset)))
    }
}

fn charset(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let parameters = kind.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut charsets = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charsets.next().map(|(_, value)| value.trim().trim_matches('"').to_ascii_lowercase())
}

fn shown(word: &str) -> String {
    word.chars().filter(char::is_ascii_graphic).take(40).collect()
}

async fn collect(
    body: &mut axum::body::Body,
    limit: usize,
    place: &mut OctetPlace<ClientServiceId>,
) -> Result<Bytes, NoBody> {
    let mut gathered = Gathered::default();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| NoBody::Unfinished)?;
        let Ok(piece) = frame.into_data() else { continue };
        if gathered.octets.len() + piece.len() > limit {
            return Err(NoBody::TooLarge(limit));
        }
        gathered.add(&piece, place).await?;
    }
    Ok(gathered.octets.into())
}

/// Why parts of a form do not come (RFC 7578).
pub(super) fn broken<P: From<NoBody> + From<Refusal>>(web: &Web, error: multer::Error) -> P {
    let malformed = |detail: String| P::from(Refusal::MultipartMalformed { detail });
    match error {
        multer::Error::StreamReadFailed(error) if error.is::<LengthLimitError>() => {
            NoBody::TooLarge(web.config.body_limit_bytes).into()
        }
        multer::Error::StreamReadFailed(error) if error.is::<HeadTooLarge>() => {
            malformed(error.to_string())
        }
        multer::Error::StreamReadFailed(_) => NoBody::Unfinished.into(),
        other => malformed(other.to_string()),
    }
}

/// Octets gathered as they come. Before there are more of them, their place grows.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) octets: Vec<u8>,
    /// What the place holds beside these.
    pub(super) others: usize,
}

impl Gathered {
    /// Copies a piece: one that is kept would keep the buffer alive that it was read into.
    ///
    /// # Errors
    /// [`NoBody::NoRoom`].
    pub(super) async fn add(
        &mut self,
        piece: &[u8],
        place: &mut OctetPlace<ClientServiceId>,
    ) -> Result<(), NoBody> {
        let (length, capacity) = (self.octets.len(), self.octets.capacity());
        let needed = length + piece.len();
        if needed > capacity {
            // Half as much again, so that not every piece is copied once more for each that follows.
            let larger = needed.max(capacity + capacity / 2);
            let held = place.hold(self.others.saturating_add(larger)).await;
            held.map_err(|Crowded| NoBody::NoRoom)?;
            self.octets.reserve_exact(larger - length);
        }
        self.octets.extend_from_slice(piece);
        Ok(())
    }
}

/// Members that nobody knows are told of up to so many.
const UNKNOWN: usize = 1000;

/// Reads a JSON object.
///
/// # Errors
/// The refusal that names the member.
pub(super) fn object<'a, T: Deserialize<'a>>(octets: &'a [u8]) -> Result<T, Refusal> {
    object_at("", octets, |_| {})
}

/// Reads the JSON object that stands at a place in the body, and tells the members in it that nobody
/// knows.
///
/// # Errors
/// The refusal that names the member.
pub(super) fn object_at<'a, T: Deserialize<'a>>(
    place: &str,
    octets: &'a [u8],
    mut unknown: impl FnMut(Member),
) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(octets);
    let mut left = UNKNOWN;
    let mut ignored = |path: serde_ignored::Path<'_>| {
        if left > 0 {
            left -= 1;
            unknown(Member::at(&path));
        }
    };
    let watched = serde_ignored::Deserializer::new(&mut reader, &mut ignored);
    let parsed = serde_path_to_error::deserialize::<_, JsonObject<_>>(watched)
        .map_err(|error| refusal(place, &error.path().to_string(), error.inner()))?;
    reader.end().map_err(|error| Refusal::JsonMalformed { detail: error.to_string() })?;
    Ok(parsed.0)
}

/// A member that nobody knows.
pub struct Member {
    /// Where the object is that has it, in the form `signatureInfo.visibleSignatureInfo`; empty for the
    /// outermost.
    pub parent: String,
    /// Its name.
    pub name: String,
}

impl Member {
    fn at(path: &serde_ignored::Path<'_>) -> Self {
        let mut whole = Self { parent: String::new(), name: String::new() };
        whole.walk(path);
        whole
    }

    fn walk(&mut self, path: &serde_ignored::Path<'_>) {
        use serde_ignored::Path;
        match path {
            Path::Root => {}
            Path::Seq { parent, index } => {
                self.walk(parent);
                let _ = write!(self.name, "[{index}]");
            }
            Path::Map { parent, key } => {
                self.walk(parent);
                let below = std::mem::replace(&mut self.name, key.clone());
                self.parent = join(&self.parent, &below);
            }
            Path::Some { parent }
            | Path::NewtypeStruct { parent }
            | Path::NewtypeVariant { parent } => self.walk(parent),
        }
    }
}

fn join(parent: &str, name: &str) -> String {
    match (parent, name) {
        ("", name) => name.to_owned(),
        (parent, "" | ".") => parent.to_owned(),
        (parent, name) => format!("{parent}.{name}"),
    }
}

/// What is wrong with the JSON at a place, by the member it is wrong at.
fn refusal(place: &str, path: &str, error: &serde_json::Error) -> Refusal {
    // Said by who read a part of it by itself.
    let nested = error.to_string().starts_with("recursion limit exceeded");
    if nested || !error.is_data() {
        return Refusal::JsonMalformed { detail: error.to_string() };
    }
    let path = join(place, if path == "." { "" } else { path });
    let text = error.to_string();
    // Said of the object, meant of a member: its name is all between the first two backticks.
    let mut parts = text.split('`');
    match (parts.next().unwrap_or_default(), parts.next()) {
        ("missing field ", Some(name)) => {
            return Refusal::MemberMissing { path: join(&path, name) };
        }
        ("unknown field ", Some(name)) => {
            let expected = format!("left out; known here are {}", known(&text));
            return Refusal::MemberInvalid { path: join(&path, name), expected };
        }
        ("duplicate field ", Some(name)) => {
            let expected = "there once; it is there twice".to_owned();
            return Refusal::MemberInvalid { path: join(&path, name), expected };
        }
        _ => {}
    }
    let path = if path.is_empty() { "the body".to_owned() } else { path };
    Refusal::MemberInvalid { path, expected: expectation(&text) }
}

/// The names that `unknown field `x`, expected one of `a`, `b` at line 1` knows.
fn known(text: &str) -> String {
    text.split('`').skip(3).step_by(2).collect::<Vec<_>>().join(", ")
}

/// `invalid type: integer `5`, expected a string at line 1 column 30` without what repeats content.
fn expectation(text: &str) -> String {
    let expected = text.split_once("expected ").map_or(text, |(_, rest)| rest);
    expected.split(" at line").next().unwrap_or(expected).to_owned()
}

/// A value that must be a JSON object. Derived code would also take a list of the members' values.
pub(super) struct JsonObject<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = JsonObject<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(JsonObject)
    }
}

/// A member that is an object, when it is there.
pub(super) fn member<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<JsonObject<T>>::deserialize(deserializer)?.map(|object| object.0))
}

/// A list of which no more than `MOST` items are kept while it is read, however long it is: what is short
/// on the wire may be large in memory.
pub(super) struct Few<T, const MOST: usize> {
    pub(super) items: Vec<T>,
    /// How many there are.
    pub(super) count: usize,
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FewVisitor(PhantomData))
    }
}

struct FewVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for FewVisitor<T, MOST> {
    type Value = Few<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < MOST {
            match list.next_element()? {
                Some(item) => items.push(item),
                None => {
                    let count = items.len();
                    return Ok(Few { items, count });
                }
            }
        }
        let mut count = items.len();
        // Not passed over as what nobody knows: that would be told of each of them.
        while list.next_element::<&RawValue>()?.is_some() {
            count += 1;
        }
        Ok(Few { items, count })
    }
}

/// A member that is a list of objects, when it is there.
pub(super) fn members<'de, D, T, const MOST: usize>(
    deserializer: D,
) -> Result<Option<Few<T, MOST>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let objects = Option::<Few<JsonObject<T>, MOST>>::deserialize(deserializer)?;
    Ok(objects.map(|objects| Few {
        items: objects.items.into_iter().map(|object| object.0).collect(),
        count: objects.count,
    }))
}
