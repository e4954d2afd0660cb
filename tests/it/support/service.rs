//! Running services: one that most tests share, and fresh ones with settings of their own. All live
//! in one runtime, so that a service outlasts the test that started it.

use std::sync::{Arc, LazyLock, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use chancery::app::{App, Clock, Share};
use chancery::cli::house::{self, Own};
use chancery::config::Config;
use chancery::domain::client_service::{
    Alias, Change, DocumentReferences, Lint, ProfileName, SealSettingsChange, Timestamps,
};
use chancery::domain::credential::{Credential, CredentialStatus};
use chancery::domain::ids::{ClientServiceId, CredentialId};
use chancery::domain::instant::Instant;
use chancery::domain::level::Level;
use chancery::domain::pades::ActiveContent;
use chancery::domain::visible::CoordinateOrigin;
use chancery::keys::{self, BackendConfig, Keyring};
use chancery::pki::certificate::Chain;
use chancery::pki::envelope::Kek;
use chancery::pki::jose::{TokenKey, TokenKeys};
use chancery::seal::Signer;
use chancery::store::{self, Store};
use chancery::web::Web;
use chancery::web::server::serve;
use chancery::workflow::background::{Loop, Loops, start_loops};
use chancery::workflow::client_services::{self, NewClientService};
use chancery::workflow::credentials;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use super::authority::AUTHORITY;
use super::client::Client;
use super::softhsm::service_token;

/// What tests look at when they want it.
const LOOKED_AT_BY_HAND: &[Loop] = &[Loop::Alarms, Loop::Certificates, Loop::Preserve, Loop::Bulk];

/// Issuer of the access tokens of every service here, so that one can check another's.
pub(crate) const ISSUER: &str = "https://seal.test";

/// The runtime of services and tests.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
});

/// Runs a test beside the services; certificates are made before.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    LazyLock::force(&AUTHORITY);
    block_on(test)
}

/// Runs a test with the service that tests without special wishes share.
pub(crate) fn on_shared<T>(test: impl AsyncFnOnce(&'static Service) -> T) -> T {
    static SHARED: OnceLock<Service> = OnceLock::new();
    let shared = SHARED.get_or_init(|| run(Setup::new().start()));
    block_on(test(shared))
}

/// Runs something in the runtime of the services.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// The present.
pub(crate) fn now() -> Instant {
    Clock::System.now()
}

/// A text that no other test uses.
pub(crate) fn unique(purpose: &str) -> String {
    let mut octets = [0; 6];
    aws_lc_rs::rand::fill(&mut octets).unwrap();
    format!("{purpose}-{}", chancery::domain::text::hex(&octets))
}

/// A key that signs access tokens, PKCS#8 PEM.
pub(crate) fn token_key_pem() -> String {
    let pkcs8 =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let pkcs8 = pkcs8.unwrap();
    der::pem::encode_string("PRIVATE KEY", der::pem::LineEnding::LF, pkcs8.as_ref()).unwrap()
}

/// What a service is made of.
pub(crate) struct Setup {
    /// The defaults with a database of its own and the services' token as back-end `hsm`.
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    /// Whether messages are delivered by themselves.
    pub(crate) delivers: bool,
    pub(crate) issuer: String,
    pub(crate) token_key: String,
    /// Label of the token; one that does not exist is a token that was pulled out.
    pub(crate) token_label: String,
    /// The installation's own profiles, as (name, TOML text).
    pub(crate) profiles: Vec<(&'static str, String)>,
    /// Key back-ends in place of `hsm`.
    pub(crate) back_ends: Vec<(&'static str, BackendConfig)>,
    folder: Arc<TempDir>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        static TOKEN_KEY: LazyLock<String> = LazyLock::new(token_key_pem);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("chancery.toml");
        std::fs::write(&file, "").unwrap();
        let mut config = Config::load(Some(&file)).unwrap();
        config.store.url = format!("sqlite://{}", folder.path().join("chancery.db").display());
        Self {
            config,
            clock: Clock::System,
            delivers: true,
            issuer: ISSUER.to_owned(),
            token_key: TOKEN_KEY.clone(),
            token_label: service_token().label.clone(),
            profiles: Vec::new(),
            back_ends: Vec::new(),
            folder: Arc::new(folder),
        }
    }

    /// Another service, or the same one later, over the same database.
    pub(crate) fn same_database(of: &Service) -> Self {
        let mut setup = Self::new();
        setup.config.store.url.clone_from(&of.database);
        setup.folder = Arc::clone(&of.folder);
        setup
    }

    pub(crate) async fn start(self) -> Service {
        let (delivers, folder) = (self.delivers, Arc::clone(&self.folder));
        let (app, config) = self.assembled().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let left_out: &[Loop] = if delivers {
            LOOKED_AT_BY_HAND
        } else {
            &[Loop::Alarms, Loop::Certificates, Loop::Preserve, Loop::Bulk, Loop::Deliver]
        };
        let loops = start_loops(&app, left_out);
        let web = Web::new(Arc::clone(&app), config.web);
        let server = tokio::spawn(serve(web, listener, loops.stopped()));
        let database = config.store.url;
        Service { base, app, database, folder, loops, server }
    }

    /// The house without loops and without a door: what a command works with.
    pub(crate) async fn assemble(self) -> Arc<App> {
        self.assembled().await.0
    }

    async fn assembled(self) -> (Arc<App>, Config) {
        let Self { mut config, clock, issuer, token_key, token_label, folder, .. } = self;
        for (name, text) in self.profiles {
            let own = folder.path().join("profiles");
            std::fs::create_dir_all(&own).unwrap();
            std::fs::write(own.join(format!("{name}.toml")), text).unwrap();
            config.profiles.folder = own;
        }
        config.web.public_url = issuer;
        // Servers of tests do not speak TLS.
        config.keys.production = false;
        if let Some(file) = config.store.sqlite_file().filter(|file| !file.exists()) {
            std::fs::write(file, tables(&config.store).await).unwrap();
        }
        let store = Store::connect(&config.store).await.unwrap();
        store.migrate().await.unwrap();
        let token_keys = TokenKeys::new(TokenKey::from_pem(&token_key).unwrap(), Vec::new());
        let kek = Kek::from_bytes(&[7; 32]).unwrap();
        let keyring = match self.back_ends {
            back_ends if back_ends.is_empty() => keyring(token_label),
            back_ends => {
                let named = back_ends.into_iter().map(|(name, it)| (name.to_owned(), it));
                let keys = keys::Config { production: false, backends: named.collect() };
                Keyring::open(&keys).unwrap()
            }
        };
        let own = Own { store, keyring, token_keys, kek, clock };
        let app = house::assemble(&config, own).unwrap();
        (app, config)
    }
}

/// What is in the file of a database that has its tables and nothing else. Making them takes longer than most
/// tests.
async fn tables(like: &store::Config) -> &'static [u8] {
    static TABLES: tokio::sync::OnceCell<Vec<u8>> = tokio::sync::OnceCell::const_new();
    let made = async || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tables.db");
        let config = store::Config { url: format!("sqlite://{}", file.display()), ..like.clone() };
        let store = Store::connect(&config).await.unwrap();
        store.migrate().await.unwrap();
        store.close().await;
        std::fs::read(file).unwrap()
    };
    TABLES.get_or_init(made).await
}

