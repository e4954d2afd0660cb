//! Verification over HTTP: the report of the engine, with what the installation trusts, and problem details.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::client_service::ClientServiceStatus;
use chancery::workflow::client_services::set_status;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::{self, Answer, Client, HTTP, small};
use crate::support::service::{Service, Setup, run, unique};

const PATH: &str = "/api/v1/verifications";

/// A service that trusts who issued the certificates of its seals.
async fn trusting(change: impl FnOnce(&mut Setup)) -> Service {
    let mut setup = Setup::new();
    setup.config.verification.trust = vec![AUTHORITY.root()];
    setup.config.verification.revocation = false;
    change(&mut setup);
    setup.start().await
}

async fn verify(client: &Client, body: &Value) -> Answer {
    client.post(PATH, body.to_string()).await
}

async fn sealed(client: &Client) -> Vec<u8> {
    let answer = client.sign(&small(&unique("to-verify"))).await.good();
    client::sealed(&answer, 0)
}

/// Two files in one container with two seals.
async fn twice_sealed(client: &Client) -> Vec<u8> {
    let mut wish = small(&unique("container"));
    let document = &mut wish["documents"][0];
    document["documentRequest"]["contentType"] = json!("application/zip");
    document["documentRequest"].as_object_mut().unwrap().remove("base64Content");
    document["documentRequest"]["files"] = json!([
        { "name": "a.xml", "base64Content": STANDARD.encode("<a/>") },
        { "name": "b.txt", "base64Content": STANDARD.encode("text") },
    ]);
    document["signatureInfo"] = json!({ "signatureType": "CAdES", "profile": "asic-e",
        "advancedSignatureInfo": { "existingSignatures": "PARALLEL" } });
    let first = client::sealed(&client.sign(&wish).await.good(), 0);
    let mark = unique("container");
    wish["externalReference"] = json!(mark);
    let document = &mut wish["documents"][0]["documentRequest"];
    document.as_object_mut().unwrap().remove("files");
    document["externalReference"] = json!(mark);
    document["base64Content"] = json!(STANDARD.encode(first));
    client::sealed(&client.sign(&wish).await.good(), 0)
}

/// Asserts problem details (RFC 9457) and returns them.
#[track_caller]
fn problem(answer: &Answer, status: u16, reason: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status, body["reason"].as_str()), (status, Some(reason)), "{body}");
    assert_eq!(answer.header(CONTENT_TYPE.as_str()), "application/problem+json");
    assert_eq!(body["status"], status);
    assert_eq!(body["requestId"], answer.header("x-request-id"));
    assert!(body["detail"].as_str().is_some_and(|it| !it.is_empty()) && body["title"].is_string());
    body
}

