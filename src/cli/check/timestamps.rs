//! What timestamps need: time-stamp authorities that give tokens. Each is asked for one, over nothing that means
//! anything.

use futures_util::future::join_all;

use super::{Findings, revocation};
use crate::app::{App, TimeAuthority};
use crate::cli::Failure;
use crate::domain::client_service::{ClientService, ClientServiceStatus, Timestamps};
use crate::domain::level::Level;
use crate::workflow::timestamps;

pub(super) async fn look(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    let ask = async |authority| {
        (authority, timestamps::ask(app, None, authority, &timestamps::trial, None).await)
    };
    for (authority, given) in join_all(app.authorities.all().map(ask)).await {
        let what = format!("timestamp.{}", authority.tsa.name());
        match given {
            Ok(token) => {
                findings.ok(
                    &what,
                    &format!(
                        "{} gave a token of {} octets by {}",
                        authority.tsa.url(),
                        token.der().len(),
                        token.certificate().subject()
                    ),
                );
                if token.der().len() > app.authorities.room_bytes {
                    findings
                        .warn(&what, "its tokens do not fit into PDFs; raise timestamp.room_bytes");
                }
                revocation::authority(findings, app, &what, &token).await?;
            }
            Err(words) => {
                let url = authority.tsa.url();
                findings.bad(&what, &format!("{url} gives no token: {words}"));
            }
        }
        ways(findings, &what, authority);
    }
    Ok(())
}

/// What others on the way could do.
fn ways(findings: &mut Findings, what: &str, authority: &TimeAuthority) {
    if authority.tsa.tells_password() {
        findings.warn(what, "its password can be read on the way; use https");
    }
    if authority.tsa.url().scheme() == "http" && !authority.tsa.is_held_against_trust() {
        let text = "whoever is on the way can give tokens in its place; use https, or name what its tokens must \
                    lead to in trust_file";
        findings.warn(what, text);
    }
}

/// Whether client services that have timestamps have somebody to ask.
pub(super) async fn wanting(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    for service in app.reader.client_services().await? {
        let wants = matches!(service.timestamps, Timestamps::Wait | Timestamps::Fail);
        if wants && service.status == ClientServiceStatus::Active && is_without(app, &service) {
            let what = format!("timestamps of {}", service.alias.as_str());
            let text = "there is no time-stamp authority for it, so what asks for a timestamp is refused; see \
                        [timestamp] in: chancery config";
            findings.bad(&what, text);
        }
        if service.status == ClientServiceStatus::Active {
            level(findings, app, &service);
        }
    }
    Ok(())
}

/// Whether requests of a client service that name no level are all refused.
fn level(findings: &mut Findings, app: &App, service: &ClientService) {
    let what = format!("level of {}", service.alias.as_str());
    if service.level > Level::T && app.evidence.trust.is_empty() {
        let text = format!(
            "nothing says what its seals at level {} must lead to, so that they are refused; see [revocation] in: \
             chancery config",
            service.level
        );
        findings.bad(&what, &text);
    }
    let entry =
        service.profile.as_ref().map(|name| (name.as_str(), app.profiles.entry(name.as_str())));
    if let Some((name, Ok(entry))) = entry
        && let Err(refusal) = entry.check_level(name, service.level.max(entry.least_level()))
    {
        findings.bad(&what, &refusal.to_string());
    }
}

fn is_without(app: &App, service: &ClientService) -> bool {
    timestamps::authorities(&app.authorities, service).is_empty()
}
