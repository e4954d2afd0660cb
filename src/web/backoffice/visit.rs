//! One request for a page: who asks, from where, in which language; and how it is answered.

use std::net::{IpAddr, SocketAddr};

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};

use super::frame::{self, Notice, NoticePage, OfficeFrame};
use super::signed_in::SignedIn;
use super::{ROOT, address_of};
use crate::domain::audit::Actor;
use crate::domain::language::Language;
use crate::domain::sources::sources;
use crate::letters::{OfficeWords, office_words};
use crate::web::{Web, paths, request_id};
use crate::workflow::people::Doer;
use crate::workflow::people::challenges;
use crate::workflow::people::sessions::Stay;
use crate::workflow::{Error, portal};

/// How long who finds no place is told to wait.
const BUSY_SECONDS: u64 = 5;

/// What scripts of pages say of their requests.
const SCRIPTED: &str = "hx-request";

/// One request.
#[derive(Clone)]
pub(super) struct OfficeVisit {
    pub(super) web: Web,
    pub(super) address: IpAddr,
    pub(super) who: Option<SignedIn>,
    /// By what a browser is known in which nobody has signed in; empty before it is.
    browser_id: String,
    agent: String,
    chosen: Option<Language>,
    browser: Option<Language>,
    /// Path below the root, and query.
    path: String,
    query: String,
    scripted: bool,
}

impl OfficeVisit {
    pub(super) fn new(
        web: &Web,
        peer: Option<SocketAddr>,
        headers: &HeaderMap,
        uri: Option<&Uri>,
    ) -> Self {
        let text = |name: HeaderName| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let path = uri.map_or("", Uri::path);
        let mut visit = Self {
            web: web.clone(),
            address: address_of(web, peer, headers),
            who: None,
            browser_id: String::new(),
            agent: text(header::USER_AGENT),
            chosen: None,
            browser: portal::language_wished(&text(header::ACCEPT_LANGUAGE)),
            path: path.strip_prefix(ROOT).unwrap_or(path).to_owned(),
            query: uri.and_then(Uri::query).unwrap_or_default().to_owned(),
            scripted: headers.contains_key(SCRIPTED),
        };
        visit.browser_id = cookie_named(headers, visit.browser_cookie()).unwrap_or_default();
        visit.chosen = visit.asked("lang").as_deref().and_then(Language::parse);
        visit
    }

    /// A parameter of the address.
    pub(super) fn asked(&self, name: &str) -> Option<String> {
        let mut parameters = form_urlencoded::parse(self.query.as_bytes());
        parameters.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// What stands in the address behind the path.
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// As chosen in the address, as the person wants it, as the browser is set, in this order.
    pub(super) fn language(&self) -> Language {
        let own = self.who.as_ref().map(|who| who.stay.person.language);
        self.chosen.or(own).or(self.browser).unwrap_or_default()
    }

    /// As chosen in the address, else this one.
    pub(super) fn language_or(&self, known: Language) -> Language {
        self.chosen.unwrap_or(known)
    }

    /// The mail address of whoever is signed in; empty for nobody.
    pub(super) fn own_address(&self) -> String {
        self.who.as_ref().map(|who| who.stay.person.address.to_string()).unwrap_or_default()
    }

    pub(super) fn words(&self) -> &'static OfficeWords {
        office_words(self.language())
    }

    /// Where the pages hang as a browser sees it.
    pub(super) fn root(&self) -> String {
        paths::beneath(&self.web.app.issuer, ROOT)
    }

    /// Whether a cookie stays between here and the browser: over TLS, or on this machine.
    pub(super) fn is_safe(&self) -> bool {
        self.is_over_tls() || self.web.app.is_for_this_machine
    }

    fn is_over_tls(&self) -> bool {
        self.web.app.issuer.starts_with("https://")
    }

    /// Whether a form comes from a page of ours: as the browser says (Fetch Metadata), or by its origin where it says
    /// nothing.
    pub(super) fn is_of_here(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = headers.get("sec-fetch-site") {
            return site == "same-origin";
        }
        let (scheme, behind) = self.web.app.issuer.split_once("://").unwrap_or_default();
        let host = behind.split('/').next().unwrap_or_default();
        let own = format!("{scheme}://{host}");
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        origin.is_some_and(|origin| origin.eq_ignore_ascii_case(&own))
    }

    pub(super) fn stay(&self) -> Stay {
        Stay { address: self.address, agent: self.agent.clone() }
    }

    /// Who does what is done in this request.
    pub(super) fn doer(&self) -> Doer {
        let actor =
            self.who.as_ref().map_or(Actor::Stranger, |who| Actor::Person(who.stay.person.id));
        Doer { actor, address: Some(self.address) }
    }

    /// What is around a page.
    pub(super) fn frame(&self) -> OfficeFrame {
        self.frame_in(self.language())
    }

    /// The same in another language.
    pub(super) fn frame_in(&self, language: Language) -> OfficeFrame {
        OfficeFrame::of(language, self.root(), self.who.as_ref(), (&self.path, &self.query))
    }

    pub(super) fn page(status: StatusCode, page: &impl Template) -> Response {
        // Writing into a string does not fail.
        Self::html(status, page.render().unwrap_or_default())
    }

    /// A page that is written already.
    pub(super) fn html(status: StatusCode, html: String) -> Response {
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language, cookie"));
        protect(headers);
        response
    }

    /// A file, with what every page says to browsers.
    pub(super) fn protected(mut response: Response) -> Response {
        protect(response.headers_mut());
        response
    }

