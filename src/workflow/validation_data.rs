//! Collects what validating a seal takes when nobody can be asked any more: answers of OCSP responders, revocation
//! lists and certificates, from where certificates and the configuration say that they are, one place after the
//! other until what is there suffices. What suffices is said in `pki`; when it is tried again is decided where
//! operations are executed.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;

use super::Error;
use crate::app::{App, Evidence, EvidenceQuestion, EvidenceSource};
use crate::domain::ids::ClientServiceId;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::profile::DigestAlgorithm;
use crate::domain::sources::sources;
use crate::outbound::revocation::{AskedPlace, NonceUse};
use crate::pki::certificate::Certificate;
use crate::pki::certificate_file::certificates;
use crate::pki::revocation::check_list;
use crate::pki::revocation::crl::Crl;
use crate::pki::revocation::ocsp::{OcspLimits, OcspRequest, OcspResponse};
use crate::pki::status_places::StatusPlaces;
use crate::pki::validation_data::{CollectedData, Insufficient, OpenQuestion};

/// How often what is there is looked at, and something more asked.
const ROUNDS: usize = 32;

/// Steps of finding out what is missing, as paths count them.
const STEPS: usize = 1_000_000;

/// How long certificates of issuers are good that were fetched: they do not change.
const ISSUERS_GOOD_MS: i64 = 7 * DAY_MS;

/// Why there are no validation data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoData {
    /// Whether somebody was asked; all of them rest otherwise, or there is nobody.
    pub asked: bool,
    /// Whether a certificate was revoked, so that there will never be any.
    pub revoked: bool,
    /// What is missing and what everybody said, for who operates the service.
    pub words: String,
}

/// Collects what it takes to validate certificates now, over these others and those that the configuration names. When
/// it returns, [`CollectedData::prove`] finds for each a path to a trust anchor on which nothing is revoked.
///
/// # Errors
/// [`NoData`]: it cannot be had now. A fault of ours.
pub async fn collect(
    app: &App,
    party: Option<ClientServiceId>,
    asked: &[Certificate],
    others: &[Certificate],
) -> Result<Result<CollectedData, NoData>, Error> {
    let mut data = CollectedData::default();
    for certificate in asked.iter().chain(others).chain(&app.evidence.certificates) {
        data.add_certificate(certificate.clone()).map_err(|fault| Error::Internal(fault.into()))?;
    }
    let mut collecting = Collecting::default();
    for _ in 0..ROUNDS {
        let looked = look(app, party, data, asked.to_vec()).await?;
        data = looked.data;
        let Some(fault) = looked.fault else { return Ok(Ok(data)) };
        let next = collecting.next(app, &looked.open);
        if next.is_empty() {
            return Ok(Err(collecting.none(&fault)));
        }
        let answers = join_all(next.iter().map(|ask| ask.answered(app, party))).await;
        for (ask, answer) in next.iter().zip(answers) {
            match answer {
                Ok(all) => {
                    for evidence in all {
                        take(&mut data, &evidence)
                            .map_err(|fault| Error::Internal(fault.into()))?;
                    }
                }
                Err(none) => {
                    collecting.asked |= none.asked;
                    collecting.words.push(format!("{}: {}", ask.place, none.words));
                }
            }
        }
    }
    Err(Error::Internal("collecting validation data comes to no end".into()))
}

/// Why what was collected for some certificates does not suffice at a later time, when it does not: an answer or a list
/// ran out meanwhile.
///
/// # Errors
/// A fault of ours.
pub async fn run_out(
    app: &App,
    party: Option<ClientServiceId>,
    data: Arc<CollectedData>,
    asked: Vec<Certificate>,
    at: Instant,
) -> Result<Option<NoData>, Error> {
    let trust = app.evidence.trust.clone();
    let fault = on_a_thread(app, party, move || {
        let asked: Vec<&Certificate> = asked.iter().collect();
        data.prove(&trust, &asked, at, STEPS).err()
    });
    let fault = fault.await.map_err(|error| Error::Internal(error.into()))?;
    Ok(fault.map(|fault| NoData::run_out(&fault)))
}

impl NoData {
    /// There were some, and they are good no more: nobody failed.
    pub fn run_out(fault: &dyn std::error::Error) -> Self {
        let words = format!("what was told of certificates ran out meanwhile: {}", sources(fault));
        Self { asked: true, revoked: false, words }
    }
}

/// Whether what is there suffices, and what would help.
struct Looked {
    data: CollectedData,
    fault: Option<Insufficient>,
    open: Vec<OpenQuestion>,
}

/// Has a look on a thread of the engine, in a turn of the client service.
async fn look(
    app: &App,
    party: Option<ClientServiceId>,
    data: CollectedData,
    asked: Vec<Certificate>,
) -> Result<Looked, Error> {
    let (trust, at) = (app.evidence.trust.clone(), app.now());
    on_a_thread(app, party, move || {
        let asked: Vec<&Certificate> = asked.iter().collect();
        let fault = data.prove(&trust, &asked, at, STEPS).err();
        let open = match fault {
            None => Vec::new(),
            Some(_) => data.open_questions(&trust, &asked, at, STEPS),
        };
        Looked { data, fault, open }
    })
    .await
    .map_err(|error| Error::Internal(error.into()))
}

