//! Log-ins that fail, and tokens that end before their time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::Clock;
use chancery::domain::client_service::{ClientServiceStatus, SecretOverlap};
use chancery::domain::company::CompanyStatus;
use chancery::store::alarms::RaisedAlarm;
use chancery::workflow::{alarms, client_services, companies};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::client::{Answer, Client, HTTP, small, token};
use crate::support::judges::repository;
use crate::support::postgres::Postgres;
use crate::support::service::{Service, Setup, now, on_shared, run, unique};

/// A service whose clock is moved by hand.
async fn house() -> (Service, Arc<AtomicI64>) {
    let clock = Arc::new(AtomicI64::new(now().unix_ms()));
    let mut setup = Setup::new();
    setup.clock = Clock::Moved(Arc::clone(&clock));
    (setup.start().await, clock)
}

/// A log-in that a proxy of ours says comes from an address.
async fn log_in(service: &Service, alias: &str, secret: &str, from: &str) -> Answer {
    let request = HTTP
        .post(format!("{}/oauth2/token", service.base))
        .basic_auth(alias, Some(secret))
        .header("x-forwarded-for", from)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    Answer::of(request).await
}

#[test]
fn who_guesses_waits_and_a_right_secret_from_elsewhere_does_not() {
    run(async {
        let (service, clock) = house().await;
        let Client { alias, secret, .. } = &service.client().await;
        let (here, there) = ("192.0.2.1", "192.0.2.2");
        for _ in 0..5 {
            assert_eq!(log_in(&service, alias, "wrong", here).await.status, 401);
        }
        for wait in ["1", "2", "4", "8"] {
            for shown in ["wrong", secret.as_str()] {
                let refused = log_in(&service, alias, shown, here).await;
                let error = refused.json()["error"].clone();
                assert_eq!(
                    (refused.status, &error),
                    (429, &Value::from("temporarily_unavailable"))
                );
                assert_eq!(refused.header("retry-after"), wait);
            }
            // Nobody locks a client out by guessing elsewhere.
            assert_eq!(log_in(&service, alias, secret, there).await.status, 200);
            let wait: i64 = wait.parse().unwrap();
            clock.fetch_add(wait * 1000, Ordering::Relaxed);
            assert_eq!(log_in(&service, alias, "wrong", here).await.status, 401);
        }
        clock.fetch_add(16_000, Ordering::Relaxed);
        assert_eq!(log_in(&service, alias, secret, here).await.status, 200);
        assert_eq!(log_in(&service, alias, "wrong", here).await.status, 401, "it begins anew");
        // Another alias there has not failed.
        let other = service.client().await;
        assert_eq!(log_in(&service, &other.alias, &other.secret, here).await.status, 200);
    });
}

/// An attack from everywhere at one alias, and one from one address at many.
#[test]
fn operators_hear_of_log_ins_that_fail() {
    run(async {
        let (service, clock) = house().await;
        let client = service.client().await;
        let mut watcher = alarms::Watcher::default();
        let mut standing = async || {
            watcher.look(&service.app).await.unwrap();
            let all = service.app.reader.alarms().await.unwrap();
            let stands =
                |alarm: &RaisedAlarm| alarm.cleared.is_none() && alarm.name.starts_with("login");
            all.into_iter().filter(stands).collect::<Vec<_>>()
        };
        for number in 0..9 {
            log_in(&service, &client.alias, "wrong", &format!("192.0.2.{number}")).await;
        }
        assert!(standing().await.is_empty());
        log_in(&service, &client.alias, "wrong", "2001:db8::4711").await;
        let told = standing().await;
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].name, format!("login:{}/failing", client.alias));
        let content: Value = serde_json::from_str(&told[0].content).unwrap();
        assert_eq!((&content["failures"], &content["address"]), (&json!(10), &json!("2001:db8::")));

        // What somebody calls himself is in no letter.
        let guess = async |number: u32| {
            log_in(&service, &format!("nobody-{number}"), "wrong", "198.51.100.1").await.status
        };
        let mut refused = 0;
        for number in 0..60 {
            refused += u32::from(guess(number).await == 429);
        }
        assert_eq!(refused, 20, "an address waits after 40");
        assert_eq!(standing().await.len(), 1);
        for number in 60..70 {
            clock.fetch_add(10_000, Ordering::Relaxed);
            assert_eq!(guess(number).await, 401);
        }
        let told = standing().await;
        assert_eq!(told[0].name, "login/failing");
        let content: Value = serde_json::from_str(&told[0].content).unwrap();
        assert_eq!((&content["failures"], &content["who"]), (&json!(50), &json!("198.51.100.1")));
    });
}

/// Whether a token opens something.
async fn opens(client: &Client) -> u16 {
    client.status(&1.into()).await.status
}

