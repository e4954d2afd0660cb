//! Invoices on the receiver's page: what a receiver sees of the sealed document, and that nothing in it does anything.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get as route;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::domain::invoice::InvoiceWord;
use chancery::domain::language::Language;
use chancery::letters::{invoice_word, invoice_words};
use chancery::seal::Limits;
use chancery::web::invoice::{InvoiceLinks, InvoiceView, linked_page, page};
use chancery::web::portal::page::{CONTENT_SECURITY_POLICY, STYLE};
use chancery::web::report::ALONE;
use chancery::workflow::readable::{ReadableFact, ReadableVerdict};
use chancery::workflow::readable_invoice::{InvoiceWish, ReadableInvoice, ShownFile};
use serde_json::{Value, json};

use super::links::{get, link, sealed_for};
use super::reports::trusting;
use crate::support::browser::{assert_accessible, browse};
use crate::support::client::{document, sealed};
use crate::support::service::{Service, on_shared, run, unique};

const UBL: &str = include_str!("../../../samples/invoice-peppol-25-lines/input.xml");
const CII: &str = include_str!("../../../samples/readable/cii.xml");
const LOT: &str = include_str!("../../../samples/readable/fatturapa-lot.xml");
const PDF: &[u8] = include_bytes!("../../../samples/pdf/invoice.pdf");

fn readable(octets: &[u8], language: Language) -> Box<ReadableInvoice> {
    match shown(octets, language) {
        ShownFile::Invoice(invoice) => invoice,
        other => panic!("{other:?}"),
    }
}

fn shown(octets: &[u8], language: Language) -> ShownFile {
    ShownFile::of(octets, InvoiceWish::default(), &Limits::default(), language).unwrap()
}

/// CII in which every text is this one.
fn filled_with(text: &str) -> String {
    let mut filled = String::new();
    for piece in CII.split_inclusive('>') {
        match piece.split_once('<') {
            Some((inside, tag)) if tag.starts_with('/') && !inside.trim().is_empty() => {
                filled.push_str(text);
                filled.push('<');
                filled.push_str(tag);
            }
            _ => filled.push_str(piece),
        }
    }
    // what says how others are read stays
    let keep = ["<udt:Indicator>", "<ram:RateApplicablePercent>"];
    for tag in keep {
        filled = filled.replace(&format!("{tag}{text}"), &format!("{tag}false"));
    }
    filled
}

const SCRIPT: &str = "&lt;script&gt;document.title='ran'&lt;/script&gt;\
    &lt;img src=x onerror=\"document.title='ran'\"&gt;&lt;a href=\"javascript:alert(1)\"&gt;x&lt;/a&gt;\
    \"'&gt;&lt;style&gt;*{display:none}&lt;/style&gt;{{ 7*7 }}";

#[test]
fn every_language_writes_an_invoice_its_way() {
    let wanted = [
        (
            Language::Pt,
            "Fatura RE-2026-0815",
            "1 de dezembro de 2026",
            "1309,00\u{a0}EUR",
            "19,00%",
        ),
        (Language::En, "Invoice RE-2026-0815", "1 December 2026", "EUR\u{a0}1,309.00", "19.00%"),
        (
            Language::Es,
            "Factura RE-2026-0815",
            "1 de diciembre de 2026",
            "1309,00\u{a0}EUR",
            "19,00\u{a0}%",
        ),
        (
            Language::Fr,
            "Facture RE-2026-0815",
            "1er décembre 2026",
            "1\u{202f}309,00\u{a0}EUR",
            "19,00\u{202f}%",
        ),
        (
            Language::De,
            "Rechnung RE-2026-0815",
            "1. Dezember 2026",
            "1.309,00\u{a0}EUR",
            "19,00\u{a0}%",
        ),
        (Language::It, "Fattura RE-2026-0815", "1º dicembre 2026", "1.309,00\u{a0}EUR", "19,00%"),
    ];
    for (language, title, day, amount, rate) in wanted {
        let page = page(&readable(CII.as_bytes(), language));
        let heading = format!("<h1>{title}</h1>");
        for text in [heading.as_str(), day, amount, rate, "BT-112", "lieferliste.csv"] {
            assert!(page.contains(text), "{text} in {page}");
        }
        let plain = page.replace(STYLE, "");
        for unwanted in ["<script", "QTtCO0MK", "<img", " src=", "{"] {
            assert!(!plain.contains(unwanted), "{unwanted} in {plain}");
        }
        // past what stands before the invoice
        assert_eq!(plain.matches("<a ").count(), 1, "{plain}");
        let piece = invoice_word(language, InvoiceWord::Piece);
        assert!(page.contains(&format!("10\u{a0}{piece}")), "{page}");
        assert!(page.contains(invoice_words(language).footer));
    }
}

