//! The authority in its folder: keys, certificates, and what it issues and revokes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;

use super::super::Failure;
use super::paper;
use super::register::{IssuedCertificate, IssuerName, Register, RevokedSince};
use crate::app::{Clock, Random};
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::profile::SignatureAlgorithm;
use crate::keys::{
    BackendConfig, Config as KeysConfig, Error as KeyError, Keyring, SoftwareConfig, ToBeSigned,
};
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::issue::{CertificateProfile, Order, UnsignedCertificate};
use crate::pki::public_key::PublicKey;
use crate::pki::revocation::RevocationReason;
use crate::pki::signature::SignatureValue;
use crate::pki::status_places::StatusPlaces;
use crate::pki::test_marker::TEST_POLICY;

/// Name of the back-end with its keys.
const BACK_END: &str = "authority";

/// What all of its own names end with.
const ORGANIZATION: &str = "O=Chancery test authority (worth nothing)";

const ROOT_YEARS: i64 = 10;
const ISSUING_YEARS: i64 = 9;
const OWN_YEARS: i64 = 5;
const YEAR_MS: i64 = 365 * DAY_MS;

/// An authority that was made.
pub(in crate::cli) struct LocalAuthority {
    folder: PathBuf,
    address: SocketAddr,
    url: String,
    keyring: Keyring,
    clock: Clock,
    random: Random,
    root: Certificate,
    pub(super) issuing: Certificate,
    pub(super) tsa: Certificate,
    pub(super) responder: Certificate,
}

/// A sealing certificate that is wanted.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Wish<'a> {
    /// By which it is revoked.
    pub(in crate::cli) alias: &'a str,
    pub(in crate::cli) subject: &'a str,
    pub(in crate::cli) key: &'a PublicKey,
    pub(in crate::cli) days: u16,
}

/// A certificate of the authority itself.
struct Own {
    name: &'static str,
    common_name: &'static str,
    profile: CertificateProfile,
    years: i64,
}

const ISSUING: Own = Own {
    name: "issuing",
    common_name: "Chancery TEST Issuing CA",
    profile: CertificateProfile::Intermediate,
    years: ISSUING_YEARS,
};
const TSA: Own = Own {
    name: "tsa",
    common_name: "Chancery TEST Time-Stamp Authority",
    profile: CertificateProfile::TimestampAuthority,
    years: OWN_YEARS,
};
const RESPONDER: Own = Own {
    name: "ocsp",
    common_name: "Chancery TEST OCSP Responder",
    profile: CertificateProfile::Responder,
    years: OWN_YEARS,
};

impl LocalAuthority {
    /// Where the authority of a folder answers; `None` when there is none yet.
    pub(in crate::cli) fn address_of(folder: &Path) -> Result<Option<SocketAddr>, Failure> {
        Register::read(folder)?.map(|register| address(folder, &register.url)).transpose()
    }

    /// The authority of a folder.
    pub(in crate::cli) async fn open(folder: &Path) -> Result<Self, Failure> {
        let Some(register) = Register::read(folder)? else {
            let folder = folder.display();
            return Err(format!(
                "there is no test authority in {folder}; it is made by: chancery authority serve --directory {folder}"
            )
            .into());
        };
        let folder = folder.canonicalize()?;
        let read = |name: &str| paper::read(&folder.join(format!("{name}.pem")));
        Ok(Self {
            address: address(&folder, &register.url)?,
            url: register.url,
            keyring: keyring(&folder).await?,
            clock: Clock::System,
            random: Random::System(SystemRandom::new()),
            root: read("root")?,
            issuing: read(ISSUING.name)?,
            tsa: read(TSA.name)?,
            responder: read(RESPONDER.name)?,
            folder,
        })
    }

    /// The authority of a folder; one that answers at an address is made where there is none.
    pub(in crate::cli) async fn make(folder: &Path, at: SocketAddr) -> Result<Self, Failure> {
        make_private(folder)?;
        let lock = Register::lock(folder)?;
        if Register::read(folder)?.is_none() {
            first(&folder.canonicalize()?, at).await?;
        }
        drop(lock);
        Self::open(folder).await
    }

