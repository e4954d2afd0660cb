//! Real tokens: SoftHSM2, set up once for each test process.
//!
//! SoftHSM reads `SOFTHSM2_CONF` when its module is loaded, and a test cannot set the environment of
//! its own process, so it comes from outside: `make test` does it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chancery::keys::{
    BackendConfig, Config, Keyring, Pkcs11Config, RsaMechanism, initialise_token,
};
use chancery::pki::algorithm::KeyKind;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use secrecy::SecretString;

const PIN: &str = "648219";
const SO_PIN: &str = "00648219";

/// A token that lives as long as the test process.
pub(crate) struct Token {
    pub(crate) module: PathBuf,
    pub(crate) label: String,
    pub(crate) pin_file: PathBuf,
    _folder: tempfile::TempDir,
}

/// The token that tests share. Nobody logs out of it or writes into it past the keyring: SoftHSM
/// fails when several threads of a process write objects.
pub(crate) fn token() -> &'static Token {
    &tokens()[0]
}

/// The token for tests that write objects of their own, one test at a time.
pub(crate) async fn untidy_token() -> tokio::sync::MutexGuard<'static, &'static Token> {
    static TURN: OnceLock<tokio::sync::Mutex<&'static Token>> = OnceLock::new();
    TURN.get_or_init(|| tokio::sync::Mutex::new(&tokens()[2])).lock().await
}

/// A token for tests that pull the rug out: a logout hits every session of the process.
pub(crate) fn shaky_token() -> &'static Token {
    &tokens()[1]
}

/// A token for services: SoftHSM sometimes fails to generate a key while other threads look for keys
/// in the same token, so their keys are made before they run.
pub(crate) fn service_token() -> &'static Token {
    &tokens()[3]
}

/// All at once and before anything else: SoftHSM's slots must not change under other threads.
fn tokens() -> &'static [Token; 4] {
    static TOKENS: OnceLock<[Token; 4]> = OnceLock::new();
    TOKENS.get_or_init(|| ["shared", "shaky", "untidy", "service"].map(Token::new))
}

/// Where Debian and others put the module.
pub(crate) fn module() -> PathBuf {
    let places = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ];
    places
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect("SoftHSM2 is missing: apt-get install softhsm2 opensc (make test does it)")
}

impl Token {
    /// Makes a token with a label of its own.
    pub(crate) fn new(purpose: &str) -> Self {
        Self::in_module(&module(), purpose)
    }

    /// The same in another module.
    pub(crate) fn in_module(module: &Path, purpose: &str) -> Self {
        assert!(
            std::env::var_os("SOFTHSM2_CONF").is_some_and(|path| Path::new(&path).exists()),
            "tests need a token: run `make test`, or \
             `SOFTHSM2_CONF=$(scripts/softhsm-conf.sh) cargo test`"
        );
        let now = chancery::app::Clock::System.now().unix_ms();
        let label = format!("{purpose}-{}-{now:x}", std::process::id());
        initialise_token(module, &label, &SecretString::from(SO_PIN), &SecretString::from(PIN))
            .expect("a new token");
        let folder = tempfile::tempdir().unwrap();
        let pin_file = folder.path().join("pin");
        write_private(&pin_file, PIN);
        Self { module: module.to_owned(), label, pin_file, _folder: folder }
    }

    /// Settings of a back-end on this token.
    pub(crate) fn config(&self) -> Pkcs11Config {
        let settings = Self::settings(self.module.clone(), self.label.clone());
        Pkcs11Config { pin_file: Some(self.pin_file.clone()), ..settings }
    }

    /// Settings of a back-end on any token, PIN missing.
    pub(crate) fn settings(module: PathBuf, token_label: String) -> Pkcs11Config {
        Pkcs11Config {
            module,
            token_label,
            pin_file: None,
            pin_env: None,
            pin_credential: None,
            sessions: 4,
            queue: None,
            deadline_ms: 30_000,
            call_deadline_ms: 10_000,
            rsa_mechanism: RsaMechanism::Raw,
        }
    }

    /// A keyring with this token as back-end `hsm`.
    pub(crate) fn keyring(&self) -> Keyring {
        self.keyring_with(|_| {})
    }

    /// The same with other settings.
    pub(crate) fn keyring_with(&self, change: impl FnOnce(&mut Pkcs11Config)) -> Keyring {
        let mut settings = self.config();
        change(&mut settings);
        let backends = [("hsm".to_owned(), BackendConfig::Pkcs11(settings))];
        Keyring::open(&Config { production: true, backends: backends.into() }).unwrap()
    }

    /// A key pair (RSA-2048 or on a curve) made past the keyring, its private half with attributes
    /// that `keys generate` never sets.
    pub(crate) fn odd_key(&self, label: &str, kind: KeyKind, private: &[Attribute]) {
        let name = [
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(label.as_bytes().to_vec()),
        ];
        let (mechanism, particular) = match kind.curve() {
            Some(curve) => {
                let curve = Attribute::EcParams(curve.parameters_der().unwrap());
                (Mechanism::EccKeyPairGen, vec![curve])
            }
            None => (
                Mechanism::RsaPkcsKeyPairGen,
                vec![Attribute::ModulusBits(2048.into()), Attribute::PublicExponent(vec![1, 0, 1])],
            ),
        };
        let mut public = name.to_vec();
        public.push(Attribute::Private(false));
        public.extend(particular);
        let mut own = name.to_vec();
        own.extend([Attribute::Private(true), Attribute::Sensitive(true)]);
        own.extend_from_slice(private);
        self.raw_session().generate_key_pair(&mechanism, &public, &own).unwrap();
    }

    /// Our own look into the token, past the keyring. The module must be loaded already.
    pub(crate) fn raw_session(&self) -> cryptoki::session::Session {
        let context = cryptoki::context::Pkcs11::new(&self.module).unwrap();
        let slot = context
            .get_slots_with_token()
            .unwrap()
            .into_iter()
            // Tokens that other tests are just making have no information yet.
            .find(|slot| context.get_token_info(*slot).is_ok_and(|it| it.label() == self.label))
            .unwrap();
        let session = context.open_rw_session(slot).unwrap();
        let pin = SecretString::from(PIN);
        // The login belongs to the process: usually the keyring has it already.
        let _ = session.login(cryptoki::session::UserType::User, Some(&pin));
        session
    }
}

/// A file that only its owner reads.
pub(crate) fn write_private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
}