#[test]
fn markup_in_every_field_is_told_as_text() {
    let hostile = filled_with(SCRIPT);
    assert!(hostile.matches("ran").count() > 100, "{hostile}");
    let page = page(&readable(hostile.as_bytes(), Language::De)).replace(STYLE, "");
    assert!(page.matches("&#60;script&#62;").count() > 20, "{page}");
    for unwanted in ["<script", "<img", "href=\"javascript", "onerror=\"", "<style>*"] {
        assert!(!page.contains(unwanted), "{unwanted} in {page}");
    }
}

fn many_lines(count: usize) -> String {
    let (start, rest) = UBL.split_once("<cac:InvoiceLine>").unwrap();
    let (line, _) = rest.split_once("</cac:InvoiceLine>").unwrap();
    let line = format!("<cac:InvoiceLine>{line}</cac:InvoiceLine>");
    format!("{start}{}</Invoice>", line.repeat(count))
}

#[test]
fn many_lines_have_links_to_the_others() {
    let text = many_lines(450);
    let wish = InvoiceWish { first_line: 201, ..InvoiceWish::default() };
    let limits = Limits::default();
    let shown = ShownFile::of(text.as_bytes(), wish, &limits, Language::En).unwrap();
    let page = linked_page(&view(Language::En, shown), &links());
    for wanted in [
        "Lines 201 to 400 of 450",
        "and 50 further lines",
        "?lang=en&#38;invoice=1&#38;line=1\" rel=\"prev\"",
        "?lang=en&#38;invoice=1&#38;line=401\" rel=\"next\"",
    ] {
        assert!(page.contains(wanted), "{wanted} in {page}");
    }
    assert_eq!(page.matches("<tr>").count(), 202 + 1, "{page}");
    let lot = linked_page(&view(Language::It, self::shown(LOT.as_bytes(), Language::It)), &links());
    assert!(lot.contains("Fattura 1 di 2 in questo file") && lot.contains("invoice=2&#38;line=1"));
    assert!(lot.contains("IdPaese"), "{lot}");
}

fn view(language: Language, shown: ShownFile) -> InvoiceView {
    InvoiceView {
        language,
        name: "<b>invoice</b>.xml".to_owned(),
        shown,
        sealed: vec![ReadableFact { name: "By", texts: vec!["Sample <b>Ltd</b>".to_owned()] }],
        verdict: Some(ReadableVerdict {
            mark: "passed",
            text: "All signatures are valid",
            why: None,
            indication: "TOTAL-PASSED".to_owned(),
        }),
    }
}

