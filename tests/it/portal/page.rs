//! What the page says, without a server.

use chancery::domain::instant::Instant;
use chancery::domain::language::Language;
use chancery::web::portal::page::{
    Documents, PageDocument, PageSeal, PageVerification, View, render,
};

const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);

/// Three documents: sealed, sealed and gone, not sealed; names as hostile as a client's can be.
pub(super) fn documents() -> Documents {
    let document = |number, name: &str, sealed: bool, kept| PageDocument {
        number,
        name: name.to_owned(),
        size_bytes: 184_320,
        sealed: sealed.then(|| PageSeal {
            by: "Sample Trading Ltd e-Seal".into(),
            organization: Some("Sample & Sons".into()),
            at: AT,
        }),
        fingerprint: sealed.then(|| "0123456789abcdef".repeat(4)),
        kept,
        shown: number != 3,
        verification: PageVerification::None,
    };
    Documents {
        issuer: "Sample & Sons <b>Ltd</b>".into(),
        vat_number: "PT123456789".into(),
        reference: "2026-11-0042".into(),
        description: "Invoices \"of\" November".into(),
        documents: vec![
            document(
                1,
                "invoice-2026-0042-with-a-name-that-is-quite-long-and-never-ends.pdf",
                true,
                true,
            ),
            document(2, "<script>alert(1)</script>.xml", true, true),
            document(3, "not-sealed.xml", false, true),
            document(4, "gone.pdf", true, false),
        ],
        expires: AT.plus_ms(30 * 86_400_000),
        token: "tok-en".into(),
        archive_bytes: Some(552_960),
    }
}

#[test]
fn the_page_lists_documents_with_who_sealed_them_and_escapes_every_name() {
    for language in Language::ALL {
        let page = render(language, "/r", &View::Documents(documents()));
        assert!(page.contains(&format!("<html lang=\"{}\"", language.as_str())));
        for wanted in [
            "Sample Trading Ltd e-Seal",
            "href=\"/r/tok-en/documents/1\"",
            "href=\"/r/tok-en/documents/3\"",
            &format!("href=\"/r/tok-en/documents/1/view?lang={}\"", language.as_str()),
            "href=\"/r/tok-en/documents.zip\"",
            "href=\"/r/style.css\"",
            "href=\"?lang=de\"",
            "10:19",
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        for unwanted in
            ["<script", "<b>", "style=", "documents/3/view", "documents/4", "{", "onclick"]
        {
            assert!(!page.contains(unwanted), "{unwanted} in {page}");
        }
    }
    let mut one = documents();
    one.documents.truncate(1);
    one.archive_bytes = None;
    assert!(!render(Language::En, "/r", &View::Documents(one)).contains(".zip"));
}

#[test]
fn other_pages_say_what_to_do() {
    for language in Language::ALL {
        let pages = [View::Unknown, View::Expired(AT), View::Busy(17), View::Fault]
            .map(|view| render(language, "/r", &view));
        for page in &pages {
            assert!(page.contains("<h1>") && !page.contains('{'), "{page}");
        }
        assert!(pages[1].contains("10:19") && pages[2].contains("17"));
        let soon = render(language, "/r", &View::Busy(1));
        assert!(soon.contains(" 2 ") && !soon.contains(" 1 "), "{soon}");
    }
}
