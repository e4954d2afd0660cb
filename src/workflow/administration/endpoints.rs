//! Webhook endpoints of client services as people meet them: within what they see, recorded in the transaction of the
//! fact, and done once. What is done is `workflow/webhooks`.

use super::{ChangingPerson, services};
use crate::app::App;
use crate::domain::audit::{AuditAction, AuditEntry, AuditSubject};
use crate::domain::client_service::ClientService;
use crate::domain::delivery::{Tried, Verdict};
use crate::domain::ids::{ClientServiceId, EndpointId};
use crate::domain::instant::Instant;
use crate::domain::scope::{Scope, ServiceSet};
use crate::domain::text::hex;
use crate::domain::webhook::{EventKind, SignatureScheme};
use crate::pki::digest::sha256;
use crate::workflow::acts::Acted;
use crate::workflow::webhooks::{
    self, EndpointAttempt, EndpointChange, EndpointView, EventCursor, LOG_PAGE, LogCursor,
    NewEndpoint, REPLAY_MOST, ReplayPlan, ReplaySpan, ShownKey,
};
use crate::workflow::{Error, Thing};

/// Tries that a page of the log has at most.
pub const TRIES: usize = 50;

/// Pages of the log that are read for one that a filter leaves.
const LOOKED_THROUGH: usize = 10;

/// One endpoint of one client service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointPlace {
    pub service: ClientServiceId,
    pub endpoint: EndpointId,
}

impl EndpointPlace {
    const fn scope(self) -> Scope {
        Scope::ClientService(self.service)
    }
}

/// What is asked to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayChoice {
    /// What happened then or later.
    pub from: Instant,
    /// What happened before.
    pub until: Instant,
    /// Only what was not taken over.
    pub failed_only: bool,
}

/// What would be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayCount {
    pub events: usize,
    /// When the first and the last of them happened.
    pub span: Option<(Instant, Instant)>,
    /// Whether there are more than are sent at once; these are the oldest.
    pub more: bool,
    /// Which they are, as one number: what is done is what was counted.
    pub print: String,
}

/// What became of a wish to send again what was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountedReplay {
    Done,
    /// It was done before.
    Before,
    /// They are others by now; nothing was done.
    Others(ReplayCount),
}

/// How a try ended, as a log is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryOutcome {
    Taken,
    Failed,
    Running,
}

impl TryOutcome {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Taken, Self::Failed, Self::Running];

    /// As an address says it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Failed => "failed",
            Self::Running => "running",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    fn of(found: &EndpointAttempt) -> Self {
        match found.attempt.verdict.as_deref() {
            None => Self::Running,
            Some(verdict) if verdict == Verdict::Accepted.as_str() => Self::Taken,
            Some(_) => Self::Failed,
        }
    }
}

/// A page of the log of an endpoint, newest first.
pub struct TryPage {
    pub tries: Vec<EndpointAttempt>,
    /// Behind this place are more, as far as is known.
    pub next: Option<LogCursor>,
}

/// The endpoints of a client service, oldest first.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn list(
    app: &App,
    seen: &ServiceSet,
    id: ClientServiceId,
) -> Result<(ClientService, Vec<EndpointView>), Error> {
    let service = services::find(app, seen, id).await?;
    let views = webhooks::list(app, id).await?;
    Ok((service, views))
}

/// One endpoint, and whose it is.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn find(
    app: &App,
    seen: &ServiceSet,
    place: EndpointPlace,
) -> Result<(ClientService, EndpointView), Error> {
    let service = services::find(app, seen, place.service).await?;
    let view = webhooks::show(app, place.scope(), place.endpoint).await?;
    Ok((service, view))
}

/// Adds an endpoint with its first secret, which is returned here and never again.
///
/// # Errors
/// [`Error::NotFound`] when the client service is not within what may be seen; as [`webhooks::add`].
pub async fn add(
    app: &App,
    doer: ChangingPerson<'_>,
    id: ClientServiceId,
    new: NewEndpoint,
) -> Result<Acted<(EndpointView, ShownKey)>, Error> {
    let service = services::find(app, doer.seen, id).await?;
    let detail = format!("{}: {}", service.alias.as_str(), origin(&new.url));
    let entry = doer.entry(app, AuditAction::WebhookAdded, AuditSubject::ClientService(id), detail);
    let made = webhooks::add_once(app, id, new, Some(&entry)).await?;
    Ok(made.map_or(Acted::Before, Acted::Done))
}

