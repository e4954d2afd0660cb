//! `notification`: list, attempts, resend, revoke.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{Column, Shown, Table, column, say_json};
use super::{Failure, Outcome, client_service, house, values};
use crate::app::App;
use crate::config::Config;
use crate::domain::delivery::{DeliveryStatus, MailAddress};
use crate::domain::ids::{ExternalReference, MessageId, OperationId};
use crate::domain::instant::Instant;
use crate::domain::outbox::{Message, MessageKind, Target};
use crate::domain::scope::Scope;
use crate::workflow::Error;
use crate::workflow::notify::{self, Receiver};

/// Messages in a list of those in trouble.
const TROUBLED: u32 = 200;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists the mails about an operation, or those that did not arrive.
    ///
    /// Example: chancery notification list --troubled
    List(ListArguments),
    /// Shows every try of a message with the mail server's words.
    Attempts {
        /// Its number, as `notification list` shows it.
        #[arg(long)]
        message: MessageId,
        #[command(flatten)]
        shown: Shown,
    },
    /// Sends mails about a finished operation again.
    ///
    /// Example: chancery notification resend --operation 123 --to new@customer.example --attach
    Resend {
        /// Its number.
        #[arg(long, required_unless_present = "all_failed_since")]
        operation: Option<OperationId>,
        /// To whom; the receivers of the request when absent.
        #[arg(long, value_name = "ADDRESS", num_args = 1.., value_parser = values::mail_address)]
        to: Vec<MailAddress>,
        /// With the sealed documents attached.
        #[arg(long)]
        attach: bool,
        /// Everything that was given up since this day (UTC) and not sent again yet, as it was to be
        /// sent; for the time after a mail server was closed too long.
        #[arg(
            long,
            value_name = "DATE",
            value_parser = values::first_instant,
            conflicts_with_all = ["operation", "to", "attach"]
        )]
        all_failed_since: Option<Instant>,
    },
    /// Closes the links in the mails about an operation, or in one of them.
    Revoke {
        /// Its number.
        #[arg(long)]
        operation: OperationId,
        /// Only the link in this message.
        #[arg(long)]
        message: Option<MessageId>,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub(super) struct List {
    /// Number of an operation.
    #[arg(long, conflicts_with_all = ["external_reference", "troubled"])]
    operation: Option<OperationId>,
    /// The client's reference of an operation.
    #[arg(long, value_name = "REF", requires = "client_service", conflicts_with = "troubled")]
    external_reference: Option<String>,
    /// Whose reference it is.
    #[arg(long, value_name = "ALIAS", requires = "external_reference")]
    client_service: Option<String>,
    /// Every mail whose last try failed, that was given up, or that is held back, the newest first.
    #[arg(long)]
    troubled: bool,
    /// Only those that were given up, or asked for, since this day (UTC).
    #[arg(
        long,
        value_name = "DATE",
        value_parser = values::first_instant,
        requires = "troubled",
        conflicts_with_all = ["operation", "external_reference"]
    )]
    since: Option<Instant>,
}

/// What a list shows.
#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    list: List,
    #[command(flatten)]
    shown: Shown,
}

const MAILS: &[Column] = &[
    column("message", "MESSAGE"),
    column("operation", "OPERATION"),
    column("kind", "KIND"),
    column("receiver", "RECEIVER"),
    column("status", "STATUS"),
    column("tries", "TRIES"),
    column("nextTry", "NEXT TRY"),
    column("lastReply", "LAST WORDS"),
];

