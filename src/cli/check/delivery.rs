//! What delivery needs: mail servers that take mail, addresses that receivers can open, the key of the
//! secrets, somebody who is told. Nothing is sent.

use tokio::task::JoinSet;

use super::Findings;
use crate::app::App;
use crate::cli::Failure;
use crate::config::Config;
use crate::domain::client_service::ClientServiceStatus;
use crate::domain::sources::sources;
use crate::outbound::mail::{Account, Mailer};
use crate::workflow::{mail_servers, secrets};

pub(super) async fn look(
    findings: &mut Findings,
    config: &Config,
    app: &App,
) -> Result<(), Failure> {
    stored(findings, app).await?;
    let servers = servers(findings, app).await?;
    let mails = !servers.is_empty();
    ask(findings, servers).await?;
    if mails {
        public_url(findings, config, app);
    } else {
        findings.warn("mail", "no server is set up, mails wait; see [mail] in: chancery config");
    }
    if config.alarms.receivers.is_empty() {
        let text = "nobody is told by mail; set alarms.receivers, see: chancery config";
        findings.warn("alarms", text);
    } else {
        findings.ok("alarms", &format!("{} are told by mail", config.alarms.receivers.len()));
    }
    waiting(findings, app).await
}

/// Whether what is stored encrypted opens with the key that is here.
async fn stored(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    let found = secrets::look(app).await?;
    for (place, error) in &found.closed {
        findings.bad("secrets", &secrets::words(place, *error));
    }
    if found.closed.is_empty() {
        findings.ok("secrets", &format!("{} stored, all open with secrets.key_file", found.count));
    }
    Ok(())
}

/// The installation's mail server and those of active client services, each with its name here.
async fn servers(findings: &mut Findings, app: &App) -> Result<Vec<(String, Account)>, Failure> {
    let own = app.mail.account.clone().map(|account| ("mail".to_owned(), account));
    let mut all: Vec<_> = own.into_iter().collect();
    for service in app.reader.client_services().await? {
        let active = service.status == ClientServiceStatus::Active;
        if !active || app.reader.smtp_account(service.id).await?.is_none() {
            continue;
        }
        let what = format!("mail of {}", service.alias.as_str());
        match mail_servers::server(app, Some(service.id)).await {
            Ok(Some(server)) => all.push((what, server.account)),
            Ok(None) => {}
            Err(error) => findings.bad(&what, &sources(&error)),
        }
    }
    Ok(all)
}

/// Asks all servers at once whether they would take mail; each has the time its settings give it.
async fn ask(findings: &mut Findings, servers: Vec<(String, Account)>) -> Result<(), Failure> {
    let mut asked = JoinSet::new();
    for (at, (what, account)) in servers.into_iter().enumerate() {
        asked.spawn(async move {
            let place = format!("{}:{}", account.host, account.port);
            (at, what, place, Mailer::new().probe(&account).await)
        });
    }
    let mut answers = Vec::new();
    while let Some(answer) = asked.join_next().await {
        answers.push(answer?);
    }
    answers.sort_unstable_by_key(|(at, ..)| *at);
    for (_, what, place, refused) in answers {
        match refused {
            None => findings.ok(&what, &format!("{place} would take mail")),
            Some(tried) => {
                let text = format!(
                    "{place} takes no mail, at step {}: {}; put it right, mails wait until then",
                    tried.phase, tried.reply
                );
                // Sealing goes on, as in /readyz.
                findings.warn(&what, &text);
            }
        }
    }
    Ok(())
}

fn public_url(findings: &mut Findings, config: &Config, app: &App) {
    let url = &config.web.public_url;
    if url.is_empty() {
        let text = format!(
            "empty, so links in mails lead to {}, which receivers cannot open; set web.public_url",
            app.issuer
        );
        findings.warn("public_url", &text);
    } else if url.starts_with("https://") {
        findings.ok("public_url", &format!("links in mails lead to {}", app.issuer));
    } else {
        let text = format!("{url} is not https; who has a link can read the documents behind it");
        findings.warn("public_url", &text);
    }
}

async fn waiting(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    let backlog = app.reports.backlog().await?;
    let Some(oldest) = backlog.oldest_message else {
        findings.ok("messages", "none waits for its first try");
        return Ok(());
    };
    let text = format!(
        "{} wait for their first try, the oldest since {}",
        backlog.messages,
        oldest.to_xs_date_time()
    );
    if app.steady_now().unix_ms() - oldest.unix_ms() > app.alarms.queue_age_ms {
        findings.warn("messages", &format!("{text}; see: chancery notification list --troubled"));
    } else {
        findings.ok("messages", &text);
    }
    Ok(())
}
