//! What levels LT and LTA need: somebody who says whether certificates were revoked. Of every sealing certificate that
//! may get them, and of every time-stamp authority, that is asked.

use super::Findings;
use crate::app::App;
use crate::cli::Failure;
use crate::domain::client_service::{ClientServiceStatus, Timestamps};
use crate::domain::credential::CredentialStatus;
use crate::pki::certificate::{Certificate, Chain};
use crate::pki::timestamp::TimestampToken;
use crate::workflow::validation_data::collect;

/// Looks at the certificates of client services that have timestamps.
pub(super) async fn credentials(findings: &mut Findings, app: &App) -> Result<(), Failure> {
    if app.evidence.trust.is_empty() {
        return Ok(());
    }
    let services = app.reader.client_services().await?;
    for credential in app.reader.credentials().await? {
        let wants = services.iter().any(|service| {
            service.credential == Some(credential.id)
                && service.status == ClientServiceStatus::Active
                && matches!(service.timestamps, Timestamps::Wait | Timestamps::Fail)
        });
        let chain = Chain::from_ders(credential.chain_der.iter().map(Vec::as_slice));
        let Ok(chain) = chain else { continue };
        if !wants || credential.status != CredentialStatus::Active {
            continue;
        }
        let others: Vec<Certificate> = chain.certificates().skip(1).cloned().collect();
        let what = format!("status of {}", credential.alias);
        ask(findings, app, &what, chain.signing(), &others).await?;
    }
    Ok(())
}

/// Looks at the certificate that a time-stamp authority signed a token with.
pub(super) async fn authority(
    findings: &mut Findings,
    app: &App,
    what: &str,
    token: &TimestampToken,
) -> Result<(), Failure> {
    if app.evidence.trust.is_empty() {
        return Ok(());
    }
    let others = token.certificates().filter_map(|der| Certificate::from_der(der).ok());
    let others: Vec<Certificate> = others.collect();
    ask(findings, app, what, token.certificate(), &others).await
}

async fn ask(
    findings: &mut Findings,
    app: &App,
    what: &str,
    certificate: &Certificate,
    others: &[Certificate],
) -> Result<(), Failure> {
    match collect(app, None, std::slice::from_ref(certificate), others).await? {
        Ok(_) => {
            let text = format!("{} is good for levels LT and LTA", certificate.subject());
            findings.ok(what, &text);
        }
        Err(none) if none.revoked => findings.bad(what, &none.words),
        Err(none) => {
            let text = format!("no level LT or LTA: {}", none.words);
            findings.bad(what, &text);
        }
    }
    Ok(())
}
