//! A way that is closed for everybody: no try is burnt, nothing goes in clear text, and other ways go
//! on.

use chancery::config::Config;
use chancery::domain::delivery::DeliveryStatus::{Pending, SendingError, SendingFailed, Sent};
use chancery::domain::delivery::MailAddress;
use chancery::domain::scope::Scope;
use chancery::domain::smtp::SmtpSettings;
use chancery::outbound::mail::Security;
use chancery::workflow::mail_servers::{self, NewServer};
use chancery::workflow::notify;
use secrecy::SecretString;
use sqlx::{Connection as _, SqliteConnection};

use super::{HOUR, House, MINUTE, use_server};
use crate::support::client::PATIENCE;
use crate::support::service::run;
use crate::support::smtp::{Act, Identity, Script, SmtpServer, Step, Tls};

/// Whatever refuses everybody opens the circuit; when it works again every mail goes out.
#[test]
fn a_closed_relay_burns_no_try() {
    for (step, words) in [
        (Step::Connect, "421 4.3.2 closing"),
        (Step::Connect, "554 5.7.1 go away"),
        (Step::Ehlo, "550 5.7.1 not you"),
        (Step::Mail, "530 5.7.0 authentication required"),
        (Step::Mail, "451 4.3.0 not now"),
    ] {
        run(async {
            let house = House::new().await;
            house.smtp.set(|script| script.at(step, Act::say(words)));
            let operation = house.operation(&["ap@customer.example"], false).await;
            house.deliver().await;
            for _ in 0..10 {
                let mail = house.mail(operation).await;
                assert_eq!((mail.status, mail.tries), (SendingError, 0), "{words}");
                house.deliver_next(operation).await;
            }
            let circuits = house.service.app.circuits.all();
            assert_eq!(circuits.len(), 1, "{words}");
            assert!(circuits[0].1.failures > 5, "{words} {circuits:?}");
            let code = words.split(' ').next().unwrap();
            assert!(circuits[0].1.words.contains(code), "{circuits:?}");
            assert_eq!(house.smtp.accepted().len(), 0);
            // It rests longer every time, but never for hours.
            let wait = house.mail(operation).await.next.unwrap().unix_ms() - house.now();
            assert!((10 * MINUTE..=15 * MINUTE).contains(&wait), "{wait}");

            house.smtp.set(Script::behave);
            house.deliver_next(operation).await;
            assert_eq!(house.status(operation).await, Sent, "{words}");
            assert!(house.service.app.circuits.all().is_empty());
        });
    }
}

/// While the circuit is open only one mail looks whether it still is.
#[test]
fn an_open_circuit_holds_the_others_back() {
    run(async {
        let house = House::new().await;
        house.smtp.set(|script| script.at(Step::Connect, Act::say("421 closing")));
        let one = house.operation(&["one@customer.example"], false).await;
        house.deliver().await;
        let before = house.smtp.connections();
        let receivers: Vec<String> = (0..8).map(|n| format!("r{n}@customer.example")).collect();
        let receivers: Vec<&str> = receivers.iter().map(String::as_str).collect();
        let many = house.operation(&receivers, false).await;
        house.deliver().await;
        assert_eq!(house.smtp.connections(), before, "nobody asked a way that rests");
        for mail in house.mails(many).await {
            assert_eq!(mail.status, Pending);
            assert!(mail.last_reply.unwrap().contains("421"));
            assert!(house.service.app.reader.attempts_of(mail.id).await.unwrap().is_empty());
        }
        house.deliver_next(one).await;
        assert_eq!(house.smtp.connections(), before + 1, "one looks, the others wait");

        house.smtp.set(Script::behave);
        while house.mails(many).await.iter().any(|mail| mail.status != Sent) {
            house.pass(MINUTE);
            house.deliver().await;
        }
        assert_eq!(house.smtp.accepted().len(), 9);
    });
}

