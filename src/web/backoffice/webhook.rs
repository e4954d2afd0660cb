//! One webhook endpoint: how it stands, what was sent to it with every answer; changed, tested, given a new secret, told
//! again what it missed, and removed.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::Response;

use super::deeds::{self, DeedProblem};
use super::form::OfficeForm;
use super::frame::{Notice, OfficeFrame};
use super::seen::span;
use super::signed_in::SignedIn;
use super::visit::OfficeVisit;
use super::webhooks::{
    HookSecretPage, events_of, place_of, problem, schemes, state_of, ticks, told_of,
};
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::person::Permission;
use crate::domain::webhook::{EndpointStatus, EventKind, SignatureScheme};
use crate::letters::{
    Locale, OperationWords, WebhookWords, filled, operation_words, webhook_words,
};
use crate::workflow::Error;
use crate::workflow::acts::Acted;
use crate::workflow::administration::endpoints::{
    self, CountedReplay, EndpointPlace, MOST, ReplayChoice, ReplayCount, TryOutcome,
};
use crate::workflow::webhooks::{EndpointAttempt, EndpointChange, EndpointView, LogCursor};

#[derive(Template)]
#[template(path = "backoffice/templates/webhook.html")]
struct HookPage {
    frame: OfficeFrame,
    words: &'static WebhookWords,
    operations: &'static OperationWords,
    said: HookSaid,
    service: String,
    alias: String,
    id: String,
    url: String,
    facts: Vec<(&'static str, String)>,
    /// How it is signed, and the public key, if there is one.
    secrets: Vec<(String, String)>,
    outcomes: Vec<(&'static str, &'static str, bool)>,
    tries: Vec<TryRow>,
    /// Queries of the newest tries, when this is not their page, and of those that follow.
    newest: Option<String>,
    older: Option<String>,
    /// What who looks may do.
    can: Option<HookForms>,
}

/// The forms of the page.
struct HookForms {
    /// Drawn for each: what is sent twice is done once.
    acts: [String; 4],
    url: String,
    description: String,
    events: Vec<(&'static str, bool)>,
    enabled: bool,
    schemes: Vec<(&'static str, &'static str, bool)>,
    replay: ReplayForm,
}

/// The span of what is sent again, and what was counted in it.
#[derive(Default)]
struct ReplayForm {
    text: String,
    from: String,
    until: String,
    failed_only: bool,
    counted: String,
    /// There are more than those.
    more: bool,
    /// Which they are; empty: nothing can be sent.
    print: String,
    act: String,
}

/// A try in the log.
struct TryRow {
    when: String,
    event: String,
    /// The number of what it tells of, when that is an operation.
    operation: String,
    number: u32,
    outcome: String,
    took: String,
    reply: String,
    next: String,
}

/// What is said above the page, and what was written into its forms.
#[derive(Default)]
struct HookSaid {
    done: String,
    problem: String,
    /// What the other side answered to a test.
    answer: String,
    written: Option<OfficeForm>,
    count: Option<ReplayCount>,
}

/// What became of a form.
enum HookDone {
    Elsewhere(Response),
    /// This page says it.
    Here(StatusCode, HookSaid),
}

type PlacePath = Result<Path<(String, String)>, PathRejection>;

pub(super) async fn page(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    place: PlacePath,
) -> Response {
    let words = webhook_words(visit.language());
    let done = match visit.asked("done").as_deref() {
        Some("change") => words.changed,
        Some("replay") => words.replayed,
        _ => "",
    };
    let said = HookSaid { done: done.to_owned(), ..HookSaid::default() };
    match place_of(place) {
        Some(place) => shown(&visit, &who, place, (StatusCode::OK, said)).await,
        None => visit.notice(StatusCode::NOT_FOUND, Notice::Unknown),
    }
}

pub(super) async fn send(
    Extension(visit): Extension<OfficeVisit>,
    Extension(who): Extension<SignedIn>,
    place: PlacePath,
    Extension(form): Extension<OfficeForm>,
) -> Response {
    let Some(place) = place_of(place) else {
        return visit.notice(StatusCode::NOT_FOUND, Notice::Unknown);
    };
    match act(&visit, &who, place, &form).await {
        Ok(HookDone::Elsewhere(response)) => response,
        Ok(HookDone::Here(status, said)) => shown(&visit, &who, place, (status, said)).await,
        Err(DeedProblem::Words(status, problem)) => {
            let said = HookSaid { problem, written: Some(form), ..HookSaid::default() };
            shown(&visit, &who, place, (status, said)).await
        }
        Err(DeedProblem::Failed(error)) => visit.failed(&error),
    }
}

async fn act(
    visit: &OfficeVisit,
    who: &SignedIn,
    place: EndpointPlace,
    form: &OfficeForm,
) -> Result<HookDone, DeedProblem> {
    let (app, words) = (&visit.web.app, webhook_words(visit.language()));
    let seen = who.seen(app).await?;
    let deed = form.one("do");
    if deed == "remove" {
        // What is gone already stays gone: a form that comes twice leads to the same page.
        let doer = deeds::doer(visit, who, &seen, form)?;
        if form.one("sure") != "yes" {
            endpoints::find(app, &seen, place).await?;
            return Err(DeedProblem::wrong(words.remove_wrong));
        }
        endpoints::remove(app, doer, place).await?;
        let list = format!("/client-services/{}/webhooks?done=remove", place.service);
        return Ok(HookDone::Elsewhere(visit.go(&list)));
    }
    let (_, view) = endpoints::find(app, &seen, place).await?;
    let here = format!("/client-services/{}/webhooks/{}", place.service, place.endpoint);
    if deed == "count" {
        let choice = choice_of(words, form)?;
        let count = endpoints::count(app, &seen, place, choice).await?;
        return Ok(HookDone::Here(StatusCode::OK, HookSaid::counted(form, count)));
    }
    let doer = deeds::doer(visit, who, &seen, form)?;
    match deed {
        "change" => {
            let change = change_of(visit, &view, form)?;
            let changed = endpoints::change(app, doer, place, change).await;
            changed.map_err(|error| problem(words, error))?;
            Ok(HookDone::Elsewhere(visit.go(&format!("{here}?done=change"))))
        }
        "secret" => {
            let scheme = SignatureScheme::parse(form.one("scheme"));
            let scheme = scheme.ok_or_else(|| DeedProblem::old(visit))?;
            let wish = (scheme, form.one("only") == "yes");
            match endpoints::make_secret(app, doer, place, wish).await? {
                Acted::Done(key) => {
                    let page = HookSecretPage::of(visit, &view.endpoint, &key);
                    Ok(HookDone::Elsewhere(OfficeVisit::page(StatusCode::OK, &page)))
                }
                Acted::Before => Err(before(words.secret_before)),
            }
        }
        "test" => match endpoints::test(app, doer, place).await? {
            Acted::Done(tried) => {
                Ok(HookDone::Here(StatusCode::OK, HookSaid::tested(words, &tried)))
            }
            Acted::Before => Err(before(words.test_before)),
        },
        "replay" => {
            let wish = (choice_of(words, form)?, form.one("print"));
            match endpoints::replay(app, doer, place, wish).await? {
                CountedReplay::Done | CountedReplay::Before => {
                    Ok(HookDone::Elsewhere(visit.go(&format!("{here}?done=replay"))))
                }
                CountedReplay::Others(count) => {
                    let problem = words.replay_others.to_owned();
                    let said = HookSaid { problem, ..HookSaid::counted(form, count) };
                    Ok(HookDone::Here(StatusCode::CONFLICT, said))
                }
            }
        }
        _ => Err(DeedProblem::old(visit)),
    }
}

fn before(words: &str) -> DeedProblem {
    DeedProblem::Words(StatusCode::CONFLICT, words.to_owned())
}

impl HookSaid {
    fn counted(form: &OfficeForm, count: ReplayCount) -> Self {
        Self { written: Some(form.clone()), count: Some(count), ..Self::default() }
    }

