//! `mail`: the mail servers of client services, and a test of any.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use secrecy::SecretString;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::shown::{Shown, column, say_json, show_card};
use super::{Failure, Outcome, client_service, house};
use crate::app::App;
use crate::config::Config;
use crate::domain::delivery::{MailAddress, Verdict};
use crate::domain::language::Language;
use crate::domain::smtp::SmtpSettings;
use crate::outbound::mail::Security;
use crate::workflow::delivery;
use crate::workflow::mail_servers::{self, NewServer};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Shows the installation's mail server, or a client service's; never a password.
    Show(Show),
    /// Gives a client service a mail server of its own, from the next mail on.
    ///
    /// Example: chancery mail set acme --host smtp.acme.example --from invoices@acme.example
    /// --username acme --password-file /run/secrets/acme-smtp
    Set(SetMail),
    /// Lets a client service use the installation's mail server again.
    Reset(Named),
    /// Sends a test mail at once and shows the server's answer. Fails when it was not taken.
    ///
    /// Example: chancery mail test ops@acme.example --client-service acme
    Test(SendTestMail),
}

#[derive(Args)]
pub(super) struct Whose {
    /// Client service; without it the installation's (`[mail]` in the configuration).
    #[arg(long, value_name = "ALIAS")]
    client_service: Option<String>,
}

#[derive(Args)]
pub(super) struct Show {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    shown: Shown,
}

#[derive(Args)]
pub(super) struct Named {
    /// Client service.
    alias: String,
}

#[derive(Args)]
pub(super) struct SetMail {
    /// Client service.
    alias: String,
    /// Name or address of the mail server; its certificate must carry it.
    #[arg(long)]
    host: String,
    /// Port; without it the usual one: 587, 465 for implicit, 25 for none.
    #[arg(long)]
    port: Option<u16>,
    /// starttls (required, never only if possible), implicit (SMTPS) or none (clear text).
    #[arg(long, default_value = "starttls")]
    security: String,
    /// Sender.
    #[arg(long, value_name = "ADDRESS")]
    from: String,
    /// Display name of the sender; without it the issuer's.
    #[arg(long, default_value = "")]
    from_name: String,
    /// User name, when the server wants one.
    #[arg(long)]
    username: Option<String>,
    /// File with the password, - for standard input; the line end at its end is cut off. Without it a
    /// password that was set before is kept.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// For people.
    #[arg(long, default_value = "")]
    description: String,
    /// Milliseconds for a connection.
    #[arg(long, default_value_t = 10_000, value_name = "MS")]
    connect_timeout_ms: u64,
    /// Milliseconds for the answer to a command.
    #[arg(long, default_value_t = 60_000, value_name = "MS")]
    command_timeout_ms: u64,
    /// Milliseconds for a piece of the mail to be taken.
    #[arg(long, default_value_t = 20_000, value_name = "MS")]
    write_timeout_ms: u64,
}

#[derive(Args)]
pub(super) struct SendTestMail {
    /// Who gets the test mail.
    to: String,
    #[command(flatten)]
    whose: Whose,
    /// pt, en, es, fr, de or it.
    #[arg(long, default_value = "en")]
    language: String,
    #[command(flatten)]
    shown: Shown,
}

pub(super) async fn run(config: Config, command: Command) -> Outcome {
    let app = match &command {
        Command::Show(show) => house::app_to_look(&config, show.shown).await?,
        _ => house::app_without_keys(&config).await?,
    };
    let code = match command {
        Command::Show(Show { whose, shown }) => show(&app, &whose, shown).await?,
        Command::Set(set) => {
            let alias = set.alias.clone();
            mail_servers::set_server(&app, &alias, &set.server()?)
                .await
                .map_err(|error| client_service::unknown(error, &alias))?;
            say!("{alias} sends its mails over its own server. Try it: chancery mail test");
            ExitCode::SUCCESS
        }
        Command::Reset(Named { alias }) => {
            let was = mail_servers::reset_server(&app, &alias).await;
            if was.map_err(|error| client_service::unknown(error, &alias))? {
                say!("{alias} uses the installation's mail server again.");
            } else {
                say!("{alias} had no mail server of its own.");
            }
            ExitCode::SUCCESS
        }
        Command::Test(test) => try_it(&app, &test).await?,
    };
    app.store.close().await;
    Ok(code)
}