/// Changes what is named of an endpoint.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; as [`webhooks::change`].
pub async fn change(
    app: &App,
    doer: ChangingPerson<'_>,
    place: EndpointPlace,
    change: EndpointChange,
) -> Result<Acted<()>, Error> {
    let (service, view) = find(app, doer.seen, place).await?;
    let url = change.url.as_deref().unwrap_or(&view.endpoint.url);
    let events = change.events.as_deref().unwrap_or(&view.endpoint.events);
    let state = match change.enabled {
        None => "",
        Some(true) => "; enabled",
        Some(false) => "; disabled",
    };
    let mut detail = said_of(&service, &view.endpoint.url);
    if origin(url) != origin(&view.endpoint.url) {
        detail = format!("{detail} now {}", origin(url));
    } else if url != view.endpoint.url {
        detail = format!("{detail}, another path");
    }
    let detail = format!("{detail}; told of {}{state}", event_names(events));
    let entry = entry(app, doer, (AuditAction::WebhookChanged, place), &detail);
    let done =
        webhooks::change_once(app, place.scope(), place.endpoint, change, Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}

/// Removes an endpoint: nothing is sent there from now on, and its secrets are gone.
///
/// # Errors
/// [`Error::NotFound`] when the client service is not within what may be seen; from the database.
pub async fn remove(
    app: &App,
    doer: ChangingPerson<'_>,
    place: EndpointPlace,
) -> Result<Acted<()>, Error> {
    services::find(app, doer.seen, place.service).await?;
    let (service, view) = match find(app, doer.seen, place).await {
        // Removed already, or never there: it is not there now.
        Err(Error::NotFound(Thing::Endpoint)) => return Ok(Acted::Before),
        found => found?,
    };
    let detail = said_of(&service, &view.endpoint.url);
    let entry = entry(app, doer, (AuditAction::WebhookRemoved, place), &detail);
    let done = app.store.remove_endpoint(place.endpoint, app.now(), Some(&entry)).await?;
    Ok(if done { Acted::Done(()) } else { Acted::Before })
}

/// Gives an endpoint a new secret, which is returned here and never again; the one before signs beside it until there
/// is another, unless it is to be the only one.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn make_secret(
    app: &App,
    doer: ChangingPerson<'_>,
    place: EndpointPlace,
    (scheme, only): (SignatureScheme, bool),
) -> Result<Acted<ShownKey>, Error> {
    let (service, view) = find(app, doer.seen, place).await?;
    let others = if only { "the only one" } else { "beside the one before" };
    let about = said_of(&service, &view.endpoint.url);
    let detail = format!("{about}; {}, {others}", scheme.as_str());
    let entry = entry(app, doer, (AuditAction::WebhookSecretMade, place), &detail);
    let wish = (Some(scheme), only);
    let made =
        webhooks::rotate_once(app, place.scope(), place.endpoint, wish, Some(&entry)).await?;
    Ok(made.map_or(Acted::Before, Acted::Done))
}

/// Sends a test now, and says how it went.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen; from the database.
pub async fn test(
    app: &App,
    doer: ChangingPerson<'_>,
    place: EndpointPlace,
) -> Result<Acted<Tried>, Error> {
    let (service, view) = find(app, doer.seen, place).await?;
    let detail = said_of(&service, &view.endpoint.url);
    let entry = entry(app, doer, (AuditAction::WebhookTested, place), &detail);
    let tried = webhooks::test_once(app, place.scope(), place.endpoint, Some(&entry)).await?;
    Ok(tried.map_or(Acted::Before, Acted::Done))
}

/// Counts what would be sent again.
///
/// # Errors
/// [`Error::NotFound`] when it is not within what may be seen, [`Error::Refused`] while it is disabled; from the
/// database.
pub async fn count(
    app: &App,
    seen: &ServiceSet,
    place: EndpointPlace,
    choice: ReplayChoice,
) -> Result<ReplayCount, Error> {
    find(app, seen, place).await?;
    Ok(counted(&plan(app, place, choice).await?))
}

