//! `check`: the doctor. One line a finding: OK, or what to do.

mod delivery;
mod listen;
mod revocation;
mod timestamps;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::shown::{Shown, say_json};
use super::{Failure, Outcome, house};
use crate::app::App;
use crate::config::{Config, Origin};
use crate::domain::client_service::{ClientServiceStatus, Lint};
use crate::domain::credential::{Credential, CredentialStatus};
use crate::domain::instant::Instant;
use crate::domain::sources::sources;
use crate::keys::KeyRef;
use crate::pki::certificate::Chain;
use crate::pki::path::ends_first;
use crate::seal::Signer;
use crate::store::diagnosis::Soundness;
use crate::store::{Store, Tables};
use crate::web::connections::descriptors;
use crate::workflow::clock::MOST_APART_MS;
use crate::workflow::credentials::{bewares, only_with};
use crate::workflow::test_authorities;

/// A certificate that ends within so many days is named.
const SOON_DAYS: i64 = 45;

/// How long the file of the database is looked through.
const LOOK_THROUGH: Duration = Duration::from_secs(10);

/// Less free disk than this is named.
const LITTLE_DISK_MIB: u64 = 1024;

/// What was found: said at once to people, at the end to programs.
struct Findings {
    shown: Shown,
    all: Vec<(Level, String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Bad,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Bad => "BAD",
        }
    }
}

impl Findings {
    const fn new(shown: Shown) -> Self {
        Self { shown, all: Vec::new() }
    }

    fn ok(&mut self, what: &str, text: &str) {
        self.say(Level::Ok, what, text);
    }

    fn warn(&mut self, what: &str, text: &str) {
        self.say(Level::Warn, what, text);
    }

    fn bad(&mut self, what: &str, text: &str) {
        self.say(Level::Bad, what, text);
    }

    fn say(&mut self, level: Level, what: &str, text: &str) {
        if !self.shown.json {
            say!("{:<5} {what:<14} {text}", level.as_str());
        }
        self.all.push((level, what.to_owned(), text.to_owned()));
    }

