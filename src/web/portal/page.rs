//! How the page looks: facts in, HTML out. Whether a link is good is decided elsewhere.

use askama::Template;

use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::letters::{
    InvoiceWords, Locale, PageWords, ReportWords, filled, invoice_words, page_words, report_words,
};
use crate::workflow::readable::{ReadableFact, ReadableReport};

/// The style sheet of every page, served from the page's own origin.
pub const STYLE: &str = include_str!("templates/style.css");

/// Nothing but the style sheet is loaded, nothing is sent, nobody frames the page.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; \
    form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// A PDF is only what it is: a viewer may have styles of its own, and nothing is loaded, sent or framed. Without
/// `sandbox`, in which Chromium shows no PDF at all.
pub const PDF_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
    object-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

/// What a page shows.
#[derive(Clone, Debug)]
pub enum View {
    /// The documents behind a good link.
    Documents(Documents),
    /// The link was good until then.
    Expired(Instant),
    /// There is no such link, or it was revoked: nobody learns which.
    Unknown,
    /// Too many requests; the next may come after so many seconds.
    Busy(u64),
    /// A fault of ours.
    Fault,
}

/// The documents of an operation.
#[derive(Clone, Debug)]
pub struct Documents {
    pub issuer: String,
    pub vat_number: String,
    pub reference: String,
    pub description: String,
    pub documents: Vec<PageDocument>,
    pub expires: Instant,
    /// The token of the link, from which the downloads hang.
    pub token: String,
    /// Octets of all documents in one archive, where there is one.
    pub archive_bytes: Option<u64>,
}

/// A document of the operation.
#[derive(Clone, Debug)]
pub struct PageDocument {
    /// Its number in the address of its download.
    pub number: u32,
    pub name: String,
    pub size_bytes: u64,
    /// Who sealed it, and when.
    pub sealed: Option<PageSeal>,
    /// SHA-256 of what is downloaded, in hexadecimal.
    pub fingerprint: Option<String>,
    /// Whether its contents are still kept.
    pub kept: bool,
    /// Whether there is a page that shows it.
    pub shown: bool,
    pub verification: PageVerification,
}

/// What a verification says of a document.
#[derive(Clone, Debug)]
pub enum PageVerification {
    /// It is not offered.
    None,
    /// It is not known yet, or not looked at before somebody asks.
    Later,
    Done(Box<ReadableReport>),
}

/// Who sealed a document.
#[derive(Clone, Debug)]
pub struct PageSeal {
    /// Common name of the signing certificate.
    pub by: String,
    /// Organization of the signing certificate.
    pub organization: Option<String>,
    pub at: Instant,
}

/// Who sealed a document and when, in words.
#[must_use]
pub fn sealed_facts(language: Language, seal: &PageSeal) -> Vec<ReadableFact> {
    let words = page_words(language);
    let mut by = vec![seal.by.clone()];
    by.extend(seal.organization.clone());
    vec![
        ReadableFact { name: words.sealed_by, texts: by },
        ReadableFact { name: words.sealed_at, texts: vec![Locale(language).time(seal.at)] },
    ]
}

/// The page in a language. `root` is where all of them hang as a browser sees it, as `/r`.
#[must_use]
pub fn render(language: Language, root: &str, view: &View) -> String {
    let words = page_words(language);
    let locale = Locale(language);
    let message = |title: &str, text: String| {
        let page = MessagePage { frame: PageFrame::of(language, root), title, text: &text };
        page.render()
    };
    let rendered = match view {
        View::Documents(documents) => {
            documents_page(PageFrame::of(language, root), Locale(language), documents).render()
        }
        View::Expired(at) => {
            message(words.expired_title, filled(words.expired_text, &[("date", locale.time(*at))]))
        }
        View::Unknown => message(words.unknown_title, words.unknown_text.to_owned()),
        View::Busy(seconds) => message(
            words.busy_title,
            // The words speak of several.
            filled(words.busy_text, &[("seconds", locale.number((*seconds).max(2)))]),
        ),
        View::Fault => message(words.fault_title, words.fault_text.to_owned()),
    };
    // Writing into a string does not fail.
    rendered.unwrap_or_default()
}

/// What every page has around it.
pub(in crate::web) struct PageFrame<'a> {
    pub(in crate::web) language: &'static str,
    pub(in crate::web) root: &'a str,
    pub(in crate::web) words: &'static PageWords,
    /// Code, own name and whether it is this page's.
    pub(in crate::web) languages: Vec<(&'static str, &'static str, bool)>,
}

impl<'a> PageFrame<'a> {
    pub(in crate::web) fn of(language: Language, root: &'a str) -> Self {
        let languages = Language::ALL
            .map(|other| (other.as_str(), page_words(other).autonym, other == language))
            .to_vec();
        Self { language: language.as_str(), root, words: page_words(language), languages }
    }
}

#[derive(Template)]
#[template(path = "portal/templates/message.html")]
struct MessagePage<'a> {
    frame: PageFrame<'a>,
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "portal/templates/documents.html")]
struct DocumentsPage<'a> {
    frame: PageFrame<'a>,
    report_words: &'static ReportWords,
    invoice_words: &'static InvoiceWords,
    title: String,
    facts: &'a Documents,
    rows: Vec<Row<'a>>,
    /// What the link to all documents says, when there are several.
    download_all: Option<String>,
    expires: String,
}

struct Row<'a> {
    document: &'a PageDocument,
    size: String,
    sealed_at: String,
}

fn documents_page<'a>(
    frame: PageFrame<'a>,
    locale: Locale,
    facts: &'a Documents,
) -> DocumentsPage<'a> {
    let download_all = facts
        .archive_bytes
        .map(|whole| filled(frame.words.download_all, &[("size", locale.size(whole))]));
    let rows = facts
        .documents
        .iter()
        .map(|document| Row {
            document,
            size: locale.size(document.size_bytes),
            sealed_at: document
                .sealed
                .as_ref()
                .map(|sealed| locale.time(sealed.at))
                .unwrap_or_default(),
        })
        .collect();
    DocumentsPage {
        report_words: report_words(locale.0),
        invoice_words: invoice_words(locale.0),
        title: filled(frame.words.heading, &[("issuer", facts.issuer.clone())]),
        expires: filled(frame.words.expires, &[("date", locale.time(facts.expires))]),
        frame,
        facts,
        rows,
        download_all,
    }
}
