//! The sign call: what existing integrators send, and what they get back.

use chancery::domain::usage::UsageLimit;
use chancery::workflow::usage;
use serde_json::{Value, json};

use crate::support::client::{Client, all_sealed, document, request, sealed, small};
use crate::support::judges::{inserted, repository};
use crate::support::service::{Setup, on_shared, run, unique};

/// An invoice with an empty place for the signature.
fn invoice() -> Vec<u8> {
    std::fs::read(repository().join("samples/invoice-signature-place/input.xml")).unwrap()
}

/// The documented example with XML for content.
fn documented(reference: &str, content: &[u8]) -> Value {
    let mut document = document(reference, content);
    document["documentRequest"]["name"] = json!("document_example.xml");
    document["signatureInfo"] = json!({
        "signatureType": "XAdES",
        "applyTimestamp": false,
        "advancedSignatureInfo": {
            "signatureLocation": "SignatureInformation",
            "signatureTransform": "ENVELOPED",
            "canonicalTransform": "EXCLUSIVE_WITH_COMMENTS",
        },
    });
    json!({
        "externalReference": reference,
        "description": "Some context.",
        "documents": [document],
        "preservationInfo": {
            "preserveContent": false,
            "alias": "document_pretty_name.xml",
            "deliveryInfo": { "attachDocuments": false, "personReceiver": [] },
        },
        "returnSignedContent": false,
    })
}

/// Asserts what clients take for a failure is nowhere in a success.
fn assert_success_is_quiet(text: &str) {
    fn walk(value: &Value, path: &str) {
        match value {
            Value::Null => panic!("{path} is null"),
            Value::Array(items) => items.iter().for_each(|item| walk(item, path)),
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                assert!(!name.to_lowercase().starts_with("error"), "{path}.{name}");
                walk(member, &format!("{path}.{name}"));
            }),
            _ => {}
        }
    }
    assert!(!text.contains("error"), "{text}");
    walk(&serde_json::from_str(text).unwrap(), "");
}

#[test]
fn the_documented_request_works_verbatim_at_every_spelling_of_the_address() {
    on_shared(async |service| {
        let client = service.client().await;
        for path in [
            "/api/v0/document/sign/base64/",
            "/api/v0/document/sign/base64",
            "//api/v0//document/sign/base64//",
            "/signstash/einvoice-integration-ws/api/v0/document/sign/base64/",
            "/signstash/einvoice-integration-ws//api/v0/document/sign/base64/",
            "/signstash/einvoice-integration-ws/api/v0/document/sign/base64",
            "/signstash/einvoice-integration-client-ws/api/v0/document/sign/base64///",
        ] {
            let reference = unique("Ext_Ref");
            let body = documented(&reference, &invoice()).to_string();
            let answer = client.post(path, body).await;
            assert_eq!(answer.good()["status"], "EXECUTED", "{path}");
            assert_eq!(answer.json()["documentList"][0]["signStatus"], "SIGNED");
            assert_success_is_quiet(answer.text());
        }
    });
}

