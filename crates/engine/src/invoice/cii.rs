//! UN/CEFACT Cross Industry Invoice D16B (EN 16931-3-3), which Factur-X and ZUGFeRD put into PDF, and ZUGFeRD 1, which
//! calls some of it otherwise.

use super::table::{InvoiceForm as F, InvoicePart, InvoiceTables};
use crate::domain::invoice::{InvoiceCodes as C, InvoiceWord as W};
use InvoicePart::{Fact, Group, Silent, Within};

/// Namespaces of the documents.
pub(super) const INVOICE: &str = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100";
pub(super) const ZUGFERD_1: &str = "urn:ferd:CrossIndustryDocument:invoice:1p0";

fn known(namespace: Option<&str>) -> bool {
    const STANDARD: &str = "urn:un:unece:uncefact:data:standard:";
    namespace.is_some_and(|namespace| namespace.starts_with(STANDARD) || namespace == ZUGFERD_1)
}

pub(super) static TABLES: InvoiceTables = InvoiceTables {
    known,
    common: &[],
    invoices: "",
    invoice: &DOCUMENT,
    lines: "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction/\
            IncludedSupplyChainTradeLineItem",
    line: &LINE,
    currency: "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction/\
               ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement/\
               InvoiceCurrencyCode",
    kind: "ExchangedDocument|HeaderExchangedDocument/TypeCode",
};

const TRANSACTION: &str = "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction";
const AGREEMENT: &str = "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement";
const DELIVERY: &str = "ApplicableHeaderTradeDelivery|ApplicableSupplyChainTradeDelivery";
const SETTLEMENT: &str = "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement";

static DOCUMENT: [InvoicePart; 4] = [
    Within(
        "ExchangedDocument|HeaderExchangedDocument",
        &[
            Fact(W::InvoiceNumber, "BT-1", F::Text, "ID"),
            Fact(W::IssueDate, "BT-2", F::Date, "IssueDateTime/DateTimeString"),
            Fact(W::TypeCode, "BT-3", F::Code(C::Types), "TypeCode"),
            Fact(W::Description, "", F::Text, "Name"),
        ],
    ),
    Within(
        TRANSACTION,
        &[
            Within(
                SETTLEMENT,
                &[
                    Fact(W::Currency, "BT-5", F::Text, "InvoiceCurrencyCode"),
                    Fact(W::VatCurrency, "BT-6", F::Text, "TaxCurrencyCode"),
                    Fact(
                        W::TaxPointDate,
                        "BT-7",
                        F::Date,
                        "ApplicableTradeTax/TaxPointDate/DateString",
                    ),
                    Fact(W::TaxPointCode, "BT-8", F::Text, "ApplicableTradeTax/DueDateTypeCode"),
                    Fact(
                        W::DueDate,
                        "BT-9",
                        F::Date,
                        "SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString",
                    ),
                    Fact(
                        W::AccountingReference,
                        "BT-19",
                        F::Text,
                        "ReceivableSpecifiedTradeAccountingAccount/ID",
                    ),
                ],
            ),
            Within(AGREEMENT, &AGREED),
            Within(DELIVERY, &DELIVERED),
            Within(SETTLEMENT, &SETTLED),
        ],
    ),
    Group(
        W::Notes,
        "BG-1",
        "ExchangedDocument|HeaderExchangedDocument/IncludedNote",
        &[
            Fact(W::NoteSubject, "BT-21", F::Text, "SubjectCode"),
            Fact(W::Note, "BT-22", F::Text, "Content"),
        ],
    ),
    Group(
        W::Process,
        "BG-2",
        "ExchangedDocumentContext|SpecifiedExchangedDocumentContext",
        &[
            Fact(
                W::BusinessProcess,
                "BT-23",
                F::Text,
                "BusinessProcessSpecifiedDocumentContextParameter/ID",
            ),
            Fact(
                W::Specification,
                "BT-24",
                F::Text,
                "GuidelineSpecifiedDocumentContextParameter/ID",
            ),
        ],
    ),
];