    /// The last words; fails when something is bad.
    fn end(&self) -> ExitCode {
        let bad = self.all.iter().filter(|(level, ..)| *level == Level::Bad).count();
        if self.shown.json {
            let findings = self.all.iter().map(|(level, what, text)| {
                json!({ "level": level.as_str(), "about": what, "text": text })
            });
            say_json(&json!({ "good": bad == 0, "findings": findings.collect::<Vec<_>>() }));
        } else if bad == 0 {
            say!("Everything needed is there.");
        } else {
            say!("{bad} to put right.");
        }
        if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Says that there is no configuration to check with.
pub(super) fn no_configuration(error: &crate::config::Error, shown: Shown) -> ExitCode {
    let mut findings = Findings::new(shown);
    findings.bad("configuration", &format!("{error}; see: chancery config"));
    findings.end()
}

/// Looks at everything that `serve` would use, and makes nothing of it.
pub(super) async fn run(config: Config, shown: Shown) -> Outcome {
    let mut findings = Findings::new(shown);
    findings.ok("configuration", &format!("{}; no unknown keys", config.origin));
    for stray in &config.origin.strays {
        findings.warn("environment", &Origin::words(stray));
    }
    if let Err(error) = crate::telemetry::check(&config.log) {
        findings.warn("log", &format!("log.filter: {error}; \"info\" counts instead"));
    }
    listen::look(&mut findings, &config.web.listen).await;
    listen::room(&mut findings, &config.web.connections, descriptors());
    listen::proxies(&mut findings, &config.web);
    let (stored, time) = database(&mut findings, &config).await;
    match clock(crate::app::Clock::System.now(), time) {
        Ok(text) => findings.ok("clock", &text),
        Err(text) => findings.bad("clock", &text),
    }
    disk(&mut findings, &config);
    for (what, file) in [
        ("oauth.signing_key_file", &config.oauth.signing_key_file),
        ("secrets.key_file", &config.secrets.key_file),
    ] {
        key_file(&mut findings, what, file);
    }
    let absent = match stored {
        Stored::Something => house::Absent::Refused,
        Stored::Nothing | Stored::Unknown => house::Absent::Imagined,
    };
    match house::app_as_it_is(&config, absent).await {
        Ok(app) => {
            back_ends(&mut findings, &app).await;
            timestamps::look(&mut findings, &app).await?;
            if stored != Stored::Unknown {
                credentials(&mut findings, &app).await?;
                schemas(&mut findings, &app).await?;
                timestamps::wanting(&mut findings, &app).await?;
                for_tests(&mut findings, &app).await?;
                revocation::credentials(&mut findings, &app).await?;
                delivery::look(&mut findings, &config, &app).await?;
            }
            app.store.close().await;
        }
        Err(error) => findings.bad("service", &sources(&*error)),
    }
    Ok(findings.end())
}

/// What is of a test authority: fine on a machine of one's own, and nothing that others could rely on.
async fn for_tests(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    for what in test_authorities::found(app).await? {
        if app.is_for_this_machine {
            findings.warn("test authority", &format!("{what} is of one; nobody else believes it"));
        } else {
            let text = "is of one, and the service is reached from other machines; put that of a real authority there";
            findings.bad("test authority", &format!("{what} {text}"));
        }
    }
    Ok(())
}

/// What is known of the database's content.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    /// It can be looked at.
    Something,
    /// There is no database yet.
    Nothing,
    /// It cannot be looked at.
    Unknown,
}

/// Whether there is a database to look into. What is not there yet `serve` makes, if it can.
/// What it says the time is, if it has a clock of its own and answers.
async fn database(findings: &mut Findings, config: &Config) -> (Stored, Option<Instant>) {
    let place = config.store.place();
    if let Some(file) = config.store.sqlite_file()
        && !file.exists()
    {
        match house::can_be_made(file) {
            Ok(()) => {
                let text = format!(
                    "there is none at {place} yet, the first start makes it; if there should be one, \
                     this is another configuration or folder"
                );
                findings.warn("database", &text);
            }
            Err(reason) => {
                let text = format!("{place} cannot be made: {reason}; look at store.url");
                findings.bad("database", &text);
            }
        }
        return (Stored::Nothing, None);
    }
    if let Some(obstacle) = config.store.obstacle() {
        findings.bad("database", &obstacle);
        return (Stored::Unknown, None);
    }
    let asked = async {
        let store = Store::connect_to_existing(&config.store).await?;
        let about = (store.engine_name(), store.only_reads().await?, store.clock().await?);
        let tables = store.tables().await?;
        store.close().await;
        let soundness = Store::soundness(&config.store, LOOK_THROUGH).await?;
        Ok::<_, crate::store::Error>((about, tables, soundness))
    };
    let ((name, only_reads, time), tables, soundness) = match asked.await {
        Ok(answered) => answered,
        Err(error) => {
            findings.bad("database", &house::unopened(&config.store, &error));
            return (Stored::Unknown, None);
        }
    };
    inside(findings, soundness);
    if only_reads {
        let text = format!(
            "{name} answers at {place}, but only reads, as a standby does; name the primary in store.url"
        );
        findings.bad("database", &text);
        return (Stored::Unknown, time);
    }
    let stored = match tables {
        Tables::Ours => {
            findings.ok("database", &format!("{name} answers at {place}"));
            Stored::Something
        }
        Tables::Missing => {
            let text = format!("{name} answers at {place}; the first start makes its tables");
            findings.warn("database", &text);
            Stored::Nothing
        }
        Tables::Older => {
            let text = format!(
                "{name} answers at {place}; its tables are of an earlier release, the next start \
                 brings them up to date: make a copy first. What is in it was not looked at"
            );
            findings.warn("database", &text);
            Stored::Unknown
        }
        Tables::Newer => {
            let text = format!("{name} answers at {place}; its tables are of a later release");
            findings.bad("database", &text);
            Stored::Unknown
        }
    };
    (stored, time)
}

/// Whether the file of the database is whole.
fn inside(findings: &mut Findings, soundness: Soundness) {
    match soundness {
        Soundness::Sound => findings.ok("file", "no damage (PRAGMA quick_check)"),
        Soundness::Elsewhere => {}
        Soundness::Unknown => findings.warn(
            "file",
            "too large to be looked through here; let sqlite3 do it on a copy: PRAGMA quick_check",
        ),
        Soundness::Damaged(what) => {
            let text = format!(
                "is damaged ({what}); stop the service, keep the file, and restore a copy (sqlite3 FILE \
                 .recover saves what can be read)"
            );
            findings.bad("file", &text);
        }
    }
}

/// A key that is made at the first start when it is missing.
fn key_file(findings: &mut Findings, what: &str, file: &Path) {
    if file.exists() {
        // Whether it holds a key is seen when everything is put together.
        return;
    }
    match house::can_be_made(file) {
        Ok(()) => findings.ok(what, &format!("the first start makes {}", file.display())),
        Err(reason) => {
            findings.bad(what, &format!("{} cannot be made: {reason}", file.display()));
        }
    }
}

/// What is found about the machine's clock, which signing times go by, beside that of the database if there
/// is one: the time that it says.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn clock(now: Instant, database: Option<Instant>) -> Result<String, String> {
    let apart_ms = database.map_or(0, |time| now.unix_ms().abs_diff(time.unix_ms()));
    // 2026-01-01: this binary did not exist before.
    if now.unix_ms() < 1_767_225_600_000 {
        Err(format!("says {}; set it, signing times would be wrong", now.to_rfc3339()))
    } else if apart_ms > MOST_APART_MS.unsigned_abs() {
        Err(format!(
            "says {}, and that of the database differs by {} s: nothing is sealed; set them",
            now.to_rfc3339(),
            apart_ms / 1000
        ))
    } else {
        Ok(now.to_rfc3339())
    }
}