async fn on_a_thread<T: Send + 'static>(
    app: &App,
    party: Option<ClientServiceId>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, tokio::task::JoinError> {
    let turn = match party {
        Some(party) => app.engine.take(party, 1).await.ok(),
        None => None,
    };
    tokio::task::spawn_blocking(move || {
        let done = work();
        // Whoever asked may be gone: the turn is over when the thread is free.
        drop(turn);
        done
    })
    .await
}

fn take(
    data: &mut CollectedData,
    evidence: &Evidence,
) -> Result<(), crate::pki::validation_data::DataFault> {
    match evidence {
        Evidence::Status(answer) => data.add_answer(OcspResponse::clone(answer)),
        Evidence::List(list) => data.add_list(Crl::clone(list)),
        Evidence::Issuers(all) => {
            all.iter().try_for_each(|certificate| data.add_certificate(certificate.clone()))
        }
    }
}

/// What was asked already, and what was said.
#[derive(Default)]
struct Collecting {
    tried: HashSet<(AskedPlace, EvidenceQuestion)>,
    asked: bool,
    words: Vec<String>,
}

impl Collecting {
    /// For each question the next place where it was not asked. What one place tells of several certificates is asked
    /// once.
    fn next(&mut self, app: &App, open: &[OpenQuestion]) -> Vec<Ask> {
        let mut now = HashSet::new();
        let mut next = Vec::new();
        for question in open {
            for ask in asks(app, question) {
                let key = (ask.place.clone(), ask.asked_for());
                if now.contains(&key) {
                    break;
                }
                if self.tried.insert(key.clone()) {
                    now.insert(key);
                    next.push(ask);
                    break;
                }
            }
        }
        next
    }

    fn none(self, fault: &Insufficient) -> NoData {
        let mut words = vec![fault.to_string()];
        words.extend(self.words);
        NoData { asked: self.asked, revoked: fault.is_revoked(), words: words.join("; ") }
    }
}

/// A question to somebody.
struct Ask {
    place: AskedPlace,
    kind: AskKind,
}

enum AskKind {
    Status { certificate: Box<Certificate>, issuer: Box<Certificate> },
    List { issuer: Box<Certificate>, deltas: Vec<AskedPlace> },
    Issuers,
}

/// Where a question can be asked, in order: responders before lists, those of the configuration first.
fn asks(app: &App, question: &OpenQuestion) -> Vec<Ask> {
    let own = StatusPlaces::of(question.certificate());
    let places = |urls: &[String], named: bool| -> Vec<AskedPlace> {
        urls.iter().map(|url| AskedPlace { url: url.clone(), named }).collect()
    };
    match question {
        OpenQuestion::Issuer { .. } => places(&own.issuers, false)
            .into_iter()
            .map(|place| Ask { place, kind: AskKind::Issuers })
            .collect(),
        OpenQuestion::Status { certificate, issuer } => {
            let named = app.evidence.named(issuer);
            let both = |of: fn(&StatusPlaces) -> &[String]| {
                let named = named.map(|named| places(of(named), true)).unwrap_or_default();
                named.into_iter().chain(places(of(&own), false)).collect::<Vec<_>>()
            };
            let status = both(|it| &it.responders).into_iter().map(|place| Ask {
                place,
                kind: AskKind::Status { certificate: certificate.clone(), issuer: issuer.clone() },
            });
            let deltas = places(&own.deltas, false);
            let lists = both(|it| &it.lists).into_iter().map(|place| Ask {
                place,
                kind: AskKind::List { issuer: issuer.clone(), deltas: deltas.clone() },
            });
            status.chain(lists).collect()
        }
    }
}

/// Why there is no answer.
struct NoAnswer {
    asked: bool,
    words: String,
}

/// What of an answer is kept, with its octets and until when it is good.
type Given = (Evidence, usize, Instant);

impl Ask {
    fn asked_for(&self) -> EvidenceQuestion {
        match &self.kind {
            AskKind::Status { certificate, .. } => {
                EvidenceQuestion::Status(certificate.fingerprint())
            }
            AskKind::List { .. } => EvidenceQuestion::List,
            AskKind::Issuers => EvidenceQuestion::Issuers,
        }
    }

    /// The answer, and of a list the deltas to it that can be had.
    async fn answered(
        &self,
        app: &App,
        party: Option<ClientServiceId>,
    ) -> Result<Vec<Evidence>, NoAnswer> {
        let mut all = vec![self.known_or_asked(app, party).await?];
        if let AskKind::List { issuer, deltas } = &self.kind {
            for place in deltas {
                let kind = AskKind::List { issuer: issuer.clone(), deltas: Vec::new() };
                let delta = Self { place: place.clone(), kind };
                // without it the complete list has the word (RFC 5280, 5.2.4)
                all.extend(delta.known_or_asked(app, party).await.ok());
            }
        }
        Ok(all)
    }