static AGREED: [InvoicePart; 9] = [
    Fact(W::BuyerReference, "BT-10", F::Text, "BuyerReference"),
    Group(W::Seller, "BG-4", "SellerTradeParty", &SELLER),
    Group(W::Buyer, "BG-7", "BuyerTradeParty", &BUYER),
    Group(W::TaxRepresentative, "BG-11", "SellerTaxRepresentativeTradeParty", &REPRESENTATIVE),
    Group(W::References, "", "", &REFERENCES),
    Group(
        W::SupportingDocument,
        "BG-24",
        "AdditionalReferencedDocument[TypeCode!=50,130]",
        &[
            Fact(W::DocumentReference, "BT-122", F::Text, "IssuerAssignedID"),
            Fact(W::Description, "BT-123", F::Text, "Name"),
            Fact(W::ExternalLocation, "BT-124", F::Text, "URIID"),
            Fact(W::AttachedFile, "BT-125", F::File, "AttachmentBinaryObject"),
            Silent("TypeCode"),
        ],
    ),
    Group(W::Buyer, "", "BuyerAgentTradeParty", &PLAIN),
    Group(W::Seller, "", "SalesAgentTradeParty", &PLAIN),
    Group(W::Buyer, "", "ProductEndUserTradeParty", &PLAIN),
];

static REFERENCES: [InvoicePart; 8] = [
    Fact(
        W::ProjectReference,
        "BT-11",
        F::Text,
        "SpecifiedProcuringProject/ID+SpecifiedProcuringProject/Name",
    ),
    Fact(W::ContractReference, "BT-12", F::Text, "ContractReferencedDocument/IssuerAssignedID"),
    Fact(W::OrderReference, "BT-13", F::Text, "BuyerOrderReferencedDocument/IssuerAssignedID"),
    Fact(
        W::SalesOrderReference,
        "BT-14",
        F::Text,
        "SellerOrderReferencedDocument/IssuerAssignedID",
    ),
    Fact(
        W::TenderReference,
        "BT-17",
        F::Text,
        "AdditionalReferencedDocument[TypeCode=50]/IssuerAssignedID",
    ),
    Fact(
        W::InvoicedObject,
        "BT-18",
        F::Text,
        "AdditionalReferencedDocument[TypeCode=130]/IssuerAssignedID",
    ),
    Fact(W::OrderReference, "BT-13", F::Text, "BuyerOrderReferencedDocument/ID"),
    Fact(W::ContractReference, "BT-12", F::Text, "ContractReferencedDocument/ID"),
];

static DELIVERED: [InvoicePart; 4] = [
    Group(
        W::References,
        "",
        "",
        &[
            Fact(
                W::ReceivingAdvice,
                "BT-15",
                F::Text,
                "ReceivingAdviceReferencedDocument/IssuerAssignedID|ID",
            ),
            Fact(
                W::DespatchAdvice,
                "BT-16",
                F::Text,
                "DespatchAdviceReferencedDocument/IssuerAssignedID|ID",
            ),
            Fact(
                W::DespatchAdvice,
                "",
                F::Text,
                "DeliveryNoteReferencedDocument/IssuerAssignedID|ID",
            ),
        ],
    ),
    Group(
        W::Delivery,
        "BG-13",
        "ActualDeliverySupplyChainEvent",
        &[Fact(W::DeliveryDate, "BT-72", F::Date, "OccurrenceDateTime/DateTimeString")],
    ),
    Group(W::Delivery, "BG-13", "ShipToTradeParty", &SHIP_TO),
    Group(W::Delivery, "", "UltimateShipToTradeParty", &PLAIN),
];

