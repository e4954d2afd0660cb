//! What a hostile client does, from the generators that the tests have.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_testing::hostile::{self, SealedAs};
use chancery_testing::hostile_clients as clients;
use serde_json::{Value, json};

use crate::client::{Hostile, LARGE, reference};
use crate::refused;

/// How long connections that do nothing are held.
const HOLD: Duration = Duration::from_secs(2);

/// Something that is done to the service.
pub(crate) struct Attack {
    pub(crate) name: String,
    kind: Kind,
}

enum Kind {
    /// A sign request; what stands at [`MARK`] is made new each time.
    Request(String),
    /// The same, its length not said beforehand, in pieces of so many octets.
    Chunked(String, usize),
    Idle(usize),
    SlowHeads(usize),
    /// So many requests that promise a body as long as may be and send one octet.
    OneOctet(usize),
    LogIns(usize),
    /// So many downloads of a large operation of its own, not read.
    Unread(usize),
}

/// Where a request has its reference, which must be another each time.
const MARK: &str = "@reference@";

impl Attack {
    /// Octets that the client sends, about.
    pub(crate) fn octets(&self) -> usize {
        match &self.kind {
            Kind::Request(body) | Kind::Chunked(body, _) => body.len(),
            Kind::Idle(_) => 0,
            Kind::SlowHeads(count) => count * 40,
            Kind::OneOctet(count) | Kind::LogIns(count) => count * 500,
            Kind::Unread(count) => LARGE.div_ceil(3) * 4 + count * 500,
        }
    }

    /// Does it once; the answer to a request in a word. Whatever the service answers is an answer; a
    /// connection that it ends is one too.
    pub(crate) async fn run(&self, client: &Hostile) -> String {
        let address = client.address();
        match &self.kind {
            Kind::Request(body) => {
                return client.post(body.replace(MARK, &reference("hostile"))).await;
            }
            Kind::Chunked(body, piece) => {
                let body = body.replace(MARK, &reference("hostile"));
                let token = &client.token;
                let _ =
                    clients::chunked(address, clients::SIGN, token, body.as_bytes(), *piece).await;
            }
            Kind::Idle(count) => hold(clients::idle(address, *count).await).await,
            Kind::SlowHeads(count) => hold(clients::slow_headers(address, *count).await).await,
            Kind::OneOctet(count) => {
                let (token, most) = (&client.token, 100 << 20);
                hold(clients::one_octet_bodies(address, clients::SIGN, token, *count, most).await)
                    .await;
            }
            Kind::LogIns(count) => {
                for _ in 0..*count {
                    client.log_in_wrongly().await;
                }
            }
            Kind::Unread(count) => {
                let path = client.large_operation().await;
                hold(clients::unread_answers(address, &path, &client.token, *count).await).await;
            }
        }
        String::new()
    }
}

async fn hold<T>(connections: std::io::Result<Vec<T>>) {
    if let Ok(connections) = connections {
        tokio::time::sleep(HOLD).await;
        drop(connections);
    }
}

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    let mut all: Vec<Attack> = hostile::all().iter().map(document).collect();
    all.extend(refused::all().iter().map(|hostile| {
        let name = format!("{} ({})", hostile.name, hostile.code);
        sealed(&name, SealedAs::Xades, &hostile.document, &hostile.settings)
    }));
    all.extend(requests());
    all.extend(connections());
    all
}

fn document(hostile: &hostile::HostileDocument) -> Attack {
    sealed(hostile.name, hostile.format, &hostile.document, &hostile.settings)
}

fn sealed(name: &str, format: SealedAs, document: &[u8], settings: &Value) -> Attack {
    let (signature, file, media) = match format {
        SealedAs::Xades => ("XAdES", "hostile.xml", "application/xml"),
        SealedAs::Pades => ("PAdES", "hostile.pdf", "application/pdf"),
        SealedAs::Cades => ("CAdES", "hostile.bin", "application/octet-stream"),
    };
    let mut document = documents(file, media, &STANDARD.encode(document));
    document["signatureInfo"] = json!({
        "signatureType": signature,
        "advancedSignatureInfo": settings,
    });
    request(name, &json!([document]))
}

