//! Credentials on pages: looked at, tried, disabled, and renewed by two people; nothing in a certificate is more than text.

use std::sync::Arc;

use chancery::domain::audit::{AuditAction, AuditSubject};
use chancery::domain::credential::{Credential, CredentialStatus};
use chancery::domain::ids::CredentialId;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::pki::certificate::Chain;
use chancery::pki::public_key::PublicKey;

use super::client_services::{act_of, page};
use super::{House, between};
use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, document, encode, request};
use crate::support::service::{run, unique};

const INVOICE: &str = include_str!("../../../samples/invoice-peppol-25-lines/input.xml");

/// A chain as a certification authority sends it.
fn pem(chain: &Chain) -> String {
    let one =
        |der: &[u8]| der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).unwrap();
    chain.certificates().map(|it| one(it.der())).collect()
}

/// Another certificate for the key of a chain.
async fn renewed(chain: &Chain, subject: &str) -> Chain {
    let key = Arc::new(PublicKey::of(chain.signing()));
    AUTHORITY.chain_for(subject, &key).await
}

/// What seals for a client.
async fn credential_of(house: &House, client: &Client) -> Credential {
    let reader = &house.service.app.reader;
    let service = reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
    reader.credential(service.credential.unwrap()).await.unwrap().unwrap()
}

async fn seals(client: &Client) {
    let reference = unique("renewed");
    let answer = client.sign(&request(&reference, [document(&reference, INVOICE)])).await.good();
    assert_eq!(answer["status"], "EXECUTED", "{answer}");
}

#[test]
fn a_renewed_certificate_seals_when_a_second_person_confirms_it() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let old = credential_of(&house, &client).await;
        let reader = &house.service.app.reader;
        let mut ana = house.administrator().await.tab;
        let path = format!("/office/credentials/{}", encode(&old.alias));
        let shown = page(&mut ana, &path).await;
        for words in ["CN=Seal EC", "CN=Issuing", "Days: ", "nobody else who could confirm"] {
            assert!(shown.contains(words), "{words} in {shown}");
        }
        assert!(shown.contains(&client.alias), "what seals with it: {shown}");
        let mut eva = house.administrator().await.tab;
        let shown = page(&mut ana, &path).await;
        assert!(!shown.contains("nobody else who could confirm"), "{shown}");

        let act = act_of(&shown, "propose");
        let name = unique("renewed");
        let good = pem(&renewed(&AUTHORITY.p256, "CN=Seal EC renewed").await);
        for (name, pem, words) in [
            (name.as_str(), "no certificate".to_owned(), "No path can be made"),
            (&name, pem(&AUTHORITY.p256), "seal already"),
            (&name, pem(&AUTHORITY.expired), "expired"),
            ("a b", good.clone(), "characters that cannot be"),
            (&old.alias, good.clone(), "characters that cannot be"),
        ] {
            let fields = [("do", "propose"), ("name", name), ("pem", &pem), ("act", &act)];
            let answer = ana.send(&path, &fields).await;
            assert_eq!(answer.status, 422, "{words}");
            assert!(answer.text().contains(words), "{words} in {}", answer.text());
        }
        let fields = [("do", "propose"), ("name", name.as_str()), ("pem", &good), ("act", &act)];
        for _ in 0..2 {
            let answer = ana.send(&path, &fields).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
        }
        assert_eq!(reader.renewals_of(old.id, 9).await.unwrap().len(), 1);
        let mut shown = page(&mut ana, &format!("{path}?done=propose")).await;
        assert!(shown.contains("CN=Seal EC renewed"), "{shown}");
        assert!(!shown.contains("value=\"confirm\""), "one does not confirm oneself: {shown}");
        let id = between(&shown, "name=\"renewal\" value=\"", "\"").to_owned();
        let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
        let confirm = |act: &str| {
            [("do", "confirm".to_owned()), ("renewal", id.clone()), ("act", act.to_owned())]
        };
        let own = confirm(&act);
        let own: Vec<(&str, &str)> = own.iter().map(|(name, it)| (*name, it.as_str())).collect();
        let answer = ana.send(&path, &own).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("somebody else has to"), "{}", answer.text());
        assert_eq!(credential_of(&house, &client).await.id, old.id, "nothing has changed");
        seals(&client).await;

        shown = page(&mut eva, &path).await;
        assert!(shown.contains("Compare subject, serial number and end"), "{shown}");
        let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
        let hers = confirm(&act);
        let hers: Vec<(&str, &str)> = hers.iter().map(|(name, it)| (*name, it.as_str())).collect();
        for _ in 0..2 {
            let answer = eva.send(&path, &hers).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
        }
        let new = credential_of(&house, &client).await;
        assert_eq!((new.alias.as_str(), new.status), (name.as_str(), CredentialStatus::Active));
        let kept = reader.credential(old.id).await.unwrap().unwrap();
        assert_eq!(kept.status, CredentialStatus::Active, "what was accepted before keeps it");
        seals(&client).await;
        let late = [("do", "refuse"), ("renewal", id.as_str()), ("act", "77")];
        let answer = ana.send(&path, &late).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains("decided before"), "{}", answer.text());
        let about = AuditSubject::Credential(old.id);
        let entries = reader.audit_about(about, 9).await.unwrap();
        let mut actions: Vec<AuditAction> = entries.iter().map(|entry| entry.action).collect();
        actions.sort_by_key(|action| action.as_str());
        assert_eq!(actions, [AuditAction::RenewalConfirmed, AuditAction::RenewalProposed]);
        house.service.stop().await;
    });
}

