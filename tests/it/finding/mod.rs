//! What people of the back office look for, see and do, on both databases: through the workflow, with operations that
//! the store was told of. Sealing is tested elsewhere.

mod acts;
mod bulk;
mod counters;
mod csv;
mod detail;
mod lists;
mod search;
mod upgrade;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::{App, Clock};
use chancery::domain::client_service::{ClientService, Lint};
use chancery::domain::company::Company;
use chancery::domain::credential::{Credential, CredentialStatus};
use chancery::domain::delivery::{DeliveryStatus, MailAddress, Tried, Verdict};
use chancery::domain::document::{Document, DocumentState, SealSettings, SigningError};
use chancery::domain::ids::{
    ClientServiceId, CompanyId, CredentialId, DocumentId, EventId, ExternalReference, MessageId,
    OperationId, ProcessId,
};
use chancery::domain::instant::Instant;
use chancery::domain::level::Level;
use chancery::domain::operation::{Custody, Extension, Operation, OperationState};
use chancery::domain::outbox::{Message, MessageKind, Next, Target};
use chancery::domain::profile::{Format, Profile};
use chancery::domain::scope::ServiceSet;
use chancery::store::leases::Lease;
use chancery::store::operations::{Ending, NewDocument, NewOperation, Opened, Outcome};
use chancery::store::outbox::MailLimits;

use tempfile::TempDir;

use crate::store::{client_service, issuer, sqlite};
use crate::support::outbox::lease_due_mails;
use crate::support::postgres::Postgres;
use crate::support::service::{Setup, now, run};

pub(crate) const CREDENTIAL: CredentialId = CredentialId::from_i64(1);

/// Runs a test on both databases, each with a house of its own.
fn on_both(test: impl AsyncFn(House)) {
    run(async {
        test(House::new(None).await).await;
        let server = Postgres::start();
        test(House::new(Some(server.url())).await).await;
        drop(server);
    });
}

/// A house with two companies, of which the first has three client services and the second two, and a clock that the
/// test moves.
struct House {
    app: Arc<App>,
    clock: Arc<AtomicI64>,
    next: AtomicI64,
    _folder: TempDir,
}

/// A document of an operation.
#[derive(Clone, Debug)]
struct Paper {
    name: String,
    format: Format,
    profile: Option<&'static str>,
    /// Why it is not sealed.
    failed: Option<(SigningError, &'static str)>,
}

impl Paper {
    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), format: Format::Xades, profile: None, failed: None }
    }

    fn failing(error: SigningError, reason: &'static str) -> Self {
        Self { failed: Some((error, reason)), ..Self::named("bad.xml") }
    }
}

/// An operation that is to be there.
#[derive(Clone, Debug)]
struct Plan {
    service: i64,
    reference: String,
    accepted: Instant,
    papers: Vec<Paper>,
    receivers: Vec<String>,
    state: OperationState,
    extends: bool,
}

impl Plan {
    fn new(service: i64, reference: &str, accepted: Instant) -> Self {
        Self {
            service,
            reference: reference.to_owned(),
            accepted,
            papers: vec![Paper::named("invoice.xml")],
            receivers: Vec::new(),
            state: OperationState::Executed,
            extends: false,
        }
    }

    fn to(mut self, receivers: &[&str]) -> Self {
        self.receivers = receivers.iter().map(|&it| it.to_owned()).collect();
        self
    }

    fn papers(mut self, papers: &[Paper]) -> Self {
        self.papers = papers.to_vec();
        self
    }

    fn state(mut self, state: OperationState) -> Self {
        self.state = state;
        self
    }
}

fn service(number: i64) -> ClientServiceId {
    ClientServiceId::from_i64(number)
}

fn some(numbers: &[i64]) -> ServiceSet {
    ServiceSet::Of(numbers.iter().map(|&number| service(number)).collect())
}

fn original_of(document: DocumentId) -> [u8; 32] {
    digest(document, 1)
}

fn sealed_of(document: DocumentId) -> [u8; 32] {
    digest(document, 2)
}

fn digest(document: DocumentId, which: u8) -> [u8; 32] {
    let mut octets = [which; 32];
    let number = document.as_i64().wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed());
    octets[..8].copy_from_slice(&number.to_be_bytes());
    octets
}

