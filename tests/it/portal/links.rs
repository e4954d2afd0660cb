//! The receiver's page over HTTP, as a receiver meets it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Command;

use chancery::app::Clock;
use chancery::domain::ids::OperationId;
use chancery::domain::outbox::Message;
use chancery::domain::scope::Scope;
use chancery::workflow::notify;
use serde_json::{Value, json};

use crate::support::browser::{assert_accessible, browse};
use crate::support::client::{Answer, Client, HTTP, document, request, sealed};
use crate::support::service::{Service, Setup, now, on_shared, run, unique};

/// Seals documents for one receiver; gives the answer and the mail.
pub(super) async fn sealed_for(
    service: &Service,
    client: &Client,
    receiver: Value,
    documents: Vec<Value>,
) -> (Value, Message) {
    let mut wanted = request(&unique("order"), documents);
    wanted["preservationInfo"] = json!({
        "preserveContent": false,
        "deliveryInfo": { "attachDocuments": false, "personReceiver": [receiver] },
    });
    let answer = client.sign(&wanted).await.good();
    let mail = mail(service, &answer).await;
    (answer, mail)
}

async fn mail(service: &Service, answer: &Value) -> Message {
    let id = OperationId::from_i64(answer["id"].as_i64().unwrap());
    service.app.reader.mails_of(id).await.unwrap().remove(0)
}

/// The link's address at the socket the service listens on.
pub(super) fn link(service: &Service, mail: &Message) -> String {
    notify::link(&service.app, mail).unwrap().replace(&service.app.issuer, &service.base)
}

pub(super) async fn get(url: &str) -> Answer {
    Answer::of(HTTP.get(url)).await
}

fn two() -> Vec<Value> {
    let texts = ["<invoice><total>1</total></invoice>", "<invoice><total>2</total></invoice>"];
    texts.map(|text| document(&unique("doc"), text)).to_vec()
}

#[test]
fn a_link_opens_the_documents_and_tells_the_sender_once() {
    on_shared(async |service| {
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example", "language": "pt" });
        let (answer, mail_before) = sealed_for(service, &client, receiver, two()).await;
        let url = link(service, &mail_before);

        // Looks that are no person's leave the mail as it is.
        let head = Answer::of(HTTP.head(&url)).await;
        let guess = Answer::of(HTTP.get(&url).header("sec-purpose", "prefetch;prerender")).await;
        assert_eq!((head.status, guess.status), (200, 200));
        assert_eq!(mail(service, &answer).await.opened, None);

        let page = get(&url).await;
        assert_eq!(page.status, 200);
        for wanted in ["<html lang=\"pt\"", "Documentos de ACME Corporation", "invoice.xml", "UTC"]
        {
            assert!(page.text().contains(wanted), "{wanted} in {}", page.text());
        }
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
        assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"));
        assert_eq!(page.header("set-cookie"), "");
        let opened = mail(service, &answer).await;
        assert_eq!(opened.status.as_str(), "RECEIVED");
        get(&url).await;
        assert_eq!(mail(service, &answer).await.opened, opened.opened);
        let detail = client.detail(&answer["id"], false).await.good();
        assert!(detail.to_string().contains("RECEIVED"), "{detail}");

        let german = Answer::of(HTTP.get(format!("{url}?lang=de"))).await;
        assert!(german.text().contains("Gesiegelt von"));
        assert_eq!(german.header("content-language"), "de");
    });
}

#[test]
fn downloads_are_the_sealed_bytes_one_by_one_and_in_an_archive() {
    on_shared(async |service| {
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example" });
        let mut documents = two();
        documents[1]["documentRequest"]["name"] = json!("fatura nº 1.xml");
        let (answer, mail_before) = sealed_for(service, &client, receiver, documents).await;
        let url = link(service, &mail_before);

        let first = get(&format!("{url}/documents/1")).await;
        assert_eq!((first.status, &first.body), (200, &sealed(&answer, 0)));
        assert_eq!(first.header("content-type"), "application/xml");
        assert_eq!(
            first.header("content-disposition"),
            "attachment; filename=\"invoice.xml\"; filename*=UTF-8''invoice.xml"
        );
        assert_eq!(mail(service, &answer).await.status.as_str(), "RECEIVED");
        let second = get(&format!("{url}/documents/2")).await;
        assert_eq!(second.body, sealed(&answer, 1));
        let disposition = second.header("content-disposition");
        assert!(disposition.contains("filename*=UTF-8''fatura%20n%C2%BA%201.xml"), "{disposition}");

        let zip = get(&format!("{url}/documents.zip")).await;
        assert_eq!(zip.header("content-type"), "application/zip");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&zip.body).unwrap();
        let script = "import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); \
            assert z.testzip() is None; \
            print(json.dumps({i.filename: z.read(i).decode() for i in z.infolist()}))";
        let read = Command::new("python3").args(["-c", script]).arg(file.path()).output().unwrap();
        let files: BTreeMap<String, String> = serde_json::from_slice(&read.stdout).unwrap();
        let wanted = [("fatura nº 1.xml", 1), ("invoice.xml", 0)]
            .map(|(name, at)| (name.to_owned(), String::from_utf8(sealed(&answer, at)).unwrap()));
        assert_eq!(files, BTreeMap::from(wanted));

        for path in ["/documents/3", "/documents/0", "/documents/x", "/documents/01"] {
            assert_eq!(get(&format!("{url}{path}")).await.status, 404, "{path}");
        }
    });
}

