//! Trusted lists of a service: from a folder and over HTTP; the last good one stays.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::canonicalization::Canonicalization;
use chancery::domain::xades::SignatureLocation;
use chancery::pki::certificate::Certificate;
use chancery::workflow::trusted_lists::refresh;
use chancery_testing::sealing::{PKI, TestKey, try_seal};
use serde_json::{Value, json};

use crate::support::service::{Service, Setup, run};

const NS: &str = "http://uri.etsi.org/TrstSvc";

pub(crate) fn seal(document: &str, key: &TestKey) -> Vec<u8> {
    let place = SignatureLocation::default();
    let sealed = try_seal(document.as_bytes(), key, Canonicalization::EXCLUSIVE, place).unwrap();
    sealed.bytes().to_vec()
}

fn identity(certificate: &Certificate) -> String {
    let text = STANDARD.encode(certificate.der());
    format!(
        "<ServiceDigitalIdentity><DigitalId><X509Certificate>{text}</X509Certificate></DigitalId>\
         </ServiceDigitalIdentity>"
    )
}

/// A signed list, with pointers and services.
fn list(
    (territory, kind, sequence): (&str, &str, u64),
    pointers: &str,
    services: &str,
    key: &TestKey,
) -> Vec<u8> {
    let (issued, next) = (key.now().to_rfc3339(), key.now().plus_ms(86_400_000).to_rfc3339());
    let text = format!(
        "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\"><SchemeInformation>\
         <TSLVersionIdentifier>5</TSLVersionIdentifier><TSLSequenceNumber>{sequence}</TSLSequenceNumber>\
         <TSLType>{NS}/TrustedList/TSLType/{kind}</TSLType><SchemeTerritory>{territory}</SchemeTerritory>\
         <PointersToOtherTSL>{pointers}</PointersToOtherTSL>\
         <ListIssueDateTime>{issued}</ListIssueDateTime><NextUpdate><dateTime>{next}</dateTime></NextUpdate>\
         </SchemeInformation><TrustServiceProviderList><TrustServiceProvider><TSPServices>{services}\
         </TSPServices></TrustServiceProvider></TrustServiceProviderList></TrustServiceStatusList>"
    );
    seal(&text, key)
}

/// The list of a state that names who issued the certificates of both keys.
pub(crate) fn national(sequence: u64, key: &TestKey) -> Vec<u8> {
    let issuer = PKI.p256.signer.chain().certificates().nth(1).unwrap();
    let service = format!(
        "<TSPService><ServiceInformation><ServiceTypeIdentifier>{NS}/Svctype/CA/QC\
         </ServiceTypeIdentifier>{}<ServiceStatus>{NS}/TrustedList/Svcstatus/granted</ServiceStatus>\
         <StatusStartingTime>2020-01-01T00:00:00Z</StatusStartingTime></ServiceInformation></TSPService>",
        identity(issuer)
    );
    list(("XX", "EUgeneric", sequence), "", &service, key)
}

fn signers(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("signers.pem");
    std::fs::copy(&PKI.p256.pem, &file).unwrap();
    file
}

async fn verdict(service: &Service) -> Value {
    let client = service.client().await;
    let file = STANDARD.encode(seal("<invoice/>", &PKI.rsa));
    let body = json!({ "base64Content": file, "revocation": false });
    client.post("/api/v1/verifications", body.to_string()).await.good()["report"].clone()
}

fn troubles(service: &Service) -> Vec<(String, String)> {
    service.app.trusted_lists.as_ref().unwrap().held().troubles.clone()
}

#[test]
fn lists_in_a_folder_begin_trust_and_are_told_of() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("xx.xml"), national(5, &PKI.p256)).unwrap();
        std::fs::write(folder.path().join("yy.xml"), b"<x/>").unwrap();
        let mut setup = Setup::new();
        setup.config.trusted_lists.folder = folder.path().to_path_buf();
        setup.config.trusted_lists.signers = vec![signers(folder.path())];
        let service = setup.start().await;
        refresh(&service.app).await;
        let report = verdict(&service).await;
        assert_eq!(report["indication"], "TOTAL-PASSED", "{report}");
        let facts = &report["signatures"][0]["signer"]["qualification"];
        let shown = (&facts["territory"], &facts["conclusion"], &facts["status"]);
        assert_eq!(shown, (&json!("XX"), &json!("AdES"), &json!("granted")), "{facts}");
        let ready = service.client().await.get("/readyz").await.json();
        let lists = &ready["trustedLists"]["lists"];
        assert_eq!(
            (&lists[0]["used"], &lists[0]["sequence"]),
            (&json!("used"), &json!(5)),
            "{ready}"
        );
        assert_eq!(lists[1]["used"], "refused", "{ready}");
        assert!(ready["trustedLists"]["readSecondsAgo"].is_u64(), "{ready}");
        service.stop().await;
    });
}

