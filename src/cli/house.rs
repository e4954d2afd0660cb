//! Assembles the house from its configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::pem::LineEnding;
use tokio::sync::{Notify, Semaphore};
use zeroize::Zeroizing;

use super::shown::Shown;
use super::{Failure, schemas};
use crate::app::{
    App, Circuits, Clients, Clock, Credentials, EvidenceSources, Excesses, Fair, Ids, Logins,
    MailDoor, NamedPlaces, PeopleDoor, PreservationConfig, Random, Rules, Running, Steady,
    Stopping, TimeAuthorities, TrustedCertificates, TrustedLists,
};
use crate::config::Config;
use crate::contents::Contents;
use crate::domain::ids::ProcessId;
use crate::domain::sources::sources;
use crate::keys::Keyring;
use crate::outbound::trusted_lists::ListDoor;
use crate::outbound::webhook::WebhookSender;
use crate::pki::calendar::Calendar;
use crate::pki::certificate::Certificate;
use crate::pki::certificate_file;
use crate::pki::envelope::{KEK_LENGTH, Kek};
use crate::pki::jose::{TokenKey, TokenKeys};
use crate::pki::path::TrustAnchor;
use crate::seal::catalogue::Catalogue;
use crate::store::{Reader, Store, Tables};

/// The operations of one client service leave this part of the executors to the next one: a quarter.
const EXECUTORS_LEFT: usize = 4;

/// The same of connections that write, where there are several.
const WRITERS_LEFT: usize = 4;

/// What becomes of what is not there yet: a database, a key file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It is made, and older tables are brought up to date.
    Made,
    /// The command has nothing to show then, and says so.
    Refused,
    /// Something in memory stands for it, so that everything else can be looked at.
    Imagined,
}

/// The database, tables up to date.
pub(super) async fn store(config: &Config) -> Result<Store, Failure> {
    open(config, Absent::Made).await
}

async fn open(config: &Config, absent: Absent) -> Result<Store, Failure> {
    match absent {
        Absent::Made => {
            if let Some(obstacle) = config.store.obstacle() {
                return Err(obstacle.into());
            }
            keep_private(&config.store)?;
            let made = async {
                let store = Store::connect(&config.store).await?;
                store.migrate().await?;
                Ok(store)
            };
            made.await.map_err(|error| unopened(&config.store, &error).into())
        }
        Absent::Imagined => {
            let store = Store::connect(&config.store.imagined()).await?;
            store.migrate().await?;
            Ok(store)
        }
        Absent::Refused => existing(&config.store).await,
    }
}

/// A database that is there, with the tables of this binary.
async fn existing(config: &crate::store::Config) -> Result<Store, Failure> {
    let place = config.place();
    if config.sqlite_file().is_some_and(|file| !file.exists()) {
        return Err(format!(
            "there is no database at {place}. Is it the right configuration (--config FILE)? A new \
             database is made with: chancery migrate"
        )
        .into());
    }
    if let Some(obstacle) = config.obstacle() {
        return Err(obstacle.into());
    }
    let asked = async {
        let store = Store::connect_to_existing(config).await?;
        let tables = store.tables().await?;
        Ok((store, tables))
    };
    let (store, tables) = asked.await.map_err(|error| unopened(config, &error))?;
    match tables {
        Tables::Ours => Ok(store),
        Tables::Missing => Err(format!(
            "the database at {place} has no tables yet. Is it the right configuration (--config \
             FILE)? Make them with: chancery migrate"
        )
        .into()),
        Tables::Older => Err(format!(
            "the tables at {place} are of an earlier release; bring them up to date with: chancery \
             migrate"
        )
        .into()),
        Tables::Newer => Err(format!(
            "the tables at {place} are of a later release than this one ({})",
            env!("CARGO_PKG_VERSION")
        )
        .into()),
    }
}

/// Why a database cannot be used, and what to do.
pub(super) fn unopened(config: &crate::store::Config, error: &crate::store::Error) -> String {
    let advice = error.advice().unwrap_or("look at store.url and the log of the database");
    format!("the database at {} cannot be used: {}; {advice}", config.place(), sources(error))
}

/// Whether a file that is not there could be made; nothing is.
///
/// # Errors
/// Why not, in words.
pub(super) fn can_be_made(file: &Path) -> Result<(), String> {
    use rustix::fs::{Access, access};
    let folder = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(format!("there is no folder {}", folder.display()));
    }
    access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| format!("{}: {error}", folder.display()))
}

/// Makes a new SQLite file readable by its owner only: it will hold invoices. SQLite gives its
/// companion files the same mode.
fn keep_private(config: &crate::store::Config) -> Result<(), Failure> {
    let Some(path) = config.sqlite_file().filter(|path| !path.exists()) else { return Ok(()) };
    match write_secret(path, &[]) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(format!("{} cannot be made: {error}", path.display()).into())
        }
        _ => Ok(()),
    }
}

