//! What integrators see of delivery: states in the operation, every try, and mails asked for again.

use chancery::domain::ids::{EventId, OperationId};
use chancery::domain::scope::Scope;
use chancery::domain::webhook::EventKind;
use chancery::workflow::notify;
use serde_json::{Value, json};

use super::{HOUR, House, MINUTE, use_server, with_receivers};
use crate::support::client::{Client, HTTP, PATIENCE, small};
use crate::support::postgres::Postgres;
use crate::support::service::{Setup, run, unique};
use crate::support::smtp::{Act, Script, SmtpServer, Step};

/// The receivers of an operation with their states, as the detail call shows them.
async fn receivers(client: &Client, id: &Value) -> Vec<(String, String)> {
    let detail = client.detail(id, false).await.good();
    let persons = detail["deliveryInfo"]["personReceiver"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    persons.iter().map(|it| (text(&it["email"]), text(&it["deliveryStatus"]))).collect()
}

async fn until(client: &Client, id: &Value, wanted: &[(&str, &str)]) {
    let begin = std::time::Instant::now();
    loop {
        let found = receivers(client, id).await;
        let found: Vec<(&str, &str)> =
            found.iter().map(|(email, status)| (email.as_str(), status.as_str())).collect();
        if found == wanted {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "{found:?} instead of {wanted:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn resend(client: &Client, id: &Value, attach: &str, body: &Value) -> (u16, Value) {
    let path = format!("/api/v0/delivery/mail/resend/{id}/{attach}");
    let answer = client.post(&path, body.to_string()).await;
    let body = if answer.body.is_empty() { Value::Null } else { answer.json() };
    (answer.status, body)
}

/// The whole way, on a service that delivers by itself, on both databases: the answer does not wait
/// for mail, and the states follow.
async fn states_follow(database: Option<String>) {
    let smtp = SmtpServer::start(Script::default());
    smtp.set(|script| {
        script.receiver("gone", Step::Rcpt, Act::say("550 5.1.1 no such user"));
        script.receiver("busy", Step::Rcpt, Act::say("450 4.2.1 later"));
    });
    let mut setup = Setup::new();
    use_server(&mut setup.config, &smtp);
    if let Some(url) = database {
        setup.config.store.url = url;
    }
    let service = setup.start().await;
    let client = service.client().await;
    let reference = unique("states");
    let request = with_receivers(
        &reference,
        &[
            "ap@customer.example",
            "gone@customer.example",
            "busy@customer.example",
            "AP@customer.example",
        ],
        false,
    );
    let answer = client.sign(&request).await.good();
    assert_eq!(answer["status"], "EXECUTED");
    assert_eq!(answer["deliveryInfo"]["attachDocuments"], false);
    let id = &answer["id"];
    until(
        &client,
        id,
        &[
            ("ap@customer.example", "SENT"),
            ("gone@customer.example", "SENDING_FAILED"),
            ("busy@customer.example", "SENDING_ERROR"),
        ],
    )
    .await;
    let history = client.get(&format!("/api/v0/delivery/mail/{id}")).await.good();
    let mails = history.as_array().unwrap();
    assert_eq!(mails.len(), 3, "one mailbox, one mail: {history}");
    assert_eq!(mails[0]["attempts"][0]["result"], "ACCEPTED");
    assert_eq!(mails[1]["attempts"][0]["result"], "NEVER");
    let words = mails[1]["attempts"][0]["reply"].as_str().unwrap();
    assert!(words.contains("550 5.1.1 no such user"), "{history}");
    assert!(mails[1].get("nextTry").is_none(), "{history}");
    assert!(
        mails[2]["nextTry"].as_str().unwrap() > mails[2]["attempts"][0]["ended"].as_str().unwrap()
    );

    // The same request again is the same operation, and nobody is told twice.
    let again = client.sign(&request).await.good();
    assert_eq!((&again["id"], &again["replayed"]), (id, &json!(true)));
    // Asked for again: to one who was told, and to somebody new.
    let (status, _) = resend(
        &client,
        id,
        "true",
        &json!([
            "ap@customer.example", { "email": "new@customer.example", "language": "de" },
        ]),
    )
    .await;
    assert_eq!(status, 202);
    until(
        &client,
        id,
        &[
            ("ap@customer.example", "SENT"),
            ("gone@customer.example", "SENDING_FAILED"),
            ("busy@customer.example", "SENDING_ERROR"),
            ("new@customer.example", "SENT"),
        ],
    )
    .await;
    let accepted = smtp.wait_for(3);
    let to =
        |address: &str| accepted.iter().filter(|mail| mail.to == [address]).collect::<Vec<_>>();
    assert_eq!(to("ap@customer.example").len(), 2, "the first one and the one asked for");
    let german = String::from_utf8_lossy(&to("new@customer.example")[0].message).into_owned();
    assert!(german.contains("Content-Language: de"), "{german}");
    assert!(german.contains("Content-Disposition: attachment"), "{german}");
    service.stop().await;
}

#[test]
fn states_follow_on_sqlite() {
    run(states_follow(None));
}

#[test]
fn states_follow_on_postgres() {
    let postgres = Postgres::start();
    run(states_follow(Some(postgres.url())));
}

#[test]
fn what_cannot_be_sent_again_is_refused_by_name() {
    run(async {
        let house = House::new().await;
        let client = &house.client;
        let answer = client.sign(&small(&unique("resend"))).await.good();
        assert!(answer.get("deliveryInfo").is_none(), "{answer}");
        let id = &answer["id"];
        let path = |id: &Value, attach: &str| format!("/api/v0/delivery/mail/resend/{id}/{attach}");
        let ask =
            async |id: &Value, body: &str| client.post(&path(id, "false"), body.to_owned()).await;

        ask(id, "[]").await.error(400, "0.0.2", "no-receivers");
        ask(id, "").await.error(400, "0.0.2", "no-receivers");
        ask(id, "[\"ap@customer.example\"").await.error(400, "0.0.2", "json-malformed");
        ask(id, "{}").await.error(400, "0.0.6", "member-invalid");
        ask(id, "[5]").await.error(400, "0.0.6", "member-invalid");
        let bad = ask(id, "[\"ap@customer.example\", \"nobody\"]").await;
        let bad = bad.error(400, "0.0.6", "member-invalid");
        assert!(bad["causeMessage"].as_str().unwrap().contains("receivers[1].email"), "{bad}");
        let injected = json!(["a@b.example\r\nBcc: x@y.example"]).to_string();
        ask(id, &injected).await.error(400, "0.0.6", "member-invalid");
        ask(id, "[{\"language\": \"pt\"}]").await.error(400, "0.0.2", "member-missing");
        ask(id, "[{\"email\": \"a@b.example\", \"language\": \"xx\"}]").await.error(
            400,
            "0.0.6",
            "member-invalid",
        );
        let many: Vec<String> = (0..51).map(|n| format!("r{n}@customer.example")).collect();
        ask(id, &json!(many).to_string()).await.error(413, "0.0.4", "too-many-receivers");
        let one = "[\"ap@customer.example\"]";
        client.post(&path(id, "maybe"), one).await.error(400, "0.0.6", "member-invalid");
        ask(&json!(1), one).await.error(404, "2.1.0", "operation-not-found");
        house.service.client().await.post(&path(id, "false"), one).await.error(
            404,
            "2.1.0",
            "operation-not-found",
        );
        // An operation without a sealed document, and its receivers.
        let mut failed = with_receivers(&unique("failed"), &["ap@customer.example"], false);
        failed["documents"][0]["documentRequest"]["base64Content"] = json!("PGE+");
        let failed = client.sign(&failed).await.good();
        assert_eq!(failed["status"], "EXECUTION_FAILED");
        assert_eq!(
            receivers(client, &failed["id"]).await,
            [("ap@customer.example".to_owned(), "SENDING_FAILED".to_owned())]
        );
        ask(&failed["id"], one).await.error(409, "2.1.2", "nothing-sealed");
        house.deliver().await;
        assert!(house.smtp.accepted().is_empty());
    });
}

/// What has not gone out when it is taken back does not go out; webhooks hear of it, as of what nobody
/// sealed.
#[test]
fn what_is_taken_back_does_not_go_out() {
    run(async {
        let allow = |config: &mut chancery::config::Config| {
            config.webhooks.allow_http = true;
            config.webhooks.allow_networks = vec!["127.0.0.0/8".parse().unwrap()];
        };
        let house = House::with(Script::default(), allow).await;
        let wish = json!({ "url": "http://127.0.0.1:9/", "events": ["notification.failed"] });
        let added = house.client.post("/api/v0/webhook/endpoint", wish.to_string()).await;
        assert_eq!(added.status, 201, "{}", added.text());
        let operation = house.operation(&["wrong@customer.example"], true).await;
        let url = format!("{}/api/v0/delivery/mail/{operation}/links", house.client.base);
        let revoked = HTTP.delete(url).bearer_auth(&house.client.token).send().await.unwrap();
        assert_eq!(revoked.json::<Value>().await.unwrap(), json!({ "revoked": 1 }));
        house.deliver().await;
        assert!(house.smtp.accepted().is_empty());
        let mail = house.mail(operation).await;
        assert_eq!(mail.status.as_str(), "SENDING_FAILED");
        assert!(mail.last_reply.unwrap().contains("taken back"));

        let mut failed = with_receivers(&unique("failed"), &["ap@customer.example"], false);
        failed["documents"][0]["documentRequest"]["base64Content"] = json!("PGE+");
        let failed = house.client.sign(&failed).await.good();
        let failed = OperationId::from_i64(failed["id"].as_i64().unwrap());
        for operation in [operation, failed] {
            let mail = house.mail(operation).await;
            let told = EventId::from_i64(mail.id.as_i64() | 1 << 62);
            let event = house.service.app.reader.event(told).await.unwrap().unwrap();
            let found = (event.kind, event.operation, event.message);
            assert_eq!(found, (EventKind::NotificationFailed, Some(operation), Some(mail.id)));
        }
    });
}

/// What a server is about to take over is not said to have been taken back; if it does not take it, it is.
#[test]
fn what_is_in_the_middle_of_its_try_ends_by_it() {
    run(async {
        let house = House::new().await;
        let moment = std::time::Duration::from_millis(500);
        let revoked_meanwhile = async |receiver: &str, act: Act| {
            house.smtp.set(|script| script.at(Step::Message, act));
            let operation = house.operation(&[receiver], false).await;
            let revoke = async {
                while house.smtp.tries(receiver) == 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                let app = &house.service.app;
                notify::revoke_links(app, Scope::Installation, operation, None).await.unwrap();
            };
            tokio::join!(house.deliver(), revoke);
            operation
        };
        let taken = revoked_meanwhile("taken@customer.example", Act::Wait(moment)).await;
        let mail = house.mail(taken).await;
        assert_eq!(mail.status.as_str(), "SENT", "{:?}", mail.last_reply);
        assert!(mail.link_revoked.is_some());
        assert_eq!(house.smtp.accepted().len(), 1);

        let later = Act::WaitAndSay(moment, "451 4.3.0 not now".to_owned());
        let left = revoked_meanwhile("left@customer.example", later).await;
        assert_eq!(house.mail(left).await.status.as_str(), "SENDING_ERROR");
        house.smtp.set(Script::behave);
        house.deliver_next(left).await;
        let mail = house.mail(left).await;
        assert_eq!(mail.status.as_str(), "SENDING_FAILED");
        assert!(mail.last_reply.unwrap().contains("taken back"));
        assert_eq!(house.smtp.accepted().len(), 1, "it was not tried again");
    });
}

/// Who is written to again is written to in the same language.
#[test]
fn the_language_is_kept() {
    run(async {
        let house = House::new().await;
        let mut request = with_receivers(&unique("language"), &["ap@cliente.example"], false);
        request["preservationInfo"]["deliveryInfo"]["personReceiver"][0]["language"] =
            json!("pt-PT");
        let answer = house.client.sign(&request).await.good();
        let one = json!(["AP@cliente.example"]);
        assert_eq!(resend(&house.client, &answer["id"], "false", &one).await.0, 202);
        house.deliver().await;
        let accepted = house.smtp.accepted();
        assert_eq!(accepted.len(), 2);
        for mail in accepted {
            assert_eq!(mail.header("Content-Language").as_deref(), Some("pt"));
        }
    });
}

/// A mailbox gets five mails about an operation in a day, however often somebody asks.
#[test]
fn asking_again_has_a_limit_by_day() {
    run(async {
        let house = House::new().await;
        let answer = house.client.sign(&small(&unique("cap"))).await.good();
        let id = &answer["id"];
        let one = json!(["ap@customer.example"]);
        for _ in 0..5 {
            assert_eq!(resend(&house.client, id, "false", &one).await.0, 202);
        }
        let (status, refused) = resend(&house.client, id, "false", &one).await;
        assert_eq!((status, &refused["reason"]), (429, &json!("resend-limit")), "{refused}");
        let folded = json!(["other@customer.example", "AP@customer.example"]);
        let (status, _) = resend(&house.client, id, "false", &folded).await;
        assert_eq!(status, 429, "other spelling, same mailbox; nothing is queued for the other");
        assert_eq!(receivers(&house.client, id).await.len(), 1);
        house.pass(25 * HOUR);
        let client = house.client.at(&house.client.base).await;
        assert_eq!(resend(&client, id, "false", &one).await.0, 202, "the next day");
    });
}

/// `Prefer: return=representation` says how many.
#[test]
fn the_answer_says_how_many_if_asked() {
    run(async {
        let house = House::new().await;
        let answer = house.client.sign(&small(&unique("prefer"))).await.good();
        let url =
            format!("{}/api/v0/delivery/mail/resend/{}/false", house.client.base, answer["id"]);
        let request = HTTP
            .post(url)
            .bearer_auth(&house.client.token)
            .header("prefer", "return=representation")
            .body(
                json!(["a@customer.example", "b@customer.example", "A@customer.example"])
                    .to_string(),
            );
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 202);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body, json!({ "operationId": answer["id"], "queued": 2 }));
    });
}

/// A test mail is one try, and the server's words come back.
#[test]
fn a_test_mail_says_how_it_went() {
    run(async {
        let house = House::new().await;
        let ask = async |body: Value| {
            house.client.post("/api/v0/delivery/mail/test", body.to_string()).await
        };
        let good = ask(json!({ "email": "ops@acme.example", "language": "fr" })).await.good();
        assert!(good["reply"].as_str().unwrap().starts_with("250"), "{good}");
        let text = String::from_utf8_lossy(&house.smtp.accepted()[0].message).into_owned();
        assert!(text.contains("Content-Language: fr"), "{text}");
        house.smtp.set(|script| script.at(Step::Rcpt, Act::say("550 5.1.1 not here")));
        let bad =
            ask(json!({ "email": "ops@acme.example" })).await.error(502, "0.0.5", "mail-not-taken");
        assert!(bad["causeMessage"].as_str().unwrap().contains("550 5.1.1 not here"), "{bad}");
        ask(json!({ "email": "nobody" })).await.error(400, "0.0.6", "member-invalid");
        ask(json!({})).await.error(400, "0.0.2", "member-missing");
        for _ in 0..18 {
            ask(json!({ "email": "ops@acme.example" })).await;
        }
        house.pass(10 * MINUTE);
        let refused = ask(json!({ "email": "ops@acme.example" })).await;
        refused.error(429, "0.0.11", "hourly-limit");
        assert_eq!(refused.header("retry-after"), "3000");
        // Who waits so long is served.
        house.pass(3_000_000);
        ask(json!({ "email": "ops@acme.example" })).await.error(502, "0.0.5", "mail-not-taken");
    });
}