    /// Issues a sealing certificate; the chain leads to the root.
    pub(in crate::cli) async fn issue(&self, wish: Wish<'_>) -> Result<Chain, Failure> {
        let _lock = Register::lock(&self.folder)?;
        let mut register = self.register()?;
        let now = self.now();
        let last = now.plus_ms(i64::from(wish.days) * DAY_MS).min(self.issuing.not_after());
        let certificate = Issuer { keyring: &self.keyring, random: &self.random }
            .issue(
                (wish.subject, wish.key),
                Some(&self.issuing),
                (&CertificateProfile::Seal, &places(&self.url, IssuerName::Issuing)),
                (now.plus_ms(-DAY_MS), last),
            )
            .await?;
        register.certificates.push(IssuedCertificate::of(
            wish.alias,
            IssuerName::Issuing,
            &certificate,
        ));
        register.write(&self.folder)?;
        Ok(Chain::new(vec![certificate, self.issuing.clone(), self.root.clone()])?)
    }

    /// Revokes a certificate, by its alias or serial number.
    pub(super) fn revoke(
        &self,
        which: &str,
        reason: RevocationReason,
    ) -> Result<IssuedCertificate, Failure> {
        let _lock = Register::lock(&self.folder)?;
        let mut register = self.register()?;
        let meant = register.certificates.iter_mut().filter(|entry| entry.is_meant(which));
        let (before, mut meant): (Vec<_>, Vec<_>) = meant.partition(|it| it.revoked.is_some());
        if meant.len() > 1 {
            let serials: Vec<&str> = meant.iter().map(|entry| entry.serial.as_str()).collect();
            let serials = serials.join(", ");
            return Err(format!(
                "several are called {which}; name one by its serial number: {serials}"
            )
            .into());
        }
        let Some(entry) = meant.pop() else {
            let words = match before.first().and_then(|entry| entry.revoked.as_ref()) {
                Some(revoked) => format!("{which} was revoked at {} already", revoked.at),
                None => format!("no certificate has the alias or serial number {which}"),
            };
            return Err(format!("{words}; see: chancery authority status").into());
        };
        let at = self.now().to_xs_date_time();
        entry.revoked = Some(RevokedSince { at, reason: reason.name().to_owned() });
        let entry = entry.clone();
        register.write(&self.folder)?;
        Ok(entry)
    }

    /// The register as it is now.
    pub(super) fn register(&self) -> Result<Register, Failure> {
        Register::read(&self.folder)?
            .ok_or_else(|| format!("{} is gone", Register::file(&self.folder).display()).into())
    }

    /// A file of its folder: `root.pem`, `issuing.pem`, `tsa.pem`, `ocsp.pem`.
    pub(in crate::cli) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where trust in what it issues begins.
    pub(in crate::cli) const fn root(&self) -> &Certificate {
        &self.root
    }

    /// Where it answers, as its certificates name it.
    pub(in crate::cli) fn url(&self) -> &str {
        &self.url
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Random and positive.
    pub(super) fn serial(&self) -> Result<[u8; 8], Failure> {
        serial(&self.random)
    }

    /// The value of the key of a certificate.
    pub(super) async fn sign(
        &self,
        certificate: &Certificate,
        (algorithm, message): (SignatureAlgorithm, &[u8]),
    ) -> Result<SignatureValue, Failure> {
        let key = Arc::new(PublicKey::of(certificate));
        sign(&self.keyring, &key, algorithm, message).await
    }
}

/// Makes keys and certificates of a folder; the register comes last.
async fn first(folder: &Path, at: SocketAddr) -> Result<(), Failure> {
    let url = format!("http://{at}");
    let (keyring, random) = (keyring(folder).await?, Random::System(SystemRandom::new()));
    let issuer = Issuer { keyring: &keyring, random: &random };
    let now = Clock::System.now();
    let from = now.plus_ms(-DAY_MS);
    let root_key = key(&keyring, "root").await?;
    let root = issuer
        .issue(
            (&format!("CN=Chancery TEST Root CA,{ORGANIZATION}"), &root_key),
            None,
            (&CertificateProfile::Root, &StatusPlaces::default()),
            (from, now.plus_ms(ROOT_YEARS * YEAR_MS)),
        )
        .await?;
    let mut register = Register { url: url.clone(), certificates: Vec::new() };
    let mut own = async |own: &Own, of: &Certificate, by: IssuerName| {
        let key = key(&keyring, own.name).await?;
        let subject = format!("CN={},{ORGANIZATION}", own.common_name);
        let last = now.plus_ms(own.years * YEAR_MS);
        let about = (&own.profile, &places(&url, by));
        let made = issuer.issue((&subject, &key), Some(of), about, (from, last)).await?;
        paper::write_pem(&folder.join(format!("{}.pem", own.name)), &made)?;
        register.certificates.push(IssuedCertificate::of(own.name, by, &made));
        Ok::<_, Failure>(made)
    };
    let issuing = own(&ISSUING, &root, IssuerName::Root).await?;
    own(&TSA, &issuing, IssuerName::Issuing).await?;
    own(&RESPONDER, &issuing, IssuerName::Issuing).await?;
    paper::write_pem(&folder.join("root.pem"), &root)?;
    register.write(folder)
}

/// Where an issuer of the authority tells of its certificates.
fn places(url: &str, issuer: IssuerName) -> StatusPlaces {
    let name = issuer.as_str();
    let responders = match issuer {
        IssuerName::Root => Vec::new(),
        IssuerName::Issuing => vec![format!("{url}/ocsp")],
    };
    StatusPlaces {
        responders,
        lists: vec![format!("{url}/{name}.crl")],
        deltas: Vec::new(),
        issuers: vec![format!("{url}/{name}.cer")],
    }
}

/// What issuing takes.
struct Issuer<'a> {
    keyring: &'a Keyring,
    random: &'a Random,
}