/// Where the seal is a file beside the document, each is a file of the page.
#[test]
fn a_document_beside_its_seal_is_downloaded_by_itself() {
    on_shared(async |service| {
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example" });
        let mut documents = two();
        for one in &mut documents {
            one["signatureInfo"]["advancedSignatureInfo"] = json!({ "packaging": "DETACHED" });
        }
        let (answer, mail_before) = sealed_for(service, &client, receiver, documents).await;
        let url = link(service, &mail_before);
        let mut files = Vec::new();
        for number in 1..=4 {
            files.push(get(&format!("{url}/documents/{number}")).await.body);
        }
        let original =
            |total: u8| format!("<invoice><total>{total}</total></invoice>").into_bytes();
        assert_eq!(files, [original(1), sealed(&answer, 0), original(2), sealed(&answer, 1)]);
    });
}

#[test]
fn what_is_no_link_and_what_was_revoked_look_the_same() {
    on_shared(async |service| {
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example" });
        let (answer, mail_before) = sealed_for(service, &client, receiver, two()).await;
        let url = link(service, &mail_before);
        let operation = OperationId::from_i64(answer["id"].as_i64().unwrap());
        let closed = notify::revoke_links(&service.app, Scope::Installation, operation, None).await;
        assert_eq!(closed.unwrap(), 1);

        let revoked = get(&url).await;
        assert_eq!(revoked.status, 404);
        assert!(revoked.text().contains("<h1>This link does not work</h1>"));
        let (start, _) = url.rsplit_once('.').unwrap();
        let forged = format!("{start}.AAAAAAAAAAAAAAAAAAAAAA");
        for other in [forged, format!("{}/r/nothing", service.base), format!("{start}.%ff")] {
            let unknown = get(&other).await;
            assert_eq!((unknown.status, unknown.text()), (404, revoked.text()), "{other}");
            let names = |answer: &Answer| {
                answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>()
            };
            assert_eq!(names(&unknown), names(&revoked));
        }
        for path in ["/documents/1", "/documents.zip"] {
            assert_eq!(get(&format!("{url}{path}")).await.status, 404);
        }
        assert_eq!(mail(service, &answer).await.opened, None);
        let french = Answer::of(HTTP.get(&url).header("accept-language", "nl, fr-CH;q=0.9")).await;
        assert!(french.text().contains("<html lang=\"fr\""));
    });
}

#[test]
fn a_link_ends_and_says_when() {
    run(async {
        let start = now();
        let service = Setup::new().start().await;
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example", "language": "it" });
        let (answer, mail_before) = sealed_for(&service, &client, receiver, two()).await;

        let mut setup = Setup::same_database(&service);
        let days = setup.config.delivery.link_days + 1;
        setup.clock = Clock::Fixed(start.plus_ms(days * 86_400_000));
        let later = setup.start().await;
        let page = get(&link(&later, &mail_before)).await;
        assert_eq!(page.status, 410);
        assert!(page.text().contains("Questo collegamento è scaduto"), "{}", page.text());
        assert_eq!(mail(&service, &answer).await.opened, None);
        later.stop().await;
        service.stop().await;
    });
}

#[test]
fn a_link_and_an_address_are_answered_so_often_a_minute() {
    on_shared(async |service| {
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example", "language": "de" });
        let (_, mail_before) = sealed_for(service, &client, receiver, two()).await;
        let url = link(service, &mail_before);
        let from = |url: &str, address: String| {
            Answer::of(HTTP.get(url).header("x-forwarded-for", address))
        };
        // Each from another address: the link's own limit.
        let mut busy = None;
        for request in 0..=chancery::web::portal::rate::OF_LINK * 2 {
            let answer = from(&url, format!("203.0.113.{}", request % 200)).await;
            if answer.status == 429 {
                busy = Some((request, answer));
                break;
            }
            assert_eq!(answer.status, 200);
        }
        let (request, busy) = busy.expect("never too many");
        assert!(request >= chancery::web::portal::rate::OF_LINK, "{request}");
        let wait: u64 = busy.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert!(busy.text().contains("<h1>"), "{}", busy.text());
        // Other links and other visitors are answered; one address that asks for anything is not.
        let nothing = format!("{}/r/nothing", service.base);
        let mut last = 0;
        for _ in 0..=chancery::web::portal::rate::FROM_ADDRESS * 2 {
            last = from(&nothing, "198.51.100.7".into()).await.status;
            if last == 429 {
                break;
            }
        }
        assert_eq!(last, 429);
        assert_eq!(from(&nothing, "198.51.100.8".into()).await.status, 404);
    });
}

#[test]
fn a_browser_finds_the_served_page_accessible_and_at_home() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let receiver = json!({ "email": "ap@customer.example", "language": "es" });
        let (_, mail_before) = sealed_for(&service, &client, receiver, two()).await;
        let url = link(&service, &mail_before);
        let urls =
            vec![url.clone(), format!("{url}?lang=en"), format!("{}/r/nothing", service.base)];
        let seen = tokio::task::spawn_blocking(move || browse(&urls)).await.unwrap();
        let loaded: Vec<Value> =
            seen.iter().filter(|page| page["status"] == 200).cloned().collect();
        assert_eq!(assert_accessible(&loaded), 6);
        for page in &seen {
            for request in page["requests"].as_array().unwrap() {
                assert!(request.as_str().unwrap().starts_with(&service.base), "{request}");
            }
            assert_eq!(page["sheets"], 1);
            if page["setting"]["script"] == true {
                assert_eq!(page["violations"], json!([]));
            }
        }
        service.stop().await;
    });
}