/// Answers GET over HTTP with what it holds.
struct Publisher {
    port: u16,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl Publisher {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let files: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let published = Arc::clone(&files);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut octet = [0];
                    if stream.read(&mut octet).unwrap_or(0) == 0 {
                        break;
                    }
                    request.push(octet[0]);
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let found = published.lock().unwrap().get(&path).cloned();
                let (status, body) =
                    found.map_or(("404 Not Found", Vec::new()), |it| ("200 OK", it));
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(&body);
            }
        });
        Self { port, files }
    }

    fn publish(&self, path: &str, octets: Vec<u8>) {
        self.files.lock().unwrap().insert(path.to_owned(), octets);
    }

    fn withdraw(&self) {
        self.files.lock().unwrap().clear();
    }

    /// The list of the lists, which says who signs the list of a state.
    fn head(&self, sequence: u64) -> Vec<u8> {
        let pointer = format!(
            "<OtherTSLPointer><ServiceDigitalIdentities>{}</ServiceDigitalIdentities>\
             <TSLLocation>http://127.0.0.1:{}/xx.xml</TSLLocation><AdditionalInformation>\
             <OtherInformation><TSLType>{NS}/TrustedList/TSLType/EUgeneric</TSLType></OtherInformation>\
             <OtherInformation><SchemeTerritory>XX</SchemeTerritory></OtherInformation>\
             <OtherInformation><a:MimeType xmlns:a=\"http://uri.etsi.org/02231/v2/additionaltypes#\">\
             application/vnd.etsi.tsl+xml</a:MimeType></OtherInformation></AdditionalInformation>\
             </OtherTSLPointer>",
            identity(PKI.rsa.signer.certificate()),
            self.port
        );
        list(("EU", "EUlistofthelists", sequence), &pointer, "", &PKI.p256)
    }
}

#[test]
fn lists_are_fetched_and_the_last_good_one_stays() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let publisher = Publisher::start();
        publisher.publish("/eu.xml", publisher.head(9));
        publisher.publish("/xx.xml", national(5, &PKI.rsa));
        let signers = signers(folder.path());
        let setup = |networks: &[&str]| {
            let mut setup = Setup::new();
            let lists = &mut setup.config.trusted_lists;
            lists.folder = folder.path().to_path_buf();
            lists.signers = vec![signers.clone()];
            lists.lotl = format!("http://127.0.0.1:{}/eu.xml", publisher.port);
            lists.allow_networks = networks.iter().map(|it| it.parse().unwrap()).collect();
            setup
        };
        // an address of the house is not gone to
        let service = setup(&[]).start().await;
        refresh(&service.app).await;
        assert!(
            troubles(&service)[0].1.contains("not on the public internet"),
            "{:?}",
            troubles(&service)
        );
        assert_eq!(verdict(&service).await["indication"], "INDETERMINATE");
        service.stop().await;
        let service = setup(&["127.0.0.0/8"]).start().await;
        refresh(&service.app).await;
        assert_eq!(
            troubles(&service),
            [],
            "{:?}",
            service.app.trusted_lists.as_ref().unwrap().held()
        );
        assert_eq!(verdict(&service).await["indication"], "TOTAL-PASSED");
        // others' lists, earlier ones and none at all take the place of nothing
        for (file, said) in [
            (national(6, &PKI.p256), "may not sign it"),
            (national(4, &PKI.rsa), "is kept already"),
            (b"<html/>".to_vec(), "no trusted list"),
        ] {
            publisher.publish("/xx.xml", file);
            refresh(&service.app).await;
            let told = troubles(&service);
            assert!(told[0].0 == "XX" && told[0].1.contains(said), "{told:?}");
            assert_eq!(verdict(&service).await["indication"], "TOTAL-PASSED");
        }
        publisher.publish("/eu.xml", publisher.head(8));
        refresh(&service.app).await;
        assert!(troubles(&service)[0].1.contains("is kept already"), "{:?}", troubles(&service));
        publisher.withdraw();
        refresh(&service.app).await;
        assert!(troubles(&service)[0].1.contains("HTTP 404"), "{:?}", troubles(&service));
        service.stop().await;
        // after a restart without anybody to ask the verdict is the same
        let service = setup(&["127.0.0.0/8"]).start().await;
        refresh(&service.app).await;
        assert_eq!(verdict(&service).await["indication"], "TOTAL-PASSED");
        service.stop().await;
    });
}
