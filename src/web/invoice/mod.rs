//! How an invoice looks as a page: facts in, HTML out. It is whole without a script, and by itself without anything
//! else; whoever has documents may put links around it.

use askama::Template;

use super::portal::page::{PageFrame, STYLE};
use crate::domain::language::Language;
use crate::letters::{
    InvoiceWords, PageWords, ReportWords, invoice_words, page_words, report_words,
};
use crate::workflow::readable::{ReadableFact, ReadableVerdict};
use crate::workflow::readable_invoice::{InvoiceWish, ReadableInvoice, ShownFile};

/// What the page has around it among others.
#[derive(Clone, Debug)]
pub struct InvoiceLinks<'a> {
    /// Where all pages hang as a browser sees it, as `/r`.
    pub root: &'a str,
    /// The page's own address, without a query.
    pub own: String,
    /// Addresses of the list of documents and of the file.
    pub back: String,
    pub download: String,
    /// Address of the pages of a PDF.
    pub pages: Option<String>,
    /// Address of the report of the verification.
    pub report: Option<String>,
}

/// A file as it is shown among others.
#[derive(Clone, Debug)]
pub struct InvoiceView {
    pub language: Language,
    /// How the file is called.
    pub name: String,
    pub shown: ShownFile,
    /// What is known of the seal without a verification.
    pub sealed: Vec<ReadableFact>,
    /// Whether the seal holds.
    pub verdict: Option<ReadableVerdict>,
}

/// The invoice as a page that can be kept as a file.
#[must_use]
pub fn page(invoice: &ReadableInvoice) -> String {
    let content = Content { invoice: Some(invoice), message: None, view: None, links: None };
    content.render(invoice.language, &invoice.title)
}

/// The file as a page among others: as an invoice, or with the word why it is none.
#[must_use]
pub fn linked_page(view: &InvoiceView, links: &InvoiceLinks<'_>) -> String {
    let words = invoice_words(view.language);
    let (invoice, message) = match &view.shown {
        ShownFile::Invoice(invoice) => (Some(invoice.as_ref()), None),
        // a PDF has its pages
        ShownFile::NoInvoice if links.pages.is_some() => (None, None),
        ShownFile::NoInvoice => (None, Some(words.none)),
        ShownFile::Unreadable => (None, Some(words.unreadable)),
    };
    let content = Content { invoice, message, view: Some(view), links: Some(links) };
    let title = invoice.map_or(view.name.as_str(), |invoice| invoice.title.as_str());
    content.render(view.language, title)
}

struct Content<'a> {
    invoice: Option<&'a ReadableInvoice>,
    message: Option<&'static str>,
    view: Option<&'a InvoiceView>,
    links: Option<&'a InvoiceLinks<'a>>,
}

impl Content<'_> {
    fn render(&self, language: Language, title: &str) -> String {
        let root = self.links.map_or("", |links| links.root);
        let page = InvoicePage {
            frame: PageFrame::of(language, root),
            title,
            style: STYLE,
            words: invoice_words(language),
            page_words: page_words(language),
            report_words: report_words(language),
            elsewhere: self.elsewhere(language),
            content: self,
        };
        // Writing into a string does not fail.
        page.render().unwrap_or_default()
    }

    /// Links to other parts of the file.
    fn elsewhere(&self, language: Language) -> Vec<PartLink> {
        let (Some(invoice), Some(links)) = (self.invoice, self.links) else { return Vec::new() };
        let (parts, words) = (&invoice.parts, invoice.words);
        let to = |wish: InvoiceWish| {
            let (own, language) = (&links.own, language.as_str());
            format!("{own}?lang={language}&invoice={}&line={}", wish.invoice, wish.first_line)
        };
        [
            (parts.previous_lines, words.previous_lines, "prev"),
            (parts.next_lines, words.next_lines, "next"),
            (parts.previous_invoice, words.previous_invoice, ""),
            (parts.next_invoice, words.next_invoice, ""),
        ]
        .into_iter()
        .filter_map(|(wish, text, relation)| Some(PartLink { address: to(wish?), text, relation }))
        .collect()
    }
}

/// A link to another part of the file.
struct PartLink {
    address: String,
    text: &'static str,
    relation: &'static str,
}

#[derive(Template)]
#[template(path = "invoice/templates/invoice.html")]
struct InvoicePage<'a> {
    frame: PageFrame<'a>,
    title: &'a str,
    style: &'static str,
    words: &'static InvoiceWords,
    page_words: &'static PageWords,
    report_words: &'static ReportWords,
    elsewhere: Vec<PartLink>,
    content: &'a Content<'a>,
}
