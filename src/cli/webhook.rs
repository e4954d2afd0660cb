//! `webhook`: add, list, show, change, enable, disable, remove, rotate, test, replay, attempts.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret as _;

use super::{Failure, Outcome, house};
use crate::app::App;
use crate::config::Config;
use crate::domain::delivery::Verdict;
use crate::domain::ids::EndpointId;
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::domain::webhook::{EndpointStatus, EventKind, SignatureScheme};
use crate::workflow::webhooks::{self, EndpointChange, EndpointView, NewEndpoint, Shown};
use crate::workflow::webhooks::{EventPlace, LogPlace};
use crate::workflow::{Error, client_services};

#[derive(Args)]
pub(super) struct Arguments {
    /// Whose endpoints: alias (OAuth client_id).
    #[arg(long, global = true, value_name = "ALIAS")]
    client_service: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Adds an endpoint and shows its secret, once.
    ///
    /// Example: chancery webhook add --client-service PRT.505767457-84dd8c
    /// https://erp.example.com/hooks --event operation.finished
    Add {
        /// Where webhooks are sent.
        url: String,
        /// What it is told; can be repeated. Without it: everything.
        #[arg(long = "event", value_name = "NAME", value_parser = event)]
        events: Vec<EventKind>,
        /// For people.
        #[arg(long, default_value = "")]
        description: String,
        /// How webhooks are signed.
        #[arg(long, value_enum, default_value = "hmac")]
        scheme: Scheme,
    },
    /// Lists endpoints.
    List,
    /// Shows an endpoint.
    Show { id: EndpointId },
    /// Changes where an endpoint is, what it is told or how it is described.
    Change {
        id: EndpointId,
        #[arg(long)]
        url: Option<String>,
        /// What it is told; can be repeated.
        #[arg(long = "event", value_name = "NAME", value_parser = event)]
        events: Vec<EventKind>,
        /// It is told everything.
        #[arg(long, conflicts_with = "events")]
        all_events: bool,
        #[arg(long)]
        description: Option<String>,
    },
    /// Sends webhooks to it again from now on.
    Enable { id: EndpointId },
    /// Sends it nothing until it is enabled.
    Disable { id: EndpointId },
    /// Removes it.
    Remove { id: EndpointId },
    /// Shows a new secret, once. The one before stays live until the next rotation.
    Rotate {
        id: EndpointId,
        /// How webhooks are signed with it; without it as with the newest secret.
        #[arg(long, value_enum)]
        scheme: Option<Scheme>,
        /// End all other secrets now.
        #[arg(long)]
        only: bool,
    },
    /// Sends a webhook.test now and says how it went.
    Test { id: EndpointId },
    /// Sends events again; a running service does it within seconds.
    Replay {
        id: EndpointId,
        /// Those from this time on, such as 2026-11-22T10:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Instant,
        /// Only what the endpoint has not taken over.
        #[arg(long)]
        failed_only: bool,
    },
    /// Lists tries, newest first.
    Attempts {
        id: EndpointId,
        /// So many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Scheme {
    /// A secret that both sides have.
    Hmac,
    /// The receiver has a public key.
    Ed25519,
}

impl From<Scheme> for SignatureScheme {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Hmac => Self::Hmac,
            Scheme::Ed25519 => Self::Ed25519,
        }
    }
}

fn event(name: &str) -> Result<EventKind, String> {
    let known = || EventKind::ALL.into_iter().filter(|kind| kind.is_subscribable());
    known().find(|kind| kind.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = known().map(EventKind::as_str).collect();
        format!("one of {}", names.join(", "))
    })
}

fn time(text: &str) -> Result<Instant, String> {
    Instant::parse_rfc3339(text).ok_or_else(|| "a time like 2026-11-22T10:19:21Z".to_owned())
}

pub(super) async fn run(config: Config, arguments: Arguments) -> Outcome {
    let Some(alias) = arguments.client_service else {
        return Err("whose endpoints? Name the client service with --client-service".into());
    };
    let app = house::app_without_keys(&config).await?;
    let outcome = dispatch(&app, &alias, arguments.command).await;
    app.store.close().await;
    outcome
}

