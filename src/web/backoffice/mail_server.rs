//! The mail server of a client service: which one its mails go over, how it answers; set, taken away and tested.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::mail_test::{self, TestSaid};
use super::proof::{self, ProofFields, Proving};
use super::search::tally;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::delivery::MailAddress;
use crate::domain::ids::ClientServiceId;
use crate::domain::person::Permission;
use crate::domain::smtp::SmtpSettings;
use crate::letters::{
    LetterPageWords, Locale, MailPageWords, filled, letter_page_words, mail_page_words,
    operation_words,
};
use crate::workflow::Error;
use crate::workflow::administration::mail::{
    self, SECURITIES, ServerProblem, ServerSheet, WishedServer,
};
use crate::workflow::administration::services;

#[derive(Template)]
#[template(path = "backoffice/templates/mail-server.html")]
pub(super) struct MailServerPage {
    pub(super) frame: OfficeFrame,
    pub(super) words: &'static MailPageWords,
    pub(super) letter_words: &'static LetterPageWords,
    pub(super) title: &'static str,
    /// Whose it is; empty for the installation.
    pub(super) alias: String,
    pub(super) id: String,
    /// Where the page is.
    pub(super) here: String,
    /// What is said of whose server it is.
    pub(super) whose: &'static str,
    pub(super) done: &'static str,
    pub(super) problem: String,
    pub(super) tested: Option<TestSaid>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) to: String,
    /// Whether the server of the installation is linked.
    pub(super) links_house: bool,
    pub(super) can: Option<ServerForms>,
}

/// The forms of the page.
pub(super) struct ServerForms {
    /// Drawn for each: what is sent twice is done once.
    pub(super) acts: [String; 3],
    /// Of who sets it; `None`: nothing can be set here.
    pub(super) fields: Option<ServerFields>,
    pub(super) own: bool,
    pub(super) proof: Option<ProofFields>,
}

/// What stands in the fields of a form; never a password.
pub(super) struct ServerFields {
    pub(super) host: String,
    pub(super) port: String,
    /// Value, words and whether it is chosen.
    pub(super) securities: Vec<(&'static str, &'static str, bool)>,
    pub(super) from: String,
    pub(super) from_name: String,
    pub(super) username: String,
}

