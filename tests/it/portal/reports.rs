//! What the receiver's page says of the signatures of its documents.

use serde_json::{Value, json};

use super::links::{get, link, sealed_for};
use crate::support::authority::AUTHORITY;
use crate::support::client::{Answer, HTTP, document};
use crate::support::service::{Service, Setup, on_shared, run, unique};

/// A service that trusts who issued the certificates of its seals.
pub(super) async fn trusting(change: impl FnOnce(&mut Setup)) -> Service {
    let mut setup = Setup::new();
    setup.config.verification.trust = vec![AUTHORITY.root()];
    setup.config.verification.revocation = false;
    change(&mut setup);
    setup.start().await
}

/// The address of a page with documents, of which the second has its seal beside it.
async fn page(service: &Service) -> String {
    let client = service.client().await;
    let text = "<invoice><total>1</total></invoice>";
    let mut detached = document(&unique("doc"), text);
    detached["signatureInfo"]["advancedSignatureInfo"] = json!({
        "packaging": "DETACHED", "signatureTransform": "NONE", "reference": { "uri": "a.xml" },
    });
    let documents: Vec<Value> = vec![document(&unique("doc"), text), detached];
    let receiver = json!({ "email": "ap@customer.example", "language": "de" });
    let (_, mail) = sealed_for(service, &client, receiver, documents).await;
    link(service, &mail)
}

#[test]
fn the_page_says_what_a_verification_says_and_leads_to_the_report() {
    run(async {
        let service = trusting(|_| {}).await;
        let url = page(&service).await;
        let shown = get(&url).await;
        assert_eq!(shown.status, 200);
        let text = shown.text();
        // the seals of both, and nothing of the document beside its seal
        assert_eq!(text.matches("Alle Signaturen sind gültig").count(), 2, "{text}");
        for wanted in ["Prüfung", "XAdES-B", "Signaturzeit nach Angabe des Unterzeichners"] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
        let own = text.matches("/report?lang=de").count();
        assert_eq!((own, text.matches("/report.xml").count()), (2, 2), "{text}");

        let report = get(&format!("{url}/documents/1/report")).await;
        assert_eq!((report.status, report.header("content-language")), (200, "de"));
        assert!(report.header("content-security-policy").contains("style-src 'self'"));
        assert!(
            report.text().contains("TOTAL-PASSED")
                && report.text().contains("Zurück zu den Dokumenten")
        );
        let french = get(&format!("{url}/documents/1/report?lang=fr")).await;
        assert!(french.text().contains("Toutes les signatures sont valides"), "{}", french.text());
        let pdf = get(&format!("{url}/documents/3/report.pdf?lang=it")).await;
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        assert!(
            pdf.body.starts_with(b"%PDF")
                && pdf.header("content-disposition").contains(".report.pdf")
        );
        // it was verified once, however many look
        let first = get(&format!("{url}/documents/1/report.xml")).await;
        assert_eq!((first.status, first.header("content-type")), (200, "application/xml"));
        assert!(first.text().contains("mainindication:total-passed"));
        get(&url).await;
        let again = get(&format!("{url}/documents/1/report.xml")).await;
        assert_eq!(first.text(), again.text());
        // there is no report of what is no seal, of nothing, or for who has no link
        for address in [
            format!("{url}/documents/2/report"),
            format!("{url}/documents/9/report.pdf"),
            format!("{url}x/documents/1/report"),
        ] {
            let refused = get(&address).await;
            assert_eq!(refused.status, 404, "{address}");
        }
    });
}

/// A document that takes too long to verify holds nobody: its report says that it was not looked at to the end.
#[test]
fn a_document_that_takes_too_long_is_told_so() {
    run(async {
        let service = trusting(|_| {}).await;
        let client = service.client().await;
        let large = format!("<a>{}</a>", "<b/>".repeat(50_000));
        let receiver = json!({ "email": "ap@customer.example", "language": "en" });
        let (_, mail) =
            sealed_for(&service, &client, receiver, vec![document(&unique("doc"), &large)]).await;
        let mut slow = Setup::same_database(&service);
        slow.config.verification.trust = vec![AUTHORITY.root()];
        slow.config.workflow.document_ms = 0;
        let slow = slow.start().await;
        let url = link(&slow, &mail);
        assert_eq!(get(&url).await.status, 200);
        let report = get(&format!("{url}/documents/1/report")).await;
        let text = report.text();
        assert!(report.status == 200 && text.contains("GENERIC"), "{text}");
        assert!(text.contains("It was not examined, or not to the end."), "{text}");
    });
}

/// Where nobody is trusted, nothing is said.
#[test]
fn without_trust_there_are_no_reports() {
    on_shared(async |service| {
        let url = page(service).await;
        let shown = get(&url).await;
        assert!(shown.status == 200 && !shown.text().contains("/report"), "{}", shown.text());
        let report = Answer::of(HTTP.get(format!("{url}/documents/1/report"))).await;
        assert_eq!(report.status, 404);
    });
}
