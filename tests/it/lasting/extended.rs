//! Preservation that is extended (EXTEND_PRESERVATION): documents are kept for longer, their seals get a level, and archive
//! timestamps are renewed in time.

use chancery::domain::client_service::Timestamps;
use chancery::domain::ids::{DocumentId, OperationId};
use chancery::pki::certificate_file::certificates;
use chancery::pki::path::TrustAnchor;
use chancery::verify::{RevocationDemand, VerifiedSignature, VerifySettings, verify};
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};

use super::at_level;
use super::preserved::{Days, look, preserved};
use crate::support::authority::AUTHORITY;
use crate::support::client::{Client, PATIENCE, all_sealed, document, request, sealed};
use crate::support::service::{Service, Setup, run, unique};

pub(super) async fn extend(
    client: &Client,
    id: &Value,
    body: &Value,
) -> crate::support::client::Answer {
    client.post(&format!("/api/v0/operation/extendPreservation/{id}"), body.to_string()).await
}

/// How many archive timestamps the first document has.
pub(super) async fn archives(client: &Client, id: &Value) -> usize {
    let detail = client.detail(id, true).await.good();
    let seal = String::from_utf8(sealed(&detail, 0)).unwrap();
    seal.matches("<xades141:ArchiveTimeStamp").count()
}

#[test]
fn seals_are_raised_and_documents_kept_for_longer() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let mark = unique("extended");
        let before = client.sign(&preserved(&mark, 2)).await.good();
        assert_eq!(before["documentList"][0]["signatureLevel"], "XAdES-BASELINE-B");
        let wish = json!({
            "externalReference": format!("{mark} longer"), "storagePeriod": 240, "signatureLevel": "LTA",
        });
        let answer = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(
            (&answer["type"], &answer["status"]),
            (&json!("EXTEND_PRESERVATION"), &json!("EXECUTED"))
        );
        assert_eq!(client.status(&answer["id"]).await.good()["type"], "EXTEND_PRESERVATION");
        let again = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(again["id"], answer["id"], "safe to repeat");
        for id in [&before["id"], &answer["id"]] {
            let after = client.detail(id, true).await.good();
            for position in 0..2 {
                let document = &after["documentList"][position];
                assert_eq!(document["signatureLevel"], "XAdES-BASELINE-LTA", "{document}");
                assert_eq!(document["storagePeriod"], 240);
                assert_eq!(
                    document["signingTime"],
                    before["documentList"][position]["signingTime"]
                );
                let (was, is) = (sealed(&before, position), sealed(&after, position));
                assert!(is.len() > was.len());
                assert_ne!(
                    document["signedSha256"],
                    before["documentList"][position]["signedSha256"]
                );
            }
        }
        assert_eq!(archives(&client, &before["id"]).await, 1);

        let other = |more: Value| {
            let mut wish = json!({ "externalReference": unique("wish") });
            wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            wish
        };
        let id = &before["id"];
        extend(&client, id, &other(json!({ "storagePeriod": 120 }))).await.error(
            400,
            "0.0.6",
            "member-invalid",
        );
        extend(&client, id, &other(json!({}))).await.error(400, "0.0.2", "member-missing");
        let no_level = other(json!({ "signatureLevel": "B" }));
        extend(&client, id, &no_level).await.error(400, "0.0.6", "member-invalid");
        let mut taken = wish.clone();
        taken["storagePeriod"] = json!(360);
        extend(&client, id, &taken).await.error(409, "0.0.7", "reference-reused");
        let of_itself = other(json!({ "storagePeriod": 360 }));
        extend(&client, &answer["id"], &of_itself).await.error(409, "2.1.2", "not-preserved");
        let stranger = service.client_with(&AUTHORITY.p256).await;
        extend(&stranger, id, &of_itself).await.error(404, "2.1.0", "operation-not-found");
        service.stop().await;
    });
}

/// While nobody gives a timestamp it waits as a seal would; nothing is half done.
#[test]
fn an_extension_waits_for_its_timestamps() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let mark = unique("waits");
        let before = client.sign(&preserved(&mark, 1)).await.good();
        days.world.tsa.goes_away();
        let wish = json!({ "externalReference": format!("{mark} later"), "signatureLevel": "LTA" });
        let answer = extend(&client, &before["id"], &wish).await.good();
        assert_eq!(answer["status"], "EXECUTION_ERROR", "{answer}");
        let same = client.detail(&before["id"], true).await.good();
        assert_eq!(sealed(&same, 0), sealed(&before, 0));
        days.comes_back();
        let reference = wish["externalReference"].as_str().unwrap();
        let until = std::time::Instant::now() + PATIENCE;
        while client.by_reference(reference).await.json()["status"] != "EXECUTED" {
            assert!(std::time::Instant::now() < until, "it does not go on");
            days.second();
        }
        assert_eq!(archives(&client, &before["id"]).await, 1);
        service.stop().await;
    });
}

