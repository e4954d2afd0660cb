//! What becomes of mails reaches webhooks: the whole way over SMTP, the receiver's page and HTTP.

use chancery::domain::delivery::DeliveryStatus;
use chancery::domain::ids::OperationId;
use chancery::workflow::{delivery::run_due, notify};
use serde_json::{Value, json};

use super::flow::{add, setup, told};
use super::receiver::Receiver;
use crate::delivery::{use_server, with_receivers};
use crate::support::client::{Answer, HTTP};
use crate::support::service::{run, unique};
use crate::support::smtp::{Act, Script, SmtpServer, Step};

const EVENTS: [&str; 3] = ["notification.sent", "notification.failed", "notification.received"];

#[test]
fn a_mail_is_told_as_sent_failed_and_received() {
    run(async {
        let smtp = SmtpServer::start(Script::default());
        smtp.set(|script| script.receiver("gone", Step::Rcpt, Act::say("550 5.1.1 no such user")));
        let mut setup = setup();
        use_server(&mut setup.config, &smtp);
        let service = setup.start().await;
        let client = service.client().await;
        let mut receiver = Receiver::answering(&[], &json!([{}]));
        let added = add(&client, &json!({"url": receiver.url(), "events": EVENTS})).await;
        receiver.learn("key", added["secret"].as_str().unwrap());
        let reference = unique("notified");
        let receivers = ["ap@customer.example", "gone@customer.example"];
        let signed = client.sign(&with_receivers(&reference, &receivers, false)).await.good();
        let deliver = async || run_due(&service.app).await.unwrap();

        // The mails first, then what became of them.
        deliver().await;
        deliver().await;
        let first = told(&receiver, 2);
        let opened = {
            let id = OperationId::from_i64(signed["id"].as_i64().unwrap());
            let mails = service.app.reader.mails_of(id).await.unwrap();
            mails.into_iter().find(|mail| mail.status == DeliveryStatus::Sent).unwrap()
        };
        let link = notify::link(&service.app, &opened).unwrap();
        let page = link.replace(&service.app.issuer, &service.base);
        for _ in 0..2 {
            assert_eq!(Answer::of(HTTP.get(&page)).await.status, 200);
        }
        deliver().await;
        let last = told(&receiver, 1);

        let all: Vec<&(String, Value)> = first.iter().chain(&last).collect();
        for ((kind, one), (expected, email, status)) in all.iter().zip([
            ("notification.failed", "gone@customer.example", "SENDING_FAILED"),
            ("notification.sent", "ap@customer.example", "SENT"),
            ("notification.received", "ap@customer.example", "RECEIVED"),
        ]) {
            assert_eq!(kind, expected);
            assert_eq!(one["seen"]["verified"], json!(["key"]), "{kind}");
            let data = &one["body"]["data"];
            assert_eq!((&data["email"], &data["deliveryStatus"]), (&json!(email), &json!(status)));
            assert_eq!(data["operationId"], signed["id"]);
            assert_eq!(data["externalReference"], reference);
            assert!(data["notificationId"].is_i64(), "{data}");
        }
        let words = first[0].1["body"]["data"]["lastReply"].as_str().unwrap();
        assert!(words.contains("550 5.1.1 no such user"), "{words}");
        assert_eq!(last[0].1["body"]["data"]["notificationId"], opened.id.as_i64());
        service.stop().await;
    });
}