impl Issuer<'_> {
    async fn issue(
        &self,
        (subject, key): (&str, &PublicKey),
        issuer: Option<&Certificate>,
        (profile, places): (&CertificateProfile, &StatusPlaces),
        (not_before, not_after): (Instant, Instant),
    ) -> Result<Certificate, Failure> {
        let signer = Arc::new(issuer.map_or_else(|| key.clone(), PublicKey::of));
        let unsigned = UnsignedCertificate::new(Order {
            subject,
            key,
            issuer,
            algorithm: signer.kind().default_signature(),
            not_before,
            not_after,
            serial: &serial(self.random)?,
            profile,
            policies: &[TEST_POLICY.to_string()],
            places,
        })?;
        let (algorithm, message) = (unsigned.algorithm(), unsigned.to_be_signed());
        let value = sign(self.keyring, &signer, algorithm, message).await?;
        Ok(unsigned.finish(&value)?)
    }
}

async fn sign(
    keyring: &Keyring,
    key: &Arc<PublicKey>,
    algorithm: SignatureAlgorithm,
    message: &[u8],
) -> Result<SignatureValue, Failure> {
    let item = ToBeSigned::new(algorithm, message);
    let values = keyring.sign_with_public_key(BACK_END, key, vec![item]).await;
    let value = values.into_iter().next().ok_or("the key back-end gave no answer")??;
    Ok((*value).clone())
}

/// The key with this label, generated when missing.
async fn key(keyring: &Keyring, label: &str) -> Result<PublicKey, Failure> {
    match keyring.generate(BACK_END, label, KeyKind::P256).await {
        Ok(_) | Err(KeyError::LabelTaken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(keyring.public_key(BACK_END, label).await?)
}

/// The keys of an authority, in files of its folder.
async fn keyring(folder: &Path) -> Result<Keyring, Failure> {
    let directory = folder.join("keys");
    make_private(&directory)?;
    let software = SoftwareConfig {
        directory,
        passphrase_file: None,
        passphrase_env: None,
        passphrase_credential: None,
    };
    let backends = BTreeMap::from([(BACK_END.to_owned(), BackendConfig::Software(software))]);
    let config = KeysConfig { production: false, backends };
    Ok(tokio::task::spawn_blocking(move || Keyring::open(&config)).await??)
}

/// A folder for its owner alone; made when missing.
fn make_private(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("{} cannot be made: {error}", folder.display()).into())
}

/// Eight octets of a positive number that is not zero.
fn serial(random: &Random) -> Result<[u8; 8], Failure> {
    let [first, rest @ ..] = random.octets::<8>()?;
    let mut serial = [(first & 0x3F) | 0x40; 8];
    serial.iter_mut().skip(1).zip(rest).for_each(|(to, from): (&mut u8, u8)| *to = from);
    Ok(serial)
}

fn address(folder: &Path, url: &str) -> Result<SocketAddr, Failure> {
    let address = url.strip_prefix("http://").and_then(|address| address.parse().ok());
    let file = Register::file(folder);
    address
        .ok_or_else(|| format!("{}: its url is no address of this machine", file.display()).into())
}