/// Everything but the keys, for commands that use none: they work while a token does not, and spend
/// none of its PIN tries.
pub(super) async fn app_without_keys(config: &Config) -> Result<Arc<App>, Failure> {
    assembled(&without_keys(config), Absent::Made).await
}

/// The same for commands that only show something: nothing is made or changed, and people see where
/// they are looking.
pub(super) async fn app_to_look(config: &Config, shown: Shown) -> Result<Arc<App>, Failure> {
    if !shown.json {
        say_wrong!("Configuration: {}. Database: {}.", config.origin, config.store.place());
    }
    assembled(&without_keys(config), Absent::Refused).await
}

/// Everything.
pub(super) async fn app(config: &Config) -> Result<Arc<App>, Failure> {
    assembled(config, Absent::Made).await
}

/// Everything, with what is not there `Refused` or `Imagined`: for commands that change nothing.
pub(super) async fn app_as_it_is(config: &Config, absent: Absent) -> Result<Arc<App>, Failure> {
    assembled(config, absent).await
}

fn without_keys(config: &Config) -> Config {
    let mut config = config.clone();
    config.keys.backends.clear();
    config
}

async fn assembled(config: &Config, absent: Absent) -> Result<Arc<App>, Failure> {
    config.delivery.check()?;
    config.people.check()?;
    let store = open(config, absent).await?;
    let kek = kek(config, store.reader(), absent).await?;
    let keys = config.keys.clone();
    let keyring = tokio::task::spawn_blocking(move || Keyring::open(&keys)).await??;
    let token_keys = token_keys(config, absent)?;
    assemble(config, Own { store, keyring, token_keys, kek, clock: Clock::System })
}

/// What is this machine's own: its database, keys and secrets, and its clock.
pub struct Own {
    /// Connected, tables up to date.
    pub store: Store,
    /// Opened.
    pub keyring: Keyring,
    /// Sign access tokens.
    pub token_keys: TokenKeys,
    /// Seals secrets at rest.
    pub kek: Kek,
    /// The machine's, but for tests in which days pass.
    pub clock: Clock,
}

/// How many may write at once.
fn writers(config: &Config) -> usize {
    if config.store.url.starts_with("sqlite:") {
        1
    } else {
        usize::try_from(config.store.connections).unwrap_or(1)
    }
}

/// Puts the house together: what is the machine's own, and what the configuration says.
///
/// # Errors
/// A sentence that names the setting which cannot be used.
pub fn assemble(config: &Config, own: Own) -> Result<Arc<App>, Failure> {
    let random = Random::System(SystemRandom::new());
    let process = random.octets()?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let threads = match config.workflow.engine_threads {
        0 => cores,
        threads => threads,
    };
    // One more than a client service alone may have: the system shares the cores out between them. Beside
    // others it leaves a core to them.
    let engine = Fair::with_most_beside_others(
        Rules { whole: threads + 1, part_left: threads + 1, waiting: usize::MAX },
        threads.saturating_sub(1).max(1),
    );
    let portions = Fair::with_most_beside_others_in(
        Rules { whole: Semaphore::MAX_PERMITS, part_left: 0, waiting: usize::MAX },
        writers(config),
        &engine,
    );
    Ok(Arc::new(App {
        reader: own.store.reader().clone(),
        reports: own.store.reports(),
        contents: Contents::Database(own.store.reader().clone()),
        store: own.store,
        keyring: own.keyring,
        token_keys: own.token_keys,
        link_key: own.kek.derive("receiver links")?,
        people: PeopleDoor::new(config.people.clone(), &own.kek)?,
        kek: own.kek,
        settings: Arc::new(config.origin.settings.clone()),
        started: own.clock.now(),
        steady: Steady::from(&own.clock),
        clock: own.clock,
        random,
        process: ProcessId::from_i64(i64::from_be_bytes(process) & i64::MAX),
        ids: Ids::default(),
        issuer: issuer(config),
        is_for_this_machine: config.web.for_this_machine().is_ok(),
        tokens: config.oauth.clone(),
        limits: config.limits.clone(),
        seal_limits: crate::seal::Limits::default(),
        calendar: Arc::new(calendar(config)?),
        profiles: profiles(config)?,
        trust: trust(config)?,
        trusted_lists: trusted_lists(config)?,
        schemas: Arc::new(schemas::read(&config.lint.schemas)?),
        writers: Fair::new(Rules {
            whole: writers(config),
            part_left: WRITERS_LEFT,
            waiting: usize::MAX,
        }),
        portions,
        executors: Fair::new(Rules {
            whole: config.workflow.executors,
            part_left: EXECUTORS_LEFT,
            waiting: usize::MAX,
        }),
        // Of a client service that is alone all its operations go on at once. Beside others it leaves half the
        // cores: more would stand in the way of the others in front of database and token too.
        chunks: Fair::with_most_beside_others(
            Rules { whole: config.workflow.executors, part_left: 0, waiting: usize::MAX },
            (cores / 2).max(1),
        ),
        alone: Semaphore::new(1),
        engine,
        execution: config.workflow.clone(),
        delivery: config.delivery.clone(),
        bulk: config.bulk.clone(),
        preservation: preservation(config)?,
        alarms: config.alarms.clone(),
        webhooks: WebhookSender::new(config.webhooks.clone())?,
        authorities: TimeAuthorities::new(&config.timestamp, config.keys.production)?,
        evidence: evidence(config)?,
        outbox_bell: Notify::new(),
        take_up_bell: Notify::new(),
        bulk_bell: Notify::new(),
        mail: MailDoor::new(config.mail.account(config.keys.production)?),
        circuits: Circuits::default(),
        stopping: Stopping::within(config.workflow.drain_ms),
        logins: Logins::default(),
        excesses: Excesses::default(),
        running: Running::default(),
        credentials: Credentials::default(),
        clients: Clients::default(),
    }))
}