    async fn known_or_asked(
        &self,
        app: &App,
        party: Option<ClientServiceId>,
    ) -> Result<Evidence, NoAnswer> {
        let (evidence, asked_for) = (&app.evidence, self.asked_for());
        let fresh = || evidence.fresh(&self.place, &asked_for, app.now());
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let source = evidence.source(&self.place);
        let _turn = source.available.turn().await;
        // Whoever had the turn may have asked the same.
        if let Some(known) = fresh() {
            return Ok(known);
        }
        let last_good = || evidence.last_good(&self.place, &asked_for, app.now());
        if let Some(words) = source.available.rests() {
            return last_good().ok_or(NoAnswer { asked: false, words });
        }
        match self.ask(app, party).await {
            Ok((given, octets, until)) => {
                came_through(&source);
                let came = app.now();
                let kept = (given.clone(), octets);
                evidence.keep((&self.place, asked_for), kept, (came, until));
                Ok(given)
            }
            Err(words) => {
                if source.available.found_away(app.now(), &words) {
                    tracing::warn!(address = %self.place, error = %words,
                        "nothing of use is told there of certificates");
                }
                last_good().ok_or(NoAnswer { asked: true, words })
            }
        }
    }

    /// Asks once, and looks at the answer.
    async fn ask(&self, app: &App, party: Option<ClientServiceId>) -> Result<Given, String> {
        let said = |error: &dyn std::error::Error| sources(error);
        match &self.kind {
            AskKind::Status { certificate, issuer } => {
                let nonce: [u8; 32] = app.random.octets().map_err(|error| said(&error))?;
                let nonce_use = app.evidence.nonce;
                let nonce = (nonce_use != NonceUse::None).then_some(nonce);
                let about = [(&**certificate, &**issuer)];
                // What every responder knows (RFC 5019, 2.1.1); it protects nothing.
                let digest = DigestAlgorithm::Sha1;
                let request =
                    OcspRequest::new(&about, digest, nonce.as_ref().map(<[u8; 32]>::as_slice));
                let request = request.map_err(|error| said(&error))?;
                let octets = app.evidence.door.ask(&self.place, &request).await;
                let octets = octets.map_err(|error| said(&error))?;
                let limits = OcspLimits {
                    nonce_required: nonce_use == NonceUse::Required,
                    ..OcspLimits::at(app.now())
                };
                let (certificate, issuer) = (certificate.clone(), issuer.clone());
                let read = move || status(octets, &request, (&*certificate, &*issuer), &limits);
                on_a_thread(app, party, read).await.map_err(|error| said(&error))?
            }
            AskKind::List { issuer, .. } => {
                let octets = app.evidence.door.list(&self.place).await;
                let octets = octets.map_err(|error| said(&error))?;
                let (issuer, at) = (issuer.clone(), app.now());
                let read = move || list(octets, &issuer, at);
                on_a_thread(app, party, read).await.map_err(|error| said(&error))?
            }
            AskKind::Issuers => {
                let octets = app.evidence.door.certificates(&self.place).await;
                let octets = octets.map_err(|error| said(&error))?;
                let until = app.now().plus_ms(ISSUERS_GOOD_MS);
                let read = move || {
                    let length = octets.len();
                    let all = certificates(&octets).map_err(|error| sources(&error))?;
                    if all.is_empty() {
                        return Err("there is no certificate in its answer".to_owned());
                    }
                    Ok((Evidence::Issuers(Arc::from(all)), length, until))
                };
                on_a_thread(app, party, read).await.map_err(|error| said(&error))?
            }
        }
    }
}

fn came_through(source: &EvidenceSource) {
    if let Some(away) = source.available.came_through() {
        tracing::info!(address = %source.place, failures = away.failures,
            "certificates are told of there again");
    }
}

/// An answer of a responder that says something of a certificate.
fn status(
    octets: Vec<u8>,
    request: &OcspRequest,
    (certificate, issuer): (&Certificate, &Certificate),
    limits: &OcspLimits,
) -> Result<Given, String> {
    let length = octets.len();
    let response = OcspResponse::read(octets).map_err(|error| error.to_string())?;
    let until = {
        let answer = response.check_answer(request, certificate, issuer, limits);
        let answer = answer.map_err(|flaw| flaw.to_string())?;
        answer.next_update.unwrap_or_else(|| answer.this_update.plus_ms(limits.max_age_ms))
    };
    Ok((Evidence::Status(Arc::new(response)), length, until))
}

/// A list that is good now; of another issuer it is held against a path of its own later.
fn list(octets: Vec<u8>, issuer: &Certificate, at: Instant) -> Result<Given, String> {
    let length = octets.len();
    let list = Crl::read(octets).map_err(|error| error.to_string())?;
    check_list(&list, issuer, at).map_err(|flaw| flaw.to_string())?;
    let until = list.next_update().unwrap_or(at);
    Ok((Evidence::List(Arc::new(list)), length, until))
}
