//! UBL 2.1, Invoice and CreditNote (EN 16931-3-2).

use super::table::{InvoiceForm as F, InvoicePart, InvoiceTables};
use crate::domain::invoice::{InvoiceCodes as C, InvoiceWord as W};
use InvoicePart::{Fact, Group, Silent};

/// Namespaces of the documents.
pub(super) const INVOICE: &str = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2";
pub(super) const CREDIT_NOTE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";

fn known(namespace: Option<&str>) -> bool {
    const COMPONENTS: [&str; 2] = [
        "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
        "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    ];
    namespace.is_some_and(|namespace| COMPONENTS.contains(&namespace))
}

pub(super) static TABLES: InvoiceTables = InvoiceTables {
    known,
    common: &[],
    invoices: "",
    invoice: &DOCUMENT,
    lines: "InvoiceLine|CreditNoteLine",
    line: &LINE,
    currency: "DocumentCurrencyCode",
    kind: "InvoiceTypeCode|CreditNoteTypeCode",
};

/// Numbers of the terms of a party, in the order of [`party`]; empty for what a party has none of.
struct PartyTerms {
    name: &'static str,
    trading_name: &'static str,
    identifier: &'static str,
    registration: &'static str,
    vat: &'static str,
    tax: &'static str,
    legal: &'static str,
    electronic: &'static str,
    contact: [&'static str; 3],
    address: [&'static str; 7],
}

/// A party, from its `cac:Party`.
const fn party(terms: &PartyTerms) -> [InvoicePart; 20] {
    let [contact, telephone, email] = terms.contact;
    let [street, more, third, city, code, subdivision, country] = terms.address;
    [
        Fact(W::Name, terms.name, F::Text, "PartyLegalEntity/RegistrationName"),
        Fact(W::TradingName, terms.trading_name, F::Text, "PartyName/Name"),
        Fact(W::Name, "", F::Text, "Person/FirstName+Person/FamilyName"),
        Fact(W::Identifier, terms.identifier, F::Identifier, "PartyIdentification/ID"),
        Fact(W::LegalRegistration, terms.registration, F::Identifier, "PartyLegalEntity/CompanyID"),
        Fact(
            W::VatIdentifier,
            terms.vat,
            F::Identifier,
            "PartyTaxScheme[TaxScheme/ID=VAT,vat]/CompanyID",
        ),
        Fact(
            W::TaxRegistration,
            terms.tax,
            F::Identifier,
            "PartyTaxScheme[TaxScheme/ID!=VAT,vat]/CompanyID",
        ),
        Silent("PartyTaxScheme/TaxScheme/ID"),
        Fact(W::LegalInformation, terms.legal, F::Text, "PartyLegalEntity/CompanyLegalForm"),
        Fact(W::ElectronicAddress, terms.electronic, F::Identifier, "EndpointID"),
        Fact(W::Address, street, F::Text, "PostalAddress/StreetName+PostalAddress/BuildingNumber"),
        Fact(W::AddressMore, more, F::Text, "PostalAddress/AdditionalStreetName"),
        Fact(W::AddressMore, third, F::Text, "PostalAddress/AddressLine/Line"),
        Fact(W::PostCode, code, F::Text, "PostalAddress/PostalZone"),
        Fact(W::City, city, F::Text, "PostalAddress/CityName"),
        Fact(W::Subdivision, subdivision, F::Text, "PostalAddress/CountrySubentity"),
        Fact(W::Country, country, F::Text, "PostalAddress/Country/IdentificationCode"),
        Fact(W::ContactName, contact, F::Text, "Contact/Name"),
        Fact(W::Telephone, telephone, F::Text, "Contact/Telephone"),
        Fact(W::Email, email, F::Text, "Contact/ElectronicMail"),
    ]
}

static SELLER: [InvoicePart; 20] = party(&PartyTerms {
    name: "BT-27",
    trading_name: "BT-28",
    identifier: "BT-29",
    registration: "BT-30",
    vat: "BT-31",
    tax: "BT-32",
    legal: "BT-33",
    electronic: "BT-34",
    contact: ["BT-41", "BT-42", "BT-43"],
    address: ["BT-35", "BT-36", "BT-162", "BT-37", "BT-38", "BT-39", "BT-40"],
});

static BUYER: [InvoicePart; 20] = party(&PartyTerms {
    name: "BT-44",
    trading_name: "BT-45",
    identifier: "BT-46",
    registration: "BT-47",
    vat: "BT-48",
    tax: "",
    legal: "",
    electronic: "BT-49",
    contact: ["BT-56", "BT-57", "BT-58"],
    address: ["BT-50", "BT-51", "BT-163", "BT-52", "BT-53", "BT-54", "BT-55"],
});

static PAYEE: [InvoicePart; 20] = party(&PartyTerms {
    name: "",
    trading_name: "BT-59",
    identifier: "BT-60",
    registration: "BT-61",
    vat: "",
    tax: "",
    legal: "",
    electronic: "",
    contact: [""; 3],
    address: [""; 7],
});

static REPRESENTATIVE: [InvoicePart; 20] = party(&PartyTerms {
    name: "",
    trading_name: "BT-62",
    identifier: "",
    registration: "",
    vat: "BT-63",
    tax: "",
    legal: "",
    electronic: "",
    contact: [""; 3],
    address: ["BT-64", "BT-65", "BT-164", "BT-66", "BT-67", "BT-68", "BT-69"],
});

static DOCUMENT: [InvoicePart; 35] = [
    Fact(W::InvoiceNumber, "BT-1", F::Text, "ID"),
    Fact(W::IssueDate, "BT-2", F::Date, "IssueDate"),
    Fact(W::TypeCode, "BT-3", F::Code(C::Types), "InvoiceTypeCode|CreditNoteTypeCode"),
    Fact(W::Currency, "BT-5", F::Text, "DocumentCurrencyCode"),
    Fact(W::VatCurrency, "BT-6", F::Text, "TaxCurrencyCode"),
    Fact(W::TaxPointDate, "BT-7", F::Date, "TaxPointDate"),
    Fact(W::TaxPointCode, "BT-8", F::Text, "InvoicePeriod/DescriptionCode"),
    Fact(W::DueDate, "BT-9", F::Date, "DueDate"),
    Fact(W::BuyerReference, "BT-10", F::Text, "BuyerReference"),
    Fact(W::AccountingReference, "BT-19", F::Text, "AccountingCost"),
    Group(W::Seller, "BG-4", "AccountingSupplierParty/Party", &SELLER),
    Group(W::Buyer, "BG-7", "AccountingCustomerParty/Party", &BUYER),
    Group(W::Payee, "BG-10", "PayeeParty", &PAYEE),
    Group(W::TaxRepresentative, "BG-11", "TaxRepresentativeParty", &REPRESENTATIVE),
    Group(W::References, "", "", &REFERENCES),
    Group(
        W::PrecedingInvoice,
        "BG-3",
        "BillingReference/InvoiceDocumentReference",
        &[
            Fact(W::InvoiceNumber, "BT-25", F::Text, "ID"),
            Fact(W::IssueDate, "BT-26", F::Date, "IssueDate"),
        ],
    ),
    Group(
        W::PrecedingInvoice,
        "BG-3",
        "BillingReference/CreditNoteDocumentReference",
        &[
            Fact(W::InvoiceNumber, "BT-25", F::Text, "ID"),
            Fact(W::IssueDate, "BT-26", F::Date, "IssueDate"),
        ],
    ),
    Group(W::Notes, "BG-1", "Note", &[Fact(W::Note, "BT-22", F::Text, "")]),
    Group(W::Delivery, "BG-13", "Delivery", &DELIVERY),
    Group(W::Period, "BG-14", "InvoicePeriod", &PERIOD),
    Group(W::Payment, "BG-16", "PaymentMeans", &PAYMENT),
    Group(W::Payment, "BG-16", "PaymentTerms", &[Fact(W::PaymentTerms, "BT-20", F::Text, "Note")]),
    Group(W::Allowance, "BG-20", "AllowanceCharge[ChargeIndicator=false,0]", &ALLOWANCE),
    Group(W::Charge, "BG-21", "AllowanceCharge[ChargeIndicator=true,1]", &CHARGE),
    Group(W::Totals, "BG-22", "LegalMonetaryTotal", &TOTALS),
    Group(W::Totals, "BG-22", "TaxTotal", &[Fact(W::VatTotal, "BT-110", F::Amount, "TaxAmount")]),
    Group(W::VatBreakdown, "BG-23", "TaxTotal/TaxSubtotal", &BREAKDOWN),
    Group(
        W::Withholding,
        "",
        "WithholdingTaxTotal",
        &[Fact(W::TaxAmount, "", F::Amount, "TaxAmount")],
    ),
    Group(
        W::SupportingDocument,
        "BG-24",
        "AdditionalDocumentReference[DocumentTypeCode!=50,130]",
        &SUPPORTING,
    ),
    Group(
        W::Process,
        "BG-2",
        "",
        &[
            Fact(W::BusinessProcess, "BT-23", F::Text, "ProfileID"),
            Fact(W::Specification, "BT-24", F::Text, "CustomizationID"),
        ],
    ),
    Silent("UBLVersionID"),
    Silent("AllowanceCharge/ChargeIndicator"),
    Silent("AllowanceCharge/TaxCategory/TaxScheme/ID"),
    Silent("TaxTotal/TaxSubtotal/TaxCategory/TaxScheme/ID"),
    Silent("Signature"),
];

static REFERENCES: [InvoicePart; 9] = [
    Fact(W::ProjectReference, "BT-11", F::Text, "ProjectReference/ID"),
    Fact(W::ContractReference, "BT-12", F::Text, "ContractDocumentReference/ID"),
    Fact(W::OrderReference, "BT-13", F::Text, "OrderReference/ID"),
    Fact(W::SalesOrderReference, "BT-14", F::Text, "OrderReference/SalesOrderID"),
    Fact(W::ReceivingAdvice, "BT-15", F::Text, "ReceiptDocumentReference/ID"),
    Fact(W::DespatchAdvice, "BT-16", F::Text, "DespatchDocumentReference/ID"),
    Fact(W::TenderReference, "BT-17", F::Text, "OriginatorDocumentReference/ID"),
    Fact(
        W::ProjectReference,
        "BT-11",
        F::Text,
        "AdditionalDocumentReference[DocumentTypeCode=50]/ID",
    ),
    Fact(
        W::InvoicedObject,
        "BT-18",
        F::Identifier,
        "AdditionalDocumentReference[DocumentTypeCode=130]/ID",
    ),
];

static DELIVERY: [InvoicePart; 10] = [
    Fact(W::Name, "BT-70", F::Text, "DeliveryParty/PartyName/Name"),
    Fact(W::Identifier, "BT-71", F::Identifier, "DeliveryLocation/ID"),
    Fact(W::DeliveryDate, "BT-72", F::Date, "ActualDeliveryDate"),
    Fact(
        W::Address,
        "BT-75",
        F::Text,
        "DeliveryLocation/Address/StreetName+DeliveryLocation/Address/BuildingNumber",
    ),
    Fact(W::AddressMore, "BT-76", F::Text, "DeliveryLocation/Address/AdditionalStreetName"),
    Fact(W::AddressMore, "BT-165", F::Text, "DeliveryLocation/Address/AddressLine/Line"),
    Fact(W::PostCode, "BT-78", F::Text, "DeliveryLocation/Address/PostalZone"),
    Fact(W::City, "BT-77", F::Text, "DeliveryLocation/Address/CityName"),
    Fact(W::Subdivision, "BT-79", F::Text, "DeliveryLocation/Address/CountrySubentity"),
    Fact(W::Country, "BT-80", F::Text, "DeliveryLocation/Address/Country/IdentificationCode"),
];

static PERIOD: [InvoicePart; 2] = [
    Fact(W::PeriodStart, "BT-73", F::Date, "StartDate"),
    Fact(W::PeriodEnd, "BT-74", F::Date, "EndDate"),
];

static PAYMENT: [InvoicePart; 11] = [
    Fact(W::PaymentMeans, "BT-81", F::Code(C::PaymentMeans), "PaymentMeansCode"),
    Fact(W::PaymentMeansText, "BT-82", F::Text, "InstructionNote"),
    Fact(W::DueDate, "BT-9", F::Date, "PaymentDueDate"),
    Fact(W::Remittance, "BT-83", F::Text, "PaymentID"),
    Fact(W::Account, "BT-84", F::Text, "PayeeFinancialAccount/ID"),
    Fact(W::AccountName, "BT-85", F::Text, "PayeeFinancialAccount/Name"),
    Fact(W::Bank, "BT-86", F::Text, "PayeeFinancialAccount/FinancialInstitutionBranch/ID"),
    Fact(W::CardNumber, "BT-87", F::Text, "CardAccount/PrimaryAccountNumberID"),
    Fact(W::CardHolder, "BT-88", F::Text, "CardAccount/HolderName"),
    Fact(W::Mandate, "BT-89", F::Text, "PaymentMandate/ID"),
    Fact(W::DebitedAccount, "BT-91", F::Text, "PaymentMandate/PayerFinancialAccount/ID"),
];

/// Numbers: amount, base, percentage, category, rate, reason and code of the reason.
const fn allowance(terms: [&'static str; 7]) -> [InvoicePart; 9] {
    let [amount, base, percentage, category, rate, reason, code] = terms;
    [
        Fact(W::Reason, reason, F::Text, "AllowanceChargeReason"),
        Fact(W::ReasonCode, code, F::Text, "AllowanceChargeReasonCode"),
        Fact(W::Amount, amount, F::Amount, "Amount"),
        Fact(W::BaseAmount, base, F::Amount, "BaseAmount"),
        Fact(W::Percentage, percentage, F::Percentage, "MultiplierFactorNumeric"),
        Fact(W::VatCategory, category, F::Code(C::VatCategories), "TaxCategory/ID"),
        Fact(W::VatRate, rate, F::Percentage, "TaxCategory/Percent"),
        Silent("ChargeIndicator"),
        Silent("TaxCategory/TaxScheme/ID"),
    ]
}

static ALLOWANCE: [InvoicePart; 9] =
    allowance(["BT-92", "BT-93", "BT-94", "BT-95", "BT-96", "BT-97", "BT-98"]);
static CHARGE: [InvoicePart; 9] =
    allowance(["BT-99", "BT-100", "BT-101", "BT-102", "BT-103", "BT-104", "BT-105"]);
static LINE_ALLOWANCE: [InvoicePart; 9] =
    allowance(["BT-136", "BT-137", "BT-138", "", "", "BT-139", "BT-140"]);
static LINE_CHARGE: [InvoicePart; 9] =
    allowance(["BT-141", "BT-142", "BT-143", "", "", "BT-144", "BT-145"]);

static TOTALS: [InvoicePart; 8] = [
    Fact(W::LinesTotal, "BT-106", F::Amount, "LineExtensionAmount"),
    Fact(W::AllowancesTotal, "BT-107", F::Amount, "AllowanceTotalAmount"),
    Fact(W::ChargesTotal, "BT-108", F::Amount, "ChargeTotalAmount"),
    Fact(W::TotalWithoutVat, "BT-109", F::Amount, "TaxExclusiveAmount"),
    Fact(W::TotalWithVat, "BT-112", F::Amount, "TaxInclusiveAmount"),
    Fact(W::PaidAmount, "BT-113", F::Amount, "PrepaidAmount"),
    Fact(W::RoundingAmount, "BT-114", F::Amount, "PayableRoundingAmount"),
    Fact(W::AmountDue, "BT-115", F::Amount, "PayableAmount"),
];

static BREAKDOWN: [InvoicePart; 7] = [
    Fact(W::VatCategory, "BT-118", F::Code(C::VatCategories), "TaxCategory/ID"),
    Fact(W::VatRate, "BT-119", F::Percentage, "TaxCategory/Percent"),
    Fact(W::TaxableAmount, "BT-116", F::Amount, "TaxableAmount"),
    Fact(W::TaxAmount, "BT-117", F::Amount, "TaxAmount"),
    Fact(W::ExemptionReason, "BT-120", F::Text, "TaxCategory/TaxExemptionReason"),
    Fact(W::ExemptionCode, "BT-121", F::Text, "TaxCategory/TaxExemptionReasonCode"),
    Silent("TaxCategory/TaxScheme/ID"),
];

static SUPPORTING: [InvoicePart; 5] = [
    Fact(W::DocumentReference, "BT-122", F::Identifier, "ID"),
    Fact(W::Description, "BT-123", F::Text, "DocumentDescription"),
    Fact(W::Description, "BT-123", F::Text, "DocumentType"),
    Fact(W::ExternalLocation, "BT-124", F::Text, "Attachment/ExternalReference/URI"),
    Fact(W::AttachedFile, "BT-125", F::File, "Attachment/EmbeddedDocumentBinaryObject"),
];

static LINE: [InvoicePart; 28] = [
    Fact(W::LineNumber, "BT-126", F::Text, "ID"),
    Fact(W::ItemName, "BT-153", F::Text, "Item/Name"),
    Fact(W::Quantity, "BT-129", F::Quantity, "InvoicedQuantity|CreditedQuantity"),
    Fact(W::NetPrice, "BT-146", F::Amount, "Price/PriceAmount"),
    Fact(W::VatCategory, "BT-151", F::Code(C::VatCategories), "Item/ClassifiedTaxCategory/ID"),
    Fact(W::VatRate, "BT-152", F::Percentage, "Item/ClassifiedTaxCategory/Percent"),
    Fact(W::LineAmount, "BT-131", F::Amount, "LineExtensionAmount"),
    Fact(W::Description, "BT-154", F::Text, "Item/Description"),
    Fact(W::Note, "BT-127", F::Text, "Note"),
    Fact(W::SellerItem, "BT-155", F::Text, "Item/SellersItemIdentification/ID"),
    Fact(W::BuyerItem, "BT-156", F::Text, "Item/BuyersItemIdentification/ID"),
    Fact(W::StandardItem, "BT-157", F::Identifier, "Item/StandardItemIdentification/ID"),
    Fact(
        W::Classification,
        "BT-158",
        F::Identifier,
        "Item/CommodityClassification/ItemClassificationCode",
    ),
    Fact(W::OriginCountry, "BT-159", F::Text, "Item/OriginCountry/IdentificationCode"),
    Fact(W::InvoicedObject, "BT-128", F::Identifier, "DocumentReference/ID"),
    Fact(W::OrderLine, "BT-132", F::Text, "OrderLineReference/LineID"),
    Fact(W::AccountingReference, "BT-133", F::Text, "AccountingCost"),
    Fact(W::PriceBase, "BT-149", F::Quantity, "Price/BaseQuantity"),
    Fact(W::GrossPrice, "BT-148", F::Amount, "Price/AllowanceCharge/BaseAmount"),
    Fact(W::PriceDiscount, "BT-147", F::Amount, "Price/AllowanceCharge/Amount"),
    Group(
        W::Period,
        "BG-26",
        "InvoicePeriod",
        &[
            Fact(W::PeriodStart, "BT-134", F::Date, "StartDate"),
            Fact(W::PeriodEnd, "BT-135", F::Date, "EndDate"),
        ],
    ),
    Group(W::Allowance, "BG-27", "AllowanceCharge[ChargeIndicator=false,0]", &LINE_ALLOWANCE),
    Group(W::Charge, "BG-28", "AllowanceCharge[ChargeIndicator=true,1]", &LINE_CHARGE),
    Group(
        W::ItemAttribute,
        "BG-32",
        "Item/AdditionalItemProperty",
        &[
            Fact(W::AttributeName, "BT-160", F::Text, "Name"),
            Fact(W::AttributeValue, "BT-161", F::Text, "Value"),
        ],
    ),
    Silent("Item/ClassifiedTaxCategory/TaxScheme/ID"),
    Silent("Price/AllowanceCharge/ChargeIndicator"),
    Silent("DocumentReference/DocumentTypeCode"),
    Silent("TaxTotal/TaxSubtotal/TaxCategory/TaxScheme/ID"),
];