fn a_moment() -> tokio::time::Instant {
    tokio::time::Instant::now() + std::time::Duration::from_secs(1)
}

fn keyring(token_label: String) -> Keyring {
    service_token().keyring_with(|settings| {
        settings.sessions = 2;
        settings.token_label = token_label;
    })
}

/// A running service.
pub(crate) struct Service {
    /// `http://127.0.0.1:PORT`
    pub(crate) base: String,
    pub(crate) app: Arc<App>,
    pub(crate) database: String,
    folder: Arc<TempDir>,
    loops: Loops,
    server: JoinHandle<std::io::Result<()>>,
}

/// What a client service of a test is made of.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) chain: Option<&'a Chain>,
    pub(crate) references: DocumentReferences,
}

impl Service {
    /// A client of a new client service that seals with P-256.
    pub(crate) async fn client(&self) -> Client {
        self.client_with(&AUTHORITY.p256).await
    }

    /// A client of a new client service that seals with this chain.
    pub(crate) async fn client_with(&self, chain: &Chain) -> Client {
        self.client_of(Wish { chain: Some(chain), references: DocumentReferences::Unique }).await
    }

    /// A client of a new client service with settings of its own for seals.
    pub(crate) async fn client_sealing_as(
        &self,
        chain: &Chain,
        profile: Option<&str>,
        allow_sha1: bool,
    ) -> Client {
        let wish = Wish { chain: Some(chain), references: DocumentReferences::Unique };
        let profile = profile.map(|name| ProfileName::parse(name).unwrap());
        self.make_client(wish, profile, allow_sha1, Lint::None, ActiveContent::Warn).await
    }

    /// A client of a new client service.
    pub(crate) async fn client_of(&self, wish: Wish<'_>) -> Client {
        self.make_client(wish, None, false, Lint::None, ActiveContent::Warn).await
    }

    /// A client of a new client service whose documents are looked at.
    pub(crate) async fn client_linting(&self, lint: Lint, profile: Option<&str>) -> Client {
        let wish = Wish { chain: Some(&AUTHORITY.p256), references: DocumentReferences::Unique };
        let profile = profile.map(|name| ProfileName::parse(name).unwrap());
        self.make_client(wish, profile, false, lint, ActiveContent::Warn).await
    }

    /// A client of a new client service that wants no documents that run things.
    pub(crate) async fn client_without_active_content(&self) -> Client {
        let wish = Wish { chain: Some(&AUTHORITY.p256), references: DocumentReferences::Unique };
        self.make_client(wish, None, false, Lint::None, ActiveContent::Refuse).await
    }

    /// A client of a new client service whose visible signatures are placed from that corner.
    pub(crate) async fn client_placing_from(&self, origin: CoordinateOrigin) -> Client {
        let client = self.client().await;
        let change = SealSettingsChange {
            coordinate_origin: Change::To(origin),
            ..SealSettingsChange::default()
        };
        client_services::change_seal_settings(&self.app, &client.alias, &change).await.unwrap();
        client
    }

