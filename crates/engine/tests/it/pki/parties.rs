//! Authorities and owners of certificates, made up for a test.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::certificate::Certificate;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};

/// 2027-01-01.
pub(crate) const AT: Instant = Instant::from_unix_ms(1_798_761_600_000);

/// Somebody who has a key and certificates for it.
pub(crate) struct Holder {
    pub(crate) params: CertificateParams,
    pub(crate) key: KeyPair,
    pub(crate) certificate: Certificate,
}

pub(crate) fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "ACME");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2030, 1, 1);
    params
}

pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// With something else than usual.
pub(crate) fn with(
    mut params: CertificateParams,
    change: impl FnOnce(&mut CertificateParams),
) -> CertificateParams {
    change(&mut params);
    params
}

pub(crate) fn pem(certificate: &Certificate) -> String {
    let text = STANDARD.encode(certificate.der());
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    let body: String = lines.collect();
    format!("-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n")
}

pub(crate) fn own(certificate: &rcgen::Certificate) -> Certificate {
    Certificate::from_der(certificate.der()).unwrap()
}

impl Holder {
    pub(crate) fn root() -> Self {
        Self::root_of(authority("Root"))
    }

    pub(crate) fn root_of(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = own(&params.self_signed(&key).unwrap());
        Self { params, key, certificate }
    }

    pub(crate) fn issues(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = self.certifies(&params, &key);
        Self { params, key, certificate }
    }

    pub(crate) fn certifies(&self, params: &CertificateParams, key: &KeyPair) -> Certificate {
        let issuer = Issuer::from_params(&self.params, &self.key);
        own(&params.signed_by(key, &issuer).unwrap())
    }
}
