//! Pages and mails in Chromium, judged by axe-core.

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::letters::{self, TestMail, Values};
use chancery::verify::VerifySettings;
use chancery::web::portal::page::{CONTENT_SECURITY_POLICY, PageVerification, STYLE, View, render};
use chancery::web::report::{ALONE, ReportLinks, linked_page, page};
use chancery::workflow::verification::CheckedFile;

use super::page::documents;
use crate::support::browser::{assert_accessible, browse};
use chancery_testing::alarms::alarms;

const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);

#[tokio::test(flavor = "multi_thread")]
async fn every_view_is_accessible_and_loads_nothing_from_elsewhere() {
    let guarded =
        |body: String| ([(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)], Html(body));
    let mut router = Router::new()
        .route("/r/style.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], STYLE) }));
    let sealed = include_bytes!("../../../samples/invoice-minimal/sealed.xml");
    let settings = VerifySettings::new(Vec::new(), AT);
    let checked = CheckedFile::of(Some("invoice.xml".to_owned()), sealed, &settings);
    let mut verified = documents();
    let readable = Box::new(checked.readable(Language::Pt));
    verified.documents[0].verification = PageVerification::Done(readable);
    verified.documents[1].verification = PageVerification::Later;
    let views =
        [View::Documents(verified), View::Expired(AT), View::Unknown, View::Busy(17), View::Fault];
    let mut paths = Vec::new();
    for language in [Language::Pt, Language::De] {
        for (number, view) in views.iter().enumerate() {
            let page = render(language, "/r", view);
            let path = format!("/r/{}-{number}", language.as_str());
            router = router.route(&path, get(move || async move { guarded(page) }));
            paths.push(path);
        }
    }
    for language in [Language::Pt, Language::De] {
        let readable = checked.readable(language);
        let links = ReportLinks {
            root: "/r",
            back: "/r/token".to_owned(),
            pdf: "/r/token/documents/1/report.pdf".to_owned(),
            xml: "/r/token/documents/1/report.xml".to_owned(),
        };
        let (among, alone) = (linked_page(&readable, &links), page(&readable));
        let path = format!("/r/report-{}", language.as_str());
        router = router.route(&path, get(move || async move { guarded(among) }));
        paths.push(path);
        let path = format!("/alone-{}", language.as_str());
        let policy = [(header::CONTENT_SECURITY_POLICY, ALONE)];
        router = router.route(&path, get(move || async move { (policy, Html(alone)) }));
        paths.push(path);
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let urls: Vec<String> = paths.iter().map(|path| format!("{origin}{path}")).collect();
    let seen = tokio::task::spawn_blocking(move || browse(&urls)).await.unwrap();
    server.abort();

    assert_eq!(assert_accessible(&seen), paths.len() * 3);
    let mut grounds = std::collections::BTreeSet::new();
    for page in &seen {
        for request in page["requests"].as_array().unwrap() {
            assert!(request.as_str().unwrap().starts_with(&origin), "{request}");
        }
        // The policy lets the style sheet through, and it has dark colours.
        assert_eq!(page["sheets"], 1);
        grounds.insert((page["setting"]["scheme"].to_string(), page["background"].to_string()));
    }
    assert_eq!(grounds.len(), 2, "{grounds:?}");
    let narrow = seen.iter().find(|page| page["setting"]["script"] == false).unwrap();
    let text = narrow["text"].as_str().unwrap();
    assert!(text.contains("Sample Trading Ltd e-Seal") && text.contains("Transferir"), "{text}");
}

#[test]
fn every_mail_is_accessible_in_light_and_dark() {
    let folder = tempfile::tempdir().unwrap();
    let mut urls = Vec::new();
    let mut put = |name: String, html: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, html).unwrap();
        urls.push(format!("file://{}", path.display()));
    };
    for language in Language::ALL {
        let mut facts = letters::sample(language);
        facts.too_large = true;
        facts.document_count = 400;
        let letter = letters::render(&letters::notification(language), &Values::of(&facts));
        put(format!("notification-{}.html", language.as_str()), &letter.unwrap().html);
    }
    let test = TestMail { account: "system".into(), sent: AT };
    put("test.html".into(), &letters::test_mail(Language::Fr, &test).html);
    put("alarm.html".into(), &letters::alarm(Language::It, &alarms()[8]).html);
    let count = urls.len();
    let seen = browse(&urls);
    assert_eq!(assert_accessible(&seen), count * 3);
    for page in &seen {
        assert_eq!(page["requests"].as_array().unwrap().len(), 1, "a mail loads nothing");
    }
}