#[test]
fn the_answer_has_the_documented_shape() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("Ext_Ref");
        // signing times have no fractions of a second
        let began = time::UtcDateTime::now().truncate_to_second();
        let answer = client.sign(&documented(&reference, &invoice())).await;
        let body = answer.good();
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("idempotent-replayed"), "");
        assert!(body["id"].as_i64().is_some_and(|id| id > 0 && id < 1 << 53));
        assert_eq!(body["type"], "SIGN");
        assert_eq!(body["status"], "EXECUTED");
        let company = json!({
            "name": "ACME Corporation", "vatNumber": "505767457", "countryCode": "PRT",
            "i18nCode": "en_GB", "status": "ACTIVE", "auditLogsActive": false,
            "creationDate": body["issuerCompany"]["creationDate"],
        });
        assert_eq!(body["issuerCompany"], company);
        let queue = json!({ "id": 1, "name": "DEFAULT", "defaultPriority": true });
        assert_eq!(body["signatureQueuePriority"], queue);
        assert_eq!(body["issuerClientServiceAlias"], client.alias);
        assert_eq!(body["folderExternalReference"], reference);
        let folder = json!({
            "folderId": body["id"].to_string(), "externalReference": reference,
            "description": "Some context.", "folderContent": "DOCUMENT",
        });
        assert_eq!(body["folder"], folder);
        assert!(body["executionTime"].as_i64().is_some_and(|ms| (0..60_000).contains(&ms)));
        assert!(body.get("replayed").is_none());

        let document = &body["documentList"][0];
        assert_eq!(document["externalReference"], reference);
        assert_eq!(document["name"], "document_example.xml");
        assert_eq!(document["contentType"], "application/xml");
        assert!(document["internalId"].as_i64().is_some_and(|id| id > 0 && id < 1 << 53));
        assert_eq!(document["signStatus"], "SIGNED");
        assert_eq!(document["cipherStatus"], "NO_CIPHER");
        assert_eq!(document["storageStatus"], "CONTENT_STORED");
        assert_eq!(document["storagePeriod"], 120);
        let (year, rest) = document["receptionDate"].as_str().unwrap().split_once('-').unwrap();
        let end = format!("{}-{rest}", year.parse::<i32>().unwrap() + 10);
        let end = end.replace("-02-29T", "-02-28T");
        assert_eq!(document["storageEndDate"], end);
        assert!(document.get("signError").is_none(), "{document}");
        assert_eq!(document["contentLength"], invoice().len());
        assert_eq!(document["additionalContentLength"], 0);
        assert_eq!(document["signatureLevel"], "XAdES-BASELINE-B");
        let instant = |date: &Value| {
            let format = &time::format_description::well_known::Rfc3339;
            time::OffsetDateTime::parse(date.as_str().unwrap(), format).unwrap().to_utc()
        };
        for date in [&body["creationDate"], &document["receptionDate"], &document["signingTime"]] {
            assert!((began..=time::UtcDateTime::now()).contains(&instant(date)), "{date}");
        }
        // The company is as old as the service that all tests share.
        assert!(instant(&body["issuerCompany"]["creationDate"]) <= time::UtcDateTime::now());
        assert_eq!(
            document["documentAttributes"],
            json!([
                { "attributeKey": "SIGNATURE_ATTRIBUTE_TRANSFORM", "attributeValue": "ENVELOPED" },
                { "attributeKey": "SIGNATURE_ATTRIBUTE_CANONICAL",
                  "attributeValue": "EXCLUSIVE_WITH_COMMENTS" },
                { "attributeKey": "SIGNATURE_ATTRIBUTE_XPATH_LOCATION",
                  "attributeValue": "SignatureInformation" },
            ])
        );
        assert!(document.get("signedContent").is_none(), "it was not asked for");

        let content = client.detail(&body["id"], true).await.good();
        let bytes = sealed(&content, 0);
        assert_eq!(document["signedLength"], bytes.len());
        let sha256 = chancery::domain::text::hex(&chancery::pki::digest::sha256(&bytes));
        assert_eq!(document["signedSha256"], sha256);
        let seal = String::from_utf8(inserted(&invoice(), &bytes).unwrap().to_vec()).unwrap();
        assert!(seal.contains("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"));
        assert!(seal.contains(document["signingTime"].as_str().unwrap()));
    });
}

#[test]
fn contents_are_answered_when_asked_for() {
    on_shared(async |service| {
        let client = service.client().await;
        for (asked, given) in [(json!(true), true), (json!(false), false), (Value::Null, false)] {
            let mut request = small(&unique("asked"));
            request["returnSignedContent"].clone_from(&asked);
            if asked.is_null() {
                request.as_object_mut().unwrap().remove("returnSignedContent");
            }
            let answer = client.sign(&request).await.good();
            assert_eq!(answer["documentList"][0]["signedContent"].is_string(), given, "{asked}");
        }
    });
}

/// Signs a request made of the documented one by a change, and expects a sealed document.
async fn assert_tolerated(client: &Client, change: impl FnOnce(&mut Value)) -> Value {
    let mut request = documented(&unique("tolerated"), &invoice());
    change(&mut request);
    let answer = client.sign(&request).await.good();
    assert_eq!(answer["documentList"][0]["signStatus"], "SIGNED", "{request}");
    answer
}

