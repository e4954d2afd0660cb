//! The receiver's page: what the link in a notification opens. No login, no cookie, no script; the
//! first opening tells the sender that the mail was received.

pub mod page;
pub mod rate;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Extension, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::download;
use super::invoice::{self, InvoiceLinks, InvoiceView};
use super::report::{self, ReportLinks};
use super::room::OctetPlace;
use super::surface::{Dialect, Stray};
use super::{Web, paths};
use crate::domain::language::Language;
use crate::domain::sources::sources;
use crate::domain::text::hex;
use crate::workflow::Error;
use crate::workflow::files::File;
use crate::workflow::portal::{self, Download, Link, OpenedDocuments};
use crate::workflow::readable_invoice::InvoiceWish;
use crate::workflow::receiver_reports::{ReceivedFile, ReceivedReport, ReceiverReports};
use crate::workflow::showing;
use page::{PageVerification, View};
use rate::Visitor;

/// What is told to come back when there is no place.
const BUSY_SECONDS: u64 = 10;
const PDF: &str = "application/pdf";

/// This surface.
pub struct Portal;

impl Dialect for Portal {
    fn stray(web: &Web, headers: &HeaderMap, stray: Stray) -> Response {
        let visit = Visit::new(web, None, &Method::HEAD, headers, None);
        match stray {
            Stray::Address => visit.refuse(&View::Unknown),
            Stray::Method => {
                let mut response = visit.refuse(&View::Unknown);
                *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
                response
            }
            Stray::Host => {
                let mut response = visit.refuse(&View::Unknown);
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
            Stray::Panic => visit.refuse(&View::Fault),
        }
    }
}

/// Addresses below `/r`.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/style.css", get(style))
        .route("/{token}", get(documents))
        .route("/{token}/documents/{number}", get(document))
        .route("/{token}/documents/{number}/view", get(view_page))
        .route("/{token}/documents/{number}/pages", get(pages))
        .route("/{token}/documents/{number}/report", get(report_page))
        .route("/{token}/documents/{number}/report.pdf", get(report_pdf))
        .route("/{token}/documents/{number}/report.xml", get(report_xml))
        .route("/{token}/documents.zip", get(archive))
}

/// Where a request comes from, when the server knows.
type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, page::STYLE).into_response()
}

async fn documents(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    token: Result<Path<String>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let Ok(Path(token)) = token else { return visit.refuse(&View::Unknown) };
    match visit.open(&token).await {
        Ok(opening) => {
            let language = visit.language(Some(opening.language));
            let verified = visit.verified(&opening, None).await;
            let view = View::Documents(shown(&opening, token, language, verified));
            visit.page(StatusCode::OK, language, &view)
        }
        Err(refused) => refused,
    }
}

async fn document(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let Ok(Path((token, number))) = path else { return visit.refuse(&View::Unknown) };
    let opening = match visit.open(&token).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let wanted = opening.files.iter().find(|file| file.number.to_string() == number);
    let Some(wanted) = wanted else { return visit.refuse(&View::Unknown) };
    let Some(place) = web.downloads.place(visit.address, wanted.length).await else {
        return visit.refuse(&View::Busy(BUSY_SECONDS));
    };
    visit.save(portal::file(&web.app, wanted).await, place)
}

/// The document as an invoice that people read.
async fn view_page(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let Ok(Path((token, number))) = path else { return visit.refuse(&View::Unknown) };
    let opening = match visit.open(&token).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let wanted = opening.files.iter().find(|file| file.number.to_string() == number);
    let wanted = wanted.filter(|file| opening.keeps(file) && showing::is_offered(file));
    let (Some(file), Some(wish)) = (wanted, wish(query.as_deref())) else {
        return visit.refuse(&View::Unknown);
    };
    let octets = showing::octets_of(file);
    let Some(place) = web.downloads.place(visit.address, octets).await else {
        return visit.refuse(&View::Busy(BUSY_SECONDS));
    };
    let language = visit.language(Some(opening.language));
    let party = opening.operation.client_service;
    let shown = match showing::show(&web.app, party, file, wish, language, place).await {
        Ok(shown) => shown,
        Err(error) => return visit.failed(&error),
    };
    let verification = visit.verified(&opening, Some(file.number)).await.pop();
    let root = root(&web.app.issuer);
    let own = format!("{root}/{token}/documents/{number}");
    let lang = language.as_str();
    let is_reported = !matches!(verification, None | Some(Verification::None));
    let links = InvoiceLinks {
        root: &root,
        own: format!("{own}/view"),
        back: format!("{root}/{token}?lang={lang}"),
        download: own.clone(),
        pages: showing::is_pdf(file).then(|| format!("{own}/pages")),
        report: is_reported.then(|| format!("{own}/report?lang={lang}")),
    };
    let verdict = match verification {
        Some(Verification::Done(report)) => Some(report.readable(language).verdict),
        _ => None,
    };
    let sealed = page::sealed_facts(language, &seal_of(&opening, file));
    let view = InvoiceView { language, name: file.name.clone(), shown, sealed, verdict };
    Visit::html(StatusCode::OK, language, invoice::linked_page(&view, &links))
}