const TRIES: &[Column] = &[
    column("try", "TRY"),
    column("began", "BEGAN"),
    column("ended", "ENDED"),
    column("verdict", "VERDICT").none("running"),
    column("phase", "PHASE"),
    column("ambiguous", ""),
    column("", "REPLY"),
    column("reply", ""),
];

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match &command {
        Command::List(ListArguments { shown, .. }) | Command::Attempts { shown, .. } => {
            house::app_to_look(&config, *shown).await?
        }
        _ => house::app_without_keys(&config).await?,
    };
    match command {
        Command::List(ListArguments { list, shown }) => show(&app, &list, shown).await?,
        Command::Attempts { message, shown } => attempts(&app, message, shown).await?,
        Command::Resend { all_failed_since: Some(since), .. } => resend_failed(&app, since).await?,
        Command::Resend { operation: Some(operation), to, attach, .. } => {
            resend(&app, operation, to, attach).await?;
        }
        Command::Resend { .. } => return Err("--operation or --all-failed-since is needed".into()),
        Command::Revoke { operation, message } => {
            let closed = notify::revoke_links(&app, Scope::Installation, operation, message)
                .await
                .map_err(|error| unknown(error, operation))?;
            say!("{closed} open links were closed.");
        }
    }
    app.store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn show(app: &App, list: &List, shown: Shown) -> Result<(), Failure> {
    let messages = match (list.operation, &list.external_reference, &list.client_service) {
        (Some(operation), ..) => mails_of(app, operation).await?,
        (None, Some(reference), Some(alias)) => {
            let operation = by_reference(app, reference, alias).await?;
            mails_of(app, operation).await?
        }
        _ => app.reports.troubled_mails(list.since, TROUBLED).await?,
    };
    let cut = list.troubled && messages.len() >= TROUBLED as usize;
    let mut table = Table::new(MAILS);
    for message in messages {
        table.row([
            json!(message.id.as_i64()),
            json!(message.operation.map(OperationId::as_i64)),
            json!(message.kind.as_str()),
            json!(receiver(&message)),
            json!(message.status.as_str()),
            json!(message.tries),
            time(message.next),
            json!(message.last_reply),
        ]);
    }
    table.show(shown, "No mails.");
    if cut && !shown.json {
        say!("These are the newest {TROUBLED}; there may be more.");
    }
    Ok(())
}

async fn attempts(app: &App, id: MessageId, shown: Shown) -> Result<(), Failure> {
    let message = app.reader.message(id).await?.ok_or_else(|| {
        format!("there is no message {id}; see: chancery notification list --help")
    })?;
    let mut table = Table::new(TRIES);
    for attempt in app.reader.attempts_of(id).await? {
        let maybe = if attempt.ambiguous { " (it may have arrived all the same)" } else { "" };
        let words = format!("{}{maybe}", attempt.reply.as_deref().unwrap_or("-"));
        table.row([
            json!(attempt.number),
            json!(attempt.started.to_xs_date_time()),
            time(attempt.ended),
            json!(attempt.verdict),
            json!(attempt.phase),
            json!(attempt.ambiguous),
            json!(words),
            json!(attempt.reply),
        ]);
    }
    if shown.json {
        say_json(&json!({
            "message": message.id.as_i64(),
            "kind": message.kind.as_str(),
            "receiver": receiver(&message),
            "status": message.status.as_str(),
            "nextTry": time(message.next),
            "tries": table.objects(),
        }));
        return Ok(());
    }
    let receiver = receiver(&message).unwrap_or("-");
    say!("{} to {receiver}: {}", message.kind.as_str(), message.status.as_str());
    let next = message.next.map_or_else(|| "-".to_owned(), Instant::to_xs_date_time);
    if table.is_empty() {
        say!("It was not tried yet; next: {next}");
        return Ok(());
    }
    table.show(shown, "");
    if message.next.is_some() {
        say!("Next try: {next}");
    }
    Ok(())
}

