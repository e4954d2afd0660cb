//! A certificate authority inside the services' token, and the sealing certificates it issues: good
//! ones and, for the same keys, one that expired and one that is not valid yet.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use chancery::domain::instant::Instant;
use chancery::keys::{Keyring, ToBeSigned};
use chancery::pki::algorithm::KeyKind;
use chancery::pki::certificate::{Certificate, Chain};
use chancery::pki::issue::{CertificateProfile, Order, UnsignedCertificate};
use chancery::pki::public_key::PublicKey;
use chancery::pki::status_places::StatusPlaces;
use tempfile::TempDir;

use super::service::{block_on, now};
use super::softhsm::service_token;

const DAY_MS: i64 = 86_400_000;

/// Chains by what they are good for.
pub(crate) struct Authority {
    pub(crate) rsa: Chain,
    pub(crate) p256: Chain,
    pub(crate) expired: Chain,
    pub(crate) not_yet_valid: Chain,
    issuers: [Certificate; 2],
    middle_key: Arc<PublicKey>,
    folder: TempDir,
}

impl Authority {
    /// PEM file of the trust anchor.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// A chain for any key, good from yesterday on for a year.
    pub(crate) async fn chain_for(&self, subject: &str, key: &Arc<PublicKey>) -> Chain {
        self.chain_as(&CertificateProfile::Seal, subject, key).await
    }

    /// The same for a certificate of any kind.
    pub(crate) async fn chain_as(
        &self,
        profile: &CertificateProfile,
        subject: &str,
        key: &Arc<PublicKey>,
    ) -> Chain {
        let [middle, root] = &self.issuers;
        let (from, to) = (now().plus_ms(-DAY_MS), now().plus_ms(365 * DAY_MS - DAY_MS));
        let wanted = Wanted { subject, key, profile };
        let issuer = Some((middle, &self.middle_key));
        let leaf = wanted.issue(&service_token().keyring(), issuer, from, to).await;
        Chain::new(vec![leaf, middle.clone(), root.clone()]).unwrap()
    }
}

/// Made once for each test process.
pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| block_on(Authority::new()));

impl Authority {
    async fn new() -> Self {
        let keyring = service_token().keyring();
        let now = now();
        let (yesterday, in_a_year) = (now.plus_ms(-DAY_MS), now.plus_ms(365 * DAY_MS));
        let root_key = key(&keyring, "http-root", KeyKind::P256).await;
        let middle_key = key(&keyring, "http-intermediate", KeyKind::P256).await;
        let rsa_key = key(&keyring, "http-rsa", KeyKind::Rsa { bits: 3072 }).await;
        let ec_key = key(&keyring, "http-ec", KeyKind::P256).await;

        let root =
            Wanted { subject: "CN=Root", key: &root_key, profile: &CertificateProfile::Root };
        let root = root.issue(&keyring, None, yesterday, in_a_year).await;
        let middle = Wanted {
            subject: "CN=Issuing",
            key: &middle_key,
            profile: &CertificateProfile::Intermediate,
        };
        let middle = middle.issue(&keyring, Some((&root, &root_key)), yesterday, in_a_year).await;
        let seal = CertificateProfile::Seal;
        let seal = async |subject: &str, key: &Arc<PublicKey>, from, to| {
            let issuer = Some((&middle, &middle_key));
            let leaf =
                Wanted { subject, key, profile: &seal }.issue(&keyring, issuer, from, to).await;
            Chain::new(vec![leaf, middle.clone(), root.clone()]).unwrap()
        };
        let folder = tempfile::tempdir().unwrap();
        let pem = der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, root.der());
        std::fs::write(folder.path().join("root.pem"), pem.unwrap()).unwrap();
        Self {
            rsa: seal("CN=Seal RSA", &rsa_key, yesterday, in_a_year).await,
            p256: seal("CN=Seal EC", &ec_key, yesterday, in_a_year).await,
            expired: seal("CN=Expired", &ec_key, yesterday, now.plus_ms(-DAY_MS / 2)).await,
            not_yet_valid: seal("CN=Future", &ec_key, now.plus_ms(DAY_MS), in_a_year).await,
            issuers: [middle.clone(), root.clone()],
            middle_key: Arc::clone(&middle_key),
            folder,
        }
    }
}

async fn key(keyring: &Keyring, label: &str, kind: KeyKind) -> Arc<PublicKey> {
    keyring.generate("hsm", label, kind).await.unwrap();
    Arc::new(keyring.public_key("hsm", label).await.unwrap())
}

struct Wanted<'a> {
    subject: &'a str,
    key: &'a Arc<PublicKey>,
    profile: &'a CertificateProfile,
}

impl Wanted<'_> {
    async fn issue(
        self,
        keyring: &Keyring,
        issuer: Option<(&Certificate, &Arc<PublicKey>)>,
        not_before: Instant,
        not_after: Instant,
    ) -> Certificate {
        let signer = issuer.map_or(self.key, |(_, key)| key);
        let mut serial = [0; 8];
        aws_lc_rs::rand::fill(&mut serial).unwrap();
        let unsigned = UnsignedCertificate::new(Order {
            subject: &format!("{},O=Chancery tests,C=PT", self.subject),
            key: self.key,
            issuer: issuer.map(|(certificate, _)| certificate),
            algorithm: signer.kind().default_signature(),
            not_before,
            not_after,
            serial: &serial,
            profile: self.profile,
            policies: &[],
            places: &StatusPlaces::default(),
        })
        .unwrap();
        let item = ToBeSigned::new(unsigned.algorithm(), unsigned.to_be_signed());
        let mut values = keyring.sign_with_public_key("hsm", signer, vec![item]).await;
        unsigned.finish(&values.remove(0).unwrap()).unwrap()
    }
}