/// A way that stays closed for a week is given up, with the last words.
#[test]
fn a_way_closed_for_a_week_is_given_up() {
    run(async {
        let house = House::new().await;
        house.smtp.set(|script| script.at(Step::Connect, Act::say("554 5.3.2 gone for good")));
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        house.pass(167 * HOUR);
        house.deliver().await;
        assert_eq!(house.status(operation).await, SendingError);
        house.pass(2 * HOUR);
        house.deliver().await;
        let mail = house.mail(operation).await;
        assert_eq!(mail.status, SendingFailed);
        assert!(mail.last_reply.unwrap().contains("gone for good"));
    });
}

/// A wrong password, a bad certificate, STARTTLS taken away: the mail waits, in no case does it go
/// in clear text.
#[test]
fn nothing_goes_in_clear_text() {
    let starttls = |config: &mut Config| config.mail.security = Security::Starttls;
    for tls in [
        Tls::None,
        Tls::Stripped,
        Tls::Starttls(Identity::Untrusted),
        Tls::Starttls(Identity::Expired),
        Tls::Starttls(Identity::WrongName),
    ] {
        run(async {
            let house = House::with(Script::with_tls(tls), starttls).await;
            let operation = house.operation(&["ap@customer.example"], false).await;
            house.deliver().await;
            let mail = house.mail(operation).await;
            assert_eq!((mail.status, mail.tries), (SendingError, 0), "{tls:?}");
            let commands = house.smtp.commands();
            assert!(!commands.iter().any(|(_, it)| it.starts_with("MAIL")), "{commands:?}");
            let attempts = house.attempts(operation).await;
            assert_eq!(attempts[0].phase.as_deref(), Some("tls"), "{attempts:?}");
            assert_eq!(attempts[0].verdict.as_deref(), Some("RELAY"));
        });
    }
}

/// No mail server at all: mails wait with words that say what to do, and go out when there is one.
#[test]
fn without_a_server_mails_wait() {
    run(async {
        let house = House::with(Script::default(), |config| config.mail.host.clear()).await;
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        let mail = house.mail(operation).await;
        assert_eq!((mail.status, mail.tries), (Pending, 0));
        assert!(mail.last_reply.as_deref().unwrap().contains("chancery mail set"), "{mail:?}");
        own_server(&house, &house.smtp, "none", None).await.unwrap();
        house.deliver_next(operation).await;
        assert_eq!(house.status(operation).await, Sent);
    });
}

async fn own_server(
    house: &House,
    smtp: &SmtpServer,
    security: &str,
    login: Option<(&str, &str)>,
) -> Result<(), chancery::workflow::Error> {
    let settings = SmtpSettings {
        description: "their own".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: smtp.port(),
        security: security.to_owned(),
        from: MailAddress::parse("billing@acme.example").unwrap(),
        from_name: "ACME billing".to_owned(),
        username: login.map(|(username, _)| username.to_owned()),
        connect_timeout_ms: 10_000,
        command_timeout_ms: 10_000,
        write_timeout_ms: 10_000,
        public_only: false,
    };
    let password = login.map(|(_, password)| SecretString::from(password));
    let new = NewServer { settings, password };
    mail_servers::set_server(&house.service.app, &house.client.alias, &new).await
}

