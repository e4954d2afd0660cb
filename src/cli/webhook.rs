//! `webhook`: add, list, show, change, enable, disable, remove, rotate, test, replay, attempts.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::shown::{Column, Shown, Table, column, say_json, show_card};
use super::{Failure, Outcome, client_service, house};
use crate::app::App;
use crate::config::Config;
use crate::domain::delivery::Verdict;
use crate::domain::ids::{ClientServiceId, EndpointId};
use crate::domain::instant::Instant;
use crate::domain::scope::Scope;
use crate::domain::webhook::{EndpointStatus, EventKind, SignatureScheme};
use crate::workflow::Error;
use crate::workflow::webhooks::{self, EndpointChange, EndpointView, NewEndpoint, ShownKey as Key};
use crate::workflow::webhooks::{EventCursor, LogCursor};

#[derive(Args)]
pub(super) struct WebhookArguments {
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
        #[command(flatten)]
        shown: Shown,
    },
    /// Lists endpoints.
    List(Shown),
    /// Shows an endpoint.
    Show {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        #[command(flatten)]
        shown: Shown,
    },
    /// Changes where an endpoint is, what it is told or how it is described.
    Change {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        /// Where webhooks are sent.
        #[arg(long)]
        url: Option<String>,
        /// What it is told; can be repeated.
        #[arg(long = "event", value_name = "NAME", value_parser = event)]
        events: Vec<EventKind>,
        /// It is told everything.
        #[arg(long, conflicts_with = "events")]
        all_events: bool,
        /// For people.
        #[arg(long)]
        description: Option<String>,
        #[command(flatten)]
        shown: Shown,
    },
    /// Sends webhooks to it again from now on.
    Enable {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        #[command(flatten)]
        shown: Shown,
    },
    /// Sends it nothing until it is enabled.
    Disable {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        #[command(flatten)]
        shown: Shown,
    },
    /// Removes it.
    Remove {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
    },
    /// Shows a new secret, once. The one before stays live until the next rotation.
    Rotate {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        /// How webhooks are signed with it; without it as with the newest secret.
        #[arg(long, value_enum)]
        scheme: Option<Scheme>,
        /// End all other secrets now.
        #[arg(long)]
        only: bool,
        #[command(flatten)]
        shown: Shown,
    },
    /// Sends a webhook.test now and says how it went.
    Test {
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        #[command(flatten)]
        shown: Shown,
    },
    /// Sends events again; a running service does it within seconds.
    Replay {
        /// Its number, as `webhook list` shows it.
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
        /// Its number, as `webhook list` shows it.
        id: EndpointId,
        /// So many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
        #[command(flatten)]
        shown: Shown,
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

pub(super) async fn run(config: Config, arguments: WebhookArguments) -> Outcome {
    let Some(alias) = arguments.client_service else {
        return Err("whose endpoints? Name the client service with --client-service".into());
    };
    let app = match &arguments.command {
        Command::List(shown) | Command::Show { shown, .. } | Command::Attempts { shown, .. } => {
            house::app_to_look(&config, *shown).await?
        }
        _ => house::app_without_keys(&config).await?,
    };
    let outcome = dispatch(&app, &alias, arguments.command).await;
    app.store.close().await;
    outcome
}

async fn dispatch(app: &App, alias: &str, command: Command) -> Outcome {
    let service = client_service::named(app, alias).await?;
    let scope = Scope::ClientService(service.id);
    match command {
        Command::Add { url, events, description, scheme, shown } => {
            let new = NewEndpoint { url, events, description, scheme: scheme.into() };
            let (view, key) = webhooks::add(app, service.id, new).await.map_err(said)?;
            say_key(Some(view.endpoint.id), &key, shown);
        }
        Command::List(shown) => list(app, service.id, shown).await?,
        Command::Show { id, shown } => {
            show(&webhooks::show(app, scope, id).await.map_err(said)?, shown);
        }
        Command::Change { id, url, events, all_events, description, shown } => {
            let events = (all_events || !events.is_empty()).then_some(events);
            let change = EndpointChange { url, events, description, enabled: None };
            show(&webhooks::change(app, scope, id, change).await.map_err(said)?, shown);
        }
        Command::Enable { id, shown } => enable(app, scope, id, true, shown).await?,
        Command::Disable { id, shown } => enable(app, scope, id, false, shown).await?,
        Command::Remove { id } => {
            webhooks::remove(app, scope, id).await.map_err(said)?;
            say!("Removed.");
        }
        Command::Rotate { id, scheme, only, shown } => {
            let scheme = scheme.map(Into::into);
            let key = webhooks::rotate_secret(app, scope, id, scheme, only).await.map_err(said)?;
            say_key(None, &key, shown);
        }
        Command::Test { id, shown } => {
            let tried = webhooks::test(app, scope, id).await.map_err(said)?;
            let accepted = tried.verdict == Verdict::Accepted;
            if shown.json {
                let (phase, reply) = (tried.phase, tried.reply);
                say_json(&json!({ "accepted": accepted, "phase": phase, "reply": reply }));
                return Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE });
            }
            if !accepted {
                return Err(format!("not accepted ({}): {}", tried.phase, tried.reply).into());
            }
            say!("Accepted: {}", tried.reply);
        }
        Command::Replay { id, since, failed_only } => {
            let mut queued = 0;
            let mut ahead = Some(EventCursor::since(since));
            while let Some(behind) = ahead {
                let replayed =
                    webhooks::replay(app, scope, id, behind, failed_only).await.map_err(said)?;
                queued += replayed.queued;
                ahead = replayed.more;
            }
            say!("{queued} events are on their way.");
        }
        Command::Attempts { id, limit, shown } => attempts(app, scope, id, limit, shown).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App, service: ClientServiceId, shown: Shown) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        column("id", "ENDPOINT"),
        column("", "STATUS"),
        column("url", "URL"),
        column("status", ""),
        column("disabledReason", ""),
        column("disabledSince", ""),
        column("failingSince", ""),
        column("events", "EVENTS").none("all"),
        column("description", ""),
    ];
    let mut table = Table::new(COLUMNS);
    for view in webhooks::list(app, service).await? {
        let [state, reason, since, failing] = state(&view);
        let endpoint = &view.endpoint;
        table.row([
            json!(endpoint.id.as_i64()),
            json!(status(&view)),
            json!(endpoint.url),
            state,
            reason,
            since,
            failing,
            json!(events(&view)),
            json!(endpoint.description),
        ]);
    }
    table.show(shown, "No endpoints yet; add one with: chancery webhook add --help");
    Ok(())
}