    pub(super) fn notice(&self, status: StatusCode, notice: Notice) -> Response {
        let request = request_id::current().unwrap_or_default();
        let page = NoticePage::of(self.frame(), notice, &request);
        let mut response = Self::page(status, &page);
        if let Notice::Busy(seconds) = notice {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// What is said when a step was not made.
    pub(super) fn failed(&self, error: &Error) -> Response {
        match error {
            Error::NotFound(_) | Error::Conflict(_) | Error::Refused(_) => {
                self.notice(StatusCode::NOT_FOUND, Notice::Unknown)
            }
            Error::Busy => self.notice(StatusCode::TOO_MANY_REQUESTS, Notice::Busy(BUSY_SECONDS)),
            Error::Unavailable(..) | Error::Uncertain(..) | Error::Internal(_) => {
                let causes = sources(error);
                tracing::error!(%causes, "a page of the back office cannot be shown");
                self.notice(StatusCode::SERVICE_UNAVAILABLE, Notice::Fault)
            }
        }
    }

    /// Sends the browser to another page.
    pub(super) fn go(&self, path: &str) -> Response {
        let place = format!("{}{}", self.root(), if path == "/" { "" } else { path });
        let place = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static(ROOT));
        let mut response = if self.scripted {
            // What a script would put into the page is another page.
            let mut response = StatusCode::NO_CONTENT.into_response();
            response.headers_mut().insert(HeaderName::from_static("hx-redirect"), place);
            response
        } else {
            let mut response = StatusCode::SEE_OTHER.into_response();
            response.headers_mut().insert(header::LOCATION, place);
            response
        };
        protect(response.headers_mut());
        response
    }

    /// Sends the browser to a page that leads back here.
    pub(super) fn go_and_return(&self, path: &str) -> Response {
        let mut here = self.path.clone();
        if !self.query.is_empty() {
            here = format!("{here}?{}", self.query);
        }
        if here == "/" || !is_own(&here) {
            return self.go(path);
        }
        let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
        self.go(&format!("{path}?next={next}"))
    }

    /// Sends the browser to where it wanted to go before, with the token of its session.
    pub(super) fn go_in(&self, path: &str, token: &SecretString) -> Response {
        self.keeping(self.go(path), token)
    }

    /// An answer with which the browser keeps the token of its session.
    pub(super) fn keeping(&self, mut response: Response, token: &SecretString) -> Response {
        let value = if self.is_over_tls() {
            format!("{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax", token.expose_secret())
        } else {
            format!("{PLAIN_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax", token.expose_secret())
        };
        if let Ok(mut value) = HeaderValue::try_from(value) {
            value.set_sensitive(true);
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
        response
    }

    /// By what the browser is known in which somebody is to sign in; made when it is not known yet.
    ///
    /// # Errors
    /// [`Error::Internal`].
    pub(super) fn browser(&self) -> Result<String, Error> {
        if self.browser_id.is_empty() {
            return challenges::new_browser(&self.web.app);
        }
        Ok(self.browser_id.clone())
    }

    /// Tells the browser by what it is known from now on.
    pub(super) fn known_as(&self, mut response: Response, browser: &str) -> Response {
        let secure = if self.is_over_tls() { " Secure;" } else { "" };
        let name = self.browser_cookie();
        let value = format!("{name}={browser}; Path=/;{secure} HttpOnly; SameSite=Strict");
        if let (true, Ok(value)) = (browser != self.browser_id, HeaderValue::try_from(value)) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }

    fn browser_cookie(&self) -> &'static str {
        if self.is_over_tls() { "__Host-chancery-browser" } else { "chancery-browser" }
    }

    /// Sends the browser to a page without a session.
    pub(super) fn go_out(&self, path: &str) -> Response {
        let mut response = self.go(path);
        let value = if self.is_over_tls() {
            "__Host-chancery=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
        } else {
            "chancery=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        };
        response.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static(value));
        response
    }

    /// The page that was wanted before signing in.
    pub(super) fn next(&self) -> String {
        self.asked("next").filter(|next| is_own(next)).unwrap_or_else(|| "/".to_owned())
    }

    /// This page's query, for a page that leads on to where this one would.
    pub(super) fn with_next(&self, path: &str) -> String {
        let Some(next) = self.asked("next").filter(|next| is_own(next)) else {
            return path.to_owned();
        };
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        format!("{path}?next={next}")
    }
}

/// The cookie, which a browser takes from TLS alone and for this host alone; and what it is called on one's own machine
/// without TLS.
const COOKIE: &str = "__Host-chancery";
const PLAIN_COOKIE: &str = "chancery";

/// The token that a browser shows.
pub(super) fn cookie(visit: &OfficeVisit, headers: &HeaderMap) -> Option<SecretString> {
    let wanted = if visit.is_over_tls() { COOKIE } else { PLAIN_COOKIE };
    cookie_named(headers, wanted).map(SecretString::from)
}

/// The cookie of that name.
fn cookie_named(headers: &HeaderMap, wanted: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == wanted)?;
    Some(value.trim().to_owned())
}

/// Whether this is a page of ours, as a path below the root: nothing leads elsewhere.
fn is_own(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~?=&%+".contains(c);
    let climbs = path.contains("..") || path.to_ascii_lowercase().contains("%2e");
    let below = path.starts_with('/') && !path.starts_with("//") && !climbs;
    below && path.len() <= 500 && path.chars().all(plain)
}

/// What every page says to browsers, proxies and search engines.
fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, frame::CONTENT_SECURITY_POLICY),
        // Nothing is told to others; with no-referrer browsers would hide the origin from us too.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
