//! An invoice as people read it, in their language: what [`invoice::read`] found, in the order of a page. Labels and
//! codes are told in words, dates and numbers are written as the language writes them; their digits stay.

use super::Error;
use crate::domain::instant::Instant;
use crate::domain::invoice::{
    Invoice, InvoiceFact, InvoiceGroup, InvoiceTerm, InvoiceValue, InvoiceWord as W,
};
use crate::domain::language::Language;
use crate::domain::sources::sources;
pub use crate::invoice::InvoiceWish;
use crate::invoice::{self, InvoiceProblem};
use crate::letters::{InvoiceWords, Locale, filled, invoice_word, invoice_words};
use crate::seal::Limits;

/// Characters of the number in a heading.
const TITLE: usize = 60;

/// What stands before the lines, in this order, whatever order the syntax has.
const BEFORE: [W; 14] = [
    W::Seller,
    W::Buyer,
    W::Payee,
    W::TaxRepresentative,
    W::Intermediary,
    W::Delivery,
    W::Period,
    W::PrecedingInvoice,
    W::References,
    W::OrderReference,
    W::ContractReference,
    W::ReceivingAdvice,
    W::DespatchAdvice,
    W::Notes,
];

/// What stands behind the lines.
const BEHIND: [W; 9] = [
    W::Allowance,
    W::Charge,
    W::Withholding,
    W::SocialFund,
    W::StampDuty,
    W::VatBreakdown,
    W::Totals,
    W::Payment,
    W::SupportingDocument,
];

/// Columns of the lines, as far as a line has them.
const LINE_COLUMNS: [W; 8] = [
    W::LineNumber,
    W::ItemName,
    W::Quantity,
    W::NetPrice,
    W::VatRate,
    W::LineAmount,
    W::TaxAmount,
    W::TotalWithVat,
];

/// Columns of the breakdown of VAT.
const VAT_COLUMNS: [W; 4] = [W::VatCategory, W::VatRate, W::TaxableAmount, W::TaxAmount];

/// An invoice in a language.
#[derive(Clone, Debug)]
pub struct ReadableInvoice {
    pub language: Language,
    pub words: &'static InvoiceWords,
    pub title: String,
    pub facts: Vec<ReadableTerm>,
    pub before: Vec<ReadableSection>,
    /// None of an invoice without lines.
    pub lines: Option<ReadableTable>,
    /// Which lines those are, when they are not all.
    pub lines_shown: Option<String>,
    /// How many lines follow.
    pub further_lines: Option<String>,
    pub behind: Vec<ReadableSection>,
    /// What is in the document and not on the page.
    pub not_shown: Vec<String>,
    /// Which of several invoices it is.
    pub of_invoices: Option<String>,
    pub parts: InvoiceParts,
}

/// What else of the file can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvoiceParts {
    pub previous_lines: Option<InvoiceWish>,
    pub next_lines: Option<InvoiceWish>,
    pub previous_invoice: Option<InvoiceWish>,
    pub next_invoice: Option<InvoiceWish>,
}

/// A term in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableTerm {
    pub name: &'static str,
    /// Its number in EN 16931-1; empty without.
    pub number: &'static str,
    pub text: String,
}

/// What stands under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableSection {
    pub heading: &'static str,
    pub number: &'static str,
    pub blocks: Vec<ReadableBlock>,
    /// What is in the document and not here.
    pub omitted: Option<String>,
    /// Instead of blocks.
    pub table: Option<ReadableTable>,
}

/// Terms that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableBlock {
    /// None when the heading above is theirs.
    pub heading: Option<&'static str>,
    pub terms: Vec<ReadableTerm>,
}

/// Rows of the same terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableTable {
    pub columns: Vec<ReadableColumn>,
    pub rows: Vec<ReadableRow>,
}

/// A term of every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableColumn {
    pub name: &'static str,
    pub number: &'static str,
    /// Whether its values are numbers.
    pub is_number: bool,
    /// Whether what has no column stands here.
    pub has_rest: bool,
}

/// A row: a text for every column, and what has no column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableRow {
    pub cells: Vec<String>,
    pub rest: Vec<ReadableBlock>,
}