async fn enable(
    app: &App,
    scope: Scope,
    id: EndpointId,
    enabled: bool,
    shown: Shown,
) -> Result<(), Failure> {
    let change = EndpointChange { enabled: Some(enabled), ..EndpointChange::default() };
    show(&webhooks::change(app, scope, id, change).await.map_err(said)?, shown);
    Ok(())
}

async fn attempts(
    app: &App,
    scope: Scope,
    id: EndpointId,
    limit: u32,
    shown: Shown,
) -> Result<(), Failure> {
    const COLUMNS: &[Column] = &[
        column("started", "BEGAN"),
        column("webhookId", "EVENT"),
        column("type", "TYPE"),
        column("verdict", "VERDICT").none("RUNNING"),
        column("reply", "REPLY").none(""),
    ];
    let mut table = Table::new(COLUMNS);
    let found = webhooks::attempts(app, scope, id, LogCursor::BEGINNING, limit).await;
    for found in found.map_err(said)? {
        table.row([
            json!(found.attempt.started.to_rfc3339()),
            json!(format!("msg_{}", found.event)),
            json!(found.kind.as_str()),
            json!(found.attempt.verdict),
            json!(found.attempt.reply),
        ]);
    }
    table.show(shown, "No tries yet.");
    Ok(())
}

fn show(view: &EndpointView, shown: Shown) {
    let endpoint = &view.endpoint;
    let events = events(view);
    if shown.json {
        let secrets = view.secrets.iter().map(|secret| {
            json!({
                "scheme": secret.scheme.as_str(),
                "created": secret.created.to_rfc3339(),
                "publicKey": secret.public,
            })
        });
        let [state, reason, since, failing] = state(view);
        say_json(&json!({
            "id": endpoint.id.as_i64(),
            "url": endpoint.url,
            "events": events,
            "description": endpoint.description,
            "status": state,
            "disabledReason": reason,
            "disabledSince": since,
            "failingSince": failing,
            "secrets": secrets.collect::<Vec<_>>(),
        }));
        return;
    }
    show_card(
        shown,
        [
            (column("", "endpoint:"), json!(endpoint.id.as_i64())),
            (column("", "url:"), json!(endpoint.url)),
            (column("", "events:").none("all"), json!(events)),
            (column("", "description:"), json!(endpoint.description)),
            (column("", "status:"), json!(status(view))),
        ],
    );
    for secret in &view.secrets {
        let public = secret.public.as_deref().unwrap_or_default();
        let (scheme, created) = (secret.scheme.as_str(), secret.created.to_rfc3339());
        say!("secret:       {scheme} since {created} {public}");
    }
}

fn events(view: &EndpointView) -> Vec<&'static str> {
    view.endpoint.events.iter().map(|kind| kind.as_str()).collect()
}

/// Status, why and since when it is disabled, since when it fails.
fn state(view: &EndpointView) -> [Value; 4] {
    let failing = json!(view.failing_since.map(Instant::to_rfc3339));
    match &view.endpoint.status {
        EndpointStatus::Disabled { reason, since } => {
            [json!("DISABLED"), json!(reason.as_str()), json!(since.to_rfc3339()), failing]
        }
        EndpointStatus::Active => [json!("ACTIVE"), Value::Null, Value::Null, failing],
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

fn say_key(endpoint: Option<EndpointId>, key: &Key, shown: Shown) {
    let id = endpoint.map(EndpointId::as_i64);
    let (name, heading, text, words) = match key {
        Key::Secret(secret) => (
            "secret",
            "secret:",
            secret.expose_secret().to_owned(),
            "It is shown this once; give it to the receiver.",
        ),
        Key::PublicKey(key) => {
            ("publicKey", "public key:", key.clone(), "Give it to the receiver.")
        }
    };
    let line = (column(name, heading), json!(text));
    match id {
        Some(id) => show_card(shown, [(column("id", "endpoint:"), json!(id)), line]),
        None => show_card(shown, [line]),
    }
    if !shown.json {
        say!("{words}");
    }
}

fn said(error: Error) -> Failure {
    match error {
        Error::NotFound(_) => "this client service has no such endpoint".into(),
        Error::Refused(refusal) => refusal.into(),
        other => other.into(),
    }
}
