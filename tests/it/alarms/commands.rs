//! The commands of delivery, as a person on duty sees them.

use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::delivery::{DeliveryStatus, Tried, Verdict};
use chancery::domain::ids::{EventId, MessageId, OperationId};
use chancery::domain::outbox::{Message, Next, Way};
use serde_json::json;

use crate::support::client::small;
use crate::support::outbox::{enqueue, lease_due_mails};
use crate::support::service::{Service, Setup, run, unique};

/// A configuration over a service's database.
struct Terminal(tempfile::TempDir);

impl Terminal {
    fn at(service: &Service) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let settings = format!(
            "[store]\nurl = \"{}\"\n[oauth]\nsigning_key_file = \"{root}/t.pem\"\n\
             [secrets]\nkey_file = \"{root}/s.key\"\n",
            service.database
        );
        std::fs::write(folder.path().join("chancery.toml"), settings).unwrap();
        std::fs::write(folder.path().join("s.key"), STANDARD.encode([7; 32])).unwrap();
        Self(folder)
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command.arg("--config").arg(self.0.path().join("chancery.toml"));
        command.args(arguments.split(' ')).output().unwrap()
    }

    #[track_caller]
    fn good(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{arguments}: {said}");
        said
    }

    #[track_caller]
    fn bad(&self, arguments: &str, word: &str) {
        let output = self.run(arguments);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!output.status.success() && said.contains(word), "{arguments}: {said}");
    }
}

/// A service that leaves its messages to the test.
async fn silent() -> Service {
    let mut setup = Setup::new();
    setup.delivers = false;
    setup.start().await
}

#[test]
fn mails_are_listed_sent_again_and_their_links_closed() {
    run(async {
        let service = silent().await;
        let terminal = Terminal::at(&service);
        let client = service.client().await;
        let reference = unique("mails");
        let mut wish = small(&reference);
        wish["preservationInfo"] = json!({
            "preserveContent": false,
            "deliveryInfo": {
                "attachDocuments": false,
                "personReceiver": [{ "email": "one@a.example" }, { "email": "two@b.example" }],
            },
        });
        let operation = client.sign(&wish).await.good()["id"].as_i64().unwrap();
        let app = &service.app;
        let now = app.now();
        let leased = lease_due_mails(&app.store, (now, now.plus_ms(1000))).await;
        let (lease, message) = leased.into_iter().find(|(_, it)| it.position == 0).unwrap();
        app.store.begin_attempts(&[lease], now).await.unwrap();
        let tried = Tried::new(Verdict::Never, "rcpt", "550 5.1.1 no such user");
        let event = EventId::from_i64(1);
        app.store.record_try(lease, &tried, &Next::Failed, event, now).await.unwrap();

        let list = terminal.good(&format!("notification list --operation {operation}"));
        assert!(list.contains("one@a.example") && list.contains("two@b.example"), "{list}");
        let alias = &client.alias;
        let by_reference = format!("--external-reference {reference} --client-service {alias}");
        assert_eq!(terminal.good(&format!("notification list {by_reference}")), list);
        let troubled = terminal.good("notification list --troubled");
        assert!(
            troubled.contains("SENDING_FAILED") && troubled.contains("550 5.1.1"),
            "{troubled}"
        );
        assert!(!troubled.contains("two@b.example"), "{troubled}");
        let attempts = terminal.good(&format!("notification attempts --message {}", message.id));
        assert!(attempts.contains("NEVER"), "{attempts}");
        assert!(attempts.contains("550 5.1.1 no such user"), "{attempts}");

        let again = terminal.good(&format!("notification resend --operation {operation}"));
        assert!(again.starts_with("2 mails"), "the receivers of the request: {again}");
        let other =
            format!("notification resend --operation {operation} --to c@c.example --attach");
        assert!(terminal.good(&other).starts_with("1 mails"));
        let mails = app.reader.mails_of(message.operation.unwrap()).await.unwrap();
        assert_eq!(mails.len(), 5);
        assert!(mails[4].attach && mails[4].next.is_some());
        let revoke_one =
            format!("notification revoke --operation {operation} --message {}", message.id);
        assert!(terminal.good(&revoke_one).starts_with("1 "));
        assert!(
            terminal
                .good(&format!("notification revoke --operation {operation}"))
                .starts_with("4 ")
        );

        terminal.bad("notification list --operation 1", "no operation 1");
        terminal.bad("notification list --external-reference x", "--client-service");
        terminal.bad("notification list", "--troubled");
        terminal.bad("notification attempts --message 1", "no message 1");
        terminal.bad("notification resend --operation 1", "no operation 1");
        terminal
            .bad(&format!("notification resend --operation {operation} --to x"), "mail address");
        for _ in 0..app.delivery.resend_per_receiver - 1 {
            terminal.good(&other);
        }
        terminal.bad(&other, "tomorrow");

        // The links in these mails were made with the key.
        std::fs::remove_file(terminal.0.path().join("s.key")).unwrap();
        terminal.bad("notification list --troubled", "receivers' links");
        service.stop().await;
    });
}

