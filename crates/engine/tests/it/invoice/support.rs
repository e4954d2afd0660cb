//! What an invoice says, as lists that tests compare.

use std::collections::BTreeSet;
use std::path::Path;

use chancery_engine::domain::invoice::{Invoice, InvoiceGroup, InvoiceValue};
use chancery_engine::invoice::{InvoiceProblem, InvoiceWish, read};
use chancery_engine::seal::Limits;
use chancery_testing::judges::repository;
use roxmltree::{Document, Node};

pub(super) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(repository().join("samples").join(name)).unwrap()
}

/// All of a file's invoice.
pub(super) fn whole(octets: &[u8]) -> Result<Invoice, InvoiceProblem> {
    part(octets, 1)
}

pub(super) fn part(octets: &[u8], invoice: usize) -> Result<Invoice, InvoiceProblem> {
    read(octets, InvoiceWish { invoice, first_line: 1, lines: usize::MAX }, &Limits::default())
}

/// Every value with the number of its term, as it stands in the document.
pub(super) fn said(invoice: &Invoice) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for group in std::iter::once(&invoice.whole).chain(&invoice.lines) {
        collect(group, &mut all);
    }
    all
}

fn collect(group: &InvoiceGroup, all: &mut Vec<(&'static str, String)>) {
    for fact in &group.facts {
        let mut add = |text: &str| all.push((fact.term.number, text.to_owned()));
        match &fact.value {
            InvoiceValue::Text(text)
            | InvoiceValue::Code { text, .. }
            | InvoiceValue::Date(text)
            | InvoiceValue::Number(text)
            | InvoiceValue::Percentage(text) => add(text),
            InvoiceValue::Identifier { text, scheme } => {
                add(text);
                if let Some(scheme) = scheme {
                    add(scheme);
                }
            }
            InvoiceValue::Amount { number, currency: other }
            | InvoiceValue::Quantity { number, unit: other, .. } => {
                add(number);
                if let Some(other) = other {
                    add(other);
                }
            }
            InvoiceValue::File { name, media_type } => {
                add(name);
                if let Some(media_type) = media_type {
                    add(media_type);
                }
            }
        }
    }
    group.groups.iter().for_each(|inner| collect(inner, all));
}

/// The first value of a term.
pub(super) fn first(invoice: &Invoice, number: &str) -> Option<String> {
    said(invoice).into_iter().find(|(term, _)| *term == number).map(|(_, text)| text)
}

/// Elements that say how others are read, and the seal: they need not be shown.
const SILENT: [&str; 12] = [
    "ChargeIndicator",
    "Indicator",
    "UBLVersionID",
    "DocumentTypeCode",
    "EmbeddedDocumentBinaryObject",
    "AttachmentBinaryObject",
    "Attachment",
    "TaxScheme",
    "TypeCode",
    "Tipo",
    "CodiceTipo",
    "ContentCode",
];

/// Elements of a document whose text is neither shown nor named as not shown: there must be none.
pub(super) fn dropped(xml: &str, invoice: &Invoice) -> Vec<String> {
    let document = Document::parse(xml).unwrap();
    let shown: Vec<String> = said(invoice).into_iter().map(|(_, text)| text).collect();
    let named: BTreeSet<&str> = invoice.unread.iter().map(String::as_str).collect();
    let all_named = invoice.unread.len() < 12;
    let is_other = |node: &Node<'_, '_>| {
        node.ancestors().any(|above| {
            let name = above.tag_name();
            name.namespace() == Some("http://www.w3.org/2000/09/xmldsig#")
                || name.name() == "Signature"
                || SILENT.contains(&name.name())
        })
    };
    let mut dropped = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        let texts: String =
            node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
        let text = texts.trim();
        if node.children().any(|child| child.is_element()) || text.is_empty() || is_other(&node) {
            continue;
        }
        let start: String = text.chars().take(40).take_while(|letter| *letter != '\n').collect();
        let day = text.len() == 8 && text.bytes().all(|digit| digit.is_ascii_digit());
        let day = day.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
        let start = start.trim().replace('\t', " ");
        let is_shown = shown
            .iter()
            .any(|said| said.contains(&start) || day.as_ref().is_some_and(|day| said == day));
        let name = node.tag_name().name();
        if !is_shown && !named.contains(name) && all_named {
            dropped.push(format!("{name}: {text}"));
        }
    }
    dropped
}

/// Letters that would move, hide or turn round others.
pub(super) fn odd_letters(invoice: &Invoice) -> Vec<char> {
    let odd = |letter: &char| {
        (letter.is_control() && *letter != '\n')
            || matches!(letter, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}')
            || matches!(letter, '\u{2066}'..='\u{2069}' | '\u{61C}' | '\u{FEFF}')
    };
    let names = invoice.unread.iter().chain(&invoice.file).cloned();
    let texts = said(invoice).into_iter().map(|(_, text)| text).chain(names);
    texts.flat_map(|text| text.chars().filter(odd).collect::<Vec<_>>()).collect()
}

pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}
