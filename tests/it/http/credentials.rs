//! Client services whose credential cannot seal: refused before anything is recorded.

use std::sync::Arc;

use chancery::domain::client_service::{ClientServiceStatus, DocumentReferences};
use chancery::domain::company::CompanyStatus;
use chancery::domain::credential::CredentialStatus;
use chancery::domain::sources::sources;
use chancery::pki::algorithm::KeyKind;
use chancery::pki::issue::CertificateProfile;
use chancery::pki::public_key::PublicKey;
use chancery::workflow::client_services::{assign, set_status};
use chancery::workflow::{Error, companies, credentials};
use cryptoki::mechanism::MechanismType;
use cryptoki::object::Attribute;
use serde_json::Value;

use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, sealed, small};
use crate::support::service::{Service, Setup, Wish, on_shared, run, unique};
use crate::support::softhsm::untidy_token;

/// A request is refused with these words and leaves nothing behind.
async fn assert_refused(
    client: &Client,
    status: u16,
    code: &str,
    reason: &str,
    word: &str,
) -> Value {
    let request = small(&unique("refused"));
    let reference = request["externalReference"].as_str().unwrap();
    let body = client.sign(&request).await.error(status, code, reason);
    assert!(body["causeMessage"].as_str().unwrap().contains(word), "{body}");
    assert_eq!(body["retryable"], false);
    client.by_reference(reference).await.error(404, "2.1.0", "operation-not-found");
    client.id_of_document(reference).await.error(404, "2.1.0", "operation-not-found");
    request
}

/// After a good credential was assigned, the same request is accepted.
async fn assert_mended(service: &Service, client: &Client, request: &Value) {
    let good = service.credential(&AUTHORITY.p256).await;
    assign(&service.app, &client.alias, good).await.unwrap();
    // the client service is remembered for a moment
    let started = std::time::Instant::now();
    loop {
        let answer = client.sign(request).await;
        if answer.status == 200 {
            assert_eq!(answer.json()["status"], "EXECUTED");
            return;
        }
        assert!(started.elapsed() < crate::support::client::PATIENCE, "{}", answer.text());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[test]
fn a_certificate_out_of_its_validity_seals_nothing() {
    on_shared(async |service| {
        let expired = AUTHORITY.expired.signing().not_after().to_xs_date_time();
        let future = AUTHORITY.not_yet_valid.signing().not_before().to_xs_date_time();
        for (chain, reason, date) in [
            (&AUTHORITY.expired, "certificate-expired", expired),
            (&AUTHORITY.not_yet_valid, "certificate-not-yet-valid", future),
        ] {
            let client = service.client_with(chain).await;
            let request = assert_refused(&client, 409, "2.0.2", reason, &date).await;
            assert_mended(service, &client, &request).await;
        }
    });
}

#[test]
fn a_client_service_without_credential_seals_nothing() {
    on_shared(async |service| {
        let wish = Wish { chain: None, references: DocumentReferences::Unique };
        let client = service.client_of(wish).await;
        let request = assert_refused(&client, 409, "2.0.1", "no-credential", "assign").await;
        assert_mended(service, &client, &request).await;
    });
}

#[test]
fn a_suspended_client_service_seals_nothing() {
    on_shared(async |service| {
        let client = service.client().await;
        set_status(&service.app, &client.alias, ClientServiceStatus::Suspended).await.unwrap();
        assert_eq!(client.status(&1.into()).await.status, 403, "nothing was remembered yet");
        let request = small(&unique("suspended"));
        let body = client.sign(&request).await.error(403, "1.1.1", "client-service-suspended");
        assert!(body["causeMessage"].as_str().unwrap().contains("activate"), "{body}");
    });
}

/// A key with `CKA_ALWAYS_AUTHENTICATE` seals; one that may not sign is not imported, and when it
/// became so later, the document ends with the reason at once.
#[test]
fn keys_that_are_odd_seal_or_say_why_not() {
    run(async {
        let token = untidy_token().await;
        let keyring = token.keyring();
        let rsa = KeyKind::Rsa { bits: 2048 };
        let confirms = [Attribute::Sign(true), Attribute::AlwaysAuthenticate(true)];
        token.odd_key("http-confirms", KeyKind::P256, &confirms);
        token.odd_key("http-no-sign", rsa, &[Attribute::Sign(false)]);
        let encrypts = Attribute::AllowedMechanisms(vec![MechanismType::RSA_PKCS_OAEP]);
        token.odd_key("http-encrypts", rsa, &[Attribute::Sign(true), encrypts]);
        let chain = async |label: &str| {
            let key = Arc::new(keyring.public_key("hsm", label).await.unwrap());
            AUTHORITY.chain_for(&format!("CN={label}"), &key).await
        };
        let mut setup = Setup::new();
        setup.token_label.clone_from(&token.label);
        let service = setup.start().await;

        let client = service.client_with(&chain("http-confirms").await).await;
        let answer = client.sign(&small(&unique("confirms"))).await;
        assert_eq!(answer.json()["status"], "EXECUTED", "{}", answer.text());

        for (label, word) in
            [("http-no-sign", "CKA_SIGN"), ("http-encrypts", "CKA_ALLOWED_MECHANISMS")]
        {
            let chain = chain(label).await;
            let refused =
                credentials::import(&service.app, label, "hsm", &chain).await.unwrap_err();
            assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
            assert!(sources(&refused).contains(word), "{refused:?}");

            let client = service.client_of(usual()).await;
            let credential = service.credential_past_import(&chain).await;
            assign(&service.app, &client.alias, credential).await.unwrap();
            let answer = client.sign(&small(&unique(label))).await;
            let document = answer.json()["documentList"][0].clone();
            assert_eq!(answer.json()["status"], "EXECUTION_FAILED", "{}", answer.text());
            assert_eq!(document["signErrorReason"], "key-refuses", "{document}");
            assert!(document["signErrorDetail"].as_str().unwrap().contains(word), "{document}");
        }
        service.stop().await;
    });
}

/// The certificate of an authority is refused by name at import; one that was imported earlier, before
/// anything is recorded.
#[test]
fn a_certificate_that_is_for_something_else_seals_nothing() {
    on_shared(async |service| {
        let key = Arc::new(PublicKey::of(AUTHORITY.p256.signing()));
        let chain =
            AUTHORITY.chain_as(&CertificateProfile::Intermediate, "CN=An authority", &key).await;
        let alias = unique("authority");
        let refused = credentials::import(&service.app, &alias, "hsm", &chain).await.unwrap_err();
        assert!(sources(&refused).contains("certificate authority"), "{refused:?}");
        let client = service.client_of(usual()).await;
        let credential = service.credential_past_import(&chain).await;
        assign(&service.app, &client.alias, credential).await.unwrap();
        let (reason, word) = ("certificate-unusable", "certificate authority");
        assert_refused(&client, 409, "2.0.2", reason, word).await;
    });
}

/// A certificate for RSASSA-PSS, of a key that is a plain RSA key in its token.
#[test]
fn a_certificate_for_pss_seals() {
    on_shared(async |service| {
        let plain = PublicKey::of(AUTHORITY.rsa.signing());
        let key = Arc::new(PublicKey::from_spki_der(&for_pss(plain.bits())).unwrap());
        let chain = AUTHORITY.chain_for("CN=Seal PSS", &key).await;
        let client = service.client_with(&chain).await;
        let answer = client.sign(&small(&unique("pss"))).await;
        assert_eq!(answer.json()["status"], "EXECUTED", "{}", answer.text());
        let sealed = String::from_utf8(sealed(&answer.json(), 0)).unwrap();
        assert!(sealed.contains("2007/05/xmldsig-more#sha256-rsa-MGF1"), "{sealed}");
    });
}

/// SubjectPublicKeyInfo of id-RSASSA-PSS without parameters (RFC 4055, 1.2).
fn for_pss(rsa_public_key: &[u8]) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    };
    let algorithm = [0x30, 11, 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 10];
    let key = element(0x03, &[&[0], rsa_public_key].concat());
    element(0x30, &[&algorithm[..], &key].concat())
}

