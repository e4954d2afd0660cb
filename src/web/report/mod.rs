//! How a report of a verification looks as a page: facts in, HTML out. It is whole without a script, and by itself
//! without anything else.

use askama::Template;

use super::portal::page::{PageFrame, STYLE};
use crate::workflow::readable::ReadableReport;

/// What a page that stands by itself may do: nothing but its own style.
pub const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; \
    frame-ancestors 'none'; base-uri 'none'";

/// What the page has around it on the receiver's page.
#[derive(Clone, Debug)]
pub struct ReportLinks<'a> {
    /// Where all pages hang as a browser sees it, as `/r`.
    pub root: &'a str,
    /// Addresses of the documents, and of the report in other forms.
    pub back: String,
    pub pdf: String,
    pub xml: String,
}

/// The report as a page that can be kept as a file.
#[must_use]
pub fn page(report: &ReadableReport) -> String {
    render(report, None)
}

/// The report as a page among others.
#[must_use]
pub fn linked_page(report: &ReadableReport, links: &ReportLinks<'_>) -> String {
    render(report, Some(links))
}

fn render(report: &ReadableReport, links: Option<&ReportLinks<'_>>) -> String {
    let root = links.map_or("", |links| links.root);
    let frame = PageFrame::of(report.language, root);
    let page = ReportPage { frame, title: report.words.title, style: STYLE, report, links };
    // Writing into a string does not fail.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "report/templates/report.html")]
struct ReportPage<'a> {
    frame: PageFrame<'a>,
    title: &'static str,
    style: &'static str,
    report: &'a ReadableReport,
    links: Option<&'a ReportLinks<'a>>,
}