#[test]
fn a_credential_is_tried_asked_for_anew_and_disabled() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let credential = credential_of(&house, &client).await;
        let mut tab = house.administrator().await.tab;
        let path = format!("/office/credentials/{}", encode(&credential.alias));
        let act = act_of(&page(&mut tab, &path).await, "try");
        let answer = tab.send(&path, &[("do", "try"), ("act", &act)]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains("The key signed ("), "{}", answer.text());

        let shown = page(&mut tab, &path).await;
        let (act, subject) = (act_of(&shown, "request"), "CN=Seal EC,O=Chancery tests,C=PT");
        let fields = [("do", "request"), ("subject", subject), ("act", act.as_str())];
        let answer = tab.send(&path, &fields).await;
        assert!(answer.text().contains("BEGIN CERTIFICATE REQUEST"), "{}", answer.text());
        let fields = [("do", "request"), ("subject", "<b>"), ("act", act.as_str())];
        let answer = tab.send(&path, &fields).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(!answer.text().contains("<b>"), "{}", answer.text());

        let act = act_of(&page(&mut tab, &path).await, "disable");
        let fields = [("do", "disable"), ("reason", "the token is lost"), ("act", act.as_str())];
        assert_eq!(tab.send(&path, &fields).await.status, 303);
        let status = async || credential_of(&house, &client).await.status;
        assert_eq!(status().await, CredentialStatus::Disabled);
        let shown = page(&mut tab, &path).await;
        assert!(shown.contains("the token is lost"), "{shown}");
        let act = act_of(&shown, "enable");
        let fields = [("do", "enable"), ("reason", "it was found"), ("act", act.as_str())];
        assert_eq!(tab.send(&path, &fields).await.status, 303);
        assert_eq!(status().await, CredentialStatus::Active);

        // Who only looks has no form; who does not see credentials sees none.
        let sight = || Sight::Everything;
        let mut auditor = house.somebody(Role::Auditor, Rights::Viewer, sight()).await.tab;
        let shown = page(&mut auditor, &path).await;
        assert!(shown.contains("CN=Seal EC") && !shown.contains("name=\"act\""), "{shown}");
        house.service.stop().await;
    });
}

#[test]
fn nothing_in_a_certificate_is_more_than_text() {
    run(async {
        let house = House::new().await;
        let evil = "\"><img src=x onerror=alert(1)>/'{{7*7}}";
        let subject = r"CN=\<img src\=x onerror\=alert(1)\>";
        let chain = renewed(&AUTHORITY.p256, subject).await;
        let credential = Credential {
            id: CredentialId::from_i64(77),
            alias: evil.to_owned(),
            backend: "<img src=y>".to_owned(),
            chain_der: chain.certificates().map(|it| it.der().to_vec()).collect(),
            status: CredentialStatus::Active,
            created: house.service.app.now(),
        };
        house.service.app.store.add_credential(&credential).await.unwrap();
        let mut tab = house.administrator().await.tab;
        let list = page(&mut tab, "/office/credentials").await;
        let path = format!("/office/credentials/{}", encode(evil));
        assert!(list.contains(&format!("href=\"{path}\"")), "{list}");
        let shown = page(&mut tab, &path).await;
        let act = act_of(&shown, "try");
        let tried = tab.send(&path, &[("do", "try"), ("act", &act)]).await;
        assert_eq!(tried.status, 503, "its back-end is none: {}", tried.text());
        let fields = [("do", "propose"), ("name", evil), ("pem", evil), ("act", act.as_str())];
        let refused = tab.send(&path, &fields).await;
        assert_eq!(refused.status, 422);
        for text in [list.as_str(), &shown, tried.text(), refused.text()] {
            assert!(text.contains("onerror") && !text.contains("<img"), "{text}");
            assert!(!text.contains(">49<"), "{text}");
        }
        house.service.stop().await;
    });
}