#[test]
fn a_file_is_verified_against_what_the_installation_trusts() {
    run(async {
        let service = trusting(|_| {}).await;
        let client = service.client().await;
        let file = sealed(&client).await;
        let body = json!({ "name": "a.xml", "base64Content": STANDARD.encode(&file) });
        let answer = verify(&client, &body).await.good();
        assert_eq!(answer["file"], "a.xml");
        let report = &answer["report"];
        assert_eq!(report["indication"], "TOTAL-PASSED", "{report}");
        let signature = &report["signatures"][0];
        assert_eq!(signature["coversDocument"], true);
        assert_eq!(signature["signer"]["revocation"][0]["status"], "not asked");
        // asked for, nothing is known of revocation
        let mut asked = body.clone();
        asked["revocation"] = json!(true);
        let asked = verify(&client, &asked).await.good();
        assert_eq!(asked["report"]["subIndication"], "TRY_LATER", "{asked}");
        // before the certificates were there
        let early =
            json!({ "base64Content": STANDARD.encode(&file), "at": "2001-01-01T00:00:00Z" });
        let early = verify(&client, &early).await.good();
        assert_eq!(
            (&early["file"], &early["report"]["at"]),
            (&Value::Null, &json!("2001-01-01T00:00:00.000Z"))
        );
        assert_ne!(early["report"]["indication"], "TOTAL-PASSED");
        // each signature of a container says which files it covers
        let container = twice_sealed(&client).await;
        let body = json!({ "base64Content": STANDARD.encode(&container) });
        let report = &verify(&client, &body).await.good()["report"];
        assert_eq!(report["indication"], "TOTAL-PASSED", "{report}");
        let places: Vec<_> = (0..2).map(|at| &report["signatures"][at]["place"]).collect();
        let expected = ["META-INF/signature001.p7s signer 1", "META-INF/signature002.p7s signer 1"];
        assert_eq!(places, expected);
        for at in 0..2 {
            let covered = report["signatures"][at]["covered"].as_array().unwrap();
            let names: Vec<_> =
                covered.iter().map(|one| one["reference"].as_str().unwrap()).collect();
            assert!(names.contains(&"a.xml") && names.contains(&"b.txt"), "{names:?}");
        }
        // changed, and something else
        let changed = String::from_utf8(file).unwrap().replacen("12.50", "92.50", 1);
        let changed = json!({ "base64Content": STANDARD.encode(changed) });
        let changed = verify(&client, &changed).await.good();
        assert_eq!(changed["report"]["subIndication"], "HASH_FAILURE", "{changed}");
        let other = verify(&client, &json!({ "base64Content": STANDARD.encode("abc") })).await;
        assert_eq!(other.good()["report"]["subIndication"], "GENERIC");
        // reading suffices
        let token = HTTP
            .post(format!("{}/oauth2/token", service.base))
            .basic_auth(&client.alias, Some(&client.secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=read");
        let token = Answer::of(token).await.good()["access_token"].as_str().unwrap().to_owned();
        let reader = Client { token, ..client.clone() };
        verify(&reader, &body).await.good();
    });
}

#[test]
fn the_report_is_answered_in_the_form_that_is_accepted() {
    run(async {
        let service = trusting(|_| {}).await;
        let client = service.client().await;
        let body =
            json!({ "name": "a.xml", "base64Content": STANDARD.encode(sealed(&client).await) });
        let asked = async |accept: &str| {
            let request = HTTP.post(format!("{}{PATH}", service.base)).bearer_auth(&client.token);
            let request =
                request.header("accept", accept).header("content-type", "application/json");
            Answer::of(request.body(body.to_string())).await
        };
        let xml = asked("application/xml").await;
        assert_eq!((xml.status, xml.header("content-type")), (200, "application/xml"));
        assert!(xml.text().contains("urn:etsi:019102:mainindication:total-passed"));
        let summary = "application/vnd.chancery.verification-summary+json";
        let few = asked(&format!("{summary};q=0.9, application/xml")).await;
        assert_eq!(few.header("content-type"), summary);
        let few = few.good();
        assert_eq!((&few["file"], &few["indication"]), (&json!("a.xml"), &json!("TOTAL-PASSED")));
        assert_eq!(few["signatures"][0]["level"], "XAdES-B");
        for accept in ["*/*", "text/plain", "application/json, application/xml"] {
            assert!(asked(accept).await.good()["report"].is_object(), "{accept}");
        }
    });
}

#[test]
fn people_get_a_page_or_a_pdf_in_their_language() {
    run(async {
        let service = trusting(|_| {}).await;
        let client = service.client().await;
        let body =
            json!({ "name": "<b>.xml", "base64Content": STANDARD.encode(sealed(&client).await) });
        let asked = async |accept: &str, language: &str| {
            let request = HTTP.post(format!("{}{PATH}", service.base)).bearer_auth(&client.token);
            let request = request.header("accept", accept).header("accept-language", language);
            let request = request.header("content-type", "application/json");
            Answer::of(request.body(body.to_string())).await
        };
        let page = asked("text/html, */*", "xx, fr-CA;q=0.8, en;q=0.1").await;
        assert_eq!((page.status, page.header("content-language")), (200, "fr"));
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(page.header("vary"), "accept, accept-language");
        for wanted in ["<html lang=\"fr\"", "Toutes les signatures sont valides", "&#60;b&#62;.xml"]
        {
            assert!(page.text().contains(wanted), "{wanted} is not in {}", page.text());
        }
        let pdf = asked("application/pdf", "").await;
        assert_eq!((pdf.status, pdf.header("content-language")), (200, "en"));
        assert_eq!(pdf.header("content-type"), "application/pdf");
        assert!(pdf.body.starts_with(b"%PDF-1.7"));
    });
}

/// A form of parts; each has a name, a file's name or none, and octets.
fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, octets) in parts {
        let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
        let head = format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend([head.as_bytes(), octets, b"\r\n"].concat());
    }
    body.extend(b"--x--\r\n");
    body
}

/// A revocation list of an authority that issued none of the certificates here.
fn list_of_another() -> Vec<u8> {
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![rcgen::KeyUsagePurpose::CrlSign];
    let list = rcgen::CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2036, 1, 1),
        crl_number: rcgen::SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: rcgen::KeyIdMethod::Sha256,
    };
    let issuer = rcgen::Issuer::new(params, rcgen::KeyPair::generate().unwrap());
    list.signed_by(&issuer).unwrap().der().to_vec()
}

