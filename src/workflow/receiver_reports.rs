//! What a verification says of the documents on the receiver's page. Each is verified once, however many look, and
//! what came of it is kept for a while: who opens a page many times, or a document that takes long to verify, costs no
//! more than one verification of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::files::File;
use super::portal::OpenedDocuments;
use super::readable::ReadableReport;
use super::verification::{self, CheckedFile, FileToVerify};
use super::{Error, Thing};
use crate::app::App;
use crate::domain::ids::{ClientServiceId, DocumentId};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::sources::sources;

/// How long a report is shown; after that the document is verified again when somebody looks.
const KEPT_MS: i64 = 600_000;
/// Reports that are kept.
const MAX_KEPT: usize = 256;
/// Octets of XML that are kept of one; longer ones are made when they are asked for.
const MAX_XML: usize = 128 * 1024;
/// Documents that are verified when their page is opened, the first ones; others when their report is.
const ON_PAGE: usize = 4;
/// Octets of a document that is verified when its page is opened.
const ON_PAGE_OCTETS: u64 = 4 << 20;
/// How long a page waits for its reports.
const PAGE_WAIT: Duration = Duration::from_millis(1500);

/// A sealed file of an operation, and the document where the seal stands beside it.
#[derive(Clone, Debug)]
pub struct ReceivedFile {
    name: String,
    document: DocumentId,
    client_service: ClientServiceId,
    sha256: [u8; 32],
    /// Whether what it is over is a file of its own.
    detached: bool,
    length: u64,
}

impl ReceivedFile {
    /// A file of an operation; none for a document beside its seal, or when its bytes are gone.
    #[must_use]
    pub fn of(opening: &OpenedDocuments, file: &File) -> Option<Self> {
        let sha256 = file.sha256.filter(|_| opening.keeps(file))?;
        let beside = opening
            .files
            .iter()
            .find(|other| other.is_original() && other.document == file.document);
        Some(Self {
            name: file.name.clone(),
            document: file.document,
            client_service: opening.operation.client_service,
            sha256,
            detached: beside.is_some(),
            length: file.length + beside.map_or(0, |beside| beside.length),
        })
    }

    /// Octets that its verification reads.
    #[must_use]
    pub const fn octets(&self) -> u64 {
        self.length
    }

    async fn read(&self, app: &App) -> Result<FileToVerify, Error> {
        let gone = || Error::NotFound(Thing::Content);
        let octets = app.contents.sealed(self.document).await?.ok_or_else(gone)?;
        let detached = if self.detached {
            Some(app.contents.original(self.document).await?.ok_or_else(gone)?)
        } else {
            None
        };
        let name = Some(self.name.clone());
        Ok(FileToVerify { name, octets, detached, ..FileToVerify::default() })
    }
}

/// What came of the verification of a received file.
pub struct ReceivedReport {
    checked: CheckedFile,
    /// Made while there was everything that it holds; none when it is too long to be kept.
    xml: Option<String>,
}

impl ReceivedReport {
    fn of(mut checked: CheckedFile) -> Self {
        let xml = Some(checked.xml()).filter(|xml| xml.len() <= MAX_XML);
        for signature in &mut checked.report.signatures {
            let objects = &mut signature.objects;
            objects.certificates.clear();
            objects.lists.clear();
            objects.answers.clear();
            signature.timestamps.iter_mut().for_each(|facts| facts.token = None);
        }
        Self { checked, xml }
    }

    /// In a language.
    #[must_use]
    pub fn readable(&self, language: Language) -> ReadableReport {
        self.checked.readable(language)
    }
}

/// One verification that several may wait for.
#[derive(Clone)]
struct Begun {
    at: Instant,
    report: Arc<OnceCell<Arc<ReceivedReport>>>,
}

/// The reports that are kept.
#[derive(Default)]
pub struct ReceiverReports {
    begun: Mutex<HashMap<(DocumentId, [u8; 32]), Begun>>,
}

impl ReceiverReports {
    /// Whether there is anything to hold signatures against. Where nobody is trusted, reports would say of every
    /// document that its signer is not known.
    #[must_use]
    pub fn are_offered(app: &App) -> bool {
        !app.trust.anchors.is_empty() || app.trusted_lists.is_some()
    }