/// The certificate of the authority ends after thirty days: the archive timestamp gets another one by itself.
#[test]
fn archive_timestamps_are_renewed_by_themselves() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let wish = at_level(preserved(&unique("renewed"), 1), "LTA");
        let answer = client.sign(&wish).await.good();
        assert_eq!(answer["documentList"][0]["signatureLevel"], "XAdES-BASELINE-LTA", "{answer}");
        let id = DocumentId::from_i64(answer["documentList"][0]["internalId"].as_i64().unwrap());
        let first = service.app.reader.preserved(id).await.unwrap().unwrap().archive.unwrap();
        look(&service).await;
        days.pass(16);
        let due = service.app.reader.seals_due(days.now(), 10).await.unwrap();
        let operation = OperationId::from_i64(answer["id"].as_i64().unwrap());
        assert_eq!(due, [(id, operation, first.due)]);
        look(&service).await;
        look(&service).await;
        let until = std::time::Instant::now() + PATIENCE;
        loop {
            let archive = service.app.reader.preserved(id).await.unwrap().unwrap().archive.unwrap();
            if archive.due > first.due {
                break;
            }
            assert!(std::time::Instant::now() < until, "it was not renewed");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let client = client.at(&service.base).await;
        assert_eq!(archives(&client, &answer["id"]).await, 2);
        look(&service).await;
        assert!(service.app.reader.seals_due(days.now(), 10).await.unwrap().is_empty());
        service.stop().await;
    });
}

/// A document with two seals, of which the second one is ours.
struct TwiceSealed {
    name: &'static str,
    content_type: &'static str,
    first: Value,
    second: Value,
}

impl TwiceSealed {
    fn all() -> Vec<Self> {
        let beside = json!({ "existingSignatures": "PARALLEL" });
        let over = json!({ "existingSignatures": "COUNTERSIGN" });
        let xml = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
        let xades = |settings: &Value| json!({ "signatureType": "XAdES", "advancedSignatureInfo": settings });
        let cades = |settings: &Value| json!({ "signatureType": "CAdES", "advancedSignatureInfo": settings });
        let asic = json!({ "signatureType": "XAdES", "profile": "asic-e",
            "advancedSignatureInfo": { "existingSignatures": "PARALLEL" } });
        let of = |name, content_type, first: &Value, second: &Value| Self {
            name,
            content_type,
            first: first.clone(),
            second: second.clone(),
        };
        let (mime, octets) = ("application/pkcs7-mime", "application/octet-stream");
        vec![
            of("two.xml", "application/xml", &xades(&xml), &xades(&xml)),
            of("over.xml", "application/xml", &xades(&xml), &xades(&over)),
            of("two.p7m", mime, &cades(&beside), &cades(&beside)),
            of("over.p7m", mime, &cades(&beside), &cades(&over)),
            of("two.asice", octets, &asic, &asic),
        ]
    }

    fn wish(&self, mark: &str, content: &[u8], seal: &Value) -> Value {
        let mut one = document(&format!("{mark}/{}", self.name), content);
        one["documentRequest"]["name"] = json!(self.name);
        one["documentRequest"]["contentType"] = json!(self.content_type);
        one["signatureInfo"] = seal.clone();
        one
    }

    /// One of each, sealed by one client service and then by another, who has them preserved.
    async fn preserved(all: &[Self], first: &Client, second: &Client) -> Value {
        let mark = unique("first");
        let wishes = all.iter().map(|one| {
            let is_xml = one.content_type == "application/xml";
            one.wish(&mark, if is_xml { &b"<a><b>1</b></a>"[..] } else { b"1;2" }, &one.first)
        });
        let once = first.sign(&request(&mark, wishes.collect::<Vec<_>>())).await.good();
        let once = all_sealed(&once);
        let mark = unique("second");
        let wishes = all.iter().zip(&once).map(|(one, once)| one.wish(&mark, once, &one.second));
        let mut wish = request(&mark, wishes.collect::<Vec<_>>());
        wish["preservationInfo"] = json!({ "preserveContent": true });
        let answer = second.sign(&wish).await.good();
        all_sealed(&answer);
        answer
    }
}

