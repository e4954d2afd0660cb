//! The demo's folder: what lies where, and the configuration written into it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::super::{Failure, house};
use crate::config::Config;

const MODULES: [&str; 5] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// Label of the demo's token.
pub(super) const TOKEN: &str = "chancery-demo";

/// Name of the demo's key back-end.
pub(super) const BACK_END: &str = "demo";

/// Where the demo keeps its keys.
pub(super) enum BackEnd {
    SoftHsm { module: PathBuf },
    Software,
}

/// The folder.
pub(super) struct Folder {
    pub(super) root: PathBuf,
    pub(super) back_end: BackEnd,
}

impl Folder {
    /// Makes the folder and finds out where keys can be kept.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(path)
            .map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
        let root = path.canonicalize()?;
        let module = MODULES.iter().map(PathBuf::from).find(|module| module.exists());
        // A folder begun with software keys stays with them: its credentials name those keys.
        let begun_in_files =
            std::fs::read_dir(root.join("keys")).is_ok_and(|mut keys| keys.next().is_some());
        let back_end = match module {
            Some(module) if !begun_in_files => BackEnd::SoftHsm { module },
            _ => BackEnd::Software,
        };
        let folder = Self { root, back_end };
        for part in ["tokens", "keys", "sealed"] {
            std::fs::create_dir_all(folder.root.join(part))?;
        }
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            folder.root.join("tokens").display()
        );
        std::fs::write(folder.softhsm_conf(), conf)?;
        Ok(folder)
    }

    pub(super) fn softhsm_conf(&self) -> PathBuf {
        self.root.join("softhsm2.conf")
    }

    pub(super) fn database(&self) -> PathBuf {
        self.root.join("chancery.db")
    }

    pub(super) fn sealed(&self) -> PathBuf {
        self.root.join("sealed")
    }

    /// Where the test authority keeps what is its.
    pub(super) fn authority(&self) -> PathBuf {
        self.root.join("authority")
    }

    /// Where the mail sink writes.
    pub(super) fn mails(&self) -> PathBuf {
        self.root.join("mails")
    }

    fn pin_file(&self) -> PathBuf {
        self.root.join("pin")
    }

    /// The PIN, made at the first run.
    fn pin(&self) -> Result<SecretString, Failure> {
        let file = self.pin_file();
        if !file.exists() {
            let mut octets = [0_u8; 8];
            aws_lc_rs::rand::fill(&mut octets).map_err(|_| "the random source failed")?;
            let pin = crate::domain::text::hex(&octets);
            house::write_secret(&file, pin.as_bytes())?;
        }
        Ok(SecretString::from(std::fs::read_to_string(&file)?.trim().to_owned()))
    }

    /// Makes the token at the first run.
    pub(super) fn ensure_token(&self, module: &Path) -> Result<(), Failure> {
        let pin = self.pin()?;
        match crate::keys::initialise_token(module, TOKEN, &pin, &pin) {
            Ok(()) | Err(crate::keys::Error::TokenTaken(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes `chancery.toml` and reads it back as the service would.
    pub(super) fn write_config(
        &self,
        address: SocketAddr,
        mail_port: u16,
        authority: &str,
    ) -> Result<Config, Failure> {
        let root = self.root.display();
        let keys = match &self.back_end {
            BackEnd::SoftHsm { module } => format!(
                "[keys]\nproduction = true\n\n[keys.backends.{BACK_END}]\nkind = \"pkcs11\"\n\
                 module = \"{}\"\ntoken_label = \"{TOKEN}\"\npin_file = \"{}\"\n",
                module.display(),
                self.pin_file().display()
            ),
            BackEnd::Software => format!(
                "[keys]\nproduction = false\n\n[keys.backends.{BACK_END}]\nkind = \"software\"\n\
                 directory = \"{root}/keys\"\n"
            ),
        };
        let text = format!(
            "# Written by `chancery demo`. With SoftHSM, set SOFTHSM2_CONF={}\n\n\
             [web]\nlisten = \"{address}\"\n\n\
             [store]\nurl = \"sqlite://{}\"\n\n\
             [oauth]\nsigning_key_file = \"{root}/token-signing-key.pem\"\n\n\
             [secrets]\nkey_file = \"{root}/secrets.key\"\n\n\
             [mail]\nhost = \"127.0.0.1\"\nport = {mail_port}\nsecurity = \"none\"\n\
             from = \"invoices@demo.example\"\n\n\
             [people]\nsecond_factor = false\n\n\
             {authority}\n{keys}\n[log]\nfilter = \"warn\"\n",
            self.softhsm_conf().display(),
            self.database().display()
        );
        let file = self.root.join("chancery.toml");
        std::fs::write(&file, text)?;
        Ok(Config::load(Some(&file))?)
    }
}
