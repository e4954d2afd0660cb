//! The walk through a document by the tables of its syntax: what it says becomes terms, within a budget, and what no
//! table knows is remembered by its name.

use std::collections::HashSet;

use roxmltree::{Document, Node};

use super::place::{places, text_of};
use super::plain::plain;
use super::table::{InvoiceForm, InvoicePart, InvoiceTables};
use crate::domain::invoice::{
    InvoiceCodes, InvoiceFact, InvoiceGroup, InvoiceTerm, InvoiceValue, InvoiceWord,
};
use crate::seal::xml::DS_NAMESPACE;
use crate::seal::{Patience, TimeUsedUp};

/// Characters of one value.
const VALUE: usize = 4000;
/// Characters of all values.
const TEXT: usize = 400_000;
/// Values of one invoice.
const FACTS: usize = 12_000;
/// Values of one term in one group, and groups of one kind.
const REPEATED: usize = 100;
/// Names of elements that are not shown.
const NAMES: usize = 12;
/// Characters of such a name.
const NAME: usize = 60;

/// A document that is read.
pub(super) struct InvoiceReading<'a, 'i> {
    document: &'a Document<'i>,
    tables: &'static InvoiceTables,
    patience: &'a Patience,
    /// Elements whose text is shown, or need not be, by their number.
    seen: Vec<bool>,
    /// Elements that are left out with everything in them, by their number.
    skipped: HashSet<u32>,
    currency: Option<String>,
    text_left: usize,
    facts_left: usize,
    is_cut: bool,
}

impl<'a, 'i> InvoiceReading<'a, 'i> {
    pub(super) fn new(
        document: &'a Document<'i>,
        tables: &'static InvoiceTables,
        patience: &'a Patience,
    ) -> Self {
        Self {
            document,
            tables,
            patience,
            seen: vec![false; document.descendants().len()],
            skipped: HashSet::new(),
            currency: None,
            text_left: TEXT,
            facts_left: FACTS,
            is_cut: false,
        }
    }

    /// Whether a text was cut, or something left out.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The elements at a place.
    pub(super) fn at(&mut self, from: Node<'a, 'i>, path: &str) -> Vec<Node<'a, 'i>> {
        let seen = &mut self.seen;
        places(from, path, self.tables.known, &mut |node| see(seen, node))
    }

    /// The text at a place, the first of several.
    pub(super) fn said(&mut self, from: Node<'a, 'i>, path: &str) -> Option<String> {
        let place = places(from, path, self.tables.known, &mut |_| {}).into_iter().next()?;
        Some(plain(&text_of(place, NAME).0, NAME).0)
    }

    /// Amounts without a currency of their own are in this one.
    pub(super) fn is_in(&mut self, currency: Option<String>) {
        self.currency = currency;
    }

    /// What is in an element is not this page's.
    pub(super) fn skip(&mut self, node: Node<'a, 'i>) {
        self.skipped.insert(node.id().get());
    }

    /// A group of what the parts say of an element.
    pub(super) fn group(
        &mut self,
        node: Node<'a, 'i>,
        heading: InvoiceTerm,
        parts: &'static [InvoicePart],
    ) -> Result<InvoiceGroup, TimeUsedUp> {
        let (facts, groups) = (Vec::new(), Vec::new());
        let mut group = InvoiceGroup { heading, facts, groups, omitted: 0 };
        self.fill(&mut group, node, parts)?;
        Ok(group)
    }

