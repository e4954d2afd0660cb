//! Mail is no relay for strangers: how many mails a client service may have sent, and where to.

use chancery::domain::ids::OperationId;
use chancery::workflow::{alarms, client_services};
use serde_json::{Value, json};

use super::{DAY, HOUR, House, with_receivers};
use crate::support::client::Answer;
use crate::support::service::{run, unique};
use crate::support::smtp::Script;

/// Signs for receivers under a reference.
async fn sign(house: &House, reference: &str, receivers: &[&str]) -> Answer {
    house.client.sign(&with_receivers(reference, receivers, false)).await
}

/// Asserts that a request is refused because of a limit of so many mails, and returns it.
#[track_caller]
fn is_refused(answer: &Answer, limit: u32) -> String {
    let refused = answer.error(429, "2.2.1", "mail-limit");
    let cause = refused["causeMessage"].as_str().unwrap().to_owned();
    assert!(cause.contains(&format!(": {limit} in 24 hours")), "{cause}");
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((23 * 3600 - 1..=24 * 3600).contains(&wait), "{wait}");
    cause
}

#[test]
fn a_client_service_has_so_many_mails_a_day() {
    run(async {
        let mut house = House::with(Script::default(), |config| {
            config.delivery.mails_per_day = 3;
            config.delivery.mails_per_domain_per_day = 2;
        })
        .await;
        let first = unique("first");
        let two = ["a@one.example", "b@ONE.example"];
        sign(&house, &first, &two).await.good();
        let again = unique("again");
        let cause = is_refused(&sign(&house, &again, &["c@one.example"]).await, 2);
        assert!(cause.contains("to one.example"), "{cause}");
        // Nothing was recorded, and what needs no mail is sealed.
        house.client.by_reference(&again).await.error(404, "2.1.0", "operation-not-found");
        let without = sign(&house, &unique("without"), &[]).await.good();
        assert_eq!(without["status"], "EXECUTED");
        // What was accepted before stays so.
        let replayed = sign(&house, &first, &two).await;
        assert_eq!((replayed.status, replayed.header("idempotent-replayed")), (200, "true"));

        let other = sign(&house, &unique("other"), &["a@two.example"]).await.good();
        let whole = is_refused(&sign(&house, &unique("more"), &["a@three.example"]).await, 3);
        assert!(!whole.contains("example"), "{whole}");
        let id = OperationId::from_i64(other["id"].as_i64().unwrap());
        let path = format!("/api/v0/delivery/mail/resend/{id}/false");
        let resent = house.client.post(&path, json!(["z@four.example"]).to_string()).await;
        is_refused(&resent, 3);
        let stranger = house.service.client().await;
        let theirs = with_receivers(&unique("theirs"), &["a@one.example"], false);
        stranger.sign(&theirs).await.good();

        // A day later there is room; the same request is taken.
        house.pass(DAY + HOUR);
        house.client = house.client.at(&house.service.base).await;
        sign(&house, &again, &["c@one.example"]).await.good();

        // One that may have more, to one domain too; and one that may have any number.
        for (own, most) in [(Some(4), 4), (Some(0), 50)] {
            let alias = &house.client.alias;
            client_services::set_mails_per_day(&house.service.app, alias, own).await.unwrap();
            house.pass(house.service.app.tokens.status_cache_ms + 1);
            for _ in 1..most.min(10) {
                sign(&house, &unique("own"), &["c@one.example"]).await.good();
            }
            let next = sign(&house, &unique("own"), &["c@one.example"]).await;
            if most == 4 {
                is_refused(&next, 4);
            } else {
                next.good();
            }
        }
    });
}

