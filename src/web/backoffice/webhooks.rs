//! Webhook endpoints of a client service: the list with how each stands, a new one, and the one time that its secret is
//! shown.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::ExposeSecret as _;

use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use crate::domain::ids::ClientServiceId;
use crate::domain::person::Permission;
use crate::domain::refusal::Refusal;
use crate::domain::webhook::{
    DisabledReason, Endpoint, EndpointStatus, EventKind, SignatureScheme,
};
use crate::letters::{Locale, WebhookWords, filled, webhook_words};
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::endpoints::{self, EndpointPlace};
use crate::workflow::webhooks::{EndpointView, NewEndpoint, ShownKey};

#[derive(Template)]
#[template(path = "backoffice/templates/webhooks.html")]
struct HooksPage {
    frame: OfficeFrame,
    words: &'static WebhookWords,
    done: &'static str,
    problem: String,
    id: String,
    alias: String,
    rows: Vec<HookRow>,
    /// What who looks may do.
    can: Option<HookForm>,
}

/// An endpoint in the table.
struct HookRow {
    id: String,
    url: String,
    state: String,
    events: String,
    description: String,
}

/// The form of a new one.
struct HookForm {
    act: String,
    url: String,
    description: String,
    events: Vec<(&'static str, bool)>,
    schemes: Vec<(&'static str, &'static str, bool)>,
}

/// The one time that a secret is shown.
#[derive(Template)]
#[template(path = "backoffice/templates/webhook-secret.html")]
pub(super) struct HookSecretPage {
    frame: OfficeFrame,
    words: &'static WebhookWords,
    text: &'static str,
    url: String,
    key: String,
    service: String,
    endpoint: String,
}

impl HookSecretPage {
    /// The page of a secret that was made just now.
    pub(super) fn of(visit: &OfficeVisit, endpoint: &Endpoint, key: &ShownKey) -> Self {
        let words = webhook_words(visit.language());
        let (text, key) = match key {
            ShownKey::Secret(secret) => (words.secret_text, secret.expose_secret().to_owned()),
            ShownKey::PublicKey(key) => (words.key_text, key.clone()),
        };
        Self {
            frame: visit.frame(),
            words,
            text,
            url: endpoint.url.clone(),
            key,
            service: endpoint.client_service.to_string(),
            endpoint: endpoint.id.to_string(),
        }
    }
}

type IdPath = Result<Path<String>, PathRejection>;

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: IdPath,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    let removed = visit.asked("done").as_deref() == Some("remove");
    let done = if removed { webhook_words(visit.language()).removed } else { "" };
    shown(&visit, &who, id, (StatusCode::OK, done, String::new()), None).await
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    id: IdPath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(id) = deeds::id_of(id) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match add(&visit, &who, id, &form).await {
        Ok(response) => response,
        Err(DeedProblem::Words(status, problem)) => {
            shown(&visit, &who, id, (status, "", problem), Some(&form)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn add(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    form: &OfficeForm,
) -> Result<Response, DeedProblem> {
    let (app, words) = (&visit.web.app, webhook_words(visit.language()));
    let seen = who.seen(app).await?;
    // Nobody learns from a form what is not to be seen.
    endpoints::list(app, &seen, id).await?;
    let doer = deeds::doer(visit, who, &seen, form)?;
    let scheme = SignatureScheme::parse(form.one("scheme"));
    let new = NewEndpoint {
        url: form.one("url").trim().to_owned(),
        events: events_of(visit, form)?,
        description: form.one("description").trim().to_owned(),
        scheme: scheme.ok_or_else(|| DeedProblem::old(visit))?,
    };
    match endpoints::add(app, doer, id, new).await.map_err(|error| problem(words, error))? {
        Acted::Done((view, key)) => {
            let page = HookSecretPage::of(visit, &view.endpoint, &key);
            Ok(OfficeVisit::page(StatusCode::OK, &page))
        }
        Acted::Before => {
            Err(DeedProblem::Words(StatusCode::CONFLICT, words.secret_before.to_owned()))
        }
    }
}

/// What a form says that an endpoint is told of.
pub(super) fn events_of(
    visit: &OfficeVisit,
    form: &OfficeForm,
) -> Result<Vec<EventKind>, DeedProblem> {
    let kinds = form.all("event").map(EventKind::parse).collect::<Option<Vec<_>>>();
    kinds.ok_or_else(|| DeedProblem::old(visit))
}

/// What people are told of an address that cannot be, or of too many.
pub(super) fn problem(words: &WebhookWords, error: Error) -> DeedProblem {
    match error {
        Error::Refused(Refusal::WebhookUrlRefused { reason, .. }) => {
            DeedProblem::wrong(&filled(words.url_wrong, &[("why", reason)]))
        }
        Error::Refused(Refusal::TooManyEndpoints { limit }) => {
            DeedProblem::wrong(&filled(words.full, &[("limit", limit.to_string())]))
        }
        error => error.into(),
    }
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    said: (StatusCode, &'static str, String),
    form: Option<&OfficeForm>,
) -> Response {
    match hooks_page(visit, who, id, (said.1, said.2), form).await {
        Ok(page) => OfficeVisit::page(said.0, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn hooks_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    id: ClientServiceId,
    (done, problem): (&'static str, String),
    form: Option<&OfficeForm>,
) -> Result<HooksPage, Error> {
    let (app, words) = (&visit.web.app, webhook_words(visit.language()));
    let (service, views) = endpoints::list(app, &who.seen(app).await?, id).await?;
    let may_add = who.stay.person.may(Permission::ManageServices);
    let can = if may_add { Some(hook_form(visit, form)?) } else { None };
    let row = |view: &EndpointView| HookRow {
        id: view.endpoint.id.to_string(),
        url: view.endpoint.url.clone(),
        state: state_of(visit, view),
        events: told_of(words, &view.endpoint),
        description: view.endpoint.description.clone(),
    };
    Ok(HooksPage {
        frame: visit.frame(),
        words,
        done,
        problem,
        id: id.to_string(),
        alias: service.alias.as_str().to_owned(),
        rows: views.iter().map(row).collect(),
        can,
    })
}

fn hook_form(visit: &OfficeVisit, form: Option<&OfficeForm>) -> Result<HookForm, Error> {
    let words = webhook_words(visit.language());
    let written = |name| form.map(|form| form.one(name).to_owned()).unwrap_or_default();
    let ticked: Vec<EventKind> = form
        .map(|form| form.all("event").filter_map(EventKind::parse).collect())
        .unwrap_or_default();
    let scheme = SignatureScheme::parse(&written("scheme")).unwrap_or(SignatureScheme::Hmac);
    Ok(HookForm {
        act: deeds::drawn(&visit.web.app)?,
        url: written("url"),
        description: written("description"),
        events: ticks(&ticked),
        schemes: schemes(words, scheme),
    })
}

/// Every kind of event that can be asked for, and whether it is ticked.
pub(super) fn ticks(ticked: &[EventKind]) -> Vec<(&'static str, bool)> {
    let kinds = EventKind::ALL.into_iter().filter(|kind| kind.is_subscribable());
    kinds.map(|kind| (kind.as_str(), ticked.contains(&kind))).collect()
}

/// Ways to sign, and whether one is chosen.
pub(super) fn schemes(
    words: &WebhookWords,
    chosen: SignatureScheme,
) -> Vec<(&'static str, &'static str, bool)> {
    let all = [SignatureScheme::Hmac, SignatureScheme::Ed25519];
    let named = all.into_iter().zip(words.schemes);
    named.map(|(scheme, name)| (scheme.as_str(), name, scheme == chosen)).collect()
}

/// What an endpoint is told of.
pub(super) fn told_of(words: &WebhookWords, endpoint: &Endpoint) -> String {
    if endpoint.events.is_empty() {
        return words.everything.to_owned();
    }
    let names: Vec<&str> = endpoint.events.iter().map(|kind| kind.as_str()).collect();
    names.join(", ")
}

/// How an endpoint stands, and since when.
pub(super) fn state_of(visit: &OfficeVisit, view: &EndpointView) -> String {
    let (locale, words) = (Locale(visit.language()), webhook_words(visit.language()));
    let [active, asked, gone, failing] = words.states;
    match &view.endpoint.status {
        EndpointStatus::Active => match view.failing_since {
            None => active.to_owned(),
            Some(since) => filled(words.failing, &[("when", locale.time(since))]),
        },
        EndpointStatus::Disabled { reason, since } => {
            let text = match reason {
                DisabledReason::Asked => asked,
                DisabledReason::Gone => gone,
                DisabledReason::Failing => failing,
            };
            filled(text, &[("when", locale.time(*since))])
        }
    }
}

/// The endpoint that a path says; `None`: it says none, and leads to what does not exist.
pub(super) fn place_of(
    path: Result<Path<(String, String)>, PathRejection>,
) -> Option<EndpointPlace> {
    let Path((service, endpoint)) = path.ok()?;
    Some(EndpointPlace { service: service.parse().ok()?, endpoint: endpoint.parse().ok()? })
}
