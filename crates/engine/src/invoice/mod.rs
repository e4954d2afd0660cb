//! What an invoice says, for people: UBL, UN/CEFACT CII and FatturaPA read into the terms of EN 16931-1.
//!
//! [`read`] shows what is in the document and computes nothing; what its tables do not know it names. Files come from
//! strangers: every element that is looked at, every text and every line counts against a limit, and what is shown of
//! them is text without controls. Whether a seal holds is said by `verify`; how a page looks is decided elsewhere.

mod cii;
mod fattura;
mod holder;
mod place;
mod plain;
mod reading;
mod table;
mod ubl;

use std::borrow::Cow;

use roxmltree::{Document, Node};

use self::reading::InvoiceReading;
use self::table::InvoiceTables;
use crate::domain::invoice::{Invoice, InvoiceCodes, InvoiceSyntax, InvoiceTerm, InvoiceWord};
use crate::domain::refusal::Refusal;
use crate::seal::xml::source::Source;
use crate::seal::xml::{DS_NAMESPACE, guard, is_element};
use crate::seal::{Limits, TimeUsedUp};

/// Lines that are shown at once.
pub const LINES: usize = 200;

/// Which part of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceWish {
    /// The invoice, from 1, where there are several.
    pub invoice: usize,
    /// The first of its lines that are shown, from 1.
    pub first_line: usize,
    /// How many lines are shown.
    pub lines: usize,
}

impl Default for InvoiceWish {
    fn default() -> Self {
        Self { invoice: 1, first_line: 1, lines: LINES }
    }
}

/// Why a file is not shown as an invoice.
#[derive(Debug, thiserror::Error)]
pub enum InvoiceProblem {
    /// It is none of the formats that are read, or holds none.
    #[error("it is not an invoice in UBL, UN/CEFACT CII or FatturaPA")]
    NoInvoice,
    /// It has no such invoice, or no such line.
    #[error("there is no such invoice or line in it")]
    NoSuchPart,
    /// It is not well-formed, or larger than what is read.
    #[error("it cannot be read")]
    Unreadable(#[source] Refusal),
}

impl From<TimeUsedUp> for InvoiceProblem {
    fn from(over: TimeUsedUp) -> Self {
        Self::Unreadable(over.into())
    }
}

/// Reads an invoice of a file, or of what the file holds: an attachment of a PDF, the content of a CMS signature, the
/// document of a container.
///
/// # Errors
/// [`InvoiceProblem`].
pub fn read(octets: &[u8], wish: InvoiceWish, limits: &Limits) -> Result<Invoice, InvoiceProblem> {
    let held = holder::xml(Cow::Borrowed(octets), limits)?;
    let source = Source::read(&held.octets).map_err(InvoiceProblem::Unreadable)?;
    guard::check(&source, limits).map_err(InvoiceProblem::Unreadable)?;
    let document = guard::parse(&source, limits).map_err(InvoiceProblem::Unreadable)?;
    let (root, syntax) = invoice_element(&document).ok_or(InvoiceProblem::NoInvoice)?;
    let mut invoice = read_from(&document, root, syntax, wish, limits)?;
    invoice.file = held.name;
    Ok(invoice)
}

/// The root, or what an enveloping signature that is the root is around.
fn invoice_element<'a, 'i>(document: &'a Document<'i>) -> Option<(Node<'a, 'i>, InvoiceSyntax)> {
    let root = document.root_element();
    if !is_element(root, (DS_NAMESPACE, "Signature")) {
        return Some((root, syntax_of(root)?));
    }
    let objects = root.children().filter(|child| is_element(*child, (DS_NAMESPACE, "Object")));
    let inside = objects.flat_map(|object| object.children().filter(Node::is_element));
    let mut invoices = inside.filter_map(|node| Some((node, syntax_of(node)?)));
    let first = invoices.next()?;
    // of several nobody says which is the invoice
    invoices.next().is_none().then_some(first)
}

fn syntax_of(root: Node<'_, '_>) -> Option<InvoiceSyntax> {
    let name = root.tag_name();
    let namespace = name.namespace()?;
    match name.name() {
        "Invoice" if namespace == ubl::INVOICE => Some(InvoiceSyntax::Ubl),
        "CreditNote" if namespace == ubl::CREDIT_NOTE => Some(InvoiceSyntax::Ubl),
        "CrossIndustryInvoice" if namespace == cii::INVOICE => Some(InvoiceSyntax::Cii),
        "CrossIndustryDocument" if namespace == cii::ZUGFERD_1 => Some(InvoiceSyntax::Cii),
        _ if !fattura::NAMESPACES.iter().any(|known| namespace.starts_with(known)) => None,
        "FatturaElettronica" => Some(InvoiceSyntax::FatturaPa),
        "FatturaElettronicaSemplificata" => Some(InvoiceSyntax::FatturaPaSimplified),
        _ => None,
    }
}

const fn tables_of(syntax: InvoiceSyntax) -> &'static InvoiceTables {
    match syntax {
        InvoiceSyntax::Ubl => &ubl::TABLES,
        InvoiceSyntax::Cii => &cii::TABLES,
        InvoiceSyntax::FatturaPa => &fattura::TABLES,
        InvoiceSyntax::FatturaPaSimplified => &fattura::SIMPLIFIED,
    }
}

fn read_from<'a, 'i>(
    document: &'a Document<'i>,
    root: Node<'a, 'i>,
    syntax: InvoiceSyntax,
    wish: InvoiceWish,
    limits: &'a Limits,
) -> Result<Invoice, InvoiceProblem> {
    let tables = tables_of(syntax);
    let mut reading = InvoiceReading::new(document, tables, &limits.patience);
    let all = reading.at(root, tables.invoices);
    let wanted = wish.invoice.checked_sub(1).and_then(|at| all.get(at).copied());
    let one = wanted.ok_or(InvoiceProblem::NoSuchPart)?;
    for other in all.iter().filter(|other| **other != one) {
        reading.skip(*other);
    }
    let currency = reading.said(one, tables.currency);
    reading.is_in(currency);
    let kind = reading.said(one, tables.kind).and_then(|code| InvoiceCodes::Types.meaning(&code));
    let heading = InvoiceTerm { word: InvoiceWord::Invoice, number: "" };
    let mut whole = reading.group(one, heading, tables.invoice)?;
    reading.fill(&mut whole, root, tables.common)?;
    let lines = reading.at(one, tables.lines);
    let line_count = lines.len();
    let first = wish.first_line.checked_sub(1).ok_or(InvoiceProblem::NoSuchPart)?;
    if first > 0 && first >= line_count {
        return Err(InvoiceProblem::NoSuchPart);
    }
    let last = first.saturating_add(wish.lines).min(line_count);
    let mut shown = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        if (first..last).contains(&at) {
            let heading = InvoiceTerm { word: InvoiceWord::Line, number: "BG-25" };
            shown.push(reading.group(line, heading, tables.line)?);
        } else {
            reading.skip(line);
        }
    }
    let (unread, unread_count) = reading.unread()?;
    let is_credit_note = match kind {
        Some(kind) => kind == InvoiceWord::CreditNote,
        None => root.tag_name().name() == "CreditNote",
    };
    Ok(Invoice {
        syntax,
        file: None,
        number: wish.invoice,
        count: all.len(),
        is_credit_note,
        whole,
        lines: shown,
        first_line: wish.first_line,
        line_count,
        unread,
        unread_count,
        is_cut: reading.is_cut(),
    })
}