/// A PDF for the browser's own viewer.
async fn pages(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let Ok(Path((token, number))) = path else { return visit.refuse(&View::Unknown) };
    let opening = match visit.open(&token).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let wanted = opening.files.iter().find(|file| file.number.to_string() == number);
    let Some(file) = wanted.filter(|file| showing::is_pdf(file)) else {
        return visit.refuse(&View::Unknown);
    };
    let Some(place) = web.downloads.place(visit.address, file.length).await else {
        return visit.refuse(&View::Busy(BUSY_SECONDS));
    };
    match showing::pages(&web.app, file).await {
        Ok(Download { name, bytes, .. }) => {
            let mut response = download::shown(&web, &name, PDF, bytes, place);
            protect(response.headers_mut());
            let policy = HeaderValue::from_static(page::PDF_SECURITY_POLICY);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => visit.failed(&error),
    }
}

/// Which part of a document is asked for; none when it is no number.
fn wish(query: Option<&str>) -> Option<InvoiceWish> {
    let mut wish = InvoiceWish::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "invoice" => wish.invoice = value.parse().ok()?,
            "line" => wish.first_line = value.parse().ok()?,
            _ => {}
        }
    }
    Some(wish)
}

async fn archive(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    token: Result<Path<String>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let Ok(Path(token)) = token else { return visit.refuse(&View::Unknown) };
    let opening = match visit.open(&token).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let Some(length) = opening.archive_length() else {
        return visit.refuse(&View::Unknown);
    };
    // The documents and the archive of them are in memory at once.
    let Some(place) = web.downloads.place(visit.address, length.saturating_mul(2)).await else {
        return visit.refuse(&View::Busy(BUSY_SECONDS));
    };
    // A task of its own: who goes away in the meantime does not free a place that is still in use.
    let app = Arc::clone(&web.app);
    let packing = tokio::spawn(async move { (portal::archive(&app, &opening).await, place) });
    match packing.await {
        Ok((archive, place)) => visit.save(archive, place),
        Err(error) => visit.failed(&Error::Internal(Box::new(error))),
    }
}