#[test]
fn operators_hear_of_a_client_service_at_its_limit() {
    run(async {
        let house = House::with(Script::default(), |config| {
            config.delivery.mails_per_domain_per_day = 1;
        })
        .await;
        let app = &house.service.app;
        let mut watcher = alarms::Watcher::default();
        sign(&house, &unique("one"), &["a@one.example"]).await.good();
        assert_eq!(watcher.look(app).await.unwrap(), 0);
        for _ in 0..3 {
            is_refused(&sign(&house, &unique("two"), &["a@one.example"]).await, 1);
        }
        assert_eq!(watcher.look(app).await.unwrap(), 1);
        assert_eq!(watcher.look(app).await.unwrap(), 0, "told once");
        let name = format!("mails:{}/limit", house.client.alias);
        let stands = async || {
            let alarms = app.reader.alarms().await.unwrap();
            let alarm = alarms.into_iter().find(|alarm| alarm.name == name).unwrap();
            (serde_json::from_str::<Value>(&alarm.content).unwrap(), alarm.cleared.is_some())
        };
        let (content, cleared) = stands().await;
        assert_eq!(content["client"], house.client.alias.as_str());
        assert_eq!((&content["domain"], &content["limit"]), (&json!("one.example"), &json!(1)));
        assert!(!cleared);
        house.pass(HOUR);
        watcher.look(app).await.unwrap();
        assert!(stands().await.1, "nobody was refused for an hour");
    });
}

#[test]
fn no_mail_goes_to_addresses_of_the_house() {
    run(async {
        let mut house = House::new().await;
        let done = house.operation(&["ap@customer.example"], false).await;
        let resend = format!("/api/v0/delivery/mail/resend/{done}/false");
        for address in
            ["root@localhost", "a@db.internal", "a@printer.local", "a@127.0.0.1", "a@10.1"]
        {
            let refused = sign(&house, &unique("local"), &[address]).await;
            let refused = refused.error(400, "0.0.6", "receiver-local");
            assert!(refused["causeMessage"].as_str().unwrap().contains(address), "{refused}");
            let again = house.client.post(&resend, json!([address]).to_string()).await;
            again.error(400, "0.0.6", "receiver-local");
            let test = json!({ "email": address }).to_string();
            let test = house.client.post("/api/v0/delivery/mail/test", test).await;
            test.error(400, "0.0.6", "receiver-local");
        }
        // These are no addresses at all.
        for address in ["a@host", "a@[127.0.0.1]", "a@[IPv6:::1]"] {
            let refused = sign(&house, &unique("local"), &[address]).await;
            refused.error(400, "0.0.6", "member-invalid");
        }
        house = House::with(Script::default(), |config| {
            config.delivery.allow_local_receivers = true;
        })
        .await;
        sign(&house, &unique("local"), &["root@localhost", "a@db.internal"]).await.good();
    });
}

/// Whoever may have documents sealed could send anybody anywhere in the name of the service otherwise.
#[test]
fn the_words_of_a_sender_are_marked_and_make_no_link() {
    run(async {
        let house = House::new().await;
        let mut request = with_receivers(&unique("words"), &["ap@customer.example"], false);
        request["description"] = json!("Pay at https://evil.example/x, or www.evil.example");
        request["documents"][0]["documentRequest"]["name"] = json!("evil.example.xml");
        house.client.sign(&request).await.good();
        house.deliver().await;
        let mail = house.smtp.accepted().pop().expect("a mail");
        let mut text = String::from_utf8(mail.message).unwrap().replace("=\r\n", "");
        for (encoded, plain) in [("=E2=80=8B", "\u{200b}"), ("=E2=80=9C", "“")] {
            text = text.replace(encoded, plain);
        }
        // In the text and in the HTML; our own link is one.
        let said = "The sender's words: “Pay at https:\u{200b}//evil.\u{200b}example/x, or www.\u{200b}evil";
        for wanted in [said, "https://seal.test/r/", "evil.\u{200b}example.xml"] {
            assert_eq!(text.matches(wanted).count(), 2, "{wanted} in {text}");
        }
        for link in ["https://evil", "www.evil", "evil.example"] {
            assert!(!text.contains(link), "{link} in {text}");
        }
    });
}
