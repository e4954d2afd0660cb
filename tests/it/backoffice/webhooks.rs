//! Webhooks of a client service on pages: added with a secret that is shown once, tested, told again what was counted,
//! changed and removed; and for whom there are none.

use chancery::domain::audit::AuditAction as A;
use chancery::domain::audit::{AuditAction, AuditSubject};
use chancery::domain::ids::ClientServiceId;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::workflow::delivery::run_due;
use serde_json::json;

use super::client_services::{act_of, page};
use super::{House, Tab, between};
use crate::support::client::{Client, small};
use crate::support::service::{run, unique};
use crate::webhooks::receiver::Receiver;
use crate::webhooks::sending::config;

/// A house whose receivers may be on this machine; nothing is sent but when the test says so.
pub(super) async fn house() -> House {
    House::with(|setup| {
        setup.issuer = "http://127.0.0.1".to_owned();
        setup.config.webhooks = config();
        setup.delivers = false;
    })
    .await
}

async fn service_of(house: &House, client: &Client) -> ClientServiceId {
    let found = house.service.app.reader.client_service_by_alias(&client.alias).await;
    found.unwrap().unwrap().id
}

fn list_of(service: ClientServiceId) -> String {
    format!("/office/client-services/{service}/webhooks")
}

/// Adds an endpoint: its page, and its secret.
async fn added(tab: &mut Tab, service: ClientServiceId, url: &str) -> (String, String) {
    let list = list_of(service);
    let shown = page(tab, &list).await;
    let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
    let fields = [("act", act.as_str()), ("url", url), ("scheme", "HMAC")];
    let fields = [&fields[..], &[("event", "operation.finished"), ("description", "ERP")]].concat();
    let answer = tab.send(&list, &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let secret = between(answer.text(), "<code id=\"secret\">", "</code>").to_owned();
    let place = between(answer.text(), &format!("href=\"{list}/"), "\"").to_owned();
    // The same form once more makes none, and shows none.
    let again = tab.send(&list, &fields).await;
    assert_eq!(again.status, 409, "{}", again.text());
    assert!(!again.text().contains("whsec_"), "{}", again.text());
    (format!("{list}/{place}"), secret)
}

async fn actions(house: &House, service: ClientServiceId) -> Vec<AuditAction> {
    let about = AuditSubject::ClientService(service);
    let entries = house.service.app.reader.audit_about(about, 20).await.unwrap();
    assert!(entries.iter().all(|it| !it.detail.contains("whsec_") && !it.detail.contains("hooks")));
    let mut actions: Vec<AuditAction> = entries.iter().map(|entry| entry.action).collect();
    actions.sort_by_key(|action| action.as_str());
    actions
}

#[test]
fn a_webhook_is_added_tested_given_another_secret_changed_and_removed() {
    run(async {
        let house = house().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let answers =
            json!([{"status": 200, "body": "<b>thanks</b>"}, {"status": 500, "body": "no & no"}]);
        let mut receiver = Receiver::answering(&[], &answers);
        let link = page(&mut tab, &format!("/office/client-services/{service}")).await;
        assert!(link.contains(&format!("href=\"{}\"", list_of(service))), "{link}");
        let (path, secret) = added(&mut tab, service, &receiver.url()).await;
        assert!(secret.starts_with("whsec_"), "{secret}");
        receiver.learn("first", &secret);
        let list = page(&mut tab, &list_of(service)).await;
        for words in [receiver.url().as_str(), "operation.finished", "ERP", "Active"] {
            assert!(list.contains(words), "{words} in {list}");
        }

        let act = act_of(&page(&mut tab, &path).await, "test");
        let test = [("do", "test"), ("act", act.as_str())];
        let answer = tab.send(&path, &test).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains("It took the test over"), "{}", answer.text());
        assert!(answer.text().contains("&#60;b&#62;thanks"), "{}", answer.text());
        assert!(!answer.text().contains("<b>"), "{}", answer.text());
        assert_eq!(receiver.next()["verified"], json!(["first"]));
        assert_eq!(tab.send(&path, &test).await.status, 409);
        let act = act_of(&page(&mut tab, &path).await, "test");
        let answer = tab.send(&path, &[("do", "test"), ("act", &act)]).await;
        assert!(answer.text().contains("did not take the test over (response)"));
        receiver.next();
        assert!(receiver.rest().is_empty(), "what is sent twice is done once");

        // The log, and what is left of it by a choice.
        let shown = page(&mut tab, &path).await;
        assert_eq!(shown.matches("<td>webhook.test</td>").count(), 2, "{shown}");
        assert!(shown.contains("no &#38; no"), "{shown}");
        let failed = page(&mut tab, &format!("{path}?outcome=failed")).await;
        assert_eq!(failed.matches("<td>webhook.test</td>").count(), 1, "{failed}");
        assert!(failed.contains("Not now (response)"), "{failed}");
        let running = page(&mut tab, &format!("{path}?outcome=running")).await;
        assert!(running.contains("No try like that"), "{running}");

        // Another secret: both sign until there is a third, or the new one is the only one.
        let act = act_of(&shown, "secret");
        let rotate = [("do", "secret"), ("act", act.as_str()), ("scheme", "HMAC")];
        let answer = tab.send(&path, &rotate).await;
        let second = between(answer.text(), "<code id=\"secret\">", "</code>").to_owned();
        receiver.learn("second", &second);
        assert_eq!(tab.send(&path, &rotate).await.status, 409);
        let act = act_of(&page(&mut tab, &path).await, "test");
        tab.send(&path, &[("do", "test"), ("act", &act)]).await;
        assert_eq!(receiver.next()["verified"], json!(["first", "second"]));
        let act = act_of(&page(&mut tab, &path).await, "secret");
        let only =
            [("do", "secret"), ("act", act.as_str()), ("scheme", "ED25519"), ("only", "yes")];
        let answer = tab.send(&path, &only).await;
        let key = between(answer.text(), "<code id=\"secret\">", "</code>").to_owned();
        assert!(key.starts_with("whpk_"), "{key}");
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains(&key) && !shown.contains("HMAC-SHA256, made"), "{shown}");

        let act = act_of(&shown, "change");
        let events = [("event", "document.sealed"), ("event", "document.failed")];
        let url = receiver.url();
        let change = |act, url, state| {
            let fields = [("do", "change"), ("act", act), ("url", url), ("state", state)];
            [&fields[..], &events[..]].concat()
        };
        for (url, why) in [("ftp://example.com/", "Nothing is sent"), ("", "Nothing is sent")] {
            let answer = tab.send(&path, &change(&act, url, "enabled")).await;
            assert_eq!(answer.status, 422, "{url}");
            assert!(answer.text().contains(why), "{}", answer.text());
        }
        let answer = tab.send(&path, &change(&act, &url, "disabled")).await;
        assert_eq!(answer.header("location"), format!("{path}?done=change"));
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains("document.sealed, document.failed"), "{shown}");
        assert!(shown.contains("Disabled by somebody"), "{shown}");
        assert!(shown.contains("Make it active first"), "{shown}");

        let act = act_of(&shown, "remove");
        assert_eq!(tab.send(&path, &[("do", "remove"), ("act", &act)]).await.status, 422);
        for _ in 0..2 {
            let sure = [("do", "remove"), ("act", act.as_str()), ("sure", "yes")];
            let answer = tab.send(&path, &sure).await;
            assert_eq!(answer.header("location"), format!("{}?done=remove", list_of(service)));
        }
        assert_eq!(tab.get(&path).await.status, 404);
        let list = page(&mut tab, &format!("{}?done=remove", list_of(service))).await;
        assert!(list.contains("not there any more") && list.contains("None yet"), "{list}");
        let (secret, test) = (A::WebhookSecretMade, A::WebhookTested);
        let expected = [
            A::WebhookAdded,
            A::WebhookChanged,
            A::WebhookRemoved,
            secret,
            secret,
            test,
            test,
            test,
        ];
        assert_eq!(actions(&house, service).await, expected);
        house.service.stop().await;
    });
}

