//! Mails of one client service are its own affair, whether they are many or go over a server that is slow.

use chancery::config::Config;
use chancery::domain::delivery::DeliveryStatus::Sent;
use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::{MessageId, OperationId};
use chancery::domain::outbox::{Message, MessageKind, Target};
use chancery::domain::smtp::SmtpSettings;
use chancery::store::alarms::NewAlarm;
use chancery::workflow::mail_servers::{self, NewServer};

use super::{House, use_server, with_receivers};
use crate::support::client::{Client, PATIENCE};
use crate::support::service::{Service, Setup, run, unique};
use crate::support::smtp::{Act, Script, SmtpServer, Step};

fn many(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("r{n}@customer.example")).collect()
}

async fn operation(client: &Client, receivers: &[String]) -> OperationId {
    let receivers: Vec<&str> = receivers.iter().map(String::as_str).collect();
    let request = with_receivers(&unique("fair"), &receivers, false);
    OperationId::from_i64(client.sign(&request).await.good()["id"].as_i64().unwrap())
}

/// Over the installation's server a thousand mails of one client service leave the first turn to the one mail of
/// another; an alarm waits for neither.
#[test]
fn many_mails_of_one_hold_up_none_of_another() {
    run(async {
        let change = |config: &mut Config| config.delivery.receivers = 1000;
        let house = House::with(Script::default(), change).await;
        operation(&house.client, &many(1000)).await;
        let other = house.service.client().await;
        let theirs = operation(&other, &many(1)).await;
        house.deliver().await;
        assert_eq!(house.status(theirs).await, Sent, "within one turn");
        assert!(house.smtp.accepted().len() > 1, "the others have the rest of it");

        let alarm = raise_alarm(&house.service).await;
        house.deliver().await;
        let alarm = house.service.app.reader.message(alarm).await.unwrap().unwrap();
        assert_eq!(alarm.status, Sent, "{:?}", alarm.last_reply);
    });
}

/// A mail of the installation's own.
async fn raise_alarm(service: &Service) -> MessageId {
    let app = &service.app;
    let id = MessageId::from_i64(app.next_id());
    let address = MailAddress::parse("operator@house.example").unwrap();
    let target = Target::Mail { address, language: None };
    let content = r#"{"alarm":"operations-crash","waiting":1}"#;
    let message = Message {
        content: Some(content.to_owned()),
        mail_id: Some("alarm@seal.test".to_owned()),
        ..Message::due(id, MessageKind::Alarm, target, app.steady_now())
    };
    let alarm = NewAlarm {
        name: "queue/crashes",
        content,
        cleared_before: None,
        quiet_since: app.now(),
        told_before: None,
    };
    assert!(app.store.raise_alarm(&alarm, &[message], &[], app.now()).await.unwrap());
    id
}

/// Servers of client services that take connections and say nothing: the installation's own server is used while
/// every one of them is waited for.
#[test]
fn servers_that_are_slow_leave_senders_to_others() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let mut setup = Setup::new();
        use_server(&mut setup.config, &smtp);
        let service = setup.start().await;
        let mut slow = Vec::new();
        for _ in 0..4 {
            let server = SmtpServer::start(Script::default());
            server.set(|script| script.at(Step::Connect, Act::Silence));
            let client = service.client().await;
            own_server(&service, &client.alias, &server).await;
            let operation = operation(&client, &many(20)).await;
            slow.push((server, operation));
        }
        let silent = async {
            while !slow.iter().all(|(server, _)| server.connections() > 0) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, silent).await.expect("each is tried");
        raise_alarm(&service).await;
        let accepted = tokio::task::spawn_blocking(move || smtp.wait_for(1)).await.unwrap();
        assert_eq!(accepted[0].to, ["operator@house.example"]);
        let mut waiting = 0;
        for (_, operation) in &slow {
            for mail in service.app.reader.mails_of(*operation).await.unwrap() {
                let attempts = service.app.reader.attempts_of(mail.id).await.unwrap();
                assert!(
                    attempts.iter().all(|it| it.ended.is_none()),
                    "the alarm waited: {attempts:?}"
                );
                waiting += attempts.len();
            }
        }
        assert!((8..=15).contains(&waiting), "{waiting} are waited for");
        // They are waited for much longer than this test.
    });
}

async fn own_server(service: &Service, alias: &str, smtp: &SmtpServer) {
    let settings = SmtpSettings {
        description: "their own".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: smtp.port(),
        security: "none".to_owned(),
        from: MailAddress::parse("billing@acme.example").unwrap(),
        from_name: String::new(),
        username: None,
        connect_timeout_ms: 600_000,
        command_timeout_ms: 600_000,
        write_timeout_ms: 600_000,
        public_only: false,
    };
    let new = NewServer { settings, password: None };
    mail_servers::set_server(&service.app, alias, &new).await.unwrap();
}