/// What is said above, and what was typed.
#[derive(Default)]
struct ServerSaid {
    done: &'static str,
    problem: String,
    tested: Option<TestSaid>,
    typed: Option<OfficeForm>,
}

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let words = mail_page_words(visit.language());
    let done = match visit.asked("done").as_deref() {
        Some("set") => words.was_set,
        Some("take-away") => words.was_taken_away,
        _ => "",
    };
    let said = ServerSaid { done, ..ServerSaid::default() };
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
    // Where little was typed little is lost on the way.
    if form.one("do") != "set" && !who.stay.is_proved(&visit.web.app) {
        return visit.go_and_return("/prove");
    }
    let mut proving = Proving::new(visit, who);
    let acted = act(&mut proving, id, &form).await;
    let (visit, who) = (&proving.visit, &proving.who);
    let mut said = ServerSaid { typed: Some(form), ..ServerSaid::default() };
    let response = match acted {
        Ok(Acting::Done(done)) => {
            visit.go(&format!("/client-services/{id}/mail-server?done={done}"))
        }
        Ok(Acting::Tested(tested)) => {
            said.tested = Some(tested);
            shown(visit, who, id, (StatusCode::OK, said)).await
        }
        Err(DeedProblem::Words(status, problem)) => {
            said.problem = problem;
            shown(visit, who, id, (status, said)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    };
    proving.answer(response)
}

/// What came of a form.
enum Acting {
    Done(&'static str),
    Tested(TestSaid),
}

async fn act(
    proving: &mut Proving,
    id: ClientServiceId,
    form: &OfficeForm,
) -> Result<Acting, DeedProblem> {
    let seen = proving.who.seen(&proving.visit.web.app).await?;
    // Nobody learns from a form what is not to be seen.
    let service = services::find(&proving.visit.web.app, &seen, id).await?;
    if !["set", "take-away", "test"].contains(&form.one("do")) {
        return Err(DeedProblem::old(&proving.visit));
    }
    deeds::doer(&proving.visit, &proving.who, &seen, form)?;
    proving.admit(form).await?;
    let (visit, who) = (&proving.visit, &proving.who);
    let app = &visit.web.app;
    let doer = deeds::doer(visit, who, &seen, form)?;
    match form.one("do") {
        "set" => {
            let new = typed_server(visit, form)?;
            let set = mail::set(app, (doer, &who.stay.person), &service, new).await;
            set.map_err(|problem| server_problem(visit, problem))?;
            Ok(Acting::Done("set"))
        }
        "take-away" => {
            mail::take_away(app, doer, &service).await?;
            Ok(Acting::Done("take-away"))
        }
        _ => {
            let to = mail_test::receiver(visit, form)?;
            let sheet = mail::sheet(app, Some(id)).await?;
            let tried = mail::test(app, doer, Some(&service), (&to, visit.language())).await;
            let tried = tried.map_err(|problem| mail_test::problem(visit, problem))?;
            Ok(Acting::Tested(mail_test::said(visit, &to, tried, sheet.as_ref())))
        }
    }
}

/// The server that a form names.
fn typed_server(visit: &OfficeVisit, form: &OfficeForm) -> Result<WishedServer, DeedProblem> {
    let text = |name: &str| form.one(name).trim().to_owned();
    let plain = |text: String| {
        let good = text.chars().count() <= 255 && !text.chars().any(char::is_control);
        if good { Ok(text) } else { Err(DeedProblem::old(visit)) }
    };
    let security = SECURITIES.into_iter().find(|it| *it == form.one("security"));
    let port = match form.one("port").trim() {
        "" => None,
        port => {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0);
            let wrong = || DeedProblem::wrong(mail_page_words(visit.language()).port_wrong);
            Some(port.ok_or_else(wrong)?)
        }
    };
    let wrong = || DeedProblem::wrong(letter_page_words(visit.language()).address_wrong);
    let typed = !form.one("mail-password").is_empty();
    Ok(WishedServer {
        host: text("host"),
        port,
        security: security.ok_or_else(|| DeedProblem::old(visit))?,
        from: MailAddress::parse(&text("from")).ok_or_else(wrong)?,
        from_name: plain(text("from-name"))?,
        username: Some(plain(text("username"))?).filter(|name| !name.is_empty()),
        password: typed.then(|| form.secret("mail-password")),
    })
}

fn server_problem(visit: &OfficeVisit, problem: ServerProblem) -> DeedProblem {
    let words = mail_page_words(visit.language());
    match problem {
        ServerProblem::PasswordNeeded => DeedProblem::wrong(words.password_needed),
        ServerProblem::NotPublic => DeedProblem::wrong(words.not_public),
        ServerProblem::Failed(error) => error.into(),
    }
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    (status, said): (StatusCode, ServerSaid),
) -> Response {
    match server_page(visit, who, id, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn server_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    said: ServerSaid,
) -> Result<MailServerPage, Error> {
    let app = &visit.web.app;
    let sheet = services::sheet(app, &who.seen(app).await?, id).await?;
    let server = mail::sheet(app, Some(id)).await?;
    let words = mail_page_words(visit.language());
    let own = server.as_ref().is_some_and(|server| server.own);
    let mut facts = server.as_ref().map(|it| server_facts(visit, it)).unwrap_or_default();
    let mails = operation_words(visit.language());
    facts.push((words.waiting, tally(Locale(visit.language()), mails, sheet.waiting.mails)));
    let can = if who.stay.person.may(Permission::ManageServices) {
        let stored = server.as_ref().and_then(|it| it.settings.as_ref());
        Some(ServerForms {
            acts: [deeds::drawn(app)?, deeds::drawn(app)?, deeds::drawn(app)?],
            fields: Some(server_fields(words, stored, said.typed.as_ref())),
            own,
            proof: proof::fields(visit, who, &format!("/client-services/{id}/mail-server")).await?,
        })
    } else {
        None
    };
    Ok(MailServerPage {
        frame: visit.frame(),
        words,
        letter_words: letter_page_words(visit.language()),
        title: words.mail,
        alias: sheet.service.alias.as_str().to_owned(),
        id: id.to_string(),
        here: format!("{}/client-services/{id}/mail-server", visit.root()),
        whose: match (&server, own) {
            (None, _) => words.none,
            (Some(_), true) => words.uses_own,
            (Some(_), false) => words.uses_house,
        },
        done: said.done,
        problem: said.problem,
        tested: said.tested,
        facts,
        links_house: who.stay.person.may(Permission::SeeCredentials),
        to: said.typed.map(|form| form.one("to").to_owned()).unwrap_or_default(),
        can,
    })
}

/// What stands in the form: what was typed, or what is kept.
fn server_fields(
    words: &MailPageWords,
    stored: Option<&SmtpSettings>,
    typed: Option<&OfficeForm>,
) -> ServerFields {
    let typed = typed.filter(|form| form.one("do") == "set");
    let of = |name: &str, kept: &dyn Fn(&SmtpSettings) -> String| match typed {
        Some(form) => form.one(name).to_owned(),
        None => stored.map(kept).unwrap_or_default(),
    };
    let chosen = of("security", &|it| it.security.clone());
    let usual = chosen.is_empty();
    let all = SECURITIES.into_iter().zip(words.securities).enumerate();
    let securities =
        all.map(|(at, (value, name))| (value, name, value == chosen || usual && at == 0));
    ServerFields {
        host: of("host", &|it| it.host.clone()),
        port: of("port", &|it| it.port.to_string()),
        securities: securities.collect(),
        from: of("from", &|it| it.from.to_string()),
        from_name: of("from-name", &|it| it.from_name.clone()),
        username: of("username", &|it| it.username.clone().unwrap_or_default()),
    }
}

/// What is known of a server, in words; never its password.
pub(super) fn server_facts(
    visit: &OfficeVisit,
    server: &ServerSheet,
) -> Vec<(&'static str, String)> {
    let words = mail_page_words(visit.language());
    let [starttls, implicit, none] = words.securities;
    let security = match server.security.as_str() {
        "starttls" => starttls,
        "implicit" => implicit,
        _ => none,
    };
    let from = match server.from_name.as_str() {
        "" => server.from.to_string(),
        name => format!("{name} <{}>", server.from),
    };
    let login = match &server.username {
        Some(name) => format!("{name}; {}", words.has_password),
        None => words.no_login.to_owned(),
    };
    let dkim = match &server.dkim {
        Some((name, _)) => filled(words.signed, &[("name", name.clone())]),
        None => words.not_signed.to_owned(),
    };
    let health = match &server.circuit {
        None => words.healthy.to_owned(),
        Some(circuit) => {
            let time = |at| Locale(visit.language()).time(at);
            let facts = [
                ("since", time(circuit.since)),
                ("until", time(circuit.rests_until)),
                ("words", circuit.words.clone()),
            ];
            filled(words.closed, &facts)
        }
    };
    let networks = if server.public_only { words.public_only } else { words.any_network };
    vec![
        (words.host, format!("{}:{}", server.host, server.port)),
        (words.security, security.to_owned()),
        (words.from, from),
        (words.username, login),
        (words.networks, networks.to_owned()),
        (words.dkim, dkim),
        (words.health, health),
    ]
}
