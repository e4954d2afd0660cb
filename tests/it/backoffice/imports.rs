//! New keys and first certificates on pages: a key is made where it stays, a request is made for it, what comes back is
//! proposed by one person and activated by another.

use std::sync::Arc;

use chancery::domain::audit::{AuditAction, AuditFilter, AuditPlace};
use chancery::domain::credential::CredentialStatus;
use chancery::domain::person::{Rights, Role, Sight};
use chancery::keys::{BackendConfig, SoftwareConfig};
use chancery::pki::certificate::Chain;
use tempfile::TempDir;

use super::client_services::{act_of, page};
use super::{House, Tab, between};
use crate::support::authority::AUTHORITY;
use crate::support::client::encode;
use crate::support::service::{run, unique};

/// A house whose keys are files.
pub(super) async fn house() -> (House, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = SoftwareConfig {
        directory: folder.path().to_owned(),
        passphrase_file: None,
        passphrase_env: None,
        passphrase_credential: None,
    };
    let house = House::with(|setup| {
        setup.issuer = "http://127.0.0.1".to_owned();
        setup.back_ends = vec![("files", BackendConfig::Software(settings))];
    })
    .await;
    (house, folder)
}

/// Certificates for a key, as an authority makes them.
pub(super) async fn issued(house: &House, key: &str, subject: &str) -> Chain {
    let public = house.service.app.keyring.public_key("files", key).await.unwrap();
    AUTHORITY.chain_for(subject, &Arc::new(public)).await
}

/// One certificate after the other (DER).
fn der(chain: &Chain) -> Vec<u8> {
    chain.certificates().flat_map(|it| it.der().to_vec()).collect()
}

pub(super) fn pem(chain: &Chain) -> String {
    let one =
        |der: &[u8]| der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, der).unwrap();
    chain.certificates().map(|it| one(it.der())).collect()
}

async fn deeds(house: &House, action: AuditAction) -> Vec<String> {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    let reports = &house.service.app.reports;
    let entries = reports.audit_entries(&filter, AuditPlace::BEGINNING, 20).await.unwrap();
    entries.into_iter().map(|entry| entry.detail).collect()
}