async fn resend(
    app: &App,
    operation: OperationId,
    to: Vec<MailAddress>,
    attach: bool,
) -> Result<(), Failure> {
    let receivers = if to.is_empty() {
        let mails = mails_of(app, operation).await?;
        let original = mails.into_iter().filter(|mail| mail.kind == MessageKind::Notification);
        let receivers = original.filter_map(|message| match message.target {
            Target::Mail { address, language } => Some(Receiver { address, language }),
            Target::Webhook { .. } => None,
        });
        receivers.collect()
    } else {
        to.into_iter().map(|address| Receiver { address, language: None }).collect::<Vec<_>>()
    };
    let sent = notify::resend(app, Scope::Installation, operation, &receivers, attach)
        .await
        .map_err(|error| unknown(error, operation))?;
    say!("{sent} mails are on their way; see: chancery notification list --operation {operation}");
    Ok(())
}

/// Sends again what was given up since then, unless a later mail to the same receiver did better. An
/// operation that is refused (nothing sealed, too often) is named and the others go on.
async fn resend_failed(app: &App, since: Instant) -> Result<(), Failure> {
    let failed = app.reports.troubled_mails(Some(since), u32::MAX).await?;
    let failed = failed.iter().filter(|mail| mail.status == DeliveryStatus::SendingFailed);
    let operations: BTreeSet<OperationId> = failed.filter_map(|mail| mail.operation).collect();
    let (mut sent, mut refused) = (0, 0);
    for operation in operations {
        let lost = still_lost(mails_of(app, operation).await?, since);
        for attach in [false, true] {
            let receivers: Vec<Receiver> = lost
                .iter()
                .filter(|(_, with)| *with == attach)
                .map(|(receiver, _)| receiver.clone())
                .collect();
            for some in receivers.chunks(app.delivery.receivers.max(1)) {
                match notify::resend(app, Scope::Installation, operation, some, attach).await {
                    Ok(count) => sent += count,
                    Err(Error::Refused(refusal)) => {
                        say_wrong!("operation {operation}: {refusal}");
                        refused += some.len();
                    }
                    Err(other) => return Err(other.into()),
                }
            }
        }
    }
    say!("{sent} mails are on their way, {refused} cannot be sent again.");
    Ok(())
}

/// The receivers whose newest mail was given up since then, and whether it had documents.
fn still_lost(mails: Vec<Message>, since: Instant) -> Vec<(Receiver, bool)> {
    let mut newest: BTreeMap<String, (Receiver, Message)> = BTreeMap::new();
    for mail in mails {
        let Target::Mail { address, language } = &mail.target else { continue };
        let receiver = Receiver { address: address.clone(), language: *language };
        newest.insert(address.folded(), (receiver, mail));
    }
    let lost = |mail: &Message| {
        mail.status == DeliveryStatus::SendingFailed && mail.ended.is_some_and(|at| at >= since)
    };
    newest
        .into_values()
        .filter(|(_, mail)| lost(mail))
        .map(|(receiver, mail)| (receiver, mail.attach))
        .collect()
}

async fn mails_of(app: &App, operation: OperationId) -> Result<Vec<Message>, Failure> {
    let history = notify::history(app, Scope::Installation, operation)
        .await
        .map_err(|error| unknown(error, operation))?;
    Ok(history.into_iter().map(|(message, _)| message).collect())
}

async fn by_reference(app: &App, reference: &str, alias: &str) -> Result<OperationId, Failure> {
    let service = client_service::named(app, alias).await?;
    let reference = ExternalReference::parse(reference)?;
    let scope = Scope::ClientService(service.id);
    let found = app.reader.operation_by_reference(scope, &reference).await?;
    Ok(found.ok_or_else(|| format!("{alias} has no operation with the reference '{reference}'"))?)
}

fn receiver(message: &Message) -> Option<&str> {
    match &message.target {
        Target::Mail { address, .. } => Some(address.as_str()),
        Target::Webhook { .. } => None,
    }
}

fn time(at: Option<Instant>) -> Value {
    json!(at.map(Instant::to_xs_date_time))
}

fn unknown(error: Error, operation: OperationId) -> Failure {
    match error {
        Error::NotFound(_) => format!("there is no operation {operation}").into(),
        Error::Refused(refusal) => refusal.into(),
        other => other.into(),
    }
}
