//! One client service: how it seals and writes, its secrets, what waits of it, and what happened; and what who manages
//! it can do.

use std::collections::HashMap;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret as _;

use super::client_services::service_state;
use super::deeds::{self, DeedProblem, DeedRow, SuspensionSaid};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::letters;
use super::search::tally;
use super::secret::SecretPage;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::client_service::{
    AuthorityOrder, ClientService, ClientServiceStatus, DocumentReferences, Lint, SecretLife,
    Timestamps,
};
use crate::domain::company::CompanyStatus;
use crate::domain::ids::{ClientServiceId, PersonId};
use crate::domain::language::Language;
use crate::domain::pades::ActiveContent;
use crate::domain::person::Permission;
use crate::letters::{
    AdministrationWords, LetterPageWords, Locale, administration_words, filled, letter_page_words,
    operation_words, page_words, webhook_words,
};
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::services::{self, MailSender, OVERLAP_HOURS, ServiceSheet};

#[derive(Template)]
#[template(path = "backoffice/templates/client-service.html")]
struct ServicePage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    letter_words: &'static LetterPageWords,
    /// Places and languages of its letters, and how to read these aloud.
    letters: Vec<(&'static str, &'static str, &'static str)>,
    /// What was done just now, and what was not.
    done: &'static str,
    problem: String,
    id: String,
    alias: String,
    company_suspended: bool,
    facts: Vec<(&'static str, String)>,
    settings: Vec<(&'static str, String)>,
    secrets: Vec<String>,
    webhooks: &'static str,
    waiting: Vec<(&'static str, String)>,
    entries: Vec<DeedRow>,
    /// What who looks may do.
    can: Option<ServiceForms>,
}

/// The forms of the page.
struct ServiceForms {
    /// Drawn for each: what is sent twice is done once.
    acts: [String; 2],
    /// Hours, their words and whether they are chosen.
    overlaps: Vec<(u32, &'static str, bool)>,
    suspended: bool,
    /// What was written into the field before.
    reason: String,
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
        Ok(response) => response,
        Err(DeedProblem::Words(status, problem)) => {
            shown(&visit, &who, id, (status, SuspensionSaid::wrong(problem, &form))).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    form: &OfficeForm,
) -> Result<Response, DeedProblem> {
    let (app, words) = (&visit.web.app, administration_words(visit.language()));
    let seen = who.seen(app).await?;
    // Nobody learns from a form what is not to be seen.
    let service = services::find(app, &seen, id).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    if form.one("do") == "secret" {
        let hours = form.one("overlap").parse().unwrap_or(u32::MAX);
        return match services::make_secret(app, doer, id, hours).await? {
            Acted::Done(secret) => {
                let page = SecretPage::of(visit, &service, secret.expose_secret());
                Ok(OfficeVisit::page(StatusCode::OK, &page))
            }
            Acted::Before => {
                let problem = words.secret_before.to_owned();
                Err(DeedProblem::Words(StatusCode::CONFLICT, problem))
            }
        };
    }
    let (suspends, reason) = deeds::suspension(visit, form)?;
    let status =
        if suspends { ClientServiceStatus::Suspended } else { ClientServiceStatus::Active };
    services::set_status(app, doer, id, status, &reason).await?;
    Ok(visit.go(&format!("/client-services/{id}?done={}", form.one("do"))))
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    (status, said): (StatusCode, SuspensionSaid),
) -> Response {
    match service_page(visit, who, id, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn service_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    said: SuspensionSaid,
) -> Result<ServicePage, Error> {
    let app = &visit.web.app;
    let sheet = services::sheet(app, &who.seen(app).await?, id).await?;
    let people: HashMap<PersonId, String> = deeds::people(app).await?;
    let teller = ServiceTeller {
        locale: Locale(visit.language()),
        words: administration_words(visit.language()),
    };
    let suspended = sheet.service.status == ClientServiceStatus::Suspended;
    let can = if who.stay.person.may(Permission::ManageServices) {
        let hours = OVERLAP_HOURS.into_iter().zip(teller.words.overlaps);
        Some(ServiceForms {
            acts: [deeds::drawn(app)?, deeds::drawn(app)?],
            // A day: long enough for most, and nobody forgets it for a month.
            overlaps: hours.map(|(hours, word)| (hours, word, hours == 24)).collect(),
            suspended,
            reason: said.reason,
        })
    } else {
        None
    };
    Ok(ServicePage {
        frame: visit.frame(),
        words: teller.words,
        letter_words: letter_page_words(visit.language()),
        letters: letter_places(visit.language()),
        done: said.done,
        problem: said.problem,
        id: id.to_string(),
        alias: sheet.service.alias.as_str().to_owned(),
        company_suspended: sheet.issuer.status == CompanyStatus::Suspended,
        facts: teller.facts(&sheet),
        settings: teller.settings(&sheet),
        secrets: sheet.secrets.iter().map(|secret| teller.secret(secret)).collect(),
        webhooks: webhook_words(visit.language()).webhooks,
        waiting: teller.waiting(visit, &sheet),
        entries: deeds::rows(visit, &sheet.entries, &people),
        can,
    })
}

/// Where the letters are, the language of the reader first.
fn letter_places(own: Language) -> Vec<(&'static str, &'static str, &'static str)> {
    let words = letter_page_words(own);
    let others = Language::ALL.into_iter().filter(|it| *it != own);
    let of = |language: Option<Language>| {
        let code = language.unwrap_or(own).as_str();
        (letters::place_of(language), code, letters::language_word(words, language))
    };
    [Some(own)].into_iter().chain(others.map(Some)).chain([None]).map(of).collect()
}

/// Puts what is known into the words of a language.
struct ServiceTeller {
    locale: Locale,
    words: &'static AdministrationWords,
}

impl ServiceTeller {
    fn facts(&self, sheet: &ServiceSheet) -> Vec<(&'static str, String)> {
        let words = self.words;
        let issuer = &sheet.issuer;
        let company = format!("{} ({} {})", issuer.name, issuer.country_code, issuer.vat_number);
        let last = sheet.last_use.map(|at| self.locale.time(at));
        vec![
            (words.state, service_state(words, sheet.service.status).to_owned()),
            (words.company, company),
            (words.created, self.locale.time(sheet.service.created)),
            (words.last_use, last.unwrap_or_else(|| words.never.to_owned())),
        ]
    }

    fn settings(&self, sheet: &ServiceSheet) -> Vec<(&'static str, String)> {
        let (words, service) = (self.words, &sheet.service);
        let credential = match &sheet.credential {
            None => words.no_credential.to_owned(),
            Some((name, None)) => name.clone(),
            Some((name, Some(ends))) => {
                let facts = [("name", name.clone()), ("date", self.locale.day(*ends))];
                filled(words.credential_until, &facts)
            }
        };
        let profile = service.profile.as_ref().map(|it| it.as_str().to_owned());
        let [basic, schema] = [words.lints[1], words.lints[2]];
        let lint = match service.lint {
            Lint::None => words.lints[0],
            Lint::Basic => basic,
            Lint::Schema => schema,
        };
        let [unique, reusable] = words.all_references;
        let references = match service.document_references {
            DocumentReferences::Unique => unique,
            DocumentReferences::Reusable => reusable,
        };
        let [warn, refuse] = words.active_contents;
        let active = match service.active_content {
            ActiveContent::Warn => warn,
            ActiveContent::Refuse => refuse,
        };
        let [refused, allowed] = words.sha1;
        let language = sheet.language.map(|it| page_words(it).autonym.to_owned());
        vec![
            (words.credential, credential),
            (words.profile, profile.unwrap_or_else(|| words.usual_profile.to_owned())),
            (words.level, service.level.as_str().to_owned()),
            (words.timestamps, self.timestamps(service.timestamps).to_owned()),
            (words.authorities, self.authorities(service)),
            (words.references, references.to_owned()),
            (words.lint, lint.to_owned()),
            (words.active_content, active.to_owned()),
            ("SHA-1", if service.allow_sha1 { allowed } else { refused }.to_owned()),
            (words.mail_server, self.mail(&sheet.mail)),
            (words.mails_per_day, self.mails(service.mails_per_day)),
            (words.language, language.unwrap_or_else(|| words.of_receiver.to_owned())),
        ]
    }

    const fn timestamps(&self, choice: Timestamps) -> &'static str {
        let [refuse, omit, wait, fail] = self.words.all_timestamps;
        match choice {
            Timestamps::Refuse => refuse,
            Timestamps::Omit => omit,
            Timestamps::Wait => wait,
            Timestamps::Fail => fail,
        }
    }

    fn authorities(&self, service: &ClientService) -> String {
        let [in_order, shared] = self.words.orders;
        let order = match service.timestamp_order {
            AuthorityOrder::InOrder => in_order,
            AuthorityOrder::Shared => shared,
        };
        let named = service.timestamp_authorities.join(", ");
        let named = if named.is_empty() { self.words.all_authorities.to_owned() } else { named };
        format!("{named} ({order})")
    }

    fn mail(&self, sender: &MailSender) -> String {
        let [own, house, nobody] = self.words.mail_servers;
        match sender {
            MailSender::Own { host, from } => {
                filled(own, &[("host", host.clone()), ("address", from.to_string())])
            }
            MailSender::House { from } => filled(house, &[("address", from.to_string())]),
            MailSender::Nobody => nobody.to_owned(),
        }
    }

    fn mails(&self, limit: Option<u32>) -> String {
        match limit {
            None => self.words.limits_of_house.to_owned(),
            Some(0) => self.words.any_number.to_owned(),
            Some(many) => self.locale.number(many.into()),
        }
    }

    fn secret(&self, secret: &SecretLife) -> String {
        let made = ("made", self.locale.time(secret.made));
        match secret.ends {
            None => filled(self.words.secret_open, &[made]),
            Some(ends) => filled(self.words.secret_ends, &[made, ("ends", self.locale.time(ends))]),
        }
    }

    fn waiting(&self, visit: &OfficeVisit, sheet: &ServiceSheet) -> Vec<(&'static str, String)> {
        let words = operation_words(visit.language());
        let waiting = &sheet.waiting;
        vec![
            (words.pending, tally(self.locale, words, waiting.pending)),
            (words.retrying, tally(self.locale, words, waiting.retrying)),
            (words.mails, tally(self.locale, words, waiting.mails)),
            (words.given_up, tally(self.locale, words, waiting.mails_given_up)),
        ]
    }
}