    /// A client of a new client service that seals without the timestamps it asks for.
    pub(crate) async fn client_omitting_timestamps(&self) -> Client {
        let client = self.client().await;
        let change = SealSettingsChange {
            timestamps: Change::To(Timestamps::Omit),
            ..SealSettingsChange::default()
        };
        client_services::change_seal_settings(&self.app, &client.alias, &change).await.unwrap();
        client
    }

    async fn make_client(
        &self,
        wish: Wish<'_>,
        profile: Option<ProfileName>,
        allow_sha1: bool,
        lint: Lint,
        active_content: ActiveContent,
    ) -> Client {
        let credential = match wish.chain {
            Some(chain) => Some(self.credential(chain).await),
            None => None,
        };
        self.client_for(credential, wish, profile, allow_sha1, (lint, active_content)).await
    }

    /// A client of a new client service that seals with a key of one of the back-ends, and the alias of its
    /// credential.
    pub(crate) async fn client_on(&self, back_end: &str, chain: &Chain) -> (Client, String) {
        let alias = unique("credential");
        let imported = credentials::import(&self.app, &alias, back_end, chain).await.unwrap();
        let wish = Wish { chain: None, references: DocumentReferences::Unique };
        let kind = (Lint::None, ActiveContent::Warn);
        (self.client_for(Some(imported.0.id), wish, None, false, kind).await, alias)
    }

    async fn client_for(
        &self,
        credential: Option<CredentialId>,
        wish: Wish<'_>,
        profile: Option<ProfileName>,
        allow_sha1: bool,
        (lint, active_content): (Lint, ActiveContent),
    ) -> Client {
        let alias = unique("PRT.505767457");
        let new = NewClientService {
            alias: Some(Alias::parse(&alias).unwrap()),
            issuer_name: "ACME Corporation".to_owned(),
            issuer_vat: "505767457".to_owned(),
            issuer_country: "PRT".to_owned(),
            credential,
            document_references: wish.references,
            profile,
            allow_sha1,
            lint,
            signature_template: None,
            active_content,
            coordinate_origin: CoordinateOrigin::TopLeft,
            level: Level::B,
            timestamps: Timestamps::Refuse,
            language: None,
        };
        let (_, secret) = client_services::create(&self.app, new).await.unwrap();
        Client::log_in(&self.base, &alias, secret.expose_secret()).await
    }

    /// A credential with this chain. One that is out of its validity is written past the import,
    /// which refuses it: it became so later.
    pub(crate) async fn credential(&self, chain: &Chain) -> CredentialId {
        let alias = unique("credential");
        if Signer::new(chain).check_at(self.app.now()).is_ok() {
            return credentials::import(&self.app, &alias, "hsm", chain).await.unwrap().0.id;
        }
        self.credential_past_import(chain).await
    }

    /// A credential that the import would refuse.
    pub(crate) async fn credential_past_import(&self, chain: &Chain) -> CredentialId {
        let (alias, now) = (unique("credential"), self.app.now());
        let credential = Credential {
            id: CredentialId::from_i64(self.app.next_id()),
            alias,
            backend: "hsm".to_owned(),
            chain_der: chain.certificates().map(|it| it.der().to_vec()).collect(),
            status: CredentialStatus::Active,
            created: now,
        };
        self.app.store.add_credential(&credential).await.unwrap();
        credential.id
    }

    /// Takes the turn of every operation, for others than any client service, until it is dropped.
    pub(crate) async fn all_busy(&self) -> Vec<Share<ClientServiceId>> {
        let mut turns = Vec::new();
        while self.app.executors.free() > 0 {
            let other = ClientServiceId::from_i64(-1 - i64::try_from(turns.len()).unwrap());
            turns.push(self.app.executors.take(other, 1).await.unwrap());
        }
        turns
    }

    /// Takes every turn of the engine, for others than any client service, until it is dropped.
    pub(crate) async fn engine_busy(&self) -> Vec<Share<ClientServiceId>> {
        let mut turns = Vec::new();
        while self.app.engine.free() > 0 {
            let other = ClientServiceId::from_i64(-1 - i64::try_from(turns.len()).unwrap());
            turns.push(self.app.engine.take(other, 1).await.unwrap());
        }
        turns
    }

    /// Stops as the command does, and waits until every connection is closed.
    pub(crate) async fn end(self) {
        self.loops.stop(&self.app).await.unwrap();
        self.server.await.unwrap().unwrap();
        self.app.store.close().await;
    }

    /// Stops as the command does, in a hurry.
    pub(crate) async fn stop(self) {
        let until = self.app.stopping.until();
        self.loops.stop(&self.app).await.unwrap();
        // Connections of clients may stay open: nobody waits for them here.
        let mut server = self.server;
        if tokio::time::timeout_at(until.min(a_moment()), &mut server).await.is_err() {
            server.abort();
        }
        self.app.store.close().await;
    }
}
