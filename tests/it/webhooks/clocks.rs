//! A machine's clock that is not the database's delays nothing that is to be sent.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use chancery::app::Clock;
use chancery::domain::alarm::Alarm;
use chancery::domain::delivery::MailAddress;
use chancery::domain::ids::OperationId;
use chancery::domain::scope::Scope;
use chancery::workflow::alarms::Watcher;
use chancery::workflow::delivery::run_due;
use chancery::workflow::notify::{self, Receiver as Told};
use serde_json::json;

use super::flow::{add, path, setup};
use super::receiver::Receiver;
use crate::delivery::{use_server, with_receivers};
use crate::support::client::PATIENCE;
use crate::support::postgres::Postgres;
use crate::support::service::run;
use crate::support::smtp::{Script, SmtpServer};

/// Half a minute ahead: what is recorded is due now all the same, by the clock that leases go by.
#[test]
fn a_clock_ahead_of_the_databases_delays_nothing() {
    let postgres = Postgres::start();
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let mut setup = setup();
        use_server(&mut setup.config, &smtp);
        setup.config.store.url = postgres.url();
        setup.clock = Clock::Wrong(Arc::new(AtomicI64::new(30_000)));
        let address = MailAddress::parse("night@example.com").unwrap();
        setup.config.alarms.receivers = vec![address.clone()];
        let service = setup.start().await;
        let app = &service.app;
        let agreed = async {
            while app.steady.gap_ms(&app.clock).is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, agreed).await.expect("the database is asked for its time");

        let client = service.client().await;
        let receiver = Receiver::answering(&[], &json!([{"status": 204}]));
        let wish = json!({"url": receiver.url(), "events": ["operation.finished"]});
        let added = add(&client, &wish).await;
        let request = with_receivers("ahead", &["ap@customer.example"], false);
        let operation = client.sign(&request).await.good()["id"].as_i64().unwrap();
        let operation = OperationId::from_i64(operation);
        run_due(app).await.unwrap();
        assert_eq!(smtp.accepted().len(), 1, "the mail of the request");
        receiver.next();

        let again = [Told { address, language: None }];
        notify::resend(app, Scope::Installation, operation, &again, false).await.unwrap();
        run_due(app).await.unwrap();
        assert_eq!(smtp.accepted().len(), 2, "the mail that was asked for again");

        let wish = json!({"since": "2026-01-01T00:00:00Z", "failedOnly": false}).to_string();
        assert_eq!(client.post(&path(&added, "/replay"), wish).await.status, 202);
        run_due(app).await.unwrap();
        receiver.next();

        let (client, domain) = ("somebody".to_owned(), String::new());
        let alarm = Alarm::MailsAtLimit { client, domain, limit: 1, free: app.now() };
        app.excesses.note("mails:somebody/limit".to_owned(), alarm, None, app.now());
        assert_eq!(Watcher::default().look(app).await.unwrap(), 1);
        run_due(app).await.unwrap();
        assert_eq!(smtp.accepted().len(), 3, "the alarm");
        service.stop().await;
    });
}