/// Disabled means now, although the credential is remembered; enabled again, it seals again.
#[test]
fn a_disabled_credential_is_refused_at_once() {
    on_shared(async |service| {
        let client = service.client_of(usual()).await;
        let alias = unique("to-be-disabled");
        let imported = credentials::import(&service.app, &alias, "hsm", &AUTHORITY.p256).await;
        assign(&service.app, &client.alias, imported.unwrap().0.id).await.unwrap();
        let seals = async || {
            let answer = client.sign(&small(&unique("disabled"))).await;
            assert_eq!(answer.json()["status"], "EXECUTED", "{}", answer.text());
        };
        seals().await;
        for _ in 0..2 {
            let set = async |status| {
                credentials::set_status(&service.app, &alias, status).await.unwrap();
            };
            set(CredentialStatus::Disabled).await;
            assert_refused(&client, 409, "2.0.1", "credential-disabled", "assign another").await;
            set(CredentialStatus::Active).await;
            seals().await;
        }
        let unknown =
            credentials::set_status(&service.app, "nobody", CredentialStatus::Active).await;
        assert!(matches!(unknown, Err(Error::NotFound(_))), "{unknown:?}");
    });
}

fn usual() -> Wish<'static> {
    Wish { chain: None, references: DocumentReferences::Unique }
}

/// A company is suspended with all its client services, in a service of its own: companies are shared.
#[test]
fn a_suspended_company_seals_nothing() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let set = async |status| {
            companies::set_status(&service.app, "PRT", "505767457", status).await.unwrap();
        };
        set(CompanyStatus::Suspended).await;
        let request = small(&unique("suspended"));
        let body = client.sign(&request).await.error(403, "1.2.0", "issuer-suspended");
        assert!(body["causeMessage"].as_str().unwrap().contains("activate"), "{body}");
        set(CompanyStatus::Active).await;
        let client = client.at(&service.base).await;
        assert_mended(&service, &client, &request).await;
        service.stop().await;
    });
}