    /// Adds what the parts say of an element to a group.
    pub(super) fn fill(
        &mut self,
        group: &mut InvoiceGroup,
        node: Node<'a, 'i>,
        parts: &'static [InvoicePart],
    ) -> Result<(), TimeUsedUp> {
        self.patience.check()?;
        for part in parts {
            match *part {
                InvoicePart::Fact(word, number, form, path) => {
                    self.facts(group, node, InvoiceTerm { word, number }, (form, path));
                }
                InvoicePart::Group(word, number, path, parts) => {
                    for (count, place) in self.at(node, path).into_iter().enumerate() {
                        if count >= REPEATED || self.facts_left == 0 {
                            self.leave_out(group, place);
                            continue;
                        }
                        let inner = self.group(place, InvoiceTerm { word, number }, parts)?;
                        if !inner.facts.is_empty() || !inner.groups.is_empty() {
                            group.groups.push(inner);
                        }
                    }
                }
                InvoicePart::Within(path, parts) => {
                    for (count, place) in self.at(node, path).into_iter().enumerate() {
                        if count < REPEATED && self.facts_left > 0 {
                            self.fill(group, place, parts)?;
                        } else {
                            self.leave_out(group, place);
                        }
                    }
                }
                InvoicePart::Silent(path) => {
                    for place in self.at(node, path) {
                        self.skip(place);
                    }
                }
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, group: &mut InvoiceGroup, place: Node<'a, 'i>) {
        group.omitted += 1;
        self.is_cut = true;
        self.skip(place);
    }

    fn facts(
        &mut self,
        group: &mut InvoiceGroup,
        node: Node<'a, 'i>,
        term: InvoiceTerm,
        (form, path): (InvoiceForm, &str),
    ) {
        if path.contains('+') {
            let parts: Vec<String> = path
                .split('+')
                .filter_map(|path| {
                    let place = self.at(node, path).into_iter().next()?;
                    Some(self.text(place)).filter(|text| !text.is_empty())
                })
                .collect();
            // of a number that its country precedes
            let between = if term.word == InvoiceWord::VatIdentifier { "" } else { " " };
            let text = parts.join(between);
            if !text.is_empty() && self.facts_left > 0 {
                self.facts_left -= 1;
                group.facts.push(InvoiceFact { term, value: InvoiceValue::Text(text) });
            }
            return;
        }
        for (count, place) in self.at(node, path).into_iter().enumerate() {
            if count >= REPEATED || self.facts_left == 0 {
                self.leave_out(group, place);
                continue;
            }
            let Some(value) = self.value(node, place, form) else { continue };
            let of_accounting = matches!(&value, InvoiceValue::Amount { currency, .. }
                if currency.is_some() && self.currency.is_some() && *currency != self.currency);
            let term = if term.word == InvoiceWord::VatTotal && of_accounting {
                InvoiceTerm { word: InvoiceWord::VatTotalAccounting, number: "BT-111" }
            } else {
                term
            };
            self.facts_left -= 1;
            group.facts.push(InvoiceFact { term, value });
        }
    }

    fn value(
        &mut self,
        group: Node<'a, 'i>,
        place: Node<'a, 'i>,
        form: InvoiceForm,
    ) -> Option<InvoiceValue> {
        if let InvoiceForm::File = form {
            see(&mut self.seen, place);
            let name = self.attribute(place, &["filename"]).unwrap_or_default();
            let media_type = self.attribute(place, &["mimeCode"]);
            return Some(InvoiceValue::File { name, media_type });
        }
        let text = self.text(place);
        if text.is_empty() {
            return None;
        }
        Some(match form {
            InvoiceForm::Text | InvoiceForm::File => InvoiceValue::Text(text),
            InvoiceForm::Identifier => {
                let scheme = self.attribute(place, &["schemeID", "listID"]);
                InvoiceValue::Identifier { text, scheme }
            }
            InvoiceForm::Code(codes) => {
                let meaning = codes.meaning(&text);
                InvoiceValue::Code { text, meaning }
            }
            InvoiceForm::Date => InvoiceValue::Date(dated(text)),
            InvoiceForm::Number => InvoiceValue::Number(text),
            InvoiceForm::Percentage => InvoiceValue::Percentage(text),
            InvoiceForm::Amount => {
                let currency = self.attribute(place, &["currencyID"]);
                let currency = currency.or_else(|| self.currency.clone());
                InvoiceValue::Amount { number: text, currency }
            }
            InvoiceForm::Quantity => {
                let unit = self.attribute(place, &["unitCode"]);
                let meaning = unit.as_deref().and_then(|unit| InvoiceCodes::Units.meaning(unit));
                InvoiceValue::Quantity { number: text, unit, meaning }
            }
            InvoiceForm::QuantityIn(path) => {
                let unit = self.at(group, path).into_iter().next().map(|unit| self.text(unit));
                InvoiceValue::Quantity { number: text, unit, meaning: None }
            }
        })
    }

    /// The text of an element, which is seen then.
    fn text(&mut self, place: Node<'a, 'i>) -> String {
        see(&mut self.seen, place);
        // no character takes more octets
        let (whole, goes_on) = text_of(place, 4 * VALUE + 4);
        self.is_cut |= goes_on;
        self.within(&whole)
    }

    fn attribute(&mut self, place: Node<'a, 'i>, names: &[&str]) -> Option<String> {
        let value = names.iter().find_map(|name| place.attribute(*name))?;
        Some(self.within(value)).filter(|text| !text.is_empty())
    }

    fn within(&mut self, text: &str) -> String {
        let (text, is_cut) = plain(text, VALUE.min(self.text_left));
        self.is_cut |= is_cut;
        self.text_left = self.text_left.saturating_sub(text.chars().count());
        text
    }

    /// Names of elements with a text that is not shown, each once, and how many elements there are.
    pub(super) fn unread(&self) -> Result<(Vec<String>, usize), TimeUsedUp> {
        const ASK: usize = 1 << 14;
        let (mut names, mut count, mut skipped_until) = (Vec::new(), 0, 0);
        for (number, node) in self.document.root_element().descendants().enumerate() {
            if number % ASK == 0 {
                self.patience.check()?;
            }
            let id = node.id().get();
            if id < skipped_until || !node.is_element() {
                continue;
            }
            let is_signature = node.tag_name().namespace() == Some(DS_NAMESPACE)
                && node.tag_name().name() == "Signature";
            if is_signature || self.skipped.contains(&id) {
                let length = u32::try_from(node.descendants().len()).unwrap_or(u32::MAX);
                skipped_until = id.saturating_add(length);
                continue;
            }
            let says = |child: Node<'_, '_>| {
                child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty())
            };
            if self.has_seen(node) || !node.children().any(says) {
                continue;
            }
            count += 1;
            let name = plain(node.tag_name().name(), NAME).0;
            if names.len() < NAMES && !names.contains(&name) {
                names.push(name);
            }
        }
        Ok((names, count))
    }

    fn has_seen(&self, node: Node<'a, 'i>) -> bool {
        self.seen.get(index(node)).is_some_and(|seen| *seen)
    }
}

fn see(seen: &mut [bool], node: Node<'_, '_>) {
    if let Some(seen) = seen.get_mut(index(node)) {
        *seen = true;
    }
}

fn index(node: Node<'_, '_>) -> usize {
    usize::try_from(node.id().get()).unwrap_or(usize::MAX)
}

/// A date of CII (`20261201`, format 102) as others write it.
fn dated(text: String) -> String {
    if text.len() == 8
        && text.bytes().all(|digit| digit.is_ascii_digit())
        && let (Some(year), Some(month), Some(day)) = (text.get(..4), text.get(4..6), text.get(6..))
    {
        return format!("{year}-{month}-{day}");
    }
    text
}
