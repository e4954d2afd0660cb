//! The files of an operation for whoever may see it: to be saved, as an invoice that people read, and the pages of a PDF.

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::frame::Notice;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::ids::OperationId;
use crate::domain::operation::Operation;
use crate::domain::scope::Scope;
use crate::web::invoice::{self, InvoiceLinks, InvoiceView};
use crate::web::portal::page::{self, PDF_SECURITY_POLICY, PageSeal};
use crate::web::{download, portal};
use crate::workflow::files::{self, File};
use crate::workflow::portal::{Download, Sealer, file, sealer};
use crate::workflow::readable_invoice::InvoiceWish;
use crate::workflow::{Error, Thing, showing};

const PDF: &str = "application/pdf";

/// Operation and number of a file, as an address has them.
type FilePath = Result<Path<(String, String)>, PathRejection>;

pub(super) async fn save(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    path: FilePath,
) -> Response {
    let (_, wanted) = match found(&visit, &who, path).await {
        Ok(found) => found,
        Err(error) => return visit.failed(&error),
    };
    let web = &visit.web;
    let Some(place) = web.downloads.place(visit.address, wanted.length).await else {
        return visit.failed(&Error::Busy);
    };
    match file(&web.app, &wanted).await {
        Ok(Download { name, content_type, bytes }) => {
            OfficeVisit::protected(download::file(web, &name, content_type, bytes, place))
        }
        Err(error) => visit.failed(&error),
    }
}

pub(super) async fn view(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    path: FilePath,
) -> Response {
    match viewed(&visit, &who, path).await {
        Ok(html) => OfficeVisit::html(StatusCode::OK, html),
        Err(error) => visit.failed(&error),
    }
}

async fn viewed(visit: &OfficeVisit, who: &SignedIn, path: FilePath) -> Result<String, Error> {
    let (operation, file) = found(visit, who, path).await?;
    let number = |name: &str| visit.asked(name).and_then(|value| value.parse().ok());
    let mut wish = InvoiceWish::default();
    wish.invoice = number("invoice").unwrap_or(wish.invoice);
    wish.first_line = number("line").unwrap_or(wish.first_line);
    if !showing::is_offered(&file) {
        return Err(Error::NotFound(Thing::Content));
    }
    let (web, language) = (&visit.web, visit.language());
    let octets = showing::octets_of(&file);
    let place = web.downloads.place(visit.address, octets).await.ok_or(Error::Busy)?;
    let party = operation.client_service;
    let shown = showing::show(&web.app, party, &file, wish, language, place).await?;
    let root = portal::root(&web.app.issuer);
    let above = format!("{}/operations/{}", visit.root(), operation.id);
    let own = format!("{above}/files/{}", file.number);
    let links = InvoiceLinks {
        root: &root,
        own: format!("{own}/view"),
        back: above,
        download: own.clone(),
        pages: showing::is_pdf(&file).then(|| format!("{own}/pages")),
        report: None,
    };
    let Sealer { name, organization } = sealer(&web.app, operation.credential).await?;
    let seal = PageSeal { by: name, organization, at: file.signing_time };
    let sealed = page::sealed_facts(language, &seal);
    let view = InvoiceView { language, name: file.name, shown, sealed, verdict: None };
    Ok(invoice::linked_page(&view, &links))
}

pub(super) async fn pages(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    path: FilePath,
) -> Response {
    let wanted = match found(&visit, &who, path).await {
        Ok((_, wanted)) if showing::is_pdf(&wanted) => wanted,
        Ok(_) => return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
        Err(error) => return visit.failed(&error),
    };
    let web = &visit.web;
    let Some(place) = web.downloads.place(visit.address, wanted.length).await else {
        return visit.failed(&Error::Busy);
    };
    match showing::pages(&web.app, &wanted).await {
        Ok(Download { name, bytes, .. }) => {
            let response = download::shown(web, &name, PDF, bytes, place);
            let mut response = OfficeVisit::protected(response);
            let policy = HeaderValue::from_static(PDF_SECURITY_POLICY);
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            response
        }
        Err(error) => visit.failed(&error),
    }
}

/// The file of that number, of an operation that the person sees.
async fn found(
    visit: &OfficeVisit,
    who: &SignedIn,
    path: FilePath,
) -> Result<(Operation, File), Error> {
    let unknown = || Error::NotFound(Thing::Operation);
    let Path((id, number)) = path.map_err(|_| unknown())?;
    let id: OperationId = id.parse().map_err(|_| unknown())?;
    let app = &visit.web.app;
    let seen = who.seen(app).await?;
    let operation = app.reader.operation(Scope::Installation, id).await?;
    let operation = operation.filter(|it| seen.holds(it.client_service)).ok_or_else(unknown)?;
    let documents = app.reader.documents_shown(operation.of_documents()).await?;
    let mut files = files::list(&documents).into_iter();
    let file = files.find(|file| file.number.to_string() == number);
    Ok((operation, file.ok_or(Error::NotFound(Thing::Content))?))
}