impl SetMail {
    fn server(self) -> Result<NewServer, Failure> {
        let from = MailAddress::parse(&self.from)
            .ok_or_else(|| format!("--from {}: is no mail address", self.from))?;
        let usual = Security::named(&self.security).unwrap_or_default().usual_port();
        let password = self.password_file.as_deref().map(password);
        Ok(NewServer {
            settings: SmtpSettings {
                description: self.description,
                host: self.host,
                port: self.port.unwrap_or(usual),
                security: self.security,
                from,
                from_name: self.from_name,
                username: self.username,
                connect_timeout_ms: self.connect_timeout_ms,
                command_timeout_ms: self.command_timeout_ms,
                write_timeout_ms: self.write_timeout_ms,
                public_only: false,
            },
            password: password.transpose()?,
        })
    }
}

fn password(file: &Path) -> Result<SecretString, Failure> {
    let read = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text = read
        .map(Zeroizing::new)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

async fn show(app: &App, whose: &Whose, shown: Shown) -> Result<ExitCode, Failure> {
    let service = service(app, whose).await?;
    let Some(server) = mail_servers::server(app, service).await? else {
        if shown.json {
            say_json(&Value::Null);
        } else {
            say!(
                "No mail server is set up: fill in [mail] of the configuration (chancery config)."
            );
        }
        return Ok(ExitCode::SUCCESS);
    };
    let account = server.account;
    let own = server.key.id != 0;
    let (place, owner) = (
        format!("{}:{}", account.host, account.port),
        if own { "its own" } else { "the installation's" },
    );
    let dkim = account.dkim.as_ref().map(|dkim| dkim.record()).transpose()?;
    let (name, text) = dkim.clone().unzip();
    show_card(
        shown,
        [
            (column("", "server"), json!(format!("{place} ({owner})"))),
            (column("host", ""), json!(account.host)),
            (column("port", ""), json!(account.port)),
            (column("own", ""), json!(own)),
            (column("security", "security"), json!(account.security.as_str())),
            (column("", "from"), json!(format!("{} {}", account.from, account.from_name))),
            (column("from", ""), json!(account.from.to_string())),
            (column("fromName", ""), json!(account.from_name)),
            (
                column("username", "user name").none("none"),
                json!(account.login.as_ref().map(|login| &login.username)),
            ),
            (column("dkimName", ""), json!(name)),
            (column("dkimText", ""), json!(text)),
        ],
    );
    if shown.json {
        return Ok(ExitCode::SUCCESS);
    }
    match dkim {
        None => say!("DKIM       not signed"),
        Some((name, text)) => {
            say!("DKIM       signed; receivers look this TXT record up in the DNS:");
            say!("  name     {name}");
            say!("  text     {text}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn service(
    app: &App,
    whose: &Whose,
) -> Result<Option<crate::domain::ids::ClientServiceId>, Failure> {
    let Some(alias) = &whose.client_service else { return Ok(None) };
    Ok(Some(client_service::named(app, alias).await?.id))
}

async fn try_it(app: &App, test: &SendTestMail) -> Result<ExitCode, Failure> {
    let to =
        MailAddress::parse(&test.to).ok_or_else(|| format!("{}: is no mail address", test.to))?;
    let language = Language::parse(&test.language)
        .ok_or_else(|| format!("--language {}: use pt, en, es, fr, de or it", test.language))?;
    let service = service(app, &test.whose).await?;
    let Some(tried) = delivery::mail::test(app, service, &to, language).await? else {
        return Err("no mail server is set up; fill in [mail] of the configuration".into());
    };
    let taken = tried.verdict == Verdict::Accepted;
    if test.shown.json {
        say_json(&json!({ "taken": taken, "step": tried.phase, "reply": tried.reply }));
        return Ok(if taken { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if taken {
        say!("The mail to {to} was taken: {}", tried.reply);
        return Ok(ExitCode::SUCCESS);
    }
    say_wrong!("The mail to {to} was not taken, at step {}: {}", tried.phase, tried.reply);
    Ok(ExitCode::FAILURE)
}