/// Lets the mail to one receiver of an operation be refused for good.
async fn refuse(service: &Service, operation: OperationId, position: u32) -> Message {
    let app = &service.app;
    let now = app.now();
    let leased = lease_due_mails(&app.store, (now, now.plus_ms(1))).await;
    let of = |it: &Message| it.operation == Some(operation) && it.position == position;
    let (lease, message) = leased.into_iter().find(|(_, it)| of(it)).unwrap();
    app.store.begin_attempts(&[lease], now).await.unwrap();
    let tried = Tried::new(Verdict::Never, "rcpt", "550 5.1.1 no such user");
    let event = EventId::from_i64(app.next_id());
    app.store.record_try(lease, &tried, &Next::Failed, event, now).await.unwrap();
    message
}

#[test]
fn what_is_held_back_is_listed_and_what_was_given_up_is_sent_again_once() {
    run(async {
        let service = silent().await;
        let terminal = Terminal::at(&service);
        let app = &service.app;
        let mut wish = small(&unique("held"));
        wish["preservationInfo"] = json!({
            "preserveContent": false,
            "deliveryInfo": {
                "attachDocuments": false,
                "personReceiver": [
                    { "email": "one@a.example", "language": "de" }, { "email": "two@b.example" },
                ],
            },
        });
        let answer = service.client().await.sign(&wish).await.good();
        let operation = OperationId::from_i64(answer["id"].as_i64().unwrap());
        let given_up = refuse(&service, operation, 0).await;
        let troubled = "notification list --troubled";
        assert!(!terminal.good(troubled).contains("two@b.example"));
        let later = app.now().plus_ms(5_000);
        let words = "421 4.3.2 closed for everybody";
        app.store.rest_way(Way::Mail(None), later, later, words).await.unwrap();
        let listed = terminal.good(troubled);
        let held = listed.lines().find(|line| line.contains("two@b.example")).unwrap();
        assert!(held.contains("PENDING") && held.contains(words), "{listed}");
        assert_eq!(terminal.good(&format!("{troubled} --since 2020-01-01")), listed);
        assert!(terminal.good(&format!("{troubled} --since 2199-01-01")).contains("No mails"));
        terminal.bad("notification list --since 2020-01-01", "--troubled");

        let again = "notification resend --all-failed-since";
        assert!(terminal.good(&format!("{again} 2199-01-01")).starts_with("0 mails"));
        let said = terminal.good(&format!("{again} 2020-01-01"));
        assert!(said.starts_with("1 mails are on their way, 0 cannot"), "{said}");
        let mails = app.reader.mails_of(operation).await.unwrap();
        assert_eq!(mails.len(), 3);
        assert_eq!(mails[2].target, given_up.target, "to whom it was given up, in their language");
        assert!(terminal.good(&format!("{again} 2020-01-01")).starts_with("0 mails"));
        terminal.bad("notification resend", "--operation");

        assert!(!terminal.good(troubled).contains("newest"));
        let many: Vec<Message> = (1..=200)
            .map(|number| Message {
                id: MessageId::from_i64(number),
                operation: None,
                status: DeliveryStatus::SendingFailed,
                next: None,
                ended: Some(app.now()),
                ..given_up.clone()
            })
            .collect();
        enqueue(&app.store, &many).await;
        let listed = terminal.good(troubled);
        assert!(listed.contains("the newest 200"), "{listed}");
        let lines = "a head, 200 mails, that they are cut, and where that was read";
        assert_eq!(listed.lines().count(), 203, "{lines}");
        service.stop().await;
    });
}

