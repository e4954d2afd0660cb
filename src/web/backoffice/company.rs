//! One company: its client services, new ones, and whether anything of it is sealed.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret as _;

use super::client_services::ServiceRow;
use super::companies::company_state;
use super::deeds::{self, DeedProblem, DeedRow, SuspensionSaid};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::secret::SecretPage;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::client_service::Alias;
use crate::domain::company::CompanyStatus;
use crate::domain::ids::{CompanyId, CredentialId};
use crate::domain::person::Permission;
use crate::letters::{AdministrationWords, Locale, administration_words};
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::companies::{self, NewServiceProblem, WishedService};

#[derive(Template)]
#[template(path = "backoffice/templates/company.html")]
struct CompanyPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    done: &'static str,
    problem: String,
    id: String,
    name: String,
    facts: Vec<(&'static str, String)>,
    rows: Vec<ServiceRow>,
    more: bool,
    /// For an address.
    vat_number: String,
    may_create: bool,
    /// Whether what happened is shown.
    told: bool,
    /// What who looks may do.
    can: Option<CompanyForm>,
    entries: Vec<DeedRow>,
}

/// The form of the page.
struct CompanyForm {
    act: String,
    suspended: bool,
    reason: String,
}

#[derive(Template)]
#[template(path = "backoffice/templates/new-client-service.html")]
struct NewServicePage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    problem: String,
    act: String,
    id: String,
    name: String,
    alias: String,
    /// Number, name and whether it is chosen.
    credentials: Vec<(i64, String, bool)>,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let said = SuspensionSaid::asked(&visit);
    match deeds::id_of(id) {
        Some(id) => shown(&visit, &who, id, (StatusCode::OK, said)).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match act(&visit, &who, id, &form).await {
        Ok(()) => visit.go(&format!("/companies/{id}?done={}", form.one("do"))),
        Err(DeedProblem::Words(status, problem)) => {
            shown(&visit, &who, id, (status, SuspensionSaid::wrong(problem, &form))).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CompanyId,
    form: &OfficeForm,
) -> Result<(), DeedProblem> {
    let app = &visit.web.app;
    let (seen, sight) = (who.seen(app).await?, &who.stay.person.sight);
    // Nobody learns from a form what is not to be seen.
    companies::find(app, sight, id).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    let (suspends, reason) = deeds::suspension(visit, form)?;
    let status = if suspends { CompanyStatus::Suspended } else { CompanyStatus::Active };
    companies::set_status(app, (doer, sight), id, status, &reason).await?;
    Ok(())
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CompanyId,
    (status, said): (StatusCode, SuspensionSaid),
) -> Response {
    match company_page(visit, who, id, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn company_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CompanyId,
    said: SuspensionSaid,
) -> Result<CompanyPage, Error> {
    let (app, person) = (&visit.web.app, &who.stay.person);
    let words = administration_words(visit.language());
    let sheet = companies::sheet(app, &person.sight, id).await?;
    let people = deeds::people(app).await?;
    let company = &sheet.company;
    let can = if person.may(Permission::ManageCompanies) {
        Some(CompanyForm {
            act: deeds::drawn(app)?,
            suspended: company.status == CompanyStatus::Suspended,
            reason: said.reason,
        })
    } else {
        None
    };
    let number = format!("{} {}", company.country_code, company.vat_number);
    let mut facts = vec![
        (words.state, company_state(words, company.status).to_owned()),
        (words.vat_number, number),
        (words.created, Locale(visit.language()).time(company.created)),
    ];
    facts.extend(company.email.as_ref().map(|email| (words.contact, email.to_string())));
    Ok(CompanyPage {
        frame: visit.frame(),
        words,
        done: said.done,
        problem: said.problem,
        id: id.to_string(),
        name: company.name.clone(),
        facts,
        rows: sheet.services.lines.iter().map(|line| ServiceRow::of(visit, line)).collect(),
        more: sheet.services.more,
        vat_number: form_urlencoded::byte_serialize(company.vat_number.as_bytes()).collect(),
        may_create: sheet.entries.is_some() && person.may(Permission::CreateServices),
        can,
        told: sheet.entries.is_some(),
        entries: deeds::rows(visit, sheet.entries.as_deref().unwrap_or_default(), &people),
    })
}

pub(super) async fn new_page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    form_shown(&visit, &who, id, (StatusCode::OK, String::new()), (String::new(), None)).await
}

pub(super) async fn send_new(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match create(&visit, &who, id, &form).await {
        Ok(response) => response,
        Err(DeedProblem::Words(status, problem)) => {
            let written = (form.one("alias").to_owned(), chosen(&form));
            form_shown(&visit, &who, id, (status, problem), written).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

/// The credential that a form names.
fn chosen(form: &OfficeForm) -> Option<CredentialId> {
    form.one("credential").parse().ok()
}

async fn create(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CompanyId,
    form: &OfficeForm,
) -> Result<Response, DeedProblem> {
    let (app, words) = (&visit.web.app, administration_words(visit.language()));
    let person = &who.stay.person;
    companies::find(app, &person.sight, id).await?;
    let seen = who.seen(app).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    let alias = match form.one("alias").trim() {
        "" => None,
        text => Some(Alias::parse(text).map_err(|_| DeedProblem::wrong(words.alias_wrong))?),
    };
    let wish = WishedService { alias, credential: chosen(form) };
    match companies::create_service(app, (doer, person), id, wish).await {
        Ok(Acted::Done((service, secret))) => {
            let page = SecretPage::of(visit, &service, secret.expose_secret());
            Ok(OfficeVisit::page(StatusCode::OK, &page))
        }
        Ok(Acted::Before) => {
            Err(DeedProblem::Words(StatusCode::CONFLICT, words.service_before.to_owned()))
        }
        Err(NewServiceProblem::AliasTaken) => Err(DeedProblem::wrong(words.alias_taken)),
        Err(NewServiceProblem::CredentialUnknown) => Err(DeedProblem::old(visit)),
        Err(NewServiceProblem::Failed(error)) => Err(error.into()),
    }
}

async fn form_shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CompanyId,
    (status, problem): (StatusCode, String),
    written: (String, Option<CredentialId>),
) -> Response {
    match new_service_page(visit, who, id, problem, written).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn new_service_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: CompanyId,
    problem: String,
    (alias, credential): (String, Option<CredentialId>),
) -> Result<NewServicePage, Error> {
    let (app, person) = (&visit.web.app, &who.stay.person);
    let company = companies::find(app, &person.sight, id).await?;
    let known = companies::credentials_for(app, person, id).await?;
    let credentials = known.into_iter().map(|(id, name)| {
        let chosen = credential == Some(id);
        (id.as_i64(), name, chosen)
    });
    Ok(NewServicePage {
        frame: visit.frame(),
        words: administration_words(visit.language()),
        problem,
        act: deeds::drawn(app)?,
        id: id.to_string(),
        name: company.name,
        alias,
        credentials: credentials.collect(),
    })
}
