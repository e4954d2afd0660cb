//! The mail server of the installation, for who sees all of it: as it is configured, how it answers, and a test mail.

use axum::extract::Extension;
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::mail_server::{MailServerPage, ServerForms, server_facts};
use super::mail_test::{self, TestSaid};
use super::proof::{self, Proving};
use super::search::tally;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::person::Permission;
use crate::domain::scope::ServiceSet;
use crate::letters::{Locale, letter_page_words, mail_page_words, operation_words};
use crate::workflow::Error;
use crate::workflow::administration::mail;

/// What is said above, and to whom a test was to go.
#[derive(Default)]
struct HouseSaid {
    problem: String,
    tested: Option<TestSaid>,
    to: String,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
) -> Response {
    shown(&visit, &who, (StatusCode::OK, HouseSaid::default())).await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let mut proving = Proving::new(visit, who);
    let tested = test(&mut proving, &form).await;
    let (visit, who) = (&proving.visit, &proving.who);
    let mut said = HouseSaid { to: form.one("to").to_owned(), ..HouseSaid::default() };
    let response = match tested {
        Ok(tested) => {
            said.tested = Some(tested);
            shown(visit, who, (StatusCode::OK, said)).await
        }
        Err(DeedProblem::Words(status, problem)) => {
            said.problem = problem;
            shown(visit, who, (status, said)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    };
    proving.answer(response)
}

async fn test(proving: &mut Proving, form: &OfficeForm) -> Result<TestSaid, DeedProblem> {
    if form.one("do") != "test" {
        return Err(DeedProblem::old(&proving.visit));
    }
    let seen = ServiceSet::All;
    deeds::doer(&proving.visit, &proving.who, &seen, form)?;
    proving.admit(form).await?;
    let visit = &proving.visit;
    let app = &visit.web.app;
    let doer = deeds::doer(visit, &proving.who, &seen, form)?;
    let to = mail_test::receiver(visit, form)?;
    let sheet = mail::sheet(app, None).await?;
    let tried = mail::test(app, doer, None, (&to, visit.language())).await;
    let tried = tried.map_err(|problem| mail_test::problem(visit, problem))?;
    Ok(mail_test::said(visit, &to, tried, sheet.as_ref()))
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    (status, said): (StatusCode, HouseSaid),
) -> Response {
    match house_page(visit, who, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn house_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    said: HouseSaid,
) -> Result<MailServerPage, Error> {
    let app = &visit.web.app;
    let server = mail::sheet(app, None).await?;
    let words = mail_page_words(visit.language());
    let mut facts = server.as_ref().map(|it| server_facts(visit, it)).unwrap_or_default();
    let waiting = app.reports.waiting(&ServiceSet::All, app.now()).await?;
    let mails = operation_words(visit.language());
    facts.push((words.waiting, tally(Locale(visit.language()), mails, waiting.mails)));
    let can = if who.stay.person.may(Permission::ManageCredentials) {
        Some(ServerForms {
            acts: [deeds::drawn(app)?, String::new(), String::new()],
            fields: None,
            own: false,
            proof: proof::fields(visit, who, "/settings/mail").await?,
        })
    } else {
        None
    };
    Ok(MailServerPage {
        frame: visit.frame(),
        words,
        letter_words: letter_page_words(visit.language()),
        title: words.of_house,
        alias: String::new(),
        id: String::new(),
        here: format!("{}/settings/mail", visit.root()),
        whose: if server.is_some() { words.house_text } else { words.none },
        done: "",
        problem: said.problem,
        tested: said.tested,
        facts,
        to: said.to,
        links_house: false,
        can,
    })
}