#[test]
fn limits_grants_contacts_and_alarms_are_set_and_listed() {
    run(async {
        let service = silent().await;
        let terminal = Terminal::at(&service);
        service.client().await.sign(&small(&unique("one"))).await.good();
        let credential = service.app.reader.credentials().await.unwrap().remove(0).alias;
        let company = "PRT 505767457";

        terminal.good(&format!("company set {company} --email ap@acme.example --language pt-PT"));
        let list = terminal.good("company list");
        assert!(list.contains("ap@acme.example") && list.contains(" pt "), "{list}");
        terminal.good(&format!("company set {company} --no-email"));
        assert!(!terminal.good("company list").contains("ap@acme.example"));
        terminal.bad(&format!("company set {company}"), "nothing to set");
        terminal.bad(&format!("company set {company} --language xx"), "pt, en");
        terminal.bad("company set PRT 1 --language pt", "company list");

        let limit = format!("company limit {company}");
        terminal.bad(&format!("{limit} --documents 5"), "--from");
        terminal.bad(&format!("{limit} --documents 5 --from 2026-02-30 --until 2026-03-01"), "day");
        terminal
            .bad(&format!("{limit} --documents 5 --from 2026-02-03 --until 2026-01-01"), "before");
        terminal.good(&format!("{limit} --documents 4 --from 2020-01-01 --until 2199-12-31"));
        let usage = terminal.good("company usage");
        let line = usage.lines().find(|line| line.contains("505767457")).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            cells[2..8],
            ["1", "4", "25", "%", "2020-01-01T00:00:00Z", "2199-12-31T23:59:59Z"]
        );
        terminal.good(&format!("{limit} --none"));
        assert!(terminal.good("company usage").contains("none"));
        let csv = terminal.good("company usage --csv");
        let month = service.app.now().to_xs_date_time()[..7].to_owned();
        let line = csv.lines().nth(1).unwrap();
        assert!(line.starts_with(&format!("{month},PRT,505767457,ACME Corporation,")), "{csv}");
        assert!(line.ends_with(",1"), "{csv}");

        assert!(terminal.good("credential list").contains(" - "));
        terminal.good(&format!("credential grant --alias {credential}"));
        assert!(terminal.good("credential list").contains("1 of 1000000000"), "today's count");
        terminal.good(&format!(
            "credential grant --alias {credential} --until 2199-12-31 --signatures 7"
        ));
        let list = terminal.good("credential list");
        assert!(list.contains("2199-12-31T23:59:59Z") && list.contains("1 of 7"), "{list}");
        terminal
            .bad(&format!("credential grant --alias {credential} --until 2020-01-01"), "to come");
        terminal.bad("credential grant --alias nobody", "credential list");

        assert!(terminal.good("alarm list").contains("No alarms"));
        terminal.good(&format!("{limit} --documents 0 --from 2020-01-01 --until 2199-12-31"));
        let mut watcher = chancery::workflow::alarms::Watcher::default();
        watcher.look(&service.app).await.unwrap();
        let list = terminal.good("alarm list");
        assert!(list.contains("usage:PRT.505767457/exceeded") && list.contains("nobody"), "{list}");
        service.stop().await;
    });
}
