//! What an invoice says, in the terms of EN 16931-1, whatever syntax it is written in. Nothing of it is computed,
//! completed or corrected: these are the words of the document.

/// A syntax of invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceSyntax {
    /// OASIS UBL, `Invoice` and `CreditNote`.
    Ubl,
    /// UN/CEFACT Cross Industry Invoice, ZUGFeRD 1 too.
    Cii,
    /// FatturaPA, ordinary.
    FatturaPa,
    /// FatturaPA, simplified.
    FatturaPaSimplified,
}

impl InvoiceSyntax {
    /// How people call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ubl => "UBL",
            Self::Cii => "UN/CEFACT CII",
            Self::FatturaPa => "FatturaPA",
            Self::FatturaPaSimplified => "FatturaPA (semplificata)",
        }
    }
}

/// One invoice of a file, as far as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    pub syntax: InvoiceSyntax,
    /// What it is called in the file that holds it; `None` when it is the file.
    pub file: Option<String>,
    /// Which invoice of the file it is, from 1, and how many there are: a FatturaPA may be a lot of them.
    pub number: usize,
    pub count: usize,
    /// Whether the document calls itself a credit note.
    pub is_credit_note: bool,
    /// The invoice as a whole, without its lines.
    pub whole: InvoiceGroup,
    /// Some of its lines; the first of them is this one, from 1, of so many.
    pub lines: Vec<InvoiceGroup>,
    pub first_line: usize,
    pub line_count: usize,
    /// Names of elements whose text is not shown, each once, and how many such elements there are.
    pub unread: Vec<String>,
    pub unread_count: usize,
    /// Whether a text is longer than what is shown of it, or there are more of something.
    pub is_cut: bool,
}

/// What stands together: the invoice, a party, a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceGroup {
    pub heading: InvoiceTerm,
    pub facts: Vec<InvoiceFact>,
    pub groups: Vec<InvoiceGroup>,
    /// Groups and facts that are in the document and not here.
    pub omitted: usize,
}

/// One term and what the document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceFact {
    pub term: InvoiceTerm,
    pub value: InvoiceValue,
}

/// A term or group of EN 16931-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoiceTerm {
    /// What it is called.
    pub word: InvoiceWord,
    /// Its number, as `BT-1`; empty for what the standard does not know.
    pub number: &'static str,
}

/// A value as the document writes it. Its characters are harmless: controls are spelled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvoiceValue {
    Text(String),
    /// With the scheme that it is from, where that is said.
    Identifier {
        text: String,
        scheme: Option<String>,
    },
    /// With what it means, where that is known.
    Code {
        text: String,
        meaning: Option<InvoiceWord>,
    },
    /// `2026-12-01`, unless the document has something else.
    Date(String),
    Number(String),
    Percentage(String),
    Amount {
        number: String,
        currency: Option<String>,
    },
    Quantity {
        number: String,
        unit: Option<String>,
        meaning: Option<InvoiceWord>,
    },
    /// A file inside the document, by its name; what is in it is never shown.
    File {
        name: String,
        media_type: Option<String>,
    },
}

/// Code lists whose commonest codes are told in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceCodes {
    /// Kinds of documents: UNTDID 1001 and those of FatturaPA.
    Types,
    /// Categories of VAT: UNCL 5305 and `Natura` of FatturaPA.
    VatCategories,
    /// Means of payment: UNCL 4461 and those of FatturaPA.
    PaymentMeans,
    /// Units: UN/ECE recommendations 20 and 21.
    Units,
}

impl InvoiceCodes {
    /// What a code means; `None` for what is shown as a code alone.
    #[must_use]
    pub fn meaning(self, code: &str) -> Option<InvoiceWord> {
        use InvoiceWord as W;
        let meaning = match self {
            Self::Types => match code {
                "380" | "82" | "80" | "TD01" | "TD24" | "TD25" => W::CommercialInvoice,
                "381" | "396" | "TD04" | "TD08" => W::CreditNote,
                "383" | "TD05" | "TD09" => W::DebitNote,
                "384" => W::CorrectedInvoice,
                "386" | "TD02" => W::PrepaymentInvoice,
                "389" => W::SelfBilledInvoice,
                "326" => W::PartialInvoice,
                "875" | "876" | "877" => W::ConstructionInvoice,
                "TD06" => W::FeeNote,
                "TD07" => W::SimplifiedInvoice,
                _ => return None,
            },
            Self::VatCategories => match code {
                "S" => W::StandardRate,
                "Z" => W::ZeroRate,
                "E" | "N4" => W::ExemptFromVat,
                "AE" | "N6" => W::ReverseCharge,
                "K" | "N3.2" => W::IntraCommunity,
                "G" | "N3.1" => W::Export,
                "O" | "N1" | "N2" | "N2.1" | "N2.2" => W::OutsideVat,
                "L" => W::CanaryIslands,
                "M" => W::CeutaMelilla,
                _ if code.starts_with("N6.") => W::ReverseCharge,
                _ => return None,
            },
            Self::PaymentMeans => match code {
                "10" | "MP01" => W::Cash,
                "20" | "MP02" => W::Cheque,
                "30" | "31" | "42" | "MP05" => W::CreditTransfer,
                "48" | "54" | "55" | "MP08" => W::Card,
                "49" | "MP16" | "MP17" => W::DirectDebit,
                "57" => W::StandingAgreement,
                "58" => W::SepaTransfer,
                "59" | "MP19" | "MP20" | "MP21" => W::SepaDebit,
                "97" => W::Clearing,
                _ => return None,
            },
            Self::Units => match code {
                "C62" | "H87" | "EA" | "NAR" | "XPP" => W::Piece,
                "HUR" => W::Hour,
                "DAY" => W::Day,
                "WEE" => W::Week,
                "MON" => W::Month,
                "ANN" => W::Year,
                "MIN" => W::Minute,
                "KGM" => W::Kilogram,
                "GRM" => W::Gram,
                "TNE" => W::Tonne,
                "LTR" => W::Litre,
                "MTR" => W::Metre,
                "KMT" | "KTM" => W::Kilometre,
                "MTK" => W::SquareMetre,
                "MTQ" => W::CubicMetre,
                "KWH" => W::KilowattHour,
                "LS" => W::LumpSum,
                "SET" => W::Set,
                _ => return None,
            },
        };
        Some(meaning)
    }
}