static SETTLED: [InvoicePart; 10] = [
    Group(W::Payee, "BG-10", "PayeeTradeParty", &PAYEE),
    Group(
        W::PrecedingInvoice,
        "BG-3",
        "InvoiceReferencedDocument",
        &[
            Fact(W::InvoiceNumber, "BT-25", F::Text, "IssuerAssignedID|ID"),
            Fact(W::IssueDate, "BT-26", F::Date, "FormattedIssueDateTime/DateTimeString"),
        ],
    ),
    Group(W::Period, "BG-14", "BillingSpecifiedPeriod", &PERIOD),
    Group(
        W::Payment,
        "BG-16",
        "",
        &[
            Fact(W::Remittance, "BT-83", F::Text, "PaymentReference"),
            Fact(W::CreditorIdentifier, "BT-90", F::Text, "CreditorReferenceID"),
        ],
    ),
    Group(W::Payment, "BG-16", "SpecifiedTradeSettlementPaymentMeans", &PAYMENT),
    Group(
        W::Payment,
        "BG-16",
        "SpecifiedTradePaymentTerms",
        &[
            Fact(W::PaymentTerms, "BT-20", F::Text, "Description"),
            Fact(W::Mandate, "BT-89", F::Text, "DirectDebitMandateID"),
        ],
    ),
    Group(
        W::Allowance,
        "BG-20",
        "SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=false,0]",
        &ALLOWANCE,
    ),
    Group(
        W::Charge,
        "BG-21",
        "SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=true,1]",
        &CHARGE,
    ),
    Group(
        W::Totals,
        "BG-22",
        "SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation",
        &[
            Fact(W::LinesTotal, "BT-106", F::Amount, "LineTotalAmount"),
            Fact(W::AllowancesTotal, "BT-107", F::Amount, "AllowanceTotalAmount"),
            Fact(W::ChargesTotal, "BT-108", F::Amount, "ChargeTotalAmount"),
            Fact(W::TotalWithoutVat, "BT-109", F::Amount, "TaxBasisTotalAmount"),
            Fact(W::VatTotal, "BT-110", F::Amount, "TaxTotalAmount"),
            Fact(W::TotalWithVat, "BT-112", F::Amount, "GrandTotalAmount"),
            Fact(W::PaidAmount, "BT-113", F::Amount, "TotalPrepaidAmount"),
            Fact(W::RoundingAmount, "BT-114", F::Amount, "RoundingAmount"),
            Fact(W::AmountDue, "BT-115", F::Amount, "DuePayableAmount"),
        ],
    ),
    Group(
        W::VatBreakdown,
        "BG-23",
        "ApplicableTradeTax",
        &[
            Fact(W::VatCategory, "BT-118", F::Code(C::VatCategories), "CategoryCode"),
            Fact(W::VatRate, "BT-119", F::Percentage, "RateApplicablePercent|ApplicablePercent"),
            Fact(W::TaxableAmount, "BT-116", F::Amount, "BasisAmount"),
            Fact(W::TaxAmount, "BT-117", F::Amount, "CalculatedAmount"),
            Fact(W::ExemptionReason, "BT-120", F::Text, "ExemptionReason"),
            Fact(W::ExemptionCode, "BT-121", F::Text, "ExemptionReasonCode"),
            Silent("TypeCode"),
        ],
    ),
];