#[test]
fn habits_of_existing_clients_are_tolerated() {
    on_shared(async |service| {
        let client = service.client().await;
        assert_tolerated(&client, |request| {
            request["somethingNew"] = json!({ "deep": [1, 2, 3] });
            request["documents"][0]["documentRequest"]["other"] = json!(null);
            request["documents"][0]["signatureInfo"]["signatureLevel"] = json!("B");
        })
        .await;
        let doubled = assert_tolerated(&client, |request| {
            let info = &mut request["documents"][0]["signatureInfo"]["advancedSignatureInfo"];
            *info = json!({ "advancedSignatureInfo": info.take() });
        })
        .await;
        let attributes = doubled["documentList"][0]["documentAttributes"].to_string();
        assert!(attributes.contains("EXCLUSIVE_WITH_COMMENTS"), "{attributes}");
        for (declared, answered) in [
            ("application/pdf, text/xml, application/xml", "application/xml"),
            ("text/xml", "text/xml"),
            ("text/xml; charset=UTF-8", "text/xml"),
            ("Application/XML", "application/xml"),
        ] {
            let answer = assert_tolerated(&client, |request| {
                request["documents"][0]["documentRequest"]["contentType"] = json!(declared);
            })
            .await;
            assert_eq!(answer["documentList"][0]["contentType"], answered);
        }
        assert_tolerated(&client, |request| {
            let content = &mut request["documents"][0]["documentRequest"]["base64Content"];
            let text = content.as_str().unwrap().trim_end_matches('=');
            let lines: Vec<&str> =
                text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
            *content = json!(lines.join("\r\n"));
        })
        .await;
        assert_tolerated(&client, |request| {
            request["documents"][0]["signatureInfo"]["signatureType"] = json!("xades");
            request["preservationInfo"]["deliveryInfo"] = json!(null);
            request["documents"][0]["signatureInfo"]["visibleSignatureInfo"] = json!(null);
        })
        .await;
        let bare = assert_tolerated(&client, |request| {
            request["documents"][0]["signatureInfo"] = json!({ "signatureType": "XAdES" });
            request.as_object_mut().unwrap().remove("preservationInfo");
        })
        .await;
        assert!(bare["documentList"][0].get("signWarnings").is_none());
        let warned = assert_tolerated(&client, |request| {
            request["documents"][0]["signatureInfo"]["reason"] = json!("Approved");
            request["documents"][0]["signatureInfo"]["location"] = json!("Lisboa");
        })
        .await;
        let warnings: Vec<&str> = warned["documentList"][0]["signWarnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|warning| warning.as_str().unwrap())
            .collect();
        assert!(warnings.len() == 2, "{warnings:?}");
        assert!(warnings[0].contains("reason") && warnings[1].contains("location"));
    });
}

#[test]
fn one_bad_document_fails_alone() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("batch");
        let of = |number: usize| format!("{reference}/{number}");
        let contents = ["<a>1</a>", "<a>2", "<a>3</a>", "<!DOCTYPE a><a>4</a>", "<a>5</a>"];
        let documents: Vec<Value> =
            (1..).zip(contents).map(|(number, text)| document(&of(number), text)).collect();
        let answer = client.sign(&request(&reference, documents)).await.good();
        assert_eq!(answer["status"], "EXECUTED");
        for (at, text) in contents.iter().enumerate() {
            let answered = &answer["documentList"][at];
            assert_eq!(answered["externalReference"], of(at + 1), "the order of the request");
            if at == 1 || at == 3 {
                assert_eq!(answered["signStatus"], "ERROR_SIGNING");
                assert_eq!(answered["signError"], "CONFIGURATION_SIGN_ERROR");
                assert_eq!(answered["storageStatus"], "CONTENT_NOT_STORED");
                assert!(answered.get("signedContent").is_none());
                let code = ["xml-malformed", "doctype-forbidden"][at / 2];
                assert_eq!(answered["signErrorReason"], code);
            } else {
                assert_eq!(answered["signStatus"], "SIGNED");
                inserted(text.as_bytes(), &sealed(&answer, at)).unwrap();
            }
        }
        // the corrected ones go under their own references in a new request
        let corrected = [document(&of(2), "<a>2</a>"), document(&of(4), "<a>4</a>")];
        let corrected = client.sign(&request(&unique("corrected"), corrected)).await.good();
        assert_eq!(all_sealed(&corrected).len(), 2);
    });
}

#[test]
fn a_request_without_a_sealed_document_failed_and_frees_its_references() {
    on_shared(async |service| {
        let client = service.client().await;
        // refused when it is read, and refused when it is prepared
        for bad in [json!("####"), json!("PGE+PC9iPg==")] {
            let reference = unique("hopeless");
            let mut hopeless = small(&reference);
            hopeless["documents"][0]["documentRequest"]["base64Content"] = bad;
            let failed = client.sign(&hopeless).await.good();
            assert_eq!(failed["status"], "EXECUTION_FAILED");
            assert_eq!(failed["documentList"][0]["signStatus"], "ERROR_SIGNING");
            let found = client.by_reference(&reference).await.good();
            assert_eq!(found["id"], failed["id"]);

            let corrected = client.sign(&small(&reference)).await;
            assert_eq!(corrected.header("idempotent-replayed"), "");
            let corrected = corrected.good();
            assert_eq!(corrected["status"], "EXECUTED");
            assert_ne!(corrected["id"], failed["id"]);
            let found = client.by_reference(&reference).await.good();
            assert_eq!(found["id"], corrected["id"], "the owner of the reference is found");
            let failed = client.status(&failed["id"]).await.good();
            assert_eq!(failed["status"], "EXECUTION_FAILED", "history stays");
        }
    });
}