/// Makes a key, once however often the form comes: where its page is.
async fn key_made(house: &House, ana: &mut Tab, label: &str) -> String {
    let shown = page(ana, "/office/keys").await;
    assert!(shown.contains("files (software)") && shown.contains("No keys yet"), "{shown}");
    for kind in ["RSA-3072", "RSA-4096", "P-256", "P-384"] {
        assert!(shown.contains(&format!("value=\"{kind}\"")), "{kind} in {shown}");
    }
    let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
    let path = "/office/keys";
    let with = |label, kind| {
        [("act", act.as_str()), ("backend", "files"), ("label", label), ("kind", kind)]
    };
    for (label, kind) in [("", "P-256"), ("a/b", "P-256"), (".a", "P-256"), ("a", "RSA-1024")] {
        assert_eq!(ana.send(path, &with(label, kind)).await.status, 422, "{label} {kind}");
    }
    let made = ana.send(path, &with(label, "P-256")).await;
    assert_eq!(made.status, 303, "{}", made.text());
    let key = made.header("location").to_owned();
    assert_eq!(ana.send(path, &with(label, "P-256")).await.status, 409);
    assert_eq!(house.service.app.keyring.list("files").await.unwrap().len(), 1);
    let shown = page(ana, &key).await;
    for words in ["The key is there", "P-256", "No credential yet", "nobody else who could"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    key.split('?').next().unwrap().to_owned()
}

/// Makes a request with a subject as it is typed, whatever it has in it.
async fn requested(house: &House, ana: &mut Tab, key: &str) {
    let act = act_of(&page(ana, key).await, "request");
    let subject = [("cn", "ACME, \"Seal\" + <b>"), ("o", "ACME Corporation"), ("c", "PT")];
    let subject = [&subject[..], &[("oid", "VATPT-505767457"), ("sn", "7")]].concat();
    let asked = [&[("do", "request"), ("act", act.as_str())][..], &subject].concat();
    let answer = ana.send(key, &asked).await;
    assert!(answer.text().contains("BEGIN CERTIFICATE REQUEST"), "{}", answer.text());
    assert!(!answer.text().contains("<b>"), "{}", answer.text());
    let expected = "CN=ACME\\, \\\"Seal\\\" \\+ \\<b\\>,serialNumber=7,\
                    organizationIdentifier=VATPT-505767457,O=ACME Corporation,C=PT";
    let said = deeds(house, AuditAction::KeyRequested).await.remove(0);
    assert!(said.ends_with(expected), "{said}");
    let without = [("do", "request"), ("act", act.as_str()), ("o", "ACME")];
    assert_eq!(ana.send(key, &without).await.status, 422);
}

#[test]
fn a_first_credential_comes_of_a_new_key_by_two_people() {
    run(async {
        let (house, _folder) = house().await;
        let mut ana = house.administrator().await.tab;
        let list = page(&mut ana, "/office/credentials").await;
        assert!(list.contains("href=\"/office/keys\""), "{list}");
        let label = unique("acme");
        let key = key_made(&house, &mut ana, &label).await;
        requested(&house, &mut ana, &key).await;

        // What came back, as a file of DER; what is of another key is refused.
        let chain = issued(&house, &label, "CN=ACME Seal,O=ACME,C=PT").await;
        let name = unique("first");
        let act = act_of(&page(&mut ana, &key).await, "propose");
        let fields = [("do", "propose"), ("act", act.as_str()), ("name", name.as_str())];
        let other = ana.send_file(&key, &fields, &der(&AUTHORITY.p256)).await;
        assert!(other.status == 422 || other.status == 503, "{}", other.status);
        for (fields, file) in [(&fields[..], b"no certificate".as_slice()), (&fields[..], b"")] {
            let answer = ana.send_file(&key, fields, file).await;
            assert_eq!(answer.status, 422, "{}", answer.text());
        }
        let mut places = Vec::new();
        for _ in 0..2 {
            let answer = ana.send_file(&key, &fields, &der(&chain)).await;
            assert_eq!(answer.status, 303, "{}", answer.text());
            places.push(answer.header("location").to_owned());
        }
        assert_eq!(places[1], "/office/credentials", "it is once");
        let import = places[0].split('?').next().unwrap().to_owned();
        let shown = page(&mut ana, &places[0]).await;
        assert!(shown.contains("CN=ACME Seal") && shown.contains("It is proposed"), "{shown}");
        assert!(!shown.contains("value=\"confirm\""), "one does not confirm oneself: {shown}");
        let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
        let own = ana.send(&import, &[("do", "confirm"), ("act", &act)]).await;
        assert_eq!(own.status, 422, "{}", own.text());
        let reader = &house.service.app.reader;
        assert!(reader.credential_by_alias(&name).await.unwrap().is_none(), "nothing seals yet");
        let list = page(&mut ana, "/office/credentials").await;
        assert!(list.contains(&format!("<a href=\"{import}\">{name}</a>")), "{list}");
        // The same name waits once.
        let act = act_of(&page(&mut ana, &key).await, "propose");
        let text = pem(&chain);
        let fields = [("do", "propose"), ("act", &act), ("name", &name), ("pem", &text)];
        let answer = ana.send(&key, &fields).await;
        assert!(answer.text().contains("waits already"), "{}", answer.text());

        let mut eva = house.administrator().await.tab;
        let shown = page(&mut eva, &import).await;
        assert!(shown.contains("Compare subject"), "{shown}");
        let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();
        for _ in 0..2 {
            let answer = eva.send(&import, &[("do", "confirm"), ("act", &act)]).await;
            assert_eq!(
                answer.header("location"),
                format!("{import}?done=confirm"),
                "{}",
                answer.text()
            );
        }
        let credential = reader.credential_by_alias(&name).await.unwrap().unwrap();
        assert_eq!(
            (credential.status, credential.backend.as_str()),
            (CredentialStatus::Active, "files")
        );
        let act = format!("{act}7");
        assert_eq!(ana.send(&import, &[("do", "refuse"), ("act", &act)]).await.status, 422);
        let shown = page(&mut eva, &format!("/office/credentials/{}", encode(&name))).await;
        assert!(shown.contains("Activated a new credential"), "{shown}");
        let act = act_of(&shown, "try");
        let answer = eva
            .send(
                &format!("/office/credentials/{}", encode(&name)),
                &[("do", "try"), ("act", &act)],
            )
            .await;
        assert!(answer.text().contains("The key signed ("), "{}", answer.text());
        let shown = page(&mut ana, &key).await;
        assert!(shown.contains(&format!(">{name}</a>")), "{shown}");
        for action in
            [AuditAction::KeyGenerated, AuditAction::ImportProposed, AuditAction::ImportConfirmed]
        {
            assert_eq!(deeds(&house, action).await.len(), 1, "{action:?}");
        }
        house.service.stop().await;
    });
}

#[test]
fn a_proposal_is_taken_back_and_who_only_looks_has_no_form() {
    run(async {
        let (house, _folder) = house().await;
        let kind = chancery::pki::algorithm::KeyKind::P256;
        let made = house.service.app.keyring.generate("files", "acme", kind).await.unwrap();
        let key = format!("/office/keys/files/{}", made.id);
        let mut ana = house.administrator().await.tab;
        let act = act_of(&page(&mut ana, &key).await, "propose");
        let text = pem(&issued(&house, "acme", "CN=ACME Seal").await);
        let fields =
            [("do", "propose"), ("act", act.as_str()), ("name", "acme-first"), ("pem", &text)];
        let import = ana.send(&key, &fields).await.header("location").to_owned();
        let import = import.split('?').next().unwrap();
        let shown = page(&mut ana, import).await;
        let act = between(&shown, "name=\"act\" value=\"", "\"").to_owned();

        let look = house.somebody(Role::Auditor, Rights::Viewer, Sight::Everything).await;
        let mut auditor = look.tab;
        for path in ["/office/keys", &key, import] {
            let shown = page(&mut auditor, path).await;
            assert!(!shown.contains("name=\"act\""), "{path}: {shown}");
        }
        for path in ["/office/keys/files/nothing", "/office/keys/nowhere/x", "/office/imports/7"] {
            assert_eq!(ana.get(path).await.status, 404, "{path}");
            assert_eq!(ana.send(path, &[("do", "request")]).await.status, 404, "{path}");
        }

        let answer = ana.send(import, &[("do", "refuse"), ("act", &act)]).await;
        assert_eq!(answer.header("location"), format!("{import}?done=refuse"));
        let shown = page(&mut ana, import).await;
        assert!(shown.contains("Refused") && !shown.contains("name=\"act\""), "{shown}");
        let found = house.service.app.reader.credential_by_alias("acme-first").await.unwrap();
        assert!(found.is_none());
        assert_eq!(deeds(&house, AuditAction::ImportRefused).await.len(), 1);
        house.service.stop().await;
    });
}

#[test]
fn what_the_authority_permits_is_written_down() {
    run(async {
        let house = House::new().await;
        let client = house.service.client().await;
        let reader = &house.service.app.reader;
        let service = reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
        let credential = reader.credential(service.credential.unwrap()).await.unwrap().unwrap();
        let path = format!("/office/credentials/{}", encode(&credential.alias));
        let mut ana = house.administrator().await.tab;
        let shown = page(&mut ana, &path).await;
        assert!(shown.contains("None is written down"), "{shown}");
        let act = act_of(&shown, "grant");
        let with = |until, many| {
            [("do", "grant"), ("act", act.as_str()), ("until", until), ("signatures", many)]
        };
        for (until, many) in [("2020-01-01", "5"), ("", "5"), ("2099-12-31", "-1")] {
            let answer = ana.send(&path, &with(until, many)).await;
            assert_eq!(answer.status, 422, "{until} {many}");
            assert!(answer.text().contains("A day to come"), "{}", answer.text());
        }
        for _ in 0..2 {
            let answer = ana.send(&path, &with("2099-12-31", "5000")).await;
            assert_eq!(answer.header("location"), format!("{path}?done=grant"));
        }
        let shown = page(&mut ana, &path).await;
        assert!(shown.contains("0 of 5,000 signatures used"), "{shown}");
        assert_eq!(deeds(&house, AuditAction::CredentialGranted).await.len(), 1);
        house.service.stop().await;
    });
}
