//! Files of strangers verified for a client service, on threads of the engine: each has the processor time of a
//! document that is sealed, and client services take turns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Error;
use crate::app::{App, patience};
use crate::domain::ids::ClientServiceId;
use crate::domain::instant::Instant;
use crate::verify::{self, DocumentDigest, RevocationDemand, VerifySettings};
pub use crate::verify::{VerificationReport, VerificationSummary, VerifiedFile};

/// A file that is to be verified.
pub struct FileToVerify {
    /// Its octets.
    pub octets: Vec<u8>,
    /// What a detached signature in it is over.
    pub detached: Option<Vec<u8>>,
    /// The time at which it must hold; now without it.
    pub at: Option<Instant>,
    /// Whether it is asked whether certificates were revoked; as the installation says without it.
    pub asks_revocation: Option<bool>,
    /// Whether the report is wanted as XML too.
    pub wants_xml: bool,
}

/// What came of it.
pub struct Verified {
    pub report: VerificationReport,
    /// The report by ETSI TS 119 102-2, where it was wanted.
    pub xml: Option<String>,
}

/// Verifies a file against what the installation trusts. `place` is kept until the work ends, whatever becomes of
/// whoever waits for it.
///
/// # Errors
/// [`Error::Busy`]; [`Error::Internal`] when the work does not come to an end.
pub async fn verify(
    app: &Arc<App>,
    party: ClientServiceId,
    file: FileToVerify,
    place: impl Send + 'static,
) -> Result<Verified, Error> {
    let turn = app.engine.take(party, 1).await.map_err(|_| Error::Busy)?;
    let (house, now) = (Arc::clone(app), app.now());
    let thread = tokio::task::spawn_blocking(move || {
        let report = catch_unwind(AssertUnwindSafe(|| {
            let settings =
                settings(&house, file.detached, file.at.unwrap_or(now), file.asks_revocation);
            let report = verify::verify(&file.octets, &settings);
            let document = || DocumentDigest::of(&file.octets, settings.detached.as_deref());
            let xml = file.wants_xml.then(|| verify::validation_report(&report, document()));
            Verified { report, xml }
        }));
        drop((turn, place));
        report.map_err(|_| Error::Internal("the engine panicked over a file to verify".into()))
    });
    let patience = Duration::from_millis(app.execution.stuck_ms.max(1));
    match tokio::time::timeout(patience, thread).await {
        Ok(done) => done.map_err(|error| Error::Internal(Box::new(error)))?,
        Err(_) => Err(Error::Internal("a file could not be verified in time".into())),
    }
}

/// The patience begins with the thread that asks.
fn settings(
    app: &App,
    detached: Option<Vec<u8>>,
    at: Instant,
    asks_revocation: Option<bool>,
) -> VerifySettings {
    let trust = &app.trust;
    let asks = asks_revocation.unwrap_or(trust.asks_revocation);
    let patience = patience::of_document(app.execution.document_ms);
    VerifySettings {
        anchors: trust.anchors.clone(),
        certificates: trust.certificates.clone(),
        at,
        revocation: if asks { RevocationDemand::Asked } else { RevocationDemand::NotAsked },
        lists: Vec::new(),
        answers: Vec::new(),
        calendar: app.calendar.as_ref().clone(),
        limits: app.seal_limits.with_patience(patience),
        detached,
        services: app.trusted_lists.as_ref().and_then(|lists| lists.held().services.clone()),
    }
}
