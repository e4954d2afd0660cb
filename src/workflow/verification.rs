//! Files of strangers verified for a client service, on threads of the engine: each has the processor time of a
//! document that is sealed, and client services take turns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::Error;
use super::readable::{ReadableReport, ReportedFile};
use crate::app::{App, patience};
use crate::domain::ids::ClientServiceId;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::pki::certificate::Certificate;
use crate::pki::certificate_file;
use crate::pki::digest::sha256;
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::OcspResponse;
use crate::verify::{self, DocumentDigest, RevocationDemand, VerifySettings};
pub use crate::verify::{VerificationReport, VerificationSummary, VerifiedFile};

/// A file that is to be verified.
#[derive(Default)]
pub struct FileToVerify {
    /// How it is called.
    pub name: Option<String>,
    /// Its octets.
    pub octets: Vec<u8>,
    /// What a detached signature in it is over.
    pub detached: Option<Vec<u8>>,
    /// The time at which it must hold; now without it.
    pub at: Option<Instant>,
    /// Whether it is asked whether certificates were revoked; as the installation says without it.
    pub asks_revocation: Option<bool>,
    /// What is given with it.
    pub beside: DataBeside,
}

/// What is given beside a file for its verification. None of it is trusted for that.
#[derive(Default)]
pub struct DataBeside {
    /// Certificates that may lie between.
    pub certificates: Vec<Certificate>,
    /// Revocation lists.
    pub lists: Vec<Crl>,
    /// Answers of OCSP responders.
    pub answers: Vec<OcspResponse>,
}

impl DataBeside {
    /// Takes a file of certificates, in PEM or DER.
    ///
    /// # Errors
    /// Why it is none.
    pub fn add_certificates(&mut self, octets: &[u8]) -> Result<(), String> {
        let read = certificate_file::certificates(octets).map_err(|error| error.to_string())?;
        self.certificates.extend(read);
        Ok(())
    }

    /// Takes a revocation list or an answer of an OCSP responder, in PEM or DER.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn add_revocation(&mut self, octets: Vec<u8>) -> Result<(), String> {
        let der = match der::pem::decode_vec(&octets) {
            Ok((_, der)) => der,
            Err(_) => octets,
        };
        match (OcspResponse::read(der.clone()), Crl::read(der)) {
            (Ok(answer), _) => self.answers.push(answer),
            (Err(_), Ok(list)) => self.lists.push(list),
            (Err(_), Err(error)) => return Err(error.to_string()),
        }
        Ok(())
    }
}

/// Forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    /// All of it, as JSON.
    Detailed,
    /// In few words, as JSON.
    Summary,
    /// XML by ETSI TS 119 102-2.
    Xml,
    /// As people read it.
    Readable(Language),
    /// That as a PDF.
    Pdf(Language),
}

/// A report in one of its forms.
pub enum WrittenReport {
    Detailed(Box<VerifiedFile>),
    Summary(Box<VerificationSummary>),
    Xml(String),
    Readable(Box<ReadableReport>),
    Pdf(Vec<u8>),
}

/// A file that was verified.
pub struct CheckedFile {
    /// How it is called.
    pub name: Option<String>,
    pub report: VerificationReport,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// What its signatures are over, as a report in XML says it.
    pub document: DocumentDigest,
}

impl CheckedFile {
    /// Verifies a file.
    #[must_use]
    pub fn of(name: Option<String>, octets: &[u8], settings: &VerifySettings) -> Self {
        let report = verify::verify(octets, settings);
        let document = DocumentDigest::of(octets, settings.detached.as_deref());
        Self { name, report, sha256: sha256(octets), document }
    }

    /// The report as people read it.
    #[must_use]
    pub fn readable(&self, language: Language) -> ReadableReport {
        let name = self.name.clone().unwrap_or_default();
        ReadableReport::of(&self.report, &ReportedFile { name, sha256: self.sha256 }, language)
    }

    /// The report as XML by ETSI TS 119 102-2.
    #[must_use]
    pub fn xml(&self) -> String {
        verify::validation_report(&self.report, self.document)
    }

    /// The report in a form.
    #[must_use]
    pub fn written(self, form: ReportForm) -> WrittenReport {
        match form {
            ReportForm::Detailed => {
                let Self { name: file, report, .. } = self;
                WrittenReport::Detailed(Box::new(VerifiedFile { file, report }))
            }
            ReportForm::Summary => WrittenReport::Summary(Box::new(self.report.summary(self.name))),
            ReportForm::Xml => WrittenReport::Xml(self.xml()),
            ReportForm::Readable(language) => {
                WrittenReport::Readable(Box::new(self.readable(language)))
            }
            ReportForm::Pdf(language) => WrittenReport::Pdf(self.readable(language).to_pdf()),
        }
    }
}

/// Verifies a file against what the installation trusts, and makes something of the report on the same thread.
/// `place` is kept until the work ends, whatever becomes of whoever waits for it.
///
/// # Errors
/// [`Error::Busy`]; [`Error::Internal`] when the work does not come to an end.
pub async fn verify<T: Send + 'static>(
    app: &Arc<App>,
    party: ClientServiceId,
    file: FileToVerify,
    place: impl Send + 'static,
    made: impl FnOnce(CheckedFile) -> T + Send + 'static,
) -> Result<T, Error> {
    let turn = app.engine.take(party, 1).await.map_err(|_| Error::Busy)?;
    let (house, now) = (Arc::clone(app), app.now());
    let thread = tokio::task::spawn_blocking(move || {
        let done = catch_unwind(AssertUnwindSafe(|| {
            let FileToVerify { name, octets, .. } = file;
            let at = file.at.unwrap_or(now);
            let settings = settings(&house, file.detached, at, file.asks_revocation, file.beside);
            made(CheckedFile::of(name, &octets, &settings))
        }));
        drop((turn, place));
        done.map_err(|_| Error::Internal("the engine panicked over a file to verify".into()))
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
    beside: DataBeside,
) -> VerifySettings {
    let trust = &app.trust;
    let certificates = trust.certificates.iter().cloned().chain(beside.certificates);
    let asks = asks_revocation.unwrap_or(trust.asks_revocation);
    let patience = patience::of_document(app.execution.document_ms);
    VerifySettings {
        anchors: trust.anchors.clone(),
        certificates: certificates.collect(),
        at,
        revocation: if asks { RevocationDemand::Asked } else { RevocationDemand::NotAsked },
        lists: beside.lists,
        answers: beside.answers,
        calendar: app.calendar.as_ref().clone(),
        limits: app.seal_limits.with_patience(patience),
        detached,
        services: app.trusted_lists.as_ref().and_then(|lists| lists.held().services.clone()),
    }
}