fn disk(findings: &mut Findings, config: &Config) {
    let Some(file) = config.store.sqlite_file() else { return };
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match fs4::available_space(folder) {
        Ok(bytes) if bytes / 1024 / 1024 < LITTLE_DISK_MIB => findings.warn(
            "disk",
            &format!("{} MiB free at {}; make room", bytes / 1024 / 1024, folder.display()),
        ),
        Ok(bytes) => {
            findings.ok(
                "disk",
                &format!("{} GiB free at {}", bytes / 1024 / 1024 / 1024, folder.display()),
            );
        }
        Err(error) => {
            findings.warn("disk", &format!("{} cannot be asked: {error}", folder.display()));
        }
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
                findings.ok(&what, &state.summary);
                for problem in state.problems {
                    findings.warn(&what, &problem);
                }
            }
            Err(error) => findings.bad(&what, &sources(&error)),
        }
    }
}

async fn credentials(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    let all = app.reader.credentials().await?;
    if all.is_empty() {
        findings.warn("credentials", "none yet; see: chancery credential import --help");
    }
    let services = app.reader.client_services().await?;
    for credential in all {
        let what = format!("credential {}", credential.alias);
        let used = services.iter().any(|service| {
            service.credential == Some(credential.id)
                && service.status == ClientServiceStatus::Active
        });
        match credential_state(app, &credential).await {
            State::Good(text) => findings.ok(&what, &text),
            State::Soon(text) => findings.warn(&what, &text),
            State::Bad(text) if used => findings.bad(&what, &text),
            // An old certificate after its renewal is no reason for alarm.
            State::Bad(text) => {
                findings.warn(&what, &format!("{text} (no active client service uses it)"));
            }
        }
    }
    Ok(())
}

/// Whether client services whose documents are validated have schemas to validate them with.
async fn schemas(findings: &mut Findings, app: &App) -> Result<(), Failure> {
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
            findings.ok("schemas", "none, and no client service has its documents validated");
        }
        (None, 0) => {
            let text = format!(
                "none, but {} has its documents validated, so all are refused; set lint.schemas, see \
                 chancery config",
                wanting.join(", ")
            );
            findings.bad("schemas", &text);
        }
        (None, count) => findings.ok("schemas", &format!("for {count} kinds of document")),
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
    if app.reader.is_quarantined(key.name().1).await.is_ok_and(|quarantined| quarantined) {
        return State::Bad(format!(
            "its key answered with a wrong value and is not used; find out why, then: chancery keys \
             release --credential {}",
            credential.alias
        ));
    }
    let signs = match app.keyring.prove(&key).await {
        Ok(algorithm) => algorithm,
        Err(error) => return State::Bad(sources(&error)),
    };
    let now = app.now();
    if let Err(refusal) = Signer::new(&parsed).check_at(now) {
        return State::Bad(format!("{refusal}"));
    }
    let first = ends_first(&parsed);
    let until = first.not_after();
    let days = (until.unix_ms() - now.unix_ms()).div_euclid(86_400_000);
    let kind = signing.key_kind();
    let only = only_with(signing, signs).unwrap_or_default();
    let text = format!("{}, signs{only}, valid until {}", kind.label(), until.to_xs_date_time());
    let text = if first.der() == signing.der() {
        text
    } else {
        format!("{text} (the end of {} in its chain)", first.subject())
    };
    let bewares = bewares(&app.calendar, &parsed, signs);
    let ending = app.calendar.chain(&parsed, signs).filter(|ending| ending.until < until);
    let ending = ending.filter(|ending| ending.until < now.plus_ms(SOON_DAYS * 86_400_000));
    let text = [vec![text], bewares].concat().join("; ");
    if ending.is_some() {
        State::Soon(format!("{text}; change it"))
    } else if days < SOON_DAYS {
        State::Soon(format!("{text}: {days} days left; renew it"))
    } else {
        State::Good(text)
    }
}
