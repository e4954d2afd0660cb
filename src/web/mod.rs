//! The HTTP surfaces: addresses, wire names, statuses. No SQL, no key, no write that is not a
//! workflow. One folder per surface.

pub mod api;
mod auth;
pub mod backoffice;
pub mod body;
pub mod connections;
pub mod download;
pub mod elsewhere;
mod encoded;
mod health;
mod hourly;
mod id;
mod intake;
pub mod integration;
pub mod invoice;
pub mod oauth;
mod openapi;
pub mod paths;
pub mod portal;
mod portions;
pub mod prefer;
pub mod report;
pub mod request_id;
pub mod room;
pub mod server;
mod settings_schema;
mod shut;
pub mod surface;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::Response;
use axum::{Extension, Router};
use ipnet::IpNet;
use serde::Deserialize;

use self::api::Api;
use self::backoffice::Office;
use self::connections::ConnectionsConfig;
use self::hourly::Hourly;
use self::integration::Integration;
use self::oauth::OAuth;
use self::portal::Portal;
use self::room::OctetRoom;
use self::surface::enclose;
use crate::app::{App, Fair, Rules};
use crate::domain::ids::ClientServiceId;
use crate::workflow::receiver_reports::ReceiverReports;

/// Settings of the HTTP surface.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: String,
    /// Address clients use; empty: `http://<listen>`.
    pub public_url: String,
    /// Prefixes of the integration API.
    pub prefixes: Vec<String>,
    /// Prefixes under which it answers as Sign'Stash's proxy does: always with contents.
    pub proxy_prefixes: Vec<String>,
    /// Which statuses refusals get.
    pub http_status: HttpStatus,
    /// Largest request body in bytes.
    pub body_limit_bytes: usize,
    /// Request bytes in work at once.
    pub bytes_in_flight: usize,
    /// Sign requests in work at once.
    pub requests_in_flight: usize,
    /// Milliseconds a request waits for a place among those in work.
    pub place_wait_ms: u64,
    /// Milliseconds a sign request waits for its operation.
    pub sync_wait_ms: u64,
    /// Milliseconds a client may take to send its request.
    pub request_timeout_ms: u64,
    /// Whether HTTP/2 is spoken in clear text.
    pub http2: bool,
    /// Networks of the proxies in front of the service.
    pub proxies: Vec<IpNet>,
    /// Networks that are told details of readiness.
    pub monitors: Vec<IpNet>,
    /// Limits of connections.
    pub connections: ConnectionsConfig,
}

impl Config {
    /// Whether the service is for programs on this machine alone: it listens there only, and is called by an address
    /// there.
    ///
    /// # Errors
    /// The setting by which it is not.
    pub fn for_this_machine(&self) -> Result<(), &'static str> {
        if !is_here(&self.listen) {
            return Err("web.listen");
        }
        let address = self.public_url.split_once("://").map_or("", |(_, address)| address);
        let host = address.split(['/', '?', '#']).next().unwrap_or_default();
        if self.public_url.is_empty() || is_here(host) { Ok(()) } else { Err("web.public_url") }
    }
}

/// Whether a host, with a port or without, is this machine.
fn is_here(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let plain = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let is_loopback = |host: &str| plain(host).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        || is_loopback(without_port)
        || without_port.eq_ignore_ascii_case("localhost")
}

/// Whose HTTP statuses to answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HttpStatus {
    /// 4xx for what the client can correct.
    Standard,
    /// As Sign'Stash's documentation prints them.
    Signstash,
}

/// The sign requests of one client service leave this part of the places to the next one: a quarter.
const REQUESTS_LEFT: usize = 4;

/// Downloads get this part of what requests get.
const DOWNLOADS: usize = 4;

/// What every handler gets.
#[derive(Clone)]
pub struct Web {
    app: Arc<App>,
    config: Arc<Config>,
    requests: Fair<ClientServiceId>,
    bytes: Arc<OctetRoom<ClientServiceId>>,
    /// Of receivers, who may be slow.
    downloads: Arc<OctetRoom<IpAddr>>,
    /// Of clients.
    archives: Arc<OctetRoom<ClientServiceId>>,
    readiness: Arc<health::SeenReadiness>,
    test_mails: Arc<Hourly>,
    test_webhooks: Arc<Hourly>,
    visits: Arc<portal::rate::Visits>,
    reports: Arc<ReceiverReports>,
}

impl Web {
    /// Binds the surfaces to the house.
    #[must_use]
    pub fn new(app: Arc<App>, config: Config) -> Self {
        let patience = Duration::from_millis(config.place_wait_ms);
        let downloads = config.bytes_in_flight / DOWNLOADS;
        Self {
            app,
            requests: Fair::new(Rules {
                whole: config.requests_in_flight,
                part_left: REQUESTS_LEFT,
                waiting: config.requests_in_flight,
            }),
            bytes: Arc::new(OctetRoom::new(config.bytes_in_flight, patience)),
            downloads: Arc::new(OctetRoom::new(downloads, patience)),
            archives: Arc::new(OctetRoom::new(downloads, patience)),
            readiness: Arc::default(),
            test_mails: Arc::new(Hourly::new(Hourly::TESTS)),
            test_webhooks: Arc::new(Hourly::new(Hourly::TESTS)),
            visits: Arc::default(),
            reports: Arc::default(),
            config: Arc::new(config),
        }
    }

    fn sync_wait(&self) -> Duration {
        Duration::from_millis(self.config.sync_wait_ms)
    }

    fn place_wait(&self) -> Duration {
        Duration::from_millis(self.config.place_wait_ms)
    }
}

/// All addresses. Where no other surface answers, the integration API does.
pub fn router(web: Web) -> Router {
    let mut router = Router::new().merge(health::routes()).merge(openapi::routes());
    let named = |prefixes: &[String], is_proxy| {
        let plain = prefixes.iter().map(|prefix| prefix.trim_end_matches('/').to_owned());
        plain.map(|prefix| (prefix, is_proxy)).collect::<Vec<_>>()
    };
    let mut prefixes = named(&web.config.prefixes, false);
    prefixes.extend(named(&web.config.proxy_prefixes, true));
    prefixes.sort();
    prefixes.dedup_by(|again, first| again.0 == first.0);
    let statuses = middleware::map_response_with_state(web.clone(), integration::errors::statuses);
    for (prefix, is_proxy) in prefixes {
        let mut integration = integration::routes().layer(statuses.clone());
        if is_proxy {
            integration = integration.layer(Extension(integration::AsProxy));
        }
        router = if prefix.is_empty() {
            router.merge(integration)
        } else {
            router.nest(&prefix, integration)
        };
    }
    enclose::<Integration>(&web, router)
        .nest("/api/v1", enclose::<Api>(&web, api::routes()))
        .nest("/oauth2", enclose::<OAuth>(&web, oauth::routes()))
        .merge(oauth::well_known())
        .nest("/r", enclose::<Portal>(&web, portal::routes()))
        .nest(backoffice::ROOT, enclose::<Office>(&web, backoffice::routes(&web)))
        .layer(middleware::map_response(protective_headers))
        .layer(middleware::from_fn(request_id::layer))
        .with_state(web)
}

/// The OpenAPI document, as text.
#[must_use]
pub fn openapi_document() -> String {
    openapi::text()
}

/// Answers are for the client alone and are data, never pages.
async fn protective_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
