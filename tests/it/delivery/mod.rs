//! Delivery as receivers and operators see it: real mails over SMTP to a scripted server, with a clock
//! that the test moves where days pass.

mod fair;
mod hours;
mod http;
mod killed;
mod ladder;
mod letters;
mod limits;
mod relay;
mod shares;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::Clock;
use chancery::config::Config;
use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::ids::OperationId;
use chancery::domain::outbox::{Attempt, Message, Target};
use chancery::outbound::mail::Security;
use chancery::workflow::delivery;
use serde_json::{Value, json};

use crate::support::client::{Client, small};
use crate::support::service::{Service, Setup, now, unique};
use crate::support::smtp::{Script, SmtpServer};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A service whose clock stands still unless it is moved, and the mail server it knows.
struct House {
    service: Service,
    client: Client,
    smtp: SmtpServer,
    clock: Arc<AtomicI64>,
}

/// Lets a service use a scripted server.
pub(crate) fn use_server(config: &mut Config, smtp: &SmtpServer) {
    "127.0.0.1".clone_into(&mut config.mail.host);
    config.mail.port = smtp.port();
    config.mail.security = Security::None;
    "invoices@seal.test".clone_into(&mut config.mail.from);
}

impl House {
    async fn new() -> Self {
        Self::with(Script::default(), |_| {}).await
    }

    async fn with(script: Script, change: impl FnOnce(&mut Config)) -> Self {
        let smtp = SmtpServer::start(script);
        let clock = Arc::new(AtomicI64::new(now().unix_ms()));
        let mut setup = Setup::new();
        use_server(&mut setup.config, &smtp);
        change(&mut setup.config);
        setup.clock = Clock::Moved(Arc::clone(&clock));
        setup.delivers = false;
        let service = setup.start().await;
        let client = service.client().await;
        Self { service, client, smtp, clock }
    }

    /// An operation that is finished and whose receivers are not told yet.
    async fn operation(&self, receivers: &[&str], attach: bool) -> OperationId {
        let request = with_receivers(&unique("mail"), receivers, attach);
        let answer = self.client.sign(&request).await.good();
        assert_eq!(answer["status"], "EXECUTED", "{answer}");
        OperationId::from_i64(answer["id"].as_i64().unwrap())
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// Delivers what is due now.
    async fn deliver(&self) {
        delivery::run_due(&self.service.app).await.unwrap();
    }

    /// Moves the clock to the next try of a mail and makes it. Returns how long that was.
    async fn deliver_next(&self, operation: OperationId) -> i64 {
        let next = self.mail(operation).await.next.expect("it is tried again").unix_ms();
        let wait = next - self.now();
        self.pass(wait.max(0));
        self.deliver().await;
        wait
    }

    async fn mails(&self, operation: OperationId) -> Vec<Message> {
        self.service.app.reader.mails_of(operation).await.unwrap()
    }

    /// The only mail about an operation.
    async fn mail(&self, operation: OperationId) -> Message {
        let [mail] = <[Message; 1]>::try_from(self.mails(operation).await).unwrap();
        mail
    }

    async fn status(&self, operation: OperationId) -> DeliveryStatus {
        self.mail(operation).await.status
    }

    /// The tries of the only mail about an operation.
    async fn attempts(&self, operation: OperationId) -> Vec<Attempt> {
        let mail = self.mail(operation).await;
        self.service.app.reader.attempts_of(mail.id).await.unwrap()
    }
}

/// A request with one small document and receivers.
pub(crate) fn with_receivers(reference: &str, receivers: &[&str], attach: bool) -> Value {
    let receivers: Vec<Value> = receivers.iter().map(|email| json!({ "email": email })).collect();
    let mut request = small(reference);
    request["preservationInfo"] = json!({
        "preserveContent": false,
        "deliveryInfo": { "attachDocuments": attach, "personReceiver": receivers },
    });
    request
}

fn address(message: &Message) -> &str {
    match &message.target {
        Target::Mail { address, .. } => address.as_str(),
        Target::Webhook { .. } => panic!("no mail"),
    }
}