/// What is said of an invoice in the reader's language: terms, groups, and what codes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvoiceWord {
    // groups
    Invoice,
    Notes,
    Process,
    References,
    PrecedingInvoice,
    Seller,
    Buyer,
    Payee,
    TaxRepresentative,
    Intermediary,
    Delivery,
    Period,
    Payment,
    Allowance,
    Charge,
    Totals,
    VatBreakdown,
    SupportingDocument,
    Line,
    ItemAttribute,
    Withholding,
    SocialFund,
    StampDuty,
    // the document
    InvoiceNumber,
    IssueDate,
    TypeCode,
    Currency,
    VatCurrency,
    TaxPointDate,
    TaxPointCode,
    DueDate,
    BuyerReference,
    ProjectReference,
    ContractReference,
    OrderReference,
    SalesOrderReference,
    ReceivingAdvice,
    DespatchAdvice,
    TenderReference,
    InvoicedObject,
    AccountingReference,
    PaymentTerms,
    NoteSubject,
    Note,
    BusinessProcess,
    Specification,
    TransmissionNumber,
    // parties
    Name,
    TradingName,
    Identifier,
    LegalRegistration,
    VatIdentifier,
    TaxRegistration,
    TaxRegime,
    LegalInformation,
    ElectronicAddress,
    Address,
    AddressMore,
    City,
    PostCode,
    Subdivision,
    Country,
    ContactName,
    Telephone,
    Email,
    // delivery and period
    DeliveryDate,
    PeriodStart,
    PeriodEnd,
    // payment
    PaymentMeans,
    PaymentMeansText,
    Remittance,
    Account,
    AccountName,
    Bank,
    CardNumber,
    CardHolder,
    Mandate,
    CreditorIdentifier,
    DebitedAccount,
    PaymentAmount,
    PaymentDate,
    // amounts
    Amount,
    BaseAmount,
    Percentage,
    Reason,
    ReasonCode,
    LinesTotal,
    AllowancesTotal,
    ChargesTotal,
    TotalWithoutVat,
    VatTotal,
    VatTotalAccounting,
    TotalWithVat,
    PaidAmount,
    RoundingAmount,
    AmountDue,
    VatCategory,
    VatRate,
    TaxableAmount,
    TaxAmount,
    ExemptionReason,
    ExemptionCode,
    // supporting documents
    DocumentReference,
    Description,
    ExternalLocation,
    AttachedFile,
    Date,
    // lines
    LineNumber,
    Quantity,
    LineAmount,
    OrderLine,
    NetPrice,
    PriceDiscount,
    GrossPrice,
    PriceBase,
    ItemName,
    SellerItem,
    BuyerItem,
    StandardItem,
    Classification,
    OriginCountry,
    AttributeName,
    AttributeValue,
    // kinds of documents
    CommercialInvoice,
    CreditNote,
    DebitNote,
    CorrectedInvoice,
    PrepaymentInvoice,
    SelfBilledInvoice,
    PartialInvoice,
    ConstructionInvoice,
    FeeNote,
    SimplifiedInvoice,
    // categories of VAT
    StandardRate,
    ZeroRate,
    ExemptFromVat,
    ReverseCharge,
    IntraCommunity,
    Export,
    OutsideVat,
    CanaryIslands,
    CeutaMelilla,
    // means of payment
    Cash,
    Cheque,
    CreditTransfer,
    Card,
    DirectDebit,
    StandingAgreement,
    SepaTransfer,
    SepaDebit,
    Clearing,
    // units
    Piece,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Minute,
    Kilogram,
    Gram,
    Tonne,
    Litre,
    Metre,
    Kilometre,
    SquareMetre,
    CubicMetre,
    KilowattHour,
    LumpSum,
    Set,
}