/// The level of each seal in a document, and how many archive timestamps it has that hold; those that it was sealed with
/// first come first.
fn levels(days: &Days, file: &[u8]) -> Vec<(&'static str, usize)> {
    let anchors = [days.world.status.file("root.pem"), TSA.root()];
    let anchors = anchors.iter().flat_map(|file| {
        certificates(&std::fs::read(file).unwrap()).unwrap().into_iter().map(TrustAnchor::of)
    });
    let mut settings = VerifySettings::new(anchors.collect(), days.now());
    settings.revocation = RevocationDemand::NotAsked;
    let report = verify(file, &settings);
    let held = |signature: &VerifiedSignature| {
        let archives = signature.timestamps.iter().filter(|one| one.kind == "archive" && one.holds);
        (signature.level.unwrap(), archives.count())
    };
    let mut all: Vec<_> = report.signatures.iter().map(held).collect();
    // a set of signers has an order of its own
    all.sort_unstable_by_key(|(level, count)| (*level != "B", *count));
    all
}

async fn preserved_levels(
    days: &Days,
    client: &Client,
    id: &Value,
) -> Vec<Vec<(&'static str, usize)>> {
    let detail = client.detail(id, true).await.good();
    all_sealed(&detail).iter().map(|file| levels(days, file)).collect()
}

/// Extends to LTA and waits for it.
async fn to_lta(days: &Days, client: &Client, id: &Value) {
    let reference = unique("to LTA");
    let wish = json!({ "externalReference": reference, "signatureLevel": "LTA" });
    extend(client, id, &wish).await.good();
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let now = client.by_reference(&reference).await.json();
        if now["status"] == "EXECUTED" {
            break;
        }
        assert!(std::time::Instant::now() < until, "it does not go on: {now}");
        days.second();
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
}

/// Waits until all archive timestamps are renewed that are due.
async fn renewed(days: &Days, service: &Service) {
    look(service).await;
    let until = std::time::Instant::now() + PATIENCE;
    while !service.app.reader.seals_due(days.now(), 10).await.unwrap().is_empty() {
        assert!(std::time::Instant::now() < until, "they are not renewed");
        days.second();
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
}

/// Both seals of a document are raised and renewed; over another seal, and in a container, ours alone.
#[test]
fn each_of_several_preserved_seals_is_raised_and_renewed() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let all = TwiceSealed::all();
        let answer = TwiceSealed::preserved(&all, &client, &client).await;
        to_lta(&days, &client, &answer["id"]).await;
        let expected = |count: usize| {
            let (lasts, stays) = (("LTA", count), ("B", 0));
            // the archive timestamp of a countersignature in a CMS covers what it is over
            vec![
                vec![lasts, lasts],
                vec![stays, lasts],
                vec![lasts, lasts],
                vec![lasts, lasts],
                vec![stays, lasts],
            ]
        };
        let detail = client.detail(&answer["id"], false).await.good();
        let levels = preserved_levels(&days, &client, &answer["id"]).await;
        assert_eq!(levels, expected(1), "{}", detail["documentList"]);
        for (count, later) in [(2, 16), (3, 8)] {
            days.pass(later);
            renewed(&days, &service).await;
            let client = client.at(&service.base).await;
            assert_eq!(preserved_levels(&days, &client, &answer["id"]).await, expected(count));
        }
        service.stop().await;
    });
}

/// Somebody whom nobody trusts here sealed it before: that seal stays as it is, and ours is raised and renewed.
#[test]
fn a_preserved_seal_beside_one_that_cannot_be_raised_is_raised_and_renewed() {
    run(async {
        let days = Days::begin();
        let service = days.setup(Setup::new()).start().await;
        let stranger = service.client_with(&AUTHORITY.rsa).await;
        let client = days.world.client(&service, Timestamps::Wait).await;
        let mut all = TwiceSealed::all();
        all.retain(|one| one.name.starts_with("two") && one.name != "two.asice");
        let answer = TwiceSealed::preserved(&all, &stranger, &client).await;
        to_lta(&days, &client, &answer["id"]).await;
        let expected = |count: usize| vec![vec![("B", 0), ("LTA", count)]; 2];
        assert_eq!(preserved_levels(&days, &client, &answer["id"]).await, expected(1));
        let detail = client.detail(&answer["id"], true).await.good();
        for position in 0..2 {
            let document = &detail["documentList"][position];
            assert!(document["signatureLevel"].as_str().unwrap().ends_with("LTA"), "{document}");
            let warnings = document["signWarnings"].to_string();
            assert!(warnings.contains("a seal beside it was not raised"), "{warnings}");
        }
        days.pass(16);
        renewed(&days, &service).await;
        let client = client.at(&service.base).await;
        assert_eq!(preserved_levels(&days, &client, &answer["id"]).await, expected(2));
        service.stop().await;
    });
}