async fn report_page(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let (token, number, wanted) = match visit.report_of(path).await {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let language = visit.language(Some(wanted.language));
    match web.reports.report(&web.app, wanted.file, wanted.place).await {
        Ok(report) => {
            let root = root(&web.app.issuer);
            let lang = language.as_str();
            let own = format!("{root}/{token}/documents/{number}/report");
            let links = ReportLinks {
                back: format!("{root}/{token}?lang={lang}"),
                pdf: format!("{own}.pdf?lang={lang}"),
                xml: format!("{own}.xml"),
                root: &root,
            };
            let body = report::linked_page(&report.readable(language), &links);
            Visit::html(StatusCode::OK, language, body)
        }
        Err(error) => visit.failed(&error),
    }
}

async fn report_pdf(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let (_, _, wanted) = match visit.report_of(path).await {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let language = visit.language(Some(wanted.language));
    let name = format!("{}.report.pdf", wanted.name);
    let report = match web.reports.report(&web.app, wanted.file, wanted.place).await {
        Ok(report) => report,
        Err(error) => return visit.failed(&error),
    };
    let printing = tokio::task::spawn_blocking(move || report.readable(language).to_pdf()).await;
    let bytes = printing.map_err(|error| Error::Internal(Box::new(error)));
    visit.save_report(name, PDF, bytes).await
}

async fn report_xml(
    State(web): State<Web>,
    peer: Peer,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let visit = Visit::new(&web, peer, &method, &headers, query.as_deref());
    let (_, _, wanted) = match visit.report_of(path).await {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let name = format!("{}.report.xml", wanted.name);
    let xml = web.reports.xml(&web.app, wanted.file, wanted.place).await;
    visit.save_report(name, "application/xml", xml.map(String::into_bytes)).await
}

/// The file whose report is asked for.
struct WantedReport {
    name: String,
    file: ReceivedFile,
    /// Of the octets that are read for it.
    place: OctetPlace<IpAddr>,
    language: Language,
}

/// What is known of a file when its page is shown.
enum Verification {
    None,
    Later,
    Done(Arc<ReceivedReport>),
}

/// One request for a page or a download.
struct Visit<'a> {
    web: &'a Web,
    address: IpAddr,
    /// A person may be behind it: not a look at the headers, and not a browser's guess.
    counts: bool,
    chosen: Option<Language>,
    browser: Option<Language>,
}

impl<'a> Visit<'a> {
    fn new(
        web: &'a Web,
        peer: Peer,
        method: &Method,
        headers: &HeaderMap,
        query: Option<&str>,
    ) -> Self {
        let guess = ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
            let value = headers.get(*name).and_then(|value| value.to_str().ok());
            value.is_some_and(|value| value.contains("prefetch") || value.contains("preview"))
        });
        let chosen = form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "lang")
            .and_then(|(_, value)| Language::parse(&value));
        let browser = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self {
            web,
            address: rate::address(
                peer.map(|Extension(ConnectInfo(peer))| peer),
                headers,
                &web.config.proxies,
            ),
            counts: *method == Method::GET && !guess,
            chosen,
            browser: browser.and_then(portal::language_wished),
        }
    }

    /// The documents behind a link, recorded as received; else the page that says why not.
    async fn open(&self, token: &str) -> Result<OpenedDocuments, Response> {
        let app = &self.web.app;
        let visits = &self.web.visits;
        visits
            .count(Visitor::Address(self.address), app.now())
            .map_err(|wait| self.refuse(&View::Busy(wait)))?;
        let opening = match portal::open(app, token).await {
            Ok(Link::Good(opening)) => opening,
            Ok(Link::Expired { until, language }) => {
                let language = self.language(Some(language));
                return Err(self.page(StatusCode::GONE, language, &View::Expired(until)));
            }
            Err(error) => return Err(self.failed(&error)),
        };
        let link = Visitor::Link(opening.message.id);
        visits.count(link, app.now()).map_err(|wait| self.refuse(&View::Busy(wait)))?;
        if self.counts {
            portal::received(app, &opening).await.map_err(|error| self.failed(&error))?;
        }
        Ok(*opening)
    }

    /// As chosen on the page, as the receiver's mail, as the browser is set, in this order.
    fn language(&self, known: Option<Language>) -> Language {
        self.chosen.or(known).or(self.browser).unwrap_or_default()
    }

    fn failed(&self, error: &Error) -> Response {
        match error {
            Error::NotFound(_) | Error::Conflict(_) | Error::Refused(_) => {
                self.refuse(&View::Unknown)
            }
            Error::Busy => self.refuse(&View::Busy(BUSY_SECONDS)),
            Error::Unavailable(..) | Error::Uncertain(..) | Error::Internal(_) => {
                let causes = sources(error);
                tracing::error!(%causes, "the receiver's page cannot be shown");
                self.refuse(&View::Fault)
            }
        }
    }

    fn refuse(&self, view: &View) -> Response {
        let status = match view {
            View::Busy(_) => StatusCode::TOO_MANY_REQUESTS,
            View::Fault => StatusCode::SERVICE_UNAVAILABLE,
            View::Expired(_) => StatusCode::GONE,
            View::Documents(_) | View::Unknown => StatusCode::NOT_FOUND,
        };
        let mut response = self.page(status, self.language(None), view);
        if let View::Busy(seconds) = view {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        response
    }

    /// What verifications say of the files of a page, in their order, or of one of them.
    async fn verified(&self, opening: &OpenedDocuments, only: Option<u32>) -> Vec<Verification> {
        let app = &self.web.app;
        if !ReceiverReports::are_offered(app) {
            return Vec::new();
        }
        let wanted = |file: &&File| only.is_none_or(|number| file.number == number);
        let files = opening.files.iter().filter(wanted);
        let files: Vec<Option<ReceivedFile>> =
            files.map(|file| ReceivedFile::of(opening, file)).collect();
        let (mut done, next) = self.web.reports.at_hand(&files, app.now());
        let mut wanted = Vec::new();
        for position in next {
            let Some(file) = files.get(position).cloned().flatten() else { continue };
            let place = self.web.downloads.place(self.address, file.octets()).await;
            wanted.extend(place.map(|place| (position, file, place)));
        }
        if !wanted.is_empty() {
            let reports = Arc::clone(&self.web.reports);
            done.extend(reports.on_page(Arc::clone(app), wanted).await);
        }
        let known = files.iter().enumerate().map(|(at, file)| match (file, done.remove(&at)) {
            (None, _) => Verification::None,
            (Some(_), None) => Verification::Later,
            (Some(_), Some(report)) => Verification::Done(report),
        });
        known.collect()
    }

    /// Whose report a link asks for, with the token and the number of the link.
    async fn report_of(
        &self,
        path: Result<Path<(String, String)>, PathRejection>,
    ) -> Result<(String, String, WantedReport), Response> {
        let unknown = || self.refuse(&View::Unknown);
        let Ok(Path((token, number))) = path else { return Err(unknown()) };
        let opening = self.open(&token).await?;
        let named = opening.files.iter().find(|file| file.number.to_string() == number);
        let file = named.and_then(|file| ReceivedFile::of(&opening, file));
        let (Some(named), Some(file), true) =
            (named, file, ReceiverReports::are_offered(&self.web.app))
        else {
            return Err(unknown());
        };
        let place = self.web.downloads.place(self.address, file.octets()).await;
        let place = place.ok_or_else(|| self.refuse(&View::Busy(BUSY_SECONDS)))?;
        let (name, language) = (named.name.clone(), opening.language);
        Ok((token, number, WantedReport { name, file, place, language }))
    }

    async fn save_report(
        &self,
        name: String,
        content_type: &'static str,
        report: Result<Vec<u8>, Error>,
    ) -> Response {
        let length = report.as_ref().map_or(0, Vec::len);
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let Some(place) = self.web.downloads.place(self.address, length).await else {
            return self.refuse(&View::Busy(BUSY_SECONDS));
        };
        let content_type = content_type.to_owned();
        self.save(report.map(|bytes| Download { name, content_type, bytes }), place)
    }

    fn page(&self, status: StatusCode, language: Language, view: &View) -> Response {
        let body = page::render(language, &root(&self.web.app.issuer), view);
        Self::html(status, language, body)
    }

    fn html(status: StatusCode, language: Language, body: String) -> Response {
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.as_str()));
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        protect(headers);
        response
    }

    fn save(&self, download: Result<Download, Error>, place: OctetPlace<IpAddr>) -> Response {
        let Download { name, content_type, bytes } = match download {
            Ok(download) => download,
            Err(error) => return self.failed(&error),
        };
        let mut response = download::file(self.web, &name, content_type, bytes, place);
        protect(response.headers_mut());
        response
    }
}

