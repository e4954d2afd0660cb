//! Services that look while time passes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::{Clock, Closed};
use chancery::domain::client_service::{Change, ClientServiceStatus};
use chancery::domain::delivery::{DeliveryStatus, MailAddress};
use chancery::domain::ids::{EventId, MessageId, ProcessId};
use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::domain::outbox::{Message, MessageKind, Target};
use chancery::domain::usage::UsageLimit;
use chancery::domain::webhook::EventKind;
use chancery::workflow::alarms::Watcher;
use chancery::workflow::delivery::letters;
use chancery::workflow::{client_services, companies, usage};
use chancery_testing::hostile_clients::SIGN;
use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::{Answer, HTTP, all_sealed, document, request, small};
use crate::support::outbox::{enqueue, lease_due_mails};
use crate::support::service::{Service, Setup, now, run, unique};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The installation's mail server.
const OURS: Closed = Closed { account: None, revision: 0 };

/// Services over one database, and the hand that moves their clock.
struct House {
    services: Vec<Service>,
    watchers: Vec<Watcher>,
    clock: Arc<AtomicI64>,
}

impl House {
    async fn of(count: usize) -> Self {
        let clock = Arc::new(AtomicI64::new(now().unix_ms()));
        let mut services: Vec<Service> = Vec::new();
        for _ in 0..count {
            let mut setup = services.first().map_or_else(Setup::new, Setup::same_database);
            setup.delivers = false;
            setup.clock = Clock::Moved(Arc::clone(&clock));
            setup.config.alarms.receivers = vec![address("night@example.com")];
            let authority = toml::from_str("url = \"http://127.0.0.1:1/\"").unwrap();
            setup.config.timestamp.authorities.insert("first".to_owned(), authority);
            services.push(setup.start().await);
        }
        let watchers = (0..count).map(|_| Watcher::default()).collect();
        Self { services, watchers, clock }
    }

    fn set(&self, at: Instant) {
        self.clock.store(at.unix_ms(), Ordering::Relaxed);
    }

    fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    /// All look at once; returns what is told in consequence, as (receiver, alarm).
    async fn look(&mut self) -> Vec<(String, Value)> {
        let mut looks = Vec::new();
        for (service, watcher) in self.services.iter().zip(&mut self.watchers) {
            let (app, mut watcher) = (Arc::clone(&service.app), std::mem::take(watcher));
            looks.push(tokio::spawn(async move {
                watcher.look(&app).await.unwrap();
                watcher
            }));
        }
        for (watcher, look) in self.watchers.iter_mut().zip(looks) {
            *watcher = look.await.unwrap();
        }
        self.told().await
    }

    /// What waits to be told, once.
    async fn told(&self) -> Vec<(String, Value)> {
        let app = &self.services[0].app;
        let ever = Instant::from_unix_ms(i64::MAX);
        let mut told = Vec::new();
        for (lease, message) in lease_due_mails(&app.store, (app.now(), ever)).await {
            assert_eq!(message.kind, MessageKind::Alarm);
            assert_eq!(message.client_service, None, "the installation's server sends it");
            assert!(message.mail_id.is_some());
            let Target::Mail { address, language } = message.target else { panic!() };
            let content = message.content.unwrap();
            letters::alarm(&content, language.unwrap()).unwrap();
            told.push((address.to_string(), serde_json::from_str(&content).unwrap()));
            app.store.give_up(lease, "read", EventId::from_i64(1), app.now()).await.unwrap();
        }
        told
    }

    async fn standing(&self) -> Vec<String> {
        let all = self.services[0].app.reader.alarms().await.unwrap();
        all.into_iter().filter(|it| it.cleared.is_none()).map(|it| it.name).collect()
    }

    async fn stop(self) {
        for service in self.services {
            service.stop().await;
        }
    }
}

fn address(text: &str) -> MailAddress {
    MailAddress::parse(text).unwrap()
}

fn names(told: &[(String, Value)]) -> Vec<&str> {
    told.iter().map(|(_, content)| content["alarm"].as_str().unwrap()).collect()
}

