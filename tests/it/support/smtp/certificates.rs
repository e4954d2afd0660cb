//! Certificates of the scripted server: a good one, and one for each thing that can be wrong.

use std::sync::{Arc, LazyLock};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;

/// Which certificate the server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// For localhost, by the tests' authority.
    Good,
    Expired,
    /// For other.example.
    WrongName,
    /// For localhost, by an authority nobody knows.
    Untrusted,
}

pub(crate) struct Certificates {
    /// The authority to trust.
    pub(crate) ca_pem: String,
    /// Certificate and key of [`Identity::Good`], for other servers.
    pub(crate) good_pem: (String, String),
    good: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    wrong_name: Arc<ServerConfig>,
    untrusted: Arc<ServerConfig>,
}

impl Certificates {
    pub(crate) fn config(&self, identity: Identity) -> Arc<ServerConfig> {
        Arc::clone(match identity {
            Identity::Good => &self.good,
            Identity::Expired => &self.expired,
            Identity::WrongName => &self.wrong_name,
            Identity::Untrusted => &self.untrusted,
        })
    }
}

/// Made once for each test process.
pub(crate) static CERTIFICATES: LazyLock<Certificates> = LazyLock::new(|| {
    let (ca, ca_pem) = authority("Chancery tests");
    let (stranger, _) = authority("Somebody else");
    let (good_pem, good) = leaf(&ca, "localhost", 2100);
    Certificates {
        ca_pem,
        good_pem,
        good,
        expired: leaf(&ca, "localhost", 2021).1,
        wrong_name: leaf(&ca, "other.example", 2100).1,
        untrusted: leaf(&stranger, "localhost", 2100).1,
    }
});

fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

fn leaf(
    issuer: &Issuer<'static, KeyPair>,
    name: &str,
    last_year: i32,
) -> ((String, String), Arc<ServerConfig>) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(last_year, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    ((certificate.pem(), key.serialize_pem()), Arc::new(config))
}