/// How preserved documents are looked after; whom it names is there.
fn preservation(config: &Config) -> Result<PreservationConfig, Failure> {
    let preservation = config.preservation.clone();
    let unknown =
        preservation.authorities.iter().find(|it| !config.timestamp.authorities.contains_key(*it));
    match unknown {
        Some(name) => Err(format!(
            "preservation.authorities: there is no timestamp.authorities.{name}; name one that is"
        )
        .into()),
        None => Ok(preservation),
    }
}

/// What the installation verifies signatures against.
pub(super) fn trust(config: &Config) -> Result<TrustedCertificates, Failure> {
    let verification = &config.verification;
    let anchors = read_certificates("verification.trust", &verification.trust)?;
    let anchors = anchors.into_iter().map(TrustAnchor::of).collect();
    let certificates = read_certificates("verification.certificates", &verification.certificates)?;
    Ok(TrustedCertificates { anchors, certificates, asks_revocation: verification.revocation })
}

/// Where validation data come from.
fn evidence(config: &Config) -> Result<EvidenceSources, Failure> {
    let revocation = &config.revocation;
    let trust = read_certificates("revocation.trust", &revocation.trust)?;
    let certificates = read_certificates("revocation.certificates", &revocation.certificates)?;
    let mut named = NamedPlaces::new();
    for (name, issuer) in &revocation.issuers {
        let setting = format!("revocation.issuers.{name}.certificate_file");
        for certificate in
            read_certificates(&setting, std::slice::from_ref(&issuer.certificate_file))?
        {
            let places = named.entry(certificate.fingerprint()).or_default();
            places.responders.extend(issuer.responders.iter().cloned());
            places.lists.extend(issuer.lists.iter().cloned());
        }
    }
    let trust = trust.into_iter().map(TrustAnchor::of).collect();
    Ok(EvidenceSources::new(revocation, trust, certificates, named)?)
}

/// The trusted lists that are used, if any are. They are read when the service starts.
fn trusted_lists(config: &Config) -> Result<Option<TrustedLists>, Failure> {
    let lists = &config.trusted_lists;
    if !lists.is_used() {
        let wanted = !lists.lotl.is_empty() || !lists.signers.is_empty();
        let text = "trusted_lists.folder is not set: there is no place for the lists";
        return if wanted { Err(text.into()) } else { Ok(None) };
    }
    if !lists.folder.is_dir() {
        return Err(format!(
            "trusted_lists.folder {}: there is no such folder",
            lists.folder.display()
        )
        .into());
    }
    let signers = read_certificates("trusted_lists.signers", &lists.signers)?;
    if signers.is_empty() {
        return Err("trusted_lists.signers names nobody, so that no list would be believed".into());
    }
    let door = (!lists.lotl.is_empty()).then(|| ListDoor::new(lists)).transpose()?;
    Ok(Some(TrustedLists::new(lists.clone(), signers, door)))
}

/// The certificates of the files that a setting names.
fn read_certificates(setting: &str, files: &[PathBuf]) -> Result<Vec<Certificate>, Failure> {
    let mut all = Vec::new();
    for file in files {
        let wrong = |what: String| format!("{setting} {}: {what}", file.display());
        let octets = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
        let found = certificate_file::certificates(&octets);
        all.extend(found.map_err(|error| wrong(error.to_string()))?);
    }
    Ok(all)
}

