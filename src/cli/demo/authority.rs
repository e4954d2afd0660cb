//! The demo's certificates: the test authority beside the service, and the two sealing credentials that it issues for
//! keys in the token. Made once, used again.

use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::super::Failure;
use super::super::authority::{LocalAuthority, Wish, server, settings, write_pem};
use super::folder::{BACK_END, Folder};
use crate::app::App;
use crate::keys::Error as KeyError;
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::Chain;
use crate::pki::public_key::PublicKey;
use crate::workflow::credentials;

/// Aliases of the credentials.
pub(super) const RSA: &str = "demo-rsa-3072";
pub(super) const EC: &str = "demo-p-256";

/// How long they are valid.
const DAYS: u16 = 3 * 365;

/// Where the test authority listens when the port is free.
const USUAL_PORT: u16 = 8490;

/// The test authority at work.
pub(super) struct DemoAuthority {
    authority: LocalAuthority,
    /// Where it answers.
    pub(super) url: String,
    server: JoinHandle<()>,
}

impl Drop for DemoAuthority {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl DemoAuthority {
    /// Starts the one of the folder, where its certificates say that it is if nobody else is there. A first one is at the
    /// usual port where the service is, else at any.
    pub(super) async fn start(folder: &Folder, is_usual: bool) -> Result<Self, Failure> {
        let directory = folder.authority();
        let known = LocalAuthority::address_of(&directory)?;
        let port = if is_usual { USUAL_PORT } else { 0 };
        let wanted = known.unwrap_or_else(|| ([127, 0, 0, 1], port).into());
        let listener = match TcpListener::bind(wanted).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind(("127.0.0.1", 0)).await?,
        };
        let at = listener.local_addr()?;
        let authority = LocalAuthority::make(&directory, at).await?;
        if known.is_some_and(|known| known != at) {
            say!("   {wanted} is taken: what its certificates name is answered at {at} instead.");
        }
        let server = server::start(LocalAuthority::open(&directory).await?, listener);
        Ok(Self { authority, url: format!("http://{at}"), server })
    }

    /// What the service's configuration says of it.
    pub(super) fn settings(&self) -> String {
        settings(&self.authority, &self.url)
    }

    /// Makes sure that both credentials are there; returns the file of the trust anchor.
    pub(super) async fn ensure(&self, app: &App, folder: &Folder) -> Result<PathBuf, Failure> {
        let anchor = folder.root.join("root-ca.pem");
        let wanted = [
            (RSA, KeyKind::Rsa { bits: 3072 }, "CN=Demo Company Seal (RSA),O=Demo Company,C=PT"),
            (EC, KeyKind::P256, "CN=Demo Company Seal (EC),O=Demo Company,C=PT"),
        ];
        for (alias, kind, subject) in wanted {
            match app.reader.credential_by_alias(alias).await? {
                Some(credential) => {
                    let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice))?;
                    self.check_own(&chain, folder)?;
                }
                None => {
                    let key = key(app, alias, kind).await?;
                    let wish = Wish { alias, subject, key: &key, days: DAYS };
                    let chain = self.authority.issue(wish).await?;
                    credentials::import(app, alias, BACK_END, &chain).await?;
                }
            }
        }
        write_pem(&anchor, self.authority.root())?;
        Ok(anchor)
    }

    fn check_own(&self, chain: &Chain, folder: &Folder) -> Result<(), Failure> {
        let root = self.authority.root().der();
        if chain.certificates().last().is_some_and(|last| last.der() == root) {
            return Ok(());
        }
        let folder = folder.root.display();
        Err(format!(
            "the credentials in {folder} are of another authority than the one there; remove the folder and start again"
        )
        .into())
    }
}

/// The key with this label, generated when missing.
async fn key(app: &App, label: &str, kind: KeyKind) -> Result<PublicKey, Failure> {
    match app.keyring.generate(BACK_END, label, kind).await {
        Ok(_) | Err(KeyError::LabelTaken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(app.keyring.public_key(BACK_END, label).await?)
}
