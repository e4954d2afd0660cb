//! `check`: the doctor. One line a finding: OK, or what to do.

mod delivery;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::credential::only_with;
use super::{Outcome, house};
use crate::app::App;
use crate::config::Config;
use crate::domain::client_service::{ClientServiceStatus, Lint};
use crate::domain::credential::{Credential, CredentialStatus};
use crate::keys::KeyRef;
use crate::pki::certificate::Chain;
use crate::workflow::sources;

/// A certificate that ends within so many days is named.
const SOON_DAYS: i64 = 45;

/// Less free disk than this is named.
const LITTLE_DISK_MIB: u64 = 1024;

#[derive(Default)]
struct Findings {
    bad: usize,
}

impl Findings {
    fn bad(&mut self, what: &str, text: &str) {
        say!("BAD   {what:<14} {text}");
        self.bad += 1;
    }
}

fn ok(what: &str, text: &str) {
    say!("OK    {what:<14} {text}");
}

fn warn(what: &str, text: &str) {
    say!("WARN  {what:<14} {text}");
}

/// Says that there is no configuration to check with.
pub(super) fn no_configuration(error: &crate::config::Error) -> ExitCode {
    let mut findings = Findings::default();
    findings.bad("configuration", &format!("{error}; see: chancery config"));
    ExitCode::FAILURE
}

pub(super) async fn run(config: Config) -> Outcome {
    let mut findings = Findings::default();
    ok("configuration", "read, no unknown keys");
    match house::store(&config).await {
        Ok(store) => {
            let place = config.store.place();
            ok("database", &format!("{} answers at {place}", store.engine_name()));
        }
        Err(error) => {
            let text = format!(
                "{}; look at store.url and the file's or server's rights",
                sources(&*error)
            );
            findings.bad("database", &text);
        }
    }
    clock(&mut findings);
    disk(&config);
    match house::app(&config).await {
        Ok(app) => {
            back_ends(&mut findings, &app).await;
            credentials(&mut findings, &app).await?;
            schemas(&mut findings, &app).await?;
            delivery::look(&mut findings, &config, &app).await?;
            app.store.close().await;
        }
        Err(error) => findings.bad("service", &sources(&*error)),
    }
    if findings.bad == 0 {
        say!("Everything needed is there.");
        return Ok(ExitCode::SUCCESS);
    }
    say!("{} to put right.", findings.bad);
    Ok(ExitCode::FAILURE)
}

fn clock(findings: &mut Findings) {
    let now = crate::app::Clock::System.now();
    // 2026-01-01: this binary did not exist before.
    if now.unix_ms() < 1_767_225_600_000 {
        let text = format!("says {}; set it, signing times would be wrong", now.to_rfc3339());
        findings.bad("clock", &text);
    } else {
        ok("clock", &now.to_rfc3339());
    }
}

fn disk(config: &Config) {
    let Some(path) = config.store.url.strip_prefix("sqlite://") else { return };
    let file = Path::new(path.split('?').next().unwrap_or(path));
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match fs4::available_space(folder) {
        Ok(bytes) if bytes / 1024 / 1024 < LITTLE_DISK_MIB => warn(
            "disk",
            &format!("{} MiB free at {}; make room", bytes / 1024 / 1024, folder.display()),
        ),
        Ok(bytes) => {
            ok("disk", &format!("{} GiB free at {}", bytes / 1024 / 1024 / 1024, folder.display()));
        }
        Err(error) => warn("disk", &format!("{} cannot be asked: {error}", folder.display())),
    }
}

async fn back_ends(findings: &mut Findings, app: &App) {
    let health = app.keyring.health().await;
    if health.is_empty() {
        findings.bad("keys", "no back-end is configured; see [keys] in: chancery config");
    }
    for backend in health {
        let what = format!("keys.{}", backend.name);
        match backend.state {
            Ok(state) => {
                ok(&what, &state.summary);
                for problem in state.problems {
                    warn(&what, &problem);
                }
            }
            Err(error) => findings.bad(&what, &sources(&error)),
        }
    }
}

async fn credentials(findings: &mut Findings, app: &App) -> Result<(), super::Failure> {
    let all = app.reader.credentials().await?;
    if all.is_empty() {
        warn("credentials", "none yet; see: chancery credential import --help");
    }
    let services = app.reader.client_services().await?;
    for credential in all {
        let what = format!("credential {}", credential.alias);
        let used = services.iter().any(|service| {
            service.credential == Some(credential.id)
                && service.status == ClientServiceStatus::Active
        });
        match credential_state(app, &credential).await {
            State::Good(text) => ok(&what, &text),
            State::Soon(text) => warn(&what, &text),
            State::Bad(text) if used => findings.bad(&what, &text),
            // An old certificate after its renewal is no reason for alarm.
            State::Bad(text) => warn(&what, &format!("{text} (no active client service uses it)")),
        }
    }
    Ok(())
}

/// Whether client services whose documents are validated have schemas to validate them with.
async fn schemas(findings: &mut Findings, app: &App) -> Result<(), super::Failure> {
    let services = app.reader.client_services().await?;
    let wanting: Vec<&str> = services
        .iter()
        .filter(|service| {
            service.lint == Lint::Schema && service.status == ClientServiceStatus::Active
        })
        .map(|service| service.alias.as_str())
        .collect();
    let compiled = ["Invoice", "CreditNote"].map(|root| app.schemas.compile(root));
    match (compiled.into_iter().find_map(Result::err), app.schemas.len()) {
        (Some(error), _) => findings.bad("schemas", &error),
        (None, 0) if wanting.is_empty() => {
            ok("schemas", "none, and no client service has its documents validated");
        }
        (None, 0) => {
            let text = format!(
                "none, but {} has its documents validated, so all are refused; set lint.schemas, see \
                 chancery config",
                wanting.join(", ")
            );
            findings.bad("schemas", &text);
        }
        (None, count) => ok("schemas", &format!("for {count} kinds of document")),
    }
    Ok(())
}

enum State {
    Good(String),
    Soon(String),
    Bad(String),
}

async fn credential_state(app: &App, credential: &Credential) -> State {
    let parsed = match Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice)) {
        Ok(parsed) => parsed,
        Err(error) => return State::Bad(sources(&error)),
    };
    let signing = parsed.signing();
    if credential.status == CredentialStatus::Disabled {
        return State::Soon("disabled; allow it again with: chancery credential enable".to_owned());
    }
    let certificate = Arc::new(signing.clone());
    let key = KeyRef { backend: credential.backend.clone(), certificate };
    let signs = match app.keyring.prove(&key).await {
        Ok(algorithm) => algorithm,
        Err(error) => return State::Bad(sources(&error)),
    };
    let (now, until) = (app.now(), signing.not_after());
    let days = (until.unix_ms() - now.unix_ms()).div_euclid(86_400_000);
    let kind = signing.key_kind();
    let only = only_with(kind, signs).unwrap_or_default();
    let text = format!("{}, signs{only}, valid until {}", kind.label(), until.to_xs_date_time());
    if until < now || now < signing.not_before() {
        State::Bad(format!("{text}: not valid now; renew it"))
    } else if days < SOON_DAYS {
        State::Soon(format!("{text}: {days} days left; renew it"))
    } else {
        State::Good(text)
    }
}