async fn dispatch(app: &App, alias: &str, command: Command) -> Outcome {
    let service = client_services::find(app, alias).await.map_err(|error| match error {
        Error::NotFound(_) => format!("there is no client service {alias}").into(),
        other => Failure::from(other),
    })?;
    let scope = Scope::ClientService(service.id);
    match command {
        Command::Add { url, events, description, scheme } => {
            let new = NewEndpoint { url, events, description, scheme: scheme.into() };
            let (view, shown) = webhooks::add(app, service.id, new).await.map_err(said)?;
            say!("endpoint:   {}", view.endpoint.id);
            say_key(&shown);
        }
        Command::List => {
            for view in webhooks::list(app, service.id).await? {
                say!("{}  {}  {}", view.endpoint.id, status(&view), view.endpoint.url);
            }
        }
        Command::Show { id } => show(&webhooks::show(app, scope, id).await.map_err(said)?),
        Command::Change { id, url, events, all_events, description } => {
            let events = (all_events || !events.is_empty()).then_some(events);
            let change = EndpointChange { url, events, description, enabled: None };
            show(&webhooks::change(app, scope, id, change).await.map_err(said)?);
        }
        Command::Enable { id } => enable(app, scope, id, true).await?,
        Command::Disable { id } => enable(app, scope, id, false).await?,
        Command::Remove { id } => {
            webhooks::remove(app, scope, id).await.map_err(said)?;
            say!("Removed.");
        }
        Command::Rotate { id, scheme, only } => {
            let scheme = scheme.map(Into::into);
            let shown =
                webhooks::rotate_secret(app, scope, id, scheme, only).await.map_err(said)?;
            say_key(&shown);
        }
        Command::Test { id } => {
            let tried = webhooks::test(app, scope, id).await.map_err(said)?;
            if tried.verdict != Verdict::Accepted {
                return Err(format!("not accepted ({}): {}", tried.phase, tried.reply).into());
            }
            say!("Accepted: {}", tried.reply);
        }
        Command::Replay { id, since, failed_only } => {
            let mut queued = 0;
            let mut ahead = Some(EventPlace::since(since));
            while let Some(behind) = ahead {
                let replayed =
                    webhooks::replay(app, scope, id, behind, failed_only).await.map_err(said)?;
                queued += replayed.queued;
                ahead = replayed.more;
            }
            say!("{queued} events are on their way.");
        }
        Command::Attempts { id, limit } => attempts(app, scope, id, limit).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn enable(app: &App, scope: Scope, id: EndpointId, enabled: bool) -> Result<(), Failure> {
    let change = EndpointChange { enabled: Some(enabled), ..EndpointChange::default() };
    show(&webhooks::change(app, scope, id, change).await.map_err(said)?);
    Ok(())
}

async fn attempts(app: &App, scope: Scope, id: EndpointId, limit: u32) -> Result<(), Failure> {
    let found = webhooks::attempts(app, scope, id, LogPlace::BEGINNING, limit).await;
    for found in found.map_err(said)? {
        let verdict = found.attempt.verdict.as_deref().unwrap_or("RUNNING");
        let reply = found.attempt.reply.as_deref().unwrap_or_default();
        let started = found.attempt.started.to_rfc3339();
        say!("{started}  msg_{}  {}  {verdict}  {reply}", found.event, found.kind.as_str());
    }
    Ok(())
}

fn show(view: &EndpointView) {
    let endpoint = &view.endpoint;
    let events: Vec<&str> = endpoint.events.iter().map(|kind| kind.as_str()).collect();
    say!("endpoint:     {}", endpoint.id);
    say!("url:          {}", endpoint.url);
    say!("events:       {}", if events.is_empty() { "all".to_owned() } else { events.join(", ") });
    say!("description:  {}", endpoint.description);
    say!("status:       {}", status(view));
    for secret in &view.secrets {
        let public = secret.public.as_deref().unwrap_or_default();
        let (scheme, created) = (secret.scheme.as_str(), secret.created.to_rfc3339());
        say!("secret:       {scheme} since {created} {public}");
    }
}

fn status(view: &EndpointView) -> String {
    match (&view.endpoint.status, view.failing_since) {
        (EndpointStatus::Disabled { reason, since }, _) => {
            format!("DISABLED ({}) since {}", reason.as_str(), since.to_rfc3339())
        }
        (EndpointStatus::Active, Some(since)) => {
            format!("ACTIVE, failing since {}", since.to_rfc3339())
        }
        (EndpointStatus::Active, None) => "ACTIVE".to_owned(),
    }
}

fn say_key(shown: &Shown) {
    match shown {
        Shown::Secret(secret) => {
            say!("secret:     {}", secret.expose_secret());
            say!("It is shown this once; give it to the receiver.");
        }
        Shown::PublicKey(key) => {
            say!("public key: {key}");
            say!("Give it to the receiver.");
        }
    }
}

fn said(error: Error) -> Failure {
    match error {
        Error::NotFound(_) => "this client service has no such endpoint".into(),
        Error::Refused(refusal) => refusal.into(),
        other => other.into(),
    }
}