#[test]
fn a_file_comes_in_parts_with_what_belongs_to_it() {
    run(async {
        let service = trusting(|setup| setup.config.limits.document_bytes = 100_000).await;
        let client = service.client().await;
        let post = async |parts: &[(&str, &str, &[u8])]| {
            let request = HTTP.post(format!("{}{PATH}", service.base)).bearer_auth(&client.token);
            let request = request.header("content-type", "multipart/form-data; boundary=x");
            Answer::of(request.body(form(parts))).await
        };
        let file = sealed(&client).await;
        let root = std::fs::read(AUTHORITY.root()).unwrap();
        let list = list_of_another();
        let parts: [(&str, &str, &[u8]); 4] = [
            ("certificates", "", &root),
            ("document", "a.xml", &file),
            ("verificationRequest", "", br#"{"revocation":true}"#),
            ("revocation", "root.crl", &list),
        ];
        let answer = post(&parts).await.good();
        assert_eq!(answer["file"], "a.xml");
        // the list was looked into, and is another's
        let known = &answer["report"]["signatures"][0]["signer"]["revocation"][0];
        assert_eq!(known["status"], "unknown", "{answer}");
        let body = json!({
            "base64Content": STANDARD.encode(&file), "revocation": true,
            "base64Certificates": [STANDARD.encode(&root)], "base64Revocation": [STANDARD.encode(&list)],
        });
        let request = HTTP.post(format!("{}{PATH}", service.base)).bearer_auth(&client.token);
        let request = request.header("accept", "application/xml");
        let request = request.header("content-type", "application/json").body(body.to_string());
        let same = Answer::of(request).await;
        assert!(same.text().contains(&STANDARD.encode(&list)), "{}", same.text());
        // what is given is not trusted for that
        let stranger = trusting(|setup| setup.config.verification.trust = Vec::new()).await;
        let other = stranger.client().await;
        let mut unasked = body.clone();
        unasked["revocation"] = json!(false);
        let untrusted = verify(&other, &unasked).await.good();
        assert_eq!(untrusted["report"]["subIndication"], "NO_CERTIFICATE_CHAIN_FOUND");

        let many: Vec<(&str, &str, &[u8])> = vec![("certificates", "", &root); 65];
        let large = vec![b'a'; 100_001];
        let named: (&str, &str, &[u8]) = ("document", "a", &file);
        for (parts, status, reason, words) in [
            (vec![], 400, "member-missing", "the part document"),
            (vec![named, named], 400, "multipart-malformed", "document is there twice"),
            (vec![named, ("trust", "", b"a")], 400, "multipart-malformed", "'trust'"),
            (vec![("document", "a", b"")], 400, "document-empty", "empty"),
            (vec![("document", "a", &large)], 413, "document-too-large", "100000"),
            (vec![named, ("certificates", "", b"a")], 400, "member-invalid", "certificates[0]"),
            (vec![named, ("revocation", "", b"a")], 400, "member-invalid", "revocation[0]"),
            (vec![named, ("verificationRequest", "", b"{")], 400, "json-malformed", ""),
            (many, 400, "multipart-malformed", "more than 64"),
        ] {
            let told = problem(&post(&parts).await, status, reason);
            assert!(told["detail"].as_str().unwrap().contains(words), "{told}");
        }
    });
}

#[test]
fn a_detached_signature_is_verified_with_what_it_is_over() {
    run(async {
        let service = trusting(|_| {}).await;
        let client = service.client().await;
        let mut request = small(&unique("detached"));
        let content = request["documents"][0]["documentRequest"]["base64Content"].clone();
        request["documents"][0]["signatureInfo"]["advancedSignatureInfo"] = json!({ "packaging": "DETACHED", "signatureTransform": "NONE",
                "reference": { "uri": "a.xml" } });
        let answer = client.sign(&request).await.good();
        let seal = answer["documentList"][0]["signedContent"].clone();
        let both = json!({ "base64Content": seal, "base64Detached": content });
        let both = verify(&client, &both).await.good();
        assert_eq!(both["report"]["indication"], "TOTAL-PASSED", "{both}");
        let alone = verify(&client, &json!({ "base64Content": seal })).await.good();
        assert_eq!(alone["report"]["subIndication"], "SIGNED_DATA_NOT_FOUND");
    });
}

#[test]
fn what_is_wrong_with_a_request_is_told_as_problem_details() {
    run(async {
        let service = trusting(|setup| {
            setup.config.limits.document_bytes = 1000;
            setup.config.oauth.status_cache_ms = 0;
        })
        .await;
        let client = service.client().await;
        let large = STANDARD.encode([b'a'; 1001]);
        for (body, status, reason, words) in [
            (json!({}), 400, "member-missing", "base64Content"),
            (json!({ "base64Content": "" }), 400, "document-empty", "empty"),
            (json!({ "base64Content": "*" }), 400, "member-invalid", "base64Content"),
            (json!({ "base64Content": large }), 413, "document-too-large", "1000"),
            (
                json!({ "base64Content": "YQ", "base64Detached": "=" }),
                400,
                "member-invalid",
                "base64Detached",
            ),
            (json!({ "base64Content": "YQ", "at": "today" }), 400, "member-invalid", "at must be"),
            (
                json!({ "base64Content": "YQ", "name": "a".repeat(256) }),
                413,
                "member-too-long",
                "name",
            ),
            (json!({ "base64Content": "YQ", "trust": "me" }), 400, "member-invalid", "trust"),
            (json!([]), 400, "member-invalid", "object"),
        ] {
            let answer = verify(&client, &body).await;
            let told = problem(&answer, status, reason);
            assert!(told["detail"].as_str().unwrap().contains(words), "{told}");
            assert_eq!(told["retryable"], false);
        }
        problem(&client.post(PATH, "{").await, 400, "json-malformed");
        problem(&client.get(PATH).await, 405, "method-unknown");
        problem(&client.get("/api/v1/nothing").await, 404, "address-unknown");
        let nobody = HTTP.post(format!("{}{PATH}", service.base)).body("{}");
        let nobody = Answer::of(nobody).await;
        problem(&nobody, 401, "access-token-missing");
        assert!(nobody.header("www-authenticate").starts_with("Bearer"));
        let stranger = Client { token: "abc".to_owned(), ..client.clone() };
        problem(&verify(&stranger, &json!({})).await, 401, "access-token-invalid");
        set_status(&service.app, &client.alias, ClientServiceStatus::Suspended).await.unwrap();
        problem(&verify(&client, &json!({})).await, 403, "client-service-suspended");
    });
}

/// What takes too long is not known, and says so; what others do goes on.
#[test]
fn a_file_has_the_time_of_a_document() {
    run(async {
        let service = trusting(|setup| setup.config.workflow.document_ms = 0).await;
        let client = service.client().await;
        let xml = format!("<a>{}</a>", "<b/>".repeat(50_000));
        let body = json!({ "base64Content": STANDARD.encode(xml) });
        let answer = verify(&client, &body).await.good();
        assert_eq!(answer["report"]["subIndication"], "GENERIC", "{answer}");
        assert_eq!(answer["report"]["indication"], "INDETERMINATE");
    });
}

#[test]
fn requests_beyond_the_room_are_told_to_wait() {
    run(async {
        let service = trusting(|setup| {
            setup.config.web.bytes_in_flight = 64 * 1024;
            setup.config.web.place_wait_ms = 50;
        })
        .await;
        let client = service.client().await;
        let large = json!({ "base64Content": "A".repeat(400_000) });
        let answer = verify(&client, &large).await;
        let limited = answer.status == 429;
        if limited {
            assert_eq!(problem(&answer, 429, "too-many-requests")["retryable"], true);
            assert_eq!(answer.header("retry-after"), "2");
        }
        // who is alone has all of the room
        assert!(limited || answer.status == 200, "{}", answer.text());
    });
}

/// UBL leaves out what stands with its signatures: an amount that is kept there would be signed by nobody. It is
/// refused by name before a key is used, so that nobody can raise the alarm of operators with it, and its siblings
/// are sealed.
#[test]
fn what_a_seal_would_not_cover_is_refused_before_a_key_is_used() {
    run(async {
        let sample = include_str!("../../../samples/invoice-signature-place/input.xml");
        let place = "<sac:SignatureInformation/>";
        assert!(sample.contains(place));
        let more = format!("{place}<payable xmlns=\"urn:x\">9250.00</payable>");
        let hiding = sample.replacen(place, &more, 1);
        let service = trusting(|_| ()).await;
        let client = service.client().await;
        let documents = [sample, &hiding].map(|text| {
            let mut document = client::document(&unique("hiding"), text);
            document["signatureInfo"]["profile"] = json!("ubl-nonfinal");
            document
        });
        let request = client::request(&unique("hiding"), documents);
        let answer = client.sign(&request).await.good();
        let [good, hidden] = [0, 1].map(|at| answer["documentList"][at].clone());
        assert!(good["signErrorReason"].is_null(), "{good}");
        assert_eq!(hidden["signErrorReason"], "place-holds-more", "{hidden}");
        assert!(hidden["signedContent"].is_null());
        let alarms = service.app.excesses.all(service.app.now());
        assert!(alarms.is_empty(), "{alarms:?}");
    });
}
