//! The demo's certificate authority: root and intermediate with keys in the same back-end, and the
//! two sealing credentials they issue. Made once, used again.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::Failure;
use super::folder::{BACK_END, Folder};
use crate::app::App;
use crate::domain::instant::{DAY_MS, Instant};
use crate::keys::{Error as KeyError, ToBeSigned};
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::issue::{CertificateProfile, Order, UnsignedCertificate};
use crate::pki::public_key::PublicKey;
use crate::workflow::credentials;

/// Aliases of the credentials.
pub(super) const RSA: &str = "demo-rsa-3072";
pub(super) const EC: &str = "demo-p-256";

/// Makes sure that both credentials are there; returns the file of the trust anchor.
pub(super) async fn ensure(app: &App, folder: &Folder) -> Result<PathBuf, Failure> {
    let anchor = folder.root.join("root-ca.pem");
    let wanted = [
        (RSA, KeyKind::Rsa { bits: 3072 }, "CN=Demo Company Seal (RSA),O=Demo Company,C=PT"),
        (EC, KeyKind::P256, "CN=Demo Company Seal (EC),O=Demo Company,C=PT"),
    ];
    let mut missing = Vec::new();
    for seal in wanted {
        if app.reader.credential_by_alias(seal.0).await?.is_none() {
            missing.push(seal);
        }
    }
    if missing.is_empty() && anchor.exists() {
        return Ok(anchor);
    }
    if missing.len() < wanted.len() {
        return Err(format!(
            "{} is incomplete; remove the folder {} and start again",
            anchor.display(),
            folder.root.display()
        )
        .into());
    }

    let root_key = key(app, "demo-root-ca", KeyKind::P256).await?;
    let root = issue(
        app,
        "CN=Chancery Demo Root CA,O=Chancery Demo,C=PT",
        &root_key,
        None,
        &CertificateProfile::Root,
    )
    .await?;
    let middle_key = key(app, "demo-intermediate-ca", KeyKind::P256).await?;
    let middle = issue(
        app,
        "CN=Chancery Demo Issuing CA,O=Chancery Demo,C=PT",
        &middle_key,
        Some((&root, &root_key)),
        &CertificateProfile::Intermediate,
    )
    .await?;
    for (alias, kind, subject) in missing {
        let seal_key = key(app, alias, kind).await?;
        let profile = CertificateProfile::Seal { policies: Vec::new() };
        let seal = issue(app, subject, &seal_key, Some((&middle, &middle_key)), &profile).await?;
        let chain = Chain::new(vec![seal, middle.clone(), root.clone()])?;
        credentials::import(app, alias, BACK_END, &chain).await?;
    }
    std::fs::write(&anchor, pem(&root)?)?;
    Ok(anchor)
}

/// The key with this label, generated when missing.
async fn key(app: &App, label: &str, kind: KeyKind) -> Result<Arc<PublicKey>, Failure> {
    match app.keyring.generate(BACK_END, label, kind).await {
        Ok(_) | Err(KeyError::LabelTaken(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(Arc::new(app.keyring.public_key(BACK_END, label).await?))
}

async fn issue(
    app: &App,
    subject: &str,
    key: &PublicKey,
    issuer: Option<(&Certificate, &Arc<PublicKey>)>,
    profile: &CertificateProfile,
) -> Result<Certificate, Failure> {
    let now = app.now();
    let years = match profile {
        CertificateProfile::Root => 10,
        CertificateProfile::Intermediate => 8,
        CertificateProfile::Seal { .. } => 3,
    };
    let serial = app.random.octets::<8>()?;
    let signer = issuer.map_or_else(|| Arc::new(key.clone()), |(_, key)| Arc::clone(key));
    let unsigned = UnsignedCertificate::new(Order {
        subject,
        key,
        issuer: issuer.map(|(certificate, _)| certificate),
        algorithm: signer.kind().default_signature(),
        not_before: yesterday(now),
        not_after: now.plus_ms(years * 365 * DAY_MS),
        serial: &serial,
        profile,
    })?;
    let item = ToBeSigned::new(unsigned.algorithm(), unsigned.to_be_signed());
    let values = app.keyring.sign_with_public_key(BACK_END, &signer, vec![item]).await;
    let value = values.into_iter().next().ok_or("the key back-end gave no answer")??;
    Ok(unsigned.finish(&value)?)
}

/// Clocks of verifiers may be a little behind.
const fn yesterday(now: Instant) -> Instant {
    now.plus_ms(-DAY_MS)
}

fn pem(certificate: &Certificate) -> Result<String, Failure> {
    Ok(der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate.der())?)
}