impl House {
    async fn new(database: Option<String>) -> Self {
        let clock = Arc::new(AtomicI64::new(now().unix_ms()));
        let mut setup = Setup::new();
        setup.clock = Clock::Moved(Arc::clone(&clock));
        setup.config.delivery.allow_local_receivers = true;
        let (folder, url) = sqlite();
        setup.config.store.url = database.unwrap_or(url);
        let app = setup.assemble().await;
        let credential = Credential {
            id: CREDENTIAL,
            alias: "seal".to_owned(),
            backend: "hsm".to_owned(),
            chain_der: Vec::new(),
            status: CredentialStatus::Active,
            created: now(),
        };
        app.store.add_credential(&credential).await.unwrap();
        for number in 1..=5 {
            let company =
                Company { id: CompanyId::from_i64(1 + number / 4), ..issuer(1 + number / 4) };
            let of = client_service(number, &format!("client-{number}"));
            let of = ClientService { issuer: company.id, credential: Some(CREDENTIAL), ..of };
            app.store.add_client_service(&company, &of, (number, [0; 32]), None).await.unwrap();
        }
        Self { app, clock, next: AtomicI64::new(1000), _folder: folder }
    }

    fn id(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn now(&self) -> Instant {
        self.app.now()
    }

    fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// Records an operation as it is planned. Its mails, if it has any and is executed, are due.
    async fn record(&self, plan: &Plan) -> OperationId {
        let new = self.opened(plan).await;
        self.end(&new, plan).await;
        new.operation.id
    }

    /// Records an operation that is not finished.
    async fn opened(&self, plan: &Plan) -> NewOperation {
        let new = self.new_operation(plan);
        let opened = self.app.store.open_operation(&new, &[]).await.unwrap();
        assert_eq!(opened, Opened::New);
        new
    }

    fn new_operation(&self, plan: &Plan) -> NewOperation {
        let id = OperationId::from_i64(self.id());
        let reference = |text: &str| ExternalReference::parse(text).unwrap();
        let documents: Vec<NewDocument> = plan
            .papers
            .iter()
            .zip(0_u32..)
            .map(|(paper, position)| {
                let document = DocumentId::from_i64(self.id());
                NewDocument {
                    document: Document {
                        id: document,
                        operation: id,
                        position,
                        external_reference: reference(&format!("{}/{position}", plan.reference)),
                        name: paper.name.clone(),
                        content_type: "application/xml".to_owned(),
                        content_length: 7,
                        received: plan.accepted,
                        state: DocumentState::Received,
                    },
                    settings: SealSettings {
                        profile: paper.profile.map(str::to_owned),
                        seal: Profile::usual(paper.format),
                        level: Level::B,
                        room: 0,
                        lint: Lint::None,
                        expected: None,
                        notes: Vec::new(),
                    },
                    sha256: original_of(document),
                }
            })
            .collect();
        let mails = plan.receivers.iter().zip(0_u32..).map(|(address, position)| {
            let address = MailAddress::parse(address).unwrap();
            let target = Target::Mail { address, language: None };
            let message = MessageId::from_i64(self.id());
            Message {
                client_service: Some(service(plan.service)),
                operation: Some(id),
                position,
                next: None,
                released: None,
                mail_id: Some(format!("{message}@seal.test")),
                link_expires: Some(plan.accepted.plus_ms(1_000_000_000)),
                ..Message::due(message, MessageKind::Notification, target, plan.accepted)
            }
        });
        let messages = mails.collect();
        NewOperation {
            operation: Operation {
                id,
                client_service: service(plan.service),
                external_reference: reference(&plan.reference),
                description: String::new(),
                credential: CREDENTIAL,
                state: OperationState::PendingExecution,
                accepted: plan.accepted,
                finished: None,
                attempts: 1,
                failures: 0,
                begun: 1,
                next_try: None,
                waits_for: None,
                custody: Custody { preserve: false, months: Custody::MONTHS },
                extends: plan.extends.then_some(Extension { of: id, to: None }),
            },
            fingerprint: [0; 32],
            event_ids: (0..=documents.len()).map(|_| EventId::from_i64(self.id())).collect(),
            documents,
            messages,
            unique_document_references: true,
            lease_until: self.app.steady_now().plus_ms(60_000),
            process: ProcessId::from_i64(1),
            mail_limits: MailLimits { all: 0, domain: 0 },
        }
    }

    /// Lets an operation become what is planned.
    async fn end(&self, new: &NewOperation, plan: &Plan) {
        let lease = Lease { operation: new.operation.id, attempt: 1 };
        let until = self.app.steady_now().plus_ms(60_000);
        let end = match plan.state {
            OperationState::PendingExecution => return,
            OperationState::ExecutionError => {
                let run = self.app.steady_now().plus_ms(3_600_000);
                let why = (None, "the key did not answer");
                return self.app.store.postpone(lease, run, 1, why).await.unwrap();
            }
            end => Some(end),
        };
        let outcomes: Vec<Outcome> = new
            .documents
            .iter()
            .zip(&plan.papers)
            .map(|(new, paper)| Outcome {
                document: new.document.id,
                state: match paper.failed {
                    Some((error, reason)) => DocumentState::Failed {
                        error,
                        reason: reason.to_owned(),
                        detail: "it is bad".to_owned(),
                    },
                    None => DocumentState::Sealed {
                        signing_time: plan.accepted,
                        sha256: sealed_of(new.document.id),
                        length: 9,
                    },
                },
                settings: None,
                archive: None,
            })
            .collect();
        let ending = Ending { outcomes: &outcomes, contents: &[], end, event_ids: &new.event_ids };
        self.app.store.record_outcomes(lease, until, &ending, self.now()).await.unwrap();
    }

    /// Makes one try of every mail that is due, with this end for each mailbox.
    async fn try_mails(&self, end: impl Fn(&str) -> DeliveryStatus) {
        let steady = self.app.steady_now();
        let due = lease_due_mails(&self.app.store, (steady, steady.plus_ms(60_000))).await;
        let leases: Vec<_> = due.iter().map(|(lease, _)| *lease).collect();
        self.app.store.begin_attempts(&leases, self.now()).await.unwrap();
        for (lease, mail) in due {
            let Target::Mail { address, .. } = &mail.target else { panic!("no mail") };
            let again = steady.plus_ms(3_600_000);
            let again = Next::Again { at: again, counted: true, links_only: false };
            let (verdict, next) = match end(address.as_str()) {
                DeliveryStatus::SendingFailed => (Verdict::Never, Next::Failed),
                DeliveryStatus::SendingError => (Verdict::Later, again),
                _ => (Verdict::Accepted, Next::Sent),
            };
            let tried = Tried::new(verdict, "rcpt", "550 5.1.1 words of the server");
            let event = EventId::from_i64(self.id());
            self.app.store.record_try(lease, &tried, &next, event, self.now()).await.unwrap();
            if end(address.as_str()) == DeliveryStatus::Received {
                let event = EventId::from_i64(self.id());
                self.app.store.record_opening(mail.id, event, self.now()).await.unwrap();
            }
        }
    }

    async fn mails(&self, operation: OperationId) -> Vec<Message> {
        self.app.reader.mails_of(operation).await.unwrap()
    }

    /// Addresses and states of the mails about an operation, in the order they were asked for.
    async fn told(&self, operation: OperationId) -> Vec<(String, MessageKind, DeliveryStatus)> {
        let mails = self.mails(operation).await;
        let mails = mails.into_iter().map(|mail| {
            let Target::Mail { address, .. } = &mail.target else { panic!("no mail") };
            (address.as_str().to_owned(), mail.kind, mail.status)
        });
        mails.collect()
    }
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap();
        of[at].clone()
    }

    fn maybe<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        (self.below(3) == 0).then(|| self.one(of))
    }

    /// All client services, or some of the five, or none.
    fn sight(&mut self) -> ServiceSet {
        if self.below(4) == 0 {
            return ServiceSet::All;
        }
        let of: BTreeSet<ClientServiceId> =
            (1..=5).filter(|_| self.below(2) == 0).map(service).collect();
        ServiceSet::Of(of)
    }
}