/// Sends again what was counted, when it is the same still.
///
/// # Errors
/// As [`count`].
pub async fn replay(
    app: &App,
    doer: ChangingPerson<'_>,
    place: EndpointPlace,
    (choice, print): (ReplayChoice, &str),
) -> Result<CountedReplay, Error> {
    let (service, view) = find(app, doer.seen, place).await?;
    if app.reader.is_recorded(doer.number.as_i64()).await? {
        return Ok(CountedReplay::Before);
    }
    let plan = plan(app, place, choice).await?;
    let count = counted(&plan);
    if count.print != print || count.events == 0 {
        return Ok(CountedReplay::Others(count));
    }
    let about = said_of(&service, &view.endpoint.url);
    let detail = format!("{about}; events: {}", count.events);
    let entry = entry(app, doer, (AuditAction::WebhooksReplayed, place), &detail);
    let done = webhooks::send_again(app, &plan, Some(&entry)).await?;
    Ok(if done { CountedReplay::Done } else { CountedReplay::Before })
}

async fn plan(app: &App, place: EndpointPlace, choice: ReplayChoice) -> Result<ReplayPlan, Error> {
    let span = ReplaySpan {
        behind: EventCursor::since(choice.from),
        until: choice.until,
        failed_only: choice.failed_only,
    };
    webhooks::plan_replay(app, place.scope(), place.endpoint, span).await
}

fn counted(plan: &ReplayPlan) -> ReplayCount {
    let ids: Vec<u8> =
        plan.events.iter().flat_map(|(event, _)| event.id.as_i64().to_be_bytes()).collect();
    let first = plan.events.first().map(|(event, _)| event.created);
    ReplayCount {
        events: plan.events.len(),
        span: first.zip(plan.events.last().map(|(event, _)| event.created)),
        more: plan.more.is_some(),
        print: hex(&sha256(&ids)),
    }
}

/// Most events that are sent again at once.
pub const MOST: u32 = REPLAY_MOST;

/// Tries behind a place that ended in some way, newest first. No more than constants say is read for one page: it may
/// be short, and say where to go on.
///
/// # Errors
/// [`Error::NotFound`] when the endpoint is not within what may be seen; from the database.
pub async fn log(
    app: &App,
    seen: &ServiceSet,
    place: EndpointPlace,
    (outcome, mut behind): (Option<TryOutcome>, LogCursor),
) -> Result<TryPage, Error> {
    find(app, seen, place).await?;
    let mut tries: Vec<EndpointAttempt> = Vec::new();
    for _ in 0..LOOKED_THROUGH {
        let found =
            webhooks::attempts(app, place.scope(), place.endpoint, behind, LOG_PAGE).await?;
        let is_last = found.len() < LOG_PAGE as usize;
        for one in found {
            let fits = outcome.is_none_or(|outcome| TryOutcome::of(&one) == outcome);
            if fits && tries.len() == TRIES {
                return Ok(TryPage { tries, next: Some(behind) });
            }
            behind = LogCursor {
                started: one.attempt.started,
                message: one.message,
                number: one.attempt.number,
            };
            if fits {
                tries.push(one);
            }
        }
        if is_last {
            return Ok(TryPage { tries, next: None });
        }
    }
    Ok(TryPage { tries, next: Some(behind) })
}

fn entry(
    app: &App,
    doer: ChangingPerson<'_>,
    (action, place): (AuditAction, EndpointPlace),
    detail: &str,
) -> AuditEntry {
    let detail = format!("{detail} ({})", place.endpoint);
    doer.entry(app, action, AuditSubject::ClientService(place.service), detail)
}

fn said_of(service: &ClientService, url: &str) -> String {
    format!("{}: {}", service.alias.as_str(), origin(url))
}

fn event_names(events: &[EventKind]) -> String {
    if events.is_empty() {
        return "everything".to_owned();
    }
    let names: Vec<&str> = events.iter().map(|kind| kind.as_str()).collect();
    names.join(" ")
}

/// Scheme, host and port of an address: what is behind them may be what lets somebody in.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let shown: String = host.chars().filter(|c| !c.is_control()).take(200).collect();
    format!("{scheme}://{shown}")
}