/// A client service's own server is used for its mails, its password encrypted at rest; a closed one
/// does not hold up the installation's.
#[test]
fn a_client_service_may_have_its_own_server() {
    run(async {
        let house = House::new().await;
        let login = Some(("acme".to_owned(), "correct horse battery".to_owned()));
        let own = SmtpServer::start(Script { login, ..Script::default() });
        own_server(&house, &own, "none", Some(("acme", "correct horse battery"))).await.unwrap();
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        assert_eq!(house.status(operation).await, Sent, "{:?}", house.attempts(operation).await);
        let [mail] = <[_; 1]>::try_from(own.accepted()).unwrap();
        assert_eq!(mail.from, "billing@acme.example");
        assert_eq!(mail.user.as_deref(), Some("acme"));
        assert!(house.smtp.accepted().is_empty());

        // The database holds no password in clear text.
        let path = house.service.database.strip_prefix("sqlite://").unwrap();
        for file in [path.to_owned(), format!("{path}-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            let found = bytes.windows(13).any(|window| window == b"correct horse");
            assert!(!found, "the password is in the database");
        }

        own.set(|script| script.at(Step::Mail, Act::say("550 5.7.1 account closed")));
        let closed = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        assert_eq!(house.status(closed).await, SendingError);
        let other = house.service.client().await;
        let request = super::with_receivers("another service", &["ap@customer.example"], false);
        assert_eq!(other.sign(&request).await.good()["status"], "EXECUTED");
        house.deliver().await;
        assert_eq!(house.smtp.accepted().len(), 1, "the installation's server is open");

        mail_servers::reset_server(&house.service.app, &house.client.alias).await.unwrap();
        house.pass(HOUR);
        house.deliver().await;
        assert_eq!(house.status(closed).await, Sent);
        assert_eq!(house.smtp.accepted().len(), 2);
    });
}

/// A server that was repaired, or taken away, holds nothing back: not its mails, and not the state of
/// the service.
#[test]
fn a_circuit_goes_with_its_server() {
    run(async {
        let house = House::new().await;
        let closed = SmtpServer::start(Script::default());
        closed.set(|script| script.at(Step::Mail, Act::say("550 5.7.1 account closed")));
        own_server(&house, &closed, "none", None).await.unwrap();
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        for _ in 0..6 {
            house.deliver_next(operation).await;
        }
        assert_eq!(house.service.app.circuits.all().len(), 1);
        let good = SmtpServer::start(Script::default());
        own_server(&house, &good, "none", None).await.unwrap();
        house.deliver().await;
        assert_eq!(house.status(operation).await, Sent, "at once, not after the rest");
        assert_eq!(good.accepted().len(), 1);
        assert!(house.service.app.circuits.all().is_empty());

        good.set(|script| script.at(Step::Mail, Act::say("550 5.7.1 account closed")));
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        assert_eq!(house.service.app.circuits.all().len(), 1);
        mail_servers::reset_server(&house.service.app, &house.client.alias).await.unwrap();
        house.deliver().await;
        assert_eq!(house.status(operation).await, Sent);
        assert_eq!(house.smtp.accepted().len(), 1, "over the installation's server");
        assert!(house.service.app.circuits.all().is_empty());

        // A circuit that nobody waits for any more does not stand for ever.
        house.smtp.set(|script| script.at(Step::Connect, Act::say("554 5.3.2 no")));
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        let revoked =
            notify::revoke_links(&house.service.app, Scope::Installation, operation, None);
        assert_eq!(revoked.await.unwrap(), 1);
        house.pass(2 * HOUR);
        house.deliver().await;
        assert!(house.service.app.circuits.all().is_empty());
    });
}

/// An endpoint that takes every connection and never answers does not hold mails up.
#[test]
fn webhooks_that_hang_do_not_hold_mails_up() {
    run(async {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let smtp = SmtpServer::start(Script::default());
        let mut setup = crate::support::service::Setup::new();
        use_server(&mut setup.config, &smtp);
        setup.config.delivery.senders = 1;
        setup.config.webhooks.allow_http = true;
        setup.config.webhooks.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        let service = setup.start().await;
        let client = service.client().await;
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let wish = serde_json::json!({ "url": url }).to_string();
        assert_eq!(client.post("/api/v0/webhook/endpoint", wish).await.status, 201);
        for number in 0..3 {
            let reference = format!("hanging {number}");
            let request = super::with_receivers(&reference, &["ap@customer.example"], false);
            client.sign(&request).await.good();
        }
        let begin = std::time::Instant::now();
        smtp.wait_for(3);
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
        // The endpoint is asked all the same.
        silent.accept().unwrap();
        // Its try takes its fifteen seconds; nobody waits for that here.
    });
}

/// The database is away as a mail was taken over: it is written down when it is back, and the mail is
/// not sent again.
#[test]
fn an_answer_outlives_a_database_that_is_away() {
    run(async {
        let change = |config: &mut Config| {
            config.store.wait_ms = 200;
            config.delivery.lease_ms = 60_000;
        };
        let house = House::with(Script::default(), change).await;
        let operation = house.operation(&["ap@customer.example"], false).await;
        house.smtp.set(|script| {
            script.at(Step::Message, Act::Wait(std::time::Duration::from_millis(500)));
        });
        let pause = || tokio::time::sleep(std::time::Duration::from_millis(5));
        let lock = async {
            while house.smtp.tries("ap@customer.example") == 0 {
                pause().await;
            }
            // Locked from within the try until the service has waited for it more than once.
            let mut lock = SqliteConnection::connect(&house.service.database).await.unwrap();
            while sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await.is_err() {
                pause().await;
            }
            while house.smtp.accepted().is_empty() {
                pause().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
            sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
        };
        tokio::join!(house.deliver(), lock);
        assert_eq!(house.status(operation).await, Sent);
        house.pass(HOUR);
        house.deliver().await;
        assert_eq!(house.smtp.accepted().len(), 1);
    });
}

/// Also when it is away for longer than a lease lasts, while the service looks for what is due all the time.
#[test]
fn an_answer_outlives_a_lease() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        let mut setup = crate::support::service::Setup::new();
        use_server(&mut setup.config, &smtp);
        setup.config.store.wait_ms = 50;
        setup.config.delivery.lease_ms = 1000;
        setup.config.delivery.poll_ms = 10;
        let service = setup.start().await;
        let client = service.client().await;
        let pause = || tokio::time::sleep(std::time::Duration::from_millis(5));
        smtp.set(|script| {
            script.at(Step::Message, Act::Wait(std::time::Duration::from_millis(500)));
        });
        let request = super::with_receivers("outlived", &["ap@customer.example"], false);
        let operation = client.sign(&request).await.good()["id"].as_i64().unwrap();
        let operation = chancery::domain::ids::OperationId::from_i64(operation);
        let lock = async {
            while smtp.tries("ap@customer.example") == 0 {
                pause().await;
            }
            let mut lock = SqliteConnection::connect(&service.database).await.unwrap();
            while sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await.is_err() {
                pause().await;
            }
            while smtp.accepted().is_empty() {
                pause().await;
            }
            // What writes it down waits longer from time to time: the look for what is due comes first.
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
            sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
            while service.app.reader.mails_of(operation).await.unwrap()[0].status != Sent {
                pause().await;
            }
        };
        tokio::time::timeout(PATIENCE, lock).await.expect("it is written down");
        let mails = service.app.reader.mails_of(operation).await.unwrap();
        let attempts = service.app.reader.attempts_of(mails[0].id).await.unwrap();
        assert_eq!((smtp.accepted().len(), attempts.len()), (1, 1), "{attempts:?}");
        service.stop().await;
    });
}