#[test]
fn the_address_of_the_proxy_answers_with_the_documents_always() {
    on_shared(async |service| {
        let client = service.client().await;
        for wanted in [json!(false), Value::Null] {
            let mut request = small(&unique("proxy"));
            request["returnSignedContent"] = wanted;
            let path = "/signstash/einvoice-integration-client-ws/api/v0/document/sign/base64/";
            let answer = client.post(path, request.to_string()).await.good();
            assert_eq!(all_sealed(&answer).len(), 1);
            // Everything else is as elsewhere.
            let prefix = "/signstash/einvoice-integration-client-ws/api/v0/operation";
            let id = &answer["id"];
            let detail = format!("{prefix}/sign/detail/{id}/contentInResponse/false");
            let detail = client.get(&detail).await.good();
            assert!(detail["documentList"][0].get("signedContent").is_none());
            assert_eq!(client.get(&format!("{prefix}/status/{id}")).await.good()["id"], *id);
        }
    });
}

#[test]
fn what_is_to_be_preserved_is_and_says_so() {
    on_shared(async |service| {
        let client = service.client().await;
        let mut request = small(&unique("custody"));
        request["preservationInfo"] = json!({ "preserveContent": true });
        let answer = client.sign(&request).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["storageStatus"], "CONTENT_PRESERVED");
        assert_eq!(document["storagePeriod"], 120);
        assert_eq!(document["signStatus"], "SIGNED");

        // Bytes that are no longer those that were sealed are not given away.
        let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
        let id = document["internalId"].as_i64().unwrap();
        let changed = "UPDATE content SET bytes = $2 WHERE document_id = $1";
        sqlx::query(changed).bind(id).bind(b"<other/>".to_vec()).execute(&pool).await.unwrap();
        pool.close().await;
        client.detail(&answer["id"], true).await.error(500, "0.0.1", "internal");
        let hash = client.detail(&answer["id"], false).await.good();
        assert_eq!(hash["documentList"][0]["signedSha256"], document["signedSha256"]);
    });
}

#[test]
fn a_client_service_can_be_set_to_seal_without_the_timestamps_it_asks_for() {
    on_shared(async |service| {
        let timestamped = |reference: &str| {
            let mut request = small(reference);
            request["documents"][0]["signatureInfo"]["applyTimestamp"] = json!(true);
            request
        };
        let strict = service.client().await.sign(&timestamped(&unique("stamp"))).await.good();
        let document = &strict["documentList"][0];
        assert_eq!(document["signErrorReason"], "not-available");
        assert_eq!(document["signError"], "CONFIGURATION_SIGN_ERROR");

        let client = service.client_omitting_timestamps().await;
        let answer = client.sign(&timestamped(&unique("stamp"))).await.good();
        let document = &answer["documentList"][0];
        assert_eq!(document["signStatus"], "SIGNED");
        assert_eq!(document["signatureLevel"], "XAdES-BASELINE-B");
        let warning = document["signWarnings"][0].as_str().unwrap();
        assert!(warning.contains("no timestamp, although one was asked for"), "{warning}");
        let plain = client.sign(&small(&unique("stamp"))).await.good();
        assert!(plain["documentList"][0].get("signWarnings").is_none());
    });
}

#[test]
fn the_company_says_what_it_has_used_of_its_limit() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let day = 86_400_000;
        let now = service.app.now();
        let limit = UsageLimit {
            documents: 5_000_000,
            from: now.plus_ms(-day),
            until: now.plus_ms(30 * day),
        };
        usage::set_limit(&service.app, "PRT", "505767457", Some(&limit)).await.unwrap();
        client.sign(&small(&unique("used"))).await.good();
        // One that has not asked before.
        let other = Setup::same_database(&service).start().await;
        let answer = client.at(&other.base).await.sign(&small(&unique("used"))).await.good();
        let company = &answer["issuerCompany"];
        assert_eq!(company["limitUsageCount"], 5_000_000);
        assert_eq!(company["limitPeriodStartDate"], limit.from.to_rfc3339());
        assert_eq!(company["limitPeriodEndDate"], limit.until.to_rfc3339());
        assert_eq!(company["limitCurrentConsumption"], 1);
        assert!(company["limitCurrentConsumptionLastModifiedDate"].is_string());
        assert_eq!(company["notifyExpiredLimit"], true);
    });
}