/// The installation's calendar of algorithms, or the built-in one.
pub(super) fn calendar(config: &Config) -> Result<Calendar, Failure> {
    let file = &config.algorithms.calendar;
    if file.as_os_str().is_empty() {
        return Ok(Calendar::default());
    }
    let wrong = |what: String| format!("algorithms.calendar {}: {what}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    Ok(Calendar::parse(&text).map_err(|error| wrong(error.to_string()))?)
}

/// The built-in seal profiles and those of the installation.
pub(super) fn profiles(config: &Config) -> Result<Catalogue, Failure> {
    let folder = &config.profiles.folder;
    let mut files = Vec::new();
    if !folder.as_os_str().is_empty() {
        let unreadable = |error| format!("profiles.folder {}: {error}", folder.display());
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, text));
            }
        }
    }
    Ok(Catalogue::with(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))?)
}

/// Public address of the service, without a slash at the end.
pub(super) fn issuer(config: &Config) -> String {
    match config.web.public_url.trim_end_matches('/') {
        "" => format!("http://{}", config.web.listen),
        url => url.to_owned(),
    }
}

fn token_keys(config: &Config, absent: Absent) -> Result<TokenKeys, Failure> {
    let file = &config.oauth.signing_key_file;
    let read = |file: &Path| -> Result<TokenKey, Failure> {
        let pem = std::fs::read_to_string(file)
            .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
        TokenKey::from_pem(&pem).map_err(|error| format!("{}: {error}", file.display()).into())
    };
    let previous = config.oauth.previous_key_files.iter().map(|file| read(file));
    let previous = previous.collect::<Result<_, _>>()?;
    if file.exists() {
        return Ok(TokenKeys::new(read(file)?, previous));
    }
    let pem = new_token_key()?;
    if absent == Absent::Made {
        make_key_file(file, pem.as_bytes())?;
        return Ok(TokenKeys::new(read(file)?, previous));
    }
    Ok(TokenKeys::new(TokenKey::from_pem(&pem)?, previous))
}

/// The key of secrets at rest. Made when its file is missing, unless something needs the old one: a
/// new key in its place would lose all of that without a word.
async fn kek(config: &Config, reader: &Reader, absent: Absent) -> Result<Kek, Failure> {
    let file = &config.secrets.key_file;
    if !file.exists() {
        if reader.needs_its_key().await? {
            return Err(key_lost(file).into());
        }
        let mut octets = Zeroizing::new([0; KEK_LENGTH]);
        aws_lc_rs::rand::fill(&mut *octets).map_err(|_| "the random source failed")?;
        if absent != Absent::Made {
            return Ok(Kek::from_bytes(&octets)?);
        }
        make_key_file(file, format!("{}\n", STANDARD.encode(*octets)).as_bytes())?;
    }
    let text = std::fs::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let octets = STANDARD.decode(text.trim()).map(Zeroizing::new).ok();
    let octets = octets.and_then(|octets| <[u8; KEK_LENGTH]>::try_from(octets.as_slice()).ok());
    let octets = octets
        .map(Zeroizing::new)
        .ok_or_else(|| format!("{} must hold {KEK_LENGTH} octets in base64", file.display()))?;
    Ok(Kek::from_bytes(&octets)?)
}

fn key_lost(file: &Path) -> String {
    let file = file.display();
    format!(
        "{file} (secrets.key_file) is missing, and the database holds passwords, webhook secrets, \
         people's codes or receivers' links that were made with it. Restore the file from its copy, or name the one \
         that the other replicas use. To start over without it, make a new one with \
         (umask 077; head -c 32 /dev/urandom | base64 > {file}), then set the mail passwords again \
         (chancery mail set), make new webhook secrets (chancery webhook rotate) and invite people anew \
         (chancery person reset); links in mails that were sent stay closed"
    )
}

fn new_token_key() -> Result<Zeroizing<String>, Failure> {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
        .map_err(|_| "the random source failed")?;
    let pem = der::pem::encode_string("PRIVATE KEY", LineEnding::LF, pkcs8.as_ref())?;
    Ok(Zeroizing::new(pem))
}

/// Writes a new key that only its owner can read. Of several processes that try, one wins and the
/// others use its key.
fn make_key_file(file: &Path, content: &[u8]) -> Result<(), Failure> {
    let temporary = file.with_extension(format!("new-{}", std::process::id()));
    write_secret(&temporary, content)
        .map_err(|error| format!("{} cannot be written: {error}", temporary.display()))?;
    // hard_link does not replace a file that came in between
    let linked = std::fs::hard_link(&temporary, file);
    std::fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(format!("{} cannot be written: {error}", file.display()).into())
        }
        _ => Ok(()),
    }
}

/// Writes a file that only its owner can read; it must not exist yet.
pub(super) fn write_secret(file: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(content)?;
    file.sync_all()
}