    fn begun(&self, file: &ReceivedFile, now: Instant) -> Begun {
        let key = (file.document, file.sha256);
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.retain(|_, one| now < one.at.plus_ms(KEPT_MS));
        if begun.len() >= MAX_KEPT && !begun.contains_key(&key) {
            let oldest = begun.iter().min_by_key(|(_, one)| one.at).map(|(key, _)| *key);
            oldest.and_then(|oldest| begun.remove(&oldest));
        }
        let new = || Begun { at: now, report: Arc::default() };
        begun.entry(key).or_insert_with(new).clone()
    }

    /// The report of a file; verifies it unless that was done, or is being done. `place` is kept while it is read and
    /// verified. The work goes on when nobody waits any more.
    ///
    /// # Errors
    /// As [`verification::verify`], and when the file cannot be read.
    pub async fn report(
        &self,
        app: &Arc<App>,
        file: ReceivedFile,
        place: impl Send + 'static,
    ) -> Result<Arc<ReceivedReport>, Error> {
        let begun = self.begun(&file, app.now());
        let app = Arc::clone(app);
        let work = tokio::spawn(async move {
            let report = begun.report.get_or_try_init(|| async {
                let to_verify = file.read(&app).await?;
                let made = |checked| Arc::new(ReceivedReport::of(checked));
                verification::verify(&app, file.client_service, to_verify, place, made).await
            });
            report.await.cloned()
        });
        work.await.map_err(|error| Error::Internal(Box::new(error)))?
    }

    /// The report of a file as XML by ETSI TS 119 102-2.
    ///
    /// # Errors
    /// As [`Self::report`].
    pub async fn xml(
        &self,
        app: &Arc<App>,
        file: ReceivedFile,
        place: impl Send + Sync + 'static,
    ) -> Result<String, Error> {
        let place = Arc::new(place);
        let report = self.report(app, file.clone(), Arc::clone(&place)).await?;
        match &report.xml {
            Some(xml) => Ok(xml.clone()),
            None => {
                let to_verify = file.read(app).await?;
                let made = |checked: CheckedFile| checked.xml();
                verification::verify(app, file.client_service, to_verify, place, made).await
            }
        }
    }

    /// The reports of files that are known already, by their position, and the positions of those that are verified
    /// when their page is opened.
    #[must_use]
    pub fn at_hand(
        &self,
        files: &[Option<ReceivedFile>],
        now: Instant,
    ) -> (HashMap<usize, Arc<ReceivedReport>>, Vec<usize>) {
        let (mut known, mut next) = (HashMap::new(), Vec::new());
        for (position, file) in files.iter().enumerate() {
            let Some(file) = file else { continue };
            match self.known(file, now) {
                Some(report) => {
                    known.insert(position, report);
                }
                None if next.len() < ON_PAGE && file.octets() <= ON_PAGE_OCTETS => {
                    next.push(position);
                }
                None => {}
            }
        }
        (known, next)
    }

    /// Verifies files, each with its position and its place; gives the reports that are there in the time that a page
    /// waits.
    pub async fn on_page<P: Send + 'static>(
        self: Arc<Self>,
        app: Arc<App>,
        files: Vec<(usize, ReceivedFile, P)>,
    ) -> HashMap<usize, Arc<ReceivedReport>> {
        let mut found = HashMap::new();
        let mut works = JoinSet::new();
        for (position, file, place) in files {
            let (reports, app) = (Arc::clone(&self), Arc::clone(&app));
            works.spawn(async move { (position, reports.report(&app, file, place).await) });
        }
        let wait = async {
            while let Some(done) = works.join_next().await {
                match done {
                    Ok((position, Ok(report))) => {
                        found.insert(position, report);
                    }
                    Ok((_, Err(error))) => {
                        let causes = sources(&error);
                        tracing::warn!(%causes, "a document on the receiver's page is not verified");
                    }
                    Err(_) => {}
                }
            }
        };
        // what is not done by then goes on in its own task
        let _ = timeout(PAGE_WAIT, wait).await;
        found
    }

    fn known(&self, file: &ReceivedFile, now: Instant) -> Option<Arc<ReceivedReport>> {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let one = begun.get(&(file.document, file.sha256))?;
        one.report.get().filter(|_| now < one.at.plus_ms(KEPT_MS)).cloned()
    }
}