/// What a file is, for a page that shows it.
#[derive(Clone, Debug)]
pub enum ShownFile {
    Invoice(Box<ReadableInvoice>),
    /// No invoice that can be read.
    NoInvoice,
    /// Damaged, or larger than what is read.
    Unreadable,
}

impl ShownFile {
    /// Reads a file for a page.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has no such part.
    pub fn of(
        octets: &[u8],
        wish: InvoiceWish,
        limits: &Limits,
        language: Language,
    ) -> Result<Self, Error> {
        match invoice::read(octets, wish, limits) {
            Ok(invoice) => Ok(Self::Invoice(Box::new(ReadableInvoice::of(&invoice, language)))),
            Err(InvoiceProblem::NoInvoice) => Ok(Self::NoInvoice),
            Err(InvoiceProblem::NoSuchPart) => Err(Error::NotFound(super::Thing::Content)),
            Err(problem @ InvoiceProblem::Unreadable(_)) => {
                tracing::info!(causes = %sources(&problem), "a document cannot be shown");
                Ok(Self::Unreadable)
            }
        }
    }
}

impl ReadableInvoice {
    /// The invoice in a language.
    #[must_use]
    pub fn of(invoice: &Invoice, language: Language) -> Self {
        let teller = Teller { language, locale: Locale(language), words: invoice_words(language) };
        let words = teller.words;
        let mut facts = Vec::new();
        facts.extend(untold(words.format, invoice.syntax.as_str()));
        if let Some(file) = &invoice.file {
            facts.extend(untold(words.inside, file));
        }
        facts.extend(invoice.whole.facts.iter().map(|fact| teller.term(fact)));
        let known = |heading: W| BEFORE.contains(&heading) || BEHIND.contains(&heading);
        let mut others: Vec<W> = Vec::new();
        for group in &invoice.whole.groups {
            let heading = group.heading.word;
            if !known(heading) && !others.contains(&heading) {
                others.push(heading);
            }
        }
        let sections = |headings: &[W]| -> Vec<ReadableSection> {
            headings.iter().filter_map(|heading| teller.section(invoice, *heading)).collect()
        };
        let mut behind = sections(&BEHIND);
        behind.extend(sections(&others));
        let (from, to) = (invoice.first_line, invoice.first_line + invoice.lines.len() - 1);
        let left = invoice.line_count.saturating_sub(to);
        let shown = || {
            let numbers = [("from", from), ("to", to), ("count", invoice.line_count)];
            let numbers = numbers.map(|(name, number)| (name, teller.count(number)));
            filled(words.lines_shown, &numbers)
        };
        let lines: Vec<&InvoiceGroup> = invoice.lines.iter().collect();
        Self {
            language,
            words,
            title: teller.title(invoice),
            facts,
            before: sections(&BEFORE),
            lines: (!lines.is_empty()).then(|| teller.table(&lines, &LINE_COLUMNS, W::ItemName)),
            lines_shown: (lines.len() < invoice.line_count).then(shown),
            further_lines: (left > 0)
                .then(|| filled(words.further_lines, &[("count", teller.count(left))])),
            behind,
            not_shown: teller.not_shown(invoice),
            of_invoices: (invoice.count > 1).then(|| {
                let numbers = [("number", invoice.number), ("count", invoice.count)];
                let numbers = numbers.map(|(name, number)| (name, teller.count(number)));
                filled(words.of_invoices, &numbers)
            }),
            parts: InvoiceParts::of(invoice),
        }
    }
}

impl InvoiceParts {
    fn of(invoice: &Invoice) -> Self {
        let lines = invoice::LINES;
        let of_lines = |first_line| InvoiceWish { invoice: invoice.number, first_line, lines };
        let of_invoice = |number| InvoiceWish { invoice: number, first_line: 1, lines };
        let behind = invoice.first_line + invoice.lines.len();
        let first = invoice.first_line;
        Self {
            previous_lines: (first > 1).then(|| of_lines(first.saturating_sub(lines).max(1))),
            next_lines: (behind <= invoice.line_count).then(|| of_lines(behind)),
            previous_invoice: (invoice.number > 1).then(|| of_invoice(invoice.number - 1)),
            next_invoice: (invoice.number < invoice.count).then(|| of_invoice(invoice.number + 1)),
        }
    }
}

