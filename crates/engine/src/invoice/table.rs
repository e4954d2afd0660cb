//! What a table of a syntax says: which term stands where, and how it is read.

use crate::domain::invoice::{InvoiceCodes, InvoiceWord};

/// A row of a table. Places are those of [`super::place`], from the element of the group.
#[derive(Clone, Copy)]
pub(super) enum InvoicePart {
    /// A term at every place: its word and number, its form, where it stands. Places that a `+` divides belong
    /// together.
    Fact(InvoiceWord, &'static str, InvoiceForm, &'static str),
    /// A group at every place, with what is in it.
    Group(InvoiceWord, &'static str, &'static str, &'static [Self]),
    /// What is in an element belongs to the group that it is in itself.
    Within(&'static str, &'static [Self]),
    /// What need not be told: it says how something else is read.
    Silent(&'static str),
}

/// How a value is read.
#[derive(Clone, Copy)]
pub(super) enum InvoiceForm {
    Text,
    /// With `schemeID` or `listID`.
    Identifier,
    Code(InvoiceCodes),
    Date,
    Number,
    Percentage,
    /// With `currencyID`, else in the currency of the invoice.
    Amount,
    /// With `unitCode`.
    Quantity,
    /// With a unit that stands beside it.
    QuantityIn(&'static str),
    /// A file inside, by `filename` and `mimeCode`.
    File,
}

/// The tables of a syntax.
pub(super) struct InvoiceTables {
    pub(super) known: super::place::KnownNamespace,
    /// Of the root, before the invoice itself: what is said of all invoices in a lot.
    pub(super) common: &'static [InvoicePart],
    /// Where an invoice stands, from the root; empty when the root is the one invoice.
    pub(super) invoices: &'static str,
    pub(super) invoice: &'static [InvoicePart],
    /// Where the lines of an invoice stand, and what is in one.
    pub(super) lines: &'static str,
    pub(super) line: &'static [InvoicePart],
    /// Where the currency of an invoice stands.
    pub(super) currency: &'static str,
    /// Where its kind stands.
    pub(super) kind: &'static str,
}