    fn tested(words: &WebhookWords, tried: &Tried) -> Self {
        let answer = tried.reply.clone();
        if tried.verdict == Verdict::Accepted {
            return Self { done: words.test_good.to_owned(), answer, ..Self::default() };
        }
        let problem = filled(words.test_bad, &[("phase", tried.phase.to_owned())]);
        Self { problem, answer, ..Self::default() }
    }

    /// What was written into the form that does something.
    fn form_of(&self, deeds: &[&str]) -> Option<&OfficeForm> {
        self.written.as_ref().filter(|form| deeds.contains(&form.one("do")))
    }
}

/// What a form changes: nothing of what stays as it is.
fn change_of(
    visit: &OfficeVisit,
    view: &EndpointView,
    form: &OfficeForm,
) -> Result<EndpointChange, DeedProblem> {
    let endpoint = &view.endpoint;
    let enabled = match form.one("state") {
        "enabled" => true,
        "disabled" => false,
        _ => return Err(DeedProblem::old(visit)),
    };
    let was = endpoint.status == EndpointStatus::Active;
    let written = |name, known: &str| {
        let text = form.one(name).trim().to_owned();
        (text != known).then_some(text)
    };
    let events = events_of(visit, form)?;
    Ok(EndpointChange {
        url: written("url", &endpoint.url),
        description: written("description", &endpoint.description),
        events: (events != endpoint.events).then_some(events),
        enabled: (enabled != was).then_some(enabled),
    })
}

/// The span that a form says, in minutes of UTC.
fn choice_of(words: &WebhookWords, form: &OfficeForm) -> Result<ReplayChoice, DeedProblem> {
    let minute = |name| Instant::parse_rfc3339(&format!("{}:00Z", form.one(name)));
    let span = minute("from").zip(minute("until"));
    let (from, until) = span
        .filter(|(from, until)| from < until)
        .ok_or_else(|| DeedProblem::wrong(words.time_wrong))?;
    Ok(ReplayChoice { from, until, failed_only: form.one("failed") == "yes" })
}

/// A time as a field says it.
fn minute_of(at: Instant) -> String {
    at.to_rfc3339().chars().take(16).collect()
}

async fn shown(
    visit: &OfficeVisit,
    who: &SignedIn,
    place: EndpointPlace,
    (status, said): (StatusCode, HookSaid),
) -> Response {
    match hook_page(visit, who, place, said).await {
        Ok(page) => OfficeVisit::page(status, &page),
        Err(error) => visit.failed(&error),
    }
}

async fn hook_page(
    visit: &OfficeVisit,
    who: &SignedIn,
    place: EndpointPlace,
    said: HookSaid,
) -> Result<HookPage, Error> {
    let (app, words) = (&visit.web.app, webhook_words(visit.language()));
    let seen = who.seen(app).await?;
    let (service, view) = endpoints::find(app, &seen, place).await?;
    let outcome = visit.asked("outcome").as_deref().and_then(TryOutcome::parse);
    let behind = visit.asked("behind").as_deref().and_then(cursor);
    let log = (outcome, behind.unwrap_or(LogCursor::BEGINNING));
    let log = endpoints::log(app, &seen, place, log).await?;
    let locale = Locale(visit.language());
    let manages = who.stay.person.may(Permission::ManageServices);
    let can = if manages { Some(forms(visit, &view, &said)?) } else { None };
    let secrets = view.secrets.iter().map(|secret| {
        let facts = [
            ("scheme", scheme_name(secret.scheme).to_owned()),
            ("made", locale.time(secret.created)),
        ];
        (filled(words.secret_of, &facts), secret.public.clone().unwrap_or_default())
    });
    let outcomes = TryOutcome::ALL.into_iter().zip(words.outcomes);
    Ok(HookPage {
        frame: visit.frame(),
        words,
        operations: operation_words(visit.language()),
        service: place.service.to_string(),
        alias: service.alias.as_str().to_owned(),
        id: place.endpoint.to_string(),
        url: view.endpoint.url.clone(),
        facts: vec![
            (words.state, state_of(visit, &view)),
            (words.events, told_of(words, &view.endpoint)),
            (words.description, view.endpoint.description.clone()),
            (words.made, locale.time(view.endpoint.created)),
        ],
        secrets: secrets.collect(),
        outcomes: outcomes.map(|(it, name)| (it.as_str(), name, outcome == Some(it))).collect(),
        tries: log.tries.iter().map(|one| try_row(visit, one)).collect(),
        newest: behind.is_some().then(|| query(outcome, None)),
        older: log.next.map(|next| query(outcome, Some(next))),
        can,
        said,
    })
}

fn forms(visit: &OfficeVisit, view: &EndpointView, said: &HookSaid) -> Result<HookForms, Error> {
    let (app, words) = (&visit.web.app, webhook_words(visit.language()));
    let (endpoint, changing) = (&view.endpoint, said.form_of(&["change"]));
    let written = |name, known: &str| {
        changing.map_or_else(|| known.to_owned(), |form| form.one(name).to_owned())
    };
    let events: Vec<EventKind> = match changing {
        Some(form) => form.all("event").filter_map(EventKind::parse).collect(),
        None => endpoint.events.clone(),
    };
    let newest = view.secrets.first().map_or(SignatureScheme::Hmac, |secret| secret.scheme);
    let active = endpoint.status == EndpointStatus::Active;
    Ok(HookForms {
        acts: [deeds::drawn(app)?, deeds::drawn(app)?, deeds::drawn(app)?, deeds::drawn(app)?],
        url: written("url", &endpoint.url),
        description: written("description", &endpoint.description),
        events: ticks(&events),
        enabled: changing.map_or(active, |form| form.one("state") == "enabled"),
        schemes: schemes(words, newest),
        replay: replay_form(visit, active, said)?,
    })
}

fn replay_form(visit: &OfficeVisit, active: bool, said: &HookSaid) -> Result<ReplayForm, Error> {
    let (app, words) = (&visit.web.app, webhook_words(visit.language()));
    let locale = Locale(visit.language());
    let most = [("most", locale.number(MOST.into()))];
    let text = if active { filled(words.replay_text, &most) } else { String::new() };
    let now = app.now();
    let mut form = ReplayForm {
        text,
        // A day back, to the end of this minute.
        from: minute_of(now.plus_ms(-DAY_MS)),
        until: minute_of(now.plus_ms(60_000)),
        failed_only: true,
        ..ReplayForm::default()
    };
    if let Some(written) = said.form_of(&["count", "replay"]) {
        written.one("from").clone_into(&mut form.from);
        written.one("until").clone_into(&mut form.until);
        form.failed_only = written.one("failed") == "yes";
    }
    if let Some(count) = &said.count {
        form.counted = match count.span {
            None => words.counted_none.to_owned(),
            Some((first, last)) => {
                let number = u64::try_from(count.events).unwrap_or(u64::MAX);
                let facts = [
                    ("number", locale.number(number)),
                    ("first", locale.time(first)),
                    ("last", locale.time(last)),
                ];
                filled(words.counted, &facts)
            }
        };
        form.more = count.more;
        if count.events > 0 {
            form.print.clone_from(&count.print);
            form.act = deeds::drawn(app)?;
        }
    }
    Ok(form)
}

/// As those who make receivers call it.
const fn scheme_name(scheme: SignatureScheme) -> &'static str {
    match scheme {
        SignatureScheme::Hmac => "HMAC-SHA256",
        SignatureScheme::Ed25519 => "Ed25519",
    }
}

fn try_row(visit: &OfficeVisit, found: &EndpointAttempt) -> TryRow {
    let (locale, words) = (Locale(visit.language()), webhook_words(visit.language()));
    let attempt = &found.attempt;
    let took = attempt.ended.map(|ended| span(ended.unix_ms() - attempt.started.unix_ms()));
    let [taken, later, never, large, relay, interrupted, running] = words.verdicts;
    let mut outcome = match attempt.verdict.as_deref() {
        None => running,
        Some("ACCEPTED") => taken,
        Some("LATER") => later,
        Some("NEVER") => never,
        Some("TOO_LARGE") => large,
        Some("RELAY") => relay,
        Some(_) => interrupted,
    }
    .to_owned();
    if let Some(phase) = attempt.phase.as_deref().filter(|_| outcome != taken) {
        outcome = format!("{outcome} ({phase})");
    }
    if attempt.ambiguous {
        outcome = format!("{outcome}; {}", words.ambiguous);
    }
    TryRow {
        when: locale.time(attempt.started),
        event: found.kind.as_str().to_owned(),
        operation: found.operation.map(|id| id.to_string()).unwrap_or_default(),
        number: attempt.number,
        outcome,
        took: took.unwrap_or_default(),
        reply: attempt.reply.clone().unwrap_or_default(),
        next: found.next.map(|next| locale.time(next)).unwrap_or_default(),
    }
}

fn query(outcome: Option<TryOutcome>, behind: Option<LogCursor>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(outcome) = outcome {
        query.append_pair("outcome", outcome.as_str());
    }
    if let Some(LogCursor { started, message, number }) = behind {
        query.append_pair("behind", &format!("{}.{message}.{number}", started.unix_ms()));
    }
    format!("?{}", query.finish())
}

fn cursor(text: &str) -> Option<LogCursor> {
    let mut parts = text.split('.');
    let mut next = || parts.next();
    let started = Instant::from_unix_ms(next()?.parse().ok()?);
    let cursor =
        LogCursor { started, message: next()?.parse().ok()?, number: next()?.parse().ok()? };
    next().is_none().then_some(cursor)
}