/// Tells terms in a language.
struct Teller {
    language: Language,
    locale: Locale,
    words: &'static InvoiceWords,
}

impl Teller {
    fn word(&self, word: W) -> &'static str {
        invoice_word(self.language, word)
    }

    fn count(&self, count: usize) -> String {
        self.locale.number(u64::try_from(count).unwrap_or(u64::MAX))
    }

    fn title(&self, invoice: &Invoice) -> String {
        let said = |wanted: W| invoice.whole.facts.iter().find(|fact| fact.term.word == wanted);
        let kind = said(W::TypeCode).and_then(|fact| match fact.value {
            InvoiceValue::Code { meaning, .. } => meaning,
            _ => None,
        });
        let other = if invoice.is_credit_note { W::CreditNote } else { W::Invoice };
        let kind = self.word(kind.unwrap_or(other));
        let Some(number) = said(W::InvoiceNumber).map(|fact| self.text(&fact.value)) else {
            return kind.to_owned();
        };
        let short: String = number.chars().take(TITLE).collect();
        let more = if number.chars().nth(TITLE).is_some() { "…" } else { "" };
        format!("{kind} {short}{more}")
    }

    fn not_shown(&self, invoice: &Invoice) -> Vec<String> {
        let mut told = Vec::new();
        if invoice.unread_count > 0 {
            let mut names = invoice.unread.join(", ");
            if invoice.unread.len() < invoice.unread_count {
                names.push_str(", …");
            }
            let count = self.count(invoice.unread_count);
            told.push(filled(self.words.unread, &[("count", count), ("names", names)]));
        }
        if invoice.is_cut {
            told.push(self.words.cut.to_owned());
        }
        told
    }

    /// Every group of a heading; none when there is none.
    fn section(&self, invoice: &Invoice, heading: W) -> Option<ReadableSection> {
        let all = &invoice.whole.groups;
        let groups: Vec<&InvoiceGroup> =
            all.iter().filter(|group| group.heading.word == heading).collect();
        let number = groups.first()?.heading.number;
        let mut section = ReadableSection {
            heading: self.word(heading),
            number,
            blocks: Vec::new(),
            omitted: None,
            table: None,
        };
        if heading == W::VatBreakdown {
            section.table = Some(self.table(&groups, &VAT_COLUMNS, W::VatCategory));
            return Some(section);
        }
        let mut omitted = 0;
        for group in &groups {
            omitted += self.blocks(group, None, &mut section.blocks);
        }
        // what stands apart in a syntax and is one thing for people
        if matches!(heading, W::Totals | W::Notes | W::References | W::Process) {
            let mut facts: Vec<&InvoiceFact> =
                groups.iter().flat_map(|group| &group.facts).collect();
            if heading == W::Totals {
                facts.sort_by_key(|fact| fact.term.word);
            }
            let terms = facts.into_iter().map(|fact| self.term(fact)).collect();
            section.blocks = vec![ReadableBlock { heading: None, terms }];
        }
        section.omitted = self.omitted(omitted);
        Some(section)
    }

    fn omitted(&self, count: usize) -> Option<String> {
        (count > 0).then(|| filled(self.words.omitted, &[("count", self.count(count))]))
    }

    /// The facts of a group as a block, and each group in it as one of its own; gives how much is left out.
    fn blocks(
        &self,
        group: &InvoiceGroup,
        heading: Option<&'static str>,
        blocks: &mut Vec<ReadableBlock>,
    ) -> usize {
        if !group.facts.is_empty() {
            let terms = group.facts.iter().map(|fact| self.term(fact)).collect();
            blocks.push(ReadableBlock { heading, terms });
        }
        let mut omitted = group.omitted;
        for inner in &group.groups {
            omitted += self.blocks(inner, Some(self.word(inner.heading.word)), blocks);
        }
        omitted
    }

    /// Groups as rows of the columns that any of them has; what has none stands in the column `rest`.
    fn table(&self, groups: &[&InvoiceGroup], wanted: &[W], rest: W) -> ReadableTable {
        let terms: Vec<InvoiceTerm> = wanted
            .iter()
            .filter_map(|word| {
                let mut facts = groups.iter().flat_map(|group| &group.facts);
                facts.find(|fact| fact.term.word == *word).map(|fact| fact.term)
            })
            .collect();
        let at_rest = terms.iter().position(|term| term.word == rest).unwrap_or_default();
        let mut columns: Vec<ReadableColumn> = terms
            .iter()
            .enumerate()
            .map(|(at, term)| ReadableColumn {
                name: self.word(term.word),
                number: term.number,
                is_number: !matches!(term.word, W::LineNumber | W::ItemName | W::VatCategory),
                has_rest: at == at_rest,
            })
            .collect();
        if columns.is_empty() {
            let name = self.word(rest);
            columns.push(ReadableColumn { name, number: "", is_number: false, has_rest: true });
        }
        let row = |group: &&InvoiceGroup| {
            let mut left: Vec<&InvoiceFact> = group.facts.iter().collect();
            let cells = terms.iter().map(|term| {
                let at = left.iter().position(|fact| fact.term.word == term.word);
                at.map(|at| self.text(&left.remove(at).value)).unwrap_or_default()
            });
            let mut cells: Vec<String> = cells.collect();
            cells.resize(columns.len(), String::new());
            let mut rest = Vec::new();
            if !left.is_empty() {
                let terms = left.into_iter().map(|fact| self.term(fact)).collect();
                rest.push(ReadableBlock { heading: None, terms });
            }
            for inner in &group.groups {
                self.blocks(inner, Some(self.word(inner.heading.word)), &mut rest);
            }
            ReadableRow { cells, rest }
        };
        ReadableTable { rows: groups.iter().map(row).collect(), columns }
    }

    fn term(&self, fact: &InvoiceFact) -> ReadableTerm {
        let InvoiceTerm { word, number } = fact.term;
        ReadableTerm { name: self.word(word), number, text: self.text(&fact.value) }
    }

    fn text(&self, value: &InvoiceValue) -> String {
        match value {
            InvoiceValue::Text(text)
            | InvoiceValue::Identifier { text, scheme: None }
            | InvoiceValue::Code { text, meaning: None } => text.clone(),
            InvoiceValue::Identifier { text, scheme: Some(scheme) } => format!("{text} ({scheme})"),
            InvoiceValue::Code { text, meaning: Some(word) } => {
                format!("{} ({text})", self.word(*word))
            }
            InvoiceValue::Date(text) => self.date(text),
            InvoiceValue::Number(number) | InvoiceValue::Amount { number, currency: None } => {
                self.locale.decimal(number)
            }
            InvoiceValue::Percentage(number) => self.locale.percentage(number),
            InvoiceValue::Amount { number, currency: Some(currency) } => {
                self.locale.amount(number, currency)
            }
            InvoiceValue::Quantity { number, unit, meaning } => {
                let number = self.locale.decimal(number);
                match (meaning, unit) {
                    (Some(word), _) => format!("{number}\u{a0}{}", self.word(*word)),
                    (None, Some(unit)) => format!("{number}\u{a0}{unit}"),
                    (None, None) => number,
                }
            }
            InvoiceValue::File { name, media_type } => match (name.as_str(), media_type) {
                ("", None) => "–".to_owned(),
                ("", Some(media_type)) => media_type.clone(),
                (name, None) => name.to_owned(),
                (name, Some(media_type)) => format!("{name} ({media_type})"),
            },
        }
    }

    /// A day as the language writes it; anything else stays as it is.
    fn date(&self, text: &str) -> String {
        let day = (text.len() == 10).then(|| Instant::parse_rfc3339(&format!("{text}T00:00:00Z")));
        day.flatten().map_or_else(|| text.to_owned(), |day| self.locale.day(day))
    }
}

/// What is no term of the document; none when there is nothing to say.
fn untold(name: &'static str, text: &str) -> Option<ReadableTerm> {
    (!text.is_empty()).then(|| ReadableTerm { name, number: "", text: text.to_owned() })
}
