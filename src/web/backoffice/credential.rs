//! One credential: what its certificates say, whether its key signs, what seals with it, and what who manages credentials
//! can do: try it, disable it, ask for a certificate, and renew it together with somebody else.

use std::collections::HashMap;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::credentials::{credential_state, key_state, left, place_of};
use super::deeds::{self, DeedProblem, DeedRow};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::audit::WrittenReason;
use crate::domain::credential::{Credential, CredentialStatus};
use crate::domain::ids::PersonId;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::person::Permission;
use crate::domain::renewal::{CredentialRenewal, RenewalState};
use crate::domain::sources::sources;
use crate::letters::{
    AdministrationWords, KeyWords, Locale, administration_words, filled, key_words,
};
use crate::workflow::Error;
use crate::workflow::administration::credentials::{
    self, ChainFacts, CredentialSheet, RenewalProblem,
};

#[derive(Template)]
#[template(path = "backoffice/templates/credential.html")]
struct CredentialPage {
    frame: OfficeFrame,
    words: &'static AdministrationWords,
    keys: &'static KeyWords,
    said: CredentialSaid,
    place: String,
    alias: String,
    facts: Vec<(&'static str, String)>,
    calendar: Vec<String>,
    /// Number and alias.
    services: Vec<(String, String)>,
    renewals: Vec<RenewalRow>,
    entries: Vec<DeedRow>,
    /// What who looks may do.
    can: Option<CredentialForms>,
}

/// The forms of the page.
struct CredentialForms {
    /// Drawn for each: what is sent twice is done once.
    acts: [String; 5],
    disabled: bool,
    /// Whether nothing waits that would have to be decided first.
    may_propose: bool,
    /// Nobody else could confirm it.
    alone: bool,
    subject: String,
}

struct RenewalRow {
    id: String,
    alias: String,
    facts: Vec<(&'static str, String)>,
    state: &'static str,
    open: bool,
    /// Who looks may confirm it, and refuse it.
    may_confirm: bool,
    act: String,
}

/// What is said above the page, and what was written into its forms.
#[derive(Default)]
struct CredentialSaid {
    done: String,
    problem: String,
    /// A certification request (PEM).
    request: String,
    reason: String,
    subject: String,
    name: String,
    pem: String,
}

/// What became of a form.
enum CredentialDone {
    /// Another page says it.
    Elsewhere(String),
    /// This page does.
    Here(CredentialSaid),
}

type AliasPath = Result<Path<String>, PathRejection>;

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    alias: AliasPath,
) -> Response {
    let words = administration_words(visit.language());
    let done = match visit.asked("done").as_deref() {
        Some("disable") => words.credential_disabled,
        Some("enable") => words.credential_enabled,
        Some("propose") => words.renewal_proposed,
        Some("confirm") => words.renewal_confirmed,
        Some("refuse") => words.renewal_refused,
        Some("grant") => key_words(visit.language()).grant_saved,
        _ => "",
    };
    let said = CredentialSaid { done: done.to_owned(), ..CredentialSaid::default() };
    match alias {
        Ok(Path(alias)) => shown(&visit, &who, &alias, (StatusCode::OK, said)).await,
        Err(_) => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    alias: AliasPath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Ok(Path(alias)) = alias else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match act(&visit, &who, &alias, &form).await {
        Ok(CredentialDone::Elsewhere(place)) => visit.go(&place),
        Ok(CredentialDone::Here(said)) => shown(&visit, &who, &alias, (StatusCode::OK, said)).await,
        Err(DeedProblem::Words(status, problem)) => {
            let written = |name: &str| form.one(name).to_owned();
            let said = CredentialSaid {
                problem,
                reason: written("reason"),
                subject: written("subject"),
                name: written("name"),
                pem: written("pem"),
                ..CredentialSaid::default()
            };
            shown(&visit, &who, &alias, (status, said)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    alias: &str,
    form: &OfficeForm,
) -> Result<CredentialDone, DeedProblem> {
    let (app, words) = (&visit.web.app, administration_words(visit.language()));
    let credential = credentials::find(app, alias).await?;
    let seen = who.seen(app).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    let deed = form.one("do");
    match deed {
        "try" => {
            let signs = credentials::try_key(app, doer, &credential).await.map_err(of_key)?;
            let done = filled(words.tried, &[("algorithm", signs.as_str().to_owned())]);
            Ok(CredentialDone::Here(CredentialSaid { done, ..CredentialSaid::default() }))
        }
        "request" => {
            let subject = form.one("subject").trim();
            let made = credentials::request(app, doer, &credential, subject).await;
            let request = made.map_err(of_key)?;
            let done = words.request_made.to_owned();
            Ok(CredentialDone::Here(CredentialSaid { done, request, ..CredentialSaid::default() }))
        }
        "disable" | "enable" => {
            let reason = WrittenReason::parse(form.one("reason"))
                .ok_or_else(|| DeedProblem::wrong(words.reason_wrong))?;
            let status = if deed == "enable" {
                CredentialStatus::Active
            } else {
                CredentialStatus::Disabled
            };
            credentials::set_status(app, doer, &credential, status, &reason).await?;
            Ok(done_at(&credential, deed))
        }
        "propose" => {
            let wish = (form.one("name"), form.certificates());
            let proposed = credentials::propose(app, doer, &credential, wish).await;
            proposed.map_err(|problem| of_renewal(words, problem))?;
            Ok(done_at(&credential, deed))
        }
        "confirm" | "refuse" => {
            let id = form.one("renewal").parse().map_err(|_| DeedProblem::old(visit))?;
            let done = if deed == "confirm" {
                credentials::confirm(app, doer, &credential, id).await.map(drop)
            } else {
                credentials::refuse(app, doer, &credential, id).await.map(drop)
            };
            done.map_err(|problem| of_renewal(words, problem))?;
            Ok(done_at(&credential, deed))
        }
        "grant" => {
            let day = Instant::parse_rfc3339(&format!("{}T00:00:00Z", form.one("until")));
            let until = day.map(|day| day.plus_ms(DAY_MS - 1)).filter(|until| *until > app.now());
            let signatures = form.one("signatures").trim().parse::<u32>().ok();
            let wish = until.zip(signatures.map(u64::from));
            let wrong = key_words(visit.language()).grant_wrong;
            let wish = wish.ok_or_else(|| DeedProblem::wrong(wrong))?;
            credentials::grant(app, doer, &credential, wish).await?;
            Ok(done_at(&credential, deed))
        }
        _ => Err(DeedProblem::old(visit)),
    }
}

fn done_at(credential: &Credential, done: &str) -> CredentialDone {
    let place = place_of(&credential.alias);
    CredentialDone::Elsewhere(format!("/credentials/{place}?done={done}"))
}

/// A key that does not answer is told in its words: it is what somebody looks at this page for.
pub(super) fn of_key(error: Error) -> DeedProblem {
    match error {
        Error::Unavailable(..) => {
            DeedProblem::Words(StatusCode::SERVICE_UNAVAILABLE, sources(&error))
        }
        error => error.into(),
    }
}

pub(super) fn of_renewal(words: &AdministrationWords, problem: RenewalProblem) -> DeedProblem {
    let said = match problem {
        RenewalProblem::Unreadable(why) => filled(words.certificates_wrong, &[("why", why)]),
        RenewalProblem::Same => words.certificates_same.to_owned(),
        RenewalProblem::Alias => words.credential_name_wrong.to_owned(),
        RenewalProblem::Waiting => words.renewal_waits.to_owned(),
        RenewalProblem::Over => words.renewal_over.to_owned(),
        RenewalProblem::Own => words.renewal_own.to_owned(),
        RenewalProblem::Failed(error) => return of_key(error),
    };
    DeedProblem::wrong(&said)
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    alias: &str,
    (status, said): (StatusCode, CredentialSaid),
) -> Response {
    match credential_page(visit, who, alias, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn credential_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    alias: &str,
    said: CredentialSaid,
) -> Result<CredentialPage, Error> {
    let (app, person) = (&visit.web.app, &who.stay.person);
    let words = administration_words(visit.language());
    let sheet = credentials::sheet(app, alias).await?;
    let people = deeds::people(app).await?;
    let manages = person.may(Permission::ManageCredentials);
    let mut renewals = Vec::new();
    for (renewal, facts) in &sheet.renewals {
        let own = renewal.proposed_by == person.id;
        let mut row = renewal_row(visit, (renewal, facts.as_ref()), &people);
        row.may_confirm = manages && !own;
        row.act = if row.open && manages { deeds::drawn(app)? } else { String::new() };
        renewals.push(row);
    }
    let can = if manages {
        let written = !said.subject.is_empty();
        let subject = sheet.facts.as_ref().map(|facts| facts.subject.clone()).unwrap_or_default();
        Some(CredentialForms {
            acts: [
                deeds::drawn(app)?,
                deeds::drawn(app)?,
                deeds::drawn(app)?,
                deeds::drawn(app)?,
                deeds::drawn(app)?,
            ],
            disabled: sheet.credential.status == CredentialStatus::Disabled,
            may_propose: !renewals.iter().any(|row| row.open),
            alone: !credentials::has_second(app, person.id).await?,
            subject: if written { said.subject.clone() } else { subject },
        })
    } else {
        None
    };
    let services = sheet.services.iter().map(|(id, alias)| (id.to_string(), alias.clone()));
    Ok(CredentialPage {
        frame: visit.frame(),
        words,
        keys: key_words(visit.language()),
        place: place_of(&sheet.credential.alias),
        alias: sheet.credential.alias.clone(),
        facts: facts(visit, &sheet),
        calendar: sheet.calendar.clone(),
        services: services.collect(),
        renewals,
        entries: deeds::rows(visit, &sheet.entries, &people),
        can,
        said,
    })
}

fn facts(visit: &OfficeVisit, sheet: &CredentialSheet) -> Vec<(&'static str, String)> {
    let words = administration_words(visit.language());
    let mut key = key_state(words, sheet.key).to_owned();
    if !sheet.key_words.is_empty() {
        key = format!("{key}: {}", sheet.key_words);
    }
    let mut facts = vec![
        (words.state, credential_state(words, sheet.credential.status).to_owned()),
        (words.key, key),
        (words.back_end, sheet.credential.backend.clone()),
    ];
    match &sheet.facts {
        Some(chain) => {
            facts.extend(certificate(visit, chain));
            facts.push((words.left, left(visit, chain)));
        }
        None => facts.push((words.subject, words.certificate_unreadable.to_owned())),
    }
    facts.push((key_words(visit.language()).grant, grant(visit, sheet)));
    facts
}

/// What the authority permits.
fn grant(visit: &OfficeVisit, sheet: &CredentialSheet) -> String {
    let (locale, words) = (Locale(visit.language()), key_words(visit.language()));
    let Some((grant, used)) = &sheet.grant else { return words.no_grant.to_owned() };
    let facts = [
        ("date", locale.day(grant.expires)),
        ("used", locale.number(*used)),
        ("all", locale.number(grant.signatures)),
    ];
    filled(words.granted, &facts)
}

/// What the certificates say.
pub(super) fn certificate(visit: &OfficeVisit, chain: &ChainFacts) -> Vec<(&'static str, String)> {
    let (locale, words) = (Locale(visit.language()), administration_words(visit.language()));
    let (first, ends) = &chain.first_end;
    vec![
        (words.subject, chain.subject.clone()),
        (words.issuer, chain.issuer.clone()),
        (words.serial, chain.serial.clone()),
        (words.kind, chain.kind.clone()),
        (words.ends, locale.time(chain.ends)),
        (words.first_end, format!("{} ({first})", locale.time(*ends))),
    ]
}

fn renewal_row(
    visit: &OfficeVisit,
    (renewal, facts): (&CredentialRenewal, Option<&ChainFacts>),
    people: &HashMap<PersonId, String>,
) -> RenewalRow {
    let (locale, words) = (Locale(visit.language()), administration_words(visit.language()));
    let name = |id: PersonId| people.get(&id).cloned().unwrap_or_else(|| id.to_string());
    let [open, confirmed, refused] = words.renewal_states;
    let mut rows = vec![(
        words.proposed_by,
        format!("{}, {}", name(renewal.proposed_by), locale.time(renewal.proposed)),
    )];
    if let (Some(by), Some(at)) = (renewal.decided_by, renewal.decided) {
        rows.push((words.decided_by, format!("{}, {}", name(by), locale.time(at))));
    }
    rows.extend(facts.into_iter().flat_map(|chain| certificate(visit, chain)));
    RenewalRow {
        id: renewal.id.to_string(),
        alias: renewal.alias.clone(),
        facts: rows,
        state: match renewal.state {
            RenewalState::Open => open,
            RenewalState::Confirmed => confirmed,
            RenewalState::Refused => refused,
        },
        open: renewal.state == RenewalState::Open,
        may_confirm: false,
        act: String::new(),
    }
}