async fn listen(service: &Service, alias: &str) {
    let client_service = service.app.reader.client_service_by_alias(alias).await.unwrap().unwrap();
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
    sqlx::query(
        "INSERT INTO webhook_endpoint
         (id, client_service_id, url, description, events, status, created_ms)
         VALUES (1, $1, 'https://hooks.example', '', '', 'ACTIVE', 1)",
    )
    .bind(client_service.id.as_i64())
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

#[test]
fn every_step_of_a_certificate_is_told_once_by_two_services() {
    run(async {
        let mut house = House::of(2).await;
        let app = Arc::clone(&house.services[0].app);
        let client = house.services[0].client().await;
        listen(&house.services[0], &client.alias).await;
        house.services[0].client().await; // of the same company, without an endpoint
        let email = Change::To(Some(address("finance@acme.example")));
        let language = Change::To(Some(Language::Pt));
        companies::change_contact(&app, "PRT", "505767457", &email, &language).await.unwrap();

        let not_after = AUTHORITY.p256.signing().not_after();
        let mut told = Vec::new();
        for quarter in (-61 * 4)..8 {
            house.set(not_after.plus_ms(quarter * DAY_MS / 4));
            told.extend(house.look().await);
        }
        // Two credentials with one certificate, each told to two receivers.
        let of = |alias: &str, receiver: &str| -> Vec<String> {
            let told = told.iter().filter(|(to, it)| to == receiver && it["alias"] == alias);
            told.map(|(_, it)| it["days"].as_u64().map_or("end".to_owned(), |d| d.to_string()))
                .collect()
        };
        let credentials = app.reader.credentials().await.unwrap();
        assert_eq!(credentials.len(), 2);
        for credential in &credentials {
            for receiver in ["night@example.com", "finance@acme.example"] {
                let steps = of(&credential.alias, receiver);
                assert_eq!(steps, ["60", "30", "14", "7", "1", "end"], "{receiver}");
            }
        }
        assert_eq!(told.len(), 2 * 2 * 6);
        let events = app.reader.unfanned_events(100).await.unwrap();
        let days: Vec<u64> = events
            .iter()
            .map(|event| {
                assert_eq!(event.kind, EventKind::CredentialExpiring);
                let content: Value =
                    serde_json::from_str(event.content.as_deref().unwrap()).unwrap();
                assert_eq!(content["notAfter"], not_after.to_rfc3339());
                content["days"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(days, [60, 30, 14, 7, 1, 0], "only who has an endpoint");
        house.stop().await;
    });
}

#[test]
fn a_replaced_credential_clears_its_alarms() {
    run(async {
        let mut house = House::of(1).await;
        let app = Arc::clone(&house.services[0].app);
        let client = house.services[0].client().await;
        let not_after = AUTHORITY.p256.signing().not_after();
        house.set(not_after.plus_ms(-12 * DAY_MS));
        assert_eq!(names(&house.look().await), ["credential-expiring"], "the step reached");
        assert_eq!(house.standing().await.len(), 1);
        let set = async |status| {
            client_services::set_status(&app, &client.alias, status).await.unwrap();
        };
        set(ClientServiceStatus::Suspended).await;
        assert!(house.look().await.is_empty());
        assert!(house.standing().await.is_empty(), "nobody seals with it");
        set(ClientServiceStatus::Active).await;
        assert!(house.look().await.is_empty(), "it was told just now");
        house.pass(HOUR_MS);
        assert_eq!(names(&house.look().await), ["credential-expiring"]);

        let other = house.services[0].credential(&AUTHORITY.rsa).await;
        client_services::assign(&app, &client.alias, other).await.unwrap();
        let told = house.look().await;
        assert_eq!(names(&told), ["credential-expiring"], "the new one ends soon too");
        let standing = house.standing().await;
        let alias = told[0].1["alias"].as_str().unwrap();
        assert_eq!(standing, [format!("credential:{alias}/14")]);
        house.stop().await;
    });
}

#[test]
fn grants_are_told_daily_until_renewed() {
    run(async {
        let mut house = House::of(2).await;
        let app = Arc::clone(&house.services[0].app);
        house.services[0].client().await;
        let alias = app.reader.credentials().await.unwrap().remove(0).alias;
        usage::grant(&app, &alias, None, 1000).await.unwrap();
        let mut told = Vec::new();
        for _ in 0..(62 * 4) {
            house.pass(DAY_MS / 4);
            told.extend(house.look().await);
        }
        let mut expected = vec!["grant-ending"; 7];
        expected.push("grant-ended");
        assert_eq!(names(&told), expected);
        usage::grant(&app, &alias, None, 1000).await.unwrap();
        assert!(house.look().await.is_empty() && house.standing().await.is_empty());
        house.stop().await;
    });
}

#[test]
fn usage_is_counted_by_sealing_and_told_at_four_fifths() {
    run(async {
        let mut house = House::of(1).await;
        let app = Arc::clone(&house.services[0].app);
        let client = house.services[0].client().await;
        let at = app.now();
        let limit =
            UsageLimit { documents: 4, from: at.plus_ms(-DAY_MS), until: at.plus_ms(99 * DAY_MS) };
        usage::set_limit(&app, "PRT", "505767457", Some(&limit)).await.unwrap();
        let seal = async |count: usize| {
            let documents: Vec<Value> =
                (0..count).map(|_| document(&unique("document"), "<invoice/>")).collect();
            all_sealed(&client.sign(&request(&unique("usage"), documents)).await.good());
        };
        seal(3).await;
        assert!(house.look().await.is_empty(), "three quarters");
        seal(1).await;
        let told = house.look().await;
        assert_eq!(names(&told), ["usage-near"]);
        assert_eq!((&told[0].1["used"], &told[0].1["limit"]), (&4.into(), &4.into()));
        seal(1).await;
        assert_eq!(names(&house.look().await), ["usage-exceeded"]);
        assert!(house.look().await.is_empty());
        let more = UsageLimit { documents: 100, ..limit };
        usage::set_limit(&app, "PRT", "505767457", Some(&more)).await.unwrap();
        house.look().await;
        assert!(house.standing().await.is_empty());
        let months = usage::by_month(&app).await.unwrap();
        assert_eq!((months.len(), months[0].sealed), (1, 5));
        assert!(at.to_xs_date_time().starts_with(&months[0].month));
        let credential = app.reader.credentials().await.unwrap().remove(0).id;
        assert_eq!(app.reports.sealed_with_credential(credential, at).await.unwrap(), 5);
        let tomorrow = at.plus_ms(DAY_MS);
        assert_eq!(app.reports.sealed_with_credential(credential, tomorrow).await.unwrap(), 0);
        house.stop().await;
    });
}

#[test]
fn a_closed_mail_server_is_told_once_and_seen_in_health() {
    run(async {
        let mut house = House::of(2).await;
        let app = Arc::clone(&house.services[0].app);
        let ready = async || {
            let answer = HTTP.get(format!("{}/readyz", house.services[0].base)).send().await;
            let answer = answer.unwrap();
            (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
        };
        let (status, body) = ready().await;
        assert_eq!((status, &body["status"]), (200, &"ok".into()), "{body}");
        app.circuits.found_closed(OURS, app.now(), (1000, 1000), "535 5.7.8 no such user");
        let (status, body) = ready().await;
        assert_eq!((status, &body["status"]), (200, &"degraded".into()), "{body}");
        assert_eq!(body["mailServersClosed"], 1);

        assert!(house.look().await.is_empty(), "perhaps only for a moment");
        house.pass(5 * 60 * 1000);
        let told = house.look().await;
        assert_eq!(names(&told), ["mail-closed"]);
        assert_eq!(told[0].1["lastWords"], "535 5.7.8 no such user");
        for _ in 0..3 {
            house.pass(HOUR_MS);
            assert!(house.look().await.is_empty());
        }
        assert_eq!(house.standing().await, ["smtp/closed"], "the other one came through");
        app.circuits.close(None);
        house.look().await;
        assert!(house.standing().await.is_empty());
        house.pass(1000);
        app.circuits.found_closed(OURS, app.now(), (1000, 1000), "421 gone");
        house.pass(6 * 60 * 1000);
        assert_eq!(names(&house.look().await), ["mail-closed"], "a new time");
        // Whoever held it open is gone; whoever starts now finds out again.
        let mut watcher = Watcher::default();
        watcher.look(&house.services[1].app).await.unwrap();
        assert!(house.standing().await.is_empty());
        house.stop().await;
    });
}

#[test]
fn a_message_that_waits_is_told() {
    run(async {
        let mut house = House::of(1).await;
        let app = Arc::clone(&house.services[0].app);
        let at = app.now();
        let message = Message {
            id: MessageId::from_i64(7),
            kind: MessageKind::Test,
            client_service: None,
            operation: None,
            target: Target::Mail { address: address("a@b.example"), language: None },
            position: 0,
            attach: false,
            links_only: false,
            content: None,
            mail_id: None,
            status: DeliveryStatus::Pending,
            tries: 0,
            next: Some(at),
            created: at,
            released: Some(at),
            ended: None,
            last_reply: None,
            link_expires: None,
            link_revoked: None,
            opened: None,
        };
        enqueue(&app.store, &[message]).await;
        let ever = Instant::from_unix_ms(i64::MAX);
        let (lease, _) = lease_due_mails(&app.store, (at, ever)).await.remove(0);
        assert!(house.look().await.is_empty());
        house.pass(16 * 60 * 1000);
        let told = house.look().await;
        assert_eq!(names(&told), ["queue-old"]);
        assert_eq!(told[0].1["oldest"], at.unix_ms());
        app.store.give_up(lease, "enough", EventId::from_i64(1), app.now()).await.unwrap();
        house.look().await;
        assert_eq!(house.standing().await, Vec::<String>::new(), "its own mail is young");
        house.stop().await;
    });
}

/// An operation at which one process after the other ended is told, until one gives it back in order.
#[test]
fn processes_that_end_at_an_operation_are_told() {
    run(async {
        let mut house = House::of(1).await;
        let service = &house.services[0];
        let app = Arc::clone(&service.app);
        let client = service.client().await;
        let busy = service.all_busy().await;
        let asking = HTTP.post(format!("{}{SIGN}", service.base)).bearer_auth(&client.token);
        let asking = asking.header("prefer", "respond-async").body(small("at-its-end").to_string());
        assert_eq!(Answer::of(asking).await.status, 202);
        let mut lease = None;
        for (process, crashing) in [(1, false), (2, true)] {
            // As if nobody waited for so long a lease: another process has it now.
            let now = (app.now(), Instant::from_unix_ms(0));
            let (process, everything) = (ProcessId::from_i64(process), (10, (&[][..], &[][..])));
            let due = app.store.lease_due(process, now, now.0.plus_ms(DAY_MS), everything);
            lease = Some(due.await.unwrap().remove(0).0);
            let told = house.look().await;
            let told = told.into_iter().find(|(_, alarm)| alarm["alarm"] == "operations-crash");
            assert_eq!(told.map(|(_, alarm)| alarm["waiting"].clone()), crashing.then(|| json!(1)));
        }
        app.store.give_back(lease.unwrap(), app.now().plus_ms(DAY_MS), "in order").await.unwrap();
        house.look().await;
        assert!(!house.standing().await.contains(&"queue/crashes".to_owned()), "it is over");
        drop(busy);
        house.stop().await;
    });
}

/// A time-stamp authority that is away for long is told, and when it answers again that is over.
#[test]
fn a_time_stamp_authority_that_is_away_is_told() {
    run(async {
        let mut house = House::of(1).await;
        let app = Arc::clone(&house.services[0].app);
        let authority = app.authorities.named("first").unwrap();
        authority.found_away(app.now(), "it answered HTTP 503");
        assert!(house.look().await.is_empty(), "perhaps only for a moment");
        house.pass(5 * 60 * 1000);
        let told = house.look().await;
        assert_eq!(names(&told), ["authority-away"]);
        assert_eq!(
            (&told[0].1["name"], &told[0].1["lastWords"]),
            (&"first".into(), &"it answered HTTP 503".into())
        );
        assert_eq!(house.standing().await, ["timestamp:first/away"]);
        authority.came_through();
        house.look().await;
        assert!(house.standing().await.is_empty());
        house.stop().await;
    });
}