/// What ends a secret at once ends its tokens, and what was suspended comes back without them.
#[test]
fn tokens_end_with_their_secret_and_with_a_suspension() {
    run(async {
        let (service, clock) = house().await;
        let remembered = service.app.tokens.status_cache_ms + 1;
        let pass = || clock.fetch_add(remembered, Ordering::Relaxed);
        let mut client = service.client().await;
        let rotated = async |client: &Client, only: bool| {
            let overlap = if only { SecretOverlap::None } else { SecretOverlap::UntilNext };
            let secret = client_services::rotate_secret(&service.app, &client.alias, overlap).await;
            let secret = secret.unwrap().expose_secret().to_owned();
            Client::log_in(&service.base, &client.alias, &secret).await
        };
        let ended = async |old: &Client| {
            let path = "/api/v0/operation/status/1";
            old.get(path).await.error(401, "0.0.10", "access-token-expired");
        };
        let second = rotated(&client, false).await;
        pass();
        assert_eq!((opens(&client).await, opens(&second).await), (404, 404), "both secrets live");
        let only = rotated(&client, true).await;
        pass();
        ended(&client).await;
        ended(&second).await;
        assert_eq!(opens(&only).await, 404, "granted in the same second");

        client = only;
        let set = async |status| {
            let alias = &client.alias;
            client_services::set_status(&service.app, alias, status).await.unwrap();
            pass();
        };
        set(ClientServiceStatus::Active).await;
        assert_eq!(opens(&client).await, 404, "it was active");
        set(ClientServiceStatus::Suspended).await;
        assert_eq!(opens(&client).await, 403);
        set(ClientServiceStatus::Active).await;
        ended(&client).await;
        client = client.at(&service.base).await;
        assert_eq!(opens(&client).await, 404);

        for (status, seen) in [(CompanyStatus::Suspended, 403), (CompanyStatus::Active, 401)] {
            companies::set_status(&service.app, "PRT", "505767457", status).await.unwrap();
            pass();
            assert_eq!(opens(&client).await, seen);
        }
        assert_eq!(opens(&client.at(&service.base).await).await, 404);
    });
}

/// Every address that is described, with a token that reads and one that writes.
#[test]
fn a_scope_opens_what_it_says_at_every_address() {
    on_shared(async |service| {
        let client = service.client().await;
        let with = async |scope: &str| {
            let request = HTTP
                .post(format!("{}/oauth2/token", service.base))
                .basic_auth(&client.alias, Some(&client.secret))
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("grant_type=client_credentials&scope={scope}"));
            Answer::of(request).await.good()["access_token"].as_str().unwrap().to_owned()
        };
        let (reads, writes) = (with("read").await, with("write").await);
        let text = std::fs::read_to_string(repository().join("docs/openapi.json")).unwrap();
        let described: Value = serde_json::from_str(&text).unwrap();
        let mut tried = 0;
        for (path, methods) in described["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if operation["security"].as_array().is_none_or(Vec::is_empty) {
                    continue;
                }
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let address = path.replace("{attachDocuments}", "true");
                let address = address.replace("{includeContent}", "true");
                let address = address.replace("{reference}", "x").replace("{id}", "1");
                let url = format!("{}{address}", service.base);
                // A verification records nothing.
                let only_reads = method == Method::GET || path == "/api/v1/verifications";
                let (wrong, needed) =
                    if only_reads { (&writes, "read") } else { (&reads, "write") };
                let refused =
                    Answer::of(HTTP.request(method.clone(), &url).bearer_auth(wrong)).await;
                let cause = if path.starts_with("/api/v1/") {
                    let body = refused.json();
                    assert_eq!(
                        (refused.status, &body["reason"]),
                        (403, &json!("oauth-scope-missing"))
                    );
                    body["detail"].as_str().unwrap().to_owned()
                } else {
                    let body = refused.error(403, "0.0.10", "oauth-scope-missing");
                    body["causeMessage"].as_str().unwrap().to_owned()
                };
                assert!(cause.contains(&format!("scope {needed};")), "{method} {path}: {cause}");
                tried += 1;
            }
        }
        assert!(tried > 15, "{tried}");
    });
}

/// As many questions for an alias that nobody has as for one with two secrets.
#[test]
fn an_unknown_alias_is_asked_for_as_a_known_one() {
    let postgres = Postgres::that_writes_statements_down();
    run(async {
        let mut setup = Setup::new();
        setup.config.store.url = postgres.url();
        // Nobody else asks about client services meanwhile.
        setup.delivers = false;
        let service = setup.start().await;
        let one = service.client().await;
        let two = service.client().await;
        let overlap = SecretOverlap::UntilNext;
        client_services::rotate_secret(&service.app, &two.alias, overlap).await.unwrap();
        let asked = async |alias: &str| {
            let before = postgres.statements().len();
            assert_eq!(token(&service.base, alias, "wrong").await.status, 401);
            let asked = postgres.statements().split_off(before);
            let ours = |text: &String| text.contains("FROM client_se") && text.contains("$1");
            asked.into_iter().filter(ours).collect::<Vec<_>>()
        };
        let of_nobody = asked("PRT.nobody").await;
        assert_eq!(of_nobody.len(), 2, "{of_nobody:?}");
        assert_eq!(of_nobody, asked(&one.alias).await);
        assert_eq!(of_nobody, asked(&two.alias).await);
        service.stop().await;
    });
}

#[test]
fn a_token_that_is_not_valid_yet_opens_nothing() {
    on_shared(async |service| {
        let client = service.client().await;
        let claims = service.app.token_keys.check(&client.token, &service.app.issuer, "chancery");
        let claims = claims.unwrap();
        for (seconds, status) in [(-60, 404), (20, 404), (60, 401)] {
            let mut later = claims.clone();
            later.nbf = Some(now().unix_ms() / 1000 + seconds);
            let mut client = client.clone();
            client.token = service.app.token_keys.sign(&later).unwrap();
            assert_eq!(opens(&client).await, status, "{seconds} s");
        }
        client.sign(&small(&unique("valid"))).await.good();
    });
}