/// Wrong settings are refused when they are set.
#[test]
fn wrong_servers_are_refused_when_they_are_set() {
    run(async {
        let house = House::new().await;
        for (security, login, word) in
            [("ssl", None, "starttls"), ("starttls", Some(("acme", "")), "")]
        {
            let result = own_server(&house, &house.smtp, security, login).await;
            if word.is_empty() {
                result.unwrap();
            } else {
                let error = chancery::domain::sources::sources(&result.unwrap_err());
                assert!(error.contains(word), "{error}");
            }
        }
    });
}

/// Two services over one database never send the same mail twice.
#[test]
fn replicas_share_the_outbox() {
    run(async {
        let house = House::new().await;
        let mut other = crate::support::service::Setup::same_database(&house.service);
        use_server(&mut other.config, &house.smtp);
        other.clock = chancery::app::Clock::Moved(std::sync::Arc::clone(&house.clock));
        other.delivers = false;
        let other = other.start().await;
        let receivers: Vec<String> = (0..40).map(|n| format!("r{n}@customer.example")).collect();
        let receivers: Vec<&str> = receivers.iter().map(String::as_str).collect();
        let operation = house.operation(&receivers, false).await;
        while house.mails(operation).await.iter().any(|mail| mail.status != Sent) {
            let theirs = chancery::workflow::delivery::run_due(&other.app);
            let ((), theirs) = tokio::join!(house.deliver(), theirs);
            theirs.unwrap();
            house.pass(1000);
        }
        assert_eq!(house.smtp.accepted().len(), 40);
    });
}