/// What was counted is what is done: what comes in between is counted anew.
#[test]
fn what_is_sent_again_is_what_was_counted() {
    run(async {
        let house = house().await;
        let client = house.service.client().await;
        let service = service_of(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let receiver = Receiver::answering(&[], &json!([{}]));
        let (path, _) = added(&mut tab, service, &receiver.url()).await;
        let sealed = async |name: &str| {
            client.sign(&small(&unique(name))).await.good();
            run_due(&house.service.app).await.unwrap();
            receiver.next()["id"].clone()
        };
        let first = sealed("first").await;
        let shown = page(&mut tab, &path).await;
        let field = |name: &str| {
            let (_, rest) = shown.split_once(&format!("name=\"{name}\" type=\"datetime")).unwrap();
            between(rest, "value=\"", "\"").to_owned()
        };
        let (from, until) = (field("from"), field("until"));
        let span = [("from", from.as_str()), ("until", until.as_str())];
        let with = |more: &[(&'static str, &str)]| -> Vec<(&str, String)> {
            let all = span.iter().chain(more);
            all.map(|(name, value)| (*name, (*value).to_owned())).collect()
        };
        let mut send = async |fields: Vec<(&str, String)>| {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            tab.send(&path, &fields).await
        };
        // Nothing failed.
        let answer = send(with(&[("do", "count"), ("failed", "yes")])).await;
        assert!(answer.text().contains("nothing to send again"), "{}", answer.text());
        assert!(!answer.text().contains("value=\"replay\""), "{}", answer.text());
        let wrong = vec![("do", "count".to_owned()), ("from", "x".to_owned())];
        assert_eq!(send(wrong).await.status, 422);

        let answer = send(with(&[("do", "count")])).await;
        assert!(answer.text().contains("Events: 1,"), "{}", answer.text());
        let print = between(answer.text(), "name=\"print\" value=\"", "\"").to_owned();
        let act = act_of_replay(answer.text());
        let second = sealed("second").await;
        let asked = [("do", "replay"), ("print", print.as_str()), ("act", act.as_str())];
        let answer = send(with(&asked)).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(answer.text().contains("Events: 2,"), "{}", answer.text());
        run_due(&house.service.app).await.unwrap();
        assert!(receiver.rest().is_empty(), "nothing was sent");

        let print = between(answer.text(), "name=\"print\" value=\"", "\"").to_owned();
        let act = act_of_replay(answer.text());
        let asked = [("do", "replay"), ("print", print.as_str()), ("act", act.as_str())];
        for _ in 0..2 {
            let answer = send(with(&asked)).await;
            assert_eq!(answer.header("location"), format!("{path}?done=replay"));
        }
        run_due(&house.service.app).await.unwrap();
        let mut again = [receiver.next()["id"].clone(), receiver.next()["id"].clone()];
        let mut both = [first, second];
        for ids in [&mut again, &mut both] {
            ids.sort_by_key(ToString::to_string);
        }
        assert_eq!(again, both, "each under the id it had");
        assert!(receiver.rest().is_empty(), "and once");
        let expected = [AuditAction::WebhooksReplayed, AuditAction::WebhookAdded];
        assert_eq!(actions(&house, service).await, expected);
        house.service.stop().await;
    });
}

fn act_of_replay(page: &str) -> String {
    let (_, rest) = page.split_once("<p id=\"counted\">").unwrap();
    between(rest, "name=\"act\" value=\"", "\"").to_owned()
}

#[test]
fn webhooks_of_what_somebody_does_not_see_do_not_exist() {
    run(async {
        let house = House::new().await;
        let (own, other) = (house.service.client().await, house.service.client().await);
        let mine = service_of(&house, &own).await;
        let theirs = service_of(&house, &other).await;
        let mut ana = house.administrator().await.tab;
        // Nothing is sent into this machine's own networks, whoever asks for it.
        let list = list_of(theirs);
        let shown = page(&mut ana, &list).await;
        let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
        for url in ["http://127.0.0.1/hooks", "https://[::1]/hooks", "https://169.254.169.254/"] {
            let fields = [("act", act.as_str()), ("url", url), ("scheme", "HMAC")];
            let answer = ana.send(&list, &fields).await;
            assert_eq!(answer.status, 422, "{url}: {}", answer.text());
            assert!(answer.text().contains("Nothing is sent to this address"), "{url}");
        }
        let (path, _) = added(&mut ana, theirs, "https://example.com/hooks").await;
        let endpoint = path.rsplit('/').next().unwrap();

        let sight = Sight::Of { companies: Vec::new(), client_services: vec![mine] };
        let mut tab = house.somebody(Role::Issuer, Rights::Operator, sight.clone()).await.tab;
        let act = {
            let shown = page(&mut tab, &list_of(mine)).await;
            between(&shown, "name=\"act\" value=\"", "\"").to_owned()
        };
        // Neither where it is, nor below what is one's own.
        for path in [&path, &format!("{}/{endpoint}", list_of(mine))] {
            assert_eq!(tab.get(path).await.status, 404, "{path}");
            for deed in ["test", "secret", "change", "replay", "count"] {
                let fields = [("do", deed), ("act", act.as_str()), ("scheme", "HMAC")];
                assert_eq!(tab.send(path, &fields).await.status, 404, "{deed} {path}");
            }
            tab.send(path, &[("do", "remove"), ("act", &act), ("sure", "yes")]).await;
        }
        assert_eq!(tab.get(&list).await.status, 404);
        let shown = page(&mut ana, &path).await;
        assert!(shown.contains("No try like that"), "nothing was done to it: {shown}");

        let mut viewer = house.somebody(Role::Issuer, Rights::Viewer, sight).await.tab;
        let shown = page(&mut viewer, &list_of(mine)).await;
        assert!(!shown.contains("name=\"act\""), "{shown}");
        house.service.stop().await;
    });
}