/// What a page or a download says to browsers, proxies and search engines.
fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// Where the pages hang as a browser sees it.
pub(super) fn root(public: &str) -> String {
    paths::beneath(public, "/r")
}

fn seal_of(opening: &OpenedDocuments, file: &File) -> page::PageSeal {
    page::PageSeal {
        by: opening.sealer.name.clone(),
        organization: opening.sealer.organization.clone(),
        at: file.signing_time,
    }
}

fn shown(
    opening: &OpenedDocuments,
    token: String,
    language: Language,
    mut verified: Vec<Verification>,
) -> page::Documents {
    verified.reverse();
    page::Documents {
        issuer: opening.issuer.name.clone(),
        vat_number: opening.issuer.vat_number.clone(),
        reference: opening.operation.external_reference.as_str().to_owned(),
        description: opening.operation.description.clone(),
        documents: opening
            .files
            .iter()
            .map(|file| page::PageDocument {
                number: file.number,
                name: file.name.clone(),
                size_bytes: file.length,
                sealed: Some(seal_of(opening, file)),
                fingerprint: file.sha256.map(|sha256| hex(&sha256)),
                kept: opening.keeps(file),
                shown: showing::is_offered(file),
                verification: match verified.pop() {
                    None | Some(Verification::None) => PageVerification::None,
                    Some(Verification::Later) => PageVerification::Later,
                    Some(Verification::Done(report)) => {
                        PageVerification::Done(Box::new(report.readable(language)))
                    }
                },
            })
            .collect(),
        expires: opening.expires,
        token,
        archive_bytes: opening.archive_length(),
    }
}