/// Numbers of the terms of a party; empty for what a party has none of.
struct TradePartyTerms {
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

impl TradePartyTerms {
    const NONE: Self = Self {
        name: "",
        trading_name: "",
        identifier: "",
        registration: "",
        vat: "",
        tax: "",
        legal: "",
        electronic: "",
        contact: [""; 3],
        address: [""; 7],
    };
}

const fn party(terms: &TradePartyTerms) -> [InvoicePart; 20] {
    let [contact, telephone, email] = terms.contact;
    let [street, more, third, city, code, subdivision, country] = terms.address;
    [
        Fact(W::Name, terms.name, F::Text, "Name"),
        Fact(
            W::TradingName,
            terms.trading_name,
            F::Text,
            "SpecifiedLegalOrganization/TradingBusinessName",
        ),
        Fact(W::Identifier, terms.identifier, F::Identifier, "ID"),
        Fact(W::Identifier, terms.identifier, F::Identifier, "GlobalID"),
        Fact(
            W::LegalRegistration,
            terms.registration,
            F::Identifier,
            "SpecifiedLegalOrganization/ID",
        ),
        Fact(W::VatIdentifier, terms.vat, F::Text, "SpecifiedTaxRegistration/ID[@schemeID=VA]"),
        Fact(W::TaxRegistration, terms.tax, F::Text, "SpecifiedTaxRegistration/ID[@schemeID!=VA]"),
        Fact(W::LegalInformation, terms.legal, F::Text, "Description"),
        Fact(
            W::ElectronicAddress,
            terms.electronic,
            F::Identifier,
            "URIUniversalCommunication/URIID",
        ),
        Fact(W::Address, street, F::Text, "PostalTradeAddress/LineOne"),
        Fact(W::AddressMore, more, F::Text, "PostalTradeAddress/LineTwo"),
        Fact(W::AddressMore, third, F::Text, "PostalTradeAddress/LineThree"),
        Fact(W::PostCode, code, F::Text, "PostalTradeAddress/PostcodeCode"),
        Fact(W::City, city, F::Text, "PostalTradeAddress/CityName"),
        Fact(W::Subdivision, subdivision, F::Text, "PostalTradeAddress/CountrySubDivisionName"),
        Fact(W::Country, country, F::Text, "PostalTradeAddress/CountryID"),
        Fact(W::ContactName, contact, F::Text, "DefinedTradeContact/PersonName"),
        Fact(W::ContactName, contact, F::Text, "DefinedTradeContact/DepartmentName"),
        Fact(
            W::Telephone,
            telephone,
            F::Text,
            "DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber",
        ),
        Fact(
            W::Email,
            email,
            F::Text,
            "DefinedTradeContact/EmailURIUniversalCommunication/URIID|CompleteNumber",
        ),
    ]
}

static SELLER: [InvoicePart; 20] = party(&TradePartyTerms {
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

static BUYER: [InvoicePart; 20] = party(&TradePartyTerms {
    name: "BT-44",
    trading_name: "BT-45",
    identifier: "BT-46",
    registration: "BT-47",
    vat: "BT-48",
    electronic: "BT-49",
    contact: ["BT-56", "BT-57", "BT-58"],
    address: ["BT-50", "BT-51", "BT-163", "BT-52", "BT-53", "BT-54", "BT-55"],
    ..TradePartyTerms::NONE
});

static PAYEE: [InvoicePart; 20] = party(&TradePartyTerms {
    name: "BT-59",
    identifier: "BT-60",
    registration: "BT-61",
    ..TradePartyTerms::NONE
});

static REPRESENTATIVE: [InvoicePart; 20] = party(&TradePartyTerms {
    name: "BT-62",
    vat: "BT-63",
    address: ["BT-64", "BT-65", "BT-164", "BT-66", "BT-67", "BT-68", "BT-69"],
    ..TradePartyTerms::NONE
});

static SHIP_TO: [InvoicePart; 20] = party(&TradePartyTerms {
    name: "BT-70",
    identifier: "BT-71",
    address: ["BT-75", "BT-76", "BT-165", "BT-77", "BT-78", "BT-79", "BT-80"],
    ..TradePartyTerms::NONE
});

static PLAIN: [InvoicePart; 20] = party(&TradePartyTerms::NONE);

static PERIOD: [InvoicePart; 2] = [
    Fact(W::PeriodStart, "BT-73", F::Date, "StartDateTime/DateTimeString"),
    Fact(W::PeriodEnd, "BT-74", F::Date, "EndDateTime/DateTimeString"),
];

static PAYMENT: [InvoicePart; 9] = [
    Fact(W::PaymentMeans, "BT-81", F::Code(C::PaymentMeans), "TypeCode"),
    Fact(W::PaymentMeansText, "BT-82", F::Text, "Information"),
    Fact(W::Account, "BT-84", F::Text, "PayeePartyCreditorFinancialAccount/IBANID|ProprietaryID"),
    Fact(W::AccountName, "BT-85", F::Text, "PayeePartyCreditorFinancialAccount/AccountName"),
    Fact(W::Bank, "BT-86", F::Text, "PayeeSpecifiedCreditorFinancialInstitution/BICID|Name"),
    Fact(W::CardNumber, "BT-87", F::Text, "ApplicableTradeSettlementFinancialCard/ID"),
    Fact(W::CardHolder, "BT-88", F::Text, "ApplicableTradeSettlementFinancialCard/CardholderName"),
    Fact(W::DebitedAccount, "BT-91", F::Text, "PayerPartyDebtorFinancialAccount/IBANID"),
    Silent("ID"),
];

/// Numbers: amount, base, percentage, category, rate, reason and code of the reason.
const fn allowance(terms: [&'static str; 7]) -> [InvoicePart; 9] {
    let [amount, base, percentage, category, rate, reason, code] = terms;
    [
        Fact(W::Reason, reason, F::Text, "Reason"),
        Fact(W::ReasonCode, code, F::Text, "ReasonCode"),
        Fact(W::Amount, amount, F::Amount, "ActualAmount"),
        Fact(W::BaseAmount, base, F::Amount, "BasisAmount"),
        Fact(W::Percentage, percentage, F::Percentage, "CalculationPercent"),
        Fact(W::VatCategory, category, F::Code(C::VatCategories), "CategoryTradeTax/CategoryCode"),
        Fact(
            W::VatRate,
            rate,
            F::Percentage,
            "CategoryTradeTax/RateApplicablePercent|ApplicablePercent",
        ),
        Silent("ChargeIndicator/Indicator"),
        Silent("CategoryTradeTax/TypeCode"),
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

const LINE_AGREEMENT: &str = "SpecifiedLineTradeAgreement|SpecifiedSupplyChainTradeAgreement";
const LINE_DELIVERY: &str = "SpecifiedLineTradeDelivery|SpecifiedSupplyChainTradeDelivery";
const LINE_SETTLEMENT: &str = "SpecifiedLineTradeSettlement|SpecifiedSupplyChainTradeSettlement";

static LINE: [InvoicePart; 8] = [
    Fact(W::LineNumber, "BT-126", F::Text, "AssociatedDocumentLineDocument/LineID"),
    Fact(W::ItemName, "BT-153", F::Text, "SpecifiedTradeProduct/Name"),
    Within(LINE_DELIVERY, &[Fact(W::Quantity, "BT-129", F::Quantity, "BilledQuantity")]),
    Within(
        LINE_AGREEMENT,
        &[
            Fact(W::NetPrice, "BT-146", F::Amount, "NetPriceProductTradePrice/ChargeAmount"),
            Fact(W::PriceBase, "BT-149", F::Quantity, "NetPriceProductTradePrice/BasisQuantity"),
            Within(
                "GrossPriceProductTradePrice",
                &[
                    Fact(W::GrossPrice, "BT-148", F::Amount, "ChargeAmount"),
                    Fact(W::PriceBase, "BT-149", F::Quantity, "BasisQuantity"),
                    Fact(
                        W::PriceDiscount,
                        "BT-147",
                        F::Amount,
                        "AppliedTradeAllowanceCharge[ChargeIndicator/Indicator=false,0]/ActualAmount",
                    ),
                    Silent("AppliedTradeAllowanceCharge/ChargeIndicator/Indicator"),
                ],
            ),
            Fact(W::OrderLine, "BT-132", F::Text, "BuyerOrderReferencedDocument/LineID"),
        ],
    ),
    Within(
        LINE_SETTLEMENT,
        &[
            Fact(
                W::VatCategory,
                "BT-151",
                F::Code(C::VatCategories),
                "ApplicableTradeTax/CategoryCode",
            ),
            Fact(
                W::VatRate,
                "BT-152",
                F::Percentage,
                "ApplicableTradeTax/RateApplicablePercent|ApplicablePercent",
            ),
            Fact(
                W::LineAmount,
                "BT-131",
                F::Amount,
                "SpecifiedTradeSettlementLineMonetarySummation|\
             SpecifiedTradeSettlementMonetarySummation/LineTotalAmount",
            ),
            Fact(
                W::InvoicedObject,
                "BT-128",
                F::Text,
                "AdditionalReferencedDocument[TypeCode=130]/IssuerAssignedID",
            ),
            Fact(
                W::AccountingReference,
                "BT-133",
                F::Text,
                "ReceivableSpecifiedTradeAccountingAccount/ID",
            ),
            Group(
                W::Period,
                "BG-26",
                "BillingSpecifiedPeriod",
                &[
                    Fact(W::PeriodStart, "BT-134", F::Date, "StartDateTime/DateTimeString"),
                    Fact(W::PeriodEnd, "BT-135", F::Date, "EndDateTime/DateTimeString"),
                ],
            ),
            Group(
                W::Allowance,
                "BG-27",
                "SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=false,0]",
                &LINE_ALLOWANCE,
            ),
            Group(
                W::Charge,
                "BG-28",
                "SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator=true,1]",
                &LINE_CHARGE,
            ),
            Silent("ApplicableTradeTax/TypeCode"),
        ],
    ),
    Within(
        "SpecifiedTradeProduct",
        &[
            Fact(W::Description, "BT-154", F::Text, "Description"),
            Fact(W::SellerItem, "BT-155", F::Text, "SellerAssignedID"),
            Fact(W::BuyerItem, "BT-156", F::Text, "BuyerAssignedID"),
            Fact(W::StandardItem, "BT-157", F::Identifier, "GlobalID"),
            Fact(
                W::Classification,
                "BT-158",
                F::Identifier,
                "DesignatedProductClassification/ClassCode",
            ),
            Fact(W::OriginCountry, "BT-159", F::Text, "OriginTradeCountry/ID"),
            Group(
                W::ItemAttribute,
                "BG-32",
                "ApplicableProductCharacteristic",
                &[
                    Fact(W::AttributeName, "BT-160", F::Text, "Description"),
                    Fact(W::AttributeValue, "BT-161", F::Text, "Value"),
                ],
            ),
        ],
    ),
    Fact(W::Note, "BT-127", F::Text, "AssociatedDocumentLineDocument/IncludedNote/Content"),
    Group(W::Delivery, "", "SpecifiedLineTradeDelivery/ShipToTradeParty", &PLAIN),
];
