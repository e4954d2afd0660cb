//! What is in the mails that go out.

use chancery::domain::delivery::Tried;
use chancery::workflow::notify;
use serde_json::{Value, json};

use super::{HOUR, House, with_receivers};
use crate::support::client::document;
use crate::support::service::{run, unique};
use crate::support::smtp::{Act, Step};

/// Seals documents of these names for one receiver and gives the mail as sent, its soft line breaks
/// taken out. What is named `broken` is no XML.
async fn mail_about(house: &House, names: &[&str]) -> String {
    let mut request = with_receivers(&unique("letter"), &["ap@customer.example"], true);
    let documents: Vec<Value> = names
        .iter()
        .map(|name| {
            let broken = name.starts_with("broken");
            let mut one = document(&unique("one"), if broken { "<a>" } else { "<a/>" });
            one["documentRequest"]["name"] = json!(name);
            one
        })
        .collect();
    request["documents"] = json!(documents);
    house.client.sign(&request).await.good();
    house.deliver().await;
    let mail = house.smtp.accepted().pop().expect("a mail");
    String::from_utf8(mail.message).unwrap().replace("=\r\n", "")
}

/// A document that failed is the sender's affair: the receiver is not told of it.
#[test]
fn a_letter_lists_what_was_sealed() {
    run(async {
        let house = House::new().await;
        let mail = mail_about(&house, &["good.xml", "broken.xml"]).await;
        assert!(mail.contains("Subject: New sealed document from ACME Corporation\r\n"), "{mail}");
        assert!(mail.contains("- good.xml ("), "{mail}");
        assert!(!mail.contains("broken"), "{mail}");
    });
}

/// Documents have one name in the letter, as attachments and on the receiver's page.
#[test]
fn a_letter_calls_documents_as_their_files() {
    run(async {
        let house = House::new().await;
        let mail = mail_about(&house, &["a.xml", "a.xml", "broken.xml"]).await;
        assert!(mail.contains("Subject: 2 new sealed documents from ACME"), "{mail}");
        for name in ["a.xml", "a (2).xml"] {
            assert!(mail.contains(&format!("- {name} (")), "{name} in {mail}");
            assert!(mail.contains(&format!("filename=\"{name}\"")), "{name} in {mail}");
        }
    });
}

/// A mail server that repeats the letter brings the code of its link neither into the log nor into a look-up.
#[test]
fn a_reply_that_repeats_the_link_is_kept_without_its_code() {
    run(async {
        let house = House::new().await;
        let operation = house.operation(&["ap@customer.example"], false).await;
        let link = notify::link(&house.service.app, &house.mail(operation).await).unwrap();
        let (_, code) = link.rsplit_once('.').unwrap();
        let spelt = link.replace('.', "%2E");
        let filling = "x".repeat(Tried::REPLY_LIMIT - 3 * link.len() - 5);
        // The last one is cut where the reply is.
        let words = format!("554 5.7.1 {link} {spelt} {filling} {link}");
        house.smtp.set(|script| script.at(Step::Message, Act::say(&words)));
        house.deliver().await;
        let mail = house.mail(operation).await;
        let tries = house.attempts(operation).await;
        let replies = [mail.last_reply.clone(), tries[0].reply.clone()].map(Option::unwrap);
        for reply in replies {
            assert!(reply.contains("554") && reply.contains("/r/…"), "{reply}");
            for part in [code, &code[..8]] {
                assert!(!reply.contains(part), "{part} in {reply}");
            }
        }
    });
}

/// A test mail and an alarm call the installation's mail server by one name.
#[test]
fn a_mail_server_has_one_name() {
    run(async {
        let house = House::new().await;
        let test = json!({ "email": "ops@acme.example" }).to_string();
        house.client.post("/api/v0/delivery/mail/test", test).await.good();
        let mail = String::from_utf8(house.smtp.accepted()[0].message.clone()).unwrap();
        assert!(mail.contains("Subject: Test message from Chancery\r\n"), "{mail}");

        house.smtp.set(|script| script.at(Step::Mail, Act::say("550 5.7.1 account closed")));
        house.operation(&["ap@customer.example"], false).await;
        house.deliver().await;
        house.pass(HOUR);
        chancery::workflow::alarms::Watcher::default().look(&house.service.app).await.unwrap();
        let alarms = house.service.app.reader.alarms().await.unwrap();
        let closed = alarms.iter().find(|alarm| alarm.name == "smtp/closed").expect("an alarm");
        let content: Value = serde_json::from_str(&closed.content).unwrap();
        assert_eq!(content["account"], "Chancery");
    });
}