fn links() -> InvoiceLinks<'static> {
    InvoiceLinks {
        root: "/r",
        own: "/r/token/documents/1/view".to_owned(),
        back: "/r/token?lang=en".to_owned(),
        download: "/r/token/documents/1".to_owned(),
        pages: Some("/r/token/documents/1/pages".to_owned()),
        report: Some("/r/token/documents/1/report?lang=en".to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_accessible_and_nothing_in_them_runs() {
    let hostile = filled_with(SCRIPT);
    let long = filled_with(&"W".repeat(3000));
    let mut router = Router::new()
        .route("/r/style.css", route(|| async { ([(header::CONTENT_TYPE, "text/css")], STYLE) }));
    let mut paths = Vec::new();
    let pages = [
        ("ubl", Language::De, UBL),
        ("lot", Language::Pt, LOT),
        ("hostile", Language::De, &hostile),
        ("long", Language::Pt, &long),
        ("none", Language::De, "<a/>"),
    ];
    for (name, language, document) in pages {
        let view = view(language, shown(document.as_bytes(), language));
        let body = linked_page(&view, &links());
        let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
        let path = format!("/r/{name}");
        router = router.route(&path, route(move || async move { (policy, Html(body)) }));
        paths.push(path);
    }
    let alone = page(&readable(hostile.as_bytes(), Language::Fr));
    let policy = [(header::CONTENT_SECURITY_POLICY, ALONE)];
    router = router.route("/alone", route(move || async move { (policy, Html(alone)) }));
    paths.push("/alone".to_owned());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let urls: Vec<String> = paths.iter().map(|path| format!("{origin}{path}")).collect();
    let seen = tokio::task::spawn_blocking(move || browse(&urls)).await.unwrap();
    server.abort();

    assert_eq!(assert_accessible(&seen), paths.len() * 3);
    for page in &seen {
        assert_ne!(page["title"], "ran", "{}", page["url"]);
        for request in page["requests"].as_array().unwrap() {
            let address = request.as_str().unwrap().strip_prefix(&origin).unwrap();
            let known = paths.iter().any(|path| path == address) || address == "/r/style.css";
            assert!(known, "{address} was asked for");
        }
    }
    let told =
        seen.iter().find(|page| page["url"].as_str().unwrap().ends_with("/hostile")).unwrap();
    let text = told["text"].as_str().unwrap();
    assert!(text.contains("<script>document.title='ran'</script>"), "{text}");
}

/// The address of a page with these documents.
async fn page_of(service: &Service, documents: Vec<Value>) -> (String, Value) {
    let client = service.client().await;
    let receiver = json!({ "email": "ap@customer.example", "language": "de" });
    let (answer, mail) = sealed_for(service, &client, receiver, documents).await;
    (link(service, &mail), answer)
}

fn pdf() -> Value {
    json!({
        "documentRequest": {
            "externalReference": unique("doc"), "name": "invoice.pdf",
            "contentType": "application/pdf", "base64Content": STANDARD.encode(PDF),
        },
        "signatureInfo": { "signatureType": "PAdES" },
    })
}

#[test]
fn a_receiver_sees_the_sealed_invoice_and_whether_its_seal_holds() {
    run(async {
        let service = trusting(|_| {}).await;
        let (url, _) = page_of(&service, vec![document(&unique("doc"), CII), pdf()]).await;
        let list = get(&url).await;
        for number in [1, 2] {
            let address = format!("/documents/{number}/view?lang=de\"");
            assert!(list.text().contains(&address), "{}", list.text());
        }
        let view = get(&format!("{url}/documents/1/view")).await;
        assert_eq!((view.status, view.header("content-language")), (200, "de"));
        for (name, value) in [
            ("content-security-policy", CONTENT_SECURITY_POLICY),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(view.header(name), value, "{name}");
        }
        let text = view.text();
        for wanted in [
            "<h1>Rechnung RE-2026-0815</h1>",
            "1.309,00\u{a0}EUR",
            "Alle Signaturen sind gültig",
            "Gesiegelt von",
            "Zurück zu den Dokumenten",
            "/documents/1/report?lang=de",
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
        let italian = get(&format!("{url}/documents/1/view?lang=it")).await;
        assert!(italian.text().contains("<h1>Fattura RE-2026-0815</h1>"));
        assert!(!text.contains("/documents/1/pages") && !text.contains("SignatureValue"));

        let view = get(&format!("{url}/documents/2/view")).await;
        assert_eq!(view.status, 200);
        assert!(view.text().contains("Alle Signaturen sind gültig"), "{}", view.text());
        assert!(view.text().contains("/documents/2/pages\""), "{}", view.text());
    });
}

#[test]
fn pages_of_a_pdf_are_for_the_browser_alone() {
    on_shared(async |service| {
        let documents = vec![pdf(), document(&unique("doc"), "<a/>")];
        let (url, answer) = page_of(service, documents).await;
        let pages = get(&format!("{url}/documents/1/pages")).await;
        assert_eq!((pages.status, &pages.body), (200, &sealed(&answer, 0)));
        assert_eq!(pages.header("content-type"), "application/pdf");
        assert_eq!(pages.header("x-content-type-options"), "nosniff");
        assert!(pages.header("content-disposition").starts_with("inline; filename="));
        let policy = pages.header("content-security-policy");
        for wanted in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"] {
            assert!(policy.contains(wanted) && !policy.contains("script"), "{policy}");
        }
        // what is no PDF has no pages, and what is no invoice says so
        assert_eq!(get(&format!("{url}/documents/2/pages")).await.status, 404);
        let view = get(&format!("{url}/documents/2/view")).await;
        let word = invoice_words(Language::De).none;
        assert!(view.status == 200 && view.text().contains(word), "{}", view.text());
    });
}

#[test]
fn parts_that_are_not_there_and_links_that_are_not_good_show_nothing() {
    on_shared(async |service| {
        let (url, _) = page_of(service, vec![document(&unique("doc"), LOT)]).await;
        let second = get(&format!("{url}/documents/1/view?invoice=2")).await;
        assert!(second.text().contains("<h1>Gutschrift 42/A</h1>"), "{}", second.text());
        for address in [
            "documents/1/view?invoice=3",
            "documents/1/view?invoice=0",
            "documents/1/view?line=2",
            "documents/1/view?line=-1",
            "documents/1/view?invoice=99999999999999999999",
            "documents/9/view",
            "documents/x/pages",
        ] {
            assert_eq!(get(&format!("{url}/{address}")).await.status, 404, "{address}");
        }
        for address in ["documents/1/view", "documents/1/pages"] {
            assert_eq!(get(&format!("{url}x/{address}")).await.status, 404, "{address}");
        }
    });
}