fn documents(file: &str, media: &str, content: &str) -> Value {
    json!({
        "documentRequest": {
            "externalReference": format!("{MARK}/1"),
            "name": file,
            "contentType": media,
            "base64Content": content,
        },
    })
}

fn request(name: &str, documents: &Value) -> Attack {
    let body = json!({ "externalReference": MARK, "description": "d", "documents": documents });
    Attack { name: name.to_owned(), kind: Kind::Request(body.to_string()) }
}

/// Requests whose form is the harm.
fn requests() -> Vec<Attack> {
    let invoice = STANDARD.encode(include_bytes!("../../samples/invoice-minimal/input.xml"));
    let plain = |number: usize| {
        let mut document = documents("invoice.xml", "application/xml", &invoice);
        document["documentRequest"]["externalReference"] = json!(format!("{MARK}/{number}"));
        document["signatureInfo"] = json!({ "signatureType": "XAdES" });
        document
    };
    let many: Vec<Value> = (0..2500).map(plain).collect();
    let receivers = vec![json!({ "email": "somebody@example.com" }); 20_000];
    let mut deep = plain(0);
    deep["signatureInfo"]["advancedSignatureInfo"] = json!({ "claimedRoles": vec!["r"; 100_000] });
    let mut unknown = plain(0);
    for number in 0..50_000 {
        unknown[format!("member{number}")] = json!({});
    }
    let nested = format!(
        "{{\"externalReference\":\"{MARK}\",\"documents\":{}{}}}",
        "[".repeat(500_000),
        "]".repeat(500_000)
    );
    let mails = json!({
        "externalReference": MARK,
        "description": "d",
        "documents": [plain(0)],
        "preservationInfo": {
            "preserveContent": false,
            "deliveryInfo": { "personReceiver": receivers },
        },
    });
    let empty = clients::many_documents(MARK, 1_000_000);
    let heavy = hostile::xpath_unions(6000, hostile::wide(30_000));
    let heavy_content = STANDARD.encode(&heavy.document);
    let heavies: Vec<Value> = (0..50)
        .map(|number| {
            let mut document = documents("hostile.xml", "application/xml", &heavy_content);
            document["documentRequest"]["externalReference"] = json!(format!("{MARK}/{number}"));
            document["signatureInfo"] =
                json!({ "signatureType": "XAdES", "advancedSignatureInfo": heavy.settings });
            document
        })
        .collect();
    vec![
        request("2,500 small invoices", &json!(many)),
        request("50 documents with an XPath that takes long", &json!(heavies)),
        Attack { name: "20,000 receivers".to_owned(), kind: Kind::Request(mails.to_string()) },
        request("100,000 roles", &json!([deep])),
        request("50,000 unknown members", &json!([unknown])),
        Attack { name: "nested lists".to_owned(), kind: Kind::Request(nested) },
        Attack { name: "a million empty documents".to_owned(), kind: Kind::Request(empty.clone()) },
        Attack {
            name: "a million empty documents, in chunks of 1,000 octets".to_owned(),
            kind: Kind::Chunked(empty, 1000),
        },
        Attack {
            name: "no JSON, in chunks of one octet".to_owned(),
            kind: Kind::Chunked(" ".repeat(100_000), 1),
        },
    ]
}

/// What is done with connections.
fn connections() -> Vec<Attack> {
    let attack = |name: &str, kind| Attack { name: name.to_owned(), kind };
    vec![
        attack("200 connections that say nothing", Kind::Idle(200)),
        attack("200 heads that do not end", Kind::SlowHeads(200)),
        attack("60 bodies of which one octet comes", Kind::OneOctet(60)),
        attack("20 log-ins that fail", Kind::LogIns(20)),
        attack("40 answers that nobody reads", Kind::Unread(40)),
    ]
}
